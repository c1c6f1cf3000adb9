//! Where the world comes from: files that are read, or clusters that are followed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ahash::AHashMap;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::RuntimeEvent;
use crate::tui::cluster_task::Follower;
use crate::tui::context_pane::ContextId;
use crate::tui::signals::{self, Signal};
use crate::tui::update::Message;
use crate::tui::{ClusterSource, Load, Loader, RunError, Source};
use routescope_cluster::contexts;
use routescope_cluster::live::{self, Changed, Control, Update};
use routescope_core::analysis::Analysis;
use routescope_manifest::SourceError;

/// How long the first load may take before the screen is assumed to say that it runs: a load that fails at once (no such
/// file) then fails on the person's own screen, without a flicker.
const PATIENCE: Duration = Duration::from_millis(150);

/// Where the world comes from, while it is being read.
pub(super) enum UpdateSource {
    Files(Loader),
    Clusters { source: Box<ClusterSource>, followers: AHashMap<ContextId, Follower> },
}

impl UpdateSource {
    pub(super) fn start(source: Source, sender: &UnboundedSender<RuntimeEvent>) -> Self {
        match source {
            Source::Files(load) => {
                forward_load(start_load(&load, None), sender.clone());
                Self::Files(load)
            }
            Source::Clusters(source) => {
                let mut feed = Self::Clusters { followers: AHashMap::new(), source: source.clone() };
                for (side, context) in (0..).map(ContextId).zip(source.contexts) {
                    feed.follow(side, 0, context, false, sender);
                }
                feed
            }
        }
    }

    /// What comes before the screen is taken. What fails that soon fails on the person's own screen.
    pub(super) async fn early(
        &mut self,
        receiver: &mut UnboundedReceiver<RuntimeEvent>,
    ) -> Result<Vec<RuntimeEvent>, RunError> {
        let (mut early, mut failed) = (Vec::new(), BTreeMap::new());
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while let Ok(Some(outside)) = tokio::time::timeout_at(deadline, receiver.recv()).await {
            match outside {
                RuntimeEvent::Loaded(Err(error)) => return Err(RunError::Load(error)),
                RuntimeEvent::Signal(Signal::End(number)) => return Err(RunError::Signal(number)),
                // The terminal is not taken yet: stopping is all there is to do.
                RuntimeEvent::Signal(Signal::Stop) => signals::stop(),
                RuntimeEvent::Signal(Signal::Continue) => {}
                RuntimeEvent::Loaded(Ok(_)) => {
                    early.push(outside);
                    break;
                }
                RuntimeEvent::Message(Message::Followed { side, epoch, update }) => {
                    self.taken(side);
                    if let Update::Failed(error) = &*update {
                        failed.insert(side, error.clone());
                    }
                    // One that can be followed is worth looking at, whatever has become of the others.
                    if failed.len() == self.count()
                        && let Some((_, error)) = failed.pop_first()
                    {
                        return Err(RunError::Load(error));
                    }
                    early.push(RuntimeEvent::Message(Message::Followed { side, epoch, update }));
                }
                other => early.push(other),
            }
        }
        Ok(early)
    }

    /// How many clusters are followed.
    fn count(&self) -> usize {
        if let Self::Clusters { followers, .. } = self { followers.len() } else { 0 }
    }

    /// The cluster of a side, while it is followed.
    fn follower(&self, side: ContextId) -> Option<&Follower> {
        if let Self::Clusters { followers, .. } = self { followers.get(&side) } else { None }
    }

    /// What the cluster of a side brought last is taken in.
    pub(super) fn taken(&self, side: ContextId) {
        if let Some(follower) = self.follower(side) {
            follower.taken();
        }
    }

    /// Reads again; what changed is told by the world before.
    pub(super) fn load(&self, before: Option<Arc<Analysis>>, sender: &UnboundedSender<RuntimeEvent>) {
        if let Self::Files(load) = self {
            forward_load(start_load(load, before), sender.clone());
        }
    }

    pub(super) fn ask(&self, side: ContextId, control: Control) {
        if let Some(follower) = self.follower(side) {
            follower.ask(control);
        }
    }

    /// Has the files that are laid over the clusters read again. `false` when there are no clusters.
    pub(super) fn reread(&self) -> bool {
        let Self::Clusters { followers, .. } = self else { return false };
        followers.values().for_each(|follower| follower.ask(Control::Reread));
        true
    }

    /// Lists the contexts of the kubeconfig that is read.
    pub(super) fn contexts(&self, sender: &UnboundedSender<RuntimeEvent>) {
        if let Self::Clusters { source, .. } = self {
            let (kubeconfig, sender) = (source.options.connection.kubeconfig.clone(), sender.clone());
            tokio::task::spawn_blocking(move || {
                let read = contexts(kubeconfig.as_deref());
                let _ = sender.send(RuntimeEvent::Message(Message::Contexts(read)));
            });
        }
    }

    pub(super) fn follow(
        &mut self,
        side: ContextId,
        epoch: u64,
        context: Option<String>,
        bare: bool,
        sender: &UnboundedSender<RuntimeEvent>,
    ) {
        if let Self::Clusters { source, followers } = self {
            let mut options = source.options.clone();
            if bare {
                options.overlay.clear();
            }
            options.connection.context = context;
            followers.insert(side, Follower::start(options, side, epoch, sender));
        }
    }

    pub(super) fn leave(&mut self, side: ContextId) {
        if let Self::Clusters { followers, .. } = self {
            followers.remove(&side);
        }
    }
}

pub(super) type Running = tokio::task::JoinHandle<Result<(Load, Vec<Changed>), SourceError>>;

/// Has a source read beside the task that draws; what changed is told by the world before.
pub(super) fn start_load(load: &Loader, before: Option<Arc<Analysis>>) -> Running {
    let load = Arc::clone(load);
    tokio::task::spawn_blocking(move || {
        let loaded = load()?;
        let changes = before.map(|before| live::diff_snapshots(&before, &loaded.analysis, SystemTime::now()));
        Ok((loaded, changes.unwrap_or_default()))
    })
}

fn forward_load(running: Running, sender: UnboundedSender<RuntimeEvent>) {
    tokio::spawn(async move {
        let loaded = running.await.unwrap_or_else(|error| Err(crashed(&error)));
        let _ = sender.send(RuntimeEvent::Loaded(loaded));
    });
}

pub(super) fn crashed(error: &tokio::task::JoinError) -> SourceError {
    SourceError { message: format!("reading failed: {error}"), hint: Some("this is a bug".to_owned()) }
}
