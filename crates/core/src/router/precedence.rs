//! The order of rows within a virtual host: decided here, by one derived `Ord`, and nowhere else.

use std::cmp::{Ordering, Reverse};

use crate::model::{Name, PathKind, ROUTE_WEIGHT, Route, RouteKind};
use crate::resolve::{Engine, RuleNode, RuleNodeId, Settings, Tree};
use crate::store::{RouteId, Snapshot};

/// A row's place. What compares lower is tried first.
///
/// The rule (`docs/fidelity.md`: `order-weight`, `order-path`, `order-conditions`, `order-age`.
/// Source: kgateway `pkg/kgateway/translator/routeutils/sortable_route.go`):
/// 1. `kgateway.dev/route-weight` of the route that owns the rule, higher first, only with weighted route precedence.
/// 2. Path: Exact before `RegularExpression` before `PathPrefix`; the longer value first (regexes are not ranked), as
///    written, a trailing slash included.
/// 3. Has a method. 4. More headers. 5. More query parameters.
/// 6. The older root route, then `namespace/name` of the root in byte order; the same two for the route that owns the
///    rule; then order of emission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Precedence {
    weight: Reverse<i32>,
    path: PathRank,
    method: MethodRank,
    headers: Reverse<usize>,
    query_params: Reverse<usize>,
    root: Seniority,
    owner: Seniority,
    emission: u32,
}

/// What tells two places apart: one for each part of [`Precedence`] and [`HopPrecedence`], in the order of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    Weight { late: i32, early: i32 },
    PathType,
    PathLength,
    Method,
    Headers,
    QueryParams,
    Root,
    Owner,
}

impl Precedence {
    /// The first part that puts this after `early`; `None` when the two only differ in when they are emitted.
    pub(super) fn first_difference(&self, early: &Self) -> Option<Difference> {
        // A part that is added must be reported, too.
        let Self { weight, path, method, headers, query_params, root, owner, emission: _ } = self;
        let parts = [
            (weight > &early.weight, Difference::Weight { late: weight.0, early: early.weight.0 }),
            (path > &early.path, path.difference(&early.path)),
            (method > &early.method, Difference::Method),
            (headers > &early.headers, Difference::Headers),
            (query_params > &early.query_params, Difference::QueryParams),
            (root > &early.root, Difference::Root),
            (owner > &early.owner, Difference::Owner),
        ];
        parts.into_iter().find(|(later, _)| *later).map(|(_, difference)| difference)
    }
}

impl HopPrecedence {
    /// The first part that puts this after `early`; `None` when the two only differ in the place of the match.
    pub(super) fn first_difference(&self, early: &Self) -> Option<Difference> {
        let Self { path, length, method, headers, query_params, key, match_index: _ } = self;
        let parts = [
            (path > &early.path, Difference::PathType),
            (length > &early.length, Difference::PathLength),
            (method > &early.method, Difference::Method),
            (headers > &early.headers, Difference::Headers),
            (query_params > &early.query_params, Difference::QueryParams),
            (key > &early.key, Difference::Owner),
        ];
        parts.into_iter().find(|(later, _)| *later).map(|(_, difference)| difference)
    }
}

/// A row's place where every level is a table of its own. What compares lower is tried first.
///
/// The rule (`docs/fidelity.md` has it beside the other; agentgateway `crates/agentgateway/src/types/agent.rs`, `RouteSet::compare_route`): Exact
/// first, then prefixes and regular expressions together; the longer value first; has a method; more headers; more query
/// parameters; then the rule's key byte by byte (`namespace/name.NN` and where it is attached), then the match's place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HopPrecedence {
    path: HopPathRank,
    length: Reverse<usize>,
    method: MethodRank,
    headers: Reverse<usize>,
    query_params: Reverse<usize>,
    key: String,
    match_index: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum HopPathRank {
    Exact,
    PrefixOrRegex,
}

impl HopPrecedence {
    /// The place of a row of `route` in a table whose keys end in `suffix`.
    pub fn of(hop: &RuleNode, route: &Route, suffix: &str) -> Self {
        let matcher = &hop.matcher;
        let kind = if route.kind == RouteKind::Grpc { ".grpc" } else { "" };
        Self {
            path: match matcher.path.kind {
                PathKind::Exact => HopPathRank::Exact,
                PathKind::PathPrefix | PathKind::RegularExpression => HopPathRank::PrefixOrRegex,
            },
            length: Reverse(matcher.path.value.len()),
            method: if matcher.method.is_some() { MethodRank::Required } else { MethodRank::Any },
            headers: Reverse(matcher.headers.len()),
            query_params: Reverse(matcher.query_params.len()),
            key: format!("{}.{:02}{kind}{suffix}", route.meta.key(), hop.rule),
            match_index: hop.match_index,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PathRank {
    Exact { length: Reverse<usize> },
    RegularExpression,
    PathPrefix { length: Reverse<usize> },
}

impl PathRank {
    fn difference(&self, other: &Self) -> Difference {
        let same = std::mem::discriminant(self) == std::mem::discriminant(other);
        if same { Difference::PathLength } else { Difference::PathType }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MethodRank {
    Required,
    Any,
}

/// A route's rank by age, then by `namespace/name` as one string; equal for routes that agree on both (of two kinds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Seniority(u32);

/// What precedence needs to know of each route, worked out once.
pub struct Ranks {
    seniority: Vec<Seniority>,
    weights: Vec<i32>,
    /// The routes that the others stand for; `None` for all, in their order.
    of: Option<Vec<RouteId>>,
}

impl Ranks {
    /// Ranks the routes of `snapshot`.
    pub fn of(snapshot: &Snapshot, settings: &Settings) -> Self {
        let routes: Vec<&Route> = snapshot.routes.iter().map(|route| &**route).collect();
        Self::ranked(&routes, settings, None)
    }

    /// Ranks some routes among each other, which is the order that all of them have.
    pub(super) fn among(snapshot: &Snapshot, settings: &Settings, some: Vec<RouteId>) -> Self {
        let routes: Vec<&Route> = some.iter().map(|route| &**snapshot.route(*route)).collect();
        Self::ranked(&routes, settings, Some(some))
    }

    fn ranked(routes: &[&Route], settings: &Settings, of: Option<Vec<RouteId>>) -> Self {
        let name = |at: &usize| {
            let meta = &routes[*at].meta;
            (&meta.namespace, &meta.name)
        };
        // An absent timestamp is the zero time: `None` is less than any.
        let mut order: Vec<usize> = (0..routes.len()).collect();
        order.sort_by(|a, b| {
            let by_age = routes[*a].meta.created.cmp(&routes[*b].meta.created);
            by_age.then_with(|| by_joined_name(name(a), name(b)))
        });
        let mut seniority = vec![Seniority::default(); routes.len()];
        let mut rank = 0;
        for pair in 0..order.len() {
            if pair > 0 {
                let (before, this) = (order[pair - 1], order[pair]);
                let same = routes[before].meta.created == routes[this].meta.created && name(&before) == name(&this);
                rank += u32::from(!same);
            }
            seniority[order[pair]] = Seniority(rank);
        }
        let counts = settings.weighted_route_precedence;
        let weights =
            if counts { routes.iter().map(|route| Self::written_weight(route)).collect() } else { Vec::new() };
        Self { seniority, weights, of }
    }

    /// Where a route is in the lists.
    fn place(&self, route: RouteId) -> usize {
        match &self.of {
            None => route.0 as usize,
            Some(routes) => routes.iter().position(|known| *known == route).unwrap_or(usize::MAX),
        }
    }

    /// The weight a route asks for, whether or not it counts. The engine reads it off `HTTPRoutes` alone, and takes what is not an int32
    /// for 0.
    pub(super) fn written_weight(route: &Route) -> i32 {
        let written = (route.kind == RouteKind::Http).then(|| route.meta.annotation(ROUTE_WEIGHT)).flatten();
        written.and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// The weight that counts for a route: 0 when weights do not.
    pub fn weight(&self, route: RouteId) -> i32 {
        self.weights.get(self.place(route)).copied().unwrap_or(0)
    }

    fn seniority(&self, route: RouteId) -> Seniority {
        self.seniority.get(self.place(route)).copied().unwrap_or_default()
    }

    /// The place of the row that `hop` emits as the `emission`th of the root route `root`; weights are kgateway's own.
    pub fn precedence(&self, tree: &Tree, root: RouteId, hop: RuleNodeId, emission: u32) -> Precedence {
        let weighed = !self.weights.is_empty() && tree.dialect_of(hop).engine == Engine::Kgateway;
        let hop = &tree.hops[hop.0 as usize];
        let matcher = &hop.matcher;
        let length = Reverse(matcher.path.value.len());
        Precedence {
            weight: Reverse(if weighed { self.weight(hop.route) } else { 0 }),
            path: match matcher.path.kind {
                PathKind::Exact => PathRank::Exact { length },
                PathKind::RegularExpression => PathRank::RegularExpression,
                PathKind::PathPrefix => PathRank::PathPrefix { length },
            },
            method: if matcher.method.is_some() { MethodRank::Required } else { MethodRank::Any },
            headers: Reverse(matcher.headers.len()),
            query_params: Reverse(matcher.query_params.len()),
            root: self.seniority(root),
            owner: self.seniority(hop.route),
            emission,
        }
    }
}

/// The order of `namespace/name` as one string, without making it: `a-b/x` comes before `a/x`.
fn by_joined_name(a: (&Name, &Name), b: (&Name, &Name)) -> Ordering {
    if a.0 == b.0 {
        return a.1.cmp(b.1);
    }
    // Namespaces of which none begins with the other differ before the slash.
    if !a.0.starts_with(b.0.as_str()) && !b.0.starts_with(a.0.as_str()) {
        return a.0.cmp(b.0);
    }
    joined(a).cmp(joined(b))
}

fn joined<'a>((namespace, name): (&'a Name, &'a Name)) -> impl Iterator<Item = u8> + 'a {
    namespace.bytes().chain(std::iter::once(b'/')).chain(name.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_comes_before_regex_before_prefix_and_longer_before_shorter() {
        let exact = |length| PathRank::Exact { length: Reverse(length) };
        let prefix = |length| PathRank::PathPrefix { length: Reverse(length) };
        let mut ranks = [prefix(9), PathRank::RegularExpression, exact(1), prefix(10), exact(2)];
        ranks.sort();
        assert_eq!(ranks, [exact(2), exact(1), PathRank::RegularExpression, prefix(10), prefix(9)]);
    }

    #[test]
    fn names_are_compared_as_one_string() {
        let names = ["a", "a-b", "a-b-c", "b", "a.b", "x"].map(Name::new);
        let pairs = || names.iter().flat_map(|namespace| names.iter().map(move |name| (namespace, name)));
        let whole = |(namespace, name): (&Name, &Name)| format!("{namespace}/{name}");
        for (a, b) in pairs().flat_map(|a| pairs().map(move |b| (a, b))) {
            assert_eq!(by_joined_name(a, b), whole(a).cmp(&whole(b)));
        }
        assert!(whole((&names[1], &names[5])) < whole((&names[0], &names[5])));
    }
}
