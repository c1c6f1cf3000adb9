//! Every way in which requests of a region are answered: a request for each row that decides some of them, and one for
//! those that no row takes.

use std::collections::BTreeSet;

use ahash::AHashSet;

use super::choice::{Authority, Hosts, Setting};
use super::compare::{hosts_of, tested_hosts};
use super::front::request;
use super::held::{Held, is_same_row, matcher};
use super::hosts::HostClass;
use super::languages::Languages;
use super::meet::{Blocker, Met, Point, Search};
use super::undetermined::Undetermined;
use crate::model::{Name, ObjectKey, PathKind, PathMatch, Position, RouteMatch};
use crate::resolve::{ProxySemantics, RuleNodeId};
use crate::router::lists::{PathPatterns, RowList, host_of};
use crate::router::normalise::normalise;
use crate::router::{Decision, Request, Router, Scheme};

use super::compare::cells::cells;

/// A set of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Listeners of this protocol alone; `None` for any.
    pub scheme: Option<Scheme>,
    /// Listeners of this port alone; `None` for any.
    pub port: Option<u16>,
    /// One host; `None` for every host.
    pub host: Option<String>,
    /// One path (`Exact`), or one and all under it (`PathPrefix`).
    pub path: PathMatch,
    /// The methods; empty for all.
    pub methods: Vec<Name>,
    /// One Gateway; `None` for all.
    pub gateway: Option<ObjectKey>,
}

/// What a request of a region comes to.
#[derive(Debug)]
pub enum Answered {
    /// The request, and what one Gateway answers; `None` where nothing does.
    Request(Request, Option<Box<Decision>>),
    /// It was not found out whether a row decides some of them (`None`: whether some are taken by no row), and why.
    Unknown(Option<RuleNodeId>, Undetermined),
}

/// Whether to go on after an answer.
#[derive(Debug)]
pub enum Then {
    /// No.
    Stop,
    /// Yes.
    Next,
    /// Yes, after requests that the same rows decide, on other paths; what is said after these is `Stop` or `Next`.
    Also(Vec<Elsewhere>),
}

/// A path that a further request shall have.
#[derive(Debug, Clone)]
pub enum Elsewhere {
    /// This one.
    On(Name),
    /// None of these.
    Off(Vec<Name>),
}

/// Calls `visit` with a request for each way in which requests of the region are answered, until it says to stop. `hosts`
/// are told from all others: what is asked of the answers depends on them.
pub fn each_answer(router: Router<'_>, region: &Region, hosts: &[Name], visit: &mut dyn FnMut(Answered) -> Then) {
    let path = match region.path.kind {
        // What is asked for is the path as it is normalised.
        PathKind::Exact => normalise(&region.path.value).map_or_else(|_| region.path.value.clone(), Name::from),
        _ => region.path.value.clone(),
    };
    let row = RouteMatch {
        at: Position::default(),
        path: PathMatch { kind: region.path.kind, value: path },
        method: None,
        headers: Vec::new(),
        query_params: Vec::new(),
        grpc: None,
    };
    let gateways: Vec<u32> = (0..)
        .zip(&router.table().gateways)
        .filter(|(_, table)| region.gateway.as_ref().is_none_or(|only| *only == table.gateway))
        .map(|(at, _)| at)
        .collect();
    let languages = Languages::of(&[router]);
    let mut told: BTreeSet<String> = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    told.extend(tested_hosts(&[router]).iter().map(|host| host.to_ascii_lowercase()));
    let mut walk = Walk { router, region, row, gateways, languages, told, known: AHashSet::new() };
    walk.all(visit);
}

/// The virtual hosts that a request is held against on each Gateway, and the TCP or TLS route behind them.
type Key = (String, Vec<(u32, Vec<Option<u32>>, Option<(usize, usize)>)>);

struct Walk<'a, 'r> {
    router: Router<'a>,
    region: &'r Region,
    row: RouteMatch,
    gateways: Vec<u32>,
    languages: Languages,
    /// Hosts that are told from those that come to the same lists.
    told: BTreeSet<String>,
    /// Places with the same lists are looked at once.
    known: AHashSet<Key>,
}

/// A place, and the lists of each Gateway that its requests are held against.
struct Spot<'a> {
    /// What URLs begin and end with around the host.
    around: (String, String),
    scheme: &'static str,
    authority: String,
    host: String,
    lists: Vec<(u32, Vec<RowList<'a>>)>,
    semantics: ProxySemantics,
}

/// What a place comes to.
enum Spotted<'a> {
    New(Spot<'a>),
    /// Its requests are answered as those of a place before.
    Known,
    /// No Gateway takes its requests.
    Unseen,
}

impl<'a> Walk<'a, '_> {
    fn all(&mut self, visit: &mut dyn FnMut(Answered) -> Then) {
        let hosts = match &self.region.host {
            Some(host) => vec![host.to_ascii_lowercase()],
            None => hosts_of(self.router, &self.gateways, self.told.iter().map(Name::from).collect()),
        };
        let mut any = false;
        let mut unseen = None;
        for origin in self.origins() {
            for host in &hosts {
                let (before, after) = &origin;
                match self.spot(before, host, after) {
                    Spotted::Unseen => {
                        unseen.get_or_insert(host);
                    }
                    Spotted::Known => any = true,
                    Spotted::New(spot) => {
                        any = true;
                        if !self.look_at(&spot, visit) {
                            return;
                        }
                    }
                }
            }
        }
        // No Gateway sees some of them: a client gets no answer. Without a scheme it is asked of the listeners there are.
        let unseen = unseen.filter(|_| self.region.scheme.is_some() || !any);
        if let Some(host) = unseen.or_else(|| hosts.first().filter(|_| !any)) {
            let scheme = self.region.scheme.map(|scheme| format!("{}://", scheme.name())).unwrap_or_default();
            let port = self.region.port.map(|port| format!(":{port}")).unwrap_or_default();
            if let Ok(mut request) = Request::parse(&format!("{scheme}{host}{port}{}", self.row.path.value)) {
                if let Some(method) = self.region.methods.first() {
                    request.method = method.to_string();
                }
                visit(Answered::Request(request, None));
            }
        }
    }

    /// What URLs begin and end with around the host.
    fn origins(&self) -> Vec<(String, String)> {
        let mut origins: Vec<(String, String)> = Vec::new();
        let mut add = |scheme: Option<Scheme>, port: Option<u16>| {
            let before = scheme.map(|scheme| format!("{}://", scheme.name())).unwrap_or_default();
            let after = port.map(|port| format!(":{port}")).unwrap_or_default();
            if !origins.contains(&(before.clone(), after.clone())) {
                origins.push((before, after));
            }
        };
        let Region { scheme, port, .. } = *self.region;
        if let (Some(_), _) = (scheme, port) {
            add(scheme, port);
        } else {
            for gateway in &self.gateways {
                for (open, tls, _) in self.router.endpoints_of(*gateway) {
                    let scheme = if tls { Scheme::Https } else { Scheme::Http };
                    if port.is_none_or(|port| port == open) {
                        add(Some(scheme), (open != scheme.default_port()).then_some(open));
                    }
                }
            }
            add(None, port);
        }
        origins
    }

    fn spot(&mut self, before: &str, host: &str, after: &str) -> Spotted<'a> {
        let Ok(request) = Request::parse(&format!("{before}{host}{after}")) else { return Spotted::Known };
        let seen = |gateway: &u32| Some((*gateway, self.router.lists(*gateway, &request)?));
        let lists: Vec<(u32, Vec<RowList<'a>>)> = self.gateways.iter().filter_map(seen).collect();
        let Some((first, _)) = lists.first() else { return Spotted::Unseen };
        let semantics = self.router.semantics_at(*first);
        let authority = request.authority().unwrap_or_default();
        let host = host_of(&authority).to_owned();
        let by_host = semantics == ProxySemantics::Agentgateway || self.told.contains(&host);
        let told = if by_host { host.clone() } else { String::new() };
        let answering = |(gateway, lists): &(u32, Vec<RowList<'a>>)| {
            let hosts = lists.iter().map(|list| list.virtual_host).collect();
            (*gateway, hosts, self.router.stream(*gateway, &request))
        };
        let hosts = lists.iter().map(answering).collect();
        if !self.known.insert((told, hosts)) {
            return Spotted::Known;
        }
        let scheme = if request.scheme == Some(Scheme::Https) { "https" } else { "http" };
        let around = (before.to_owned(), after.to_owned());
        Spotted::New(Spot { around, scheme, authority, host, lists, semantics })
    }

    /// Whether to go on.
    fn look_at(&self, spot: &Spot<'a>, visit: &mut dyn FnMut(Answered) -> Then) -> bool {
        let tree = self.router.tree();
        for (gateway, lists) in &spot.lists {
            for (row, why) in self.router.gaps(*gateway) {
                if stops(&visit(Answered::Unknown(row, Undetermined::Gap(why)))) {
                    return false;
                }
            }
            for (at, list) in lists.iter().enumerate() {
                for position in list.overlapping(tree, &self.row.path) {
                    let held = Held { lists: lists.clone(), at: Some((at, position as usize)) };
                    let row = list.rows[position as usize];
                    let Some(cells) = cells(self.router, held, &spot.host) else {
                        let why = Undetermined::ManyShares;
                        if stops(&visit(Answered::Unknown(Some(row), why))) {
                            return false;
                        }
                        continue;
                    };
                    for cell in cells {
                        if !self.search(spot, Some((*gateway, row)), &cell.held, visit) {
                            return false;
                        }
                    }
                }
            }
        }
        // Who reads a path in another way may leave another one to the others.
        let others = spot.lists.iter().any(|(gateway, lists)| {
            self.router.semantics_at(*gateway) != spot.semantics && lists.iter().any(|list| !list.rows.is_empty())
        });
        if others {
            let why = Undetermined::SeveralEngines;
            if stops(&visit(Answered::Unknown(None, why))) {
                return false;
            }
        }
        let all: Vec<Held<'a>> = spot.lists.iter().map(|(_, lists)| Held { lists: lists.clone(), at: None }).collect();
        self.search(spot, None, &all, visit)
    }

    fn search(
        &self,
        spot: &Spot<'a>,
        row: Option<(u32, RuleNodeId)>,
        held: &[Held<'a>],
        visit: &mut dyn FnMut(Answered) -> Then,
    ) -> bool {
        match self.search_on(spot, row, held, None, visit) {
            Then::Stop => false,
            Then::Next => true,
            Then::Also(further) => {
                further.iter().all(|path| !stops(&self.search_on(spot, row, held, Some(path), visit)))
            }
        }
    }

    /// Whether another host, where the region has any, comes to the same lists.
    fn leads_to(&self, spot: &Spot<'a>, host: &str) -> bool {
        if self.region.host.is_some() || host_of(host) != host {
            return host_of(host).eq_ignore_ascii_case(&spot.host);
        }
        let (before, after) = &spot.around;
        let Ok(request) = Request::parse(&format!("{before}{host}{after}")) else { return false };
        let hosts = |lists: &[RowList<'_>]| lists.iter().map(|list| list.virtual_host).collect::<Vec<_>>();
        spot.lists.iter().all(|(gateway, lists)| {
            self.router.lists(*gateway, &request).is_some_and(|found| hosts(&found) == hosts(lists))
        })
    }

    fn search_on(
        &self,
        spot: &Spot<'a>,
        row: Option<(u32, RuleNodeId)>,
        held: &[Held<'a>],
        path: Option<&Elsewhere>,
        visit: &mut dyn FnMut(Answered) -> Then,
    ) -> Then {
        let tree = self.router.tree();
        let semantics = row.map_or(spot.semantics, |(gateway, _)| self.router.semantics_at(gateway));
        let exactly = |path: &Name| {
            let path = PathMatch { kind: PathKind::Exact, value: path.clone() };
            RouteMatch { path, ..self.row.clone() }
        };
        let (on, off) = match path {
            Some(Elsewhere::On(path)) => (Some(exactly(path)), Vec::new()),
            Some(Elsewhere::Off(paths)) => (None, paths.iter().map(exactly).collect()),
            None => (None, Vec::new()),
        };
        let mut required: Vec<&RouteMatch> = vec![&self.row];
        required.extend(&on);
        required.extend(held.iter().filter_map(Held::row).map(|row| matcher(tree, row)));
        let patterns = PathPatterns::of(semantics, required.iter().copied());
        let leads_here = |host: &str| self.leads_to(spot, host);
        let classes = || {
            let gateways = spot.lists.iter().flat_map(|(gateway, _)| self.router.names_of(*gateway));
            HostClass::all(gateways.chain(self.told.iter().map(Name::from)))
        };
        let setting = Setting {
            semantics,
            languages: &self.languages,
            scheme: spot.scheme,
            authority: Authority::Of(Hosts { own: &spot.authority, leads_here: &leads_here, classes: &classes }),
            methods: &self.region.methods,
        };
        let blockers = |path: &str| {
            let mut found: Vec<Blocker<'_, Option<RuleNodeId>>> = Vec::new();
            for held in held {
                held.before(tree, path, Some, &mut found);
            }
            let off = off.iter().filter(|row| row.path.value == path);
            found.extend(off.map(|row| Blocker { id: None, row }));
            found
        };
        let mut asked: Option<(Request, Option<Box<Decision>>)> = None;
        let mut confirm = |point: &Point| {
            // A host that a row asks for is the host of the URL.
            let (before, after) = &spot.around;
            let host = point.choice.authority.as_deref().filter(|host| host_of(host) == *host).unwrap_or(&spot.host);
            let Some(request) = request(&format!("{before}{host}{after}"), None, point, semantics) else {
                return false;
            };
            let answer = |gateway: u32| {
                let key = &self.router.table().gateways[gateway as usize].gateway;
                self.router.decide(&request, Some(key)).into_iter().next()
            };
            let found = if let Some((gateway, row)) = row {
                let decision = answer(gateway);
                let taken = decision.as_ref().and_then(|one| one.row().or(one.stopped()));
                let same = taken.is_some_and(|taken| {
                    is_same_row(tree, taken, row) || tree.chain(taken).iter().any(|step| is_same_row(tree, *step, row))
                });
                same.then_some(decision)
            } else {
                let decisions = self.router.decide(&request, self.region.gateway.as_ref());
                decisions.iter().all(|one| one.row().is_none()).then(|| decisions.into_iter().next())
            };
            asked = found.map(|decision| (request, decision.map(Box::new)));
            asked.is_some()
        };
        let search = Search {
            setting: &setting,
            patterns: &patterns,
            required: &required,
            blockers: &blockers,
            confirm: &mut confirm,
        };
        match search.run() {
            Met::Found(_) => {
                asked.map_or(Then::Next, |(request, decision)| visit(Answered::Request(request, decision)))
            }
            Met::Never(_) => Then::Next,
            Met::Unknown(why) => visit(Answered::Unknown(row.map(|(_, row)| row), why)),
        }
    }
}

fn stops(then: &Then) -> bool {
    matches!(then, Then::Stop)
}
