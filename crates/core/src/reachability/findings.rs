//! What is wrong with sets of requests: rules that none meets, routes that claim the same ones, backends that none
//! reaches, and prefixes that are delegated to one namespace and used by another.
//!
//! It is asked for by those who list findings, and is not part of an analysis: a single answer needs none of it.

mod overlaps;

use std::collections::{BTreeMap, BTreeSet};

use super::held::{Held, matcher};
use super::rows::{Reach, Reachability};
use crate::finding::{
    Advice, Backend, Code, Edit, Finding, Location, RequestsProblem, RuleName, Severity, Subject, Taker, TieBreak,
};
use crate::model::{
    Meta, Name, ObjectKey, ParentRef, PathKind, Position, Protocol, RedirectScheme, Route, RouteMatch, ValueKind,
    ValueMatch,
};
use crate::parallel;
use crate::resolve::{Action, LinkId, MatchState, ProxySemantics, RuleNode, RuleNodeId, Tree};
use crate::router::Router;
use crate::router::lists::RowList;
use crate::store::{RouteId, Snapshot};

/// A rule of a route.
type RuleId = (RouteId, u32);

/// What to do, and the same as edits.
type Remedy = (Advice, Vec<Edit>);

/// What is wrong, in the order of routes and rules. On up to so many threads.
pub fn findings(router: Router<'_>, threads: usize) -> Vec<Finding> {
    let report = Report { router, tree: router.tree(), snapshot: router.snapshot() };
    let unmet = report.unmet(threads, &|| false).unwrap_or_default();
    // A backend that one rule alone refers to is told with that rule.
    let (mut lost, mut backends): (BTreeMap<RuleId, Vec<Backend>>, Vec<Finding>) = Default::default();
    for (backend, rules) in report.unreached(&unmet) {
        let Some(first) = rules.first().copied() else { continue };
        if rules.len() == 1 {
            lost.entry(first).or_default().push(backend);
            continue;
        }
        let problem = RequestsProblem::BackendUnreached { backend, rules: rules.len() };
        backends.push(report.finding(Code::BackendUnreached, first, problem));
    }
    let mut findings = report.rules(&unmet, &lost);
    findings.extend(backends);
    findings.extend(report.overlaps());
    findings
}

/// The rows that no request meets anywhere, each with the rows that hide it. On up to so many threads; `None` when
/// `superseded` ended it.
pub fn never_met(
    router: Router<'_>,
    threads: usize,
    superseded: &(dyn Fn() -> bool + Sync),
) -> Option<BTreeMap<RuleNodeId, Vec<RuleNodeId>>> {
    let report = Report { router, tree: router.tree(), snapshot: router.snapshot() };
    let Unmet { mut hidden, met } = report.unmet(threads, superseded)?;
    hidden.retain(|row, _| !met.contains(row));
    Some(hidden)
}

struct Report<'a> {
    router: Router<'a>,
    tree: &'a Tree,
    snapshot: &'a Snapshot,
}

/// Rows that no request meets, and what hides each; and the rows that some request meets, or may meet.
#[derive(Default)]
struct Unmet {
    hidden: BTreeMap<RuleNodeId, Vec<RuleNodeId>>,
    met: BTreeSet<RuleNodeId>,
}

impl Unmet {
    /// Whether no request meets a row anywhere.
    fn is(&self, row: RuleNodeId) -> bool {
        self.hidden.contains_key(&row) && !self.met.contains(&row)
    }
}

impl<'a> Report<'a> {
    fn unmet(&self, threads: usize, superseded: &(dyn Fn() -> bool + Sync)) -> Option<Unmet> {
        // Hosts that the same routes serve share their rows.
        let mut lists: Vec<(u32, RowList<'a>)> = Vec::new();
        let mut seen: BTreeSet<*const RuleNodeId> = BTreeSet::new();
        for (gateway, table) in (0..).zip(&self.router.table().gateways) {
            for (place, host) in (0..).zip(&table.virtual_hosts) {
                if seen.insert(host.rows.as_ptr()) {
                    lists.push((gateway, RowList::of_host(place, host)));
                }
            }
        }
        lists.extend(self.groups());
        let reachability = Reachability::of(self.router);
        // Large tables are shared out in pieces.
        let mut work: Vec<(u32, RowList<'a>, std::ops::Range<usize>)> = Vec::new();
        for (gateway, list) in lists {
            for start in (0..list.rows.len()).step_by(PIECE) {
                work.push((gateway, list, start..(start + PIECE).min(list.rows.len())));
            }
        }
        let parts = parallel::in_order(work, threads, |(gateway, list, range)| {
            if superseded() {
                return Vec::new();
            }
            let rows = range.map(|position| {
                let held = Held { lists: vec![list], at: Some((0, position)) };
                (list.rows[position], reachability.alone(gateway, &held))
            });
            rows.collect::<Vec<_>>()
        });
        if superseded() {
            return None;
        }
        let mut unmet = Unmet::default();
        for (row, reach) in parts.into_iter().flatten() {
            match reach {
                Reach::Hidden(by) => {
                    unmet.hidden.entry(row).or_insert(by);
                }
                Reach::Never => {
                    unmet.hidden.entry(row).or_default();
                }
                Reach::Met(_) | Reach::Unknown(_) => {
                    unmet.met.insert(row);
                }
            }
        }
        Some(unmet)
    }

    /// The tables below, hop by hop, with a Gateway of the same manner.
    fn groups(&self) -> Vec<(u32, RowList<'a>)> {
        let hopwise = |(place, _): &(u32, _)| self.router.semantics_at(*place) == ProxySemantics::Agentgateway;
        let Some((gateway, _)) = (0..).zip(&self.router.table().gateways).find(hopwise) else { return Vec::new() };
        let links = (0..).map(LinkId).zip(&self.tree.links);
        let followed = links.filter(|(_, link)| matches!(self.hop(link.hop).state, MatchState::WeightedDelegation(_)));
        followed.flat_map(|(id, _)| self.router.group_tiers(id)).map(|list| (gateway, list)).collect()
    }

    fn hop(&self, row: RuleNodeId) -> &'a RuleNode {
        &self.tree.hops[row.0 as usize]
    }

    fn route(&self, id: RouteId) -> &'a Route {
        self.snapshot.route(id)
    }

    /// The rule of a row by its route and place.
    fn name(&self, row: RuleNodeId) -> RuleName {
        let hop = self.hop(row);
        let route = self.route(hop.route);
        let place = Location::within(&route.meta.origin, self.position(hop.route, hop.rule));
        RuleName { route: route.meta.key(), rule: hop.rule, place }
    }

    fn position(&self, route: RouteId, rule: u32) -> Position {
        self.route(route).rules.get(rule as usize).map_or_else(Position::default, |rule| rule.at)
    }

    fn advised(&self, code: Code, id: RuleId, problem: RequestsProblem, remedy: Option<Remedy>) -> Finding {
        let (advice, fix) = remedy.map_or_else(Default::default, |(advice, fix)| (Some(advice), fix));
        Finding { advice, fix, ..self.finding(code, id, problem) }
    }

    fn finding(&self, code: Code, (route, rule): RuleId, problem: RequestsProblem) -> Finding {
        let of = self.route(route);
        Finding {
            code,
            severity: Severity::Warning,
            place: Some(Location::within(&of.meta.origin, self.position(route, rule))),
            subject: Some(Subject { kind: of.kind.name(), key: of.meta.key() }),
            problem: problem.into(),
            advice: None,
            fix: Vec::new(),
        }
    }

    /// Rules of which no request meets any row: the rows that hide them.
    fn never_met(&self, unmet: &Unmet) -> BTreeMap<RuleId, Vec<RuleNodeId>> {
        let mut hidden: BTreeMap<RuleId, Vec<RuleNodeId>> = BTreeMap::new();
        for (row, by) in &unmet.hidden {
            let hop = self.hop(*row);
            // Rules that take what no request can be are told by what is wrong with their paths.
            if !by.is_empty() {
                let all = hidden.entry((hop.route, hop.rule)).or_default();
                all.extend(by.iter().copied().filter(|one| !all.contains(one)).collect::<Vec<_>>());
            }
        }
        for row in &unmet.met {
            let hop = self.hop(*row);
            hidden.remove(&(hop.route, hop.rule));
        }
        hidden
    }

    /// One finding for each rule that gets less than it matches: that it has the match of another route's rule, where that
    /// is all there is to it, or else what takes its requests.
    fn rules(&self, unmet: &Unmet, lost: &BTreeMap<RuleId, Vec<Backend>>) -> Vec<Finding> {
        let never = self.never_met(unmet);
        let redirecting = if never.is_empty() { BTreeSet::new() } else { self.redirecting() };
        let mut conflicts: BTreeMap<RuleId, Vec<(RuleNodeId, RuleNodeId)>> = BTreeMap::new();
        // Rules that other routes' rules of another match have a part in hiding.
        let mut otherwise: BTreeSet<RuleId> = BTreeSet::new();
        for (row, by) in unmet.hidden.iter().filter(|(_, by)| !by.is_empty()) {
            let own = self.hop(*row);
            let id = (own.route, own.rule);
            let is_rival =
                |rival: &&RuleNodeId| self.hop(**rival).route != own.route && same_match(self.tree, *row, **rival);
            match by.iter().find(is_rival) {
                Some(rival) => conflicts.entry(id).or_default().push((*row, *rival)),
                None => {
                    otherwise.insert(id);
                }
            }
        }
        let mut findings = self.contradictions(unmet);
        for (id, by) in &never {
            if conflicts.contains_key(id) && !otherwise.contains(id) {
                continue;
            }
            conflicts.remove(id);
            if self.may_be_gone(by) {
                continue;
            }
            let advice = if redirecting.contains(id) { self.advice(by) } else { None };
            let by = by.iter().map(|row| self.taker(id.0, *row)).collect();
            let problem = RequestsProblem::Unreachable { rule: id.1, by, lost: without(lost, *id) };
            findings.push(self.advised(Code::RuleUnreachable, *id, problem, advice));
        }
        for (id, rivals) in conflicts {
            let mut told: BTreeSet<RuleId> = BTreeSet::new();
            for (row, rival) in rivals {
                let other = self.hop(rival);
                if !told.insert((other.route, other.rule)) {
                    continue;
                }
                // That an application on all listeners loses to the redirect to https on one of them is meant.
                if !never.contains_key(&id) && self.leads_to_https(rival) || self.may_be_gone(&[rival]) {
                    continue;
                }
                let advice = if redirecting.contains(&id) { self.advice(&[rival]) } else { None };
                let problem = RequestsProblem::Conflict {
                    rule: id.1,
                    winner: self.name(rival),
                    by: self.tie_break(row, rival),
                    lost: if never.contains_key(&id) { without(lost, id) } else { Vec::new() },
                };
                findings.push(self.advised(Code::RuleConflict, id, problem, advice));
            }
        }
        findings
    }

    /// Whether the cluster may get one of these rows otherwise than it is written, or not at all.
    fn may_be_gone(&self, rows: &[RuleNodeId]) -> bool {
        let mut steps = rows.iter().flat_map(|row| self.tree.chain(*row));
        steps.any(|step| self.route(self.hop(step).route).meta.doubt.is_some())
    }

    /// Rules of which every match wants two values of one header: names of headers ignore case, and a parent's `X-Tier`
    /// stands beside the child's `x-tier`.
    fn contradictions(&self, unmet: &Unmet) -> Vec<Finding> {
        let mut rules: BTreeMap<RuleId, Option<[(Name, Name); 2]>> = BTreeMap::new();
        for row in unmet.hidden.keys().chain(&unmet.met) {
            let hop = self.hop(*row);
            let found = if unmet.is(*row) { two_values(matcher(self.tree, *row)) } else { None };
            let rule = rules.entry((hop.route, hop.rule)).or_insert_with(|| found.clone());
            *rule = rule.take().filter(|_| found.is_some());
        }
        let found = rules.into_iter().filter_map(|(id, found)| Some((id, found?)));
        found
            .map(|(id, headers)| {
                let problem = RequestsProblem::Contradiction { rule: id.1, headers };
                self.finding(Code::RuleUnreachable, id, problem)
            })
            .collect()
    }

    /// A row that hides a rule, and whether it comes first by its age.
    fn taker(&self, hidden: RouteId, row: RuleNodeId) -> Taker {
        let (own, other) = (&self.route(hidden).meta, &self.route(self.hop(row).route).meta);
        Taker { rule: self.name(row), is_older: own.key() != other.key() && other.created < own.created }
    }

    /// The rules that redirect.
    fn redirecting(&self) -> BTreeSet<RuleId> {
        let redirects =
            |hop: &&RuleNode| hop.action().is_some_and(|action| matches!(action.as_ref(), Action::Redirect(_)));
        self.tree.hops.iter().filter(redirects).map(|hop| (hop.route, hop.rule)).collect()
    }

    /// Whether a row redirects to https.
    fn leads_to_https(&self, row: RuleNodeId) -> bool {
        self.hop(row).action().is_some_and(|action| {
            matches!(action.as_ref(), Action::Redirect(redirect) if redirect.scheme == Some(RedirectScheme::Https))
        })
    }

    /// For a redirect to https that loses to the application, which is attached to every listener.
    fn advice(&self, by: &[RuleNodeId]) -> Option<Remedy> {
        let rival = self.route(self.hop(*by.first()?).route);
        let mut parents = (0..).zip(&rival.parent_refs);
        let names_none = |parent: &ParentRef| parent.section_name.is_none() && parent.port.is_none();
        let (place, parent) = parents.find(|(_, parent)| parent.kind == "Gateway" && names_none(parent))?;
        let place: u32 = place;
        let namespace = parent.namespace.as_ref().unwrap_or(&rival.meta.namespace);
        let gateway =
            self.snapshot.gateways.get(&ObjectKey { namespace: namespace.clone(), name: parent.name.clone() })?;
        let https = gateway.listeners.iter().find(|listener| listener.protocol == Protocol::Https)?;
        let (section, key) = (&https.name, rival.meta.key());
        let advice = Advice::NameSection { section: section.clone(), route: key.clone() };
        let object = Subject { kind: rival.kind.name(), key };
        let path = format!("spec.parentRefs[{place}].sectionName");
        let fix = if rival.meta.defective { Vec::new() } else { vec![Edit::set(object, path, section.as_str())] };
        Some((advice, fix))
    }

    /// What decides between rows of two routes with the same match.
    fn tie_break(&self, loser: RuleNodeId, winner: RuleNodeId) -> TieBreak {
        let root = |row: RuleNodeId| self.route(self.tree.roots[self.tree.root_of(row).0 as usize].route);
        let weight = |row: RuleNodeId| {
            let written = self.route(self.hop(row).route).meta.annotation("kgateway.dev/route-weight");
            written.and_then(|weight| weight.parse::<i32>().ok()).unwrap_or(0)
        };
        if self.router.weighs_routes() && weight(winner) > weight(loser) {
            return TieBreak::RouteWeight(weight(winner));
        }
        let by_age_or_name = |late: &Meta, early: &Meta, is_root: bool| {
            let by_age = late.created > early.created;
            let (early, late) = (early.key(), late.key());
            (late != early).then_some(TieBreak::Route { is_root, by_age, early, late })
        };
        let (late, early) = (root(loser), root(winner));
        by_age_or_name(&late.meta, &early.meta, true)
            .or_else(|| {
                let of = |row: RuleNodeId| &self.route(self.hop(row).route).meta;
                by_age_or_name(of(loser), of(winner), false)
            })
            .unwrap_or(TieBreak::WrittenFirst)
    }

    /// Backends to which rules refer, and none of the rules is ever reached, with these rules.
    fn unreached(&self, unmet: &Unmet) -> BTreeMap<Backend, BTreeSet<RuleId>> {
        // Where rows are missing, one of them may reach any backend.
        if (0..).zip(&self.router.table().gateways).any(|(place, _)| !self.router.gaps(place).is_empty()) {
            return BTreeMap::new();
        }
        let mut referring: BTreeMap<(&Name, &Name, &Name), (bool, BTreeSet<RuleId>)> = BTreeMap::new();
        for row in unmet.met.iter().chain(unmet.hidden.keys()) {
            let hop = self.hop(*row);
            let Some(Action::Forward(forward)) = hop.own_action().map(AsRef::as_ref) else { continue };
            for to in forward.destinations.iter().filter(|to| to.share > 0.0 && !to.state.is_broken()) {
                let entry = referring.entry((&to.kind, &to.namespace, &to.name)).or_default();
                entry.0 |= !unmet.is(*row);
                if !entry.0 {
                    entry.1.insert((hop.route, hop.rule));
                }
            }
        }
        let unmet = referring.into_iter().filter(|(_, (met, _))| !met);
        let backend = |kind: &Name, namespace: &Name, name: &Name| Backend {
            kind: kind.clone(),
            key: ObjectKey { namespace: namespace.clone(), name: name.clone() },
        };
        unmet.map(|((kind, namespace, name), (_, rules))| (backend(kind, namespace, name), rules)).collect()
    }
}

/// Two different values that a match wants of one header, each with the name as it is written.
fn two_values(matcher: &RouteMatch) -> Option<[(Name, Name); 2]> {
    let exact = |test: &&ValueMatch| test.kind == ValueKind::Exact && !test.value.is_empty();
    let mut tests = matcher.headers.iter().filter(exact).enumerate();
    tests.find_map(|(place, test)| {
        let mut earlier = matcher.headers.iter().filter(exact).take(place);
        let other = earlier.find(|one| one.name.eq_ignore_ascii_case(&test.name) && one.value != test.value)?;
        Some([other, test].map(|one| (one.name.clone(), one.value.clone())))
    })
}

/// The backends that get no request with a rule that gets none.
fn without(lost: &BTreeMap<RuleId, Vec<Backend>>, id: RuleId) -> Vec<Backend> {
    lost.get(&id).cloned().unwrap_or_default()
}

/// How many rows a thread takes at a time.
const PIECE: usize = 2_000;

/// Whether two rows match alike, in any order of their conditions.
fn same_match(tree: &Tree, a: RuleNodeId, b: RuleNodeId) -> bool {
    let (a, b) = (matcher(tree, a), matcher(tree, b));
    let same = |a: &[ValueMatch], b: &[ValueMatch]| a.len() == b.len() && a.iter().all(|test| b.contains(test));
    let path = |row: &RouteMatch| {
        let value = row.path.value.as_str();
        let cut = if row.path.kind == PathKind::PathPrefix { value.trim_end_matches('/') } else { value };
        (row.path.kind, cut.to_owned())
    };
    path(a) == path(b) && a.method == b.method && same(&a.headers, &b.headers) && same(&a.query_params, &b.query_params)
}
