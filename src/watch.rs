//! Watches what was read: a change there is a reason to read again.
//!
//! Editors replace files, `git checkout` removes folders and creates them again: it is folders that are watched, the one
//! around each, too, and of a folder that is gone the nearest one that is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::event::ModifyKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, recommended_watcher};

/// A save is often several events (write, rename, touch): they are one change once nothing more comes for so long.
const QUIET: Duration = Duration::from_millis(120);

/// What never comes to rest is read after so long all the same.
const LONGEST: Duration = Duration::from_millis(1500);

/// Watches files and folders, for as long as it is kept.
pub struct Watch {
    /// `None` where the system cannot watch: then nothing changes unless it is asked for.
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    known: Arc<Mutex<Known>>,
    signals: Sender<Signal>,
}

/// What the events are compared with.
#[derive(Debug, Default)]
struct Known {
    /// What was read, and the folders around it.
    wanted: BTreeSet<PathBuf>,
    /// Watched folders that something happened to: what is there now may be another one.
    lost: BTreeSet<PathBuf>,
}

/// What the thread that waits for quiet is told.
enum Signal {
    Changed,
    At(Instant),
}

impl Watch {
    /// A watch over nothing yet. `changed` is called on another thread, once for each change.
    pub fn new(changed: impl FnMut() + Send + 'static) -> Self {
        let (signals, receiver) = channel();
        let known = Arc::new(Mutex::new(Known::default()));
        let (told, looked) = (signals.clone(), Arc::clone(&known));
        let watcher = recommended_watcher(move |event: notify::Result<Event>| {
            let mut known = looked.lock().unwrap_or_else(PoisonError::into_inner);
            // What the system lost count of may be a change.
            if event.map_or(true, |event| known.concerns(&event)) {
                // The one who watches may be gone already; then nobody needs to know.
                let _ = told.send(Signal::Changed);
            }
        });
        std::thread::spawn(move || wait_for_quiet(&receiver, changed));
        Self { watcher: watcher.ok(), watched: BTreeSet::new(), known, signals }
    }

    /// Watches what the last load read.
    pub fn set(&mut self, paths: &[PathBuf]) {
        let Some(watcher) = &mut self.watcher else { return };
        let paths: BTreeSet<PathBuf> = paths.iter().filter_map(|path| std::path::absolute(path).ok()).collect();
        let folders = folders(&paths);
        let lost = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.wanted = paths.iter().chain(&folders).cloned().collect();
            std::mem::take(&mut known.lost)
        };
        for path in &lost {
            self.watched.remove(path);
            let _ = watcher.unwatch(path);
        }
        let is_first = self.watched.is_empty() && lost.is_empty();
        for gone in self.watched.difference(&folders) {
            let _ = watcher.unwatch(gone);
        }
        let new: Vec<&PathBuf> = folders.difference(&self.watched).collect();
        let appeared = !new.is_empty() && !is_first;
        let refused: Vec<PathBuf> = new
            .into_iter()
            .filter(|folder| watcher.watch(folder, RecursiveMode::NonRecursive).is_err())
            .cloned()
            .collect();
        self.watched = folders;
        for folder in refused {
            self.watched.remove(&folder);
        }
        if appeared {
            // Between the reading and now something may have changed there.
            let _ = self.signals.send(Signal::Changed);
        }
    }

    /// Has a change told after some time, whatever happens.
    pub fn again(&self, after: Duration) {
        let _ = self.signals.send(Signal::At(Instant::now() + after));
    }
}

impl Known {
    /// Whether an event may change what is read.
    fn concerns(&mut self, event: &Event) -> bool {
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        let moved = matches!(
            event.kind,
            EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) | EventKind::Any
        );
        let mut concerns = event.need_rescan();
        for path in &event.paths {
            let is_wanted = self.wanted.contains(path);
            if moved && is_wanted {
                self.lost.insert(path.clone());
            }
            concerns |= is_wanted || is_manifest(path) || (moved && self.is_folder_within(path));
        }
        concerns
    }

    /// A folder that appears in one that was read may hold something.
    fn is_folder_within(&self, path: &Path) -> bool {
        path.parent().is_some_and(|parent| self.wanted.contains(parent)) && path.is_dir()
    }
}

/// The folders to watch: those of the files, those that were read, and the one around each.
fn folders(paths: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    for path in paths {
        let own = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(path) };
        // A link leads to a file that is changed elsewhere.
        let target = path.canonicalize().ok().filter(|target| target != path);
        let target = target.as_deref().and_then(Path::parent);
        for folder in std::iter::once(own).chain(own.parent()).chain(target) {
            folders.extend(folder.ancestors().find(|folder| folder.is_dir()).map(Path::to_owned));
        }
    }
    folders
}

/// Editors leave swap and backup files beside a manifest: those say nothing.
fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// Gathers signals until there is quiet.
#[derive(Debug, Default)]
struct Quiet {
    first: Option<Instant>,
    last: Option<Instant>,
    at: Option<Instant>,
}

impl Quiet {
    /// When the change is to be told; `None` while there is none.
    fn due(&self) -> Option<Instant> {
        let gathered = self.first.zip(self.last).map(|(first, last)| (last + QUIET).min(first + LONGEST));
        gathered.into_iter().chain(self.at).min()
    }

    fn take(&mut self, signal: &Signal, now: Instant) {
        match signal {
            Signal::Changed => {
                self.first.get_or_insert(now);
                self.last = Some(now);
            }
            Signal::At(at) => self.at = self.at.into_iter().chain([*at]).min(),
        }
    }
}

fn wait_for_quiet(signals: &Receiver<Signal>, mut changed: impl FnMut()) {
    let mut quiet = Quiet::default();
    loop {
        let signal = match quiet.due() {
            None => signals.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => signals.recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        match signal {
            Ok(signal) => quiet.take(&signal, Instant::now()),
            Err(RecvTimeoutError::Timeout) => {
                quiet = Quiet::default();
                changed();
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, ModifyKind, RemoveKind};

    use super::*;

    fn known(wanted: &[&str]) -> Known {
        Known { wanted: wanted.iter().map(PathBuf::from).collect(), lost: BTreeSet::new() }
    }

    fn event(kind: EventKind, path: &str) -> Event {
        Event::new(kind).add_path(PathBuf::from(path))
    }

    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));

    #[test]
    fn manifests_and_what_was_named_concern_the_reader() {
        let mut known = known(&["/a", "/a/routes.conf", "/"]);
        assert!(known.concerns(&event(WRITTEN, "/a/new.yaml")));
        assert!(known.concerns(&event(WRITTEN, "/a/routes.conf")));
        assert!(!known.concerns(&event(WRITTEN, "/a/.routes.yaml.swp")));
        assert!(!known.concerns(&event(EventKind::Access(notify::event::AccessKind::Any), "/a/new.yaml")));
        assert!(known.lost.is_empty());
    }

    #[test]
    fn a_folder_that_is_removed_and_created_again_is_watched_anew() {
        let mut known = known(&["/a/b", "/a"]);
        assert!(known.concerns(&event(EventKind::Remove(RemoveKind::Folder), "/a/b")));
        assert!(known.concerns(&event(EventKind::Create(CreateKind::Folder), "/a/b")));
        assert_eq!(known.lost, BTreeSet::from([PathBuf::from("/a/b")]));
        // Beside it anything may come and go.
        assert!(!known.concerns(&event(EventKind::Remove(RemoveKind::Folder), "/a/c")));
    }

    #[test]
    fn of_a_folder_that_is_gone_the_nearest_one_is_watched() {
        let home = tempfile::tempdir().expect("a folder");
        let home = home.path().canonicalize().expect("a path");
        let gone = home.join("apps/shop/routes.yaml");
        assert_eq!(folders(&BTreeSet::from([gone.clone()])), BTreeSet::from([home.clone()]));
        std::fs::create_dir_all(home.join("apps/shop")).expect("a folder");
        let around = [home.join("apps"), home.join("apps/shop")];
        assert_eq!(folders(&BTreeSet::from([gone])), BTreeSet::from(around));
    }

    #[test]
    fn many_events_are_one_change_once_there_is_quiet() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut quiet = Quiet::default();
        assert_eq!(quiet.due(), None);
        quiet.take(&Signal::Changed, at(0));
        assert_eq!(quiet.due(), Some(at(120)));
        quiet.take(&Signal::Changed, at(100));
        assert_eq!(quiet.due(), Some(at(220)));
        // What never comes to rest is read all the same.
        for step in 2..20 {
            quiet.take(&Signal::Changed, at(step * 100));
        }
        assert_eq!(quiet.due(), Some(at(1500)));
        quiet.take(&Signal::At(at(700)), at(0));
        assert_eq!(quiet.due(), Some(at(700)));
    }
}
