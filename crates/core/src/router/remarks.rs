//! What a person should know of an answer, beside why its rows won or lost: conditions that a parent replaces, a rewrite
//! of a parent that acts on a child's prefix, a route weight that does not count.

use super::decide::Router;
use super::precedence::Ranks;
use super::{Decision, Note, Outcome, Request, Verdict};
use crate::model::PathModifier;
use crate::resolve::{Action, Engine, RuleNodeId};

/// How many rows with replaced conditions are told of.
const TOLD: usize = 3;

impl Router<'_> {
    /// Adds the notes that need what was considered.
    pub(super) fn remark(&self, request: &Request, decision: &mut Decision) {
        let mut notes = self.replaced_conditions(decision);
        let ends_in = self.circle(request, decision);
        if ends_in.len() > 2 {
            notes.push(Note::Circle(ends_in.clone()));
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

    fn replaced_conditions(&self, decision: &Decision) -> Vec<Note> {
        let hops = decision.row().into_iter().chain(decision.considered.iter().map(|one| one.hop));
        let mut notes: Vec<Note> = Vec::new();
        for hop in hops {
            let conditions = self.tree.replaced_conditions(self.snapshot, hop);
            let (Some(link), false) = (self.tree.link_above(hop), conditions.is_empty()) else { continue };
            let parent = self.snapshot.route(self.tree.hops[link.hop.0 as usize].route).meta.key();
            let rule = &self.tree.hops[hop.0 as usize];
            let route = self.snapshot.route(rule.route).meta.key();
            let note = Note::ReplacedConditions { route, rule: rule.rule, parent, conditions };
            if !notes.contains(&note) && notes.len() < TOLD {
                notes.push(note);
            }
        }
        notes
    }

    fn parents_rewrite(&self, hop: RuleNodeId) -> Option<Note> {
        let Some(Action::Forward(forward)) = self.tree.hops[hop.0 as usize].own_action().map(AsRef::as_ref) else {
            return None;
        };
        let by = self.tree.rewritten_by(self.snapshot, hop).filter(|above| *above != hop)?;
        let replaces_prefix = matches!(forward.rewrite.path.as_ref()?, PathModifier::Prefix(_));
        Some(Note::ParentsRewrite { by, prefix_of: replaces_prefix.then_some(hop) })
    }

    /// A row that would have won by its route weight.
    fn ignored_weight(&self, decision: &Decision, winner: RuleNodeId) -> Option<Note> {
        if self.settings.weighted_route_precedence || self.tree.dialect_of(winner).engine != Engine::Kgateway {
            return None;
        }
        let weight = |hop: RuleNodeId| Ranks::written_weight(self.snapshot.route(self.tree.hops[hop.0 as usize].route));
        let lost = decision.considered.iter().filter(|one| one.verdict == Verdict::Lost);
        let heavier = lost.map(|one| (weight(one.hop), one.hop)).filter(|(heavy, _)| *heavy > weight(winner));
        let (heavy, hop) = heavier.reduce(|one, other| if other.0 > one.0 { other } else { one })?;
        Some(Note::IgnoredWeight { row: hop, weight: heavy })
    }
}
