//! The views beside the tree: going to one, what is listed, and its rows.

use std::sync::Arc;

use super::{moving, search};
use crate::theme::Role;
use crate::tui::context_pane::ContextPane;
use crate::tui::effect::Effect;
use crate::tui::sheet::{Listed, Sheet, SheetPane, Shown, View};
use crate::tui::state::{Focus, State};
use routescope_render::findings;
use routescope_render::outline::NodeRef;

/// Shows a view on every side. What is selected stays selected where the view has a row for it.
pub(super) fn show(state: &mut State, view: View) -> Vec<Effect> {
    state.jumped = true;
    moving::focus(state, Focus::Tree);
    if state.view == view {
        return Vec::new();
    }
    state.view = view;
    let mut effects = Vec::new();
    for side in &mut state.sides {
        effects.extend(show_on(side, view));
    }
    effects
}

/// Shows a view on a side.
pub(super) fn show_on(side: &mut ContextPane, view: View) -> Vec<Effect> {
    let keep = side.selected();
    side.across = 0;
    if let Some(filter) = &mut side.tree.filter {
        filter.listed = None;
    }
    if view == View::Tree {
        side.sheet = None;
        match keep {
            Some(node) => {
                side.reveal(node);
            }
            None => side.rebuild(None),
        }
        return search(side);
    }
    let mut pane = SheetPane::new(view);
    pane.keep = keep;
    side.sheet = Some(pane);
    list(side)
}

/// Has the view of a side listed, or takes it as it was listed ahead of this world.
pub(super) fn list(side: &mut ContextPane) -> Vec<Effect> {
    let number = side.ticket();
    let (Some(pane), Some(world)) = (&mut side.sheet, &side.world) else { return Vec::new() };
    pane.number = number;
    if let Some(sheet) = world.listed(pane.view, pane.sort).cloned() {
        return listed(side, number, sheet);
    }
    vec![Effect::List { side: side.id, number, view: pane.view, sort: pane.sort, world: world.clone() }]
}

/// A view was listed.
pub(super) fn listed(side: &mut ContextPane, number: u64, sheet: Arc<Sheet>) -> Vec<Effect> {
    let Some(pane) = side.sheet.as_mut().filter(|pane| pane.number == number) else { return Vec::new() };
    let keep = pane.keep.take().and_then(|node| sheet.row_of(node));
    let keep = keep.or_else(|| pane.keep_heading.take().and_then(|name| sheet.group_named(&name)));
    pane.keep_heading = None;
    pane.take(sheet);
    if let Some(Shown::Entry(entry)) = keep
        && let Some(group) = pane.sheet.as_ref().and_then(|sheet| sheet.group_of(entry))
    {
        pane.set_open(group, true);
    }
    pane.rebuild(None, keep);
    keep_subject(side);
    search(side)
}

/// Selects the heading of an object that was to be selected; shows the object itself where it has none.
pub(super) fn keep_subject(side: &mut ContextPane) {
    let Some(pane) = &mut side.sheet else { return };
    let (Some(subject), Some(sheet)) = (pane.keep_subject.take(), pane.sheet.clone()) else { return };
    match sheet.group_about(&subject) {
        Some(at) => {
            pane.set_open(at, true);
            rebuild(side, Some(Shown::Group(at)));
        }
        None => side.page = Some(subject),
    }
}

/// The world of a side is another: its view is listed again, and what is selected stays selected by name.
pub(super) fn replaced(side: &mut ContextPane, view: View, keep: Option<NodeRef>) -> Vec<Effect> {
    if side.sheet.is_none() && view != View::Tree {
        side.sheet = Some(SheetPane::new(view));
    }
    if let Some(filter) = &mut side.tree.filter {
        filter.listed = None;
    }
    let Some(pane) = &mut side.sheet else { return Vec::new() };
    pane.keep = keep;
    if let (None, Some(Shown::Group(at)), Some(sheet)) = (keep, pane.selected_row(), &pane.sheet) {
        pane.keep_heading = Some(sheet.groups[at].name.clone());
    }
    list(side)
}

/// What the filter found in a view.
pub(super) fn found(side: &mut ContextPane, number: u64, listed: Listed) {
    let Some(filter) = side.tree.filter.as_mut().filter(|filter| filter.number == number) else { return };
    let Some(pane) = &mut side.sheet else { return };
    let keep = pane.selected_row();
    let still_there = matches!(keep, Some(Shown::Entry(at)) if listed.holds(at));
    let best = listed.best.map(|at| Shown::Entry(at as usize)).filter(|_| !still_there).or(keep);
    if let (Some(Shown::Entry(at)), false) = (best, filter.hides) {
        open_over(pane, at);
    }
    pane.rebuild(Some(&listed.hits[..]).filter(|_| filter.hides), best);
    filter.listed = Some(listed);
}

fn open_over(pane: &mut SheetPane, entry: usize) {
    if let Some(group) = pane.sheet.as_ref().and_then(|sheet| sheet.group_of(entry)) {
        pane.set_open(group, true);
    }
}

/// Shows again what is unfolded and what the filter leaves.
pub(super) fn rebuild(side: &mut ContextPane, keep: Option<Shown>) {
    let Some(pane) = &mut side.sheet else { return };
    let filter = side.tree.filter.as_ref().filter(|filter| filter.hides);
    let hits = filter.and_then(|filter| filter.listed.as_ref()).map(|listed| &listed.hits[..]);
    let keep = keep.or_else(|| pane.selected_row());
    pane.rebuild(hits, keep);
}

/// Selects the row of a node in the view that is shown. `false` where it has none.
pub(in crate::tui) fn select(side: &mut ContextPane, node: NodeRef) -> bool {
    let Some(sheet) = side.current_sheet().cloned() else { return false };
    let Some(pane) = side.sheet.as_mut() else { return false };
    let found = sheet.entries.iter().position(|entry| entry.node == Some(node));
    let Some(at) = found else { return false };
    open_over(pane, at);
    rebuild(side, Some(Shown::Entry(at)));
    side.selected() == Some(node)
}

/// Folds or unfolds the heading over the selected row.
pub(super) fn fold(side: &mut ContextPane, open: bool) {
    let Some(pane) = &mut side.sheet else { return };
    let Some(row) = pane.selected_row() else { return };
    let Some(sheet) = pane.sheet.clone() else { return };
    match row {
        Shown::Group(at) if pane.is_open(&sheet.groups[at]) == open => {
            if open {
                pane.selected = (pane.selected + 1).min(pane.rows.len().saturating_sub(1));
            }
        }
        Shown::Group(at) => {
            pane.set_open(at, open);
            rebuild(side, Some(row));
        }
        Shown::Entry(at) if !open => {
            let heading = sheet.group_of(at).map(Shown::Group);
            if let Some(place) = pane.rows.iter().position(|row| Some(*row) == heading) {
                pane.selected = place;
            }
        }
        Shown::Entry(_) => {}
    }
}

/// Folds or unfolds every heading.
pub(super) fn fold_all(side: &mut ContextPane, open: bool) {
    let Some(pane) = &mut side.sheet else { return };
    let keep = pane.selected_row();
    pane.set_all_open(open);
    rebuild(side, keep);
}

/// Goes to the next heading, or to the one before.
pub(super) fn heading(side: &mut ContextPane, forward: bool) {
    let Some(pane) = &mut side.sheet else { return };
    let is_group = |row: &Shown| matches!(row, Shown::Group(_));
    let at = pane.selected.min(pane.rows.len());
    let found = if forward {
        pane.rows.iter().skip(at + 1).position(is_group).map(|by| at + 1 + by)
    } else {
        pane.rows[..at].iter().rposition(is_group)
    };
    pane.selected = found.unwrap_or(pane.selected);
}

/// What `enter` does on a row: folds a heading, goes to a row's node in the tree.
pub(super) fn enter(state: &mut State) -> Vec<Effect> {
    let side = state.side_mut();
    let Some(pane) = &side.sheet else { return Vec::new() };
    match (pane.selected_row(), &pane.sheet) {
        (Some(Shown::Group(at)), Some(sheet)) => {
            let open = pane.is_open(&sheet.groups[at]);
            fold(side, !open);
            Vec::new()
        }
        (Some(Shown::Entry(_)), _) => {
            let Some(node) = side.selected() else {
                state.tell(Role::Muted, "it is about something that has no place in the tree");
                return Vec::new();
            };
            let effects = show(state, View::Tree);
            state.reveal(node);
            effects
        }
        (None, _) | (_, None) => Vec::new(),
    }
}

/// Orders the rows of the table by the next column.
pub(super) fn sort(state: &mut State) -> Vec<Effect> {
    if state.view != View::Table {
        state.tell(Role::Muted, "only the table can be sorted: :table");
        return Vec::new();
    }
    let mut effects = Vec::new();
    for side in &mut state.sides {
        let keep = side.selected();
        if let Some(pane) = &mut side.sheet {
            pane.sort = pane.sort.next();
            pane.keep = keep;
            effects.extend(list(side));
        }
    }
    if let Some(pane) = &state.side().sheet {
        let text = format!("sorted by {}", pane.sort.name());
        state.tell(Role::Muted, text);
    }
    effects
}

/// Goes to the next finding, or to the one before, round and round: in the list of them, or to its node in another view.
pub(super) fn finding(state: &mut State, forward: bool) -> Vec<Effect> {
    let side = state.side();
    let Some(world) = &side.world else { return Vec::new() };
    if world.analysis.findings.is_empty() {
        state.tell(Role::Ok, "no problems found");
        return Vec::new();
    }
    if let Some(pane) = side.sheet.as_ref().filter(|pane| pane.view == View::Findings) {
        let is_finding = |row: &Shown| matches!(row, Shown::Entry(_));
        let at = pane.selected.min(pane.rows.len());
        let next = if forward {
            let behind = pane.rows.iter().skip(at + 1).position(is_finding).map(|by| at + 1 + by);
            behind.or_else(|| pane.rows.iter().position(is_finding))
        } else {
            pane.rows[..at].iter().rposition(is_finding).or_else(|| pane.rows.iter().rposition(is_finding))
        };
        if let (Some(next), Some(pane)) = (next, &mut state.side_mut().sheet) {
            pane.selected = next;
        }
        return Vec::new();
    }
    let order = world.findings_by_severity();
    let before = side.finding.and_then(|index| order.iter().position(|one| *one == index));
    let at = match (before, forward) {
        (None, true) => 0,
        (None, false) => order.len() - 1,
        (Some(at), true) => (at + 1) % order.len(),
        (Some(at), false) => (at + order.len() - 1) % order.len(),
    };
    let index = order[at];
    let finding = &world.analysis.findings[index];
    let node = crate::tui::locate::finding(world, finding);
    let text = format!("finding {} of {}: {}", at + 1, order.len(), findings::message(finding));
    state.side_mut().finding = Some(index);
    if let Some(node) = node {
        moving::focus(state, Focus::Tree);
        state.reveal(node);
    }
    state.tell(Role::Warning, text);
    Vec::new()
}
