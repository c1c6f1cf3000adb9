//! From what happens on the feeds to how reading goes: a pure fold, without a clock of its own.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::kinds::KINDS;
use super::{KindState, Phase, Status, Unreadable, WatchEvent, WatchScope};
use routescope_core::model::Name;

/// What can break and recover by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Finding out about a kind.
    Kind(usize),
    /// A list.
    List(WatchScope),
    /// The watch after it: a list that is read again does not fix it.
    Watch(WatchScope),
}

impl Part {
    /// Which kind it is of.
    fn kind(&self) -> usize {
        match self {
            Self::Kind(kind) => *kind,
            Self::List(feed) | Self::Watch(feed) => feed.kind,
        }
    }
}

/// What happens.
#[derive(Debug)]
pub(super) enum Event {
    /// A feed is asked for the first time.
    Requested(WatchScope),
    /// Something was read.
    Watched(WatchEvent),
    /// The cluster has no such kind.
    Absent(usize),
    /// A feed cannot be read.
    Refused(WatchScope),
    /// Something broke, and is tried again.
    Broken(Part, String),
    /// It works again, with nothing to tell.
    Recovered(Part),
}

/// Where one feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Requested,
    Listed,
    Refused,
}

/// How reading goes, and what it follows from.
pub(super) struct Tally {
    status: Status,
    feeds: BTreeMap<WatchScope, Stand>,
    absent: Vec<bool>,
    broken: BTreeMap<Part, (SystemTime, String)>,
    answered: bool,
}

impl Tally {
    pub fn new(status: Status) -> Self {
        Self {
            status,
            feeds: BTreeMap::new(),
            absent: vec![false; KINDS.len()],
            broken: BTreeMap::new(),
            answered: false,
        }
    }

    /// How it goes.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Takes in what happened at `now`; whether reading goes differently since.
    pub fn take(&mut self, event: &Event, now: SystemTime) -> bool {
        self.answered |= !matches!(event, Event::Requested(_) | Event::Broken(..));
        match event {
            Event::Requested(feed) => {
                self.feeds.entry(feed.clone()).or_insert(Stand::Requested);
            }
            Event::Watched(WatchEvent::Listed { feed, .. }) => {
                self.broken.remove(&Part::List(feed.clone()));
                self.broken.remove(&Part::Kind(feed.kind));
                self.feeds.insert(feed.clone(), Stand::Listed);
                self.absent[feed.kind] = false;
            }
            // What most of all that happens is. It changes nothing else.
            Event::Watched(WatchEvent::Applied { .. } | WatchEvent::Deleted { .. }) => return false,
            Event::Watched(WatchEvent::Closed { feed }) => {
                self.works(feed);
                self.feeds.remove(feed);
            }
            Event::Watched(WatchEvent::Status(_)) => {}
            Event::Absent(kind) => {
                self.absent[*kind] = true;
                self.feeds.retain(|feed, _| feed.kind != *kind);
                self.broken.retain(|part, _| part.kind() != *kind);
            }
            Event::Refused(feed) => {
                self.works(feed);
                self.feeds.insert(feed.clone(), Stand::Refused);
                self.absent[feed.kind] = false;
                self.expect();
            }
            Event::Broken(part, reason) => {
                let broken = self.broken.entry(part.clone()).or_insert_with(|| (now, String::new()));
                broken.1.clone_from(reason);
            }
            Event::Recovered(part) => {
                self.broken.remove(part);
            }
        }
        self.sum_up()
    }

    /// Nothing of a feed is tried again.
    fn works(&mut self, feed: &WatchScope) {
        self.broken.remove(&Part::List(feed.clone()));
        self.broken.remove(&Part::Watch(feed.clone()));
    }

    /// These namespaces are asked one by one; whether that is new.
    pub fn ask(&mut self, namespaces: Vec<Name>) -> bool {
        let new = self.status.asked != namespaces;
        self.status.asked = namespaces;
        self.expect();
        self.sum_up() || new
    }

    /// Where the whole cluster cannot be read, each namespace is about to be asked: it counts as asked from now on.
    fn expect(&mut self) {
        let refused = self.feeds.iter().filter(|(feed, stand)| {
            **stand == Stand::Refused && feed.namespace.is_none() && KINDS[feed.kind].namespaced
        });
        let kinds: Vec<usize> = refused.map(|(feed, _)| feed.kind).collect();
        for kind in kinds {
            for namespace in &self.status.asked {
                self.feeds.entry(WatchScope { kind, namespace: Some(namespace.clone()) }).or_insert(Stand::Requested);
            }
        }
    }

    fn sum_up(&mut self) -> bool {
        let kinds: Vec<KindState> = (0..KINDS.len()).map(|kind| self.kind(kind)).collect();
        let refused = self.feeds.iter().filter(|(_, stand)| **stand == Stand::Refused);
        let unreadable = refused.map(|(feed, _)| Unreadable { namespace: feed.namespace.clone(), kind: feed.kind });
        let mut unreadable: Vec<Unreadable> = unreadable.collect();
        unreadable.sort();
        let waiting = self.feeds.iter().filter(|(feed, stand)| **stand == Stand::Requested && !self.absent[feed.kind]);
        let waiting = waiting.count();
        let mut status = Status { kinds, unreadable, waiting, ..self.status.clone() };
        let first = self.broken.values().min_by_key(|(since, _)| *since);
        status.trouble = first.map(|(_, reason)| reason.clone());
        status.phase = match first {
            _ if !self.answered => Phase::Connecting,
            Some((since, reason)) => Phase::Stale { since: *since, reason: reason.clone() },
            None if status.is_settled() => Phase::Live,
            None => Phase::Syncing,
        };
        let changed = status != self.status;
        self.status = status;
        changed
    }

    fn kind(&self, kind: usize) -> KindState {
        if self.absent[kind] {
            return KindState::Absent;
        }
        let stand = |feed: &WatchScope| self.feeds.get(feed).copied();
        match stand(&WatchScope { kind, namespace: None }) {
            Some(Stand::Listed) => return KindState::Synced,
            Some(Stand::Refused) if !KINDS[kind].namespaced => return KindState::Forbidden,
            _ => {}
        }
        let each = self.feeds.iter().filter(|(feed, _)| feed.kind == kind && feed.namespace.is_some());
        let (mut listed, mut waits, mut any) = (Vec::new(), false, false);
        for (feed, stand) in each {
            any = true;
            match stand {
                Stand::Requested => waits = true,
                Stand::Listed => listed.extend(feed.namespace.clone()),
                Stand::Refused => {}
            }
        }
        // What was known of some namespaces stays known while one more is asked.
        let was_known = matches!(self.status.kinds[kind], KindState::SyncedIn(_) | KindState::Forbidden);
        match (any, waits && !was_known, listed.is_empty()) {
            (false, ..) | (_, true, _) => KindState::Waiting,
            (true, false, true) => KindState::Forbidden,
            (true, false, false) => KindState::SyncedIn(listed),
        }
    }
}
