//! What a delegated rule gets from above, and its author may not expect; and a weight that does not count.
//! `docs/fidelity.md`: `inherit-conditions`, `order-weight`.

use serde_json::json;

use super::fixes::{add_filter, subject};
use super::{Cause, Report};
use crate::finding::{Advice, Code, Edit, RuleProblem, Severity};
use crate::model::{PathKind, PathModifier, ROUTE_WEIGHT};
use crate::resolve::settings::Engine;
use crate::resolve::{Action, MatchState, RuleNode, RuleNodeId};
use crate::store::RouteId;

impl Report<'_> {
    pub(super) fn of_inheritance(&mut self) {
        for (id, hop) in (0..).zip(&self.tree.hops) {
            if let MatchState::Dropped(_) = hop.state {
                continue;
            }
            self.of_replaced_matcher(RuleNodeId(id), hop);
            if let Some(Action::Forward(forward)) = hop.own_action().map(AsRef::as_ref)
                && let Some(PathModifier::Prefix(new)) = &forward.rewrite.path
            {
                self.of_parents_rewrite(RuleNodeId(id), hop, new);
            }
        }
    }

    /// On each name the parent's condition takes the place of the child's.
    fn of_replaced_matcher(&mut self, id: RuleNodeId, hop: &RuleNode) {
        let replaced = self.tree.replaced_conditions(self.snapshot, id);
        let (Some(match_index), Some(parent), false) =
            (hop.match_index, self.tree.link_above_of(hop).map(|link| link.hop), replaced.is_empty())
        else {
            return;
        };
        let code = Code::ParentMatcherWins;
        if self.is_new(Severity::Warning, Cause { code, route: hop.route, rule: hop.rule, detail: match_index }) {
            let parent = self.snapshot.route(self.tree.hops[parent.0 as usize].route).meta.key();
            let help = Advice::RemoveConditions { conditions: replaced.clone(), parent: parent.clone() };
            let problem = RuleProblem::ParentMatcherWins { parent, conditions: replaced.clone() };
            let route = self.snapshot.route(hop.route);
            self.about(code, Severity::Warning, route, hop.matcher.at, (problem, Some(help)));
            let path = |field: &String| format!("spec.rules[{}].matches[{match_index}].{field}", hop.rule);
            // The last first: the places of those before it stay.
            let mut fields: Vec<String> = replaced.iter().map(|one| path(&one.field)).collect();
            fields.sort_unstable_by(|left, right| (right.len(), right).cmp(&(left.len(), left)));
            self.fix(route, fields.into_iter().map(|field| Edit::remove(subject(route), field)).collect());
        }
    }

    /// A prefix rewrite of a delegating rule acts on the prefix of the rule below.
    fn of_parents_rewrite(&mut self, id: RuleNodeId, hop: &RuleNode, new: &str) {
        let Some(above) = self.tree.rewritten_by(self.snapshot, id).filter(|above| *above != id) else { return };
        let parent = &self.tree.hops[above.0 as usize];
        let (whole, prefix) = (&hop.matcher.path.value, &parent.matcher.path.value);
        let trimmed = |path: &str| path.trim_end_matches('/').to_owned();
        let Some(rest) = whole.strip_prefix(trimmed(prefix).as_str()).filter(|rest| !trimmed(rest).is_empty()) else {
            return;
        };
        if hop.matcher.path.kind == PathKind::RegularExpression || parent.matcher.path.kind != PathKind::PathPrefix {
            return;
        }
        let code = Code::ParentRewriteTakesPrefix;
        if self.is_new(Severity::Warning, Cause { code, route: parent.route, rule: parent.rule, detail: 0 }) {
            let child = self.snapshot.route(hop.route).meta.key();
            let new = trimmed(new);
            let (after, tail) = if hop.matcher.path.kind == PathKind::Exact { ("", "") } else { ("/7", "/7") };
            let shown = format!("{new}{after}");
            let shown = if shown.is_empty() { "/" } else { &shown };
            let whole = trimmed(whole);
            let replacement = format!("{new}{}", trimmed(rest));
            let problem = RuleProblem::ParentRewrite {
                asked: format!("{whole}{tail}"),
                child: child.clone(),
                becomes: shown.to_owned(),
                expected: format!("{replacement}{after}"),
            };
            let help = Advice::OwnRewrite { route: child, replacement: replacement.clone() };
            let route = self.snapshot.route(parent.route);
            let at = route.rules[parent.rule as usize].at;
            self.about(code, Severity::Warning, route, at, (problem, Some(help)));
            let child = self.snapshot.route(hop.route);
            let rewrite = json!({
                "type": "URLRewrite",
                "urlRewrite": { "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": replacement } },
            });
            self.fix(child, add_filter(child, hop.rule, rewrite));
        }
    }

    /// Route weights count with weighted route precedence only.
    pub(super) fn of_weights(&mut self) {
        let counts = self.settings.weighted_route_precedence;
        let weighs = |id: RouteId| {
            let weight = self.snapshot.route(id).meta.annotation(ROUTE_WEIGHT);
            weight.is_some_and(|weight| weight.parse::<i32>().map_or(true, |weight| weight != 0 && !counts))
        };
        let mut weighted = vec![false; self.snapshot.routes.len()];
        let mut any = false;
        for (id, weighted) in (0..).zip(&mut weighted) {
            *weighted = weighs(RouteId(id));
            any |= *weighted;
        }
        if !any {
            return;
        }
        for (id, hop) in (0..).zip(&self.tree.hops) {
            let asks = weighted[hop.route.0 as usize];
            if asks && self.tree.dialect_of(RuleNodeId(id)).engine == Engine::Kgateway {
                let cause = Cause { code: Code::RouteWeightIgnored, route: hop.route, rule: u32::MAX, detail: 0 };
                if self.is_new(Severity::Info, cause) {
                    let route = self.snapshot.route(hop.route);
                    let written = route.meta.annotation(ROUTE_WEIGHT).cloned().unwrap_or_default();
                    let say = if written.parse::<i32>().is_err() {
                        let problem = RuleProblem::WeightNotNumber { annotation: ROUTE_WEIGHT, value: written };
                        (problem, Some(Advice::WholeNumber))
                    } else {
                        (RuleProblem::WeightNotCounted(ROUTE_WEIGHT), Some(Advice::CountWeights))
                    };
                    let at = route.meta.origin.at;
                    self.about(cause.code, Severity::Info, route, at, say);
                    let path = format!("metadata.annotations[\"{ROUTE_WEIGHT}\"]");
                    self.fix(route, vec![Edit::remove(subject(route), path)]);
                }
            }
        }
    }
}
