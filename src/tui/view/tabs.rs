//! The names of the views on the lower edge of the pane that shows one: they say what there is, and can be clicked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use routescope_render::width::Width;

use super::layout::{Layout, LayoutKind};
use crate::theme::Role;
use crate::tui::sheet::View;
use crate::tui::state::State;

/// What stands between two names.
const GAP: &str = " · ";

/// Where the names stand on the edge of a pane; nowhere, where it has no edge, or there is no room for all.
pub fn placed(layout: &Layout, area: Rect) -> Vec<(Rect, View)> {
    let names = View::ALL.iter().map(|view| view.name().width()).sum::<usize>();
    let needed = names + GAP.width() * (View::ALL.len() - 1) + 4;
    if layout.shape == LayoutKind::Single || usize::from(area.width) < needed || area.height < 3 {
        return Vec::new();
    }
    let mut x = area.x + 2;
    let place = |view: View| {
        let width = u16::try_from(view.name().width()).unwrap_or(0);
        let at = Rect { x, y: area.bottom() - 1, width, height: 1 };
        x += width + 3;
        (at, view)
    };
    View::ALL.into_iter().map(place).collect()
}

/// Draws the names, that of the view which is shown in the colour of titles.
pub fn draw(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = state.theme();
    let places = placed(layout, area);
    if let (Some((first, _)), Some((last, _))) = (places.first(), places.last()) {
        buffer.set_string(first.x - 1, first.y, " ", theme.style(Role::Guide));
        buffer.set_string(last.right(), last.y, " ", theme.style(Role::Guide));
    }
    for (index, (at, view)) in places.into_iter().enumerate() {
        if index > 0 {
            buffer.set_string(at.x - 3, at.y, GAP, theme.style(Role::Guide));
        }
        let role = if view == state.view { Role::Title } else { Role::Muted };
        buffer.set_string(at.x, at.y, view.name(), theme.style(role));
    }
}
