//! Findings that somebody has looked at and does not want to hear of: by an option, by an annotation on the object, by a
//! comment on the line. Each gives a reason, and one that matches nothing any more is told.
//!
//! ```yaml
//! metadata:
//!   annotations:
//!     routescope.dev/ignore: "no-endpoints: scaled to zero at night"
//! spec:
//!   rules:
//!   - matches: [{path: {value: /old}}]   # routescope:ignore route-orphaned: waits for its parent
//! ```

use std::sync::Arc;

use ahash::AHashMap;

use crate::finding::{Code, Finding, TABLE, closest};
use crate::model::{Meta, ObjectKey, Source, SourceKind};
use crate::store::Snapshot;

/// The annotation that ignores findings about its object.
pub const IGNORE_ANNOTATION: &str = "routescope.dev/ignore";
/// What a comment begins with that ignores findings of its line, or of the line below it.
pub const IGNORE_COMMENT: &str = "routescope:ignore";

/// What is ignored where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// Findings of this code.
    pub code: Code,
    /// About this object alone: its kind, namespace and name.
    pub subject: Option<(String, ObjectKey)>,
    /// At this line of this source alone, or (a comment on a line of its own) the next.
    pub line: Option<(String, u32, bool)>,
    /// Why.
    pub reason: String,
    /// Where that is said.
    pub said_in: String,
}

/// A finding that is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The finding.
    pub finding: Finding,
    /// Why it is ignored.
    pub reason: String,
    /// Where that is said.
    pub said_in: String,
}

/// Findings, with those that are ignored set apart.
#[derive(Debug, Clone, Default)]
pub struct Sorted {
    /// Those that are left.
    pub left: Vec<Finding>,
    /// Those that are ignored.
    pub ignored: Vec<Ignored>,
    /// What ignores nothing, or is not understood, in a sentence each.
    pub unused: Vec<String>,
}

impl Ignore {
    /// Parses `CODE[=KIND/NAMESPACE/NAME][: REASON]`, as `--ignore` takes it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (what, reason) = text.split_once(':').unwrap_or((text, ""));
        let (code, subject) = what.split_once('=').map_or((what, None), |(code, subject)| (code, Some(subject)));
        let subject = match subject.map(str::trim) {
            None => None,
            Some(subject) => match subject.split('/').collect::<Vec<_>>()[..] {
                [kind, name] => Some((kind.to_owned(), ObjectKey::new("", name))),
                [kind, namespace, name] => Some((kind.to_owned(), ObjectKey::new(namespace, name))),
                _ => return Err(format!("expected KIND/NAMESPACE/NAME, found {subject}")),
            },
        };
        let (reason, said_in) = (reason.trim().to_owned(), "--ignore".to_owned());
        Ok(Self { code: code_of(code.trim())?, subject, line: None, reason, said_in })
    }

    fn covers(&self, finding: &Finding) -> bool {
        if finding.code != self.code {
            return false;
        }
        let about = |(kind, key): &(String, ObjectKey)| {
            finding.subject.as_ref().is_some_and(|subject| subject.kind == kind && subject.key == *key)
        };
        let at = |(name, line, alone): &(String, u32, bool)| {
            finding.place.as_ref().is_some_and(|place| {
                place.source.name == *name && (place.at.line == *line || (*alone && place.at.line == line + 1))
            })
        };
        self.subject.as_ref().is_none_or(about) && self.line.as_ref().is_none_or(at)
    }
}

/// The code that is written so.
fn code_of(name: &str) -> Result<Code, String> {
    Code::parse(name).ok_or_else(|| match closest(name, TABLE.iter().map(|entry| entry.code.name())) {
        Some(near) => format!("no finding has the code {name:?}: did you mean {near}?"),
        None => format!("no finding has the code {name:?}: `routescope explain` lists all"),
    })
}

/// Sets the ignored findings apart. `options` are those of the command line.
pub fn sort(findings: &[Finding], snapshot: &Snapshot, options: &[Ignore]) -> Sorted {
    let mut sorted = Sorted::default();
    let mut rules = options.to_vec();
    of_annotations(snapshot, &mut rules, &mut sorted.unused);
    of_comments(findings, snapshot, &mut rules, &mut sorted.unused);
    let mut used = vec![false; rules.len()];
    for finding in findings {
        match rules.iter().position(|rule| rule.covers(finding)) {
            None => sorted.left.push(finding.clone()),
            Some(at) => {
                used[at] = true;
                let Ignore { reason, said_in, .. } = &rules[at];
                let (reason, said_in) = (reason.clone(), said_in.clone());
                sorted.ignored.push(Ignored { finding: finding.clone(), reason, said_in });
            }
        }
    }
    let idle = rules.iter().zip(used).filter(|(_, used)| !used);
    sorted
        .unused
        .extend(idle.map(|(rule, _)| format!("{} ignores {}, and nothing is found there", rule.said_in, rule.code)));
    sorted
}

/// `CODE[, CODE]: REASON`, several of them on lines of their own or with `;` between.
fn entries(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let entries = text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    entries.flat_map(|entry| {
        let (codes, reason) = entry.split_once(':').unwrap_or((entry, ""));
        codes.split([',', ' ']).map(str::trim).filter(|code| !code.is_empty()).map(move |code| (code, reason.trim()))
    })
}

fn of_annotations(snapshot: &Snapshot, rules: &mut Vec<Ignore>, unused: &mut Vec<String>) {
    let mut add = |kind: &str, meta: &Meta| {
        let Some(text) = meta.annotation(IGNORE_ANNOTATION) else { return };
        let said_in = format!("the annotation of {kind} {}", meta.key());
        for (code, reason) in entries(text) {
            match code_of(code) {
                Ok(code) => rules.push(Ignore {
                    code,
                    subject: Some((kind.to_owned(), meta.key())),
                    line: None,
                    reason: reason.to_owned(),
                    said_in: said_in.clone(),
                }),
                Err(why) => unused.push(format!("{said_in}: {why}")),
            }
        }
    };
    snapshot.routes.iter().for_each(|one| add(one.kind.name(), &one.meta));
    snapshot.gateways.values().for_each(|one| add("Gateway", &one.meta));
    snapshot.listener_sets.values().for_each(|one| add("ListenerSet", &one.meta));
    snapshot.services.values().for_each(|one| add("Service", &one.meta));
    snapshot.traffic_policies.values().for_each(|one| add("TrafficPolicy", &one.meta));
}

fn of_comments(findings: &[Finding], snapshot: &Snapshot, rules: &mut Vec<Ignore>, unused: &mut Vec<String>) {
    let mut sources: AHashMap<*const Source, &Source> = AHashMap::default();
    let of_routes = snapshot.routes.iter().map(|route| &route.meta.origin.source);
    let of_gateways = snapshot.gateways.values().map(|gateway| &gateway.meta.origin.source);
    let of_findings = findings.iter().filter_map(|finding| finding.place.as_ref()).map(|place| &place.source);
    for source in of_routes.chain(of_gateways).chain(of_findings).filter(|one| one.kind != SourceKind::Cluster) {
        sources.insert(Arc::as_ptr(source), source);
    }
    let mut sources: Vec<&Source> = sources.into_values().collect();
    sources.sort_by(|one, other| one.name.cmp(&other.name));
    for source in sources {
        if !source.text.contains(IGNORE_COMMENT) {
            continue;
        }
        for (number, line) in (1..).zip(source.text.lines()) {
            let Some((before, text)) = line.split_once(IGNORE_COMMENT) else { continue };
            let Some(before) = before.trim_end().strip_suffix('#') else { continue };
            let said_in = format!("the comment at {}:{number}", source.name);
            for (code, reason) in entries(text) {
                match code_of(code) {
                    Ok(code) => rules.push(Ignore {
                        code,
                        subject: None,
                        line: Some((source.name.clone(), number, before.trim().is_empty())),
                        reason: reason.to_owned(),
                        said_in: said_in.clone(),
                    }),
                    Err(why) => unused.push(format!("{said_in}: {why}")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_names_code_object_and_reason() {
        let ignore = Ignore::parse("no-endpoints=Service/team-a/shop: scaled to zero").expect("an option");
        assert_eq!(ignore.code, Code::NoEndpoints);
        assert_eq!(ignore.subject, Some(("Service".to_owned(), ObjectKey::new("team-a", "shop"))));
        assert_eq!(ignore.reason, "scaled to zero");
        assert_eq!(Ignore::parse("no-endpoints").expect("a code").subject, None);
    }

    #[test]
    fn a_misspelt_code_is_suggested() {
        let error = Ignore::parse("no-endpoint").expect_err("no such code");
        assert!(error.contains("did you mean no-endpoints?"), "{error}");
        assert!(Ignore::parse("no-endpoints=shop").is_err());
    }

    #[test]
    fn entries_are_codes_with_a_reason() {
        let all: Vec<_> = entries("no-endpoints, external-name: at night; route-orphaned").collect();
        assert_eq!(all, [("no-endpoints", "at night"), ("external-name", "at night"), ("route-orphaned", "")]);
    }
}
