//! From the tree to the table: rows are grouped into virtual hosts and sorted.
//!
//! HTTP listeners of one port share their virtual hosts; every HTTPS listener has its own, chosen by server name.
//! Source: kgateway `pkg/kgateway/translator/listener/gateway_listener_translator.go`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ahash::{AHashMap, AHashSet};

use super::matcher::Kept;
use super::precedence::{Precedence, Ranks};
use super::{GatewayTable, Groups, Index, RouteTable, VirtualHost, groups, policy_replacement};
use crate::finding::{Advice, Code, Finding, Location as Written, Problem, Severity, Subject, TooLarge};
use crate::limits;
use crate::model::{Name, Protocol};
use crate::parallel;
use crate::resolve::{Attached, Cut, EnvoyRejection, GatewayNode, ProxySemantics, RootId, RuleNodeId, Settings, Tree};
use crate::store::Snapshot;

/// Compiles the table: groups rows into virtual hosts, sorts them, indexes them, on up to so many threads.
pub fn compile(snapshot: &Snapshot, tree: &Tree, settings: &Settings, threads: usize) -> RouteTable {
    let ranks = Ranks::of(snapshot, settings);
    let mut rejections: AHashMap<RuleNodeId, Vec<&EnvoyRejection>> = AHashMap::default();
    for rejection in &tree.rejections {
        rejections.entry(rejection.hop).or_default().push(rejection);
    }
    let room = Room::of(snapshot, tree);
    let kept = Kept::default();
    let compiler = Compiler { snapshot, tree, ranks, rejections, threads, room, kept };
    let gateways = (0..).zip(&tree.gateways).map(|(node, gateway)| compiler.gateway(node, gateway)).collect();
    RouteTable { gateways, groups: Groups::of(tree, compiler.kept) }
}

/// The Gateways some of whose virtual hosts are left out.
pub fn cut_tables(tree: &Tree, table: &RouteTable) -> Vec<Finding> {
    let cut = table.gateways.iter().filter(|gateway| gateway.cut);
    // Of attachments that are left out there is a finding of its own.
    let of = |gateway: &GatewayTable| {
        let node = &tree.gateways[gateway.node as usize];
        let origin = &node.gateway.meta.origin;
        (node.cut == 0).then(|| Finding {
            code: Code::TreeTooLarge,
            severity: Severity::Warning,
            place: (!node.assumed).then(|| Written::within(origin, origin.at)),
            subject: Some(Subject { kind: "Gateway", key: gateway.gateway.clone() }),
            problem: Problem::TooLarge(TooLarge::Table {
                kept: gateway.virtual_hosts.len(),
                mebibytes: limits::TABLE_BYTES >> 20,
            }),
            advice: Some(Advice::FewerHostnames),
            fix: Vec::new(),
        })
    };
    cut.filter_map(of).collect()
}

struct Compiler<'a> {
    snapshot: &'a Snapshot,
    tree: &'a Tree,
    ranks: Ranks,
    rejections: AHashMap<RuleNodeId, Vec<&'a EnvoyRejection>>,
    threads: usize,
    room: Room,
    /// What compiled regular expressions take.
    kept: Kept,
}

/// What a virtual host takes beyond its rows, and a row in one.
const HOST_BYTES: usize = 512;
const ROW_BYTES: usize = 96;

/// What is left for virtual hosts and their rows: a route on many listeners, with many hostnames, is in many of them.
struct Room(AtomicUsize);

impl Room {
    fn of(snapshot: &Snapshot, tree: &Tree) -> Self {
        let hosts: usize = snapshot.routes.iter().map(|route| route.hostnames.len() + 1).sum();
        let listeners: usize = tree.gateways.iter().map(|node| node.listeners.len()).sum();
        let rows: usize = tree.roots.iter().map(|root| root.rows.len()).sum();
        let own = (hosts + listeners) * HOST_BYTES + rows * ROW_BYTES;
        Self(AtomicUsize::new(own + limits::TABLE_BYTES + snapshot.routes.len() * limits::TABLE_BYTES_PER_ROUTE))
    }

    /// Whether there is room for so many bytes more; it is taken then.
    fn take(&self, bytes: usize) -> bool {
        let left = self.0.load(Ordering::Relaxed).checked_sub(bytes);
        self.0.store(left.unwrap_or_default(), Ordering::Relaxed);
        left.is_some()
    }
}

/// Where a virtual host belongs: port, server name (none first), host.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VirtualHostPosition {
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
    pub instead: Option<RuleNodeId>,
}

/// The rows of some roots, in evaluation order: what hosts with the same roots share.
struct Sorted {
    rows: Arc<[RuleNodeId]>,
    rejections: Vec<EnvoyRejection>,
    cut: Option<Cut>,
    index: Arc<Index>,
}

impl Compiler<'_> {
    /// A table per listener, for an engine that walks hop by hop.
    fn gateway_hop_by_hop(&self, node: u32, gateway: &GatewayNode) -> GatewayTable {
        let mut hosts: Vec<(VirtualHostPosition, VirtualHost)> = Vec::new();
        let mut cut = gateway.cut > 0;
        for listener in gateway.listeners.iter().filter(|listener| listener.is_served()) {
            let written = listener.listener(&gateway.gateway);
            let sni = match written.protocol {
                Protocol::Http => None,
                Protocol::Https => Some(HostRank::of_sni(written.hostname.as_ref())),
                _ => continue,
            };
            let port = listener.port(&gateway.gateway);
            let of_root = |attached: &Attached| {
                let rows = self.tree.roots[attached.root.0 as usize].rows.len();
                attached.hostnames.len().max(1) * rows
            };
            let rows: usize = listener.attached.iter().map(of_root).sum();
            if !self.room.take(HOST_BYTES + rows * ROW_BYTES) {
                cut = true;
                continue;
            }
            for tier in groups::of_listener(self.snapshot, self.tree, gateway, listener, &self.kept) {
                let place = VirtualHostPosition { port, sni: sni.clone(), host: HostRank::of(&tier.hostname) };
                let host = VirtualHost {
                    port,
                    protocol: written.protocol.clone(),
                    sni: sni.clone().map(HostRank::name),
                    hostname: tier.hostname,
                    listeners: vec![listener.name(&gateway.gateway)],
                    alone: true,
                    rows: tier.rows,
                    rejections: Vec::new(),
                    // A ref that is not followed stops only those who come to it.
                    cut: None,
                    index: tier.index,
                };
                hosts.push((place, host));
            }
        }
        hosts.sort_by(|(a, _), (b, _)| a.cmp(b));
        let attached = gateway.listeners.iter().flat_map(|listener| &listener.attached);
        let mut roots = attached.map(|attached| &self.tree.roots[attached.root.0 as usize]);
        GatewayTable {
            gateway: gateway.gateway.meta.key(),
            node,
            engine: gateway.dialect.engine,
            assumed: gateway.assumed,
            cut,
            unevaluated: roots.any(|root| root.unevaluated),
            virtual_hosts: hosts.into_iter().map(|(_, host)| host).collect(),
        }
    }

    fn gateway(&self, node: u32, gateway: &GatewayNode) -> GatewayTable {
        if gateway.dialect.semantics == ProxySemantics::Agentgateway {
            return self.gateway_hop_by_hop(node, gateway);
        }
        let mut hosts: BTreeMap<VirtualHostPosition, Served> = BTreeMap::new();
        let mut cut = gateway.cut > 0;
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
                    let place = VirtualHostPosition { port, sni: sni.clone(), host: HostRank::of(hostname) };
                    let entry = hosts.entry(place);
                    if matches!(entry, Entry::Vacant(_)) && !self.room.take(HOST_BYTES) {
                        cut = true;
                        continue;
                    }
                    let served = entry.or_default();
                    served.roots.push(attached.root);
                    if served.listeners.last() != Some(&name) {
                        served.listeners.push(name.clone());
                    }
                }
            }
        }
        let mut hosts = policy_replacement::replace(gateway, hosts);
        // Many hosts serve the very same routes: a route lists several hostnames.
        let mut sets: AHashSet<(Option<RuleNodeId>, Vec<RootId>)> = AHashSet::default();
        hosts.retain(|_, served| {
            let key = (served.instead, std::mem::take(&mut served.roots));
            let rows = key.1.iter().map(|root| self.tree.roots[root.0 as usize].rows.len()).sum::<usize>();
            let kept = sets.contains(&key) || self.room.take(rows * ROW_BYTES);
            cut |= !kept;
            served.roots.clone_from(&key.1);
            if kept {
                sets.insert(key);
            }
            kept
        });
        drop(sets);
        let mut known: AHashMap<(Option<RuleNodeId>, &[RootId]), usize> = AHashMap::default();
        let mut distinct: Vec<(Option<RuleNodeId>, &[RootId])> = Vec::new();
        for served in hosts.values() {
            let key = (served.instead, served.roots.as_slice());
            known.entry(key).or_insert_with(|| {
                distinct.push(key);
                distinct.len() - 1
            });
        }
        let sorted = parallel::in_order(distinct, self.threads, |(instead, roots)| self.sorted(instead, roots));
        let of_host: Vec<usize> =
            hosts.values().map(|served| known[&(served.instead, served.roots.as_slice())]).collect();
        let hosts = hosts.into_iter().zip(of_host);
        GatewayTable {
            gateway: gateway.gateway.meta.key(),
            node,
            engine: gateway.dialect.engine,
            assumed: gateway.assumed,
            cut,
            unevaluated: false,
            virtual_hosts: hosts.map(|((place, served), at)| virtual_host(place, served, &sorted[at])).collect(),
        }
    }

    fn sorted(&self, instead: Option<RuleNodeId>, roots: &[RootId]) -> Sorted {
        let rows = instead.map_or_else(|| self.rows(roots), |row| vec![row]);
        let mut rejections = Vec::new();
        if !self.rejections.is_empty() {
            let found = rows.iter().filter_map(|row| self.rejections.get(row)).flatten();
            rejections.extend(found.map(|one| (*one).clone()));
        }
        let index = Arc::new(Index::build(self.tree, &rows, ProxySemantics::Envoy, &self.kept));
        let cut = roots.iter().filter_map(|root| self.tree.roots[root.0 as usize].cut).max();
        let cut = cut.filter(|_| instead.is_none());
        Sorted { rows: rows.into(), rejections, cut, index }
    }

    /// The rows of all the roots, in evaluation order. A root that is attached twice has its rows twice.
    fn rows(&self, roots: &[RootId]) -> Vec<RuleNodeId> {
        let mut rows: Vec<(Precedence, RuleNodeId)> = Vec::new();
        for root in roots {
            let root = &self.tree.roots[root.0 as usize];
            let emitted = (0..).zip(&root.rows);
            rows.extend(emitted.map(|(at, hop)| (self.ranks.precedence(self.tree, root.route, *hop, at), *hop)));
        }
        rows.sort_by_key(|(precedence, _)| *precedence);
        rows.into_iter().map(|(_, hop)| hop).collect()
    }
}

fn virtual_host(place: VirtualHostPosition, served: Served, sorted: &Sorted) -> VirtualHost {
    VirtualHost {
        port: place.port,
        protocol: if place.sni.is_some() { Protocol::Https } else { Protocol::Http },
        sni: place.sni.map(HostRank::name),
        hostname: place.host.name(),
        listeners: served.listeners,
        alone: false,
        rows: Arc::clone(&sorted.rows),
        rejections: sorted.rejections.clone(),
        cut: sorted.cut,
        index: Arc::clone(&sorted.index),
    }
}
