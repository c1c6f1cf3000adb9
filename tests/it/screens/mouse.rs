//! The mouse works on all that looks clickable, and hints stand only for what does something.

use crossterm::event::{MouseButton, MouseEventKind};
use routescope::tui::effect::Effect;
use routescope::tui::view::hints::hints;
use routescope::tui::view::layout::Layout;

use super::explorer::{Explorer, demo, example, hides, shows};

/// A state, and how to get there.
type Scene = (&'static str, fn() -> Explorer);

/// Explorers in states that differ in what can be done.
fn states() -> Vec<Scene> {
    fn pressed(mut explorer: Explorer, keys: &[&str]) -> Explorer {
        explorer.press(keys);
        explorer
    }
    fn asked(name: &str, url: &str) -> Explorer {
        let mut explorer = example(name, 120, 40);
        explorer.ask(url).press(&["enter"]);
        explorer
    }
    vec![
        ("nothing is loaded", || Explorer::waiting("nothing", 120, 40)),
        ("the first screen", || demo(120, 40)),
        ("a leaf", || pressed(demo(120, 40), &["G"])),
        ("a leaf where there is room for one pane", || pressed(demo(60, 20), &["G"])),
        ("an empty URL bar", || pressed(demo(120, 40), &["u"])),
        ("a URL is typed", || {
            let mut explorer = demo(120, 40);
            explorer.ask("api.example.com/banking/cards");
            explorer
        }),
        ("an answer", || asked("field-guide", "https://api.example.com/banking/cards")),
        ("its reasons", || pressed(asked("field-guide", "https://api.example.com/banking/cards"), &["tab", "tab"])),
        ("a last reason", || pressed(asked("field-guide", "https://api.example.com/x"), &["tab", "tab", "G"])),
        ("only the path", || pressed(asked("field-guide", "https://api.example.com/banking/cards"), &["s"])),
        ("the detail pane", || pressed(demo(120, 40), &["tab"])),
        ("its end", || pressed(demo(120, 40), &["tab", "G"])),
        ("one pane zoomed", || pressed(demo(120, 40), &["tab", "z"])),
        ("the detail pane alone", || pressed(demo(60, 20), &["tab"])),
        ("a filter is typed", || pressed(demo(120, 40), &["/", "c", "a", "r"])),
        ("a filter finds nothing", || pressed(demo(120, 40), &["/", "x", "q", "x"])),
        ("the table", || pressed(example("unresolved", 120, 40), &["gr"])),
        ("a row of the table", || pressed(example("unresolved", 120, 40), &["gr", "gg", "j"])),
        ("the backends", || pressed(example("unresolved", 120, 40), &["gb", "gg"])),
        ("the owners", || pressed(demo(80, 24), &["go", "gg"])),
        ("the findings", || pressed(example("unresolved", 120, 40), &["f"])),
        ("no findings", || pressed(demo(120, 40), &["v", "v", "v", "v"])),
        ("the help", || pressed(demo(120, 40), &["?"])),
        ("the palette", || pressed(demo(120, 40), &["ctrl-p"])),
        ("the headers", || pressed(demo(120, 40), &["H"])),
        ("the pins", || pressed(asked("field-guide", "https://api.example.com/x"), &["p", "P"])),
        ("what can be copied", || pressed(demo(120, 40), &["y"])),
        ("a key that waits", || pressed(demo(120, 40), &["g"])),
    ]
}

#[test]
fn hints_stand_for_what_does_something() {
    // What may follow a first key is a list of keys, whatever they do here.
    for (name, explorer) in states().into_iter().filter(|(_, explorer)| explorer().state.pending.is_empty()) {
        for hint in hints(&explorer().state) {
            let (mut before, mut after) = (explorer(), explorer());
            before.effects.clear();
            after.effects.clear();
            after.press(&[&hint.key]);
            let changes = before.both() != after.both() || !after.effects.is_empty();
            // That nothing can be done is said in a notice: a hint must do more.
            let is_told = after.state.notice.as_ref().is_some_and(|notice| {
                ["no ", "nothing", "only one", "cannot", "not "].iter().any(|word| notice.text.starts_with(word))
            });
            assert!(changes && !is_told, "{}: {} {} does nothing\n{}", name, hint.key, hint.word, after.text());
        }
    }
}

#[test]
fn a_click_on_a_hint_does_what_its_key_does() {
    for (name, explorer) in states() {
        let layout = Layout::of(&explorer().state);
        for (area, hint) in routescope::tui::view::hints::placed(&explorer().state, &layout) {
            let (mut clicked, mut pressed) = (explorer(), explorer());
            clicked.click(area.x, area.y);
            pressed.press(&[&hint.key]);
            assert_eq!(clicked.text(), pressed.text(), "{name}: {} {}", hint.key, hint.word);
            assert_eq!(clicked.effects.len(), pressed.effects.len(), "{name}: {} {}", hint.key, hint.word);
        }
    }
}

#[test]
fn a_fold_mark_folds_at_once() {
    let mut explorer = demo(120, 40);
    explorer.click_on("├─ /banking");
    hides(&explorer, "banking-routes");
    explorer.click_on("├▸ /banking");
    shows(&explorer, "banking-routes");
    explorer.press(&["gb"]);
    explorer.click_on("▾ Service insurance");
    shows(&explorer, "▸ Service insurance/insurance-bff:8080 (2)");
}

#[test]
fn the_names_of_the_views_are_tabs() {
    let mut explorer = demo(120, 40);
    explorer.click_on("backends · owners");
    shows(&explorer, "┏ backends ");
    explorer.click_on("tree · table");
    shows(&explorer, "┏ tree ");
    hides(&demo(60, 20), "table · backends");
}

#[test]
fn a_title_zooms_its_pane_and_shows_what_is_hidden() {
    let mut explorer = demo(120, 40);
    explorer.click_on("┏ tree");
    hides(&explorer, "│ class     kgateway");
    explorer.press(&["z"]).ask("https://api.example.com/banking/cards").press(&["enter", "s"]);
    shows(&explorer, "tree · path only");
    explorer.click_on("┏ tree");
    hides(&explorer, "tree · path only");
}

#[test]
fn a_scroll_bar_goes_where_it_is_clicked_and_dragged() {
    let mut explorer = demo(80, 24);
    shows(&explorer, "┌ Gateway kgateway-system/http");
    let layout = Layout::of(&explorer.state);
    let (x, top, bottom) = (layout.tree.right() - 1, layout.tree.y + 1, layout.tree.bottom() - 2);
    explorer.mouse(MouseEventKind::Down(MouseButton::Left), x, bottom);
    shows(&explorer, "/payments/refund");
    hides(&explorer, "┌ Gateway kgateway-system/http");
    explorer.mouse(MouseEventKind::Drag(MouseButton::Left), x, top);
    shows(&explorer, "┌ Gateway kgateway-system/http");
    explorer.press(&["?"]);
    let screen = explorer.text();
    let row = screen.lines().position(|line| line.contains("most used")).expect("the help");
    explorer.click(79, u16::try_from(row).unwrap() + 16);
    hides(&explorer, "most used");
}

#[test]
fn what_may_follow_and_what_completes_can_be_clicked() {
    let mut explorer = demo(120, 40);
    explorer.press(&["g"]).click_on("each Service or Backend");
    shows(&explorer, "┏ backends ");
    let mut explorer = demo(120, 40);
    explorer.press(&["u"]).write("ap").click_on("… tab: api");
    shows(&explorer, "GET api.example.com");
    assert!(!explorer.effects.iter().any(|effect| matches!(effect, Effect::Quit)));
}
