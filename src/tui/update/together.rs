//! Sides compared: what differs is found off this task, and the sides move together.

use crate::tui::action::Action;
use crate::tui::apart::Apart;
use std::sync::Arc;

use crate::theme::Role;
use crate::tui::change_highlights::Differences;
use crate::tui::context_pane::{ContextId, ContextPane};
use crate::tui::effect::Effect;
use crate::tui::sheet::View;
use crate::tui::state::{Focus, State};
use crate::tui::together::{self, Differs};
use crate::tui::view::layout::Layout;

use super::{apart, moving, sheets};

/// Compares the side that is looked at with the others, or ends that.
pub(super) fn turn(state: &mut State) -> Vec<Effect> {
    if state.comparing.take().is_some() {
        let effects = end(state);
        state.tell(Role::Muted, "not compared any more");
        return effects;
    }
    let mut effects = Vec::new();
    if !state.is_several() {
        let Some(taken) = apart::take(state) else { return Vec::new() };
        effects.extend(taken);
    }
    // What is there without the files comes before what the files make of it.
    let base = if let Some(Apart::Bare(bare)) = state.apart { bare } else { state.side().id };
    state.comparing = Some(base);
    effects.extend(sheets::show(state, View::Tree));
    effects.extend(compare(state));
    let (next, end) = (state.how(Action::NextMark), state.how(Action::CompareSides));
    let told = if Layout::of(state).trees.len() > 1 {
        format!("compared: {next} goes to the next row that differs · {end} ends it")
    } else {
        format!("compared: {} other side · {next} next difference · {end} ends it", state.how(Action::NextSide))
    };
    state.tell(Role::Muted, told);
    effects
}

/// Shows every tree as a whole again, and what was taken apart as one.
pub(super) fn end(state: &mut State) -> Vec<Effect> {
    state.comparing = None;
    for side in &mut state.sides {
        if side.differs.take().is_some() {
            let keep = side.selected();
            side.tree.path.another_path();
            side.rebuild(keep);
        }
    }
    apart::join(state)
}

/// Has what differs found, on every side: from the first of the compared, or there from the next one.
pub(super) fn compare(state: &mut State) -> Vec<Effect> {
    let Some(base) = state.comparing else { return Vec::new() };
    let Some(first) = state.place_of(base).filter(|_| state.is_several()) else {
        return end(state);
    };
    let next = (first + 1) % state.sides.len();
    let mut effects = Vec::new();
    for at in 0..state.sides.len() {
        let other = if at == first { next } else { first };
        let (Some(old), Some(new)) = (state.sides[other].outline().cloned(), state.sides[at].outline().cloned()) else {
            continue;
        };
        let from = state.sides[other].id;
        let side = &mut state.sides[at];
        side.differing = side.ticket();
        effects.push(Effect::Differ { side: side.id, number: side.differing, from, old, new });
    }
    effects
}

/// What differs on a side was found.
pub(super) fn found(state: &mut State, at: usize, number: u64, from: ContextId, differences: Differences) {
    if state.comparing.is_none() {
        return;
    }
    let side = &mut state.sides[at];
    let Some(outline) = side.outline().filter(|_| side.differing == number).map(Arc::clone) else { return };
    let keep = side.selected();
    side.differs = Some(Differs::of(from, &outline, differences));
    side.rebuild(keep);
}

/// Selects on the other sides what is selected on the one that is looked at, in the same line of the screen.
pub(super) fn follow(state: &mut State) {
    if state.comparing.is_none() {
        return;
    }
    let side = state.side();
    let Some(path) = side.outline().and_then(|outline| Some(outline.path(side.selected()?))) else { return };
    let line = side.tree.selected.saturating_sub(side.tree.offset);
    let active = state.active;
    for (at, other) in state.sides.iter_mut().enumerate() {
        if at == active {
            continue;
        }
        let Some(outline) = other.outline().map(Arc::clone) else { continue };
        let mut node = outline.find(&path);
        while let Some(found) = node {
            if let Some(index) = other.tree.rows.iter().position(|row| row.is_of(found)) {
                other.tree.selected = index;
                other.tree.offset = index.saturating_sub(line);
                break;
            }
            node = outline.parent(found);
        }
    }
}

/// Does the same on the side that is looked at, and while they are compared on all others.
pub(super) fn each(state: &mut State, mut change: impl FnMut(&mut ContextPane)) {
    change(state.side_mut());
    if state.comparing.is_some() {
        let active = state.active;
        let others = state.sides.iter_mut().enumerate().filter(|(at, _)| *at != active);
        others.for_each(|(_, side)| change(side));
    }
}

/// Goes to the next row that differs. `false` while nothing is compared.
pub(super) fn step(state: &mut State, forward: bool) -> bool {
    let Some(differs) = &state.side().differs else { return false };
    let tree = &state.side().tree;
    match together::step(&tree.rows, tree.selected, differs, forward) {
        Some(next) => {
            moving::focus(state, Focus::Tree);
            state.jumped = true;
            state.side_mut().tree.selected = next;
        }
        None => state.tell(Role::Ok, "nothing differs"),
    }
    true
}
