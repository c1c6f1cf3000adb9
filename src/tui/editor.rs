//! The person's editor: `$VISUAL` or `$EDITOR`, run through the shell as git does it, so that it may have quoted words,
//! options and variables of its own. What is opened is handed over as an argument: no shell reads it, and no editor takes
//! it for an option.

use std::env;
use std::process::ExitStatus;

use tokio::process::{Child, Command};

/// The editor of this environment.
pub fn from_environment() -> String {
    let set = |name: &&str| env::var(name).ok().filter(|value| !value.trim().is_empty());
    ["VISUAL", "EDITOR"].iter().find_map(set).unwrap_or_else(|| "vi".to_owned())
}

/// The program and its arguments that open `path` at `line`.
pub fn command(editor: &str, path: &str, line: u32) -> Vec<String> {
    let mut words: Vec<String> = if cfg!(unix) {
        // The shell splits the editor's own words; `"$@"` is what follows, untouched.
        vec!["sh".to_owned(), "-c".to_owned(), format!("{editor} \"$@\""), editor.to_owned()]
    } else {
        editor.split_whitespace().map(str::to_owned).collect()
    };
    words.extend(arguments(&program(editor), &never_an_option(path), line.max(1)));
    words
}

/// How an editor is told the line: most take `+line`, a few have their own way.
fn arguments(program: &str, path: &str, line: u32) -> Vec<String> {
    match program {
        "hx" | "helix" | "subl" | "zed" => vec![format!("{path}:{line}")],
        // Without --wait the explorer comes back before anything was edited, which is fine: files are watched.
        "code" | "code-insiders" | "codium" | "cursor" => vec!["--goto".to_owned(), format!("{path}:{line}")],
        "idea" | "goland" | "webstorm" => vec!["--line".to_owned(), line.to_string(), path.to_owned()],
        _ => vec![format!("+{line}"), path.to_owned()],
    }
}

/// A relative path that begins like an option (`-c`, `+cmd`) begins with `./` instead.
fn never_an_option(path: &str) -> String {
    let is_plain = path.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_'));
    if is_plain { path.to_owned() } else { format!("./{path}") }
}

/// The name of the program that an editor's command starts with, past variables that are set for it.
fn program(editor: &str) -> String {
    let is_setting = |word: &String| word.split_once('=').is_some_and(|(name, _)| !name.contains(['/', '.']));
    let word = words(editor).into_iter().find(|word| !is_setting(word)).unwrap_or_default();
    word.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".exe").to_owned()
}

/// The words of a command, quotes taken away: enough to know the program by.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('\'' | '"', None) => quote = Some(letter),
            ('\\', None | Some('"')) => word.extend(letters.next()),
            (letter, None) if letter.is_whitespace() => words.push(std::mem::take(&mut word)),
            (letter, _) => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// Starts the editor on the terminal.
pub fn start(editor: &str, path: &str, line: u32) -> Result<Child, String> {
    let words = command(editor, path, line);
    let (program, arguments) = words.split_first().ok_or("no editor: set VISUAL or EDITOR")?;
    Command::new(program)
        .args(arguments)
        .spawn()
        .map_err(|error| format!("cannot start editor \"{editor}\": {error}: set VISUAL or EDITOR"))
}

/// How it ended.
pub fn ended(editor: &str, status: std::io::Result<ExitStatus>) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        // What the shell says of a program that it cannot find, or may not run.
        Ok(status) if matches!(status.code(), Some(126 | 127)) => {
            Err(format!("editor \"{editor}\" not found: set VISUAL or EDITOR"))
        }
        Ok(status) => {
            let how = status.code().map_or_else(|| status.to_string(), |code| format!("exit status {code}"));
            Err(format!("editor \"{editor}\" failed ({how}): set VISUAL or EDITOR"))
        }
        Err(error) => Err(format!("editor \"{editor}\" failed: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(editor: &str, path: &str, line: u32, expected: &[&str]) {
        let words = command(editor, path, line);
        if cfg!(unix) {
            assert_eq!(words[..4], ["sh", "-c", &format!("{editor} \"$@\""), editor]);
            assert_eq!(words[4..], *expected);
        }
    }

    #[test]
    fn the_editor_opens_at_the_line() {
        check("vim", "a.yaml", 7, &["+7", "a.yaml"]);
        check("vi", "a b.yaml", 0, &["+1", "a b.yaml"]);
        check("/usr/bin/hx", "a.yaml", 7, &["a.yaml:7"]);
        check("code --wait", "a.yaml", 7, &["--goto", "a.yaml:7"]);
        check("'/opt/My Editors/hx' -v", "a.yaml", 7, &["a.yaml:7"]);
        check("LANG=C \"/opt/My Editors/code\"", "a.yaml", 7, &["--goto", "a.yaml:7"]);
    }

    #[test]
    fn a_path_is_never_an_option_and_never_a_command() {
        check("vim", "-c quit.yaml", 1, &["+1", "./-c quit.yaml"]);
        check("vim", "+!touch x.yaml", 1, &["+1", "./+!touch x.yaml"]);
        check("vim", "$(touch x).yaml", 1, &["+1", "./$(touch x).yaml"]);
        check("hx", "--config=x", 3, &["./--config=x:3"]);
        check("vim", "../a.yaml", 1, &["+1", "../a.yaml"]);
    }
}
