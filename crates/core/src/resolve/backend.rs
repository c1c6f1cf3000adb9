//! Where a backendRef leads, and whether it may and can be reached.
//! `docs/fidelity.md`: `backend-missing`, `backend-grant`, `backend-kgateway`, `world-open`.
//!
//! Sources: kgateway `pkg/krtcollections/policy.go` (`GetBackendFromRef`, `ReferenceAllowed`, `getBackend`),
//! `pkg/kgateway/extensions2/plugins/kubernetes/k8s.go` (a Service is one backend a port, of whatever protocol).

use super::settings::{GrantMode, Settings};
use super::{Destination, DestinationState, ExternalName};
use crate::model::{
    BackendKind, BackendRef, GATEWAY_GROUP, KGATEWAY_GROUP, Name, ObjectKey, ReferenceGrant, RouteKind, Rule,
};
use crate::store::Snapshot;

/// What a ref is resolved against.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'a> {
    pub snapshot: &'a Snapshot,
    pub settings: &'a Settings,
}

/// Who refers: a grant names the group, the kind and the namespace.
#[derive(Clone, Copy)]
pub(super) struct Referrer<'a> {
    pub group: &'static str,
    pub kind: &'static str,
    pub namespace: &'a Name,
}

impl<'a> Referrer<'a> {
    /// A route of `kind` in `namespace`.
    pub fn route(kind: RouteKind, namespace: &'a Name) -> Self {
        Self { group: GATEWAY_GROUP, kind: kind.name(), namespace }
    }
}

/// What is referred to, as a grant names it.
#[derive(Clone, Copy)]
pub(super) struct Referred<'a> {
    pub group: &'a str,
    pub kind: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

impl Lookup<'_> {
    /// The destinations of a rule (its delegating refs left out by `delegates`), with their shares.
    pub fn destinations(
        &self,
        referrer: Referrer<'_>,
        rule: &Rule,
        delegates: impl Fn(&BackendRef) -> bool,
    ) -> Vec<Destination> {
        self.destinations_of(referrer, rule.backend_refs.iter().filter(|reference| !delegates(reference)))
    }

    /// The destinations of some refs, with their shares.
    pub fn destinations_of<'r>(
        &self,
        referrer: Referrer<'_>,
        refs: impl Iterator<Item = &'r BackendRef>,
    ) -> Vec<Destination> {
        let mut all: Vec<Destination> = refs.map(|reference| self.destination(referrer, reference)).collect();
        // The weight of a single ref is ignored, 0 included.
        if let [only] = all.as_mut_slice() {
            only.share = 1.0;
            return all;
        }
        let total: f64 = all.iter().map(|one| f64::from(one.weight)).sum();
        for one in &mut all {
            one.share = if total > 0.0 { f64::from(one.weight) / total } else { 0.0 };
        }
        all
    }

    /// Whether a Service says of its port that it speaks WebSocket (kgateway `ParseAppProtocol`).
    pub fn speaks_websocket(&self, one: &Destination) -> bool {
        if one.kind != "Service" || one.state.is_broken() {
            return false;
        }
        let key = ObjectKey::new(one.namespace.clone(), one.name.clone());
        let service = self.snapshot.services.get(&key);
        let port = service.and_then(|service| service.ports.iter().find(|port| Some(port.port) == one.port));
        let protocol = port.and_then(|port| port.app_protocol.as_deref());
        protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("kubernetes.io/ws"))
    }

    /// One ref.
    pub fn destination(&self, referrer: Referrer<'_>, reference: &BackendRef) -> Destination {
        let default = if is_hostname(reference) { Name::default() } else { referrer.namespace.clone() };
        let namespace = reference.namespace.clone().unwrap_or(default);
        let (found, hosts) = self.look(reference, &namespace);
        let state = match self.permitted(referrer, reference, &namespace) {
            Permission::Refused => DestinationState::NotPermitted,
            Permission::Unknown if found == DestinationState::Resolved => DestinationState::GrantUnseen,
            // Without the grant it is a 500, with it a ref that is broken anyway is a 500 too.
            Permission::Granted | Permission::Unknown => found,
        };
        // Of the hosts that a ref may have, only those of a Service are mere names.
        let is_external = reference.kind == "Service" && !hosts.is_empty();
        Destination {
            group: reference.group.clone(),
            kind: reference.kind.clone(),
            namespace,
            name: reference.name.clone(),
            port: reference.port,
            weight: reference.weight,
            share: 0.0,
            state,
            hosts,
            external_name: if is_external { ExternalName::NotFollowed } else { ExternalName::None },
            endpoints: None,
            at: reference.at,
        }
    }

    fn permitted(&self, referrer: Referrer<'_>, reference: &BackendRef, namespace: &Name) -> Permission {
        if namespace.is_empty() && is_hostname(reference) {
            return Permission::Granted;
        }
        let BackendRef { group, kind, name, .. } = reference;
        self.granted(referrer, Referred { group, kind, namespace, name })
    }

    /// Whether a ref to another namespace is permitted (`ReferenceAllowed`).
    pub fn granted(&self, referrer: Referrer<'_>, to: Referred<'_>) -> Permission {
        if self.settings.reference_grants == GrantMode::Off || to.namespace == referrer.namespace {
            return Permission::Granted;
        }
        let grants = self.snapshot.grants.get(to.namespace).map_or(&[][..], Vec::as_slice);
        if grants.iter().any(|grant| admits(grant, referrer, to)) {
            Permission::Granted
        } else if self.snapshot.coverage.sees("ReferenceGrant", to.namespace) {
            Permission::Refused
        } else {
            Permission::Unknown
        }
    }

    fn look(&self, reference: &BackendRef, namespace: &Name) -> (DestinationState, Vec<Name>) {
        let key = || ObjectKey::new(namespace.clone(), reference.name.clone());
        let absent = |kind| {
            let seen = self.snapshot.coverage.sees(kind, namespace);
            if seen { DestinationState::Missing } else { DestinationState::Unverified }
        };
        // Only grants know `core` as a spelling of the core group: as a ref's group it is a kind nobody has.
        match (reference.group.as_str(), reference.kind.as_str()) {
            ("", "Service") => match self.snapshot.services.get(&key()) {
                None => (absent("Service"), Vec::new()),
                Some(service) => {
                    let there = service.ports.iter().any(|port| Some(port.port) == reference.port);
                    let state = if there { DestinationState::Resolved } else { DestinationState::PortMissing };
                    let named = |name: &Name| match reference.port {
                        Some(port) => Name::from(format!("{name}:{port}")),
                        None => name.clone(),
                    };
                    (state, service.external_name.iter().map(named).collect())
                }
            },
            (KGATEWAY_GROUP, "Backend") if reference.port.is_some() => (DestinationState::PortNotAllowed, Vec::new()),
            (KGATEWAY_GROUP, "Backend") => match self.snapshot.backends.get(&key()) {
                None => (absent("Backend"), Vec::new()),
                Some(backend) => (DestinationState::Resolved, lands(&backend.kind)),
            },
            // Kinds the engine knows and this program does not read.
            ("networking.istio.io", "ServiceEntry" | "Hostname") => (DestinationState::KindUnread, Vec::new()),
            _ => (DestinationState::InvalidKind, Vec::new()),
        }
    }
}

/// Whether a ref to another namespace is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    Granted,
    Refused,
    /// No grant is in view, and one may exist.
    Unknown,
}

fn admits(grant: &ReferenceGrant, referrer: Referrer<'_>, wanted: Referred<'_>) -> bool {
    let from = grant.from.iter().any(|from| {
        core(&from.group) == referrer.group && from.kind == referrer.kind && from.namespace == *referrer.namespace
    });
    let to = |to: &crate::model::GrantTo| {
        core(&to.group) == core(wanted.group)
            && to.kind == wanted.kind
            && to.name.as_ref().is_none_or(|name| name.is_empty() || *name == wanted.name)
    };
    from && grant.to.iter().any(to)
}

/// For grants the core group has two spellings (kgateway `emptyIfCore`).
fn core(group: &str) -> &str {
    if group == "core" { "" } else { group }
}

fn is_hostname(reference: &BackendRef) -> bool {
    reference.group == "networking.istio.io" && reference.kind == "Hostname"
}

/// Where the traffic of a kgateway `Backend` lands, to be shown.
fn lands(kind: &BackendKind) -> Vec<Name> {
    match kind {
        BackendKind::Static(hosts) => {
            hosts.iter().map(|host| Name::from(format!("{}:{}", host.host, host.port))).collect()
        }
        BackendKind::Aws(text) => vec![text.clone()],
        BackendKind::DynamicForwardProxy => vec![Name::new_static("the request's own host")],
        BackendKind::Other(kind) => vec![kind.clone()],
    }
}
