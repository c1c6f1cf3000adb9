//! Finds the first row that matches without looking at every row.
//!
//! ```text
//! exact   path ─► first row ─► next row of the same path ─► …      probed once
//! prefix  path ─► first row ─► …                                   probed at each `/` of the request's path
//! others  regular expressions and textual prefixes, in order
//! ```
//!
//! Rows are numbered in evaluation order, whatever that order is (route weights can put any row first): the winner is the
//! smallest number among the rows that match, so the answer is that of a scan from the top.

use std::cmp::Reverse;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use ahash::{AHashMap, AHashSet};

use super::matcher::{Kept, MatchInput, Patterns, Prefix, path_matches, rest_holds};
use crate::finding::Edits;
use crate::model::{Name, PathKind, PathMatch, RouteMatch};
use crate::resolve::{ProxySemantics, RuleNodeId, Tree};

/// How many rows are stepped over for each segment that a completion lists.
const MAX_STEPS_PER_SEGMENT: usize = 64;

/// The end of a chain of rows.
const END: u32 = u32::MAX;

/// An index over the rows of one virtual host.
#[derive(Debug, Default)]
pub struct Index {
    exact: AHashMap<Name, u32>,
    /// By the prefix without its trailing slash; `/` is the empty key.
    prefix: AHashMap<Name, u32>,
    /// Per row: the next row of the same kind and path.
    next: Vec<u32>,
    /// Rows that no map can hold, in order.
    others: Vec<u32>,
    /// The longest prefix there is: no need to probe beyond.
    longest_prefix: usize,
    patterns: Patterns,
    /// All rows by the bytes of their path, made when an explanation first asks for neighbours.
    by_path: OnceLock<Vec<u32>>,
    /// Each path of the rows, and of the rules above them, once and by its bytes; made when one is first looked for.
    written: OnceLock<Written>,
    /// How often all rows were looked through instead.
    scans: AtomicU8,
}

/// The paths that can be suggested.
#[derive(Debug, Default)]
struct Written {
    /// A rule for each, by the bytes of the path.
    rules: Vec<RuleNodeId>,
    /// How many bytes each path shares with the one before: what begins alike is stepped over without a look at it.
    shared: Vec<u16>,
}

/// So often it costs less to look through all rows than to sort them.
const SCANS: u8 = 3;

/// Where a row is filed.
enum IndexSlot<'m> {
    Exact(&'m Name),
    Prefix(&'m str),
    Other,
}

fn place(row: &RouteMatch) -> IndexSlot<'_> {
    match row.path.kind {
        PathKind::Exact => IndexSlot::Exact(&row.path.value),
        PathKind::RegularExpression => IndexSlot::Other,
        PathKind::PathPrefix => match Prefix::of(&row.path.value) {
            Prefix::All => IndexSlot::Prefix(""),
            Prefix::Segments(prefix) if prefix.starts_with('/') => IndexSlot::Prefix(prefix),
            Prefix::Segments(_) | Prefix::Text(_) => IndexSlot::Other,
        },
    }
}

fn matcher(tree: &Tree, row: RuleNodeId) -> &RouteMatch {
    &tree.hops[row.0 as usize].matcher
}

impl Index {
    /// Indexes `rows`, which are in evaluation order, for a proxy that reads in this manner. Its regular expressions count
    /// towards `kept`.
    pub(super) fn build(tree: &Tree, rows: &[RuleNodeId], semantics: ProxySemantics, kept: &Kept) -> Self {
        let patterns = Patterns::read(semantics, kept.clone());
        let mut index = Self { next: vec![END; rows.len()], patterns, ..Self::default() };
        // From the last row to the first, so that each chain begins with its first row.
        for (position, row) in rows.iter().enumerate().rev() {
            let row = matcher(tree, *row);
            index.patterns.note(row);
            let position_number = u32::try_from(position).unwrap_or(END - 1);
            let later = match place(row) {
                IndexSlot::Exact(path) => index.exact.insert(path.clone(), position_number),
                IndexSlot::Prefix(prefix) => {
                    index.longest_prefix = index.longest_prefix.max(prefix.len());
                    let key = if prefix.len() == row.path.value.len() { row.path.value.clone() } else { prefix.into() };
                    index.prefix.insert(key, position_number)
                }
                IndexSlot::Other => {
                    index.others.push(position_number);
                    None
                }
            };
            index.next[position] = later.unwrap_or(END);
        }
        index.others.reverse();
        index
    }

    /// The regular expressions of these rows.
    pub(super) fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// The first row that matches.
    pub(super) fn find(&self, tree: &Tree, rows: &[RuleNodeId], facts: &MatchInput<'_>) -> Option<RuleNodeId> {
        let mut best = END;
        self.heads(&facts.path, |head| {
            let mut at = head;
            // Chains ascend: past the best there is nothing to gain.
            while at < best {
                if rest_holds(matcher(tree, rows[at as usize]), facts, &self.patterns) {
                    best = at;
                }
                at = self.next[at as usize];
            }
        });
        for &at in self.others.iter().take_while(|at| **at < best) {
            let row = matcher(tree, rows[at as usize]);
            if path_matches(&row.path, &facts.path, &self.patterns) && rest_holds(row, facts, &self.patterns) {
                best = at;
                break;
            }
        }
        rows.get(best as usize).copied()
    }

    /// Calls `visit` with the first row of every chain whose path test holds for `path`.
    fn heads(&self, path: &str, mut visit: impl FnMut(u32)) {
        if let Some(&head) = self.exact.get(path) {
            visit(head);
        }
        if self.prefix.is_empty() {
            return;
        }
        if let Some(&head) = self.prefix.get("") {
            visit(head);
        }
        let bytes = path.as_bytes();
        for (end, byte) in bytes.iter().enumerate().skip(1) {
            if end > self.longest_prefix {
                return;
            }
            if *byte == b'/'
                && let Some(&head) = self.prefix.get(&path[..end])
            {
                visit(head);
            }
        }
        if bytes.len() <= self.longest_prefix
            && let Some(&head) = self.prefix.get(path)
        {
            visit(head);
        }
    }

    /// The rows before `before` whose path holds for `path`, in no order. Those of one path end with the first that asks for
    /// nothing else: it leaves no request to the rows after it.
    pub(super) fn on_path_before(&self, tree: &Tree, rows: &[RuleNodeId], path: &str, before: usize) -> Vec<u32> {
        let mut found = Vec::new();
        let is_before = |at: u32| (at as usize) < before;
        self.heads(path, |head| {
            let mut at = head;
            // Chains ascend.
            while at != END && is_before(at) {
                found.push(at);
                let row = matcher(tree, rows[at as usize]);
                if row.method.is_none() && row.headers.is_empty() && row.query_params.is_empty() {
                    break;
                }
                at = self.next[at as usize];
            }
        });
        for &at in self.others.iter().take_while(|at| is_before(**at)) {
            if path_matches(&matcher(tree, rows[at as usize]).path, path, &self.patterns) {
                found.push(at);
            }
        }
        found
    }

    /// Rows whose path holds for `path`, at most `limit` of each chain: for explanations. In no order.
    pub(super) fn on_path(&self, tree: &Tree, rows: &[RuleNodeId], path: &str, limit: usize) -> Vec<u32> {
        let mut found = Vec::new();
        self.heads(path, |head| {
            let mut at = head;
            let mut left = limit;
            while at != END && left > 0 {
                found.push(at);
                left -= 1;
                at = self.next[at as usize];
            }
        });
        for &at in self.others.iter().take(limit) {
            if path_matches(&matcher(tree, rows[at as usize]).path, path, &self.patterns) {
                found.push(at);
            }
        }
        found
    }

    /// The paths of rows that go on from `typed`, each cut at the end of the next segment, at most `limit`.
    pub(super) fn next_segments(&self, tree: &Tree, rows: &[RuleNodeId], typed: &str, limit: usize) -> Vec<String> {
        let path = |at: u32| &matcher(tree, rows[at as usize]).path;
        let by_path = self.by_path(tree, rows);
        let mut found = Vec::new();
        let mut at = by_path.partition_point(|row| path(*row).value.as_str() < typed);
        // Regular expressions and repeated paths are stepped over one by one, and not without end.
        let mut steps = limit * MAX_STEPS_PER_SEGMENT;
        while found.len() < limit && steps > 0 && at < by_path.len() {
            steps -= 1;
            let PathMatch { kind, value, .. } = path(by_path[at]);
            let Some(rest) = value.strip_prefix(typed) else { break };
            if rest.is_empty() || *kind == PathKind::RegularExpression {
                at += 1;
                continue;
            }
            let slash = rest.char_indices().skip(1).find(|(_, letter)| *letter == '/');
            let end = slash.map_or(value.len(), |(slash, _)| typed.len() + slash);
            let (segment, below) = (&value[..end], end < value.len());
            if found.last().is_none_or(|last| last != segment) && !found.iter().any(|known| known == segment) {
                found.push(segment.to_owned());
            }
            at = if below {
                // All that is below the segment comes before the byte after the slash.
                let after = format!("{segment}0");
                by_path.partition_point(|row| path(*row).value.as_str() < after.as_str())
            } else {
                at + 1
            };
        }
        found
    }

    /// Rows whose path is nearest to `path` in byte order, at most `limit` on either side: those that share the longest
    /// beginning with it are among them.
    pub(super) fn near(&self, tree: &Tree, rows: &[RuleNodeId], path: &str, limit: usize) -> &[u32] {
        let value = |at: u32| matcher(tree, rows[at as usize]).path.value.as_str();
        let by_path = self.by_path(tree, rows);
        let middle = by_path.partition_point(|at| value(*at) < path);
        let from = middle.saturating_sub(limit);
        let to = (middle + limit).min(by_path.len());
        &by_path[from..to]
    }

    /// The path that `path` was most likely meant to begin with: a slip of the finger away from its first segments. Of
    /// several the one with the most segments, then the closest. Also how many letters were compared.
    pub(super) fn closest<'t>(&self, tree: &'t Tree, rows: &[RuleNodeId], path: &str) -> (Option<&'t Name>, usize) {
        let value = |id: RuleNodeId| &matcher(tree, id).path.value;
        let Written { rules, shared } = self.written(tree, rows);
        // What each number of segments takes of the path, in bytes and in letters.
        let ends: Vec<(usize, usize)> = path
            .chars()
            .enumerate()
            .zip(path.char_indices())
            .filter(|((_, letter), _)| *letter == '/')
            .map(|((letters, _), (bytes, _))| (bytes, letters))
            .collect();
        let mut edits = Edits::from(path);
        let whole = (path.len(), edits.letters());
        let mut best: Option<(Reverse<usize>, usize, &Name)> = None;
        let mut at = 0;
        while let Some(name) = rules.get(at).map(|id| value(*id)) {
            if let Err(beginning) = edits.to(name) {
                at += 1 + shared[at + 1..].iter().take_while(|shared| usize::from(**shared) >= beginning).count();
                continue;
            }
            at += 1;
            let segments = name.matches('/').count();
            let (bytes, letters) = ends.get(segments).copied().unwrap_or(whole);
            let near = edits.near(letters).filter(|_| **name != path[..bytes]);
            let near = near.map(|distance| (Reverse(segments), distance, name));
            best = best.into_iter().chain(near).min();
        }
        (best.map(|(_, _, name)| name), edits.taken())
    }

    /// Orders all paths, so that nobody waits for that who looks for one.
    pub(super) fn order_paths(&self, tree: &Tree, rows: &[RuleNodeId]) {
        self.written(tree, rows);
    }

    /// Each path that can be suggested.
    fn written(&self, tree: &Tree, rows: &[RuleNodeId]) -> &Written {
        self.written.get_or_init(|| {
            let path = |id: &RuleNodeId| &matcher(tree, *id).path;
            let mut written: Vec<RuleNodeId> = self.by_path(tree, rows).iter().map(|at| rows[*at as usize]).collect();
            let mut above = AHashSet::new();
            for row in rows {
                let mut at = *row;
                while let Some(link) = tree.link_above(at).filter(|link| above.insert(link.hop)) {
                    at = link.hop;
                }
            }
            written.extend(above);
            written.retain(|id| path(id).kind != PathKind::RegularExpression && path(id).value != "/");
            written.sort_by(|a, b| path(a).value.cmp(&path(b).value));
            written.dedup_by(|a, b| path(a).value == path(b).value);
            let alike = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
            let pairs = written.windows(2).map(|pair| alike(&path(&pair[0]).value, &path(&pair[1]).value));
            let shared =
                std::iter::once(0).chain(pairs).map(|bytes| u16::try_from(bytes).unwrap_or(u16::MAX)).collect();
            Written { rules: written, shared }
        })
    }

    /// All rows by the bytes of their path.
    fn by_path(&self, tree: &Tree, rows: &[RuleNodeId]) -> &[u32] {
        let value = |at: u32| matcher(tree, rows[at as usize]).path.value.as_str();
        self.by_path.get_or_init(|| {
            // Most paths differ in their first bytes, which cost no look at the rows.
            let mut by_path: Vec<(u64, u32)> = (0..).zip(rows).map(|(at, _)| (first_bytes(value(at)), at)).collect();
            by_path.sort_unstable_by(|(first, a), (other, b)| {
                first.cmp(other).then_with(|| value(*a).cmp(value(*b))).then_with(|| a.cmp(b))
            });
            by_path.into_iter().map(|(_, at)| at).collect()
        })
    }
}

/// The beginning of a path as a number: numbers that differ are in the order of the paths.
fn first_bytes(path: &str) -> u64 {
    let mut first = [0; 8];
    let length = path.len().min(first.len());
    first[..length].copy_from_slice(&path.as_bytes()[..length]);
    u64::from_be_bytes(first)
}

/// How often the rows of a virtual host are scanned before they are put in order: not all hosts at the same question.
fn scans_of(rows: &[RuleNodeId]) -> u8 {
    // The upper three bits of a product by the golden ratio, which spreads numbers that are near each other.
    let spread = rows.first().map_or(0, |first| first.0.wrapping_mul(0x9e37_79b9) >> 29);
    SCANS + u8::try_from(spread).unwrap_or_default()
}

impl Index {
    /// Rows that may take a path which `test` takes, too: ascending.
    pub(super) fn overlapping(&self, tree: &Tree, rows: &[RuleNodeId], test: &PathMatch) -> Vec<u32> {
        let beginning = match test.kind {
            PathKind::Exact => {
                let mut found = self.on_path(tree, rows, &test.value, usize::MAX);
                found.sort_unstable();
                return found;
            }
            PathKind::RegularExpression => "",
            PathKind::PathPrefix => Prefix::of(&test.value).text(),
        };
        if beginning.is_empty() || beginning == "/" {
            return (0..u32::try_from(rows.len()).unwrap_or(END)).collect();
        }
        let value = |at: u32| matcher(tree, rows[at as usize]).path.value.as_str();
        let mut found: Vec<u32> = if self.by_path.get().is_none() && self.scans.fetch_add(1, Relaxed) < scans_of(rows) {
            let all = 0..u32::try_from(rows.len()).unwrap_or(END);
            all.filter(|at| value(*at).starts_with(beginning)).collect()
        } else {
            let by_path = self.by_path(tree, rows);
            let from = by_path.partition_point(|at| value(*at) < beginning);
            by_path[from..].iter().copied().take_while(|at| value(*at).starts_with(beginning)).collect()
        };
        self.heads(beginning, |head| {
            let mut at = head;
            while at != END {
                found.push(at);
                at = self.next[at as usize];
            }
        });
        found.extend(&self.others);
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Position, ValueKind, ValueMatch};
    use crate::resolve::{MatchState, RootId, RuleNode, Under};
    use crate::router::matcher::test;
    use crate::router::request::Scheme;
    use crate::store::RouteId;

    fn tree_of(rows: Vec<RouteMatch>) -> (Tree, Vec<RuleNodeId>) {
        let mut tree = Tree::default();
        for row in rows {
            tree.hops.push(RuleNode {
                under: Under::Root(RootId(0)),
                route: RouteId(0),
                rule: 0,
                match_index: Some(0),
                matcher: Arc::new(row),
                state: MatchState::Delegates,
                links: 0..0,
                unverified: Vec::new(),
            });
        }
        let ids = (0..u32::try_from(tree.hops.len()).unwrap()).map(RuleNodeId).collect();
        (tree, ids)
    }

    fn row() -> impl Strategy<Value = RouteMatch> {
        let path = prop_oneof![
            "/[ab]{0,2}(/[ab]{1,2}){0,2}/{0,2}".prop_map(|value| (PathKind::PathPrefix, value)),
            "/[ab]{0,2}(/[ab]{1,2}){0,2}".prop_map(|value| (PathKind::Exact, value)),
            "/[ab]{0,2}(\\.\\*|/\\?|\\[ab\\]\\+)".prop_map(|value| (PathKind::RegularExpression, value)),
        ];
        let header = proptest::option::of(("[hk]", "[1]{0,1}", any::<bool>()));
        (path, proptest::option::of("GET|POST"), header).prop_map(|((kind, value), method, header)| RouteMatch {
            at: Position::default(),
            path: PathMatch { kind, value: value.into() },
            method: method.map(Into::into),
            headers: header
                .map(|(name, value, regex)| ValueMatch {
                    kind: if regex { ValueKind::RegularExpression } else { ValueKind::Exact },
                    name: name.into(),
                    value: value.into(),
                })
                .into_iter()
                .collect(),
            query_params: Vec::new(),
            grpc: None,
        })
    }

    proptest! {
        #[test]
        fn the_index_finds_what_a_scan_from_the_top_finds(
            rows in proptest::collection::vec(row(), 0..24),
            path in "/[ab]{0,2}(/[ab]{0,2}){0,3}",
            headers in proptest::collection::vec(("[hkH]", "[12]{0,1}"), 0..3),
            post in any::<bool>(),
        ) {
            let (tree, ids) = tree_of(rows);
            let index = Index::build(&tree, &ids, ProxySemantics::Envoy, &Kept::default());
            let method = if post { "POST" } else { "GET" };
            let facts = MatchInput { path: path.as_str().into(), query: "", method, headers: &headers, authority: None, scheme: Scheme::Http, semantics: ProxySemantics::Envoy };
            let scan = ids.iter().copied().find(|id| test(matcher(&tree, *id), &facts, index.patterns()).is_ok());
            prop_assert_eq!(index.find(&tree, &ids, &facts), scan);
            // What explanations look at holds the winner, and every row on the path.
            let on_path = index.on_path(&tree, &ids, &path, usize::MAX / 2);
            for (at, id) in ids.iter().enumerate() {
                let holds = path_matches(&matcher(&tree, *id).path, &path, index.patterns());
                prop_assert_eq!(holds, on_path.contains(&u32::try_from(at).unwrap()));
            }
        }

        #[test]
        fn rows_that_share_a_path_are_found_by_a_scan_and_by_order(
            rows in proptest::collection::vec(row(), 0..24),
            prefix in "/[ab]{1,2}(/[ab]{1,2}){0,2}",
            path in "(/[ab]{1,2}){0,2}",
        ) {
            let (tree, ids) = tree_of(rows);
            let index = Index::build(&tree, &ids, ProxySemantics::Envoy, &Kept::default());
            let test = PathMatch { kind: PathKind::PathPrefix, value: prefix.as_str().into() };
            let scanned = index.overlapping(&tree, &ids, &test);
            for _ in 0..=scans_of(&ids) {
                prop_assert_eq!(&index.overlapping(&tree, &ids, &test), &scanned);
            }
            prop_assert!(index.by_path.get().is_some());
            let below = format!("{prefix}{path}");
            for (at, id) in (0..).zip(&ids) {
                let shares = path_matches(&matcher(&tree, *id).path, &below, index.patterns());
                prop_assert!(!shares || scanned.contains(&at), "{below} is taken by {at}");
            }
        }

        #[test]
        fn the_path_that_was_meant_is_the_one_that_a_look_at_each_finds(
            rows in proptest::collection::vec(row(), 0..24),
            path in "/[abA]{0,3}(/[ab]{0,3}){0,3}",
        ) {
            let (tree, ids) = tree_of(rows);
            let index = Index::build(&tree, &ids, ProxySemantics::Envoy, &Kept::default());
            let near = ids.iter().map(|id| &matcher(&tree, *id).path).filter(|path| path.kind != PathKind::RegularExpression);
            let near = near.filter(|near| near.value != "/").filter_map(|near| {
                let end = path.match_indices('/').nth(near.value.matches('/').count()).map_or(path.len(), |(end, _)| end);
                let mut edits = Edits::from(&path[..end]);
                edits.to(&near.value).ok()?;
                let distance = edits.near(edits.letters()).filter(|_| near.value != path[..end])?;
                Some((Reverse(near.value.matches('/').count()), distance, &near.value))
            });
            prop_assert_eq!(index.closest(&tree, &ids, &path).0, near.min().map(|(.., path)| path));
        }
    }

    #[test]
    fn a_path_that_was_meant_is_found_without_a_look_at_every_path() {
        let path = |group: usize, route: usize| format!("/g{group}/r{route:04}/api");
        let paths = (0..16).flat_map(|group| (0..2_000).map(move |route| path(group, route)));
        let row = |path: String| RouteMatch {
            at: Position::default(),
            path: PathMatch { kind: PathKind::PathPrefix, value: path.into() },
            method: None,
            headers: Vec::new(),
            query_params: Vec::new(),
            grpc: None,
        };
        let (tree, ids) = tree_of(paths.map(row).collect());
        let index = Index::build(&tree, &ids, ProxySemantics::Envoy, &Kept::default());
        index.order_paths(&tree, &ids);
        assert!(index.by_path.get().is_some() && index.written.get().is_some());
        let closest = |path: &str| index.closest(&tree, &ids, path);
        assert_eq!(closest("/g7/r1234/apu/x").0.map(Name::as_str), Some("/g7/r1234/api"));
        // Letters of all paths: 416,000.
        for (path, letters) in [("/nobody/here", 600), ("/g11/r4", 120_000), ("/g7/r1234/apu/x", 120_000)] {
            let (_, taken) = closest(path);
            assert!(taken < letters, "{path}: {taken} letters");
        }
    }
}
