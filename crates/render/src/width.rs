//! How many columns a text takes: the one measure for everything that is aligned, cut or wrapped.
//!
//! A terminal draws graphemes, not characters: `👨‍👩‍👧` is five characters and one picture of two columns, `e` with a
//! combining accent is one letter. So a text is as wide as its graphemes together. Whoever counted characters for the cut
//! and the whole string for the loop around it would never come to an end.

use unicode_segmentation::UnicodeSegmentation;

/// The columns that a text takes.
pub trait Width {
    /// How many columns it takes in a terminal. A control character takes none: none is ever drawn.
    fn width(&self) -> usize;
}

impl Width for str {
    fn width(&self) -> usize {
        if is_plain(self) { self.len() } else { graphemes(self).map(|(_, width)| width).sum() }
    }
}

/// The graphemes of a text, each with the columns it takes.
pub fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = (&str, usize)> {
    text.graphemes(true).map(|grapheme| (grapheme, grapheme_width(grapheme)))
}

/// Whether every byte is a letter of one column.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

#[allow(clippy::disallowed_methods)] // here is the one place
fn grapheme_width(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) {
        return 0;
    }
    // Terminals give the halfwidth voice marks of Katakana a column of their own.
    let marks = grapheme.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count();
    unicode_width::UnicodeWidthStr::width(grapheme) + marks
}

/// The text with blanks behind it, to at least `columns`.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_wide_as_its_graphemes() {
        for (text, columns) in [
            ("", 0),
            ("/pay", 4),
            ("日本", 4),
            ("e\u{301}", 1),
            ("❤\u{fe0f}", 2),
            ("👨\u{200d}👩\u{200d}👧", 2),
            ("🇩🇪🇫🇷", 4),
            ("a\u{7}b\u{1b}", 2),
            ("\u{202e}x\u{200b}", 1),
        ] {
            assert_eq!(text.width(), columns, "{text:?}");
        }
    }

    #[test]
    fn padding_counts_columns() {
        assert_eq!(padded("日本", 6), "日本  ");
        assert_eq!(padded("longer", 3), "longer");
    }
}
