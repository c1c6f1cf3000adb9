//! The policies on the way of a request: which are in force, field by field, who lost to whom, and the timeouts and
//! retries that come of it.

mod data;
mod text;

use routescope_core::model::RouteKind;
use routescope_core::resolve::{AttachedTo, PolicySource};

pub use data::{LimitsData, PolicyData, limits, policies};
pub use text::{Fact, facts, text};

/// `on rule 2 of HTTPRoute team/child`.
pub fn attached_to(to: &AttachedTo) -> String {
    match to {
        AttachedTo::Gateway { gateway } => format!("on Gateway {gateway}"),
        AttachedTo::Listener { gateway, listener } => format!("on listener {listener} of Gateway {gateway}"),
        AttachedTo::ListenerSet { set } => format!("on ListenerSet {set}"),
        AttachedTo::SetListener { set, listener } => format!("on listener {listener} of ListenerSet {set}"),
        AttachedTo::Route { kind, route } => format!("on {} {route}", kind.name()),
        AttachedTo::Rule { kind, route, rule } => format!("on {}", rule_of(*kind, &route.to_string(), *rule)),
        AttachedTo::Filter { kind, route, rule } => format!("named by {}", rule_of(*kind, &route.to_string(), *rule)),
    }
}

/// `TrafficPolicy team/p`, or `rule 2 of HTTPRoute team/child`.
pub fn giver(giver: &PolicySource) -> String {
    match giver {
        PolicySource::Policy(policy) => format!("TrafficPolicy {policy}"),
        PolicySource::Rule { kind, route, rule } => rule_of(*kind, &route.to_string(), *rule),
    }
}

fn rule_of(kind: RouteKind, route: &str, rule: u32) -> String {
    format!("rule {} of {} {route}", rule + 1, kind.name())
}
