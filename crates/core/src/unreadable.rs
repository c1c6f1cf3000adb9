//! What rests on what cannot be read. In a cluster of which some kinds or namespaces are closed to the user, an absent object
//! proves nothing: whatever it could change is unverified. `docs/fidelity.md`: `world-hidden`. Likewise a file that holds
//! something that cannot be read for now may hold anything.
//!
//! Here are the tables; the router makes answers uncertain with them, `check` its findings, `status` its statuses.

use crate::finding::Finding;
use crate::model::kinds::{Decides, deciding};
use crate::model::{From, Name};
use crate::resolve::{Engine, GatewayNode, RuleNodeId, StaleFiles, Tree, Uncertainty, Unreadable, admits_unseen};
use crate::store::Snapshot;

/// What a status depends on.
const STATUSES: &[Decides] = &[Decides::Attachment, Decides::Behaviour];
/// The same, and endpoints.
const ENDPOINTS: &[Decides] = &[Decides::Attachment, Decides::Behaviour, Decides::Endpoints];

/// The groups of findings that depend on more than an object as it is written, and on what.
const FINDINGS: &[(&str, &[Decides])] = &[
    ("Gateways and attachment", STATUSES),
    ("Delegation", STATUSES),
    ("Backends", ENDPOINTS),
    ("Sets of requests", STATUSES),
    ("Rules", STATUSES),
];

/// The kinds that decide any of these.
fn kinds(decides: &[Decides]) -> Vec<&'static str> {
    decides.iter().flat_map(|decides| deciding(*decides)).collect()
}

/// So many files are named.
const NAMED: usize = 3;

/// Why something is not certain: files that count as they were, and kinds that cannot be read in every namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRead {
    /// The files.
    pub files: Option<StaleFiles>,
    /// The kinds.
    pub kinds: Vec<&'static str>,
}

/// The files that count as they were; `None` when all of them were read.
pub fn of_files(snapshot: &Snapshot) -> Option<StaleFiles> {
    let stale = &snapshot.coverage.stale;
    let named: Vec<String> = stale.iter().take(NAMED).cloned().collect();
    (!named.is_empty()).then(|| StaleFiles { more: stale.len() - named.len(), named })
}

/// The same as a reason why an answer is not certain.
pub(crate) fn stale_files(snapshot: &Snapshot) -> Option<Uncertainty> {
    of_files(snapshot).map(Uncertainty::StaleFiles)
}

/// What cannot be read of these kinds; `None` when everything was.
fn not_read(snapshot: &Snapshot, kinds: &[&'static str]) -> Option<NotRead> {
    let coverage = &snapshot.coverage;
    let missing = kinds.iter().copied().filter(|kind| coverage.forbidden && !coverage.sees_all(kind));
    let not_read = NotRead { files: of_files(snapshot), kinds: missing.collect() };
    (not_read.files.is_some() || !not_read.kinds.is_empty()).then_some(not_read)
}

/// `HTTPRoutes`, `GatewayClasses`, `TrafficPolicies`.
pub fn plural(kind: &str) -> String {
    if let Some(stem) = kind.strip_suffix("Policy") {
        return format!("{stem}Policies");
    }
    format!("{kind}{}", if kind.ends_with('s') { "es" } else { "s" })
}

/// Why the input as a whole is not certain: it is shown with what it lacks.
pub fn of_world(snapshot: &Snapshot) -> Option<NotRead> {
    not_read(snapshot, &kinds(ENDPOINTS))
}

/// Why it is not certain that no Gateway sees a request.
pub fn of_no_gateway(snapshot: &Snapshot) -> Option<NotRead> {
    not_read(snapshot, &["Gateway", "GatewayClass", "ListenerSet", "TLSRoute"])
}

/// Why a finding is not certain.
pub fn of_finding(snapshot: &Snapshot, finding: &Finding) -> Option<NotRead> {
    let (_, decides) = FINDINGS.iter().find(|(group, _)| *group == finding.code.entry().group)?;
    not_read(snapshot, &kinds(decides))
}

/// Why a predicted status is not certain.
pub fn of_statuses(snapshot: &Snapshot) -> Option<NotRead> {
    not_read(snapshot, &kinds(STATUSES))
}

/// Whether namespaces are selected by labels of their own, not by name alone.
fn by_labels(from: &From) -> bool {
    const NAME: &str = "kubernetes.io/metadata.name";
    let From::Selector(Some(selector)) = from else { return false };
    selector.labels.iter().any(|(key, _)| key != NAME) || selector.expressions.iter().any(|one| one.key != NAME)
}

/// Why what a Gateway answers on a port is not certain. `hop` is the row that decided, if any did.
pub(crate) fn of_answer(
    snapshot: &Snapshot,
    tree: &Tree,
    node: &GatewayNode,
    port: u16,
    hop: Option<RuleNodeId>,
    global: Option<&Name>,
) -> Vec<Uncertainty> {
    let coverage = &snapshot.coverage;
    let gateway = &node.gateway;
    let name = gateway.meta.key();
    let mut unread = Vec::new();
    if !snapshot.classes.contains_key(&gateway.class)
        && !coverage.sees_all("GatewayClass")
        && node.engine_assumption.is_none()
    {
        unread.push(Unreadable::Class(gateway.class.clone()));
    }
    if let Some(from) = &gateway.allowed_listeners
        && admits_unseen(snapshot, "ListenerSet", from, &gateway.meta.namespace)
    {
        unread.push(Unreadable::ListenerSet(name.clone()));
    }
    let on_port = node.listeners.iter().filter(|one| one.listener(gateway).port == port);
    let mut selecting = on_port.map(|one| &one.listener(gateway).allowed_routes.namespaces);
    let by_labels = selecting.any(by_labels) || gateway.allowed_listeners.as_ref().is_some_and(by_labels);
    if !coverage.sees_all("Namespace") && by_labels {
        unread.push(Unreadable::Namespaces(name.clone()));
    }
    for kind in ["TLSRoute", "TCPRoute"] {
        let takes = |protocol: &str| {
            let listeners = node.listeners.iter().map(|one| one.listener(gateway));
            let mut here = listeners.filter(|one| one.port == port);
            here.any(|one| one.protocol.name().eq_ignore_ascii_case(protocol))
        };
        if !coverage.sees_all(kind) && takes(kind.trim_end_matches("Route")) {
            unread.push(Unreadable::Stream { kind, port, gateway: name.clone() });
        }
    }
    if node.dialect.engine == Engine::Kgateway {
        let sets = node.listeners.iter().filter_map(|one| one.set.as_ref()).map(|set| &set.meta.namespace);
        let routes = hop.into_iter().flat_map(|hop| tree.chain(hop));
        let routes = routes.map(|hop| &snapshot.route(tree.hops[hop.0 as usize].route).meta.namespace);
        let mut places = std::iter::once(&gateway.meta.namespace).chain(sets).chain(routes).chain(global);
        if let Some(place) = places.find(|place| !coverage.sees("TrafficPolicy", place)) {
            unread.push(Unreadable::Policies(place.clone()));
        }
    }
    unread.into_iter().map(Uncertainty::Unreadable).collect()
}
