//! Where agentgateway redirects to: it changes the request's own URL, and knows nothing of the listener's port.
//!
//! Source: agentgateway `crates/agentgateway/src/http/filters.rs` (`RequestRedirect::apply`, `rewrite_host`),
//! `types/agent_xds.rs` (what of a filter becomes a `HostRedirect`).

use super::effect::RedirectedFrom;
use super::lookup::without_port;
use super::note::Note;
use super::request::Scheme;
use super::spec_rewrite::rewritten_path;
use crate::model::{Redirect, RedirectScheme, RouteMatch};

/// The `Location` a redirect answers with, and what a person should know about it.
pub(super) fn location(row: &RouteMatch, redirect: &Redirect, from: &RedirectedFrom<'_>) -> (String, Vec<Note>) {
    let scheme = match redirect.scheme {
        Some(RedirectScheme::Http) => Scheme::Http,
        Some(RedirectScheme::Https) => Scheme::Https,
        None => from.scheme,
    };
    let bare = without_port(from.authority);
    let own_port = from.authority[bare.len()..].strip_prefix(':').and_then(|port| port.parse::<u16>().ok());
    let unless_default = |port: u16| (port != scheme.default_port()).then_some(port);
    let with = |host: &str, port: Option<u16>| match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let named = redirect.hostname.as_deref().filter(|host| !host.is_empty());
    let mut notes = Vec::new();
    let authority = match (named, redirect.port) {
        // Written out whole, the default port too.
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) if redirect.scheme.is_some() => host.to_owned(),
        (Some(host), None) => with(host, own_port.and_then(unless_default)),
        (None, Some(port)) => with(bare, unless_default(port)),
        (None, None) => {
            if let Some(port) = own_port.filter(|port| unless_default(*port).is_some() && redirect.scheme.is_some()) {
                notes.push(Note::KeepsPort(format!(":{port}")));
            }
            from.authority.to_owned()
        }
    };
    let path = rewritten_path(row, redirect.path.as_ref(), &from.facts.path);
    let query = from.query.map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{}://{authority}{path}{query}", scheme.name());
    if location == format!("{}://{}{}{query}", from.scheme.name(), from.authority, from.facts.path) {
        notes.push(Note::SameUrl);
    }
    (location, notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PathKind, PathMatch, Position};
    use crate::resolve::ProxySemantics;
    use crate::router::matcher::MatchInput;

    #[track_caller]
    fn redirected(redirect: &Redirect, authority: &str, expected: &str) {
        let row = RouteMatch {
            at: Position::default(),
            path: PathMatch { kind: PathKind::PathPrefix, value: "/".into() },
            method: None,
            headers: Vec::new(),
            query_params: Vec::new(),
            grpc: None,
        };
        let semantics = ProxySemantics::Agentgateway;
        let facts = MatchInput {
            path: "/x".into(),
            query: "",
            method: "GET",
            headers: &[],
            authority: None,
            scheme: crate::router::Scheme::Http,
            semantics,
        };
        let from = RedirectedFrom { scheme: Scheme::Http, port: 8080, authority, facts: &facts, query: None };
        assert_eq!(location(&row, redirect, &from).0, expected);
    }

    #[test]
    fn the_requests_own_port_counts_and_the_listeners_does_not() {
        let https = Redirect { scheme: Some(RedirectScheme::Https), ..Redirect::default() };
        redirected(&https, "h", "https://h/x");
        redirected(&https, "h:8080", "https://h:8080/x");
        redirected(&Redirect { port: Some(443), ..https.clone() }, "h:8080", "https://h/x");
        redirected(&Redirect { hostname: Some("n".into()), ..https.clone() }, "h:8080", "https://n/x");
        redirected(&Redirect { hostname: Some("n".into()), ..Redirect::default() }, "h:8080", "http://n:8080/x");
        redirected(&Redirect { hostname: Some("n".into()), port: Some(443), ..https }, "h", "https://n:443/x");
        redirected(&Redirect { port: Some(8081), ..Redirect::default() }, "h:8080", "http://h:8081/x");
    }
}
