//! The sentences for why an answer is not certain.

use crate::findings::engine_assumption;
use routescope_core::reachability::Undetermined;
use routescope_core::resolve::{
    Cut, DestinationState, PolicyEffect, Ref, StaleFiles, Uncertainty, Unreadable, Unspecified, UnverifiedDestination,
    ViaBy,
};
use routescope_core::unreadable::{NotRead, plural};

/// Why an answer is not certain, in a sentence.
pub fn uncertainty(why: &Uncertainty) -> String {
    match why {
        Uncertainty::Destination(backend) => unverified_destination(backend),
        Uncertainty::Engine(assumption) => engine_assumption(assumption),
        Uncertainty::Unspecified(what) => unspecified(what),
        Uncertainty::Cut(cut) => {
            let how = match cut {
                Cut::Depth => "deep",
                Cut::Size => "large",
            };
            format!("the delegation is too {how} to be followed to its end: a rule that is not shown may answer")
        }
        Uncertainty::CutTable => {
            "the Gateway has more virtual hosts than are kept in memory: one that is not shown may answer".to_owned()
        }
        Uncertainty::Unevaluated => {
            "the regular expressions are too large to compile all of them: a rule that is not evaluated may answer"
                .to_owned()
        }
        Uncertainty::UnseenRoute(None) => "an HTTPRoute that is not in view may take it".to_owned(),
        Uncertainty::UnseenRoute(Some(namespace)) => {
            format!("an HTTPRoute of namespace {namespace} that is not in view may take it")
        }
        Uncertainty::GatewayAssumed { gateway, protocol } => {
            let protocol = protocol.name();
            format!("Gateway {gateway} is not in view: assumed to have one {protocol} listener that admits it")
        }
        Uncertainty::Object { kind, object, why } => format!("{kind} {object}: {why}"),
        Uncertainty::Dropped { kind, object, field } => {
            format!("{field} of {kind} {object} counts with the experimental channel, and the standard one is assumed")
        }
        Uncertainty::Placeholder { kind, object, field } => {
            format!("{field} of {kind} {object} holds a placeholder that is not filled in")
        }
        Uncertainty::RouteTableRefused => "Envoy refuses this route table and keeps the last good one".to_owned(),
        Uncertainty::ListenerRefused => "Envoy refuses this listener and keeps the last good one".to_owned(),
        Uncertainty::ControlPlaneCrashes => "the proxy keeps the last configuration that it was sent".to_owned(),
        Uncertainty::HostnameConflict(listener) => {
            format!(
                "listener {listener} has a hostname that another has already, and may take it: the proxy is sent both"
            )
        }
        Uncertainty::Defective { kind, route } => {
            format!("the API server would refuse {kind} {route} as it is written")
        }
        Uncertainty::UpgradePolicy => "a ListenerPolicy may allow the upgrade: its kind is not read".to_owned(),
        Uncertainty::Policy { field, policy, effect } => {
            format!("{} of TrafficPolicy {policy} {}", field.name(), policy_effect(*effect))
        }
        Uncertainty::AutoHostRewrite(policy) => {
            format!("autoHostRewrite of TrafficPolicy {policy} writes the name of the host that is picked")
        }
        Uncertainty::StaleFiles(files) => stale_files(files),
        Uncertainty::Unreadable(what) => unreadable(what),
        Uncertainty::UnseenChild(by) => format!("a child of {} may exist that is not in view", reference(by)),
        Uncertainty::KindNotRead { kind, object } => {
            format!("{kind} {object} is assumed to exist: its kind is not read")
        }
        Uncertainty::FilterOfGroup { kind, name, group } => {
            format!("the filter {kind} {name} is of group {group}: which engine reads it is not known")
        }
        Uncertainty::NotInView { kind, object } => format!("{kind} {object} is not in view, and may exist"),
        Uncertainty::OwnFilter { kind, name, of_gloo } => {
            let whose = if *of_gloo { "Gloo's" } else { "the implementation's" };
            format!("the filter {kind} {name} is {whose} own, and may answer by itself")
        }
        Uncertainty::GlooInherits(route) => {
            format!("the filters of {route} are assumed to act on its children as under kgateway")
        }
        Uncertainty::GlooReplaces => {
            "a rule that kgateway would replace by a 500 is assumed to be one under Gloo too".to_owned()
        }
        Uncertainty::BackendFilters => {
            "the filters of single backendRefs are not followed where there are several".to_owned()
        }
        Uncertainty::RewriteBeforeRedirect => "a URLRewrite acts before the redirect, and is not followed".to_owned(),
        Uncertainty::ChildGrant { parent, child } => {
            format!("no ReferenceGrant in view lets HTTPRoutes of {parent} adopt {child}, and one may exist: assumed")
        }
        Uncertainty::MirrorOnly { kind, backend } => {
            format!(
                "strict validation answers 500 for it, unless another rule of the host forwards to {kind} {backend}"
            )
        }
        _ => policy(why),
    }
}

/// What cannot be read, in a sentence.
pub fn not_read(what: &NotRead) -> String {
    let files = what.files.as_ref().map(stale_files);
    let kinds: Vec<String> = what.kinds.iter().map(|kind| plural(kind)).collect();
    let kinds = match kinds.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        [rest @ .., last] => Some(format!("{} and {last}", rest.join(", "))),
    };
    let kinds = kinds.map(|kinds| format!("{kinds} cannot be read in every namespace"));
    files.into_iter().chain(kinds).collect::<Vec<_>>().join("; ")
}

/// Which files count as they were, in a sentence.
pub fn stale_files(StaleFiles { named, more }: &StaleFiles) -> String {
    let more = if *more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", named.join("; "))
}

/// Why it was not found out what becomes of some requests, in a sentence.
pub fn undetermined(why: Undetermined) -> String {
    let why = match why {
        Undetermined::Gap(gap) => return uncertainty(&gap.into()),
        Undetermined::ManyHosts => "the hosts that its Gateway tells apart are too many to combine",
        Undetermined::ManyPaths => "the paths of the earlier rules are too many to combine",
        Undetermined::ManyConditions => "the conditions of the earlier rules are too many to combine",
        Undetermined::ManyHeadersAndParams => "the conditions on headers and query parameters are too many to combine",
        Undetermined::ManyServerNames => "its server names and hosts are too many to compare each pair",
        Undetermined::WithoutHost => {
            "requests for a path without a host come to too many rules: those with a host are compared"
        }
        Undetermined::ManyRules => "too many rules share a path with it",
        Undetermined::ManyShares => "its shares end in too many places",
        Undetermined::LargeRegex => "a regular expression is too large to look into",
        Undetermined::LargeRegexes => "the regular expressions are too large to look into",
        Undetermined::TestsHost => "a rule tests the Host header",
        Undetermined::TestsEnvoyHeader => "a rule tests a header that Envoy writes itself",
        Undetermined::TestsExtendedHeader => "a rule tests a header that Envoy adds to",
        Undetermined::Contradicted => "a request was found, and the router answers it otherwise",
        Undetermined::NotAsked => "the request was lost",
        Undetermined::SeveralEngines => "Gateways of several engines see these requests: name one of them",
        Undetermined::OtherEngine => {
            "another engine answers, which reads paths and headers in another way: not every request is compared"
        }
        Undetermined::UnreadableRoutes => "what cannot be read may decide some of these requests",
        Undetermined::DependsOnQuery => "what is expected depends on the query, and not every query was tried",
        Undetermined::DependsOnPath => "what the backend receives depends on the path, and not every path was tried",
    };
    why.to_owned()
}

/// The same for what policies and their extensions rest on, and Namespaces.
fn policy(why: &Uncertainty) -> String {
    match why {
        Uncertainty::Templates(policy) => {
            format!("strict validation lets Envoy judge the templates of TrafficPolicy {policy}")
        }
        Uncertainty::PolicyGrant { policy, kind: kind @ "Secret", object } => {
            format!("TrafficPolicy {policy} needs a ReferenceGrant to {kind} {object} that is not in view")
        }
        Uncertainty::PolicyGrant { policy, kind, object } => {
            format!("TrafficPolicy {policy} needs a ReferenceGrant to {kind} {object}, not in view")
        }
        Uncertainty::Extension { extension, policy } => {
            format!("GatewayExtension {extension} is not in view: without it, TrafficPolicy {policy} answers 500")
        }
        Uncertainty::ExtensionNeeds { kind, object, extension } => {
            format!("{kind} {object}, which GatewayExtension {extension} needs, is not in view")
        }
        Uncertainty::ExtensionBackend { extension, backend } => {
            format!("GatewayExtension {extension}: {}", unverified_destination(backend))
        }
        Uncertainty::NamespaceLabels(namespace) => {
            format!("Namespace {namespace} is not in view: assumed to have the labels that the listener selects by")
        }
        _ => String::new(),
    }
}

/// Why a backend is only assumed to be served.
pub fn unverified_destination(backend: &UnverifiedDestination) -> String {
    let UnverifiedDestination { state, group, kind, backend } = backend;
    match state {
        DestinationState::GrantUnseen => {
            let namespace = &backend.namespace;
            format!("{kind} {backend} needs a ReferenceGrant in namespace {namespace}, and none is in the input")
        }
        DestinationState::KindUnread => format!("{kind} {backend} is not read (group {group}): assumed to exist"),
        _ => format!("{kind} {backend} is not in view"),
    }
}

fn unspecified(what: &Unspecified) -> String {
    let left = |what: &str| format!("the specification leaves {what} to the implementation");
    match what {
        Unspecified::RequestLine(what) => left(&format!("a request line with {what}")),
        Unspecified::Regex => left("the syntax and the precedence of regular expressions"),
        Unspecified::RootPrefix => left("what replaces the prefix / (and one that ends in a slash)"),
        Unspecified::RedirectQuery => left("whether a redirect keeps the query"),
        Unspecified::Escapes => left("whether escaped characters of a path (%2F) are decoded before it is matched"),
        Unspecified::RepeatedHeader(name) => left(&format!("how a repeated header ({name}) is matched")),
        Unspecified::RepeatedParam(name) => {
            left(&format!("how a repeated or escaped query parameter ({name}) is matched"))
        }
        Unspecified::Upgrade => left("whether a client may ask for another protocol"),
        Unspecified::FinalDot => left("what a host with a final dot is"),
        Unspecified::MisdirectedHost => left("whether a Host other than the server name is misdirected (421)"),
        Unspecified::BothKinds => {
            left("(by accepting only one of them) what becomes of an HTTPRoute and a GRPCRoute on one host")
        }
        Unspecified::CloserListener => left("whether a listener gives a host up to a closer one of its port"),
        Unspecified::BackendFilters => left("the filters of a backendRef"),
        Unspecified::SharedPort => {
            "HTTPS and TLS listeners share the port: which of them takes a server name is up to the implementation"
                .to_owned()
        }
        Unspecified::ReadAs { sent, read } => format!("the specification does not say that {sent} is read as {read}"),
        Unspecified::WiderHost { hostname, asked } => {
            let whose = match hostname.as_str() {
                "*" => "a route without hostname".to_owned(),
                name => format!("host {name}"),
            };
            format!("{whose} would take it, and the specification does not say whether it may when {asked} has a route")
        }
        Unspecified::ZeroWeights => {
            "the specification does not say what a rule answers whose weights are all 0".to_owned()
        }
        Unspecified::NoBackends => {
            "the specification does not say what a rule without backendRefs answers: assumed to be 500".to_owned()
        }
        Unspecified::PrefixWithoutPathPrefix => {
            "ReplacePrefixMatch goes with PathPrefix only: the specification has such a route not accepted".to_owned()
        }
    }
}

fn policy_effect(effect: PolicyEffect) -> &'static str {
    match effect {
        PolicyEffect::Rewrite => "may rewrite the request",
        PolicyEffect::RewriteOrAnswer => "may rewrite or answer the request",
        PolicyEffect::FollowRedirect => "may follow a redirect",
        PolicyEffect::Answer => "may answer the request",
        PolicyEffect::Refuse => "may refuse the request",
        PolicyEffect::LogIn => "may send the client to log in",
    }
}

fn unreadable(what: &Unreadable) -> String {
    match what {
        Unreadable::Class(class) => format!("GatewayClass {class} cannot be read: its engine is assumed"),
        Unreadable::ListenerSet(gateway) => {
            format!("a ListenerSet that cannot be read may add listeners to Gateway {gateway}")
        }
        Unreadable::Namespaces(gateway) => {
            format!("Namespaces cannot be read, and Gateway {gateway} selects by their labels")
        }
        Unreadable::Stream { kind, port, gateway } => {
            format!("a {kind} that cannot be read may take port {port} of Gateway {gateway}")
        }
        Unreadable::Policies(namespace) => {
            format!("TrafficPolicies in namespace {namespace} cannot be read, and may change the answer")
        }
        Unreadable::EndpointSlices(namespace) => {
            format!("EndpointSlices in namespace {namespace} cannot be read: its Services may have no endpoints")
        }
        Unreadable::ReferenceGrants(namespace) => format!("ReferenceGrants in namespace {namespace} cannot be read"),
        Unreadable::Route(gateway) => {
            format!("a route that cannot be read may be attached to Gateway {gateway} and take it")
        }
        Unreadable::Child(by) => format!("{} may select an HTTPRoute that cannot be read", reference(by)),
    }
}

/// A delegating ref.
pub fn reference(by: &Ref) -> String {
    let via = &by.via;
    match via.by {
        ViaBy::Label if by.everywhere => format!("label {} in any namespace", via.value),
        ViaBy::Gateway => format!("Gateway {}/{}", via.namespace, via.value),
        ViaBy::Name => format!("HTTPRoute {}/{}", via.namespace, via.value),
        ViaBy::Wildcard => format!("the wildcard in namespace {}", via.namespace),
        ViaBy::Label => format!("label {} in namespace {}", via.value, via.namespace),
    }
}
