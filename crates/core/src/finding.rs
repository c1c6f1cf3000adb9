//! Something wrong or worth knowing about the input, with its place and what to do about it.

mod code;
mod edits;
mod fix;
mod problem;

use std::fmt;
use std::sync::Arc;

pub use code::{Code, Entry, Example, TABLE};
pub use edits::Edits;
pub use fix::{Change, Edit};
pub use problem::*;

use crate::model::{Name, ObjectKey, Origin, Position, Source, SourceKind};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Traffic may not go where its author thinks.
    Warning,
    /// Something is broken: an object that does not load, a request that gets a 500.
    Error,
}

impl Severity {
    /// The severity in one lower-case word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The object a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// Its kind, as kubectl writes it.
    pub kind: &'static str,
    /// Its namespace and name.
    pub key: ObjectKey,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.key.name)
        } else {
            write!(f, "{} {}", self.kind, self.key)
        }
    }
}

/// Where a finding points: a source and a position in it.
#[derive(Debug, Clone, Eq)]
pub struct Location {
    /// The file (or other source).
    pub source: Arc<Source>,
    /// Where in it; unknown (line 0) when the whole source is meant.
    pub at: Position,
}

impl Location {
    /// The place `at` in the source that `origin` names.
    pub fn within(origin: &Origin, at: Position) -> Self {
        Self { source: Arc::clone(&origin.source), at: if at.is_known() { at } else { origin.at } }
    }
}

impl PartialEq for Location {
    /// Whether it is the same place. The texts of objects in a cluster change with their status: they do not count.
    fn eq(&self, other: &Self) -> bool {
        let (own, others) = (&self.source, &other.source);
        let same_source = if own.kind == SourceKind::Cluster {
            own.kind == others.kind && own.name == others.name
        } else {
            own == others
        };
        same_source && self.at == other.at
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source.name)?;
        if self.at.is_known() {
            write!(f, ":{}:{}", self.at.line, self.at.column)?;
        }
        Ok(())
    }
}

/// Something wrong or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub place: Option<Location>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// What is wrong.
    pub problem: Problem,
    /// What to do about it, when that is known.
    pub advice: Option<Advice>,
    /// The same as changes to the input, where it is known what they are.
    pub fix: Vec<Edit>,
}

impl Finding {
    /// A namespace (`None`: the cluster as a whole) could not be read, as `message` says.
    pub fn not_readable(namespace: Option<&Name>, severity: Severity, message: String) -> Self {
        let key = namespace.map(|name| ObjectKey { namespace: Name::default(), name: name.clone() });
        Self {
            code: Code::NotReadable,
            severity,
            place: None,
            subject: key.map(|key| Subject { kind: "Namespace", key }),
            problem: Problem::Text(message),
            advice: Some(Advice::ReadThere),
            fix: Vec::new(),
        }
    }
}

/// The candidate that `word` most likely stands for, for "did you mean": at most a third of its letters differ, case
/// aside; else one name begins with the other.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut edits = Edits::from(word);
    let letters = edits.letters();
    let nearest = candidates.into_iter().filter_map(|candidate| {
        let others = candidate.chars().count();
        let near = others.abs_diff(letters) <= edits::MOST && edits.to(candidate).is_ok();
        if let Some(distance) = edits.near(letters).filter(|_| near) {
            return Some((distance, candidate));
        }
        begins_so(word, candidate).then_some((others.max(letters), candidate))
    });
    // Of equally close ones the first by name: what is suggested does not depend on the order of the input.
    nearest.min().map(|(_, candidate)| candidate)
}

/// Whether one of two names begins with the other, case aside. What stands below a path is another one.
fn begins_so(a: &str, b: &str) -> bool {
    let mut shared = a.chars().flat_map(char::to_lowercase).zip(b.chars().flat_map(char::to_lowercase));
    shared.by_ref().take(CUT_SHORT).filter(|(a, b)| a == b).count() == CUT_SHORT
        && shared.all(|(a, b)| a == b)
        && !a.contains('/')
        && !b.contains('/')
}

/// A word of fewer letters says too little of the one that it begins.
const CUT_SHORT: usize = 3;

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let kinds = ["Exact", "PathPrefix", "RegularExpression"];
        assert_eq!(closest("exact", kinds), Some("Exact"));
        assert_eq!(closest("PathPerfix", kinds), Some("PathPrefix"));
        assert_eq!(closest("Prefix", kinds), Some("PathPrefix"));
        assert_eq!(closest("Suffix", kinds), None);
        assert_eq!(closest("", kinds), None);
        assert_eq!(closest("pay", ["orders", "payments-v2", "payments"]), Some("payments"));
        assert_eq!(closest("payments-bff", ["pa", "payments"]), Some("payments"));
    }
}
