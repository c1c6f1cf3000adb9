//! Several contexts side by side.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use crossterm::event::MouseEventKind;
use routescope::tui::context_pane::ContextId;
use routescope::tui::effect::Effect;
use routescope::tui::update::Message;
use routescope_cluster::live::Update;
use routescope_cluster::{Phase, Status};
use routescope_manifest::SourceError;

use super::changes::moved;
use super::commands::entry;
use super::explorer::{Explorer, PROD, SHOP, cluster, hides, named, shows, synced, two};

#[test]
fn several_contexts_stand_side_by_side_and_answer_one_question() {
    let mut explorer = two(120, 40);
    insta::assert_snapshot!("several_contexts_before_a_question", explorer.text());
    explorer.ask("http://a.io/orders/1");
    insta::assert_snapshot!(explorer.both());
    shows(&explorer, "≠ the answers differ");
    shows(&explorer, "other destination, upstream");
    explorer.holds_on(1, SHOP, named("prod"));
    shows(&explorer, "= the same answer everywhere");
    hides(&explorer, "≠");
}

#[test]
fn in_80_by_24_one_context_shows_at_a_time() {
    let mut explorer = two(80, 24);
    explorer.ask("http://a.io/orders/1").press(&["enter"]);
    insta::assert_snapshot!(explorer.both());
    shows(&explorer, "kind-dev (1 of 2)");
    explorer.press(&["c"]);
    shows(&explorer, "prod (2 of 2)");
    explorer.press(&["c"]);
    shows(&explorer, "kind-dev (1 of 2)");
    explorer.press(&["u", "end", "f4"]).write("2");
    shows(&explorer, "prod (2 of 2)");
    shows(&explorer, "http://a.io/orders/12");
}

#[test]
fn in_60_by_20_the_answers_stand_over_one_pane() {
    let mut explorer = two(60, 20);
    explorer.ask("http://a.io/orders/1").press(&["enter", "C"]);
    insta::assert_snapshot!(explorer.text());
}

#[test]
fn a_context_that_cannot_be_read_says_so_in_its_own_column() {
    let mut explorer = two(120, 40);
    explorer.ask("http://a.io/orders/1").press(&["enter"]);
    let error = SourceError {
        message: "cannot reach https://prod.example.com: connection refused".to_owned(),
        hint: Some("is the cluster running?".to_owned()),
    };
    let mut failed = Explorer::waiting("", 120, 40);
    failed.state.follow(["kind-dev", "prod"].map(|name| Some(name.to_owned())));
    failed.holds_on(0, SHOP, named("kind-dev")).followed_on(1, Update::Failed(error));
    failed.ask("http://a.io/orders/1").press(&["enter"]);
    insta::assert_snapshot!(failed.text());
    shows(&failed, "▸ kind-dev   ● shop/orders-v1:80");
    failed.press(&["c", "r"]);
    assert!(matches!(failed.effects.last(), Some(Effect::Follow { side: ContextId(1), epoch: 1, .. })));
    shows(&failed, "connecting to prod …");
    // Of one that was read and does not answer any more, the last answer stays, and is told to be old.
    let stale = Phase::Stale { since: UNIX_EPOCH, reason: "connection refused".to_owned() };
    explorer.followed_on(1, Update::Status(Arc::new(Status { phase: stale, ..named("prod") })));
    shows(&explorer, "? not certain · ◌ stale · other destination, upstream");
    shows(&explorer, "≠ ● shop/orders-v2:80");
}

#[test]
fn each_context_has_its_own_folds_filter_and_findings() {
    let mut explorer = two(120, 40);
    explorer.press(&["c", "-"]);
    assert_eq!(explorer.text().matches("orders (shop)").count(), 1);
    explorer.press(&["C", "/"]).write("nothing like it");
    shows(&explorer, "nothing matches");
    shows(&explorer, "▸ Gateway infra/web");
    explorer.press(&["f4"]).write("c");
    shows(&explorer, "nothing matches");
    shows(&explorer, "kind-dev (1 of 2)");
    explorer.press(&["esc"]);
    shows(&explorer, "orders (shop)");
    explorer.press(&["R"]);
    shows(&explorer, "connection · kind-dev");
    explorer.press(&["f4"]);
    shows(&explorer, "connection · prod");
}

#[test]
fn pausing_holds_every_context_and_the_log_names_them() {
    let mut explorer = two(120, 40);
    explorer.press(&["Z"]);
    assert_eq!(explorer.text().matches("‖ paused").count(), 5, "header, answers, columns:\n{}", explorer.text());
    explorer.changes_on(0, &SHOP.replace("orders-v1", "orders-v3"), named("kind-dev"), moved());
    explorer.changes_on(1, SHOP, named("prod"), moved());
    hides(&explorer, "orders-v3");
    explorer.press(&["Z"]);
    shows(&explorer, "2 changes meanwhile: L lists them");
    shows(&explorer, "orders-v3");
    explorer.press(&["L"]);
    shows(&explorer, "10:41:07 kind-dev HTTPRoute shop/orders: rule 1 now goes to");
    shows(&explorer, "10:41:07 prod HTTPRoute shop/orders: rule 1 now goes to");
    explorer.press(&["enter"]);
    shows(&explorer, "prod (2 of 2)");
    assert!(explorer.roles().contains("<selected>"), "{}", explorer.roles());
}

#[test]
fn contexts_come_and_go_by_command_and_by_list() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced()).ask("http://a.io/orders/1").press(&["enter", ":"]);
    explorer.send(Message::Contexts(Ok(vec![entry("kind-dev"), entry("prod")])));
    explorer.write("ctx kind-dev pr").press(&["tab", "enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Follow { side: ContextId(1), epoch: 0, .. })));
    shows(&explorer, "connecting to prod …");
    shows(&explorer, "▸ kind-dev   ● shop/orders-v1:80");
    explorer.holds_on(1, &PROD, named("prod"));
    shows(&explorer, "≠ ● shop/orders-v2:80");
    explorer.press(&["c", ":"]).write("only").press(&["enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Leave(ContextId(0)))));
    hides(&explorer, "kind-dev");
    shows(&explorer, "shop/orders-v2:80");
    explorer.press(&["c"]);
    shows(&explorer, "one context is followed");
    // One cluster twice: each is read for itself.
    explorer.press(&[":"]).write("ctx").press(&["enter"]);
    explorer.send(Message::Contexts(Ok(vec![entry("kind-dev"), entry("prod")])));
    explorer.press(&["+"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Follow { side: ContextId(2), epoch: 0, .. })));
    explorer.holds_on(1, SHOP, named("prod"));
    shows(&explorer, "prod #2 (2 of 2)");
    shows(&explorer, "▸ prod #2 ≠ ● shop/orders-v1:80");
    // What a context that is gone still brings is of no interest.
    explorer.send(Message::Followed {
        side: ContextId(0),
        epoch: 0,
        update: Box::new(Update::Status(Arc::new(synced()))),
    });
    hides(&explorer, "kind-dev");
}

#[test]
fn a_click_goes_to_the_side_under_it() {
    let mut explorer = two(120, 40);
    explorer.ask("http://a.io/orders/1").press(&["enter"]);
    explorer.click_on("prod     ≠");
    shows(&explorer, "prod (2 of 2)");
    explorer.click(5, 9);
    shows(&explorer, "kind-dev (1 of 2)");
    explorer.mouse(MouseEventKind::ScrollDown, 80, 9);
    shows(&explorer, "kind-dev (1 of 2)");
}

#[test]
fn many_contexts_in_any_size_are_drawn_and_turned_through() {
    for (width, height) in [(24, 5), (60, 20), (80, 24), (100, 20), (120, 40), (160, 50)] {
        for count in [2, 3, 9] {
            let mut explorer = Explorer::waiting("", width, height);
            explorer.state.follow((0..count).map(|at| Some(format!("context-{at}"))));
            for at in 0..count {
                explorer.holds_on(at, SHOP, named(&format!("context-{at}")));
            }
            explorer.ask("http://a.io/orders/1").press(&["enter"]);
            for at in 0..count {
                assert_eq!(explorer.state.active, at);
                if width >= 60 {
                    shows(&explorer, &format!("context-{at} ({} of {count})", at + 1));
                    shows(&explorer, &format!("▸ context-{at}"));
                }
                explorer.press(&["z"]);
                explorer.text();
                explorer.press(&["z", "c"]);
            }
            assert_eq!(explorer.state.active, 0);
        }
    }
}
