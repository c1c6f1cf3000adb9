//! Lists a view of a world. Off the drawing task: a large world has hundreds of thousands of rows.

use std::sync::Arc;

use ahash::AHashMap;

use super::{Column, Entry, Group, Sheet, Sort, View, What};
use routescope_core::finding::{Finding, Severity, Subject};
use routescope_core::model::ObjectKey;
use routescope_core::resolve::{Action, Destination, MatchState, RootId, RuleNodeId};
use routescope_core::router::{GatewayTable, VirtualHost};
use routescope_render::natural;
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::phrases;
use routescope_render::routes;
use routescope_render::style::{Line, Role};
use routescope_render::width::Width;

use crate::tui::locator::Locator;
use crate::tui::widget::row::narrowest;

/// How many rows a view lists at most.
const ROWS_AT_MOST: usize = 1_000_000;

/// How many rows of a heading tell how wide the columns are, and how many rows of all.
const MEASURED_EACH: usize = 200;
const MEASURED_AT_MOST: usize = 2_000;

/// How deep rows that hand on are followed.
const DEPTH_AT_MOST: usize = 64;

impl Sheet {
    /// Lists a view. `superseded` ends it when nobody waits for it any more.
    pub fn of(outline: &Arc<Outline>, view: View, sort: Sort, superseded: &dyn Fn() -> bool) -> Option<Self> {
        let mut sheet = Self {
            view,
            sort,
            outline: Arc::clone(outline),
            groups: Vec::new(),
            entries: Vec::new(),
            is_cut: false,
            is_several: outline.roots().iter().filter(|node| matches!(node, NodeRef::Gateway(_))).count() > 1,
            columns: Vec::new(),
            texts: std::sync::OnceLock::new(),
        };
        match view {
            View::Tree => {}
            View::Table => sheet.list_table(superseded)?,
            View::Backends => sheet.list_backends(superseded)?,
            View::Owners => sheet.list_owners(superseded)?,
            View::Findings => sheet.list_findings(),
        }
        sheet.measure();
        Some(sheet)
    }

    /// Measures the columns, by the first rows of each heading.
    fn measure(&mut self) {
        let mut columns: Vec<Column> = Vec::new();
        let first = self.groups.iter().flat_map(|group| group.entries.clone().take(MEASURED_EACH));
        for at in first.take(MEASURED_AT_MOST) {
            for (column, cell) in self.cells(at).into_iter().enumerate() {
                columns.resize(columns.len().max(column + 1), Column::default());
                let wide = &mut columns[column];
                wide.whole = wide.whole.max(cell.width());
                wide.narrowest = wide.narrowest.max(path_width(&cell).unwrap_or_else(|| narrowest(cell).width()));
            }
        }
        // Numbers grow towards the end, and tell nothing once they are cut.
        let numbers = self.entries.iter().filter_map(|entry| match &entry.what {
            What::Row(number) => Some(number.len()),
            _ => None,
        });
        if let (Some(widest), Some(column)) = (numbers.max(), columns.first_mut()) {
            (column.whole, column.narrowest) = (column.whole.max(widest), column.narrowest.max(widest));
        }
        self.columns = columns;
    }

    /// The rows of every virtual host, in evaluation order or sorted within it.
    fn list_table(&mut self, superseded: &dyn Fn() -> bool) -> Option<()> {
        let outline = Arc::clone(&self.outline);
        let analysis = Arc::clone(outline.analysis());
        let slots = Slots::of(&outline);
        for table in analysis.table.gateways.iter().filter(|table| outline.keeps(NodeRef::Gateway(table.node))) {
            for host in &table.virtual_hosts {
                if superseded() {
                    return None;
                }
                let first = self.entries.len();
                for (at, row) in (1_usize..).zip(host.rows.iter()) {
                    if self.entries.len() >= ROWS_AT_MOST {
                        self.is_cut = true;
                        break;
                    }
                    let node = slots.node(&outline, table.node, &host.hostname, *row);
                    if node.is_some_and(|node| !outline.keeps(node)) {
                        continue;
                    }
                    self.entries.push(Entry { node, what: What::Row(at.to_string().into_boxed_str()) });
                    self.list_below(&slots, (table, host), &at.to_string(), *row, 0);
                }
                if self.entries.len() > first {
                    sort_rows(&outline, &mut self.entries[first..], self.sort);
                    let node = slots.hosts.get(&(table.node, host.hostname.as_str())).copied().map(NodeRef::Hosts);
                    self.group(host_title(table, host), rejection(host), None, node, first);
                }
            }
        }
        Some(())
    }

    /// The rows that a row hands on to, hop by hop.
    fn list_below(
        &mut self,
        slots: &Slots<'_>,
        of: (&GatewayTable, &VirtualHost),
        number: &str,
        row: RuleNodeId,
        depth: usize,
    ) {
        let outline = Arc::clone(&self.outline);
        let hop = outline.hop(row);
        if !matches!(hop.state, MatchState::WeightedDelegation(_)) || depth >= DEPTH_AT_MOST {
            return;
        }
        for (at, (_, below)) in (1_usize..).zip(routes::below(outline.analysis(), hop)) {
            if self.entries.len() >= ROWS_AT_MOST {
                self.is_cut = true;
                return;
            }
            let number = format!("{number}.{at}");
            let node = slots.node(&outline, of.0.node, &of.1.hostname, below);
            self.entries.push(Entry { node, what: What::Row(number.clone().into_boxed_str()) });
            self.list_below(slots, of, &number, below, depth + 1);
        }
    }

    /// Each Service or Backend, with every rule that leads to it from every Gateway.
    fn list_backends(&mut self, superseded: &dyn Fn() -> bool) -> Option<()> {
        let outline = Arc::clone(&self.outline);
        let mut places: AHashMap<Target, usize> = AHashMap::new();
        let mut groups: Vec<(Target, Destination, Vec<NodeRef>)> = Vec::new();
        self.is_cut = !each_match(&outline, superseded, |_, node| {
            let NodeRef::Match(_, hop) = node else { return };
            let Some(Action::Forward(forward)) = outline.hop(hop).own_action().map(AsRef::as_ref) else { return };
            for destination in &forward.destinations {
                let target = Target::of(destination);
                let at = *places.entry(target.clone()).or_insert_with(|| {
                    groups.push((target, destination.clone(), Vec::new()));
                    groups.len() - 1
                });
                if groups[at].2.last() != Some(&node) {
                    groups[at].2.push(node);
                }
            }
        })?;
        groups.sort_by(|(a, ..), (b, ..)| a.compare(b));
        for (target, destination, mut nodes) in groups {
            if superseded() {
                return None;
            }
            by_host(&outline, &mut nodes);
            let first = self.entries.len();
            self.entries.extend(nodes.into_iter().map(|node| Entry { node: Some(node), what: What::Way }));
            let kind = match destination.kind.as_str() {
                "" | "Service" => Some("Service"),
                "Backend" => Some("Backend"),
                _ => None,
            };
            let key = ObjectKey::new(target.namespace, target.name);
            let subject = kind.map(|kind| Subject { kind, key });
            let note = match phrases::destination_trouble(&destination) {
                Some(why) if destination.state.is_broken() => {
                    Line::of(Role::Error, format!("✗ {}: {why}", destination.state.status()))
                }
                Some(_) => Line::of(Role::Dim, phrases::unverified(&destination)),
                None => Line::new(),
            };
            self.group(phrases::destination(&destination, ""), note, subject, None, first);
        }
        Some(())
    }

    /// Each namespace, with the prefixes that its routes take or hand on, by host.
    fn list_owners(&mut self, superseded: &dyn Fn() -> bool) -> Option<()> {
        let outline = Arc::clone(&self.outline);
        let mut places: AHashMap<&str, usize> = AHashMap::new();
        let mut groups: Vec<(&str, Vec<NodeRef>)> = Vec::new();
        self.is_cut = !each_match(&outline, superseded, |_, node| {
            let Some(route) = outline.route_of(node) else { return };
            let namespace = route.meta.namespace.as_str();
            let at = *places.entry(namespace).or_insert_with(|| {
                groups.push((namespace, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(node);
        })?;
        groups.sort_by(|(a, _), (b, _)| natural::compare(a, b));
        for (namespace, mut nodes) in groups {
            if superseded() {
                return None;
            }
            by_host(&outline, &mut nodes);
            let first = self.entries.len();
            let mut routes: Vec<_> = nodes.iter().filter_map(|node| outline.route_of(*node)).collect();
            routes.sort_by_key(|route| Arc::as_ptr(route));
            routes.dedup_by(|a, b| Arc::ptr_eq(a, b));
            let count = format!("  {}", phrases::count(routes.len(), "route"));
            let title = Line::of(Role::Namespace, namespace.to_owned()).with(Role::Dim, count);
            self.entries.extend(nodes.into_iter().map(|node| Entry { node: Some(node), what: What::Way }));
            self.group(title, Line::new(), None, None, first);
            if let Some(group) = self.groups.last_mut() {
                namespace.clone_into(&mut group.name);
            }
        }
        Some(())
    }

    /// The findings, the worst first.
    fn list_findings(&mut self) {
        let outline = Arc::clone(&self.outline);
        let findings = &outline.analysis().findings;
        let locator = Locator::of(&outline);
        for (severity, word, role) in [
            (Severity::Error, "error", Role::Error),
            (Severity::Warning, "warning", Role::Warning),
            (Severity::Info, "note", Role::Dim),
        ] {
            let first = self.entries.len();
            let of = findings.iter().enumerate().filter(|(_, finding)| finding.severity == severity);
            self.entries.extend(of.map(|(at, finding): (usize, &Finding)| Entry {
                node: locator.finding(finding),
                what: What::Finding(at),
            }));
            if self.entries.len() > first {
                let title = Line::of(role, phrases::count(self.entries.len() - first, word));
                self.group(title, Line::new(), None, None, first);
                if let Some(group) = self.groups.last_mut() {
                    word.clone_into(&mut group.name);
                }
            }
        }
    }

    fn group(&mut self, title: Line, odd: Line, subject: Option<Subject>, node: Option<NodeRef>, first: usize) {
        let name = title.plain();
        self.groups.push(Group { title, note: odd, name, subject, node, entries: first..self.entries.len() });
    }
}

/// How wide a match is up to the end of its path; `None` for what is not a match.
fn path_width(cell: &Line) -> Option<usize> {
    let path = cell.spans.iter().position(|span| span.role == Role::Path)?;
    Some(cell.spans[..=path].iter().map(|span| span.text.width()).sum())
}

/// Calls `take` with the hosts and the node of every match that is served and not dropped, in the order of the tree.
/// `false` where there are more than are listed; `None` where nobody waits any more.
fn each_match(
    outline: &Outline,
    superseded: &dyn Fn() -> bool,
    mut take: impl FnMut(NodeRef, NodeRef),
) -> Option<bool> {
    let mut left = ROWS_AT_MOST;
    for gateway in outline.roots() {
        for hosts in outline.children(gateway).into_iter().filter(|node| matches!(node, NodeRef::Hosts(_))) {
            let mut stack = outline.children(hosts);
            stack.reverse();
            while let Some(node) = stack.pop() {
                if let NodeRef::Match(_, hop) = node
                    && !matches!(outline.hop(hop).state, MatchState::Dropped(_))
                {
                    if left == 0 {
                        return Some(false);
                    }
                    left -= 1;
                    if left.is_multiple_of(4_096) && superseded() {
                        return None;
                    }
                    take(hosts, node);
                }
                let mut below = outline.children(node);
                below.reverse();
                stack.append(&mut below);
            }
        }
    }
    Some(true)
}

/// A backend, port and all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Target {
    kind: String,
    namespace: String,
    name: String,
    port: Option<u16>,
}

impl Target {
    fn of(destination: &Destination) -> Self {
        let Destination { kind, namespace, name, port, .. } = destination;
        let kind = if kind.is_empty() { "Service".to_owned() } else { kind.to_string() };
        Self { kind, namespace: namespace.to_string(), name: name.to_string(), port: *port }
    }

    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        natural::compare(&self.namespace, &other.namespace)
            .then_with(|| natural::compare(&self.name, &other.name))
            .then_with(|| (&self.kind, self.port).cmp(&(&other.kind, other.port)))
    }
}

/// Orders matches by host, then by path.
fn by_host(outline: &Outline, nodes: &mut [NodeRef]) {
    nodes.sort_by_cached_key(|node| {
        let host = super::cells::host_of(outline, *node).map_or_else(String::new, |(host, _)| host.to_owned());
        (NaturalKey(host), NaturalKey(path_of(outline, *node).to_owned()))
    });
}

#[derive(PartialEq, Eq)]
struct NaturalKey(String);

impl Ord for NaturalKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural::compare(&self.0, &other.0)
    }
}

impl PartialOrd for NaturalKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn path_of(outline: &Outline, node: NodeRef) -> &str {
    match node {
        NodeRef::Match(_, hop) => outline.hop(hop).matcher.path.value.as_str(),
        _ => "",
    }
}

/// Sorts the rows of one virtual host.
fn sort_rows(outline: &Outline, rows: &mut [Entry], sort: Sort) {
    let key = |entry: &Entry| -> String {
        let Some(node) = entry.node else { return String::new() };
        match (sort, node) {
            (Sort::Path, node) => path_of(outline, node).to_owned(),
            (Sort::Action, NodeRef::Match(_, hop)) => super::cells::does(outline, hop).plain(),
            (Sort::Owner, node) => outline.route_of(node).map(|route| route.meta.key().to_string()).unwrap_or_default(),
            _ => String::new(),
        }
    };
    if sort != Sort::Order {
        rows.sort_by_cached_key(|entry| NaturalKey(key(entry)));
    }
}

/// Which attachment of a tree a row of the table belongs to.
struct Slots<'o> {
    slots: AHashMap<(u32, &'o str, RootId), u32>,
    hosts: AHashMap<(u32, &'o str), u32>,
}

impl<'o> Slots<'o> {
    fn of(outline: &'o Outline) -> Self {
        let (mut slots, mut places) = (AHashMap::new(), AHashMap::new());
        for gateway in outline.roots() {
            let NodeRef::Gateway(number) = gateway else { continue };
            for node in outline.children(gateway) {
                let NodeRef::Hosts(hosts) = node else { continue };
                let names = &outline.hosts(hosts).hostnames;
                for name in names {
                    places.entry((number, name.as_str())).or_insert(hosts);
                }
                for child in outline.children(node) {
                    let NodeRef::Route(slot) = child else { continue };
                    let root = outline.attached(slot).root;
                    for name in names {
                        slots.entry((number, name.as_str(), root)).or_insert(slot);
                    }
                }
            }
        }
        Self { slots, hosts: places }
    }

    fn node(&self, outline: &Outline, gateway: u32, host: &str, row: RuleNodeId) -> Option<NodeRef> {
        let root = outline.analysis().tree.root_of(row);
        self.slots.get(&(gateway, host, root)).map(|slot| NodeRef::Match(*slot, row))
    }
}

fn host_title(table: &GatewayTable, host: &VirtualHost) -> Line {
    let protocol = host.protocol.name().to_lowercase();
    let name = if host.hostname == "*" { "any host".to_owned() } else { host.hostname.to_string() };
    let mut line = Line::of(Role::Host, name).with(Role::Listener, format!(" :{} {protocol}", host.port));
    if let Some(sni) = host.sni.as_ref().filter(|sni| **sni != host.hostname && **sni != "*") {
        line.push(Role::Dim, format!(" · SNI {sni}"));
    }
    line.push(Role::Dim, "  Gateway ");
    line.push(Role::Namespace, format!("{}/", table.gateway.namespace));
    line.push(Role::Gateway, table.gateway.name.to_string());
    line
}

fn rejection(host: &VirtualHost) -> Line {
    match host.rejections.first() {
        Some(rejection) => Line::of(Role::Error, format!("✗ Envoy refuses this table: {}", rejection.problem)),
        None => Line::new(),
    }
}
