//! What Cargo cannot hold of the structure: inside a package imports point one way, and input, drawing and the command line
//! each live in one place.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of a package, and the modules of it that it may know. Cargo keeps the packages apart:
/// core ← manifest ← cluster, core ← render, all of them ← the program. All of core may know `visible` and `limits`.
const LAYERS: &[(&str, &str, &[&str])] = &[
    ("core", "model", &["finding"]),
    ("core", "finding", &["model"]),
    ("core", "store", &["model", "finding"]),
    ("core", "parallel", &[]),
    ("core", "visible", &[]),
    ("core", "limits", &[]),
    ("core", "re2", &[]),
    ("core", "resolve", &["model", "finding", "store", "parallel", "re2"]),
    ("core", "unreadable", &["model", "finding", "store", "resolve"]),
    ("core", "router", &["model", "finding", "store", "parallel", "re2", "resolve", "unreadable"]),
    ("core", "reachability", &["model", "finding", "store", "parallel", "re2", "resolve", "router"]),
    ("core", "analysis", &["model", "finding", "store", "parallel", "resolve", "router"]),
    ("core", "expectation", &["model", "store", "resolve", "router", "reachability", "analysis"]),
    ("core", "status", &["model", "finding", "store", "resolve", "unreadable", "router", "analysis"]),
    ("core", "lib", &[]),
    ("program", "access_log", &[]),
    ("program", "theme", &[]),
    ("program", "config", &["theme"]),
    ("program", "watch", &[]),
    ("program", "kept", &[]),
    ("program", "limits", &[]),
    ("program", "tui", &["access_log", "limits", "theme", "config", "watch", "kept"]),
    ("program", "cli", &["access_log", "theme", "config", "watch", "kept", "tui"]),
    ("program", "lib", &[]),
    ("program", "main", &["cli"]),
];

/// What only some packages or modules may touch.
const RESERVED: &[(&str, &[&str])] = &[
    ("ratatui", &["tui", "theme"]),
    ("crossterm", &["tui", "theme"]),
    ("tui_tree_widget", &["tui"]),
    ("tui_input", &["tui"]),
    ("terminal_colorsaurus", &["tui", "theme"]),
    ("notify", &["watch"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("std::fs", &["manifest", "cluster", "config", "kept"]),
    ("std::net", &["manifest", "cluster"]),
    ("std::process::Command", &["manifest", "cluster", "tui"]),
    ("std::time", &["tui", "cli", "watch", "manifest", "cluster", "kept"]),
    ("std::env", &["cli", "tui", "config", "manifest", "cluster", "theme"]),
];

#[test]
fn imports_point_left_only() {
    let mut wrong = BTreeSet::new();
    for Source { path, package, module, code } in sources() {
        if !LAYERS.iter().any(|(name, ..)| *name == package) {
            continue;
        }
        let Some((.., allowed)) = LAYERS.iter().find(|(of, name, _)| *of == package && *name == module) else {
            wrong.insert(format!("{package} {module}: a module without a layer; give it one in {}", file!()));
            continue;
        };
        for imported in crate_paths(&code) {
            let known = LAYERS.iter().any(|(of, name, _)| *of == package && *name == imported);
            if known
                && imported != module
                && !["visible", "limits"].contains(&imported.as_str())
                && !allowed.contains(&imported.as_str())
            {
                wrong.insert(format!("{}: {module} must not know {imported}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn input_drawing_and_arguments_live_in_one_place_each() {
    let mut wrong = BTreeSet::new();
    for Source { path, package, module, code } in sources() {
        for (name, allowed) in RESERVED {
            if mentions(&code, name) && !allowed.contains(&module.as_str()) && !allowed.contains(&package.as_str()) {
                wrong.insert(format!("{}: {name} belongs in {}", path.display(), allowed.join(" and ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

/// A source file.
struct Source {
    path: PathBuf,
    /// The folder under `crates`, or `program`.
    package: String,
    /// The module at the top of the file.
    module: String,
    /// The code without comments and without its tests.
    code: String,
}

/// Every source file of every package.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for package in ["program", "core", "manifest", "cluster", "render"] {
        let folder =
            if package == "program" { root.join("src") } else { root.join("crates").join(package).join("src") };
        let mut files = Vec::new();
        collect(&folder, &mut files);
        assert!(files.len() > 10, "the sources of {package} are not where they were");
        for path in files {
            let inside = path.strip_prefix(&folder).expect("a path under src");
            let module = inside.components().next().expect("a file").as_os_str().to_string_lossy();
            let module = module.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).expect("a readable source");
            let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let code = code.lines().map(|line| line.split("//").next().unwrap_or_default());
            let code = code.collect::<Vec<_>>().join("\n");
            sources.push(Source { path, package: package.to_owned(), module, code });
        }
    }
    sources
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
