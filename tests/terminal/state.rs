//! What is kept between runs of the real binary: questions, pins, theme and pane sizes, and no secrets.

use std::fs;
use std::path::{Path, PathBuf};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use super::{Session, route};

/// A folder with manifests, and a home folder.
fn folders() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().expect("a folder");
    let manifests = home.path().join("shop");
    fs::create_dir(&manifests).expect("a folder");
    fs::write(manifests.join("routes.yaml"), route("/pay")).expect("a file");
    (home, manifests)
}

fn explore(home: &Path, arguments: &[&str], state: &str) -> Session {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_routescope"));
    command.arg("tui");
    command.args(arguments);
    let home = home.to_string_lossy();
    Session::run(command, 40, 120, &[("HOME", &home), ("ROUTESCOPE_STATE", state)])
}

fn state(home: &Path) -> PathBuf {
    home.join(".local/state/routescope")
}

/// The file of the source, and what is in it.
fn file(home: &Path) -> (PathBuf, String) {
    let mut files = fs::read_dir(state(home)).expect("a folder").map(|entry| entry.expect("an entry").path());
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("shop-"));
    let path = files.find(named).expect("a file for the source");
    let text = fs::read_to_string(&path).expect("a readable file");
    (path, text)
}

/// The column of the edge beside the tree.
fn edge(screen: &str) -> Option<usize> {
    // The frame of the focused pane is heavy.
    screen.lines().find_map(|line| Some(line[..line.find("╮╭").or_else(|| line.find("┓╭"))?].chars().count()))
}

#[test]
fn questions_pins_theme_and_sizes_are_there_in_the_next_run_and_no_secret_is() {
    let (home, manifests) = folders();
    let path = manifests.to_string_lossy().into_owned();
    let mut session = explore(home.path(), &["-f", &path], "");
    session.shows("/pay");
    session.keys("\x1b[200~curl -XPOST -H 'Authorization: Bearer s3cret' -H 'x-team: blue' http://a.io/pay/1\x1b[201~");
    session.shows("from curl: POST, 2 headers");
    session.keys("\r").keys("p").shows("pinned");
    session.keys("t").shows("theme: ");
    let first = session.text();
    let edge = edge(&first).expect("an edge beside the tree");
    // Three steps to the left, by alt-H.
    session.keys("\x1bH\x1bH\x1bH");
    session.wait("a narrower tree", |screen| self::edge(&screen.contents()) == Some(edge - 6));
    session.keys("q");
    session.ends_restored();
    let (path_of_file, text) = file(home.path());
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("\"Authorization:\"") && text.contains("\"x-team: blue\""), "{text}");
    let look = fs::read_to_string(state(home.path()).join("look.json")).expect("a file");
    let theme = first.split("theme: ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a theme");
    assert!(look.contains(&format!("\"name\": \"{theme}\"")) && look.contains("\"tree\": "), "{look}");

    let mut session = explore(home.path(), &["-f", &path], "");
    session.shows("POST http://a.io/pay/1 +2 headers");
    session.shows("a pin is asked without the value of a header");
    session.keys("u\x1b[A").shows("http://a.io/pay/1");
    session.shows("the value of a header was not kept");
    assert_eq!(self::edge(&session.text()), Some(edge - 6));
    session.keys("\x03").shows("emptied");
    session.keys("\x1b").shows("u trace a URL");
    session.keys("t").shows("theme: ");
    assert!(!session.text().contains(&format!("theme: {theme}")), "the theme of the run before was in use");
    session.keys("q");
    session.ends_restored();
    assert_eq!(file(home.path()).0, path_of_file);
}

#[test]
fn a_newer_file_is_one_warning_and_stays() {
    let (home, manifests) = folders();
    let path = manifests.to_string_lossy().into_owned();
    let mut session = explore(home.path(), &["-f", &path], "");
    session.shows("/pay");
    session.keys(":pin http://a.io/pay\r").shows("pinned");
    session.keys("q");
    session.ends_restored();
    let (path_of_file, text) = file(home.path());
    let newer = text.replace("\"version\": 1", "\"version\": 7");
    fs::write(&path_of_file, &newer).expect("it can be written");
    let mut session = explore(home.path(), &["-f", &path], "");
    session.shows("shop-");
    session.keys(":pin http://a.io/pay/2\r").shows("pinned");
    session.keys("q");
    session.ends_restored();
    assert_eq!(file(home.path()).1, newer);
}

#[test]
fn nothing_is_kept_of_the_demo_nor_where_that_is_switched_off() {
    let (home, manifests) = folders();
    let path = manifests.to_string_lossy().into_owned();
    let off = home.path().join(".config/routescope");
    for (arguments, variable, setting) in
        [(&["--demo"][..], "", "true"), (&["-f", &path], "no", "true"), (&["-f", &path], "", "false")]
    {
        fs::create_dir_all(&off).expect("a folder");
        fs::write(off.join("config.toml"), format!("state = {setting}\n")).expect("a file");
        let mut session = explore(home.path(), arguments, variable);
        session.shows("where does it go?");
        session.keys(":pin http://a.io/pay\r").shows("pinned");
        session.keys("tq");
        session.ends_restored();
        assert!(!state(home.path()).exists(), "{arguments:?}");
    }
}
