//! `routescope check`: everything that is wrong or odd.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use routescope_core::finding::{Finding, Severity};
use routescope_core::parallel;
use routescope_core::reachability;
use routescope_core::resolve::ignore::{self, Ignore, Sorted};
use routescope_core::unreadable;
use routescope_render::findings::{reports, sarif};
use routescope_render::{data, findings};

use super::answer::{self, Answer, OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::options::Paths;
use super::{Context, Verdict, baseline, held_back, terminal};

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

    /// Ignore findings of this code, of all objects or of one; what follows a colon is the reason (repeatable)
    #[arg(long, value_name = "CODE[=KIND/NS/NAME][: REASON]", value_parser = Ignore::parse)]
    pub ignore: Vec<Ignore>,

    /// List the ignored findings too, with the reason and where it is given
    #[arg(long)]
    pub show_ignored: bool,

    /// A file of known findings: only new ones are listed, and fail
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Write all findings to the file of --baseline
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,

    /// Answer again whenever the answer changes
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
    /// SARIF 2.1.0, for code hosts.
    Sarif,
    /// An XML test report, as Jenkins has it.
    Junit,
    /// Annotations of a workflow on GitHub.
    Github,
    /// A table in Markdown.
    Markdown,
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

impl CheckOptions {
    /// The findings that are left when the ignored and the known are set apart; what that leaves over is told.
    fn sorted(&self, all: &[Finding], world: &LoadedSource) -> Result<Sorted, Failure> {
        let mut sorted = ignore::sort(all, &world.analysis.snapshot, &self.ignore);
        let mut said = String::new();
        for unused in &sorted.unused {
            let _ = writeln!(said, "warning: {unused}: remove it");
        }
        if let Some(path) = &self.baseline {
            if self.write_baseline {
                baseline::write(path, &sorted.left)?;
                let _ = writeln!(said, "{} findings written to {}", sorted.left.len(), path.display());
                sorted.left.clear();
            } else {
                let known = baseline::read(path)?;
                let before = sorted.left.len();
                let (new, gone) = baseline::new_ones(std::mem::take(&mut sorted.left), &known);
                for one in &gone {
                    let _ = writeln!(said, "warning: {}: no longer found: {one}", path.display());
                }
                if !gone.is_empty() {
                    said += "hint: --write-baseline removes them\n";
                }
                if before > new.len() {
                    let _ =
                        writeln!(said, "{} known findings of {} are not listed", before - new.len(), path.display());
                }
                sorted.left = new;
            }
        }
        terminal::write_err(&said);
        Ok(sorted)
    }
}

impl Question for CheckOptions {
    fn shape(&self) -> OutputForm {
        match self.output {
            CheckFormat::Text => OutputForm::Text,
            CheckFormat::Json => OutputForm::Json,
            CheckFormat::Yaml => OutputForm::Yaml,
            CheckFormat::Sarif | CheckFormat::Junit | CheckFormat::Github | CheckFormat::Markdown => {
                OutputForm::Drawing
            }
        }
    }

    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let scope = context.scope();
        let analysis = &world.analysis;
        let of_sets = reachability::findings(analysis.router(), parallel::threads());
        let mut held = held_back::Held::new(&analysis.snapshot, &world.otherwise);
        let of_sets: Vec<Finding> = of_sets.into_iter().filter(|finding| held.leaves(finding)).collect();
        let of_all = analysis.findings.iter().chain(&of_sets);
        let mut all: Vec<Finding> =
            of_all.filter(|finding| scope.is_everything() || scope.holds_finding(finding)).cloned().collect();
        // As a compiler lists them: file by file from the top; then what is about no file.
        all.sort_by_cached_key(|finding| {
            let place = finding.place.as_ref().map(|place| (place.source.name.clone(), place.at));
            (place.is_none(), place)
        });
        let Sorted { left: all, ignored, .. } = self.sorted(&all, world)?;
        let ignored = self.show_ignored.then_some(&ignored[..]);
        let snapshot = &analysis.snapshot;
        // What is not certain is reported, and is not a reason to fail.
        let fails = |finding: &Finding| {
            self.fail_on.fails(finding.severity) && unreadable::of_finding(snapshot, finding).is_none()
        };
        take(match self.output {
            CheckFormat::Text => Answer::Text(findings::text(snapshot, &all, ignored, context.paint())),
            CheckFormat::Json | CheckFormat::Yaml => Answer::document(findings::data(snapshot, &all, ignored)),
            // A format of others, with a version of its own.
            CheckFormat::Sarif => Answer::Text(data::json(&sarif::sarif(&all))),
            CheckFormat::Junit => Answer::Text(reports::junit(&all, |severity| self.fail_on.fails(severity))),
            CheckFormat::Github => Answer::Text(reports::github(&all)),
            CheckFormat::Markdown => Answer::Text(reports::markdown(&all)),
        })?;
        Ok(Verdict::from_no(all.iter().any(fails)))
    }

    fn tells_findings(&self) -> bool {
        true
    }
}
