//! A live cluster, read and followed. The only user of kube, and strictly read-only: lists, watches and discovery.
//!
//! ```text
//! Connection ─► connect ─► Cluster ─► watch: a task for each kind ─► News
//!                                       keep: its version, everywhere or by namespace; absent ones are looked for
//!                                       feed: one list and its watch, kept up whatever happens
//!                                       tally: how it goes, as a Status
//! ```
//!
//! It does not know the [`Store`](routescope_core::store::Store): whoever listens to the news applies them.

pub mod connect;
mod crd_channel;
mod discover;
#[doc(hidden)] // for measuring without a cluster
pub mod dynamic_object;
pub mod error;
pub mod guard;
mod kind_watcher;
pub mod kinds;
pub mod limits;
mod list_watch;
pub mod live;
pub mod secrets;
pub mod status;
mod sync_status;
pub mod timing;
mod watch;
mod wire;

pub use connect::{Cluster, Connection, ContextEntry, Prompt, contexts, kubeconfig_paths};
pub use status::{KindState, Phase, Status, Unreadable};
pub use timing::Timeouts;
pub use watch::{Follow, follow, follow_at};

use routescope_core::finding::Finding;
use routescope_core::model::{Name, Object, ObjectKey};

/// One list that is kept up with: a kind, everywhere or in one namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchScope {
    /// The place of the kind in [`kinds::KINDS`].
    pub kind: usize,
    /// The one namespace that is asked; `None` for all of them.
    pub namespace: Option<Name>,
}

/// An object as it was read, and what is wrong with it.
#[derive(Debug)]
pub struct Read {
    /// The object.
    pub object: Object,
    /// What decoding it brought up.
    pub findings: Vec<Finding>,
}

/// What a cluster tells.
#[derive(Debug)]
pub enum WatchEvent {
    /// Everything there is in a feed, at once: what it held before and does not hold now is gone.
    Listed {
        /// Which list.
        feed: WatchScope,
        /// All its objects.
        objects: Vec<Read>,
    },
    /// An object appeared or changed.
    Applied {
        /// In which list.
        feed: WatchScope,
        /// The object.
        read: Box<Read>,
    },
    /// An object went away.
    Deleted {
        /// From which list.
        feed: WatchScope,
        /// Its namespace and name.
        key: ObjectKey,
    },
    /// A feed is given up: its kind is no longer served, or no longer readable. What it held is gone.
    Closed {
        /// Which list.
        feed: WatchScope,
    },
    /// How reading goes has changed.
    Status(Status),
}
