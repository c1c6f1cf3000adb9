//! `-n`: what of a world touches some namespaces. A way from a Gateway to a backend does when the Gateway, a route on it,
//! or a destination is there. Reading is never narrowed by it: delegation crosses namespaces.

use std::collections::BTreeSet;

use routescope_core::analysis::Analysis;
use routescope_core::finding::Finding;
use routescope_core::model::Name;
use routescope_core::resolve::{Action, RuleNode, RuleNodeId, Tree, Under, group_rows};
use routescope_core::status::{Difference, RouteStatus, Statuses};

/// The namespaces that are looked at; all of them when none is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    namespaces: BTreeSet<Name>,
}

impl Scope {
    /// These namespaces.
    pub fn of(namespaces: impl IntoIterator<Item = Name>) -> Self {
        Self { namespaces: namespaces.into_iter().collect() }
    }

    /// The namespaces, in order.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.namespaces.iter()
    }

    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.namespaces.is_empty()
    }

    /// Whether this namespace is looked at.
    pub fn holds(&self, namespace: &Name) -> bool {
        self.is_everything() || self.namespaces.contains(namespace)
    }

    /// Whether a hop's own route is looked at.
    fn holds_route(&self, analysis: &Analysis, hop: &RuleNode) -> bool {
        self.holds(&analysis.snapshot.route(hop.route).meta.namespace)
    }

    fn holds_destination(&self, hop: &RuleNode) -> bool {
        let Some(Action::Forward(forward)) = hop.own_action().map(AsRef::as_ref) else { return false };
        let mirrors = forward.mirrors.iter().map(|mirror| &mirror.destination);
        forward.destinations.iter().chain(mirrors).any(|destination| self.holds(&destination.namespace))
    }

    /// Whether a row of the route table touches them, on a Gateway that does not by itself.
    pub fn holds_row(&self, analysis: &Analysis, row: RuleNodeId) -> bool {
        let tree = &analysis.tree;
        self.is_everything()
            || self.holds_destination(&tree.hops[row.0 as usize])
            || tree.chain(row).iter().any(|hop| self.holds_route(analysis, &tree.hops[hop.0 as usize]))
            || self.holds_below(analysis, &tree.hops[row.0 as usize])
    }

    /// Whether a row that hands on, hop by hop, does so to one that touches them.
    fn holds_below(&self, analysis: &Analysis, hop: &RuleNode) -> bool {
        let tree = &analysis.tree;
        let links = hop.links.clone().map(|link| &tree.links[link as usize]).filter(|link| tree.walks(link));
        let mut rows = links.flat_map(|link| group_rows(tree, link));
        rows.any(|(_, row)| self.holds_row(analysis, row))
    }

    /// Whether a finding is about them, or about nothing in a namespace.
    pub fn holds_finding(&self, finding: &Finding) -> bool {
        finding.subject.as_ref().is_none_or(|subject| match subject.kind {
            "Namespace" => self.holds(&subject.key.name),
            _ => subject.key.namespace.is_empty() || self.holds(&subject.key.namespace),
        })
    }

    /// Leaves out statuses of objects elsewhere whose parents are elsewhere, too.
    pub fn narrow(&self, analysis: &Analysis, statuses: &mut Statuses, differences: &mut Vec<Difference>) {
        if self.is_everything() {
            return;
        }
        statuses.routes.retain(|RouteStatus { route, parents, .. }| {
            self.holds(&analysis.snapshot.route(*route).meta.namespace)
                || parents.iter().any(|entry| entry.parent.namespace.as_ref().is_some_and(|name| self.holds(name)))
        });
        statuses.gateways.retain(|key, _| self.holds(&key.namespace));
        statuses.unmodelled.retain(|(key, _)| self.holds(&key.namespace));
        differences.retain(|difference| self.holds(&difference.namespace));
    }
}

/// Which parts of a tree touch a scope, by their places in its arenas.
#[derive(Debug)]
pub(super) struct Kept {
    pub gateways: Vec<bool>,
    pub hops: Vec<bool>,
    pub links: Vec<bool>,
    pub children: Vec<bool>,
}

impl Kept {
    /// What is kept; `None` when everything is.
    pub fn of(analysis: &Analysis, scope: &Scope) -> Option<Self> {
        if scope.is_everything() {
            return None;
        }
        let tree: &Tree = &analysis.tree;
        let above = |hop: &RuleNode| match hop.under {
            Under::Root(_) => None,
            Under::Child(child) => Some((child, tree.children[child.0 as usize].link)),
        };
        let mut kept = Self {
            gateways: tree.gateways.iter().map(|node| scope.holds(&node.gateway.meta.namespace)).collect(),
            hops: vec![false; tree.hops.len()],
            links: vec![false; tree.links.len()],
            children: vec![false; tree.children.len()],
        };
        // A route that is looked at takes all that is below it along.
        let mut whole = vec![false; tree.hops.len()];
        for (at, hop) in tree.hops.iter().enumerate() {
            whole[at] = tree
                .chain(RuleNodeId(u32::try_from(at).unwrap_or(u32::MAX)))
                .iter()
                .any(|one| scope.holds_route(analysis, &tree.hops[one.0 as usize]));
            if !whole[at] && !scope.holds_destination(hop) {
                continue;
            }
            // And all that it is below.
            let mut up = at;
            loop {
                if std::mem::replace(&mut kept.hops[up], true) && up != at {
                    break;
                }
                let Some((child, link)) = above(&tree.hops[up]) else { break };
                kept.children[child.0 as usize] = true;
                kept.links[link.0 as usize] = true;
                up = tree.links[link.0 as usize].hop.0 as usize;
            }
        }
        for (at, link) in tree.links.iter().enumerate() {
            let from = link.hop.0 as usize;
            let selected = scope.namespaces.contains(&link.via.namespace);
            kept.links[at] |= whole[from] || selected;
            for child in link.children.clone() {
                let route = tree.children[child as usize].route;
                let here = scope.holds(&analysis.snapshot.route(route).meta.namespace);
                kept.children[child as usize] |= whole[from] || here;
                kept.links[at] |= here;
            }
            if kept.links[at] {
                let mut up = from;
                while !std::mem::replace(&mut kept.hops[up], true) {
                    let Some((child, link)) = above(&tree.hops[up]) else { break };
                    kept.children[child.0 as usize] = true;
                    kept.links[link.0 as usize] = true;
                    up = tree.links[link.0 as usize].hop.0 as usize;
                }
            }
        }
        Some(kept)
    }
}
