//! What of a cluster could not be read, in words: for standard error, for findings, and as the reason to give up.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::KINDS;
use crate::{KindState, Status};
use routescope_core::finding::{Finding, Severity};
use routescope_core::model::Name;
use routescope_core::unreadable::plural;
use routescope_manifest::SourceError;

/// So many kinds are named before the rest is counted.
const NAMED: usize = 5;

/// One namespace (or the cluster as a whole) of which something cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The namespace; `None` for the cluster as a whole.
    pub namespace: Option<Name>,
    /// The kinds, as places in [`KINDS`].
    pub kinds: Vec<usize>,
    /// Whether that is every kind that could be there.
    pub everything: bool,
    /// The only namespaces that could be read instead, of the cluster as a whole.
    pub instead: Vec<Name>,
}

/// What cannot be read, a namespace each, the cluster as a whole first. Kinds that can be read as a whole, and those
/// that the cluster does not have, are not missed.
pub fn unreadable(status: &Status) -> Vec<Unread> {
    let missed = |kind: usize| !matches!(status.kinds.get(kind), Some(KindState::Synced | KindState::Absent) | None);
    let mut by_namespace: BTreeMap<Option<Name>, BTreeSet<usize>> = BTreeMap::new();
    for one in status.unreadable.iter().filter(|one| missed(one.kind)) {
        by_namespace.entry(one.namespace.clone()).or_default().insert(one.kind);
    }
    let read: BTreeSet<&Name> = status
        .kinds
        .iter()
        .filter_map(|state| if let KindState::SyncedIn(namespaces) = state { Some(namespaces) } else { None })
        .flatten()
        .collect();
    by_namespace
        .into_iter()
        .map(|(namespace, kinds)| {
            let instead =
                if namespace.is_none() { read.iter().map(|name| (*name).clone()).collect() } else { Vec::new() };
            // Kinds that the cluster does not have are missed nowhere, and those of no namespace are not missed in one.
            let has = |kind: &usize| status.kinds.get(*kind).is_some_and(|state| *state != KindState::Absent);
            let there = |kind: &usize| has(kind) && (namespace.is_none() || KINDS[*kind].namespaced);
            let everything = (0..KINDS.len()).filter(there).all(|kind| kinds.contains(&kind));
            Unread { namespace, kinds: kinds.into_iter().collect(), everything, instead }
        })
        .collect()
}

impl Unread {
    /// The same in a sentence without a final stop: `namespace x: not readable: HTTPRoutes, Services`.
    pub fn sentence(&self) -> String {
        let kinds = if self.everything { "everything".to_owned() } else { self.plurals() };
        match &self.namespace {
            Some(namespace) => format!("namespace {namespace}: not readable: {kinds}"),
            None if self.instead.is_empty() => format!("the cluster as a whole: not readable: {kinds}"),
            None => {
                let named: Vec<&str> = self.instead.iter().map(Name::as_str).collect();
                let noun = if named.len() == 1 { "namespace" } else { "namespaces" };
                format!("the cluster as a whole: not readable: {kinds}; read in {noun} {} only", named.join(", "))
            }
        }
    }

    fn plurals(&self) -> String {
        let plural = |kind: &usize| plural(KINDS[*kind].shown);
        let mut named: Vec<String> = self.kinds.iter().map(plural).collect();
        named.dedup();
        let more = named.len().saturating_sub(NAMED);
        if more > 1 {
            named.truncate(NAMED);
            named.push(format!("{more} more kinds"));
        }
        named.join(", ")
    }
}

/// The same as findings.
pub fn findings(status: &Status) -> Vec<Finding> {
    let finding = |unreadable: Unread| {
        // Routes that are not seen can change an answer; the rest makes parts of one unverified.
        let routes = unreadable.kinds.iter().any(|kind| matches!(KINDS[*kind].shown, "HTTPRoute" | "Gateway"));
        let severity = if routes { Severity::Warning } else { Severity::Info };
        Finding::not_readable(unreadable.namespace.as_ref(), severity, unreadable.sentence())
    };
    unreadable(status).into_iter().map(finding).collect()
}

/// Why no answer can be had from this cluster at all, when everything has been tried.
pub fn access_denied(status: &Status) -> Option<SourceError> {
    let context = &status.context;
    let is = |shown: &str, wanted: fn(&KindState) -> bool| {
        KINDS.iter().zip(&status.kinds).filter(|(kind, _)| kind.shown == shown).all(|(_, state)| wanted(state))
    };
    let absent = |state: &KindState| *state == KindState::Absent;
    let unseen = |state: &KindState| matches!(state, KindState::Absent | KindState::Forbidden);
    if is("HTTPRoute", absent) && is("GRPCRoute", absent) {
        return Some(SourceError {
            message: format!("context {context} has no Gateway API: its HTTPRoute CRD is not installed"),
            hint: Some("is it the right cluster? `kubectl get crd httproutes.gateway.networking.k8s.io`".to_owned()),
        });
    }
    if is("HTTPRoute", unseen) && is("GRPCRoute", unseen) {
        let asked: Vec<&str> = status
            .unreadable
            .iter()
            .filter_map(|one| one.namespace.as_deref())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let tried = match asked.as_slice() {
            [] => "cannot be read".to_owned(),
            [one] => format!("may be read neither in the cluster as a whole nor in namespace {one}"),
            many => format!("may be read neither in the cluster as a whole nor in the namespaces {}", many.join(", ")),
        };
        return Some(SourceError {
            message: format!("context {context}: HTTPRoutes {tried}"),
            hint: Some(
                "name the namespaces you may read with -n, or ask for get, list and watch on HTTPRoutes and Gateways"
                    .to_owned(),
            ),
        });
    }
    None
}
