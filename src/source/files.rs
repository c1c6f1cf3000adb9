//! Manifests: files, folders, standard input, kustomize output, the embedded demo.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::demo::DEMO;
use super::{Loaded, SourceError, text};
use crate::finding::Finding;
use crate::model::decode::Decoded;
use crate::model::{Source, SourceKind};

/// What `-f`, `-k` and `--demo` name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// `-f FILE` or `-f DIR`.
    Path(PathBuf),
    /// `-f -`.
    Stdin,
    /// `-k DIR`.
    Kustomize(PathBuf),
    /// `--demo`.
    Demo,
    /// A text that is already in memory, under a name to show (tests, benches).
    Text {
        /// The name shown in positions.
        name: String,
        /// YAML or JSON.
        text: String,
    },
}

/// Reads all inputs, in order. `recursive` is `-R`.
///
/// A broken document is a finding; the rest still loads. An error is returned only when an input cannot be read at all
/// (no such file, kustomize not on PATH).
pub fn load(inputs: &[Input], recursive: bool) -> Result<Loaded, SourceError> {
    let mut gathered = Gathered::default();
    for input in inputs {
        match input {
            Input::Path(path) => gathered.path(path, recursive)?,
            Input::Stdin => gathered.stdin()?,
            Input::Kustomize(folder) => gathered.kustomize(folder)?,
            Input::Demo => {
                for (name, text) in DEMO {
                    gathered.text((*name).to_owned(), (*text).to_owned());
                }
            }
            Input::Text { name, text } => gathered.text(name.clone(), text.clone()),
        }
    }
    Ok(gathered.decode())
}

/// Reads a text that is already in memory.
pub fn load_text(name: &str, text: &str) -> Loaded {
    let mut gathered = Gathered::default();
    gathered.text(name.to_owned(), text.to_owned());
    gathered.decode()
}

/// What was read, before it is decoded.
#[derive(Default)]
struct Gathered {
    sources: Vec<Arc<Source>>,
    findings: Vec<Finding>,
    watch: Vec<PathBuf>,
}

impl Gathered {
    fn text(&mut self, name: String, text: String) {
        self.sources.push(Arc::new(Source { name, kind: SourceKind::Text, text }));
    }

    fn stdin(&mut self) -> Result<(), SourceError> {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|e| SourceError { message: format!("cannot read standard input: {e}"), hint: None })?;
        self.text("-".to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        Ok(())
    }

    fn kustomize(&mut self, folder: &Path) -> Result<(), SourceError> {
        let _ = folder;
        Err(SourceError { message: "not yet".to_owned(), hint: None })
    }

    fn path(&mut self, path: &Path, recursive: bool) -> Result<(), SourceError> {
        let failed = |e: &std::io::Error| SourceError { message: format!("{}: {e}", path.display()), hint: None };
        let about = std::fs::metadata(path).map_err(|e| failed(&e))?;
        self.watch.push(path.to_owned());
        if about.is_dir() {
            let mut entries: Vec<_> =
                std::fs::read_dir(path).map_err(|e| failed(&e))?.flatten().map(|e| e.path()).collect();
            entries.sort();
            for entry in entries {
                if entry.is_dir() {
                    if recursive {
                        self.path(&entry, recursive)?;
                    }
                } else if matches!(entry.extension().and_then(|e| e.to_str()), Some("yaml" | "yml" | "json")) {
                    self.path(&entry, recursive)?;
                }
            }
            return Ok(());
        }
        let bytes = std::fs::read(path).map_err(|e| failed(&e))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.sources.push(Arc::new(Source { name: path.display().to_string(), kind: SourceKind::File, text }));
        Ok(())
    }

    fn decode(self) -> Loaded {
        let Self { sources, mut findings, watch } = self;
        let Decoded { objects, findings: more, ignored } = text::read(&sources);
        findings.extend(more);
        Loaded { objects, findings, ignored, files: sources.len(), watch }
    }
}
