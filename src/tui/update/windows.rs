//! What happens in a window.

use tui_input::Input;

use super::{ask, command, keys, links, moving, pins};
use crate::theme::Role;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::locate;
use crate::tui::state::{Focus, State};
use crate::tui::view::layout::Layout;
use crate::tui::view::window::{area, list_height};
use crate::tui::window::{Choice, Kind, Window};
use routescope_core::router::Request;
use routescope_render::outline::NodeRef;

/// Does what an action says in the window that is open.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(window) = &mut state.window else { return Vec::new() };
    match action {
        Action::Close => close(state),
        Action::Pick => return pick(state),
        Action::Search => window.typing = true,
        Action::WindowUp => window.step(-1),
        Action::WindowDown => window.step(1),
        Action::WindowTop => window.step(isize::MIN / 2),
        Action::WindowBottom => window.step(isize::MAX / 2),
        Action::WindowPageUp | Action::WindowPageDown => {
            let layout = Layout::of(state);
            let height = state.window.as_ref().map_or(1, |window| list_height(area(&layout, window), window));
            let page = isize::try_from(height.max(1)).unwrap_or(1);
            let by = if action == Action::WindowPageUp { -page } else { page };
            if let Some(window) = &mut state.window {
                window.step(by);
            }
        }
        Action::Remove => match window.choice() {
            Some(Choice::Header(index)) => remove_header(state, index),
            Some(Choice::Pin(id)) => pins::remove(state, id),
            _ => {}
        },
        Action::SeenHere => {
            if let Some(Choice::Pin(id)) = window.choice() {
                pins::acknowledge(state, Some(id));
            }
        }
        Action::Beside => {
            if let Some(Choice::Context(name)) = window.choice() {
                return command::beside(state, name);
            }
        }
        _ => {}
    }
    preview(state);
    Vec::new()
}

/// The windows that list what goes on list what went on just now, too.
pub(super) fn refresh(state: &mut State) {
    if let Some(mut window) = state.window.take() {
        match window.kind {
            Kind::Log => window.list_log(state),
            Kind::Pins => window.list_pins(state),
            _ => {}
        }
        // A list that has become empty is of no use.
        state.window = Some(window).filter(|window| window.kind != Kind::Pins || !window.items.is_empty());
    }
}

/// Closes the window, and says why nothing else happens.
fn close_with(state: &mut State, notice: &str) -> Vec<Effect> {
    state.window = None;
    state.tell(Role::Muted, notice);
    Vec::new()
}

/// Themes are tried on while one looks through them.
fn preview(state: &mut State) {
    if let Some(Choice::Theme(index)) = state.window.as_ref().and_then(Window::choice) {
        state.theme = index;
    }
}

fn close(state: &mut State) {
    let Some(window) = &mut state.window else { return };
    if window.typing && !window.kind.begins_with_typing() {
        // First out of the search, then out of the window.
        window.typing = false;
        window.input = Input::default();
        window.step(0);
        return;
    }
    if window.kind == Kind::Themes {
        state.theme = window.theme_before;
    }
    state.window = None;
}

/// Picks the selected line.
pub(super) fn pick(state: &mut State) -> Vec<Effect> {
    let Some(window) = &mut state.window else { return Vec::new() };
    if window.kind == Kind::Headers {
        return enter_header(state);
    }
    let choice = window.choice();
    // Nobody quits by opening the help and pressing enter: the name must be typed.
    if matches!(choice, Some(Choice::Act(Action::Quit | Action::Leave))) && window.input.value().trim().is_empty() {
        let quits = format!("{} quits", state.how(Action::Quit));
        return close_with(state, &quits);
    }
    let Some(choice) = choice else { return Vec::new() };
    state.window = None;
    match choice {
        Choice::Act(action) => {
            let in_window = crate::tui::action::Scope::Window == action.entry().scope;
            if in_window { Vec::new() } else { keys::act(state, action) }
        }
        Choice::Command(word) => {
            let effects = command::open(state);
            if let Some(line) = &mut state.command {
                line.input = format!("{word} ").into();
            }
            effects
        }
        Choice::Do(effect) => vec![effect],
        Choice::Theme(index) => {
            state.theme = index;
            Vec::new()
        }
        Choice::Context(name) => command::go_to(state, name),
        Choice::Namespace(name) => command::narrow(state, &name),
        Choice::Header(_) | Choice::Nothing => Vec::new(),
        Choice::Target(target) => links::go(state, target),
        Choice::Url(url) => {
            state.ask.replace(&url);
            moving::focus(state, Focus::Ask);
            ask(state, true);
            Vec::new()
        }
        Choice::Question(question) => {
            pins::ask(state, &question);
            Vec::new()
        }
        Choice::Pin(id) => {
            if let Some(question) = state.pins.get(id).map(|pin| pin.question.clone()) {
                pins::ask(state, &question);
            }
            Vec::new()
        }
        Choice::Object(side, subject) => {
            // The side may be gone by now.
            let Some(at) = state.place_of(side) else { return Vec::new() };
            moving::look_at(state, at);
            let node = state.side().world.as_ref().and_then(|world| locate::subject(world, &subject));
            go_to(state, node);
            Vec::new()
        }
    }
}

fn go_to(state: &mut State, node: Option<NodeRef>) {
    match node {
        Some(node) => {
            moving::focus(state, Focus::Tree);
            state.reveal(node);
        }
        None => state.tell(Role::Muted, "it is about something that has no place in the tree"),
    }
}

/// Takes the header that was typed; an empty line closes the window.
fn enter_header(state: &mut State) -> Vec<Effect> {
    let Some(window) = &mut state.window else { return Vec::new() };
    let text = window.input.value().trim().to_owned();
    if text.is_empty() {
        state.window = None;
        return Vec::new();
    }
    match Request::header(&text) {
        Ok((name, value)) => {
            state.ask.headers.push(format!("{name}: {value}"));
            window.input = Input::default();
            window.list_headers(&state.ask.headers);
            window.selected = window.items.len().saturating_sub(1);
            ask(state, false);
        }
        Err(error) => state.tell(Role::Error, format!("{} · {}", error.message, error.hint)),
    }
    Vec::new()
}

fn remove_header(state: &mut State, index: usize) {
    if index < state.ask.headers.len() {
        let header = state.ask.headers.remove(index);
        if let Some(window) = &mut state.window {
            // What was typed is never lost: it can be changed and entered again.
            if window.input.value().is_empty() {
                window.input = header.into();
            }
            window.list_headers(&state.ask.headers);
        }
        ask(state, false);
    }
}
