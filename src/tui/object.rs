//! An object that has no row in the tree (a Service, a policy), for the detail pane: what is known of it, and where it is
//! written.

use std::sync::Arc;

use super::node_details::Fact;
use routescope_core::finding::{Location, Subject};
use routescope_core::model::{Meta, ObjectKey, Position, RouteKind, Source};
use routescope_core::store::Snapshot;
use routescope_render::style::{Line, Role};

/// The name, the labels and the place of an object; `None` where it is not in view.
pub fn meta<'s>(snapshot: &'s Snapshot, subject: &Subject) -> Option<&'s Meta> {
    let key = &subject.key;
    Some(match subject.kind {
        "Service" => &snapshot.services.get(key)?.meta,
        "Backend" => &snapshot.backends.get(key)?.meta,
        "Gateway" => &snapshot.gateways.get(key)?.meta,
        "ListenerSet" => &snapshot.listener_sets.get(key)?.meta,
        "TrafficPolicy" => &snapshot.traffic_policies.get(key)?.meta,
        "DirectResponse" => &snapshot.direct_responses.get(key)?.meta,
        "GatewayExtension" => &snapshot.gateway_extensions.get(key)?.meta,
        "HTTPRoute" => &snapshot.route(snapshot.find_route(RouteKind::Http, key)?).meta,
        "GRPCRoute" => &snapshot.route(snapshot.find_route(RouteKind::Grpc, key)?).meta,
        _ => return None,
    })
}

/// The kinds of which one of that name is in view.
pub fn kinds(snapshot: &Snapshot, key: &ObjectKey) -> Vec<&'static str> {
    const KINDS: [&str; 9] = [
        "HTTPRoute",
        "GRPCRoute",
        "Gateway",
        "ListenerSet",
        "TrafficPolicy",
        "Service",
        "Backend",
        "DirectResponse",
        "GatewayExtension",
    ];
    let is_there = |kind: &&'static str| meta(snapshot, &Subject { kind, key: key.clone() }).is_some();
    KINDS.into_iter().filter(is_there).collect()
}

/// What there is to say about an object.
pub fn facts(snapshot: &Snapshot, subject: &Subject) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    let Some(meta) = meta(snapshot, subject) else {
        facts.push(("object", Line::of(Role::Warning, "? ").with(Role::Text, format!("{subject} is not in view"))));
        return facts;
    };
    for (key, value) in &meta.labels {
        facts.push(("labels", Line::of(Role::Dim, format!("{key}=")).with(Role::Label, value.to_string())));
    }
    if let Some(service) = snapshot.services.get(&subject.key).filter(|_| subject.kind == "Service") {
        let ports = service.ports.iter().map(|port| port.port.to_string()).collect::<Vec<_>>().join(", ");
        let mut line = Line::of(Role::Text, service.kind.to_string());
        if let Some(ip) = &service.cluster_ip {
            line.push(Role::Host, format!(" {ip}"));
        }
        if let Some(name) = &service.external_name {
            line.push(Role::Host, format!(" {name}"));
        }
        facts.push(("service", line.with(Role::Dim, format!(" · ports {ports}"))));
    }
    facts
}

/// Where an object is written.
pub fn place(snapshot: &Snapshot, subject: &Subject) -> Option<Location> {
    let origin = &meta(snapshot, subject)?.origin;
    Some(Location::within(origin, Position::default())).filter(|_| origin.at.is_known())
}

/// The source and the lines (from 1, both inclusive) that an object is written in.
pub fn lines(snapshot: &Snapshot, subject: &Subject) -> Option<(Arc<Source>, u32, u32)> {
    let origin = &meta(snapshot, subject)?.origin;
    let (first, last) = (origin.at.line, origin.end_line);
    let source = Arc::clone(&origin.source);
    (first > 0 && !source.text.is_empty()).then_some((source, first, last.max(first)))
}
