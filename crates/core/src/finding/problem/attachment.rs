//! What is wrong with Gateways, their listeners, and what attaches to them.

use super::TlsProblem;
use crate::finding::Subject;
use crate::model::{Name, ObjectKey, Protocol};

/// What is wrong with a Gateway, or worth knowing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayProblem {
    /// It is not in view, and these ports and protocols are assumed.
    Assumed(Vec<(u16, Protocol)>),
    /// Its engine is assumed.
    EngineAssumed {
        /// The engine's name.
        engine: &'static str,
        /// Whether the name of the class suggests it.
        by_class: bool,
        /// The class.
        class: Name,
    },
    /// A listener is not served.
    ListenerRejected {
        /// The listener.
        listener: Name,
        /// The reason of its status.
        reason: &'static str,
        /// Why.
        why: ListenerProblem,
    },
    /// A listener is served without a part of its TLS settings, for what the engine's status says.
    ListenerTls {
        /// The listener.
        listener: Name,
        /// The engine's words.
        status: String,
    },
    /// No route with backends attaches to a TCP or TLS listener.
    ListenerWithoutRoutes {
        /// The kind of route that it takes.
        kind: &'static str,
        /// The listener.
        listener: Name,
    },
    /// A listener's protocol does not carry some of its route kinds.
    ListenerKinds {
        /// The listener.
        listener: Name,
        /// Its protocol.
        protocol: Protocol,
        /// The kinds.
        kinds: Vec<Name>,
    },
    /// Two of a port take one server name.
    ServerNameClash {
        /// The clash.
        clash: ServerNameClash,
        /// The port.
        port: u16,
    },
}

/// Why a listener is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerProblem {
    /// The Gateway takes no `ListenerSets`.
    NoListenerSets(ObjectKey),
    /// The Gateway takes no `ListenerSets` of this namespace.
    NamespaceNotAllowed {
        /// The Gateway.
        gateway: ObjectKey,
        /// The namespace.
        namespace: Name,
    },
    /// The engine does not support the protocol.
    Protocol(Protocol),
    /// The engine supports none of the route kinds.
    RouteKinds(Vec<Name>),
    /// The protocol needs a port.
    NeedsPort(Protocol),
    /// Another listener of the port speaks another protocol.
    ProtocolConflict {
        /// The port.
        port: u16,
        /// The other's protocol.
        other: Protocol,
        /// The listener's own.
        own: Protocol,
    },
    /// Another listener of the port has the hostname.
    HostnameConflict {
        /// The other.
        owner: Name,
        /// The hostname.
        hostname: Name,
        /// The port.
        port: u16,
    },
    /// The proxy needs the port.
    ReservedPort(u16),
    /// Its TLS settings.
    Tls(TlsProblem),
}

/// Two that take the same connections of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerNameClash {
    /// The one that comes second.
    pub route: Subject,
    /// The one that comes first.
    pub with: ServerNameOwner,
    /// The server name; `*` for any.
    pub name: Name,
}

/// Who takes the connections for a server name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerNameOwner {
    /// An HTTPS listener.
    Listener(Name),
    /// A TCP or TLS route.
    Route(Subject),
}

/// Why a parentRef attaches a route to no listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAttached {
    /// The parent does not exist.
    NoSuchParent(Subject),
    /// The Gateway of this `ListenerSet` does not take it.
    ListenerSetNotAllowed(ObjectKey),
    /// No listener admits the route.
    NotAllowedByListeners {
        /// The parent.
        parent: Subject,
        /// The route's kind.
        kind: &'static str,
        /// The route's namespace.
        namespace: Name,
    },
    /// No listener that admits the route has the section or the port of the ref.
    NoMatchingParent {
        /// The parent.
        parent: Subject,
        /// The section.
        section: Option<Name>,
        /// The port.
        port: Option<u16>,
    },
    /// No listener serves the hostnames of the route.
    NoMatchingListenerHostname {
        /// The parent.
        parent: Subject,
        /// The hostnames.
        hostnames: Vec<Name>,
    },
}

impl NotAttached {
    /// The reason of the status: `NoSuchParent` is none, for no controller answers then.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoSuchParent(_) => "NoSuchParent",
            Self::ListenerSetNotAllowed(_) => "ListenerSetNotAllowed",
            Self::NotAllowedByListeners { .. } => "NotAllowedByListeners",
            Self::NoMatchingParent { .. } => "NoMatchingParent",
            Self::NoMatchingListenerHostname { .. } => "NoMatchingListenerHostname",
        }
    }
}

/// What is wrong with how a route attaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachmentProblem {
    /// It attaches to no listener by a parentRef.
    NotAttached(NotAttached),
    /// More specific listeners of the port take all its hostnames.
    HostnamesIsolated {
        /// The listener that gives it none.
        listener: Name,
        /// The hostnames.
        hostnames: Vec<Name>,
    },
    /// A parent is not in the input.
    ParentNotFound(Subject),
    /// Routes do not attach to this kind of parent.
    ForeignParent {
        /// The kind.
        kind: Name,
        /// Its group.
        group: Name,
    },
    /// A `TCPRoute` or `TLSRoute` has so many rules, and the engine serves those of one rule.
    StreamRules(usize),
    /// A route of a mesh.
    Mesh {
        /// The kind of its parent.
        kind: Name,
        /// The name of its parent.
        name: Name,
    },
    /// It has no parentRefs, and no route delegates to it.
    Orphan,
}
