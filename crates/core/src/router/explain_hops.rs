//! What else was considered, level by level, where every level is a table of its own.

use super::because::{dropped, missed, won};
use super::decide::{Candidate, Prepared, Router};
use super::explain::PER_PATH;
use super::index::Index;
use super::matcher::Patterns;
use super::{Considered, Decision, Outcome, Verdict};
use crate::model::{PathKind, RouteMatch};
use crate::resolve::{Fate, HopId, LinkId, Manner, Under};

/// A level: its rows, and the one that was taken.
struct Level<'a> {
    rows: &'a [HopId],
    index: &'a Index,
    taken: Option<HopId>,
}

impl<'a> Router<'a> {
    /// Fills in what was considered, and what a 404 lacks. The deepest level comes first.
    pub(super) fn consider_hop_by_hop(
        &self,
        decision: &mut Decision,
        candidate: &Candidate<'_>,
        prepared: &Prepared<'_>,
        limit: usize,
    ) {
        let Some(host) = self.host_of(decision) else {
            let asked = prepared.host.as_deref().unwrap_or("this host");
            let port = candidate.door.port;
            let note = if decision.listener.is_some() {
                format!("no route serves {asked} on port {port}")
            } else {
                format!("no listener on port {port} serves {asked}")
            };
            decision.notes.push(note);
            return;
        };
        let mut list = Vec::new();
        if let Some(hop) = decision.hop {
            list.push(Considered { hop, verdict: Verdict::Won, because: won(self.matcher(hop)) });
        }
        let levels = self.levels(decision, prepared);
        let room = limit.saturating_sub(list.len()) / levels.len().max(1);
        for level in levels.iter().rev() {
            self.of_level(level, prepared, room.max(2), &mut list);
        }
        let rows: usize = levels.iter().map(|level| level.rows.len()).sum();
        decision.not_listed = rows.saturating_sub(list.len());
        if decision.outcome == Outcome::NotFound {
            let facts = &prepared.facts;
            let asked = format!("{} {}", facts.method, facts.path);
            let closest = list.iter().find(|entry| entry.because.starts_with("needs "));
            let but = closest.map(|entry| format!("; the closest {}", entry.because)).unwrap_or_default();
            decision.notes.push(match decision.stopped {
                Some(hop) => {
                    let node = &self.tree.hops[hop.0 as usize];
                    let (route, rule) = (self.snapshot.route(node.route).meta.key(), node.rule + 1);
                    format!("rule {rule} of {route} hands {asked} on, and nothing there takes it{but}")
                }
                None if host.hostname == "*" => format!("no rule takes {asked}{but}"),
                None => format!("no rule of host {} takes {asked}{but}", host.hostname),
            });
        }
        decision.considered = list;
    }

    /// The tables a request came by, the listener's first.
    fn levels(&self, decision: &Decision, prepared: &Prepared<'_>) -> Vec<Level<'a>> {
        let mut levels = Vec::new();
        let Some(host) = self.host_of(decision) else { return levels };
        let chain = decision.hop.or(decision.stopped).map(|hop| self.tree.chain(hop)).unwrap_or_default();
        levels.push(Level { rows: &host.rows, index: &host.index, taken: chain.first().copied() });
        let asked = self.host_asked(decision, prepared);
        for hop in chain.iter().skip(1) {
            let Under::Child(child) = self.tree.hops[hop.0 as usize].under else { continue };
            let link = self.tree.children[child.0 as usize].link;
            if let Some((tier, row)) = self.in_group(link, prepared, asked.as_deref()) {
                levels.push(Level { rows: &tier.rows, index: &tier.index, taken: Some(row) });
            }
        }
        if let Some(stopped) = decision.stopped {
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
    fn of_level(&self, level: &Level<'a>, prepared: &Prepared<'_>, room: usize, list: &mut Vec<Considered>) {
        let Level { rows, index, taken } = *level;
        let facts = &prepared.facts;
        let mut on_path = index.on_path(self.tree, rows, &facts.path, PER_PATH);
        on_path.sort_unstable();
        let mut seen: Vec<HopId> = taken.into_iter().collect();
        let (mut later, mut missing) = (Vec::new(), Vec::new());
        for hop in on_path.into_iter().map(|at| rows[at as usize]) {
            if seen.contains(&hop) {
                continue;
            }
            seen.push(hop);
            match (missed(self.matcher(hop), facts, index.patterns()), taken) {
                (Some(because), _) => missing.push(Considered { hop, verdict: Verdict::Missed, because }),
                (None, Some(taken)) => {
                    let because = self.lost_hop_by_hop(hop, taken);
                    later.push(Considered { hop, verdict: Verdict::Lost, because });
                }
                (None, None) => {}
            }
        }
        let near = self.neighbours((rows, index), facts, &seen);
        list.extend(later.into_iter().chain(missing).chain(near).take(room));
    }

    /// Why this row or dropped match is not one that decides.
    pub(super) fn hop_by_hop_in_words(
        &self,
        prepared: &Prepared<'_>,
        decision: &Decision,
        hop: HopId,
    ) -> (Verdict, String) {
        let node = &self.tree.hops[hop.0 as usize];
        let patterns = Patterns::read(Manner::Agentgateway);
        if decision.hop == Some(hop) {
            return (Verdict::Won, won(&node.matcher));
        }
        let ends = decision.branches.iter().map(|branch| (branch.hop, branch.decided));
        let own = decision.hop.map(|hop| (hop, true)).or(decision.stopped.map(|hop| (hop, false)));
        let ends: Vec<(HopId, bool)> = ends.chain(own).collect();
        let passed = |end: &(HopId, bool)| self.tree.chain(end.0).contains(&hop);
        if let Some((end, decided)) = ends.iter().find(|end| passed(end)) {
            return match (*end == hop, decided) {
                (true, true) => (Verdict::Won, won(&node.matcher)),
                (false, true) => (Verdict::Won, "it delegates to the rule that decides".to_owned()),
                (_, false) => (Verdict::Missed, "it delegates, and no rule under it takes the request".to_owned()),
            };
        }
        if let Fate::Dropped(reason) = &node.fate {
            return (Verdict::Dropped, dropped(node, reason));
        }
        if let Some(clause) = missed(&node.matcher, &prepared.facts, &patterns) {
            return (Verdict::Missed, clause);
        }
        // What was taken where this row stands.
        let asked = self.host_asked(decision, prepared);
        let taken = match node.under {
            Under::Root(_) => ends.first().map(|(end, _)| self.tree.chain(*end)[0]),
            Under::Child(child) => {
                let link = self.tree.children[child.0 as usize].link;
                let above = self.tree.links[link.0 as usize].hop;
                if !ends.iter().any(|(end, _)| self.tree.chain(*end).contains(&above)) {
                    let above = &self.tree.hops[above.0 as usize];
                    let (route, rule) = (self.snapshot.route(above.route).meta.key(), above.rule + 1);
                    return (Verdict::Missed, format!("rule {rule} of {route} above it does not get the request"));
                }
                self.in_group(link, prepared, asked.as_deref()).map(|(_, row)| row)
            }
        };
        let hostnames = &self.snapshot.route(node.route).hostnames;
        let covers = |host: &str| hostnames.is_empty() || hostnames.iter().any(|own| super::lookup::covers(own, host));
        match (&asked, taken) {
            (Some(host), _) if !covers(host) => {
                (Verdict::Missed, format!("its hostnames ({}) do not cover {host}", hostnames.join(", ")))
            }
            (_, Some(taken)) if taken != hop => (Verdict::Lost, self.lost_hop_by_hop(hop, taken)),
            _ => (Verdict::Missed, "it does not serve the listener that takes the request".to_owned()),
        }
    }

    /// Why `late`, which matches too, comes after `early` in the same table.
    fn lost_hop_by_hop(&self, late: HopId, early: HopId) -> String {
        let (l, e) = (&self.tree.hops[late.0 as usize], &self.tree.hops[early.0 as usize]);
        let (late_route, early_route) = (self.snapshot.route(l.route), self.snapshot.route(e.route));
        let name = early_route.meta.key();
        if late_route.hostnames != early_route.hostnames && !early_route.hostnames.is_empty() {
            let specific = |names: &[crate::model::Name]| names.iter().map(crate::model::Name::len).max().unwrap_or(0);
            if specific(&late_route.hostnames) < specific(&early_route.hostnames) {
                let hosts = early_route.hostnames.join(", ");
                return format!("{name} names the host more closely ({hosts})");
            }
        }
        let (lm, em): (&RouteMatch, &RouteMatch) = (&l.matcher, &e.matcher);
        if em.path.kind == PathKind::Exact && lm.path.kind != PathKind::Exact {
            return format!("comes after the exact path {}", em.path.value);
        }
        if lm.path.value.len() < em.path.value.len() {
            let what = match lm.path.kind {
                PathKind::RegularExpression => "shorter regular expression",
                _ => "shorter prefix",
            };
            return format!("{what} than {}", em.path.value);
        }
        if let (None, Some(method)) = (&lm.method, &em.method) {
            return format!("names no method, and {name} names {method}");
        }
        if lm.headers.len() < em.headers.len() {
            return format!("fewer headers than {name}");
        }
        if lm.query_params.len() < em.query_params.len() {
            return format!("fewer query parameters than {name}");
        }
        if l.route == e.route {
            return if l.rule == e.rule {
                "comes later in the same rule".to_owned()
            } else {
                format!("comes later in the same route (rule {} after rule {})", l.rule + 1, e.rule + 1)
            };
        }
        format!("{} comes after {name} by name, and age does not count", late_route.meta.key())
    }
}
