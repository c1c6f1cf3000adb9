//! What TCP and TLS routes come to on their listeners.

use super::one_line;
use routescope_core::resolve::Settings;
use routescope_core::status::predict;
use routescope_core::store::Coverage;

const INVALID: &str = "Programmed=False Invalid: TCP/TLS listener has no valid backends or routes";

/// Listeners of a Gateway with routes: how many attach to each, and what is wrong with it.
#[track_caller]
fn check(listeners: &str, routes: &[String], expected: &[&str]) {
    let gateway = format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: gw, namespace: a}}, \
         spec: {{gatewayClassName: kgateway, listeners: [{listeners}]}}}}\n"
    );
    let analysis =
        routescope_manifest::analyse_text(&(gateway + &routes.concat()), Coverage::closed(), Settings::default());
    let statuses = predict(&analysis);
    let (_, status) = statuses.gateways.first_key_value().expect("the Gateway");
    let line = |listener: &routescope_core::status::ListenerStatus| {
        let wrong = one_line(&listener.conditions).join(", ");
        format!("{} {}: {wrong}", listener.name, listener.attached_routes).trim_end().to_owned()
    };
    assert_eq!(status.listeners.iter().map(line).collect::<Vec<_>>(), expected);
}

/// A route of a namespace and a year, with so many backends in each rule.
fn route(kind: &str, namespace: &str, year: u16, hostnames: &str, rules: &[usize]) -> String {
    let backends = |count: &usize| vec!["{name: gone, port: 1}"; *count].join(", ");
    let rules: Vec<String> = rules.iter().map(|count| format!("{{backendRefs: [{}]}}", backends(count))).collect();
    let rules = rules.join(", ");
    format!(
        "---\n{{apiVersion: gateway.networking.k8s.io/v1alpha2, kind: {kind}, metadata: {{name: r{year}, \
         namespace: {namespace}, creationTimestamp: '{year}-01-01T00:00:00Z'}}, \
         spec: {{parentRefs: [{{name: gw, namespace: a}}], {hostnames} rules: [{rules}]}}}}\n"
    )
}

fn tcp(year: u16, rules: &[usize]) -> String {
    route("TCPRoute", "a", year, "", rules)
}

const TCP: &str = "{name: tcp, protocol: TCP, port: 90}";

#[test]
fn a_tcp_listener_serves_what_its_oldest_route_gives_it() {
    check(TCP, &[], &[&format!("tcp 0: {INVALID}")]);
    check(TCP, &[tcp(2001, &[1])], &["tcp 1:"]);
    check(TCP, &[tcp(2001, &[0])], &[&format!("tcp 1: {INVALID}")]);
    check(TCP, &[tcp(2001, &[1, 1])], &[&format!("tcp 1: {INVALID}")]);
    check(TCP, &[tcp(2002, &[1]), tcp(2001, &[0])], &[&format!("tcp 2: {INVALID}")]);
    check(TCP, &[tcp(2002, &[0]), tcp(2001, &[2])], &["tcp 2:"]);
}

#[test]
fn a_tls_listener_takes_routes_of_its_host() {
    let tls = "{name: tls, protocol: TLS, port: 91, hostname: '*.a.io', tls: {mode: Passthrough}}";
    let of = |host: &str| route("TLSRoute", "a", 2001, &format!("hostnames: ['{host}'],"), &[1]);
    check(tls, &[of("x.a.io")], &["tls 1:"]);
    check(tls, &[of("x.b.io")], &[&format!("tls 0: {INVALID}")]);
    // What is passed through is told apart by its server name: a TCPRoute has none.
    check(tls, &[tcp(2001, &[1])], &[&format!("tls 0: {INVALID}")]);
}

#[test]
fn one_listener_that_serves_is_enough_for_a_port() {
    let tls = |name: &str, host: &str, port: u16| {
        format!("{{name: {name}, protocol: TLS, port: {port}, hostname: {host}, tls: {{mode: Passthrough}}}}")
    };
    let listeners = [tls("one", "one.io", 91), tls("two", "two.io", 91), tls("far", "far.io", 92)].join(", ");
    let one = route("TLSRoute", "a", 2001, "hostnames: [one.io],", &[1]);
    check(&listeners, &[one], &["one 1:", "two 0:", &format!("far 0: {INVALID}")]);
}

#[test]
fn another_namespace_and_another_kind_are_not_admitted() {
    let stranger = route("TCPRoute", "b", 2001, "", &[1]);
    check(TCP, &[stranger], &[&format!("tcp 0: {INVALID}")]);
    let http = "{name: http, protocol: HTTP, port: 80}";
    check(http, &[tcp(2001, &[1])], &["http 0:"]);
}
