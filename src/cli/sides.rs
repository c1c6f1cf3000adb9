//! The two sources of a comparison.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use routescope_core::analysis::Analysis;
use routescope_manifest::files::Input;
use routescope_manifest::{Channels, ChosenChannel, SourceError, git};

use super::answer::{OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::{self, LoadedSource, Reading};
use super::{Context, Verdict, clusters, diff, terminal};

/// One source, read.
pub struct ComparedContext {
    /// As it was named.
    pub name: String,
    /// What follows from it.
    pub analysis: Arc<Analysis>,
}

/// What a source names.
enum Source {
    Files(Vec<Input>),
    Context(String),
}

fn parse(text: &str, context: &Context) -> Result<Source, Failure> {
    if text == "-" {
        return Ok(Source::Files(vec![Input::Stdin]));
    }
    if let Some(name) = text.strip_prefix("context:") {
        return Ok(Source::Context(name.to_owned()));
    }
    if let Some(rest) = text.strip_prefix("git:") {
        let Some((revision, path)) = rest.split_once(':') else {
            return Err(Failure::new(format!("{text} names no path"), "write git:REVISION:PATH"));
        };
        if revision.is_empty() {
            return Err(Failure::new(format!("{text} names no revision"), "write git:REVISION:PATH"));
        }
        return Ok(Source::Files(git::files(revision, path, context.source.recursive)?));
    }
    Ok(Source::Files(vec![Input::Path(PathBuf::from(text))]))
}

/// Reads both sources, and once what two of files both say.
pub fn read_both(names: [&String; 2], context: &Context) -> Result<[ComparedContext; 2], Failure> {
    let [old, new] = [parse(names[0], context)?, parse(names[1], context)?];
    let settings = context.settings.settings();
    let reading = context.source.reading()?;
    let of_files = |inputs: &[Input], cluster: Option<ChosenChannel>| {
        let channels = Channels { cluster, ..reading.channels };
        Reading { inputs: inputs.to_vec(), channels, ..reading.clone() }
    };
    let files = |inputs: &[Input], cluster: Option<ChosenChannel>| {
        has_routes(load::read(&of_files(inputs, cluster), &settings))
    };
    let of_context = |name: &str| cluster(context, Some(name), false);
    // Files beside a cluster are read as its API server would read them.
    let channel = |world: &Result<LoadedSource, Failure>| world.as_ref().ok().and_then(|world| world.channel);
    let worlds = match (&old, &new) {
        (Source::Files(old), Source::Files(new)) => {
            load::read_both([&of_files(old, None), &of_files(new, None)], &settings).map(has_routes)
        }
        (Source::Files(old), Source::Context(new)) => {
            let new = of_context(new);
            [files(old, channel(&new)), new]
        }
        (Source::Context(old), Source::Files(new)) => {
            let old = of_context(old);
            let new = files(new, channel(&old));
            [old, new]
        }
        (Source::Context(old), Source::Context(new)) => [of_context(old), of_context(new)],
    };
    let [old, new] = worlds;
    let (old, new) = (old.map_err(|error| named(names[0], error))?, new.map_err(|error| named(names[1], error))?);
    Ok([side(names[0].clone(), &old), side(names[1].clone(), &new)])
}

/// An error where there is nothing to compare.
fn has_routes(world: Result<LoadedSource, SourceError>) -> Result<LoadedSource, Failure> {
    let world = world?;
    match world.nothing {
        Some(nothing) => Err(Failure::from(nothing)),
        None => Ok(world),
    }
}

/// The cluster, and the cluster with the files of `-f` laid over it.
pub fn read_live(context: &Context) -> Result<[ComparedContext; 2], Failure> {
    if context.source.inputs().is_empty() {
        let message = "--live compares the cluster with files laid over it, and there are none";
        return Err(Failure::new(message, "add -f DIR, or name two sources"));
    }
    let (old, new) = (cluster(context, None, false)?, cluster(context, None, true)?);
    let name = old.context.clone().unwrap_or_else(|| "cluster".to_owned());
    let laid = format!("{name} with {}", context.source.title());
    Ok([side(name, &old), side(laid, &new)])
}

fn named(name: &str, Failure { message, hint }: Failure) -> Failure {
    Failure { message: format!("cannot compare {name}: {message}"), hint }
}

fn side(name: String, world: &LoadedSource) -> ComparedContext {
    diff::kept(&world.analysis);
    let findings = load::summary(&world.analysis.findings[..world.reading]);
    if !findings.is_empty() {
        terminal::write_err(&findings);
    }
    ComparedContext { name, analysis: Arc::clone(&world.analysis) }
}

/// Keeps what it is shown, and says nothing.
struct Kept(RefCell<Option<LoadedSource>>);

impl Question for Kept {
    fn shape(&self) -> OutputForm {
        OutputForm::Text
    }

    fn answer(&self, world: &LoadedSource, _: &Context, _: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let LoadedSource { analysis, reading, context, channel, .. } = world;
        let (analysis, context) = (Arc::clone(analysis), context.clone());
        let (watch, repository, nothing) = (Vec::new(), None, None);
        *self.0.borrow_mut() = Some(LoadedSource {
            analysis,
            reading: *reading,
            watch,
            context,
            repository,
            otherwise: BTreeSet::new(),
            nothing,
            again: None,
            named: Vec::new(),
            channel: *channel,
        });
        Ok(Verdict::Yes)
    }
}

/// A cluster as it is, or with the files laid over it.
fn cluster(context: &Context, name: Option<&str>, overlaid: bool) -> Result<LoadedSource, Failure> {
    let mut source = context.source.clone();
    if !overlaid {
        (source.filename, source.kustomize, source.demo) = (Vec::new(), Vec::new(), false);
    }
    let mut options = context.cluster.clone();
    if let Some(name) = name {
        options.context = vec![name.to_owned()];
    }
    if options.context.len() > 1 {
        return Err(Failure::new("several contexts are named", "a comparison takes one: context:NAME"));
    }
    let of_it =
        Context { source, cluster: options, settings: context.settings.clone(), output: context.output.clone() };
    let kept = Kept(RefCell::new(None));
    clusters::run(&kept, &of_it, false)?;
    kept.0.into_inner().ok_or_else(|| Failure { message: "the cluster could not be read".to_owned(), hint: None })
}
