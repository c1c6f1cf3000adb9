//! Answers about all requests at once: every witness does what is said of it, and no request does what is said to be
//! impossible.

#[path = "../../../tests/support/conformance.rs"]
mod conformance;
#[allow(dead_code)] // other tests use the rest
#[path = "../../../tests/support/worlds.rs"]
mod worlds;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use routescope_core::analysis::Analysis;
use routescope_core::model::ObjectKey;
use routescope_core::reachability::{Change, Comparison, Reach, Reachability, acting, compare, observed};
use routescope_core::resolve::{Engine, HopId, Settings};
use routescope_core::router::{Decision, Request};
use routescope_core::store::Coverage;
use worlds::{pairs_of_worlds, requests, requests_of_hosts, worlds, worlds_of_hosts};

/// Enough cases to be quick; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Off) as _);
    let config = ProptestConfig { failure_persistence, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases: 60, ..config } }
}

fn analyse(text: &str, weighted: bool, engine: Option<&str>) -> Analysis {
    let settings = Settings { weighted_route_precedence: weighted, ..Settings::default() };
    let text = engine.map_or_else(|| text.to_owned(), |engine| text.replace("\"kgateway\"", &format!("\"{engine}\"")));
    routescope_manifest::analyse_text(&text, Coverage::closed(), settings)
}

fn request((url, method, headers): (String, &str, Vec<&str>)) -> Request {
    let request = Request::parse(&url).and_then(|request| request.with_method(method)).expect("a request");
    headers.iter().fold(request, |request, header| request.clone().with_header(header).unwrap_or(request))
}

/// A row as its readers see it: everything of its chain.
fn shown(analysis: &Analysis, row: HopId) -> String {
    let steps = analysis.tree.chain(row).into_iter().map(|id| {
        let hop = &analysis.tree.hops[id.0 as usize];
        let via = analysis.tree.link_above(id).map(|link| &link.via);
        format!("{:?} {} {:?} {via:?}", analysis.snapshot.route(hop.route).meta.key(), hop.rule, hop.match_index)
    });
    steps.collect::<Vec<_>>().join(" > ")
}

/// What was found out about every row of a table.
struct Found {
    rows: usize,
    unknown: Vec<String>,
    /// Gateway, virtual host and row of those that no request meets.
    unmet: Vec<(u32, u32, String)>,
}

fn deciding(decision: &Decision) -> impl Iterator<Item = HopId> + '_ {
    decision.hop.into_iter().chain(decision.branches.iter().map(|branch| branch.hop)).chain(decision.stopped)
}

/// Asks of every row, and holds every witness against the router.
fn every_row(analysis: &Analysis) -> Result<Found, TestCaseError> {
    let reachability = Reachability::of(analysis.router());
    let mut found = Found { rows: 0, unknown: Vec::new(), unmet: Vec::new() };
    for (gateway, table) in (0..).zip(&analysis.table.gateways) {
        for (virtual_host, host) in (0..).zip(&table.virtual_hosts) {
            for (position, row) in (0..).zip(host.rows.iter()) {
                found.rows += 1;
                let name = shown(analysis, *row);
                match reachability.row(gateway, virtual_host, position) {
                    Reach::Met(request) => {
                        let decisions = analysis.decide(&request, Some(&table.gateway));
                        let met = decisions.iter().any(|decision| {
                            // Where a less specific host is tried next, one row may stand under both.
                            (decision.virtual_host == Some(virtual_host) || table.engine == Engine::Agentgateway)
                                && deciding(decision)
                                    .any(|one| shown(analysis, one) == name || analysis.tree.chain(one).contains(row))
                        });
                        prop_assert!(met, "{} does not meet {}", request, name);
                    }
                    Reach::Hidden(by) => {
                        prop_assert!(!by.is_empty());
                        found.unmet.push((gateway, virtual_host, name));
                    }
                    Reach::Never => found.unmet.push((gateway, virtual_host, name)),
                    Reach::Unknown(why) => found.unknown.push(format!("{name}: {why}")),
                }
            }
        }
    }
    Ok(found)
}

fn no_request_meets(analysis: &Analysis, found: &Found, request: &Request) -> Result<(), TestCaseError> {
    for decision in analysis.decide(request, None) {
        for one in deciding(&decision) {
            let name = shown(analysis, one);
            let met = decision.virtual_host.map(|host| (decision.gateway, host, name));
            prop_assert!(!met.as_ref().is_some_and(|met| found.unmet.contains(met)), "{} meets {:?}", request, met);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn witnesses_do_what_is_said_of_them(
        text in worlds(), weighted: bool, asked in prop::collection::vec(requests(), 40..60),
    ) {
        let analysis = analyse(&text, weighted, None);
        let found = every_row(&analysis)?;
        for request in asked.into_iter().map(request) {
            no_request_meets(&analysis, &found, &request)?;
        }
        prop_assert!(found.unknown.is_empty(), "{:?}", found.unknown);
    }

    #[test]
    fn every_virtual_host_is_reached(
        text in worlds_of_hosts(), asked in prop::collection::vec(requests_of_hosts(), 40..60),
    ) {
        let analysis = analyse(&text, false, None);
        let found = every_row(&analysis)?;
        for request in asked.into_iter().map(request) {
            no_request_meets(&analysis, &found, &request)?;
        }
        prop_assert!(found.unknown.is_empty(), "{:?}", found.unknown);
    }

    #[test]
    fn agentgateway_walks_to_its_witnesses(
        text in worlds(), hosts in worlds_of_hosts(), asked in prop::collection::vec(requests(), 40..60),
    ) {
        for text in [text, hosts] {
            let analysis = analyse(&text, false, Some("agentgateway"));
            let found = every_row(&analysis)?;
            for request in asked.iter().cloned().map(request) {
                no_request_meets(&analysis, &found, &request)?;
            }
        }
    }
}

/// No request changes its answer outside the listed changes, and every change is one.
fn compared(old: &Analysis, new: &Analysis, requests: &[Request]) -> Result<Comparison, TestCaseError> {
    let comparison = compare(old.router(), new.router());
    let first = |analysis: &Analysis, request: &Request, gateway: &ObjectKey| {
        analysis.decide(request, Some(gateway)).into_iter().next()
    };
    let told_apart = |before: Option<&Decision>, after: Option<&Decision>| {
        let [old, new] = [before, after].map(|one| one.and_then(observed));
        let policies = |one: Option<&Decision>| one.map(|one| acting(&one.policies)).unwrap_or_default();
        old != new || (old.is_some() && policies(before) != policies(after))
    };
    let name = |analysis: &Analysis, decision: Option<&Decision>| {
        decision.and_then(|one| one.hop.or(one.stopped)).map(|hop| shown(analysis, hop))
    };
    let mut listed = Vec::new();
    for Change { gateway, request, before, after } in &comparison.changes {
        prop_assert!(told_apart(before.as_ref(), after.as_ref()), "{} changes nothing", request);
        let asked = [first(old, request, gateway), first(new, request, gateway)];
        prop_assert_eq!(asked[0].as_ref().and_then(observed), before.as_ref().and_then(observed));
        prop_assert_eq!(asked[1].as_ref().and_then(observed), after.as_ref().and_then(observed));
        listed.push((gateway.clone(), name(old, before.as_ref()), name(new, after.as_ref())));
    }
    let gateways = old.table.gateways.iter().chain(&new.table.gateways).map(|table| &table.gateway);
    for gateway in gateways {
        for request in requests {
            let (before, after) = (first(old, request, gateway), first(new, request, gateway));
            if told_apart(before.as_ref(), after.as_ref()) {
                let pair = (gateway.clone(), name(old, before.as_ref()), name(new, after.as_ref()));
                prop_assert!(
                    listed.contains(&pair) || pair.1.is_none() && pair.2.is_none(),
                    "{} moves and is not listed: {:?}\nlisted: {:#?}\nunknown: {:?}",
                    request,
                    pair,
                    listed,
                    comparison.unknown
                );
            }
        }
    }
    Ok(comparison)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_request_moves_outside_the_listed_changes(
        (old, new) in pairs_of_worlds(), weighted: bool, asked in prop::collection::vec(requests(), 40..80),
    ) {
        let (old, new) = (analyse(&old, weighted, None), analyse(&new, weighted, None));
        let requests: Vec<Request> = asked.into_iter().map(request).collect();
        let comparison = compared(&old, &new, &requests)?;
        prop_assert!(comparison.unknown.is_empty(), "{:?}", comparison.unknown);
    }

    #[test]
    fn worlds_of_hosts_are_compared_host_by_host(
        old in worlds_of_hosts(), new in worlds_of_hosts(), asked in prop::collection::vec(requests_of_hosts(), 40..80),
    ) {
        let (old, new) = (analyse(&old, false, None), analyse(&new, false, None));
        let requests: Vec<Request> = asked.into_iter().map(request).collect();
        let comparison = compared(&old, &new, &requests)?;
        prop_assert!(comparison.unknown.is_empty(), "{:?}", comparison.unknown);
    }

    #[test]
    fn agentgateway_is_compared_hop_by_hop(
        (old, new) in pairs_of_worlds(), asked in prop::collection::vec(requests(), 40..80),
    ) {
        let (old, new) = (analyse(&old, false, Some("agentgateway")), analyse(&new, false, Some("agentgateway")));
        let requests: Vec<Request> = asked.into_iter().map(request).collect();
        compared(&old, &new, &requests)?;
    }

    #[test]
    fn nothing_moves_between_a_world_and_itself(text in worlds(), weighted: bool) {
        let (old, new) = (analyse(&text, weighted, None), analyse(&text, weighted, None));
        let comparison = compare(old.router(), new.router());
        prop_assert!(comparison.changes.is_empty() && comparison.unknown.is_empty());
    }
}

#[test]
fn the_rows_of_all_shared_worlds_are_met_or_hidden() {
    let (mut rows, mut unmet, mut unknown) = (0, 0, Vec::new());
    for world in conformance::roots().iter().flat_map(|root| conformance::worlds(root)) {
        let expected = conformance::json(&world.join("expected.json"));
        let name = world.file_name().unwrap().to_string_lossy().into_owned();
        let analysis = conformance::world(&world, &expected);
        let found = every_row(&analysis).unwrap_or_else(|error| panic!("{name}: {error}"));
        rows += found.rows;
        unmet += found.unmet.len();
        unknown.extend(found.unknown.iter().map(|why| format!("{name}: {why}")));
        for case in expected["requests"].as_array().into_iter().flatten() {
            let Some(request) = case["request"]["url"].as_str().and_then(|url| Request::parse(url).ok()) else {
                continue;
            };
            no_request_meets(&analysis, &found, &request).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    println!("{rows} rows, {unmet} met by no request, {} unknown\n{}", unknown.len(), unknown.join("\n"));
    assert!(unknown.len() * 1000 <= rows, "{} of {rows} unknown:\n{}", unknown.len(), unknown.join("\n"));
}
