//! The request that meets the selected rule: it arrives, and it is asked.

use super::pins;
use crate::theme::Role;
use crate::tui::action::Action;
use crate::tui::context_pane::ContextPane;
use crate::tui::state::State;
use crate::tui::witness;
use routescope_core::reachability::Reach;

/// What came of a search.
pub(super) fn found(side: &mut ContextPane, number: u64, reach: Option<Reach>) {
    if let Some(meeting) = side.meeting.as_mut().filter(|meeting| meeting.number == number) {
        meeting.reach = reach;
    }
}

/// Asks the request that meets the selected rule.
pub(super) fn ask(state: &mut State) {
    let selected = state.side().selected();
    let meeting = state.side().meeting.as_ref().filter(|meeting| Some(meeting.node) == selected);
    match meeting.map(|meeting| meeting.reach.as_ref()) {
        Some(Some(Reach::Met(request))) => match witness::question(request) {
            Some(question) => pins::ask(state, &question),
            None => state.tell(Role::Warning, "the URL bar has no such method"),
        },
        Some(Some(Reach::Hidden(_) | Reach::Never)) => state.tell(Role::Warning, "no request meets this rule"),
        Some(_) => state.tell(Role::Muted, "no request is known that meets this rule"),
        None => state.tell(
            Role::Muted,
            format!("select a rule: {} asks a request that meets it", state.how(Action::AskWitness)),
        ),
    }
}
