//! The commands on a cluster: the real binary, a real kubeconfig, a server inside the test.

use crate::support::apiserver;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use apiserver::{ApiServer, Rights};
use serde_json::Value;

const WORLD: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw, namespace: infra, creationTimestamp: 2026-01-01T00:00:00Z }
spec:
  gatewayClassName: kgateway
  listeners: [{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: team-a, creationTimestamp: 2026-01-01T00:00:00Z }
spec:
  parentRefs: [{ name: gw, namespace: infra }]
  rules: [{ matches: [{ path: { type: PathPrefix, value: / } }], backendRefs: [{ name: one, port: 80 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: one, namespace: team-a }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: two, namespace: team-a }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: one-x, namespace: team-a, labels: { kubernetes.io/service-name: one } }
addressType: IPv4
ports: [{ name: \"\", port: 8080 }]
endpoints: [{ addresses: [10.0.0.1], conditions: { ready: true } }]
";

const FILE: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: team-a }
spec:
  parentRefs: [{ name: gw, namespace: infra }]
  rules: [{ matches: [{ path: { type: PathPrefix, value: / } }], backendRefs: [{ name: two, port: 80 }] }]
";

/// A cluster, and the folder with its kubeconfig.
struct Cluster {
    server: ApiServer,
    folder: tempfile::TempDir,
    kubeconfig: PathBuf,
}

impl Cluster {
    fn start() -> Self {
        let server = ApiServer::start();
        server.apply(WORLD);
        let folder = tempfile::tempdir().expect("a folder");
        let kubeconfig = server.kubeconfig(folder.path());
        Self { server, folder, kubeconfig }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
        command.env_clear().env("KUBECONFIG", &self.kubeconfig).current_dir(self.folder.path()).args(arguments);
        command
    }

    /// Exit code, standard output, standard error.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.command(arguments).stdin(Stdio::null()).output().expect("the binary starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (_, out, err) = self.run(arguments);
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
    }
}

#[test]
fn a_cluster_answers_as_the_same_manifests_do() {
    let cluster = Cluster::start();
    std::fs::write(cluster.folder.path().join("world.yaml"), WORLD).unwrap();
    let rows = |mut document: Value| {
        document["gateways"][0]["virtualHosts"][0]["routes"][0]["chain"] = Value::Null;
        document
    };
    let live = cluster.json(&["routes", "-o", "json"]);
    assert_eq!(rows(live), rows(cluster.json(&["routes", "-o", "json", "-f", "world.yaml", "--complete"])));
    let (code, out, err) = cluster.run(&["where", "http://a.io/x"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("team-a/one:80"), "{out}");
    assert!(cluster.server.requests().iter().all(|asked| asked.method == "GET"));
}

#[test]
fn what_may_not_be_read_is_told_and_no_answer_is_certain() {
    let cluster = Cluster::start();
    cluster.server.rights(Rights::Only(&["team-a", "infra"]));
    let (code, out, err) = cluster.run(&["where", "http://a.io/x", "-n", "team-a"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("warning: the cluster as a whole: not readable"), "{err}");
    assert!(out.contains("? not certain: a route that cannot be read may be attached"), "{out}");
}

#[test]
fn a_namespace_of_which_nothing_may_be_read_is_told_in_one_word() {
    let cluster = Cluster::start();
    // A kind that the cluster does not have is not missed.
    cluster.server.withdraw("xlistenersets", "v1alpha1");
    cluster.server.rights(Rights::Only(&["team-a", "infra"]));
    let (_, _, err) = cluster.run(&["tree", "-n", "team-a,team-b"]);
    assert!(err.contains("warning: namespace team-b: not readable: everything\n"), "{err}");
}

#[test]
fn kinds_that_may_not_be_read_are_named_where_others_may_be() {
    let cluster = Cluster::start();
    cluster.server.rights(Rights::AllBut(&["tcproutes", "tlsroutes"]));
    let (code, out, err) = cluster.run(&["where", "http://a.io/x"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("warning: the cluster as a whole: not readable: TCPRoutes, TLSRoutes\n"), "{err}");
    // No URL is answered by those.
    assert!(!out.contains("not certain"), "{out}");
}

#[test]
fn a_child_that_may_not_be_read_is_not_said_to_be_missing() {
    let cluster = Cluster::start();
    cluster.server.apply(&FILE.replace(
        "name: two, port: 80",
        "name: hidden, namespace: team-b, kind: HTTPRoute, group: gateway.networking.k8s.io",
    ));
    cluster.server.rights(Rights::Only(&["team-a", "infra"]));
    let (code, out, err) = cluster.run(&["where", "http://a.io/x", "-n", "team-a"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(err.contains("warning: namespace team-b: not readable"), "{err}");
    assert!(out.contains("there is no HTTPRoute team-b/hidden, as far as may be read"), "{out}");
    assert!(out.contains("? not certain: a child of HTTPRoute team-b/hidden may exist"), "{out}");
    assert!(!out.contains("to fix it"), "{out}");
}

#[test]
fn someone_who_may_read_nothing_is_told_what_to_ask_for() {
    let cluster = Cluster::start();
    cluster.server.rights(Rights::Nothing);
    let (code, out, err) = cluster.run(&["tree"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.starts_with("error: context fake: HTTPRoutes may be read neither"), "{err}");
    assert!(err.contains("\nhint: name the namespaces you may read with -n"), "{err}");
}

#[test]
fn files_are_laid_over_the_cluster() {
    let cluster = Cluster::start();
    std::fs::write(cluster.folder.path().join("new.yaml"), FILE).unwrap();
    let (code, out, err) = cluster.run(&["tree", "-f", "new.yaml", "--live"]);
    assert_eq!((code, err.as_str()), (0, "over context fake: 0 new, 1 changed, 0 unchanged\n"), "{out}");
    assert!(out.contains("shop (team-a)   ~ changed") && out.contains("Service two:80"), "{out}");
}

#[test]
fn several_contexts_answer_side_by_side() {
    let cluster = Cluster::start();
    let document = cluster.json(&["routes", "-o", "json", "--context", "fake", "--context", "fake"]);
    assert_eq!(document["apiVersion"], "routescope/v1");
    let contexts = document["contexts"].as_array().expect("contexts");
    assert_eq!(contexts.len(), 2);
    assert_eq!(contexts[0]["context"], "fake");
    assert_eq!(contexts[1]["gateways"], cluster.json(&["routes", "-o", "json"])["gateways"]);
}

#[test]
fn a_watched_answer_comes_again_when_it_changes() {
    let cluster = Cluster::start();
    let mut child = cluster
        .command(&["where", "http://a.io/x", "--watch", "-o", "jsonl"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut goes = || -> Value {
        let line = lines.next().expect("an answer").expect("a line");
        let document: Value = serde_json::from_str(&line).expect("JSON");
        document["answers"][0]["destinations"][0]["name"].clone()
    };
    assert_eq!(goes(), "one");
    cluster.server.await_watches("httproutes", 1);
    cluster.server.apply(FILE);
    assert_eq!(goes(), "two");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn a_watched_tree_says_who_lost_a_route_that_was_edited() {
    let cluster = Cluster::start();
    let mut child =
        cluster.command(&["tree", "--watch"]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut until = |text: &str| while !lines.next().expect("more").expect("a line").contains(text) {};
    until("Service one:80");
    cluster.server.await_watches("httproutes", 1);
    cluster.server.apply(&FILE.replace("  parentRefs: [{ name: gw, namespace: infra }]\n", ""));
    until("HTTPRoute team-a/shop modified");
    until("no longer on listener http of Gateway infra/gw");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn a_watched_answer_that_cannot_be_given_any_more_is_waited_for() {
    let cluster = Cluster::start();
    let mut child = cluster
        .command(&["where", "http://a.io/x", "--gateway", "infra/gw", "--watch", "-o", "jsonl"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut answers = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut errors = BufReader::new(child.stderr.take().expect("its errors")).lines();
    let first = answers.next().expect("an answer").expect("a line");
    cluster.server.await_watches("gateways", 1);
    cluster.server.delete("gateways", "infra", "gw");
    assert_eq!(errors.next().expect("a word").expect("a line"), "error: no Gateway infra/gw");
    cluster.server.apply(WORLD);
    assert_eq!(answers.next().expect("an answer").expect("a line"), first);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

/// Without what says where an object is written.
fn placeless(document: Value) -> Value {
    match document {
        Value::Object(entries) => {
            let places = ["file", "line", "column", "place", "source", "at", "origin", "context"];
            let kept = entries.into_iter().filter(|(key, _)| !places.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key, placeless(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(placeless).collect(),
        other => other,
    }
}

#[track_caller]
fn answers_equal_the_live_ones(cluster: &Cluster, live: &[&str]) {
    let saved = [live, &["snapshot", "-o", "saved.yaml"]].concat();
    let (code, out, err) = cluster.run(&saved);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let commands: [&[&str]; 3] =
        [&["routes", "-o", "json"], &["where", "http://a.io/x", "-o", "json"], &["check", "-o", "json"]];
    for command in commands {
        let from_cluster = placeless(cluster.json(&[command, live].concat()));
        let from_file = placeless(cluster.json(&[command, live, &["-f", "saved.yaml"]].concat()));
        assert_eq!(from_file, from_cluster, "{command:?}");
    }
    let text = std::fs::read_to_string(cluster.folder.path().join("saved.yaml")).unwrap();
    assert!(text.starts_with("apiVersion: routescope/v1\nkind: Snapshot\n"), "{text}");
    assert!(!text.contains("managedFields") && !text.contains("kind: Secret"), "{text}");
    assert!(!cluster.server.requests().iter().any(|asked| asked.path.contains("secret")));
}

#[test]
fn a_snapshot_answers_as_the_cluster_did() {
    answers_equal_the_live_ones(&Cluster::start(), &[]);
}

#[test]
fn a_snapshot_knows_what_could_not_be_read() {
    let cluster = Cluster::start();
    cluster.server.rights(Rights::Only(&["team-a", "infra"]));
    answers_equal_the_live_ones(&cluster, &["-n", "team-a"]);
    let (_, out, err) = cluster.run(&["where", "http://a.io/x", "-f", "saved.yaml"]);
    assert!(err.contains("warning: the cluster as a whole: not readable"), "{err}");
    assert!(out.contains("? not certain"), "{out}");
}

#[test]
fn a_snapshot_is_of_one_context() {
    let (code, _, err) = Cluster::start().run(&["snapshot", "--context", "fake", "--context", "fake"]);
    assert_eq!(code, 2);
    assert!(err.contains("error: a snapshot is of one world, and 2 contexts are named"), "{err}");
}

#[test]
fn placeholders_of_files_over_a_cluster_are_filled_in() {
    let cluster = Cluster::start();
    let file = FILE.replace("rules:", "hostnames: ['${SUB}.${DOMAIN}']\n  rules:");
    std::fs::write(cluster.folder.path().join("change.yaml"), file).unwrap();
    std::fs::write(cluster.folder.path().join("values.env"), "DOMAIN=file.io\n").unwrap();
    let overlaid = ["where", "-f", "change.yaml", "--live", "-o", "json"];
    let destination = |host: &str, more: &[&str]| {
        let url = format!("http://{host}/x");
        let mut command = cluster.command(&[&overlaid[..], &[url.as_str()], more].concat());
        let output = command.env("SUB", "env").stdin(Stdio::null()).output().expect("the binary starts");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        answer["answers"][0]["destinations"][0]["name"].as_str().map(str::to_owned)
    };
    let two = Some("two".to_owned());
    assert_eq!(destination("a.b.io", &["--set", "SUB=a", "--set", "DOMAIN=b.io"]), two);
    assert_eq!(destination("a.file.io", &["--set", "SUB=a", "--set-file", "values.env"]), two);
    assert_eq!(destination("env.file.io", &["--set-env", "--set-file", "values.env"]), two);
    // What is named beats the file, and the file the environment.
    assert_eq!(destination("env.b.io", &["--set-env", "--set-file", "values.env", "--set", "DOMAIN=b.io"]), two);
    // The environment is not asked unless it is to be.
    assert_eq!(destination("env.file.io", &["--set-file", "values.env"]), None);
}

/// How a server tells which channel its CRDs are of.
#[derive(Clone, Copy)]
enum Told {
    Annotation(&'static str),
    Forbidden,
}

/// A server whose CRDs are of a channel.
fn with_crds(told: Told) -> Cluster {
    let cluster = Cluster::start();
    cluster.server.rule("crd", move |asked| {
        if !asked.path.ends_with("/customresourcedefinitions/httproutes.gateway.networking.k8s.io") {
            return None;
        }
        Some(match told {
            Told::Annotation(channel) => apiserver::Reply::Body(
                serde_json::json!({
                    "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                    "metadata": { "annotations": { "gateway.networking.k8s.io/channel": channel } },
                })
                .to_string(),
            ),
            Told::Forbidden => {
                apiserver::Reply::Status(403, "Forbidden", "customresourcedefinitions is forbidden".into())
            }
        })
    });
    let file = FILE.replace("backendRefs:", "retry: { attempts: 4 }, backendRefs:");
    std::fs::write(cluster.folder.path().join("change.yaml"), file).unwrap();
    cluster
}

const OVER_LIVE: [&str; 6] = ["http://a.io/x", "-f", "change.yaml", "--live", "-o", "json"];

fn retries(answer: &Value) -> Option<u64> {
    answer["answers"][0]["timeouts"]["retries"]["attempts"].as_u64()
}

#[test]
fn files_over_a_cluster_are_read_with_the_channel_of_its_crds() {
    for (channel, expected) in [("experimental", Some(4)), ("standard", None)] {
        let cluster = with_crds(Told::Annotation(channel));
        let asked = [&["where"], &OVER_LIVE[..]].concat();
        let live = cluster.json(&asked);
        assert_eq!(retries(&live), expected, "{channel}: {live:#}");
        // What the user names comes first.
        let other = if channel == "standard" { "experimental" } else { "standard" };
        let named = cluster.json(&[&asked[..], &["--gateway-api-channel", other]].concat());
        assert_ne!(retries(&named), expected, "{channel}");
        // And a snapshot carries it.
        let (code, _, err) = cluster.run(&["snapshot", "-f", "change.yaml", "--live", "-o", "saved.yaml"]);
        assert_eq!(code, 0, "{err}");
        let saved = cluster.json(&["where", "http://a.io/x", "-f", "saved.yaml", "-o", "json"]);
        assert_eq!(retries(&saved), expected, "{channel}");
    }
}

#[test]
fn a_snapshot_of_a_cluster_carries_the_channel_for_files_read_with_it() {
    for (channel, expected) in [("experimental", Some(4)), ("standard", None)] {
        let cluster = with_crds(Told::Annotation(channel));
        let (code, _, err) = cluster.run(&["snapshot", "-o", "saved.yaml"]);
        assert_eq!(code, 0, "{err}");
        let asked = ["where", "http://a.io/x", "-f", "saved.yaml", "-f", "change.yaml", "-o", "json"];
        assert_eq!(retries(&cluster.json(&asked)), expected, "{channel}");
    }
}

#[test]
fn files_compared_with_a_cluster_are_read_with_the_channel_of_its_crds() {
    for (channel, moves) in [("experimental", 1), ("standard", 0)] {
        let cluster = with_crds(Told::Annotation(channel));
        let file = WORLD.replace("backendRefs:", "retry: { attempts: 4 }, backendRefs:");
        std::fs::write(cluster.folder.path().join("plain.yaml"), file).unwrap();
        for pair in [["context:fake", "plain.yaml"], ["plain.yaml", "context:fake"]] {
            let (code, out, err) = cluster.run(&["diff", pair[0], pair[1]]);
            assert_eq!(code, moves, "{channel} {pair:?}: {out}{err}");
        }
    }
}

#[test]
fn a_channel_that_is_not_known_is_assumed_and_said_so() {
    let cluster = with_crds(Told::Forbidden);
    let asked = [&["where"], &OVER_LIVE[..]].concat();
    // The experimental group is served.
    assert_eq!(retries(&cluster.json(&asked)), Some(4));
    let (_, out, _) = cluster.run(&["check", "-f", "change.yaml", "--live"]);
    assert!(out.contains("the channel of the cluster's Gateway API CRDs is not known: assumed experimental"), "{out}");
    cluster.server.withdraw("xlistenersets", "v1alpha1");
    assert_eq!(retries(&cluster.json(&asked)), None);
    let (_, _, err) = cluster.run(&asked);
    assert!(
        err.contains("warning: the channel of the cluster's Gateway API CRDs is not known: assumed standard"),
        "{err}"
    );
    // It is nothing to say where it makes no difference.
    std::fs::write(cluster.folder.path().join("change.yaml"), FILE).unwrap();
    let (_, _, err) = cluster.run(&asked);
    assert!(!err.contains("channel"), "{err}");
}
