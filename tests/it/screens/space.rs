//! The room: what each pane gets by itself, by key and by mouse.

use crossterm::event::{MouseButton, MouseEventKind};
use ratatui::layout::Rect;
use routescope::tui::state::Focus;
use routescope::tui::view::layout::Layout;

use super::explorer::{Explorer, demo, example, hides, shows};

const URL: &str = "https://api.example.com/payments/charge/42";

fn pane(explorer: &Explorer, focus: Focus) -> Rect {
    Layout::of(&explorer.state).pane(focus)
}

fn drag(explorer: &mut Explorer, from: (u16, u16), to: (u16, u16)) {
    explorer.mouse(MouseEventKind::Down(MouseButton::Left), from.0, from.1);
    explorer.mouse(MouseEventKind::Drag(MouseButton::Left), to.0, to.1);
    explorer.mouse(MouseEventKind::Up(MouseButton::Left), to.0, to.1);
}

#[test]
fn the_reasons_have_a_pane_as_high_as_they_are_and_none_without_a_question() {
    let mut explorer = demo(120, 40);
    assert!(pane(&explorer, Focus::Why).is_empty());
    explorer.ask(URL).press(&["enter"]);
    assert_eq!(pane(&explorer, Focus::Why).height, 3 + 2);
    explorer.press(&["u", "ctrl-u", "esc"]);
    assert!(pane(&explorer, Focus::Why).is_empty());
    // Whoever goes from pane to pane does not come to one that is not there.
    explorer.press(&["tab"]);
    assert_eq!(explorer.state.focus, Focus::Detail);
    explorer.press(&["tab"]);
    assert_eq!(explorer.state.focus, Focus::Ask);
    explorer.press(&["shift-tab"]);
    assert_eq!(explorer.state.focus, Focus::Detail);
}

#[test]
fn while_one_types_the_reasons_do_not_shrink() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/banking/cardsxyz");
    let most = pane(&explorer, Focus::Why).height;
    explorer.press(&["backspace", "backspace", "backspace"]);
    shows(&explorer, "● banking/banking-bff:8080");
    assert_eq!(pane(&explorer, Focus::Why).height, most);
}

#[test]
fn sentences_in_the_reasons_are_never_cut() {
    for (width, height) in [(60, 20), (80, 24), (120, 40), (220, 50)] {
        let mut explorer = example("field-guide/guide-as-printed", width, height);
        explorer.ask("https://api.example.com/banking/cards").press(&["enter", "tab", "tab", "z"]);
        let text: String = explorer
            .text()
            .split_whitespace()
            .filter(|word| !"│┃█╭╮╰╯".contains(*word))
            .fold(String::new(), |text, word| text + word.trim_matches(['│', '┃', '█']) + " ");
        assert!(
            text.contains("a child of label banking-bff in any namespace may exist that is not in view"),
            "{width}: {text}"
        );
    }
}

#[test]
fn edges_are_moved_by_key_and_stay() {
    let mut explorer = demo(120, 40);
    explorer.ask(URL).press(&["enter"]);
    let (tree, why) = (pane(&explorer, Focus::Tree), pane(&explorer, Focus::Why));
    explorer.press(&["ctrl-right", "ctrl-right", "ctrl-up"]);
    assert_eq!(pane(&explorer, Focus::Tree).width, tree.width + 4);
    assert_eq!(pane(&explorer, Focus::Why).height, why.height + 1);
    explorer.press(&["ctrl-left", "ctrl-down", "ctrl-down"]);
    assert_eq!(pane(&explorer, Focus::Tree).width, tree.width + 2);
    assert_eq!(pane(&explorer, Focus::Why).height, why.height - 1);
    explorer.press(&["u", "ctrl-u"]).write(URL).press(&["enter"]);
    assert_eq!(pane(&explorer, Focus::Why).height, why.height - 1);
    explorer.press(&["="]);
    assert_eq!((pane(&explorer, Focus::Tree), pane(&explorer, Focus::Why)), (tree, why));
    explorer.press(&["="]);
    shows(&explorer, "no pane was resized");
}

#[test]
fn edges_are_dragged_with_the_mouse() {
    let mut explorer = demo(120, 40);
    explorer.ask(URL).press(&["enter"]);
    let (tree, why) = (pane(&explorer, Focus::Tree), pane(&explorer, Focus::Why));
    drag(&mut explorer, (tree.right() - 1, 12), (79, 14));
    assert_eq!(pane(&explorer, Focus::Tree).width, 80);
    drag(&mut explorer, (30, why.y), (30, 25));
    assert_eq!(pane(&explorer, Focus::Why).y, 25);
    // Nothing is held any more.
    explorer.mouse(MouseEventKind::Drag(MouseButton::Left), 30, 10);
    assert_eq!(pane(&explorer, Focus::Why).y, 25);
    // However far one drags, no pane is lost.
    drag(&mut explorer, (79, 12), (119, 12));
    assert_eq!(pane(&explorer, Focus::Detail).width, 20);
    let mut explorer = demo(80, 24);
    let tree = pane(&explorer, Focus::Tree);
    drag(&mut explorer, (20, tree.bottom() - 1), (20, 0));
    assert_eq!(pane(&explorer, Focus::Tree).height, 3);
}

#[test]
fn from_200_columns_on_there_are_three_columns() {
    let mut explorer = demo(220, 40);
    assert_eq!(pane(&explorer, Focus::Tree).height, pane(&explorer, Focus::Detail).height);
    hides(&explorer, " why ");
    explorer.ask(URL).press(&["enter"]);
    let [tree, detail, why] = [Focus::Tree, Focus::Detail, Focus::Why].map(|focus| pane(&explorer, focus));
    assert_eq!((tree.y, tree.height), (why.y, why.height));
    assert_eq!((tree.right(), detail.right(), why.right()), (detail.x, why.x, 220));
    insta::assert_snapshot!(explorer.text());
    explorer.press(&["z"]);
    assert_eq!(pane(&explorer, Focus::Tree).width, 220);
}

#[test]
fn what_cannot_be_kept_is_told_and_stays_in_the_header() {
    let mut explorer = demo(120, 40);
    explorer.send(routescope::tui::update::Message::NotKept(Some("the disk is full".to_owned())));
    shows(&explorer, "⚠ not kept for the next run: the disk is full");
    explorer.press(&["j"]);
    shows(&explorer, "⚠ history not kept");
    explorer.send(routescope::tui::update::Message::NotKept(None));
    hides(&explorer, "history not kept");
}
