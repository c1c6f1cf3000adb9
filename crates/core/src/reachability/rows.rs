//! What meets a row.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::choice::Setting;
use super::front::{Front, front, hosts_under, request};
use super::held::{Held, is_same_row, matcher};
use super::machine::Languages;
use super::meet::{Met, Point, Search};
use crate::model::{ObjectKey, RouteMatch};
use crate::resolve::{Fate, HopId, LinkId, Manner, Tree};
use crate::router::lists::PathPatterns;
use crate::router::{Decision, Request, Router};

/// Whether a request meets a row.
#[derive(Debug, Clone)]
pub enum Reach {
    /// This one does, and the row decides it.
    Met(Request),
    /// None does: these rows take all that it would take.
    Hidden(Vec<HopId>),
    /// None does, whatever stands before it: no request passes its tests.
    Never,
    /// It was not found out, and why.
    Unknown(String),
}

/// A way to reach a virtual host, if there is one.
type Found<'a> = Option<Arc<Front<'a>>>;

/// Answers about all requests at once, over one table.
pub struct Reachability<'a> {
    router: Router<'a>,
    languages: Languages,
    /// By Gateway and virtual host.
    fronts: Mutex<BTreeMap<(u32, u32), Found<'a>>>,
}

/// A row on the way down from a virtual host: the refs that were followed, and the rows they led to.
#[derive(Debug, Clone, Default)]
pub struct Below(Vec<(LinkId, HopId)>);

impl Below {
    /// One step further down.
    pub fn then(&self, link: LinkId, row: HopId) -> Self {
        let mut steps = self.0.clone();
        steps.push((link, row));
        Self(steps)
    }
}

impl<'a> Reachability<'a> {
    /// Over the table of a router.
    pub fn of(router: Router<'a>) -> Self {
        Self { router, languages: Languages::default(), fronts: Mutex::default() }
    }

    /// Whether a request meets the row at `position` of a virtual host.
    pub fn row(&self, gateway: u32, virtual_host: u32, position: u32) -> Reach {
        self.below(gateway, virtual_host, position, &Below::default())
    }

    /// The same for a row in a table below, hop by hop.
    pub fn below(&self, gateway: u32, virtual_host: u32, position: u32, below: &Below) -> Reach {
        let Some(front) = self.front(gateway, virtual_host, below) else {
            return Reach::Unknown("no request was found that comes to this virtual host".to_owned());
        };
        let tree = self.router.tree();
        let own = front.lists.iter().position(|list| list.virtual_host == Some(virtual_host)).unwrap_or_default();
        let Some(&top) = front.lists[own].rows.get(position as usize) else {
            return Reach::Unknown("there is no such row".to_owned());
        };
        let mut held: Vec<Held<'a>> = vec![Held { lists: front.lists.clone(), at: Some((own, position as usize)) }];
        let mut required: Vec<HopId> = vec![top];
        for (link, row) in &below.0 {
            let lists = self.router.group_lists(*link, &front.host);
            let place = lists
                .iter()
                .enumerate()
                .find_map(|(at, list)| Some((at, list.rows.iter().position(|one| one == row)?)));
            let Some((own, position)) = place else {
                return Reach::Unknown("no host was found that its route and its virtual host both serve".to_owned());
            };
            held.push(Held { lists, at: Some((own, position)) });
            required.push(*row);
        }
        let target = *required.last().unwrap_or(&top);
        let rows: Vec<&RouteMatch> = required.iter().map(|row| matcher(tree, *row)).collect();
        let manner = self.router.manner_at(gateway);
        let authorities = [front.authority.clone()];
        let setting = Setting {
            manner,
            languages: &self.languages,
            scheme: front.scheme,
            authorities: &authorities,
            methods: &[],
        };
        let patterns = PathPatterns::of(manner, rows.iter().copied());
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
            asked = self.ask(&front, point, key, target);
            asked.is_some()
        };
        let search = Search {
            setting: &setting,
            patterns: &patterns,
            required: &rows,
            blockers: &blockers,
            confirm: &mut confirm,
        };
        match search.run() {
            Met::Found(_) => asked.map_or_else(|| Reach::Unknown("the request was lost".to_owned()), Reach::Met),
            Met::Never(by) if by.is_empty() => Reach::Never,
            Met::Never(by) => Reach::Hidden(by),
            Met::Unknown(why) => Reach::Unknown(why),
        }
    }

    /// Whether a row at its place takes any request, whatever host it is asked for and whoever answers: a request that is
    /// found is not asked, and stands for "some".
    pub(super) fn alone(&self, gateway: u32, held: &Held<'a>) -> Reach {
        let tree = self.router.tree();
        let Some(row) = held.row() else { return Reach::Never };
        let rows = [matcher(tree, row)];
        let manner = self.router.manner_at(gateway);
        let setting = Setting { manner, languages: &self.languages, scheme: "http", authorities: &[], methods: &[] };
        let patterns = PathPatterns::of(manner, rows);
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
            Met::Found(_) => Reach::Unknown(String::new()),
            Met::Never(by) if by.is_empty() => Reach::Never,
            Met::Never(by) => Reach::Hidden(by),
            Met::Unknown(why) => Reach::Unknown(why),
        }
    }

    fn ask(&self, front: &Front<'_>, point: &Point, gateway: &ObjectKey, target: HopId) -> Option<Request> {
        let place = self.router.table().gateways.iter().position(|table| table.gateway == *gateway)?;
        let manner = self.router.manner_at(u32::try_from(place).ok()?);
        let request = request(&front.origin, front.host_header.as_deref(), point, manner)?;
        let tree = self.router.tree();
        if manner != Manner::Agentgateway {
            let row = self.router.deciding_row(u32::try_from(place).ok()?, &request)?;
            return is_same_row(tree, row, target).then_some(request);
        }
        let decided = self.router.decide(&request, Some(gateway));
        decided.iter().any(|decision| is_decided_by(tree, decision, target)).then_some(request)
    }

    fn front(&self, gateway: u32, virtual_host: u32, below: &Below) -> Option<Arc<Front<'a>>> {
        if below.0.is_empty() {
            let key = (gateway, virtual_host);
            if let Ok(fronts) = self.fronts.lock()
                && let Some(known) = fronts.get(&key)
            {
                return known.clone();
            }
            let found = front(self.router, gateway, virtual_host, &[]).map(Arc::new);
            if let Ok(mut fronts) = self.fronts.lock() {
                fronts.insert(key, found.clone());
            }
            return found;
        }
        // The routes below may ask for hosts of their own.
        let mut hosts: Vec<String> = Vec::new();
        for (link, row) in below.0.iter().rev() {
            let route = self.router.snapshot().route(self.router.tree().hops[row.0 as usize].route);
            hosts.extend(route.hostnames.iter().flat_map(|name| hosts_under(name)));
            hosts.extend(self.router.group_hosts(*link).iter().flat_map(|name| hosts_under(name)));
        }
        let serves = |front: &Front<'a>| {
            below.0.iter().all(|(link, row)| {
                self.router.group_lists(*link, &front.host).iter().any(|list| list.rows.contains(row))
            })
        };
        let each =
            hosts.iter().filter_map(|host| front(self.router, gateway, virtual_host, std::slice::from_ref(host)));
        let plain = front(self.router, gateway, virtual_host, &[]);
        plain.into_iter().chain(each).find(serves).map(Arc::new)
    }
}

/// Whether a row, or one that is the same to a reader, decides: the only one, or one of those that chance picks.
pub(super) fn is_decided_by(tree: &Tree, decision: &Decision, row: HopId) -> bool {
    let decided = decision.hop.into_iter().chain(decision.branches.iter().map(|branch| branch.hop));
    let stopped = decision.stopped.into_iter();
    // A rule that only hands on is met where what it hands on to is.
    let forks = matches!(tree.hops[row.0 as usize].fate, Fate::Forks(_));
    decided.chain(stopped).any(|one| is_same_row(tree, one, row) || (forks && tree.chain(one).contains(&row)))
}
