//! What a rule does by the specification alone: its backends and its own filters, nothing inherited, nothing replaced.
//!
//! Source: Gateway API `apis/v1/httproute_types.go` (`HTTPRouteRule.backendRefs`, `HTTPBackendRef`, `HTTPRouteFilter`).

use super::action::{Outcome, replaced};
use super::backend::{Lookup, Referrer};
use super::settings::DIALECTS;
use super::{
    Action, Destination, DestinationState, ExternalName, Forward, MirrorTo, RespondReason, Uncertainty, Unspecified,
};
use crate::finding::RespondDetail;
use crate::model::{Filter, GATEWAY_GROUP, KGATEWAY_GROUP, PathKind, PathModifier, Redirect, Route, RouteKind, Rule};

/// The API groups of the engines whose filters are followed.
pub(super) const FOLLOWED_GROUPS: [&str; 4] = [GATEWAY_GROUP, KGATEWAY_GROUP, "gateway.solo.io", "agentgateway.dev"];

/// What a rule does; `path` is the kind of its matches' path.
pub(super) fn outcome(lookup: Lookup<'_>, route: &Route, rule: &Rule, path: PathKind) -> Outcome {
    let mut draft = Draft {
        forward: Forward { destinations: destinations(lookup, route, rule), ..Forward::default() },
        redirect: None,
        unverified: Vec::new(),
        path,
    };
    if !draft.forward.destinations.is_empty() && draft.forward.destinations.iter().all(|one| one.weight == 0) {
        draft.note(Unspecified::ZeroWeights);
    }
    for filter in &rule.filters {
        draft.apply(lookup, route, filter);
    }
    match rule.backend_refs.as_slice() {
        [only] => {
            if !only.filters.is_empty() {
                draft.note(Unspecified::BackendFilters);
            }
            only.filters.iter().for_each(|filter| draft.apply(lookup, route, filter));
        }
        several if several.iter().any(|one| !one.filters.is_empty()) => {
            draft.unverified.push(Uncertainty::BackendFilters);
        }
        _ => {}
    }
    let Draft { forward, redirect, mut unverified, .. } = draft;
    let action = match redirect {
        Some(redirect) => Action::Redirect(redirect),
        None if forward.destinations.is_empty() => {
            if let Some(filter) = own_filter(rule) {
                Action::Respond(left_to_a_filter(filter))
            } else {
                unverified.push(Uncertainty::Unspecified(Unspecified::NoBackends));
                let replaced = replaced(RespondReason::NoBackends, RespondDetail::NoBackends);
                Action::Respond(super::Respond { body: None, ..replaced })
            }
        }
        None => Action::Forward(forward),
    };
    Outcome { action: Some(action), replaced: false, unverified, rejection: None }
}

struct Draft {
    forward: Forward,
    redirect: Option<Redirect>,
    unverified: Vec<Uncertainty>,
    path: PathKind,
}

impl Draft {
    fn note(&mut self, what: Unspecified) {
        self.unverified.push(Uncertainty::Unspecified(what));
    }

    fn apply(&mut self, lookup: Lookup<'_>, route: &Route, filter: &Filter) {
        match filter {
            Filter::Redirect(redirect) => {
                self.of_prefix(redirect.path.as_ref());
                self.redirect = Some(Redirect { status: Some(redirect.status.unwrap_or(302)), ..redirect.clone() });
            }
            Filter::Rewrite(rewrite) => {
                self.of_prefix(rewrite.path.as_ref());
                self.forward.rewrite.host.clone_from(&rewrite.hostname);
                self.forward.rewrite.path.clone_from(&rewrite.path);
            }
            Filter::RequestHeaders(modifier) => self.forward.request_headers.extend(modifier.changes.iter().cloned()),
            Filter::ResponseHeaders(modifier) => self.forward.response_headers.extend(modifier.changes.iter().cloned()),
            Filter::Mirror(mirror) => {
                let referrer = Referrer::route(RouteKind::Http, &route.meta.namespace);
                let mut destination = lookup.destination(referrer, &mirror.backend);
                destination.share = 1.0;
                foreign(&mut destination);
                if !destination.state.is_broken() {
                    self.forward.mirrors.push(MirrorTo { destination, fraction: mirror.fraction });
                }
            }
            Filter::Extension { kind, name, .. } => {
                let (kind, name) = (kind.clone(), name.clone());
                self.unverified.push(Uncertainty::OwnFilter { kind, name, of_gloo: false });
            }
            Filter::Cors(_) | Filter::Other { .. } => {}
        }
    }

    /// `ReplacePrefixMatch` has a prefix to replace only under `PathPrefix`.
    fn of_prefix(&mut self, path: Option<&PathModifier>) {
        if matches!(path, Some(PathModifier::Prefix(_))) && self.path != PathKind::PathPrefix {
            self.note(Unspecified::PrefixWithoutPathPrefix);
        }
    }
}

/// The first filter of a rule that is an engine's own: it may answer.
pub(super) fn own_filter(rule: &Rule) -> Option<RespondDetail> {
    rule.filters.iter().find_map(|filter| match filter {
        Filter::Extension { group, kind, name, .. } if !FOLLOWED_GROUPS.contains(&group.as_str()) => {
            Some(RespondDetail::Filter { kind: kind.clone(), name: name.clone() })
        }
        _ => None,
    })
}

/// What a rule does in which nothing but a filter of the engine's own can answer.
pub(super) fn left_to_a_filter(filter: RespondDetail) -> super::Respond {
    super::Respond { body: None, ..replaced(RespondReason::FilterDecides, filter) }
}

/// The destinations of a rule, the weight of a single one heeded: at 0 it gets nothing.
fn destinations(lookup: Lookup<'_>, route: &Route, rule: &Rule) -> Vec<Destination> {
    let referrer = Referrer::route(route.kind, &route.meta.namespace);
    let mut all = lookup.destinations(referrer, rule, |_| false);
    if let [only] = all.as_mut_slice() {
        only.share = if only.weight == 0 { 0.0 } else { 1.0 };
    }
    all.iter_mut().for_each(foreign);
    all
}

/// Kinds beyond Service are each implementation's own: another one may know what kgateway does not, but for the refs
/// that delegate. Whether the host of an `ExternalName` is followed is its own, too.
pub(super) fn foreign(destination: &mut Destination) {
    let group = &destination.group;
    let delegates = DIALECTS.iter().any(|dialect| dialect.label_group == Some(group.as_str()));
    let own = group.is_empty() || group == GATEWAY_GROUP || delegates;
    let unknown = matches!(
        destination.state,
        DestinationState::InvalidKind | DestinationState::PortNotAllowed | DestinationState::Missing
    );
    if unknown && !own {
        destination.state = DestinationState::KindUnread;
    }
    if destination.external_name == ExternalName::NotFollowed {
        destination.external_name = ExternalName::Unknown;
    }
}
