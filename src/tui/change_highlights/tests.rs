use std::sync::Arc;

use super::*;
use routescope_core::resolve::Settings;
use routescope_core::store::Coverage;

const SHOP: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec:
  gatewayClassName: kgateway
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: parent, namespace: infra}
spec:
  parentRefs: [{name: web}]
  rules:
  - matches: [{path: {value: /shop}}]
    backendRefs: [{group: delegation.kgateway.dev, kind: label, name: shop, namespace: all}]
  - matches: [{path: {value: /other}}]
    backendRefs: [{name: other, port: 80}]
";

const CHILD: &str = "---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: child, namespace: shop, labels: {delegation.kgateway.dev/label: shop}}
spec:
  rules:
  - matches: [{path: {value: /shop/a}}]
    backendRefs: [{name: a, port: 80}]
  - matches: [{path: {value: /shop/b}}]
    backendRefs: [{name: b, port: 80}]
";

fn outline(text: &str) -> Outline {
    Outline::of(Arc::new(routescope_manifest::analyse_text(text, Coverage::open(), Settings::default())))
}

/// The marked rows, in the order of the tree.
fn marked(outline: &Outline, look: impl Fn(NodeRef) -> Option<Change>) -> Vec<String> {
    let mut rows = Vec::new();
    let mut stack = outline.roots();
    stack.reverse();
    while let Some(node) = stack.pop() {
        if let Some(change) = look(node) {
            rows.push(format!("{} {}", change.glyph(), outline.label(node).main.plain()));
        }
        stack.extend(outline.children(node).into_iter().rev());
    }
    rows
}

#[track_caller]
fn marks(old: &str, new: &str, expected: &[&str]) {
    let (old, new) = (outline(old), outline(new));
    let differences = compare(&old, &new, &|| false).expect("nothing supersedes it");
    assert_eq!(marked(&new, |node| differences.rows.get(&node).copied()), expected);
}

fn whole() -> String {
    format!("{SHOP}{CHILD}")
}

#[test]
fn the_same_world_marks_nothing() {
    marks(&whole(), &format!("# moved down\n\n{}", whole()), &[]);
}

#[test]
fn a_row_that_says_something_else_is_marked_alone() {
    marks(&whole(), &whole().replace("name: b,", "name: c,"), &["~ /shop/b → Service c:80"]);
}

#[test]
fn a_child_that_appears_is_new_and_the_rule_that_answered_500_is_changed() {
    marks(
        SHOP,
        &whole(),
        &[
            "~ /shop ⇢ label shop in any namespace",
            "+ child (shop)",
            "+ /shop/a → Service a:80",
            "+ /shop/b → Service b:80",
        ],
    );
}

#[test]
fn a_row_that_is_gone_is_told_by_the_row_above() {
    let less = whole().replace("  - matches: [{path: {value: /shop/b}}]\n    backendRefs: [{name: b, port: 80}]\n", "");
    marks(&whole(), &less, &["~ child (shop)"]);
}

#[test]
fn a_rule_put_before_others_is_new_and_the_others_are_what_they_were() {
    let rule = "  rules:\n  - matches: [{path: {value: /shop/first}}]\n    backendRefs: [{name: f, port: 80}]\n  - matches: [{path: {value: /shop/a}}]\n";
    let more = whole().replace("  rules:\n  - matches: [{path: {value: /shop/a}}]\n", rule);
    marks(&whole(), &more, &["+ /shop/first → Service f:80"]);
}

#[test]
fn what_nobody_waits_for_ends() {
    let world = outline(&whole());
    assert_eq!(compare(&world, &world, &|| true), None);
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The child's world, whose rule b changed at second 0.
fn changed() -> (Outline, ChangeHighlights) {
    let (old, new) = (outline(&whole()), outline(&whole().replace("name: b,", "name: c,")));
    let mut fresh = ChangeHighlights::default();
    fresh.add(&new, compare(&old, &new, &|| false).expect("it ends"), at(0));
    (new, fresh)
}

#[test]
fn a_row_flashes_then_keeps_its_mark_then_settles() {
    let (_, mut fresh) = changed();
    let node = *fresh.rows.keys().next().expect("a row");
    let look = |fresh: &ChangeHighlights, second| fresh.look(node, false, at(second)).map(|look| look.flashes);
    assert_eq!((look(&fresh, 0), look(&fresh, 1), look(&fresh, 2)), (Some(true), Some(true), Some(false)));
    assert_eq!((look(&fresh, 29), look(&fresh, 30)), (Some(false), None));
    assert_eq!(fresh.settle(at(0)), Some(FLASH));
    assert_eq!(fresh.settle(at(2)), Some(Duration::from_secs(28)));
    assert_eq!(fresh.settle(at(30)), None);
    assert!(fresh.is_empty());
}

#[test]
fn a_folded_row_tells_for_what_is_under_it_and_an_unfolded_one_does_not() {
    let (world, fresh) = changed();
    let root = world.roots()[0];
    assert_eq!(fresh.look(root, true, at(1)), Some(Look { change: Change::Changed, flashes: true }));
    assert_eq!(fresh.look(root, false, at(1)), None);
}

#[test]
fn marks_are_carried_over_to_the_next_world() {
    let (world, fresh) = changed();
    let next = outline(&format!("# moved\n{}", whole().replace("name: b,", "name: c,")));
    let carried = fresh.carry_over(&world, &next);
    let rows = marked(&next, |node| carried.look(node, false, at(1)).map(|look| look.change));
    assert_eq!(rows, ["~ /shop/b → Service c:80"]);
}
