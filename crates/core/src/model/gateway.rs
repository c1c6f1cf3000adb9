//! `Gateway`, `GatewayClass`, `ListenerSet` and their listeners.

use super::meta::{Meta, Name, Position};
use super::policy::{CertificateRef, FrontendTls};
use super::route::RecordedCondition;

/// A `Gateway`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Name, labels, origin.
    pub meta: Meta,
    /// `spec.gatewayClassName`.
    pub class: Name,
    /// `spec.infrastructure.parametersRef.group`.
    pub parameters_group: Option<Name>,
    /// `spec.listeners`, in order.
    pub listeners: Vec<Listener>,
    /// `spec.allowedListeners.namespaces`; `None` (absent) admits no `ListenerSet`.
    pub allowed_listeners: Option<From>,
    /// `spec.tls.frontend`.
    pub frontend_tls: Option<FrontendTls>,
    /// `status.addresses[].value`, as recorded.
    pub addresses: Vec<Name>,
    /// `status`, as recorded.
    pub status: GatewayRecord,
}

/// What a controller recorded in a Gateway's `status`; empty when it recorded nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayRecord {
    /// `conditions`.
    pub conditions: Vec<RecordedCondition>,
    /// `listeners`.
    pub listeners: Vec<ListenerRecord>,
}

/// What a controller recorded of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerRecord {
    /// The listener's name.
    pub name: Name,
    /// `attachedRoutes`.
    pub attached_routes: Option<u32>,
    /// `conditions`.
    pub conditions: Vec<RecordedCondition>,
}

/// A `GatewayClass`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayClass {
    /// Name, origin.
    pub meta: Meta,
    /// `spec.controllerName`.
    pub controller: Name,
}

/// A `ListenerSet` (or the experimental `XListenerSet`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSet {
    /// Name, labels, origin.
    pub meta: Meta,
    /// `spec.parentRef`: the Gateway's group (defaulted).
    pub parent_group: Name,
    /// The parent's kind (defaulted to `Gateway`).
    pub parent_kind: Name,
    /// The parent's namespace; `None` means the set's own.
    pub parent_namespace: Option<Name>,
    /// The parent's name.
    pub parent_name: Name,
    /// `spec.listeners`, in order.
    pub listeners: Vec<Listener>,
}

/// A listener's protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Protocol {
    Http,
    Https,
    Tls,
    Tcp,
    Udp,
    /// A domain-prefixed or unknown protocol, as written.
    Other(Name),
}

impl Protocol {
    /// The protocol as the specification writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tls => "TLS",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Other(name) => name,
        }
    }
}

/// One listener of a Gateway or of a `ListenerSet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Where it is written.
    pub at: Position,
    /// `name`.
    pub name: Name,
    /// `protocol`.
    pub protocol: Protocol,
    /// `port`.
    pub port: u16,
    /// `hostname`; `None` (absent or empty) is any host.
    pub hostname: Option<Name>,
    /// `tls`.
    pub tls: Option<ListenerTls>,
    /// `allowedRoutes`, defaults applied.
    pub allowed_routes: AllowedRoutes,
}

/// A listener's `tls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerTls {
    /// `mode`, `Terminate` by default.
    pub mode: TlsMode,
    /// `certificateRefs` (never followed: Secrets are assumed to exist).
    pub certificates: Vec<CertificateRef>,
    /// `options`, in document order.
    pub options: Vec<(Name, Name)>,
}

/// What a TLS listener does with the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TlsMode {
    Terminate,
    Passthrough,
}

/// Which routes a listener admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedRoutes {
    /// `namespaces`.
    pub namespaces: From,
    /// `kinds`; `None` when absent (the protocol's own kinds).
    pub kinds: Option<Vec<RouteGroupKind>>,
}

/// From which namespaces routes (or listeners) are admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// Any namespace.
    All,
    /// The Gateway's own (the default).
    Same,
    /// Namespaces whose labels match; `None` when `from: Selector` has no selector.
    Selector(Option<NamespaceSelector>),
    /// None at all (`allowedListeners` only).
    None,
}

/// A label selector over Namespaces. Empty selects every namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamespaceSelector {
    /// `matchLabels`.
    pub labels: Vec<(Name, Name)>,
    /// `matchExpressions`.
    pub expressions: Vec<Requirement>,
}

/// One entry of `matchExpressions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: Name,
    /// The operator.
    pub operator: RequirementOperator,
    /// The values of `In` and `NotIn`.
    pub values: Vec<Name>,
}

/// The operator of a label requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RequirementOperator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// A route kind that a listener admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteGroupKind {
    /// `gateway.networking.k8s.io` by default.
    pub group: Name,
    /// The kind.
    pub kind: Name,
}
