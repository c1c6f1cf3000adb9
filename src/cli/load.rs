//! Sources to an [`Analysis`], with what reading them brought up told on standard error.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use routescope_core::analysis::Analysis;
use routescope_core::finding::{Code, Finding, Severity};
use routescope_core::resolve::Settings;
use routescope_core::store::{Change, Coverage, Store};
use routescope_core::visible::visible;
use routescope_manifest::decode::{Seen, Unread};
use routescope_manifest::files::{self, Input};
use routescope_manifest::{Loaded, SourceError};

use super::failure::Failure;
use super::options::{SettingsOptions, SourceOptions};
use super::terminal;

/// How many findings are named on standard error.
const NAMED: usize = 3;

/// What a load brought.
pub struct World {
    /// What follows from it.
    pub analysis: Arc<Analysis>,
    /// How many of the analysis's findings came from reading.
    pub reading: usize,
    /// What to watch for changes.
    pub watch: Vec<PathBuf>,
    /// The context, when it is a cluster.
    pub context: Option<String>,
}

/// Reads and analyses, without a word to anyone. Fails when there is no route at all, unless `routes` says that the
/// findings alone are worth having.
pub fn read(inputs: &[Input], recursive: bool, complete: bool, settings: &Settings) -> Result<World, SourceError> {
    let Loaded { objects, mut findings, ignored, worlds, files, watch } = files::load(inputs, recursive)?;
    // The demo is a whole world: nothing of it lives elsewhere.
    let complete = complete || inputs.iter().all(|input| *input == Input::Demo);
    let mut coverage = seen(&worlds, &mut findings);
    if complete {
        coverage = Coverage::closed();
    }
    let count = objects.len();
    let mut store = Store::default();
    findings.extend(store.apply(Change::Replace { objects, coverage }));
    let snapshot = store.snapshot();
    if snapshot.routes.is_empty() && findings.iter().all(|finding| finding.severity < Severity::Error) {
        let ignored: usize = ignored.values().sum();
        return Err(no_routes(files, count, ignored));
    }
    let reading = findings.len();
    let analysis = Arc::new(Analysis::of(Arc::new(snapshot), settings.clone(), findings));
    Ok(World { analysis, reading, watch, context: None })
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
        },
        [_, .., last] => {
            let names: Vec<&str> = worlds.iter().map(|world| world.name.as_str()).collect();
            findings.push(Finding {
                code: Code::SeveralSnapshots,
                severity: Severity::Warning,
                place: Some(last.place.clone()),
                subject: None,
                message: format!("several snapshots are read as one world: {}", names.join(", ")),
                help: Some("load one at a time: what one of them saw in full another may not have".to_owned()),
            });
            Coverage { forbidden: worlds.iter().any(|world| world.forbidden), ..Coverage::open() }
        }
    }
}

fn no_routes(files: usize, objects: usize, ignored: usize) -> SourceError {
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
    routescope_render::words::count(n, noun)
}

/// Reads what the options name, and tells what could not be read.
pub fn load(source: &SourceOptions, settings: &SettingsOptions) -> Result<World, Failure> {
    let world = load_quietly(source, settings)?;
    // The process ends with its answer, and takes the memory with it: freeing 100,000 routes one by one takes longer
    // than looking through them.
    std::mem::forget(Arc::clone(&world.analysis));
    let findings = &world.analysis.findings[..world.reading];
    terminal::write_err(&(unread(findings) + &summary(findings)));
    if world.analysis.snapshot.routes.is_empty() {
        return Err(Failure::new(
            "no HTTPRoute could be read",
            "mend what is broken first: `routescope check` lists everything",
        ));
    }
    Ok(world)
}

/// Reads what the options name.
pub fn load_quietly(source: &SourceOptions, settings: &SettingsOptions) -> Result<World, Failure> {
    Ok(read(&source.inputs(), source.recursive, source.complete, &settings.settings())?)
}

/// What a saved cluster did not let be read, for standard error.
fn unread(findings: &[Finding]) -> String {
    let unread = findings.iter().filter(|finding| finding.code == Code::NotReadable);
    unread.fold(String::new(), |mut said, finding| {
        let _ = writeln!(said, "warning: {}", visible(&finding.message));
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
        let _ = writeln!(out, "{}: {}", finding.severity.name(), visible(&format!("{place}{}", finding.message)));
    }
    if told.len() > NAMED {
        let _ = writeln!(out, "{} more: `routescope check` lists them all", told.len() - NAMED);
    }
    out
}
