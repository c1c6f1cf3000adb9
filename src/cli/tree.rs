//! `routescope tree`: the delegation tree.

use std::io::Write;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use routescope_render::outline::Outline;
use routescope_render::{data, tree, yaml};

use super::answer::{self, OutputForm, Question, Unwritten};
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

    /// A delegation that spreads out is a hundred times the text of its tree, and that much more with indents.
    fn write(
        &self,
        world: &LoadedSource,
        context: &Context,
        shape: OutputForm,
        verdict: &mut Verdict,
        out: &mut dyn Write,
    ) -> Result<(), Unwritten> {
        let outline = Outline::within(Arc::clone(&world.analysis), &context.scope());
        match shape {
            OutputForm::Json => data::json_to(out, &tree::data(&outline))?,
            OutputForm::Yaml => yaml::write_to(out, &tree::data(&outline))?,
            _ => return self.write_whole(world, context, shape, verdict, out),
        }
        Ok(())
    }

    fn answer(&self, world: &LoadedSource, context: &Context, shape: OutputForm) -> Result<(String, Verdict), Failure> {
        let outline = Outline::within(Arc::clone(&world.analysis), &context.scope());
        let text = match shape {
            OutputForm::Text => tree::text(&outline, context.paint(), self.output == TreeFormat::Wide),
            OutputForm::Json | OutputForm::Lines => data::json(&tree::data(&outline)),
            OutputForm::Yaml => data::yaml(&tree::data(&outline)),
            OutputForm::Drawing if self.output == TreeFormat::Mermaid => tree::mermaid(&outline),
            OutputForm::Drawing => tree::dot(&outline),
        };
        Ok((text, Verdict::Yes))
    }
}
