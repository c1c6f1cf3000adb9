//! Expands a root: its own matches, the children its rules delegate to, and theirs, down to the rows. The order in
//! which rows are emitted is the engine's. `docs/fidelity.md`: `delegate-levels`, `delegate-flat`, `delegate-mixed`,
//! `broken-empty`, `broken-cycle`.
//!
//! Sources: kgateway `pkg/kgateway/translator/httproute/{gateway_http_route_translator,delegation}.go`,
//! `pkg/kgateway/translator/irtranslator/route.go` (`finalizeRoute`).

use std::ops::Range;
use std::sync::Arc;

use ahash::AHashMap;

use super::action::{self, Level, Outcome};
use super::backend::Lookup;
use super::expand::Notes;
use super::hopwise::AttachedTo;
use super::matching::{self, Candidate};
use super::policy::{self, Policies};
use super::select::{self, Selection};
use super::settings::{DelegationModel, Dialect, Engine, Manner, Settings, ValidationMode};
use super::{
    Action, BrokenLink, Child, ChildFate, ChildId, DropReason, Fate, Hazard, Hop, HopId, Link, LinkId, Respond,
    RespondReason, Root, RootId, Stage, Tree, Under, broken, gloo, hazard, inherit, plain, validate,
};
use crate::model::{PathKind, Route, RouteMatch};
use crate::store::{RouteId, Snapshot};

/// How deep a delegation is followed. The engine has no bound; real trees have a handful of levels.
pub(super) const MAX_DEPTH: usize = 64;
/// How many hops a tree may have. Layers that each delegate to all of the next multiply without end.
pub(super) const MAX_HOPS: usize = 3_000_000;
/// How many children and hops that came to nothing are kept to be shown.
pub(super) const MAX_SHOWN_LOSSES: usize = 300_000;

/// A place in the tree: a route, and the delegating rule it hangs under.
struct Place<'p> {
    route: RouteId,
    above: Option<Above<'p>>,
    depth: usize,
    dialect: &'static Dialect,
}

#[derive(Clone, Copy)]
struct Above<'p> {
    place: &'p Place<'p>,
    rule: u32,
}

impl Place<'_> {
    /// Whether `route` is this place's, or one above it.
    fn visits(&self, route: RouteId) -> bool {
        self.route == route || self.above.is_some_and(|above| above.place.visits(route))
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

/// Fills a tree with hops, links and children.
pub(super) struct Expander<'a> {
    pub snapshot: &'a Snapshot,
    pub settings: &'a Settings,
    pub policies: Option<&'a Policies>,
    pub tree: &'a mut Tree,
    /// What was noticed on the way.
    pub notes: Notes,
    /// How many hops the tree may have.
    pub room: usize,
    selections: AHashMap<(RouteId, Engine), Arc<Selection>>,
    /// How much came to nothing.
    pub losses: usize,
    /// Which routes hang where.
    pub attached: &'a AttachedTo,
}

/// A rule's outcome at one place, shared by its matches: one for regexes, one for all other paths.
#[derive(Default)]
struct Shared {
    outcomes: [Option<(Outcome, Option<Arc<Action>>)>; 2],
}

pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl<'a> Expander<'a> {
    pub fn new(
        snapshot: &'a Snapshot,
        settings: &'a Settings,
        policies: Option<&'a Policies>,
        attached: &'a AttachedTo,
        tree: &'a mut Tree,
        room: usize,
    ) -> Self {
        let selections = AHashMap::default();
        Self { snapshot, settings, policies, tree, notes: Notes::default(), room, selections, losses: 0, attached }
    }

    /// What was noticed, and how much came to nothing.
    pub fn finish(self) -> (Notes, usize) {
        (self.notes, self.losses)
    }

    /// Expands one root. `doubts` are why its attachment is not certain.
    pub fn root(&mut self, id: RootId, root: &mut Root, doubts: &[String]) {
        if root.dialect.delegation == DelegationModel::HopByHop {
            return self.root_hop_by_hop(id, root, doubts);
        }
        let place = Place { route: root.route, above: None, depth: 0, dialect: root.dialect };
        let candidates = matching::of_root(self.snapshot.route(root.route));
        root.hops = self.expand(&place, Under::Root(id), candidates, &mut root.rows);
        for hop in root.hops.clone() {
            self.tree.hops[hop as usize].unverified.extend(doubts.iter().cloned());
        }
    }

    fn selection(&mut self, place: &Place<'_>) -> Option<Arc<Selection>> {
        let route = self.snapshot.route(place.route);
        let delegates = |reference| select::delegates(place.dialect, route.kind, reference).is_some();
        if !route.rules.iter().any(|rule| rule.backend_refs.iter().any(delegates)) {
            return None;
        }
        let (snapshot, settings, dialect) = (self.snapshot, self.settings, place.dialect);
        let made = || Arc::new(select::select(snapshot, settings, dialect, route));
        Some(Arc::clone(self.selections.entry((place.route, dialect.engine)).or_insert_with(made)))
    }

    fn expand(
        &mut self,
        place: &Place<'_>,
        under: Under,
        candidates: Vec<Candidate>,
        rows: &mut Vec<HopId>,
    ) -> Range<u32> {
        let route: &'a Route = self.snapshot.route(place.route);
        let selection = self.selection(place);
        let first = self.tree.hops.len();
        let mut pathless: Vec<bool> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            pathless.push(candidate.pathless);
            self.tree.hops.push(Hop {
                under,
                route: place.route,
                rule: candidate.rule,
                match_index: candidate.match_index,
                matcher: candidate.matcher,
                fate: candidate.dropped.map_or(Fate::Delegates, Fate::Dropped),
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
            let stands = |tree: &Tree, hop: usize| !matches!(tree.hops[hop].fate, Fate::Dropped(_));
            // The children of all the rule's matches come before the rule's own rows.
            if let Some(selection) = selection.as_deref()
                && !uses.is_empty()
            {
                for hop in at..end {
                    if stands(self.tree, hop) {
                        self.links(place, HopId(index(hop)), selection, uses, pathless[hop - first], rows);
                    }
                }
            }
            let mut shared = Shared::default();
            for hop in at..end {
                if stands(self.tree, hop) {
                    self.settle(place, route, HopId(index(hop)), &mut shared);
                    if matches!(self.tree.hops[hop].fate, Fate::Row(_)) {
                        rows.push(HopId(index(hop)));
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
        place: &Place<'_>,
        hop: HopId,
        selection: &Selection,
        uses: &[(u32, u32, u32)],
        pathless: bool,
        rows: &mut Vec<HopId>,
    ) {
        let first = self.tree.links.len();
        for &(_, ref_index, selected) in uses {
            let via = selection.refs[selected as usize].via.clone();
            self.tree.links.push(Link { hop, ref_index, via, children: 0..0, broken: None, share: 1.0 });
        }
        self.tree.hops[hop.0 as usize].links = index(first)..index(self.tree.links.len());
        for (link, &(rule, _, selected)) in (first..).zip(uses) {
            self.link(place, LinkId(index(link)), &selection.refs[selected as usize], rule, pathless, rows);
        }
    }

    fn link(
        &mut self,
        place: &Place<'_>,
        link: LinkId,
        selected: &select::Selected,
        rule: u32,
        pathless: bool,
        rows: &mut Vec<HopId>,
    ) {
        let first = index(self.tree.children.len());
        let hop = self.tree.links[link.0 as usize].hop;
        let closing = selected.own.iter().find(|(id, adoptable)| *adoptable && place.visits(*id));
        if let Some((closing, _)) = closing {
            for &(route, adoptable) in &selected.own {
                let fate = match (adoptable, place.visits(route)) {
                    (false, _) => ChildFate::NotAdoptable,
                    (true, true) => ChildFate::Cycle,
                    (true, false) => ChildFate::Poisoned,
                };
                self.child(link, route, fate);
            }
            let child = self.snapshot.route(*closing).meta.key();
            let parent = self.snapshot.route(place.route).meta.key();
            let node = &mut self.tree.links[link.0 as usize];
            node.broken = Some(BrokenLink::Cyclic { child, parent });
            node.children = first..index(self.tree.children.len());
            return;
        }
        if place.depth >= MAX_DEPTH || self.tree.hops.len() >= self.room {
            self.notes.truncated.get_or_insert(hop);
            let node = &mut self.tree.links[link.0 as usize];
            node.broken = Some(BrokenLink::Unresolved);
            node.children = first..first;
            return;
        }
        let parent: Arc<RouteMatch> = Arc::clone(&self.tree.hops[hop.0 as usize].matcher);
        let mut adopted: Vec<(ChildId, Vec<Candidate>)> = Vec::new();
        for &child in selected.taken.iter().filter(|child| !place.visits(**child)) {
            let route = self.snapshot.route(child);
            let inherits = inherit::inherits(route, place.dialect.inherit_annotation);
            if pathless && inherits && route.rules.iter().any(|rule| !rule.matches.is_empty()) {
                self.notes.crashes.push(hop);
            }
            let candidates = matching::of_child(route, inherits, &parent, pathless);
            if candidates.iter().all(|candidate| candidate.dropped.is_some()) {
                // Losses are kept to be shown, but a wildcard above many routes must not flood the tree.
                self.losses += 1 + candidates.len();
                if self.losses < MAX_SHOWN_LOSSES {
                    let child = self.child(link, child, ChildFate::NothingLeft);
                    adopted.push((child, candidates));
                }
            } else if !route.hostnames.is_empty() {
                self.child(link, child, ChildFate::HasHostnames);
            } else {
                let child = self.child(link, child, ChildFate::Adopted);
                adopted.push((child, candidates));
            }
        }
        for &(child, _) in selected.own.iter().filter(|(_, adoptable)| !adoptable) {
            self.losses += 1;
            if self.losses < MAX_SHOWN_LOSSES {
                self.child(link, child, ChildFate::NotAdoptable);
            }
        }
        let children = first..index(self.tree.children.len());
        let any = self.tree.children[children.start as usize..].iter().any(|child| child.fate == ChildFate::Adopted);
        let node = &mut self.tree.links[link.0 as usize];
        node.children = children;
        if !any {
            node.broken = Some(BrokenLink::Unresolved);
        }
        for (child, candidates) in adopted {
            let above = Some(Above { place, rule });
            let route = self.tree.children[child.0 as usize].route;
            let below = Place { route, above, depth: place.depth + 1, dialect: place.dialect };
            let hops = self.expand(&below, Under::Child(child), candidates, rows);
            self.tree.children[child.0 as usize].hops = hops;
        }
    }

    pub(super) fn child(&mut self, link: LinkId, route: RouteId, fate: ChildFate) -> ChildId {
        let id = ChildId(index(self.tree.children.len()));
        self.tree.children.push(Child { link, route, fate, hops: 0..0 });
        id
    }

    /// Decides what becomes of a hop that stands.
    fn settle(&mut self, place: &Place<'_>, route: &'a Route, id: HopId, shared: &mut Shared) {
        let hop = &self.tree.hops[id.0 as usize];
        let broken = broken::answer(self.snapshot, self.settings, self.tree, place.dialect, hop);
        let slot = &mut shared.outcomes[usize::from(hop.matcher.path.kind == PathKind::RegularExpression)];
        if slot.is_none() {
            let mut outcome = self.outcome(place, route, hop.rule, hop.matcher.path.kind);
            let action = outcome.action.take().map(Arc::new);
            *slot = Some((outcome, action));
        }
        let Some((outcome, action)) = slot.as_ref() else { return };
        let row = match (action, &broken) {
            (Some(action), _) if outcome.replaced => Some(complained(action, hop)),
            (_, Some((respond, _))) => Some(Arc::new(Action::Respond(respond.clone()))),
            (Some(action), None) => {
                let looked_at = place.dialect.manner == Manner::Envoy;
                let error = validate::matcher(&hop.matcher.path).filter(|_| looked_at);
                Some(error.map_or_else(|| Arc::clone(action), |error| Arc::new(Action::Respond(error))))
            }
            (None, None) => None,
        };
        let doubt = broken.and_then(|(_, doubt)| doubt);
        let fate = match row {
            Some(row) => {
                let kept = action.as_ref().is_some_and(|action| Arc::ptr_eq(action, &row));
                let hazard = outcome.hazard.as_ref().filter(|_| kept);
                self.vetted(place.dialect, id, row, hazard)
            }
            None => Fate::Delegates,
        };
        let hop = &mut self.tree.hops[id.0 as usize];
        hop.fate = fate;
        hop.unverified.extend(outcome.unverified.iter().cloned().chain(doubt));
    }

    /// What a rule does at its place, before its matches are looked at.
    fn outcome(&self, place: &Place<'_>, route: &'a Route, at: u32, path: PathKind) -> Outcome {
        let rule = &route.rules[at as usize];
        let lookup = Lookup { snapshot: self.snapshot, settings: self.settings };
        let Dialect { engine, manner, backend_filters, .. } = *place.dialect;
        if manner == Manner::Specification {
            return plain::outcome(lookup, route, rule, path);
        }
        let delegates = |one: &_| select::delegates(place.dialect, route.kind, one).is_some();
        let mut levels = vec![Level { route, rule }];
        let mut above = place.above;
        while let Some(Above { place, rule }) = above {
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
        if let Some(policies) = self.policies.filter(|_| engine == Engine::Kgateway) {
            place.policies(self.snapshot, policies, at).apply(&mut outcome);
        }
        outcome
    }

    /// What becomes of a row that Envoy may refuse: noted under standard validation; under strict validation dropped
    /// for its match and replaced for its action.
    fn vetted(&mut self, dialect: &Dialect, id: HopId, row: Arc<Action>, hazard: Option<&String>) -> Fate {
        if dialect.manner != Manner::Envoy {
            return Fate::Row(row);
        }
        let matcher = &self.tree.hops[id.0 as usize].matcher;
        let strict = self.settings.validation == ValidationMode::Strict;
        if let Some(message) = hazard::of_match(matcher, strict) {
            if strict {
                return Fate::Dropped(DropReason::Invalid { reason: message });
            }
            self.tree.hazards.push(Hazard { hop: id, message });
            return Fate::Row(row);
        }
        let merged = hazard.map(|message| (RespondReason::RuleReplaced, message.clone()));
        let Some((reason, message)) = merged.or_else(|| hazard::of_action(matcher, &row)) else {
            if strict {
                self.tree.hops[id.0 as usize].unverified.extend(hazard::unseen_mirror(&row));
            }
            return Fate::Row(row);
        };
        if strict {
            return Fate::Row(Arc::new(Action::Respond(action::replaced(reason, message))));
        }
        self.tree.hazards.push(Hazard { hop: id, message });
        Fate::Row(row)
    }
}

/// A replaced row as its status speaks of it: the path is looked at too, and first, where the row was looked at at all.
fn complained(action: &Arc<Action>, hop: &Hop) -> Arc<Action> {
    let Action::Respond(respond) = action.as_ref() else { return Arc::clone(action) };
    let looked_at = hop.links.is_empty() && respond.complaints.iter().all(|one| one.stage != Stage::Row);
    match validate::matcher(&hop.matcher.path).filter(|_| looked_at && !respond.complaints.is_empty()) {
        Some(path) => {
            let complaints = path.complaints.into_iter().chain(respond.complaints.iter().cloned()).collect();
            Arc::new(Action::Respond(Respond { complaints, ..respond.clone() }))
        }
        None => Arc::clone(action),
    }
}
