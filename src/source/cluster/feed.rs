//! One list, kept up with: kube's watcher, and what it leaves open.
//!
//! kube's watcher lists, watches and goes on from where it was. Left to it alone, a watch that the server refuses to
//! begin with 410 is asked for for ever, an event that cannot be read is passed over, a streaming list that never ends is
//! waited for, and that a watch goes on again is not told: see [`kube::runtime::watcher`]'s `step_trampolined`. In these
//! cases it is thrown away here, and a new one lists anew: one atomic [`News::Listed`].

use std::time::Duration;

use futures::StreamExt;
use kube::Api;
use kube::core::{ApiResource, Status as ApiStatus};
use kube::runtime::watcher;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{sleep, timeout};

use super::kinds::KINDS;
use super::pace::Backoff;
use super::raw::Raw;
use super::tally::{Event, Part};
use super::watch::Shared;
use super::{Feed, News, Read, wire};

/// Why a feed is no longer kept up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It may not be read.
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
pub(super) async fn keep_up(shared: &Shared, feed: &Feed, version: &str, open: &mut Vec<Feed>) -> Ended {
    let mut backoff = Backoff::new(shared.pace);
    let mut way = Way { streams: shared.streams(), paged: true };
    loop {
        match list_and_watch(shared, feed, version, &mut way, &mut backoff, open).await {
            Turn::Again => {}
            Turn::After(pause) => sleep(pause).await,
            Turn::Ended(ended) => return ended,
        }
    }
}

/// How the first list is read.
struct Way {
    streams: bool,
    paged: bool,
}

/// What follows when a watcher is of no more use.
enum Turn {
    Again,
    After(Duration),
    Ended(Ended),
}

/// Seconds that a watch lasts before it is begun anew: a connection that died without a word is noticed 5 s later.
const WATCH: u32 = 60;

async fn list_and_watch(
    shared: &Shared,
    feed: &Feed,
    version: &str,
    way: &mut Way,
    backoff: &mut Backoff,
    open: &mut Vec<Feed>,
) -> Turn {
    let kind = &KINDS[feed.kind];
    let resource = resource(feed, version);
    let (begun, mut begins) = unbounded_channel();
    let client = wire::client(&shared.cluster.client, shared.pace, begun);
    let api: Api<Raw> = match &feed.namespace {
        None => Api::all_with(client, &resource),
        Some(namespace) => Api::namespaced_with(client, namespace, &resource),
    };
    let mut config = watcher::Config::default().timeout(WATCH);
    config.page_size = config.page_size.filter(|_| way.paged);
    if way.streams {
        config = config.streaming_lists();
    }
    let mut stream = std::pin::pin!(watcher(api, config));
    let mut listing: Vec<Read> = Vec::new();
    let (mut lists, mut begun_lists) = (true, 0);
    let broken = |reason: String| Event::Broken(Part::Feed(feed.clone()), reason);
    loop {
        let next = async {
            if lists { timeout(shared.pace.answer, stream.next()).await.ok() } else { Some(stream.next().await) }
        };
        let event = tokio::select! {
            biased;
            Some(()) = begins.recv() => {
                // A streaming list begins as a watch, too, and is told when it is complete.
                if !lists && !shared.tell(Event::Recovered(Part::Feed(feed.clone()))) {
                    return Turn::Ended(Ended::Dropped);
                }
                continue;
            }
            event = next => event,
        };
        let event = match event {
            Some(Some(event)) => event,
            Some(None) => return Turn::After(backoff.next()),
            None => {
                way.streams = false;
                shared.tell(broken(format!("no answer within {} s", shared.pace.answer.as_secs_f32())));
                return Turn::After(backoff.next());
            }
        };
        let news = match event {
            Ok(watcher::Event::Init) => {
                listing.clear();
                lists = true;
                begun_lists += 1;
                if way.streams && begun_lists > MOST_CUT_SHORT {
                    way.streams = false;
                    return Turn::Again;
                }
                continue;
            }
            Ok(watcher::Event::InitApply(raw)) => {
                listing.extend(raw.decode(kind, version));
                continue;
            }
            Ok(watcher::Event::InitDone) => {
                (lists, begun_lists) = (false, 0);
                for other in open.drain(..).filter(|other| other != feed) {
                    shared.tell(Event::News(News::Closed { feed: other }));
                }
                open.push(feed.clone());
                News::Listed { feed: feed.clone(), objects: std::mem::take(&mut listing) }
            }
            Ok(watcher::Event::Apply(raw)) => match raw.decode(kind, version) {
                Some(read) => News::Applied { feed: feed.clone(), read: Box::new(read) },
                None => continue,
            },
            Ok(watcher::Event::Delete(raw)) => News::Deleted { feed: feed.clone(), key: raw.key() },
            Err(error) => {
                let code = status(&error).map_or(0, |status| status.code);
                let starts = matches!(error, watcher::Error::WatchStartFailed(_));
                match code {
                    403 => return Turn::Ended(Ended::Refused),
                    404 => return Turn::Ended(Ended::Gone),
                    400 | 422 if lists && starts && way.streams => {
                        shared.stop_streaming();
                        way.streams = false;
                        return Turn::Again;
                    }
                    410 if lists && !way.streams => {
                        // The list changes faster than its pages are read, or the server forgets fast: all at once.
                        way.paged = false;
                        return Turn::After(backoff.next());
                    }
                    410 => return Turn::Again,
                    _ => {}
                }
                let pause = backoff.next();
                if !shared.tell(broken(shared.cluster.cause_of_watch(&error))) {
                    return Turn::Ended(Ended::Dropped);
                }
                if lists || loses_track(&error) {
                    return Turn::After(pause);
                }
                sleep(pause).await;
                continue;
            }
        };
        if !shared.tell(Event::News(news)) {
            return Turn::Ended(Ended::Dropped);
        }
    }
}

pub(super) fn resource(feed: &Feed, version: &str) -> ApiResource {
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
