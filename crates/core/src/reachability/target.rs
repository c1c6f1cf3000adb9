//! By which rows requests reach a Service, a Backend or a route, and what prevents it where none does.

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::AHashMap;

use crate::finding::NotAttached;
use crate::model::{Name, RouteKind, StreamRoute};
use crate::resolve::{Action, ChildState, Destination, DropReason, LinkId, MatchState, OwnShare, RuleNodeId};
use crate::router::Router;
use crate::store::RouteId;

use super::rows::{Below, Reach, Reachability};

/// A rule of a route.
type RuleId = (RouteId, u32);

/// What is to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `Service`, `HTTPRoute`, …
    pub kind: Name,
    /// Its namespace.
    pub namespace: Name,
    /// Its name.
    pub name: Name,
}

impl Target {
    pub(super) fn is_destination(&self, to: &Destination) -> bool {
        to.kind == self.kind && to.namespace == self.namespace && to.name == self.name
    }

    fn route_kind(&self) -> Option<RouteKind> {
        [RouteKind::Http, RouteKind::Grpc].into_iter().find(|kind| kind.name() == self.kind)
    }
}

/// A row by which requests reach it.
#[derive(Debug)]
pub struct Entry {
    /// The Gateway's place in the table.
    pub gateway: u32,
    /// The virtual host's place in the Gateway's table.
    pub virtual_host: u32,
    /// The row.
    pub row: RuleNodeId,
    /// The share of its requests that get there.
    pub share: f64,
    /// A request that does, or why there is none.
    pub reach: Reach,
}

/// What prevents requests from reaching it.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the fields say where
pub enum Obstacle {
    /// No rule refers to it (for a route: no parent, and no ref that selects it).
    NoReference,
    /// This rule does, and its route is attached nowhere: why, when it has a parentRef.
    Unattached { route: RouteId, rule: u32, why: Option<NotAttached> },
    /// This TCP or TLS route does, and is attached nowhere: why.
    UnattachedStream { route: Arc<StreamRoute>, why: NotAttached },
    /// This match of a rule that does is in no table.
    Dropped { row: RuleNodeId, reason: DropReason },
    /// This row refers to it, and the gateway answers in its place.
    Broken { row: RuleNodeId, state: &'static str },
    /// This row refers to it with no share of the traffic.
    NoShare { row: RuleNodeId },
    /// A ref selected the route and did not take it.
    NotTaken { link: LinkId, state: ChildState },
}

/// The rows that lead to `target`, in evaluation order. `wanted` narrows them, before any request is looked for.
pub fn entries(
    reachability: &Reachability<'_>,
    router: Router<'_>,
    target: &Target,
    wanted: &dyn Fn(u32, u32, RuleNodeId) -> bool,
) -> Vec<Entry> {
    let mut finder =
        Finder { reachability, router, target, wanted, route: route_of(router, target), found: Vec::new() };
    // Hosts that the same routes serve share their rows: what leads there is looked for once.
    let mut leading: AHashMap<*const RuleNodeId, Vec<(u32, RuleNodeId)>> = AHashMap::new();
    for (gateway, table) in (0..).zip(&router.table().gateways) {
        for (virtual_host, host) in (0..).zip(&table.virtual_hosts) {
            let rows = leading.entry(host.rows.as_ptr()).or_insert_with(|| {
                let rows = (0..).zip(host.rows.iter().copied());
                rows.filter(|(_, row)| finder.may_lead(*row)).collect()
            });
            for (position, row) in rows.iter().copied() {
                let standing = RowPosition { gateway, virtual_host, position, below: Below::default(), share: 1.0 };
                finder.row(&standing, row, 0);
            }
        }
    }
    finder.found
}

fn route_of(router: Router<'_>, target: &Target) -> Option<RouteId> {
    let kind = target.route_kind()?;
    let is_it = |route: &crate::model::Route| {
        route.kind == kind && route.meta.namespace == target.namespace && route.meta.name == target.name
    };
    let at = router.snapshot().routes.iter().position(|route| is_it(route))?;
    u32::try_from(at).ok().map(RouteId)
}

struct Finder<'f, 'r, 'a> {
    reachability: &'f Reachability<'r>,
    router: Router<'a>,
    target: &'f Target,
    wanted: &'f dyn Fn(u32, u32, RuleNodeId) -> bool,
    /// The target, when it is a route.
    route: Option<RouteId>,
    found: Vec<Entry>,
}

struct RowPosition {
    gateway: u32,
    virtual_host: u32,
    position: u32,
    below: Below,
    share: f64,
}

/// How deep refs are followed, hop by hop.
const DEPTH: usize = 12;

impl Finder<'_, '_, '_> {
    /// Whether a row, or one below it, may lead to the target.
    fn may_lead(&self, row: RuleNodeId) -> bool {
        match &self.router.tree().hops[row.0 as usize].state {
            MatchState::Row(action) if self.route.is_none() => self.share_of(action) > 0.0,
            MatchState::Row(_) | MatchState::WeightedDelegation(_) => true,
            MatchState::Delegates | MatchState::Dropped(_) => false,
        }
    }

    fn row(&mut self, standing: &RowPosition, row: RuleNodeId, depth: usize) {
        let tree = self.router.tree();
        let hop = &tree.hops[row.0 as usize];
        let share = match (&hop.state, self.route) {
            (MatchState::Row(action) | MatchState::WeightedDelegation(Some(OwnShare { action, .. })), None) => {
                self.share_of(action)
            }
            (MatchState::Row(_) | MatchState::WeightedDelegation(_), Some(route)) => {
                let passes = tree.chain(row).iter().any(|step| tree.hops[step.0 as usize].route == route);
                if passes { 1.0 } else { 0.0 }
            }
            _ => 0.0,
        };
        if share > 0.0 {
            if (self.wanted)(standing.gateway, standing.virtual_host, row) {
                let RowPosition { gateway, virtual_host, position, below, .. } = standing;
                let reach = self.reachability.below(*gateway, *virtual_host, *position, below);
                let entry =
                    Entry { gateway: *gateway, virtual_host: *virtual_host, row, share: standing.share * share, reach };
                self.found.push(entry);
            }
            if self.route.is_some() {
                return;
            }
        }
        if !matches!(hop.state, MatchState::WeightedDelegation(_)) || depth > DEPTH {
            return;
        }
        for link in hop.links.clone().map(LinkId) {
            let node = &tree.links[link.0 as usize];
            let Some(group) = self.router.table().groups.get(self.router.snapshot(), tree, link) else { continue };
            if node.share <= 0.0 || node.broken.is_some() {
                continue;
            }
            let mut seen: Vec<RuleNodeId> = Vec::new();
            for below in group.tiers.iter().flat_map(|tier| tier.rows.iter().copied()) {
                if seen.contains(&below) {
                    continue;
                }
                seen.push(below);
                let next = RowPosition {
                    gateway: standing.gateway,
                    virtual_host: standing.virtual_host,
                    position: standing.position,
                    below: standing.below.then(link, below),
                    share: standing.share * node.share,
                };
                self.row(&next, below, depth + 1);
            }
        }
    }

    fn share_of(&self, action: &Action) -> f64 {
        let Action::Forward(forward) = action else { return 0.0 };
        let to = forward.destinations.iter().filter(|to| self.target.is_destination(to) && !to.state.is_broken());
        to.map(|to| to.share).sum()
    }
}

/// Why no row leads to `target`, as far as its own rules and the refs to it tell.
pub fn obstacles(router: Router<'_>, target: &Target) -> Vec<Obstacle> {
    let (tree, snapshot) = (router.tree(), router.snapshot());
    let mut obstacles = Vec::new();
    if let Some(route) = route_of(router, target) {
        for (at, hop) in (0..).zip(&tree.hops) {
            if hop.route == route
                && let MatchState::Dropped(reason) = &hop.state
            {
                obstacles.push(Obstacle::Dropped { row: RuleNodeId(at), reason: reason.clone() });
            }
        }
        let refused = tree.children.iter().filter(|child| child.route == route && child.state != ChildState::Adopted);
        obstacles.extend(refused.map(|child| Obstacle::NotTaken { link: child.link, state: child.state }));
        let unattached = tree.unattached.iter().filter(|one| one.route == route);
        obstacles.extend(unattached.map(|one| Obstacle::Unattached { route, rule: 0, why: Some(one.why.clone()) }));
    } else {
        let mut referring: BTreeMap<RuleId, Vec<RuleNodeId>> = BTreeMap::new();
        for (at, route) in (0..).zip(&snapshot.routes) {
            for (number, rule) in (0..).zip(&route.rules) {
                let refers = rule.backend_refs.iter().any(|to| {
                    let namespace = to.namespace.as_ref().unwrap_or(&route.meta.namespace);
                    to.kind == target.kind && *namespace == target.namespace && to.name == target.name
                });
                if refers {
                    referring.insert((RouteId(at), number), Vec::new());
                }
            }
        }
        if !referring.is_empty() {
            for (at, hop) in (0..).zip(&tree.hops) {
                if let Some(places) = referring.get_mut(&(hop.route, hop.rule)) {
                    places.push(RuleNodeId(at));
                }
            }
        }
        for (rule, places) in &referring {
            of_rule(router, target, *rule, places, &mut obstacles);
        }
    }
    for one in &tree.unattached_streams {
        let route = &one.route;
        let is_it = route.kind.name() == target.kind
            && (&route.meta.namespace, &route.meta.name) == (&target.namespace, &target.name);
        let mut refs = route.rules.iter().flat_map(|rule| &rule.backend_refs);
        let refers = refs.any(|to| {
            let namespace = to.namespace.as_ref().unwrap_or(&route.meta.namespace);
            to.kind == target.kind && *namespace == target.namespace && to.name == target.name
        });
        if is_it || refers {
            let (route, why) = (Arc::clone(route), one.why.clone());
            obstacles.push(Obstacle::UnattachedStream { route, why });
        }
    }
    if obstacles.is_empty() {
        obstacles.push(Obstacle::NoReference);
    }
    obstacles
}

/// What becomes of the places of a rule that refers to the target.
fn of_rule(
    router: Router<'_>,
    target: &Target,
    (route, rule): RuleId,
    places: &[RuleNodeId],
    obstacles: &mut Vec<Obstacle>,
) {
    let tree = router.tree();
    for &row in places {
        match &tree.hops[row.0 as usize].state {
            MatchState::Dropped(reason) => obstacles.push(Obstacle::Dropped { row, reason: reason.clone() }),
            MatchState::Row(action) | MatchState::WeightedDelegation(Some(OwnShare { action, .. })) => {
                let Action::Forward(forward) = action.as_ref() else {
                    obstacles.push(Obstacle::Broken { row, state: "replaced" });
                    continue;
                };
                for to in forward.destinations.iter().filter(|to| target.is_destination(to)) {
                    if to.state.is_broken() {
                        obstacles.push(Obstacle::Broken { row, state: to.state.name() });
                    } else if to.share <= 0.0 {
                        obstacles.push(Obstacle::NoShare { row });
                    }
                }
            }
            MatchState::Delegates | MatchState::WeightedDelegation(None) => {}
        }
    }
    if places.is_empty() {
        let why = tree.unattached.iter().find(|one| one.route == route).map(|one| one.why.clone());
        obstacles.push(Obstacle::Unattached { route, rule, why });
    }
}
