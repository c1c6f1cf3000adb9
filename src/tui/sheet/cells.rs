//! What a row of a view says, column by column.

use super::{Sheet, View, What};
use routescope_core::finding::Severity;
use routescope_core::resolve::{MatchState, RuleNodeId};
use routescope_render::findings;
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::phrases;
use routescope_render::routes;
use routescope_render::style::{Line, Role};

impl Sheet {
    /// The columns of a row.
    pub fn cells(&self, at: usize) -> Vec<Line> {
        let Some(entry) = self.entries.get(at) else { return Vec::new() };
        let outline = &*self.outline;
        match (&entry.what, entry.node) {
            (What::Finding(index), _) => vec![finding(outline, *index)],
            (What::Row(number), Some(node @ NodeRef::Match(_, hop))) => vec![
                Line::of(Role::Dim, number.to_string()),
                matcher(outline, hop, number.matches('.').count()),
                does(outline, hop),
                owner(outline, node, true),
            ],
            (What::Row(number), _) => vec![Line::of(Role::Dim, number.to_string())],
            (What::Way, Some(node @ NodeRef::Match(_, hop))) => {
                let host = host_of(outline, node);
                let (name, rest) = host.unwrap_or(("", 0));
                let mut cell = Line::of(Role::Host, if name == "*" { "any host".to_owned() } else { name.to_owned() });
                if rest > 0 {
                    cell.push(Role::Dim, format!(" +{rest}"));
                }
                // The heading over the owners' rows has the namespace.
                let owner = owner(outline, node, self.view != View::Owners);
                let mut cells = vec![cell, matcher(outline, hop, 0), owner];
                match self.view {
                    View::Owners => cells.push(does(outline, hop)),
                    _ if self.is_several => cells.push(gateway(outline, node)),
                    _ => {}
                }
                cells
            }
            (What::Way, _) => Vec::new(),
        }
    }
}

/// The first host that a match is served for, and how many more there are.
pub fn host_of(outline: &Outline, node: NodeRef) -> Option<(&str, usize)> {
    let mut at = node;
    while let Some(above) = outline.parent(at) {
        if let NodeRef::Hosts(hosts) = above {
            let names = &outline.hosts(hosts).hostnames;
            return names.first().map(|name| (name.as_str(), names.len() - 1));
        }
        at = above;
    }
    None
}

fn matcher(outline: &Outline, hop: RuleNodeId, depth: usize) -> Line {
    Line::of(Role::Guide, "  ".repeat(depth)).with_line(phrases::matcher(&outline.hop(hop).matcher))
}

/// What a rule does, or hands on to.
pub fn does(outline: &Outline, hop: RuleNodeId) -> Line {
    let hop = outline.hop(hop);
    let mut line = Line::new();
    if matches!(hop.state, MatchState::Delegates | MatchState::WeightedDelegation(_)) {
        for (at, link) in hop.links.clone().enumerate() {
            let via = &outline.link(routescope_core::resolve::LinkId(link)).via;
            line.push(Role::Guide, if at > 0 { ", ⇢ " } else { "⇢ " });
            line.extend(phrases::via(via, &outline.analysis().settings));
        }
    }
    if let Some(action) = hop.own_action() {
        if !line.is_empty() {
            line.push(Role::Dim, ", ");
        }
        line.extend(routes::action(action));
    }
    line
}

fn owner(outline: &Outline, node: NodeRef, with_namespace: bool) -> Line {
    let (Some(route), NodeRef::Match(_, hop)) = (outline.route_of(node), node) else { return Line::new() };
    let mut line = Line::new();
    if with_namespace {
        line.push(Role::Namespace, format!("{}/", route.meta.namespace));
    }
    line.with(Role::Route, route.meta.name.to_string()).with(Role::Dim, format!(" rule {}", outline.hop(hop).rule + 1))
}

fn gateway(outline: &Outline, node: NodeRef) -> Line {
    let Some(NodeRef::Gateway(at)) = outline.ancestry(node).first().copied() else { return Line::new() };
    let key = outline.gateway(at).gateway.meta.key();
    Line::of(Role::Namespace, format!("{}/", key.namespace)).with(Role::Gateway, key.name.to_string())
}

fn finding(outline: &Outline, index: usize) -> Line {
    let Some(finding) = outline.analysis().findings.get(index) else { return Line::new() };
    let (glyph, role) = match finding.severity {
        Severity::Error => ("✗ ", Role::Error),
        Severity::Warning => ("⚠ ", Role::Warning),
        Severity::Info => ("· ", Role::Dim),
    };
    let mut line = Line::of(role, glyph);
    if let Some(subject) = &finding.subject {
        line.push(Role::Route, format!("{subject}: "));
    }
    line.with(Role::Text, findings::message(finding))
}
