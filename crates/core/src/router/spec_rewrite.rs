//! What rewrites and redirects do by the specification: prefixes are replaced segment by segment.
//!
//! Source: Gateway API `apis/v1/httproute_types.go` (`HTTPPathModifier.replacePrefixMatch` and its table,
//! `HTTPRequestRedirectFilter.port`).

use super::effect::RedirectedFrom;
use super::lookup::without_port;
use super::note::Note;
use crate::model::{PathKind, PathModifier, Redirect, RouteMatch};

/// The path (without query) after a rewrite.
pub(super) fn rewritten_path(row: &RouteMatch, rewrite: Option<&PathModifier>, path: &str) -> String {
    match rewrite {
        None => path.to_owned(),
        Some(PathModifier::Full(full)) if full.is_empty() => "/".to_owned(),
        Some(PathModifier::Full(full)) => full.to_string(),
        Some(PathModifier::Prefix(new)) => {
            let matched = match row.path.kind {
                PathKind::PathPrefix => row.path.value.trim_end_matches('/'),
                // There is no prefix to replace: the whole path gives way.
                PathKind::Exact | PathKind::RegularExpression => path,
            };
            replaced(path, matched, new)
        }
    }
}

/// `path` with the segments `matched` replaced by `new`; one slash where they meet, never an empty path.
pub(super) fn replaced(path: &str, matched: &str, new: &str) -> String {
    let rest = path.strip_prefix(matched).unwrap_or_default();
    let new = new.strip_suffix('/').unwrap_or(new);
    let joined = format!("{new}{rest}");
    if joined.is_empty() { "/".to_owned() } else { joined }
}

/// The `Location` a redirect answers with.
pub(super) fn location(row: &RouteMatch, redirect: &Redirect, from: &RedirectedFrom<'_>) -> (String, Vec<Note>) {
    let (scheme, port) = from.led_to(redirect);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let named = redirect.hostname.as_deref().filter(|host| !host.is_empty());
    let host = named.unwrap_or_else(|| without_port(from.authority));
    let path = rewritten_path(row, redirect.path.as_ref(), &from.facts.path);
    let query = from.query.map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{}://{host}{port}{path}{query}", scheme.name());
    let same = location == format!("{}://{}{}{query}", from.scheme.name(), from.authority, from.facts.path);
    (location, same.then_some(Note::SameUrl).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn the_table_of_the_specification_holds() {
        for (path, matched, new, expected) in [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"),
            ("/foo", "/foo", "/", "/"),
            ("/x", "", "/n", "/n/x"),
        ] {
            assert_eq!(replaced(path, matched, new), expected, "{path} with {matched} replaced by {new}");
        }
    }
}
