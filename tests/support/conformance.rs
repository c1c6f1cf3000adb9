//! The conformance data: where it lies, and how a case of it becomes an analysis.
//!
//! Some random worlds with the answers of the running engine are in `tests/data/conformance`. The others, and the data of
//! the engines' own tests, are not part of this repository: they are read from `../shared/conformance` beside it, and from
//! every folder in `ROUTESCOPE_CONFORMANCE` (separated by `:`). [`ran`] says which are missing.

#![allow(dead_code)] // each test program uses its own part

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use routescope_core::analysis::Analysis;
use routescope_core::model::{Name, Object};
use routescope_core::resolve::{GrantMode, Settings, ValidationMode, discovery_selectors};
use routescope_core::store::{Change, Coverage, Store};
use routescope_manifest::files::load_text;
use serde_json::Value;

/// How many differences are printed in full.
pub const SHOWN: usize = 40;

/// The folders of conformance data that are there.
pub fn roots() -> Vec<PathBuf> {
    // From the program's package, and from one of `crates`.
    let beside = [
        "tests/data/conformance",
        "../../tests/data/conformance",
        "../shared/conformance",
        "../../../shared/conformance",
    ];
    let mut roots: Vec<PathBuf> = beside.iter().map(|path| Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).collect();
    if let Some(more) = std::env::var_os("ROUTESCOPE_CONFORMANCE") {
        roots.extend(std::env::split_paths(&more));
    }
    roots.retain(|root| root.is_dir());
    roots
}

/// Whether any case of a set ran. A set that is beside the repository must run; one that is missing is said to be skipped.
#[track_caller]
pub fn ran(set: &str, count: usize) -> bool {
    let is_there = roots().iter().any(|root| root.join(set).is_dir());
    assert_eq!(count > 0, is_there, "{count} cases of {set} ran");
    if !is_there {
        println!("skipped: there is no {set} in ../shared/conformance or ROUTESCOPE_CONFORMANCE");
    }
    is_there
}

/// The worlds of a root, in order of their numbers.
pub fn worlds(root: &Path) -> Vec<PathBuf> {
    let mut folders = files_in(&root.join("worlds"));
    folders.retain(|path| path.is_dir());
    folders
}

/// The golden cases of a root: `kgateway/N`, N being the place in `cases.json`.
pub fn golden_cases(root: &Path) -> Vec<PathBuf> {
    let folder = root.join("kgateway");
    if !folder.join("cases.json").is_file() {
        return Vec::new();
    }
    let cases = json(&folder.join("cases.json"));
    (0..cases.as_array().map_or(0, Vec::len)).map(|at| folder.join(at.to_string())).collect()
}

/// What is in a folder, by name.
pub fn files_in(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// A file that must be there.
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A JSON file that must be there.
pub fn json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A string, or nothing.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A world analysed.
pub fn world(folder: &Path, expected: &Value) -> Analysis {
    let objects = load_text("manifests.yaml", &read(&folder.join("manifests.yaml"))).objects;
    analyse(objects, &expected["settings"])
}

/// A golden case of [`golden_cases`] analysed, and the engine's output for it.
pub fn golden(case: &Path) -> (Value, Analysis, Value) {
    let folder = case.parent().expect("a case lies in a folder");
    let at: usize = case.file_name().and_then(|name| name.to_str()?.parse().ok()).expect("a case is a number");
    let case = json(&folder.join("cases.json"))[at].take();
    let output = serde_yaml::from_str(&read(&folder.join(text(&case["output"])))).expect("a golden file is YAML");
    let mut objects: Vec<Object> = Vec::new();
    for input in case["inputs"].as_array().into_iter().flatten() {
        let path = folder.join(text(input));
        for file in if path.is_dir() { files_in(&path) } else { vec![path] } {
            objects.extend(load_text(&file.display().to_string(), &read(&file)).objects);
        }
    }
    age(&mut objects);
    let analysis = analyse(objects, &case["settings"]);
    (case, analysis, output)
}

/// The engine's harness makes objects a second apart, in order of file and document.
pub fn age(objects: &mut [Object]) {
    for (age, object) in (1..).zip(objects) {
        let meta = match object {
            Object::Route(route) => &mut route.meta,
            Object::ListenerSet(set) => &mut set.meta,
            Object::TrafficPolicy(policy) => &mut policy.meta,
            _ => continue,
        };
        meta.created = meta.created.or(Some(age));
    }
}

/// A whole world, under the control-plane settings that a case writes.
pub fn analyse(objects: Vec<Object>, settings: &Value) -> Analysis {
    analyse_with(objects, settings_of(settings))
}

/// A whole world, under these settings.
pub fn analyse_with(objects: Vec<Object>, settings: Settings) -> Analysis {
    let mut store = Store::default();
    store.apply(Change::Replace { objects, coverage: Coverage::closed() });
    Analysis::of(Arc::new(store.snapshot()), settings, Vec::new())
}

/// The route configurations of an Envoy configuration dump, by name: the port and the server name of the listener.
pub fn places(output: &Value) -> BTreeMap<String, (u16, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut places = BTreeMap::new();
    for listener in list(&output["Listeners"]) {
        let port = listener["address"]["socketAddress"]["portValue"].as_u64().unwrap_or_default();
        let port = u16::try_from(port).unwrap_or_default();
        let mut chains = list(&listener["filterChains"]);
        chains.push(listener["defaultFilterChain"].clone());
        for chain in chains {
            let names = list(&chain["filterChainMatch"]["serverNames"]);
            let sni = names.first().map(text).unwrap_or_default();
            for filter in list(&chain["filters"]) {
                if let Some(name) = filter["typedConfig"]["rds"]["routeConfigName"].as_str() {
                    places.insert(name.to_owned(), (port, sni.clone()));
                }
            }
        }
    }
    places
}

/// Settings as a case writes them.
pub fn settings_of(written: &Value) -> Settings {
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
    if let Some(selectors) = written["discoveryNamespaceSelectors"].as_str() {
        settings.discovery_namespace_selectors = discovery_selectors(selectors).expect("label selectors");
    }
    settings
}
