//! YAML (and JSON) in colours: one pass over each line, which remembers only what goes on in the next one, a text in quotes
//! or a block. What is odd is coloured as something; that it is wrong is for the findings to say.

use crate::theme::Role;

/// Reads line by line, as a document goes on.
#[derive(Debug, Default)]
pub struct Highlighter {
    within: Within,
    /// How many brackets are open.
    depth: usize,
    /// Whether commas and brackets are signs: inside brackets, and where a part of a JSON document begins a line.
    flow: bool,
}

/// What the line before left open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    /// A text in these quotes.
    Quotes(u8),
    /// A block (`|`, `>`), whose lines stand deeper than this column.
    Block(usize),
}

impl Highlighter {
    /// At the start of a document.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next line, in pieces.
    pub fn line(&mut self, line: &str) -> Vec<(Role, String)> {
        let indent = line.len() - line.trim_start_matches(' ').len();
        match self.within {
            Within::Block(column) if indent > column || line.trim().is_empty() => {
                return pieces([(Role::YamlString, line)]);
            }
            Within::Block(_) => self.within = Within::Nothing,
            Within::Nothing | Within::Quotes(_) => {}
        }
        if line.starts_with('%') || line == "---" || line == "..." {
            return pieces([(Role::YamlPunctuation, line)]);
        }
        let json = line.trim_start().starts_with(['"', '{', '}', '[', ']']);
        let mut found = Vec::new();
        let mut at = 0;
        // Where the innermost key or dash of this line stands: a block has to stand deeper.
        let mut column = indent;
        while at < line.len() {
            let rest = &line[at..];
            self.flow = json || self.depth > 0;
            let (length, role) = match self.within {
                Within::Quotes(quote) => (self.quoted(rest.as_bytes(), 0, quote), Role::YamlString),
                _ => self.token(line, at, column),
            };
            if role == Role::YamlKey || (role == Role::YamlPunctuation && rest.starts_with("- ")) {
                column = at;
            }
            found.push((role, &rest[..length]));
            at += length;
        }
        pieces(found)
    }

    /// The token at `at`: how long it is, and what.
    fn token(&mut self, line: &str, at: usize, column: usize) -> (usize, Role) {
        let rest = &line[at..];
        let bytes = rest.as_bytes();
        let blank_follows = bytes.get(1).is_none_or(u8::is_ascii_whitespace);
        match bytes[0] {
            b' ' | b'\t' => (rest.len() - rest.trim_start_matches([' ', '\t']).len(), Role::Text),
            b'#' if at == 0 || line.as_bytes()[at - 1].is_ascii_whitespace() => (rest.len(), Role::YamlComment),
            b'[' | b'{' => {
                self.depth += 1;
                (1, Role::YamlPunctuation)
            }
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                (1, Role::YamlPunctuation)
            }
            b',' if self.flow => (1, Role::YamlPunctuation),
            b'-' | b'?' | b':' if blank_follows || (bytes[0] == b':' && self.flow) => (1, Role::YamlPunctuation),
            b'|' | b'>' if !self.flow => {
                self.within = Within::Block(column);
                (rest.find(" #").unwrap_or(rest.len()), Role::YamlPunctuation)
            }
            b'&' | b'*' | b'!' => (self.word(bytes), Role::YamlValue),
            quote @ (b'"' | b'\'') => {
                let length = self.quoted(bytes, 1, quote);
                let key = self.within == Within::Nothing && rest[length..].trim_start().starts_with(':');
                (length, if key { Role::YamlKey } else { Role::YamlString })
            }
            _ => self.plain(rest),
        }
    }

    /// To the end of a text in quotes that is looked for from `from` on; it may be on another line.
    fn quoted(&mut self, bytes: &[u8], from: usize, quote: u8) -> usize {
        let mut at = from;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if quote == b'"' => at += 1,
                // Two of them stand for one.
                byte if byte == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 1,
                byte if byte == quote => {
                    self.within = Within::Nothing;
                    return at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        self.within = Within::Quotes(quote);
        bytes.len()
    }

    /// An anchor, an alias or a tag: to the next blank or, inside brackets, their signs.
    fn word(&self, bytes: &[u8]) -> usize {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || (self.flow && b",[]{}".contains(byte));
        bytes.iter().position(ends).unwrap_or(bytes.len())
    }

    /// A text without quotes: a key when a colon follows.
    fn plain(&self, rest: &str) -> (usize, Role) {
        let bytes = rest.as_bytes();
        let mut end = bytes.len();
        let mut key = false;
        for (at, byte) in bytes.iter().enumerate() {
            let next = bytes.get(at + 1);
            let ends_key = next.is_none_or(|next| next.is_ascii_whitespace() || (self.flow && b",[]{}".contains(next)));
            key = *byte == b':' && ends_key;
            let comment = byte.is_ascii_whitespace() && next == Some(&b'#');
            if key || comment || (self.flow && at > 0 && b",[]{}".contains(byte)) {
                end = at;
                break;
            }
        }
        let text = rest[..end].trim_end();
        let role = match text {
            _ if key => Role::YamlKey,
            "true" | "false" | "null" | "~" | "yes" | "no" | "on" | "off" => Role::YamlValue,
            number if number.parse::<f64>().is_ok() => Role::YamlValue,
            _ => Role::YamlString,
        };
        // At least one letter, whatever it is.
        let first = rest.chars().next().map_or(1, char::len_utf8);
        (text.len().max(first), role)
    }
}

/// Neighbours of one role in one piece.
fn pieces<'a>(found: impl IntoIterator<Item = (Role, &'a str)>) -> Vec<(Role, String)> {
    let mut pieces: Vec<(Role, String)> = Vec::new();
    for (role, text) in found {
        match pieces.last_mut() {
            _ if text.is_empty() => {}
            Some((last, already)) if *last == role => already.push_str(text),
            _ => pieces.push((role, text.to_owned())),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_strings_numbers_and_comments_differ() {
        let mut highlighter = Highlighter::new();
        let pieces = highlighter.line("port: 8080 # the plain one");
        let role_of = |text: &str| pieces.iter().find(|(_, piece)| piece.contains(text)).map(|(role, _)| *role);
        assert_eq!(role_of("port"), Some(Role::YamlKey));
        assert_eq!(role_of("8080"), Some(Role::YamlValue));
        assert_eq!(role_of("the plain one"), Some(Role::YamlComment));
        let pieces = highlighter.line("name: \"parent\"");
        assert!(pieces.contains(&(Role::YamlString, "\"parent\"".to_owned())), "{pieces:?}");
    }

    #[test]
    fn no_letter_is_lost() {
        let mut highlighter = Highlighter::new();
        for line in [
            "",
            "- a: [1, 'ü', *x]",
            "k: >",
            "  - x: y # z",
            "\t日本: {",
            "%YAML 1.2",
            "a: \\",
            "}: ü]",
            "key: 'unclosed",
            "ü'ü",
        ] {
            let text: String = highlighter.line(line).into_iter().map(|(_, text)| text).collect();
            assert_eq!(text, line);
        }
    }

    fn roles(lines: &[&str]) -> Vec<Vec<(Role, String)>> {
        let mut highlighter = Highlighter::new();
        lines.iter().map(|line| highlighter.line(line)).collect()
    }

    #[test]
    fn blocks_and_quotes_go_on_below() {
        let all = roles(&[
            "- text: |",
            "    not: a key",
            "",
            "  port: 80",
            "- 'one",
            "  two': 3",
            "- |-",
            "  # text",
            "a: b",
        ]);
        assert_eq!(all[1], [(Role::YamlString, "    not: a key".to_owned())]);
        assert_eq!(all[3][1], (Role::YamlKey, "port".to_owned()));
        assert_eq!(all[5][0], (Role::YamlString, "  two'".to_owned()));
        assert_eq!(all[5].last(), Some(&(Role::YamlValue, "3".to_owned())));
        assert_eq!(all[7], [(Role::YamlString, "  # text".to_owned())]);
        assert_eq!(all[8][0], (Role::YamlKey, "a".to_owned()));
    }

    #[test]
    fn json_is_coloured_alike() {
        let [line] = &roles(&["  \"port\": 80, \"name\": \"a: b\", \"x\":[true]}"])[..] else { panic!("one line") };
        let of = |role| line.iter().filter(|(one, _)| *one == role).map(|(_, text)| text.as_str()).collect::<Vec<_>>();
        assert_eq!(of(Role::YamlKey), ["\"port\"", "\"name\"", "\"x\""]);
        assert_eq!(of(Role::YamlString), ["\"a: b\""]);
    }

    #[test]
    fn a_host_with_a_port_and_a_url_are_texts() {
        let [line] = &roles(&["- image: a.io/x:1.2 # y"])[..] else { panic!("one line") };
        assert_eq!(line[5], (Role::YamlString, "a.io/x:1.2".to_owned()));
        assert_eq!(line.last(), Some(&(Role::YamlComment, "# y".to_owned())));
    }
}
