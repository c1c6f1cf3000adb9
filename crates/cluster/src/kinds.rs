//! The kinds that are read, and nothing else is ever asked for: the rules in `deploy/` name the same.

/// A kind, as the API server's paths and discovery name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The kind, as manifests write it.
    pub kind: &'static str,
    /// The kind as [`Object::kind`](routescope_core::model::Object::kind) gives it.
    pub shown: &'static str,
    /// The resource in paths and in rules.
    pub plural: &'static str,
    /// The versions that can be read, the best first.
    pub versions: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

const GATEWAY: &str = routescope_core::model::GATEWAY_GROUP;
const KGATEWAY: &str = routescope_core::model::KGATEWAY_GROUP;

const fn kind(
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    versions: &'static [&'static str],
    namespaced: bool,
) -> Kind {
    Kind { group, kind, shown: kind, plural, versions, namespaced }
}

/// Every kind that is read, those first that show something soonest.
pub const KINDS: &[Kind] = &[
    kind(GATEWAY, "HTTPRoute", "httproutes", &["v1", "v1beta1"], true),
    kind(GATEWAY, "Gateway", "gateways", &["v1", "v1beta1"], true),
    kind(GATEWAY, "GatewayClass", "gatewayclasses", &["v1", "v1beta1"], false),
    kind(GATEWAY, "GRPCRoute", "grpcroutes", &["v1", "v1alpha2"], true),
    kind(GATEWAY, "TCPRoute", "tcproutes", &["v1", "v1alpha2"], true),
    kind(GATEWAY, "TLSRoute", "tlsroutes", &["v1", "v1alpha3", "v1alpha2"], true),
    kind(GATEWAY, "ListenerSet", "listenersets", &["v1"], true),
    Kind {
        shown: "ListenerSet",
        ..kind("gateway.networking.x-k8s.io", "XListenerSet", "xlistenersets", &["v1alpha1"], true)
    },
    kind(GATEWAY, "ReferenceGrant", "referencegrants", &["v1", "v1beta1"], true),
    kind("", "Namespace", "namespaces", &["v1"], false),
    kind("", "Service", "services", &["v1"], true),
    kind("discovery.k8s.io", "EndpointSlice", "endpointslices", &["v1"], true),
    kind(KGATEWAY, "Backend", "backends", &["v1alpha1"], true),
    kind(KGATEWAY, "DirectResponse", "directresponses", &["v1alpha1"], true),
    kind(KGATEWAY, "TrafficPolicy", "trafficpolicies", &["v1alpha1"], true),
    kind(KGATEWAY, "GatewayExtension", "gatewayextensions", &["v1alpha1"], true),
];
