//! `docs/fidelity.md`, the cases and the code are in step.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A row of the page.
#[derive(Debug)]
struct Row {
    id: String,
    /// The rule, what each of the four dialects does, and the source.
    said: Vec<String>,
    held_by: Vec<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/fidelity.md")).expect("the page")
}

fn rows() -> Vec<Row> {
    let page = page();
    let lines = page.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, said @ .., held_by] = &cells[..] else { panic!("no row: {line}") };
        Row {
            id: id.trim_matches('`').to_owned(),
            said: said.iter().map(|&cell| cell.to_owned()).collect(),
            held_by: held_by.split(", ").map(|name| name.trim_matches('`').to_owned()).collect(),
        }
    };
    lines.map(row).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
}

/// The cases, as the page names them.
fn cases() -> BTreeSet<String> {
    let areas = entries(&root().join("tests/cases"));
    let name = |path: &Path| path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
    areas
        .iter()
        .flat_map(|area| entries(area).into_iter().map(|case| format!("{}/{}", name(area), name(&case))))
        .collect()
}

#[test]
fn every_case_stands_in_a_row() {
    let rows = rows();
    let named: BTreeSet<_> = rows.iter().flat_map(|row| &row.held_by).cloned().collect();
    let missing: Vec<_> = cases().difference(&named).cloned().collect();
    assert!(
        missing.is_empty(),
        "add these cases to the row of their rule, or a row, in docs/fidelity.md: {missing:#?}"
    );
}

#[test]
fn what_holds_a_row_exists() {
    let cases = cases();
    for row in rows() {
        for name in &row.held_by {
            let exists = match name.split_once("::") {
                _ if name == "not held" => row.held_by.len() == 1,
                None => cases.contains(name),
                Some((file, function)) => {
                    let text = fs::read_to_string(root().join(file)).unwrap_or_default();
                    text.split(&format!("fn {function}(")).next().is_some_and(|before| {
                        before.len() < text.len()
                            && (before.trim_end().ends_with("#[test]") || file == "tests/it/properties.rs")
                    })
                }
            };
            assert!(exists, "{}: no test {name}", row.id);
        }
    }
}

#[test]
fn every_row_says_what_each_dialect_does_and_where_that_is_from() {
    let mut ids = BTreeSet::new();
    for row in rows() {
        assert_eq!(row.said.len(), 6, "{}: the rule, four dialects and the source", row.id);
        assert!(row.said.iter().all(|cell| !cell.is_empty()), "{row:?}");
        assert!(row.held_by.iter().all(|name| !name.is_empty()), "{}: held by nothing; if so, say `not held`", row.id);
        let well_formed = row.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(well_formed && ids.insert(row.id.clone()), "{}: an id of its own", row.id);
    }
    assert!(ids.len() > 90, "{} rows", ids.len());
}

/// The code names rules as `docs/fidelity.md` does: "`docs/fidelity.md`: `ID`, `ID`".
#[test]
fn the_rules_that_the_code_names_exist() {
    let ids: BTreeSet<_> = rows().into_iter().map(|row| row.id).collect();
    let mut named = 0;
    let mut folders = vec![root().join("src"), root().join("crates")];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source file");
            for list in text.split("`docs/fidelity.md`: ").skip(1) {
                // Up to the end of the sentence; a list may go on in the next line of a comment.
                let list = list.split('.').next().unwrap_or_default();
                for id in list.split('`').skip(1).step_by(2) {
                    assert!(ids.contains(id), "{}: no rule {id}", path.display());
                    named += 1;
                }
            }
        }
    }
    assert!(named > 20, "{named} rules are named");
}
