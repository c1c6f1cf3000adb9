//! The answer pane: every share of the traffic, what is not certain, and why each other rule did not win.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::Layout;
use super::url_bar::is_told_at_length;
use super::{is_focused, painted, pane, put, scroll_bar};
use crate::theme;
use crate::tui::overlay;
use crate::tui::state::{Focus, State};
use crate::tui::widget::text::{fit, wrap};
use crate::tui::words;
use routescope_core::resolve::RuleNodeId;
use routescope_core::router::{Decision, OutcomeKind};
use routescope_core::store::Mark;
use routescope_render::answer::Advice;
use routescope_render::phrases as say;
use routescope_render::reasons;
use routescope_render::style::{Line, Role};
use routescope_render::uncertainty::uncertainty;

/// A line of the pane.
struct Entry {
    glyph: &'static str,
    word: String,
    role: theme::Role,
    what: What,
    hop: Option<RuleNodeId>,
}

/// What a line says: one sentence, or in columns who, what and why.
enum What {
    Told(Line),
    Columns([Line; 3]),
}

impl Entry {
    fn note(glyph: &'static str, word: &str, role: theme::Role, line: Line) -> Self {
        Self { glyph, word: word.to_owned(), role, what: What::Told(line), hop: None }
    }
}

/// The lines before those that were held against the request.
fn facts(state: &State, decision: &Decision) -> Vec<Entry> {
    let mut entries = Vec::new();
    if !state.side().answer.is_settled() {
        let line = Line::of(Role::Dim, "the URL is not typed to its end");
        return vec![Entry::note("…", "so far", theme::Role::Muted, line)];
    }
    for why in &decision.unverified {
        entries.push(Entry::note("?", "not sure", theme::Role::Warning, Line::of(Role::Text, uncertainty(why))));
    }
    // The first note of a 404 is the answer itself, and stands there.
    let told = usize::from(decision.kind() == OutcomeKind::NotFound && is_told_at_length(state));
    let analysis = state.side().world.as_ref().map(|shown| &shown.analysis);
    let notes = analysis.map(|analysis| reasons::notes(analysis, decision)).unwrap_or_default();
    for (index, note) in notes.iter().enumerate().skip(told) {
        if index == 0 && decision.kind() == OutcomeKind::NotFound {
            let word = decision.status().map_or_else(|| "nothing".to_owned(), |status| status.to_string());
            entries.push(Entry::note("✗", &word, theme::Role::Error, Line::of(Role::Text, note.clone())));
            continue;
        }
        entries.push(Entry::note("⚠", "note", theme::Role::Warning, Line::of(Role::Text, note.clone())));
    }
    for (subject, laid) in overlay::on_the_way(state.side()) {
        let (glyph, role) = overlay::glyph(laid.mark);
        let line = Line::of(Role::Route, subject.to_string()).with(Role::Dim, " · ");
        let line = line.with(Role::Location, overlay::place(laid));
        let word = match laid.mark {
            Mark::New => "new",
            Mark::Unseen => "new?",
            Mark::Changed | Mark::Same => "changed",
        };
        entries.push(Entry::note(glyph, word, role.into(), line));
    }
    let broken = decision.destinations().any(|one| one.state.is_broken());
    if decision.destinations().count() > 1 || broken {
        for destination in decision.destinations() {
            let mut line = Line::of(Role::Backend, say::destination_name(destination));
            let (glyph, role) = match say::destination_trouble(destination) {
                Some(why) => {
                    let broken = destination.state.is_broken();
                    line.push(Role::Dim, if broken { " 500: " } else { " " });
                    line.push(Role::Text, why);
                    if broken { ("✗", theme::Role::Error) } else { ("?", theme::Role::Warning) }
                }
                None if destination.serves() => ("→", theme::Role::Ok),
                None => ("✗", theme::Role::Error),
            };
            if let Some(endpoints) = &destination.endpoints {
                line.push(Role::Text, " ");
                line.extend(say::endpoints(endpoints));
            }
            entries.push(Entry::note(glyph, &say::share(destination.share), role, line));
        }
    }
    if !is_told_at_length(state)
        && let Some(request) = state.side().answer.request()
        && let Some(line) = words::upstream(request, decision)
    {
        entries.push(Entry::note("→", "sent", theme::Role::Ok, line));
    }
    for advice in state.side().answer.advice() {
        let (word, text) = match advice {
            Advice::Change(text) => ("fix", text),
            Advice::Ask(text) => ("hint", text),
        };
        entries.push(Entry::note("→", word, theme::Role::Hint, Line::of(Role::Hint, text.clone())));
    }
    for mirror in decision.mirrors() {
        let line = Line::of(Role::Backend, say::destination_name(&mirror.destination));
        entries.push(Entry::note("→", "copied", theme::Role::Muted, line));
    }
    entries
}

/// How many lines the pane has.
pub fn count(state: &State) -> usize {
    entries(state).len()
}

/// The hop that a line leads to.
pub fn target(state: &State, index: usize) -> Option<RuleNodeId> {
    entries(state).get(index).and_then(|entry| entry.hop)
}

fn entries(state: &State) -> Vec<Entry> {
    let (Some(world), Some(decision)) = (&state.side().world, state.side().answer.decision()) else {
        return Vec::new();
    };
    let mut entries = Vec::new();
    let rows = decision.considered.iter().map(|one| {
        let (glyph, name, role) = words::verdict(one.verdict);
        let hop = world.outline.hop(one.hop);
        let owner = world.analysis.snapshot.route(hop.route);
        let who = Line::of(Role::Route, format!("{} ", owner.meta.name))
            .with(Role::Rule, format!("{} ", words::rule_name(owner, hop.rule)));
        let why = Line::of(Role::Text, reasons::reason(&world.analysis, one));
        let what = What::Columns([who, say::matcher(&hop.matcher), why]);
        Entry { glyph, word: name.to_owned(), role, what, hop: Some(one.hop) }
    });
    let mut rows = rows.peekable();
    // The winner, then what is to know about it, then the others.
    if decision.row().is_some() {
        entries.extend(rows.next_if(|entry| entry.role == theme::Role::Won));
    }
    entries.extend(facts(state, decision));
    entries.extend(rows);
    if decision.not_listed > 0 {
        let text = match decision.not_listed {
            1 => "1 more rule does not match".to_owned(),
            more => format!("{more} more rules do not match"),
        };
        entries.push(Entry::note("○", "missed", theme::Role::Missed, Line::of(Role::Dim, text)));
    }
    entries
}

/// In so many columns who, what and why stand on one line.
const ONE_LINE: usize = 26;

/// What stands before the sentences: the glyph and the word.
const BEFORE: usize = 12;

/// The rows of the pane, each with the place of its entry: sentences take as many rows as they need.
fn rows(entries: &[Entry], width: u16) -> Vec<(usize, Line)> {
    let room = usize::from(width).saturating_sub(BEFORE + 1);
    let column = |index: usize, most: usize| {
        let width = |entry: &Entry| match &entry.what {
            What::Columns(parts) => parts[index].width(),
            What::Told(_) => 0,
        };
        entries.iter().map(width).max().unwrap_or_default().min(most)
    };
    let (first, second) = (column(0, room * 3 / 10), column(1, room * 3 / 10));
    let beside = room.saturating_sub(first + second + 2);
    let mut rows = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match &entry.what {
            What::Told(line) => rows.extend(wrap(line, room, 0).into_iter().map(|line| (index, line))),
            What::Columns([who, what, why]) if beside >= ONE_LINE => {
                let mut line = fit(who.clone(), first);
                line.pad_to(first);
                let mut middle = fit(what.clone(), second);
                middle.pad_to(second);
                line.extend(middle);
                line.push(Role::Text, "  ");
                for part in wrap(why, beside, 0) {
                    line.pad_to(first + second + 2);
                    line.extend(part);
                    rows.push((index, std::mem::take(&mut line)));
                }
            }
            What::Columns([who, what, why]) => {
                rows.push((index, fit(who.clone().with_line(what.clone()), room)));
                let told = wrap(why, room.saturating_sub(2), 0).into_iter();
                rows.extend(told.map(|part| (index, Line::of(Role::Text, "  ").with_line(part))));
            }
        }
    }
    rows
}

/// How many rows the pane would fill.
pub fn height(state: &State, width: u16) -> usize {
    rows(&entries(state), if width == 0 { state.size.0.saturating_sub(2) } else { width }).len()
}

/// The entry at a row of the pane, counted from its first.
pub fn at(state: &State, width: u16, row: usize) -> Option<usize> {
    rows(&entries(state), width).get(row).map(|(index, _)| *index)
}

/// Brings the selected entry into a pane of this size.
pub fn settle(state: &mut State, inside: Rect) {
    let entries = entries(state);
    let rows = rows(&entries, inside.width);
    let (height, side) = (usize::from(inside.height).max(1), state.side_mut());
    side.why_selected = side.why_selected.min(entries.len().saturating_sub(1));
    let is_of = |(index, _): &(usize, Line)| *index == side.why_selected;
    let top = rows.iter().position(is_of).unwrap_or_default();
    let end = rows.iter().rposition(is_of).unwrap_or_default();
    side.why_offset = side.why_offset.max((end + 1).saturating_sub(height)).min(top);
    side.why_offset = side.why_offset.min(rows.len().saturating_sub(height));
}

/// Draws the pane.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let entries = entries(state);
    let count =
        if entries.is_empty() { String::new() } else { format!("{}/{}", state.side().why_selected + 1, entries.len()) };
    let title = if state.is_several() { format!("{} · why", state.name(state.active)) } else { "why".to_owned() };
    pane(state, layout, layout.why, is_focused(state, Focus::Why), &title, Line::of(Role::Dim, count), buffer);
    let inside = layout.inside(Focus::Why);
    if inside.is_empty() {
        return;
    }
    let theme = state.theme();
    if entries.is_empty() {
        let line = Line::of(Role::Hint, " trace a URL: each rule that could match, and why it won or lost");
        for (row, line) in (0u16..).zip(wrap(&line, usize::from(inside.width), 1)) {
            put(buffer, inside, row, line, theme);
        }
        return;
    }
    let rows = rows(&entries, inside.width);
    let offset = state.side().why_offset;
    let mut before = None;
    for (row, (index, line)) in (0..inside.height).zip(rows.iter().skip(offset)) {
        let (entry, y) = (&entries[*index], inside.y + row);
        if before != Some(*index) && (row > 0 || offset == 0 || rows[offset - 1].0 != *index) {
            let style = theme.style(entry.role);
            buffer.set_stringn(inside.x + 1, y, entry.glyph, 2, style);
            buffer.set_stringn(inside.x + 3, y, &entry.word, 9, style);
        }
        before = Some(*index);
        let x = inside.x + 12.min(inside.width);
        buffer.set_line(x, y, &painted(line.clone(), theme), inside.right().saturating_sub(x));
        if *index == state.side().why_selected && is_focused(state, Focus::Why) {
            buffer.set_style(Rect { y, height: 1, ..inside }, theme.style(theme::Role::Selected));
        }
    }
    scroll_bar(buffer, inside, offset, rows.len(), theme.style(theme::Role::Muted));
}
