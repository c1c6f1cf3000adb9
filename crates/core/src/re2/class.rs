//! Classes in brackets.

use super::translate::{Translator, push_literal};

impl Translator<'_> {
    /// `[…]`: written out again item by item, so that `&&`, `--`, `~~` and `[` in it are characters.
    pub fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let missing = || format!("missing closing ]: {whole}");
        self.take(1);
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.take(1);
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.rest.chars().next() else { return Err(missing()) };
            if c == ']' && !first {
                self.take(1);
                break;
            }
            first = false;
            if self.rest.starts_with("[:")
                && let Some(end) = self.rest[2..].find(":]")
            {
                const POSIX: &str =
                    " alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit ";
                let text = self.take(end + 4);
                let name = text[2..text.len() - 2].trim_start_matches('^');
                if !POSIX.contains(&format!(" {name} ")) || name.is_empty() {
                    return Err(format!("invalid character class range: {text}"));
                }
                self.out.push_str(text);
                continue;
            }
            if c == '\\'
                && let Some(class) = self.class_escape()?
            {
                self.out.push_str(&class);
                continue;
            }
            let low = self.class_character(whole)?;
            push_literal(&mut self.out, low);
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.take(1);
                let high = self.class_character(whole)?;
                if high < low {
                    return Err(format!("invalid character class range: {low}-{high}"));
                }
                self.out.push('-');
                push_literal(&mut self.out, high);
            }
        }
        self.out.push(']');
        self.size.made(1);
        self.done(1);
        Ok(())
    }

    fn class_character(&mut self, whole: &str) -> Result<char, String> {
        match self.rest.chars().next() {
            None => Err(format!("missing closing ]: {whole}")),
            Some('\\') => self.character_escape(),
            Some(c) => {
                self.take(c.len_utf8());
                Ok(c)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::re2::tests::{matches, refused};

    #[test]
    fn classes_hold_characters_not_set_operations() {
        matches("[a&&b]", "&");
        matches("[a~~b]", "~");
        matches("[+--]", ",");
        refused("[a--b]");
    }

    #[test]
    fn a_bracket_that_comes_first_is_a_character() {
        matches("[]a]", "]");
        matches("[^]a]", "b");
        matches("[[]a]", "[a]");
    }

    #[test]
    fn names_and_escapes_stand_in_a_class() {
        matches("[[:alpha:][:^digit:]]", "x");
        matches(r"[\x41-\x{5A}\]\-]+", "Q]-");
        refused("[[:nope:]]");
    }
}
