//! Policies for a person: those in force with what they give, then who lost to whom, then timeouts and retries.
//!
//! ```text
//!   policy   team/near      on HTTPRoute team/child   timeouts, buffer             routes.yaml:40
//!   policy   platform/far   on Gateway infra/gw       retry
//!   lost     timeouts of platform/far, to team/near
//!   timeout  1s   from TrafficPolicy team/near
//! ```

use super::{attached_to, giver};
use crate::answer::text::wrapped;
use crate::phrases;
use crate::style::{Line, Role};
use routescope_core::finding::Location;
use routescope_core::model::Position;
use routescope_core::model::value::{Data, Value};
use routescope_core::resolve::{Applied, FieldInForce, FieldState, InForce, Limit, Limits, PolicySource};

/// A named line.
pub type Fact = (&'static str, Line);

/// The lines below an answer; `wide` tells the values.
pub fn text(in_force: &InForce, width: usize, wide: bool) -> Vec<Line> {
    let counting: Vec<&Applied> = in_force.applied.iter().filter(|one| one.counts()).collect();
    let widest = |cell: &dyn Fn(&Applied) -> usize| counting.iter().map(|one| cell(one)).max().unwrap_or(0);
    let to_at = LEAD + widest(&|one| name(one).width()) + 2;
    let given_at = to_at + widest(&|one| attached_to(&one.to).chars().count()) + 2;
    let place_width = widest(&|one| place(one).width() + 2);
    let one_line = !wide && given_at + widest(&|one| given(one).width()) + place_width <= width;
    let mut lines = Vec::new();
    for applied in counting {
        let mut line = lead("policy", Role::Ok).with_line(name(applied));
        line.pad_to(to_at);
        line.push(Role::Dim, attached_to(&applied.to));
        if one_line {
            line.pad_to(given_at);
            line.extend(given(applied));
        }
        let mut below: Vec<Line> = Vec::new();
        if wide {
            below = values(applied, width);
        } else if !one_line {
            below = wrapped(Line::of(Role::Text, " ".repeat(LEAD + 2)), &given(applied).plain(), width);
        }
        // The place ends the first line that has room for it.
        let place = place(applied);
        let mut block = vec![line];
        block.extend(below);
        let fits = |line: &Line| line.width() + 2 + place.width() <= width;
        if !place.is_empty() {
            let at = block.iter().position(fits).unwrap_or_else(|| {
                block.push(Line::new());
                block.len() - 1
            });
            block[at].pad_to(width.saturating_sub(place.width()));
            block[at].extend(place);
        }
        lines.extend(block);
    }
    for (word, line) in losses(in_force) {
        lines.extend(wrapped(lead(word, Role::Dim), &line.plain(), width).iter().map(dimmed));
    }
    for (word, line) in limits(&in_force.limits) {
        lines.push(lead(word, Role::Dim).with_line(line));
    }
    lines
}

/// The same as named lines, for the detail pane.
pub fn facts(in_force: &InForce) -> Vec<Fact> {
    let counting = in_force.applied.iter().filter(|one| one.counts());
    let mut facts: Vec<Fact> = counting
        .flat_map(|one| {
            let line = name(one).with(Role::Dim, format!(" {}", attached_to(&one.to)));
            [("policies", line), ("policies", Line::of(Role::Text, "  ").with_line(given(one)))]
        })
        .collect();
    facts.extend(losses(in_force));
    facts.extend(limits(&in_force.limits));
    facts
}

/// Where the text behind a word begins.
const LEAD: usize = 11;

fn lead(word: &'static str, role: Role) -> Line {
    let mut line = Line::of(Role::Text, "  ").with(role, word);
    line.pad_to(LEAD);
    line
}

fn dimmed(line: &Line) -> Line {
    Line::of(Role::Dim, line.plain())
}

fn name(applied: &Applied) -> Line {
    let meta = &applied.policy.meta;
    Line::of(Role::Namespace, format!("{}/", meta.namespace)).with(Role::Label, meta.name.to_string())
}

fn place(applied: &Applied) -> Line {
    let place = Location::within(&applied.policy.meta.origin, Position::default());
    if phrases::is_in_text(&place) { phrases::place(&place) } else { Line::new() }
}

/// The parts that are in force.
fn given(applied: &Applied) -> Line {
    let mut line = Line::new();
    for found in applied.fields.iter().filter(|found| found.state.counts()) {
        if !line.is_empty() {
            line.push(Role::Dim, ", ");
        }
        line.push(Role::Text, found.field.name());
        if applied.setting(found.field).is_some_and(routescope_core::model::Setting::is_off) {
            line.push(Role::Text, " off");
        }
        if found.state == FieldState::Merged {
            line.push(Role::Dim, format!(" with {}", short(&found.by)));
        }
    }
    line
}

/// `team/near`, for policies; in full for rules.
fn short(givers: &[PolicySource]) -> String {
    let one = |one: &PolicySource| match one {
        PolicySource::Policy(policy) => policy.to_string(),
        PolicySource::Rule { .. } => giver(one),
    };
    givers.iter().map(one).collect::<Vec<_>>().join(" and ")
}

fn values(applied: &Applied, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for found in applied.fields.iter().filter(|found| found.state.counts()) {
        let Some(setting) = applied.setting(found.field) else { continue };
        let lead = Line::of(Role::Text, " ".repeat(LEAD + 2)).with(Role::Text, format!("{}: ", found.field.name()));
        let merged =
            if found.state == FieldState::Merged { format!("   with {}", short(&found.by)) } else { String::new() };
        lines.extend(wrapped(lead, &format!("{}{merged}", flow(&setting.value)), width));
    }
    lines
}

/// A value on one line, as YAML writes it.
fn flow(value: &Value) -> String {
    match &value.data {
        Data::Null => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => value.to_string(),
        Data::String(text) => {
            let plain = |c: char| c.is_alphanumeric() || "/._-@%=+".contains(c);
            let is_plain = !text.is_empty() && text.chars().all(plain);
            if is_plain { text.to_string() } else { format!("'{}'", text.replace('\'', "''")) }
        }
        Data::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Data::Map(entries) => {
            let pairs = entries.iter().map(|entry| format!("{}: {}", entry.key, flow(&entry.value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Who lost to whom, and what has no effect: parts with the same fate together.
fn losses(in_force: &InForce) -> Vec<Fact> {
    let mut facts = Vec::new();
    for applied in &in_force.applied {
        let lost: Vec<&FieldInForce> = applied.fields.iter().filter(|found| !found.state.counts()).collect();
        let mut told: Vec<&FieldInForce> = Vec::new();
        for found in &lost {
            let same = |other: &FieldInForce| (&other.by, other.why) == (&found.by, found.why);
            if told.iter().any(|other| same(other)) {
                continue;
            }
            told.push(found);
            let names: Vec<&str> = lost.iter().filter(|other| same(other)).map(|other| other.field.name()).collect();
            let what = format!("{} of {}", names.join(", "), applied.policy.meta.key());
            facts.push(match (found.why, &applied.broken) {
                (Some(_), Some(why)) => ("broken", Line::of(Role::Dim, format!("{what}: {why}"))),
                (Some(why), None) => ("unused", Line::of(Role::Dim, format!("{what}: {why}"))),
                (None, _) => ("lost", Line::of(Role::Dim, format!("{what}, to {}", short(&found.by)))),
            });
        }
    }
    facts
}

/// Timeouts and retries, and who gives them.
fn limits(limits: &Limits) -> Vec<Fact> {
    let from = |line: Line, from: &PolicySource| line.with(Role::Dim, format!("  from {}", giver(from)));
    let limit = |limit: &Limit, when: &'static str| {
        from(Line::of(Role::Matcher, limit.value.to_string()).with(Role::Text, when), &limit.from)
    };
    let mut facts: Vec<Fact> = Vec::new();
    facts.extend(limits.request.as_ref().map(|found| ("timeout", limit(found, ""))));
    facts.extend(limits.stream_idle.as_ref().map(|found| ("timeout", limit(found, " when idle"))));
    facts.extend(limits.retries.as_ref().map(|found| {
        let mut line = Line::of(Role::Matcher, found.attempts.to_string());
        if let Some(each) = &found.per_try {
            line.push(Role::Text, format!(", {each} each"));
        }
        ("retries", from(line, &found.from))
    }));
    facts
}
