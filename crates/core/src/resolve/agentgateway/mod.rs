//! Expands a root hop by hop, as agentgateway walks it: every level is a table of its own, and a request is matched
//! again below. Its column in `docs/fidelity.md` says what comes of that.
//!
//! ```text
//! hop (a match of a rule) ─┬─ its own action, for the share of backendRefs that delegate nowhere
//!                          └─ link (a delegating ref, with its share) ── group: the rows of the routes it selects
//! ```
//!
//! Nothing of a parent's match is held against a child's: whatever child lets itself be adopted stands in the group.
//!
//! Sources: agentgateway `controller/pkg/agentgateway/translator/route_collections.go` (`buildDelegatedHTTPRoutes`,
//! `childAllowsParent`, `routeMatchesRouteGroup`), `crates/agentgateway/src/proxy/httpproxy.rs` (`select_route_chain`).

mod attached;
mod convert;
mod matcher;
mod patterns;

use std::ops::Range;
use std::sync::Arc;

pub(super) use self::attached::AttachedTo;
use self::convert::Filters;
pub(super) use self::patterns::Patterns;
use super::backend::{Lookup, Permission, Referred, Referrer};
use super::budget;
use super::delegate::{Expander, index};
use super::matching::match_all;
use super::select;
use super::settings::Dialect;
use super::{
    Action, BrokenLink, ChildState, DropReason, Link, LinkId, MatchState, OwnShare, Root, RootId, RuleNode, RuleNodeId,
    Under, Unlisted, Via, ViaBy,
};
use crate::finding::RuleRefusal;
use crate::model::{GATEWAY_GROUP, Name, PathKind, Route, RouteKind, RouteMatch};
use crate::resolve::Uncertainty;
use crate::store::RouteId;

/// A route at one place of the walk, and the way to it.
struct Step<'s> {
    route: RouteId,
    above: Option<&'s Step<'s>>,
    /// The group it was reached through: whose ref, to which namespace, by which name.
    group: Option<Group<'s>>,
    /// The filters of the rules above.
    filters: Filters,
    depth: usize,
    node: Option<u32>,
    dialect: &'static Dialect,
    /// It is the first place of its route, which the budget is not charged for.
    free: bool,
}

/// The routes behind a ref. Refs of one route that read alike share it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Group<'s> {
    source: RouteId,
    namespace: &'s Name,
    name: &'s Name,
}

impl Step<'_> {
    /// Whether a request here has passed through `group`: inside, it would be taken by the very same rule again.
    fn has_passed(&self, group: Group<'_>) -> bool {
        self.group == Some(group) || self.above.is_some_and(|above| above.has_passed(group))
    }
}

/// The routes of a ref that are not taken: how many more are kept to be shown, and how many are only counted.
struct Losers {
    room: usize,
    unlisted: Vec<(ChildState, usize)>,
}

impl<'a> Expander<'a> {
    /// Expands one root. `uncertain` says why its attachment is not.
    pub(super) fn root_hop_by_hop(&mut self, id: RootId, root: &mut Root, uncertain: &[Uncertainty]) {
        let route: &'a Route = self.snapshot.route(root.route);
        let step = Step {
            route: root.route,
            above: None,
            group: None,
            filters: Filters::default(),
            depth: 0,
            node: root.node,
            dialect: root.dialect,
            free: self.common.placed.is_first(root.route),
        };
        (self.cut, self.unevaluated) = (None, false);
        let refused = (0..route.rules.len()).find_map(|rule| {
            let refusal = self.refused(&step, route, rule)?;
            Some(RuleRefusal { rule: (route.rules.len() > 1).then(|| index(rule)), ..refusal })
        });
        root.hops = self.step(&step, Under::Root(id), refused.as_ref(), &mut root.rows);
        (root.cut, root.unevaluated) = (self.cut, self.unevaluated);
        for hop in root.hops.clone() {
            self.tree.hops[hop as usize].unverified.extend(uncertain.iter().cloned());
        }
    }

    fn lookup(&self) -> Lookup<'a> {
        Lookup { snapshot: self.snapshot, settings: self.settings }
    }

    fn refused(&self, step: &Step<'_>, route: &Route, rule: usize) -> Option<RuleRefusal> {
        let delegates = |one: &_| select::delegates(step.dialect, route.kind, one).is_some();
        convert::refused(self.lookup(), route, &route.rules[rule], &delegates, step.above.is_some())
    }

    /// The hops of a route; those that are rows of the table it stands in go to `rows`.
    fn step(
        &mut self,
        step: &Step<'_>,
        under: Under,
        refused: Option<&RuleRefusal>,
        rows: &mut Vec<RuleNodeId>,
    ) -> Range<u32> {
        let route: &'a Route = self.snapshot.route(step.route);
        let first = self.tree.hops.len();
        for (rule, written) in route.rules.iter().enumerate() {
            let of_rule = match refused {
                Some(refusal) => Some(refusal.clone()),
                None if step.above.is_some() => self.refused(step, route, rule),
                None => None,
            };
            let mut push = |match_index, matcher: Arc<RouteMatch>, dropped: Option<DropReason>| {
                self.tree.hops.push(RuleNode {
                    under,
                    route: step.route,
                    rule: index(rule),
                    match_index,
                    matcher,
                    state: dropped.map_or(MatchState::Delegates, MatchState::Dropped),
                    links: 0..0,
                    unverified: Vec::new(),
                });
            };
            if written.matches.is_empty() {
                push(None, match_all(), Some(DropReason::MatchesNothing));
            }
            for (at, matcher) in written.matches.iter().enumerate() {
                let matcher = matcher::converted(matcher);
                let never = || self.common.patterns.never(&matcher);
                let dropped = of_rule.clone().map(|refusal| DropReason::Refused(Box::new(refusal))).or_else(never);
                self.unevaluated |= matches!(dropped, Some(DropReason::NotEvaluated { .. }));
                push(Some(index(at)), matcher, dropped);
            }
        }
        let hops = first..self.tree.hops.len();
        if !step.free {
            self.budget.spent +=
                hops.len() * (size_of::<RuleNode>() + size_of::<RouteMatch>() + budget::cost_of_row(None, step.depth));
        }
        let mut at = hops.start;
        while at < hops.end {
            let rule = self.tree.hops[at].rule;
            let end = (at..hops.end).find(|&hop| self.tree.hops[hop].rule != rule).unwrap_or(hops.end);
            if (at..end).any(|hop| self.stands(hop)) {
                self.rule(step, route, rule, at..end, rows);
            }
            at = end;
        }
        index(hops.start)..index(hops.end)
    }

    fn stands(&self, hop: usize) -> bool {
        !matches!(self.tree.hops[hop].state, MatchState::Dropped(_))
    }

    /// What becomes of the matches of one rule.
    fn rule(&mut self, step: &Step<'_>, route: &'a Route, rule: u32, hops: Range<usize>, rows: &mut Vec<RuleNodeId>) {
        let lookup = self.lookup();
        let written = &route.rules[rule as usize];
        let filters = step.filters.below(lookup, route, written);
        let total: f64 = written.backend_refs.iter().map(|one| f64::from(one.weight)).sum();
        let share = |weight: u32| if total > 0.0 { f64::from(weight) / total } else { 0.0 };
        let mut destinations = Vec::new();
        let mut links: Vec<(u32, Via, f64)> = Vec::new();
        for (at, reference) in (0_u32..).zip(&written.backend_refs) {
            if let Some(by) = select::delegates(step.dialect, route.kind, reference) {
                let namespace = reference.namespace.clone().unwrap_or_else(|| route.meta.namespace.clone());
                // The name stands for nothing but itself: an empty one selects nothing.
                let by = if by == ViaBy::Wildcard && reference.name.is_empty() { ViaBy::Name } else { by };
                let via = Via { by, value: reference.name.clone(), namespace };
                links.push((at, via, share(reference.weight)));
            } else {
                let mut destination = convert::destination(lookup, route, reference);
                destination.share = share(reference.weight);
                destinations.push(destination);
            }
        }
        let forks = links.iter().any(|(_, _, share)| *share > 0.0);
        let own: f64 = destinations.iter().map(|one| one.share).sum();
        let mut made: [Option<(Arc<Action>, Option<Uncertainty>)>; 2] = [None, None];
        for hop in hops.filter(|hop| !matches!(self.tree.hops[*hop].state, MatchState::Dropped(_))).collect::<Vec<_>>()
        {
            self.links_hop_by_hop(step, RuleNodeId(index(hop)), &links, &filters);
            let path = self.tree.hops[hop].matcher.path.kind;
            let made = &mut made[usize::from(path == PathKind::PathPrefix)];
            let (action, uncertainty) = made.get_or_insert_with(|| {
                let (action, uncertainty) = convert::action(&filters, written, destinations.clone(), path);
                if !step.free {
                    self.budget.spent += budget::cost_of_row(Some(&action), step.depth);
                }
                (Arc::new(action), uncertainty)
            });
            let node = &mut self.tree.hops[hop];
            node.unverified.extend(uncertainty.iter().filter(|_| !forks || own > 0.0).cloned());
            node.state = if forks {
                MatchState::WeightedDelegation((own > 0.0).then(|| OwnShare { share: own, action: Arc::clone(action) }))
            } else {
                MatchState::Row(Arc::clone(action))
            };
            rows.push(RuleNodeId(index(hop)));
        }
    }

    /// Follows the delegating refs of one hop.
    fn links_hop_by_hop(&mut self, step: &Step<'_>, hop: RuleNodeId, links: &[(u32, Via, f64)], filters: &Filters) {
        let first = self.tree.links.len();
        for (ref_index, via, share) in links {
            let (ref_index, share) = (*ref_index, *share);
            self.tree.links.push(Link::new(hop, ref_index, via.clone(), share));
        }
        if !step.free {
            self.budget.spent += budget::cost_of_links(links.len());
        }
        self.tree.hops[hop.0 as usize].links = index(first)..index(self.tree.links.len());
        for (at, (_, via, _)) in (first..).zip(links) {
            self.link_hop_by_hop(step, LinkId(index(at)), via, filters);
        }
    }

    fn link_hop_by_hop(&mut self, step: &Step<'_>, id: LinkId, via: &Via, filters: &Filters) {
        let first = index(self.tree.children.len());
        let group = Group { source: step.route, namespace: &via.namespace, name: &via.value };
        let cyclic = step.has_passed(group);
        if let Some(cut) = self.too_much(step.depth) {
            self.cut_off(id, cut);
            return;
        }
        let parent = self.snapshot.route(step.route).meta.key();
        let found =
            self.common.finder.find(self.snapshot, self.settings, step.dialect, via.by, &via.value, &via.namespace);
        self.note(step.route, step.dialect, id, &found);
        let mut losers = Losers { room: self.common.listed, unlisted: Vec::new() };
        let mut taken = Vec::new();
        let elsewhere = step.above.is_some() && self.hangs_elsewhere(step, self.snapshot.route(step.route));
        for route in found.adoptables(&parent) {
            let (state, uncertainty) = if elsewhere {
                (ChildState::ParentElsewhere, None)
            } else {
                self.permitted(self.snapshot.route(step.route), self.snapshot.route(route))
            };
            match state {
                ChildState::Adopted if cyclic => self.lose(id, route, ChildState::Cycle, &mut losers),
                ChildState::Adopted => taken.push((self.child(id, route, state), uncertainty)),
                state => self.lose(id, route, state, &mut losers),
            }
        }
        let strangers = found.all.len() - found.adoptable(&parent);
        let listed = strangers.min(losers.room);
        losers.unlisted.push((ChildState::NotAdoptable, strangers - listed));
        for stranger in found.strangers(&parent).take(listed) {
            self.child(id, stranger, ChildState::NotAdoptable);
        }
        let children = first..index(self.tree.children.len());
        let closing =
            self.tree.children[children.start as usize..].iter().find(|child| child.state == ChildState::Cycle);
        let closing = closing.map(|child| self.snapshot.route(child.route).meta.key());
        let link = &mut self.tree.links[id.0 as usize];
        link.children = children;
        link.unlisted = Unlisted::of(losers.unlisted);
        if let Some(child) = closing {
            link.broken = Some(BrokenLink::Cyclic { child, parent: self.snapshot.route(step.route).meta.key() });
        } else if taken.is_empty() {
            link.broken = Some(BrokenLink::Unresolved);
        }
        for (child, uncertainty) in taken {
            let below = Step {
                route: self.tree.children[child.0 as usize].route,
                above: Some(step),
                group: Some(group),
                filters: filters.clone(),
                depth: step.depth + 1,
                node: step.node,
                dialect: step.dialect,
                free: self.common.placed.is_first(self.tree.children[child.0 as usize].route),
            };
            // The rows of a group are gathered when its table is made.
            let hops = self.step(&below, Under::Child(child), None, &mut Vec::new());
            for hop in hops.clone() {
                self.tree.hops[hop as usize].unverified.extend(uncertainty.iter().cloned());
            }
            let lost = hops.clone().all(|hop| !self.stands(hop as usize));
            let node = &mut self.tree.children[child.0 as usize];
            node.hops = hops;
            if lost {
                node.state = ChildState::NothingLeft;
            }
        }
        let link = &self.tree.links[id.0 as usize];
        let any = self.tree.children[link.children.start as usize..link.children.end as usize]
            .iter()
            .any(|child| child.state == ChildState::Adopted);
        if !any {
            self.tree.links[id.0 as usize].broken.get_or_insert(BrokenLink::Unresolved);
        }
    }

    /// Keeps a route that is not taken, or counts it when enough are kept.
    fn lose(&mut self, link: LinkId, route: RouteId, state: ChildState, losers: &mut Losers) {
        if losers.room > 0 {
            losers.room -= 1;
            self.child(link, route, state);
            return;
        }
        match losers.unlisted.iter_mut().find(|(known, _)| *known == state) {
            Some((_, count)) => *count += 1,
            None => losers.unlisted.push((state, 1)),
        }
    }

    /// A child without parentRefs in another namespace lets itself be adopted by a `ReferenceGrant` only (since August
    /// 2026; releases up to 1.4.1 do not ask for one).
    fn permitted(&self, parent: &Route, child: &Route) -> (ChildState, Option<Uncertainty>) {
        if !child.parent_refs.is_empty() {
            return (ChildState::Adopted, None);
        }
        let referrer = Referrer::route(RouteKind::Http, &parent.meta.namespace);
        let namespace = child.meta.namespace.as_str();
        let to = Referred { group: GATEWAY_GROUP, kind: "HTTPRoute", namespace, name: &child.meta.name };
        match self.lookup().granted(referrer, to) {
            Permission::Granted => (ChildState::Adopted, None),
            Permission::Refused => (ChildState::NotPermitted, None),
            Permission::Unknown => {
                let (parent, child) = (parent.meta.namespace.clone(), child.meta.key());
                (ChildState::Adopted, Some(Uncertainty::ChildGrant { parent, child }))
            }
        }
    }

    /// A delegated route that has Gateways among its parentRefs hands on to its children on those Gateways alone, where
    /// it is attached itself (`buildHTTPRouteGroupBindings`).
    fn hangs_elsewhere(&self, step: &Step<'_>, route: &Route) -> bool {
        let Some(node) = step.node else { return false };
        self.common.attached.names_any(route) && !self.common.attached.hangs_on(step.route, node)
    }
}

/// The adopted children of a link, with the hops that are rows of its group.
pub fn group_rows<'t>(tree: &'t super::Tree, link: &Link) -> impl Iterator<Item = (RouteId, RuleNodeId)> + 't {
    let children = &tree.children[link.children.start as usize..link.children.end as usize];
    let adopted = children.iter().filter(|child| child.state == ChildState::Adopted);
    adopted.flat_map(move |child| {
        let hops = child.hops.clone().map(RuleNodeId);
        let rows = hops.filter(move |hop| !matches!(tree.hops[hop.0 as usize].state, MatchState::Dropped(_)));
        rows.map(move |hop| (child.route, hop))
    })
}
