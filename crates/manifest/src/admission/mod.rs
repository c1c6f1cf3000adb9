//! What the API server would say: the refusals that manifests on disk have not met yet.
//!
//! An object that breaks its CRD never comes to be: a fresh `kubectl apply` creates nothing, and an older version of it
//! stays as it was. Each file here holds the schemas of some kinds as data (types, bounds, patterns, and the CEL rules as
//! Rust functions, each with the CRD's own message), and [`check`] walks a value beside them. Nothing is decoded or
//! defaulted here: that is `decode`'s, which hands each document over before it reads it.
//!
//! Left out is what only a running cluster knows, and what compares with an older version of the object (a `GatewayClass`
//! may not change its controller). Of `metadata`, name, namespace, labels and annotations are looked at; of `Service`,
//! `Namespace`, `ConfigMap` and `EndpointSlice`, which Kubernetes checks by code, nothing but that. A field that no schema
//! knows is pruned by the API server, not refused; `kubectl` alone asks it to be strict, and `decode` warns of it.
//! `Gateway.spec.addresses` says in one line what the API server says in three.

mod check;
mod filters;
mod form;
mod gateway;
mod go;
mod kgateway;
mod look;
mod metadata;
mod route;
mod schema;
mod shared;
mod trail;
mod written;

pub(super) use self::check::Refusal;
use self::check::Walk;
use self::schema::Schema;
pub(super) use self::trail::Trail;
use routescope_core::model::value::Value;
use routescope_core::model::{GATEWAY_GROUP, KGATEWAY_GROUP};

/// Which schema a kind has.
const SCHEMAS: &[(&str, &str, &Schema)] = &[
    (GATEWAY_GROUP, "HTTPRoute", &route::HTTP_ROUTE),
    (GATEWAY_GROUP, "GRPCRoute", &route::GRPC_ROUTE),
    (GATEWAY_GROUP, "GatewayClass", &gateway::GATEWAY_CLASS),
    (GATEWAY_GROUP, "Gateway", &gateway::GATEWAY),
    (GATEWAY_GROUP, "ListenerSet", &gateway::LISTENER_SET),
    (GATEWAY_GROUP, "ReferenceGrant", &gateway::REFERENCE_GRANT),
    ("gateway.networking.x-k8s.io", "XListenerSet", &gateway::EXPERIMENTAL_LISTENER_SET),
    (KGATEWAY_GROUP, "Backend", &kgateway::BACKEND),
    (KGATEWAY_GROUP, "DirectResponse", &kgateway::DIRECT_RESPONSE),
    (KGATEWAY_GROUP, "TrafficPolicy", &kgateway::TRAFFIC_POLICY),
    (KGATEWAY_GROUP, "GatewayExtension", &kgateway::GATEWAY_EXTENSION),
    (KGATEWAY_GROUP, "ListenerPolicy", &kgateway::LISTENER_POLICY),
    (KGATEWAY_GROUP, "BackendConfigPolicy", &kgateway::BACKEND_CONFIG_POLICY),
];

/// The kind, when its schema is known.
pub(super) fn known(group: &str, kind: &str) -> Option<&'static str> {
    SCHEMAS.iter().find(|(g, k, _)| *k == kind && *g == group).map(|(_, kind, _)| *kind)
}

/// What the API server would refuse of this object, in the order of the document.
pub(super) fn refusals(group: &str, kind: &str, namespaced: bool, value: &Value) -> Vec<Refusal> {
    let mut walk = Walk::default();
    if let Some(metadata) = look::get(value, "metadata") {
        metadata::check(&mut walk, kind, namespaced, metadata);
    }
    if let Some((_, _, schema)) = SCHEMAS.iter().find(|(g, k, _)| *k == kind && *g == group) {
        walk.value(value, schema, &Trail::ROOT);
    }
    walk.refusals
}
