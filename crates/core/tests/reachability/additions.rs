//! What is laid over the arbitrary worlds: routes of connections, and policies.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

fn joined(world: &str, documents: &[Value]) -> String {
    documents.iter().fold(world.to_owned(), |text, one| format!("{text}\n---\n{one}"))
}

/// A Gateway whose listeners speak HTTP, HTTPS, TLS and TCP on the same few ports, and routes of all kinds behind it.
pub fn with_streams(worlds: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let door = select(vec![
        ("TLS", 443),
        ("TLS", 443),
        ("TLS", 81),
        ("HTTPS", 443),
        ("HTTPS", 81),
        ("HTTP", 80),
        ("TCP", 81),
        ("TCP", 82),
    ]);
    let hosts = || select(vec!["a.io", "*.a.io", "x.a.io", "b.io", "*.io"]);
    let listeners = prop::collection::vec((door, prop::option::weighted(0.4, hosts())), 1..5);
    let target = || (select(vec!["r1", "r2"]), select(vec![80, 81]));
    let stream = (select(vec!["TLSRoute", "TLSRoute", "TCPRoute"]), prop::collection::vec(hosts(), 0..3), target());
    let streams = prop::collection::vec(stream, 0..4);
    (worlds, listeners, streams).prop_map(|(world, listeners, streams)| {
        let listeners = (0..).zip(listeners).map(|(number, ((protocol, port), host))| {
            let kinds = json!({ "namespaces": { "from": "All" } });
            let mut listener = json!({ "name": format!("s{number}"), "protocol": protocol, "port": port, "allowedRoutes": kinds });
            if protocol == "TLS" {
                listener["tls"] = json!({ "mode": "Passthrough" });
            }
            if protocol == "HTTPS" {
                listener["tls"] = json!({ "certificateRefs": [{ "name": "certificate" }] });
            }
            if let Some(host) = host.filter(|_| protocol != "TCP") {
                listener["hostname"] = json!(host);
            }
            listener
        });
        let gateway = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": { "name": "gw3", "namespace": "a" },
            "spec": { "gatewayClassName": "kgateway", "listeners": listeners.collect::<Vec<_>>() },
        });
        let mut documents = vec![gateway];
        for (number, (kind, hosts, (name, port))) in (0..).zip(streams) {
            let mut route = json!({
                "apiVersion": "gateway.networking.k8s.io/v1alpha2", "kind": kind,
                "metadata": { "name": format!("stream{number}"), "namespace": "a" },
                "spec": { "parentRefs": [{ "name": "gw3" }], "rules": [{ "backendRefs": [{ "name": name, "port": port }] }] },
            });
            if kind == "TLSRoute" && !hosts.is_empty() {
                route["spec"]["hostnames"] = json!(hosts);
            }
            documents.push(route);
        }
        for name in ["r1", "r2"] {
            documents.push(json!({
                "apiVersion": "v1", "kind": "Service", "metadata": { "name": name, "namespace": "a" },
                "spec": { "ports": [{ "port": 80 }] },
            }));
        }
        joined(&world, &documents)
    })
}

/// Policies on routes and on a Gateway: timeouts, retries, rewrites, CORS.
fn policies() -> impl Strategy<Value = Vec<Value>> {
    let setting = select(vec![
        json!({ "timeouts": { "request": "1s" } }),
        json!({ "timeouts": { "request": "2s" } }),
        json!({ "retry": { "attempts": 3, "retryOn": ["5xx"] } }),
        json!({ "cors": { "allowOrigins": ["https://example.com"], "allowMethods": ["GET"] } }),
        json!({ "urlRewrite": { "pathRegex": { "pattern": "^/a", "substitution": "/z" } } }),
    ]);
    let target = select(vec![("HTTPRoute", "r1"), ("HTTPRoute", "r2"), ("HTTPRoute", "r3"), ("Gateway", "gw1")]);
    let policy = (select(vec!["a", "a", "b"]), target, setting);
    prop::collection::vec(policy, 0..3).prop_map(|policies| {
        let policies = (0..).zip(policies).map(|(number, (namespace, (kind, name), mut spec))| {
            spec["targetRefs"] = json!([{ "group": "gateway.networking.k8s.io", "kind": kind, "name": name }]);
            json!({
                "apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "TrafficPolicy",
                "metadata": { "name": format!("policy{number}"), "namespace": namespace }, "spec": spec,
            })
        });
        policies.collect()
    })
}

/// Two worlds, each with policies of its own, or with the same.
pub fn with_policies(pairs: impl Strategy<Value = (String, String)>) -> impl Strategy<Value = (String, String)> {
    (pairs, policies(), prop::option::of(policies())).prop_map(|((old, new), before, after)| {
        let after = after.unwrap_or_else(|| before.clone());
        (joined(&old, &before), joined(&new, &after))
    })
}
