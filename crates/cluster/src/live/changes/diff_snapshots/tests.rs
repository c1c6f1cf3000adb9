use super::*;
use routescope_core::resolve::Settings;
use routescope_core::store::Coverage;

const WORLD: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw, namespace: infra }
spec:
  gatewayClassName: kgateway
  listeners: [{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: parent, namespace: infra }
spec:
  parentRefs: [{ name: gw }]
  rules:
  - matches: [{ path: { value: /pay } }]
    backendRefs: [{ group: delegation.kgateway.dev, kind: label, name: pay, namespace: all }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: child, namespace: pay, labels: { delegation.kgateway.dev/label: pay } }
spec:
  rules:
  - matches: [{ path: { value: /pay/charge } }]
    backendRefs: [{ name: one, port: 80 }]
";

fn child() -> usize {
    WORLD.rfind("---").expect("a last document")
}

#[track_caller]
fn says(old: &str, new: &str, expected: &[&str]) {
    let analysis = |text: &str| routescope_manifest::analyse_text(text, Coverage::open(), Settings::default());
    let told = diff_snapshots(&analysis(old), &analysis(new), SystemTime::UNIX_EPOCH);
    let told: Vec<String> =
        told.iter().map(|one| format!("{:?} {}: {}", one.how, one.subject, one.lines.join("; "))).collect();
    assert_eq!(told, expected);
}

#[test]
fn nothing_is_told_where_only_places_and_comments_differ() {
    says(WORLD, &format!("# a comment\n\n{WORLD}"), &[]);
}

#[test]
fn a_child_that_appears_is_told_with_the_rule_that_selects_it() {
    says(
        &WORLD[..child()],
        WORLD,
        &["Added HTTPRoute pay/child: rule 1 of infra/parent (label pay) selects it now, and no longer answers 500; \
           rule 1: PathPrefix /pay/charge → Service pay/one:80"],
    );
}

#[test]
fn a_child_that_goes_is_told_with_what_the_rule_answers_then() {
    says(
        WORLD,
        &WORLD[..child()],
        &[
            "Deleted HTTPRoute pay/child: rule 1 of infra/parent (label pay) no longer selects it, and answers 500 now; \
           rule 1: PathPrefix /pay/charge → Service pay/one:80",
        ],
    );
}

#[test]
fn a_label_that_changes_is_told_with_who_selects_by_it() {
    says(
        &WORLD.replace("kgateway.dev/label: pay", "kgateway.dev/label: payment"),
        WORLD,
        &["Modified HTTPRoute pay/child: label delegation.kgateway.dev/label: payment → pay; rule 1 of infra/parent \
           (label pay) selects it now, and no longer answers 500"],
    );
}

#[test]
fn a_path_that_does_not_fit_under_the_parent_is_told() {
    says(
        WORLD,
        &WORLD.replace("/pay/charge", "/charge"),
        &[
            "Modified HTTPRoute pay/child: rule 1 now matches PathPrefix /charge (was PathPrefix /pay/charge); rule 1 of \
           infra/parent (label pay) selects it without effect: none of its matches fits there",
        ],
    );
}

#[test]
fn a_parent_that_asks_for_what_nobody_wears_is_told_what_it_answers() {
    says(
        WORLD,
        &WORLD.replace("name: pay, namespace: all", "name: pays, namespace: all"),
        &[
            "Modified HTTPRoute infra/parent: rule 1 now goes to label all/pays (was label all/pay); rule 1 answers 500 now: \
           label pays leads nowhere",
        ],
    );
}

#[test]
fn a_route_that_is_attached_is_told_where() {
    says(
        &WORLD.replace("  parentRefs: [{ name: gw }]\n", ""),
        WORLD,
        &[
            "Modified HTTPRoute infra/parent: parentRefs: Gateway infra/gw is new; now on listener http of Gateway infra/gw",
        ],
    );
}

#[test]
fn a_route_that_nothing_leads_to_is_told_as_such() {
    let stranger = WORLD[child()..].replace("name: child", "name: stranger").replace("label: pay", "label: nobody");
    says(
        WORLD,
        &format!("{WORLD}{stranger}"),
        &["Added HTTPRoute pay/stranger: nothing leads to it; rule 1: PathPrefix /pay/charge → Service pay/one:80"],
    );
}

#[test]
fn a_gateway_that_admits_fewer_routes_is_told_how_many_are_left() {
    says(
        WORLD,
        &WORLD.replace("{ from: All }", "{ from: All }, kinds: [{ kind: GRPCRoute }]"),
        &["Modified Gateway infra/gw: listener http now admits GRPCRoute; listener http now serves 0 routes (was 1)"],
    );
}

#[test]
fn endpoints_that_all_go_are_told_with_what_clients_get() {
    let slice = |ready: bool| {
        format!(
            "{WORLD}---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{ name: one-x, namespace: pay, \
             labels: {{ kubernetes.io/service-name: one }} }}\naddressType: IPv4\nports: [{{ port: 80 }}]\nendpoints:\n\
             - {{ addresses: [10.0.0.1], conditions: {{ ready: {ready} }} }}\n"
        )
    };
    says(&slice(true), &slice(false), &["Modified Service pay/one: endpoints 1/1 → 0/1 ready: clients get a 503"]);
    says(&slice(false), &slice(true), &["Modified Service pay/one: endpoints 0/1 → 1/1 ready: it serves"]);
}
