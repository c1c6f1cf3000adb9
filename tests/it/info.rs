//! `routescope info`: the paths, variables, settings and terminal in use.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

/// What it says with these variables and no others.
fn info(home: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.arg("info").args(arguments).env_clear().env("HOME", home).envs(variables.iter().copied());
    let output = command.output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(home: &Path, variables: &[(&str, &str)]) -> Value {
    serde_json::from_str(&info(home, variables, &["-o", "json"])).expect("JSON")
}

#[test]
fn it_says_what_is_used_and_why() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/routescope");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.toml"), "theme = 'light'\nasci = true\n[keys]\nask = 'F8'\nhelp = 'ctrl'\n")
        .expect("a file");
    let variables = [
        ("TERM", "xterm-256color"),
        ("CLICOLOR_FORCE", "1"),
        ("COLUMNS", "100"),
        ("EDITOR", "env API_TOKEN=s3cret vi"),
        ("HTTPS_PROXY", "http://me:s3cret@proxy.example.com:3128"),
        ("KUBECONFIG", "/nowhere/a:/nowhere/b"),
        ("ROUTESCOPE_ASCII", "yes"),
        ("VISUAL", ""),
    ];
    let text = info(home.path(), &variables, &[]);
    assert!(!text.contains("s3cret"), "{text}");
    let shown = text.replace(&home.path().display().to_string(), "~").replace(env!("CARGO_PKG_VERSION"), "0.0.0");
    insta::assert_snapshot!(shown);
    let all = json(home.path(), &variables);
    assert_eq!(all["paths"]["config"]["exists"], true);
    assert_eq!(all["paths"]["kubeconfig"][1]["path"], "/nowhere/b");
    assert_eq!(all["settings"]["theme"], "light");
    assert_eq!(all["terminal"]["ascii"], true);
    assert_eq!(all["warnings"].as_array().map(Vec::len), Some(2));
    let yaml = info(home.path(), &variables, &["-o", "yaml"]);
    assert_eq!(serde_yaml::from_str::<Value>(&yaml).expect("YAML"), all);
}

/// Every variable whose name stands in the sources, where they read the environment.
fn read_by_the_code() -> BTreeSet<String> {
    let reads =
        Regex::new(r"env::(var|home_dir|split_paths)|\benv = |from_environment|Depth::and_why").expect("a pattern");
    let name = Regex::new(r#""([A-Z][A-Z0-9_]{3,}|(?:https?|no)_proxy|TZ)""#).expect("a pattern");
    // What is set for a child is not read, and the names of values in help texts are none of variables.
    let set = Regex::new(r#"\.env\("[A-Z_]+"|value_name = "[^"]*"|env!\("[A-Z_]+"\)"#).expect("a pattern");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("crates"), &mut files);
    let mut names = BTreeSet::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a readable source");
        let code =
            text.split("#[cfg(test)]\n").next().and_then(|code| code.split("#[test]").next()).unwrap_or_default();
        if reads.is_match(code) {
            names.extend(name.captures_iter(&set.replace_all(code, "")).map(|found| found[1].to_owned()));
        }
    }
    names
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() && !path.ends_with("tests") && !path.ends_with("benches") {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_variable_that_the_code_reads_is_listed() {
    let home = tempfile::tempdir().expect("a folder");
    let listed = json(home.path(), &[]);
    let listed = listed["variables"].as_array().expect("a list").iter();
    let listed: BTreeSet<String> = listed.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect();
    let read = read_by_the_code();
    assert!(read.len() > 20, "the sources are not where they were: {read:?}");
    let missing: Vec<_> = read.difference(&listed).collect();
    assert!(missing.is_empty(), "src/cli/environment.rs lacks {missing:?}");
    // What libraries read for us: folders, time zone, home.
    let theirs = ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME", "TZ"].map(str::to_owned).into();
    let unread: Vec<_> = listed.difference(&read).filter(|name| !BTreeSet::contains(&theirs, *name)).collect();
    assert!(unread.is_empty(), "nothing reads {unread:?}");
}
