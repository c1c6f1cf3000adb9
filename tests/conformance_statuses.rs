//! Predicted statuses against those that the engine wrote: kgateway's golden files, and worlds that the running engine
//! translated. Type, status, reason and message of every condition, and every count of attached routes.
//!
//! The data is not part of this repository. It is read from `../shared/conformance` beside it, and from every folder in
//! `ROUTESCOPE_CONFORMANCE` (separated by `:`); where there is none, the tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use routescope::analysis::Analysis;
use routescope::model::{Name, Object};
use routescope::render::status;
use routescope::resolve::{GrantMode, Settings, ValidationMode};
use routescope::source::files::load_text;
use routescope::status::predict;
use routescope::store::{Change, Coverage, Store};
use serde_json::Value;

/// How many differences are printed in full.
const SHOWN: usize = 40;

/// What is said, by whom it is said of: `httpRoutes a/b`, the parent or listener, the condition's type.
type Said = BTreeMap<(String, String, String), String>;

#[test]
fn worlds_have_the_engines_statuses() {
    compare("worlds", world, |root| folders(&root.join("worlds")));
}

#[test]
fn kgateways_golden_cases_have_the_engines_statuses() {
    compare("kgateway cases", golden, |root| {
        let Ok(text) = std::fs::read_to_string(root.join("kgateway/cases.json")) else { return Vec::new() };
        let cases: Vec<Value> = serde_json::from_str(&text).expect("cases.json is JSON");
        (0..cases.len()).map(|at| root.join("kgateway").join(at.to_string())).collect()
    });
}

/// Runs every case of every folder, and fails with a compact list of what differs.
fn compare(what: &str, run: fn(&Path) -> Option<(Said, Said)>, cases: impl Fn(&Path) -> Vec<PathBuf>) {
    let (mut ran, mut conditions, mut differing) = (0, 0, 0);
    let mut differences: Vec<String> = Vec::new();
    for case in roots().iter().flat_map(|root| cases(root)) {
        let Some((wanted, found)) = run(&case) else { continue };
        ran += 1;
        conditions += wanted.len();
        let before = differences.len();
        for key in wanted.keys().chain(found.keys().filter(|key| !wanted.contains_key(*key))) {
            let (want, have) = (wanted.get(key), found.get(key));
            if want != have {
                let none = "(nothing)".to_owned();
                let (want, have) = (want.unwrap_or(&none), have.unwrap_or(&none));
                let (object, of, kind) = key;
                let place = case.display();
                differences.push(format!("{place}: {object} {of} {kind}\n   want {want}\n   have {have}"));
            }
        }
        differing += usize::from(differences.len() > before);
    }
    if ran == 0 {
        println!("no {what} found: nothing compared");
        return;
    }
    println!("{what}: {ran} compared ({conditions} conditions and counts), {differing} differ");
    let shown: Vec<&str> = differences.iter().take(SHOWN).map(String::as_str).collect();
    assert!(differences.is_empty(), "{differing} of {ran} {what} differ\n{}", shown.join("\n"));
}

fn roots() -> Vec<PathBuf> {
    let mut roots = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance")];
    if let Some(more) = std::env::var_os("ROUTESCOPE_CONFORMANCE") {
        roots.extend(std::env::split_paths(&more));
    }
    roots.retain(|root| root.is_dir());
    roots
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut folders = files_in(path);
    folders.retain(|path| path.is_dir());
    folders
}

fn files_in(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn world(folder: &Path) -> Option<(Said, Said)> {
    let expected: Value = serde_json::from_str(&read(&folder.join("expected.json"))).expect("expected.json is JSON");
    // What the API server refuses never meets the engine.
    let statuses = expected.get("statuses").filter(|statuses| statuses.is_object())?;
    let objects = load_text("manifests.yaml", &read(&folder.join("manifests.yaml"))).objects;
    Some((said(statuses), predicted(objects, &expected["settings"])))
}

#[allow(clippy::unnecessary_wraps)] // a case as `compare` takes it
fn golden(case: &Path) -> Option<(Said, Said)> {
    let folder = case.parent().expect("a case lies in a folder");
    let cases: Vec<Value> = serde_json::from_str(&read(&folder.join("cases.json"))).expect("cases.json is JSON");
    let at: usize = case.file_name().and_then(|name| name.to_str()?.parse().ok()).expect("a case is a number");
    let case = &cases[at];
    let output: Value =
        serde_yaml::from_str(&read(&folder.join(text(&case["output"])))).expect("a golden file is YAML");
    let mut objects: Vec<Object> = Vec::new();
    for input in case["inputs"].as_array().into_iter().flatten() {
        let path = folder.join(text(input));
        for file in if path.is_dir() { files_in(&path) } else { vec![path] } {
            objects.extend(load_text(&file.display().to_string(), &read(&file)).objects);
        }
    }
    // The engine's harness makes objects a second apart, in order of file and document.
    for (age, object) in (1..).zip(&mut objects) {
        let meta = match object {
            Object::Route(route) => &mut route.meta,
            Object::ListenerSet(set) => &mut set.meta,
            _ => continue,
        };
        meta.created = meta.created.or(Some(age));
    }
    Some((said(&output["Statuses"]), predicted(objects, &case["settings"])))
}

fn predicted(objects: Vec<Object>, settings: &Value) -> Said {
    let mut store = Store::default();
    store.apply(Change::Replace { objects, coverage: Coverage::closed() });
    let analysis = Analysis::of(Arc::new(store.snapshot()), settings_of(settings), Vec::new());
    let data = status::data(&analysis, &predict(&analysis), &[]);
    said(&serde_json::to_value(data).expect("statuses are JSON"))
}

fn settings_of(written: &Value) -> Settings {
    let weighted = written["weightedRoutePrecedence"].as_bool().unwrap_or_default();
    let mut settings = Settings { weighted_route_precedence: weighted, ..Settings::default() };
    settings.reference_grants = match text(&written["referenceGrantMode"]).to_ascii_lowercase().as_str() {
        "off" => GrantMode::Off,
        "strict" => GrantMode::Strict,
        _ => GrantMode::Permissive,
    };
    if text(&written["validationMode"]).eq_ignore_ascii_case("strict") {
        settings.validation = ValidationMode::Strict;
    }
    if let Some(name) = written["wildcardNamespace"].as_str() {
        settings.wildcard_namespace = Name::new(name);
    }
    settings
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Statuses by what they are said of: in the shape of this program's JSON, or in that of the objects themselves.
fn said(statuses: &Value) -> Said {
    let mut said = Said::new();
    let mut note = |object: &str, of: &str, conditions: &Value| {
        for one in conditions.as_array().into_iter().flatten() {
            let line = format!("{} {}: {}", text(&one["status"]), text(&one["reason"]), text(&one["message"]));
            said.insert((object.to_owned(), of.to_owned(), text(&one["type"])), line);
        }
    };
    for kind in ["httpRoutes", "grpcRoutes"] {
        for (key, route) in statuses[kind].as_object().into_iter().flatten() {
            let parents = if route.is_array() { route } else { &route["parents"] };
            for entry in parents.as_array().into_iter().flatten() {
                note(&format!("{kind} {key}"), &parent(&entry["parentRef"]), &entry["conditions"]);
            }
        }
    }
    let mut counts = Vec::new();
    for (key, gateway) in statuses["gateways"].as_object().into_iter().flatten() {
        let object = format!("gateways {key}");
        note(&object, "", &gateway["conditions"]);
        for listener in gateway["listeners"].as_array().into_iter().flatten() {
            let name = text(&listener["name"]);
            note(&object, &name, &listener["conditions"]);
            counts.push((
                (object.clone(), name, "attachedRoutes".to_owned()),
                listener["attachedRoutes"].as_u64().unwrap_or_default().to_string(),
            ));
        }
    }
    said.extend(counts);
    said
}

/// A parent, with the API server's defaults, which the engine's own harness does not apply. Parents that differ only by
/// port share one report.
fn parent(reference: &Value) -> String {
    let or = |key: &str, default: &str| {
        let written = text(&reference[key]);
        if written.is_empty() { default.to_owned() } else { written }
    };
    let (group, kind) = (or("group", "gateway.networking.k8s.io"), or("kind", "Gateway"));
    let (namespace, name, section) = (or("namespace", ""), or("name", ""), or("sectionName", ""));
    format!("{group}/{kind} {namespace}/{name} {section}")
}
