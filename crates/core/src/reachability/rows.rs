//! What meets a row.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::choice::{Authority, Hosts, Setting};
use super::front::{Front, front, fronts, request};
use super::held::{Held, is_same_row, matcher};
use super::hosts::HostClass;
use super::languages::Languages;
use super::meet::{Met, Point, Search};
use super::undetermined::Undetermined;
use crate::model::{Name, ObjectKey, RouteMatch};
use crate::resolve::{LinkId, MatchState, ProxySemantics, RuleNodeId, Tree};
use crate::router::lists::{PathPatterns, RowList};
use crate::router::{Decision, Request, Router};

/// Whether a request meets a row.
#[derive(Debug, Clone)]
pub enum Reach {
    /// This one does, and the row decides it.
    Met(Request),
    /// None does: these rows take all that it would take.
    Hidden(Vec<RuleNodeId>),
    /// None does, whatever stands before it: no request passes its tests.
    Never,
    /// It was not found out, and why.
    Unknown(Undetermined),
}

/// A way to reach a virtual host, if there is one.
type Found<'a> = Option<Arc<Front<'a>>>;

/// A way for each class of hosts, unless these are too many.
type Every<'a> = Option<Arc<Vec<Front<'a>>>>;

/// Answers about all requests at once, over one table.
pub struct Reachability<'a> {
    router: Router<'a>,
    languages: Languages,
    /// By Gateway and virtual host.
    fronts: Mutex<BTreeMap<(u32, u32), Found<'a>>>,
    /// The same with all classes of hosts.
    every: Mutex<BTreeMap<(u32, u32), Every<'a>>>,
}

/// A row on the way down from a virtual host: the refs that were followed, and the rows they led to.
#[derive(Debug, Clone, Default)]
pub struct Below(Vec<(LinkId, RuleNodeId)>);

impl Below {
    /// One step further down.
    pub fn then(&self, link: LinkId, row: RuleNodeId) -> Self {
        let mut steps = self.0.clone();
        steps.push((link, row));
        Self(steps)
    }
}

impl<'a> Reachability<'a> {
    /// Over the table of a router.
    pub fn of(router: Router<'a>) -> Self {
        Self { router, languages: Languages::of(&[router]), fronts: Mutex::default(), every: Mutex::default() }
    }

    /// Whether a request meets the row at `position` of a virtual host.
    pub fn row(&self, gateway: u32, virtual_host: u32, position: u32) -> Reach {
        self.below(gateway, virtual_host, position, &Below::default())
    }

    /// The same for a row in a table below, hop by hop.
    pub fn below(&self, gateway: u32, virtual_host: u32, position: u32, below: &Below) -> Reach {
        let quick = if below.0.is_empty() { self.front(gateway, virtual_host) } else { None };
        if let Some(front) = &quick
            && front.before == 0
        {
            return self.behind(front, gateway, virtual_host, position, below).unwrap_or(Reach::Never);
        }
        // What is before its list, or below it, depends on the host: all classes of hosts are looked at.
        let Some(fronts) = self.fronts(gateway, virtual_host, below) else {
            return Reach::Unknown(Undetermined::ManyHosts);
        };
        let mut reach = Reach::Never;
        let mut known: Vec<Vec<Option<u32>>> = Vec::new();
        for front in fronts.iter() {
            let lists = front.lists.iter().take(front.before + 1).map(|list| list.virtual_host).collect();
            if below.0.is_empty() && known.contains(&lists) {
                continue;
            }
            known.push(lists);
            match self.behind(front, gateway, virtual_host, position, below) {
                Some(Reach::Met(request)) => return Reach::Met(request),
                Some(Reach::Unknown(why)) => reach = Reach::Unknown(why),
                Some(found) if matches!(reach, Reach::Never) => reach = found,
                _ => {}
            }
        }
        reach
    }

    /// The same for the requests that come one way to the virtual host; `None` where its host leads to no such row below.
    fn behind(
        &self,
        front: &Front<'a>,
        gateway: u32,
        virtual_host: u32,
        position: u32,
        below: &Below,
    ) -> Option<Reach> {
        let tree = self.router.tree();
        let own = front.lists.iter().position(|list| list.virtual_host == Some(virtual_host))?;
        let top = *front.lists[own].rows.get(position as usize)?;
        let mut held: Vec<Held<'a>> = vec![Held { lists: front.lists.clone(), at: Some((own, position as usize)) }];
        let mut required: Vec<RuleNodeId> = vec![top];
        for (link, row) in &below.0 {
            let lists = self.router.group_lists(*link, &front.host);
            let place = |(at, list): (usize, &RowList<'a>)| Some((at, list.rows.iter().position(|one| one == row)?));
            let place = lists.iter().enumerate().find_map(place)?;
            held.push(Held { lists, at: Some(place) });
            required.push(*row);
        }
        let target = *required.last().unwrap_or(&top);
        let rows: Vec<&RouteMatch> = required.iter().map(|row| matcher(tree, *row)).collect();
        let semantics = self.router.semantics_at(gateway);
        let leads_here = |host: &str| self.leads_to(front, gateway, host);
        let classes = || HostClass::all(self.router.names_of(gateway));
        let setting = Setting {
            semantics,
            languages: &self.languages,
            scheme: front.scheme,
            authority: Authority::Of(Hosts { own: &front.authority, leads_here: &leads_here, classes: &classes }),
            methods: &[],
        };
        let patterns = PathPatterns::of(semantics, rows.iter().copied());
        let blockers = |path: &str| {
            let mut found = Vec::new();
            for held in &held {
                held.before(tree, path, |row| row, &mut found);
            }
            found
        };
        let key = &self.router.table().gateways[gateway as usize].gateway;
        let mut asked: Option<Request> = None;
        let mut confirm = |point: &Point| {
            asked = self.ask(front, point, key, target);
            asked.is_some()
        };
        let search = Search {
            setting: &setting,
            patterns: &patterns,
            required: &rows,
            blockers: &blockers,
            confirm: &mut confirm,
        };
        Some(match search.run() {
            Met::Found(_) => asked.map_or(Reach::Unknown(Undetermined::NotAsked), Reach::Met),
            Met::Never(by) if by.is_empty() => Reach::Never,
            Met::Never(by) => Reach::Hidden(by),
            Met::Unknown(why) => Reach::Unknown(why),
        })
    }

    /// Whether a row at its place takes any request, whatever host it is asked for and whoever answers: a request that is
    /// found is not asked, and stands for "some".
    pub(super) fn alone(&self, gateway: u32, held: &Held<'a>) -> Reach {
        let tree = self.router.tree();
        let Some(row) = held.row() else { return Reach::Never };
        let rows = [matcher(tree, row)];
        let semantics = self.router.semantics_at(gateway);
        let setting =
            Setting { semantics, languages: &self.languages, scheme: "http", authority: Authority::Any, methods: &[] };
        let patterns = PathPatterns::of(semantics, rows);
        let blockers = |path: &str| {
            let mut found = Vec::new();
            held.before(tree, path, |row| row, &mut found);
            found
        };
        let mut confirm = |_: &Point| true;
        let search = Search {
            setting: &setting,
            patterns: &patterns,
            required: &rows,
            blockers: &blockers,
            confirm: &mut confirm,
        };
        match search.run() {
            Met::Found(_) => Reach::Unknown(Undetermined::NotAsked),
            Met::Never(by) if by.is_empty() => Reach::Never,
            Met::Never(by) => Reach::Hidden(by),
            Met::Unknown(why) => Reach::Unknown(why),
        }
    }

    /// Whether a request with this `Host` header comes to the same lists.
    fn leads_to(&self, front: &Front<'a>, gateway: u32, host: &str) -> bool {
        let request = Request::parse(if front.origin.is_empty() { "/" } else { &front.origin });
        let request = request.and_then(|request| request.with_header(&format!("Host: {host}")));
        let lists = request.ok().and_then(|request| self.router.lists(gateway, &request));
        let places = |lists: &[RowList<'_>]| lists.iter().map(|list| list.virtual_host).collect::<Vec<_>>();
        lists.is_some_and(|lists| places(&lists) == places(&front.lists))
    }

    fn ask(&self, front: &Front<'_>, point: &Point, gateway: &ObjectKey, target: RuleNodeId) -> Option<Request> {
        let place = self.router.table().gateways.iter().position(|table| table.gateway == *gateway)?;
        let semantics = self.router.semantics_at(u32::try_from(place).ok()?);
        let request = request(&front.origin, front.host_header.as_deref(), point, semantics)?;
        let tree = self.router.tree();
        if semantics != ProxySemantics::Agentgateway {
            let row = self.router.deciding_row(u32::try_from(place).ok()?, &request)?;
            return is_same_row(tree, row, target).then_some(request);
        }
        let decided = self.router.decide(&request, Some(gateway));
        decided.iter().any(|decision| is_decided_by(tree, decision, target)).then_some(request)
    }

    fn fronts(&self, gateway: u32, virtual_host: u32, below: &Below) -> Every<'a> {
        let mut hosts: Vec<Name> = Vec::new();
        for (link, row) in &below.0 {
            let route = self.router.snapshot().route(self.router.tree().hops[row.0 as usize].route);
            hosts.extend(route.hostnames.iter().cloned());
            hosts.extend(self.router.group_hosts(*link));
        }
        let key = (gateway, virtual_host);
        if hosts.is_empty()
            && let Ok(known) = self.every.lock()
            && let Some(known) = known.get(&key)
        {
            return known.clone();
        }
        let cached = hosts.is_empty();
        let found = fronts(self.router, gateway, virtual_host, hosts).map(Arc::new);
        if cached && let Ok(mut known) = self.every.lock() {
            known.insert(key, found.clone());
        }
        found
    }

    fn front(&self, gateway: u32, virtual_host: u32) -> Found<'a> {
        let key = (gateway, virtual_host);
        if let Ok(fronts) = self.fronts.lock()
            && let Some(known) = fronts.get(&key)
        {
            return known.clone();
        }
        let found = front(self.router, gateway, virtual_host).map(Arc::new);
        if let Ok(mut fronts) = self.fronts.lock() {
            fronts.insert(key, found.clone());
        }
        found
    }
}

/// Whether a row, or one that is the same to a reader, decides: the only one, or one of those that chance picks.
pub(super) fn is_decided_by(tree: &Tree, decision: &Decision, row: RuleNodeId) -> bool {
    let decided = decision.row().into_iter().chain(decision.branches.iter().map(|branch| branch.node));
    let stopped = decision.stopped().into_iter();
    // A rule that only hands on is met where what it hands on to is.
    let forks = matches!(tree.hops[row.0 as usize].state, MatchState::WeightedDelegation(_));
    decided.chain(stopped).any(|one| is_same_row(tree, one, row) || (forks && tree.chain(one).contains(&row)))
}
