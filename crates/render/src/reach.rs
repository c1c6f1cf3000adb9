//! By which hosts, paths and conditions requests reach something: for a person and for a program.

use serde::Serialize;

use routescope_core::analysis::Analysis;
use routescope_core::finding::Location;
use routescope_core::model::{Name, Position};
use routescope_core::reachability::{Connection, Entry, Obstacle, Reach, Target};
use routescope_core::resolve::RuleNodeId;

use crate::answer::wrapped;
use crate::data::{HopData, MatchData, chain, stream};
use crate::findings::not_attached;
use crate::outline::match_position;
use crate::phrases;
use crate::rows::drop_reason;
use crate::style::{Line, Role};
use crate::terminal::Paint;
use crate::width::Width as _;
use crate::witness::{self, RequestLine, row_name};

/// `reach -o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ReachData {
    pub target: TargetData,
    pub entries: Vec<EntryData>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ConnectionData>,
}

/// Connections that reach it by a TCP or TLS route.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ConnectionData {
    pub gateway: String,
    pub listener: Name,
    pub port: u16,
    pub protocol: String,
    /// `*` for any; `null` where none is looked at.
    pub server_name: Option<Name>,
    pub chain: Vec<HopData>,
    pub share: f64,
    pub witness: Option<RequestLine>,
}

/// What is to be reached.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct TargetData {
    pub kind: Name,
    pub namespace: Name,
    pub name: Name,
}

/// A row by which requests reach it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct EntryData {
    pub gateway: String,
    pub listener: Option<Name>,
    pub port: u16,
    pub virtual_host: Name,
    pub r#match: MatchData,
    pub chain: Vec<HopData>,
    pub share: f64,
    pub witness: Option<RequestLine>,
}

/// The entries as data.
pub fn data(analysis: &Analysis, target: &Target, entries: &[Entry], connections: &[Connection]) -> ReachData {
    let Target { kind, namespace, name } = target.clone();
    let entry = |entry: &Entry| {
        let table = &analysis.table.gateways[entry.gateway as usize];
        let host = &table.virtual_hosts[entry.virtual_host as usize];
        EntryData {
            gateway: table.gateway.to_string(),
            listener: host.listeners.first().cloned(),
            port: host.port,
            virtual_host: host.hostname.clone(),
            r#match: MatchData::from(analysis.tree.hops[entry.row.0 as usize].matcher.as_ref()),
            chain: chain(&analysis.snapshot, &analysis.tree, &table.gateway, entry.row),
            share: entry.share,
            witness: match &entry.reach {
                Reach::Met(request) => Some(RequestLine::from(request)),
                Reach::Hidden(_) | Reach::Never | Reach::Unknown(_) => None,
            },
        }
    };
    ReachData {
        target: TargetData { kind, namespace, name },
        entries: entries.iter().map(entry).collect(),
        connections: connections.iter().map(|one| connection(analysis, one)).collect(),
    }
}

fn connection(analysis: &Analysis, one: &Connection) -> ConnectionData {
    let gateway = &analysis.table.gateways[one.gateway as usize].gateway;
    ConnectionData {
        gateway: gateway.to_string(),
        listener: one.listener.clone(),
        port: one.port,
        protocol: one.protocol.name().to_owned(),
        server_name: one.server_name.clone(),
        chain: vec![stream(&one.route, gateway)],
        share: one.share,
        witness: one.witness.as_ref().map(RequestLine::from),
    }
}

/// The entries and connections as text, by Gateway, port and host; where nothing arrives, what prevents it.
pub fn text(
    analysis: &Analysis,
    target: &Target,
    (entries, connections): (&[Entry], &[Connection]),
    obstacles: &[Obstacle],
    paint: Paint,
    width: usize,
) -> String {
    let mut lines = Vec::new();
    let mut place = None;
    for entry in entries {
        let table = &analysis.table.gateways[entry.gateway as usize];
        let host = &table.virtual_hosts[entry.virtual_host as usize];
        if place != Some((entry.gateway, entry.virtual_host)) {
            if place.is_some() {
                lines.push(Line::new());
            }
            place = Some((entry.gateway, entry.virtual_host));
            let mut title = Line::of(Role::Namespace, format!("{}/", table.gateway.namespace))
                .with(Role::Gateway, table.gateway.name.to_string())
                .with(Role::Listener, format!("  :{} {}", host.port, host.protocol.name().to_lowercase()));
            let name = if host.hostname == "*" { "any host".to_owned() } else { host.hostname.to_string() };
            title.push(Role::Host, format!("  {name}"));
            lines.push(title);
        }
        let hop = &analysis.tree.hops[entry.row.0 as usize];
        let mut line = Line::of(Role::Text, "  ").with_line(phrases::matcher(&hop.matcher));
        if entry.share < 1.0 {
            line.push(Role::Text, format!("  {}", phrases::share(entry.share)));
        }
        let by = Line::of(Role::Dim, "by ").with_line(row_name(analysis, entry.row));
        if line.width() + 2 + by.width() > width {
            lines.push(line);
            lines.push(Line::of(Role::Text, "    ").with_line(by));
        } else {
            lines.push(line.with(Role::Text, "  ").with_line(by));
        }
        lines.push(Line::of(Role::Text, "    ").with_line(witness::line(analysis, &entry.reach)));
    }
    let mut place = None;
    for one in connections {
        if place != Some((one.gateway, one.port, &one.listener)) {
            if !lines.is_empty() {
                lines.push(Line::new());
            }
            place = Some((one.gateway, one.port, &one.listener));
            let gateway = &analysis.table.gateways[one.gateway as usize].gateway;
            lines.push(
                Line::of(Role::Namespace, format!("{}/", gateway.namespace))
                    .with(Role::Gateway, gateway.name.to_string())
                    .with(Role::Listener, format!("  :{} {}", one.port, one.protocol.name().to_lowercase())),
            );
        }
        lines.extend(connection_lines(one));
    }
    let arrives = entries.iter().any(|entry| matches!(entry.reach, Reach::Met(_) | Reach::Unknown(_)));
    if !arrives && !connections.iter().any(|one| one.witness.is_some()) {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        let Target { kind, namespace, name } = target;
        lines.push(Line::of(Role::Error, format!("nothing reaches {kind} {namespace}/{name}")));
        if entries.is_empty() && connections.is_empty() {
            for obstacle in obstacles {
                let (name, why) = obstacle_line(analysis, obstacle);
                let line = Line::of(Role::Text, "  ").with_line(name);
                if line.width() + why.width() < width {
                    let gap = if line.width() > 2 { " " } else { "" };
                    lines.push(line.with(Role::Text, format!("{gap}{why}")));
                } else {
                    lines.push(line);
                    lines.extend(wrapped(Line::of(Role::Text, "    "), &why, width));
                }
            }
        }
    }
    paint.lines(&lines)
}

fn connection_lines(one: &Connection) -> [Line; 2] {
    let names = match one.server_name.as_deref() {
        None => "any connection".to_owned(),
        Some("*") => "any server name".to_owned(),
        Some(name) => format!("server name {name}"),
    };
    let share = if one.share < 1.0 { format!("  {}", phrases::share(one.share)) } else { String::new() };
    let at = one.route.rules.first().map_or(one.route.meta.origin.at, |rule| rule.at);
    let row = Line::of(Role::Text, "  ")
        .with(Role::Host, names)
        .with(Role::Text, share)
        .with(Role::Dim, "  by ")
        .with(Role::Route, format!("{} {}", one.route.kind.name(), one.route.meta.key()))
        .with(Role::Text, " ")
        .with_line(phrases::place(&Location::within(&one.route.meta.origin, at)));
    let witness = match &one.witness {
        Some(request) => witness::request_line(request),
        None => Line::of(Role::Warning, "no connection gets here: other listeners or routes take them all"),
    };
    [row, Line::of(Role::Text, "    ").with_line(witness)]
}

/// What it is about, and what is the matter with it.
fn obstacle_line(analysis: &Analysis, obstacle: &Obstacle) -> (Line, String) {
    let row = |row: &RuleNodeId, why: String| (row_name(analysis, *row).with(Role::Text, ":"), why);
    let named = |name: String, place: &Location| {
        let name = Line::of(Role::Route, name).with(Role::Text, " ");
        name.with_line(phrases::place(place)).with(Role::Text, ":")
    };
    match obstacle {
        Obstacle::NoReference => (Line::new(), "no rule refers to it".to_owned()),
        Obstacle::Unattached { route, rule, why } => {
            let route = analysis.snapshot.route(*route);
            let at = route.rules.get(*rule as usize).map_or_else(Position::default, |rule| rule.at);
            let name = format!("{} rule {}", route.meta.key(), rule + 1);
            let why = why.as_ref().map(not_attached);
            let why = why.unwrap_or_else(|| "no Gateway and no other route leads to it".to_owned());
            (named(name, &Location::within(&route.meta.origin, at)), why)
        }
        Obstacle::UnattachedStream { route, why } => {
            let name = format!("{} {}", route.kind.name(), route.meta.key());
            (named(name, &Location::within(&route.meta.origin, route.meta.origin.at)), not_attached(why))
        }
        Obstacle::Dropped { row: at, reason } => row(at, drop_reason(reason)),
        Obstacle::Broken { row: at, state } => row(at, format!("the ref is {state}")),
        Obstacle::NoShare { row: at } => row(at, "its weight is 0".to_owned()),
        Obstacle::NotTaken { link, state } => {
            let link = &analysis.tree.links[link.0 as usize];
            let hop = &analysis.tree.hops[link.hop.0 as usize];
            let route = analysis.snapshot.route(hop.route);
            let place = Location::within(&route.meta.origin, match_position(hop, route));
            let trouble = phrases::child_trouble(*state).unwrap_or("not taken");
            let name = format!("{} rule {}", route.meta.key(), hop.rule + 1);
            (named(name, &place), format!("selected by {}, {trouble}", link.via.value))
        }
    }
}
