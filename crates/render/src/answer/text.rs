//! The answer for a person: what happens first, then the way through the tree, then why the closest others lost.
//!
//! ```text
//! ● payments/payments-bff:8080   Service
//!
//!   Gateway infra/http               :443 https  api.example.com        gateway.yaml:8
//!   └ parent           infra         rule 3  /payments                  parent.yaml:31
//!     ⇢ label payments-bff in any namespace
//!     └ payments-routes  payments    rule 1  /payments/charge         payments.yaml:10
//!       └ Service payments-bff:8080
//!
//!   missed  payments/payments-routes rule 2  /payments/refund   the path is not under it
//! ```

use std::sync::Arc;

use crate::findings::unserved_reason;
use crate::notes;
use crate::reasons;
use crate::reasons::no_connection;
use crate::rows::respond_detail;
use crate::style::{Line, Role};
use crate::uncertainty::uncertainty;
use crate::width::Width;
use crate::{phrases, policies};
use routescope_core::analysis::Analysis;
use routescope_core::model::{Filter, ParentRef, PathKind, PathModifier, Route};
use routescope_core::resolve::{Action, Destination, DestinationState, Forward, RespondReason, RuleNodeId};
use routescope_core::router::{Considered, Decision, Note, Outcome, Request, Responder, Unseen, Verdict, VirtualHost};

use super::route_path::chain;
use super::{Advice, Answers, branches, suggest_fix};

/// How many of the others are told, unless all are asked for.
const CLOSEST: usize = 5;
/// How many endpoints of a backend are told, when all is asked for.
const ENDPOINTS: usize = 100;

/// The answers to one request. `titled` puts the request above them; `wide` tells all that was considered.
pub fn text(analysis: &Analysis, answers: &Answers, width: usize, titled: bool, wide: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    if titled {
        lines.push(Line::of(Role::Heading, answers.request.to_string()));
    }
    if answers.disagree() {
        let count = phrases::count(answers.decisions.len(), "Gateway");
        let what = format!("{count} answer, and not alike: those that serve the host most closely come first");
        lines.push(Line::of(Role::Warning, "≠ ").with(Role::Text, what));
        lines.push(Line::new());
    }
    for (at, decision) in answers.decisions.iter().enumerate() {
        if at > 0 {
            lines.push(Line::new());
        }
        one(analysis, &answers.request, decision, width, wide, &mut lines);
    }
    if answers.decisions.is_empty() {
        lines.push(match &answers.unknown {
            Some(why) => Line::of(Role::Warning, "? not known: ")
                .with(Role::Text, format!("no Gateway in view sees this request, but {why}")),
            None => Line::of(Role::Error, "✗ no Gateway sees this request"),
        });
        for Unseen { gateway, reason } in &answers.unseen {
            let line = Line::of(Role::Dim, "  Gateway ").with(Role::Gateway, gateway.to_string());
            lines.push(line.with(Role::Text, format!("  {}", no_connection(reason))));
        }
        lines.extend(mesh(analysis));
    }
    lines
}

/// Why no Gateway is asked, where there are only routes of a mesh.
fn mesh(analysis: &Analysis) -> Option<Line> {
    let routes = &analysis.snapshot.routes;
    let of_mesh = |route: &&Arc<Route>| route.parent_refs.iter().any(ParentRef::is_of_mesh);
    let route = routes.iter().find(of_mesh)?;
    let more = routes.iter().filter(of_mesh).count() - 1;
    let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    let parent = route.parent_refs.iter().find(|parent| parent.is_of_mesh())?;
    let line = Line::of(Role::Dim, "  ").with(Role::Route, route.meta.key().to_string());
    Some(line.with(Role::Text, format!("{more}  a mesh route (parent Service {}): it is not followed", parent.name)))
}

fn one(analysis: &Analysis, request: &Request, decision: &Decision, width: usize, wide: bool, lines: &mut Vec<Line>) {
    lines.extend(headline(analysis, request, decision, width));
    lines.push(Line::new());
    lines.extend(chain(analysis, request, decision, width));
    if wide {
        lines.extend(endpoints(decision));
    }
    let policies = policies::text(&decision.policies, width, wide);
    if !policies.is_empty() {
        lines.push(Line::new());
        lines.extend(policies);
    }
    let considered: Vec<_> = decision.considered.iter().filter(|other| other.verdict != Verdict::Won).collect();
    if !considered.is_empty() {
        lines.push(Line::new());
        let shown = if wide { considered.len() } else { considered.len().min(CLOSEST) };
        lines.extend(others(analysis, &considered[..shown], width));
        let hidden = considered.len() - shown + if wide { decision.not_listed } else { 0 };
        if considered.len() > shown {
            lines.push(Line::of(Role::Dim, format!("  {hidden} more were considered: -o wide tells them all")));
        }
    }
    if wide && decision.not_listed > 0 {
        if considered.is_empty() {
            lines.push(Line::new());
        }
        let rest = phrases::count(decision.not_listed, "other route");
        let verb = if decision.not_listed == 1 { "does" } else { "do" };
        lines.push(Line::of(Role::Dim, format!("  {rest} of this host {verb} not match")));
    }
    lines.extend(remarks(analysis, request, decision, width));
}

/// Who serves the destinations: an address a line.
fn endpoints(decision: &Decision) -> Vec<Line> {
    let mut lines = Vec::new();
    for (to, endpoints) in decision.destinations().filter_map(|to| Some((to, to.endpoints.as_ref()?))) {
        lines.push(Line::new());
        let head = Line::of(Role::Dim, "  behind ").with(Role::Backend, phrases::destination_name(to));
        lines.push(head.with(Role::Dim, "  ").with_line(phrases::endpoints(endpoints)));
        lines.extend(
            phrases::targets(endpoints, ENDPOINTS).into_iter().map(|line| Line::of(Role::Text, "    ").with_line(line)),
        );
    }
    lines
}

/// What else a person should know: doubts, notes, what would fix it.
fn remarks(analysis: &Analysis, request: &Request, decision: &Decision, width: usize) -> Vec<Line> {
    let mut remarks: Vec<(Role, &str, String)> = Vec::new();
    remarks.extend(decision.unverified.iter().map(|why| (Role::Warning, "? not certain: ", uncertainty(why))));
    // Whose rewrite it is stands in the line of what the backend receives.
    let rewrite_is_told = is_rewritten(request, decision) && rewriter(analysis, decision).is_some();
    let is_told = |note: &Note| match note {
        Note::ParentsRewrite { .. } => rewrite_is_told,
        // These are in the headline: why a backend is not served stands beside it.
        Note::Preflight | Note::Cycle(_) => decision.branches.is_empty(),
        Note::Unserved(destination) => destination.starved().is_some(),
        _ => false,
    };
    for note in decision.notes.iter().filter(|note| !is_told(note)) {
        let (role, lead) =
            if matches!(note, Note::Unserved(_)) { (Role::Warning, "⚠ ") } else { (Role::Dim, "note: ") };
        remarks.push((role, lead, notes::note(analysis, note)));
    }
    let mut lead = "fix: ";
    for hint in suggest_fix(analysis, request, decision) {
        match hint {
            Advice::Ask(hint) => remarks.push((Role::Hint, "", hint)),
            Advice::Change(hint) => {
                remarks.push((Role::Hint, lead, hint));
                lead = " or: ";
            }
        }
    }
    let mut lines: Vec<Line> = Vec::new();
    if !remarks.is_empty() {
        lines.push(Line::new());
    }
    for (role, lead, text) in remarks {
        lines.extend(wrapped(Line::of(role, format!("  {lead}")), &text, width));
    }
    lines
}

/// What happens, in a line or a few.
pub fn headline(analysis: &Analysis, request: &Request, decision: &Decision, width: usize) -> Vec<Line> {
    if !decision.branches.is_empty() {
        return branches::headline(analysis, decision);
    }
    let mut lines = Vec::new();
    if let Some(refused) = &decision.refused {
        lines.extend(wrapped(Line::of(Role::Error, "⚠ not served: "), &notes::refusal(analysis, refused), width));
        lines.push(Line::of(Role::Dim, "  as written:"));
    }
    let action = decision.row().and_then(|hop| analysis.tree.hops[hop.0 as usize].action().cloned());
    match &decision.outcome {
        Outcome::Forward { destinations, .. } | Outcome::Passthrough { destinations, .. } => {
            match &destinations[..] {
                [only] => {
                    let mut line = glyph(decision).with(Role::Answer, phrases::destination_name(only));
                    line.extend(kind_and_state(only));
                    lines.push(line);
                }
                several => {
                    let title = format!("split over {}", phrases::count(several.len(), "backend"));
                    let mut line = glyph(decision).with(Role::Answer, title);
                    let broken: f64 = several.iter().filter(|to| to.state.is_broken()).map(|to| to.share).sum();
                    let starved: f64 =
                        several.iter().filter(|to| !to.serves() && !to.state.is_broken()).map(|to| to.share).sum();
                    for (status, share) in [(500, broken), (503, starved)] {
                        if share > 0.0 {
                            let what = format!("   ✗ {status} for {} of the requests", phrases::share(share));
                            line.push(Role::Error, what);
                        }
                    }
                    lines.push(line);
                    lines.extend(shares(several));
                }
            }
            if let Some(route) = decision.stream() {
                let what =
                    format!("  {} {} takes the connection: no HTTPRoute sees it", route.kind.name(), route.meta.key());
                lines.push(Line::of(Role::Dim, what));
            }
            lines.extend(received(analysis, request, decision));
            if let Some(Action::Forward(forward)) = action.as_deref() {
                lines.extend(headers(forward));
            }
        }
        Outcome::Redirect { status, location, .. } => {
            let (glyph, role) = if decision.arrives() { ("↪ ", Role::Ok) } else { ("✗ ", Role::Error) };
            lines.push(
                Line::of(role, glyph)
                    .with(Role::Answer, format!("{status} redirect to "))
                    .with(Role::Path, location.clone()),
            );
        }
        Outcome::Respond { status, by } => {
            let (glyph, role) = if *status >= 400 { ("✗ ", Role::Error) } else { ("● ", Role::Answer) };
            let head = Line::of(role, format!("{glyph}{status} from the gateway"));
            match (by, action.as_deref()) {
                (Responder::Preflight(_), _) => lines.extend(beside(head, notes::PREFLIGHT, width)),
                (_, Some(Action::Respond(respond))) => {
                    let direct = respond.reason == RespondReason::DirectResponse;
                    lines.extend(beside(head, &respond_detail(&respond.detail), width));
                    if let Some(body) = respond.body.as_ref().filter(|_| direct) {
                        let body = body.trim_end().replace('\n', " ⏎ ");
                        lines.push(Line::of(Role::Dim, "  body: ").with(Role::Text, body));
                    }
                }
                (Responder::BrokenBackends { destinations, .. }, _) => match &destinations[..] {
                    [] => lines.push(head),
                    [only] => {
                        let why = phrases::destination_trouble(only).unwrap_or_default();
                        lines.extend(beside(head, &why, width));
                    }
                    several => {
                        lines.extend(beside(head, "none of its backends can be reached", width));
                        lines.extend(shares(several));
                    }
                },
                _ => {
                    let cycle = decision.notes.iter().find(|note| matches!(note, Note::Cycle(_)));
                    let why = cycle.map(|note| notes::note(analysis, note)).unwrap_or_default();
                    lines.extend(beside(head, &why, width));
                }
            }
        }
        Outcome::Unknown { row, destinations } => {
            let filter = analysis.tree.filter_that_decides(&analysis.snapshot, &analysis.tree.hops[row.0 as usize]);
            let why = format!(
                "the filter {} decides",
                filter.map(|(kind, name)| format!("{kind} {name}")).unwrap_or_default()
            );
            lines.extend(beside(Line::of(Role::Warning, "? not known"), &why, width));
            lines.extend(shares(destinations));
        }
        Outcome::NotFound { .. } => {
            let why = reasons::unanswered(analysis, decision).unwrap_or_else(|| not_found(analysis, request, decision));
            lines.extend(beside(Line::of(Role::Error, "✗ 404 from the gateway"), &why, width));
        }
    }
    for mirror in decision.mirrors() {
        let mut line = Line::of(Role::Dim, "  copied to ");
        line.push(Role::Backend, phrases::destination_name(&mirror.destination));
        if let Some(fraction) = mirror.fraction.filter(|fraction| fraction.denominator > 0) {
            let share = f64::from(fraction.numerator) / f64::from(fraction.denominator);
            line.push(Role::Dim, format!(" ({} of the requests)", phrases::share(share)));
        }
        let trouble = phrases::destination_trouble(&mirror.destination);
        if let Some(why) = trouble.or_else(|| mirror.destination.starved().as_ref().map(unserved_reason)) {
            line.push(Role::Warning, format!("   ⚠ {why}"));
        }
        lines.push(line);
    }
    lines
}

fn glyph(decision: &Decision) -> Line {
    match decision {
        one if one.refused.is_some() => Line::of(Role::Dim, "  "),
        one if one.arrives() => Line::of(Role::Ok, "● "),
        _ => Line::of(Role::Error, "✗ "),
    }
}

fn kind_and_state(destination: &Destination) -> Line {
    let mut line = Line::of(Role::Text, format!("   {}", destination.kind));
    line.extend(phrases::hosts(destination));
    match destination.state {
        DestinationState::Resolved => {}
        state if state.is_unverified() => line.push(Role::Warning, format!("   {}", phrases::unverified(destination))),
        _ => {
            let why = phrases::destination_trouble(destination).unwrap_or_default();
            line.push(Role::Error, format!("   ✗ {}: {why}", destination.state.status()));
        }
    }
    if let Some(endpoints) = &destination.endpoints {
        line.push(Role::Text, "   ");
        line.extend(phrases::endpoints(endpoints));
    }
    line
}

fn shares(destinations: &[Destination]) -> Vec<Line> {
    let width = destinations.iter().map(|to| phrases::destination_name(to).len()).max().unwrap_or(0);
    destinations
        .iter()
        .map(|to| {
            let mut line = Line::of(Role::Text, format!("  {:>5}  ", phrases::share(to.share)));
            let name = phrases::destination_name(to);
            let padding = " ".repeat(width - name.len());
            line.push(if to.serves() { Role::Backend } else { Role::Text }, name);
            line.push(Role::Text, padding);
            line.with_line(kind_and_state(to))
        })
        .collect()
}

/// What the backend receives, when it is not what the client sent.
fn received(analysis: &Analysis, request: &Request, decision: &Decision) -> Option<Line> {
    let upstream = decision.outcome.upstream()?;
    let host = request.authority().unwrap_or_default();
    let host_changed = !upstream.host.is_empty() && !host.is_empty() && !upstream.host.eq_ignore_ascii_case(&host);
    let path_changed = is_rewritten(request, decision);
    if !host_changed && !path_changed {
        return None;
    }
    let mut line = Line::of(Role::Dim, "  receives ").with(Role::Matcher, format!("{} ", request.method));
    line.push(if host_changed { Role::Host } else { Role::Text }, upstream.host.clone());
    line.push(if path_changed { Role::Path } else { Role::Text }, upstream.path.clone());
    let what = match (host_changed, path_changed) {
        (true, true) => "host and path rewritten",
        (true, false) => "host rewritten",
        _ => "path rewritten",
    };
    let by = path_changed.then(|| rewriter(analysis, decision)).flatten().unwrap_or_default();
    Some(line.with(Role::Dim, format!("   {what}{by}")))
}

/// Whether the backend receives another path than the client sent.
fn is_rewritten(request: &Request, decision: &Decision) -> bool {
    decision.outcome.upstream().is_some_and(|upstream| upstream.path != request.target())
}

/// Whose path rewrite it is, where a rule above the one that decides wrote it, and what it acts on.
fn rewriter(analysis: &Analysis, decision: &Decision) -> Option<String> {
    let leaf = &analysis.tree.hops[decision.row()?.0 as usize];
    let Action::Forward(forward) = leaf.action()?.as_ref() else { return None };
    let path = forward.rewrite.path.as_ref()?;
    let chain = analysis.tree.chain(decision.row()?);
    let writes = |hop: &&RuleNodeId| {
        let hop = &analysis.tree.hops[hop.0 as usize];
        let rule = analysis.snapshot.route(hop.route).rules.get(hop.rule as usize);
        let mut filters = rule.into_iter().flat_map(|rule| &rule.filters);
        filters.any(|filter| matches!(filter, Filter::Rewrite(rewrite) if rewrite.path.as_ref() == Some(path)))
    };
    let by = chain.iter().rev().find(writes).filter(|by| Some(**by) != decision.row())?;
    let hop = &analysis.tree.hops[by.0 as usize];
    let (above, own) = (analysis.snapshot.route(hop.route).meta.key(), analysis.snapshot.route(leaf.route).meta.key());
    let on = match path {
        PathModifier::Prefix(_) if leaf.matcher.path.kind == PathKind::PathPrefix => {
            format!(", on the prefix {} of {own}", leaf.matcher.path.value)
        }
        _ => ", the whole path".to_owned(),
    };
    Some(format!(" by {above} rule {}{on}", hop.rule + 1))
}

/// What filters do to the headers on the way there and back, a change a line.
fn headers(forward: &Forward) -> impl Iterator<Item = Line> {
    let told = |name: &'static str| {
        move |change| Line::of(Role::Dim, format!("  {name:<10}")).with_line(phrases::header_change(change))
    };
    let request = forward.request_headers.iter().map(told("request"));
    request.chain(forward.response_headers.iter().map(told("response")))
}

fn not_found(analysis: &Analysis, request: &Request, decision: &Decision) -> String {
    let host = request.host_header().or(request.host.as_deref());
    match (virtual_host(analysis, decision), host) {
        (None, Some(host)) => format!("no listener serves the host {host}"),
        (None, None) => "no route is attached".to_owned(),
        (Some(_), _) => format!("no rule takes {}", request.path),
    }
}

/// A reason beside its headline where it fits, else below it.
fn beside(head: Line, why: &str, width: usize) -> Vec<Line> {
    if why.is_empty() {
        vec![head]
    } else if head.width() + 3 + why.width() <= width {
        vec![head.with(Role::Text, format!("   {why}"))]
    } else {
        let mut lines = vec![head];
        lines.extend(wrapped(Line::of(Role::Text, "  "), why, width));
        lines
    }
}

pub(super) fn virtual_host<'a>(analysis: &'a Analysis, decision: &Decision) -> Option<&'a VirtualHost> {
    let table = &analysis.table.gateways[decision.gateway as usize];
    table.virtual_hosts.get(decision.virtual_host? as usize)
}

fn others(analysis: &Analysis, considered: &[&Considered], width: usize) -> Vec<Line> {
    let rows: Vec<[Line; 4]> = considered
        .iter()
        .map(|one| {
            let hop = &analysis.tree.hops[one.hop.0 as usize];
            let route = analysis.snapshot.route(hop.route);
            let (word, role) = match one.verdict {
                Verdict::Won => ("won", Role::Ok),
                Verdict::Lost => ("lost", Role::Warning),
                Verdict::Missed => ("missed", Role::Dim),
                Verdict::Dropped => ("dropped", Role::Error),
            };
            [
                Line::of(role, word),
                Line::of(Role::Namespace, format!("{}/", route.meta.namespace))
                    .with(Role::Route, route.meta.name.to_string())
                    .with(Role::Rule, format!(" rule {}", hop.rule + 1)),
                phrases::matcher(&hop.matcher),
                Line::of(Role::Text, reasons::bare_reason(analysis, one)),
            ]
        })
        .collect();
    let widest = |at: usize| rows.iter().map(|row| row[at].width()).max().unwrap_or(0);
    let (verdict, owner, matcher) = (widest(0), widest(1), widest(2));
    let because_at = 2 + verdict + 2 + owner + 2 + matcher + 3;
    let one_line = because_at + widest(3) <= width;
    let mut lines = Vec::new();
    for [word, route, match_, because] in rows {
        let mut line = Line::of(Role::Text, "  ").with_line(word);
        line.pad_to(2 + verdict + 2);
        line.extend(route);
        line.pad_to(2 + verdict + 2 + owner);
        line.push(Role::Text, "  ");
        line.extend(match_);
        if one_line {
            line.pad_to(because_at);
            lines.push(line.with_line(because));
        } else {
            lines.push(line);
            lines.push(Line::of(Role::Text, " ".repeat(2 + verdict + 2 + 2)).with_line(because));
        }
    }
    lines
}

/// A text behind a lead, broken at blanks; further lines stand under the text.
pub fn wrapped(lead: Line, text: &str, width: usize) -> Vec<Line> {
    wrapped_as(Role::Text, lead, text, width)
}

/// The same, in a role.
pub fn wrapped_as(role: Role, lead: Line, text: &str, width: usize) -> Vec<Line> {
    let indent = lead.width();
    let mut lines = Vec::new();
    let mut line = lead;
    let mut fresh = true;
    for word in text.split_whitespace() {
        if !fresh && line.width() + 1 + word.width() > width {
            lines.push(std::mem::replace(&mut line, Line::of(Role::Text, " ".repeat(indent))));
            fresh = true;
        }
        if !fresh {
            line.push(Role::Text, " ");
        }
        line.push(role, word.to_owned());
        fresh = false;
    }
    lines.push(line);
    lines
}
