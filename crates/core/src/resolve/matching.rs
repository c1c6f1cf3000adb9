//! What of a child route survives under one match of its parent. `docs/fidelity.md`: `delegate-path`,
//! `delegate-headers`, `delegate-dropped`.
//!
//! Sources: kgateway `pkg/kgateway/utils/delegation/delegation.go` (`IsDelegatedRouteMatch`),
//! `pkg/kgateway/translator/httproute/delegation_helpers.go` (`filterDelegatedChildren`).

use std::sync::Arc;

use super::inherit;
use super::{DropReason, RuleNode};
use crate::model::{Name, PathKind, PathMatch, Position, Route, RouteMatch, ValueMatch};

/// Where a match is written in a route, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MatchPosition {
    /// The rule.
    pub rule: u32,
    /// The match among those of the rule.
    pub index: u32,
}

/// A match that stands at some place, before its hop is made.
#[derive(Debug)]
pub(super) struct Candidate {
    /// The rule's place in its route.
    pub rule: u32,
    /// The match's place in its rule; `None` for a rule with `matches: []`.
    pub match_index: Option<u32>,
    /// What must hold.
    pub matcher: Arc<RouteMatch>,
    /// The match came from `matches: []` of a root: it has no path, which no child without inheritance stands under.
    pub pathless: bool,
    /// Why it falls away here.
    pub dropped: Option<DropReason>,
}

/// What a rule with `matches: []` matches: everything.
pub(super) fn match_all() -> Arc<RouteMatch> {
    Arc::new(RouteMatch {
        at: Position::default(),
        path: PathMatch { kind: PathKind::PathPrefix, value: Name::new_static("/") },
        method: None,
        headers: Vec::new(),
        query_params: Vec::new(),
        grpc: None,
    })
}

/// A root's own matches: all of them stand.
pub(super) fn of_root(route: &Route) -> Vec<Candidate> {
    candidates(route, |matcher| (Arc::clone(matcher), None), || (match_all(), true, None))
}

/// A child's matches under one match of its parent.
pub(super) fn of_child(route: &Route, inherits: bool, parent: &Arc<RouteMatch>, pathless: bool) -> Vec<Candidate> {
    if inherits {
        let merged = |child: &Arc<RouteMatch>| (inherit::merged(parent, child, pathless), None);
        return candidates(route, merged, || (Arc::clone(parent), pathless, None));
    }
    candidates(
        route,
        |child| {
            let refused = if pathless { Some(DropReason::ParentHasNoMatches) } else { refused(parent, child) };
            (Arc::clone(child), refused)
        },
        || (match_all(), false, Some(DropReason::NoMatches)),
    )
}

/// The matches `stands` (in order) of a child that does not inherit, and of the others as many as there
/// is `room` for.
pub(super) fn standing(
    route: &Route,
    stands: &[MatchPosition],
    parent: &RouteMatch,
    pathless: bool,
    room: &mut usize,
) -> Vec<Candidate> {
    let stand = |MatchPosition { rule, index }, dropped| Candidate {
        rule,
        match_index: Some(index),
        matcher: Arc::clone(&route.rules[rule as usize].matches[index as usize]),
        pathless: false,
        dropped,
    };
    let mut all = Vec::with_capacity(stands.len());
    let mut left = stands.iter().copied().peekable();
    for (rule, written) in (0..).zip(&route.rules) {
        if *room == 0 {
            break;
        }
        if written.matches.is_empty() {
            *room -= 1;
            let dropped = Some(DropReason::NoMatches);
            all.push(Candidate { rule, match_index: None, matcher: match_all(), pathless: false, dropped });
        }
        for (index, matcher) in (0..).zip(&written.matches) {
            let at = MatchPosition { rule, index };
            if left.next_if_eq(&at).is_some() {
                all.push(stand(at, None));
            } else if *room > 0 {
                *room -= 1;
                let refused = if pathless { Some(DropReason::ParentHasNoMatches) } else { refused(parent, matcher) };
                all.push(stand(at, refused));
            } else {
                break;
            }
        }
    }
    all.extend(left.map(|which| stand(which, None)));
    all
}

fn candidates(
    route: &Route,
    each: impl Fn(&Arc<RouteMatch>) -> (Arc<RouteMatch>, Option<DropReason>),
    empty: impl Fn() -> (Arc<RouteMatch>, bool, Option<DropReason>),
) -> Vec<Candidate> {
    let mut all = Vec::with_capacity(route.rules.len());
    for (rule, written) in (0..).zip(&route.rules) {
        if written.matches.is_empty() {
            let (matcher, pathless, dropped) = empty();
            all.push(Candidate { rule, match_index: None, matcher, pathless, dropped });
        }
        for (index, matcher) in (0..).zip(&written.matches) {
            let (matcher, dropped) = each(matcher);
            all.push(Candidate { rule, match_index: Some(index), matcher, pathless: false, dropped });
        }
    }
    all
}

/// Why a child's match may not stand under its parent's, without inheritance: path by plain string prefix, headers and
/// query parameters as whole entries, the method when the parent sets one.
pub(super) fn refused(parent: &RouteMatch, child: &RouteMatch) -> Option<DropReason> {
    if parent.path.kind != PathKind::PathPrefix {
        return Some(DropReason::ParentNotPrefix { parent: parent.path.kind });
    }
    if !child.path.value.starts_with(parent.path.value.as_str()) {
        return Some(DropReason::NotUnder { parent: parent.path.value.clone() });
    }
    let missing = |parent: &[ValueMatch], child: &[ValueMatch]| {
        parent.iter().find(|wanted| !child.contains(wanted)).map(|wanted| wanted.name.clone())
    };
    if let Some(name) = missing(&parent.headers, &child.headers) {
        return Some(DropReason::HeaderMissing { name });
    }
    if let Some(name) = missing(&parent.query_params, &child.query_params) {
        return Some(DropReason::QueryParamMissing { name });
    }
    let wanted = parent.method.as_ref()?;
    (child.method.as_ref() != Some(wanted)).then(|| DropReason::MethodDiffers { parent: wanted.clone() })
}

/// Whether everything that a match takes lies under the parent's prefix by segments: what its author would expect of a
/// delegation, and what the engine does not hold a child to.
pub(super) fn escapes(parent: &RouteMatch, child: &RuleNode) -> bool {
    if parent.path.kind != PathKind::PathPrefix {
        return false;
    }
    let prefix = parent.path.value.trim_end_matches('/');
    let path = child.matcher.path.value.as_str();
    match child.matcher.path.kind {
        PathKind::Exact | PathKind::PathPrefix => !under(path, prefix),
        // Alternatives at the top level are each a way out of the first one's prefix.
        PathKind::RegularExpression => alternatives(path).any(|one| !under(one, prefix)),
    }
}

fn under(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || !rest.starts_with(|c: char| c.is_alphanumeric()))
}

fn alternatives(regex: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut class, mut escaped) = (0_u32, false, false);
    regex.split(move |c: char| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match c {
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '(' if !class => depth += 1,
            ')' if !class => depth = depth.saturating_sub(1),
            '|' => return depth == 0 && !class,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ValueKind;

    fn path(kind: PathKind, value: &str) -> RouteMatch {
        let mut matcher = (*match_all()).clone();
        matcher.path = PathMatch { kind, value: Name::new(value) };
        matcher
    }

    fn header(name: &str, value: &str) -> ValueMatch {
        ValueMatch { kind: ValueKind::Exact, name: Name::new(name), value: Name::new(value) }
    }

    #[test]
    fn a_path_is_under_its_parent_as_a_plain_string() {
        let prefix = |value| path(PathKind::PathPrefix, value);
        assert_eq!(refused(&prefix("/a"), &prefix("/ab")), None);
        assert_eq!(refused(&prefix("/a"), &path(PathKind::RegularExpression, "/a|/b")), None);
        assert!(matches!(refused(&prefix("/x/"), &prefix("/x")), Some(DropReason::NotUnder { .. })));
        let exact = path(PathKind::Exact, "/a");
        assert!(matches!(refused(&exact, &prefix("/a/b")), Some(DropReason::ParentNotPrefix { .. })));
    }

    #[test]
    fn headers_are_compared_as_whole_entries_byte_by_byte() {
        let mut parent = path(PathKind::PathPrefix, "/");
        let mut child = parent.clone();
        parent.headers = vec![header("h1", "v")];
        child.headers = vec![header("H1", "v"), header("h1", "w")];
        assert!(matches!(refused(&parent, &child), Some(DropReason::HeaderMissing { .. })));
        child.headers.push(header("h1", "v"));
        assert_eq!(refused(&parent, &child), None);
    }

    #[test]
    fn only_a_parents_method_is_demanded() {
        let mut parent = path(PathKind::PathPrefix, "/");
        let mut child = parent.clone();
        child.method = Some(Name::new("GET"));
        assert_eq!(refused(&parent, &child), None);
        parent.method = Some(Name::new("POST"));
        assert!(matches!(refused(&parent, &child), Some(DropReason::MethodDiffers { .. })));
    }

    #[test]
    fn alternatives_are_those_outside_groups_and_classes() {
        let all: Vec<&str> = alternatives(r"/a|/b(c|d)[|]\||/e").collect();
        assert_eq!(all, ["/a", r"/b(c|d)[|]\|", "/e"]);
    }

    #[test]
    fn a_longer_word_is_not_under_its_prefix() {
        assert!(!under("/teamwork", "/team"));
        assert!(under("/team", "/team") && under("/team/x", "/team") && under("/team.*", "/team") && under("/x", ""));
    }
}
