//! Where a recorded `status` is not what is predicted: a stale controller, another version, or a mistake of ours.
//! `docs/fidelity.md`: `status-recorded`.

use ahash::AHashMap;

use crate::analysis::Analysis;
use crate::model::{Name, ParentRef, RecordedCondition, RouteKind};
use crate::resolve::{DIALECTS, Engine};
use crate::store::RouteId;

use super::{Condition, ParentEntry, Statuses};

/// One condition (or count) that is recorded otherwise than predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `HTTPRoute`, `GRPCRoute` or `Gateway`.
    pub kind: &'static str,
    /// The object's namespace.
    pub namespace: Name,
    /// The object's name.
    pub name: Name,
    /// Of which parent, or of which listener; empty for the Gateway itself.
    pub of: String,
    /// The condition's type, or `attachedRoutes`.
    pub what: String,
    /// What is predicted; `None` when no entry is.
    pub predicted: Option<RecordedAs>,
    /// What is recorded; `None` when nothing is.
    pub recorded: Option<RecordedAs>,
}

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the fields of metav1.Condition
pub struct RecordedAs {
    pub status: String,
    pub reason: String,
    pub message: String,
}

impl From<&Condition> for RecordedAs {
    fn from(condition: &Condition) -> Self {
        let (status, reason) = (condition.status.to_owned(), condition.reason.to_owned());
        Self { status, reason, message: condition.message.to_string() }
    }
}

impl From<&RecordedCondition> for RecordedAs {
    fn from(RecordedCondition { kind: _, status, reason, message }: &RecordedCondition) -> Self {
        Self { status: status.to_string(), reason: reason.to_string(), message: message.clone() }
    }
}

impl RecordedAs {
    fn count(number: u64) -> Self {
        Self { status: number.to_string(), reason: String::new(), message: String::new() }
    }
}

/// Compares what is predicted with every recorded `status`. Objects without one are passed over, and so are the
/// entries of other controllers and conditions of types that are not predicted.
pub fn differences(analysis: &Analysis, predicted: &Statuses) -> Vec<Difference> {
    let mut found = Vec::new();
    for (key, status) in &predicted.gateways {
        let Some(gateway) = analysis.snapshot.gateways.get(key) else { continue };
        let record = &gateway.status;
        let mut note = |of: &str, what: &str, predicted, recorded| {
            found.push(Difference {
                kind: "Gateway",
                namespace: key.namespace.clone(),
                name: key.name.clone(),
                of: of.to_owned(),
                what: what.to_owned(),
                predicted,
                recorded,
            });
        };
        if record.conditions.is_empty() && record.listeners.is_empty() {
            continue;
        }
        conditions(&status.conditions, &record.conditions, |what, ours, theirs| note("", what, ours, theirs));
        for listener in &status.listeners {
            let of = format!("listener {}", listener.name);
            let recorded = record.listeners.iter().find(|one| one.name == listener.name);
            let empty = Vec::new();
            let said = recorded.map_or(&empty, |one| &one.conditions);
            let count = recorded.and_then(|one| one.attached_routes);
            let (ours, theirs) = (u64::try_from(listener.attached_routes).ok(), count.map(u64::from));
            if ours != theirs {
                note(&of, "attachedRoutes", ours.map(RecordedAs::count), theirs.map(RecordedAs::count));
            }
            conditions(&listener.conditions, said, |what, ours, theirs| note(&of, what, ours, theirs));
        }
        for gone in record.listeners.iter().filter(|one| !status.listeners.iter().any(|own| own.name == one.name)) {
            let of = format!("listener {}", gone.name);
            conditions(&[], &gone.conditions, |what, ours, theirs| note(&of, what, ours, theirs));
        }
    }
    let by_route: AHashMap<RouteId, &[ParentEntry]> =
        predicted.routes.iter().map(|status| (status.route, status.parents.as_slice())).collect();
    for (id, route) in (0..).map(RouteId).zip(&analysis.snapshot.routes) {
        let recorded: Vec<_> = route.status.iter().filter(|entry| is_kgateway(analysis, &entry.controller)).collect();
        if recorded.is_empty() {
            continue;
        }
        let kind = match route.kind {
            RouteKind::Http => "HTTPRoute",
            RouteKind::Grpc => "GRPCRoute",
        };
        let own = &route.meta.namespace;
        let mut note = |of: &ParentRef, what: &str, predicted, recorded| {
            found.push(Difference {
                kind,
                namespace: own.clone(),
                name: route.meta.name.clone(),
                of: parent_in_words(of, own),
                what: what.to_owned(),
                predicted,
                recorded,
            });
        };
        let entries = by_route.get(&id).copied().unwrap_or_default();
        for entry in entries {
            let theirs = recorded.iter().find(|one| same(&one.parent, &entry.parent, own));
            let said = theirs.map_or(&[][..], |one| one.conditions.as_slice());
            conditions(&entry.conditions, said, |what, ours, theirs| note(&entry.parent, what, ours, theirs));
        }
        for gone in recorded.iter().filter(|one| !entries.iter().any(|own_one| same(&own_one.parent, &one.parent, own)))
        {
            conditions(&[], &gone.conditions, |what, ours, theirs| note(&gone.parent, what, ours, theirs));
        }
    }
    found
}

/// How many objects carry a status that is compared.
pub fn recorded(analysis: &Analysis) -> usize {
    let speaks = |route: &&std::sync::Arc<crate::model::Route>| {
        route.status.iter().any(|entry| is_kgateway(analysis, &entry.controller))
    };
    let nodes = analysis.tree.gateways.iter().filter(|node| node.dialect.engine == Engine::Kgateway);
    let told = |node: &&crate::resolve::GatewayNode| {
        let record = &node.gateway.status;
        !record.conditions.is_empty() || !record.listeners.is_empty()
    };
    analysis.snapshot.routes.iter().filter(speaks).count() + nodes.filter(told).count()
}

/// Whether two references name one parent: an absent namespace is the route's own.
fn same(left: &ParentRef, right: &ParentRef, own: &Name) -> bool {
    let place = |one: &ParentRef| {
        let namespace = one.namespace.clone().unwrap_or_else(|| own.clone());
        (one.group.clone(), one.kind.clone(), namespace, one.name.clone(), one.section_name.clone(), one.port)
    };
    place(left) == place(right)
}

/// A parent in words: `Gateway infra/gw`, with listener and port where the ref names them.
pub fn parent_in_words(reference: &ParentRef, own: &Name) -> String {
    let ParentRef { kind, name, section_name, port, .. } = reference;
    let namespace = reference.namespace.as_ref().unwrap_or(own);
    let section = section_name.as_ref().map(|section| format!(" listener {section}")).unwrap_or_default();
    let port = port.map(|port| format!(" port {port}")).unwrap_or_default();
    format!("{kind} {namespace}/{name}{section}{port}")
}

/// Whether a controller's entries are kgateway's: by its name, or by a class of a Gateway that kgateway answers for.
fn is_kgateway(analysis: &Analysis, controller: &str) -> bool {
    let known = DIALECTS.iter().find(|dialect| dialect.controllers.contains(&controller));
    known.map_or_else(
        || {
            let nodes = analysis.tree.gateways.iter().filter(|node| node.dialect.engine == Engine::Kgateway);
            let classes = nodes.filter_map(|node| analysis.snapshot.classes.get(&node.gateway.class));
            classes.into_iter().any(|class| class.controller == controller)
        },
        |dialect| dialect.engine == Engine::Kgateway,
    )
}

/// Notes every type on which the two sides differ. Types that are not predicted belong to others, unless the whole
/// entry is not predicted.
fn conditions(
    ours: &[Condition],
    theirs: &[RecordedCondition],
    mut note: impl FnMut(&str, Option<RecordedAs>, Option<RecordedAs>),
) {
    for condition in ours {
        let recorded = theirs.iter().find(|one| one.kind == condition.kind).map(RecordedAs::from);
        let predicted = RecordedAs::from(condition);
        if recorded.as_ref() != Some(&predicted) {
            note(condition.kind, Some(predicted), recorded);
        }
    }
    if ours.is_empty() {
        for condition in theirs {
            note(&condition.kind, None, Some(RecordedAs::from(condition)));
        }
    }
}
