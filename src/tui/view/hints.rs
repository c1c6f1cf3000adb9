//! The bottom line: what there is to say, else what could be done here, by key. A hint stands there only while its key
//! does something, and can be clicked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use routescope_core::visible::visible;
use routescope_render::width::Width;

use super::layout::{Layout, LayoutKind};
use super::{detail, why};
use crate::theme::Role;
use crate::tui::action::{Action, Entry};
use crate::tui::context_pane::PaneContent;
use crate::tui::copy;
use crate::tui::path_view::When;
use crate::tui::rows::Fold;
use crate::tui::sheet::{Shown, View};
use crate::tui::state::{Focus, State};
use crate::tui::update::{can_be_taken_apart, is_editable, scopes_of};
use crate::tui::widget::text::cut_end;
use crate::tui::window::{Choice, Kind, Window};

/// A key, and what it does here.
#[derive(Debug, Clone)]
pub struct Hint {
    /// The key, as it is written.
    pub key: String,
    /// What it does, in a word or two.
    pub word: &'static str,
    /// What is done.
    pub action: Action,
}

/// What stands between two hints.
const GAP: &str = " · ";

/// Draws the line.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let area = layout.footer;
    if area.is_empty() {
        return;
    }
    let theme = state.theme();
    if let Some(notice) = &state.notice {
        let text = cut_end(&visible(&format!(" {}", notice.text)), usize::from(area.width));
        buffer.set_stringn(area.x, area.y, text, usize::from(area.width), theme.style(notice.role));
        return;
    }
    let x = area.x + 1.min(area.width);
    buffer.set_stringn(x, area.y, waiting(state), usize::from(area.width.saturating_sub(1)), theme.style(Role::Title));
    for (index, (at, hint)) in placed(state, layout).into_iter().enumerate() {
        let width = usize::from(at.width);
        if index > 0 {
            buffer.set_stringn(at.x - 3, at.y, GAP, 3, theme.style(Role::Guide));
        }
        let (x, _) = buffer.set_stringn(at.x, at.y, &hint.key, width, theme.style(Role::Key));
        buffer.set_stringn(x, at.y, format!(" {}", hint.word), width, theme.style(Role::Hint));
    }
}

/// The keys that wait for more.
fn waiting(state: &State) -> String {
    if state.pending.is_empty() { String::new() } else { format!("{} … ", state.pending.text()) }
}

/// The hints that fit, and where they stand; none while there is something to say.
pub fn placed(state: &State, layout: &Layout) -> Vec<(Rect, Hint)> {
    let area = layout.footer;
    let mut placed = Vec::new();
    if area.is_empty() || state.notice.is_some() {
        return placed;
    }
    let mut x = usize::from(area.x + 1.min(area.width)) + waiting(state).width();
    for hint in hints(state) {
        let width = hint.key.width() + 1 + hint.word.width();
        if x + width > usize::from(area.right()) {
            break;
        }
        if let (Ok(x), Ok(width)) = (u16::try_from(x), u16::try_from(width)) {
            placed.push((Rect { x, y: area.y, width, height: 1 }, hint));
        }
        x += width + GAP.width();
    }
    placed
}

/// The keys that help most where one is, the most useful first.
pub fn hints(state: &State) -> Vec<Hint> {
    if !state.pending.is_empty() {
        let hint = |(key, entry): (String, &'static Entry)| Hint { key, word: entry.name, action: entry.action };
        return following(state).into_iter().map(hint).collect();
    }
    let mut seen = Vec::new();
    let mut hints = Vec::new();
    for (action, word) in wanted(state) {
        let Some(key) = state.keys.first(action).filter(|_| !seen.contains(&action)) else { continue };
        if is_of_use(state, action) {
            hints.push(Hint { key: key.to_owned(), word, action });
            seen.push(action);
        }
    }
    hints
}

/// The keys that may follow those that wait for more, and do something here.
pub fn following(state: &State) -> Vec<(String, &'static Entry)> {
    let mut follow = state.pending.follow(&state.keys, scopes_of(state.focus));
    follow.retain(|(_, entry)| is_of_use(state, entry.action));
    follow
}

/// What may be hinted at where one is, the most useful first.
fn wanted(state: &State) -> Vec<(Action, &'static str)> {
    if let Some(window) = &state.window {
        return in_window(window);
    }
    if state.side().is_filtering() {
        let hides = state.side().tree.filter.as_ref().is_some_and(|filter| filter.hides);
        return vec![
            (Action::Select, "keep"),
            (Action::Down, "next match"),
            (Action::FilterModeNow, if hides { "mark only" } else { "hide others" }),
            (Action::Back, "show everything again"),
        ];
    }
    let mut hints = match state.focus {
        Focus::Tree if state.view != View::Tree => in_view(state),
        focus => in_pane(state, focus),
    };
    let mut insert = |at: usize, hint| hints.insert(at.min(hints.len()), hint);
    if state.is_several() {
        let action = if state.focus == Focus::Ask { Action::OtherSide } else { Action::NextSide };
        let files = state.sides.iter().any(|side| side.part.is_some());
        let is_alone = state.comparing.is_some() && Layout::of(state).trees.len() == 1;
        insert(
            2,
            match files {
                _ if is_alone => (action, "other side"),
                true => (action, "next source"),
                false => (action, "next context"),
            },
        );
    }
    if state.focus == Focus::Tree && state.view == View::Tree {
        let path = &state.side().tree.path;
        if path.shrunk || path.when == When::Never {
            insert(0, (Action::PathOnly, if path.shrunk { "show everything" } else { "path only" }));
        }
        insert(2, (Action::NextMark, "next change"));
        match state.comparing {
            Some(_) => insert(3, (Action::CompareSides, "end compare")),
            None => insert(6, (Action::CompareSides, "compare")),
        }
    }
    hints
}

fn in_window(window: &Window) -> Vec<(Action, &'static str)> {
    use Action::{Beside, Close, Pick, Remove, Search, SeenHere, WindowDown};
    match window.kind {
        Kind::Headers => vec![(Pick, "add, or close when empty"), (Remove, "remove"), (Close, "close")],
        Kind::Pins if !window.typing => {
            vec![(Pick, "ask it"), (SeenHere, "seen"), (Remove, "unpin"), (Close, "close")]
        }
        _ if window.typing => vec![(Pick, "pick"), (WindowDown, "next"), (Close, "back")],
        Kind::Hosts => vec![(Pick, "begin with it"), (WindowDown, "next"), (Close, "close")],
        Kind::Contexts => vec![(Pick, "go there"), (Beside, "put it beside"), (Close, "close")],
        _ => vec![(Pick, "pick"), (Search, "search"), (Close, "close")],
    }
}

fn in_view(state: &State) -> Vec<(Action, &'static str)> {
    let pane = state.side().sheet.as_ref();
    let heading = pane.and_then(|pane| match pane.selected_row()? {
        Shown::Group(at) => Some(pane.is_open(pane.sheet.as_ref()?.groups.get(at)?)),
        Shown::Entry(_) => None,
    });
    let enter = match heading {
        Some(true) => "fold",
        Some(false) => "unfold",
        None => "go to its node",
    };
    let mut hints = match state.view {
        View::Findings => vec![(Action::NextFinding, "next")],
        View::Table => vec![(Action::Select, enter), (Action::SortTable, "sort")],
        _ => Vec::new(),
    };
    hints.push((Action::Select, enter));
    if state.view == View::Findings {
        hints.push((Action::Edit, "edit its line"));
    }
    hints.extend([
        (Action::NextView, "next view"),
        (Action::TreeView, "tree"),
        (Action::Filter, "filter"),
        (Action::Help, "help"),
        (Action::Quit, "quit"),
        (Action::NextPane, "panes"),
        (Action::Ask, "trace a URL"),
        (Action::Copy, "copy"),
        (Action::Edit, "edit"),
    ]);
    hints
}

fn in_pane(state: &State, focus: Focus) -> Vec<(Action, &'static str)> {
    match focus {
        Focus::Ask => vec![
            (Action::Submit, "go to the answer"),
            (Action::Blur, "tree"),
            (Action::NextPane, "panes"),
            (Action::Earlier, "earlier URLs"),
            (Action::CycleMethod, "method"),
            (Action::Headers, "headers"),
            (Action::ClearUrl, "clear"),
            (Action::Leave, if state.ask.input.value().is_empty() { "quit" } else { "empty" }),
        ],
        Focus::Tree => vec![
            (Action::Ask, "trace a URL"),
            (Action::Filter, "filter"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
            (Action::NextPane, "panes"),
            (Action::Select, folds(state)),
            (Action::NextView, "views"),
            (Action::Findings, "findings"),
            (Action::Command, "command"),
            (Action::Method, "method"),
            (Action::EditHeaders, "headers"),
            (Action::Copy, "copy"),
            (Action::Edit, "edit"),
            (Action::NextTheme, "theme"),
        ],
        Focus::Detail => vec![
            (Action::Down, "scroll"),
            (Action::NextPane, "panes"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
            (Action::Zoom, if state.zoom { "all panes" } else { "zoom" }),
            (Action::Edit, "edit"),
            (Action::Copy, "copy"),
            (Action::Ask, "trace a URL"),
        ],
        Focus::Why => vec![
            (Action::Select, "go to its node"),
            (Action::NextPane, "panes"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
            (Action::NextAnswer, "next Gateway"),
            (Action::Edit, "edit"),
            (Action::Copy, "copy"),
            (Action::Ask, "trace a URL"),
        ],
    }
}

/// What `enter` does with the selected row of the tree.
fn folds(state: &State) -> &'static str {
    match state.side().selected_row().map(|row| row.fold) {
        Some(Fold::Open) => "fold",
        Some(Fold::Closed) => "unfold",
        _ => "detail",
    }
}

/// Whether an action does something here and now.
fn is_of_use(state: &State, action: Action) -> bool {
    let side = state.side();
    let tree = || (side.tree.rows.len(), side.tree.selected);
    let (rows, selected) = side.sheet.as_ref().map_or_else(tree, |pane| (pane.rows.len(), pane.selected));
    let choice = || state.window.as_ref().and_then(Window::choice);
    let shown = || state.window.as_ref().map_or(0, |window| window.shown().len());
    match action {
        Action::Filter => side.world.is_some(),
        Action::Copy => copy::is_any(state),
        Action::TreeView => state.view != View::Tree,
        Action::TableView => state.view != View::Table,
        Action::BackendsView => state.view != View::Backends,
        Action::OwnersView => state.view != View::Owners,
        Action::GoTo if state.focus == Focus::Detail => {
            !detail::targets(state, Layout::of(state).inside(Focus::Detail).width).is_empty()
        }
        Action::GoTo if state.focus == Focus::Tree => !detail::all_targets(state).is_empty(),
        Action::Select | Action::GoTo => selects(state),
        Action::Top | Action::Bottom if state.focus == Focus::Tree => rows > 1,
        Action::Findings | Action::NextFinding => {
            side.world.as_ref().is_some_and(|world| world.findings.iter().sum::<usize>() > 0)
        }
        Action::Edit => is_editable(state),
        Action::PathOnly => !side.highlighted.is_empty(),
        // In the bar the key completes what is typed.
        Action::NextPane => state.focus != Focus::Ask || (state.ask.ghost().is_none() && !state.ask.has_hosts()),
        Action::NextAnswer => side.answer.count() > 1,
        Action::CompareSides => state.is_several() || can_be_taken_apart(state),
        Action::NextMark if side.differs.is_some() => true,
        Action::NextMark => side.world.as_ref().is_some_and(PaneContent::has_marks),
        Action::Down if side.is_filtering() => selected + 1 < rows,
        Action::Down => {
            let width = Layout::of(state).inside(Focus::Detail).width;
            state.focus != Focus::Detail || side.detail_cursor + 1 < detail::height(state, width)
        }
        Action::Zoom => Layout::of(state).shape != LayoutKind::Single,
        Action::Earlier => state.ask.has_earlier(),
        Action::ClearUrl => !state.ask.input.value().is_empty(),
        Action::NextTheme => state.themes.len() > 1,
        Action::Pick => choice().is_some() || state.window.as_ref().is_some_and(|one| one.kind == Kind::Headers),
        Action::WindowDown => shown() > 1,
        Action::Remove => matches!(choice(), Some(Choice::Header(_) | Choice::Pin(_))),
        Action::SeenHere => matches!(choice(), Some(Choice::Pin(pin)) if state.has_turned(pin)),
        _ => true,
    }
}

fn selects(state: &State) -> bool {
    let side = state.side();
    if side.is_filtering() {
        return true;
    }
    match state.focus {
        Focus::Why => why::target(state, side.why_selected).is_some(),
        Focus::Tree if state.view != View::Tree => side.sheet.as_ref().is_some_and(|pane| match pane.selected_row() {
            Some(Shown::Group(_)) => true,
            Some(Shown::Entry(_)) => side.selected().is_some(),
            None => false,
        }),
        Focus::Tree => side
            .selected_row()
            .is_some_and(|row| row.fold != Fold::Leaf || Layout::of(state).shape == LayoutKind::Single),
        _ => true,
    }
}
