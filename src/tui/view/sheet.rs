//! The pane of a view beside the tree: headings, and rows in columns.

use crate::tui::action::Action;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line as Painted, Span};
use routescope_render::style::{Line, Role};

use super::layout::Layout;
use super::tree::{paint_main, push, title};
use super::{is_focused, pane, put, scroll_bar};
use crate::theme;
use crate::tui::sheet::{Sheet, SheetPane, Shown, Sort, View};
use crate::tui::side::{Filter, Side};
use crate::tui::state::{Focus, State};
use crate::tui::widget::text::{clip, fit};
use crate::tui::words;

/// Draws the pane of a side.
pub fn draw(state: &State, at: usize, area: Rect, layout: &Layout, buffer: &mut Buffer) {
    let side = &state.sides[at];
    let Some(list) = &side.sheet else { return };
    let focused = at == state.active && is_focused(state, Focus::Tree);
    let count = Line::of(Role::Dim, count(side, list));
    pane(state, layout, area, focused, &title(state, at), count, buffer);
    let inside = layout.inside_of(Focus::Tree, area);
    let Some(sheet) = list.sheet.as_deref().filter(|_| !inside.is_empty()) else {
        put(buffer, inside, 0, Line::of(Role::Hint, " listing …"), state.theme());
        return;
    };
    if list.rows.is_empty() {
        put(buffer, inside, 0, empty(state, side, list), state.theme());
        return;
    }
    let theme = state.theme();
    let widths = widths(sheet, usize::from(inside.width));
    let rows = list.rows.iter().enumerate().skip(list.offset).take(usize::from(inside.height));
    for (y, (index, row)) in (inside.y..).zip(rows) {
        let line = match *row {
            Shown::Group(at) => heading(theme, list, sheet, at, usize::from(inside.width)),
            Shown::Entry(at) => entry(theme, side, sheet, at, &widths, usize::from(inside.width)),
        };
        buffer.set_line(inside.x, y, &line, inside.width);
        if index == list.selected {
            let role = if focused { theme::Role::Selected } else { theme::Role::SelectedIdle };
            buffer.set_style(Rect { y, height: 1, ..inside }, theme.style(role));
        }
    }
    scroll_bar(buffer, inside, list.offset, list.rows.len(), theme.style(theme::Role::Muted));
}

fn count(side: &Side, list: &SheetPane) -> String {
    let cut = list.sheet.as_ref().is_some_and(|sheet| sheet.is_cut);
    let more = if cut { " · cut" } else { "" };
    match &side.tree.filter {
        Some(Filter { listed: Some(listed), .. }) => format!("{} found{more}", listed.hits.len()),
        _ if list.rows.is_empty() => String::new(),
        _ => format!("{}/{}{more}", list.selected + 1, list.rows.len()),
    }
}

fn empty(state: &State, side: &Side, list: &SheetPane) -> Line {
    if side.tree.filter.as_ref().is_some_and(|filter| filter.listed.is_some()) {
        return Line::of(Role::Text, " nothing matches")
            .with(Role::Hint, format!(" · {} shows everything again", state.how(Action::Back)));
    }
    match list.view {
        View::Findings => Line::of(Role::Ok, " no problems found"),
        _ => Line::of(Role::Hint, " nothing is served"),
    }
}

/// How wide the columns of a view are: as wide as they want to be, or, where that is too much, the widest of them are
/// narrower. It does not depend on the rows in view, so that nothing moves while one scrolls.
fn widths(sheet: &Sheet, room: usize) -> Vec<usize> {
    let wanted = &sheet.columns;
    let room = room.saturating_sub(2 + wanted.len().saturating_sub(1));
    let mut widths = vec![0; wanted.len()];
    let mut left = room;
    // The narrowest first: each gets an equal part of what is left, or what it wants.
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|at| wanted[*at]);
    for (taken, at) in order.iter().enumerate() {
        let share = left / (wanted.len() - taken);
        widths[*at] = wanted[*at].min(share);
        left -= widths[*at];
    }
    widths
}

fn heading(theme: &theme::Theme, list: &SheetPane, sheet: &Sheet, at: usize, room: usize) -> Painted<'static> {
    let group = &sheet.groups[at];
    let open = list.is_open(group);
    let mut line = Line::of(Role::Guide, if open { "▾ " } else { "▸ " }).with_line(group.title.clone());
    if !open {
        line.push(Role::Dim, format!(" ({})", group.entries.len()));
    }
    if !group.note.is_empty() {
        line.push(Role::Text, "  ");
        line.extend(group.note.clone());
    }
    let mut spans = Vec::new();
    push(&mut spans, fit(line, room), theme);
    Painted::from(spans)
}

fn entry(
    theme: &theme::Theme,
    side: &Side,
    sheet: &Sheet,
    at: usize,
    widths: &[usize],
    room: usize,
) -> Painted<'static> {
    let node = sheet.entries[at].node;
    let decides = node.is_some() && node == side.lit.last().copied();
    let (glyph, role) = match node.and_then(|node| side.verdict_on(node)) {
        Some(_) if decides => side.answer.decision().map_or((" ", Role::Dim), words::outcome_glyph),
        Some(verdict) => (words::verdict(verdict).0, Role::Dim),
        None => (" ", Role::Dim),
    };
    let mut spans: Vec<Span<'static>> = Vec::new();
    push(&mut spans, Line::of(role, format!("{glyph} ")), theme);
    let filter =
        side.tree.filter.as_ref().filter(|filter| filter.listed.as_ref().is_some_and(|listed| listed.holds(at)));
    let cells = sheet.cells(at);
    let last = cells.len().saturating_sub(1);
    let mut used = 2;
    for (column, cell) in cells.into_iter().enumerate() {
        let width = if column == last { room.saturating_sub(used) } else { widths.get(column).copied().unwrap_or(0) };
        // Sentences are cut at the end, names and paths in the middle.
        let mut cell = if sheet.view == View::Findings { clip(cell, width) } else { fit(cell, width) };
        if column < last {
            cell.pad_to(width + 1);
        }
        used += cell.width();
        spans.extend(paint_main(cell, theme, decides, filter));
    }
    Painted::from(spans)
}

/// What the rows are ordered by, for the title.
pub fn order(list: &SheetPane) -> String {
    match (list.view, list.sort) {
        (View::Table, Sort::Order) => " · in evaluation order".to_owned(),
        (View::Table, sort) => format!(" · by {}", sort.name()),
        _ => String::new(),
    }
}
