//! The classes of hosts that listeners and virtual hosts tell apart, as sets of texts: a rule that tests the `Host` header
//! with a regular expression asks for a host of some class.

use std::collections::BTreeSet;

use regex_syntax::escape;

use super::compare::representative;
use super::languages::Languages;
use super::machine::Machine;
use crate::model::Name;

/// With more names than this no classes are made.
const MOST_NAMES: usize = 200;

/// The port of an authority, as `host_of` cuts it off.
const PORT: &str = r"(?::[^:\]]*)?";

/// Hosts that a Gateway treats alike.
#[derive(Debug)]
pub(super) struct HostClass {
    /// One of them; `None` where none was found that reads well.
    pub host: Option<String>,
    /// They are within this set, with or without a port.
    within: String,
    /// And outside of this one.
    outside: Option<String>,
}

impl HostClass {
    /// All classes that names (hostnames of the Gateway API: exact, `*.` and a suffix, or `*`) tell apart: one for each
    /// exact name, one for what is under a wildcard and nothing closer, and one for the rest. `None` for too many names.
    pub fn all(names: impl IntoIterator<Item = Name>) -> Option<Vec<Self>> {
        let mut all: BTreeSet<String> = BTreeSet::new();
        for name in names {
            all.insert(name.to_ascii_lowercase());
            if all.len() > MOST_NAMES {
                return None;
            }
        }
        all.remove("*");
        all.remove("");
        let mut classes: Vec<Self> = Vec::with_capacity(all.len() + 1);
        for name in &all {
            let closer = all.iter().filter(|other| *other != name && is_under(other, name));
            classes.push(Self {
                host: representative(&all, name),
                within: format!("{}{PORT}", pattern(name)),
                outside: one_of(closer),
            });
        }
        classes.push(Self { host: representative(&all, "*"), within: ".*".to_owned(), outside: one_of(all.iter()) });
        Some(classes)
    }

    /// The set that its hosts are within; `None` where it is too large to look into.
    pub fn within(&self, languages: &Languages) -> Option<Machine> {
        languages.of_hosts(&format!("(?i){}", self.within).into())
    }

    /// The set that its hosts are outside of.
    pub fn outside(&self, languages: &Languages) -> Option<Machine> {
        let Some(outside) = &self.outside else { return Some(Machine::Nothing) };
        languages.of_hosts(&format!("(?i){outside}").into())
    }
}

/// Whether every host of `name` is one that the wildcard `above` covers.
fn is_under(name: &str, above: &str) -> bool {
    above.strip_prefix('*').is_some_and(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
}

fn pattern(name: &str) -> String {
    match name.strip_prefix('*') {
        Some(suffix) => format!("[^:]+{}", escape(suffix)),
        None => escape(name),
    }
}

fn one_of<'n>(names: impl Iterator<Item = &'n String>) -> Option<String> {
    let patterns: Vec<String> = names.map(|name| pattern(name)).collect();
    (!patterns.is_empty()).then(|| format!("(?:{}){PORT}", patterns.join("|")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_in_one_class() {
        let names = ["*", "*.a.io", "x.a.io", "*.x.a.io", "b.io"].map(Name::from);
        let classes = HostClass::all(names).expect("few names");
        let languages = Languages::for_patterns(0);
        let class_of = |host: &str| {
            let holds = |class: &&HostClass| {
                class.within(&languages).expect("small").holds(host)
                    && !class.outside(&languages).expect("small").holds(host)
            };
            let found: Vec<_> = classes.iter().filter(holds).collect();
            assert_eq!(found.len(), 1, "{host}");
            found[0].host.clone().unwrap_or_default()
        };
        assert_eq!(class_of("b.io"), "b.io");
        assert_eq!(class_of("B.io:80"), "b.io");
        assert_eq!(class_of("q.a.io"), "www.a.io");
        assert_eq!(class_of("q.x.a.io:8080"), "www.x.a.io");
        assert_eq!(class_of("x.a.io"), "x.a.io");
        for other in ["a.io", ".a.io", "c.io:80", "x", "", "x:y.a.io", "b.io:1:2", "[::1]:80"] {
            assert_eq!(class_of(other), "example.com", "{other}");
        }
    }

    #[test]
    fn too_many_names_make_no_classes() {
        assert!(HostClass::all((0..=MOST_NAMES).map(|at| Name::from(format!("h{at}.io")))).is_none());
    }
}
