//! `${NAME}` in an object: something (Flux, envsubst, a plugin of Argo CD) fills it in before the object is applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use routescope_core::finding::{Code, Finding, Location, Severity};
use routescope_core::model::value::{Data, Value};
use routescope_core::model::{Position, Source};

/// So many names are told.
const TOLD: usize = 5;

/// The placeholders that were met, by name: how often, and where first.
#[derive(Debug, Default)]
pub struct Placeholders {
    met: BTreeMap<String, (usize, Location)>,
    /// The document at hand may hold some. It is told from its text, at once: most hold none.
    pub is_open: bool,
}

impl Placeholders {
    /// Takes over what later documents hold.
    pub(super) fn append(&mut self, later: Self) {
        for (name, (count, place)) in later.met {
            self.met.entry(name).or_insert((0, place)).0 += count;
        }
    }

    /// Finds the placeholders in an object, and the places of the values that hold one.
    pub(super) fn find(&mut self, value: &Value, source: &Arc<Source>) -> Vec<Position> {
        let mut places = Vec::new();
        if self.is_open {
            self.walk(value, source, &mut places);
        }
        places
    }

    fn walk(&mut self, value: &Value, source: &Arc<Source>, places: &mut Vec<Position>) {
        match &value.data {
            Data::String(text) => {
                let names = names(text);
                if !names.is_empty() {
                    places.push(value.at);
                }
                for name in names {
                    let place = Location { source: Arc::clone(source), at: value.at };
                    self.met.entry(name.to_owned()).or_insert((0, place)).0 += 1;
                }
            }
            Data::List(items) => items.iter().for_each(|item| self.walk(item, source, places)),
            Data::Map(entries) => {
                for entry in entries {
                    // What is not a route is full of scripts.
                    if entry.key != "data" && entry.key != "annotations" {
                        self.walk(&entry.value, source, places);
                    }
                }
            }
            _ => {}
        }
    }

    /// One line for all of them.
    pub fn finding(&self) -> Option<Finding> {
        let (first, (_, place)) = self.met.first_key_value()?;
        let names: Vec<String> = self.met.keys().take(TOLD).map(|name| format!("${{{name}}}")).collect();
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
            message: format!("{}{more} {verb}, written {times}: what fills it in is not known", names.join(", ")),
            help: Some(format!(
                "fill it in with --set {first}=VALUE, --set-file FILE, or --set-env from the environment"
            )),
            fix: Vec::new(),
        })
    }
}

/// The names of the placeholders in a text.
fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, inner) = (&rest[..start], &rest[start + 2..]);
        rest = inner;
        let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        if length > 0 && !before.ends_with('$') && inner.contains('}') {
            names.push(&inner[..length]);
        }
    }
    names
}
