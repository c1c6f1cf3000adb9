//! `HTTPRoute`, and what it shares with `GRPCRoute`.

use std::sync::Arc;

use super::field::{Dropped, Field, Part};
use super::filter;
use routescope_core::model::{
    BackendRef, GATEWAY_GROUP, Meta, Name, Object, ParentRef, ParentStatus, PathKind, PathMatch, Position,
    RecordedCondition, Retry, Route, RouteKind, RouteMatch, Rule, ValueKind, ValueMatch,
};

/// The types of header and query parameter matches.
pub(super) const VALUE_KINDS: &[(&str, ValueKind)] =
    &[("Exact", ValueKind::Exact), ("RegularExpression", ValueKind::RegularExpression)];

/// `HTTPRoute`.
pub(super) fn http_route(root: &Field<'_>, meta: Meta) -> Object {
    route(root, meta, RouteKind::Http, http_rule)
}

/// What both kinds of route have; `rule` decodes one of `rules`.
pub(super) fn route(root: &Field<'_>, meta: Meta, kind: RouteKind, rule: fn(&Field<'_>) -> Part<Rule>) -> Object {
    let spec = root.get("spec");
    let _ = spec.mapping(&["parentRefs", "hostnames", "rules", "useDefaultGateways"]);
    let rules = spec.get("rules");
    Object::Route(Route {
        meta,
        kind,
        parent_refs: spec.get("parentRefs").list(parent_ref).unwrap_or_default(),
        hostnames: spec.get("hostnames").texts(),
        rules: match rules.list(rule) {
            Some(rules) => rules,
            // HTTPRouteSpec.Rules defaults to one rule that matches everything; GRPCRouteSpec.Rules has no default.
            None if kind == RouteKind::Http && !rules.is_present() => vec![Rule {
                at: root.at,
                name: None,
                matches: vec![Arc::new(match_all(root.at))],
                filters: Vec::new(),
                backend_refs: Vec::new(),
                request_timeout: None,
                backend_request_timeout: None,
                retry: None,
            }],
            None => Vec::new(),
        },
        status: root.get("status").get("parents").list(parent_status).unwrap_or_default(),
    })
}

/// `ParentReference`.
pub(super) fn parent_ref(field: &Field<'_>) -> Part<ParentRef> {
    field.mapping(&["group", "kind", "namespace", "name", "sectionName", "port"])?;
    Ok(ParentRef {
        at: field.at,
        group: field.get("group").text_or(GATEWAY_GROUP)?,
        kind: field.get("kind").text_or("Gateway")?,
        namespace: field.get("namespace").text()?,
        name: field.get("name").required_text()?,
        section_name: field.get("sectionName").text()?,
        port: field.get("port").port()?,
    })
}

fn parent_status(field: &Field<'_>) -> Part<ParentStatus> {
    Ok(ParentStatus {
        parent: parent_ref(field.get("parentRef").required()?)?,
        controller: field.get("controllerName").text_or("")?,
        conditions: field.get("conditions").list(condition).unwrap_or_default(),
    })
}

/// One entry of any `conditions`.
pub(super) fn condition(field: &Field<'_>) -> Part<RecordedCondition> {
    Ok(RecordedCondition {
        kind: field.get("type").required_text()?,
        status: field.get("status").text_or("")?,
        reason: field.get("reason").text_or("")?,
        message: field.get("message").text_or("")?.to_string(),
    })
}

fn http_rule(field: &Field<'_>) -> Part<Rule> {
    field.mapping(&["name", "matches", "filters", "backendRefs", "timeouts", "retry", "sessionPersistence"])?;
    let matches = field.get("matches");
    let timeouts = field.get("timeouts");
    let retry = field.get("retry");
    Ok(Rule {
        at: field.at,
        name: field.get("name").text()?,
        matches: match matches.list(|item| http_match(item).map(Arc::new)) {
            Some(matches) => matches,
            // The default is for an absent field only: an explicit `[]` stays empty.
            None if !matches.is_present() => vec![Arc::new(match_all(field.at))],
            None => Vec::new(),
        },
        filters: field.get("filters").list(filter::filter).unwrap_or_default(),
        backend_refs: field.get("backendRefs").list(backend_ref).unwrap_or_default(),
        request_timeout: timeouts.get("request").text()?,
        backend_request_timeout: timeouts.get("backendRequest").text()?,
        retry: if retry.is_present() { Some(retries(&retry)?) } else { None },
    })
}

fn retries(field: &Field<'_>) -> Part<Retry> {
    let codes = field.get("codes").list(|code| Ok(code.unsigned(999)?.unwrap_or_default()));
    Ok(Retry {
        attempts: field.get("attempts").unsigned(i32::MAX.unsigned_abs())?,
        backoff: field.get("backoff").text()?,
        codes: codes.unwrap_or_default(),
    })
}

/// The default match: one `PathPrefix /`.
pub(super) fn match_all(at: Position) -> RouteMatch {
    let path = PathMatch { kind: PathKind::PathPrefix, value: Name::new_static("/") };
    RouteMatch { at, path, method: None, headers: Vec::new(), query_params: Vec::new(), grpc: None }
}

fn http_match(field: &Field<'_>) -> Part<RouteMatch> {
    field.mapping(&["path", "headers", "queryParams", "method"])?;
    let path = field.get("path");
    path.mapping(&["type", "value"])?;
    Ok(RouteMatch {
        at: field.at,
        path: PathMatch {
            kind: path
                .get("type")
                .choice(&[
                    ("Exact", PathKind::Exact),
                    ("PathPrefix", PathKind::PathPrefix),
                    ("RegularExpression", PathKind::RegularExpression),
                ])?
                .unwrap_or(PathKind::PathPrefix),
            value: path.get("value").text_or("/")?,
        },
        method: method(&field.get("method"))?,
        headers: value_matches(&field.get("headers"))?,
        query_params: value_matches(&field.get("queryParams"))?,
        grpc: None,
    })
}

fn method(field: &Field<'_>) -> Part<Option<Name>> {
    const METHODS: &[(&str, &str)] = &[
        ("GET", "GET"),
        ("HEAD", "HEAD"),
        ("POST", "POST"),
        ("PUT", "PUT"),
        ("DELETE", "DELETE"),
        ("CONNECT", "CONNECT"),
        ("OPTIONS", "OPTIONS"),
        ("TRACE", "TRACE"),
        ("PATCH", "PATCH"),
    ];
    Ok(field.choice(METHODS)?.map(Name::new_static))
}

/// Header or query parameter tests. A match without one of its tests would take more than was written, so one that
/// cannot be understood takes the whole match with it.
pub(super) fn value_matches(field: &Field<'_>) -> Part<Vec<ValueMatch>> {
    let mut complete = true;
    let tests = field.list(|item| {
        let test = value_match(item);
        complete &= test.is_ok();
        test
    });
    match tests {
        Some(tests) if complete => Ok(tests),
        None if !field.is_present() => Ok(Vec::new()),
        _ => Err(Dropped),
    }
}

fn value_match(field: &Field<'_>) -> Part<ValueMatch> {
    field.mapping(&["type", "name", "value"])?;
    Ok(ValueMatch {
        kind: field.get("type").choice(VALUE_KINDS)?.unwrap_or(ValueKind::Exact),
        name: field.get("name").required_text()?,
        value: field.get("value").required_text()?,
    })
}

/// The largest weight: the field is an int32 with this maximum.
const HEAVIEST: u32 = 1_000_000;

/// A rule's `BackendRef`.
pub(super) fn backend_ref(field: &Field<'_>) -> Part<BackendRef> {
    field.mapping(&["group", "kind", "namespace", "name", "port", "weight", "filters"])?;
    backend_object(field)
}

/// The fields of a `BackendRef`, or those a mirror has of them.
pub(super) fn backend_object(field: &Field<'_>) -> Part<BackendRef> {
    Ok(BackendRef {
        at: field.at,
        group: field.get("group").text_or("")?,
        kind: field.get("kind").text_or("Service")?,
        namespace: field.get("namespace").text()?,
        // Without a name an engine reads the empty one, which selects like `*` when the ref delegates.
        name: field.get("name").required_text().unwrap_or_default(),
        port: field.get("port").port()?,
        weight: field.get("weight").unsigned(HEAVIEST)?.unwrap_or(1),
        filters: field.get("filters").list(filter::filter).unwrap_or_default(),
    })
}
