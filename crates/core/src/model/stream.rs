//! `TCPRoute` and `TLSRoute`. They route connections, not requests: no URL is ever answered by one. What is read of them is
//! what a Gateway's status hangs on: where they attach, and whether they give a port something to serve.

use super::meta::{Meta, Name};
use super::route::ParentRef;

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
    /// How many `backendRefs` each of `spec.rules` has.
    pub backends: Vec<usize>,
}
