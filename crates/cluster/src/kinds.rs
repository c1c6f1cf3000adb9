//! The kinds that are read, and nothing else is ever asked for: the rules in `deploy/` name the same.

pub use routescope_core::model::kinds::{Kind, WATCHED as KINDS};
