//! The views beside the tree: table, backends, owners, findings; names that lead somewhere; sides compared.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use routescope::tui::effect::Effect;
use routescope::tui::sheet::View;
use routescope::tui::update::{Message, update};
use routescope_manifest::files::Input;
use routescope_render::outline::NodeRef;

use super::explorer::{Explorer, SHOP, demo, example, hides, read, shows, two};

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (60, 20)];

/// The screens of a view at each size.
fn screens(key: &str) {
    for (width, height) in SIZES {
        let mut explorer = example("unresolved", width, height);
        explorer.press(&[key]);
        let name = format!("{}_{width}x{height}", explorer.state.view.name());
        insta::assert_snapshot!(name, explorer.both());
    }
}

#[test]
fn the_table_lists_every_rule_in_evaluation_order() {
    screens("gr");
}

#[test]
fn backends_are_listed_with_all_that_reaches_them() {
    screens("gb");
}

#[test]
fn owners_are_listed_with_their_prefixes() {
    screens("go");
}

#[test]
fn findings_are_a_list_that_stays_open() {
    screens("f");
}

/// What is on the screen after these keys, at each size.
fn at_each_size(name: &str, keys: impl Fn(&mut Explorer)) {
    for (width, height) in SIZES {
        let mut explorer = demo(width, height);
        keys(&mut explorer);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), explorer.both());
    }
}

const URL: &str = "https://api.example.com/payments/charge";

#[test]
fn the_tree_at_each_size() {
    at_each_size("tree", |_| ());
}

#[test]
fn the_path_view_at_each_size() {
    at_each_size("path", |explorer| {
        explorer.ask(URL).press(&["enter"]);
        if !explorer.state.side().tree.path.shrunk {
            explorer.press(&["s"]);
        }
    });
}

#[test]
fn the_completion_of_a_url_at_each_size() {
    at_each_size("completion", |explorer| {
        explorer.ask("https://api.example.com/payments/");
    });
}

#[test]
fn the_palette_at_each_size() {
    at_each_size("palette", |explorer| {
        explorer.press(&["ctrl-p"]).write("pane");
    });
}

#[test]
fn the_help_at_each_size() {
    at_each_size("help", |explorer| {
        explorer.press(&["?"]);
    });
}

#[test]
fn what_may_follow_a_key_at_each_size() {
    at_each_size("follow", |explorer| {
        explorer.press(&["g"]);
    });
}

#[test]
fn scrolled_sideways_columns_stay_where_they_are() {
    let mut explorer = example("unresolved", 60, 20);
    explorer.press(&["gr", ">"]);
    let column = |explorer: &Explorer| {
        let text = explorer.text();
        let row = text.lines().find(|line| line.contains("75% platform/web")).expect("the row").to_owned();
        row.find("platform/gone:8080").map(|at| row[..at].chars().count())
    };
    let first = column(&explorer).expect("the second backend");
    explorer.press(&[">"]);
    assert_eq!(column(&explorer), Some(first - 8));
}

#[test]
fn a_list_has_the_width_and_its_rows_are_told_of_below() {
    let mut explorer = example("unresolved", 120, 40);
    explorer.press(&["gr", "j"]);
    shows(&explorer, "  1 /other-team → team/team:8080                                platform/www rule 5");
    let layout = routescope::tui::view::layout::Layout::of(&explorer.state);
    assert_eq!((layout.tree.width, layout.detail.width), (120, 120));
    // With a question the reasons stand beside what is said of the row.
    explorer.ask("http://www.example.com/half").press(&["esc"]);
    let layout = routescope::tui::view::layout::Layout::of(&explorer.state);
    assert_eq!((layout.tree.width, layout.detail.width, layout.why.width), (120, 60, 60));
}

#[test]
fn a_row_that_is_about_no_single_node_says_what_it_stands_for() {
    let mut explorer = example("unresolved", 120, 40);
    explorer.press(&["go"]);
    shows(&explorer, "platform  1 route with 6 rules · enter folds and unfolds them");
    let mut explorer = demo(80, 24);
    explorer.ask("https://api.example.com/payments/charge").press(&["enter", "G", "tab"]);
    shows(&explorer, "2 rows beside the path of the answer · enter shows them here, s everything");
}

#[test]
fn views_are_gone_through_by_key_and_by_command() {
    let mut explorer = demo(120, 40);
    for view in ["table", "backends", "owners", "findings", "tree"] {
        explorer.press(&["v"]);
        shows(&explorer, &format!(" {view} "));
    }
    explorer.press(&[":"]).write("backends");
    explorer.press(&["enter"]);
    assert_eq!(explorer.state.view, View::Backends);
    explorer.press(&["V"]);
    assert_eq!(explorer.state.view, View::Table);
    explorer.press(&["esc"]);
    assert_eq!(explorer.state.view, View::Tree);
}

#[test]
fn numbers_of_the_table_are_whole_however_many_rows_there_are() {
    let rule = |rule: usize| {
        let matches = (0..64).map(|at| format!("{{path: {{value: /shop/products/{rule}/{at}}}}}")).collect::<Vec<_>>();
        format!("{{matches: [{}], backendRefs: [{{name: a-long-name-of-a-service, port: 80}}]}}", matches.join(", "))
    };
    let rules = (0..16).map(rule).collect::<Vec<_>>().join(", ");
    let text = format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: web, namespace: infra}}
spec: {{gatewayClassName: kgateway, listeners: [{{name: http, protocol: HTTP, port: 80}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: shop, namespace: infra}}
spec: {{parentRefs: [{{name: web}}], rules: [{rules}]}}
"
    );
    let input = Input::Text { name: "many.yaml".to_owned(), text };
    for (width, height) in [(80, 24), (60, 20)] {
        let mut explorer = Explorer::new("many.yaml", input.clone(), width, height);
        explorer.press(&["gr", "G"]);
        shows(&explorer, " 1024 /shop/");
    }
}

#[test]
fn the_table_is_in_evaluation_order_and_can_be_sorted() {
    let mut explorer = demo(120, 40);
    explorer.press(&["gr"]);
    shows(&explorer, "table · in evaluation order");
    let place = |explorer: &Explorer, text: &str| explorer.text().find(text).expect("it is listed");
    assert!(place(&explorer, "/insurance/quotes") < place(&explorer, "/banking/cards"), "the longer path comes first");
    explorer.press(&["S"]);
    shows(&explorer, "table · by path");
    assert!(place(&explorer, "/banking/cards") < place(&explorer, "/insurance/quotes"));
}

#[test]
fn a_row_leads_to_its_node_and_back() {
    let mut explorer = demo(120, 40);
    explorer.press(&["gb", "j", "enter"]);
    assert_eq!(explorer.state.view, View::Tree);
    shows(&explorer, "rule 1 ");
    explorer.press(&["ctrl-o"]);
    assert_eq!(explorer.state.view, View::Backends);
}

#[test]
fn a_view_has_the_filter_the_detail_and_the_copy_of_the_tree() {
    let mut explorer = demo(120, 40);
    explorer.press(&["go", "/"]).write("claims");
    shows(&explorer, "1 found");
    shows(&explorer, "/insurance/claims");
    hides(&explorer, "/banking/cards");
    explorer.press(&["enter"]);
    shows(&explorer, "insurance/insurance-routes · rule 2");
    explorer.press(&["y"]);
    shows(&explorer, "insurance/insurance-routes");
    explorer.press(&["esc", "&"]);
    shows(&explorer, "/banking/cards");
    explorer.press(&["gg", "n"]);
    shows(&explorer, "insurance/insurance-routes · rule 2");
    explorer.press(&["esc", "v"]);
    hides(&explorer, "claims &");
}

#[test]
fn a_view_marks_the_answer() {
    let mut explorer = demo(120, 40);
    explorer.press(&["gr"]).ask("https://api.example.com/payments/charge/42");
    shows(&explorer, "● ");
    explorer.press(&["enter"]);
    assert_eq!(explorer.state.view, View::Table, "the row that decided is selected where one is");
    shows(&explorer, "payments/payments-routes · rule 1");
}

#[test]
fn findings_are_walked_and_edited_where_they_are_written() {
    let mut explorer = example("unresolved", 120, 40);
    explorer.press(&["f", "}", "}"]);
    shows(&explorer, " findings ");
    explorer.press(&["e"]);
    let Some(Effect::Edit { path, line }) = explorer.effects.last() else { panic!("the editor is asked for") };
    assert!(path.ends_with("routes.yaml") && *line > 1, "{path}:{line}");
    explorer.press(&["f", "}"]);
    assert_eq!(explorer.state.view, View::Tree);
    shows(&explorer, "finding 1 of 5: ");
    explorer.press(&["{"]);
    shows(&explorer, "finding 5 of 5: ");
}

#[test]
fn a_name_in_the_detail_is_gone_to_and_back() {
    let mut explorer = demo(120, 40);
    explorer.press(&["/"]).write("charge");
    explorer.press(&["enter", "esc", "tab"]);
    shows(&explorer, "payments/payments-routes · rule 1");
    // match, under, (wrapped), via, backend.
    explorer.press(&["j", "enter"]);
    shows(&explorer, "kgateway-system/parent · rule 3");
    explorer.press(&["ctrl-o"]);
    shows(&explorer, "payments/payments-routes · rule 1");
    explorer.press(&["gd"]);
    shows(&explorer, " go to ");
    shows(&explorer, "Service payments/payments-bff");
}

#[test]
fn a_service_leads_to_all_that_reaches_it() {
    let mut explorer = example("unresolved", 120, 40);
    explorer.press(&["/"]).write("75%");
    explorer.press(&["enter", "gd"]);
    assert_eq!(explorer.state.view, View::Backends);
    shows(&explorer, "Service platform/web");
    shows(&explorer, "/half");
}

/// A policy for the route of [`SHOP`].
const POLICY: &str = "---
apiVersion: gateway.kgateway.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: slow, namespace: shop}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders}]
  timeouts: {request: 3s}
";

#[test]
fn a_policy_has_a_page_of_its_own() {
    let input = Input::Text { name: "policy.yaml".to_owned(), text: format!("{SHOP}{POLICY}") };
    let mut explorer = Explorer::new("policy", input, 120, 40);
    // client, match, backend in three lines, then the policy, whose line names its target, too.
    explorer.press(&["G", "tab", "5", "j", "enter"]);
    shows(&explorer, " go to ");
    explorer.press(&["enter"]);
    shows(&explorer, " TrafficPolicy shop/slow ");
    shows(&explorer, "timeouts: {request: 3s}");
    explorer.press(&["ctrl-o"]);
    shows(&explorer, "shop/orders · rule 1");
}

#[test]
fn contexts_are_compared_and_move_together() {
    let mut explorer = two(160, 45);
    explorer.press(&["x"]);
    shows(&explorer, "kind-dev · 1 row ≠ prod");
    shows(&explorer, "orders-v1:80");
    shows(&explorer, "≠");
    explorer.press(&["d"]);
    shows(&explorer, "differs   ≠ prod: /orders → Service orders-v2:80");
    let selected: Vec<_> = explorer.state.sides.iter().map(|side| side.tree.selected).collect();
    assert_eq!(selected[0], selected[1]);
    insta::assert_snapshot!("compared_160x45", explorer.both());
    explorer.press(&["x"]);
    hides(&explorer, " ≠ prod");
}

#[test]
fn one_source_has_nothing_to_be_compared_with() {
    let mut explorer = demo(120, 40);
    explorer.press(&["x"]);
    shows(&explorer, "one source");
}

#[test]
fn what_was_listed_ahead_is_there_at_once_and_is_of_the_world_that_is_shown() {
    let mut explorer = example("unresolved", 120, 40);
    let effects = |explorer: &mut Explorer, keys: [char; 2]| -> Vec<Effect> {
        let key = |letter| Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        keys.into_iter().flat_map(|letter| update(&mut explorer.state, key(letter))).collect()
    };
    let lists = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::List { .. }));
    // It is not listed yet.
    assert!(lists(&effects(&mut explorer, ['g', 'b'])));
    shows(&explorer, "listing …");
    effects(&mut explorer, ['g', 't']);
    let ahead =
        |explorer: &Explorer| explorer.state.side().world.as_ref().is_some_and(|world| world.list_ahead(&|| false));
    assert!(ahead(&explorer));
    for (key, row) in [('r', "/other-team"), ('b', "Service team/team:8080"), ('o', "platform  1 route"), ('f', "✗ ")]
    {
        assert!(!lists(&effects(&mut explorer, ['g', key])), "g{key}");
        shows(&explorer, row);
    }
    // Another world has lists of its own.
    effects(&mut explorer, ['g', 'b']);
    explorer.send(Message::Loaded(Ok(read(Input::Demo))));
    hides(&explorer, "team/team:8080");
    assert!(ahead(&explorer));
    assert!(!lists(&effects(&mut explorer, ['g', 'r'])));
    shows(&explorer, "/banking/accounts");
    hides(&explorer, "/other-team");
}

#[test]
fn a_finding_below_a_listener_that_is_not_served_leads_to_its_route() {
    // A port speaks one protocol: the second listener is not served, and the tree has no rows below its routes.
    let open = "allowedRoutes: {namespaces: {from: All}}}";
    let text = SHOP
        .replace(open, &format!("{open}, {{name: b, port: 80, protocol: HTTPS, {open}"))
        .replace("{name: web, namespace: infra}]", "{name: web, namespace: infra, sectionName: b}]")
        .replace("orders-v1, port: 80", "orders-v1, kind: Pod, group: x.io");
    let mut explorer = Explorer::new("shop", Input::Text { name: "shop.yaml".to_owned(), text }, 120, 40);
    explorer.press(&["g", "f"]);
    let outline = explorer.state.side().world.clone().expect("a world").outline;
    let mut routes = 0;
    for _ in 0..8 {
        explorer.press(&["}"]);
        let Some(node) = explorer.state.side().selected() else { continue };
        assert_eq!(outline.find(&outline.path(node)), Some(node), "it has a row: {node:?}");
        routes += usize::from(matches!(node, NodeRef::Route(_)));
    }
    assert!(routes > 0, "a finding is about a rule of the route");
}
