//! A comparison as annotations of a workflow run: one line for each change, at the place that brought it about.

use std::fmt::Write as _;

use crate::uncertainty::undetermined;
use crate::witness::url;
use routescope_core::analysis::Analysis;
use routescope_core::reachability::{Comparison, Kind};

use super::because::because;
use super::{outcomes, sorted, undecided};

/// The comparison as workflow commands.
pub fn github(sides: [&Analysis; 2], comparison: &Comparison) -> String {
    let mut out = String::new();
    for change in sorted(sides, comparison) {
        let kind = Kind::of(change.before.as_ref(), change.after.as_ref());
        let level = match kind {
            Kind::Closed | Kind::Broken => "error",
            Kind::Opened | Kind::Fixed | Kind::Policies => "notice",
            _ => "warning",
        };
        let reasons = because(sides, change);
        let place = reasons.iter().find_map(|reason| reason.source.as_ref());
        let place = place.map(|at| format!("file={},line={},", property(&at.file), at.line)).unwrap_or_default();
        let why = reasons.iter().fold(String::new(), |why, reason| why + "; " + &reason.text);
        let [before, after] = outcomes(change);
        let message = format!("{} {}: {before} → {after}{why}", change.request.method, url(&change.request));
        let _ = writeln!(out, "::{level} {place}title=traffic {}::{}", kind.name(), escaped(&message));
    }
    for one in &comparison.unknown {
        let message = format!("{}: {}", undecided(sides, one).plain(), undetermined(one.why));
        let _ = writeln!(out, "::warning title=traffic unknown::{}", escaped(&message));
    }
    out
}

/// The message of a workflow command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}
