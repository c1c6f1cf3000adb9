//! Policies that target nothing: the engine attaches them to nothing, and says nothing of it.

use ahash::AHashMap;

use super::Report;
use super::parents::nearest;
use crate::finding::{Advice, Code, Edit, Finding, Location, Severity, Subject, TargetProblem, closest};
use crate::model::{
    Filter, KGATEWAY_GROUP, Meta, Name, ObjectKey, PolicySelector, PolicyTarget, Position, TrafficPolicy,
};
use crate::store::RouteId;

/// What to do, and the same as edits.
type Remedy = (Advice, Vec<Edit>);

/// A policy as the object of a finding or an edit.
fn subject(policy: &TrafficPolicy) -> Subject {
    Subject { kind: "TrafficPolicy", key: policy.meta.key() }
}

/// The routes that policies can target, by kind and name.
type Routes = AHashMap<(&'static str, ObjectKey), RouteId>;

/// The kinds that a policy can target.
const KINDS: [&str; 4] = ["Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute"];

impl Report<'_> {
    pub(super) fn of_policies(&mut self) {
        if self.snapshot.traffic_policies.is_empty() {
            return;
        }
        let named = (0..).zip(&self.snapshot.routes);
        let routes: Routes = named.map(|(id, route)| ((route.kind.name(), route.meta.key()), RouteId(id))).collect();
        for policy in self.snapshot.traffic_policies.values() {
            for (place, target) in policy.targets.iter().enumerate() {
                if let Some((problem, help)) = self.dead_target(&routes, policy, (place, target)) {
                    self.of_dead_target(policy, target.at, problem, help);
                }
            }
            for selector in &policy.selectors {
                if let Some((problem, advice)) = self.dead_selector(policy, selector) {
                    self.of_dead_target(policy, policy.meta.origin.at, problem, Some((advice, Vec::new())));
                }
            }
            let idle = policy.targets.is_empty() && policy.selectors.is_empty();
            if idle && self.snapshot.coverage.sees("HTTPRoute", &policy.meta.namespace) && !self.is_named(policy) {
                let (problem, help) = (TargetProblem::NoTargets, Some((Advice::AddTarget, Vec::new())));
                self.of_dead_target(policy, policy.meta.origin.at, problem, help);
            }
        }
    }

    fn of_dead_target(&mut self, policy: &TrafficPolicy, at: Position, problem: TargetProblem, help: Option<Remedy>) {
        let (help, fix) = help.map_or_else(Default::default, |(help, fix)| (Some(help), fix));
        let fix = if policy.meta.defective { Vec::new() } else { fix };
        if self.has_room(Code::PolicyTargetMissing, Severity::Warning) {
            self.all.push(Finding {
                code: Code::PolicyTargetMissing,
                severity: Severity::Warning,
                place: Some(Location::within(&policy.meta.origin, at)),
                subject: Some(subject(policy)),
                problem: problem.into(),
                advice: help,
                fix,
            });
        }
    }

    /// What is wrong with a target. One that is not in the input may exist all the same, unless a near one is there.
    fn dead_target(
        &mut self,
        routes: &Routes,
        policy: &TrafficPolicy,
        (place, target): (usize, &PolicyTarget),
    ) -> Option<(TargetProblem, Option<Remedy>)> {
        let set = |path: String, value: &str| vec![Edit::set(subject(policy), path, value)];
        let kind = KINDS.into_iter().find(|kind| *kind == target.kind)?;
        let key = ObjectKey::new(policy.meta.namespace.clone(), target.name.clone());
        let Some(sections) = self.sections(routes, kind, &key) else {
            let near = if self.may_hint() { self.near_target(routes, kind, &key) } else { None };
            let seen = self.snapshot.coverage.sees(kind, &key.namespace);
            if near.is_none() && !seen {
                return None;
            }
            let problem = TargetProblem::Missing { target: Subject { kind, key: key.clone() }, is_certain: seen };
            let help = near.map(|near| {
                if near.namespace == key.namespace {
                    let fix = set(format!("spec.targetRefs[{place}].name"), &near.name);
                    (Advice::MeansName(near.name), fix)
                } else {
                    // One that was moved targets nothing else where it was.
                    let alone = policy.targets.len() == 1 && near.name == key.name;
                    let moved = || set("metadata.namespace".to_owned(), &near.namespace);
                    let fix = if alone { moved() } else { Vec::new() };
                    (Advice::MovePolicy(near), fix)
                }
            });
            return Some((problem, help));
        };
        let wanted = target.section_name.as_deref().filter(|name| !name.is_empty())?;
        if sections.contains(&wanted) {
            return None;
        }
        let of_route = kind.ends_with("Route");
        let problem = TargetProblem::NoSection { target: Subject { kind, key }, section: wanted.into() };
        let help = match (closest(wanted, sections.iter().copied()), &sections[..]) {
            (Some(near), _) => {
                let path = format!("spec.targetRefs[{place}].sectionName");
                (Advice::MeansSection(near.into()), set(path, near))
            }
            (None, []) if of_route => {
                (Advice::NameRule, vec![Edit::remove(subject(policy), format!("spec.targetRefs[{place}].sectionName"))])
            }
            (None, several) => {
                let names = several.iter().copied().map(Name::from).collect();
                (if of_route { Advice::RuleNames(names) } else { Advice::ListenerNames(names) }, Vec::new())
            }
        };
        Some((problem, Some(help)))
    }

    /// The names of the sections of an object; `None` when it is not there.
    fn sections(&self, routes: &Routes, kind: &'static str, key: &ObjectKey) -> Option<Vec<&str>> {
        match kind {
            "Gateway" => Some(self.snapshot.gateways.get(key)?.listeners.iter().map(|one| one.name.as_str()).collect()),
            "ListenerSet" => {
                Some(self.snapshot.listener_sets.get(key)?.listeners.iter().map(|one| one.name.as_str()).collect())
            }
            _ => {
                let route = self.snapshot.route(*routes.get(&(kind, key.clone()))?);
                let named = route.rules.iter().filter_map(|rule| rule.name.as_deref());
                Some(named.filter(|name| !name.is_empty()).collect())
            }
        }
    }

    fn near_target(&self, routes: &Routes, kind: &'static str, key: &ObjectKey) -> Option<ObjectKey> {
        if kind.ends_with("Route") {
            let mut known: Vec<ObjectKey> =
                routes.keys().filter(|(of, _)| *of == kind).map(|(_, key)| key.clone()).collect();
            known.sort_unstable();
            return nearest(key, &known);
        }
        self.near_parent(kind, key)
    }

    /// What is wrong with a selector, where all objects that it could select are in the input, or where one of another
    /// namespace has the labels; and what to do.
    fn dead_selector(&self, policy: &TrafficPolicy, selector: &PolicySelector) -> Option<(TargetProblem, Advice)> {
        let kind = KINDS.into_iter().find(|kind| *kind == selector.kind)?;
        let global = self.settings.global_policy_namespace.as_ref() == Some(&policy.meta.namespace);
        let namespace = &policy.meta.namespace;
        let seen =
            if global { self.snapshot.coverage.sees_all(kind) } else { self.snapshot.coverage.sees(kind, namespace) };
        let is_here = |meta: &&Meta| global || meta.namespace == *namespace;
        let has_labels = |meta: &&Meta| selector.labels.iter().all(|(key, value)| meta.label(key) == Some(value));
        let metas: Vec<&Meta> = match kind {
            "Gateway" => self.snapshot.gateways.values().map(|one| &one.meta).filter(has_labels).collect(),
            "ListenerSet" => self.snapshot.listener_sets.values().map(|one| &one.meta).filter(has_labels).collect(),
            _ => {
                let routes = self.snapshot.routes.iter().filter(|one| one.kind.name() == kind);
                routes.map(|one| &one.meta).filter(has_labels).collect()
            }
        };
        if metas.iter().any(is_here) {
            return None;
        }
        let elsewhere = metas.iter().map(|meta| meta.key()).min().filter(|_| !selector.labels.is_empty());
        if !seen && elsewhere.is_none() {
            return None;
        }
        let namespace = (!global).then(|| namespace.clone());
        let problem = TargetProblem::NoLabels { kind, namespace, labels: selector.labels.clone() };
        Some((problem, elsewhere.map_or(Advice::LabelObject, Advice::MoveToSelected)))
    }

    /// Whether a rule names a policy.
    fn is_named(&self, policy: &TrafficPolicy) -> bool {
        let here = self.snapshot.routes.iter().filter(|route| route.meta.namespace == policy.meta.namespace);
        here.flat_map(|route| &route.rules).flat_map(|rule| &rule.filters).any(|filter| {
            matches!(filter, Filter::Extension { group, kind, name, .. }
                if group == KGATEWAY_GROUP && kind == "TrafficPolicy" && *name == policy.meta.name)
        })
    }
}
