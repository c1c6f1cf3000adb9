//! Moving about: counts, keys in a row, back and forward over jumps, and the rows that a filter found.

use std::fmt::Write as _;

use routescope_manifest::files::Input;

use super::explorer::{Explorer, demo, example, hides, shows};

#[test]
fn a_count_repeats_a_step_and_names_a_line() {
    let mut explorer = demo(120, 40);
    explorer.press(&["5", "j"]);
    shows(&explorer, " 6/15 ");
    explorer.press(&["1", "2", "G"]);
    shows(&explorer, " 12/15 ");
    explorer.press(&["3", "k", "gg"]);
    shows(&explorer, " 1/15 ");
    explorer.press(&["G", "2", "gg"]);
    shows(&explorer, " 2/15 ");
}

#[test]
fn keys_that_wait_say_what_may_follow() {
    let mut explorer = demo(120, 40);
    explorer.press(&["4"]);
    shows(&explorer, "\n 4 …");
    explorer.press(&["esc", "g"]);
    shows(&explorer, "\n g … ");
    shows(&explorer, "g top");
    explorer.press(&["x", "j"]);
    shows(&explorer, " 2/15 ");
    hides(&explorer, "g … ");
}

#[test]
fn half_a_page_moves_by_half_of_the_rows_in_view() {
    let mut explorer = demo(80, 24);
    let height = explorer.state.side().tree.height;
    explorer.press(&["ctrl-d"]);
    assert_eq!(explorer.state.side().tree.selected, height / 2);
    explorer.press(&["ctrl-u"]);
    assert_eq!(explorer.state.side().tree.selected, 0);
}

#[test]
fn every_jump_can_be_gone_back_over_and_forward_again() {
    let mut explorer = demo(120, 40);
    explorer.press(&["2", "j"]);
    explorer.ask("https://api.example.com/payments/charge/42").press(&["enter"]);
    shows(&explorer, " 14/15 ");
    explorer.press(&["gg"]);
    shows(&explorer, " 1/15 ");
    explorer.press(&["ctrl-o"]);
    shows(&explorer, " 14/15 ");
    explorer.press(&["ctrl-o"]);
    shows(&explorer, " 3/15 ");
    explorer.press(&["ctrl-o"]);
    shows(&explorer, "no jump to go back over");
    explorer.press(&["alt-right"]);
    shows(&explorer, " 14/15 ");
    explorer.press(&["ctrl-i"]);
    shows(&explorer, " 1/15 ");
}

#[test]
fn steps_are_no_jumps() {
    let mut explorer = demo(120, 40);
    explorer.press(&["j", "j", "pgdn", "J", "ctrl-o"]);
    shows(&explorer, "no jump to go back over");
}

#[test]
fn the_rows_that_a_filter_found_are_stepped_through() {
    let mut explorer = demo(120, 40);
    explorer.press(&["/"]).write("claims").press(&["enter", "gg", "n"]);
    shows(&explorer, "/insurance/claims");
    let row = explorer.state.side().tree.selected;
    assert!(row > 0, "it is gone to");
    explorer.press(&["n"]);
    assert_eq!(explorer.state.side().tree.selected, row, "the only one is the next one");
    explorer.press(&["esc", "n"]);
    shows(&explorer, "no filter: / searches");
}

/// A Gateway whose routes and hosts have numbers in their names.
fn numbered() -> Input {
    let mut text = String::from(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: web, namespace: infra}\nspec: {gatewayClassName: \
         kgateway, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}\n",
    );
    for (name, host) in [("r10", "h.io"), ("r2", "h.io"), ("a", "h10.io"), ("b", "h2.io")] {
        let _ = write!(
            text,
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}, namespace: infra}}\nspec: \
             {{parentRefs: [{{name: web}}], hostnames: [{host}], rules: [{{matches: [{{path: {{value: /{name}}}}}], backendRefs: \
             [{{name: s, port: 80}}]}}]}}\n"
        );
    }
    Input::Text { name: "numbered.yaml".to_owned(), text }
}

#[test]
fn names_with_numbers_are_in_the_order_of_the_numbers() {
    let explorer = Explorer::new("numbered", numbered(), 120, 40);
    let text = explorer.text();
    let place = |name: &str| text.find(name).unwrap_or_else(|| panic!("no {name} on\n{text}"));
    assert!(place("r2 (infra)") < place("r10 (infra)"));
    assert!(place("h2.io") < place("h10.io"));
}

#[test]
fn the_title_says_what_stands_above_the_first_row_in_view() {
    let mut explorer = demo(80, 24);
    explorer.press(&["G"]);
    shows(&explorer, "tree · ");
    shows(&explorer, "› parent");
    explorer.press(&["gg"]);
    hides(&explorer, "› parent");
}

#[test]
fn while_a_host_is_typed_no_gateway_is_marked_as_broken() {
    let mut explorer = example("multi-level", 120, 40);
    explorer.ask("http://www.exa");
    shows(&explorer, "… the URL is not typed to its end");
    shows(&explorer, "Gateway platform/web · kgateway …");
}

#[test]
fn keys_that_wait_for_more_say_what_may_follow() {
    let mut explorer = demo(120, 40);
    explorer.press(&["g"]);
    shows(&explorer, "┏ g … ");
    shows(&explorer, "┃ r  every rule in the order in which it is tried");
    // The tree is here already, nothing is found wrong, and no name in the detail pane leads on.
    for nothing in ["┃ t  ", "┃ f  ", "┃ d  "] {
        hides(&explorer, nothing);
    }
    shows(&explorer, "┃ 5  unfold to the delegated routes");
    explorer.press(&["esc"]);
    hides(&explorer, "g …");
    // Where there is no room for it, the bottom line has what fits.
    let mut explorer = demo(60, 12);
    explorer.press(&["g"]);
    shows(&explorer, "g … r table · b backends");
    hides(&explorer, "┏ g … ");
}
