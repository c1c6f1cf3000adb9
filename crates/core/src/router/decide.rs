//! From a request to a [`Decision`] per Gateway.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::sync::Arc;

use super::connection::Unseen;
use super::effect::{RedirectedFrom, location, rewritten_path};
use super::lookup::{Frontend, Lookup, covers, without_port};
use super::matcher::MatchInput;
use super::normalise::{BadTarget, check_as_it_is, check_authority, check_method, check_target, normalise};
use super::request::{Request, Scheme};
use super::unspecified::Seen;
use super::{
    AnswerPlace, BackendName, Decision, GatewayTable, Note, Outcome, OutcomeKind, Responder, RouteTable, RowAnswer,
    Upstream, VirtualHost, agentgateway_redirect, policy_effects, spec_rewrite, upgrade,
};
use crate::model::{Name, ObjectKey, Protocol};
use crate::resolve::{
    Action, Destination, Engine, Forward, InForce, MatchState, ProxySemantics, RespondReason, RuleNodeId, Settings,
    Tree, Uncertainty, Unspecified, endpoints,
};
use crate::store::Snapshot;

/// How many other hosts or listeners a note names.
const NAMED_IN_NOTES: usize = 4;

/// Decides and explains requests over one analysis.
#[derive(Debug, Clone, Copy)]
pub struct Router<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) settings: &'a Settings,
    pub(super) tree: &'a Tree,
    pub(super) table: &'a RouteTable,
    pub(super) lookup: &'a Lookup,
}

/// One place where the request is answered: a virtual host behind a door, or a door without one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub frontend: &'a Frontend,
    pub virtual_host: Option<u32>,
    pub hop: Option<RuleNodeId>,
}

/// A request made ready to be matched.
#[derive(Debug)]
pub(super) struct NormalizedRequest<'r> {
    pub facts: MatchInput<'r>,
    /// The host without port, when one is known.
    pub host: Option<String>,
}

/// A request at the door that took it.
pub(super) struct RoutedRequest<'r> {
    pub normalized: &'r NormalizedRequest<'r>,
    pub query: Option<&'r str>,
    /// What the client speaks there.
    scheme: Scheme,
    /// The virtual host's name.
    host: Option<&'r Name>,
    /// How the proxy changes it.
    semantics: ProxySemantics,
}

impl<'r> RoutedRequest<'r> {
    /// A request to agentgateway.
    pub fn at(
        frontend: &Frontend,
        host: Option<&'r Name>,
        normalized: &'r NormalizedRequest<'r>,
        request: &'r Request,
    ) -> Self {
        let (query, scheme) = (request.query.as_deref(), frontend.scheme());
        Self { normalized, query, scheme, host, semantics: ProxySemantics::Agentgateway }
    }
}

impl NormalizedRequest<'_> {
    /// Reads the request in the manner of a Gateway's proxy.
    pub fn of(request: &Request, semantics: ProxySemantics) -> Result<NormalizedRequest<'_>, BadTarget> {
        let path = if semantics == ProxySemantics::Agentgateway {
            check_as_it_is(&request.path, request.query.as_deref())?;
            Cow::Borrowed(request.path.as_str())
        } else {
            check_method(&request.method)?;
            if let Some(query) = &request.query {
                check_target(query)?;
            }
            normalise(&request.path)?
        };
        let authority = request.authority();
        if semantics == ProxySemantics::Envoy {
            check_authority(authority.as_deref().unwrap_or_default())?;
        }
        let host = authority.as_deref().map(|authority| without_port(authority).to_owned());
        let facts = MatchInput {
            path,
            query: request.query.as_deref().unwrap_or_default(),
            method: &request.method,
            headers: &request.headers,
            authority: authority.map(Cow::Owned),
            scheme: request.scheme.unwrap_or(Scheme::Http),
            semantics,
        };
        Ok(NormalizedRequest { facts, host })
    }
}

impl<'a> Router<'a> {
    /// A router over one analysis.
    pub fn new(
        snapshot: &'a Snapshot,
        settings: &'a Settings,
        tree: &'a Tree,
        table: &'a RouteTable,
        lookup: &'a Lookup,
    ) -> Self {
        Self { snapshot, settings, tree, table, lookup }
    }

    /// Where `request` goes, one answer per Gateway that can see it (or of `gateway` alone). Without explanations.
    ///
    /// Those come first that serve the host most closely, whatever they answer.
    pub fn decide(&self, request: &Request, gateway: Option<&ObjectKey>) -> Vec<Decision> {
        self.answers(request, gateway).into_iter().map(|(_, decision)| decision).collect()
    }

    /// The Gateways that cannot see `request` (of `gateway` alone, when given), and why.
    pub fn unseen(&self, request: &Request, gateway: Option<&ObjectKey>) -> Vec<Unseen> {
        let reason = |place| self.lookup.frontends(self.tree, self.table, place, request).err();
        self.gateways(gateway)
            .filter_map(|(place, table)| Some(Unseen { gateway: table.gateway.clone(), reason: reason(place)? }))
            .collect()
    }

    fn bad_request(
        &self,
        place: u32,
        table: &GatewayTable,
        frontends: &[&Frontend],
        bad: &BadTarget,
        semantics: ProxySemantics,
    ) -> Decision {
        let node = self.tree.gateways.get(table.node as usize);
        let assumption = node.and_then(|node| node.engine_assumption.clone());
        let mut unverified: Vec<Uncertainty> = assumption.into_iter().map(Uncertainty::Engine).collect();
        let who = match semantics {
            ProxySemantics::Agentgateway => "agentgateway",
            ProxySemantics::Envoy => "Envoy",
            ProxySemantics::Specification => {
                unverified.push(Uncertainty::Unspecified(Unspecified::RequestLine(bad.what.clone())));
                "the gateway"
            }
        };
        Decision {
            outcome: Outcome::Respond { status: 400, by: Responder::Codec },
            unverified,
            notes: vec![Note::BadRequest { what: bad.what.clone(), who }],
            ..blank(place, frontends.first().copied(), None, None)
        }
    }

    fn gateways<'g>(&self, only: Option<&'g ObjectKey>) -> impl Iterator<Item = (u32, &'a GatewayTable)> + use<'a, 'g> {
        let wanted = move |table: &&GatewayTable| only.is_none_or(|only| *only == table.gateway);
        (0u32..).zip(&self.table.gateways).filter(move |(_, table)| wanted(table))
    }

    /// The answers, and what they were decided from (`None` for a 400, which looks at no route).
    pub(super) fn answers(
        &self,
        request: &Request,
        gateway: Option<&ObjectKey>,
    ) -> Vec<(Option<Candidate<'a>>, Decision)> {
        let mut read: Vec<(ProxySemantics, Result<NormalizedRequest<'_>, BadTarget>)> = Vec::with_capacity(1);
        let mut answers = Vec::new();
        for (place, table) in self.gateways(gateway) {
            let Ok(frontends) = self.lookup.frontends(self.tree, self.table, place, request) else { continue };
            let (streams, frontends): (Vec<&Frontend>, Vec<&Frontend>) =
                frontends.into_iter().partition(|frontend| frontend.stream.is_some());
            if let (Some(stream), true) = (streams.first(), frontends.is_empty()) {
                let mut decision = self.passed_through(place, table, stream, request);
                let others = streams[1..].iter().filter(|other| other.stream != stream.stream);
                decision.notes.extend(others.filter_map(|frontend| self.note_stream(table, frontend)));
                decision.notes.dedup();
                answers.push((None, decision));
                continue;
            }
            let semantics = self.semantics(table);
            let first = answers.len();
            // Once for all Gateways of a manner.
            let known = read.iter().position(|(known, _)| *known == semantics).unwrap_or_else(|| {
                read.push((semantics, NormalizedRequest::of(request, semantics)));
                read.len() - 1
            });
            answers.push(match &read[known].1 {
                Err(bad) => (None, self.bad_request(place, table, &frontends, bad, semantics)),
                Ok(normalized) if semantics == ProxySemantics::Agentgateway => {
                    let candidates = self.candidates_hop_by_hop(table, &frontends, normalized);
                    let Some(best) = candidates.iter().find(|c| c.hop.is_some()).or(candidates.first()).copied() else {
                        continue;
                    };
                    let mut decision = self.decision_hop_by_hop(place, table, &best, normalized, request);
                    if candidates.len() > 1 {
                        self.note_the_others(&mut decision, table, &best, &candidates);
                    }
                    self.note_unreadable(&mut decision, table);
                    (Some(best), decision)
                }
                Ok(normalized) => {
                    let candidates = self.candidates(table, &frontends, normalized);
                    let Some(best) = candidates.iter().find(|c| c.hop.is_some()).or(candidates.first()).copied() else {
                        continue;
                    };
                    let mut decision = self.decision(place, table, &best, normalized, request);
                    if candidates.len() > 1 {
                        self.note_the_others(&mut decision, table, &best, &candidates);
                    }
                    self.note_unreadable(&mut decision, table);
                    (Some(best), decision)
                }
            });
            for (candidate, decision) in &mut answers[first..] {
                decision.notes.extend(streams.iter().filter_map(|frontend| self.note_stream(table, frontend)));
                // What takes the connection goes before what has no answer to it.
                if let (Some(stream), OutcomeKind::NotFound) = (streams.first(), decision.kind()) {
                    *decision = self.passed_through(place, table, stream, request);
                    *candidate = None;
                }
            }
        }
        answers.sort_by_key(|(_, decision)| Reverse(self.closeness(decision, request)));
        answers
    }

    /// How closely a Gateway serves the request's host: by an exact name, a wildcard (the longer the closer), any, not at all.
    /// The name is that of the virtual host, or of the listener that takes the request and has none for it.
    pub fn closeness(&self, decision: &Decision, request: &Request) -> (u8, usize) {
        let of_name = |name: &str| match name {
            "*" | "" => (1, 0),
            name if name.starts_with('*') => (2, name.len()),
            _ => (3, 0),
        };
        let table = &self.table.gateways[decision.gateway as usize];
        let names = decision.stream().into_iter().flat_map(|route| &route.hostnames).map(|name| of_name(name));
        let host = decision.virtual_host.and_then(|place| table.virtual_hosts.get(place as usize));
        match host {
            Some(host) => of_name(&host.hostname),
            None if decision.stream().is_some() => names.max().unwrap_or((1, 0)),
            None => {
                let frontends = self.lookup.doors_of(decision.gateway).iter();
                let frontends = frontends.filter(|frontend| decision.port == Some(frontend.port));
                let listeners = frontends.flat_map(|frontend| &frontend.listeners);
                let hostname = listeners.filter(|(name, _)| Some(name) == decision.listener.as_ref());
                let names = hostname.filter_map(|(_, hostname)| match (hostname.as_deref(), request.host.as_deref()) {
                    (None, _) => Some((1, 0)),
                    (Some(hostname), Some(host)) => covers(hostname, host).then(|| of_name(hostname)),
                    (Some(hostname), None) => Some(of_name(hostname)),
                });
                names.max().unwrap_or((0, 0))
            }
        }
    }

    /// Every place the request may come to: one per door, and one per virtual host when no host is known.
    pub(super) fn candidates(
        &self,
        table: &GatewayTable,
        frontends: &[&'a Frontend],
        normalized: &NormalizedRequest<'_>,
    ) -> Vec<Candidate<'a>> {
        let mut candidates = Vec::with_capacity(frontends.len());
        for frontend in frontends {
            match &normalized.host {
                Some(host) => candidates.push(self.candidate(table, frontend, frontend.virtual_host(host), normalized)),
                None if frontend.virtual_hosts.is_empty() => {
                    candidates.push(Candidate { frontend, virtual_host: None, hop: None });
                }
                None => {
                    let each = frontend.virtual_hosts.iter();
                    candidates.extend(each.map(|place| self.candidate(table, frontend, Some(*place), normalized)));
                }
            }
        }
        candidates
    }

    fn candidate(
        &self,
        table: &GatewayTable,
        frontend: &'a Frontend,
        virtual_host: Option<u32>,
        normalized: &NormalizedRequest<'_>,
    ) -> Candidate<'a> {
        let hop = virtual_host.and_then(|place| self.first_row(&table.virtual_hosts[place as usize], normalized));
        Candidate { frontend, virtual_host, hop }
    }

    /// The first row of a virtual host that takes the request.
    pub(super) fn first_row(&self, host: &VirtualHost, normalized: &NormalizedRequest<'_>) -> Option<RuleNodeId> {
        host.index.find(self.tree, &host.rows, &normalized.facts)
    }

    /// A candidate's decision before its row is looked at.
    pub(super) fn begun(
        &self,
        place: u32,
        table: &GatewayTable,
        candidate: &Candidate<'_>,
        host: Option<&VirtualHost>,
        normalized: &NormalizedRequest<'_>,
    ) -> Decision {
        let Candidate { frontend, virtual_host, .. } = *candidate;
        let mut decision = blank(place, Some(frontend), normalized.host.as_deref(), host);
        decision.virtual_host = virtual_host;
        self.note_gateway_uncertainty(&mut decision, table, frontend);
        if table.cut {
            decision.unverified.push(Uncertainty::CutTable);
        }
        if table.unevaluated {
            decision.unverified.push(Uncertainty::Unevaluated);
        }
        if let Some(cut) = host.and_then(|host| host.cut) {
            decision.unverified.push(Uncertainty::Cut(cut));
        }
        if self.semantics(table) == ProxySemantics::Agentgateway {
            self.note_listener_uncertainty(&mut decision, table, frontend.port, normalized);
        }
        decision
    }

    /// The whole decision for one candidate.
    fn decision(
        &self,
        place: u32,
        table: &GatewayTable,
        candidate: &Candidate<'_>,
        normalized: &NormalizedRequest<'_>,
        request: &Request,
    ) -> Decision {
        let Candidate { frontend, virtual_host, hop } = *candidate;
        let host = virtual_host.map(|place| &table.virtual_hosts[place as usize]);
        let mut decision = self.begun(place, table, candidate, host, normalized);
        if let Some((hop, action)) = hop.and_then(|hop| Some((hop, self.tree.hops[hop.0 as usize].action()?))) {
            let policies = host.map(|host| self.in_force(table, host, hop)).unwrap_or_default();
            let host = host.map(|host| &host.hostname);
            let semantics = self.semantics(table);
            let asked = RoutedRequest {
                normalized,
                query: request.query.as_deref(),
                scheme: frontend.scheme(),
                host,
                semantics,
            };
            let refused =
                upgrade::refused(action, normalized.facts.headers).filter(|_| table.engine == Engine::Kgateway);
            if let Some(protocol) = refused {
                upgrade::answer(&mut decision, hop, &protocol);
            } else if policy_effects::is_preflight(action, &policies, &asked) {
                policy_effects::answer_preflight(&mut decision, hop, &policies);
            } else {
                self.apply(&mut decision, hop, action, &asked);
                if self.is_left_to_a_filter(&decision, hop, action) {
                    let destinations = decision.outcome.destinations().to_vec();
                    decision.outcome = Outcome::Unknown { row: hop, destinations };
                }
                policy_effects::apply(&mut decision, &policies, &asked);
            }
            decision.policies = policies;
            self.note_chain_uncertainty(&mut decision, hop);
        } else {
            self.note_the_nearby(&mut decision, place, table, frontend, normalized);
            let hidden = self.hides_routes() && !table.assumed;
            if !hidden && !self.snapshot.coverage.sees_all("HTTPRoute") {
                decision.unverified.push(Uncertainty::UnseenRoute(None));
            }
        }
        if self.semantics(table) == ProxySemantics::Specification {
            let host = virtual_host.map(|place| &table.virtual_hosts[place as usize]);
            self.note_unspecified(&mut decision, &Seen { table, frontend, host, hop, normalized, request });
        }
        if self.hides_routes() {
            self.note_unreadable_routes(&mut decision, table, frontend, host, normalized);
        }
        decision
    }

    /// Does to the request what its row does.
    pub(super) fn apply(&self, decision: &mut Decision, row: RuleNodeId, action: &Action, asked: &RoutedRequest<'_>) {
        let RoutedRequest { normalized, query, scheme, host, semantics } = *asked;
        let matcher = &self.tree.hops[row.0 as usize].matcher;
        let facts = &normalized.facts;
        // Without a host in the request, the virtual host's name stands for it.
        let authority = facts.authority.as_deref().or(host.map(Name::as_str)).unwrap_or("*");
        match action {
            Action::Forward(forward) => {
                let Forward {
                    destinations,
                    rewrite,
                    mirrors,
                    request_headers: _,
                    response_headers: _,
                    timeout: _,
                    websocket: _,
                } = forward;
                let (mut destinations, mut mirrors) = (destinations.clone(), mirrors.clone());
                let mirrored = mirrors.iter_mut().map(|mirror| &mut mirror.destination);
                self.look_up_endpoints(destinations.iter_mut().chain(mirrored));
                let getting = || destinations.iter().filter(|destination| destination.share > 0.0);
                decision.notes.extend(getting().filter_map(Note::of_backend));
                if all_broken(&destinations) {
                    let status = broken_status(&destinations);
                    let by = Responder::BrokenBackends { row, destinations, mirrors };
                    decision.outcome = Outcome::Respond { status, by };
                    return;
                }
                let (mut path, note) = match semantics {
                    ProxySemantics::Envoy => rewritten_path(matcher, rewrite.path.as_ref(), &facts.path),
                    ProxySemantics::Specification | ProxySemantics::Agentgateway => {
                        (spec_rewrite::rewritten_path(matcher, rewrite.path.as_ref(), &facts.path), None)
                    }
                };
                decision.notes.extend(note);
                if let Some(query) = query {
                    let _ = write!(path, "?{query}");
                }
                let host = rewrite.host.as_deref().filter(|host| !host.is_empty()).unwrap_or(authority);
                let upstream = Upstream { host: host.to_owned(), path };
                decision.unverified.extend(getting().filter_map(Destination::unverified));
                decision.outcome = Outcome::Forward { row, destinations, mirrors, upstream };
            }
            Action::Redirect(redirect) => {
                let status = redirect.status.unwrap_or(302);
                let port = decision.port.unwrap_or(80);
                let from = RedirectedFrom { scheme, port, authority, facts, query };
                let (location, notes) = match semantics {
                    ProxySemantics::Envoy => location(matcher, redirect, &from),
                    ProxySemantics::Specification => spec_rewrite::location(matcher, redirect, &from),
                    ProxySemantics::Agentgateway => agentgateway_redirect::location(matcher, redirect, &from),
                };
                decision.outcome = Outcome::Redirect { row, status, location, circle: Vec::new() };
                decision.notes.extend(notes);
            }
            Action::Respond(respond) => {
                decision.outcome = Outcome::Respond { status: respond.status, by: Responder::Row(row) };
            }
        }
    }

    /// Whether no backend answers, and a filter of the engine's own may.
    fn is_left_to_a_filter(&self, decision: &Decision, hop: RuleNodeId, action: &Action) -> bool {
        match action {
            Action::Respond(respond) => respond.reason == RespondReason::FilterDecides,
            Action::Forward(_) if decision.kind() == OutcomeKind::Respond => {
                self.tree.filter_that_decides(self.snapshot, &self.tree.hops[hop.0 as usize]).is_some()
            }
            Action::Forward(_) | Action::Redirect(_) => false,
        }
    }

    /// Who serves the destinations.
    pub(super) fn look_up_endpoints<'d>(&self, destinations: impl Iterator<Item = &'d mut Destination>) {
        for destination in destinations {
            destination.endpoints = endpoints(self.snapshot, destination).map(Arc::new);
        }
    }

    /// Names the listeners and hosts whose answer differs from the one that is given.
    fn note_the_others(
        &self,
        decision: &mut Decision,
        table: &GatewayTable,
        best: &Candidate<'_>,
        candidates: &[Candidate<'_>],
    ) {
        let given = self.row_answer(best.hop);
        let mut others: Vec<(RowAnswer, Vec<AnswerPlace>)> = Vec::new();
        for candidate in candidates {
            let answer = self.row_answer(candidate.hop);
            if candidate.hop == best.hop || answer == given {
                continue;
            }
            let host = candidate.virtual_host.map(|place| table.virtual_hosts[place as usize].hostname.clone());
            let host = host.unwrap_or_default();
            let frontend = candidate.frontend;
            let at = if std::ptr::eq(frontend, best.frontend) {
                AnswerPlace::Host(host)
            } else if candidates.iter().filter(|other| std::ptr::eq(other.frontend, frontend)).count() > 1 {
                AnswerPlace::HostOnPort(host, frontend.port)
            } else {
                match frontend.listener(None, None) {
                    Some(listener) => AnswerPlace::Listener(listener, frontend.port),
                    None => AnswerPlace::Port(frontend.port),
                }
            };
            match others.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, places)) => places.push(at),
                None => others.push((answer, vec![at])),
            }
        }
        if !others.is_empty() && candidates.iter().any(|c| c.virtual_host != best.virtual_host) {
            let host = best.virtual_host.map(|place| table.virtual_hosts[place as usize].hostname.clone());
            if let (Some(host), false) = (host, decision.port.is_none()) {
                decision.notes.push(Note::AnsweredFor { host, port: best.frontend.port, answer: given });
            }
        }
        let unnamed = others.len().saturating_sub(NAMED_IN_NOTES);
        for (answer, mut places) in others.into_iter().take(NAMED_IN_NOTES) {
            let more = places.len().saturating_sub(NAMED_IN_NOTES);
            places.truncate(NAMED_IN_NOTES);
            decision.notes.push(Note::OtherAnswer { places, more, answer });
        }
        if unnamed > 0 {
            decision.notes.push(Note::MoreAnswers(unnamed));
        }
    }

    /// What becomes of a request that this row takes, or that no row takes.
    pub(super) fn row_answer(&self, row: Option<RuleNodeId>) -> RowAnswer {
        let Some(node) = row.map(|row| &self.tree.hops[row.0 as usize]) else { return RowAnswer::Status(404) };
        if let Some(link) = node.links.clone().find(|_| matches!(node.state, MatchState::WeightedDelegation(_))) {
            let via = &self.tree.links[link as usize].via;
            return RowAnswer::Delegates { value: via.value.clone(), namespace: via.namespace.clone() };
        }
        match node.action().map(|action| &**action) {
            None => RowAnswer::Status(404),
            Some(Action::Forward(forward)) if all_broken(&forward.destinations) => {
                RowAnswer::Status(broken_status(&forward.destinations))
            }
            Some(Action::Forward(forward)) => {
                let getting = forward.destinations.iter().filter(|to| to.share > 0.0);
                let name = |to: &Destination| BackendName {
                    kind: to.kind.clone(),
                    namespace: to.namespace.clone(),
                    name: to.name.clone(),
                    port: to.port,
                };
                RowAnswer::Forward(getting.map(name).collect())
            }
            Some(Action::Redirect(redirect)) => RowAnswer::Redirect(redirect.status.unwrap_or(302)),
            Some(Action::Respond(respond)) if respond.reason == RespondReason::FilterDecides => RowAnswer::Unknown,
            Some(Action::Respond(respond)) => RowAnswer::Status(respond.status),
        }
    }
}

/// A 404 at a door, to be filled in; at no door in particular where no listener is known.
pub(super) fn blank(
    place: u32,
    frontend: Option<&Frontend>,
    host: Option<&str>,
    serving: Option<&VirtualHost>,
) -> Decision {
    Decision {
        gateway: place,
        listener: frontend.and_then(|frontend| frontend.listener(host, serving.map(|host| host.listeners.as_slice()))),
        port: frontend.map(|frontend| frontend.port),
        virtual_host: None,
        refused: None,
        outcome: Outcome::NOT_FOUND,
        branches: Vec::new(),
        policies: InForce::default(),
        considered: Vec::new(),
        not_listed: 0,
        unanswered: None,
        unverified: Vec::new(),
        notes: Vec::new(),
    }
}

/// What the gateway answers when every destination is broken.
fn broken_status(destinations: &[Destination]) -> u16 {
    let mut getting = destinations.iter().filter(|destination| destination.share > 0.0).peekable();
    let unserved = getting.peek().is_some() && getting.all(|destination| destination.state.status() == 503);
    if unserved { 503 } else { 500 }
}

/// Every share of the traffic is answered by the gateway itself.
fn all_broken(destinations: &[Destination]) -> bool {
    destinations.iter().all(|destination| destination.state.is_broken() || destination.share <= 0.0)
}

impl Frontend {
    /// The scheme a client speaks here.
    pub(super) fn scheme(&self) -> Scheme {
        if self.protocol == Protocol::Https { Scheme::Https } else { Scheme::Http }
    }
}
