//! The walk that flattens a Gateway's routes: which delegated routes are met, and which refs do not resolve.
//!
//! Sources: kgateway `pkg/kgateway/translator/httproute/{gateway_http_route_translator,delegation}.go`,
//! `pkg/kgateway/query/utils.go` (`ProcessBackendError`), `pkg/krtcollections/policy.go` (the words).

use std::ops::Range;

use ahash::AHashMap;

use crate::analysis::Analysis;
use crate::model::{BackendRef, GATEWAY_GROUP, KGATEWAY_GROUP, Route};
use crate::resolve::{
    BrokenLink, ChildState, DestinationState, DropReason, GatewayNode, LinkId, MatchState, RootId, RuleNode,
    RuleNodeId, destination,
};
use crate::store::RouteId;

use super::condition::Condition;
use super::gateway::is_translated;
use super::report::{ParentKey, Reports};

/// A match that the walk emitted, delegating ones included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Emitted {
    /// The match.
    pub hop: RuleNodeId,
    /// Its rule's place among those of its route that have a match left here.
    pub rule: u32,
    /// Its place among the matches of its rule that are left here.
    pub index: u32,
}

/// What each root of a Gateway emits, in order of emission.
pub(super) type EmittedByRoot = AHashMap<RootId, Vec<Emitted>>;

/// Flattens routes and reports on them.
pub(super) struct Walk<'a, 'r> {
    analysis: &'a Analysis,
    pub reports: &'r mut Reports,
    /// Of each rule met, the last ref to a backend that does not resolve, with its place.
    failures: AHashMap<(RouteId, u32), Option<(usize, Condition)>>,
}

/// What a ref error becomes: `ResolvedRefs` is False.
fn unresolved(reason: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Condition {
    Condition::new("ResolvedRefs", false, reason, message)
}

impl<'a, 'r> Walk<'a, 'r> {
    pub fn new(analysis: &'a Analysis, reports: &'r mut Reports) -> Self {
        Self { analysis, reports, failures: AHashMap::default() }
    }

    /// Walks every route of every listener that is translated; a route of several listeners is met for each, so the last counts.
    pub fn gateway(&mut self, node: &GatewayNode) -> EmittedByRoot {
        let served = || node.listeners.iter().filter(|listener| is_translated(listener));
        let mut roots: Vec<RootId> = Vec::new();
        let mut seen = ahash::AHashSet::default();
        for attached in served().flat_map(|listener| &listener.attached).collect::<Vec<_>>().into_iter().rev() {
            if seen.insert(attached.root) {
                roots.push(attached.root);
            }
        }
        let mut emitted = EmittedByRoot::default();
        let mut own: AHashMap<RootId, Option<Condition>> = AHashMap::default();
        for root in roots.into_iter().rev() {
            let mut rows = Vec::new();
            let hops = self.analysis.tree.roots[root.0 as usize].hops.clone();
            let condition = self.place(hops, &mut rows);
            own.insert(root, condition);
            emitted.insert(root, rows);
        }
        for attached in served().flat_map(|listener| &listener.attached) {
            let id = self.analysis.tree.roots[attached.root.0 as usize].route;
            let route = self.analysis.snapshot.route(id);
            let Some(reference) = route.parent_refs.get(attached.parent_ref as usize) else { continue };
            let entry = self.reports.entry(id, ParentKey::of(reference));
            if let Some(condition) = own.get(&attached.root).cloned().flatten() {
                entry.set(condition);
            }
        }
        emitted
    }

    /// Walks the hops of one route at one place. Returns what is to be said of the route's own refs.
    fn place(&mut self, hops: Range<u32>, emitted: &mut Vec<Emitted>) -> Option<Condition> {
        let tree = &self.analysis.tree;
        let mut said = None;
        let mut rule_index = 0;
        let mut at = hops.start;
        while at < hops.end {
            let rule = tree.hops[at as usize].rule;
            let end = (at..hops.end).find(|&hop| tree.hops[hop as usize].rule != rule).unwrap_or(hops.end);
            let standing: Vec<u32> = (at..end).filter(|&hop| stands(&tree.hops[hop as usize])).collect();
            for &hop in &standing {
                if let Some(condition) = self.refs(&tree.hops[hop as usize], emitted) {
                    said = Some(condition);
                }
            }
            for (index, &hop) in (0..).zip(&standing) {
                emitted.push(Emitted { hop: RuleNodeId(hop), rule: rule_index, index });
            }
            rule_index += u32::from(!standing.is_empty());
            at = end;
        }
        said
    }

    /// Follows the refs of one match's rule, in order; the last error counts.
    fn refs(&mut self, hop: &'a RuleNode, emitted: &mut Vec<Emitted>) -> Option<Condition> {
        let tree = &self.analysis.tree;
        let mut last = self.failure(hop);
        for link in hop.links.clone() {
            self.children(LinkId(link), emitted);
            let link = &tree.links[link as usize];
            let place = link.ref_index as usize;
            let Some(broken) = &link.broken else { continue };
            let route = self.analysis.snapshot.route(hop.route);
            let Some(reference) = route.rules[hop.rule as usize].backend_refs.get(place) else { continue };
            if last.as_ref().is_none_or(|(at, _)| *at < place) {
                last = Some((place, broken_ref(route, reference, broken)));
            }
        }
        last.map(|(_, condition)| condition)
    }

    /// Meets the children of a ref that is not in error.
    fn children(&mut self, link: LinkId, emitted: &mut Vec<Emitted>) {
        let tree = &self.analysis.tree;
        let link = &tree.links[link.0 as usize];
        if matches!(link.broken, Some(BrokenLink::Cyclic { .. })) {
            return;
        }
        let parent = self.analysis.snapshot.route(tree.hops[link.hop.0 as usize].route).meta.key();
        for child in &tree.children[link.children.start as usize..link.children.end as usize] {
            match child.state {
                ChildState::Adopted => {
                    let condition = self.place(child.hops.clone(), emitted);
                    let entry = self.reports.entry(child.route, ParentKey::of_route(&parent));
                    if let Some(condition) = condition {
                        entry.set(condition);
                    }
                }
                ChildState::HasHostnames => {
                    let message = "spec.hostnames must be unset on a delegatee route as they are inherited from the \
                                   parent route";
                    let entry = self.reports.entry(child.route, ParentKey::of_route(&parent));
                    entry.set(Condition::new("Accepted", false, "UnsupportedValue", message));
                }
                ChildState::NotAdoptable
                | ChildState::Cycle
                | ChildState::NothingLeft
                | ChildState::Poisoned
                | ChildState::NotPermitted
                | ChildState::ParentElsewhere => {}
            }
        }
    }

    /// The last ref to a backend of a match's rule that does not resolve, with its place.
    fn failure(&mut self, hop: &RuleNode) -> Option<(usize, Condition)> {
        let analysis = self.analysis;
        let assumed = analysis.tree.roots.iter().any(|root| root.dialect.is_assumed);
        let found = self.failures.entry((hop.route, hop.rule)).or_insert_with(|| {
            let route = analysis.snapshot.route(hop.route);
            let links = &analysis.tree.links[hop.links.start as usize..hop.links.end as usize];
            let delegates = |place: usize| links.iter().any(|link| link.ref_index as usize == place);
            let refs = route.rules[hop.rule as usize].backend_refs.iter().enumerate();
            refs.rev()
                .filter(|(place, _)| !delegates(*place))
                .filter(|(_, reference)| !(assumed && is_foreign(reference)))
                .find_map(|(place, reference)| Some((place, broken_backend(analysis, route, reference)?)))
        });
        found.clone()
    }
}

/// Whether a ref is of a kind that an engine other than kgateway may know.
fn is_foreign(reference: &BackendRef) -> bool {
    let group = reference.group.as_str();
    !group.is_empty() && group != GATEWAY_GROUP && group != KGATEWAY_GROUP
}

/// Whether a match is left here: what strict validation drops, it drops later.
fn stands(hop: &RuleNode) -> bool {
    !matches!(&hop.state, MatchState::Dropped(reason) if !matches!(reason, DropReason::Invalid { .. }))
}

/// What is said of a delegating ref in error.
fn broken_ref(route: &Route, reference: &BackendRef, broken: &BrokenLink) -> Condition {
    let BackendRef { group, kind, name, .. } = reference;
    let namespace = reference.namespace.as_ref().unwrap_or(&route.meta.namespace);
    let shown = format!("{group}/{kind}/{namespace}/{name}");
    match broken {
        BrokenLink::Unresolved => unresolved("BackendNotFound", format!("{shown}: unresolved reference")),
        BrokenLink::Cyclic { child, parent } => {
            let what = "cyclic reference detected while evaluating delegated routes";
            let message = format!("{shown}: ignoring child route {child} for parent {parent}: {what}");
            unresolved("RefNotPermitted", message)
        }
    }
}

/// What is said of a ref to a backend in error.
fn broken_backend(analysis: &Analysis, route: &Route, reference: &BackendRef) -> Option<Condition> {
    let found = destination(&analysis.snapshot, &analysis.settings, route, reference);
    let (kind, namespace, name) = (&found.kind, &found.namespace, &found.name);
    Some(match found.state {
        DestinationState::Resolved
        | DestinationState::Unverified
        | DestinationState::GrantUnseen
        | DestinationState::KindUnread => return None,
        // A Service is one backend a port: without the port it is not found either.
        DestinationState::Missing | DestinationState::PortMissing | DestinationState::PortUnserved => {
            unresolved("BackendNotFound", format!("{kind} {namespace}/{name} not found"))
        }
        DestinationState::NotPermitted => unresolved("RefNotPermitted", "missing reference grant"),
        DestinationState::InvalidKind => unresolved("InvalidKind", "unknown backend kind"),
        DestinationState::PortNotAllowed => {
            let advice = "Do not specify a port when referencing a Backend resource, as it defines its own port \
                          configuration";
            unresolved("BackendNotFound", format!("BackendRef to \"{name}\" includes a port. {advice}"))
        }
    })
}
