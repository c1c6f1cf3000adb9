//! What is known of every node of a world's tree, gathered once and beside the drawing task: what the filter searches, and
//! where the faults are.

use ahash::{AHashMap, AHashSet};

use routescope_core::model::ObjectKey;
use routescope_core::resolve::Action;
use routescope_render::outline::{Health, NodeRef, Outline};

/// How many nodes are looked at at most.
const NODES_AT_MOST: usize = 2_000_000;

/// What is known of every node.
#[derive(Debug, Default)]
pub struct Survey {
    /// The nodes in the order of the tree.
    pub nodes: Vec<Surveyed>,
    /// Where the faults are.
    pub faults: Faults,
}

/// What is known of a node.
#[derive(Debug)]
pub struct Surveyed {
    /// The node.
    pub node: NodeRef,
    /// How deep it stands, from 0.
    pub depth: u16,
    /// What it is searched by, in lower case.
    pub text: Box<str>,
}

/// The nodes where a client gets an error, or which take no part in routing.
#[derive(Debug, Default)]
pub struct Faults {
    /// The nodes themselves.
    pub own: AHashSet<NodeRef>,
    /// How many there are under a node, at any depth.
    pub under: AHashMap<NodeRef, u32>,
}

impl Faults {
    /// Whether a node has a fault, or stands above one.
    pub fn concern(&self, node: NodeRef) -> bool {
        self.own.contains(&node) || self.under.contains_key(&node)
    }

    /// How many there are.
    pub fn count(&self, outline: &Outline) -> u32 {
        let of = |node: NodeRef| self.under.get(&node).copied().unwrap_or_else(|| u32::from(self.own.contains(&node)));
        outline.roots().into_iter().map(of).sum()
    }
}

impl Survey {
    /// Looks at every node. `superseded` ends it when nobody waits for it any more.
    pub fn of(outline: &Outline, superseded: &dyn Fn() -> bool) -> Option<Self> {
        let mut survey = Self::default();
        let mut above: Vec<NodeRef> = Vec::new();
        let mut stack: Vec<(NodeRef, u16)> = outline.roots().into_iter().rev().map(|node| (node, 0)).collect();
        while let Some((node, depth)) = stack.pop() {
            if survey.nodes.len() >= NODES_AT_MOST {
                break;
            }
            if survey.nodes.len() % 1_024 == 0 && superseded() {
                return None;
            }
            above.truncate(usize::from(depth));
            let label = outline.label(node);
            if label.health >= Health::Out {
                survey.faults.add(node, &above);
            }
            let text = text(outline, node, label.main.plain());
            survey.nodes.push(Surveyed { node, depth, text: text.to_lowercase().into_boxed_str() });
            let below = outline.children(node);
            if !below.is_empty() {
                above.push(node);
                stack.extend(below.into_iter().rev().map(|below| (below, depth.saturating_add(1))));
            }
        }
        Some(survey)
    }

    /// A node's place in the order of the tree.
    pub fn place(&self, node: NodeRef) -> Option<usize> {
        self.nodes.iter().position(|one| one.node == node)
    }
}

impl Faults {
    /// A fault of a node. One that tells of what is under it does not count where that counts itself.
    fn add(&mut self, node: NodeRef, above: &[NodeRef]) {
        self.own.insert(node);
        let told = above.last().is_some_and(|parent| {
            matches!(parent, NodeRef::Match(..) | NodeRef::Link(..))
                && self.own.contains(parent)
                && !self.under.contains_key(parent)
        });
        for (depth, node) in above.iter().enumerate() {
            // The match above told of the first of them already.
            let again = told && depth + 1 < above.len();
            let count = self.under.entry(*node).or_insert(0);
            *count += u32::from(!again);
        }
    }
}

/// What a node is searched by: what its row says, what its route is called where it is copied, the labels it has, and
/// the full names of the backends.
fn text(outline: &Outline, node: NodeRef, mut text: String) -> String {
    let mut add = |word: &str| {
        text.push(' ');
        text.push_str(word);
    };
    match node {
        NodeRef::Route(_) | NodeRef::Child(..) | NodeRef::Unattached(_) | NodeRef::Orphan(_) => {
            if let Some(route) = outline.route_of(node) {
                add(&route.meta.key().to_string());
                route.meta.labels.iter().for_each(|(key, value)| add(&format!("{key}={value}")));
            }
        }
        NodeRef::Stream(..) | NodeRef::UnattachedStream(_) => {
            if let Some((route, _)) = outline.stream_of(node) {
                add(&route.meta.key().to_string());
            }
        }
        NodeRef::Match(..) | NodeRef::Backend(..) => backends(outline, node).iter().for_each(|name| add(name)),
        NodeRef::Gateway(_) | NodeRef::Hosts(_) | NodeRef::Link(..) | NodeRef::Loose => {}
    }
    text
}

/// The full names of the backends that a match or a backend row leads to: `namespace/name` and `namespace/name:port`.
pub fn backends(outline: &Outline, node: NodeRef) -> Vec<String> {
    let (hop, only) = match node {
        NodeRef::Match(_, hop) => (hop, None),
        NodeRef::Backend(_, hop, at) => (hop, Some(at as usize)),
        _ => return Vec::new(),
    };
    let Some(Action::Forward(forward)) = outline.hop(hop).own_action().map(AsRef::as_ref) else { return Vec::new() };
    let wanted = forward.destinations.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at));
    let names = wanted.flat_map(|(_, one)| {
        let key = ObjectKey::new(one.namespace.clone(), one.name.clone()).to_string();
        let with_port = one.port.map(|port| format!("{key}:{port}"));
        std::iter::once(key).chain(with_port)
    });
    names.collect()
}
