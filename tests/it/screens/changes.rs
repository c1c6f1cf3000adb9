//! The list of what changed, and pausing.

use std::time::{Duration, UNIX_EPOCH};

use routescope_cluster::live::{Changed, How};
use routescope_cluster::{KindState, Phase};
use routescope_core::finding::Subject;
use routescope_core::model::ObjectKey;

use super::explorer::{SHOP, cluster, shows, status, synced};

/// An `HTTPRoute` that changed at 10:41:07.
fn changed(namespace: &str, name: &str, how: How, line: &str) -> Changed {
    let key = ObjectKey { namespace: namespace.into(), name: name.into() };
    Changed {
        at: UNIX_EPOCH + Duration::from_secs(10 * 3600 + 41 * 60 + 7),
        subject: Subject { kind: "HTTPRoute", key },
        how,
        lines: vec![line.to_owned()],
    }
}

pub fn moved() -> Vec<Changed> {
    vec![changed("shop", "orders", How::Modified, "rule 1 now goes to Service shop/orders-v2:80")]
}

#[test]
fn what_changed_is_listed_newest_last_and_leads_to_its_node() {
    let mut explorer = cluster(80, 24);
    explorer.holds(SHOP, synced()).press(&["L"]);
    shows(&explorer, "nothing has changed yet");
    let v2 = SHOP.replace("orders-v1", "orders-v2");
    explorer.changes(&v2, synced(), moved());
    explorer.press(&["L"]);
    shows(&explorer, "10:41:07 HTTPRoute shop/orders: rule 1 now goes to Service shop/orders-v2:80");
    explorer.changes(&v2, synced(), vec![changed("shop", "cart", How::Added, "for every host")]);
    shows(&explorer, "HTTPRoute shop/cart: new: for every host");
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["enter"]);
    shows(&explorer, "no place in the tree");
    explorer.press(&["gg", "L", "up", "enter"]);
    assert!(explorer.state.side().selected().is_some_and(|node| explorer.state.side().tree.rows[0].node != node));
}

#[test]
fn a_connection_that_breaks_and_comes_back_is_listed() {
    let mut explorer = cluster(80, 24);
    let stale = Phase::Stale { since: UNIX_EPOCH, reason: "connection refused".to_owned() };
    explorer.holds(SHOP, synced()).reading(status(stale, |_| KindState::Synced)).reading(synced());
    let gone = |kind| if kind == 3 { KindState::Absent } else { KindState::Synced };
    explorer.reading(status(Phase::Live, gone)).press(&["L"]);
    for text in ["stale: connection refused", "live again", "is gone"] {
        shows(&explorer, text);
    }
}

#[test]
fn while_paused_changes_wait_and_then_come_at_once() {
    let mut explorer = cluster(80, 24);
    explorer.holds(SHOP, synced()).press(&["Z"]);
    shows(&explorer, "‖ paused");
    let v2 = SHOP.replace("orders-v1", "orders-v2");
    explorer.changes(&v2, synced(), moved());
    shows(&explorer, "‖ paused · 1 change waits");
    explorer.changes(&v2.replace("orders-v2", "orders-v3"), synced(), moved());
    shows(&explorer, "‖ paused · 2 changes wait");
    shows(&explorer, "orders-v1");
    explorer.press(&["Z"]);
    shows(&explorer, "● live");
    shows(&explorer, "orders-v3");
    assert_eq!(explorer.state.side().log.entries().len(), 2);
}
