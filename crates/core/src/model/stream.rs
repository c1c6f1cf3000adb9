//! `TCPRoute` and `TLSRoute`. They route connections, not requests: what comes through one is passed on to its backends, and no
//! `HTTPRoute` sees it.

use super::meta::{Meta, Name, Position};
use super::route::{BackendRef, ParentRef};

/// Which kind of route a [`StreamRoute`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// `TCPRoute`: takes every connection of a listener.
    Tcp,
    /// `TLSRoute`: takes those whose server name it serves.
    Tls,
}

impl StreamKind {
    /// The kind as manifests write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCPRoute",
            Self::Tls => "TLSRoute",
        }
    }
}

/// A `TCPRoute` or a `TLSRoute`.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRoute {
    /// Name, age, origin.
    pub meta: Meta,
    /// `TCPRoute` or `TLSRoute`.
    pub kind: StreamKind,
    /// `spec.parentRefs`.
    pub parent_refs: Vec<ParentRef>,
    /// `spec.hostnames`; a `TCPRoute` has none.
    pub hostnames: Vec<Name>,
    /// `spec.rules`, in order.
    pub rules: Vec<StreamRule>,
}

/// One of the rules of a [`StreamRoute`].
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRule {
    /// Where it is written.
    pub at: Position,
    /// `name`.
    pub name: Option<Name>,
    /// `backendRefs`.
    pub backend_refs: Vec<BackendRef>,
}
