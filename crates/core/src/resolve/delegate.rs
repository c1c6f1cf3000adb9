//! Expands a root: its own matches, the children its rules delegate to, and theirs, down to the rows. The order in
//! which rows are emitted is the engine's. `docs/fidelity.md`: `delegate-levels`, `delegate-flat`, `delegate-mixed`,
//! `broken-empty`, `broken-cycle`.
//!
//! Sources: kgateway `pkg/kgateway/translator/httproute/{gateway_http_route_translator,delegation}.go`,
//! `pkg/kgateway/translator/irtranslator/route.go` (`finalizeRoute`).

use std::ops::Range;
use std::sync::Arc;

use ahash::{AHashMap, AHashSet};

use super::action::{self, Level, Outcome};
use super::agentgateway::{AttachedTo, Patterns};
use super::backend::Lookup;
use super::budget::{self, Budget, Placed};
use super::expand::{NotedRef, Notes};
use super::found::{Finder, Found, Taker};
use super::matching::{self, Candidate};
use super::policy::{self, Policies};
use super::select::{self, RefUse, Selected, Selection};
use super::settings::{DelegationModel, Dialect, Engine, ProxySemantics, Settings, ValidationMode};
use super::{
    Action, BrokenLink, Child, ChildId, ChildState, Cut, DropReason, EnvoyRejection, Link, LinkId, MatchState, Respond,
    RespondReason, Root, RootId, RuleNode, RuleNodeId, Stage, Tree, Uncertainty, Under, Unlisted, broken_refs,
    envoy_rejection, gloo, specification_only, validate,
};
use crate::finding::{EnvoyProblem, RespondDetail};
use crate::limits;
use crate::model::{ObjectKey, PathKind, Route, RouteMatch};
use crate::store::{RouteId, Snapshot};

/// A place in the tree: a route, and the delegating rule it is below.
struct TreePosition<'p> {
    route: RouteId,
    above: Option<ParentRule<'p>>,
    depth: usize,
    dialect: &'static Dialect,
    /// It is the first place of its route, which the budget is not charged for.
    free: bool,
}

#[derive(Clone, Copy)]
struct ParentRule<'p> {
    place: &'p TreePosition<'p>,
    rule: u32,
}

impl TreePosition<'_> {
    /// Whether `route` is this place's, or one above it.
    fn visits(&self, route: RouteId) -> bool {
        self.route == route || self.above.is_some_and(|above| above.place.visits(route))
    }

    /// This place's route and those above it that `parent` may adopt from `found`, in order.
    fn visited(&self, found: &Found, parent: &ObjectKey) -> Vec<RouteId> {
        let mut visited = Vec::new();
        let mut at = Some(self);
        while let Some(place) = at {
            if found.adopts(parent, place.route) {
                visited.push(place.route);
            }
            at = place.above.map(|above| above.place);
        }
        visited.sort_unstable();
        visited.dedup();
        visited
    }

    /// What the policies of a rule come to, with those of the delegating rules above it (kgateway `runRoutePlugins`).
    fn policies(&self, snapshot: &Snapshot, policies: &Policies, rule: u32) -> policy::Effect {
        let mut effect = policy::Effect::default();
        let (mut place, mut rule) = (self, rule);
        loop {
            let route = snapshot.route(place.route);
            policies.weigh_rule(route, &route.rules[rule as usize], &mut effect);
            let Some(above) = place.above else { return effect };
            (place, rule) = (above.place, above.rule);
        }
    }
}

/// What all threads that expand roots go by, and share.
pub(super) struct Common<'a> {
    pub snapshot: &'a Snapshot,
    pub settings: &'a Settings,
    pub policies: Option<&'a Policies>,
    /// Which routes are attached where.
    pub attached: &'a AttachedTo,
    pub finder: Finder,
    /// Which regular expressions of agentgateway's are not compiled.
    pub patterns: Patterns,
    pub placed: Placed,
    /// Per route, how many matches it has; a rule without any counts as one.
    pub matches: Vec<u32>,
    /// How many routes and matches of one ref that are not taken are kept to be shown.
    pub listed: usize,
}

/// Fills a tree with hops, links and children.
pub(super) struct Expander<'a> {
    pub common: &'a Common<'a>,
    pub snapshot: &'a Snapshot,
    pub settings: &'a Settings,
    pub tree: &'a mut Tree,
    /// What was noticed on the way.
    pub notes: Notes,
    /// What the tree takes, and may take.
    pub budget: Budget,
    /// Whether something under the root at hand is not followed.
    pub cut: Option<Cut>,
    /// Whether a match under the root at hand is not evaluated.
    pub unevaluated: bool,
    selections: AHashMap<(RouteId, Engine), Arc<Selection>>,
    /// The refs in `notes.refs`: route, engine, place in its selection, whether what it selects was looked into.
    noted: AHashSet<(RouteId, Engine, u32, bool)>,
}

/// A rule's outcome at one place, shared by its matches: one for regexes, one for all other paths.
#[derive(Default)]
struct Shared {
    outcomes: [Option<(Outcome, Option<Arc<Action>>)>; 2],
    /// The last answer for a broken ref: mostly the next one is the same.
    broken: Option<Arc<Action>>,
}

/// The answer of a broken ref, shared with the last one when that was the same.
fn once(last: &mut Option<Arc<Action>>, respond: Respond) -> Arc<Action> {
    match last {
        Some(last) if matches!(&**last, Action::Respond(known) if *known == respond) => Arc::clone(last),
        _ => Arc::clone(last.insert(Arc::new(Action::Respond(respond)))),
    }
}

pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl<'a> Expander<'a> {
    pub fn new(common: &'a Common<'a>, tree: &'a mut Tree, budget: Budget) -> Self {
        Self {
            common,
            snapshot: common.snapshot,
            settings: common.settings,
            tree,
            notes: Notes::default(),
            budget,
            cut: None,
            unevaluated: false,
            selections: AHashMap::default(),
            noted: AHashSet::default(),
        }
    }

    /// Expands one root. `uncertain` says why its attachment is not.
    pub fn root(&mut self, id: RootId, root: &mut Root, uncertain: &[Uncertainty]) {
        if root.dialect.delegation == DelegationModel::HopByHop {
            return self.root_hop_by_hop(id, root, uncertain);
        }
        let free = self.common.placed.is_first(root.route);
        let place = TreePosition { route: root.route, above: None, depth: 0, dialect: root.dialect, free };
        let candidates = matching::of_root(self.snapshot.route(root.route));
        if !free {
            self.budget.spent += budget::cost_of_matches(&candidates);
        }
        self.cut = None;
        root.hops = self.expand(&place, Under::Root(id), candidates, &mut root.rows);
        root.cut = self.cut;
        for hop in root.hops.clone() {
            self.tree.hops[hop as usize].unverified.extend(uncertain.iter().cloned());
        }
    }

    fn selection(&mut self, place: &TreePosition<'_>) -> Option<Arc<Selection>> {
        let route = self.snapshot.route(place.route);
        let delegates = |reference| select::delegates(place.dialect, route.kind, reference).is_some();
        if !route.rules.iter().any(|rule| rule.backend_refs.iter().any(delegates)) {
            return None;
        }
        let (snapshot, settings, dialect) = (self.snapshot, self.settings, place.dialect);
        let finder = &self.common.finder;
        let made = || Arc::new(select::select(snapshot, settings, dialect, finder, route));
        Some(Arc::clone(self.selections.entry((place.route, dialect.engine)).or_insert_with(made)))
    }

    fn expand(
        &mut self,
        place: &TreePosition<'_>,
        under: Under,
        candidates: Vec<Candidate>,
        rows: &mut Vec<RuleNodeId>,
    ) -> Range<u32> {
        let route: &'a Route = self.snapshot.route(place.route);
        let selection = self.selection(place);
        let first = self.tree.hops.len();
        let mut pathless: Vec<bool> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            pathless.push(candidate.pathless);
            self.tree.hops.push(RuleNode {
                under,
                route: place.route,
                rule: candidate.rule,
                match_index: candidate.match_index,
                matcher: candidate.matcher,
                state: candidate.dropped.map_or(MatchState::Delegates, MatchState::Dropped),
                links: 0..0,
                unverified: Vec::new(),
            });
        }
        let hops = first..self.tree.hops.len();
        let mut at = hops.start;
        while at < hops.end {
            let rule = self.tree.hops[at].rule;
            let end = (at..hops.end).find(|&hop| self.tree.hops[hop].rule != rule).unwrap_or(hops.end);
            let uses = selection.as_deref().map_or(&[][..], |selection| selection.of_rule(rule));
            let stands = |tree: &Tree, hop: usize| !matches!(tree.hops[hop].state, MatchState::Dropped(_));
            // The children of all the rule's matches come before the rule's own rows.
            if let Some(selection) = selection.as_deref()
                && !uses.is_empty()
            {
                for hop in at..end {
                    if stands(self.tree, hop) {
                        self.links(place, RuleNodeId(index(hop)), selection, uses, pathless[hop - first], rows);
                    }
                }
            }
            let mut shared = Shared::default();
            for hop in at..end {
                if stands(self.tree, hop) {
                    self.settle(place, route, RuleNodeId(index(hop)), &mut shared);
                    if matches!(self.tree.hops[hop].state, MatchState::Row(_)) {
                        rows.push(RuleNodeId(index(hop)));
                    }
                }
            }
            at = end;
        }
        index(hops.start)..index(hops.end)
    }

    /// Follows the delegating refs of one hop's rule.
    fn links(
        &mut self,
        place: &TreePosition<'_>,
        hop: RuleNodeId,
        selection: &Selection,
        uses: &[RefUse],
        pathless: bool,
        rows: &mut Vec<RuleNodeId>,
    ) {
        let first = self.tree.links.len();
        for &RefUse { ref_index, selected, .. } in uses {
            let via = selection.refs[selected as usize].via.clone();
            self.tree.links.push(Link::new(hop, ref_index, via, 1.0));
        }
        if !place.free {
            self.budget.spent += budget::cost_of_links(uses.len());
        }
        self.tree.hops[hop.0 as usize].links = index(first)..index(self.tree.links.len());
        for (link, &RefUse { rule, selected, .. }) in (first..).zip(uses) {
            let node = LinkId(index(link));
            let looked_into = self.link(place, node, selection, selected, rule, pathless, rows);
            if self.noted.insert((place.route, place.dialect.engine, selected, looked_into)) {
                let found = Arc::clone(&selection.refs[selected as usize].found);
                self.notes.refs.push(NotedRef { link: node, found, looked_into });
            }
        }
    }

    /// Notes what a ref of a dialect that does not hold matches against the parent's selects.
    pub(super) fn note(&mut self, route: RouteId, dialect: &Dialect, link: LinkId, found: &Arc<Found>) {
        let which = u32::MAX - self.tree.links[link.0 as usize].ref_index;
        let rule = self.tree.hops[self.tree.links[link.0 as usize].hop.0 as usize].rule;
        if self.noted.insert((route, dialect.engine, which ^ rule.rotate_left(16), false)) {
            self.notes.refs.push(NotedRef { link, found: Arc::clone(found), looked_into: false });
        }
    }

    /// Follows one ref; says whether what it selects was looked into.
    #[allow(clippy::too_many_arguments)] // one place of the tree in as many parts
    fn link(
        &mut self,
        place: &TreePosition<'_>,
        link: LinkId,
        selection: &Selection,
        selected: u32,
        rule: u32,
        pathless: bool,
        rows: &mut Vec<RuleNodeId>,
    ) -> bool {
        let selected = &selection.refs[selected as usize];
        let cycle = place.visited(&selected.found, &selection.parent);
        if !cycle.is_empty() {
            self.close(link, selection, selected, &cycle);
            return false;
        }
        let hop = self.tree.links[link.0 as usize].hop;
        if let Some(cut) = self.too_much(place.depth) {
            self.cut_off(link, cut);
            return false;
        }
        let parent: Arc<RouteMatch> = Arc::clone(&self.tree.hops[hop.0 as usize].matcher);
        let first = index(self.tree.children.len());
        // What is not taken is kept to be shown, but a wildcard above many routes must not flood the tree.
        let mut room = self.common.listed;
        let mut adopted: Vec<(ChildId, Vec<Candidate>, bool)> = Vec::new();
        let mut nothing_left = 0;
        let mut passes = Vec::new();
        'all: for found in selection.taken(selected) {
            passes.push(self.tree.children.len());
            let visited = place.visited(found, &selection.parent);
            let (takers, looked_at) = found.takers(self.snapshot, place.dialect, &selection.parent, &parent, pathless);
            self.notes.steps += looked_at;
            let mut takers = takers.into_iter().filter(|taker| visited.binary_search(&taker.route).is_err()).peekable();
            nothing_left += found.adoptable(&selection.parent) - visited.len();
            let mut others = found.adoptables(&selection.parent);
            loop {
                let taker = if room > 0 {
                    let Some(route) = others.next() else { break };
                    if visited.binary_search(&route).is_ok() {
                        continue;
                    }
                    let Some(taker) = takers.next_if(|taker| taker.route == route) else {
                        nothing_left -= 1;
                        self.list_loser(link, route, &parent, pathless, &mut room, &mut adopted);
                        continue;
                    };
                    taker
                } else {
                    let Some(taker) = takers.next() else { break };
                    taker
                };
                nothing_left -= 1;
                if let Some(cut) = self.too_much(place.depth) {
                    self.cut_off(link, cut);
                    nothing_left = 0;
                    break 'all;
                }
                self.take(link, place, &taker, &parent, pathless, &mut room, &mut adopted);
            }
        }
        for (pass, from) in passes.into_iter().enumerate().skip(1) {
            self.tree.children[from..].iter_mut().for_each(|child| child.pass = index(pass));
        }
        let mut strangers = selected.found.all.len() - selected.found.adoptable(&selection.parent);
        for stranger in selected.found.strangers(&selection.parent).take(room) {
            strangers -= 1;
            self.child(link, stranger, ChildState::NotAdoptable);
        }
        let children = first..index(self.tree.children.len());
        let any = self.tree.children[children.start as usize..].iter().any(|child| child.state == ChildState::Adopted);
        let node = &mut self.tree.links[link.0 as usize];
        node.children = children;
        node.unlisted = Unlisted::of([(ChildState::NothingLeft, nothing_left), (ChildState::NotAdoptable, strangers)]);
        if !any && node.cut.is_none() {
            node.broken = Some(BrokenLink::Unresolved);
        }
        for (child, candidates, free) in adopted {
            let above = Some(ParentRule { place, rule });
            let route = self.tree.children[child.0 as usize].route;
            let below = TreePosition { route, above, depth: place.depth + 1, dialect: place.dialect, free };
            let hops = self.expand(&below, Under::Child(child), candidates, rows);
            self.tree.children[child.0 as usize].hops = hops;
        }
        true
    }

    /// Whether a ref at this depth may not be followed any more.
    pub(super) fn too_much(&self, depth: usize) -> Option<Cut> {
        if depth >= limits::DELEGATION_DEPTH {
            return Some(Cut::Depth);
        }
        self.budget.is_spent().then_some(Cut::Size)
    }

    /// Notes that a ref is not followed.
    pub(super) fn cut_off(&mut self, link: LinkId, cut: Cut) {
        self.tree.links[link.0 as usize].cut = Some(cut);
        self.cut = self.cut.max(Some(cut));
    }

    /// A ref that selects `cycle`, which stand above it: the engine looks at none of what it selects.
    fn close(&mut self, link: LinkId, selection: &Selection, selected: &Selected, cycle: &[RouteId]) {
        let first = index(self.tree.children.len());
        let all = &selected.found.all;
        let mut listed: Vec<RouteId> = all.iter().take(self.common.listed).chain(cycle).copied().collect();
        listed.sort_unstable();
        listed.dedup();
        let adoptable = selected.found.adoptable(&selection.parent);
        let (mut poisoned, mut strangers) = (adoptable - cycle.len(), all.len() - adoptable);
        for route in listed {
            let state = if cycle.binary_search(&route).is_ok() {
                ChildState::Cycle
            } else if selected.found.adopts(&selection.parent, route) {
                poisoned -= 1;
                ChildState::Poisoned
            } else {
                strangers -= 1;
                ChildState::NotAdoptable
            };
            self.child(link, route, state);
        }
        let child = self.snapshot.route(cycle[0]).meta.key();
        let node = &mut self.tree.links[link.0 as usize];
        node.broken = Some(BrokenLink::Cyclic { child, parent: selection.parent.clone() });
        node.children = first..index(self.tree.children.len());
        node.unlisted = Unlisted::of([(ChildState::Poisoned, poisoned), (ChildState::NotAdoptable, strangers)]);
    }

    /// Keeps a route none of whose matches stands, and as many of them as there is room for.
    fn list_loser(
        &mut self,
        link: LinkId,
        route: RouteId,
        parent: &Arc<RouteMatch>,
        pathless: bool,
        room: &mut usize,
        adopted: &mut Vec<(ChildId, Vec<Candidate>, bool)>,
    ) {
        *room -= 1;
        let written = self.snapshot.route(route);
        let candidates = matching::standing(written, &[], parent, pathless, room);
        let left_out = self.common.matches[route.0 as usize].saturating_sub(index(candidates.len()));
        let child = self.child(link, route, ChildState::NothingLeft);
        self.tree.children[child.0 as usize].unlisted = left_out;
        adopted.push((child, candidates, true));
    }

    /// Takes a route that has matches left, unless it has hostnames.
    #[allow(clippy::too_many_arguments)] // one place of the tree in as many parts
    fn take(
        &mut self,
        link: LinkId,
        place: &TreePosition<'_>,
        taker: &Taker,
        parent: &Arc<RouteMatch>,
        pathless: bool,
        room: &mut usize,
        adopted: &mut Vec<(ChildId, Vec<Candidate>, bool)>,
    ) {
        let route = self.snapshot.route(taker.route);
        if pathless && taker.stands.is_none() && route.rules.iter().any(|rule| !rule.matches.is_empty()) {
            self.notes.crashes.push(self.tree.links[link.0 as usize].hop);
        }
        if !route.hostnames.is_empty() {
            self.child(link, taker.route, ChildState::HasHostnames);
            self.budget.spent += budget::cost_of_matches(&[]);
            return;
        }
        debug_assert!(!place.visits(taker.route), "a route is not its own child");
        let free = self.common.placed.is_first(taker.route);
        let candidates = match &taker.stands {
            None => matching::of_child(route, true, parent, pathless),
            Some(stands) => matching::standing(route, stands, parent, pathless, room),
        };
        let left_out = self.common.matches[taker.route.0 as usize].saturating_sub(index(candidates.len()));
        if !free {
            self.budget.spent += budget::cost_of_matches(&candidates);
        }
        let child = self.child(link, taker.route, ChildState::Adopted);
        self.tree.children[child.0 as usize].unlisted = left_out;
        adopted.push((child, candidates, free));
    }

    pub(super) fn child(&mut self, link: LinkId, route: RouteId, state: ChildState) -> ChildId {
        let id = ChildId(index(self.tree.children.len()));
        self.tree.children.push(Child { link, route, pass: 0, state, hops: 0..0, unlisted: 0 });
        id
    }

    /// Decides what becomes of a hop that stands.
    fn settle(&mut self, place: &TreePosition<'_>, route: &'a Route, id: RuleNodeId, shared: &mut Shared) {
        let hop = &self.tree.hops[id.0 as usize];
        let broken = broken_refs::answer(self.snapshot, self.settings, self.tree, place.dialect, hop);
        let Shared { outcomes, broken: last_answer } = shared;
        let slot = &mut outcomes[usize::from(hop.matcher.path.kind == PathKind::RegularExpression)];
        if slot.is_none() {
            let mut outcome = self.outcome(place, route, hop.rule, hop.matcher.path.kind);
            let action = outcome.action.take().map(Arc::new);
            *slot = Some((outcome, action));
        }
        let Some((outcome, action)) = slot.as_ref() else { return };
        let row = match (action, &broken) {
            (Some(action), _) if outcome.replaced => Some(complained(action, hop)),
            (_, Some((respond, _))) => Some(once(last_answer, respond.clone())),
            (Some(action), None) => {
                let looked_at = place.dialect.semantics == ProxySemantics::Envoy;
                let error = validate::matcher(&hop.matcher.path).filter(|_| looked_at);
                Some(error.map_or_else(|| Arc::clone(action), |error| Arc::new(Action::Respond(error))))
            }
            (None, None) => None,
        };
        let uncertainty = broken.and_then(|(_, uncertainty)| uncertainty);
        let state = match row {
            Some(row) => {
                let kept = action.as_ref().is_some_and(|action| Arc::ptr_eq(action, &row));
                let rejection = outcome.rejection.as_ref().filter(|_| kept);
                self.vetted(place.dialect, id, row, rejection)
            }
            None => MatchState::Delegates,
        };
        let hop = &mut self.tree.hops[id.0 as usize];
        hop.state = state;
        hop.unverified.extend(outcome.unverified.iter().cloned().chain(uncertainty));
        if !place.free {
            let own = hop.action().map(|action| (Arc::strong_count(action) <= 2).then_some(action.as_ref()));
            self.budget.spent += own.map_or(0, |action| budget::cost_of_row(action, place.depth));
            self.budget.spent += budget::cost_of_uncertainty(&hop.unverified);
        }
    }

    /// What a rule does at its place, before its matches are looked at.
    fn outcome(&self, place: &TreePosition<'_>, route: &'a Route, at: u32, path: PathKind) -> Outcome {
        let rule = &route.rules[at as usize];
        let lookup = Lookup { snapshot: self.snapshot, settings: self.settings };
        let Dialect { engine, semantics, backend_filters, .. } = *place.dialect;
        if semantics == ProxySemantics::Specification {
            return specification_only::outcome(lookup, route, rule, path);
        }
        let delegates = |one: &_| select::delegates(place.dialect, route.kind, one).is_some();
        let mut levels = vec![Level { route, rule }];
        let mut above = place.above;
        while let Some(ParentRule { place, rule }) = above {
            let route: &'a Route = self.snapshot.route(place.route);
            let level = Level { route, rule: &route.rules[rule as usize] };
            if !level.is_plain() {
                levels.push(level);
            }
            above = place.above;
        }
        if engine == Engine::Gloo {
            return gloo::outcome(lookup, &levels, &delegates, path);
        }
        let mut outcome = action::outcome(lookup, &levels, &delegates, backend_filters, path);
        if let Some(policies) = self.common.policies.filter(|_| engine == Engine::Kgateway) {
            place.policies(self.snapshot, policies, at).apply(&mut outcome);
        }
        outcome
    }

    /// What becomes of a row that Envoy may refuse: noted under standard validation; under strict validation dropped
    /// for its match and replaced for its action.
    fn vetted(
        &mut self,
        dialect: &Dialect,
        id: RuleNodeId,
        row: Arc<Action>,
        rejection: Option<&EnvoyProblem>,
    ) -> MatchState {
        if dialect.semantics != ProxySemantics::Envoy {
            return MatchState::Row(row);
        }
        let matcher = &self.tree.hops[id.0 as usize].matcher;
        let strict = self.settings.validation == ValidationMode::Strict;
        if let Some(problem) = envoy_rejection::of_match(matcher, strict) {
            if strict {
                return MatchState::Dropped(DropReason::Invalid(Box::new(problem)));
            }
            self.tree.rejections.push(EnvoyRejection { hop: id, problem });
            return MatchState::Row(row);
        }
        let merged = rejection.map(|problem| (RespondReason::RuleReplaced, problem.clone()));
        let Some((reason, problem)) = merged.or_else(|| envoy_rejection::of_action(matcher, &row)) else {
            if strict {
                self.tree.hops[id.0 as usize].unverified.extend(envoy_rejection::unseen_mirror(&row));
            }
            return MatchState::Row(row);
        };
        if strict {
            let detail = RespondDetail::Envoy(Box::new(problem));
            return MatchState::Row(Arc::new(Action::Respond(action::replaced(reason, detail))));
        }
        self.tree.rejections.push(EnvoyRejection { hop: id, problem });
        MatchState::Row(row)
    }
}

/// A replaced row as its status speaks of it: the path is looked at too, and first, where the row was looked at at all.
fn complained(action: &Arc<Action>, hop: &RuleNode) -> Arc<Action> {
    let Action::Respond(respond) = action.as_ref() else { return Arc::clone(action) };
    let looked_at = hop.links.is_empty() && respond.status_messages.iter().all(|one| one.stage != Stage::Row);
    match validate::matcher(&hop.matcher.path).filter(|_| looked_at && !respond.status_messages.is_empty()) {
        Some(path) => {
            let status_messages =
                path.status_messages.into_iter().chain(respond.status_messages.iter().cloned()).collect();
            Arc::new(Action::Respond(Respond { status_messages, ..respond.clone() }))
        }
        None => Arc::clone(action),
    }
}
