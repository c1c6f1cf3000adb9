//! What is said of a Gateway and its listeners.
//!
//! Sources: kgateway `pkg/kgateway/translator/listener/validation.go`, `pkg/reports/status.go` (`BuildGWStatus`),
//! `pkg/kgateway/translator/gateway/gateway_translator.go` (`setAttachedRoutes`), `pkg/kgateway/validate/port.go`.

use crate::model::{GATEWAY_GROUP, Listener, Protocol};
use crate::resolve::{GatewayNode, ListenerNode, ListenerState, RESERVED_PORTS, supported_kinds};

use super::condition::{Condition, GATEWAY, LISTENER, Written};
use super::{GatewayStatus, ListenerStatus};

/// The status of a Gateway: its own listeners, and what they make of the whole.
pub(super) fn status(node: &GatewayNode) -> GatewayStatus {
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
    let listeners: Vec<ListenerStatus> = own
        .iter()
        .map(|listener| ListenerStatus {
            name: listener.listener(gateway).name.clone(),
            attached_routes: listener.attached.len(),
            conditions: conditions(node, listener).or_healthy(LISTENER),
        })
        .collect();
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
    GatewayStatus { conditions: written.or_healthy(GATEWAY), listeners }
}

/// Whether validation lets a listener pass. One of protocol HBONE passes, although nothing is served on it, and so does
/// one whose TLS settings are refused later.
fn is_valid(node: &GatewayNode, listener: &ListenerNode) -> bool {
    is_translated(node, listener) || is_hbone(listener.listener(&node.gateway))
}

/// Whether a listener's routes are translated, and reported on: TLS settings are looked at after that
/// (`translateHttpsFilterChain`).
pub(super) fn is_translated(node: &GatewayNode, listener: &ListenerNode) -> bool {
    listener.is_served() || tls_refusal(node, listener).is_some()
}

/// Why a listener's TLS settings are refused: the reason and the message.
fn tls_refusal<'a>(node: &GatewayNode, listener: &'a ListenerNode) -> Option<(&'static str, &'a str)> {
    if listener.listener(&node.gateway).protocol != Protocol::Https {
        return None;
    }
    match &listener.state {
        ListenerState::Rejected { reason, message } => {
            let of_references =
                ["InvalidCertificateRef", "RefNotPermitted", "InvalidCACertificateKind", "InvalidCACertificateRef"];
            let of_options = *reason == "Invalid" && !RESERVED_PORTS.contains(&listener.port(&node.gateway));
            (of_references.contains(reason) || of_options).then_some((*reason, message.as_str()))
        }
        ListenerState::Served => None,
    }
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
            !is_translated(node, listener) && conditions(node, listener).get("Programmed").is_some()
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
    if let Some((reason, message)) = tls_refusal(node, listener) {
        let of_authority = matches!(reason, "InvalidCACertificateKind" | "InvalidCACertificateRef");
        // Of references to certificates the engine says no more than this; of the rest these are our words.
        let message = match reason {
            "RefNotPermitted" => "Reference not permitted by ReferenceGrant.",
            "InvalidCertificateRef" => "Invalid certificate ref(s).",
            _ => message,
        };
        let accepted = if of_authority { "NoValidCACertificate" } else { "Invalid" };
        if reason != "Invalid" {
            written.set(Condition::new("ResolvedRefs", false, reason, message.to_owned()));
        }
        written.set(Condition::new("Accepted", false, accepted, message.to_owned()));
        written.set(Condition::new("Programmed", false, "Invalid", message.to_owned()));
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
        ListenerState::Served if matches!(spec.protocol, Protocol::Tcp | Protocol::Tls) => {
            // No route of a kind that is read here can attach to it.
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

/// The `allowedRoutes.kinds` that the listener's protocol does not carry.
fn invalid_kinds(listener: &Listener) -> Vec<&str> {
    let (Some(supported), Some(kinds)) = (supported_kinds(listener), &listener.allowed_routes.kinds) else {
        return Vec::new();
    };
    let fits =
        |kind: &&crate::model::RouteGroupKind| kind.group == GATEWAY_GROUP && supported.contains(&kind.kind.as_str());
    kinds.iter().filter(|kind| !fits(kind)).map(|kind| kind.kind.as_str()).collect()
}
