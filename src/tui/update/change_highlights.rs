//! What changed is looked for off this task, stands out for a moment, and settles by the clock.

use std::sync::Arc;

use crate::tui::change_highlights::Differences;
use crate::tui::context_pane::{ContextPane, PaneContent};
use crate::tui::effect::Effect;
use crate::tui::state::State;

/// A side's world is about to be another: what stands out now goes on standing out, and what is different between the
/// two is to be found, where `is_news` holds.
pub(super) fn replaced(side: &mut ContextPane, old: &PaneContent, new: &PaneContent, is_news: bool) {
    side.fresh = side.fresh.carry_over(&old.outline, &new.outline);
    // What a search still finds is of the world before.
    side.diff_id = side.ticket();
    if Arc::ptr_eq(&old.analysis, &new.analysis) {
        // Only what is looked at changed.
        side.pending_diff = None;
    } else if is_news {
        side.pending_diff.get_or_insert_with(|| Arc::clone(&old.outline));
    }
}

/// Has the differences found that nobody has looked for yet.
pub(super) fn look(side: &mut ContextPane) -> Option<Effect> {
    let (old, new) = (side.pending_diff.clone()?, Arc::clone(side.outline()?));
    side.diff_id = side.ticket();
    Some(Effect::Compare { side: side.id, number: side.diff_id, old, new })
}

/// The differences were found.
pub(super) fn found(state: &mut State, at: usize, number: u64, differences: Differences) -> Vec<Effect> {
    let now = state.now;
    let side = &mut state.sides[at];
    if let Some(world) = side.world.as_ref().filter(|_| side.diff_id == number) {
        side.pending_diff = None;
        side.fresh.add(&world.outline, differences, now);
    }
    wake(state).into_iter().collect()
}

/// Time has passed.
pub(super) fn tick(state: &mut State) -> Vec<Effect> {
    state.waking = state.waking.filter(|due| *due > state.now);
    wake(state).into_iter().collect()
}

/// Asks to be woken when the next thing settles; while all is quiet, for nothing.
fn wake(state: &mut State) -> Option<Effect> {
    let now = state.now;
    let next = state.sides.iter_mut().filter_map(|side| side.fresh.settle(now)).min()?;
    let due = now + next;
    if state.waking.is_some_and(|waking| waking <= due) {
        return None;
    }
    state.waking = Some(due);
    Some(Effect::Wake(next))
}
