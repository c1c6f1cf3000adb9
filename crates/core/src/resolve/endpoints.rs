//! Who serves a Service: the endpoints that the engine hands to the proxy, and why there are none.
//!
//! Nothing of this changes the route table: a Service without endpoints is a cluster without hosts, and Envoy answers
//! 503 (`no healthy upstream`) for it, as the specification asks of everybody (`HTTPRouteRule.backendRefs`). So it is
//! looked up for what is shown, never for every row.
//!
//! Source: kgateway `pkg/krtcollections/endpoints.go`. A slice belongs to the Service its label names; the port is found
//! in each slice by itself (`findPortInEndpointSlice`), for a named `targetPort` may be another number there; `ready` is
//! all that counts, and absent it means ready (the control plane itself sets it for `publishNotReadyAddresses`); every
//! address counts once, of whatever family, so that a pod of two families is two endpoints. `spec.externalName` is not
//! looked at: such a Service has the endpoints of slices that somebody wrote for it, and mostly none
//! (`test/e2e/features/xds_starvation`).

use std::collections::hash_map::Entry;
use std::sync::Arc;

use ahash::{AHashMap, AHashSet};

use super::{Destination, ExternalName};
use crate::finding::{Unserved, UnservedReason};
use crate::model::{EndpointPort, EndpointSlice, Name, ObjectKey, Service, ServicePort, TargetPort};
use crate::store::Snapshot;

/// Who serves one port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// How many are ready: they share the traffic.
    pub ready: usize,
    /// Every address once: the ready ones first, then by pod and address.
    pub targets: Vec<Target>,
    /// Why nobody serves it; `None` when somebody does.
    pub lack: Option<EndpointGap>,
}

impl Endpoints {
    /// How many there are, ready or not.
    pub fn total(&self) -> usize {
        self.targets.len()
    }

    /// The ports that the endpoints listen on: several where a named port has another number in some pods.
    pub fn ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self.targets.iter().map(|target| target.port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

/// One address behind a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether it gets traffic.
    pub state: TargetState,
    /// The Pod.
    pub pod: Option<Name>,
    /// The address.
    pub address: Name,
    /// The port it listens on.
    pub port: u16,
    /// Where the pod runs.
    pub node: Option<Name>,
    /// The zone of that node.
    pub zone: Option<Name>,
}

/// Whether an endpoint gets traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetState {
    /// It does.
    Ready,
    /// It does not: its pod does not pass its readiness probe, or has not started yet.
    NotReady,
    /// It no longer does: its pod is shutting down.
    Terminating,
}

impl TargetState {
    /// The state in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotReady => "not ready",
            Self::Terminating => "terminating",
        }
    }
}

/// Why nobody serves a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointGap {
    /// It names a host, which the engine does not follow.
    ExternalName,
    /// It has no endpoints at all.
    NoEndpoints,
    /// It has endpoints, and none of them has the port (its name, or its number).
    NoPort(Name),
    /// None of its endpoints is ready.
    NoneReady,
}

/// Who serves a destination; `None` where it is not a Service in view, or its endpoints are not.
pub fn endpoints(snapshot: &Snapshot, destination: &Destination) -> Option<Endpoints> {
    let Served { service, port, slices } = served(snapshot, destination)?;
    let mut targets: Vec<Target> = Vec::new();
    let mut known: AHashMap<&Name, usize> = AHashMap::new();
    for (slice, port) in with_port(service, port, slices) {
        for endpoint in &slice.endpoints {
            let state = match (endpoint.ready, endpoint.terminating) {
                (true, _) => TargetState::Ready,
                (false, false) => TargetState::NotReady,
                (false, true) => TargetState::Terminating,
            };
            for address in &endpoint.addresses {
                let target = || Target {
                    state,
                    pod: endpoint.pod.clone(),
                    address: address.clone(),
                    port,
                    node: endpoint.node.clone(),
                    zone: endpoint.zone.clone(),
                };
                match known.entry(address) {
                    Entry::Vacant(new) => {
                        new.insert(targets.len());
                        targets.push(target());
                    }
                    // Ready in one slice is ready.
                    Entry::Occupied(at) if state < targets[*at.get()].state => targets[*at.get()] = target(),
                    Entry::Occupied(_) => {}
                }
            }
        }
    }
    targets
        .sort_by(|left, right| (left.state, &left.pod, &left.address).cmp(&(right.state, &right.pod, &right.address)));
    let ready = targets.iter().filter(|target| target.state == TargetState::Ready).count();
    let lack = match ready {
        0 => Some(lack(service, port, slices, !targets.is_empty())),
        _ => None,
    };
    Some(Endpoints { ready, targets, lack })
}

/// Whether it is known that nobody serves a destination, so that its share is answered 503.
pub fn is_starved(snapshot: &Snapshot, destination: &Destination) -> bool {
    let Some(Served { service, port, slices }) = served(snapshot, destination) else { return false };
    !any_ready(service, port, slices)
}

fn any_ready(service: &Service, port: &ServicePort, slices: &[Arc<EndpointSlice>]) -> bool {
    let mut endpoints = with_port(service, port, slices).flat_map(|(slice, _)| &slice.endpoints);
    endpoints.any(|endpoint| endpoint.ready && !endpoint.addresses.is_empty())
}

/// The ports of Services that nobody serves as far as is known, those of type `ExternalName` included.
pub(super) fn unserved(snapshot: &Snapshot) -> AHashSet<(ObjectKey, u16)> {
    let mut found = AHashSet::default();
    for (key, service) in &snapshot.services {
        let slices = snapshot.slices_of(key);
        if slices.is_empty() && service.external_name.is_none() && !sees_slices(snapshot, service) {
            continue;
        }
        let empty = service.ports.iter().filter(|port| !any_ready(service, port, slices));
        found.extend(empty.map(|port| (key.clone(), port.port)));
    }
    found
}

/// A port of a Service whose endpoints are in view.
struct Served<'a> {
    service: &'a Service,
    port: &'a ServicePort,
    slices: &'a [Arc<EndpointSlice>],
}

fn served<'a>(snapshot: &'a Snapshot, destination: &Destination) -> Option<Served<'a>> {
    let known = destination.external_name != ExternalName::Unknown;
    if destination.kind != "Service" || !destination.group.is_empty() || destination.state.is_broken() || !known {
        return None;
    }
    let key = ObjectKey::new(destination.namespace.clone(), destination.name.clone());
    let service = snapshot.services.get(&key)?;
    let port = service.ports.iter().find(|port| Some(port.port) == destination.port)?;
    let slices = snapshot.slices_of(&key);
    (!slices.is_empty() || sees_slices(snapshot, service)).then_some(Served { service, port, slices })
}

/// Whether a Service without slices in view has none. Manifests rarely carry slices, which a control plane writes: a
/// folder that is said to be complete and holds none at all leaves them out.
fn sees_slices(snapshot: &Snapshot, service: &Service) -> bool {
    let coverage = &snapshot.coverage;
    if coverage.everything {
        // No control plane writes slices for an ExternalName.
        return !snapshot.endpoint_slices.is_empty() || service.external_name.is_some();
    }
    coverage.sees("EndpointSlice", &service.meta.namespace)
}

/// The slices that have the port, each with its number there.
fn with_port<'a>(
    service: &'a Service,
    port: &'a ServicePort,
    slices: &'a [Arc<EndpointSlice>],
) -> impl Iterator<Item = (&'a EndpointSlice, u16)> {
    let single = service.ports.len() == 1;
    slices.iter().filter_map(move |slice| Some((&**slice, port_in(slice, port, single)?)))
}

/// The number of a Service's port in a slice. The only port of a Service is the slice's first, whatever their names.
fn port_in(slice: &EndpointSlice, wanted: &ServicePort, single: bool) -> Option<u16> {
    slice.ports.iter().find_map(|EndpointPort { name, port }| {
        let number = (*port)?;
        (single || is_the_port(name, number, wanted)).then_some(number)
    })
}

/// kgateway `endpointSlicePortMatchesServicePort`: by the Service port's name; else by the name of its `targetPort`, or,
/// where the slice names no port, by its number.
fn is_the_port(name: &Name, number: u16, wanted: &ServicePort) -> bool {
    if *name == wanted.name {
        return true;
    }
    match &wanted.target {
        Some(TargetPort::Name(target)) => name == target,
        Some(TargetPort::Number(target)) => name.is_empty() && number == *target,
        None => name.is_empty() && number == wanted.port,
    }
}

fn lack(service: &Service, port: &ServicePort, slices: &[Arc<EndpointSlice>], any: bool) -> EndpointGap {
    if any {
        return EndpointGap::NoneReady;
    }
    if service.external_name.is_some() {
        return EndpointGap::ExternalName;
    }
    if slices.iter().all(|slice| slice.endpoints.iter().all(|endpoint| endpoint.addresses.is_empty())) {
        return EndpointGap::NoEndpoints;
    }
    EndpointGap::NoPort(match &port.target {
        Some(TargetPort::Name(name)) => name.clone(),
        Some(TargetPort::Number(number)) => Name::from(number.to_string()),
        None => Name::from(port.port.to_string()),
    })
}

impl Destination {
    /// Whether traffic that is sent there finds somebody, as far as is known.
    pub fn serves(&self) -> bool {
        !self.state.is_broken() && self.endpoints.as_ref().is_none_or(|endpoints| endpoints.lack.is_none())
    }

    /// Why nobody serves it; `None` when somebody does, or that is not known.
    pub fn starved(&self) -> Option<Unserved> {
        let endpoints = self.endpoints.as_ref()?;
        Some(self.as_unserved(match endpoints.lack.as_ref()? {
            EndpointGap::ExternalName => UnservedReason::ExternalName,
            EndpointGap::NoEndpoints => UnservedReason::NoEndpoints,
            EndpointGap::NoPort(target) => UnservedReason::NoPort(target.clone()),
            EndpointGap::NoneReady => UnservedReason::NoneReady(endpoints.total()),
        }))
    }

    /// The same, and that it is an `ExternalName` whose endpoints were not looked up.
    pub fn unserved(&self) -> Option<Unserved> {
        let not_followed = self.external_name == ExternalName::NotFollowed && self.endpoints.is_none();
        let assumed = || Unserved { is_known: false, ..self.as_unserved(UnservedReason::ExternalName) };
        self.starved().or_else(|| (not_followed && !self.state.is_broken()).then(assumed))
    }

    fn as_unserved(&self, why: UnservedReason) -> Unserved {
        let service = ObjectKey::new(self.namespace.clone(), self.name.clone());
        Unserved { service, port: self.port, why, is_known: true }
    }
}
