//! The pictures of the README: each script in `docs/pictures` is played to the real binary, whose `:export` draws what is
//! compared with the picture beside it. `tools/pictures` makes them again.
//!
//! A line of a script is `size COLUMNSxROWS`, `run OPTIONS`, `wait TEXT`, `type TEXT` or `press KEY …`.

use std::fs;
use std::path::{Path, PathBuf};

use portable_pty::CommandBuilder;

use super::Session;

/// The bytes that a terminal sends for a key.
fn bytes(key: &str) -> &str {
    match key {
        "enter" => "\r",
        "esc" => "\x1b",
        "tab" => "\t",
        key => key,
    }
}

/// Plays a script, and returns the picture of what is then on the screen.
fn played(script: &Path) -> String {
    let text = fs::read_to_string(script).expect("a readable script");
    let home = tempfile::tempdir().expect("a folder");
    let picture = home.path().join("p.svg");
    let mut size = (80, 24);
    let mut session: Option<Session> = None;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (verb, rest) = line.split_once(' ').expect("a verb and more");
        match (verb, &mut session) {
            ("size", None) => {
                let (columns, rows) = rest.split_once('x').expect("COLUMNSxROWS");
                size = (columns.parse().expect("columns"), rows.parse().expect("rows"));
            }
            ("run", None) => {
                let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_routescope"));
                command.args(rest.split_whitespace());
                command.cwd(home.path());
                let variables = [("HOME", &*home.path().to_string_lossy()), ("COLORTERM", "truecolor")];
                session = Some(Session::run(command, size.1, size.0, &variables));
            }
            ("wait", Some(session)) => session.shows(rest),
            ("type", Some(session)) => {
                session.keys(rest);
            }
            ("press", Some(session)) => {
                for key in rest.split(' ') {
                    session.keys(bytes(key));
                }
            }
            _ => panic!("{}: {line}", script.display()),
        }
    }
    let mut session = session.expect("a program that runs");
    session.keys(":export p.svg\r").shows("written: p.svg");
    session.keys("\x03");
    session.ends_restored();
    fs::read_to_string(picture).expect("a picture")
}

#[test]
fn the_pictures_show_the_explorer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let paths = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (scripts, pictures): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.partition(|path| path.extension().is_some_and(|end| end == "keys"));
    assert!(scripts.len() > 1, "no scripts in {}", folder.display());
    let readme = fs::read_to_string(folder.join("../../README.md")).expect("a README");
    for script in &scripts {
        let picture = script.with_extension("svg");
        let name = picture.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(readme.contains(&format!("(docs/pictures/{name})")), "the README does not show {name}");
        let real = played(script);
        if std::env::var_os("ROUTESCOPE_UPDATE").is_some() {
            fs::write(&picture, real).expect("a writable picture");
            continue;
        }
        let drawn = fs::read_to_string(&picture).unwrap_or_default();
        let differs = drawn.lines().zip(real.lines()).find(|(one, other)| one != other);
        assert!(drawn == real, "{name} is not what the program shows; run tools/pictures: {differs:?}");
    }
    let without = pictures.iter().find(|path| !scripts.contains(&path.with_extension("keys")));
    assert!(without.is_none(), "{without:?} has no script");
}
