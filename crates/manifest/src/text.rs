//! From texts to objects: documents are independent, so big inputs are read on every core.

use std::path::Path;
use std::sync::{Arc, Mutex};

use ahash::AHashMap;

use super::placeholder::{self, Variables};
use super::split::{Chunk, documents};
use super::yaml::{ParseError, ParseWarning};
use super::{fast_yaml, json, yaml};
use crate::channel::ChosenChannel;
use crate::decode::{self, Decoded, Documents};
use routescope_core::finding::{Advice, Code, Finding, Location, Severity};
use routescope_core::model::kinds::Kind;
use routescope_core::model::{Position, Source};
use routescope_core::parallel;

/// Texts up to this size are not worth a thread.
const SMALL: usize = 256 * 1024;
/// Texts above this size are read by several threads, so much at a time.
const LARGE: usize = 2 * 1024 * 1024;
const BLOCK: usize = 512 * 1024;

/// A text to read.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub source: Arc<Source>,
    /// Some of it was not text, and is U+FFFD now.
    pub lossy: bool,
    /// It may be no manifest at all: then nothing is said of it.
    pub lenient: bool,
}

impl Text {
    /// A text that is to be a manifest.
    ///
    /// kubectl reads line by line and takes the end of each, `\r\n` or `\n`, for `\n`: of `\r\r\n` one break is left, not two
    /// (`bufio.Reader.ReadLine` in apimachinery `pkg/util/yaml/decoder.go`).
    pub fn new(mut source: Source) -> Self {
        if source.text.contains("\r\r\n") {
            source.text = source.text.replace("\r\n", "\n");
        }
        Self::of(&Arc::new(source))
    }

    /// A text that was read before.
    pub fn of(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), lossy: false, lenient: false }
    }

    /// Fills in the placeholders that have a value.
    pub fn fill(&mut self, variables: &Variables) {
        if let Some(text) = placeholder::filled(&self.source.text, variables) {
            let Source { name, kind, text: _ } = self.source.as_ref();
            self.source = Arc::new(Source { name: name.clone(), kind: *kind, text });
        }
    }
}

/// What texts became that were read before, for those of another world that say the same.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By a hash of the text.
    read: Mutex<AHashMap<u64, Became>>,
    hasher: ahash::RandomState,
}

#[derive(Debug)]
struct Became {
    source: Arc<Source>,
    decoded: Decoded,
}

impl Known {
    /// Remembers what became of a text, if that is objects alone: a finding has a place in its own text.
    fn keep(&self, text: &Text, decoded: &Decoded) {
        if text.lossy || !decoded.is_plain() {
            return;
        }
        let (objects, ignored) = (decoded.objects.clone(), decoded.ignored.clone());
        let decoded = Decoded { objects, ignored, ..Decoded::new(decoded.channel) };
        let became = Became { source: Arc::clone(&text.source), decoded };
        if let Ok(mut read) = self.read.lock() {
            read.insert(self.hasher.hash_one(&text.source.text), became);
        }
    }

    /// What became of the same text, as if it had been read from this one.
    fn take(&self, text: &Text, channel: ChosenChannel) -> Option<Decoded> {
        let is_same =
            |known: &Became| !text.lossy && known.decoded.channel == channel && known.source.text == text.source.text;
        let hash = self.hasher.hash_one(&text.source.text);
        let mut decoded = {
            let mut read = self.read.lock().ok()?;
            read.get(&hash).filter(|known| is_same(known))?;
            read.remove(&hash)?.decoded
        };
        for object in &mut decoded.objects {
            object.meta_mut().origin.source = Arc::clone(&text.source);
        }
        Some(decoded)
    }
}

/// A run of documents of one source.
struct Block<'a> {
    text: &'a Text,
    chunks: Vec<Chunk<'a>>,
}

/// What a thread takes at a time.
enum Work<'a> {
    /// A text that is not large: whoever reads it cuts it into documents, too.
    Whole(&'a Text),
    /// A part of a large one.
    Part(Block<'a>),
}

/// Reads all texts, in order, as the CRDs of a channel have it. What is `known` of a text is not found out again. With the
/// numbers of those that may be no manifests, and brought nothing.
pub(super) fn read(texts: &[Text], channel: ChosenChannel, known: Option<&Known>) -> (Decoded, Vec<usize>) {
    let size: usize = texts.iter().map(|text| text.source.text.len()).sum();
    let threads = if size <= SMALL { 1 } else { parallel::threads() };
    let mut work = Vec::with_capacity(texts.len());
    for (number, text) in texts.iter().enumerate() {
        if text.source.text.len() > LARGE {
            work.extend(blocks(text).into_iter().map(|block| (number, Work::Part(block))));
        } else {
            work.push((number, Work::Whole(text)));
        }
    }
    let parts = parallel::in_order(work, threads, |(number, work)| {
        let mut decoded = Decoded::new(channel);
        match work {
            Work::Whole(text) => {
                if let Some(known) = known.and_then(|known| known.take(text, channel)) {
                    return (number, known);
                }
                read_one(text, &mut decoded);
                if let Some(known) = known {
                    known.keep(text, &decoded);
                }
            }
            Work::Part(block) => read_block(&block, &mut decoded),
        }
        (number, decoded)
    });
    let mut all = Decoded::default();
    all.objects.reserve_exact(parts.iter().map(|(_, part)| part.objects.len()).sum());
    let mut brought: Vec<bool> = texts.iter().map(|text| !text.lenient).collect();
    for (number, part) in parts {
        brought[number] |= !part.is_empty();
        all.append(part);
    }
    let skipped = (0..texts.len()).filter(|number| !brought[*number]).collect();
    (all, skipped)
}

/// Reads one text on this thread.
pub(super) fn read_one(text: &Text, into: &mut Decoded) {
    for block in &blocks(text) {
        read_block(block, into);
    }
}

fn blocks(text: &Text) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut size = 0;
    for chunk in documents(&text.source.text) {
        if size == 0 {
            blocks.push(Block { text, chunks: Vec::new() });
        }
        size += chunk.text.len();
        if let Some(block) = blocks.last_mut() {
            block.chunks.push(chunk);
        }
        if size > BLOCK {
            size = 0;
        }
    }
    blocks
}

fn read_block(block: &Block<'_>, into: &mut Decoded) {
    let source = &block.text.source;
    for chunk in &block.chunks {
        let plain = is_plain(chunk.text);
        let before = into.findings.len();
        into.placeholders.is_open = placeholder::is_open(chunk.text);
        match if plain { None } else { no_text(chunk, block.text.lossy) } {
            Some(ParseError { code, at, message, help }) => {
                into.findings.push(finding(source, Severity::Error, code, at, message, help));
            }
            None => read_chunk(source, chunk, plain, into),
        }
        if block.text.lenient && into.findings.len() > before {
            let of_reading = into.findings.split_off(before);
            into.findings.extend(of_reading.into_iter().filter(|finding| concerns_routing(finding, chunk.text)));
        }
    }
}

/// Whether a finding is worth telling of a document that may be no manifest.
fn concerns_routing(finding: &Finding, text: &str) -> bool {
    let of_routing = |line: &str| line.starts_with("kind:") && names_routing_kind(line);
    match finding.code {
        Code::NotAResource => text.lines().any(|line| of_routing(line) && !is_common(line)),
        Code::DuplicateKey | Code::MergeOverrides => text.lines().any(of_routing),
        Code::YamlSyntax | Code::JsonSyntax | Code::NotText | Code::TooDeep | Code::TooLarge | Code::TooManyAliases => {
            names_routing_kind(text)
        }
        _ => true,
    }
}

/// Whether a line names a kind that other tools' files have, too: without an `apiVersion` it is theirs.
fn is_common(line: &str) -> bool {
    let kind = line.trim_start_matches("kind:").trim().trim_matches(['"', '\'']);
    Kind::find("", kind).is_some()
}

/// Whether a line of the text is `kind:` and a kind that routing reads.
pub(super) fn names_routing_kind(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find("kind") {
        let (before, after) = (&rest[..at], &rest[at + 4..]);
        rest = after;
        let begins = before.rsplit('\n').next().unwrap_or_default();
        let begins = begins.rsplit(['{', ',']).next().unwrap_or_default();
        if !begins.trim_matches([' ', '\t', '-', '"', '\'']).is_empty() {
            continue;
        }
        let value = after.trim_start_matches(['"', '\'', ' ']);
        let Some(value) = value.strip_prefix(':') else { continue };
        let value = value.lines().next().unwrap_or_default();
        let value = value.trim_start_matches([' ', '\t', '"', '\'']);
        let end = value.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(value.len());
        if decode::is_routing_kind(&value[..end]) {
            return true;
        }
    }
    false
}

/// Whether a text is nothing but printable ASCII and line feeds, as most are: one pass that tells two things, that there
/// is nothing odd in it, and that the quick reader may try.
fn is_plain(text: &str) -> bool {
    // Without a way out in the middle of a run the compiler tests many bytes at once.
    let run = |run: &[u8]| run.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..0x7F | b'\n'));
    text.as_bytes().chunks(256).all(run)
}

/// What in a document is not text. A YAML reader would take some of it for the end of the input.
fn no_text(chunk: &Chunk<'_>, lossy: bool) -> Option<ParseError> {
    let is_control = |byte: &u8| (*byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0x7F;
    let is_no_character = |c: char| matches!(c, '\u{80}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}');
    let offset =
        match chunk.text.bytes().position(|byte| is_control(&byte)).or_else(|| chunk.text.find(is_no_character)) {
            Some(offset) => offset,
            None if lossy => chunk.text.find(char::REPLACEMENT_CHARACTER)?,
            None => return None,
        };
    let before = &chunk.text[..offset];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let at = Position::new(chunk.line.saturating_add(number(lines)), number(before[start..].chars().count() + 1));
    let message = match chunk.text.as_bytes()[offset] {
        byte @ (..b' ' | 0x7F) => format!("not a text: found the control character 0x{byte:02X}"),
        _ if !chunk.text[offset..].starts_with(char::REPLACEMENT_CHARACTER) => {
            "not a text: found a character that YAML does not allow".to_owned()
        }
        _ => "not a text: found bytes that are not UTF-8".to_owned(),
    };
    Some(ParseError { code: Code::NotText, at, message, help: Some("is this a manifest? save it as UTF-8".to_owned()) })
}

fn read_chunk(source: &Arc<Source>, chunk: &Chunk<'_>, plain: bool, into: &mut Decoded) {
    let mut odd = Vec::new();
    let mut broken = Vec::new();
    // A byte order mark that begins a document is not part of it.
    let chunk = &Chunk { text: chunk.text.trim_start_matches('\u{FEFF}'), ..*chunk };
    let is_json = matches!(chunk.text.trim_start().as_bytes().first(), Some(b'{' | b'['));
    let mut read = false;
    if is_json {
        let mut documents = Documents::new(source, into);
        broken = json::read(chunk.text, chunk.line, &mut documents, &mut odd);
        // What begins with a brace may be a YAML flow mapping (or a template). kubectl tries both, too.
        read = broken.is_empty() || documents.any() || is_json_file(&source.name);
    }
    if !read {
        odd.clear();
        let mut documents = Documents::new(source, into);
        match read_yaml(chunk, plain, &mut documents, &mut odd) {
            Ok(()) => broken.clear(),
            Err(error) => {
                documents.broken();
                // Of two readers that failed, the one that got further understood more.
                if broken.first().is_none_or(|other| other.at <= error.at) {
                    broken = vec![error];
                }
            }
        }
    }
    for odd in odd {
        into.findings.push(finding(source, Severity::Warning, odd.code, odd.at, odd.message, None));
    }
    for ParseError { code, at, message, help } in broken {
        // What a chart holds is often no YAML before it is rendered.
        let help = if chunk.text.contains("{{") { Some(TEMPLATE.to_owned()) } else { help };
        into.findings.push(finding(source, Severity::Error, code, at, message, help));
    }
}

const TEMPLATE: &str = "a template must be rendered first: helm template DIR | routescope -f -";

/// By the extension that kubectl looks for.
fn is_json_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "json")
}

/// Most documents are simple; the others are read in full.
fn read_yaml(
    chunk: &Chunk<'_>,
    plain: bool,
    documents: &mut Documents<'_>,
    odd: &mut Vec<ParseWarning>,
) -> Result<(), ParseError> {
    if plain && fast_yaml::read(chunk.text, chunk.line, documents, odd).is_some() {
        return Ok(());
    }
    documents.forget();
    odd.clear();
    yaml::read(chunk.text, chunk.line, documents, odd)
}

/// What a reader says of a place in a source.
pub(super) fn finding(
    source: &Arc<Source>,
    severity: Severity,
    code: Code,
    at: Position,
    message: String,
    help: Option<String>,
) -> Finding {
    let place = Some(Location { source: Arc::clone(source), at });
    Finding {
        code,
        severity,
        place,
        subject: None,
        problem: message.into(),
        advice: help.map(Advice::Text),
        fix: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use routescope_core::model::SourceKind;

    /// What a reader makes of a text: objects and findings, places included. `None` when it gives up.
    fn outcome(text: &str, full: bool) -> Option<String> {
        let source = Arc::new(Source { name: "test.yaml".to_owned(), kind: SourceKind::Text, text: String::new() });
        let mut decoded = Decoded::default();
        let mut odd = Vec::new();
        let mut documents = Documents::new(&source, &mut decoded);
        if full {
            if let Err(broken) = yaml::read(text, 7, &mut documents, &mut odd) {
                return Some(format!("{broken:?}"));
            }
        } else {
            is_plain(text).then(|| fast_yaml::read(text, 7, &mut documents, &mut odd)).flatten()?;
        }
        Some(format!("{decoded:?}\n{odd:?}"))
    }

    /// Whether the quick reader reads the text; it must then agree with the full one.
    #[track_caller]
    fn quick(text: &str) -> bool {
        let quick = outcome(text, false);
        if let Some(quick) = &quick {
            assert_eq!(quick, &outcome(text, true).unwrap_or_default(), "{text}");
        }
        quick.is_some()
    }

    #[test]
    fn both_readers_agree_where_a_list_begins() {
        let parents = "- name: g\n  - name: g\n";
        for list in ["  parentRefs:\n  ", "  parentRefs:\n  - {}\n  ", "  parentRefs:\n  -   name: g\n  "] {
            let text = format!(
                "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: r\nspec:\n{list}{parents}"
            );
            assert!(quick(&text), "{text}");
        }
        quick("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n-\n  name: r\n");
        quick("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n- name: r\n");
        quick("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n- - r\n");
        quick("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  - name: r\n");
    }

    const ROUTE: &str = "---
# A comment.
apiVersion: gateway.networking.k8s.io/v1 # another
kind: HTTPRoute
metadata:
  name: \"r\"
  creationTimestamp: 2024-01-01T00:00:00Z
  labels: {}
  annotations:
    a: 'b # c'
    dup: x
    dup: y
    off: text # of a boolean key
spec:
  parentRefs:
  - name: g

    namespace: infra
  hostnames: [] # none
  rules:
    -   matches:
        - path:
            type: PathPrefix
            value: /a#b
          method: GET
        - headers:
          - name: h
            value: v
        backendRefs:
        - name: svc
          port: 8080
          weight: -1
    -
      name: two
";

    #[test]
    fn the_quick_reader_reads_what_most_manifests_are() {
        assert!(quick(ROUTE));
        let list = ROUTE.replace("---\n", "").replace('\n', "\n  ");
        let list =
            format!("apiVersion: v1\nitems:\n- {}\nkind: List\n", list.trim_end().replacen("# A comment.\n  ", "", 1));
        assert!(quick(&list));
        assert!(quick("apiVersion: apps/v1\nkind: Deployment\na: 1\na: 2\nspec:\n  b: 1\n  b: 2\n"));
    }

    #[test]
    fn the_quick_reader_gives_up_on_the_rest() {
        for line in [
            "a: b: c",
            "a: *b",
            "a: &b c",
            "a: |",
            "a: {b: c}",
            "a: \"\\n\"",
            "a: b\n  c",
            "a:\n- b\n c: d",
            "a: é",
            "? a",
            "a: !x b",
            "a:\tb",
            "a:b",
            "- a",
            "a: 'b'c",
            "a: - b",
            "a:",
            "<<: {}",
            "a: %b",
            "--- a: b",
            "a: b\n b: c",
            "a: b\n  - c",
        ] {
            assert!(!quick(&format!("apiVersion: v1\n{line}\n")), "{line}");
        }
    }

    /// Lines of manifests, and of what looks like them.
    fn lines() -> impl Strategy<Value = String> {
        let key = prop_oneof![
            Just("kind"),
            Just("apiVersion"),
            Just("metadata"),
            Just("name"),
            Just("labels"),
            Just("spec"),
            Just("rules"),
            Just("items"),
            Just("matches"),
            Just("no"),
            Just("010"),
            Just("a.b/c-d"),
            Just("path")
        ];
        let value = prop_oneof![
            Just(""),
            Just("v1"),
            Just("HTTPRoute"),
            Just("Service"),
            Just("List"),
            Just("gateway.networking.k8s.io/v1"),
            Just("a b"),
            Just("/a"),
            Just("'x'"),
            Just("\"y # z\""),
            Just("{}"),
            Just("[]"),
            Just("80"),
            Just("yes"),
            Just("a:b"),
            Just("-"),
            Just("- x"),
            Just("-1"),
            Just("x # c"),
            Just("x #"),
            Just("#c"),
            Just("a: b"),
            Just("''"),
            Just("1.50"),
            Just("\"a\" b"),
            Just("[a]"),
            Just("x:"),
            Just("- - y"),
            Just("'it''s'"),
            Just(".5"),
            Just("(x)")
        ];
        let line = (
            0usize..5,
            prop_oneof![Just(""), Just("- "), Just("-   "), Just("-"), Just("# ")],
            key,
            value,
            prop_oneof![Just(": "), Just(":"), Just(":  "), Just("")],
        );
        prop::collection::vec(line, 1..14).prop_map(|lines| {
            let mut text = String::new();
            for (indent, dash, key, value, colon) in lines {
                let _ = writeln!(text, "{}{dash}{key}{colon}{value}", " ".repeat(indent * 2));
            }
            text
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn both_readers_agree(text in lines()) {
            quick(&text);
        }

        #[test]
        fn both_readers_agree_on_whole_objects(text in lines()) {
            let text = text.replace('\n', "\n  ");
            quick(&format!("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: r\nspec:\n  {text}"));
        }

        #[test]
        fn both_readers_agree_on_a_changed_object(at in 0usize..700, new in "[ \\-#:a'\"\n{}]{0,3}", cut in 0usize..4) {
            let start = at.min(ROUTE.len());
            let end = (start + cut).min(ROUTE.len());
            quick(&format!("{}{new}{}", &ROUTE[..start], &ROUTE[end..]));
        }
    }
}
