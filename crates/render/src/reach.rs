//! By which hosts, paths and conditions requests reach something: for a person and for a program.

use serde::Serialize;

use routescope_core::analysis::Analysis;
use routescope_core::finding::Location;
use routescope_core::model::{Name, Position};
use routescope_core::reachability::{Entry, Obstacle, Reach, Target};
use routescope_core::resolve::RuleNodeId;

use crate::data::{API_VERSION, HopData, MatchData, chain};
use crate::outline::match_position;
use crate::phrases;
use crate::style::{Line, Role};
use crate::terminal::Paint;
use crate::witness::{self, RequestLine, row_name};

/// `reach -o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ReachData {
    pub api_version: &'static str,
    pub target: TargetData,
    pub entries: Vec<EntryData>,
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
pub fn data(analysis: &Analysis, target: &Target, entries: &[Entry]) -> ReachData {
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
        api_version: API_VERSION,
        target: TargetData { kind, namespace, name },
        entries: entries.iter().map(entry).collect(),
    }
}

/// The entries as text, by Gateway, port and host; where nothing arrives, what prevents it.
pub fn text(analysis: &Analysis, target: &Target, entries: &[Entry], obstacles: &[Obstacle], paint: Paint) -> String {
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
        line.push(Role::Dim, "  by ");
        line.extend(row_name(analysis, entry.row));
        lines.push(line);
        lines.push(Line::of(Role::Text, "    ").with_line(witness::line(analysis, &entry.reach)));
    }
    if !entries.iter().any(|entry| matches!(entry.reach, Reach::Met(_) | Reach::Unknown(_))) {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        let Target { kind, namespace, name } = target;
        lines.push(Line::of(Role::Error, format!("nothing reaches {kind} {namespace}/{name}")));
        if entries.is_empty() {
            lines.extend(
                obstacles
                    .iter()
                    .map(|obstacle| Line::of(Role::Text, "  ").with_line(obstacle_line(analysis, obstacle))),
            );
        }
    }
    paint.lines(&lines)
}

fn obstacle_line(analysis: &Analysis, obstacle: &Obstacle) -> Line {
    let row = |row: &RuleNodeId| row_name(analysis, *row);
    match obstacle {
        Obstacle::NoReference => Line::of(Role::Text, "no rule refers to it"),
        Obstacle::Unattached { route, rule, why } => {
            let route = analysis.snapshot.route(*route);
            let at = route.rules.get(*rule as usize).map_or_else(Position::default, |rule| rule.at);
            let mut line = Line::of(Role::Route, format!("{} rule {}", route.meta.key(), rule + 1));
            line.push(Role::Text, " ");
            line.extend(phrases::place(&Location::within(&route.meta.origin, at)));
            line.with(Role::Text, format!(": {why}"))
        }
        Obstacle::Dropped { row: at, reason } => row(at).with(Role::Text, format!(": {reason}")),
        Obstacle::Broken { row: at, state } => row(at).with(Role::Text, format!(": the ref is {state}")),
        Obstacle::NoShare { row: at } => row(at).with(Role::Text, ": its weight is 0"),
        Obstacle::NotTaken { link, state } => {
            let link = &analysis.tree.links[link.0 as usize];
            let hop = &analysis.tree.hops[link.hop.0 as usize];
            let route = analysis.snapshot.route(hop.route);
            let place = Location::within(&route.meta.origin, match_position(hop, route));
            let trouble = phrases::child_trouble(*state).unwrap_or("not taken");
            let name = Line::of(Role::Route, format!("{} rule {} ", route.meta.key(), hop.rule + 1));
            name.with_line(phrases::place(&place))
                .with(Role::Text, format!(": selected by {}, {trouble}", link.via.value))
        }
    }
}
