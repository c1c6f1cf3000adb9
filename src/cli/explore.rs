//! `routescope` and `routescope tui`: the explorer, when there is a terminal to explore in.

use std::sync::Arc;

use clap::Args;

use crate::tui;
use routescope_cluster::live::Worlds;
use routescope_cluster::{Connection, Prompt};
use routescope_manifest::SourceError;

use super::failure::Failure;
use super::tree::{self, TreeFormat, TreeOptions};
use super::{Context, Verdict, load, roots, terminal};

/// Explore the tree, with answers as you type (the default on a terminal)
#[derive(Debug, Clone, Args, Default)]
pub struct ExploreOptions {
    /// A URL to start with
    pub url: Option<String>,
}

/// Runs the explorer; prints the tree where there is no terminal.
pub fn run(options: &ExploreOptions, context: &Context) -> Result<Verdict, Failure> {
    if !terminal::is_terminal() {
        return tree::run(&TreeOptions { output: TreeFormat::Text, watch: false }, context);
    }
    let (title, source) = if context.reads_a_cluster() {
        (context.source.title(), cluster(context))
    } else {
        (context.source.title(), files(context)?)
    };
    let explorer = tui::Options {
        title,
        source_arguments: context.source.arguments(),
        theme: context.output.theme.clone(),
        ascii: context.output.ascii,
        color: terminal::color(context.output.color, true),
        url: options.url.clone(),
        scope: context.scope(),
        config: crate::config::load(),
        source,
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

/// The files that the options name; with `--roots` all that is built of them.
fn files(context: &Context) -> Result<tui::Source, Failure> {
    let mut reading = context.source.reading()?;
    if context.source.roots {
        reading.inputs = roots::inputs(context)?.into_iter().map(|(_, input)| input).collect();
    }
    let settings = context.settings.settings();
    let load = move || -> Result<tui::Load, SourceError> {
        let world = load::read(&reading, &settings)?;
        match world.nothing {
            Some(nothing) if world.analysis.findings.is_empty() => Err(nothing),
            _ => Ok(tui::Load { analysis: world.analysis, watch: world.watch }),
        }
    };
    Ok(tui::Source::Files(Arc::new(load)))
}

/// The clusters that the options name, with the files laid over each.
fn cluster(context: &Context) -> tui::Source {
    let connections = context.cluster.connections();
    let contexts = connections.iter().map(|connection| connection.context.clone()).collect();
    let connection = Connection { prompt: Prompt::Never, ..context.cluster.connection(None) };
    let options = context.following(connection, Worlds::AsTheyCome);
    tui::Source::Clusters(Box::new(tui::ClusterSource { options, contexts }))
}
