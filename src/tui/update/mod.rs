//! What happens becomes a changed [`State`], and sometimes an [`Effect`]. Pure: no IO, no clock, no environment.

mod command;
mod keys;
mod live;
mod mouse;
mod windows;

use std::sync::Arc;
use std::time::SystemTime;

use crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};

use super::effect::Effect;
use super::filter::Found;
use super::rows;
use super::state::{Focus, State, World};
use super::view::layout::Layout;
use super::view::{detail, why};
use crate::analysis::Analysis;
use crate::live::Update;
use crate::render::outline::NodeRef;
use crate::source::SourceError;
use crate::source::cluster::ContextEntry;
use crate::theme::Role;

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
    Loaded(Result<Arc<Analysis>, SourceError>),
    /// A file that was read has changed.
    FilesChanged,
    /// A search is through.
    #[allow(missing_docs)]
    Filtered { number: u64, found: Found },
    /// Something was copied; how it was handed over, or why not.
    Copied(Result<String, String>),
    /// The editor was left, or could not be started.
    Edited(Result<(), String>),
    /// A cluster brings something; `epoch` is of the following that it came from.
    #[allow(missing_docs)]
    Followed { epoch: u64, update: Box<Update> },
    /// The contexts of the kubeconfig were read.
    Contexts(Result<Vec<ContextEntry>, SourceError>),
    /// What time it is: sent before what happened then.
    Clock(SystemTime),
    /// The process was asked to end.
    Terminate,
}

/// Takes a message in.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let before = state.selected();
    let effects = match message {
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
        Message::Loaded(Ok(analysis)) => loaded(state, analysis),
        Message::Loaded(Err(error)) => {
            state.tell(Role::Error, format!("not loaded, the last good view stays: {error}"));
            state.failure = Some(error);
            after_load(state)
        }
        Message::Filtered { number, found } => {
            filtered(state, number, found);
            Vec::new()
        }
        Message::Copied(Ok(text)) => {
            state.tell(Role::Ok, format!("copied: {text}"));
            Vec::new()
        }
        Message::Copied(Err(error)) => {
            state.tell(Role::Error, format!("not copied: {error}"));
            Vec::new()
        }
        Message::FilesChanged | Message::Edited(Ok(())) => reload(state),
        Message::Edited(Err(error)) => {
            state.tell(Role::Error, error);
            Vec::new()
        }
        Message::Followed { epoch, update } => live::followed(state, epoch, *update),
        Message::Contexts(read) => {
            command::contexts(state, read);
            Vec::new()
        }
        Message::Clock(now) => {
            state.now = now;
            return Vec::new();
        }
        Message::Terminate => vec![Effect::Quit],
    };
    if state.selected() != before {
        state.detail_offset = 0;
    }
    settle(state);
    effects
}

/// Loads again; while a load is running, only remembers to. A cluster is connected to anew.
fn reload(state: &mut State) -> Vec<Effect> {
    if state.live.is_some() {
        return live::reconnect(state);
    }
    if state.loading {
        state.load_again = true;
        return Vec::new();
    }
    state.loading = true;
    vec![Effect::Load]
}

fn after_load(state: &mut State) -> Vec<Effect> {
    state.loading = false;
    if std::mem::take(&mut state.load_again) { reload(state) } else { Vec::new() }
}

/// The sources were read again.
fn loaded(state: &mut State, analysis: Arc<Analysis>) -> Vec<Effect> {
    state.failure = None;
    if state.world.is_some() {
        state.tell(Role::Muted, "read again");
    }
    let mut effects = replace(state, World::within(analysis, &state.scope));
    effects.extend(after_load(state));
    effects
}

/// A new world: selection, folds, filter and question stay as they are, by the names of things.
fn replace(state: &mut State, new: World) -> Vec<Effect> {
    let selected = state.selected();
    let unread = state.live.as_ref().is_some_and(|live| !live.settled) && !state.tree.touched;
    let mut keep = None;
    let mut closed = Vec::new();
    match state.world.take() {
        Some(old) => {
            let again = |node: NodeRef| new.outline.find(&old.outline.path(node));
            closed = state.tree.closed.iter().copied().filter_map(again).collect();
            // While the first lists come in, the first row stays the first row, whatever comes before it.
            keep = selected.filter(|_| !unread || state.tree.selected > 0).and_then(again);
            state.tree.open = if unread {
                rows::open_at_start(&new.outline)
            } else {
                rows::carry_over(&old.outline, &new.outline, &state.tree.open)
            };
            if let Some(filter) = &mut state.tree.filter {
                filter.found = filter.found.take().map(|found| found.carry_over(&old.outline, &new.outline));
            }
        }
        None => state.tree.open = rows::open_at_start(&new.outline),
    }
    // Everything that refers to the old outline goes with it.
    state.lit.clear();
    if state.window.as_ref().is_some_and(|window| window.kind == super::window::Kind::Findings) {
        state.window = None;
    }
    state.excerpt = detail::Excerpt::default();
    state.world = Some(new);
    state.rebuild(keep);
    let (why_selected, why_offset) = (state.why_selected, state.why_offset);
    ask(state, false);
    (state.why_selected, state.why_offset) = (why_selected, why_offset);
    state.tree.closed.extend(closed);
    state.rebuild(keep);
    search(state)
}

/// Answers what is in the URL bar, and unfolds the tree to the answer. `follow` selects the node that decided.
fn ask(state: &mut State, follow: bool) {
    let Some(world) = &state.world else { return };
    state.ask.answer(&world.analysis);
    state.why_selected = 0;
    state.why_offset = 0;
    show_answer(state, follow);
}

/// Lights the path of the answer that is shown.
fn show_answer(state: &mut State, follow: bool) {
    let Some(world) = &state.world else { return };
    let lit = state.ask.path(&world.outline);
    let end = lit.last().copied();
    let keep = state.selected();
    if lit != state.lit {
        let hidden = |node: &NodeRef| !state.tree.open.contains(node);
        let above = |path: &[NodeRef]| path.split_last().is_some_and(|(_, above)| above.iter().any(hidden));
        let moves = above(&lit) || above(&state.lit);
        state.lit = lit;
        state.tree.closed.clear();
        if moves {
            state.rebuild(keep);
        }
    }
    if let Some(end) = end.filter(|_| follow) {
        state.rebuild(Some(end));
    }
}

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    let text = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if state.is_typing() {
        return text.chars().flat_map(|letter| keys::type_letter(state, letter)).collect();
    }
    // A URL in the clipboard is a question, wherever the focus is.
    state.window = None;
    state.ask.replace(text);
    state.ask.take_method();
    keys::focus(state, Focus::Ask);
    ask(state, true);
    Vec::new()
}

/// Starts the search for what the filter says.
fn search(state: &mut State) -> Vec<Effect> {
    let Some(world) = &state.world else { return Vec::new() };
    let Some(filter) = &mut state.tree.filter else { return Vec::new() };
    filter.number += 1;
    if filter.input.value().trim().is_empty() {
        filter.found = None;
        let keep = state.selected();
        state.rebuild(keep);
        return Vec::new();
    }
    let query = filter.input.value().to_owned();
    vec![Effect::Filter { number: filter.number, query, world: world.clone() }]
}

fn filtered(state: &mut State, number: u64, found: Found) {
    let keep = state.selected();
    let Some(filter) = state.tree.filter.as_mut().filter(|filter| filter.number == number) else { return };
    let still_there = keep.is_some_and(|node| found.kept.hits.contains(&node));
    let best = found.best;
    filter.found = Some(found);
    state.rebuild(if still_there { keep } else { best });
}

/// Brings selections into view and offsets into bounds, after whatever happened.
fn settle(state: &mut State) {
    if state.excerpt.node != state.selected() {
        let texts = std::mem::take(&mut state.excerpt);
        state.excerpt = match (&state.world, state.selected()) {
            (Some(world), Some(node)) => detail::Excerpt::of(&world.outline, node, texts),
            _ => detail::Excerpt::default(),
        };
    }
    let layout = Layout::of(state);
    let height = usize::from(layout.inside(Focus::Tree).height).max(1);
    let tree = &mut state.tree;
    tree.selected = tree.selected.min(tree.rows.len().saturating_sub(1));
    tree.offset = tree.offset.min(tree.rows.len().saturating_sub(height));
    // While a question is typed the whole path of the answer is in view, as far as there is room.
    if state.focus == Focus::Ask
        && let (Some(top), Some(end)) = (state.lit.first(), state.lit.last())
    {
        let row_of = |node| tree.rows.iter().position(|row| row.node == node);
        if let (Some(top), Some(end)) = (row_of(*top), row_of(*end)) {
            tree.offset = tree.offset.min(top).max((end + 1).saturating_sub(height));
        }
    }
    tree.offset = tree.offset.min(tree.selected).max((tree.selected + 1).saturating_sub(height));

    let inside = layout.inside(Focus::Detail);
    let lines = detail::height(state, inside.width);
    state.detail_offset = state.detail_offset.min(lines.saturating_sub(usize::from(inside.height)));

    detail::prepare(state, inside.height);

    let inside = layout.inside(Focus::Why);
    let count = why::count(state);
    state.why_selected = state.why_selected.min(count.saturating_sub(1));
    let height = usize::from(inside.height).max(1);
    state.why_offset = state.why_offset.min(state.why_selected).max((state.why_selected + 1).saturating_sub(height));
    state.why_offset = state.why_offset.min(count.saturating_sub(height));

    if let Some(window) = &mut state.window {
        let height = super::view::window::list_height(super::view::window::area(&layout, window), window);
        window.settle(usize::from(height));
    }
}
