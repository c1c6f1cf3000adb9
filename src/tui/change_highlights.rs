//! What has just changed in the tree: which rows are to be told from the others for a moment, and then settle.
//!
//! Two outlines are held against each other off the drawing task, by the names of things ([`compare`]); what differs is
//! kept with the time at which it was shown ([`ChangeHighlights`]), and forgotten by the clock. Selection, folds and view stay as
//! they are: nothing moves that the person did not move.

use std::time::{Duration, SystemTime};

use ahash::AHashMap;

use routescope_render::outline::{Key, NodeRef, Outline};

/// For how long a changed row stands out as a whole.
pub const FLASH: Duration = Duration::from_secs(2);

/// For how long it keeps its mark in the margin.
pub const MARK: Duration = Duration::from_secs(30);

/// So many rows are marked at most: more than anyone could look at says no more.
const MARKED_AT_MOST: usize = 5_000;

/// How a row is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It says something else, or something under it is gone.
    Changed,
    /// It is new.
    New,
}

impl Change {
    /// Its mark in the margin.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Changed => "~",
            Self::New => "+",
        }
    }
}

/// What differs from one outline to the next, as nodes of the later one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// The rows that are different.
    pub rows: AHashMap<NodeRef, Change>,
}

/// Holds two outlines against each other. `superseded` ends it when nobody waits for it any more.
pub fn compare(old: &Outline, new: &Outline, superseded: &dyn Fn() -> bool) -> Option<Differences> {
    let mut differences = Differences::default();
    let mut levels = vec![(None, old.roots(), new.roots())];
    while let Some((above, before, after)) = levels.pop() {
        if superseded() {
            return None;
        }
        let pairs = pairs(old, &before, new, &after);
        // What is gone has no row: the row above it tells.
        if let (Some(above), true) = (above, pairs.iter().flatten().count() < before.len()) {
            differences.rows.entry(above).or_insert(Change::Changed);
        }
        for (node, pair) in after.into_iter().zip(pairs) {
            if differences.rows.len() >= MARKED_AT_MOST {
                return Some(differences);
            }
            let Some((was, is_same)) = pair else {
                all_new(new, node, &mut differences);
                continue;
            };
            if !is_same {
                differences.rows.insert(node, Change::Changed);
            }
            let (before, after) = (old.children(was), new.children(node));
            if !before.is_empty() || !after.is_empty() {
                levels.push((Some(node), before, after));
            }
        }
    }
    Some(differences)
}

fn all_new(outline: &Outline, node: NodeRef, differences: &mut Differences) {
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        if differences.rows.len() >= MARKED_AT_MOST {
            return;
        }
        differences.rows.insert(node, Change::New);
        stack.extend(outline.children(node));
    }
}

/// For each node of a level the one that it was, and whether it says the same.
type Pairs = Vec<Option<(NodeRef, bool)>>;

/// Finds the nodes of a level in the one before: by name, and rules, which only have numbers, first by what they say. A
/// rule that is put before others so is new, and the others are what they were.
fn pairs(old: &Outline, before: &[NodeRef], new: &Outline, after: &[NodeRef]) -> Pairs {
    let mut names = Names { outline: old, nodes: before, next: 0, places: None };
    let mut taken = vec![false; before.len()];
    let mut pairs: Pairs = vec![None; after.len()];
    let mut left = Vec::new();
    for (place, node) in after.iter().enumerate() {
        let found = names.place(&new.key(*node)).filter(|at| !taken[*at]);
        let is_same = found.is_some_and(|at| old.label(before[at]) == new.label(*node));
        match found {
            Some(at) if is_same || !matches!(node, NodeRef::Match(..)) => {
                taken[at] = true;
                pairs[place] = Some((before[at], is_same));
            }
            _ if matches!(node, NodeRef::Match(..)) => left.push(place),
            _ => {}
        }
    }
    if left.is_empty() {
        return pairs;
    }
    let mut by_text: AHashMap<String, Vec<usize>> = AHashMap::new();
    for at in (0..before.len()).rev().filter(|at| !taken[*at]) {
        by_text.entry(text(old, before[at])).or_default().push(at);
    }
    left.retain(|place| {
        let found = by_text.get_mut(&text(new, after[*place])).and_then(Vec::pop);
        if let Some(at) = found {
            taken[at] = true;
            pairs[*place] = Some((before[at], true));
        }
        found.is_none()
    });
    for place in left {
        if let Some(at) = names.place(&new.key(after[place])).filter(|at| !taken[*at]) {
            taken[at] = true;
            pairs[place] = Some((before[at], false));
        }
    }
    pairs
}

fn text(outline: &Outline, node: NodeRef) -> String {
    outline.label(node).line().plain()
}

/// Where the nodes of a level are, by name. Mostly nothing moved: the one behind the last that was found is asked first,
/// and no table is made as long as that goes well.
struct Names<'o> {
    outline: &'o Outline,
    nodes: &'o [NodeRef],
    next: usize,
    places: Option<AHashMap<Key, usize>>,
}

impl Names<'_> {
    fn place(&mut self, key: &Key) -> Option<usize> {
        let (outline, nodes) = (self.outline, self.nodes);
        let at = if nodes.get(self.next).is_some_and(|node| outline.key(*node) == *key) {
            self.next
        } else {
            let table = || nodes.iter().enumerate().map(|(at, node)| (outline.key(*node), at)).collect();
            *self.places.get_or_insert_with(table).get(key)?
        };
        self.next = at + 1;
        Some(at)
    }
}

/// What changed lately, and when it was shown.
#[derive(Debug, Default)]
pub struct ChangeHighlights {
    rows: AHashMap<NodeRef, (Change, SystemTime)>,
    /// What stands above them: a folded one tells for what is under it.
    above: AHashMap<NodeRef, SystemTime>,
}

/// How a row stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// What its mark is.
    pub change: Change,
    /// It stands out as a whole.
    pub flashes: bool,
}

impl ChangeHighlights {
    /// Takes in what changed, shown at `now`.
    pub fn add(&mut self, outline: &Outline, differences: Differences, now: SystemTime) {
        for (node, change) in differences.rows {
            self.insert(outline, node, change, now);
        }
    }

    fn insert(&mut self, outline: &Outline, node: NodeRef, change: Change, at: SystemTime) {
        self.rows.insert(node, (change, at));
        let mut next = outline.parent(node);
        while let Some(above) = next.filter(|above| self.above.get(above).is_none_or(|known| *known < at)) {
            self.above.insert(above, at);
            next = outline.parent(above);
        }
    }

    /// How the row of a node stands out; a folded one does for what is under it, too.
    pub fn look(&self, node: NodeRef, folded: bool, now: SystemTime) -> Option<Look> {
        let own = self.rows.get(&node).copied();
        let under = self.above.get(&node).filter(|_| folded).map(|at| (Change::Changed, *at));
        let (change, at) = match (own, under) {
            (Some((change, at)), Some((_, under))) => (change, at.max(under)),
            (one, other) => one.or(other)?,
        };
        let age = age(at, now);
        (age < MARK).then_some(Look { change, flashes: age < FLASH })
    }

    /// Forgets what has settled. Returns after what time the next thing settles; nothing when all is quiet.
    pub fn settle(&mut self, now: SystemTime) -> Option<Duration> {
        self.rows.retain(|_, (_, at)| age(*at, now) < MARK);
        self.above.retain(|_, at| age(*at, now) < MARK);
        let left = self.rows.values().map(|(_, at)| {
            let age = age(*at, now);
            FLASH.checked_sub(age).filter(|left| !left.is_zero()).unwrap_or(MARK.saturating_sub(age))
        });
        left.min()
    }

    /// Whether nothing is marked.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The same rows in another outline, by the names of things.
    pub fn carry_over(&self, old: &Outline, new: &Outline) -> Self {
        let mut carried = Self::default();
        if self.is_empty() {
            return carried;
        }
        let mut levels = vec![(old.roots(), new.roots())];
        while let Some((before, after)) = levels.pop() {
            let is_kept = |node: &&NodeRef| self.rows.contains_key(node) || self.above.contains_key(node);
            let known: AHashMap<Key, NodeRef> =
                before.iter().filter(is_kept).map(|node| (old.key(*node), *node)).collect();
            if known.is_empty() {
                continue;
            }
            for node in after {
                let Some(was) = known.get(&new.key(node)) else { continue };
                if let Some((change, at)) = self.rows.get(was) {
                    carried.insert(new, node, *change, *at);
                }
                if self.above.contains_key(was) {
                    levels.push((old.children(*was), new.children(node)));
                }
            }
        }
        carried
    }
}

fn age(at: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(at).unwrap_or_default()
}

#[cfg(test)]
mod tests;
