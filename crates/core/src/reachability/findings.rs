//! What is wrong with sets of requests: rules that none meets, routes that claim the same ones, backends that none
//! reaches, and prefixes that are delegated to one namespace and used by another.
//!
//! It is asked for by those who list findings, and is no part of an analysis: a single answer needs none of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ahash::AHashMap;

use super::held::{Held, matcher};
use super::rows::{Reach, Reachability};
use crate::finding::{Code, Finding, Place, Severity, Subject};
use crate::model::{Meta, Name, ObjectKey, PathKind, Position, Protocol, Route, ValueMatch};
use crate::resolve::{Action, Fate, Hop, HopId, Tree, Under};
use crate::router::Router;
use crate::router::lists::RowList;
use crate::spread;
use crate::store::{RouteId, Snapshot};

/// A rule of a route.
type RuleId = (RouteId, u32);

/// How many rows that hide a rule are named.
const NAMED: usize = 3;

/// What is wrong, in the order of routes and rules. On up to so many threads.
pub fn findings(router: Router<'_>, threads: usize) -> Vec<Finding> {
    let report = Report { router, tree: router.tree(), snapshot: router.snapshot() };
    let unmet = report.unmet(threads);
    let mut findings = report.unreachable(&unmet);
    findings.extend(report.conflicts(&unmet));
    findings.extend(report.unreached(&unmet));
    findings.extend(report.overlaps());
    findings
}

struct Report<'a> {
    router: Router<'a>,
    tree: &'a Tree,
    snapshot: &'a Snapshot,
}

/// Rows that no request meets, and what hides each; and the rows that some request meets, or may meet.
#[derive(Default)]
struct Unmet {
    hidden: BTreeMap<HopId, Vec<HopId>>,
    met: BTreeSet<HopId>,
}

impl Unmet {
    /// Whether no request meets a row anywhere.
    fn is(&self, row: HopId) -> bool {
        self.hidden.contains_key(&row) && !self.met.contains(&row)
    }
}

impl<'a> Report<'a> {
    fn unmet(&self, threads: usize) -> Unmet {
        // Hosts that the same routes serve share their rows.
        let mut lists: Vec<(u32, RowList<'a>)> = Vec::new();
        let mut seen: BTreeSet<*const HopId> = BTreeSet::new();
        for (gateway, table) in (0..).zip(&self.router.table().gateways) {
            for (place, host) in (0..).zip(&table.virtual_hosts) {
                if seen.insert(host.rows.as_ptr()) {
                    lists.push((gateway, RowList::of_host(place, host)));
                }
            }
        }
        let reachability = Reachability::of(self.router);
        // Large tables are shared out in pieces.
        let mut work: Vec<(u32, RowList<'a>, std::ops::Range<usize>)> = Vec::new();
        for (gateway, list) in lists {
            for start in (0..list.rows.len()).step_by(PIECE) {
                work.push((gateway, list, start..(start + PIECE).min(list.rows.len())));
            }
        }
        let parts = spread::in_order(work, threads, |(gateway, list, range)| {
            let rows = range.map(|position| {
                let held = Held { lists: vec![list], at: Some((0, position)) };
                (list.rows[position], reachability.alone(gateway, &held))
            });
            rows.collect::<Vec<_>>()
        });
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
        unmet
    }

    fn hop(&self, row: HopId) -> &'a Hop {
        &self.tree.hops[row.0 as usize]
    }

    fn route(&self, id: RouteId) -> &'a Route {
        self.snapshot.route(id)
    }

    /// `team/orders rule 2 (orders.yaml:34)`.
    fn name(&self, row: HopId) -> String {
        let hop = self.hop(row);
        let route = self.route(hop.route);
        let mut name = format!("{} rule {}", route.meta.key(), hop.rule + 1);
        let place = Place::within(&route.meta.origin, self.position(hop.route, hop.rule));
        if place.at.is_known() {
            let _ = write!(name, " ({}:{})", place.source.name, place.at.line);
        }
        name
    }

    fn position(&self, route: RouteId, rule: u32) -> Position {
        self.route(route).rules.get(rule as usize).map_or_else(Position::default, |rule| rule.at)
    }

    fn finding(&self, code: Code, (route, rule): RuleId, message: String, help: Option<String>) -> Finding {
        let of = self.route(route);
        Finding {
            code,
            severity: Severity::Warning,
            place: Some(Place::within(&of.meta.origin, self.position(route, rule))),
            subject: Some(Subject { kind: of.kind.name(), key: of.meta.key() }),
            message,
            help,
        }
    }

    /// Rules of which no request meets any row.
    fn unreachable(&self, unmet: &Unmet) -> Vec<Finding> {
        let mut hidden: BTreeMap<RuleId, Vec<HopId>> = BTreeMap::new();
        let mut met: BTreeSet<RuleId> = BTreeSet::new();
        for (row, by) in &unmet.hidden {
            let hop = self.hop(*row);
            // Rows that take what no request can be are told by what is wrong with their paths.
            if !by.is_empty() {
                let all = hidden.entry((hop.route, hop.rule)).or_default();
                all.extend(by.iter().copied().filter(|one| !all.contains(one)).collect::<Vec<_>>());
            }
        }
        for row in &unmet.met {
            let hop = self.hop(*row);
            met.insert((hop.route, hop.rule));
        }
        let redirecting = if hidden.is_empty() { BTreeSet::new() } else { self.redirecting() };
        let mut findings = Vec::new();
        for (id, by) in hidden.into_iter().filter(|(id, _)| !met.contains(id)) {
            let mut names: Vec<String> = Vec::new();
            for row in &by {
                let name = self.taker(id.0, *row);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let more = names.len().saturating_sub(NAMED);
            let mut list = names[..names.len() - more].join(", ");
            if more > 0 {
                let _ = write!(list, " and {more} more");
            }
            let verb = if names.len() > 1 { "take" } else { "takes" };
            let message = format!("rule {} is never reached: {list} {verb} all that it matches", id.1 + 1);
            let help = if redirecting.contains(&id) { self.advice(&by) } else { None };
            findings.push(self.finding(Code::RuleUnreachable, id, message, help));
        }
        findings
    }

    /// A row that hides a rule, and why it comes first where age or name decide.
    fn taker(&self, hidden: RouteId, row: HopId) -> String {
        let mut name = self.name(row);
        let (own, other) = (&self.route(hidden).meta, &self.route(self.hop(row).route).meta);
        if own.key() != other.key() && other.created < own.created {
            name.push_str(", which is older,");
        }
        name
    }

    /// The rules that redirect.
    fn redirecting(&self) -> BTreeSet<RuleId> {
        let redirects = |hop: &&Hop| hop.action().is_some_and(|action| matches!(action.as_ref(), Action::Redirect(_)));
        self.tree.hops.iter().filter(redirects).map(|hop| (hop.route, hop.rule)).collect()
    }

    /// For a redirect to https that loses to the application, which is attached to every listener.
    fn advice(&self, by: &[HopId]) -> Option<String> {
        let rival = self.route(self.hop(*by.first()?).route);
        let parent =
            rival.parent_refs.iter().find(|parent| parent.kind == "Gateway" && parent.section_name.is_none())?;
        let namespace = parent.namespace.as_ref().unwrap_or(&rival.meta.namespace);
        let gateway =
            self.snapshot.gateways.get(&ObjectKey { namespace: namespace.clone(), name: parent.name.clone() })?;
        let https = gateway.listeners.iter().find(|listener| listener.protocol == Protocol::Https)?;
        Some(format!(
            "name sectionName: {} in {}: it takes the requests of every listener",
            https.name,
            rival.meta.key()
        ))
    }

    /// Rows of two routes with the same match: one of them never gets a request.
    fn conflicts(&self, unmet: &Unmet) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut told: BTreeSet<(RuleId, RuleId)> = BTreeSet::new();
        for (row, by) in &unmet.hidden {
            for rival in by {
                let (own, other) = (self.hop(*row), self.hop(*rival));
                if own.route == other.route || !same_match(self.tree, *row, *rival) {
                    continue;
                }
                let (id, first) = ((own.route, own.rule), (other.route, other.rule));
                if !told.insert((id, first)) {
                    continue;
                }
                let message = format!(
                    "rule {} has the same match as {}, which wins: {}",
                    id.1 + 1,
                    self.name(*rival),
                    self.tie_break(*row, *rival)
                );
                findings.push(self.finding(Code::RuleConflict, id, message, None));
            }
        }
        findings
    }

    /// What decides between rows of two routes with the same match.
    fn tie_break(&self, loser: HopId, winner: HopId) -> String {
        let root = |row: HopId| self.route(self.tree.roots[self.tree.root_of(row).0 as usize].route);
        let weight = |row: HopId| {
            let written = self.route(self.hop(row).route).meta.annotation("kgateway.dev/route-weight");
            written.and_then(|weight| weight.parse::<i32>().ok()).unwrap_or(0)
        };
        if self.router.weighs_routes() && weight(winner) > weight(loser) {
            return format!("its route weight is {}", weight(winner));
        }
        let by_age_or_name = |late: &Meta, early: &Meta, what: &str| {
            (late.key() != early.key()).then(|| {
                if late.created > early.created {
                    format!("{what} {} is older than {}", early.key(), late.key())
                } else {
                    format!("{what} {} comes before {} by name", early.key(), late.key())
                }
            })
        };
        let (late, early) = (root(loser), root(winner));
        by_age_or_name(&late.meta, &early.meta, "root route")
            .or_else(|| {
                let of = |row: HopId| &self.route(self.hop(row).route).meta;
                by_age_or_name(of(loser), of(winner), "route")
            })
            .unwrap_or_else(|| "it is written first".to_owned())
    }

    /// Backends to which rules refer, and none of the rules is ever reached.
    fn unreached(&self, unmet: &Unmet) -> Vec<Finding> {
        // Where rows are missing, one of them may reach any backend.
        if (0..).zip(&self.router.table().gateways).any(|(place, _)| !self.router.gaps(place).is_empty()) {
            return Vec::new();
        }
        let mut reached: BTreeMap<(&Name, &Name, &Name), (bool, HopId)> = BTreeMap::new();
        let rows = unmet.met.iter().chain(unmet.hidden.keys());
        for row in rows {
            let Some(Action::Forward(forward)) = self.hop(*row).does().map(AsRef::as_ref) else { continue };
            for to in forward.destinations.iter().filter(|to| to.share > 0.0 && !to.state.is_broken()) {
                let entry = reached.entry((&to.kind, &to.namespace, &to.name)).or_insert((false, *row));
                entry.0 |= !unmet.is(*row);
            }
        }
        let mut findings = Vec::new();
        for ((kind, namespace, name), (_, row)) in reached.into_iter().filter(|(_, (met, _))| !met) {
            let hop = self.hop(row);
            let message =
                format!("{kind} {namespace}/{name} gets no request: no rule that refers to it is ever reached");
            findings.push(self.finding(Code::BackendUnreached, (hop.route, hop.rule), message, None));
        }
        findings
    }

    /// Rows below a prefix that is delegated to the routes of one namespace, of a route in another one.
    fn overlaps(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut told: BTreeSet<(RuleId, RuleId)> = BTreeSet::new();
        let mut delegated: AHashMap<crate::resolve::RootId, Vec<Delegated<'a>>> = AHashMap::new();
        for link in &self.tree.links {
            if let Some((root, one)) = self.delegated(link) {
                delegated.entry(root).or_default().push(one);
            }
        }
        if delegated.is_empty() {
            return findings;
        }
        let mut seen: BTreeSet<*const HopId> = BTreeSet::new();
        for table in &self.router.table().gateways {
            for (place, host) in (0..).zip(&table.virtual_hosts) {
                if seen.insert(host.rows.as_ptr()) {
                    self.of_host(&RowList::of_host(place, host), &delegated, &mut told, &mut findings);
                }
            }
        }
        findings
    }

    fn of_host(
        &self,
        list: &RowList<'a>,
        delegated: &AHashMap<crate::resolve::RootId, Vec<Delegated<'a>>>,
        told: &mut BTreeSet<(RuleId, RuleId)>,
        findings: &mut Vec<Finding>,
    ) {
        let roots: BTreeSet<_> = list.rows.iter().map(|row| self.tree.root_of(*row)).collect();
        let here = roots.iter().filter_map(|root| delegated.get(root)).flatten();
        let mut prefixes: BTreeMap<&str, Vec<&Delegated<'a>>> = BTreeMap::new();
        for one in here {
            prefixes.entry(one.prefix).or_default().push(one);
        }
        for row in list.rows.iter() {
            let hop = self.hop(*row);
            if hop.matcher.path.kind == PathKind::RegularExpression {
                continue;
            }
            let path = hop.matcher.path.value.as_str();
            let route = self.route(hop.route);
            let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
            for end in ends {
                for one in prefixes.get(&path[..end]).into_iter().flatten() {
                    let delegating = self.hop(one.hop);
                    if route.meta.namespace == *one.namespace
                        || hop.route == delegating.route
                        || self.tree.chain(*row).contains(&one.hop)
                    {
                        continue;
                    }
                    let (id, by) = ((hop.route, hop.rule), (delegating.route, delegating.rule));
                    if told.insert((id, by)) {
                        let message = format!(
                            "rule {} takes {path}, below the prefix {} that {} delegates to namespace {}",
                            id.1 + 1,
                            one.prefix,
                            self.name(one.hop),
                            one.namespace
                        );
                        findings.push(self.finding(Code::PrefixOverlap, id, message, None));
                    }
                }
            }
        }
    }

    /// A prefix that a ref delegates to routes of one other namespace.
    fn delegated(&self, link: &crate::resolve::Link) -> Option<(crate::resolve::RootId, Delegated<'a>)> {
        let hop = self.hop(link.hop);
        let path = &hop.matcher.path;
        let prefix = path.value.trim_end_matches('/');
        if !matches!(hop.fate, Fate::Delegates) || path.kind != PathKind::PathPrefix || prefix.is_empty() {
            return None;
        }
        let children = &self.tree.children[link.children.start as usize..link.children.end as usize];
        let adopted = children.iter().filter(|child| child.fate == crate::resolve::ChildFate::Adopted);
        let mut namespaces: Vec<&'a Name> = adopted.map(|child| &self.route(child.route).meta.namespace).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        let [namespace] = namespaces[..] else { return None };
        if *namespace == self.route(hop.route).meta.namespace {
            return None;
        }
        let root = match hop.under {
            Under::Root(root) => root,
            Under::Child(_) => self.tree.root_of(link.hop),
        };
        Some((root, Delegated { hop: link.hop, prefix, namespace }))
    }
}

/// A prefix that a rule delegates to one namespace.
struct Delegated<'a> {
    hop: HopId,
    prefix: &'a str,
    namespace: &'a Name,
}

/// How many rows a thread takes at a time.
const PIECE: usize = 2_000;

/// Whether two rows match alike, in any order of their conditions.
fn same_match(tree: &Tree, a: HopId, b: HopId) -> bool {
    let (a, b) = (matcher(tree, a), matcher(tree, b));
    let same = |a: &[ValueMatch], b: &[ValueMatch]| a.len() == b.len() && a.iter().all(|test| b.contains(test));
    let path = |row: &crate::model::RouteMatch| {
        let value = row.path.value.as_str();
        let cut = if row.path.kind == PathKind::PathPrefix { value.trim_end_matches('/') } else { value };
        (row.path.kind, cut.to_owned())
    };
    path(a) == path(b) && a.method == b.method && same(&a.headers, &b.headers) && same(&a.query_params, &b.query_params)
}
