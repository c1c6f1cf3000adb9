//! The tree pane's rows: what is unfolded, flattened. Rebuilt only when a fold, the filter or the world changes, never
//! while drawing; a frame looks at the rows in view and at nothing else.

use ahash::{AHashMap, AHashSet};

use routescope_render::outline::{Key, NodeRef, Outline};

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

/// What decides which nodes are unfolded.
pub struct Folds<'a> {
    /// What the person (or the start) unfolded.
    pub open: &'a AHashSet<NodeRef>,
    /// What the answer's path unfolds on top.
    pub lit: &'a [NodeRef],
    /// What the person folded although path or filter unfold it.
    pub closed: &'a AHashSet<NodeRef>,
    /// What the filter leaves, while there is one.
    pub kept: Option<&'a Kept>,
}

impl Folds<'_> {
    fn is_open(&self, node: NodeRef) -> bool {
        let held = self.kept.is_some_and(|kept| kept.above.contains(&node))
            || self.lit.split_last().is_some_and(|(_, above)| above.contains(&node));
        self.open.contains(&node) || (held && !self.closed.contains(&node))
    }
}

/// Flattens what is unfolded.
pub fn build(outline: &Outline, folds: &Folds) -> Vec<Row> {
    let mut rows = Vec::new();
    let roots = outline.roots();
    walk(outline, folds, &roots, 0, 0, false, &mut rows);
    rows
}

fn walk(
    outline: &Outline,
    folds: &Folds,
    level: &[NodeRef],
    depth: u16,
    guides: u64,
    under_hit: bool,
    rows: &mut Vec<Row>,
) {
    let shown = |node: &NodeRef| {
        under_hit || folds.kept.is_none_or(|kept| kept.hits.contains(node) || kept.above.contains(node))
    };
    let last = level.iter().rposition(shown);
    for (index, node) in level.iter().enumerate().filter(|(_, node)| shown(node)) {
        if rows.len() >= UNFOLD_AT_MOST {
            return;
        }
        // The bit of the level above says whether this level goes on below this row.
        let bit = if depth == 0 || depth > 64 { 0 } else { 1 << (depth - 1) };
        let guides = if last == Some(index) { guides & !bit } else { guides | bit };
        let open = folds.is_open(*node);
        let children = if open { outline.children(*node) } else { Vec::new() };
        let fold = match open {
            true if !children.is_empty() => Fold::Open,
            false if outline.has_children(*node) => Fold::Closed,
            _ => Fold::Leaf,
        };
        rows.push(Row { node: *node, depth, guides, fold });
        if fold == Fold::Open {
            let under_hit = under_hit || folds.kept.is_some_and(|kept| kept.hits.contains(node));
            walk(outline, folds, &children, depth + 1, guides, under_hit, rows);
        }
    }
}

/// What is unfolded at the start: level by level, as long as it stays a tree one can look over.
pub fn open_at_start(outline: &Outline) -> AHashSet<NodeRef> {
    let mut open = AHashSet::new();
    let mut level = outline.roots();
    let mut rows = level.len();
    while !level.is_empty() {
        let mut below = Vec::new();
        for node in &level {
            below.extend(outline.children(*node));
            // Gateways are opened whatever there is: a screen with one line on it tells nothing.
            if rows + below.len() > UNFOLD_AT_START && !open.is_empty() {
                return open;
            }
        }
        open.extend(level.iter().copied());
        rows += below.len();
        level = below;
    }
    open
}

/// The nodes above `levels` levels, unfolded: 1 shows the topmost nodes and what is right under them folded.
pub fn open_to_level(outline: &Outline, levels: usize) -> AHashSet<NodeRef> {
    let mut open = AHashSet::new();
    let mut level = outline.roots();
    let mut rows = level.len();
    for _ in 0..levels {
        if level.is_empty() || rows > UNFOLD_AT_MOST {
            break;
        }
        open.extend(level.iter().copied());
        level = level.iter().flat_map(|node| outline.children(*node)).collect();
        rows += level.len();
    }
    open
}

/// Carries folds over a reload, by the names of things: what was unfolded stays so; what is new under an unfolded node
/// is unfolded where all its siblings were.
pub fn carry_over(old: &Outline, new: &Outline, open: &AHashSet<NodeRef>) -> AHashSet<NodeRef> {
    let mut carried = AHashSet::new();
    let mut levels = vec![(old.roots(), new.roots())];
    while let Some((before, after)) = levels.pop() {
        let known: AHashMap<Key, NodeRef> = before.iter().map(|node| (old.key(*node), *node)).collect();
        let all_open = before.iter().all(|node| open.contains(node) || !old.has_children(*node));
        for node in after {
            match known.get(&new.key(node)) {
                Some(was) if open.contains(was) || (all_open && !old.has_children(*was)) => {
                    carried.insert(node);
                    levels.push((old.children(*was), new.children(node)));
                }
                None if all_open => {
                    carried.insert(node);
                    levels.push((Vec::new(), new.children(node)));
                }
                _ => {}
            }
        }
    }
    carried
}
