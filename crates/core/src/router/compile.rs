//! From the tree to the table: rows are grouped into virtual hosts and sorted.
//!
//! HTTP listeners of one port share their virtual hosts; every HTTPS listener has its own, chosen by server name.
//! Source: kgateway `pkg/kgateway/translator/listener/gateway_listener_translator.go`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::AHashMap;

use super::precedence::{Precedence, Ranks};
use super::{GatewayTable, Groups, Index, RouteTable, VirtualHost, groups, replaced};
use crate::model::{Name, Protocol};
use crate::resolve::{GatewayNode, Hazard, HopId, Manner, RootId, Settings, Tree};
use crate::spread;
use crate::store::Snapshot;

/// Compiles the table: groups rows into virtual hosts, sorts them, indexes them, on up to so many threads.
pub fn compile(snapshot: &Snapshot, tree: &Tree, settings: &Settings, threads: usize) -> RouteTable {
    let ranks = Ranks::of(snapshot, settings);
    let mut hazards: AHashMap<HopId, Vec<&Hazard>> = AHashMap::default();
    for hazard in &tree.hazards {
        hazards.entry(hazard.hop).or_default().push(hazard);
    }
    let compiler = Compiler { snapshot, tree, ranks, hazards, threads };
    let gateways = (0..).zip(&tree.gateways).map(|(node, gateway)| compiler.gateway(node, gateway)).collect();
    RouteTable { gateways, groups: Groups::of(tree) }
}

struct Compiler<'a> {
    snapshot: &'a Snapshot,
    tree: &'a Tree,
    ranks: Ranks,
    hazards: AHashMap<HopId, Vec<&'a Hazard>>,
    threads: usize,
}

/// Where a virtual host belongs: port, server name (none first), host.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub port: u16,
    pub sni: Option<HostRank>,
    pub host: HostRank,
}

/// Hosts in the order they are listed: exact ones, longest wildcard first, `*` last.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HostRank {
    Exact(Name),
    Wildcard(Reverse<usize>, Name),
    Any,
}

impl HostRank {
    /// The server name of an HTTPS listener.
    pub fn of_sni(hostname: Option<&Name>) -> Self {
        hostname.map_or(Self::Any, Self::of)
    }

    /// The host of a virtual host.
    pub fn of(host: &Name) -> Self {
        match host.as_str() {
            "*" | "" => Self::Any,
            wildcard if wildcard.starts_with("*.") => Self::Wildcard(Reverse(wildcard.len()), host.clone()),
            _ => Self::Exact(host.clone()),
        }
    }

    pub fn name(self) -> Name {
        match self {
            Self::Exact(name) | Self::Wildcard(_, name) => name,
            Self::Any => Name::new_static("*"),
        }
    }
}

/// What serves a virtual host.
#[derive(Default)]
pub(super) struct Served {
    pub listeners: Vec<Name>,
    roots: Vec<RootId>,
    /// The one row that stands in place of theirs.
    pub instead: Option<HopId>,
}

/// The rows of some roots, in evaluation order: what hosts with the same roots share.
struct Sorted {
    rows: Arc<[HopId]>,
    hazards: Vec<Hazard>,
    index: Arc<Index>,
}

impl Compiler<'_> {
    /// A table per listener, for an engine that walks hop by hop.
    fn gateway_hop_by_hop(&self, node: u32, gateway: &GatewayNode) -> GatewayTable {
        let mut hosts: Vec<(Place, VirtualHost)> = Vec::new();
        for listener in gateway.listeners.iter().filter(|listener| listener.is_served()) {
            let written = listener.listener(&gateway.gateway);
            let sni = match written.protocol {
                Protocol::Http => None,
                Protocol::Https => Some(HostRank::of_sni(written.hostname.as_ref())),
                _ => continue,
            };
            let port = listener.port(&gateway.gateway);
            for tier in groups::of_listener(self.snapshot, self.tree, gateway, listener) {
                let place = Place { port, sni: sni.clone(), host: HostRank::of(&tier.hostname) };
                let host = VirtualHost {
                    port,
                    protocol: written.protocol.clone(),
                    sni: sni.clone().map(HostRank::name),
                    hostname: tier.hostname,
                    listeners: vec![listener.name(&gateway.gateway)],
                    alone: true,
                    rows: tier.rows,
                    hazards: Vec::new(),
                    index: tier.index,
                };
                hosts.push((place, host));
            }
        }
        hosts.sort_by(|(a, _), (b, _)| a.cmp(b));
        GatewayTable {
            gateway: gateway.gateway.meta.key(),
            node,
            engine: gateway.dialect.engine,
            assumed: gateway.assumed,
            virtual_hosts: hosts.into_iter().map(|(_, host)| host).collect(),
        }
    }

    fn gateway(&self, node: u32, gateway: &GatewayNode) -> GatewayTable {
        if gateway.dialect.manner == Manner::Agentgateway {
            return self.gateway_hop_by_hop(node, gateway);
        }
        let mut hosts: BTreeMap<Place, Served> = BTreeMap::new();
        for listener in gateway.listeners.iter().filter(|listener| listener.is_served()) {
            let written = listener.listener(&gateway.gateway);
            let sni = match written.protocol {
                Protocol::Http => None,
                Protocol::Https => Some(HostRank::of_sni(written.hostname.as_ref())),
                _ => continue,
            };
            let port = listener.port(&gateway.gateway);
            let name = listener.name(&gateway.gateway);
            for attached in &listener.attached {
                // A route without a single rule makes no virtual host; one whose rows all fell away does.
                if self.tree.roots[attached.root.0 as usize].hops.is_empty() {
                    continue;
                }
                for hostname in &attached.hostnames {
                    let place = Place { port, sni: sni.clone(), host: HostRank::of(hostname) };
                    let served = hosts.entry(place).or_default();
                    served.roots.push(attached.root);
                    if served.listeners.last() != Some(&name) {
                        served.listeners.push(name.clone());
                    }
                }
            }
        }
        let hosts = replaced::replace(gateway, hosts);
        // Many hosts serve the very same routes: a route lists several hostnames.
        let mut known: AHashMap<(Option<HopId>, &[RootId]), usize> = AHashMap::default();
        let mut distinct: Vec<(Option<HopId>, &[RootId])> = Vec::new();
        for served in hosts.values() {
            let key = (served.instead, served.roots.as_slice());
            known.entry(key).or_insert_with(|| {
                distinct.push(key);
                distinct.len() - 1
            });
        }
        let sorted = spread::in_order(distinct, self.threads, |(instead, roots)| self.sorted(instead, roots));
        let of_host: Vec<usize> =
            hosts.values().map(|served| known[&(served.instead, served.roots.as_slice())]).collect();
        let hosts = hosts.into_iter().zip(of_host);
        GatewayTable {
            gateway: gateway.gateway.meta.key(),
            node,
            engine: gateway.dialect.engine,
            assumed: gateway.assumed,
            virtual_hosts: hosts.map(|((place, served), at)| virtual_host(place, served, &sorted[at])).collect(),
        }
    }

    fn sorted(&self, instead: Option<HopId>, roots: &[RootId]) -> Sorted {
        let rows = instead.map_or_else(|| self.rows(roots), |row| vec![row]);
        let mut hazards = Vec::new();
        if !self.hazards.is_empty() {
            let found = rows.iter().filter_map(|row| self.hazards.get(row)).flatten();
            hazards.extend(found.map(|one| (*one).clone()));
        }
        let index = Arc::new(Index::build(self.tree, &rows, Manner::Envoy));
        Sorted { rows: rows.into(), hazards, index }
    }

    /// The rows of all the roots, in evaluation order. A root that is attached twice has its rows twice.
    fn rows(&self, roots: &[RootId]) -> Vec<HopId> {
        let mut rows: Vec<(Precedence, HopId)> = Vec::new();
        for root in roots {
            let root = &self.tree.roots[root.0 as usize];
            let emitted = (0..).zip(&root.rows);
            rows.extend(emitted.map(|(at, hop)| (self.ranks.precedence(self.tree, root.route, *hop, at), *hop)));
        }
        rows.sort_by_key(|(precedence, _)| *precedence);
        rows.into_iter().map(|(_, hop)| hop).collect()
    }
}

fn virtual_host(place: Place, served: Served, sorted: &Sorted) -> VirtualHost {
    VirtualHost {
        port: place.port,
        protocol: if place.sni.is_some() { Protocol::Https } else { Protocol::Http },
        sni: place.sni.map(HostRank::name),
        hostname: place.host.name(),
        listeners: served.listeners,
        alone: false,
        rows: Arc::clone(&sorted.rows),
        hazards: sorted.hazards.clone(),
        index: Arc::clone(&sorted.index),
    }
}
