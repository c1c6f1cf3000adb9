//! Keeps up with a cluster: one watch for each kind, and what it tells as [`News`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use futures::StreamExt;
use kube::Api;
use kube::core::ApiResource;
use kube::runtime::{WatchStreamExt, watcher};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::kinds::{KINDS, Kind};
use super::raw::Raw;
use super::{Cluster, Feed, KindState, News, Phase, Read, Status, Unreadable};
use crate::model::{Name, Source, SourceKind};

/// A cluster that is followed. Dropping it ends the watches.
pub struct Follow {
    /// What the cluster tells, in order.
    pub news: UnboundedReceiver<News>,
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
    let (sender, news) = unbounded_channel();
    let (ask, asked) = unbounded_channel();
    let (inner, mut events) = unbounded_channel();
    let source = Arc::new(Source { name: cluster.context.clone(), kind: SourceKind::Cluster, text: String::new() });
    let mut tasks = JoinSet::new();
    for kind in 0..KINDS.len() {
        let (cluster, inner, source) = (cluster.clone(), inner.clone(), Arc::clone(&source));
        let mut namespaces: Vec<Name> = namespaces.to_vec();
        if !namespaces.contains(&cluster.namespace) {
            namespaces.push(cluster.namespace.clone());
        }
        tasks.spawn(async move { keep_up(&cluster, kind, &namespaces, &source, &inner).await });
    }
    let mut status = Status::connecting(cluster.context.clone(), cluster.server.clone());
    tasks.spawn(async move {
        let _asked = asked;
        let _ = sender.send(News::Status(status.clone()));
        let mut broken: BTreeMap<Feed, SystemTime> = BTreeMap::new();
        while let Some(event) = events.recv().await {
            let before = status.clone();
            match event {
                Event::News(news) => {
                    if let News::Listed { feed, .. } | News::Applied { feed, .. } | News::Deleted { feed, .. } = &news {
                        broken.remove(feed);
                    }
                    if let News::Listed { feed, .. } = &news {
                        listed(&mut status, feed);
                    }
                    let _ = sender.send(news);
                }
                Event::Absent(kind) => status.kinds[kind] = KindState::Absent,
                Event::Forbidden(feed) => {
                    if feed.namespace.is_some() && status.kinds[feed.kind] == KindState::Waiting {
                        status.kinds[feed.kind] = KindState::Forbidden;
                    }
                    status.unreadable.push(Unreadable { namespace: feed.namespace, kind: feed.kind });
                    status.unreadable.sort();
                    status.unreadable.dedup();
                }
                Event::Broken(feed, reason) => {
                    let since = *broken.entry(feed).or_insert_with(SystemTime::now);
                    status.phase = Phase::Stale { since, reason };
                }
            }
            if broken.is_empty() {
                status.phase = if status.is_settled() { Phase::Live } else { Phase::Syncing };
            }
            if status != before {
                let _ = sender.send(News::Status(status.clone()));
            }
        }
    });
    Follow { news, ask, tasks }
}

fn listed(status: &mut Status, feed: &Feed) {
    let state = &mut status.kinds[feed.kind];
    match (&feed.namespace, state) {
        (None, state) => *state = KindState::Synced,
        (Some(namespace), KindState::SyncedIn(known)) => {
            if !known.contains(namespace) {
                known.push(namespace.clone());
            }
        }
        (Some(namespace), state) => *state = KindState::SyncedIn(vec![namespace.clone()]),
    }
}

enum Event {
    News(News),
    Absent(usize),
    Forbidden(Feed),
    Broken(Feed, String),
}

async fn keep_up(
    cluster: &Cluster,
    kind: usize,
    namespaces: &[Name],
    source: &Arc<Source>,
    events: &UnboundedSender<Event>,
) {
    let Some(version) = served(cluster, &KINDS[kind]).await else {
        let _ = events.send(Event::Absent(kind));
        return;
    };
    let everywhere = Feed { kind, namespace: None };
    if watch(cluster, &everywhere, version, source, events).await == Ended::Forbidden {
        let _ = events.send(Event::Forbidden(everywhere));
        if !KINDS[kind].namespaced {
            return;
        }
        let each = namespaces.iter().map(|namespace| async move {
            let feed = Feed { kind, namespace: Some(namespace.clone()) };
            if watch(cluster, &feed, version, source, events).await == Ended::Forbidden {
                let _ = events.send(Event::Forbidden(feed));
            }
        });
        futures::future::join_all(each).await;
    }
}

/// The best of the versions of `kind` that the cluster serves.
async fn served(cluster: &Cluster, kind: &Kind) -> Option<&'static str> {
    for version in kind.versions {
        let resources = if kind.group.is_empty() {
            cluster.client.list_core_api_resources(version).await
        } else {
            cluster.client.list_api_group_resources(&format!("{}/{version}", kind.group)).await
        };
        if resources.is_ok_and(|list| list.resources.iter().any(|resource| resource.name == kind.plural)) {
            return Some(version);
        }
    }
    None
}

#[derive(PartialEq)]
enum Ended {
    Forbidden,
    Dropped,
}

async fn watch(
    cluster: &Cluster,
    feed: &Feed,
    version: &'static str,
    source: &Arc<Source>,
    events: &UnboundedSender<Event>,
) -> Ended {
    let kind = &KINDS[feed.kind];
    let api_version = if kind.group.is_empty() { version.to_owned() } else { format!("{}/{version}", kind.group) };
    let resource = ApiResource {
        group: kind.group.to_owned(),
        version: version.to_owned(),
        api_version,
        kind: kind.kind.to_owned(),
        plural: kind.plural.to_owned(),
    };
    let api: Api<Raw> = match &feed.namespace {
        None => Api::all_with(cluster.client.clone(), &resource),
        Some(namespace) => Api::namespaced_with(cluster.client.clone(), namespace, &resource),
    };
    let mut stream = std::pin::pin!(watcher(api, watcher::Config::default()).default_backoff());
    let mut listing: Vec<Read> = Vec::new();
    while let Some(event) = stream.next().await {
        let feed = feed.clone();
        let news = match event {
            Ok(watcher::Event::Init) => {
                listing.clear();
                continue;
            }
            Ok(watcher::Event::InitApply(raw)) => {
                listing.extend(raw.decode(kind, version, source));
                continue;
            }
            Ok(watcher::Event::InitDone) => News::Listed { feed, objects: std::mem::take(&mut listing) },
            Ok(watcher::Event::Apply(raw)) => match raw.decode(kind, version, source) {
                Some(read) => News::Applied { feed, read: Box::new(read) },
                None => continue,
            },
            Ok(watcher::Event::Delete(raw)) => News::Deleted { feed, key: raw.key() },
            Err(error) => {
                if is_forbidden(&error) {
                    return Ended::Forbidden;
                }
                let _ = events.send(Event::Broken(feed, error.to_string()));
                continue;
            }
        };
        if events.send(Event::News(news)).is_err() {
            return Ended::Dropped;
        }
    }
    Ended::Dropped
}

fn is_forbidden(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error) => {
            matches!(error, kube::Error::Api(status) if status.is_forbidden())
        }
        watcher::Error::WatchError(status) => status.is_forbidden(),
        _ => false,
    }
}
