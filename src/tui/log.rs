//! What changed while one looked: objects of the cluster, what that means for routing, how reading it goes. Only words
//! and what they are about; the window that lists them is made in [`window`](super::window).

use std::collections::{BTreeSet, VecDeque};
use std::time::SystemTime;

use super::pins::Turned;
use super::url_bar::Question;
use routescope_cluster::kinds::KINDS;
use routescope_cluster::live::{Changed, How};
use routescope_cluster::{KindState, Phase, Status};
use routescope_core::finding::Subject;
use routescope_core::model::Name;
use routescope_render::style::Role;

/// How many entries are kept: the oldest go first.
pub const MOST: usize = 1_000;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: SystemTime,
    /// What it is about.
    pub about: About,
    /// What happened.
    pub text: String,
    /// Whether it is good or bad news.
    pub role: Role,
}

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// An object.
    Object(Subject),
    /// The answer to a pinned question.
    Pin(Question),
    /// Reading the cluster.
    Reading,
}

/// What happened, the latest last.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
}

impl Log {
    /// What happened, the latest last.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Keeps an entry.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() >= MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// Keeps what a world brings.
    pub fn changed(&mut self, changes: &[Changed]) {
        // More than fit are not even put into words.
        for change in &changes[changes.len().saturating_sub(MOST)..] {
            let (what, role) = match change.how {
                How::Added => ("new", Role::Ok),
                How::Modified => ("", Role::Text),
                How::Deleted => ("gone", Role::Warning),
            };
            let mut text = what.to_owned();
            if !change.lines.is_empty() && !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&change.lines.join("; "));
            if text.is_empty() {
                "changed".clone_into(&mut text);
            }
            self.push(Entry { at: change.at, about: About::Object(change.subject.clone()), text, role });
        }
    }

    /// Keeps that the answer to a pinned question is another.
    pub fn turned(&mut self, at: SystemTime, turned: &Turned) {
        let Turned { question, was, is } = turned;
        let text = format!("{} → {}", was.plain(), is.gets.plain());
        self.push(Entry { at, about: About::Pin(question.clone()), text, role: is.role });
    }

    /// Keeps what is different about reading the cluster.
    pub fn reading(&mut self, now: SystemTime, before: &Status, after: &Status) {
        let mut tell = |role, text| self.push(Entry { at: now, about: About::Reading, text, role });
        match (&before.phase, &after.phase) {
            (Phase::Stale { .. }, Phase::Live) => tell(Role::Ok, "live again".to_owned()),
            (Phase::Stale { .. }, Phase::Stale { .. }) => {}
            (_, Phase::Stale { reason, .. }) => tell(Role::Warning, format!("stale: {reason}")),
            _ => {}
        }
        for (kind, (was, is)) in KINDS.iter().zip(before.kinds.iter().zip(&after.kinds)) {
            match (was, is) {
                (KindState::Waiting, _)
                | (_, KindState::Waiting)
                | (KindState::Absent, KindState::Absent)
                | (KindState::Forbidden, KindState::Forbidden) => {}
                (KindState::Absent, _) => tell(Role::Ok, format!("the cluster has the kind {} now", kind.shown)),
                (_, KindState::Absent) => tell(Role::Warning, format!("the kind {} is gone", kind.shown)),
                (KindState::Forbidden, _) => tell(Role::Ok, format!("{} may be read now", kind.shown)),
                (_, KindState::Forbidden) => tell(Role::Warning, format!("{} cannot be read any more", kind.shown)),
                _ => {}
            }
        }
        let (was, is) = (refused(before), refused(after));
        for namespace in was.difference(&is) {
            tell(Role::Ok, format!("namespace {namespace} is readable now"));
        }
        for namespace in is.difference(&was) {
            tell(Role::Warning, format!("namespace {namespace} is not readable"));
        }
    }
}

/// The namespaces in which something cannot be read.
fn refused(status: &Status) -> BTreeSet<&Name> {
    status.unreadable.iter().filter_map(|one| one.namespace.as_ref()).collect()
}
