//! The task behind [`follow`](super::follow): applies the news, analyses, and hands over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::time::{Instant, sleep_until};

use super::{Control, GATHER, Options, Update, World};
use crate::analysis::Analysis;
use crate::finding::Finding;
use crate::model::ObjectKey;
use crate::resolve::Settings;
use crate::source::cluster::kinds::KINDS;
use crate::source::cluster::{self, Cluster, Feed, Follow, News, Read, Status};
use crate::store::{Change, Store};

/// What is known of the cluster.
struct Known {
    store: Store,
    /// Which objects each feed holds.
    held: BTreeMap<Feed, BTreeSet<ObjectKey>>,
    /// What reading each object brought up.
    findings: BTreeMap<(&'static str, ObjectKey), Vec<Finding>>,
    status: Arc<Status>,
}

/// Follows until nobody listens.
pub(super) async fn run(options: Options, updates: Sender<Update>, mut controls: UnboundedReceiver<Control>) {
    let Options { connection, settings } = options;
    let cluster = match Cluster::connect(&connection).await {
        Ok(cluster) => cluster,
        Err(error) => {
            let _ = updates.send(Update::Failed(error)).await;
            return;
        }
    };
    let mut follow: Follow = cluster::follow(&cluster, &connection.namespaces);
    let status = Arc::new(Status::connecting(cluster.context.clone(), cluster.server.clone()));
    let mut known = Known { store: Store::default(), held: BTreeMap::new(), findings: BTreeMap::new(), status };
    loop {
        let (mut changed, mut told) = (false, false);
        let mut until: Option<Instant> = None;
        loop {
            let deadline = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                news = follow.news.recv() => match news {
                    None => return,
                    Some(News::Status(status)) => {
                        changed |= status.coverage() != known.status.coverage();
                        known.status = Arc::new(status);
                        told = true;
                    }
                    Some(news) => changed |= known.take(news),
                },
                control = controls.recv() => match control {
                    None => return,
                    Some(Control::Namespace(namespace)) => { let _ = follow.ask.send(namespace); }
                },
                () = deadline => break,
                () = updates.closed() => return,
            }
            if changed || told {
                until.get_or_insert_with(|| Instant::now() + GATHER);
            }
        }
        let update = if changed {
            match known.analyse(&settings).await {
                Some(world) => Update::World(Box::new(world)),
                None => return,
            }
        } else {
            Update::Status(Arc::clone(&known.status))
        };
        if updates.send(update).await.is_err() {
            return;
        }
    }
}

impl Known {
    /// Takes news in; whether anything is different now.
    fn take(&mut self, news: News) -> bool {
        match news {
            News::Status(_) => false,
            News::Listed { feed, objects } => {
                let mut old = self.held.remove(&feed).unwrap_or_default();
                let mut held = BTreeSet::new();
                for read in objects {
                    let key = read.object.meta().key();
                    old.remove(&key);
                    held.insert(key);
                    self.put(read);
                }
                for key in old {
                    self.drop_object(&feed, key);
                }
                self.held.insert(feed, held);
                true
            }
            News::Applied { feed, read } => {
                self.held.entry(feed).or_default().insert(read.object.meta().key());
                self.put(*read);
                true
            }
            News::Deleted { feed, key } => {
                if let Some(held) = self.held.get_mut(&feed) {
                    held.remove(&key);
                }
                self.drop_object(&feed, key);
                true
            }
            News::Closed { feed } => {
                for key in self.held.remove(&feed).unwrap_or_default() {
                    self.drop_object(&feed, key);
                }
                true
            }
        }
    }

    fn put(&mut self, Read { object, findings }: Read) {
        let about = (object.kind(), object.meta().key());
        if findings.is_empty() {
            self.findings.remove(&about);
        } else {
            self.findings.insert(about, findings);
        }
        self.store.apply(Change::Upsert(Box::new(object)));
    }

    fn drop_object(&mut self, feed: &Feed, key: ObjectKey) {
        let kind = KINDS[feed.kind].shown;
        self.findings.remove(&(kind, key.clone()));
        self.store.apply(Change::Delete { kind, key });
    }

    /// Analyses what is known, off this task. `None` when the analysis could not be finished.
    async fn analyse(&mut self, settings: &Settings) -> Option<World> {
        self.store.cover(self.status.coverage());
        let snapshot = Arc::new(self.store.snapshot());
        let findings: Vec<Finding> = self.findings.values().flatten().cloned().collect();
        let (reading, settings) = (findings.len(), settings.clone());
        let analysis = tokio::task::spawn_blocking(move || Analysis::of(snapshot, settings, findings)).await.ok()?;
        Some(World { analysis: Arc::new(analysis), reading, status: Arc::clone(&self.status), changes: Vec::new() })
    }
}
