//! Escapes: quoted text, classes such as `\d` and `\pL`, and characters.

use std::fmt::Write as _;

use regex::bytes::Regex;

use super::translate::Translator;

impl Translator<'_> {
    /// A backslash and what follows it, outside of `[…]`.
    pub fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.rest[1..].chars().next() else { return Err("trailing \\".to_owned()) };
        match c {
            'Q' => {
                self.take(2);
                let (text, length) = match self.rest.find("\\E") {
                    Some(end) => (&self.rest[..end], end + 2),
                    None => (self.rest, self.rest.len()),
                };
                self.take(length);
                text.chars().for_each(|c| self.literal(c));
                return Ok(());
            }
            'A' | 'z' => {
                let text = self.take(2);
                self.out.push_str(text);
                if c == 'A' { self.size.begin() } else { self.size.nothing() }
            }
            // RE2's word boundary is ASCII.
            'b' | 'B' => {
                self.take(2);
                let _ = write!(self.out, "(?-u:\\{c})");
                self.size.nothing();
            }
            // Any byte, even half a character.
            'C' => {
                self.any_byte = true;
                self.take(2);
                self.out.push_str("(?s-u:.)");
                self.size.class("\\C", 1);
            }
            _ => {
                let before = self.rest;
                if let Some(class) = self.class_escape()? {
                    self.out.push_str(&class);
                    let instructions = self.class_size(&class);
                    self.size.class(&before[..before.len() - self.rest.len()], instructions);
                } else {
                    let c = self.character_escape()?;
                    self.literal(c);
                }
                self.done(1);
                return Ok(());
            }
        }
        self.done(1);
        Ok(())
    }

    /// `\d`, `\pL` and the like, in a form that stands by itself and inside a class. Perl classes are ASCII in RE2.
    pub fn class_escape(&mut self) -> Result<Option<String>, String> {
        let Some(c) = self.rest[1..].chars().next() else { return Ok(None) };
        let class = match c {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            's' => r"[\t\n\f\r ]",
            'S' => r"[^\t\n\f\r ]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            'p' | 'P' => return self.property(c == 'P').map(Some),
            _ => return Ok(None),
        };
        self.take(2);
        Ok(Some(class.to_owned()))
    }

    fn property(&mut self, negated: bool) -> Result<String, String> {
        const CATEGORIES: &str = " C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm \
                                  So Z Zl Zp Zs ";
        let after = &self.rest[2..];
        let (name, length) = if let Some(braced) = after.strip_prefix('{') {
            let Some(end) = braced.find('}') else {
                return Err(format!("invalid character class range: {}", self.rest));
            };
            (&braced[..end], end + 4)
        } else {
            let Some(c) = after.chars().next() else { return Err("invalid character class range: \\p".to_owned()) };
            (&after[..c.len_utf8()], 2 + c.len_utf8())
        };
        let written = self.take(length);
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name, negated),
        };
        let escape = if negated { 'P' } else { 'p' };
        let unknown = || Err(format!("invalid character class range: {written}"));
        if name == "Any" {
            return Ok(if negated { r"[^\x{0}-\x{10FFFF}]" } else { r"[\x{0}-\x{10FFFF}]" }.to_owned());
        }
        if CATEGORIES.contains(&format!(" {name} ")) {
            return Ok(format!(r"\{escape}{{{name}}}"));
        }
        // Everything else RE2 knows is a script, spelled exactly.
        if !name.starts_with(|c: char| c.is_ascii_uppercase())
            || !name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
        {
            return unknown();
        }
        let class = format!(r"\{escape}{{Script={name}}}");
        if Regex::new(&class).is_err() { unknown() } else { Ok(class) }
    }

    /// An escape that stands for one character.
    pub fn character_escape(&mut self) -> Result<char, String> {
        let Some(c) = self.rest[1..].chars().next() else { return Err("trailing \\".to_owned()) };
        let bad = |text: &str| Err(format!("invalid escape sequence: {text}"));
        let whole = self.rest;
        self.take(1 + c.len_utf8());
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => {
                let (digits, length) = if let Some(braced) = self.rest.strip_prefix('{') {
                    let Some(end) = braced.find('}') else { return bad(whole) };
                    (&braced[..end], end + 2)
                } else {
                    (self.rest.get(..2).unwrap_or_default(), 2)
                };
                let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let value = hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten().and_then(char::from_u32);
                let Some(value) = value else { return bad(whole) };
                self.take(length);
                value
            }
            '0'..='7' => {
                let octal = |text: &str| text.chars().take_while(|c| ('0'..='7').contains(c)).take(2).count();
                let more = octal(self.rest);
                if c != '0' && more == 0 {
                    return bad(&format!("\\{c} (a back reference)"));
                }
                let digits = self.take(more);
                let value = u32::from_str_radix(&format!("{c}{digits}"), 8).ok().and_then(char::from_u32);
                value.map_or_else(|| bad(whole), Ok)?
            }
            '_' => '_',
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            c => return bad(&format!("\\{c}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::re2::tests::{differs, matches, refused};

    #[test]
    fn perl_classes_are_ascii() {
        differs(r"\d", "٣");
        differs(r"\w", "é");
        matches(r"\W", "é");
        matches(r"[^\d]\S", "ab");
        differs(r"\s", "\x0b");
        matches("(?i)É", "é");
    }

    #[test]
    fn escapes_that_rust_lacks_are_translated() {
        matches(r"\Qa.b*\E+c", "a.b**c");
        matches(r"\Qa.b", "a.b");
        matches(r"\pN+\PN", "12a");
        matches(r"\p{Greek}\p{^Lu}", "λx");
        matches(r"\C\C", "λ");
        matches(r"\_\<\/", "_</");
        matches(r"\012", "\n");
    }

    #[test]
    fn escapes_that_re2_lacks_are_refused() {
        for pattern in [r"\1", r"\h", r"\Z", r"\", r"[\b]", r"\p{Nope}", r"\pj"] {
            refused(pattern);
        }
    }
}
