//! The virtual hosts of a Gateway as the engine translates them, and the engine's names of their rows.
//!
//! Sources: kgateway `pkg/kgateway/translator/listener/gateway_listener_translator.go` (the names of virtual hosts and
//! their order), `pkg/kgateway/translator/irtranslator/route.go` (`initRoutes`), `pkg/kgateway/query/route.go`
//! (`UniqueRouteName`).

use std::collections::BTreeMap;

use ahash::AHashMap;

use crate::analysis::Analysis;
use crate::model::Protocol;
use crate::resolve::{GatewayNode, ListenerNode, MatchState, RootId, RuleNodeId};
use crate::router::{Precedence, Ranks};

use super::attached_routes::{Emitted, EmittedByRoot, Walk};
use super::report::Reports;

/// A root in a virtual host, by one of its parentRefs.
#[derive(Clone, Copy)]
pub(super) struct Attachment {
    pub root: RootId,
    pub parent_ref: u32,
}

/// Where a virtual host stands in the order of translation: the port, the filter chain (plain HTTP first), its name.
pub(super) type VirtualHostRank = (u16, usize, String);

/// The name of the route configuration that a listener's routes are in: HTTP listeners of a port share one. `None` for a
/// protocol that carries no HTTP.
pub fn configuration_name(node: &GatewayNode, listener: &ListenerNode) -> Option<String> {
    match listener.listener(&node.gateway).protocol {
        Protocol::Http => Some(format!("listener~{}", listener.port(&node.gateway))),
        Protocol::Https => Some(listener.name(&node.gateway).to_string()),
        _ => None,
    }
}

/// The name of a virtual host: Envoy's names hold no dots (kgateway `SanitizeForEnvoy`).
pub fn virtual_host_name(configuration: &str, hostname: &str) -> String {
    format!("{configuration}~{hostname}").replace('.', "_")
}

/// The rows that each virtual host loads, in evaluation order, each with the engine's name of it: by port and name of
/// the virtual host.
pub fn row_names(analysis: &Analysis, node: &GatewayNode) -> AHashMap<(u16, String), Vec<(RuleNodeId, String)>> {
    let mut unread = Reports::default();
    let emitted = Walk::new(analysis, &mut unread).gateway(node);
    let ranks = Ranks::of(&analysis.snapshot, &analysis.settings);
    let mut by_host = AHashMap::default();
    for ((port, _, host), attachments) in virtual_hosts(analysis, node) {
        let rows = rows(analysis, &ranks, &emitted, &attachments).into_iter().enumerate();
        let loaded =
            rows.filter(|(_, (_, row))| matches!(analysis.tree.hops[row.hop.0 as usize].state, MatchState::Row(_)));
        let named = loaded.map(|(at, (_, row))| (row.hop, row_name(analysis, &host, at, row))).collect();
        by_host.insert((port, host), named);
    }
    by_host
}

/// The virtual hosts of a Gateway, in the order in which they are translated.
pub(super) fn virtual_hosts(analysis: &Analysis, node: &GatewayNode) -> BTreeMap<VirtualHostRank, Vec<Attachment>> {
    let mut hosts: BTreeMap<VirtualHostRank, Vec<Attachment>> = BTreeMap::new();
    for (chain, listener) in node.listeners.iter().enumerate().filter(|(_, listener)| listener.is_served()) {
        let port = listener.port(&node.gateway);
        let Some(parent) = configuration_name(node, listener) else { continue };
        let shared = listener.listener(&node.gateway).protocol == Protocol::Http;
        let chain = if shared { 0 } else { chain + 1 };
        for attached in &listener.attached {
            if analysis.tree.roots[attached.root.0 as usize].hops.is_empty() {
                continue;
            }
            for hostname in &attached.hostnames {
                let name = virtual_host_name(&parent, hostname);
                let attachment = Attachment { root: attached.root, parent_ref: attached.parent_ref };
                hosts.entry((port, chain, name)).or_default().push(attachment);
            }
        }
    }
    hosts
}

/// What is emitted into a virtual host in evaluation order, delegating matches included: they count in the names.
pub(super) fn rows(
    analysis: &Analysis,
    ranks: &Ranks,
    emitted: &EmittedByRoot,
    attachments: &[Attachment],
) -> Vec<(Attachment, Emitted)> {
    let mut rows: Vec<(Precedence, Attachment, Emitted)> = Vec::new();
    for attachment in attachments {
        let route = analysis.tree.roots[attachment.root.0 as usize].route;
        let all = emitted.get(&attachment.root).map_or(&[][..], Vec::as_slice);
        let ranked =
            |(at, row): (u32, &Emitted)| (ranks.precedence(&analysis.tree, route, row.hop, at), *attachment, *row);
        rows.extend((0..).zip(all).map(ranked));
    }
    rows.sort_by_key(|(precedence, ..)| *precedence);
    rows.into_iter().map(|(_, attachment, row)| (attachment, row)).collect()
}

/// The engine's name of the row that stands at `at` in the virtual host `host`.
pub(super) fn row_name(analysis: &Analysis, host: &str, at: usize, row: Emitted) -> String {
    let hop = &analysis.tree.hops[row.hop.0 as usize];
    let route = analysis.snapshot.route(hop.route);
    let (kind, meta) = (route.kind.name().to_ascii_lowercase(), &route.meta);
    let rule = route.rules[hop.rule as usize].name.as_deref().filter(|name| !name.is_empty());
    let rule = rule.map(|name| format!("-{name}")).unwrap_or_default();
    let own = format!("{kind}-{}-{}-{}-{}{rule}", meta.name, meta.namespace, row.rule, row.index);
    format!("{host}-route-{at}-{own}-matcher-{}", row.index)
}
