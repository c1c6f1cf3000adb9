//! JSON with positions. (A YAML reader knows neither tabs as indentation nor surrogate pairs, and is slower.)

use super::mapping::Mapping;
use super::scalar;
use super::yaml::{DEEPEST, LARGEST, ParseError, ParseWarning, too_deep, too_large};
use crate::decode::Documents;
use routescope_core::finding::Code;
use routescope_core::model::value::{Data, Entry, Value};
use routescope_core::model::{Name, Position};

/// Reads a stream of JSON values; `line` is the number of the text's first line. After an error reading goes on at the
/// next line that begins with `{`.
pub(super) fn read(
    text: &str,
    line: u32,
    documents: &mut Documents<'_>,
    odd: &mut Vec<ParseWarning>,
) -> Vec<ParseError> {
    let bytes = text.as_bytes();
    let mut reader =
        Reader { text, bytes, at: 0, line, counted: 0, column: 1, values: 0, skipping: false, documents, odd };
    let mut broken = Vec::new();
    loop {
        reader.skip_white();
        while reader.peek() == Some(b'#') {
            // A comment of YAML, in which such a text stands.
            reader.skip_line();
            reader.skip_white();
        }
        if reader.at == reader.bytes.len() {
            return broken;
        }
        reader.values = 0;
        match reader.value(Level::Document, 0) {
            Ok(value) => reader.documents.document(&value, reader.line),
            Err(error) => {
                reader.documents.broken();
                reader.skipping = false;
                broken.push(error);
                reader.next_brace();
            }
        }
    }
}

/// Where in a document a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    /// It is the document.
    Document,
    /// It is one of the `items`.
    Item,
    /// It is inside an object.
    Inside,
}

struct Reader<'t, 'o, 'd> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line: u32,
    /// Up to where `column` has been counted, within the line.
    counted: usize,
    column: u32,
    /// How many values the object at hand holds so far.
    values: usize,
    /// The object at hand is of no use: only its syntax is looked at.
    skipping: bool,
    documents: &'o mut Documents<'d>,
    odd: &'o mut Vec<ParseWarning>,
}

impl Reader<'_, '_, '_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_white(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                self.begin_line();
            }
        }
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn begin_line(&mut self) {
        self.line = self.line.saturating_add(1);
        self.counted = self.at;
        self.column = 1;
    }

    /// Goes to the next line that begins with a brace, or to the end.
    fn next_brace(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                self.begin_line();
                if self.peek() == Some(b'{') {
                    return;
                }
            }
        }
    }

    /// The place of the next byte. Columns count characters, and each is counted once.
    fn here(&mut self) -> Position {
        let passed = &self.bytes[self.counted..self.at];
        let characters = passed.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.column = self.column.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.counted = self.at;
        Position::new(self.line, self.column)
    }

    fn broken<T>(&mut self, expected: &str) -> Result<T, ParseError> {
        let found = match self.text[self.at..].chars().next() {
            None => "the end of the text".to_owned(),
            Some(c) => format!("{c:?}"),
        };
        let at = self.here();
        Err(ParseError {
            code: Code::JsonSyntax,
            at,
            message: format!("expected {expected}, found {found}"),
            help: None,
        })
    }

    fn value(&mut self, level: Level, depth: usize) -> Result<Value, ParseError> {
        let at = self.here();
        if depth >= DEEPEST {
            return Err(too_deep(at));
        }
        self.values += usize::from(!self.skipping);
        if self.values > LARGEST {
            return Err(too_large(at));
        }
        let data = match self.peek() {
            Some(b'{') => self.object(level, depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Data::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Value { at, data })
    }

    fn object(&mut self, level: Level, depth: usize) -> Result<Data, ParseError> {
        let is_object = matches!(level, Level::Document | Level::Item);
        self.at += 1;
        let mut entries = Mapping::default();
        self.skip_white();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Data::Map(entries.into_entries()));
        }
        loop {
            self.skip_white();
            if self.peek() != Some(b'"') {
                return self.broken("a key in double quotes");
            }
            let at = self.here();
            let key = self.string()?;
            self.skip_white();
            if self.peek() != Some(b':') {
                return self.broken("`:`");
            }
            self.at += 1;
            self.skip_white();
            let value = if level == Level::Document && key == "items" && self.peek() == Some(b'[') && !self.skipping {
                self.items(entries.entries(), depth + 1)?
            } else {
                self.value(Level::Inside, depth + 1)?
            };
            if !self.skipping {
                let tells = is_object && (key == "kind" || key == "apiVersion");
                entries.put(Entry { at, key, value }, self.odd);
                self.skipping = tells && self.documents.passes_over(entries.entries());
            }
            self.skip_white();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    if is_object {
                        self.skipping = false;
                    }
                    return Ok(Data::Map(entries.into_entries()));
                }
                _ => return self.broken("`,` or `}`"),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Data, ParseError> {
        let mut items = Vec::new();
        self.each(|reader| {
            let item = reader.value(Level::Inside, depth + 1)?;
            if !reader.skipping {
                items.push(item);
            }
            Ok(())
        })?;
        Ok(Data::List(items))
    }

    /// The items of the document, handed over one by one.
    fn items(&mut self, list: &[Entry], depth: usize) -> Result<Value, ParseError> {
        let at = self.here();
        self.each(|reader| {
            let item = reader.value(Level::Item, depth + 1)?;
            reader.documents.item(list, item, reader.line);
            reader.values = 0;
            Ok(())
        })?;
        Ok(Value { at, data: Data::List(Vec::new()) })
    }

    /// Reads a list, one item by each call.
    fn each(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), ParseError>) -> Result<(), ParseError> {
        self.at += 1;
        self.skip_white();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.skip_white();
            item(self)?;
            self.skip_white();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.broken("`,` or `]`"),
            }
        }
    }

    fn word(&mut self) -> Result<Data, ParseError> {
        let words = [("true", Data::Bool(true)), ("false", Data::Bool(false)), ("null", Data::Null)];
        for (word, data) in words {
            if self.bytes[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(data);
            }
        }
        self.broken("a value")
    }

    fn number(&mut self) -> Result<Data, ParseError> {
        let length = self.bytes[self.at..]
            .iter()
            .take_while(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
            .count();
        let text = &self.text[self.at..self.at + length];
        if let Ok(integer) = text.parse() {
            self.at += length;
            return Ok(Data::Int(integer));
        }
        match text.parse::<f64>() {
            Ok(value) => {
                self.at += length;
                Ok(scalar::whole(value).map_or(Data::Float(value), Data::Int))
            }
            Err(_) => self.broken("a number"),
        }
    }

    fn string(&mut self) -> Result<Name, ParseError> {
        self.at += 1;
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    let text = if self.skipping { "" } else { &self.text[start..self.at] };
                    let text = scalar::name(text);
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => return self.escaped(start),
                0..=0x1F => return self.broken("a closing quote (line breaks and control characters need an escape)"),
                _ => self.at += 1,
            }
        }
        self.broken("a closing quote")
    }

    /// The rest of a string with escapes.
    fn escaped(&mut self, start: usize) -> Result<Name, ParseError> {
        let mut text = self.text[start..self.at].to_owned();
        loop {
            let Some(c) = self.text[self.at..].chars().next() else { return self.broken("a closing quote") };
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(scalar::name(&text));
                }
                '\\' => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                '\0'..='\x1F' => return self.broken("a closing quote"),
                _ => {
                    self.at += c.len_utf8();
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let simple = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return self.broken("an escape"),
        };
        self.at += 1;
        Ok(simple)
    }

    /// `uXXXX`, or two of them that make a surrogate pair. As in Go, a lone half becomes U+FFFD.
    fn unicode(&mut self) -> Result<char, ParseError> {
        let first = self.four_digits()?;
        if (0xD800..0xDC00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 1;
            let second = self.four_digits()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, ParseError> {
        let digits = self.bytes.get(self.at + 1..self.at + 5);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 5;
                Ok(code)
            }
            None => self.broken("four hexadecimal digits"),
        }
    }
}
