//! A row's match as Envoy tests it (kgateway `pkg/kgateway/translator/irtranslator/route.go`, `translateMatcher`).

use routescope_core::model::{Name, PathKind, RouteMatch as Written, ValueKind, ValueMatch};

use super::wire::{HeaderMatcher, QueryParameterMatcher, RegexMatcher, RouteMatch, StringMatcher};

/// A match; the method is one more header.
pub(super) fn route_match(written: &Written) -> RouteMatch {
    let Written { at: _, path, method, headers, query_params, grpc: _ } = written;
    let mut out = RouteMatch {
        headers: headers.iter().map(header).collect(),
        query_parameters: query_params.iter().map(query_parameter).collect(),
        ..RouteMatch::default()
    };
    out.headers.extend(method.iter().map(|method| HeaderMatcher {
        name: Name::new_static(":method"),
        present_match: None,
        string_match: Some(StringMatcher::Exact(method.clone())),
    }));
    match path.kind {
        PathKind::Exact => out.path = Some(path.value.clone()),
        PathKind::RegularExpression => out.safe_regex = Some(RegexMatcher { regex: path.value.clone() }),
        PathKind::PathPrefix => match prefix(&path.value) {
            Prefix::Segments(value) => out.path_separated_prefix = Some(value.into()),
            Prefix::Text(value) => out.prefix = Some(value.into()),
        },
    }
    out
}

/// Which of Envoy's two prefixes a `PathPrefix` becomes.
pub(super) enum Prefix<'v> {
    /// `path_separated_prefix`: by segment.
    Segments(&'v str),
    /// `prefix`: as plain text.
    Text(&'v str),
}

/// One trailing slash is cut off; `path_separated_prefix` takes neither `?` nor `#`, nor a slash at its end, and has two
/// characters at least.
pub(super) fn prefix(value: &str) -> Prefix<'_> {
    let cut = if value.len() > 1 { value.strip_suffix('/').unwrap_or(value) } else { value };
    if cut.chars().count() > 1 && !cut.contains(['?', '#']) && !cut.ends_with('/') {
        Prefix::Segments(cut)
    } else {
        Prefix::Text(cut)
    }
}

fn header(test: &ValueMatch) -> HeaderMatcher {
    let (present_match, string_match) = value(test);
    HeaderMatcher { name: test.name.clone(), present_match, string_match }
}

fn query_parameter(test: &ValueMatch) -> QueryParameterMatcher {
    let (present_match, string_match) = value(test);
    QueryParameterMatcher { name: test.name.clone(), string_match, present_match }
}

/// An empty value asks for presence.
fn value(test: &ValueMatch) -> (Option<bool>, Option<StringMatcher>) {
    let ValueMatch { kind, name: _, value } = test;
    match kind {
        _ if value.is_empty() => (Some(true), None),
        ValueKind::Exact => (None, Some(StringMatcher::Exact(value.clone()))),
        ValueKind::RegularExpression => (None, Some(StringMatcher::SafeRegex(RegexMatcher { regex: value.clone() }))),
    }
}
