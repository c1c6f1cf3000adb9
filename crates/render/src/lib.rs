//! From values to text, JSON, YAML, mermaid and dot. Pure: no IO, no clock, no terminal.
//!
//! Everything shown to a person is made of [`style::Line`]s whose spans carry a [`style::Role`]; the terminal writer
//! and the explorer's themes map roles to colours. Everything shown to a program has its own output types, so that the
//! JSON contract does not move when an inner type does.

pub mod answer;
pub mod data;
pub mod diff;
pub mod envoy;
pub mod findings;
pub mod namespaces;
pub mod natural;
mod notes;
pub mod outline;
pub mod phrases;
pub mod policies;
pub mod reach;
pub mod reasons;
pub mod route_test;
pub mod routes;
pub mod rows;
pub mod scope;
pub mod snapshot;
pub mod status;
pub mod style;
pub mod terminal;
pub mod tree;
pub mod uncertainty;
pub mod width;
pub mod witness;
pub mod yaml;
