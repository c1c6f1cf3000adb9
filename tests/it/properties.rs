//! What must hold for any world, however odd.

use crate::support::worlds;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use regex::bytes::Regex;
use routescope_core::analysis::Analysis;
use routescope_core::model::{PathKind, Protocol, RouteMatch, ValueKind, ValueMatch};
use routescope_core::resolve::{self, RuleNodeId, Settings};
use routescope_core::router::{GatewayTable, Request, RouteTable, Scheme, VirtualHost, compile};
use routescope_core::store::Coverage;
use worlds::{broken_worlds, requests, requests_of_hosts, worlds, worlds_of_hosts};

/// Enough cases to be quick; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Off) as _);
    let config = ProptestConfig { failure_persistence, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases: 100, ..config } }
}

fn analyse(text: &str, closed: bool, weighted: bool) -> Analysis {
    let coverage = if closed { Coverage::closed() } else { Coverage::open() };
    let settings = Settings { weighted_route_precedence: weighted, ..Settings::default() };
    routescope_manifest::analyse_text(text, coverage, settings)
}

fn request((url, method, headers): (String, &str, Vec<&str>)) -> Request {
    let request = Request::parse(&url).and_then(|request| request.with_method(method)).expect("a request");
    headers.iter().fold(request, |request, header| request.clone().with_header(header).unwrap_or(request))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_world_is_too_odd_to_resolve(text in broken_worlds(), closed: bool, asked in requests()) {
        let analysis = analyse(&text, closed, false);
        analysis.explain(&request(asked), None);
    }

    #[test]
    fn no_text_is_too_odd_to_read(text in "\\PC{0,80}", yaml in "[-:\\[\\]{}#&*!|>'\"%@, \n\ta-c0-2]{0,120}") {
        analyse(&text, false, false);
        analyse(&yaml, false, false);
    }

    #[test]
    fn the_traced_and_the_quick_lookup_agree(text in worlds(), closed: bool, weighted: bool, asked in requests()) {
        let analysis = analyse(&text, closed, weighted);
        let request = request(asked);
        let (quick, traced) = (analysis.decide(&request, None), analysis.explain(&request, None));
        prop_assert_eq!(quick.len(), traced.len());
        for (quick, traced) in quick.iter().zip(&traced) {
            prop_assert_eq!(quick.row(), traced.row());
            prop_assert_eq!((quick.kind(), quick.status()), (traced.kind(), traced.status()));
            prop_assert_eq!((&quick.outcome.upstream(), &quick.outcome.location()), (&traced.outcome.upstream(), &traced.outcome.location()));
            prop_assert!(quick.destinations().eq(traced.destinations()));
        }
    }

    #[test]
    fn many_threads_grow_the_same_tree_and_table(text in worlds(), broken in broken_worlds(), closed: bool) {
        for text in [text, broken] {
            let analysis = analyse(&text, closed, false);
            let (tree, _) = resolve::build_tree(&analysis.snapshot, &analysis.settings, 3);
            prop_assert_eq!(format!("{tree:?}"), format!("{:?}", analysis.tree));
            let table = compile(&analysis.snapshot, &tree, &analysis.settings, 3);
            let rows = |table: &RouteTable| {
                let hosts = table.gateways.iter().flat_map(|gateway| &gateway.virtual_hosts);
                hosts.map(|host| (host.hostname.clone(), host.port, host.rows.clone())).collect::<Vec<_>>()
            };
            prop_assert_eq!(rows(&table), rows(&analysis.table));
        }
    }

    #[test]
    fn the_first_row_that_matches_in_evaluation_order_wins(
        text in worlds(), weighted: bool, asked in prop::collection::vec(requests(), 1..6),
    ) {
        let analysis = analyse(&text, false, weighted);
        for request in asked.into_iter().map(request) {
            found_by_scanning(&analysis, &request)?;
        }
    }

    #[test]
    fn the_closest_virtual_host_wins(
        text in worlds_of_hosts(), asked in prop::collection::vec(requests_of_hosts(), 10..20),
    ) {
        let analysis = analyse(&text, true, false);
        for request in asked.into_iter().map(request) {
            found_by_scanning(&analysis, &request)?;
        }
    }

    #[test]
    fn rows_stand_in_order_of_precedence(text in worlds()) {
        let analysis = analyse(&text, true, false);
        for host in analysis.table.gateways.iter().flat_map(|gateway| &gateway.virtual_hosts) {
            let ranks: Vec<_> = host.rows.iter().map(|row| rank(matcher(&analysis, *row))).collect();
            prop_assert!(ranks.is_sorted(), "{:?}", ranks);
        }
    }

    #[test]
    fn every_row_of_a_host_says_where_it_comes_from(text in worlds()) {
        let analysis = analyse(&text, true, false);
        for host in analysis.table.gateways.iter().flat_map(|gateway| &gateway.virtual_hosts) {
            for row in host.rows.iter() {
                let chain = analysis.tree.chain(*row);
                prop_assert_eq!(chain.last(), Some(row));
                let root = &analysis.tree.roots[analysis.tree.root_of(*row).0 as usize];
                prop_assert_eq!(root.route, analysis.tree.hops[chain[0].0 as usize].route);
                prop_assert!(root.rows.contains(row));
            }
        }
    }
}

fn matcher(analysis: &Analysis, row: RuleNodeId) -> &RouteMatch {
    &analysis.tree.hops[row.0 as usize].matcher
}

/// The path, method, header and query ranks of a row, smallest first.
fn rank(row: &RouteMatch) -> (PathKind, usize, bool, usize, usize) {
    let length = if row.path.kind == PathKind::RegularExpression { 0 } else { row.path.value.len() };
    let most = usize::MAX;
    let (headers, params) = (most - row.headers.len(), most - row.query_params.len());
    (row.path.kind, most - length, row.method.is_none(), headers, params)
}

/// Every Gateway answers as a scan of its listeners, then of its virtual hosts, then of their rows says.
fn found_by_scanning(analysis: &Analysis, request: &Request) -> Result<(), TestCaseError> {
    let decisions = analysis.decide(request, None);
    for (place, gateway) in (0..).zip(&analysis.table.gateways) {
        let mut ends = Vec::new();
        for (port, sni) in listened(analysis, gateway, request) {
            let there = |host: &VirtualHost| host.port == port && host.sni.as_deref() == sni;
            let hosts = (0u32..).zip(&gateway.virtual_hosts).filter(|(_, host)| there(host));
            let chosen: Vec<_> = match host_of(request) {
                Some(name) => closest(hosts, &name, |(_, host)| host.hostname.as_str()).into_iter().collect(),
                // Without a host it is asked of all.
                None => hosts.collect(),
            };
            ends.extend(chosen.iter().map(|(at, host)| (Some(*at), first(analysis, host, request))));
            if chosen.is_empty() {
                ends.push((None, None));
            }
        }
        let answer = decisions.iter().find(|decision| decision.gateway == place);
        let answer = answer.map(|decision| (decision.virtual_host, decision.row()));
        prop_assert_eq!(answer.is_some(), !ends.is_empty(), "{}: {:?}", request, answer);
        let Some(answer) = answer else { continue };
        // What may come to several listeners is answered by one that has a row for it, if any has.
        let taken = ends.iter().any(|(_, hop)| hop.is_some());
        prop_assert!(ends.contains(&answer), "{}: {:?} is none of {:?}", request, answer, ends);
        prop_assert_eq!(answer.1.is_some(), taken, "{}: {:?}", request, ends);
    }
    Ok(())
}

/// The ports, and the server names there, that a request may come to: of a Gateway that is not in view, all; without a
/// port, that of the scheme, or any if the Gateway does not listen there.
fn listened<'a>(analysis: &'a Analysis, gateway: &GatewayTable, request: &Request) -> BTreeSet<(u16, Option<&'a str>)> {
    let node = &analysis.tree.gateways[gateway.node as usize];
    let listeners = || node.listeners.iter().map(|listener| (listener, listener.port(&node.gateway)));
    let mut open = BTreeSet::new();
    for (listener, port) in listeners().filter(|(listener, _)| listener.is_served()) {
        let listener = listener.listener(&node.gateway);
        match listener.protocol {
            Protocol::Http => open.insert((port, None)),
            Protocol::Https => open.insert((port, Some(listener.hostname.as_deref().unwrap_or("*")))),
            _ => false,
        };
    }
    if gateway.assumed {
        return open;
    }
    let usual = request.scheme.map(Scheme::default_port).filter(|usual| listeners().any(|(_, port)| port == *usual));
    let port = request.port.or(usual);
    open.retain(|(on, sni)| {
        let spoken = if sni.is_some() { Scheme::Https } else { Scheme::Http };
        port.is_none_or(|port| port == *on) && request.scheme.is_none_or(|scheme| scheme == spoken)
    });
    let Some(name) = request.host.clone().or_else(|| host_of(request)) else { return open };
    // No server name ends in a dot (RFC 6066, 3).
    let name = name.strip_suffix('.').unwrap_or(&name).to_ascii_lowercase();
    let all = open.clone();
    open.retain(|(on, sni)| {
        let rivals = all.iter().filter(|(port, sni)| port == on && sni.is_some());
        sni.is_none() || closest(rivals, &name, |(_, sni)| sni.unwrap_or("*")).is_some_and(|(_, best)| best == sni)
    });
    open
}

/// The host a request names, as virtual hosts are chosen by it: in lower case, without its port.
fn host_of(request: &Request) -> Option<String> {
    let authority = request.authority()?.to_ascii_lowercase();
    let digits = authority.trim_end_matches(|c: char| c.is_ascii_digit());
    Some(digits.strip_suffix(':').unwrap_or(&authority).to_owned())
}

/// Of several, the one whose name covers `host` most closely: the host itself, then the longest wildcard, then `*`.
fn closest<T>(all: impl Iterator<Item = T>, host: &str, name: impl Fn(&T) -> &str) -> Option<T> {
    let closeness = |name: &str| match name.strip_prefix('*') {
        None => (name == host).then_some(usize::MAX),
        Some(ending) => {
            (ending.is_empty() || host.len() > ending.len() && host.ends_with(ending)).then_some(ending.len())
        }
    };
    all.filter(|one| closeness(name(one)).is_some()).max_by_key(|one| closeness(name(one)))
}

/// The first row whose every test holds, found by trying one after the other.
fn first(analysis: &Analysis, host: &VirtualHost, request: &Request) -> Option<RuleNodeId> {
    host.rows.iter().copied().find(|row| matches(matcher(analysis, *row), request))
}

/// A plain reading of the rules of matching, for requests whose paths need no normalisation.
fn matches(row: &RouteMatch, request: &Request) -> bool {
    let value = row.path.value.as_str();
    let path = match row.path.kind {
        PathKind::Exact => request.path == value,
        PathKind::RegularExpression => regex(value, &request.path),
        PathKind::PathPrefix => {
            let value = value.strip_suffix('/').unwrap_or(value);
            request.path.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    };
    let header = |test: &ValueMatch| {
        let lines = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&test.name));
        let lines: Vec<_> = lines.map(|(_, value)| value.as_str()).collect();
        holds(test, (!lines.is_empty()).then(|| lines.join(",")).as_deref())
    };
    let param = |test: &ValueMatch| {
        let pairs = request.query.iter().flat_map(|query| query.split('&'));
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        holds(test, pairs.find(|(name, _)| *name == test.name).map(|(_, value)| value))
    };
    path && row.method.as_ref().is_none_or(|method| *method == request.method)
        && row.headers.iter().all(header)
        && row.query_params.iter().all(param)
}

fn holds(test: &ValueMatch, value: Option<&str>) -> bool {
    match (value, test.kind) {
        (None, _) => false,
        (Some(_), _) if test.value.is_empty() => true,
        (Some(value), ValueKind::Exact) => value == test.value,
        (Some(value), ValueKind::RegularExpression) => regex(&test.value, value),
    }
}

fn regex(expression: &str, value: &str) -> bool {
    Regex::new(&format!(r"\A(?-u:(?:{expression}))\z")).is_ok_and(|regex| regex.is_match(value.as_bytes()))
}
