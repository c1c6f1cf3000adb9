//! Many answers at a glance: a line each.

use crate::findings::unserved_reason;
use crate::notes;
use crate::outline::match_position;
use crate::phrases;
use crate::reasons;
use crate::style::{Line, Role};
use routescope_core::analysis::Analysis;
use routescope_core::finding::Location;
use routescope_core::resolve::Action;
use routescope_core::router::{Decision, Outcome};

use super::{Answers, branches, gateway_name};

/// How wide the column of requests may grow.
const COLUMN: usize = 60;

/// A line per answer: the request, what happens, and the rule that decided.
pub fn summary(analysis: &Analysis, all: &[Answers]) -> Vec<Line> {
    let requests: Vec<String> = all.iter().map(|one| one.request.to_string()).collect();
    let column = requests.iter().map(String::len).max().unwrap_or(0).min(COLUMN);
    let mut lines = Vec::new();
    for (one, request) in all.iter().zip(requests) {
        if one.decisions.is_empty() {
            let (role, sign) = if one.unknown.is_some() { (Role::Warning, "? ") } else { (Role::Error, "✗ ") };
            let mut line = Line::of(role, sign).with(Role::Path, request.clone());
            line.pad_to(2 + column);
            lines.push(match &one.unknown {
                Some(why) => line.with(role, format!("  not known: {why}")),
                None => line.with(role, "  no Gateway sees it"),
            });
        }
        let several = one.decisions.len() > 1;
        for decision in &one.decisions {
            let arrives = decision.arrives();
            let mut line = if arrives { Line::of(Role::Ok, "● ") } else { Line::of(Role::Error, "✗ ") };
            line.push(Role::Path, request.clone());
            line.pad_to(2 + column);
            line.push(Role::Text, "  ");
            line.extend(short(decision));
            if several {
                line.push(Role::Dim, "  on ");
                line.push(Role::Gateway, gateway_name(analysis, decision).to_string());
            }
            if !decision.unverified.is_empty() {
                line.push(Role::Warning, "  ? not certain");
            }
            if let Some(route) = &decision.stream() {
                let at = route.rules.first().map_or(route.meta.origin.at, |rule| rule.at);
                line.push(Role::Text, "  ");
                line.extend(phrases::place(&Location::within(&route.meta.origin, at)));
            }
            if let Some(hop) = decision.row() {
                let hop = &analysis.tree.hops[hop.0 as usize];
                let route = analysis.snapshot.route(hop.route);
                let place = Location::within(&route.meta.origin, match_position(hop, route));
                line.push(Role::Text, "  ");
                line.extend(phrases::place(&place));
            }
            if !arrives {
                line.push(Role::Dim, format!("  {}", reason(analysis, decision)));
            }
            lines.push(line);
        }
    }
    lines
}

/// Why the request does not arrive.
fn reason(analysis: &Analysis, decision: &Decision) -> String {
    if let Some(refused) = &decision.refused {
        return notes::refusal(analysis, refused);
    }
    let action = decision.row().and_then(|hop| analysis.tree.hops[hop.0 as usize].action());
    match (action.map(std::sync::Arc::as_ref), &decision.destinations().collect::<Vec<_>>()[..]) {
        (Some(Action::Respond(respond)), _) => crate::rows::respond_detail(&respond.detail),
        (_, [only]) => phrases::destination_trouble(only)
            .or_else(|| only.starved().as_ref().map(unserved_reason))
            .unwrap_or_default(),
        (_, [_, ..]) => "none of its backends can be reached".to_owned(),
        (_, []) => reasons::unanswered(analysis, decision)
            .or_else(|| decision.notes.last().map(|one| notes::note(analysis, one)))
            .unwrap_or_default(),
    }
}

/// What happens, in a few words.
fn short(decision: &Decision) -> Line {
    if !decision.branches.is_empty() {
        return branches::short(decision);
    }
    match &decision.outcome {
        Outcome::Forward { destinations, .. } | Outcome::Passthrough { destinations, .. } => {
            let mut line = Line::of(Role::Guide, "→ ");
            let split = destinations.len() > 1;
            for (at, to) in destinations.iter().enumerate() {
                if at > 0 {
                    line.push(Role::Dim, ", ");
                }
                if split {
                    line.push(Role::Text, format!("{} ", phrases::share(to.share)));
                }
                if !to.serves() {
                    let status = if to.state.is_broken() { to.state.status() } else { 503 };
                    line.push(Role::Error, format!("✗ {status} "));
                }
                line.push(Role::Backend, phrases::destination_name(to));
            }
            line
        }
        Outcome::Redirect { status, location, .. } => {
            Line::of(Role::Guide, "↪ ").with(Role::Answer, format!("{status} ")).with(Role::Path, location.clone())
        }
        Outcome::Unknown { .. } => Line::of(Role::Warning, "? not known"),
        Outcome::Respond { .. } | Outcome::NotFound { .. } => {
            Line::of(Role::Error, format!("{} from the gateway", decision.status().unwrap_or(404)))
        }
    }
}
