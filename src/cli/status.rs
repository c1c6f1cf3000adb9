//! `routescope status`: what the controller would write, and where a recorded status is another one.

use clap::Args;

use crate::render::{data, status as render};
use crate::status;

use super::failure::Failure;
use super::options::TableFormat;
use super::{Context, Verdict, load, terminal};

/// Predict the status the controller writes, and compare it with the one recorded
#[derive(Debug, Clone, Args)]
pub struct StatusOptions {
    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: TableFormat,
}

/// Prints the statuses.
pub fn run(options: &StatusOptions, context: &Context) -> Result<Verdict, Failure> {
    let world = load::load(&context.source, &context.settings)?;
    let analysis = &world.analysis;
    let statuses = status::predict(analysis);
    let differences = status::differences(analysis, &statuses);
    let text = match options.output {
        TableFormat::Text => render::text(analysis, &statuses, &differences, context.paint(), Some(terminal::width())),
        TableFormat::Wide => render::text(analysis, &statuses, &differences, context.paint(), None),
        TableFormat::Json => data::json(&render::data(analysis, &statuses, &differences)),
        TableFormat::Yaml => data::yaml(&render::data(analysis, &statuses, &differences)),
    };
    context.print(&text)?;
    Ok(Verdict::from_no(!differences.is_empty()))
}
