//! The sentences for why a match emits no row, and why a row answers by itself.

use routescope_core::finding::{
    BackendProblem, BrokenRef, DropReason, InvalidRegex, NotSupported, NotTaken, PathPart, PathProblem, RespondDetail,
    RuleAction, RuleRefusal,
};
use routescope_core::model::ViaBy;

use crate::uncertainty::reference;

/// Why a match emits no row.
pub fn drop_reason(reason: &DropReason) -> String {
    match reason {
        DropReason::ParentNotPrefix { parent } => {
            format!("the parent's path is {}, and only PathPrefix delegates", parent.name())
        }
        DropReason::NotUnder { parent } => format!("not under {parent}"),
        DropReason::HeaderMissing { name } => format!("the parent requires the same header {name}"),
        DropReason::QueryParamMissing { name } => format!("the parent requires the same query parameter {name}"),
        DropReason::MethodDiffers { parent } => format!("the parent requires method {parent}"),
        DropReason::NoMatches => "the rule has no matches, and does not inherit the parent's".to_owned(),
        DropReason::ParentHasNoMatches => "the parent's rule has no matches, and only PathPrefix delegates".to_owned(),
        DropReason::Invalid(problem) => format!("strict validation drops it: {problem}"),
        DropReason::MatchesNothing => "the rule has no matches, and nothing reaches it".to_owned(),
        DropReason::NeverMatches(regex) => invalid_regex(regex),
        DropReason::NotEvaluated { part, regex } => {
            format!("the {} regex {} is not compiled", part.name(), beginning(regex))
        }
        DropReason::Refused(refusal) => format!("agentgateway does not take it: {}", rule_refusal(refusal)),
    }
}

/// That a regular expression is none.
pub fn invalid_regex(InvalidRegex { part, regex, error }: &InvalidRegex) -> String {
    format!("the {} regex {regex} is invalid ({error}), and never matches", part.name())
}

/// The beginning of a long expression.
fn beginning(regex: &str) -> String {
    const SHOWN: usize = 60;
    match regex.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &regex[..end]),
        None => regex.to_owned(),
    }
}

/// Why agentgateway's translator does not take a rule.
pub fn rule_refusal(RuleRefusal { rule, what, is_mirror }: &RuleRefusal) -> String {
    let rule = rule.map(|rule| format!("rule {}: ", rule + 1)).unwrap_or_default();
    let mirror = if *is_mirror { "a mirror: " } else { "" };
    format!("{rule}{mirror}{}", not_supported(what))
}

fn not_supported(what: &NotSupported) -> String {
    match what {
        NotSupported::Hostname(name) => format!("{name} is a hostname, and the name of a Service is wanted"),
        NotSupported::NoPort(name) => format!("the ref to Service {name} has no port"),
        NotSupported::Backend { kind, backend, why, is_delegated } => {
            let why = match why {
                BackendProblem::NotPermitted => format!("no ReferenceGrant admits the ref to {kind} {backend}"),
                BackendProblem::UnknownKind => format!("the kind {kind} of {backend} is not known"),
                _ => format!("{kind} {backend} does not exist"),
            };
            let for_that = if *is_delegated { ", and a delegated rule is left out for that" } else { "" };
            format!("{why}{for_that}")
        }
        NotSupported::TwoRedirects => "it has two RequestRedirects".to_owned(),
        NotSupported::Extension { group, kind } => format!("ExtensionRef {group}/{kind} is not supported"),
        NotSupported::Filter { filter, place } => format!("a {filter} filter on a {place} is not supported"),
    }
}

/// Why the gateway answers by itself, with names.
pub fn respond_detail(detail: &RespondDetail) -> String {
    match detail {
        RespondDetail::BrokenRef { broken, as_far_as_readable } => {
            let readable = if *as_far_as_readable { ", as far as may be read" } else { "" };
            format!("{}{readable}", broken_ref(broken))
        }
        RespondDetail::Policy { policy, problem } => format!("TrafficPolicy {policy} cannot be built: {problem}"),
        RespondDetail::NoBackends => "the rule has no backendRefs, and no filter that answers".to_owned(),
        RespondDetail::AllWeightsZero => "the weights of all its backendRefs are 0".to_owned(),
        RespondDetail::NoPrefix => {
            "ReplacePrefixMatch has no prefix to replace: the match is not a PathPrefix".to_owned()
        }
        RespondDetail::Filter { kind, name } => {
            format!("the filter {kind} {name} may answer: it is not read, and the rule has no backendRefs")
        }
        RespondDetail::DirectResponse(response) => format!("DirectResponse {response}"),
        RespondDetail::DirectResponseConflict { response, rule } => {
            let does = match rule {
                RuleAction::Forwards => "forwards",
                RuleAction::Redirects => "redirects",
                RuleAction::Answers => "answers",
            };
            format!("DirectResponse {response} cannot answer for a rule that {does} already")
        }
        RespondDetail::Missing { kind, object } => format!("{kind} {object} does not exist"),
        RespondDetail::UnknownFilter { kind, group } => {
            format!("{kind} is not a kind of filter that kgateway knows (group {group})")
        }
        RespondDetail::RedirectStatus(status) => {
            format!("invalid redirect status code {status}: must be one of 301, 302, 303, 307, 308")
        }
        RespondDetail::EmptyAnnotation(annotation) => format!("the annotation {annotation} is empty"),
        RespondDetail::Path { part, path, problem } => {
            let what = match part {
                PathPart::Match => "path",
                PathPart::Rewrite => "rewrite",
                PathPart::Redirect => "redirect to",
            };
            let problem = match problem {
                PathProblem::Character(character) => {
                    format!("holds {character:?}, which is not a path character")
                }
                PathProblem::Contains(part) => format!("cannot contain {part}"),
                PathProblem::EndsWith(part) => format!("cannot end with {part}"),
                PathProblem::NotUrl => "is not a URL".to_owned(),
            };
            format!("the {what} {path} {problem}")
        }
        RespondDetail::Envoy(problem) => problem.to_string(),
    }
}

/// Why a delegating ref leads to nothing.
pub fn broken_ref(broken: &BrokenRef) -> String {
    match broken {
        BrokenRef::Cycle { parent, child } => {
            let ends = if child == parent { "to itself".to_owned() } else { format!("to {child}, its own ancestor") };
            format!("a cycle: HTTPRoute {parent} delegates {ends}")
        }
        BrokenRef::NamespaceOfThatName(name) => {
            format!("a Namespace named {name} exists, and a label ref to {name} is an error then")
        }
        BrokenRef::SelectsNothing { by, label_key } => {
            let (value, namespace) = (&by.via.value, &by.via.namespace);
            let within =
                if by.everywhere { "in any namespace".to_owned() } else { format!("in namespace {namespace}") };
            match by.via.by {
                ViaBy::Label => match label_key {
                    Some(key) => format!("no HTTPRoute has the label {key}: {value} {within}"),
                    None => format!("no HTTPRoute has the label {value} {within}"),
                },
                ViaBy::Wildcard => format!("there is no HTTPRoute {within}"),
                ViaBy::Name | ViaBy::Gateway => format!("there is no HTTPRoute {namespace}/{value}"),
            }
        }
        BrokenRef::NotTaken { by, count: 1, child, parent, why: Some(why) } => match why {
            NotTaken::NotAdoptable => format!("HTTPRoute {child} has parentRefs, and none names HTTPRoute {parent}"),
            NotTaken::HasHostnames => format!("HTTPRoute {child} has hostnames, which a delegated route must not"),
            NotTaken::NotPermitted => {
                let namespace = &by.via.namespace;
                format!("no ReferenceGrant in {namespace} lets HTTPRoutes of {} adopt {child}", parent.namespace)
            }
            NotTaken::ParentElsewhere => {
                format!("HTTPRoute {parent} hands on to {child} on its own Gateways only")
            }
            NotTaken::NothingReached => format!("no match of HTTPRoute {child} can be reached"),
            NotTaken::NothingLeft => format!("no match of HTTPRoute {child} stands under this one"),
        },
        BrokenRef::NotTaken { by, count, parent, why, .. } => {
            let selected = format!("the {count} HTTPRoutes that {} selects", reference(by));
            match why {
                Some(NotTaken::NotAdoptable) => format!("none of {selected} has a parentRef to {parent}"),
                Some(NotTaken::NothingLeft | NotTaken::NothingReached) => {
                    format!("no match of {selected} stands under this one")
                }
                _ => format!("none of {selected} can be adopted"),
            }
        }
    }
}
