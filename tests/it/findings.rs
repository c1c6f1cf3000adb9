//! The table of findings is true: each bad example brings its finding up, each good one does not, and the documentation
//! is made from the table.
//!
//! `ROUTESCOPE_UPDATE=1 cargo test --test it findings` writes `docs/findings.md` again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use routescope_core::analysis::Analysis;
use routescope_core::finding::{Code, Entry, Example, Severity, TABLE};
use routescope_core::reachability::findings;
use routescope_core::resolve::{Settings, ValidationMode, discovery_selectors};
use routescope_core::store::{Change, Coverage, Store};
use routescope_manifest::Loaded;
use routescope_manifest::files;

/// What each example is read with, unless it says `alone`: what it does not define itself.
const GATEWAY: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw}\nspec:\n  \
    gatewayClassName: kgateway\n  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]\n---\n";

fn service(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{ports: [{{port: 80}}]}}\n---\n"
    )
}

/// An example as it is read; `None` when it is not a manifest.
pub fn input(example: Example) -> Option<(String, String, Settings, Coverage)> {
    let (language, words) = example.info.split_once(' ').unwrap_or((example.info, ""));
    if language == "text" {
        return None;
    }
    let mut settings = Settings::default();
    let mut coverage = Coverage::closed();
    let mut text = example.text.to_owned();
    let mut alone = false;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        match word.split_once('=').unwrap_or((word, "")) {
            ("open", _) => coverage = Coverage::open(),
            ("alone", _) => alone = true,
            ("bytes", _) => text = text.replace("\\x01", "\u{1}"),
            ("validation", "strict") => settings.validation = ValidationMode::Strict,
            ("discovery", json) => {
                settings.discovery_namespace_selectors = discovery_selectors(json).expect("selectors");
            }
            _ => panic!("no setting {word}"),
        }
    }
    let mut prelude = String::new();
    if !alone {
        if !text.contains("kind: Gateway\n") {
            prelude += GATEWAY;
        }
        for (name, namespace) in [("shop", "default"), ("api", "default"), ("shop", "team-a"), ("shop", "team-b")] {
            if !text.contains(&format!("kind: Service\nmetadata: {{name: {name}}}")) {
                prelude += &service(name, namespace);
            }
        }
    }
    Some((format!("example.{language}"), prelude + &text, settings, coverage))
}

fn read(example: Example) -> Option<Analysis> {
    let (name, text, settings, coverage) = input(example)?;
    Some(analyse(&name, &text, coverage, settings))
}

/// What follows from a file.
pub fn analyse(name: &str, text: &str, coverage: Coverage, settings: Settings) -> Analysis {
    let Loaded { objects, mut findings, .. } = files::load_text(name, text);
    let mut store = Store::default();
    findings.extend(store.apply(Change::Replace { objects, coverage }));
    Analysis::of(Arc::new(store.snapshot()), settings, findings)
}

fn found(example: Example) -> Option<Vec<(Code, Severity)>> {
    let analysis = read(example)?;
    let of_sets = findings(analysis.router(), 1);
    Some(analysis.findings.iter().chain(&of_sets).map(|finding| (finding.code, finding.severity)).collect())
}

/// What else comes of a bad example: the second follows from the first, and is a finding of its own.
const CONSEQUENCES: [(Code, Code); 16] = [
    (Code::MissingField, Code::BackendPortMissing),
    (Code::WrongType, Code::BackendPortMissing),
    (Code::OutOfRange, Code::BackendPortMissing),
    (Code::MergeOverrides, Code::RuleUnreachable),
    (Code::ListenerRejected, Code::ApiRefused),
    (Code::ParentNotFound, Code::GatewayAssumed),
    (Code::StreamNotServed, Code::ApiRefused),
    (Code::StreamNotServed, Code::ListenerWithoutRoutes),
    (Code::UnresolvedDelegation, Code::RouteOrphaned),
    (Code::ChildNotPermitted, Code::UnresolvedDelegation),
    (Code::ChildHasHostnames, Code::UnresolvedDelegation),
    (Code::BrokenRefHidden, Code::ChildNotAdoptable),
    (Code::BackendKindUnknown, Code::RouteOrphaned),
    (Code::BackendUnreached, Code::RuleUnreachable),
    (Code::InvalidPath, Code::ApiRefused),
    (Code::NoPrefix, Code::ApiRefused),
];

#[test]
fn each_bad_example_brings_its_finding_up_and_no_other() {
    let mut failures = String::new();
    for Entry { code, severity, .. } in TABLE {
        let Some(findings) = found(code.entry().bad()) else { continue };
        if !findings.contains(&(*code, *severity)) {
            let _ = writeln!(failures, "{code}: expected {}, got {findings:?}", severity.name());
            continue;
        }
        let with = CONSEQUENCES.iter().filter(|(of, _)| of == code).map(|(_, with)| *with);
        let expected: BTreeSet<Code> = with.chain([*code]).collect();
        let told: BTreeSet<Code> = findings.iter().map(|(code, _)| *code).collect();
        if told != expected {
            let _ = writeln!(failures, "{code}: expected {}, got {findings:?}", severity.name());
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn each_good_example_is_clean() {
    let mut failures = String::new();
    for Entry { code, .. } in TABLE {
        let Some(findings) = found(code.entry().good()) else { continue };
        if !findings.is_empty() {
            let _ = writeln!(failures, "{code}: {findings:?}");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Findings whose example is not a manifest are tested elsewhere.
#[test]
fn each_code_has_a_test() {
    let mut texts = String::new();
    collect(&root().join("tests"), &mut texts);
    collect(&root().join("src"), &mut texts);
    let untested: Vec<&str> = TABLE
        .iter()
        .filter(|entry| entry.bad().info.starts_with("text"))
        .map(|entry| entry.code.name())
        .filter(|name| {
            ![format!("[{name}]"), format!("\"{name}\""), format!("Code::{}", camel(name))]
                .iter()
                .any(|told| texts.contains(told))
        })
        .collect();
    assert_eq!(untested, Vec::<&str>::new());
}

/// The codes of what `routescope check` says of these files, one after the other.
fn check_files(texts: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(["check", "-o", "json"]);
    for (at, text) in texts.iter().enumerate() {
        let path = folder.path().join(format!("{at}.yaml"));
        fs::write(&path, text).expect("a writable file");
        command.arg("-f").arg(path);
    }
    let output = command.output().expect("routescope runs");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = json["findings"].as_array().expect("a list");
    findings.iter().filter_map(|finding| finding["code"].as_str()).map(str::to_owned).collect()
}

const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: shop}\nspec:\n  \
    parentRefs: [{name: gw}]\n  rules: [{backendRefs: [{name: shop, port: 80}]}]\n---\n";

#[test]
fn snapshots_that_are_read_together_are_told() {
    let snapshot = "apiVersion: routescope/v1\nkind: Snapshot\nmetadata: {name: production}\nspec: {}\n";
    let codes = check_files(&[ROUTE, snapshot, snapshot]);
    assert!(codes.iter().any(|code| code == "several-snapshots"), "{codes:?}");
}

#[test]
fn what_a_snapshot_could_not_read_is_told() {
    let snapshot = "apiVersion: routescope/v1\nkind: Snapshot\nmetadata: {name: production}\nspec:\n  \
        unread: [{namespace: team-a, severity: warning, message: HTTPRoutes of team-a are not readable}]\n";
    let codes = check_files(&[ROUTE, snapshot]);
    assert!(codes.iter().any(|code| code == "not-readable"), "{codes:?}");
}

#[test]
fn a_delegation_of_too_many_levels_is_cut_off() {
    let mut text = GATEWAY.to_owned()
        + &ROUTE.replace("name: shop, port: 80", "group: gateway.networking.k8s.io, kind: HTTPRoute, name: r0");
    for level in 0..70 {
        let _ = write!(
            text,
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r{level}}}\nspec:\n  rules:\n  \
             - backendRefs: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r{}}}]\n---\n",
            level + 1
        );
    }
    let analysis = analyse("layers.yaml", &text, Coverage::open(), Settings::default());
    assert!(analysis.findings.iter().any(|finding| finding.code == Code::TreeTooLarge), "{:?}", analysis.findings);
}

#[test]
fn an_object_of_a_million_values_is_skipped() {
    let text = format!(r#"{{"apiVersion": "v1", "kind": "ConfigMap", "data": [{}1]}}"#, "1,".repeat(1_000_000));
    let analysis = analyse("large.json", &text, Coverage::open(), Settings::default());
    assert_eq!(analysis.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::TooLarge]);
}

fn collect(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(&path, into);
        } else if path.to_str().is_some_and(|path| path.contains("test")) && name != "code.rs" {
            *into += &fs::read_to_string(&path).unwrap_or_default();
        }
    }
}

#[test]
fn codes_are_read_as_they_are_written() {
    for entry in TABLE {
        assert_eq!(Code::parse(entry.code.name()), Some(entry.code));
        assert_eq!(entry.code.entry().code, entry.code);
        assert!(
            !entry.explanation().is_empty() && !entry.bad().text.is_empty() && !entry.good().text.is_empty(),
            "{}",
            entry.code
        );
    }
    assert_eq!(Code::parse("no-such-code"), None);
}

/// `no-backends` as `NoBackends`.
fn camel(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The page that lists them all.
fn page() -> String {
    let mut page = "# Findings\n\n\
        What `routescope check` reports, by code. `routescope explain CODE` prints the same entry in the terminal. \
        The examples\nare read with a Gateway `gw` that has an HTTP listener on port 80, and with Services `shop` and `api` on port 80, unless\n\
        they define their own; nothing else exists. The severity is the worst one: a finding that depends on objects outside\n\
        the input is a warning.\n"
        .to_owned();
    let mut group = "";
    for entry in TABLE {
        if entry.group != group {
            group = entry.group;
            let _ = write!(page, "\n## {group}\n");
        }
        let _ = write!(
            page,
            "\n### {}\n\n{} ({})\n\n{}\n",
            entry.code,
            entry.title,
            entry.severity.name(),
            entry.explanation()
        );
        for (what, example) in [("Bad", entry.bad()), ("Good", entry.good())] {
            let language = example.info.split(' ').next().unwrap_or_default();
            let _ = write!(page, "\n{what}:\n\n```{language}\n{}\n```\n", example.text);
        }
    }
    page
}

#[test]
fn the_page_of_findings_is_made_from_the_table() {
    let path = root().join("docs/findings.md");
    if std::env::var_os("ROUTESCOPE_UPDATE").is_some() {
        fs::write(&path, page()).expect("a writable page");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(page().lines()).find(|(one, other)| one != other).map(|(one, _)| one.to_owned());
    assert!(written == page(), "{}: {differs:?}: ROUTESCOPE_UPDATE=1 writes it again", path.display());
}
