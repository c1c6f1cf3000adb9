//! What the filter found, and the faults: from one to the next, hidden or marked.

use super::{moving, sheets};
use crate::theme::Role;
use crate::tui::action::Action;
use crate::tui::context_pane::{Filter, PaneContent};
use crate::tui::rows::Row;
use crate::tui::sheet::{Shown, View};
use crate::tui::state::{Focus, State};
use routescope_render::phrases::count;

/// Goes to the next of the rows that the filter found, round and round.
pub(super) fn step(state: &mut State, forward: bool) {
    let tree = &state.side().tree;
    let is_through = |filter: &&Filter| filter.found.is_some() || filter.listed.is_some();
    let Some(filter) = tree.filter.as_ref().filter(is_through) else {
        return state.tell(Role::Muted, "no filter: / searches");
    };
    if let (false, None, Some(found)) = (filter.hides, &state.side().sheet, &filter.found)
        && let Some(survey) = state.side().world.as_ref().and_then(PaneContent::surveyed)
        && let Some(node) = found.step(survey, state.side().selected(), forward)
    {
        // It may be folded away.
        moving::focus(state, Focus::Tree);
        state.reveal(node);
        return;
    }
    if let (Some(pane), Some(listed)) = (&state.side().sheet, &filter.listed) {
        let is_hit = |row: &Shown| matches!(row, Shown::Entry(at) if listed.holds(*at));
        let next = next(&pane.rows, pane.selected, is_hit, forward);
        if let (Some(next), Some(pane)) = (next, &mut state.side_mut().sheet) {
            pane.selected = next;
            state.jumped = true;
        } else {
            state.tell(Role::Muted, "nothing matches");
        }
        return;
    }
    let Some(found) = &filter.found else { return };
    let is_hit = |row: &Row| row.others == 0 && found.kept.hits.contains(&row.node);
    match next(&tree.rows, tree.selected, is_hit, forward) {
        Some(next) => {
            moving::focus(state, Focus::Tree);
            state.jumped = true;
            state.side_mut().tree.selected = next;
        }
        None => state.tell(Role::Muted, "nothing matches"),
    }
}

/// The next of the rows that are hits, or the one before, round and round.
fn next<T>(rows: &[T], selected: usize, is_hit: impl Fn(&T) -> bool, forward: bool) -> Option<usize> {
    let (before, after) = rows.split_at(selected.min(rows.len()));
    if forward {
        let behind = after.iter().skip(1).position(&is_hit).map(|at| before.len() + 1 + at);
        behind.or_else(|| rows.iter().position(&is_hit))
    } else {
        before.iter().rposition(&is_hit).or_else(|| rows.iter().rposition(&is_hit))
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
            if side.sheet.is_some() {
                sheets::rebuild(side, None);
                continue;
            }
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
    let text = if hides {
        "the filter hides what does not match".to_owned()
    } else {
        let (next, previous) = (state.how(Action::NextMatch), state.how(Action::PreviousMatch));
        format!("the filter marks what matches: {next} and {previous}")
    };
    state.tell(Role::Muted, text);
}

/// Shows only rows with faults and what is above them, or everything again.
pub(super) fn faults_only(state: &mut State) {
    if state.view != View::Tree {
        let tree = state.how(Action::TreeView);
        return state.tell(Role::Muted, format!("rows with faults only: in the tree ({tree})"));
    }
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
        state.tell(
            Role::Muted,
            format!("only rows with faults: {faults} · {} shows everything", state.how(Action::FaultsOnly)),
        );
    }
}
