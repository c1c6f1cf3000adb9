//! What the real binary says of engines, listeners and Gateways, in short manifests given on standard input.

use std::io::Write;
use std::process::{Command, Stdio};

/// What a command prints for manifests, and how it exits.
fn run(arguments: &[&str], manifests: &str) -> (String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(arguments).args(["-f", "-"]).env("KUBECONFIG", "nowhere.kubeconfig");
    command.env_remove("KUBERNETES_SERVICE_HOST").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let _ = child.stdin.take().expect("a pipe").write_all(manifests.as_bytes());
    let output = child.wait_with_output().expect("the binary ends");
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).expect("UTF-8"), output.status.code().expect("an exit code"))
}

#[track_caller]
fn says(arguments: &[&str], manifests: &str, code: i32, parts: &[&str]) {
    let (said, exit) = run(arguments, manifests);
    assert_eq!(exit, code, "{said}");
    // Long lines are broken at blanks.
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

fn gateway(name: &str, listeners: &str) -> String {
    format!(
        "---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: {name}, namespace: infra}}, \
         spec: {{gatewayClassName: kgateway, listeners: [{listeners}]}}}}\n"
    )
}

fn route(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: {kind}, metadata: {{name: {name}, namespace: infra}}, \
         spec: {{{spec}}}}}\n"
    )
}

const SERVICE: &str =
    "---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: infra}, spec: {ports: [{port: 80}]}}\n";
const HTTP: &str = "{name: http, protocol: HTTP, port: 80}";
const TO_WEB: &str = "backendRefs: [{name: web, port: 80}]";

#[test]
fn a_404_names_the_wider_host_that_is_not_asked() {
    let exact = format!(
        "parentRefs: [{{name: gw}}], hostnames: [a.x.io], rules: [{{matches: [{{path: {{value: /cart}}}}], {TO_WEB}}}]"
    );
    let wide = format!("parentRefs: [{{name: gw}}], hostnames: ['*.x.io'], rules: [{{{TO_WEB}}}]");
    let world = gateway("gw", HTTP) + &route("HTTPRoute", "exact", &exact) + &route("HTTPRoute", "wide", &wide);
    let told = "host *.x.io has a rule that takes it, and is not asked: a.x.io has routes of its own";
    says(&["where", "http://a.x.io/login"], &world, 1, &["404", told]);
}

#[test]
fn a_404_names_another_listener_that_has_a_rule() {
    let https = "{name: https, protocol: HTTPS, port: 443, tls: {certificateRefs: [{name: cert}]}}";
    let only = format!("parentRefs: [{{name: gw, sectionName: https}}], hostnames: [a.io], rules: [{{{TO_WEB}}}]");
    let world = gateway("gw", &format!("{HTTP}, {https}")) + &route("HTTPRoute", "only", &only);
    says(&["where", "http://a.io/x"], &world, 1, &["listener https (port 443) has a rule that takes it"]);
}

#[test]
fn a_rewrite_says_whose_it_is_and_what_it_acts_on() {
    let root = "parentRefs: [{name: gw}], rules: [{matches: [{path: {value: /v1}}], \
                filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], \
                backendRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: leaf}]}]";
    let leaf = format!("rules: [{{matches: [{{path: {{value: /v1/items}}}}], {TO_WEB}}}]");
    let world = gateway("gw", HTTP) + &route("HTTPRoute", "root", root) + &route("HTTPRoute", "leaf", &leaf) + SERVICE;
    let told = "by infra/root rule 1, on the prefix /v1/items of infra/leaf";
    says(&["where", "http://a.io/v1/items/7"], &world, 0, &["a.io/7", told]);
}

#[test]
fn a_redirect_to_itself_does_not_arrive() {
    let https = "{name: https, protocol: HTTPS, port: 443, tls: {certificateRefs: [{name: cert}]}}";
    let redirect =
        "parentRefs: [{name: gw}], rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]";
    let world = gateway("gw", &format!("{HTTP}, {https}")) + &route("HTTPRoute", "to-https", redirect);
    says(&["where", "https://a.io/x"], &world, 1, &["the very same URL"]);
    says(&["where", "http://a.io/x"], &world, 1, &["https://a.io/x"]);
}

#[test]
fn gateways_without_routes_are_read() {
    let world = gateway(
        "gw",
        &format!("{HTTP}, {{name: two, protocol: HTTPS, port: 80, tls: {{certificateRefs: [{{name: cert}}]}}}}"),
    );
    says(&["check"], &world, 1, &["listener-rejected", "ProtocolConflict"]);
    says(&["status"], &world, 0, &["listener two", "ProtocolConflict"]);
    says(&["tree"], &world, 0, &[":80 http", "two", "ProtocolConflict"]);
    says(&["where", "http://a.io/"], &world, 1, &["404"]);
}

#[test]
fn what_envoy_refuses_is_not_served() {
    let odd = format!(
        "parentRefs: [{{name: gw}}], rules: [{{matches: [{{path: {{type: RegularExpression, value: '/(a'}}}}], {TO_WEB}}}, \
         {{matches: [{{path: {{value: /fine}}}}], {TO_WEB}}}]"
    );
    let world = gateway("gw", HTTP) + &route("HTTPRoute", "odd", &odd) + SERVICE;
    says(&["where", "http://a.io/fine"], &world, 1, &["⚠ not served: Envoy refuses the whole route table of port 80"]);
}

#[test]
fn below_a_manifest_that_crashes_the_control_plane_nothing_is_served() {
    let root = "parentRefs: [{name: gw}], rules: [{matches: [], \
                backendRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: leaf}]}]";
    let leaf = format!(
        "---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: leaf, namespace: infra, \
         annotations: {{delegation.kgateway.dev/inherit-parent-matcher: 'true'}}}}, \
         spec: {{rules: [{{matches: [{{path: {{value: /x}}}}], {TO_WEB}}}]}}}}\n"
    );
    let world = gateway("gw", HTTP) + &route("HTTPRoute", "root", root) + &leaf + SERVICE;
    says(&["where", "http://a.io/x"], &world, 1, &["⚠ not served: the control plane crashes on rule 1 of infra/root"]);
}

#[test]
fn gateways_that_answer_differently_are_announced() {
    let one = format!("parentRefs: [{{name: one}}], rules: [{{{TO_WEB}}}]");
    let two = format!(
        "parentRefs: [{{name: two}}], hostnames: [a.io], rules: [{{matches: [{{path: {{value: /y}}}}], {TO_WEB}}}]"
    );
    let world = gateway("one", HTTP)
        + &gateway("two", HTTP)
        + &route("HTTPRoute", "one", &one)
        + &route("HTTPRoute", "two", &two)
        + SERVICE;
    let (said, _) = run(&["where", "http://a.io/x"], &world);
    assert!(said.starts_with("≠ 2 Gateways answer, and not alike"), "{said}");
    assert!(said.find("infra/two").zip(said.find("infra/one")).is_some_and(|(two, one)| two < one), "{said}");
}

#[test]
fn a_gateway_whose_listener_names_the_host_comes_first_although_no_route_of_it_does() {
    let route_of =
        |name: &str| route("HTTPRoute", name, &format!("parentRefs: [{{name: {name}}}], rules: [{{{TO_WEB}}}]"));
    let named = gateway("two", HTTP).replace("protocol: HTTP", "protocol: HTTP, hostname: '*.io'");
    let world = gateway("one", HTTP) + &named + &route_of("one") + SERVICE;
    let (said, _) = run(&["where", "http://a.io/x"], &world);
    assert!(said.find("infra/two").zip(said.find("infra/one")).is_some_and(|(two, one)| two < one), "{said}");
    assert!(said.contains(":80 http  *.io"), "{said}");
    let (said, _) = run(&["where", "http://a.com/x"], &world);
    assert!(!said.contains("infra/two") || said.find("infra/one") < said.find("infra/two"), "{said}");
}

#[test]
fn an_assumed_engine_is_said_in_answers_findings_and_statuses() {
    let world = gateway("gw", HTTP).replace("kgateway", "public")
        + &route("HTTPRoute", "site", &format!("parentRefs: [{{name: gw}}], rules: [{{{TO_WEB}}}]"))
        + SERVICE;
    let told = "assumed kgateway: its GatewayClass is not in the input";
    says(&["where", "http://a.io/"], &world, 0, &[told]);
    says(&["check"], &world, 0, &[told]);
    says(&["status"], &world, 0, &[told]);
    says(&["where", "http://a.io/", "-o", "json"], &world, 0, &["\"confidence\": \"unverified\"", told]);
}

#[test]
fn a_tls_route_is_drawn_and_answered() {
    let pass = "{name: pass, protocol: TLS, port: 443, tls: {mode: Passthrough}}";
    let old = format!("parentRefs: [{{name: gw}}], hostnames: [old.io], rules: [{{{TO_WEB}}}]");
    let world = gateway("gw", pass) + &route("TLSRoute", "old", &old) + SERVICE;
    says(&["tree"], &world, 0, &["TLSRoute old (infra) old.io → Service web:80"]);
    says(&["tree", "-o", "json"], &world, 0, &["\"kind\": \"TLSRoute\"", "\"destinations\""]);
    let json = ["\"outcome\": \"passthrough\"", "\"kind\": \"TLSRoute\"", "\"name\": \"old\"", "\"name\": \"web\""];
    says(&["where", "https://old.io/x", "-o", "json"], &world, 0, &json);
    says(&["where", "https://old.io/x"], &world, 0, &["● infra/web:80", "takes the connection"]);
}
