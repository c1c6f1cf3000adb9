//! Back and forward over jumps.

use super::keys;
use crate::theme::Role;
use crate::tui::jumps::Place;
use crate::tui::state::{Focus, State};

/// A jump is about to leave this place, wherever it goes.
pub(super) fn leave(state: &mut State) {
    if let Some(here) = Place::here(state) {
        state.jumps.leave(here);
    }
}

/// Goes back to where the last jump began.
pub(super) fn back(state: &mut State) {
    let here = Place::here(state);
    match state.jumps.back(here) {
        Some(place) => go(state, &place),
        None => state.tell(Role::Muted, "no jump to go back over"),
    }
}

/// Goes forward again.
pub(super) fn forward(state: &mut State) {
    match state.jumps.forward() {
        Some(place) => go(state, &place),
        None => state.tell(Role::Muted, "nothing to go forward to"),
    }
}

/// Goes to a place, or as near to it as there is anything left.
fn go(state: &mut State, place: &Place) {
    if let Some(at) = state.place_of(place.side).filter(|at| *at != state.active) {
        keys::look_at(state, at);
    }
    if state.focus != Focus::Detail {
        keys::focus(state, Focus::Tree);
    }
    match state.side().outline().and_then(|outline| outline.find(&place.path)) {
        Some(node) => state.reveal(node),
        None => state.tell(Role::Muted, "what was there is gone"),
    }
    // This is not a new jump.
    state.jumped = false;
}
