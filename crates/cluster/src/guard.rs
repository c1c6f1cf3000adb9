//! Nothing but reading reaches a server, whatever the rest of the program does.
//!
//! Every request passes [`permits`] before it is sent: it is a GET, and of a path that the product needs: `/version`,
//! discovery, the CRD [`CHANNEL_CRD`], and lists, watches and single objects of the kinds in [`READABLE`]. Secrets are not among them, nor is any
//! subresource (`exec`, `proxy`, `log`, `portforward`, `token`). The list is written out and not taken from
//! [`kinds`](super::kinds): a kind that slips in there is still not asked for.
//!
//! Outside of this: exec plugins, which are the user's own programs, and `kubectl kustomize`.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Method, Request};
use tower::{BoxError, Layer, Service};

use super::error::ClientError;

/// The kinds that may be asked for: group and resource.
pub const READABLE: &[(&str, &str)] = &[
    ("", "namespaces"),
    ("", "services"),
    ("discovery.k8s.io", "endpointslices"),
    ("gateway.kgateway.dev", "backends"),
    ("gateway.kgateway.dev", "directresponses"),
    ("gateway.kgateway.dev", "gatewayextensions"),
    ("gateway.kgateway.dev", "trafficpolicies"),
    ("gateway.networking.k8s.io", "gatewayclasses"),
    ("gateway.networking.k8s.io", "gateways"),
    ("gateway.networking.k8s.io", "grpcroutes"),
    ("gateway.networking.k8s.io", "httproutes"),
    ("gateway.networking.k8s.io", "listenersets"),
    ("gateway.networking.k8s.io", "referencegrants"),
    ("gateway.networking.k8s.io", "tcproutes"),
    ("gateway.networking.k8s.io", "tlsroutes"),
    ("gateway.networking.x-k8s.io", "xlistenersets"),
];

/// The one CRD that is asked for: its annotations name the release channel of the Gateway API.
pub const CHANNEL_CRD: &str =
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.gateway.networking.k8s.io";

/// Whether a request may be sent; else why not.
pub fn permits(method: &Method, path: &str) -> Result<(), String> {
    if method != Method::GET {
        return Err(format!("{method} {path} would not only read"));
    }
    let refused = || Err(format!("{path} is nothing that routing needs"));
    let Some(rest) = path.strip_prefix('/') else { return refused() };
    let segments: Vec<&str> = rest.split('/').collect();
    // No name needs escaping; what is escaped could be read otherwise by the server.
    let plain = |segment: &&str| {
        !segment.is_empty()
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':'))
            && !segment.bytes().all(|byte| byte == b'.')
    };
    if !segments.iter().all(plain) {
        return refused();
    }
    let (group, rest) = match segments.as_slice() {
        ["version" | "api" | "apis"] | ["api" | "apis", _] | ["apis", _, _] => return Ok(()),
        ["api", "v1", rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return refused(),
    };
    if path == CHANNEL_CRD {
        return Ok(());
    }
    // `namespaces/NAME/RESOURCE…` is in a namespace, `namespaces` and `namespaces/NAME` are the kind.
    let (resource, rest) = match rest {
        ["namespaces", _, resource, rest @ ..] | [resource, rest @ ..] => (*resource, rest),
        [] => return refused(),
    };
    if resource == "secrets" {
        return Err("Secrets are never read".to_owned());
    }
    if rest.len() <= 1 && READABLE.contains(&(group, resource)) { Ok(()) } else { refused() }
}

/// Puts a [`Guard`] before a service.
#[derive(Debug, Clone, Copy)]
pub struct GuardLayer;

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner }
    }
}

/// A service that sends only what [`permits`] permits.
#[derive(Debug, Clone)]
pub struct Guard<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Guard<S>
where
    S: Service<Request<B>, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match permits(request.method(), request.uri().path()) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(why) => Box::pin(async { Err(ClientError::NotSent(why).into()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::KINDS;
    use super::*;

    fn get(path: &str) -> Result<(), String> {
        permits(&Method::GET, path)
    }

    #[test]
    fn every_kind_that_is_read_passes_in_each_of_its_paths() {
        for kind in KINDS {
            for version in kind.versions {
                let root = match kind.group {
                    "" => format!("/api/{version}"),
                    group => format!("/apis/{group}/{version}"),
                };
                let mut paths =
                    vec![root.clone(), format!("{root}/{}", kind.plural), format!("{root}/{}/a", kind.plural)];
                if kind.namespaced {
                    paths.push(format!("{root}/namespaces/team-a/{}", kind.plural));
                    paths.push(format!("{root}/namespaces/team-a/{}/a", kind.plural));
                }
                for path in paths {
                    assert_eq!(get(&path), Ok(()), "{path}");
                }
            }
        }
        assert_eq!(KINDS.len(), READABLE.len(), "a kind that may be asked for is asked for");
    }

    #[test]
    fn discovery_passes() {
        for path in ["/version", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/gateway.networking.k8s.io/v1"] {
            assert_eq!(get(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn the_crd_that_names_the_channel_passes() {
        assert_eq!(get(CHANNEL_CRD), Ok(()));
        assert!(get(&format!("{CHANNEL_CRD}/status")).is_err());
    }

    #[test]
    fn secrets_are_never_asked_for() {
        for path in [
            "/api/v1/secrets",
            "/api/v1/secrets/a",
            "/api/v1/namespaces/default/secrets",
            "/api/v1/namespaces/default/secrets/a",
            "/apis/gateway.networking.k8s.io/v1/namespaces/a/secrets",
        ] {
            assert_eq!(get(path), Err("Secrets are never read".to_owned()), "{path}");
        }
        for path in [
            "/api/v1/watch/secrets",
            "/api/v1/namespaces/a/%73ecrets",
            "/api/v1/namespaces/a//secrets",
            "/api/v1/namespaces/a/services/../secrets",
            "/api/v1/namespaces/a/services/./secrets",
            "/api/v1/namespaces/services/a/secrets/b",
            "//api/v1/secrets",
        ] {
            assert!(get(path).is_err(), "{path}");
        }
    }

    #[test]
    fn no_subresource_is_asked_for() {
        for path in [
            "/api/v1/namespaces/a/pods/b/exec",
            "/api/v1/namespaces/a/pods/b/log",
            "/api/v1/namespaces/a/services/b/proxy",
            "/api/v1/namespaces/a/services/b/proxy/admin",
            "/api/v1/namespaces/a/serviceaccounts/b/token",
            "/api/v1/namespaces/a/status",
            "/api/v1/namespaces/a/finalize",
            "/apis/gateway.networking.k8s.io/v1/namespaces/a/httproutes/b/status",
        ] {
            assert!(get(path).is_err(), "{path}");
        }
    }

    #[test]
    fn other_kinds_and_other_paths_are_not_asked_for() {
        for path in [
            "/",
            "",
            "/metrics",
            "/logs",
            "/healthz",
            "/openapi/v2",
            "/api/v1/pods",
            "/api/v1/nodes/a",
            "/apis/apps/v1/deployments",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gateways.gateway.networking.k8s.io",
        ] {
            assert!(get(path).is_err(), "{path}");
        }
    }

    #[test]
    fn nothing_but_get_is_sent() {
        for method in
            [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::CONNECT]
        {
            let why = permits(&method, "/api/v1/namespaces").expect_err("not a GET");
            assert_eq!(why, format!("{method} /api/v1/namespaces would not only read"));
        }
    }
}
