//! What rows do: broken destinations, rules that the engine replaced, tables that Envoy would refuse.

use super::fixes::{MIRRORS, RefPlace};
use super::{Cause, Report};
use crate::finding::{Advice, BackendEffect, BackendRefProblem, Code, Problem, Severity, closest};
use crate::model::{Filter, KGATEWAY_GROUP, ObjectKey, Position, RouteKind};
use crate::resolve::backend::{Lookup, Referrer};
use crate::resolve::{
    Action, Destination, DestinationState, ProxySemantics, Respond, RespondReason, RuleNode, RuleNodeId, Slip,
    delegation_slip,
};
use crate::store::RouteId;

impl Report<'_> {
    pub(super) fn of_action(&mut self, hop: &RuleNode, action: &Action) {
        match action {
            Action::Forward(forward) => {
                for (index, destination) in (0..).zip(&forward.destinations) {
                    if destination.state.is_broken() {
                        let effect = BackendEffect::Answers(destination.state.status());
                        self.of_destination(hop.route, hop.rule, index, destination, (Severity::Error, effect));
                    }
                }
            }
            Action::Respond(respond) => self.of_respond(hop, respond),
            Action::Redirect(_) => {}
        }
    }

    /// The refs of a rule that does something else: they get nothing, and the route's status tells of them all the same.
    pub(super) fn of_idle_refs(&mut self, hop: &RuleNode) {
        let route = self.snapshot.route(hop.route);
        let Some(rule) = route.rules.get(hop.rule as usize) else { return };
        let links = &self.tree.links[hop.links.start as usize..hop.links.end as usize];
        let lookup = Lookup { snapshot: self.snapshot, settings: self.settings };
        let referrer = Referrer::route(route.kind, &route.meta.namespace);
        let idle: Vec<(u32, Destination)> = (0..)
            .zip(&rule.backend_refs)
            .filter(|(index, _)| links.iter().all(|link| link.ref_index != *index))
            .map(|(index, reference)| (index, lookup.destination(referrer, reference)))
            .filter(|(_, destination)| destination.state.is_broken())
            .collect();
        for (index, destination) in idle {
            let effect = BackendEffect::GetsNothing;
            self.of_destination(hop.route, hop.rule, index, &destination, (Severity::Warning, effect));
        }
    }

    fn of_destination(
        &mut self,
        id: RouteId,
        rule: u32,
        index: u32,
        one: &Destination,
        (severity, effect): (Severity, BackendEffect),
    ) {
        let Destination { kind, namespace, name, .. } = one;
        let slip = one.state.is_broken().then(|| self.slip(id, rule, one)).flatten();
        let Some((code, problem)) = (match &slip {
            Some(_) => {
                let (group, kind, name) = (one.group.clone(), kind.clone(), name.clone());
                Some((Code::BackendKindUnknown, BackendRefProblem::DoesNotDelegate { group, kind, name }))
            }
            None => broken(one),
        }) else {
            return;
        };
        if !self.is_new(severity, Cause { code, route: id, rule, detail: index }) {
            return;
        }
        let route = self.snapshot.route(id);
        let near = if one.state == DestinationState::Missing { self.near_backend(one) } else { None };
        let help = match one.state {
            _ if slip.is_some() => slip.as_ref().map(|slip| Advice::Slip(slip.hint.clone())),
            DestinationState::NotPermitted if self.is_never_served(id, rule, one) => Some(Advice::ServedKinds),
            DestinationState::NotPermitted => Some(Advice::GrantBackend {
                namespace: namespace.clone(),
                from: route.kind.name(),
                home: route.meta.namespace.clone(),
                kind: kind.clone(),
            }),
            DestinationState::PortNotAllowed => Some(Advice::RemovePort),
            DestinationState::InvalidKind => Some(match kind.as_str() {
                "HTTPRoute" => Advice::RouteGroup,
                "label" => Advice::LabelGroup,
                _ => Advice::ServedKinds,
            }),
            DestinationState::PortMissing | DestinationState::PortUnserved => self.ports_of(one),
            _ => near.as_ref().map(|near| Advice::MeansName(near.into())),
        };
        let place = RefPlace { route: id, rule, index };
        let fix = match &slip {
            Some(slip) => self.fix_of_slip(place, slip),
            None => self.fix_of_destination(place, one, near.as_deref()),
        };
        let problem = Problem::Backend { problem: Box::new(problem), effect };
        self.about(code, severity, route, one.at, (problem, help));
        self.fix(route, fix);
    }

    /// Whether the engine serves no backend of that kind, whatever permits it.
    fn is_never_served(&self, id: RouteId, rule: u32, one: &Destination) -> bool {
        let served = matches!((one.group.as_str(), one.kind.as_str()), ("", "Service") | (KGATEWAY_GROUP, "Backend"));
        let hop = (0..).map(RuleNodeId).zip(&self.tree.hops).find(|(_, hop)| hop.route == id && hop.rule == rule);
        !served && hop.is_some_and(|(hop, _)| self.tree.dialect_of(hop).is_of_kgateway())
    }

    /// What keeps a ref from delegating that was most likely meant to.
    fn slip(&self, id: RouteId, rule: u32, one: &Destination) -> Option<Slip> {
        if one.kind == "Service" || one.kind == "Backend" {
            return None;
        }
        let hop = self.tree.hops.iter().position(|hop| hop.route == id && hop.rule == rule)?;
        delegation_slip(self.tree.dialect_of(RuleNodeId(u32::try_from(hop).ok()?)), &one.group, &one.kind)
    }

    fn ports_of(&self, one: &Destination) -> Option<Advice> {
        let key = ObjectKey::new(one.namespace.clone(), one.name.clone());
        let ports = &self.snapshot.services.get(&key)?.ports;
        let ports: Vec<u16> = ports.iter().map(|port| port.port).collect();
        if ports.is_empty() { None } else { Some(Advice::HasPorts(ports)) }
    }

    fn near_backend(&mut self, one: &Destination) -> Option<String> {
        if !self.may_hint() {
            return None;
        }
        let here = |key: &&ObjectKey| key.namespace == one.namespace;
        let mut names: Vec<&str> = if one.kind == "Service" {
            self.snapshot.services.keys().filter(here).map(|key| key.name.as_str()).collect()
        } else {
            self.snapshot.backends.keys().filter(here).map(|key| key.name.as_str()).collect()
        };
        names.sort_unstable();
        closest(&one.name, names).map(str::to_owned)
    }

    fn of_respond(&mut self, hop: &RuleNode, respond: &Respond) {
        let detail = match respond.reason {
            // These are findings of their own.
            RespondReason::DirectResponse
            | RespondReason::FilterDecides
            | RespondReason::UnresolvedDelegation
            | RespondReason::CyclicDelegation
            | RespondReason::InvalidPolicy => return,
            RespondReason::InvalidPath => hop.match_index.unwrap_or(u32::MAX),
            _ => 0,
        };
        let Some(code) = respond.reason.code() else { return };
        if !self.is_new(Severity::Error, Cause { code, route: hop.route, rule: hop.rule, detail }) {
            return;
        }
        let help = match respond.reason {
            RespondReason::NoBackends => Some(Advice::AddBackend),
            RespondReason::DirectResponseConflict => Some(Advice::OneAction),
            RespondReason::InvalidPath => Some(Advice::NormalisedPath),
            _ => None,
        };
        let route = self.snapshot.route(hop.route);
        let at = if detail == 0 { route.rules[hop.rule as usize].at } else { hop.matcher.at };
        // The specification names no answer for a rule without backendRefs.
        let left = respond.reason == RespondReason::NoBackends
            && self.tree.dialect_of_hop(hop).semantics == ProxySemantics::Specification;
        let severity = if left { Severity::Warning } else { Severity::Error };
        let problem = Problem::Answers { detail: Box::new(respond.detail.clone()), is_unspecified: left };
        self.about(code, severity, route, at, (problem, help));
    }

    /// Mirrors that cannot be sent are silently not sent.
    pub(super) fn of_mirrors(&mut self) {
        let lookup = Lookup { snapshot: self.snapshot, settings: self.settings };
        for (id, route) in (0..).zip(&self.snapshot.routes) {
            for (rule, written) in (0..).zip(&route.rules) {
                for (index, filter) in (MIRRORS..).zip(&written.filters) {
                    let Filter::Mirror(mirror) = filter else { continue };
                    let referrer = Referrer::route(RouteKind::Http, &route.meta.namespace);
                    let destination = lookup.destination(referrer, &mirror.backend);
                    if destination.state.is_broken() {
                        let effect = (Severity::Error, BackendEffect::NothingMirrored);
                        self.of_destination(RouteId(id), rule, index, &destination, effect);
                    }
                }
            }
        }
    }

    pub(super) fn of_hazards(&mut self) {
        for rejection in &self.tree.rejections {
            let hop = &self.tree.hops[rejection.hop.0 as usize];
            let detail = hop.match_index.unwrap_or(u32::MAX);
            let cause = Cause { code: Code::EnvoyRefusesTable, route: hop.route, rule: hop.rule, detail };
            if self.is_new(Severity::Error, cause) {
                let problem = Problem::EnvoyRefusesTable(Box::new(rejection.problem.clone()));
                let at: Position = hop.matcher.at;
                let say = (problem, Some(Advice::FixFirst));
                self.about(cause.code, Severity::Error, self.snapshot.route(hop.route), at, say);
            }
        }
    }
}

/// What is wrong with a backend: the code, and how it is broken.
pub(super) fn broken(one: &Destination) -> Option<(Code, BackendRefProblem)> {
    let kind = one.kind.clone();
    let backend = ObjectKey::new(one.namespace.clone(), one.name.clone());
    Some(match one.state {
        DestinationState::Resolved
        | DestinationState::Unverified
        | DestinationState::GrantUnseen
        | DestinationState::KindUnread => return None,
        DestinationState::Missing => (Code::BackendMissing, BackendRefProblem::Missing { kind, backend }),
        DestinationState::PortMissing | DestinationState::PortUnserved => {
            (Code::BackendPortMissing, BackendRefProblem::NoPort { kind, backend, port: one.port })
        }
        DestinationState::NotPermitted => {
            (Code::BackendNotPermitted, BackendRefProblem::NotPermitted { kind, backend })
        }
        DestinationState::InvalidKind => {
            (Code::BackendKindUnknown, BackendRefProblem::UnknownKind { kind, group: one.group.clone() })
        }
        DestinationState::PortNotAllowed => (Code::BackendPortNotAllowed, BackendRefProblem::PortNotAllowed(backend)),
    })
}
