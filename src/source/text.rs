//! From texts to objects: documents are independent, so big inputs are read on every core.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::split::{Chunk, documents};
use super::yaml::Broken;
use super::{json, yaml};
use crate::finding::{Finding, Place, Severity};
use crate::model::decode::{Decoded, Documents};
use crate::model::{Position, Source};

/// Texts up to this size are not worth a thread.
const SMALL: usize = 256 * 1024;
/// How much text a thread takes at a time.
const BLOCK: usize = 512 * 1024;
/// More threads than this do not help: memory is the bottleneck.
const MOST_THREADS: usize = 8;

/// A text to read.
pub(super) struct Text {
    pub source: Arc<Source>,
    /// Some of it was no text, and is U+FFFD now.
    pub lossy: bool,
}

/// A run of documents of one source.
struct Block<'a> {
    text: &'a Text,
    chunks: Vec<Chunk<'a>>,
}

/// Reads all texts, in order.
pub(super) fn read(texts: &[Text]) -> Decoded {
    let blocks: Vec<Block<'_>> = texts.iter().flat_map(blocks).collect();
    let size: usize = texts.iter().map(|text| text.source.text.len()).sum();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = if size <= SMALL { 1 } else { cores.min(MOST_THREADS).min(blocks.len()) };
    let mut all = Decoded::default();
    if threads <= 1 {
        for block in &blocks {
            read_block(block, &mut all);
        }
        return all;
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = blocks.get(index) else { return done };
            let mut decoded = Decoded::default();
            read_block(block, &mut decoded);
            done.push((index, decoded));
        }
    };
    let mut parts: Vec<(usize, Decoded)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut parts = work();
        for other in others {
            parts.extend(other.join().unwrap_or_default());
        }
        parts
    });
    parts.sort_by_key(|(index, _)| *index);
    for (_, part) in parts {
        all.append(part);
    }
    all
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
        match no_text(chunk, block.text.lossy) {
            Some(Broken { code, at, message, help }) => {
                into.findings.push(finding(source, Severity::Error, code, at, message, help));
            }
            None => read_chunk(source, chunk, into),
        }
    }
}

/// What in a document is no text. A YAML reader would take some of it for the end of the input.
fn no_text(chunk: &Chunk<'_>, lossy: bool) -> Option<Broken> {
    let is_control = |byte: &u8| (*byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0x7F;
    let offset = match chunk.text.bytes().position(|byte| is_control(&byte)) {
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
        _ => "not a text: found bytes that are not UTF-8".to_owned(),
    };
    Some(Broken { code: "not-text", at, message, help: Some("is this a manifest? save it as UTF-8".to_owned()) })
}

fn read_chunk(source: &Arc<Source>, chunk: &Chunk<'_>, into: &mut Decoded) {
    let mut odd = Vec::new();
    let mut broken = Vec::new();
    let is_json = matches!(chunk.text.trim_start().as_bytes().first(), Some(b'{' | b'['));
    let mut read = false;
    if is_json {
        let mut documents = Documents::new(source, into);
        broken = json::read(chunk.text, chunk.line, &mut documents, &mut odd);
        // What begins with a brace may be a YAML flow mapping (or a template). kubectl tries both, too.
        read = broken.is_empty() || documents.any() || source.name.ends_with(".json");
    }
    if !read {
        odd.clear();
        let mut documents = Documents::new(source, into);
        match yaml::read(chunk.text, chunk.line, &mut documents, &mut odd) {
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
    for Broken { code, at, message, help } in broken {
        into.findings.push(finding(source, Severity::Error, code, at, message, help));
    }
}

fn finding(
    source: &Arc<Source>,
    severity: Severity,
    code: &'static str,
    at: Position,
    message: String,
    help: Option<String>,
) -> Finding {
    let place = Some(Place { source: Arc::clone(source), at });
    Finding { code, severity, place, subject: None, message, help }
}
