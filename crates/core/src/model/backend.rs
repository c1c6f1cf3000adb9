//! What routes point at, and what permits them to: Services, kgateway Backends, `DirectResponse`s, grants, namespaces.

use super::meta::{Meta, Name};

/// A `Service`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Name, labels, origin.
    pub meta: Meta,
    /// `spec.ports`.
    pub ports: Vec<ServicePort>,
    /// `spec.type`, `ClusterIP` by default.
    pub kind: Name,
    /// `spec.clusterIP`; `None` (the word) for a headless Service.
    pub cluster_ip: Option<Name>,
    /// `spec.externalName`, for a Service of type `ExternalName`.
    pub external_name: Option<Name>,
}

/// One port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// `name`, empty when absent.
    pub name: Name,
    /// `port`.
    pub port: u16,
    /// `protocol`, `TCP` by default.
    pub protocol: Name,
    /// `appProtocol`.
    pub app_protocol: Option<Name>,
    /// `targetPort`; `None` (absent, 0 or empty) is the port itself.
    pub target: Option<TargetPort>,
}

/// A Service's `targetPort`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetPort {
    /// A port of the pods.
    Number(u16),
    /// The name of a port, which each pod may give another number.
    Name(Name),
}

/// An `EndpointSlice`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSlice {
    /// Name, labels, origin.
    pub meta: Meta,
    /// The Service it belongs to (label `kubernetes.io/service-name`).
    pub service: Option<Name>,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
    /// The ports that its endpoints listen on.
    pub ports: Vec<EndpointPort>,
}

/// A port of an `EndpointSlice`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPort {
    /// `name`: the Service port's; empty when absent, as the API server defaults it.
    pub name: Name,
    /// `port`; `None` (absent) is every port.
    pub port: Option<u16>,
}

/// One endpoint of a slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `addresses`.
    pub addresses: Vec<Name>,
    /// `conditions.ready`; absent counts as ready.
    pub ready: bool,
    /// `conditions.terminating`: the pod is shutting down.
    pub terminating: bool,
    /// The Pod behind it (`targetRef`).
    pub pod: Option<Name>,
    /// `nodeName`.
    pub node: Option<Name>,
    /// `zone`.
    pub zone: Option<Name>,
}

/// A kgateway `Backend`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Name, labels, origin.
    pub meta: Meta,
    /// What it points at.
    pub kind: BackendKind,
}

/// What a kgateway `Backend` points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendKind {
    /// `static`: fixed hosts.
    Static(Vec<StaticHost>),
    /// `aws`: where it lands and the Lambda function, as shown to the user.
    Aws(Name),
    /// `dynamicForwardProxy`: the request's own host.
    DynamicForwardProxy,
    /// Any other type (`gcp`, …), as written in `type` or by its field.
    Other(Name),
}

/// A fixed host of a static `Backend`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct StaticHost {
    pub host: Name,
    pub port: u16,
}

/// A kgateway `DirectResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectResponse {
    /// Name, origin.
    pub meta: Meta,
    /// `spec.status`.
    pub status: u16,
    /// `spec.body`.
    pub body: Option<String>,
}

/// A `ReferenceGrant`, in the namespace that it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceGrant {
    /// Name, origin.
    pub meta: Meta,
    /// Who may refer.
    pub from: Vec<GrantFrom>,
    /// To what.
    pub to: Vec<GrantTo>,
}

/// Who may refer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct GrantFrom {
    pub group: Name,
    pub kind: Name,
    pub namespace: Name,
}

/// To what; `name` `None` (or empty) is every object of the kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct GrantTo {
    pub group: Name,
    pub kind: Name,
    pub name: Option<Name>,
}

/// A `Namespace`: its labels decide which listeners admit its routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Name, labels, origin.
    pub meta: Meta,
}
