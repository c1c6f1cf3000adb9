//! Where requests can come to in either of two tables: each scheme and port, each host that either tells from others.

use std::collections::{BTreeMap, BTreeSet};

use ahash::AHashSet;

use crate::model::{Filter, Name};
use crate::reachability::front::hosts_under;
use crate::reachability::undetermined::Undetermined;
use crate::resolve::{ProxySemantics, RuleNodeId};
use crate::router::lists::{RowList, host_of};
use crate::router::{Request, Router, Scheme};

/// How much is compared; what is beyond is said to be unknown.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// The rows that are held against requests for a path without a host, which come to every host.
    pub rows: usize,
    /// The pairs of a server name and another host on a Gateway.
    pub pairs: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self { rows: 40_000, pairs: 100_000 }
    }
}

/// One place, and the lists that its requests are held against, before and after.
#[derive(Debug)]
pub(super) struct ComparedHost<'a> {
    /// What the URL begins with.
    pub origin: String,
    pub host_header: Option<String>,
    pub scheme: &'static str,
    pub authority: String,
    pub host: String,
    pub lists: [Vec<RowList<'a>>; 2],
    /// Whether a TCP or TLS route takes what no row takes.
    pub streams: bool,
}

impl ComparedHost<'_> {
    /// Whether a request with this `Host` header comes to the same lists; one that rows ask for is compared by itself.
    pub fn is_reached_by(&self, routers: [Router<'_>; 2], at: [Option<u32>; 2], host: &str, told: &Told) -> bool {
        let name = host_of(host).to_ascii_lowercase();
        if name != self.host.to_ascii_lowercase() && told.tested.contains(name.as_str()) {
            return false;
        }
        let request = Request::parse(if self.origin.is_empty() { "/" } else { &self.origin });
        let Ok(request) = request.and_then(|request| request.with_header(&format!("Host: {host}"))) else {
            return false;
        };
        let hosts = |lists: &[RowList<'_>]| lists.iter().map(|list| list.virtual_host).collect::<Vec<_>>();
        [0, 1].iter().all(|side: &usize| {
            let lists = at[*side].and_then(|at| routers[*side].lists(at, &request)).unwrap_or_default();
            hosts(&lists) == hosts(&self.lists[*side])
        })
    }
}

/// Hosts that what stands in two tables tells apart, whichever Gateway it is behind; all in lower case.
#[derive(Debug)]
pub(super) struct Told {
    /// Those that rows ask for.
    pub tested: BTreeSet<Name>,
    /// Those that redirects and rewrites name.
    sent_to: BTreeSet<Name>,
}

impl Told {
    pub fn of(routers: &[Router<'_>]) -> Self {
        Self { tested: tested_hosts(routers), sent_to: hosts_of_actions(routers) }
    }
}

/// The places of a Gateway.
#[derive(Debug)]
pub(super) struct Places<'a> {
    /// Those that read best first; of places with the same lists the first alone.
    pub compared: Vec<ComparedHost<'a>>,
    /// Why some requests come to none of them.
    pub left_out: Option<Undetermined>,
    /// Why requests for a path without a host come to none of them. They are answered by the rows of the others: where no
    /// row of those differs, none of theirs does.
    pub bare: Option<Undetermined>,
}

/// All places of a Gateway.
pub(super) fn places<'a>(routers: [Router<'a>; 2], at: [Option<u32>; 2], told: &Told, most: Most) -> Places<'a> {
    let both = || routers.into_iter().zip(at).filter_map(|(router, at)| Some((router, at?)));
    let mut names: BTreeSet<Name> = BTreeSet::new();
    let mut ports: [BTreeSet<u16>; 2] = [BTreeSet::new(), BTreeSet::new()];
    let mut listened: Vec<BTreeSet<u16>> = Vec::new();
    let mut server_names: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
    let mut by_host = false;
    for (router, at) in both() {
        let mut open = BTreeSet::new();
        for (port, tls, of_door) in router.endpoints_of(at) {
            ports[usize::from(tls)].insert(port);
            open.insert(port);
            if tls && let Some(name) = of_door.first() {
                server_names.entry(name.clone()).or_default().extend(of_door.iter().cloned());
            }
            names.extend(of_door);
        }
        listened.push(open);
        if router.semantics_at(at) == ProxySemantics::Agentgateway {
            by_host = true;
            names.extend(router.snapshot().routes.iter().flat_map(|route| route.hostnames.iter().cloned()));
        }
    }
    let Told { tested, sent_to } = told;
    names.extend(tested.iter().chain(sent_to).cloned());
    let mut hosts = representatives(&names);
    // Where an action names the host that a request has anyway, it shows less: such a host comes last.
    hosts.sort_by_key(|host| sent_to.contains(host.as_str()));
    let mut tried = 0;
    let mut finder = Finder { routers, at, by_host, tested, known: AHashSet::new(), places: Vec::new() };
    for (scheme, tls) in [(Scheme::Http, 0), (Scheme::Https, 1)] {
        let everywhere = |port: u16| listened.iter().all(|open| open.contains(&port));
        // A URL without a port comes to any listener of its scheme where none is open on the usual port.
        let usual = everywhere(scheme.default_port());
        let is_usual = |port: &&u16| usual && **port == scheme.default_port();
        let origins = ports[tls].iter().map(|port| if is_usual(&port) { String::new() } else { format!(":{port}") });
        let origins: Vec<String> = origins.chain((!usual).then(String::new)).collect();
        let chosen_by = if tls == 1 { representatives(&server_names.keys().cloned().collect()) } else { Vec::new() };
        for port in &origins {
            for host in &hosts {
                finder.try_place(&format!("{}://{host}{port}", scheme.name()), None);
            }
            for name in &chosen_by {
                // Behind a server name only what is served there tells hosts apart; agentgateway knows the others, too.
                let of_name;
                let others = if by_host {
                    &hosts
                } else {
                    let served = server_names.iter().filter(|(pattern, _)| takes(pattern, name));
                    let mut names: BTreeSet<Name> = served.flat_map(|(_, names)| names.iter().cloned()).collect();
                    names.extend(tested.iter().chain(sent_to).cloned());
                    of_name = representatives(&names);
                    &of_name
                };
                for host in others.iter().filter(|host| *host != name) {
                    tried += 1;
                    if tried <= most.pairs {
                        finder.try_place(&format!("{}://{name}{port}", scheme.name()), Some(host));
                    }
                }
            }
        }
    }
    // Bare hosts come to any listener, a bare path to any host.
    for host in &hosts {
        finder.try_place(host, None);
    }
    let rows: usize = both()
        .flat_map(|(router, at)| &router.table().gateways[at as usize].virtual_hosts)
        .map(|host| host.rows.len())
        .sum();
    let mut bare = None;
    let with_hosts = finder.places.len();
    if !by_host {
        finder.try_place("", None);
    }
    // Where it comes to the rows of one host alone there is nothing more to compare.
    if rows > most.rows && finder.places.len() > with_hosts {
        finder.places.truncate(with_hosts);
        bare = Some(Undetermined::WithoutHost);
    }
    let left_out = (tried > most.pairs).then_some(Undetermined::ManyServerNames);
    Places { compared: finder.places, left_out, bare }
}

/// Whether what listens for server names like `pattern` may take `name`.
fn takes(pattern: &str, name: &str) -> bool {
    pattern.eq_ignore_ascii_case(name)
        || pattern.strip_prefix('*').is_some_and(|end| name.ends_with(&end.to_ascii_lowercase()))
}

/// One host for each class that some Gateways tell apart, or `more` names.
pub(in crate::reachability) fn hosts_of(router: Router<'_>, gateways: &[u32], more: Vec<Name>) -> Vec<String> {
    let mut names: BTreeSet<Name> = tested_hosts(&[router]);
    names.extend(more);
    for gateway in gateways {
        names.extend(router.endpoints_of(*gateway).into_iter().flat_map(|(_, _, of_door)| of_door));
        if router.semantics_at(*gateway) == ProxySemantics::Agentgateway {
            names.extend(router.snapshot().routes.iter().flat_map(|route| route.hostnames.iter().cloned()));
        }
    }
    representatives(&names)
}

struct Finder<'a, 't> {
    routers: [Router<'a>; 2],
    at: [Option<u32>; 2],
    by_host: bool,
    /// Hosts that rows ask for.
    tested: &'t BTreeSet<Name>,
    known: AHashSet<(String, [Answering; 2])>,
    places: Vec<ComparedHost<'a>>,
}

/// The virtual hosts that a request is held against, the TCP or TLS route behind them, and where there is neither what the
/// gateway itself answers.
type Answering = (Vec<Option<u32>>, Option<(usize, usize)>, Option<u16>);

impl Finder<'_, '_> {
    fn try_place(&mut self, origin: &str, host_header: Option<&str>) {
        let url = if origin.is_empty() { "/" } else { origin };
        let Ok(mut request) = Request::parse(url) else { return };
        if let Some(host) = host_header {
            let Ok(with) = request.with_header(&format!("Host: {host}")) else { return };
            request = with;
        }
        let sides = [0, 1];
        let lists = sides
            .map(|side: usize| self.at[side].and_then(|at| self.routers[side].lists(at, &request)).unwrap_or_default());
        let streams = sides.map(|side: usize| self.at[side].and_then(|at| self.routers[side].stream(at, &request)));
        if lists.iter().all(Vec::is_empty) && streams == [None, None] {
            return;
        }
        let authority = request.authority().unwrap_or_default();
        let host = host_of(&authority).to_owned();
        // A host that is not the server name's may be refused.
        let refused = |side: usize| {
            let at = self.at[side].filter(|_| self.by_host && lists[side].is_empty() && streams[side].is_none())?;
            let gateway = &self.routers[side].table().gateways[at as usize].gateway;
            self.routers[side].decide(&request, Some(gateway)).first()?.status()
        };
        let answering = sides.map(|side| {
            (lists[side].iter().map(|list| list.virtual_host).collect::<Vec<_>>(), streams[side], refused(side))
        });
        // Rows, and what is below, may tell hosts apart that the listeners do not.
        let told = if self.by_host || self.tested.contains(host.as_str()) { host.clone() } else { String::new() };
        if self.known.insert((told, answering)) {
            self.places.push(ComparedHost {
                origin: origin.to_owned(),
                host_header: host_header.map(str::to_owned),
                scheme: if request.scheme == Some(Scheme::Https) { "https" } else { "http" },
                authority,
                host,
                lists,
                streams: streams != [None, None],
            });
        }
    }
}

/// One host for each class that the patterns tell apart: the exact ones, one under each wildcard that no other covers more
/// closely, and one that is nobody's.
fn representatives(names: &BTreeSet<Name>) -> Vec<String> {
    let names: BTreeSet<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let mut hosts: Vec<String> = names.iter().filter(|name| !name.starts_with('*')).cloned().collect();
    let wildcards = names.iter().map(String::as_str).filter(|name| name.starts_with("*."));
    hosts.extend(wildcards.chain(["*"]).filter_map(|name| representative(&names, name)));
    hosts
}

/// A host of the class of `name`, which is one of `names` or `*`: no other name covers it more closely. All are in lower
/// case.
pub(in crate::reachability) fn representative(names: &BTreeSet<String>, name: &str) -> Option<String> {
    if !name.starts_with('*') {
        return Some(name.to_owned());
    }
    let closest = |host: &str| {
        let covers = |name: &&String| {
            name.strip_prefix('*')
                .is_some_and(|suffix| !suffix.is_empty() && host.len() > suffix.len() && host.ends_with(suffix))
        };
        names.iter().filter(covers).max_by_key(|name| name.len())
    };
    let own = (name != "*").then_some(name);
    hosts_under(name).into_iter().find(|host| !names.contains(host) && closest(host).map(String::as_str) == own)
}

/// Hosts that redirects and rewrites name, in lower case.
fn hosts_of_actions(routers: &[Router<'_>]) -> BTreeSet<Name> {
    let all = routers.iter().flat_map(|router| &router.snapshot().routes);
    let filters = all.flat_map(|route| &route.rules).flat_map(|rule| &rule.filters);
    let named = filters.filter_map(|filter| match filter {
        Filter::Redirect(redirect) => redirect.hostname.as_ref(),
        Filter::Rewrite(rewrite) => rewrite.hostname.as_ref(),
        _ => None,
    });
    named.map(|host| Name::from(host.to_ascii_lowercase())).collect()
}

/// Hosts that rows test the `Host` header for, in lower case.
pub(in crate::reachability) fn tested_hosts(routers: &[Router<'_>]) -> BTreeSet<Name> {
    let mut hosts = BTreeSet::new();
    for router in routers {
        let tree = router.tree();
        let rows = router.table().gateways.iter().flat_map(|table| &table.virtual_hosts);
        let mut seen: AHashSet<*const [RuleNodeId]> = AHashSet::new();
        for host in rows.filter(|host| seen.insert(std::sync::Arc::as_ptr(&host.rows))) {
            for row in host.rows.iter() {
                let headers = &tree.hops[row.0 as usize].matcher.headers;
                let tested =
                    headers.iter().filter(|test| test.name.eq_ignore_ascii_case("host") && !test.value.is_empty());
                hosts.extend(tested.map(|test| Name::from(host_of(&test.value).to_ascii_lowercase())));
            }
        }
    }
    hosts
}
