//! What the Gateway API specification leaves to each implementation, as far as an answer rests on it.
//! `docs/fidelity.md`: `unspecified-path`, `unspecified-repeated`, `unspecified-prefix`, `unspecified-kinds`,
//! `unspecified-host`, `unspecified-redirect`, `unspecified-upgrade`, `hostname-choice`.
//!
//! Source: Gateway API `apis/v1/{httproute,grpcroute,gateway}_types.go`: what is "implementation-specific", "undefined", MAY
//! or SHOULD.

use super::decide::{NormalizedRequest, Router};
use super::lookup::{Frontend, covers, without_port};
use super::{Decision, GatewayTable, OutcomeKind, Request, VirtualHost, upgrade};
use crate::model::{PathKind, PathModifier, RouteKind, RouteMatch, ValueKind};
use crate::resolve::{Action, RuleNode, RuleNodeId, Uncertainty, Unspecified};

/// How many rows are looked through for one that tests a repeated header or parameter.
const LOOKED_THROUGH: usize = 10_000;

/// A request at one door, as far as this file looks at it.
pub(super) struct Seen<'a, 'r> {
    pub table: &'a GatewayTable,
    pub frontend: &'a Frontend,
    pub host: Option<&'a VirtualHost>,
    pub hop: Option<RuleNodeId>,
    pub normalized: &'r NormalizedRequest<'r>,
    pub request: &'r Request,
}

impl Router<'_> {
    /// Why an answer by the specification is not certain.
    pub(super) fn note_unspecified(&self, decision: &mut Decision, seen: &Seen<'_, '_>) {
        let hop = seen.hop.map(|hop| &self.tree.hops[hop.0 as usize]);
        let mut left: Vec<Unspecified> = Vec::new();
        if let Some(hop) = hop {
            let row = &hop.matcher;
            let of_values = || row.headers.iter().chain(&row.query_params);
            // Rows with a regular expression in the path come before all prefixes here: a prefix wins only where none matches.
            if row.path.kind == PathKind::RegularExpression
                || of_values().any(|test| test.kind == ValueKind::RegularExpression)
            {
                left.push(Unspecified::Regex);
            }
            match hop.action().map(AsRef::as_ref) {
                Some(Action::Forward(forward)) if odd_prefix(row, forward.rewrite.path.as_ref(), seen.normalized) => {
                    left.push(Unspecified::RootPrefix);
                }
                Some(Action::Redirect(redirect)) => {
                    if odd_prefix(row, redirect.path.as_ref(), seen.normalized) {
                        left.push(Unspecified::RootPrefix);
                    }
                    if seen.request.query.is_some() {
                        left.push(Unspecified::RedirectQuery);
                    }
                }
                _ => {}
            }
        }
        if is_escaped(&seen.request.path, hop) {
            left.push(Unspecified::Escapes);
        }
        if let Some(name) = self.repeated_header(seen) {
            left.push(Unspecified::RepeatedHeader(name.to_owned()));
        }
        if let Some(name) = self.repeated_param(seen) {
            left.push(Unspecified::RepeatedParam(name.to_owned()));
        }
        if upgrade::asked_for(seen.normalized.facts.headers).is_some() {
            left.push(Unspecified::Upgrade);
        }
        if seen.normalized.host.as_deref().is_some_and(|host| host.ends_with('.')) {
            left.push(Unspecified::FinalDot);
        }
        let told = seen.request.host.as_deref().zip(seen.request.host_header());
        let differs = told.is_some_and(|(url, header)| !url.eq_ignore_ascii_case(without_port(header)));
        if differs && seen.frontend.sni.is_some() {
            left.push(Unspecified::MisdirectedHost);
        }
        if self.mixes_kinds(seen.host) {
            left.push(Unspecified::BothKinds);
        }
        if self.is_isolated(seen) {
            left.push(Unspecified::CloserListener);
        }
        let (sent, read) = (&seen.request.path, &seen.normalized.facts.path);
        if read != sent {
            left.push(Unspecified::ReadAs { sent: sent.clone(), read: read.to_string() });
        }
        decision.unverified.extend(left.into_iter().map(Uncertainty::Unspecified));
        if decision.kind() == OutcomeKind::NotFound {
            self.note_fallback_uncertainty(decision, seen);
        }
    }

    /// Whether a less specific host would take what the most specific one does not: implementations differ.
    fn note_fallback_uncertainty(&self, decision: &mut Decision, seen: &Seen<'_, '_>) {
        let Some(host) = &seen.normalized.host else { return };
        if let Some(wider) = self.wider(seen.table, seen.frontend, seen.normalized) {
            let wider = Unspecified::WiderHost { hostname: wider.hostname.clone(), asked: host.clone() };
            decision.unverified.push(Uncertainty::Unspecified(wider));
        }
    }

    /// The less specific host of the door that has a row for the request.
    pub(super) fn wider<'t>(
        &self,
        table: &'t GatewayTable,
        frontend: &Frontend,
        normalized: &NormalizedRequest<'_>,
    ) -> Option<&'t VirtualHost> {
        let host = normalized.host.as_ref()?;
        let wider = frontend.hosts.covering(host).skip(1).map(|place| &table.virtual_hosts[place as usize]);
        wider.into_iter().find(|wider| wider.index.find(self.tree, &wider.rows, &normalized.facts).is_some())
    }

    fn rows<'s>(&'s self, host: Option<&'s VirtualHost>) -> impl Iterator<Item = &'s RuleNode> {
        let rows = host.into_iter().flat_map(|host| host.rows.iter().take(LOOKED_THROUGH));
        rows.map(|row| &self.tree.hops[row.0 as usize])
    }

    /// A header that is sent twice and that some row of the host tests.
    fn repeated_header<'r>(&self, seen: &Seen<'_, 'r>) -> Option<&'r str> {
        let headers = seen.normalized.facts.headers;
        let again = headers.iter().enumerate().find(|(at, (name, _))| {
            let before = &headers[..*at];
            before.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
                && self
                    .rows(seen.host)
                    .any(|hop| hop.matcher.headers.iter().any(|test| test.name.eq_ignore_ascii_case(name)))
        });
        again.map(|(_, (name, _))| name.as_str())
    }

    /// A query parameter that is sent twice, or escaped, and that some row of the host tests.
    fn repeated_param<'r>(&self, seen: &Seen<'_, 'r>) -> Option<&'r str> {
        let query = seen.request.query.as_deref()?;
        let pairs: Vec<(&str, &str)> =
            query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        let odd = pairs.iter().enumerate().find(|(at, (name, value))| {
            let repeated = pairs[..*at].iter().any(|(other, _)| other == name);
            (repeated || value.contains(['%', '+']))
                && self.rows(seen.host).any(|hop| hop.matcher.query_params.iter().any(|test| test.name == *name))
        });
        odd.map(|(_, (name, _))| *name)
    }

    /// Whether routes of both kinds serve a host.
    fn mixes_kinds(&self, host: Option<&VirtualHost>) -> bool {
        let of_kind = |kind| self.snapshot.routes.iter().any(|route| route.kind == kind);
        if self.snapshot.routes.last().is_none_or(|route| route.kind != RouteKind::Grpc) || !of_kind(RouteKind::Http) {
            return false;
        }
        let mut kinds = self.rows(host).map(|hop| self.snapshot.route(hop.route).kind);
        kinds.next().is_some_and(|first| kinds.any(|kind| kind != first))
    }

    /// Whether a listener of the port lost a name that covers the request's host to a closer one.
    fn is_isolated(&self, seen: &Seen<'_, '_>) -> bool {
        let Some(host) = &seen.normalized.host else { return false };
        let Some(node) = self.tree.gateways.get(seen.table.node as usize) else { return false };
        let here = node.listeners.iter().filter(|listener| listener.port(&node.gateway) == seen.frontend.port);
        let mut isolated = here.flat_map(|listener| &listener.attached).flat_map(|attached| &attached.isolated);
        isolated.any(|name| covers(name, host))
    }
}

/// Whether a rewrite is in no line of the specification's table: of the prefix `/`, or of one whose final slash the request
/// does not have.
fn odd_prefix(row: &RouteMatch, path: Option<&PathModifier>, normalized: &NormalizedRequest<'_>) -> bool {
    let Some(PathModifier::Prefix(new)) = path else { return false };
    if row.path.kind != PathKind::PathPrefix {
        return false;
    }
    let value = row.path.value.as_str();
    let root = value == "/" && !new.is_empty() && new != "/";
    root || (value.len() > 1 && value.ends_with('/') && !normalized.facts.path.starts_with(value))
}

/// Whether a path holds an escape that changes what matches once it is decoded: a slash or dot anywhere, any other in what is
/// compared as a whole.
fn is_escaped(path: &str, hop: Option<&RuleNode>) -> bool {
    let lower = path.to_ascii_lowercase();
    let whole = hop.is_none_or(|hop| hop.matcher.path.kind != PathKind::PathPrefix);
    ["%2f", "%5c", "%2e"].iter().any(|escape| lower.contains(escape)) || (whole && path.contains('%'))
}
