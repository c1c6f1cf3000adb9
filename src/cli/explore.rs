//! `routescope` and `routescope tui`: the explorer, when there is a terminal to explore in.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, CommandFactory};

use crate::tui;
use crate::tui::apart::{Part, short_names};
use crate::tui::words::quoted;
use routescope_cluster::live::Worlds;
use routescope_cluster::{Connection, Prompt};
use routescope_core::finding::closest;
use routescope_manifest::SourceError;
use routescope_manifest::files::Input;
use routescope_render::phrases;

use super::failure::Failure;
use super::load::Reading;
use super::options::{Paths, SourceOptions};
use super::tree::{self, TreeFormat, TreeOptions};
use super::where_cmd::{self, WhereOptions};
use super::{Arguments, Context, Verdict, load, roots, state, terminal};

/// Explore the tree, with answers as you type (the default on a terminal)
#[derive(Debug, Clone, Args, Default)]
pub struct ExploreOptions {
    /// Files and folders to read, as with -f; or a URL to start with
    #[arg(value_name = "PATH|URL")]
    pub what: Vec<String>,
}

impl ExploreOptions {
    /// Adds the paths to the source, and returns the URL.
    pub fn take(&self, source: &mut SourceOptions) -> Result<Option<String>, Failure> {
        let mut url = None;
        for word in &self.what {
            if word == "-" || Path::new(word).exists() {
                source.filename.push(word.into());
            } else if !is_like_a_url(word) {
                let message = format!("no file, folder or command {word}");
                let root = Arguments::command();
                let commands: Vec<&str> = root.get_subcommands().map(clap::Command::get_name).collect();
                let hint = closest(word, commands).map(|near| format!("did you mean `routescope {near}`?"));
                return Err(Failure {
                    message,
                    hint: hint.or_else(|| Some("check the path; `routescope --help` lists the commands".to_owned())),
                });
            } else if url.replace(word.clone()).is_some() {
                let hint = "`routescope where URL…` answers several";
                return Err(Failure::new("the explorer starts with one URL", hint));
            }
        }
        Ok(url)
    }
}

/// Whether a word that is not a file is one that a client could ask for, and not the name of a file that is missing.
fn is_like_a_url(word: &str) -> bool {
    let file = [".yaml", ".yml", ".json"].iter().any(|end| word.ends_with(end)) || word.starts_with('.');
    let host = word.split(['/', '?']).next().unwrap_or_default();
    word.contains("://") || word.starts_with('/') || (!file && (host == "localhost" || host.contains(['.', ':'])))
}

/// Runs the explorer; prints the tree, or the answer, where there is no terminal.
pub fn run(url: Option<String>, context: &Context) -> Result<Verdict, Failure> {
    if !terminal::can_be_drawn_on() {
        return match url {
            Some(url) => where_cmd::run(&WhereOptions::of(url), context),
            None => {
                tree::run(&TreeOptions { paths: Paths::default(), output: TreeFormat::Text, watch: false }, context)
            }
        };
    }
    let title = context.source.title();
    let (source, parts) = if context.reads_a_cluster() { (cluster(context)?, Vec::new()) } else { files(context)? };
    let mut config = crate::config::load();
    let kept = state::open(context, &mut config)?;
    let explorer = tui::Options {
        title,
        source_arguments: context.source.arguments(),
        theme: context.output.theme.clone(),
        ascii: context.output.ascii,
        colors: terminal::depth(context.output.color),
        url,
        scope: context.scope(),
        config,
        source,
        parts,
        kept,
    };
    match tui::run(explorer) {
        Ok(()) => Ok(Verdict::Yes),
        Err(tui::RunError::Load(error)) => Err(error.into()),
        Err(tui::RunError::Signal(number)) => Ok(Verdict::Signalled(number)),
        Err(error @ tui::RunError::Panicked) => Err(Failure {
            message: error.to_string(),
            hint: Some("this is a bug: what it said stands above".to_owned()),
        }),
        Err(error @ tui::RunError::Terminal(_)) => {
            Err(Failure::new(error.to_string(), "`routescope tree` prints the same tree without a terminal"))
        }
    }
}

/// The files that the options name, as one and, where several are named, each by itself; with `--roots` all that is built
/// of them.
fn files(context: &Context) -> Result<(tui::Source, Vec<(Part, tui::Loader)>), Failure> {
    let mut reading = context.reading()?;
    let mut names: Vec<(String, String)> = Vec::new();
    if context.source.roots {
        let (roots, variables) = roots::inputs(context)?;
        reading.variables = variables;
        names = roots.iter().map(|(name, _)| (name.clone(), format!("-k {}", quoted(name)))).collect();
        reading.inputs = roots.into_iter().map(|(_, input)| input).collect();
    } else {
        let of = |input: &Input| match input {
            Input::Path(path) => Some(("-f", path.display().to_string())),
            Input::Kustomize(path) => Some(("-k", path.display().to_string())),
            // Standard input is read once.
            _ => None,
        };
        let files: Option<Vec<_>> = reading.inputs.iter().map(of).collect();
        let recursive = if reading.recursive { " -R" } else { "" };
        let argument = |(option, path): (&str, String)| {
            let arguments = format!("{option} {}{recursive}", quoted(&path));
            (path, arguments)
        };
        names.extend(files.unwrap_or_default().into_iter().map(argument));
    }
    let short = short_names(&names.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    let parts = short.into_iter().zip(names).zip(&reading.inputs).map(|((name, (_, arguments)), input)| {
        let reading = Reading { inputs: vec![input.clone()], ..reading.clone() };
        (Part { name, arguments }, loader(reading, context, false))
    });
    let parts: Vec<_> = parts.collect();
    let parts = if parts.len() > 1 { parts } else { Vec::new() };
    Ok((tui::Source::Files(loader(reading, context, true)), parts))
}

/// What reads files again and again. `whole`: all that the options name, which must hold something at first.
fn loader(reading: Reading, context: &Context, whole: bool) -> tui::Loader {
    let settings = context.settings.settings();
    let memory = Mutex::new(load::Memory::default());
    let scope = context.scope();
    let begun = AtomicBool::new(!whole);
    Arc::new(move || -> Result<tui::Load, SourceError> {
        // What a load that panicked remembered is as good as any.
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        let world = load::read_again(&reading, &settings, &mut memory)?;
        // Later on there may be none left: that is not a slip any more.
        if !begun.swap(true, Ordering::Relaxed) {
            load::namespaces_are_there(std::iter::once(&world), &scope)?;
        }
        match world.nothing {
            Some(nothing) if whole && world.analysis.findings.is_empty() => Err(nothing),
            _ => {
                let roots = world.repository.as_ref().map_or(0, |repository| repository.roots.len());
                let hint = (roots > 0).then(|| {
                    format!("{}: --roots reads each as kustomize builds it", phrases::count(roots, "kustomize root"))
                });
                Ok(tui::Load { analysis: world.analysis, watch: world.watch, again: world.again, hint })
            }
        }
    })
}

/// The clusters that the options name, with the files laid over each.
fn cluster(context: &Context) -> Result<tui::Source, Failure> {
    let connections = context.cluster.connections();
    let contexts = connections.iter().map(|connection| connection.context.clone()).collect();
    let connection = Connection { prompt: Prompt::Never, ..context.cluster.connection(None) };
    let options = context.following(connection, Worlds::AsTheyCome)?;
    Ok(tui::Source::Clusters(Box::new(tui::ClusterSource { options, contexts })))
}
