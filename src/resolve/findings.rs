//! What is wrong with the tree, once per cause.

use super::settings::Settings;
use super::{HopId, Tree};
use crate::finding::Finding;
use crate::store::{RouteId, Snapshot};

/// Routes that hang on nothing.
pub(super) fn orphans(snapshot: &Snapshot, tree: &Tree) -> Vec<RouteId> {
    let mut hung = vec![false; snapshot.routes.len()];
    let roots = tree.roots.iter().map(|root| root.route);
    for route in roots.chain(tree.children.iter().map(|child| child.route)) {
        hung[route.0 as usize] = true;
    }
    for unattached in tree.unattached.iter().filter(|one| one.reason != "NoSuchParent") {
        hung[unattached.route.0 as usize] = true;
    }
    (0..).zip(hung).filter(|(_, hung)| !hung).map(|(id, _)| RouteId(id)).collect()
}

pub(super) struct Report<'a> {
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    tree: &'a Tree,
    all: Vec<Finding>,
}

impl<'a> Report<'a> {
    pub fn new(snapshot: &'a Snapshot, settings: &'a Settings, tree: &'a Tree) -> Self {
        Self { snapshot, settings, tree, all: Vec::new() }
    }
    pub fn of_expansion(&mut self, truncated: Option<HopId>, crashes: &[HopId]) {
        let _ = (truncated, crashes, self.settings, self.tree, self.snapshot, super::matching::escapes);
    }
    pub fn finish(self) -> Vec<Finding> {
        self.all
    }
}
