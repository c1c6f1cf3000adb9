//! One list, kept up with: kube's watcher, and what it leaves open.
//!
//! kube's watcher lists, watches and goes on from where it was. Left to it alone, a watch that the server refuses to
//! begin with 410 is asked for for ever, an event that cannot be read is passed over, a streaming list that never ends is
//! waited for, and that a watch goes on again is not told: see [`kube::runtime::watcher`]'s `step_trampolined`. In these
//! cases it is thrown away here, and a new one lists again: one atomic [`WatchEvent::Listed`].

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use kube::Api;
use kube::core::{ApiResource, Status as ApiStatus};
use kube::runtime::watcher;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::dynamic_object::DynamicObject;
use super::kinds::KINDS;
use super::limits::{self, Amount, Exceeded};
use super::sync_status::{Event, Part};
use super::timing::Backoff;
use super::watch::Shared;
use super::wire::Unfinished;
use super::{Read, WatchEvent, WatchScope, wire};
use routescope_core::model::ObjectKey;

/// Why a feed is no longer kept up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// It cannot be read.
    Refused,
    /// The server knows no such list (any more).
    Gone,
    /// Nobody listens.
    Dropped,
}

/// Streaming lists that end early, before lists in pages are tried instead.
const MOST_CUT_SHORT: u32 = 2;

/// Keeps up with `feed`. What it brings first takes the place of what the feeds in `open` brought: from then on it
/// is the only one in there.
pub(super) async fn keep_up(
    shared: &Shared,
    feed: &WatchScope,
    version: &str,
    open: &mut Vec<WatchScope>,
) -> StopReason {
    let backoff = Backoff::new(shared.pace);
    let mut course = Course { streams: shared.streams(), paged: true, watch_is_broken: false, backoff };
    loop {
        match list_and_watch(shared, feed, version, &mut course, open).await {
            Step::Again => {}
            Step::After(pause) => sleep(pause).await,
            Step::Stop(ended) => return ended,
        }
    }
}

/// What is known of the server's ways from one watcher to the next.
struct Course {
    /// Whether the first list is asked for as a stream; else
    streams: bool,
    /// in pages; else as a whole.
    paged: bool,
    /// The watch failed, and did not hold since.
    watch_is_broken: bool,
    backoff: Backoff,
}

/// What follows when a watcher is of no more use.
enum Step {
    Again,
    After(Duration),
    Stop(StopReason),
}

/// Seconds that a watch lasts before it is started again: a connection that died without a word is noticed 5 s later.
const WATCH: u32 = 60;

async fn list_and_watch(
    shared: &Shared,
    feed: &WatchScope,
    version: &str,
    course: &mut Course,
    open: &mut Vec<WatchScope>,
) -> Step {
    let kind = &KINDS[feed.kind];
    let resource = resource(feed, version);
    let (begun, mut begins) = unbounded_channel();
    let unfinished = Unfinished::default();
    let client = wire::client(&shared.cluster.client, shared.pace, begun, Unfinished::clone(&unfinished));
    let api: Api<DynamicObject> = match &feed.namespace {
        None => Api::all_with(client, &resource),
        Some(namespace) => Api::namespaced_with(client, namespace, &resource),
    };
    let mut config = watcher::Config::default().timeout(WATCH);
    config.page_size = config.page_size.filter(|_| course.paged);
    if course.streams {
        config = config.streaming_lists();
    }
    let mut stream = std::pin::pin!(watcher(api, config));
    let mut listing: Vec<Read> = Vec::new();
    let mut held = Held::new(&shared.charged);
    let (mut lists, mut begun_lists) = (true, 0);
    // When the watch began, and from when on it is known to hold.
    let (mut watched, mut holds) = (None, None);
    loop {
        let next = async {
            if lists { timeout(shared.pace.answer, stream.next()).await.ok() } else { Some(stream.next().await) }
        };
        let proof = async {
            match holds {
                Some(at) if course.watch_is_broken && !lists => sleep_until(at).await,
                _ => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            biased;
            Some(()) = begins.recv() => {
                watched = Some(Instant::now());
                holds = Some(Instant::now() + shared.pace.restart);
                continue;
            }
            () = proof => {
                // That a watch begins says little: a server that ends it with an error at once begins it, too.
                holds = Some(Instant::now() + shared.pace.restart);
                if !unfinished.load(Ordering::Relaxed) {
                    course.watch_is_broken = false;
                    if !shared.tell(Event::Recovered(Part::Watch(feed.clone()))).await {
                        return Step::Stop(StopReason::Dropped);
                    }
                }
                continue;
            }
            event = next => event,
        };
        let failed = match event {
            Some(Some(Ok(event))) => {
                let news = match event {
                    watcher::Event::Init => {
                        listing.clear();
                        held = Held::new(&shared.charged);
                        lists = true;
                        begun_lists += 1;
                        if course.streams && begun_lists > MOST_CUT_SHORT {
                            course.streams = false;
                            return Step::Again;
                        }
                        continue;
                    }
                    watcher::Event::InitApply(raw) => {
                        if let Some(read) = raw.decode(kind, version) {
                            held.read(&read);
                            listing.push(read);
                        }
                        None
                    }
                    watcher::Event::InitDone => {
                        (lists, begun_lists) = (false, 0);
                        holds = holds.map(|_| Instant::now() + shared.pace.restart);
                        for other in open.drain(..).filter(|other| other != feed) {
                            shared.tell(Event::Watched(WatchEvent::Closed { feed: other })).await;
                        }
                        open.push(feed.clone());
                        Some(WatchEvent::Listed { feed: feed.clone(), objects: std::mem::take(&mut listing) })
                    }
                    watcher::Event::Apply(raw) => raw.decode(kind, version).map(|read| {
                        held.read(&read);
                        WatchEvent::Applied { feed: feed.clone(), read: Box::new(read) }
                    }),
                    watcher::Event::Delete(raw) => {
                        let key = raw.key();
                        held.take(&key);
                        Some(WatchEvent::Deleted { feed: feed.clone(), key })
                    }
                };
                if let Some(exceeded) = held.exceeded() {
                    Failed { reason: format!("{exceeded}, which is the limit"), lists_again: true }
                } else {
                    if let Some(news) = news
                        && !shared.tell(Event::Watched(news)).await
                    {
                        return Step::Stop(StopReason::Dropped);
                    }
                    continue;
                }
            }
            Some(None) => Failed { reason: "the watch ended".to_owned(), lists_again: true },
            None => {
                course.streams = false;
                Failed { reason: format!("no answer within {} s", shared.pace.answer.as_secs_f32()), lists_again: true }
            }
            Some(Some(Err(error))) => {
                let code = status(&error).map_or(0, |status| status.code);
                let starts = matches!(error, watcher::Error::WatchStartFailed(_));
                match code {
                    403 => return Step::Stop(StopReason::Refused),
                    404 => return Step::Stop(StopReason::Gone),
                    400 | 422 if lists && starts && course.streams => {
                        shared.stop_streaming();
                        course.streams = false;
                        return Step::Again;
                    }
                    // The list changes faster than its pages are read, or the server forgets fast: all at once.
                    410 if lists && !course.streams => course.paged = false,
                    _ => {}
                }
                if code == 410 && course.backoff.is_fresh() {
                    // A watch that was away for long, which is nothing to speak of. The next time it is.
                    let pause = course.backoff.next();
                    return if lists { Step::After(pause) } else { Step::Again };
                }
                let lists_again = lists || code == 410 || loses_track(&error);
                Failed { reason: shared.cluster.cause_of_watch(&error), lists_again }
            }
        };
        if let Some(watched) = watched.take() {
            course.backoff.ran(Instant::elapsed(&watched));
        }
        holds = None;
        let pause = course.backoff.next();
        let part = if lists { Part::List(feed.clone()) } else { Part::Watch(feed.clone()) };
        course.watch_is_broken |= !lists;
        if !shared.tell(Event::Broken(part, failed.reason)).await {
            return Step::Stop(StopReason::Dropped);
        }
        if failed.lists_again {
            return Step::After(pause);
        }
        sleep(pause).await;
    }
}

/// What went wrong, and whether a list must be read again for it.
struct Failed {
    reason: String,
    lists_again: bool,
}

/// What the objects of all kinds of a cluster are charged: their texts, and [`limits::OBJECT`] for each.
#[derive(Debug, Clone, Default)]
pub(super) struct Charged(Arc<AtomicUsize>);

impl Charged {
    /// A kind is charged `now` in place of `before`.
    fn replace(&self, before: usize, now: usize) {
        // The difference alone: in between, no other kind may see more than there is.
        if now >= before {
            self.0.fetch_add(now - before, Ordering::Relaxed);
        } else {
            self.0.fetch_sub(before - now, Ordering::Relaxed);
        }
    }
}

/// How much the feed holds: the length of each object's text, by the hash of its key.
struct Held {
    objects: HashMap<u64, usize>,
    text: usize,
    hasher: ahash::RandomState,
    cluster: Charged,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.cluster.replace(self.charge(), 0);
    }
}

impl Held {
    /// Nothing yet, of a cluster that is charged so much for other kinds.
    fn new(cluster: &Charged) -> Self {
        Self { objects: HashMap::new(), text: 0, hasher: ahash::RandomState::default(), cluster: cluster.clone() }
    }

    fn charge(&self) -> usize {
        self.text + self.objects.len() * limits::OBJECT
    }

    fn read(&mut self, read: &Read) {
        let meta = read.object.meta();
        self.put(&meta.key(), meta.origin.source.text.len());
    }

    /// An object has a text of this length now.
    fn put(&mut self, key: &ObjectKey, length: usize) {
        let charged = self.charge();
        let before = self.objects.insert(self.hasher.hash_one(key), length);
        self.text = self.text + length - before.unwrap_or_default();
        self.cluster.replace(charged, self.charge());
    }

    fn take(&mut self, key: &ObjectKey) {
        let charged = self.charge();
        self.text -= self.objects.remove(&self.hasher.hash_one(key)).unwrap_or_default();
        self.cluster.replace(charged, self.charge());
    }

    fn exceeded(&self) -> Option<Exceeded> {
        let what = "the list";
        if self.objects.len() > limits::OBJECTS {
            return Some(Exceeded { what, limit: Amount::Count(limits::OBJECTS, "objects") });
        }
        if self.text > limits::TEXT {
            return Some(Exceeded::bytes(what, limits::TEXT));
        }
        let all = self.cluster.0.load(Ordering::Relaxed);
        (all > limits::CLUSTER).then(|| Exceeded::bytes("what is read of the cluster", limits::CLUSTER))
    }
}

pub(super) fn resource(feed: &WatchScope, version: &str) -> ApiResource {
    let kind = &KINDS[feed.kind];
    ApiResource {
        group: kind.group.to_owned(),
        version: version.to_owned(),
        api_version: if kind.group.is_empty() { version.to_owned() } else { format!("{}/{version}", kind.group) },
        kind: kind.kind.to_owned(),
        plural: kind.plural.to_owned(),
    }
}

/// The server's own word, when the error is one.
fn status(error: &watcher::Error) -> Option<&ApiStatus> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status),
        _ => None,
    }
}

/// Whether something was told that could not be understood, so that what follows may not be all.
fn loses_track(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::NoResourceVersion => true,
        watcher::Error::WatchFailed(error) => !matches!(error, kube::Error::ReadEvents(_)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> ObjectKey {
        ObjectKey::new("a", format!("r{number}"))
    }

    fn told(held: &Held) -> Option<String> {
        held.exceeded().map(|exceeded| format!("{exceeded}, which is the limit"))
    }

    #[test]
    fn no_more_objects_of_a_kind_are_held_than_the_limit() {
        let mut held = Held::new(&Charged::default());
        (0..limits::OBJECTS).for_each(|number| held.put(&key(number), 1));
        // One that changes counts once.
        held.put(&key(0), 2);
        assert_eq!(told(&held), None);
        held.put(&key(limits::OBJECTS), 1);
        assert_eq!(told(&held).as_deref(), Some("the list has more than 250000 objects, which is the limit"));
        held.take(&key(7));
        assert_eq!(told(&held), None, "what is deleted counts no more");
    }

    #[test]
    fn no_more_text_of_a_kind_is_held_than_the_limit() {
        let mut held = Held::new(&Charged::default());
        let share = limits::TEXT / 64;
        (0..64).for_each(|number| held.put(&key(number), share));
        held.put(&key(3), share);
        assert_eq!(told(&held), None);
        held.put(&key(3), share + 1);
        assert_eq!(told(&held).as_deref(), Some("the list has more than 512 MiB, which is the limit"));
        held.take(&key(3));
        assert_eq!((told(&held), held.text), (None, 63 * share));
    }

    #[test]
    fn no_more_is_held_of_all_kinds_of_a_cluster_than_the_limit() {
        let cluster = Charged::default();
        let [mut routes, mut services, mut slices] = [(); 3].map(|()| Held::new(&cluster));
        for held in [&mut routes, &mut services] {
            held.put(&key(0), limits::CLUSTER / 2 - limits::OBJECT);
        }
        assert_eq!(told(&slices), None);
        slices.put(&key(0), 0);
        let full = "what is read of the cluster has more than 1024 MiB, which is the limit";
        assert_eq!(told(&slices).as_deref(), Some(full), "an object without a text takes room, too");
        assert_eq!(told(&routes).as_deref(), Some(full));
        routes.put(&key(0), 0);
        assert_eq!(told(&slices), None, "one that grows smaller makes room");
        slices.put(&key(1), limits::CLUSTER / 2);
        assert!(told(&routes).is_some());
        drop(slices);
        assert_eq!(told(&routes), None, "what is listed again counts once");
        drop(routes);
        drop(services);
        assert_eq!(cluster.0.load(Ordering::Relaxed), 0);
    }
}
