//! The delegation tree as text, JSON, mermaid and dot.

mod graph;
mod json;
mod text;

pub use graph::{dot, mermaid};
pub use json::{TreeData, data};
pub use text::text;
