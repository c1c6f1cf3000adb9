//! Anything may happen in any order: keys, clicks, resizes, reloads, clusters that change, searches that come back late,
//! on worlds whose texts are as odd as Unicode allows. The explorer draws after each of it, and what it holds is of the
//! world that it shows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use routescope_core::analysis::Analysis;
use routescope_core::resolve::{Engine, Settings};
use routescope_core::store::Coverage;
use routescope_manifest::analyse_text;

use super::steps::{Run, Step, odd_worlds, step};

/// So long a whole case may take, which takes a fraction of a second: what takes longer does not end.
const DEADLINE: Duration = Duration::from_secs(100);

/// A case has not come to an end: its smaller ones are not tried, since they would not either.
static TIMED_OUT: AtomicBool = AtomicBool::new(false);

fn run(worlds: Vec<String>, clusters: bool, steps: Vec<Step>) {
    if TIMED_OUT.load(Ordering::Relaxed) {
        return;
    }
    let (sender, ended) = channel();
    let at = Arc::new(Mutex::new(String::new()));
    let now = Arc::clone(&at);
    let case = std::thread::spawn(move || {
        let analyse = |text: &String| Arc::new(analyse_text(text, Coverage::open(), Settings::default()));
        let mut run = Run::new(worlds.iter().map(analyse).collect(), clusters);
        run.take(Step::Changed(0, 0));
        for step in steps {
            *now.lock().expect("nobody panics with it") = format!("{step:?}");
            run.take(step);
            run.check();
        }
        // The other side has gone where this took too long.
        let _ = sender.send(());
    });
    match ended.recv_timeout(DEADLINE) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
            TIMED_OUT.store(true, Ordering::Relaxed);
            panic!("it does not come to an end after {}", at.lock().expect("nobody panics with it"));
        }
        _ => case.join().unwrap_or_else(|_| panic!("it panics at {}", at.lock().expect("nobody panics with it"))),
    }
}

/// Enough cases to be quick, the same ones in every run; `PROPTEST_CASES` asks for more, and for others each time.
fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: 36, rng_seed: RngSeed::Fixed(14), ..config }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_explorer_lives_through_anything(
        worlds in prop::collection::vec(odd_worlds(), 1..6),
        clusters in prop::bool::weighted(0.4),
        steps in prop::collection::vec(step(), 1..100),
    ) {
        run(worlds, clusters, steps);
    }
}

/// Reads the root's delegating refs with two routes below, and asserts that every node is found again by its path.
fn assert_all_found(refs: &str) {
    let route = |name: &str, meta: &str, spec: &str| {
        format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: {name}, namespace: b{meta}}}, \
             spec: {{{spec}}}}}\n---\n"
        )
    };
    let world = route("root", "", &format!("parentRefs: [{{name: gw}}], rules: [{{backendRefs: [{refs}]}}]"))
        + &route("leaf", ", labels: {delegation.kgateway.dev/label: x}", "rules: [{matches: [{path: {value: /a}}]}]")
        + &route("bough", "", "rules: [{matches: [{path: {value: /b}}]}]");
    for engine in [Engine::Kgateway, Engine::Agentgateway] {
        let settings = Settings { engine: Some(engine), ..Settings::default() };
        assert_all_found_in(Arc::new(analyse_text(&world, Coverage::open(), settings)));
    }
}

fn assert_all_found_in(analysis: Arc<Analysis>) {
    let outline = routescope_render::outline::Outline::of(analysis);
    let mut left = outline.roots();
    let mut leaves = 0;
    while let Some(node) = left.pop() {
        let path = outline.path(node);
        assert_eq!(outline.find(&path), Some(node), "{path:?}");
        leaves += usize::from(format!("{:?}", path.last()).contains("leaf"));
        left.extend(outline.children(node));
    }
    assert!(leaves > 0, "the leaf is drawn");
}

const TO_ALL: &str = r#"{group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "*"}"#;

/// A rule with the same wildcard twice: the engine lists each of its routes twice below both.
#[test]
fn a_route_that_two_refs_of_a_rule_select_has_an_identity_for_each() {
    assert_all_found(&format!("{TO_ALL}, {TO_ALL}"));
}

/// A label and a wildcard: the routes of both refs stand below each, and those of the label are not side by side.
#[test]
fn a_route_that_a_label_and_a_wildcard_select_has_an_identity_for_each() {
    assert_all_found(&format!("{{group: delegation.kgateway.dev, kind: label, name: x}}, {TO_ALL}"));
}

/// Delegating refs and Services in one rule: agentgateway splits the requests among them, so both stand below the match.
#[test]
fn a_ref_and_a_service_of_one_rule_have_identities_of_their_own() {
    let service = |name: &str| format!("{{name: {name}, port: 80}}");
    assert_all_found(&format!("{TO_ALL}, {}, {TO_ALL}, {}", service("s"), service("t")));
}
