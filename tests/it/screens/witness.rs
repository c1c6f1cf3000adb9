//! Rules that no request meets are marked; the selected rule shows a request that meets it, and one key asks it.

use routescope::tui::update::Message;
use routescope_manifest::files::Input;

use super::explorer::{Explorer, hides, read, shows};

const RULES: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw}\nspec:\n  \
    gatewayClassName: kgateway\n  listeners: [{name: http, port: 80, protocol: HTTP}]\n---\n\
    apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: shop}\nspec:\n  \
    parentRefs: [{name: gw}]\n  rules:\n  - matches: [{path: {value: /pay/}}]\n    \
    backendRefs: [{name: shop, port: 80}]\n  - matches: [{path: {value: /pay}}]\n    \
    backendRefs: [{name: shop, port: 80}]\n";

fn explorer() -> Explorer {
    let mut explorer = Explorer::waiting("shop", 120, 30);
    explorer.witnesses = true;
    let text = Input::Text { name: "shop.yaml".to_owned(), text: RULES.to_owned() };
    explorer.send(Message::Loaded(Ok(read(text))));
    explorer.press(&["+"]);
    explorer
}

#[test]
fn a_rule_that_no_request_meets_says_what_hides_it() {
    let mut explorer = explorer();
    explorer.press(&["G"]);
    shows(&explorer, "never met");
    shows(&explorer, "no request: hidden by default/shop rule");
    explorer.press(&["w"]);
    shows(&explorer, "no request meets this rule");
}

#[test]
fn one_key_asks_the_request_that_meets_a_rule() {
    let mut explorer = explorer();
    explorer.press(&["G", "up"]);
    hides(&explorer, "no request: hidden");
    shows(&explorer, "GET http://example.com/pay  w asks it");
    explorer.press(&["w"]);
    assert_eq!(explorer.state.ask.input.value(), "http://example.com/pay");
    assert!(explorer.state.side().answer.decision().is_some_and(|decision| decision.row().is_some()));
}
