//! The output types that commands share: a match, an action, a destination, a hop. They are the JSON contract, so they
//! are apart from the types they are made of.

use std::borrow::Cow;

use serde::Serialize;

use routescope_core::model::{
    HeaderChange, Name, ObjectKey, PathModifier, Position, Redirect, RedirectScheme, Route, RouteMatch, SourceKind,
    StreamRoute, ValueMatch,
};
use routescope_core::resolve::{
    Action, Destination, Forward, MirrorTo, Respond, RespondReason, Rewrite, RuleNodeId, Tree, Via, ViaBy,
};
use routescope_core::store::Snapshot;
use routescope_core::visible::visible_json;

use super::outline::match_position;
use super::routes::RowData;

/// The version of every JSON and YAML document this program writes.
pub const API_VERSION: &str = "routescope/v1";

/// A match: everything must hold.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the fields of HTTPRouteMatch
pub struct MatchData {
    pub path: TypedValue,
    pub method: Option<Name>,
    pub headers: Vec<TestData>,
    pub query_params: Vec<TestData>,
}

/// A value and how it is to be understood.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct TypedValue {
    pub r#type: &'static str,
    pub value: Name,
}

/// The test of a header or query parameter.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct TestData {
    pub name: Name,
    pub r#type: &'static str,
    pub value: Name,
}

impl From<&RouteMatch> for MatchData {
    fn from(matcher: &RouteMatch) -> Self {
        let RouteMatch { at: _, path, method, headers, query_params, grpc: _ } = matcher;
        let tests = |tests: &[ValueMatch]| {
            tests
                .iter()
                .map(|ValueMatch { kind, name, value }| TestData {
                    name: name.clone(),
                    r#type: kind.name(),
                    value: value.clone(),
                })
                .collect()
        };
        Self {
            path: TypedValue { r#type: path.kind.name(), value: path.value.clone() },
            method: method.clone(),
            headers: tests(headers),
            query_params: tests(query_params),
        }
    }
}

/// What a row does.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[allow(missing_docs)]
pub enum ActionData {
    Forward {
        destinations: Vec<DestinationData>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rewrite: Option<RewriteData>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        mirrors: Vec<MirrorData>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        request_headers: Vec<HeaderChangeData>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        response_headers: Vec<HeaderChangeData>,
        #[serde(skip_serializing_if = "Option::is_none")]
        timeout: Option<Name>,
    },
    Redirect {
        status: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        scheme: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        hostname: Option<Name>,
        #[serde(skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<TypedValue>,
    },
    /// Hop by hop: one of the refs is picked by weight, and the request is matched again among its routes.
    Delegate {
        refs: Vec<DelegateRefData>,
        routes: Vec<RowData>,
        #[serde(skip_serializing_if = "Option::is_none")]
        otherwise: Option<Box<ActionData>>,
    },
    Respond {
        status: Option<u16>,
        reason: &'static str,
        #[serde(skip_serializing_if = "String::is_empty")]
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
}

/// A ref to delegate by.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct DelegateRefData {
    pub via: ViaData,
    pub weight: u32,
    pub share: f64,
}

impl From<&Action> for ActionData {
    fn from(action: &Action) -> Self {
        match action {
            Action::Forward(forward) => {
                let Forward {
                    destinations,
                    rewrite,
                    mirrors,
                    request_headers,
                    response_headers,
                    timeout,
                    websocket: _,
                } = forward;
                Self::Forward {
                    destinations: destinations.iter().map(DestinationData::from).collect(),
                    rewrite: RewriteData::of(rewrite),
                    mirrors: mirrors.iter().map(MirrorData::from).collect(),
                    request_headers: request_headers.iter().map(HeaderChangeData::from).collect(),
                    response_headers: response_headers.iter().map(HeaderChangeData::from).collect(),
                    timeout: timeout.clone(),
                }
            }
            Action::Redirect(Redirect { scheme, hostname, path, port, status }) => Self::Redirect {
                // The CRD's default; resolution always fills it in.
                status: status.unwrap_or(302),
                scheme: scheme.map(scheme_name),
                hostname: hostname.clone(),
                port: *port,
                path: path.as_ref().map(path_modifier),
            },
            Action::Respond(Respond { status, reason, body, detail, .. }) => {
                // What a filter of the engine's own answers is not known.
                let status = (*reason != RespondReason::FilterDecides).then_some(*status);
                Self::Respond {
                    status,
                    reason: reason.name(),
                    message: crate::rows::respond_detail(detail),
                    body: body.clone(),
                }
            }
        }
    }
}

/// The scheme as a URL writes it.
pub fn scheme_name(scheme: RedirectScheme) -> &'static str {
    match scheme {
        RedirectScheme::Http => "http",
        RedirectScheme::Https => "https",
    }
}

fn path_modifier(modifier: &PathModifier) -> TypedValue {
    match modifier {
        PathModifier::Full(value) => TypedValue { r#type: "ReplaceFullPath", value: value.clone() },
        PathModifier::Prefix(value) => TypedValue { r#type: "ReplacePrefixMatch", value: value.clone() },
    }
}

/// What becomes of authority and path.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RewriteData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<TypedValue>,
}

impl RewriteData {
    fn of(Rewrite { host, path }: &Rewrite) -> Option<Self> {
        if host.is_none() && path.is_none() {
            return None;
        }
        Some(Self { host: host.clone(), path: path.as_ref().map(path_modifier) })
    }
}

/// A change to a header.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct HeaderChangeData {
    pub change: &'static str,
    pub name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Name>,
}

impl From<&HeaderChange> for HeaderChangeData {
    fn from(change: &HeaderChange) -> Self {
        let (change, name, value) = match change {
            HeaderChange::Set { name, value } => ("set", name, Some(value)),
            HeaderChange::Add { name, value } => ("add", name, Some(value)),
            HeaderChange::Remove { name } => ("remove", name, None),
        };
        Self { change, name: name.clone(), value: value.cloned() }
    }
}

/// A backend and whether it can be reached.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct DestinationData {
    pub group: Name,
    pub kind: Name,
    pub namespace: Name,
    pub name: Name,
    pub port: Option<u16>,
    pub weight: u32,
    pub share: f64,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Name>,
    /// In answers, for a Service whose endpoints are in view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<EndpointsData>,
}

/// How many endpoints serve a Service.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct EndpointsData {
    pub ready: usize,
    pub total: usize,
}

impl From<&Destination> for DestinationData {
    fn from(destination: &Destination) -> Self {
        let Destination {
            group,
            kind,
            namespace,
            name,
            port,
            weight,
            share,
            state,
            hosts,
            external_name: _,
            endpoints,
            at: _,
        } = destination;
        Self {
            group: group.clone(),
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            port: *port,
            weight: *weight,
            share: *share,
            state: state.name(),
            hosts: hosts.clone(),
            endpoints: endpoints.as_ref().map(|all| EndpointsData { ready: all.ready, total: all.total() }),
        }
    }
}

/// Who gets a copy of the request.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct MirrorData {
    pub group: Name,
    pub kind: Name,
    pub namespace: Name,
    pub name: Name,
    pub port: Option<u16>,
    pub state: &'static str,
    pub fraction: Option<FractionData>,
}

/// How much is copied.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct FractionData {
    pub numerator: u32,
    pub denominator: u32,
}

impl From<&MirrorTo> for MirrorData {
    fn from(MirrorTo { destination, fraction }: &MirrorTo) -> Self {
        let Destination {
            group,
            kind,
            namespace,
            name,
            port,
            weight: _,
            share: _,
            state,
            hosts: _,
            external_name: _,
            endpoints: _,
            at: _,
        } = destination;
        Self {
            group: group.clone(),
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            port: *port,
            state: state.name(),
            fraction: fraction.map(|f| FractionData { numerator: f.numerator, denominator: f.denominator }),
        }
    }
}

/// One step of the way from the Gateway to the row: a match of a rule of a route, and how the route was reached.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct HopData {
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    pub rule: u32,
    pub rule_name: Option<Name>,
    pub r#match: Option<u32>,
    pub via: ViaData,
    pub source: Option<SourceData>,
}

/// How a route was reached.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct ViaData {
    pub by: &'static str,
    pub value: Name,
    pub namespace: Name,
}

impl From<&Via> for ViaData {
    fn from(Via { by, value, namespace }: &Via) -> Self {
        Self { by: by.name(), value: value.clone(), namespace: namespace.clone() }
    }
}

/// Where something is written.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct SourceData {
    pub file: String,
    pub line: u32,
}

impl SourceData {
    /// The place `at` in the source of an object; `None` in a cluster, where the object's name is the place.
    pub fn of(origin: &routescope_core::model::Origin, at: Position) -> Option<Self> {
        let at = if at.is_known() { at } else { origin.at };
        (at.is_known() && origin.source.kind != SourceKind::Cluster)
            .then(|| Self { file: origin.source.name.clone(), line: at.line })
    }
}

/// The hops from the root's down to `hop`. `gateway` is the one the root was reached by.
pub fn chain(snapshot: &Snapshot, tree: &Tree, gateway: &ObjectKey, hop: RuleNodeId) -> Vec<HopData> {
    tree.chain(hop)
        .into_iter()
        .map(|id| {
            let hop = &tree.hops[id.0 as usize];
            let route: &Route = snapshot.route(hop.route);
            let via = tree.link_above(id).map_or_else(
                || ViaData {
                    by: ViaBy::Gateway.name(),
                    value: gateway.name.clone(),
                    namespace: gateway.namespace.clone(),
                },
                |link| ViaData::from(&link.via),
            );
            HopData {
                kind: route.kind.name(),
                namespace: route.meta.namespace.clone(),
                name: route.meta.name.clone(),
                rule: hop.rule,
                rule_name: route.rules.get(hop.rule as usize).and_then(|rule| rule.name.clone()),
                r#match: hop.match_index,
                via,
                source: SourceData::of(&route.meta.origin, match_position(hop, route)),
            }
        })
        .collect()
}

/// The one step of the way to where a TCP or TLS route passes connections on to.
pub fn stream(route: &StreamRoute, gateway: &ObjectKey) -> HopData {
    let rule = route.rules.first();
    HopData {
        kind: route.kind.name(),
        namespace: route.meta.namespace.clone(),
        name: route.meta.name.clone(),
        rule: 0,
        rule_name: rule.and_then(|rule| rule.name.clone()),
        r#match: None,
        via: ViaData { by: ViaBy::Gateway.name(), value: gateway.name.clone(), namespace: gateway.namespace.clone() },
        source: SourceData::of(&route.meta.origin, rule.map_or(route.meta.origin.at, |rule| rule.at)),
    }
}

/// A document as JSON, indented, or as YAML.
pub fn json<T: Serialize>(document: &T) -> String {
    // The output types hold no maps with odd keys and no fallible parts: writing them cannot fail.
    written(serde_json::to_string_pretty(document).unwrap_or_default())
}

/// A document as JSON on one line.
pub fn json_line<T: Serialize>(document: &T) -> String {
    written(serde_json::to_string(document).unwrap_or_default())
}

/// A document as JSON, indented, written as it is walked through. Whoever writes it on makes it visible.
pub fn json_to<T: Serialize>(mut out: impl std::io::Write, document: &T) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut out, document)?;
    out.write_all(b"\n")
}

/// A document of a command, with the version of its contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Versioned<D> {
    api_version: &'static str,
    #[serde(flatten)]
    document: D,
}

impl<D: Serialize> Versioned<D> {
    /// `document` below its version.
    pub fn new(document: D) -> Self {
        Self { api_version: API_VERSION, document }
    }
}

/// A list that is made entry by entry while it is written, since all of it may be too large to be held.
pub struct Each<'o, T>(Box<dyn Fn() -> Box<dyn Iterator<Item = T> + 'o> + 'o>);

impl<'o, T> Each<'o, T> {
    /// The entries that `make` gives, each time that they are asked for.
    pub fn of<I: Iterator<Item = T> + 'o>(make: impl Fn() -> I + 'o) -> Self {
        Self(Box::new(move || Box::new(make())))
    }
}

impl<T: Serialize> Serialize for Each<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0())
    }
}

/// JSON lets characters stand that a terminal obeys.
fn written(mut document: String) -> String {
    if let Cow::Owned(escaped) = visible_json(&document) {
        document = escaped;
    }
    document.push('\n');
    document
}

/// A document as YAML.
pub fn yaml<T: Serialize>(document: &T) -> String {
    super::yaml::write(document)
}
