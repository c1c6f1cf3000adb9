//! Lines to bytes for a terminal: roles become ANSI colours (the terminal's own sixteen), glyphs become ASCII where that
//! is asked for.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::style::{Line, Role, to_ascii};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// With ANSI colours.
    pub color: bool,
    /// With ASCII only.
    pub ascii: bool,
}

impl Paint {
    /// Neither colours nor restrictions.
    pub const PLAIN: Self = Self { color: false, ascii: false };

    /// Appends `line` and a line break. Trailing blanks are left out.
    pub fn line(self, line: &Line, out: &mut String) {
        let last = line.spans.iter().rposition(|span| !span.text.trim_end().is_empty());
        for (at, span) in line.spans.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let text = if Some(at) == last { span.text.trim_end() } else { span.text.as_ref() };
            self.text(span.role, text, out);
        }
        out.push('\n');
    }

    fn text(self, role: Role, text: &str, out: &mut String) {
        // The pieces of a line are visible text already.
        let text = if self.ascii { to_ascii(text) } else { Cow::Borrowed(text) };
        match sgr(role) {
            Some(sgr) if self.color => {
                let _ = write!(out, "\x1b[{sgr}m{text}\x1b[0m");
            }
            _ => out.push_str(&text),
        }
    }

    /// The lines, one below the other.
    pub fn lines<'a>(self, lines: impl IntoIterator<Item = &'a Line>) -> String {
        let mut out = String::new();
        for line in lines {
            self.line(line, &mut out);
        }
        out
    }
}

/// The ANSI attributes of a role; `None` leaves the terminal's own.
fn sgr(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Text => return None,
        Role::Heading | Role::Route => "1",
        Role::Dim | Role::Guide | Role::Namespace | Role::Location => "2",
        Role::Gateway => "1;36",
        Role::Listener => "34",
        Role::Host | Role::Hint => "36",
        Role::Rule | Role::Matcher => "33",
        Role::Path | Role::Warning => "1;33",
        Role::Label => "35",
        Role::Backend | Role::Ok => "32",
        Role::Answer => "1;32",
        Role::Error => "1;31",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_cannot_steer_the_terminal() {
        let line = Line::of(Role::Path, "/a\u{1b}[2J\u{202e}b\u{7}");
        let text = Paint::PLAIN.lines([&line]);
        assert_eq!(text, "/a\\u{1b}[2J\\u{202e}b\\u{7}\n");
    }

    #[test]
    fn colours_close_what_they_open() {
        let line = Line::of(Role::Error, "x").with(Role::Text, "  ");
        assert_eq!(Paint { color: true, ascii: false }.lines([&line]), "\x1b[1;31mx\x1b[0m\n");
    }

    #[test]
    fn trailing_blanks_are_left_out() {
        let line = Line::of(Role::Text, "a ").with(Role::Text, "b  ").with(Role::Dim, "   ");
        assert_eq!(Paint::PLAIN.lines([&line, &Line::new()]), "a b\n\n");
    }
}
