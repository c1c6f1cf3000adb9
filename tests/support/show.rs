//! Matches, actions and answers in one short line each: `/a GET h=v -> team/svc:80 by team/child#0`.

use std::fmt::Write;

use routescope_core::analysis::Analysis;
use routescope_core::model::PolicyField;
use routescope_core::model::{ObjectKey, PathKind, RouteMatch, ValueKind, ValueMatch};
use routescope_core::resolve::{
    Action, Destination, DestinationState, InForce, Limit, MatchState, MirrorTo, PolicySource, RuleNodeId,
};
use routescope_core::router::{Branch, Decision, Outcome};

/// `team/name`, without the namespace `default`.
pub fn key(key: &ObjectKey) -> String {
    if key.namespace == "default" { key.name.to_string() } else { key.to_string() }
}

/// The route and rule of a row: `team/child#0`.
pub fn rule(analysis: &Analysis, hop: RuleNodeId) -> String {
    let hop = &analysis.tree.hops[hop.0 as usize];
    format!("{}#{}", key(&analysis.snapshot.route(hop.route).meta.key()), hop.rule)
}

/// `/prefix`, `=/exact` or `~regex`, then the method, `header=value`, `?param=value` (`~` for a regex).
pub fn matcher(row: &RouteMatch) -> String {
    let kind = match row.path.kind {
        PathKind::PathPrefix => "",
        PathKind::Exact => "=",
        PathKind::RegularExpression => "~",
    };
    let mut text = format!("{kind}{}", row.path.value);
    if let Some(method) = &row.method {
        let _ = write!(text, " {method}");
    }
    for (mark, tests) in [("", &row.headers), ("?", &row.query_params)] {
        for ValueMatch { kind, name, value } in tests {
            let operator = if *kind == ValueKind::Exact { '=' } else { '~' };
            let _ = write!(text, " {mark}{name}{operator}{value}");
        }
    }
    text
}

/// The destinations: kind (unless a Service), name, port, share (when there are several), state (when broken).
fn destinations(all: &[Destination]) -> String {
    let one = |destination: &Destination| {
        let Destination { kind, namespace, name, port, share, state, .. } = destination;
        let mut text = if kind == "Service" { String::new() } else { format!("{kind} ") };
        text += &key(&ObjectKey::new(namespace.clone(), name.clone()));
        if let Some(port) = port {
            let _ = write!(text, ":{port}");
        }
        if all.len() > 1 {
            let _ = write!(text, " {:.0}%", share * 100.0);
        }
        if state.is_broken() {
            let _ = write!(text, " {}", DestinationState::name(*state));
        }
        text
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What a row of the table does.
pub fn action(action: &Action) -> String {
    match action {
        Action::Forward(forward) => destinations(&forward.destinations),
        Action::Redirect(redirect) => format!("redirect {}", redirect.status.unwrap_or(302)),
        Action::Respond(respond) => format!("{} {}", respond.status, respond.reason.name()),
    }
}

/// One row of the table.
pub fn row(analysis: &Analysis, hop: RuleNodeId) -> String {
    let node = &analysis.tree.hops[hop.0 as usize];
    let handed_on = analysis.tree.links[node.links.start as usize..node.links.end as usize].iter().map(|link| {
        let share = if link.share < 1.0 { format!("{:.0}% ", link.share * 100.0) } else { String::new() };
        format!("{share}to {}", key(&ObjectKey::new(link.via.namespace.clone(), link.via.value.clone())))
    });
    let own = node.own_action().map(|done| action(done));
    let own_action = match node.state {
        MatchState::WeightedDelegation(_) => handed_on.chain(own).collect::<Vec<_>>().join(", "),
        _ => own.unwrap_or_else(|| "nothing".to_owned()),
    };
    format!("{} -> {own_action} by {}", matcher(&node.matcher), rule(analysis, hop))
}

/// What becomes of one share.
fn branch(branch: &Branch) -> String {
    let what = match &branch.outcome {
        Outcome::Forward { destinations: to, .. } | Outcome::Passthrough { destinations: to, .. } => destinations(to),
        Outcome::Redirect { status, .. } => format!("redirect {status}"),
        Outcome::Unknown { .. } => "unknown".to_owned(),
        Outcome::Respond { .. } | Outcome::NotFound { .. } => branch.outcome.status().unwrap_or_default().to_string(),
    };
    format!("{:.0}% {what}", branch.share * 100.0)
}

/// What becomes of a request on one Gateway.
pub fn decision(analysis: &Analysis, decision: &Decision) -> String {
    if !decision.branches.is_empty() {
        let branches: Vec<String> = decision.branches.iter().map(branch).collect();
        let certain = if decision.unverified.is_empty() { "certain" } else { "unverified" };
        return format!("{} {certain}", branches.join(" and "));
    }
    let mut text = match &decision.outcome {
        Outcome::Forward { destinations: to, .. } => destinations(to),
        Outcome::Redirect { status, location, .. } => format!("redirect {status} {location}"),
        Outcome::NotFound { .. } => "404".to_owned(),
        Outcome::Unknown { .. } => "unknown".to_owned(),
        Outcome::Passthrough { destinations: to, .. } => format!("passthrough {}", destinations(to)),
        Outcome::Respond { status, .. } => {
            let action = decision.row().and_then(|hop| analysis.tree.hops[hop.0 as usize].action());
            let why = match action.map(AsRef::as_ref) {
                _ if decision.is_preflight() => "preflight".to_owned(),
                Some(Action::Respond(respond)) => respond.reason.name().to_owned(),
                _ => destinations(decision.outcome.destinations()),
            };
            format!("{status} {why}")
        }
    };
    if let Some(route) = decision.stream() {
        let _ = write!(text, " by {}", key(&route.meta.key()));
    }
    if decision.refused.is_some() {
        text += " refused";
    }
    if let Some(hop) = decision.row() {
        let chain = analysis.tree.chain(hop);
        let _ = write!(text, " by {}", rule(analysis, hop));
        for (index, above) in chain[..chain.len() - 1].iter().enumerate() {
            let _ = write!(text, "{}{}", if index == 0 { " via " } else { " " }, rule(analysis, *above));
        }
    }
    if let Some(hop) = decision.stopped() {
        let _ = write!(text, " below {}", rule(analysis, hop));
    }
    if let Some(upstream) = decision.outcome.upstream() {
        let _ = write!(text, " as {}{}", upstream.host, upstream.path);
    }
    let copy = |mirror: &MirrorTo| {
        let to = destinations(std::slice::from_ref(&mirror.destination));
        mirror.fraction.map_or(to.clone(), |part| format!("{to} {}/{}", part.numerator, part.denominator))
    };
    let copies: Vec<_> = decision.mirrors().map(copy).collect();
    let _ = write!(text, " copied {}", if copies.is_empty() { "nowhere".to_owned() } else { copies.join(", ") });
    for (index, destination) in decision.destinations().enumerate() {
        text += if index == 0 { " ready " } else { ", " };
        match &destination.endpoints {
            Some(endpoints) => drop(write!(text, "{}/{}", endpoints.ready, endpoints.total())),
            None => text += "unknown",
        }
    }
    text + if decision.unverified.is_empty() { " certain" } else { " unverified" }
}

fn giver(giver: &PolicySource) -> String {
    match giver {
        PolicySource::Policy(policy) => key(policy),
        PolicySource::Rule { route, rule, .. } => format!("{}#{rule}", key(route)),
    }
}

/// What policies do to a row, a part a line (`timeouts: near in-force; far overridden by near`), then its timeouts and
/// retries.
pub fn policies(in_force: &InForce) -> Vec<String> {
    let mut lines = Vec::new();
    for field in PolicyField::all() {
        let mut told = Vec::new();
        for applied in &in_force.applied {
            let Some(found) = applied.fields.iter().find(|found| found.field == field) else { continue };
            let mut text = format!("{} {}", key(&applied.policy.meta.key()), found.state.name());
            for (at, by) in found.by.iter().enumerate() {
                text += if at == 0 { " by " } else { ", " };
                text += &giver(by);
            }
            if let Some(why) = found.why {
                let _ = write!(text, ": {why}");
            }
            told.push(text);
        }
        if !told.is_empty() {
            lines.push(format!("{}: {}", field.name(), told.join("; ")));
        }
    }
    let limit = |what: &str, limit: &Limit| format!("{what} {} from {}", limit.value, giver(&limit.from));
    let limits = &in_force.limits;
    lines.extend(limits.request.as_ref().map(|found| limit("timeout", found)));
    lines.extend(limits.stream_idle.as_ref().map(|found| limit("idle", found)));
    lines.extend(limits.retries.as_ref().map(|retries| {
        let each = retries.per_try.as_ref().map(|each| format!(" each {each}")).unwrap_or_default();
        format!("retries {}{each} from {}", retries.attempts, giver(&retries.from))
    }));
    lines
}
