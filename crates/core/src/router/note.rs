//! What a person should know beside an answer, as types. The sentences are in `routescope-render`.

use crate::finding::{EnvoyProblem, ReplacedCondition, ServerNameClash};
use crate::model::{Name, ObjectKey};
use crate::resolve::{Destination, RuleNodeId};

/// Why nothing that a Gateway answers on a port is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Envoy refuses the route table.
    RouteTable {
        /// The port.
        port: u16,
        /// Why.
        problem: EnvoyProblem,
    },
    /// Envoy refuses the listener.
    Listener {
        /// The port.
        port: u16,
        /// Which two take the same connections.
        clash: ServerNameClash,
    },
    /// kgateway crashes on this rule before it sends anything to Envoy.
    Crash(RuleNodeId),
}

/// Something that is worth knowing of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The codec answers 400.
    BadRequest {
        /// What the request line holds (`a space`).
        what: String,
        /// Whose codec it is.
        who: &'static str,
    },
    /// A TCP or TLS route of another listener takes the connection.
    OtherStream {
        /// The listener.
        listener: Name,
        /// Its port.
        port: u16,
        /// The kind of the route.
        kind: &'static str,
        /// The route.
        route: ObjectKey,
    },
    /// The request has no host: for which one this is the answer.
    AnsweredFor {
        /// The host.
        host: Name,
        /// The port.
        port: u16,
        /// What becomes of it there.
        answer: RowAnswer,
    },
    /// Other hosts or listeners answer something else.
    OtherAnswer {
        /// The first of them.
        places: Vec<AnswerPlace>,
        /// How many more there are.
        more: usize,
        /// What becomes of the request there.
        answer: RowAnswer,
    },
    /// So many more hosts or listeners answer otherwise.
    MoreAnswers(usize),
    /// A less specific host has a row that takes the request, and is not asked.
    WiderHost {
        /// That host.
        hostname: Name,
        /// The host that is asked.
        asked: String,
    },
    /// Another listener has a row that takes the request.
    OtherListener {
        /// The listener.
        listener: Name,
        /// Its port.
        port: u16,
    },
    /// agentgateway tells upper case from lower case in this host.
    CaseOfHost(String),
    /// agentgateway: the host belongs to another listener than the one that the server name chose.
    Misdirected {
        /// The host.
        host: String,
        /// The listener that it belongs to.
        listener: Name,
    },
    /// agentgateway: the listener that the server name chose does not have this host.
    NotOfListener(String),
    /// agentgateway: this route delegates back to where the request has been.
    Cycle(ObjectKey),
    /// TLS ends at the gateway, and the `TLSRoute` gets what is inside.
    TlsTerminated,
    /// No route allows an upgrade to this protocol.
    UpgradeNotAllowed(String),
    /// The CORS filter answers.
    Preflight,
    /// `urlRewrite` of this `TrafficPolicy` names a group that its pattern does not have.
    RewriteWithoutGroup(ObjectKey),
    /// The prefix that a rewrite strips is not a regular expression, and Envoy does not load it.
    RewriteNotLoaded {
        /// The prefix.
        prefix: String,
        /// Why.
        error: String,
    },
    /// The prefix that a rewrite strips is read as a regular expression, and the path does not match it.
    RewriteWithoutMatch {
        /// The prefix.
        prefix: String,
        /// The path.
        path: String,
    },
    /// The prefix `/` is replaced, and no slash is left where the parts meet.
    NoSlashBetween {
        /// The path.
        path: String,
        /// What it becomes.
        becomes: String,
    },
    /// A prefix is replaced, and two slashes meet.
    DoubledSlash {
        /// The prefix.
        prefix: String,
        /// What the path becomes.
        becomes: String,
    },
    /// The `Location` keeps the port of the request (`:8080`).
    KeepsPort(String),
    /// A redirect leads to the URL that was asked.
    SameUrl,
    /// A redirect ends in a circle of these URLs.
    Circle(Vec<String>),
    /// A backend that the request may go to, and that does not serve it.
    Unserved(Box<Destination>),
    /// Conditions of a rule that those of its parent replace.
    ReplacedConditions {
        /// The rule's route.
        route: ObjectKey,
        /// The rule's index.
        rule: u32,
        /// The parent.
        parent: ObjectKey,
        /// The conditions.
        conditions: Vec<ReplacedCondition>,
    },
    /// The path is rewritten by a rule above the row.
    ParentsRewrite {
        /// The rule that has the rewrite.
        by: RuleNodeId,
        /// The row whose prefix it replaces; `None` when it sets the whole path.
        prefix_of: Option<RuleNodeId>,
    },
    /// A row with a higher route weight would win if the control plane counted weights.
    IgnoredWeight {
        /// The row.
        row: RuleNodeId,
        /// Its weight.
        weight: i32,
    },
}

/// Where an answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerPlace {
    /// For a host, on the port of the answer.
    Host(Name),
    /// For a host on another port.
    HostOnPort(Name, u16),
    /// On a listener and its port.
    Listener(Name, u16),
    /// On a port.
    Port(u16),
}

/// What a row does with any request, without what depends on the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowAnswer {
    /// The gateway answers by itself.
    Status(u16),
    /// What a filter of the engine's own answers.
    Unknown,
    /// A redirect.
    Redirect(u16),
    /// It delegates to the routes of this name or label in this namespace.
    Delegates {
        /// The name or label.
        value: Name,
        /// The namespace.
        namespace: Name,
    },
    /// It forwards to one of these.
    Forward(Vec<BackendName>),
}

/// A backend by name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct BackendName {
    pub kind: Name,
    pub namespace: Name,
    pub name: Name,
    pub port: Option<u16>,
}

impl Note {
    /// What is to be known of a backend once its endpoints were looked up: that nobody serves it.
    pub(super) fn of_backend(destination: &Destination) -> Option<Self> {
        destination.unserved().map(|_| Self::Unserved(Box::new(destination.clone())))
    }
}
