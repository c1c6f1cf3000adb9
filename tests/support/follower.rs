//! Follows a cluster as the program does, and keeps what it is told.

#![allow(dead_code)] // each test file uses its part

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use routescope_cluster::kinds::KINDS;
use routescope_cluster::{
    Cluster, Connection, Follow, KindState, Phase, Status, Timeouts, WatchEvent, WatchScope, follow_at,
};
use routescope_core::model::{Name, Object};

use super::apiserver::{ApiServer, Asked, PATIENCE};

/// Everything at a hundredth of the time.
pub const PACE: Timeouts = Timeouts {
    retry: Duration::from_millis(5),
    retry_at_most: Duration::from_millis(50),
    look: Duration::from_millis(20),
    refused: Duration::from_millis(40),
    restart: Duration::from_millis(5),
    answer: Duration::from_secs(10),
};

/// A follower, and what it made of the news.
pub struct Follower {
    pub follow: Follow,
    pub status: Status,
    /// The phases so far, each but once in a row.
    pub phases: Vec<Phase>,
    /// The objects of each feed, as `namespace/name`, and their decoded form.
    pub held: BTreeMap<WatchScope, BTreeMap<String, Object>>,
    /// How often each kind was listed as a whole.
    pub listed: BTreeMap<&'static str, usize>,
    /// What happened, in a word each.
    pub trail: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Follower {
    pub async fn of(server: &ApiServer) -> Self {
        Self::at(server, PACE, &[]).await
    }

    pub async fn at(server: &ApiServer, pace: Timeouts, namespaces: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = server.kubeconfig(folder.path());
        Self::with(folder, kubeconfig, pace, namespaces).await
    }

    /// Follows the cluster of a kubeconfig in `folder`.
    pub async fn with(folder: tempfile::TempDir, kubeconfig: PathBuf, pace: Timeouts, namespaces: &[&str]) -> Self {
        let connection = Connection { kubeconfig: Some(kubeconfig), ..Connection::default() };
        let cluster = Cluster::connect(&connection).await.unwrap();
        let namespaces: Vec<Name> = namespaces.iter().map(|&name| Name::from(name)).collect();
        let follow = follow_at(&cluster, &namespaces, pace);
        let status = Status::connecting(String::new(), String::new());
        Self {
            follow,
            status,
            phases: Vec::new(),
            held: BTreeMap::new(),
            listed: BTreeMap::new(),
            trail: Vec::new(),
            _folder: folder,
        }
    }

    /// Takes news until `done`.
    #[track_caller]
    pub fn until(&mut self, what: &'static str, done: impl Fn(&Self) -> bool) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            while !done(self) {
                match tokio::time::timeout(PATIENCE, self.follow.news.recv()).await {
                    Ok(Some(news)) => self.take(news),
                    _ => panic!(
                        "{caller}: timed out waiting: {what}; {:#?}; {:#?}; {:#?}",
                        self.status,
                        self.trail,
                        self.names("HTTPRoute")
                    ),
                }
            }
        }
    }

    pub fn take(&mut self, news: WatchEvent) {
        match news {
            WatchEvent::Listed { feed, objects } => {
                *self.listed.entry(KINDS[feed.kind].kind).or_default() += 1;
                self.trail.push(format!("listed {} {:?}", KINDS[feed.kind].kind, feed.namespace));
                let objects = objects.into_iter().map(|read| (read.object.meta().key().to_string(), read.object));
                self.held.insert(feed, objects.collect());
            }
            WatchEvent::Applied { feed, read } => {
                self.trail.push(format!("applied {} {}", KINDS[feed.kind].kind, read.object.meta().key()));
                let key = read.object.meta().key().to_string();
                self.held.entry(feed).or_default().insert(key, read.object);
            }
            WatchEvent::Deleted { feed, key } => {
                self.trail.push(format!("deleted {} {key}", KINDS[feed.kind].kind));
                self.held.entry(feed).or_default().remove(&key.to_string());
            }
            WatchEvent::Closed { feed } => {
                self.trail.push(format!("closed {} {:?}", KINDS[feed.kind].kind, feed.namespace));
                self.held.remove(&feed);
            }
            WatchEvent::Status(status) => {
                if self.phases.last() != Some(&status.phase) {
                    self.phases.push(status.phase.clone());
                }
                self.status = status;
            }
        }
    }

    /// The objects of a kind.
    pub fn names(&self, kind: &str) -> Vec<String> {
        let feeds = self.held.iter().filter(|(feed, _)| KINDS[feed.kind].kind == kind);
        feeds.flat_map(|(_, objects)| objects.keys().cloned()).collect()
    }

    pub fn state(&self, kind: &str) -> &KindState {
        &self.status.kinds[place(kind)]
    }

    pub fn is_live(&self) -> bool {
        self.status.phase == Phase::Live
    }

    pub async fn live(&mut self) {
        self.until("live", Self::is_live).await;
    }
}

pub fn place(kind: &str) -> usize {
    KINDS.iter().position(|known| known.kind == kind).unwrap()
}

pub fn route(namespace: &str, name: &str, path: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{ namespace: {namespace}, name: {name} }}\n\
         spec: {{ rules: [{{ matches: [{{ path: {{ value: {path} }} }}] }}] }}\n---\n"
    )
}

pub fn path_of(object: &Object) -> String {
    let Object::Route(route) = object else { panic!("not a route") };
    format!("{:?}", route.rules[0].matches[0])
}

/// What every test holds in the end: nothing but reading, and no Secrets.
#[track_caller]
pub fn assert_reads_only(requests: &[Asked]) {
    for asked in requests {
        assert_eq!(asked.method, "GET", "{asked:?}");
        assert!(!asked.path.contains("secrets"), "{asked:?}");
    }
}
