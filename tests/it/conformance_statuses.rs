//! Predicted statuses against those that the engine wrote: kgateway's golden files, and worlds that the running engine
//! translated. Type, status, reason and message of every condition, and every count of attached routes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use routescope_core::analysis::Analysis;
use routescope_core::status::predict;
use routescope_render::status;
use serde_json::Value;

use crate::support::conformance;

use conformance::{SHOWN, golden_cases, json, roots, text};

/// What is said, by whom it is said of: `httpRoutes a/b`, the parent or listener, the condition's type.
type Said = BTreeMap<(String, String, String), String>;

#[test]
fn worlds_have_the_engines_statuses() {
    compare("worlds", world, conformance::worlds);
}

#[test]
fn kgateways_golden_cases_have_the_engines_statuses() {
    compare("kgateway", golden, golden_cases);
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
    if !conformance::ran(what, ran) {
        return;
    }
    println!("{what}: {ran} compared ({conditions} conditions and counts), {differing} differ");
    let shown: Vec<&str> = differences.iter().take(SHOWN).map(String::as_str).collect();
    assert!(differences.is_empty(), "{differing} of {ran} {what} differ\n{}", shown.join("\n"));
}

fn world(folder: &Path) -> Option<(Said, Said)> {
    let expected = json(&folder.join("expected.json"));
    // What the API server refuses never meets the engine.
    let statuses = expected.get("statuses").filter(|statuses| statuses.is_object())?;
    Some((said(statuses), predicted(&conformance::world(folder, &expected))))
}

#[allow(clippy::unnecessary_wraps)] // a case as `compare` takes it
fn golden(case: &Path) -> Option<(Said, Said)> {
    let (_, analysis, output) = conformance::golden(case);
    Some((said(&output["Statuses"]), predicted(&analysis)))
}

fn predicted(analysis: &Analysis) -> Said {
    let data = status::data(analysis, &predict(analysis), &[]);
    said(&serde_json::to_value(data).expect("statuses are JSON"))
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
