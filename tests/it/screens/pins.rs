//! Pinned questions.

use std::time::{Duration, UNIX_EPOCH};

use routescope::tui::Reading;
use routescope::tui::update::Message;
use routescope_cluster::{KindState, Phase};
use routescope_manifest::files::Input;

use super::changes::moved;
use super::explorer::{Explorer, SHOP, analysis, cluster, demo, hides, named, read, shows, status, synced, two};

/// What time it is.
pub fn at(hour: u64, minute: u64) -> Message {
    Message::Clock(UNIX_EPOCH + Duration::from_secs(hour * 3600 + minute * 60))
}

/// The shop, with the URL of its orders pinned.
fn pinned(width: u16, height: u16) -> Explorer {
    let mut explorer = cluster(width, height);
    explorer.holds(SHOP, synced());
    explorer.ask("http://a.io/orders/1").press(&["enter", "p"]);
    explorer
}

#[test]
fn a_pinned_answer_that_changes_is_marked_until_it_was_seen() {
    let mut explorer = pinned(120, 40);
    shows(&explorer, "pinned GET http://a.io/orders/1: P lists the pins");
    shows(&explorer, "where does it go? · pinned");
    explorer.press(&["ctrl-u", "gg"]);
    shows(&explorer, " pins   GET http://a.io/orders/1  ● shop/orders-v1:80  rule 1 of shop/orders");
    explorer.send(at(10, 41));
    explorer.changes(&SHOP.replace("orders-v1", "orders-v2"), synced(), moved());
    shows(&explorer, "GET http://a.io/orders/1: shop/orders-v1:80 → shop/orders-v2:80");
    insta::assert_snapshot!(explorer.both());
    explorer.send(at(11, 0));
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced());
    shows(&explorer, "was shop/orders-v1:80, since 10:41");
    explorer.press(&["L"]);
    shows(&explorer, "10:41:00 pinned GET http://a.io/orders/1: shop/orders-v1:80 → shop/orders-v2:80");
    explorer.press(&["esc", "a"]);
    hides(&explorer, "was shop/orders-v1:80");
    explorer.press(&["a"]);
    shows(&explorer, "no pinned answer has changed");
}

#[test]
fn in_60_by_20_the_header_counts_the_pins_and_a_window_lists_them() {
    let mut explorer = pinned(60, 20);
    explorer.press(&["gg"]);
    shows(&explorer, "1 pin  ● live");
    explorer.send(at(10, 41));
    explorer.holds(&SHOP.replace("/orders", "/carts"), synced());
    shows(&explorer, "~ 1 of 1 pin changed  ● live");
    explorer.press(&["P"]);
    shows(&explorer, "shop/orders-v1:80, since 10:41");
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["a"]);
    hides(&explorer, "since 10:41");
    explorer.press(&["delete"]);
    hides(&explorer, "1 pin");
}

#[test]
fn pins_outlive_a_context_and_another_cluster_is_no_change() {
    let mut explorer = pinned(120, 40);
    explorer.press(&[":"]).write("ctx prod");
    explorer.press(&["enter"]);
    shows(&explorer, " pins   GET http://a.io/orders/1  …");
    let prod = SHOP.replace("orders-v1", "orders-prod");
    explorer.holds(&SHOP.replace("/orders", "/x"), status(Phase::Syncing, |_| KindState::Waiting));
    shows(&explorer, "✗ 404 from the gateway");
    explorer.holds(&prod, synced());
    shows(&explorer, " pins   GET http://a.io/orders/1  ● shop/orders-prod:80");
    hides(&explorer, "since");
    explorer.press(&["r"]).holds(SHOP, synced());
    shows(&explorer, "was shop/orders-prod:80, since");
}

#[test]
fn a_pin_is_asked_again_whole() {
    let mut explorer = demo(120, 40);
    explorer.ask("POST https://api.example.com/payments/charge");
    explorer.press(&["esc", "H"]).write("x-tenant: blue");
    explorer.press(&["enter", "enter", "p", "m", "u", "ctrl-u"]).write("/else");
    explorer.press(&["enter", "P", "enter"]);
    shows(&explorer, "POST +1 header https://api.example.com/payments/charge");
    shows(&explorer, "where does it go? · pinned");
    explorer.press(&["p"]);
    shows(&explorer, "unpinned POST https://api.example.com/payments/charge +1 header");
    hides(&explorer, " pins ");
}

#[test]
fn a_url_is_pinned_by_command_and_what_is_none_is_not() {
    let mut explorer = demo(120, 40);
    explorer.press(&["p"]);
    shows(&explorer, "there is nothing to pin yet");
    explorer.press(&["P"]);
    shows(&explorer, "nothing is pinned");
    explorer.press(&[":"]).write("pin DELETE https://api.example.com/banking/cards");
    explorer.press(&["enter"]);
    shows(&explorer, " pins   DELETE https://api.example.com/banking/cards  ● banking/banking-bff:8080");
    explorer.press(&[":"]).write("pin ftp://x");
    explorer.press(&["enter"]);
    shows(&explorer, "not pinned: ");
    explorer.press(&[":"]).write("unpin all");
    explorer.press(&["enter"]);
    shows(&explorer, "unpinned 1 question");
}

#[test]
fn more_pins_than_there_is_room_for_are_counted_with_their_changes() {
    let mut explorer = cluster(80, 24);
    explorer.holds(SHOP, synced());
    for path in ["x", "y", "z", "orders", "orders/1"] {
        explorer.press(&[":"]).write(&format!("pin http://a.io/{path}"));
        explorer.press(&["enter"]);
    }
    shows(&explorer, "and 3 pins more · P lists them");
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced());
    shows(&explorer, " ~ and 3 pins more, 2 changed · P lists them");
    shows(&explorer, "2 pinned answers changed: P lists them");
    explorer.click_on("and 3 pins more");
    shows(&explorer, "pins · 5");
    explorer.press(&["esc"]).click_on("GET http://a.io/y");
    shows(&explorer, "where does it go? · pinned");
}

#[test]
fn a_reload_of_files_tells_what_it_changed_and_turns_the_pins() {
    let input = |text: &str| Input::Text { name: "shop.yaml".to_owned(), text: text.to_owned() };
    let mut explorer = Explorer::new("shop.yaml", input(SHOP), 120, 40);
    explorer.ask("http://a.io/orders/1").press(&["enter", "p", "L"]);
    shows(&explorer, "nothing has changed yet");
    explorer.send(at(10, 41));
    let changes = moved();
    let v2 = SHOP.replace("orders-v1", "orders-v2");
    explorer.send(Message::Loaded(Ok(Reading { analysis: analysis(input(&v2)), changes, hint: None })));
    shows(&explorer, "● shop/orders-v2:80  was shop/orders-v1:80, since 10:41");
    explorer.press(&["L"]);
    shows(&explorer, "10:41:07 HTTPRoute shop/orders: rule 1 now goes to Service shop/orders-v2:80");
    shows(&explorer, "10:41:00 pinned GET http://a.io/orders/1: shop/orders-v1:80 → shop/orders-v2:80");
    explorer.send(Message::Loaded(Ok(read(input(&v2)))));
    shows(&explorer, "reloaded");
}

#[test]
fn a_pin_is_answered_by_every_context() {
    let mut explorer = two(120, 40);
    explorer.press(&[":"]).write("pin http://a.io/orders/1");
    explorer.press(&["enter", "gg"]);
    shows(&explorer, " pins   GET http://a.io/orders/1  ≠ kind-dev ● shop/orders-v1:80   prod ● shop/orders-v2:80 as ");
    explorer.send(at(10, 41));
    explorer.holds_on(1, SHOP, named("prod"));
    shows(&explorer, "prod: GET http://a.io/orders/1: shop/orders-v2:80 as a.io/v2/1 → shop/orders-v1:80");
    shows(&explorer, "kind-dev ● shop/orders-v1:80   prod ● shop/orders-v1:80  was shop/orders-v2:80 as a");
    explorer.press(&["a"]);
    shows(&explorer, " pins   GET http://a.io/orders/1  = ● shop/orders-v1:80  everywhere");
}

#[test]
fn a_url_that_several_gateways_answer_is_pinned_on_the_one_that_is_shown() {
    let mut explorer = cluster(120, 40);
    let other = SHOP.replace("name: web", "name: other").replace("orders", "others").replace("/others", "/x");
    explorer.holds(&format!("{SHOP}---{other}"), synced()).press(&[":"]).write("pin http://a.io/orders");
    explorer.press(&["enter", "gg"]);
    // Both serve the host alike, and so the first by name is shown, whatever it answers.
    shows(&explorer, " pins   GET http://a.io/orders on infra/other  ✗ 404 from the gateway");
    explorer.ask("http://a.io/orders").press(&["enter", ")", "p"]);
    shows(&explorer, "GET http://a.io/orders on infra/web    ● shop/orders-v1:80");
    explorer.press(&["P", "enter"]);
    shows(&explorer, "✗ 404 from the gateway  no rule");
    explorer.press(&["P", "down", "enter"]);
    shows(&explorer, "● shop/orders-v1:80");
}
