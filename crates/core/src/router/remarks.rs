//! What a person should know of an answer, beside why its rows won or lost: conditions that a parent replaces, a rewrite
//! of a parent that acts on a child's prefix, a route weight that does not count.

use super::decide::Router;
use super::precedence::Ranks;
use super::{Decision, Outcome, Request, Verdict};
use crate::model::PathModifier;
use crate::resolve::{Action, Engine, RuleNodeId};

/// How a note begins that tells whose rewrite acts on a path.
pub const PARENTS_REWRITE: &str = "the rewrite is that of ";
/// How many rows with replaced conditions are told of.
const TOLD: usize = 3;
/// How many URLs of a circle are shown.
const SHOWN: usize = 6;

impl Router<'_> {
    /// Adds the notes that need what was considered.
    pub(super) fn remark(&self, request: &Request, decision: &mut Decision) {
        let mut notes = self.replaced_conditions(decision);
        let ends_in = self.circle(request, decision);
        if ends_in.len() > 2 {
            let shown: Vec<&str> = ends_in.iter().take(SHOWN).map(String::as_str).collect();
            let more = if ends_in.len() > SHOWN { " → …" } else { "" };
            notes.push(format!("it redirects in a circle: {}{more}", shown.join(" → ")));
        }
        if let Outcome::Redirect { circle, .. } = &mut decision.outcome {
            *circle = ends_in;
        }
        notes.extend(decision.row().and_then(|hop| self.parents_rewrite(hop)));
        notes.extend(decision.row().and_then(|winner| self.ignored_weight(decision, winner)));
        for note in notes {
            if !decision.notes.contains(&note) {
                decision.notes.push(note);
            }
        }
    }

    fn replaced_conditions(&self, decision: &Decision) -> Vec<String> {
        let hops = decision.row().into_iter().chain(decision.considered.iter().map(|one| one.hop));
        let mut notes: Vec<String> = Vec::new();
        for hop in hops {
            let replaced = self.tree.replaced_conditions(self.snapshot, hop);
            let (Some(link), false) = (self.tree.link_above(hop), replaced.is_empty()) else { continue };
            let parent = self.snapshot.route(self.tree.hops[link.hop.0 as usize].route).meta.key();
            let changes: Vec<String> = replaced
                .iter()
                .map(|one| format!("{} is {parent}'s {}: {} is dropped", one.what, one.parents, one.own))
                .collect();
            let note = format!("of {}, {}", self.rule_name(hop), changes.join("; "));
            if !notes.contains(&note) && notes.len() < TOLD {
                notes.push(note);
            }
        }
        notes
    }

    fn parents_rewrite(&self, hop: RuleNodeId) -> Option<String> {
        let Some(Action::Forward(forward)) = self.tree.hops[hop.0 as usize].own_action().map(AsRef::as_ref) else {
            return None;
        };
        let above = self.tree.rewritten_by(self.snapshot, hop).filter(|above| *above != hop)?;
        let of = self.rule_name(above);
        match forward.rewrite.path.as_ref()? {
            PathModifier::Prefix(_) => {
                let node = &self.tree.hops[hop.0 as usize];
                let path = &node.matcher.path.value;
                Some(format!("{PARENTS_REWRITE}{of}, and replaces the path {path} of {}", self.rule_name(hop)))
            }
            PathModifier::Full(_) => Some(format!("{PARENTS_REWRITE}{of}")),
        }
    }

    /// A row that would have won by its route weight.
    fn ignored_weight(&self, decision: &Decision, winner: RuleNodeId) -> Option<String> {
        if self.settings.weighted_route_precedence || self.tree.dialect_of(winner).engine != Engine::Kgateway {
            return None;
        }
        let weight = |hop: RuleNodeId| Ranks::written_weight(self.snapshot.route(self.tree.hops[hop.0 as usize].route));
        let lost = decision.considered.iter().filter(|one| one.verdict == Verdict::Lost);
        let heavier = lost.map(|one| (weight(one.hop), one.hop)).filter(|(heavy, _)| *heavy > weight(winner));
        let (heavy, hop) = heavier.reduce(|one, other| if other.0 > one.0 { other } else { one })?;
        Some(format!(
            "with --kgateway-weighted-route-precedence {} would win: its route-weight {heavy} has no effect without it",
            self.rule_name(hop)
        ))
    }

    fn rule_name(&self, hop: RuleNodeId) -> String {
        let node = &self.tree.hops[hop.0 as usize];
        format!("{} rule {}", self.snapshot.route(node.route).meta.key(), node.rule + 1)
    }
}
