//! Why an answer is not certain: what is not in view, what an engine leaves open, what Envoy would refuse.

use super::decide::{NormalizedRequest, Router};
use super::lookup::{Frontend, covers};
use super::{Decision, GatewayTable, Note, Refusal};
use crate::model::{Meta, Protocol};
use crate::resolve::{Engine, ListenerState, ProxySemantics, RuleNodeId, Uncertainty, Unspecified};

/// How many other listeners are asked.
const LOOKED_THROUGH: usize = 64;

impl Router<'_> {
    /// In whose manner a Gateway's proxy reads requests.
    pub(super) fn semantics(&self, table: &GatewayTable) -> ProxySemantics {
        self.tree.gateways.get(table.node as usize).map_or(ProxySemantics::Envoy, |node| node.dialect.semantics)
    }

    /// What would have taken a request that nothing takes: a less specific host, which is not asked, or another listener.
    pub(super) fn note_the_nearby(
        &self,
        decision: &mut Decision,
        place: u32,
        table: &GatewayTable,
        frontend: &Frontend,
        normalized: &NormalizedRequest<'_>,
    ) {
        let Some(host) = &normalized.host else { return };
        if let Some(wider) =
            self.wider(table, frontend, normalized).filter(|_| self.semantics(table) == ProxySemantics::Envoy)
        {
            let own = decision.virtual_host.map_or(host.as_str(), |own| &table.virtual_hosts[own as usize].hostname);
            let note = Note::WiderHost { hostname: wider.hostname.clone(), asked: own.to_owned() };
            decision.notes.push(note);
        }
        let mut others =
            self.lookup.doors_of(place).iter().take(LOOKED_THROUGH).filter(|other| !std::ptr::eq(*other, frontend));
        let takes = |other: &&Frontend| {
            let named = other.sni.as_deref().is_none_or(|name| covers(name, host));
            let place = other.virtual_host(host).filter(|_| named);
            place.is_some_and(|place| self.first_row(&table.virtual_hosts[place as usize], normalized).is_some())
        };
        if let Some(other) = others.find(takes) {
            let listener = other.listener(Some(host), None).unwrap_or_default();
            decision.notes.push(Note::OtherListener { listener, port: other.port });
        }
    }

    /// Why nothing this Gateway answers is certain.
    pub(super) fn note_gateway_uncertainty(&self, decision: &mut Decision, table: &GatewayTable, frontend: &Frontend) {
        let node = self.tree.gateways.get(table.node as usize);
        let assumption = node.and_then(|node| node.engine_assumption.clone());
        decision.unverified.extend(assumption.map(Uncertainty::Engine));
        if table.assumed {
            let (gateway, protocol) = (table.gateway.clone(), frontend.protocol.clone());
            decision.unverified.push(Uncertainty::GatewayAssumed { gateway, protocol });
        }
        let port = frontend.port;
        let rejection = frontend.rejection.and_then(|place| table.virtual_hosts[place as usize].rejections.first());
        if let Some(rejection) = rejection {
            decision.unverified.push(Uncertainty::RouteTableRefused);
            decision.refused = Some(Refusal::RouteTable { port, problem: rejection.problem.clone() });
        }
        let Some(node) = node else { return };
        if let Some(why) = node.gateway.meta.doubt.clone() {
            decision.unverified.push(Uncertainty::Object { kind: "Gateway", object: table.gateway.clone(), why });
        }
        for field in node.gateway.meta.dropped_of(None) {
            let (object, field) = (table.gateway.clone(), field.clone());
            decision.unverified.push(Uncertainty::Dropped { kind: "Gateway", object, field });
        }
        if let Some(conflict) = node.chain_conflicts.iter().find(|conflict| conflict.port == port) {
            decision.unverified.push(Uncertainty::ListenerRefused);
            decision.refused = Some(Refusal::Listener { port, clash: conflict.clash.clone() });
        }
        if let Some(crash) = self.tree.crashes.first().filter(|_| node.dialect.engine == Engine::Kgateway) {
            decision.unverified.push(Uncertainty::ControlPlaneCrashes);
            decision.refused = Some(Refusal::Crash(*crash));
        }
        let here = || node.listeners.iter().filter(|listener| listener.port(&node.gateway) == port);
        let speaks = |protocol: Protocol| here().any(|listener| listener.listener(&node.gateway).protocol == protocol);
        if !node.dialect.is_of_kgateway() && speaks(Protocol::Tls) && speaks(Protocol::Https) {
            decision.unverified.push(Uncertainty::Unspecified(Unspecified::SharedPort));
        }
    }

    /// agentgateway reports that a listener's hostname is taken, and sends the listener to the proxy all the same, which
    /// picks any of the listeners of one hostname (`controller/pkg/syncer/syncer.go`, `buildAgwResources`;
    /// `crates/agentgateway/src/types/agent.rs`, `ListenerSet::best_match_filtered`).
    pub(super) fn note_listener_uncertainty(
        &self,
        decision: &mut Decision,
        table: &GatewayTable,
        port: u16,
        normalized: &NormalizedRequest<'_>,
    ) {
        let Some(node) = self.tree.gateways.get(table.node as usize) else { return };
        let host = normalized.host.as_deref();
        for listener in &node.listeners {
            let ListenerState::Rejected { reason: "HostnameConflict", .. } = listener.state else { continue };
            let written = listener.listener(&node.gateway);
            let hostname = written.hostname.as_deref().unwrap_or("*");
            if written.port == port && host.is_none_or(|host| covers(hostname, host)) {
                let name = listener.name(&node.gateway);
                decision.unverified.push(Uncertainty::HostnameConflict(name));
                return;
            }
        }
    }

    /// Why the cluster may get other objects than those on the way to a row.
    fn note_uncertain_objects(&self, decision: &mut Decision, hop: RuleNodeId) {
        for step in self.tree.chain(hop) {
            let step = &self.tree.hops[step.0 as usize];
            let route = self.snapshot.route(step.route);
            let dropped = route.meta.dropped_of(Some(step.rule)).map(|field| Uncertainty::Dropped {
                kind: route.kind.name(),
                object: route.meta.key(),
                field: field.clone(),
            });
            decision.unverified.extend(dropped);
            let open = route.meta.open_of(step.rule).map(|field| Uncertainty::Placeholder {
                kind: route.kind.name(),
                object: route.meta.key(),
                field: field.clone(),
            });
            decision.unverified.extend(open);
        }
        let chain = self.tree.chain(hop).into_iter().map(|step| self.tree.hops[step.0 as usize].route);
        let routes = chain.map(|route| self.snapshot.route(route)).map(|route| (route.kind.name(), &route.meta));
        let uncertain = |(kind, meta): (&'static str, &Meta)| {
            Some(Uncertainty::Object { kind, object: meta.key(), why: meta.doubt.clone()? })
        };
        decision.unverified.extend(routes.filter_map(uncertain));
    }

    /// Why an answer that rests on this row is not certain.
    pub(super) fn note_chain_uncertainty(&self, decision: &mut Decision, hop: RuleNodeId) {
        for step in self.tree.chain(hop) {
            let step = &self.tree.hops[step.0 as usize];
            decision.unverified.extend(step.unverified.iter().cloned());
            let route = self.snapshot.route(step.route);
            if route.meta.defective {
                let (kind, route) = (route.kind.name(), route.meta.key());
                decision.unverified.push(Uncertainty::Defective { kind, route });
            }
        }
        self.note_uncertain_objects(decision, hop);
        let mut seen = Vec::with_capacity(decision.unverified.len());
        decision.unverified.retain(|reason| {
            let new = !seen.contains(reason);
            if new {
                seen.push(reason.clone());
            }
            new
        });
    }
}
