//! The sentences for backends, delegation, rules and the targets of policies.

use routescope_core::finding::{
    BackendEffect, BackendRefProblem, DelegationProblem, ReplacedCondition, RuleProblem, SlipHint, TargetProblem,
    Unserved, UnservedReason,
};
use routescope_core::model::{GATEWAY_GROUP, Name};

pub(super) fn backend(what: &BackendRefProblem, effect: BackendEffect) -> String {
    let effect = match effect {
        BackendEffect::Answers(status) => format!("answers {status}"),
        BackendEffect::GetsNothing => "the rule sends it nothing anyway".to_owned(),
        BackendEffect::NothingMirrored => "nothing is mirrored to it".to_owned(),
        BackendEffect::ConnectionsClosed => "connections are closed".to_owned(),
    };
    let what = match what {
        BackendRefProblem::DoesNotDelegate { group, kind, name } => {
            let group = if group.is_empty() { String::new() } else { format!("{group} ") };
            format!("the ref to {group}{kind} {name} does not delegate")
        }
        BackendRefProblem::Missing { kind, backend } => format!("{kind} {backend} does not exist"),
        BackendRefProblem::NoPort { kind, backend, port: Some(port) } => format!("{kind} {backend} has no port {port}"),
        BackendRefProblem::NoPort { kind, backend, port: None } => {
            format!("the ref to {kind} {backend} names no port")
        }
        BackendRefProblem::NotPermitted { kind, backend } => {
            format!("no ReferenceGrant in {} permits the ref to {kind} {}", backend.namespace, backend.name)
        }
        BackendRefProblem::UnknownKind { kind, group } => {
            format!("a backend of kind {kind} in {} is not known", group_name(group))
        }
        BackendRefProblem::PortNotAllowed(backend) => format!("the ref to Backend {backend} carries a port"),
    };
    format!("{what}: {effect}")
}

/// A group of kinds; the core group has an empty name.
pub(super) fn group_name(group: &str) -> &str {
    if group.is_empty() { "the core group" } else { group }
}

/// Why nobody serves a Service, in a clause.
pub fn unserved_reason(Unserved { service, port, why, .. }: &Unserved) -> String {
    match why {
        UnservedReason::ExternalName => {
            format!("Service {service} is an ExternalName, which the gateway does not follow")
        }
        UnservedReason::NoEndpoints => format!("Service {service} has no endpoints"),
        UnservedReason::NoPort(target) => {
            let of = port.map(|port| format!(" of port {port}")).unwrap_or_default();
            format!("no endpoint of Service {service} has the target port {target}{of}")
        }
        UnservedReason::NoneReady(1) => format!("the only endpoint of Service {service} is not ready"),
        UnservedReason::NoneReady(total) => format!("none of the {total} endpoints of Service {service} is ready"),
    }
}

/// The same, and who gets what for it.
pub fn unserved(unserved: &Unserved, is_part: bool) -> String {
    let who_gets = if is_part { "its share of requests gets" } else { "clients get" };
    let unless = if unserved.is_known { "" } else { ", unless EndpointSlices are written for it" };
    format!("{}: {who_gets} 503{unless}", unserved_reason(unserved))
}

/// What was most likely meant by a ref that does not delegate.
pub fn slip_hint(hint: &SlipHint) -> String {
    match hint {
        SlipHint::AddGroup => format!("a ref to an HTTPRoute delegates only with group: {GATEWAY_GROUP}: add it"),
        SlipHint::MeansGroup(group) => {
            format!("did you mean group: {GATEWAY_GROUP}? {group} has no HTTPRoute that delegates")
        }
        SlipHint::MeansHttpRoute => "did you mean kind: HTTPRoute?".to_owned(),
        SlipHint::MeansBoth => format!("did you mean group: {GATEWAY_GROUP}, kind: HTTPRoute?"),
        SlipHint::MeansLabel { is_other_case: true, .. } => {
            "did you mean kind: label? It is written in lower case".to_owned()
        }
        SlipHint::MeansLabel { group, is_other_case: false } => {
            format!("did you mean kind: label? {group} has no other kind")
        }
        SlipHint::MeansLabelGroup { group, written, is_other_case } => {
            let hint = match written.as_str() {
                "" => format!("to delegate by label, add group: {group}"),
                "delegation.gateway.solo.io" => {
                    format!("did you mean group: {group}? {written} is the group of Gloo Gateway")
                }
                "delegation.kgateway.dev" => format!("did you mean group: {group}? {written} is the group of kgateway"),
                _ => format!("did you mean group: {group}?"),
            };
            if *is_other_case { format!("{hint} The kind is label, in lower case") } else { hint }
        }
    }
}

pub(super) fn delegation(what: &DelegationProblem) -> String {
    match what {
        DelegationProblem::NotAdoptable(parent) => {
            format!("{parent} delegates to it, and no parentRef names HTTPRoute {parent}")
        }
        DelegationProblem::NotPermitted(parent) => {
            format!("{parent} delegates to it from another namespace, and no grant lets it")
        }
        DelegationProblem::HasHostnames(parent) => {
            format!("it has hostnames: the delegation of {parent} to it has no effect")
        }
        DelegationProblem::BackendIgnored { kind, name } => {
            format!("a rule that delegates sends nothing to {kind} {name}")
        }
        DelegationProblem::EscapesPrefix { kind, path, prefix, parent } => {
            format!("{} {path} takes paths that are not under {prefix}, which {parent} delegates to it", kind.name())
        }
        DelegationProblem::CollectsChildren(other) => {
            format!("this ref also leads to {other}: a later rule uses it beside a ref to that route")
        }
        DelegationProblem::BrokenRefHidden(other) => {
            format!("nothing that this ref selects stands here, and {other} of an earlier ref hides it: no 500")
        }
        DelegationProblem::LabelOfSeveral { namespaces, label } => format!(
            "routes of {} have the label {label}: each can answer for paths that the others were meant to",
            namespaces.join(", ")
        ),
        DelegationProblem::UndefinedWinner([one, other]) => {
            format!("{one} and {other} both lead to it and differ: which one wins is not defined")
        }
    }
}

pub(super) fn rule(what: &RuleProblem) -> String {
    match what {
        RuleProblem::ParentMatcherWins { parent, conditions } => {
            let change =
                |one: &ReplacedCondition| format!("{} {} by {}", condition(one), value(&one.own), value(&one.parents));
            let changes: Vec<String> = conditions.iter().map(change).collect();
            format!("it inherits the matcher of {parent}, which replaces {}", changes.join(", "))
        }
        RuleProblem::ParentRewrite { asked, child, becomes, expected } => format!(
            "its ReplacePrefixMatch replaces the whole prefix of a rule below: {asked} of {child} becomes {becomes}, \
             not {expected}"
        ),
        RuleProblem::WeightNotCounted(annotation) => {
            format!("{annotation} has no effect without weighted route precedence")
        }
        RuleProblem::WeightNotNumber { annotation, value } => {
            format!("{annotation} has no effect: {value:?} is not a number of 32 bits")
        }
        RuleProblem::KeepsPort(port) => {
            format!("the redirect to https keeps the :{port} that clients of that port write")
        }
        RuleProblem::PrefixReplaced { path, becomes, is_joined } => {
            let joined = if *is_joined { ", without a slash between" } else { "" };
            format!("a prefix is replaced letter by letter: {path} becomes {becomes}{joined}")
        }
    }
}

/// What a condition is of: `method`, `header x-tier`.
pub fn condition(condition: &ReplacedCondition) -> String {
    match &condition.of {
        None => "method".to_owned(),
        Some((part, name)) => format!("{} {name}", part.name()),
    }
}

/// The value of a condition.
pub fn value(value: &Name) -> &str {
    if value.is_empty() { "(any value)" } else { value }
}

pub(super) fn target(what: &TargetProblem) -> String {
    match what {
        TargetProblem::Missing { target, is_certain } => {
            let missing = if *is_certain { "does not exist" } else { "is not in the input" };
            format!("{target} {missing}: the policy has no effect there")
        }
        TargetProblem::NoSection { target, section } if target.kind.ends_with("Route") => {
            format!("no rule of {target} is named {section}: the policy has no effect there")
        }
        TargetProblem::NoSection { target, section } => {
            format!("{target} has no listener {section}: the policy has no effect there")
        }
        TargetProblem::NoLabels { labels, .. } if labels.is_empty() => {
            "a targetSelector without labels selects nothing".to_owned()
        }
        TargetProblem::NoLabels { kind, namespace, labels } => {
            let place = namespace.as_ref().map(|namespace| format!(" of namespace {namespace}")).unwrap_or_default();
            let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("no {kind}{place} has the labels {}", labels.join(", "))
        }
        TargetProblem::NoTargets => "it has no targetRefs, and no rule names it in an ExtensionRef".to_owned(),
    }
}
