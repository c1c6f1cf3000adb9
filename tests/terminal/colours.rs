//! The colours that are sent, under each kind of terminal.

use portable_pty::CommandBuilder;
use regex::Regex;

use super::Session;

/// What the explorer sends under a `TERM` and a `COLORTERM`, until it is left.
fn sent(term: &str, colorterm: &str, variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path().to_string_lossy().into_owned();
    let own = [("HOME", home.as_str()), ("TERM", term), ("COLORTERM", colorterm)];
    let mut session = Session::start_with(&["--demo"], 40, 120, &[&own[..], variables].concat());
    session.shows("payments-routes");
    let raw = String::from_utf8_lossy(&session.raw).into_owned();
    session.keys("q");
    session.ends_restored();
    raw
}

/// The numbers of the colours that are sent by number.
fn numbers(raw: &str) -> Vec<u16> {
    let number = Regex::new(r"[34]8;5;(\d+)[;m]").expect("an expression");
    number.captures_iter(raw).filter_map(|found| found[1].parse().ok()).collect()
}

#[test]
fn twenty_four_bits_are_sent_where_colorterm_says_so() {
    let raw = sent("xterm-256color", "truecolor", &[]);
    assert!(raw.contains("38;2;") && raw.contains("48;2;"), "no 24-bit colours");
    assert!(numbers(&raw).is_empty());
}

#[test]
fn otherwise_the_256_colours_of_xterm() {
    let raw = sent("xterm-256color", "", &[]);
    assert!(!raw.contains("38;2;") && !raw.contains("48;2;"), "24-bit colours");
    let numbers = numbers(&raw);
    assert!(!numbers.is_empty() && numbers.iter().all(|number| *number >= 16), "{numbers:?}");
}

#[test]
fn otherwise_the_sixteen_of_the_terminal() {
    for term in ["xterm", "linux"] {
        let raw = sent(term, "", &[]);
        assert!(!raw.contains("38;2;") && !raw.contains("48;2;"), "24-bit colours");
        let numbers = numbers(&raw);
        assert!(!numbers.is_empty() && numbers.iter().all(|number| *number < 16), "{numbers:?}");
    }
}

#[test]
fn no_color_leaves_weight_and_reverse_video() {
    let raw = sent("xterm-256color", "truecolor", &[("NO_COLOR", "1")]);
    assert!(!raw.contains("8;2;") && !raw.contains("8;5;"), "colours");
    assert!(raw.contains("\x1b[1m") || raw.contains("\x1b[7m"), "nothing stands out");
}

#[test]
fn a_dumb_terminal_gets_the_tree() {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_routescope"));
    command.arg("--demo");
    let mut session = Session::run(command, 40, 120, &[("TERM", "dumb"), ("COLORTERM", "truecolor")]);
    session.shows("payments-routes");
    session.wait("the tree", |screen| screen.contents().contains("/payments/refund"));
    assert!(!session.raw.contains(&0x1b), "a dumb terminal gets no escape sequence");
    session.ends_restored();
}
