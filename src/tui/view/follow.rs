//! What may follow the first of keys that come in a row (`g …`): a box over the lower right corner, gone with the next key.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Block, Clear, Widget};
use routescope_render::style::{Line, Role};
use routescope_render::width::Width;

use super::layout::Layout;
use super::{focused_border, hints, painted};
use crate::theme;
use crate::tui::action::{Action, Entry};
use crate::tui::state::State;
use crate::tui::widget::text::clip;

/// What may follow, a line each, and where the box stands; `None` where nothing is waited for, or there is no room.
fn lines(state: &State, layout: &Layout) -> Option<(Rect, Vec<(Action, Line)>)> {
    let follow = hints::following(state);
    let keys = follow.iter().map(|(key, _)| key.width()).max().unwrap_or(0);
    let line = |(key, entry): &(String, &Entry)| {
        let mut line = Line::of(Role::Hint, format!(" {key}"));
        line.pad_to(keys + 3);
        (entry.action, line.with(Role::Text, format!("{} ", entry.doc)))
    };
    let lines: Vec<(Action, Line)> = follow.iter().map(line).collect();
    let room = Rect { height: layout.area.height.saturating_sub(layout.footer.height), ..layout.area };
    let width = lines.iter().map(|(_, line)| line.width()).max().unwrap_or(0) + 2;
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(room.width);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let fits = !lines.is_empty() && height <= room.height;
    fits.then(|| (Rect { x: room.right() - width, y: room.bottom() - height, width, height }, lines))
}

/// What the line at a place of the screen does.
pub fn at(state: &State, layout: &Layout, at: Position) -> Option<Action> {
    let (area, lines) = lines(state, layout).filter(|(area, _)| area.contains(at))?;
    lines.get(usize::from(at.y.checked_sub(area.y + 1)?)).map(|(action, _)| *action)
}

/// Draws the box, where keys are waited for and there is room for all that may follow.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let Some((area, lines)) = lines(state, layout) else { return };
    let width = area.width;
    let theme = state.theme();
    Clear.render(area, buffer);
    buffer.set_style(area, theme.style(theme::Role::Text));
    let edge = theme.style(theme::Role::BorderFocused);
    Block::bordered().border_set(focused_border(state)).border_style(edge).render(area, buffer);
    let title = format!(" {} … ", state.pending.text());
    buffer.set_stringn(area.x + 1, area.y, title, usize::from(width - 2), theme.style(theme::Role::Title));
    for (y, (_, line)) in (area.y + 1..).zip(lines) {
        buffer.set_line(area.x + 1, y, &painted(clip(line, usize::from(width - 2)), theme), width - 2);
    }
}
