//! The `/` filter: which nodes match what is typed. Runs off the drawing task, because a large world has hundreds of
//! thousands of nodes; the texts it searches are gathered once per world ([`Survey`]).

use ahash::AHashMap;
use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

use super::query::{Field, Query, Term, grade};
use super::rows::Kept;
use super::survey::{Survey, Surveyed, backends};
use routescope_render::outline::{Key, NodeRef, Outline};

/// How many nodes a filter leaves at most: the best ones. More than a person reads, few enough to be shown at once.
const KEPT_AT_MOST: usize = 1_000;

/// How many words one query may have: the rest of them is not looked for.
const TERMS_AT_MOST: usize = 32;

/// What a filter found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The nodes to show.
    pub kept: Kept,
    /// The nodes that match in the order of the tree, as far as they are shown, each with its place in the survey.
    pub order: Vec<(usize, NodeRef)>,
    /// How many matched, shown or not.
    pub matched: usize,
    /// The best match.
    pub best: Option<NodeRef>,
    /// No row has the words: these have their letters in this order.
    pub similar: bool,
}

impl Found {
    /// The same nodes in another outline, by the names of things: until the search is through again, the tree shows
    /// what it showed.
    pub fn carry_over(&self, old: &Outline, new: &Outline) -> Self {
        let kept = Kept { exact: self.kept.exact, ..Kept::default() };
        let mut carried = Self { kept, matched: self.matched, similar: self.similar, ..Self::default() };
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

    /// The match after `from` in the order of the tree, or the one before it, round and round.
    pub fn step(&self, survey: &Survey, from: Option<NodeRef>, forward: bool) -> Option<NodeRef> {
        let here = from.and_then(|node| survey.place(node));
        let after = |(place, _): &&(usize, NodeRef)| here.is_none_or(|here| *place > here);
        let before = |(place, _): &&(usize, NodeRef)| here.is_some_and(|here| *place < here);
        let found = if forward {
            self.order.iter().find(after).or(self.order.first())
        } else {
            self.order.iter().rev().find(before).or(self.order.last())
        };
        found.map(|(_, node)| *node)
    }
}

/// A node that matches.
struct Hit {
    points: u32,
    at: usize,
}

/// Finds the nodes that match every word of `query`. `superseded` ends a search that nobody waits for any more.
pub fn find(outline: &Outline, survey: &Survey, query: &str, superseded: &dyn Fn() -> bool) -> Option<Found> {
    let mut parsed = Query::parse(query);
    parsed.terms.truncate(TERMS_AT_MOST);
    let mut similar = false;
    let mut hits = exactly(outline, survey, &parsed, superseded)?;
    if hits.is_empty() && parsed.is_plain() {
        hits = similarly(survey, query, superseded)?;
        similar = !hits.is_empty();
    }
    hits.sort_by_key(|hit| (std::cmp::Reverse(hit.points), hit.at));
    let matched = hits.len();
    hits.truncate(KEPT_AT_MOST);
    let node = |hit: &Hit| survey.nodes[hit.at].node;
    let mut found = Found { matched, best: hits.first().map(node), similar, ..Found::default() };
    found.kept.exact = !parsed.is_plain();
    hits.sort_by_key(|hit| hit.at);
    for hit in &hits {
        let node = node(hit);
        found.order.push((hit.at, node));
        found.kept.hits.insert(node);
        let mut at = outline.parent(node);
        while let Some(above) = at.filter(|above| found.kept.above.insert(*above)) {
            at = outline.parent(above);
        }
    }
    Some(found)
}

/// Which words hold of a row and of the rows above it.
#[derive(Debug, Clone, Copy, Default)]
struct Holds {
    words: u32,
    points: u32,
}

/// The nodes for which every word holds: of the row itself, or of one above it. A row of which only rows above it have
/// the words is under a match, and is none itself, unless fields or exclusions are asked for.
fn exactly(outline: &Outline, survey: &Survey, query: &Query, superseded: &dyn Fn() -> bool) -> Option<Vec<Hit>> {
    let mut hits = Vec::new();
    if query.is_empty() {
        return Some(hits);
    }
    let bit = |at: usize| 1_u32 << at;
    let wanted = (0..query.terms.len()).filter(|at| !query.terms[*at].excluded).fold(0, |mask, at| mask | bit(at));
    let is_plain = query.is_plain();
    let mut above: Vec<Holds> = Vec::new();
    for (index, one) in survey.nodes.iter().enumerate() {
        if index % 4_096 == 0 && superseded() {
            return None;
        }
        above.truncate(usize::from(one.depth));
        let mut holds = above.last().copied().unwrap_or_default();
        let mut own = 0;
        for (at, term) in query.terms.iter().enumerate() {
            match points(outline, one, term) {
                Some(0) => holds.words &= !bit(at),
                Some(points) => {
                    own |= bit(at);
                    holds.words |= bit(at);
                    holds.points += points;
                }
                None => {}
            }
        }
        let is_hit = holds.words == wanted && (own != 0 || !is_plain);
        if is_hit {
            hits.push(Hit { points: holds.points, at: index });
        }
        above.push(holds);
    }
    Some(hits)
}

/// What a word counts for a row: `None` where the row says nothing of it, 0 where the row says otherwise than those above.
fn points(outline: &Outline, one: &Surveyed, term: &Term) -> Option<u32> {
    let graded = |text: &str| grade(text, &term.text).map(super::query::Grade::points);
    let node = one.node;
    match term.field {
        Field::Any => graded(&one.text),
        // A route's namespace takes the place of its Gateway's.
        Field::Namespace => match node {
            NodeRef::Route(_) | NodeRef::Child(..) | NodeRef::Unattached(_) | NodeRef::Orphan(_) => {
                let namespace = outline.route_of(node)?.meta.namespace.to_lowercase();
                Some(graded(&namespace).unwrap_or(0))
            }
            NodeRef::Gateway(at) => graded(&outline.gateway(at).gateway.meta.namespace.to_lowercase()),
            NodeRef::Stream(..) | NodeRef::UnattachedStream(_) => {
                let namespace = outline.stream_of(node)?.0.meta.namespace.to_lowercase();
                Some(graded(&namespace).unwrap_or(0))
            }
            _ => None,
        },
        Field::Host => match node {
            NodeRef::Hosts(at) => {
                let hosts = outline.hosts(at).hostnames.iter().filter_map(|host| graded(&host.to_lowercase()));
                hosts.max()
            }
            _ => None,
        },
        Field::Path => match node {
            NodeRef::Match(_, hop) => graded(&outline.hop(hop).matcher.path.value.to_lowercase()),
            _ => None,
        },
        Field::Backend => backends(outline, node).iter().filter_map(|name| graded(&name.to_lowercase())).max(),
    }
}

/// The nodes that have the letters of every word in its order, where no node has the words themselves.
fn similarly(survey: &Survey, query: &str, superseded: &dyn Fn() -> bool) -> Option<Vec<Hit>> {
    let matcher = SkimMatcherV2::default();
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let mut hits = Vec::new();
    for (at, one) in survey.nodes.iter().enumerate() {
        if at % 4_096 == 0 && superseded() {
            return None;
        }
        let points = words.iter().try_fold(0_i64, |sum, word| Some(sum + matcher.fuzzy_match(&one.text, word)?));
        if let Some(points) = points {
            hits.push(Hit { points: u32::try_from(points).unwrap_or_default(), at });
        }
    }
    // Scattered letters match nearly everything in a long line: what is far worse than the best is noise.
    let best = hits.iter().map(|hit| hit.points).max().unwrap_or_default();
    hits.retain(|hit| u64::from(hit.points) * 5 >= u64::from(best) * 4);
    Some(hits)
}
