//! From texts to objects: documents are independent, so big inputs are read on every core.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::split::{Chunk, documents};
use super::yaml::Broken;
use super::{json, yaml};
use crate::finding::{Finding, Place, Severity};
use crate::model::decode::{self, Decoded};
use crate::model::{Position, Source};

/// Texts up to this size are not worth a thread.
const SMALL: usize = 256 * 1024;
/// How much text a thread takes at a time.
const BLOCK: usize = 512 * 1024;
/// More threads than this do not help: memory is the bottleneck.
const MOST_THREADS: usize = 8;

/// A run of documents of one source.
struct Block<'a> {
    source: &'a Arc<Source>,
    chunks: Vec<Chunk<'a>>,
}

/// Reads all texts, in order.
pub(super) fn read(sources: &[Arc<Source>]) -> Decoded {
    let blocks: Vec<Block<'_>> = sources.iter().flat_map(blocks).collect();
    let size: usize = sources.iter().map(|source| source.text.len()).sum();
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

fn blocks(source: &Arc<Source>) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut size = 0;
    for chunk in documents(&source.text) {
        if size == 0 {
            blocks.push(Block { source, chunks: Vec::new() });
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
    for chunk in &block.chunks {
        read_chunk(block.source, chunk, into);
    }
}

fn read_chunk(source: &Arc<Source>, chunk: &Chunk<'_>, into: &mut Decoded) {
    let mut odd = Vec::new();
    let (documents, broken) = match chunk.text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => {
            let mut json_odd = Vec::new();
            match json::read(chunk.text, chunk.line, &mut json_odd) {
                // What begins with a brace may be a YAML flow mapping (or a template). kubectl tries both, too.
                (documents, Some(_)) if documents.is_empty() && !source.name.ends_with(".json") => {
                    yaml::read(chunk.text, chunk.line, &mut odd)
                }
                outcome => {
                    odd = json_odd;
                    outcome
                }
            }
        }
        _ => yaml::read(chunk.text, chunk.line, &mut odd),
    };
    for odd in odd {
        into.findings.push(finding(source, Severity::Warning, odd.code, odd.at, odd.message, None));
    }
    for document in documents {
        decode::document(&document.value, source, document.end_line, into);
    }
    if let Some(Broken { code, at, message, help }) = broken {
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
