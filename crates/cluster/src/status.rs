//! How reading a cluster goes: what is there, what is waited for, what cannot be read.

use std::time::SystemTime;

use super::kinds::KINDS;
use routescope_core::model::Name;
use routescope_core::store::Coverage;

/// How far one kind is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindState {
    /// Its first list is under way.
    Waiting,
    /// All of it is known: in every namespace.
    Synced,
    /// All of it is known in these namespaces; others cannot be read.
    SyncedIn(Vec<Name>),
    /// The cluster has no such kind.
    Absent,
    /// It cannot be read anywhere we know of.
    Forbidden,
}

/// What cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// The namespace; `None` when the cluster as a whole was asked for.
    pub namespace: Option<Name>,
    /// The place of the kind in [`KINDS`].
    pub kind: usize,
}

/// What the connection is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// No answer from the server yet.
    Connecting,
    /// First lists are under way.
    Syncing,
    /// Everything that may be read is known, and changes come in.
    Live,
    /// Some watch is broken and being tried again: what is shown is as of `since`.
    Stale {
        /// When the first of the watches that are broken now broke.
        since: SystemTime,
        /// Why, in one line.
        reason: String,
    },
}

/// How reading a cluster goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The context's name.
    pub context: String,
    /// The server's address.
    pub server: String,
    /// What the connection is doing.
    pub phase: Phase,
    /// How far each kind of [`KINDS`] is.
    pub kinds: Vec<KindState>,
    /// What cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// How many lists are under way for the first time.
    pub waiting: usize,
    /// The namespaces that are asked one by one where the whole cluster cannot be read.
    pub asked: Vec<Name>,
    /// Why something is being tried again, in one line; as long as nothing has answered yet, too.
    pub trouble: Option<String>,
}

impl Status {
    /// Before anything was asked.
    pub fn connecting(context: String, server: String) -> Self {
        let kinds = vec![KindState::Waiting; KINDS.len()];
        let phase = Phase::Connecting;
        Self { context, server, phase, kinds, unreadable: Vec::new(), waiting: 0, asked: Vec::new(), trouble: None }
    }

    /// Every kind is either known or known to be out of reach, in every namespace in [`Status::asked`]: an answer now is
    /// as good as it gets.
    pub fn is_settled(&self) -> bool {
        self.waiting == 0 && self.kinds.iter().all(|state| *state != KindState::Waiting)
    }

    /// How many kinds are known, and how many the cluster has as far as we know.
    pub fn progress(&self) -> (usize, usize) {
        let there = self.kinds.iter().filter(|state| **state != KindState::Absent);
        let (mut synced, mut all) = (0, 0);
        for state in there {
            all += 1;
            synced += usize::from(*state != KindState::Waiting);
        }
        (synced, all)
    }

    /// What has been seen in full. A kind that the cluster does not have has been seen.
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::open();
        for (kind, state) in KINDS.iter().zip(&self.kinds) {
            match state {
                KindState::Synced | KindState::Absent => {
                    coverage.kinds.insert(kind.shown);
                }
                KindState::SyncedIn(namespaces) => {
                    coverage.namespaces.entry(kind.shown).or_default().extend(namespaces.iter().cloned());
                }
                KindState::Waiting | KindState::Forbidden => {}
            }
        }
        coverage
    }
}
