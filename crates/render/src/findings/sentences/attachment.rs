//! The sentences for Gateways, their listeners, and what attaches to them.

use super::rules::group_name;
use routescope_core::finding::{
    AttachmentProblem, GatewayProblem, ListenerProblem, NotAttached, ServerNameClash, ServerNameOwner,
};
use routescope_core::model::{Listener, Protocol};
use routescope_core::resolve::EngineAssumption;

pub(super) fn gateway(what: &GatewayProblem) -> String {
    match what {
        GatewayProblem::Assumed(listeners) => {
            let are = if listeners.len() == 1 { "is" } else { "are" };
            format!("it is not in view: {} {are} assumed", of_ports(listeners))
        }
        GatewayProblem::EngineAssumed { engine, by_class, class } => {
            format!("{} (class {class})", assumed_engine(engine, by_class.then_some(class.as_str())))
        }
        GatewayProblem::ListenerRejected { listener, reason, why } => {
            format!("listener {listener} is not served ({reason}): {}", listener_problem(why))
        }
        GatewayProblem::ListenerTls { listener, status } => {
            format!("listener {listener} is served without a part of its TLS settings: {status}")
        }
        GatewayProblem::ListenerWithoutRoutes { kind, listener } => {
            format!("no {kind} with backends attaches to listener {listener}: connections are closed")
        }
        GatewayProblem::ListenerKinds { listener, protocol, kinds } => {
            format!("listener {listener} of protocol {} does not carry {}", protocol.name(), kinds.join(", "))
        }
        GatewayProblem::ServerNameClash { clash, port } => {
            let clash = server_name_clash(clash);
            format!("{clash} on port {port}: Envoy refuses the whole listener, and keeps the last good one")
        }
    }
}

/// What is assumed of a Gateway that is not in view: `one HTTP listener on port 80 for all namespaces`.
pub fn assumed_listeners(listeners: &[Listener]) -> String {
    let listeners: Vec<(u16, Protocol)> = listeners.iter().map(|one| (one.port, one.protocol.clone())).collect();
    of_ports(&listeners)
}

fn of_ports(listeners: &[(u16, Protocol)]) -> String {
    match listeners {
        [(port, protocol)] => format!("one {} listener on port {port} for all namespaces", protocol.name()),
        [] => "the listeners of its ListenerSets".to_owned(),
        several => {
            let ports: Vec<String> =
                several.iter().map(|(port, protocol)| format!("{port} ({})", protocol.name())).collect();
            format!("listeners on port {} for all namespaces", ports.join(", "))
        }
    }
}

/// Why an engine is assumed.
pub fn engine_assumption(assumption: &EngineAssumption) -> String {
    assumed_engine(assumption.engine, assumption.class.as_deref())
}

fn assumed_engine(engine: &str, class: Option<&str>) -> String {
    let from = class.map(|class| format!(" from the class name {class}")).unwrap_or_default();
    format!("assumed {engine}{from}: its GatewayClass is not in the input")
}

/// Why a listener is not served.
pub fn listener_problem(why: &ListenerProblem) -> String {
    match why {
        ListenerProblem::NoListenerSets(gateway) => {
            format!("Gateway {gateway} has no allowedListeners: it takes no ListenerSets")
        }
        ListenerProblem::NamespaceNotAllowed { gateway, namespace } => {
            format!("allowedListeners of Gateway {gateway} does not admit namespace {namespace}")
        }
        ListenerProblem::Protocol(protocol) => format!("protocol {} is not supported", protocol.name()),
        ListenerProblem::RouteKinds(kinds) => format!("none of its route kinds is supported: {}", kinds.join(", ")),
        ListenerProblem::NeedsPort(protocol) => format!("protocol {} needs a port", protocol.name()),
        ListenerProblem::ProtocolConflict { port, other, own } => {
            format!("port {port} already speaks {}, not {}", other.name(), own.name())
        }
        ListenerProblem::HostnameConflict { owner, hostname, port } => {
            format!("listener {owner} already has {hostname} on port {port}")
        }
        ListenerProblem::ReservedPort(port) => format!("port {port} is reserved for the proxy itself"),
        ListenerProblem::Tls(problem) => problem.to_string(),
    }
}

/// Which two take the same connections.
pub fn server_name_clash(ServerNameClash { route, with, name }: &ServerNameClash) -> String {
    let name = if name == "*" { "any server name" } else { name.as_str() };
    let with = match with {
        ServerNameOwner::Listener(listener) => format!("listener {listener}"),
        ServerNameOwner::Route(route) => route.to_string(),
    };
    format!("{route} and {with} both take {name}")
}

/// Why a parentRef attaches a route to no listener.
pub fn not_attached(why: &NotAttached) -> String {
    match why {
        NotAttached::NoSuchParent(parent) => format!("{parent} does not exist"),
        NotAttached::ListenerSetNotAllowed(set) => format!("its Gateway does not take ListenerSet {set}"),
        NotAttached::NotAllowedByListeners { parent, kind, namespace } => {
            let article = if *kind == "HTTPRoute" { "an" } else { "a" };
            format!("no listener of {parent} admits {article} {kind} from namespace {namespace}")
        }
        NotAttached::NoMatchingParent { parent, section, port } => {
            let section = section.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
            let port = port.map(|port| format!(" on port {port}")).unwrap_or_default();
            format!("{parent} has no listener{section}{port} that admits it")
        }
        NotAttached::NoMatchingListenerHostname { parent, hostnames } => {
            format!("no listener of {parent} serves {}", hostnames.join(", "))
        }
    }
}

pub(super) fn attachment(what: &AttachmentProblem) -> String {
    match what {
        AttachmentProblem::NotAttached(why) => format!("{} ({})", not_attached(why), why.reason()),
        AttachmentProblem::HostnamesIsolated { listener, hostnames } => format!(
            "listener {listener} gives it no hostname: more specific listeners of the port take {}",
            hostnames.join(", ")
        ),
        AttachmentProblem::ParentNotFound(parent) => format!("{parent} is not in the input"),
        AttachmentProblem::ForeignParent { kind, group } => {
            format!("routes do not attach to kind {kind} of {}", group_name(group))
        }
        AttachmentProblem::StreamRules(rules) => {
            format!("it has {rules} rules, and kgateway serves routes of one rule")
        }
        AttachmentProblem::Mesh { kind, name } => {
            format!("a mesh route (parent {kind} {name}): no Gateway serves it, and it is not followed")
        }
        AttachmentProblem::Orphan => "it has no parentRefs, and nobody delegates to it".to_owned(),
    }
}
