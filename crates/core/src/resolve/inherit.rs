//! How a child that inherits its parent's matcher is merged with it. `docs/fidelity.md`: `inherit`,
//! `inherit-path`, `inherit-conditions`.
//!
//! Source: kgateway `pkg/kgateway/translator/httproute/delegation_helpers.go` (`mergeParentChildRouteMatch`).

use std::sync::Arc;

use crate::model::{Name, PathMatch, Route, RouteMatch, ValueMatch};

/// Whether a child asks for its parent's matcher.
pub(super) fn inherits(route: &Route, annotation: Option<&str>) -> bool {
    let value = annotation.and_then(|key| route.meta.annotation(key));
    value.is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "enabled"))
}

/// The parent's path joined with the child's, under the child's type; headers and query parameters of both, the parent
/// winning on a name; the parent's method when it has one. A parent without a path (`pathless`) adds none: the engine
/// itself does not survive that one.
pub(super) fn merged(parent: &RouteMatch, child: &RouteMatch, pathless: bool) -> Arc<RouteMatch> {
    let above = if pathless { "" } else { parent.path.value.as_str() };
    let value = Name::from(join(above, &child.path.value));
    Arc::new(RouteMatch {
        at: child.at,
        path: PathMatch { kind: child.path.kind, value },
        method: parent.method.clone().or_else(|| child.method.clone()),
        headers: united(&parent.headers, &child.headers),
        query_params: united(&parent.query_params, &child.query_params),
        grpc: None,
    })
}

/// By name, byte by byte, and sorted by it. Of the parent's entries of one name the last counts, of the child's the first.
fn united(parent: &[ValueMatch], child: &[ValueMatch]) -> Vec<ValueMatch> {
    let mut all: Vec<ValueMatch> = Vec::with_capacity(parent.len() + child.len());
    for entry in parent {
        match all.iter_mut().find(|known| known.name == entry.name) {
            Some(known) => known.clone_from(entry),
            None => all.push(entry.clone()),
        }
    }
    for entry in child {
        if !all.iter().any(|known| known.name == entry.name) {
            all.push(entry.clone());
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Joins two paths in the manner of Go's `path.Join`: empty parts fall away, the rest is cleaned of `//`, `.`, `..` and
/// a final slash.
pub(super) fn join(left: &str, right: &str) -> String {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => String::new(),
        (true, false) => clean(right),
        (false, true) => clean(left),
        (false, false) => clean(&format!("{left}/{right}")),
    }
}

fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ValueKind;

    #[test]
    fn paths_are_joined_and_cleaned() {
        for (left, right, joined) in [
            ("/a", "/b", "/a/b"),
            ("/a/", "/", "/a"),
            ("/", "/", "/"),
            ("/a", "", "/a"),
            ("", "", ""),
            ("/a//b", "/./c/", "/a/b/c"),
            ("/a", "/../admin", "/admin"),
            ("/a", "/../../x", "/x"),
            ("/a.*", "x|/b", "/a.*/x|/b"),
            ("a", "..", "."),
        ] {
            assert_eq!(join(left, right), joined, "{left} + {right}");
        }
    }

    #[test]
    fn the_parent_wins_on_a_name_and_case_counts() {
        let entry = |name: &str, value: &str| ValueMatch {
            kind: ValueKind::Exact,
            name: Name::new(name),
            value: Name::new(value),
        };
        let all = united(&[entry("h", "p")], &[entry("h", "c"), entry("H", "c"), entry("a", "c")]);
        assert_eq!(all, [entry("H", "c"), entry("a", "c"), entry("h", "p")]);
    }
}
