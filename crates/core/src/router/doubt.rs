//! Why an answer is not certain: what is not in view, what an engine leaves open, what Envoy would refuse.

use super::decide::{Prepared, Router};
use super::lookup::{Door, covers};
use super::{Decision, GatewayTable, Request};
use crate::model::{PathKind, ValueKind};
use crate::resolve::{Cut, HopId, ListenerState, Manner};

/// Why nothing is certain where a delegation is not followed.
pub(super) fn cut(cut: Cut) -> &'static str {
    match cut {
        Cut::Depth => "the delegation is too deep to be followed to its end: a rule that is not shown may answer",
        Cut::Size => "the delegation is too large to be followed to its end: a rule that is not shown may answer",
    }
}

/// Why nothing is certain on a Gateway some of whose virtual hosts are left out.
pub(super) const CUT_TABLE: &str =
    "the Gateway has more virtual hosts than are kept in memory: one that is not shown may answer";

impl Router<'_> {
    /// In whose manner a Gateway's proxy reads requests.
    pub(super) fn manner(&self, table: &GatewayTable) -> Manner {
        self.tree.gateways.get(table.node as usize).map_or(Manner::Envoy, |node| node.dialect.manner)
    }

    /// What the specification leaves to each implementation, as far as this answer rests on it.
    pub(super) fn doubt_the_unspecified(
        &self,
        decision: &mut Decision,
        hop: HopId,
        prepared: &Prepared<'_>,
        request: &Request,
    ) {
        let row = &self.tree.hops[hop.0 as usize].matcher;
        let of_values = row.headers.iter().chain(&row.query_params);
        // Rows with a regular expression in the path come before all prefixes here: a prefix wins only where none matches.
        if row.path.kind == PathKind::RegularExpression
            || of_values.into_iter().any(|test| test.kind == ValueKind::RegularExpression)
        {
            decision.unverified.push(
                "the specification leaves the syntax and the precedence of regular expressions to the implementation"
                    .to_owned(),
            );
        }
        if prepared.facts.path != request.path {
            let (sent, read) = (&request.path, &prepared.facts.path);
            decision.unverified.push(format!("the specification does not say that {sent} is read as {read}"));
        }
    }

    /// Whether a less specific host would take what the most specific one does not: implementations differ.
    pub(super) fn doubt_the_fallback(
        &self,
        decision: &mut Decision,
        table: &GatewayTable,
        door: &Door,
        prepared: &Prepared<'_>,
    ) {
        let Some(host) = &prepared.host else { return };
        for place in door.hosts.covering(host).skip(1) {
            let wider = &table.virtual_hosts[place as usize];
            if wider.index.find(self.tree, &wider.rows, &prepared.facts).is_some() {
                let wider = &wider.hostname;
                let whose = if wider == "*" { "a route without hostname".to_owned() } else { format!("host {wider}") };
                decision.unverified.push(format!(
                    "{whose} would take it, and the specification does not say whether it may when {host} has a route"
                ));
                return;
            }
        }
    }

    /// Why nothing this Gateway answers is certain.
    pub(super) fn doubt_the_gateway(&self, decision: &mut Decision, table: &GatewayTable, door: &Door) {
        let node = self.tree.gateways.get(table.node as usize);
        decision.unverified.extend(node.and_then(|node| node.engine_doubt.clone()));
        if table.assumed {
            let name = &table.gateway;
            decision
                .unverified
                .push(format!("Gateway {name} is not in view: assumed to have one HTTP listener that admits it"));
        }
        let hazard = door.hazard.and_then(|place| table.virtual_hosts[place as usize].hazards.first());
        if let Some(hazard) = hazard {
            let port = door.port;
            decision.unverified.push("Envoy refuses this route table and keeps the last good one".to_owned());
            decision.notes.push(format!("Envoy refuses the whole route table of port {port}: {}", hazard.message));
        }
    }

    /// agentgateway reports that a listener's hostname is taken, and sends the listener to the proxy all the same, which
    /// picks any of the listeners of one hostname (`controller/pkg/syncer/syncer.go`, `buildAgwResources`;
    /// `crates/agentgateway/src/types/agent.rs`, `ListenerSet::best_match_filtered`).
    pub(super) fn doubt_the_listener(
        &self,
        decision: &mut Decision,
        table: &GatewayTable,
        port: u16,
        prepared: &Prepared<'_>,
    ) {
        let Some(node) = self.tree.gateways.get(table.node as usize) else { return };
        let host = prepared.host.as_deref();
        for listener in &node.listeners {
            let ListenerState::Rejected { reason: "HostnameConflict", .. } = listener.state else { continue };
            let written = listener.listener(&node.gateway);
            let hostname = written.hostname.as_deref().unwrap_or("*");
            if written.port == port && host.is_none_or(|host| covers(hostname, host)) {
                let name = listener.name(&node.gateway);
                decision.unverified.push(format!(
                    "listener {name} has a hostname that another has already, and may take it: the proxy is sent both"
                ));
                return;
            }
        }
    }

    /// Why an answer that rests on this row is not certain.
    pub(super) fn doubt_the_chain(&self, decision: &mut Decision, hop: HopId) {
        for step in self.tree.chain(hop) {
            let step = &self.tree.hops[step.0 as usize];
            decision.unverified.extend(step.unverified.iter().cloned());
            let route = self.snapshot.route(step.route);
            if route.meta.defective {
                let (kind, key) = (route.kind.name(), route.meta.key());
                decision.unverified.push(format!("the API server would refuse {kind} {key} as it is written"));
            }
        }
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
