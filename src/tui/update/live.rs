//! What a followed cluster brings: another world, how reading goes, or that it cannot be read.

use std::sync::Arc;

use crate::live::{self, Update};
use crate::source::cluster::Status;
use crate::tui::effect::Effect;
use crate::tui::live::Live;
use crate::tui::state::{State, World};

/// The cluster tells something.
pub(super) fn followed(state: &mut State, epoch: u64, update: Update) -> Vec<Effect> {
    let Some(live) = state.live.as_mut().filter(|live| live.epoch == epoch) else { return Vec::new() };
    match update {
        Update::Status(status) => {
            reading(state, status);
            Vec::new()
        }
        Update::Failed(error) => {
            live.failure = Some(error);
            state.loading = false;
            Vec::new()
        }
        Update::World(world) => {
            let live::World { analysis, status, .. } = *world;
            let settled = status.is_settled();
            reading(state, status);
            if let Some(live) = state.live.as_mut().filter(|live| live.keeps) {
                if !settled {
                    return Vec::new();
                }
                live.keeps = false;
            }
            state.loading = false;
            let effects = super::replace(state, World::of(analysis));
            if let Some(live) = &mut state.live {
                live.settled |= settled;
            }
            effects
        }
    }
}

/// How reading goes has changed.
fn reading(state: &mut State, status: Arc<Status>) {
    let Some(live) = &mut state.live else { return };
    live.failure = None;
    live.status = Some(status);
}

/// Connects anew to the same context. What is shown stays until the cluster tells more.
pub(super) fn reconnect(state: &mut State) -> Vec<Effect> {
    let Some(live) = &mut state.live else { return Vec::new() };
    let Live { epoch, context, settled, .. } = live;
    let keeps = state.world.is_some();
    *live = Live { epoch: *epoch + 1, context: context.take(), keeps, settled: *settled && keeps, ..Live::default() };
    vec![Effect::Follow { epoch: live.epoch, context: live.context.clone() }]
}
