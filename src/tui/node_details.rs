//! What there is to say about a node, one named line each: for the detail pane.

use std::sync::Arc;

use super::context_pane::PaneContent;
use super::state::State;
use super::words::{rule_name, verdict};
use super::{endpoint_details, fault, overlay, recorded_status};
use routescope_core::model::{Filter, PathModifier, Protocol, Route, RouteMatch, Source};
use routescope_core::resolve::{
    Action, Attached, Destination, Engine, Forward, ListenerState, MatchState, RespondReason, RuleNode, RuleNodeId,
};
use routescope_core::router::{Decision, Outcome, Verdict};
use routescope_render::outline::{NodeRef, Outline, written_listener};
use routescope_render::reasons;
use routescope_render::rows::{drop_reason, respond_detail};
use routescope_render::style::{Line, Role};
use routescope_render::uncertainty::uncertainty;
use routescope_render::{phrases, policies};

/// A named line; lines that follow each other under the same name are shown under it once.
pub type Fact = (&'static str, Line);

/// The title of the detail pane.
pub fn title(outline: &Outline, node: NodeRef) -> String {
    match node {
        NodeRef::Gateway(gateway) => format!("Gateway {}", outline.gateway(gateway).gateway.meta.key()),
        NodeRef::Hosts(hosts) => {
            let (gateway, listener) = outline.listener_of(hosts);
            format!("listener {}", written_listener(gateway, listener).name)
        }
        NodeRef::Loose => "not attached".to_owned(),
        NodeRef::Stream(..) | NodeRef::UnattachedStream(_) => outline
            .stream_of(node)
            .map_or_else(String::new, |(route, _)| format!("{} {}", route.kind.name(), route.meta.key())),
        NodeRef::Match(_, hop) | NodeRef::Backend(_, hop, _) => match outline.route_of(node) {
            Some(route) => format!("{} · rule {}", route.meta.key(), rule_name(route, outline.hop(hop).rule)),
            None => "rule".to_owned(),
        },
        _ => outline
            .route_of(node)
            .map_or_else(String::new, |route| format!("{} {}", route.kind.name(), route.meta.key())),
    }
}

/// The source and the lines (from 1, both inclusive) that a node is written in.
pub fn lines_of(outline: &Outline, node: NodeRef) -> Option<(Arc<Source>, u32, u32)> {
    let place = outline.place(node)?;
    let (first, last) = match node {
        NodeRef::Gateway(gateway) => {
            let origin = &outline.gateway(gateway).gateway.meta.origin;
            (origin.at.line, origin.end_line)
        }
        NodeRef::Hosts(hosts) => {
            let (gateway, listener) = outline.listener_of(hosts);
            let origin = listener.set.as_ref().map_or(&gateway.gateway.meta.origin, |set| &set.meta.origin);
            (place.at.line, origin.end_line)
        }
        NodeRef::Match(_, hop) | NodeRef::Backend(_, hop, _) => {
            rule_lines(outline.route_of(node)?, outline.hop(hop).rule)
        }
        NodeRef::Link(_, link) => {
            let hop = outline.link(link).hop;
            rule_lines(outline.route_of(node)?, outline.hop(hop).rule)
        }
        NodeRef::Stream(..) | NodeRef::UnattachedStream(_) => {
            let origin = &outline.stream_of(node)?.0.meta.origin;
            (origin.at.line, origin.end_line)
        }
        _ => {
            let origin = &outline.route_of(node)?.meta.origin;
            (origin.at.line, origin.end_line)
        }
    };
    (first > 0 && !place.source.text.is_empty()).then_some((place.source, first, last.max(first)))
}

fn rule_lines(route: &Route, rule: u32) -> (u32, u32) {
    let rule = rule as usize;
    let origin = &route.meta.origin;
    let first = route.rules.get(rule).map_or(origin.at.line, |rule| rule.at.line);
    let next = route.rules.get(rule + 1).map(|next| next.at.line.saturating_sub(1));
    (first, next.filter(|line| *line >= first).unwrap_or(origin.end_line))
}

/// What is known of a node.
pub fn of(world: &PaneContent, node: NodeRef) -> Vec<Fact> {
    let outline = &world.outline;
    let mut facts = Vec::new();
    let trouble = outline.label(node).note;
    match node {
        NodeRef::Gateway(at) => gateway(world, at, &mut facts),
        NodeRef::Hosts(at) => hosts(outline, at, &mut facts),
        NodeRef::Route(slot) => {
            if let Some(route) = outline.route_of(node) {
                attachment(outline.attached(slot), route, &mut facts);
                self::route(route, &mut facts);
            }
        }
        NodeRef::Match(_, hop) => {
            self::hop(world, hop, &mut facts);
            // A rule that delegates does nothing by itself.
            if outline.hop(hop).action().is_some() {
                facts.extend(policies(world, node, hop));
            }
        }
        NodeRef::Link(_, id) => {
            let link = outline.link(id);
            facts.push(("selects", phrases::via(&link.via, &world.analysis.settings)));
            facts.push(("found", Line::of(Role::Text, phrases::count(link.selected(), "route"))));
        }
        NodeRef::Child(_, child) => {
            let link = outline.link(outline.child(child).link);
            facts.push(("via", phrases::via(&link.via, &world.analysis.settings)));
            if let Some(route) = outline.route_of(node) {
                self::route(route, &mut facts);
            }
        }
        NodeRef::Backend(_, hop, at) => {
            if let Some(Action::Forward(forward)) = outline.hop(hop).own_action().map(Arc::as_ref)
                && let Some(destination) = forward.destinations.get(at as usize)
            {
                backend(world, destination, forward.destinations.len(), &mut facts);
            }
        }
        NodeRef::Stream(..) | NodeRef::UnattachedStream(_) => {
            if let Some((route, _)) = outline.stream_of(node) {
                let text = "connections, not requests: no HTTPRoute sees what it takes";
                facts.push(("takes", Line::of(Role::Text, text)));
                if !route.hostnames.is_empty() {
                    facts.push(("hosts", Line::of(Role::Host, route.hostnames.join(", "))));
                }
            }
        }
        NodeRef::Loose => {
            let text = "routes that serve nothing: their parent is missing, or does not admit them";
            facts.push(("", Line::of(Role::Text, text)));
        }
        NodeRef::Unattached(_) | NodeRef::Orphan(_) => {
            if let Some(route) = outline.route_of(node) {
                self::route(route, &mut facts);
            }
        }
    }
    facts.splice(0..0, overlay::facts(outline, node).into_iter().map(|line| ("files", line)));
    if !trouble.is_empty() {
        facts.insert(0, ("client", trouble));
        fault::say_once(&mut facts);
    }
    facts
}

/// What the answer in the URL bar says about the node.
pub fn asked(state: &State, node: NodeRef, facts: &mut Vec<Fact>) {
    let Some(decision) = state.side().answer.decision() else { return };
    let on_path = state.side().highlighted.contains(&node);
    let line = if on_path && state.side().highlighted.last() == Some(&node) {
        match &decision.outcome {
            Outcome::NotFound { .. } if !state.side().answer.is_settled() => {
                Line::of(Role::Dim, "… ").with(Role::Text, "the URL is not typed to its end")
            }
            Outcome::NotFound { .. } => {
                Line::of(Role::Error, "✗ ").with(Role::Text, "the request stops here: no rule matches")
            }
            _ => Line::of(Role::Ok, "● ").with(Role::Text, "this rule decides"),
        }
    } else if on_path {
        Line::of(Role::Ok, "┃ ").with(Role::Text, "on the path of the answer")
    } else {
        let Some(line) = why_not(state, decision, node) else { return };
        line
    };
    facts.insert(0, ("result", line));
}

/// Why a match did not win.
fn why_not(state: &State, decision: &Decision, node: NodeRef) -> Option<Line> {
    let (world, request) = (state.side().world.as_ref()?, state.side().answer.request()?);
    let NodeRef::Match(_, hop) = node else { return None };
    let outline = &world.outline;
    let missed = |why: String| Some(Line::of(Role::Dim, "○ missed: ").with(Role::Text, why));
    let table = world.analysis.table.gateways.get(decision.gateway as usize)?;
    let ancestry = outline.ancestry(node);
    if ancestry.first().is_some_and(|top| *top != NodeRef::Gateway(table.node)) {
        return missed(format!("belongs to another Gateway, not {}", table.gateway));
    }
    let host = decision.virtual_host.and_then(|at| table.virtual_hosts.get(at as usize));
    if let (Some(host), Some(NodeRef::Hosts(hosts))) = (host, ancestry.get(1))
        && !outline.hosts(*hosts).hostnames.contains(&host.hostname)
    {
        return missed(format!("the request belongs to the host {}", host.hostname));
    }
    if matches!(outline.hop(hop).state, MatchState::Delegates | MatchState::WeightedDelegation(_)) {
        return missed("delegates: the routes below answer".to_owned());
    }
    let found = world.analysis.explain_hop(request, decision, hop);
    let (glyph, name, _) = verdict(found.verdict);
    let role = if found.verdict == Verdict::Lost { Role::Warning } else { Role::Dim };
    Some(Line::of(role, format!("{glyph} {name}: ")).with(Role::Text, reasons::reason(&world.analysis, &found)))
}

fn gateway(world: &PaneContent, at: u32, facts: &mut Vec<Fact>) {
    let node = world.outline.gateway(at);
    facts.push(("class", Line::of(Role::Text, node.gateway.class.to_string())));
    let engine = Line::of(Role::Text, node.dialect.engine.name()).with(Role::Dim, format!(" by {}", node.engine_from));
    facts.push(("engine", engine));
    if !node.gateway.addresses.is_empty() {
        facts.push(("address", Line::of(Role::Host, node.gateway.addresses.join(", "))));
    }
    for listener in &node.listeners {
        let written = written_listener(node, listener);
        let mut line = Line::of(Role::Listener, format!(":{} {} ", written.port, written.protocol.name()));
        line.push(Role::Host, written.hostname.clone().unwrap_or_else(|| "any host".into()).to_string());
        line.push(Role::Dim, format!(" · {} · {}", written.name, phrases::count(listener.attached.len(), "route")));
        if let ListenerState::Rejected { reason, .. } = &listener.state {
            line.push(Role::Error, format!(" ✗ {reason}"));
        }
        facts.push(("listeners", line));
    }
    if let Some(table) = world.analysis.table.gateways.iter().find(|table| table.node == at) {
        let rows: usize = table.virtual_hosts.iter().map(|host| host.rows.len()).sum();
        let text = format!(
            "{} with {}",
            phrases::count(table.virtual_hosts.len(), "virtual host"),
            phrases::count(rows, "row")
        );
        facts.push(("table", Line::of(Role::Text, text)));
        for rejection in table.virtual_hosts.iter().flat_map(|host| &host.rejections).take(5) {
            facts.push(("refused", Line::of(Role::Error, "✗ ").with(Role::Text, rejection.problem.to_string())));
        }
    }
    recorded_status::gateway(&node.gateway.status, facts);
}

fn hosts(outline: &Outline, at: u32, facts: &mut Vec<Fact>) {
    let (gateway, listener) = outline.listener_of(at);
    let written = written_listener(gateway, listener);
    let of = match &listener.set {
        Some(set) => format!("ListenerSet {}", set.meta.key()),
        None => format!("Gateway {}", gateway.gateway.meta.key()),
    };
    facts.push(("listener", Line::of(Role::Listener, written.name.to_string()).with(Role::Dim, format!(" of {of}"))));
    let port = format!(":{} {}", written.port, written.protocol.name());
    facts.push(("port", Line::of(Role::Listener, port)));
    let host = written.hostname.as_deref().unwrap_or("any").to_owned();
    facts.push(("hostname", Line::of(Role::Host, host)));
    let hosts = outline.hosts(at);
    for host in hosts.hostnames.iter().take(30) {
        facts
            .push(("serves", Line::of(Role::Host, if host == "*" { "any host".to_owned() } else { host.to_string() })));
    }
    let from = match &written.allowed_routes.namespaces {
        routescope_core::model::From::All => "all namespaces",
        routescope_core::model::From::Same => "the Gateway's own namespace",
        routescope_core::model::From::Selector(_) => "namespaces by label",
        routescope_core::model::From::None => "no namespace",
    };
    facts.push(("admits", Line::of(Role::Text, format!("routes of {from}"))));
    if let Some(tls) = &written.tls {
        let certificates: Vec<&str> = tls.certificates.iter().map(|one| one.name.as_str()).collect();
        facts.push((
            "tls",
            Line::of(Role::Text, format!("{:?}", tls.mode)).with(Role::Dim, format!(" {}", certificates.join(", "))),
        ));
    }
    // What is recorded of a ListenerSet's listeners stands in its own status, which is not read.
    if listener.set.is_none() {
        recorded_status::listener(&gateway.gateway.status, &written.name, facts);
    }
}

fn attachment(attached: &Attached, route: &Route, facts: &mut Vec<Fact>) {
    if let Some(parent) = route.parent_refs.get(attached.parent_ref as usize) {
        let mut line = Line::of(Role::Dim, format!("{} ", parent.kind)).with(Role::Gateway, parent.name.to_string());
        if let Some(section) = &parent.section_name {
            line.push(Role::Dim, " listener ");
            line.push(Role::Listener, section.to_string());
        }
        facts.push(("attached", line));
    }
    for host in attached.hostnames.iter().take(30) {
        facts
            .push(("serves", Line::of(Role::Host, if host == "*" { "any host".to_owned() } else { host.to_string() })));
    }
    for host in &attached.isolated {
        let line = Line::of(Role::Warning, "⚠ ").with(Role::Host, host.to_string());
        facts.push(("isolated", line.with(Role::Dim, " belongs to a more specific listener")));
    }
}

fn route(route: &Route, facts: &mut Vec<Fact>) {
    if !route.hostnames.is_empty() {
        facts.push(("hostnames", Line::of(Role::Host, route.hostnames.join(", "))));
    }
    for (key, value) in &route.meta.labels {
        facts.push(("labels", Line::of(Role::Dim, format!("{key}=")).with(Role::Label, value.to_string())));
    }
    for parent in &route.parent_refs {
        let namespace = parent.namespace.as_ref().unwrap_or(&route.meta.namespace);
        let line =
            Line::of(Role::Dim, format!("{} ", parent.kind)).with(Role::Route, format!("{namespace}/{}", parent.name));
        facts.push(("parents", line));
    }
    let ours = |key: &str| key.contains("kgateway.dev") || key.contains("solo.io");
    for (key, value) in route.meta.annotations.iter().filter(|(key, _)| ours(key)) {
        facts.push(("annotated", Line::of(Role::Dim, format!("{key}=")).with(Role::Text, value.to_string())));
    }
    facts.push(("rules", Line::of(Role::Text, phrases::count(route.rules.len(), "rule"))));
    recorded_status::route(route, facts);
}

fn full_match(matcher: &RouteMatch) -> Line {
    let mut line = phrases::path_test(matcher);
    if let Some(method) = &matcher.method {
        line.push(Role::Dim, " · ");
        line.push(Role::Matcher, method.to_string());
    }
    line.extend(phrases::conditions(matcher));
    line
}

fn hop(world: &PaneContent, id: RuleNodeId, facts: &mut Vec<Fact>) {
    let outline = &world.outline;
    let hop = outline.hop(id);
    let route = world.analysis.snapshot.route(hop.route);
    let rule = route.rules.get(hop.rule as usize);
    let written = hop.match_index.and_then(|at| rule?.matches.get(at as usize));
    match written {
        Some(written) => {
            let mut line = full_match(written);
            if let Some(grpc) = &written.grpc {
                let part = |name: &Option<routescope_core::model::Name>| name.as_deref().unwrap_or("any").to_owned();
                line.push(Role::Dim, format!(" · gRPC {}/{}", part(&grpc.service), part(&grpc.method)));
            }
            facts.push(("match", line));
        }
        None => facts.push(("match", Line::of(Role::Warning, "matches: [] matches nothing by itself"))),
    }
    let same = written.is_some_and(|written| {
        (&written.path, &written.method, &written.headers, &written.query_params)
            == (&hop.matcher.path, &hop.matcher.method, &hop.matcher.headers, &hop.matcher.query_params)
    });
    if !same {
        facts.push(("effective", full_match(&hop.matcher).with(Role::Dim, " · merged with the parent's")));
    }
    if let Some(link) = world.analysis.tree.link_above(id) {
        let above = outline.hop(link.hop);
        let parent = world.analysis.snapshot.route(above.route);
        let mut line = full_match(&above.matcher);
        line.push(Role::Dim, format!(" · rule {} of ", rule_name(parent, above.rule)));
        line.push(Role::Route, parent.meta.key().to_string());
        facts.push(("under", line));
        facts.push(("via", phrases::via(&link.via, &world.analysis.settings)));
    }
    for at in hop.links.clone() {
        let link = outline.link(routescope_core::resolve::LinkId(at));
        let mut told = phrases::via(&link.via, &world.analysis.settings);
        match &link.broken {
            Some(_) => {
                told.push(Role::Error, " ✗ ");
                told.push(Role::Text, phrases::broken_link(link));
            }
            None => told.push(Role::Dim, format!(" · {}", phrases::count(link.selected(), "route"))),
        }
        facts.push(("delegates", told));
    }
    match &hop.state {
        MatchState::Row(action) => self::action(world, hop, action, facts),
        MatchState::Delegates | MatchState::WeightedDelegation(None) => {}
        MatchState::WeightedDelegation(Some(own)) => self::action(world, hop, &own.action, facts),
        MatchState::Dropped(reason) => {
            facts.push(("dropped", Line::of(Role::Error, "✗ ").with(Role::Text, drop_reason(reason))));
        }
    }
    if let Some(rule) = rule {
        for filter in &rule.filters {
            facts.push(("filters", self::filter(filter)));
        }
    }
    for why in &hop.unverified {
        facts.push(("not sure", Line::of(Role::Warning, "? ").with(Role::Text, uncertainty(why))));
    }
    recorded_status::route(route, facts);
}

/// The policies that reach a match at this place, and the timeouts that come of them.
fn policies(world: &PaneContent, node: NodeRef, hop: RuleNodeId) -> Vec<Fact> {
    let outline = &world.outline;
    let ancestry = outline.ancestry(node);
    let Some(NodeRef::Hosts(hosts)) = ancestry.get(1) else { return Vec::new() };
    let (gateway, listener) = outline.listener_of(*hosts);
    let host = outline.hosts(*hosts).hostnames.first();
    let owner = match (host, &written_listener(gateway, listener).protocol) {
        (Some(host), Protocol::Http) => gateway.owner(listener.port(&gateway.gateway), host),
        _ => Some(listener),
    };
    let analysis = &world.analysis;
    if gateway.dialect.engine != Engine::Kgateway {
        let timeout = match outline.hop(hop).action().map(Arc::as_ref) {
            Some(Action::Forward(forward)) => forward.timeout.as_ref(),
            _ => None,
        };
        return timeout.map(|timeout| ("timeout", Line::of(Role::Text, timeout.to_string()))).into_iter().collect();
    }
    policies::facts(&analysis.tree.in_force(&analysis.snapshot, gateway, owner, hop))
}

fn action(world: &PaneContent, hop: &RuleNode, action: &Action, facts: &mut Vec<Fact>) {
    match action {
        Action::Forward(forward) => {
            for destination in &forward.destinations {
                let namespace = &world.analysis.snapshot.route(hop.route).meta.namespace;
                let mut line = Line::new();
                if forward.destinations.len() > 1 {
                    line.push(Role::Text, format!("{:>4} ", phrases::share(destination.share)));
                }
                let destination = endpoint_details::looked_up(world, destination);
                line.extend(phrases::destination(&destination, namespace));
                line.extend(endpoint_details::state(&destination));
                facts.push(("backend", line));
                endpoint_details::endpoints_of(&destination, facts);
                // Several backends are nodes of their own, which say more.
                if forward.destinations.len() == 1 && destination.endpoints.is_some() {
                    endpoint_details::service(world, &destination, facts);
                }
            }
            self::forward(forward, facts);
        }
        Action::Redirect(redirect) => facts.push(("redirects", Line::of(Role::Answer, phrases::redirect(redirect)))),
        Action::Respond(respond) if respond.reason == RespondReason::FilterDecides => {
            facts.push(("answers", Line::of(Role::Warning, "? ").with(Role::Text, respond_detail(&respond.detail))));
        }
        Action::Respond(respond) => {
            let role = if respond.status >= 400 { Role::Error } else { Role::Answer };
            let line =
                Line::of(role, respond.status.to_string()).with(Role::Dim, format!(" {}", respond.reason.name()));
            facts.push(("answers", line));
            if let Some(body) = &respond.body {
                facts.push(("body", Line::of(Role::Text, body.lines().next().unwrap_or_default().to_owned())));
            }
        }
    }
}

fn backend(world: &PaneContent, destination: &Destination, of: usize, facts: &mut Vec<Fact>) {
    let destination = endpoint_details::looked_up(world, destination);
    facts.push(("backend", phrases::destination(&destination, "").with_line(endpoint_details::state(&destination))));
    let weight = format!("{} · {} of the traffic", destination.weight, phrases::share(destination.share));
    facts.push((
        "weight",
        Line::of(Role::Text, weight).with(Role::Dim, format!(" · {}", phrases::count(of, "backend"))),
    ));
    endpoint_details::endpoints_of(&destination, facts);
    endpoint_details::service(world, &destination, facts);
}

fn forward(forward: &Forward, facts: &mut Vec<Fact>) {
    if let Some(host) = &forward.rewrite.host {
        facts.push(("rewrite", Line::of(Role::Dim, "host becomes ").with(Role::Host, host.to_string())));
    }
    if let Some(path) = &forward.rewrite.path {
        facts.push(("rewrite", modifier(path)));
    }
    for mirror in &forward.mirrors {
        let mut line =
            phrases::destination(&mirror.destination, "").with_line(endpoint_details::state(&mirror.destination));
        if let Some(fraction) = mirror.fraction {
            line.push(Role::Dim, format!(" · {} of {}", fraction.numerator, fraction.denominator));
        }
        facts.push(("copied to", line));
    }
    for (name, changes) in [("request", &forward.request_headers), ("response", &forward.response_headers)] {
        facts.extend(changes.iter().map(|change| (name, phrases::header_change(change))));
    }
}

fn modifier(path: &PathModifier) -> Line {
    match path {
        PathModifier::Full(path) => Line::of(Role::Dim, "path becomes ").with(Role::Path, path.to_string()),
        PathModifier::Prefix(prefix) => {
            Line::of(Role::Dim, "prefix becomes ").with(Role::Path, format!("\"{prefix}\""))
        }
    }
}

/// A filter as the rule writes it; what comes of it stands in the answer.
fn filter(filter: &Filter) -> Line {
    match filter {
        Filter::RequestHeaders(change) => Line::of(Role::Text, "RequestHeaderModifier")
            .with(Role::Dim, format!(" · {}", phrases::count(change.changes.len(), "change"))),
        Filter::ResponseHeaders(change) => Line::of(Role::Text, "ResponseHeaderModifier")
            .with(Role::Dim, format!(" · {}", phrases::count(change.changes.len(), "change"))),
        Filter::Mirror(mirror) => {
            Line::of(Role::Text, "RequestMirror ").with(Role::Backend, mirror.backend.name.to_string())
        }
        Filter::Redirect(redirect) => {
            Line::of(Role::Text, "RequestRedirect ").with(Role::Dim, phrases::redirect(redirect))
        }
        Filter::Rewrite(rewrite) => {
            let mut line = Line::of(Role::Text, "URLRewrite ");
            if let Some(host) = &rewrite.hostname {
                line.push(Role::Host, format!("{host} "));
            }
            if let Some(path) = &rewrite.path {
                line.extend(modifier(path));
            }
            line
        }
        Filter::Cors(cors) => Line::of(Role::Text, "CORS ").with(Role::Dim, cors.allow_origins.join(", ")),
        Filter::Extension { kind, name, .. } => {
            Line::of(Role::Text, format!("{kind} ")).with(Role::Label, name.to_string())
        }
        Filter::Other { kind, .. } => Line::of(Role::Text, kind.to_string()),
    }
}
