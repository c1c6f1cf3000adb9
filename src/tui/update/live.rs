//! What a followed cluster brings: another world, how reading goes, or that it cannot be read.

use crate::tui::action::Action;
use std::sync::Arc;

use super::windows;
use crate::theme::Role;
use crate::tui::context_pane::PaneContent;
use crate::tui::effect::Effect;
use crate::tui::live::{Live, Show};
use crate::tui::log::MOST;
use crate::tui::state::State;
use routescope_cluster::Status;
use routescope_cluster::live::{self, Update};
use routescope_render::phrases::count;

/// The cluster of the side at a place tells something.
pub(super) fn followed(state: &mut State, at: usize, epoch: u64, update: Update) -> Vec<Effect> {
    let side = &mut state.sides[at];
    let Some(live) = side.live.as_mut().filter(|live| live.epoch == epoch) else { return Vec::new() };
    match update {
        Update::Status(status) => {
            reading(state, at, &status);
            Vec::new()
        }
        Update::Failed(error) => {
            live.failure = Some(error);
            side.loading = false;
            Vec::new()
        }
        Update::Loaded(world) => {
            reading(state, at, &world.status);
            match &mut state.sides[at].live {
                Some(Live { show: Show::Paused(waits), .. }) => {
                    wait(waits, world);
                    Vec::new()
                }
                _ => show(state, at, *world),
            }
        }
    }
}

/// A world waits; what the one before it changed was never shown, so that it is told with this one.
fn wait(waits: &mut Option<Box<live::LoadedCluster>>, mut world: Box<live::LoadedCluster>) {
    if let Some(before) = waits.take() {
        world.changes.splice(0..0, before.changes);
        let surplus = world.changes.len().saturating_sub(MOST);
        world.changes.drain(..surplus);
    }
    *waits = Some(world);
}

/// Shows a world, and keeps what it changed.
fn show(state: &mut State, at: usize, world: live::LoadedCluster) -> Vec<Effect> {
    let live::LoadedCluster { analysis, status, changes, .. } = world;
    let settled = status.is_settled();
    let side = &mut state.sides[at];
    if let Some(live) = side.live.as_mut().filter(|live| live.keeps) {
        if !settled {
            return Vec::new();
        }
        live.keeps = false;
    }
    side.log.changed(&changes);
    side.loading = false;
    windows::refresh(state);
    let effects = super::replace(state, at, PaneContent::within(analysis, &state.scope));
    let is_first = state.sides[at].live.as_ref().is_some_and(|live| !live.settled) && settled;
    if let Some(live) = &mut state.sides[at].live {
        live.settled |= settled;
    }
    if is_first {
        super::command::tell_missing_namespace(state);
    }
    effects
}

/// Stops showing what comes, of every side, or shows all of it again.
pub(super) fn pause(state: &mut State) -> Vec<Effect> {
    let lives = || state.sides.iter().filter_map(|side| side.live.as_ref());
    if lives().next().is_none() {
        state.tell(Role::Muted, "only files: a cluster alone can be paused");
        return Vec::new();
    }
    let paused = lives().any(|live| matches!(live.show, Show::Paused(_)));
    let (mut waited, mut changes, mut effects) = (false, 0, Vec::new());
    for at in 0..state.sides.len() {
        let Some(live) = &mut state.sides[at].live else { continue };
        let next = if paused { Show::AsItComes } else { Show::Paused(None) };
        if let Show::Paused(Some(world)) = std::mem::replace(&mut live.show, next) {
            waited = true;
            changes += world.changes.len();
            effects.extend(show(state, at, *world));
        }
    }
    match (paused, waited) {
        (false, _) => {
            state.tell(Role::Muted, format!("paused: {} shows what has changed by then", state.how(Action::Pause)));
        }
        (true, false) => state.tell(Role::Muted, "nothing has changed meanwhile"),
        (true, true) if state.sides.iter().any(|side| side.log.entries().len() > 0) => {
            state.tell(
                Role::Muted,
                format!("{} meanwhile: {} lists them", count(changes, "change"), state.how(Action::Log)),
            );
        }
        _ => {}
    }
    effects
}

/// How reading goes has changed.
fn reading(state: &mut State, at: usize, status: &Arc<Status>) {
    let now = state.now;
    let side = &mut state.sides[at];
    let Some(live) = &mut side.live else { return };
    live.failure = None;
    let before = live.status.replace(Arc::clone(status));
    if let Some(before) = before.filter(|_| live.settled) {
        side.log.reading(now, &before, status);
        windows::refresh(state);
    }
}

/// Connects again to the same context. What is shown stays until the cluster tells more.
pub(super) fn reconnect(state: &mut State) -> Vec<Effect> {
    let side = state.side_mut();
    let Some(live) = &mut side.live else { return Vec::new() };
    // What waited is overtaken by what comes now.
    if let Show::Paused(Some(world)) = std::mem::take(&mut live.show) {
        side.log.changed(&world.changes);
    }
    let Live { epoch, context, settled, .. } = live;
    let keeps = side.world.is_some();
    *live = Live { epoch: *epoch + 1, context: context.take(), keeps, settled: *settled && keeps, ..Live::default() };
    start(state, state.active)
}

/// Has the cluster of the side at a place followed, and its namespaces read as the scope says.
pub(super) fn start(state: &State, at: usize) -> Vec<Effect> {
    let side = &state.sides[at];
    let Some(live) = &side.live else { return Vec::new() };
    let follow = Effect::Follow { side: side.id, epoch: live.epoch, context: live.context.clone(), bare: side.bare };
    let mut effects = vec![follow];
    effects.extend(state.scope.names().map(|name| Effect::ReadNamespace { side: side.id, namespace: name.clone() }));
    effects
}
