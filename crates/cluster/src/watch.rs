//! Keeps up with a cluster: a task for each kind, and what they tell as [`WatchEvent`].

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use futures::FutureExt;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedSender, channel, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::discover::Discovery;
use super::kind_watcher::keep;
use super::kinds::KINDS;
use super::limits;
use super::list_watch::Charged;
use super::sync_status::{Event, Part, Tally};
use super::timing::{Backoff, Timeouts};
use super::{Cluster, Status, WatchEvent};
use routescope_core::model::Name;

/// A cluster that is followed. Dropping it ends the watches.
pub struct Follow {
    /// What the cluster tells, in order.
    pub news: Receiver<WatchEvent>,
    /// Namespaces to ask one by one, where a list of the whole cluster is forbidden.
    pub ask: UnboundedSender<Name>,
    tasks: JoinSet<()>,
}

impl Follow {
    /// Ends the watches.
    pub fn end(mut self) {
        self.tasks.abort_all();
    }
}

/// Follows `cluster`; of namespaces that cannot be read as a whole those of `namespaces` are asked one by one. Must be
/// called inside a tokio runtime.
pub fn follow(cluster: &Cluster, namespaces: &[Name]) -> Follow {
    follow_at(cluster, namespaces, Timeouts::default())
}

/// Follows `cluster` as [`follow`] does, at another pace.
pub fn follow_at(cluster: &Cluster, namespaces: &[Name], pace: Timeouts) -> Follow {
    // Who takes the news slowly makes the server wait, and nothing grow.
    let (sender, news) = channel(limits::EVENTS);
    let (ask, mut asked) = unbounded_channel();
    let (events, mut happens) = channel(limits::EVENTS);
    let mut first: Vec<Name> = Vec::new();
    for namespace in namespaces.iter().chain([&cluster.namespace]) {
        if !first.contains(namespace) {
            first.push(namespace.clone());
        }
    }
    let status = Status { asked: first.clone(), ..Status::connecting(cluster.context.clone(), cluster.server.clone()) };
    let (known, namespaces) = watch::channel(first);
    let shared = Arc::new(Shared {
        cluster: cluster.clone(),
        pace,
        discovery: Discovery::new(cluster.clone(), pace.answer),
        namespaces,
        streams: AtomicBool::new(true),
        charged: Charged::default(),
        events,
    });
    let mut tasks = JoinSet::new();
    for (kind, about) in KINDS.iter().enumerate() {
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut backoff = Backoff::new(pace);
            // What panics is told and tried again: nobody would know why a kind is waited for.
            while AssertUnwindSafe(keep(&shared, kind)).catch_unwind().await.is_err() {
                let reason = format!("reading {} failed: an internal error", about.plural);
                if !shared.tell(Event::Broken(Part::Kind(kind), reason)).await {
                    return;
                }
                sleep(backoff.next()).await;
            }
        });
    }
    drop(shared);
    tasks.spawn(async move {
        let mut tally = Tally::new(status);
        let _ = sender.send(WatchEvent::Status(tally.status().clone())).await;
        loop {
            tokio::select! {
                event = happens.recv() => {
                    let Some(event) = event else { return };
                    let changed = tally.take(&event, SystemTime::now());
                    if let Event::Watched(news) = event {
                        let _ = sender.send(news).await;
                    }
                    if changed && sender.send(WatchEvent::Status(tally.status().clone())).await.is_err() {
                        return;
                    }
                }
                Some(namespace) = asked.recv() => {
                    known.send_if_modified(|known| {
                        let new = !known.contains(&namespace);
                        known.extend(new.then_some(namespace));
                        new
                    });
                    if tally.ask(known.borrow().clone()) {
                        let _ = sender.send(WatchEvent::Status(tally.status().clone())).await;
                    }
                }
            }
        }
    });
    Follow { news, ask, tasks }
}

/// What the tasks share.
pub(super) struct Shared {
    pub cluster: Cluster,
    pub pace: Timeouts,
    pub discovery: Discovery,
    /// The namespaces to ask one by one, where the whole cluster cannot be read.
    pub namespaces: watch::Receiver<Vec<Name>>,
    /// Whether the server may have streaming lists.
    streams: AtomicBool,
    /// What the objects of all kinds take.
    pub charged: Charged,
    events: Sender<Event>,
}

impl Shared {
    /// Tells what happened; false when nobody listens.
    pub async fn tell(&self, event: Event) -> bool {
        self.events.send(event).await.is_ok()
    }

    /// Whether lists are asked for as streams.
    pub fn streams(&self) -> bool {
        self.streams.load(Ordering::Relaxed)
    }

    /// The server does not have them: from now on lists are read in pages.
    pub fn stop_streaming(&self) {
        self.streams.store(false, Ordering::Relaxed);
    }

    /// From when on an answer of discovery is new enough for kinds that are looked for at about the same time.
    pub fn lately(&self) -> Instant {
        Instant::now().checked_sub(self.pace.look / 2).unwrap_or_else(Instant::now)
    }
}
