//! What runs beside the task that draws: searches, listings and comparisons. A newer one of a kind ends an older one of the
//! same side early.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ahash::AHashMap;
use tokio::sync::mpsc::UnboundedSender;

use super::RuntimeEvent;
use crate::tui::context_pane::{ContextId, PaneContent};
use crate::tui::update::Message;

/// The kinds of work, of which a side has one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Task {
    /// What the filter finds.
    Search,
    /// A look at every node.
    Survey,
    /// The rows of a view.
    Listing,
    /// A request that meets a rule.
    Witness,
    /// What changed since the world before.
    Changes,
    /// What differs from another side.
    Differences,
}

/// The work that was begun.
pub(super) struct Tasks {
    sender: UnboundedSender<RuntimeEvent>,
    /// The number of the newest of each kind.
    newest: AHashMap<(Task, ContextId), Arc<AtomicU64>>,
    /// How many milliseconds listing every view took last.
    listing_cost: Arc<AtomicU64>,
}

impl Tasks {
    /// None yet; what they find goes to `sender`.
    pub(super) fn new(sender: UnboundedSender<RuntimeEvent>) -> Self {
        Self { sender, newest: AHashMap::new(), listing_cost: Arc::default() }
    }

    /// What was begun for a side that is gone counts no more.
    pub(super) fn leave(&mut self, side: ContextId) {
        self.newest.retain(|(_, of), _| *of != side);
    }

    /// Runs `work`, which asks now and then whether it is superseded, and passes on what it finds.
    pub(super) fn run(
        &mut self,
        (task, side, number): (Task, ContextId, u64),
        work: impl FnOnce(&(dyn Fn() -> bool + Sync)) -> Option<Message> + Send + 'static,
    ) {
        let newest = self.begin(task, side, number);
        let sender = self.sender.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(message) = work(&|| newest.load(Ordering::Relaxed) != number) {
                let _ = sender.send(RuntimeEvent::Message(message));
            }
        });
    }

    fn begin(&mut self, task: Task, side: ContextId, number: u64) -> Arc<AtomicU64> {
        let newest = self.newest.entry((task, side)).or_default();
        newest.store(number, Ordering::Relaxed);
        Arc::clone(newest)
    }

    /// Looks at every node of a side's world, in two goes, and lists its views.
    pub(super) fn survey(&mut self, side: ContextId, number: u64, world: PaneContent) {
        let is_first = !self.newest.contains_key(&(Task::Survey, side));
        let newest = self.begin(Task::Survey, side, number);
        self.list_ahead(is_first, world.clone(), newest, number);
        let sender = self.sender.clone();
        self.run((Task::Survey, side, number), move |superseded| {
            if world.look_over(&superseded) {
                let _ = sender.send(RuntimeEvent::Message(Message::Surveyed(side)));
            }
            world.look_for_never_met(&superseded).then_some(Message::Surveyed(side))
        });
    }

    /// Lists the views of a world, once it has stood for a while: one that changes all the time would have its views listed
    /// all the time, seen or not.
    fn list_ahead(&self, is_first: bool, world: PaneContent, newest: Arc<AtomicU64>, number: u64) {
        let cost = Arc::clone(&self.listing_cost);
        let pause = listing_pause(is_first, Duration::from_millis(cost.load(Ordering::Relaxed)));
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            let superseded = move || newest.load(Ordering::Relaxed) != number;
            if superseded() {
                return;
            }
            tokio::task::spawn_blocking(move || {
                let begun = Instant::now();
                if world.list_ahead(&superseded) {
                    let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                    cost.store(took, Ordering::Relaxed);
                }
            });
        });
    }
}

/// So long a world has to stand, at least, before its views are listed ahead.
const LISTING_PAUSE: Duration = Duration::from_secs(2);

/// Listing ahead takes one part in so many of the time at most.
const LISTING_SHARE: u32 = 25;

/// How long to wait before the views of a world are listed ahead; `cost` is what it took last. Those of the first world are
/// listed at once.
fn listing_pause(is_first: bool, cost: Duration) -> Duration {
    if is_first { Duration::ZERO } else { LISTING_PAUSE.max(cost.saturating_mul(LISTING_SHARE)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listing_ahead_takes_few_per_cent_of_the_time() {
        assert_eq!(listing_pause(true, Duration::from_secs(9)), Duration::ZERO);
        assert_eq!(listing_pause(false, Duration::from_millis(10)), LISTING_PAUSE);
        assert_eq!(listing_pause(false, Duration::from_millis(800)), Duration::from_secs(20));
    }
}
