//! The mouse: a click selects, and does what it points at (a hint, a tab, a fold mark); a second click on a row does what
//! `enter` does; what is held moves with it (an edge, a scroll bar); the wheel moves what is under it.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{ask, keys, moving, panes, sheets, windows};
use crate::tui::action::Action;
use crate::tui::context_pane::TreePane;
use crate::tui::effect::Effect;
use crate::tui::panes::Held;
use crate::tui::pending::Pending;
use crate::tui::rows::{Fold, Row};
use crate::tui::sheet::{Shown, View};
use crate::tui::state::{Focus, State};
use crate::tui::view::layout::{Layout, LayoutKind};
use crate::tui::view::{context_comparison, detail, follow, hints, pins, tabs, why, window};

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
        MouseEventKind::Up(_) => match state.panes.held.take() {
            Some(Held::Title { pane, focused, .. }) => title(state, pane, focused),
            Some(Held::Tab { view, .. }) => sheets::show(state, view),
            _ => Vec::new(),
        },
        MouseEventKind::ScrollLeft => across(state, at, -panes::ACROSS),
        MouseEventKind::ScrollRight => across(state, at, panes::ACROSS),
        MouseEventKind::ScrollUp if event.modifiers.contains(KeyModifiers::SHIFT) => across(state, at, -panes::ACROSS),
        MouseEventKind::ScrollDown if event.modifiers.contains(KeyModifiers::SHIFT) => across(state, at, panes::ACROSS),
        MouseEventKind::ScrollUp => scroll(state, at, -WHEEL),
        MouseEventKind::ScrollDown => scroll(state, at, WHEEL),
        _ => Vec::new(),
    }
}

/// Moves what is held.
fn drag(state: &mut State, at: Position) {
    let layout = Layout::of(state);
    // Dragging a title or a tab moves the edge that it stands on.
    if let Some(Held::Title { edge, .. } | Held::Tab { edge, .. }) = state.panes.held {
        state.panes.held = edge.map(Held::Edge);
    }
    match state.panes.held {
        Some(Held::Edge(edge)) => {
            if let Some(grip) = layout.grips.iter().find(|grip| grip.edge == edge) {
                state.panes.move_to(*grip, at);
            }
        }
        Some(bar @ (Held::Bar(_) | Held::WindowBar)) => move_bar(state, bar, at),
        Some(Held::Title { .. } | Held::Tab { .. }) | None => {}
    }
}

/// A title was clicked: what it says is hidden is shown again; a second click zooms the pane, or shows the next one where
/// there is room for one.
fn title(state: &mut State, pane: Focus, focused: bool) -> Vec<Effect> {
    let side = state.side();
    if pane == Focus::Tree && side.tree.filter.is_some() {
        return keys::act(state, Action::Filter);
    }
    if pane == Focus::Tree && state.view == View::Tree && side.tree.path.shrunk {
        return keys::act(state, Action::PathOnly);
    }
    match focused {
        true if Layout::of(state).shape == LayoutKind::Single => keys::act(state, Action::NextPane),
        true => keys::act(state, Action::Zoom),
        false => Vec::new(),
    }
}

fn row_in(area: Rect, at: Position) -> Option<usize> {
    area.contains(at).then(|| usize::from(at.y - area.y))
}

fn click(state: &mut State, at: Position) -> Vec<Effect> {
    let layout = Layout::of(state);
    let hint = hints::placed(state, &layout).into_iter().find(|(area, _)| area.contains(at));
    let action = hint.map(|(_, hint)| hint.action).or_else(|| follow::at(state, &layout, at));
    state.pending = Pending::default();
    state.notice = None;
    if state.command.take().is_some() {
        return Vec::new();
    }
    if let Some(action) = action {
        return keys::act(state, action);
    }
    if state.window.is_some() {
        return click_in_window(state, &layout, at);
    }
    if layout.header.contains(at) {
        return keys::act(state, Action::Findings);
    }
    if let Some(row) = row_in(layout.pins, at) {
        match pins::at(state, &layout, row).map(|pin| pin.question.clone()) {
            Some(question) => super::pins::ask(state, &question),
            None => super::pins::list(state),
        }
        return Vec::new();
    }
    if let Some(side) = side_under(state, &layout, at).filter(|side| *side != state.active) {
        moving::look_at(state, side);
        if layout.ask.contains(at) {
            return Vec::new();
        }
    }
    // The layout may be another one now.
    let layout = Layout::of(state);
    let pane = Focus::ORDER.into_iter().find(|focus| layout.pane(*focus).contains(at));
    let edge = layout.grips.iter().find(|grip| grip.area.contains(at)).map(|grip| grip.edge);
    let tab = tabs::placed(&layout, layout.tree).into_iter().find(|(area, _)| area.contains(at));
    state.panes.held = match (bar_at(state, &layout, at), pane) {
        (Some(bar), _) => Some(bar),
        _ if tab.is_some() => tab.map(|(_, view)| Held::Tab { view, edge }),
        (None, Some(pane)) if pane != Focus::Ask && at.y == layout.pane(pane).y => {
            Some(Held::Title { pane, focused: state.focus == pane, edge })
        }
        _ => edge.map(Held::Edge),
    };
    let Some(pane) = pane else { return Vec::new() };
    moving::focus(state, pane);
    if let Some(bar @ Held::Bar(_)) = state.panes.held {
        move_bar(state, bar, at);
        return Vec::new();
    }
    let inside = layout.inside(pane);
    match (pane, row_in(inside, at)) {
        (Focus::Tree, Some(row)) => {
            let column = usize::from(at.x - inside.x) + state.side().across;
            click_row(state, row, column)
        }
        (Focus::Detail, Some(row)) => {
            let side = state.side_mut();
            let index = side.detail_offset + row;
            let again = side.detail_cursor == index;
            side.detail_cursor = index;
            if again { keys::act(state, Action::Select) } else { Vec::new() }
        }
        (Focus::Why, Some(row)) => {
            let row = state.side().why_offset + row;
            let Some(index) = why::at(state, inside.width, row) else { return Vec::new() };
            let again = state.side().why_selected == index;
            state.side_mut().why_selected = index;
            if again { keys::act(state, Action::Select) } else { Vec::new() }
        }
        // What could follow what is typed stands right under it.
        (Focus::Ask, Some(1)) if state.ask.accept() => {
            ask(state, true);
            Vec::new()
        }
        // The edge says how many Gateways answer.
        (Focus::Ask, None) if at.y == layout.ask.y && at.x > layout.ask.x + layout.ask.width / 2 => {
            if state.side().answer.count() > 1 { keys::act(state, Action::NextAnswer) } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

fn click_in_window(state: &mut State, layout: &Layout, at: Position) -> Vec<Effect> {
    let bar = bar_at(state, layout, at);
    let Some(open) = &mut state.window else { return Vec::new() };
    let area = window::area(layout, open);
    if !area.contains(at) {
        return keys::act(state, Action::Close);
    }
    if let Some(bar) = bar {
        state.panes.held = Some(bar);
        move_bar(state, bar, at);
        return Vec::new();
    }
    if at.y == area.y + 1 {
        return keys::act(state, Action::Search);
    }
    let Some(row) = row_in(window::list_area(area, open), at) else { return Vec::new() };
    let index = open.offset + row;
    if open.shown().get(index).is_some_and(|item| item.choice.is_some()) {
        open.selected = index;
        return windows::pick(state);
    }
    Vec::new()
}

/// A row of the tree, or of another view, was clicked, so many columns from its left.
fn click_row(state: &mut State, row: usize, column: usize) -> Vec<Effect> {
    if let Some(pane) = &mut state.side_mut().sheet {
        let index = pane.offset + row;
        let again = pane.selected == index;
        let Some(shown) = pane.rows.get(index).copied() else { return Vec::new() };
        pane.selected = index;
        let on_mark = matches!(shown, Shown::Group(_)) && column < 2;
        return if again || on_mark { keys::act(state, Action::Select) } else { Vec::new() };
    }
    let tree = &mut state.side_mut().tree;
    let index = tree.offset + row;
    let Some(found) = tree.rows.get(index).copied() else { return Vec::new() };
    let again = tree.selected == index;
    tree.selected = index;
    if found.fold != Fold::Leaf && (again || is_mark(&found, column)) {
        return keys::act(state, Action::Select);
    }
    Vec::new()
}

/// Whether the mark that folds a row stands in a column.
fn is_mark(row: &Row, column: usize) -> bool {
    match usize::from(row.depth) {
        0 => column < 2,
        depth => (3 * (depth - 1)..3 * depth).contains(&column),
    }
}

/// The scroll bar at a place of the screen.
fn bar_at(state: &State, layout: &Layout, at: Position) -> Option<Held> {
    let bars = match &state.window {
        Some(_) => vec![Held::WindowBar],
        None => [Focus::Tree, Focus::Detail, Focus::Why].map(Held::Bar).to_vec(),
    };
    bars.into_iter().find(|bar| {
        let (inside, total) = scrolled(state, layout, *bar);
        let height = usize::from(inside.height);
        let here = at.x == inside.right() && (inside.y..inside.bottom()).contains(&at.y);
        here && height > 0 && total > height
    })
}

/// The lines that a scroll bar stands beside, and how many there are.
fn scrolled(state: &State, layout: &Layout, bar: Held) -> (Rect, usize) {
    let side = state.side();
    match (bar, &state.window) {
        (Held::WindowBar, Some(open)) => (window::list_area(window::area(layout, open), open), open.shown().len()),
        (Held::Bar(pane), _) => {
            let inside = layout.inside(pane);
            let total = match pane {
                Focus::Ask => 0,
                Focus::Tree => side.sheet.as_ref().map_or(side.tree.rows.len(), |pane| pane.rows.len()),
                Focus::Detail => detail::height(state, inside.width),
                Focus::Why => why::height(state, inside.width),
            };
            (inside, total)
        }
        _ => (Rect::ZERO, 0),
    }
}

/// Scrolls to where a bar is held. What is selected stays in view.
fn move_bar(state: &mut State, bar: Held, at: Position) {
    let layout = Layout::of(state);
    let (inside, total) = scrolled(state, &layout, bar);
    let height = usize::from(inside.height);
    if height < 2 || total <= height {
        return;
    }
    let row = usize::from(at.y.saturating_sub(inside.y)).min(height - 1);
    let offset = row * (total - height) / (height - 1);
    let within = |selected: usize| selected.clamp(offset, offset + height - 1);
    if let (Held::WindowBar, Some(open)) = (bar, &mut state.window) {
        open.offset = offset;
        open.selected = within(open.selected);
        open.step(0);
        return;
    }
    let reason = why::at(state, inside.width, offset);
    let side = state.side_mut();
    match (bar, &mut side.sheet) {
        (Held::Bar(Focus::Tree), Some(pane)) => (pane.offset, pane.selected) = (offset, within(pane.selected)),
        (Held::Bar(Focus::Tree), None) => {
            (side.tree.offset, side.tree.selected) = (offset, within(side.tree.selected));
        }
        (Held::Bar(Focus::Detail), _) => {
            (side.detail_offset, side.detail_cursor) = (offset, within(side.detail_cursor));
        }
        (Held::Bar(Focus::Why), _) => {
            side.why_offset = offset;
            side.why_selected = reason.unwrap_or(side.why_selected);
        }
        _ => {}
    }
}

/// Moves what is under the mouse sideways.
fn across(state: &mut State, at: Position, by: isize) -> Vec<Effect> {
    let layout = Layout::of(state);
    if let Some(pane) = [Focus::Tree, Focus::Detail].into_iter().find(|pane| layout.pane(*pane).contains(at)) {
        panes::across(state, pane, by);
        // The wheel turns on at the end.
        state.notice = None;
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
