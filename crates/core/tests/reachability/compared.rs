//! Two tables: no request changes its answer outside the listed changes, and every change is one.

use proptest::prelude::*;
use routescope_core::analysis::Analysis;
use routescope_core::model::ObjectKey;
use routescope_core::reachability::{Change, Comparison, acting, compare, observed};
use routescope_core::router::{Decision, Request};

use crate::additions::{with_policies, with_streams};
use crate::worlds::{pairs_of_worlds, requests, requests_of_hosts, worlds, worlds_of_hosts};
use crate::{analyse, config, request, shown};

/// No request changes its answer outside the listed changes, and every change is one.
pub fn compared(old: &Analysis, new: &Analysis, requests: &[Request]) -> Result<Comparison, TestCaseError> {
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
        let decision = decision?;
        let stream = || decision.stream().as_ref().map(|route| format!("{} {}", route.kind.name(), route.meta.key()));
        decision.row().or(decision.stopped()).map(|hop| shown(analysis, hop)).or_else(stream)
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
                    // A host that is not the server name's may be refused (421) where nothing was, and no rule has a part in it.
                    listed.contains(&pair) || pair.1.is_none() && pair.2.is_none(),
                    "{:?} moves and is not listed: {:?}\nlisted: {:#?}\nunknown: {:?}",
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
    #![proptest_config(config(24))]

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
        let comparison = compared(&old, &new, &requests)?;
        prop_assert!(comparison.unknown.is_empty(), "{:?}", comparison.unknown);
    }

    #[test]
    fn routes_of_connections_are_compared(
        old in with_streams(worlds_of_hosts()),
        new in with_streams(worlds_of_hosts()),
        same: bool,
        asked in prop::collection::vec(requests_of_hosts(), 40..80),
    ) {
        // The same routes of requests behind other listeners.
        let new = if same { old.split("gw3").next().unwrap_or_default().to_owned() + &new[new.find("gw3").unwrap_or(0)..] } else { new };
        for engine in [None, Some("agentgateway"), Some("other")] {
            let (old, new) = (analyse(&old, false, engine), analyse(&new, false, engine));
            // A bare path is not a request of a client: it is held against every host at once.
            // Nor is a bare host that is not the server name's.
            let is_sent = |request: &Request| {
                let other = !request.headers.is_empty()
                    || request.host.as_ref().is_some_and(|host| {
                        host.ends_with('.') || host.bytes().any(|byte| byte.is_ascii_uppercase())
                    });
                (engine.is_none() || request.host.is_some()) && (request.scheme.is_some() || !other)
            };
            let requests = asked.iter().cloned().map(request).filter(is_sent);
            let comparison = compared(&old, &new, &requests.collect::<Vec<_>>())?;
            prop_assert!(comparison.unknown.is_empty(), "{:?}", comparison.unknown);
        }
    }

    #[test]
    fn policies_are_compared(
        (old, new) in with_policies(pairs_of_worlds()), asked in prop::collection::vec(requests(), 40..80),
    ) {
        let (old, new) = (analyse(&old, false, None), analyse(&new, false, None));
        let requests: Vec<Request> = asked.into_iter().map(request).collect();
        let comparison = compared(&old, &new, &requests)?;
        prop_assert!(comparison.unknown.is_empty(), "{:?}", comparison.unknown);
    }

    #[test]
    fn nothing_moves_between_a_world_and_itself(text in worlds(), weighted: bool) {
        let (old, new) = (analyse(&text, weighted, None), analyse(&text, weighted, None));
        let comparison = compare(old.router(), new.router());
        prop_assert!(comparison.changes.is_empty() && comparison.unknown.is_empty());
    }
}
