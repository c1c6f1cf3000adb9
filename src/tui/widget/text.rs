//! Lines of text in few columns: cut where a cut loses least, wrapped where there is room below. Columns are counted as
//! the terminal counts them: a wide character takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use routescope_render::style::{Line, Span};

/// The text in at most `columns`, with an ellipsis in the *middle*: names differ at their ends.
pub fn cut_middle(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let tail_room = (columns - 1) / 2;
    let head_room = columns - 1 - tail_room;
    let head = take(text.chars(), head_room);
    let tail: String = take(text.chars().rev(), tail_room).chars().rev().collect();
    format!("{head}…{tail}")
}

/// The text in at most `columns`, with an ellipsis at the end.
pub fn cut_end(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    format!("{}…", take(text.chars(), columns - 1))
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// The line in at most `columns`: the longest span gives way first, in its middle, as long as every span keeps some
/// letters; what is still too long is cut at the end.
pub fn fit(mut line: Line, columns: usize) -> Line {
    const LEAST: usize = 8;
    let width = line.width();
    if width <= columns {
        return line;
    }
    let mut over = width - columns;
    while over > 0 {
        let longest = line.spans.iter_mut().max_by_key(|span| span.text.width());
        let Some(span) = longest.filter(|span| span.text.width() > LEAST) else { break };
        let width = span.text.width();
        let gives = over.min((width - LEAST).min(width / 3 + 1));
        span.text = cut_middle(&span.text, width - gives).into();
        over -= gives.min(width - span.text.width());
    }
    if over > 0 { clip(line, columns) } else { line }
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
            // The ellipsis has to stand somewhere, even where this span would have fitted.
            let text = if width == room {
                format!("{}…", take(span.text.chars(), room.saturating_sub(1)))
            } else {
                cut_end(&span.text, room)
            };
            clipped.push(span.role, text);
            break;
        }
    }
    clipped
}

/// The line on as many lines of `columns` as it takes, broken at blanks where there are any; continuation lines are
/// indented by `indent`.
pub fn wrap(line: &Line, columns: usize, indent: usize) -> Vec<Line> {
    if line.width() <= columns || columns <= indent + 4 {
        return vec![line.clone()];
    }
    let mut lines = Vec::new();
    let mut current = Line::new();
    let mut used = 0;
    let mut fresh = true;
    for Span { text, role } in &line.spans {
        for word in text.split_inclusive(' ') {
            let mut word = word;
            let trimmed = word.trim_end().width();
            if used + trimmed > columns && !fresh && (trimmed <= columns - indent || used + 12 > columns) {
                lines.push(without_blanks(std::mem::take(&mut current)));
                current.pad_to(indent);
                used = indent;
                word = word.trim_start();
            }
            while used + word.trim_end().width() > columns {
                let piece = take(word.chars(), columns.saturating_sub(used).max(1));
                let rest = &word[piece.len()..];
                current.push(*role, piece);
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
    use super::*;
    use routescope_render::style::Role;

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
