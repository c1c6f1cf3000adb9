//! The tree as a drawing for others to lay out: mermaid and dot, from one small graph.
//!
//! A route stands at every place it is reached from; a backend stands once, since that is where traffic meets.

use std::fmt::Write as _;
use std::sync::Arc;

use ahash::AHashMap;

use crate::outline::{Health, NodeRef, Outline};
use crate::phrases;
use crate::rows::respond_detail;
use routescope_core::resolve::{Action, Destination, RespondReason, is_starved};
use routescope_core::visible::is_invisible;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NodeStyle {
    Gateway,
    Hosts,
    Route,
    Match,
    Select,
    Backend,
    Answer,
}

struct Node {
    shape: NodeStyle,
    /// The text, a line each.
    text: Vec<String>,
    health: Health,
}

struct Edge {
    from: usize,
    to: usize,
    text: String,
    broken: bool,
}

#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    backends: AHashMap<String, usize>,
}

impl Graph {
    fn of(outline: &Outline) -> Self {
        let mut graph = Self::default();
        let mut stack: Vec<(NodeRef, Option<usize>)> = outline.roots().into_iter().rev().map(|n| (n, None)).collect();
        while let Some((node, above)) = stack.pop() {
            let place = graph.add(outline, node, above);
            // A match draws its own backends.
            let children = outline.children(node).into_iter().rev();
            stack.extend(children.filter(|c| !matches!(c, NodeRef::Backend(..))).map(|child| (child, Some(place))));
        }
        graph
    }

    fn node(&mut self, shape: NodeStyle, text: Vec<String>, health: Health) -> usize {
        self.nodes.push(Node { shape, text, health });
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, text: impl Into<String>, broken: bool) {
        self.edges.push(Edge { from, to, text: text.into(), broken });
    }

    /// Adds what stands for `node`; returns what its children are attached to.
    fn add(&mut self, outline: &Outline, node: NodeRef, above: Option<usize>) -> usize {
        let label = outline.label(node);
        let shape = match node {
            NodeRef::Gateway(_) => NodeStyle::Gateway,
            NodeRef::Hosts(_) | NodeRef::Loose => NodeStyle::Hosts,
            NodeRef::Match(..) => NodeStyle::Match,
            NodeRef::Link(..) => NodeStyle::Select,
            _ => NodeStyle::Route,
        };
        let mut text = match node {
            NodeRef::Match(_, hop) => vec![phrases::matcher(&outline.hop(hop).matcher).plain()],
            _ => vec![label.main.plain()],
        };
        let answers = matches!(node, NodeRef::Match(_, hop) if outline.hop(hop).action().is_some());
        if !label.note.is_empty() && !answers {
            text.push(label.note.plain());
        }
        let place = self.node(shape, text, label.health);
        if let Some(above) = above {
            self.edge(above, place, "", label.health >= Health::Out);
        }
        let NodeRef::Match(_, hop) = node else { return place };
        let hop = outline.hop(hop);
        match hop.action().map(Arc::as_ref) {
            Some(Action::Forward(forward)) => {
                let split = forward.destinations.len() > 1;
                for destination in &forward.destinations {
                    let starved = is_starved(&outline.analysis().snapshot, destination);
                    let broken = destination.state.is_broken() || starved;
                    let backend = self.backend(destination, starved);
                    let text = if split { phrases::share(destination.share) } else { String::new() };
                    self.edge(place, backend, text, broken);
                }
            }
            Some(Action::Redirect(redirect)) => {
                let answer = self.node(NodeStyle::Answer, vec![phrases::redirect(redirect)], Health::Fine);
                self.edge(place, answer, "", false);
            }
            Some(Action::Respond(respond)) => {
                let status = match respond.reason {
                    RespondReason::FilterDecides => "?".to_owned(),
                    _ => respond.status.to_string(),
                };
                let text = vec![status, respond_detail(&respond.detail)];
                let answer = self.node(NodeStyle::Answer, text, label.health);
                self.edge(place, answer, "", label.health == Health::Broken);
            }
            None => {}
        }
        match outline.only_link(hop) {
            Some(link) => {
                let via = phrases::via(&outline.link(link).via, &outline.analysis().settings).plain();
                let broken = outline.link(link).broken.is_some();
                let health = if broken { Health::Broken } else { Health::Fine };
                let select = self.node(NodeStyle::Select, vec![via], health);
                self.edge(place, select, "", broken);
                select
            }
            None => place,
        }
    }

    fn backend(&mut self, destination: &Destination, starved: bool) -> usize {
        let trouble = phrases::destination_trouble(destination).filter(|_| destination.state.is_broken());
        let trouble = trouble.map(|why| format!("✗ 500: {why}"));
        let trouble = trouble.or_else(|| starved.then(|| "✗ 503: no ready endpoints".to_owned()));
        let name = format!("{}/{}", destination.kind, phrases::destination_name(destination));
        let key = format!("{name} {}", destination.state.name());
        if let Some(known) = self.backends.get(&key) {
            return *known;
        }
        let health = if trouble.is_some() { Health::Broken } else { Health::Fine };
        let text = std::iter::once(name).chain(trouble).collect();
        let node = self.node(NodeStyle::Backend, text, health);
        self.backends.insert(key, node);
        node
    }
}

/// The outline as a mermaid flowchart.
pub fn mermaid(outline: &Outline) -> String {
    let graph = Graph::of(outline);
    let mut out = String::from("flowchart LR\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let (open, close) = match node.shape {
            NodeStyle::Gateway => ("([", "])"),
            NodeStyle::Hosts => ("[/", "/]"),
            NodeStyle::Route => ("[", "]"),
            NodeStyle::Match => ("(", ")"),
            NodeStyle::Select => ("{{", "}}"),
            NodeStyle::Backend => ("[(", ")]"),
            NodeStyle::Answer => (">", "]"),
        };
        let text: Vec<String> = node.text.iter().map(|line| mermaid_text(line)).collect();
        let class = class(node.health);
        let _ = writeln!(out, "  n{at}{open}\"{}\"{close}{class}", text.join("<br/>"));
    }
    for edge in &graph.edges {
        let arrow = if edge.broken { "-.->" } else { "-->" };
        let text = if edge.text.is_empty() { String::new() } else { format!("|\"{}\"|", mermaid_text(&edge.text)) };
        let _ = writeln!(out, "  n{} {arrow}{text} n{}", edge.from, edge.to);
    }
    out.push_str("  classDef broken stroke:#c62828,stroke-width:2px,color:#c62828\n");
    out.push_str("  classDef out stroke:#9e9e9e,stroke-dasharray:4 3,color:#757575\n");
    out
}

fn class(health: Health) -> &'static str {
    match health {
        Health::Fine | Health::Odd => "",
        Health::Out => ":::out",
        Health::Broken => ":::broken",
    }
}

/// Text inside a quoted mermaid label: its own syntax is written as entities.
fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '&' => out.push_str("#amp;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '`' => out.push_str("#96;"),
            '\\' => out.push_str("#92;"),
            c if is_invisible(c) => {
                out.push_str("#92;");
                out.extend(c.escape_default().skip(1));
            }
            c => out.push(c),
        }
    }
    out
}

/// The outline as a Graphviz digraph.
pub fn dot(outline: &Outline) -> String {
    let graph = Graph::of(outline);
    let mut out = String::from("digraph routescope {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=11];\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let shape = match node.shape {
            NodeStyle::Gateway => "house",
            NodeStyle::Hosts => "parallelogram",
            NodeStyle::Route => "box",
            NodeStyle::Match => "ellipse",
            NodeStyle::Select => "hexagon",
            NodeStyle::Backend => "cylinder",
            NodeStyle::Answer => "note",
        };
        let style = match node.health {
            Health::Fine | Health::Odd => "",
            Health::Out => ", style=dashed, color=gray50, fontcolor=gray40",
            Health::Broken => ", color=red3, fontcolor=red3, penwidth=2",
        };
        let text: Vec<String> = node.text.iter().map(|line| dot_text(line)).collect();
        let _ = writeln!(out, "  n{at} [shape={shape}, label=\"{}\"{style}];", text.join("\\n"));
    }
    for edge in &graph.edges {
        let mut attributes = Vec::new();
        if !edge.text.is_empty() {
            attributes.push(format!("label=\"{}\"", dot_text(&edge.text)));
        }
        if edge.broken {
            attributes.push("style=dashed".to_owned());
        }
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        let _ = writeln!(out, "  n{} -> n{}{attributes};", edge.from, edge.to);
    }
    out.push_str("}\n");
    out
}

/// Text inside a quoted dot string.
fn dot_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_invisible(c) => {
                out.push('\\');
                out.extend(c.escape_default());
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        assert_eq!(mermaid_text("a\"b#c<\n"), "a#quot;b#35;c#lt;#92;n");
        assert_eq!(dot_text("a\"b\\c\n"), "a\\\"b\\\\c\\\\n");
    }
}
