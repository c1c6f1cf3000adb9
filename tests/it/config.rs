//! `routescope config init`: the file of settings to start from.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use routescope::config;

/// Runs the binary with a home folder of its own.
fn run(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(arguments).current_dir(home).env("HOME", home).env("XDG_CONFIG_HOME", home.join("config"));
    command.output().expect("the binary runs")
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn init_writes_the_defaults_and_prints_the_path() {
    let home = tempfile::tempdir().expect("a folder");
    let output = run(home.path(), &["config", "init"]);
    let folder = home.path().join("config/routescope");
    let path = config::file(&folder);
    assert_eq!(said(&output.stdout), format!("{}\n", path.display()), "{}", said(&output.stderr));
    let printed = run(home.path(), &["config", "init", "--print"]).stdout;
    assert_eq!(fs::read(&path).expect("a file"), printed);
    assert_eq!(run(home.path(), &["config", "init", "-"]).stdout, printed);
    assert_eq!(config::load_from(&folder), config::Loaded::default(), "every line is a comment or a default");
}

#[test]
fn init_overwrites_nothing_unless_it_is_told_to() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("mine.toml");
    fs::write(&path, "ascii = true\n").expect("a file");
    let output = run(home.path(), &["config", "init", "mine.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let wanted = "error: cannot write mine.toml: it is there already\n\
                  hint: overwrite it with --force, or see the defaults with --print\n";
    assert_eq!(said(&output.stderr), wanted);
    assert_eq!(fs::read_to_string(&path).expect("a file"), "ascii = true\n");
    assert!(run(home.path(), &["config", "init", "mine.toml", "--force"]).status.success());
    assert!(fs::read_to_string(&path).expect("a file").contains("#ascii = false"));
}
