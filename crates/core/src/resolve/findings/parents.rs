//! A parentRef that meets nothing, although something near it exists: a wrong name, a forgotten namespace, a wrong
//! section.

use ahash::AHashMap;

use super::fixes::{name_parent, name_section};
use super::{Cause, Report};
use crate::finding::{Advice, AttachmentProblem, Code, Edit, Severity, Subject, closest};
use crate::model::{GATEWAY_GROUP, Name, ObjectKey, ParentRef, Route};
use crate::resolve::attach::{Parent, parent_of};
use crate::store::RouteId;

impl Report<'_> {
    /// Parents that are not in the input, where a near one is.
    pub(super) fn of_parents(&mut self) {
        let mut known: AHashMap<(&'static str, ObjectKey), Option<ObjectKey>> = AHashMap::default();
        for (id, route) in (0..).zip(&self.snapshot.routes) {
            for (place, reference) in (0..).zip(&route.parent_refs) {
                let Some((kind, key)) = self.absent(route, reference) else { continue };
                let near = known.entry((kind, key.clone())).or_insert_with(|| self.near_parent(kind, &key)).clone();
                let Some(near) = near else { continue };
                let code = Code::ParentNotFound;
                if self.is_new(Severity::Warning, Cause { code, route: RouteId(id), rule: u32::MAX, detail: place }) {
                    let fix = name_parent(route, place, &key, &near);
                    let problem = AttachmentProblem::ParentNotFound(Subject { kind, key: key.clone() });
                    let advice = Advice::MeansParent { named: key, near };
                    self.about(code, Severity::Warning, route, reference.at, (problem, Some(advice)));
                    self.fix(route, fix);
                }
            }
        }
    }

    /// The kind and name of a parent that is not in the input, and of which nothing else is reported.
    fn absent(&self, route: &Route, reference: &ParentRef) -> Option<(&'static str, ObjectKey)> {
        match parent_of(reference, &route.meta.namespace) {
            Parent::Gateway(key) => {
                let seen = self.snapshot.coverage.sees("Gateway", &key.namespace);
                (!seen && !self.snapshot.gateways.contains_key(&key)).then_some(("Gateway", key))
            }
            Parent::Other if reference.group == GATEWAY_GROUP && reference.kind == "HTTPRoute" => {
                let namespace = reference.namespace.clone().unwrap_or_else(|| route.meta.namespace.clone());
                let key = ObjectKey::new(namespace, reference.name.clone());
                (!self.has_http_route(&key)).then_some(("HTTPRoute", key))
            }
            Parent::ListenerSet(_) | Parent::Other => None,
        }
    }

    fn has_http_route(&self, key: &ObjectKey) -> bool {
        let here = self.snapshot.http_routes_in(&key.namespace);
        here.iter().any(|id| self.snapshot.route(*id).meta.name == key.name)
    }

    /// The object that was most likely meant: one thing to change, the namespace or the name, before two.
    pub(super) fn near_parent(&self, kind: &str, wanted: &ObjectKey) -> Option<ObjectKey> {
        let known: Vec<ObjectKey> = match kind {
            "Gateway" => self.snapshot.gateways.keys().cloned().collect(),
            "ListenerSet" => self.snapshot.listener_sets.keys().cloned().collect(),
            _ => {
                let delegating = self.tree.links.iter().map(|link| self.tree.hops[link.hop.0 as usize].route);
                let mut parents: Vec<ObjectKey> =
                    delegating.map(|route| self.snapshot.route(route).meta.key()).collect();
                parents.sort_unstable();
                parents.dedup();
                parents
            }
        };
        nearest(wanted, &known)
    }

    /// What a parentRef to something that does not exist was most likely meant for.
    pub(super) fn near_unattached(&self, route: &Route, place: u32) -> Option<(Advice, Vec<Edit>)> {
        let reference = &route.parent_refs[place as usize];
        let (Parent::Gateway(key) | Parent::ListenerSet(key)) = parent_of(reference, &route.meta.namespace) else {
            return None;
        };
        let kind = if reference.kind == "Gateway" { "Gateway" } else { "ListenerSet" };
        let near = self.near_parent(kind, &key)?;
        let fix = name_parent(route, place, &key, &near);
        Some((Advice::MeansParent { named: key, near }, fix))
    }

    /// What to do about the parentRef at a place of a route whose section no listener has.
    pub(super) fn near_section(
        &self,
        object: Subject,
        place: u32,
        reference: &ParentRef,
    ) -> Option<(Advice, Vec<Edit>)> {
        let home = &object.key.namespace;
        let (Parent::Gateway(key) | Parent::ListenerSet(key)) = parent_of(reference, home) else {
            return None;
        };
        let names: Vec<&str> = match self.snapshot.listener_sets.get(&key) {
            Some(set) if reference.kind != "Gateway" => set.listeners.iter().map(|one| one.name.as_str()).collect(),
            _ => self.snapshot.gateways.get(&key)?.listeners.iter().map(|one| one.name.as_str()).collect(),
        };
        let wanted = reference.section_name.as_deref()?;
        if names.contains(&wanted) {
            return None;
        }
        Some(match closest(wanted, names.iter().copied()) {
            Some(near) => (Advice::MeansSection(near.into()), name_section(object, place, near)),
            None => match names.as_slice() {
                [only] => (Advice::OnlyListener((*only).into()), name_section(object, place, only)),
                several => (Advice::Listeners(several.iter().copied().map(Name::from).collect()), Vec::new()),
            },
        })
    }
}

/// Of the known names the one with the fewest things to change.
pub(super) fn nearest(wanted: &ObjectKey, known: &[ObjectKey]) -> Option<ObjectKey> {
    if let Some(elsewhere) = known.iter().find(|one| one.name == wanted.name && one.namespace != wanted.namespace) {
        return Some(elsewhere.clone());
    }
    let named = |near: &str, here: bool| {
        known.iter().find(|one| one.name == near && (!here || one.namespace == wanted.namespace)).cloned()
    };
    let here = known.iter().filter(|one| one.namespace == wanted.namespace).map(|one| one.name.as_str());
    let others = known.iter().map(|one| one.name.as_str());
    closest(&wanted.name, here)
        .and_then(|near| named(near, true))
        .or_else(|| closest(&wanted.name, others).and_then(|near| named(near, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ObjectKey {
        let (namespace, name) = text.split_once('/').expect("a namespace and a name");
        ObjectKey::new(namespace, name)
    }

    #[test]
    fn the_nearest_has_the_fewest_things_to_change() {
        let known = [key("infra/gateway"), key("team-a/edge"), key("team-b/gatewy")];
        assert_eq!(nearest(&key("team-b/gateway"), &known), Some(key("infra/gateway")));
        assert_eq!(nearest(&key("infra/gatway"), &known), Some(key("infra/gateway")));
        assert_eq!(nearest(&key("team-c/edeg"), &known), Some(key("team-a/edge")));
        assert_eq!(nearest(&key("team-a/public"), &known), None);
    }
}
