//! A row, or none, at its place in the lists that a request is held against.

use super::meet::Blocker;
use crate::model::RouteMatch;
use crate::resolve::{RuleNodeId, Tree};
use crate::router::lists::RowList;

/// The lists up to a row, and its place; or all lists, for the requests that no row takes.
#[derive(Debug, Clone)]
pub(super) struct Held<'a> {
    pub lists: Vec<RowList<'a>>,
    /// Which list, and where in it; `None` for no row.
    pub at: Option<(usize, usize)>,
}

impl<'a> Held<'a> {
    pub fn row(&self) -> Option<RuleNodeId> {
        let (list, position) = self.at?;
        self.lists.get(list)?.rows.get(position).copied()
    }

    /// The rows before it that take a path. `id` says what to call them.
    pub fn before<I>(&self, tree: &'a Tree, path: &str, id: impl Fn(RuleNodeId) -> I, found: &mut Vec<Blocker<'a, I>>) {
        let own = self.row();
        let (last, end) = self.at.unwrap_or((self.lists.len(), 0));
        for (at, list) in self.lists.iter().enumerate().take(last + 1) {
            let before = if at == last { end } else { usize::MAX };
            for place in list.on_path(tree, path, before) {
                let row = list.rows[place as usize];
                if !own.is_some_and(|own| is_same_row(tree, row, own)) {
                    found.push(Blocker { id: id(row), row: matcher(tree, row) });
                }
            }
        }
    }
}

pub(super) fn matcher(tree: &Tree, row: RuleNodeId) -> &RouteMatch {
    &tree.hops[row.0 as usize].matcher
}

/// Whether two rows are one to a reader: the same match of the same rule of the same route, reached the same way. A ref
/// that selects the children of an earlier one has their rows twice.
pub(super) fn is_same_row(tree: &Tree, a: RuleNodeId, b: RuleNodeId) -> bool {
    use crate::resolve::{ChildId, Under};
    let (mut a, mut b) = (a, b);
    loop {
        if a == b {
            return true;
        }
        let (one, other) = (&tree.hops[a.0 as usize], &tree.hops[b.0 as usize]);
        if (one.route, one.rule, one.match_index) != (other.route, other.rule, other.match_index) {
            return false;
        }
        match (one.under, other.under) {
            (Under::Root(a), Under::Root(b)) => return a == b,
            (Under::Child(c), Under::Child(d)) => {
                let link = |child: ChildId| &tree.links[tree.children[child.0 as usize].link.0 as usize];
                let (above, beside) = (link(c), link(d));
                if above.via != beside.via {
                    return false;
                }
                (a, b) = (above.hop, beside.hop);
            }
            _ => return false,
        }
    }
}
