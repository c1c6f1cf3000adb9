//! What a delegated rule gets from above, and its author may not expect; and a weight that does not count.
//! `docs/fidelity.md`: `inherit-conditions`, `order-weight`.

use serde_json::json;

use super::fixes::{add_filter, subject};
use super::{Cause, Report};
use crate::finding::{Code, Edit, Severity};
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
            let changes: Vec<String> = replaced.iter().map(ToString::to_string).collect();
            let message = format!("it inherits the matcher of {parent}, which replaces {}", changes.join(", "));
            let names: Vec<String> = replaced.iter().map(|one| one.what.clone()).collect();
            let help = format!("remove {} from the match of {parent}, or from this one", names.join(", "));
            let route = self.snapshot.route(hop.route);
            self.about(code, Severity::Warning, route, hop.matcher.at, (message, Some(help)));
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
            let message = format!(
                "its ReplacePrefixMatch replaces the whole prefix of a rule below: {whole}{tail} of {child} becomes \
                 {shown}, not {new}{}{after}",
                trimmed(rest)
            );
            let help = format!("give {child} a URLRewrite of its own: replacePrefixMatch: {new}{}", trimmed(rest));
            let route = self.snapshot.route(parent.route);
            let at = route.rules[parent.rule as usize].at;
            self.about(code, Severity::Warning, route, at, (message, Some(help)));
            let child = self.snapshot.route(hop.route);
            let replacement = format!("{new}{}", trimmed(rest));
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
                    let written = route.meta.annotation(ROUTE_WEIGHT).map_or("", |written| written.as_str());
                    let (message, help) = if written.parse::<i32>().is_err() {
                        (
                            format!("{ROUTE_WEIGHT} has no effect: {written:?} is not a number of 32 bits"),
                            "write a whole number, such as \"100\"",
                        )
                    } else {
                        (
                            format!("{ROUTE_WEIGHT} has no effect without weighted route precedence"),
                            "if the control plane has KGW_WEIGHTED_ROUTE_PRECEDENCE set, add \
                             --kgateway-weighted-route-precedence; else remove the annotation",
                        )
                    };
                    let at = route.meta.origin.at;
                    self.about(cause.code, Severity::Info, route, at, (message, Some(help.to_owned())));
                    let path = format!("metadata.annotations[\"{ROUTE_WEIGHT}\"]");
                    self.fix(route, vec![Edit::remove(subject(route), path)]);
                }
            }
        }
    }
}
