//! The filter finds what people type, and the faults are found without one.

use routescope_manifest::files::Input;

use super::explorer::{Explorer, demo, example, hides, shows};

/// Two namespaces whose routes serve the same paths on two hosts.
const TWO: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec:
  gatewayClassName: kgateway
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders, namespace: shop}
spec:
  parentRefs: [{name: web, namespace: infra}]
  hostnames: [Shop.example.com]
  rules:
  - matches: [{path: {value: /pay}}]
    backendRefs: [{name: cashier, port: 80}]
  - matches: [{path: {value: /payments}}]
    backendRefs: [{name: orders, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: bank, namespace: team}
spec:
  parentRefs: [{name: web, namespace: infra}]
  hostnames: [bank.example.com]
  rules:
  - matches: [{path: {value: /repay}}]
    backendRefs: [{name: ledger, port: 80}]
  - matches: [{path: {value: /pay/back}}]
    backendRefs: [{name: orders, port: 80}]
";

fn two() -> Explorer {
    Explorer::new("two", Input::Text { name: "two.yaml".to_owned(), text: TWO.to_owned() }, 120, 40)
}

/// The rows that the filter leaves, as they are written.
fn left(typed: &str) -> String {
    let mut explorer = two();
    explorer.press(&["/"]).write(typed);
    let text = explorer.text();
    let rows = text.lines().skip(6).map(|line| line.chars().skip(1).take(64).collect::<String>());
    rows.filter(|row| row.contains('→')).map(|row| row.trim().to_owned() + "\n").collect()
}

#[test]
fn case_order_fields_and_exclusions() {
    for (typed, wanted) in [
        ("PAYMENTS", "/payments"),
        ("orders payments", "/payments"),
        ("payments shop", "/payments"),
        ("shop/cashier", "/pay →"),
        ("infra/web ledger", "/repay"),
        ("ns:team ledger", "/repay"),
        ("host:bank path:/pay", "/pay/back"),
        ("backend:cashier", "/pay →"),
        ("backend:shop/orders", "/payments"),
        ("path:pay !shop !back ns:team", "/repay"),
    ] {
        let left = left(typed);
        assert!(left.contains(wanted), "{typed}: {left}");
    }
    let rows = left("ns:shop !cashier");
    assert!(rows.contains("/payments") && !rows.contains("cashier") && !rows.contains("/repay"), "{rows}");
    let rows = left("backend:orders");
    assert!(rows.contains("/payments") && rows.contains("/pay/back") && !rows.contains("cashier"), "{rows}");
}

#[test]
fn the_whole_word_comes_before_its_beginning() {
    let mut explorer = two();
    explorer.press(&["/"]).write("pay");
    let selected = |explorer: &Explorer| {
        let side = explorer.state.side();
        side.outline().expect("a world").label(side.selected().expect("a row")).main.plain()
    };
    assert!(selected(&explorer).starts_with("/pay →"), "{}", selected(&explorer));
}

#[test]
fn a_filter_that_marks_leaves_every_row_and_steps_from_match_to_match() {
    let mut explorer = demo(120, 40);
    explorer.press(&["-", "/"]).write("claims");
    explorer.press(&["f7", "enter"]);
    shows(&explorer, "/insurance/claims");
    shows(&explorer, "/banking ");
    shows(&explorer, "tree &claims");
    explorer.press(&["-", "n"]);
    shows(&explorer, "/insurance/claims");
    explorer.press(&["&"]);
    hides(&explorer, "/banking ");
}

#[test]
fn a_filter_that_hides_the_answer_says_so() {
    let mut explorer = demo(120, 40);
    explorer.press(&["/"]).write("insurance");
    explorer.press(&["enter"]);
    explorer.ask("https://api.example.com/payments/charge/42");
    shows(&explorer, "hides the answer");
    explorer.press(&["enter"]);
    hides(&explorer, "hides the answer");
    shows(&explorer, "/payments/charge");
}

#[test]
fn folded_rows_count_their_faults() {
    let mut explorer = example("unresolved", 120, 40);
    explorer.press(&["g3"]);
    shows(&explorer, "www (platform) (6) ✗3");
    explorer.press(&["-"]);
    shows(&explorer, "Gateway platform/web · kgateway (1) ✗3");
}

#[test]
fn only_rows_with_faults_can_be_shown() {
    let mut explorer = example("unresolved", 120, 40);
    explorer.press(&["F"]);
    shows(&explorer, "tree · faults only");
    shows(&explorer, "/typo ⇢ label team-x");
    shows(&explorer, "www (platform)");
    hides(&explorer, "/half");
    explorer.press(&["F"]);
    shows(&explorer, "/half");
    let mut explorer = demo(120, 40);
    explorer.press(&["F"]);
    shows(&explorer, "no row has a fault");
    shows(&explorer, "/banking");
}

#[test]
fn a_fault_is_a_mark_in_the_row_and_one_sentence_in_the_detail() {
    let mut explorer = example("unresolved", 120, 40);
    explorer.press(&["/"]).write("named");
    explorer.press(&["enter"]);
    shows(&explorer, "with-hostnames ✗ 500");
    let text = explorer.text();
    let detail: String = text.lines().skip(6).map(|line| line.chars().skip(67).collect::<String>() + "\n").collect();
    assert_eq!(detail.matches("which a delegated route must").count(), 1, "{detail}");
    hides(&explorer, "nothing it selects");
    assert!(detail.contains("fix       remove spec.hostnames"), "{detail}");
}
