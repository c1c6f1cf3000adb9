//! What a row does to a request: the path and authority a backend receives, and the `Location` of a redirect.
//!
//! kgateway's part is `pkg/krtcollections/builtin.go` (`urlRewriteIr`, `applyRedirectPortPostProcessing`); the rest is
//! Envoy's router (`source/common/router/config_impl.cc`) and its `Utility::newUri`.

use super::lookup::without_port;
use super::matcher::{MatchInput, Prefix};
use super::note::Note;
use super::request::Scheme;
use crate::model::{Name, PathKind, PathModifier, Redirect, RedirectScheme, RouteMatch};
use crate::re2::compile_search;

/// The path (without query) after a rewrite, and what a person should know about it.
pub(super) fn rewritten_path(row: &RouteMatch, rewrite: Option<&PathModifier>, path: &str) -> (String, Option<Note>) {
    let unchanged = || (path.to_owned(), None);
    match rewrite {
        None => unchanged(),
        // A regex rewrite of `.*`.
        Some(PathModifier::Full(full)) if full.is_empty() => unchanged(),
        Some(PathModifier::Full(full)) => (full.to_string(), None),
        // An empty `prefix_rewrite` is none.
        Some(PathModifier::Prefix(prefix)) if prefix.is_empty() => unchanged(),
        Some(PathModifier::Prefix(prefix)) if prefix == "/" && row.path.kind != PathKind::RegularExpression => {
            stripped(row, path)
        }
        Some(PathModifier::Prefix(prefix)) => replaced(row, prefix, path),
    }
}

/// `ReplacePrefixMatch: /`: kgateway makes a regular expression of the path as it is written, unescaped.
fn stripped(row: &RouteMatch, path: &str) -> (String, Option<Note>) {
    let written = match row.path.kind {
        PathKind::PathPrefix => Prefix::of(&row.path.value).text(),
        PathKind::Exact | PathKind::RegularExpression => &row.path.value,
    };
    match compile_search(&format!(r"^{written}\/*")) {
        Err(error) => {
            let note = Note::RewriteNotLoaded { prefix: written.to_string(), error };
            (path.to_owned(), Some(note))
        }
        Ok(regex) if regex.is_match(path.as_bytes()) => {
            let replaced = regex.replace_all(path.as_bytes(), regex::bytes::NoExpand(b"/"));
            (String::from_utf8_lossy(&replaced).into_owned(), None)
        }
        Ok(_) => {
            let note = Note::RewriteWithoutMatch { prefix: written.to_string(), path: path.to_owned() };
            (path.to_owned(), Some(note))
        }
    }
}

/// Envoy's `prefix_rewrite`: the matched text gives way to the new one, letter by letter.
fn replaced(row: &RouteMatch, new: &Name, path: &str) -> (String, Option<Note>) {
    match row.path.kind {
        // Here the matched text is the whole path.
        PathKind::Exact | PathKind::RegularExpression => (new.to_string(), None),
        PathKind::PathPrefix => {
            let matched = Prefix::of(&row.path.value).text();
            let rest = path.strip_prefix(matched).unwrap_or_default();
            let joined = format!("{new}{rest}");
            let note = if matched == "/" && !rest.is_empty() && !new.ends_with('/') {
                Some(Note::NoSlashBetween { path: path.to_owned(), becomes: joined.clone() })
            } else if joined.contains("//") {
                Some(Note::DoubledSlash { prefix: matched.to_owned(), becomes: joined.clone() })
            } else {
                None
            };
            (joined, note)
        }
    }
}

/// What a redirect needs to know of the request beside the row.
pub(super) struct RedirectedFrom<'r> {
    /// The connection's scheme.
    pub scheme: Scheme,
    /// The listener's port.
    pub port: u16,
    /// `Host` as the client sends it.
    pub authority: &'r str,
    /// Path and query before the redirect.
    pub facts: &'r MatchInput<'r>,
    /// The query, when there is one.
    pub query: Option<&'r str>,
}

impl RedirectedFrom<'_> {
    /// The scheme and port that a redirect leads to: the filter's port, else the default of the filter's scheme, else the
    /// listener's; `None` where it is the default of the scheme, and not written.
    pub(super) fn led_to(&self, redirect: &Redirect) -> (Scheme, Option<u16>) {
        let scheme = match redirect.scheme {
            Some(RedirectScheme::Http) => Scheme::Http,
            Some(RedirectScheme::Https) => Scheme::Https,
            None => self.scheme,
        };
        let port = match (redirect.port, redirect.scheme) {
            (Some(port), _) => port,
            (None, Some(_)) => scheme.default_port(),
            (None, None) => self.port,
        };
        (scheme, (port != scheme.default_port()).then_some(port))
    }
}

/// The `Location` a redirect answers with, and what a person should know about it.
pub(super) fn location(row: &RouteMatch, redirect: &Redirect, from: &RedirectedFrom<'_>) -> (String, Vec<Note>) {
    let mut notes = Vec::new();
    let (scheme, port) = from.led_to(redirect);
    let host = if let Some(host) = redirect.hostname.as_deref().filter(|host| !host.is_empty()) {
        host
    } else {
        let kept = request_host(from, scheme, port.is_some());
        let own = &kept[without_port(kept).len()..];
        if port.is_none() && !own.is_empty() {
            notes.push(Note::KeepsPort(own.to_owned()));
        }
        kept
    };
    let path = match &redirect.path {
        None => from.facts.path.to_string(),
        Some(PathModifier::Full(full)) if full.is_empty() => from.facts.path.to_string(),
        Some(PathModifier::Full(full)) => full.to_string(),
        Some(PathModifier::Prefix(prefix)) if prefix.is_empty() => from.facts.path.to_string(),
        Some(PathModifier::Prefix(prefix)) => {
            let (path, note) = replaced(row, prefix, &from.facts.path);
            notes.extend(note);
            path
        }
    };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let query = from.query.map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{}://{host}{port}{path}{query}", scheme.name());
    if location == format!("{}://{}{}{query}", from.scheme.name(), from.authority, from.facts.path) {
        notes.push(Note::SameUrl);
    }
    (location, notes)
}

/// Envoy's `processRequestHost`: the port goes when the redirect sets one, or when it was the old scheme's default.
fn request_host<'r>(from: &RedirectedFrom<'r>, scheme: Scheme, sets_port: bool) -> &'r str {
    let bare = without_port(from.authority);
    let own = &from.authority[bare.len()..];
    let old_default = scheme != from.scheme && own.strip_prefix(':') == Some(&from.scheme.default_port().to_string());
    if sets_port || old_default { bare } else { from.authority }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PathMatch, Position};
    use crate::resolve::ProxySemantics;

    fn row(kind: PathKind, value: &str) -> RouteMatch {
        RouteMatch {
            at: Position::default(),
            path: PathMatch { kind, value: value.into() },
            method: None,
            headers: Vec::new(),
            query_params: Vec::new(),
            grpc: None,
        }
    }

    #[track_caller]
    fn prefix(value: &str, new: &str, path: &str, expected: &str) {
        let modifier = PathModifier::Prefix(new.into());
        assert_eq!(rewritten_path(&row(PathKind::PathPrefix, value), Some(&modifier), path).0, expected);
    }

    #[test]
    fn a_prefix_is_replaced_letter_by_letter() {
        prefix("/rw", "/n", "/rw/x", "/n/x");
        prefix("/rw/", "/n", "/rw/x", "/n/x");
        prefix("/", "/n", "/x", "/nx");
        prefix("/a", "/n/", "/a/x", "/n//x");
        prefix("/a", "", "/a/x", "/a/x");
    }

    #[test]
    fn a_rewrite_to_the_root_strips_slashes_by_regex() {
        prefix("/a", "/", "/a/x", "/x");
        prefix("/a", "/", "/a", "/");
        prefix("/", "/", "/x", "/x");
        prefix("/a+b", "/", "/a+b/x", "/a+b/x");
        prefix("/a.b", "/", "/a.b/x", "/x");
    }

    #[test]
    fn on_exact_and_regex_the_whole_path_is_replaced() {
        let modifier = PathModifier::Prefix("/n".into());
        assert_eq!(rewritten_path(&row(PathKind::Exact, "/a"), Some(&modifier), "/a").0, "/n");
        assert_eq!(rewritten_path(&row(PathKind::RegularExpression, "/a.*"), Some(&modifier), "/ab").0, "/n");
    }

    #[track_caller]
    fn redirected(redirect: &Redirect, authority: &str, port: u16, expected: &str) {
        let facts = MatchInput {
            path: "/a/x".into(),
            query: "q",
            method: "GET",
            headers: &[],
            authority: None,
            scheme: Scheme::Http,
            semantics: ProxySemantics::Envoy,
        };
        let from = RedirectedFrom { scheme: Scheme::Http, port, authority, facts: &facts, query: Some("q") };
        assert_eq!(location(&row(PathKind::PathPrefix, "/a"), redirect, &from).0, expected);
    }

    #[test]
    fn the_port_of_a_location_follows_filter_scheme_and_listener() {
        let https = Redirect { scheme: Some(RedirectScheme::Https), ..Redirect::default() };
        redirected(&https, "h", 80, "https://h/a/x?q");
        redirected(&https, "h:8080", 8080, "https://h:8080/a/x?q");
        redirected(&https, "h:80", 80, "https://h/a/x?q");
        redirected(&Redirect { port: Some(8443), ..https.clone() }, "h:8080", 80, "https://h:8443/a/x?q");
        redirected(&Redirect { port: Some(443), ..https }, "h", 80, "https://h/a/x?q");
        redirected(&Redirect::default(), "h", 8080, "http://h:8080/a/x?q");
        redirected(&Redirect { port: Some(443), ..Redirect::default() }, "h", 80, "http://h:443/a/x?q");
        let host = Redirect { hostname: Some("n".into()), ..Redirect::default() };
        redirected(&host, "h:8080", 80, "http://n/a/x?q");
    }

    #[test]
    fn a_redirect_to_the_root_doubles_the_slash() {
        let root = Redirect { path: Some(PathModifier::Prefix("/".into())), ..Redirect::default() };
        redirected(&root, "h", 80, "http://h//x?q");
    }
}
