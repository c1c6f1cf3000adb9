//! Expands all roots. Roots know nothing of each other, so many of them are expanded side by side, each run of them into
//! arenas of its own; put one after the other, these are the tree that one thread would have grown.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::delegate::{Expander, MAX_HOPS, MAX_SHOWN_LOSSES};
use super::hopwise::AttachedTo;
use super::policy::Policies;
use super::settings::Settings;
use super::{HopId, LinkId, Root, RootId, Tree, Under};
use crate::finding::Finding;
use crate::spread;
use crate::store::Snapshot;

/// Runs of roots for each thread, so that a long one does not keep the others waiting.
const RUNS_PER_THREAD: usize = 16;

/// What was noticed on the way.
#[derive(Debug, Default)]
pub struct Notes {
    /// The hop or depth budget was used up here: the tree is not whole.
    pub(super) truncated: Option<HopId>,
    /// A delegating rule with `matches: []` stands above an inheriting child with matches.
    pub(super) crashes: Vec<HopId>,
    /// Policies that cannot be built.
    pub(super) policies: Vec<Finding>,
}

/// Some roots in a row, and why their attachment is not certain.
struct Run<'t> {
    first: u32,
    roots: &'t mut [Root],
    doubts: &'t [Vec<String>],
    attached: &'t AttachedTo,
}

/// Fills `tree` with what hangs under its roots.
pub(super) fn expand(
    snapshot: &Snapshot,
    settings: &Settings,
    policies: Option<&Policies>,
    tree: &mut Tree,
    doubts: &[Vec<String>],
    threads: usize,
) -> Notes {
    let attached = AttachedTo::of(tree);
    let attached = &attached;
    let mut roots = std::mem::take(&mut tree.roots);
    let grown = if threads > 1 && roots.len() > 1 {
        side_by_side(snapshot, settings, policies, attached, &mut roots, doubts, threads)
    } else {
        None
    };
    let notes = if let Some(grown) = grown {
        join(tree, &mut roots, grown)
    } else {
        let mut all = Run { first: 0, roots: &mut roots, doubts, attached };
        let (grown, notes, _) = grow(snapshot, settings, policies, &mut all, MAX_HOPS);
        let Tree { hops, links, children, hazards, .. } = grown;
        (tree.hops, tree.links, tree.children, tree.hazards) = (hops, links, children, hazards);
        notes
    };
    tree.roots = roots;
    notes
}

/// What grew under a run of roots, numbered from 0, and how many roots that are.
struct Grown {
    tree: Tree,
    notes: Notes,
    roots: usize,
}

/// `None` when one of the budgets, which all roots share, was used up: who gets how much of it depends on the order.
fn side_by_side(
    snapshot: &Snapshot,
    settings: &Settings,
    policies: Option<&Policies>,
    attached: &AttachedTo,
    roots: &mut [Root],
    doubts: &[Vec<String>],
    threads: usize,
) -> Option<Vec<Grown>> {
    let length = roots.len().div_ceil(threads * RUNS_PER_THREAD);
    let runs = roots.chunks_mut(length).zip(doubts.chunks(length)).zip((0..).step_by(length));
    let runs: Vec<Run<'_>> = runs.map(|((roots, doubts), first)| Run { first, roots, doubts, attached }).collect();
    let (hops, losses, over) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let grown = spread::in_order(runs, threads, |mut run| {
        if over.load(Ordering::Relaxed) {
            return None;
        }
        let count = run.roots.len();
        // A thread alone must not take the memory of all.
        let room = MAX_HOPS / threads;
        let (tree, notes, lost) = grow(snapshot, settings, policies, &mut run, room);
        let hops = hops.fetch_add(tree.hops.len(), Ordering::Relaxed) + tree.hops.len();
        let losses = losses.fetch_add(lost, Ordering::Relaxed) + lost;
        if tree.hops.len() >= room || hops >= MAX_HOPS || losses >= MAX_SHOWN_LOSSES {
            over.store(true, Ordering::Relaxed);
            return None;
        }
        Some(Grown { tree, notes, roots: count })
    });
    grown.into_iter().collect()
}

/// Expands one root after the other; says also how much came to nothing.
fn grow(
    snapshot: &Snapshot,
    settings: &Settings,
    policies: Option<&Policies>,
    run: &mut Run<'_>,
    room: usize,
) -> (Tree, Notes, usize) {
    let mut tree = Tree::default();
    let mut expander = Expander::new(snapshot, settings, policies, run.attached, &mut tree, room);
    for ((root, doubts), id) in run.roots.iter_mut().zip(run.doubts).zip(run.first..) {
        expander.root(RootId(id), root, doubts);
    }
    let (notes, losses) = expander.finish();
    (tree, notes, losses)
}

/// Puts what grew apart one after the other.
fn join(tree: &mut Tree, roots: &mut [Root], grown: Vec<Grown>) -> Notes {
    let total = |count: fn(&Tree) -> usize| grown.iter().map(|one| count(&one.tree)).sum();
    tree.hops.reserve_exact(total(|tree| tree.hops.len()));
    tree.links.reserve_exact(total(|tree| tree.links.len()));
    tree.children.reserve_exact(total(|tree| tree.children.len()));
    let mut notes = Notes::default();
    let mut roots = roots.iter_mut();
    for Grown { tree: part, notes: noted, roots: count } in grown {
        let shift = Shift::onto(tree);
        for root in roots.by_ref().take(count) {
            Shift::all(&mut root.hops, shift.hops);
            root.rows.iter_mut().for_each(|row| *row = shift.hop(*row));
        }
        tree.hops.extend(part.hops.into_iter().map(|mut hop| {
            if let Under::Child(child) = &mut hop.under {
                child.0 += shift.children;
            }
            Shift::filled(&mut hop.links, shift.links);
            hop
        }));
        tree.links.extend(part.links.into_iter().map(|mut link| {
            link.hop = shift.hop(link.hop);
            Shift::all(&mut link.children, shift.children);
            link
        }));
        tree.children.extend(part.children.into_iter().map(|mut child| {
            child.link = LinkId(child.link.0 + shift.links);
            Shift::filled(&mut child.hops, shift.hops);
            child
        }));
        tree.hazards.extend(part.hazards.into_iter().map(|mut hazard| {
            hazard.hop = shift.hop(hazard.hop);
            hazard
        }));
        notes.truncated = notes.truncated.or(noted.truncated.map(|hop| shift.hop(hop)));
        notes.crashes.extend(noted.crashes.into_iter().map(|hop| shift.hop(hop)));
    }
    notes
}

/// By how much the numbers of a part move.
struct Shift {
    hops: u32,
    links: u32,
    children: u32,
}

impl Shift {
    fn onto(tree: &Tree) -> Self {
        let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Self { hops: length(tree.hops.len()), links: length(tree.links.len()), children: length(tree.children.len()) }
    }

    fn hop(&self, hop: HopId) -> HopId {
        HopId(hop.0 + self.hops)
    }

    /// What was never filled in stays as it is.
    fn filled(range: &mut Range<u32>, by: u32) {
        if *range != (0..0) {
            Self::all(range, by);
        }
    }

    fn all(range: &mut Range<u32>, by: u32) {
        *range = range.start + by..range.end + by;
    }
}
