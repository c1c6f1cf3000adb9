//! The outcomes as `JUnit` XML, as pipelines read it.

use std::fmt::Write as _;

use routescope_core::analysis::Analysis;
use routescope_core::expectation::Verdict;

use crate::diff::outcome as in_words;
use crate::witness::url;

use super::Outcome;

/// The outcomes as `JUnit` XML: one suite for each file. With `lenient`, what is not certain is skipped.
pub fn junit(_: &Analysis, outcomes: &[Outcome], lenient: bool) -> String {
    let mut files: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !files.contains(&outcome.file.as_str()) {
            files.push(&outcome.file);
        }
    }
    let fails = |outcome: &&Outcome| match outcome.verdict {
        Verdict::Pass => false,
        Verdict::Fail(_) => true,
        Verdict::Unknown(_) => !lenient,
    };
    let failures = outcomes.iter().filter(fails).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"routescope test\" tests=\"{}\" failures=\"{failures}\">", outcomes.len());
    for file in files {
        let of_file: Vec<&Outcome> = outcomes.iter().filter(|one| one.file == file).collect();
        let failures = of_file.iter().filter(|one| fails(one)).count();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">",
            escaped(file),
            of_file.len()
        );
        for Outcome { file, test, verdict } in of_file {
            let name = escaped(&test.name);
            let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{}\"", escaped(file));
            match verdict {
                Verdict::Pass => out.push_str("/>\n"),
                Verdict::Unknown(why) => {
                    let tag = if lenient { "skipped" } else { "failure" };
                    let why = escaped(why);
                    let _ = writeln!(out, ">\n      <{tag} message=\"not certain: {why}\"/>\n    </testcase>");
                }
                Verdict::Fail(failed) => {
                    let said = format!(
                        "{} {}: {}",
                        failed.request.method,
                        url(&failed.request),
                        in_words(failed.decision.as_ref())
                    );
                    let place = escaped(&format!("{file}:{}", test.at.line));
                    let said = escaped(&said);
                    let _ = writeln!(out, ">\n      <failure message=\"{said}\">{place}</failure>\n    </testcase>");
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text in XML, without what XML cannot hold.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(letter));
            }
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
    out
}
