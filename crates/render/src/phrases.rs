//! The words for things: a match, a ref, a backend, why something is broken. One place, so that tree, answer, table and
//! explorer say the same thing in the same words.

use std::fmt::Write as _;

use crate::findings;
use routescope_core::finding::Location;
use routescope_core::model::{
    Gateway, HeaderChange, PathKind, PathModifier, Redirect, RedirectScheme, Route, RouteKind, RouteMatch, SourceKind,
    ValueKind, ValueMatch,
};
use routescope_core::resolve::{
    BrokenLink, ChildState, Cut, Destination, DestinationState, EndpointGap, Endpoints, Link, Settings, Target,
    TargetState, UnverifiedDestination, Via, ViaBy,
};

use routescope_core::store::Mark;

use super::style::{Line, Role};
use crate::uncertainty::unverified_destination;

/// What a filter does to one header: `set x-team: blue`.
pub fn header_change(change: &HeaderChange) -> Line {
    match change {
        HeaderChange::Set { name, value } => {
            Line::of(Role::Dim, "set ").with(Role::Matcher, format!("{name}: {value}"))
        }
        HeaderChange::Add { name, value } => {
            Line::of(Role::Dim, "add ").with(Role::Matcher, format!("{name}: {value}"))
        }
        HeaderChange::Remove { name } => Line::of(Role::Dim, "remove ").with(Role::Matcher, name.to_string()),
    }
}

/// A match as one line: `POST /a exact · x-tenant: blue · ?page=2`. A `PathPrefix` is shown bare.
pub fn matcher(matcher: &RouteMatch) -> Line {
    let mut line = Line::new();
    if let Some(method) = &matcher.method {
        line.push(Role::Matcher, format!("{method} "));
    }
    line.push(Role::Path, matcher.path.value.to_string());
    match matcher.path.kind {
        PathKind::PathPrefix => {}
        PathKind::Exact => line.push(Role::Matcher, " exact"),
        PathKind::RegularExpression => line.push(Role::Matcher, " regex"),
    }
    line.extend(conditions(matcher));
    line
}

/// The header and query conditions of a match, each behind a `·`.
pub fn conditions(matcher: &RouteMatch) -> Line {
    let mut line = Line::new();
    for header in &matcher.headers {
        line.push(Role::Dim, " · ");
        line.push(Role::Matcher, value_test(header, ": "));
    }
    for param in &matcher.query_params {
        line.push(Role::Dim, " · ");
        line.push(Role::Matcher, format!("?{}", value_test(param, "=")));
    }
    line
}

fn value_test(test: &ValueMatch, joint: &str) -> String {
    match test.kind {
        // An empty value means "present", whatever the type (Envoy's `present_match`).
        _ if test.value.is_empty() => format!("{} present", test.name),
        ValueKind::Exact => format!("{}{joint}{}", test.name, test.value),
        ValueKind::RegularExpression => format!("{} ~ {}", test.name, test.value),
    }
}

/// `PathPrefix /a`: the path test in the specification's words.
pub fn path_test(matcher: &RouteMatch) -> Line {
    Line::of(Role::Dim, matcher.path.kind.name()).with(Role::Text, " ").with(Role::Path, matcher.path.value.to_string())
}

/// Words that say what is the default: where room is short, a row does without them.
pub const DEFAULT_WORDS: [&str; 3] = ["Service ", "HTTPRoute ", IN_ANY_NAMESPACE];

/// Behind a label that is looked for everywhere.
const IN_ANY_NAMESPACE: &str = " in any namespace";

/// What a delegating ref points at: `label banking-bff in any namespace`.
pub fn via(via: &Via, settings: &Settings) -> Line {
    match via.by {
        ViaBy::Label => {
            let line = Line::of(Role::Dim, "label ").with(Role::Label, via.value.to_string());
            // `key=value` looks in one namespace, whatever its name.
            if via.namespace == settings.wildcard_namespace && !via.value.contains('=') {
                line.with(Role::Dim, IN_ANY_NAMESPACE)
            } else {
                line.with(Role::Dim, " in namespace ").with(Role::Namespace, via.namespace.to_string())
            }
        }
        ViaBy::Name => Line::of(Role::Dim, "HTTPRoute ")
            .with(Role::Namespace, format!("{}/", via.namespace))
            .with(Role::Label, via.value.to_string()),
        ViaBy::Wildcard => Line::of(Role::Label, "every HTTPRoute")
            .with(Role::Dim, " in namespace ")
            .with(Role::Namespace, via.namespace.to_string()),
        ViaBy::Gateway => Line::of(Role::Dim, "Gateway ").with(Role::Gateway, via.value.to_string()),
    }
}

/// A route's name with its namespace behind it: `parent (kgateway-system)`; the kind only when it is no `HTTPRoute`.
pub fn route(route: &Route) -> Line {
    let mut line = Line::new();
    if route.kind != RouteKind::Http {
        line.push(Role::Dim, format!("{} ", route.kind.name()));
    }
    line.push(Role::Route, route.meta.name.to_string());
    line.push(Role::Text, " ");
    line.push(Role::Namespace, format!("({})", route.meta.namespace));
    line
}

/// A backend as its route would write it: `Service orders:8080`, with the namespace when it is another one.
pub fn destination(destination: &Destination, namespace: &str) -> Line {
    let kind = if destination.kind.is_empty() { "Service" } else { &destination.kind };
    let mut line = Line::of(Role::Dim, format!("{kind} "));
    if destination.namespace != namespace {
        line.push(Role::Namespace, format!("{}/", destination.namespace));
    }
    line.push(Role::Backend, destination.name.to_string());
    if let Some(port) = destination.port {
        line.push(Role::Backend, format!(":{port}"));
    }
    line.extend(hosts(destination));
    line
}

/// Where a Backend's traffic lands; what a Service of type `ExternalName` names, which is another thing.
pub fn hosts(destination: &Destination) -> Line {
    if destination.hosts.is_empty() {
        return Line::new();
    }
    let joint = if destination.kind == "Service" { " naming " } else { " at " };
    Line::of(Role::Dim, joint).with(Role::Backend, destination.hosts.join(", "))
}

/// `Service/payments/payments-bff:8080`: a backend's full name.
pub fn destination_name(destination: &Destination) -> String {
    let port = destination.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}/{}{port}", destination.namespace, destination.name)
}

/// Where clients find a Gateway, as recorded: ` at 203.0.113.7`.
pub fn addresses(gateway: &Gateway) -> Line {
    if gateway.addresses.is_empty() {
        return Line::new();
    }
    Line::of(Role::Dim, " at ").with(Role::Host, gateway.addresses.join(", "))
}

/// What files laid over a cluster do to an object, behind its name; nothing for what stays as it is.
pub fn mark(mark: Mark) -> Line {
    match mark {
        Mark::New => Line::of(Role::Ok, "   + new"),
        Mark::Unseen => Line::of(Role::Warning, "   ? new or changed"),
        Mark::Changed => Line::of(Role::Warning, "   ~ changed"),
        Mark::Same => Line::new(),
    }
}

/// What is wrong with a backend, or uncertain; `None` when nothing is.
pub fn destination_trouble(destination: &Destination) -> Option<String> {
    let Destination { kind, namespace, name, port, .. } = destination;
    match destination.state {
        DestinationState::Resolved => None,
        DestinationState::Unverified => Some(format!("{kind} {namespace}/{name} is not in view: assumed to exist")),
        DestinationState::GrantUnseen | DestinationState::KindUnread => {
            UnverifiedDestination::of(destination).as_ref().map(unverified_destination)
        }
        DestinationState::Missing => Some(format!("{kind} {namespace}/{name} does not exist")),
        DestinationState::PortMissing | DestinationState::PortUnserved => Some(match port {
            Some(port) => format!("{kind} {namespace}/{name} has no port {port}"),
            None => format!("the ref to {kind} {namespace}/{name} names no port"),
        }),
        DestinationState::NotPermitted => Some(format!("no ReferenceGrant in {namespace} permits it")),
        DestinationState::InvalidKind => Some(if destination.group.is_empty() {
            format!("{kind} is not a kind of backend")
        } else {
            format!("{}/{kind} is not a kind of backend", destination.group)
        }),
        DestinationState::PortNotAllowed => Some(format!("a {kind} ref must not carry a port")),
    }
}

/// Why a backend is only assumed to be served, in a few words.
pub fn unverified(destination: &Destination) -> &'static str {
    match destination.state {
        DestinationState::GrantUnseen => "? no ReferenceGrant in view",
        DestinationState::KindUnread => "? kind not read",
        _ => "? not in view",
    }
}

/// Why nobody serves a backend, and who gets what for it; `None` when somebody does, or that is not known.
pub fn unserved(destination: &Destination) -> Option<String> {
    destination.unserved().map(|unserved| findings::unserved(&unserved, destination.share < 1.0))
}

/// How many serve a backend, where that is known: `3/4 ready`, or why the client gets a 503.
pub fn endpoints(endpoints: &Endpoints) -> Line {
    let (ready, total) = (endpoints.ready, endpoints.total());
    let in_state = |state| endpoints.targets.iter().filter(|target| target.state == state).count();
    match &endpoints.lack {
        None if ready == total => Line::of(Role::Dim, format!("{ready}/{total} ready")),
        // A pod that is shutting down is nothing to worry about while others serve.
        None if in_state(TargetState::NotReady) == 0 => {
            Line::of(Role::Dim, format!("{ready}/{total} ready, {} terminating", in_state(TargetState::Terminating)))
        }
        None => Line::of(Role::Warning, format!("⚠ {ready}/{total} ready")),
        Some(lack) => {
            let why = match lack {
                EndpointGap::ExternalName => "an ExternalName is not followed".to_owned(),
                EndpointGap::NoEndpoints => "no endpoints".to_owned(),
                EndpointGap::NoPort(target) => format!("no endpoint has port {target}"),
                EndpointGap::NoneReady => format!("0/{total} ready"),
            };
            Line::of(Role::Error, format!("✗ 503: {why}"))
        }
    }
}

/// The first endpoints, one a line: `● 10.0.0.7:8080  payments-7d9  on node-1 in eu-1a`; the others by number.
pub fn targets(endpoints: &Endpoints, most: usize) -> Vec<Line> {
    let shown = &endpoints.targets[..endpoints.targets.len().min(most)];
    let socket = |Target { address, port, .. }: &Target| {
        if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
    };
    let width = shown.iter().map(|target| socket(target).len()).max().unwrap_or(0);
    let mut lines: Vec<Line> = shown
        .iter()
        .map(|target| {
            let mut line = match target.state {
                TargetState::Ready => Line::of(Role::Ok, "● "),
                TargetState::NotReady => Line::of(Role::Error, "✗ "),
                TargetState::Terminating => Line::of(Role::Dim, "○ "),
            };
            line.push(Role::Host, format!("{:<width$}", socket(target)));
            if let Some(pod) = &target.pod {
                line.push(Role::Backend, format!("  {pod}"));
            }
            for (joint, place) in [("on", &target.node), ("in", &target.zone)] {
                if let Some(place) = place {
                    line.push(Role::Dim, format!(" {joint} {place}"));
                }
            }
            if target.state != TargetState::Ready {
                line.push(Role::Warning, format!("  {}", target.state.name()));
            }
            line
        })
        .collect();
    if endpoints.total() > shown.len() {
        lines.push(Line::of(Role::Dim, format!("and {} more", endpoints.total() - shown.len())));
    }
    lines
}

/// A share of the traffic: `90%`, `0.5%`, never `0%` for a share that gets some.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 {
        "<0.1%".to_owned()
    } else if (percent - percent.round()).abs() < 0.05 {
        format!("{percent:.0}%")
    } else {
        format!("{percent:.1}%")
    }
}

/// Why a selected route was not taken; `None` when it was.
pub fn child_trouble(state: ChildState) -> Option<&'static str> {
    match state {
        ChildState::Adopted => None,
        ChildState::NotAdoptable => Some("not selected: it has parentRefs, and none names this parent"),
        ChildState::HasHostnames => Some("skipped: a delegated route must not have hostnames"),
        ChildState::Cycle => Some("cycle: it is already above itself here"),
        ChildState::NothingLeft => Some("none of its matches fits under this one"),
        ChildState::Poisoned => Some("not evaluated: a cycle breaks the whole ref"),
        ChildState::NotPermitted => Some("not selected: another namespace, and no ReferenceGrant"),
        ChildState::ParentElsewhere => Some("not selected: its parent belongs to other Gateways"),
    }
}

/// What a broken ref answers where it is walked hop by hop.
pub fn broken_status(link: &Link) -> u16 {
    if matches!(link.broken, Some(BrokenLink::Cyclic { .. })) { 500 } else { 404 }
}

/// Why what lies behind a ref is not followed.
pub fn cut(cut: Cut) -> &'static str {
    match cut {
        Cut::Depth => "too deep: not followed to its end",
        Cut::Size => "too large: not followed to its end",
    }
}

/// What a ref selects and is not listed: ` · 3984 more routes not selected`.
pub fn unlisted(link: &Link) -> Option<String> {
    let count = link.unlisted.as_ref()?.total();
    Some(format!(" · {count} more {} not selected", if count == 1 { "route is" } else { "routes are" }))
}

/// Why a delegating ref leads nowhere, in a few words; what it selects stands beside it.
pub fn broken_link(link: &Link) -> &'static str {
    match &link.broken {
        None => "",
        Some(BrokenLink::Cyclic { .. }) => "a cycle breaks the whole ref",
        Some(BrokenLink::Unresolved) if link.selected() == 0 => "matches no route",
        Some(BrokenLink::Unresolved) => "nothing it selects can be used",
    }
}

/// Where a redirect leads, as far as the rule alone can tell: `302 to https`, `301 to https://new.example.com`.
pub fn redirect(redirect: &Redirect) -> String {
    let scheme = redirect.scheme.map(|scheme| match scheme {
        RedirectScheme::Http => "http",
        RedirectScheme::Https => "https",
    });
    let mut target = String::new();
    match (scheme, &redirect.hostname) {
        (Some(scheme), Some(host)) => target = format!("{scheme}://{host}"),
        (Some(scheme), None) => target.push_str(scheme),
        (None, Some(host)) => target.push_str(host),
        (None, None) => {}
    }
    if let Some(port) = redirect.port {
        let _ = write!(target, ":{port}");
    }
    match &redirect.path {
        Some(PathModifier::Full(path)) => target.push_str(path),
        Some(PathModifier::Prefix(prefix)) => {
            let _ = write!(target, " with prefix {prefix}");
        }
        None => {}
    }
    let status = redirect.status.unwrap_or(302);
    if target.is_empty() { status.to_string() } else { format!("{status} to {}", target.trim_start()) }
}

/// `1 route`, `2 routes`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Whether a place is a line of a text that people have. The lines of objects in a cluster are those the explorer shows.
pub fn is_in_text(place: &Location) -> bool {
    place.at.is_known() && place.source.kind != SourceKind::Cluster
}

/// `payments.yaml:10`; the name alone where the source has no lines.
pub fn place(place: &Location) -> Line {
    if place.at.is_known() {
        Line::of(Role::Location, format!("{}:{}", place.source.name, place.at.line))
    } else {
        Line::of(Role::Location, place.source.name.clone())
    }
}
