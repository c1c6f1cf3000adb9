//! The outcomes as `JUnit` XML, as pipelines read it.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use routescope_core::analysis::Analysis;
use routescope_core::expectation::Verdict;
use routescope_core::visible::visible;

use crate::diff::outcome as in_words;
use crate::uncertainty::undetermined;
use crate::witness::url;

use super::{Outcome, expected};

/// The outcomes as `JUnit` XML: one suite for each file. With `lenient`, what is not certain is skipped.
pub fn junit(_: &Analysis, outcomes: &[Outcome], lenient: bool) -> String {
    let mut files: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !files.contains(&outcome.file.as_str()) {
            files.push(&outcome.file);
        }
    }
    let mut report = Report::new("routescope test");
    for file in files {
        let mut suite = TestSuite::new(plain(file));
        for Outcome { file, test, verdict } in outcomes.iter().filter(|one| one.file == file) {
            let mut status = match verdict {
                Verdict::Pass => TestCaseStatus::success(),
                Verdict::Unknown(_) if lenient => TestCaseStatus::skipped(),
                Verdict::Unknown(_) | Verdict::Fail(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
            };
            let said = match verdict {
                Verdict::Pass => None,
                Verdict::Unknown(why) => Some(format!("not certain: {}", undetermined(*why))),
                Verdict::Fail(failed) => {
                    let request = &failed.request;
                    let answer = in_words(request, failed.decision.as_ref());
                    let expected = expected(&test.expect);
                    Some(format!("{} {}: {answer}, expected {expected}", request.method, url(request)))
                }
            };
            if let Some(said) = said {
                status.set_message(plain(&said)).set_description(plain(&format!("{file}:{}", test.at.line)));
            }
            let mut case = TestCase::new(plain(&test.name), status);
            case.set_classname(plain(file));
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string().unwrap_or_default()
}

/// Text without what XML cannot hold.
fn plain(text: &str) -> String {
    visible(text).into_owned()
}
