//! Expands all roots. Roots know nothing of each other, so many of them are expanded side by side, each run of them into
//! arenas of its own; put one after the other, these are the tree that one thread would have grown.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::agentgateway::{AttachedTo, Patterns};
use super::budget::{Budget, Placed};
use super::delegate::{Common, Expander};
use super::found::{Finder, Found};
use super::policy::Policies;
use super::settings::{DelegationModel, Settings};
use super::{LinkId, Root, RootId, RuleNodeId, Tree, Uncertainty, Under, delegate::index, select};
use crate::finding::Finding;
use crate::limits;
use crate::model::{Route, Rule};
use crate::parallel;
use crate::store::Snapshot;

/// Runs of roots for each thread, so that a long one does not keep the others waiting.
const RUNS_PER_THREAD: usize = 16;

/// What was noticed on the way.
#[derive(Debug, Default)]
pub struct Notes {
    /// A delegating rule with `matches: []` stands above an inheriting child with matches.
    pub(super) crashes: Vec<RuleNodeId>,
    /// Policies that cannot be built.
    pub(super) policies: Vec<Finding>,
    /// What the delegating refs that stand anywhere select: each ref of a route once.
    pub(super) refs: Vec<NotedRef>,
    /// How many matches were held against a parent's.
    pub(super) steps: usize,
}

impl Notes {
    /// How many matches of delegated routes were held against a parent's.
    pub fn steps(&self) -> usize {
        self.steps
    }
}

/// What a delegating ref selects.
#[derive(Debug)]
pub(super) struct NotedRef {
    /// The first place where the ref stands.
    pub link: LinkId,
    pub found: Arc<Found>,
    /// Whether the matches of what it selects were looked at.
    pub looked_into: bool,
}

/// Some roots in a row, and why their attachment is not certain.
struct Run<'t> {
    first: u32,
    roots: &'t mut [Root],
    uncertain: &'t [Vec<Uncertainty>],
}

/// Fills `tree` with what is below its roots.
pub(super) fn expand(
    snapshot: &Snapshot,
    settings: &Settings,
    policies: Option<&Policies>,
    tree: &mut Tree,
    uncertain: &[Vec<Uncertainty>],
    threads: usize,
) -> Notes {
    let attached = &AttachedTo::of(tree);
    let finder = Finder::default();
    let placed = Placed::none(snapshot);
    let of_route = |route: &Arc<Route>| route.rules.iter().map(|rule| rule.matches.len().max(1)).sum::<usize>();
    let matches = snapshot.routes.iter().map(|route| index(of_route(route))).collect();
    let listed = losses_to_list(snapshot);
    let walked = tree.roots.iter().any(|root| root.dialect.delegation == DelegationModel::HopByHop);
    let patterns = if walked { Patterns::of(snapshot) } else { Patterns::default() };
    let mut common = Common { snapshot, settings, policies, attached, finder, patterns, placed, matches, listed };
    let mut roots = std::mem::take(&mut tree.roots);
    let grown =
        if threads > 1 && roots.len() > 1 { side_by_side(&common, &mut roots, uncertain, threads) } else { None };
    let notes = if let Some(grown) = grown {
        join(tree, &mut roots, grown)
    } else {
        common.placed = Placed::none(snapshot);
        for root in &mut roots {
            root.rows.clear();
        }
        let (grown, notes, _) = build_tree(&common, &mut Run { first: 0, roots: &mut roots, uncertain });
        let Tree { hops, links, children, rejections, .. } = grown;
        (tree.hops, tree.links, tree.children, tree.rejections) = (hops, links, children, rejections);
        notes
    };
    tree.roots = roots;
    notes
}

/// How many of the routes and matches that a ref does not take are kept to be shown: the fewer the more refs there are.
fn losses_to_list(snapshot: &Snapshot) -> usize {
    let of_rule = |rule: &Rule| {
        let delegating = rule.backend_refs.iter().filter(|one| select::may_delegate(one)).count();
        delegating * rule.matches.len().max(1)
    };
    let refs: usize = snapshot.routes.iter().flat_map(|route| &route.rules).map(of_rule).sum();
    (limits::LISTED_LOSSES / refs.max(1))
        .clamp(limits::LISTED_LOSSES_OF_A_REF_LEAST, limits::LISTED_LOSSES_OF_A_REF_MOST)
}

/// What grew under a run of roots, numbered from 0, and how many roots that are.
struct Grown {
    tree: Tree,
    notes: Notes,
    roots: usize,
}

/// `None` when the budget, which all roots share, was used up: who gets how much of it depends on the order.
fn side_by_side(
    common: &Common<'_>,
    roots: &mut [Root],
    uncertain: &[Vec<Uncertainty>],
    threads: usize,
) -> Option<Vec<Grown>> {
    let length = roots.len().div_ceil(threads * RUNS_PER_THREAD);
    let runs = roots.chunks_mut(length).zip(uncertain.chunks(length)).zip((0..).step_by(length));
    let runs: Vec<Run<'_>> = runs.map(|((roots, uncertain), first)| Run { first, roots, uncertain }).collect();
    let allowed = Budget::of(common.snapshot).allowed;
    let (all_spent, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let grown = parallel::in_order(runs, threads, |mut run| {
        if over.load(Ordering::Relaxed) {
            return None;
        }
        let count = run.roots.len();
        let (tree, notes, spent) = build_tree(common, &mut run);
        if all_spent.fetch_add(spent, Ordering::Relaxed) + spent >= allowed {
            over.store(true, Ordering::Relaxed);
            return None;
        }
        Some(Grown { tree, notes, roots: count })
    });
    grown.into_iter().collect()
}

/// Expands one root after the other; says also what that took of the budget.
fn build_tree(common: &Common<'_>, run: &mut Run<'_>) -> (Tree, Notes, usize) {
    let mut tree = Tree::default();
    let mut expander = Expander::new(common, &mut tree, Budget::of(common.snapshot));
    for ((root, uncertain), id) in run.roots.iter_mut().zip(run.uncertain).zip(run.first..) {
        expander.root(RootId(id), root, uncertain);
    }
    let (notes, spent) = (std::mem::take(&mut expander.notes), expander.budget.spent);
    (tree, notes, spent)
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
        tree.rejections.extend(part.rejections.into_iter().map(|mut rejection| {
            rejection.hop = shift.hop(rejection.hop);
            rejection
        }));
        notes.steps += noted.steps;
        notes.refs.extend(noted.refs.into_iter().map(|mut noted| {
            noted.link.0 += shift.links;
            noted
        }));
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

    fn hop(&self, hop: RuleNodeId) -> RuleNodeId {
        RuleNodeId(hop.0 + self.hops)
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
