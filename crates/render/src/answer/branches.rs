//! What becomes of each share of the requests, where chance decides between several ends.

use crate::phrases;
use crate::style::{Line, Role};
use routescope_core::analysis::Analysis;
use routescope_core::router::{Branch, Decision, Outcome};

/// The headline, and a line for each share.
pub fn headline(analysis: &Analysis, decision: &Decision) -> Vec<Line> {
    let lost: f64 = decision.branches.iter().filter(|branch| !arrives(branch)).map(|branch| branch.share).sum();
    let (glyph, role) = if lost < 1.0 { ("● ", Role::Ok) } else { ("✗ ", Role::Error) };
    let mut title = Line::of(role, glyph);
    title.push(Role::Answer, format!("one of {}, by weight", phrases::count(decision.branches.len(), "way")));
    if lost > 0.0 {
        title.push(Role::Error, format!("   ✗ {} of the requests reach no backend", phrases::share(lost)));
    }
    let mut lines = vec![title];
    for branch in &decision.branches {
        let mut line = Line::of(Role::Text, format!("  {:>5}  ", phrases::share(branch.share)));
        line.extend(end(branch));
        let hop = &analysis.tree.hops[branch.node.0 as usize];
        let route = analysis.snapshot.route(hop.route).meta.key();
        let how = if branch.outcome.row().is_some() { "by" } else { "passed on without effect by" };
        lines.push(line.with(Role::Dim, format!("   {how} {route} rule {}", hop.rule + 1)));
    }
    lines
}

/// The ends in one line, with their shares.
pub fn short(decision: &Decision) -> Line {
    let mut line = Line::of(Role::Guide, "→ ");
    for (at, branch) in decision.branches.iter().enumerate() {
        if at > 0 {
            line.push(Role::Dim, ", ");
        }
        line.push(Role::Text, format!("{} ", phrases::share(branch.share)));
        line.extend(end(branch));
    }
    line
}

/// Whether a share reaches a backend or is sent elsewhere.
pub fn arrives(branch: &Branch) -> bool {
    match &branch.outcome {
        Outcome::Forward { destinations, .. } | Outcome::Passthrough { destinations, .. } => {
            destinations.iter().any(|to| to.serves() && to.share > 0.0)
        }
        Outcome::Redirect { .. } => true,
        Outcome::Respond { status, .. } => *status < 400,
        Outcome::NotFound { .. } | Outcome::Unknown { .. } => false,
    }
}

fn end(branch: &Branch) -> Line {
    match &branch.outcome {
        Outcome::Forward { destinations, .. } | Outcome::Passthrough { destinations, .. } => {
            let mut line = Line::new();
            for (at, to) in destinations.iter().enumerate() {
                if at > 0 {
                    line.push(Role::Dim, " or ");
                }
                if to.serves() {
                    line.push(Role::Backend, phrases::destination_name(to));
                } else {
                    let status = if to.state.is_broken() { to.state.status() } else { 503 };
                    line.push(Role::Error, format!("✗ {status} "));
                    line.push(Role::Text, phrases::destination_name(to));
                }
            }
            line
        }
        Outcome::Redirect { status, location, .. } => {
            Line::of(Role::Answer, format!("{status} redirect to ")).with(Role::Path, location.clone())
        }
        Outcome::Unknown { .. } => Line::of(Role::Warning, "? not known"),
        Outcome::Respond { .. } | Outcome::NotFound { .. } => {
            Line::of(Role::Error, format!("✗ {}", branch.outcome.status().unwrap_or(404)))
        }
    }
}
