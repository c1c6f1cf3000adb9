//! Text that came from elsewhere, made visible: what a terminal would obey, hide or turn around is written out, so that
//! nothing in a manifest, a file name or a server's message can steer the terminal or look like something else.
//!
//! A leaf: every layer may use it. The places that must are few, and nothing passes around them: the pieces of a line
//! (`render::style::Line`), the writers of standard output and standard error, the cells of the explorer's screen, its
//! clipboard, and the writers of YAML.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether `c` is a control character or takes no ink: C0, DEL, C1, marks of direction, zero-width characters, soft
/// hyphens, variation selectors, tags, separators of lines and paragraphs, blanks that are not a space, noncharacters.
///
/// Letters, combining marks and the wide blank of East Asian text stay: they are seen.
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(c,
        // C1, and NEL among them; the blank that does not break; the soft hyphen.
        '\u{80}'..='\u{a0}' | '\u{ad}'
        // Joiners and fillers without a glyph, the Arabic letter mark, Mongolian selectors.
        | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        // Blanks of every width, zero-width characters, directions, line and paragraph separators, invisible operators.
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        // The blank of Braille, Hangul fillers, variation selectors, byte order mark, interlinear marks.
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        // Noncharacters of the first plane.
        | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}'
        // Controls of Egyptian, shorthand and musical notation.
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        // Tags and further variation selectors.
        | '\u{e0000}'..='\u{e0fff}')
        // The last two characters of every plane are none.
        || u32::from(c) & 0xfffe == 0xfffe
}

/// The text on one line: every invisible character as Rust writes it, `\u{1b}`, `\n`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_invisible, rust)
}

/// Several lines: as [`visible`], but the breaks between them stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_invisible(c), rust)
}

/// A JSON document: what JSON lets stand in a string but a terminal would obey is written `\u009b`. The document stays
/// the same document, since outside strings there are only ASCII characters and line breaks.
pub fn visible_json(document: &str) -> Cow<'_, str> {
    escaped(
        document,
        |c| c != '\n' && is_invisible(c),
        |c, out| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

/// Lines with colours that this program put there: as [`visible_lines`], but a sequence that only sets colours stays.
pub fn visible_painted(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return visible_lines(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&visible_lines(&rest[..at]));
        let sequence = color_sequence(&rest[at..]).unwrap_or(0);
        out.push_str(&rest[at..at + sequence]);
        if sequence == 0 {
            rust('\u{1b}', &mut out);
        }
        rest = &rest[at + sequence.max(1)..];
    }
    out.push_str(&visible_lines(rest));
    Cow::Owned(out)
}

/// How long the colour sequence (`ESC [ 1 ; 31 m`) is that `text` begins with.
fn color_sequence(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    parameters[end..].starts_with('m').then_some(end + "\u{1b}[m".len())
}

/// Appends what stands for an invisible character inside the double quotes of YAML.
pub fn escape_yaml(c: char, out: &mut String) {
    let _ = match u32::from(c) {
        code @ ..=0xffff => write!(out, "\\u{code:04X}"),
        code => write!(out, "\\U{code:08X}"),
    };
}

fn rust(c: char, out: &mut String) {
    out.extend(c.escape_default());
}

fn escaped(text: &str, hides: impl Fn(char) -> bool, escape: impl Fn(char, &mut String)) -> Cow<'_, str> {
    // Most text is plain ASCII, and is looked at as bytes.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let Some(first) = text.find(&hides) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        if hides(c) {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind that must not reach a terminal.
    const HIDDEN: &str = "\0\u{7}\t\n\r\u{1b}\u{7f}\u{80}\u{85}\u{9b}\u{a0}\u{ad}\u{34f}\u{61c}\u{115f}\u{180e}\u{2002}\u{200b}\u{200d}\u{200e}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{206f}\u{2800}\u{3164}\u{fe0f}\u{feff}\u{fff9}\u{fffe}\u{1d173}\u{e0001}\u{e0041}\u{e007f}\u{e01ef}\u{1ffff}\u{10ffff}";

    #[test]
    fn every_kind_of_invisible_character_is_written_out() {
        for c in HIDDEN.chars() {
            assert!(is_invisible(c), "{c:?}");
        }
        let shown = visible(HIDDEN);
        assert!(shown.is_ascii() && !shown.bytes().any(|byte| byte.is_ascii_control()), "{shown}");
        assert_eq!(visible("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\\n");
    }

    #[test]
    fn what_is_seen_stays() {
        let text = "naïve e\u{301} 日本\u{3000}語 → ├─ ● 🦀 ١٢ ـــ /a b";
        assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn lines_keep_their_breaks_and_nothing_else() {
        assert_eq!(visible_lines("a\nb\tc\r\n\u{2028}"), "a\nb\\tc\\r\n\\u{2028}");
    }

    #[test]
    fn json_stays_the_same_document() {
        let value = serde_json::json!({ HIDDEN: [HIDDEN, "plain → text"] });
        for document in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
            let shown = visible_json(&document);
            assert!(!shown.chars().any(|c| c != '\n' && is_invisible(c)), "{shown}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
        }
    }

    #[test]
    fn only_colours_pass_where_colours_are() {
        let painted = "\u{1b}[1;31mred\u{1b}[0m \u{1b}]0;title\u{7} \u{1b}[2J \u{1b}[1;3\u{1b}[m\u{9b}1m\n\u{1b}";
        assert_eq!(
            visible_painted(painted),
            "\u{1b}[1;31mred\u{1b}[0m \\u{1b}]0;title\\u{7} \\u{1b}[2J \\u{1b}[1;3\u{1b}[m\\u{9b}1m\n\\u{1b}"
        );
    }
}
