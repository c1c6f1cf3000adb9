//! YAML as kubectl reads it: a document becomes a tree of values that know their place.
//!
//! ```text
//! text ──► scanner ──► tokens ──► events ──► Builder ──► values ──► Documents
//! ```
//!
//! kubectl turns YAML into JSON with a YAML 1.1 reader (`sigs.k8s.io/yaml` over `go.yaml.in/yaml/v2`), whose rules for
//! plain scalars, keys, merge keys and aliases are followed here. Depth, size and alias expansion are bounded: a document
//! beyond them is refused before it costs anything. Objects that routing does not read are only checked for their
//! syntax, and the items of a list are handed over one by one: no tree is built of either.

mod cursor;
mod events;
mod properties;
mod scalars;
mod scanner;
#[cfg(test)]
mod spellings;
mod token;

use ahash::AHashMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::cursor::Mark;
use self::events::{CORE, Event, Parser, Span};
use self::scanner::TOO_DEEP;
use self::token::{Style, SyntaxError};
use super::mapping::Mapping;
use super::scalar;
use crate::decode::Documents;
use routescope_core::finding::Code;
use routescope_core::model::value::{Data, Entry, Value};
use routescope_core::model::{Name, Position};

/// How deep collections may be nested. Kubernetes objects stay below 20.
pub(super) const DEEPEST: usize = super::limits::NESTING;
/// How many values one object may hold. The API server takes no object above 3 MB.
pub(super) const LARGEST: usize = super::limits::VALUES;
/// From how many values on what share of them may come from aliases (go-yaml's `allowedAliasRatio`): 99 of 100 in a
/// document that is not large, and 1 of 10 in a large one.
const ALIASED: [(usize, f64); 2] = [(400_000, 0.99), (4_000_000, 0.10)];
/// So few values are not evaluated.
const FEW_ALIASED: usize = super::limits::ALIASED_VALUES;
const FEW_VALUES: usize = 1000;

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ParseError {
    pub code: Code,
    pub at: Position,
    pub message: String,
    pub help: Option<String>,
}

/// Something odd in a document that loads all the same.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ParseWarning {
    pub code: Code,
    pub at: Position,
    pub message: String,
}

/// Reads the documents of one chunk; `line` is the number of its first line. What was read before an error is kept.
pub(super) fn read(
    text: &str,
    line: u32,
    documents: &mut Documents<'_>,
    odd: &mut Vec<ParseWarning>,
) -> Result<(), ParseError> {
    let mut builder = Builder {
        first_line: line,
        frames: Vec::new(),
        anchors: AHashMap::new(),
        has_anchors: text.contains('&'),
        aliased: 0,
        decoded: 0,
        values: 0,
        skipping: 0,
        root: None,
        last_line: line,
        documents,
        odd,
    };
    let mut parser = Parser::new(text);
    let mut any = false;
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                any |= event == Event::DocumentEnd;
                builder.event(event, span)?;
            }
            Err(error) => {
                let broken = builder.syntax_error(error);
                if any {
                    // The document before it counts: kubectl reads no further, without a word.
                    let message = format!("what follows the document is not read: {}", broken.message);
                    builder.odd.push(ParseWarning { code: broken.code, at: broken.at, message });
                    return Ok(());
                }
                return Err(broken);
            }
        }
    }
    Ok(())
}

/// A collection that is not complete yet.
enum Frame<'t> {
    List { at: Position, anchor: Option<&'t str>, items: Vec<Value> },
    Map { at: Position, anchor: Option<&'t str>, entries: Mapping, key: Option<Key> },
}

/// A key that waits for its value.
struct Key {
    at: Position,
    text: Name,
    merge: bool,
}

/// A value that aliases may refer to.
struct Anchored {
    value: Value,
    size: usize,
    depth: usize,
}

struct Builder<'t, 'o, 'd> {
    first_line: u32,
    frames: Vec<Frame<'t>>,
    anchors: AHashMap<&'t str, Anchored>,
    /// The text has anchors (or what may be one), so that no part of a list may be passed over.
    has_anchors: bool,
    /// How many of the values of the document come from aliases, and how many there are.
    aliased: usize,
    decoded: usize,
    /// How many values the object at hand holds so far.
    values: usize,
    /// How many collections are open inside an object that is passed over, itself included; 0 when none is.
    skipping: usize,
    root: Option<Value>,
    last_line: u32,
    documents: &'o mut Documents<'d>,
    odd: &'o mut Vec<ParseWarning>,
}

impl<'t> Builder<'t, '_, '_> {
    fn position(&self, mark: Mark) -> Position {
        Position::new(self.line(mark), u32::try_from(mark.column + 1).unwrap_or(u32::MAX))
    }

    fn line(&self, mark: Mark) -> u32 {
        self.first_line.saturating_add(u32::try_from(mark.row).unwrap_or(u32::MAX))
    }

    fn event(&mut self, event: Event<'t>, span: Span) -> Result<(), ParseError> {
        if self.skipping > 0 && self.skip(&event, span)? {
            return Ok(());
        }
        let at = self.position(span.start);
        match event {
            Event::DocumentStart => Ok(()),
            Event::DocumentEnd => {
                self.anchors.clear();
                (self.aliased, self.decoded) = (0, 0);
                self.values = 0;
                if let Some(value) = self.root.take() {
                    self.documents.document(&value, self.last_line);
                }
                Ok(())
            }
            Event::Alias(anchor) => {
                self.seen(span);
                let value = self.expand(anchor, at)?;
                self.add(value, None)
            }
            Event::Scalar { text, style, anchor, tag } => {
                self.seen(span);
                self.count(at)?;
                if self.is_key() {
                    return self.key(at, &text, style, tag.as_deref(), anchor);
                }
                let data = data(&text, style, tag.as_deref(), at)?;
                self.add(Value { at, data }, anchor)
            }
            Event::ListStart(anchor) => self.nest(at, Frame::List { at, anchor, items: Vec::new() }),
            Event::MapStart(anchor) => self.nest(at, Frame::Map { at, anchor, entries: Mapping::default(), key: None }),
            Event::ListEnd | Event::MapEnd => {
                // The end of a block collection is found where the next token begins; that of a flow one is a bracket.
                if span.start != span.end {
                    self.seen(span);
                }
                let (value, anchor) = match self.frames.pop() {
                    Some(Frame::List { at, anchor, items }) => (Value { at, data: Data::List(items) }, anchor),
                    Some(Frame::Map { at, anchor, entries, .. }) => {
                        (Value { at, data: Data::Map(entries.into_entries()) }, anchor)
                    }
                    None => return Ok(()),
                };
                self.add(value, anchor)
            }
        }
    }

    /// Passes over an event inside an object that routing does not read; false when the object ends here.
    fn skip(&mut self, event: &Event<'t>, span: Span) -> Result<bool, ParseError> {
        match event {
            Event::ListStart(_) | Event::MapStart(_) => {
                self.skipping += 1;
                if self.frames.len() + self.skipping > DEEPEST {
                    return Err(too_deep(self.position(span.start)));
                }
            }
            Event::ListEnd | Event::MapEnd => self.skipping -= 1,
            Event::Scalar { .. } | Event::Alias(_) => self.seen(span),
            _ => {}
        }
        Ok(self.skipping > 0)
    }

    fn count(&mut self, at: Position) -> Result<(), ParseError> {
        self.values += 1;
        self.decoded += 1;
        if self.values > LARGEST { Err(too_large(at)) } else { Ok(()) }
    }

    /// Whether the collection that is being built is the `items` of the document: a list's items need no list.
    fn in_items(&self) -> bool {
        match self.frames.as_slice() {
            [Frame::Map { key: Some(key), .. }, Frame::List { anchor: None, .. }] => key.text == "items" && !key.merge,
            _ => false,
        }
    }

    /// Begins to pass over the object at hand once it is known to be of no use.
    fn leave_out(&mut self) {
        let is_object = match self.frames.as_slice() {
            [_] => true,
            [_, _, _] => !self.has_anchors,
            _ => false,
        };
        if let (true, Some(Frame::Map { entries, .. })) = (is_object, self.frames.last())
            && matches!(entries.entries().last(), Some(entry) if entry.key == "kind" || entry.key == "apiVersion")
            && self.documents.passes_over(entries.entries())
        {
            self.skipping = 1;
        }
    }

    /// Notes the last line that something was written on.
    fn seen(&mut self, span: Span) {
        // A block scalar without a line ends at the beginning of the line after it.
        let line = self.line(span.end);
        let line = if span.end.column == 0 && span.end.row > span.start.row { line - 1 } else { line };
        self.last_line = self.last_line.max(line);
    }

    fn nest(&mut self, at: Position, frame: Frame<'t>) -> Result<(), ParseError> {
        if let Some(Frame::Map { key: None, .. }) = self.frames.last() {
            return Err(complex_key(at));
        }
        if self.frames.len() >= DEEPEST {
            return Err(too_deep(at));
        }
        self.count(at)?;
        if let Frame::List { anchor: Some(anchor), .. } | Frame::Map { anchor: Some(anchor), .. } = &frame {
            // What it named before is gone, even inside this collection.
            self.anchors.remove(anchor);
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Whether the next value is a key.
    fn is_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame::Map { key: None, .. }))
    }

    fn key(
        &mut self,
        at: Position,
        text: &str,
        style: Style,
        tag: Option<&str>,
        anchor: Option<&'t str>,
    ) -> Result<(), ParseError> {
        let tag_of_merge = tag.is_some_and(|tag| tag.strip_prefix(CORE) == Some("merge"));
        let merge = text == "<<" && (tag_of_merge || (style == Style::Plain && tag.is_none_or(|tag| tag == "!")));
        let data = match (tag, style) {
            // Not every number that may be a key may be a value.
            (None, Style::Plain) => scalar::plain(text),
            _ => data(text, style, tag, at)?,
        };
        let name = match &data {
            Data::Float(number) if !number.is_finite() => scalar::name(&text.to_ascii_lowercase().replace('+', "")),
            Data::Float(_) | Data::Int(_) => scalar::number_key(text),
            Data::Null => return Err(null_key(at)),
            data => key_text(data),
        };
        if let Some(Frame::Map { key, .. }) = self.frames.last_mut() {
            *key = Some(Key { at, text: name, merge });
        }
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Anchored { value: Value { at, data }, size: 1, depth: 1 });
        }
        Ok(())
    }

    /// Adds a complete value to the collection it stands in.
    fn add(&mut self, value: Value, anchor: Option<&'t str>) -> Result<(), ParseError> {
        if let Some(anchor) = anchor {
            let (size, depth) = measure(&value);
            self.anchors.insert(anchor, Anchored { value: value.clone(), size, depth });
        }
        if self.in_items() {
            let list = match self.frames.first() {
                Some(Frame::Map { entries, .. }) => entries.entries(),
                _ => &[],
            };
            self.documents.item(list, value, self.last_line);
            self.values = 0;
            return Ok(());
        }
        match self.frames.last_mut() {
            None => self.root = Some(value),
            Some(Frame::List { items, .. }) => items.push(value),
            Some(Frame::Map { entries, key, .. }) => match key.take() {
                None => match value.data {
                    Data::List(_) | Data::Map(_) => return Err(complex_key(value.at)),
                    Data::Null => return Err(null_key(value.at)),
                    // An alias to a scalar as key.
                    data => *key = Some(Key { at: value.at, text: key_text(&data), merge: false }),
                },
                Some(Key { at, merge: true, .. }) => entries.merge(value, at, self.odd)?,
                Some(Key { at, text: key, merge: false }) => {
                    entries.put(Entry { at, key, value }, self.odd);
                    self.leave_out();
                }
            },
        }
        Ok(())
    }

    fn expand(&mut self, anchor: &str, at: Position) -> Result<Value, ParseError> {
        let Some(anchored) = self.anchors.get(anchor) else {
            let is_open = self.frames.iter().any(|frame| match frame {
                Frame::List { anchor: name, .. } | Frame::Map { anchor: name, .. } => *name == Some(anchor),
            });
            let (message, help) = if is_open {
                (format!("the alias *{anchor} stands inside the value that &{anchor} names"), None)
            } else {
                (format!("unknown anchor {anchor}"), Some(NO_ANCHOR.to_owned()))
            };
            return Err(ParseError { code: Code::YamlSyntax, at, message, help });
        };
        self.aliased += anchored.size;
        self.decoded += anchored.size + 1;
        if is_excessive(self.aliased, self.decoded) {
            return Err(ParseError {
                code: Code::TooManyAliases,
                at,
                message: format!(
                    "excessive aliasing: {} of the {} values up to here come from aliases",
                    self.aliased, self.decoded
                ),
                help: Some("kubectl refuses it too; write the values out".to_owned()),
            });
        }
        if self.frames.len() + anchored.depth > DEEPEST {
            return Err(too_deep(at));
        }
        Ok(anchored.value.clone())
    }

    fn syntax_error(&self, error: SyntaxError) -> ParseError {
        let SyntaxError { message, at } = error;
        let at = self.position(at);
        if message == TOO_DEEP {
            return too_deep(at);
        }
        let help = HINTS.iter().find(|(part, _)| message.contains(part)).map(|(_, hint)| (*hint).to_owned());
        ParseError { code: Code::YamlSyntax, at, message: message.to_owned(), help }
    }
}

const NO_ANCHOR: &str = "an alias `*name` needs an anchor `&name` before it in the same document";

/// What usually lies behind the parser's messages.
const HINTS: &[(&str, &str)] = &[
    ("mapping values are not allowed", "a value that contains `: ` needs quotes; or the line is indented too far"),
    ("tab", "YAML is indented with spaces"),
    ("did not find expected key", "the line's indentation fits no mapping above it"),
    ("did not find expected '-' indicator", "the line's indentation fits no list above it"),
    ("quoted scalar", "expected a closing quote"),
    ("expected ',' or", "expected a closing `]` or `}`, or a comma"),
    ("could not find expected ':'", "expected `key: value`"),
    ("cannot start any token", "a text that begins with this character needs quotes"),
];

pub(super) fn too_deep(at: Position) -> ParseError {
    ParseError {
        code: Code::TooDeep,
        at,
        message: format!("nested more than {DEEPEST} levels deep"),
        help: Some("no Kubernetes object is that deep".to_owned()),
    }
}

pub(super) fn too_large(at: Position) -> ParseError {
    ParseError {
        code: Code::TooLarge,
        at,
        message: format!("more than {LARGEST} values in one object"),
        help: Some("the API server takes no object that large".to_owned()),
    }
}

fn complex_key(at: Position) -> ParseError {
    ParseError {
        code: Code::YamlSyntax,
        at,
        message: "expected a plain key, found a list or mapping as key".to_owned(),
        help: Some("a template such as {{ .Values.x }} must be rendered, or quoted, first".to_owned()),
    }
}

fn null_key(at: Position) -> ParseError {
    let help = Some("kubectl refuses it, too: put the key in quotes".to_owned());
    ParseError { code: Code::YamlSyntax, at, message: "a key that is null".to_owned(), help }
}

/// What a scalar is. Only plain ones are anything but text, unless a tag says so.
fn data(text: &str, style: Style, tag: Option<&str>, at: Position) -> Result<Data, ParseError> {
    let broken = |message: String| ParseError { code: Code::YamlSyntax, at, message, help: None };
    let Some(tag) = tag else {
        let data = if style == Style::Plain { scalar::plain(text) } else { Data::String(scalar::name(text)) };
        return match data {
            Data::Float(number) if !number.is_finite() => Err(broken(format!("{text} is not a number in JSON"))),
            data => Ok(data),
        };
    };
    let as_text = || Data::String(scalar::name(text));
    let data = match tag.strip_prefix(CORE) {
        Some("int" | "float" | "bool" | "null") => scalar::plain(text),
        Some("binary") => {
            let bytes = STANDARD.decode(text.replace(['\n', '\r'], "")).ok();
            let bytes = bytes.ok_or_else(|| broken("a !!binary value that is not base64".to_owned()))?;
            return Ok(Data::String(scalar::name(&String::from_utf8_lossy(&bytes))));
        }
        _ => return Ok(as_text()),
    };
    let fits = match tag.strip_prefix(CORE) {
        Some("int") => matches!(data, Data::Int(_)) && scalar::is_integer(text),
        Some("float") => matches!(data, Data::Int(_)) || matches!(data, Data::Float(number) if number.is_finite()),
        Some("bool") => matches!(data, Data::Bool(_)),
        _ => data == Data::Null,
    };
    if fits { Ok(data) } else { Err(broken(format!("cannot read {text:?} as {}", tag.replacen(CORE, "!!", 1)))) }
}

/// A key as `sigs.k8s.io/yaml` turns it into text.
pub(super) fn key_text(data: &Data) -> Name {
    match data {
        Data::String(text) => text.clone(),
        Data::Bool(b) => Name::new_static(if *b { "true" } else { "false" }),
        Data::Int(i) => Name::from(i.to_string()),
        Data::Float(x) => Name::from(x.to_string()),
        _ => Name::new_static("null"),
    }
}

/// Whether so many of a document's values may not come from aliases.
fn is_excessive(aliased: usize, values: usize) -> bool {
    if aliased <= FEW_ALIASED || values <= FEW_VALUES {
        return false;
    }
    let [(low, most), (high, least)] = ALIASED;
    #[allow(clippy::cast_precision_loss)] // the numbers are far below 2^52
    let (share, along) =
        (aliased as f64 / values as f64, values.clamp(low, high).saturating_sub(low) as f64 / (high - low) as f64);
    share > most - (most - least) * along
}

/// How many values a value holds, itself included, and how deep it is. Bounded by [`DEEPEST`].
fn measure(value: &Value) -> (usize, usize) {
    let add = |(size, depth): (usize, usize), inner: &Value| {
        let (inner_size, inner_depth) = measure(inner);
        (size + inner_size, depth.max(inner_depth + 1))
    };
    match &value.data {
        Data::List(items) => items.iter().fold((1, 1), add),
        Data::Map(entries) => entries.iter().map(|entry| &entry.value).fold((1 + entries.len(), 1), add),
        _ => (1, 1),
    }
}
