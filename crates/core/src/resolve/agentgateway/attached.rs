//! Which routes are attached to which Gateways: a delegated route with a Gateway of its own is known there alone.
//!
//! Source: agentgateway `controller/pkg/agentgateway/translator/route_collections.go`.

use ahash::AHashSet;

use crate::model::{GATEWAY_GROUP, ObjectKey, Route};
use crate::resolve::{DelegationModel, Tree};
use crate::store::RouteId;

/// Which routes are attached to which Gateways of engines that walk hop by hop.
#[derive(Debug, Default)]
pub(in crate::resolve) struct AttachedTo {
    on: AHashSet<(RouteId, u32)>,
    gateways: AHashSet<ObjectKey>,
}

impl AttachedTo {
    /// Gathers them.
    pub fn of(tree: &Tree) -> Self {
        let mut all = Self::default();
        for (node, gateway) in (0_u32..).zip(&tree.gateways) {
            if gateway.dialect.delegation != DelegationModel::HopByHop {
                continue;
            }
            all.gateways.insert(gateway.gateway.meta.key());
            for attached in gateway.listeners.iter().flat_map(|listener| &listener.attached) {
                all.on.insert((tree.roots[attached.root.0 as usize].route, node));
            }
        }
        all
    }

    /// Whether the route is attached to this Gateway.
    pub fn hangs_on(&self, route: RouteId, node: u32) -> bool {
        self.on.contains(&(route, node))
    }

    /// Whether the route names a Gateway of such an engine at all.
    pub fn names_any(&self, written: &Route) -> bool {
        written.parent_refs.iter().any(|reference| {
            let namespace = reference.namespace.clone().unwrap_or_else(|| written.meta.namespace.clone());
            reference.group == GATEWAY_GROUP
                && reference.kind == "Gateway"
                && self.gateways.contains(&ObjectKey::new(namespace, reference.name.clone()))
        })
    }
}
