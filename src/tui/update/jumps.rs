//! Back and forward over jumps.

use super::{moving, sheets};
use crate::theme::Role;
use crate::tui::effect::Effect;
use crate::tui::jumps::JumpTarget;
use crate::tui::state::{Focus, State};

/// A jump is about to leave this place, wherever it goes.
pub(super) fn leave(state: &mut State) {
    if let Some(here) = JumpTarget::here(state) {
        state.jumps.leave(here);
    }
}

/// Goes back to where the last jump began.
pub(super) fn back(state: &mut State) -> Vec<Effect> {
    let here = JumpTarget::here(state);
    if let Some(place) = state.jumps.back(here) {
        return go(state, &place);
    }
    state.tell(Role::Muted, "no jump to go back over");
    Vec::new()
}

/// Goes forward again.
pub(super) fn forward(state: &mut State) -> Vec<Effect> {
    if let Some(place) = state.jumps.forward() {
        return go(state, &place);
    }
    state.tell(Role::Muted, "nothing to go forward to");
    Vec::new()
}

/// Goes to a place, or as near to it as there is anything left.
fn go(state: &mut State, place: &JumpTarget) -> Vec<Effect> {
    if let Some(at) = state.place_of(place.side).filter(|at| *at != state.active) {
        moving::look_at(state, at);
    }
    if state.focus != Focus::Detail {
        moving::focus(state, Focus::Tree);
    }
    let mut effects = Vec::new();
    let found = state.side().outline().and_then(|outline| outline.find(&place.path));
    if state.view != place.view {
        let focus = state.focus;
        effects = sheets::show(state, place.view);
        moving::focus(state, focus);
        if let Some(pane) = &mut state.side_mut().sheet {
            // It is selected once it is listed.
            pane.keep = found;
            pane.keep_heading.clone_from(&place.heading);
            state.jumped = false;
            return effects;
        }
    }
    let side = state.side_mut();
    if let (Some(name), Some(pane)) = (&place.heading, &side.sheet) {
        let row = pane.sheet.as_ref().and_then(|sheet| sheet.group_named(name));
        sheets::rebuild(side, row);
        state.jumped = false;
        return effects;
    }
    match found {
        Some(node) => state.reveal(node),
        None => state.tell(Role::Muted, "what was there is gone"),
    }
    // This is not a new jump.
    state.jumped = false;
    state.paged = place.page.is_some();
    state.side_mut().page.clone_from(&place.page);
    effects
}
