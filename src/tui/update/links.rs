//! Going where a name leads.

use super::{moving, sheets};
use crate::theme::Role;
use crate::tui::effect::Effect;
use crate::tui::links::Target;
use crate::tui::locate;
use crate::tui::sheet::View;
use crate::tui::state::{Focus, State};
use crate::tui::view::detail;
use crate::tui::view::layout::Layout;
use crate::tui::window::Window;
use routescope_core::finding::Subject;

/// Goes where the line under the cursor of the detail pane leads, or what is selected in the tree.
pub(super) fn follow(state: &mut State) -> Vec<Effect> {
    let width = Layout::of(state).inside(Focus::Detail).width;
    let targets = if state.focus == Focus::Detail { detail::targets(state, width) } else { detail::all_targets(state) };
    match &targets[..] {
        [] => {
            state.tell(Role::Muted, "no name here leads anywhere");
            Vec::new()
        }
        [only] => go(state, only.clone()),
        _ => {
            state.window = Some(Window::targets(targets));
            Vec::new()
        }
    }
}

/// Goes where a name leads: to its row in the tree, to the list of what reaches a backend, or to the object's own page.
pub(super) fn go(state: &mut State, target: Target) -> Vec<Effect> {
    state.jumped = true;
    let subject = match target {
        Target::Node(node, _) => {
            let effects = sheets::show(state, View::Tree);
            state.reveal(node);
            return effects;
        }
        Target::Object(subject) => subject,
    };
    if matches!(subject.kind, "Service" | "Backend") {
        return backend(state, subject);
    }
    let node = state.side().world.as_ref().and_then(|world| locate::subject(world, &subject));
    if let Some(node) = node {
        return go(state, Target::Node(node, String::new()));
    }
    page(state, subject);
    Vec::new()
}

/// Shows an object in the detail pane.
fn page(state: &mut State, subject: Subject) {
    let side = state.side_mut();
    side.page = Some(subject);
    side.detail_offset = 0;
    side.detail_across = 0;
    side.detail_cursor = 0;
    moving::focus(state, Focus::Detail);
}

/// Goes to a Service or Backend in the list of them.
fn backend(state: &mut State, subject: Subject) -> Vec<Effect> {
    let mut effects = sheets::show(state, View::Backends);
    let side = state.side_mut();
    if let Some(filter) = side.tree.filter.take() {
        drop(filter);
        sheets::rebuild(side, None);
    }
    if let Some(pane) = &mut side.sheet {
        pane.keep = None;
        pane.keep_subject = Some(subject);
    }
    if side.current_sheet().is_some() {
        sheets::keep_subject(side);
    } else {
        effects.extend(sheets::list(side));
    }
    effects
}
