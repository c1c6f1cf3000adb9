//! What to do about findings, as data: the edits that their `help` speaks of.
//!
//! Fields of a route are named by their places in it. A route of which a part could not be read gets no edits: places count
//! what was read.

use serde_json::{Value, json};

use super::Report;
use crate::finding::{Edit, Subject};
use crate::model::{Filter, GATEWAY_GROUP, KGATEWAY_GROUP, Listener, ObjectKey, PathModifier, Route};
use crate::resolve::{Destination, DestinationState};
use crate::store::RouteId;

/// From this detail on a ref is the backend of a mirror: the place of its filter follows.
pub(super) const MIRRORS: u32 = 1000;

/// A route as the object of an edit.
pub(super) fn subject(route: &Route) -> Subject {
    Subject { kind: route.kind.name(), key: route.meta.key() }
}

/// A ref of a rule: its place among the backendRefs, or [`MIRRORS`] and the place of the filter.
#[derive(Clone, Copy)]
pub(super) struct RefPlace {
    pub route: RouteId,
    pub rule: u32,
    pub index: u32,
}

/// The path of a backendRef of a rule, or of the backend of a mirror.
fn ref_path(RefPlace { rule, index, .. }: RefPlace) -> String {
    match index.checked_sub(MIRRORS) {
        None => format!("spec.rules[{rule}].backendRefs[{index}]"),
        Some(filter) => format!("spec.rules[{rule}].filters[{filter}].requestMirror.backendRef"),
    }
}

/// A parentRef becomes one to `near`.
pub(super) fn name_parent(route: &Route, place: u32, wanted: &ObjectKey, near: &ObjectKey) -> Vec<Edit> {
    let set = |field: &str, value: &str| Edit::set(subject(route), format!("spec.parentRefs[{place}].{field}"), value);
    let mut edits = Vec::new();
    if wanted.name != near.name {
        edits.push(set("name", &near.name));
    }
    if wanted.namespace != near.namespace {
        edits.push(set("namespace", &near.namespace));
    }
    edits
}

/// A parentRef attaches to one listener.
pub(super) fn name_section(object: Subject, place: u32, section: &str) -> Vec<Edit> {
    vec![Edit::set(object, format!("spec.parentRefs[{place}].sectionName"), section)]
}

/// A child names the route that delegates to it.
pub(super) fn name_delegator(child: &Route, parent: &ObjectKey) -> Vec<Edit> {
    let reference = json!({
        "group": GATEWAY_GROUP, "kind": "HTTPRoute", "namespace": parent.namespace.as_str(), "name": parent.name.as_str(),
    });
    vec![Edit::set(subject(child), format!("spec.parentRefs[{}]", child.parent_refs.len()), reference)]
}

/// A rule gets a filter after those that it has.
pub(super) fn add_filter(route: &Route, rule: u32, filter: Value) -> Vec<Edit> {
    let filters = route.rules[rule as usize].filters.len();
    vec![Edit::set(subject(route), format!("spec.rules[{rule}].filters[{filters}]"), filter)]
}

/// The fields of a rule's filters that replace a prefix.
pub(super) fn set_replacement(route: &Route, rule: u32, value: &str) -> Vec<Edit> {
    let filters = (0..).zip(&route.rules[rule as usize].filters);
    let edits = filters.filter_map(|(at, filter): (usize, _)| {
        let (name, path) = match filter {
            Filter::Rewrite(rewrite) => ("urlRewrite", rewrite.path.as_ref()),
            Filter::Redirect(redirect) => ("requestRedirect", redirect.path.as_ref()),
            _ => return None,
        };
        matches!(path, Some(PathModifier::Prefix(_))).then(|| {
            let path = format!("spec.rules[{rule}].filters[{at}].{name}.path.replacePrefixMatch");
            Edit::set(subject(route), path, value)
        })
    });
    edits.collect()
}

/// A redirect names its port.
pub(super) fn set_redirect_port(route: &Route, rule: u32, port: u16) -> Vec<Edit> {
    let filters = (0..).zip(&route.rules[rule as usize].filters);
    let redirects = filters.filter(|(_, filter): &(usize, _)| matches!(filter, Filter::Redirect(_)));
    let path = |at: usize| format!("spec.rules[{rule}].filters[{at}].requestRedirect.port");
    redirects.map(|(at, _)| Edit::set(subject(route), path(at), port)).collect()
}

/// A listener admits these kinds no more.
pub(super) fn remove_kinds(object: &Subject, index: u32, listener: &Listener, kinds: &[&str]) -> Vec<Edit> {
    let written = listener.allowed_routes.kinds.as_deref().unwrap_or_default();
    let path = |at: usize| format!("spec.listeners[{index}].allowedRoutes.kinds[{at}]");
    // The last first: the places of those before it stay.
    let places = (0..written.len()).rev().filter(|at| kinds.contains(&written[*at].kind.as_str()));
    places.map(|at| Edit::remove(object.clone(), path(at))).collect()
}

impl Report<'_> {
    /// Edits of the finding that was reported last, about `route` or what belongs to it.
    pub(super) fn fix(&mut self, route: &Route, edits: Vec<Edit>) {
        if let Some(last) = self.all.last_mut()
            && !route.meta.defective
        {
            last.fix = edits;
        }
    }

    /// What lets a ref meet its backend; `near` is the name that was most likely meant.
    pub(super) fn fix_of_destination(&self, place: RefPlace, one: &Destination, near: Option<&str>) -> Vec<Edit> {
        let route = self.snapshot.route(place.route);
        let path = ref_path(place);
        let set = |field: &str, value: Value| vec![Edit::set(subject(route), format!("{path}.{field}"), value)];
        match one.state {
            DestinationState::NotPermitted => {
                let kind = if one.kind == "Backend" { "Backend" } else { "Service" };
                let group = if one.kind == "Backend" { KGATEWAY_GROUP } else { "" };
                if kind != one.kind {
                    return Vec::new();
                }
                let to = Subject { kind, key: ObjectKey::new(one.namespace.clone(), one.name.clone()) };
                vec![Edit::grant((route.kind.name(), &route.meta.namespace), (group, &to))]
            }
            DestinationState::PortNotAllowed => vec![Edit::remove(subject(route), format!("{path}.port"))],
            DestinationState::PortMissing | DestinationState::PortUnserved => {
                let key = ObjectKey::new(one.namespace.clone(), one.name.clone());
                match self.snapshot.services.get(&key).map(|service| &service.ports[..]) {
                    Some([only]) => set("port", Value::from(only.port)),
                    _ => Vec::new(),
                }
            }
            DestinationState::Missing => near.map(|near| set("name", Value::from(near))).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// What makes a ref delegate that was most likely meant to.
    pub(super) fn fix_of_slip(&self, place: RefPlace, slip: &crate::resolve::Slip) -> Vec<Edit> {
        let route = self.snapshot.route(place.route);
        let path = ref_path(place);
        let set = |field: &str, value: &str| Edit::set(subject(route), format!("{path}.{field}"), value);
        let group = slip.group.map(|group| set("group", group));
        group.into_iter().chain(slip.kind.map(|kind| set("kind", kind))).collect()
    }
}
