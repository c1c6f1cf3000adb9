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

use super::decide::{Asked, Candidate, Prepared, Router};
use super::doubt;
use super::lookup::Door;
use super::request::Request;
use super::{Branch, Decision, GatewayTable, Group, Outcome, Tier, VirtualHost};
use crate::model::Name;
use crate::resolve::{Action, BrokenLink, Fate, HopId, Link, LinkId};

/// How many ends a request is followed to. Real trees split in two or three.
const MAX_ENDS: usize = crate::limits::WEIGHTED_ENDS;

/// Where a share of the requests ends.
struct End<'a> {
    share: f64,
    /// The row that decides, or the rule that hands on in vain.
    hop: HopId,
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
        doors: &[&'a Door],
        prepared: &Prepared<'_>,
    ) -> Vec<Candidate<'a>> {
        let mut candidates = Vec::with_capacity(doors.len());
        let Some(host) = &prepared.host else {
            for door in doors {
                let each = door.virtual_hosts.iter().map(|place| {
                    let host = &table.virtual_hosts[*place as usize];
                    Candidate { door, virtual_host: Some(*place), hop: self.first_row(host, prepared) }
                });
                candidates.extend(each);
                if door.virtual_hosts.is_empty() {
                    candidates.push(Candidate { door, virtual_host: None, hop: None });
                }
            }
            return candidates;
        };
        for door in doors {
            // Of the plain ones on a port, the one that names the host best; without one the port answers 404.
            let same = |other: &&&Door| other.port == door.port && other.sni.is_none() && door.sni.is_none();
            let better = |other: &&Door| match (other.rank(host), door.rank(host)) {
                (Some(other), Some(own)) => other > own,
                (Some(_), None) => true,
                _ => false,
            };
            if doors.iter().filter(same).any(better) {
                continue;
            }
            let first = doors.iter().find(same).is_none_or(|first| std::ptr::eq(*first, *door));
            if door.sni.is_none() && door.rank(host).is_none() {
                if first {
                    candidates.push(Candidate { door, virtual_host: None, hop: None });
                }
                continue;
            }
            let mut most_specific = None;
            let mut found = None;
            for place in door.hosts.covering_as_written(Cow::Borrowed(host)) {
                most_specific = most_specific.or(Some(place));
                if let Some(hop) = self.first_row(&table.virtual_hosts[place as usize], prepared) {
                    found = Some((place, hop));
                    break;
                }
            }
            candidates.push(Candidate {
                door,
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
        prepared: &Prepared<'_>,
        request: &Request,
    ) -> Decision {
        let Candidate { door, virtual_host, hop } = *candidate;
        let host = virtual_host.map(|place| &table.virtual_hosts[place as usize]);
        let mut decision = self.begun(place, table, candidate, host, prepared);
        if let Some(name) = prepared.host.as_deref()
            && let Some(outcome) = self.misdirected(place, door, name)
        {
            (decision.outcome, decision.status, decision.notes) = outcome;
            return decision;
        }
        if let Some(name) = prepared.host.as_deref()
            && door.rank(name).is_none()
        {
            decision.listener = None;
        }
        if let Some(name) = prepared.host.as_deref().filter(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
            decision.notes.push(format!("agentgateway tells upper case from lower case in hosts: {name} is not {}", {
                name.to_ascii_lowercase()
            }));
        }
        let Some(hop) = hop else {
            if self.hides_routes() {
                self.doubt_the_hidden(&mut decision, table, door, host, prepared);
            } else if !self.snapshot.coverage.sees_all("HTTPRoute") {
                decision.unverified.push("an HTTPRoute that is not in view may take it".to_owned());
            }
            return decision;
        };
        let mut ends = Vec::new();
        let known = prepared.host.clone().or_else(|| host.map(|host| host.hostname.to_string()));
        self.walk(hop, 1.0, prepared, known.as_deref().filter(|host| !host.starts_with('*')), &mut ends);
        let asked = Asked::at(door, host.map(|host| &host.hostname), prepared, request);
        if let [end] = ends.as_slice() {
            self.settle(&mut decision, end, &asked);
        } else {
            self.settle_by_chance(&mut decision, &ends, &asked);
        }
        if self.hides_routes() {
            self.doubt_the_hidden(&mut decision, table, door, host, prepared);
        }
        decision
    }

    /// A request over TLS whose host is another listener's (421), or no listener's (404).
    pub(super) fn misdirected(
        &self,
        place: u32,
        door: &Door,
        host: &str,
    ) -> Option<(Outcome, Option<u16>, Vec<String>)> {
        door.sni.as_ref()?;
        let best = self.lookup.best_tls(place, door.port, host);
        if let Some(other) = best.filter(|best| !std::ptr::eq(*best, door)) {
            let name = other.listener(None, None).unwrap_or_default();
            let note = format!("the host {host} belongs to listener {name}, and the server name chose another");
            return Some((Outcome::Respond, Some(421), vec![note]));
        }
        let note = || vec![format!("the host {host} is no host of the listener that the server name chose")];
        door.rank(host).is_none().then(|| (Outcome::NotFound, Some(404), note()))
    }

    /// Follows a row to every end it may have.
    fn walk(&self, hop: HopId, share: f64, prepared: &Prepared<'_>, host: Option<&str>, ends: &mut Vec<End<'a>>) {
        if ends.len() >= MAX_ENDS {
            return;
        }
        let node = &self.tree.hops[hop.0 as usize];
        match &node.fate {
            Fate::Row(action) => ends.push(End { share, hop, what: What::Action(action) }),
            Fate::Forks(own) => {
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
                    match self.in_group(link, prepared, host) {
                        Some((_, row)) => self.walk(row, share, prepared, host, ends),
                        None => ends.push(End { share, hop, what: What::Lost(link) }),
                    }
                }
            }
            Fate::Delegates | Fate::Dropped(_) => {}
        }
    }

    /// The row of a group that takes the request, and its tier. Without a host every tier may be meant.
    pub(super) fn in_group(
        &self,
        link: LinkId,
        prepared: &Prepared<'_>,
        host: Option<&str>,
    ) -> Option<(&'a Tier, HopId)> {
        let group: &'a Group = self.table.groups.get(self.snapshot, self.tree, link)?;
        let find = |tier: &'a Tier| Some((tier, tier.index.find(self.tree, &tier.rows, &prepared.facts)?));
        match host {
            Some(host) => {
                let covering = group.hosts.covering_as_written(Cow::Borrowed(host));
                covering.into_iter().find_map(|place| find(&group.tiers[place as usize]))
            }
            None => group.tiers.iter().find_map(find),
        }
    }

    /// One end: the decision is what becomes of it.
    fn settle(&self, decision: &mut Decision, end: &End<'_>, asked: &Asked<'_>) {
        match end.what {
            What::Action(action) => {
                decision.hop = Some(end.hop);
                self.apply(decision, end.hop, action, asked);
            }
            What::Lost(link) => {
                decision.stopped = Some(end.hop);
                let Link { via, cut, .. } = &self.tree.links[link.0 as usize];
                decision.unverified.extend(cut.map(|cut| doubt::cut(cut).to_owned()));
                if !self.snapshot.coverage.sees("HTTPRoute", &via.namespace) {
                    let unseen = format!("an HTTPRoute of namespace {} that is not in view may take it", via.namespace);
                    decision.unverified.push(unseen);
                }
            }
            What::Cycle => {
                decision.stopped = Some(end.hop);
                (decision.outcome, decision.status) = (Outcome::Respond, Some(500));
                let route = self.snapshot.route(self.tree.hops[end.hop.0 as usize].route).meta.key();
                decision.notes.push(format!("{route} delegates back to where the request has been: a cycle, 500"));
            }
        }
        self.doubt_the_chain(decision, end.hop);
    }

    /// Several ends: the decision tells of all of them, and follows the largest share of the best outcome.
    fn settle_by_chance(&self, decision: &mut Decision, ends: &[End<'_>], asked: &Asked<'_>) {
        let mut whole: Vec<Decision> = Vec::with_capacity(ends.len());
        for end in ends {
            let mut one = decision.clone();
            (one.notes, one.unverified) = (Vec::new(), Vec::new());
            self.settle(&mut one, end, asked);
            // The shares of a rule's own backends are those of all its requests.
            let of_rule: f64 = one.destinations.iter().map(|destination| destination.share).sum();
            for destination in &mut one.destinations {
                destination.share *= if of_rule > 0.0 { end.share / of_rule } else { 0.0 };
            }
            whole.push(one);
        }
        let merit = |one: &Decision| match one.outcome {
            Outcome::Forward => 2,
            Outcome::Redirect => 1,
            Outcome::Respond | Outcome::NotFound | Outcome::Passthrough => 0,
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
            hop: end.hop,
            decided: one.hop.is_some(),
            outcome: one.outcome,
            status: one.status,
            destinations: one.destinations.clone(),
            upstream: one.upstream.clone(),
            location: one.location.clone(),
        });
        let branches: Vec<Branch> = branches.collect();
        let destinations = whole.iter().flat_map(|one| one.destinations.iter().cloned()).collect();
        let mirrors = whole.iter().flat_map(|one| one.mirrors.iter().cloned()).collect();
        *decision = whole.swap_remove(best);
        *decision = Decision { branches, destinations, mirrors, unverified, notes, ..decision.clone() };
    }

    /// The name of the host that a decision's tiers are chosen by.
    pub(super) fn host_asked<'p>(&self, decision: &'p Decision, prepared: &'p Prepared<'_>) -> Option<Cow<'p, str>> {
        let served = || self.host_of(decision).map(|host: &VirtualHost| &host.hostname);
        let known = prepared.host.as_deref().map(Cow::Borrowed);
        known.or_else(|| served().map(|name: &Name| Cow::Owned(name.to_string()))).filter(|host| !host.starts_with('*'))
    }
}
