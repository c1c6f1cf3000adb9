//! What the filter found, and the faults: from one to the next, hidden or marked.

use super::keys;
use crate::theme::Role;
use crate::tui::rows::Row;
use crate::tui::side::World;
use crate::tui::state::{Focus, State};
use routescope_render::words::count;

/// Goes to the next of the rows that the filter found, round and round.
pub(super) fn step(state: &mut State, forward: bool) {
    let tree = &state.side().tree;
    let Some((filter, found)) = tree.filter.as_ref().and_then(|filter| Some((filter, filter.found.as_ref()?))) else {
        return state.tell(Role::Muted, "no filter: / searches");
    };
    if !filter.hides
        && let Some(survey) = state.side().world.as_ref().and_then(World::surveyed)
        && let Some(node) = found.step(survey, state.side().selected(), forward)
    {
        // It may be folded away.
        keys::focus(state, Focus::Tree);
        state.reveal(node);
        return;
    }
    let is_hit = |row: &Row| row.others == 0 && found.kept.hits.contains(&row.node);
    let (before, after) = tree.rows.split_at(tree.selected.min(tree.rows.len()));
    let behind = || after.iter().skip(1).position(is_hit).map(|at| before.len() + 1 + at);
    let next = if forward {
        behind().or_else(|| tree.rows.iter().position(is_hit))
    } else {
        before.iter().rposition(is_hit).or_else(|| tree.rows.iter().rposition(is_hit))
    };
    match next {
        Some(next) => {
            keys::focus(state, Focus::Tree);
            state.jumped = true;
            state.side_mut().tree.selected = next;
        }
        None => state.tell(Role::Muted, "nothing matches"),
    }
}

/// The filter hides what does not match, or marks what does.
pub(super) fn turn(state: &mut State) {
    state.filter_marks = !state.filter_marks;
    let hides = !state.filter_marks;
    for side in &mut state.sides {
        let keep = side.selected();
        if let Some(filter) = &mut side.tree.filter {
            filter.hides = hides;
            let best = filter.found.as_ref().and_then(|found| found.best).filter(|_| !hides);
            match best {
                // What is marked may be folded away.
                Some(best) => {
                    side.reveal(best);
                }
                None => side.rebuild(keep),
            }
        }
    }
    let text = if hides { "the filter hides what does not match" } else { "the filter marks what matches: n and N" };
    state.tell(Role::Muted, text);
}

/// Shows only rows with faults and what is above them, or everything again.
pub(super) fn faults_only(state: &mut State) {
    let side = state.side();
    let Some(world) = &side.world else { return };
    let faults = world.faults().map(|faults| faults.count(&world.outline));
    if faults == Some(0) && !side.tree.faults_only {
        state.tell(Role::Ok, "no row has a fault");
        return;
    }
    let side = state.side_mut();
    side.tree.faults_only = !side.tree.faults_only;
    let keep = side.selected();
    side.rebuild(keep);
    if let Some(faults) = faults.filter(|_| state.side().tree.faults_only) {
        let faults = count(faults as usize, "fault");
        state.tell(Role::Muted, format!("only rows with faults: {faults} · F shows everything"));
    }
}
