//! The path view: while a URL is asked, the tree shrinks to the way of the request. What is on it stays, and what nearly
//! took the request, with what it needs; all else of a level becomes one row that counts it (`┄ 39 other routes`).
//!
//! It shows itself where the whole tree would not fit, so that Gateway, host, route, label, child and backend are on one
//! screen however many routes there are; one key brings everything back.

use ahash::AHashSet;
use routescope_core::router::{Considered, Decision, Reason, Verdict};
use routescope_render::outline::{NodeRef, Outline};

use super::folds::Folds;

/// So many rows that nearly took the request are shown.
const NEAR: usize = 4;

/// When the tree shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// Where the whole tree would not fit.
    #[default]
    Short,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the person did to the path view of a tree.
#[derive(Debug, Default)]
pub struct PathView {
    /// When the tree shrinks.
    pub when: When,
    /// Whether it is shrunk now.
    pub shrunk: bool,
    /// The nodes under which everything is shown, by name.
    pub whole: Folds,
    /// Everything is shown at the top, too.
    pub whole_top: bool,
    /// A node that the person went to: it is shown although it is off the path.
    pub visited: Option<NodeRef>,
}

impl PathView {
    /// The answer has another path: what was opened beside the one before is off this one.
    pub fn another_path(&mut self) {
        self.whole.set_levels(0);
        self.whole_top = false;
        self.visited = None;
    }
}

/// The nodes that stay.
#[derive(Debug, Default)]
pub struct Way {
    /// What is on the path or near it, and what is above that.
    pub kept: AHashSet<NodeRef>,
    /// What of it is unfolded.
    pub above: AHashSet<NodeRef>,
}

impl Way {
    /// The path of an answer, what nearly took the request, and where the person went.
    pub fn of(
        outline: &Outline,
        highlighted: &[NodeRef],
        decision: Option<&Decision>,
        visited: Option<NodeRef>,
    ) -> Self {
        let mut way = Self::default();
        way.add(highlighted);
        for node in near(outline, highlighted, decision).into_iter().chain(visited) {
            way.add(&outline.ancestry(node));
        }
        way
    }

    /// These nodes, and what is above them.
    pub fn to(outline: &Outline, nodes: impl Iterator<Item = NodeRef>) -> Self {
        let mut way = Self::default();
        for node in nodes {
            let mut at = outline.parent(node);
            way.kept.insert(node);
            while let Some(above) = at.filter(|above| way.above.insert(*above)) {
                way.kept.insert(above);
                at = outline.parent(above);
            }
        }
        way
    }

    fn add(&mut self, path: &[NodeRef]) {
        self.kept.extend(path);
        if let Some((_, above)) = path.split_last() {
            self.above.extend(above);
        }
    }
}

/// Whether a row nearly took the request: it would, but for a row before it, or for what it needs beside the path.
pub fn is_near(one: &Considered) -> bool {
    match one.verdict {
        Verdict::Lost => true,
        Verdict::Missed => matches!(one.reason, Reason::Fails { path: false, .. }),
        Verdict::Won | Verdict::Dropped => false,
    }
}

/// The rows that nearly took the request, as nodes under the host that the path goes through.
fn near(outline: &Outline, highlighted: &[NodeRef], decision: Option<&Decision>) -> Vec<NodeRef> {
    let considered = decision.map_or(&[][..], |decision| &decision.considered);
    let tree = &outline.analysis().tree;
    let wanted = considered.iter().filter(|one| is_near(one));
    let wanted: Vec<_> = wanted.take(NEAR).map(|one| (one.hop, tree.root_of(one.hop))).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let Some(hosts) = highlighted.iter().find(|node| matches!(node, NodeRef::Hosts(_))) else { return Vec::new() };
    let mut found = Vec::new();
    for node in outline.children(*hosts) {
        let NodeRef::Route(slot) = node else { continue };
        let root = outline.attached(slot).root;
        found.extend(wanted.iter().filter(|(_, of)| *of == root).map(|(hop, _)| NodeRef::Match(slot, *hop)));
        if found.len() >= wanted.len() {
            break;
        }
    }
    found
}
