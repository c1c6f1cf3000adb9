//! The report of the routes: who wrote what about which route and parent, and what of it is published.
//!
//! Sources: kgateway `pkg/reports/reporter.go` (`getParentRefKey`, `parentRefs`), `pkg/reports/status.go`
//! (`BuildRouteStatus`), `pkg/kgateway/translator/gateway/gateway_translator.go` (what did not attach).

use std::collections::BTreeMap;

use crate::analysis::Analysis;
use crate::model::{GATEWAY_GROUP, Name, ObjectKey, ParentRef, Position, Route};
use crate::resolve::{Engine, GatewayNode, Unattached};
use crate::store::{RouteId, Snapshot};

use super::attached_routes::Walk;
use super::condition::{Condition, ROUTE, Written};
use super::programmed;
use super::{ParentEntry, RouteStatus};

/// A parent as a report tells it apart: the namespace as written, the port not at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ParentKey {
    group: Name,
    kind: Name,
    namespace: Name,
    name: Name,
    section: Name,
}

impl ParentKey {
    /// The key of a parentRef.
    pub fn of(reference: &ParentRef) -> Self {
        Self {
            group: reference.group.clone(),
            kind: reference.kind.clone(),
            namespace: reference.namespace.clone().unwrap_or_default(),
            name: reference.name.clone(),
            section: reference.section_name.clone().unwrap_or_default(),
        }
    }

    /// The key of a delegating route: its namespace is always written out.
    pub fn of_route(parent: &ObjectKey) -> Self {
        Self {
            group: Name::new_static(GATEWAY_GROUP),
            kind: Name::new_static("HTTPRoute"),
            namespace: parent.namespace.clone(),
            name: parent.name.clone(),
            section: Name::default(),
        }
    }

    fn as_reference(&self) -> ParentRef {
        let some = |name: &Name| (!name.is_empty()).then(|| name.clone());
        ParentRef {
            at: Position::default(),
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: some(&self.namespace),
            name: self.name.clone(),
            section_name: some(&self.section),
            port: None,
        }
    }
}

/// What was written about the routes.
#[derive(Debug, Default)]
pub(super) struct Reports {
    entries: BTreeMap<RouteId, BTreeMap<ParentKey, Written>>,
}

impl Reports {
    /// Everything that translating the Gateways writes.
    pub fn of(analysis: &Analysis) -> Self {
        let mut reports = Self::default();
        let tree = &analysis.tree;
        for unattached in &tree.unattached {
            reports.unattached(analysis, unattached);
        }
        let mut walk = Walk::new(analysis, &mut reports);
        for node in tree.gateways.iter().filter(|node| node.dialect.engine == Engine::Kgateway) {
            let emitted = walk.gateway(node);
            programmed::report(analysis, node, &emitted, walk.reports);
        }
        reports
    }

    /// The entry of a route's parent, which from now on exists.
    pub fn entry(&mut self, route: RouteId, parent: ParentKey) -> &mut Written {
        self.entries.entry(route).or_default().entry(parent).or_default()
    }

    /// A parentRef that attached nowhere. The engine gives the reason and no message.
    fn unattached(&mut self, analysis: &Analysis, unattached: &Unattached) {
        let reason = unattached.why.reason();
        if !matches!(reason, "NotAllowedByListeners" | "NoMatchingParent" | "NoMatchingListenerHostname") {
            return;
        }
        let route = analysis.snapshot.route(unattached.route);
        let Some(reference) = route.parent_refs.get(unattached.parent_ref as usize) else { return };
        if gateway_of(analysis, route, reference).is_some_and(|node| node.dialect.engine == Engine::Kgateway) {
            let entry = self.entry(unattached.route, ParentKey::of(reference));
            entry.set(Condition::new("Accepted", false, reason, ""));
        }
    }

    /// What is published: an entry for each parentRef that was reported on; for a route without parentRefs, an entry
    /// for each report.
    pub fn publish(&self, snapshot: &Snapshot) -> Vec<RouteStatus> {
        let published = self.entries.iter().map(|(id, entries)| {
            let route = snapshot.route(*id);
            let references: Vec<ParentRef> = if route.parent_refs.is_empty() {
                entries.keys().map(ParentKey::as_reference).collect()
            } else {
                route.parent_refs.clone()
            };
            let mut parents: Vec<ParentEntry> = references
                .into_iter()
                .filter_map(|parent| {
                    let conditions = entries.get(&ParentKey::of(&parent))?.or_healthy(ROUTE);
                    Some(ParentEntry { parent, conditions })
                })
                .collect();
            parents.sort_by_cached_key(|entry| sort_key(&entry.parent));
            RouteStatus { route: *id, kind: route.kind, parents }
        });
        published.filter(|status| !status.parents.is_empty()).collect()
    }
}

/// The text by which the controller sorts parents (kgateway `ParentString`).
fn sort_key(parent: &ParentRef) -> String {
    let ParentRef { group, kind, name, section_name, port, namespace, at: _ } = parent;
    let (section, namespace) = (section_name.as_deref().unwrap_or_default(), namespace.as_deref().unwrap_or_default());
    format!("{group}/{kind}/{name}/{section}/{}.{namespace}", port.unwrap_or_default())
}

/// The Gateway that a parentRef leads to, through a `ListenerSet` too.
fn gateway_of<'a>(analysis: &'a Analysis, route: &Route, reference: &ParentRef) -> Option<&'a GatewayNode> {
    let namespace = reference.namespace.clone().filter(|namespace| !namespace.is_empty());
    let key = ObjectKey::new(namespace.unwrap_or_else(|| route.meta.namespace.clone()), reference.name.clone());
    analysis.tree.gateways.iter().find(|node| match reference.kind.as_str() {
        "Gateway" => node.gateway.meta.namespace == key.namespace && node.gateway.meta.name == key.name,
        _ => node.listeners.iter().filter_map(|listener| listener.set.as_ref()).any(|set| set.meta.key() == key),
    })
}
