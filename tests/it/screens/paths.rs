//! The path view: while a URL is asked, what is beside its way shrinks to a count.

use std::fmt::Write as _;

use routescope::tui::update::Message;
use routescope_manifest::files::Input;

use super::explorer::{Explorer, hides, read, shows};

/// A Gateway with so many routes beside the one that delegates to `payments`.
fn crowd(routes: usize) -> Input {
    let mut text = String::from(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: web, namespace: infra}\nspec: {gatewayClassName: \
         kgateway, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}\n",
    );
    for number in 0..routes {
        let _ = write!(
            text,
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: other-{number}, namespace: \
             crowd}}\nspec: {{parentRefs: [{{name: web, namespace: infra}}], rules: [{{matches: [{{path: {{value: \
             /other/{number}}}}}], backendRefs: [{{name: s, port: 80}}]}}]}}\n"
        );
    }
    text += "---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: parent, namespace: infra}
spec:
  parentRefs: [{name: web}]
  rules:
  - matches: [{path: {value: /cards}}]
    backendRefs: [{name: cards, port: 80}]
  - matches: [{path: {value: /payments}}]
    backendRefs: [{group: delegation.kgateway.dev, kind: label, name: payments, namespace: all}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: child, namespace: team, labels: {delegation.kgateway.dev/label: payments}}
spec:
  rules:
  - matches: [{path: {value: /payments/charge}, method: POST}]
    backendRefs: [{name: writer, port: 80}]
  - matches: [{path: {value: /payments/charge}}]
    backendRefs: [{name: reader, port: 80}]
  - matches: [{path: {value: /payments/refund}}]
    backendRefs: [{name: refunds, port: 80}]
";
    Input::Text { name: "crowd.yaml".to_owned(), text }
}

fn asked(width: u16, height: u16) -> Explorer {
    let mut explorer = Explorer::new("crowd", crowd(40), width, height);
    explorer.ask("http://a.io/payments/charge/1");
    explorer.press(&["enter"]);
    explorer
}

#[test]
fn the_whole_way_is_on_the_screen_and_what_is_beside_it_is_counted() {
    for (width, height) in [(120, 40), (80, 24)] {
        let explorer = asked(width, height);
        for text in ["Gateway infra/web", ":80 http", "parent (infra)", "/payments ", "child (team)", "reader:80"] {
            shows(&explorer, text);
        }
        hides(&explorer, "other-7");
    }
    let explorer = asked(120, 40);
    shows(&explorer, "└┄ 40 other routes");
    insta::assert_snapshot!("path_view_120x40", explorer.both());
}

#[test]
fn a_count_opens() {
    let mut explorer = asked(120, 60);
    explorer.press(&["G", "enter"]);
    shows(&explorer, "other-0 (crowd)");
}

#[test]
fn a_reload_leaves_the_path_view_as_it_is() {
    let mut explorer = asked(120, 40);
    let before = explorer.text();
    explorer.send(Message::Loaded(Ok(read(crowd(40)))));
    explorer.state.notice = None;
    assert_eq!(explorer.text(), before);
}

#[test]
fn what_nearly_took_the_request_is_of_the_world_that_is_shown() {
    let mut explorer = asked(80, 14);
    shows(&explorer, "needs method POST");
    // The rows before those of the path are gone, and with them their numbers.
    explorer.send(Message::Loaded(Ok(read(crowd(1)))));
    shows(&explorer, "reader:80");
    shows(&explorer, "needs method POST");
}

#[test]
fn a_tree_that_fits_stays_whole_until_asked_to_shrink() {
    let mut explorer = super::explorer::demo(120, 40);
    explorer.ask("https://api.example.com/payments/charge");
    shows(&explorer, "/banking/cards");
    explorer.press(&["enter", "s"]);
    hides(&explorer, "/banking/cards");
    shows(&explorer, "└┄ 2 other rules");
}
