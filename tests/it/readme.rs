//! The README shows what the program does: every `console` block is run and compared, and so are the parts that are made
//! from the program's own tables. Its pictures are `tests/terminal/pictures.rs`'s.
//!
//! `ROUTESCOPE_UPDATE=1 cargo test --test it readme` writes down what the program really shows.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use routescope::theme::Theme;
use routescope::tui::action::{ACTIONS, Scope};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a command line of the form `routescope …` in the repository, as a shell would.
fn run(line: &str) -> Output {
    let words = words(line);
    assert_eq!(words[0], "routescope", "{line}: only routescope itself can be shown");
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command
        .args(&words[1..])
        .current_dir(root())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .env_remove("CLICOLOR_FORCE");
    command.output().unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// Splits at spaces outside of single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("one word").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The text with every `console` block's output replaced by what the commands say.
fn with_real_output(text: &str) -> String {
    let mut result = String::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = line == "```console";
        } else if in_block {
            if let Some(command) = line.strip_prefix("$ ") {
                let output = run(command);
                result.extend([line, "\n"]);
                for stream in [&output.stdout, &output.stderr] {
                    for line in String::from_utf8_lossy(stream).lines() {
                        result.extend([line.trim_end(), "\n"]);
                    }
                }
            }
            continue;
        }
        result.extend([line, "\n"]);
    }
    result
}

/// The text with the parts between `<!-- name -->` and `<!-- /name -->` made again.
fn with_real_parts(text: &str) -> String {
    let mut result = text.to_owned();
    for (name, part) in [("keys", keys()), ("themes", themes())] {
        let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let from = result.find(&open).unwrap_or_else(|| panic!("no {open} in the README")) + open.len();
        let to = result.find(&close).unwrap_or_else(|| panic!("no {close} in the README"));
        result.replace_range(from..to, &part);
    }
    result
}

/// The explorer's keys, from its action table.
fn keys() -> String {
    let mut table = String::from("| | key | |\n|---|---|---|\n");
    for scope in Scope::ALL.into_iter().filter(|scope| *scope != Scope::Window) {
        let mut title = scope.title();
        for entry in ACTIONS.iter().filter(|entry| entry.scope == scope) {
            let keys: Vec<_> = entry.keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(table, "| {title} | {} | {} |", keys.join(" "), entry.doc);
            title = "";
        }
    }
    table
}

/// The themes that come with the program.
fn themes() -> String {
    let names: Vec<_> = Theme::shipped().into_iter().map(|theme| format!("`{}`", theme.name)).collect();
    format!("{}\n", names.join(", "))
}

/// Compares a file with what it must say; writes it when asked to.
fn hold(path: &Path, real: &str) {
    if std::env::var_os("ROUTESCOPE_UPDATE").is_some() {
        fs::write(path, real).expect("a writable file");
        return;
    }
    let hint = "run ROUTESCOPE_UPDATE=1 cargo test --test it readme";
    let written = fs::read_to_string(path).unwrap_or_default();
    for (number, (written, real)) in written.lines().zip(real.lines()).enumerate() {
        assert_eq!(written, real, "{}:{}: {hint}", path.display(), number + 1);
    }
    assert_eq!(written.lines().count(), real.lines().count(), "{} is longer or shorter: {hint}", path.display());
}

#[test]
fn everything_the_readme_shows_is_real() {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path).expect("a README");
    assert!(text.matches("```console").count() >= 3, "the README shows too little");
    hold(&path, &with_real_output(&with_real_parts(&text)));
}

#[test]
fn the_readme_starts_with_two_commands_that_need_nothing_else() {
    let text = fs::read_to_string(root().join("README.md")).expect("a README");
    for command in ["cargo run --release -- --demo", "cargo test"] {
        assert!(text.lines().any(|line| line == command), "{command} is not in the README");
    }
}

#[test]
fn every_command_in_the_examples_runs() {
    let mut files = Vec::new();
    yaml_files(&root().join("examples"), &mut files);
    let mut commands = 0;
    for path in files {
        let text = fs::read_to_string(&path).expect("a readable example");
        for line in text.lines().filter_map(|line| line.strip_prefix("#   ")) {
            let Some(command) = line.split("   ").next().filter(|command| command.starts_with("routescope ")) else {
                continue;
            };
            let output = run(command);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{}: {command}: {said}", path.display());
            assert!(!output.stdout.is_empty(), "{}: {command} says nothing", path.display());
            commands += 1;
        }
    }
    assert!(commands > 20, "the examples say what to try");
}

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}
