//! Route tables against the engine's own: kgateway's golden files, and worlds that the running engine translated.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use routescope_core::analysis::Analysis;
use routescope_core::model::{PathKind, RouteMatch, ValueKind, ValueMatch};
use routescope_core::resolve::{Action, Destination};
use routescope_core::router::{GatewayTable, VirtualHost};
use serde_json::Value;

use crate::support::conformance;

use conformance::{SHOWN, golden_cases, json, roots, text};

/// Virtual hosts by port, server name and host, each with its rows as lines of text.
type Table = BTreeMap<(u16, String, String), Vec<String>>;

#[test]
fn worlds_have_the_engines_tables() {
    compare("worlds", worlds, conformance::worlds);
}

#[test]
fn kgateways_golden_cases_have_the_engines_tables() {
    compare("kgateway", golden, golden_cases);
}

/// Runs every case of every folder, and fails with a compact list of those that differ.
fn compare(what: &str, run: fn(&Path) -> Option<Result<(), String>>, cases: impl Fn(&Path) -> Vec<PathBuf>) {
    let mut ran = 0;
    let mut differing: Vec<String> = Vec::new();
    for root in roots() {
        for case in cases(&root) {
            let Some(result) = run(&case) else { continue };
            ran += 1;
            if let Err(difference) = result {
                differing.push(format!("{}: {difference}", case.display()));
            }
        }
    }
    if !conformance::ran(what, ran) {
        return;
    }
    println!("{what}: {ran} compared, {} differ", differing.len());
    let shown: Vec<&str> = differing.iter().take(SHOWN).map(String::as_str).collect();
    assert!(differing.is_empty(), "{} of {ran} {what} differ\n{}", differing.len(), shown.join("\n"));
}

/// `None` for a world that the API server refuses: it never meets the engine.
fn worlds(folder: &Path) -> Option<Result<(), String>> {
    let expected = json(&folder.join("expected.json"));
    let hosts = expected["virtualHosts"].as_array()?;
    let mut wanted = Table::new();
    for host in hosts {
        let rows = host["routes"].as_array().into_iter().flatten().map(world_row).collect();
        wanted.insert((number(&host["port"]), text(&host["sni"]), text(&host["hostname"])), rows);
    }
    let analysis = conformance::world(folder, &expected);
    let mut found = Table::new();
    for gateway in &analysis.table.gateways {
        found.extend(table(gateway, |host| our_rows(&analysis, host)));
    }
    Some(same(&wanted, &found))
}

fn table(gateway: &GatewayTable, rows: impl Fn(&VirtualHost) -> Vec<String>) -> Table {
    let key = |host: &VirtualHost| {
        // An HTTPS listener without a hostname has no server name to show.
        let sni = host.sni.as_ref().filter(|sni| *sni != "*").map(ToString::to_string);
        (host.port, sni.unwrap_or_default(), host.hostname.to_string())
    };
    gateway.virtual_hosts.iter().map(|host| (key(host), rows(host))).collect()
}

/// The first difference, in a line or two.
fn same(wanted: &Table, found: &Table) -> Result<(), String> {
    for (key, rows) in wanted {
        let Some(ours) = found.get(key) else { return Err(format!("no virtual host {key:?}")) };
        if let Some(at) = (0..rows.len().max(ours.len())).find(|&at| rows.get(at) != ours.get(at)) {
            let (count, mine) = (rows.len(), ours.len());
            let none = "(none)".to_owned();
            let (want, have) = (rows.get(at).unwrap_or(&none), ours.get(at).unwrap_or(&none));
            return Err(format!("{key:?} row {at} of {count} (ours: {mine})\n   want {want}\n   have {have}"));
        }
    }
    match found.keys().find(|key| !wanted.contains_key(*key)) {
        Some(key) => Err(format!("virtual host {key:?} should not be there")),
        None => Ok(()),
    }
}

fn number(value: &Value) -> u16 {
    value.as_u64().and_then(|number| u16::try_from(number).ok()).unwrap_or_default()
}

fn world_row(row: &Value) -> String {
    let (matcher, action, owner) = (&row["match"], &row["action"], &row["owner"]);
    let mut line = format!("{} {}", text(&matcher["path"]["type"]), text(&matcher["path"]["value"]));
    write!(line, " {}", matcher["method"].as_str().unwrap_or("*")).expect("a String takes all");
    for (mark, key) in [("h", "headers"), ("q", "queryParams")] {
        let entries = matcher[key].as_array().into_iter().flatten();
        line += &tests(mark, entries.map(|one| (text(&one["name"]), text(&one["type"]), text(&one["value"]))));
    }
    write!(line, " => {}", text(&action["kind"])).expect("a String takes all");
    if let Some(status) = action["status"].as_u64() {
        write!(line, " {status}").expect("a String takes all");
    }
    let destination = |one: &Value| {
        let weight = one["weight"].as_u64().map(|weight| format!("*{weight}")).unwrap_or_default();
        if one["state"].is_string() {
            return format!(" broken{weight}");
        }
        let (kind, namespace, name) = (text(&one["kind"]), text(&one["namespace"]), text(&one["name"]));
        let port = one["port"].as_u64().map(|port| format!(":{port}")).unwrap_or_default();
        format!(" {kind} {namespace}/{name}{port}{weight}")
    };
    line += &sorted(action["destinations"].as_array().into_iter().flatten().map(destination));
    let (kind, namespace, name) = (text(&owner["kind"]), text(&owner["namespace"]), text(&owner["name"]));
    write!(line, " by {kind} {namespace}/{name} rule {}", owner["rule"]).expect("a String takes all");
    line
}

/// The worlds list tests and destinations in an order of their own, and header names in lower case.
fn tests(mark: &str, entries: impl Iterator<Item = (String, String, String)>) -> String {
    sorted(entries.map(|(name, kind, value)| {
        let name = if mark == "h" { name.to_ascii_lowercase() } else { name };
        format!(" {mark}[{name} {kind} {value}]")
    }))
}

fn sorted(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = parts.collect();
    parts.sort();
    parts.concat()
}

fn our_rows(analysis: &Analysis, host: &VirtualHost) -> Vec<String> {
    host.rows.iter().map(|row| our_row(analysis, &analysis.tree.hops[row.0 as usize])).collect()
}

fn our_row(analysis: &Analysis, hop: &routescope_core::resolve::RuleNode) -> String {
    let RouteMatch { path, method, headers, query_params, .. } = hop.matcher.as_ref();
    let value = match path.kind {
        PathKind::PathPrefix if path.value.len() > 1 => path.value.strip_suffix('/').unwrap_or(&path.value),
        _ => &path.value,
    };
    let mut line = format!("{} {value} {}", path.kind.name(), method.as_deref().unwrap_or("*"));
    for (mark, entries) in [("h", headers), ("q", query_params)] {
        let entries = entries.iter();
        line += &tests(
            mark,
            entries
                .map(|ValueMatch { kind, name, value }| (name.to_string(), kind.name().to_owned(), value.to_string())),
        );
    }
    match hop.action().map(AsRef::as_ref) {
        None => line.push_str(" => nothing"),
        Some(Action::Respond(respond)) => write!(line, " => respond {}", respond.status).expect("a String takes all"),
        Some(Action::Redirect(redirect)) => {
            write!(line, " => redirect {}", redirect.status.unwrap_or_default()).expect("a String takes all");
        }
        Some(Action::Forward(forward)) => {
            line.push_str(" => forward");
            let weighted = forward.destinations.len() > 1;
            line += &sorted(forward.destinations.iter().map(|one| {
                let weight = if weighted { format!("*{}", one.weight) } else { String::new() };
                let port = one.port.map(|port| format!(":{port}")).unwrap_or_default();
                let Destination { kind, namespace, name, .. } = one;
                if one.state.is_broken() {
                    return format!(" broken{weight}");
                }
                format!(" {kind} {namespace}/{name}{port}{weight}")
            }));
        }
    }
    let owner = analysis.snapshot.route(hop.route);
    write!(line, " by {} {} rule {}", owner.kind.name(), owner.meta.key(), hop.rule).expect("a String takes all");
    line
}

#[allow(clippy::unnecessary_wraps)] // a case as `compare` takes it
fn golden(case: &Path) -> Option<Result<(), String>> {
    let (case, analysis, output) = conformance::golden(case);
    let named = |difference: String| format!("{}: {difference}", text(&case["name"]));
    let wanted = envoy_table(&output);
    let gateway = text(&case["gateway"]);
    let found = analysis
        .table
        .gateways
        .iter()
        .filter(|one| one.gateway.to_string() == gateway)
        .flat_map(|one| table(one, |host| host.rows.iter().map(|row| envoy_line(&analysis, row.0)).collect()))
        .collect();
    Some(same(&wanted, &found).map_err(named))
}

/// The table of an Envoy configuration dump: port and server name come from the listeners.
fn envoy_table(output: &Value) -> Table {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let places = conformance::places(output);
    let mut table = Table::new();
    for config in list(&output["Routes"]) {
        let Some((port, sni)) = places.get(&text(&config["name"])) else { continue };
        for host in list(&config["virtualHosts"]) {
            let rows = list(&host["routes"]).iter().map(envoy_row).collect();
            table.insert((*port, sni.clone(), text(&host["domains"][0])), rows);
        }
    }
    table
}

fn envoy_row(row: &Value) -> String {
    let matcher = &row["match"];
    let mut line = String::new();
    for (kind, value) in [
        ("path", &matcher["path"]),
        ("prefix", &matcher["prefix"]),
        ("prefix", &matcher["pathSeparatedPrefix"]),
        ("regex", &matcher["safeRegex"]["regex"]),
    ] {
        if let Some(value) = value.as_str() {
            write!(line, "{kind} {value}").expect("a String takes all");
        }
    }
    for (mark, key) in [("h", "headers"), ("q", "queryParameters")] {
        for entry in matcher[key].as_array().into_iter().flatten() {
            let test = &entry["stringMatch"];
            let value = match (test["exact"].as_str(), test["safeRegex"]["regex"].as_str()) {
                (Some(exact), _) => format!("exact {exact}"),
                (_, Some(regex)) => format!("regex {regex}"),
                _ => "present".to_owned(),
            };
            write!(line, " {mark}[{} {value}]", text(&entry["name"])).expect("a String takes all");
        }
    }
    line.push_str(" => ");
    if let Some(status) = row["directResponse"]["status"].as_u64() {
        write!(line, "respond {status}").expect("a String takes all");
    } else if row["redirect"].is_object() {
        let status = match text(&row["redirect"]["responseCode"]).as_str() {
            "FOUND" => 302,
            "SEE_OTHER" => 303,
            "TEMPORARY_REDIRECT" => 307,
            "PERMANENT_REDIRECT" => 308,
            _ => 301,
        };
        write!(line, "redirect {status}").expect("a String takes all");
    } else if let Some(cluster) = row["route"]["cluster"].as_str() {
        line.push_str(cluster);
    } else if let Some(clusters) = row["route"]["weightedClusters"]["clusters"].as_array() {
        let weighted = |one: &Value| format!("{}*{}", text(&one["name"]), one["weight"].as_u64().unwrap_or_default());
        line.push_str(&clusters.iter().map(weighted).collect::<Vec<_>>().join(" "));
    }
    line
}

fn envoy_line(analysis: &Analysis, hop: u32) -> String {
    let hop = &analysis.tree.hops[hop as usize];
    let RouteMatch { path, method, headers, query_params, .. } = hop.matcher.as_ref();
    let mut line = match path.kind {
        PathKind::Exact => format!("path {}", path.value),
        PathKind::RegularExpression => format!("regex {}", path.value),
        PathKind::PathPrefix if path.value.len() > 1 => {
            format!("prefix {}", path.value.strip_suffix('/').unwrap_or(&path.value))
        }
        PathKind::PathPrefix => format!("prefix {}", path.value),
    };
    let entry = |mark: &str, one: &ValueMatch| match one.kind {
        _ if one.value.is_empty() => format!(" {mark}[{} present]", one.name),
        ValueKind::Exact => format!(" {mark}[{} exact {}]", one.name, one.value),
        ValueKind::RegularExpression => format!(" {mark}[{} regex {}]", one.name, one.value),
    };
    line.extend(headers.iter().map(|one| entry("h", one)));
    if let Some(method) = method {
        write!(line, " h[:method exact {method}]").expect("a String takes all");
    }
    line.extend(query_params.iter().map(|one| entry("q", one)));
    line.push_str(" => ");
    match hop.action().map(AsRef::as_ref) {
        None => line.push_str("nothing"),
        Some(Action::Respond(respond)) => write!(line, "respond {}", respond.status).expect("a String takes all"),
        Some(Action::Redirect(redirect)) => {
            write!(line, "redirect {}", redirect.status.unwrap_or_default()).expect("a String takes all");
        }
        Some(Action::Forward(forward)) => {
            let weighted = forward.destinations.len() > 1;
            let cluster = |one: &Destination| {
                let Destination { namespace, name, .. } = one;
                let cluster = match (one.state.is_broken(), one.kind.as_str()) {
                    (true, _) => "blackhole-cluster".to_owned(),
                    (_, "Backend") => format!("backend_{namespace}_{name}_0"),
                    _ => format!("kube_{namespace}_{name}_{}", one.port.unwrap_or_default()),
                };
                if weighted { format!("{cluster}*{}", one.weight) } else { cluster }
            };
            line.push_str(&forward.destinations.iter().map(cluster).collect::<Vec<_>>().join(" "));
        }
    }
    line
}
