//! What regular expressions may take: agentgateway's own engine takes almost any, and what is not compiled makes answers
//! uncertain.

use std::fmt::Write as _;

use routescope_core::analysis::Analysis;
use routescope_core::finding::{Code, Problem};
use routescope_core::reachability::compare;
use routescope_core::resolve::{DropReason, MatchState, Settings, Uncertainty};
use routescope_core::router::{OutcomeKind, Request};
use routescope_core::store::Coverage;

/// A Gateway of a class, and a route for each of these expressions, in their order.
fn analysis(class: &str, patterns: &[&str]) -> Analysis {
    let mut text = format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: g}}, spec: {{gatewayClassName: {class}, \
         listeners: [{{name: http, port: 80, protocol: HTTP}}]}}}}\n"
    );
    for (number, pattern) in patterns.iter().enumerate() {
        let _ = write!(
            text,
            "---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r{number}}}, spec: {{parentRefs: \
             [{{name: g}}], rules: [{{matches: [{{path: {{type: RegularExpression, value: '{pattern}'}}}}], backendRefs: \
             [{{name: s, port: 80}}]}}]}}}}\n"
        );
    }
    routescope_manifest::analyse_text(&text, Coverage::open(), Settings::default())
}

/// More states than are compiled in all.
const TOO_MUCH: &str = r"/(\pL{1000}){10}";
/// A little less than half of what is compiled in all, and more than agentgateway's own 10 MiB.
const HALF: &str = r"/\pL{850}";

fn dropped(analysis: &Analysis) -> Vec<Option<&'static str>> {
    let state = |state: &_| if let MatchState::Dropped(reason) = state { Some(DropReason::code(reason)) } else { None };
    analysis.tree.hops.iter().map(|hop| state(&hop.state)).collect()
}

#[test]
fn what_is_beyond_the_budget_is_not_compiled_and_every_answer_says_so() {
    let analysis = analysis("agentgateway", &[TOO_MUCH, "/[a-z]+"]);
    assert_eq!(dropped(&analysis), [Some("not-evaluated"), None]);
    for (path, outcome) in [("/abc", OutcomeKind::Forward), ("/1", OutcomeKind::NotFound)] {
        let request = Request::parse(&format!("http://a.io{path}")).unwrap();
        let (quick, traced) = (&analysis.decide(&request, None)[0], &analysis.explain(&request, None)[0]);
        assert_eq!(quick.outcome.kind(), outcome, "{path}");
        assert_eq!(quick.unverified, traced.unverified);
        assert!(quick.unverified.contains(&Uncertainty::Unevaluated), "{:?}", quick.unverified);
    }
    let found: Vec<&Problem> = analysis
        .findings
        .iter()
        .filter(|finding| finding.code == Code::RegexesTooLarge)
        .map(|finding| &finding.problem)
        .collect();
    let [Problem::Dropped { reason, .. }] = found[..] else { panic!("{found:?}") };
    assert!(matches!(&**reason, DropReason::NotEvaluated { regex, .. } if regex == TOO_MUCH), "{reason:?}");
    // What may be missing on either side is not called the same.
    assert!(!compare(analysis.router(), analysis.router()).unknown.is_empty());
}

#[test]
fn the_order_of_the_routes_decides_what_is_compiled() {
    // Two are looked at, and are none by agentgateway's own limit; the third is not.
    let all = [HALF.to_owned(), format!("{HALF}a"), format!("{HALF}b"), HALF.to_owned(), "/plain.*".to_owned()];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let invalid = Some("dropped-invalid-regex");
    assert_eq!(dropped(&analysis("agentgateway", &all)), [invalid, invalid, Some("not-evaluated"), invalid, None]);
}

#[test]
fn a_text_that_is_too_long_is_not_even_read() {
    let analysis = analysis("agentgateway", &[&"a".repeat(routescope_core::limits::REGEX_TEXT + 1)]);
    assert_eq!(dropped(&analysis), [Some("not-evaluated")]);
}

#[test]
fn envoy_has_a_limit_of_its_own() {
    let analysis = analysis("kgateway", &[TOO_MUCH]);
    assert!(analysis.findings.iter().all(|finding| finding.code != Code::RegexesTooLarge));
    let decision = &analysis.decide(&Request::parse("http://a.io/abc").unwrap(), None)[0];
    assert!(!decision.unverified.contains(&Uncertainty::Unevaluated), "{:?}", decision.unverified);
}
