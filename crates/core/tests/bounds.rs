//! What a tree takes: no more than the input and the output, and never more than its budget. Counted, not timed.

use std::fmt::Write as _;

use routescope_core::analysis::Analysis;
use routescope_core::finding::Code;
use routescope_core::limits;
use routescope_core::resolve::{Attached, Child, Cut, Link, Notes, RuleNode, Settings, Tree, Uncertainty, build_tree};
use routescope_core::router::Request;
use routescope_core::store::Coverage;

const GATEWAY: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: g, namespace: default }
spec: { gatewayClassName: kgateway, listeners: [ { name: http, port: 80, protocol: HTTP } ] }
";

/// A world, written down route by route.
struct World(String);

impl World {
    fn new() -> Self {
        Self(GATEWAY.to_owned())
    }

    /// A route; `rules` are pairs of a path and a backendRef.
    fn route(&mut self, name: &str, spec: &str, rules: &[(String, String)]) -> &mut Self {
        let label = "labels: { delegation.kgateway.dev/label: x }";
        let _ = write!(
            self.0,
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{ name: {name}, namespace: \
             default, {label} }}\nspec:\n  {spec}\n  rules:\n"
        );
        for (path, reference) in rules {
            let _ =
                write!(self.0, "  - matches: [{{ path: {{ value: \"{path}\" }} }}]\n    backendRefs: [{reference}]\n");
        }
        self
    }

    fn root(&mut self, rules: &[(String, String)]) -> &mut Self {
        // It has no label of its own that counts: it is the one that names a Gateway.
        self.route("root", "parentRefs: [{ name: g }]", rules)
    }

    fn child(&mut self, name: &str, rules: &[(String, String)]) -> &mut Self {
        self.route(name, "parentRefs: []", rules)
    }

    fn analysis(&self) -> Analysis {
        routescope_manifest::analyse_text(&self.0, Coverage::closed(), Settings::default())
    }

    fn grown(&self) -> (Tree, Notes) {
        let analysis = self.analysis();
        build_tree(&analysis.snapshot, &analysis.settings, 1)
    }
}

fn service() -> String {
    "{ name: s, port: 80 }".to_owned()
}

fn label() -> String {
    "{ group: delegation.kgateway.dev, kind: label, name: x, namespace: all }".to_owned()
}

fn wildcard() -> String {
    "{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: \"*\" }".to_owned()
}

fn named(name: &str) -> String {
    format!("{{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: {name} }}")
}

fn many(count: usize, rule: impl Fn(usize) -> (String, String)) -> Vec<(String, String)> {
    (0..count).map(rule).collect()
}

fn size(tree: &Tree) -> usize {
    tree.hops.len() + tree.links.len() + tree.children.len()
}

/// Twice the input makes at most three times the tree and the work.
#[track_caller]
fn is_linear(world: impl Fn(usize) -> World) {
    let ((small, few), (large, more)) = (world(400).grown(), world(800).grown());
    assert!(size(&large) <= 3 * size(&small), "{} nodes, then {}", size(&small), size(&large));
    assert!(more.steps() <= 3 * few.steps() + 1000, "{} matches looked at, then {}", few.steps(), more.steps());
}

#[test]
fn many_rules_to_many_labelled_children_look_at_few_matches() {
    is_linear(|n| {
        let mut world = World::new();
        world.root(&many(n, |i| (format!("/p{i}/"), label())));
        for i in 0..n {
            world.child(&format!("c{i}"), &[(format!("/p{i}/c"), service())]);
        }
        world
    });
}

#[test]
fn many_rules_to_children_that_fit_none_look_at_no_match() {
    is_linear(|n| {
        let mut world = World::new();
        world.root(&many(n, |i| (format!("/p{i}"), label())));
        for i in 0..n {
            world.child(&format!("c{i}"), &[(format!("/q{i}"), service())]);
        }
        world
    });
}

#[test]
fn many_rules_to_one_child_of_many_rules_look_at_few_matches() {
    is_linear(|n| {
        let mut world = World::new();
        world.root(&many(n, |i| (format!("/p{i}/"), named("c"))));
        world.child("c", &many(n, |i| (format!("/p{i}/c"), service())));
        world
    });
}

#[test]
fn routes_that_all_delegate_to_each_other_are_counted() {
    is_linear(|n| {
        let mut world = World::new();
        world.root(&[("/".to_owned(), label())]);
        for i in 0..n {
            world.child(&format!("c{i}"), &[("/".to_owned(), wildcard())]);
        }
        world
    });
    let mut world = World::new();
    world.root(&[("/".to_owned(), named("c0"))]);
    for i in 0..1000 {
        world.child(&format!("c{i}"), &[("/".to_owned(), label())]);
    }
    let (tree, _) = world.grown();
    let link = tree.links.last().unwrap();
    assert_eq!(link.selected(), 1001, "all of them are counted");
    assert!(link.children.len() <= limits::LISTED_LOSSES / 1001 + 1, "and few are listed");
}

/// Layers of routes, each of which delegates `width` times to the next.
fn layers(depth: usize, width: usize) -> World {
    let mut world = World::new();
    let to = |layer: usize| many(width, |_| ("/".to_owned(), named(&format!("a{layer}"))));
    world.root(&to(0));
    for layer in 0..depth {
        let rules = if layer + 1 == depth { vec![("/".to_owned(), service())] } else { to(layer + 1) };
        world.child(&format!("a{layer}"), &rules);
    }
    world
}

#[track_caller]
fn is_cut(world: &World) {
    let analysis = world.analysis();
    let tree = &analysis.tree;
    let bytes = tree.hops.len() * size_of::<RuleNode>()
        + tree.links.len() * size_of::<Link>()
        + tree.children.len() * size_of::<Child>();
    assert!(bytes <= limits::TREE_BYTES * 5 / 4, "{bytes} bytes");
    assert!(tree.roots.iter().any(|root| root.cut == Some(Cut::Size)));
    assert!(analysis.findings.iter().any(|finding| finding.code == Code::TreeTooLarge));
    for decision in analysis.decide(&Request::parse("http://a.io/x").unwrap(), None) {
        assert!(!decision.unverified.is_empty(), "an answer of a tree that is cut is not certain");
    }
}

#[test]
fn layers_that_multiply_stop_at_the_budget() {
    is_cut(&layers(20, 2));
    is_cut(&layers(7, 10));
}

#[test]
fn a_chain_that_is_too_deep_is_cut_and_its_answers_are_unverified() {
    let analysis = layers(limits::DELEGATION_DEPTH + 2, 1).analysis();
    assert_eq!(analysis.tree.roots[0].cut, Some(Cut::Depth));
    let decision = &analysis.decide(&Request::parse("http://a.io/x").unwrap(), None)[0];
    assert!(decision.unverified.contains(&Uncertainty::Cut(Cut::Depth)), "{:?}", decision.unverified);
}

#[test]
fn the_first_place_of_a_route_is_free() {
    let (tree, _) = layers(limits::DELEGATION_DEPTH, 1).grown();
    assert_eq!(tree.roots[0].cut, None);
    assert_eq!(tree.roots[0].rows.len(), 1);
}

#[test]
fn routes_on_many_listeners_stop_at_the_budget() {
    let mut listeners = String::new();
    for i in 0..1200 {
        let _ = write!(listeners, "{{ name: l{i}, port: 80, protocol: HTTP, hostname: h{i}.io }}, ");
    }
    let mut world = World(GATEWAY.replace("{ name: http, port: 80, protocol: HTTP }", &listeners));
    for i in 0..1200 {
        world.route(&format!("r{i}"), "parentRefs: [{ name: g }]", &[("/".to_owned(), service())]);
    }
    let analysis = world.analysis();
    let attached: usize = analysis.tree.gateways[0].listeners.iter().map(|one| one.attached.len()).sum();
    assert!(attached * size_of::<Attached>() <= 2 * limits::TABLE_BYTES, "{attached} attachments");
    assert!(analysis.table.gateways[0].cut);
    let decision = &analysis.decide(&Request::parse("http://h7.io/x").unwrap(), None)[0];
    assert!(!decision.unverified.is_empty());
}
