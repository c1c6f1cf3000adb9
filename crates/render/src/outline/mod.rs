//! The delegation tree as a person reads it, one node at a time:
//!
//! ```text
//! Gateway ─ listener and hosts ─ route ─ match ─┬─ child route ─ match …     (one delegating ref: told on the match's line)
//!                                               ├─ ref ─ child route …       (several refs: a line each)
//!                                               └─ backend                   (several backends: a line each)
//! Not attached ─ route                                                        (last, with the reason)
//! ```
//!
//! Nothing is built that is not asked for: a [`NodeRef`] is a few numbers, its children are further numbers, and its
//! text is made when it is shown. A [`NodeRef`] means something only within its own outline; what survives a reload is
//! the path of [`Key`]s.

mod label;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use ahash::AHashMap;

use crate::natural;
use crate::scope::{Kept, Scope};
use routescope_core::analysis::Analysis;
use routescope_core::finding::{Location, Subject};
use routescope_core::model::{Listener, Meta, Name, ObjectKey, Route, StreamRoute};
use routescope_core::resolve::{
    Action, Attached, Child, ChildId, GatewayNode, Link, LinkId, ListenerNode, ListenerState, MatchState, Root,
    RuleNode, RuleNodeId, Tree, Under,
};
use routescope_core::router::Decision;
use routescope_core::store::{OverlayEntry, RouteId};

pub use label::{Health, Label};

/// A node of an [`Outline`]: a handle, cheap to copy and to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeRef {
    /// A Gateway: its place in [`Tree::gateways`].
    Gateway(u32),
    /// The routes that serve the same hosts on one listener: a place in the outline's own list.
    Hosts(u32),
    /// An attached route: a place in the outline's own list of attachments.
    Route(u32),
    /// A match of a route, under an attachment.
    Match(u32, RuleNodeId),
    /// A delegating ref, under an attachment; only where a match has several.
    Link(u32, LinkId),
    /// A route that a ref selected, under an attachment.
    Child(u32, ChildId),
    /// A backend of a match, under an attachment; only where a match has several.
    Backend(u32, RuleNodeId, u32),
    /// A TCP or TLS route, under the hosts of its listener: its place among the listener's streams.
    Stream(u32, u32),
    /// The heading over the routes that serve nothing.
    Loose,
    /// A TCP or TLS route and parentRef that attached nowhere: a place in [`Tree::unattached_streams`].
    UnattachedStream(u32),
    /// A route and parentRef that attached nowhere: a place in [`Tree::unattached`].
    Unattached(u32),
    /// A route without any parent in view: a place in [`Tree::orphans`].
    Orphan(u32),
}

/// What a node is called among its siblings: the same after a reload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A Gateway or route; the number tells apart what has the same name (a route attached twice).
    #[allow(missing_docs)]
    Object { kind: &'static str, key: ObjectKey, nth: u32 },
    /// A listener and the hosts served on it.
    #[allow(missing_docs)]
    Hosts { listener: Name, hostnames: Vec<Name> },
    /// A match: rule and match number, and which of those that came of it (an inheriting child has one for each match of
    /// its parent).
    #[allow(missing_docs)]
    Match { rule: u32, index: Option<u32>, nth: u32 },
    /// The n-th delegating ref of a rule.
    Ref(u32),
    /// The n-th destination of a match, or the n-th TCP or TLS route.
    Nth(u32),
    /// The heading over the routes that serve nothing.
    Loose,
}

/// Routes that serve the same hosts on one listener.
#[derive(Debug)]
pub struct Hosts {
    /// The Gateway's place in [`Tree::gateways`].
    pub gateway: u32,
    /// The listener's place in [`GatewayNode::listeners`].
    pub listener: u32,
    /// The hosts; empty when no route has any left, or none is attached.
    pub hostnames: Vec<Name>,
    /// The attachments, as places in the outline's own list.
    slots: Vec<u32>,
}

/// Objects by namespace and name, numbers in them by value.
fn by_name(one: &Meta, other: &Meta) -> Ordering {
    natural::compare(&one.namespace, &other.namespace).then_with(|| natural::compare(&one.name, &other.name))
}

/// More routes of one host stay in byte order: nobody looks for a name by eye there, and sorting would take too long.
const SORTED_AT_MOST: usize = 5_000;

#[derive(Debug, Clone, Copy)]
struct Slot {
    hosts: u32,
    attached: u32,
}

/// The delegation tree of one [`Analysis`].
#[derive(Debug)]
pub struct Outline {
    analysis: Arc<Analysis>,
    hosts: Vec<Hosts>,
    /// The Gateways in the order of their names.
    gateways: Vec<u32>,
    /// Per Gateway, the range of its `hosts`.
    of_gateway: Vec<std::ops::Range<u32>>,
    slots: Vec<Slot>,
    /// What is looked at; `None` for everything.
    kept: Option<Kept>,
    /// What serves nothing and is looked at, when not everything is.
    loose: Loose,
}

/// Places in [`Tree::unattached`] and [`Tree::orphans`].
#[derive(Debug, Default)]
struct Loose {
    unattached: BTreeSet<u32>,
    orphans: BTreeSet<u32>,
    streams: BTreeSet<u32>,
}

impl Outline {
    /// The outline of an analysis: groups what is attached by listener and hosts, and looks no deeper.
    pub fn of(analysis: Arc<Analysis>) -> Self {
        let mut hosts: Vec<Hosts> = Vec::new();
        let mut slots = Vec::new();
        let mut of_gateway = Vec::new();
        for (gateway, node) in (0u32..).zip(&analysis.tree.gateways) {
            let first = index(hosts.len());
            for (listener, listener_node) in (0u32..).zip(&node.listeners) {
                let of_listener = hosts.len();
                let mut groups: AHashMap<&[Name], usize> = AHashMap::new();
                for (attached_index, attached) in (0u32..).zip(&listener_node.attached) {
                    let group = *groups.entry(&attached.hostnames).or_insert_with(|| {
                        let hostnames = attached.hostnames.clone();
                        hosts.push(Hosts { gateway, listener, hostnames, slots: Vec::new() });
                        hosts.len() - 1
                    });
                    hosts[group].slots.push(index(slots.len()));
                    slots.push(Slot { hosts: index(group), attached: attached_index });
                }
                if listener_node.attached.is_empty() {
                    hosts.push(Hosts { gateway, listener, hostnames: Vec::new(), slots: Vec::new() });
                }
                hosts[of_listener..].sort_by(|one, other| by_hostname(&one.hostnames, &other.hostnames));
                let name = |slot: u32| {
                    let attached = &listener_node.attached[slots[slot as usize].attached as usize];
                    let root = &analysis.tree.roots[attached.root.0 as usize];
                    &analysis.snapshot.route(root.route).meta
                };
                for group in hosts[of_listener..].iter_mut().filter(|group| group.slots.len() <= SORTED_AT_MOST) {
                    group.slots.sort_by(|one, other| by_name(name(*one), name(*other)));
                }
                for (at, group) in hosts.iter().enumerate().skip(of_listener) {
                    group.slots.iter().for_each(|slot| slots[*slot as usize].hosts = index(at));
                }
            }
            of_gateway.push(first..index(hosts.len()));
        }
        let mut gateways: Vec<u32> = (0..index(analysis.tree.gateways.len())).collect();
        let name = |at: &u32| &analysis.tree.gateways[*at as usize].gateway.meta;
        gateways.sort_by(|one, other| by_name(name(one), name(other)));
        Self { analysis, hosts, gateways, of_gateway, slots, kept: None, loose: Loose::default() }
    }

    /// The outline of what touches a scope.
    pub fn within(analysis: Arc<Analysis>, scope: &Scope) -> Self {
        let mut outline = Self::of(analysis);
        outline.kept = Kept::of(&outline.analysis, scope);
        if let Some(kept) = &outline.kept {
            let loose = |id: RouteId| scope.holds(&outline.analysis.snapshot.route(id).meta.namespace);
            let tree = &outline.analysis.tree;
            let unattached =
                (0..).zip(&tree.unattached).filter(|(_, one)| loose(one.route)).map(|(at, _)| at).collect();
            let orphans = (0..).zip(&tree.orphans).filter(|(_, id)| loose(**id)).map(|(at, _)| at).collect();
            debug_assert_eq!(kept.hops.len(), tree.hops.len());
            let streams = (0..).zip(&tree.unattached_streams);
            let streams = streams.filter(|(_, one)| scope.holds(&one.route.meta.namespace)).map(|(at, _)| at).collect();
            outline.loose = Loose { unattached, orphans, streams };
        }
        outline
    }

    /// Whether a node touches what is looked at.
    pub fn keeps(&self, node: NodeRef) -> bool {
        let Some(kept) = &self.kept else { return true };
        let gateway = |hosts: u32| kept.gateways[self.hosts[hosts as usize].gateway as usize];
        match node {
            NodeRef::Gateway(at) => {
                kept.gateways[at as usize]
                    || self.of_gateway[at as usize].clone().any(|hosts| self.keeps(NodeRef::Hosts(hosts)))
            }
            NodeRef::Hosts(hosts) => {
                let slots = &self.hosts[hosts as usize].slots;
                gateway(hosts) || slots.iter().any(|slot| self.keeps(NodeRef::Route(*slot)))
            }
            NodeRef::Route(slot) => {
                gateway(self.slots[slot as usize].hosts)
                    || self.root(slot).hops.clone().any(|hop| kept.hops[hop as usize])
            }
            NodeRef::Match(slot, hop) => gateway(self.slots[slot as usize].hosts) || kept.hops[hop.0 as usize],
            NodeRef::Link(slot, link) => gateway(self.slots[slot as usize].hosts) || kept.links[link.0 as usize],
            NodeRef::Child(slot, child) => gateway(self.slots[slot as usize].hosts) || kept.children[child.0 as usize],
            NodeRef::Backend(..) | NodeRef::Loose | NodeRef::Stream(..) => true,
            NodeRef::UnattachedStream(at) => self.loose.streams.contains(&at),
            NodeRef::Unattached(at) => self.loose.unattached.contains(&at),
            NodeRef::Orphan(at) => self.loose.orphans.contains(&at),
        }
    }

    /// What the outline is of.
    pub fn analysis(&self) -> &Arc<Analysis> {
        &self.analysis
    }

    fn tree(&self) -> &Tree {
        &self.analysis.tree
    }

    /// The topmost nodes: the Gateways, then what serves nothing.
    pub fn roots(&self) -> Vec<NodeRef> {
        let gateways = self.gateways.iter().copied().map(NodeRef::Gateway);
        let loose = if self.kept.is_some() {
            !self.loose.unattached.is_empty() || !self.loose.orphans.is_empty() || !self.loose.streams.is_empty()
        } else {
            let tree = self.tree();
            !tree.unattached.is_empty() || !tree.orphans.is_empty() || !tree.unattached_streams.is_empty()
        };
        gateways.filter(|node| self.keeps(*node)).chain(loose.then_some(NodeRef::Loose)).collect()
    }

    /// The nodes directly under `node`, in order.
    pub fn children(&self, node: NodeRef) -> Vec<NodeRef> {
        let mut children = self.all_children(node);
        if self.kept.is_some() {
            children.retain(|child| self.keeps(*child));
        }
        children
    }

    fn all_children(&self, node: NodeRef) -> Vec<NodeRef> {
        let tree = self.tree();
        match node {
            NodeRef::Gateway(gateway) => self.of_gateway[gateway as usize].clone().map(NodeRef::Hosts).collect(),
            NodeRef::Hosts(hosts) => {
                let streams = (0..self.streams_of(hosts)).map(|at| NodeRef::Stream(hosts, at));
                self.hosts[hosts as usize].slots.iter().map(|slot| NodeRef::Route(*slot)).chain(streams).collect()
            }
            NodeRef::Route(slot) if self.is_served(slot) => {
                self.root(slot).hops.clone().map(|hop| NodeRef::Match(slot, RuleNodeId(hop))).collect()
            }
            NodeRef::Match(slot, hop) => self.under_match(slot, hop),
            NodeRef::Link(slot, link) => {
                tree.links[link.0 as usize].children.clone().map(|child| NodeRef::Child(slot, ChildId(child))).collect()
            }
            NodeRef::Child(slot, child) => {
                tree.children[child.0 as usize].hops.clone().map(|hop| NodeRef::Match(slot, RuleNodeId(hop))).collect()
            }
            NodeRef::Loose => (0..index(tree.unattached.len()))
                .map(NodeRef::Unattached)
                .chain((0..index(tree.unattached_streams.len())).map(NodeRef::UnattachedStream))
                .chain((0..index(tree.orphans.len())).map(NodeRef::Orphan))
                .collect(),
            NodeRef::Stream(..)
            | NodeRef::UnattachedStream(_)
            | NodeRef::Route(_)
            | NodeRef::Backend(..)
            | NodeRef::Unattached(_)
            | NodeRef::Orphan(_) => Vec::new(),
        }
    }

    fn under_match(&self, slot: u32, id: RuleNodeId) -> Vec<NodeRef> {
        let hop = self.hop(id);
        let mut nodes: Vec<NodeRef> = match self.only_link(hop) {
            Some(link) => self.children(NodeRef::Link(slot, link)),
            None => hop.links.clone().map(|link| NodeRef::Link(slot, LinkId(link))).collect(),
        };
        if let Some(Action::Forward(forward)) = hop.own_action().map(Arc::as_ref)
            && (forward.destinations.len() > 1 || matches!(hop.state, MatchState::WeightedDelegation(_)))
        {
            nodes.extend((0..index(forward.destinations.len())).map(|at| NodeRef::Backend(slot, id, at)));
        }
        nodes
    }

    /// Whether `node` has anything under it.
    pub fn has_children(&self, node: NodeRef) -> bool {
        if self.kept.is_some() {
            return !self.children(node).is_empty();
        }
        match node {
            NodeRef::Gateway(gateway) => !self.of_gateway[gateway as usize].is_empty(),
            NodeRef::Hosts(hosts) => !self.hosts[hosts as usize].slots.is_empty() || self.streams_of(hosts) > 0,
            NodeRef::Route(slot) => self.is_served(slot) && !self.root(slot).hops.is_empty(),
            NodeRef::Child(_, child) => !self.child(child).hops.is_empty(),
            NodeRef::Link(_, link) => !self.link(link).children.is_empty(),
            NodeRef::Loose => true,
            NodeRef::Match(slot, hop) => !self.under_match(slot, hop).is_empty(),
            NodeRef::Backend(..)
            | NodeRef::Stream(..)
            | NodeRef::UnattachedStream(_)
            | NodeRef::Unattached(_)
            | NodeRef::Orphan(_) => false,
        }
    }

    /// The node above `node`.
    pub fn parent(&self, node: NodeRef) -> Option<NodeRef> {
        Some(match node {
            NodeRef::Gateway(_) | NodeRef::Loose => return None,
            NodeRef::Hosts(hosts) => NodeRef::Gateway(self.hosts[hosts as usize].gateway),
            NodeRef::Route(slot) => NodeRef::Hosts(self.slots[slot as usize].hosts),
            NodeRef::Match(slot, hop) => match self.hop(hop).under {
                Under::Root(_) => NodeRef::Route(slot),
                Under::Child(child) => NodeRef::Child(slot, child),
            },
            NodeRef::Link(slot, link) => NodeRef::Match(slot, self.link(link).hop),
            NodeRef::Child(slot, child) => {
                let link = self.child(child).link;
                let hop = self.link(link).hop;
                if self.only_link(self.hop(hop)).is_some() {
                    NodeRef::Match(slot, hop)
                } else {
                    NodeRef::Link(slot, link)
                }
            }
            NodeRef::Backend(slot, hop, _) => NodeRef::Match(slot, hop),
            NodeRef::Stream(hosts, _) => NodeRef::Hosts(hosts),
            NodeRef::UnattachedStream(_) | NodeRef::Unattached(_) | NodeRef::Orphan(_) => NodeRef::Loose,
        })
    }

    /// The nodes from the topmost down to `node`, which is the last.
    pub fn ancestry(&self, node: NodeRef) -> Vec<NodeRef> {
        let mut path = vec![node];
        while let Some(above) = self.parent(path[path.len() - 1]) {
            path.push(above);
        }
        path.reverse();
        path
    }

    /// What `node` is called among its siblings.
    pub fn key(&self, node: NodeRef) -> Key {
        let route_key = |id: RouteId, nth: u32| {
            let route = self.analysis.snapshot.route(id);
            Key::Object { kind: route.kind.name(), key: route.meta.key(), nth }
        };
        match node {
            NodeRef::Gateway(gateway) => {
                let node = &self.tree().gateways[gateway as usize];
                Key::Object { kind: "Gateway", key: node.gateway.meta.key(), nth: 0 }
            }
            NodeRef::Hosts(hosts) => Key::Hosts {
                listener: self.listener_name(hosts),
                hostnames: self.hosts[hosts as usize].hostnames.clone(),
            },
            NodeRef::Route(slot) => route_key(self.root(slot).route, self.attached(slot).parent_ref),
            NodeRef::Match(_, hop) => {
                let (rule, index) = (self.hop(hop).rule, self.hop(hop).match_index);
                let first = match self.parent(node) {
                    Some(NodeRef::Route(slot)) => self.root(slot).hops.start,
                    Some(NodeRef::Child(_, child)) => self.child(child).hops.start,
                    _ => hop.0,
                };
                let before = (first..hop.0).rev().map(|before| self.hop(RuleNodeId(before)));
                let same = before.take_while(|before| before.rule == rule).filter(|before| before.match_index == index);
                Key::Match { rule, index, nth: u32::try_from(same.count()).unwrap_or(u32::MAX) }
            }
            NodeRef::Link(_, link) => Key::Ref(self.link(link).ref_index),
            NodeRef::Child(_, child) => route_key(self.child(child).route, self.child(child).pass),
            NodeRef::Backend(_, _, at) => Key::Nth(at),
            NodeRef::Loose => Key::Loose,
            NodeRef::Stream(..) | NodeRef::UnattachedStream(_) => {
                let (route, nth) = self.stream_of(node).map_or((None, 0), |(route, nth)| (Some(route), nth));
                match route {
                    Some(route) => Key::Object { kind: route.kind.name(), key: route.meta.key(), nth },
                    None => Key::Nth(nth),
                }
            }
            NodeRef::Unattached(at) => {
                let unattached = &self.tree().unattached[at as usize];
                route_key(unattached.route, unattached.parent_ref)
            }
            // Beyond any parentRef, so that an orphan is not taken for an unattached route of the same name.
            NodeRef::Orphan(at) => route_key(self.tree().orphans[at as usize], u32::MAX),
        }
    }

    /// The keys from the topmost node down to `node`: its identity, which a reload keeps.
    pub fn path(&self, node: NodeRef) -> Vec<Key> {
        self.ancestry(node).into_iter().map(|node| self.key(node)).collect()
    }

    /// The node of that path, or the deepest of its ancestors that is still there.
    pub fn find(&self, path: &[Key]) -> Option<NodeRef> {
        let mut found = None;
        let mut level = self.roots();
        for key in path {
            let Some(node) = level.into_iter().find(|node| self.key(*node) == *key) else { break };
            found = Some(node);
            level = self.children(node);
        }
        found
    }

    /// The node that decided: the match where the answer's path ends, or the hosts or Gateway where it stopped.
    pub fn deciding(&self, decision: &Decision) -> Option<NodeRef> {
        let table = self.analysis.table.gateways.get(decision.gateway as usize)?;
        let gateway = NodeRef::Gateway(table.node);
        if let Some(route) = &decision.stream() {
            let hosts = self.of_gateway[table.node as usize].clone();
            let here =
                hosts.filter(|at| decision.listener.as_ref().is_none_or(|name| *name == self.listener_name(*at)));
            let mut streams = here.flat_map(|at| (0..self.streams_of(at)).map(move |place| NodeRef::Stream(at, place)));
            let found = streams.find(|node| self.stream_of(*node).is_some_and(|(one, _)| Arc::ptr_eq(one, route)));
            return found.or(Some(gateway));
        }
        let Some(host) = decision.virtual_host.and_then(|at| table.virtual_hosts.get(at as usize)) else {
            return Some(gateway);
        };
        let is_here = |hosts: &u32| {
            decision.listener.as_ref().is_none_or(|name| *name == self.listener_name(*hosts))
                && self.hosts[*hosts as usize].hostnames.contains(&host.hostname)
        };
        let mut here = self.of_gateway[table.node as usize].clone().filter(is_here);
        let Some(hop) = decision.row() else { return here.next().map(NodeRef::Hosts).or(Some(gateway)) };
        let root = self.tree().root_of(hop);
        here.flat_map(|hosts| self.hosts[hosts as usize].slots.iter().copied())
            .find(|slot| self.attached(*slot).root == root)
            .map(|slot| NodeRef::Match(slot, hop))
            .or(Some(gateway))
    }

    /// What files that are laid over a cluster do to the object that begins at a node; `None` when they do not hold it.
    pub fn laid(&self, node: NodeRef) -> Option<&OverlayEntry> {
        let overlaid = &self.analysis.snapshot.overlaid;
        if overlaid.is_empty() {
            return None;
        }
        let (kind, key) = match node {
            NodeRef::Gateway(at) => ("Gateway", self.gateway(at).gateway.meta.key()),
            NodeRef::Hosts(at) => ("ListenerSet", self.listener_of(at).1.set.as_ref()?.meta.key()),
            NodeRef::Route(_) | NodeRef::Child(..) | NodeRef::Unattached(_) | NodeRef::Orphan(_) => {
                let route = self.route_of(node)?;
                (route.kind.name(), route.meta.key())
            }
            _ => return None,
        };
        overlaid.get(&Subject { kind, key })
    }

    /// The Gateway of a [`NodeRef::Gateway`].
    pub fn gateway(&self, gateway: u32) -> &GatewayNode {
        &self.tree().gateways[gateway as usize]
    }

    /// The hosts of a [`NodeRef::Hosts`].
    pub fn hosts(&self, hosts: u32) -> &Hosts {
        &self.hosts[hosts as usize]
    }

    /// The Gateway and listener of a [`NodeRef::Hosts`].
    pub fn listener_of(&self, hosts: u32) -> (&GatewayNode, &ListenerNode) {
        let Hosts { gateway, listener, .. } = self.hosts[hosts as usize];
        let node = self.gateway(gateway);
        (node, &node.listeners[listener as usize])
    }

    fn streams_of(&self, hosts: u32) -> u32 {
        index(self.listener_of(hosts).1.streams.len())
    }

    /// The TCP or TLS route that a node is, and the parentRef in question.
    pub fn stream_of(&self, node: NodeRef) -> Option<(&Arc<StreamRoute>, u32)> {
        match node {
            NodeRef::Stream(hosts, at) => {
                let stream = self.listener_of(hosts).1.streams.all().get(at as usize)?;
                Some((&stream.route, stream.parent_ref))
            }
            NodeRef::UnattachedStream(at) => {
                let unattached = self.tree().unattached_streams.get(at as usize)?;
                Some((&unattached.route, unattached.parent_ref))
            }
            _ => None,
        }
    }

    fn listener_name(&self, hosts: u32) -> Name {
        let (gateway, listener) = self.listener_of(hosts);
        listener_name(gateway, listener)
    }

    /// What attached a [`NodeRef::Route`].
    pub fn attached(&self, slot: u32) -> &Attached {
        let Slot { hosts, attached } = self.slots[slot as usize];
        &self.listener_of(hosts).1.attached[attached as usize]
    }

    /// The expansion of a [`NodeRef::Route`].
    pub fn root(&self, slot: u32) -> &Root {
        &self.tree().roots[self.attached(slot).root.0 as usize]
    }

    /// The hop of a [`NodeRef::Match`].
    pub fn hop(&self, hop: RuleNodeId) -> &RuleNode {
        &self.tree().hops[hop.0 as usize]
    }

    /// The ref of a [`NodeRef::Link`].
    pub fn link(&self, link: LinkId) -> &Link {
        &self.tree().links[link.0 as usize]
    }

    /// The selection of a [`NodeRef::Child`].
    pub fn child(&self, child: ChildId) -> &Child {
        &self.tree().children[child.0 as usize]
    }

    /// The ref that is told on the match's own line, when there is only one.
    pub fn only_link(&self, hop: &RuleNode) -> Option<LinkId> {
        let only = LinkId(hop.links.start);
        (hop.links.len() == 1 && self.link(only).share >= 1.0).then_some(only)
    }

    fn is_served(&self, slot: u32) -> bool {
        let (_, listener) = self.listener_of(self.slots[slot as usize].hosts);
        listener.state == ListenerState::Served && !self.attached(slot).hostnames.is_empty()
    }

    /// The route that `node` is (a part of).
    pub fn route_of(&self, node: NodeRef) -> Option<&Arc<Route>> {
        let id = match node {
            NodeRef::Gateway(_)
            | NodeRef::Hosts(_)
            | NodeRef::Stream(..)
            | NodeRef::UnattachedStream(_)
            | NodeRef::Loose => return None,
            NodeRef::Route(slot) => self.root(slot).route,
            NodeRef::Match(_, hop) | NodeRef::Backend(_, hop, _) => self.hop(hop).route,
            NodeRef::Link(_, link) => self.hop(self.link(link).hop).route,
            NodeRef::Child(_, child) => self.child(child).route,
            NodeRef::Unattached(at) => self.tree().unattached[at as usize].route,
            NodeRef::Orphan(at) => self.tree().orphans[at as usize],
        };
        Some(self.analysis.snapshot.route(id))
    }

    /// Where `node` is written.
    pub fn place(&self, node: NodeRef) -> Option<Location> {
        let route = self.route_of(node);
        let within = |at| route.map(|route| Location::within(&route.meta.origin, at));
        match node {
            NodeRef::Loose => None,
            NodeRef::Stream(..) | NodeRef::UnattachedStream(_) => {
                let origin = &self.stream_of(node)?.0.meta.origin;
                Some(Location::within(origin, origin.at))
            }
            NodeRef::Gateway(gateway) => {
                let node = self.gateway(gateway);
                let origin = &node.gateway.meta.origin;
                (!node.assumed).then(|| Location::within(origin, origin.at))
            }
            NodeRef::Hosts(hosts) => {
                let (gateway, listener) = self.listener_of(hosts);
                let origin = listener.set.as_ref().map_or(&gateway.gateway.meta.origin, |set| &set.meta.origin);
                (!gateway.assumed).then(|| Location::within(origin, written_listener(gateway, listener).at))
            }
            NodeRef::Route(_) | NodeRef::Child(..) | NodeRef::Orphan(_) => within(route?.meta.origin.at),
            NodeRef::Match(_, hop) => within(match_position(self.hop(hop), route?)),
            NodeRef::Link(_, id) => {
                let link = self.link(id);
                let rule = &route?.rules[self.hop(link.hop).rule as usize];
                within(rule.backend_refs.get(link.ref_index as usize).map_or(rule.at, |backend| backend.at))
            }
            NodeRef::Backend(_, hop, at) => match self.hop(hop).own_action().map(Arc::as_ref) {
                Some(Action::Forward(forward)) => within(forward.destinations.get(at as usize)?.at),
                _ => None,
            },
            NodeRef::Unattached(at) => {
                let parent_ref = self.tree().unattached[at as usize].parent_ref;
                within(route?.parent_refs.get(parent_ref as usize)?.at)
            }
        }
    }
}

/// Hosts as a person looks for them: `h2` before `h10`, the wildcard of all hosts behind the others, none last.
fn by_hostname(one: &[Name], other: &[Name]) -> Ordering {
    let rank = |names: &[Name]| match names.first() {
        Some(name) if name != "*" => 0,
        Some(_) => 1,
        None => 2,
    };
    let names = || {
        let pairs = one.iter().zip(other).map(|(one, other)| natural::compare(one, other));
        pairs.fold(Ordering::Equal, Ordering::then)
    };
    rank(one).cmp(&rank(other)).then_with(names).then_with(|| one.len().cmp(&other.len()))
}

/// Where a hop is written: its match, or the rule where the match is a default.
pub fn match_position(hop: &RuleNode, route: &Route) -> routescope_core::model::Position {
    let Some(rule) = route.rules.get(hop.rule as usize) else { return route.meta.origin.at };
    let written = hop.match_index.and_then(|at| rule.matches.get(at as usize)).map(|written| written.at);
    written.filter(|at| at.is_known()).unwrap_or(rule.at)
}

/// The listener as written.
pub fn written_listener<'a>(gateway: &'a GatewayNode, node: &'a ListenerNode) -> &'a Listener {
    let listeners = node.set.as_ref().map_or(&gateway.gateway.listeners, |set| &set.listeners);
    &listeners[node.index as usize]
}

/// What [`routescope_core::router::VirtualHost::listeners`] calls a listener: its name, behind `namespace/set/` in a `ListenerSet`.
pub fn listener_name(gateway: &GatewayNode, node: &ListenerNode) -> Name {
    let name = &written_listener(gateway, node).name;
    match &node.set {
        None => name.clone(),
        Some(set) => Name::from(format!("{}/{}/{name}", set.meta.namespace, set.meta.name)),
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
