//! Which traffic moves between two sources: for a person, for a program, for a pull request.

mod because;
mod data;
mod github;
mod markdown;
mod text;

pub use because::because;
pub use data::{
    BecauseData, ChangeData, DiffData, ReplayLine, ReplayedData, SideData, SummaryData, UnknownData, confidence, data,
};
pub use github::github;
pub use markdown::markdown;
pub use text::text;

use std::fmt::Write as _;

use crate::outline::match_position;
use crate::phrases;
use crate::style::{Line, Role};
use crate::witness::row_name;
use routescope_core::analysis::Analysis;
use routescope_core::finding::Location;
use routescope_core::reachability::{Change, Comparison, Kind, Undecided, acting};
use routescope_core::resolve::{Destination, RuleNodeId};
use routescope_core::router::{Branch, Decision, Outcome, Request, Upstream};

/// What was replayed, and how many of the requests of each pair of rules moved.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// How many requests were asked.
    pub requests: usize,
    /// How many of them have another answer.
    pub changed: usize,
    /// How many lines hold no request.
    pub unreadable: usize,
    /// By rules before and after, in words: how many requests; the most first.
    pub pairs: Vec<(String, usize)>,
}

impl Replay {
    /// The counts alone.
    pub fn data(&self) -> ReplayedData {
        ReplayedData { requests: self.requests, changed: self.changed, unreadable: self.unreadable }
    }

    fn share(&self, of: usize) -> String {
        if self.requests == 0 {
            return "0 %".to_owned();
        }
        // Tenths of a percent, in whole numbers.
        let tenths = of * 1000 / self.requests;
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

/// The changes in the order in which they are read: by owner, then by host and path.
fn sorted<'c>(sides: [&Analysis; 2], comparison: &'c Comparison) -> Vec<&'c Change> {
    let mut changes: Vec<&Change> = comparison.changes.iter().collect();
    changes.sort_by_cached_key(|change| {
        let owner = data::owner(sides, change);
        (owner.namespace.clone(), change.request.host.clone(), change.request.path.clone(), owner.name)
    });
    changes
}

/// `2 moved, 1 broken`.
pub fn summary(comparison: &Comparison) -> String {
    let kinds: Vec<Kind> =
        comparison.changes.iter().map(|change| Kind::of(change.before.as_ref(), change.after.as_ref())).collect();
    let mut text = String::new();
    for kind in Kind::ALL {
        let count = kinds.iter().filter(|one| **one == kind).count();
        if count > 0 {
            let word = match kind {
                Kind::Policies if count == 1 => "change of policies",
                Kind::Policies => "changes of policies",
                _ => kind.name(),
            };
            let _ = write!(text, "{}{count} {word}", if text.is_empty() { "" } else { ", " });
        }
    }
    if !comparison.unknown.is_empty() {
        let _ = write!(text, "{}{} unknown", if text.is_empty() { "" } else { ", " }, comparison.unknown.len());
    }
    if text.is_empty() { "nothing moves".to_owned() } else { text }
}

/// What a client or a backend sees of the answer to a request, in a few words.
pub fn outcome(request: &Request, decision: Option<&Decision>) -> String {
    let Some(decision) = decision else { return "404".to_owned() };
    if decision.branches.is_empty() {
        return end(request, &decision.outcome);
    }
    // Of those that end alike the shares are one.
    let mut ends: Vec<(f64, String)> = Vec::new();
    for Branch { share, outcome, node: _ } in &decision.branches {
        let text = end(request, outcome);
        match ends.iter_mut().find(|(_, known)| *known == text) {
            Some((known, _)) => *known += share,
            None => ends.push((*share, text)),
        }
    }
    match ends.as_slice() {
        [(_, only)] => only.clone(),
        all => {
            all.iter().map(|(share, text)| format!("{} {text}", phrases::share(*share))).collect::<Vec<_>>().join(", ")
        }
    }
}

fn end(request: &Request, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Forward { destinations, .. } | Outcome::Passthrough { destinations, .. } => {
            let getting: Vec<_> = destinations.iter().filter(|one| one.share > 0.0).collect();
            let one = |to: &&Destination| {
                let port = to.port.map(|port| format!(":{port}")).unwrap_or_default();
                let share = if getting.len() > 1 { format!("{} ", phrases::share(to.share)) } else { String::new() };
                let broken = if to.state.is_broken() { format!(" ✗ {}", to.state.status()) } else { String::new() };
                format!("{share}{} {}/{}{port}{broken}", to.kind, to.namespace, to.name)
            };
            let mut text = getting.iter().map(one).collect::<Vec<_>>().join(", ");
            match rewritten(request, outcome.upstream()) {
                (Some(host), Some(path)) => drop(write!(text, " as {host}{path}")),
                (Some(host), None) => drop(write!(text, " as host {host}")),
                (None, Some(path)) => drop(write!(text, " as {path}")),
                (None, None) => {}
            }
            text
        }
        Outcome::Redirect { status, location, .. } => format!("redirect {status} to {location}"),
        Outcome::Respond { status, .. } => status.to_string(),
        Outcome::NotFound { .. } => "404".to_owned(),
        Outcome::Unknown { .. } => "what a filter answers".to_owned(),
    }
}

/// What a client or a backend sees before and after; where these are alike, what else acts.
fn outcomes(change: &Change) -> [String; 2] {
    let sides = [change.before.as_ref(), change.after.as_ref()];
    let mut texts = sides.map(|side| outcome(&change.request, side));
    if Kind::of(sides[0], sides[1]) == Kind::Policies {
        let acting = sides.map(|side| side.map(|one| acting(&one.policies)).unwrap_or_default());
        for (side, text) in texts.iter_mut().enumerate() {
            let own: Vec<&str> =
                acting[side].iter().filter(|one| !acting[1 - side].contains(one)).map(String::as_str).collect();
            let _ = write!(text, " with {}", if own.is_empty() { "nothing of it".to_owned() } else { own.join(", ") });
        }
    }
    texts
}

/// The host and the path that the backend receives, each where it is not what the client sent.
fn rewritten<'d>(request: &Request, upstream: Option<&'d Upstream>) -> (Option<&'d str>, Option<&'d str>) {
    let Some(Upstream { host, path }) = upstream else { return (None, None) };
    let sent = request.authority().unwrap_or_default();
    let same_host = host.is_empty() || sent.is_empty() || host.eq_ignore_ascii_case(&sent);
    ((!same_host).then_some(host), (*path != request.target()).then_some(path))
}

/// A row of which it was not found out what becomes of its requests, in a few words; the Gateway where rows are missing.
fn undecided(sides: [&Analysis; 2], one: &Undecided) -> Line {
    let analysis = if one.before { sides[0] } else { sides[1] };
    match one.row {
        Some(row) => row_name(analysis, row),
        None => Line::of(Role::Gateway, format!("Gateway {}", one.gateway)),
    }
}

/// The rule that decided, in a few words, and where it is written.
pub fn rule(analysis: &Analysis, decision: Option<&Decision>) -> Option<(String, Location)> {
    let decision = decision?;
    let Some(row): Option<RuleNodeId> = decision.row().or(decision.stopped()) else {
        let route = decision.stream()?;
        let name = format!("{} {}", route.kind.name(), route.meta.key());
        return Some((name, Location::within(&route.meta.origin, route.meta.origin.at)));
    };
    let hop = &analysis.tree.hops[row.0 as usize];
    let route = analysis.snapshot.route(hop.route);
    let name = format!("{} rule {}", route.meta.key(), hop.rule + 1);
    Some((name, Location::within(&route.meta.origin, match_position(hop, route))))
}
