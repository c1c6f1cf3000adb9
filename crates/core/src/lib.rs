//! What routescope knows of routing, as a library: a snapshot of objects, a request, an answer.
//!
//! ```text
//! Change ──► Store ──► Arc<Snapshot> ──► Analysis::of(&snapshot)
//!                           resolve → Tree → router::compile → RouteTable → Findings
//! ```
//!
//! It is three calls: a world, a request, an answer. (`routescope-manifest` reads the world.)
//!
//! ```
//! use routescope_core::resolve::Settings;
//! use routescope_core::router::{OutcomeKind, Request};
//! use routescope_core::store::Coverage;
//!
//! let text = include_str!("../../../examples/multi-level/routes.yaml");
//! let world = routescope_manifest::analyse_text(text, Coverage::closed(), Settings::default());
//! let request = Request::parse("http://www.example.com/shop/checkout/pay")?;
//! let answer = &world.decide(&request, None)[0];
//! assert_eq!(answer.kind(), OutcomeKind::Forward);
//! assert_eq!(answer.outcome.destinations()[0].name, "payments");
//! # Ok::<(), routescope_core::router::RequestError>(())
//! ```
//!
//! Invariants:
//! - Nothing here does IO or reads a clock or the environment; broken input is a [`finding::Finding`] with a position.
//! - One code path decides and explains: the quick lookup and the traced one share the test of an entry.
//! - Order is decided in one place, `router::precedence`, by one derived `Ord`.
//! - Decoding is lenient: an invalid route loads, to be reported on.
//!
//! Modules in reading order; imports point only to the left:
//! `model`, `finding` ← `store` ← `resolve` ← `unreadable` ← `router` ← `reachability` ← `analysis` ← `expectation`, `status`;
//! `re2` and `spread`, which know nobody, are for those that resolve, route or read, and `visible` and `limits` for all.

pub mod analysis;
pub mod expectation;
pub mod finding;
pub mod limits;
pub mod model;
pub mod parallel;
pub mod re2;
pub mod reachability;
pub mod resolve;
pub mod router;
pub mod status;
pub mod store;
pub mod unreadable;
pub mod visible;
