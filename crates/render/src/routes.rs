//! The route table: what every Gateway's proxy would load, in evaluation order.

use std::sync::Arc;

use serde::Serialize;

use routescope_core::analysis::Analysis;
use routescope_core::finding::Location;
use routescope_core::model::{Name, ObjectKey, Protocol};
use routescope_core::reachability::{Below, Reach, Reachability};
use routescope_core::resolve::{
    Action, Engine, GatewayNode, LinkId, ListenerNode, MatchState, OwnShare, RespondReason, RuleNode, RuleNodeId, Under,
};
use routescope_core::router::{GatewayTable, VirtualHost};

use routescope_core::unreadable;

use super::data::{ActionData, DelegateRefData, Each, HopData, MatchData, ViaData, chain};
use super::outline::match_position;
use super::phrases;
use super::scope::Scope;
use super::style::{Line, Role};
use super::terminal::Paint;
use super::witness::{self, WitnessData};
use crate::uncertainty::not_read;

/// `routes -o json`. The rows are made while they are written: all of them are ten times the table.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct RoutesData<'o> {
    /// What of a cluster cannot be read, so that there may be more rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<String>,
    pub gateways: Vec<GatewayData<'o>>,
}

/// One Gateway's table.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct GatewayData<'o> {
    pub namespace: Name,
    pub name: Name,
    pub engine: &'static str,
    pub assumed: bool,
    pub virtual_hosts: Vec<VirtualHostData<'o>>,
}

/// The routes of one host on one port.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct VirtualHostData<'o> {
    pub port: u16,
    pub protocol: String,
    pub sni: Option<Name>,
    pub hostname: Name,
    pub listeners: Vec<Name>,
    pub routes: Each<'o, RowData>,
}

/// One row.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RowData {
    pub r#match: MatchData,
    /// What the route requires of the host beside, in a table below (hop by hop).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hostnames: Vec<Name>,
    pub action: ActionData,
    pub chain: Vec<HopData>,
    pub weight: i32,
    /// A request that the row decides, or what hides it, where that was asked for.
    #[serde(flatten)]
    pub met: Option<WitnessData>,
}

/// The tables of all Gateways that are looked at, or of one.
fn tables<'a>(
    analysis: &'a Analysis,
    only: Option<&ObjectKey>,
    scope: &Scope,
) -> impl Iterator<Item = &'a GatewayTable> {
    let wanted = move |table: &&GatewayTable| only.is_none_or(|only| *only == table.gateway);
    analysis.table.gateways.iter().filter(wanted).filter(move |table| looked_at(analysis, table, scope))
}

/// The route table as data, of one Gateway when `only` names it.
pub fn data<'o>(analysis: &'o Analysis, only: Option<&ObjectKey>, scope: &'o Scope) -> RoutesData<'o> {
    data_with(analysis, only, scope, None)
}

/// The same, with a request for each row, or what hides it.
pub fn data_with<'o>(
    analysis: &'o Analysis,
    only: Option<&ObjectKey>,
    scope: &'o Scope,
    reachability: Option<&'o Reachability<'o>>,
) -> RoutesData<'o> {
    let rows = Rows { analysis, scope, reachability };
    let gateways = tables(analysis, only, scope).map(|gateway| GatewayData {
        namespace: gateway.gateway.namespace.clone(),
        name: gateway.gateway.name.clone(),
        engine: gateway.engine.name(),
        assumed: gateway.assumed,
        virtual_hosts: (0..)
            .zip(&gateway.virtual_hosts)
            .filter(|(_, host)| rows.any(gateway, host) || scope.holds(&gateway.gateway.namespace))
            .map(|(place, host)| rows.virtual_host(gateway, place, host))
            .collect(),
    });
    RoutesData {
        unverified: unreadable::of_world(&analysis.snapshot).as_ref().map(not_read),
        gateways: gateways.collect(),
    }
}

/// Whether anything of a Gateway's table is looked at.
fn looked_at(analysis: &Analysis, gateway: &GatewayTable, scope: &Scope) -> bool {
    let mut rows = gateway.virtual_hosts.iter().flat_map(|host| host.rows.iter());
    scope.holds(&gateway.gateway.namespace) || rows.any(|row| scope.holds_row(analysis, *row))
}

/// What the rows of a table are shown by.
#[derive(Clone, Copy)]
struct Rows<'a, 'r> {
    analysis: &'a Analysis,
    scope: &'a Scope,
    reachability: Option<&'a Reachability<'r>>,
}

/// Where a row stands: its virtual host and place there, and the way down from it.
struct RowPosition<'a> {
    gateway: &'a GatewayTable,
    virtual_host: u32,
    position: u32,
    below: Below,
}

impl<'a> Rows<'a, 'a> {
    /// The rows of a virtual host that are shown, each with its place.
    fn shown(self, gateway: &GatewayTable, host: &'a VirtualHost) -> impl Iterator<Item = (u32, RuleNodeId)> + use<'a> {
        let Self { analysis, scope, .. } = self;
        let whole = scope.holds(&gateway.gateway.namespace);
        (0..).zip(host.rows.iter().copied()).filter(move |(_, row)| whole || scope.holds_row(analysis, *row))
    }

    fn any(self, gateway: &GatewayTable, host: &'a VirtualHost) -> bool {
        let acts = |row: RuleNodeId| {
            let hop = &self.analysis.tree.hops[row.0 as usize];
            matches!(hop.state, MatchState::WeightedDelegation(_)) || hop.action().is_some()
        };
        self.shown(gateway, host).any(|(_, row)| acts(row))
    }

    fn virtual_host(self, gateway: &'a GatewayTable, place: u32, host: &'a VirtualHost) -> VirtualHostData<'a> {
        let row = move |(position, row): (u32, RuleNodeId)| {
            self.row(&RowPosition { gateway, virtual_host: place, position, below: Below::default() }, row)
        };
        VirtualHostData {
            port: host.port,
            protocol: host.protocol.name().to_owned(),
            // A listener without a hostname has no server name to show.
            sni: host.sni.clone().filter(|sni| sni != "*"),
            hostname: host.hostname.clone(),
            listeners: host.listeners.clone(),
            routes: Each::of(move || self.shown(gateway, host).filter_map(row)),
        }
    }
}

impl Rows<'_, '_> {
    fn row(self, standing: &RowPosition<'_>, id: RuleNodeId) -> Option<RowData> {
        let analysis = self.analysis;
        let hop = &analysis.tree.hops[id.0 as usize];
        let action = match &hop.state {
            MatchState::WeightedDelegation(own) => self.delegate(standing, hop, own.as_ref()),
            _ => ActionData::from(hop.action()?.as_ref()),
        };
        let gateway = &standing.gateway.gateway;
        let met = self.reach(standing).map(|reach| WitnessData::of(analysis, gateway, &reach));
        Some(RowData {
            r#match: MatchData::from(hop.matcher.as_ref()),
            hostnames: match hop.under {
                Under::Root(_) => Vec::new(),
                Under::Child(_) => hostnames(analysis, hop).to_vec(),
            },
            action,
            chain: chain(&analysis.snapshot, &analysis.tree, gateway, id),
            weight: weight(analysis, id),
            met,
        })
    }

    fn delegate(self, standing: &RowPosition<'_>, hop: &RuleNode, own: Option<&OwnShare>) -> ActionData {
        let analysis = self.analysis;
        let refs = &analysis.snapshot.route(hop.route).rules[hop.rule as usize].backend_refs;
        let links = hop.links.clone().map(|link| &analysis.tree.links[link as usize]);
        let row = |(link, row): (LinkId, RuleNodeId)| {
            let below = standing.below.then(link, row);
            self.row(&RowPosition { below, ..*standing }, row)
        };
        ActionData::Delegate {
            refs: links
                .map(|link| DelegateRefData {
                    via: ViaData::from(&link.via),
                    weight: refs[link.ref_index as usize].weight,
                    share: link.share,
                })
                .collect(),
            routes: below(analysis, hop).filter_map(row).collect(),
            otherwise: own.map(|own| Box::new(ActionData::from(own.action.as_ref()))),
        }
    }
}

/// What a route requires of the host beside, where it stands in a table of its own.
fn hostnames<'a>(analysis: &'a Analysis, hop: &RuleNode) -> &'a [Name] {
    let walked = analysis.tree.link_above_of(hop).is_some_and(|link| analysis.tree.walks(link));
    if walked { &analysis.snapshot.route(hop.route).hostnames } else { &[] }
}

/// The rows of the tables that a rule hands on to, hop by hop, in evaluation order; one that serves two hosts once.
pub fn below<'a>(analysis: &'a Analysis, hop: &RuleNode) -> impl Iterator<Item = (LinkId, RuleNodeId)> + use<'a> {
    let links = hop.links.clone().map(LinkId);
    let groups =
        links.filter_map(|link| Some((link, analysis.table.groups.get(&analysis.snapshot, &analysis.tree, link)?)));
    let rows = groups.flat_map(|(link, group)| {
        group.tiers.iter().flat_map(move |tier| tier.rows.iter().map(move |row| (link, *row)))
    });
    let mut seen = Vec::new();
    let rows: Vec<(LinkId, RuleNodeId)> = rows
        .filter(|(_, row)| {
            let new = !seen.contains(row);
            seen.push(*row);
            new
        })
        .collect();
    rows.into_iter()
}

/// The weight that decides before anything else: `kgateway.dev/route-weight` of the route that owns the rule, in force
/// only under weighted route precedence (kgateway `pkg/kgateway/translator/routeutils`).
fn weight(analysis: &Analysis, id: RuleNodeId) -> i32 {
    let weighed = analysis.settings.weighted_route_precedence;
    let route = analysis.snapshot.route(analysis.tree.hops[id.0 as usize].route);
    if !weighed
        || analysis.tree.dialect_of(id).engine != Engine::Kgateway
        || route.kind != routescope_core::model::RouteKind::Http
    {
        return 0;
    }
    route.meta.annotation("kgateway.dev/route-weight").and_then(|weight| weight.parse().ok()).unwrap_or(0)
}

/// The cells of one row of the text table.
struct Cells {
    number: String,
    matcher: Line,
    action: Line,
    owner: Line,
    place: Line,
    /// What meets it, in a line of its own.
    note: Option<Line>,
}

/// How wide the columns before the last may grow before a row may break the alignment.
const COLUMN: usize = 44;

/// The route table as text. Without a `width` every column is shown in full.
pub fn text(
    analysis: &Analysis,
    only: Option<&ObjectKey>,
    scope: &Scope,
    paint: Paint,
    width: Option<usize>,
    reachability: Option<&Reachability<'_>>,
) -> String {
    let mut lines = Vec::new();
    let shown = Rows { analysis, scope, reachability };
    for gateway in tables(analysis, only, scope) {
        let whole = scope.holds(&gateway.gateway.namespace);
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        let mut title = Line::of(Role::Dim, "Gateway ")
            .with(Role::Namespace, format!("{}/", gateway.gateway.namespace))
            .with(Role::Gateway, gateway.gateway.name.to_string())
            .with(Role::Dim, format!(" · {}", gateway.engine.name()));
        if gateway.assumed {
            title.push(Role::Warning, "   ⚠ assumed: not in view");
        } else if let Some(doubt) =
            analysis.tree.gateways.get(gateway.node as usize).and_then(|node| node.engine_assumption.as_ref())
        {
            title.push(Role::Warning, "   ? ");
            title.push(Role::Dim, crate::findings::engine_assumption(doubt));
        }
        lines.push(title);
        if gateway.virtual_hosts.is_empty() {
            let node = analysis.tree.gateways.get(gateway.node as usize);
            let serves_http = |node: &GatewayNode| {
                let protocol = |one: &ListenerNode| one.listener(&node.gateway).protocol.clone();
                let is_http = |one: &ListenerNode| matches!(protocol(one), Protocol::Http | Protocol::Https);
                node.listeners.iter().any(|one| one.is_served() && is_http(one))
            };
            let what = if node.is_none_or(serves_http) {
                "  no routes: every request gets a 404"
            } else {
                "  none of its listeners is served, or takes HTTP: it answers no request"
            };
            lines.push(Line::of(Role::Dim, what));
        }
        for (place, host) in (0..).zip(&gateway.virtual_hosts) {
            // Numbers are places in the whole table.
            let mut rows: Vec<Cells> = Vec::with_capacity(host.rows.len());
            for (position, row) in (0..).zip(host.rows.iter()) {
                if whole || scope.holds_row(analysis, *row) {
                    let number = (position + 1).to_string();
                    let standing = RowPosition { gateway, virtual_host: place, position, below: Below::default() };
                    rows.extend(shown.cells(&standing, number.clone(), *row, 0));
                    shown.nested(&standing, &number, *row, 1, &mut rows);
                }
            }
            if rows.is_empty() && !whole {
                continue;
            }
            lines.push(Line::new());
            lines.push(host_title(host));
            for rejection in &host.rejections {
                lines.push(Line::of(Role::Error, format!("    ✗ Envoy refuses this table: {}", rejection.problem)));
            }
            table(&rows, width, &mut lines);
        }
    }
    if let Some(why) = unreadable::of_world(&analysis.snapshot) {
        lines.push(Line::new());
        lines.push(Line::of(Role::Warning, "? not certain: ").with(Role::Text, not_read(&why)));
    }
    paint.lines(&lines)
}

fn host_title(host: &VirtualHost) -> Line {
    let protocol = host.protocol.name().to_lowercase();
    let mut line = Line::of(Role::Listener, format!("  :{} {protocol}", host.port)).with(Role::Text, "  ");
    line.push(Role::Host, if host.hostname == "*" { "any host".to_owned() } else { host.hostname.to_string() });
    if let Some(sni) = host.sni.as_ref().filter(|sni| **sni != host.hostname) {
        line.push(Role::Dim, format!(" · SNI {sni}"));
    }
    if !host.listeners.is_empty() {
        line.push(Role::Dim, format!(" · listener {}", host.listeners.join(", ")));
    }
    line
}

impl Rows<'_, '_> {
    /// The rows below a rule that hands on, hop by hop, numbered as its parts.
    fn nested(self, standing: &RowPosition<'_>, number: &str, id: RuleNodeId, depth: usize, rows: &mut Vec<Cells>) {
        let hop = &self.analysis.tree.hops[id.0 as usize];
        if !matches!(hop.state, MatchState::WeightedDelegation(_)) {
            return;
        }
        for (at, (link, row)) in (1..).zip(below(self.analysis, hop)) {
            let number = format!("{number}.{at}");
            let standing = RowPosition { below: standing.below.then(link, row), ..*standing };
            rows.extend(self.cells(&standing, number.clone(), row, depth));
            self.nested(&standing, &number, row, depth + 1, rows);
        }
    }

    fn cells(self, standing: &RowPosition<'_>, number: String, id: RuleNodeId, depth: usize) -> Option<Cells> {
        let analysis = self.analysis;
        let hop = &analysis.tree.hops[id.0 as usize];
        let route = analysis.snapshot.route(hop.route);
        let owner = Line::new()
            .with(Role::Namespace, format!("{}/", route.meta.namespace))
            .with(Role::Route, route.meta.name.to_string())
            .with(Role::Rule, format!(" rule {}", hop.rule + 1));
        let place = Location::within(&route.meta.origin, match_position(hop, route));
        let own_action = match &hop.state {
            MatchState::WeightedDelegation(own) => handed_on(analysis, hop, own.as_ref()),
            _ => action(hop.action()?),
        };
        let mut matcher = Line::of(Role::Guide, "  ".repeat(depth));
        let hostnames = hostnames(analysis, hop);
        if depth > 0 && !hostnames.is_empty() {
            matcher.push(Role::Host, format!("{} ", hostnames.join(", ")));
        }
        matcher.extend(phrases::matcher(&hop.matcher));
        let note = self.reach(standing).map(|reach| witness::line(analysis, &reach));
        Some(Cells { number, matcher, action: own_action, owner, place: phrases::place(&place), note })
    }

    /// What meets a row, where that is asked.
    fn reach(self, standing: &RowPosition<'_>) -> Option<Reach> {
        let reachability = self.reachability?;
        let mut tables = self.analysis.table.gateways.iter();
        let place = tables.position(|table| std::ptr::eq(table, standing.gateway))?;
        let place = u32::try_from(place).ok()?;
        Some(reachability.below(place, standing.virtual_host, standing.position, &standing.below))
    }
}

/// Where a rule hands on to, in one cell.
fn handed_on(analysis: &Analysis, hop: &RuleNode, own: Option<&OwnShare>) -> Line {
    let mut line = Line::new();
    let links = hop.links.clone().map(|link| &analysis.tree.links[link as usize]);
    for (at, link) in links.enumerate() {
        line.push(Role::Guide, if at > 0 { ", ⇢ " } else { "⇢ " });
        if link.share < 1.0 {
            line.push(Role::Text, format!("{} ", phrases::share(link.share)));
        }
        if link.broken.is_some() {
            line.push(Role::Error, format!("✗ {} ", phrases::broken_status(link)));
        }
        line.extend(phrases::via(&link.via, &analysis.settings));
    }
    if let Some(own) = own {
        line.push(Role::Dim, ", ");
        if let Action::Forward(forward) = own.action.as_ref()
            && forward.destinations.len() == 1
        {
            line.push(Role::Text, format!("{} ", phrases::share(own.share)));
        }
        line.extend(action(&own.action));
    }
    line
}

/// What a row does, in one cell.
pub fn action(action: &Arc<Action>) -> Line {
    match action.as_ref() {
        Action::Forward(forward) => {
            let mut line = Line::of(Role::Guide, "→ ");
            let split = forward.destinations.len() > 1;
            for (at, destination) in forward.destinations.iter().enumerate() {
                if at > 0 {
                    line.push(Role::Dim, ", ");
                }
                if split {
                    line.push(Role::Text, format!("{} ", phrases::share(destination.share)));
                }
                if destination.state.is_broken() {
                    line.push(Role::Error, format!("✗ {} ", destination.state.status()));
                }
                if destination.kind != "Service" {
                    line.push(Role::Dim, format!("{} ", destination.kind));
                }
                line.push(Role::Backend, phrases::destination_name(destination));
            }
            line
        }
        Action::Redirect(redirect) => Line::of(Role::Guide, "↪ ").with(Role::Answer, phrases::redirect(redirect)),
        Action::Respond(respond) if respond.reason == RespondReason::FilterDecides => {
            Line::of(Role::Warning, "? ").with(Role::Dim, respond.reason.name())
        }
        Action::Respond(respond) => {
            let role = if respond.status >= 500 { Role::Error } else { Role::Answer };
            let glyph = if respond.status >= 500 { "✗ " } else { "↪ " };
            Line::of(role, format!("{glyph}{} ", respond.status)).with(Role::Dim, respond.reason.name())
        }
    }
}

/// Rows as aligned columns: with file and line where they fit, on two lines where even the owner does not.
fn table(rows: &[Cells], width: Option<usize>, lines: &mut Vec<Line>) {
    let widest = |cell: fn(&Cells) -> usize| rows.iter().map(cell).max().unwrap_or(0);
    let cap = |column: usize| if width.is_some() { column.min(COLUMN) } else { column };
    let number = widest(|row| row.number.len());
    let widest_matcher = widest(|row| row.matcher.width());
    let mut matcher = cap(widest_matcher);
    let action = cap(widest(|row| row.action.width()));
    let owner = widest(|row| row.owner.width());
    let place = widest(|row| row.place.width());
    let full = 4 + number + 2 + matcher + 2 + action + 2 + owner;
    let (one_line, with_place) = match width {
        None => (true, true),
        Some(width) => (full <= width, full + 2 + place <= width),
    };
    if let Some(width) = width.filter(|_| !one_line) {
        matcher = widest_matcher.min(width * 2 / 3);
    }
    for row in rows {
        let mut line = Line::of(Role::Dim, format!("    {:>number$}  ", row.number));
        let left = line.width();
        line.extend(row.matcher.clone());
        line.pad_to(left + matcher);
        line.push(Role::Text, "  ");
        line.extend(row.action.clone());
        if one_line {
            line.pad_to(left + matcher + 2 + action);
            line.push(Role::Text, "  ");
            line.extend(row.owner.clone());
            if with_place {
                line.pad_to(left + matcher + 2 + action + 2 + owner);
                line.push(Role::Text, "  ");
                line.extend(row.place.clone());
            }
            lines.push(line);
        } else {
            lines.push(line);
            let mut second = Line::of(Role::Text, " ".repeat(left + 2)).with_line(row.owner.clone());
            if !row.place.is_empty() {
                second.push(Role::Text, "  ");
                second.extend(row.place.clone());
            }
            lines.push(second);
        }
        if let Some(note) = &row.note {
            lines.push(Line::of(Role::Text, " ".repeat(left + 2)).with_line(note.clone()));
        }
    }
}
