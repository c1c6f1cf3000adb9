//! What a followed cluster brings: another world, how reading goes, or that it cannot be read.

use std::sync::Arc;

use crate::live::{self, Update};
use crate::render::words::count;
use crate::source::cluster::Status;
use crate::theme::Role;
use crate::tui::effect::Effect;
use crate::tui::live::{Live, Show};
use crate::tui::log::MOST;
use crate::tui::side::World;
use crate::tui::state::State;
use crate::tui::window::Kind;

/// The cluster tells something.
pub(super) fn followed(state: &mut State, epoch: u64, update: Update) -> Vec<Effect> {
    let side = state.side_mut();
    let Some(live) = side.live.as_mut().filter(|live| live.epoch == epoch) else { return Vec::new() };
    match update {
        Update::Status(status) => {
            reading(state, &status);
            Vec::new()
        }
        Update::Failed(error) => {
            live.failure = Some(error);
            side.loading = false;
            Vec::new()
        }
        Update::World(world) => {
            reading(state, &world.status);
            match &mut state.side_mut().live {
                Some(Live { show: Show::Paused(waits), .. }) => {
                    wait(waits, world);
                    Vec::new()
                }
                _ => show(state, *world),
            }
        }
    }
}

/// A world waits; what the one before it changed was never shown, so that it is told with this one.
fn wait(waits: &mut Option<Box<live::World>>, mut world: Box<live::World>) {
    if let Some(before) = waits.take() {
        world.changes.splice(0..0, before.changes);
        let surplus = world.changes.len().saturating_sub(MOST);
        world.changes.drain(..surplus);
    }
    *waits = Some(world);
}

/// Shows a world, and keeps what it changed.
fn show(state: &mut State, world: live::World) -> Vec<Effect> {
    let live::World { analysis, status, changes, .. } = world;
    let settled = status.is_settled();
    let side = state.side_mut();
    if let Some(live) = side.live.as_mut().filter(|live| live.keeps) {
        if !settled {
            return Vec::new();
        }
        live.keeps = false;
    }
    side.log.changed(&changes);
    side.loading = false;
    list_log(state);
    let effects = super::replace(state, World::within(analysis, &state.scope));
    if let Some(live) = &mut state.side_mut().live {
        live.settled |= settled;
    }
    effects
}

/// Stops showing what comes, or shows all of it again.
pub(super) fn pause(state: &mut State) -> Vec<Effect> {
    let Some(live) = &mut state.side_mut().live else {
        state.tell(Role::Muted, "these are files: only a cluster can be paused");
        return Vec::new();
    };
    match std::mem::take(&mut live.show) {
        Show::AsItComes => {
            live.show = Show::Paused(None);
            state.tell(Role::Muted, "paused: Z shows what has changed by then");
            Vec::new()
        }
        Show::Paused(None) => {
            state.tell(Role::Muted, "nothing has changed meanwhile");
            Vec::new()
        }
        Show::Paused(Some(world)) => {
            let text = format!("{} meanwhile: L lists them", count(world.changes.len(), "change"));
            let effects = show(state, *world);
            if state.side().log.entries().len() > 0 {
                state.tell(Role::Muted, text);
            }
            effects
        }
    }
}

/// The window that lists what changed lists what changed just now, too.
fn list_log(state: &mut State) {
    if let Some(mut window) = state.window.take_if(|window| window.kind == Kind::Log) {
        window.list_log(state);
        state.window = Some(window);
    }
}

/// How reading goes has changed.
fn reading(state: &mut State, status: &Arc<Status>) {
    let now = state.now;
    let side = state.side_mut();
    let Some(live) = &mut side.live else { return };
    live.failure = None;
    let before = live.status.replace(Arc::clone(status));
    if let Some(before) = before.filter(|_| live.settled) {
        side.log.reading(now, &before, status);
        list_log(state);
    }
}

/// Connects anew to the same context. What is shown stays until the cluster tells more.
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
    let mut effects = vec![Effect::Follow { epoch: live.epoch, context: live.context.clone() }];
    effects.extend(state.scope.names().map(|name| Effect::ReadNamespace(name.clone())));
    effects
}
