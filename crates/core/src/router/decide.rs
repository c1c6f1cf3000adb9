//! From a request to a [`Decision`] per Gateway.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::sync::Arc;

use super::doubt;
use super::effect::{RedirectedFrom, location, rewritten_path};
use super::lookup::{Door, Lookup, Unseen, covers, without_port};
use super::matcher::Facts;
use super::normalise::{BadTarget, check_as_it_is, check_authority, check_method, check_target, normalise};
use super::request::{Request, Scheme};
use super::unspecified::Seen;
use super::{
    Decision, GatewayTable, Outcome, RouteTable, Upstream, VirtualHost, authority, policed, segments, upgrade,
};
use crate::model::{Name, ObjectKey, Protocol};
use crate::resolve::{Action, Destination, Engine, Fate, Forward, HopId, InForce, Manner, Settings, Tree, endpoints};
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
    pub door: &'a Door,
    pub virtual_host: Option<u32>,
    pub hop: Option<HopId>,
}

/// A request made ready to be matched.
#[derive(Debug)]
pub(super) struct Prepared<'r> {
    pub facts: Facts<'r>,
    /// The host without port, when one is known.
    pub host: Option<String>,
}

/// A request at the door that took it.
pub(super) struct Asked<'r> {
    pub prepared: &'r Prepared<'r>,
    pub query: Option<&'r str>,
    /// What the client speaks there.
    scheme: Scheme,
    /// The virtual host's name.
    host: Option<&'r Name>,
    /// How the proxy changes it.
    manner: Manner,
}

impl<'r> Asked<'r> {
    /// A request to agentgateway.
    pub fn at(door: &Door, host: Option<&'r Name>, prepared: &'r Prepared<'r>, request: &'r Request) -> Self {
        let (query, scheme) = (request.query.as_deref(), door.scheme());
        Self { prepared, query, scheme, host, manner: Manner::Agentgateway }
    }
}

impl Prepared<'_> {
    /// Reads the request in the manner of a Gateway's proxy.
    pub fn of(request: &Request, manner: Manner) -> Result<Prepared<'_>, BadTarget> {
        let path = if manner == Manner::Agentgateway {
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
        if manner == Manner::Envoy {
            check_authority(authority.as_deref().unwrap_or_default())?;
        }
        let host = authority.as_deref().map(|authority| without_port(authority).to_owned());
        let facts = Facts {
            path,
            query: request.query.as_deref().unwrap_or_default(),
            method: &request.method,
            headers: &request.headers,
            authority: authority.map(Cow::Owned),
            scheme: request.scheme.unwrap_or(Scheme::Http),
            manner,
        };
        Ok(Prepared { facts, host })
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
        let reason = |place| self.lookup.doors(self.tree, self.table, place, request).err();
        self.gateways(gateway)
            .filter_map(|(place, table)| Some(Unseen { gateway: table.gateway.clone(), reason: reason(place)? }))
            .collect()
    }

    fn bad_request(
        &self,
        place: u32,
        table: &GatewayTable,
        doors: &[&Door],
        bad: &BadTarget,
        manner: Manner,
    ) -> Decision {
        let node = self.tree.gateways.get(table.node as usize);
        let mut unverified: Vec<String> = node.and_then(|node| node.engine_doubt.clone()).into_iter().collect();
        let who = match manner {
            Manner::Agentgateway => "agentgateway",
            Manner::Envoy => "Envoy",
            Manner::Specification => {
                let what = &bad.what;
                unverified.push(format!("the specification leaves a request line with {what} to the implementation"));
                "the gateway"
            }
        };
        Decision {
            outcome: Outcome::Respond,
            status: Some(400),
            unverified,
            notes: vec![format!("the request line holds {}: {who} answers 400 before it looks at any route", bad.what)],
            ..blank(place, doors.first().copied(), None, None)
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
        let mut read: Vec<(Manner, Result<Prepared<'_>, BadTarget>)> = Vec::with_capacity(1);
        let mut answers = Vec::new();
        for (place, table) in self.gateways(gateway) {
            let Ok(doors) = self.lookup.doors(self.tree, self.table, place, request) else { continue };
            let (streams, doors): (Vec<&Door>, Vec<&Door>) = doors.into_iter().partition(|door| door.stream.is_some());
            if let (Some(stream), true) = (streams.first(), doors.is_empty()) {
                let mut decision = self.passed_through(place, table, stream, request);
                let others = streams[1..].iter().filter(|other| other.stream != stream.stream);
                decision.notes.extend(others.filter_map(|door| self.note_stream(table, door)));
                decision.notes.dedup();
                answers.push((None, decision));
                continue;
            }
            let manner = self.manner(table);
            let first = answers.len();
            // Once for all Gateways of a manner.
            let known = read.iter().position(|(known, _)| *known == manner).unwrap_or_else(|| {
                read.push((manner, Prepared::of(request, manner)));
                read.len() - 1
            });
            answers.push(match &read[known].1 {
                Err(bad) => (None, self.bad_request(place, table, &doors, bad, manner)),
                Ok(prepared) if manner == Manner::Agentgateway => {
                    let candidates = self.candidates_hop_by_hop(table, &doors, prepared);
                    let Some(best) = candidates.iter().find(|c| c.hop.is_some()).or(candidates.first()).copied() else {
                        continue;
                    };
                    let mut decision = self.decision_hop_by_hop(place, table, &best, prepared, request);
                    if candidates.len() > 1 {
                        self.note_the_others(&mut decision, table, &best, &candidates);
                    }
                    self.doubt_the_unread(&mut decision, table);
                    (Some(best), decision)
                }
                Ok(prepared) => {
                    let candidates = self.candidates(table, &doors, prepared);
                    let Some(best) = candidates.iter().find(|c| c.hop.is_some()).or(candidates.first()).copied() else {
                        continue;
                    };
                    let mut decision = self.decision(place, table, &best, prepared, request);
                    if candidates.len() > 1 {
                        self.note_the_others(&mut decision, table, &best, &candidates);
                    }
                    self.doubt_the_unread(&mut decision, table);
                    (Some(best), decision)
                }
            });
            for (candidate, decision) in &mut answers[first..] {
                decision.notes.extend(streams.iter().filter_map(|door| self.note_stream(table, door)));
                // What takes the connection goes before what has no answer to it.
                if let (Some(stream), Outcome::NotFound) = (streams.first(), decision.outcome) {
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
        let names = decision.stream.iter().flat_map(|route| &route.hostnames).map(|name| of_name(name));
        let host = decision.virtual_host.and_then(|place| table.virtual_hosts.get(place as usize));
        match host {
            Some(host) => of_name(&host.hostname),
            None if decision.stream.is_some() => names.max().unwrap_or((1, 0)),
            None => {
                let doors = self.lookup.doors_of(decision.gateway).iter();
                let doors = doors.filter(|door| decision.port == Some(door.port));
                let listeners = doors.flat_map(|door| &door.listeners);
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
        doors: &[&'a Door],
        prepared: &Prepared<'_>,
    ) -> Vec<Candidate<'a>> {
        let mut candidates = Vec::with_capacity(doors.len());
        for door in doors {
            match &prepared.host {
                Some(host) => candidates.push(self.candidate(table, door, door.virtual_host(host), prepared)),
                None if door.virtual_hosts.is_empty() => {
                    candidates.push(Candidate { door, virtual_host: None, hop: None });
                }
                None => {
                    let each = door.virtual_hosts.iter();
                    candidates.extend(each.map(|place| self.candidate(table, door, Some(*place), prepared)));
                }
            }
        }
        candidates
    }

    fn candidate(
        &self,
        table: &GatewayTable,
        door: &'a Door,
        virtual_host: Option<u32>,
        prepared: &Prepared<'_>,
    ) -> Candidate<'a> {
        let hop = virtual_host.and_then(|place| self.first_row(&table.virtual_hosts[place as usize], prepared));
        Candidate { door, virtual_host, hop }
    }

    /// The first row of a virtual host that takes the request.
    pub(super) fn first_row(&self, host: &VirtualHost, prepared: &Prepared<'_>) -> Option<HopId> {
        host.index.find(self.tree, &host.rows, &prepared.facts)
    }

    /// A candidate's decision before its row is looked at.
    pub(super) fn begun(
        &self,
        place: u32,
        table: &GatewayTable,
        candidate: &Candidate<'_>,
        host: Option<&VirtualHost>,
        prepared: &Prepared<'_>,
    ) -> Decision {
        let Candidate { door, virtual_host, .. } = *candidate;
        let mut decision = blank(place, Some(door), prepared.host.as_deref(), host);
        decision.virtual_host = virtual_host;
        self.doubt_the_gateway(&mut decision, table, door);
        if table.cut {
            decision.unverified.push(doubt::CUT_TABLE.to_owned());
        }
        if let Some(cut) = host.and_then(|host| host.cut) {
            decision.unverified.push(doubt::cut(cut).to_owned());
        }
        if self.manner(table) == Manner::Agentgateway {
            self.doubt_the_listener(&mut decision, table, door.port, prepared);
        }
        decision
    }

    /// The whole decision for one candidate.
    fn decision(
        &self,
        place: u32,
        table: &GatewayTable,
        candidate: &Candidate<'_>,
        prepared: &Prepared<'_>,
        request: &Request,
    ) -> Decision {
        let Candidate { door, virtual_host, hop } = *candidate;
        let host = virtual_host.map(|place| &table.virtual_hosts[place as usize]);
        let mut decision = self.begun(place, table, candidate, host, prepared);
        decision.hop = hop;
        if let Some((hop, action)) = hop.and_then(|hop| Some((hop, self.tree.hops[hop.0 as usize].action()?))) {
            let policies = host.map(|host| self.in_force(table, host, hop)).unwrap_or_default();
            let host = host.map(|host| &host.hostname);
            let manner = self.manner(table);
            let asked = Asked { prepared, query: request.query.as_deref(), scheme: door.scheme(), host, manner };
            let refused = upgrade::refused(action, prepared.facts.headers).filter(|_| table.engine == Engine::Kgateway);
            if let Some(protocol) = refused {
                upgrade::answer(&mut decision, &protocol);
            } else if policed::is_preflight(action, &policies, &asked) {
                policed::answer_preflight(&mut decision, &policies);
            } else {
                self.apply(&mut decision, hop, action, &asked);
                policed::apply(&mut decision, &policies, &asked);
            }
            decision.policies = policies;
            self.doubt_the_chain(&mut decision, hop);
        } else {
            self.note_the_nearby(&mut decision, place, table, door, prepared);
            let hidden = self.hides_routes() && !table.assumed;
            if !hidden && !self.snapshot.coverage.sees_all("HTTPRoute") {
                decision.unverified.push("an HTTPRoute that is not in view may take it".to_owned());
            }
        }
        if self.manner(table) == Manner::Specification {
            let host = virtual_host.map(|place| &table.virtual_hosts[place as usize]);
            self.doubt_the_unspecified(&mut decision, &Seen { table, door, host, hop, prepared, request });
        }
        if self.hides_routes() {
            self.doubt_the_hidden(&mut decision, table, door, host, prepared);
        }
        decision
    }

    pub(super) fn apply(&self, decision: &mut Decision, hop: HopId, action: &Action, asked: &Asked<'_>) {
        let Asked { prepared, query, scheme, host, manner } = *asked;
        let row = &self.tree.hops[hop.0 as usize].matcher;
        let facts = &prepared.facts;
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
                decision.destinations.clone_from(destinations);
                decision.mirrors.clone_from(mirrors);
                self.look_up_endpoints(decision);
                if all_broken(destinations) {
                    decision.outcome = Outcome::Respond;
                    decision.status = Some(broken_status(destinations));
                    return;
                }
                decision.outcome = Outcome::Forward;
                decision.status = None;
                let (mut path, note) = match manner {
                    Manner::Envoy => rewritten_path(row, rewrite.path.as_ref(), &facts.path),
                    Manner::Specification | Manner::Agentgateway => {
                        (segments::rewritten_path(row, rewrite.path.as_ref(), &facts.path), None)
                    }
                };
                decision.notes.extend(note);
                if let Some(query) = query {
                    let _ = write!(path, "?{query}");
                }
                let host = rewrite.host.as_deref().filter(|host| !host.is_empty()).unwrap_or(authority);
                decision.upstream = Some(Upstream { host: host.to_owned(), path });
                let getting = destinations.iter().filter(|destination| destination.share > 0.0);
                decision.unverified.extend(getting.filter_map(Destination::unverified));
            }
            Action::Redirect(redirect) => {
                decision.outcome = Outcome::Redirect;
                decision.status = Some(redirect.status.unwrap_or(302));
                let port = decision.port.unwrap_or(80);
                let from = RedirectedFrom { scheme, port, authority, facts, query };
                let (location, notes) = match manner {
                    Manner::Envoy => location(row, redirect, &from),
                    Manner::Specification => segments::location(row, redirect, &from),
                    Manner::Agentgateway => authority::location(row, redirect, &from),
                };
                decision.location = Some(location);
                decision.notes.extend(notes);
            }
            Action::Respond(respond) => {
                decision.outcome = Outcome::Respond;
                decision.status = Some(respond.status);
            }
        }
    }

    /// Who serves the destinations, and what is to be known of that.
    pub(super) fn look_up_endpoints(&self, decision: &mut Decision) {
        let mirrored = decision.mirrors.iter_mut().map(|mirror| &mut mirror.destination);
        for destination in decision.destinations.iter_mut().chain(mirrored) {
            destination.endpoints = endpoints(self.snapshot, destination).map(Arc::new);
        }
        let getting = decision.destinations.iter().filter(|destination| destination.share > 0.0);
        decision.notes.extend(getting.filter_map(Destination::note));
    }

    /// Names the listeners and hosts whose answer differs from the one that is given.
    fn note_the_others(
        &self,
        decision: &mut Decision,
        table: &GatewayTable,
        best: &Candidate<'_>,
        candidates: &[Candidate<'_>],
    ) {
        let said = self.in_words(best.hop);
        let mut others: Vec<(String, Vec<String>)> = Vec::new();
        for candidate in candidates {
            let words = self.in_words(candidate.hop);
            if candidate.hop == best.hop || words == said {
                continue;
            }
            let host = candidate.virtual_host.map_or("", |place| &table.virtual_hosts[place as usize].hostname);
            let door = candidate.door;
            let at = if std::ptr::eq(door, best.door) {
                format!("for {host}")
            } else if candidates.iter().filter(|other| std::ptr::eq(other.door, door)).count() > 1 {
                format!("for {host} on port {}", door.port)
            } else {
                match door.listener(None, None) {
                    Some(listener) => format!("on listener {listener} (port {})", door.port),
                    None => format!("on port {}", door.port),
                }
            };
            match others.iter_mut().find(|(held, _)| *held == words) {
                Some((_, places)) => places.push(at),
                None => others.push((words, vec![at])),
            }
        }
        if !others.is_empty() && candidates.iter().any(|c| c.virtual_host != best.virtual_host) {
            let host = best.virtual_host.map(|place| &table.virtual_hosts[place as usize].hostname);
            if let (Some(host), false) = (host, decision.port.is_none()) {
                decision.notes.push(format!("answered for {host} on port {}: {said}", best.door.port));
            }
        }
        for (words, places) in others.iter().take(NAMED_IN_NOTES) {
            let more = places.len().saturating_sub(NAMED_IN_NOTES);
            let named = places[..places.len() - more].join(", ");
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            decision.notes.push(format!("{named}{more}: {words}"));
        }
        if others.len() > NAMED_IN_NOTES {
            decision.notes.push(format!("{} more hosts or listeners answer otherwise", others.len() - NAMED_IN_NOTES));
        }
    }

    /// What becomes of a request that this row takes, in a few words.
    pub(super) fn in_words(&self, hop: Option<HopId>) -> String {
        let Some(node) = hop.map(|hop| &self.tree.hops[hop.0 as usize]) else { return "404".to_owned() };
        if let Some(link) = node.links.clone().find(|_| matches!(node.fate, Fate::Forks(_))) {
            let via = &self.tree.links[link as usize].via;
            return format!("it delegates to {} in {}", via.value, via.namespace);
        }
        let Some(action) = node.action() else { return "404".to_owned() };
        match &**action {
            Action::Forward(forward) if all_broken(&forward.destinations) => {
                broken_status(&forward.destinations).to_string()
            }
            Action::Forward(forward) => {
                let mut words = String::from("to ");
                for (at, destination) in forward.destinations.iter().filter(|d| d.share > 0.0).enumerate() {
                    let Destination { kind, namespace, name, port, .. } = destination;
                    let _ = write!(words, "{}{kind} {namespace}/{name}", if at > 0 { ", " } else { "" });
                    if let Some(port) = port {
                        let _ = write!(words, ":{port}");
                    }
                }
                words
            }
            Action::Redirect(redirect) => format!("redirect {}", redirect.status.unwrap_or(302)),
            Action::Respond(respond) => respond.status.to_string(),
        }
    }
}

/// A 404 at a door, to be filled in; at no door in particular where no listener is known.
pub(super) fn blank(place: u32, door: Option<&Door>, host: Option<&str>, serving: Option<&VirtualHost>) -> Decision {
    Decision {
        gateway: place,
        listener: door.and_then(|door| door.listener(host, serving.map(|host| host.listeners.as_slice()))),
        port: door.map(|door| door.port),
        virtual_host: None,
        hop: None,
        stopped: None,
        branches: Vec::new(),
        stream: None,
        refused: None,
        outcome: Outcome::NotFound,
        status: Some(404),
        destinations: Vec::new(),
        upstream: None,
        location: None,
        circle: Vec::new(),
        mirrors: Vec::new(),
        preflight: false,
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

impl Door {
    /// The scheme a client speaks here.
    pub(super) fn scheme(&self) -> Scheme {
        if self.protocol == Protocol::Https { Scheme::Https } else { Scheme::Http }
    }
}
