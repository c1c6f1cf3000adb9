//! What is wrong with backendRefs, and with the Services behind them.

use crate::model::{Name, ObjectKey};

/// What is wrong with a backendRef.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendRefProblem {
    /// It looks like a ref that delegates, and does not.
    DoesNotDelegate {
        /// Its group.
        group: Name,
        /// Its kind.
        kind: Name,
        /// Its name.
        name: Name,
    },
    /// The backend does not exist.
    Missing {
        /// Its kind.
        kind: Name,
        /// Its namespace and name.
        backend: ObjectKey,
    },
    /// The backend has no such port, or the ref names none.
    NoPort {
        /// Its kind.
        kind: Name,
        /// Its namespace and name.
        backend: ObjectKey,
        /// The port.
        port: Option<u16>,
    },
    /// No `ReferenceGrant` permits the ref.
    NotPermitted {
        /// The kind of the backend.
        kind: Name,
        /// Its namespace and name.
        backend: ObjectKey,
    },
    /// The kind of the backend is not known.
    UnknownKind {
        /// The kind.
        kind: Name,
        /// Its group.
        group: Name,
    },
    /// A ref to a kgateway `Backend` carries a port.
    PortNotAllowed(ObjectKey),
}

/// What comes of a broken backendRef.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendEffect {
    /// Its share of requests gets this status.
    Answers(u16),
    /// The rule sends it nothing anyway.
    GetsNothing,
    /// Nothing is mirrored to it.
    NothingMirrored,
    /// Connections are closed.
    ConnectionsClosed,
}

/// That nobody serves a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unserved {
    /// The Service.
    pub service: ObjectKey,
    /// The port of the ref.
    pub port: Option<u16>,
    /// Why.
    pub why: UnservedReason,
    /// Its endpoints were looked up. Otherwise somebody may have written them for an `ExternalName`.
    pub is_known: bool,
}

/// Why nobody serves a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnservedReason {
    /// It names a host, which the engine does not follow.
    ExternalName,
    /// It has no endpoints.
    NoEndpoints,
    /// None of its endpoints has this port.
    NoPort(Name),
    /// None of so many endpoints is ready.
    NoneReady(usize),
}

/// What was most likely meant by a ref that does not delegate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlipHint {
    /// Add the group of the Gateway API.
    AddGroup,
    /// The group of the Gateway API is meant, not this one.
    MeansGroup(Name),
    /// The kind `HTTPRoute` is meant.
    MeansHttpRoute,
    /// The group and the kind of an `HTTPRoute` are meant.
    MeansBoth,
    /// The kind `label` is meant.
    MeansLabel {
        /// The group of labels.
        group: &'static str,
        /// It was written in other letters.
        is_other_case: bool,
    },
    /// The group of labels is meant.
    MeansLabelGroup {
        /// That group.
        group: &'static str,
        /// The group that is written.
        written: Name,
        /// The kind is written in other letters.
        is_other_case: bool,
    },
}
