//! A server that misbehaves: how often it is asked, how much of what it sends is taken, and what the badge says meanwhile.
//! The servers live in the test's process; what takes an hour here never comes to pass.

use crate::support::apiserver;
use crate::support::follower;

use std::io::Write;
use std::time::Duration;

use apiserver::{ApiServer, Asked, Reply};
use follower::{Follower, PACE, route};
use routescope_cluster::{Cluster, Connection, KindState, Phase, Timeouts, limits};
use routescope_manifest::SourceError;
use serde_json::json;

/// Whoever fails is not tried again within a test: the requests can be counted.
const ONCE: Timeouts = Timeouts { retry: Duration::from_secs(3600), retry_at_most: Duration::from_secs(3600), ..PACE };

/// So many bytes may be under way between the server's socket and the reader when the reader stops.
const UNDER_WAY: usize = 16 << 20;

fn routes(asked: &Asked) -> bool {
    asked.plural() == Some("httproutes")
}

fn count(server: &ApiServer, fits: impl Fn(&Asked) -> bool) -> usize {
    server.requests().iter().filter(|asked| routes(asked) && fits(asked)).count()
}

/// A server without streaming lists, with one route.
fn one_route() -> ApiServer {
    let server = ApiServer::start();
    server.streaming_lists(false);
    server.apply(&route("a", "one", "/one"));
    server
}

fn reason(follower: &Follower) -> &str {
    follower.status.trouble.as_deref().unwrap_or_default()
}

fn is_stale(follower: &Follower) -> bool {
    matches!(follower.status.phase, Phase::Stale { .. })
}

/// What is said when connecting to the server fails, without its address.
async fn failure(server: &ApiServer, connection: Connection) -> String {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection { kubeconfig: Some(server.kubeconfig(folder.path())), ..connection };
    let SourceError { message, hint } = Cluster::connect(&connection).await.map(|_| ()).expect_err("a failure");
    format!("{message}\n{}", hint.expect("a hint")).replace(&server.url(), "SERVER")
}

#[track_caller]
fn assert_taken(server: &ApiServer, limit: usize) {
    let sent = usize::try_from(server.sent()).unwrap();
    assert!((limit..limit + UNDER_WAY).contains(&sent), "{sent} of {limit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_that_are_always_too_old_are_stale_and_asked_for_with_pauses() {
    let gone = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410,
        "message": "too old resource version" });
    let event = json!({ "type": "ERROR", "object": gone }).to_string();
    for reply in [Reply::Status(410, "Expired", "too old".to_owned()), Reply::Lines(vec![event])] {
        let server = one_route();
        server.rule("gone", move |asked| {
            (routes(asked) && asked.is_watch() && !asked.is_streaming_list()).then(|| reply.clone())
        });
        let mut follower = Follower::at(&server, ONCE, &[]).await;
        follower.until("stale", is_stale).await;
        assert_eq!(reason(&follower), "what was asked for is too old");
        assert_eq!(follower.names("HTTPRoute"), ["a/one"]);
        // The first time is nothing out of the ordinary: it is listed again at once. The second time is.
        assert_eq!(
            (count(&server, Asked::is_list), count(&server, |asked| asked.is_watch() && !asked.is_streaming_list())),
            (2, 2)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_whose_watches_keep_failing_is_never_live_in_between() {
    let server = one_route();
    server.rule("broken", |asked| {
        let error = json!({ "type": "ERROR", "object": { "kind": "Status", "code": 410, "reason": "Expired" } });
        (routes(asked) && asked.is_watch() && !asked.is_streaming_list()).then(|| Reply::Lines(vec![error.to_string()]))
    });
    // A watch that ends with an error never holds for as long as this.
    let pace = Timeouts { restart: Duration::from_millis(300), ..PACE };
    let mut follower = Follower::at(&server, pace, &[]).await;
    follower.until("stale", is_stale).await;
    let before = follower.phases.len();
    follower.until("listed often", |follower| follower.listed["HTTPRoute"] > 6).await;
    let since = &follower.phases[before..];
    assert!(since.iter().all(|phase| matches!(phase, Phase::Stale { .. })), "{since:?}");
    server.lift("broken");
    follower.live().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_come_again_end_a_list() {
    for items in [json!([]), json!([{ "metadata": { "name": "one", "namespace": "a" } }])] {
        let server = one_route();
        server.rule("endless", move |asked| {
            let page = json!({ "kind": "HTTPRouteList", "items": items, "metadata": { "resourceVersion": "5", "continue": "same" } });
            (routes(asked) && asked.is_list()).then(|| Reply::Body(page.to_string()))
        });
        let mut follower = Follower::at(&server, ONCE, &[]).await;
        follower.until("the end", |follower| !reason(follower).is_empty() && is_stale(follower)).await;
        assert!(
            reason(&follower).starts_with("the server gives the same page of the list again and again"),
            "{}",
            reason(&follower)
        );
        assert_eq!(count(&server, Asked::is_list), 2);
        assert_eq!(*follower.state("HTTPRoute"), KindState::Waiting);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_without_end_end_a_list() {
    let server = one_route();
    let mut page = 0;
    server.rule("endless", move |asked| {
        page += 1;
        let list = json!({ "kind": "HTTPRouteList", "items": [], "metadata": { "resourceVersion": "5", "continue": page.to_string() } });
        (routes(asked) && asked.is_list()).then(|| Reply::Body(list.to_string()))
    });
    let mut follower = Follower::at(&server, ONCE, &[]).await;
    follower.until("the end", |follower| !reason(follower).is_empty() && is_stale(follower)).await;
    assert!(reason(&follower).starts_with("the list has more than 2000 pages"), "{}", reason(&follower));
    assert_eq!(count(&server, Asked::is_list), limits::PAGES);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_without_end_is_cut() {
    let server = one_route();
    server.rule("endless", |asked| {
        let head = "{\"items\":[{\"metadata\":{\"name\":\"".to_owned();
        (routes(asked) && asked.is_list()).then(|| Reply::Endless(head, "x".repeat(1 << 20)))
    });
    let mut follower = Follower::at(&server, ONCE, &[]).await;
    follower.until("the end", |follower| !reason(follower).is_empty() && is_stale(follower)).await;
    assert!(
        reason(&follower).starts_with("one page of the list has more than 64 MiB, which is the limit"),
        "{}",
        reason(&follower)
    );
    assert_eq!(count(&server, Asked::is_list), 1);
    assert_taken(&server, limits::PAGE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_without_end_is_cut() {
    let server = one_route();
    let mut first = true;
    server.rule("endless", move |asked| {
        let watch = routes(asked) && asked.is_watch() && !asked.is_streaming_list() && std::mem::take(&mut first);
        let head = "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"".to_owned();
        watch.then(|| Reply::Endless(head, "x".repeat(1 << 20)))
    });
    let mut follower = Follower::at(&server, ONCE, &[]).await;
    follower.until("stale", is_stale).await;
    assert!(
        reason(&follower).starts_with("a line of the watch has more than 8 MiB, which is the limit"),
        "{}",
        reason(&follower)
    );
    assert_eq!(follower.names("HTTPRoute"), ["a/one"]);
    assert_taken(&server, limits::LINE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_stops_in_the_middle_is_cut() {
    let server = one_route();
    server.rule("half", |asked| {
        let watch = routes(asked) && asked.is_watch() && !asked.is_streaming_list();
        watch.then(|| Reply::HalfALine("{\"type\":".to_owned()))
    });
    let mut follower = Follower::at(&server, Timeouts { answer: Duration::from_millis(200), ..ONCE }, &[]).await;
    follower.until("stale", is_stale).await;
    assert!(reason(&follower).starts_with("a line of the watch does not end"), "{}", reason(&follower));
    assert_eq!(count(&server, |asked| asked.is_watch() && !asked.is_streaming_list()), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_streaming_list_that_never_ends_gives_way_to_pages() {
    let server = ApiServer::start();
    server.apply(&route("a", "one", "/one"));
    server.rule("endless", |asked| {
        (routes(asked) && asked.is_streaming_list()).then(|| Reply::LinesThenNothing(Vec::new()))
    });
    let pace = Timeouts { answer: Duration::from_millis(200), ..PACE };
    let mut follower = Follower::at(&server, pace, &[]).await;
    follower.live().await;
    assert_eq!((count(&server, Asked::is_streaming_list), count(&server, Asked::is_list)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_does_not_end_is_waited_for_no_longer_than_an_answer() {
    let server = ApiServer::start();
    server.rule("slow", |_| Some(Reply::HalfAHead));
    let connection = Connection { request_timeout: Some(Duration::from_millis(100)), ..Connection::default() };
    assert_eq!(
        failure(&server, connection).await,
        "cannot connect to the cluster (context fake): SERVER gave no answer within 100 ms\n\
         a longer --request-timeout may help; is the network (a VPN) up?"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_without_end_is_cut() {
    let server = ApiServer::start();
    server.rule("endless", |_| Some(Reply::Endless("{\"a\":\"".to_owned(), "x".repeat(1 << 16))));
    let said = failure(&server, Connection::default()).await;
    assert!(said.contains("the version has more than 1 MiB, which is the limit"), "{said}");
    assert_taken(&server, limits::MESSAGE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_little_that_unpacks_to_much_is_cut() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![b'0'; 3 * limits::MESSAGE]).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < limits::MESSAGE / 100);
    let server = ApiServer::start();
    server.rule("bomb", move |_| Some(Reply::Raw("200 OK", "Content-Encoding: gzip\r\n".to_owned(), packed.clone())));
    let said = failure(&server, Connection::default()).await;
    assert!(said.contains("the version has more than 1 MiB, which is the limit"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_followed_elsewhere() {
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let (server, elsewhere) = (ApiServer::start(), ApiServer::start());
        let headers = format!("Location: {}/version\r\n", elsewhere.url());
        server.rule("redirect", move |_| Some(Reply::Raw(status, headers.clone(), Vec::new())));
        let said = failure(&server, Connection::default()).await;
        assert!(
            said.starts_with("cannot connect to the cluster (context fake): SERVER redirects to http://127.0.0.1:"),
            "{said}"
        );
        assert_eq!((server.requests().len(), elsewhere.requests().len()), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_for_people_is_not_shown() {
    for status in ["200 OK", "502 Bad Gateway", "403 Forbidden", "404 Not Found"] {
        let server = ApiServer::start();
        let page = b"<html><title>Sign in \x1b[31m</title></html>".to_vec();
        server.rule("html", move |_| Some(Reply::Raw(status, "Content-Type: text/html\r\n".to_owned(), page.clone())));
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection { kubeconfig: Some(server.kubeconfig(folder.path())), ..Connection::default() };
        if let Err(error) = Cluster::connect(&connection).await {
            assert!(!error.message.contains("<html>") && !error.message.contains('\x1b'), "{}", error.message);
        } else {
            // Whoever may not ask for the version may yet list.
            assert_eq!(status, "403 Forbidden");
        }
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_always_too_busy_is_asked_a_few_times() {
    for (after, requests) in [("0", 6), ("-1", 1), ("soon", 1), ("3600", 1), ("99999999999999999999", 1)] {
        let server = ApiServer::start();
        let headers = format!("Retry-After: {after}\r\n");
        server.rule("busy", move |_| Some(Reply::Raw("429 Too Many Requests", headers.clone(), Vec::new())));
        let connection = Connection { request_timeout: Some(Duration::from_secs(9)), ..Connection::default() };
        let said = failure(&server, connection).await;
        assert!(
            said.starts_with("cannot connect to the cluster (context fake): SERVER is too busy"),
            "{after}: {said}"
        );
        assert_eq!(server.requests().len(), requests, "{after}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_are_no_lists_are_told_and_asked_for_with_pauses() {
    let deep = format!("{{\"items\":[{}{}]}}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        "",
        "{",
        "null",
        "[]",
        "{\"items\":[{\"metadata\":{\"name\":\"a\"}},{",
        "{\"kind\":null,\"items\":null,\"metadata\":null}",
        &deep,
    ] {
        let server = one_route();
        let body = body.to_owned();
        server.rule("odd", move |asked| (routes(asked) && asked.is_list()).then(|| Reply::Body(body.clone())));
        let mut follower = Follower::at(&server, ONCE, &[]).await;
        follower.until("trouble", |follower| !reason(follower).is_empty() && is_stale(follower)).await;
        assert_eq!(count(&server, Asked::is_list), 1);
        assert_eq!(*follower.state("HTTPRoute"), KindState::Waiting);
    }
}

/// A kubeconfig in which every secret is a canary.
fn canaries(server: &ApiServer, user: &str, cluster: &str) -> String {
    format!(
        "current-context: fake\nclusters: [{{ name: c, cluster: {{ server: '{}'{cluster} }} }}]\nusers: [{{ name: u, user: {{ {user} }} }}]\n\
         contexts: [{{ name: fake, context: {{ cluster: c, user: u, namespace: default }} }}]\n",
        server.url().replace("http://", "http://me:CANARY-url@")
    )
}

#[test]
fn no_secret_is_printed_whoever_repeats_it() {
    let users = [
        "token: CANARY-token",
        "username: me, password: CANARY-password",
        "tokenFile: token",
        "auth-provider: { name: oidc, config: { id-token: CANARY-id } }",
        "auth-provider: { name: gcp, config: { access-token: CANARY-access } }",
        "exec: { apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'echo secret=CANARY-out token: CANARY-err >&2; echo CANARY-plain'] }",
        "exec: { apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'echo {apiVersion: client.authentication.k8s.io/v1, kind: ExecCredential, status: {token: CANARY-plugin}}'] }",
        "token: \"CANARY\\n\"",
        "token: [CANARY]",
    ];
    let clusters = [
        "",
        ", proxy-url: 'http://me:CANARY-proxy@127.0.0.1:1'",
        ", proxy-url: 'ftp://me:CANARY-proxy@127.0.0.1:1'",
        ", certificate-authority-data: CANARY",
    ];
    let commands: [&[&str]; 4] =
        [&["tree"], &["where", "http://a.io/x", "-o", "json"], &["check", "--as", "someone"], &["snapshot"]];
    for (path, code) in [("/version", 400), ("/version", 401), ("/version", 500), ("/api", 403)] {
        let server = ApiServer::start();
        server.rule("echo", move |asked| {
            let sent = asked.headers.get("authorization").cloned().unwrap_or_default();
            let bare = sent.rsplit(' ').next().unwrap_or_default();
            let said = format!("no: Authorization={sent}, or {bare}; token=CANARY-named password: CANARY-said at http://x:CANARY-user@y");
            asked.path.starts_with(path).then_some(Reply::Status(code, "Odd", said))
        });
        // Every place of a secret once, and the most usual ones wherever a server repeats them.
        let (users, clusters) = if code == 400 { (&users[..], &clusters[..]) } else { (&users[..2], &clusters[..1]) };
        let commands = if code == 403 { &commands[..] } else { &commands[..1] };
        for (user, cluster) in
            users.iter().map(|user| (*user, "")).chain(clusters.iter().map(|cluster| (users[0], *cluster)))
        {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("config"), canaries(&server, user, cluster)).unwrap();
            std::fs::write(folder.path().join("token"), "CANARY-file\n").unwrap();
            for command in commands {
                let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_routescope"));
                program
                    .env_clear()
                    .env("PATH", std::env::var_os("PATH").unwrap_or_default())
                    .current_dir(folder.path());
                program.args(*command).args(["--kubeconfig", "config"]).stdin(std::process::Stdio::null());
                let output = program.output().unwrap();
                let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
                assert!(!said.contains("CANARY"), "{path} {code}, {user}{cluster}: {said}");
                assert!(!said.contains("Q0FOQVJZ"), "in base64: {said}");
            }
        }
    }
}

/// A server that refuses every list in words that repeat what it was sent: the explorer says so at once, and says none of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_are_refused_are_told_on_the_screen_without_the_secrets_in_the_words() {
    for code in [400, 500] {
        let server = ApiServer::start();
        server.rule("echo", move |asked| {
            let sent = asked.headers.get("authorization").cloned().unwrap_or_default();
            let said = format!("what is this? Authorization={sent}; token=CANARY-named at http://x:CANARY-user@y");
            asked.plural().is_some().then_some(Reply::Status(code, "Odd", said))
        });
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("config");
        std::fs::write(&kubeconfig, canaries(&server, "token: CANARY-token", "")).unwrap();
        let mut follower = Follower::with(folder, kubeconfig, ONCE, &[]).await;
        follower.until("told", |follower| follower.status.trouble.is_some()).await;
        // The first word that a list failed is enough: nobody waits for all of them.
        for size in [(120, 24), (60, 20)] {
            let mut explorer = crate::screens::explorer::cluster(size.0, size.1);
            explorer.reading(follower.status.clone());
            for screen in [explorer.text(), explorer.press(&["R"]).text()] {
                let has_room = size.0 == 120;
                assert!(screen.contains('◌') && (screen.contains("what is this?") || !has_room), "{code}: {screen}");
                assert!(!screen.contains("connecting") && !screen.contains("CANARY"), "{code}: {screen}");
            }
        }
    }
}
