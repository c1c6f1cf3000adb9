//! From a [`State`] to a frame: pure, and looking only at what is in view.

mod ascii;
mod command;
pub mod context_comparison;
pub mod detail;
mod follow;
mod header;
pub mod layout;
pub mod pins;
mod roles;
mod sheet;
pub mod tree;
pub mod url_bar;
pub mod why;
pub mod window;

use crate::tui::keymap::Keymap;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text;
use ratatui::widgets::{Block, Widget};
use routescope_render::width::Width;

use super::action::Action;
use super::path_view::When;
use super::sheet::View;
use super::state::{Focus, State};
use super::update::scopes_of;
use super::widget::text as cutting;
use crate::theme::{Role, Theme};
use layout::{Layout, LayoutKind};
use routescope_core::visible::{is_invisible, visible};
use routescope_render::style::{self, Line};

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
    }
    if !layout.detail.is_empty() {
        detail::draw(state, &layout, buffer);
    }
    if !layout.why.is_empty() {
        why::draw(state, &layout, buffer);
    }
    footer(state, &layout, buffer);
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

/// What could be done here, by key; or what there is to say.
fn footer(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let area = layout.footer;
    if area.is_empty() {
        return;
    }
    let theme = state.theme();
    if let Some(notice) = &state.notice {
        let text = cutting::cut_end(&visible(&format!(" {}", notice.text)), usize::from(area.width));
        buffer.set_stringn(area.x, area.y, text, usize::from(area.width), theme.style(notice.role));
        return;
    }
    let mut x = area.x + 1.min(area.width);
    if !state.pending.is_empty() {
        let text = format!("{} … ", state.pending.text());
        (x, _) =
            buffer.set_stringn(x, area.y, text, usize::from(area.right().saturating_sub(x)), theme.style(Role::Title));
    }
    let hints = hints(state);
    for (index, (key, word)) in hints.iter().enumerate() {
        let gap = if index == 0 { 0 } else { 3 };
        let needed = gap + key.width() + 1 + word.width();
        if usize::from(x) + needed > usize::from(area.right()) {
            break;
        }
        if index > 0 {
            (x, _) = buffer.set_stringn(x, area.y, " · ", 3, theme.style(Role::Guide));
        }
        (x, _) = buffer.set_stringn(x, area.y, key, 20, theme.style(Role::Key));
        (x, _) = buffer.set_stringn(x, area.y, format!(" {word}"), 40, theme.style(Role::Hint));
    }
}

/// A key and what it does.
type Hint = (String, &'static str);

/// Actions by the first of their keys; those that have none are left out.
fn hinted(keys: &Keymap, pairs: &[(Action, &'static str)]) -> Vec<Hint> {
    pairs.iter().filter_map(|(action, word)| Some((keys.first(*action)?.to_owned(), *word))).collect()
}

/// Puts a hint at a place, or last.
fn hint_at(keys: &Keymap, hints: &mut Vec<Hint>, at: usize, action: Action, word: &'static str) {
    if let Some(key) = keys.first(action) {
        hints.insert(at.min(hints.len()), (key.to_owned(), word));
    }
}

/// The keys that help most where one is: from the action table, the most useful first.
fn hints(state: &State) -> Vec<Hint> {
    if !state.pending.is_empty() {
        let follow = state.pending.follow(&state.keys, scopes_of(state.focus));
        return follow.into_iter().map(|(key, entry)| (key, entry.name)).collect();
    }
    let by = |pairs: &[(Action, &'static str)]| hinted(&state.keys, pairs);
    if let Some(window) = &state.window {
        return match window.kind {
            super::window::Kind::Headers => {
                by(&[(Action::Pick, "add, or close when empty"), (Action::Remove, "remove"), (Action::Close, "close")])
            }
            super::window::Kind::Pins if !window.typing => by(&[
                (Action::Pick, "ask it"),
                (Action::SeenHere, "seen"),
                (Action::Remove, "unpin"),
                (Action::Close, "close"),
            ]),
            _ if window.typing => by(&[(Action::Pick, "pick"), (Action::WindowDown, "next"), (Action::Close, "back")]),
            super::window::Kind::Contexts => {
                by(&[(Action::Pick, "go there"), (Action::Beside, "put it beside"), (Action::Close, "close")])
            }
            _ => by(&[(Action::Pick, "pick"), (Action::Search, "search"), (Action::Close, "close")]),
        };
    }
    if state.side().tree.filter.as_ref().is_some_and(|filter| filter.typing) {
        return by(&[(Action::Select, "keep"), (Action::Down, "next match"), (Action::Back, "show everything again")]);
    }
    let mut hints = match state.focus {
        Focus::Tree if state.view != View::Tree => hints_in_view(&state.keys, state.view),
        focus => hints_in(&state.keys, focus),
    };
    if state.is_several() {
        let action = if state.focus == Focus::Ask { Action::OtherSide } else { Action::NextSide };
        hint_at(&state.keys, &mut hints, 2, action, "next context");
    }
    let path = &state.side().tree.path;
    if !state.side().highlighted.is_empty() && state.focus == Focus::Tree && (path.shrunk || path.when == When::Never) {
        let word = if path.shrunk { "show everything" } else { "path only" };
        hint_at(&state.keys, &mut hints, 0, Action::PathOnly, word);
    }
    let laid = state.side().world.as_ref().is_some_and(|world| !world.analysis.snapshot.overlaid.is_empty());
    if laid && state.focus == Focus::Tree {
        hint_at(&state.keys, &mut hints, 2, Action::NextMark, "next change");
    }
    hints
}

fn hints_in_view(keys: &Keymap, view: View) -> Vec<Hint> {
    let enter = (Action::Select, "go to its node");
    let mut hints = match view {
        View::Findings => vec![(Action::NextFinding, "next"), enter, (Action::Edit, "edit its line")],
        View::Table => vec![enter, (Action::SortTable, "sort")],
        _ => vec![enter],
    };
    hints.extend([
        (Action::NextView, "next view"),
        (Action::TreeView, "tree"),
        (Action::Filter, "filter"),
        (Action::Help, "help"),
        (Action::Quit, "quit"),
        (Action::NextPane, "panes"),
        (Action::Ask, "trace a URL"),
        (Action::Copy, "copy"),
        (Action::Edit, "edit"),
    ]);
    let mut seen = Vec::new();
    hints.retain(|(action, _)| {
        !seen.contains(action) && {
            seen.push(*action);
            true
        }
    });
    hinted(keys, &hints)
}

fn hints_in(keys: &Keymap, focus: Focus) -> Vec<Hint> {
    let by = |pairs: &[(Action, &'static str)]| hinted(keys, pairs);
    match focus {
        Focus::Ask => by(&[
            (Action::Submit, "go to the answer"),
            (Action::Blur, "tree"),
            (Action::NextPane, "panes"),
            (Action::Earlier, "earlier URLs"),
            (Action::CycleMethod, "method"),
            (Action::Headers, "headers"),
            (Action::ClearUrl, "clear"),
            (Action::Leave, "quit"),
        ]),
        Focus::Tree => by(&[
            (Action::Ask, "trace a URL"),
            (Action::Filter, "filter"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
            (Action::NextPane, "panes"),
            (Action::Select, "fold"),
            (Action::Findings, "findings"),
            (Action::NextView, "views"),
            (Action::Command, "command"),
            (Action::Method, "method"),
            (Action::EditHeaders, "headers"),
            (Action::Copy, "copy"),
            (Action::Edit, "edit"),
            (Action::NextTheme, "theme"),
        ]),
        Focus::Detail => by(&[
            (Action::Down, "scroll"),
            (Action::NextPane, "panes"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
            (Action::Zoom, "zoom"),
            (Action::Edit, "edit"),
            (Action::Copy, "copy"),
            (Action::Ask, "trace a URL"),
        ]),
        Focus::Why => by(&[
            (Action::Select, "go to its node"),
            (Action::NextPane, "panes"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
            (Action::NextAnswer, "next Gateway"),
            (Action::Edit, "edit"),
            (Action::Copy, "copy"),
            (Action::Ask, "trace a URL"),
        ]),
    }
}
