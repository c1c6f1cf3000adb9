//! `check` and `status` agree: what a predicted status says is wrong is a finding, and what is a finding of attachment or of a
//! listener stands in a status. Held on every world there is: the cases, the data of the tests, and the shared worlds.

use std::path::{Path, PathBuf};

use routescope_core::analysis::Analysis;
use routescope_core::finding::{Code, Finding};
use routescope_core::model::ObjectKey;
use routescope_core::resolve::Settings;
use routescope_core::status::{Condition, predict};
use routescope_core::store::Coverage;
use routescope_render::findings;

use crate::support::conformance::{files_in, golden, golden_cases, json, ran, read, roots, world, worlds};

/// What is found of a listener whose status is not well.
const OF_LISTENERS: [Code; 3] = [Code::ListenerRejected, Code::ListenerWithoutRoutes, Code::ListenerKinds];
/// What is found of a route whose references do not resolve.
const OF_REFS: [Code; 7] = [
    Code::BackendMissing,
    Code::BackendPortMissing,
    Code::BackendNotPermitted,
    Code::BackendKindUnknown,
    Code::BackendPortNotAllowed,
    Code::UnresolvedDelegation,
    Code::CyclicDelegation,
];
/// Why a route attaches nowhere, as a status says it.
const REASONS: [&str; 3] = ["NotAllowedByListeners", "NoMatchingParent", "NoMatchingListenerHostname"];

fn is_about(finding: &Finding, kind: &str, key: &ObjectKey) -> bool {
    finding.subject.as_ref().is_some_and(|subject| subject.kind == kind && subject.key == *key)
}

/// Whether a finding names a listener.
fn names(finding: &Finding, listener: &str) -> bool {
    let message = findings::message(finding);
    let told = message.split_once("attaches to ").map_or(message.as_str(), |(_, rest)| rest);
    let rest = told.strip_prefix("listener ").and_then(|rest| rest.strip_prefix(listener));
    rest.is_some_and(|rest| rest.starts_with([' ', ':']))
}

/// Where findings and statuses contradict each other.
fn contradictions(analysis: &Analysis) -> Vec<String> {
    let mut wrong = Vec::new();
    let statuses = predict(analysis);
    let found = |kind: &str, key: &ObjectKey, codes: &[Code]| {
        analysis.findings.iter().any(|one| codes.contains(&one.code) && is_about(one, kind, key))
    };
    let of_policies = analysis.findings.iter().any(|one| one.code == Code::InvalidPolicy);
    for (key, gateway) in statuses.gateways.iter().filter(|(key, _)| !statuses.unverified.contains_key(key)) {
        for listener in &gateway.listeners {
            let ill = listener.conditions.iter().find(|condition| !condition.is_healthy());
            let told = analysis.findings.iter().find(|one| {
                OF_LISTENERS.contains(&one.code) && is_about(one, "Gateway", key) && names(one, &listener.name)
            });
            match (ill, told) {
                (Some(ill), None) if !of_policies => wrong.push(format!("Gateway {key} {}: {ill:?}", listener.name)),
                (None, Some(told)) => {
                    wrong.push(format!("Gateway {key} {}: {}", listener.name, findings::message(told)));
                }
                _ => {}
            }
        }
    }
    let failed = |conditions: &[Condition], kind: &str| {
        conditions.iter().find(|one| one.kind.ends_with(kind) && one.status == "False").map(|one| one.reason)
    };
    for status in &statuses.routes {
        let route = analysis.snapshot.route(status.route);
        let (kind, key) = (route.kind.name(), route.meta.key());
        let mut missing = |codes: &[Code], what: &str| {
            if !found(kind, &key, codes) {
                wrong.push(format!("{kind} {key}: {what}, and no finding says so"));
            }
        };
        for entry in &status.parents {
            match failed(&entry.conditions, "Accepted") {
                Some(reason) if REASONS.contains(&reason) => missing(&[Code::RouteNotAttached], reason),
                Some(reason) => missing(&[Code::ChildHasHostnames, Code::UnresolvedDelegation], reason),
                None => {}
            }
            if let Some(reason) = failed(&entry.conditions, "ResolvedRefs") {
                missing(&OF_REFS, reason);
            }
            if let Some(reason) = failed(&entry.conditions, "Programmed")
                && !of_policies
                && !analysis.findings.iter().any(|one| is_about(one, kind, &key))
            {
                missing(&[], reason);
            }
        }
    }
    for one in analysis.findings.iter().filter(|one| one.code == Code::RouteNotAttached) {
        let Some(subject) = one.subject.as_ref().filter(|subject| subject.kind.ends_with("Route")) else { continue };
        let Some(reason) = REASONS.iter().find(|reason| findings::message(one).ends_with(&format!("({reason})")))
        else {
            continue;
        };
        let status = statuses.routes.iter().find(|status| {
            status.kind.name() == subject.kind && analysis.snapshot.route(status.route).meta.key() == subject.key
        });
        // The statuses of TCP and TLS routes, and of other engines, are not predicted.
        let stream = matches!(subject.kind, "TCPRoute" | "TLSRoute");
        let entries = status.into_iter().flat_map(|status| &status.parents);
        let said = entries.filter_map(|entry| failed(&entry.conditions, "Accepted")).any(|said| said == *reason);
        if !said && !stream && statuses.unmodelled.is_empty() {
            wrong.push(format!("{} {}: {}", subject.kind, subject.key, findings::message(one)));
        }
    }
    wrong
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in files_in(folder) {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            into.push(path);
        }
    }
}

#[track_caller]
fn agree(all: impl Iterator<Item = (String, Analysis)>) -> usize {
    let mut failures = Vec::new();
    let mut held = 0;
    for (name, analysis) in all {
        held += 1;
        failures.extend(contradictions(&analysis).into_iter().map(|wrong| format!("{name}: {wrong}")));
    }
    println!("{held} worlds held");
    assert!(failures.is_empty(), "{}", failures.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
    held
}

#[test]
fn findings_and_statuses_agree_on_the_cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut paths = Vec::new();
    collect(&root.join("cases"), &mut paths);
    collect(&root.join("data"), &mut paths);
    assert!(paths.len() > 300, "{} files", paths.len());
    agree(paths.into_iter().map(|path| {
        let analysis = routescope_manifest::analyse_text(&read(&path), Coverage::closed(), Settings::default());
        (path.display().to_string(), analysis)
    }));
}

#[test]
fn findings_and_statuses_agree_on_the_shared_worlds() {
    let shared = roots().into_iter().flat_map(|root| worlds(&root));
    let held = agree(shared.map(|folder| {
        let analysis = world(&folder, &json(&folder.join("expected.json")));
        (folder.display().to_string(), analysis)
    }));
    ran("worlds", held);
    let cases = roots().into_iter().flat_map(|root| golden_cases(&root));
    let held = agree(cases.map(|case| (case.display().to_string(), golden(&case).1)));
    ran("kgateway", held);
}
