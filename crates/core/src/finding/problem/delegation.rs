//! What is wrong with delegation.

use crate::model::{Name, ObjectKey, PathKind, Ref};

/// Why a delegating ref leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokenRef {
    /// It closes a cycle.
    Cycle {
        /// The route that delegates.
        parent: ObjectKey,
        /// The ancestor that it delegates to.
        child: ObjectKey,
    },
    /// A Namespace has the name that stands for all namespaces.
    NamespaceOfThatName(Name),
    /// It selects no route.
    SelectsNothing {
        /// The ref.
        by: Ref,
        /// The label that the engine selects by.
        label_key: Option<&'static str>,
    },
    /// None of the routes that it selects is taken.
    NotTaken {
        /// The ref.
        by: Ref,
        /// How many it selects.
        count: usize,
        /// The first of them.
        child: ObjectKey,
        /// The route that delegates.
        parent: ObjectKey,
        /// Why; `None` where they have no reason in common.
        why: Option<NotTaken>,
    },
}

/// Why a route that a ref selects is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// It has parentRefs, and none names the parent.
    NotAdoptable,
    /// It has hostnames.
    HasHostnames,
    /// No `ReferenceGrant` lets the parent adopt it.
    NotPermitted,
    /// The parent hands on to it on its own Gateways only.
    ParentElsewhere,
    /// None of its matches can be reached.
    NothingReached,
    /// None of its matches stands under the parent's.
    NothingLeft,
}

/// What is wrong with routes that are delegated to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelegationProblem {
    /// This route delegates to it, and no parentRef names that route.
    NotAdoptable(ObjectKey),
    /// This route delegates to it from another namespace, and no grant lets it.
    NotPermitted(ObjectKey),
    /// It has hostnames: the delegation of this route has no effect.
    HasHostnames(ObjectKey),
    /// A rule that delegates sends nothing to a backend.
    BackendIgnored {
        /// The kind of the backend.
        kind: Name,
        /// Its name.
        name: Name,
    },
    /// A match takes paths that are not under its parent's prefix.
    EscapesPrefix {
        /// The type of its path.
        kind: PathKind,
        /// Its path.
        path: Name,
        /// The prefix.
        prefix: Name,
        /// The parent.
        parent: ObjectKey,
    },
    /// The ref also leads to this route.
    CollectsChildren(ObjectKey),
    /// Nothing that the ref selects stands there, and this route of an earlier ref hides it.
    BrokenRefHidden(ObjectKey),
    /// Routes of several namespaces have a label.
    LabelOfSeveral {
        /// The namespaces.
        namespaces: Vec<Name>,
        /// The label.
        label: Name,
    },
    /// Two routes lead to a match and differ, and which one wins is not defined.
    UndefinedWinner([ObjectKey; 2]),
}
