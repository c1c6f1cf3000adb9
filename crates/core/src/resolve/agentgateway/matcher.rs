//! What agentgateway makes of a match before its proxy sees it.
//!
//! Sources: agentgateway `controller/pkg/agentgateway/translator/agw.go` (`CreateAgwPathMatch`) and `conversion.go`
//! (`ConvertGRPCRouteToAgw`).

use std::sync::Arc;

use crate::model::{GrpcMatch, Name, PathKind, PathMatch, RouteMatch};

/// The match as the proxy holds it.
pub(super) fn converted(written: &Arc<RouteMatch>) -> Arc<RouteMatch> {
    let path = match &written.grpc {
        Some(grpc) => of_grpc(grpc),
        None => of_http(&written.path),
    };
    if path == written.path {
        return Arc::clone(written);
    }
    Arc::new(RouteMatch { path, ..(**written).clone() })
}

/// A prefix loses its trailing slashes; a path that is not a regular expression gets a leading one.
fn of_http(path: &PathMatch) -> PathMatch {
    let PathMatch { kind, value } = path;
    let mut text = if value.is_empty() { "/".to_owned() } else { value.to_string() };
    if *kind != PathKind::RegularExpression && !text.starts_with('/') {
        text.insert(0, '/');
    }
    if *kind == PathKind::PathPrefix {
        text.truncate(text.trim_end_matches('/').len());
        if text.is_empty() {
            text.push('/');
        }
    }
    PathMatch { kind: *kind, value: Name::from(text) }
}

/// The type of a `GRPCRoute`'s match counts for nothing, and a service alone is an exact path that no call has.
fn of_grpc(grpc: &GrpcMatch) -> PathMatch {
    let (kind, value) = match (&grpc.service, &grpc.method) {
        (Some(service), Some(method)) => (PathKind::Exact, format!("/{service}/{method}")),
        (Some(service), None) => (PathKind::Exact, format!("/{service}/")),
        (None, Some(method)) => (PathKind::RegularExpression, format!("/[^/]+/{method}")),
        (None, None) => (PathKind::PathPrefix, "/".to_owned()),
    };
    PathMatch { kind, value: Name::from(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(kind: PathKind, value: &str) -> String {
        of_http(&PathMatch { kind, value: Name::new(value) }).value.to_string()
    }

    #[test]
    fn a_prefix_loses_its_slashes_and_gains_a_leading_one() {
        assert_eq!(http(PathKind::PathPrefix, "/a//"), "/a");
        assert_eq!(http(PathKind::PathPrefix, "//"), "/");
        assert_eq!(http(PathKind::PathPrefix, ""), "/");
        assert_eq!(http(PathKind::Exact, "a/"), "/a/");
        assert_eq!(http(PathKind::RegularExpression, "^/a/$"), "^/a/$");
    }

    #[test]
    fn a_service_without_method_is_an_exact_path() {
        let grpc = GrpcMatch { regex: true, service: Some(Name::new("pkg.Svc")), method: None };
        let path = of_grpc(&grpc);
        assert_eq!((path.kind, path.value.as_str()), (PathKind::Exact, "/pkg.Svc/"));
    }
}
