//! The real binary, over small manifests: what it prints, where, and how it exits.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run left behind.
struct Run {
    stdout: String,
    stderr: String,
    code: i32,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cli"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROUTESCOPE_")
            || ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"].iter().any(|one| name == *one)
        {
            command.env_remove(name);
        }
    }
    // No test reads the cluster of whoever runs it.
    command.env("KUBECONFIG", "nowhere.kubeconfig").env_remove("KUBERNETES_SERVICE_HOST");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run_with(mut command: Command, stdin: &str) -> Run {
    command.stdin(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    // A program that does not read its input closes the pipe: that is its right.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("the binary ends");
    Run {
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        code: output.status.code().expect("an exit code"),
    }
}

fn run(arguments: &[&str]) -> Run {
    run_with(command(arguments), "")
}

/// The output of a command that says yes, and says nothing else.
#[track_caller]
fn stdout(arguments: &[&str]) -> String {
    let Run { stdout, stderr, code } = run(arguments);
    assert_eq!((code, stderr.as_str()), (0, ""), "{arguments:?}");
    stdout
}

/// What a command says that could not be done.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let Run { stdout, stderr, code } = run(arguments);
    assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    stderr
}

const SHOP: &[&str] = &["-f", "shop.yaml", "--complete"];

fn shop<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().chain(SHOP).copied().collect()
}

#[test]
fn an_answer_names_the_engine_that_was_asked_for() {
    let said = |engine: &[&str]| run(&shop(&[&["where", "http://nowhere.io/"], engine].concat())).stdout;
    assert!(said(&["--engine", "kgateway"]).contains(" · kgateway"));
    assert!(said(&["--engine", "gloo"]).contains(" · gloo"));
    assert!(!said(&[]).contains(" · kgateway"), "the usual one goes without saying");
}

#[test]
fn the_tree_shows_every_broken_thing_where_it_breaks() {
    insta::assert_snapshot!(stdout(&shop(&["tree"])));
}

#[test]
fn the_wide_tree_says_where_everything_is_written() {
    insta::assert_snapshot!(stdout(&shop(&["tree", "-o", "wide"])));
}

#[test]
fn the_ascii_tree_holds_no_other_bytes() {
    let text = stdout(&shop(&["tree", "--ascii"]));
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn the_tree_as_json() {
    let text = stdout(&shop(&["tree", "-o", "json"]));
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["apiVersion"], "routescope/v1");
    assert_eq!(json["notAttached"].as_array().map(Vec::len), Some(2));
    insta::assert_snapshot!(text);
}

#[test]
fn the_tree_as_yaml_says_the_same_as_json() {
    let json: serde_json::Value = serde_json::from_str(&stdout(&shop(&["tree", "-o", "json"]))).expect("JSON");
    let yaml: serde_json::Value = serde_yaml::from_str(&stdout(&shop(&["tree", "-o", "yaml"]))).expect("YAML");
    assert_eq!(json, yaml);
}

#[test]
fn the_tree_as_mermaid_and_dot() {
    insta::assert_snapshot!("mermaid", stdout(&shop(&["tree", "-o", "mermaid"])));
    insta::assert_snapshot!("dot", stdout(&shop(&["tree", "-o", "dot"])));
}

#[test]
fn a_cycle_is_shown_once_and_an_assumed_gateway_is_named_so() {
    insta::assert_snapshot!(stdout(&["tree", "-f", "cycle.yaml"]));
}

#[test]
fn without_a_terminal_the_explorer_prints_the_tree() {
    assert_eq!(stdout(&["-f", "shop.yaml"]), stdout(&["tree", "-f", "shop.yaml"]));
    assert_eq!(stdout(&["tui", "--demo"]), stdout(&["tree", "--demo"]));
}

#[test]
fn routes_for_envoy_are_a_route_configuration_for_each_port() {
    let text = stdout(&shop(&["routes", "-o", "envoy"]));
    let configurations = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
    let names: Vec<_> = configurations.map(|one| one.expect("JSON")["name"].clone()).collect();
    assert_eq!(names, ["listener~80"]);
    insta::assert_snapshot!(text);
}

#[test]
fn an_envoy_is_one_gateways() {
    let said = refused(&["routes", "-o", "envoy", "-f", "../../../examples/multi-level", "-f", "shop.yaml"]);
    assert!(said.contains("each is an Envoy of its own") && said.contains("--gateway "), "{said}");
    let said = refused(&shop(&["routes", "-o", "envoy", "--engine", "agentgateway"]));
    assert!(said.contains("no Envoy serves Gateway"), "{said}");
}

#[test]
fn routes_of_one_gateway_are_shown_alone() {
    let both = ["routes", "-f", "../../../examples/multi-level", "-f", "shop.yaml", "--gateway"];
    let one = stdout(&[&both[..], &["platform/web"]].concat());
    assert_eq!(one.matches("Gateway ").count(), 1, "{one}");
    assert!(refused(&[&both[..], &["infra/none"]].concat()).contains("no Gateway infra/none"));
}

#[test]
fn the_route_table_is_aligned_and_in_evaluation_order() {
    insta::assert_snapshot!(stdout(&shop(&["routes"])));
    insta::assert_snapshot!("routes_wide", stdout(&shop(&["routes", "-o", "wide"])));
}

#[test]
fn the_route_table_as_json() {
    insta::assert_snapshot!(stdout(&shop(&["routes", "-o", "json"])));
}

#[track_caller]
fn answer(code: i32, arguments: &[&str]) -> String {
    let arguments = shop(&[&["where"], arguments].concat());
    let run = run(&arguments);
    assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{arguments:?}\n{}", run.stdout);
    run.stdout
}

#[test]
fn the_answer_comes_first_then_the_path_then_why_others_lost() {
    insta::assert_snapshot!(answer(0, &["http://shop.example.com/cart/items/7"]));
}

#[test]
fn a_rewrite_is_applied_to_the_url() {
    insta::assert_snapshot!(answer(0, &["http://shop.example.com/img/logo.png?x=1"]));
}

#[test]
fn what_filters_do_to_headers_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("routes.yaml");
    let rule = "filters: [\
        {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-team, value: blue}], remove: [cookie]}}, \
        {type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: via, value: edge}]}}]";
    let route = "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r, namespace: a}, \
        spec: {parentRefs: [{name: gw}], rules: [{FILTERS, backendRefs: [{name: svc, port: 80}]}]}}";
    std::fs::write(&file, route.replace("FILTERS", rule)).expect("a file");
    let Run { stdout, stderr, .. } = run(&["where", "/x", "-f", &file.to_string_lossy()]);
    let told: Vec<&str> = stdout.lines().filter(|line| line.starts_with("  re")).collect();
    assert_eq!(
        told,
        ["  request   remove cookie", "  request   set x-team: blue", "  response  add via: edge"],
        "{stdout}{stderr}"
    );
}

#[test]
fn a_redirect_says_its_location() {
    insta::assert_snapshot!(answer(0, &["http://shop.example.com/old"]));
}

#[test]
fn a_broken_delegation_says_what_would_mend_it() {
    insta::assert_snapshot!(answer(1, &["http://shop.example.com/pay/card"]));
}

#[test]
fn a_miss_says_how_far_the_request_came() {
    insta::assert_snapshot!("miss_below", answer(1, &["http://shop.example.com/cart/unknown"]));
    insta::assert_snapshot!("miss_close", answer(1, &["http://shop.example.com/imgs/a"]));
    insta::assert_snapshot!("miss_dropped", answer(1, &["http://shop.example.com/basket"]));
}

#[test]
fn a_host_that_nobody_serves_is_a_miss() {
    insta::assert_snapshot!(answer(1, &["http://shoop.example.com/"]));
}

#[test]
fn method_headers_and_query_count() {
    let url = "http://shop.example.com/cart/items?dry-run=yes";
    insta::assert_snapshot!(answer(1, &[url, "-X", "POST", "-H", "x-role: admin"]));
}

#[test]
fn several_urls_are_titled() {
    insta::assert_snapshot!(answer(1, &["shop.example.com/old", "/pay"]));
}

#[test]
fn the_answer_as_json() {
    insta::assert_snapshot!("answer_forward", answer(0, &["http://shop.example.com/img/a", "-o", "json"]));
    insta::assert_snapshot!("answer_miss", answer(1, &["http://shop.example.com/cart/x", "-o", "json"]));
}

#[track_caller]
fn answer_with_endpoints(code: i32, arguments: &[&str]) -> String {
    let run = run(&[&["where", "-f", "endpoints.yaml", "--complete"], arguments].concat());
    assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{arguments:?}\n{}", run.stdout);
    run.stdout
}

#[test]
fn an_answer_says_how_many_serve_the_backend() {
    let wide = answer_with_endpoints(0, &["http://shop.example.com/cart", "-o", "wide"]);
    insta::assert_snapshot!("endpoints_wide", wide);
    insta::assert_snapshot!("endpoints_split", answer_with_endpoints(0, &["http://shop.example.com/search"]));
}

#[test]
fn a_backend_that_nobody_serves_is_not_reached() {
    insta::assert_snapshot!("endpoints_none", answer_with_endpoints(1, &["http://shop.example.com/pay"]));
    insta::assert_snapshot!("endpoints_external", answer_with_endpoints(1, &["http://shop.example.com/mail"]));
    let json = answer_with_endpoints(1, &["http://shop.example.com/pay", "-o", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let answer = &json["answers"][0];
    assert_eq!((&answer["outcome"], &answer["status"]), (&"forward".into(), &serde_json::Value::Null));
    let destination = &answer["destinations"][0];
    assert_eq!(destination["state"], "resolved");
    assert_eq!(destination["endpoints"], serde_json::json!({ "ready": 0, "total": 1 }));
    assert_eq!(answer["notes"][0], "the only endpoint of Service shop/pay is not ready: clients get 503");
}

#[test]
fn a_wide_tree_says_where_a_gateway_is_and_what_nobody_serves() {
    insta::assert_snapshot!("endpoints_tree", stdout(&["tree", "-f", "endpoints.yaml", "--complete", "-o", "wide"]));
    let json = stdout(&["tree", "-f", "endpoints.yaml", "--complete", "-o", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["gateways"][0]["addresses"], serde_json::json!(["203.0.113.7", "edge.example.net"]));
    let dot = stdout(&["tree", "-f", "endpoints.yaml", "--complete", "-o", "dot"]);
    assert!(dot.contains("503: no ready endpoints"), "{dot}");
}

#[test]
fn a_service_that_nobody_serves_is_found_once() {
    insta::assert_snapshot!("endpoints_check", stdout(&["check", "-f", "endpoints.yaml", "--complete"]));
    let open = stdout(&["check", "-f", "endpoints.yaml"]);
    assert!(open.contains("external-name"), "{open}");
}

#[test]
fn the_route_table_knows_no_endpoints() {
    let table = stdout(&["routes", "-f", "endpoints.yaml", "--complete", "-o", "json"]);
    assert!(!table.contains("endpoints\":"), "{table}");
}

#[test]
fn jsonl_is_one_line_per_request() {
    let text = answer(1, &["http://shop.example.com/img/a", "http://nobody.example.com/", "-o", "jsonl"]);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["request"]["path"], "/img/a");
    assert_eq!(lines[0]["answers"][0]["outcome"], "forward");
    assert_eq!(lines[0]["answers"][0]["upstream"]["path"], "/static/a");
    assert_eq!(lines[1]["answers"][0]["outcome"], "not-found");
}

#[test]
fn requests_from_a_file_are_answered_in_order() {
    insta::assert_snapshot!(answer(1, &["--requests", "requests.txt"]));
    let json = answer(1, &["--requests", "requests.txt", "-o", "jsonl"]);
    let paths: Vec<String> = json
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["request"]["path"].to_string())
        .collect();
    assert_eq!(paths, [r#""/img/logo.png""#, r#""/cart/items""#, r#""/pay""#, r#""/old""#]);
}

#[test]
fn requests_come_from_standard_input_too() {
    let arguments = shop(&["where", "--requests", "-", "-o", "jsonl"]);
    let run = run_with(command(&arguments), "http://shop.example.com/img/a\n");
    assert_eq!((run.code, run.stdout.lines().count()), (0, 1), "{}", run.stderr);
}

#[test]
fn a_bad_line_is_named_and_the_others_are_answered() {
    let run = run(&shop(&["where", "--requests", "bad-requests.txt"]));
    assert_eq!((run.code, run.stdout.lines().count()), (2, 2), "{}", run.stdout);
    assert!(run.stderr.starts_with("error: bad-requests.txt:2: "), "{}", run.stderr);
}

#[test]
fn manifests_come_from_standard_input() {
    let yaml = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cli/shop.yaml")).unwrap();
    let run = run_with(command(&["where", "http://shop.example.com/img/a", "-f", "-"]), &yaml);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("infra/storefront:80"), "{}", run.stdout);
}

#[test]
fn what_could_not_be_done_is_one_line_and_a_hint() {
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    let said = [
        refused(&["tree"]),
        refused(&["tree", "-f", "nowhere.yaml"]),
        refused(&["tree", "-f", empty]).replace(empty, "EMPTY"),
        refused(&["tree", "-f", "services.yaml"]),
        refused(&["where", "http://", "--demo"]),
        refused(&["where", "/a", "-H", "no colon", "--demo"]),
        refused(&["where", "/a", "-X", "GE T", "--demo"]),
        refused(&["where", "/a", "--gateway", "infra/wep", "-f", "shop.yaml"]),
        refused(&["where", "/a", "--gateway", "web", "-f", "shop.yaml"]),
        refused(&["where", "--requests", "nowhere.txt", "--demo"]),
        refused(&["where", "--requests", "-", "-f", "-"]),
        refused(&["man", "nothing"]),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn unknown_arguments_exit_with_2_and_help_with_0() {
    assert_eq!(run(&["tree", "--nonsense"]).code, 2);
    assert_eq!(run(&["where", "--demo"]).code, 2, "a URL is needed");
    let help = run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    assert!(help.stdout.contains("where"), "{}", help.stdout);
}

#[test]
fn findings_of_reading_go_to_standard_error() {
    let run = run(&["tree", "-f", "broken.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("fine (team)"), "{}", run.stdout);
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn check_lists_findings_and_fails_on_what_it_was_told_to() {
    let run_check = |more: &[&str]| run(&[&["check", "-f", "broken.yaml"], more].concat());
    let run = run_check(&[]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{}", run.stdout);
    insta::assert_snapshot!(run.stdout);
    assert_eq!(run_check(&["--fail-on", "never"]).code, 0);
    let json: serde_json::Value = serde_json::from_str(&run_check(&["-o", "json"]).stdout).expect("JSON");
    assert!(json["summary"]["error"].as_u64() > Some(0), "{json}");
    assert!(json["findings"][0]["source"]["line"].is_u64(), "{json}");
}

#[test]
fn colours_only_where_they_are_wanted() {
    let always = stdout(&["tree", "--demo", "--color", "always"]);
    assert!(always.contains("\x1b["));
    for never in [stdout(&["tree", "--demo"]), stdout(&["tree", "--demo", "--color", "never"])] {
        assert!(!never.contains('\x1b'));
    }
    let mut no_color = command(&["tree", "--demo"]);
    no_color.env("NO_COLOR", "1");
    assert!(!run_with(no_color, "").stdout.contains('\x1b'));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    // More than a pipe holds, so that the program meets the closed end.
    let mut child = command(&["completions", "bash"]).spawn().unwrap();
    let mut first = [0; 16];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&["completions", shell]);
        assert!(script.contains("where") && script.contains("requests"), "{shell}");
    }
    let page = stdout(&["man"]);
    for name in ["tui", "tree", "where", "routes", "check", "completions", "man"] {
        assert!(page.contains(&format!("routescope\\-{name}")), "{name}");
        assert!(stdout(&["man", name]).contains(".TH"), "{name}");
    }
}

/// A Gateway with two ports; its one route is on the second.
const TWO_PORTS: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: kgateway
  listeners: [{name: http, port: 80, protocol: HTTP}, {name: other, port: 8080, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: gw, sectionName: other}]
  hostnames: [api.example.com]
  rules:
  - matches: [{path: {value: /a}, method: POST, headers: [{name: one, value: v}, {name: two, value: v}]}]
    backendRefs: [{name: shop, port: 80}]
  - matches: [{path: {value: /a}, headers: [{name: three, value: v}]}]
    backendRefs: [{name: shop, port: 80}]
";

#[test]
fn a_host_that_was_asked_is_never_offered_instead_of_itself() {
    let answer = |url: &str| run_with(command(&["where", url, "-f", "-"]), TWO_PORTS).stdout;
    for url in ["http://api.example.com/a", "http://API.example.com:80/a"] {
        let answer = answer(url);
        assert!(answer.contains("api.example.com is served on port 8080"), "{answer}");
        assert!(!answer.contains("did you mean"), "{answer}");
    }
    assert!(answer("http://api.exampel.com:8080/a").contains("did you mean api.example.com?"));
}

#[test]
fn the_closest_rule_has_the_fewest_things_to_change() {
    let Run { stdout, .. } = run_with(command(&["where", "http://api.example.com:8080/a", "-f", "-"]), TWO_PORTS);
    let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the closest needs header three: v"), "{stdout}");
    let (near, far) = (stdout.find("shop rule 2").expect("rule 2"), stdout.find("shop rule 1").expect("rule 1"));
    assert!(near < far, "{stdout}");
}

#[test]
fn settings_come_from_options_and_environment() {
    let mut command = command(&["routes", "-f", "shop.yaml", "-o", "json"]);
    command.env("ROUTESCOPE_ENGINE", "gateway-api");
    let json: serde_json::Value = serde_json::from_str(&run_with(command, "").stdout).expect("JSON");
    assert_eq!(json["gateways"][0]["engine"], "gateway-api");
}

#[test]
fn the_demo_is_a_whole_world_whose_404_is_certain() {
    let Run { stdout, code, .. } = run(&["where", "https://api.example.com/payment", "--demo"]);
    assert_eq!(code, 1);
    assert!(!stdout.contains("not certain"), "{stdout}");
    assert!(stdout.contains("did you mean /payments?"), "{stdout}");
}

#[test]
fn a_theme_can_be_named_without_a_command() {
    // Without a terminal the tree is printed; the option is taken all the same.
    assert!(stdout(&["--demo", "--theme", "light"]).starts_with("Gateway kgateway-system/http"));
}

#[test]
fn the_status_is_predicted_and_spelled_out_where_something_is_wrong() {
    insta::assert_snapshot!(stdout(&shop(&["status"])));
}

#[test]
fn the_status_as_json() {
    let text = stdout(&shop(&["status", "-o", "json"]));
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let keys: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 4, "{keys:?}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_recorded_status_that_differs_from_the_prediction_fails() {
    let Run { stdout, stderr, code } = run(&["status", "-f", "status.yaml", "--complete"]);
    assert_eq!((code, stderr.as_str()), (1, ""));
    insta::assert_snapshot!(stdout);
}

#[test]
fn a_namespace_narrows_what_is_shown_and_not_what_is_read() {
    let all = run(&["tree", "--demo"]);
    let few = run(&["tree", "--demo", "-n", "payments"]);
    assert_eq!(few.code, 0);
    assert!(few.stdout.contains("(payments)") && few.stdout.contains("Gateway"), "{}", few.stdout);
    assert!(
        !few.stdout.contains("(banking)") && few.stdout.lines().count() < all.stdout.lines().count(),
        "{}",
        few.stdout
    );
    assert_eq!(run(&["tree", "--demo", "-n", "payments", "-A"]).stdout, all.stdout);
    let rows = |arguments: &[&str]| run(arguments).stdout.matches("\"match\":").count();
    assert!(rows(&["routes", "--demo", "-o", "json", "-n", "payments"]) < rows(&["routes", "--demo", "-o", "json"]));
    assert_eq!(rows(&["routes", "--demo", "-o", "json", "-n", "nobody"]), 0);
}

#[test]
fn files_and_folders_are_read_without_an_option() {
    let named = stdout(&["tree", "-f", "shop.yaml"]);
    assert_eq!(stdout(&["tree", "shop.yaml"]), named);
    assert_eq!(stdout(&["shop.yaml"]), named);
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cli/shop.yaml"))
        .expect("it is there");
    for arguments in [&["tree", "-"][..], &["-"]] {
        assert_eq!(run_with(command(arguments), &text).stdout, named, "{arguments:?}");
    }
    let url = "http://shop.example.com/cart";
    assert_eq!(run(&[url, "shop.yaml"]).stdout, run(&["where", url, "-f", "shop.yaml"]).stdout);
    assert!(refused(&["tre"]).contains("hint: did you mean `routescope tree`?"));
    assert!(refused(&["gone.yaml"]).starts_with("error: no file, folder or command gone.yaml"));
    assert!(refused(&["tree", "https://a.io/"]).contains("`routescope where URL`"));
}

#[test]
fn what_could_not_be_read_makes_a_tree_incomplete() {
    for name in ["tree", "routes", "snapshot"] {
        let Run { stderr, code, .. } = run(&[name, "broken.yaml"]);
        assert_eq!(code, 1, "{name}: {stderr}");
        assert!(stderr.contains("incomplete: 1 place could not be read"), "{name}: {stderr}");
    }
}

#[test]
fn files_without_a_route_are_clean() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("service.yaml");
    std::fs::write(&path, "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n")
        .expect("a file");
    assert_eq!(run(&["check", path.to_str().expect("a path")]).code, 0);
}

#[test]
fn a_path_in_the_place_of_a_url_is_told_how_to_be_read() {
    let error = refused(&["where", "shop.yaml", "a.example.com"]);
    assert!(error.contains("error: shop.yaml is a file, and no URL"), "{error}");
    assert!(error.contains("routescope where -f shop.yaml URL"), "{error}");
    assert!(refused(&["where", ".", "a.example.com"]).contains("error: . is a folder, and no URL"));
}

#[test]
fn habits_of_curl_are_told_what_to_write() {
    for (arguments, hint) in [
        (&["where", "-I", "http://a.io"][..], "-X HEAD"),
        (&["where", "-d", "x=1", "http://a.io"], "-X POST"),
        (&["where", "-s", "http://a.io"], "-s is --server here"),
        (&["where", "-k", "http://a.io", "http://b.io"], "-k is --kustomize here"),
        (&["where", "-sk", "http://a.io"], "options of curl"),
    ] {
        assert!(refused(&[arguments, &["--demo"]].concat()).contains(hint), "{arguments:?}");
    }
}

#[track_caller]
fn with_variables(variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = command(arguments);
    command.envs(variables.iter().copied());
    run_with(command, "")
}

#[test]
fn variables_are_read_as_people_set_them() {
    let plain = stdout(&["tree", "shop.yaml"]);
    let all = [
        "ASCII",
        "COMPLETE",
        "ENGINE",
        "COLOR",
        "THEME",
        "KGATEWAY_WEIGHTED_ROUTE_PRECEDENCE",
        "KGATEWAY_VALIDATION_MODE",
    ];
    let empty: Vec<(String, &str)> = all.iter().map(|name| (format!("ROUTESCOPE_{name}"), "")).collect();
    let empty: Vec<(&str, &str)> = empty.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(with_variables(&empty, &["tree", "shop.yaml"]).stdout, plain);
    for truth in ["1", "yes", "on", "true"] {
        assert!(with_variables(&[("ROUTESCOPE_ASCII", truth)], &["tree", "shop.yaml"]).stdout.is_ascii(), "{truth}");
    }
    for (name, value) in
        [("ROUTESCOPE_ENGINE", "nginx"), ("ROUTESCOPE_COMPLETE", "maybe"), ("ROUTESCOPE_KGATEWAY_VALIDATION_MODE", "x")]
    {
        let Run { stderr, code, .. } = with_variables(&[(name, value)], &["tree", "shop.yaml"]);
        assert_eq!(code, 2);
        assert!(stderr.contains(&format!("hint: the value is that of the environment variable {name}")), "{stderr}");
    }
}

#[test]
fn colours_and_width_follow_the_usual_variables() {
    let coloured = |variables: &[(&str, &str)], arguments: &[&str]| {
        let Run { stdout, stderr, .. } = with_variables(variables, arguments);
        (stdout + &stderr).contains('\u{1b}')
    };
    for arguments in [&["tree", "shop.yaml"][..], &["--help"], &["tree", "--nope"]] {
        assert!(!coloured(&[], arguments));
        assert!(coloured(&[("CLICOLOR_FORCE", "1")], arguments), "{arguments:?}");
        assert!(!coloured(&[("CLICOLOR_FORCE", "0")], arguments));
        assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], arguments));
        assert!(coloured(&[("NO_COLOR", "1")], &[arguments, &["--color", "always"]].concat()), "{arguments:?}");
        assert!(!coloured(&[("CLICOLOR_FORCE", "1")], &[&["--color=never"], arguments].concat()), "{arguments:?}");
    }
    let widest = |columns: &str, arguments: &[&str]| {
        let text = with_variables(&[("COLUMNS", columns)], arguments).stdout;
        text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
    };
    assert!(widest("60", &["tree", "-h"]) <= 60);
    assert!(widest("60", &["where", "/", "-f", "shop.yaml"]) <= 60);
}
