//! What is known of the world: objects applied one change at a time, read as an immutable [`Snapshot`].
//!
//! A snapshot knows its *coverage*: which kinds and namespaces it has seen in full. Outside it a missing object is
//! unverified, not missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ahash::AHashMap;

use crate::finding::Finding;
use crate::model::{
    Backend, DirectResponse, EndpointSlice, Gateway, GatewayClass, ListenerSet, Name, Namespace, Object, ObjectKey,
    ReferenceGrant, Route, RouteKind, Service, TrafficPolicy,
};

/// The label whose value a label ref selects children by, per dialect: both are indexed.
pub const DELEGATION_LABELS: [&str; 2] = ["delegation.kgateway.dev/label", "delegation.gateway.solo.io/label"];

/// What has been seen in full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Everything there is has been seen: a folder declared complete, or a cluster we may list as a whole.
    pub everything: bool,
    /// Kinds seen in every namespace.
    pub kinds: BTreeSet<&'static str>,
    /// Kinds seen in full in single namespaces.
    pub namespaces: BTreeMap<&'static str, BTreeSet<Name>>,
}

impl Coverage {
    /// A folder of manifests: the rest of the world may hold more of everything.
    pub fn open() -> Self {
        Self::default()
    }

    /// The whole world: what is not there does not exist.
    pub fn closed() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Whether every `kind` in `namespace` has been seen, so that a missing one does not exist.
    pub fn sees(&self, kind: &str, namespace: &str) -> bool {
        self.everything
            || self.kinds.contains(kind)
            || self.namespaces.get(kind).is_some_and(|seen| seen.contains(namespace))
    }

    /// Whether every `kind` in every namespace has been seen.
    pub fn sees_all(&self, kind: &str) -> bool {
        self.everything || self.kinds.contains(kind)
    }
}

/// A change to what is known.
#[derive(Debug)]
pub enum Change {
    /// All there is, at once: what was known before is gone.
    Replace {
        /// The objects, in the order they were read; of duplicates the last counts.
        objects: Vec<Object>,
        /// What has been seen in full.
        coverage: Coverage,
    },
    /// One object appeared or changed.
    Upsert(Box<Object>),
    /// One object went away.
    Delete {
        /// Its kind, as [`Object::kind`] gives it.
        kind: &'static str,
        /// Its namespace and name.
        key: ObjectKey,
    },
}

/// A route's place in [`Snapshot::routes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(pub u32);

/// What is known of the world at one moment: immutable, indexed, cheap to share.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// What has been seen in full.
    pub coverage: Coverage,
    /// Gateways, by `namespace/name`.
    pub gateways: BTreeMap<ObjectKey, Arc<Gateway>>,
    /// Gateway classes, by name.
    pub classes: BTreeMap<Name, Arc<GatewayClass>>,
    /// Listener sets, by `namespace/name`.
    pub listener_sets: BTreeMap<ObjectKey, Arc<ListenerSet>>,
    /// All routes, by kind (`HTTPRoute` first), then `namespace/name` in byte order.
    pub routes: Vec<Arc<Route>>,
    /// Services.
    pub services: AHashMap<ObjectKey, Arc<Service>>,
    /// Endpoint slices.
    pub endpoint_slices: AHashMap<ObjectKey, Arc<EndpointSlice>>,
    /// kgateway Backends.
    pub backends: AHashMap<ObjectKey, Arc<Backend>>,
    /// kgateway `DirectResponse`s.
    pub direct_responses: AHashMap<ObjectKey, Arc<DirectResponse>>,
    /// kgateway `TrafficPolicy`s.
    pub traffic_policies: BTreeMap<ObjectKey, Arc<TrafficPolicy>>,
    /// Reference grants, by the namespace they open.
    pub grants: AHashMap<Name, Vec<Arc<ReferenceGrant>>>,
    /// Namespace objects, by name.
    pub namespaces: BTreeMap<Name, Arc<Namespace>>,
    route_index: AHashMap<(RouteKind, ObjectKey), RouteId>,
    by_label: [AHashMap<Name, Vec<RouteId>>; 2],
    by_namespace: AHashMap<Name, Vec<RouteId>>,
}

impl Snapshot {
    /// The route `id` stands for.
    pub fn route(&self, id: RouteId) -> &Arc<Route> {
        &self.routes[id.0 as usize]
    }

    /// The route of that kind and name.
    pub fn find_route(&self, kind: RouteKind, key: &ObjectKey) -> Option<RouteId> {
        self.route_index.get(&(kind, key.clone())).copied()
    }

    /// The `HTTPRoutes` in `namespace`, in byte order of their names.
    pub fn http_routes_in(&self, namespace: &str) -> &[RouteId] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The `HTTPRoutes` whose `label` (one of [`DELEGATION_LABELS`]) is `value`, by `namespace/name`.
    pub fn http_routes_labelled(&self, label: &str, value: &str) -> &[RouteId] {
        let Some(index) = DELEGATION_LABELS.iter().position(|known| *known == label) else { return &[] };
        self.by_label[index].get(value).map_or(&[], Vec::as_slice)
    }

    /// The values of `label` that some `HTTPRoute` wears, for hints.
    pub fn worn_labels(&self, label: &str) -> impl Iterator<Item = &Name> {
        let index = DELEGATION_LABELS.iter().position(|known| *known == label);
        index.into_iter().flat_map(|index| self.by_label[index].keys())
    }
}

/// What is known, and how it changes.
#[derive(Debug, Default)]
pub struct Store {
    coverage: Coverage,
    objects: AHashMap<(&'static str, ObjectKey), Arc<Object>>,
}

impl Store {
    /// Applies one change. Returns what was odd about it (a duplicate object).
    pub fn apply(&mut self, change: Change) -> Vec<Finding> {
        let _ = (&mut self.coverage, &mut self.objects, change);
        Vec::new()
    }

    /// What is known now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::default()
    }
}
