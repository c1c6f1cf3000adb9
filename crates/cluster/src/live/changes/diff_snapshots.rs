//! What changed between two worlds that were read whole, as files are: the objects of both are held against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use ahash::AHashMap;

use super::{Ready, referrers};
use crate::live::Changed;
use routescope_core::analysis::Analysis;
use routescope_core::finding::Subject;
use routescope_core::model::{
    Backend, ConfigMap, DirectResponse, EndpointSlice, Gateway, GatewayClass, GatewayExtension, ListenerSet, Meta,
    Namespace, Object, ObjectKey, ReferenceGrant, Route, Service, Source, StreamRoute, TrafficPolicy,
};
use routescope_core::store::Snapshot;

/// An object as a snapshot holds it.
trait Held {
    fn kind(&self) -> &'static str;
    fn meta(&self) -> &Meta;
    fn object(&self) -> Object;
}

macro_rules! held {
    ($($kind:ident),*) => { $(
        impl Held for $kind {
            fn kind(&self) -> &'static str { stringify!($kind) }
            fn meta(&self) -> &Meta { &self.meta }
            fn object(&self) -> Object { Object::$kind(self.clone()) }
        }
    )* };
}

held!(
    Backend,
    ConfigMap,
    DirectResponse,
    EndpointSlice,
    Gateway,
    GatewayClass,
    GatewayExtension,
    ListenerSet,
    Namespace,
    ReferenceGrant,
    Service,
    TrafficPolicy
);

impl Held for StreamRoute {
    fn kind(&self) -> &'static str {
        self.kind.name()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn object(&self) -> Object {
        Object::StreamRoute(self.clone())
    }
}

impl Held for Route {
    fn kind(&self) -> &'static str {
        self.kind.name()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn object(&self) -> Object {
        Object::Route(self.clone())
    }
}

/// What changed from one world to the next, and what that means for routing. `at` is when the later one was read.
pub fn diff_snapshots(old: &Analysis, new: &Analysis, at: SystemTime) -> Vec<Changed> {
    let (before, after) = (objects(&old.snapshot), objects(&new.snapshot));
    let mut texts = Texts::default();
    let mut all = Vec::new();
    for (subject, is) in &after {
        let was = before.get(subject);
        if was.is_some_and(|was| texts.same(was.meta(), is.meta())) {
            continue;
        }
        let (was, is) = (was.map(|was| was.object()), is.object());
        if was.as_ref().is_some_and(|was| was.routing_equivalent() == is.routing_equivalent()) {
            continue;
        }
        all.extend(super::changed(at, subject, was.as_ref(), Some(&is)));
    }
    for (subject, was) in before.iter().filter(|(subject, _)| !after.contains_key(*subject)) {
        all.extend(super::changed(at, subject, Some(&was.object()), None));
    }
    all.sort_by(|one, other| one.subject.cmp(&other.subject));
    referrers::tell(old, new, &mut all);
    for service in services(&old.snapshot).union(&services(&new.snapshot)) {
        let ready =
            |snapshot: &Snapshot| -> Ready { snapshot.slices_of(service).iter().map(|slice| Ready::of(slice)).sum() };
        super::endpoints_changed(&mut all, service, (ready(&old.snapshot), ready(&new.snapshot)), at);
    }
    all
}

/// The Services that have endpoint slices.
fn services(snapshot: &Snapshot) -> BTreeSet<ObjectKey> {
    snapshot.endpoint_slices.values().filter_map(|slice| super::service_of(slice)).collect()
}

/// Everything that is told of by itself: endpoint slices are told of with their Service.
fn objects(snapshot: &Snapshot) -> AHashMap<Subject, &dyn Held> {
    fn add<'s, T: Held + 's>(all: &mut AHashMap<Subject, &'s dyn Held>, objects: impl IntoIterator<Item = &'s Arc<T>>) {
        let one = |object: &'s Arc<T>| {
            let held: &'s dyn Held = object.as_ref();
            (Subject { kind: held.kind(), key: held.meta().key() }, held)
        };
        all.extend(objects.into_iter().map(one));
    }
    let mut all = AHashMap::new();
    add(&mut all, &snapshot.routes);
    add(&mut all, snapshot.stream_routes.values());
    add(&mut all, snapshot.gateways.values());
    add(&mut all, snapshot.classes.values());
    add(&mut all, snapshot.listener_sets.values());
    add(&mut all, snapshot.services.values());
    add(&mut all, snapshot.backends.values());
    add(&mut all, snapshot.direct_responses.values());
    add(&mut all, snapshot.traffic_policies.values());
    add(&mut all, snapshot.gateway_extensions.values());
    add(&mut all, snapshot.config_maps.values());
    add(&mut all, snapshot.grants.values().flatten());
    add(&mut all, snapshot.namespaces.values());
    all
}

/// Which texts are as they were: most files of a folder are, and nothing in them needs to be taken apart.
#[derive(Default)]
struct Texts(BTreeMap<(*const Source, *const Source), bool>);

impl Texts {
    fn same(&mut self, old: &Meta, new: &Meta) -> bool {
        let (old, new) = (&old.origin, &new.origin);
        let is_same = *self
            .0
            .entry((Arc::as_ptr(&old.source), Arc::as_ptr(&new.source)))
            .or_insert_with(|| !new.source.text.is_empty() && old.source == new.source);
        is_same && old.at == new.at
    }
}

#[cfg(test)]
mod tests;
