//! What the API server says of an object, and what is foretold of it: one file for one fact, under `tests/refusals`.
//!
//! A file begins with what is refused, in the order of the findings (`# refused: PATH: PROBLEM`), or with `# taken`. The
//! CRDs are those of the experimental channel, or of the other one with `# channel: standard`. Most of it was compared with
//! a real API server of Kubernetes 1.36 with the CRDs of Gateway API 1.6 (experimental) and kgateway, as were some 100,000
//! random objects.

use std::fs;
use std::path::Path;

use routescope_core::finding::Code;
use routescope_manifest::Channel;
use routescope_manifest::files::{load_text, load_text_for};
use routescope_render::findings;

#[test]
fn objects_are_refused_as_the_api_server_refuses_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refusals");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 50, "{files:?}");
    let mut failures = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let expected: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# refused: ")).collect();
        assert_eq!(expected.is_empty(), text.lines().any(|line| line == "# taken"), "{}", file.display());
        let is_standard = text.lines().any(|line| line == "# channel: standard");
        let channel = if is_standard { Channel::Standard } else { Channel::Experimental };
        let findings = load_text_for("manifests.yaml", &text, Some(channel)).findings;
        let refused = findings.iter().filter(|finding| finding.code == Code::ApiRefused);
        let found: Vec<_> = refused.map(findings::message).collect();
        if found != expected {
            failures.push(format!("{}:\n  expected {expected:#?}\n  found {found:#?}", file.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_refusal_tells_file_and_line() {
    let text = "apiVersion: gateway.kgateway.dev/v1alpha1\nkind: ListenerPolicy\nmetadata: { name: it }\nspec:\n  \
                targetRefs:\n  - { group: gateway.networking.k8s.io, kind: HTTPRoute, name: r }\n";
    let finding = load_text("policy.yaml", text).findings.remove(0);
    let place = finding.place.expect("a place");
    assert_eq!((place.source.name.as_str(), place.at.line, place.at.column), ("policy.yaml", 6, 3));
    assert_eq!(finding.subject.expect("a subject").to_string(), "ListenerPolicy default/it");
}
