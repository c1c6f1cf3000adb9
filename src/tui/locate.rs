//! From findings, objects and rows of the table to nodes of the tree, and back.

use routescope_core::finding::{Finding, Subject};
use routescope_core::model::ObjectKey;
use routescope_core::resolve::{Action, Destination, RuleNode, RuleNodeId, Under};
use routescope_render::outline::{NodeRef, Outline};

use super::context_pane::PaneContent;

/// The object that a node is (a part of): its kind and key.
pub fn object(outline: &Outline, node: NodeRef) -> Option<(&'static str, ObjectKey)> {
    match node {
        NodeRef::Loose => None,
        NodeRef::Gateway(gateway) => Some(("Gateway", outline.gateway(gateway).gateway.meta.key())),
        NodeRef::Hosts(hosts) => {
            let (gateway, listener) = outline.listener_of(hosts);
            Some(match &listener.set {
                Some(set) => ("ListenerSet", set.meta.key()),
                None => ("Gateway", gateway.gateway.meta.key()),
            })
        }
        NodeRef::Stream(..) | NodeRef::UnattachedStream(_) => {
            outline.stream_of(node).map(|(route, _)| (route.kind.name(), route.meta.key()))
        }
        _ => outline.route_of(node).map(|route| (route.kind.name(), route.meta.key())),
    }
}

/// The node of a hop, under the attachment that `near` is below, or else under the first that is served. Where none is,
/// the tree has no rows below the route: it is the route's node then.
pub fn hop(outline: &Outline, hop: RuleNodeId, near: Option<NodeRef>) -> Option<NodeRef> {
    let slot_of = |node| match node {
        NodeRef::Route(slot)
        | NodeRef::Match(slot, _)
        | NodeRef::Link(slot, _)
        | NodeRef::Child(slot, _)
        | NodeRef::Backend(slot, _, _) => Some(slot),
        _ => None,
    };
    let tree = &outline.analysis().tree;
    let root = tree.root_of(hop);
    let is_here = |slot: u32| outline.attached(slot).root == root;
    let is_served = |slot: u32| outline.has_children(NodeRef::Route(slot));
    if let Some(slot) = near.and_then(slot_of).filter(|slot| is_here(*slot) && is_served(*slot)) {
        return Some(NodeRef::Match(slot, hop));
    }
    let mut not_served = None;
    for (slot, route) in routes(outline).filter(|(slot, _)| is_here(*slot)) {
        if is_served(slot) {
            return Some(NodeRef::Match(slot, hop));
        }
        not_served.get_or_insert(route);
    }
    not_served
}

/// The attached routes, in the order of the tree.
fn routes(outline: &Outline) -> impl Iterator<Item = (u32, NodeRef)> + '_ {
    let hosts = outline.roots().into_iter().flat_map(|gateway| outline.children(gateway));
    hosts.flat_map(|hosts| outline.children(hosts)).filter_map(|node| match node {
        NodeRef::Route(slot) => Some((slot, node)),
        _ => None,
    })
}

/// The node a finding is about: the innermost that is written where the finding points, or the object's own.
pub fn finding(world: &PaneContent, finding: &Finding) -> Option<NodeRef> {
    let subject = finding.subject.as_ref()?;
    match finding_hop(world, finding, subject) {
        Some(hop) => self::hop(&world.outline, hop, None),
        None => self::subject(world, subject),
    }
}

/// The first node that an object has in the tree; a Service's is the match that leads to it.
pub fn subject(world: &PaneContent, subject: &Subject) -> Option<NodeRef> {
    let outline = &world.outline;
    if subject.kind == "Service" {
        return self::hop(outline, leads_to(world, &subject.key)?, None);
    }
    let is_it =
        |node: &NodeRef| object(outline, *node).is_some_and(|(kind, key)| kind == subject.kind && key == subject.key);
    let roots = outline.roots();
    if let Some(gateway) = roots.iter().find(|node| is_it(node)) {
        return Some(*gateway);
    }
    let loose = roots.iter().filter(|node| **node == NodeRef::Loose).flat_map(|node| outline.children(*node));
    if let Some(node) = loose.into_iter().find(|node| is_it(node)) {
        return Some(node);
    }
    if let Some((_, node)) = routes(outline).find(|(_, node)| is_it(node)) {
        return Some(node);
    }
    // A delegated route: the first place it has in the tree.
    let tree = &world.analysis.tree;
    let named = |id| {
        let route = world.analysis.snapshot.route(id);
        route.kind.name() == subject.kind && route.meta.key() == subject.key
    };
    let (index, child) = tree.children.iter().enumerate().find(|(_, child)| named(child.route))?;
    let above = tree.links[child.link.0 as usize].hop;
    let NodeRef::Match(slot, _) = hop(outline, above, None)? else { return None };
    Some(NodeRef::Child(slot, routescope_core::resolve::ChildId(u32::try_from(index).ok()?)))
}

/// The first hop that forwards to a Service.
fn leads_to(world: &PaneContent, service: &ObjectKey) -> Option<RuleNodeId> {
    let is_it = |to: &Destination| to.kind == "Service" && to.namespace == service.namespace && to.name == service.name;
    let forwards = |hop: &RuleNode| match hop.action().map(std::sync::Arc::as_ref) {
        Some(Action::Forward(forward)) => forward.destinations.iter().any(is_it),
        _ => false,
    };
    let at = world.analysis.tree.hops.iter().position(forwards)?;
    u32::try_from(at).ok().map(RuleNodeId)
}

/// The hop that is written closest above the finding's place, in the finding's own object.
fn finding_hop(world: &PaneContent, finding: &Finding, subject: &Subject) -> Option<RuleNodeId> {
    let at = finding.place.as_ref()?.at;
    let analysis = &world.analysis;
    let mut best: Option<(u32, usize)> = None;
    for (index, hop) in analysis.tree.hops.iter().enumerate() {
        let route = analysis.snapshot.route(hop.route);
        if route.kind.name() != subject.kind || route.meta.name != subject.key.name || route.meta.key() != subject.key {
            continue;
        }
        let line = route.rules.get(hop.rule as usize).map_or(0, |rule| rule.at.line);
        if line > 0 && line <= at.line && best.is_none_or(|(known, _)| line > known) {
            best = Some((line, index));
        }
    }
    best.and_then(|(_, index)| u32::try_from(index).ok()).map(RuleNodeId)
}

/// The match above a hop's route, if it is delegated.
pub fn parent_hop(outline: &Outline, hop: RuleNodeId) -> Option<RuleNodeId> {
    match outline.hop(hop).under {
        Under::Root(_) => None,
        Under::Child(child) => Some(outline.link(outline.child(child).link).hop),
    }
}
