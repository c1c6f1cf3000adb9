//! What the row of a rule does: its backends and its filters, and those of the delegating rules above it.
//! `docs/fidelity.md`: `redirect`, `replace-path`, `mirror`, `direct-response`, `parent-rewrite`, `parent-answer`.
//!
//! Sources: kgateway `pkg/krtcollections/builtin.go` (filters), `pkg/kgateway/translator/irtranslator/route.go`
//! (`runRoutePlugins`, `finalizeRoute`), `pkg/kgateway/extensions2/plugins/directresponse`, `pkg/pluginsdk/policy/merge.go`.

use super::backend::{Lookup, Referrer};
use super::{Action, Forward, MirrorTo, Respond, RespondReason, Rewrite, Stage, StatusMessage, Uncertainty};
use super::{specification_only, validate};
use crate::finding::{EnvoyProblem, RespondDetail, RuleAction};
use crate::model::{
    BackendRef, Filter, HeaderChange, KGATEWAY_GROUP, Name, ObjectKey, PathKind, PathModifier, Redirect, Route,
    RouteKind, Rule, UrlRewrite,
};

/// What Envoy answers for a row that the engine replaced (kgateway `directResponseActionBody`).
const REPLACED_BODY: &str = "invalid route configuration detected and replaced with a direct response.";

/// By whom two filters of different levels are settled.
const PRIORITY_ANNOTATION: &str = "kgateway.dev/inherited-policy-priority";
/// The status of a route's redirects, over what their filters say.
const REDIRECT_ANNOTATION: &str = "kgateway.dev/http-redirect-status-code";

/// A rule whose filters act on a row: the row's own, or a delegating one above it.
#[derive(Clone, Copy)]
pub(super) struct Level<'a> {
    pub route: &'a Route,
    pub rule: &'a Rule,
}

impl Level<'_> {
    /// Whether nothing in the rule acts on a row.
    pub fn is_plain(&self) -> bool {
        let rule = self.rule;
        rule.filters.is_empty() && rule.request_timeout.is_none() && rule.backend_request_timeout.is_none()
    }

    fn overrides(&self) -> bool {
        overrides(self.route)
    }
}

/// Whether what a route's rules set wins over what the rules below set (`policy.IsSettable`: three of the four values
/// let a field be set again).
pub(super) fn overrides(route: &Route) -> bool {
    route.meta.annotation(PRIORITY_ANNOTATION).is_some_and(|value| {
        matches!(value.as_str(), "ShallowMergePreferParent" | "DeepMergePreferParent" | "DeepMergePreferChild")
    })
}

/// What a rule does, before its path is looked at.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// What its rows do; `None` for a delegating rule with nothing wrong.
    pub action: Option<Action>,
    /// The engine replaced it.
    pub replaced: bool,
    /// Why it is not certain.
    pub unverified: Vec<Uncertainty>,
    /// Why Envoy would refuse it.
    pub rejection: Option<EnvoyProblem>,
}

/// A 500 in place of what was written.
pub(super) fn replaced(reason: RespondReason, detail: RespondDetail) -> Respond {
    let status_messages = Vec::new();
    Respond { status: 500, reason, body: Some(REPLACED_BODY.to_owned()), detail, status_messages }
}

/// A 500 in place of what was written, which the route's status speaks of.
pub(super) fn reported(reason: RespondReason, detail: RespondDetail, status_message: StatusMessage) -> Respond {
    Respond { status_messages: vec![status_message], ..replaced(reason, detail) }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum RegexRewrite {
    Full(Name),
    /// A prefix replaced by `/`: done by a regex, to strip slashes.
    Root,
}

/// The Envoy route as the engine builds it up, filter by filter.
struct Draft {
    forward: Option<Forward>,
    redirect: Option<Redirect>,
    respond: Option<Respond>,
    regex_rewrite: Option<RegexRewrite>,
    prefix_rewrite: Option<Name>,
    errors: Vec<Respond>,
    unverified: Vec<Uncertainty>,
    /// A filter that another engine than the assumed one may read.
    own_filter: Option<RespondDetail>,
}

/// What a rule does at its place. `levels` is its own rule first, then the delegating rules above it, nearest first;
/// `path` the kind of its matches' path (a rewrite of a regex differs), `assumed` whether nothing tells that it is kgateway: then a
/// backendRef's own redirects and rewrites act, and kinds of other engines are assumed to exist.
pub(super) fn outcome(
    lookup: Lookup<'_>,
    levels: &[Level<'_>],
    delegates: &dyn Fn(&BackendRef) -> bool,
    assumed: bool,
    path: PathKind,
) -> Outcome {
    let Some(own) = levels.first() else {
        return Outcome { action: None, replaced: false, unverified: Vec::new(), rejection: None };
    };
    let delegating = own.rule.backend_refs.iter().any(delegates);
    let mut draft = Draft {
        forward: None,
        redirect: None,
        respond: None,
        regex_rewrite: None,
        prefix_rewrite: None,
        errors: Vec::new(),
        unverified: Vec::new(),
        own_filter: specification_only::own_filter(own.rule).filter(|_| assumed),
    };
    let referrer = Referrer::route(own.route.kind, &own.route.meta.namespace);
    let mut destinations = lookup.destinations(referrer, own.rule, delegates);
    if assumed {
        destinations.iter_mut().for_each(specification_only::foreign);
    }
    if !destinations.is_empty() {
        let websocket = destinations.iter().any(|one| lookup.speaks_websocket(one));
        draft.forward = Some(Forward { destinations, websocket, ..Forward::default() });
    }
    for (height, level) in levels.iter().enumerate() {
        for filter in &level.rule.filters {
            draft.apply(lookup, *level, filter, height == 0, path);
        }
        draft.apply_timeout(*level);
        // Those of a GRPCRoute's backendRefs are dropped (kgateway `convertGRPCBackendsToHTTP`).
        let heeded = height == 0 && (assumed || own.route.kind == RouteKind::Http);
        let only = heeded.then(|| only_backend(own.rule, delegates)).flatten();
        for filter in only.map_or(&[][..], |only| &only.filters) {
            if assumed || matches!(filter, Filter::RequestHeaders(_) | Filter::ResponseHeaders(_)) {
                draft.apply(lookup, *level, filter, true, path);
            }
        }
    }
    // Direct responses come after all built-in filters, whatever their level.
    for (height, level) in levels.iter().enumerate() {
        for filter in &level.rule.filters {
            draft.answer(lookup, *level, filter, height == 0, assumed);
        }
    }
    draft.settle(delegating)
}

/// The ref of a rule that has just one: only then do its filters act on every request of the row.
fn only_backend<'a>(rule: &'a Rule, delegates: &dyn Fn(&BackendRef) -> bool) -> Option<&'a BackendRef> {
    let mut refs = rule.backend_refs.iter().filter(|one| !delegates(one));
    let first = refs.next()?;
    refs.next().is_none().then_some(first)
}

impl Draft {
    fn apply(&mut self, lookup: Lookup<'_>, level: Level<'_>, filter: &Filter, own: bool, path: PathKind) {
        match filter {
            Filter::Redirect(redirect) => match redirect_status(level, redirect) {
                Ok(status) => {
                    if self.redirect.is_none() || level.overrides() {
                        self.redirect = Some(Redirect { status: Some(status), ..redirect.clone() });
                        self.forward = None;
                    }
                }
                // A parent's bad filter is not a filter for the rows below; the parent's own rows say so.
                Err((detail, said)) if own => {
                    let status_message = StatusMessage::new(Stage::Rule, said);
                    self.errors.push(reported(RespondReason::InvalidRedirectStatus, detail, status_message));
                }
                Err(_) => {}
            },
            Filter::Rewrite(rewrite) => self.rewrite(rewrite, level.overrides(), path),
            Filter::RequestHeaders(modifier) => {
                if let Some(forward) = &mut self.forward {
                    change(&mut forward.request_headers, &modifier.changes);
                }
            }
            Filter::ResponseHeaders(modifier) => {
                if let Some(forward) = &mut self.forward {
                    change(&mut forward.response_headers, &modifier.changes);
                }
            }
            Filter::Mirror(mirror) => {
                // Filters refer as an HTTPRoute, whatever the route's kind (kgateway `resolveExtension`).
                let referrer = Referrer::route(RouteKind::Http, &level.route.meta.namespace);
                if let Some(forward) = &mut self.forward {
                    let mut destination = lookup.destination(referrer, &mirror.backend);
                    destination.share = 1.0;
                    // A copy that cannot be sent is silently not sent.
                    if !destination.state.is_broken() {
                        forward.mirrors.push(MirrorTo { destination, fraction: mirror.fraction });
                    }
                }
            }
            Filter::Cors(_) | Filter::Extension { .. } | Filter::Other { .. } => {}
        }
    }

    fn rewrite(&mut self, rewrite: &UrlRewrite, overrides: bool, path: PathKind) {
        let Some(forward) = &mut self.forward else { return };
        if let Some(host) = &rewrite.hostname
            && (forward.rewrite.host.is_none() || overrides)
        {
            forward.rewrite.host = Some(host.clone());
        }
        let settable = overrides || (self.regex_rewrite.is_none() && self.prefix_rewrite.is_none());
        match &rewrite.path {
            Some(PathModifier::Full(value)) if !value.is_empty() && settable => {
                self.regex_rewrite = Some(RegexRewrite::Full(value.clone()));
            }
            Some(PathModifier::Prefix(value)) if !value.is_empty() && settable => {
                if value == "/" && path != PathKind::RegularExpression {
                    self.prefix_rewrite = None;
                    self.regex_rewrite = Some(RegexRewrite::Root);
                } else {
                    self.regex_rewrite = None;
                    self.prefix_rewrite = Some(value.clone());
                }
            }
            // An empty replacement does nothing, and leaves the field to the parent.
            _ => {}
        }
    }

    /// The backend request's timeout counts when both are set, unless retries bound each try by it.
    fn apply_timeout(&mut self, level: Level<'_>) {
        let Some(forward) = &mut self.forward else { return };
        let (request, backend) = (&level.rule.request_timeout, &level.rule.backend_request_timeout);
        if (request.is_none() && backend.is_none()) || (forward.timeout.is_some() && !level.overrides()) {
            return;
        }
        let retries = level.rule.retry.is_some();
        forward.timeout = match (backend, request) {
            (Some(backend), _) if !retries => Some(backend.clone()),
            (_, request) => request.clone(),
        };
    }

    fn answer(&mut self, lookup: Lookup<'_>, level: Level<'_>, filter: &Filter, own: bool, assumed: bool) {
        let Filter::Extension { group, kind, name, .. } = filter else { return };
        // A GRPCRoute's ExtensionRefs are not evaluated (kgateway `transformGRPCRulesToHttp`).
        if level.route.kind == RouteKind::Grpc {
            return;
        }
        let key = ObjectKey::new(level.route.meta.namespace.clone(), name.clone());
        let snapshot = lookup.snapshot;
        let (exists, unsure, reason) = match (group.as_str(), kind.as_str()) {
            (KGATEWAY_GROUP, "DirectResponse") => {
                if let Some(response) = snapshot.direct_responses.get(&key) {
                    return self.respond(response.status, response.body.clone(), key);
                }
                let sees = snapshot.coverage.sees("DirectResponse", &key.namespace);
                (false, !sees, RespondReason::DirectResponseMissing)
            }
            (KGATEWAY_GROUP, "TrafficPolicy") => {
                let sees = snapshot.coverage.sees("TrafficPolicy", &key.namespace);
                (snapshot.traffic_policies.contains_key(&key), !sees, RespondReason::UnresolvedExtension)
            }
            // Policies that the engine knows and this program does not read: assumed to exist.
            (KGATEWAY_GROUP, "ListenerPolicy" | "BackendConfigPolicy" | "HTTPListenerPolicy")
            | (crate::model::GATEWAY_GROUP, "BackendTLSPolicy") => {
                return self.unverified.push(Uncertainty::KindNotRead { kind: kind.clone(), object: key });
            }
            // Those of kgateway's enterprise edition.
            (group, _) if group.ends_with(".solo.io") => {
                return self.unverified.push(Uncertainty::KindNotRead { kind: kind.clone(), object: key });
            }
            _ if assumed => {
                let (kind, name, group) = (kind.clone(), name.clone(), group.clone());
                return self.unverified.push(Uncertainty::FilterOfGroup { kind, name, group });
            }
            _ => {
                let said = format!("{group}/{kind}/{key}: policy not found");
                let detail = RespondDetail::UnknownFilter { kind: kind.clone(), group: group.clone() };
                if own {
                    let status_message = StatusMessage::new(Stage::Rule, said);
                    self.errors.push(reported(RespondReason::UnresolvedExtension, detail, status_message));
                }
                return;
            }
        };
        if exists {
            return;
        }
        if unsure {
            self.unverified.push(Uncertainty::NotInView { kind: kind.clone(), object: key.clone() });
        }
        let answers = reason == RespondReason::DirectResponseMissing;
        if own && (answers || !unsure) {
            let status_message = StatusMessage::new(Stage::Rule, format!("{group}/{kind}/{key}: policy not found"));
            let detail = RespondDetail::Missing { kind: kind.clone(), object: key };
            self.errors.push(reported(reason, detail, status_message));
        }
    }

    fn respond(&mut self, status: u16, body: Option<String>, response: ObjectKey) {
        if self.forward.is_none() && self.redirect.is_none() && self.respond.is_none() {
            let detail = RespondDetail::DirectResponse(response);
            let (reason, status_messages) = (RespondReason::DirectResponse, Vec::new());
            self.respond = Some(Respond { status, reason, body, detail, status_messages });
            return;
        }
        let rule = match (&self.forward, &self.redirect) {
            (Some(_), _) => RuleAction::Forwards,
            (_, Some(_)) => RuleAction::Redirects,
            _ => RuleAction::Answers,
        };
        let detail = RespondDetail::DirectResponseConflict { response, rule };
        // The words name the action that the engine has just put there, whatever was there before.
        let said = "DirectResponse cannot be applied to route with existing action: *routev3.Route_DirectResponse";
        let status_message = StatusMessage::new(Stage::Row, said);
        self.errors.push(reported(RespondReason::DirectResponseConflict, detail, status_message));
    }

    fn settle(mut self, delegating: bool) -> Outcome {
        let unverified = std::mem::take(&mut self.unverified);
        let mut errors = std::mem::take(&mut self.errors);
        if errors.is_empty() && delegating {
            return Outcome { action: None, replaced: false, unverified, rejection: None };
        }
        let rejection =
            (self.regex_rewrite.is_some() && self.prefix_rewrite.is_some()).then_some(EnvoyProblem::TwoRewrites);
        // The row is looked at when making it went well, even if it is replaced for its rule (kgateway `envoyRoutes`).
        let in_making = errors.iter().flat_map(|error| &error.status_messages).any(|one| one.stage == Stage::Row);
        // A prefix that a full path hides is looked at all the same.
        let hidden = self.prefix_rewrite.clone().filter(|_| self.regex_rewrite.is_some());
        let own_filter = self.own_filter.take();
        let mut action = if delegating || in_making { None } else { Some(self.action()) };
        if let (Some(Action::Respond(none)), Some(filter)) = (&mut action, own_filter)
            && none.reason == RespondReason::NoBackends
        {
            *none = specification_only::left_to_a_filter(filter);
        }
        match &action {
            Some(Action::Respond(none)) if none.reason == RespondReason::NoBackends => errors.push(none.clone()),
            Some(action) => {
                let hidden = hidden.filter(|_| matches!(action, Action::Forward(_)));
                errors.extend(hidden.and_then(|prefix| validate::prefix(&prefix)));
                errors.extend(validate::action(action));
            }
            None => {}
        }
        let status_messages = errors.iter_mut().flat_map(|error| std::mem::take(&mut error.status_messages)).collect();
        match (errors.into_iter().next(), action) {
            (Some(first), _) => {
                let action = Some(Action::Respond(Respond { status_messages, ..first }));
                Outcome { action, replaced: true, unverified, rejection: None }
            }
            (None, action) => Outcome { action, replaced: false, unverified, rejection },
        }
    }

    /// What the row does, once nothing is wrong with its filters.
    fn action(self) -> Action {
        if let Some(mut forward) = self.forward {
            let prefix = self.prefix_rewrite.map(PathModifier::Prefix);
            let path = match self.regex_rewrite {
                Some(RegexRewrite::Full(value)) => Some(PathModifier::Full(value)),
                Some(RegexRewrite::Root) => Some(PathModifier::Prefix(Name::new_static("/"))),
                None => prefix,
            };
            forward.rewrite = Rewrite { path, ..forward.rewrite };
            Action::Forward(forward)
        } else if let Some(redirect) = self.redirect {
            Action::Redirect(redirect)
        } else if let Some(respond) = self.respond {
            Action::Respond(respond)
        } else {
            let status_message = StatusMessage::new(Stage::Row, "no action specified");
            Action::Respond(reported(RespondReason::NoBackends, RespondDetail::NoBackends, status_message))
        }
    }
}

/// Adds a filter's changes of headers to those in force, in the order in which Envoy makes them: whatever is removed on
/// any level is removed first, then level by level what the filter adds, and what it sets (`convertHeaderModifierIR`,
/// Envoy `source/common/router/header_parser.cc`).
fn change(known: &mut Vec<HeaderChange>, changes: &[HeaderChange]) {
    let removals = known.iter().take_while(|change| matches!(change, HeaderChange::Remove { .. })).count();
    let of = |wanted: fn(&HeaderChange) -> bool| changes.iter().filter(move |one| wanted(one)).cloned();
    known.splice(removals..removals, of(|one| matches!(one, HeaderChange::Remove { .. })));
    known.extend(of(|one| matches!(one, HeaderChange::Add { .. })));
    known.extend(of(|one| matches!(one, HeaderChange::Set { .. })));
}

/// The status of a redirect: the annotation's, else the filter's, else 302. An error is what is wrong with it, and
/// what the engine says of it.
/// kgateway `translateStatusCode`, `parseRedirectStatusCodeAnnotation`.
fn redirect_status(level: Level<'_>, redirect: &Redirect) -> Result<u16, (RespondDetail, String)> {
    let annotated = match level.route.meta.annotation(REDIRECT_ANNOTATION) {
        Some(value) => annotated_status(value, level.rule.name.as_deref())?,
        None => None,
    };
    match annotated.or(redirect.status.map(i64::from)) {
        None => Ok(302),
        Some(status @ (301 | 302 | 303 | 307 | 308)) => Ok(u16::try_from(status).unwrap_or(302)),
        Some(status) => Err(invalid_status(&status.to_string())),
    }
}

fn invalid_status(status: &str) -> (RespondDetail, String) {
    let said = format!("invalid redirect status code: {status}; must be one of 301, 302, 303, 307, 308");
    (RespondDetail::RedirectStatus(status.to_owned()), said)
}

fn annotated_status(value: &str, rule: Option<&str>) -> Result<Option<i64>, (RespondDetail, String)> {
    if value.is_empty() {
        return Err((RespondDetail::EmptyAnnotation(REDIRECT_ANNOTATION), "missing value".to_owned()));
    }
    for entry in value.split(',') {
        let entry = entry.trim();
        let parts: Vec<&str> = entry.split('=').collect();
        let (named, code) = match parts[..] {
            [name, code] => (Some(name).filter(|name| !name.is_empty()), code.trim()),
            _ => (None, entry),
        };
        // In a rule without a name the first entry applies, whatever rule it names.
        if let (Some(named), Some(rule)) = (named, rule)
            && named != rule
        {
            continue;
        }
        return code.parse().map(Some).map_err(|_| invalid_status(code));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{annotated_status, change};
    use crate::model::{HeaderChange, Name};

    #[test]
    fn headers_are_removed_first_then_added_then_set() {
        let header = |name: &str| (Name::from(name), Name::new_static("v"));
        let set = |name| HeaderChange::Set { name: header(name).0, value: header(name).1 };
        let add = |name| HeaderChange::Add { name: header(name).0, value: header(name).1 };
        let remove = |name| HeaderChange::Remove { name: header(name).0 };
        let mut known = Vec::new();
        change(&mut known, &[set("a"), add("b"), remove("c")]);
        change(&mut known, &[set("d"), remove("e")]);
        assert_eq!(known, [remove("c"), remove("e"), add("b"), set("a"), set("d")]);
    }

    #[test]
    fn the_annotation_speaks_by_rule_name() {
        assert_eq!(annotated_status("303", Some("a")), Ok(Some(303)));
        assert_eq!(annotated_status("a=303, b=307", Some("b")), Ok(Some(307)));
        assert_eq!(annotated_status("a=303,b=307", Some("c")), Ok(None));
        assert_eq!(annotated_status("a=303,b=307", None), Ok(Some(303)));
        assert!(annotated_status("teapot", None).is_err());
        assert!(annotated_status("", None).is_err());
    }
}
