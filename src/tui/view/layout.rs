//! Where the panes are: a function of size and focus alone, used for drawing and for finding what the mouse points at.

use ratatui::layout::Rect;

use crate::tui::panes::{Edge, Grip};
use crate::tui::sheet::View;
use crate::tui::state::{Focus, State};

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayoutKind {
    /// Tree, detail and the answer's reasons side by side.
    Columns,
    /// Tree and detail side by side, the answer's reasons below.
    Wide,
    /// One pane under the tree.
    Stacked,
    /// One pane at a time.
    Single,
}

/// The fewest columns that a tree beside another one gets.
const COLUMN: u16 = 50;

/// Where everything is. A pane without room is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Layout {
    pub shape: LayoutKind,
    pub area: Rect,
    pub header: Rect,
    pub ask: Rect,
    pub pins: Rect,
    pub tree: Rect,
    /// The trees that are shown, each with the place of its side; that of the active side is `tree`.
    pub trees: Vec<(usize, Rect)>,
    pub detail: Rect,
    pub why: Rect,
    pub footer: Rect,
    /// The edges that can be moved.
    pub grips: Vec<Grip>,
}

impl Layout {
    /// The layout of a state.
    pub fn of(state: &State) -> Self {
        let (width, height) = state.size;
        let shape = match (width, height) {
            (200.., 20..) => LayoutKind::Columns,
            (100.., 26..) => LayoutKind::Wide,
            (72.., 18..) => LayoutKind::Stacked,
            _ => LayoutKind::Single,
        };
        let area = Rect::new(0, 0, width, height);
        let mut cut = Cut { rest: area };
        let header = cut.top(1);
        let footer = if height > 6 { cut.bottom(1) } else { Rect::ZERO };
        let ask = cut.top(ask_height(shape, state.sides.len()));
        let pins = cut.top(super::pins::height(state, shape));
        let rest = cut.rest;
        let mut layout = Self {
            shape,
            area,
            header,
            ask,
            pins,
            tree: Rect::ZERO,
            trees: Vec::new(),
            detail: Rect::ZERO,
            why: Rect::ZERO,
            footer,
            grips: Vec::new(),
        };
        let single = if state.focus == Focus::Ask { state.single } else { state.focus };
        if state.zoom || shape == LayoutKind::Single {
            *layout.pane_mut(single) = rest;
        } else {
            layout.divide(state, rest);
        }
        if !layout.tree.is_empty() {
            layout.columns(state);
        }
        layout
    }

    /// Divides the room among several panes.
    fn divide(&mut self, state: &State, rest: Rect) {
        let (panes, tells_why) = (&state.panes, state.tells_why());
        let mut cut = Cut { rest };
        if self.shape == LayoutKind::Stacked {
            let lower = if state.lower == Focus::Why && !tells_why { Focus::Detail } else { state.lower };
            let half = rest.height * 9 / 20;
            let otherwise = if lower == Focus::Why { half.min(why_height(state)) } else { half };
            *self.pane_mut(lower) = cut.bottom(panes.of(Edge::Below, rest.height, otherwise));
            self.tree = cut.rest;
            self.grip(Edge::Below, rest, self.pane(lower));
        } else if state.is_several() || state.view != View::Tree {
            // Trees beside each other, or the columns of a list, have the width; what is said of a row stands below.
            let below = cut.bottom(panes.of(Edge::Below, rest.height, (rest.height * 2 / 5).max(8)));
            self.tree = cut.rest;
            self.grip(Edge::Below, rest, below);
            self.detail = below;
            if tells_why {
                self.column(state, below, below.width / 2);
            }
        } else {
            if tells_why && self.shape == LayoutKind::Columns {
                self.column(state, rest, rest.width * 3 / 10);
                cut.rest.width -= self.why.width;
            } else if tells_why {
                let otherwise = why_height(state).min(rest.height * 2 / 5);
                self.why = cut.bottom(panes.of(Edge::Why, rest.height, otherwise));
                self.grip(Edge::Why, rest, self.why);
            }
            let rest = cut.rest;
            let tree = panes.of(Edge::Tree, rest.width, rest.width * 11 / 20);
            self.tree = Rect { width: tree, ..rest };
            self.detail = Rect { x: rest.x + tree, width: rest.width - tree, ..rest };
            let area = Rect { x: rest.x + tree - 1.min(tree), width: 2, ..rest };
            self.grips.push(Grip { edge: Edge::Tree, area, of: rest });
        }
    }

    /// Gives the reasons a column on the right of `room`; the detail pane keeps what is left.
    fn column(&mut self, state: &State, room: Rect, otherwise: u16) {
        let width = state.panes.of(Edge::Column, room.width, otherwise);
        let x = room.right() - width;
        self.why = Rect { x, width, ..room };
        self.detail.width = self.detail.width.saturating_sub(width);
        let area = Rect { x: x.saturating_sub(1), width: 2, ..room };
        self.grips.push(Grip { edge: Edge::Column, area, of: room });
    }

    /// The edge above a pane at the bottom can be moved.
    fn grip(&mut self, edge: Edge, of: Rect, pane: Rect) {
        let area = Rect { y: pane.y.saturating_sub(1), height: 2, ..pane };
        self.grips.push(Grip { edge, area, of });
    }

    /// Divides the room for trees among the sides, as many as fit: the active one, and those beside it.
    fn columns(&mut self, state: &State) {
        let fit = if state.zoom { 1 } else { usize::from((self.tree.width / COLUMN).max(1)) };
        let count = fit.min(state.sides.len()).max(1);
        let first = state.active.saturating_sub(count - 1).min(state.sides.len() - count);
        let (room, columns) = (self.tree, u16::try_from(count).unwrap_or(1));
        for (column, at) in (0..columns).zip(first..) {
            let from = room.width * column / columns;
            let to = room.width * (column + 1) / columns;
            let area = Rect { x: room.x + from, width: to - from, ..room };
            if at == state.active {
                self.tree = area;
            }
            self.trees.push((at, area));
        }
    }

    fn pane_mut(&mut self, focus: Focus) -> &mut Rect {
        match focus {
            Focus::Ask | Focus::Tree => &mut self.tree,
            Focus::Detail => &mut self.detail,
            Focus::Why => &mut self.why,
        }
    }

    /// The area of a pane.
    pub fn pane(&self, focus: Focus) -> Rect {
        match focus {
            Focus::Ask => self.ask,
            Focus::Tree => self.tree,
            Focus::Detail => self.detail,
            Focus::Why => self.why,
        }
    }

    /// The inside of a pane: without its border, or without its title line where borders are left out.
    pub fn inside(&self, focus: Focus) -> Rect {
        self.inside_of(focus, self.pane(focus))
    }

    /// The inside of an area that a pane has.
    pub fn inside_of(&self, focus: Focus, area: Rect) -> Rect {
        if self.shape == LayoutKind::Single {
            if focus == Focus::Ask {
                return area;
            }
            return Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1), ..area };
        }
        Rect {
            x: area.x + area.width.min(1),
            y: area.y + area.height.min(1),
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    }

    /// Where a window lies over the panes.
    pub fn window(&self, lines: usize) -> Rect {
        let Rect { width, height, .. } = self.area;
        let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(7);
        let across = if width > 90 { width - 16 } else { width };
        let most = height.saturating_sub(2).max(height.min(6));
        let down = wanted.max(6).min(most);
        Rect { x: (width - across) / 2, y: (height - down) / 2, width: across, height: down }
    }
}

/// How high the URL bar is, with the answer under it: of several sides a line each, as far as they are not too many.
fn ask_height(shape: LayoutKind, sides: usize) -> u16 {
    let (edges, alone, most) = match shape {
        LayoutKind::Wide | LayoutKind::Columns => (2, 2, 6),
        LayoutKind::Stacked => (2, 1, 4),
        LayoutKind::Single => (0, 2, 3),
    };
    let answers = if sides > 1 { u16::try_from(sides).unwrap_or(most).min(most) } else { alone };
    edges + 1 + answers
}

/// How high the reasons want to be, with their border.
fn why_height(state: &State) -> u16 {
    u16::try_from(state.panes.why_rows.max(1)).unwrap_or(u16::MAX).saturating_add(2)
}

struct Cut {
    rest: Rect,
}

impl Cut {
    fn top(&mut self, height: u16) -> Rect {
        let height = height.min(self.rest.height);
        let piece = Rect { height, ..self.rest };
        self.rest.y += height;
        self.rest.height -= height;
        piece
    }

    fn bottom(&mut self, height: u16) -> Rect {
        let height = height.min(self.rest.height);
        self.rest.height -= height;
        Rect { y: self.rest.y + self.rest.height, height, ..self.rest }
    }
}
