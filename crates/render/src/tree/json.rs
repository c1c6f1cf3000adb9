//! The tree as data: what is below what, what becomes of it, and where it is written.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::data::{ActionData, DestinationData, Each, MatchData, SourceData, ViaData};
use crate::findings::{listener_problem, not_attached};
use crate::outline::{NodeRef, Outline, match_position, written_listener};
use crate::phrases;
use crate::rows::drop_reason;
use crate::uncertainty::not_read;
use crate::uncertainty::uncertainty;
use routescope_core::model::{Name, Route};
use routescope_core::resolve::{
    BrokenLink, ChildId, ChildState, Cut, LinkId, ListenerState, MatchState, RuleNode, RuleNodeId,
};
use routescope_core::unreadable;

/// `tree -o json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct TreeData<'o> {
    /// What of a cluster cannot be read, so that more may be here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<String>,
    pub gateways: Vec<GatewayData<'o>>,
    pub not_attached: Vec<NotAttachedData>,
}

/// A Gateway.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct GatewayData<'o> {
    pub namespace: Name,
    pub name: Name,
    pub engine: &'static str,
    pub engine_from: String,
    pub assumed: bool,
    /// As recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Name>,
    pub source: Option<SourceData>,
    pub listeners: Vec<ListenerData<'o>>,
}

/// A listener and the hosts served on it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ListenerData<'o> {
    pub name: Name,
    pub port: u16,
    pub protocol: String,
    pub hostname: Option<Name>,
    pub served: bool,
    pub reason: Option<&'static str>,
    pub message: Option<String>,
    pub source: Option<SourceData>,
    pub hosts: Vec<HostsData<'o>>,
}

/// The routes that serve the same hosts on one listener.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct HostsData<'o> {
    pub hostnames: Vec<Name>,
    pub routes: Each<'o, RouteData<'o>>,
}

/// A route at one place in the tree.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct RouteData<'o> {
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    /// `attached` under a listener; under a ref: `adopted`, or why it was not.
    pub fate: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub isolated: Vec<Name>,
    pub source: Option<SourceData>,
    pub matches: Each<'o, HopData<'o>>,
    /// Where a TCP or TLS route passes connections on to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destinations: Option<Vec<DestinationData>>,
}

/// A match of a route at one place in the tree.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct HopData<'o> {
    pub rule: u32,
    pub rule_name: Option<Name>,
    pub r#match: Option<u32>,
    /// What must hold in the end, after inheritance.
    pub matcher: MatchData,
    /// `row`, `delegates` or `dropped`.
    pub fate: &'static str,
    pub dropped: Option<String>,
    pub action: Option<ActionData>,
    pub delegates: Each<'o, LinkData<'o>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unverified: Vec<String>,
    pub source: Option<SourceData>,
}

/// A delegating ref at one place in the tree.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct LinkData<'o> {
    pub via: ViaData,
    pub broken: Option<BrokenData>,
    /// What lies behind it is not followed to its end: `depth` or `size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<&'static str>,
    /// How many routes it selects are not taken and not among `children`; left out when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<usize>,
    pub children: Each<'o, RouteData<'o>>,
}

/// Why a delegating ref leads nowhere.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct BrokenData {
    pub reason: &'static str,
    pub message: String,
}

/// A route that serves nothing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct NotAttachedData {
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    /// The parentRef in question; `null` for a route without any.
    pub parent_ref: Option<u32>,
    pub reason: &'static str,
    pub message: String,
    pub source: Option<SourceData>,
}

/// The whole outline as data.
pub fn data(outline: &Outline) -> TreeData<'_> {
    let mut gateways = Vec::new();
    let mut not_attached = Vec::new();
    for root in outline.roots() {
        match root {
            NodeRef::Gateway(at) => gateways.push(gateway(outline, at)),
            _ => not_attached.extend(outline.children(root).into_iter().filter_map(|node| loose(outline, node))),
        }
    }
    let unverified = unreadable::of_world(&outline.analysis().snapshot).as_ref().map(not_read);
    TreeData { unverified, gateways, not_attached }
}

fn source(outline: &Outline, node: NodeRef) -> Option<SourceData> {
    let place = outline.place(node)?;
    phrases::is_in_text(&place).then(|| SourceData { file: place.source.name.clone(), line: place.at.line })
}

fn gateway(outline: &Outline, at: u32) -> GatewayData<'_> {
    let node = outline.gateway(at);
    let mut listeners: Vec<ListenerData<'_>> = Vec::new();
    let mut last = None;
    for child in outline.children(NodeRef::Gateway(at)) {
        let NodeRef::Hosts(hosts) = child else { continue };
        let group = outline.hosts(hosts);
        if last != Some(group.listener) {
            listeners.push(listener(outline, hosts));
            last = Some(group.listener);
        }
        let (streams, routes): (Vec<_>, Vec<_>) =
            outline.children(child).into_iter().partition(|node| matches!(node, NodeRef::Stream(..)));
        let routes: Vec<_> = routes.into_iter().filter(|route| outline.route_of(*route).is_some()).collect();
        if let Some(listener) = listeners.last_mut() {
            listener.hosts.extend(streams.into_iter().filter_map(|node| stream(outline, node)));
        }
        if let Some(listener) = listeners.last_mut()
            && !routes.is_empty()
        {
            let routes = move || routes.clone().into_iter().filter_map(|route| attached_route(outline, route));
            listener.hosts.push(HostsData { hostnames: group.hostnames.clone(), routes: Each::of(routes) });
        }
    }
    GatewayData {
        namespace: node.gateway.meta.namespace.clone(),
        name: node.gateway.meta.name.clone(),
        engine: node.dialect.engine.name(),
        engine_from: node.engine_from.clone(),
        assumed: node.assumed,
        addresses: node.gateway.addresses.clone(),
        source: source(outline, NodeRef::Gateway(at)),
        listeners,
    }
}

fn listener(outline: &Outline, hosts: u32) -> ListenerData<'_> {
    let (gateway, node) = outline.listener_of(hosts);
    let written = written_listener(gateway, node);
    let (served, reason, message) = match &node.state {
        ListenerState::Served => (true, None, None),
        ListenerState::Rejected { reason, why } => (false, Some(*reason), Some(listener_problem(why))),
    };
    ListenerData {
        name: crate::outline::listener_name(gateway, node),
        port: written.port,
        protocol: written.protocol.name().to_owned(),
        hostname: written.hostname.clone(),
        served,
        reason,
        message,
        source: source(outline, NodeRef::Hosts(hosts)),
        hosts: Vec::new(),
    }
}

/// A TCP or TLS route on a listener.
fn stream(outline: &Outline, node: NodeRef) -> Option<HostsData<'_>> {
    let NodeRef::Stream(hosts, at) = node else { return None };
    let stream = outline.listener_of(hosts).1.streams.all().get(at as usize)?;
    let route = &stream.route;
    let data = move || RouteData {
        kind: route.kind.name(),
        namespace: route.meta.namespace.clone(),
        name: route.meta.name.clone(),
        fate: "attached",
        isolated: Vec::new(),
        source: SourceData::of(&route.meta.origin, route.meta.origin.at),
        matches: Each::of(std::iter::empty),
        destinations: Some(stream.destinations.iter().map(DestinationData::from).collect()),
    };
    let hostnames = if stream.names.is_empty() { vec![Name::new_static("*")] } else { stream.names.clone() };
    Some(HostsData { hostnames, routes: Each::of(move || std::iter::once_with(data)) })
}

fn attached_route(outline: &Outline, node: NodeRef) -> Option<RouteData<'_>> {
    let NodeRef::Route(slot) = node else { return None };
    let hops = if outline.has_children(node) { outline.root(slot).hops.clone() } else { 0..0 };
    let mut data = route(outline, slot, outline.route_of(node)?, "attached", hops);
    data.isolated.clone_from(&outline.attached(slot).isolated);
    Some(data)
}

fn route<'o>(outline: &'o Outline, slot: u32, route: &'o Route, fate: &'static str, hops: Range<u32>) -> RouteData<'o> {
    RouteData {
        kind: route.kind.name(),
        namespace: route.meta.namespace.clone(),
        name: route.meta.name.clone(),
        fate,
        isolated: Vec::new(),
        source: SourceData::of(&route.meta.origin, route.meta.origin.at),
        matches: Each::of(move || {
            let kept = hops.clone().map(RuleNodeId).filter(move |hop| outline.keeps(NodeRef::Match(slot, *hop)));
            kept.map(move |hop| self::hop(outline, slot, outline.hop(hop), route))
        }),
        destinations: None,
    }
}

fn hop<'o>(outline: &'o Outline, slot: u32, hop: &'o RuleNode, route: &'o Route) -> HopData<'o> {
    let (fate, dropped, action) = match &hop.state {
        MatchState::Row(action) => ("row", None, Some(ActionData::from(Arc::as_ref(action)))),
        MatchState::Delegates => ("delegates", None, None),
        MatchState::WeightedDelegation(own) => {
            ("delegates", None, own.as_ref().map(|own| ActionData::from(own.action.as_ref())))
        }
        MatchState::Dropped(reason) => ("dropped", Some(drop_reason(reason)), None),
    };
    HopData {
        rule: hop.rule,
        rule_name: route.rules.get(hop.rule as usize).and_then(|rule| rule.name.clone()),
        r#match: hop.match_index,
        matcher: MatchData::from(hop.matcher.as_ref()),
        fate,
        dropped,
        action,
        delegates: Each::of(move || {
            let links = hop.links.clone().map(LinkId);
            let kept = links.filter(move |link| outline.keeps(NodeRef::Link(slot, *link)));
            kept.map(move |id| link(outline, slot, id))
        }),
        unverified: hop.unverified.iter().map(uncertainty).collect(),
        source: SourceData::of(&route.meta.origin, match_position(hop, route)),
    }
}

fn link(outline: &Outline, slot: u32, id: LinkId) -> LinkData<'_> {
    let link = outline.link(id);
    let broken = link.broken.as_ref().map(|broken| BrokenData {
        reason: match broken {
            BrokenLink::Unresolved => "unresolved-delegation",
            BrokenLink::Cyclic { .. } => "cyclic-delegation",
        },
        message: phrases::broken_link(link).to_owned(),
    });
    let children = move || {
        let kept = move |at: &u32| outline.keeps(NodeRef::Child(slot, ChildId(*at)));
        link.children.clone().filter(kept).map(move |at| {
            let child = outline.child(ChildId(at));
            let found = outline.analysis().snapshot.route(child.route);
            route(outline, slot, found, child_fate(child.state), child.hops.clone())
        })
    };
    LinkData {
        via: ViaData::from(&link.via),
        broken,
        cut: link.cut.map(|cut| match cut {
            Cut::Depth => "depth",
            Cut::Size => "size",
        }),
        unlisted: link.unlisted.as_ref().map(|unlisted| unlisted.total()),
        children: Each::of(children),
    }
}

fn child_fate(fate: ChildState) -> &'static str {
    match fate {
        ChildState::Adopted => "adopted",
        ChildState::NotAdoptable => "not-adoptable",
        ChildState::HasHostnames => "has-hostnames",
        ChildState::Cycle => "cycle",
        ChildState::NothingLeft => "nothing-left",
        ChildState::Poisoned => "poisoned",
        ChildState::NotPermitted => "not-permitted",
        ChildState::ParentElsewhere => "parent-elsewhere",
    }
}

fn loose(outline: &Outline, node: NodeRef) -> Option<NotAttachedData> {
    if let NodeRef::UnattachedStream(at) = node {
        let unattached = &outline.analysis().tree.unattached_streams[at as usize];
        return Some(NotAttachedData {
            kind: unattached.route.kind.name(),
            namespace: unattached.route.meta.namespace.clone(),
            name: unattached.route.meta.name.clone(),
            parent_ref: Some(unattached.parent_ref),
            reason: unattached.why.reason(),
            message: not_attached(&unattached.why),
            source: source(outline, node),
        });
    }
    let route = outline.route_of(node)?;
    let (parent_ref, reason, message) = match node {
        NodeRef::Unattached(at) => {
            let unattached = &outline.analysis().tree.unattached[at as usize];
            (Some(unattached.parent_ref), unattached.why.reason(), not_attached(&unattached.why))
        }
        _ => (None, "NoParent", outline.label(node).note.plain().trim_start_matches("✗ ").to_owned()),
    };
    Some(NotAttachedData {
        kind: route.kind.name(),
        namespace: route.meta.namespace.clone(),
        name: route.meta.name.clone(),
        parent_ref,
        reason,
        message,
        source: source(outline, node),
    })
}
