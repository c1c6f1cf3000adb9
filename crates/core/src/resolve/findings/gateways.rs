//! Gateways, listeners, and routes that are attached to none.

use std::collections::BTreeSet;

use super::backends::broken;
use super::fixes::{remove_kinds, subject};
use super::{Cause, Report};
use crate::finding::{
    Advice, AttachmentProblem, BackendEffect, Code, Edit, Finding, GatewayProblem, Location, NotAttached, Problem,
    Severity, Subject, TooLarge, closest,
};
use crate::limits;
use crate::model::{GATEWAY_GROUP, Name, ParentRef, Protocol, Route, StreamRoute};
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
                    problem: GatewayProblem::Assumed(
                        node.gateway.listeners.iter().map(|one| (one.port, one.protocol.clone())).collect(),
                    )
                    .into(),
                    advice: Some(Advice::AddGateway),
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
                    problem: GatewayProblem::EngineAssumed {
                        engine: assumption.engine,
                        by_class: assumption.class.is_some(),
                        class: node.gateway.class.clone(),
                    }
                    .into(),
                    advice: Some(Advice::NameEngine),
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
                let (clash, port) = (conflict.clash.clone(), conflict.port);
                let problem = GatewayProblem::ServerNameClash { clash, port };
                let say = (problem.into(), Some(Advice::OneServerName));
                self.of_stream(Code::EnvoyRefusesListener, Severity::Error, &conflict.route, None, say);
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
        if let ListenerState::Rejected { reason, why } = &listener.state {
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
                    problem: GatewayProblem::ListenerRejected {
                        listener: written.name.clone(),
                        reason,
                        why: why.clone(),
                    }
                    .into(),
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
                let problem = AttachmentProblem::HostnamesIsolated {
                    listener: listener.name(&node.gateway),
                    hostnames: attached.isolated.clone(),
                };
                let at = route.parent_refs[attached.parent_ref as usize].at;
                self.about(cause.code, Severity::Warning, route, at, (problem, Some(Advice::AttachToThose)));
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
        let mut found: Vec<(Code, Severity, GatewayProblem, Option<Advice>)> = Vec::new();
        let mut fix = Vec::new();
        let name = || written.name.clone();
        if matches!(written.protocol, Protocol::Tls | Protocol::Tcp)
            && !node.serves_streams(listener.port(&node.gateway))
        {
            let kind = if written.protocol == Protocol::Tcp { "TCPRoute" } else { "TLSRoute" };
            let seen = self.snapshot.coverage.sees_all(kind);
            let severity = if seen { Severity::Warning } else { Severity::Info };
            let problem = GatewayProblem::ListenerWithoutRoutes { kind, listener: name() };
            found.push((Code::ListenerWithoutRoutes, severity, problem, Some(Advice::AttachStream)));
        }
        let kinds = invalid_kinds(written);
        if !kinds.is_empty() {
            fix = remove_kinds(&Subject { kind: of, key: meta.key() }, listener.index, written, &kinds);
            let kinds = kinds.into_iter().map(Name::from).collect();
            let problem = GatewayProblem::ListenerKinds { listener: name(), protocol: written.protocol.clone(), kinds };
            found.push((Code::ListenerKinds, Severity::Warning, problem, Some(Advice::RemoveKinds)));
        }
        for fault in listener.tls.iter().filter(|fault| fault.partial) {
            let problem = GatewayProblem::ListenerTls { listener: name(), status: fault.message.clone() };
            found.push((Code::ListenerRejected, Severity::Warning, problem, None));
        }
        for (code, severity, problem, advice) in found {
            if self.has_room(code, severity) {
                self.all.push(Finding {
                    code,
                    severity,
                    place: Some(Location::within(&meta.origin, written.at)),
                    subject: Some(Subject { kind: of, key: meta.key() }),
                    problem: problem.into(),
                    advice,
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
        (problem, advice): (Problem, Option<Advice>),
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
            problem,
            advice,
            fix: Vec::new(),
        });
    }

    /// TCP and TLS routes: where they attach nowhere, and what is wrong with their backends.
    pub(super) fn of_streams(&mut self) {
        for unattached in &self.tree.unattached_streams {
            let problem = AttachmentProblem::NotAttached(unattached.why.clone()).into();
            let (route, at) = (&unattached.route, Some(unattached.parent_ref));
            let object = Subject { kind: route.kind.name(), key: route.meta.key() };
            let reference = &route.parent_refs[unattached.parent_ref as usize];
            let near = self.near_section(object, unattached.parent_ref, reference);
            let (advice, fix) =
                near.map_or_else(|| (advice_for(&unattached.why), Vec::new()), |(advice, fix)| (Some(advice), fix));
            self.of_stream(Code::RouteNotAttached, Severity::Error, route, at, (problem, advice));
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
                    let problem = AttachmentProblem::StreamRules(route.rules.len());
                    let say = (problem.into(), Some(Advice::OneRuleEach));
                    self.of_stream(Code::StreamNotServed, Severity::Error, route, None, say);
                }
                for destination in stream.destinations.iter().filter(|one| one.state.is_broken()) {
                    let Some((code, what)) = broken(destination) else { continue };
                    let effect = BackendEffect::ConnectionsClosed;
                    let problem = Problem::Backend { problem: Box::new(what), effect };
                    self.of_stream(code, Severity::Error, route, None, (problem, None));
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
                let problem = AttachmentProblem::NotAttached(unattached.why.clone());
                let place = unattached.parent_ref;
                let near = match unattached.why {
                    NotAttached::NotAllowedByListeners { .. } | NotAttached::NoMatchingParent { .. } => {
                        self.near_section(subject(route), place, &route.parent_refs[place as usize])
                    }
                    NotAttached::NoSuchParent(_) => self.near_unattached(route, place),
                    _ => None,
                };
                let (advice, fix) =
                    near.map_or_else(|| (advice_for(&unattached.why), Vec::new()), |(advice, fix)| (Some(advice), fix));
                self.about(cause.code, severity, route, at, (problem, advice));
                self.fix(route, fix);
            }
        }
        for &RouteId(id) in &self.tree.orphans {
            let route = self.snapshot.route(RouteId(id));
            if let Some(parent) = route.parent_refs.iter().find(|parent| parent.is_of_mesh())
                && self.has_room(Code::MeshRoute, Severity::Info)
            {
                let problem = AttachmentProblem::Mesh { kind: parent.kind.clone(), name: parent.name.clone() };
                self.about(Code::MeshRoute, Severity::Info, route, parent.at, (problem, Some(Advice::OutsideOfMesh)));
            }
            self.of_foreign_parents(route);
            if route.parent_refs.is_empty() && self.has_room(Code::RouteOrphaned, Severity::Info) {
                let (at, say) = (route.meta.origin.at, (AttachmentProblem::Orphan, None));
                self.about(Code::RouteOrphaned, Severity::Info, route, at, say);
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
            let problem = AttachmentProblem::ForeignParent { kind: parent.kind.clone(), group: parent.group.clone() };
            let near =
                closest(&parent.kind, ["Gateway", "ListenerSet", "HTTPRoute"]).filter(|near| *near != parent.kind);
            let set = |field: &str, value: &str| {
                vec![Edit::set(subject(route), format!("spec.parentRefs[{place}].{field}"), value)]
            };
            let (help, fix) = match parent.kind.as_str() {
                "Service" => (Advice::MeshGroup, set("group", "")),
                "Gateway" => (Advice::GatewayGroup, set("group", GATEWAY_GROUP)),
                _ => match near {
                    Some(near) => (Advice::MeansKind(near), set("kind", near)),
                    None => (Advice::NameGateway, Vec::new()),
                },
            };
            self.about(Code::ParentNotFound, Severity::Warning, route, parent.at, (problem, Some(help)));
            self.fix(route, fix);
        }
    }
}

/// Where to look when a route attaches nowhere.
fn advice_for(why: &NotAttached) -> Option<Advice> {
    match why {
        NotAttached::NotAllowedByListeners { .. } => Some(Advice::SeeAllowedRoutes),
        NotAttached::NoMatchingParent { .. } => Some(Advice::SeeSection),
        NotAttached::NoMatchingListenerHostname { .. } => Some(Advice::SeeHostnames),
        NotAttached::NoSuchParent(_) | NotAttached::ListenerSetNotAllowed(_) => None,
    }
}
