//! Letters, and the keys that edit a line: of the URL bar, the filter, a window or a command.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

use super::{ask, search};
use crate::tui::effect::Effect;
use crate::tui::state::State;
use crate::tui::window::Kind;

/// Whether a key belongs to the text that is typed, whatever it means elsewhere.
pub(super) fn moves_in_text(key: KeyEvent) -> bool {
    matches!(key.code, KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End | KeyCode::Backspace)
        || (key.code == KeyCode::Delete && key.modifiers.is_empty())
        || matches!((key.code, key.modifiers), (KeyCode::Char('f' | 'b'), KeyModifiers::CONTROL))
}

/// A letter was typed into whatever takes text.
pub(super) fn type_letter(state: &mut State, letter: char) -> Vec<Effect> {
    text_request(state, InputRequest::InsertChar(letter))
}

pub(super) fn edit_text(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let word = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let request = match key.code {
        KeyCode::Backspace if word => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if word => InputRequest::GoToPrevWord,
        KeyCode::Right if word => InputRequest::GoToNextWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('b') if control => InputRequest::GoToPrevChar,
        KeyCode::Char('f') if control => InputRequest::GoToNextChar,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('u') if control => InputRequest::DeleteLine,
        _ => return Vec::new(),
    };
    text_request(state, request)
}

fn text_request(state: &mut State, request: InputRequest) -> Vec<Effect> {
    if let Some(line) = &mut state.command {
        if line.input.handle(request).is_some_and(|change| change.value) {
            line.problem = None;
            line.completing = None;
        }
        return Vec::new();
    }
    if let Some(window) = &mut state.window {
        if window.input.handle(request).is_some_and(|change| change.value) && window.kind != Kind::Headers {
            window.selected = 0;
        }
        window.step(0);
        return Vec::new();
    }
    let side = state.side_mut();
    if let Some(filter) = side.tree.filter.as_mut().filter(|filter| filter.typing) {
        let changed = filter.input.handle(request).is_some_and(|change| change.value);
        return if changed { search(side) } else { Vec::new() };
    }
    if std::mem::take(&mut state.ask.selected) && replaces(request) {
        state.ask.clear();
        ask(state, false);
        if !matches!(request, InputRequest::InsertChar(_)) {
            return Vec::new();
        }
    }
    let changed = state.ask.input.handle(request).is_some_and(|change| change.value);
    if changed {
        state.ask.edited();
        state.ask.take_method();
        ask(state, true);
    }
    Vec::new()
}

/// Whether a key takes the place of what is selected.
fn replaces(request: InputRequest) -> bool {
    use InputRequest::{DeleteLine, DeleteNextChar, DeletePrevChar, DeletePrevWord, InsertChar};
    matches!(request, InsertChar(_) | DeletePrevChar | DeleteNextChar | DeletePrevWord | DeleteLine)
}
