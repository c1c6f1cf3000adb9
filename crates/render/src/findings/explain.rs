//! The table of findings as text: `routescope explain`.

use routescope_core::finding::{Entry, TABLE};

use super::severity_role;
use crate::answer::wrapped;
use crate::style::{Line, Role};
use crate::terminal::Paint;

/// One entry: what it is called, why it matters, a bad and a good example.
pub fn entry(entry: &Entry, paint: Paint, width: usize) -> String {
    let mut lines = vec![
        Line::of(severity_role(entry.severity), entry.severity.name())
            .with(Role::Dim, format!("[{}] ", entry.code))
            .with(Role::Heading, entry.title),
        Line::new(),
    ];
    for paragraph in paragraphs(entry.explanation()) {
        lines.extend(wrapped(Line::new(), &paragraph, width));
    }
    for (what, role, example) in [("bad", Role::Error, entry.bad()), ("good", Role::Ok, entry.good())] {
        lines.push(Line::new());
        lines.push(Line::of(role, format!("{what}:")));
        lines.extend(example.text.lines().map(|line| Line::of(Role::Text, format!("  {line}"))));
    }
    paint.lines(&lines)
}

/// Its lines as they are to be broken again: what follows on belongs together, items of a list and blank lines do not.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in text.lines() {
        let begins = line.is_empty() || line.starts_with([' ', '-', '|']);
        match paragraphs.last_mut().filter(|last| !begins && !last.is_empty()) {
            Some(last) => *last = format!("{last} {line}"),
            None => paragraphs.push(line.to_owned()),
        }
    }
    paragraphs
}

/// All entries, a line each, by group.
pub fn list(paint: Paint) -> String {
    let width = TABLE.iter().map(|entry| entry.code.name().len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    let mut group = "";
    for entry in TABLE {
        if entry.group != group {
            if !group.is_empty() {
                lines.push(Line::new());
            }
            group = entry.group;
            lines.push(Line::of(Role::Heading, group));
        }
        lines.push(
            Line::of(Role::Text, format!("  {:width$}  ", entry.code))
                .with(severity_role(entry.severity), format!("{:7}  ", entry.severity.name()))
                .with(Role::Text, entry.title),
        );
    }
    paint.lines(&lines)
}
