//! Manifests: files, folders, standard input, kustomize output, the embedded demo.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::channel::{Channel, Channels};
use super::demo::DEMO;
use super::last_good::{Held, LastGood, Settled, Stale};
use super::placeholder::{Filling, Variables};
use super::repository::{self, Repository, Sorted};
use super::text::{self, Known, Text};
use super::{Loaded, SourceError, encoding, flux, kustomization, kustomize};
use crate::decode::Decoded;
use routescope_core::finding::{Code, Finding, Location, Severity, closest};
use routescope_core::model::{Name, Object, Position, Source, SourceKind};
use routescope_core::parallel;

/// The largest input that is read: 100,000 routes are some 120 MiB.
const LARGEST: u64 = super::limits::INPUT_BYTES as u64;

/// So few files are not worth a thread.
const FEW_FILES: usize = 16;

/// What `-f`, `-k` and `--demo` name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// `-f FILE` or `-f DIR`.
    Path(PathBuf),
    /// `-f -`.
    Stdin,
    /// `-k DIR`.
    Kustomize(PathBuf),
    /// A Helm chart, rendered with its own values.
    Helm(PathBuf),
    /// `--demo`.
    Demo,
    /// The files of a folder that are already in memory (a folder of a revision), each with its path.
    Folder(Vec<(String, String)>),
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
    load_filled(inputs, recursive, &Variables::default(), Channels::default())
}

/// Reads all inputs, with the placeholders of their texts filled in, as the API server does with the CRDs that `channels`
/// tells.
pub fn load_filled(
    inputs: &[Input],
    recursive: bool,
    variables: &Variables,
    channels: Channels,
) -> Result<Loaded, SourceError> {
    gather(inputs, recursive, variables, channels, None, None)
}

/// Reads two worlds, each with its channels, as [`load_filled`] reads one. A file of the second that says the same as one of
/// the first is not decoded again.
pub fn load_both(
    worlds: [(&[Input], Channels); 2],
    recursive: bool,
    variables: &Variables,
) -> [Result<Loaded, SourceError>; 2] {
    let known = Known::default();
    worlds.map(|(inputs, channels)| gather(inputs, recursive, variables, channels, None, Some(&known)))
}

/// Reads all inputs again and again: what cannot be read for now counts as it was. `channels` tells whose CRDs the objects
/// are read with, `at` is the time since any fixed moment.
pub fn load_again(
    inputs: &[Input],
    recursive: bool,
    variables: &Variables,
    channels: Channels,
    last_good: &mut LastGood,
    at: Duration,
) -> Result<Loaded, SourceError> {
    gather(inputs, recursive, variables, channels, Some((last_good, at)), None)
}

fn gather(
    inputs: &[Input],
    recursive: bool,
    variables: &Variables,
    channels: Channels,
    last_good: Option<(&mut LastGood, Duration)>,
    known: Option<&Known>,
) -> Result<Loaded, SourceError> {
    let mut gathered = Gathered { variables: variables.clone(), channels, last_good, ..Gathered::default() };
    for input in inputs {
        match input {
            Input::Path(path) => gathered.path(path, recursive)?,
            Input::Stdin => gathered.stdin()?,
            Input::Kustomize(folder) => {
                let name = format!("kustomize {}", folder.display());
                gathered.watch.extend(kustomize::reads(folder));
                gathered.built(&name, kustomize::build(folder))?;
            }
            Input::Helm(chart) => {
                gathered.watch.extend(kustomize::below(chart));
                gathered.built(&format!("helm template {}", chart.display()), kustomize::render(chart))?;
            }
            Input::Demo => {
                for (name, text) in DEMO {
                    gathered.text((*name).to_owned(), (*text).to_owned());
                }
            }
            Input::Folder(files) => {
                let text = |(name, text): &(String, String)| Text {
                    lenient: recursive,
                    ..Text::new(Source { name: name.clone(), kind: SourceKind::Text, text: text.clone() })
                };
                gathered.sorted(files.iter().map(text).collect(), recursive);
            }
            Input::Text { name, text } => gathered.text(name.clone(), text.clone()),
        }
    }
    Ok(gathered.decode(known))
}

/// Whether helm is on PATH.
pub fn has_helm() -> bool {
    kustomize::has_helm()
}

/// Reads a text that is already in memory.
pub fn load_text(name: &str, text: &str) -> Loaded {
    load_text_for(name, text, None)
}

/// Reads a text that is already in memory, with the CRDs of a channel; see [`load_filled`].
pub fn load_text_for(name: &str, text: &str, channel: Option<Channel>) -> Loaded {
    let mut gathered = Gathered { channels: Channels { asked: channel, cluster: None }, ..Gathered::default() };
    gathered.text(name.to_owned(), text.to_owned());
    gathered.decode(None)
}

/// Something in a folder.
enum Found {
    /// A file to read.
    Manifest(PathBuf),
    /// What it held.
    Text(Text),
    /// A link to a folder.
    Link(PathBuf),
    /// What cannot be read, and why.
    Unreadable(PathBuf, String),
}

impl Found {
    /// Reads what is to be read. Whatever is wrong with a file that was found in a folder is a finding.
    fn read(self) -> Self {
        let Self::Manifest(path) = self else { return self };
        // Through symbolic links, so that a loop of them shows.
        match fs::metadata(&path) {
            Err(error) => Self::Unreadable(path, reason(&error)),
            // A link, or it would have been taken for a folder.
            Ok(about) if about.is_dir() => Self::Link(path),
            // Reading a pipe or a device may take for ever.
            Ok(about) if !about.is_file() => Self::Unreadable(path, "not a regular file".to_owned()),
            Ok(about) => match File::open(&path).and_then(|file| read(file, about.len())) {
                Ok(bytes) => Self::Text(text_of(path.display().to_string(), SourceKind::File, bytes)),
                Err(error) => Self::Unreadable(path, reason(&error)),
            },
        }
    }
}

/// What was read, before it is decoded.
#[derive(Default)]
struct Gathered<'m> {
    texts: Vec<Text>,
    /// What was read before, and what time it is.
    last_good: Option<(&'m mut LastGood, Duration)>,
    stale: Stale,
    /// The texts of folders, before what is not a manifest is left out.
    sources: Vec<Arc<Source>>,
    /// The namespace that Flux puts the objects of a file into.
    targets: BTreeMap<String, Name>,
    findings: Vec<Finding>,
    watch: Vec<PathBuf>,
    /// What the folders are that were read with all below them.
    repository: Option<Repository>,
    variables: Variables,
    channels: Channels,
}

impl Gathered<'_> {
    fn text(&mut self, name: String, text: String) {
        self.texts.push(Text::new(Source { name, kind: SourceKind::Text, text }));
    }

    fn stdin(&mut self) -> Result<(), SourceError> {
        if let Some(text) = self.last_good.as_ref().and_then(|(last_good, _)| last_good.stdin.clone()) {
            self.texts.push(text);
            return Ok(());
        }
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            let message = "cannot read manifests from standard input: it is the terminal".to_owned();
            return Err(SourceError { message, hint: Some("kubectl kustomize . | routescope -f -".to_owned()) });
        }
        let bytes = read(stdin.lock(), 0).map_err(|error| failed("standard input", &error))?;
        let text = text_of("-".to_owned(), SourceKind::Text, bytes);
        if let Some((last_good, _)) = &mut self.last_good {
            last_good.stdin = Some(text.clone());
        }
        self.texts.push(text);
        Ok(())
    }

    /// What a tool printed.
    fn built(&mut self, name: &str, output: Result<Vec<u8>, SourceError>) -> Result<(), SourceError> {
        let text = |bytes| text_of(name.to_owned(), SourceKind::Text, bytes);
        let now = output.map(|bytes| Held { texts: vec![text(bytes)], ..Held::default() });
        let held = self.settle(name, now)?;
        self.texts.extend(held.texts);
        Ok(())
    }

    /// A path that was named by the user: whatever is wrong with it is an error.
    fn path(&mut self, path: &Path, recursive: bool) -> Result<(), SourceError> {
        let now = self.read_path(path, recursive);
        if now.is_err() && self.last_good.is_some() {
            // It may come back.
            self.watch.push(path.to_owned());
        }
        let Held { texts, unreadable, links, is_folder } = self.settle(&path.display().to_string(), now)?;
        for (path, reason) in unreadable {
            self.unreadable(Path::new(&path), &reason);
        }
        for link in links {
            self.not_followed(&link);
        }
        if is_folder {
            self.sorted(texts, recursive);
        } else {
            self.texts.extend(texts);
        }
        Ok(())
    }

    /// What counts of a named path.
    fn settle(&mut self, path: &str, now: Result<Held, SourceError>) -> Result<Held, SourceError> {
        let Some((last_good, at)) = &mut self.last_good else { return now };
        let Settled { held, findings, stale } = last_good.settle(path, now, *at)?;
        self.findings.extend(findings);
        self.stale.append(stale);
        Ok(held)
    }

    fn read_path(&mut self, path: &Path, recursive: bool) -> Result<Held, SourceError> {
        if path.as_os_str().is_empty() {
            let message = "empty path".to_owned();
            return Err(SourceError { message, hint: Some("is a variable unset?".to_owned()) });
        }
        let about = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
        if about.is_dir() {
            return self.folder(path, recursive);
        }
        // `-f <(command)`: the shell hands over a pipe, and writes to it.
        let is_handed_over = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"].iter().any(|known| path.starts_with(known));
        if !about.is_file() && !is_handed_over && path != Path::new("/dev/null") {
            let message = format!("{} is neither a file nor a folder", path.display());
            return Err(SourceError {
                message,
                hint: Some(format!("to read from it: cat {0} | routescope -f -", path.display())),
            });
        }
        let bytes =
            File::open(path).and_then(|file| read(file, about.len())).map_err(|error| cannot_read(path, &error))?;
        if about.is_file() {
            self.watch.push(path.to_owned());
        }
        let text = text_of(path.display().to_string(), SourceKind::File, bytes);
        Ok(Held { texts: vec![text], ..Held::default() })
    }

    /// The manifests of a folder, by kubectl's rule: `*.yaml`, `*.yml` and `*.json`, by name; folders inside it only
    /// when `recursive`, and never through a symbolic link. What cannot be read is a finding.
    fn folder(&mut self, folder: &Path, recursive: bool) -> Result<Held, SourceError> {
        let mut inner = 0;
        let mut waiting = vec![folder.to_owned()];
        let mut found = Vec::new();
        while let Some(next) = waiting.pop() {
            let entries = match fs::read_dir(&next) {
                Ok(entries) => entries,
                Err(error) if next == folder => return Err(cannot_read(folder, &error)),
                Err(error) => {
                    found.push(Found::Unreadable(next, reason(&error)));
                    continue;
                }
            };
            self.watch.push(next.clone());
            let mut entries: Vec<_> = entries.flatten().collect();
            entries.sort_by_key(fs::DirEntry::file_name);
            let mut folders = Vec::new();
            for entry in entries {
                let path = entry.path();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    inner += 1;
                    folders.push(path);
                } else if is_manifest(&path) || kustomization::is_one(&path) {
                    found.push(Found::Manifest(path));
                } else if recursive && is_linked_folder(&entry) {
                    found.push(Found::Link(path));
                }
            }
            if recursive {
                waiting.extend(folders.into_iter().rev());
            }
        }
        let threads = if found.len() < FEW_FILES { 1 } else { parallel::threads() };
        let mut held = Held { is_folder: true, ..Held::default() };
        for found in parallel::in_order(found, threads, Found::read) {
            match found {
                Found::Text(text) => held.texts.push(Text { lenient: recursive, ..text }),
                Found::Unreadable(path, reason) => held.unreadable.push((path.display().to_string(), reason)),
                Found::Manifest(path) | Found::Link(path) => held.links.push(path),
            }
        }
        if held.texts.is_empty() && held.unreadable.is_empty() && held.links.is_empty() {
            let message = format!("no manifests in {}: no *.yaml, *.yml or *.json", folder.display());
            let hint = (inner > 0 && !recursive).then(|| "to look into the folders inside it, add -R".to_owned());
            return Err(SourceError { message, hint });
        }
        Ok(held)
    }

    /// Takes the texts of a folder: all of them, or what of a repository are manifests.
    fn sorted(&mut self, mut texts: Vec<Text>, recursive: bool) {
        let substitutions = flux::read(&texts);
        for text in &texts {
            if let Some(target) = substitutions.target(Path::new(&text.source.name)) {
                self.targets.insert(text.source.name.clone(), Name::from(target));
            }
        }
        for text in texts.iter_mut().filter(|_| !substitutions.is_empty()) {
            let mut variables = self.variables.clone();
            for (name, value) in substitutions.values(Path::new(&text.source.name)) {
                variables.values.entry(name).or_insert(value);
            }
            text.fill(&variables);
        }
        self.sources.extend(texts.iter().map(|text| Arc::clone(&text.source)));
        let Sorted { texts, mut repository, findings } = repository::sort(texts);
        repository.flux = substitutions;
        self.findings.extend(findings);
        self.texts.extend(texts);
        if recursive {
            self.repository.get_or_insert_default().append(repository);
        }
    }

    fn not_followed(&mut self, path: &Path) {
        let message = format!("{} is a link to a folder: it is not followed", path.display());
        self.report(path, Severity::Info, Code::NotFollowed, message);
    }

    fn unreadable(&mut self, path: &Path, reason: &str) {
        let message = format!("cannot read {}: {reason}", path.display());
        self.report(path, Severity::Error, Code::Unreadable, message);
    }

    fn report(&mut self, path: &Path, severity: Severity, code: Code, message: String) {
        let source = Source { name: path.display().to_string(), kind: SourceKind::File, text: String::new() };
        let place = Some(Location { source: Arc::new(source), at: Position::default() });
        self.findings.push(Finding {
            code,
            severity,
            place,
            subject: None,
            problem: message.into(),
            advice: None,
            fix: Vec::new(),
        });
    }

    fn decode(self, known: Option<&Known>) -> Loaded {
        let Self {
            mut texts,
            last_good: _,
            stale,
            mut sources,
            mut targets,
            mut findings,
            watch,
            mut repository,
            variables,
            channels,
        } = self;
        for text in &mut texts {
            match variables.built.get(&text.source.name) {
                Some(filling) => text.fill(&filling.over(&variables)),
                None => text.fill(&variables),
            }
        }
        for (name, Filling { target, .. }) in &variables.built {
            targets.extend(target.as_ref().map(|target| (name.clone(), Name::from(target.as_str()))));
        }
        let channel = channels.choose(texts.iter().map(|text| &*text.source.text));
        sources.extend(texts.iter().map(|text| Arc::clone(&text.source)));
        let (decoded, skipped) = text::read(&texts, channel, known);
        let Decoded { mut objects, findings: more, ignored, worlds, placeholders, unsupported, .. } = decoded;
        findings.extend(more);
        put_into(&targets, &mut objects, &mut findings);
        findings.extend(placeholders.finding());
        findings.extend(unsupported.findings());
        let files = texts.len() - skipped.len();
        if let Some(repository) = &mut repository {
            repository.files = files;
            repository.objects = objects.len() + ignored.values().sum::<usize>();
            repository
                .skipped
                .extend(skipped.into_iter().map(|text| (texts[text].source.name.clone(), "not a manifest")));
            repository.skipped.sort();
            // Objects whose name kustomize is to replace, and what is said of them.
            objects.retain(|object| {
                let meta = object.meta();
                !repository.is_placeholder(&meta.name, &meta.origin.source)
            });
            for object in &mut objects {
                let kind = object.kind();
                let meta = object.meta_mut();
                meta.doubt = meta.doubt.take().or_else(|| repository.doubt(kind, meta).map(Name::from));
            }
            findings.retain(|finding| match (&finding.subject, &finding.place) {
                (Some(subject), Some(place)) => !repository.is_placeholder(&subject.key.name, &place.source),
                _ => true,
            });
        }
        Loaded { objects, findings, ignored, worlds, files, watch, repository, stale, sources, channel }
    }
}

/// Puts objects, and what is said of them, into the namespaces that Flux puts them into.
fn put_into(targets: &BTreeMap<String, Name>, objects: &mut [Object], findings: &mut [Finding]) {
    if targets.is_empty() {
        return;
    }
    let put = |source: &Source, namespace: &mut Name| {
        if let Some(target) = targets.get(&source.name).filter(|_| !namespace.is_empty()) {
            namespace.clone_from(target);
        }
    };
    for object in objects {
        let meta = object.meta_mut();
        let source = Arc::clone(&meta.origin.source);
        put(&source, &mut meta.namespace);
        meta.unplaced &= !targets.contains_key(&source.name);
    }
    for finding in findings {
        if let (Some(subject), Some(place)) = (&mut finding.subject, &finding.place) {
            put(&place.source, &mut subject.key.namespace);
        }
    }
}

fn text_of(name: String, kind: SourceKind, bytes: Vec<u8>) -> Text {
    let (text, lossy) = encoding::decode(bytes);
    Text { lossy, ..Text::new(Source { name, kind, text }) }
}

/// kubectl's rule (`resource.FileExtensions`).
pub(super) fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}

/// A symbolic link to a folder. Hidden ones are the machinery of mounted `ConfigMaps`.
fn is_linked_folder(entry: &fs::DirEntry) -> bool {
    let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
    !hidden && entry.path().is_dir()
}

/// Reads to the end, but no more than a manifest may hold; `length` is how much there is, as far as is known.
fn read(mut from: impl Read, length: u64) -> io::Result<Vec<u8>> {
    let too_large = || io::Error::other(format!("larger than {} MiB, which is the limit", LARGEST >> 20));
    if length > LARGEST {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    from.by_ref().take(LARGEST).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == LARGEST && from.read(&mut [0])? > 0 {
        return Err(too_large());
    }
    Ok(bytes)
}

fn cannot_read(path: &Path, error: &io::Error) -> SourceError {
    if error.kind() != io::ErrorKind::NotFound {
        return failed(&path.display().to_string(), error);
    }
    let text = path.to_string_lossy();
    if text.starts_with("http://") || text.starts_with("https://") {
        let message = format!("cannot read {text}: only files and folders are read");
        return SourceError { message, hint: Some(format!("curl -sL {text} | routescope -f -")) };
    }
    SourceError { message: format!("no such file or folder: {text}"), hint: neighbour(path) }
}

/// A file beside the missing one whose name is almost the same.
fn neighbour(path: &Path) -> Option<String> {
    let parent = path.parent()?;
    let folder = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let names =
        fs::read_dir(folder).ok()?.flatten().take(10_000).filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort();
    let name = path.file_name()?.to_str()?;
    let near = closest(name, names.iter().map(String::as_str))?;
    Some(format!("did you mean {}?", parent.join(near).display()))
}

fn failed(what: &str, error: &io::Error) -> SourceError {
    SourceError { message: format!("cannot read {what}: {}", reason(error)), hint: None }
}

/// The error in words, without the number of the operating system.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            text.to_owned()
        }
    }
}
