//! Keys: the action a key stands for where it is pressed, and what the action does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::editing::edit;
use super::moving::{back, focus, half_page, other_answer, other_side, page, select, start_filter, step, turn};
use super::typing::{edit_text, moves_in_text, type_letter};
use super::{ask, paste, reload};
use super::{command, folds, jumps, links, matches, panes, pins, sheets, together, windows, witness};
use crate::theme::Role;
use crate::tui::action::{Action, Scope};
use crate::tui::context_pane::PaneContent;
use crate::tui::copy;
use crate::tui::effect::Effect;
use crate::tui::keep;
use crate::tui::overlay;
use crate::tui::paste::Pasted;
use crate::tui::pending::Press;
use crate::tui::sheet::View;
use crate::tui::state::{Focus, State};
use crate::tui::window::Window;

/// A key was pressed.
pub(super) fn key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let filtering = state.side().is_filtering();
    let scopes: &[Scope] = match (&state.window, state.focus) {
        _ if state.command.is_some() => &[Scope::Command, Scope::Always],
        (Some(_), _) => &[Scope::Window, Scope::Always],
        (None, _) if filtering => &[Scope::Always, Scope::Panes],
        (None, focus) => scopes_of(focus),
    };
    if command::leaves(state, key) {
        state.command = None;
        return Vec::new();
    }
    if state.is_typing() {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        if let KeyCode::Char(letter) = key.code
            && plain
        {
            return type_letter(state, letter);
        }
        let accepts = matches!(key.code, KeyCode::Tab | KeyCode::Right) && key.modifiers.is_empty();
        if accepts && is_asking(state) && !filtering && state.ask.accept() {
            ask(state, true);
            return Vec::new();
        }
        if key.code == KeyCode::Tab
            && key.modifiers.is_empty()
            && is_asking(state)
            && !filtering
            && state.ask.has_hosts()
        {
            state.window = Some(Window::hosts(state));
            return Vec::new();
        }
        if !moves_in_text(key)
            && let Some(action) = state.keys.action(key, scopes)
        {
            return act(state, action);
        }
        return edit_text(state, key);
    }
    // In the panes keys may come in a row, with a count before them.
    if state.window.is_none() && state.command.is_none() {
        return match state.pending.press(&state.keys, key, scopes) {
            Press::Acts { action, count } => act_times(state, action, count),
            Press::Waits | Press::Nothing => Vec::new(),
        };
    }
    state.keys.action(key, scopes).map(|action| act(state, action)).unwrap_or_default()
}

/// Where keys are heard in a pane.
pub(in crate::tui) fn scopes_of(focus: Focus) -> &'static [Scope] {
    match focus {
        Focus::Ask => &[Scope::Ask, Scope::Always],
        Focus::Tree => &[Scope::Tree, Scope::Panes, Scope::Always],
        Focus::Detail | Focus::Why => &[Scope::Panes, Scope::Always],
    }
}

/// The most that a count repeats: more siblings or matches than one steps over.
const REPEATED_AT_MOST: usize = 1_000;

/// Does what an action says as often as the count before it says; `12G` goes to a line.
fn act_times(state: &mut State, action: Action, count: Option<usize>) -> Vec<Effect> {
    let Some(count) = count else { return act(state, action) };
    let times = isize::try_from(count).unwrap_or(isize::MAX);
    match action {
        Action::Up => step(state, -times),
        Action::Down => step(state, times),
        Action::PageUp => step(state, -page(state).saturating_mul(times)),
        Action::PageDown => step(state, page(state).saturating_mul(times)),
        Action::HalfPageUp => step(state, -half_page(state).saturating_mul(times)),
        Action::HalfPageDown => step(state, half_page(state).saturating_mul(times)),
        Action::Top | Action::Bottom => {
            state.jumped = true;
            step(state, isize::MIN / 2);
            step(state, times - 1);
        }
        Action::NextMatch
        | Action::PreviousMatch
        | Action::NextMark
        | Action::PreviousMark
        | Action::NextSibling
        | Action::PreviousSibling
        | Action::JumpBack
        | Action::JumpForward
        | Action::NextAnswer
        | Action::PreviousAnswer
        | Action::NextSide
        | Action::PreviousSide
        | Action::Fold
        | Action::Unfold => {
            return (0..count.min(REPEATED_AT_MOST)).flat_map(|_| act(state, action)).collect();
        }
        _ => return act(state, action),
    }
    Vec::new()
}

/// Whether letters go to the URL bar.
fn is_asking(state: &State) -> bool {
    state.focus == Focus::Ask && state.window.is_none() && state.command.is_none()
}

/// Does what an action says.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Leave if is_asking(state) && !state.ask.input.value().is_empty() => {
            state.ask.clear();
            ask(state, false);
            state.tell(Role::Muted, format!("emptied · {} again quits", state.how(action)));
        }
        Action::Leave | Action::Quit => return vec![Effect::Quit],
        Action::UndoPaste => {
            if state.ask.undo_paste() {
                state.tell(Role::Muted, "as before the paste");
                ask(state, true);
            } else {
                state.tell(Role::Muted, "nothing was pasted");
            }
        }
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Reload | Action::ReloadNow => return reload(state),
        Action::NextPane => turn(state, 1),
        Action::PreviousPane => turn(state, Focus::ORDER.len() - 1),
        Action::Palette => state.window = Some(Window::palette(state)),
        Action::Help => state.window = Some(Window::help(state)),
        Action::Findings if state.view == View::Findings => return sheets::show(state, View::Tree),
        Action::Findings => {
            if state.side().world.as_ref().is_some_and(|world| world.analysis.findings.is_empty()) {
                state.tell(Role::Ok, "no problems found");
            } else {
                return sheets::show(state, View::Findings);
            }
        }
        Action::NextView | Action::PreviousView => {
            let by = if action == Action::NextView { 1 } else { View::ALL.len() - 1 };
            let view = state.view.turned(by);
            return sheets::show(state, view);
        }
        Action::TreeView => return sheets::show(state, View::Tree),
        Action::TableView => return sheets::show(state, View::Table),
        Action::BackendsView => return sheets::show(state, View::Backends),
        Action::OwnersView => return sheets::show(state, View::Owners),
        Action::NextFinding => return sheets::finding(state, true),
        Action::PreviousFinding => return sheets::finding(state, false),
        Action::SortTable => return sheets::sort(state),
        Action::Connection => {
            if let Some(live) = &state.side().live {
                state.window = Some(Window::connection(live, &state.name(state.active), &state.zone));
            } else {
                state.tell(Role::Muted, "only files: no cluster is followed");
            }
        }
        Action::CompareSides => return together::turn(state),
        Action::Log => {
            if state.sides.iter().all(|side| side.log.entries().len() == 0) {
                state.tell(Role::Muted, "nothing has changed yet");
            } else {
                state.window = Some(Window::log(state));
            }
        }
        Action::Pin | Action::PinNow => pins::toggle(state),
        Action::Pins => pins::list(state),
        Action::Seen => pins::seen(state),
        Action::UnpinAll => pins::unpin_all(state),
        Action::Files => {
            if is_laid_over(state) {
                state.window = Some(Window::files(state));
            }
        }
        Action::NextMark | Action::PreviousMark if together::step(state, action == Action::NextMark) => {}
        Action::NextMark => next_mark(state, true),
        Action::PreviousMark => next_mark(state, false),
        Action::Pause => return super::live::pause(state),
        Action::NextSide | Action::OtherSide => other_side(state, 1),
        Action::PreviousSide => other_side(state, state.sides.len() - 1),
        Action::PickTheme => state.window = Some(Window::themes(state)),
        Action::NextTheme => {
            state.next_theme();
            let name = format!("theme: {}", state.theme().name);
            state.tell(Role::Muted, name);
        }
        Action::Headers | Action::EditHeaders => state.window = Some(Window::headers(state)),
        Action::Copy => {
            if copy::is_any(state) {
                state.window = Some(Window::copy(state));
            } else {
                state.tell(Role::Muted, "nothing to copy yet");
            }
        }
        Action::CycleMethod | Action::Method | Action::MethodBack => {
            state.ask.cycle_method(action != Action::MethodBack);
            let method = format!("method: {}", state.ask.method());
            state.tell(Role::Muted, method);
            ask(state, true);
        }
        Action::Command => return command::open(state),
        Action::Run | Action::Complete | Action::CompleteBack | Action::Abandon => return command::act(state, action),
        Action::Ask => {
            jumps::leave(state);
            focus(state, Focus::Ask);
            state.ask.selected = !state.ask.input.value().is_empty();
        }
        Action::Filter => start_filter(state),
        Action::NextAnswer => other_answer(state, 1),
        Action::PreviousAnswer => other_answer(state, state.side().answer.count().saturating_sub(1)),
        Action::GoToAnswer => match state.side().highlighted.last() {
            Some(end) => {
                let end = *end;
                focus(state, Focus::Tree);
                state.reveal(end);
            }
            None => state.tell(Role::Muted, format!("nothing was asked yet: {} types a URL", state.how(Action::Ask))),
        },
        Action::Edit => return edit(state),
        Action::PathOnly => {
            if !folds::path_only(state.side_mut()) {
                state.tell(Role::Muted, format!("no answer has a path yet: {} types a URL", state.how(Action::Ask)));
            }
        }
        Action::Zoom => {
            state.zoom = !state.zoom;
            if state.zoom {
                state.tell(Role::Muted, format!("{} restores the panes", state.how(Action::Zoom)));
            }
        }
        Action::ScrollLeft => panes::across(state, state.focus, -panes::ACROSS),
        Action::ScrollRight => panes::across(state, state.focus, panes::ACROSS),
        Action::EdgeLeft => panes::nudge(state, false, -2),
        Action::EdgeRight => panes::nudge(state, false, 2),
        Action::EdgeUp => panes::nudge(state, true, -1),
        Action::EdgeDown => panes::nudge(state, true, 1),
        Action::EvenPanes => panes::even(state),
        Action::Up => step(state, -1),
        Action::Down => step(state, 1),
        Action::PageUp => step(state, -page(state)),
        Action::PageDown => step(state, page(state)),
        Action::HalfPageUp => step(state, -half_page(state)),
        Action::HalfPageDown => step(state, half_page(state)),
        Action::Top => {
            state.jumped = true;
            step(state, isize::MIN / 2);
        }
        Action::Bottom => {
            state.jumped = true;
            step(state, isize::MAX / 2);
        }
        Action::FilterMode | Action::FilterModeNow => matches::turn(state),
        Action::FaultsOnly => matches::faults_only(state),
        Action::AskWitness => witness::ask(state),
        Action::NextMatch => matches::step(state, true),
        Action::PreviousMatch => matches::step(state, false),
        Action::GoTo if state.focus == Focus::Why => select(state),
        Action::GoTo => return links::follow(state),
        Action::JumpBack => return jumps::back(state),
        Action::JumpForward => return jumps::forward(state),
        Action::Select if state.focus == Focus::Tree && state.view != View::Tree && !state.side().is_filtering() => {
            return sheets::enter(state);
        }
        Action::Select if state.focus == Focus::Detail && !state.side().is_filtering() => return links::follow(state),
        Action::Select => select(state),
        Action::Back => return back(state),
        Action::Fold if state.view != View::Tree => sheets::fold(state.side_mut(), false),
        Action::Unfold if state.view != View::Tree => sheets::fold(state.side_mut(), true),
        Action::FoldAll | Action::Level1 if state.view != View::Tree => sheets::fold_all(state.side_mut(), false),
        Action::UnfoldAll | Action::Level2 | Action::Level3 | Action::Level4 | Action::Level5
            if state.view != View::Tree =>
        {
            sheets::fold_all(state.side_mut(), true);
        }
        Action::NextSibling if state.view != View::Tree => sheets::heading(state.side_mut(), true),
        Action::PreviousSibling if state.view != View::Tree => sheets::heading(state.side_mut(), false),
        Action::Fold => together::each(state, folds::fold),
        Action::Unfold => together::each(state, folds::unfold),
        Action::UnfoldAll => folds::set_levels(state.side_mut(), usize::MAX),
        Action::FoldAll | Action::Level1 => folds::set_levels(state.side_mut(), 0),
        Action::Level2 => folds::set_levels(state.side_mut(), 1),
        Action::Level3 => folds::set_levels(state.side_mut(), 2),
        Action::Level4 => folds::set_levels(state.side_mut(), 3),
        Action::Level5 => folds::set_levels(state.side_mut(), 4),
        Action::NextSibling => folds::sibling(state.side_mut(), true),
        Action::PreviousSibling => folds::sibling(state.side_mut(), false),
        Action::Submit => {
            let typed = state.ask.input.value().to_owned();
            // Not every terminal tells what is pasted from what is typed.
            if Pasted::read(&typed).notice().is_some() {
                return paste(state, &typed);
            }
            state.ask.remember();
            focus(state, Focus::Tree);
            if let Some(end) = state.side().highlighted.last().copied() {
                state.reveal(end);
            }
        }
        Action::Earlier | Action::Later => {
            let moved = if action == Action::Earlier { state.ask.earlier() } else { state.ask.later() };
            if moved {
                ask(state, true);
                if state.ask.headers.iter().any(|header| keep::lost_its_value(header)) {
                    let edit = state.how(Action::Headers);
                    state
                        .tell(Role::Muted, format!("the value of a header was not kept, as a secret: {edit} edits it"));
                }
            } else if action == Action::Later {
                focus(state, Focus::Tree);
            }
        }
        Action::ClearUrl => {
            state.ask.clear();
            ask(state, false);
        }
        Action::Blur => focus(state, Focus::Tree),
        Action::Close
        | Action::Pick
        | Action::Search
        | Action::WindowUp
        | Action::WindowDown
        | Action::WindowPageUp
        | Action::WindowPageDown
        | Action::WindowTop
        | Action::WindowBottom
        | Action::Remove
        | Action::SeenHere
        | Action::Beside => return windows::act(state, action),
    }
    Vec::new()
}

/// Whether files are laid over the cluster that is looked at; says so where there are none.
fn is_laid_over(state: &mut State) -> bool {
    let laid = state.side().world.as_ref().is_some_and(PaneContent::is_overlaid);
    if !laid {
        state.tell(Role::Muted, "no files are laid over a cluster: -f DIR --context NAME does that");
    }
    laid
}

/// Goes to the next node that the files change.
fn next_mark(state: &mut State, forward: bool) {
    if !is_laid_over(state) {
        return;
    }
    let side = state.side();
    if let Some(node) = side.outline().and_then(|outline| overlay::step(outline, side.selected(), forward)) {
        focus(state, Focus::Tree);
        state.reveal(node);
    } else {
        let list = state.how(Action::Files);
        state.tell(
            Role::Muted,
            format!("the files change nothing that stands in the tree: {list} lists what they hold"),
        );
    }
}
