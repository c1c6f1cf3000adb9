//! Which traffic moves between two tables: every pair of rows, one before and one after, that some request has and whose
//! answers a client or a backend can tell apart.
//!
//! Rows that stand in both tables in the same order and do the same are held against each other and left out. For a
//! request that another pair decides, one of the two is not among them: a row that takes it in both tables would come
//! first in both. So only the others are looked at, each with the rows of the other table that share a path with it.

pub(super) mod cells;
mod places;

pub use places::Most;
pub(super) use places::{hosts_of, representative, tested_hosts};

use ahash::{AHashMap, AHashSet};

use self::cells::{Cell, cells};
use self::places::{ComparedHost, Places, Told, places};
use super::choice::{Authority, Hosts, Setting};
use super::effect::{Above, acting, is_same, observed, of_matcher, of_row, rewrites};
use super::front::request;
use super::held::{Held, is_same_row, matcher};
use super::hosts::HostClass;
use super::languages::Languages;
use super::meet::{Blocker, Met, Point, Search};
use super::undetermined::Undetermined;
use crate::model::{ObjectKey, PathKind, PathMatch, Position, RouteMatch, StreamRoute};
use crate::parallel;
use crate::resolve::{MatchState, ProxySemantics, RuleNodeId};
use crate::router::lists::{PathPatterns, RowList};
use crate::router::{Decision, Request, Router};

/// So few routes are not worth a thread.
const FEW_ROUTES: usize = 2_000;

/// How many places are compared at a time.
const AT_A_TIME: usize = 64;

/// How far is looked ahead for rows that are in step again.
const AHEAD: usize = 32;

/// How many paths are tried that two rewrites may agree on.
const OTHER_PATHS: usize = 3;

/// How many pairs of rows are looked at in one place.
const PAIRS: usize = 200_000;

/// A pair of answers that a request has before and after, and that can be told apart.
#[derive(Debug, Clone)]
pub struct Change {
    /// Whose answers they are.
    pub gateway: ObjectKey,
    /// A request that has them.
    pub request: Request,
    /// The answer before; `None` where nothing was asked or no listener took it.
    pub before: Option<Decision>,
    /// The answer after.
    pub after: Option<Decision>,
}

/// A row of which it was not found out what becomes of all its requests.
#[derive(Debug, Clone)]
pub struct Undecided {
    /// Whose row it is.
    pub gateway: ObjectKey,
    /// Whether it stands in the table before, or in the one after.
    pub before: bool,
    /// The row; `None` where rows are missing, and none stands for them.
    pub row: Option<RuleNodeId>,
    /// Why.
    pub why: Undetermined,
}

/// What differs between two tables.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// One for each pair of deciding rows.
    pub changes: Vec<Change>,
    /// What was not found out.
    pub unknown: Vec<Undecided>,
}

/// Before, and after.
pub(super) const SIDES: [usize; 2] = [0, 1];

/// Holds two tables against each other.
pub fn compare(old: Router<'_>, new: Router<'_>) -> Comparison {
    compare_at_most(old, new, Most::default())
}

/// The same, within other bounds.
pub fn compare_at_most(old: Router<'_>, new: Router<'_>, most: Most) -> Comparison {
    let routers = [old, new];
    let count: usize = routers.iter().map(|router| router.snapshot().routes.len()).sum();
    let threads = if count < FEW_ROUTES { 1 } else { parallel::threads() };
    let (told, languages) = parallel::both(threads, || Told::of(&routers), || Languages::of(&routers));
    let mut comparer = Comparer {
        routers,
        threads,
        most,
        told,
        languages,
        prints: [AHashMap::new(), AHashMap::new()],
        listed: AHashSet::new(),
        comparison: Comparison::default(),
    };
    let mut gateways: Vec<&ObjectKey> = Vec::new();
    for router in [old, new] {
        for table in &router.table().gateways {
            if !gateways.contains(&&table.gateway) {
                gateways.push(&table.gateway);
            }
        }
    }
    for gateway in gateways {
        comparer.gateway(gateway);
    }
    comparer.comparison
}

/// By Gateway, virtual host and place there.
type Prints = AHashMap<(u32, u32, usize), (u64, u64)>;

struct Comparer<'a> {
    routers: [Router<'a>; 2],
    threads: usize,
    most: Most,
    told: Told,
    languages: Languages,
    /// By Gateway, virtual host and place there: what a row takes, and what it does.
    prints: [Prints; 2],
    /// Pairs of rows that are listed already.
    listed: AHashSet<(ObjectKey, u64, u64)>,
    comparison: Comparison,
}

/// One place where requests come to, in both tables.
struct Scene<'a> {
    gateway: ObjectKey,
    /// The Gateway's place in each table.
    at: [Option<u32>; 2],
    place: ComparedHost<'a>,
    /// All rows in order.
    rows: [Vec<Row>; 2],
    /// For each row its twin in the other table.
    twins: [Vec<Option<usize>>; 2],
}

impl<'a> Scene<'a> {
    fn held(&self, side: usize, row: Option<usize>) -> Held<'a> {
        let at = row.map(|row| (self.rows[side][row].list, self.rows[side][row].position));
        Held { lists: self.place.lists[side].clone(), at }
    }
}

#[derive(Debug, Clone, Copy)]
struct Row {
    list: usize,
    position: usize,
    id: RuleNodeId,
}

impl<'a> Comparer<'a> {
    fn gateway(&mut self, gateway: &ObjectKey) {
        let at = self.routers.map(|router| {
            let place = router.table().gateways.iter().position(|table| table.gateway == *gateway);
            place.and_then(|place| u32::try_from(place).ok())
        });
        for side in SIDES {
            for (row, why) in at[side].map(|at| self.routers[side].gaps(at)).unwrap_or_default() {
                self.undecided(gateway, side, row, Undetermined::Gap(why));
            }
        }
        if let [Some(old), Some(new)] = at
            && self.routers[0].semantics_at(old) != self.routers[1].semantics_at(new)
        {
            self.undecided(gateway, 1, None, Undetermined::OtherEngine);
        }
        let routers = self.routers;
        let Places { compared, left_out, bare } = places(routers, at, &self.told, self.most);
        let mut differs = false;
        let mut compared = compared.into_iter();
        loop {
            // Each keeps all its rows in memory: a few are compared at a time.
            let some: Vec<_> = compared.by_ref().take(AT_A_TIME).collect();
            if some.is_empty() {
                break;
            }
            let scenes = parallel::in_order(some, self.threads, |place| {
                let rows = SIDES.map(|side| rows(&place.lists[side]));
                let scene = Scene { gateway: gateway.clone(), at, place, rows, twins: [Vec::new(), Vec::new()] };
                let in_step = in_step(routers, &scene);
                (scene, in_step)
            });
            for (mut scene, in_step) in scenes {
                scene.twins = self.twins(&scene, in_step);
                differs |= scene.twins.iter().flatten().any(Option::is_none);
                self.scene(gateway, &scene);
            }
        }
        for why in left_out.into_iter().chain(bare.filter(|_| differs)) {
            self.undecided(gateway, 1, None, why);
        }
    }

    fn scene(&mut self, gateway: &ObjectKey, scene: &Scene<'a>) {
        if scene.place.streams {
            self.pair(scene, [None, None]);
        }
        let mut tried: AHashSet<(Option<usize>, Option<usize>)> = AHashSet::new();
        for side in SIDES {
            for row in 0..scene.rows[side].len() {
                if scene.twins[side][row].is_some() {
                    continue;
                }
                for other in self.others(scene, side, row) {
                    let pair = if side == 0 { (Some(row), other) } else { (other, Some(row)) };
                    if tried.len() >= PAIRS {
                        let id = scene.rows[side][row].id;
                        return self.undecided(gateway, side, Some(id), Undetermined::ManyRules);
                    }
                    if tried.insert(pair) {
                        self.pair(scene, [pair.0, pair.1]);
                    }
                }
            }
        }
    }

    /// What a row takes, and what it does, as numbers; made when asked for.
    fn print(&mut self, scene: &Scene<'a>, side: usize, row: usize) -> (u64, u64) {
        let row = scene.rows[side][row];
        let (router, gateway) = (self.routers[side], scene.at[side].unwrap_or_default());
        let host = scene.place.lists[side][row.list].virtual_host.unwrap_or_default();
        *self.prints[side].entry((gateway, host, row.position)).or_insert_with(|| {
            let table = &router.table().gateways[gateway as usize];
            let virtual_host = &table.virtual_hosts[host as usize];
            let policies = !router.snapshot().traffic_policies.is_empty();
            let in_force = policies.then(|| router.in_force(table, virtual_host, row.id));
            let takes = of_matcher(matcher(router.tree(), row.id));
            (takes, of_row(router, row.id, virtual_host.port, in_force.as_ref()))
        })
    }

    /// For each row of one side its twin on the other: rows that take and do the same, in the same order on both sides.
    /// The more there are the less is to be looked at.
    fn twins(&mut self, scene: &Scene<'a>, in_step: InStep) -> [Vec<Option<usize>>; 2] {
        let InStep { mut pairs, to: [old, new] } = in_step;
        let lengths = scene.rows.each_ref().map(Vec::len);
        let mut twins = lengths.map(|length| vec![None; length]);
        // What is out of step: each old row with the first free new one, and of these the longest run that ascends.
        let mut free: AHashMap<(u64, u64), Vec<usize>> = AHashMap::new();
        for at in (new..lengths[1]).rev() {
            free.entry(self.print(scene, 1, at)).or_default().push(at);
        }
        let mut matched: Vec<(usize, usize)> = Vec::new();
        if !free.is_empty() {
            for at in old..lengths[0] {
                let print = self.print(scene, 0, at);
                if let Some(there) = free.get_mut(&print).and_then(Vec::pop) {
                    matched.push((at, there));
                }
            }
        }
        pairs.extend(longest_ascent(&matched));
        for (a, b) in pairs {
            twins[0][a] = Some(b);
            twins[1][b] = Some(a);
        }
        twins
    }

    /// The rows of the other side that a changed row may share a request with, and none.
    fn others(&mut self, scene: &Scene<'a>, side: usize, row: usize) -> Vec<Option<usize>> {
        let other = 1 - side;
        let test = matcher(self.routers[side].tree(), scene.rows[side][row].id);
        let own_action = self.print(scene, side, row).1;
        let mut found = Vec::new();
        let mut from = 0;
        for list in &scene.place.lists[other] {
            for at in list.overlapping(self.routers[other].tree(), &test.path) {
                let place = from + at as usize;
                let Some(there) = scene.rows[other].get(place) else { continue };
                // A row that takes the request in both tables would come first here.
                if scene.twins[other][place].is_some_and(|twin| twin < row) {
                    continue;
                }
                let theirs = matcher(self.routers[other].tree(), there.id);
                if test.method.is_some() && theirs.method.is_some() && test.method != theirs.method {
                    continue;
                }
                // They do the same to whatever they take.
                if self.print(scene, other, place).1 != own_action {
                    found.push(Some(place));
                }
            }
            from += list.rows.len();
        }
        found.push(None);
        found
    }

    /// Looks for a request that a pair of rows decides, and lists what becomes of it.
    fn pair(&mut self, scene: &Scene<'a>, pair: [Option<usize>; 2]) {
        let ids = SIDES.map(|side| pair[side].map(|row| scene.rows[side][row].id));
        let forks = SIDES.iter().any(|side| {
            ids[*side].is_some_and(|id| {
                matches!(self.routers[*side].tree().hops[id.0 as usize].state, MatchState::WeightedDelegation(_))
            })
        });
        if !forks && !scene.place.streams && self.is_listed(scene, ids) {
            return;
        }
        let mut each = Vec::with_capacity(2);
        for side in SIDES {
            if let Some(cells) = cells(self.routers[side], scene.held(side, pair[side]), &scene.place.host) {
                each.push(cells);
            } else {
                if let Some(id) = ids[side] {
                    self.undecided(&scene.gateway, side, Some(id), Undetermined::ManyShares);
                }
                return;
            }
        }
        for old in &each[0] {
            for new in &each[1] {
                self.cell(scene, [old, new], ids, forks);
            }
        }
    }

    fn cell(&mut self, scene: &Scene<'a>, cells: [&Cell<'a>; 2], ids: [Option<RuleNodeId>; 2], forks: bool) {
        let paths = SIDES.iter().any(|side| cells[*side].rows().any(|row| rewrites(self.routers[*side].tree(), row)));
        let mut avoided: Vec<RouteMatch> = Vec::new();
        loop {
            match self.search(scene, cells, ids, forks, &avoided) {
                (Met::Found(point), asked) => {
                    let listed = asked.is_some_and(|request| self.list(scene, &request, paths));
                    // Two rewrites may agree on one path, and on no other.
                    if listed || !paths || avoided.len() >= OTHER_PATHS {
                        return;
                    }
                    avoided.push(only(&point.path));
                }
                (Met::Never(_), _) => return,
                (Met::Unknown(why), _) => {
                    let side = usize::from(ids[0].is_none());
                    return self.undecided(&scene.gateway, side, ids[side], why);
                }
            }
        }
    }

    /// A request that these rows decide, on a path that none of `avoided` takes.
    fn search(
        &self,
        scene: &Scene<'a>,
        cells: [&Cell<'a>; 2],
        ids: [Option<RuleNodeId>; 2],
        forks: bool,
        avoided: &[RouteMatch],
    ) -> (Met<Option<(usize, RuleNodeId)>>, Option<Request>) {
        let mut required: Vec<&RouteMatch> = Vec::new();
        for side in SIDES {
            required.extend(cells[side].rows().map(|row| matcher(self.routers[side].tree(), row)));
        }
        let semantics = SIDES
            .iter()
            .find_map(|side| Some(self.routers[*side].semantics_at(scene.at[*side]?)))
            .unwrap_or(ProxySemantics::Envoy);
        let leads_here = |host: &str| scene.place.is_reached_by(self.routers, scene.at, host, &self.told);
        let classes = || {
            let both = SIDES.into_iter().filter_map(|side| Some((self.routers[side], scene.at[side]?)));
            HostClass::all(both.flat_map(|(router, at)| router.names_of(at)).chain(self.told.tested.iter().cloned()))
        };
        let authority = match scene.place.authority.as_str() {
            "" => Authority::Absent,
            own => Authority::Of(Hosts { own, leads_here: &leads_here, classes: &classes }),
        };
        let setting =
            Setting { semantics, languages: &self.languages, scheme: scene.place.scheme, authority, methods: &[] };
        let patterns = PathPatterns::of(semantics, required.iter().copied());
        let trees = self.routers.map(|router| router.tree());
        let blockers = |path: &str| {
            let mut found = Vec::new();
            for side in SIDES {
                cells[side].held.iter().for_each(|held| {
                    held.before(trees[side], path, |row| Some((side, row)), &mut found);
                });
            }
            let avoided = avoided.iter().filter(|row| row.path.value == path);
            found.extend(avoided.map(|row| Blocker { id: None, row }));
            found
        };
        let mut asked: Option<Request> = None;
        let mut confirm = |point: &Point| {
            let Some(request) = request(&scene.place.origin, scene.place.host_header.as_deref(), point, semantics)
            else {
                return false;
            };
            let decisions = self.decisions(scene, &request);
            let as_expected = SIDES.iter().all(|side| match (ids[*side], &decisions[*side]) {
                // What a rule passes on to where nothing takes it, a TCP or TLS route takes.
                (Some(_), Some(decision)) if forks && scene.place.streams && decision.stream().is_some() => true,
                (Some(id), Some(decision)) => {
                    let tree = trees[*side];
                    decision.row().or(decision.stopped()).is_some_and(|hop| {
                        is_same_row(tree, hop, id)
                            || (forks && tree.chain(hop).iter().any(|step| is_same_row(tree, *step, id)))
                    })
                }
                (None, decision) => decision.as_ref().is_none_or(|decision| decision.row().is_none()),
                (Some(_), None) => false,
            });
            asked = as_expected.then_some(request);
            asked.is_some()
        };
        let search = Search {
            setting: &setting,
            patterns: &patterns,
            required: &required,
            blockers: &blockers,
            confirm: &mut confirm,
        };
        (search.run(), asked)
    }

    /// What both tables answer.
    fn decisions(&self, scene: &Scene<'a>, request: &Request) -> [Option<Decision>; 2] {
        SIDES.map(|side| self.routers[side].decide(request, Some(&scene.gateway)).into_iter().next())
    }

    /// Lists the answers of a request that this pair decides, or of one like it, if they can be told apart.
    fn list(&mut self, scene: &Scene<'a>, request: &Request, paths: bool) -> bool {
        let first = self.decisions(scene, request);
        if differ(&first) {
            self.add(scene, request.clone(), first);
            return true;
        }
        // The rows may differ in what they do to other requests: other paths, a preflight, an upgrade.
        for variant in variants(request, paths) {
            let decisions = self.decisions(scene, &variant);
            let same = SIDES.iter().all(|side| {
                let (was, is) =
                    (first[*side].as_ref().and_then(Decision::row), decisions[*side].as_ref().and_then(Decision::row));
                was == is
            });
            if same && differ(&decisions) {
                self.add(scene, variant, decisions);
                return true;
            }
        }
        false
    }

    fn add(&mut self, scene: &Scene<'a>, request: Request, decisions: [Option<Decision>; 2]) {
        let of = |side: usize| {
            let decision = decisions[side].as_ref()?;
            let row = decision.row().or(decision.stopped()).map(|id| chain_print(self.routers[side], id));
            row.or_else(|| decision.stream().as_ref().map(|route| stream_print(route)))
        };
        let key = (scene.gateway.clone(), of(0).unwrap_or(0), of(1).unwrap_or(0));
        if self.listed.insert(key) {
            let [before, after] = decisions;
            self.comparison.changes.push(Change { gateway: scene.gateway.clone(), request, before, after });
        }
    }

    fn is_listed(&self, scene: &Scene<'a>, ids: [Option<RuleNodeId>; 2]) -> bool {
        let of = |side: usize| ids[side].map_or(0, |id| chain_print(self.routers[side], id));
        self.listed.contains(&(scene.gateway.clone(), of(0), of(1)))
    }

    fn undecided(&mut self, gateway: &ObjectKey, side: usize, row: Option<RuleNodeId>, why: Undetermined) {
        let unknown = &mut self.comparison.unknown;
        let before = side == 0;
        let is_known = |known: &Undecided| {
            let same = known.before == before && known.row == row && known.gateway == *gateway;
            same && (row.is_some() || known.why == why)
        };
        if !unknown.iter().any(is_known) {
            unknown.push(Undecided { gateway: gateway.clone(), before, row, why });
        }
    }
}

/// The twins of two tables that differ in a few rows: pairs of rows, and up to where they were looked for on each side.
struct InStep {
    pairs: Vec<(usize, usize)>,
    to: [usize; 2],
}

/// Follows both sides row by row, as long as they fall into step again soon.
fn in_step(routers: [Router<'_>; 2], scene: &Scene<'_>) -> InStep {
    let lengths = scene.rows.each_ref().map(Vec::len);
    let plain = routers.iter().all(|router| router.snapshot().traffic_policies.is_empty());
    let ports = |side: usize, row: &Row| {
        let host = scene.place.lists[side][row.list].virtual_host.unwrap_or_default();
        let table = scene.at[side].and_then(|at| routers[side].table().gateways.get(at as usize));
        table.and_then(|table| table.virtual_hosts.get(host as usize)).map(|host| host.port)
    };
    let mut above = Above::default();
    let mut same = |old: usize, new: usize| {
        let (old, new) = (&scene.rows[0][old], &scene.rows[1][new]);
        plain && is_same(routers, [old.id, new.id], &mut above) && ports(0, old) == ports(1, new)
    };
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let (mut old, mut new) = (0, 0);
    'steps: while old < lengths[0] && new < lengths[1] {
        if same(old, new) {
            pairs.push((old, new));
            (old, new) = (old + 1, new + 1);
            continue;
        }
        for skipped in 1..=AHEAD {
            for (ahead_old, ahead_new) in [(skipped, 0), (0, skipped), (skipped, skipped)] {
                let (next_old, next_new) = (old + ahead_old, new + ahead_new);
                if next_old < lengths[0] && next_new < lengths[1] && same(next_old, next_new) {
                    (old, new) = (next_old, next_new);
                    continue 'steps;
                }
            }
        }
        break;
    }
    InStep { pairs, to: [old, new] }
}

/// Whether a client or a backend can tell the answers apart, or other policies act.
fn differ(decisions: &[Option<Decision>; 2]) -> bool {
    let [old, new] = decisions.each_ref().map(|one| one.as_ref().and_then(observed));
    if old != new {
        return true;
    }
    let policies = decisions.each_ref().map(|one| one.as_ref().map(|one| acting(&one.policies)).unwrap_or_default());
    old.is_some() && policies[0] != policies[1]
}

/// Requests like this one that rows may treat otherwise.
fn variants(request: &Request, paths: bool) -> Vec<Request> {
    let mut variants = Vec::new();
    if paths {
        let path = request.path.trim_end_matches('/');
        for path in [format!("{path}/"), format!("{path}/x"), format!("{path}/x/y"), format!("{path}x")] {
            variants.push(Request { path, ..request.clone() });
        }
    }
    // The Location may keep the port that `Host` names.
    if paths && let Some(host) = request.host.as_ref().filter(|_| request.port.is_none()) {
        variants.extend(request.clone().with_header(&format!("Host: {host}:8081")));
    }
    let mut preflight = Request { method: "OPTIONS".to_owned(), ..request.clone() };
    let add = |request: &mut Request, name: &str, value: &str| {
        if !request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
    };
    add(&mut preflight, "origin", "https://example.com");
    add(&mut preflight, "access-control-request-method", "GET");
    variants.push(preflight);
    let mut upgrade = request.clone();
    add(&mut upgrade, "connection", "upgrade");
    add(&mut upgrade, "upgrade", "websocket");
    variants.push(upgrade);
    variants
}

/// What takes one path.
fn only(path: &str) -> RouteMatch {
    RouteMatch {
        at: Position::default(),
        path: PathMatch { kind: PathKind::Exact, value: path.into() },
        method: None,
        headers: Vec::new(),
        query_params: Vec::new(),
        grpc: None,
    }
}

/// All rows in order.
fn rows(lists: &[RowList<'_>]) -> Vec<Row> {
    let of_list = |(at, list): (usize, &RowList<'_>)| {
        let rows = list.rows.iter().copied().enumerate();
        rows.map(move |(position, id)| Row { list: at, position, id }).collect::<Vec<_>>()
    };
    lists.iter().enumerate().flat_map(of_list).collect()
}

/// A row's name, as a number.
fn chain_print(router: Router<'_>, row: RuleNodeId) -> u64 {
    use std::hash::{BuildHasher, Hash, Hasher};
    let tree = router.tree();
    let mut hash = ahash::RandomState::with_seeds(1, 2, 3, 4).build_hasher();
    for id in tree.chain(row) {
        let hop = &tree.hops[id.0 as usize];
        let route = router.snapshot().route(hop.route);
        (route.kind, &route.meta.namespace, &route.meta.name, hop.rule, hop.match_index).hash(&mut hash);
        tree.link_above(id).map(|link| &link.via).hash(&mut hash);
    }
    hash.finish() | 1
}

/// A TCP or TLS route's name, as a number.
fn stream_print(route: &StreamRoute) -> u64 {
    let name = (route.kind.name(), &route.meta.namespace, &route.meta.name);
    ahash::RandomState::with_seeds(5, 6, 7, 8).hash_one(name) | 1
}

/// The longest run of pairs whose second numbers ascend (the first do already).
fn longest_ascent(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length the place of the pair that ends the run of that length lowest, and each pair's predecessor.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, second)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *second);
        before.push(length.checked_sub(1).map(|last| ends[last]));
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(place) = at {
        run.push(pairs[place]);
        at = before[place];
    }
    run.reverse();
    run
}
