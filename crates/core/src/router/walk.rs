//! Decides hop by hop: the best row of a level, a backend picked by weight, and the same again in the group it names.
//! The column of agentgateway in `docs/fidelity.md` says rule by rule what holds it.
//!
//! ```text
//! listener (by host) ── tier (exact, wildcards, any: the first with a row that matches) ── row
//!     ├─ share: its own backends
//!     └─ share: a group ── tier ── row ── …        no row: 404; a group a second time: 500
//! ```
//!
//! Source: agentgateway `crates/agentgateway/src/proxy/httpproxy.rs` (`select_route_chain`, `detect_misdirected`),
//! `crates/agentgateway/src/http/route.rs` (`select_best_route`, `select_best_route_group`).

use std::borrow::Cow;

use super::decide::{Candidate, NormalizedRequest, RoutedRequest, Router};
use super::lookup::Frontend;
use super::request::Request;
use super::{Branch, Decision, GatewayTable, Group, Note, Outcome, OutcomeKind, Responder, Tier, VirtualHost};
use crate::model::Name;
use crate::resolve::{Action, BrokenLink, Link, LinkId, MatchState, RuleNodeId, Uncertainty};

/// How many ends a request is followed to. Real trees split in two or three.
const MAX_ENDS: usize = crate::limits::WEIGHTED_ENDS;

/// Where a share of the requests ends.
struct End<'a> {
    share: f64,
    /// The row that decides, or the rule that delegates without effect.
    hop: RuleNodeId,
    what: What<'a>,
}

enum What<'a> {
    Action(&'a Action),
    /// No row of the group takes it.
    Lost(LinkId),
    /// The group has been passed through before.
    Cycle,
}

impl<'a> Router<'a> {
    /// Every listener the request may come to, with the row it is taken by.
    pub(super) fn candidates_hop_by_hop(
        &self,
        table: &GatewayTable,
        frontends: &[&'a Frontend],
        normalized: &NormalizedRequest<'_>,
    ) -> Vec<Candidate<'a>> {
        let mut candidates = Vec::with_capacity(frontends.len());
        let Some(host) = &normalized.host else {
            for frontend in frontends {
                let each = frontend.virtual_hosts.iter().map(|place| {
                    let host = &table.virtual_hosts[*place as usize];
                    Candidate { frontend, virtual_host: Some(*place), hop: self.first_row(host, normalized) }
                });
                candidates.extend(each);
                if frontend.virtual_hosts.is_empty() {
                    candidates.push(Candidate { frontend, virtual_host: None, hop: None });
                }
            }
            return candidates;
        };
        for frontend in frontends {
            // Of the plain ones on a port, the one that names the host best; without one the port answers 404.
            let same =
                |other: &&&Frontend| other.port == frontend.port && other.sni.is_none() && frontend.sni.is_none();
            let better = |other: &&Frontend| match (other.rank(host), frontend.rank(host)) {
                (Some(other), Some(own)) => other > own,
                (Some(_), None) => true,
                _ => false,
            };
            if frontends.iter().filter(same).any(better) {
                continue;
            }
            let first = frontends.iter().find(same).is_none_or(|first| std::ptr::eq(*first, *frontend));
            if frontend.sni.is_none() && frontend.rank(host).is_none() {
                if first {
                    candidates.push(Candidate { frontend, virtual_host: None, hop: None });
                }
                continue;
            }
            let mut most_specific = None;
            let mut found = None;
            for place in frontend.hosts.covering_as_written(Cow::Borrowed(host)) {
                most_specific = most_specific.or(Some(place));
                if let Some(hop) = self.first_row(&table.virtual_hosts[place as usize], normalized) {
                    found = Some((place, hop));
                    break;
                }
            }
            candidates.push(Candidate {
                frontend,
                virtual_host: found.map(|(place, _)| place).or(most_specific),
                hop: found.map(|(_, hop)| hop),
            });
        }
        candidates
    }

    /// The whole decision for one candidate.
    pub(super) fn decision_hop_by_hop(
        &self,
        place: u32,
        table: &GatewayTable,
        candidate: &Candidate<'_>,
        normalized: &NormalizedRequest<'_>,
        request: &Request,
    ) -> Decision {
        let Candidate { frontend, virtual_host, hop } = *candidate;
        let host = virtual_host.map(|place| &table.virtual_hosts[place as usize]);
        let mut decision = self.begun(place, table, candidate, host, normalized);
        if let Some(name) = normalized.host.as_deref()
            && let Some(outcome) = self.misdirected(place, frontend, name)
        {
            (decision.outcome, decision.notes) = outcome;
            return decision;
        }
        if let Some(name) = normalized.host.as_deref()
            && frontend.rank(name).is_none()
        {
            decision.listener = None;
        }
        if let Some(name) = normalized.host.as_deref().filter(|name| name.bytes().any(|byte| byte.is_ascii_uppercase()))
        {
            decision.notes.push(Note::CaseOfHost(name.to_owned()));
        }
        let Some(hop) = hop else {
            if self.hides_routes() {
                self.note_unreadable_routes(&mut decision, table, frontend, host, normalized);
            } else if !self.snapshot.coverage.sees_all("HTTPRoute") {
                decision.unverified.push(Uncertainty::UnseenRoute(None));
            }
            return decision;
        };
        let mut ends = Vec::new();
        let known = normalized.host.clone().or_else(|| host.map(|host| host.hostname.to_string()));
        self.walk(hop, 1.0, normalized, known.as_deref().filter(|host| !host.starts_with('*')), &mut ends);
        let asked = RoutedRequest::at(frontend, host.map(|host| &host.hostname), normalized, request);
        if let [end] = ends.as_slice() {
            self.settle(&mut decision, end, &asked);
        } else {
            self.settle_by_chance(&mut decision, &ends, &asked);
        }
        if self.hides_routes() {
            self.note_unreadable_routes(&mut decision, table, frontend, host, normalized);
        }
        decision
    }

    /// A request over TLS whose host is another listener's (421), or no listener's (404).
    pub(super) fn misdirected(&self, place: u32, frontend: &Frontend, host: &str) -> Option<(Outcome, Vec<Note>)> {
        frontend.sni.as_ref()?;
        let best = self.lookup.best_tls(place, frontend.port, host);
        if let Some(other) = best.filter(|best| !std::ptr::eq(*best, frontend)) {
            let listener = other.listener(None, None).unwrap_or_default();
            let note = Note::Misdirected { host: host.to_owned(), listener };
            return Some((Outcome::Respond { status: 421, by: Responder::Misdirected }, vec![note]));
        }
        let note = || vec![Note::NotOfListener(host.to_owned())];
        frontend.rank(host).is_none().then(|| (Outcome::NOT_FOUND, note()))
    }

    /// Follows a row to every end it may have.
    fn walk(
        &self,
        hop: RuleNodeId,
        share: f64,
        normalized: &NormalizedRequest<'_>,
        host: Option<&str>,
        ends: &mut Vec<End<'a>>,
    ) {
        if ends.len() >= MAX_ENDS {
            return;
        }
        let node = &self.tree.hops[hop.0 as usize];
        match &node.state {
            MatchState::Row(action) => ends.push(End { share, hop, what: What::Action(action) }),
            MatchState::WeightedDelegation(own) => {
                if let Some(own) = own {
                    ends.push(End { share: share * own.share, hop, what: What::Action(&own.action) });
                }
                for link in node.links.clone().map(LinkId) {
                    let way = &self.tree.links[link.0 as usize];
                    if way.share <= 0.0 {
                        continue;
                    }
                    let share = share * way.share;
                    if matches!(way.broken, Some(BrokenLink::Cyclic { .. })) {
                        ends.push(End { share, hop, what: What::Cycle });
                        continue;
                    }
                    match self.in_group(link, normalized, host) {
                        Some((_, row)) => self.walk(row, share, normalized, host, ends),
                        None => ends.push(End { share, hop, what: What::Lost(link) }),
                    }
                }
            }
            MatchState::Delegates | MatchState::Dropped(_) => {}
        }
    }

    /// The row of a group that takes the request, and its tier. Without a host every tier may be meant.
    pub(super) fn in_group(
        &self,
        link: LinkId,
        normalized: &NormalizedRequest<'_>,
        host: Option<&str>,
    ) -> Option<(&'a Tier, RuleNodeId)> {
        let group: &'a Group = self.table.groups.get(self.snapshot, self.tree, link)?;
        let find = |tier: &'a Tier| Some((tier, tier.index.find(self.tree, &tier.rows, &normalized.facts)?));
        match host {
            Some(host) => {
                let covering = group.hosts.covering_as_written(Cow::Borrowed(host));
                covering.into_iter().find_map(|place| find(&group.tiers[place as usize]))
            }
            None => group.tiers.iter().find_map(find),
        }
    }

    /// One end: the decision is what becomes of it.
    fn settle(&self, decision: &mut Decision, end: &End<'_>, asked: &RoutedRequest<'_>) {
        match end.what {
            What::Action(action) => self.apply(decision, end.hop, action, asked),
            What::Lost(link) => {
                decision.outcome = Outcome::NotFound { stopped: Some(end.hop) };
                let Link { via, cut, .. } = &self.tree.links[link.0 as usize];
                decision.unverified.extend(cut.map(Uncertainty::Cut));
                if !self.snapshot.coverage.sees("HTTPRoute", &via.namespace) {
                    decision.unverified.push(Uncertainty::UnseenRoute(Some(via.namespace.clone())));
                }
            }
            What::Cycle => {
                decision.outcome = Outcome::Respond { status: 500, by: Responder::Cycle(end.hop) };
                let route = self.snapshot.route(self.tree.hops[end.hop.0 as usize].route).meta.key();
                decision.notes.push(Note::Cycle(route));
            }
        }
        self.note_chain_uncertainty(decision, end.hop);
    }

    /// Several ends: the decision tells of all of them, and follows the largest share of the best outcome.
    fn settle_by_chance(&self, decision: &mut Decision, ends: &[End<'_>], asked: &RoutedRequest<'_>) {
        let mut whole: Vec<Decision> = Vec::with_capacity(ends.len());
        for end in ends {
            let mut one = decision.clone();
            (one.notes, one.unverified) = (Vec::new(), Vec::new());
            self.settle(&mut one, end, asked);
            // The shares of a rule's own backends are those of all its requests.
            let of_rule: f64 = one.outcome.destinations().iter().map(|destination| destination.share).sum();
            for destination in one.outcome.destinations_mut() {
                destination.share *= if of_rule > 0.0 { end.share / of_rule } else { 0.0 };
            }
            whole.push(one);
        }
        let merit = |one: &Decision| match one.kind() {
            OutcomeKind::Forward => 2,
            OutcomeKind::Redirect => 1,
            OutcomeKind::Respond | OutcomeKind::NotFound | OutcomeKind::Passthrough | OutcomeKind::Unknown => 0,
        };
        let mut best = 0;
        for at in 1..ends.len() {
            let (held, new) = (merit(&whole[best]), merit(&whole[at]));
            if new > held || (new == held && ends[at].share > ends[best].share) {
                best = at;
            }
        }
        let mut notes = std::mem::take(&mut decision.notes);
        let mut unverified = std::mem::take(&mut decision.unverified);
        for one in &mut whole {
            notes.extend(one.notes.drain(..).filter(|note| !notes.contains(note)).collect::<Vec<_>>());
            unverified.extend(one.unverified.drain(..).filter(|why| !unverified.contains(why)).collect::<Vec<_>>());
        }
        let branches = ends.iter().zip(&whole).map(|(end, one)| Branch {
            share: end.share,
            node: end.hop,
            outcome: one.outcome.clone(),
        });
        let branches = branches.collect();
        *decision = Decision { branches, unverified, notes, ..whole.swap_remove(best) };
    }

    /// The name of the host that a decision's tiers are chosen by.
    pub(super) fn host_asked<'p>(
        &self,
        decision: &'p Decision,
        normalized: &'p NormalizedRequest<'_>,
    ) -> Option<Cow<'p, str>> {
        let served = || self.host_of(decision).map(|host: &VirtualHost| &host.hostname);
        let known = normalized.host.as_deref().map(Cow::Borrowed);
        known.or_else(|| served().map(|name: &Name| Cow::Owned(name.to_string()))).filter(|host| !host.starts_with('*'))
    }
}
