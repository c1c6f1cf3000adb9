//! The outcomes for a person: what failed, with the whole way of the request that breaks it, then the rules that no test
//! meets.

use std::fmt::Write as _;

use routescope_core::analysis::Analysis;
use routescope_core::expectation::Verdict;
use routescope_core::model::Position;

use crate::answer;
use crate::data::SourceData;
use crate::style::{Line, Role};
use crate::terminal::Paint;
use crate::uncertainty::undetermined;
use crate::witness::request_line;

use super::{Coverage, Outcome, expected, explained};

/// How many rules that no test meets are named.
const NAMED: usize = 10;

/// The outcomes as text.
pub fn text(analysis: &Analysis, outcomes: &[Outcome], coverage: &Coverage, paint: Paint, width: usize) -> String {
    let mut lines = Vec::new();
    for Outcome { file, test, verdict } in outcomes {
        let (role, glyph) = match verdict {
            Verdict::Pass => (Role::Answer, "✓"),
            Verdict::Fail(_) => (Role::Error, "✗"),
            Verdict::Unknown(_) => (Role::Warning, "?"),
        };
        let place = format!("  {file}:{}", test.at.line);
        lines.push(Line::of(role, format!("{glyph} ")).with(Role::Text, test.name.clone()).with(Role::Dim, place));
        match verdict {
            Verdict::Pass => {}
            Verdict::Unknown(why) => {
                lines.extend(answer::wrapped(Line::of(Role::Dim, "    not certain: "), &undetermined(*why), width));
            }
            Verdict::Fail(failed) => {
                lines.push(Line::of(Role::Dim, "    ").with_line(request_line(&failed.request)));
                lines.extend(answer::wrapped(Line::of(Role::Dim, "    expected "), &expected(&test.expect), width));
                match explained(analysis, failed) {
                    Some(answers) => lines.extend(
                        answer::text(analysis, &answers, width.saturating_sub(4), false, false)
                            .into_iter()
                            .map(|line| Line::of(Role::Text, "    ").with_line(line)),
                    ),
                    None => lines.push(Line::of(Role::Error, "    404: no Gateway has a rule for it")),
                }
            }
        }
    }
    let count = |wanted: &str| outcomes.iter().filter(|one| super::result(&one.verdict) == wanted).count();
    lines.push(Line::new());
    let mut summary = format!("{} passed", count("pass"));
    for (result, word) in [("fail", "failed"), ("unknown", "not certain")] {
        if count(result) > 0 {
            let _ = write!(summary, ", {} {word}", count(result));
        }
    }
    lines.push(Line::of(Role::Text, summary));
    let missed: Vec<_> = coverage.missed().collect();
    let met = coverage.all.len() - missed.len();
    lines
        .push(Line::of(Role::Dim, format!("{met} of {} rules are met ({} %)", coverage.all.len(), coverage.percent())));
    for (route, rule) in missed.iter().take(NAMED) {
        let route = analysis.snapshot.route(*route);
        let at = route.rules.get(*rule as usize).map_or_else(Position::default, |rule| rule.at);
        let place = SourceData::of(&route.meta.origin, at).map(|at| format!("  {}:{}", at.file, at.line));
        let name = format!("  not met: {} rule {}", route.meta.key(), rule + 1);
        lines.push(Line::of(Role::Text, name).with(Role::Dim, place.unwrap_or_default()));
    }
    if missed.len() > NAMED {
        lines.push(Line::of(Role::Dim, format!("  and {} more", missed.len() - NAMED)));
    }
    paint.lines(&lines)
}
