//! How a route is reached.

use super::Name;

/// How a route was reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Via {
    /// By what.
    pub by: ViaBy,
    /// The name or the label's value; `*` for a wildcard; the Gateway's name for a root.
    pub value: Name,
    /// The namespace looked in; `all` (or its renaming) for a label in every namespace.
    pub namespace: Name,
}

/// By what a route was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ViaBy {
    Gateway,
    Name,
    Wildcard,
    Label,
}

impl ViaBy {
    /// The word of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Name => "name",
            Self::Wildcard => "wildcard",
            Self::Label => "label",
        }
    }
}

/// A delegating ref, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ref {
    /// What it selects by.
    pub via: Via,
    /// It selects in every namespace.
    pub everywhere: bool,
}
