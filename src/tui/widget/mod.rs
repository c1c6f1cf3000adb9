//! Small pieces of drawing that know nothing of the explorer.

pub mod field;
pub mod row;
pub mod text;
pub mod yaml;
