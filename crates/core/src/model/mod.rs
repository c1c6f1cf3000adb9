//! Plain resource types: what routing needs to know of each Kubernetes object, and where it was written.
//!
//! Every type here is data that a decoder filled in leniently: an object the API server would refuse still loads, is
//! marked [`Meta::defective`], and a [`Finding`](crate::finding::Finding) says what is wrong. The CRD's own defaults
//! (no `matches` means one `PathPrefix /`, kinds, groups, weights) are applied at decoding, as the API server applies
//! them before any engine sees the object.
//!
//! Standard library, serde, and `regex` for the patterns of the CRDs; no IO.

mod backend;
mod essence;
mod gateway;
mod meta;
mod policy;
mod route;
mod setting;
mod stream;
pub mod value;

pub use backend::{
    Backend, BackendKind, DirectResponse, Endpoint, EndpointPort, EndpointSlice, GrantFrom, GrantTo, Namespace,
    ReferenceGrant, Service, ServicePort, StaticHost, TargetPort,
};
pub use essence::is_of_routing;
pub use gateway::{
    AllowedRoutes, From, Gateway, GatewayClass, GatewayRecord, Listener, ListenerRecord, ListenerSet, ListenerTls,
    NamespaceSelector, Protocol, Requirement, RequirementOperator, RouteGroupKind, TlsMode,
};
pub use meta::{Meta, Name, ObjectKey, Origin, Position, Source, SourceKind, Timestamp};
pub use policy::{
    CertificateRef, ClientValidation, ConfigMap, DiscoverySelectors, ExtensionKind, ExtensionRef, FrontendTls,
    GatewayExtension, PolicySelector, PolicyTarget, SecretRef, TrafficPolicy, Written,
};
pub use route::{
    BackendRef, CorsFilter, Filter, Fraction, GrpcMatch, HeaderChange, HeaderModifier, Mirror, ParentRef, ParentStatus,
    PathKind, PathMatch, PathModifier, RecordedCondition, Redirect, RedirectScheme, Retry, Route, RouteKind,
    RouteMatch, Rule, UrlRewrite, ValueKind, ValueMatch,
};
pub use setting::{PolicyField, Setting};
pub use stream::{StreamKind, StreamRoute, StreamRule};

/// The API group of Gateway API kinds.
pub const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";
/// The annotation that weighs a route where weighted route precedence is on.
pub const ROUTE_WEIGHT: &str = "kgateway.dev/route-weight";
/// The API group of kgateway's own kinds.
pub const KGATEWAY_GROUP: &str = "gateway.kgateway.dev";

/// One decoded object of any kind routing reads.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // each variant is named after the kind it holds
pub enum Object {
    Gateway(Gateway),
    GatewayClass(GatewayClass),
    ListenerSet(ListenerSet),
    Route(Route),
    StreamRoute(StreamRoute),
    ReferenceGrant(ReferenceGrant),
    Namespace(Namespace),
    Service(Service),
    EndpointSlice(EndpointSlice),
    Backend(Backend),
    DirectResponse(DirectResponse),
    TrafficPolicy(TrafficPolicy),
    GatewayExtension(GatewayExtension),
    ConfigMap(ConfigMap),
}

impl Object {
    /// The object's metadata.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Gateway(o) => &o.meta,
            Self::GatewayClass(o) => &o.meta,
            Self::ListenerSet(o) => &o.meta,
            Self::Route(o) => &o.meta,
            Self::StreamRoute(o) => &o.meta,
            Self::ReferenceGrant(o) => &o.meta,
            Self::Namespace(o) => &o.meta,
            Self::Service(o) => &o.meta,
            Self::EndpointSlice(o) => &o.meta,
            Self::Backend(o) => &o.meta,
            Self::DirectResponse(o) => &o.meta,
            Self::TrafficPolicy(o) => &o.meta,
            Self::GatewayExtension(o) => &o.meta,
            Self::ConfigMap(o) => &o.meta,
        }
    }

    /// The object's metadata, to be completed.
    pub fn meta_mut(&mut self) -> &mut Meta {
        match self {
            Self::Gateway(o) => &mut o.meta,
            Self::GatewayClass(o) => &mut o.meta,
            Self::ListenerSet(o) => &mut o.meta,
            Self::Route(o) => &mut o.meta,
            Self::StreamRoute(o) => &mut o.meta,
            Self::ReferenceGrant(o) => &mut o.meta,
            Self::Namespace(o) => &mut o.meta,
            Self::Service(o) => &mut o.meta,
            Self::EndpointSlice(o) => &mut o.meta,
            Self::Backend(o) => &mut o.meta,
            Self::DirectResponse(o) => &mut o.meta,
            Self::TrafficPolicy(o) => &mut o.meta,
            Self::GatewayExtension(o) => &mut o.meta,
            Self::ConfigMap(o) => &mut o.meta,
        }
    }

    /// The object's kind, as kubectl writes it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gateway(_) => "Gateway",
            Self::GatewayClass(_) => "GatewayClass",
            Self::ListenerSet(_) => "ListenerSet",
            Self::Route(route) => route.kind.name(),
            Self::StreamRoute(route) => route.kind.name(),
            Self::ReferenceGrant(_) => "ReferenceGrant",
            Self::Namespace(_) => "Namespace",
            Self::Service(_) => "Service",
            Self::EndpointSlice(_) => "EndpointSlice",
            Self::Backend(_) => "Backend",
            Self::DirectResponse(_) => "DirectResponse",
            Self::TrafficPolicy(_) => "TrafficPolicy",
            Self::GatewayExtension(_) => "GatewayExtension",
            Self::ConfigMap(_) => "ConfigMap",
        }
    }
}
