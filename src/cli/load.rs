//! Sources to an [`Analysis`], with what reading them brought up told on standard error.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use routescope_core::analysis::Analysis;
use routescope_core::finding::{Advice, Code, Finding, Severity, Subject};
use routescope_core::model::Name;
use routescope_core::parallel;
use routescope_core::resolve::Settings;
use routescope_core::store::{Change, Coverage, Snapshot, Store};
use routescope_core::visible::visible;
use routescope_manifest::decode::{Seen, Unread};
use routescope_manifest::files::{self, Input};
use routescope_manifest::{Channels, ChosenChannel, LastGood, Loaded, Repository, SourceError, Variables, shown};

use routescope_render::findings;
use routescope_render::namespaces::{self, Missing};
use routescope_render::scope::Scope;

use super::failure::Failure;
use super::{Context, duplicates, held_back, terminal};

/// How many findings are named on standard error.
const NAMED: usize = 3;

/// What a load brought.
pub struct LoadedSource {
    /// What follows from it.
    pub analysis: Arc<Analysis>,
    /// How many of the analysis's findings came from reading.
    pub reading: usize,
    /// What to watch for changes.
    pub watch: Vec<PathBuf>,
    /// The context, when it is a cluster.
    pub context: Option<String>,
    /// What was found in a folder that was read with all below it.
    pub repository: Option<Repository>,
    /// The objects that are written otherwise in another folder of it.
    pub otherwise: BTreeSet<Subject>,
    /// Why there is nothing to draw or to ask, when there is nothing.
    pub nothing: Option<SourceError>,
    /// After so long to read again: what is missing now may be back.
    pub again: Option<Duration>,
    /// The namespaces asked for that an object names which routing does not read.
    pub named: Vec<Name>,
    /// The channel of the Gateway API's CRDs, as far as it is known.
    pub channel: Option<ChosenChannel>,
}

/// What counts of files that are read again and again.
#[derive(Debug)]
pub struct Memory {
    last_good: LastGood,
    begun: Instant,
}

impl Default for Memory {
    fn default() -> Self {
        Self { last_good: LastGood::default(), begun: Instant::now() }
    }
}

/// What is to be read, and how.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The inputs, in order.
    pub inputs: Vec<Input>,
    /// `-R`.
    pub recursive: bool,
    /// `--complete`.
    pub complete: bool,
    /// What placeholders are filled in with.
    pub variables: Variables,
    /// Whose CRDs the objects are read with.
    pub channels: Channels,
    /// What is looked at.
    pub scope: Scope,
}

/// Reads and analyses, without a word to anyone.
pub fn read(reading: &Reading, settings: &Settings) -> Result<LoadedSource, SourceError> {
    let Reading { inputs, recursive, variables, channels, .. } = reading;
    Ok(analysed(reading, settings, files::load_filled(inputs, *recursive, variables, *channels)?))
}

/// The same for two sources that are compared: what both of them say is read once.
pub fn read_both(readings: [&Reading; 2], settings: &Settings) -> [Result<LoadedSource, SourceError>; 2] {
    let Reading { recursive, variables, .. } = readings[0];
    let worlds = readings.map(|reading| (reading.inputs.as_slice(), reading.channels));
    let [old, new] = files::load_both(worlds, *recursive, variables);
    let analysed = |reading, loaded: Result<Loaded, _>| Ok(analysed(reading, settings, loaded?));
    let (old, new) = parallel::both(parallel::threads(), || analysed(readings[0], old), || analysed(readings[1], new));
    [old, new]
}

/// The same, for someone who reads again and again: what cannot be read for now counts as it was.
pub fn read_again(reading: &Reading, settings: &Settings, memory: &mut Memory) -> Result<LoadedSource, SourceError> {
    let Reading { inputs, recursive, variables, channels, .. } = reading;
    let at = memory.begun.elapsed();
    let loaded = files::load_again(inputs, *recursive, variables, *channels, &mut memory.last_good, at)?;
    Ok(analysed(reading, settings, loaded))
}

fn analysed(reading: &Reading, settings: &Settings, loaded: Loaded) -> LoadedSource {
    let Reading { inputs, complete, scope, .. } = reading;
    let Loaded { mut objects, mut findings, ignored, worlds, files, watch, repository, stale, sources, channel } =
        loaded;
    // The demo is a whole world: nothing of it lives elsewhere.
    let complete = *complete || inputs.iter().all(|input| *input == Input::Demo);
    let mut coverage = seen(&worlds, &mut findings);
    if complete {
        coverage = Coverage::closed();
    }
    coverage.stale = stale.reasons;
    let count = objects.len();
    let mut otherwise = BTreeSet::new();
    if repository.is_some() {
        let settled = duplicates::settle(&mut objects);
        findings.extend(settled.findings);
        otherwise = settled.otherwise;
    }
    let mut store = Store::default();
    findings.extend(store.apply(Change::Replace { objects, coverage }));
    let snapshot = store.snapshot();
    let ignored: usize = ignored.values().sum();
    let nothing = has_nothing(&snapshot).then(|| no_routes(&findings, files, count, ignored));
    let mut reading = findings.len();
    let mut analysis = Analysis::of(Arc::new(snapshot), settings.clone(), findings);
    let is_open = analysis.findings.iter().any(|finding| finding.code == Code::Placeholder);
    if repository.is_some() || is_open {
        let mut of_reading = std::mem::take(&mut analysis.findings);
        let of_routing = of_reading.split_off(reading);
        let mut held = held_back::Held::new(&analysis.snapshot, &otherwise);
        of_reading.retain(|finding| held.leaves(finding));
        reading = of_reading.len();
        of_reading.extend(of_routing.into_iter().filter(|finding| held.leaves(finding)));
        analysis.findings = held.tell(of_reading);
    }
    let analysis = Arc::new(analysis);
    let is_named = |name: &&Name| sources.iter().any(|source| namespaces::is_named(&source.text, name));
    let named = scope.names().filter(is_named).cloned().collect();
    LoadedSource {
        analysis,
        reading,
        watch,
        context: None,
        repository,
        otherwise,
        nothing,
        again: stale.again,
        named,
        channel: Some(channel),
    }
}

/// An error when a namespace was asked for that nothing in these worlds names.
pub fn namespaces_are_there<'w>(
    worlds: impl Iterator<Item = &'w LoadedSource>,
    scope: &Scope,
) -> Result<(), SourceError> {
    let worlds: Vec<&LoadedSource> = worlds.collect();
    let snapshots: Vec<&Snapshot> = worlds.iter().map(|world| &*world.analysis.snapshot).collect();
    let named = |name: &str| worlds.iter().any(|world| world.named.iter().any(|named| named == name));
    match namespaces::missing(&snapshots, scope, named) {
        None => Ok(()),
        Some(Missing { name, hint }) => Err(SourceError { message: format!("no namespace {name}"), hint: Some(hint) }),
    }
}

/// Whether there is neither a route nor anything that serves one.
fn has_nothing(snapshot: &Snapshot) -> bool {
    let routes = snapshot.routes.is_empty() && snapshot.stream_routes.is_empty();
    routes && snapshot.gateways.is_empty() && snapshot.listener_sets.is_empty()
}

/// What has been seen in full: what a saved world says, or nothing.
fn seen(worlds: &[Seen], findings: &mut Vec<Finding>) -> Coverage {
    for Unread { namespace, severity, message } in worlds.iter().flat_map(|world| &world.unread) {
        findings.push(Finding::not_readable(namespace.as_ref(), *severity, message.clone()));
    }
    match worlds {
        [] => Coverage::open(),
        [Seen { everything, kinds, namespaces, hidden, forbidden, .. }] => Coverage {
            everything: *everything,
            kinds: kinds.clone(),
            namespaces: namespaces.clone(),
            hidden: hidden.clone(),
            forbidden: *forbidden,
            stale: Vec::new(),
        },
        [_, .., last] => {
            let names: Vec<&str> = worlds.iter().map(|world| world.name.as_str()).collect();
            findings.push(Finding {
                code: Code::SeveralSnapshots,
                severity: Severity::Warning,
                place: Some(last.place.clone()),
                subject: None,
                problem: format!("several snapshots are read as one world: {}", names.join(", ")).into(),
                advice: Some(Advice::Text(
                    "load one at a time: what one of them saw in full another may not have".to_owned(),
                )),
                fix: Vec::new(),
            });
            Coverage { forbidden: worlds.iter().any(|world| world.forbidden), ..Coverage::open() }
        }
    }
}

fn no_routes(findings: &[Finding], files: usize, objects: usize, ignored: usize) -> SourceError {
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        let hint = Some("fix what is broken first: `routescope check` lists everything".to_owned());
        return SourceError { message: "no HTTPRoute could be read".to_owned(), hint };
    }
    if let Some(finding) =
        findings.iter().find(|finding| [Code::UnsupportedKind, Code::HelmChart].contains(&finding.code))
    {
        let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let message = format!("no HTTPRoute found: {place}{}", findings::message(finding));
        return SourceError { message, hint: findings::help(finding) };
    }
    let read = match (files, objects + ignored) {
        (0, _) => "nothing to read there".to_owned(),
        (files, 0) => format!("{} without any object", count(files, "file")),
        (files, all) => format!("{} in {}", count(all, "object"), count(files, "file")),
    };
    SourceError {
        message: format!("no HTTPRoute found: {read}"),
        hint: Some("name a file or folder that holds HTTPRoutes; -R looks into subfolders".to_owned()),
    }
}

fn count(n: usize, noun: &str) -> String {
    routescope_render::phrases::count(n, noun)
}

/// Reads what the options name, and tells what could not be read. Fails when there is nothing to draw or to ask.
pub fn load(context: &Context) -> Result<LoadedSource, Failure> {
    let world = read(&context.reading()?, &context.settings.settings())?;
    namespaces_are_there(std::iter::once(&world), &context.scope())?;
    // The process ends with its answer, and takes the memory with it: freeing 100,000 routes one by one takes longer
    // than looking through them.
    std::mem::forget(Arc::clone(&world.analysis));
    terminal::write_err(&beside(&world, context, false));
    match world.nothing {
        Some(nothing) => Err(nothing.into()),
        None => Ok(world),
    }
}

/// Reads what the options name; what could not be read is a part of the answer.
pub fn load_quietly(context: &Context) -> Result<LoadedSource, Failure> {
    let world = read(&context.reading()?, &context.settings.settings())?;
    namespaces_are_there(std::iter::once(&world), &context.scope())?;
    terminal::write_err(&beside(&world, context, true));
    Ok(world)
}

/// What is told of a load on standard error; what was found in it only where the answer does not say that itself.
pub fn beside(world: &LoadedSource, context: &Context, findings_are_told: bool) -> String {
    let findings = &world.analysis.findings[..world.reading];
    let found = if findings_are_told { String::new() } else { unread(findings) + &summary(findings) };
    let repository = world.repository.as_ref().map(|repository| told(repository, context.output.verbose));
    found + &repository.unwrap_or_default()
}

/// What a folder held, in a line (or, with `-v`, with each file that was left out).
fn told(repository: &Repository, verbose: bool) -> String {
    let Repository { roots, charts, skipped, files, objects, .. } = repository;
    let mut said = String::new();
    for (file, reason) in skipped.iter().filter(|_| verbose) {
        let _ = writeln!(said, "skipped: {file}: {reason}");
    }
    let mut parts = Vec::new();
    for (number, noun) in [(roots.len(), "root"), (charts.len(), "Helm chart")] {
        if number > 0 {
            parts.push(count(number, noun));
        }
    }
    parts.push(count(*files, "file"));
    parts.push(count(*objects, "object"));
    let skipped = match skipped.len() {
        0 => String::new(),
        number => format!("; {} skipped", count(number, "other file")),
    };
    let _ = writeln!(said, "{}{skipped}", parts.join(", "));
    if !roots.is_empty() {
        let named: Vec<String> = roots.iter().take(NAMED).map(|root| shown(root)).collect();
        let more = roots.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let _ =
            writeln!(said, "kustomize roots: {}{more} (--roots reads each as kustomize builds it)", named.join(", "));
    }
    said
}

/// What a saved cluster did not let be read, for standard error.
fn unread(findings: &[Finding]) -> String {
    let unread = findings.iter().filter(|finding| finding.code == Code::NotReadable);
    unread.fold(String::new(), |mut said, finding| {
        let _ = writeln!(said, "warning: {}", visible(&findings::message(finding)));
        said
    })
}

/// What reading brought up, for standard error: how many, and the first few.
pub fn summary(findings: &[Finding]) -> String {
    let told: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info && finding.code != Code::NotReadable)
        .collect();
    if told.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    let mut worst_first = told.clone();
    worst_first.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in worst_first.iter().take(NAMED) {
        let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{}: {}",
            finding.severity.name(),
            visible(&format!("{place}{}", findings::message(finding)))
        );
    }
    if told.len() > NAMED {
        let _ = writeln!(out, "{} more: `routescope check` lists them all", told.len() - NAMED);
    }
    out
}
