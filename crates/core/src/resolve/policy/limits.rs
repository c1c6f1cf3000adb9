//! How long a request may take and how often it is tried again: what the rules say, and what policies add where the
//! rules say nothing.
//!
//! Sources: kgateway `pkg/krtcollections/builtin.go` (`applyTimeouts`, `applyRetry`: a child's come first, unless the
//! parent's annotation lets it override), `pkg/kgateway/extensions2/plugins/trafficpolicy/traffic_policy_plugin.go`
//! (`handlePerRoutePolicies`: a policy sets what is not set yet; the route's before the listener's, that before the
//! Gateway's).

use crate::model::value::Data;
use crate::model::{Name, ObjectKey, RouteKind, Setting};
use crate::resolve::action::overrides;
use crate::resolve::{RuleNodeId, Tree};
use crate::store::Snapshot;

/// Who gives a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicySource {
    /// A `TrafficPolicy`.
    Policy(ObjectKey),
    /// The rule itself, or a delegating one above it.
    #[allow(missing_docs)]
    Rule { kind: RouteKind, route: ObjectKey, rule: u32 },
}

/// A duration, and who gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Limit {
    pub value: Name,
    pub from: PolicySource,
}

/// How often a request is tried again, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// How often at the most.
    pub attempts: u32,
    /// How long each try may take.
    pub per_try: Option<Name>,
    /// Who says so.
    pub from: PolicySource,
}

/// The timeouts and retries of a row, where anyone sets them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// How long the whole request may take.
    pub request: Option<Limit>,
    /// How long nothing may pass on the stream.
    pub stream_idle: Option<Limit>,
    /// How often it is tried again.
    pub retries: Option<Retries>,
}

impl Limits {
    /// What the rules on the way to a row say, from the row's own up.
    pub(super) fn of_rules(snapshot: &Snapshot, tree: &Tree, chain: &[RuleNodeId]) -> Self {
        let mut limits = Self::default();
        for hop in chain.iter().rev().map(|hop| &tree.hops[hop.0 as usize]) {
            let route = snapshot.route(hop.route);
            let Some(rule) = route.rules.get(hop.rule as usize) else { continue };
            let from = || PolicySource::Rule { kind: route.kind, route: route.meta.key(), rule: hop.rule };
            let (request, backend) = (&rule.request_timeout, &rule.backend_request_timeout);
            let overrides = overrides(route);
            if (request.is_some() || backend.is_some()) && (limits.request.is_none() || overrides) {
                // Retries bound each try by the backend request's timeout.
                let value = backend.as_ref().filter(|_| rule.retry.is_none()).or(request.as_ref());
                limits.request = value.map(|value| Limit { value: value.clone(), from: from() });
            }
            if let Some(retry) = &rule.retry
                && (limits.retries.is_none() || overrides)
            {
                let attempts = retry.attempts.unwrap_or(1);
                limits.retries = Some(Retries { attempts, per_try: backend.clone(), from: from() });
            }
        }
        limits
    }

    /// A policy's timeouts: whether any of them counts, and who gave those that do not.
    pub(super) fn add_timeouts(&mut self, setting: &Setting, from: &PolicySource) -> (bool, Vec<PolicySource>) {
        let mut counts = false;
        let mut lost = Vec::new();
        for (key, slot) in [("request", &mut self.request), ("streamIdle", &mut self.stream_idle)] {
            let Some(value) = setting.text(&[key]) else { continue };
            if let Some(known) = slot {
                if !lost.contains(&known.from) {
                    lost.push(known.from.clone());
                }
            } else {
                *slot = Some(Limit { value: value.clone(), from: from.clone() });
                counts = true;
            }
        }
        (counts, lost)
    }

    /// A policy's retries: who gave those that come before, if anyone.
    pub(super) fn add_retries(&mut self, setting: &Setting, from: &PolicySource) -> Option<PolicySource> {
        if let Some(known) = &self.retries {
            return Some(known.from.clone());
        }
        let attempts = match setting.present("attempts").map(|value| &value.data) {
            Some(Data::Int(attempts)) => u32::try_from(*attempts).unwrap_or(0),
            _ => 1,
        };
        let per_try = setting.text(&["perTryTimeout"]).cloned();
        self.retries = Some(Retries { attempts, per_try, from: from.clone() });
        None
    }
}
