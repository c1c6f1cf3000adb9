//! How large a tree may grow: so many bytes, whatever the shape of the world.
//!
//! The first place that a route stands at is part of the input, and free. Every further one is a copy that delegation
//! makes, and layers of delegation multiply: ten rules that each delegate to the next ten are 10 million places seven
//! layers down. Each is paid for by what it takes to keep it.

use std::mem::size_of;
use std::sync::atomic::{AtomicBool, Ordering};

use super::matching::Candidate;
use super::{Action, Child, Destination, Link, MirrorTo, RuleNode, RuleNodeId, Uncertainty};
use crate::limits;
use crate::model::{HeaderChange, RouteMatch, ValueMatch};
use crate::store::{RouteId, Snapshot};

/// What a row takes in the table that is made of the tree: its place, its rank while it is sorted, its path in the index.
const ROW: usize = 128;
/// What each rule that delegates to it takes in what is printed of a row.
const LEVEL: usize = 256;

/// Which routes stand somewhere already, for all threads.
#[derive(Debug)]
pub(super) struct Placed(Vec<AtomicBool>);

impl Placed {
    pub fn none(snapshot: &Snapshot) -> Self {
        Self(snapshot.routes.iter().map(|_| AtomicBool::new(false)).collect())
    }

    /// Whether this is the route's first place.
    pub fn is_first(&self, route: RouteId) -> bool {
        !self.0[route.0 as usize].swap(true, Ordering::Relaxed)
    }
}

/// What is spent, of what there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub spent: usize,
    pub allowed: usize,
}

impl Budget {
    /// What the tree of a snapshot may take: a fixed sum, and as much again for each route as a place of its own takes.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self { spent: 0, allowed: limits::TREE_BYTES + snapshot.routes.len() * limits::TREE_BYTES_PER_ROUTE }
    }

    pub fn is_spent(&self) -> bool {
        self.spent >= self.allowed
    }
}

/// What these matches take as hops, as children of a ref.
pub(super) fn cost_of_matches(candidates: &[Candidate]) -> usize {
    let merged = |candidate: &Candidate| {
        let RouteMatch { path, headers, query_params, .. } = &*candidate.matcher;
        // Only what inherits has a match of its own.
        let own = std::sync::Arc::strong_count(&candidate.matcher) == 1;
        let values = headers.len() + query_params.len();
        if own { size_of::<RouteMatch>() + path.value.len() + values * size_of::<ValueMatch>() } else { 0 }
    };
    size_of::<Child>() + candidates.iter().map(|one| size_of::<RuleNode>() + merged(one)).sum::<usize>()
}

/// What the refs of one hop take.
pub(super) fn cost_of_links(links: usize) -> usize {
    links * size_of::<Link>()
}

/// What a row takes, so many levels down; `action` is left out where it is shared with another row.
pub(super) fn cost_of_row(action: Option<&Action>, depth: usize) -> usize {
    size_of::<RuleNodeId>() + ROW + depth * LEVEL + action.map_or(0, cost_of_action)
}

/// What the texts of a [`RespondDetail`](crate::finding::RespondDetail) take that are not in the row itself.
const DETAIL: usize = 100;

fn cost_of_action(action: &Action) -> usize {
    let inside = match action {
        Action::Forward(forward) => {
            forward.destinations.len() * size_of::<Destination>()
                + forward.mirrors.len() * size_of::<MirrorTo>()
                + (forward.request_headers.len() + forward.response_headers.len()) * size_of::<HeaderChange>()
        }
        Action::Redirect(_) => 0,
        Action::Respond(respond) => {
            let status_messages = respond.status_messages.iter().map(|one| size_of_val(one) + one.text.len());
            DETAIL + respond.body.as_ref().map_or(0, String::len) + status_messages.sum::<usize>()
        }
    };
    size_of::<Action>() + inside
}

/// What the reasons take why a rule node is not certain; the texts in them are shared, or short.
pub(super) fn cost_of_uncertainty(reasons: &[Uncertainty]) -> usize {
    size_of_val(reasons)
}
