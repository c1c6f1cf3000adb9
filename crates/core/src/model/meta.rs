//! Metadata every object has: its name, its labels, and where it was written.

use std::fmt;
use std::sync::Arc;

/// A Kubernetes name, namespace, label, host or path: short, compared often, cloned without copying.
pub type Name = smol_str::SmolStr;

/// Seconds since 1970-01-01T00:00:00Z. `creationTimestamp` has a resolution of one second.
pub type Timestamp = i64;

/// A place in a text: line and column, both from 1; 0 where there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// The place at `line` and `column`, both from 1.
    pub fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }

    /// Whether the text has places at all.
    pub fn is_known(self) -> bool {
        self.line > 0
    }
}

/// What kind of place objects were read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A file on disk, which an editor can open.
    File,
    /// Standard input, `kustomize` output or the embedded demo: text without a file.
    Text,
    /// A cluster.
    Cluster,
}

/// Where objects were read from: a file, standard input, or a cluster, where each object has a text of its own.
#[derive(PartialEq, Eq)]
pub struct Source {
    /// How the place is shown: a path as the user would write it, `-`, the object that a cluster holds
    /// (`HTTPRoute payments/payments`).
    pub name: String,
    /// Which kind of place it is.
    pub kind: SourceKind,
    /// The whole text, kept to be shown; empty where there is none.
    pub text: String,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Where one object was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file (or other source).
    pub source: Arc<Source>,
    /// The object's first line.
    pub at: Position,
    /// The object's last line, inclusive, from 1.
    pub end_line: u32,
}

/// An object's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The namespace; `default` when a namespaced object names none; empty for cluster-scoped kinds.
    pub namespace: Name,
    /// It is of a namespaced kind and names no namespace: `namespace` is a guess.
    pub unplaced: bool,
    /// The name.
    pub name: Name,
    /// The labels, in document order.
    pub labels: Vec<(Name, Name)>,
    /// The annotations, in document order (without kubectl's last-applied copy).
    pub annotations: Vec<(Name, Name)>,
    /// When the API server created it. `None` (a manifest on disk) is Go's zero time: older than any other.
    pub created: Option<Timestamp>,
    /// Where it was written.
    pub origin: Origin,
    /// The API server would refuse it as written (a wrong type, an unknown enum value): it was loaded as far as it
    /// made sense, and an answer that rests on it is not certain. A finding says what is wrong.
    pub defective: bool,
    /// Why the cluster may get another object than is written here: a kustomization that is not applied. An answer that
    /// rests on it is not certain.
    pub doubt: Option<Name>,
    /// The fields that were dropped, by their paths, because of a release channel that is only assumed. An answer that may
    /// rest on them is not certain.
    pub dropped: Option<Box<[Name]>>,
    /// The fields of its rules that hold a placeholder, by their paths: something fills it in before the cluster gets the
    /// object. An answer that may rest on them is not certain.
    pub open: Option<Box<[Name]>>,
}

impl Meta {
    /// The value of the label `key`.
    pub fn label(&self, key: &str) -> Option<&Name> {
        self.labels.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// The value of the annotation `key`.
    pub fn annotation(&self, key: &str) -> Option<&Name> {
        self.annotations.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// The fields of a rule, or of the object as a whole, that were dropped because of an assumed release channel.
    pub fn dropped_of(&self, rule: Option<u32>) -> impl Iterator<Item = &Name> {
        of_rule(self.dropped.as_deref(), rule)
    }

    /// The fields of a rule that hold a placeholder.
    pub fn open_of(&self, rule: u32) -> impl Iterator<Item = &Name> {
        of_rule(self.open.as_deref(), Some(rule))
    }

    /// The namespace and name.
    pub fn key(&self) -> ObjectKey {
        ObjectKey { namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

/// Of paths of fields those of a rule, and those outside of all rules.
fn of_rule(paths: Option<&[Name]>, rule: Option<u32>) -> impl Iterator<Item = &Name> {
    let own = rule.map(|rule| format!("spec.rules[{rule}]"));
    let is_own =
        move |path: &&Name| !path.starts_with("spec.rules[") || own.as_deref().is_none_or(|own| path.starts_with(own));
    paths.unwrap_or_default().iter().filter(is_own)
}

/// A namespace and a name, ordered and shown as `namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectKey {
    /// The namespace.
    pub namespace: Name,
    /// The name.
    pub name: Name,
}

impl ObjectKey {
    /// The key `namespace/name`.
    pub fn new(namespace: impl Into<Name>, name: impl Into<Name>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
