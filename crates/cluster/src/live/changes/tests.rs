//! One object before, one after, and what is said of it.

use super::lines;
use routescope_core::model::Object;
use routescope_manifest::files::load_text;

const ROUTE: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: child, namespace: team, labels: { delegation.kgateway.dev/label: a }, annotations: { note: x } }
spec:
  rules:
  - matches: [{ path: { value: /a } }]
    backendRefs: [{ name: one, port: 80 }]
  - matches: [{ path: { value: /b } }]
    backendRefs: [{ name: two, port: 80 }]
";

fn object(text: &str) -> Object {
    let mut loaded = load_text("test.yaml", text);
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    loaded.objects.remove(0)
}

#[track_caller]
fn says(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(lines(Some(&object(old)), Some(&object(new))), expected);
}

#[track_caller]
fn edit_says(from: &str, to: &str, expected: &[&str]) {
    assert!(ROUTE.contains(from), "{from}");
    says(ROUTE, &ROUTE.replace(from, to), expected);
}

#[test]
fn a_backend_that_changes_is_told_with_the_one_before() {
    let line = "rule 1 now goes to Service payments/v2:8080 (was Service team/one:80)";
    edit_says("{ name: one, port: 80 }", "{ name: v2, namespace: payments, port: 8080 }", &[line]);
}

#[test]
fn a_rule_that_appears_or_goes_is_told_alone() {
    let new = "rule 1 is new: PathPrefix /x → Service team/x:80";
    let rule = "  - matches: [{ path: { value: /x } }]\n    backendRefs: [{ name: x, port: 80 }]\n";
    edit_says("  rules:\n", &format!("  rules:\n{rule}"), &[new]);
    let longer = ROUTE.replace("  rules:\n", &format!("  rules:\n{rule}"));
    says(&longer, ROUTE, &["rule 1 is gone: PathPrefix /x → Service team/x:80"]);
}

#[test]
fn rules_that_change_places_are_in_another_order() {
    let rules = ROUTE.split_once("rules:\n").expect("rules").1;
    let (first, second) = rules.split_at(rules.find("  - matches: [{ path: { value: /b").expect("a second rule"));
    edit_says(rules, &format!("{second}{first}"), &["the rules are in another order"]);
}

#[test]
fn a_match_that_changes_is_told() {
    edit_says("/a }", "/aa }", &["rule 1 now matches PathPrefix /aa (was PathPrefix /a)"]);
}

#[test]
fn labels_that_select_are_told() {
    edit_says("label: a", "label: b", &["label delegation.kgateway.dev/label: a → b"]);
}

#[test]
fn what_routing_does_not_read_is_not_told() {
    edit_says("note: x", "note: other", &[]);
    let status = "status: { parents: [{ controllerName: x.io/y, parentRef: { name: gw }, conditions: [] }] }\n";
    says(ROUTE, &format!("{ROUTE}{status}"), &[]);
}

#[test]
fn hostnames_and_parents_are_told() {
    edit_says("spec:\n", "spec:\n  hostnames: [a.io, b.io]\n", &["now has hostnames a.io, b.io (was none)"]);
    let parent = "spec:\n  parentRefs: [{ name: gw, namespace: infra }]\n";
    edit_says("spec:\n", parent, &["parentRefs: Gateway infra/gw is new"]);
}

#[test]
fn weights_are_told_as_shares() {
    let two = "{ name: one, port: 80, weight: 9 }, { name: new, port: 80, weight: 1 }";
    let line = "rule 1 now goes to Service team/one:80 (90%), Service team/new:80 (10%) (was Service team/one:80)";
    edit_says("{ name: one, port: 80 }", two, &[line]);
}

#[test]
fn a_filter_that_appears_is_told() {
    let filter = "backendRefs: [{ name: one, port: 80 }]\n    filters:\n    - type: URLRewrite\n      urlRewrite: { hostname: b.io }\n";
    edit_says(
        "backendRefs: [{ name: one, port: 80 }]\n",
        filter,
        &["rule 1 now has filters rewrite host to b.io (was none)"],
    );
}

#[test]
fn listeners_are_told_by_name() {
    let gateway = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw, namespace: infra }
spec:
  gatewayClassName: kgateway
  listeners:
  - { name: http, port: 80, protocol: HTTP, hostname: a.io }
";
    says(
        gateway,
        &gateway.replace("a.io }", "b.io, allowedRoutes: { namespaces: { from: All } } }"),
        &[
            "listener http: HTTP port 80 for b.io (was HTTP port 80 for a.io)",
            "listener http now admits routes from every namespace (was its own namespace)",
        ],
    );
    says(gateway, &gateway.replace("Name: kgateway", "Name: other"), &["its class is now other (was kgateway)"]);
}

#[test]
fn a_policy_says_which_of_its_settings_changed() {
    let policy = "\
apiVersion: gateway.kgateway.dev/v1alpha1
kind: TrafficPolicy
metadata: { name: p, namespace: team }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: child }]
  csrf: { percentageEnabled: 100, additionalOrigins: [{ safeRegex: a }] }
";
    says(policy, &policy.replace("safeRegex: a", "safeRegex: b"), &["its csrf changed"]);
    let buffered = policy.replace("csrf:", "buffer: { disable: {} }\n  csrf:");
    says(policy, &buffered, &["now sets csrf, buffer off (was csrf)"]);
}
