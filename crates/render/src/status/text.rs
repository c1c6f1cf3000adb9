//! Statuses as text: a line for each parent and listener where all is well, what is wrong spelled out where it is not.

use crate::answer::text::wrapped;
use crate::findings::engine_assumption;
use crate::phrases;
use crate::style::{Line, Role};
use crate::terminal::Paint;
use crate::uncertainty::not_read;
use routescope_core::analysis::Analysis;
use routescope_core::status::{Condition, Difference, RecordedAs, Statuses, parent_in_words, recorded};

/// How wide the names may grow before a row may break the alignment.
const COLUMN: usize = 48;

/// One thing that conditions are said of.
struct Row<'a> {
    label: Line,
    conditions: &'a [Condition],
}

/// Statuses as text, and where recorded ones differ. Without a `width` every condition is spelled out, and nothing is
/// wrapped.
pub fn text(
    analysis: &Analysis,
    statuses: &Statuses,
    differences: &[Difference],
    paint: Paint,
    width: Option<usize>,
) -> String {
    let wide = width.is_none();
    let rows = rows(analysis, statuses);
    let column = rows.iter().map(|row| row.label.width()).filter(|width| *width <= COLUMN).max().unwrap_or(0) + 2;
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(column).max(30));
    let mut lines = Vec::new();
    for Row { label, conditions } in rows {
        let told: Vec<Line> = if wide {
            conditions.iter().flat_map(|one| spelled_out(one, room)).collect()
        } else if conditions.iter().all(Condition::is_healthy) {
            let kinds: Vec<&str> = conditions.iter().map(|condition| short(condition.kind)).collect();
            let kinds = kinds.into_iter().filter(|kind| *kind != "Conflicted").collect::<Vec<_>>().join(", ");
            if conditions.is_empty() { Vec::new() } else { vec![Line::of(Role::Ok, "✓ ").with(Role::Dim, kinds)] }
        } else {
            conditions
                .iter()
                .filter(|condition| !condition.is_healthy())
                .flat_map(|one| spelled_out(one, room))
                .collect()
        };
        let mut first = label;
        for line in told {
            first.pad_to(column);
            lines.push(std::mem::take(&mut first).with_line(line));
        }
        if !first.is_empty() {
            lines.push(first);
        }
    }
    if let Some(doubt) = &statuses.doubt {
        lines.push(Line::of(Role::Warning, "? ").with(Role::Text, format!("not certain: {}", not_read(doubt))));
    }
    for (gateway, doubt) in &statuses.unverified {
        let what = format!("not certain: Gateway {gateway}: {}", engine_assumption(doubt));
        lines.push(Line::of(Role::Warning, "? ").with(Role::Text, what));
    }
    for (gateway, engine) in &statuses.unmodelled {
        let what = format!("Gateway {gateway}: what {} writes is not predicted", engine.name());
        lines.push(Line::of(Role::Warning, "? ").with(Role::Text, what));
    }
    if analysis.tree.hops.iter().any(|hop| !hop.unverified.is_empty()) {
        let what =
            "not certain: not all that the routes refer to is in view (with --complete, what is not does not exist)";
        lines.push(Line::of(Role::Warning, "? ").with(Role::Text, what));
    }
    if lines.is_empty() {
        lines.push(Line::of(Role::Dim, "nothing that kgateway would write a status to"));
    }
    lines.extend(compared(differences, recorded(analysis)));
    paint.lines(&lines)
}

/// Gateways with their listeners, then routes with their parents.
fn rows<'a>(analysis: &'a Analysis, statuses: &'a Statuses) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let title = |kind: &'static str, namespace: &str, name: &str, role| {
        Line::of(Role::Dim, kind)
            .with(Role::Text, " ")
            .with(Role::Namespace, format!("{namespace}/"))
            .with(role, name.to_owned())
    };
    for (key, status) in &statuses.gateways {
        let label = title("Gateway", &key.namespace, &key.name, Role::Gateway);
        rows.push(Row { label, conditions: &status.conditions });
        for listener in &status.listeners {
            let label = Line::of(Role::Dim, "  listener ")
                .with(Role::Listener, listener.name.to_string())
                .with(Role::Dim, format!(" · {}", phrases::count(listener.attached_routes, "route")));
            rows.push(Row { label, conditions: &listener.conditions });
        }
    }
    for status in &statuses.routes {
        let route = analysis.snapshot.route(status.route);
        let label = title(status.kind.name(), &route.meta.namespace, &route.meta.name, Role::Route);
        rows.push(Row { label, conditions: &[] });
        for entry in &status.parents {
            let parent = parent_in_words(&entry.parent, &route.meta.namespace);
            let label = Line::of(Role::Dim, "  under ").with(Role::Text, parent);
            rows.push(Row { label, conditions: &entry.conditions });
        }
    }
    rows
}

/// A condition's type without the domain it is in.
fn short(kind: &str) -> &str {
    kind.rsplit('/').next().unwrap_or(kind)
}

/// A condition on a line, and its message below when it is not the one that all is well with.
fn spelled_out(condition: &Condition, room: usize) -> Vec<Line> {
    let healthy = condition.is_healthy();
    let (mark, role) = match (healthy, condition.status) {
        (true, _) => ("✓ ", Role::Ok),
        // Accepted, but not all is well: some listener is not.
        (false, "True") if condition.kind == "Accepted" => ("⚠ ", Role::Warning),
        _ => ("✗ ", Role::Error),
    };
    let mut line = Line::of(role, mark).with(Role::Text, format!("{}={}", short(condition.kind), condition.status));
    if healthy {
        line.pad_to(20);
        return vec![line.with(Role::Dim, condition.reason)];
    }
    line.push(role, format!("  {}", condition.reason));
    let message = condition.message.lines().flat_map(|text| wrapped(Line::of(Role::Text, "    "), text, room));
    std::iter::once(line).chain(message).collect()
}

/// Where recorded statuses differ from the prediction; nothing when none is recorded.
fn compared(differences: &[Difference], recorded: usize) -> Vec<Line> {
    if recorded == 0 {
        return Vec::new();
    }
    let objects = phrases::count(recorded, "recorded status");
    let objects = objects.replace("statuss", "statuses");
    if differences.is_empty() {
        return vec![Line::new(), Line::of(Role::Ok, "✓ ").with(Role::Text, format!("{objects}, as predicted"))];
    }
    let mut lines = vec![Line::new(), Line::of(Role::Heading, "Recorded otherwise")];
    for Difference { kind, namespace, name, of, what, predicted, recorded } in differences {
        let of = if of.is_empty() { String::new() } else { format!(" · {of}") };
        lines.push(
            Line::of(Role::Dim, format!("  {kind} "))
                .with(Role::Route, format!("{namespace}/{name}"))
                .with(Role::Dim, format!("{of} · "))
                .with(Role::Text, short(what).to_owned()),
        );
        lines.push(side("    predicted  ", predicted.as_ref()));
        lines.push(side("    recorded   ", recorded.as_ref()));
    }
    let count = phrases::count(differences.len(), "difference");
    lines.push(Line::new());
    lines.push(Line::of(Role::Error, "✗ ").with(Role::Text, format!("{objects}, {count}")));
    lines
}

fn side(lead: &'static str, said: Option<&RecordedAs>) -> Line {
    let line = Line::of(Role::Dim, lead);
    match said {
        None => line.with(Role::Dim, "nothing"),
        Some(RecordedAs { status, reason, message }) => {
            let mut parts = vec![status.as_str(), reason];
            let message = message.replace('\n', "; ");
            parts.push(&message);
            parts.retain(|part| !part.is_empty());
            line.with(Role::Text, parts.join("  "))
        }
    }
}
