//! Whether a route's rules reach the proxy as written: what is said of each row of each virtual host.
//!
//! Sources: kgateway `pkg/kgateway/translator/irtranslator/route.go` (`finalizeRoute`, `summarizeRuleErrors`,
//! `computeVirtualHost`), `pkg/kgateway/translator/listener/gateway_listener_translator.go` (the names and their order).

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::Analysis;
use crate::model::{Name, Protocol};
use crate::resolve::{Action, Complaint, DropReason, Fate, GatewayNode, Hop, RespondReason, RootId, Stage, Under};
use crate::router::{Precedence, Ranks};

use super::condition::{Condition, PROGRAMMED};
use super::report::{ParentKey, Reports};
use super::walk::{Emitted, EmittedByRoot};

/// A root in a virtual host, by one of its parentRefs.
#[derive(Clone, Copy)]
struct Attachment {
    root: RootId,
    parent_ref: u32,
}

/// Where a virtual host stands in the order of translation: the port, the filter chain (plain HTTP first), its name.
type Place = (u16, usize, String);

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
        let mut rows: Vec<(Precedence, Attachment, Emitted)> = Vec::new();
        for attachment in attachments {
            let route = analysis.tree.roots[attachment.root.0 as usize].route;
            let all = emitted.get(&attachment.root).map_or(&[][..], Vec::as_slice);
            rows.extend(
                (0..)
                    .zip(all)
                    .map(|(at, row)| (ranks.precedence(&analysis.tree, route, row.hop, at), attachment, *row)),
            );
        }
        rows.sort_by_key(|(precedence, ..)| *precedence);
        for (at, (_, attachment, row)) in rows.iter().enumerate() {
            let hop = &analysis.tree.hops[row.hop.0 as usize];
            if says(hop) {
                let name = row_name(analysis, &place.2, at, hop, *row);
                let (verb, reason, lines) = said(hop, &name);
                let message = format!("{verb} Rule ({}): {lines}", row.index);
                let key = parent_key(analysis, hop, *attachment);
                reports.entry(hop.route, key).set(Condition::new(PROGRAMMED, false, reason, message));
            }
        }
    }
}

/// The virtual hosts of a Gateway, in the order in which they are translated.
fn virtual_hosts(analysis: &Analysis, node: &GatewayNode) -> BTreeMap<Place, Vec<Attachment>> {
    let mut hosts: BTreeMap<Place, Vec<Attachment>> = BTreeMap::new();
    for (chain, listener) in node.listeners.iter().enumerate().filter(|(_, listener)| listener.is_served()) {
        let port = listener.port(&node.gateway);
        let (chain, parent) = match listener.listener(&node.gateway).protocol {
            Protocol::Http => (0, format!("listener~{port}")),
            Protocol::Https => (chain + 1, listener.name(&node.gateway).to_string()),
            _ => continue,
        };
        for attached in &listener.attached {
            if analysis.tree.roots[attached.root.0 as usize].hops.is_empty() {
                continue;
            }
            for hostname in &attached.hostnames {
                // Envoy's names hold no dots (kgateway `SanitizeForEnvoy`).
                let name = format!("{parent}~{hostname}").replace('.', "_");
                let attachment = Attachment { root: attached.root, parent_ref: attached.parent_ref };
                hosts.entry((port, chain, name)).or_default().push(attachment);
            }
        }
    }
    hosts
}

/// Under which parent a row is spoken of.
fn parent_key(analysis: &Analysis, hop: &Hop, attachment: Attachment) -> ParentKey {
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

/// The engine's name of a row.
fn row_name(analysis: &Analysis, host: &str, at: usize, hop: &Hop, row: Emitted) -> String {
    let route = analysis.snapshot.route(hop.route);
    let (kind, meta) = (route.kind.name().to_ascii_lowercase(), &route.meta);
    let rule = route.rules[hop.rule as usize].name.as_deref().filter(|name| !name.is_empty());
    let rule = rule.map(|name| format!("-{name}")).unwrap_or_default();
    let own = format!("{kind}-{}-{}-{}-{}{rule}", meta.name, meta.namespace, row.rule, row.index);
    format!("{host}-route-{at}-{own}-matcher-{}", row.index)
}

/// Whether something is said of a row. A 500 for a broken ref, and a broken backend, are not: `ResolvedRefs` is.
fn says(hop: &Hop) -> bool {
    match &hop.fate {
        Fate::Row(action) => match action.as_ref() {
            Action::Respond(respond) => {
                // Strict validation replaces what Envoy refuses, in words that are Envoy's.
                let by_envoy = matches!(respond.reason, RespondReason::InvalidRegex | RespondReason::RuleReplaced);
                by_envoy || !respond.complaints.is_empty()
            }
            _ => false,
        },
        Fate::Dropped(DropReason::Invalid { .. }) => true,
        Fate::Dropped(_) | Fate::Delegates | Fate::Forks(_) => false,
    }
}

/// What was done with a row, the reason, and the errors.
fn said(hop: &Hop, name: &str) -> (&'static str, &'static str, String) {
    match &hop.fate {
        Fate::Dropped(DropReason::Invalid { reason }) => {
            ("Dropped", "RouteRuleDropped", format!("invalid matcher configuration\n{reason}"))
        }
        Fate::Row(action) => {
            let lines = match action.as_ref() {
                Action::Respond(respond) if respond.complaints.is_empty() => {
                    format!("invalid route configuration\n{}", respond.detail)
                }
                Action::Respond(respond) => summary(&respond.complaints, name),
                _ => String::new(),
            };
            ("Replaced", "RouteRuleReplaced", lines)
        }
        _ => ("Replaced", "RouteRuleReplaced", String::new()),
    }
}

/// All errors of a row, each once, in the engine's order: those of policies last, by the policy's name.
fn summary(complaints: &[Complaint], name: &str) -> String {
    let checks: Vec<&str> =
        complaints.iter().filter(|one| one.stage == Stage::Check).map(|one| one.text.as_str()).collect();
    let mut lines: BTreeSet<(Name, String)> = BTreeSet::new();
    if !checks.is_empty() {
        lines.insert((Name::default(), "invalid route configuration".to_owned()));
        lines.insert((Name::default(), format!("error {name}: {}", checks.join("\n"))));
    }
    for complaint in complaints.iter().filter(|one| one.stage != Stage::Check) {
        lines.insert((complaint.policy.clone().unwrap_or_default(), complaint.text.clone()));
    }
    let shown = |(policy, text): &(Name, String)| {
        if policy.is_empty() { text.clone() } else { format!("{policy}: {text}") }
    };
    lines.iter().map(shown).collect::<Vec<_>>().join("\n")
}
