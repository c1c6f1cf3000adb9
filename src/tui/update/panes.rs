//! The edges between the panes, moved by key; and how much room the reasons ask for.

use crate::theme::Role;
use crate::tui::action::Action;
use crate::tui::state::{Focus, State};
use crate::tui::view::layout::{Layout, LayoutKind};
use crate::tui::view::why;

/// Moves an edge, level or upright, by so many rows or columns.
pub(super) fn nudge(state: &mut State, level: bool, by: i16) {
    let layout = Layout::of(state);
    if state.panes.nudge(&layout, level, by) {
        return;
    }
    let text = match (state.zoom, layout.shape, level) {
        (true, ..) => {
            let zoom = state.how(Action::Zoom);
            return state.tell(Role::Muted, format!("one pane has the whole screen: {zoom} restores the panes"));
        }
        (_, LayoutKind::Single, _) => "there is room for one pane only",
        (_, _, true) => "no pane stands above another one",
        (_, _, false) => "no pane stands beside another one",
    };
    state.tell(Role::Muted, text);
}

/// Gives the panes their own sizes again.
pub(super) fn even(state: &mut State) {
    let text = if state.panes.reset() { "the panes have their own sizes" } else { "no pane was resized" };
    state.tell(Role::Muted, text);
}

/// Counts the rows of the reasons, before anything is laid out. While a URL is typed their pane only grows: it would
/// jump with every letter.
pub(super) fn measure(state: &mut State) {
    let width = Layout::of(state).inside(Focus::Why).width;
    let rows = why::height(state, width);
    let typing = state.focus == Focus::Ask && rows > 0;
    state.panes.why_rows = if typing { rows.max(state.panes.why_rows) } else { rows };
}
