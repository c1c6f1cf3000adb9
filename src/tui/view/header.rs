//! The topmost line: what is explored on the left; what there is, what is wrong and how reading goes on the right. Where
//! room is short, what matters least goes first, and how reading goes stays.

use ratatui::buffer::Buffer;
use routescope_render::width::Width;

use super::layout::Layout;
use super::put;
use crate::tui::context_pane::ContextPane;
use crate::tui::overlay;
use crate::tui::state::State;
use crate::tui::widget::text as cutting;
use routescope_core::visible::visible;
use routescope_render::phrases;
use routescope_render::style::{Line, Role};

/// How many columns the name of what is explored gets before anything else goes.
const NAME: usize = 26;

/// Draws the line.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let area = layout.header;
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let title = visible(&title(state)).into_owned();
    let name = " routescope · ".width() + title.width().min(NAME);
    let candidates = candidates(state, layout, width);
    let last = candidates.len().saturating_sub(1);
    let fits = |line: &Line| line.width() + name + 2 <= width;
    let chosen = candidates.iter().position(fits).unwrap_or(last);
    let mut right = candidates.into_iter().nth(chosen).unwrap_or_default();
    right.push(Role::Text, " ");
    let right = cutting::clip(right, width);
    let room = width.saturating_sub(right.width());
    let mut left = Line::of(Role::Heading, " routescope");
    if !title.is_empty() {
        left.push(Role::Dim, " · ");
        let room = room.saturating_sub(left.width() + 1);
        // Of the paths of files the end tells most.
        let files = state.side().live.is_none() && title.contains('/');
        left.push(Role::Text, if files { cutting::cut_start(&title, room) } else { cutting::cut_middle(&title, room) });
    }
    // A blank stands between the two, whatever was cut.
    let mut line = cutting::clip(left, room.saturating_sub(1));
    line.pad_to(room);
    line.extend(right);
    put(buffer, area, 0, line, state.theme());
}

/// What is explored.
fn title(state: &State) -> String {
    match &state.side().live {
        Some(_) => {
            let mut title = state.name(state.active);
            if state.is_several() {
                title = format!("{title} ({} of {})", state.active + 1, state.sides.len());
            }
            if state.title.is_empty() || state.side().bare { title } else { format!("{} over {title}", state.title) }
        }
        None if state.is_several() => {
            format!("{} ({} of {})", state.name(state.active), state.active + 1, state.sides.len())
        }
        None => state.title.clone(),
    }
}

/// What may stand on the right, the longest first.
fn candidates(state: &State, layout: &Layout, width: usize) -> Vec<Line> {
    let badges = badges(state);
    let unread = stale(state.side()).or_else(|| state.side().live.as_ref().and_then(super::super::live::Live::unread));
    let unread = unread.or_else(|| state.not_kept.then(|| "history not kept".to_owned()));
    let unread = unread.map(|unread| Line::of(Role::Warning, format!("⚠ {unread}")));
    let wrong = wrong(state);
    let pins = pins(state, layout);
    let files = state.side().world.as_ref().and_then(|world| overlay::summary(world, width < 100));
    let files = files.as_ref();
    let mut candidates = Vec::new();
    let mut add = |parts: &[Option<&Line>]| candidates.push(joined(parts));
    for badge in badges.iter().map(Some).chain(badges.is_empty().then_some(None)) {
        if width >= 70 {
            let counts = counts(state.side(), true);
            add(&[counts.as_ref(), wrong.as_ref(), unread.as_ref(), files, pins.as_ref(), badge]);
        }
        add(&[counts(state.side(), false).as_ref(), wrong.as_ref(), unread.as_ref(), files, pins.as_ref(), badge]);
        add(&[wrong.as_ref(), unread.as_ref(), files, pins.as_ref(), badge]);
        add(&[unread.as_ref(), files, pins.as_ref(), badge]);
    }
    let shortest = badges.last();
    add(&[files, pins.as_ref(), shortest]);
    add(&[wrong.as_ref(), pins.as_ref(), shortest]);
    add(&[pins.as_ref(), shortest]);
    add(&[shortest]);
    candidates
}

/// That files count as they were, since what they hold now cannot be read.
fn stale(side: &ContextPane) -> Option<String> {
    let stale = &side.world.as_ref()?.analysis.snapshot.coverage.stale;
    (!stale.is_empty()).then(|| format!("{} as last read", phrases::count(stale.len(), "file")))
}

/// The parts that are there; the last one, how reading goes, behind a gap.
fn joined(parts: &[Option<&Line>]) -> Line {
    let mut line = Line::new();
    for (index, part) in parts.iter().enumerate() {
        let Some(part) = *part else { continue };
        if !line.is_empty() {
            line.push(Role::Dim, if index + 1 == parts.len() { "  " } else { " · " });
        }
        line.extend(part.clone());
    }
    line
}

/// How reading goes, the longest way of saying it first.
fn badges(state: &State) -> Vec<Line> {
    if state.side().failure.is_some() {
        return vec![Line::of(Role::Error, "✗ not reloaded")];
    }
    match &state.side().live {
        Some(live) => live.badges(&state.zone),
        None if state.side().loading => vec![Line::of(Role::Hint, "… reading")],
        None => Vec::new(),
    }
}

/// What there is.
pub fn counts(side: &ContextPane, engines_too: bool) -> Option<Line> {
    let world = side.world.as_ref()?;
    let tree = &world.analysis.tree;
    let mut line = Line::of(Role::Text, phrases::count(tree.gateways.len(), "Gateway"));
    line.push(Role::Dim, " · ");
    line.push(Role::Text, phrases::count(world.analysis.snapshot.routes.len(), "route"));
    let mut engines: Vec<&str> = tree.gateways.iter().map(|node| node.dialect.engine.name()).collect();
    engines.sort_unstable();
    engines.dedup();
    if engines_too && !engines.is_empty() {
        line.push(Role::Dim, format!(" · {}", engines.join(", ")));
    }
    Some(line)
}

/// The pins, where they have no strip of their own.
fn pins(state: &State, layout: &Layout) -> Option<Line> {
    let changed = state.pins.iter().filter(|pin| state.has_turned(pin.id)).count();
    let pins = phrases::count(state.pins.len(), "pin");
    let line = match changed {
        0 => Line::of(Role::Text, pins),
        changed => Line::of(Role::Warning, format!("~ {changed} of {pins} changed")),
    };
    (!state.pins.is_empty() && layout.pins.is_empty()).then_some(line)
}

/// What is wrong.
fn wrong(state: &State) -> Option<Line> {
    let [_, warnings, errors] = state.side().world.as_ref()?.findings;
    let mut line = Line::new();
    if errors > 0 {
        line.push(Role::Error, format!("✗ {errors}"));
    }
    if warnings > 0 {
        line.push(Role::Dim, if line.is_empty() { "" } else { " · " });
        line.push(Role::Warning, format!("⚠ {warnings}"));
    }
    (!line.is_empty()).then_some(line)
}
