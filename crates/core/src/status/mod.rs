//! The status that the controller would write: per route and parent, per Gateway and listener. Worked out on demand
//! from an [`Analysis`]; nothing else rests on it. `docs/fidelity.md`: `status-route`, `status-gateway`.
//!
//! A report keeps only what went wrong: the last writer wins per route, parent key and condition type, and what nobody
//! wrote is as it should be. Sources: kgateway `pkg/reports/status.go`, `pkg/reports/reporter.go`.

mod attached_routes;
mod condition;
mod difference;
mod gateway;
mod policies;
mod programmed;
mod report;
mod route_names;

use std::collections::BTreeMap;

use crate::analysis::Analysis;
use crate::model::{Name, ObjectKey, ParentRef, RouteKind};
use crate::resolve::{Engine, EngineAssumption, GatewayNode};
use crate::store::RouteId;
use crate::unreadable::{self, NotRead};

pub use condition::Condition;
pub use difference::{Difference, RecordedAs, differences, parent_in_words, recorded};
pub use route_names::{configuration_name, row_names, virtual_host_name};

/// What the controller would write.
#[derive(Debug, Default)]
pub struct Statuses {
    /// The routes that it would write to, by kind, then `namespace/name`.
    pub routes: Vec<RouteStatus>,
    /// The Gateways, by `namespace/name`.
    pub gateways: BTreeMap<ObjectKey, GatewayStatus>,
    /// The Gateways whose engine's status is not modelled.
    pub unmodelled: Vec<(ObjectKey, Engine)>,
    /// The Gateways whose engine is not certain, and why: what is predicted under them is not either.
    pub unverified: BTreeMap<ObjectKey, EngineAssumption>,
    /// Why none of it is certain: what cannot be read of a cluster.
    pub doubt: Option<NotRead>,
}

/// What the controller would write into a route.
#[derive(Debug)]
pub struct RouteStatus {
    /// The route.
    pub route: RouteId,
    /// Its kind.
    pub kind: RouteKind,
    /// One entry for each parent that the controller met.
    pub parents: Vec<ParentEntry>,
}

/// The entry of one parent.
#[derive(Debug)]
pub struct ParentEntry {
    /// The parent, as the route writes it; for a route without parentRefs, as the controller does.
    pub parent: ParentRef,
    /// `Accepted`, `ResolvedRefs`, `kgateway.dev/Programmed`.
    pub conditions: Vec<Condition>,
}

/// What the controller would write into a Gateway.
#[derive(Debug)]
pub struct GatewayStatus {
    /// `Accepted`, `Programmed`, `ResolvedRefs`.
    pub conditions: Vec<Condition>,
    /// Its own listeners, in order.
    pub listeners: Vec<ListenerStatus>,
}

/// What the controller would write of a listener.
#[derive(Debug)]
pub struct ListenerStatus {
    /// Its name.
    pub name: Name,
    /// How many pairs of route and parentRef attached, delegated routes left out.
    pub attached_routes: usize,
    /// `Accepted`, `Conflicted`, `Programmed`, `ResolvedRefs`.
    pub conditions: Vec<Condition>,
}

/// Predicts every status.
pub fn predict(analysis: &Analysis) -> Statuses {
    let reports = report::Reports::of(analysis);
    let modelled = |node: &&GatewayNode| node.dialect.engine == Engine::Kgateway;
    let nodes = &analysis.tree.gateways;
    let seen = nodes.iter().filter(modelled).filter(|node| !node.assumed);
    let unread = unreadable::of_statuses(&analysis.snapshot);
    Statuses {
        routes: reports.publish(&analysis.snapshot),
        gateways: seen.map(|node| (node.gateway.meta.key(), gateway::status(analysis, node))).collect(),
        unverified: nodes
            .iter()
            .filter(modelled)
            .filter_map(|node| Some((node.gateway.meta.key(), node.engine_assumption.clone()?)))
            .collect(),
        unmodelled: nodes
            .iter()
            .filter(|node| !modelled(node))
            .map(|node| (node.gateway.meta.key(), node.dialect.engine))
            .collect(),
        doubt: unread,
    }
}
