//! `routescope test` and `routescope reach`, through the real binary.

use std::process::Command;

use serde_json::Value;

/// What a command prints, and how it exits.
fn run(arguments: &[&str]) -> (String, String, i32) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/diff");
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").env("COLUMNS", "110");
    command.env("KUBECONFIG", "nowhere.kubeconfig").env_remove("KUBERNETES_SERVICE_HOST");
    let output = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code().expect("a code"))
}

#[track_caller]
fn stdout(code: i32, arguments: &[&str]) -> String {
    let (stdout, stderr, actual) = run(arguments);
    assert_eq!(actual, code, "{arguments:?}: {stderr}");
    stdout
}

fn world<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().copied().chain(["-f", "old.yaml", "--complete"]).collect()
}

#[test]
fn a_region_that_leaks_has_a_counterexample() {
    let text = stdout(1, &world(&["test", "routes_test.yaml"]));
    insta::assert_snapshot!(text);
    let document: Value =
        serde_json::from_str(&stdout(1, &world(&["test", "routes_test.yaml", "-o", "json"]))).expect("JSON");
    let results: Vec<&str> =
        document["tests"].as_array().expect("a list").iter().filter_map(|test| test["result"].as_str()).collect();
    assert_eq!(results, ["pass", "pass", "fail", "pass"]);
    let failed = &document["tests"][2];
    assert_eq!(failed["counterexample"]["request"]["url"], "http://api.example.com/payments");
    assert_eq!(failed["counterexample"]["answer"]["destinations"][0]["name"], "web");
    assert_eq!(document["coverage"]["percent"], 100.0);
}

#[test]
fn coverage_can_be_required() {
    let tests = "apiVersion: routescope/v1\nkind: RouteTest\ntests:\n- request: http://api.example.com/\n  expect: { status: 404 }\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.yaml");
    std::fs::write(&file, tests.replace("status: 404", "backend: Service/platform/web")).expect("written");
    let file = file.to_str().expect("UTF-8");
    let said = stdout(0, &world(&["test", file]));
    assert!(said.contains("1 of 4 rules are met (25 %)"), "{said}");
    let (_, stderr, code) = run(&world(&["test", file, "--fail-under", "50"]));
    assert_eq!(code, 1);
    assert!(stderr.contains("the tests meet 25 % of the rules, and 50 % are required"), "{stderr}");
    let lcov = stdout(0, &world(&["test", file, "-o", "lcov"]));
    assert!(lcov.contains("SF:old.yaml\n") && lcov.contains("LF:4\nLH:1\n"), "{lcov}");
    let junit = stdout(0, &world(&["test", file, "-o", "junit"]));
    assert!(junit.contains("tests=\"1\"") && junit.contains("failures=\"0\""), "{junit}");
}

#[test]
fn a_first_file_passes() {
    let first = stdout(0, &world(&["test", "--init"]));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("first.yaml");
    std::fs::write(&file, &first).expect("written");
    let said = stdout(0, &world(&["test", file.to_str().expect("UTF-8")]));
    assert!(said.contains("4 of 4 rules are met (100 %)"), "{first}\n{said}");
}

#[test]
fn a_mistake_has_a_place_and_the_accepted_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.yaml");
    let tests =
        "apiVersion: routescope/v1\nkind: RouteTest\ntests:\n- request: http://a.io/\n  expects: { status: 404 }\n";
    std::fs::write(&file, tests).expect("written");
    let (stdout, stderr, code) = run(&world(&["test", file.to_str().expect("UTF-8")]));
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("t.yaml:5:3: a test has no field expects\nhint: did you mean expect?"), "{stderr}");
}

#[test]
fn what_reaches_a_service_is_listed_with_requests() {
    insta::assert_snapshot!(stdout(0, &world(&["reach", "Service/payments/charge"])));
    let document: Value =
        serde_json::from_str(&stdout(0, &world(&["reach", "svc/payments/charge", "-o", "json"]))).expect("JSON");
    let keys: Vec<&String> = document.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["apiVersion", "target", "entries"]);
    let keys: Vec<&String> = document["entries"][0].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["gateway", "listener", "port", "virtualHost", "match", "chain", "share", "witness"]);
    assert_eq!(document["entries"][0]["witness"]["url"], "http://api.example.com/payments/charge");
    let narrowed = stdout(1, &world(&["reach", "Service/payments/charge", "--from", "elsewhere"]));
    assert!(narrowed.contains("nothing reaches Service payments/charge"), "{narrowed}");
}

#[test]
fn what_nothing_reaches_says_what_prevents_it() {
    let (stdout, _, code) = run(&["reach", "Service/payments/refund", "-f", "broken.yaml", "--complete"]);
    assert_eq!((code, stdout.as_str()), (1, "nothing reaches Service payments/refund\n  no rule refers to it\n"));
    let (_, stderr, code) = run(&world(&["reach", "Service/payments/refnd"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("hint: did you mean Service/payments/refund?"), "{stderr}");
}

#[test]
fn connections_past_all_rows_are_listed() {
    let of = |target: &'static str| vec!["reach", target, "-f", "streams.yaml", "--complete"];
    insta::assert_snapshot!(stdout(0, &of("Service/a/db")));
    let text = stdout(0, &[of("Service/a/db"), vec!["-o", "json"]].concat());
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["entries"].as_array().map(Vec::len), Some(0));
    let connections = document["connections"].as_array().expect("a list");
    let names: Vec<&Value> = connections.iter().map(|one| &one["serverName"]).collect();
    assert_eq!(names, [&Value::from("mail.example.com"), &Value::from("*.example.org"), &Value::Null]);
    assert_eq!(connections[0]["share"], 0.25);
    assert_eq!(connections[0]["witness"]["url"], "https://mail.example.com/");
    assert_eq!(connections[0]["chain"][0]["kind"], "TLSRoute");

    assert!(stdout(0, &of("TCPRoute/a/db")).contains("any connection"));
    let narrowed = stdout(0, &[of("Service/a/db"), vec!["--from", "www.example.org"]].concat());
    assert!(narrowed.contains("*.example.org") && !narrowed.contains("mail.example.com"), "{narrowed}");
    let (stdout, _, code) = run(&of("Service/a/alone"));
    assert_eq!(code, 1);
    assert!(stdout.contains("TLSRoute a/lost"), "{stdout}");
}

#[test]
fn what_is_no_expectation_file_is_told_with_the_way_out() {
    let told = |arguments: &[&str]| {
        let (stdout, stderr, code) = run(&[&["test"], arguments].concat());
        assert_eq!((stdout.as_str(), code), ("", 2), "{stderr}");
        stderr
    };
    let stderr = told(&["--init", "."]);
    assert!(stderr.contains("hint: name the manifests with -f: routescope test --init -f ."), "{stderr}");
    let stderr = told(&[".", "-f", "old.yaml"]);
    assert!(stderr.contains("error: . is a folder, not an expectation file"), "{stderr}");
    let stderr = told(&["old.yaml", "-f", "old.yaml"]);
    assert!(stderr.contains("kind is Gateway: this is a manifest, not an expectation file"), "{stderr}");
    assert!(stderr.contains("and the manifests with -f"), "{stderr}");
}
