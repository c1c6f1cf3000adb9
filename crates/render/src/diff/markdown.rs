//! A comparison as a pull request comment: a table, the details folded, within the size that GitHub takes.

use std::fmt::Write as _;

use crate::uncertainty::undetermined;
use crate::witness::url;
use routescope_core::analysis::Analysis;
use routescope_core::reachability::{Comparison, Kind};
use routescope_core::visible::visible;

use super::because::because;
use super::{Replay, outcomes, rule, sorted, summary, undecided};

/// GitHub takes 65,536 characters of a comment; some are left for what stands around it.
const LIMIT: usize = 60_000;

/// So many rows are named of which it was not found out what becomes of their requests.
const UNKNOWN: usize = 20;

/// The comparison as Markdown.
pub fn markdown(sides: [&Analysis; 2], names: [&str; 2], comparison: &Comparison, replay: Option<&Replay>) -> String {
    let mut out = format!("### Routing: {}\n\n{} → {}\n", summary(comparison), code(names[0]), code(names[1]));
    if let Some(replay) = replay {
        let share = replay.share(replay.changed);
        let _ = write!(out, "\n{} of {} replayed requests change ({share})\n", replay.changed, replay.requests);
    }
    let changes = sorted(sides, comparison);
    let mut rows = Vec::with_capacity(changes.len());
    let mut details = Vec::with_capacity(changes.len());
    for change in &changes {
        let kind = Kind::of(change.before.as_ref(), change.after.as_ref()).name();
        let request = code(&format!("{} {}", change.request.method, url(&change.request)));
        let [before, after] = outcomes(change);
        rows.push(format!("| {kind} | {request} | {} | {} |\n", cell(&before), cell(&after)));
        let mut detail = format!("- **{kind}** {request}");
        for (name, value) in &change.request.headers {
            let _ = write!(detail, " {}", code(&format!("{name}: {value}")));
        }
        detail.push('\n');
        for (word, seen, analysis, decision) in
            [("before", &before, sides[0], change.before.as_ref()), ("after", &after, sides[1], change.after.as_ref())]
        {
            let by = match rule(analysis, decision) {
                Some((name, place)) => format!(", by {} {}", code(&name), cell(&place.to_string())),
                None => String::new(),
            };
            let _ = writeln!(detail, "  - {word}: {}{by}", cell(seen));
        }
        for reason in because(sides, change) {
            let place = reason.source.map(|at| cell(&format!("{}:{} ", at.file, at.line))).unwrap_or_default();
            let _ = writeln!(detail, "  - because: {place}{}", cell(&reason.text));
        }
        details.push(detail);
    }
    if !comparison.unknown.is_empty() {
        out.push_str("\nNot found out:\n\n");
        for one in comparison.unknown.iter().take(UNKNOWN) {
            let row = undecided(sides, one).plain();
            let _ = writeln!(out, "- {}: {}", cell(&row), cell(&undetermined(one.why)));
        }
        if comparison.unknown.len() > UNKNOWN {
            let _ = writeln!(out, "- and {} more", comparison.unknown.len() - UNKNOWN);
        }
    }
    if rows.is_empty() {
        return out;
    }
    out.push_str("\n| | request | before | after |\n|---|---|---|---|\n");
    let left_out = push_within(&mut out, &rows, LIMIT / 2);
    if left_out > 0 {
        let _ = write!(out, "\n{left_out} more changes are left out\n");
    }
    out.push_str("\n<details><summary>Details</summary>\n\n");
    let left_out = push_within(&mut out, &details, LIMIT);
    if left_out > 0 {
        let _ = write!(out, "\n{left_out} more are left out\n");
    }
    out.push_str("\n</details>\n");
    out
}

/// Adds as many parts as fit; returns how many do not.
fn push_within(out: &mut String, parts: &[String], limit: usize) -> usize {
    for (at, part) in parts.iter().enumerate() {
        if out.len() + part.len() > limit {
            return parts.len() - at;
        }
        out.push_str(part);
    }
    0
}

/// Text as code, whatever it holds.
fn code(text: &str) -> String {
    let text = visible(text).replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in visible(text).chars() {
        match letter {
            '|' | '*' | '_' | '`' | '<' | '[' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}
