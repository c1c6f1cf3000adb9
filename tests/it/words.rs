//! The vocabulary: code, comments, messages, help and documents use the terms of Kubernetes, the Gateway API and Envoy.
//! Words that the program once had for itself do not come back.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// A pattern to avoid, and what to write. Case does not matter.
const AVOID: &[(&str, &str)] = &[
    (r"\bhangs? (?:on|under|below)\b", "is attached to, is below, depends on"),
    (r"\bwears?\b|\bworn\b", "has the label"),
    (r"\bin vain\b", "has no effect"),
    (r"\blest\b", "so that … not"),
    (r"\banew\b", "again"),
    (r"\bdemands?\b(?: a| an| the| another)\b", "requires"),
    (r"\bmend(?:s|ed|ing)?\b", "fix"),
    (r"\btaken (?:for granted|to exist|to be)\b", "assumed"),
    (r"\bnot (?:looked at|adopted)\b", "not evaluated, not selected"),
    (r"\bmay not (?:be )?read\b", "cannot be read, cannot read"),
    (r"\bcould not do it\b", "error"),
    (r"\b(?:thereby|thereof|wherein|whence|hereby|upon)\b", "a plain word"),
    (r"\btold as news\b", "reported as a change"),
    (r"\bnothing is wrong that\b", "no problems found"),
    (r"\bto the person who\b|\bthe one who asks\b", "the user"),
    (r"\bby way of\b", "through"),
];

/// Types and modules that had names of their own, and what they are called now.
const RENAMED: &[(&str, &str)] = &[
    ("Hop", "RuleNode"),
    ("HopId", "RuleNodeId"),
    ("Fate", "MatchState"),
    ("ChildFate", "ChildState"),
    ("Hazard", "EnvoyRejection"),
    ("Complaint", "StatusMessage"),
    ("Lack", "EndpointGap"),
    ("Giver", "PolicySource"),
    ("Manner", "ProxySemantics"),
    ("Door", "Frontend"),
    ("News", "WatchEvent"),
    ("Pace", "Timeouts"),
    ("Laid", "OverlayEntry"),
    ("hopwise", "agentgateway"),
    ("whereto", "where_cmd"),
    ("policed", "policy_effects"),
    ("juniority", "age_then_name"),
];

/// The texts that people read or work in, without data, generated tables and this list.
fn texts() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut left: Vec<PathBuf> =
        ["crates", "src", "tests", "benches", "docs", "examples", "fuzz/src"].map(|name| root.join(name)).into();
    let mut texts = Vec::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.strip_prefix(root).unwrap().to_owned();
        let is_text = ["rs", "md"].iter().any(|kind| name.extension().is_some_and(|ending| ending == *kind));
        if is_text && name != Path::new("tests/it/words.rs") && !name.starts_with("tests/data") {
            texts.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
        texts.push((name.into(), fs::read_to_string(root.join(name)).unwrap()));
    }
    assert!(texts.len() > 300, "only {} texts were found", texts.len());
    texts
}

/// Where the patterns are found: file, line, what to write instead.
fn found(patterns: impl Iterator<Item = (Regex, String)>, texts: &[(PathBuf, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (pattern, say) in patterns {
        for (name, text) in texts.iter().filter(|(_, text)| pattern.is_match(text)) {
            for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| pattern.is_match(line)) {
                found.push(format!("{}:{number}: {}\n    say: {say}", name.display(), line.trim()));
            }
        }
    }
    found
}

#[test]
fn private_words_do_not_come_back() {
    let patterns = AVOID.iter().map(|(avoid, say)| (Regex::new(&format!("(?i){avoid}")).unwrap(), (*say).to_owned()));
    let found = found(patterns, &texts());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// "is no manifest" reads as verse: "is not a manifest". "There is no", "is no longer" and their like are plain.
#[test]
fn what_a_thing_is_not_is_said_with_not() {
    let is_no = Regex::new(r"\b(is|are|was|were) no ([a-z]+)").unwrap();
    let plain = ["longer", "more", "less", "better", "later", "deeper", "further", "different", "wider", "larger"];
    let plain = [&plain[..], &["such", "way", "good", "doubt", "one", "need", "use", "whole", "room"]].concat();
    let mut found = Vec::new();
    for (name, text) in texts().into_iter().filter(|(_, text)| is_no.is_match(text)) {
        for (number, line) in (1..).zip(text.lines()) {
            for told in is_no.captures_iter(line) {
                let before = line[..told.get(0).unwrap().start()].trim_end().to_lowercase();
                let opens = before.ends_with("there") || before.is_empty() || before.ends_with("//");
                if !opens && !plain.contains(&&told[2]) {
                    found.push(format!("{}:{number}: {}", name.display(), line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "say \"is not a …\":\n{}", found.join("\n"));
}

#[test]
fn types_keep_the_names_of_the_field() {
    let code: Vec<_> =
        texts().into_iter().filter(|(name, _)| name.extension().is_some_and(|end| end == "rs")).collect();
    let declared = |old: &str| format!(r"(?m)^\s*(?:pub(?:\([a-z]+\))? )?(?:struct|enum|type|trait|mod|fn) {old}\b");
    let patterns = RENAMED.iter().map(|(old, new)| (Regex::new(&declared(old)).unwrap(), (*new).to_owned()));
    let found = found(patterns, &code);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Every type that the glossary explains is there.
#[test]
fn the_glossary_names_types_that_exist() {
    let texts = texts();
    let page = &texts.iter().find(|(name, _)| name.ends_with("docs/glossary.md")).expect("the glossary").1;
    let names = Regex::new(r"`(\w+)`").unwrap();
    let rows =
        page.split("## Names in code").nth(1).expect("names in code").lines().filter(|line| line.starts_with("| `"));
    let terms: Vec<&str> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|term| names.captures_iter(term).map(|name| name.get(1).unwrap().as_str()))
        .filter(|name| name.starts_with(char::is_uppercase))
        .collect();
    assert!(terms.len() > 20, "{terms:?}");
    for term in terms {
        let declared = Regex::new(&format!(r"(?m)^\s*pub(?:\([a-z]+\))? (?:struct|enum|type|trait) {term}\b")).unwrap();
        assert!(
            texts.iter().any(|(_, text)| declared.is_match(text)),
            "the glossary explains {term}, which is not there"
        );
    }
}
