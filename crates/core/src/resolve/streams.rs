//! Where TCP and TLS routes attach, and whether they give their listeners something to serve. No request is answered by
//! one: what they come to is told in the status of a Gateway.
//!
//! Sources: kgateway `pkg/kgateway/query/route.go` (`processRoute`),
//! `pkg/kgateway/translator/listener/gateway_listener_translator.go` (`translateTcpFilterChain`). `docs/fidelity.md`:
//! `status-streams`.

use std::sync::Arc;

use super::attach::{Parent, Reach, Resources, lists_kind, parent_of, reach, shared_hostnames};
use super::gateway::supported_kinds;
use super::listeners::ListenerIndex;
use super::{GatewayNode, Tree};
use crate::model::{Listener, ParentRef, StreamKind, StreamRoute};
use crate::store::Snapshot;

/// The TCP and TLS routes of a listener.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    attached: Vec<Arc<StreamRoute>>,
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

    /// Whether there is anything to hand connections to. Of TCP routes only the oldest counts, for nothing tells their
    /// connections apart; each TLS route has server names of its own.
    pub fn serve(&self) -> bool {
        let of_kind = |kind: StreamKind| self.attached.iter().filter(move |route| route.kind == kind);
        let oldest = of_kind(StreamKind::Tcp).min_by_key(|route| route.meta.created);
        of_kind(StreamKind::Tls).chain(oldest).any(|route| serves(route))
    }
}

/// A route of another number of rules than one is not translated, and neither is one without backends; backends that
/// do not exist count.
fn serves(route: &StreamRoute) -> bool {
    matches!(route.backends[..], [backends] if backends > 0)
}

/// Hangs every TCP and TLS route on the listeners that take it.
pub(super) fn attach(
    snapshot: &Snapshot,
    tree: &mut Tree,
    gateways: &Resources,
    sets: &Resources,
    indexes: &[ListenerIndex],
) {
    for route in snapshot.stream_routes.values() {
        for reference in &route.parent_refs {
            let resource = match parent_of(reference, &route.meta.namespace) {
                Parent::Gateway(key) => gateways.get(&key),
                Parent::ListenerSet(key) => sets.get(&key),
                Parent::Other => continue,
            };
            let Some(resource) = resource.filter(|resource| !resource.denied) else { continue };
            // Nothing tells TCP connections apart: hostnames do not count.
            let hostnames = if route.kind == StreamKind::Tcp { &[][..] } else { &route.hostnames };
            let (node, index) = (&tree.gateways[resource.node], &indexes[resource.node]);
            for at in index.candidates(node, resource.listeners.clone(), reference, hostnames) {
                if takes(snapshot, &tree.gateways[resource.node], at, route, reference) {
                    tree.gateways[resource.node].listeners[at].streams.attached.push(Arc::clone(route));
                }
            }
        }
    }
}

fn takes(snapshot: &Snapshot, node: &GatewayNode, at: usize, route: &StreamRoute, reference: &ParentRef) -> bool {
    let listener = node.listeners[at].listener(&node.gateway);
    admits_kind(listener, route.kind)
        && matches!(reach(snapshot, node, at, reference, &route.meta.namespace), Reach::Here(_))
        && (route.kind == StreamKind::Tcp || shared_hostnames(listener.hostname.as_ref(), &route.hostnames).is_some())
}

fn admits_kind(listener: &Listener, kind: StreamKind) -> bool {
    let carried = supported_kinds(listener).is_some_and(|kinds| kinds.contains(&kind.name()));
    carried && lists_kind(listener, kind.name())
}

impl GatewayNode {
    /// Whether anything is served on a port of TCP or TLS listeners.
    pub fn serves_streams(&self, port: u16) -> bool {
        let here = self.listeners.iter().filter(|listener| listener.port(&self.gateway) == port);
        here.filter(|listener| listener.is_served()).any(|listener| listener.streams.serve())
    }
}
