//! How the room is divided among the panes: by itself, or as the person wants it. A share stays a share when the terminal
//! gets another size.

use ratatui::layout::{Position, Rect};

use super::sheet::View;
use super::state::Focus;
use super::view::layout::Layout;

/// The whole of a side, in which shares are counted.
const WHOLE: u32 = 1_000;

/// So many columns and rows, at least, stay on each side of an edge.
const LEAST: (u16, u16) = (20, 3);

/// An edge between panes that can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Right of the tree, where the detail pane stands beside it.
    Tree,
    /// Above what stands below the tree, where there is one pane, or one of several sources.
    Below,
    /// Above the reasons, below tree and detail.
    Why,
    /// Left of the reasons, where they have a column.
    Column,
}

impl Edge {
    /// Every edge.
    pub const ALL: [Self; 4] = [Self::Tree, Self::Below, Self::Why, Self::Column];

    /// Its name where the sizes are kept.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Below => "below",
            Self::Why => "why",
            Self::Column => "column",
        }
    }

    /// Whether it is moved up and down.
    pub fn is_level(self) -> bool {
        matches!(self, Self::Below | Self::Why)
    }
}

/// Where an edge is, and what it divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grip {
    /// Which edge.
    pub edge: Edge,
    /// The cells that hold it.
    pub area: Rect,
    /// What it divides in two.
    pub of: Rect,
}

/// What the mouse holds while its button is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// An edge between panes.
    Edge(Edge),
    /// The scroll bar of a pane.
    Bar(Focus),
    /// The scroll bar of a window.
    WindowBar,
    /// The title of a pane: whether the pane had the focus before, and the edge that it stands on.
    #[allow(missing_docs)]
    Title { pane: Focus, focused: bool, edge: Option<Edge> },
    /// The name of a view, and the edge that it stands on.
    #[allow(missing_docs)]
    Tab { view: View, edge: Option<Edge> },
}

/// How the room is divided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Panes {
    /// The shares that the person chose, in thousandths, by edge: of the tree for `Tree`, else of the pane behind the edge.
    chosen: [Option<u16>; 4],
    /// How many rows the reasons take, as they are now.
    pub why_rows: usize,
    /// What the mouse holds.
    pub held: Option<Held>,
}

impl Panes {
    /// The share that the person chose.
    pub fn share(&self, edge: Edge) -> Option<u16> {
        self.chosen[edge as usize]
    }

    /// Sets a share; one that is not a share is left out.
    pub fn set(&mut self, edge: Edge, share: Option<u16>) {
        self.chosen[edge as usize] = share.filter(|share| (1..1_000).contains(share));
    }

    /// Forgets what the person chose. Returns whether there was anything.
    pub fn reset(&mut self) -> bool {
        let chosen = std::mem::take(&mut self.chosen);
        chosen.iter().any(Option::is_some)
    }

    /// How many of `room` columns or rows the share of an edge is; `otherwise` where nobody chose. Each side of the edge
    /// keeps what it needs.
    pub fn of(&self, edge: Edge, room: u16, otherwise: u16) -> u16 {
        let least = if edge.is_level() { LEAST.1 } else { LEAST.0 }.min(room / 2);
        let wanted = match self.share(edge) {
            Some(share) => u16::try_from((u32::from(room) * u32::from(share) + WHOLE / 2) / WHOLE).unwrap_or(room),
            None => otherwise,
        };
        wanted.clamp(least, room - least)
    }

    /// Moves an edge to a place on the screen.
    pub fn move_to(&mut self, grip: Grip, at: Position) {
        let Rect { x, y, width, height } = grip.of;
        let (from, room, at) = if grip.edge.is_level() { (y, height, at.y) } else { (x, width, at.x) };
        let before = at.saturating_sub(from).min(room);
        let part = if grip.edge == Edge::Tree { before + 1 } else { room - before };
        let share = u32::from(part) * WHOLE / u32::from(room.max(1));
        self.set(grip.edge, Some(u16::try_from(share.clamp(1, WHOLE - 1)).unwrap_or(500)));
    }

    /// Moves the edge by so many columns or rows that is moved level, or else upright. Returns whether there is one.
    pub fn nudge(&mut self, layout: &Layout, level: bool, by: i16) -> bool {
        let Some(grip) = layout.grips.iter().find(|grip| grip.edge.is_level() == level) else { return false };
        // The cell of the edge itself, on the side that `move_to` counts from.
        let Rect { x, y, width, .. } = grip.area;
        let x = if grip.edge == Edge::Tree { x } else { x + width.saturating_sub(1) };
        let y = grip.area.bottom().saturating_sub(1).max(y);
        let at = if level {
            Position::new(x, y.saturating_add_signed(by))
        } else {
            Position::new(x.saturating_add_signed(by), y)
        };
        self.move_to(*grip, at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_kept_within_what_both_sides_need() {
        let mut panes = Panes::default();
        assert_eq!(panes.of(Edge::Tree, 100, 55), 55);
        panes.set(Edge::Tree, Some(990));
        assert_eq!(panes.of(Edge::Tree, 100, 55), 80);
        panes.set(Edge::Tree, Some(10));
        assert_eq!((panes.of(Edge::Tree, 100, 55), panes.of(Edge::Tree, 10, 5)), (20, 5));
        assert!(panes.reset() && !panes.reset());
    }

    #[test]
    fn an_edge_goes_where_it_is_dragged() {
        let mut panes = Panes::default();
        let of = Rect::new(0, 5, 120, 30);
        panes.move_to(Grip { edge: Edge::Tree, area: Rect::ZERO, of }, Position::new(59, 9));
        assert_eq!(panes.of(Edge::Tree, 120, 1), 60);
        panes.move_to(Grip { edge: Edge::Why, area: Rect::ZERO, of }, Position::new(3, 25));
        assert_eq!(panes.of(Edge::Why, 30, 1), 10);
        // Beyond the screen it stays at the end.
        panes.move_to(Grip { edge: Edge::Why, area: Rect::ZERO, of }, Position::new(3, 99));
        assert_eq!(panes.of(Edge::Why, 30, 1), 3);
    }
}
