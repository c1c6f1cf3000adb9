//! `routescope check`: everything that is wrong or odd.

use clap::{Args, ValueEnum};

use routescope_core::finding::{Finding, Severity};
use routescope_core::reachability;
use routescope_core::spread;
use routescope_core::unreadable;
use routescope_render::{data, findings};

use super::answer::{self, Question, Shape};
use super::failure::Failure;
use super::load::World;
use super::options::Paths;
use super::{Context, Verdict};

/// List what is broken or odd, with its place and what to do about it
#[derive(Debug, Clone, Args)]
pub struct CheckOptions {
    /// What to read.
    #[command(flatten)]
    pub paths: Paths,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: CheckFormat,

    /// Exit with 1 when there is a finding this bad, or worse
    #[arg(long, value_name = "SEVERITY", default_value = "error", env = "ROUTESCOPE_FAIL_ON", hide_env_values = true)]
    pub fail_on: FailOn,

    /// Answer again whenever the cluster changes the answer
    #[arg(short, long, help_heading = "Output")]
    pub watch: bool,
}

/// The formats of a list of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For a person.
    Text,
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
}

/// From which severity on a finding fails the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

/// Prints the findings.
pub fn run(options: &CheckOptions, context: &Context) -> Result<Verdict, Failure> {
    answer::run(options, context, options.watch)
}

impl Question for CheckOptions {
    fn shape(&self) -> Shape {
        match self.output {
            CheckFormat::Text => Shape::Text,
            CheckFormat::Json => Shape::Json,
            CheckFormat::Yaml => Shape::Yaml,
        }
    }

    fn answer(&self, world: &World, context: &Context, shape: Shape) -> Result<(String, Verdict), Failure> {
        let scope = context.scope();
        let analysis = &world.analysis;
        let of_sets = reachability::findings(analysis.router(), spread::threads());
        let of_all = analysis.findings.iter().chain(&of_sets);
        let all: Vec<Finding> =
            of_all.filter(|finding| scope.is_everything() || scope.holds_finding(finding)).cloned().collect();
        let all = all.as_slice();
        let snapshot = &analysis.snapshot;
        let text = match shape {
            Shape::Text | Shape::Drawing => findings::text(snapshot, all, context.paint()),
            Shape::Json | Shape::Lines => data::json(&findings::data(snapshot, all)),
            Shape::Yaml => data::yaml(&findings::data(snapshot, all)),
        };
        // What is not certain is told, and is no reason to fail.
        let fails = |finding: &Finding| {
            self.fail_on.fails(finding.severity) && unreadable::of_finding(snapshot, finding).is_none()
        };
        Ok((text, Verdict::from_no(all.iter().any(fails))))
    }

    fn tells_findings(&self) -> bool {
        true
    }
}
