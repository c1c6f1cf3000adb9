//! The window over the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Block, Clear, Widget};
use routescope_render::width::Width;

use super::layout::Layout;
use super::{focused_border, painted, put, scroll_bar};
use crate::theme;
use crate::tui::state::State;
use crate::tui::widget::field::in_view;
use crate::tui::widget::text::{clip, wrap};
use crate::tui::window::{Kind, Window};
use routescope_core::visible::visible;
use routescope_render::style::{Line, Role};

/// Where a window lies: as high as its list and what is said below it want.
pub fn area(layout: &Layout, window: &Window) -> Rect {
    let below = if tells_more(window) { 3 } else { 0 };
    layout.window(window.shown().len() + below)
}

/// How many lines of a window's area the list gets.
pub fn list_height(area: Rect, window: &Window) -> u16 {
    area.height.saturating_sub(3 + tail_height(area, window))
}

/// How many lines say more about the selected line: a finding is told whole.
fn tail_height(area: Rect, window: &Window) -> u16 {
    match window.kind {
        _ if tells_more(window) => 5.min(area.height / 2),
        Kind::Help | Kind::Palette if area.height > 12 && area.width < 100 => 2,
        _ => 1,
    }
}

/// Whether the lines are sentences, which may be longer than the window is wide.
fn tells_more(window: &Window) -> bool {
    matches!(window.kind, Kind::Log | Kind::Pins | Kind::Files)
}

/// Where the list is in a window's area.
pub fn list_area(area: Rect, window: &Window) -> Rect {
    Rect {
        x: area.x + 1.min(area.width),
        y: area.y + 2.min(area.height),
        width: area.width.saturating_sub(2),
        height: list_height(area, window),
    }
}

/// Draws the window.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let Some(window) = &state.window else { return };
    let theme = state.theme();
    let shown = window.shown();
    let area = area(layout, window);
    Clear.render(area, buffer);
    buffer.set_style(area, theme.style(theme::Role::Text));
    let edge = theme.style(theme::Role::BorderFocused);
    Block::bordered().border_set(focused_border(state)).border_style(edge).render(area, buffer);
    let room = usize::from(area.width.saturating_sub(4));
    buffer.set_stringn(
        area.x + 1,
        area.y,
        visible(&format!(" {} ", window.title)),
        room,
        theme.style(theme::Role::Title),
    );
    let inside = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(2),
        x: area.x + 1,
        width: area.width.saturating_sub(2),
    };
    put(buffer, inside, 0, prompt(area, window), theme);
    let list = list_area(area, window);
    for (row, item) in (0u16..list.height).zip(shown.iter().skip(window.offset)) {
        let line = Line::of(Role::Text, " ").with_line(item.line.clone());
        let line = clip(line, usize::from(list.width));
        buffer.set_line(list.x, list.y + row, &painted(line, theme), list.width);
        if window.offset + usize::from(row) == window.selected && item.choice.is_some() {
            buffer.set_style(Rect { y: list.y + row, height: 1, ..list }, theme.style(theme::Role::Selected));
        }
    }
    if shown.is_empty() && list.height > 0 {
        let text = if window.kind == Kind::Headers { " no headers are sent yet" } else { " nothing matches" };
        put(buffer, list, 0, Line::of(Role::Dim, text), theme);
    }
    if area.height > 4
        && let Some(item) = shown.get(window.selected)
    {
        let mut tail = Line::of(Role::Text, " ");
        let full = item.line.width() + 1 > usize::from(list.width);
        if full {
            tail.extend(item.line.clone());
        }
        if let Some(more) = &item.more {
            tail.push(Role::Dim, if full { " · " } else { "" });
            tail.push(Role::Dim, more.clone());
        }
        let height = tail_height(area, window);
        let top = inside.height.saturating_sub(height);
        let lines = wrap(&tail, usize::from(list.width), 1);
        for (row, line) in (0u16..height).zip(lines) {
            put(buffer, inside, top + row, line, theme);
        }
    }
    scroll_bar(buffer, list, window.offset, shown.len(), theme.style(theme::Role::Muted));
}

fn prompt(area: Rect, window: &Window) -> Line {
    let (typed, _) = in_view(&window.input, field_width(area, window));
    match window.kind {
        Kind::Headers if typed.is_empty() => Line::of(Role::Dim, " add: ").with(Role::Hint, "Name: value"),
        Kind::Headers => Line::of(Role::Dim, " add: ").with(Role::Text, typed),
        _ if window.typing || !typed.is_empty() => Line::of(Role::Hint, " / ").with(Role::Text, typed),
        _ => Line::of(Role::Dim, " / searches"),
    }
}

/// What stands before the text that is typed.
fn before(window: &Window) -> &'static str {
    if window.kind == Kind::Headers { " add: " } else { " / " }
}

/// How many columns what is typed gets.
fn field_width(area: Rect, window: &Window) -> usize {
    usize::from(area.width.saturating_sub(2)).saturating_sub(before(window).width())
}

/// Where the cursor stands while something is typed in the window.
pub fn cursor(state: &State, layout: &Layout) -> Option<Position> {
    let window = state.window.as_ref().filter(|window| window.typing)?;
    let area = area(layout, window);
    let (_, column) = in_view(&window.input, field_width(area, window));
    let column = u16::try_from(before(window).width() + 1 + column).ok()?;
    (column < area.width).then(|| Position::new(area.x + column, area.y + 1))
}
