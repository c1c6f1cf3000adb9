//! A place in a text, and what can be read there: characters, line breaks, columns.
//!
//! Line breaks are those of YAML 1.1: line feed, carriage return (and both together), next line, line and paragraph
//! separator. Lines that people count end with a line feed only: the two are counted apart.

/// Where something begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// How many characters stand before it.
    pub index: usize,
    /// The line, by the breaks of YAML, from 0.
    pub line: usize,
    /// The line as editors count them, from 0.
    pub row: usize,
    /// The column, in characters, from 0.
    pub column: usize,
}

/// A text and a place in it. Behind the end stand zeros, which no text holds.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    pub mark: Mark,
}

impl<'t> Cursor<'t> {
    /// At the beginning of `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, mark: Mark::default() }
    }

    /// The byte at this place; 0 at the end.
    pub fn byte(&self) -> u8 {
        self.ahead(0)
    }

    /// The byte so many bytes ahead.
    pub fn ahead(&self, count: usize) -> u8 {
        self.text.as_bytes().get(self.at + count).copied().unwrap_or(0)
    }

    /// The place as a number of bytes.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// What stands between an earlier place and this one.
    pub fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or("")
    }

    /// What stands between two earlier places.
    pub fn between(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    /// The end of the text is reached.
    pub fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// A space or a tab.
    pub fn is_blank(&self) -> bool {
        matches!(self.byte(), b' ' | b'\t')
    }

    /// How many bytes the line break has that stands so many bytes ahead; 0 when there is none.
    pub fn line_break(&self, count: usize) -> usize {
        match self.ahead(count) {
            b'\n' => 1,
            b'\r' => 1 + usize::from(self.ahead(count + 1) == b'\n'),
            0xC2 if self.ahead(count + 1) == 0x85 => 2,
            0xE2 if self.ahead(count + 1) == 0x80 && matches!(self.ahead(count + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    /// A line break.
    pub fn is_break(&self) -> bool {
        self.line_break(0) > 0
    }

    /// A line break, or the end.
    pub fn is_line_end(&self) -> bool {
        self.is_break() || self.is_end()
    }

    /// White space of any kind, or the end, so many bytes ahead.
    pub fn is_space_or_end(&self, count: usize) -> bool {
        match self.ahead(count) {
            b' ' | b'\t' | b'\n' | b'\r' => true,
            0 => self.at + count >= self.text.len(),
            0xC2 | 0xE2 => self.line_break(count) > 0,
            _ => false,
        }
    }

    /// `---` or `...` at the beginning of a line.
    pub fn is_document_marker(&self) -> bool {
        self.mark.column == 0
            && matches!((self.byte(), self.ahead(1), self.ahead(2)), (b'-', b'-', b'-') | (b'.', b'.', b'.'))
            && self.is_space_or_end(3)
    }

    /// Goes on by one character, which is not a line break.
    pub fn skip(&mut self) {
        self.at += match self.byte() {
            ..0x80 => 1,
            0x80..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        };
        self.at = self.at.min(self.text.len());
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Goes on by so many characters of one byte.
    pub fn skip_ascii(&mut self, count: usize) {
        self.at += count;
        self.mark.index += count;
        self.mark.column += count;
    }

    /// Passes over byte order marks, which take no place.
    pub fn skip_byte_order_mark(&mut self) {
        while self.text[self.at..].starts_with('\u{FEFF}') {
            self.at += '\u{FEFF}'.len_utf8();
        }
    }

    /// Goes on over the line break that stands here, and says what becomes of it in a value.
    pub fn skip_break(&mut self) -> &'t str {
        let length = self.line_break(0);
        let start = self.at;
        self.at += length;
        self.mark.index +=
            if length == 2 && self.text.as_bytes()[start] == b'\r' { 2 } else { usize::from(length > 0) };
        if length > 0 {
            self.mark.column = 0;
            self.mark.line += 1;
            self.mark.row += usize::from(self.since(start).ends_with('\n'));
        }
        if length == 3 { self.since(start) } else { "\n" }
    }

    /// Goes on over spaces and tabs.
    pub fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.skip();
        }
    }

    /// Goes on to the end of the line.
    pub fn skip_line(&mut self) {
        while !self.is_line_end() {
            self.skip();
        }
    }

    /// Goes on while `is` holds of the byte, which is an ASCII character, and gives what was passed.
    pub fn take_while(&mut self, is: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        while self.byte().is_ascii() && !self.is_end() && is(self.byte()) {
            self.skip();
        }
        self.since(start)
    }
}
