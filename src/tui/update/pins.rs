//! Pins: set, let go, asked again, seen.

use super::{answer, moving, show_answer, windows};
use crate::theme::Role;
use crate::tui::action::Action;
use crate::tui::answer::Answer;
use crate::tui::context_pane::ContextPane;
use crate::tui::pins::PinId;
use crate::tui::state::{Focus, State};
use crate::tui::url_bar::Question;
use crate::tui::window::Window;
use routescope_core::model::ObjectKey;
use routescope_render::phrases::count;

/// Pins what stands in the URL bar, or unpins it.
pub(super) fn toggle(state: &mut State) {
    let Some(question) = asked(state) else {
        state.tell(Role::Muted, format!("there is nothing to pin yet: {} types a URL", state.how(Action::Ask)));
        return;
    };
    match state.pins.of(&question) {
        Some(id) => {
            remove(state, id);
            state.tell(Role::Muted, format!("unpinned {}", question.line().plain()));
        }
        None => pin(state, question),
    }
}

/// What stands in the URL bar; of the Gateway whose answer is shown, where several answer.
fn asked(state: &State) -> Option<Question> {
    state.ask.asked(meant(state.side()))
}

/// The Gateway whose answer is shown, where several answer.
fn meant(side: &ContextPane) -> Option<ObjectKey> {
    if side.answer.count() < 2 {
        return None;
    }
    let decision = side.answer.decision()?;
    let table = side.world.as_ref()?.analysis.table.gateways.get(decision.gateway as usize)?;
    Some(table.gateway.clone())
}

/// Pins a question, and answers it.
pub(super) fn pin(state: &mut State, question: Question) {
    let said = question.line().plain();
    if state.pins.of(&question).is_some() {
        state.tell(Role::Muted, format!("{said} is pinned already"));
        return;
    }
    match state.pins.set(question) {
        Ok(()) => {
            for at in 0..state.sides.len() {
                answer_all(state, at);
            }
            state.tell(Role::Ok, format!("pinned {said}: {} lists the pins", state.how(Action::Pins)));
        }
        Err(error) => state.tell(Role::Error, format!("not pinned: {} · {}", error.message, error.hint)),
    }
}

/// Pins a URL that is not in the bar, with the method and the headers that are.
pub(super) fn pin_url(state: &mut State, text: &str) {
    let mut ask = state.ask.fork(text);
    ask.take_method();
    // Where several Gateways answer, it is asked of the one whose answer the bar would show.
    let mut shown = ContextPane { world: state.side().world.clone(), ..ContextPane::default() };
    if let (Some(question), Some(world)) = (ask.question(), &shown.world) {
        shown.answer.ask(Some(&question), &world.outline);
    }
    if let Some(question) = ask.asked(meant(&shown)) {
        pin(state, question);
    }
}

/// Lists the pins.
pub(super) fn list(state: &mut State) {
    if state.pins.is_empty() {
        state.tell(
            Role::Muted,
            format!("nothing is pinned: {} pins the question in the URL bar", state.how(Action::Pin)),
        );
    } else {
        state.window = Some(Window::pins(state));
    }
}

/// Lets go of a pin.
pub(super) fn remove(state: &mut State, id: PinId) {
    state.pins.remove(id);
    for side in &mut state.sides {
        side.pinned.forget(id);
    }
    windows::refresh(state);
}

/// Lets go of all pins.
pub(super) fn unpin_all(state: &mut State) {
    let pins = state.pins.len();
    let ids: Vec<PinId> = state.pins.iter().map(|pin| pin.id).collect();
    for id in ids {
        remove(state, id);
    }
    let text = if pins == 0 { "nothing is pinned".to_owned() } else { format!("unpinned {}", count(pins, "question")) };
    state.tell(Role::Muted, text);
}

/// The answers that changed were seen.
pub(super) fn seen(state: &mut State) {
    acknowledge(state, None);
}

/// The answers that changed were seen: of one pin, or of all.
pub(super) fn acknowledge(state: &mut State, only: Option<PinId>) {
    let marked = state.sides.iter_mut().map(|side| side.pinned.acknowledge(only));
    let any = marked.fold(false, |any, marked| any | marked);
    state.tell(Role::Muted, if any { "seen: the marks are gone" } else { "no pinned answer has changed" });
    windows::refresh(state);
}

/// Asks a question: it becomes what stands in the URL bar.
pub(super) fn ask(state: &mut State, question: &Question) {
    state.jumped = true;
    state.ask.put(question);
    let request = state.ask.question();
    for side in &mut state.sides {
        answer(side, request.as_ref(), true);
        let of = |answer: &Answer, gateway: &ObjectKey| {
            let tables = &side.world.as_ref()?.analysis.table.gateways;
            answer.decisions().iter().position(|one| tables[one.gateway as usize].gateway == *gateway)
        };
        if let Some(at) = question.gateway.as_ref().and_then(|gateway| of(&side.answer, gateway)) {
            side.answer.shown = at;
            show_answer(side, true);
        }
    }
    moving::focus(state, Focus::Tree);
    if let Some(end) = state.side().highlighted.last().copied() {
        state.reveal(end);
    }
}

/// Answers every pin on the side at a place, whose world is another: what turned is told, and kept in its log.
pub(super) fn answer_all(state: &mut State, at: usize) {
    let now = state.now;
    let side = &mut state.sides[at];
    let Some(world) = &side.world else { return };
    // While the first lists come in, another answer is not news: it was only not known yet.
    let is_news = side.live.as_ref().is_none_or(|live| live.settled);
    let turned = side.pinned.answer(&state.pins, world, now, is_news);
    for one in &turned {
        side.log.turned(now, one);
    }
    let place = if state.is_several() { format!("{}: ", state.name(at)) } else { String::new() };
    match &turned[..] {
        [] => {}
        [one] => {
            let text = format!("{place}{}: {} → {}", one.question.line().plain(), one.was.plain(), one.is.gets.plain());
            state.tell(one.is.role.into(), text);
        }
        several => {
            let list = state.how(Action::Pins);
            let text = format!("{place}{} pinned answers changed: {list} lists them", several.len());
            state.tell(Role::Warning, text);
        }
    }
    windows::refresh(state);
}
