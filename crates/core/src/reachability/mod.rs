//! Which sets of requests are decided where: for every row of a table a request that it decides, or the rows that hide it.
//!
//! ```text
//! row ── front (how its virtual host is reached) ── meet (a path and a choice that no earlier row takes) ── the router
//! ```
//!
//! Paths are sets of texts, held as automata; headers, methods and query parameters are few choices for each name. What is
//! searched for is what some rows take and no earlier row does. It may say "unknown"; it must never say what is false:
//! every request is asked of the router before it is shown, and "hidden" is only said where all classes of paths have been
//! looked at, with no choice left on any. Pure, like the router it stands on.

mod choice;
mod compare;
mod connections;
mod effect;
mod findings;
mod front;
mod held;
mod hosts;
mod kind;
mod languages;
mod machine;
mod meet;
mod product;
mod region;
mod rows;
mod target;
mod undetermined;

pub use compare::{Change, Comparison, Most, Undecided, compare, compare_at_most};
pub use connections::{Connection, connections};
pub use effect::{End, Observed, Reached, acting, observed};
pub use findings::{findings, never_met};
pub use kind::Kind;
pub use region::{Answered, Elsewhere, Region, Then, each_answer};
pub use rows::{Below, Reach, Reachability};
pub use target::{Entry, Obstacle, Target, entries, obstacles};
pub use undetermined::Undetermined;
