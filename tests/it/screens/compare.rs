//! One world taken apart to be compared: sources of files, and a cluster with and without files over it.

use routescope::tui::apart::Part;
use routescope::tui::effect::Effect;
use routescope::tui::update::Message;
use routescope_manifest::files::Input;

use super::explorer::{Explorer, PROD, SHOP, hides, named, shows};
use super::overlay::laid_over;

/// Two sources that are read as one.
fn sources(width: u16, height: u16) -> Explorer {
    let text = |name: &str, text: &str| Input::Text { name: name.to_owned(), text: text.to_owned() };
    let parts = vec![text("old.yaml", SHOP), text("new.yaml", &PROD)];
    let mut explorer = Explorer::new("old.yaml, new.yaml", parts[1].clone(), width, height);
    let part = |name: &str| Part { name: name.to_owned(), arguments: format!("-f {name}.yaml") };
    explorer.state.parts = vec![part("old"), part("new")];
    explorer.parts = parts;
    explorer
}

#[test]
fn sources_of_files_are_compared_side_by_side() {
    for (width, height) in [(120, 40), (80, 24), (60, 20)] {
        let mut explorer = sources(width, height);
        explorer.press(&["x"]).ask("http://a.io/orders/1").press(&["enter"]);
        insta::assert_snapshot!(format!("files_{width}x{height}"), explorer.both());
    }
}

#[test]
fn where_one_side_is_shown_a_key_for_the_other_is_named() {
    for (width, height) in [(80, 24), (60, 20)] {
        let mut explorer = sources(width, height);
        explorer.press(&["x"]);
        shows(&explorer, "compared: c other side");
    }
}

#[test]
fn both_sources_answer_and_move_together() {
    let mut explorer = sources(120, 40);
    shows(&explorer, "x compare");
    explorer.press(&["x"]);
    shows(&explorer, " old · 1 row ≠ new ");
    shows(&explorer, " new · 1 row ≠ old ");
    explorer.ask("http://a.io/orders/1").press(&["enter"]);
    shows(&explorer, "≠ the answers differ");
    shows(&explorer, "≠ new: /orders");
    let selected = |explorer: &Explorer| {
        let sides = explorer.state.sides.iter();
        sides.map(|side| (side.tree.selected, side.tree.offset)).collect::<Vec<_>>()
    };
    assert_eq!(selected(&explorer)[0], selected(&explorer)[1]);
    explorer.press(&["gg", "j"]);
    assert_eq!(selected(&explorer), [(1, 0), (1, 0)]);
    explorer.press(&["c"]);
    shows(&explorer, "routescope · new (2 of 2)");
    // A command line asks the source that is looked at.
    explorer.press(&["y"]);
    shows(&explorer, "routescope where 'http://a.io/orders/1' -f new.yaml");
    // A file that changed is read on both sides.
    explorer.press(&["esc"]).parts[0] = explorer.parts[1].clone();
    explorer.send(Message::FilesChanged);
    shows(&explorer, "= the same answer everywhere");
    shows(&explorer, "0 rows ≠");
}

#[test]
fn what_was_taken_apart_is_put_together_again() {
    let mut explorer = sources(120, 40);
    explorer.press(&["x"]).ask("http://a.io/orders/1").press(&["enter", "x"]);
    assert_eq!(explorer.state.sides.len(), 1);
    shows(&explorer, "routescope · old.yaml, new.yaml");
    shows(&explorer, "● shop/orders-v2:80");
    assert!(explorer.effects.iter().any(|effect| matches!(effect, Effect::Load)), "{:?}", explorer.effects);
}

#[test]
fn one_source_says_how_to_get_two() {
    let mut explorer = super::explorer::demo(120, 40);
    hides(&explorer, "x compare");
    explorer.press(&["x"]);
    shows(&explorer, "one source: -f OLD -f NEW names two, and x compares them");
}

#[test]
fn a_cluster_is_compared_with_what_the_files_make_of_it() {
    let mut explorer = laid_over(120, 40);
    explorer.press(&["x"]);
    let bare = explorer.effects.iter().any(|effect| matches!(effect, Effect::Follow { bare: true, .. }));
    assert!(bare, "{:?}", explorer.effects);
    explorer.holds_on(0, SHOP, named("kind-dev"));
    shows(&explorer, " kind-dev · 2 rows ≠ kind-dev + files ");
    shows(&explorer, "+ only here");
    explorer.ask("http://a.io/cart/1");
    shows(&explorer, "≠ the answers differ");
    shows(&explorer, "▸ kind-dev + files ≠ ● shop/cart:80");
    insta::assert_snapshot!(explorer.text());
    explorer.press(&["enter", "x"]);
    assert_eq!(explorer.state.sides.len(), 1);
    assert!(explorer.effects.iter().any(|effect| matches!(effect, Effect::Leave(_))), "{:?}", explorer.effects);
    shows(&explorer, "change.yaml over kind-dev");
}
