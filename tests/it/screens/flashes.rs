//! What changes in the tree stands out, and settles.

use super::explorer::{SHOP, cluster, hides, shows, synced};

const CART: &str = "
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  parentRefs: [{name: web, namespace: infra}]
  rules:
  - matches: [{path: {value: /cart}}]
    backendRefs: [{name: cart, port: 80}]
";

#[test]
fn what_changes_in_the_tree_stands_out_and_settles() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced()).press(&["G"]);
    assert_eq!(explorer.wakes(), [0; 0], "the first list is not a change");
    let v2 = format!("{}{CART}", SHOP.replace("orders-v1", "orders-v2"));
    explorer.holds(&v2, synced());
    assert_eq!(explorer.wakes(), [2]);
    for row in ["+   ├─ cart (shop)", "+   │  └─ /cart → Service cart:80", "~      └─ /orders → Service orders-v2:80"]
    {
        shows(&explorer, row);
    }
    insta::assert_snapshot!(explorer.both());
    assert_eq!(explorer.passes(2).wakes(), [28]);
    shows(&explorer, "+   ├─ cart (shop)");
    assert!(!explorer.roles().contains("changed[cart"), "{}", explorer.roles());
    assert_eq!(explorer.passes(28).wakes(), [0; 0], "what is quiet draws no frames");
    hides(&explorer, "+   ├─");
    explorer.holds(&v2, synced());
    assert_eq!(explorer.wakes(), [0; 0], "the same world again is not a change");
}

#[test]
fn what_is_folded_or_gone_is_told_by_the_row_above() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced()).press(&["g3"]);
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced());
    shows(&explorer, "~   └▸ orders (shop) (1)");
    explorer.press(&["g5"]);
    shows(&explorer, "┃   └─ orders (shop)");
    shows(&explorer, "~      └─ /orders → Service orders-v2:80");
    explorer.passes(60).holds(&format!("{SHOP}{CART}"), synced()).passes(60).holds(SHOP, synced());
    shows(&explorer, "~└─ :80 http  any host");
}

#[test]
fn marks_have_a_place_without_borders_and_glyphs_without_colours() {
    let mut explorer = cluster(60, 20);
    explorer.state.ascii = true;
    explorer.holds(SHOP, synced()).holds(&format!("{SHOP}{CART}"), synced());
    let text = explorer.text();
    let line = text.lines().find(|line| line.contains("cart (shop)")).expect("the row");
    assert!(text.is_ascii() && line.ends_with('+') && line.len() == 60, "{text}");
}

#[test]
fn what_changes_does_not_stand_out_where_that_is_not_wanted() {
    let mut explorer = cluster(120, 40);
    explorer.state.flash = false;
    explorer.holds(SHOP, synced()).holds(&format!("{SHOP}{CART}"), synced());
    assert_eq!(explorer.wakes(), [0; 0]);
    shows(&explorer, "┃   ├─ cart (shop)");
}

#[test]
fn narrowing_what_is_looked_at_is_no_change_and_marks_outlive_it() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced()).press(&[":"]).write("ns shop");
    explorer.press(&["enter"]);
    assert_eq!(explorer.wakes(), [0; 0]);
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced()).press(&[":"]).write("ns all");
    explorer.press(&["enter"]);
    shows(&explorer, "~      └─ /orders → Service orders-v2:80");
}
