//! What would have to change for a request to arrive.

use crate::findings::slip_hint;
use crate::phrases;
use crate::rows;
use routescope_core::analysis::Analysis;
use routescope_core::finding::closest;
use routescope_core::model::{Name, ObjectKey, RouteKind, ServicePort};
use routescope_core::resolve::{
    self, Action, BrokenLink, Child, ChildState, Destination, DestinationState, DropReason, EndpointGap, Link,
    MatchState, RespondReason, RuleNode, ViaBy,
};
use routescope_core::router::{Decision, OutcomeKind, Request};

/// How many rows and names are looked through for something close: a hint is not worth more.
const LOOKED_THROUGH: usize = 5000;

/// Something to do about an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// A change to the manifests, as an order.
    Change(String),
    /// Something about the request: a question, or what there is to ask for.
    Ask(String),
}

/// Advice, the most likely first; empty when nothing is broken or nothing can be told.
pub fn suggest_fix(analysis: &Analysis, request: &Request, decision: &Decision) -> Vec<Advice> {
    let hop = decision.row().map(|hop| &analysis.tree.hops[hop.0 as usize]);
    let mut hints: Vec<Advice> = Vec::new();
    if let Some(hop) = hop {
        if decision.kind() == OutcomeKind::Respond {
            hints.extend(of_response(analysis, hop).into_iter().map(Advice::Change));
        }
        hints.extend(decision.destinations().filter_map(|to| {
            let beside = |name: &str| decision.destinations().any(|other| other.name == name);
            of_destination(analysis, hop, to, &beside).map(Advice::Change)
        }));
    }
    if decision.kind() == OutcomeKind::NotFound {
        hints.extend(of_miss(analysis, request, decision).map(Advice::Ask));
    }
    hints.dedup();
    hints
}

fn of_response(analysis: &Analysis, hop: &RuleNode) -> Vec<String> {
    let Some(Action::Respond(respond)) = hop.action().map(std::sync::Arc::as_ref) else { return Vec::new() };
    let route = analysis.snapshot.route(hop.route);
    let rule = format!("rule {} of {}", hop.rule + 1, route.meta.key());
    match respond.reason {
        RespondReason::UnresolvedDelegation | RespondReason::CyclicDelegation => hop
            .links
            .clone()
            .map(|link| &analysis.tree.links[link as usize])
            .filter(|link| link.broken.is_some())
            .flat_map(|link| of_link(analysis, hop, link))
            .collect(),
        RespondReason::NoBackends => vec![format!("give {rule} a backendRef")],
        RespondReason::AllWeightsZero => vec![format!("give a backendRef of {rule} a weight above 0")],
        RespondReason::InvalidPath => vec![format!("write the path of {rule} in characters that a URL path may hold")],
        _ => Vec::new(),
    }
}

fn of_link(analysis: &Analysis, hop: &RuleNode, link: &Link) -> Vec<String> {
    if let Some(BrokenLink::Cyclic { child, parent }) = &link.broken {
        return vec![format!("take the delegation from {parent} back to {child} away")];
    }
    let children = &analysis.tree.children[link.children.start as usize..link.children.end as usize];
    if !children.is_empty() {
        return children.iter().filter_map(|child| of_child(analysis, hop, child)).collect();
    }
    let snapshot = &analysis.snapshot;
    if snapshot.coverage.forbidden && resolve::unseen_children(snapshot, &analysis.settings, link).is_some() {
        // What is missed is likely there, and only cannot be read.
        return Vec::new();
    }
    let via = &link.via;
    match via.by {
        ViaBy::Label => {
            let Some(key) = analysis.tree.gateways.iter().find_map(|gateway| gateway.dialect.label_key) else {
                return Vec::new();
            };
            let mut hints = Vec::new();
            let labelled = analysis.snapshot.label_values(key).map(Name::as_str);
            if let Some(near) = closest(&via.value, labelled.take(LOOKED_THROUGH)).filter(|near| *near != via.value) {
                let wearer = analysis.snapshot.http_routes_labelled(key, near).first();
                let on = wearer.map(|id| format!(" (on {})", analysis.snapshot.route(*id).meta.key()));
                hints.push(format!("did you mean the label {near}{}?", on.unwrap_or_default()));
            } else if let Some(wearer) = analysis.snapshot.http_routes_labelled(key, &via.value).first() {
                let namespace = &analysis.snapshot.route(*wearer).meta.namespace;
                hints.push(format!(
                    "an HTTPRoute in namespace {namespace} has that label: look there, or in any namespace"
                ));
            }
            hints.push(format!("label an HTTPRoute {key}: {}", via.value));
            hints
        }
        ViaBy::Name => {
            let names = analysis.snapshot.http_routes_in(&via.namespace).iter().take(LOOKED_THROUGH);
            let names: Vec<&str> = names.map(|id| analysis.snapshot.route(*id).meta.name.as_str()).collect();
            match closest(&via.value, names) {
                // It is there: something else keeps it out.
                Some(near) if near == via.value => Vec::new(),
                Some(near) => vec![format!("delegate to HTTPRoute {}/{near}, if that was meant", via.namespace)],
                None => {
                    let mut routes = analysis.snapshot.routes.iter().take(LOOKED_THROUGH);
                    let there = routes.find(|route| route.kind == RouteKind::Http && route.meta.name == via.value);
                    vec![match there {
                        Some(route) => format!(
                            "name namespace: {} in the ref, if HTTPRoute {} was meant",
                            route.meta.namespace,
                            route.meta.key()
                        ),
                        None => format!("create HTTPRoute {}/{}", via.namespace, via.value),
                    }]
                }
            }
        }
        ViaBy::Wildcard | ViaBy::Gateway => {
            vec![format!("create an HTTPRoute in namespace {}, or name another namespace", via.namespace)]
        }
    }
}

fn of_child(analysis: &Analysis, hop: &RuleNode, child: &Child) -> Option<String> {
    let parent = analysis.snapshot.route(hop.route).meta.key();
    let name = analysis.snapshot.route(child.route).meta.key();
    match child.state {
        ChildState::Adopted | ChildState::Cycle | ChildState::Poisoned => None,
        ChildState::NotAdoptable => Some(format!(
            "add {parent} (group gateway.networking.k8s.io, kind HTTPRoute) to the parentRefs of {name}, or remove them"
        )),
        ChildState::NotPermitted => Some(format!(
            "add a ReferenceGrant to namespace {}: from HTTPRoute in {}, to HTTPRoute {}; or give {name} a parentRef to {parent}",
            name.namespace, parent.namespace, name.name
        )),
        ChildState::ParentElsewhere => {
            Some(format!("attach {parent} to this Gateway too, or take the Gateways out of its parentRefs"))
        }
        ChildState::HasHostnames => Some(format!("remove the hostnames of {name}: the parent's count")),
        ChildState::NothingLeft => Some(nothing_left(analysis, hop, child, &name)),
    }
}

/// What would let a match of a child stand under its parent: by why the first of them does not.
fn nothing_left(analysis: &Analysis, hop: &RuleNode, child: &Child, name: &ObjectKey) -> String {
    let parent = &hop.matcher;
    let rule = format!("rule {} of {}", hop.rule + 1, analysis.snapshot.route(hop.route).meta.key());
    let dropped = child.hops.clone().find_map(|hop| match &analysis.tree.hops[hop as usize].state {
        MatchState::Dropped(reason) => Some(reason),
        _ => None,
    });
    let inherit = || {
        let gateway = analysis.tree.gateways.iter().find_map(|gateway| gateway.dialect.inherit_annotation);
        gateway.map(|annotation| format!(", or annotate {name} with {annotation}: \"true\"")).unwrap_or_default()
    };
    match dropped {
        Some(DropReason::ParentHasNoMatches) => format!("give {rule} a match with a PathPrefix{}", inherit()),
        Some(DropReason::ParentNotPrefix { .. }) => format!("make the path of {rule} a PathPrefix{}", inherit()),
        Some(DropReason::HeaderMissing { name: header }) => {
            format!("let a match of {name} ask for the same header {header} as {rule}{}", inherit())
        }
        Some(DropReason::QueryParamMissing { name: param }) => {
            format!("let a match of {name} ask for the same query parameter {param} as {rule}{}", inherit())
        }
        Some(DropReason::MethodDiffers { parent }) => {
            format!("let a match of {name} ask for method {parent}, as {rule} does{}", inherit())
        }
        Some(DropReason::NoMatches | DropReason::MatchesNothing) => {
            format!("give a rule of {name} a match that begins with {}", parent.path.value)
        }
        Some(DropReason::Invalid(problem)) => format!("correct {name}: {problem}"),
        Some(DropReason::NeverMatches(regex)) => format!("correct {name}: {}", rows::invalid_regex(regex)),
        Some(DropReason::Refused(refusal)) => format!("correct {name}: {}", rows::rule_refusal(refusal)),
        Some(DropReason::NotEvaluated { .. }) => format!("write simpler regular expressions in {name}"),
        Some(DropReason::NotUnder { .. }) | None => {
            format!("let a match of {name} begin with {}, and repeat its other conditions", parent.path.value)
        }
    }
}

/// `beside` tells the names that the rule refers to already: none of them was meant.
fn of_destination(
    analysis: &Analysis,
    hop: &RuleNode,
    to: &Destination,
    beside: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let Destination { kind, namespace, name, port, .. } = to;
    let snapshot = &analysis.snapshot;
    let key = ObjectKey::new(namespace.clone(), name.clone());
    if to.state.is_broken()
        && let Some(slip) = resolve::delegation_slip(analysis.tree.dialect_of_hop(hop), &to.group, kind)
    {
        return Some(slip_hint(&slip.hint));
    }
    match to.state {
        DestinationState::Resolved
        | DestinationState::Unverified
        | DestinationState::GrantUnseen
        | DestinationState::KindUnread => of_lack(analysis, to),
        DestinationState::Missing => {
            let known: Vec<&ObjectKey> = match kind.as_str() {
                "Service" => snapshot.services.keys().collect(),
                "Backend" => snapshot.backends.keys().collect(),
                _ => Vec::new(),
            };
            let mut known = known;
            known.sort_unstable();
            let here = known.iter().filter(|key| key.namespace == *namespace).map(|key| key.name.as_str());
            let here = here.filter(|name| !beside(name));
            if let Some(near) = closest(name, here.take(LOOKED_THROUGH)) {
                return Some(format!("refer to {kind} {namespace}/{near}, if that was meant"));
            }
            match known.iter().find(|key| key.name == *name) {
                Some(elsewhere) => Some(format!("{kind} {elsewhere} is in another namespace: name it in the ref")),
                None => Some(format!("create {kind} {key}")),
            }
        }
        DestinationState::PortMissing | DestinationState::PortUnserved => {
            let ports: Vec<String> = snapshot
                .services
                .get(&key)
                .map(|service| service.ports.iter().map(|ServicePort { port, .. }| port.to_string()).collect())
                .unwrap_or_default();
            Some(match &ports[..] {
                [] => format!("give Service {key} a port"),
                [one] => format!("refer to port {one}, the only one of Service {key}"),
                several => format!("refer to one of the ports of Service {key}: {}", several.join(", ")),
            })
        }
        DestinationState::NotPermitted
            if !matches!(kind.as_str(), "Service" | "Backend")
                && analysis.tree.dialect_of_hop(hop).is_of_kgateway() =>
        {
            Some("refer to a Service, or to a Backend of gateway.kgateway.dev".to_owned())
        }
        DestinationState::NotPermitted => {
            let from = &snapshot.route(hop.route).meta.namespace;
            Some(format!("add a ReferenceGrant in namespace {namespace} from HTTPRoute in {from} to {kind} {name}"))
        }
        DestinationState::InvalidKind => Some("refer to a Service, or to a Backend of gateway.kgateway.dev".to_owned()),
        DestinationState::PortNotAllowed => Some(match port {
            Some(port) => format!("remove `port: {port}` from the ref: the {kind} names its own hosts and ports"),
            None => format!("the {kind} names its own hosts and ports"),
        }),
    }
}

/// What would give a Service endpoints.
fn of_lack(analysis: &Analysis, to: &Destination) -> Option<String> {
    let Destination { namespace, name, port, endpoints, hosts, .. } = to;
    let key = ObjectKey::new(namespace.clone(), name.clone());
    Some(match endpoints.as_ref()?.lack.as_ref()? {
        EndpointGap::ExternalName => {
            let host = hosts.first().map(|host| format!(" {host}")).unwrap_or_default();
            format!("refer to a Backend of gateway.kgateway.dev with the static host{host} instead")
        }
        EndpointGap::NoEndpoints => format!("check the selector of Service {key}: no running pod matches"),
        EndpointGap::NoPort(target) => {
            let service = analysis.snapshot.services.get(&key)?;
            let port = service.ports.iter().find(|one| Some(one.port) == *port)?;
            format!("give the pods of Service {key} the port {target}, or port {} another targetPort", port.port)
        }
        EndpointGap::NoneReady => format!("look at the readiness of the pods behind Service {key}"),
    })
}

/// A host as routes write it: without a port, in lower case.
fn host_alone(host: &str) -> String {
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !bare.contains(':') => bare,
        _ => host,
    };
    bare.to_ascii_lowercase()
}

fn of_miss(analysis: &Analysis, request: &Request, decision: &Decision) -> Option<String> {
    let table = &analysis.table.gateways[decision.gateway as usize];
    if decision.virtual_host.is_none() {
        let asked = request.host_header().or(request.host.as_deref())?;
        let asked = host_alone(asked);
        // It is served, and elsewhere: the host itself is not a slip.
        let mut ports: Vec<u16> =
            table.virtual_hosts.iter().filter(|host| host.hostname == *asked).map(|host| host.port).collect();
        ports.sort_unstable();
        ports.dedup();
        if !ports.is_empty() {
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            return Some(format!("{asked} is served on port {}", ports.join(" and ")));
        }
        let mut served: Vec<&str> = table.virtual_hosts.iter().map(|host| host.hostname.as_str()).collect();
        served.dedup();
        if let Some(near) = closest(&asked, served.iter().copied().take(LOOKED_THROUGH)) {
            return Some(format!("did you mean {near}?"));
        }
        return match served.len() {
            0 => None,
            1..=6 => Some(format!("the hosts served are {}", served.join(", "))),
            n => Some(format!("{} are served: `routescope routes` lists them", phrases::count(n, "host"))),
        };
    }
    let near = analysis.router().closest_path(decision, request);
    near.map(|path| format!("did you mean {path}?"))
}
