//! From a [`State`] to a frame: pure, and looking only at what is in view.

mod ascii;
mod command;
pub mod context_comparison;
pub mod detail;
pub mod follow;
mod header;
pub mod hints;
pub mod layout;
pub mod pins;
mod roles;
pub mod sheet;
pub mod tabs;
pub mod tree;
pub mod url_bar;
pub mod why;
pub mod window;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text;
use ratatui::widgets::{Block, Widget};

use super::state::{Focus, State};
use super::widget::text as cutting;
use crate::theme::{Role, Theme};
use layout::{Layout, LayoutKind};
use routescope_core::visible::{is_invisible, visible};
use routescope_render::style::{self, Line};
use routescope_render::width::Width;

/// Draws the explorer.
pub fn draw(state: &State, frame: &mut Frame) {
    if let Some(at) = paint(state, frame.buffer_mut()) {
        frame.set_cursor_position(at);
    }
}

/// Draws the explorer into cells. Returns where the cursor is.
pub fn paint(state: &State, buffer: &mut Buffer) -> Option<Position> {
    let area = buffer.area;
    // A frame between a resize and its message: what does not fit is not drawn.
    let layout = Layout::of(state);
    if layout.area.width > area.width || layout.area.height > area.height {
        return None;
    }
    let theme = state.theme();
    buffer.set_style(area, theme.style(Role::Text));
    if layout.area.width < 24 || layout.area.height < 5 {
        // Less than this shows nothing that could be understood.
        if !layout.area.is_empty() {
            buffer.set_stringn(0, 0, "too small", usize::from(area.width), theme.style(Role::Muted));
        }
        return None;
    }
    header::draw(state, &layout, buffer);
    url_bar::draw(state, &layout, buffer);
    pins::draw(state, &layout, buffer);
    for (at, area) in &layout.trees {
        if state.sides[*at].sheet.is_some() {
            sheet::draw(state, *at, *area, &layout, buffer);
        } else {
            tree::draw(state, *at, *area, &layout, buffer);
        }
        tabs::draw(state, &layout, *area, buffer);
    }
    if !layout.detail.is_empty() {
        detail::draw(state, &layout, buffer);
    }
    if !layout.why.is_empty() {
        why::draw(state, &layout, buffer);
    }
    hints::draw(state, &layout, buffer);
    if state.window.is_some() {
        window::draw(state, &layout, buffer);
    }
    follow::draw(state, &layout, buffer);
    command::draw(state, &layout, buffer);
    hide_nothing(buffer);
    if state.ascii {
        ascii::replace(buffer);
    }
    command::cursor(state, &layout)
        .or_else(|| url_bar::cursor(state, &layout))
        .or_else(|| tree::cursor(state, &layout))
        .or_else(|| window::cursor(state, &layout))
}

/// The last gate before the terminal: whatever way a text took, no cell holds a character that cannot be seen.
fn hide_nothing(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().chars().any(is_invisible) {
            // What is left without them may be wider than the cell.
            cell.set_symbol("\u{fffd}");
        }
    }
}

/// Whether a pane takes the keys.
pub(super) fn is_focused(state: &State, focus: Focus) -> bool {
    state.focus == focus && state.window.is_none()
}

/// A line of ours as the terminal library's.
pub(super) fn painted(line: Line, theme: &Theme) -> text::Line<'static> {
    line.spans.into_iter().map(|span| text::Span::styled(span.text, theme.style(span.role.into()))).collect()
}

/// Puts a line on a row, cut to its width.
pub(super) fn put(buffer: &mut Buffer, area: Rect, row: u16, line: Line, theme: &Theme) {
    if row < area.height && area.width > 0 {
        let line = painted(cutting::fit(line, usize::from(area.width)), theme);
        buffer.set_line(area.x, area.y + row, &line, area.width);
    }
}

/// A pane's frame: a border with a title on the left and a count on the right; only a title line where room is short.
pub(super) fn pane(
    state: &State,
    layout: &Layout,
    area: Rect,
    focused: bool,
    title: &str,
    count: Line,
    buffer: &mut Buffer,
) {
    let theme = state.theme();
    let edge = theme.style(if focused { Role::BorderFocused } else { Role::Border });
    let title_style = theme.style(if focused { Role::Title } else { Role::Muted });
    if layout.shape == LayoutKind::Single {
        let bar: String = if focused { "━" } else { "─" }.repeat(usize::from(area.width));
        buffer.set_stringn(area.x, area.y, bar, usize::from(area.width), edge);
    } else {
        // The focused pane has a heavy edge: it is told without colour, too.
        let set = if focused { focused_border(state) } else { border::ROUNDED };
        Block::bordered().border_set(set).border_style(edge).render(area, buffer);
    }
    let room = usize::from(area.width.saturating_sub(4));
    let title = cutting::cut_end(&visible(&format!(" {title} ")), room);
    let (after, _) = buffer.set_stringn(area.x + 1.min(area.width), area.y, &title, room, title_style);
    let width = u16::try_from(count.width() + 2).unwrap_or(u16::MAX);
    if !count.is_empty() && after + width < area.right() {
        let x = area.right() - width - 1;
        let count = Line::of(style::Role::Dim, " ").with_line(count).with(style::Role::Dim, " ");
        buffer.set_line(x, area.y, &painted(count, theme), width);
    }
}

/// The edge of what takes the keys: heavy; in ASCII, where the heavy glyph is the path's, double.
pub(super) fn focused_border(state: &State) -> border::Set<'static> {
    if state.ascii { border::DOUBLE } else { border::THICK }
}

/// How many columns a row takes.
fn columns(row: &text::Line<'_>) -> usize {
    row.spans.iter().map(|span| span.content.width()).sum()
}

/// As wide as a row may be.
const WHOLE: usize = 4_000;

/// How wide rows are laid out: as wide as the pane, or, where it is scrolled sideways, with all they say, so that no
/// column moves from step to step.
fn laid_out(inside: Rect, across: usize) -> usize {
    if across > 0 { WHOLE } else { usize::from(inside.width) }
}

/// Draws from a column on what is wider than its place: `draw` gets room for all before it, too.
fn from_column(buffer: &mut Buffer, inside: Rect, across: usize, theme: &Theme, draw: impl FnOnce(&mut Buffer, Rect)) {
    let Some(across) = u16::try_from(across.min(WHOLE)).ok().filter(|across| *across > 0) else {
        return draw(buffer, inside);
    };
    let wide = Rect { x: 0, y: 0, width: inside.width.saturating_add(across), height: inside.height };
    let mut all = Buffer::empty(wide);
    all.set_style(wide, theme.style(Role::Text));
    draw(&mut all, wide);
    for y in 0..inside.height {
        for x in 0..inside.width {
            buffer[(inside.x + x, inside.y + y)] = all[(x + across, y)].clone();
        }
    }
}

/// Marks on the edges of a pane that a row goes on to the left or to the right.
fn goes_on(buffer: &mut Buffer, layout: &Layout, inside: Rect, row: u16, sides: (bool, bool), style: Style) {
    let (left, right) = match layout.shape {
        LayoutKind::Single => (inside.x, inside.right().saturating_sub(1)),
        _ => (inside.x.saturating_sub(1), inside.right()),
    };
    for (is, x, glyph) in [(sides.0, left, "‹"), (sides.1, right, "›")] {
        if is && x < buffer.area.right() {
            buffer.set_string(x, inside.y + row, glyph, style);
        }
    }
}

/// A scroll bar on the right edge, where not everything fits.
pub(super) fn scroll_bar(buffer: &mut Buffer, inside: Rect, offset: usize, total: usize, style: Style) {
    let height = usize::from(inside.height);
    if height == 0 || total <= height || inside.right() >= buffer.area.right() {
        return;
    }
    let thumb = (height * height / total).max(1);
    let start = offset * (height - thumb) / (total - height).max(1);
    for row in start..(start + thumb).min(height) {
        let y = inside.y + u16::try_from(row).unwrap_or(u16::MAX);
        buffer.set_string(inside.right(), y, "█", style);
    }
}
