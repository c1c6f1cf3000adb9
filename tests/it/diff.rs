//! `routescope diff`, through the real binary.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

struct Run {
    stdout: String,
    stderr: String,
    code: i32,
}

fn run_in(folder: &Path, arguments: &[&str], stdin: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").env("COLUMNS", "110");
    command.env("KUBECONFIG", "nowhere.kubeconfig").env_remove("KUBERNETES_SERVICE_HOST");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("the binary ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().expect("a code") }
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/diff")
}

#[track_caller]
fn diff(code: i32, arguments: &[&str]) -> String {
    let arguments = [&["diff", "--complete"], arguments].concat();
    let Run { stdout, stderr, code: actual } = run_in(&data(), &arguments, "");
    assert_eq!(actual, code, "{arguments:?}: {stderr}");
    stdout
}

#[test]
fn what_moves_is_told_with_a_request_and_the_place_that_brought_it_about() {
    insta::assert_snapshot!(diff(1, &["old.yaml", "new.yaml"]));
}

#[test]
fn what_is_only_renamed_moves_nothing() {
    assert_eq!(diff(0, &["old.yaml", "renamed.yaml"]), "nothing moves\n");
    assert_eq!(diff(0, &["old.yaml", "old.yaml"]), "nothing moves\n");
}

#[test]
fn a_comparison_as_json() {
    let text = diff(1, &["old.yaml", "new.yaml", "-o", "json"]);
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let keys: Vec<&String> = document.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["apiVersion", "old", "new", "summary", "changes", "unknown"]);
    let kinds: Vec<&str> =
        document["changes"].as_array().expect("a list").iter().filter_map(|change| change["kind"].as_str()).collect();
    assert_eq!(kinds, ["moved", "policies"]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_missing_backend_breaks() {
    let text = diff(1, &["old.yaml", "broken.yaml"]);
    assert!(text.contains("broken     GET http://api.example.com/payments/refund"), "{text}");
    assert!(text.ends_with("1 broken\n"), "{text}");
    let back = diff(1, &["broken.yaml", "old.yaml"]);
    assert!(back.ends_with("1 fixed\n"), "{back}");
}

#[test]
fn a_location_that_keeps_the_host_moves_where_it_names_another() {
    let text = diff(1, &["redirect.yaml", "redirected.yaml"]);
    assert!(text.contains("http://x.example.com/"), "{text}");
    assert!(text.contains("after    redirect 302 to http://www.example.com/"), "{text}");
}

#[test]
fn without_a_proof_the_exit_code_says_that_it_could_not_be_done() {
    let text = diff(2, &["unknown.yaml", "unknown_too.yaml"]);
    assert!(text.ends_with("2 unknown\n"), "{text}");
}

#[test]
fn a_change_of_the_listener_is_the_listeners() {
    let text = diff(1, &["redirect.yaml", "listener.yaml"]);
    assert!(text.contains("Gateway a/http: listener http now has the port 8080 (was 80)"), "{text}");
}

#[test]
fn a_pull_request_comment_and_annotations() {
    insta::assert_snapshot!("markdown", diff(1, &["old.yaml", "new.yaml", "-o", "markdown"]));
    insta::assert_snapshot!("github", diff(1, &["old.yaml", "new.yaml", "-o", "github"]));
}

#[test]
fn requests_are_replayed_through_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("access.log");
    let lines = "http://api.example.com/payments/charge\n\
                 [2026-04-15T20:17:00Z] \"GET /payments/charge/1 HTTP/1.1\" 200 - 0 1 1 1 \"-\" \"curl\" \"id\" \"api.example.com\" \"up\"\n\
                 {\"method\":\"GET\",\"path\":\"/other\",\"authority\":\"api.example.com\"}\n\
                 nonsense line\n";
    std::fs::write(&log, lines).expect("written");
    let log = log.to_str().expect("UTF-8");
    let text = diff(1, &["old.yaml", "new.yaml", "--requests", log]);
    assert!(text.contains("2 of 3 requests change (66.6 %), 1 unreadable"), "{text}");
    let each = diff(1, &["old.yaml", "new.yaml", "--requests", log, "-o", "jsonl"]);
    let changed: Vec<Option<bool>> =
        each.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["changed"].as_bool()).collect();
    assert_eq!(changed, [Some(true), Some(true), Some(false)]);
    let document: Value =
        serde_json::from_str(&diff(1, &["old.yaml", "new.yaml", "--requests", log, "-o", "json"])).expect("JSON");
    assert_eq!(document["replayed"], serde_json::json!({ "requests": 3, "changed": 2, "unreadable": 1 }));
}

#[test]
fn standard_input_and_revisions_are_sources() {
    let new = std::fs::read_to_string(data().join("new.yaml")).expect("a file");
    let Run { stdout, stderr, code } = run_in(&data(), &["diff", "--complete", "old.yaml", "-"], &new);
    assert_eq!(code, 1, "{stderr}");
    assert!(stdout.ends_with("1 moved, 1 change of policies\n"), "{stdout}");

    let folder = tempfile::tempdir().expect("a folder");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]);
        let done = command.args(arguments).current_dir(folder.path()).output().expect("git runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::create_dir(folder.path().join("routes")).expect("made");
    std::fs::copy(data().join("old.yaml"), folder.path().join("routes/all.yaml")).expect("copied");
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    std::fs::copy(data().join("new.yaml"), folder.path().join("routes/all.yaml")).expect("copied");
    let Run { stdout, stderr, code } = run_in(folder.path(), &["diff", "--complete", "git:HEAD:routes", "routes"], "");
    assert_eq!(code, 1, "{stderr}");
    assert!(stdout.contains("routes/all.yaml:29"), "{stdout}");
    // The root of a repository is read as with -R -f: what is not a manifest is left out.
    std::fs::write(folder.path().join("values.yaml"), "a: [\n").expect("written");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "second"]);
    let Run { stdout, stderr, code } =
        run_in(folder.path(), &["diff", "--complete", "-R", "git:HEAD~1:.", "git:HEAD:."], "");
    assert_eq!((code, stderr.as_str()), (1, ""), "{stdout}");
    let Run { stderr, code, .. } = run_in(folder.path(), &["diff", "git:nowhere:routes", "routes"], "");
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: cannot read revision nowhere: "), "{stderr}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    for (arguments, said) in [
        (&["diff", "-", "-"][..], "both sources are standard input"),
        (&["diff", "git:x", "old.yaml"], "names no path"),
        (&["diff", "old.yaml", "gone.yaml"], "cannot compare gone.yaml"),
        (&["diff", "old.yaml", "new.yaml", "-o", "jsonl"], "add --requests FILE"),
        (&["diff", "--live"], "add -f DIR"),
    ] {
        let Run { stdout, stderr, code } = run_in(&data(), arguments, "");
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_route_that_leaves_a_host_is_why_another_one_takes_its_requests() {
    let world = |rules: &str| {
        format!(
            "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: gw, namespace: infra}}
spec: {{gatewayClassName: kgateway, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: shop, namespace: infra}}
spec:
  parentRefs: [{{name: gw}}]
  hostnames: [shop.example.com]
  rules: {rules}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: rest, namespace: infra}}
spec:
  parentRefs: [{{name: gw}}]
  rules: [{{filters: [{{type: RequestRedirect, requestRedirect: {{hostname: example.com}}}}]}}]
"
        )
    };
    let folder = tempfile::tempdir().expect("a folder");
    let redirect = "{filters: [{type: RequestRedirect, requestRedirect: {hostname: example.org}}]";
    let one = format!("[{redirect}, matches: [{{path: {{value: /shop}}}}]}}]");
    std::fs::write(folder.path().join("old.yaml"), world(&one)).expect("written");
    std::fs::write(folder.path().join("new.yaml"), world("[]")).expect("written");
    let run = run_in(folder.path(), &["diff", "old.yaml", "new.yaml", "-o", "json"], "");
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let changes = document["changes"].as_array().expect("a list");
    let opened = changes.iter().find(|change| change["request"]["url"] == "http://shop.example.com/").expect("listed");
    assert_eq!(opened["before"], Value::Null);
    assert_eq!(opened["because"][0]["text"], "HTTPRoute infra/shop no longer serves shop.example.com");
    assert_eq!(opened["because"][0]["source"]["file"], "old.yaml");
}
