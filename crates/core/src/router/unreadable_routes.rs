//! What may take a request in a cluster of which some cannot be read: routes that a listener admits from namespaces that
//! are hidden from us, and children that a delegating ref may select there. A namespace we were forbidden to read is
//! never a confident answer. `docs/fidelity.md`: `world-hidden`.

use std::collections::BTreeSet;

use super::decide::{NormalizedRequest, Router};
use super::lookup::Frontend;
use super::{Decision, GatewayTable, VirtualHost};
use crate::model::PathKind;
use crate::resolve::{self, Destination, RootId, RuleNode, Uncertainty, Unreadable};
use crate::unreadable;

/// The kinds whose objects take requests.
const ROUTES: [&str; 2] = ["HTTPRoute", "GRPCRoute"];

impl Router<'_> {
    /// Whether there may be routes that we were not allowed to see.
    pub(super) fn hides_routes(&self) -> bool {
        let coverage = &self.snapshot.coverage;
        coverage.forbidden && ROUTES.iter().any(|kind| !coverage.sees_all(kind))
    }

    /// Why what else cannot be read may change the answer.
    pub(super) fn note_unreadable(&self, decision: &mut Decision, table: &GatewayTable) {
        let coverage = &self.snapshot.coverage;
        decision.unverified.extend(unreadable::stale_files(self.snapshot));
        let Some(node) = self.tree.gateways.get(table.node as usize).filter(|_| coverage.forbidden) else { return };
        let global = self.settings.global_policy_namespace.as_ref();
        let port = decision.port.unwrap_or_default();
        let mut unread = unreadable::of_answer(self.snapshot, self.tree, node, port, decision.row(), global);
        let unseen = |to: &&Destination| to.kind == "Service" && !coverage.sees("EndpointSlice", &to.namespace);
        if let Some(to) = decision.destinations().find(unseen) {
            unread.push(Uncertainty::Unreadable(Unreadable::EndpointSlices(to.namespace.clone())));
        }
        // Without the grants nobody knows which of several faults a ref to another namespace has.
        let home = decision.row().map(|hop| &self.snapshot.route(self.tree.hops[hop.0 as usize].route).meta.namespace);
        let ungranted = |to: &&Destination| {
            home.is_some_and(|home| *home != to.namespace) && !coverage.sees("ReferenceGrant", &to.namespace)
        };
        if let Some(to) = decision.destinations().find(ungranted) {
            unread.push(Uncertainty::Unreadable(Unreadable::ReferenceGrants(to.namespace.clone())));
        }
        unread.retain(|one| !decision.unverified.contains(one));
        decision.unverified.extend(unread);
    }

    /// Why a route that cannot be read may take the request instead.
    pub(super) fn note_unreadable_routes(
        &self,
        decision: &mut Decision,
        table: &GatewayTable,
        frontend: &Frontend,
        host: Option<&VirtualHost>,
        normalized: &NormalizedRequest<'_>,
    ) {
        let Some(node) = self.tree.gateways.get(table.node as usize).filter(|node| !node.assumed) else { return };
        let here = node.listeners.iter().filter(|one| one.is_served() && one.port(&node.gateway) == frontend.port);
        let mut roots: BTreeSet<RootId> = BTreeSet::new();
        let mut admits = false;
        for listener in here {
            let home = listener.set.as_ref().map_or(&node.gateway.meta.namespace, |set| &set.meta.namespace);
            let from = &listener.listener(&node.gateway).allowed_routes.namespaces;
            admits |= ROUTES.iter().any(|kind| resolve::admits_unseen(self.snapshot, kind, from, home));
            let serves = |hosts: &[_]| host.is_none_or(|host| hosts.contains(&host.hostname));
            roots.extend(listener.attached.iter().filter(|one| serves(&one.hostnames)).map(|one| one.root));
        }
        if admits {
            decision.unverified.push(Uncertainty::Unreadable(Unreadable::Route(table.gateway.clone())));
            return;
        }
        for link in &self.tree.links {
            let hop = &self.tree.hops[link.hop.0 as usize];
            if may_cover(hop, &normalized.facts.path)
                && let Some(child) = resolve::unseen_children(self.snapshot, self.settings, link)
                && roots.contains(&self.tree.root_of(link.hop))
                && !decision.unverified.contains(&child)
            {
                decision.unverified.push(child);
            }
        }
    }
}

/// Whether a child under this match may take `path`: its path begins with the parent's, as a plain string; what inherits
/// from another kind of path may be anything.
fn may_cover(hop: &RuleNode, path: &str) -> bool {
    let parent = &hop.matcher.path;
    parent.kind != PathKind::PathPrefix || path.starts_with(parent.value.trim_end_matches('/'))
}
