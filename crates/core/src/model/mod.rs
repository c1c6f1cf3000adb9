//! Plain resource types: what routing needs to know of each Kubernetes object, and where it was written.
//!
//! Every type here is data that a decoder filled in leniently: an object the API server would refuse still loads, is
//! marked [`Meta::defective`], and a [`Finding`](crate::finding::Finding) says what is wrong. The CRD's own defaults
//! (no `matches` means one `PathPrefix /`, kinds, groups, weights) are applied at decoding, as the API server applies
//! them before any engine sees the object.
//!
//! Standard library, serde, and `regex` for the patterns of the CRDs; no IO.

mod backend;
mod gateway;
pub mod kinds;
mod meta;
mod object;
mod policy;
mod policy_field;
mod route;
mod routing_equivalent;
mod stream;
pub mod value;
mod via;

pub use backend::{
    Backend, BackendKind, DirectResponse, Endpoint, EndpointPort, EndpointSlice, GrantFrom, GrantTo, Namespace,
    ReferenceGrant, Service, ServicePort, StaticHost, TargetPort,
};
pub use gateway::{
    AllowedRoutes, From, Gateway, GatewayClass, GatewayRecord, Listener, ListenerRecord, ListenerSet, ListenerTls,
    NamespaceSelector, Protocol, Requirement, RequirementOperator, RouteGroupKind, TlsMode,
};
pub use meta::{Meta, Name, ObjectKey, Origin, Position, Source, SourceKind, Timestamp};
pub use object::Object;
pub use policy::{
    CertificateRef, ClientValidation, ConfigMap, DiscoverySelectors, ExtensionKind, ExtensionRef, FrontendTls,
    GatewayExtension, PolicySelector, PolicyTarget, SecretRef, TrafficPolicy, Written,
};
pub use policy_field::{PolicyField, Setting};
pub use route::{
    BackendRef, CorsFilter, Filter, Fraction, GrpcMatch, HeaderChange, HeaderModifier, Mirror, ParentRef, ParentStatus,
    PathKind, PathMatch, PathModifier, RecordedCondition, Redirect, RedirectScheme, Retry, Route, RouteKind,
    RouteMatch, Rule, UrlRewrite, ValueKind, ValueMatch,
};
pub use routing_equivalent::is_of_routing;
pub use stream::{StreamKind, StreamRoute, StreamRule};
pub use via::{Ref, Via, ViaBy};

/// The API group of Gateway API kinds.
pub const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";
/// The annotation that weighs a route where weighted route precedence is on.
pub const ROUTE_WEIGHT: &str = "kgateway.dev/route-weight";
/// The API group of kgateway's own kinds.
pub const KGATEWAY_GROUP: &str = "gateway.kgateway.dev";
