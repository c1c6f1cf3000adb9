//! What a piece of text *is*, never what it looks like: renderers produce [`Span`]s with a [`Role`], and the terminal
//! writer or a theme decides on colours. Meaning never depends on the role alone: a glyph or a word says it too.

use std::borrow::Cow;

use crate::width::Width;

use routescope_core::visible::visible;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Role {
    /// Plain words.
    #[default]
    Text,
    /// A title over other lines.
    Heading,
    /// Words that may be overlooked.
    Dim,
    /// The lines that draw a tree.
    Guide,
    /// A Gateway's name.
    Gateway,
    /// A listener: its port, protocol and name.
    Listener,
    /// A host name.
    Host,
    /// A route's name.
    Route,
    /// A namespace.
    Namespace,
    /// A rule, by number or name.
    Rule,
    /// The path of a match or of a URL.
    Path,
    /// The rest of a match: method, headers, query parameters.
    Matcher,
    /// A label, name or wildcard that a rule delegates to.
    Label,
    /// A backend.
    Backend,
    /// A file and line.
    Location,
    /// The answer to a request.
    Answer,
    /// All is well.
    Ok,
    /// Odd, or not certain.
    Warning,
    /// Broken.
    Error,
    /// What to do about it.
    Hint,
}

impl Role {
    /// Every role, in the order of the enum.
    pub const ALL: [Role; 20] = [
        Self::Text,
        Self::Heading,
        Self::Dim,
        Self::Guide,
        Self::Gateway,
        Self::Listener,
        Self::Host,
        Self::Route,
        Self::Namespace,
        Self::Rule,
        Self::Path,
        Self::Matcher,
        Self::Label,
        Self::Backend,
        Self::Location,
        Self::Answer,
        Self::Ok,
        Self::Warning,
        Self::Error,
        Self::Hint,
    ];

    /// The role's name, as themes write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Heading => "heading",
            Self::Dim => "dim",
            Self::Guide => "guide",
            Self::Gateway => "gateway",
            Self::Listener => "listener",
            Self::Host => "host",
            Self::Route => "route",
            Self::Namespace => "namespace",
            Self::Rule => "rule",
            Self::Path => "path",
            Self::Matcher => "matcher",
            Self::Label => "label",
            Self::Backend => "backend",
            Self::Location => "place",
            Self::Answer => "answer",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Hint => "hint",
        }
    }
}

/// A piece of text and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text: visible, and on one line.
    pub text: Cow<'static, str>,
    /// What it is.
    pub role: Role,
}

/// A line of spans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The pieces, from left to right.
    pub spans: Vec<Span>,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of one span.
    pub fn of(role: Role, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new().with(role, text)
    }

    /// The line with one more span; an empty text adds nothing.
    pub fn with(mut self, role: Role, text: impl Into<Cow<'static, str>>) -> Self {
        self.push(role, text);
        self
    }

    /// Adds a span; an empty text adds nothing. Whatever cannot be seen is written out: a line never holds a character
    /// that a terminal obeys.
    pub fn push(&mut self, role: Role, text: impl Into<Cow<'static, str>>) {
        let text = match text.into() {
            Cow::Borrowed(text) => visible(text),
            Cow::Owned(text) => match visible(&text) {
                Cow::Borrowed(_) => Cow::Owned(text),
                Cow::Owned(shown) => Cow::Owned(shown),
            },
        };
        if !text.is_empty() {
            self.spans.push(Span { text, role });
        }
    }

    /// The line with another one's spans behind its own.
    pub fn with_line(mut self, other: Line) -> Self {
        self.extend(other);
        self
    }

    /// Adds the spans of another line.
    pub fn extend(&mut self, other: Line) {
        self.spans.extend(other.spans);
    }

    /// Adds blanks until the line is at least `column` columns wide.
    pub fn pad_to(&mut self, column: usize) {
        let width = self.width();
        if width < column {
            self.push(Role::Text, " ".repeat(column - width));
        }
    }

    /// How many columns the line takes.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| span.text.width()).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The text without roles.
    pub fn plain(&self) -> String {
        self.spans.iter().map(|span| span.text.as_ref()).collect()
    }
}

/// The glyphs this program draws with, and what stands for each where only ASCII may be written. Widths differ only
/// where nothing is aligned after the glyph on its line.
const ASCII: [(char, &str); 23] = [
    ('─', "-"),
    ('│', "|"),
    ('├', "|"),
    ('└', "`"),
    ('┏', "#"),
    ('┣', "#"),
    ('┗', "#"),
    ('┃', "#"),
    ('━', "#"),
    ('┿', "#"),
    ('→', "->"),
    ('⇢', "=>"),
    ('↪', "->"),
    ('✗', "x"),
    ('✓', "+"),
    ('●', "*"),
    ('○', "o"),
    ('⚠', "!"),
    ('↺', "@"),
    ('·', "-"),
    ('…', "..."),
    ('▸', ">"),
    ('×', "x"),
];

/// The text in ASCII: the program's own glyphs replaced, anything else beyond ASCII as `?`.
pub fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match ASCII.iter().find(|(glyph, _)| *glyph == c) {
            Some((_, plain)) => out.push_str(plain),
            None if c.is_ascii() => out.push(c),
            None => out.push('?'),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Role::ALL.iter().map(|role| role.name()).collect();
        assert_eq!(names.len(), Role::ALL.len());
    }

    #[test]
    fn ascii_has_no_other_bytes() {
        let all: String = ASCII.iter().map(|(glyph, _)| *glyph).chain("é".chars()).collect();
        assert!(to_ascii(&all).is_ascii());
        assert_eq!(to_ascii("├─ /a → b"), "|- /a -> b");
    }

    #[test]
    fn padding_counts_columns_not_bytes() {
        let mut line = Line::of(Role::Path, "→é");
        line.pad_to(4);
        assert_eq!(line.plain(), "→é  ");
    }
}
