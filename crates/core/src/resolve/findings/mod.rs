//! What is wrong with the tree: once per cause, not per place, each with where it is written and what to do about it.
//!
//! The tree says everything; this reads it, and never changes an answer. A cause is a ref, a rule or a match as it was
//! written, however many places it stands at. Of each kind of finding so many are listed, and the rest is counted.

mod backends;
mod delegation;
mod drops;
mod fixes;
mod gateways;
mod inherited;
mod parents;
mod services;
mod surprises;
mod targets;

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use ahash::AHashSet;

use super::expand::Notes;
use super::found::{Found, Pool};
use super::settings::Settings;
use super::{Action, ChildState, DropReason, LinkId, MatchState, RuleNode, RuleNodeId, Tree, inherit, matching};
use crate::finding::{Advice, Code, Finding, Location, NotAttached, Problem, Severity, Subject};
use crate::model::{Position, Route, RouteMatch};
use crate::store::{RouteId, Snapshot};

/// How many findings of one code are listed; the rest is counted.
const MAX_OF_A_CODE: usize = crate::limits::FINDINGS_OF_A_CODE;
/// How many findings get a "did you mean": it costs a look at every name there is.
const MAX_HINTS: usize = crate::limits::HINTS;

/// What is wrong whatever engine serves a route.
const OF_ANY_ENGINE: [Code; 6] = [
    Code::BackendMissing,
    Code::BackendNotPermitted,
    Code::BackendPortMissing,
    Code::HostnamesIsolated,
    Code::RouteNotAttached,
    Code::RouteOrphaned,
];

/// Whether a rule refers to more than the routes that it delegates to.
fn has_refs(route: &Route, hop: &RuleNode) -> bool {
    route.rules.get(hop.rule as usize).is_some_and(|rule| rule.backend_refs.len() > hop.links.len())
}

/// The routes that are reached under Gateways of an assumed engine only.
fn under_assumed(tree: &Tree) -> AHashSet<RouteId> {
    let (mut assumed, mut known) = (AHashSet::default(), AHashSet::default());
    if tree.roots.iter().all(|root| !root.dialect.is_assumed) {
        return assumed;
    }
    for (id, hop) in (0..).zip(&tree.hops) {
        let under = if tree.dialect_of(RuleNodeId(id)).is_assumed { &mut assumed } else { &mut known };
        under.insert(hop.route);
    }
    assumed.retain(|route| !known.contains(route));
    assumed
}

/// Routes that are attached to nothing.
pub(super) fn orphans(snapshot: &Snapshot, tree: &Tree, notes: &Notes) -> Vec<RouteId> {
    let mut attached = vec![false; snapshot.routes.len()];
    let roots = tree.roots.iter().map(|root| root.route);
    for route in roots.chain(tree.children.iter().map(|child| child.route)) {
        attached[route.0 as usize] = true;
    }
    // Not every route that a ref selects is listed under it.
    let mut seen: AHashSet<*const Found> = AHashSet::default();
    for noted in notes.refs.iter().filter(|noted| seen.insert(Arc::as_ptr(&noted.found))) {
        for route in &noted.found.all {
            attached[route.0 as usize] = true;
        }
    }
    for unattached in tree.unattached.iter().filter(|one| !matches!(one.why, NotAttached::NoSuchParent(_))) {
        attached[unattached.route.0 as usize] = true;
    }
    (0..).zip(attached).filter(|(_, attached)| !attached).map(|(id, _)| RouteId(id)).collect()
}

/// What is wrong with `tree`.
pub(super) fn report(snapshot: &Snapshot, settings: &Settings, tree: &Tree, notes: &Notes) -> Vec<Finding> {
    let mut report = Report {
        snapshot,
        settings,
        tree,
        notes,
        all: Vec::new(),
        counts: BTreeMap::new(),
        seen: AHashSet::default(),
        hints: 0,
        assumed: None,
    };
    report.of_gateways();
    report.of_unattached();
    report.of_streams();
    report.of_parents();
    report.of_policies();
    report.of_links();
    report.of_strangers();
    report.of_children();
    report.of_hops();
    report.of_mirrors();
    report.of_services();
    report.of_surprises();
    report.of_inheritance();
    report.of_weights();
    report.of_hazards();
    report.finish()
}

/// What has been reported before.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
struct Cause {
    code: Code,
    route: RouteId,
    rule: u32,
    detail: u32,
}

/// A match as it was written: route, rule, match.
type Written = (RouteId, u32, Option<u32>);

/// Why a match stands nowhere: its own hop, or the one it was held against.
struct Lost {
    hop: RuleNodeId,
    matcher: Arc<RouteMatch>,
    reason: DropReason,
}

struct Report<'a> {
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    tree: &'a Tree,
    notes: &'a Notes,
    all: Vec<Finding>,
    counts: BTreeMap<Code, (usize, Severity)>,
    seen: AHashSet<Cause>,
    hints: usize,
    /// The routes that are reached under Gateways of an assumed engine only; made when first asked for.
    assumed: Option<AHashSet<RouteId>>,
}

impl Report<'_> {
    /// Whether this cause is new, and there is still room to list it.
    fn is_new(&mut self, severity: Severity, cause: Cause) -> bool {
        self.seen.insert(cause) && self.has_room(cause.code, severity)
    }

    fn has_room(&mut self, code: Code, severity: Severity) -> bool {
        let (count, _) = self.counts.entry(code).or_insert((0, severity));
        *count += 1;
        *count <= MAX_OF_A_CODE
    }

    /// Whether another hint may be looked for.
    fn may_hint(&mut self) -> bool {
        self.hints += 1;
        self.hints <= MAX_HINTS
    }

    fn about(
        &mut self,
        code: Code,
        severity: Severity,
        route: &Route,
        at: Position,
        (problem, advice): (impl Into<Problem>, Option<Advice>),
    ) {
        let mut problem = problem.into();
        let mut severity = severity;
        if severity == Severity::Error && !OF_ANY_ENGINE.contains(&code) && self.is_under_assumed(route) {
            severity = Severity::Warning;
            problem = Problem::UnderAssumedEngine(Box::new(problem));
        }
        self.all.push(Finding {
            code,
            severity,
            place: Some(Location::within(&route.meta.origin, at)),
            subject: Some(Subject { kind: route.kind.name(), key: route.meta.key() }),
            problem,
            advice,
            fix: Vec::new(),
        });
    }

    /// Whether a route is reached under Gateways of an assumed engine only.
    fn is_under_assumed(&mut self, route: &Route) -> bool {
        let assumed = self.assumed.get_or_insert_with(|| under_assumed(self.tree));
        let id = self.snapshot.find_route(route.kind, &route.meta.key());
        id.is_some_and(|id| assumed.contains(&id))
    }

    /// Every hop once: matches that stand nowhere, and what rows do wrong.
    fn of_hops(&mut self) {
        let mut lost: BTreeMap<Written, Lost> = BTreeMap::new();
        for (id, hop) in (0..).zip(&self.tree.hops) {
            if let MatchState::Dropped(reason) = &hop.state {
                let first = || Lost { hop: RuleNodeId(id), matcher: Arc::clone(&hop.matcher), reason: reason.clone() };
                lost.entry((hop.route, hop.rule, hop.match_index)).or_insert_with(first);
            }
        }
        // Not every match that was looked at has a hop.
        for (id, link) in self.looked_into() {
            let hop = self.tree.links[link.0 as usize].hop;
            let above = &self.tree.hops[hop.0 as usize];
            let route = self.snapshot.route(id);
            let inherits = inherit::inherits(route, self.tree.dialect_of(hop).inherit_annotation);
            let pathless = self.is_pathless(hop);
            for candidate in matching::of_child(route, inherits, &above.matcher, pathless) {
                if let Some(reason) = candidate.dropped {
                    let key = (id, candidate.rule, candidate.match_index);
                    lost.insert(key, Lost { hop, matcher: candidate.matcher, reason });
                }
            }
        }
        for (id, hop) in (0..).zip(&self.tree.hops) {
            let idle = match &hop.state {
                MatchState::Row(action) => !matches!(action.as_ref(), Action::Forward(_)),
                MatchState::Dropped(DropReason::Invalid { .. }) | MatchState::Delegates => true,
                MatchState::Dropped(_) | MatchState::WeightedDelegation(_) => false,
            };
            if idle
                && has_refs(self.snapshot.route(hop.route), hop)
                && self.tree.dialect_of(RuleNodeId(id)).is_of_kgateway()
            {
                self.of_idle_refs(hop);
            }
            if matches!(hop.state, MatchState::Dropped(_)) {
                continue;
            }
            if !lost.is_empty() {
                lost.remove(&(hop.route, hop.rule, hop.match_index));
            }
            self.of_standing_hop(RuleNodeId(id), hop);
        }
        for (written, lost) in lost {
            self.of_lost_match(written, &lost);
        }
    }

    /// The routes whose matches were held against a parent's, each with the first ref that selects it.
    fn looked_into(&self) -> BTreeMap<RouteId, LinkId> {
        let hosted = self.tree.children.iter().filter(|child| child.state == ChildState::HasHostnames);
        let hosted: AHashSet<RouteId> = hosted.map(|child| child.route).collect();
        let mut first: BTreeMap<RouteId, LinkId> = BTreeMap::new();
        let mut seen: AHashSet<*const Pool> = AHashSet::default();
        for noted in self.notes.refs.iter().filter(|noted| noted.looked_into) {
            let hop = &self.tree.hops[self.tree.links[noted.link.0 as usize].hop.0 as usize];
            let parent = self.snapshot.route(hop.route).meta.key();
            for pool in noted.found.pools(&parent) {
                if seen.insert(std::ptr::from_ref(pool)) {
                    for id in pool.routes.iter().filter(|id| !hosted.contains(id)) {
                        first.entry(*id).or_insert(noted.link);
                    }
                }
            }
        }
        first
    }

    /// Whether a hop comes from `matches: []` of a root, and so has no path.
    fn is_pathless(&self, hop: RuleNodeId) -> bool {
        let node = &self.tree.hops[hop.0 as usize];
        node.match_index.is_none()
            && match self.tree.link_above(hop) {
                None => true,
                Some(link) => self.is_pathless(link.hop),
            }
    }

    fn of_lost_match(&mut self, (id, rule, match_index): Written, lost: &Lost) {
        let Lost { hop, matcher, reason } = lost;
        let (code, severity) = match reason {
            DropReason::Invalid { .. } | DropReason::NeverMatches { .. } => (Code::InvalidRegex, Severity::Error),
            DropReason::Refused { .. } => (Code::RuleRefused, Severity::Error),
            DropReason::NotEvaluated { .. } => (Code::RegexesTooLarge, Severity::Warning),
            _ => (Code::MatchDropped, Severity::Warning),
        };
        let cause = Cause { code, route: id, rule, detail: match_index.unwrap_or(u32::MAX) };
        if !self.is_new(severity, cause) {
            return;
        }
        let route = self.snapshot.route(id);
        let written = &route.rules[rule as usize];
        let above = &self.tree.hops[hop.0 as usize];
        let parent = if above.route == id { self.tree.link_above(*hop).map(|link| link.hop) } else { Some(*hop) };
        let parent = parent.map(|parent| &self.tree.hops[parent.0 as usize]);
        let problem = Problem::Dropped {
            kind: matcher.path.kind,
            path: matcher.path.value.clone(),
            parent: parent.map(|parent| self.snapshot.route(parent.route).meta.key()),
            reason: Box::new(reason.clone()),
        };
        let stands = |other: &RuleNode| other.route == id && !matches!(other.state, MatchState::Dropped(_));
        let drop = drops::Drop {
            reason,
            route,
            place: (rule, match_index),
            parent: parent.map(|parent| &*parent.matcher),
            inherit: self.tree.dialect_of(*hop).inherit_annotation.filter(|_| !self.tree.hops.iter().any(stands)),
        };
        let at = match_index.map_or(written.at, |_| matcher.at);
        let fix = drop.fix();
        self.about(code, severity, route, at, (problem, drop.advice()));
        self.fix(route, fix);
    }

    fn finish(mut self) -> Vec<Finding> {
        for (code, (count, severity)) in self.counts {
            if count > MAX_OF_A_CODE {
                self.all.push(Finding {
                    code,
                    severity,
                    place: None,
                    subject: None,
                    problem: Problem::NotListed(count - MAX_OF_A_CODE),
                    advice: None,
                    fix: Vec::new(),
                });
            }
        }
        self.all
    }
}
