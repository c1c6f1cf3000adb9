//! What is folded and unfolded: by how many levels, and by hand.
//!
//! What a person folded is remembered by the names of things, from the topmost node down, and never by a [`NodeRef`],
//! which means something in its own outline only. So a fold outlives any number of reloads, and one whose node is gone is
//! there again when the node is.

use ahash::AHashMap;

use routescope_render::outline::{Key, NodeRef, Outline};

/// What was done by hand to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    Unfolded,
    /// Folded, over the path of the answer, too, as long as that is this one.
    Folded(u64),
}

/// What was done by hand to a node and to what is under it, by name.
#[derive(Debug, Default)]
struct Branch {
    own: Option<Hand>,
    below: AHashMap<Key, Branch>,
}

/// What is folded and unfolded.
#[derive(Debug, Default)]
pub struct Folds {
    /// So many levels are unfolded where nothing else says so.
    levels: usize,
    /// What was done by hand.
    hand: Branch,
    /// The same for the nodes of the outline that is shown: made again for each.
    here: AHashMap<NodeRef, Hand>,
    /// Which path it is that the answer has.
    path: u64,
}

impl Folds {
    /// Unfolds so many levels and forgets what was done by hand.
    pub fn set_levels(&mut self, levels: usize) {
        self.levels = levels;
        self.hand = Branch::default();
        self.here.clear();
    }

    /// Unfolds so many levels where nothing was done by hand.
    pub fn start(&mut self, levels: usize) {
        self.levels = levels;
    }

    /// How many levels are unfolded where nothing else says so.
    pub fn levels(&self) -> usize {
        self.levels
    }

    /// Whether a node is unfolded. `held` is for one that the answer's path or the filter holds open.
    pub fn is_open(&self, node: NodeRef, depth: usize, held: bool) -> bool {
        match self.here.get(&node) {
            Some(Hand::Unfolded) => true,
            Some(Hand::Folded(path)) => held && *path != self.path,
            None => held || depth < self.levels,
        }
    }

    /// The answer has another path: it is shown, whatever was folded over the one before.
    pub fn another_path(&mut self) {
        self.path += 1;
    }

    /// Folds a node by hand.
    pub fn fold(&mut self, outline: &Outline, node: NodeRef) {
        self.set(outline, node, Hand::Folded(self.path));
    }

    /// Unfolds a node by hand.
    pub fn unfold(&mut self, outline: &Outline, node: NodeRef) {
        self.set(outline, node, Hand::Unfolded);
    }

    fn set(&mut self, outline: &Outline, node: NodeRef, hand: Hand) {
        let branch = outline.path(node).into_iter().fold(&mut self.hand, |at, key| at.below.entry(key).or_default());
        branch.own = Some(hand);
        self.here.insert(node, hand);
    }

    /// Another outline is shown: finds there what was done by hand.
    pub fn find_in(&mut self, outline: &Outline) {
        self.here.clear();
        let mut levels = vec![(&self.hand, outline.roots())];
        while let Some((branch, nodes)) = levels.pop() {
            if branch.below.is_empty() {
                continue;
            }
            for node in nodes {
                let Some(known) = branch.below.get(&outline.key(node)) else { continue };
                self.here.extend(known.own.map(|hand| (node, hand)));
                levels.push((known, if known.below.is_empty() { Vec::new() } else { outline.children(node) }));
            }
        }
    }
}
