//! What happens becomes a changed [`State`], and sometimes an [`Effect`]. Pure: no IO, no clock, no environment.

mod apart;
mod change_highlights;
mod command;
mod editing;
mod folds;
mod jumps;
mod keys;
mod links;
mod live;
mod matches;
mod mouse;
mod moving;
mod panes;
mod pins;
mod sheets;
mod together;
mod typing;
mod windows;
mod witness;

pub(super) use apart::is_possible as can_be_taken_apart;
pub(super) use editing::is_editable;
pub(super) use keys::scopes_of;
pub(super) use sheets::select as select_in_sheet;

use crate::tui::action::Action;
use crate::tui::keep;
use std::sync::Arc;
use std::time::SystemTime;

use crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};

use super::Reading;
use super::change_highlights::Differences;
use super::context_pane::{ContextId, ContextPane, PaneContent};
use super::effect::Effect;
use super::filter::Found;
use super::jumps::JumpTarget;
use super::paste::{self, Pasted};
use super::path_view::When;
use super::rows;
use super::sheet::{Listed, Sheet};
use super::state::{Focus, State};
use super::view::layout::Layout;
use super::view::{detail, why};
use crate::theme::Role;
use routescope_cluster::ContextEntry;
use routescope_cluster::live::Update;
use routescope_core::reachability::Reach;
use routescope_core::router::{Request, RequestError};
use routescope_core::unreadable;
use routescope_manifest::SourceError;
use routescope_render::outline::NodeRef;
use routescope_render::phrases::count;
use routescope_render::uncertainty::stale_files;

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// A text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(u16, u16),
    /// A load is through.
    Loaded(Result<Reading, SourceError>),
    /// What is to be kept for the next run cannot be written, and why; `None`: it can be again.
    NotKept(Option<String>),
    /// One of several sources was read, for a side.
    #[allow(missing_docs)]
    LoadedPart { side: ContextId, read: Result<Reading, SourceError> },
    /// A file that was read has changed.
    FilesChanged,
    /// A search is through.
    #[allow(missing_docs)]
    Filtered { side: ContextId, number: u64, found: Found },
    /// What differs on a side from another was found.
    #[allow(missing_docs)]
    Differ { side: ContextId, number: u64, from: ContextId, differences: Differences },
    /// A view was listed.
    #[allow(missing_docs)]
    Listed { side: ContextId, number: u64, sheet: Arc<Sheet> },
    /// A search in a view is through.
    #[allow(missing_docs)]
    FilteredList { side: ContextId, number: u64, listed: Listed },
    /// Every node of a side's world was looked at.
    Surveyed(ContextId),
    /// A request that meets a rule was looked for.
    #[allow(missing_docs)]
    Witnessed { side: ContextId, number: u64, reach: Option<Reach> },
    /// Something was copied; how it was handed over, or why not.
    Copied(Result<String, String>),
    /// A file was written; where it is, or why it is not.
    Exported(Result<String, String>),
    /// The editor was left, or could not be started.
    Edited(Result<(), String>),
    /// The cluster of a side brings something; `epoch` is of the following that it came from.
    #[allow(missing_docs)]
    Followed { side: ContextId, epoch: u64, update: Box<Update> },
    /// The contexts of the kubeconfig were read.
    Contexts(Result<Vec<ContextEntry>, SourceError>),
    /// What differs from the world before was found.
    #[allow(missing_docs)]
    Compared { side: ContextId, number: u64, differences: Differences },
    /// Time has passed: something settles.
    Tick,
    /// What time it is: sent before what happened then.
    Clock(SystemTime),
    /// There is something to say.
    Told(String),
}

/// Takes a message in.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let known = |side: &ContextPane| (side.id, side.selected(), side.page.clone());
    let before: Vec<_> = state.sides.iter().map(known).collect();
    let here = matches!(message, Message::Key(_) | Message::Mouse(_) | Message::Paste(_))
        .then(|| JumpTarget::here(state))
        .flatten();
    state.jumped = false;
    state.paged = false;
    let mut effects = match message {
        Message::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Message::Key(key) => {
            state.notice = None;
            keys::key(state, key)
        }
        Message::Mouse(event) => mouse::mouse(state, event),
        Message::Paste(text) => paste(state, &text),
        Message::Resize(width, height) => {
            state.size = (width, height);
            Vec::new()
        }
        Message::Loaded(Ok(read)) => loaded(state, read),
        Message::Loaded(Err(error)) => {
            state.tell(Role::Error, format!("not loaded, the last good view stays: {error}"));
            state.side_mut().failure = Some(error);
            after_load(state)
        }
        Message::Filtered { side, number, found } => {
            if let Some(at) = state.place_of(side) {
                filtered(&mut state.sides[at], number, found);
            }
            Vec::new()
        }
        Message::Listed { side, number, sheet } => match state.place_of(side) {
            Some(at) => sheets::listed(&mut state.sides[at], number, sheet),
            None => Vec::new(),
        },
        Message::Differ { side, number, from, differences } => {
            if let Some(at) = state.place_of(side) {
                together::found(state, at, number, from, differences);
            }
            Vec::new()
        }
        Message::FilteredList { side, number, listed } => {
            if let Some(at) = state.place_of(side) {
                sheets::found(&mut state.sides[at], number, listed);
            }
            Vec::new()
        }
        Message::Surveyed(side) => {
            if let Some(at) = state.place_of(side).filter(|at| state.sides[*at].tree.faults_only) {
                let keep = state.sides[at].selected();
                state.sides[at].rebuild(keep);
            }
            Vec::new()
        }
        Message::Witnessed { side, number, reach } => {
            if let Some(at) = state.place_of(side) {
                witness::found(&mut state.sides[at], number, reach);
            }
            Vec::new()
        }
        Message::NotKept(problem) => {
            if let Some(problem) = &problem {
                state.tell(Role::Warning, format!("⚠ not kept for the next run: {problem}"));
            }
            state.not_kept = problem.is_some();
            Vec::new()
        }
        Message::LoadedPart { side, read } => match state.place_of(side) {
            Some(at) => apart::loaded(state, at, read),
            None => Vec::new(),
        },
        Message::Copied(Ok(text)) => {
            state.tell(Role::Ok, format!("copied: {text}"));
            Vec::new()
        }
        Message::Copied(Err(error)) => {
            state.tell(Role::Error, format!("not copied: {error}"));
            Vec::new()
        }
        Message::Exported(Ok(path)) => {
            state.tell(Role::Ok, format!("written: {path}"));
            Vec::new()
        }
        Message::Exported(Err(error)) => {
            state.tell(Role::Error, format!("not written: {error}"));
            Vec::new()
        }
        Message::FilesChanged | Message::Edited(Ok(())) => reload(state),
        Message::Edited(Err(error)) => {
            state.tell(Role::Error, error);
            Vec::new()
        }
        Message::Followed { side, epoch, update } => match state.place_of(side) {
            Some(at) => live::followed(state, at, epoch, *update),
            None => Vec::new(),
        },
        Message::Contexts(read) => {
            command::contexts(state, read);
            Vec::new()
        }
        Message::Compared { side, number, differences } => match state.place_of(side) {
            Some(at) => change_highlights::found(state, at, number, differences),
            None => Vec::new(),
        },
        Message::Tick => change_highlights::tick(state),
        Message::Clock(now) => {
            state.now = now;
            return Vec::new();
        }
        Message::Told(text) => {
            state.tell(Role::Muted, text);
            Vec::new()
        }
    };
    if let Some(here) = here.filter(|here| state.jumped && JumpTarget::here(state).as_ref() != Some(here)) {
        state.jumps.leave(here);
    }
    for side in &mut state.sides {
        let same = before.iter().find(|(id, selected, _)| *id == side.id && *selected == side.selected());
        if same.is_none() {
            side.detail_offset = 0;
            side.detail_across = 0;
            side.detail_cursor = 0;
            // An object that has just been gone to is told of, whatever is selected.
            let stays = state.paged || !before.iter().any(|(id, _, page)| *id == side.id && *page == side.page);
            side.page = side.page.take().filter(|_| stays);
        }
    }
    settle(state);
    if state.comparing.is_some() {
        together::follow(state);
        settle(state);
    }
    effects.extend(state.sides.iter_mut().filter_map(crate::tui::witness::look));
    effects.extend(keep::changed(state).map(|kept| Effect::Keep(Box::new(kept))));
    effects
}

/// Loads again; while a load is running, only remembers to. A cluster is connected to again.
fn reload(state: &mut State) -> Vec<Effect> {
    if state.side().live.is_some() {
        return live::reconnect(state);
    }
    if state.side().part.is_some() {
        return apart::reload(state);
    }
    if state.side().loading {
        state.side_mut().load_again = true;
        return Vec::new();
    }
    state.side_mut().loading = true;
    vec![Effect::Load]
}

fn after_load(state: &mut State) -> Vec<Effect> {
    state.side_mut().loading = false;
    if std::mem::take(&mut state.side_mut().load_again) { reload(state) } else { Vec::new() }
}

/// The sources were read again.
fn loaded(state: &mut State, read: Reading) -> Vec<Effect> {
    let Reading { analysis, changes, hint } = read;
    state.side_mut().failure = None;
    if let Some(why) = unreadable::of_files(&analysis.snapshot) {
        state.tell(Role::Warning, stale_files(&why));
    } else if state.side().world.is_some() {
        let told = match changes.len() {
            0 => "reloaded".to_owned(),
            changes => format!("reloaded · {} · {}", count(changes, "change"), state.how(Action::Log)),
        };
        state.tell(Role::Muted, told);
    } else if let (Some(hint), None) = (hint, &state.notice) {
        state.tell(Role::Muted, hint);
    }
    state.side_mut().log.changed(&changes);
    windows::refresh(state);
    let mut effects = replace(state, state.active, PaneContent::within(analysis, &state.scope));
    effects.extend(after_load(state));
    effects
}

/// A new world of a side: selection, folds, filter and question stay as they are, by the names of things.
fn replace(state: &mut State, at: usize, new: PaneContent) -> Vec<Effect> {
    let question = state.ask.question();
    let view = state.view;
    let flash = state.flash;
    let side = &mut state.sides[at];
    let selected = side.selected();
    // While the first lists come in nothing is another than before: it was only not known yet.
    let flash = flash && side.live.as_ref().is_none_or(|live| live.settled);
    let unread = side.live.as_ref().is_some_and(|live| !live.settled) && !side.tree.touched;
    let (mut keep, mut highlighted) = (None, Vec::new());
    // A URL that the explorer was started with is gone to like one that is typed.
    let is_first = side.world.is_none();
    match side.world.take() {
        Some(old) => {
            let again = |node: NodeRef| new.outline.find(&old.outline.path(node));
            // The same path is not another one: what was folded over it stays folded.
            let end = side.highlighted.last().and_then(|end| again(*end));
            side.tree.path.visited = side.tree.path.visited.and_then(again);
            highlighted = end
                .map(|end| new.outline.ancestry(end))
                .filter(|highlighted| highlighted.len() == side.highlighted.len())
                .unwrap_or_default();
            // While the first lists come in, the first row stays the first row, whatever comes before it.
            keep = selected.filter(|_| !unread || side.tree.selected > 0).and_then(again);
            if unread {
                side.tree.folds.start(rows::levels_at_start(&new.outline));
            }
            if let Some(filter) = &mut side.tree.filter {
                filter.found = filter.found.take().map(|found| found.carry_over(&old.outline, &new.outline));
            }
            change_highlights::replaced(side, &old, &new, flash);
        }
        None => side.tree.folds.start(rows::levels_at_start(&new.outline)),
    }
    side.tree.folds.find_in(&new.outline);
    side.tree.path.whole.find_in(&new.outline);
    // Everything that refers to the old outline goes with it.
    side.highlighted = highlighted;
    side.excerpt = detail::Excerpt::default();
    side.meeting = None;
    side.answer.ask(question.as_ref(), &new.outline);
    side.world = Some(new);
    side.finding = None;
    side.differs = None;
    let listing = sheets::replaced(side, view, keep);
    side.rebuild(keep);
    show_answer(side, is_first);
    let keep = if is_first { side.selected() } else { keep };
    side.rebuild(keep);
    let number = side.ticket();
    let survey = side.world.clone().map(|world| Effect::Survey { side: side.id, number, world });
    let mut effects: Vec<Effect> = survey.into_iter().chain(search(side)).collect();
    effects.extend(listing);
    effects.extend(change_highlights::look(side));
    pins::answer_all(state, at);
    effects.extend(together::compare(state));
    effects
}

/// Asks every side what is in the URL bar. `follow` selects the nodes that decided.
fn ask(state: &mut State, follow: bool) {
    let question = state.ask.question();
    for side in &mut state.sides {
        answer(side, question.as_ref(), follow);
    }
    suggest(state);
}

/// How many continuations of a URL are offered.
const SUGGESTIONS: usize = 8;

/// Finds what could follow what is typed in the bar.
pub(super) fn suggest(state: &mut State) {
    let typing = state.focus == Focus::Ask && state.window.is_none();
    let world = state.side().world.as_ref().filter(|_| typing);
    let typed = state.ask.input.value();
    let suggestions = world.map(|world| world.analysis.router().complete(typed, SUGGESTIONS));
    state.ask.suggestions = suggestions.unwrap_or_default();
    let unfinished = typing && state.ask.ghost().is_some();
    state.sides.iter_mut().for_each(|side| side.answer.is_unfinished = unfinished);
}

/// Answers a question, and unfolds the tree to the answer.
fn answer(side: &mut ContextPane, question: Option<&Result<Request, RequestError>>, follow: bool) {
    let Some(world) = &side.world else { return };
    side.answer.ask(question, &world.outline);
    side.why_selected = 0;
    side.why_offset = 0;
    show_answer(side, follow);
}

/// Lights the path of the answer that is shown.
fn show_answer(side: &mut ContextPane, follow: bool) {
    let Some(world) = &side.world else { return };
    let highlighted = side.answer.path(&world.outline);
    let end = highlighted.last().copied();
    let keep = side.selected();
    if highlighted != side.highlighted {
        let folds = &side.tree.folds;
        let hidden = |(depth, node): (usize, &NodeRef)| !folds.is_open(*node, depth, false);
        let above = |path: &[NodeRef]| path.split_last().is_some_and(|(_, above)| above.iter().enumerate().any(hidden));
        let moves = above(&highlighted) || above(&side.highlighted);
        side.highlighted = highlighted;
        side.tree.folds.another_path();
        side.tree.path.another_path();
        if !(follow && end.is_some()) && (moves || side.tree.path.when != When::Never) {
            side.rebuild(keep);
        }
    }
    if let Some(end) = end.filter(|_| follow) {
        side.rebuild(Some(end));
    }
}

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    let pasted = Pasted::read(text);
    // In the bar a URL goes to the cursor; a whole request takes the place of what is asked.
    let in_bar = state.focus == Focus::Ask && state.window.is_none() && state.command.is_none();
    let typed = state.ask.input.value().trim();
    let is_new = state.ask.selected || typed.is_empty() || pasted.is_whole(typed);
    if state.is_typing() && !(in_bar && is_new) {
        let text = if in_bar { pasted.url } else { paste::first_line(text).to_owned() };
        return text.chars().flat_map(|letter| typing::type_letter(state, letter)).collect();
    }
    // A URL in the clipboard is a question, wherever the focus is.
    state.jumped = true;
    state.window = None;
    let left_out = state.ask.take(&pasted);
    moving::focus(state, Focus::Ask);
    state.ask.selected = false;
    if let Some(notice) = pasted.notice() {
        let but = if left_out > 0 { format!(" ({left_out} left out: not valid)") } else { String::new() };
        state.tell(Role::Ok, format!("{notice}{but} · {} undoes", state.how(Action::UndoPaste)));
    }
    ask(state, true);
    Vec::new()
}

/// Starts the search for what the filter says.
fn search(side: &mut ContextPane) -> Vec<Effect> {
    let number = side.ticket();
    let Some(world) = &side.world else { return Vec::new() };
    let Some(filter) = &mut side.tree.filter else { return Vec::new() };
    filter.number = number;
    if filter.input.value().trim().is_empty() {
        filter.found = None;
        filter.listed = None;
        let keep = side.selected();
        if side.sheet.is_some() {
            sheets::rebuild(side, None);
        } else {
            side.rebuild(keep);
        }
        return Vec::new();
    }
    let query = filter.input.value().to_owned();
    if let Some(pane) = &side.sheet {
        let sheet = pane.sheet.clone().filter(|sheet| Arc::ptr_eq(&sheet.outline, &world.outline));
        let effect = |sheet| Effect::FilterList { side: side.id, number: filter.number, query, sheet };
        return sheet.map(effect).into_iter().collect();
    }
    vec![Effect::Filter { side: side.id, number: filter.number, query, world: world.clone() }]
}

fn filtered(side: &mut ContextPane, number: u64, found: Found) {
    let keep = side.selected();
    let Some(filter) = side.tree.filter.as_mut().filter(|filter| filter.number == number) else { return };
    let still_there = keep.is_some_and(|node| found.kept.hits.contains(&node));
    let best = found.best;
    filter.found = Some(found);
    match best.filter(|_| !still_there) {
        // What is only marked may be folded away: the best of it is shown.
        Some(best) if !filter.hides && filter.typing => {
            side.reveal(best);
        }
        best => side.rebuild(best.or(keep)),
    }
}

/// Brings selections into view and offsets into bounds, after whatever happened.
fn settle(state: &mut State) {
    panes::measure(state);
    let layout = Layout::of(state);
    let asking = state.focus == Focus::Ask;
    for (at, area) in &layout.trees {
        let (side, height) = (&mut state.sides[*at], layout.inside_of(Focus::Tree, *area).height);
        if side.tree.height != usize::from(height) {
            side.tree.height = usize::from(height);
            // Whether the whole tree fits is another question now.
            if !side.highlighted.is_empty() && side.tree.path.when == When::Short {
                let keep = side.selected();
                side.rebuild(keep);
            }
        }
        scroll(side, height, asking);
        if let Some(pane) = &mut side.sheet {
            pane.settle(usize::from(height));
        }
    }
    let side = state.side_mut();
    if !side.excerpt.is_of(side) {
        let before = std::mem::take(&mut side.excerpt);
        side.excerpt = detail::Excerpt::of_side(side, before);
    }

    let inside = layout.inside(Focus::Detail);
    let lines = detail::height(state, inside.width);
    let side = state.side_mut();
    let height = usize::from(inside.height).max(1);
    side.detail_cursor = side.detail_cursor.min(lines.saturating_sub(1));
    side.detail_offset = side.detail_offset.min(lines.saturating_sub(height));
    side.detail_offset =
        side.detail_offset.min(side.detail_cursor).max((side.detail_cursor + 1).saturating_sub(height));
    detail::prepare(side, inside.height);

    why::settle(state, layout.inside(Focus::Why));

    if let Some(window) = &mut state.window {
        let height = super::view::window::list_height(super::view::window::area(&layout, window), window);
        window.settle(usize::from(height));
    }
}

/// Brings what is selected in a tree into a view of `height` rows. While a question is typed the whole path of the answer
/// is in view, as far as there is room.
fn scroll(side: &mut ContextPane, height: u16, asking: bool) {
    let height = usize::from(height).max(1);
    let tree = &mut side.tree;
    tree.selected = tree.selected.min(tree.rows.len().saturating_sub(1));
    tree.offset = tree.offset.min(tree.rows.len().saturating_sub(height));
    if let (true, Some(top), Some(end)) = (asking, side.highlighted.first(), side.highlighted.last()) {
        let row_of = |node| tree.rows.iter().position(|row| row.is_of(node));
        if let (Some(top), Some(end)) = (row_of(*top), row_of(*end)) {
            tree.offset = tree.offset.min(top).max((end + 1).saturating_sub(height));
        }
    }
    tree.offset = tree.offset.min(tree.selected).max((tree.selected + 1).saturating_sub(height));
}
