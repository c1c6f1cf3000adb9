//! What the API server refused of the conformance worlds is foretold, and nothing of what it took.

use routescope_core::finding::Code;
use routescope_manifest::files::load_text;
use routescope_render::findings;

use crate::support::conformance;

use conformance::{golden_cases, json, read, roots};

#[test]
fn just_the_refused_worlds_are_refused() {
    let (mut taken, mut count) = (0, 0);
    for world in roots().iter().flat_map(|root| conformance::worlds(root)) {
        let refused = json(&world.join("expected.json")).get("refused").is_some();
        let found = refusals(&read(&world.join("manifests.yaml")));
        assert_eq!(!found.is_empty(), refused, "{}: {found:#?}", world.display());
        count += usize::from(refused);
        taken += usize::from(!refused);
    }
    assert!(count > 0 && taken > 0, "{count} worlds were refused, {taken} were not");
}

/// kgateway's tests hand objects to the engine that no API server has seen: one `backendRef` has an empty `name`.
#[test]
fn the_golden_cases_are_taken_but_for_one() {
    let mut count = 0;
    for case in roots().iter().flat_map(|root| golden_cases(root)) {
        let folder = case.parent().expect("a case lies in a folder").to_owned();
        let at: usize = case.file_name().and_then(|name| name.to_str()?.parse().ok()).expect("a number");
        for input in json(&folder.join("cases.json"))[at]["inputs"].as_array().into_iter().flatten() {
            let input = conformance::text(input);
            let path = folder.join(&input);
            for file in if path.is_dir() { conformance::files_in(&path) } else { vec![path] } {
                let unnamed = ["spec.rules[2].backendRefs[0].name: Required value".to_owned()];
                let expected: &[String] = if input.ends_with("/unresolved_ref.yaml") { &unnamed } else { &[] };
                assert_eq!(refusals(&read(&file)), expected, "{}", file.display());
                count += 1;
            }
        }
    }
    conformance::ran("kgateway", count);
}

fn refusals(text: &str) -> Vec<String> {
    let findings = load_text("manifests.yaml", text).findings.into_iter();
    findings.filter(|finding| finding.code == Code::ApiRefused).map(|finding| findings::message(&finding)).collect()
}
