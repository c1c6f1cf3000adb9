//! Directives, tags, anchors and aliases.

use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::{Kind, SyntaxError, error};

impl Scanner<'_> {
    /// `%YAML 1.1` or `%TAG !handle! prefix`, to the end of the line.
    pub(super) fn scan_directive(&mut self) -> Result<(), SyntaxError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let kind = match self.cursor.take_while(is_word) {
            "YAML" => self.version(start)?,
            "TAG" => self.tag_directive(start)?,
            _ => return error("found unknown directive name", start),
        };
        self.push(kind, start);
        self.cursor.skip_blanks();
        if self.cursor.byte() == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.is_line_end() {
            return error("did not find expected comment or line break", self.cursor.mark);
        }
        Ok(())
    }

    fn version<'t>(&mut self, start: Mark) -> Result<Kind<'t>, SyntaxError> {
        self.cursor.skip_blanks();
        let major = self.cursor.take_while(|byte| byte.is_ascii_digit());
        let point = self.cursor.take_while(|byte| byte == b'.');
        let minor = self.cursor.take_while(|byte| byte.is_ascii_digit());
        if major != "1" || point != "." || minor.is_empty() || minor.len() > 2 {
            return error("found incompatible YAML document", start);
        }
        Ok(Kind::Version)
    }
}

impl<'t> Scanner<'t> {
    fn tag_directive(&mut self, start: Mark) -> Result<Kind<'t>, SyntaxError> {
        self.cursor.skip_blanks();
        let handle = self.tag_handle();
        if !handle.starts_with('!') || !handle.ends_with('!') || !self.cursor.is_blank() {
            return error("a %TAG directive is `%TAG !handle! prefix`", start);
        }
        self.cursor.skip_blanks();
        let prefix = self.tag_uri(start)?;
        if prefix.is_empty() || !self.cursor.is_space_or_end(0) {
            return error("a %TAG directive is `%TAG !handle! prefix`", start);
        }
        Ok(Kind::TagDirective(handle, prefix))
    }

    /// `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self) -> Result<(), SyntaxError> {
        let start = self.cursor.mark;
        let is_alias = self.cursor.byte() == b'*';
        self.cursor.skip();
        let name = self.cursor.take_while(is_word);
        let follows = self.cursor.is_space_or_end(0)
            || matches!(self.cursor.byte(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !follows {
            return error("did not find expected alphabetic or numeric character", self.cursor.mark);
        }
        self.push(if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) }, start);
        Ok(())
    }

    /// `!<uri>`, `!suffix`, `!handle!suffix` or `!`.
    pub(super) fn scan_tag(&mut self) -> Result<(), SyntaxError> {
        let start = self.cursor.mark;
        let kind = if self.cursor.ahead(1) == b'<' {
            self.cursor.skip_ascii(2);
            let uri = self.tag_uri(start)?;
            if uri.is_empty() || self.cursor.byte() != b'>' {
                return error("did not find the expected '>'", self.cursor.mark);
            }
            self.cursor.skip();
            Kind::Tag("", uri)
        } else {
            let handle = self.tag_handle();
            let rest = self.tag_uri(start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                if rest.is_empty() {
                    return error("did not find expected tag URI", self.cursor.mark);
                }
                Kind::Tag(handle, rest)
            } else {
                match format!("{}{rest}", &handle[1..]) {
                    suffix if suffix.is_empty() => Kind::Tag("", "!".to_owned()),
                    suffix => Kind::Tag("!", suffix),
                }
            }
        };
        if !self.cursor.is_space_or_end(0) {
            return error("did not find expected whitespace or line break", self.cursor.mark);
        }
        self.push(kind, start);
        Ok(())
    }

    /// `!`, `!word`, or `!word!`.
    fn tag_handle(&mut self) -> &'t str {
        let start = self.cursor.offset();
        if self.cursor.byte() == b'!' {
            self.cursor.skip();
            self.cursor.take_while(is_word);
            if self.cursor.byte() == b'!' {
                self.cursor.skip();
            }
        }
        self.cursor.since(start)
    }

    fn tag_uri(&mut self, start: Mark) -> Result<String, SyntaxError> {
        let written = self.cursor.take_while(|byte| is_word(byte) || b";/?:@&=+$,.!~*'()[]%".contains(&byte));
        unescaped(written).map_or_else(|| error("did not find URI escaped octet", start), Ok)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// A URI with its `%41` replaced.
fn unescaped(uri: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}
