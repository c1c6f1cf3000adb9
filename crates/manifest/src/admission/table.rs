//! Reads the tables of facts about CRDs (`tables/*.txt`), which `tools/schemas.py` writes from released CRDs. Its opening
//! comment describes the format.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::pattern::Pattern;
use super::rules;
use super::schema::{Count, Format, Property, Rule, Schema, Test, Unique, ValueType};
use crate::Channel;

/// The tables, by the group that they describe.
const TEXTS: [&str; 2] = [include_str!("tables/gateway-api.txt"), include_str!("tables/kgateway.txt")];

/// A served version of a kind.
#[derive(Debug)]
pub(super) struct KindVersion {
    pub(super) group: &'static str,
    pub(super) kind: &'static str,
    pub(super) version: &'static str,
    /// None of a version that only earlier releases served.
    pub(super) schema: Option<Schema>,
}

static STANDARD: LazyLock<Vec<KindVersion>> = LazyLock::new(|| read(Channel::Standard));
static EXPERIMENTAL: LazyLock<Vec<KindVersion>> = LazyLock::new(|| read(Channel::Experimental));

/// All versions that a release serves, in the order of the tables: the one to write comes first.
pub(super) fn versions(channel: Channel) -> &'static [KindVersion] {
    match channel {
        Channel::Standard => &STANDARD,
        Channel::Experimental => &EXPERIMENTAL,
    }
}

fn read(channel: Channel) -> Vec<KindVersion> {
    TEXTS.into_iter().flat_map(|text| Reader::new(text, channel).kinds()).collect()
}

/// A line of a table.
#[derive(Clone, Copy)]
struct Line {
    /// The one channel that has it.
    only: Option<Channel>,
    depth: usize,
    text: &'static str,
}

impl Line {
    fn parse(line: &'static str) -> Option<Self> {
        let only = match line.as_bytes().first()? {
            b' ' => None,
            b'+' => Some(Channel::Experimental),
            b'-' => Some(Channel::Standard),
            _ => return None,
        };
        let text = line[1..].trim_start_matches(' ');
        Some(Self { only, depth: line.len() - 1 - text.len(), text })
    }

    /// The mark of a fact about the value itself, and what it says.
    fn fact(&self) -> Option<(&'static str, &'static str)> {
        let (mark, rest) = self.text.split_once(' ')?;
        matches!(mark, "~" | "=" | "!" | "1" | "1+" | "1-").then_some((mark, rest))
    }
}

/// Reads a table for one channel.
struct Reader {
    channel: Channel,
    lines: Vec<Line>,
    at: usize,
    /// What was read, by its place, for the lines that refer to it.
    places: HashMap<String, Arc<Schema>>,
    /// The patterns, each compiled once.
    patterns: HashMap<&'static str, Arc<Pattern>>,
}

impl Reader {
    fn new(text: &'static str, channel: Channel) -> Self {
        let lines = text.lines().filter_map(Line::parse).collect();
        Self { channel, lines, at: 0, places: HashMap::new(), patterns: HashMap::new() }
    }

    fn kinds(mut self) -> Vec<KindVersion> {
        let mut kinds: Vec<KindVersion> = Vec::new();
        while let Some(line) = self.lines.get(self.at) {
            self.at += 1;
            let mut words = line.text.split(' ');
            let (what, group) = (words.next(), words.next().unwrap_or_default());
            let kind = words.next().unwrap_or_default();
            if what == Some("served") {
                kinds.extend(words.map(|version| KindVersion { group, kind, version, schema: None }));
                continue;
            }
            let version = words.next().unwrap_or_default();
            let is_first = !kinds.iter().any(|known| known.kind == kind);
            let place = if is_first { kind.to_owned() } else { format!("{kind}/{version}") };
            let schema = self.below("object", 1, &place);
            kinds.push(KindVersion { group, kind, version, schema: Some(schema) });
        }
        kinds
    }

    /// A field and all below it.
    fn node(&mut self, line: Line, parent: &str) -> Property {
        let (name, head) = line.text.split_once(' ').unwrap_or((line.text, ""));
        let key = name.trim_end_matches('*');
        let dot = if key == "[]" || key == "{}" { "" } else { "." };
        let place = format!("{parent}{dot}{key}");
        let schema = match head.strip_prefix('@') {
            // A table that is not in order shows in the test that reads it whole.
            Some(other) => self.places.get(other).map_or_else(|| Arc::new(any()), Arc::clone),
            None => Arc::new(self.below(head, line.depth + 1, &place)),
        };
        self.places.insert(place, Arc::clone(&schema));
        let pruned = line.only.is_some_and(|only| only != self.channel);
        Property { key, required: name.ends_with('*'), pruned, schema }
    }

    /// The schema whose own line says `head`, from the lines of this depth.
    fn below(&mut self, head: &'static str, depth: usize, place: &str) -> Schema {
        let (mut fields, mut rules, mut pattern, mut words) = (Vec::new(), Vec::new(), None, None);
        while let Some(line) = self.lines.get(self.at).copied().filter(|line| line.depth == depth) {
            self.at += 1;
            let Some((mark, text)) = line.fact() else {
                fields.push(self.node(line, place));
                continue;
            };
            if line.only.is_some_and(|only| only != self.channel) {
                continue;
            }
            match mark {
                "~" => {
                    let known = self.patterns.entry(text).or_insert_with(|| Arc::new(Pattern::new(text)));
                    pattern = Some(Arc::clone(known));
                }
                "=" => words = Some(text.split(' ').collect::<Vec<_>>()),
                "!" => rules.extend(
                    rules::find(place, text)
                        .map(|function| Rule { message: text.to_owned(), test: Test::Function(function) }),
                ),
                _ => rules.push(union(mark, text.split(' ').collect())),
            }
        }
        let fast_accept = rules::fast_accept(place);
        Schema { shape: shape(&Head::parse(head), fields, pattern, words), rules, fast_accept }
    }
}

fn any() -> Schema {
    Schema { shape: ValueType::Any, rules: Vec::new(), fast_accept: None }
}

fn union(mark: &str, fields: Vec<&'static str>) -> Rule {
    let count = match mark {
        "1" => Count::Exact,
        "1+" => Count::Least,
        _ => Count::Most,
    };
    Rule { message: count.message(&fields), test: Test::Fields(count, fields) }
}

/// What the line of a field says after its name.
#[derive(Default)]
struct Head {
    kind: &'static str,
    min: Option<i64>,
    max: Option<i64>,
    format: Option<&'static str>,
    set: bool,
    by: Option<&'static str>,
}

impl Head {
    fn parse(text: &'static str) -> Self {
        let mut words = text.split(' ');
        let mut head = Self { kind: words.next().unwrap_or_default(), ..Self::default() };
        for word in words {
            match word.split_once('=') {
                Some(("min", bound)) => head.min = bound.parse().ok(),
                Some(("max", bound)) => head.max = bound.parse().ok(),
                Some(("format", name)) => head.format = Some(name),
                Some(("by", key)) => head.by = Some(key),
                // Defaults are applied by `decode`, and what the API server keeps (`keep`) it does not look into.
                _ => head.set |= word == "set",
            }
        }
        head
    }

    fn count(bound: Option<i64>, none: usize) -> usize {
        bound.and_then(|bound| usize::try_from(bound).ok()).unwrap_or(none)
    }
}

fn shape(
    head: &Head,
    fields: Vec<Property>,
    pattern: Option<Arc<Pattern>>,
    words: Option<Vec<&'static str>>,
) -> ValueType {
    let (min, max) = (Head::count(head.min, 0), Head::count(head.max, usize::MAX));
    let format = match head.format {
        Some("int32") => Format::Int32,
        Some("uint32") => Format::Uint32,
        Some("int64") => Format::Int64,
        _ => Format::Default,
    };
    let part = |fields: Vec<Property>| fields.into_iter().next().map_or_else(|| Arc::new(any()), |part| part.schema);
    match (head.kind, words) {
        ("object", _) => ValueType::Object { fields, min, max },
        ("map", _) => ValueType::Map { values: part(fields), max },
        ("list", _) => {
            let unique = match head.by.map(|by| by.split_once('=').unwrap_or((by, ""))) {
                Some((key, "")) => Unique::By(key, None),
                Some((key, default)) => Unique::By(key, Some(default.trim_matches('"'))),
                None if head.set => Unique::Items,
                None => Unique::No,
            };
            ValueType::List { items: part(fields), min, max, unique }
        }
        ("string", Some(words)) => ValueType::Enum(words),
        ("string", None) => ValueType::String { min, max, pattern, cidr: head.format == Some("cidr") },
        ("int", Some(words)) => {
            ValueType::IntEnum { values: words.iter().filter_map(|word| word.parse().ok()).collect(), format }
        }
        ("int", None) => {
            ValueType::Integer { min: head.min.unwrap_or(i64::MIN), max: head.max.unwrap_or(i64::MAX), format }
        }
        ("quantity", _) => ValueType::Quantity,
        ("bool", _) => ValueType::Boolean,
        _ => ValueType::Any,
    }
}
