//! `routescope test`: expectation files, and whether what they say holds.
#![allow(clippy::doc_markdown)] // the comments on options are their help texts

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use routescope_core::expectation::{self, Asks, Test, Verdict as Held};
use routescope_core::model::ObjectKey;
use routescope_manifest::{request_file, route_test};
use routescope_render::route_test::{self as render, Coverage, Outcome};

use super::answer::{self, Answer, OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::where_cmd::known;
use super::{Context, Verdict, terminal};

/// Hold routes against expectation files: single requests, or all requests of a region, and where they must go
#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit codes: 0 every test holds; 1 one does not, or too few rules are met; 2 error")]
pub struct TestOptions {
    /// Expectation files, or - for standard input
    #[arg(value_name = "FILE", required_unless_present = "init")]
    pub files: Vec<PathBuf>,

    /// Print a first expectation file: one test for each rule
    #[arg(long)]
    pub init: bool,

    /// Take "not certain" for a pass
    #[arg(long)]
    pub allow_unknown: bool,

    /// Exit with 1 when fewer of a hundred rules are met by the tests
    #[arg(long, value_name = "PERCENT")]
    pub fail_under: Option<f64>,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: TestFormat,
}

/// The formats of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For a person.
    Text,
    /// JSON, indented.
    Json,
    /// JUnit XML.
    Junit,
    /// An LCOV tracefile of the rules that are met.
    Lcov,
}

/// Runs the tests.
pub fn run(options: &TestOptions, context: &Context) -> Result<Verdict, Failure> {
    if let (true, Some(path)) = (options.init, options.files.first()) {
        let path = path.display();
        let message = format!("--init writes an expectation file and reads none: {path}");
        return Err(Failure::new(message, format!("name the manifests with -f: routescope test --init -f {path}")));
    }
    let mut tests = Vec::new();
    let mut mistakes = 0;
    for path in &options.files {
        if path.is_dir() {
            let path = path.display();
            let hint = format!("name the files in it; manifests are given with -f: routescope test FILE -f {path}");
            return Err(Failure::new(format!("{path} is a folder, not an expectation file"), hint));
        }
        let name = path.display().to_string();
        match route_test::parse(&name, &request_file::read(path)?) {
            Ok(of_file) => tests.extend(of_file.into_iter().map(|test| (name.clone(), test))),
            Err(found) => {
                for route_test::Mistake { at, message, hint } in &found {
                    let hint = hint.as_ref().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
                    terminal::write_err(&format!("error: {name}:{}:{}: {message}\n{hint}", at.line, at.column));
                }
                mistakes += found.len();
            }
        }
    }
    if mistakes > 0 {
        return Ok(Verdict::Partly);
    }
    answer::run(&TestRun { options, tests: RefCell::new(tests) }, context, false)
}

struct TestRun<'o> {
    options: &'o TestOptions,
    tests: RefCell<Vec<(String, Test)>>,
}

impl Question for TestRun<'_> {
    fn shape(&self) -> OutputForm {
        match self.options.output {
            TestFormat::Json => OutputForm::Json,
            TestFormat::Text => OutputForm::Text,
            TestFormat::Junit | TestFormat::Lcov => OutputForm::Drawing,
        }
    }

    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let analysis = &world.analysis;
        if self.options.init {
            take(Answer::Text(render::first_file(analysis)))?;
            return Ok(Verdict::Yes);
        }
        let mut met = BTreeSet::new();
        let mut outcomes = Vec::new();
        for (file, test) in self.tests.borrow().iter() {
            let gateway: Option<&ObjectKey> = match &test.asks {
                Asks::Request { gateway, .. } => gateway.as_ref(),
                Asks::All(region) => region.gateway.as_ref(),
            };
            if let Some(gateway) = gateway {
                known(analysis, gateway).map_err(|Failure { message, hint }| Failure {
                    message: format!("{file}:{}:{}: {message}", test.at.line, test.at.column),
                    hint,
                })?;
            }
            let verdict = expectation::run(analysis, test, &mut met);
            outcomes.push(Outcome { file: file.clone(), test: test.clone(), verdict });
        }
        let coverage = Coverage::of(analysis, met);
        let lenient = self.options.allow_unknown;
        let fails = outcomes.iter().any(|one| match one.verdict {
            Held::Pass => false,
            Held::Fail(_) => true,
            Held::Unknown(_) => !lenient,
        });
        let under = self.options.fail_under.filter(|least| coverage.percent() < *least);
        if let Some(least) = under {
            let percent = coverage.percent();
            terminal::write_err(&format!(
                "error: the tests meet {percent} % of the rules, and {least} % are required\n"
            ));
        }
        take(match self.options.output {
            TestFormat::Text => {
                Answer::Text(render::text(analysis, &outcomes, &coverage, context.paint(), terminal::width()))
            }
            TestFormat::Json => Answer::document(render::data(analysis, &outcomes, &coverage)),
            TestFormat::Junit => Answer::Text(render::junit(analysis, &outcomes, lenient)),
            TestFormat::Lcov => Answer::Text(render::lcov(analysis, &coverage)),
        })?;
        Ok(Verdict::from_no(fails || under.is_some()))
    }
}
