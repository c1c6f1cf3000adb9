//! The way through the tree: one step a line, with file and line at the right.

use crate::width::Width;

use crate::outline::{match_position, written_listener};
use crate::phrases;
use crate::style::{Line, Role};
use routescope_core::analysis::Analysis;
use routescope_core::finding::Location;
use routescope_core::model::{Meta, SourceKind, StreamRoute};
use routescope_core::resolve::{Destination, Engine, MatchState, RuleNode, RuleNodeId};
use routescope_core::router::{Decision, Outcome, OutcomeKind, Request};

use super::gateway_name;
use super::text::virtual_host;

/// One step of the way, before the columns are aligned.
struct Step {
    name: Line,
    namespace: Line,
    rest: Line,
    place: Option<Location>,
}

impl Step {
    /// A step that stands alone on its line.
    fn alone(name: Line) -> Self {
        Self { name, namespace: Line::new(), rest: Line::new(), place: None }
    }
}

/// The way through the tree, from the Gateway to the backend, or as far as the request came.
pub fn chain(analysis: &Analysis, request: &Request, decision: &Decision, width: usize) -> Vec<Line> {
    let (hops, stopped) = match (decision.row(), decision.stopped()) {
        (Some(hop), _) => (analysis.tree.chain(hop), false),
        (None, Some(hop)) => (analysis.tree.chain(hop), true),
        (None, None) if decision.stream().is_some() => (Vec::new(), false),
        (None, None) => (deepest(analysis, request, decision), true),
    };
    let mut steps = vec![gateway_step(analysis, decision)];
    for (depth, id) in hops.iter().enumerate() {
        let hop = &analysis.tree.hops[id.0 as usize];
        if let Some(link) = analysis.tree.link_above(*id) {
            let name = Line::of(Role::Guide, format!("{}⇢ ", "  ".repeat(depth)))
                .with_line(phrases::via(&link.via, &analysis.settings));
            steps.push(Step::alone(name));
        }
        steps.push(hop_step(analysis, hop, depth));
    }
    if let Outcome::Passthrough { route, destinations } = &decision.outcome {
        steps.extend(stream_steps(route, destinations));
    }
    let depth = hops.len();
    if let Some(last) = hops.last() {
        let hop = &analysis.tree.hops[last.0 as usize];
        let links = hop.links.clone().map(|at| &analysis.tree.links[at as usize]);
        for link in links {
            let mut name = Line::of(Role::Guide, format!("{}⇢ ", "  ".repeat(depth)));
            name.extend(phrases::via(&link.via, &analysis.settings));
            if link.broken.is_some() && (stopped || !analysis.tree.walks(link)) {
                name.push(Role::Error, "   ✗ ");
                name.push(Role::Text, phrases::broken_link(link));
            }
            steps.push(Step::alone(name));
        }
        let route = analysis.snapshot.route(hop.route);
        // Of several ways, this is one.
        let way = decision
            .branches
            .iter()
            .find(|branch| Some(branch.node) == decision.row() && branch.outcome.row().is_some());
        let destinations = way.map_or(&decision.outcome, |branch| &branch.outcome).destinations();
        let end = destinations.len();
        steps.extend((1..).zip(destinations).map(|(at, to)| destination_step(to, &route.meta, depth, at, end)));
    }
    let lost = decision.kind() == OutcomeKind::NotFound;
    if stopped && lost && !hops.is_empty() {
        let name = Line::of(Role::Guide, format!("{}└ ", "  ".repeat(depth)))
            .with(Role::Error, "✗ ")
            .with(Role::Text, format!("nothing below takes {} {}", request.method, request.path));
        steps.push(Step::alone(name));
    }
    align(&steps, width)
}

/// The steps with file and line at the right: in columns where those fit, else without, else with the folder that all
/// files share said once, below. What still does not fit stands below its line. Nothing is cut.
fn align(steps: &[Step], width: usize) -> Vec<Line> {
    let folder = shared_folder(steps);
    let fits =
        |lines: &Drawn| lines.iter().all(|(line, place)| place.is_empty() || line.width() + 2 + place.width() <= width);
    let ways = [(true, 0), (false, 0), (true, folder.len()), (false, folder.len())];
    let mut chosen = (draw(steps, false, folder.len()), folder.len());
    for (columns, cut) in ways {
        let lines = draw(steps, columns, cut);
        if fits(&lines) {
            chosen = (lines, cut);
            break;
        }
    }
    let (lines, cut) = chosen;
    let mut out = Vec::new();
    for (mut line, place) in lines {
        if !place.is_empty() {
            if line.width() + 2 + place.width() > width {
                out.push(std::mem::take(&mut line));
            }
            line.pad_to(width.saturating_sub(place.width()));
            line.push(Role::Location, place);
        }
        out.push(line);
    }
    if cut > 0 {
        let mut line = Line::new();
        line.pad_to(width.saturating_sub(folder.width() + 3));
        out.push(line.with(Role::Location, format!("in {folder}")));
    }
    out
}

/// Lines, and the place that each shall end in.
type Drawn = Vec<(Line, String)>;

fn draw(steps: &[Step], columns: bool, cut: usize) -> Drawn {
    let column = |cell: fn(&Step) -> usize| {
        let routes = steps.iter().filter(|step| columns && !step.namespace.is_empty());
        routes.map(cell).max().unwrap_or(0)
    };
    let namespace_at = 2 + column(|step| step.name.width()) + 2;
    let rest_at = namespace_at + column(|step| step.namespace.width()) + 2;
    let drawn = steps.iter().map(|Step { name, namespace, rest, place }| {
        let mut line = Line::of(Role::Text, "  ").with_line(name.clone());
        for (cell, at) in [(namespace, namespace_at), (rest, rest_at)] {
            if !cell.is_empty() {
                line.pad_to(at.max(line.width() + 2));
                line.extend(cell.clone());
            }
        }
        (line, place.as_ref().map(|place| phrases::place(place).plain().split_off(cut)).unwrap_or_default())
    });
    drawn.collect()
}

/// The place, unless it is the object in a cluster that the step names anyway.
fn in_file(place: Location) -> Option<Location> {
    Some(place).filter(|place| place.source.kind != SourceKind::Cluster)
}

/// The folder that the files of all steps lie in, with its slash; empty when there is none.
fn shared_folder(steps: &[Step]) -> String {
    let mut files = steps.iter().filter_map(|step| step.place.as_ref()).map(|place| place.source.name.as_str());
    let folder = |file: &str| file.rfind('/').map_or(0, |slash| slash + 1);
    let Some(first) = files.next() else { return String::new() };
    let mut shared = &first[..folder(first)];
    for file in files {
        while !file.starts_with(shared) {
            shared = &shared[..folder(&shared[..shared.len() - 1])];
        }
    }
    shared.to_owned()
}

fn gateway_step(analysis: &Analysis, decision: &Decision) -> Step {
    let table = &analysis.table.gateways[decision.gateway as usize];
    let node = &analysis.tree.gateways[table.node as usize];
    let key = gateway_name(analysis, decision);
    let mut name = Line::of(Role::Dim, "Gateway ")
        .with(Role::Namespace, format!("{}/", key.namespace))
        .with(Role::Gateway, key.name.to_string());
    if table.assumed {
        name.push(Role::Warning, " (assumed)");
    }
    name.extend(phrases::addresses(&node.gateway));
    // The usual one goes without saying, unless it was asked for.
    if table.engine != Engine::Kgateway || node.engine_from == "--engine" {
        name.push(Role::Dim, format!(" · {}", table.engine.name()));
    }
    let listener = node.listeners.iter().find(|listener| {
        let name = crate::outline::listener_name(node, listener);
        decision.listener.as_ref() == Some(&name)
    });
    let mut rest = Line::new();
    let (mut place, mut hostname) = (None, None);
    if let Some(listener) = listener {
        let written = written_listener(node, listener);
        hostname = written.hostname.as_ref();
        let protocol = written.protocol.name().to_lowercase();
        rest.push(Role::Listener, format!(":{} {protocol}", decision.port.unwrap_or(written.port)));
        if !table.assumed {
            let origin = listener.set.as_ref().map_or(&node.gateway.meta.origin, |set| &set.meta.origin);
            place = in_file(Location::within(origin, written.at));
        }
    } else if let Some(port) = decision.port {
        rest.push(Role::Listener, format!(":{port}"));
    }
    if let Some(host) = virtual_host(analysis, decision) {
        rest.push(Role::Text, "  ");
        rest.push(Role::Host, if host.hostname == "*" { "any host".to_owned() } else { host.hostname.to_string() });
    } else if let Some(hostname) = hostname {
        rest.push(Role::Text, "  ");
        rest.push(Role::Host, hostname.to_string());
    }
    Step { name, namespace: Line::new(), rest, place }
}

fn hop_step(analysis: &Analysis, hop: &RuleNode, depth: usize) -> Step {
    let route = analysis.snapshot.route(hop.route);
    let rule = format!("rule {}", hop.rule + 1);
    let mut rest = Line::of(Role::Rule, rule).with(Role::Text, "  ").with_line(phrases::matcher(&hop.matcher));
    if let Some(name) = route.rules.get(hop.rule as usize).and_then(|rule| rule.name.as_ref()) {
        rest.push(Role::Dim, format!("  “{name}”"));
    }
    Step {
        name: Line::of(Role::Guide, format!("{}└ ", "  ".repeat(depth))).with(Role::Route, route.meta.name.to_string()),
        namespace: Line::of(Role::Namespace, route.meta.namespace.to_string()),
        rest,
        place: in_file(Location::within(&route.meta.origin, match_position(hop, route))),
    }
}

/// A TCP or TLS route, and where it passes connections on to.
fn stream_steps(route: &StreamRoute, destinations: &[Destination]) -> Vec<Step> {
    let at = route.rules.first().map_or(route.meta.origin.at, |rule| rule.at);
    let hosts = if route.hostnames.is_empty() { "any server name".to_owned() } else { route.hostnames.join(", ") };
    let mut steps = vec![Step {
        name: Line::of(Role::Guide, "└ ")
            .with(Role::Dim, format!("{} ", route.kind.name()))
            .with(Role::Route, route.meta.name.to_string()),
        namespace: Line::of(Role::Namespace, route.meta.namespace.to_string()),
        rest: Line::of(Role::Host, hosts),
        place: in_file(Location::within(&route.meta.origin, at)),
    }];
    let end = destinations.len();
    let to = (1..).zip(destinations);
    steps.extend(to.map(|(at, to)| destination_step(to, &route.meta, 1, at, end)));
    steps
}

fn destination_step(to: &Destination, route: &Meta, depth: usize, at: usize, end: usize) -> Step {
    let branch = if at == end { '└' } else { '├' };
    let mut name = Line::of(Role::Guide, format!("{}{branch} ", "  ".repeat(depth)));
    if end > 1 {
        name.push(Role::Text, format!("{} ", phrases::share(to.share)));
    }
    name.extend(phrases::destination(to, &route.namespace));
    if !to.serves() {
        name.push(Role::Error, "  ✗");
    }
    let place = in_file(Location::within(&route.origin, to.at));
    Step { name, namespace: Line::new(), rest: Line::new(), place }
}

/// The deepest delegation that lets an unanswered request pass, among those above what was considered.
fn deepest(analysis: &Analysis, request: &Request, decision: &Decision) -> Vec<RuleNodeId> {
    let takes = |id: &RuleNodeId| {
        let delegates = matches!(analysis.tree.hops[id.0 as usize].state, MatchState::Delegates);
        // The router tells a delegation that lets the request pass from one that does not.
        delegates && analysis.explain_hop(request, decision, *id).reason.delegates()
    };
    let reached = decision.considered.iter().map(|other| {
        let chain = analysis.tree.chain(other.hop);
        let depth = chain.iter().take_while(|hop| takes(hop)).count();
        chain[..depth].to_vec()
    });
    reached.max_by_key(Vec::len).unwrap_or_default()
}
