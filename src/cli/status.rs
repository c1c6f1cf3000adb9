//! `routescope status`: what the controller would write, and where a recorded status is another one.

use clap::Args;

use routescope_core::status;
use routescope_core::unreadable;
use routescope_render::status as render;

use super::answer::{self, Answer, OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::options::{Paths, TableFormat};
use super::{Context, Verdict, terminal};

/// Predict the status the controller writes, and compare it with the one recorded
#[derive(Debug, Clone, Args)]
pub struct StatusOptions {
    /// What to read.
    #[command(flatten)]
    pub paths: Paths,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: TableFormat,

    /// Answer again whenever the answer changes
    #[arg(short, long, help_heading = "Output")]
    pub watch: bool,
}

/// Prints the statuses.
pub fn run(options: &StatusOptions, context: &Context) -> Result<Verdict, Failure> {
    answer::run(options, context, options.watch)
}

impl Question for StatusOptions {
    fn shape(&self) -> OutputForm {
        self.output.shape()
    }

    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let analysis = &world.analysis;
        let mut statuses = status::predict(analysis);
        let mut differences = status::differences(analysis, &statuses);
        context.scope().narrow(analysis, &mut statuses, &mut differences);
        if self.shape() == OutputForm::Text {
            let width = (self.output == TableFormat::Text).then(terminal::width);
            take(Answer::Text(render::text(analysis, &statuses, &differences, context.paint(), width)))?;
        } else {
            take(Answer::document(render::data(analysis, &statuses, &differences)))?;
        }
        // A difference from what is not certain is told, and is none to fail for.
        let certain = unreadable::of_statuses(&analysis.snapshot).is_none();
        Ok(Verdict::from_no(certain && !differences.is_empty()))
    }
}
