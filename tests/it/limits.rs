//! `docs/limits.md` and the constants of the `limits` modules are the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The constants, by name, as the page writes their values.
fn constants() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(root.join("crates")).unwrap().map(|one| one.unwrap().path().join("src/limits.rs"));
    let files: Vec<PathBuf> = crates.chain([root.join("src/limits.rs")]).filter(|path| path.exists()).collect();
    assert!(files.len() >= 3, "the limits are not where they were");
    let mut all = BTreeMap::new();
    for path in files {
        for line in fs::read_to_string(&path).unwrap().lines() {
            let Some((name, rest)) = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(": ")) else {
                continue;
            };
            let (kind, value) = rest.trim_end_matches(';').split_once(" = ").unwrap();
            all.insert(name.to_owned(), written(kind, value).unwrap_or_else(|| panic!("{}: {line}", path.display())));
        }
    }
    all
}

/// A value as the page writes it: `16 * MIB` is 16 MiB.
fn written(kind: &str, value: &str) -> Option<String> {
    if kind == "Duration" {
        let inside = value.strip_suffix(')')?;
        let (unit, number) = inside.rsplit_once('(')?;
        return Some(format!("{number} {}", if unit.ends_with("millis") { "ms" } else { "s" }));
    }
    let number = |text: &str| match text {
        "KIB" => Some(1 << 10),
        "MIB" => Some(1 << 20),
        digits => digits.replace('_', "").parse::<u64>().ok(),
    };
    let value = match (value.split_once(" * "), value.split_once(" << ")) {
        (Some((one, other)), _) => number(one)? * number(other)?,
        (_, Some((one, bits))) => number(one)? << number(bits)?,
        _ => number(value)?,
    };
    Some(match value {
        bytes if bytes >= 1 << 20 && bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
        bytes if bytes >= 1 << 10 && bytes % (1 << 10) == 0 && kind == "usize" && !is_count(bytes) => {
            format!("{} KiB", bytes >> 10)
        }
        count => with_commas(count),
    })
}

/// Powers of two that count things, not bytes.
fn is_count(value: u64) -> bool {
    [1024, 4096].contains(&value)
}

fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|three| std::str::from_utf8(three).unwrap()).collect();
    groups.join(",")
}

#[test]
fn every_limit_is_on_the_page_with_its_value_and_a_reason() {
    let page = include_str!("../../docs/limits.md");
    let mut told = BTreeMap::new();
    for line in page.lines() {
        let Some(row) = line.strip_prefix("| `").and_then(|row| row.strip_suffix(" |")) else { continue };
        let cells: Vec<&str> = row.splitn(3, " | ").collect();
        let [name, value, reason] = cells[..] else { panic!("{line}") };
        assert!(reason.len() > 10, "{name} has no reason");
        told.insert(name.trim_end_matches('`').to_owned(), value.to_owned());
    }
    for (name, value) in &constants() {
        assert_eq!(told.remove(name).as_ref(), Some(value), "docs/limits.md: {name} is {value}");
    }
    assert!(told.is_empty(), "docs/limits.md has what is not a constant: {:?}", told.keys());
}

#[test]
fn a_list_of_requests_beyond_the_limit_is_refused_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.txt");
    // As large as it says, without taking room on the disk.
    let file = fs::File::create(&path).unwrap();
    file.set_len(routescope_manifest::limits::REQUEST_BYTES as u64 + 1).unwrap();
    let path = path.to_str().unwrap();
    let example = "examples/multi-level";
    for arguments in [&["where", "--demo", "--requests", path][..], &["diff", "--requests", path, example, example]] {
        let output = Command::new(env!("CARGO_BIN_EXE_routescope")).args(arguments).output().expect("it runs");
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).replace(path, "FILE");
        let told = "error: cannot read FILE: larger than 64 MiB, which is the limit\n";
        assert!(said.starts_with(told) && said.contains("ask in several runs"), "{arguments:?}: {said}");
    }
}
