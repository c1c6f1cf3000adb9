//! A cluster is followed through everything that lists and watches can do, against a server inside this process.

use crate::support::apiserver;
use crate::support::follower;

use std::collections::BTreeMap;
use std::time::Duration;

use apiserver::{ApiServer, Asked, Reply, Rights};
use follower::{Follower, PACE, assert_reads_only, path_of, place, route};
use routescope_cluster::kinds::KINDS;
use routescope_cluster::{KindState, Phase, Timeouts};
use routescope_core::model::{Name, Object};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_is_listed_and_then_followed() {
    let server = ApiServer::start();
    server.apply(&route("a", "one", "/one"));
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    assert_eq!(follower.names("HTTPRoute"), ["a/one"]);
    assert_eq!(follower.status.progress(), (KINDS.len(), KINDS.len()));

    server.apply(&route("a", "two", "/two"));
    follower.until("two", |f| f.names("HTTPRoute") == ["a/one", "a/two"]).await;
    server.apply(&route("a", "two", "/changed"));
    follower
        .until("changed", |f| {
            f.held
                .values()
                .flat_map(BTreeMap::values)
                .any(|object| matches!(object, Object::Route(_)) && path_of(object).contains("/changed"))
        })
        .await;
    server.delete("httproutes", "a", "one");
    follower.until("deleted", |f| f.names("HTTPRoute") == ["a/two"]).await;
    assert!(follower.is_live());
    assert_eq!(follower.listed["HTTPRoute"], 1);
    assert_reads_only(&server.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_has_everything_is_read_without_discovery() {
    let server = ApiServer::start();
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    let asked: Vec<Asked> = server.requests().into_iter().filter(|asked| asked.path != "/version").collect();
    assert!(asked.iter().all(Asked::is_streaming_list), "{asked:#?}");
    assert_eq!(asked.len(), KINDS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_streaming_lists_is_read_in_pages() {
    let server = ApiServer::start();
    server.streaming_lists(false);
    for index in 0..1201 {
        server.apply(&route("a", &format!("r{index}"), "/x"));
    }
    let mut follower = Follower::of(&server).await;
    let mut troubles = Vec::new();
    while !follower.is_live() {
        let news = follower.follow.news.recv().await.unwrap();
        follower.take(news);
        troubles.extend(follower.status.trouble.clone());
    }
    assert_eq!(troubles, Vec::<String>::new());
    assert_eq!(follower.names("HTTPRoute").len(), 1201);
    let pages = server.requests().into_iter().filter(|asked| asked.is_list() && asked.plural() == Some("httproutes"));
    assert_eq!(pages.count(), 3);
    server.delete("httproutes", "a", "r7");
    follower.until("deleted", |f| f.names("HTTPRoute").len() == 1200).await;
    assert_reads_only(&server.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_expires_between_two_pages_is_read_anew() {
    let server = ApiServer::start();
    server.streaming_lists(false);
    for index in 0..600 {
        server.apply(&route("a", &format!("r{index}"), "/x"));
    }
    // Every second page is too old.
    server.rule("expired", |asked| {
        (!asked.param("continue").is_empty()).then(|| Reply::Status(410, "Expired", "too old".to_owned()))
    });
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    assert_eq!(follower.names("HTTPRoute").len(), 600);
    assert_eq!(follower.listed["HTTPRoute"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_is_too_old_becomes_one_new_list() {
    for as_status in [false, true] {
        let server = ApiServer::start();
        server.apply(&(route("a", "one", "/one") + &route("a", "two", "/two")));
        let mut follower = Follower::of(&server).await;
        follower.live().await;

        server.rule("gap", |asked| (asked.plural() == Some("httproutes")).then_some(Reply::Hang));
        server.end_watches("httproutes");
        server.delete("httproutes", "a", "one");
        server.apply(&route("a", "three", "/three"));
        server.compact();
        if as_status {
            server.rule("gone", |asked| {
                let old = asked.is_watch() && !asked.is_streaming_list() && asked.plural() == Some("httproutes");
                old.then(|| Reply::Status(410, "Expired", "too old resource version".to_owned()))
            });
        }
        server.lift("gap");
        follower.until("listed again", |f| f.listed["HTTPRoute"] == 2).await;
        assert_eq!(follower.names("HTTPRoute"), ["a/three", "a/two"]);
        server.apply(&route("a", "four", "/four"));
        follower.until("four", |f| f.names("HTTPRoute").len() == 3).await;
        follower.live().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_while_the_connection_was_gone_is_told_afterwards() {
    let server = ApiServer::start();
    server.apply(&(route("a", "one", "/one") + &route("a", "two", "/two")));
    let mut follower = Follower::of(&server).await;
    follower.live().await;

    server.down();
    follower.until("stale", |f| matches!(f.status.phase, Phase::Stale { .. })).await;
    server.delete("httproutes", "a", "one");
    server.apply(&route("a", "three", "/three"));
    server.up();
    follower.until("told", |f| f.names("HTTPRoute") == ["a/three", "a/two"]).await;
    // Nothing happens on most kinds: that their watches are back is all there is to see.
    follower.live().await;
    assert_eq!(follower.status.trouble, None);
    assert_reads_only(&server.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_and_lists_that_cannot_be_read_lead_to_a_new_list() {
    let server = ApiServer::start();
    server.apply(&route("a", "one", "/one"));
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    server.await_watches("httproutes", 1);
    server.inject("httproutes", r#"{"type":"ADDED","object":{"metadata":"#);
    server.inject("httproutes", r#"{"type":"NONSENSE"}"#);
    follower.until("listed again", |f| f.listed["HTTPRoute"] == 2).await;
    follower.live().await;
    // An odd object is an object all the same.
    server.await_watches("httproutes", 1);
    let odd = r#"{"type":"ADDED","object":{"metadata":{"namespace":"a","name":"odd","labels":7,"resourceVersion":"500"},"spec":[]}}"#;
    server.inject("httproutes", odd);
    follower.until("odd", |f| f.names("HTTPRoute") == ["a/odd", "a/one"]).await;
    assert_eq!(follower.listed["HTTPRoute"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_kind_holds_nothing_up() {
    let server = ApiServer::start();
    server.apply(&route("a", "one", "/one"));
    server.rule("slow", |asked| (asked.plural() == Some("services")).then_some(Reply::Hang));
    let mut follower = Follower::of(&server).await;
    follower.until("all but one", |f| f.status.progress() == (KINDS.len() - 1, KINDS.len())).await;
    assert_eq!(follower.status.phase, Phase::Syncing);
    assert_eq!(follower.names("HTTPRoute"), ["a/one"]);
    server.lift("slow");
    follower.live().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_is_being_connected_to() {
    let server = ApiServer::start();
    server.rule("dead", |asked| (asked.path != "/version").then_some(Reply::Hang));
    let pace = Timeouts { answer: Duration::from_millis(30), ..PACE };
    let mut follower = Follower::at(&server, pace, &[]).await;
    follower.until("trouble", |f| f.status.trouble.is_some()).await;
    assert_eq!(follower.status.phase, Phase::Connecting);
    assert!(follower.status.trouble.as_deref().unwrap().contains("no answer within"), "{:?}", follower.status);
    server.lift("dead");
    follower.live().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_of_one_namespace_sees_that_one_and_is_told_what_is_not_seen() {
    let server = ApiServer::start();
    server.rights(Rights::Only(&["team-a", "team-b"]));
    server
        .apply(&(route("team-a", "one", "/one") + &route("team-c", "hidden", "/hidden") + &route("team-b", "b", "/b")));
    let mut follower = Follower::at(&server, Timeouts { refused: Duration::from_secs(60), ..PACE }, &["team-a"]).await;
    let unreadable = |f: &Follower| -> Vec<Option<String>> {
        let routes = f.status.unreadable.iter().filter(|unreadable| unreadable.kind == place("HTTPRoute"));
        routes.map(|unreadable| unreadable.namespace.as_ref().map(Name::to_string)).collect()
    };
    // A kind is settled with the first namespace that can be read: the other one may still be refused.
    follower.until("settled", |f| f.status.is_settled() && unreadable(f).len() == 2).await;
    assert_eq!(follower.names("HTTPRoute"), ["team-a/one"]);
    assert_eq!(*follower.state("HTTPRoute"), KindState::SyncedIn(vec!["team-a".into()]));
    assert_eq!(*follower.state("GatewayClass"), KindState::Forbidden);
    assert_eq!(*follower.state("Namespace"), KindState::Forbidden);
    assert_eq!(unreadable(&follower), [None, Some("default".to_owned())]);
    assert_eq!(follower.status.phase, Phase::Live);

    // Namespaces that routes in view refer to come later.
    for namespace in ["team-b", "team-c"] {
        follower.follow.ask.send(namespace.into()).unwrap();
    }
    let answered = |f: &Follower| f.names("HTTPRoute").len() == 2 && unreadable(f).len() == 3;
    follower.until("asked", |f| f.status.asked.len() == 4 && f.status.is_settled() && answered(f)).await;
    assert_eq!(follower.names("HTTPRoute"), ["team-a/one", "team-b/b"]);
    assert_eq!(*follower.state("HTTPRoute"), KindState::SyncedIn(vec!["team-a".into(), "team-b".into()]));
    assert_eq!(unreadable(&follower), [None, Some("default".to_owned()), Some("team-c".to_owned())]);
    assert_reads_only(&server.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_that_are_granted_later_are_noticed_and_so_are_rights_that_are_taken() {
    let server = ApiServer::start();
    server.rights(Rights::Nothing);
    server.apply(&(route("team-a", "one", "/one") + &route("team-b", "two", "/two")));
    let mut follower = Follower::at(&server, PACE, &["team-a"]).await;
    follower.until("forbidden", |f| f.status.is_settled()).await;
    assert_eq!(*follower.state("HTTPRoute"), KindState::Forbidden);

    server.rights(Rights::Only(&["team-a"]));
    follower.until("one namespace", |f| f.names("HTTPRoute") == ["team-a/one"]).await;
    server.rights(Rights::Everything);
    follower.until("everything", |f| f.names("HTTPRoute") == ["team-a/one", "team-b/two"]).await;
    follower.until("all of it", |f| f.status.unreadable.is_empty() && f.is_live()).await;
    assert!(follower.status.kinds.iter().all(|state| *state == KindState::Synced));

    // A running watch goes on; the next one is refused.
    server.rights(Rights::Only(&["team-b"]));
    for kind in KINDS {
        server.end_watches(kind.plural);
    }
    follower.until("refused", |f| f.names("HTTPRoute").is_empty()).await;
    follower.follow.ask.send("team-b".into()).unwrap();
    follower.until("the other", |f| f.names("HTTPRoute") == ["team-b/two"]).await;
    assert_reads_only(&server.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kinds_come_and_go() {
    let server = ApiServer::start();
    server.withdraw("trafficpolicies", "v1alpha1");
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    assert_eq!(*follower.state("TrafficPolicy"), KindState::Absent);
    assert_eq!(follower.status.progress(), (KINDS.len() - 1, KINDS.len() - 1));

    server.serve("gateway.kgateway.dev", "v1alpha1", "trafficpolicies", "TrafficPolicy", true);
    let policy =
        "apiVersion: gateway.kgateway.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: { namespace: a, name: p }\n";
    server.apply(policy);
    follower.until("appeared", |f| f.names("TrafficPolicy") == ["a/p"]).await;
    follower.until("synced", |f| *f.state("TrafficPolicy") == KindState::Synced && f.is_live()).await;

    server.withdraw("trafficpolicies", "v1alpha1");
    follower.until("gone", |f| *f.state("TrafficPolicy") == KindState::Absent).await;
    assert_eq!(follower.names("TrafficPolicy"), Vec::<String>::new());
    follower.live().await;

    server.serve("gateway.kgateway.dev", "v1alpha1", "trafficpolicies", "TrafficPolicy", true);
    server.apply(policy);
    follower.until("back", |f| f.names("TrafficPolicy") == ["a/p"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_best_version_that_is_served_is_read_and_another_when_it_goes_away() {
    let server = ApiServer::start();
    server.withdraw("httproutes", "v1");
    server.apply(&route("a", "one", "/one"));
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    assert_eq!(follower.names("HTTPRoute"), ["a/one"]);

    server.serve("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", true);
    server.withdraw("httproutes", "v1beta1");
    server.await_requests("a watch of v1", 1, |asked| {
        asked.is_watch()
            && asked.resource().is_some_and(|(_, version, _, plural)| (version, plural) == ("v1", "httproutes"))
    });
    follower.until("listed", |f| f.listed["HTTPRoute"] == 2).await;
    server.apply(&route("a", "two", "/two"));
    follower.until("two", |f| f.names("HTTPRoute") == ["a/one", "a/two"]).await;
    assert!(!follower.trail.iter().any(|word| word.starts_with("closed HTTPRoute")), "{:?}", follower.trail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_discovery_that_fails_is_not_a_kind_that_does_not_exist() {
    let server = ApiServer::start();
    server.withdraw("httproutes", "v1");
    server.apply(&route("a", "one", "/one"));
    server.rule("broken", |asked| {
        (asked.path == "/apis/gateway.networking.k8s.io/v1")
            .then(|| Reply::Plain(503, "upstream connect error".to_owned()))
    });
    let mut follower = Follower::of(&server).await;
    follower.until("trouble", |f| f.status.trouble.is_some() && f.status.progress().0 == KINDS.len() - 1).await;
    assert_eq!(*follower.state("HTTPRoute"), KindState::Waiting);
    assert!(matches!(&follower.status.phase, Phase::Stale { reason, .. } if reason.contains("upstream connect error")));
    server.lift("broken");
    follower.live().await;
    assert_eq!(follower.names("HTTPRoute"), ["a/one"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_discovery_is_refused_the_versions_are_tried() {
    let server = ApiServer::start();
    server.withdraw("httproutes", "v1");
    server.withdraw("backends", "v1alpha1");
    server.apply(&route("a", "one", "/one"));
    server.rule("refused", |asked| {
        asked
            .resource()
            .is_none_or(|(.., plural)| plural.starts_with('v'))
            .then(|| Reply::Status(403, "Forbidden", "no".to_owned()))
    });
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    assert_eq!(follower.names("HTTPRoute"), ["a/one"]);
    assert_eq!(*follower.state("Backend"), KindState::Absent);
    server.serve("gateway.kgateway.dev", "v1alpha1", "backends", "Backend", true);
    follower.until("appeared", |f| *f.state("Backend") == KindState::Synced).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_credentials_are_a_reason_and_no_end() {
    let server = ApiServer::start();
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    server.rule("expired", |_| Some(Reply::Status(401, "Unauthorized", "Unauthorized".to_owned())));
    for kind in KINDS {
        server.end_watches(kind.plural);
    }
    follower.until("stale", |f| matches!(f.status.phase, Phase::Stale { .. })).await;
    let trouble = follower.status.trouble.clone().unwrap();
    assert!(trouble.contains("401"), "{trouble}");
    server.lift("expired");
    follower.live().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bookmarks_keep_a_quiet_watch_from_growing_old() {
    let server = ApiServer::start();
    let mut follower = Follower::of(&server).await;
    follower.live().await;
    server.await_watches("httproutes", 1);
    server.apply("apiVersion: v1\nkind: Service\nmetadata: { namespace: a, name: s }\n");
    server.compact();
    server.bookmark("httproutes");
    server.end_watches("httproutes");
    server.await_requests("the watch goes on", 1, |asked| {
        asked.is_watch() && !asked.is_streaming_list() && asked.plural() == Some("httproutes")
    });
    server.apply(&route("a", "one", "/one"));
    follower.until("one", |f| f.names("HTTPRoute") == ["a/one"]).await;
    assert_eq!(follower.listed["HTTPRoute"], 1);
}
