//! The answer to "where does this URL go, and why?", as data and as text.

pub mod branches;
mod data;
mod route_path;
mod suggest_fix;
mod summary;
pub(crate) mod text;

use std::sync::Arc;

use crate::uncertainty::not_read;
use routescope_core::analysis::Analysis;
use routescope_core::model::{ObjectKey, StreamKind, StreamRoute};
use routescope_core::router::{Decision, Request, Scheme, Unseen};
use routescope_core::unreadable;

pub use data::{AnswerData, AnswersData, RequestAnswersData, UpstreamData, answers, line};
pub use route_path::chain;
pub use suggest_fix::{Advice, suggest_fix};
pub use summary::summary;
pub use text::wrapped;
pub(crate) use text::wrapped_as;
pub use text::{headline, text};

/// How many rows an answer tells of at the most, when everything is asked for.
const EVERYTHING: usize = 1000;

/// What the Gateways say to one request.
#[derive(Debug)]
pub struct Answers {
    /// What was asked.
    pub request: Request,
    /// One per Gateway (and host) that could see it.
    pub decisions: Vec<Decision>,
    /// When none could: the Gateways, and why they could not.
    pub unseen: Vec<Unseen>,
    /// When none could: why one that cannot be read might.
    pub unknown: Option<String>,
}

impl Answers {
    /// Asks every Gateway, or `gateway` alone. `all` tells everything that was considered, not only the closest.
    pub fn of(analysis: &Analysis, request: Request, gateway: Option<&ObjectKey>, all: bool) -> Self {
        let decisions = if all {
            analysis.router().explain_at_most(&request, gateway, EVERYTHING)
        } else {
            analysis.explain(&request, gateway)
        };
        let unseen = if decisions.is_empty() { analysis.unseen(&request, gateway) } else { Vec::new() };
        let unknown = unreadable::of_no_gateway(&analysis.snapshot).filter(|_| decisions.is_empty());
        let unknown = unknown.as_ref().map(not_read);
        let elsewhere = || taken_elsewhere(analysis, &request, gateway).filter(|_| decisions.is_empty());
        let unknown = unknown.or_else(elsewhere);
        Self { request, decisions, unseen, unknown }
    }

    /// Whether several Gateways answer, and not all do the same.
    pub fn disagree(&self) -> bool {
        let key = |decision: &Decision| {
            let to = decision.destinations().filter(|to| to.share > 0.0);
            let to: Vec<_> = to.map(|to| (to.kind.clone(), to.namespace.clone(), to.name.clone(), to.port)).collect();
            (decision.kind(), decision.status(), decision.outcome.location().map(str::to_owned), to)
        };
        let mut keys = self.decisions.iter().map(key);
        keys.next().is_some_and(|first| keys.any(|other| other != first))
    }

    /// Whether the request reaches a backend or a redirect, on one Gateway at least. A backend that is known to have
    /// no ready endpoints is not reached: the client gets a 503.
    pub fn arrives(&self) -> bool {
        self.decisions.iter().any(Decision::arrives)
    }
}

/// The TCP or TLS route that may take a connection, because its Gateway is not in the input.
fn taken_elsewhere(analysis: &Analysis, request: &Request, only: Option<&ObjectKey>) -> Option<String> {
    let snapshot = &analysis.snapshot;
    let host = request.host.as_deref().map(str::to_ascii_lowercase);
    let covers = |name: &str, host: &str| match name.strip_prefix('*') {
        Some(tail) => host.len() > tail.len() && host.ends_with(tail),
        None => host == name,
    };
    let takes = |route: &&Arc<StreamRoute>| match route.kind {
        StreamKind::Tcp => true,
        StreamKind::Tls => {
            let names = &route.hostnames;
            let serves = |host: &String| names.is_empty() || names.iter().any(|name| covers(name, host));
            request.scheme != Some(Scheme::Http) && host.as_ref().is_none_or(serves)
        }
    };
    snapshot.stream_routes.values().filter(takes).find_map(|route| {
        let gateways = route.parent_refs.iter().filter(|parent| parent.kind == "Gateway").map(|parent| {
            let namespace = parent.namespace.as_ref().unwrap_or(&route.meta.namespace);
            ObjectKey { namespace: namespace.clone(), name: parent.name.clone() }
        });
        let may_exist = |key: &ObjectKey| {
            !snapshot.gateways.contains_key(key) && !snapshot.coverage.sees("Gateway", &key.namespace)
        };
        let gateway = gateways.filter(|key| only.is_none_or(|only| only == key)).find(may_exist)?;
        let (kind, key) = (route.kind.name(), route.meta.key());
        Some(format!("{kind} {key} may take the connection: its Gateway {gateway} is not in the input"))
    })
}

/// `infra/example-gateway`.
fn gateway_name<'a>(analysis: &'a Analysis, decision: &Decision) -> &'a ObjectKey {
    &analysis.table.gateways[decision.gateway as usize].gateway
}
