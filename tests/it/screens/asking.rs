//! What people do in the URL bar: paste a command, begin again, leave by mistake.

use routescope::tui::effect::Effect;
use routescope::tui::update::Message;

use routescope::tui::window::{Choice, Item};

use super::explorer::{Explorer, demo, example, hides, shows};

fn paste(text: &str) -> Message {
    Message::Paste(text.to_owned())
}

#[test]
fn a_pasted_curl_command_is_asked_with_its_method_and_headers() {
    let mut explorer = demo(120, 40);
    explorer.send(paste("curl -X POST 'https://api.example.com/payments/charge' \\\n -H 'x-a: 1' -H 'x-b: 2'"));
    shows(&explorer, "POST +2 headers https://api.example.com/payments/charge");
    shows(&explorer, "from curl: POST, 2 headers · alt-u undoes");
    shows(&explorer, "● payments/payments-bff:8080");
}

#[test]
fn a_typed_curl_command_is_asked_as_a_pasted_one() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("curl -XPOST https://api.example.com/payments/charge -H 'x-a: 1'").press(&["enter"]);
    shows(&explorer, "POST +1 header https://api.example.com/payments/charge");
    shows(&explorer, "● payments/payments-bff:8080");
    explorer.press(&["alt-u"]);
    shows(&explorer, "GET curl -XPOST https://api.example.com/payments/charge");
}

#[test]
fn a_pasted_command_takes_the_place_of_what_was_typed_and_can_be_undone() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("https://api.example.com/banking/cards");
    explorer.send(paste("GET /payments/refund HTTP/1.1\nHost: api.example.com\nx-a: 1\n"));
    shows(&explorer, "GET +1 header api.example.com/payments/refund");
    explorer.press(&["alt-u"]);
    shows(&explorer, "GET https://api.example.com/banking/cards");
    shows(&explorer, "as before the paste");
}

#[test]
fn a_header_that_cannot_be_sent_is_left_out_and_counted() {
    let mut explorer = demo(120, 40);
    explorer.send(paste("curl api.example.com/banking/cards -H 'a b: 1' -H 'x-a: 1'"));
    shows(&explorer, "from curl: GET, 2 headers (1 left out: not valid)");
    shows(&explorer, "GET +1 header api.example.com/banking/cards");
}

#[test]
fn a_url_pasted_into_a_url_goes_to_the_cursor() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("https://api.example.com");
    explorer.send(paste("/banking/cards"));
    shows(&explorer, "GET https://api.example.com/banking/cards");
}

#[test]
fn the_bar_starts_a_new_url_over_an_old_one() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["enter", "u"]).write("/payments");
    shows(&explorer, "GET /payments");
    hides(&explorer, "banking/cards/payments");
    explorer.press(&["enter", "u", "end"]).write("/refund");
    shows(&explorer, "GET /payments/refund");
}

#[test]
fn control_c_empties_the_bar_first_and_then_quits() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("/banking");
    explorer.press(&["ctrl-c"]);
    assert!(explorer.effects.is_empty(), "{:?}", explorer.effects);
    shows(&explorer, "emptied · ctrl-c again quits");
    explorer.press(&["ctrl-c"]);
    assert!(matches!(explorer.effects[..], [Effect::Quit]));
}

#[test]
fn help_and_enter_do_not_quit() {
    for keys in [["?", "enter"], ["ctrl-p", "enter"]] {
        let mut explorer = demo(120, 40);
        explorer.press(&keys);
        assert!(!explorer.effects.iter().any(|effect| matches!(effect, Effect::Quit)), "{keys:?}");
    }
}

#[test]
fn the_bar_completes_hosts_and_paths() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("ap");
    shows(&explorer, "GET api.example.com");
    shows(&explorer, "… tab: api.example.com");
    hides(&explorer, "✗ 404");
    explorer.press(&["tab"]).write("/pay");
    shows(&explorer, "GET api.example.com/payments");
    explorer.press(&["right"]).write("/");
    shows(&explorer, "… tab: /payments/charge  /payments/refund");
    explorer.press(&["tab"]);
    shows(&explorer, "● payments/payments-bff:8080");
    assert_eq!(explorer.state.ask.input.value(), "api.example.com/payments/charge");
}

#[test]
fn tab_goes_to_the_next_pane_where_nothing_completes() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("api.example.com/nothing");
    shows(&explorer, "✗ 404");
    explorer.press(&["tab", "G"]);
    assert_eq!(explorer.state.ask.input.value(), "api.example.com/nothing");
}

#[test]
fn a_request_that_no_listener_takes_says_why() {
    let mut explorer = demo(120, 40);
    explorer.ask("http://api.example.com/payments");
    hides(&explorer, "no Gateway is in view");
    shows(&explorer, "kgateway-system/http: ");
}

/// What can be copied under a name.
#[track_caller]
fn copies(explorer: &mut Explorer, what: &str) -> String {
    explorer.press(&["y"]);
    let window = explorer.state.window.take().expect("a list of what can be copied");
    let named = |item: &&Item| item.line.plain().split_whitespace().next() == Some(what);
    match window.items.iter().find(named).and_then(|item| item.choice.clone()) {
        Some(Choice::Do(Effect::Copy(text))) => text,
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn the_answer_is_copied_as_text_as_markdown_and_as_commands() {
    let mut explorer = demo(120, 40);
    "--demo".clone_into(&mut explorer.state.source_arguments);
    explorer.press(&["u"]).write("POST https://api.example.com/payments/charge?a=it's");
    explorer.press(&["enter"]);
    let explanation = copies(&mut explorer, "explain");
    assert!(
        explanation.starts_with("POST https://api.example.com/payments/charge?a=it's\n● payments/payments-bff:8080"),
        "{explanation}"
    );
    assert!(explanation.contains("⇢ label payments-bff in any namespace"), "{explanation}");
    let markdown = copies(&mut explorer, "markdown");
    assert!(markdown.contains(&format!("```text\n{explanation}```")), "{markdown}");
    let command = r"routescope where 'https://api.example.com/payments/charge?a=it'\''s' -X POST --demo";
    assert_eq!(copies(&mut explorer, "where"), command);
    assert_eq!(copies(&mut explorer, "curl"), r"curl -i -X POST 'https://api.example.com/payments/charge?a=it'\''s'");
    assert_eq!(copies(&mut explorer, "row"), "/payments/charge → Service payments-bff:8080");
    assert!(copies(&mut explorer, "YAML").contains("name: payments-bff"));
}

#[test]
fn a_copied_curl_names_the_listener_that_answers_and_the_address_of_its_gateway() {
    let mut explorer = example("endpoints", 120, 40);
    explorer.ask("shop.example.com/search");
    explorer.press(&["enter"]);
    let expected = "curl -i --resolve 'shop.example.com:80:203.0.113.7' 'http://shop.example.com/search'";
    assert_eq!(copies(&mut explorer, "curl"), expected);
}

#[test]
fn a_request_whose_lines_end_as_terminals_paste_them_is_read() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("https://api.example.com/banking/cards");
    explorer.send(paste("DELETE /payments/charge HTTP/1.1\rHost: api.example.com\rx-a: 1\r"));
    shows(&explorer, "DELETE +1 header api.example.com/payments/charge");
    shows(&explorer, "from request: DELETE, 1 header");
}

#[test]
fn a_pasted_url_takes_the_place_of_a_url() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("https://api.example.com/banking/cards");
    explorer.send(paste("<https://api.example.com/payments/charge>"));
    shows(&explorer, "GET https://api.example.com/payments/charge ");
    explorer.press(&["alt-u"]).write("?next=");
    explorer.send(paste("https://a.io/x"));
    shows(&explorer, "GET https://api.example.com/banking/cards?next=https://a.io/x");
}

#[test]
fn nothing_is_wrong_while_scheme_and_host_are_typed() {
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]);
    for letter in "https://api.example.com".chars() {
        explorer.write(&letter.to_string());
        let typed = explorer.state.ask.input.value().to_owned();
        // `a` alone begins a host, and no letter of it is a fault.
        assert!(explorer.text().contains("… tab: "), "{typed}\n{}", explorer.text());
        hides(&explorer, "✗");
    }
    shows(&explorer, "… tab: /banking  /insurance  /payments");
    explorer.press(&["tab"]);
    assert_eq!(explorer.state.ask.input.value(), "https://api.example.com/banking");
    // Left as it is, it is a request for /, which nothing takes.
    explorer.press(&["ctrl-u"]).write("https://api.example.com");
    explorer.press(&["esc"]);
    shows(&explorer, "✗ 404 from the gateway");
}

#[test]
fn an_empty_bar_shows_the_hosts_and_lists_them_on_tab() {
    let two = super::explorer::SHOP.replace("  rules:", "  hostnames: [b.io, a.io]\n  rules:");
    let two = routescope_manifest::files::Input::Text { name: "two.yaml".to_owned(), text: two };
    let mut explorer = Explorer::new("two", two, 120, 40);
    explorer.press(&["u"]);
    shows(&explorer, "… hosts, tab lists them: a.io  b.io");
    explorer.press(&["tab"]);
    shows(&explorer, " hosts · 2 ");
    explorer.write("b.i").press(&["enter"]);
    assert_eq!(explorer.state.ask.input.value(), "http://b.io");
    shows(&explorer, "… tab: /orders");
    // One host needs no list.
    let mut explorer = demo(120, 40);
    explorer.press(&["u", "tab"]);
    assert_eq!(explorer.state.ask.input.value(), "api.example.com");
}

#[test]
fn completions_that_do_not_fit_are_left_out_whole() {
    let mut explorer = demo(60, 20);
    explorer.press(&["u"]).write("https://api.example.com/");
    shows(&explorer, "… tab: /banking  /insurance  /payments");
    explorer.send(Message::Resize(36, 20));
    shows(&explorer, "… tab: /banking  /insurance  …");
}

#[test]
fn a_url_that_the_explorer_starts_with_is_gone_to() {
    let mut explorer = Explorer::waiting("demo", 120, 40);
    explorer.state.ask.replace("https://api.example.com/payments/charge");
    explorer.send(Message::Loaded(Ok(super::explorer::read(routescope_manifest::files::Input::Demo))));
    shows(&explorer, "payments/payments-routes · rule 1");
    shows(&explorer, "this rule decides");
}
