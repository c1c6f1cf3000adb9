//! Taking one world apart to compare what it is made of, and putting it together again.

use std::sync::Arc;

use super::{live, replace};
use crate::limits::SOURCES_BESIDE;
use crate::theme::Role;
use crate::tui::Reading;
use crate::tui::action::Action;
use crate::tui::apart::Apart;
use crate::tui::context_pane::{ContextId, ContextPane, PaneContent};
use crate::tui::effect::Effect;
use crate::tui::state::State;
use crate::tui::update::sheets;
use routescope_manifest::SourceError;
use routescope_render::phrases::count;

/// Whether the one side that there is can be taken apart.
pub(in crate::tui) fn is_possible(state: &State) -> bool {
    let side = state.side();
    let overlaid = side.live.is_some() && side.world.as_ref().is_some_and(PaneContent::is_overlaid);
    !state.is_several() && (overlaid || (2..=SOURCES_BESIDE).contains(&state.parts.len()))
}

/// Puts the cluster without the files beside it, or one side for each source in its place. `None` where there is
/// nothing to take apart, which is said.
pub(super) fn take(state: &mut State) -> Option<Vec<Effect>> {
    if !is_possible(state) {
        let compare = state.how(Action::CompareSides);
        let text = match state.parts.len() {
            parts if parts > SOURCES_BESIDE => {
                format!("{}: at most {SOURCES_BESIDE} stand side by side", count(parts, "source"))
            }
            _ if state.side().live.is_some() => {
                format!(
                    "one context: :ctx NAME NAME follows two, -f DIR lays files over it, and {compare} compares them"
                )
            }
            _ => format!("one source: -f OLD -f NEW names two, and {compare} compares them"),
        };
        state.tell(Role::Muted, text);
        return None;
    }
    if state.side().live.is_some() {
        return Some(bare(state));
    }
    let ids: Vec<ContextId> = (0..state.parts.len()).map(|_| state.new_side()).collect();
    let sides = ids.iter().enumerate().map(|(part, id)| ContextPane { part: Some(part), ..ContextPane::waiting(*id) });
    let sides: Vec<ContextPane> = sides.collect();
    let whole = std::mem::replace(&mut state.sides, sides).swap_remove(state.active);
    state.active = 0;
    state.apart = Some(Apart::Parts(Box::new(whole)));
    Some(ids.into_iter().enumerate().map(|(part, side)| Effect::LoadPart { side, part }).collect())
}

/// Follows the cluster a second time, without the files, on the left of the side that has them.
fn bare(state: &mut State) -> Vec<Effect> {
    let context = state.side().live.as_ref().and_then(|live| live.context.clone());
    let id = state.new_side();
    let side = ContextPane { bare: true, ..ContextPane::following(id, context) };
    state.sides.insert(0, side);
    state.active += 1;
    state.apart = Some(Apart::Bare(id));
    live::start(state, 0)
}

/// Shows again what was there before it was taken apart.
pub(super) fn join(state: &mut State) -> Vec<Effect> {
    match state.apart.take() {
        None => Vec::new(),
        Some(Apart::Bare(id)) => {
            let looked_at = state.sides[state.active].id;
            state.sides.retain(|side| side.id != id);
            state.active = state.place_of(looked_at).unwrap_or_default();
            vec![Effect::Leave(id)]
        }
        Some(Apart::Parts(whole)) => {
            let gone = std::mem::replace(&mut state.sides, vec![*whole]);
            state.active = 0;
            let mut effects: Vec<Effect> = gone.iter().map(|side| Effect::Leave(side.id)).collect();
            let view = state.view;
            effects.extend(sheets::show_on(state.side_mut(), view));
            // What changed meanwhile is read now; the question and the namespaces may be others, too.
            if let Some(world) = &state.side().world {
                let world = PaneContent::within(Arc::clone(&world.analysis), &state.scope);
                effects.extend(replace(state, 0, world));
            }
            effects.extend(super::reload(state));
            effects
        }
    }
}

/// Reads every part again. A part that is being read is read once more behind that.
pub(super) fn reload(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    for side in &mut state.sides {
        let Some(part) = side.part else { continue };
        if std::mem::replace(&mut side.loading, true) {
            side.load_again = true;
        } else {
            effects.push(Effect::LoadPart { side: side.id, part });
        }
    }
    effects
}

/// A part was read.
pub(super) fn loaded(state: &mut State, at: usize, read: Result<Reading, SourceError>) -> Vec<Effect> {
    let side = &mut state.sides[at];
    side.loading = false;
    let mut effects = Vec::new();
    if std::mem::take(&mut side.load_again)
        && let Some(part) = side.part
    {
        side.loading = true;
        effects.push(Effect::LoadPart { side: side.id, part });
    }
    match read {
        Ok(Reading { analysis, changes, .. }) => {
            side.failure = None;
            side.log.changed(&changes);
            effects.extend(replace(state, at, PaneContent::within(analysis, &state.scope)));
        }
        Err(error) => side.failure = Some(error),
    }
    effects
}
