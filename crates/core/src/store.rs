//! What is known of the world: objects applied one change at a time, read as an immutable [`Snapshot`].
//!
//! A snapshot knows its *coverage*: which kinds and namespaces it has seen in full. Outside it a missing object is
//! unverified, not missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ahash::AHashMap;

use crate::finding::{Advice, Code, Finding, Location, Problem, Severity, Subject};
use crate::model::{
    Backend, ConfigMap, DirectResponse, EndpointSlice, Gateway, GatewayClass, GatewayExtension, ListenerSet, Meta,
    Name, Namespace, Object, ObjectKey, Origin, ReferenceGrant, Route, RouteKind, Service, StreamKind, StreamRoute,
    TrafficPolicy,
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
    /// Namespaces of which nothing counts, and nothing is missing: the control plane does not look at them.
    pub hidden: BTreeSet<Name>,
    /// It is a cluster of which some cannot be read: what was not seen is likely there, and takes requests.
    pub forbidden: bool,
    /// Files whose earlier content counts, since what they hold now cannot be read: a sentence each.
    pub stale: Vec<String>,
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
            || self.hidden.contains(namespace)
    }

    /// Whether every `kind` in every namespace has been seen.
    pub fn sees_all(&self, kind: &str) -> bool {
        self.everything || self.kinds.contains(kind)
    }
}

/// What files that are laid over a cluster do to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// The cluster does not have it.
    New,
    /// What the cluster has of it is not known: not yet, or it cannot be read.
    Unseen,
    /// The cluster has another one.
    Changed,
    /// The cluster has the same.
    Same,
}

/// An object of files that are laid over a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayEntry {
    /// What it does to what the cluster holds.
    pub mark: Mark,
    /// What it changes about that, a line each.
    pub lines: Vec<String>,
    /// Where it is written.
    pub place: Location,
}

/// The objects that come from files laid over a cluster.
pub type OverlayEntries = BTreeMap<Subject, OverlayEntry>;

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
    /// What was laid over a cluster; empty where nothing was.
    pub overlaid: Arc<OverlayEntries>,
    /// Gateways, by `namespace/name`.
    pub gateways: BTreeMap<ObjectKey, Arc<Gateway>>,
    /// Gateway classes, by name.
    pub classes: BTreeMap<Name, Arc<GatewayClass>>,
    /// Listener sets, by `namespace/name`.
    pub listener_sets: BTreeMap<ObjectKey, Arc<ListenerSet>>,
    /// All routes, by kind (`HTTPRoute` first), then `namespace/name` in byte order.
    pub routes: Vec<Arc<Route>>,
    /// TCP and TLS routes, by kind, then `namespace/name`.
    pub stream_routes: BTreeMap<(StreamKind, ObjectKey), Arc<StreamRoute>>,
    /// Services.
    pub services: AHashMap<ObjectKey, Arc<Service>>,
    /// Endpoint slices.
    pub endpoint_slices: AHashMap<ObjectKey, Arc<EndpointSlice>>,
    slices_of: AHashMap<ObjectKey, Vec<Arc<EndpointSlice>>>,
    /// kgateway Backends.
    pub backends: AHashMap<ObjectKey, Arc<Backend>>,
    /// kgateway `DirectResponse`s.
    pub direct_responses: AHashMap<ObjectKey, Arc<DirectResponse>>,
    /// kgateway `TrafficPolicy`s.
    pub traffic_policies: BTreeMap<ObjectKey, Arc<TrafficPolicy>>,
    /// kgateway `GatewayExtension`s.
    pub gateway_extensions: AHashMap<ObjectKey, Arc<GatewayExtension>>,
    /// `ConfigMap`s, of which only the keys are known.
    pub config_maps: AHashMap<ObjectKey, Arc<ConfigMap>>,
    /// Reference grants, by the namespace they open.
    pub grants: AHashMap<Name, Vec<Arc<ReferenceGrant>>>,
    /// Namespace objects, by name.
    pub namespaces: BTreeMap<Name, Arc<Namespace>>,
    route_index: AHashMap<(RouteKind, ObjectKey), RouteId>,
    by_label: [AHashMap<Name, Vec<RouteId>>; 2],
    by_namespace: AHashMap<Name, Vec<RouteId>>,
}

impl Snapshot {
    /// Every object: its kind, as kubectl writes it, and its metadata.
    pub fn objects(&self) -> impl Iterator<Item = (&'static str, &Meta)> {
        fn all<'s, T: 's>(
            kind: &'static str,
            objects: impl IntoIterator<Item = &'s Arc<T>>,
            meta: fn(&T) -> &Meta,
        ) -> impl Iterator<Item = (&'static str, &'s Meta)> {
            objects.into_iter().map(move |object| (kind, meta(object)))
        }
        (self.routes.iter().map(|route| (route.kind.name(), &route.meta)))
            .chain(self.stream_routes.values().map(|route| (route.kind.name(), &route.meta)))
            .chain(all("Gateway", self.gateways.values(), |object| &object.meta))
            .chain(all("GatewayClass", self.classes.values(), |object| &object.meta))
            .chain(all("ListenerSet", self.listener_sets.values(), |object| &object.meta))
            .chain(all("ReferenceGrant", self.grants.values().flatten(), |object| &object.meta))
            .chain(all("Namespace", self.namespaces.values(), |object| &object.meta))
            .chain(all("Service", self.services.values(), |object| &object.meta))
            .chain(all("EndpointSlice", self.endpoint_slices.values(), |object| &object.meta))
            .chain(all("Backend", self.backends.values(), |object| &object.meta))
            .chain(all("DirectResponse", self.direct_responses.values(), |object| &object.meta))
            .chain(all("TrafficPolicy", self.traffic_policies.values(), |object| &object.meta))
            .chain(all("GatewayExtension", self.gateway_extensions.values(), |object| &object.meta))
            .chain(all("ConfigMap", self.config_maps.values(), |object| &object.meta))
    }

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

    /// The endpoint slices of a Service, by name.
    pub fn slices_of(&self, service: &ObjectKey) -> &[Arc<EndpointSlice>] {
        self.slices_of.get(service).map_or(&[], Vec::as_slice)
    }

    /// The values of `label` that some `HTTPRoute` has, for hints.
    pub fn label_values(&self, label: &str) -> impl Iterator<Item = &Name> {
        let index = DELEGATION_LABELS.iter().position(|known| *known == label);
        let mut values: Vec<&Name> = index.into_iter().flat_map(|index| self.by_label[index].keys()).collect();
        values.sort_unstable();
        values.into_iter()
    }

    /// Says where each route is, and which endpoints belong to a Service.
    fn index(&mut self) {
        for slice in self.endpoint_slices.values() {
            if let Some(service) = &slice.service {
                let service = ObjectKey::new(slice.meta.namespace.clone(), service.clone());
                self.slices_of.entry(service).or_default().push(Arc::clone(slice));
            }
        }
        for slices in self.slices_of.values_mut() {
            slices.sort_unstable_by(|left, right| left.meta.name.cmp(&right.meta.name));
        }
        self.route_index.reserve(self.routes.len());
        // In ascending order, so that every list below is ordered by `namespace/name` as well.
        for (id, route) in (0..).map(RouteId).zip(&self.routes) {
            self.route_index.insert((route.kind, route.meta.key()), id);
            if route.kind != RouteKind::Http {
                continue;
            }
            self.by_namespace.entry(route.meta.namespace.clone()).or_default().push(id);
            for (name, value) in &route.meta.labels {
                if let Some(index) = DELEGATION_LABELS.iter().position(|label| label == name) {
                    self.by_label[index].entry(value.clone()).or_default().push(id);
                }
            }
        }
    }

    /// The same without the objects of namespaces that are not to be kept; those are known to hold nothing.
    pub fn within(&self, keep: &mut impl FnMut(&Name) -> bool) -> Self {
        let mut hidden = self.coverage.hidden.clone();
        let mut keep = |namespace: &Name| {
            let kept = keep(namespace);
            if !kept && !hidden.contains(namespace) {
                hidden.insert(namespace.clone());
            }
            kept
        };
        let mut within = Self {
            overlaid: Arc::clone(&self.overlaid),
            classes: self.classes.clone(),
            namespaces: self.namespaces.clone(),
            ..Self::default()
        };
        for name in self.namespaces.keys() {
            keep(name);
        }
        within.gateways = kept(&self.gateways, &mut keep);
        within.listener_sets = kept(&self.listener_sets, &mut keep);
        within.routes = self.routes.iter().filter(|route| keep(&route.meta.namespace)).map(Arc::clone).collect();
        let streams = self.stream_routes.iter().filter(|((_, key), _)| keep(&key.namespace));
        within.stream_routes = streams.map(|(key, route)| (key.clone(), Arc::clone(route))).collect();
        within.services = kept(&self.services, &mut keep);
        within.endpoint_slices = kept(&self.endpoint_slices, &mut keep);
        within.backends = kept(&self.backends, &mut keep);
        within.direct_responses = kept(&self.direct_responses, &mut keep);
        within.traffic_policies = kept(&self.traffic_policies, &mut keep);
        within.gateway_extensions = kept(&self.gateway_extensions, &mut keep);
        within.config_maps = kept(&self.config_maps, &mut keep);
        let grants = self.grants.iter().filter(|(namespace, _)| keep(namespace));
        within.grants = grants.map(|(namespace, grants)| (namespace.clone(), grants.clone())).collect();
        within.coverage = Coverage { hidden, ..self.coverage.clone() };
        within.index();
        within
    }
}

/// The entries of a map whose namespace is to be kept.
fn kept<'m, T: 'm, M>(map: &'m M, keep: &mut impl FnMut(&Name) -> bool) -> M
where
    &'m M: IntoIterator<Item = (&'m ObjectKey, &'m Arc<T>)>,
    M: FromIterator<(ObjectKey, Arc<T>)>,
{
    let entries = map.into_iter().filter(|(key, _)| keep(&key.namespace));
    entries.map(|(key, object)| (key.clone(), Arc::clone(object))).collect()
}

/// What is known, and how it changes.
#[derive(Debug, Default)]
pub struct Store {
    coverage: Coverage,
    overlaid: Arc<OverlayEntries>,
    gateways: BTreeMap<ObjectKey, Arc<Gateway>>,
    classes: BTreeMap<Name, Arc<GatewayClass>>,
    listener_sets: BTreeMap<ObjectKey, Arc<ListenerSet>>,
    routes: BTreeMap<(RouteKind, ObjectKey), Arc<Route>>,
    stream_routes: BTreeMap<(StreamKind, ObjectKey), Arc<StreamRoute>>,
    services: AHashMap<ObjectKey, Arc<Service>>,
    endpoint_slices: AHashMap<ObjectKey, Arc<EndpointSlice>>,
    backends: AHashMap<ObjectKey, Arc<Backend>>,
    direct_responses: AHashMap<ObjectKey, Arc<DirectResponse>>,
    traffic_policies: BTreeMap<ObjectKey, Arc<TrafficPolicy>>,
    gateway_extensions: AHashMap<ObjectKey, Arc<GatewayExtension>>,
    config_maps: AHashMap<ObjectKey, Arc<ConfigMap>>,
    grants: BTreeMap<ObjectKey, Arc<ReferenceGrant>>,
    namespaces: BTreeMap<Name, Arc<Namespace>>,
}

/// Writes what finds, adds and removes an object from a table: the kind, its variant of [`Object`], the map that holds it, and
/// its place there.
macro_rules! places {
    ($($kind:literal: $variant:ident in $map:ident at |$key:ident| $place:expr,)*) => {
        impl Store {
            /// The object of that kind and name, as it is known now.
            pub fn find(&self, kind: &str, key: &ObjectKey) -> Option<Object> {
                match kind {
                    $($kind => {
                        let $key = key;
                        self.$map.get(&$place).map(|found| Object::$variant(found.as_ref().clone()))
                    })*
                    _ => None,
                }
            }

            /// Adds an object; returns where the one was written that it takes the place of.
            fn insert(&mut self, object: Object) -> Option<Origin> {
                let own = object.meta().key();
                match (object.kind(), object) {
                    $(($kind, Object::$variant(object)) => {
                        let $key = &own;
                        self.$map.insert($place, Arc::new(object)).map(|old| old.meta.origin.clone())
                    })*
                    // Each kind has one variant.
                    _ => None,
                }
            }

            fn remove(&mut self, kind: &str, key: &ObjectKey) {
                match kind {
                    $($kind => {
                        let $key = key;
                        self.$map.remove(&$place);
                    })*
                    _ => {}
                }
            }
        }
    };
}

places! {
    "Gateway": Gateway in gateways at |key| key.clone(),
    "GatewayClass": GatewayClass in classes at |key| key.name.clone(),
    "ListenerSet": ListenerSet in listener_sets at |key| key.clone(),
    "HTTPRoute": Route in routes at |key| (RouteKind::Http, key.clone()),
    "GRPCRoute": Route in routes at |key| (RouteKind::Grpc, key.clone()),
    "TCPRoute": StreamRoute in stream_routes at |key| (StreamKind::Tcp, key.clone()),
    "TLSRoute": StreamRoute in stream_routes at |key| (StreamKind::Tls, key.clone()),
    "ReferenceGrant": ReferenceGrant in grants at |key| key.clone(),
    "Namespace": Namespace in namespaces at |key| key.name.clone(),
    "Service": Service in services at |key| key.clone(),
    "EndpointSlice": EndpointSlice in endpoint_slices at |key| key.clone(),
    "Backend": Backend in backends at |key| key.clone(),
    "DirectResponse": DirectResponse in direct_responses at |key| key.clone(),
    "TrafficPolicy": TrafficPolicy in traffic_policies at |key| key.clone(),
    "GatewayExtension": GatewayExtension in gateway_extensions at |key| key.clone(),
    "ConfigMap": ConfigMap in config_maps at |key| key.clone(),
}

impl Store {
    /// Applies one change. Returns what was odd about it (a duplicate object).
    pub fn apply(&mut self, change: Change) -> Vec<Finding> {
        let mut findings = Vec::new();
        match change {
            Change::Replace { objects, coverage } => {
                *self = Self { coverage, ..Self::default() };
                for object in objects {
                    let subject = Subject { kind: object.kind(), key: object.meta().key() };
                    let origin = object.meta().origin.clone();
                    if let Some(earlier) = self.insert(object) {
                        findings.push(duplicate(subject, &origin, &earlier));
                    }
                }
            }
            Change::Upsert(object) => {
                self.insert(*object);
            }
            Change::Delete { kind, key } => self.remove(kind, &key),
        }
        findings
    }

    /// From now on this has been seen in full.
    pub fn cover(&mut self, coverage: Coverage) {
        self.coverage = coverage;
    }

    /// From now on these objects come from files laid over a cluster.
    pub fn overlay(&mut self, overlaid: OverlayEntries) {
        self.overlaid = Arc::new(overlaid);
    }

    /// What is known now. Objects are shared, not copied.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot {
            coverage: self.coverage.clone(),
            overlaid: Arc::clone(&self.overlaid),
            gateways: self.gateways.clone(),
            classes: self.classes.clone(),
            listener_sets: self.listener_sets.clone(),
            routes: self.routes.values().map(Arc::clone).collect(),
            stream_routes: self.stream_routes.clone(),
            services: self.services.clone(),
            endpoint_slices: self.endpoint_slices.clone(),
            backends: self.backends.clone(),
            direct_responses: self.direct_responses.clone(),
            traffic_policies: self.traffic_policies.clone(),
            gateway_extensions: self.gateway_extensions.clone(),
            config_maps: self.config_maps.clone(),
            namespaces: self.namespaces.clone(),
            ..Snapshot::default()
        };
        for (key, grant) in &self.grants {
            snapshot.grants.entry(key.namespace.clone()).or_default().push(Arc::clone(grant));
        }
        snapshot.index();
        snapshot
    }
}

fn duplicate(subject: Subject, last: &Origin, earlier: &Origin) -> Finding {
    let earlier = Location { source: Arc::clone(&earlier.source), at: earlier.at };
    Finding {
        code: Code::DuplicateObject,
        severity: Severity::Warning,
        place: Some(Location { source: Arc::clone(&last.source), at: last.at }),
        problem: Problem::DefinedTwice { object: subject.clone(), earlier },
        subject: Some(subject),
        advice: Some(Advice::RemoveOne),
        fix: Vec::new(),
    }
}
