//! Gateways: which engine answers for each, and which of its listeners are served.
//!
//! Sources: kgateway `pkg/krtcollections/policy.go` (`GatewaysForEnvoyTransformationFunc`: `ListenerSets` and their
//! order), `pkg/kgateway/translator/listener/validation.go` (kinds, protocols, conflicts, reserved ports).

use std::collections::BTreeSet;
use std::sync::Arc;

use ahash::AHashMap;

use super::attach::{Admission, admits};
use super::backend::Lookup;
use super::engine::{Hints, Told};
use super::settings::{Dialect, Engine, Settings};
use super::{GatewayNode, ListenerNode, ListenerState, Streams, tls};
use crate::finding::ListenerProblem;
use crate::model::{
    AllowedRoutes, From, GATEWAY_GROUP, Gateway, GatewayRecord, Listener, ListenerSet, Meta, Name, ObjectKey, Origin,
    ParentRef, Position, Protocol, Source, SourceKind,
};
use crate::store::Snapshot;

/// Ports that the proxy itself listens on: metrics, readiness, admin (kgateway `pkg/kgateway/validate/gateway.go`).
pub const RESERVED_PORTS: [u16; 3] = [9091, 8082, 19000];

impl ListenerNode {
    /// Whether its protocol is none that kgateway serves, and the engine is another: what becomes of it is not known.
    pub fn is_left_to(&self, dialect: &Dialect) -> bool {
        !dialect.is_of_kgateway() && matches!(self.state, ListenerState::Rejected { reason: "UnsupportedProtocol", .. })
    }

    /// The listener as it was written.
    pub fn listener<'a>(&'a self, gateway: &'a Gateway) -> &'a Listener {
        match &self.set {
            Some(set) => &set.listeners[self.index as usize],
            None => &gateway.listeners[self.index as usize],
        }
    }

    /// Its name as others see it: plain for the Gateway's own, `namespace/set/name` for one of a `ListenerSet`.
    pub fn name(&self, gateway: &Gateway) -> Name {
        let name = &self.listener(gateway).name;
        match &self.set {
            Some(set) => Name::from(format!("{}/{}/{name}", set.meta.namespace, set.meta.name)),
            None => name.clone(),
        }
    }

    /// The port it is served on (kgateway `pkg/utils/kubeutils/port.go`: a `ListenerSet` may leave it to the protocol).
    pub fn port(&self, gateway: &Gateway) -> u16 {
        let listener = self.listener(gateway);
        match (listener.port, &listener.protocol) {
            (0, Protocol::Http) => 80,
            (0, Protocol::Https) => 443,
            (port, _) => port,
        }
    }

    /// Whether it is served.
    pub fn is_served(&self) -> bool {
        self.state == ListenerState::Served
    }
}

/// The `ListenerSets` of each Gateway: the oldest first, then by `namespace/name` as one string.
pub(super) fn sets_by_gateway(snapshot: &Snapshot) -> AHashMap<ObjectKey, Vec<Arc<ListenerSet>>> {
    let mut by_gateway: AHashMap<ObjectKey, Vec<Arc<ListenerSet>>> = AHashMap::default();
    for set in snapshot.listener_sets.values() {
        if set.parent_group == GATEWAY_GROUP && set.parent_kind == "Gateway" {
            let namespace = set.parent_namespace.clone().unwrap_or_else(|| set.meta.namespace.clone());
            by_gateway.entry(ObjectKey::new(namespace, set.parent_name.clone())).or_default().push(Arc::clone(set));
        }
    }
    for sets in by_gateway.values_mut() {
        sets.sort_by_cached_key(|set| (set.meta.created, set.meta.key().to_string()));
    }
    by_gateway
}

/// A Gateway's listeners in order of precedence, each with whether it is served.
fn listeners(
    snapshot: &Snapshot,
    dialect: &Dialect,
    gateway: &Gateway,
    sets: &[Arc<ListenerSet>],
) -> Vec<ListenerNode> {
    let mut nodes: Vec<ListenerNode> = Vec::new();
    let own = (0..gateway.listeners.len()).map(|index| node(None, index));
    nodes.extend(own);
    for set in sets {
        let denied = denied(snapshot, gateway, set);
        for index in 0..set.listeners.len() {
            let mut node = node(Some(Arc::clone(set)), index);
            if let Some(why) = &denied {
                node.state = ListenerState::Rejected { reason: "NotAllowed", why: why.clone() };
            }
            nodes.push(node);
        }
    }
    for node in &mut nodes {
        if node.is_served()
            && let Some((reason, why)) = unsupported(node.listener(gateway))
        {
            node.state = ListenerState::Rejected { reason, why };
        }
    }
    settle_conflicts(gateway, &mut nodes, dialect.is_of_kgateway());
    nodes
}

fn node(set: Option<Arc<ListenerSet>>, index: usize) -> ListenerNode {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    ListenerNode {
        set,
        index,
        state: ListenerState::Served,
        tls: Vec::new(),
        attached: Vec::new(),
        streams: Streams::default(),
        replaced: None,
        status_messages: Vec::new(),
    }
}

/// Why a Gateway does not take a `ListenerSet`. Absent `allowedListeners` (and absent `namespaces`) admit none.
fn denied(snapshot: &Snapshot, gateway: &Gateway, set: &ListenerSet) -> Option<ListenerProblem> {
    let key = gateway.meta.key();
    let Some(from) = &gateway.allowed_listeners else {
        return Some(ListenerProblem::NoListenerSets(key));
    };
    let admitted = match from {
        From::None => false,
        from => !matches!(admits(snapshot, from, &gateway.meta.namespace, &set.meta.namespace), Admission::No),
    };
    (!admitted).then(|| ListenerProblem::NamespaceNotAllowed { gateway: key, namespace: set.meta.namespace.clone() })
}

/// The route kinds a protocol carries (kgateway `getSupportedRouteKindsForListener`); `None` when it is not supported.
pub fn supported_kinds(listener: &Listener) -> Option<&'static [&'static str]> {
    match listener.protocol {
        Protocol::Http | Protocol::Https => Some(&["HTTPRoute", "GRPCRoute"]),
        Protocol::Tcp => Some(&["TCPRoute"]),
        Protocol::Tls => match listener.tls.as_ref().map(|tls| tls.mode) {
            Some(crate::model::TlsMode::Terminate) => Some(&["TLSRoute", "TCPRoute"]),
            _ => Some(&["TLSRoute"]),
        },
        Protocol::Udp | Protocol::Other(_) => None,
    }
}

/// The `allowedRoutes.kinds` that the listener's protocol does not carry.
pub fn invalid_kinds(listener: &Listener) -> Vec<&str> {
    let (Some(supported), Some(kinds)) = (supported_kinds(listener), &listener.allowed_routes.kinds) else {
        return Vec::new();
    };
    let fits =
        |kind: &&crate::model::RouteGroupKind| kind.group == GATEWAY_GROUP && supported.contains(&kind.kind.as_str());
    kinds.iter().filter(|kind| !fits(kind)).map(|kind| kind.kind.as_str()).collect()
}

/// Why a listener is set aside before conflicts are looked at (`validateSupportedRoutes`): it claims no hostname.
fn unsupported(listener: &Listener) -> Option<(&'static str, ListenerProblem)> {
    let Some(supported) = supported_kinds(listener) else {
        return Some(("UnsupportedProtocol", ListenerProblem::Protocol(listener.protocol.clone())));
    };
    let kinds = listener.allowed_routes.kinds.as_deref().filter(|kinds| !kinds.is_empty())?;
    let fits =
        |kind: &crate::model::RouteGroupKind| kind.group == GATEWAY_GROUP && supported.contains(&kind.kind.as_str());
    if kinds.iter().any(fits) {
        return None;
    }
    let named = kinds.iter().map(|kind| kind.kind.clone()).collect();
    Some(("InvalidRouteKinds", ListenerProblem::RouteKinds(named)))
}

/// Rejects listeners that clash with another of their port (`validateListeners`). A listener rejected for its protocol
/// still claims its hostname.
fn settle_conflicts(gateway: &Gateway, nodes: &mut [ListenerNode], reserves_ports: bool) {
    let mut by_port: std::collections::BTreeMap<u16, Vec<usize>> = std::collections::BTreeMap::new();
    for (place, node) in nodes.iter_mut().enumerate() {
        if !node.is_served() {
            continue;
        }
        match node.port(gateway) {
            0 => {
                let why = ListenerProblem::NeedsPort(node.listener(gateway).protocol.clone());
                node.state = ListenerState::Rejected { reason: "Invalid", why };
            }
            port => by_port.entry(port).or_default().push(place),
        }
    }
    for (port, places) in by_port {
        let first = nodes[places[0]].listener(gateway).protocol.clone();
        let mixed = places.iter().any(|&place| family(&nodes[place].listener(gateway).protocol) != family(&first));
        let mut claimed: AHashMap<Name, Name> = AHashMap::default();
        for &place in &places {
            let listener = nodes[place].listener(gateway);
            let name = nodes[place].name(gateway);
            let hostname = listener.hostname.clone().unwrap_or_else(|| Name::new_static("*"));
            let owner = claimed.entry(hostname.clone()).or_insert_with(|| name.clone()).clone();
            let rejected = if mixed && listener.protocol != first {
                let (other, own) = (first.clone(), listener.protocol.clone());
                Some(("ProtocolConflict", ListenerProblem::ProtocolConflict { port, other, own }))
            } else if owner != name {
                Some(("HostnameConflict", ListenerProblem::HostnameConflict { owner, hostname, port }))
            } else if reserves_ports && RESERVED_PORTS.contains(&port) {
                Some(("Invalid", ListenerProblem::ReservedPort(port)))
            } else {
                None
            };
            if let Some((reason, why)) = rejected {
                nodes[place].state = ListenerState::Rejected { reason, why };
            }
        }
    }
}

/// HTTPS and TLS count as one protocol on a port.
fn family(protocol: &Protocol) -> &Protocol {
    match protocol {
        Protocol::Tls => &Protocol::Https,
        other => other,
    }
}

/// A listener that a parentRef to a Gateway out of view means, as far as its port and the name of its section tell.
pub(super) fn meant(reference: &ParentRef) -> (Protocol, u16) {
    let section = reference.section_name.as_deref().unwrap_or_default().to_ascii_lowercase();
    let names = |part: &&str| section.replace("insecure", "").contains(*part);
    let is_https = match reference.port {
        Some(443 | 8443) => true,
        Some(80 | 8080) => false,
        _ => ["https", "tls", "ssl", "secure", "443"].iter().any(names),
    };
    let (protocol, port) = if is_https { (Protocol::Https, 443) } else { (Protocol::Http, 80) };
    (protocol, reference.port.unwrap_or(port))
}

/// Whether a parentRef names a listener of its Gateway.
pub(super) fn names_listener(reference: &ParentRef) -> bool {
    reference.section_name.is_some() || reference.port.is_some()
}

/// A Gateway that is not in view, assumed: the listeners that parentRefs name, or else one HTTP listener on port 80; all
/// admit every namespace. `None` for one that only `ListenerSets` speak of.
pub(super) fn assumed(key: &ObjectKey, named: Option<&BTreeSet<(u16, bool)>>) -> Gateway {
    let source = Arc::new(Source { name: "(not in view)".to_owned(), kind: SourceKind::Text, text: String::new() });
    let listener = |(port, is_https): (u16, bool)| Listener {
        at: Position::default(),
        name: match (port, is_https) {
            (80, false) => Name::new_static("http"),
            (443, true) => Name::new_static("https"),
            (port, _) => format!("port-{port}").into(),
        },
        protocol: if is_https { Protocol::Https } else { Protocol::Http },
        port,
        hostname: None,
        tls: None,
        allowed_routes: AllowedRoutes { namespaces: From::All, kinds: None },
    };
    let listeners = match named {
        None => Vec::new(),
        Some(named) if named.is_empty() => vec![listener((80, false))],
        Some(named) => named.iter().copied().map(listener).collect(),
    };
    Gateway {
        meta: Meta {
            namespace: key.namespace.clone(),
            unplaced: false,
            name: key.name.clone(),
            labels: Vec::new(),
            annotations: Vec::new(),
            created: None,
            origin: Origin { source, at: Position::default(), end_line: 0 },
            defective: false,
            doubt: None,
            dropped: None,
            open: None,
        },
        class: Name::default(),
        parameters_group: None,
        listeners,
        allowed_listeners: Some(From::All),
        frontend_tls: None,
        addresses: Vec::new(),
        status: GatewayRecord::default(),
    }
}

/// Puts a Gateway and its listeners into one node.
pub(super) fn node_of(
    snapshot: &Snapshot,
    settings: &Settings,
    gateway: Arc<Gateway>,
    sets: &[Arc<ListenerSet>],
    hints: &Hints,
    assumed: bool,
) -> GatewayNode {
    let Told { dialect, from: engine_from, assumption: engine_assumption } = hints.told(snapshot, settings, &gateway);
    let mut listeners = listeners(snapshot, dialect, &gateway, sets);
    if dialect.engine == Engine::Kgateway && !dialect.is_assumed && !assumed {
        tls::reject(Lookup { snapshot, settings }, &gateway, &mut listeners);
    }
    GatewayNode {
        gateway,
        dialect,
        engine_from,
        engine_assumption,
        chain_conflicts: Vec::new(),
        assumed,
        listeners,
        replaced: None,
        status_messages: Vec::new(),
        cut: 0,
    }
}
