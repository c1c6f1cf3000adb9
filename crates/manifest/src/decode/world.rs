//! What a saved world says of itself: the `Snapshot` document that `routescope snapshot` writes first.
//!
//! It tells what was seen in full, so that what the objects beside it do not name is as missing (or as unverified) as it
//! was where they were read. What is odd in it is a finding, and counts as not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::Decoded;
use routescope_core::finding::{Advice, Code, Finding, Location, Severity};
use routescope_core::model::kinds::KINDS;
use routescope_core::model::value::{Data, Value};
use routescope_core::model::{Name, Origin};

/// The group of the program's own documents.
pub const GROUP: &str = "routescope";

/// What of a world was seen in full. See `store::Coverage`, which this becomes.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The context, or what else was read.
    pub name: Name,
    /// Where that is written.
    pub place: Location,
    /// Everything there is.
    pub everything: bool,
    /// Kinds seen in every namespace.
    pub kinds: BTreeSet<&'static str>,
    /// Kinds seen in full in single namespaces.
    pub namespaces: BTreeMap<&'static str, BTreeSet<Name>>,
    /// Namespaces that the control plane does not look at.
    pub hidden: BTreeSet<Name>,
    /// It is a cluster of which some could not be read.
    pub forbidden: bool,
    /// What could not be read, in words.
    pub unread: Vec<Unread>,
}

/// Something that could not be read.
#[derive(Debug, Clone)]
pub struct Unread {
    /// The namespace; `None` for the cluster as a whole.
    pub namespace: Option<Name>,
    /// How much that matters.
    pub severity: Severity,
    /// The sentence.
    pub message: String,
}

/// Reads a document of our own group.
pub(super) fn read(kind: &str, api_version: &str, value: &Value, origin: &Origin, into: &mut Decoded) {
    let place = Location { source: std::sync::Arc::clone(&origin.source), at: value.at };
    let mut odd = OddField { place: place.clone(), into };
    if kind != "Snapshot" || api_version != "routescope/v1" {
        let message = format!("{api_version} {kind} is none of the documents that this version can read");
        return odd.report(value, message);
    }
    let Some(spec) = value.get("spec").filter(|spec| matches!(spec.data, Data::Map(_))) else {
        return odd.report(value, "the Snapshot has no spec: what it saw in full is not known".to_owned());
    };
    let none = Value { at: spec.at, data: Data::Map(Vec::new()) };
    let coverage = spec.get("coverage").unwrap_or_else(|| {
        odd.report(spec, "spec.coverage is missing: what was seen in full is not known".to_owned());
        &none
    });
    let namespaces = match coverage.get("namespaces").map(|value| (value, &value.data)) {
        None | Some((_, Data::Null)) => BTreeMap::new(),
        Some((_, Data::Map(entries))) => entries
            .iter()
            .filter_map(|entry| {
                let kind = odd.kind(&entry.value, &entry.key)?;
                Some((kind, odd.texts(Some(&entry.value)).into_iter().collect()))
            })
            .collect(),
        Some((value, _)) => {
            odd.report(value, "spec.coverage.namespaces: expected a mapping of kinds".to_owned());
            BTreeMap::new()
        }
    };
    let kinds = odd.texts(coverage.get("kinds"));
    let seen = Seen {
        name: spec.get("context").and_then(text).unwrap_or_default(),
        place,
        everything: odd.boolean(coverage.get("everything")),
        kinds: kinds.iter().filter_map(|kind| odd.kind(coverage, kind)).collect(),
        namespaces,
        hidden: odd.texts(coverage.get("hidden")).into_iter().collect(),
        forbidden: odd.boolean(coverage.get("forbidden")),
        unread: unread(spec.get("unread")),
    };
    into.worlds.push(seen);
}

fn text(value: &Value) -> Option<Name> {
    if let Data::String(text) = &value.data { Some(text.clone()) } else { None }
}

fn unread(list: Option<&Value>) -> Vec<Unread> {
    let Some(Value { data: Data::List(items), .. }) = list else { return Vec::new() };
    let one = |item: &Value| {
        Some(Unread {
            namespace: item.get("namespace").and_then(text),
            severity: match item.get("severity").and_then(text)?.as_str() {
                "info" => Severity::Info,
                _ => Severity::Warning,
            },
            message: text(item.get("message")?)?.to_string(),
        })
    };
    items.iter().filter_map(one).collect()
}

/// Tells what is odd.
struct OddField<'a> {
    place: Location,
    into: &'a mut Decoded,
}

impl OddField<'_> {
    fn report(&mut self, value: &Value, message: String) {
        self.into.findings.push(Finding {
            code: Code::OddSnapshot,
            severity: Severity::Warning,
            place: Some(Location { at: value.at, ..self.place.clone() }),
            subject: None,
            problem: message.into(),
            advice: Some(Advice::Text(
                "what it does not say in a way that is understood counts as not seen".to_owned(),
            )),
            fix: Vec::new(),
        });
    }

    fn boolean(&mut self, value: Option<&Value>) -> bool {
        match value.map(|value| (value, &value.data)) {
            None => false,
            Some((_, Data::Bool(is))) => *is,
            Some((value, _)) => {
                self.report(value, "expected true or false".to_owned());
                false
            }
        }
    }

    fn texts(&mut self, value: Option<&Value>) -> Vec<Name> {
        match value.map(|value| (value, &value.data)) {
            None | Some((_, Data::Null)) => Vec::new(),
            Some((_, Data::List(items))) => items.iter().filter_map(text).collect(),
            Some((value, _)) => {
                self.report(value, "expected a list of names".to_owned());
                Vec::new()
            }
        }
    }

    fn kind(&mut self, value: &Value, kind: &str) -> Option<&'static str> {
        let known = KINDS.iter().find(|known| known.shown == kind).map(|known| known.shown);
        if known.is_none() {
            self.report(value, format!("spec.coverage names the kind {kind}, which is not known"));
        }
        known
    }
}
