//! One kind, kept up with: in the version that the cluster serves; everywhere, or in the namespaces that may be read; and
//! looked for when it is not there.

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use kube::Api;
use kube::api::ListParams;
use tokio::time::{Instant, sleep, timeout};

use super::discover::Served;
use super::dynamic_object::DynamicObject;
use super::kinds::KINDS;
use super::list_watch::{self, StopReason, keep_up};
use super::sync_status::{Event, Part};
use super::timing::{Backoff, jitter};
use super::watch::Shared;
use super::{WatchEvent, WatchScope};
use routescope_core::model::Name;

/// Keeps up with one kind, for as long as anybody listens.
pub(super) async fn keep(shared: &Shared, kind: usize) {
    let mut keeper = KindWatcher { shared, kind, open: Vec::new() };
    let mut backoff = Backoff::new(shared.pace);
    // The best version is asked for at once: most clusters have it, and then discovery is not needed at all.
    let mut version = KINDS[kind].versions[0];
    loop {
        if keeper.follow(version).await == StopReason::Dropped {
            return;
        }
        let Some((found, how)) = keeper.find(version).await else { return };
        if found == version && how == Found::AtOnce {
            // Discovery and lists do not agree, as they may for a moment when a kind comes or goes.
            let reason = format!("{} are said to be served as {version}, but are not found", KINDS[kind].plural);
            if !shared.tell(Event::Broken(Part::Kind(kind), reason)).await {
                return;
            }
            sleep(backoff.next()).await;
        }
        version = found;
    }
}

/// Whether a version was found at once, or appeared after it had been waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    AtOnce,
    Later,
}

struct KindWatcher<'s> {
    shared: &'s Shared,
    kind: usize,
    /// The feeds that may hold something.
    open: Vec<WatchScope>,
}

impl KindWatcher<'_> {
    fn everywhere(&self) -> WatchScope {
        WatchScope { kind: self.kind, namespace: None }
    }

    async fn tell(&self, event: Event) -> bool {
        self.shared.tell(event).await
    }

    /// Gives up what was read so far.
    async fn close(&mut self) {
        for feed in std::mem::take(&mut self.open) {
            self.tell(Event::Watched(WatchEvent::Closed { feed })).await;
        }
    }

    /// Follows `version` until it is gone, or nobody listens.
    async fn follow(&mut self, version: &'static str) -> StopReason {
        let everywhere = self.everywhere();
        loop {
            if !self.tell(Event::Requested(everywhere.clone())).await {
                return StopReason::Dropped;
            }
            let ended = keep_up(self.shared, &everywhere, version, &mut self.open).await;
            if ended != StopReason::Refused {
                return ended;
            }
            // Who cannot read a kind gets a 403 for one that does not exist, too.
            match self.shared.discovery.served(&KINDS[self.kind], self.shared.lately()).await {
                Served::In(served) if served != version => return StopReason::Gone,
                Served::Absent => return StopReason::Gone,
                Served::In(_) | Served::Refused | Served::Failed(_) => {}
            }
            // What was read under rights that are gone now does not count any more.
            self.tell(Event::Watched(WatchEvent::Closed { feed: everywhere.clone() })).await;
            self.open.retain(|feed| *feed != everywhere);
            if !self.tell(Event::Refused(everywhere.clone())).await {
                return StopReason::Dropped;
            }
            if KINDS[self.kind].namespaced {
                let ended = self.follow_namespaces(version).await;
                if ended != StopReason::Refused {
                    return ended;
                }
            } else {
                sleep(jitter(self.shared.pace.refused)).await;
            }
        }
    }

    /// Follows `version` in every namespace we know of, until the whole cluster may be read ([`StopReason::Refused`]).
    async fn follow_namespaces(&mut self, version: &'static str) -> StopReason {
        let (shared, kind) = (self.shared, self.kind);
        let mut known = shared.namespaces.clone();
        let mut each = FuturesUnordered::new();
        let mut asked: Vec<Name> = Vec::new();
        let mut whole = std::pin::pin!(readable_as_a_whole(shared, kind, version));
        loop {
            let named = known.borrow_and_update().clone();
            for namespace in named {
                if !asked.contains(&namespace) {
                    asked.push(namespace.clone());
                    let feed = WatchScope { kind, namespace: Some(namespace.clone()) };
                    if !self.tell(Event::Requested(feed.clone())).await {
                        return StopReason::Dropped;
                    }
                    if !self.open.contains(&feed) {
                        self.open.push(feed.clone());
                    }
                    each.push(follow_one(shared, feed, version));
                }
            }
            tokio::select! {
                Some(ended) = each.next() => return ended,
                changed = known.changed() => if changed.is_err() { return StopReason::Dropped },
                () = &mut whole => return StopReason::Refused,
            }
        }
    }

    /// Finds out which version is served instead of `version`, which was not found. `None` when nobody listens.
    async fn find(&mut self, version: &'static str) -> Option<(&'static str, Found)> {
        let (shared, kind) = (self.shared, &KINDS[self.kind]);
        let mut backoff = Backoff::new(shared.pace);
        let mut since = shared.lately();
        let mut confirmed = self.open.is_empty();
        let mut how = Found::AtOnce;
        loop {
            match shared.discovery.served(kind, since).await {
                Served::In(version) => {
                    return self.tell(Event::Recovered(Part::Kind(self.kind))).await.then_some((version, how));
                }
                Served::Refused => {
                    // Then there is only trying: the next version, and all over again after a while.
                    let next = kind.versions.iter().skip_while(|known| **known != version).nth(1);
                    if let Some(next) = next {
                        return Some((next, how));
                    }
                    self.close().await;
                    if !self.tell(Event::Absent(self.kind)).await {
                        return None;
                    }
                    sleep(jitter(shared.pace.look)).await;
                    return Some((kind.versions[0], Found::Later));
                }
                Served::Absent if !confirmed => {
                    // It was there: a server that starts may not know all of its kinds yet.
                    confirmed = true;
                    sleep(jitter(shared.pace.restart)).await;
                    since = Instant::now();
                }
                Served::Absent => {
                    self.close().await;
                    if !self.tell(Event::Absent(self.kind)).await {
                        return None;
                    }
                    sleep(jitter(shared.pace.look)).await;
                    how = Found::Later;
                    since = shared.lately();
                }
                Served::Failed(reason) => {
                    if !self.tell(Event::Broken(Part::Kind(self.kind), reason)).await {
                        return None;
                    }
                    sleep(backoff.next()).await;
                    since = Instant::now();
                }
            }
        }
    }
}

/// Follows one namespace; where that is refused, asks again now and then.
async fn follow_one(shared: &Shared, feed: WatchScope, version: &str) -> StopReason {
    loop {
        match keep_up(shared, &feed, version, &mut vec![feed.clone()]).await {
            StopReason::Refused => {
                shared.tell(Event::Watched(WatchEvent::Closed { feed: feed.clone() })).await;
                if !shared.tell(Event::Refused(feed.clone())).await {
                    return StopReason::Dropped;
                }
                sleep(jitter(shared.pace.refused)).await;
            }
            ended => return ended,
        }
    }
}

/// Waits until the whole cluster may be read.
async fn readable_as_a_whole(shared: &Shared, kind: usize, version: &str) {
    let resource = list_watch::resource(&WatchScope { kind, namespace: None }, version);
    let api: Api<DynamicObject> = Api::all_with(shared.cluster.client.clone(), &resource);
    loop {
        sleep(jitter(shared.pace.refused)).await;
        if let Ok(Ok(_)) = timeout(shared.pace.answer, api.list(&ListParams::default().limit(1))).await {
            return;
        }
    }
}
