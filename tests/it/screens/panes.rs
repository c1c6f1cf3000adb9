//! Getting about: filter, help, folds, mouse, reloads, themes, sizes.

use crossterm::event::MouseEventKind;
use routescope::theme::Theme;
use routescope::tui::action::ACTIONS;
use routescope::tui::effect::Effect;
use routescope::tui::update::Message;
use routescope_manifest::SourceError;
use routescope_manifest::files::Input;

use super::explorer::{Explorer, demo, example, hides, read, shows};

#[test]
fn the_filter_leaves_what_matches_and_what_is_above_it() {
    let mut explorer = demo(120, 40);
    explorer.press(&["/"]).write("charge");
    shows(&explorer, "/payments/charge");
    shows(&explorer, "payments-routes");
    hides(&explorer, "├─ /banking ");
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["enter", "esc"]);
    shows(&explorer, "/banking/cards");
    assert!(explorer.roles().contains("<selected>") && explorer.text().contains("payments/payments-routes · rule 1"));
}

#[test]
fn the_filter_finds_labels_and_backends_by_scattered_letters() {
    let mut explorer = demo(120, 40);
    explorer.press(&["/"]).write("insbff");
    shows(&explorer, "insurance-bff:8080");
    hides(&explorer, "/banking/cards");
    explorer.press(&["ctrl-u"]).write("no such thing at all");
    shows(&explorer, "nothing matches");
    explorer.press(&["esc"]);
    shows(&explorer, "/banking/cards");
}

#[test]
fn the_help_lists_every_action_with_its_keys() {
    let mut explorer = demo(120, 180);
    explorer.press(&["?"]);
    for entry in ACTIONS {
        for key in entry.keys {
            shows(&explorer, key);
        }
    }
    for heading in
        ["most used", "here, in the tree", "ask", "look around", "change what is shown", "leave", "the mouse"]
    {
        shows(&explorer, &format!(" {heading} "));
    }
    explorer.press(&["q"]);
    hides(&explorer, "most used");
}

#[test]
fn the_help_begins_with_what_is_used_most_then_with_the_focused_pane() {
    let mut explorer = demo(80, 24);
    explorer.press(&["?"]);
    let screen = explorer.text();
    let places =
        ["most used", "type a URL and see where it goes", "here, in the tree", "fold, or go to the node above"];
    let found: Vec<Option<usize>> = places.iter().map(|text| screen.find(text)).collect();
    assert!(found.is_sorted() && found[0].is_some(), "{found:?} on\n{screen}");
    explorer.press(&["esc", "tab", "?"]);
    shows(&explorer, "here, in the detail pane");
}

#[test]
fn the_palette_ranks_names_before_descriptions() {
    let mut explorer = demo(120, 40);
    explorer.press(&["ctrl-p"]).write("copy");
    assert!(explorer.roles().lines().any(|line| line.contains("<selected>") && line.contains("[y]")));
    explorer.press(&["ctrl-u"]).write("pin");
    let screen = explorer.text();
    let first = screen.lines().skip_while(|line| !line.contains("/ pin")).nth(1).unwrap_or_default();
    assert!(first.contains(" p ") && first.contains("pin the question"), "{first:?}");
    // `(typing: …)` is not about pins.
    hides(&explorer, "quit (typing");
}

#[test]
fn the_palette_finds_commands_and_begins_them() {
    let mut explorer = demo(120, 40);
    explorer.press(&["ctrl-p"]).write("export").press(&["enter"]).write("a.svg");
    shows(&explorer, ":export a.svg");
    // A key says what it does.
    explorer.press(&["esc", "ctrl-p"]).write("ctrl-o");
    shows(&explorer, "go back to where the last jump began");
    hides(&explorer, "nothing matches");
}

#[test]
fn the_help_can_be_searched_and_does_what_is_picked() {
    let mut explorer = demo(80, 24);
    explorer.press(&["?", "/"]).write("fold everything");
    explorer.press(&["enter"]);
    hides(&explorer, "banking-routes");
}

#[test]
fn where_room_is_short_what_matters_most_stays_whole() {
    let input = || Input::Path("examples/field-guide/guide-as-printed".into());
    let title = "examples/field-guide/guide-as-printed";
    for (width, height) in [(120, 40), (80, 24), (60, 20)] {
        let mut explorer = Explorer::new(title, input(), width, height);
        hides(&explorer, "✗ 50…");
        let screen = explorer.text();
        let header = screen.lines().next().unwrap_or_default();
        assert!(header.contains("as-printed ") && header.contains("✗ 1"), "{header:?}");
        explorer.send(Message::Paste("https://api.example.com/banking/cards".to_owned()));
        shows(&explorer, "? not certain");
        explorer.press(&["esc", "?"]);
        shows(&explorer, "type a URL and see where it goes");
    }
}

#[test]
fn folding_hides_and_unfolding_shows() {
    let mut explorer = demo(120, 40);
    explorer.press(&["-"]);
    hides(&explorer, "parent (kgateway-system)");
    explorer.press(&["l", "l", "l", "l"]);
    shows(&explorer, "parent (kgateway-system)");
    explorer.press(&["+"]);
    shows(&explorer, "/insurance/claims");
    explorer.press(&["g3"]);
    shows(&explorer, "parent (kgateway-system)");
    hides(&explorer, "/insurance ⇢");
}

#[test]
fn method_and_headers_are_part_of_the_question() {
    let mut explorer = demo(120, 40);
    explorer.ask("POST https://api.example.com/banking/cards");
    shows(&explorer, "POST https://api.example.com/banking/cards");
    explorer.press(&["esc", "H"]).write("x-tenant: blue");
    explorer.press(&["enter"]);
    shows(&explorer, "x-tenant: blue");
    explorer.press(&["enter"]);
    shows(&explorer, "POST +1 header");
    explorer.press(&["m"]);
    shows(&explorer, "PUT +1 header");
    let request = explorer.state.side().answer.request().expect("a request");
    assert_eq!(request.headers, [("x-tenant".to_owned(), "blue".to_owned())]);
}

#[test]
fn a_header_that_is_none_stays_to_be_mended() {
    let mut explorer = demo(120, 40);
    explorer.press(&["H"]).write("nonsense");
    explorer.press(&["enter"]);
    shows(&explorer, "nonsense");
    assert!(explorer.state.ask.headers.is_empty() && explorer.state.notice.is_some());
}

#[test]
fn what_was_typed_is_never_lost() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/one");
    explorer.press(&["esc"]);
    shows(&explorer, "GET https://api.example.com/one");
    explorer.press(&["u", "ctrl-u"]).write("https://api.example.com/two");
    explorer.press(&["up"]);
    shows(&explorer, "GET https://api.example.com/one");
    explorer.press(&["down"]);
    shows(&explorer, "GET https://api.example.com/two");
}

#[test]
fn a_pasted_url_is_a_question_wherever_the_focus_is() {
    let mut explorer = demo(120, 40);
    explorer.send(Message::Paste("https://api.example.com/banking/cards\n".to_owned()));
    shows(&explorer, "● banking/banking-bff:8080");
}

#[test]
fn a_reload_keeps_selection_folds_and_question() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["enter", "gg", "j", "j", "j", "h"]);
    let before = explorer.text();
    explorer.send(Message::FilesChanged);
    assert!(matches!(explorer.effects[..], [Effect::Load]));
    explorer.send(Message::Loaded(Ok(read(Input::Demo))));
    explorer.state.notice = None;
    assert_eq!(explorer.text(), before);
}

/// So many Gateways, `g0` first, and a route on the first.
fn gateways(count: usize) -> Input {
    let gateway = |number| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: g{number}, namespace: infra}}\nspec: \
             {{gatewayClassName: kgateway, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}\n---\n"
        )
    };
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: infra}\nspec: \
                 {parentRefs: [{name: g0}], rules: [{backendRefs: [{name: s, port: 80}]}]}\n";
    let text = (0..count).map(gateway).chain([route.to_owned()]).collect();
    Input::Text { name: "gateways.yaml".to_owned(), text }
}

#[test]
fn a_fold_outlives_its_node() {
    let mut explorer = Explorer::new("gateways", gateways(3), 100, 30);
    explorer.press(&["G", "h", "h"]);
    let folded = "▸ Gateway infra/g2";
    shows(&explorer, folded);
    for count in [1, 2, 1, 2] {
        explorer.send(Message::Loaded(Ok(read(gateways(count)))));
        hides(&explorer, folded);
        hides(&explorer, "▸ Gateway");
    }
    explorer.send(Message::Loaded(Ok(read(gateways(3)))));
    shows(&explorer, folded);
}

#[test]
fn changes_during_a_load_are_loaded_after_it() {
    let mut explorer = demo(120, 40);
    explorer.send(Message::FilesChanged);
    explorer.send(Message::FilesChanged);
    explorer.send(Message::FilesChanged);
    assert_eq!(explorer.effects.len(), 1);
    explorer.send(Message::Loaded(Ok(read(Input::Demo))));
    assert_eq!(explorer.effects.len(), 2, "once more, not twice");
}

#[test]
fn a_load_that_fails_leaves_the_last_view() {
    let mut explorer = demo(120, 40);
    let error = SourceError { message: "no such file: a.yaml".to_owned(), hint: None };
    explorer.send(Message::Loaded(Err(error)));
    shows(&explorer, "no such file: a.yaml");
    shows(&explorer, "✗ not reloaded");
    shows(&explorer, "/banking/cards");
}

#[test]
fn before_anything_is_loaded_it_says_so() {
    insta::assert_snapshot!(Explorer::waiting("a/folder", 80, 24).text());
}

#[test]
fn an_empty_world_says_what_is_missing() {
    let input = Input::Text { name: "empty.yaml".to_owned(), text: "kind: ConfigMap\n".to_owned() };
    let mut explorer = Explorer::new("empty.yaml", input, 80, 24);
    shows(&explorer, "no Gateway and no route was found");
    explorer.ask("https://a.io/x");
    explorer.press(&["enter", "tab", "tab", "G", "k", "e", "y", "esc", "n", ".", "+", "-", "l", "h", "J", "f"]);
}

#[test]
fn copying_offers_what_is_selected_and_what_was_asked() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["enter", "y"]);
    insta::assert_snapshot!(explorer.text());
    explorer.press(&["enter"]);
    assert!(matches!(&explorer.effects[..], [Effect::Copy(text)] if text == "https://api.example.com/banking/cards"));
}

#[test]
fn the_demo_cannot_be_edited_and_says_why() {
    let mut explorer = demo(120, 40);
    explorer.press(&["e"]);
    assert!(explorer.effects.is_empty());
    shows(&explorer, "cannot be edited");
}

#[test]
fn a_file_is_edited_at_the_selected_line() {
    let mut explorer = example("field-guide", 120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["enter", "e"]);
    let Some(Effect::Edit { path, line }) = explorer.effects.last() else { panic!("{:?}", explorer.effects) };
    let text = std::fs::read_to_string(path).expect("the file is there");
    let at = text.lines().nth(*line as usize - 1).unwrap_or_default();
    let near: String = text.lines().skip(*line as usize - 1).take(4).collect();
    assert!(near.contains("/banking/cards"), "{path}:{line} is {at:?}");
}

#[test]
fn a_click_selects_and_a_second_one_folds() {
    let mut explorer = demo(120, 40);
    explorer.click_on("banking-routes (banking)");
    assert!(explorer.text().contains("HTTPRoute banking/banking-routes"), "{}", explorer.text());
    explorer.click_on("banking-routes (banking)");
    hides(&explorer, "/banking/accounts →");
    explorer.click_on("press u and type");
    explorer.write("/x");
    shows(&explorer, "GET /x");
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut explorer = demo(80, 24);
    explorer.mouse(MouseEventKind::ScrollDown, 10, 8);
    hides(&explorer, "┌ Gateway");
    explorer.mouse(MouseEventKind::ScrollUp, 10, 8);
    shows(&explorer, "┌ Gateway");
    let before = explorer.text();
    explorer.mouse(MouseEventKind::ScrollDown, 10, 20);
    assert_ne!(explorer.text(), before);
}

#[test]
fn a_row_of_the_reasons_leads_to_its_node() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["tab", "tab", "tab", "gg", "enter"]);
    shows(&explorer, "banking/banking-routes · rule 2");
}

#[test]
fn themes_are_tried_on_and_taken_back() {
    let mut explorer = demo(120, 40);
    explorer.state.themes.extend(Theme::shipped());
    explorer.press(&["T", "down", "down"]);
    assert_eq!(explorer.state.theme, 2);
    explorer.press(&["esc"]);
    assert_eq!(explorer.state.theme, 0);
    explorer.press(&["T", "down", "enter"]);
    assert_eq!(explorer.state.theme, 1);
    explorer.press(&["t"]);
    assert_eq!(explorer.state.theme, 2);
}

#[test]
fn quitting_works_from_everywhere() {
    for keys in [&["q"][..], &["ctrl-c"], &["u", "ctrl-c"], &["?", "ctrl-c"], &["/", "ctrl-c"], &["tab", "q"]] {
        let mut explorer = demo(80, 24);
        explorer.press(keys);
        assert!(matches!(explorer.effects.last(), Some(Effect::Quit)), "{keys:?}");
    }
}

#[test]
fn no_size_is_too_small_or_too_odd() {
    let keys: &[&[&str]] =
        &[&[], &["?"], &["f"], &["H"], &["y"], &["/", "a"], &["tab"], &["tab", "tab"], &["z"], &["ctrl-p"]];
    for width in [0, 1, 23, 24, 40, 72, 100] {
        for height in [0, 1, 5, 7, 18, 26] {
            let mut explorer = demo(width, height);
            explorer.send(Message::Paste("https://api.example.com/banking/cards".to_owned()));
            explorer.press(&["esc"]);
            for keys in keys {
                explorer.press(keys);
                explorer.text();
                explorer.press(&["esc", "esc", "esc"]);
            }
        }
    }
}

#[test]
fn every_key_works_in_every_pane_without_a_world() {
    let mut explorer = Explorer::waiting("nothing", 80, 24);
    for entry in ACTIONS {
        for key in entry.keys {
            for pane in ["u", "esc", "tab", "shift-tab"] {
                explorer.press(&[pane, key]);
                explorer.text();
            }
        }
    }
}

#[test]
fn wide_letters_keep_their_columns() {
    let text = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: n}\nspec:\n  \
                parentRefs: [{name: g}]\n  rules:\n  - name: 日本語日本語日本語\n    matches: [{path: {value: /日本語/日本語/日本語/日本語/日本語}}]\n    \
                backendRefs: [{name: s, port: 80}]\n";
    let input = Input::Text { name: "wide.yaml".to_owned(), text: text.to_owned() };
    for width in (40..110).step_by(7) {
        let mut explorer = Explorer::new("日本語", Input::clone(&input), width, 30);
        explorer.press(&["G"]);
        explorer.send(Message::Paste("http://a.io/日本語".to_owned()));
        for line in explorer.text().lines().filter(|line| line.starts_with('│')) {
            assert!(line.ends_with(['│', '┃', '›']), "{width}: {line:?}");
        }
    }
}

#[test]
fn letters_that_are_wider_or_narrower_than_their_characters_are_cut_and_wrapped() {
    for odd in ["❤\u{fe0f}", "👨\u{200d}👩", "e\u{301}", "ｶﾞ", "\u{7}", "🇩🇪", "\u{200b}", "क्षि"]
    {
        let value = serde_json::Value::from(format!("/a{}", odd.repeat(40)));
        let text = format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r, namespace: n}}\nspec:\n  \
             parentRefs: [{{name: g}}]\n  rules:\n  - matches: [{{path: {{type: RegularExpression, value: {value}}}}}]\n    \
             backendRefs: [{{name: s, port: 80}}]\n"
        );
        for width in (26..130).step_by(13) {
            let mut explorer = Explorer::new(odd, Input::Text { name: odd.repeat(20), text: text.clone() }, width, 30);
            explorer.press(&["G"]);
            explorer.send(Message::Paste(format!("http://a.io/a{}", odd.repeat(30))));
            for line in explorer.text().lines().filter(|line| line.starts_with('│')) {
                assert!(line.ends_with(['│', '┃', '█', '›']), "{width}: {line:?}");
            }
        }
    }
}

#[test]
fn what_is_too_wide_is_marked_and_can_be_scrolled_to() {
    let mut explorer = demo(120, 40);
    let tree = |explorer: &Explorer| {
        let line = explorer.text().lines().find(|line| line.contains("payments-external")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{}", explorer.text()))
    };
    assert!(tree(&explorer).contains("Backend payments-external     ›"), "{}", tree(&explorer));
    hides(&explorer, "eu-west.example.net");
    explorer.press(&[">", ">", ">", ">", ">"]);
    let line = tree(&explorer);
    assert!(line.starts_with('‹') && line.contains("at payments.eu-west.example.net:443"), "{line}");
    explorer.press(&["<", "shift-left", "<", "<", "<"]);
    shows(&explorer, "┌ Gateway kgateway-system/http");
    explorer.press(&["<"]);
    shows(&explorer, "nothing is further left");
    // The YAML goes sideways behind its numbers.
    shows(&explorer, "25 │       - name: api-example-com        # a Secre›");
    explorer.press(&["tab", ">", ">"]);
    shows(&explorer, "25 ‹ ");
    hides(&explorer, "# a Secre›");
    for (width, height) in [(60, 20), (30, 10)] {
        let mut explorer = example("unresolved", width, height);
        explorer.press(&["f", ">", ">", ">", "gr", ">", "gt", ">", ">", ">", ">", "tab", ">", ">", "<"]);
        assert!(!explorer.text().is_empty());
    }
}
