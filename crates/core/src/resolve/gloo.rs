//! What is not known of Gloo Gateway. Its column in `docs/fidelity.md` says how it delegates; its own policies are not
//! read, and what its filters inherit and what it makes of an invalid rule is not written anywhere: answers that rest on
//! it say so.

use std::borrow::Cow;

use super::action::{self, Level, Outcome};
use super::backend::Lookup;
use super::{Action, RespondReason, Uncertainty, specification_only};
use crate::model::{BackendRef, Filter, PathKind, Rule};

/// What a rule does: as under kgateway, with what that leaves uncertain. The arguments are those of [`action::outcome`].
pub(super) fn outcome(
    lookup: Lookup<'_>,
    levels: &[Level<'_>],
    delegates: &dyn Fn(&BackendRef) -> bool,
    path: PathKind,
) -> Outcome {
    let rules: Vec<Cow<'_, Rule>> = levels.iter().map(|level| readable(level.rule)).collect();
    let read: Vec<Level<'_>> =
        levels.iter().zip(&rules).map(|(level, rule)| Level { route: level.route, rule }).collect();
    let mut outcome = action::outcome(lookup, &read, delegates, false, path);
    if let Some(Action::Forward(forward)) = &mut outcome.action {
        forward.destinations.iter_mut().for_each(specification_only::foreign);
    }
    outcome.unverified.extend(uncertainties(levels, outcome.action.as_ref()));
    outcome
}

/// The rule without filters of Gloo's own, which kgateway would take for missing ones.
fn readable(rule: &Rule) -> Cow<'_, Rule> {
    let own = |filter: &Filter| matches!(filter, Filter::Extension { .. });
    if !rule.filters.iter().any(own) {
        return Cow::Borrowed(rule);
    }
    let mut readable = rule.clone();
    readable.filters.retain(|filter| !own(filter));
    Cow::Owned(readable)
}

/// Why what a rule does is not certain. `levels` is its own rule as it is written, then those above it.
fn uncertainties(levels: &[Level<'_>], action: Option<&Action>) -> Vec<Uncertainty> {
    let mut uncertain = Vec::new();
    for (height, Level { route, rule }) in levels.iter().enumerate() {
        if height > 0 && !rule.filters.is_empty() {
            uncertain.push(Uncertainty::GlooInherits(route.meta.key()));
        }
        for filter in &rule.filters {
            if let Filter::Extension { kind, name, .. } = filter {
                uncertain.push(Uncertainty::OwnFilter { kind: kind.clone(), name: name.clone(), of_gloo: true });
            }
        }
    }
    if let Some(Action::Respond(respond)) = action
        && respond.reason != RespondReason::DirectResponse
    {
        uncertain.push(Uncertainty::GlooReplaces);
    }
    uncertain
}
