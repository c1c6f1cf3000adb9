//! Keys: the action a key stands for where it is pressed, and what the action does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

use super::{ask, reload, search, show_answer};
use super::{command, folds, jumps, links, matches, panes, pins, sheets, together, windows, witness};
use crate::theme::Role;
use crate::tui::action::{Action, Scope};
use crate::tui::context_pane::{ContextPane, Filter, PaneContent};
use crate::tui::copy;
use crate::tui::effect::Effect;
use crate::tui::keep;
use crate::tui::locate;
use crate::tui::overlay;
use crate::tui::pending::Press;
use crate::tui::rows::Fold;
use crate::tui::sheet::View;
use crate::tui::state::{Focus, State};
use crate::tui::view::layout::{Layout, LayoutKind};
use crate::tui::view::why;
use crate::tui::window::{Kind, Window, can_be_edited};
use routescope_core::finding::Location;
use routescope_core::model::SourceKind;
use routescope_render::outline::NodeRef;

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

/// Whether a key belongs to the text that is typed, whatever it means elsewhere.
fn moves_in_text(key: KeyEvent) -> bool {
    matches!(key.code, KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End | KeyCode::Backspace)
        || (key.code == KeyCode::Delete && key.modifiers.is_empty())
        || matches!((key.code, key.modifiers), (KeyCode::Char('f' | 'b'), KeyModifiers::CONTROL))
}

/// A letter was typed into whatever takes text.
pub(super) fn type_letter(state: &mut State, letter: char) -> Vec<Effect> {
    text_request(state, InputRequest::InsertChar(letter))
}

fn edit_text(state: &mut State, key: KeyEvent) -> Vec<Effect> {
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

/// Whether letters go to the URL bar.
fn is_asking(state: &State) -> bool {
    state.focus == Focus::Ask && state.window.is_none() && state.command.is_none()
}

/// Puts the focus on a pane, and shows it.
pub(super) fn focus(state: &mut State, focus: Focus) {
    if state.focus == Focus::Ask && focus != Focus::Ask {
        state.ask.remember();
    }
    state.focus = focus;
    state.ask.selected = false;
    if matches!(focus, Focus::Detail | Focus::Why) {
        state.lower = focus;
    }
    if focus != Focus::Ask {
        state.sides.iter_mut().for_each(|side| side.answer.is_unfinished = false);
    }
    if focus == Focus::Ask {
        super::suggest(state);
        state.lower = Focus::Why;
    } else {
        state.single = focus;
    }
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

/// Goes to another of the sides. A window that tells of one of them tells of the other.
fn other_side(state: &mut State, by: usize) {
    if !state.is_several() {
        let text = if state.side().live.is_some() {
            "one context is followed: :ctx NAME NAME follows several"
        } else {
            "only one source: nothing to switch to"
        };
        state.tell(Role::Muted, text);
        return;
    }
    look_at(state, (state.active + by) % state.sides.len());
}

/// Looks at the side at a place.
pub(super) fn look_at(state: &mut State, at: usize) {
    end_typing(state.side_mut());
    state.jumped = true;
    state.active = at;
    match state.window.as_ref().map(|window| window.kind) {
        Some(Kind::Connection) => {
            state.window =
                state.side().live.as_ref().map(|live| Window::connection(live, &state.name(at), &state.zone));
        }
        Some(Kind::Files) => state.window = Some(Window::files(state)),
        Some(Kind::Copy) => state.window = Some(Window::copy(state)),
        _ => {}
    }
}

/// The filter stays, but is not typed any more.
fn end_typing(side: &mut ContextPane) {
    if let Some(filter) = &mut side.tree.filter {
        filter.typing = false;
    }
}

fn turn(state: &mut State, by: usize) {
    if state.window.is_some() {
        return;
    }
    end_typing(state.side_mut());
    let at = Focus::ORDER.iter().position(|focus| *focus == state.focus).unwrap_or_default();
    let next = Focus::ORDER[(at + by) % Focus::ORDER.len()];
    // Without an answer there are no reasons to go to.
    let skips = next == Focus::Why && !state.tells_why();
    let next = if skips { Focus::ORDER[(at + 2 * by) % Focus::ORDER.len()] } else { next };
    focus(state, next);
}

fn start_filter(state: &mut State) {
    if state.side().world.is_none() {
        return;
    }
    jumps::leave(state);
    focus(state, Focus::Tree);
    let hides = !state.filter_marks;
    state.side_mut().tree.filter.get_or_insert_with(|| Filter::new(hides)).typing = true;
}

fn other_answer(state: &mut State, by: usize) {
    let side = state.side_mut();
    let answers = side.answer.count();
    if answers < 2 {
        state.tell(Role::Muted, "only one Gateway takes this request");
        return;
    }
    side.answer.shown = (side.answer.shown + by) % answers;
    side.why_selected = 0;
    show_answer(side, false);
    let text = format!("answer {} of {answers}", side.answer.shown + 1);
    state.tell(Role::Muted, text);
}

/// Lines of the focused pane, less one to keep the eye.
fn page(state: &State) -> isize {
    let height = Layout::of(state).inside(state.focus).height;
    isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(1)
}

fn half_page(state: &State) -> isize {
    isize::try_from(Layout::of(state).inside(state.focus).height / 2).unwrap_or(1).max(1)
}

fn step(state: &mut State, by: isize) {
    if state.side().is_filtering() || state.focus == Focus::Tree {
        if let Some(pane) = &mut state.side_mut().sheet {
            pane.selected = pane.selected.saturating_add_signed(by).min(pane.rows.len().saturating_sub(1));
            return;
        }
        let tree = &mut state.side_mut().tree;
        tree.selected = tree.selected.saturating_add_signed(by).min(tree.rows.len().saturating_sub(1));
        return;
    }
    let focus = state.focus;
    let side = state.side_mut();
    match focus {
        Focus::Ask | Focus::Tree => {}
        Focus::Detail => side.detail_cursor = side.detail_cursor.saturating_add_signed(by),
        Focus::Why => side.why_selected = side.why_selected.saturating_add_signed(by),
    }
}

fn select(state: &mut State) {
    if let Some(filter) = state.side_mut().tree.filter.as_mut().filter(|filter| filter.typing) {
        filter.typing = false;
        return;
    }
    match state.focus {
        Focus::Ask | Focus::Detail => {}
        Focus::Tree => match state.side().selected_row().map(|row| row.fold) {
            Some(Fold::Open) => folds::fold(state.side_mut()),
            Some(Fold::Closed) => folds::unfold(state.side_mut()),
            _ if Layout::of(state).shape == LayoutKind::Single => focus(state, Focus::Detail),
            _ => {}
        },
        Focus::Why => {
            let side = state.side();
            let target = why::target(state, side.why_selected);
            let near = side.highlighted.last().copied();
            let node = target.and_then(|hop| locate::hop(side.outline()?, hop, near));
            match node {
                Some(node) => {
                    focus(state, Focus::Tree);
                    state.reveal(node);
                }
                None => state.tell(Role::Muted, "this line has no node in the tree"),
            }
        }
    }
}

fn back(state: &mut State) -> Vec<Effect> {
    if state.side().tree.filter.is_some() && state.focus == Focus::Tree {
        // The node found stays selected, where it stands in the whole tree.
        let keep = state.side().selected();
        state.side_mut().tree.filter = None;
        if state.view != View::Tree {
            sheets::rebuild(state.side_mut(), None);
            return Vec::new();
        }
        match keep {
            Some(node) => state.reveal(node),
            None => state.side_mut().rebuild(None),
        }
    } else if state.side().page.is_some() {
        state.side_mut().page = None;
        state.side_mut().detail_cursor = 0;
    } else if state.zoom {
        state.zoom = false;
    } else if state.focus != Focus::Tree {
        focus(state, Focus::Tree);
    } else if state.view != View::Tree {
        return sheets::show(state, View::Tree);
    }
    Vec::new()
}

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

fn edit(state: &mut State) -> Vec<Effect> {
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
