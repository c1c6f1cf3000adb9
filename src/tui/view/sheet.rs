//! The pane of a view beside the tree: headings, and rows in columns.

use crate::tui::action::Action;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line as Painted, Span};
use routescope_render::style::{Line, Role};

use super::layout::Layout;
use super::tree::{paint_main, push, title};
use super::{WHOLE, columns, from_column, goes_on, is_focused, laid_out, pane, put, scroll_bar};
use crate::theme;
use crate::tui::context_pane::{ContextPane, Filter};
use crate::tui::sheet::{Sheet, SheetPane, Shown, Sort, View};
use crate::tui::state::{Focus, State};
use crate::tui::widget::row::{fit_row, without_defaults};
use crate::tui::widget::text::clip;
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
    let width = laid_out(inside, side.across);
    let seen = usize::from(inside.width) + side.across;
    let widths = widths(sheet, width);
    let rows = list.rows.iter().enumerate().skip(list.offset).take(usize::from(inside.height));
    for (y, (index, row)) in (inside.y..).zip(rows) {
        let line = match *row {
            Shown::Group(at) => heading(theme, list, sheet, at, width),
            Shown::Entry(at) => entry(theme, side, sheet, at, &widths, width),
        };
        let place = Rect { y, height: 1, ..inside };
        from_column(buffer, place, side.across, theme, |buffer, area| {
            buffer.set_line(area.x, area.y, &line, area.width);
        });
        let whole = whole(state, side, list, sheet, *row);
        let sides = (side.across > 0, whole > seen);
        goes_on(buffer, layout, inside, y - inside.y, sides, theme.style(theme::Role::Guide));
        if index == list.selected {
            let role = if focused { theme::Role::Selected } else { theme::Role::SelectedIdle };
            buffer.set_style(Rect { y, height: 1, ..inside }, theme.style(role));
        }
    }
    scroll_bar(buffer, inside, list.offset, list.rows.len(), theme.style(theme::Role::Muted));
}

/// How wide a row would be.
fn whole(state: &State, side: &ContextPane, list: &SheetPane, sheet: &Sheet, row: Shown) -> usize {
    match row {
        Shown::Group(at) => columns(&heading(state.theme(), list, sheet, at, WHOLE)),
        Shown::Entry(at) => columns(&entry(state.theme(), side, sheet, at, &widths(sheet, WHOLE), WHOLE)),
    }
}

/// How wide the widest of the rows in view would be.
pub fn widest(state: &State, height: u16) -> usize {
    let side = state.side();
    let Some((list, sheet)) = side.sheet.as_ref().and_then(|list| Some((list, list.sheet.as_deref()?))) else {
        return 0;
    };
    let rows = list.rows.iter().skip(list.offset).take(usize::from(height));
    rows.map(|row| whole(state, side, list, sheet, *row)).max().unwrap_or(0)
}

fn count(side: &ContextPane, list: &SheetPane) -> String {
    let cut = list.sheet.as_ref().is_some_and(|sheet| sheet.is_cut);
    let more = if cut { " · cut" } else { "" };
    match &side.tree.filter {
        Some(Filter { listed: Some(listed), .. }) => format!("{} found{more}", listed.hits.len()),
        _ if list.rows.is_empty() => String::new(),
        _ => format!("{}/{}{more}", list.selected + 1, list.rows.len()),
    }
}

fn empty(state: &State, side: &ContextPane, list: &SheetPane) -> Line {
    if side.tree.filter.as_ref().is_some_and(|filter| filter.listed.is_some()) {
        return Line::of(Role::Text, " nothing matches")
            .with(Role::Hint, format!(" · {} shows everything again", state.how(Action::Back)));
    }
    match list.view {
        View::Findings => Line::of(Role::Ok, " no problems found"),
        _ => Line::of(Role::Hint, " nothing is served"),
    }
}

/// A column has so much room, or is left out: fewer letters tell nothing.
const COLUMN: usize = 12;

/// How wide the columns of a view are. They are whole where there is room; else they lose words, then whole columns go,
/// then letters; the path of a match goes last. It does not depend on the rows in view, so that nothing moves while one
/// scrolls.
fn widths(sheet: &Sheet, room: usize) -> Vec<usize> {
    // Who gives way: what loses words, what may be left out, what loses letters, in this order.
    let (path, words, whole, letters): (usize, &[usize], &[usize], &[usize]) = match sheet.view {
        View::Table => (1, &[3, 2], &[3], &[2]),
        View::Backends => (1, &[3, 2], &[3, 2], &[0]),
        View::Owners => (1, &[3, 2], &[3], &[0, 2]),
        View::Tree | View::Findings => (0, &[], &[], &[]),
    };
    let mut widths: Vec<usize> = sheet.columns.iter().map(|column| column.whole).collect();
    let over = |widths: &[usize]| {
        let gaps = widths.iter().filter(|width| **width > 0).count().saturating_sub(1);
        (2 + gaps + widths.iter().sum::<usize>()).saturating_sub(room)
    };
    // Makes a column narrower, as far as it has to be.
    let narrow = |widths: &mut Vec<usize>, at: usize, least: usize| {
        let over = over(widths);
        if let Some(width) = widths.get_mut(at) {
            *width = width.saturating_sub(over).max(least.min(*width));
        }
    };
    for at in words {
        narrow(&mut widths, *at, sheet.columns.get(*at).map_or(0, |column| column.narrowest));
    }
    let conditions = sheet.columns.get(path).map_or(0, |column| column.narrowest).max(room * 3 / 10);
    narrow(&mut widths, path, conditions);
    for at in whole {
        narrow(&mut widths, *at, COLUMN);
        if over(&widths) > 0
            && let Some(width) = widths.get_mut(*at)
        {
            *width = 0;
            // What that gives beyond what was missing goes to the match.
            let free = room.saturating_sub(2 + widths.iter().map(|width| width + 1).sum::<usize>());
            widths[path] = (widths[path] + free).min(sheet.columns[path].whole);
        }
    }
    for at in letters {
        narrow(&mut widths, *at, COLUMN);
    }
    narrow(&mut widths, path, COLUMN);
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
    push(&mut spans, fit_row(line, room), theme);
    Painted::from(spans)
}

fn entry(
    theme: &theme::Theme,
    side: &ContextPane,
    sheet: &Sheet,
    at: usize,
    widths: &[usize],
    room: usize,
) -> Painted<'static> {
    let node = sheet.entries[at].node;
    let decides = node.is_some() && node == side.highlighted.last().copied();
    let (glyph, role) = match node.and_then(|node| side.verdict_on(node)) {
        Some(_) if decides => side.answer.decision().map_or((" ", Role::Dim), words::outcome_glyph),
        Some(verdict) => (words::verdict(verdict).0, Role::Dim),
        None => (" ", Role::Dim),
    };
    let mut spans: Vec<Span<'static>> = Vec::new();
    push(&mut spans, Line::of(role, format!("{glyph} ")), theme);
    let filter =
        side.tree.filter.as_ref().filter(|filter| filter.listed.as_ref().is_some_and(|listed| listed.holds(at)));
    let mut used = 2;
    // The last column takes what is left.
    let last = widths.iter().rposition(|width| *width > 0).unwrap_or(0);
    for (column, cell) in sheet.cells(at).into_iter().enumerate().take(last + 1) {
        let width = if column == last { room.saturating_sub(used) } else { widths[column] };
        if width == 0 {
            continue;
        }
        // A sentence is cut at its end.
        let mut cell = match sheet.view {
            View::Findings if cell.width() > width => clip(without_defaults(cell), width),
            _ => fit_row(cell, width),
        };
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
