//! Findings for pipelines: `JUnit`, annotations of GitHub's workflows, Markdown.

use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use routescope_core::finding::{Finding, Severity};
use routescope_core::model::SourceKind;
use routescope_core::visible::visible;

use super::{help, message};

/// As `JUnit`: a test case for each finding, which fails when `fails` says so and is skipped otherwise; one that passes
/// when there is none.
pub fn junit(findings: &[Finding], fails: impl Fn(Severity) -> bool) -> String {
    let mut suite = TestSuite::new("routescope check");
    for finding in findings {
        let what = finding.subject.as_ref().map_or_else(String::new, |subject| format!(" {subject}"));
        let place = finding.place.as_ref().map_or_else(String::new, |place| visible(&place.to_string()).into_owned());
        let mut status = if fails(finding.severity) {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        } else {
            TestCaseStatus::skipped()
        };
        status.set_message(visible(&message(finding)).into_owned()).set_type(finding.code.name());
        status.set_description(lines(finding));
        let mut case =
            TestCase::new(visible(format!("{}{what} {place}", finding.code).trim_end()).into_owned(), status);
        case.set_classname(finding.code.name());
        suite.add_test_case(case);
    }
    if findings.is_empty() {
        suite.add_test_case(TestCase::new("no problems found", TestCaseStatus::success()));
    }
    let mut report = Report::new("routescope");
    report.add_test_suite(suite);
    report.to_string().unwrap_or_default()
}

fn lines(finding: &Finding) -> String {
    let mut lines = format!("{}: {}", finding.severity.name(), visible(&super::sentence(finding)));
    if let Some(place) = &finding.place {
        let _ = write!(lines, "\n{}", visible(&place.to_string()));
    }
    if let Some(help) = help(finding) {
        let _ = write!(lines, "\nhelp: {}", visible(&help));
    }
    lines
}

/// As annotations of a GitHub workflow, a line each.
pub fn github(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let command = match finding.severity {
            Severity::Info => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let mut properties = Vec::new();
        if let Some(place) = finding.place.as_ref().filter(|place| place.source.kind == SourceKind::File) {
            properties.push(format!("file={}", property(&place.source.name)));
            if place.at.is_known() {
                properties.push(format!("line={}", place.at.line));
                properties.push(format!("col={}", place.at.column.max(1)));
            }
        }
        properties.push(format!("title={}", property(finding.code.name())));
        let mut message = super::sentence(finding);
        if let Some(help) = help(finding) {
            let _ = write!(message, "\n{help}");
        }
        let _ = writeln!(out, "::{command} {}::{}", properties.join(","), data(&message));
    }
    out
}

/// A workflow command ends with its line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// As a table in Markdown.
pub fn markdown(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "✓ no problems found\n".to_owned();
    }
    let mut out = "| Severity | Finding | Object | Place |\n|---|---|---|---|\n".to_owned();
    for finding in findings {
        let what = finding.subject.as_ref().map_or_else(String::new, ToString::to_string);
        let place = finding.place.as_ref().map_or_else(String::new, |place| format!("`{place}`"));
        let mut said = format!("**{}**: {}", finding.code, cell(&message(finding)));
        if let Some(help) = help(finding) {
            let _ = write!(said, "<br>{}", cell(&help));
        }
        let _ = writeln!(out, "| {} | {said} | {} | {} |", finding.severity.name(), cell(&what), cell_code(&place));
    }
    out
}

fn cell(text: &str) -> String {
    let mut out = String::new();
    for letter in visible(text).chars() {
        match letter {
            '|' | '*' | '_' | '`' | '<' | '[' | ']' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}

fn cell_code(text: &str) -> String {
    visible(text).replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use routescope_core::finding::{Advice, Code, Finding, Severity};

    use super::*;

    fn finding(message: &str) -> Finding {
        Finding {
            code: Code::NoBackends,
            severity: Severity::Error,
            place: None,
            subject: None,
            problem: message.to_owned().into(),
            advice: Some(Advice::Text("add one".to_owned())),
            fix: Vec::new(),
        }
    }

    #[test]
    fn a_workflow_command_stays_on_its_line() {
        assert_eq!(github(&[finding("50% of\nit")]), "::error title=no-backends::50%25 of%0Ait%0Aadd one\n");
    }

    #[test]
    fn a_cell_keeps_its_table() {
        let table = markdown(&[finding("a|b *c*")]);
        assert!(table.contains(r"a\|b \*c\*<br>add one"), "{table}");
    }

    #[test]
    fn what_does_not_fail_is_skipped() {
        let all = [finding("<broken>")];
        let xml = junit(&all, |_| true);
        assert!(xml.contains(r#"failures="1""#) && xml.contains("&lt;broken&gt;"), "{xml}");
        assert!(junit(&all, |_| false).contains(r#"skipped="1""#));
        assert!(junit(&[], |_| true).contains("no problems found"));
    }
}
