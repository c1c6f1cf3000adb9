//! `routescope routes`: what every Gateway's proxy would load, in evaluation order.

use clap::Args;

use crate::render::{data, routes};

use super::failure::Failure;
use super::options::TableFormat;
use super::{Context, Verdict, load, terminal};

/// Print the effective route table, in evaluation order, per gateway, port and host
#[derive(Debug, Clone, Args)]
pub struct RoutesOptions {
    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: TableFormat,
}

/// Prints the route table.
pub fn run(options: &RoutesOptions, context: &Context) -> Result<Verdict, Failure> {
    let world = load::load(&context.source, &context.settings)?;
    let analysis = &world.analysis;
    let text = match options.output {
        TableFormat::Text => routes::text(analysis, context.paint(), Some(terminal::width())),
        TableFormat::Wide => routes::text(analysis, context.paint(), None),
        TableFormat::Json => data::json(&routes::data(analysis)),
        TableFormat::Yaml => data::yaml(&routes::data(analysis)),
    };
    context.print(&text)?;
    Ok(Verdict::Yes)
}
