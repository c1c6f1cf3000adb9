//! Which route is attached to which listener, under which hostnames, and why not on others.
//! `docs/fidelity.md`: `attach-parent`, `attach-section`, `attach-allowed`, `attach-selector`, `attach-reason`,
//! `hostname-intersection`, `listener-isolation`.
//!
//! Sources: kgateway `pkg/kgateway/query/route.go` (`processRoute`, `allowedRoutes`), `pkg/kgateway/query/query.go`
//! (`hostnameIntersect`), `pkg/kgateway/translator/listener/gateway_listener_translator.go` (isolation).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use ahash::{AHashMap, AHashSet};

use super::backend::Lookup;
use super::budget::Budget;
use super::engine::Hints;
use super::listeners::{FEW, ListenerIndex};
use super::settings::{DelegationModel, Dialect, Engine, Settings};
use super::{Attached, GatewayNode, Root, RootId, Tree, Unattached, Uncertainty, gateway, streams};
use crate::finding::{NotAttached, Subject};
use crate::limits;
use crate::model::{
    From, GATEWAY_GROUP, Gateway, Listener, Name, NamespaceSelector, ObjectKey, ParentRef, Protocol, Requirement,
    RequirementOperator, Route, RouteKind,
};
use crate::store::{RouteId, Snapshot};

/// The label that the API server puts on every Namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Whether a namespace is admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Its Namespace object is not in view, and may say so: assumed to be admitted.
    Unknown(Uncertainty),
}

/// Whether `from` admits `namespace` to something that lives in `home`.
pub(super) fn admits(snapshot: &Snapshot, from: &From, home: &str, namespace: &str) -> Admission {
    let decide = |yes| if yes { Admission::Yes } else { Admission::No };
    match from {
        From::All => Admission::Yes,
        // For routes `None` is not a value of the enumeration: the engine keeps its default, the own namespace.
        From::Same | From::None => decide(home == namespace),
        From::Selector(None) => Admission::No,
        From::Selector(Some(selector)) if !is_valid(selector) => Admission::No,
        From::Selector(Some(selector)) => match snapshot.namespaces.get(namespace) {
            Some(object) => decide(selects(selector, namespace, &object.meta.labels)),
            None if selector.labels.is_empty() && selector.expressions.is_empty() => Admission::Yes,
            None if snapshot.coverage.sees("Namespace", namespace) => Admission::No,
            None if by_name_alone(selector) => decide(selects(selector, namespace, &[])),
            None => Admission::Unknown(Uncertainty::NamespaceLabels(namespace.into())),
        },
    }
}

/// Whether `from` admits objects of `kind` from a namespace of which not all of them have been seen.
pub fn admits_unseen(snapshot: &Snapshot, kind: &str, from: &From, home: &str) -> bool {
    let coverage = &snapshot.coverage;
    let unseen = |namespace: &str| !coverage.sees(kind, namespace);
    if coverage.sees_all(kind) {
        return false;
    }
    match from {
        From::All => true,
        From::Same | From::None => unseen(home),
        From::Selector(None) => false,
        From::Selector(Some(_)) if !coverage.sees_all("Namespace") => true,
        From::Selector(Some(_)) => snapshot
            .namespaces
            .keys()
            .any(|namespace| unseen(namespace) && admits(snapshot, from, home, namespace) != Admission::No),
    }
}

/// The API machinery's own check of a selector (`LabelSelectorAsSelector`); an invalid one admits nothing.
fn is_valid(selector: &NamespaceSelector) -> bool {
    selector.expressions.iter().all(|requirement| match requirement.operator {
        RequirementOperator::In | RequirementOperator::NotIn => !requirement.values.is_empty(),
        RequirementOperator::Exists | RequirementOperator::DoesNotExist => requirement.values.is_empty(),
    })
}

fn by_name_alone(selector: &NamespaceSelector) -> bool {
    selector.labels.iter().all(|(key, _)| key == NAME_LABEL)
        && selector.expressions.iter().all(|requirement| requirement.key == NAME_LABEL)
}

fn selects(selector: &NamespaceSelector, namespace: &str, labels: &[(Name, Name)]) -> bool {
    let value = |key: &str| {
        let labelled = labels.iter().find(|(label, _)| label == key).map(|(_, value)| value.as_str());
        labelled.or((key == NAME_LABEL).then_some(namespace))
    };
    let meets = |requirement: &Requirement| {
        let value = value(&requirement.key);
        let listed = || value.is_some_and(|value| requirement.values.iter().any(|one| one == value));
        match requirement.operator {
            RequirementOperator::In => listed(),
            RequirementOperator::NotIn => !listed(),
            RequirementOperator::Exists => value.is_some(),
            RequirementOperator::DoesNotExist => value.is_none(),
        }
    };
    selector.labels.iter().all(|(key, wanted)| value(key) == Some(wanted.as_str()))
        && selector.expressions.iter().all(meets)
}

/// The hostnames that a listener and a route share; `None` when they share none. Written as the engine writes them:
/// duplicates stay when the listener has no hostname of its own.
pub(super) fn shared_hostnames(listener: Option<&Name>, route: &[Name]) -> Option<Vec<Name>> {
    match (listener, route) {
        (None, []) => Some(vec![Name::new_static("*")]),
        (Some(listener), []) => Some(vec![listener.clone()]),
        (None, route) => Some(route.to_vec()),
        (Some(listener), route) => {
            let mut shared: Vec<Name> = Vec::new();
            for hostname in route {
                if let Some(both) = intersection(listener, hostname)
                    && !shared.contains(both)
                {
                    shared.push(both.clone());
                }
            }
            (!shared.is_empty()).then_some(shared)
        }
    }
}

/// The same where the listener is chosen by host before any route is looked at (agentgateway): the route's own names, as
/// far as the listener hears of them.
fn served_hostnames(listener: Option<&Name>, route: &[Name]) -> Vec<Name> {
    if route.is_empty() {
        return vec![Name::new_static("*")];
    }
    let heard = |hostname: &&Name| listener.is_none_or(|listener| intersection(listener, hostname).is_some());
    route.iter().filter(heard).cloned().collect()
}

/// What two hostnames share: equal names, a name under a wildcard (one label or more), the longer of two wildcards.
pub(super) fn intersection<'a>(left: &'a Name, right: &'a Name) -> Option<&'a Name> {
    match (wildcard_tail(left), wildcard_tail(right)) {
        (None, None) => (left == right).then_some(left),
        (Some(tail), None) => right.ends_with(tail).then_some(right),
        (None, Some(tail)) => left.ends_with(tail).then_some(left),
        (Some(left_tail), Some(right_tail)) if left_tail.ends_with(right_tail) => Some(left),
        (Some(left_tail), Some(right_tail)) => right_tail.ends_with(left_tail).then_some(right),
    }
}

/// What follows the `*` of a wildcard.
pub(super) fn wildcard_tail(name: &Name) -> Option<&str> {
    name.strip_prefix('*').filter(|tail| tail.starts_with('.'))
}

/// How specific a listener's hostname is: none, then wildcards by their labels, then exact names.
fn specificity(hostname: Option<&Name>) -> (u8, usize) {
    match hostname {
        None => (0, 0),
        Some(name) => match name.strip_prefix("*.") {
            Some(rest) => (1, rest.bytes().filter(|byte| *byte == b'.').count()),
            None => (2, 0),
        },
    }
}

/// Whether a more specific listener among those with the hostnames `others` takes `hostname` away from a listener with
/// hostname `own`. What covers a name is the name itself, or a wildcard over one of its ends, the longest the most specific.
fn taken_by(own: Option<&Name>, hostname: &Name, others: &AHashSet<&Name>) -> bool {
    if hostname == "*" {
        return false;
    }
    let is_wildcard = wildcard_tail(hostname).is_some();
    let itself = others.get(hostname).filter(|_| !is_wildcard).copied();
    let name = wildcard_tail(hostname).unwrap_or(hostname);
    let wildcards = || {
        let ends = name.match_indices('.').map(|(dot, _)| Name::from(format!("*{}", &name[dot..])));
        ends.into_iter().find_map(|wildcard| others.get(&wildcard).copied())
    };
    let best = itself.or_else(wildcards);
    best.is_some_and(|best| specificity(Some(best)) > specificity(own))
}

fn admits_kind(listener: &Listener, kind: RouteKind) -> bool {
    let carried = match listener.protocol {
        Protocol::Http | Protocol::Https => true,
        // The engine lets HTTPRoutes onto protocols it does not know, and then does not serve them.
        Protocol::Other(_) => kind == RouteKind::Http,
        Protocol::Tls | Protocol::Tcp | Protocol::Udp => false,
    };
    carried && lists_kind(listener, kind.name())
}

/// Whether `allowedRoutes.kinds` names a kind of the Gateway API, or nothing.
pub(super) fn lists_kind(listener: &Listener, kind: &str) -> bool {
    let mut kinds = listener.allowed_routes.kinds.iter().flatten();
    listener.allowed_routes.kinds.is_none() || kinds.any(|listed| listed.group == GATEWAY_GROUP && listed.kind == kind)
}

/// What a parentRef points at.
pub(super) enum Parent {
    Gateway(ObjectKey),
    ListenerSet(ObjectKey),
    /// Another kind: a delegating route, a mesh Service.
    Other,
}

pub(super) fn parent_of(reference: &ParentRef, home: &Name) -> Parent {
    let key = || {
        let namespace = reference.namespace.clone().filter(|namespace| !namespace.is_empty());
        ObjectKey::new(namespace.unwrap_or_else(|| home.clone()), reference.name.clone())
    };
    match (reference.group.as_str(), reference.kind.as_str()) {
        (GATEWAY_GROUP, "Gateway") => Parent::Gateway(key()),
        (GATEWAY_GROUP, "ListenerSet") | ("gateway.networking.x-k8s.io", "XListenerSet") => Parent::ListenerSet(key()),
        _ => Parent::Other,
    }
}

/// A parent's listeners: a range of one node's.
#[derive(Clone)]
pub(super) struct Resource {
    pub node: usize,
    pub listeners: Range<usize>,
    pub denied: bool,
}

/// How far a parentRef gets with a listener that admits routes of its kind.
pub(super) enum Reach {
    /// The listener does not admit the route's namespace.
    Refused,
    /// The parentRef means another listener.
    Elsewhere,
    /// The listener is meant, and admits.
    Here(Admission),
}

pub(super) fn reach(
    snapshot: &Snapshot,
    node: &GatewayNode,
    at: usize,
    reference: &ParentRef,
    namespace: &Name,
) -> Reach {
    let listener = node.listeners[at].listener(&node.gateway);
    let home = node.listeners[at].set.as_ref().map_or(&node.gateway.meta, |set| &set.meta);
    let admission = admits(snapshot, &listener.allowed_routes.namespaces, &home.namespace, namespace);
    if admission == Admission::No {
        return Reach::Refused;
    }
    let fits = if node.assumed {
        !gateway::names_listener(reference) || gateway::meant(reference) == (listener.protocol.clone(), listener.port)
    } else {
        reference.port.is_none_or(|port| port == listener.port)
            && reference.section_name.as_ref().is_none_or(|name| *name == listener.name)
    };
    if fits { Reach::Here(admission) } else { Reach::Elsewhere }
}

/// Attaches every route to the listeners that take it. Fills gateways, roots (not yet expanded) and unattached; returns,
/// for each root, why its attachment is not certain.
pub(super) fn attach(snapshot: &Snapshot, settings: &Settings, tree: &mut Tree) -> Vec<Vec<Uncertainty>> {
    let (gateways, sets) = nodes(snapshot, settings, tree);
    let indexes: Vec<ListenerIndex> = tree.gateways.iter().map(ListenerIndex::of).collect();
    let mut admissions = Admissions::default();
    let mut budget =
        Budget { spent: 0, allowed: limits::TABLE_BYTES + snapshot.routes.len() * limits::TABLE_BYTES_PER_ROUTE };
    let mut roots: AHashMap<(RouteId, Engine, bool, Option<u32>), RootId> = AHashMap::default();
    let mut uncertain: Vec<Vec<Uncertainty>> = Vec::new();
    for (index, route) in snapshot.routes.iter().enumerate() {
        let id = RouteId(u32::try_from(index).unwrap_or(u32::MAX));
        for (place, reference) in route.parent_refs.iter().enumerate() {
            let parent_ref = u32::try_from(place).unwrap_or(u32::MAX);
            let (what, resource, key) = match parent_of(reference, &route.meta.namespace) {
                Parent::Gateway(key) => ("Gateway", gateways.get(&key).cloned(), key),
                Parent::ListenerSet(key) => ("ListenerSet", sets.get(&key).cloned(), key),
                Parent::Other => continue,
            };
            let Some(resource) = resource else {
                let why = NotAttached::NoSuchParent(Subject { kind: what, key });
                tree.unattached.push(Unattached { route: id, parent_ref, why });
                continue;
            };
            if resource.denied {
                let why = NotAttached::ListenerSetNotAllowed(key);
                tree.unattached.push(Unattached { route: id, parent_ref, why });
                continue;
            }
            let mut attached = false;
            let node = &tree.gateways[resource.node];
            let index = &indexes[resource.node];
            for at in index.candidates(node, resource.listeners.clone(), reference, &route.hostnames) {
                let node = &tree.gateways[resource.node];
                let listener = node.listeners[at].listener(&node.gateway);
                if !admits_kind(listener, route.kind) {
                    continue;
                }
                let Reach::Here(admission) = reach(snapshot, node, at, reference, &route.meta.namespace) else {
                    continue;
                };
                let Some(mut hostnames) = shared_hostnames(listener.hostname.as_ref(), &route.hostnames) else {
                    continue;
                };
                if node.dialect.delegation == DelegationModel::HopByHop {
                    hostnames = served_hostnames(listener.hostname.as_ref(), &route.hostnames);
                }
                // The first is the route's own; any more are copies.
                if attached {
                    budget.spent += size_of::<Attached>() + hostnames.len() * size_of::<Name>();
                    if budget.is_spent() {
                        tree.gateways[resource.node].cut += 1;
                        continue;
                    }
                }
                attached = true;
                let dialect = node.dialect;
                let alone = dialect.delegation == DelegationModel::HopByHop;
                let of_node = alone.then(|| u32::try_from(resource.node).unwrap_or(u32::MAX));
                let root = *roots.entry((id, dialect.engine, dialect.is_assumed, of_node)).or_insert_with(|| {
                    uncertain.push(Vec::new());
                    push_root(tree, id, dialect, of_node)
                });
                if let Admission::Unknown(why) = admission
                    && !uncertain[root.0 as usize].contains(&why)
                {
                    uncertain[root.0 as usize].push(why);
                }
                let attached = Attached { root, parent_ref, hostnames, isolated: Vec::new() };
                tree.gateways[resource.node].listeners[at].attached.push(attached);
            }
            if !attached {
                let node = &tree.gateways[resource.node];
                let admitted = admissions.admits(snapshot, node, &resource, route);
                let matched = admitted
                    && index.named(node, reference).is_none_or(|named| {
                        let fits = |at: usize| {
                            let listener = node.listeners[at].listener(&node.gateway);
                            let reached = || reach(snapshot, node, at, reference, &route.meta.namespace);
                            admits_kind(listener, route.kind) && matches!(reached(), Reach::Here(_))
                        };
                        if resource.listeners.len() <= FEW {
                            resource.listeners.clone().any(fits)
                        } else {
                            named.iter().copied().filter(|at| resource.listeners.contains(at)).any(fits)
                        }
                    });
                let why = refusal(route, Subject { kind: what, key }, reference, admitted, matched);
                tree.unattached.push(Unattached { route: id, parent_ref, why });
            }
        }
    }
    streams::attach(Lookup { snapshot, settings }, tree, &gateways, &sets, &indexes);
    for node in tree.gateways.iter_mut().filter(|node| node.dialect.delegation != DelegationModel::HopByHop) {
        isolate(node);
    }
    uncertain
}

fn push_root(tree: &mut Tree, route: RouteId, dialect: &'static Dialect, node: Option<u32>) -> RootId {
    let root = RootId(u32::try_from(tree.roots.len()).unwrap_or(u32::MAX));
    tree.roots.push(Root { route, dialect, node, hops: 0..0, rows: Vec::new(), cut: None, unevaluated: false });
    root
}

fn refusal(route: &Route, parent: Subject, reference: &ParentRef, admitted: bool, matched: bool) -> NotAttached {
    if !admitted {
        let (kind, namespace) = (route.kind.name(), route.meta.namespace.clone());
        NotAttached::NotAllowedByListeners { parent, kind, namespace }
    } else if !matched {
        NotAttached::NoMatchingParent { parent, section: reference.section_name.clone(), port: reference.port }
    } else {
        NotAttached::NoMatchingListenerHostname { parent, hostnames: route.hostnames.clone() }
    }
}

pub(super) type Resources = AHashMap<ObjectKey, Resource>;

/// Builds the Gateways' nodes, assumed ones last, and says where the listeners of each Gateway and `ListenerSet` are.
fn nodes(snapshot: &Snapshot, settings: &Settings, tree: &mut Tree) -> (Resources, Resources) {
    let sets = gateway::sets_by_gateway(snapshot);
    let assumed = spoken_of(snapshot, &sets);
    let hints = Hints::of(snapshot, settings);
    let mut gateways = Resources::default();
    let mut of_sets = Resources::default();
    let known = snapshot.gateways.iter().map(|(key, gateway)| (key.clone(), Arc::clone(gateway), false));
    let unknown = assumed.into_iter().map(|(key, own)| {
        let made_up = Arc::new(gateway::assumed(&key, own.as_ref()));
        (key, made_up, true)
    });
    for (key, gateway, assumed) in known.chain(unknown) {
        let sets = sets.get(&key).map_or(&[][..], Vec::as_slice);
        let node = gateway::node_of(snapshot, settings, gateway, sets, &hints, assumed);
        let at = tree.gateways.len();
        let mut from = node.gateway.listeners.len();
        gateways.insert(key, Resource { node: at, listeners: 0..from, denied: false });
        for set in sets {
            let to = from + set.listeners.len();
            let denied = node.listeners[from..to].first().is_some_and(|listener| {
                matches!(listener.state, super::ListenerState::Rejected { reason: "NotAllowed", .. })
            });
            of_sets.insert(set.meta.key(), Resource { node: at, listeners: from..to, denied });
            from = to;
        }
        tree.gateways.push(node);
    }
    (gateways, of_sets)
}

/// The Gateways that routes and `ListenerSets` speak of, which are not in view but may exist, each with the ports of the
/// listeners that routes name, and whether they speak TLS; `None` where only sets speak of it.
fn spoken_of(
    snapshot: &Snapshot,
    sets: &AHashMap<ObjectKey, Vec<Arc<crate::model::ListenerSet>>>,
) -> BTreeMap<ObjectKey, Option<BTreeSet<(u16, bool)>>> {
    let mut assumed: BTreeMap<ObjectKey, Option<BTreeSet<(u16, bool)>>> = BTreeMap::new();
    let may_exist =
        |key: &ObjectKey| !snapshot.gateways.contains_key(key) && !snapshot.coverage.sees("Gateway", &key.namespace);
    for route in &snapshot.routes {
        for reference in &route.parent_refs {
            if let Parent::Gateway(key) = parent_of(reference, &route.meta.namespace)
                && may_exist(&key)
            {
                let named = assumed.entry(key).or_default().get_or_insert_default();
                if gateway::names_listener(reference) {
                    let (protocol, port) = gateway::meant(reference);
                    named.insert((port, protocol == Protocol::Https));
                }
            }
        }
    }
    for key in sets.keys().filter(|key| may_exist(key)) {
        assumed.entry(key.clone()).or_insert(None);
    }
    assumed
}

/// Takes hostnames away from HTTP listeners where a more specific served one of the same port covers them.
fn isolate(node: &mut GatewayNode) {
    let gateway: &Gateway = &node.gateway;
    let served: Vec<(usize, u16, Option<Name>)> = node
        .listeners
        .iter()
        .enumerate()
        .filter(|(_, listener)| listener.is_served() && listener.listener(gateway).protocol == Protocol::Http)
        .map(|(at, listener)| (at, listener.port(gateway), listener.listener(gateway).hostname.clone()))
        .collect();
    let mut by_port: AHashMap<u16, AHashSet<&Name>> = AHashMap::default();
    for (_, port, hostname) in &served {
        by_port.entry(*port).or_default().extend(hostname);
    }
    for (at, port, own) in &served {
        let others = &by_port[port];
        if others.is_empty() {
            continue;
        }
        for attached in &mut node.listeners[*at].attached {
            let taken = |name: &Name| taken_by(own.as_ref(), name, others);
            let (isolated, kept) = std::mem::take(&mut attached.hostnames).into_iter().partition(taken);
            attached.hostnames = kept;
            attached.isolated = isolated;
        }
    }
}

/// Which listeners admit routes of a kind and a namespace at all, asked once for all that admit alike.
#[derive(Default)]
struct Admissions {
    /// Per parent (node, first listener), a listener of each sort.
    sorts: AHashMap<(usize, usize), Vec<usize>>,
    known: AHashMap<(usize, usize, RouteKind, Name), bool>,
}

impl Admissions {
    fn admits(&mut self, snapshot: &Snapshot, node: &GatewayNode, resource: &Resource, route: &Route) -> bool {
        let parent = (resource.node, resource.listeners.start);
        let namespace = &route.meta.namespace;
        let key = (parent.0, parent.1, route.kind, namespace.clone());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let sorts = self.sorts.entry(parent).or_insert_with(|| {
            let mut seen: AHashSet<String> = AHashSet::default();
            let sort = |at: &usize| {
                let listener = node.listeners[*at].listener(&node.gateway);
                let set = node.listeners[*at].set.as_ref().map(|set| &set.meta.namespace);
                seen.insert(format!("{:?} {:?} {set:?}", listener.protocol, listener.allowed_routes))
            };
            resource.listeners.clone().filter(sort).collect()
        });
        let admitted = sorts.iter().any(|&at| {
            let listener = node.listeners[at].listener(&node.gateway);
            let home = node.listeners[at].set.as_ref().map_or(&node.gateway.meta, |set| &set.meta);
            let admits = admits(snapshot, &listener.allowed_routes.namespaces, &home.namespace, namespace);
            admits_kind(listener, route.kind) && admits != Admission::No
        });
        self.known.insert(key, admitted);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(left: &str, right: &str) -> Option<String> {
        intersection(&Name::new(left), &Name::new(right)).map(ToString::to_string)
    }

    #[test]
    fn a_wildcard_covers_one_label_or_more_but_not_its_own_domain() {
        assert_eq!(both("*.a.b", "x.a.b").as_deref(), Some("x.a.b"));
        assert_eq!(both("*.a.b", "y.x.a.b").as_deref(), Some("y.x.a.b"));
        assert_eq!(both("x.a.b", "*.a.b").as_deref(), Some("x.a.b"));
        assert_eq!(both("*.a.b", "a.b"), None);
        assert_eq!(both("*.a.b", "xa.b"), None);
    }

    #[test]
    fn two_wildcards_meet_in_the_longer() {
        assert_eq!(both("*.b", "*.a.b").as_deref(), Some("*.a.b"));
        assert_eq!(both("*.a.b", "*.b").as_deref(), Some("*.a.b"));
        assert_eq!(both("*.a.b", "*.c.b"), None);
    }

    #[test]
    fn no_hostname_yields_the_other_side() {
        let names = [Name::new("a.io"), Name::new("a.io")];
        assert_eq!(shared_hostnames(None, &[]), Some(vec![Name::new("*")]));
        assert_eq!(shared_hostnames(None, &names), Some(names.to_vec()));
        assert_eq!(shared_hostnames(Some(&names[0]), &[]), Some(vec![names[0].clone()]));
        assert_eq!(shared_hostnames(Some(&names[0]), &names), Some(vec![names[0].clone()]));
        assert_eq!(shared_hostnames(Some(&Name::new("b.io")), &names), None);
    }

    #[test]
    fn a_more_specific_listener_takes_what_it_covers() {
        let (exact, wide, wider) = (Name::new("a.b.io"), Name::new("*.b.io"), Name::new("*.io"));
        let taken = |own, hostname, other| taken_by(own, hostname, &AHashSet::from_iter([other]));
        assert!(taken(None, &exact, &wide));
        assert!(taken(Some(&wider), &exact, &wide));
        assert!(taken(Some(&wide), &exact, &exact));
        assert!(!taken(Some(&exact), &exact, &wide));
        assert!(taken(Some(&wider), &wide, &wide), "a wildcard is its own");
        assert!(!taken(None, &wider, &wide), "a listener covers no name wider than its own");
        assert!(!taken(None, &Name::new("*"), &wide));
    }

    #[test]
    fn a_selector_reads_labels_and_the_name_of_the_namespace() {
        let require = |key: &str, operator, values: &[&str]| NamespaceSelector {
            labels: Vec::new(),
            expressions: vec![Requirement {
                key: Name::new(key),
                operator,
                values: values.iter().map(|value| Name::new(*value)).collect(),
            }],
        };
        let labels = [(Name::new("tier"), Name::new("gold"))];
        assert!(selects(&require("tier", RequirementOperator::In, &["gold", "tin"]), "n", &labels));
        assert!(!selects(&require("tier", RequirementOperator::NotIn, &["gold"]), "n", &labels));
        assert!(selects(&require("other", RequirementOperator::NotIn, &["gold"]), "n", &labels));
        assert!(selects(&require("other", RequirementOperator::DoesNotExist, &[]), "n", &labels));
        assert!(selects(&require(NAME_LABEL, RequirementOperator::In, &["n"]), "n", &labels));
        assert!(!is_valid(&require("tier", RequirementOperator::In, &[])));
    }
}
