//! One line of text that is typed, in a window of a few columns that keeps the cursor in view.

use tui_input::Input;

use super::text::head;
use routescope_core::visible::visible;
use routescope_render::width::{Width, graphemes};

/// What is in view of a text that is typed: the text, and the column where the cursor stands.
pub fn in_view(input: &Input, columns: usize) -> (String, usize) {
    let at = input.value().char_indices().nth(input.cursor()).map_or(input.value().len(), |(at, _)| at);
    let mut before = visible(&input.value()[..at]).width();
    let text = visible(input.value());
    let mut from = 0;
    // The cursor itself takes a column.
    for (letter, width) in graphemes(&text) {
        if before < columns.max(1) {
            break;
        }
        from += letter.len();
        before = before.saturating_sub(width);
    }
    (head(&text[from..], columns).to_owned(), before.min(columns.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, cursor: usize, columns: usize, expected: (&str, usize)) {
        let input = Input::new(text.to_owned()).with_cursor(cursor);
        let (shown, at) = in_view(&input, columns);
        assert_eq!((shown.as_str(), at), expected);
    }

    #[test]
    fn the_cursor_stays_in_view() {
        check("/pay", 4, 8, ("/pay", 4));
        check("/payments", 9, 5, ("ents", 4));
        check("/payments", 0, 5, ("/paym", 0));
        check("日本語", 3, 5, ("本語", 4));
        check("", 0, 0, ("", 0));
        check("a\tb", 2, 9, ("a\\tb", 3));
    }
}
