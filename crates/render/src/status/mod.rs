//! Predicted statuses as data and as text.

mod data;
mod text;

pub use data::{StatusData, data};
pub use text::text;
