//! The edges between the panes, moved by key; and how much room the reasons ask for.

use crate::theme::Role;
use crate::tui::action::Action;
use crate::tui::state::{Focus, State};
use crate::tui::view::layout::{Layout, LayoutKind};
use crate::tui::view::{detail, sheet, tree, why};

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

/// So many columns a key moves sideways.
pub(super) const ACROSS: isize = 8;

/// Shows what is further left or right in a pane.
pub(super) fn across(state: &mut State, pane: Focus, by: isize) {
    let inside = Layout::of(state).inside(pane);
    let widest = match pane {
        Focus::Ask | Focus::Why => 0,
        Focus::Detail => detail::widest(state, inside.height),
        Focus::Tree if state.side().sheet.is_some() => sheet::widest(state, inside.height),
        Focus::Tree => tree::widest(state, inside.height),
    };
    let most = widest.saturating_sub(usize::from(inside.width));
    let side = state.side_mut();
    let at = if pane == Focus::Detail { &mut side.detail_across } else { &mut side.across };
    let next = at.saturating_add_signed(by).min(most);
    if next == *at {
        let text = if by < 0 { "nothing is further left" } else { "nothing is further right" };
        state.tell(Role::Muted, text);
    } else {
        *at = next;
    }
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
