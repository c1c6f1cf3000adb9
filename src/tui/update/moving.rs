//! Going about: panes, rows, sides and answers.

use super::{folds, jumps, sheets, show_answer};
use crate::theme::Role;
use crate::tui::context_pane::{ContextPane, Filter};
use crate::tui::effect::Effect;
use crate::tui::locate;
use crate::tui::rows::Fold;
use crate::tui::sheet::View;
use crate::tui::state::{Focus, State};
use crate::tui::view::layout::{Layout, LayoutKind};
use crate::tui::view::why;
use crate::tui::window::{Kind, Window};

/// Puts the focus on a pane, and shows it.
pub(super) fn focus(state: &mut State, focus: Focus) {
    if state.focus == Focus::Ask && focus != Focus::Ask {
        state.ask.remember();
    }
    state.focus = focus;
    state.ask.selected = false;
    if matches!(focus, Focus::Detail | Focus::Why) {
        state.lower = focus;
    }
    if focus != Focus::Ask {
        state.sides.iter_mut().for_each(|side| side.answer.is_unfinished = false);
    }
    if focus == Focus::Ask {
        super::suggest(state);
        state.lower = Focus::Why;
    } else {
        state.single = focus;
    }
}

/// Goes to another of the sides. A window that tells of one of them tells of the other.
pub(super) fn other_side(state: &mut State, by: usize) {
    if !state.is_several() {
        let text = if state.side().live.is_some() {
            "one context is followed: :ctx NAME NAME follows several"
        } else {
            "only one source: nothing to switch to"
        };
        state.tell(Role::Muted, text);
        return;
    }
    look_at(state, (state.active + by) % state.sides.len());
}

/// Looks at the side at a place.
pub(super) fn look_at(state: &mut State, at: usize) {
    end_typing(state.side_mut());
    state.jumped = true;
    state.active = at;
    match state.window.as_ref().map(|window| window.kind) {
        Some(Kind::Connection) => {
            state.window =
                state.side().live.as_ref().map(|live| Window::connection(live, &state.name(at), &state.zone));
        }
        Some(Kind::Files) => state.window = Some(Window::files(state)),
        Some(Kind::Copy) => state.window = Some(Window::copy(state)),
        _ => {}
    }
}

/// The filter stays, but is not typed any more.
fn end_typing(side: &mut ContextPane) {
    if let Some(filter) = &mut side.tree.filter {
        filter.typing = false;
    }
}

pub(super) fn turn(state: &mut State, by: usize) {
    if state.window.is_some() {
        return;
    }
    end_typing(state.side_mut());
    let at = Focus::ORDER.iter().position(|focus| *focus == state.focus).unwrap_or_default();
    let next = Focus::ORDER[(at + by) % Focus::ORDER.len()];
    // Without an answer there are no reasons to go to.
    let skips = next == Focus::Why && !state.tells_why();
    let next = if skips { Focus::ORDER[(at + 2 * by) % Focus::ORDER.len()] } else { next };
    focus(state, next);
}

pub(super) fn start_filter(state: &mut State) {
    if state.side().world.is_none() {
        return;
    }
    jumps::leave(state);
    focus(state, Focus::Tree);
    let hides = !state.filter_marks;
    state.side_mut().tree.filter.get_or_insert_with(|| Filter::new(hides)).typing = true;
}

pub(super) fn other_answer(state: &mut State, by: usize) {
    let side = state.side_mut();
    let answers = side.answer.count();
    if answers < 2 {
        state.tell(Role::Muted, "only one Gateway takes this request");
        return;
    }
    side.answer.shown = (side.answer.shown + by) % answers;
    side.why_selected = 0;
    show_answer(side, false);
    let text = format!("answer {} of {answers}", side.answer.shown + 1);
    state.tell(Role::Muted, text);
}

/// Lines of the focused pane, less one to keep the eye.
pub(super) fn page(state: &State) -> isize {
    let height = Layout::of(state).inside(state.focus).height;
    isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(1)
}

pub(super) fn half_page(state: &State) -> isize {
    isize::try_from(Layout::of(state).inside(state.focus).height / 2).unwrap_or(1).max(1)
}

pub(super) fn step(state: &mut State, by: isize) {
    if state.side().is_filtering() || state.focus == Focus::Tree {
        if let Some(pane) = &mut state.side_mut().sheet {
            pane.selected = pane.selected.saturating_add_signed(by).min(pane.rows.len().saturating_sub(1));
            return;
        }
        let tree = &mut state.side_mut().tree;
        tree.selected = tree.selected.saturating_add_signed(by).min(tree.rows.len().saturating_sub(1));
        return;
    }
    let focus = state.focus;
    let side = state.side_mut();
    match focus {
        Focus::Ask | Focus::Tree => {}
        Focus::Detail => side.detail_cursor = side.detail_cursor.saturating_add_signed(by),
        Focus::Why => side.why_selected = side.why_selected.saturating_add_signed(by),
    }
}

pub(super) fn select(state: &mut State) {
    if let Some(filter) = state.side_mut().tree.filter.as_mut().filter(|filter| filter.typing) {
        filter.typing = false;
        return;
    }
    match state.focus {
        Focus::Ask | Focus::Detail => {}
        Focus::Tree => match state.side().selected_row().map(|row| row.fold) {
            Some(Fold::Open) => folds::fold(state.side_mut()),
            Some(Fold::Closed) => folds::unfold(state.side_mut()),
            _ if Layout::of(state).shape == LayoutKind::Single => focus(state, Focus::Detail),
            _ => {}
        },
        Focus::Why => {
            let side = state.side();
            let target = why::target(state, side.why_selected);
            let near = side.highlighted.last().copied();
            let node = target.and_then(|hop| locate::hop(side.outline()?, hop, near));
            match node {
                Some(node) => {
                    focus(state, Focus::Tree);
                    state.reveal(node);
                }
                None => state.tell(Role::Muted, "this line has no node in the tree"),
            }
        }
    }
}

pub(super) fn back(state: &mut State) -> Vec<Effect> {
    if state.side().tree.filter.is_some() && state.focus == Focus::Tree {
        // The node found stays selected, where it stands in the whole tree.
        let keep = state.side().selected();
        state.side_mut().tree.filter = None;
        if state.view != View::Tree {
            sheets::rebuild(state.side_mut(), None);
            return Vec::new();
        }
        match keep {
            Some(node) => state.reveal(node),
            None => state.side_mut().rebuild(None),
        }
    } else if state.side().page.is_some() {
        state.side_mut().page = None;
        state.side_mut().detail_cursor = 0;
    } else if state.zoom {
        state.zoom = false;
    } else if state.focus != Focus::Tree {
        focus(state, Focus::Tree);
    } else if state.view != View::Tree {
        return sheets::show(state, View::Tree);
    }
    Vec::new()
}
