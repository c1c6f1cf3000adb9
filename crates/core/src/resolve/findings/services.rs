//! Services that rules lead to and nobody serves: the table is fine, and clients get 503.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Report;
use crate::finding::{Advice, Code, Finding, Location, Problem, Severity, Subject};
use crate::model::ObjectKey;
use crate::resolve::endpoints::{endpoints, unserved};
use crate::resolve::{Action, Destination, ExternalName};
use crate::store::RouteId;

/// A port of a Service, and the rules (route and place) that lead to it.
type Users<'a> = BTreeMap<(ObjectKey, u16), (&'a Destination, BTreeSet<(RouteId, u32)>)>;

impl Report<'_> {
    /// Once per port of a Service, however many rules lead to it. Looks at the rules only when there is such a port.
    pub(super) fn of_services(&mut self) {
        let unserved = unserved(self.snapshot);
        if unserved.is_empty() {
            return;
        }
        let mut users: Users<'_> = BTreeMap::new();
        for hop in &self.tree.hops {
            let Some(Action::Forward(forward)) = hop.action().map(Arc::as_ref) else { continue };
            for to in &forward.destinations {
                let Some(port) = to.port.filter(|_| to.kind == "Service" && !to.state.is_broken()) else { continue };
                let port = (ObjectKey::new(to.namespace.clone(), to.name.clone()), port);
                let counts = to.share > 0.0 && to.external_name != ExternalName::Unknown;
                if counts && unserved.contains(&port) {
                    users.entry(port).or_insert_with(|| (to, BTreeSet::new())).1.insert((hop.route, hop.rule));
                }
            }
        }
        for ((key, _), (destination, rules)) in users {
            self.of_service(key, destination, &rules);
        }
    }

    fn of_service(&mut self, key: ObjectKey, destination: &Destination, rules: &BTreeSet<(RouteId, u32)>) {
        let endpoints = endpoints(self.snapshot, destination).map(Arc::new);
        let destination = Destination { endpoints, ..destination.clone() };
        let (Some(unserved), Some(service), Some((id, rule))) =
            (destination.unserved(), self.snapshot.services.get(&key), rules.first())
        else {
            return;
        };
        let code = if unserved.is_known { Code::NoEndpoints } else { Code::ExternalName };
        if !self.has_room(code, Severity::Warning) {
            return;
        }
        let route = self.snapshot.route(*id);
        let advice =
            Advice::LedToBy { rules: rules.len(), kind: route.kind.name(), route: route.meta.key(), rule: *rule };
        let origin = &service.meta.origin;
        self.all.push(Finding {
            code,
            severity: Severity::Warning,
            place: Some(Location::within(origin, origin.at)),
            subject: Some(Subject { kind: "Service", key }),
            problem: Problem::Unserved(Box::new(unserved)),
            advice: Some(advice),
            fix: Vec::new(),
        });
    }
}
