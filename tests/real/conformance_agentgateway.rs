//! agentgateway's own translator cases, from a checkout: `ROUTESCOPE_AGENTGATEWAY=…/controller/pkg/agentgateway/translator/
//! testdata`. Without it the test says so and passes. Held is what routes come to: the table of every Gateway, and of every
//! group that it leads to, row by row with host, match and backends. Cases of TCP and TLS alone are left out; what differs
//! for a reason is listed with it, and must still differ.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use routescope_core::store::Coverage;
use routescope_render::{routes, scope::Scope};
use serde::Deserialize;
use serde_json::Value;

/// Cases that differ from ours, and why.
const OTHERWISE: [(&str, &str); 1] = [(
    "listenerset-shared-listener-route-key.yaml",
    "three listeners of one hostname and port: the proxy is sent them all and takes any, and the first is shown, in doubt",
)];

#[test]
fn tables_are_those_of_the_translator() {
    let Some(root) = std::env::var_os("ROUTESCOPE_AGENTGATEWAY").map(PathBuf::from) else {
        println!("ROUTESCOPE_AGENTGATEWAY is not set: nothing is held");
        return;
    };
    let (mut held, mut without, mut failures) = (0, 0, String::new());
    for folder in ["delegation", "routes"] {
        let defaults = fs::read_to_string(root.join(folder).join("_defaults.yaml")).expect("the folder's defaults");
        for path in cases(&root.join(folder)) {
            let text = fs::read_to_string(&path).expect("a readable case");
            let (input, output) = text.split_once("# Output").expect("an output");
            let expected = expected(output);
            let analysis = routescope_manifest::analyse_text(
                &format!("{defaults}\n---\n{input}"),
                Coverage::closed(),
                Settings::default(),
            );
            if analysis.snapshot.routes.is_empty() {
                without += 1;
                continue;
            }
            let actual = actual(&analysis);
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Some((_, why)) = OTHERWISE.iter().find(|(other, _)| *other == name) {
                println!("{folder}/{name} differs: {why}");
                assert_ne!(expected, actual, "{name} agrees by now: hold it with the others");
                continue;
            }
            held += 1;
            for row in expected.symmetric_difference(&actual) {
                let whose = if expected.contains(row) { "the engine's alone" } else { "ours alone" };
                let _ = writeln!(failures, "{}: {whose}: {row}", path.display());
            }
        }
    }
    println!("{held} cases held, {without} without an HTTPRoute or GRPCRoute");
    assert!(held > 0 && failures.is_empty(), "{failures}");
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of cases").flatten().map(|entry| entry.path());
    let name = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let mut cases: Vec<PathBuf> = entries.filter(|path| !name(path).starts_with('_')).collect();
    cases.sort();
    cases
}

/// Every row that the translator sends: `TABLE HOST MATCH -> BACKENDS`.
fn expected(output: &str) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    let documents = serde_yaml::Deserializer::from_str(output).map(|one| Value::deserialize(one).expect("YAML"));
    for resource in documents.flat_map(|document| list(&document, "output")) {
        let route = &resource["resource"]["route"];
        if route.is_null() || !route["serviceKey"].is_null() {
            continue;
        }
        let gateway = format!("{}/{}", text(&resource["gateway"]["Namespace"]), text(&resource["gateway"]["Name"]));
        let table = format!("{gateway} {}", route["routeGroupKey"].as_str().unwrap_or("-"));
        let mut backends: Vec<String> = list(route, "backends").iter().map(sent_backend).collect();
        backends.sort();
        // The cases have not met the API server, which writes the default match.
        let matches = list(route, "matches");
        let matches = if matches.is_empty() { vec![Value::Null] } else { matches };
        let hosts = list(route, "hostnames");
        let hosts = if hosts.is_empty() { vec![Value::from("*")] } else { hosts };
        for matcher in &matches {
            for host in &hosts {
                rows.insert(format!("{table} {} {} -> {}", text(host), sent_match(matcher), backends.join(", ")));
            }
        }
    }
    rows
}

fn sent_match(matcher: &Value) -> String {
    let path = &matcher["path"];
    let kinds = [("pathPrefix", "PathPrefix"), ("exact", "Exact"), ("regex", "RegularExpression")];
    let path = kinds.iter().find_map(|(field, kind)| Some(format!("{kind} {}", path[*field].as_str()?)));
    let tests = |field| {
        let tests = list(matcher, field).into_iter().map(|test| {
            let (kind, value) = match test["regex"].as_str() {
                Some(regex) => ("RegularExpression", regex.to_owned()),
                None => ("Exact", text(&test["exact"])),
            };
            format!("{} {kind} {value}", text(&test["name"]))
        });
        tests.collect::<Vec<_>>().join(" & ")
    };
    let method = text(&matcher["method"]["exact"]);
    format!("{} [{method}] [{}] [{}]", path.unwrap_or("PathPrefix /".into()), tests("headers"), tests("queryParams"))
}

fn sent_backend(backend: &Value) -> String {
    let weight = backend["weight"].as_u64().unwrap_or(0);
    if let Some(group) = backend["routeGroupKey"].as_str() {
        return format!("group {group} x{weight}");
    }
    let to = &backend["backend"];
    let what = if let Some(hostname) = to["service"]["hostname"].as_str() {
        let key = format!("{}/{}", text(&to["service"]["namespace"]), hostname.split('.').next().unwrap_or_default());
        if hostname.contains(".inference.") { format!("pool {key}") } else { format!("{key}:{}", to["port"]) }
    } else {
        to["backend"].as_str().map_or("invalid".to_owned(), |key| format!("backend {key}"))
    };
    format!("{what} x{weight}")
}

/// Every row of ours, in the same words.
fn actual(analysis: &Analysis) -> BTreeSet<String> {
    let data = serde_json::to_value(routes::data(analysis, None, &Scope::default())).expect("JSON");
    let mut rows = BTreeSet::new();
    for gateway in list(&data, "gateways") {
        let name = format!("{}/{}", text(&gateway["namespace"]), text(&gateway["name"]));
        for host in list(&gateway, "virtualHosts") {
            for row in list(&host, "routes") {
                note(&row, &format!("{name} -"), &[host["hostname"].clone()], &name, &mut rows);
            }
        }
    }
    rows
}

fn note(row: &Value, table: &str, hosts: &[Value], gateway: &str, rows: &mut BTreeSet<String>) {
    let action = &row["action"];
    let chain = list(row, "chain");
    let own = &chain[chain.len() - 1];
    let group = |via: &Value| {
        let selector = format!("{}/{}", text(&via["namespace"]), text(&via["value"]));
        format!("{}/{}/{selector}", text(&own["namespace"]), text(&own["name"]))
    };
    let mut backends: Vec<String> = [action, &action["otherwise"]]
        .into_iter()
        .flat_map(|action| list(action, "destinations"))
        .map(|to| our_backend(&to))
        .collect();
    backends.extend(list(action, "refs").iter().map(|one| format!("group {} x{}", group(&one["via"]), one["weight"])));
    backends.sort();
    for host in hosts {
        rows.insert(format!("{table} {} {} -> {}", text(host), our_match(&row["match"]), backends.join(", ")));
    }
    for below in list(action, "routes") {
        let chain = list(&below, "chain");
        let hosts = list(&below, "hostnames");
        let hosts = if hosts.is_empty() { vec![Value::from("*")] } else { hosts };
        let table = format!("{gateway} {}", group(&chain[chain.len() - 1]["via"]));
        note(&below, &table, &hosts, gateway, rows);
    }
}

fn our_match(matcher: &Value) -> String {
    let tests = |field| {
        let tests = list(matcher, field).into_iter();
        let tests =
            tests.map(|test| format!("{} {} {}", text(&test["name"]), text(&test["type"]), text(&test["value"])));
        tests.collect::<Vec<_>>().join(" & ")
    };
    let (kind, value) = (text(&matcher["path"]["type"]), text(&matcher["path"]["value"]));
    format!("{kind} {value} [{}] [{}] [{}]", text(&matcher["method"]), tests("headers"), tests("queryParams"))
}

fn our_backend(to: &Value) -> String {
    let key = format!("{}/{}", text(&to["namespace"]), text(&to["name"]));
    let what = match (text(&to["kind"]).as_str(), text(&to["state"]).as_str()) {
        (_, "not-permitted" | "invalid-kind") => "invalid".to_owned(),
        ("InferencePool", _) => format!("pool {key}"),
        ("AgentgatewayBackend", _) => format!("backend {key}"),
        _ => format!("{key}:{}", to["port"]),
    };
    format!("{what} x{}", to["weight"])
}

fn list(value: &Value, field: &str) -> Vec<Value> {
    value[field].as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
