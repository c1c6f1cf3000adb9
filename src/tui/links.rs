//! The names in the detail pane that lead somewhere: a parent, a child, a policy, a Service.

use super::context_pane::PaneContent;
use super::locate;
use super::object;
use routescope_core::finding::Subject;
use routescope_core::model::{Name, ObjectKey};
use routescope_core::resolve::{ChildId, LinkId};
use routescope_render::outline::NodeRef;
use routescope_render::style::Line;

/// How many places one line leads to at most.
const TARGETS_AT_MOST: usize = 30;

/// Where a name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a node of the tree, which is called so.
    Node(NodeRef, String),
    /// To an object.
    Object(Subject),
}

impl Target {
    /// What it is called, to be picked from a list.
    pub fn name(&self) -> String {
        match self {
            Self::Node(_, name) => name.clone(),
            Self::Object(subject) => subject.to_string(),
        }
    }

    /// The letters that stand for it in a line.
    pub fn written(&self) -> &str {
        match self {
            Self::Node(_, name) => name.rsplit(' ').next().unwrap_or(name),
            Self::Object(subject) => &subject.key.name,
        }
    }
}

/// Where the names in a line of the detail pane lead. `name` is what the line is called, `nth` which of the lines of that
/// name it is, `node` what the pane tells of.
pub fn of(world: &PaneContent, node: Option<NodeRef>, (name, nth): (&str, usize), line: &Line) -> Vec<Target> {
    let mut targets = structure(world, node, name, nth);
    let namespace = node.and_then(|node| world.outline.route_of(node)).map(|route| route.meta.namespace.clone());
    for target in names(world, &line.plain(), namespace.as_ref()) {
        let known = |other: &Target| other.name() == target.name() || target_is(world, &target, other);
        if !targets.iter().any(known) && !is_itself(world, node, &target) {
            targets.push(target);
        }
    }
    targets.truncate(TARGETS_AT_MOST);
    targets
}

/// Whether a name leads to where the pane is.
fn is_itself(world: &PaneContent, node: Option<NodeRef>, target: &Target) -> bool {
    let (Some(node), Target::Object(subject)) = (node, target) else { return false };
    let is_object = matches!(node, NodeRef::Gateway(_) | NodeRef::Route(_) | NodeRef::Child(..));
    is_object
        && locate::object(&world.outline, node).is_some_and(|(kind, key)| kind == subject.kind && key == subject.key)
}

/// Whether a name is that of a node that is known already.
fn target_is(world: &PaneContent, target: &Target, node: &Target) -> bool {
    let (Target::Object(subject), Target::Node(node, _)) = (target, node) else { return false };
    locate::object(&world.outline, *node).is_some_and(|(kind, key)| kind == subject.kind && key == subject.key)
}

/// What the structure of the tree says better than a name: the rule above, the routes that a ref selects.
fn structure(world: &PaneContent, node: Option<NodeRef>, name: &str, nth: usize) -> Vec<Target> {
    let outline = &world.outline;
    let called = |node: NodeRef| {
        let route = outline.route_of(node).map(|route| route.meta.key().to_string()).unwrap_or_default();
        match node {
            NodeRef::Match(_, hop) => format!("rule {} of {route}", outline.hop(hop).rule + 1),
            _ => format!("route {route}"),
        }
    };
    let target = |node: NodeRef| Target::Node(node, called(node));
    match (name, node) {
        ("under", Some(NodeRef::Match(slot, hop))) => {
            locate::parent_hop(outline, hop).map(|above| target(NodeRef::Match(slot, above))).into_iter().collect()
        }
        ("via", Some(NodeRef::Child(slot, child))) => {
            vec![target(NodeRef::Match(slot, outline.link(outline.child(child).link).hop))]
        }
        ("delegates", Some(NodeRef::Match(slot, hop))) => {
            let link = outline.hop(hop).links.clone().nth(nth).map(LinkId);
            let children = link.map(|link| outline.link(link).children.clone()).unwrap_or_default();
            children.map(|child| target(NodeRef::Child(slot, ChildId(child)))).take(TARGETS_AT_MOST).collect()
        }
        ("selects" | "found", Some(NodeRef::Link(slot, link))) => {
            let children = outline.link(link).children.clone();
            children.map(|child| target(NodeRef::Child(slot, ChildId(child)))).take(TARGETS_AT_MOST).collect()
        }
        _ => Vec::new(),
    }
}

/// The objects that a text names: `namespace/name` of any kind, and a name behind its kind, which is in `namespace`.
fn names(world: &PaneContent, text: &str, namespace: Option<&Name>) -> Vec<Target> {
    let snapshot = &world.analysis.snapshot;
    let mut found = Vec::new();
    let mut before = "";
    for token in text.split(|letter: char| letter.is_whitespace() || ",;()\"'`".contains(letter)) {
        let token = token.trim_matches(['.', ':']);
        if token.is_empty() {
            continue;
        }
        let name = token.split_once(':').map_or(token, |(name, _)| name);
        let key = match name.split_once('/') {
            Some((space, name)) if is_name(space) && is_name(name) => {
                Some(ObjectKey::new(Name::from(space), Name::from(name)))
            }
            None if is_name(name) => {
                namespace.filter(|_| is_kind(before)).map(|space| ObjectKey::new(space.clone(), Name::from(name)))
            }
            _ => None,
        };
        if let Some(key) = key {
            let kinds = object::kinds(snapshot, &key);
            let exact = kinds.iter().find(|kind| **kind == before).copied();
            let wanted = exact.map_or(kinds, |kind| vec![kind]);
            found.extend(wanted.into_iter().map(|kind| Target::Object(Subject { kind, key: key.clone() })));
        }
        before = token;
    }
    found
}

/// Whether a text may be the name of an object.
fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    !text.is_empty() && text.len() <= 253 && text.bytes().all(letter)
}

fn is_kind(word: &str) -> bool {
    matches!(
        word,
        "Service"
            | "Backend"
            | "HTTPRoute"
            | "GRPCRoute"
            | "Gateway"
            | "ListenerSet"
            | "TrafficPolicy"
            | "DirectResponse"
    )
}

/// Where a line of YAML leads: the object that its `name:` names, in the namespace that stands beside it.
pub fn of_yaml(world: &PaneContent, node: Option<NodeRef>, lines: &[&str], at: usize) -> Vec<Target> {
    let value = |line: &str, key: &str| {
        let (_, rest) = line.split_once(key)?;
        let value = rest.split([',', '}', '#']).next()?.trim().trim_matches(['"', '\'']);
        is_name(value).then(|| value.to_owned())
    };
    let Some(name) = lines.get(at).and_then(|line| value(line, "name:")) else { return Vec::new() };
    let mut near = lines.iter().enumerate().filter(|(index, _)| index.abs_diff(at) <= 2);
    let beside = near.find_map(|(_, line)| value(line, "namespace:"));
    let own = || node.and_then(|node| locate::object(&world.outline, node)).map(|(_, key)| key.namespace.to_string());
    let Some(namespace) = beside.or_else(own) else { return Vec::new() };
    let key = ObjectKey::new(namespace, name);
    let kinds = object::kinds(&world.analysis.snapshot, &key);
    let targets = kinds.into_iter().map(|kind| Target::Object(Subject { kind, key: key.clone() }));
    targets.filter(|target| !is_itself(world, node, target)).collect()
}
