//! The mouse: a click selects, a second click on the same row folds; the wheel moves what is under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{keys, windows};
use crate::tui::context_pane::TreePane;
use crate::tui::effect::Effect;
use crate::tui::rows::Fold;
use crate::tui::state::{Focus, State};
use crate::tui::view::layout::Layout;
use crate::tui::view::{context_comparison, why, window};

/// How many lines a turn of the wheel moves.
const WHEEL: isize = 3;

/// The mouse did something.
pub(super) fn mouse(state: &mut State, event: MouseEvent) -> Vec<Effect> {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => click(state, at),
        MouseEventKind::Drag(MouseButton::Left) => {
            drag(state, at);
            Vec::new()
        }
        MouseEventKind::Up(_) => {
            state.panes.held = None;
            Vec::new()
        }
        MouseEventKind::ScrollUp => scroll(state, at, -WHEEL),
        MouseEventKind::ScrollDown => scroll(state, at, WHEEL),
        _ => Vec::new(),
    }
}

/// Moves the edge that is held.
fn drag(state: &mut State, at: Position) {
    let layout = Layout::of(state);
    let held = layout.grips.iter().find(|grip| Some(grip.edge) == state.panes.held);
    if let Some(grip) = held {
        state.panes.move_to(*grip, at);
    }
}

fn row_in(area: Rect, at: Position) -> Option<usize> {
    area.contains(at).then(|| usize::from(at.y - area.y))
}

fn click(state: &mut State, at: Position) -> Vec<Effect> {
    state.notice = None;
    state.command = None;
    let layout = Layout::of(state);
    if let Some(open) = &mut state.window {
        let area = window::area(&layout, open);
        if !area.contains(at) {
            return keys::act(state, crate::tui::action::Action::Close);
        }
        let Some(row) = row_in(window::list_area(area, open), at) else { return Vec::new() };
        let index = open.offset + row;
        if open.shown().get(index).is_some_and(|item| item.choice.is_some()) {
            open.selected = index;
            return windows::pick(state);
        }
        return Vec::new();
    }
    if layout.header.contains(at) {
        return keys::act(state, crate::tui::action::Action::Findings);
    }
    if let Some(row) = row_in(layout.pins, at) {
        match crate::tui::view::pins::at(state, &layout, row).map(|pin| pin.question.clone()) {
            Some(question) => super::pins::ask(state, &question),
            None => super::pins::list(state),
        }
        return Vec::new();
    }
    if let Some(side) = side_under(state, &layout, at).filter(|side| *side != state.active) {
        keys::look_at(state, side);
        if layout.ask.contains(at) {
            return Vec::new();
        }
    }
    // The layout may be another one now.
    let layout = Layout::of(state);
    state.panes.held = layout.grips.iter().find(|grip| grip.area.contains(at)).map(|grip| grip.edge);
    let Some(pane) = Focus::ORDER.into_iter().find(|focus| layout.pane(*focus).contains(at)) else {
        return Vec::new();
    };
    keys::focus(state, pane);
    match (pane, row_in(layout.inside(pane), at)) {
        (Focus::Tree, Some(row)) => {
            if let Some(pane) = &mut state.side_mut().sheet {
                let index = pane.offset + row;
                let again = pane.selected == index;
                if index < pane.rows.len() {
                    pane.selected = index;
                    if again {
                        return keys::act(state, crate::tui::action::Action::Select);
                    }
                }
                return Vec::new();
            }
            let tree = &mut state.side_mut().tree;
            let index = tree.offset + row;
            let Some(found) = tree.rows.get(index).copied() else { return Vec::new() };
            let again = tree.selected == index;
            tree.selected = index;
            if again && found.fold != Fold::Leaf {
                return keys::act(state, crate::tui::action::Action::Select);
            }
        }
        (Focus::Detail, Some(row)) => {
            let side = state.side_mut();
            let index = side.detail_offset + row;
            let again = side.detail_cursor == index;
            side.detail_cursor = index;
            if again {
                return keys::act(state, crate::tui::action::Action::Select);
            }
        }
        (Focus::Why, Some(row)) => {
            let row = state.side().why_offset + row;
            if let Some(index) = why::at(state, layout.inside(pane).width, row) {
                let again = state.side().why_selected == index;
                state.side_mut().why_selected = index;
                if again {
                    return keys::act(state, crate::tui::action::Action::Select);
                }
            }
        }
        _ => {}
    }
    Vec::new()
}

fn scroll(state: &mut State, at: Position, by: isize) -> Vec<Effect> {
    if let Some(open) = &mut state.window {
        open.step(by.signum());
        return Vec::new();
    }
    let layout = Layout::of(state);
    let tree = layout.trees.iter().find(|(_, area)| area.contains(at)).copied();
    if let Some((side, area)) = tree {
        let height = layout.inside_of(Focus::Tree, area).height;
        match &mut state.sides[side].sheet {
            Some(pane) => {
                let rows = pane.rows.len();
                scroll_rows((&mut pane.offset, &mut pane.selected), rows, height, by);
            }
            None => scroll_tree(&mut state.sides[side].tree, height, by),
        }
        return Vec::new();
    }
    let Some(pane) = Focus::ORDER.into_iter().find(|focus| layout.pane(*focus).contains(at)) else {
        return Vec::new();
    };
    let reasons = why::count(state);
    let side = state.side_mut();
    match pane {
        Focus::Ask | Focus::Tree => {}
        Focus::Detail => {
            side.detail_offset = side.detail_offset.saturating_add_signed(by);
            side.detail_cursor = side.detail_cursor.saturating_add_signed(by);
        }
        Focus::Why => side.why_selected = side.why_selected.saturating_add_signed(by).min(reasons.saturating_sub(1)),
    }
    Vec::new()
}

/// Scrolls a tree of `height` rows. The selection stays in view, at the edge.
fn scroll_tree(tree: &mut TreePane, height: u16, by: isize) {
    let rows = tree.rows.len();
    scroll_rows((&mut tree.offset, &mut tree.selected), rows, height, by);
}

fn scroll_rows((offset, selected): (&mut usize, &mut usize), rows: usize, height: u16, by: isize) {
    let last = rows.saturating_sub(1);
    let height = usize::from(height).max(1);
    *offset = offset.saturating_add_signed(by).min((last + 1).saturating_sub(height));
    *selected = (*selected).clamp(*offset, (*offset + height - 1).min(last));
}

/// The side whose tree or whose answer the mouse points at.
fn side_under(state: &State, layout: &Layout, at: Position) -> Option<usize> {
    if let Some((side, _)) = layout.trees.iter().find(|(_, area)| area.contains(at)) {
        return Some(*side);
    }
    let inside = layout.inside(Focus::Ask);
    let answers = Rect { y: inside.y + 1.min(inside.height), height: inside.height.saturating_sub(1), ..inside };
    let row = row_in(answers, at).filter(|_| state.is_several())?;
    context_comparison::shown(state, usize::from(answers.height)).nth(row)
}
