//! What else was considered, level by level, where every level is a table of its own.

use super::decide::{Candidate, NormalizedRequest, Router};
use super::explain::{PER_PATH, no_rule};
use super::index::Index;
use super::matcher::{Kept, Patterns};
use super::reason::{Delegation, Reached, Reason, Unanswered, fails};
use super::{Considered, Decision, OutcomeKind, Verdict};
use crate::resolve::{LinkId, MatchState, ProxySemantics, RuleNodeId, Under};

/// A level: its rows, and the one that was taken.
struct Level<'a> {
    rows: &'a [RuleNodeId],
    index: &'a Index,
    taken: Option<RuleNodeId>,
}

impl<'a> Router<'a> {
    /// Fills in what was considered, and what a 404 lacks. The deepest level comes first.
    pub(super) fn consider_hop_by_hop(
        &self,
        decision: &mut Decision,
        candidate: &Candidate<'_>,
        normalized: &NormalizedRequest<'_>,
        limit: usize,
    ) {
        let Some(host) = self.host_of(decision) else {
            decision.unanswered = Some(Unanswered::NoHost {
                host: normalized.host.clone(),
                port: candidate.frontend.port,
                listener: decision.listener.is_some(),
            });
            return;
        };
        let mut list = Vec::new();
        if let Some(hop) = decision.row() {
            list.push(Considered { hop, verdict: Verdict::Won, reason: Reason::Matches });
        }
        let levels = self.levels(decision, normalized);
        let room = limit.saturating_sub(list.len()) / levels.len().max(1);
        for level in levels.iter().rev() {
            self.of_level(level, normalized, room.max(2), &mut list);
        }
        let rows: usize = levels.iter().map(|level| level.rows.len()).sum();
        decision.not_listed = rows.saturating_sub(list.len());
        if decision.kind() == OutcomeKind::NotFound {
            let reached = match decision.stopped() {
                Some(hop) => Reached::PassedOn(hop),
                None => Reached::Host(host.hostname.clone()),
            };
            decision.unanswered = Some(no_rule(&normalized.facts, reached, &list));
        }
        decision.considered = list;
    }

    /// The tables a request came by, the listener's first.
    fn levels(&self, decision: &Decision, normalized: &NormalizedRequest<'_>) -> Vec<Level<'a>> {
        let mut levels = Vec::new();
        let Some(host) = self.host_of(decision) else { return levels };
        let chain = decision.row().or(decision.stopped()).map(|hop| self.tree.chain(hop)).unwrap_or_default();
        levels.push(Level { rows: &host.rows, index: &host.index, taken: chain.first().copied() });
        let asked = self.host_asked(decision, normalized);
        for hop in chain.iter().skip(1) {
            let Under::Child(child) = self.tree.hops[hop.0 as usize].under else { continue };
            let link = self.tree.children[child.0 as usize].link;
            if let Some((tier, row)) = self.in_group(link, normalized, asked.as_deref()) {
                levels.push(Level { rows: &tier.rows, index: &tier.index, taken: Some(row) });
            }
        }
        if let Some(stopped) = decision.stopped() {
            for link in self.tree.hops[stopped.0 as usize].links.clone().map(LinkId) {
                let Some(group) = self.table.groups.get(self.snapshot, self.tree, link) else { continue };
                levels.extend(group.tiers.iter().map(|tier| Level {
                    rows: &tier.rows,
                    index: &tier.index,
                    taken: None,
                }));
            }
        }
        levels
    }

    /// Those of a level that match too, and the closest that do not.
    fn of_level(&self, level: &Level<'a>, normalized: &NormalizedRequest<'_>, room: usize, list: &mut Vec<Considered>) {
        let Level { rows, index, taken } = *level;
        let facts = &normalized.facts;
        let mut on_path = index.on_path(self.tree, rows, &facts.path, PER_PATH);
        on_path.sort_unstable();
        let mut seen: Vec<RuleNodeId> = taken.into_iter().collect();
        let (mut later, mut missing) = (Vec::new(), Vec::new());
        for hop in on_path.into_iter().map(|at| rows[at as usize]) {
            if seen.contains(&hop) {
                continue;
            }
            seen.push(hop);
            match (fails(self.matcher(hop), facts, index.patterns()), taken) {
                (Some(reason), _) => missing.push(Considered { hop, verdict: Verdict::Missed, reason }),
                (None, Some(taken)) => {
                    let reason = self.later_in_group(hop, taken);
                    later.push(Considered { hop, verdict: Verdict::Lost, reason });
                }
                (None, None) => {}
            }
        }
        missing.sort_by_key(|entry| entry.reason.changes());
        let near = self.neighbours((rows, index), facts, &seen);
        list.extend(later.into_iter().chain(missing).chain(near).take(room));
    }

    /// Why this row or dropped match is not one that decides.
    pub(super) fn reason_in_groups(
        &self,
        normalized: &NormalizedRequest<'_>,
        decision: &Decision,
        hop: RuleNodeId,
    ) -> (Verdict, Reason) {
        let node = &self.tree.hops[hop.0 as usize];
        let patterns = Patterns::read(ProxySemantics::Agentgateway, Kept::default());
        if decision.row() == Some(hop) {
            return (Verdict::Won, Reason::Matches);
        }
        let ends = decision.branches.iter().map(|branch| (branch.node, branch.outcome.row().is_some()));
        let own = decision.row().map(|hop| (hop, true)).or(decision.stopped().map(|hop| (hop, false)));
        let ends: Vec<(RuleNodeId, bool)> = ends.chain(own).collect();
        let passed = |end: &(RuleNodeId, bool)| self.tree.chain(end.0).contains(&hop);
        if let Some((end, decided)) = ends.iter().find(|end| passed(end)) {
            return match (*end == hop, decided) {
                (true, true) => (Verdict::Won, Reason::Matches),
                (false, true) => (Verdict::Won, Reason::Delegates(Delegation::ToTheWinner)),
                (_, false) => (Verdict::Missed, Reason::Delegates(Delegation::NothingMatches)),
            };
        }
        if let MatchState::Dropped(reason) = &node.state {
            return (Verdict::Dropped, Reason::Dropped(reason.clone()));
        }
        if let Some(reason) = fails(&node.matcher, &normalized.facts, &patterns) {
            return (Verdict::Missed, reason);
        }
        // What was taken where this row stands.
        let asked = self.host_asked(decision, normalized);
        let taken = match node.under {
            Under::Root(_) => ends.first().map(|(end, _)| self.tree.chain(*end)[0]),
            Under::Child(child) => {
                let link = self.tree.children[child.0 as usize].link;
                let above = self.tree.links[link.0 as usize].hop;
                if !ends.iter().any(|(end, _)| self.tree.chain(*end).contains(&above)) {
                    return (Verdict::Missed, Reason::AboveNotReached { above });
                }
                self.in_group(link, normalized, asked.as_deref()).map(|(_, row)| row)
            }
        };
        let hostnames = &self.snapshot.route(node.route).hostnames;
        let covers = |host: &str| hostnames.is_empty() || hostnames.iter().any(|own| super::lookup::covers(own, host));
        match (&asked, taken) {
            (Some(host), _) if !covers(host) => {
                (Verdict::Missed, Reason::HostnamesDoNotCover { hostnames: hostnames.clone(), host: host.to_string() })
            }
            (_, Some(taken)) if taken != hop => (Verdict::Lost, self.later_in_group(hop, taken)),
            _ => (Verdict::Missed, Reason::OtherListener),
        }
    }
}
