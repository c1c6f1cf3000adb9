//! Questions and their answers, and what the panes tell of them, on files.

use routescope_manifest::files::Input;

use super::explorer::{Explorer, cluster, demo, example, hides, shows, synced};

#[test]
fn the_first_screen_shows_tree_and_detail() {
    insta::assert_snapshot!(demo(120, 40).both());
}

#[test]
fn a_typed_url_lights_its_path_and_says_where_it_goes() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/payments/charge/42");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn in_80_by_24_the_reasons_stand_under_the_tree() {
    let mut explorer = demo(80, 24);
    explorer.ask("https://api.example.com/banking/cards");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn in_60_by_20_the_answer_stands_over_one_pane() {
    let mut explorer = demo(60, 20);
    explorer.ask("https://api.example.com/banking/cards");
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["enter", "tab"]);
    shows(&explorer, "banking/cards");
    insta::assert_snapshot!("in_60_by_20_tab_shows_the_detail", explorer.text());
}

#[test]
fn a_cross_is_drawn_once_where_a_match_is_dropped() {
    let mut explorer = example("multi-level", 120, 40);
    explorer.press(&["u"]).write("http://www.example.com/cart");
    let screen = explorer.text();
    let line = screen.lines().find(|line| line.contains("/cart") && line.contains("dropped")).expect("the row");
    assert_eq!(line.matches('✗').count(), 1, "{line}");
}

#[test]
fn a_url_that_reaches_nothing_shows_how_far_it_came() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/payments/nothing");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn a_path_that_misses_a_delegating_rule_by_a_letter_is_told_of_it() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/payment/42");
    shows(&explorer, "did you mean /payments?");
}

#[test]
fn a_broken_delegation_says_what_the_client_gets() {
    let explorer = example("unresolved", 120, 40);
    insta::assert_snapshot!(explorer.both());
}

/// A cluster's own words beside its routes: endpoints, addresses, recorded status.
fn recorded(width: u16, height: u16) -> Explorer {
    Explorer::new("recorded", Input::Path("tests/data/cli/endpoints.yaml".into()), width, height)
}

#[test]
fn a_gateway_tells_its_addresses_and_what_is_recorded_of_it() {
    let explorer = recorded(120, 40);
    for text in ["203.0.113.7, edge.example.net", "✗ Programmed=False AddressNotAssigned:"] {
        shows(&explorer, text);
    }
}

#[test]
fn what_is_wrong_with_one_rule_is_not_said_of_another() {
    let mut explorer = cluster(120, 40);
    let text = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw, namespace: web }
spec: { gatewayClassName: kgateway, listeners: [{ name: http, port: 80, protocol: HTTP }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: r, namespace: web }
spec:
  parentRefs: [{ name: gw }]
  rules:
  - matches: [{ path: { value: /good } }]
    backendRefs: [{ name: s, port: 80 }]
  - matches: [{ path: { value: /broken } }]
    backendRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: missing }]
";
    explorer.holds(text, synced());
    explorer.click_on("/good");
    shows(&explorer, "match     PathPrefix /good");
    hides(&explorer, "finding   ");
    explorer.click_on("/broken");
    shows(&explorer, "client    ✗ 500: there is no HTTPRoute web/missing");
    explorer.click_on("r (web)");
    shows(&explorer, "finding   ⚠ there is no HTTPRoute web/missing");
}

#[test]
fn a_match_tells_who_serves_its_backend() {
    let mut explorer = recorded(140, 44);
    explorer.ask("http://shop.example.com/cart/1");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn a_rule_tells_the_policies_on_its_way() {
    let mut explorer = example("policies", 120, 40);
    explorer.press(&["end"]);
    insta::assert_snapshot!(explorer.text());
}

#[test]
fn an_answer_that_nobody_serves_says_so() {
    let mut explorer = recorded(120, 40);
    explorer.ask("http://shop.example.com/pay");
    shows(&explorer, "✗ shop/pay:80 ✗ 503: 0/1 ready");
    shows(&explorer, "the only endpoint of Service shop/pay is not ready: clients get 503");
    explorer.press(&["ctrl-u"]).write("http://shop.example.com/search");
    shows(&explorer, "90% shop/cart:80 2/3 ready, 1 terminating");
    shows(&explorer, "10% shop/pay:80 ✗ 503: 0/1 ready");
}

#[test]
fn in_ascii_nothing_else_is_drawn() {
    let mut explorer = demo(80, 24);
    explorer.state.ascii = true;
    explorer.ask("https://api.example.com/banking/cards");
    let text = explorer.text();
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}
