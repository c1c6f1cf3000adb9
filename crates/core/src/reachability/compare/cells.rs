//! What a row comes to hop by hop: each way in which the groups it hands on to can decide together.

use crate::reachability::held::Held;
use crate::resolve::{LinkId, MatchState, RuleNodeId};
use crate::router::Router;

/// How many ways one row may be followed.
const MOST: usize = 200;
/// How deep.
const DEPTH: usize = 12;

/// A row (or none) and, where it hands on, what decides below.
#[derive(Debug, Clone)]
pub(in crate::reachability) struct Cell<'a> {
    pub held: Vec<Held<'a>>,
}

impl Cell<'_> {
    /// The rows whose tests must pass.
    pub fn rows(&self) -> impl Iterator<Item = RuleNodeId> + '_ {
        self.held.iter().filter_map(Held::row)
    }
}

/// Every way; `None` when there are too many.
pub(in crate::reachability) fn cells<'a>(router: Router<'a>, held: Held<'a>, host: &str) -> Option<Vec<Cell<'a>>> {
    below(router, held, host, 0)
}

fn below<'a>(router: Router<'a>, held: Held<'a>, host: &str, depth: usize) -> Option<Vec<Cell<'a>>> {
    let tree = router.tree();
    let row = held.row();
    let mut ways = vec![Cell { held: vec![held] }];
    let Some(hop) =
        row.map(|row| &tree.hops[row.0 as usize]).filter(|hop| matches!(hop.state, MatchState::WeightedDelegation(_)))
    else {
        return Some(ways);
    };
    if depth > DEPTH {
        return None;
    }
    for link in hop.links.clone().map(LinkId) {
        let node = &tree.links[link.0 as usize];
        if node.share <= 0.0 || node.broken.is_some() {
            continue;
        }
        let lists = router.group_lists(link, host);
        let mut options = vec![Cell { held: vec![Held { lists: lists.clone(), at: None }] }];
        for (at, list) in lists.iter().enumerate() {
            for position in 0..list.rows.len() {
                let held = Held { lists: lists.clone(), at: Some((at, position)) };
                options.extend(below(router, held, host, depth + 1)?);
                if options.len() > MOST {
                    return None;
                }
            }
        }
        if ways.len() * options.len() > MOST {
            return None;
        }
        ways = ways
            .iter()
            .flat_map(|way| {
                options.iter().map(|option| {
                    let held = way.held.iter().chain(&option.held).cloned().collect();
                    Cell { held }
                })
            })
            .collect();
    }
    Some(ways)
}
