//! A cluster while it is connected to, read and lost.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use routescope::tui::context_pane::ContextId;
use routescope::tui::effect::Effect;
use routescope::tui::update::Message;
use routescope_cluster::live::Update;
use routescope_cluster::{KindState, Phase, Unreadable};
use routescope_manifest::SourceError;

use super::explorer::{SHOP, cluster, hides, shows, status, synced};

#[test]
fn connecting_names_the_context_and_the_server() {
    let mut explorer = cluster(80, 24);
    shows(&explorer, "connecting to kind-dev …");
    explorer.reading(status(Phase::Connecting, |_| KindState::Waiting));
    shows(&explorer, "connecting to kind-dev (https://127.0.0.1:6443/) …");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn a_world_that_is_still_being_read_is_shown_and_says_how_far_it_is() {
    let mut explorer = cluster(80, 24);
    let half = |kind| if kind % 2 == 0 { KindState::Synced } else { KindState::Waiting };
    explorer.holds(SHOP, status(Phase::Syncing, half));
    shows(&explorer, "… synced 8 of 16 kinds");
    shows(&explorer, "orders (shop)");
    explorer.holds(SHOP, synced());
    shows(&explorer, "● live");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn a_broken_watch_says_since_when_the_view_is_old() {
    let mut explorer = cluster(80, 24);
    let since = UNIX_EPOCH + Duration::from_secs(10 * 3600 + 41 * 60);
    let stale = Phase::Stale { since, reason: "connection refused".to_owned() };
    explorer.holds(SHOP, synced()).reading(status(stale, |_| KindState::Synced));
    shows(&explorer, "◌ stale since 10:41: connection refused");
    explorer.send(Message::Resize(60, 20));
    shows(&explorer, "◌ stale since 10:41");
    shows(&explorer, "kind-dev");
    explorer.reading(synced());
    shows(&explorer, "● live");
}

#[test]
fn a_cluster_that_cannot_be_reached_says_why_and_what_to_do() {
    let mut explorer = cluster(80, 24);
    let error = SourceError {
        message: "cannot reach https://127.0.0.1:6443: connection refused".to_owned(),
        hint: Some("is the cluster running?".to_owned()),
    };
    explorer.followed(Update::Failed(error));
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["r"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Follow { epoch: 1, context: Some(_), .. })));
    shows(&explorer, "connecting to kind-dev …");
}

#[test]
fn what_may_not_be_read_is_counted_and_told_by_kind() {
    let mut explorer = cluster(80, 24);
    let mut status = status(Phase::Live, |kind| match kind {
        0 | 1 => KindState::SyncedIn(vec!["shop".into()]),
        2 => KindState::Forbidden,
        3 => KindState::Absent,
        _ => KindState::Synced,
    });
    let unreadable = |namespace: &str, kind| Unreadable { namespace: Some(namespace.into()), kind };
    status.unreadable = vec![unreadable("bank", 0), unreadable("infra", 0), unreadable("infra", 1)];
    explorer.holds(SHOP, status);
    shows(&explorer, "⚠ 2 namespaces not readable");
    explorer.press(&["R"]);
    shows(&explorer, "only in shop; not in bank, infra");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn who_may_read_nothing_is_not_told_that_nothing_is_there() {
    let mut explorer = cluster(120, 24);
    let mut status = status(Phase::Live, |_| KindState::Forbidden);
    let unreadable = |kind| Unreadable { namespace: Some("shop".into()), kind };
    status.unreadable = (0..status.kinds.len()).map(unreadable).collect();
    explorer.holds("", status);
    shows(&explorer, "✗ context kind-dev: HTTPRoutes may be read neither in the cluster");
    shows(&explorer, "name the namespaces you may read with -n");
    hides(&explorer, "no Gateway and no route");
}

#[test]
fn a_kind_that_may_not_be_read_is_counted_as_one() {
    let mut explorer = cluster(120, 24);
    let last = synced().kinds.len() - 1;
    let mut status = status(Phase::Live, |kind| if kind == last { KindState::Forbidden } else { KindState::Synced });
    status.unreadable =
        vec![Unreadable { namespace: None, kind: last }, Unreadable { namespace: Some("shop".into()), kind: last }];
    explorer.holds(SHOP, status);
    shows(&explorer, "⚠ 1 kind not readable");
}

#[test]
fn what_an_earlier_following_brings_is_not_shown() {
    let mut explorer = cluster(80, 24);
    explorer.press(&["r"]);
    explorer.send(Message::Followed {
        side: ContextId(0),
        epoch: 0,
        update: Box::new(Update::Status(Arc::new(synced()))),
    });
    hides(&explorer, "● live");
}

#[test]
fn another_world_leaves_selection_filter_and_question_where_they_are() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced());
    explorer.ask("http://a.io/orders/1");
    explorer.press(&["enter", "esc", "/"]).write("orders");
    explorer.press(&["enter"]);
    let before = explorer.text();
    explorer.holds(SHOP, synced());
    assert_eq!(explorer.text(), before);
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced()).passes(60);
    assert_eq!(explorer.text(), before.replace("orders-v1", "orders-v2"));
}
