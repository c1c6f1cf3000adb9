//! Every row: a request that meets it, or what hides it.

use proptest::prelude::*;
use routescope_core::analysis::Analysis;
use routescope_core::reachability::{Reach, Reachability};
use routescope_core::resolve::Engine;
use routescope_core::router::Request;

use crate::additions::with_streams;
use crate::worlds::{requests, requests_of_hosts, worlds, worlds_of_hosts};
use crate::{analyse, config, deciding, request, shown};

/// What was found out about every row of a table.
pub struct Found {
    pub rows: usize,
    pub unknown: Vec<String>,
    /// Gateway, virtual host and row of those that no request meets.
    pub unmet: Vec<(u32, u32, String)>,
}

/// Asks of every row, and holds every witness against the router.
pub fn every_row(analysis: &Analysis) -> Result<Found, TestCaseError> {
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
                            // Where a less specific host is tried next, and for a bare path, one row may stand under both.
                            (decision.virtual_host == Some(virtual_host)
                                || table.engine == Engine::Agentgateway
                                || request.host.is_none())
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
                    Reach::Unknown(why) => found.unknown.push(format!("{name}: {why:?}")),
                }
            }
        }
    }
    Ok(found)
}

pub fn no_request_meets(analysis: &Analysis, found: &Found, request: &Request) -> Result<(), TestCaseError> {
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
    #![proptest_config(config(24))]

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
        text in prop_oneof![worlds_of_hosts(), with_streams(worlds_of_hosts())],
        asked in prop::collection::vec(requests_of_hosts(), 40..60),
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
            prop_assert!(found.unknown.is_empty(), "{:?}", found.unknown);
        }
    }
}
