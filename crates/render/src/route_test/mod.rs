//! What came of expectation files: for a person, for a program, for a pipeline.

mod expected;
mod junit;
mod lcov;
mod start;
mod text;

use std::collections::BTreeSet;

use serde::Serialize;

use routescope_core::analysis::Analysis;
use routescope_core::expectation::{Failed, RuleId, Test, Verdict, rules};
use routescope_core::model::{Name, Position};

use crate::answer::{AnswerData, Answers};
use crate::data::SourceData;
use crate::uncertainty::undetermined;
use crate::witness::RequestLine;

pub use expected::expected;
pub use junit::junit;
pub use lcov::lcov;
pub use start::first_file;
pub use text::text;

/// A test, where it is written, and what came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The file it is in.
    pub file: String,
    /// The test.
    pub test: Test,
    /// What came of it.
    pub verdict: Verdict,
}

/// `test -o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct TestsData {
    pub tests: Vec<TestData>,
    pub coverage: CoverageData,
}

/// One test.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct TestData {
    pub name: String,
    pub file: String,
    pub line: u32,
    pub result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<CounterexampleData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A request of which a test does not hold.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct CounterexampleData {
    pub request: RequestLine,
    /// Null where nothing answers.
    pub answer: Option<AnswerData>,
}

/// Which rules the tests meet.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct CoverageData {
    pub rules: usize,
    pub met: usize,
    pub percent: f64,
    pub missed: Vec<MissedData>,
}

/// A rule that no test meets.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct MissedData {
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    pub rule: u32,
    pub source: Option<SourceData>,
}

/// The rules of a world, and which of them tests meet.
#[derive(Debug)]
pub struct Coverage {
    all: Vec<RuleId>,
    met: BTreeSet<RuleId>,
}

impl Coverage {
    /// Of the rules that were met.
    pub fn of(analysis: &Analysis, met: BTreeSet<RuleId>) -> Self {
        Self { all: rules(analysis), met }
    }

    /// How many of a hundred rules are met; all, where there are none.
    #[allow(clippy::cast_precision_loss)] // no world has so many rules
    pub fn percent(&self) -> f64 {
        if self.all.is_empty() {
            return 100.0;
        }
        (self.met.len() as f64 * 1000.0 / self.all.len() as f64).round() / 10.0
    }

    fn missed(&self) -> impl Iterator<Item = RuleId> + '_ {
        self.all.iter().copied().filter(|rule| !self.met.contains(rule))
    }

    fn data(&self, analysis: &Analysis) -> CoverageData {
        let missed = self.missed().map(|(route, rule)| {
            let route = analysis.snapshot.route(route);
            let at = route.rules.get(rule as usize).map_or_else(Position::default, |rule| rule.at);
            MissedData {
                kind: route.kind.name(),
                namespace: route.meta.namespace.clone(),
                name: route.meta.name.clone(),
                rule,
                source: SourceData::of(&route.meta.origin, at),
            }
        });
        CoverageData { rules: self.all.len(), met: self.met.len(), percent: self.percent(), missed: missed.collect() }
    }
}

/// The word of the JSON contract.
fn result(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail(_) => "fail",
        Verdict::Unknown(_) => "unknown",
    }
}

/// The answer that a test fails on, with the rows that lost.
fn explained(analysis: &Analysis, failed: &Failed) -> Option<Answers> {
    let decision = failed.decision.as_ref()?;
    let gateway = &analysis.table.gateways[decision.gateway as usize].gateway;
    Some(Answers::of(analysis, failed.request.clone(), Some(gateway), false))
}

/// The outcomes as data.
pub fn data(analysis: &Analysis, outcomes: &[Outcome], coverage: &Coverage) -> TestsData {
    let tests = outcomes.iter().map(|Outcome { file, test, verdict }| {
        let (counterexample, why) = match verdict {
            Verdict::Pass => (None, None),
            Verdict::Unknown(why) => (None, Some(undetermined(*why))),
            Verdict::Fail(failed) => {
                let answers = explained(analysis, failed);
                let answer =
                    answers.and_then(|answers| crate::answer::line(analysis, &answers).answers.into_iter().next());
                (Some(CounterexampleData { request: RequestLine::from(&failed.request), answer }), None)
            }
        };
        TestData {
            name: test.name.clone(),
            file: file.clone(),
            line: test.at.line,
            result: result(verdict),
            counterexample,
            why,
        }
    });
    TestsData { tests: tests.collect(), coverage: coverage.data(analysis) }
}
