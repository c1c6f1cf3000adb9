//! Connections that a TCP or TLS route takes: no HTTP route sees what comes through them. `docs/fidelity.md`: `stream-chains`.

use std::sync::Arc;

use super::decide::{Router, blank};
use super::lookup::Frontend;
use super::{Decision, GatewayTable, Note, Outcome, Request};
use crate::resolve::{AttachedStream, Destination, GatewayNode, Uncertainty};

impl<'a> Router<'a> {
    fn stream_at(&self, table: &GatewayTable, frontend: &Frontend) -> Option<(&'a GatewayNode, &'a AttachedStream)> {
        let (listener, place) = frontend.stream?;
        let node = self.tree.gateways.get(table.node as usize)?;
        Some((node, node.listeners.get(listener)?.streams.all().get(place)?))
    }

    /// The decision at the door of a TCP or TLS route.
    pub(super) fn passed_through(
        &self,
        place: u32,
        table: &GatewayTable,
        frontend: &Frontend,
        request: &Request,
    ) -> Decision {
        let mut decision = blank(place, Some(frontend), request.host.as_deref(), None);
        self.note_gateway_uncertainty(&mut decision, table, frontend);
        let Some((node, stream)) = self.stream_at(table, frontend) else { return decision };
        let mut destinations = stream.destinations.clone();
        self.look_up_endpoints(destinations.iter_mut());
        let getting = || destinations.iter().filter(|destination| destination.share > 0.0);
        decision.notes.extend(getting().filter_map(Note::of_backend));
        decision.unverified.extend(getting().filter_map(Destination::unverified));
        decision.outcome = Outcome::Passthrough { route: Arc::clone(&stream.route), destinations };
        if let Some(why) = stream.route.meta.doubt.clone() {
            let (kind, object) = (stream.route.kind.name(), stream.route.meta.key());
            decision.unverified.push(Uncertainty::Object { kind, object, why });
        }
        for field in stream.route.meta.dropped_of(None) {
            let (kind, object) = (stream.route.kind.name(), stream.route.meta.key());
            decision.unverified.push(Uncertainty::Dropped { kind, object, field: field.clone() });
        }
        if stream.route.meta.defective {
            let (kind, route) = (stream.route.kind.name(), stream.route.meta.key());
            decision.unverified.push(Uncertainty::Defective { kind, route });
        }
        let listener = node.listeners[frontend.stream.map_or(0, |(at, _)| at)].listener(&node.gateway);
        if stream.is_terminated(listener) {
            decision.notes.push(Note::TlsTerminated);
        }
        self.note_unreadable(&mut decision, table);
        decision
    }

    /// What another door of the Gateway does with the connection.
    pub(super) fn note_stream(&self, table: &GatewayTable, frontend: &Frontend) -> Option<Note> {
        let (_, stream) = self.stream_at(table, frontend)?;
        let listener = frontend.listener(None, None).unwrap_or_default();
        let (kind, route) = (stream.route.kind.name(), stream.route.meta.key());
        Some(Note::OtherStream { listener, port: frontend.port, kind, route })
    }
}
