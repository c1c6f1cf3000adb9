//! `routescope tree`: the delegation tree.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use routescope_render::outline::Outline;
use routescope_render::tree;

use super::answer::{self, Answer, OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::options::Paths;
use super::{Context, Verdict};

/// Print the delegation tree: Gateway, listener, parent rule, label, child rule, backend
#[derive(Debug, Clone, Args)]
pub struct TreeOptions {
    /// What to read.
    #[command(flatten)]
    pub paths: Paths,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: TreeFormat,

    /// Answer again whenever the answer changes
    #[arg(short, long, help_heading = "Output")]
    pub watch: bool,
}

/// The formats of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TreeFormat {
    /// For a person.
    Text,
    /// For a person, with file and line of everything.
    Wide,
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
    /// A mermaid flowchart.
    Mermaid,
    /// A Graphviz digraph.
    Dot,
}

/// Prints the tree.
pub fn run(options: &TreeOptions, context: &Context) -> Result<Verdict, Failure> {
    answer::run(options, context, options.watch)
}

impl Question for TreeOptions {
    fn shape(&self) -> OutputForm {
        match self.output {
            TreeFormat::Text | TreeFormat::Wide => OutputForm::Text,
            TreeFormat::Json => OutputForm::Json,
            TreeFormat::Yaml => OutputForm::Yaml,
            TreeFormat::Mermaid | TreeFormat::Dot => OutputForm::Drawing,
        }
    }

    fn needs_every_file(&self) -> bool {
        true
    }

    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let outline = Outline::within(Arc::clone(&world.analysis), &context.scope());
        take(match self.output {
            TreeFormat::Text | TreeFormat::Wide => {
                Answer::Text(tree::text(&outline, context.paint(), self.output == TreeFormat::Wide))
            }
            TreeFormat::Json | TreeFormat::Yaml => Answer::document(tree::data(&outline)),
            TreeFormat::Mermaid => Answer::Text(tree::mermaid(&outline)),
            TreeFormat::Dot => Answer::Text(tree::dot(&outline)),
        })?;
        Ok(Verdict::Yes)
    }
}
