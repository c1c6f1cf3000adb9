//! Where TCP and TLS routes attach, and which connections they take. A connection that one takes is passed on to its backends:
//! no HTTP route sees it.
//!
//! ```text
//! port ─┬─ chain: server names of an HTTPS listener ── its virtual hosts
//!       ├─ chain: server names of a TLSRoute        ── its backends
//!       └─ chain without server names               ── whatever no other chain takes
//! ```
//!
//! Sources: kgateway `pkg/kgateway/query/route.go` (`processRoute`),
//! `pkg/kgateway/translator/listener/gateway_listener_translator.go` (`AppendTlsListener`, `translateTcpFilterChain`); Envoy
//! `source/common/listener_manager/filter_chain_manager_impl.cc` (no two chains of one match). `docs/fidelity.md`:
//! `status-streams`, `stream-chains`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::attach::{Parent, Reach, Resource, Resources, lists_kind, parent_of, reach, shared_hostnames};
use super::backend::{Lookup, Referrer};
use super::gateway::supported_kinds;
use super::listeners::ListenerIndex;
use super::{Destination, GatewayNode, Tree, specification_only};
use crate::finding::{NotAttached, ServerNameClash, ServerNameOwner, Subject};
use crate::model::{GATEWAY_GROUP, Listener, Name, ParentRef, Protocol, StreamKind, StreamRoute, TlsMode};
use crate::store::Snapshot;

/// The TCP and TLS routes of a listener.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    attached: Vec<AttachedStream>,
}

/// A TCP or TLS route attached to a listener.
#[derive(Debug, Clone)]
pub struct AttachedStream {
    /// The route.
    pub route: Arc<StreamRoute>,
    /// The parentRef by which, as an index into the route's `parent_refs`.
    pub parent_ref: u32,
    /// The server names it takes here; empty for any connection.
    pub names: Vec<Name>,
    /// Where it passes connections on to: the backends of its one rule.
    pub destinations: Vec<Destination>,
}

/// A TCP or TLS route and parentRef that attached to no listener.
#[derive(Debug)]
pub struct UnattachedStream {
    /// The route.
    pub route: Arc<StreamRoute>,
    /// The parentRef, as an index into the route's `parent_refs`.
    pub parent_ref: u32,
    /// Why.
    pub why: NotAttached,
}

/// Two chains of a port for one server name: Envoy refuses the listener.
#[derive(Debug, Clone)]
pub struct ChainConflict {
    /// The port.
    pub port: u16,
    /// The route whose chain comes second.
    pub route: Arc<StreamRoute>,
    /// What clashes.
    pub clash: ServerNameClash,
}

impl Streams {
    /// How many pairs of a route and a parentRef attach.
    pub fn len(&self) -> usize {
        self.attached.len()
    }

    /// Whether none attaches.
    pub fn is_empty(&self) -> bool {
        self.attached.is_empty()
    }

    /// All that attach, in order of kind and name.
    pub fn all(&self) -> &[AttachedStream] {
        &self.attached
    }

    /// Those that take connections. Of the routes of a TCP listener only the oldest counts, for nothing tells their connections
    /// apart; a TLS listener has a chain for each.
    pub fn serving(&self, protocol: &Protocol) -> Vec<&AttachedStream> {
        let counted: Vec<&AttachedStream> = if *protocol == Protocol::Tcp {
            self.attached.iter().min_by_key(|one| one.route.meta.created).into_iter().collect()
        } else {
            self.attached.iter().collect()
        };
        counted.into_iter().filter(|one| serves(&one.route)).collect()
    }
}

/// A route of another number of rules than one is not translated, and neither is one without backends; backends that
/// do not exist count.
fn serves(route: &StreamRoute) -> bool {
    matches!(&route.rules[..], [rule] if !rule.backend_refs.is_empty())
}

/// Attaches every TCP and TLS route to the listeners that take it.
pub(super) fn attach(
    lookup: Lookup<'_>,
    tree: &mut Tree,
    gateways: &Resources,
    sets: &Resources,
    indexes: &[ListenerIndex],
) {
    let snapshot = lookup.snapshot;
    for route in snapshot.stream_routes.values() {
        for (parent_ref, reference) in (0..).zip(&route.parent_refs) {
            let (what, resource, key) = match parent_of(reference, &route.meta.namespace) {
                Parent::Gateway(key) => ("Gateway", gateways.get(&key), key),
                Parent::ListenerSet(key) => ("ListenerSet", sets.get(&key), key),
                Parent::Other => continue,
            };
            let mut unattached = |why| {
                let route = Arc::clone(route);
                tree.unattached_streams.push(UnattachedStream { route, parent_ref, why });
            };
            let Some(resource) = resource else {
                if snapshot.coverage.sees(what, &key.namespace) {
                    unattached(NotAttached::NoSuchParent(Subject { kind: what, key }));
                }
                continue;
            };
            if resource.denied {
                unattached(NotAttached::ListenerSetNotAllowed(key));
                continue;
            }
            let node = &tree.gateways[resource.node];
            let taker = |at: usize| {
                let listener = node.listeners[at].listener(&node.gateway);
                let reached = || reach(snapshot, node, at, reference, &route.meta.namespace);
                let here = admits_kind(listener, route.kind) && matches!(reached(), Reach::Here(_));
                Some((at, here.then(|| names(listener, route))??))
            };
            // Nothing tells TCP connections apart: hostnames do not count.
            let hostnames = if route.kind == StreamKind::Tcp { &[][..] } else { &route.hostnames };
            let candidates = indexes[resource.node].candidates(node, resource.listeners.clone(), reference, hostnames);
            let takers: Vec<_> = candidates.into_iter().filter_map(taker).collect();
            if takers.is_empty() && !node.assumed {
                unattached(refusal(snapshot, node, resource, route, reference, Subject { kind: what, key }));
            }
            let foreign = !node.dialect.is_of_kgateway();
            for (at, names) in takers {
                let destinations = destinations(lookup, route, foreign);
                let attached = AttachedStream { route: Arc::clone(route), parent_ref, names, destinations };
                tree.gateways[resource.node].listeners[at].streams.attached.push(attached);
            }
        }
    }
    for node in tree.gateways.iter_mut().filter(|node| node.dialect.is_of_kgateway()) {
        node.chain_conflicts = conflicts(node);
    }
}

fn admits_kind(listener: &Listener, kind: StreamKind) -> bool {
    let carried = supported_kinds(listener).is_some_and(|kinds| kinds.contains(&kind.name()));
    carried && lists_kind(listener, kind.name())
}

/// The server names that a listener and a route share; none for any connection; `None` when they share none.
fn names(listener: &Listener, route: &StreamRoute) -> Option<Vec<Name>> {
    if route.kind == StreamKind::Tcp {
        return Some(Vec::new());
    }
    let mut shared = shared_hostnames(listener.hostname.as_ref(), &route.hostnames)?;
    shared.retain(|name| name != "*");
    Some(shared)
}

/// Why no listener of a parent takes a route.
fn refusal(
    snapshot: &Snapshot,
    node: &GatewayNode,
    resource: &Resource,
    route: &StreamRoute,
    reference: &ParentRef,
    parent: Subject,
) -> NotAttached {
    let namespace = &route.meta.namespace;
    let admitting =
        resource.listeners.clone().filter(|at| admits_kind(node.listeners[*at].listener(&node.gateway), route.kind));
    let reached = admitting.map(|at| reach(snapshot, node, at, reference, namespace));
    let (mut admitted, mut matched) = (false, false);
    for reached in reached {
        admitted |= !matches!(reached, Reach::Refused);
        matched |= matches!(reached, Reach::Here(_));
    }
    if !admitted {
        NotAttached::NotAllowedByListeners { parent, kind: route.kind.name(), namespace: namespace.clone() }
    } else if !matched {
        NotAttached::NoMatchingParent { parent, section: reference.section_name.clone(), port: reference.port }
    } else {
        NotAttached::NoMatchingListenerHostname { parent, hostnames: route.hostnames.clone() }
    }
}

fn destinations(lookup: Lookup<'_>, route: &StreamRoute, foreign: bool) -> Vec<Destination> {
    let referrer = Referrer { group: GATEWAY_GROUP, kind: route.kind.name(), namespace: &route.meta.namespace };
    let refs = route.rules.first().into_iter().flat_map(|rule| &rule.backend_refs);
    let mut destinations = lookup.destinations_of(referrer, refs);
    if foreign {
        destinations.iter_mut().for_each(specification_only::foreign);
    }
    destinations
}

/// Chains of a port that match alike. A chain of an HTTPS listener has the listener's hostname.
fn conflicts(node: &GatewayNode) -> Vec<ChainConflict> {
    let mut taken: BTreeMap<(u16, Name), ServerNameOwner> = BTreeMap::new();
    let mut conflicts = Vec::new();
    let served = || node.listeners.iter().filter(|listener| listener.is_served());
    for listener in served() {
        let written = listener.listener(&node.gateway);
        if written.protocol == Protocol::Https {
            let hostname = written.hostname.clone().unwrap_or(Name::new_static("*"));
            let owner = ServerNameOwner::Listener(listener.name(&node.gateway));
            taken.entry((listener.port(&node.gateway), hostname)).or_insert(owner);
        }
    }
    for listener in served() {
        let (written, port) = (listener.listener(&node.gateway), listener.port(&node.gateway));
        for stream in listener.streams.serving(&written.protocol) {
            let any = [Name::new_static("*")];
            let names = if stream.names.is_empty() { &any[..] } else { &stream.names };
            for name in names {
                let key = (port, name.clone());
                let route = Subject { kind: stream.route.kind.name(), key: stream.route.meta.key() };
                if let Some(other) = taken.get(&key) {
                    let clash = ServerNameClash { route, with: other.clone(), name: name.clone() };
                    conflicts.push(ChainConflict { port, route: Arc::clone(&stream.route), clash });
                } else {
                    taken.insert(key, ServerNameOwner::Route(route));
                }
            }
        }
    }
    conflicts
}

impl AttachedStream {
    /// Whether TLS ends at the gateway: its backends get the bytes inside.
    pub fn is_terminated(&self, listener: &Listener) -> bool {
        listener.protocol == Protocol::Tls && listener.tls.as_ref().is_some_and(|tls| tls.mode == TlsMode::Terminate)
    }
}

impl GatewayNode {
    /// Whether anything is served on a port of TCP or TLS listeners.
    pub fn serves_streams(&self, port: u16) -> bool {
        let here = self.listeners.iter().filter(|listener| listener.port(&self.gateway) == port);
        here.filter(|listener| listener.is_served()).any(|listener| {
            let protocol = &listener.listener(&self.gateway).protocol;
            !listener.streams.serving(protocol).is_empty()
        })
    }
}
