//! The sentences of findings.

mod attachment;
mod requests;

pub use attachment::{assumed_listeners, engine_assumption, listener_problem, not_attached, server_name_clash};

use routescope_core::finding::{
    Advice, BrokenRefEffect, DropReason, Finding, MatchChange, Problem, RuleName, TooLarge,
};

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
