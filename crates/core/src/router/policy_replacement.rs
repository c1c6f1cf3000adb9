//! Virtual hosts that a broken policy of a Gateway or of a listener replaces by one row.
//!
//! Source: kgateway `pkg/kgateway/translator/irtranslator/route.go` (`ComputeRouteConfiguration`, `computeVirtualHost`),
//! `pkg/kgateway/translator/listener/gateway_listener_translator.go` (`translateHttpFilterChain`).

use std::collections::{BTreeMap, BTreeSet};

use super::compile::{HostRank, Served, VirtualHostPosition};
use crate::model::Protocol;
use crate::resolve::{GatewayNode, ListenerNode};

/// Replaces what is to be replaced.
pub(super) fn replace(
    gateway: &GatewayNode,
    hosts: BTreeMap<VirtualHostPosition, Served>,
) -> BTreeMap<VirtualHostPosition, Served> {
    if gateway.replaced.is_none() && gateway.listeners.iter().all(|listener| listener.replaced.is_none()) {
        return hosts;
    }
    let mut replaced = BTreeMap::new();
    // Whole route configurations: one per HTTP port, one per HTTPS listener, with or without routes.
    for listener in gateway.listeners.iter().filter(|listener| listener.is_served()) {
        let protocol = &listener.listener(&gateway.gateway).protocol;
        let instead = gateway.replaced.or(listener.replaced.filter(|_| *protocol == Protocol::Https));
        let (Some(instead), Some(place)) = (instead, configuration(gateway, listener)) else { continue };
        let served: &mut Served = replaced.entry(place).or_default();
        served.instead = Some(instead);
        served.listeners.push(listener.name(&gateway.gateway));
    }
    let wholes: BTreeSet<(u16, Option<HostRank>)> =
        replaced.keys().map(|all: &VirtualHostPosition| (all.port, all.sni.clone())).collect();
    for (place, mut served) in hosts {
        if wholes.contains(&(place.port, place.sni.clone())) {
            continue;
        }
        if place.sni.is_none() {
            let owner = gateway.owner(place.port, &place.host.clone().name());
            served.instead = owner.and_then(|owner| owner.replaced);
        }
        replaced.insert(place, served);
    }
    replaced
}

fn configuration(gateway: &GatewayNode, listener: &ListenerNode) -> Option<VirtualHostPosition> {
    let written = listener.listener(&gateway.gateway);
    let sni = match written.protocol {
        Protocol::Http => None,
        Protocol::Https => Some(HostRank::of_sni(written.hostname.as_ref())),
        _ => return None,
    };
    Some(VirtualHostPosition { port: listener.port(&gateway.gateway), sni, host: HostRank::Any })
}
