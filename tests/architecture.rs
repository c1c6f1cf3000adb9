//! Imports point one way, and input, drawing and the command line each live in one place: the layers of `src/lib.rs`,
//! held by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and the modules it may know; all may know `visible`.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &["finding"]),
    ("finding", &["model"]),
    ("store", &["model", "finding"]),
    ("spread", &[]),
    ("visible", &[]),
    ("source", &["model", "finding", "store", "spread"]),
    ("re2", &[]),
    ("resolve", &["model", "finding", "store", "spread", "re2"]),
    ("router", &["model", "finding", "store", "spread", "re2", "resolve"]),
    ("analysis", &["model", "finding", "store", "spread", "source", "resolve", "router"]),
    ("status", &["model", "finding", "store", "resolve", "router", "analysis"]),
    ("live", &["model", "finding", "store", "source", "resolve", "router", "analysis", "status"]),
    ("render", &["model", "finding", "store", "resolve", "router", "analysis", "status"]),
    ("theme", &[]),
    ("config", &["theme"]),
    (
        "tui",
        &["model", "finding", "store", "source", "resolve", "router", "analysis", "live", "render", "theme", "config"],
    ),
    (
        "cli",
        &[
            "model", "finding", "store", "source", "resolve", "router", "analysis", "status", "live", "render",
            "theme", "config", "tui",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli"]),
];

/// What only some modules may touch.
const RESERVED: &[(&str, &[&str])] = &[
    ("ratatui", &["tui", "theme"]),
    ("crossterm", &["tui", "theme"]),
    ("tui_tree_widget", &["tui"]),
    ("tui_input", &["tui"]),
    ("terminal_colorsaurus", &["tui", "theme"]),
    ("syntect", &["tui"]),
    ("notify", &["tui", "source"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("kube", &["source"]),
    ("saphyr_parser", &["source"]),
    ("std::fs", &["source", "config"]),
    ("std::net", &["source"]),
    ("std::process::Command", &["source", "tui"]),
    ("std::time", &["tui", "cli", "source", "live"]),
    ("std::env", &["cli", "tui", "config", "source", "theme"]),
];

#[test]
fn imports_point_left_only() {
    let mut wrong = BTreeSet::new();
    for (path, module, code) in sources() {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            wrong.insert(format!("{module}: a module without a layer; give it one in {}", file!()));
            continue;
        };
        for imported in crate_paths(&code) {
            let known = LAYERS.iter().any(|(name, _)| *name == imported);
            if known && imported != module && imported != "visible" && !allowed.contains(&imported.as_str()) {
                wrong.insert(format!("{}: {module} must not know {imported}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn input_drawing_and_arguments_live_in_one_place_each() {
    let mut wrong = BTreeSet::new();
    for (path, module, code) in sources() {
        for (name, allowed) in RESERVED {
            if mentions(&code, name) && !allowed.contains(&module.as_str()) {
                wrong.insert(format!("{}: {name} belongs in {}", path.display(), allowed.join(" and ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Every source file: its path, the module at the top of it, and its code without comments and without its tests.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 10, "the sources are not where they were");
    let of = |path: PathBuf| {
        let inside = path.strip_prefix(&root).expect("a path under src");
        let module = inside.components().next().expect("a file").as_os_str().to_string_lossy();
        let module = module.trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).expect("a readable source");
        let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let code = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
        (path, module, code)
    };
    files.into_iter().map(of).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            // `tests.rs` and `tests/` inside src are tests, which may know anything.
            if path.file_name().is_some_and(|name| name != "tests") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

/// The modules that `crate::…` paths begin with, `use crate::{…}` groups included.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for letter in group.chars() {
                match letter {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.extend(head(&std::mem::take(&mut name))),
                    _ if depth == 0 => name.push(letter),
                    _ => {}
                }
            }
            found.extend(head(&name));
        } else {
            found.extend(head(rest));
        }
    }
    found
}

/// The first name of a path.
fn head(path: &str) -> Option<String> {
    let name: String =
        path.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Whether the code names `path` (`std::fs` also as `std::{fs, …}`).
fn mentions(code: &str, path: &str) -> bool {
    let whole = |text: &str, name: &str| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
            !part(before) && !part(after) && (name.contains("::") || after == Some(':'))
        })
    };
    if whole(code, path) {
        return true;
    }
    let Some((parent, name)) = path.rsplit_once("::") else { return false };
    code.match_indices(&format!("{parent}::{{")).any(|(at, open)| {
        let group = &code[at + open.len()..];
        let group = &group[..group.find("};").unwrap_or(group.len())];
        group.split([',', '{', '}']).any(|item| item.trim().split("::").next() == Some(name))
    })
}

#[test]
fn the_scan_sees_what_it_must() {
    assert!(mentions("use std::{env, fs, io};", "std::fs"));
    assert!(mentions("let x = std::fs::read(p);", "std::fs"));
    assert!(!mentions("use std::fmt;", "std::fs"));
    assert!(mentions("use clap::Parser;", "clap"));
    assert!(!mentions("use clap_mangen::Man;", "clap"));
    let paths = crate_paths("use crate::{model::{Name, Meta}, store};\nlet x: crate::router::Request;");
    assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["model", "router", "store"]);
}
