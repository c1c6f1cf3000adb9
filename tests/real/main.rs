//! Opt-in suites against the real thing: an API server, an Envoy, the engines' own checkouts. Each says what it needs.

#[path = "../support/mod.rs"]
mod support;

mod conformance_agentgateway;
mod conformance_envoy;
mod conformance_policies;
mod real_cluster;
