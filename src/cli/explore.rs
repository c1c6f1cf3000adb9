//! `routescope` and `routescope tui`: the explorer, when there is a terminal to explore in.

use std::sync::Arc;

use clap::Args;

use crate::source::SourceError;
use crate::tui;

use super::failure::Failure;
use super::tree::{self, TreeFormat, TreeOptions};
use super::{Context, Verdict, load, terminal};

/// Explore the tree, with answers while one types (the default on a terminal)
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
    let inputs = load::inputs(&context.source)?;
    let settings = context.settings.settings();
    let (recursive, complete) = (context.source.recursive, context.source.complete);
    let load = move || -> Result<tui::Load, SourceError> {
        let world = load::read(&inputs, recursive, complete, &settings)?;
        Ok(tui::Load { analysis: world.analysis, watch: world.watch })
    };
    let explorer = tui::Options {
        title: context.source.title(),
        theme: context.output.theme.clone(),
        ascii: context.output.ascii,
        color: terminal::color(context.output.color, true),
        url: options.url.clone(),
        config: crate::config::load(),
        load: Arc::new(load),
    };
    match tui::run(explorer) {
        Ok(()) => Ok(Verdict::Yes),
        Err(tui::RunError::Load(error)) => Err(error.into()),
        Err(error @ tui::RunError::Terminal(_)) => {
            Err(Failure::new(error.to_string(), "`routescope tree` prints the same tree without a terminal"))
        }
    }
}
