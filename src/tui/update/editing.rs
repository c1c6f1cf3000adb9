//! Opening what is selected in the person's editor.

use crate::theme::Role;
use crate::tui::effect::Effect;
use crate::tui::locate;
use crate::tui::state::{Focus, State};
use crate::tui::view::why;
use crate::tui::window::can_be_edited;
use routescope_core::finding::Location;
use routescope_core::model::SourceKind;
use routescope_render::outline::NodeRef;

/// Where what is selected in the focused pane is written.
fn written(state: &State) -> Option<Location> {
    let side = state.side();
    let outline = side.outline()?;
    let near = side.highlighted.last().copied();
    let in_why = || locate::hop(outline, why::target(state, side.why_selected)?, near);
    let node: Option<NodeRef> = if state.focus == Focus::Why { in_why() } else { side.selected() };
    let finding = side.selected_finding().filter(|_| state.focus != Focus::Why);
    finding.and_then(|finding| finding.place.clone()).or_else(|| node.and_then(|node| outline.place(node)))
}

/// Whether what is selected can be edited.
pub(in crate::tui) fn is_editable(state: &State) -> bool {
    written(state).is_some_and(|place| can_be_edited(place.source.kind))
}

pub(super) fn edit(state: &mut State) -> Vec<Effect> {
    if state.side().world.is_none() {
        return Vec::new();
    }
    let Some(place) = written(state) else {
        state.tell(Role::Muted, "no source file for this row");
        return Vec::new();
    };
    if !can_be_edited(place.source.kind) {
        let what = match place.source.kind {
            SourceKind::Cluster => "it lives in a cluster",
            _ => "it was not read from a file",
        };
        let text = format!("{} cannot be edited: {what}", place.source.name);
        state.tell(Role::Warning, text);
        return Vec::new();
    }
    vec![Effect::Edit { path: place.source.name.clone(), line: place.at.line }]
}
