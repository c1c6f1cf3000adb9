//! Watches what was read: a change there is a reason to read again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::mpsc::UnboundedSender;

use super::runtime::Outside;
use super::update::Message;

/// A save is often several events (write, rename, touch): they are one change.
const GATHER: Duration = Duration::from_millis(120);

/// Watches files and folders.
pub struct Watch {
    debouncer: Option<Debouncer<notify::RecommendedWatcher, RecommendedCache>>,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    /// A watch over nothing yet. Where the system cannot watch, the explorer works without.
    pub fn new(sender: UnboundedSender<Outside>) -> Self {
        let changed = move |result: DebounceEventResult| {
            let matters = result.is_ok_and(|events| {
                events.iter().any(|event| {
                    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|path| is_manifest(path))
                })
            });
            if matters {
                // The explorer may be gone already; then nobody needs to know.
                let _ = sender.send(Outside::Message(Message::FilesChanged));
            }
        };
        Self { debouncer: new_debouncer(GATHER, None, changed).ok(), folders: BTreeSet::new() }
    }

    /// Watches what the last load read. Editors replace files, so it is their folders that are watched.
    pub fn set(&mut self, paths: &[PathBuf]) {
        let Some(debouncer) = &mut self.debouncer else { return };
        let folder = |path: &PathBuf| if path.is_dir() { path.clone() } else { parent(path) };
        let wanted: BTreeSet<PathBuf> = paths.iter().map(folder).collect();
        for gone in self.folders.difference(&wanted) {
            let _ = debouncer.unwatch(gone);
        }
        for new in wanted.difference(&self.folders) {
            let _ = debouncer.watch(new, RecursiveMode::NonRecursive);
        }
        self.folders = wanted;
    }
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Editors leave swap and backup files beside a manifest: those say nothing. A folder that appears may hold some.
fn is_manifest(path: &Path) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some(extension) => ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known)),
        None => path.is_dir(),
    }
}
