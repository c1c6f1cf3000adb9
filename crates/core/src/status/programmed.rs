//! Whether a route's rules reach the proxy as written: what is said of each row of each virtual host.
//!
//! Sources: kgateway `pkg/kgateway/translator/irtranslator/route.go` (`finalizeRoute`, `summarizeRuleErrors`,
//! `computeVirtualHost`).

use std::collections::BTreeSet;

use crate::analysis::Analysis;
use crate::finding::RespondDetail;
use crate::resolve::{
    Action, DropReason, GatewayNode, MatchState, Respond, RespondReason, RootId, RuleNode, Stage, StatusMessage, Under,
};
use crate::router::Ranks;

use super::attached_routes::{Emitted, EmittedByRoot};
use super::condition::{Condition, PROGRAMMED};
use super::report::{ParentKey, Reports};
use super::route_names::{Attachment, row_name, rows, virtual_hosts};

/// Writes what is to be said of the rows of one Gateway; the last row counts.
pub(super) fn report(analysis: &Analysis, node: &GatewayNode, emitted: &EmittedByRoot, reports: &mut Reports) {
    let speaks = |one: &Emitted| says(&analysis.tree.hops[one.hop.0 as usize]);
    let speaking: BTreeSet<RootId> =
        emitted.iter().filter(|(_, rows)| rows.iter().any(speaks)).map(|(root, _)| *root).collect();
    if speaking.is_empty() {
        return;
    }
    let ranks = Ranks::of(&analysis.snapshot, &analysis.settings);
    for (place, attachments) in virtual_hosts(analysis, node) {
        if !attachments.iter().any(|one| speaking.contains(&one.root)) {
            continue;
        }
        for (at, (attachment, row)) in rows(analysis, &ranks, emitted, &attachments).into_iter().enumerate() {
            let hop = &analysis.tree.hops[row.hop.0 as usize];
            if says(hop) {
                let name = row_name(analysis, &place.2, at, row);
                let (verb, reason, lines) = said(hop, &name);
                let message = format!("{verb} Rule ({}): {lines}", row.index);
                let key = parent_key(analysis, hop, attachment);
                reports.entry(hop.route, key).set(Condition::new(PROGRAMMED, false, reason, message));
            }
        }
    }
}

/// Under which parent a row is spoken of.
fn parent_key(analysis: &Analysis, hop: &RuleNode, attachment: Attachment) -> ParentKey {
    match hop.under {
        Under::Root(_) => {
            ParentKey::of(&analysis.snapshot.route(hop.route).parent_refs[attachment.parent_ref as usize])
        }
        Under::Child(child) => {
            let link = analysis.tree.children[child.0 as usize].link;
            let above = analysis.tree.links[link.0 as usize].hop;
            ParentKey::of_route(&analysis.snapshot.route(analysis.tree.hops[above.0 as usize].route).meta.key())
        }
    }
}

/// Whether something is said of a row. A 500 for a broken ref, and a broken backend, are not: `ResolvedRefs` is.
fn says(hop: &RuleNode) -> bool {
    match &hop.state {
        MatchState::Row(action) => match action.as_ref() {
            Action::Respond(respond) => {
                // Strict validation replaces what Envoy refuses, in words that are Envoy's.
                let by_envoy = matches!(respond.reason, RespondReason::InvalidRegex | RespondReason::RuleReplaced);
                by_envoy || !respond.status_messages.is_empty()
            }
            _ => false,
        },
        MatchState::Dropped(DropReason::Invalid { .. }) => true,
        MatchState::Dropped(_) | MatchState::Delegates | MatchState::WeightedDelegation(_) => false,
    }
}

/// What was done with a row, the reason, and the errors.
fn said(hop: &RuleNode, name: &str) -> (&'static str, &'static str, String) {
    match &hop.state {
        MatchState::Dropped(DropReason::Invalid(problem)) => {
            ("Dropped", "RouteRuleDropped", format!("invalid matcher configuration\n{problem}"))
        }
        MatchState::Row(action) => {
            let lines = match action.as_ref() {
                Action::Respond(Respond { detail: RespondDetail::Envoy(problem), status_messages, .. })
                    if status_messages.is_empty() =>
                {
                    format!("invalid route configuration\n{problem}")
                }
                Action::Respond(respond) => summary(&respond.status_messages, name),
                _ => String::new(),
            };
            ("Replaced", "RouteRuleReplaced", lines)
        }
        _ => ("Replaced", "RouteRuleReplaced", String::new()),
    }
}

/// All errors of a row, each once, in the engine's order: those of policies last, by the policy's name.
fn summary(status_messages: &[StatusMessage], name: &str) -> String {
    let checks: Vec<&str> =
        status_messages.iter().filter(|one| one.stage == Stage::Check).map(|one| one.text.as_str()).collect();
    let mut lines: BTreeSet<(String, String)> = BTreeSet::new();
    if !checks.is_empty() {
        lines.insert((String::new(), "invalid route configuration".to_owned()));
        lines.insert((String::new(), format!("error {name}: {}", checks.join("\n"))));
    }
    for status_message in status_messages.iter().filter(|one| one.stage != Stage::Check) {
        lines.insert((policy(status_message), status_message.text.clone()));
    }
    let shown = |(policy, text): &(String, String)| {
        if policy.is_empty() { text.clone() } else { format!("{policy}: {text}") }
    };
    lines.iter().map(shown).collect::<Vec<_>>().join("\n")
}

/// The policy at fault as the engine names it, with the section that it targets (`IDWithSectionName`).
pub(super) fn policy(status_message: &StatusMessage) -> String {
    let name = status_message.policy.as_deref().unwrap_or_default();
    match &status_message.section {
        Some(section) => format!("{name}/{section}"),
        None => name.to_owned(),
    }
}
