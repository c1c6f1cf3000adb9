//! `${NAME}` in an object: something (Flux, envsubst) fills it in before the object is applied. So does a plugin of Argo CD
//! with `<path:…>` and `<secret:…>`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use routescope_core::finding::{Code, Finding, Location, Severity};
use routescope_core::model::value::{Data, Value};
use routescope_core::model::{Name, Position, Source};

/// So many names are told.
const TOLD: usize = 5;

/// The placeholders that were met, as they are written: how often, and where first.
#[derive(Debug, Default)]
pub struct Placeholders {
    met: BTreeMap<String, (usize, Location)>,
    /// The document at hand may hold some. It is told from its text, at once: most hold none.
    pub is_open: bool,
}

impl Placeholders {
    /// Whether none was met.
    pub(super) fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    /// Takes over what later documents hold.
    pub(super) fn append(&mut self, later: Self) {
        for (name, (count, place)) in later.met {
            self.met.entry(name).or_insert((0, place)).0 += count;
        }
    }

    /// Finds the placeholders in an object: the places of the values that hold one, and the paths of those in rules. Of a
    /// kind that holds no templates of its own, `{{ … }}` is one, too.
    pub(super) fn find(&mut self, value: &Value, source: &Arc<Source>, with_templates: bool) -> Found {
        let mut found = Found::default();
        if self.is_open {
            let mut path = String::new();
            self.walk(value, source, with_templates, &mut path, &mut found);
        }
        found
    }

    fn walk(
        &mut self,
        value: &Value,
        source: &Arc<Source>,
        with_templates: bool,
        path: &mut String,
        found: &mut Found,
    ) {
        let length = path.len();
        match &value.data {
            Data::String(text) => {
                let names = names(text, with_templates);
                if !names.is_empty() {
                    found.places.push(value.at);
                    if path.starts_with(".spec.rules[") {
                        found.rules.push(path[1..].into());
                    }
                }
                for name in names {
                    let place = Location { source: Arc::clone(source), at: value.at };
                    self.met.entry(name).or_insert((0, place)).0 += 1;
                }
            }
            Data::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let _ = write!(path, "[{index}]");
                    self.walk(item, source, with_templates, path, found);
                    path.truncate(length);
                }
            }
            Data::Map(entries) => {
                for entry in entries {
                    // What is not a route is full of scripts.
                    if entry.key != "data" && entry.key != "annotations" {
                        let _ = write!(path, ".{}", entry.key);
                        self.walk(&entry.value, source, with_templates, path, found);
                        path.truncate(length);
                    }
                }
            }
            _ => {}
        }
    }

    /// One line for all of them.
    pub fn finding(&self) -> Option<Finding> {
        let (first, (_, place)) = self.met.first_key_value()?;
        let names: Vec<&str> = self.met.keys().take(TOLD).map(String::as_str).collect();
        let more = self.met.len().saturating_sub(TOLD);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let count: usize = self.met.values().map(|(count, _)| count).sum();
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times in all") };
        let verb = if self.met.len() == 1 { "is a placeholder" } else { "are placeholders" };
        Some(Finding {
            code: Code::Placeholder,
            severity: Severity::Info,
            place: Some(place.clone()),
            subject: None,
            problem: format!("{}{more} {verb}, written {times}: what fills it in is not known", names.join(", "))
                .into(),
            advice: Some(
                match first.strip_prefix("${") {
                    Some(name) => format!(
                        "fill it in with --set {}=VALUE, --set-file FILE, or --set-env from the environment",
                        name.trim_end_matches('}')
                    ),
                    None if first.starts_with("{{") => {
                        "read what the tool prints that renders it, as helm template".to_owned()
                    }
                    None => "read what the tool prints that fills it in, as a plugin of Argo CD".to_owned(),
                }
                .into(),
            ),
            fix: Vec::new(),
        })
    }
}

/// Where an object holds placeholders.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The places of the values.
    pub(super) places: Vec<Position>,
    /// The paths of those in rules.
    pub(super) rules: Vec<Name>,
}

/// The placeholders in a text, as they are written; defaults are left out.
fn names(text: &str, with_templates: bool) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, inner) = (&rest[..start], &rest[start + 2..]);
        rest = inner;
        let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        if length > 0 && !before.ends_with('$') && inner.contains('}') {
            names.push(format!("${{{}}}", &inner[..length]));
        }
    }
    if with_templates {
        let inner = text.split("{{").skip(1).filter_map(|after| Some(after.split_once("}}")?.0));
        names.extend(inner.map(|inner| format!("{{{{{inner}}}}}")));
    }
    names.extend(text.split('<').skip(1).filter_map(of_a_plugin).map(|inner| format!("<{inner}>")));
    names
}

/// What stands between `<` and `>` where it has the form `path:kv/data/shop#host`: a word, a colon, no space.
fn of_a_plugin(after: &str) -> Option<&str> {
    let (inner, _) = after.split_once('>')?;
    let (word, rest) = inner.split_once(':')?;
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    (is_word && !rest.is_empty() && !rest.contains(char::is_whitespace)).then_some(inner)
}

#[cfg(test)]
mod tests {
    fn names(text: &str) -> Vec<String> {
        super::names(text, true)
    }

    #[test]
    fn placeholders_are_told_as_they_are_written() {
        assert_eq!(names("x.{{ .domain }}"), ["{{ .domain }}"]);
        assert_eq!(super::names("x.{{ .domain }}", false), [""; 0]);
        assert_eq!(names("${SUB}.${DOMAIN:=a.io} $${X}"), ["${SUB}", "${DOMAIN}"]);
        assert_eq!(names("a.<secret:private-domain>"), ["<secret:private-domain>"]);
        assert_eq!(names("<path:kv/data/shop#host>"), ["<path:kv/data/shop#host>"]);
        for text in ["(?P<name>x:y)", "<a href=\"x:y\">", "<b>bold: yes</b>", "a < b: c >", "<:x>"] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}
