//! The routes that delegating refs find, each set found once for all the rules and routes whose refs read alike, and
//! indexed by the paths of their matches: what stands under a parent is looked up, not searched for.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ahash::AHashMap;

use super::inherit;
use super::matching::MatchPosition;
use super::select;
use super::settings::{Dialect, Engine, Settings};
use super::{ViaBy, matching};
use crate::model::{GATEWAY_GROUP, Name, ObjectKey, PathKind, Route, RouteMatch, ValueMatch};
use crate::store::{RouteId, Snapshot};

/// The routes that a ref finds, and who may adopt them.
#[derive(Debug)]
pub(super) struct Found {
    /// All of them, in the order of [`Snapshot::routes`].
    pub all: Vec<RouteId>,
    /// Those without parentRefs: any route may adopt them.
    pub open: Pool,
    /// Those that have parentRefs to `HTTPRoutes`, by the routes they name.
    claimed: AHashMap<ObjectKey, Claimed>,
    /// Those that have parentRefs.
    guarded: Vec<RouteId>,
}

/// The routes that name one parent.
#[derive(Debug, Default)]
struct Claimed {
    routes: Vec<RouteId>,
    /// Most of them.
    own: Pool,
    /// Those that name many parents and have many matches, which would be indexed over and over.
    shared: Vec<Arc<Pool>>,
}

/// From so many parents, and so many matches on, a route is a pool of its own for all of its parents.
const MANY: usize = 8;

/// Routes that the same parents may adopt, in the order of [`Snapshot::routes`].
#[derive(Debug, Default)]
pub(super) struct Pool {
    pub routes: Vec<RouteId>,
    paths: OnceLock<PathIndex>,
}

/// A match as it is written: by route, rule and place in the rule, which is the order of routes and of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct MatchId {
    route: RouteId,
    rule: u32,
    index: u32,
}

/// A pool's matches by path.
#[derive(Debug, Default)]
struct PathIndex {
    /// Those that do not inherit, by the bytes of their paths.
    by_path: Vec<MatchId>,
    /// The routes that inherit their parent's match.
    inheriting: Vec<RouteId>,
    /// Places in `by_path` by what a parent may require, made when one first does.
    by_condition: OnceLock<AHashMap<Condition, Vec<u32>>>,
}

/// What a parent requires of a child beside its path.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Condition {
    Header(ValueMatch),
    QueryParam(ValueMatch),
    Method(Name),
}

fn conditions(matcher: &RouteMatch) -> impl Iterator<Item = Condition> {
    let headers = matcher.headers.iter().cloned().map(Condition::Header);
    let query_params = matcher.query_params.iter().cloned().map(Condition::QueryParam);
    headers.chain(query_params).chain(matcher.method.clone().map(Condition::Method))
}

/// A route of a pool that has matches left under a parent.
#[derive(Debug)]
pub(super) struct Taker {
    pub route: RouteId,
    /// Rule and match of those that stand, in order; `None` when the route inherits, and all of them do.
    pub stands: Option<Vec<MatchPosition>>,
}

impl Found {
    fn of(snapshot: &Snapshot, all: Vec<RouteId>) -> Self {
        let mut found =
            Self { all: Vec::new(), open: Pool::default(), claimed: AHashMap::default(), guarded: Vec::new() };
        for &id in &all {
            let route = snapshot.route(id);
            if route.parent_refs.is_empty() {
                found.open.routes.push(id);
                continue;
            }
            found.guarded.push(id);
            let matches = route.rules.iter().map(|rule| rule.matches.len()).sum::<usize>();
            let is_shared = route.parent_refs.len() > MANY && matches > MANY;
            let shared = is_shared.then(|| Arc::new(Pool { routes: vec![id], paths: OnceLock::new() }));
            for reference in &route.parent_refs {
                if reference.group == GATEWAY_GROUP && reference.kind == "HTTPRoute" {
                    let namespace = reference.namespace.as_ref().unwrap_or(&route.meta.namespace);
                    let parent = ObjectKey::new(namespace.clone(), reference.name.clone());
                    let claimed = found.claimed.entry(parent).or_default();
                    if claimed.routes.last() != Some(&id) {
                        claimed.routes.push(id);
                        match &shared {
                            Some(shared) => claimed.shared.push(Arc::clone(shared)),
                            None => claimed.own.routes.push(id),
                        }
                    }
                }
            }
        }
        found.all = all;
        found
    }

    /// The pools that `parent` may adopt from.
    pub fn pools(&self, parent: &ObjectKey) -> impl Iterator<Item = &Pool> {
        let claimed = self.claimed.get(parent);
        let shared = claimed.into_iter().flat_map(|claimed| &claimed.shared).map(Arc::as_ref);
        [Some(&self.open), claimed.map(|claimed| &claimed.own)].into_iter().flatten().chain(shared)
    }

    /// The routes that name `parent`.
    fn claimed(&self, parent: &ObjectKey) -> &[RouteId] {
        self.claimed.get(parent).map_or(&[][..], |claimed| &claimed.routes)
    }

    /// Whether `parent` may adopt `route`, and the ref finds it.
    pub fn adopts(&self, parent: &ObjectKey, route: RouteId) -> bool {
        self.open.routes.binary_search(&route).is_ok() || self.claimed(parent).binary_search(&route).is_ok()
    }

    /// How many routes `parent` may adopt.
    pub fn adoptable(&self, parent: &ObjectKey) -> usize {
        self.open.routes.len() + self.claimed(parent).len()
    }

    /// The routes that `parent` may adopt, in order.
    pub fn adoptables<'f>(&'f self, parent: &ObjectKey) -> impl Iterator<Item = RouteId> + 'f {
        let mut open = self.open.routes.iter().copied().peekable();
        let mut claimed = self.claimed(parent).iter().copied().peekable();
        std::iter::from_fn(move || match (open.peek(), claimed.peek()) {
            (Some(left), Some(right)) if right < left => claimed.next(),
            (Some(_), _) => open.next(),
            (None, _) => claimed.next(),
        })
    }

    /// The routes that have parentRefs, none of which names `parent`, in order.
    pub fn strangers<'f>(&'f self, parent: &ObjectKey) -> impl Iterator<Item = RouteId> + 'f {
        let claimed = self.claimed(parent);
        let all = if claimed.len() == self.guarded.len() { &[][..] } else { &self.guarded[..] };
        all.iter().copied().filter(|id| claimed.binary_search(id).is_err())
    }

    /// The routes that have matches left under one of `parent`'s matches, in order, and how many matches were looked at.
    pub fn takers(
        &self,
        snapshot: &Snapshot,
        dialect: &Dialect,
        parent: &ObjectKey,
        above: &RouteMatch,
        pathless: bool,
    ) -> (Vec<Taker>, usize) {
        let mut standing: Vec<MatchId> = Vec::new();
        let mut takers: Vec<Taker> = Vec::new();
        let mut looked_at = 0;
        for pool in self.pools(parent) {
            let index = pool.paths.get_or_init(|| PathIndex::of(snapshot, dialect, &pool.routes));
            let inheriting = index.inheriting.iter().map(|&route| Taker { route, stands: None });
            takers.extend(inheriting.filter(|taker| !snapshot.route(taker.route).rules.is_empty()));
            if pathless || above.path.kind != PathKind::PathPrefix {
                continue;
            }
            let stands = |id: &MatchId| matching::refused(above, written(snapshot, *id)).is_none();
            let under = index.under(snapshot, &above.path.value);
            // Whichever are fewer: those under the path, or those that meet one of the conditions.
            let fewest = index.fewest(snapshot, above).filter(|places| places.len() < under.len());
            looked_at += fewest.map_or(under.len(), <[u32]>::len);
            if let Some(places) = fewest {
                standing.extend(places.iter().map(|at| index.by_path[*at as usize]).filter(stands));
            } else {
                standing.extend(under.iter().copied().filter(stands));
            }
        }
        standing.sort_unstable();
        for group in standing.chunk_by(|a, b| a.route == b.route) {
            let stands = group.iter().map(|id| MatchPosition { rule: id.rule, index: id.index }).collect();
            takers.push(Taker { route: group[0].route, stands: Some(stands) });
        }
        takers.sort_unstable_by_key(|taker| taker.route);
        (takers, looked_at)
    }
}

fn written(snapshot: &Snapshot, id: MatchId) -> &RouteMatch {
    &snapshot.route(id.route).rules[id.rule as usize].matches[id.index as usize]
}

impl PathIndex {
    fn of(snapshot: &Snapshot, dialect: &Dialect, routes: &[RouteId]) -> Self {
        let mut index = Self::default();
        for &id in routes {
            let route: &Route = snapshot.route(id);
            if inherit::inherits(route, dialect.inherit_annotation) {
                index.inheriting.push(id);
                continue;
            }
            for (rule, written) in (0..).zip(&route.rules) {
                let matches = u32::try_from(written.matches.len()).unwrap_or(u32::MAX);
                index.by_path.extend((0..matches).map(|index| MatchId { route: id, rule, index }));
            }
        }
        let path = |id: MatchId| written(snapshot, id).path.value.as_str();
        index.by_path.sort_unstable_by(|a, b| path(*a).cmp(path(*b)).then(a.cmp(b)));
        index
    }

    /// The matches that meet the condition of `above` that the fewest meet; `None` when it has none.
    fn fewest(&self, snapshot: &Snapshot, above: &RouteMatch) -> Option<&[u32]> {
        let mut conditions = conditions(above).peekable();
        conditions.peek()?;
        let by_condition = self.by_condition.get_or_init(|| {
            let mut all: AHashMap<Condition, Vec<u32>> = AHashMap::default();
            for (at, id) in (0..).zip(&self.by_path) {
                for condition in self::conditions(written(snapshot, *id)) {
                    all.entry(condition).or_default().push(at);
                }
            }
            all
        });
        conditions.map(|one| by_condition.get(&one).map_or(&[][..], Vec::as_slice)).min_by_key(|places| places.len())
    }

    /// The matches whose path begins with `prefix`, which stand side by side.
    fn under(&self, snapshot: &Snapshot, prefix: &str) -> &[MatchId] {
        let path = |id: &MatchId| written(snapshot, *id).path.value.as_str();
        let rest = &self.by_path[self.by_path.partition_point(|id| path(id) < prefix)..];
        &rest[..rest.partition_point(|id| path(id).starts_with(prefix))]
    }
}

/// By what a set of routes is found: engine, manner, name or label, namespace.
type Wanted = (Engine, ViaBy, Name, Name);

/// The sets that were found so far, for all threads.
#[derive(Debug, Default)]
pub(super) struct Finder {
    known: Mutex<AHashMap<Wanted, Arc<Found>>>,
}

impl Finder {
    /// What a ref finds.
    pub fn find(
        &self,
        snapshot: &Snapshot,
        settings: &Settings,
        dialect: &Dialect,
        by: ViaBy,
        name: &Name,
        namespace: &Name,
    ) -> Arc<Found> {
        // `*` and an empty name find the same.
        let name = if by == ViaBy::Wildcard { &Name::new_static("*") } else { name };
        let wanted = (dialect.engine, by, name.clone(), namespace.clone());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.entry(wanted).or_insert_with(|| {
            Arc::new(Found::of(snapshot, select::fetch(snapshot, settings, dialect, by, name, namespace)))
        });
        Arc::clone(found)
    }
}
