//! A comparison for a person: by owner, then host and path; what moves, from where to where, and why.

use crate::answer::{wrapped, wrapped_as};
use crate::phrases;
use crate::style::{Line, Role};
use crate::terminal::Paint;
use crate::uncertainty::undetermined;
use crate::witness::request_line;
use routescope_core::analysis::Analysis;
use routescope_core::reachability::{Comparison, Kind};
use routescope_core::router::Decision;

use super::because::because;
use super::{Replay, data, outcomes, rule, sorted, summary, undecided};

/// Where what is said of a change begins.
const INDENT: usize = 13;

/// How many pairs of rules are told of requests that were replayed.
const PAIRS: usize = 20;

/// The comparison as text.
pub fn text(
    sides: [&Analysis; 2],
    comparison: &Comparison,
    replay: Option<&Replay>,
    paint: Paint,
    width: usize,
) -> String {
    let mut lines = Vec::new();
    let mut owner = None;
    for change in sorted(sides, comparison) {
        let namespace = data::owner(sides, change).namespace;
        if owner.as_ref() != Some(&namespace) {
            if owner.is_some() {
                lines.push(Line::new());
            }
            lines.push(Line::of(Role::Namespace, namespace.to_string()));
            owner = Some(namespace);
        }
        let kind = Kind::of(change.before.as_ref(), change.after.as_ref());
        let role = match kind {
            Kind::Closed | Kind::Broken => Role::Error,
            Kind::Opened | Kind::Fixed => Role::Answer,
            _ => Role::Warning,
        };
        let mut head = Line::of(role, format!("  {:<10} ", kind.name())).with_line(request_line(&change.request));
        if data::confidence([change.before.as_ref(), change.after.as_ref()]) != "certain" {
            head.push(Role::Dim, "  ? not certain");
        }
        lines.push(head);
        let [before, after] = outcomes(change);
        let mut side = |word: &'static str, seen: &str, analysis: &Analysis, decision: Option<&Decision>| {
            let lead = Line::of(Role::Dim, format!("    {word:<9}"));
            let mut told = wrapped_as(Role::Backend, lead, seen, width);
            if let Some((name, place)) = rule(analysis, decision) {
                let by = Line::of(Role::Dim, "by ").with(Role::Route, name);
                append(&mut told, by, "   ", width);
                append(&mut told, Line::new().with_line(phrases::place(&place)), "  ", width);
            }
            lines.append(&mut told);
        };
        side("before", &before, sides[0], change.before.as_ref());
        side("after", &after, sides[1], change.after.as_ref());
        for (at, reason) in because(sides, change).into_iter().enumerate() {
            let word = if at == 0 { "because" } else { "" };
            let lead = Line::of(Role::Dim, format!("    {word:<9}"));
            let mut told = wrapped(lead, &reason.text, width);
            let place = reason.source.map(|source| format!("{}:{}", source.file, source.line)).unwrap_or_default();
            append(&mut told, Line::of(Role::Dim, place), "  ", width);
            lines.append(&mut told);
        }
    }
    for one in &comparison.unknown {
        lines.push(Line::of(Role::Warning, "  unknown    ").with_line(undecided(sides, one)));
        lines.extend(wrapped(Line::of(Role::Dim, "    because  "), &undetermined(one.why), width));
    }
    if !lines.is_empty() {
        lines.push(Line::new());
    }
    if let Some(replay) = replay {
        let readable =
            if replay.unreadable > 0 { format!(", {} unreadable", replay.unreadable) } else { String::new() };
        let share = replay.share(replay.changed);
        let text = format!("{} of {} requests change ({share}){readable}", replay.changed, replay.requests);
        lines.push(Line::of(Role::Text, text));
        for (pair, count) in replay.pairs.iter().take(PAIRS) {
            lines.push(
                Line::of(Role::Dim, format!("  {count:>8}  {:>7}  ", replay.share(*count)))
                    .with(Role::Text, pair.clone()),
            );
        }
        if replay.pairs.len() > PAIRS {
            lines.push(Line::of(Role::Dim, format!("  and {} more pairs of rules", replay.pairs.len() - PAIRS)));
        }
        lines.push(Line::new());
    }
    lines.push(Line::of(Role::Text, summary(comparison)));
    paint.lines(&lines)
}

/// Puts a part behind the last line, or below it where there is no room.
fn append(lines: &mut Vec<Line>, part: Line, gap: &str, width: usize) {
    let Some(last) = lines.last_mut().filter(|_| part.width() > 0) else { return };
    if last.width() + gap.len() + part.width() <= width {
        last.push(Role::Text, gap.to_owned());
        last.extend(part);
    } else {
        lines.push(Line::of(Role::Text, " ".repeat(INDENT)).with_line(part));
    }
}
