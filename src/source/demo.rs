//! The embedded demo (`--demo`).

/// The demo's files: name and text.
pub const DEMO: &[(&str, &str)] = &[(
    "demo/gateway.yaml",
    "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: example-gateway, namespace: infra }
spec:
  gatewayClassName: kgateway
  listeners:
  - { name: http, protocol: HTTP, port: 80, allowedRoutes: { namespaces: { from: All } } }
",
)];
