//! Policies of Gateways and listeners. One that cannot be built takes all routes with it: of a Gateway, every route
//! configuration becomes one virtual host `*` that answers 500; of an HTTPS listener, its own; of an HTTP listener,
//! which shares its port's configuration, each of its virtual hosts keeps its name and answers 500.
//!
//! Source: kgateway `pkg/kgateway/translator/irtranslator/route.go` (`ComputeRouteConfiguration`, `computeVirtualHost`,
//! `setFallBackConfig`), `pkg/krtcollections/policy.go` (`GatewaysForEnvoyTransformationFunc`).

use std::sync::Arc;

use super::policy::{Effect, Policies, Target};
use super::settings::Engine;
use super::{GatewayNode, ListenerNode, MatchState, RootId, RuleNode, RuleNodeId, Tree, Uncertainty, Under};
use crate::model::{Name, PathKind, PathMatch, Position, Protocol, RouteMatch};
use crate::store::Snapshot;

/// What the policies of one Gateway come to: its own, and those of each of its listeners.
pub(super) struct Effects {
    node: usize,
    whole: Effect,
    listeners: Vec<Effect>,
}

/// Weighs the policies of every Gateway, and adds to `uncertain` (by root) what makes answers under them uncertain.
pub(super) fn weigh(policies: &Policies, tree: &Tree, uncertain: &mut [Vec<Uncertainty>]) -> Vec<Effects> {
    let mut all = Vec::new();
    for (at, node) in tree.gateways.iter().enumerate() {
        if node.dialect.engine != Engine::Kgateway {
            continue;
        }
        let mut whole = Effect::default();
        policies.weigh(Target::Gateway, &node.gateway.meta, None, &mut whole);
        let listeners: Vec<Effect> = node.listeners.iter().map(|one| of_listener(policies, node, one)).collect();
        for (listener, effect) in node.listeners.iter().zip(&listeners) {
            for attached in &listener.attached {
                let known = &mut uncertain[attached.root.0 as usize];
                for one in effect.uncertain.iter().chain(&whole.uncertain) {
                    if !known.contains(one) {
                        known.push(one.clone());
                    }
                }
            }
        }
        all.push(Effects { node: at, whole, listeners });
    }
    all
}

/// Notes what stands in place of a Gateway's or a listener's routes. Comes after the roots are expanded.
pub(super) fn replace(snapshot: &Snapshot, tree: &mut Tree, effects: &[Effects]) {
    for Effects { node: at, whole, listeners } in effects {
        let node = &mut tree.gateways[*at];
        node.status_messages.clone_from(&whole.status_messages);
        for (listener, effect) in node.listeners.iter_mut().zip(listeners) {
            listener.status_messages.clone_from(&effect.status_messages);
        }
        // A row is below some route: the first that has rules.
        let mut roots = node.listeners.iter().flat_map(|one| &one.attached).map(|attached| attached.root);
        let has_rules = |root: &RootId| !snapshot.route(tree.roots[root.0 as usize].route).rules.is_empty();
        let Some(root) = roots.find(has_rules) else { continue };
        let instead = row(tree, root, whole);
        tree.gateways[*at].replaced = instead;
        for (index, effect) in listeners.iter().enumerate() {
            let instead = row(tree, root, effect);
            tree.gateways[*at].listeners[index].replaced = instead;
        }
    }
}

impl GatewayNode {
    /// The HTTP listener to whom a virtual host of a shared port belongs: the one with the longest hostname that contains
    /// it, whichever the routes attached to (kgateway `translateHttpFilterChain`).
    pub fn owner(&self, port: u16, host: &str) -> Option<&ListenerNode> {
        let mut longest: Option<(usize, &ListenerNode)> = None;
        for listener in self.listeners.iter().filter(|listener| listener.is_served()) {
            let written = listener.listener(&self.gateway);
            if written.protocol != Protocol::Http || listener.port(&self.gateway) != port {
                continue;
            }
            let contains = written.hostname.as_ref().is_none_or(|name| {
                let tail = name.strip_prefix('*').filter(|tail| tail.starts_with('.'));
                name == host || tail.is_some_and(|tail| host.ends_with(tail))
            });
            let length = written.hostname.as_ref().map_or(0, Name::len);
            if contains && longest.is_none_or(|(known, _)| length > known) {
                longest = Some((length, listener));
            }
        }
        longest.map(|(_, listener)| listener)
    }
}

fn of_listener(policies: &Policies, node: &GatewayNode, listener: &ListenerNode) -> Effect {
    let mut effect = Effect::default();
    let name: &Name = &listener.listener(&node.gateway).name;
    match &listener.set {
        None => policies.weigh(Target::Gateway, &node.gateway.meta, Some(name), &mut effect),
        Some(set) => {
            policies.weigh(Target::ListenerSet, &set.meta, Some(name), &mut effect);
            policies.weigh(Target::ListenerSet, &set.meta, None, &mut effect);
        }
    }
    effect
}

/// The one row of what replaces a table, if anything does.
fn row(tree: &mut Tree, root: RootId, effect: &Effect) -> Option<RuleNodeId> {
    let action = effect.replacement()?;
    let id = RuleNodeId(u32::try_from(tree.hops.len()).ok()?);
    let path = PathMatch { kind: PathKind::PathPrefix, value: Name::new_static("/") };
    tree.hops.push(RuleNode {
        under: Under::Root(root),
        route: tree.roots[root.0 as usize].route,
        rule: 0,
        match_index: None,
        matcher: Arc::new(RouteMatch {
            at: Position::default(),
            path,
            method: None,
            headers: Vec::new(),
            query_params: Vec::new(),
            grpc: None,
        }),
        state: MatchState::Row(Arc::new(action)),
        links: 0..0,
        unverified: Vec::new(),
    });
    Some(id)
}
