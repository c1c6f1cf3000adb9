//! What else was considered: the rows that lost, the closest that missed, the matches that were dropped.
//!
//! Bounded, whatever the size of the table: chains of rows with one path are looked into so far and no further, and what
//! no longer fits is counted, not listed.

use ahash::AHashMap;

use super::decide::{Candidate, NormalizedRequest, Router};
use super::index::Index;
use super::matcher::{Kept, MatchInput, Patterns, path_matches, test};
use super::reason::{Delegation, Reached, Reason, Unanswered, fails};
use super::request::Request;
use super::{Considered, Decision, OutcomeKind, Verdict, VirtualHost};
use crate::model::{Name, ObjectKey};
use crate::resolve::{MatchState, ProxySemantics, RootId, RuleNodeId, Under};

/// How many entries an explanation lists unless told otherwise.
const LISTED: usize = crate::limits::CONSIDERED;
/// How many rows of one path (or regular expressions) are looked at.
pub(super) const PER_PATH: usize = 16;
/// How many neighbours of the path are looked at on either side.
const NEIGHBOURS: usize = 6;
/// How many rows with another path are listed.
const NEAREST: usize = 3;

/// Matches that are in no table, by what they would have matched. A route's matches may be dropped at many places.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    hops: Vec<RuleNodeId>,
    index: Index,
    /// Where each of their roots is attached.
    attached: AHashMap<RootId, Vec<AttachedAt>>,
}

/// Where a route is attached, as places in lists.
#[derive(Debug, Clone, Copy)]
struct AttachedAt {
    /// In [`crate::resolve::Tree::gateways`].
    gateway: u32,
    /// In the Gateway's listeners.
    listener: u32,
    /// Among the listener's attached routes.
    place: u32,
}

impl<'a> Router<'a> {
    /// Where `request` goes and why: as [`Router::decide`], with what else was considered.
    pub fn explain(&self, request: &Request, gateway: Option<&ObjectKey>) -> Vec<Decision> {
        self.explain_at_most(request, gateway, LISTED)
    }

    /// The same, with at most `limit` entries in [`Decision::considered`].
    pub fn explain_at_most(&self, request: &Request, gateway: Option<&ObjectKey>, limit: usize) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for (candidate, mut decision) in self.answers(request, gateway) {
            let semantics = self.semantics(&self.table.gateways[decision.gateway as usize]);
            if let (Some(candidate), Ok(normalized)) = (candidate, &NormalizedRequest::of(request, semantics)) {
                if semantics == ProxySemantics::Agentgateway {
                    self.consider_hop_by_hop(&mut decision, &candidate, normalized, limit);
                } else {
                    self.consider(&mut decision, &candidate, normalized, limit);
                }
            }
            self.remark(request, &mut decision);
            decisions.push(decision);
        }
        decisions
    }

    /// Why this row, or this dropped match, is not the one that decided; or that it is.
    pub fn explain_hop(&self, request: &Request, decision: &Decision, hop: RuleNodeId) -> Considered {
        let semantics = self.semantics(&self.table.gateways[decision.gateway as usize]);
        let (verdict, reason) = match NormalizedRequest::of(request, semantics) {
            Ok(normalized) if semantics == ProxySemantics::Agentgateway => {
                self.reason_in_groups(&normalized, decision, hop)
            }
            Ok(normalized) => self.reason_of(&normalized.facts, decision, hop),
            Err(bad) => (Verdict::Missed, Reason::BadRequest { what: bad.what.clone() }),
        };
        Considered { hop, verdict, reason }
    }

    fn reason_of(&self, facts: &MatchInput<'_>, decision: &Decision, hop: RuleNodeId) -> (Verdict, Reason) {
        let node = &self.tree.hops[hop.0 as usize];
        let no_patterns = Patterns::default();
        let host = self.host_of(decision);
        let patterns = host.map_or(&no_patterns, |host| host.index.patterns());
        let failed = fails(&node.matcher, facts, patterns);
        if let Some(winner) = decision.row() {
            if winner == hop {
                return (Verdict::Won, Reason::Matches);
            }
            if self.tree.chain(winner).contains(&hop) {
                return (Verdict::Won, Reason::Delegates(Delegation::ToTheWinner));
            }
        }
        match (&node.state, failed) {
            (MatchState::Dropped(reason), _) => (Verdict::Dropped, Reason::Dropped(reason.clone())),
            (_, Some(reason)) => (Verdict::Missed, reason),
            (MatchState::Delegates | MatchState::WeightedDelegation(_), None) => match decision.row() {
                Some(_) => (Verdict::Lost, Reason::Delegates(Delegation::WinnerElsewhere)),
                None => (Verdict::Missed, Reason::Delegates(Delegation::NothingMatches)),
            },
            (MatchState::Row(_), None) => match (host, decision.row()) {
                (Some(host), Some(winner)) if host.rows.contains(&hop) => (Verdict::Lost, self.later(hop, winner)),
                (Some(host), _) => (Verdict::Missed, Reason::OtherHost { hostname: host.hostname.clone() }),
                (None, _) => (Verdict::Missed, Reason::NoVirtualHost),
            },
        }
    }

    pub(super) fn host_of(&self, decision: &Decision) -> Option<&'a VirtualHost> {
        let table = self.table.gateways.get(decision.gateway as usize)?;
        table.virtual_hosts.get(decision.virtual_host? as usize)
    }

    /// Fills in what was considered, and what a 404 lacks.
    fn consider(
        &self,
        decision: &mut Decision,
        candidate: &Candidate<'_>,
        normalized: &NormalizedRequest<'_>,
        limit: usize,
    ) {
        let facts = &normalized.facts;
        let Some(host) = self.host_of(decision) else {
            let (host, port) = (normalized.host.clone(), candidate.frontend.port);
            decision.unanswered = Some(Unanswered::NoHost { host, port, listener: true });
            return;
        };
        let list = self.listing(decision, host, facts, limit);
        if decision.kind() == OutcomeKind::NotFound {
            decision.unanswered = Some(self.deepest_point(host, facts, &list));
        }
        let rows = list.iter().filter(|entry| entry.verdict != Verdict::Dropped).count();
        decision.not_listed = host.rows.len().saturating_sub(rows);
        decision.considered = list;
    }

    /// The winner, those that match too, the closest that do not, and the dropped that would have.
    fn listing(
        &self,
        decision: &Decision,
        host: &VirtualHost,
        facts: &MatchInput<'_>,
        limit: usize,
    ) -> Vec<Considered> {
        let VirtualHost { rows, index, .. } = host;
        let mut on_path = index.on_path(self.tree, rows, &facts.path, PER_PATH);
        on_path.sort_unstable();
        let mut later = Vec::new();
        let mut missing = Vec::new();
        let mut seen: Vec<RuleNodeId> = decision.row().into_iter().collect();
        for at in on_path {
            let hop = rows[at as usize];
            // A route attached to two listeners of the port has its rows twice.
            if seen.contains(&hop) {
                continue;
            }
            seen.push(hop);
            match (fails(self.matcher(hop), facts, index.patterns()), decision.row()) {
                (Some(reason), _) => missing.push(Considered { hop, verdict: Verdict::Missed, reason }),
                (None, Some(winner)) => {
                    later.push(Considered { hop, verdict: Verdict::Lost, reason: self.later(hop, winner) });
                }
                (None, None) => {}
            }
        }
        missing.sort_by_key(|entry| entry.reason.changes());
        let dropped = self.dropped_matches(decision, host, facts);
        let near = self.neighbours((rows, index), facts, &seen);
        // Each kind keeps some room, and may use what the others leave.
        let others = limit.saturating_sub(usize::from(decision.row().is_some()));
        let reserve = dropped.len().min(limit / 4) + near.len().min(limit / 4) + missing.len().min(limit / 4);
        later.truncate(others.saturating_sub(reserve));
        let mut list = Vec::with_capacity(limit);
        if let Some(hop) = decision.row() {
            list.push(Considered { hop, verdict: Verdict::Won, reason: Reason::Matches });
        }
        list.append(&mut later);
        missing.truncate(limit.saturating_sub(list.len() + dropped.len().min(limit / 4) + near.len().min(limit / 4)));
        list.append(&mut missing);
        list.extend(near.into_iter().take(limit.saturating_sub(list.len() + dropped.len().min(limit / 4))));
        list.extend(dropped.into_iter().take(limit.saturating_sub(list.len())));
        list
    }

    pub(super) fn matcher(&self, hop: RuleNodeId) -> &'a crate::model::RouteMatch {
        &self.tree.hops[hop.0 as usize].matcher
    }

    /// The rows whose path shares the longest beginning with the request's.
    pub(super) fn neighbours(
        &self,
        (rows, index): (&[RuleNodeId], &Index),
        facts: &MatchInput<'_>,
        seen: &[RuleNodeId],
    ) -> Vec<Considered> {
        let mut near: Vec<(usize, RuleNodeId)> = Vec::new();
        for &at in index.near(self.tree, rows, &facts.path, NEIGHBOURS) {
            let hop = rows[at as usize];
            let path = &self.matcher(hop).path;
            let shared = shared_beginning(&path.value, &facts.path);
            let known = seen.contains(&hop) || near.iter().any(|(_, held)| *held == hop);
            if shared > 1 && !known && !path_matches(path, &facts.path, index.patterns()) {
                near.push((shared, hop));
            }
        }
        near.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
        near.truncate(NEAREST);
        let entry = |(_, hop)| {
            let reason = fails(self.matcher(hop), facts, index.patterns())?;
            Some(Considered { hop, verdict: Verdict::Missed, reason })
        };
        near.into_iter().filter_map(entry).collect()
    }

    /// The path that a request was most likely meant for which no rule takes, of the virtual host that its answer is of.
    pub fn closest_path(&self, decision: &Decision, request: &Request) -> Option<&'a Name> {
        let VirtualHost { rows, index, .. } = self.host_of(decision)?;
        index.closest(self.tree, rows, &request.path).0
    }

    /// The dropped matches that would have taken the request here.
    fn dropped_matches(&self, decision: &Decision, host: &VirtualHost, facts: &MatchInput<'_>) -> Vec<Considered> {
        let Dropped { hops, index, attached } = self.lookup.dropped.get_or_init(|| self.gather_dropped());
        if hops.is_empty() {
            return Vec::new();
        }
        let mut places = index.on_path(self.tree, hops, &facts.path, PER_PATH);
        places.sort_unstable();
        let node = self.table.gateways[decision.gateway as usize].node;
        let mut found = Vec::new();
        let mut told: Vec<(crate::store::RouteId, u32, Option<u32>)> = Vec::new();
        for at in places {
            let hop = hops[at as usize];
            let one = &self.tree.hops[hop.0 as usize];
            let MatchState::Dropped(reason) = &one.state else { continue };
            let which = (one.route, one.rule, one.match_index);
            if told.contains(&which) || test(&one.matcher, facts, index.patterns()).is_err() {
                continue;
            }
            let serves = |at: &AttachedAt| {
                if at.gateway != node {
                    return false;
                }
                let gateway = &self.tree.gateways[at.gateway as usize];
                let listener = &gateway.listeners[at.listener as usize];
                let hostnames = &listener.attached[at.place as usize].hostnames;
                listener.port(&gateway.gateway) == host.port && hostnames.contains(&host.hostname)
            };
            if attached.get(&self.tree.root_of(hop)).is_some_and(|places| places.iter().any(serves)) {
                told.push(which);
                found.push(Considered { hop, verdict: Verdict::Dropped, reason: Reason::Dropped(reason.clone()) });
            }
        }
        found
    }

    fn gather_dropped(&self) -> Dropped {
        let is_dropped = |hop: &RuleNodeId| matches!(self.tree.hops[hop.0 as usize].state, MatchState::Dropped(_));
        let count = u32::try_from(self.tree.hops.len()).unwrap_or(u32::MAX);
        let hops: Vec<RuleNodeId> = (0..count).map(RuleNodeId).filter(is_dropped).collect();
        let mut attached: AHashMap<RootId, Vec<AttachedAt>> = AHashMap::new();
        if hops.is_empty() {
            return Dropped::default();
        }
        for hop in &hops {
            attached.entry(self.tree.root_of(*hop)).or_default();
        }
        for (gateway, node) in (0u32..).zip(&self.tree.gateways) {
            for (listener, served) in (0u32..).zip(&node.listeners).filter(|(_, listener)| listener.is_served()) {
                for (place, one) in (0u32..).zip(&served.attached) {
                    if let Some(places) = attached.get_mut(&one.root) {
                        places.push(AttachedAt { gateway, listener, place });
                    }
                }
            }
        }
        let index = Index::build(self.tree, &hops, ProxySemantics::Envoy, &Kept::default());
        Dropped { hops, index, attached }
    }

    /// How far into the tree a request that nothing takes came.
    fn deepest_point(&self, host: &VirtualHost, facts: &MatchInput<'_>, list: &[Considered]) -> Unanswered {
        let mut deepest: Option<(usize, RuleNodeId)> = None;
        for entry in list {
            let mut at = entry.hop;
            // Up to the first rule above it that lets the request pass.
            while let Under::Child(child) = self.tree.hops[at.0 as usize].under {
                at = self.tree.links[self.tree.children[child.0 as usize].link.0 as usize].hop;
                if test(self.matcher(at), facts, host.index.patterns()).is_ok() {
                    let depth = self.tree.chain(at).len();
                    if deepest.is_none_or(|(held, _)| depth > held) {
                        deepest = Some((depth, at));
                    }
                    break;
                }
            }
        }
        let reached = match deepest {
            Some((_, hop)) => Reached::Under(hop),
            None => Reached::Host(host.hostname.clone()),
        };
        no_rule(facts, reached, list)
    }
}

/// What a 404 lacks: how far the request came, and the closest row whose path matches.
pub(super) fn no_rule(facts: &MatchInput<'_>, reached: Reached, list: &[Considered]) -> Unanswered {
    let closest = list.iter().filter(|entry| entry.reason.needs_more()).min_by_key(|entry| entry.reason.changes());
    Unanswered::NoRule {
        method: facts.method.to_string(),
        path: facts.path.to_string(),
        reached,
        closest: closest.map(|entry| Box::new(entry.reason.clone())),
    }
}

/// How many bytes two paths share from the start.
fn shared_beginning(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}
