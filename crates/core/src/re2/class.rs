//! Classes in brackets.

use super::class_size::{self, negated};
use super::translate::{Translator, push_literal};

impl Translator<'_> {
    /// `[…]`: written out again item by item, so that `&&`, `--`, `~~` and `[` in it are characters.
    pub fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let begins = self.out.len();
        // The characters, as long as they are told one by one.
        let mut ranges = Some(Vec::new());
        let mut others = false;
        let missing = || format!("missing closing ]: {whole}");
        self.take(1);
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.take(1);
            self.out.push('^');
            others = true;
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
                ranges = None;
                continue;
            }
            if c == '\\'
                && let Some(class) = self.class_escape()?
            {
                self.out.push_str(&class);
                ranges = None;
                continue;
            }
            let low = self.class_character(whole)?;
            push_literal(&mut self.out, low);
            let mut last = low;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.take(1);
                let high = self.class_character(whole)?;
                if high < low {
                    return Err(format!("invalid character class range: {low}-{high}"));
                }
                self.out.push('-');
                push_literal(&mut self.out, high);
                last = high;
            }
            if let Some(ranges) = &mut ranges {
                ranges.push((low.into(), last.into()));
            }
        }
        self.out.push(']');
        let instructions = match ranges {
            Some(ranges) if !self.folds => class_size::of_ranges(if others { negated(ranges) } else { ranges }),
            _ => self.class_size(&self.out[begins..]),
        };
        let written = &whole[..whole.len() - self.rest.len()];
        self.size.class(written, instructions);
        self.done(1);
        Ok(())
    }

    /// The instructions of a class at least, whether or not it is compared in both cases.
    pub fn class_size(&self, class: &str) -> usize {
        let sensitive = class_size::of_text(class).unwrap_or(1);
        if !self.folds {
            return sensitive;
        }
        sensitive.min(class_size::of_text(&format!("(?i){class}")).unwrap_or(1))
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
