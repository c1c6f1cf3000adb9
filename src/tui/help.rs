//! What the help window says, in the order in which it is looked for: the keys one needs most, those of the focused pane,
//! the rest by task, the mouse, then the command line and windows.

use super::action::{ACTIONS, Action, Entry, Scope};
use super::command::{WORDS, Word};
use super::sheet::View;
use super::state::{Focus, State};
use super::window::{Choice, Item};
use routescope_render::style::{Line, Role};

/// The keys that one needs most.
pub const MOST_USED: [Action; 12] = [
    Action::Ask,
    Action::Filter,
    Action::Select,
    Action::NextView,
    Action::Findings,
    Action::NextPane,
    Action::PathOnly,
    Action::Pin,
    Action::Copy,
    Action::Edit,
    Action::Palette,
    Action::Quit,
];

/// Actions that do what another one does, by keys that are heard while text is typed, too.
const WHILE_TYPING: [(Action, Action); 7] = [
    (Action::Leave, Action::Quit),
    (Action::CycleMethod, Action::Method),
    (Action::Headers, Action::EditHeaders),
    (Action::OtherSide, Action::NextSide),
    (Action::FilterModeNow, Action::FilterMode),
    (Action::PinNow, Action::Pin),
    (Action::Reload, Action::ReloadNow),
];

/// What the mouse does.
const MOUSE: [(&str, &str); 7] = [
    ("click", "select a row; again: fold it, or go where it leads"),
    ("click ▸ ▾ ├─", "fold or unfold at once"),
    ("click a hint", "do what the key in the bottom line does"),
    ("click a title", "go to the pane; again: zoom it; on a view's name: show the view"),
    ("click a pin", "ask its question again"),
    ("drag", "move an edge between panes, or a scroll bar"),
    ("wheel", "scroll what is under the mouse; with shift: sideways"),
];

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Ask,
    Look,
    Copy,
    Change,
    Leave,
}

impl Task {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Ask, "ask"),
        (Self::Look, "look around"),
        (Self::Copy, "copy and edit"),
        (Self::Change, "change what is shown"),
        (Self::Leave, "leave"),
    ];

    fn of(action: Action) -> Self {
        use Action as A;
        match action {
            A::Ask
            | A::Submit
            | A::Earlier
            | A::Later
            | A::ClearUrl
            | A::Blur
            | A::Method
            | A::MethodBack
            | A::CycleMethod
            | A::Headers
            | A::EditHeaders
            | A::UndoPaste
            | A::Pin
            | A::PinNow
            | A::Pins
            | A::Seen
            | A::UnpinAll
            | A::GoToAnswer
            | A::NextAnswer
            | A::PreviousAnswer
            | A::AskWitness => Self::Ask,
            A::Copy | A::Edit => Self::Copy,
            A::PathOnly
            | A::FaultsOnly
            | A::FilterMode
            | A::FilterModeNow
            | A::SortTable
            | A::CompareSides
            | A::Pause
            | A::Zoom
            | A::EdgeLeft
            | A::EdgeRight
            | A::EdgeUp
            | A::EdgeDown
            | A::EvenPanes
            | A::NextTheme
            | A::PickTheme
            | A::Redraw
            | A::Reload
            | A::ReloadNow => Self::Change,
            A::Back | A::Quit | A::Leave | A::Suspend => Self::Leave,
            _ => Self::Look,
        }
    }
}

/// The lines of the help window.
pub fn items(state: &State) -> Vec<Item> {
    let named = state.size.0 >= 100;
    let mut said: Vec<Action> = Vec::new();
    let mut items = Vec::new();
    let mut section = |title: &'static str, actions: Vec<Action>| {
        let new: Vec<Action> = actions.into_iter().filter(|action| !said.contains(action)).collect();
        if !new.is_empty() {
            items.push(heading(title));
            items.extend(new.iter().map(|action| action_item(state, action.entry(), named)));
            said.extend(new);
        }
    };
    section("most used", MOST_USED.to_vec());
    section(pane(state.focus), of_pane(state));
    for (task, title) in Task::ALL {
        let here = |entry: &&Entry| {
            !matches!(entry.scope, Scope::Window | Scope::Command)
                && Task::of(entry.action) == task
                && !is_while_typing(entry.action)
        };
        section(title, ACTIONS.iter().filter(here).map(|entry| entry.action).collect());
    }
    items.push(heading("the mouse"));
    items.extend(MOUSE.iter().map(|(what, does)| line(what, does)));
    items.push(heading("on the command line"));
    items.extend(WORDS.iter().map(|word| line(&format!(":{} {}", word.name, word.operand), word.doc)));
    let of_scope = |scope| ACTIONS.iter().filter(move |entry| entry.scope == scope);
    items.extend(of_scope(Scope::Command).map(|entry| action_item(state, entry, named)));
    items.push(heading("in a window"));
    items.extend(of_scope(Scope::Window).map(|entry| action_item(state, entry, named)));
    items
}

/// The lines of the palette, those that one needs most first.
pub fn palette(state: &State) -> Vec<Item> {
    let heard = |entry: &&Entry| {
        !matches!(entry.scope, Scope::Window | Scope::Ask | Scope::Command)
            && !is_while_typing(entry.action)
            && !MOST_USED.contains(&entry.action)
    };
    let first = MOST_USED.iter().map(|action| action.entry());
    let actions = first.chain(ACTIONS.iter().filter(heard)).map(|entry| action_item(state, entry, true));
    // Commands that take a word; the others are actions by the same name.
    let takes_more = |word: &&Word| !word.operand.is_empty() && !ACTIONS.iter().any(|entry| entry.name == word.name);
    actions.chain(WORDS.iter().filter(takes_more).map(command_item)).collect()
}

/// How well a query fits a choice of the palette, the best first: its whole name or key, how its name begins, a word of the
/// name, the name anywhere, then words of what it does. `None` where it does not fit.
pub fn rank(item: &Item, query: &str) -> Option<usize> {
    let (name, doc) = match item.choice.as_ref()? {
        Choice::Act(action) => (action.entry().name, action.entry().doc),
        Choice::Command(name) => (*name, WORDS.iter().find(|word| word.name == *name).map_or("", |word| word.doc)),
        _ => return None,
    };
    let keys = item.line.spans.first().map_or("", |span| span.text.trim());
    let query = query.trim();
    let words = |text: &str, query: &str| {
        let doc = text.to_lowercase();
        doc.split(|letter: char| !letter.is_alphanumeric()).any(|word| word.starts_with(query))
    };
    match () {
        () if name == query || keys.split(' ').any(|key| key.eq_ignore_ascii_case(query)) => Some(0),
        () if name.starts_with(query) => Some(1),
        () if words(name, query) => Some(2),
        () if name.contains(query) => Some(3),
        () if query.split(' ').all(|word| name.contains(word) || words(doc, word)) => Some(4),
        () => None,
    }
}

fn pane(focus: Focus) -> &'static str {
    match focus {
        Focus::Ask => "here, in the URL bar",
        Focus::Tree => "here, in the tree",
        Focus::Detail => "here, in the detail pane",
        Focus::Why => "here, among the reasons",
    }
}

/// What counts in the focused pane before the rest.
fn of_pane(state: &State) -> Vec<Action> {
    use Action as A;
    let of_scope = |scope| ACTIONS.iter().filter(move |entry| entry.scope == scope).map(|entry| entry.action);
    let moves = [A::Down, A::Up, A::HalfPageDown, A::HalfPageUp];
    match state.focus {
        Focus::Ask => of_scope(Scope::Ask).chain([A::CycleMethod, A::Headers, A::PinNow, A::UndoPaste]).collect(),
        Focus::Tree => {
            let sort = (state.view == View::Table).then_some(A::SortTable);
            sort.into_iter().chain(of_scope(Scope::Tree)).collect()
        }
        Focus::Detail => moves.into_iter().chain([A::GoTo, A::Zoom]).collect(),
        Focus::Why => moves.into_iter().chain([A::NextAnswer, A::PreviousAnswer, A::GoToAnswer]).collect(),
    }
}

fn is_while_typing(action: Action) -> bool {
    WHILE_TYPING.iter().any(|(typing, _)| *typing == action)
}

fn heading(title: &'static str) -> Item {
    Item { line: Line::of(Role::Heading, title), more: None, choice: None }
}

fn line(what: &str, does: &'static str) -> Item {
    let line = Line::of(Role::Hint, routescope_render::width::padded(what, 18) + " ").with(Role::Dim, does);
    Item { line, more: None, choice: Some(Choice::Nothing) }
}

/// An action: its keys, its name and what it does. Where room is short, its name can be left out.
fn action_item(state: &State, entry: &Entry, named: bool) -> Item {
    let keys: Vec<&str> = state.keys.names(entry.action).collect();
    let mut line = Line::of(Role::Hint, routescope_render::width::padded(&keys.join(" "), 18) + " ");
    if named {
        line.push(Role::Text, format!("{:<18} ", entry.name));
    }
    line.push(Role::Dim, entry.doc);
    let twin = WHILE_TYPING.iter().find(|(_, other)| *other == entry.action).map(|(typing, _)| *typing);
    let typed: Vec<&str> = twin.into_iter().flat_map(|twin| state.keys.names(twin)).collect();
    if !typed.is_empty() {
        line.push(Role::Dim, format!(" (typing: {})", typed.join(", ")));
    }
    Item { line, more: None, choice: Some(Choice::Act(entry.action)) }
}

/// A command that is to be completed with a word.
fn command_item(word: &Word) -> Item {
    let line = Line::of(Role::Hint, routescope_render::width::padded(&format!(":{}", word.name), 18) + " ");
    let line = line.with(Role::Text, format!("{:<18} ", word.name)).with(Role::Dim, word.doc);
    Item { line, more: None, choice: Some(Choice::Command(word.name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_descriptions() {
        let item = |action: Action| Item {
            line: Line::of(Role::Hint, action.entry().keys.join(" ")),
            more: None,
            choice: Some(Choice::Act(action)),
        };
        let rank = |action, query| rank(&item(action), query);
        let ranks = |query| [Action::Copy, Action::Pins, Action::Log].map(|action| rank(action, query));
        assert_eq!(ranks("copy"), [Some(0), None, None]);
        assert_eq!(ranks("pi"), [None, Some(1), None]);
        assert_eq!(ranks("pinned"), [None, Some(4), None]);
        // The letters in the middle of a word tell nothing, and a key is found by itself.
        assert_eq!(rank(Action::Quit, "pin"), None);
        assert_eq!(rank(Action::Palette, "ctrl-p"), Some(0));
        assert_eq!([rank(Action::NextPane, "pane"), rank(Action::NextTheme, "the")], [Some(2), Some(2)]);
        assert_eq!(rank(Action::UnpinAll, "pin"), Some(3));
    }
}
