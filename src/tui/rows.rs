//! The tree pane's rows: what is unfolded, flattened. Rebuilt only when a fold, the filter or the world changes, never
//! while drawing; a frame looks at the rows in view and at nothing else.

use ahash::AHashSet;

use super::folds::Folds;
use super::path_view::{PathView, Way};
use super::survey::Faults;
use routescope_render::outline::{NodeRef, Outline};

/// How many rows a fresh tree may unfold to: small worlds are shown whole, large ones by level.
const UNFOLD_AT_START: usize = 250;

/// How many rows `unfold all` makes at most: enough for any world a person scrolls through.
pub const UNFOLD_AT_MOST: usize = 400_000;

/// A row of the tree pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The node.
    pub node: NodeRef,
    /// How deep it stands, from 0.
    pub depth: u16,
    /// Bit `i`: below this row, the line from depth `i` to its next child goes on.
    pub guides: u64,
    /// Whether it is folded, unfolded or has nothing under it.
    pub fold: Fold,
    /// How many rows this one stands for: those beside the path of the answer, the first of which is `node`. None for the
    /// row of a node itself.
    pub others: usize,
}

impl Row {
    /// Whether this is the row of a node.
    pub fn is_of(&self, node: NodeRef) -> bool {
        self.others == 0 && self.node == node
    }
}

/// Whether a row can be unfolded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Fold {
    Leaf,
    Closed,
    Open,
}

/// Which nodes the filter leaves.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The nodes that match.
    pub hits: AHashSet<NodeRef>,
    /// Their ancestors.
    pub above: AHashSet<NodeRef>,
    /// What is under a node that matches is shown only where it matches, too.
    pub exact: bool,
}

/// What decides which rows there are.
pub struct Shown<'a> {
    /// What is folded.
    pub folds: &'a Folds,
    /// The path of the answer, which is unfolded.
    pub highlighted: &'a [NodeRef],
    /// What the filter leaves, while there is one.
    pub kept: Option<&'a Kept>,
    /// The faults, while rows without them are hidden.
    pub faults: Option<&'a Faults>,
    /// What the path view leaves, while the tree is shrunk to it.
    pub way: Option<(&'a Way, &'a PathView)>,
    /// No more rows than this are wanted.
    pub at_most: usize,
}

impl Shown<'_> {
    fn is_open(&self, node: NodeRef, depth: u16) -> bool {
        let held = self.kept.is_some_and(|kept| kept.above.contains(&node))
            || self.highlighted.split_last().is_some_and(|(_, above)| above.contains(&node))
            || self.faults.is_some_and(|faults| faults.under.contains_key(&node))
            || self.way.is_some_and(|(way, _)| way.above.contains(&node));
        // Beside the path only what was unfolded by hand is unfolded.
        let depth = if self.way.is_some() { usize::MAX } else { usize::from(depth) };
        self.folds.is_open(node, depth, held)
    }
}

/// Flattens what is unfolded.
pub fn build(outline: &Outline, shown: &Shown) -> Vec<Row> {
    let mut rows = Vec::new();
    let roots = outline.roots();
    let whole = shown.way.is_none_or(|(_, view)| view.whole_top);
    walk(outline, shown, &Level { nodes: &roots, depth: 0, guides: 0, under_hit: false, whole }, &mut rows);
    rows
}

/// The nodes under one, and how they are drawn.
struct Level<'a> {
    nodes: &'a [NodeRef],
    depth: u16,
    guides: u64,
    /// The node above matches the filter: all under it is shown.
    under_hit: bool,
    /// What is beside the path is shown, too.
    whole: bool,
}

fn walk(outline: &Outline, shown: &Shown, level: &Level, rows: &mut Vec<Row>) {
    let Level { nodes, depth, guides, under_hit, whole } = *level;
    let on_way = |node: &NodeRef| whole || shown.way.is_none_or(|(way, _)| way.kept.contains(node));
    let is_kept = |node: &NodeRef| {
        on_way(node)
            && shown.faults.is_none_or(|faults| faults.concern(*node))
            && (under_hit || shown.kept.is_none_or(|kept| kept.hits.contains(node) || kept.above.contains(node)))
    };
    let mut beside = nodes.iter().filter(|node| !on_way(node));
    let first_beside = beside.next();
    let last = if first_beside.is_some() { None } else { nodes.iter().rposition(is_kept) };
    // The bit of the level above says whether this level goes on below this row.
    let bit = if depth == 0 || depth > 64 { 0 } else { 1 << (depth - 1) };
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| is_kept(node)) {
        if rows.len() >= shown.at_most {
            return;
        }
        let guides = if last == Some(index) { guides & !bit } else { guides | bit };
        let open = shown.is_open(*node, depth);
        let children = if open { outline.children(*node) } else { Vec::new() };
        let fold = match open {
            true if !children.is_empty() => Fold::Open,
            false if outline.has_children(*node) => Fold::Closed,
            _ => Fold::Leaf,
        };
        rows.push(Row { node: *node, depth, guides, fold, others: 0 });
        if fold == Fold::Open {
            let under_hit = under_hit || shown.kept.is_some_and(|kept| !kept.exact && kept.hits.contains(node));
            let whole = shown
                .way
                .is_none_or(|(way, view)| !way.above.contains(node) || view.whole.is_open(*node, usize::MAX, false));
            walk(outline, shown, &Level { nodes: &children, depth: depth + 1, guides, under_hit, whole }, rows);
        }
    }
    if let Some(node) = first_beside {
        let others = 1 + beside.count();
        rows.push(Row { node: *node, depth, guides: guides & !bit, fold: Fold::Closed, others });
    }
}

/// How many levels are unfolded at the start: as long as it stays a tree one can look over; all where that is the whole.
pub fn levels_at_start(outline: &Outline) -> usize {
    let mut level = outline.roots();
    let mut rows = level.len();
    for levels in 0.. {
        let mut below = Vec::new();
        for node in &level {
            below.extend(outline.children(*node));
            // Gateways are opened whatever there is: a screen with one line on it tells nothing.
            if rows + below.len() > UNFOLD_AT_START && levels > 0 {
                return levels;
            }
        }
        if below.is_empty() {
            break;
        }
        rows += below.len();
        level = below;
    }
    usize::MAX
}
