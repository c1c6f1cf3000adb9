//! Lines of text in few columns: cut where a cut loses least, wrapped where there is room below. Columns are counted as
//! the terminal counts them ([`Width`]): a wide character takes two.

use routescope_render::style::{Line, Role, Span};
use routescope_render::width::{Width, graphemes};

/// What stands where something was cut away.
const ELLIPSIS: &str = "…";

/// A piece of a line keeps so many columns, as long as another one has more.
pub(super) const LEAST: usize = 8;

/// The text in at most `columns`, with an ellipsis in the *middle*: names differ at their ends.
pub fn cut_middle(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let tail_room = (columns - 1) / 2;
    let head = head(text, columns - 1 - tail_room);
    let tail = tail(&text[head.len()..], tail_room);
    format!("{head}{ELLIPSIS}{tail}")
}

/// The text in at most `columns`, with an ellipsis at the end.
pub fn cut_end(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    format!("{}{ELLIPSIS}", head(text, columns - 1))
}

/// The text in at most `columns`, with an ellipsis at the beginning: of a file's path the end tells most.
pub fn cut_start(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    format!("{ELLIPSIS}{}", tail(text, columns - 1))
}

/// The text in at most `columns`, cut where it loses least: a sentence at its end, a file's path at the left, a name or a
/// URL's path in the middle.
pub(super) fn cut(text: &str, role: Role, columns: usize) -> String {
    match role {
        Role::Location => cut_start(text, columns),
        _ if text.trim().contains(' ') => cut_end(text, columns),
        _ => cut_middle(text, columns),
    }
}

/// The first graphemes of a text that fit.
pub fn head(text: &str, columns: usize) -> &str {
    let mut room = columns;
    let fits = |(grapheme, width): (&str, usize)| {
        room = room.checked_sub(width)?;
        Some(grapheme.len())
    };
    &text[..graphemes(text).map_while(fits).sum()]
}

/// The last graphemes of a text that fit.
fn tail(text: &str, columns: usize) -> &str {
    let mut room = columns;
    let fits = |(grapheme, width): (&str, usize)| {
        room = room.checked_sub(width)?;
        Some(grapheme.len())
    };
    let length: usize = graphemes(text).rev().map_while(fits).sum();
    &text[text.len() - length..]
}

/// The line in at most `columns`: the longest span gives way first, as long as every span keeps some letters; what is
/// still too long is cut at the end.
pub fn fit(mut line: Line, columns: usize) -> Line {
    let mut widths: Vec<usize> = line.spans.iter().map(|span| span.text.width()).collect();
    if !narrowed(&mut widths, columns, |_| true) {
        return line;
    }
    for (span, width) in line.spans.iter_mut().zip(widths) {
        if span.text.width() > width {
            span.text = cut(&span.text, span.role, width).into();
        }
    }
    clip(without_doubles(line), columns)
}

/// Makes the widths of a line's pieces that may be narrower as narrow as needed, the widest first, down to [`LEAST`].
/// `false` where nothing had to be.
pub(super) fn narrowed(widths: &mut [usize], columns: usize, may: impl Fn(usize) -> bool) -> bool {
    let mut over = widths.iter().sum::<usize>().saturating_sub(columns);
    let is_over = over > 0;
    // In numbers only: each round takes some of the widest.
    while over > 0 {
        let wide = widths.iter().enumerate().filter(|(at, width)| **width > LEAST && may(*at));
        let Some((at, width)) = wide.max_by_key(|(_, width)| **width).map(|(at, width)| (at, *width)) else { break };
        let gives = over.min(width - LEAST).min(width / 3 + 1);
        widths[at] -= gives;
        over -= gives;
    }
    is_over
}

/// The line with one ellipsis where two neighbouring pieces were cut: it says it for both.
pub(super) fn without_doubles(mut line: Line) -> Line {
    let mut cut_before = false;
    for span in &mut line.spans {
        if cut_before && span.text.starts_with(ELLIPSIS) {
            span.text = span.text.trim_start_matches(ELLIPSIS).to_owned().into();
        }
        cut_before = span.text.ends_with(ELLIPSIS) || (cut_before && span.text.is_empty());
    }
    line
}

/// The line cut at the end.
pub fn clip(line: Line, columns: usize) -> Line {
    if line.width() <= columns {
        return line;
    }
    let mut room = columns;
    let mut clipped = Line::new();
    for span in line.spans {
        let width = span.text.width();
        if width < room {
            room -= width;
            clipped.spans.push(span);
        } else {
            // The ellipsis has to stand somewhere, even where this span would have fitted; and one is enough.
            let kept = head(&span.text, room.saturating_sub(1)).trim_end_matches(ELLIPSIS);
            let before = clipped.spans.last().is_some_and(|last| last.text.ends_with(ELLIPSIS));
            if room > 0 && !(kept.is_empty() && before) {
                clipped.push(span.role, format!("{kept}{ELLIPSIS}"));
            }
            break;
        }
    }
    clipped
}

/// The line on as many lines of `columns` as it takes, broken at blanks where there are any; continuation lines are
/// indented by `indent`.
pub fn wrap(line: &Line, columns: usize, indent: usize) -> Vec<Line> {
    if line.width() <= columns {
        return vec![line.clone()];
    }
    if columns <= indent + 4 {
        return vec![clip(line.clone(), columns)];
    }
    let mut lines = Vec::new();
    let mut current = Line::new();
    let mut used = 0;
    let mut fresh = true;
    for Span { text, role } in &line.spans {
        for word in text.split_inclusive(' ') {
            let mut word = word;
            let trimmed = word.trim_end_matches(' ').width();
            if used + trimmed > columns && !fresh && (trimmed <= columns - indent || used + 12 > columns) {
                lines.push(without_blanks(std::mem::take(&mut current)));
                current.pad_to(indent);
                used = indent;
                word = word.trim_start_matches(' ');
            }
            // Each round takes a piece of the word, or starts a line on which one fits.
            while used + word.trim_end_matches(' ').width() > columns {
                let piece = head(word, columns - used.min(columns));
                if piece.is_empty() && used <= indent {
                    // A single picture that is wider than a line: there is no way to show it.
                    let wide = graphemes(word).next().map_or(word.len(), |(grapheme, _)| grapheme.len());
                    current.push(*role, ELLIPSIS);
                    used += ELLIPSIS.width();
                    word = &word[wide..];
                    continue;
                }
                let rest = &word[piece.len()..];
                current.push(*role, piece.to_owned());
                lines.push(std::mem::take(&mut current));
                current.pad_to(indent);
                used = indent;
                word = rest;
            }
            used += word.width();
            fresh = false;
            current.push(*role, word.to_owned());
        }
    }
    lines.push(without_blanks(current));
    lines
}

/// Without the blanks at its end, for which nothing else may be cut.
fn without_blanks(mut line: Line) -> Line {
    while let Some(last) = line.spans.last_mut() {
        let kept = last.text.trim_end_matches(' ').len();
        if kept == last.text.len() {
            break;
        }
        last.text = last.text[..kept].to_owned().into();
        if kept > 0 {
            break;
        }
        line.spans.pop();
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use routescope_render::style::Role;

    /// Text of everything that widths have been taken wrongly for.
    fn odd_text() -> impl Strategy<Value = String> {
        let odd = select(vec![
            "❤\u{fe0f}",
            "⚠\u{fe0f}",
            "\u{fe0f}",
            "👨\u{200d}👩\u{200d}👧",
            "\u{200d}",
            "e\u{301}",
            "\u{301}\u{302}",
            "\u{7}",
            "\u{1b}[31m",
            "\u{9b}",
            "\r\n",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\u{ad}",
            "日本語",
            "\u{3000}",
            "🇩🇪",
            "🇩",
            "ｶﾞﾞﾞﾞﾞﾞﾞﾞﾞ",
            "क्षि",
            "\u{600}1",
            "한",
            "\u{1100}\u{1161}",
            "لا",
            "…",
            " ",
            "   ",
            "/a-long-path-with-no-blank-in-it",
        ]);
        let piece = prop_oneof![4 => odd.prop_map(str::to_owned), 2 => any::<char>().prop_map(String::from), 2 => "[a-z/ ]{1,9}"];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    fn odd_line() -> impl Strategy<Value = Line> {
        prop::collection::vec(odd_text(), 0..5).prop_map(|texts| {
            let mut line = Line::new();
            for text in texts {
                line.push(Role::Text, text);
            }
            line
        })
    }

    /// How many columns the terminal library moves on when it draws a text.
    fn drawn(text: &str) -> usize {
        let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 2_000, 1));
        usize::from(buffer.set_stringn(0, 0, text, 2_000, ratatui::style::Style::new()).0)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(14), ..ProptestConfig::default() })]

        #[test]
        fn a_text_is_as_wide_as_it_is_drawn(text in odd_text()) {
            prop_assert_eq!(text.width(), drawn(&text));
        }

        #[test]
        fn cuts_end_and_fit_whatever_the_text(text in odd_text(), columns in 0..50usize) {
            for cut in [cut_middle(&text, columns), cut_end(&text, columns), cut_start(&text, columns)] {
                prop_assert!(cut.width() <= columns, "{cut:?} in {columns}");
                prop_assert!(text.width() > columns || cut == text);
            }
        }

        #[test]
        fn lines_end_and_fit_whatever_the_text(line in odd_line(), columns in 0..70usize, indent in 0..12usize) {
            let fitted = fit(line.clone(), columns);
            prop_assert!(fitted.width() <= columns, "fit {fitted:?} in {columns}");
            prop_assert!(!fitted.plain().contains("……") || line.plain().contains("…"));
            let clipped = clip(line.clone(), columns);
            prop_assert!(clipped.width() <= columns, "clip {clipped:?} in {columns}");
            for wrapped in wrap(&line, columns, indent) {
                prop_assert!(wrapped.width() <= columns, "wrap {wrapped:?} in {columns}");
            }
        }
    }

    #[test]
    fn names_are_cut_in_the_middle() {
        assert_eq!(cut_middle("payments-charge-v2", 9), "paym…e-v2");
        assert_eq!(cut_middle("short", 9), "short");
        assert_eq!(cut_middle("anything", 0), "");
    }

    #[test]
    fn wide_letters_count_twice() {
        assert_eq!(cut_end("日本語", 5), "日本…");
        assert_eq!(cut_end("日本語", 4), "日…");
    }

    #[test]
    fn the_longest_span_gives_way_first() {
        let line = Line::of(Role::Dim, "rule ").with(Role::Path, "/a/very/long/path/indeed").with(Role::Text, " end");
        let fitted = fit(line, 22);
        assert!(fitted.width() <= 22 && fitted.plain().starts_with("rule /a/") && fitted.plain().ends_with(" end"));
    }

    #[test]
    fn nothing_is_wider_than_asked() {
        let line = Line::of(Role::Text, "one two three ")
            .with(Role::Path, "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
            .with(Role::Dim, " 日本語日本語");
        for columns in 0..60 {
            assert!(fit(line.clone(), columns).width() <= columns.max(1), "fit {columns}");
            if columns > 8 {
                assert!(wrap(&line, columns, 3).iter().all(|line| line.width() <= columns), "wrap {columns}");
            }
        }
    }

    #[test]
    fn wrapping_loses_no_word() {
        let line = Line::of(Role::Text, "the child has hostnames which a delegated route must not have");
        let text: Vec<String> = wrap(&line, 20, 2).iter().map(|line| line.plain().trim().to_owned()).collect();
        assert_eq!(text.join(" "), line.plain());
    }
}
