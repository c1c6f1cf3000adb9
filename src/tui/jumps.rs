//! Where the person came from: back and forward over every jump, as in a browser or in vim.

use routescope_core::finding::Subject;
use routescope_render::outline::Key;

use super::context_pane::ContextId;
use super::sheet::{SheetPane, View};
use super::state::State;

/// How many places are remembered.
const PLACES_AT_MOST: usize = 100;

/// A place to go back to, by the names of things: a reload keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JumpTarget {
    /// The side.
    pub side: ContextId,
    /// The view.
    pub view: View,
    /// The selected node, from the topmost one down; nothing for a heading.
    pub path: Vec<Key>,
    /// The selected heading of a list.
    pub heading: Option<String>,
    /// The object that the detail pane tells of.
    pub page: Option<Subject>,
}

impl JumpTarget {
    /// Where the person is; `None` where nothing is selected.
    pub fn here(state: &State) -> Option<Self> {
        let side = state.side();
        let outline = side.outline()?;
        let path = side.selected().map(|node| outline.path(node)).unwrap_or_default();
        let heading = side.sheet.as_ref().and_then(SheetPane::selected_heading).filter(|_| path.is_empty());
        if path.is_empty() && heading.is_none() {
            return None;
        }
        Some(Self { side: side.id, view: state.view, path, heading, page: side.page.clone() })
    }
}

/// The places that were left by a jump.
#[derive(Debug, Default)]
pub struct Jumps {
    places: Vec<JumpTarget>,
    /// Where among them the person is: at the end, unless some were gone back over.
    at: usize,
}

impl Jumps {
    /// A jump leaves a place. What was gone back over is forgotten.
    pub fn leave(&mut self, place: JumpTarget) {
        self.places.truncate(self.at);
        self.places.retain(|known| *known != place);
        self.places.push(place);
        let many = self.places.len().saturating_sub(PLACES_AT_MOST);
        self.places.drain(..many);
        self.at = self.places.len();
    }

    /// The place before, coming from `here`.
    pub fn back(&mut self, here: Option<JumpTarget>) -> Option<JumpTarget> {
        let mut to = self.at.checked_sub(1)?;
        if here.as_ref() == self.places.get(to) && self.at == self.places.len() {
            to = to.checked_sub(1)?;
        } else if let (Some(here), true) = (here, self.at == self.places.len()) {
            self.places.push(here);
        }
        self.at = to;
        self.places.get(to).cloned()
    }

    /// The place after, where some were gone back over.
    pub fn forward(&mut self) -> Option<JumpTarget> {
        let place = self.places.get(self.at + 1).cloned()?;
        self.at += 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u32) -> JumpTarget {
        JumpTarget { side: ContextId(0), view: View::Tree, path: vec![Key::Nth(number)], heading: None, page: None }
    }

    #[test]
    fn back_and_forward_go_over_what_was_left() {
        let mut jumps = Jumps::default();
        assert_eq!(jumps.back(Some(place(0))), None);
        jumps.leave(place(1));
        jumps.leave(place(2));
        assert_eq!(jumps.back(Some(place(3))), Some(place(2)));
        assert_eq!(jumps.back(Some(place(2))), Some(place(1)));
        assert_eq!(jumps.back(Some(place(1))), None);
        assert_eq!(jumps.forward(), Some(place(2)));
        assert_eq!(jumps.forward(), Some(place(3)));
        assert_eq!(jumps.forward(), None);
    }

    #[test]
    fn a_jump_from_the_middle_forgets_what_came_behind() {
        let mut jumps = Jumps::default();
        for number in 1..=3 {
            jumps.leave(place(number));
        }
        jumps.back(Some(place(4)));
        jumps.back(Some(place(3)));
        jumps.leave(place(9));
        assert_eq!(jumps.forward(), None);
        assert_eq!(jumps.back(Some(place(8))), Some(place(9)));
    }

    #[test]
    fn a_place_that_is_left_twice_in_a_row_is_gone_back_to_once() {
        let mut jumps = Jumps::default();
        jumps.leave(place(1));
        jumps.leave(place(2));
        assert_eq!(jumps.back(Some(place(2))), Some(place(1)));
    }
}
