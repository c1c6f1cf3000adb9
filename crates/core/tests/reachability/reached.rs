//! What reaches a Service, a Backend or a route: every rule by which a request arrives is listed, and no rule that is
//! called unreachable is met.

use std::collections::BTreeSet;

use proptest::prelude::*;
use routescope_core::analysis::Analysis;
use routescope_core::finding::{Problem, RequestsProblem};
use routescope_core::reachability::{Entry, Reach, Reachability, Target, entries, findings, obstacles};
use routescope_core::resolve::{Action, Destination};
use routescope_core::router::{Decision, Request};

use crate::worlds::{requests, requests_of_hosts, worlds, worlds_of_hosts};
use crate::{analyse, config, deciding, request, shown};

/// Everything that rules may send requests to.
fn targets(analysis: &Analysis) -> BTreeSet<(String, String, String)> {
    let mut targets = BTreeSet::new();
    for route in &analysis.snapshot.routes {
        targets.insert((route.kind.name().to_owned(), route.meta.namespace.to_string(), route.meta.name.to_string()));
    }
    for hop in &analysis.tree.hops {
        if let Some(Action::Forward(forward)) = hop.own_action().map(AsRef::as_ref) {
            for to in &forward.destinations {
                targets.insert((to.kind.to_string(), to.namespace.to_string(), to.name.to_string()));
            }
        }
    }
    targets
}

/// The share of a request that arrives.
fn share(analysis: &Analysis, target: &Target, decision: &Decision) -> f64 {
    let is_it = |to: &&Destination| {
        to.kind == target.kind && to.namespace == target.namespace && to.name == target.name && !to.state.is_broken()
    };
    if ["HTTPRoute", "GRPCRoute"].contains(&target.kind.as_str()) {
        let passes = |row| {
            analysis.tree.chain(row).iter().any(|step| {
                let route = analysis.snapshot.route(analysis.tree.hops[step.0 as usize].route);
                route.kind.name() == target.kind
                    && route.meta.namespace == target.namespace
                    && route.meta.name == target.name
            })
        };
        return f64::from(u8::from(deciding(decision).any(passes)));
    }
    decision.destinations().filter(is_it).map(|to| to.share).sum()
}

/// The rows that decide, and those that lead to them.
fn passed(analysis: &Analysis, decision: &Decision) -> Vec<String> {
    let chains = deciding(decision).flat_map(|row| analysis.tree.chain(row));
    chains.map(|row| shown(analysis, row)).collect()
}

/// What is listed, each witness held against the router.
fn listed(analysis: &Analysis, target: &Target) -> Result<Vec<Entry>, TestCaseError> {
    let reachability = Reachability::of(analysis.router());
    let found = entries(&reachability, analysis.router(), target, &|_, _, _| true);
    for entry in &found {
        let table = &analysis.table.gateways[entry.gateway as usize];
        if let Reach::Met(request) = &entry.reach {
            let decisions = analysis.decide(request, Some(&table.gateway));
            let arrives = decisions.iter().any(|decision| {
                let share = share(analysis, target, decision);
                share > 0.0
                    && passed(analysis, decision).contains(&shown(analysis, entry.row))
                    && (!decision.branches.is_empty() || (share - entry.share).abs() < 1e-9)
            });
            prop_assert!(arrives, "{} does not reach {:?} by {}", request, target, shown(analysis, entry.row));
        }
    }
    if found.is_empty() {
        prop_assert!(!obstacles(analysis.router(), target).is_empty());
    }
    Ok(found)
}

pub fn every_way_is_listed(analysis: &Analysis, requests: &[Request]) -> Result<(), TestCaseError> {
    let decisions: Vec<(&Request, Decision)> =
        requests.iter().flat_map(|one| analysis.decide(one, None).into_iter().map(move |all| (one, all))).collect();
    for (kind, namespace, name) in targets(analysis) {
        let target = Target { kind: kind.into(), namespace: namespace.into(), name: name.into() };
        let entries = listed(analysis, &target)?;
        for (request, decision) in &decisions {
            if share(analysis, &target, decision) <= 0.0 || decision.is_preflight() {
                continue;
            }
            let by = passed(analysis, decision);
            let is_listed = entries.iter().any(|entry| {
                entry.gateway == decision.gateway
                    && (Some(entry.virtual_host) == decision.virtual_host || !decision.branches.is_empty())
                    && by.contains(&shown(analysis, entry.row))
                    && !matches!(entry.reach, Reach::Never | Reach::Hidden(_))
            });
            prop_assert!(is_listed, "{} reaches {:?} by {:?}, which is not listed", request, target, by);
        }
    }
    Ok(())
}

/// No request meets what is called unreachable or unreached.
pub fn nothing_unreachable_is_met(analysis: &Analysis, requests: &[Request]) -> Result<(), TestCaseError> {
    let mut unreachable: BTreeSet<(String, String, u32)> = BTreeSet::new();
    let mut unreached: BTreeSet<String> = BTreeSet::new();
    for finding in findings(analysis.router(), 1) {
        let (Problem::Requests(problem), Some(subject)) = (finding.problem, finding.subject) else { continue };
        let lost = match *problem {
            RequestsProblem::Unreachable { rule, lost, .. } => {
                unreachable.insert((subject.kind.to_owned(), subject.key.to_string(), rule));
                lost
            }
            RequestsProblem::Conflict { lost, .. } => lost,
            RequestsProblem::BackendUnreached { backend, .. } => vec![backend],
            _ => continue,
        };
        unreached.extend(lost.iter().map(|backend| format!("{} {}", backend.kind, backend.key)));
    }
    for request in requests {
        for decision in analysis.decide(request, None) {
            for row in deciding(&decision) {
                let hop = &analysis.tree.hops[row.0 as usize];
                let route = analysis.snapshot.route(hop.route);
                let rule = (route.kind.name().to_owned(), route.meta.key().to_string(), hop.rule);
                prop_assert!(!unreachable.contains(&rule), "{} meets {:?}", request, rule);
            }
            let live = |to: &&Destination| to.share > 0.0 && !to.state.is_broken();
            for to in decision.destinations().filter(live) {
                let name = format!("{} {}/{}", to.kind, to.namespace, to.name);
                prop_assert!(!unreached.contains(&name), "{} reaches {}", request, name);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn every_rule_by_which_a_request_arrives_is_listed(
        text in worlds(), weighted: bool, asked in prop::collection::vec(requests(), 40..60),
    ) {
        for engine in [None, Some("agentgateway")] {
            let analysis = analyse(&text, weighted, engine);
            let requests: Vec<Request> = asked.iter().cloned().map(request).collect();
            every_way_is_listed(&analysis, &requests)?;
            nothing_unreachable_is_met(&analysis, &requests)?;
        }
    }

    #[test]
    fn every_host_by_which_a_request_arrives_is_listed(
        text in worlds_of_hosts(), asked in prop::collection::vec(requests_of_hosts(), 40..60),
    ) {
        for engine in [None, Some("agentgateway")] {
            let analysis = analyse(&text, false, engine);
            // No host begins with a dot; agentgateway would take it for one under its wildcard.
            let is_host = |request: &Request| request.host.as_ref().is_none_or(|host| !host.starts_with('.'));
            let requests: Vec<Request> = asked.iter().cloned().map(request).filter(is_host).collect();
            every_way_is_listed(&analysis, &requests)?;
            nothing_unreachable_is_met(&analysis, &requests)?;
        }
    }
}
