//! Gateways, listeners, and routes that are attached to none.

use std::collections::BTreeSet;

use super::backends::broken;
use super::fixes::{remove_kinds, subject};
use super::{Cause, Report};
use crate::finding::{Advice, Code, Edit, Finding, Location, Problem, Severity, Subject, TooLarge, closest};
use crate::limits;
use crate::model::{GATEWAY_GROUP, ParentRef, Protocol, Route, StreamRoute};
use crate::resolve::{Engine, GatewayNode, ListenerNode, ListenerState, invalid_kinds};
use crate::store::RouteId;

/// Whether a protocol is one of the specification's, in other letters.
fn is_slip(protocol: &Protocol) -> bool {
    let known = ["HTTP", "HTTPS", "TLS", "TCP", "UDP"];
    matches!(protocol, Protocol::Other(name) if known.iter().any(|known| name.eq_ignore_ascii_case(known)))
}

impl Report<'_> {
    pub(super) fn of_gateways(&mut self) {
        for node in &self.tree.gateways {
            let key = node.gateway.meta.key();
            if node.assumed && self.has_room(Code::GatewayAssumed, Severity::Info) {
                self.all.push(Finding {
                    code: Code::GatewayAssumed,
                    severity: Severity::Info,
                    place: None,
                    subject: Some(Subject { kind: "Gateway", key: key.clone() }),
                    problem: format!(
                        "it is not in view: {} {} assumed",
                        node.assumed_listeners(),
                        if node.gateway.listeners.len() == 1 { "is" } else { "are" }
                    )
                    .into(),
                    advice: Some(Advice::Text("add its manifest, or say --complete when there is none".to_owned())),
                    fix: Vec::new(),
                });
            }
            if let Some(assumption) = node.engine_assumption.as_ref().filter(|_| !node.assumed)
                && self.has_room(Code::EngineAssumed, Severity::Info)
            {
                let origin = &node.gateway.meta.origin;
                self.all.push(Finding {
                    code: Code::EngineAssumed,
                    severity: Severity::Info,
                    place: Some(Location::within(origin, origin.at)),
                    subject: Some(Subject { kind: "Gateway", key: key.clone() }),
                    problem: format!("{assumption} (class {})", node.gateway.class).into(),
                    advice: Some(Advice::Text(
                        "add the GatewayClass to the input, or name the engine with --engine".to_owned(),
                    )),
                    fix: Vec::new(),
                });
            }
            if node.cut > 0 && self.has_room(Code::TreeTooLarge, Severity::Warning) {
                let origin = &node.gateway.meta.origin;
                self.all.push(Finding {
                    code: Code::TreeTooLarge,
                    severity: Severity::Warning,
                    place: Some(Location::within(origin, origin.at)),
                    subject: Some(Subject { kind: "Gateway", key: key.clone() }),
                    problem: Problem::TooLarge(TooLarge::Attachments {
                        left_out: node.cut,
                        mebibytes: limits::TABLE_BYTES >> 20,
                    }),
                    advice: Some(Advice::FewerAttachments),
                    fix: Vec::new(),
                });
            }
            for conflict in &node.chain_conflicts {
                let (port, message) = (conflict.port, &conflict.message);
                let message =
                    format!("{message} on port {port}: Envoy refuses the whole listener, and keeps the last good one");
                let help = "give each server name of a port to one listener or route";
                self.of_stream(Code::EnvoyRefusesListener, Severity::Error, &conflict.route, None, message, help);
            }
            for listener in &node.listeners {
                self.of_listener(node, listener);
            }
        }
    }

    fn of_listener(&mut self, node: &GatewayNode, listener: &ListenerNode) {
        let written = listener.listener(&node.gateway);
        let (kind, meta) = match &listener.set {
            Some(set) => ("ListenerSet", &set.meta),
            None => ("Gateway", &node.gateway.meta),
        };
        if let ListenerState::Rejected { reason, message } = &listener.state {
            if listener.is_left_to(node.dialect) && !is_slip(&written.protocol) {
                return;
            }
            if self.has_room(Code::ListenerRejected, Severity::Error) {
                // What another engine makes of a protocol or of route kinds of its own is not known.
                let foreign = !node.dialect.is_of_kgateway();
                let severity = match *reason {
                    "UnsupportedProtocol" if foreign => Severity::Info,
                    "InvalidRouteKinds" if foreign => Severity::Warning,
                    _ => Severity::Error,
                };
                self.all.push(Finding {
                    code: Code::ListenerRejected,
                    severity,
                    place: Some(Location::within(&meta.origin, written.at)),
                    subject: Some(Subject { kind, key: meta.key() }),
                    problem: format!("listener {} is not served ({reason}): {message}", written.name).into(),
                    advice: None,
                    fix: Vec::new(),
                });
            }
            return;
        }
        if node.dialect.is_of_kgateway() {
            self.of_served(node, listener);
        }
        for attached in listener.attached.iter().filter(|attached| attached.hostnames.is_empty()) {
            let id = self.tree.roots[attached.root.0 as usize].route;
            let cause = Cause { code: Code::HostnamesIsolated, route: id, rule: u32::MAX, detail: attached.parent_ref };
            if self.is_new(Severity::Warning, cause) {
                let route = self.snapshot.route(id);
                let message = format!(
                    "listener {} gives it no hostname: more specific listeners of the port take {}",
                    listener.name(&node.gateway),
                    attached.isolated.join(", ")
                );
                let at = route.parent_refs[attached.parent_ref as usize].at;
                let help = "attach it to those listeners too".to_owned();
                self.about(cause.code, Severity::Warning, route, at, (message, Some(help)));
            }
        }
    }

    /// What the status of a listener that is served says all the same.
    fn of_served(&mut self, node: &GatewayNode, listener: &ListenerNode) {
        let written = listener.listener(&node.gateway);
        let (of, meta) = match &listener.set {
            Some(set) => ("ListenerSet", &set.meta),
            None => ("Gateway", &node.gateway.meta),
        };
        let mut told: Vec<(Code, Severity, String, &str)> = Vec::new();
        let mut fix = Vec::new();
        let name = &written.name;
        if matches!(written.protocol, Protocol::Tls | Protocol::Tcp)
            && !node.serves_streams(listener.port(&node.gateway))
        {
            let kind = if written.protocol == Protocol::Tcp { "TCPRoute" } else { "TLSRoute" };
            let seen = self.snapshot.coverage.sees_all(kind);
            let severity = if seen { Severity::Warning } else { Severity::Info };
            let message = format!("no {kind} with backends attaches to listener {name}: connections are closed");
            told.push((Code::ListenerWithoutRoutes, severity, message, "attach a route of one rule with backendRefs"));
        }
        let kinds = invalid_kinds(written);
        if !kinds.is_empty() {
            fix = remove_kinds(&Subject { kind: of, key: meta.key() }, listener.index, written, &kinds);
            let (protocol, kinds) = (written.protocol.name(), kinds.join(", "));
            let message = format!("listener {name} of protocol {protocol} does not carry {kinds}");
            told.push((Code::ListenerKinds, Severity::Warning, message, "remove them from allowedRoutes.kinds"));
        }
        for fault in listener.tls.iter().filter(|fault| fault.partial) {
            let message = format!("listener {name} is served without a part of its TLS settings: {}", fault.message);
            told.push((Code::ListenerRejected, Severity::Warning, message, ""));
        }
        for (code, severity, message, help) in told {
            if self.has_room(code, severity) {
                self.all.push(Finding {
                    code,
                    severity,
                    place: Some(Location::within(&meta.origin, written.at)),
                    subject: Some(Subject { kind: of, key: meta.key() }),
                    problem: message.into(),
                    advice: (!help.is_empty()).then(|| help.to_owned()).map(Advice::Text),
                    fix: if code == Code::ListenerKinds { std::mem::take(&mut fix) } else { Vec::new() },
                });
            }
        }
    }

    fn of_stream(
        &mut self,
        code: Code,
        severity: Severity,
        route: &StreamRoute,
        parent_ref: Option<u32>,
        message: String,
        help: &str,
    ) {
        if !self.has_room(code, severity) {
            return;
        }
        let reference = parent_ref.and_then(|at| route.parent_refs.get(at as usize));
        let at = reference.map_or(route.meta.origin.at, |reference| reference.at);
        self.all.push(Finding {
            code,
            severity,
            place: Some(Location::within(&route.meta.origin, at)),
            subject: Some(Subject { kind: route.kind.name(), key: route.meta.key() }),
            problem: message.into(),
            advice: (!help.is_empty()).then(|| help.to_owned()).map(Advice::Text),
            fix: Vec::new(),
        });
    }

    /// TCP and TLS routes: where they attach nowhere, and what is wrong with their backends.
    pub(super) fn of_streams(&mut self) {
        for unattached in &self.tree.unattached_streams {
            let message = format!("{} ({})", unattached.message, unattached.reason);
            let (route, at) = (&unattached.route, Some(unattached.parent_ref));
            let object = Subject { kind: route.kind.name(), key: route.meta.key() };
            let reference = &route.parent_refs[unattached.parent_ref as usize];
            let near = self.near_section(object, unattached.parent_ref, reference);
            let (help, fix) =
                near.unwrap_or_else(|| (help_for(unattached.reason).unwrap_or_default().to_owned(), Vec::new()));
            self.of_stream(Code::RouteNotAttached, Severity::Error, route, at, message, &help);
            if let Some(last) = self.all.last_mut()
                && !route.meta.defective
            {
                last.fix = fix;
            }
        }
        let mut told = BTreeSet::new();
        for node in &self.tree.gateways {
            for stream in node.listeners.iter().flat_map(|listener| listener.streams.all()) {
                let route = &stream.route;
                if !told.insert((route.kind, route.meta.key())) {
                    continue;
                }
                if route.rules.len() != 1 && node.dialect.engine == Engine::Kgateway {
                    let message = format!("it has {} rules, and kgateway serves routes of one rule", route.rules.len());
                    let help = "give each rule a route of its own";
                    self.of_stream(Code::StreamNotServed, Severity::Error, route, None, message, help);
                }
                for destination in stream.destinations.iter().filter(|one| one.state.is_broken()) {
                    let Some((code, what)) = broken(destination) else { continue };
                    let message = format!("{what}: connections are closed");
                    self.of_stream(code, Severity::Error, route, None, message, "");
                }
            }
        }
    }

    pub(super) fn of_unattached(&mut self) {
        let mut attached = vec![false; self.snapshot.routes.len()];
        for root in &self.tree.roots {
            attached[root.route.0 as usize] = true;
        }
        for unattached in &self.tree.unattached {
            let id = unattached.route;
            let elsewhere = attached[id.0 as usize];
            let severity = if elsewhere { Severity::Warning } else { Severity::Error };
            let cause =
                Cause { code: Code::RouteNotAttached, route: id, rule: u32::MAX, detail: unattached.parent_ref };
            if self.is_new(severity, cause) {
                let route = self.snapshot.route(id);
                let at = route.parent_refs[unattached.parent_ref as usize].at;
                let message = format!("{} ({})", unattached.message, unattached.reason);
                let place = unattached.parent_ref;
                let near = match unattached.reason {
                    "NotAllowedByListeners" | "NoMatchingParent" => {
                        self.near_section(subject(route), place, &route.parent_refs[place as usize])
                    }
                    "NoSuchParent" => self.near_unattached(route, place),
                    _ => None,
                };
                let (help, fix) = near.map_or_else(
                    || (help_for(unattached.reason).map(str::to_owned), Vec::new()),
                    |(help, fix)| (Some(help), fix),
                );
                self.about(cause.code, severity, route, at, (message, help));
                self.fix(route, fix);
            }
        }
        for &RouteId(id) in &self.tree.orphans {
            let route = self.snapshot.route(RouteId(id));
            if let Some(parent) = route.parent_refs.iter().find(|parent| parent.is_of_mesh())
                && self.has_room(Code::MeshRoute, Severity::Info)
            {
                let message = format!(
                    "a mesh route (parent {} {}): no Gateway serves it, and it is not followed",
                    parent.kind, parent.name
                );
                let help = "what a client outside of the mesh sends goes by the routes of Gateways".to_owned();
                self.about(Code::MeshRoute, Severity::Info, route, parent.at, (message, Some(help)));
            }
            self.of_foreign_parents(route);
            if route.parent_refs.is_empty() && self.has_room(Code::RouteOrphaned, Severity::Info) {
                let message = "it has no parentRefs, and nobody delegates to it".to_owned();
                self.about(Code::RouteOrphaned, Severity::Info, route, route.meta.origin.at, (message, None::<Advice>));
            }
        }
    }
}

impl Report<'_> {
    /// Parents of a route without Gateway that no Gateway and no mesh is: mostly a slip in group or kind.
    fn of_foreign_parents(&mut self, route: &Route) {
        let is_known = |parent: &&ParentRef| {
            let kinds = ["Gateway", "ListenerSet", "XListenerSet", "HTTPRoute"];
            parent.is_of_mesh() || (parent.group.ends_with("k8s.io") && kinds.contains(&parent.kind.as_str()))
        };
        for (place, parent) in (0_u32..).zip(&route.parent_refs).filter(|(_, parent)| !is_known(parent)) {
            if !self.has_room(Code::ParentNotFound, Severity::Warning) {
                return;
            }
            let group = if parent.group.is_empty() { "the core group" } else { parent.group.as_str() };
            let message = format!("routes do not attach to kind {} of {group}", parent.kind);
            let near =
                closest(&parent.kind, ["Gateway", "ListenerSet", "HTTPRoute"]).filter(|near| *near != parent.kind);
            let set = |field: &str, value: &str| {
                vec![Edit::set(subject(route), format!("spec.parentRefs[{place}].{field}"), value)]
            };
            let (help, fix) = match parent.kind.as_str() {
                "Service" => ("a route of a mesh names its Service with group: \"\"".to_owned(), set("group", "")),
                "Gateway" => (format!("write group: {GATEWAY_GROUP}, or leave it out"), set("group", GATEWAY_GROUP)),
                _ => match near {
                    Some(near) => (format!("did you mean kind: {near}?"), set("kind", near)),
                    None => ("name a Gateway: no request reaches the route through this parent".to_owned(), Vec::new()),
                },
            };
            self.about(Code::ParentNotFound, Severity::Warning, route, parent.at, (message, Some(help)));
            self.fix(route, fix);
        }
    }
}

/// Where to look when a route attaches nowhere.
fn help_for(reason: &str) -> Option<&'static str> {
    match reason {
        "NotAllowedByListeners" => Some("see allowedRoutes of the listeners"),
        "NoMatchingParent" => Some("see sectionName and port of the parentRef"),
        "NoMatchingListenerHostname" => Some("see the hostnames of the listeners"),
        _ => None,
    }
}
