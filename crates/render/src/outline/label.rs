//! What a node says: what it is, and, where something is odd, what the client gets.

use std::sync::Arc;

use crate::findings::{assumed_listeners, engine_assumption, listener_problem, not_attached};
use crate::phrases;
use crate::rows::{drop_reason, respond_detail};
use crate::style::{Line, Role};
use routescope_core::model::{
    Listener, Name, ObjectKey, ParentRef, PathKind, PathModifier, Protocol, Route, RouteMatch, StreamRoute, ValueKind,
    ValueMatch,
};
use routescope_core::resolve::{
    Action, Child, ChildState, Destination, ExternalName, Forward, ListenerState, MatchState, RespondReason, RuleNode,
    RuleNodeId, is_starved,
};

use routescope_core::router::Request;
use routescope_core::store::Snapshot;

use super::{NodeRef, Outline, written_listener};

/// How many hosts are named on one line.
const HOSTS_NAMED: usize = 4;

/// Whether a node does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// It does.
    Fine,
    /// It does, as far as can be seen; something is odd or not in view.
    Odd,
    /// It takes no part in routing: dropped, not selected, not attached.
    Out,
    /// A client that comes here gets an error.
    Broken,
}

/// What a node says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it is.
    pub main: Line,
    /// What is odd about it, led by a glyph; empty when nothing is.
    pub note: Line,
    /// Whether it does its work.
    pub health: Health,
}

impl Label {
    fn fine(main: Line) -> Self {
        Self { main, note: Line::new(), health: Health::Fine }
    }

    fn odd(main: Line, note: impl Into<String>) -> Self {
        Self { main, note: Line::of(Role::Warning, format!("⚠ {}", note.into())), health: Health::Odd }
    }

    fn out(main: Line, note: impl Into<String>) -> Self {
        Self { main, note: Line::of(Role::Error, format!("✗ {}", note.into())), health: Health::Out }
    }

    fn broken(main: Line, note: impl Into<String>) -> Self {
        Self { main, note: Line::of(Role::Error, format!("✗ {}", note.into())), health: Health::Broken }
    }

    /// Both parts on one line.
    pub fn line(self) -> Line {
        let mut line = self.main;
        if !self.note.is_empty() {
            line.push(Role::Text, "   ");
            line.extend(self.note);
        }
        line
    }
}

impl Outline {
    /// What `node` says.
    pub fn label(&self, node: NodeRef) -> Label {
        match node {
            NodeRef::Gateway(gateway) => self.gateway_label(gateway),
            NodeRef::Hosts(hosts) => self.hosts_label(hosts),
            NodeRef::Route(slot) => self.route_label(slot),
            NodeRef::Match(slot, hop) => self.match_label(slot, hop),
            NodeRef::Link(_, link) => {
                let link = self.link(link);
                let mut main = Line::of(Role::Guide, "⇢ ");
                if link.share < 1.0 {
                    main.push(Role::Text, format!("{} ", phrases::share(link.share)));
                }
                main.extend(phrases::via(&link.via, self.settings()));
                main.extend(phrases::unlisted(link).map(|count| Line::of(Role::Dim, count)).unwrap_or_default());
                if let Some(cut) = link.cut {
                    return Label::odd(main, phrases::cut(cut));
                }
                if link.broken.is_none() {
                    return Label::fine(main);
                }
                if self.tree().walks(link) {
                    let status = phrases::broken_status(link);
                    return Label::broken(main, format!("{status}: {}", phrases::broken_link(link)));
                }
                Label::broken(main, broken_ref(self.hop(link.hop), phrases::broken_link(link)))
            }
            NodeRef::Child(_, child) => self.child_label(self.child(child)),
            NodeRef::Backend(_, hop, at) => self.backend_label(self.hop(hop), at),
            NodeRef::Loose => Label::fine(Line::of(Role::Heading, "Not attached")),
            NodeRef::Stream(hosts, at) => self.stream_label(hosts, at),
            NodeRef::UnattachedStream(at) => {
                let one = &self.tree().unattached_streams[at as usize];
                Label::out(stream_name(&one.route), format!("{}: {}", one.why.reason(), not_attached(&one.why)))
            }
            NodeRef::Unattached(at) => {
                let unattached = &self.tree().unattached[at as usize];
                let route = self.analysis.snapshot.route(unattached.route);
                let mut main = phrases::route(route);
                if let Some(parent) = route.parent_refs.get(unattached.parent_ref as usize) {
                    main.push(Role::Dim, " to ");
                    main.extend(parent_name(parent, route));
                }
                Label::out(main, format!("{}: {}", unattached.why.reason(), not_attached(&unattached.why)))
            }
            NodeRef::Orphan(at) => {
                let route = self.analysis.snapshot.route(self.tree().orphans[at as usize]);
                let why = if route.parent_refs.is_empty() {
                    "no parentRefs, and no route delegates to it"
                } else if route.parent_refs.iter().any(ParentRef::is_of_mesh) {
                    "a mesh route (its parent is a Service): not followed"
                } else {
                    "none of its parents is in view"
                };
                Label::out(phrases::route(route), why)
            }
        }
    }

    fn settings(&self) -> &routescope_core::resolve::Settings {
        &self.analysis.settings
    }

    fn gateway_label(&self, gateway: u32) -> Label {
        let node = self.gateway(gateway);
        let meta = &node.gateway.meta;
        let main = Line::of(Role::Dim, "Gateway ")
            .with(Role::Namespace, format!("{}/", meta.namespace))
            .with(Role::Gateway, meta.name.to_string())
            .with(Role::Dim, format!(" · {}", node.dialect.engine.name()));
        if node.assumed {
            return Label::odd(
                main,
                format!("assumed: not in view, so {}", assumed_listeners(&node.gateway.listeners)),
            );
        }
        if let Some(doubt) = &node.engine_assumption {
            return Label {
                main,
                note: Line::of(Role::Dim, format!("? {}", engine_assumption(doubt))),
                health: Health::Odd,
            };
        }
        Label::fine(main)
    }

    fn hosts_label(&self, hosts: u32) -> Label {
        let (gateway, at) = self.listener_of(hosts);
        let listener = written_listener(gateway, at);
        let protocol = listener.protocol.name().to_lowercase();
        let mut main = Line::of(Role::Listener, format!(":{} {protocol}", listener.port));
        let name = super::listener_name(gateway, at);
        if name != protocol {
            main.push(Role::Dim, format!(" {name}"));
        }
        main.push(Role::Text, "  ");
        let group = self.hosts(hosts);
        let written;
        let hostnames = if group.hostnames.is_empty() {
            written = [listener.hostname.clone().unwrap_or(Name::new_static("*"))];
            &written[..]
        } else {
            &group.hostnames[..]
        };
        main.extend(host_list(hostnames));
        match &at.state {
            ListenerState::Rejected { .. } if at.is_left_to(gateway.dialect) => {
                let note = format!("? protocol {} is not followed", listener.protocol.name());
                Label { main, note: Line::of(Role::Dim, note), health: Health::Odd }
            }
            ListenerState::Rejected { reason, why } => {
                Label::broken(main, format!("not served, {reason}: {}", listener_problem(why)))
            }
            ListenerState::Served if matches!(listener.protocol, Protocol::Tls | Protocol::Tcp) => {
                if gateway.serves_streams(at.port(&gateway.gateway)) {
                    return Label::fine(main);
                }
                Label { main, note: Line::of(Role::Dim, "no route with backends: closed"), health: Health::Fine }
            }
            ListenerState::Served if group.slots.is_empty() => {
                let note = Line::of(Role::Dim, "no routes: 404");
                Label { main, note, health: Health::Fine }
            }
            ListenerState::Served if group.hostnames.is_empty() => {
                Label::out(main, "isolated: a more specific listener of this port claims every hostname")
            }
            ListenerState::Served => Label::fine(main),
        }
    }

    fn stream_label(&self, hosts: u32, at: u32) -> Label {
        let (gateway, listener) = self.listener_of(hosts);
        let Some(stream) = listener.streams.all().get(at as usize) else { return Label::fine(Line::new()) };
        let mut main = stream_name(&stream.route);
        if !stream.names.is_empty() {
            main.push(Role::Text, "  ");
            main.extend(host_list(&stream.names));
        }
        let written = written_listener(gateway, listener);
        let serving = listener.streams.serving(&written.protocol);
        if !serving.iter().any(|one| std::ptr::eq(*one, stream)) {
            let why = match &stream.route.rules[..] {
                [rule] if !rule.backend_refs.is_empty() => "an older TCPRoute takes every connection",
                [_] => "no backendRefs",
                _ => "a route of one rule is served, and no other",
            };
            return Label::out(main, why);
        }
        main.push(Role::Guide, " → ");
        let namespace = &stream.route.meta.namespace;
        let [only] = &stream.destinations[..] else {
            for (place, destination) in stream.destinations.iter().enumerate() {
                main.push(Role::Text, if place > 0 { ", " } else { "" });
                main.push(Role::Text, format!("{} ", phrases::share(destination.share)));
                main.extend(phrases::destination(destination, namespace));
            }
            return match stream.destinations.iter().find(|one| one.state.is_broken()) {
                Some(broken) => Label::broken(main, phrases::destination_trouble(broken).unwrap_or_default()),
                None => Label::fine(main),
            };
        };
        main.extend(phrases::destination(only, namespace));
        match phrases::destination_trouble(only) {
            Some(why) if only.state.is_broken() => Label::broken(main, format!("closed: {why}")),
            Some(_) => Label { main, note: Line::of(Role::Dim, phrases::unverified(only)), health: Health::Odd },
            None => Label::fine(main),
        }
    }

    fn route_label(&self, slot: u32) -> Label {
        let attached = self.attached(slot);
        let route = self.analysis.snapshot.route(self.root(slot).route);
        let main = phrases::route(route);
        if attached.isolated.is_empty() {
            return Label::fine(main);
        }
        let note = format!("isolated: {} belongs to a more specific listener", attached.isolated.join(", "));
        if attached.hostnames.is_empty() { Label::out(main, note) } else { Label::odd(main, note) }
    }

    fn child_label(&self, child: &Child) -> Label {
        let main = phrases::route(self.analysis.snapshot.route(child.route));
        match (child.state, phrases::child_trouble(child.state)) {
            (ChildState::Cycle, Some(why)) => {
                Label { main, note: Line::of(Role::Error, format!("↺ {why}")), health: Health::Broken }
            }
            (_, Some(why)) => Label::out(main, why),
            (_, None) if child.unlisted > 0 => {
                let count = match child.unlisted {
                    1 => "1 more match is".to_owned(),
                    count => format!("{count} more matches are"),
                };
                Label { main, note: Line::of(Role::Dim, format!("{count} dropped")), health: Health::Fine }
            }
            (_, None) => Label::fine(main),
        }
    }

    fn match_label(&self, slot: u32, id: RuleNodeId) -> Label {
        let hop = self.hop(id);
        let route = self.analysis.snapshot.route(hop.route);
        let mut main = match hop.match_index {
            Some(_) => phrases::matcher(&hop.matcher),
            None => phrases::matcher(&hop.matcher).with(Role::Dim, " (matches: [])"),
        };
        match self.only_link(hop) {
            Some(link) => {
                main.push(Role::Guide, " ⇢ ");
                main.extend(phrases::via(&self.link(link).via, self.settings()));
                let unlisted = phrases::unlisted(self.link(link)).map(|count| Line::of(Role::Dim, count));
                main.extend(unlisted.unwrap_or_default());
            }
            None if hop.links.is_empty() => {}
            // One of them, or of the backends beside them.
            None if matches!(hop.state, MatchState::WeightedDelegation(_)) => main.push(Role::Guide, " ⇢ by weight"),
            None => main.push(Role::Guide, format!(" ⇢ {}", phrases::count(hop.links.len(), "ref"))),
        }
        if let Some(cut) = self.only_link(hop).and_then(|link| self.link(link).cut) {
            return Label::odd(main, phrases::cut(cut));
        }
        match &hop.state {
            MatchState::Dropped(reason) => {
                let instead = self.instead(slot, hop).map(|instead| format!(" ({instead})")).unwrap_or_default();
                Label::out(main, format!("dropped: {}{instead}", drop_reason(reason)))
            }
            MatchState::Row(action) => row_label(&self.analysis.snapshot, main, action, route),
            MatchState::WeightedDelegation(_) => match self.only_link(hop).map(|link| self.link(link)) {
                Some(link) if link.broken.is_some() => {
                    Label::broken(main, format!("{}: {}", phrases::broken_status(link), phrases::broken_link(link)))
                }
                _ => Label::fine(main),
            },
            MatchState::Delegates => {
                if let Some(link) = self.only_link(hop).map(|link| self.link(link))
                    && link.broken.is_some()
                {
                    return Label::broken(main, format!("404: {}", phrases::broken_link(link)));
                }
                let refs = route.rules.get(hop.rule as usize).map_or(0, |rule| rule.backend_refs.len());
                match refs.saturating_sub(hop.links.len()) {
                    0 => Label::fine(main),
                    ignored => Label::odd(
                        main,
                        format!("{} beside the delegation get no traffic", phrases::count(ignored, "backend ref")),
                    ),
                }
            }
        }
    }

    /// What the client gets who asks for what a dropped match would have taken; `None` where no such request can be
    /// made up (a regular expression).
    fn instead(&self, slot: u32, hop: &RuleNode) -> Option<String> {
        let hosts = self.slots[slot as usize].hosts;
        let (gateway, at) = self.listener_of(hosts);
        let listener = written_listener(gateway, at);
        let request = specimen(&hop.matcher, listener, self.hosts(hosts).hostnames.first()?)?;
        let decisions = self.analysis.decide(&request, Some(&gateway.gateway.meta.key()));
        let decision = decisions.first()?;
        let Some(taker) = decision.row().map(|hop| self.hop(hop)) else {
            return Some(format!("the client gets a {}", decision.status().unwrap_or(404)));
        };
        let route = self.analysis.snapshot.route(taker.route);
        Some(format!("{} rule {} answers instead", route.meta.key(), taker.rule + 1))
    }

    fn backend_label(&self, hop: &RuleNode, at: u32) -> Label {
        let route = self.analysis.snapshot.route(hop.route);
        let Some(Action::Forward(forward)) = hop.own_action().map(Arc::as_ref) else { return Label::fine(Line::new()) };
        let Some(destination) = forward.destinations.get(at as usize) else { return Label::fine(Line::new()) };
        let main = Line::of(Role::Text, format!("{:>4} ", phrases::share(destination.share)))
            .with(Role::Guide, "→ ")
            .with_line(phrases::destination(destination, &route.meta.namespace));
        destination_label(&self.analysis.snapshot, main, destination)
    }
}

fn stream_name(route: &StreamRoute) -> Line {
    Line::of(Role::Dim, format!("{} ", route.kind.name()))
        .with(Role::Route, route.meta.name.to_string())
        .with(Role::Text, " ")
        .with(Role::Namespace, format!("({})", route.meta.namespace))
}

/// What a broken ref does to the client: a dialect that replaces it answers 500, the others emit nothing.
fn broken_ref(hop: &RuleNode, why: &str) -> String {
    match hop.action().map(Arc::as_ref) {
        Some(Action::Respond(respond)) => format!("{}: {why}", respond.status),
        _ => format!("404: {why}"),
    }
}

/// A request that a match takes, on a host and a listener that serve it.
fn specimen(matcher: &RouteMatch, listener: &Listener, host: &str) -> Option<Request> {
    let exact = |test: &ValueMatch| match test.kind {
        ValueKind::Exact if test.value.is_empty() => Some((test.name.to_string(), "x".to_owned())),
        ValueKind::Exact => Some((test.name.to_string(), test.value.to_string())),
        ValueKind::RegularExpression => None,
    };
    if matcher.path.kind == PathKind::RegularExpression {
        return None;
    }
    let host = match host.strip_prefix('*') {
        Some("") => "host.example".to_owned(),
        Some(rest) => format!("host{rest}"),
        None => host.to_owned(),
    };
    let scheme = if listener.protocol == Protocol::Https { "https" } else { "http" };
    let mut request = Request::parse(&format!("{scheme}://{host}:{}", listener.port)).ok()?;
    request.path = matcher.path.value.to_string();
    if let Some(method) = &matcher.method {
        request = request.with_method(method).ok()?;
    }
    request.headers = matcher.headers.iter().map(exact).collect::<Option<_>>()?;
    let query: Vec<_> = matcher.query_params.iter().map(exact).collect::<Option<_>>()?;
    let query: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    request.query = (!query.is_empty()).then(|| query.join("&"));
    Some(request)
}

/// What a row does: forward, redirect or answer.
fn row_label(snapshot: &Snapshot, mut main: Line, action: &Action, route: &Route) -> Label {
    match action {
        Action::Forward(forward) => {
            main.push(Role::Guide, " → ");
            match &forward.destinations[..] {
                [only] => {
                    main.extend(phrases::destination(only, &route.meta.namespace));
                    main.extend(extras(forward));
                    destination_label(snapshot, main, only)
                }
                several => {
                    main.push(Role::Text, phrases::count(several.len(), "backend"));
                    main.extend(extras(forward));
                    let part = |fails: &dyn Fn(&Destination) -> bool| -> f64 {
                        several.iter().filter(|to| fails(to)).map(|to| to.share).sum()
                    };
                    let broken = (500, part(&|to| to.state.is_broken()));
                    let starved = (503, part(&|to| is_starved(snapshot, to)));
                    let failing: Vec<String> = [broken, starved]
                        .into_iter()
                        .filter(|(_, share)| *share > 0.0)
                        .map(|(status, share)| format!("{status} for {} of the requests", phrases::share(share)))
                        .collect();
                    if failing.is_empty() { Label::fine(main) } else { Label::broken(main, failing.join(", ")) }
                }
            }
        }
        Action::Redirect(redirect) => {
            main.push(Role::Guide, " ↪ ");
            main.push(Role::Answer, phrases::redirect(redirect));
            Label::fine(main)
        }
        Action::Respond(respond) if respond.reason == RespondReason::DirectResponse => {
            main.push(Role::Guide, " ↪ ");
            main.push(Role::Answer, format!("answers {}", respond.status));
            Label::fine(main)
        }
        Action::Respond(respond) if respond.reason == RespondReason::FilterDecides => {
            Label::odd(main, respond_detail(&respond.detail))
        }
        Action::Respond(respond) => {
            Label::broken(main, format!("{}: {}", respond.status, respond_detail(&respond.detail)))
        }
    }
}

fn destination_label(snapshot: &Snapshot, main: Line, destination: &Destination) -> Label {
    if is_starved(snapshot, destination) {
        return Label::broken(main, "503: no ready endpoints");
    }
    match phrases::destination_trouble(destination) {
        None if names_a_host(snapshot, destination) => Label::odd(main, "the gateway does not follow an ExternalName"),
        None => Label::fine(main),
        Some(_) if destination.state.is_unverified() => {
            Label { main, note: Line::of(Role::Dim, phrases::unverified(destination)), health: Health::Odd }
        }
        Some(why) => Label::broken(main, format!("{}: {why}", destination.state.status())),
    }
}

/// Whether it is a Service that names a host without effect, and no slice in view stands for it.
fn names_a_host(snapshot: &Snapshot, destination: &Destination) -> bool {
    let Destination { namespace, name, external_name, .. } = destination;
    let key = || ObjectKey::new(namespace.clone(), name.clone());
    *external_name == ExternalName::NotFollowed && snapshot.slices_of(&key()).is_empty()
}

/// Rewrites and mirrors, behind the backend.
fn extras(forward: &Forward) -> Line {
    let mut line = Line::new();
    if let Some(host) = &forward.rewrite.host {
        line.push(Role::Dim, " · host becomes ");
        line.push(Role::Host, host.to_string());
    }
    match &forward.rewrite.path {
        None => {}
        Some(PathModifier::Full(path)) => {
            line.push(Role::Dim, " · path becomes ");
            line.push(Role::Path, path.to_string());
        }
        Some(PathModifier::Prefix(prefix)) => {
            line.push(Role::Dim, " · prefix becomes ");
            line.push(Role::Path, if prefix.is_empty() { "(empty)".to_owned() } else { prefix.to_string() });
        }
    }
    for mirror in &forward.mirrors {
        line.push(Role::Dim, " · copied to ");
        line.push(Role::Backend, phrases::destination_name(&mirror.destination));
    }
    line
}

/// The first few hosts by name, the rest by number.
fn host_list(hostnames: &[Name]) -> Line {
    let mut line = Line::new();
    for (at, host) in hostnames.iter().take(HOSTS_NAMED).enumerate() {
        if at > 0 {
            line.push(Role::Dim, ", ");
        }
        line.push(Role::Host, if host == "*" { "any host".to_owned() } else { host.to_string() });
    }
    if hostnames.len() > HOSTS_NAMED {
        line.push(Role::Dim, format!(" and {} more", hostnames.len() - HOSTS_NAMED));
    }
    line
}

fn parent_name(parent: &ParentRef, route: &Route) -> Line {
    let namespace = parent.namespace.as_ref().unwrap_or(&route.meta.namespace);
    let mut line = Line::of(Role::Dim, format!("{} ", parent.kind))
        .with(Role::Namespace, format!("{namespace}/"))
        .with(Role::Gateway, parent.name.to_string());
    if let Some(section) = &parent.section_name {
        line.push(Role::Dim, " listener ");
        line.push(Role::Listener, section.to_string());
    }
    if let Some(port) = parent.port {
        line.push(Role::Dim, " port ");
        line.push(Role::Listener, port.to_string());
    }
    line
}
