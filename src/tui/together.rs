//! Two sides compared: in each tree the rows that differ from the other are marked, equal ones are folded to a count, and
//! what is selected in one is selected in the other.

use ahash::AHashMap;

use super::change_highlights::{Change, Differences};
use super::context_pane::ContextId;
use super::node_details::Fact;
use super::path_view::Way;
use super::state::State;
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::style::{Line, Role};

/// How a side differs from another.
#[derive(Debug)]
pub struct Differs {
    /// The side that it is compared with.
    pub from: ContextId,
    /// The rows that differ.
    pub rows: AHashMap<NodeRef, Change>,
    /// Those rows, and what is above them.
    pub way: Way,
}

impl Differs {
    /// The differences from a side, as nodes of `outline`.
    pub fn of(from: ContextId, outline: &Outline, differences: Differences) -> Self {
        let way = Way::to(outline, differences.rows.keys().copied());
        Self { from, rows: differences.rows, way }
    }

    /// What a row is marked by.
    pub fn mark(&self, node: NodeRef) -> Option<Line> {
        Some(match self.rows.get(&node)? {
            Change::Changed => Line::of(Role::Warning, " ≠"),
            Change::New => Line::of(Role::Ok, " + only here"),
        })
    }
}

/// What the other side has in place of a node, for the detail pane.
pub fn fact(state: &State, node: NodeRef) -> Option<Fact> {
    let side = state.side();
    let differs = side.differs.as_ref()?;
    let change = differs.rows.get(&node)?;
    let at = state.place_of(differs.from)?;
    let line = Line::of(Role::Warning, "≠ ").with(Role::Heading, format!("{}: ", state.name(at)));
    let other = state.sides[at].outline()?;
    let path = side.outline()?.path(node);
    let found = other.find(&path).filter(|found| *change == Change::Changed && other.path(*found) == path);
    Some(match found {
        Some(found) => ("differs", line.with_line(other.label(found).line())),
        None => ("differs", line.with(Role::Text, "has no such row")),
    })
}

/// The next row that differs, or the one before, round and round.
pub fn step(rows: &[super::rows::Row], selected: usize, differs: &Differs, forward: bool) -> Option<usize> {
    let is_it = |row: &super::rows::Row| row.others == 0 && differs.rows.contains_key(&row.node);
    let (before, after) = rows.split_at(selected.min(rows.len()));
    if forward {
        let behind = after.iter().skip(1).position(is_it).map(|at| before.len() + 1 + at);
        behind.or_else(|| rows.iter().position(is_it))
    } else {
        before.iter().rposition(is_it).or_else(|| rows.iter().rposition(is_it))
    }
}
