//! Finds the first row that matches without looking at every row.

use crate::resolve::{HopId, Tree};

/// An index over the rows of one virtual host.
#[derive(Debug, Default)]
pub struct Index {}

impl Index {
    /// Indexes `rows`, which are in evaluation order.
    pub fn build(tree: &Tree, rows: &[HopId]) -> Self {
        let _ = (tree, rows);
        Self {}
    }
}
