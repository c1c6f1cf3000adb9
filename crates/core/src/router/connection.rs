//! Why a request finds nothing to connect to on a Gateway, as types. The sentences are in `routescope-render`.

use crate::model::{Name, ObjectKey, Protocol};

/// A Gateway that gives no answer: the connection is closed, or there is nothing to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The Gateway.
    pub gateway: ObjectKey,
    /// Why the request does not get there.
    pub reason: NoConnection,
}

/// Why a request finds nothing to connect to on a Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoConnection {
    /// The Gateway has no listeners.
    NoListeners,
    /// None of its listeners is served.
    NoneServed,
    /// No listener has the port.
    NoListenerOnPort {
        /// The port of the request.
        port: u16,
        /// The ports that it listens on.
        listens_on: Vec<u16>,
    },
    /// The listener of the port does not take such a connection.
    Listener {
        /// The listener.
        listener: Name,
        /// Its port.
        port: u16,
        /// Why.
        why: ListenerRefusal,
    },
    /// The request is plain HTTP, and this port (`None`: every listener) speaks TLS.
    SpeaksTls(Option<u16>),
    /// The request is TLS, and this port (`None`: every listener) speaks plain HTTP.
    SpeaksPlain(Option<u16>),
    /// No HTTPS listener has a certificate for the server name.
    NoCertificate {
        /// The server name, where the request has one.
        name: Option<Name>,
        /// The server names of its listeners.
        serves: Vec<Name>,
    },
    /// No listener and no `TLSRoute` takes the server name.
    NoServerName {
        /// The server name, where the request has one.
        name: Option<Name>,
        /// The server names that they take; empty where none is to be shown.
        serves: Vec<Name>,
    },
}

/// Why a listener does not take a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerRefusal {
    /// It passes connections to a route with backends, and has none.
    NoRoute,
    /// It speaks another protocol.
    Speaks(Protocol),
    /// It is not served, for this status reason.
    NotServed(&'static str),
}
