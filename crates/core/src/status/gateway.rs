//! What is said of a Gateway and its listeners.
//!
//! Sources: kgateway `pkg/kgateway/translator/listener/validation.go`, `pkg/reports/status.go` (`BuildGWStatus`),
//! `pkg/kgateway/translator/gateway/gateway_translator.go` (`setAttachedRoutes`), `pkg/kgateway/validate/gateway.go`.

use crate::analysis::Analysis;
use crate::model::{ClientValidation, Listener, Protocol};
use crate::resolve::{GatewayNode, ListenerNode, ListenerState, invalid_kinds};

use super::condition::{Condition, GATEWAY, LISTENER, Written};
use super::{GatewayStatus, ListenerStatus, policies};

/// The status of a Gateway: its own listeners, and what they make of the whole.
pub(super) fn status(analysis: &Analysis, node: &GatewayNode) -> GatewayStatus {
    let gateway = &node.gateway;
    let own: Vec<&ListenerNode> = node.listeners.iter().filter(|listener| listener.set.is_none()).collect();
    let mut written = Written::default();
    if own.iter().any(|listener| is_conflicted(node, listener)) {
        written.set(Condition::new("Accepted", true, "ListenersNotValid", ""));
    }
    if !node.listeners.iter().any(|listener| is_valid(node, listener)) {
        written.set(Condition::new("Accepted", false, "ListenersNotValid", "No valid listeners"));
        written.set(Condition::new("Programmed", false, "Invalid", ""));
    } else if own.iter().any(|listener| !is_valid(node, listener)) {
        written.set(Condition::new("Accepted", true, "ListenersNotValid", ""));
    }
    if let Some(replaced) = policies::of_gateway(node) {
        written.set(replaced);
    }
    let listener = |listener: &&ListenerNode| {
        let mut conditions = conditions(node, listener);
        if let Some(replaced) = policies::of_listener(analysis, node, listener) {
            conditions.set(replaced);
        }
        ListenerStatus {
            name: listener.listener(gateway).name.clone(),
            attached_routes: listener.attached.len() + listener.streams.len(),
            conditions: conditions.or_healthy(LISTENER),
        }
    };
    let listeners: Vec<ListenerStatus> = own.iter().map(listener).collect();
    let failed = |kind: &str| {
        let of_kind = move |condition: &Condition| condition.status == "False" && condition.kind == kind;
        let find = move |listener: &ListenerStatus| {
            let condition = listener.conditions.iter().find(|condition| of_kind(condition))?;
            Some((listener.name.clone(), condition.message.clone()))
        };
        listeners.iter().filter_map(find).collect::<Vec<_>>()
    };
    let unprogrammed = failed("Programmed");
    if !unprogrammed.is_empty() {
        let told: Vec<String> = unprogrammed
            .iter()
            .filter(|(_, message)| !message.is_empty())
            .map(|(name, message)| format!("{name}: {message}"))
            .collect();
        let message = format!("Some listeners are not programmed: {}", told.join("; "));
        written.set(Condition::new("Accepted", true, "ListenersNotValid", message));
    }
    if !failed("ResolvedRefs").is_empty() {
        let message = "One or more listeners have unresolved references";
        written.set(Condition::new("ResolvedRefs", false, "ListenersNotResolved", message));
    }
    let mut conditions = written.or_healthy(GATEWAY);
    let insecure = |validation: &ClientValidation| validation.insecure_fallback;
    let frontend = gateway.frontend_tls.as_ref();
    let mut validations = frontend.into_iter().flat_map(|tls| {
        let per_port = tls.per_port.iter().filter_map(|(_, validation)| validation.as_ref());
        tls.default.iter().chain(per_port)
    });
    if validations.any(insecure) {
        let message = "Gateway frontend validation is configured to allow insecure fallback";
        conditions.push(Condition::new("InsecureFrontendValidationMode", true, "ConfigurationChanged", message));
    }
    GatewayStatus { conditions, listeners }
}

/// Whether validation lets a listener pass. One of protocol HBONE passes, although nothing is served on it, and so does
/// one whose TLS settings are refused later.
fn is_valid(node: &GatewayNode, listener: &ListenerNode) -> bool {
    is_translated(listener) || is_hbone(listener.listener(&node.gateway))
}

/// Whether a listener's routes are translated, and reported on: TLS settings are looked at after that
/// (`translateHttpsFilterChain`).
pub(super) fn is_translated(listener: &ListenerNode) -> bool {
    listener.is_served() || !listener.tls.is_empty()
}

fn is_hbone(listener: &Listener) -> bool {
    matches!(&listener.protocol, Protocol::Other(name) if name == "HBONE")
}

/// Whether a listener was rejected in a way that its Gateway is told of at once (`rejectConflictedListener`,
/// `rejectInvalidListener`).
fn is_conflicted(node: &GatewayNode, listener: &ListenerNode) -> bool {
    match &listener.state {
        ListenerState::Served => false,
        ListenerState::Rejected { .. } => {
            !is_translated(listener) && conditions(node, listener).get("Programmed").is_some()
        }
    }
}

/// What is written of one listener.
fn conditions(node: &GatewayNode, listener: &ListenerNode) -> Written {
    let mut written = Written::default();
    let port = listener.port(&node.gateway);
    let spec = listener.listener(&node.gateway);
    let protocol = spec.protocol.name();
    let invalid = invalid_kinds(spec);
    if !invalid.is_empty() {
        let message = format!("Found invalid route kinds: [{}]", invalid.join(", "));
        written.set(Condition::new("ResolvedRefs", false, "InvalidRouteKinds", message));
    }
    for fault in &listener.tls {
        let message = || fault.message.clone();
        if let Some(reason) = fault.resolved_refs {
            written.set(Condition::new("ResolvedRefs", false, reason, message()));
        }
        // With some of its references in order it is served, and says so for this very reason.
        written.set(Condition::new("Programmed", fault.partial, "Invalid", message()));
        written.set(Condition::new("Accepted", fault.partial, fault.accepted, message()));
    }
    if !listener.tls.is_empty() {
        return written;
    }
    let mut reject = |conflicted: bool, reason: &'static str, message: String| {
        if conflicted {
            written.set(Condition::new("Conflicted", true, reason, message.clone()));
        }
        written.set(Condition::new("Accepted", false, reason, message.clone()));
        written.set(Condition::new("Programmed", false, reason, message));
    };
    match &listener.state {
        ListenerState::Served
            if matches!(spec.protocol, Protocol::Tcp | Protocol::Tls) && !node.serves_streams(port) =>
        {
            let message = "TCP/TLS listener has no valid backends or routes";
            written.set(Condition::new("Programmed", false, "Invalid", message));
        }
        ListenerState::Rejected { reason: "UnsupportedProtocol", .. } if !is_hbone(spec) => {
            let message = format!("Protocol {protocol} is unsupported.");
            written.set(Condition::new("Accepted", false, "UnsupportedProtocol", message));
        }
        ListenerState::Rejected { reason: reason @ "ProtocolConflict", .. } => {
            let what = "a single port can only contain listeners with compatible protocols";
            reject(true, reason, format!("Found conflicting protocols on listeners, {what}"));
        }
        ListenerState::Rejected { reason: reason @ "HostnameConflict", .. } => {
            let what = "all listeners on a single port must have unique hostnames";
            reject(true, reason, format!("Found conflicting hostnames on listeners, {what}"));
        }
        ListenerState::Rejected { reason: reason @ "Invalid", .. } if port == 0 => {
            reject(false, reason, format!("protocol {protocol} requires a port to be set"));
        }
        ListenerState::Rejected { reason: reason @ "Invalid", .. } => {
            reject(true, reason, format!("invalid port {port} in listener: port is reserved"));
        }
        ListenerState::Served | ListenerState::Rejected { .. } => {}
    }
    written
}
