//! Scalars: plain, in quotes, and as blocks. What stands in one line is not copied.

use std::borrow::Cow;

use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::{Kind, Style, SyntaxError, error};

/// The line breaks between two parts of a scalar.
#[derive(Default)]
struct Breaks {
    first: Option<char>,
    more: String,
}

impl Breaks {
    fn add(&mut self, text: &str) {
        match self.first {
            None => self.first = text.chars().next(),
            Some(_) => self.more.push_str(text),
        }
    }

    /// One line feed becomes a space; of several the first is dropped. Separators stay.
    fn fold_into(&mut self, value: &mut String) {
        match self.first.take() {
            Some('\n') if self.more.is_empty() => value.push(' '),
            Some('\n') | None => {}
            Some(separator) => value.push(separator),
        }
        value.push_str(&self.more);
        self.more.clear();
    }
}

/// What is to be done with the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    pub(super) fn scan_plain(&mut self) -> Result<(), SyntaxError> {
        let start = self.cursor.mark;
        let first = self.cursor.offset();
        let mut end = (self.cursor.mark, first);
        let mut folded: Option<String> = None;
        let mut breaks = Breaks::default();
        // Where white space in the middle of a line began.
        let mut blanks = first;
        let in_flow = self.in_flow();
        loop {
            if self.cursor.is_document_marker() || self.cursor.byte() == b'#' {
                break;
            }
            let part = self.cursor.offset();
            while !self.cursor.is_space_or_end(0) {
                let byte = self.cursor.byte();
                if (byte == b':' && self.cursor.is_space_or_end(1))
                    || (in_flow && matches!(byte, b',' | b'?' | b'[' | b']' | b'{' | b'}'))
                {
                    break;
                }
                self.cursor.skip();
            }
            if self.cursor.offset() > part {
                if breaks.first.is_some() {
                    let mut value = folded.take().unwrap_or_else(|| self.cursor.between(first, end.1).to_owned());
                    breaks.fold_into(&mut value);
                    value.push_str(self.cursor.since(part));
                    folded = Some(value);
                } else if let Some(value) = &mut folded {
                    value.push_str(self.cursor.since(blanks));
                }
                end = (self.cursor.mark, self.cursor.offset());
            }
            if !self.cursor.is_blank() && !self.cursor.is_break() {
                break;
            }
            blanks = self.cursor.offset();
            while self.cursor.is_blank() || self.cursor.is_break() {
                if self.cursor.is_break() {
                    let text = self.cursor.skip_break();
                    breaks.add(text);
                } else if breaks.first.is_some() && self.cursor.byte() == b'\t' && self.is_left_of_content() {
                    return error("found a tab character that violates indentation", self.cursor.mark);
                } else {
                    self.cursor.skip();
                }
            }
            if !in_flow && self.is_left_of_content() {
                break;
            }
        }
        if breaks.first.is_some() {
            self.key_allowed = true;
        }
        let value = folded.map_or_else(|| Cow::Borrowed(self.cursor.between(first, end.1)), Cow::Owned);
        self.push_until(Kind::Scalar(value, Style::Plain), start, end.0);
        Ok(())
    }

    /// What stands here is no further right than the collection around it.
    fn is_left_of_content(&self) -> bool {
        isize::try_from(self.cursor.mark.column).is_ok_and(|column| column <= self.indent)
    }

    pub(super) fn scan_quoted(&mut self) -> Result<(), SyntaxError> {
        let start = self.cursor.mark;
        let quote = self.cursor.byte();
        let double = quote == b'"';
        self.cursor.skip();
        let first = self.cursor.offset();
        // What was read, up to `part`, once it is other than what is written.
        let mut value: Option<String> = None;
        let mut part = first;
        loop {
            if self.cursor.is_document_marker() {
                return error("found unexpected document indicator in a quoted scalar", self.cursor.mark);
            }
            if self.cursor.is_end() {
                return error("a quoted scalar is not closed", start);
            }
            let mut breaks = Breaks::default();
            let mut continued = false;
            while !self.cursor.is_space_or_end(0) {
                match self.cursor.byte() {
                    b'\'' if !double && self.cursor.ahead(1) == b'\'' => {
                        self.cursor.skip();
                        value.get_or_insert_default().push_str(self.cursor.since(part));
                        self.cursor.skip();
                        part = self.cursor.offset();
                    }
                    byte if byte == quote => break,
                    b'\\' if double => {
                        let value = value.get_or_insert_default();
                        value.push_str(self.cursor.since(part));
                        if self.cursor.line_break(1) > 0 {
                            self.cursor.skip();
                            self.cursor.skip_break();
                            continued = true;
                            part = self.cursor.offset();
                            break;
                        }
                        value.push(self.escape(start)?);
                        part = self.cursor.offset();
                    }
                    _ => self.cursor.skip(),
                }
            }
            if self.cursor.byte() == quote && !continued {
                break;
            }
            let blanks = self.cursor.offset();
            while self.cursor.is_blank() || self.cursor.is_break() {
                if self.cursor.is_break() {
                    breaks.add(self.cursor.skip_break());
                } else {
                    self.cursor.skip();
                }
            }
            if breaks.first.is_some() || continued {
                let value = value.get_or_insert_default();
                if !continued {
                    value.push_str(self.cursor.between(part, blanks));
                    breaks.fold_into(value);
                } else if let Some(first) = breaks.first.take() {
                    // The first of these breaks ends a line that is empty.
                    value.push(first);
                    value.push_str(&breaks.more);
                }
                part = self.cursor.offset();
            }
        }
        let rest = self.cursor.since(part);
        let value = match value {
            None => Cow::Borrowed(rest),
            Some(mut value) => {
                value.push_str(rest);
                Cow::Owned(value)
            }
        };
        self.cursor.skip();
        self.push(Kind::Scalar(value, Style::Quoted), start);
        Ok(())
    }

    /// The character that an escape stands for.
    fn escape(&mut self, start: Mark) -> Result<char, SyntaxError> {
        let digits = match self.cursor.ahead(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            byte => {
                let character = match byte {
                    b'0' => '\0',
                    b'a' => '\x07',
                    b'b' => '\x08',
                    b't' | b'\t' => '\t',
                    b'n' => '\n',
                    b'v' => '\x0B',
                    b'f' => '\x0C',
                    b'r' => '\r',
                    b'e' => '\x1B',
                    b' ' | b'"' | b'\'' | b'\\' => char::from(byte),
                    b'N' => '\u{85}',
                    b'_' => '\u{A0}',
                    b'L' => '\u{2028}',
                    b'P' => '\u{2029}',
                    _ => return error("found unknown escape character", self.cursor.mark),
                };
                self.cursor.skip_ascii(2);
                return Ok(character);
            }
        };
        let mut code = 0;
        for place in 0..digits {
            let Some(digit) = char::from(self.cursor.ahead(2 + place)).to_digit(16) else {
                return error("did not find expected hexadecimal number", start);
            };
            code = code << 4 | digit;
        }
        let Some(character) = char::from_u32(code) else {
            return error("found invalid Unicode character escape code", self.cursor.mark);
        };
        self.cursor.skip_ascii(2 + digits);
        Ok(character)
    }

    pub(super) fn scan_block_scalar(&mut self) -> Result<(), SyntaxError> {
        let start = self.cursor.mark;
        let folds = self.cursor.byte() == b'>';
        self.cursor.skip();
        let (chomping, increment) = self.block_header(start)?;
        let base = self.indent.max(0).unsigned_abs();
        let mut indent = increment.map(|increment| base + increment);
        let mut end = self.cursor.mark;
        let mut value = String::new();
        let mut last_break = "";
        let mut breaks = self.block_breaks(&mut indent)?;
        let mut after_blank = false;
        while Some(self.cursor.mark.column) == indent && !self.cursor.is_end() {
            let is_blank = self.cursor.is_blank();
            if folds && !after_blank && !is_blank && last_break == "\n" {
                if breaks.is_empty() {
                    value.push(' ');
                }
            } else {
                value.push_str(last_break);
            }
            value.push_str(&breaks);
            after_blank = is_blank;
            let line = self.cursor.offset();
            self.cursor.skip_line();
            value.push_str(self.cursor.since(line));
            end = self.cursor.mark;
            // kubectl ends the last line of a text, where it does not end by itself.
            last_break = if self.cursor.is_break() { self.cursor.skip_break() } else { "\n" };
            breaks = self.block_breaks(&mut indent)?;
        }
        if chomping != Chomping::Strip {
            value.push_str(last_break);
        }
        if chomping == Chomping::Keep {
            value.push_str(&breaks);
        }
        self.push_until(Kind::Scalar(Cow::Owned(value), Style::Quoted), start, end);
        Ok(())
    }

    /// What stands behind `|` or `>`: chomping and indentation, in any order, and a comment.
    fn block_header(&mut self, start: Mark) -> Result<(Chomping, Option<usize>), SyntaxError> {
        let mut chomping = None;
        let mut increment = None;
        for _ in 0..2 {
            match self.cursor.byte() {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment.is_none() => return error("found an indentation indicator equal to 0", start),
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(usize::from(digit - b'0')),
                _ => break,
            }
            self.cursor.skip();
        }
        self.cursor.skip_blanks();
        if self.cursor.byte() == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.is_line_end() {
            return error("did not find expected comment or line break", self.cursor.mark);
        }
        if self.cursor.is_break() {
            self.cursor.skip_break();
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    /// Passes over indentation and empty lines; the first line that holds something tells the indentation, where the
    /// header does not.
    fn block_breaks(&mut self, indent: &mut Option<usize>) -> Result<String, SyntaxError> {
        let mut breaks = String::new();
        let mut deepest = 0;
        loop {
            let inside = |column: usize, indent: Option<usize>| indent.is_none_or(|indent| column < indent);
            while inside(self.cursor.mark.column, *indent) && self.cursor.byte() == b' ' {
                self.cursor.skip();
            }
            deepest = deepest.max(self.cursor.mark.column);
            if inside(self.cursor.mark.column, *indent) && self.cursor.byte() == b'\t' {
                return error("found a tab character where an indentation space is expected", self.cursor.mark);
            }
            if !self.cursor.is_break() {
                break;
            }
            breaks.push_str(self.cursor.skip_break());
        }
        let least = (self.indent + 1).max(1).unsigned_abs();
        indent.get_or_insert(deepest.max(least));
        Ok(breaks)
    }
}
