//! Tables of engines that walk hop by hop: one per listener, and one per delegating ref (a group), both by hostname.
//!
//! Sources: agentgateway `crates/agentgateway/src/types/agent.rs` (`RouteSet`), `controller/pkg/agentgateway/utils/utils.go`
//! (`InternalRouteRuleKey`), `controller/pkg/agentgateway/translator/route_collections.go` (`routeKeySuffix`,
//! `delegatedRouteKey`).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::Index;
use super::compile::HostRank;
use super::hosts::Hosts;
use super::matcher::Kept;
use super::precedence::HopPrecedence;
use crate::model::Name;
use crate::resolve::{GatewayNode, LinkId, ListenerNode, ProxySemantics, RuleNodeId, Tree, group_rows};
use crate::store::{RouteId, Snapshot};

/// The groups of a table by link, each made when it is first asked for.
#[derive(Debug, Default)]
pub struct Groups(Vec<OnceLock<Group>>, Kept);

/// What a delegating ref leads to: the rows of the routes it selects.
#[derive(Debug, Default)]
pub struct Group {
    /// By hostname: exact ones, longest wildcard first, `*` last.
    pub tiers: Vec<Tier>,
    pub(super) hosts: Hosts,
}

/// The rows of one hostname.
#[derive(Debug)]
pub struct Tier {
    /// The host, a wildcard, or `*`.
    pub hostname: Name,
    /// The rows, in evaluation order.
    pub rows: Arc<[RuleNodeId]>,
    /// Finds the winning row.
    pub index: Arc<Index>,
}

impl Groups {
    /// Makes room for the groups of `tree`.
    pub(super) fn of(tree: &Tree, kept: Kept) -> Self {
        let walked = tree.gateways.iter().any(|node| node.dialect.semantics == ProxySemantics::Agentgateway);
        Self(if walked { tree.links.iter().map(|_| OnceLock::new()).collect() } else { Vec::new() }, kept)
    }

    /// What a link leads to; nothing where delegation is flat.
    pub fn get(&self, snapshot: &Snapshot, tree: &Tree, link: LinkId) -> Option<&Group> {
        Some(self.0.get(link.0 as usize)?.get_or_init(|| {
            let node = &tree.links[link.0 as usize];
            let source = snapshot.route(tree.hops[node.hop.0 as usize].route).meta.key();
            let selector = format!("{source}/{}/{}", node.via.namespace, node.via.value);
            let suffix = format!(".routegroup.{}", selector.replace('/', ".").replace('*', "wildcard"));
            let rows = group_rows(tree, node).map(|(route, row)| (route, row, suffix.as_str()));
            Group::of(tiers(snapshot, tree, rows, &self.1))
        }))
    }
}

impl Group {
    fn of(tiers: Vec<Tier>) -> Self {
        let mut hosts = Hosts::default();
        for (place, tier) in (0..).zip(&tiers) {
            hosts.insert(&tier.hostname, place);
        }
        Self { tiers, hosts }
    }
}

/// The table of one listener, by hostname.
pub(super) fn of_listener(
    snapshot: &Snapshot,
    tree: &Tree,
    gateway: &GatewayNode,
    listener: &ListenerNode,
    kept: &Kept,
) -> Vec<Tier> {
    let written = listener.listener(&gateway.gateway);
    let suffix = match &listener.set {
        Some(set) => format!(".{}.{}.{}", set.meta.namespace, set.meta.name, written.name),
        None => format!(".{}", written.name),
    };
    let mut roots: Vec<_> = listener.attached.iter().map(|attached| attached.root).collect();
    roots.sort_unstable();
    roots.dedup();
    let rows = roots.iter().flat_map(|root| {
        let root = &tree.roots[root.0 as usize];
        root.rows.iter().map(|row| (root.route, *row, suffix.as_str()))
    });
    let mut tiers = tiers(snapshot, tree, rows, kept);
    // What the listener never hears of is left out.
    if let Some(own) = &written.hostname {
        let meets = |host: &str| super::lookup::covers(own, host) || super::lookup::covers(host, own);
        tiers.retain(|tier| meets(&tier.hostname));
    }
    tiers
}

/// Sorts rows into tiers. A row comes with its route and the end of its key.
fn tiers<'s>(
    snapshot: &Snapshot,
    tree: &Tree,
    rows: impl Iterator<Item = (RouteId, RuleNodeId, &'s str)>,
    kept: &Kept,
) -> Vec<Tier> {
    let mut by_host: BTreeMap<HostRank, Vec<(HopPrecedence, RuleNodeId)>> = BTreeMap::new();
    let any = [Name::new_static("*")];
    for (route, row, suffix) in rows {
        let route = snapshot.route(route);
        let hostnames = if route.hostnames.is_empty() { &any[..] } else { &route.hostnames };
        let precedence = HopPrecedence::of(&tree.hops[row.0 as usize], route, suffix);
        for hostname in hostnames {
            by_host.entry(HostRank::of(hostname)).or_default().push((precedence.clone(), row));
        }
    }
    let sorted = by_host.into_iter().map(|(host, mut rows)| {
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let mut rows: Vec<RuleNodeId> = rows.into_iter().map(|(_, row)| row).collect();
        // A hostname written twice.
        rows.dedup();
        let index = Index::build(tree, &rows, ProxySemantics::Agentgateway, kept);
        Tier { hostname: host.name(), rows: rows.into(), index: Arc::new(index) }
    });
    sorted.collect()
}
