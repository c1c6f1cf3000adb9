//! The sentences of findings.

mod attachment;
mod requests;
mod rules;

pub use attachment::{assumed_listeners, engine_assumption, listener_problem, not_attached, server_name_clash};
pub use rules::{condition, slip_hint, unserved, unserved_reason, value};

use routescope_core::finding::{
    Advice, BrokenRefEffect, DropReason, Finding, MatchChange, Problem, RuleName, TooLarge,
};

use routescope_core::model::GATEWAY_GROUP;

use crate::rows;

/// What is wrong, in one sentence without a final stop.
pub fn message(finding: &Finding) -> String {
    problem(&finding.problem)
}

/// What to do about it, when that is known.
pub fn help(finding: &Finding) -> Option<String> {
    finding.advice.as_ref().map(advice)
}

fn problem(what: &Problem) -> String {
    match what {
        Problem::Text(text) => text.clone(),
        Problem::UnderAssumedEngine(inner) => {
            format!("{} (assumed kgateway: its GatewayClass is not in the input)", problem(inner))
        }
        Problem::NotListed(count) => format!("{count} more of this kind are not listed"),
        Problem::DefinedTwice { object, earlier } => {
            format!("{object} is defined twice: this one counts, the one at {earlier} does not")
        }
        Problem::NotDiscovered(routes) => {
            format!("{routes} routes are in namespaces that the discovery selectors leave out: they do not exist")
        }
        Problem::TooLarge(what) => too_large(what),
        Problem::ControlPlaneCrash => {
            "a rule with matches: [] delegates to a child that inherits: the control plane does not survive it"
                .to_owned()
        }
        Problem::Policy(what) => format!("{what}: whatever the policy reaches answers 500"),
        Problem::BrokenRef { broken, effect } => {
            let effect = match effect {
                BrokenRefEffect::RuleAnswers500 => ": this rule answers 500",
                BrokenRefEffect::Walkers500 => ": who walks it gets a 500",
                BrokenRefEffect::NotFound => ": a 404",
                BrokenRefEffect::InView => ", as far as is in view",
                BrokenRefEffect::OfThoseInView => ", of those in view",
                BrokenRefEffect::None => "",
            };
            format!("{}{effect}", rows::broken_ref(broken))
        }
        Problem::Answers { detail, is_unspecified } => {
            let what = if *is_unspecified {
                "what the rule answers is up to the implementation"
            } else {
                "the rule answers 500"
            };
            format!("{}: {what}", rows::respond_detail(detail))
        }
        Problem::EnvoyRefusesTable(what) => {
            format!("{what}: Envoy refuses the whole route table, and keeps the last good one")
        }
        Problem::Dropped { kind, path, parent, reason } => {
            let what = format!("{} {path}", kind.name());
            match &**reason {
                DropReason::Invalid(problem) => format!("{what} is dropped by strict validation: {problem}"),
                reason @ DropReason::NotEvaluated { .. } => format!(
                    "{}: all regular expressions together are too large, the rule is not evaluated, and the answers of \
                     its Gateway are unverified",
                    rows::drop_reason(reason)
                ),
                reason => {
                    let under = parent.as_ref().map(|parent| format!(" under {parent}")).unwrap_or_default();
                    format!("{what} falls away{under}: {}", rows::drop_reason(reason))
                }
            }
        }
        Problem::Backend { problem, effect } => rules::backend(problem, *effect),
        Problem::Unserved(what) => unserved(what, false),
        Problem::Delegation(what) => rules::delegation(what),
        Problem::Rule(what) => rules::rule(what),
        Problem::Target(what) => rules::target(what),
        Problem::Gateway(what) => attachment::gateway(what),
        Problem::Attachment(what) => attachment::attachment(what),
        Problem::Requests(what) => requests::problem(what),
    }
}

fn too_large(what: &TooLarge) -> String {
    let not_followed = |why: String, more: usize| {
        let places = match more {
            0 => "this ref".to_owned(),
            1 => "this ref and 1 more place".to_owned(),
            more => format!("this ref and {more} more places"),
        };
        format!(
            "the delegation is {why}: it is not followed behind {places}, and the answers of the hosts above are \
             unverified"
        )
    };
    match what {
        TooLarge::Table { kept, mebibytes } => format!(
            "it has more virtual hosts and rows than are kept, and its answers are unverified: {kept} are kept, and all \
             together take more than {mebibytes} MiB"
        ),
        TooLarge::Attachments { left_out, mebibytes } => format!(
            "{left_out} attachments of routes to its listeners are left out, and its answers are unverified: all of \
             them together take more than {mebibytes} MiB"
        ),
        TooLarge::Depth { levels, more } => not_followed(format!("more than {levels} levels deep"), *more),
        TooLarge::Delegation { mebibytes, more } => {
            not_followed(format!("larger than {mebibytes} MiB in memory"), *more)
        }
    }
}

fn advice(what: &Advice) -> String {
    match what {
        Advice::Text(text) => text.clone(),
        Advice::ReadThere => "answers that depend on it are unverified; ask for get, list and watch there".to_owned(),
        Advice::RemoveOne => "kubectl apply would let the last one win, too; remove one of them".to_owned(),
        Advice::WriteMatch => "write a match".to_owned(),
        Advice::FixFirst => "every route of the port is stuck until this is fixed".to_owned(),
        Advice::AddBackend => "add a backendRef".to_owned(),
        Advice::OneAction => {
            "keep either the DirectResponse or the action of the rule; a parent's DirectResponse counts".to_owned()
        }
        Advice::NormalisedPath => "paths are compared after normalisation: write the normalised path".to_owned(),
        Advice::WriteMatchOrNone => "write a match, or leave matches out for every path".to_owned(),
        Advice::SimplerRegexes => "write simpler expressions, or plain prefixes".to_owned(),
        Advice::Keep { change, or_inherit } => {
            let change = match change {
                MatchChange::ParentPrefix => "give the parent a PathPrefix".to_owned(),
                MatchChange::WholePath(parent) => format!("write the whole path, beginning with {parent}"),
                MatchChange::Repeat => "repeat it in the child".to_owned(),
            };
            let or = if *or_inherit { ", or annotate the child with inherit-parent-matcher" } else { "" };
            format!("{change}{or}")
        }
        Advice::FewerHostnames => "give routes fewer hostnames or listeners".to_owned(),
        Advice::FewerAttachments => "give routes a sectionName, or listeners fewer routes".to_owned(),
        Advice::LookForLayers => "look for routes that delegate to each other in layers".to_owned(),
        Advice::ServedKinds => "refer to a Service, or to a Backend of gateway.kgateway.dev".to_owned(),
        Advice::GrantBackend { namespace, from, home, kind } => {
            format!("add a ReferenceGrant to namespace {namespace}: from {from} in {home}, to {kind}")
        }
        Advice::RemovePort => "remove the port: a Backend says itself where it listens".to_owned(),
        Advice::RouteGroup => "to delegate, write group: gateway.networking.k8s.io beside it".to_owned(),
        Advice::LabelGroup => "to delegate by label, write group: delegation.kgateway.dev beside it".to_owned(),
        Advice::HasPorts(ports) => {
            format!("it has {}", ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", "))
        }
        Advice::MeansName(name) => format!("did you mean {name}?"),
        Advice::Slip(hint) => slip_hint(hint),
        Advice::LedToBy { rules, kind, route, rule } => {
            let first = format!("rule {} of {kind} {route}", rule + 1);
            if *rules > 1 {
                format!("{rules} rules lead to it, the first is {first}")
            } else {
                format!("{first} leads to it")
            }
        }
        Advice::RemoveRef => "remove the ref: it leads back to a route above it".to_owned(),
        Advice::NameParent => {
            "name the parent in parentRefs with group and kind, or have no parentRefs at all".to_owned()
        }
        Advice::BreakCycle => "take one of the refs of the cycle away".to_owned(),
        Advice::AddParentRef(parent) => format!(
            "add a parentRef to the child: group gateway.networking.k8s.io, kind HTTPRoute, name {}, namespace {}",
            parent.name, parent.namespace
        ),
        Advice::RemoveChildHostnames => "remove spec.hostnames from the child: it serves the parent's".to_owned(),
        Advice::SeeMatches => "see why its matches fall away".to_owned(),
        Advice::WriteNamespace { route, namespace } => format!("{route} has it: write namespace: {namespace}"),
        Advice::SelectEverywhere { route, namespace } => {
            format!("{route} has it; namespace: {namespace} selects in every namespace")
        }
        Advice::MeansLabel { label, route } => format!("did you mean {label} (on {route})?"),
        Advice::LabelRoute => "label an HTTPRoute, or fix the name".to_owned(),
        Advice::MeansRoute(route) => format!("did you mean {route}?"),
        Advice::OtherNamespace(route) => format!("there is {route}: is it another namespace?"),
        Advice::GrantAdoption { parent, child } => format!(
            "add a ReferenceGrant to namespace {}, from HTTPRoute in {} to HTTPRoute {}, or name the parent in \
             parentRefs",
            child.namespace, parent.namespace, child.name
        ),
        Advice::RemoveHostnames => "remove spec.hostnames: a delegated route serves its parent's".to_owned(),
        Advice::RuleForBackend => "put it into a rule of its own".to_owned(),
        Advice::ComparedAsText => {
            "the parent's path is compared as plain text, and a regex by its first letters".to_owned()
        }
        Advice::RefForEachRule => "give each rule a ref of its own to the route, by name or by label".to_owned(),
        Advice::RuleForRef => "put the ref into a rule of its own to see it fail".to_owned(),
        Advice::LabelEach => "name the namespace, or give each its own label".to_owned(),
        Advice::FiltersToOne => "give their filters to one of them, or let them delegate different paths".to_owned(),
        Advice::RemoveConditions { conditions, parent } => {
            let names: Vec<String> = conditions.iter().map(condition).collect();
            format!("remove {} from the match of {parent}, or from this one", names.join(", "))
        }
        Advice::OwnRewrite { route, replacement } => {
            format!("give {route} a URLRewrite of its own: replacePrefixMatch: {replacement}")
        }
        Advice::WholeNumber => "write a whole number, such as \"100\"".to_owned(),
        Advice::CountWeights => "if the control plane has KGW_WEIGHTED_ROUTE_PRECEDENCE set, add \
                                 --kgateway-weighted-route-precedence; else remove the annotation"
            .to_owned(),
        Advice::WritePort => "write the port, or the hostname, into the filter".to_owned(),
        Advice::EndInSlash => "write a replacement that ends in a slash".to_owned(),
        Advice::EndWithoutSlash => "write a replacement that ends without a slash".to_owned(),
        Advice::NamePath => {
            "a redirect takes no prefix away: name a path in the replacement, or rewrite in place of it".to_owned()
        }
        Advice::LabelObject => "label the object, or correct matchLabels".to_owned(),
        Advice::MoveToSelected(key) => {
            format!("{key} has them; a policy selects objects of its own namespace: move it to {}", key.namespace)
        }
        Advice::AddTarget => "add a targetRef".to_owned(),
        Advice::MovePolicy(near) => {
            format!("did you mean {near}? A policy targets objects of its own namespace: move it to {}", near.namespace)
        }
        Advice::NameRule => "none of its rules has a name: remove sectionName, or name the rule".to_owned(),
        Advice::RuleNames(names) => format!("its rules are named {}", names.join(", ")),
        Advice::ListenerNames(names) => format!("its listeners are named {}", names.join(", ")),
        Advice::MeshGroup => "a route of a mesh names its Service with group: \"\"".to_owned(),
        Advice::GatewayGroup => format!("write group: {GATEWAY_GROUP}, or leave it out"),
        Advice::MeansKind(kind) => format!("did you mean kind: {kind}?"),
        Advice::NameGateway => "name a Gateway: no request reaches the route through this parent".to_owned(),
        Advice::AddGateway => "add its manifest, or say --complete when there is none".to_owned(),
        Advice::NameEngine => "add the GatewayClass to the input, or name the engine with --engine".to_owned(),
        Advice::OneServerName => "give each server name of a port to one listener or route".to_owned(),
        Advice::AttachToThose => "attach it to those listeners too".to_owned(),
        Advice::AttachStream => "attach a route of one rule with backendRefs".to_owned(),
        Advice::RemoveKinds => "remove them from allowedRoutes.kinds".to_owned(),
        Advice::OneRuleEach => "give each rule a route of its own".to_owned(),
        Advice::SeeAllowedRoutes => "see allowedRoutes of the listeners".to_owned(),
        Advice::SeeSection => "see sectionName and port of the parentRef".to_owned(),
        Advice::SeeHostnames => "see the hostnames of the listeners".to_owned(),
        Advice::OutsideOfMesh => "what a client outside of the mesh sends goes by the routes of Gateways".to_owned(),
        Advice::MeansParent { named, near } => {
            let name = (named.name != near.name).then(|| format!("name: {}", near.name));
            let namespace = (named.namespace != near.namespace).then(|| format!("namespace: {}", near.namespace));
            let changes: Vec<String> = name.into_iter().chain(namespace).collect();
            format!("did you mean {near}? write {} in the parentRef", changes.join(" and "))
        }
        Advice::MeansSection(section) => format!("did you mean sectionName: {section}?"),
        Advice::OnlyListener(listener) => format!("its only listener is {listener}"),
        Advice::Listeners(listeners) => format!("its listeners are {}", listeners.join(", ")),
        Advice::NameSection { section, route } => {
            format!("name sectionName: {section} in {route}: it takes the requests of every listener")
        }
        Advice::AttachToHttp(listener) => {
            format!("attach it to the HTTP listener alone: sectionName: {listener} in its parentRef")
        }
        Advice::RedirectElsewhere => "let the redirect lead where no rule redirects again".to_owned(),
    }
}

/// `team/orders rule 2 (orders.yaml:34)`.
fn rule_name(name: &RuleName) -> String {
    let RuleName { route, rule, place } = name;
    let place = if place.at.is_known() { format!(" ({}:{})", place.source.name, place.at.line) } else { String::new() };
    format!("{route} rule {}{place}", rule + 1)
}
