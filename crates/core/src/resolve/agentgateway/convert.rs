//! What a rule becomes under agentgateway: whether it is taken at all, where its backendRefs lead, and what a chain of
//! rules does once the last one has been chosen.
//!
//! Sources: agentgateway `controller/pkg/agentgateway/translator/{conversion,agw}.go` (`ConvertHTTPRouteToAgw`,
//! `buildAgwDestination`), `controller/pkg/agentgateway/plugins/reference_indexes.go` (`DefaultRouteBackend`),
//! `crates/agentgateway/src/store/binds.rs` (`route_policies`), `crates/agentgateway/src/proxy/httpproxy.rs`
//! (`apply_request_policies`).

use super::super::action::replaced;
use super::super::backend::{Lookup, Referrer};
use super::super::{Action, Destination, DestinationState, Forward, MirrorTo, Respond, RespondReason, Rewrite};
use crate::finding::{BackendProblem, NotSupported, RespondDetail, RuleRefusal};
use crate::model::{
    BackendRef, Filter, HeaderChange, Mirror, Name, ObjectKey, PathKind, PathModifier, Redirect, Route, RouteKind,
    Rule, UrlRewrite,
};
use crate::resolve::Uncertainty;

/// The kinds of backend that agentgateway knows and this program does not read.
const UNREAD: [(&str, &str); 2] =
    [("agentgateway.dev", "AgentgatewayBackend"), ("inference.networking.k8s.io", "InferencePool")];

/// Where one backendRef leads.
pub(super) fn destination(lookup: Lookup<'_>, route: &Route, reference: &BackendRef) -> Destination {
    let mut destination = lookup.destination(Referrer::route(route.kind, &route.meta.namespace), reference);
    let kind = (destination.group.as_str(), destination.kind.as_str());
    destination.state = match destination.state {
        DestinationState::NotPermitted => DestinationState::NotPermitted,
        // The Service is there: the proxy finds no endpoint of that port.
        DestinationState::PortMissing => DestinationState::PortUnserved,
        state if kind == ("", "Service") => state,
        _ if UNREAD.contains(&kind) => DestinationState::KindUnread,
        _ => DestinationState::InvalidKind,
    };
    destination.hosts.clear();
    destination
}

/// Why the translator does not take a rule. Of an attached route it then takes none; of one `below` another it leaves
/// the rule out, and does so for a backend that does not resolve too (`buildDelegatedHTTPRoutes` skips on any error).
pub(super) fn refused(
    lookup: Lookup<'_>,
    route: &Route,
    rule: &Rule,
    delegates: &dyn Fn(&BackendRef) -> bool,
    below: bool,
) -> Option<RuleRefusal> {
    let of_rule = |what| RuleRefusal { rule: None, what, is_mirror: false };
    if let Some(why) = filters_refused(lookup, route, &rule.filters, Holder::Rule(route.kind)) {
        return Some(why);
    }
    for reference in rule.backend_refs.iter().filter(|reference| !delegates(reference)) {
        if let Some(what) = unsupported(reference) {
            return Some(of_rule(what));
        }
        if let Some(why) = filters_refused(lookup, route, &reference.filters, Holder::Backend) {
            return Some(why);
        }
        if below && let Some(what) = unresolved(&destination(lookup, route, reference), true) {
            return Some(of_rule(what));
        }
    }
    None
}

/// A value that no reference may have (`UnsupportedValue`).
fn unsupported(reference: &BackendRef) -> Option<NotSupported> {
    let BackendRef { group, kind, name, port, .. } = reference;
    let service = group.is_empty() && kind == "Service";
    if service && name.contains('.') {
        return Some(NotSupported::Hostname(name.clone()));
    }
    (service && port.is_none()).then(|| NotSupported::NoPort(name.clone()))
}

/// A backend that does not resolve, as the translator sees it.
fn unresolved(destination: &Destination, is_delegated: bool) -> Option<NotSupported> {
    let Destination { kind, namespace, name, .. } = destination;
    let why = match destination.state {
        DestinationState::NotPermitted => BackendProblem::NotPermitted,
        DestinationState::Missing => BackendProblem::Missing,
        DestinationState::InvalidKind => BackendProblem::UnknownKind,
        DestinationState::Resolved
        | DestinationState::Unverified
        | DestinationState::GrantUnseen
        | DestinationState::KindUnread
        | DestinationState::PortMissing
        | DestinationState::PortUnserved
        | DestinationState::PortNotAllowed => return None,
    };
    let backend = ObjectKey::new(namespace.clone(), name.clone());
    Some(NotSupported::Backend { kind: kind.clone(), backend, why, is_delegated })
}

/// Where filters stand, which decides what they may be.
#[derive(Clone, Copy)]
enum Holder {
    Rule(RouteKind),
    Backend,
}

fn filters_refused(lookup: Lookup<'_>, route: &Route, filters: &[Filter], holder: Holder) -> Option<RuleRefusal> {
    let refusal = |what, is_mirror| Some(RuleRefusal { rule: None, what, is_mirror });
    let mut redirects = 0;
    let of_http_rule = matches!(holder, Holder::Rule(RouteKind::Http));
    for filter in filters {
        match filter {
            Filter::RequestHeaders(_) | Filter::ResponseHeaders(_) => {}
            Filter::Mirror(Mirror { backend, .. }) => {
                let bad = unsupported(backend).or_else(|| unresolved(&destination(lookup, route, backend), false));
                if let Some(what) = bad {
                    return refusal(what, true);
                }
            }
            Filter::Redirect(_) if !matches!(holder, Holder::Rule(RouteKind::Grpc)) => {
                redirects += 1;
                if redirects > 1 {
                    return refusal(NotSupported::TwoRedirects, false);
                }
            }
            Filter::Rewrite(_) | Filter::Cors(_) | Filter::Other { .. } if of_http_rule => {}
            Filter::Extension { group, kind, .. } => {
                return refusal(NotSupported::Extension { group: group.clone(), kind: kind.clone() }, false);
            }
            Filter::Redirect(_) => return refusal(not_supported("RequestRedirect", holder), false),
            Filter::Rewrite(_) => return refusal(not_supported("URLRewrite", holder), false),
            Filter::Cors(_) => return refusal(not_supported("CORS", holder), false),
            Filter::Other { kind, .. } => return refusal(not_supported(kind, holder), false),
        }
    }
    None
}

fn not_supported(filter: &str, holder: Holder) -> NotSupported {
    let place = match holder {
        Holder::Rule(kind) => kind.name(),
        Holder::Backend => "backendRef",
    };
    NotSupported::Filter { filter: filter.into(), place }
}

/// The filters in force: of each kind those of the last rule of the chain that has any, whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Filters {
    rewrite: Option<UrlRewrite>,
    redirect: Option<Redirect>,
    request_headers: Vec<HeaderChange>,
    response_headers: Vec<HeaderChange>,
    mirrors: Vec<MirrorTo>,
    timeout: Option<Name>,
}

impl Filters {
    /// Those in force below a rule.
    pub fn below(&self, lookup: Lookup<'_>, route: &Route, rule: &Rule) -> Self {
        let mut own = Self::default();
        for filter in &rule.filters {
            own.take(lookup, route, filter);
        }
        let held = |own: Vec<HeaderChange>, above: &Vec<HeaderChange>| if own.is_empty() { above.clone() } else { own };
        Self {
            rewrite: own.rewrite.or_else(|| self.rewrite.clone()),
            redirect: own.redirect.or_else(|| self.redirect.clone()),
            request_headers: held(own.request_headers, &self.request_headers),
            response_headers: held(own.response_headers, &self.response_headers),
            mirrors: if own.mirrors.is_empty() { self.mirrors.clone() } else { own.mirrors },
            timeout: rule
                .request_timeout
                .clone()
                .or_else(|| rule.backend_request_timeout.clone())
                .or_else(|| self.timeout.clone()),
        }
    }

    fn take(&mut self, lookup: Lookup<'_>, route: &Route, filter: &Filter) {
        match filter {
            Filter::Rewrite(rewrite) => {
                self.rewrite = Some(UrlRewrite {
                    hostname: rewrite.hostname.clone(),
                    path: rewrite.path.as_ref().map(without_slash),
                });
            }
            Filter::Redirect(redirect) => self.redirect = Some(converted(redirect)),
            Filter::RequestHeaders(modifier) => self.request_headers.extend(modifier.changes.iter().cloned()),
            Filter::ResponseHeaders(modifier) => self.response_headers.extend(modifier.changes.iter().cloned()),
            Filter::Mirror(mirror) => {
                let mut destination = destination(lookup, route, &mirror.backend);
                destination.share = 1.0;
                self.mirrors.push(MirrorTo { destination, fraction: mirror.fraction });
            }
            Filter::Cors(_) | Filter::Extension { .. } | Filter::Other { .. } => {}
        }
    }
}

/// The translator cuts one trailing slash off what replaces a path.
fn without_slash(path: &PathModifier) -> PathModifier {
    let cut = |value: &Name| Name::from(value.strip_suffix('/').unwrap_or(value));
    match path {
        PathModifier::Full(value) => PathModifier::Full(cut(value)),
        PathModifier::Prefix(value) => PathModifier::Prefix(cut(value)),
    }
}

fn converted(redirect: &Redirect) -> Redirect {
    Redirect {
        status: Some(redirect.status.unwrap_or(302)),
        path: redirect.path.as_ref().map(without_slash),
        ..redirect.clone()
    }
}

/// What a rule does with the share of the traffic that goes to `destinations`, and why that is not certain. `filters` are
/// those in force at the rule, its own among them; `path` the kind of the match's path.
pub(super) fn action(
    filters: &Filters,
    rule: &Rule,
    destinations: Vec<Destination>,
    path: PathKind,
) -> (Action, Option<Uncertainty>) {
    let Filters { rewrite, redirect, request_headers, response_headers, mirrors, timeout } = filters;
    let replaces = |path: Option<&PathModifier>| matches!(path, Some(PathModifier::Prefix(_)));
    let rewrites_path = rewrite.as_ref().and_then(|rewrite| rewrite.path.as_ref());
    let redirects_path = redirect.as_ref().and_then(|redirect| redirect.path.as_ref());
    if path != PathKind::PathPrefix && (replaces(rewrites_path) || replaces(redirects_path)) {
        return (answer(RespondReason::NoPrefix, RespondDetail::NoPrefix), None);
    }
    if let Some(redirect) = redirect {
        let uncertainty = rewrite.is_some().then_some(Uncertainty::RewriteBeforeRedirect);
        return (Action::Redirect(redirect.clone()), uncertainty);
    }
    if rule.backend_refs.is_empty() {
        return (answer(RespondReason::NoBackends, RespondDetail::NoBackends), None);
    }
    if destinations.iter().all(|one| one.share <= 0.0) {
        return (answer(RespondReason::AllWeightsZero, RespondDetail::AllWeightsZero), None);
    }
    if let ([only], [reference]) = (destinations.as_slice(), rule.backend_refs.as_slice())
        && !only.state.is_broken()
        && let Some(redirect) = of_backend(reference)
    {
        return (Action::Redirect(converted(redirect)), None);
    }
    let uncertainty = (rule.backend_refs.len() > 1 && rule.backend_refs.iter().any(|one| !one.filters.is_empty()))
        .then_some(Uncertainty::BackendFilters);
    let UrlRewrite { hostname, path } = rewrite.clone().unwrap_or_default();
    let forward = Forward {
        destinations,
        rewrite: Rewrite { host: hostname, path },
        mirrors: mirrors.clone(),
        request_headers: request_headers.clone(),
        response_headers: response_headers.clone(),
        websocket: false,
        timeout: timeout.clone(),
    };
    (Action::Forward(forward), uncertainty)
}

fn of_backend(reference: &BackendRef) -> Option<&Redirect> {
    reference.filters.iter().find_map(|filter| match filter {
        Filter::Redirect(redirect) => Some(redirect),
        _ => None,
    })
}

fn answer(reason: RespondReason, detail: RespondDetail) -> Action {
    Action::Respond(Respond { body: None, ..replaced(reason, detail) })
}
