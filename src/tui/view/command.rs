//! The command line, over the footer: what is typed, and what it may become or why it is not a command.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use routescope_render::width::Width;

use super::layout::Layout;
use super::put;
use crate::tui::command::completions;
use crate::tui::state::State;
use crate::tui::widget::field::in_view;
use crate::tui::widget::text::clip;
use routescope_render::style::{Line, Role};

fn area(layout: &Layout) -> Rect {
    if layout.footer.is_empty() {
        Rect { y: layout.area.bottom().saturating_sub(1), height: 1, ..layout.area }
    } else {
        layout.footer
    }
}

/// How many columns what is typed gets.
fn room(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(":".width())
}

/// Draws the line.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let Some(command) = &state.command else { return };
    let area = area(layout);
    let typed = command.input.value();
    let (shown, _) = in_view(&command.input, room(area));
    let mut line = Line::of(Role::Hint, ":").with(Role::Text, shown);
    if let Some(problem) = &command.problem {
        line.push(Role::Error, format!("   {problem}"));
    } else {
        let before = command.completing.as_ref().map_or(typed, |(before, _)| before);
        let mut gap = "   ";
        for found in completions(state, before).into_iter().filter(|found| found != typed) {
            // What stands behind a word is told without the word.
            let shown =
                if before.contains(' ') { found.split_once(' ').map_or(&*found, |(_, tail)| tail) } else { &found };
            line.push(Role::Dim, format!("{gap}{shown}"));
            gap = " · ";
            if line.width() > usize::from(area.width) {
                break;
            }
        }
    }
    let width = usize::from(area.width);
    let mut line = clip(line, width);
    line.pad_to(width);
    put(buffer, area, 0, line, state.theme());
}

/// Where the cursor stands while a command is typed.
pub fn cursor(state: &State, layout: &Layout) -> Option<Position> {
    let command = state.command.as_ref()?;
    let area = area(layout);
    let (_, column) = in_view(&command.input, room(area));
    let column = u16::try_from(":".width() + column).ok()?;
    (column < area.width).then(|| Position::new(area.x + column, area.y))
}
