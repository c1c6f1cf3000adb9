//! What a person may type, and what becomes of it: as in Envoy, or refused with a reason.
//!
//! kgateway's HTTP connection manager has `normalize_path` and `merge_slashes`, and leaves
//! `path_with_escaped_slashes_action` at `KEEP_UNCHANGED` (kgateway `pkg/kgateway/translator/irtranslator/fc.go`); ports are no
//! part of the name of a virtual host there (`ignore_port_in_host_matching`). Each line was put to an Envoy 1.38.3 with that
//! configuration, byte for byte, except for those that are refused here: a client never sends them.

use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use routescope_core::router::Request;
use routescope_core::store::Coverage;

const WORLD: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: kgateway
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a}
spec:
  parentRefs: [{name: gw}]
  hostnames: [a.io]
  rules:
  - backendRefs: [{name: a, port: 80}]
  - matches: [{headers: [{name: X-T, value: gold}]}]
    backendRefs: [{name: gold, port: 80}]
  - matches: [{headers: [{name: X-T, value: 'gold,silver'}]}]
    backendRefs: [{name: joined, port: 80}]
  - matches: [{path: {value: /a/b}}]
    backendRefs: [{name: ab, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: b}
spec:
  parentRefs: [{name: gw}]
  hostnames: ['*.b.io']
  rules: [{backendRefs: [{name: b, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: idn}
spec:
  parentRefs: [{name: gw}]
  hostnames: [xn--bcher-kva.io]
  rules: [{backendRefs: [{name: idn, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: any}
spec:
  parentRefs: [{name: gw}]
  rules: [{backendRefs: [{name: any, port: 80}]}]
";

/// What becomes of a request: `SERVICE PATH` as the backend receives it, `400`, `none` (no listener), or `refused: WHY`.
fn answer(analysis: &Analysis, url: &str, method: &str, headers: &[&str]) -> String {
    let request = Request::parse(url).and_then(|request| request.with_method(method));
    let request = headers.iter().try_fold(request, |request, header| {
        Ok::<_, std::convert::Infallible>(request.and_then(|request| request.with_header(header)))
    });
    let request = match request {
        Ok(Ok(request)) => request,
        Ok(Err(error)) => return format!("refused: {}", error.message),
    };
    let answers = analysis.decide(&request, None);
    let Some(first) = answers.first() else { return "none".to_owned() };
    assert_eq!(first.unverified, [], "{url}");
    match (first.status(), first.destinations().next()) {
        (Some(status), _) => status.to_string(),
        (None, Some(to)) => {
            let received = first.outcome.upstream().as_ref().map(|upstream| upstream.path.clone()).unwrap_or_default();
            format!("{} {received}", to.name)
        }
        (None, None) => "nothing".to_owned(),
    }
}

fn hold(lines: &[(&str, &str, &[&str], &str)]) {
    let services = ["a", "ab", "any", "b", "gold", "idn", "joined"].map(|name| {
        format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}]}}\n")
    });
    let world = WORLD.to_owned() + &services.concat();
    let analysis = routescope_manifest::analyse_text(&world, Coverage::closed(), Settings::default());
    let mut failures = Vec::new();
    for (url, method, headers, expected) in lines {
        let actual = answer(&analysis, url, method, headers);
        let fits = match expected.strip_prefix("refused: ") {
            Some(part) => actual.strip_prefix("refused: ").is_some_and(|why| why.contains(part)),
            None => actual == *expected,
        };
        if !fits {
            failures.push(format!("{method} {url:?} {headers:?}: expected {expected:?}, got {actual:?}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn targets(lines: &[(&str, &str)]) {
    let lines: Vec<(String, &str)> =
        lines.iter().map(|(target, expected)| (format!("http://a.io{target}"), *expected)).collect();
    hold(&lines.iter().map(|(url, expected)| (url.as_str(), "GET", &[][..], *expected)).collect::<Vec<_>>());
}

#[test]
fn a_path_is_normalised_and_slashes_are_merged() {
    targets(&[
        ("//a", "a /a"),
        ("/a//b", "ab /a/b"),
        ("/a/./b", "ab /a/b"),
        ("/a/../b", "a /b"),
        ("/a/..", "a /"),
        ("/..", "a /"),
        ("/../x", "a /x"),
        ("/a/.", "a /a/"),
        ("/./", "a /"),
        ("/a/...", "a /a/..."),
        ("/a/..;/b", "a /a/..;/b"),
        ("/a/b/", "ab /a/b/"),
        ("/a/b//", "ab /a/b/"),
        ("//b.b.io/x", "a /b.b.io/x"),
        ("/a\\b", "ab /a/b"),
        ("/a\\..\\b", "a /b"),
    ]);
}

#[test]
fn escapes_of_dots_and_letters_are_decoded_and_others_stay_as_written() {
    targets(&[
        ("/a/%2e/b", "ab /a/b"),
        ("/a/%2e%2e/b", "a /b"),
        ("/a/%2E%2E/b", "a /b"),
        ("/a/.%2e/b", "a /b"),
        ("/%61/b", "ab /a/b"),
        ("/a/%7e", "a /a/~"),
        ("/a%2fb", "a /a%2fb"),
        ("/a%2Fb", "a /a%2Fb"),
        ("/a/%2F/b", "a /a/%2F/b"),
        ("/a%5cb", "a /a%5cb"),
        ("/a%25b", "a /a%25b"),
        ("/a%20b", "a /a%20b"),
        ("/%c3%a4", "a /%c3%a4"),
        ("/a%zz", "a /a%zz"),
        ("/a%2", "a /a%2"),
        ("/a%", "a /a%"),
        ("/a%00", "400"),
        ("/a|b", "a /a%7Cb"),
        ("/a\"b", "a /a%22b"),
        ("/a{b}", "a /a%7Bb%7D"),
        ("/a b", "400"),
        ("/ä", "400"),
    ]);
}

#[test]
fn a_fragment_stays_behind_and_a_query_is_kept() {
    targets(&[
        ("", "a /"),
        ("/a#f", "a /a"),
        ("/a?x=1#f", "a /a?x=1"),
        ("/a?", "a /a?"),
        ("?x", "a /?x"),
        ("/a?x=%zz", "a /a?x=%zz"),
        ("/go?to=http://b.b.io/", "a /go?to=http://b.b.io/"),
    ]);
}

#[test]
fn a_host_is_looked_up_without_case_and_port() {
    hold(&[
        ("http://A.IO/", "GET", &[], "a /"),
        ("HTTP://a.io/", "GET", &[], "a /"),
        ("http://a.io:80/", "GET", &[], "a /"),
        ("http://a.io:/", "GET", &[], "a /"),
        ("http://x.y.b.io/", "GET", &[], "b /"),
        ("http://b.io/", "GET", &[], "any /"),
        ("http://.b.io/", "GET", &[], "any /"),
        ("http://XN--BCHER-KVA.io/", "GET", &[], "idn /"),
        ("http://bücher.io/", "GET", &[], "refused: not ASCII"),
        // A dot at the end is a part of the name.
        ("http://a.io./", "GET", &[], "any /"),
        ("http://x.b.io.:80/", "GET", &[], "any /"),
        ("http://[::1]/", "GET", &[], "any /"),
        ("http://[::1]:80/", "GET", &[], "any /"),
        ("http://::1/", "GET", &[], "refused: no brackets"),
        ("http://127.0.0.1/", "GET", &[], "any /"),
        ("http://a_b.io/", "GET", &[], "any /"),
        ("http://me:secret@a.io/", "GET", &[], "refused: user name or password"),
        ("http://a.io:x/", "GET", &[], "refused: not a valid port"),
        ("http://a.io:81/", "GET", &[], "none"),
        ("https://a.io/", "GET", &[], "none"),
        ("ftp://a.io/", "GET", &[], "refused: not http or https"),
        ("http://*.b.io/", "GET", &[], "refused: is a pattern"),
        ("http://a%2eio/", "GET", &[], "refused: holds '%'"),
    ]);
}

#[test]
fn a_host_header_is_taken_as_it_is_sent() {
    let sent = |host: &'static str, expected: &'static str| {
        hold(&[("http://a.io/", "GET", &[format!("Host: {host}").as_str()], expected)]);
    };
    sent("x.b.io", "b /");
    sent("A.IO:81", "a /");
    sent("a.io:x", "a /");
    sent("a.io:99999", "a /");
    sent("a.io.", "any /");
    sent("*.b.io", "b /");
    sent("u@a.io", "any /");
    sent("a%2eio", "any /");
    sent("::1", "any /");
    sent("bücher.io", "400");
    sent("a io", "400");
    sent("a.io/x", "400");
    hold(&[
        ("http://a.io/", "GET", &["Host;"], "any /"),
        ("http://a.io/", "GET", &[":authority: x.b.io"], "b /"),
        ("http://a.io/", "GET", &["Host: a.io", "host: x.b.io"], "refused: given twice"),
    ]);
}

#[test]
fn lines_of_a_header_are_joined_and_names_ignore_case() {
    hold(&[
        ("http://a.io/", "GET", &["x-t: gold"], "gold /"),
        ("http://a.io/", "GET", &["X-T:  gold "], "gold /"),
        ("http://a.io/", "GET", &["x-t: gold\t"], "gold /"),
        ("http://a.io/", "GET", &["x-t: Gold"], "a /"),
        ("http://a.io/", "GET", &["x_t: gold"], "a /"),
        ("http://a.io/", "GET", &["x-t: gold", "x-t: silver"], "joined /"),
        ("http://a.io/", "GET", &["x-t: gold", "X-T: silver"], "joined /"),
        ("http://a.io/", "GET", &["x-t: gold,silver"], "joined /"),
        ("http://a.io/", "GET", &["x-t: gold, silver"], "a /"),
        ("http://a.io/", "GET", &["x-t: gold", "x-t;"], "a /"),
        ("http://a.io/", "GET", &["x-t;"], "a /"),
        ("http://a.io/", "GET", &["x-t: göld"], "a /"),
        ("http://a.io/", "GET", &["x t: gold"], "refused: which no header name may"),
        ("http://a.io/", "GET", &["x-t: go\u{1}ld"], "refused: control character"),
    ]);
}

#[test]
fn methods_are_those_of_the_codec_and_a_target_is_a_path() {
    hold(&[
        ("http://a.io/", "OPTIONS", &[], "a /"),
        ("http://a.io/", "TRACE", &[], "a /"),
        ("http://a.io/", "get", &[], "400"),
        ("http://a.io/", "QUERY", &[], "400"),
        ("http://a.io/", "CONNECT", &[], "400"),
        ("*", "OPTIONS", &[], "refused: asks the server as a whole"),
        // What a proxy is sent (`GET http://x.b.io/x HTTP/1.1`) is typed as the URL that it holds.
        ("http://x.b.io/x", "GET", &[], "b /x"),
    ]);
}
