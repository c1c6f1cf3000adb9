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

/// Where everything is. A pane without room is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Layout {
    pub shape: Shape,
    pub area: Rect,
    pub header: Rect,
    pub ask: Rect,
    pub tree: Rect,
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
        let ask_height = match shape {
            Shape::Wide => 5,
            Shape::Stacked => 4,
            Shape::Single => 3,
        };
        let area = Rect::new(0, 0, width, height);
        let mut cut = Cut { rest: area };
        let header = cut.top(1);
        let footer = if height > 6 { cut.bottom(1) } else { Rect::ZERO };
        let ask = cut.top(ask_height);
        let rest = cut.rest;
        let mut layout =
            Self { shape, area, header, ask, tree: Rect::ZERO, detail: Rect::ZERO, why: Rect::ZERO, footer };
        let single = if state.focus == Focus::Ask { state.single } else { state.focus };
        if state.zoom || shape == Shape::Single {
            *layout.pane_mut(single) = rest;
            return layout;
        }
        if shape == Shape::Wide {
            layout.why = cut.bottom((height / 4).clamp(7, 14));
            let tree_width = width * 11 / 20;
            layout.tree = Rect { width: tree_width, ..cut.rest };
            layout.detail = Rect { x: tree_width, width: width - tree_width, ..cut.rest };
        } else {
            *layout.pane_mut(state.lower) = cut.bottom(rest.height * 9 / 20);
            layout.tree = cut.rest;
        }
        layout
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
        let area = self.pane(focus);
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
