//! The sentences for why a row won, lost, missed or was dropped, and for what a 404 lacks.

use std::fmt::Write as _;

use crate::notes;
use crate::rows::drop_reason;
use routescope_core::analysis::Analysis;
use routescope_core::model::{Name, PathKind, PathMatch, RouteMatch, ValueKind, ValueMatch};
use routescope_core::resolve::{DropReason, RuleNodeId};
use routescope_core::router::{
    Considered, Criterion, Decision, Delegation, ListenerRefusal, Need, NoConnection, Reached, Reason, Unanswered,
};

/// Why a row is, or is not, the one that decides, in a clause: `shorter prefix than /payments/charge`, `needs method POST`,
/// `dropped: /x is not under /payments`.
pub fn reason(analysis: &Analysis, considered: &Considered) -> String {
    match &considered.reason {
        Reason::Dropped(_) => format!("dropped: {}", bare_reason(analysis, considered)),
        _ => bare_reason(analysis, considered),
    }
}

/// The same beside the verdict, which says already that a match is dropped.
pub fn bare_reason(analysis: &Analysis, considered: &Considered) -> String {
    let node = &analysis.tree.hops[considered.hop.0 as usize];
    match &considered.reason {
        Reason::Matches => matches(&node.matcher),
        Reason::Delegates(Delegation::ToTheWinner) => "it delegates to the rule that decides".to_owned(),
        Reason::Delegates(Delegation::WinnerElsewhere) => {
            "it delegates, and the rule that decides is not under it".to_owned()
        }
        Reason::Delegates(Delegation::NothingMatches) => {
            "it delegates, and no rule under it takes the request".to_owned()
        }
        Reason::Fails { path, needs } => fails(&node.matcher.path, *path, needs),
        Reason::Later { than, by } => later(analysis, considered.hop, *than, *by),
        Reason::Dropped(DropReason::NotUnder { parent }) => {
            format!("{} is not under {parent}", node.matcher.path.value)
        }
        Reason::Dropped(reason) => drop_reason(reason),
        Reason::OtherHost { hostname } => format!("it does not serve {hostname} there"),
        Reason::NoVirtualHost => "no virtual host takes the request's host".to_owned(),
        Reason::BadRequest { what } => format!("the request line holds {what}"),
        Reason::AboveNotReached { above } => {
            format!("{} above it does not get the request", rule(analysis, *above))
        }
        Reason::HostnamesDoNotCover { hostnames, host } => {
            format!("its hostnames ({}) do not cover {host}", hostnames.join(", "))
        }
        Reason::OtherListener => "it does not serve the listener that takes the request".to_owned(),
    }
}

/// Why a request finds nothing to connect to on a Gateway, in a sentence.
pub fn no_connection(why: &NoConnection) -> String {
    match why {
        NoConnection::NoListeners => "it has no listeners".to_owned(),
        NoConnection::NoneServed => "none of its listeners is served".to_owned(),
        NoConnection::NoListenerOnPort { port, listens_on } => {
            let ports: Vec<String> = listens_on.iter().map(u16::to_string).collect();
            format!("no listener on port {port}; it listens on {}", ports.join(", "))
        }
        NoConnection::Listener { listener, port, why } => {
            let why = match why {
                ListenerRefusal::NoRoute => "has no route with backends: it is not served".to_owned(),
                ListenerRefusal::Speaks(protocol) => format!("speaks {}", protocol.name()),
                ListenerRefusal::NotServed(reason) => format!("is not served: {reason}"),
            };
            format!("listener {listener} on port {port} {why}")
        }
        NoConnection::SpeaksTls(Some(port)) => format!("port {port} speaks TLS, and the request is plain HTTP"),
        NoConnection::SpeaksTls(None) => "all its listeners speak TLS, and the request is plain HTTP".to_owned(),
        NoConnection::SpeaksPlain(Some(port)) => format!("port {port} speaks plain HTTP, and the request is TLS"),
        NoConnection::SpeaksPlain(None) => "all its listeners speak plain HTTP, and the request is TLS".to_owned(),
        NoConnection::NoCertificate { name, serves } => {
            let name = name.as_deref().unwrap_or("the host");
            format!("no HTTPS listener serves {name}; they serve {}", serves.join(", "))
        }
        NoConnection::NoServerName { name, serves } => {
            let name = name.as_deref().unwrap_or("the host");
            let served = if serves.is_empty() { String::new() } else { format!("; they serve {}", serves.join(", ")) };
            format!("no listener or TLSRoute takes the server name {name}{served}")
        }
    }
}

/// What a person should know beside the answer: why nothing answers comes first.
pub fn notes(analysis: &Analysis, decision: &Decision) -> Vec<String> {
    let refused = decision.refused.as_ref().map(|refusal| notes::refusal(analysis, refusal));
    let said = decision.notes.iter().map(|one| notes::note(analysis, one));
    unanswered(analysis, decision).into_iter().chain(refused).chain(said).collect()
}

/// Why nothing answers.
pub fn unanswered(analysis: &Analysis, decision: &Decision) -> Option<String> {
    Some(match decision.unanswered.as_ref()? {
        Unanswered::NoHost { host, port, listener } => {
            let host = host.as_deref().unwrap_or("this host");
            if *listener {
                format!("no route serves {host} on port {port}")
            } else {
                format!("no listener on port {port} serves {host}")
            }
        }
        Unanswered::NoRule { method, path, reached, closest } => {
            let but = match closest.as_deref() {
                Some(Reason::Fails { needs, .. }) => format!("; the closest {}", list_of_needs(needs)),
                _ => String::new(),
            };
            match reached {
                Reached::Under(hop) => {
                    let node = &analysis.tree.hops[hop.0 as usize];
                    let prefix = &node.matcher.path.value;
                    format!("no rule under {prefix} of {} takes {method} {path}{but}", owner(analysis, *hop))
                }
                Reached::PassedOn(hop) => {
                    format!("{} hands {method} {path} on, and nothing there takes it{but}", rule(analysis, *hop))
                }
                Reached::Host(hostname) if hostname == "*" => format!("no rule takes {method} {path}{but}"),
                Reached::Host(hostname) => format!("no rule of host {hostname} takes {method} {path}{but}"),
            }
        }
    })
}

fn owner(analysis: &Analysis, hop: RuleNodeId) -> String {
    analysis.router().owner(hop).to_string()
}

fn rule(analysis: &Analysis, hop: RuleNodeId) -> String {
    format!("rule {} of {}", analysis.tree.hops[hop.0 as usize].rule + 1, owner(analysis, hop))
}

fn matches(row: &RouteMatch) -> String {
    let mut clause = match row.path.kind {
        PathKind::Exact => format!("the path is {}", row.path.value),
        PathKind::PathPrefix if row.path.value == "/" => "matches every path".to_owned(),
        PathKind::PathPrefix => format!("the path is under {}", row.path.value),
        PathKind::RegularExpression => format!("the path matches {}", row.path.value),
    };
    if let Some(method) = &row.method {
        let _ = write!(clause, ", method {method}");
    }
    for test in &row.headers {
        let _ = write!(clause, ", header {}", value_test(test, ": "));
    }
    for test in &row.query_params {
        let _ = write!(clause, ", query parameter {}", value_test(test, "="));
    }
    clause
}

fn fails(path: &PathMatch, path_fails: bool, needs: &[Need]) -> String {
    let path = path_fails.then(|| match path.kind {
        PathKind::Exact => format!("the path is not {}", path.value),
        PathKind::PathPrefix => format!("the path is not under {}", path.value),
        PathKind::RegularExpression => format!("the path does not match {}", path.value),
    });
    match (path, needs.is_empty()) {
        (Some(path), true) => path,
        (Some(path), false) => format!("{path} and {}", list_of_needs(needs)),
        (None, _) => list_of_needs(needs),
    }
}

fn list_of_needs(needs: &[Need]) -> String {
    let need = |need: &Need| match need {
        Need::Method(method) => format!("method {method}"),
        Need::Header { test, found } => instead_of(format!("header {}", value_test(test, ": ")), found.as_deref()),
        Need::QueryParam { test, found } => {
            instead_of(format!("query parameter {}", value_test(test, "=")), found.as_deref())
        }
    };
    format!("needs {}", needs.iter().map(need).collect::<Vec<_>>().join(" and "))
}

fn instead_of(need: String, found: Option<&str>) -> String {
    match found {
        Some(value) => format!("{need}, not {value}"),
        None => need,
    }
}

fn value_test(test: &ValueMatch, between: &str) -> String {
    let ValueMatch { kind, name, value } = test;
    match kind {
        _ if value.is_empty() => name.to_string(),
        ValueKind::Exact => format!("{name}{between}{value}"),
        ValueKind::RegularExpression => format!("{name} matching {value}"),
    }
}

/// Why a row that matches too comes after the one that was taken.
fn later(analysis: &Analysis, late: RuleNodeId, early: RuleNodeId, by: Criterion) -> String {
    let (l, e) = (&analysis.tree.hops[late.0 as usize], &analysis.tree.hops[early.0 as usize]);
    let (late_route, early_route) = (owner(analysis, late), owner(analysis, early));
    let root = |hop: RuleNodeId| {
        let root = &analysis.tree.roots[analysis.tree.root_of(hop).0 as usize];
        analysis.snapshot.route(root.route).meta.key()
    };
    match by {
        Criterion::RouteWeight { late, early } => format!("lower route weight ({late}) than {early_route} ({early})"),
        Criterion::Hostname => {
            let hostnames: &[Name] = &analysis.snapshot.route(e.route).hostnames;
            format!("{early_route} names the host more closely ({})", hostnames.join(", "))
        }
        Criterion::PathType => match (l.matcher.path.kind, e.matcher.path.kind) {
            (PathKind::PathPrefix, PathKind::RegularExpression) => {
                format!("a prefix comes after any regular expression ({})", e.matcher.path.value)
            }
            (PathKind::RegularExpression, _) => {
                format!("a regular expression comes after the exact path {}", e.matcher.path.value)
            }
            _ => format!("a prefix comes after the exact path {}", e.matcher.path.value),
        },
        Criterion::PathLength => {
            let what = match l.matcher.path.kind {
                PathKind::RegularExpression => "regular expression",
                PathKind::PathPrefix => "prefix",
                PathKind::Exact => "path",
            };
            format!("shorter {what} than {}", e.matcher.path.value)
        }
        Criterion::Method => {
            let method = e.matcher.method.as_deref().unwrap_or_default();
            format!("names no method, and {early_route} names {method}")
        }
        Criterion::Headers => format!("fewer headers than {early_route}"),
        Criterion::QueryParams => format!("fewer query parameters than {early_route}"),
        Criterion::RootAge => format!("root route {} is younger than {}", root(late), root(early)),
        Criterion::RootName => format!("root route {} comes after {} by name", root(late), root(early)),
        Criterion::RouteAge => format!("route {late_route} is younger than {early_route}"),
        Criterion::RouteName => format!("route {late_route} comes after {early_route} by name"),
        Criterion::RouteNameOnly => {
            format!("{late_route} comes after {early_route} by name, and age does not count")
        }
        Criterion::RuleOrder => {
            format!("comes later in the same route (rule {} after rule {})", l.rule + 1, e.rule + 1)
        }
        Criterion::MatchOrder => "comes later in the same rule".to_owned(),
        Criterion::SameRule => format!("the same rule of {early_route} again, at another place in the tree"),
        Criterion::Emission => "comes later in order of emission".to_owned(),
    }
}
