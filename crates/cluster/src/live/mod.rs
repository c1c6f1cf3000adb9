//! A cluster, followed and analysed: from the cluster's news to the newest [`Analysis`], with what changed on the way.
//!
//! ```text
//! source::cluster ─► News ─► Known (a Store, and the files laid over it) ─► Analysis ─► Update
//!                             gathered for a moment; only the newest state is analysed
//! ```
//!
//! The command line asks it for one settled state, `--watch` and the explorer for all of them.

mod changes;
pub mod cluster_state;
mod crds;
mod overlay;
mod referenced_namespaces;
mod session;
mod unreadable;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use tokio::sync::mpsc::{Receiver, UnboundedSender, channel, unbounded_channel};

use crate::{Connection, Status};
use routescope_core::analysis::Analysis;
use routescope_core::finding::Subject;
use routescope_core::model::Name;
use routescope_core::resolve::Settings;
use routescope_manifest::files::Input;
use routescope_manifest::{Channel, ChosenChannel, SourceError, Variables};

pub use changes::diff_snapshots;
pub use overlay::NOT_YET;
pub use unreadable::{Unread, access_denied, unreadable};

/// What to follow, and under which settings.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which cluster.
    pub connection: Connection,
    /// Control-plane settings.
    pub settings: Settings,
    /// Files laid over the cluster: "what if this were applied".
    pub overlay: Vec<Input>,
    /// `-R`, for the files.
    pub recursive: bool,
    /// What placeholders of the files are filled in with.
    pub variables: Variables,
    /// The channel of the Gateway API whose CRDs the files are read with; `None` when they are to say, or else the cluster.
    pub channel: Option<Channel>,
    /// From when on worlds are handed over.
    pub worlds: Worlds,
}

/// From when on worlds are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Worlds {
    /// As soon as anything is known: for someone who watches it grow.
    #[default]
    AsTheyCome,
    /// Once all that may be read is known: for an answer.
    Settled,
}

/// What following a cluster brings.
#[derive(Debug)]
pub enum Update {
    /// How reading goes has changed, and nothing else.
    Status(Arc<Status>),
    /// The world is another.
    Loaded(Box<LoadedCluster>),
    /// The cluster cannot be followed at all.
    Failed(SourceError),
}

/// The world as a cluster has it at one moment.
#[derive(Debug, Clone)]
pub struct LoadedCluster {
    /// What follows from it.
    pub analysis: Arc<Analysis>,
    /// How many of the analysis's findings came from reading.
    pub reading: usize,
    /// How reading goes.
    pub status: Arc<Status>,
    /// What changed since the update before, the latest last; empty for the first lists.
    pub changes: Vec<Changed>,
    /// All that may be read is known, namespaces that were asked for later included.
    pub settled: bool,
    /// What the files laid over the cluster were read from, to be watched: a change there is [`Control::Reread`].
    pub watch: Vec<PathBuf>,
    /// After so long to ask for [`Control::Reread`]: what is missing of the files now may be back.
    pub again: Option<Duration>,
    /// The channel of the Gateway API's CRDs; `None` where the cluster does not tell and no file is read.
    pub channel: Option<ChosenChannel>,
}

/// One object that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// When it was told.
    pub at: SystemTime,
    /// Which object.
    pub subject: Subject,
    /// How.
    pub how: How,
    /// What that means for routing, a line each ("rule 1 now goes to Service payments/v2:8080").
    pub lines: Vec<String>,
}

/// How an object changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is new.
    Added,
    /// It is another than before.
    Modified,
    /// It is gone.
    Deleted,
}

/// What can be asked of a cluster that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Read this namespace, too, where the cluster as a whole cannot be read.
    Namespace(Name),
    /// Read the files laid over the cluster again.
    Reread,
}

/// A cluster that is followed. Dropping it ends the watches.
#[derive(Debug)]
pub struct Following {
    /// What it brings. Only the newest world counts: while nobody takes it, later ones are folded into it.
    pub updates: Receiver<Update>,
    /// Asks something of it.
    pub control: UnboundedSender<Control>,
}

/// Follows a cluster. Must be called inside a tokio runtime.
pub fn follow(options: Options) -> Following {
    let (sender, updates) = channel(1);
    let (control, controls) = unbounded_channel();
    tokio::spawn(async move {
        let failed = sender.clone();
        let session = AssertUnwindSafe(session::run(options, sender, controls));
        if session.catch_unwind().await.is_err() {
            // Nobody would know why nothing comes any more.
            let message = "cannot follow the cluster: an internal error".to_owned();
            let hint =
                Some("please report it, with what was printed and the kubeconfig without its secrets".to_owned());
            let _ = failed.send(Update::Failed(SourceError { message, hint })).await;
        }
    });
    Following { updates, control }
}
