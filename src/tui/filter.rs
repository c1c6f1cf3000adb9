//! The `/` filter: which nodes match what is typed. Runs off the drawing task, because a large world has hundreds of
//! thousands of nodes; the texts it searches are gathered once per world.

use std::sync::OnceLock;

use ahash::AHashMap;
use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

use super::rows::Kept;
use routescope_render::outline::{Key, NodeRef, Outline};

/// How many nodes a filter leaves at most: the best ones. More than a person reads, few enough to be shown at once.
const KEPT_AT_MOST: usize = 1_000;

/// How many nodes are searched at most.
const SEARCHED_AT_MOST: usize = 2_000_000;

/// What a filter found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The nodes to show.
    pub kept: Kept,
    /// How many matched, shown or not.
    pub matched: usize,
    /// The best match.
    pub best: Option<NodeRef>,
}

impl Found {
    /// The same nodes in another outline, by the names of things: until the search is through again, the tree shows
    /// what it showed.
    pub fn carry_over(&self, old: &Outline, new: &Outline) -> Self {
        let mut carried = Self { matched: self.matched, ..Self::default() };
        let mut levels = vec![(old.roots(), new.roots())];
        while let Some((before, after)) = levels.pop() {
            let is_kept = |node: &&NodeRef| self.kept.hits.contains(node) || self.kept.above.contains(node);
            let known: AHashMap<Key, NodeRef> =
                before.iter().filter(is_kept).map(|node| (old.key(*node), *node)).collect();
            if known.is_empty() {
                continue;
            }
            for node in after {
                let Some(was) = known.get(&new.key(node)) else { continue };
                if self.kept.hits.contains(was) {
                    carried.kept.hits.insert(node);
                }
                if self.kept.above.contains(was) {
                    carried.kept.above.insert(node);
                }
                if self.best == Some(*was) {
                    carried.best = Some(node);
                }
                levels.push((old.children(*was), new.children(node)));
            }
        }
        carried
    }
}

/// The texts of one world's nodes.
#[derive(Debug, Default)]
pub struct Texts(OnceLock<Vec<(NodeRef, Box<str>)>>);

impl Texts {
    fn of(&self, outline: &Outline) -> &[(NodeRef, Box<str>)] {
        self.0.get_or_init(|| {
            let mut texts = Vec::new();
            let mut stack = outline.roots();
            stack.reverse();
            while let Some(node) = stack.pop() {
                if texts.len() >= SEARCHED_AT_MOST {
                    break;
                }
                texts.push((node, text(outline, node).into_boxed_str()));
                let mut below = outline.children(node);
                below.reverse();
                stack.append(&mut below);
            }
            texts
        })
    }
}

/// What a node is searched by: what its row says, and the labels its route wears.
fn text(outline: &Outline, node: NodeRef) -> String {
    let mut text = outline.label(node).main.plain();
    let names_route =
        matches!(node, NodeRef::Route(_) | NodeRef::Child(..) | NodeRef::Unattached(_) | NodeRef::Orphan(_));
    if let Some(route) = outline.route_of(node).filter(|_| names_route) {
        for (key, value) in &route.meta.labels {
            text.push_str("  ");
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
    }
    text
}

/// Finds the nodes that match every word of `query`. `superseded` ends a search that nobody waits for any more.
pub fn find(outline: &Outline, texts: &Texts, query: &str, superseded: &dyn Fn() -> bool) -> Option<Found> {
    let matcher = SkimMatcherV2::default();
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut hits: Vec<(i64, usize)> = Vec::new();
    let texts = texts.of(outline);
    for (index, (_, text)) in texts.iter().enumerate() {
        if index % 4_096 == 0 && superseded() {
            return None;
        }
        let mut score = 0;
        let fits = words.iter().all(|word| {
            matcher.fuzzy_match(text, word).is_some_and(|points| {
                score += points;
                true
            })
        });
        if fits {
            hits.push((score, index));
        }
    }
    hits.sort_by_key(|(score, index)| (-score, *index));
    // Scattered letters match nearly everything in a long line: what is far worse than the best is noise.
    let best = hits.first().map_or(0, |(score, _)| *score);
    hits.retain(|(score, _)| score * 5 >= best * 4);
    let count = hits.len();
    hits.truncate(KEPT_AT_MOST);
    let mut found = Found { matched: count, best: hits.first().map(|(_, index)| texts[*index].0), ..Found::default() };
    for (_, index) in hits {
        let node = texts[index].0;
        found.kept.hits.insert(node);
        let mut at = outline.parent(node);
        while let Some(above) = at.filter(|above| found.kept.above.insert(*above)) {
            at = outline.parent(above);
        }
    }
    Some(found)
}
