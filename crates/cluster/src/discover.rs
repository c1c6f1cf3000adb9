//! Which versions of a kind the cluster serves. One request for each version of a group, shared by the group's kinds.
//!
//! A question that fails says nothing: only a clean answer without the kind means that there is none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Cluster;
use super::kinds::Kind;

/// What is known of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Served {
    /// The best of the versions that we can read.
    In(&'static str),
    /// The cluster has no such kind, in no version that we can read.
    Absent,
    /// Discovery cannot be read.
    Refused,
    /// It could not be found out; why.
    Failed(String),
}

/// What one version of one group serves.
#[derive(Debug, Clone)]
enum Answer {
    Resources(Vec<String>),
    None,
    Refused,
    Failed(String),
}

type CachedDiscovery = Arc<tokio::sync::Mutex<Option<(Instant, Answer)>>>;

/// What the cluster serves, as far as it was asked.
pub(super) struct Discovery {
    cluster: Cluster,
    patience: Duration,
    known: Mutex<BTreeMap<(&'static str, &'static str), CachedDiscovery>>,
}

impl Discovery {
    pub fn new(cluster: Cluster, patience: Duration) -> Self {
        Self { cluster, patience, known: Mutex::default() }
    }

    /// What is served of `kind`, from answers that are not older than `since`.
    pub async fn served(&self, kind: &Kind, since: Instant) -> Served {
        let mut refused = false;
        for version in kind.versions {
            match self.ask(kind.group, version, since).await {
                Answer::Resources(names) if names.iter().any(|name| name == kind.plural) => {
                    return Served::In(version);
                }
                Answer::Resources(_) | Answer::None => {}
                Answer::Refused => refused = true,
                Answer::Failed(reason) => return Served::Failed(reason),
            }
        }
        if refused { Served::Refused } else { Served::Absent }
    }

    async fn ask(&self, group: &'static str, version: &'static str, since: Instant) -> Answer {
        let known = match self.known.lock() {
            Ok(mut known) => Arc::clone(known.entry((group, version)).or_default()),
            Err(_) => CachedDiscovery::default(),
        };
        // Whoever comes second waits for the answer that the first one gets.
        let mut known = known.lock().await;
        if let Some((at, answer)) = &*known
            && *at >= since
        {
            return answer.clone();
        }
        let asked = Instant::now();
        let answer = async {
            if group.is_empty() {
                self.cluster.client.list_core_api_resources(version).await
            } else {
                self.cluster.client.list_api_group_resources(&format!("{group}/{version}")).await
            }
        };
        let answer = match timeout(self.patience, answer).await {
            Ok(Ok(list)) => Answer::Resources(list.resources.into_iter().map(|resource| resource.name).collect()),
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => Answer::None,
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => Answer::Refused,
            Ok(Err(error)) => Answer::Failed(self.cluster.cause_of(&error)),
            Err(_) => Answer::Failed(format!("no answer within {} s", self.patience.as_secs_f32())),
        };
        *known = Some((asked, answer.clone()));
        answer
    }
}
