//! The sentences for what a person should know beside an answer.

use crate::findings::{condition, server_name_clash, value};
use crate::phrases;
use routescope_core::analysis::Analysis;
use routescope_core::resolve::RuleNodeId;
use routescope_core::router::{AnswerPlace, BackendName, Note, Refusal, RowAnswer};

/// How many URLs of a circle are shown.
const SHOWN: usize = 6;

/// What is said of a preflight that the gateway answers.
pub const PREFLIGHT: &str = "a CORS preflight, which goes no further";

/// Why nothing of an answer is served.
pub fn refusal(analysis: &Analysis, refusal: &Refusal) -> String {
    match refusal {
        Refusal::RouteTable { port, problem } => {
            format!("Envoy refuses the whole route table of port {port}: {problem}")
        }
        Refusal::Listener { port, clash } => {
            format!("Envoy refuses the whole listener of port {port}: {}", server_name_clash(clash))
        }
        Refusal::Crash(node) => {
            let node = &analysis.tree.hops[node.0 as usize];
            let (route, rule) = (analysis.snapshot.route(node.route).meta.key(), node.rule + 1);
            format!("the control plane crashes on rule {rule} of {route}: matches: [] above a child that inherits")
        }
    }
}

/// A note in a sentence.
pub fn note(analysis: &Analysis, note: &Note) -> String {
    match note {
        Note::BadRequest { what, who } => {
            format!("the request line holds {what}: {who} answers 400 before it looks at any route")
        }
        Note::OtherStream { listener, port, kind, route } => {
            format!("on listener {listener} (port {port}): {kind} {route} takes the connection")
        }
        Note::AnsweredFor { host, port, answer } => {
            format!("answered for {host} on port {port}: {}", row_answer(answer))
        }
        Note::OtherAnswer { places, more, answer } => {
            let places: Vec<String> = places.iter().map(place).collect();
            let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{more}: {}", places.join(", "), row_answer(answer))
        }
        Note::MoreAnswers(count) => format!("{count} more hosts or listeners answer otherwise"),
        Note::WiderHost { hostname, asked } => {
            let whose = match hostname.as_str() {
                "*" => "a route without hostname".to_owned(),
                name => format!("host {name}"),
            };
            format!("{whose} has a rule that takes it, and is not asked: {asked} has routes of its own")
        }
        Note::OtherListener { listener, port } => format!("listener {listener} (port {port}) has a rule that takes it"),
        Note::CaseOfHost(host) => {
            let lower = host.to_ascii_lowercase();
            format!("agentgateway tells upper case from lower case in hosts: {host} is not {lower}")
        }
        Note::Misdirected { host, listener } => {
            format!("the host {host} belongs to listener {listener}, and the server name chose another")
        }
        Note::NotOfListener(host) => {
            format!("the host {host} is not a host of the listener that the server name chose")
        }
        Note::Cycle(route) => format!("{route} delegates back to where the request has been: a cycle, 500"),
        Note::TlsTerminated => "TLS ends at the gateway: the backend gets the bytes inside".to_owned(),
        Note::UpgradeNotAllowed(protocol) => format!("no route allows an upgrade to {protocol:?}"),
        Note::Preflight => PREFLIGHT.to_owned(),
        Note::RewriteWithoutGroup(policy) => {
            format!("urlRewrite of TrafficPolicy {policy} names a group that its pattern lacks, and rewrites nothing")
        }
        Note::RewriteNotLoaded { prefix, error } => {
            format!("the rewrite of {prefix} to / is not loaded: {prefix} is not a regular expression ({error})")
        }
        Note::RewriteWithoutMatch { prefix, path } => format!(
            "the rewrite to / does nothing: {prefix} is read as a regular expression, and {path} does not match it"
        ),
        Note::NoSlashBetween { path, becomes } => {
            format!("the prefix / is replaced letter by letter: {path} becomes {becomes}, without a slash between")
        }
        Note::DoubledSlash { prefix, becomes } => {
            format!("the prefix {prefix} is replaced letter by letter, which doubles a slash: {becomes}")
        }
        Note::KeepsPort(port) => {
            format!("the Location keeps the request's own port {port}: the filter names neither host nor port")
        }
        Note::SameUrl => "it redirects to the very same URL".to_owned(),
        Note::Circle(urls) => {
            let shown: Vec<&str> = urls.iter().take(SHOWN).map(String::as_str).collect();
            let more = if urls.len() > SHOWN { " → …" } else { "" };
            format!("it redirects in a circle: {}{more}", shown.join(" → "))
        }
        Note::Unserved(destination) => phrases::unserved(destination).unwrap_or_default(),
        Note::ReplacedConditions { route, rule, parent, conditions } => {
            let changes: Vec<String> = conditions
                .iter()
                .map(|one| {
                    let (what, parents, own) = (condition(one), value(&one.parents), value(&one.own));
                    format!("{what} is {parent}'s {parents}: {own} is dropped")
                })
                .collect();
            format!("of {route} rule {}, {}", rule + 1, changes.join("; "))
        }
        Note::ParentsRewrite { by, prefix_of } => {
            let by = rule_name(analysis, *by);
            match prefix_of {
                Some(row) => {
                    let path = &analysis.tree.hops[row.0 as usize].matcher.path.value;
                    let row = rule_name(analysis, *row);
                    format!("the rewrite is that of {by}, and replaces the path {path} of {row}")
                }
                None => format!("the rewrite is that of {by}"),
            }
        }
        Note::IgnoredWeight { row, weight } => format!(
            "with --kgateway-weighted-route-precedence {} would win: its route-weight {weight} has no effect without it",
            rule_name(analysis, *row)
        ),
    }
}

fn place(place: &AnswerPlace) -> String {
    match place {
        AnswerPlace::Host(host) => format!("for {host}"),
        AnswerPlace::HostOnPort(host, port) => format!("for {host} on port {port}"),
        AnswerPlace::Listener(listener, port) => format!("on listener {listener} (port {port})"),
        AnswerPlace::Port(port) => format!("on port {port}"),
    }
}

fn row_answer(answer: &RowAnswer) -> String {
    let backend = |BackendName { kind, namespace, name, port }: &BackendName| {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{kind} {namespace}/{name}{port}")
    };
    match answer {
        RowAnswer::Status(status) => status.to_string(),
        RowAnswer::Unknown => "what a filter answers".to_owned(),
        RowAnswer::Redirect(status) => format!("redirect {status}"),
        RowAnswer::Delegates { value, namespace } => format!("it delegates to {value} in {namespace}"),
        RowAnswer::Forward(backends) => format!("to {}", backends.iter().map(backend).collect::<Vec<_>>().join(", ")),
    }
}

fn rule_name(analysis: &Analysis, node: RuleNodeId) -> String {
    let node = &analysis.tree.hops[node.0 as usize];
    format!("{} rule {}", analysis.snapshot.route(node.route).meta.key(), node.rule + 1)
}
