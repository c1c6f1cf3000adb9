//! `routescope snapshot` of files: what is saved answers as the files did, and nobody's file is lost to it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.env_clear().current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    let output = command.stdin(Stdio::null()).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
}

/// An answer without what says where an object is written.
fn answer(arguments: &[&str]) -> Value {
    fn placeless(document: Value) -> Value {
        match document {
            Value::Object(entries) => {
                let places = ["file", "line", "column", "place", "source", "at", "origin"];
                let kept = entries.into_iter().filter(|(key, _)| !places.contains(&key.as_str()));
                Value::Object(kept.map(|(key, value)| (key, placeless(value))).collect())
            }
            Value::Array(items) => items.into_iter().map(placeless).collect(),
            other => other,
        }
    }
    let (_, out, err) = run(arguments);
    placeless(serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

#[track_caller]
fn saved(arguments: &[&str], file: &Path) {
    let (code, out, err) = run(&[&["snapshot", "-o", file.to_str().unwrap()], arguments].concat());
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
}

#[test]
fn the_examples_answer_the_same_from_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saved.yaml");
    let worlds: [&[&str]; 4] = [
        &["-f", "examples/header-query", "--complete"],
        &["-f", "examples/multiple-parents"],
        &["-f", "examples/unresolved", "--complete"],
        &["--demo"],
    ];
    for world in worlds {
        saved(world, &file);
        for command in [["routes", "-o", "json"], ["check", "-o", "json"]] {
            let from_files = answer(&[&command, world].concat());
            assert_eq!(answer(&[&command, &["-f", file.to_str().unwrap()][..]].concat()), from_files, "{world:?}");
        }
    }
}

const ODD: &str = r#"
apiVersion: v1
kind: List
items:
- apiVersion: gateway.networking.k8s.io/v1
  kind: HTTPRoute
  metadata:
    name: r
    managedFields: [{ manager: kubectl }]
    annotations: { kubectl.kubernetes.io/last-applied-configuration: "{}" }
    labels: { a: "yes", b: "1_000", c: "1:30", d: "on", e: "", "<<": "~", f: "two\nlines \u2028 \"x\\" }
  spec:
    rules: [{ backendRefs: [{ name: x, port: 80 }] }]
- apiVersion: v1
  kind: ConfigMap
  metadata: { name: c }
  data: { password: hunter2, "y": "" }
- apiVersion: v1
  kind: Secret
  metadata: { name: s }
  data: { password: aHVudGVyMg== }
"#;

#[test]
fn texts_stay_texts_and_what_is_nobodys_business_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (file, again) = (folder.path().join("saved.yaml"), folder.path().join("again.yaml"));
    std::fs::write(folder.path().join("odd.yaml"), ODD).unwrap();
    saved(&["-f", folder.path().join("odd.yaml").to_str().unwrap()], &file);
    let text = std::fs::read_to_string(&file).unwrap();
    for absent in ["managedFields", "last-applied", "hunter2", "Secret", "aHVudGVyMg"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    for quoted in [r#"a: "yes""#, r#"b: "1_000""#, r#"d: "on""#, r#"e: """#, r#""<<": "~""#, r#"f: "two\nlines"#] {
        assert!(text.contains(quoted), "{quoted}: {text}");
    }
    saved(&["-f", file.to_str().unwrap()], &again);
    let objects = |text: &str| text.split_once("---\n").unwrap().1.to_owned();
    assert_eq!(objects(&std::fs::read_to_string(&again).unwrap()), objects(&text));
}

#[test]
fn only_a_snapshot_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("precious.yaml");
    std::fs::write(&file, ODD).unwrap();
    let (code, _, err) = run(&["snapshot", "--demo", "-o", file.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(err.contains("it is there already, and is not a snapshot\nhint: name another file"), "{err}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), ODD);
    saved(&["--demo", "--force"], &file);
    saved(&["--demo"], &file);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_odd_in_a_snapshot_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.yaml");
    let world =
        "apiVersion: routescope/v1\nkind: Snapshot\nspec: { coverage: { everything: 7, kinds: [Nonsense] } }\n---";
    std::fs::write(&file, format!("{world}{ODD}")).unwrap();
    let findings = answer(&["check", "-o", "json", "-f", file.to_str().unwrap()]).to_string();
    assert_eq!(findings.matches("\"odd-snapshot\"").count(), 2, "{findings}");
}

#[test]
fn a_snapshot_is_read_with_the_channel_of_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saved.yaml");
    // Its rule has a `retry`, which the standard channel drops.
    let world = "tests/cases/policies/retries_of_rules_are_dropped_by_the_standard_channel.yaml";
    let answers = |source: &[&str]| {
        let asked = [&["where", "http://a.io/a/b", "-o", "json"][..], &["check", "-o", "json"]];
        asked.map(|asked| answer(&[asked, source].concat()))
    };
    let channels: [&[&str]; 3] =
        [&[], &["--gateway-api-channel", "standard"], &["--gateway-api-channel", "experimental"]];
    let mut all = Vec::new();
    for channel in channels {
        let source = [&["-f", world], channel].concat();
        saved(&source, &file);
        let from_source = answers(&source);
        assert_eq!(answers(&["-f", file.to_str().unwrap()]), from_source, "{channel:?}");
        all.push(from_source);
    }
    let confidence = |answers: &[Value; 2]| answers[0]["answers"][0]["confidence"].clone();
    let confidences: Vec<Value> = all.iter().map(confidence).collect();
    assert_eq!(confidences, ["unverified", "certain", "certain"], "the standard channel is only assumed by default");
    assert_eq!(all[0][1], all[1][1], "the findings are those of the standard channel");
    assert_ne!(all[1], all[2], "the answer depends on the channel");
}
