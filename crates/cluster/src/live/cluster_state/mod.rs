//! What is known of a cluster, with the files laid over it: news and files go in, a [`Snapshot`] and what changed since
//! the one before come out. No connection, no clock, no task: whoever has news can use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use ahash::AHashMap;

use super::changes::{self, Ready};
use super::overlay::{Overlay, laid, subject};
use super::{Changed, unreadable};
use crate::kinds::KINDS;
use crate::{KindState, Read, Status, WatchEvent, WatchScope};
use routescope_core::finding::{Finding, Location, Subject};
use routescope_core::model::{Object, ObjectKey};
use routescope_core::store::{Change, Coverage, Mark, OverlayEntries, OverlayEntry, Snapshot, Store};

/// What is known.
#[derive(Debug)]
pub struct ClusterState {
    store: Store,
    /// Which objects each feed holds.
    held: BTreeMap<WatchScope, BTreeSet<ObjectKey>>,
    /// What reading each object brought up.
    findings: BTreeMap<Subject, Vec<Finding>>,
    status: Arc<Status>,
    overlay: Overlay,
    /// What reading the files brought up.
    of_files: Vec<Finding>,
    /// Which of the files count as they were.
    stale: Vec<String>,
    /// What the cluster holds where files are laid over it.
    beneath: BTreeMap<Subject, Object>,
    marks: OverlayEntries,
    /// What was known of objects when changes were last asked for, of those that changed since.
    before: BTreeMap<Subject, Previous>,
    /// How many endpoints each slice has, by Service.
    slices: AHashMap<ObjectKey, BTreeMap<ObjectKey, Ready>>,
    ready_before: BTreeMap<ObjectKey, (Ready, SystemTime)>,
    /// Changes of a state that was not handed over.
    restore_pending: Vec<Changed>,
}

/// An object before it changed.
#[derive(Debug)]
struct Previous {
    /// What it was; `None` where it was not.
    object: Option<Object>,
    /// When the change was told.
    at: SystemTime,
}

/// A state to be analysed.
#[derive(Debug)]
pub struct State {
    /// The world.
    pub snapshot: Snapshot,
    /// What reading it brought up.
    pub findings: Vec<Finding>,
    /// What changed since the state before.
    pub changes: Vec<Changed>,
}

/// Whether a change is to be told as one: the first list of a kind brings nothing new.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Silently,
    At(SystemTime),
}

impl ClusterState {
    /// Nothing yet.
    pub fn new(status: Status) -> Self {
        Self {
            store: Store::default(),
            held: BTreeMap::new(),
            findings: BTreeMap::new(),
            status: Arc::new(status),
            overlay: Overlay::new(),
            of_files: Vec::new(),
            stale: Vec::new(),
            beneath: BTreeMap::new(),
            marks: OverlayEntries::new(),
            before: BTreeMap::new(),
            slices: AHashMap::new(),
            ready_before: BTreeMap::new(),
            restore_pending: Vec::new(),
        }
    }

    /// How reading goes.
    pub fn status(&self) -> &Arc<Status> {
        &self.status
    }

    /// Takes news in, told at `now`; whether an analysis would come out different.
    pub fn take(&mut self, news: WatchEvent, now: SystemTime) -> bool {
        match news {
            WatchEvent::Status(status) => {
                let different =
                    status.coverage() != self.status.coverage() || status.unreadable != self.status.unreadable;
                let seen = status.coverage() != self.status.coverage();
                self.status = Arc::new(status);
                if seen {
                    self.mark_again();
                }
                different
            }
            WatchEvent::Listed { feed, objects } => {
                let (mut old, told) = match self.held.remove(&feed) {
                    Some(old) => (old, Told::At(now)),
                    None => (BTreeSet::new(), Told::Silently),
                };
                let mut held = BTreeSet::new();
                let mut different = told == Told::Silently && !objects.is_empty();
                for read in objects {
                    let key = read.object.meta().key();
                    old.remove(&key);
                    held.insert(key);
                    different |= self.put(read, told);
                }
                for key in old {
                    different |= self.gone(&feed, key, told);
                }
                self.held.insert(feed, held);
                different
            }
            WatchEvent::Applied { feed, read } => {
                self.held.entry(feed).or_default().insert(read.object.meta().key());
                self.put(*read, Told::At(now))
            }
            WatchEvent::Deleted { feed, key } => {
                if let Some(held) = self.held.get_mut(&feed) {
                    held.remove(&key);
                }
                self.gone(&feed, key, Told::At(now))
            }
            WatchEvent::Closed { feed } => {
                let mut different = false;
                for key in self.held.remove(&feed).unwrap_or_default() {
                    different |= self.gone(&feed, key, Told::Silently);
                }
                different
            }
        }
    }

    /// Lays files over the cluster, in place of those that were. With what reading them brought up, and which of them
    /// count as they were.
    pub(super) fn lay(
        &mut self,
        overlay: Overlay,
        (findings, stale): (Vec<Finding>, Vec<String>),
        now: Option<SystemTime>,
    ) {
        let told = now.map_or(Told::Silently, Told::At);
        self.of_files = findings;
        self.stale = stale;
        let before = std::mem::replace(&mut self.overlay, overlay);
        for about in before.into_keys() {
            if !self.overlay.contains_key(&about) {
                let live = self.beneath.remove(&about);
                self.marks.remove(&about);
                self.set(about, live, told);
            }
        }
        let over: Vec<Subject> = self.overlay.keys().cloned().collect();
        for about in over {
            if !self.beneath.contains_key(&about)
                && let Some(live) = self.held_live(&about)
            {
                self.beneath.insert(about.clone(), live);
            }
            self.lay_again(about, told);
        }
        self.store.overlay(self.marks.clone());
    }

    /// What has been seen is other than before: what was assumed to be new may be there, or the other way round.
    fn mark_again(&mut self) {
        let over: Vec<Subject> = self.overlay.keys().cloned().collect();
        if over.into_iter().fold(false, |marked, about| self.lay_again(about, Told::Silently) | marked) {
            self.store.overlay(self.marks.clone());
        }
    }

    /// The cluster's own object of that name.
    fn held_live(&self, about: &Subject) -> Option<Object> {
        let holds = |(feed, held): (&WatchScope, &BTreeSet<ObjectKey>)| {
            KINDS[feed.kind].shown == about.kind && held.contains(&about.key)
        };
        self.held.iter().any(holds).then(|| self.store.find(about.kind, &about.key)).flatten()
    }

    /// Puts a file's object over the cluster's.
    fn lay_again(&mut self, about: Subject, told: Told) -> bool {
        let Some(file) = self.overlay.get(&about) else { return false };
        let beneath = self.beneath.get(&about);
        let (object, mut mark) = laid(file, beneath);
        // Only where all there is has been seen, what is not there is new.
        if mark == Mark::New && !self.status.coverage().sees(about.kind, &about.key.namespace) {
            mark = Mark::Unseen;
        }
        let lines = if mark == Mark::Changed { changes::lines(beneath, Some(&object)) } else { Vec::new() };
        let origin = &object.meta().origin;
        let new = OverlayEntry { mark, lines, place: Location::within(origin, origin.at) };
        let marked = self.marks.get(&about) != Some(&new);
        self.marks.insert(about.clone(), new);
        self.set(about, Some(object), told) | marked
    }

    fn put(&mut self, Read { object, findings }: Read, told: Told) -> bool {
        let about = subject(&object);
        let was = if findings.is_empty() {
            self.findings.remove(&about)
        } else {
            self.findings.insert(about.clone(), findings.clone())
        };
        let found = was.unwrap_or_default() != findings;
        if self.overlay.contains_key(&about) {
            self.beneath.insert(about.clone(), object);
            let different = self.lay_again(about, told);
            self.store.overlay(self.marks.clone());
            return different | found;
        }
        self.set(about, Some(object), told) | found
    }

    fn gone(&mut self, feed: &WatchScope, key: ObjectKey, told: Told) -> bool {
        // A kind may be read as a whole and namespace by namespace for a moment.
        let elsewhere = |(other, held): (&WatchScope, &BTreeSet<ObjectKey>)| {
            other != feed && KINDS[other.kind].shown == KINDS[feed.kind].shown && held.contains(&key)
        };
        if self.held.iter().any(elsewhere) {
            return false;
        }
        let about = Subject { kind: KINDS[feed.kind].shown, key };
        let found = self.findings.remove(&about).is_some();
        if self.overlay.contains_key(&about) {
            self.beneath.remove(&about);
            let different = self.lay_again(about, told);
            self.store.overlay(self.marks.clone());
            return different | found;
        }
        self.set(about, None, told) | found
    }

    /// From now on `object` is what there is; whether that is anything else than before.
    fn set(&mut self, about: Subject, object: Option<Object>, told: Told) -> bool {
        let old = self.store.find(about.kind, &about.key);
        let different = match (&old, &object) {
            // Most of a relist is as it was, and need not be taken apart to be compared.
            (Some(old), Some(new)) => old != new && old.routing_equivalent() != new.routing_equivalent(),
            (None, None) => false,
            _ => true,
        };
        if different {
            for slice in [&old, &object].into_iter().flatten() {
                self.remember_endpoints(slice, told);
            }
        }
        match &object {
            Some(Object::EndpointSlice(slice)) => {
                if let Some(service) = changes::service_of(slice) {
                    self.slices.entry(service).or_default().insert(about.key.clone(), Ready::of(slice));
                }
            }
            _ if about.kind == "EndpointSlice" => {}
            _ => {
                if let (Told::At(at), true) = (told, different) {
                    self.before.entry(about.clone()).or_insert(Previous { object: old.clone(), at });
                }
            }
        }
        if let Some(Object::EndpointSlice(slice)) = &old {
            let moved = !matches!(&object, Some(Object::EndpointSlice(new)) if new.service == slice.service);
            if let (true, Some(service)) = (moved, changes::service_of(slice))
                && let Some(slices) = self.slices.get_mut(&service)
            {
                slices.remove(&about.key);
                if slices.is_empty() {
                    self.slices.remove(&service);
                }
            }
        }
        match object {
            Some(object) => drop(self.store.apply(Change::Upsert(Box::new(object)))),
            None => drop(self.store.apply(Change::Delete { kind: about.kind, key: about.key })),
        }
        different
    }

    fn remember_endpoints(&mut self, object: &Object, told: Told) {
        if let (Object::EndpointSlice(slice), Told::At(at)) = (object, told)
            && let Some(service) = changes::service_of(slice)
        {
            let ready = self.ready(&service);
            self.ready_before.entry(service).or_insert((ready, at));
        }
    }

    fn ready(&self, service: &ObjectKey) -> Ready {
        self.slices.get(service).into_iter().flat_map(BTreeMap::values).copied().sum()
    }

    /// The state to be analysed now, and what changed since it was last asked for.
    pub fn state(&mut self) -> State {
        let partly = |state: &KindState| matches!(state, KindState::SyncedIn(_) | KindState::Forbidden);
        let forbidden = self.status.kinds.iter().any(partly);
        self.store.cover(Coverage { forbidden, stale: self.stale.clone(), ..self.status.coverage() });
        let mut findings: Vec<Finding> = self.of_files.clone();
        let hidden = |about: &Subject| self.overlay.contains_key(about);
        findings.extend(self.findings.iter().filter(|(about, _)| !hidden(about)).flat_map(|(_, all)| all).cloned());
        findings.extend(unreadable::findings(&self.status));
        State { snapshot: self.store.snapshot(), findings, changes: self.changes() }
    }

    /// One more thing to say of the files, until they are read again.
    pub(super) fn complain(&mut self, finding: Finding) {
        self.of_files.retain(|known| *known != finding);
        self.of_files.push(finding);
    }

    fn changes(&mut self) -> Vec<Changed> {
        let mut all = std::mem::take(&mut self.restore_pending);
        all.extend(self.new_changes());
        all.sort_by_key(|changed| changed.at);
        all
    }

    /// Changes that nobody got to see after all.
    pub(super) fn restore_pending(&mut self, changes: Vec<Changed>) {
        self.restore_pending = changes;
    }

    fn new_changes(&mut self) -> Vec<Changed> {
        let mut all: Vec<Changed> = Vec::new();
        for (subject, Previous { object, at }) in std::mem::take(&mut self.before) {
            let new = self.store.find(subject.kind, &subject.key);
            all.extend(changes::changed(at, &subject, object.as_ref(), new.as_ref()));
        }
        for (service, (was, at)) in std::mem::take(&mut self.ready_before) {
            changes::endpoints_changed(&mut all, &service, (was, self.ready(&service)), at);
        }
        all
    }
}

#[cfg(test)]
mod tests;
