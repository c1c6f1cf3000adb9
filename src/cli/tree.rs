//! `routescope tree`: the delegation tree.

use clap::{Args, ValueEnum};

use crate::render::outline::Outline;
use crate::render::{data, tree};

use super::failure::Failure;
use super::{Context, Verdict, load};

/// Print the delegation tree: Gateway, listener, parent rule, label, child rule, backend
#[derive(Debug, Clone, Args)]
pub struct TreeOptions {
    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: TreeFormat,
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
    let world = load::load(&context.source, &context.settings)?;
    let outline = Outline::of(world.analysis);
    let text = match options.output {
        TreeFormat::Text => tree::text(&outline, context.paint(), false),
        TreeFormat::Wide => tree::text(&outline, context.paint(), true),
        TreeFormat::Json => data::json(&tree::data(&outline)),
        TreeFormat::Yaml => data::yaml(&tree::data(&outline)),
        TreeFormat::Mermaid => tree::mermaid(&outline),
        TreeFormat::Dot => tree::dot(&outline),
    };
    context.print(&text)?;
    Ok(Verdict::Yes)
}
