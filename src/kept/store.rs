//! The files in which it is kept.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use routescope_manifest::atomic_write;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Asked, Kept, Look, Merge};

/// The version of the files that is written.
const VERSION: u64 = 1;

/// A larger file is not one of ours.
const BYTES_AT_MOST: u64 = 8 << 20;

/// What is explored, as a file is named by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A short name, for people.
    pub name: String,
    /// All that tells it from others.
    pub key: String,
}

impl Source {
    /// The name of its file: what people can read, and a number that no other source has.
    fn file_name(&self) -> String {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
        let name: String = self.name.chars().map(plain).collect();
        let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
        let short: String = words.join("-").chars().take(40).collect();
        format!("{short}-{:016x}.json", fnv(self.key.as_bytes()))
    }
}

/// FNV-1a in 64 bits: the same number in every version of the program.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What is in a file of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct OfSource {
    source: String,
    #[serde(flatten)]
    asked: Asked,
}

impl Merge for OfSource {
    fn merged(in_file: Self, before: &Self, now: &Self) -> Self {
        Self { source: now.source.clone(), asked: Asked::merged(in_file.asked, &before.asked, &now.asked) }
    }
}

/// A file, and what this run last knew of it.
#[derive(Debug)]
struct Slot<T> {
    path: PathBuf,
    known: T,
    /// It is not there, or was understood: it may be written.
    is_ours: bool,
}

impl<T: Clone + Default + PartialEq + Serialize + DeserializeOwned + Merge> Slot<T> {
    fn open(path: PathBuf, problems: &mut Vec<String>) -> Self {
        let read = read(&path);
        let is_ours = read.is_ok();
        let known = read.unwrap_or_else(|problem| {
            problems.push(format!("{problem}: it is left alone, and nothing is kept"));
            None
        });
        Self { path, known: known.unwrap_or_default(), is_ours }
    }

    /// Writes what changed since it was last read or written.
    fn write(&mut self, now: T) -> Result<(), String> {
        if !self.is_ours || now == self.known {
            return Ok(());
        }
        // What another version has written meanwhile is left alone.
        let in_file: T = read(&self.path)?.unwrap_or_default();
        let merged = T::merged(in_file, &self.known, &now);
        atomic_write::save_private(&self.path, &text(&merged)).map_err(|error| error.to_string())?;
        self.known = now;
        Ok(())
    }
}

/// The files of a source.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    source: Source,
    asked: Slot<OfSource>,
    look: Slot<Look>,
}

impl Store {
    /// Reads what is kept of a source in a folder. Returns what could not be read, too, one line each.
    pub fn open(folder: PathBuf, source: Source) -> (Self, Kept, Vec<String>) {
        let mut problems = Vec::new();
        let mut asked: Slot<OfSource> = Slot::open(folder.join(source.file_name()), &mut problems);
        let look: Slot<Look> = Slot::open(folder.join("look.json"), &mut problems);
        if asked.is_ours && !asked.known.source.is_empty() && asked.known.source != source.key {
            problems.push(format!("{} is of another source: it is left alone", asked.path.display()));
            asked.is_ours = false;
            asked.known = OfSource::default();
        }
        let kept = Kept { asked: asked.known.asked.clone(), look: look.known.clone() };
        // Of what is written, only this run's questions count.
        asked.known.asked.questions.clear();
        asked.known.source.clone_from(&source.key);
        (Self { folder, source, asked, look }, kept, problems)
    }

    /// Writes what changed; what is in the files by now stays as far as this run did not change it.
    pub fn write(&mut self, kept: Kept) -> Result<(), String> {
        let Kept { asked, look } = kept;
        let asked = OfSource { source: self.source.key.clone(), asked };
        let changes =
            (self.asked.is_ours && asked != self.asked.known) || (self.look.is_ours && look != self.look.known);
        if !changes {
            return Ok(());
        }
        make_folder(&self.folder).map_err(|error| format!("cannot create {}: {error}", self.folder.display()))?;
        let _lock = lock(&self.folder);
        let (asked, look) = (self.asked.write(asked), self.look.write(look));
        asked.and(look)
    }
}

/// What a file holds; `None` when it is not there.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    let failed = |what: &dyn std::fmt::Display| format!("cannot use {}: {what}", path.display());
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let mut text = String::new();
    file.take(BYTES_AT_MOST).read_to_string(&mut text).map_err(|error| failed(&error))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    match value["version"].as_u64() {
        Some(VERSION) => serde_json::from_value(value).map(Some).map_err(|error| failed(&error)),
        Some(newer) if newer > VERSION => Err(failed(&format!("a newer version of routescope wrote it ({newer})"))),
        _ => Err(failed(&"it has no version that is known")),
    }
}

fn text<T: Serialize>(content: &T) -> String {
    let mut document = serde_json::Map::new();
    document.insert("version".to_owned(), VERSION.into());
    // Our own types can be written.
    if let Ok(Value::Object(fields)) = serde_json::to_value(content) {
        document.extend(fields);
    }
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// Makes the folder, for nobody else to look into.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Waits for the lock of the folder, but not long: who holds it may be stopped.
#[cfg(unix)]
fn lock(folder: &Path) -> Option<nix::fcntl::Flock<fs::File>> {
    use nix::fcntl::{Flock, FlockArg};
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::time::Duration;

    const TRIES: usize = 250;
    const PAUSE: Duration = Duration::from_millis(20);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join("lock"));
    let mut file = file.ok()?;
    for _ in 0..TRIES {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Some(lock),
            Err((back, _)) => file = back,
        }
        std::thread::sleep(PAUSE);
    }
    None
}

/// Elsewhere the file is only replaced as a whole.
#[cfg(not(unix))]
fn lock(folder: &Path) -> Option<fs::File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(folder.join("lock")).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::question;
    use super::*;

    fn source(name: &str) -> Source {
        Source { name: name.to_owned(), key: format!("files {name}") }
    }

    fn asks(urls: &[&str]) -> Kept {
        let questions = urls.iter().map(|url| question(url)).collect();
        Kept { asked: Asked { questions, pins: Vec::new() }, look: Look::default() }
    }

    fn urls(kept: &Kept) -> Vec<&str> {
        kept.asked.questions.iter().map(super::super::Question::url).collect()
    }

    #[test]
    fn what_is_written_is_read_again_and_nothing_is_written_without_a_change() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state/routescope");
        let (mut store, kept, problems) =
            Store::open(folder.clone(), Source { name: "shop".to_owned(), key: "file /a/shop".to_owned() });
        assert_eq!((kept, problems), (Kept::default(), Vec::new()));
        store.write(Kept::default()).unwrap();
        assert!(!folder.exists(), "nothing to keep: nothing is written");
        store.write(asks(&["a.io/1", "a.io/2"])).unwrap();
        let (_, kept, problems) =
            Store::open(folder.clone(), Source { name: "shop".to_owned(), key: "file /a/shop".to_owned() });
        assert_eq!((urls(&kept), problems), (vec!["a.io/1", "a.io/2"], Vec::new()));
        let (_, other, _) =
            Store::open(folder.clone(), Source { name: "shop".to_owned(), key: "file /b/shop".to_owned() });
        assert_eq!(other, Kept::default(), "one file for each source");
        let names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        assert!(names.iter().any(|name| name.starts_with("shop-")), "{names:?}");
        #[cfg(unix)]
        for name in &names {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn two_explorers_at_once_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        let open = || Store::open(home.path().to_owned(), source("shop")).0;
        let stores: Vec<Store> = (0..4).map(|_| open()).collect();
        std::thread::scope(|scope| {
            for (number, mut store) in stores.into_iter().enumerate() {
                scope.spawn(move || {
                    let mut asked: Vec<String> = Vec::new();
                    for step in 0..4 {
                        asked.push(format!("a.io/{number}/{step}"));
                        let all: Vec<&str> = asked.iter().map(String::as_str).collect();
                        store.write(asks(&all)).unwrap();
                    }
                });
            }
        });
        let (_, kept, problems) = Store::open(home.path().to_owned(), source("shop"));
        assert_eq!((kept.asked.questions.len(), problems), (16, Vec::new()));
    }

    #[test]
    fn a_file_that_is_broken_or_newer_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(source("shop").file_name());
        for (text, told) in [
            ("{", "EOF while parsing"),
            ("[]", "no version that is known"),
            ("{\"version\": 2, \"questions\": 7}", "a newer version of routescope wrote it (2)"),
            ("{\"version\": 1, \"questions\": 7}", "invalid type"),
            ("{\"version\": 1, \"source\": \"files other\"}", "is of another source"),
        ] {
            fs::write(&path, text).unwrap();
            let (mut store, kept, problems) = Store::open(home.path().to_owned(), source("shop"));
            assert_eq!(kept, Kept::default());
            assert!(problems.len() == 1 && problems[0].contains(told), "{problems:?}");
            store.write(asks(&["a.io/1"])).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        // One that a newer version writes while this one runs.
        fs::remove_file(&path).unwrap();
        let (mut store, _, _) = Store::open(home.path().to_owned(), source("shop"));
        fs::write(&path, "{\"version\": 2}").unwrap();
        assert!(store.write(asks(&["a.io/1"])).unwrap_err().contains("a newer version"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"version\": 2}");
    }

    #[test]
    fn names_of_files_can_be_read_and_are_told_apart() {
        let name = |name: &str, key: &str| Source { name: name.to_owned(), key: key.to_owned() }.file_name();
        assert_eq!(name("kind_Dev/eu", "a"), "kind-dev-eu-af63dc4c8601ec8c.json");
        assert_ne!(name("x", "a"), name("x", "b"));
        assert!(name(&"x".repeat(500), "").len() < 64);
        assert!(name("../../etc", "a").starts_with("etc-"));
    }
}
