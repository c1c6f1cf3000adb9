//! A quick reader for the simple YAML that most manifests are: ASCII, block mappings and lists, one-line scalars.
//!
//! It either reads a document exactly as [`super::yaml`] does, places included, or gives up at the first thing it is not
//! sure of (`None`), and the full reader starts over. So it needs to know little of YAML, and reports no errors. It takes
//! a quarter of the full reader's time; a test holds the two against each other.

use memchr::memchr;

use super::mapping::Mapping;
use super::scalar;
use super::yaml::{DEEPEST, LARGEST, ParseWarning, key_text};
use crate::decode::Documents;
use routescope_core::model::value::{Data, Entry, Value};
use routescope_core::model::{Name, Position};

/// Longer keys are left to the full reader, which must look for their colon.
const LONGEST_KEY: usize = 200;

/// Reads the document of one chunk, if it is simple, which is printable ASCII and line feeds alone; `line` is the number of its first line. When it gives up, what was
/// handed over (items of a list) and reported is to be forgotten.
pub(super) fn read(text: &str, line: u32, documents: &mut Documents<'_>, odd: &mut Vec<ParseWarning>) -> Option<()> {
    let mut reader = Reader {
        rest: text,
        next: None,
        number: line,
        read: line,
        values: 0,
        depth: 0,
        in_items: false,
        mute_from: usize::MAX,
        has_anchors: text.contains('&'),
        documents,
        odd,
    };
    reader.advance();
    if let Some(Line { indent: 0, text, .. }) = reader.next
        && text.starts_with("---")
    {
        if !ends(&text[3..]) {
            return None;
        }
        reader.advance();
    }
    let first = reader.next?;
    if first.text.starts_with(['%', '-']) {
        return None;
    }
    let value = reader.mapping(first.indent)?;
    if reader.next.is_some() {
        return None;
    }
    reader.documents.document(&value, reader.read);
    Some(())
}

/// A line with content, or what is left of it after `- `.
#[derive(Debug, Clone, Copy)]
struct Line<'t> {
    number: u32,
    /// The column of the first character, from 0.
    indent: usize,
    /// From the first character that is not a space to the end of the line.
    text: &'t str,
}

impl Line<'_> {
    fn at(&self, offset: usize) -> Position {
        Position::new(self.number, u32::try_from(self.indent + offset + 1).unwrap_or(u32::MAX))
    }

    fn is_item(&self) -> bool {
        self.text == "-" || self.text.starts_with("- ")
    }
}

struct Reader<'t, 'o, 'd> {
    /// What comes after `next`.
    rest: &'t str,
    next: Option<Line<'t>>,
    /// The number of the line that `rest` begins with.
    number: u32,
    /// The last line that was read.
    read: u32,
    values: usize,
    depth: usize,
    /// The items of the document are being read.
    in_items: bool,
    /// From this depth on keys written twice do not matter: the object is of no use.
    mute_from: usize,
    has_anchors: bool,
    documents: &'o mut Documents<'d>,
    odd: &'o mut Vec<ParseWarning>,
}

impl<'t> Reader<'t, '_, '_> {
    /// Goes to the next line with content.
    fn advance(&mut self) {
        self.next = None;
        while !self.rest.is_empty() {
            let end = memchr(b'\n', self.rest.as_bytes());
            let line = &self.rest[..end.unwrap_or(self.rest.len())];
            self.rest = end.map_or("", |end| &self.rest[end + 1..]);
            let number = self.number;
            self.number = number.saturating_add(1);
            let text = line.trim_start_matches(' ');
            if !text.is_empty() && !text.starts_with('#') {
                self.next = Some(Line { number, indent: line.len() - text.len(), text });
                return;
            }
        }
    }

    /// Goes on within the line, `offset` behind its first character.
    fn within(&mut self, line: Line<'t>, offset: usize) {
        self.next = Some(Line { number: line.number, indent: line.indent + offset, text: &line.text[offset..] });
    }

    fn count(&mut self) -> Option<()> {
        self.values += 1;
        (self.values <= LARGEST).then_some(())
    }

    /// The value that stands in the lines below a key or a dash.
    fn below(&mut self, indent: usize) -> Option<Value> {
        let line = self.next?;
        if line.indent <= indent {
            return None;
        }
        if line.is_item() { self.list(line.indent, None) } else { self.mapping(line.indent) }
    }

    fn deeper(&mut self) -> Option<()> {
        self.count()?;
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())
    }

    fn mapping(&mut self, indent: usize) -> Option<Value> {
        self.deeper()?;
        let at = self.next?.at(0);
        let mut entries = Mapping::default();
        while let Some(line) = self.next {
            if line.indent < indent {
                break;
            }
            if line.indent > indent || line.is_item() {
                return None;
            }
            let (key, offset) = key(line.text)?;
            self.count()?;
            let value = if ends(&line.text[offset..]) {
                self.read = line.number;
                self.advance();
                match self.next {
                    Some(next) if next.indent >= indent && next.is_item() => {
                        let list = (self.depth == 1 && key == "items").then_some(entries.entries());
                        self.list(next.indent, list)?
                    }
                    _ => self.below(indent)?,
                }
            } else {
                self.scalar(line, offset, indent)?
            };
            let tells = key == "kind" || key == "apiVersion";
            if self.mute_from <= self.depth {
                entries.put(Entry { at: line.at(0), key, value }, &mut Vec::new());
            } else {
                entries.put(Entry { at: line.at(0), key, value }, self.odd);
            }
            let is_object = self.depth == 1 || (self.depth == 3 && self.in_items && !self.has_anchors);
            if tells && is_object && self.documents.passes_over(entries.entries()) {
                self.mute_from = self.depth;
            }
        }
        if self.mute_from == self.depth {
            self.mute_from = usize::MAX;
        }
        self.depth -= 1;
        Some(Value { at, data: Data::Map(entries.into_entries()) })
    }

    /// A list. The items of a `list` object (what was read of it so far) are handed over one by one.
    fn list(&mut self, indent: usize, list: Option<&[Entry]>) -> Option<Value> {
        self.deeper()?;
        let at = self.next?.at(0);
        let mut items = Vec::new();
        while let Some(line) = self.next {
            if line.indent < indent || (line.indent == indent && !line.is_item()) {
                break;
            }
            if line.indent > indent {
                return None;
            }
            self.in_items |= list.is_some();
            let item = self.item(line)?;
            match list {
                None => items.push(item),
                Some(list) => {
                    self.documents.item(list, item, self.read);
                    self.values = 0;
                }
            }
        }
        if list.is_some() {
            self.in_items = false;
        }
        self.depth -= 1;
        Some(Value { at, data: Data::List(items) })
    }

    /// One item of a list.
    fn item(&mut self, line: Line<'t>) -> Option<Value> {
        let offset = 1 + spaces(&line.text[1..]);
        let text = &line.text[offset..];
        if ends(&line.text[1..]) {
            self.read = line.number;
            self.advance();
            return self.below(line.indent);
        }
        let nested = text == "-" || text.starts_with("- ");
        if nested || key(text).is_some() {
            self.within(line, offset);
            return if nested { self.list(line.indent + offset, None) } else { self.mapping(line.indent + offset) };
        }
        self.scalar(line, offset, line.indent)
    }

    /// A scalar on the rest of the line, which is the last of its value: nothing deeper than `indent` may follow.
    fn scalar(&mut self, line: Line<'t>, offset: usize, indent: usize) -> Option<Value> {
        let offset = offset + spaces(&line.text[offset..]);
        let data = one_line(&line.text[offset..])?;
        self.count()?;
        self.read = line.number;
        self.advance();
        if self.next.is_some_and(|next| next.indent > indent) {
            return None;
        }
        Some(Value { at: line.at(offset), data })
    }
}

/// How many spaces a text begins with.
fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// Whether nothing but a comment follows.
fn ends(text: &str) -> bool {
    let rest = text.trim_start_matches(' ');
    rest.is_empty() || (rest.starts_with('#') && rest.len() < text.len())
}

/// The key that a line begins with, and where what follows its colon begins.
fn key(text: &str) -> Option<(Name, usize)> {
    let simple = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    let length = text.bytes().take_while(simple).count();
    if length == 0 || length > LONGEST_KEY || text.starts_with('-') {
        return None;
    }
    match text.as_bytes().get(length..) {
        Some([b':'] | [b':', b' ', ..]) => Some((key_text(&scalar::plain(&text[..length])), length + 1)),
        _ => None,
    }
}

/// A scalar that fills the rest of its line.
fn one_line(text: &str) -> Option<Data> {
    match text.as_bytes().first()? {
        quote @ (b'"' | b'\'') => {
            let inner = &text[1..];
            let end = inner.find(char::from(*quote))?;
            let (inner, rest) = (&inner[..end], &inner[end + 1..]);
            if !ends(rest) || (*quote == b'"' && inner.contains('\\')) {
                return None;
            }
            return Some(Data::String(scalar::name(inner)));
        }
        b'{' if text.strip_prefix("{}").is_some_and(ends) => return Some(Data::Map(Vec::new())),
        b'[' if text.strip_prefix("[]").is_some_and(ends) => return Some(Data::List(Vec::new())),
        b'/' | b'.' | b'_' | b'(' => {}
        b'-' if text[1..].starts_with(|c: char| c.is_ascii_digit()) => {}
        first if first.is_ascii_alphanumeric() => {}
        _ => return None,
    }
    let text = text.find(" #").map_or(text, |comment| &text[..comment]).trim_end_matches(' ');
    if text.ends_with(':') || text.contains(": ") {
        return None;
    }
    match scalar::plain(text) {
        Data::Float(number) if !number.is_finite() => None,
        data => Some(data),
    }
}
