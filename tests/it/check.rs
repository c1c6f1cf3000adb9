//! `check`: what is ignored and known, the formats for pipelines, and `explain`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw}\nspec:\n  \
    gatewayClassName: kgateway\n  listeners: [{name: http, port: 80, protocol: HTTP}]\n---\n\
    apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: shop\n  annotations: {}\nspec:\n  \
    parentRefs: [{name: gw}]\n  rules:\n  - matches: [{path: {value: /a}}]\n";

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("routes.yaml"), text).expect("a file in it");
    folder
}

fn routescope(within: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(arguments).current_dir(within).env("NO_COLOR", "1").env_remove("ROUTESCOPE_FAIL_ON");
    command.output().expect("routescope runs")
}

/// Exit code, standard output, standard error.
fn check(within: &Path, more: &[&str]) -> (i32, String, String) {
    let output = routescope(within, &[&["check", "-f", "routes.yaml"], more].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("an exit code"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_option_ignores_a_code_of_one_object() {
    let folder = folder(ROUTE);
    assert_eq!(check(folder.path(), &[]).0, 1);
    for ignore in ["no-backends", "no-backends=HTTPRoute/default/shop: not yet"] {
        let (code, out, err) = check(folder.path(), &["--ignore", ignore]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(!out.contains("no-backends"), "{out}");
    }
    let (code, _, err) = check(folder.path(), &["--ignore", "no-backends=HTTPRoute/default/other"]);
    assert_eq!(code, 1);
    assert!(err.contains("--ignore ignores no-backends, and nothing is found there"), "{err}");
    let (code, _, err) = check(folder.path(), &["--ignore", "no-backend"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean no-backends?"), "{err}");
}

#[test]
fn an_annotation_ignores_a_code_of_its_object() {
    let annotated = ROUTE.replace("annotations: {}", "annotations: {routescope.dev/ignore: \"no-backends: not yet\"}");
    let folder = folder(&annotated);
    let (code, out, err) = check(folder.path(), &["--show-ignored"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.contains("ignored[no-backends]") && out.contains("not yet (the annotation of HTTPRoute default/shop)"),
        "{out}"
    );
    let (_, json, _) = check(folder.path(), &["--show-ignored", "-o", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["ignored"][0]["reason"], "not yet");
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_comment_ignores_a_code_of_its_line_or_the_next() {
    let at = "  - matches: [{path: {value: /a}}]";
    let beside = ROUTE.replace(at, &format!("{at} # routescope:ignore no-backends: not yet"));
    let above = ROUTE.replace(at, &format!("  # routescope:ignore no-backends: not yet\n{at}"));
    for text in [beside, above] {
        let (code, out, err) = check(folder(&text).path(), &[]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
    }
    let elsewhere = ROUTE.replace("kind: HTTPRoute", "kind: HTTPRoute # routescope:ignore no-backends: not yet");
    let (code, _, err) = check(folder(&elsewhere).path(), &[]);
    assert_eq!(code, 1);
    assert!(err.contains("routes.yaml:9 ignores no-backends, and nothing is found there"), "{err}");
}

#[test]
fn of_a_baseline_only_new_findings_fail() {
    let folder = folder(ROUTE);
    let (code, _, err) = check(folder.path(), &["--baseline", "known.json"]);
    assert_eq!(code, 2);
    assert!(err.contains("--write-baseline writes one"), "{err}");
    assert_eq!(check(folder.path(), &["--baseline", "known.json", "--write-baseline"]).0, 0);
    assert_eq!(check(folder.path(), &["--baseline", "known.json"]).0, 0);
    // Lines may move.
    fs::write(folder.path().join("routes.yaml"), format!("# moved\n{ROUTE}")).expect("a file");
    assert_eq!(check(folder.path(), &["--baseline", "known.json"]).0, 0);
    let more = ROUTE.split("---\n").nth(1).expect("a route").replace("name: shop", "name: other");
    fs::write(folder.path().join("routes.yaml"), format!("{ROUTE}---\n{more}")).expect("a file");
    let (code, out, _) = check(folder.path(), &["--baseline", "known.json"]);
    assert_eq!(code, 1);
    assert!(out.contains("HTTPRoute default/other") && !out.contains("no-backends] HTTPRoute default/shop"), "{out}");
    let sound = ROUTE.to_owned() + "    backendRefs: [{name: shop, port: 80}]\n";
    fs::write(folder.path().join("routes.yaml"), sound).expect("a file");
    let (code, _, err) = check(folder.path(), &["--baseline", "known.json"]);
    assert_eq!(code, 0);
    assert!(err.contains("no longer found: no-backends HTTPRoute/default/shop"), "{err}");
}

#[test]
fn sarif_names_rule_level_and_region() {
    let (code, out, _) = check(folder(ROUTE).path(), &["-o", "sarif"]);
    assert_eq!(code, 1);
    let sarif: Value = serde_json::from_str(&out).expect("JSON");
    let run = &sarif["runs"][0];
    let result = run["results"].as_array().expect("results").iter().find(|one| one["ruleId"] == "no-backends");
    let result = result.expect("the finding");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "routes.yaml");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&16.into(), &5.into()));
    let at = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("a small one");
    let rule = &run["tool"]["driver"]["rules"][at];
    assert_eq!(rule["id"], "no-backends");
    assert!(rule["help"]["markdown"].as_str().is_some_and(|help| help.contains("```yaml")), "{rule}");
}

#[test]
fn other_formats_name_the_place_too() {
    let folder = folder(ROUTE);
    let (_, github, _) = check(folder.path(), &["-o", "github"]);
    assert!(
        github.contains("::error file=routes.yaml,line=16,col=5,title=no-backends::HTTPRoute default/shop"),
        "{github}"
    );
    let (_, markdown, _) = check(folder.path(), &["-o", "markdown"]);
    assert!(markdown.contains("| error | **no-backends**: ") && markdown.contains("`routes.yaml:16:5`"), "{markdown}");
    let (_, junit, _) = check(folder.path(), &["-o", "junit"]);
    assert!(junit.contains(r#"<failure type="no-backends""#) || junit.contains("type=\"no-backends\""), "{junit}");
}

#[test]
fn explain_prints_the_entry_of_a_code() {
    let output = routescope(Path::new("."), &["explain", "no-backends"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("error[no-backends] A rule has no backend") && text.contains("good:"), "{text}");
    let output = routescope(Path::new("."), &["explain"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("Delegation\n") && text.contains("cyclic-delegation"), "{text}");
    let output = routescope(Path::new("."), &["explain", "no-backend"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean no-backends?"));
}

#[test]
fn the_redirect_to_https_and_the_application_conflict_only_where_the_redirect_loses() {
    let case = |name: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/findings").join(name))
            .expect("a case")
    };
    let wins = case("an_application_that_loses_to_the_redirect_to_https_on_one_listener.yaml");
    let (code, out, _) = check(folder(&wins).path(), &[]);
    assert_eq!((code, out.as_str()), (0, "✓ nothing found\n"));
    let loses = case("a_redirect_to_https_that_loses_to_the_application.yaml");
    let (_, out, _) = check(folder(&loses).path(), &["-o", "json"]);
    let out: Value = serde_json::from_str(&out).expect("JSON");
    let finding = &out["findings"][0];
    assert_eq!(finding["code"], "rule-conflict");
    assert_eq!(finding["fix"][0]["path"], "spec.parentRefs[0].sectionName", "{out:#}");
    assert_eq!(finding["fix"][0]["value"], "secure");
}

/// Names of headers ignore case: a parent's `X-Tier` and the child's `x-tier` are one header, which has one value.
#[test]
fn a_rule_that_wants_two_values_of_a_header_is_never_reached() {
    let world = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw}\nspec:\n  \
        gatewayClassName: kgateway\n  listeners: [{name: http, port: 80, protocol: HTTP}]\n---\n\
        apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: root}\nspec:\n  parentRefs: [{name: gw}]\n  \
        rules:\n  - matches: [{path: {value: /a}, headers: [{name: X-Tier, value: gold}]}]\n    backendRefs:\n    \
        - {group: gateway.networking.k8s.io, kind: HTTPRoute, name: leaf}\n---\n\
        apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: leaf\n  annotations:\n    \
        delegation.kgateway.dev/inherit-parent-matcher: \"true\"\nspec:\n  rules:\n  \
        - matches: [{path: {value: /b}, headers: [{name: x-tier, value: silver}]}]\n    backendRefs: [{name: b, port: 80}]\n  \
        - matches: [{path: {value: /c}, headers: [{name: X-TIER, value: gold}]}]\n    backendRefs: [{name: c, port: 80}]\n";
    let folder = folder(world);
    let (_, out, _) = check(folder.path(), &[]);
    let told = "warning[rule-unreachable] HTTPRoute default/leaf: rule 1 is never reached: no request has both header X-Tier: \
        gold and header x-tier: silver";
    assert!(out.contains(told) && out.matches("rule-unreachable").count() == 1, "{out}");
}

/// A `TLSRoute` whose Gateway is not in the input may take the connection: that nobody sees the request is not known.
#[test]
fn a_tls_route_of_a_gateway_elsewhere_may_take_the_connection() {
    let folder = folder(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {name: raw}\nspec:\n  \
         parentRefs: [{name: edge, namespace: infra}]\n  hostnames: [\"*.example.com\"]\n  \
         rules: [{backendRefs: [{name: raw, port: 443}]}]\n",
    );
    let outcomes = |url: &str, more: &[&str]| {
        let output = routescope(folder.path(), &[&["where", url, "-f", "routes.yaml", "-o", "json"], more].concat());
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let answers = document["answers"].as_array().expect("answers").clone();
        answers.into_iter().map(|answer| answer["outcome"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes("https://a.example.com/", &[]), ["unknown"]);
    assert_eq!(outcomes("http://a.example.com/", &[]), [""; 0]);
    assert_eq!(outcomes("https://a.example.org/", &[]), [""; 0]);
    assert_eq!(outcomes("https://a.example.com/", &["--complete"]), [""; 0]);
}

/// A Gateway whose only listener is not served does not even answer 404.
#[test]
fn a_gateway_that_serves_no_listener_answers_nothing() {
    let routes = |port: u16| {
        let text = ROUTE.replace("port: 80,", &format!("port: {port},"));
        let folder = folder(text.split("---").next().expect("a Gateway"));
        let output = routescope(folder.path(), &["routes", "-f", "routes.yaml"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(routes(80).contains("no routes: every request gets a 404"));
    // kgateway keeps this port for the proxy itself.
    assert!(routes(8082).contains("none of its listeners is served, or takes HTTP"));
}
