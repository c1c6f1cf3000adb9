//! Worlds in which texts hold every kind of character that a terminal obeys or does not show.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// One of each kind; what follows the line break would begin a line of its own.
pub const POISON: &str = "x\u{1b}[31m\u{1b}]0;title\u{7}\u{9b}1m\u{0}\u{8}\u{7f}\u{85}\u{202e}\u{202a}\u{2066}\u{200b}\u{200d}\u{200e}\u{61c}\u{180e}\u{2060}\u{2028}\u{2029}\u{ad}\u{a0}\u{feff}\u{fe0f}\u{fff9}\u{e0041}\u{e007f}\u{e0101}\t\r\nforged: y";

/// What may stand nowhere: said here once more, and not asked of the program.
pub fn is_harmful(c: char) -> bool {
    c.is_control() || (!c.is_ascii() && POISON.contains(c))
}

/// Every kind of object with every field that an example or a case has, once with the text of that field poisoned, and
/// once with a poisoned key beside it: each in an object of its own, so that all else of it is read as ever.
pub fn field_by_field() -> String {
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    for object in objects() {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        for path in paths(&object) {
            let shape: Vec<&str> = path.iter().map(|step| if is_index(step) { "0" } else { step }).collect();
            if shape.len() == 1 || !seen.insert(format!("{kind} {}", shape.join("/"))) {
                continue;
            }
            let number = items.len();
            let mut copy = object.clone();
            copy["metadata"]["name"] = Value::from(format!("{kind}-{number}").to_lowercase());
            let mut value = &mut copy;
            for step in &path {
                value = match value {
                    Value::Array(list) => &mut list[step.parse::<usize>().expect("an index")],
                    map => &mut map[step.as_str()],
                };
            }
            match value {
                Value::Object(map) => drop(map.insert(format!("key{POISON}"), Value::from("value"))),
                text => *text = Value::from(format!("{}{POISON}", text.as_str().unwrap_or_default())),
            }
            items.push(copy);
        }
    }
    assert!(items.len() > 300, "only {} fields", items.len());
    list(&items)
}

/// One world in which every name is poisoned wherever it stands, so that all refs still meet, and every free text, too.
pub fn altogether() -> String {
    /// What has to stay for the objects to be what they are, and to be asked for.
    const KEPT: &[&str] = &[
        "apiVersion",
        "kind",
        "group",
        "type",
        "protocol",
        "from",
        "mode",
        "controllerName",
        "hostnames",
        "hostname",
        "method",
        "gatewayClassName",
        "namespace",
        "port",
        "creationTimestamp",
        "kubernetes.io/service-name",
    ];
    fn poison(value: &mut Value) {
        match value {
            Value::String(text) => text.push_str(POISON),
            Value::Array(list) => list.iter_mut().for_each(poison),
            Value::Object(map) => {
                map.iter_mut().filter(|(key, _)| !KEPT.contains(&key.as_str())).for_each(|(_, v)| poison(v));
            }
            _ => {}
        }
    }
    let folders = ["field-guide", "policies", "endpoints", "header-query", "unresolved", "cyclic"];
    let files = folders.iter().flat_map(|name| files(&root().join("examples").join(name)));
    let mut items: Vec<Value> = files.flat_map(|path| documents(&path)).collect();
    items.iter_mut().for_each(poison);
    list(&items)
}

/// A world of the same sort that somebody else wrote, when it lies beside this repository.
pub fn found() -> Option<String> {
    std::fs::read_to_string(root().join("../shared/hostile/inputs/escape-world.json")).ok()
}

fn list(items: &[Value]) -> String {
    let items: Vec<String> = items.iter().map(ascii).collect();
    format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n{}\n]}}\n", items.join(",\n"))
}

/// JSON in ASCII: a reader may refuse a control character that stands there as it is, and then reads nothing.
pub fn ascii(document: &Value) -> String {
    let text = document.to_string();
    let mut out = String::with_capacity(text.len());
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ b' '..=b'~') => out.push(char::from(byte)),
            _ => drop(write!(out, "\\u{unit:04x}")),
        }
    }
    out
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every object of the examples and the cases.
fn objects() -> Vec<Value> {
    let mut all = files(&root().join("examples"));
    all.extend(files(&root().join("tests/cases")));
    all.extend(files(&root().join("tests/data/cli")));
    all.iter().flat_map(|path| documents(path)).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut all: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    all.sort();
    all
}

/// The objects of a file; one that is broken on purpose has none.
fn documents(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a readable file");
    let all: Result<Vec<Value>, _> = serde_yaml::Deserializer::from_str(&text).map(Value::deserialize).collect();
    let has_kind = |object: &Value| object["kind"].is_string() && object["metadata"].is_object();
    all.unwrap_or_default().into_iter().filter(has_kind).collect()
}

/// Where a text or a mapping stands, in depth.
fn paths(value: &Value) -> Vec<Vec<String>> {
    let deeper = |step: String, inner: &Value| -> Vec<Vec<String>> {
        paths(inner).into_iter().map(|path| [vec![step.clone()], path].concat()).collect()
    };
    match value {
        Value::String(_) => vec![Vec::new()],
        Value::Object(map) => {
            let inner = map.iter().flat_map(|(key, inner)| deeper(key.clone(), inner));
            std::iter::once(Vec::new())
                .chain(inner)
                .filter(|path: &Vec<String>| path != &["apiVersion"] && path != &["kind"])
                .collect()
        }
        Value::Array(items) => items.iter().enumerate().flat_map(|(at, inner)| deeper(at.to_string(), inner)).collect(),
        _ => Vec::new(),
    }
}

fn is_index(step: &str) -> bool {
    step.bytes().all(|byte| byte.is_ascii_digit())
}
