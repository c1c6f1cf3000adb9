//! The explorer's own words: the answer in a line, what can be copied.

use super::context_pane::PaneContent;
use routescope_core::resolve::{Action, Destination};
use routescope_core::router::{Decision, Outcome, Request, Scheme, Verdict};
use routescope_render::answer::branches;
use routescope_render::phrases;
use routescope_render::reasons::{self, no_connection};
use routescope_render::rows;
use routescope_render::style::{Line, Role};

/// The glyph of an outcome: the same thing the role says, for eyes and terminals without colour.
pub fn outcome_glyph(decision: &Decision) -> (&'static str, Role) {
    match &decision.outcome {
        _ if decision.refused.is_some() => ("⚠", Role::Error),
        Outcome::Forward { .. } | Outcome::Passthrough { .. } if !decision.arrives() => ("✗", Role::Error),
        Outcome::Forward { .. } | Outcome::Passthrough { .. }
            if !decision.destinations().all(Destination::serves)
                || decision
                    .branches
                    .iter()
                    .any(|branch| branch.outcome.status().is_some_and(|status| status >= 400)) =>
        {
            ("⚠", Role::Warning)
        }
        Outcome::Forward { .. } | Outcome::Passthrough { .. } => ("●", Role::Ok),
        Outcome::Redirect { .. } => ("↪", Role::Answer),
        Outcome::Unknown { .. } => ("?", Role::Warning),
        Outcome::Respond { status, .. } if *status < 400 => ("●", Role::Ok),
        Outcome::Respond { .. } | Outcome::NotFound { .. } => ("✗", Role::Error),
    }
}

/// The glyph and word of a verdict.
pub fn verdict(verdict: Verdict) -> (&'static str, &'static str, crate::theme::Role) {
    match verdict {
        Verdict::Won => ("●", "won", crate::theme::Role::Won),
        Verdict::Lost => ("◐", "lost", crate::theme::Role::Lost),
        Verdict::Missed => ("○", "missed", crate::theme::Role::Missed),
        Verdict::Dropped => ("✗", "dropped", crate::theme::Role::Dropped),
    }
}

/// Where the request goes, in a line: what the client gets and from whom.
pub fn outcome(world: &PaneContent, decision: &Decision) -> Line {
    let (glyph, role) = outcome_glyph(decision);
    let mut line = Line::of(role, format!("{glyph} "));
    if !decision.branches.is_empty() {
        line.extend(branches::short(decision));
        return line;
    }
    match &decision.outcome {
        Outcome::Forward { destinations, .. } | Outcome::Passthrough { destinations, .. } => {
            let several = destinations.len() > 1;
            for (index, destination) in destinations.iter().enumerate() {
                if index > 0 {
                    line.push(Role::Dim, " · ");
                }
                if several {
                    line.push(Role::Text, format!("{} ", phrases::share(destination.share)));
                }
                line.push(Role::Backend, phrases::destination_name(destination));
                if destination.state.is_broken() {
                    line.push(Role::Error, format!(" ✗ {}", destination.state.status()));
                } else if let Some(endpoints) = &destination.endpoints {
                    line.push(Role::Text, " ");
                    line.extend(phrases::endpoints(endpoints));
                }
            }
            if let [only] = &destinations[..] {
                line.push(Role::Dim, format!("  {}", if only.kind.is_empty() { "Service" } else { &only.kind }));
                line.extend(phrases::hosts(only));
            }
        }
        Outcome::Redirect { status, location, .. } => {
            line.push(Role::Answer, format!("{status} "));
            line.push(Role::Dim, "to ");
            line.push(Role::Answer, location.clone());
        }
        Outcome::Unknown { .. } => {
            line.push(role, "not known");
            line.push(Role::Dim, "  ");
            line.push(Role::Text, "a filter decides");
        }
        Outcome::Respond { status, .. } => {
            line.push(role, format!("{status} from the gateway"));
            if let Some(detail) = respond_detail(world, decision) {
                line.push(Role::Dim, "  ");
                line.push(Role::Text, detail);
            }
        }
        Outcome::NotFound { .. } => {
            line.push(role, "404 from the gateway");
            line.push(Role::Dim, "  ");
            line.push(Role::Text, not_found(world, decision));
        }
    }
    line
}

/// What the client gets, and nothing that comes and goes with single pods: two answers that say the same here are the
/// same to whoever asks.
pub fn in_short(decision: &Decision) -> Line {
    if !decision.branches.is_empty() {
        return branches::short(decision);
    }
    match &decision.outcome {
        Outcome::Forward { destinations, .. } | Outcome::Passthrough { destinations, .. } => {
            let mut line = Line::new();
            let getting: Vec<_> = destinations.iter().filter(|one| one.share > 0.0).collect();
            for (index, destination) in getting.iter().enumerate() {
                if index > 0 {
                    line.push(Role::Dim, " · ");
                }
                if getting.len() > 1 {
                    line.push(Role::Text, format!("{} ", phrases::share(destination.share)));
                }
                line.push(Role::Backend, phrases::destination_name(destination));
                if destination.state.is_broken() {
                    line.push(Role::Error, format!(" ✗ {}", destination.state.status()));
                } else if !destination.serves() {
                    line.push(Role::Error, " ✗ 503");
                }
            }
            line
        }
        Outcome::Redirect { status, location, .. } => {
            Line::of(Role::Answer, format!("{status} ")).with(Role::Dim, "to ").with(Role::Answer, location.clone())
        }
        Outcome::Respond { status, .. } => {
            Line::of(if *status < 400 { Role::Ok } else { Role::Error }, format!("{status} from the gateway"))
        }
        Outcome::Unknown { .. } => Line::of(Role::Warning, "not known"),
        Outcome::NotFound { .. } => Line::of(Role::Error, "404 from the gateway"),
    }
}

fn respond_detail(world: &PaneContent, decision: &Decision) -> Option<String> {
    let hop = world.outline.hop(decision.row()?);
    match hop.action()?.as_ref() {
        Action::Respond(respond) => Some(rows::respond_detail(&respond.detail)),
        Action::Forward(_) => decision.destinations().find_map(phrases::destination_trouble),
        Action::Redirect(_) => None,
    }
}

/// Why no Gateway takes a request, as `where` says it.
pub fn no_gateway(world: &PaneContent, request: &Request) -> Line {
    let line = Line::of(Role::Error, "✗ ");
    let unseen = world.analysis.unseen(request, None);
    match unseen.as_slice() {
        [] => line.with(Role::Text, "no Gateway in the input: no route can be reached"),
        [only] => line
            .with(Role::Gateway, only.gateway.to_string())
            .with(Role::Text, format!(": {}", no_connection(&only.reason))),
        [first, more @ ..] => line
            .with(Role::Gateway, first.gateway.to_string())
            .with(Role::Text, format!(": {}", no_connection(&first.reason)))
            .with(Role::Dim, format!(" · and {}", phrases::count(more.len(), "more Gateway"))),
    }
}

fn not_found(world: &PaneContent, decision: &Decision) -> String {
    if let Some(note) = reasons::notes(&world.analysis, decision).into_iter().next() {
        return note;
    }
    let table = world.analysis.table.gateways.get(decision.gateway as usize);
    match table.and_then(|table| table.virtual_hosts.get(decision.virtual_host? as usize)) {
        Some(host) if host.hostname == "*" => format!("no rule of the catch-all host on :{} takes it", host.port),
        Some(host) => format!("no rule of {} on :{} takes it", host.hostname, host.port),
        None => match table {
            Some(table) => format!("no listener of {} serves this host", table.gateway),
            None => "no Gateway serves this host".to_owned(),
        },
    }
}

/// Which rule decided, and how sure that is.
pub fn decided_by(world: &PaneContent, decision: &Decision) -> Line {
    let mut line = decider(world, decision);
    if decision.unverified.is_empty() {
        line.push(Role::Dim, " · certain");
    } else {
        line.push(Role::Dim, " · ");
        line.push(Role::Warning, "? not certain");
    }
    line
}

/// Which rule decided, or which Gateway where none did.
pub fn decider(world: &PaneContent, decision: &Decision) -> Line {
    let mut line = Line::new();
    if let Some(id) = decision.row() {
        let hop = world.outline.hop(id);
        let route = world.analysis.snapshot.route(hop.route);
        line.push(Role::Dim, "rule ");
        line.push(Role::Rule, rule_name(route, hop.rule));
        line.push(Role::Dim, " of ");
        line.push(Role::Namespace, format!("{}/", route.meta.namespace));
        line.push(Role::Route, route.meta.name.to_string());
    } else if let Some(table) = world.analysis.table.gateways.get(decision.gateway as usize) {
        line.push(Role::Dim, "Gateway ");
        line.push(Role::Gateway, table.gateway.to_string());
    }
    line
}

/// A rule by its place, from 1, and its name.
pub fn rule_name(route: &routescope_core::model::Route, rule: u32) -> String {
    match route.rules.get(rule as usize).and_then(|rule| rule.name.as_ref()) {
        Some(name) => format!("{} ({name})", rule + 1),
        None => (rule + 1).to_string(),
    }
}

/// What the backend receives, when that is not simply what was asked.
pub fn upstream(request: &Request, decision: &Decision) -> Option<Line> {
    let upstream = decision.outcome.upstream()?;
    let word = if is_rewritten(request, decision) { "rewritten to " } else { "received as " };
    let line = Line::of(Role::Dim, word).with(Role::Text, request.method.clone()).with(Role::Text, " ");
    Some(line.with(Role::Host, upstream.host.clone()).with(Role::Rule, upstream.path.clone()))
}

/// Whether the backend receives another path or host than what was asked.
pub fn is_rewritten(request: &Request, decision: &Decision) -> bool {
    let host = request.host.as_deref().unwrap_or_default();
    decision.outcome.upstream().is_some_and(|upstream| {
        upstream.path != request.target() || (!host.is_empty() && !upstream.host.starts_with(host))
    })
}

/// The answer as text, to be pasted elsewhere.
pub fn answer_text(world: &PaneContent, request: &Request, decision: &Decision) -> String {
    let answer = outcome(world, decision).plain();
    let by = decided_by(world, decision).plain();
    format!("{} {} -> {} ({by})", request.method, url(request), answer.trim_start_matches(['●', '✗', '↪', '⚠', ' ']))
}

/// The request as a URL.
pub fn url(request: &Request) -> String {
    let scheme = match request.scheme {
        Some(Scheme::Https) => "https://",
        Some(Scheme::Http) => "http://",
        None => "",
    };
    let port = request.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}{}{port}{}", request.host.as_deref().unwrap_or_default(), request.target())
}

/// A text as one word of a shell.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
