//! `routescope routes`: what every Gateway's proxy would load, in evaluation order.

use clap::Args;

use crate::render::{data, routes};

use super::answer::{self, Question, Shape};
use super::failure::Failure;
use super::load::World;
use super::options::TableFormat;
use super::{Context, Verdict, terminal};

/// Print the effective route table, in evaluation order, per gateway, port and host
#[derive(Debug, Clone, Args)]
pub struct RoutesOptions {
    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: TableFormat,

    /// Answer again whenever the cluster changes the answer
    #[arg(short, long, help_heading = "Output")]
    pub watch: bool,
}

/// Prints the route table.
pub fn run(options: &RoutesOptions, context: &Context) -> Result<Verdict, Failure> {
    answer::run(options, context, options.watch)
}

impl Question for RoutesOptions {
    fn shape(&self) -> Shape {
        self.output.shape()
    }

    fn answer(&self, world: &World, context: &Context, shape: Shape) -> Result<(String, Verdict), Failure> {
        let (analysis, scope) = (&world.analysis, context.scope());
        let text = match shape {
            Shape::Text | Shape::Drawing => {
                let width = (self.output == TableFormat::Text).then(terminal::width);
                routes::text(analysis, &scope, context.paint(), width)
            }
            Shape::Json | Shape::Lines => data::json(&routes::data(analysis, &scope)),
            Shape::Yaml => data::yaml(&routes::data(analysis, &scope)),
        };
        Ok((text, Verdict::Yes))
    }
}
