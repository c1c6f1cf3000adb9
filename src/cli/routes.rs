//! `routescope routes`: what every Gateway's proxy would load, in evaluation order.
#![allow(clippy::doc_markdown)] // the comments on options are their help texts

use clap::{Args, ValueEnum};

use routescope_core::analysis::Analysis;
use routescope_core::model::ObjectKey;
use routescope_core::reachability::Reachability;
use routescope_core::router::GatewayTable;
use routescope_core::visible::visible;
use routescope_render::{data, envoy, routes};

use super::answer::{self, Answer, OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::options::Paths;
use super::requests::gateway_key;
use super::where_cmd::known;
use super::{Context, Verdict, terminal};

/// Print the effective route table, in evaluation order, per gateway, port and host
#[derive(Debug, Clone, Args)]
pub struct RoutesOptions {
    /// What to read.
    #[command(flatten)]
    pub paths: Paths,

    /// Show this Gateway alone
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub gateway: Option<String>,

    /// Show for each rule a request that it decides, or which rules hide it
    #[arg(long)]
    pub witness: bool,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: RoutesFormat,

    /// Answer again whenever the answer changes
    #[arg(short, long, help_heading = "Output")]
    pub watch: bool,
}

/// The formats of route tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoutesFormat {
    /// For a person.
    Text,
    /// For a person with a wide terminal.
    Wide,
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
    /// What one Gateway's Envoy loads: a RouteConfiguration in JSON for each port or HTTPS listener.
    Envoy,
}

/// Prints the route table.
pub fn run(options: &RoutesOptions, context: &Context) -> Result<Verdict, Failure> {
    answer::run(options, context, options.watch)
}

impl Question for RoutesOptions {
    fn shape(&self) -> OutputForm {
        match self.output {
            RoutesFormat::Text | RoutesFormat::Wide => OutputForm::Text,
            RoutesFormat::Json => OutputForm::Json,
            RoutesFormat::Yaml => OutputForm::Yaml,
            // Configurations of two clusters would go by the same names.
            RoutesFormat::Envoy => OutputForm::Drawing,
        }
    }

    fn needs_every_file(&self) -> bool {
        true
    }

    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let (analysis, scope) = (&world.analysis, context.scope());
        let only = self.only(analysis)?;
        let only = only.as_ref();
        let reachability = self.witness.then(|| Reachability::of(analysis.router()));
        let reachability = reachability.as_ref();
        take(match self.output {
            RoutesFormat::Text | RoutesFormat::Wide => {
                let width = (self.output == RoutesFormat::Text).then(terminal::width);
                Answer::Text(routes::text(analysis, only, &scope, context.paint(), width, reachability))
            }
            RoutesFormat::Envoy => Answer::Text(envoys(analysis, only)?),
            RoutesFormat::Json | RoutesFormat::Yaml => {
                Answer::document(routes::data_with(analysis, only, &scope, reachability))
            }
        })?;
        Ok(Verdict::Yes)
    }
}

impl RoutesOptions {
    /// The Gateway that is asked for, which must be there.
    fn only(&self, analysis: &Analysis) -> Result<Option<ObjectKey>, Failure> {
        let only = self.gateway.as_deref().map(gateway_key).transpose()?;
        if let Some(gateway) = &only {
            known(analysis, gateway)?;
        }
        Ok(only)
    }
}

/// What the one Envoy that is meant loads.
fn envoys(analysis: &Analysis, only: Option<&ObjectKey>) -> Result<String, Failure> {
    let gateway = one_envoy(analysis, only)?;
    for (name, why) in envoy::refused(analysis, gateway) {
        let warning = format!("Envoy refuses {name}, and keeps the last good one: {why}");
        terminal::write_err(&format!("warning: {}\n", visible(&warning)));
    }
    Ok(envoy::configurations(analysis, gateway).iter().map(data::json).collect())
}

/// The Gateway whose Envoy is meant: configurations of two Gateways go by the same names.
fn one_envoy<'a>(analysis: &'a Analysis, only: Option<&ObjectKey>) -> Result<&'a GatewayTable, Failure> {
    let wanted = |table: &&GatewayTable| only.is_none_or(|only| *only == table.gateway);
    let (served, others): (Vec<_>, Vec<_>) =
        analysis.table.gateways.iter().filter(wanted).partition(|table| envoy::is_served_by_envoy(analysis, table));
    match (served.as_slice(), others.first()) {
        ([one], _) => Ok(one),
        ([], Some(other)) => Err(Failure::new(
            format!("no Envoy serves Gateway {}: its engine is {}", other.gateway, other.engine.name()),
            "-o json shows its table",
        )),
        ([], None) => Err(Failure::new("there is no Gateway", "-f reads one, or the routes that are attached to one")),
        ([first, ..], _) => Err(Failure::new(
            format!("{} Gateways, and each is an Envoy of its own", served.len()),
            format!("choose one: --gateway {}", first.gateway),
        )),
    }
}
