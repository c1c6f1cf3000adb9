//! `routescope` answers one question: **where does this URL go, and why?** It reads manifests (or a cluster), shows the
//! delegation tree (Gateway → parent `HTTPRoute` → label → child `HTTPRoute` → backend) and, for a URL, the exact path
//! and the destination. It never sends traffic and never writes to a cluster.
//!
//! ```text
//! files | stdin | kustomize | cluster ──► Change ──► Store ──► Arc<Snapshot> ──► Analysis::of(&snapshot)
//!                                              resolve → Tree → router::compile → RouteTable → Findings
//! Arc<Analysis> ─┬─► cli:  render ──► stdout + exit code
//!                └─► tui:  Message → update(State) → view → Frame        (user intent leaves as an Effect)
//! ```
//!
//! As a library it is three calls: a world, a request, an answer.
//!
//! ```
//! use routescope::analysis::Analysis;
//! use routescope::resolve::Settings;
//! use routescope::router::{Outcome, Request};
//! use routescope::store::Coverage;
//!
//! let world = Analysis::of_text(include_str!("../examples/multi-level/routes.yaml"), Coverage::closed(), Settings::default());
//! let request = Request::parse("http://www.example.com/shop/checkout/pay")?;
//! let answer = &world.decide(&request, None)[0];
//! assert_eq!(answer.outcome, Outcome::Forward);
//! assert_eq!(answer.destinations[0].name, "payments");
//! # Ok::<(), routescope::router::RequestError>(())
//! ```
//!
//! Invariants:
//! - `resolve` and `router` do no IO and read no clock and no environment; broken input is a `Finding` with a position.
//! - One code path decides and explains: the quick lookup and the traced one share the test of an entry.
//! - Order is decided in one place, `router::precedence`, by one derived `Ord`.
//! - Decoding is lenient: an invalid route loads, to be reported on.
//!
//! Modules in reading order; imports point only to the left:
//! `model`, `finding` ← `store` ← `resolve` ← `router` ← `analysis` ← `status` ← `live` ← `render` ← `tui` ← `cli`; `source`
//! knows `model`, `finding` and `store`; `re2` and `spread`, which know nobody, are for those that resolve, route or read, and `visible` for all.

pub mod analysis;
pub mod cli;
pub mod config;
pub mod finding;
pub mod live;
pub mod model;
pub mod re2;
pub mod render;
pub mod resolve;
pub mod router;
pub mod source;
mod spread;
pub mod status;
pub mod store;
pub mod theme;
pub mod tui;
pub mod visible;
