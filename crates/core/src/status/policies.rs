//! What is said of a Gateway and of its listeners when policies of theirs cannot be built, and 500s stand in place of their
//! routes.
//!
//! Sources: kgateway `pkg/kgateway/translator/irtranslator/route.go` (`ComputeRouteConfiguration`, `computeVirtualHost`),
//! `pkg/kgateway/translator/irtranslator/policy.go` (`reportRouteConfigPolicyErrors`).

use std::collections::BTreeSet;

use crate::analysis::Analysis;
use crate::model::Protocol;
use crate::resolve::{GatewayNode, ListenerNode, StatusMessage};

use super::condition::Condition;
use super::programmed::policy;

/// What is said of the Gateway itself. A route configuration hears of the Gateway's own policies, and one of an HTTPS
/// listener of those of the listener's `ListenerSet` too; the last one that cannot be built counts.
pub(super) fn of_gateway(node: &GatewayNode) -> Option<Condition> {
    let mut last = None;
    for listener in node.listeners.iter().filter(|listener| listener.is_served()) {
        let of_set = listener.status_messages.iter().rfind(|one| one.section.is_none());
        match listener.listener(&node.gateway).protocol {
            Protocol::Https => last = node.status_messages.last().or(of_set).or(last),
            Protocol::Http => last = node.status_messages.last().or(last),
            _ => {}
        }
    }
    last.map(|one| Condition::new("Accepted", false, "GatewayReplaced", one.text.clone()))
}

/// What is said of a listener: of an HTTPS one by its route configuration, of an HTTP one by each virtual host that is
/// its own.
pub(super) fn of_listener(analysis: &Analysis, node: &GatewayNode, listener: &ListenerNode) -> Option<Condition> {
    let said = match listener.listener(&node.gateway).protocol {
        _ if listener.status_messages.is_empty() || !listener.is_served() => return None,
        Protocol::Https => listener.status_messages.iter().rfind(|one| one.section.is_some())?.text.clone(),
        Protocol::Http if owns_a_host(analysis, node, listener) => {
            let lines =
                listener.status_messages.iter().map(|one: &StatusMessage| format!("{}: {}", policy(one), one.text));
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => return None,
    };
    Some(Condition::new("Accepted", false, "ListenerReplaced", said))
}

/// Whether a virtual host of the port belongs to the listener.
fn owns_a_host(analysis: &Analysis, node: &GatewayNode, listener: &ListenerNode) -> bool {
    let port = listener.port(&node.gateway);
    let shares = |other: &&ListenerNode| {
        other.is_served()
            && other.port(&node.gateway) == port
            && other.listener(&node.gateway).protocol == Protocol::Http
    };
    let attached = node.listeners.iter().filter(shares).flat_map(|other| &other.attached);
    let with_rules = attached.filter(|one| !analysis.tree.roots[one.root.0 as usize].hops.is_empty());
    let hosts: BTreeSet<&str> = with_rules.flat_map(|one| &one.hostnames).map(AsRef::as_ref).collect();
    hosts.into_iter().any(|host| node.owner(port, host).is_some_and(|owner| std::ptr::eq(owner, listener)))
}
