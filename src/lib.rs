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
//! The program is this package: the command line (`cli`), the explorer (`tui`), themes and configuration; imports point from
//! `cli` to `tui` to `config` to `theme`. What it stands on is in `crates/`: `routescope-core` (what is known of routing, as a
//! library), `routescope-manifest` (reading), `routescope-cluster` (following a cluster) and `routescope-render` (every
//! sentence and drawing).

pub mod access_log;
pub mod cli;
pub mod config;
pub mod kept;
pub mod limits;
pub mod theme;
pub mod tui;
mod watch;
