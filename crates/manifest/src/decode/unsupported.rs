//! Routing that is written in other kinds than those of the Gateway API, or in groups and versions that no server has.

use std::collections::BTreeMap;

use crate::admission;
use routescope_core::finding::{Advice, Code, Finding, Location, Severity};
use routescope_core::model::GATEWAY_GROUP;
use routescope_core::model::kinds::{EXPERIMENTAL_GROUP, Kind};

/// Kinds that route requests, by group, and what becomes of them in the Gateway API.
const OTHERS: &[(&str, &str, &str)] = &[
    ("networking.k8s.io", "Ingress", INGRESS),
    ("extensions", "Ingress", INGRESS),
    ("networking.istio.io", "VirtualService", "istioctl and ingress2gateway turn it into HTTPRoutes"),
    (
        "networking.istio.io",
        "Gateway",
        "it is Istio's own: a Gateway of the Gateway API is gateway.networking.k8s.io/v1",
    ),
    ("gateway.solo.io", "VirtualService", "Gloo Edge's own kind: its HTTPRoutes are read"),
    ("traefik.io", "IngressRoute", "an HTTPRoute says the same, with Middlewares as ExtensionRef filters"),
    ("traefik.containo.us", "IngressRoute", "an HTTPRoute says the same, with Middlewares as ExtensionRef filters"),
    ("projectcontour.io", "HTTPProxy", "an HTTPRoute says the same; delegation is kgateway's or Contour's own"),
    ("policy.linkerd.io", "HTTPRoute", "a route of Linkerd's mesh: no Gateway is concerned"),
    ("kuma.io", "MeshHTTPRoute", "a route of Kuma's mesh: no Gateway is concerned"),
    ("gateway.solo.io", "RouteTable", "Gloo Edge's own kind: its HTTPRoutes are read"),
    ("route.openshift.io", "Route", "an HTTPRoute says the same; OpenShift serves both"),
    (GATEWAY_GROUP, "UDPRoute", "UDP has no requests to follow"),
];

const INGRESS: &str = "`ingress2gateway print` turns it into HTTPRoutes";

/// A kind that is read, in a group in which it is not: what to say, and what to do.
fn other_group(group: &str, kind: &str, api_version: &str) -> Option<(String, String)> {
    // The experimental group has kinds of its own, whose names begin with an X.
    let is_of_none = |kind: &str| Kind::find(EXPERIMENTAL_GROUP, kind).is_none();
    let known = group.is_empty() || group == GATEWAY_GROUP || (group == EXPERIMENTAL_GROUP && !is_of_none(kind));
    let is_other = OTHERS.iter().any(|(other, of, _)| *other == group && *of == kind);
    let is_old = group == "networking.x-k8s.io" || !matches!(kind, "Gateway" | "ListenerSet");
    let is_read = kind == "ReferencePolicy" || Kind::find(GATEWAY_GROUP, kind).is_some();
    if known || is_other || !(is_read && is_old) {
        return None;
    }
    let message = format!("{kind} of {api_version} is not read: the group is {GATEWAY_GROUP}");
    let fields =
        if group == "networking.x-k8s.io" { "; its fields have changed, too (forwardTo is backendRefs)" } else { "" };
    Some((message, format!("write apiVersion: {GATEWAY_GROUP}/v1{fields}")))
}

/// The `apiVersion` to write, when no server has the one that is written.
pub(super) fn not_served(group: &str, kind: &str, api_version: &str) -> Option<String> {
    let version = api_version.rsplit_once('/').map_or(api_version, |(_, version)| version);
    let mut versions = admission::served(group, kind);
    if versions.is_empty() {
        // What Kubernetes itself has, and no CRD.
        versions.extend(Kind::find(group, kind)?.versions);
    }
    let first = versions.first()?;
    let group = if group.is_empty() { String::new() } else { format!("{group}/") };
    (!versions.contains(&version)).then(|| format!("{group}{first}"))
}

/// What is said of a kind that is not read, once for all its objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    severity: Severity,
    message: String,
    help: String,
}

/// Objects that route requests and are not read: how many of each kind, and where the first is.
#[derive(Debug, Default)]
pub struct Unsupported(BTreeMap<Told, (usize, Location)>);

impl Unsupported {
    /// Whether none was met.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts an object, if it is one.
    pub(super) fn add(&mut self, group: &str, kind: &str, api_version: &str, place: Location) {
        let other = OTHERS.iter().find(|(other, of, _)| *other == group && *of == kind);
        let told = match (other_group(group, kind, api_version), other) {
            (Some((message, help)), _) => Told { severity: Severity::Warning, message, help },
            (None, Some((_, _, help))) => {
                let message = format!("not supported: {kind} of {api_version}");
                Told { severity: Severity::Info, message, help: (*help).to_owned() }
            }
            (None, None) => return,
        };
        self.0.entry(told).or_insert((0, place)).0 += 1;
    }

    /// Takes over what later documents hold.
    pub(super) fn append(&mut self, later: Self) {
        for (told, (count, place)) in later.0 {
            self.0.entry(told).or_insert((0, place)).0 += count;
        }
    }

    /// One line a kind.
    pub fn findings(self) -> impl Iterator<Item = Finding> {
        self.0.into_iter().map(|(Told { severity, message, help }, (count, place))| {
            let others = if count == 1 { String::new() } else { format!(" (and {} more of the kind)", count - 1) };
            let message = format!("{message}{others}");
            Finding {
                code: Code::UnsupportedKind,
                severity,
                place: Some(place),
                subject: None,
                problem: message.into(),
                advice: Some(Advice::Text(help)),
                fix: Vec::new(),
            }
        })
    }
}
