//! `GRPCRoute`: its matches become the HTTP matches that an engine makes of them.

use std::sync::Arc;

use super::field::{Field, Part};
use super::{filter, route};
use routescope_core::model::{GrpcMatch, Meta, Name, Object, PathKind, PathMatch, RouteKind, RouteMatch, Rule};

/// `GRPCRoute`.
pub(super) fn grpc_route(root: &Field<'_>, meta: Meta) -> Object {
    route::route(root, meta, RouteKind::Grpc, rule)
}

fn rule(field: &Field<'_>) -> Part<Rule> {
    field.mapping(&["name", "matches", "filters", "backendRefs", "sessionPersistence"])?;
    let matches = field.get("matches");
    let written = matches.length();
    Ok(Rule {
        at: field.at,
        name: field.get("name").text()?,
        matches: match matches.list(|item| grpc_match(item).map(Arc::new)) {
            Some(matches) if !matches.is_empty() || written > 0 => matches,
            None if matches.is_present() => Vec::new(),
            // Without matches a rule takes every request.
            _ => vec![Arc::new(route::match_all(field.at))],
        },
        filters: field.get("filters").list(filter::filter).unwrap_or_default(),
        backend_refs: field.get("backendRefs").list(route::backend_ref).unwrap_or_default(),
        request_timeout: None,
        backend_request_timeout: None,
        retry: None,
    })
}

fn grpc_match(field: &Field<'_>) -> Part<RouteMatch> {
    field.mapping(&["method", "headers"])?;
    let method = field.get("method");
    method.mapping(&["type", "service", "method"])?;
    let grpc = GrpcMatch {
        regex: method.get("type").choice(&[("Exact", false), ("RegularExpression", true)])?.unwrap_or(false),
        service: method.get("service").text()?,
        method: method.get("method").text()?,
    };
    Ok(RouteMatch {
        at: field.at,
        path: path(&grpc),
        method: None,
        headers: route::value_matches(&field.get("headers"))?,
        query_params: Vec::new(),
        grpc: method.is_present().then_some(grpc),
    })
}

/// The HTTP path of a gRPC method (kgateway `pkg/krtcollections/grpc_route.go`).
fn path(grpc: &GrpcMatch) -> PathMatch {
    let (kind, value) = match (&grpc.service, &grpc.method) {
        (Some(service), Some(method)) => {
            let kind = if grpc.regex { PathKind::RegularExpression } else { PathKind::Exact };
            (kind, format!("/{service}/{method}"))
        }
        (Some(service), None) if grpc.regex => (PathKind::RegularExpression, format!("/{service}/.+")),
        (Some(service), None) => (PathKind::PathPrefix, format!("/{service}")),
        (None, Some(method)) => (PathKind::RegularExpression, format!("/.+/{method}")),
        (None, None) => (PathKind::PathPrefix, "/".to_owned()),
    };
    PathMatch { kind, value: Name::from(value) }
}
