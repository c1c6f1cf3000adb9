//! A text cut into documents, so that a broken one does not take its neighbours with it, and so that they can be read
//! side by side.
//!
//! kubectl cuts at `---` line by line (apimachinery `pkg/util/yaml/decoder.go`, `YAMLReader`), and libyaml reads each part.
//! `---` and `...` at the beginning of a line end a document wherever they stand: YAML forbids them inside quoted and
//! block scalars alike, so no parsing is needed to find them.

use memchr::memchr;

/// A part of a text that holds one document (or, in JSON, a stream of them).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    /// The text, `---` included.
    pub text: &'a str,
    /// Its first line's number in the whole text, from 1.
    pub line: u32,
}

/// Cuts a text into documents. Empty ones are left out.
pub(super) fn documents(text: &str) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let mut open = Open { start: 0, line: 1, content: false, directives: false };
    // Whether kubectl holds anything of the next document.
    let mut held = false;
    let mut line = 1;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        let this = &rest[..length];
        let is_first = open.start == at;
        let cuts = is_marker(this, "---", is_first) && (held || !this.starts_with("---#"));
        held = !(cuts && held);
        if cuts {
            // Directives belong to the document that the next `---` opens.
            let content = has_content(after_marker(this));
            if !open.directives || open.content {
                open.close(text, at, &mut chunks);
                // A marker with nothing but a comment belongs to no document.
                open = if content {
                    Open { start: at, line, content: false, directives: false }
                } else {
                    Open { start: at + length, line: line + 1, content: false, directives: false }
                };
            }
            open.content |= content;
            open.directives = false;
        } else if is_marker(this, "...", is_first) {
            open.close(text, at, &mut chunks);
            // What stands on the marker's own line is at most a comment.
            open = Open { start: at + length, line: line + 1, content: false, directives: false };
        } else if !open.content {
            if this.starts_with('%') {
                open.directives = true;
            } else {
                open.content = has_content(this);
            }
        }
        at += length;
        line = line.saturating_add(1);
    }
    open.close(text, text.len(), &mut chunks);
    chunks
}

/// The document being gathered.
struct Open {
    start: usize,
    line: u32,
    content: bool,
    directives: bool,
}

impl Open {
    fn close<'a>(&self, text: &'a str, end: usize, chunks: &mut Vec<Chunk<'a>>) {
        if self.content {
            chunks.push(Chunk { text: &text[self.start..end], line: self.line });
        }
    }
}

/// Whether the line is the marker: at its very beginning (but for a byte order mark in the first line of a document, where
/// libyaml reads one), and followed by white space, a comment or nothing.
fn is_marker(line: &str, marker: &str, is_first: bool) -> bool {
    let line = if is_first { line.trim_start_matches(BYTE_ORDER_MARK) } else { line };
    let rest = line.strip_prefix(marker);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n', '#']))
}

/// What follows `---` in its line.
fn after_marker(line: &str) -> &str {
    line.trim_start_matches(BYTE_ORDER_MARK).get(3..).unwrap_or_default()
}

const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// Whether a line holds more than white space and a comment. Some line breaks of YAML do not end a line here.
fn has_content(line: &str) -> bool {
    let is_content = |line: &str| {
        let line = line.trim_start().trim_start_matches(BYTE_ORDER_MARK);
        !line.is_empty() && !line.starts_with('#')
    };
    is_content(line) && !line.contains(OTHER_BREAKS) || line.split(OTHER_BREAKS).any(is_content)
}

const OTHER_BREAKS: [char; 4] = ['\r', '\u{85}', '\u{2028}', '\u{2029}'];

#[cfg(test)]
mod tests {
    use super::documents;

    fn cut(text: &str) -> Vec<(u32, &str)> {
        documents(text).into_iter().map(|chunk| (chunk.line, chunk.text)).collect()
    }

    #[test]
    fn three_dashes_begin_a_document() {
        assert_eq!(cut("a: 1\n---\nb: 2\n"), [(1, "a: 1\n"), (3, "b: 2\n")]);
        assert_eq!(cut("---\na: 1\n---# more\nb: 2"), [(2, "a: 1\n"), (4, "b: 2")]);
        assert_eq!(cut("--- {a: 1}\r\n---\r\nb: 2"), [(1, "--- {a: 1}\r\n"), (3, "b: 2")]);
        assert_eq!(cut("\u{FEFF}---\nb: 2"), [(2, "b: 2")]);
    }

    #[test]
    fn what_kubectl_does_not_take_for_a_marker_is_none() {
        // kubectl cuts at a marker before a comment only where something stands before it; libyaml reads it as text.
        for text in ["---#c\na: 1\n", "a: 1\n---\n---#c\nb: 2\n"] {
            assert!(cut(text).last().is_some_and(|(_, last)| last.starts_with("---#c\n")), "{text:?}");
        }
        assert_eq!(cut("---\n---#c\nb: 2\n"), [(3, "b: 2\n")]);
        assert_eq!(cut("a: 1\n\u{FEFF}---\nb: 2").len(), 1);
    }

    #[test]
    fn dashes_elsewhere_do_not() {
        assert_eq!(cut("a: |\n  ---\n  x\nb: ---\n---x: 1\n").len(), 1);
    }

    #[test]
    fn empty_documents_are_left_out() {
        assert_eq!(cut("---\n---\n# nothing\n---\na: 1\n---\n"), [(5, "a: 1\n")]);
        assert_eq!(cut("# not\ra: 1\r"), [(1, "# not\ra: 1\r")]);
        assert_eq!(cut(""), []);
    }

    #[test]
    fn directives_stay_with_their_document() {
        assert_eq!(
            cut("%YAML 1.2\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2\n"),
            [(1, "%YAML 1.2\n---\na: 1\n"), (5, "%YAML 1.1\n---\nb: 2\n")]
        );
    }
}
