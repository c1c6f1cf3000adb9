//! Policies that target nothing: the engine attaches them to nothing, and says nothing of it.

use ahash::AHashMap;

use super::Report;
use super::parents::nearest;
use crate::finding::{Code, Edit, Finding, Location, Severity, Subject, closest};
use crate::model::{Filter, KGATEWAY_GROUP, Meta, ObjectKey, PolicySelector, PolicyTarget, Position, TrafficPolicy};
use crate::store::RouteId;

/// What to do, in words and as edits.
type Remedy = (String, Vec<Edit>);

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
                if let Some((message, help)) = self.dead_target(&routes, policy, (place, target)) {
                    self.of_dead_target(policy, target.at, message, help);
                }
            }
            for selector in &policy.selectors {
                if let Some((message, help)) = self.dead_selector(policy, selector) {
                    self.of_dead_target(policy, policy.meta.origin.at, message, Some((help, Vec::new())));
                }
            }
            let idle = policy.targets.is_empty() && policy.selectors.is_empty();
            if idle && self.snapshot.coverage.sees("HTTPRoute", &policy.meta.namespace) && !self.is_named(policy) {
                let message = "it has no targetRefs, and no rule names it in an ExtensionRef".to_owned();
                self.of_dead_target(
                    policy,
                    policy.meta.origin.at,
                    message,
                    Some(("add a targetRef".to_owned(), Vec::new())),
                );
            }
        }
    }

    fn of_dead_target(&mut self, policy: &TrafficPolicy, at: Position, message: String, help: Option<Remedy>) {
        let (help, fix) = help.map_or_else(Default::default, |(help, fix)| (Some(help), fix));
        let fix = if policy.meta.defective { Vec::new() } else { fix };
        if self.has_room(Code::PolicyTargetMissing, Severity::Warning) {
            self.all.push(Finding {
                code: Code::PolicyTargetMissing,
                severity: Severity::Warning,
                place: Some(Location::within(&policy.meta.origin, at)),
                subject: Some(subject(policy)),
                problem: message.into(),
                advice: help.map(Into::into),
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
    ) -> Option<(String, Option<Remedy>)> {
        let set = |path: String, value: &str| vec![Edit::set(subject(policy), path, value)];
        let kind = KINDS.into_iter().find(|kind| *kind == target.kind)?;
        let key = ObjectKey::new(policy.meta.namespace.clone(), target.name.clone());
        let Some(sections) = self.sections(routes, kind, &key) else {
            let near = if self.may_hint() { self.near_target(routes, kind, &key) } else { None };
            let seen = self.snapshot.coverage.sees(kind, &key.namespace);
            if near.is_none() && !seen {
                return None;
            }
            let message = if seen {
                format!("{kind} {key} does not exist: the policy has no effect there")
            } else {
                format!("{kind} {key} is not in the input: the policy has no effect there")
            };
            let help = near.map(|near| {
                if near.namespace == key.namespace {
                    (format!("did you mean {}?", near.name), set(format!("spec.targetRefs[{place}].name"), &near.name))
                } else {
                    let help = format!(
                        "did you mean {near}? A policy targets objects of its own namespace: move it to {}",
                        near.namespace
                    );
                    // One that was moved targets nothing else where it was.
                    let alone = policy.targets.len() == 1 && near.name == key.name;
                    let moved = || set("metadata.namespace".to_owned(), &near.namespace);
                    (help, if alone { moved() } else { Vec::new() })
                }
            });
            return Some((message, help));
        };
        let wanted = target.section_name.as_deref().filter(|name| !name.is_empty())?;
        if sections.contains(&wanted) {
            return None;
        }
        let of_route = kind.ends_with("Route");
        let message = if of_route {
            format!("no rule of {kind} {key} is named {wanted}: the policy has no effect there")
        } else {
            format!("{kind} {key} has no listener {wanted}: the policy has no effect there")
        };
        let help = match (closest(wanted, sections.iter().copied()), &sections[..]) {
            (Some(near), _) => {
                let path = format!("spec.targetRefs[{place}].sectionName");
                (format!("did you mean sectionName: {near}?"), set(path, near))
            }
            (None, []) if of_route => (
                "none of its rules has a name: remove sectionName, or name the rule".to_owned(),
                vec![Edit::remove(subject(policy), format!("spec.targetRefs[{place}].sectionName"))],
            ),
            (None, several) => {
                let what = if of_route { "rules" } else { "listeners" };
                (format!("its {what} are named {}", several.join(", ")), Vec::new())
            }
        };
        Some((message, Some(help)))
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
    fn dead_selector(&self, policy: &TrafficPolicy, selector: &PolicySelector) -> Option<(String, String)> {
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
        let labels: Vec<String> = selector.labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let elsewhere = metas.iter().map(|meta| meta.key()).min().filter(|_| !labels.is_empty());
        if !seen && elsewhere.is_none() {
            return None;
        }
        let place = if global { String::new() } else { format!(" of namespace {namespace}") };
        let message = match &labels[..] {
            [] => "a targetSelector without labels selects nothing".to_owned(),
            labels => format!("no {kind}{place} has the labels {}", labels.join(", ")),
        };
        let help = elsewhere.map_or_else(
            || "label the object, or correct matchLabels".to_owned(),
            |key| {
                format!("{key} has them; a policy selects objects of its own namespace: move it to {}", key.namespace)
            },
        );
        Some((message, help))
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
