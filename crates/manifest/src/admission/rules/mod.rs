//! The validation rules of the CRDs (CEL) as Rust functions, by the place of the schema and the CRD's message.
//!
//! The tables say which rules there are. A test fails when a rule of a table has no function here, or a function no rule.
//! Places name the first field with an equal schema: `HTTPRoute.spec.rules[].backendRefs[].filters` stands for the
//! filters of rules, too. Rules that only count fields (`exactly one of the fields in …`) are facts of the tables.

mod backend_config;
mod filters;
mod gateway;
mod gateway_extension;
mod kgateway;
mod route;
mod shared;
mod traffic;

use super::schema::Function;
use routescope_core::model::value::Value;

/// The rules of the values at some places.
struct Group {
    /// `KIND.PATH`, or `KIND/VERSION.PATH` for versions other than the first of a table.
    places: &'static [&'static str],
    rules: &'static [(&'static str, Function)],
    /// True of a value that certainly keeps all rules.
    fast_accept: Option<fn(&Value) -> bool>,
}

const GROUPS: &[&[Group]] = &[
    route::RULES,
    filters::RULES,
    gateway::RULES,
    traffic::RULES,
    gateway_extension::RULES,
    backend_config::RULES,
    kgateway::RULES,
];

fn groups() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter().copied().flatten()
}

/// The function of the rule with this message at this place.
pub(super) fn find(place: &str, message: &str) -> Option<Function> {
    let here = groups().filter(|group| group.places.contains(&place));
    here.flat_map(|group| group.rules).find(|(known, _)| *known == message).map(|(_, function)| *function)
}

/// A quick test that is true only of values that keep all rules at this place.
pub(super) fn fast_accept(place: &str) -> Option<fn(&Value) -> bool> {
    groups().find(|group| group.places.contains(&place))?.fast_accept
}

/// All rules: place and message.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |group: &'static Group| {
        group.places.iter().flat_map(|place| group.rules.iter().map(move |(message, _)| (*place, *message)))
    };
    groups().flat_map(of)
}

/// The rules of the values at these places.
const fn at(places: &'static [&'static str], rules: &'static [(&'static str, Function)]) -> Group {
    Group { places, rules, fast_accept: None }
}

impl Group {
    /// With a quick test that is true only of values that keep all rules.
    const fn fast_accept(mut self, quick: fn(&Value) -> bool) -> Self {
        self.fast_accept = Some(quick);
        self
    }
}

/// A rule that only looks.
const fn rule(message: &'static str, holds: fn(&Value) -> bool) -> (&'static str, Function) {
    (message, Function::Infallible(holds))
}

/// A rule that reads a text, which may fail.
const fn fallible(message: &'static str, holds: fn(&Value) -> Result<bool, String>) -> (&'static str, Function) {
    (message, Function::Fallible(holds))
}
