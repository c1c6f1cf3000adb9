//! What depends on more than the row that decides: the host and the path that a Location or a backend gets.

use std::collections::BTreeSet;

use routescope_core::analysis::Analysis;
use routescope_core::expectation::{Asks, Expect, Test, Verdict, run};
use routescope_core::model::{PathKind, PathMatch, Position};
use routescope_core::reachability::{Kind, Most, Reach, Reachability, Region, Undetermined, compare, compare_at_most};
use routescope_core::router::Request;

use crate::analyse;

/// One rule on `*.a.io`, and `b` behind it.
fn world(path: &str, kind: &str, filter: &str) -> Analysis {
    let text = format!(
        r#"
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: gw, namespace: a}}
spec: {{gatewayClassName: kgateway, listeners: [{{name: l, protocol: HTTP, port: 80}}]}}
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: r, namespace: a}}
spec:
  parentRefs: [{{name: gw}}]
  hostnames: ["*.a.io"]
  rules:
  - matches: [{{path: {{type: {kind}, value: "{path}"}}}}]
    filters: [{filter}]
    backendRefs: [{{name: b, port: 80}}]
---
kind: Service
apiVersion: v1
metadata: {{name: b, namespace: a}}
spec: {{ports: [{{port: 80}}]}}
"#
    );
    analyse(&text, false, None)
}

fn rewrite(to: &str) -> String {
    format!("{{type: URLRewrite, urlRewrite: {{{to}}}}}")
}

/// The paths and hosts of the requests that move.
fn moved(old: &Analysis, new: &Analysis) -> Vec<String> {
    let comparison = compare(old.router(), new.router());
    assert!(comparison.unknown.is_empty(), "{:?}", comparison.unknown);
    comparison.changes.iter().map(|change| change.request.to_string()).collect()
}

#[test]
fn a_rewrite_to_the_path_that_is_asked_for_first_moves_the_others() {
    let plain = world("/(a|b)", "RegularExpression", "");
    for (path, other) in [("/a", "/b"), ("/b", "/a")] {
        let full = format!("path: {{type: ReplaceFullPath, replaceFullPath: {path}}}");
        let rewritten = world("/(a|b)", "RegularExpression", &rewrite(&full));
        assert_eq!(moved(&plain, &rewritten), [format!("GET http://www.a.io{other}")]);
    }
}

#[test]
fn a_rewrite_to_the_host_that_is_asked_for_first_moves_the_others() {
    let plain = world("/", "PathPrefix", "");
    let rewritten = world("/", "PathPrefix", &rewrite("hostname: www.a.io"));
    assert_eq!(moved(&plain, &rewritten), ["GET http://x.a.io/"]);
}

#[test]
fn what_is_beyond_a_bound_is_unknown() {
    let text = |path: &str| {
        format!(
            r#"
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: gw, namespace: a}}
spec:
  gatewayClassName: kgateway
  listeners:
  - {{name: h, protocol: HTTP, port: 80}}
  - {{name: a, protocol: HTTPS, port: 443, hostname: a.io, tls: {{certificateRefs: [{{name: c}}]}}}}
  - {{name: b, protocol: HTTPS, port: 443, hostname: "*.b.io", tls: {{certificateRefs: [{{name: c}}]}}}}
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: r, namespace: a}}
spec:
  parentRefs: [{{name: gw}}]
  rules: [{{matches: [{{path: {{value: {path}}}}}], backendRefs: [{{name: b, port: 80}}]}}]
"#
        )
    };
    let [old, new] = ["/a", "/b"].map(|path| analyse(&text(path), false, None));
    let unknown = |new: &Analysis, most| -> Vec<Undetermined> {
        compare_at_most(old.router(), new.router(), most).unknown.iter().map(|one| one.why).collect()
    };
    let all = Most::default();
    assert_eq!(unknown(&new, all), []);
    assert_eq!(unknown(&new, Most { rows: 1, ..all }), [Undetermined::WithoutHost]);
    assert_eq!(unknown(&new, Most { pairs: 1, ..all }), [Undetermined::ManyServerNames]);
    // A path without a host is answered by the same rows: where none of them differs, nothing moves.
    assert_eq!(unknown(&old, Most { rows: 1, ..all }), []);
}

#[test]
fn a_route_of_connections_takes_what_a_rule_passes_on_without_effect() {
    let text = |rules: &str| {
        format!(
            r"
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: gw, namespace: a}}
spec:
  gatewayClassName: agentgateway
  listeners:
  - {{name: t, protocol: TCP, port: 9443}}
  - {{name: h, protocol: HTTP, port: 80}}
---
kind: TCPRoute
apiVersion: gateway.networking.k8s.io/v1alpha2
metadata: {{name: t, namespace: a}}
spec: {{parentRefs: [{{name: gw}}], rules: [{{backendRefs: [{{name: s, port: 80}}]}}]}}
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: r, namespace: a}}
spec:
  parentRefs: [{{name: gw}}]
  rules: [{rules}]
---
kind: Service
apiVersion: v1
metadata: {{name: s, namespace: a}}
spec: {{ports: [{{port: 80}}]}}
"
        )
    };
    let lost = "{backendRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: nobody, namespace: b}]}";
    let [none, lost, served] =
        ["", lost, "{backendRefs: [{name: s, port: 80}]}"].map(|rules| analyse(&text(rules), false, None));
    assert!(moved(&none, &lost).is_empty());
    // Without a scheme either listener may be meant.
    assert_eq!(moved(&served, &lost), ["GET http://example.com/", "GET example.com/"]);
}

#[test]
fn a_share_that_becomes_an_error_where_nothing_answered_is_broken() {
    let text = |ports: &str| {
        format!(
            r"
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: gw, namespace: a}}
spec: {{gatewayClassName: agentgateway, listeners: [{{name: l, protocol: HTTP, port: 80}}]}}
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: r, namespace: a}}
spec:
  parentRefs: [{{name: gw}}]
  rules:
  - backendRefs:
    - {{group: gateway.networking.k8s.io, kind: HTTPRoute, name: nobody, namespace: b}}
    - {ports}
---
kind: Service
apiVersion: v1
metadata: {{name: s, namespace: a}}
spec: {{ports: [{{port: 80}}]}}
"
        )
    };
    let kinds = |was: &str, is: &str| -> Vec<Kind> {
        let [old, new] = [was, is].map(|port| analyse(&text(port), false, None));
        let changes = compare(old.router(), new.router()).changes;
        changes.iter().map(|change| Kind::of(change.before.as_ref(), change.after.as_ref())).collect()
    };
    let none = "{name: s, port: 80, weight: 0}";
    assert_eq!(kinds(none, "{name: s, port: 81}"), [Kind::Broken]);
    assert_eq!(kinds(none, "{name: s, port: 80}"), [Kind::Opened]);
}

#[track_caller]
fn holds(analysis: &Analysis, expect: Expect) -> Option<Request> {
    let path = PathMatch { kind: PathKind::PathPrefix, value: "/a".into() };
    let region = Region { scheme: None, port: None, host: None, path, methods: Vec::new(), gateway: None };
    let any = vec![expect, Expect { status: Some(404), ..Expect::default() }];
    let expect = Expect { any_of: Some(any), ..Expect::default() };
    let test = Test { name: String::new(), at: Position::default(), asks: Asks::All(region), expect };
    match run(analysis, &test, &mut BTreeSet::new()) {
        Verdict::Pass => None,
        Verdict::Fail(failed) => Some(failed.request),
        Verdict::Unknown(why) => panic!("{why:?}"),
    }
}

#[test]
fn one_host_is_not_every_host() {
    let host = |name: &str| Expect { upstream_host: Some(name.to_owned()), ..Expect::default() };
    let not = |expect: Expect| Expect { not: Some(Box::new(expect)), ..Expect::default() };
    let plain = world("/", "PathPrefix", "");
    assert_eq!(holds(&plain, host("www.a.io")).and_then(|request| request.host).as_deref(), Some("x.a.io"));
    assert_eq!(holds(&plain, not(host("y.a.io"))).and_then(|request| request.host).as_deref(), Some("y.a.io"));
    assert!(holds(&plain, not(host("b.io"))).is_none());
    assert!(holds(&world("/", "PathPrefix", &rewrite("hostname: up.io")), host("up.io")).is_none());
}

#[test]
fn the_one_path_that_leads_to_a_text_is_asked_for() {
    let not = |path: &str| {
        let path = Expect { upstream_path: Some(path.to_owned()), ..Expect::default() };
        Expect { not: Some(Box::new(path)), ..Expect::default() }
    };
    let prefix = world("/a", "PathPrefix", &rewrite("path: {type: ReplacePrefixMatch, replacePrefixMatch: /z}"));
    let path = |found: Option<Request>| found.map(|request| request.path);
    assert_eq!(path(holds(&prefix, not("/z/deep/down"))).as_deref(), Some("/a/deep/down"));
    assert_eq!(path(holds(&prefix, not("/a/deep"))), None);
    assert_eq!(path(holds(&prefix, not("/z"))).as_deref(), Some("/a"));
    let to_root = world("/a", "PathPrefix", &rewrite("path: {type: ReplacePrefixMatch, replacePrefixMatch: /}"));
    assert_eq!(path(holds(&to_root, not("/deep"))).as_deref(), Some("/a/deep"));
    assert_eq!(path(holds(&world("/", "PathPrefix", ""), not("/a/b"))).as_deref(), Some("/a/b"));
    assert_eq!(path(holds(&world("/", "PathPrefix", ""), not("/b"))), None);
}

/// Stands before the routes of a world.
const GATEWAY: &str = "
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: gw, namespace: a}
spec: {gatewayClassName: kgateway, listeners: [{name: l, protocol: HTTP, port: 80}]}
---
";

#[test]
fn a_host_that_a_rule_asks_for_is_told_from_those_beside_it() {
    let header = |host: &str| {
        let plain = "path: {type: PathPrefix, value: \"/\"}";
        let asked = format!("{plain}, headers: [{{name: host, value: {host}}}]");
        let text = "
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: r, namespace: a}
spec:
  parentRefs: [{name: gw, namespace: a}]
  hostnames: [\"*.a.io\"]
  rules:
  - matches: [{MATCH}]
    filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]
";
        analyse(&(GATEWAY.to_owned() + &text.replace("MATCH", &asked)), false, None)
    };
    let all = |old: &str, new: &str| {
        let mut all = moved(&header(old), &header(new));
        all.sort();
        all
    };
    assert_eq!(all("y.a.io", "z.a.io"), ["GET http://y.a.io/", "GET http://z.a.io/"]);
    // It never comes here.
    assert_eq!(all("b.io", "c.io"), [""; 0]);
}

#[test]
fn a_host_that_a_rule_asks_for_by_expression_is_found_or_shown_to_lead_elsewhere() {
    let asked = |expression: &str| {
        let text = "
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: r, namespace: a}
spec:
  parentRefs: [{name: gw}]
  hostnames: [\"*.a.io\"]
  rules:
  - matches: [{headers: [{name: host, type: RegularExpression, value: 'EXPRESSION'}]}]
    filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: x, namespace: a}
spec:
  parentRefs: [{name: gw}]
  hostnames: [x.a.io, \"*.y.a.io\"]
  rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 302}}]}]
";
        let analysis = analyse(&(GATEWAY.to_owned() + &text.replace("EXPRESSION", expression)), false, None);
        let hosts = &analysis.table.gateways[0].virtual_hosts;
        let host = hosts.iter().position(|host| host.hostname == "*.a.io").expect("the wildcard's");
        match Reachability::of(analysis.router()).row(0, u32::try_from(host).expect("few"), 0) {
            Reach::Met(request) => request.authority().unwrap_or_default(),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(asked(r"x\..+"), "x.x.a.io");
    assert_eq!(asked(r".*\.b\.a\.io"), "x.b.a.io");
    assert_eq!(asked(r"[^:]+:8080"), "a.a.io:8080");
    for elsewhere in [r"x\.a\.io", r"[a-z]+\.y\.a\.io", r"[a-z.]*b\.io", "[a-z]+"] {
        assert_eq!(asked(elsewhere), "Never", "{elsewhere}");
    }
}
