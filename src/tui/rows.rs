//! The tree pane's rows: what is unfolded, flattened. Rebuilt only when a fold, the filter or the world changes, never
//! while drawing; a frame looks at the rows in view and at nothing else.

use ahash::AHashSet;

use super::folds::Folds;
use routescope_render::outline::{NodeRef, Outline};

/// How many rows a fresh tree may unfold to: small worlds are shown whole, large ones by level.
const UNFOLD_AT_START: usize = 250;

/// How many rows `unfold all` makes at most: enough for any world a person scrolls through.
const UNFOLD_AT_MOST: usize = 400_000;

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
}

/// What decides which rows there are.
pub struct Shown<'a> {
    /// What is folded.
    pub folds: &'a Folds,
    /// The path of the answer, which is unfolded.
    pub lit: &'a [NodeRef],
    /// What the filter leaves, while there is one.
    pub kept: Option<&'a Kept>,
}

impl Shown<'_> {
    fn is_open(&self, node: NodeRef, depth: u16) -> bool {
        let held = self.kept.is_some_and(|kept| kept.above.contains(&node))
            || self.lit.split_last().is_some_and(|(_, above)| above.contains(&node));
        self.folds.is_open(node, usize::from(depth), held)
    }
}

/// Flattens what is unfolded.
pub fn build(outline: &Outline, shown: &Shown) -> Vec<Row> {
    let mut rows = Vec::new();
    let roots = outline.roots();
    walk(outline, shown, &roots, 0, 0, false, &mut rows);
    rows
}

fn walk(
    outline: &Outline,
    shown: &Shown,
    level: &[NodeRef],
    depth: u16,
    guides: u64,
    under_hit: bool,
    rows: &mut Vec<Row>,
) {
    let is_kept = |node: &NodeRef| {
        under_hit || shown.kept.is_none_or(|kept| kept.hits.contains(node) || kept.above.contains(node))
    };
    let last = level.iter().rposition(is_kept);
    for (index, node) in level.iter().enumerate().filter(|(_, node)| is_kept(node)) {
        if rows.len() >= UNFOLD_AT_MOST {
            return;
        }
        // The bit of the level above says whether this level goes on below this row.
        let bit = if depth == 0 || depth > 64 { 0 } else { 1 << (depth - 1) };
        let guides = if last == Some(index) { guides & !bit } else { guides | bit };
        let open = shown.is_open(*node, depth);
        let children = if open { outline.children(*node) } else { Vec::new() };
        let fold = match open {
            true if !children.is_empty() => Fold::Open,
            false if outline.has_children(*node) => Fold::Closed,
            _ => Fold::Leaf,
        };
        rows.push(Row { node: *node, depth, guides, fold });
        if fold == Fold::Open {
            let under_hit = under_hit || shown.kept.is_some_and(|kept| kept.hits.contains(node));
            walk(outline, shown, &children, depth + 1, guides, under_hit, rows);
        }
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
