//! Which routes a delegating ref selects, and which of them may be adopted.
//! `docs/fidelity.md`: `delegate-ref`, `delegate-namespace`, `delegate-star`, `delegate-label`, `delegate-adopt`.
//!
//! Sources: kgateway `pkg/kgateway/query/route.go` (`getDelegatedChildren`, `fetchRoutesByRef`),
//! `pkg/kgateway/utils/delegation/delegation.go` (`ChildRouteCanAttachToParentRef`),
//! `pkg/kgateway/translator/backendref`.

use std::ops::Range;
use std::sync::Arc;

use ahash::AHashMap;

use super::found::{Finder, Found};
use super::settings::{DelegationModel, Dialect, Engine, Settings};
use super::{Via, ViaBy};
use crate::model::{BackendRef, GATEWAY_GROUP, Name, ObjectKey, Route, RouteKind};
use crate::store::{RouteId, Snapshot};

/// How a ref delegates, if it does. Group and kind must be written out: the defaults are a Service's.
pub(super) fn delegates(dialect: &Dialect, kind: RouteKind, reference: &BackendRef) -> Option<ViaBy> {
    // A GRPCRoute never delegates: such a ref is an unknown kind.
    if kind == RouteKind::Grpc || dialect.delegation == DelegationModel::None {
        return None;
    }
    if reference.group == GATEWAY_GROUP && reference.kind == "HTTPRoute" {
        let by_label = dialect.delegation == DelegationModel::HopByHop && reference.name.contains('=');
        return Some(match reference.name.as_str() {
            _ if by_label => ViaBy::Label,
            "" | "*" => ViaBy::Wildcard,
            _ => ViaBy::Name,
        });
    }
    (dialect.label_group == Some(reference.group.as_str()) && reference.kind == "label").then_some(ViaBy::Label)
}

/// Whether a ref may delegate under some dialect.
pub(super) fn may_delegate(reference: &BackendRef) -> bool {
    (reference.group == GATEWAY_GROUP && reference.kind == "HTTPRoute") || reference.kind == "label"
}

/// What one ref of a route selects. The engine keeps it by group, kind, name and namespace, for all rules alike.
#[derive(Debug)]
pub(super) struct Selected {
    /// How.
    pub via: Via,
    /// Everything the ref itself finds.
    pub found: Arc<Found>,
    /// What it stands for: what may be adopted of these refs, itself the last; the refs before it are the earlier ones of
    /// the last rule that uses it. A range of [`Selection::collected`].
    pub taken: Range<usize>,
}

/// One delegating backendRef of a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct RefUse {
    /// The rule.
    pub rule: u32,
    /// The ref's place in the rule's `backendRefs`.
    pub ref_index: u32,
    /// What it selects, as a place in [`Selection::refs`].
    pub selected: u32,
}

/// What all the delegating refs of a route select.
#[derive(Debug)]
pub(super) struct Selection {
    /// The route.
    pub parent: ObjectKey,
    /// By ref.
    pub refs: Vec<Selected>,
    /// The refs of every rule one after the other, as places in `refs`.
    collected: Vec<u32>,
    /// Where the rules use them, in document order.
    uses: Vec<RefUse>,
}

impl Selection {
    /// The delegating refs of one rule.
    pub fn of_rule(&self, rule: u32) -> &[RefUse] {
        let from = self.uses.partition_point(|used| used.rule < rule);
        let to = self.uses.partition_point(|used| used.rule <= rule);
        &self.uses[from..to]
    }

    /// The sets that a ref stands for.
    pub fn taken<'s>(&'s self, selected: &Selected) -> impl Iterator<Item = &'s Found> {
        self.collected[selected.taken.clone()].iter().map(|place| &*self.refs[*place as usize].found)
    }
}

/// Selects for every delegating ref of `route`.
pub(super) fn select(
    snapshot: &Snapshot,
    settings: &Settings,
    dialect: &Dialect,
    finder: &Finder,
    route: &Route,
) -> Selection {
    let mut selection =
        Selection { parent: route.meta.key(), refs: Vec::new(), collected: Vec::new(), uses: Vec::new() };
    let mut known: AHashMap<(ViaBy, &Name, Name), u32> = AHashMap::default();
    for (rule, written) in (0_u32..).zip(&route.rules) {
        let of_rule = selection.collected.len();
        for (index, reference) in (0_u32..).zip(&written.backend_refs) {
            let Some(by) = delegates(dialect, route.kind, reference) else { continue };
            let namespace = reference.namespace.clone().unwrap_or_else(|| route.meta.namespace.clone());
            let next = u32::try_from(selection.refs.len()).unwrap_or(u32::MAX);
            // `*` and an empty name are two refs to the engine.
            let place = *known.entry((by, &reference.name, namespace.clone())).or_insert_with(|| {
                let found = finder.find(snapshot, settings, dialect, by, &reference.name, &namespace);
                let value = if by == ViaBy::Wildcard { Name::new_static("*") } else { reference.name.clone() };
                selection.refs.push(Selected { via: Via { by, value, namespace }, found, taken: 0..0 });
                next
            });
            selection.collected.push(place);
            let selected = &mut selection.refs[place as usize];
            // A ref that finds nothing is an error, and keeps nothing.
            if !selected.found.all.is_empty() {
                selected.taken = of_rule..selection.collected.len();
            }
            selection.uses.push(RefUse { rule, ref_index: index, selected: place });
        }
    }
    selection
}

pub(super) fn fetch(
    snapshot: &Snapshot,
    settings: &Settings,
    dialect: &Dialect,
    by: ViaBy,
    name: &Name,
    namespace: &Name,
) -> Vec<RouteId> {
    match by {
        ViaBy::Gateway => Vec::new(),
        ViaBy::Name => {
            let key = ObjectKey::new(namespace.clone(), name.clone());
            snapshot.find_route(RouteKind::Http, &key).into_iter().collect()
        }
        ViaBy::Wildcard => snapshot.http_routes_in(namespace).to_vec(),
        ViaBy::Label => match dialect.label_key {
            Some(label) => labelled(snapshot, settings, dialect, label, name, namespace),
            None => match name.split_once('=') {
                Some((label, value)) => wearing(snapshot, snapshot.http_routes_in(namespace), label, value),
                None => Vec::new(),
            },
        },
    }
}

/// Gloo takes a label ref into `all` for an error where a namespace of that name exists. `docs/fidelity.md`: `delegate-all`.
pub(super) fn refuses_everywhere(
    snapshot: &Snapshot,
    settings: &Settings,
    dialect: &Dialect,
    namespace: &Name,
) -> bool {
    dialect.engine == Engine::Gloo
        && *namespace == settings.wildcard_namespace
        && snapshot.namespaces.contains_key(namespace.as_str())
}

fn labelled(
    snapshot: &Snapshot,
    settings: &Settings,
    dialect: &Dialect,
    label: &str,
    value: &Name,
    namespace: &Name,
) -> Vec<RouteId> {
    if refuses_everywhere(snapshot, settings, dialect, namespace) {
        return Vec::new();
    }
    let labelled = snapshot.http_routes_labelled(label, value);
    if *namespace == settings.wildcard_namespace {
        return labelled.to_vec();
    }
    let nearby = snapshot.http_routes_in(namespace);
    if nearby.len() < labelled.len() {
        return wearing(snapshot, nearby, label, value);
    }
    labelled.iter().copied().filter(|id| snapshot.route(*id).meta.namespace == *namespace).collect()
}

fn wearing(snapshot: &Snapshot, routes: &[RouteId], label: &str, value: &str) -> Vec<RouteId> {
    // To Go's map a label that is not there reads as an empty one.
    let has_label = |id: &RouteId| snapshot.route(*id).meta.label(label).map_or("", Name::as_str) == value;
    routes.iter().copied().filter(has_label).collect()
}
