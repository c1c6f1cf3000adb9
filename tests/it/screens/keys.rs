//! Keys of the person's own: they do what they say, and everything that names a key names them.

use std::path::Path;

use routescope::config;
use routescope::tui::action::{ACTIONS, Action};
use routescope::tui::effect::Effect;
use routescope::tui::keymap::Keymap;

use super::explorer::{Explorer, demo, hides, shows};

fn with_keys(lines: &str) -> Explorer {
    let (config, problems) = config::read(Path::new("config.toml"), &format!("[keys]\n{lines}"));
    let (keys, more) = Keymap::of(&config.keys);
    assert_eq!((problems, more), (Vec::new(), Vec::new()));
    let mut explorer = demo(120, 40);
    explorer.state.keys = keys;
    explorer
}

#[test]
fn help_palette_hints_and_sentences_name_the_persons_own_keys() {
    let mut explorer =
        with_keys("ask = 'F8'\nfilter = ['ctrl-x /', 'ctrl-t']\nhelp = ['H', 'f1']\nheaders-edit = []\n");
    shows(&explorer, "f8 trace a URL · ctrl-x / filter · H help · q quit");
    hides(&explorer, "headers");
    explorer.press(&["."]);
    shows(&explorer, "nothing was asked yet: f8 types a URL");
    explorer.press(&["H"]);
    shows(&explorer, "f8                 ask ");
    explorer.press(&["esc", "ctrl-p"]).write("headers");
    shows(&explorer, "                   headers, edit");
    explorer.press(&["esc", "u"]);
    hides(&explorer, "esc tree");
    explorer.press(&["ctrl-x"]);
    shows(&explorer, "ctrl-x … / filter");
    explorer.press(&["/"]).write("pay");
    shows(&explorer, "next match");
    explorer.press(&["esc", "f8"]);
    shows(&explorer, "esc tree");
}

#[test]
fn an_action_without_a_key_has_its_name_on_the_command_line() {
    let mut explorer = with_keys("ask = []\nquit = []\n");
    explorer.press(&["."]);
    shows(&explorer, "nothing was asked yet: :ask types a URL");
    explorer.press(&[":"]).write("ask");
    explorer.press(&["enter"]);
    shows(&explorer, "esc tree");
    explorer.press(&["esc", "q"]);
    assert!(explorer.effects.is_empty(), "{:?}", explorer.effects);
    explorer.press(&["ctrl-c"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Quit)));
}

#[test]
fn every_action_can_be_without_a_key() {
    let lines: Vec<String> = ACTIONS
        .iter()
        .filter(|entry| entry.action != Action::Leave)
        .map(|entry| format!("{} = []\n", entry.key_name()))
        .collect();
    let mut explorer = with_keys(&lines.concat());
    for (width, height) in [(120, 40), (40, 10)] {
        explorer.state.size = (width, height);
        explorer.press(&["j", "tab", "?"]);
        explorer.text();
    }
    explorer.press(&["ctrl-c"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Quit)));
}
