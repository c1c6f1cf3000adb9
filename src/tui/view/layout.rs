//! Where the panes are: a function of size and focus alone, used for drawing and for finding what the mouse points at.

use ratatui::layout::Rect;

use crate::tui::state::{Focus, State};

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
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
    pub shape: Shape,
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
}

impl Layout {
    /// The layout of a state.
    pub fn of(state: &State) -> Self {
        let (width, height) = state.size;
        let shape = match (width, height) {
            (100.., 26..) => Shape::Wide,
            (72.., 18..) => Shape::Stacked,
            _ => Shape::Single,
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
        };
        let single = if state.focus == Focus::Ask { state.single } else { state.focus };
        if state.zoom || shape == Shape::Single {
            *layout.pane_mut(single) = rest;
        } else if shape == Shape::Wide && state.is_several() {
            // The trees have the width; what is said of one of them stands below.
            let below = cut.bottom((rest.height * 2 / 5).max(8));
            layout.tree = cut.rest;
            layout.detail = Rect { width: width / 2, ..below };
            layout.why = Rect { x: width / 2, width: width - width / 2, ..below };
        } else if shape == Shape::Wide {
            layout.why = cut.bottom((height / 4).clamp(7, 14));
            let tree_width = width * 11 / 20;
            layout.tree = Rect { width: tree_width, ..cut.rest };
            layout.detail = Rect { x: tree_width, width: width - tree_width, ..cut.rest };
        } else {
            *layout.pane_mut(state.lower) = cut.bottom(rest.height * 9 / 20);
            layout.tree = cut.rest;
        }
        if !layout.tree.is_empty() {
            layout.columns(state);
        }
        layout
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
        if self.shape == Shape::Single {
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
fn ask_height(shape: Shape, sides: usize) -> u16 {
    let (edges, alone, most) = match shape {
        Shape::Wide => (2, 2, 6),
        Shape::Stacked => (2, 1, 4),
        Shape::Single => (0, 2, 3),
    };
    let answers = if sides > 1 { u16::try_from(sides).unwrap_or(most).min(most) } else { alone };
    edges + 1 + answers
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
