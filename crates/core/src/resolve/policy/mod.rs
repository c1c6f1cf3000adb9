//! Which policies reach a place, and what they come to: one that cannot be built replaces every row it reaches by a
//! 500 (`judge`); of the others the engine merges what they set (`merge`), and Envoy takes the most specific of what
//! stands at the route, at its virtual host and at the whole configuration (`in_force`).
//!
//! What replaces rows is known before any request; the merging is done for the row that a request comes to, never for
//! all rows.
//!
//! Sources: kgateway `pkg/krtcollections/policy.go` (`GetTargetingPolicies`),
//! `pkg/kgateway/translator/irtranslator/route.go` (`runRoutePlugins`).

mod collect;
mod effective;
mod limits;
mod merge;
mod validate;

use std::cmp::Reverse;
use std::sync::Arc;

use ahash::AHashMap;

use super::action::Outcome;
use super::backend::Lookup;
use super::{Action, Respond, RespondReason, Stage, StatusMessage, action};
use crate::finding::{Code, EnvoyProblem, Finding, Location, PolicyProblem, Problem, RespondDetail, Severity, Subject};
use crate::limits as limits_of_all;
use crate::model::{
    Filter, GATEWAY_GROUP, KGATEWAY_GROUP, Meta, Name, ObjectKey, PolicySelector, Position, Route, RouteKind, Rule,
    Timestamp, TrafficPolicy,
};
use crate::resolve::Uncertainty;

pub use effective::{Applied, AttachedTo, FieldInForce, FieldState, InForce, Level};
pub use limits::{Limit, Limits, PolicySource, Retries};
pub use merge::{MergeDepth, PolicyMerge, policy_merge};

/// The order among policies of one target; what is not a number is an error.
const WEIGHT_ANNOTATION: &str = "kgateway.dev/policy-weight";

/// What is known of one policy.
#[derive(Debug)]
struct PolicyCheck {
    policy: Arc<TrafficPolicy>,
    /// Why it cannot be built, and where that is written.
    error: Option<(Position, PolicyProblem)>,
    /// Why Envoy would refuse what it is built into.
    rejection: Option<EnvoyProblem>,
    /// Why it is not certain that it can be built.
    uncertain: Vec<Uncertainty>,
}

/// What the policies that reach a place come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Effect {
    /// Why its rows answer 500.
    pub error: Option<(ObjectKey, PolicyProblem)>,
    /// What their status says of that.
    pub status_messages: Vec<StatusMessage>,
    /// Why Envoy would refuse them.
    pub rejection: Option<EnvoyProblem>,
    /// Why an answer is not certain.
    pub uncertain: Vec<Uncertainty>,
}

impl Effect {
    /// The row in place of those it reaches.
    pub fn replacement(&self) -> Option<Action> {
        let (policy, problem) = self.error.clone()?;
        let detail = RespondDetail::Policy { policy, problem: Box::new(problem) };
        let respond = action::replaced(RespondReason::InvalidPolicy, detail);
        Some(Action::Respond(Respond { status_messages: self.status_messages.clone(), ..respond }))
    }

    /// Does to a rule's outcome what the policies do: an error replaces it, in a delegating rule too.
    pub fn apply(self, outcome: &mut Outcome) {
        if let Some(mut replacement) = self.replacement() {
            // The engine joins what else is wrong; a row that was not made is not evaluated.
            if let (Action::Respond(new), Some(Action::Respond(old))) = (&mut replacement, &outcome.action) {
                let making = |one: &&StatusMessage| one.stage == Stage::Row && old.reason != RespondReason::NoBackends;
                let kept = old.status_messages.iter().filter(|one| one.stage == Stage::Rule || making(one));
                new.status_messages.extend(kept.cloned());
            }
            *outcome = Outcome { action: Some(replacement), replaced: true, rejection: None, unverified: Vec::new() };
        } else if !outcome.replaced {
            outcome.unverified.extend(self.uncertain);
            if let Some(Action::Forward(_)) = outcome.action {
                outcome.rejection = outcome.rejection.take().or(self.rejection);
            }
        }
    }

    fn add(&mut self, verdict: &PolicyCheck, section: Option<&Name>) {
        let key = verdict.policy.meta.key();
        if let Some((_, why)) = &verdict.error {
            let policy = Some(Name::from(format!("{KGATEWAY_GROUP}/TrafficPolicy/{}/{}", key.namespace, key.name)));
            let section = section.cloned();
            self.status_messages.push(StatusMessage { stage: Stage::Row, policy, section, text: why.to_string() });
        }
        if self.error.is_none() {
            self.error = verdict.error.as_ref().map(|(_, why)| (key, why.clone()));
        }
        if self.rejection.is_none() {
            self.rejection.clone_from(&verdict.rejection);
        }
        for one in &verdict.uncertain {
            if !self.uncertain.contains(one) {
                self.uncertain.push(one.clone());
            }
        }
    }
}

/// What a policy can target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Target {
    Gateway,
    ListenerSet,
    Route(RouteKind),
}

impl Target {
    fn of(group: &str, kind: &str) -> Option<Self> {
        match kind {
            _ if group != GATEWAY_GROUP => None,
            "Gateway" => Some(Self::Gateway),
            "ListenerSet" => Some(Self::ListenerSet),
            "HTTPRoute" => Some(Self::Route(RouteKind::Http)),
            "GRPCRoute" => Some(Self::Route(RouteKind::Grpc)),
            _ => None,
        }
    }
}

/// Where a policy stands among those of the same target: heavier first, then older, then by name.
type PolicyRank = (Reverse<i32>, Option<Timestamp>, String);

/// An object that a policy targets by name, and the section of it.
type ByName = (Target, ObjectKey, Option<Name>);
/// A kind, namespace, section and label that a policy selects objects by.
type ByLabel = (Target, Name, Option<Name>, (Name, Name));

/// Policies by what they attach to, the strongest first.
#[derive(Debug, Default)]
struct Attachments {
    by_name: AHashMap<ByName, Vec<usize>>,
    /// By the first label of the selector, with all of its labels.
    by_label: AHashMap<ByLabel, Vec<(PolicySelector, usize)>>,
}

/// Every policy, judged once, and found by what it attaches to. Policies are numbered by their standing.
#[derive(Debug)]
pub(super) struct Policies {
    verdicts: Vec<PolicyCheck>,
    by_name: AHashMap<ObjectKey, usize>,
    all: Attachments,
    /// Those that make a difference to what becomes of a row before any request is known.
    weighty: Attachments,
    /// The namespace whose selectors reach every namespace.
    global_namespace: Option<Name>,
    merge: PolicyMerge,
}

impl Policies {
    /// Judges all policies; `None` when there are none.
    pub fn of(lookup: Lookup<'_>) -> Option<Self> {
        let policies = &lookup.snapshot.traffic_policies;
        if policies.is_empty() {
            return None;
        }
        let standing = |policy: &TrafficPolicy| -> PolicyRank {
            let weight = policy.meta.annotation(WEIGHT_ANNOTATION).and_then(|weight| weight.parse().ok());
            (Reverse(weight.unwrap_or(0)), policy.meta.created, policy.meta.key().to_string())
        };
        let mut sorted: Vec<(&ObjectKey, &Arc<TrafficPolicy>)> = policies.iter().collect();
        sorted.sort_by_cached_key(|(_, policy)| standing(policy));
        let mut known = Self {
            verdicts: Vec::with_capacity(policies.len()),
            by_name: AHashMap::default(),
            all: Attachments::default(),
            weighty: Attachments::default(),
            global_namespace: lookup.settings.global_policy_namespace.clone(),
            merge: lookup.settings.policy_merge,
        };
        for (at, (key, policy)) in sorted.into_iter().enumerate() {
            known.by_name.insert(key.clone(), at);
            let verdict = validate::judge(lookup, policy);
            let weighs = verdict.error.is_some() || verdict.rejection.is_some() || !verdict.uncertain.is_empty();
            known.all.add(policy, at);
            if weighs {
                known.weighty.add(policy, at);
            }
            known.verdicts.push(verdict);
        }
        Some(known)
    }

    /// The policies that target an object (`section` is a listener's or a rule's name), the strongest first.
    fn targeting(&self, target: Target, meta: &Meta, section: Option<&Name>) -> Vec<usize> {
        self.all.targeting(target, meta, section, self.global_namespace.as_ref(), usize::MAX)
    }

    /// The policies that the rule itself names; a `GRPCRoute`'s are not evaluated (kgateway `convertFiltersToHTTP`).
    fn named_by(&self, route: &Route, rule: &Rule) -> Vec<usize> {
        let filters = rule.filters.iter().filter(|_| route.kind == RouteKind::Http);
        let named = filters.filter_map(|filter| match filter {
            Filter::Extension { group, kind, name, .. } if group == KGATEWAY_GROUP && kind == "TrafficPolicy" => {
                self.by_name.get(&ObjectKey::new(route.meta.namespace.clone(), name.clone())).copied()
            }
            _ => None,
        });
        named.collect()
    }

    /// Adds to `effect` the policies that target an object.
    pub fn weigh(&self, target: Target, meta: &Meta, section: Option<&Name>, effect: &mut Effect) {
        let global = self.global_namespace.as_ref();
        for at in self.weighty.targeting(target, meta, section, global, limits_of_all::POLICIES_OF_A_ROW) {
            effect.add(&self.verdicts[at], section);
        }
    }

    /// Adds to `effect` the policies of one rule of a route: those it names, those that target it, the route's.
    pub fn weigh_rule(&self, route: &Route, rule: &Rule, effect: &mut Effect) {
        for at in self.named_by(route, rule) {
            effect.add(&self.verdicts[at], None);
        }
        let target = Target::Route(route.kind);
        if let Some(name) = rule.name.as_ref().filter(|name| !name.is_empty()) {
            self.weigh(target, &route.meta, Some(name), effect);
        }
        self.weigh(target, &route.meta, None, effect);
    }

    /// One finding for each policy that cannot be built.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        let mut verdicts: Vec<&PolicyCheck> = self.verdicts.iter().collect();
        verdicts.sort_by_cached_key(|verdict| verdict.policy.meta.key());
        verdicts.into_iter().filter_map(|verdict| {
            let (at, why) = verdict.error.as_ref()?;
            let meta = &verdict.policy.meta;
            Some(Finding {
                code: Code::InvalidPolicy,
                severity: Severity::Error,
                place: Some(Location::within(&meta.origin, *at)),
                subject: Some(Subject { kind: "TrafficPolicy", key: meta.key() }),
                problem: Problem::Policy(Box::new(why.clone())),
                advice: None,
                fix: Vec::new(),
            })
        })
    }
}

impl Attachments {
    fn add(&mut self, policy: &TrafficPolicy, at: usize) {
        let namespace = &policy.meta.namespace;
        for target in &policy.targets {
            let Some(kind) = Target::of(&target.group, &target.kind) else { continue };
            // Target refs are of the policy's own namespace.
            let key = ObjectKey::new(namespace.clone(), target.name.clone());
            self.by_name.entry((kind, key, target.section_name.clone())).or_default().push(at);
        }
        for selector in &policy.selectors {
            let Some(kind) = Target::of(&selector.group, &selector.kind) else { continue };
            // A selector without labels selects nothing.
            let Some(first) = selector.labels.first() else { continue };
            let key = (kind, namespace.clone(), selector.section_name.clone(), first.clone());
            self.by_label.entry(key).or_default().push((selector.clone(), at));
        }
    }

    /// The strongest `most` that target an object.
    fn targeting(
        &self,
        target: Target,
        meta: &Meta,
        section: Option<&Name>,
        global: Option<&Name>,
        most: usize,
    ) -> Vec<usize> {
        let section = section.filter(|name| !name.is_empty()).cloned();
        let mut found: Vec<usize> = Vec::new();
        if !self.by_name.is_empty() {
            let named = self.by_name.get(&(target, meta.key(), section.clone()));
            found.extend(named.into_iter().flatten().take(most));
        }
        let global = global.filter(|global| **global != meta.namespace);
        for namespace in [Some(&meta.namespace), global].into_iter().flatten() {
            if self.by_label.is_empty() {
                break;
            }
            let labelled = |(key, value): &(Name, Name)| meta.label(key) == Some(value);
            for label in &meta.labels {
                let key = (target, namespace.clone(), section.clone(), label.clone());
                let selecting = self.by_label.get(&key).into_iter().flatten();
                let selecting = selecting.filter(|(selector, _)| selector.labels.iter().all(labelled));
                found.extend(selecting.map(|(_, at)| *at).take(most));
            }
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(most);
        found
    }
}
