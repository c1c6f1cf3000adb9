//! The policies that reach a row, and what each of their parts comes to: in force, merged with others, or lost to whom.
//!
//! ```text
//! RouteConfiguration   the Gateway's; on HTTPS the listener's before them
//! └─ VirtualHost       the HTTP listener's, or the ListenerSet's, to whom the host belongs
//!    └─ Route          rule names it ▸ the rule's ▸ the route's; then the same of each delegating rule above
//! ```
//!
//! At each of the three the engine merges policies into one (`merge`). What stands at a more specific place wins in
//! Envoy, part by part; filters of several services, or that change headers, act from all places.
//!
//! Sources: kgateway `pkg/kgateway/translator/irtranslator/route.go` (`runRoutePlugins`, `runVhostPlugins`,
//! `ComputeRouteConfiguration`), `pkg/kgateway/extensions2/plugins/trafficpolicy/traffic_policy_plugin.go`
//! (`handlePolicies`, `handlePerRoutePolicies`), Envoy `source/common/http/utility.cc`
//! (`resolveMostSpecificPerFilterConfig`).

use std::sync::Arc;

use super::limits::{Limits, PolicySource};
use crate::finding::PolicyProblem;
use crate::model::{Name, ObjectKey, PolicyField, RouteKind, Setting, TrafficPolicy};
use crate::resolve::{PolicyEffect, Uncertainty};

/// What reaches one row.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    /// Every policy at every place it is attached, the strongest first.
    pub applied: Vec<Applied>,
    /// Timeouts and retries, and who gives them.
    pub limits: Limits,
    /// The rule whose CORS filter acts at the route, before those of policies.
    pub cors_filter: Option<PolicySource>,
}

/// A policy at one place it is attached.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The policy.
    pub policy: Arc<TrafficPolicy>,
    /// What it is attached to.
    pub to: AttachedTo,
    /// Where in Envoy's configuration it acts.
    pub level: Level,
    /// Why the engine cannot build it.
    pub broken: Option<PolicyProblem>,
    /// What it sets, and what that comes to.
    pub fields: Vec<FieldInForce>,
}

impl Applied {
    /// What it says of one part.
    pub fn setting(&self, field: PolicyField) -> Option<&Setting> {
        self.policy.setting(field)
    }

    /// Whether any of its parts is in force.
    pub fn counts(&self) -> bool {
        self.fields.iter().any(|field| field.state.counts())
    }
}

/// What a policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AttachedTo {
    Gateway {
        gateway: ObjectKey,
    },
    Listener {
        gateway: ObjectKey,
        listener: Name,
    },
    ListenerSet {
        set: ObjectKey,
    },
    SetListener {
        set: ObjectKey,
        listener: Name,
    },
    Route {
        kind: RouteKind,
        route: ObjectKey,
    },
    Rule {
        kind: RouteKind,
        route: ObjectKey,
        rule: u32,
    },
    /// The rule names it in a filter.
    Filter {
        kind: RouteKind,
        route: ObjectKey,
        rule: u32,
    },
}

/// A place in Envoy's configuration, the most specific first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Level {
    Route,
    VirtualHost,
    RouteConfiguration,
}

/// One part of a policy, and what it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInForce {
    /// Which.
    pub field: PolicyField,
    /// What it comes to.
    pub state: FieldState,
    /// With whom it is merged, or to whom it lost.
    pub by: Vec<PolicySource>,
    /// Why it does nothing, when it lost to nobody.
    pub why: Option<&'static str>,
    /// Whether it is a part of what the engine merged at its place, whatever a more specific place says.
    pub given: bool,
}

/// What a part comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldState {
    /// It is in force.
    InForce,
    /// It is in force beside, or as a part of, what others say.
    Merged,
    /// Another one's is in force instead.
    Overridden,
    /// It has no effect here.
    Idle,
}

impl FieldState {
    /// The word of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Merged => "merged",
            Self::Overridden => "overridden",
            Self::Idle => "no-effect",
        }
    }

    /// Whether the part does anything.
    pub fn counts(self) -> bool {
        matches!(self, Self::InForce | Self::Merged)
    }
}

/// Parts that may send a request elsewhere than the route says, or answer it, each with what it does to it.
const CHANGES: &[(PolicyField, PolicyEffect)] = &[
    (PolicyField::Transformation, PolicyEffect::Rewrite),
    (PolicyField::ExtProc, PolicyEffect::RewriteOrAnswer),
    (PolicyField::InternalRedirect, PolicyEffect::FollowRedirect),
    (PolicyField::FaultInjection, PolicyEffect::Answer),
    (PolicyField::ExtAuth, PolicyEffect::Refuse),
    (PolicyField::Jwt, PolicyEffect::Refuse),
    (PolicyField::ApiKeyAuth, PolicyEffect::Refuse),
    (PolicyField::BasicAuth, PolicyEffect::Refuse),
    (PolicyField::OAuth2, PolicyEffect::LogIn),
    (PolicyField::Rbac, PolicyEffect::Refuse),
    (PolicyField::Acl, PolicyEffect::Refuse),
];

impl InForce {
    /// The strongest setting of a part that is in force.
    pub fn setting(&self, field: PolicyField) -> Option<(&Applied, &Setting)> {
        self.settings(field).next()
    }

    /// Every setting of a part that is in force, the strongest first.
    pub fn settings(&self, field: PolicyField) -> impl Iterator<Item = (&Applied, &Setting)> {
        let counting = self
            .applied
            .iter()
            .filter(move |one| one.fields.iter().any(|known| known.field == field && known.state.counts()));
        counting.filter_map(move |one| Some((one, one.setting(field)?)))
    }

    /// Whether CORS is on: the most specific place says so.
    pub fn cors(&self) -> bool {
        self.cors_filter.is_some() || self.setting(PolicyField::Cors).is_some_and(|(_, setting)| !setting.is_off())
    }

    /// Why an answer under these policies is not certain.
    pub fn uncertainties(&self) -> Vec<Uncertainty> {
        self.uncertain_parts(|_| true)
    }

    /// Why it is not certain that a preflight is answered: what comes before CORS (kgateway `HttpFilters`).
    pub fn uncertainties_before_cors(&self) -> Vec<Uncertainty> {
        self.uncertain_parts(|field| matches!(field, PolicyField::FaultInjection | PolicyField::Acl))
    }

    fn uncertain_parts(&self, counts: impl Fn(PolicyField) -> bool) -> Vec<Uncertainty> {
        let mut uncertain = Vec::new();
        for (field, effect) in CHANGES.iter().filter(|(field, _)| counts(*field)) {
            for (applied, _) in self.settings(*field).filter(|(_, setting)| !setting.is_off()) {
                let policy = applied.policy.meta.key();
                let one = Uncertainty::Policy { field: *field, policy, effect: *effect };
                if !uncertain.contains(&one) {
                    uncertain.push(one);
                }
            }
        }
        uncertain
    }

    /// Which policies each part of a place comes from, as the engine writes it into Envoy's metadata.
    pub fn origins(&self, level: Level) -> Vec<(PolicyField, Vec<ObjectKey>)> {
        let of = |field: PolicyField| {
            let here = self.applied.iter().filter(|one| one.level == level);
            let given = here.filter(|one| one.fields.iter().any(|known| known.field == field && known.given));
            let mut keys: Vec<ObjectKey> = given.map(|one| one.policy.meta.key()).collect();
            keys.sort();
            keys.dedup();
            keys
        };
        PolicyField::all().map(|field| (field, of(field))).filter(|(_, from)| !from.is_empty()).collect()
    }
}
