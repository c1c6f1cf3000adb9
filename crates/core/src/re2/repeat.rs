//! Repetitions: `*`, `+`, `?` and counts, none of another, and no count above RE2's limit.

use super::translate::Translator;

/// RE2's limit on a repetition's count, nested ones multiplied (`kMaxRepeat`).
const MAX_REPEAT: u64 = crate::limits::REGEX_REPEAT as u64;

impl Translator<'_> {
    /// An operator of so many bytes, with its bounds.
    pub fn repeat(&mut self, length: usize, low: u64, high: Option<u64>) -> Result<(), String> {
        let mut text = self.take(length).to_owned();
        if self.rest.starts_with('?') {
            self.take(1);
            text.push('?');
        }
        if self.repeated {
            return Err(format!("bad repetition operator: {text}"));
        }
        let Some(mut product) = self.atom else { return Err(format!("no argument for repetition operator: {text}")) };
        let most = high.unwrap_or(low);
        if low > MAX_REPEAT || most > MAX_REPEAT || most < low {
            return Err(format!("invalid repetition size: {text}"));
        }
        if most >= 2 {
            product = product.saturating_mul(most);
            if product > MAX_REPEAT {
                return Err(format!("invalid repetition size: {text} (repetitions multiply, and 1000 is the most)"));
            }
        }
        self.size.repeated(low, high);
        let end = self.flags_from.unwrap_or(self.out.len());
        self.out.insert_str(end, &text);
        self.done(product);
        self.repeated = true;
        Ok(())
    }
}

/// The length and bounds of `{n}`, `{n,}` or `{n,m}` at the start of `text`; anything else is a literal brace.
pub(super) fn counted(text: &str) -> Option<(usize, u64, Option<u64>)> {
    let (inner, _) = text.strip_prefix('{')?.split_once('}')?;
    let number = |text: &str| -> Option<u64> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // `{02}` is not a repetition to RE2; a number too long to hold is too large anyway.
        let zeros = text.len() > 1 && text.starts_with('0');
        (plain && !zeros).then(|| text.parse().unwrap_or(u64::MAX))
    };
    let length = inner.len() + 2;
    Some(match inner.split_once(',') {
        None => (length, number(inner)?, Some(number(inner)?)),
        Some((low, "")) => (length, number(low)?, None),
        Some((low, high)) => (length, number(low)?, Some(number(high)?)),
    })
}

#[cfg(test)]
mod tests {
    use crate::re2::tests::{matches, refused};

    #[test]
    fn counts_work() {
        matches("a{2,3}?", "aaa");
        matches("(a{10}){100}", &"a".repeat(1000));
    }

    #[test]
    fn a_brace_that_holds_no_count_is_text() {
        matches("a{,3}", "a{,3}");
        matches("x{", "x{");
        matches("a{2", "a{2");
    }

    #[test]
    fn a_repetition_is_of_something_and_of_no_repetition() {
        for pattern in ["a**", "a*+", "a{2}{3}", "*a", "(*a)", "|+"] {
            refused(pattern);
        }
    }

    #[test]
    fn a_count_is_1000_at_most_and_nested_ones_multiply() {
        for pattern in ["a{1001}", "(a{100}){11}", "a{3,2}"] {
            refused(pattern);
        }
    }
}
