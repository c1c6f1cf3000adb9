//! Answers about all requests at once: every witness does what is said of it, and no request does what is said to be
//! impossible.
//!
//! The cases of `cargo test` are few. `PROPTEST_CASES=1000 cargo test --release -p routescope-core --test reachability`
//! asks for more.

#[path = "../../../../tests/support/conformance.rs"]
mod conformance;
#[allow(dead_code)] // other tests use the rest
#[path = "../../../../tests/support/worlds.rs"]
mod worlds;

mod additions;
mod compared;
mod facts;
mod reached;
mod regions;
mod rows;
mod shared;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use routescope_core::analysis::Analysis;
use routescope_core::resolve::{RuleNodeId, Settings};
use routescope_core::router::{Decision, Request};
use routescope_core::store::Coverage;

/// Enough cases to be quick; `PROPTEST_CASES` asks for more.
fn config(cases: u32) -> ProptestConfig {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Off) as _);
    let config = ProptestConfig { failure_persistence, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases, ..config } }
}

fn analyse(text: &str, weighted: bool, engine: Option<&str>) -> Analysis {
    let settings = Settings { weighted_route_precedence: weighted, ..Settings::default() };
    let text = engine.map_or_else(|| text.to_owned(), |engine| with_engine(text, engine));
    routescope_manifest::analyse_text(&text, Coverage::closed(), settings)
}

/// The same world, served by another engine.
fn with_engine(text: &str, engine: &str) -> String {
    text.replace("\"gatewayClassName\":\"kgateway\"", &format!("\"gatewayClassName\":\"{engine}\""))
}

fn request((url, method, headers): (String, &str, Vec<&str>)) -> Request {
    let request = Request::parse(&url).and_then(|request| request.with_method(method)).expect("a request");
    headers.iter().fold(request, |request, header| request.clone().with_header(header).unwrap_or(request))
}

/// A row as its readers see it: everything of its chain.
fn shown(analysis: &Analysis, row: RuleNodeId) -> String {
    let steps = analysis.tree.chain(row).into_iter().map(|id| {
        let hop = &analysis.tree.hops[id.0 as usize];
        let via = analysis.tree.link_above(id).map(|link| &link.via);
        let route = analysis.snapshot.route(hop.route);
        format!("{} {} {} {:?} {via:?}", route.kind.name(), route.meta.key(), hop.rule, hop.match_index)
    });
    steps.collect::<Vec<_>>().join(" > ")
}

fn deciding(decision: &Decision) -> impl Iterator<Item = RuleNodeId> + '_ {
    decision.row().into_iter().chain(decision.branches.iter().map(|branch| branch.node)).chain(decision.stopped())
}
