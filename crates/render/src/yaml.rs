//! Block YAML that says the same to readers of YAML 1.1 and of 1.2 (`yes`, `1_000` and `<<` are text, and in quotes), and
//! in which nothing is written that a terminal would obey.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter};

use routescope_core::visible::{escape_yaml, is_invisible};

/// What a reader of YAML 1.1 takes for something other than text.
const WORDS: &[&str] = &["y", "yes", "true", "on", "n", "no", "false", "off", "null"];

/// Writes one document.
pub fn write<T: Serialize + ?Sized>(document: &T) -> String {
    let mut text = Vec::new();
    // What goes into memory cannot fail, nor can our own types.
    let _ = write_to(&mut text, document);
    String::from_utf8(text).unwrap_or_default()
}

/// Writes one document as it is walked through: nothing of it is kept.
pub fn write_to<T: Serialize + ?Sized>(out: impl io::Write, document: &T) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(out, Block::default());
    Ok(document.serialize(&mut serializer)?)
}

/// Block YAML, in the order in which a document of JSON is walked through. A list or mapping that begins is written with its
/// first entry: an empty one stands on the line of its key.
#[derive(Default)]
struct Block {
    /// The indents of the lists and mappings that are open.
    levels: Vec<usize>,
    /// What stands before the value that is next.
    before: Before,
    /// What has begun, and has no entry yet.
    begun: Option<Begun>,
    /// The text at hand: a key, or a value.
    text: Option<String>,
    /// It is a key.
    is_key: bool,
}

#[derive(Default, Clone, Copy)]
enum Before {
    #[default]
    Nothing,
    Key,
    Dash,
}

#[derive(Clone, Copy)]
enum Begun {
    List,
    Mapping,
}

impl Block {
    /// Begins the line of an entry, the first one where it opens its list or mapping.
    fn entry<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        let above = self.levels.last().copied().unwrap_or_default();
        let Some(begun) = self.begun.take() else { return indent(out, above) };
        match (self.before, begun) {
            (Before::Nothing, _) => self.levels.push(0),
            // The entries of a list stand below its key.
            (Before::Key, Begun::List) => {
                self.levels.push(above);
                out.write_all(b"\n")?;
                indent(out, above)?;
            }
            (Before::Key, Begun::Mapping) => {
                self.levels.push(above + 2);
                out.write_all(b"\n")?;
                indent(out, above + 2)?;
            }
            (Before::Dash, _) => self.levels.push(above + 2),
        }
        Ok(())
    }

    fn end<W: ?Sized + io::Write>(&mut self, out: &mut W, empty: &str) -> io::Result<()> {
        if self.begun.take().is_some() {
            return self.scalar(out, empty);
        }
        self.levels.pop();
        Ok(())
    }

    /// A value that takes one line, and ends it.
    fn scalar<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        if let Some(key) = &mut self.text {
            key.push_str(text);
            return Ok(());
        }
        if matches!(self.before, Before::Key) {
            out.write_all(b" ")?;
        }
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")
    }
}

fn indent<W: ?Sized + io::Write>(out: &mut W, columns: usize) -> io::Result<()> {
    write!(out, "{:columns$}", "")
}

/// Numbers and words as JSON writes them, which is YAML.
macro_rules! as_in_json {
    ($($name:ident: $kind:ty),*) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, out: &mut W, value: $kind) -> io::Result<()> {
            self.scalar(out, &serde_json::Value::from(value).to_string())
        })*
    };
}

impl Formatter for Block {
    as_in_json!(write_bool: bool, write_i8: i8, write_i16: i16, write_i32: i32, write_i64: i64, write_u8: u8,
        write_u16: u16, write_u32: u32, write_u64: u64, write_f32: f32, write_f64: f64);

    fn write_null<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.scalar(out, "null")
    }

    fn begin_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.text = Some(String::new());
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.text.get_or_insert_default().push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, _: &mut W, escape: CharEscape) -> io::Result<()> {
        self.text.get_or_insert_default().push(match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        });
        Ok(())
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        let text = quoted(&self.text.take().unwrap_or_default());
        if self.is_key { out.write_all(text.as_bytes()) } else { self.scalar(out, &text) }
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.begun = Some(Begun::List);
        Ok(())
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, "[]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, _: bool) -> io::Result<()> {
        self.entry(out)?;
        self.before = Before::Dash;
        out.write_all(b"- ")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.begun = Some(Begun::Mapping);
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, "{}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, _: bool) -> io::Result<()> {
        self.entry(out)?;
        self.is_key = true;
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.is_key = false;
        self.before = Before::Key;
        out.write_all(b":")
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }
}

/// A text, in quotes unless every reader takes it for nothing but text.
fn quoted(text: &str) -> String {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '/'));
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    if begins && text.bytes().all(inner) && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            letter if is_invisible(letter) => escape_yaml(letter, &mut out),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Each;

    #[test]
    fn lists_and_mappings_stand_in_blocks_and_empty_ones_on_their_line() {
        let document = serde_json::json!({
            "a": [], "b": {}, "c": [1, [], {}, [2, [3]], { "d": null, "e": [{ "f": 1.5, "yes": true }] }],
            "g": { "h": { "i": "a\n\u{202e}\"b" }, "j": [[{}]] }, "": "no"
        });
        let expected = "a: []\nb: {}\nc:\n- 1\n- []\n- {}\n- - 2\n  - - 3\n- d: null\n  e:\n  - f: 1.5\n    \"yes\": true\n\
                        g:\n  h:\n    i: \"a\\n\\u202E\\\"b\"\n  j:\n  - - {}\n\"\": \"no\"\n";
        assert_eq!(write(&document), expected);
        assert_eq!(write(&Each::of(std::iter::empty::<u8>)), "[]\n");
        assert_eq!(write("x"), "x\n");
    }

    #[test]
    fn what_is_made_entry_by_entry_is_not_made_when_nobody_takes_it() {
        /// Takes some bytes, and no more.
        struct Full(usize);
        impl io::Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let made = std::cell::Cell::new(0);
        let each = Each::of(|| (0..1_000_000).inspect(|_| made.set(made.get() + 1)));
        assert!(write_to(Full(100), &each).is_err() && made.get() < 100, "{}", made.get());
        made.set(0);
        assert!(crate::data::json_to(Full(100), &each).is_err() && made.get() < 100, "{}", made.get());
    }
}
