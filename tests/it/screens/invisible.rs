//! No cell of the screen holds a character that a terminal obeys or does not show, whatever the world holds.

use routescope::tui::action::{ACTIONS, Scope};
use routescope::tui::update::Message;
use routescope_manifest::files::Input;

use super::explorer::{Explorer, shows};
use crate::support::poison::{self, POISON, is_harmful};

#[track_caller]
fn is_clean(explorer: &Explorer, after: &str) {
    let terminal = explorer.draw();
    for cell in &terminal.backend().buffer().content {
        let harmful = cell.symbol().chars().find(|c| is_harmful(*c));
        assert!(harmful.is_none(), "{harmful:?} after {after} on\n{}", explorer.text());
    }
}

/// Opens everything, asks, filters, and presses the key of every action.
fn wander(world: &str) {
    let input = || Input::Text { name: format!("world {POISON}"), text: world.to_owned() };
    let mut explorer = Explorer::new(&format!("title {POISON}"), input(), 100, 30);
    is_clean(&explorer, "loading");
    shows(&explorer, "\\u{1b}");
    for entry in ACTIONS.iter().filter(|entry| [Scope::Panes, Scope::Tree].contains(&entry.scope)) {
        explorer.press(&["esc", "esc", "down", entry.keys[0]]);
        is_clean(&explorer, entry.name);
    }
    for typed in ["http://example.com/a", "/shop", POISON] {
        explorer.press(&["esc", "esc", "u", "ctrl-u"]).write(typed);
        is_clean(&explorer, "asking");
        explorer.press(&["enter"]);
        is_clean(&explorer, "an answer");
        explorer.press(&["esc", "esc", "/"]).write(typed);
        is_clean(&explorer, "filtering");
        explorer.press(&["esc", "esc", ":"]).write(typed);
        is_clean(&explorer, "a command");
        explorer.press(&["enter", "esc", "esc"]);
    }
    explorer.send(Message::Paste(POISON.to_owned()));
    is_clean(&explorer, "pasting");
}

#[test]
fn no_field_of_no_kind_reaches_a_cell_unseen() {
    wander(&poison::field_by_field());
}

#[test]
fn a_world_of_hostile_names_is_drawn_visibly() {
    wander(&poison::altogether());
}

#[test]
fn a_hostile_world_that_was_found_is_drawn_visibly() {
    if let Some(world) = poison::found() {
        wander(&world);
    }
}
