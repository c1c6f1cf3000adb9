//! The text of an object that was read from a cluster: block YAML as kubectl prints it, without what the API server
//! keeps for itself. Writing it gives every value its place in it, so that what is shown and what is said of an object
//! point at lines as they do for files.
//!
//! The objects are decoded from the values, never from the text.

use crate::scalar;
use routescope_core::model::Position;
use routescope_core::model::value::{Data, Value};
use routescope_core::visible::{escape_yaml, is_invisible};

/// What of the metadata tells people nothing. (`managedFields` are not even read.)
const NOISE: &[&str] = &["generation", "resourceVersion", "selfLink", "uid"];

/// kubectl's copy of the manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Leaves out what tells nothing to people.
pub fn tidy(object: &mut Value) {
    let Data::Map(entries) = &mut object.data else { return };
    let Some(metadata) = entries.iter_mut().find(|entry| entry.key == "metadata") else { return };
    let Data::Map(metadata) = &mut metadata.value.data else { return };
    metadata.retain_mut(|entry| match &mut entry.value.data {
        Data::Map(annotations) if entry.key == "annotations" => {
            annotations.retain(|annotation| annotation.key != LAST_APPLIED);
            !annotations.is_empty()
        }
        _ => !NOISE.contains(&entry.key.as_str()),
    });
}

/// Writes `value`, and into it where everything is written. Returns the text and the number of its last line.
pub fn write(value: &mut Value) -> (String, u32) {
    let mut writer = Writer { text: String::new(), at: Position::new(1, 1) };
    writer.value(value, 0);
    writer.text.shrink_to_fit();
    (writer.text, writer.at.line - 1)
}

struct Writer {
    text: String,
    /// Where the next character goes.
    at: Position,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        let characters = text.chars().count();
        self.at.column = self.at.column.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
    }

    fn new_line(&mut self, indent: usize) {
        self.text.push('\n');
        self.at = Position::new(self.at.line.saturating_add(1), 1);
        self.indent(indent);
    }

    fn indent(&mut self, indent: usize) {
        (0..indent).for_each(|_| self.push(" "));
    }

    /// A value that begins here, in a block that is indented by `indent`. Ends at the beginning of a line.
    fn value(&mut self, value: &mut Value, indent: usize) {
        value.at = self.at;
        match &mut value.data {
            Data::Map(entries) if !entries.is_empty() => {
                for (index, entry) in entries.iter_mut().enumerate() {
                    if index > 0 {
                        self.indent(indent);
                    }
                    entry.at = self.at;
                    self.push(&text(&entry.key));
                    self.push(":");
                    match &entry.value.data {
                        Data::Map(inner) if !inner.is_empty() => {
                            self.new_line(indent + 2);
                            self.value(&mut entry.value, indent + 2);
                        }
                        Data::List(inner) if !inner.is_empty() => {
                            self.new_line(indent);
                            self.value(&mut entry.value, indent);
                        }
                        _ => {
                            self.push(" ");
                            self.value(&mut entry.value, indent);
                        }
                    }
                }
            }
            Data::List(items) if !items.is_empty() => {
                for (index, item) in items.iter_mut().enumerate() {
                    if index > 0 {
                        self.indent(indent);
                    }
                    self.push("- ");
                    self.value(item, indent + 2);
                }
            }
            data => {
                let written = scalar(data);
                self.push(&written);
                self.new_line(0);
            }
        }
    }
}

/// What fills the rest of a line.
fn scalar(data: &Data) -> String {
    match data {
        Data::Null => "null".to_owned(),
        Data::Bool(b) => b.to_string(),
        Data::Int(i) => i.to_string(),
        // Without a fraction it would be read as an integer.
        Data::Float(x) if x.fract() == 0.0 => format!("{x:e}"),
        Data::Float(x) => x.to_string(),
        Data::String(name) => text(name),
        Data::List(_) => "[]".to_owned(),
        Data::Map(_) => "{}".to_owned(),
    }
}

/// A text, in quotes unless every reader of YAML takes it for nothing but a text.
fn text(text: &str) -> String {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'-');
    let begins = matches!(text.as_bytes().first(), Some(b'_' | b'/' | b'a'..=b'z' | b'A'..=b'Z'));
    if begins && text.bytes().all(inner) && matches!(scalar::plain(text), Data::String(_)) {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // What a terminal obeys, what some readers break lines at, what is not a character.
            c if is_invisible(c) => escape_yaml(c, &mut quoted),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::decode::{Decoded, Documents};
    use crate::{fast_yaml, yaml};
    use routescope_core::model::value::Entry;
    use routescope_core::model::{Name, Source, SourceKind};

    const NOWHERE: Position = Position { line: 0, column: 0 };

    fn bare(data: Data) -> Value {
        Value { at: NOWHERE, data }
    }

    fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
        let entry = |(key, value)| Entry { at: NOWHERE, key: Name::from(key), value };
        bare(Data::Map(entries.into_iter().map(entry).collect()))
    }

    fn string(text: &str) -> Value {
        bare(Data::String(Name::from(text)))
    }

    /// A text as the readers of files see it, and the number of its last line as they count it.
    fn read(text: &str, quick: bool) -> Option<(Value, u32)> {
        let source = Arc::new(Source { name: String::new(), kind: SourceKind::Text, text: String::new() });
        let mut decoded = Decoded::default();
        let mut odd = Vec::new();
        let mut documents = Documents::new(&source, &mut decoded);
        if quick {
            fast_yaml::read(text, 1, &mut documents, &mut odd)?;
        } else {
            yaml::read(text, 1, &mut documents, &mut odd).expect("valid YAML");
        }
        assert!(odd.is_empty(), "{odd:?}");
        documents.seen.pop()
    }

    #[test]
    fn it_reads_as_kubectl_prints_it() {
        let mut value = map([
            ("kind", string("HTTPRoute")),
            (
                "metadata",
                map([
                    ("uid", string("0815")),
                    ("name", string("payments")),
                    ("annotations", map([(LAST_APPLIED, string("{}"))])),
                    ("labels", map([("on", string("no")), ("a b", string("x: y"))])),
                ]),
            ),
            (
                "spec",
                map([(
                    "rules",
                    bare(Data::List(vec![
                        map([
                            ("matches", bare(Data::List(vec![map([("value", string("/a"))])]))),
                            ("none", bare(Data::Map(Vec::new()))),
                        ]),
                        bare(Data::List(vec![bare(Data::Int(1)), string("1"), bare(Data::Float(1.5))])),
                        string("two\nlines"),
                    ])),
                )]),
            ),
        ]);
        tidy(&mut value);
        let (text, last) = write(&mut value);
        let lines = [
            "kind: HTTPRoute",
            "metadata:",
            "  name: payments",
            "  labels:",
            "    \"on\": \"no\"",
            "    \"a b\": \"x: y\"",
            "spec:",
            "  rules:",
            "  - matches:",
            "    - value: /a",
            "    none: {}",
            "  - - 1",
            "    - \"1\"",
            "    - 1.5",
            "  - \"two\\nlines\"",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
        assert_eq!(last, 15);
    }

    const ODD: &[&str] =
        &["", "~", "null", "yes", "1e3", "010", "-", "---", "a: b", " #", "2026-01-01", "\u{1F600}", "<<"];

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            3 => "[A-Za-z_/][A-Za-z0-9_./-]{0,12}",
            2 => "[ -~]{0,12}",
            1 => any::<String>().prop_map(|text| text.chars().take(40).collect()),
            1 => prop::sample::select(ODD).prop_map(str::to_owned),
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        let float = any::<f64>().prop_filter_map("a number of JSON", |x| x.is_finite().then_some(x));
        let leaf = prop_oneof![
            Just(Data::Null),
            any::<bool>().prop_map(Data::Bool),
            any::<i64>().prop_map(Data::Int),
            float.prop_map(|x| scalar::whole(x).map_or(Data::Float(x), Data::Int)),
            texts().prop_map(|text| Data::String(Name::from(text))),
        ];
        leaf.prop_map(bare).prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(|items| bare(Data::List(items))),
                prop::collection::btree_map(texts(), inner, 0..5).prop_map(|entries| {
                    map(entries.iter().map(|(key, value)| (key.as_str(), value.clone())).collect::<Vec<_>>())
                }),
            ]
        })
    }

    /// The full reader has a list that is no deeper than its key begin behind the first dash, not at it.
    fn displace_lists(value: &mut Value) {
        match &mut value.data {
            Data::List(items) => {
                value.at = NOWHERE;
                items.iter_mut().for_each(displace_lists);
            }
            Data::Map(entries) => entries.iter_mut().for_each(|entry| displace_lists(&mut entry.value)),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_in_the_same_places(spec in values()) {
            let mut value = map([("apiVersion", string("v1")), ("kind", string("Service")), ("spec", spec)]);
            let (text, last) = write(&mut value);
            if let (true, Some(quick)) = (text.is_ascii(), read(&text, true)) {
                prop_assert_eq!(&quick, &(value.clone(), last), "{}", text);
            }
            let (mut full, last_line) = read(&text, false).expect("an object");
            displace_lists(&mut full);
            displace_lists(&mut value);
            prop_assert_eq!((full, last_line), (value, last), "{}", text);
        }
    }
}
