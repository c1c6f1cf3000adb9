//! Everything a person can do by key: one table of name, keys, words. The help screen, the footer and the README's key
//! list are made from it, and a test holds that nothing is missing there.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where an action's keys are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In every pane, except while text is typed.
    Panes,
    /// In the tree.
    Tree,
    /// In every pane and while text is typed.
    Always,
    /// In the URL bar.
    Ask,
    /// While a window lies over the panes.
    Window,
    /// On the command line.
    Command,
}

impl Scope {
    /// Every scope, in the order of the help screen.
    pub const ALL: [Self; 6] = [Self::Always, Self::Panes, Self::Tree, Self::Ask, Self::Command, Self::Window];

    /// The heading in the help screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Always => "everywhere",
            Self::Panes => "in the panes",
            Self::Tree => "in the tree",
            Self::Ask => "in the URL bar",
            Self::Window => "in a window",
            Self::Command => "on the command line",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What is done.
    pub action: Action,
    /// Where its keys are heard.
    pub scope: Scope,
    /// The name in the palette.
    pub name: &'static str,
    /// The keys, as the help screen writes them.
    pub keys: &'static [&'static str],
    /// What it does, in a few words.
    pub doc: &'static str,
}

/// Declares the actions once: the enum and the table both come from here.
macro_rules! actions {
    ($($scope:ident { $($variant:ident $name:literal [$($key:literal),+] $doc:literal,)+ })+) => {
        /// Something a person can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[doc = $doc] $variant,)+)+ }

        /// Every action.
        pub const ACTIONS: &[Entry] = &[$($(Entry {
            action: Action::$variant,
            scope: Scope::$scope,
            name: $name,
            keys: &[$($key),+],
            doc: $doc,
        },)+)+];
    };
}

actions! {
    Always {
        Leave "quit" ["ctrl-c"] "quit, from anywhere",
        NextPane "next pane" ["tab"] "go to the next pane",
        PreviousPane "previous pane" ["shift-tab"] "go to the previous pane",
        Palette "all actions" ["ctrl-p"] "find an action by name",
        Redraw "redraw" ["ctrl-l"] "redraw",
        Suspend "suspend" ["ctrl-z"] "suspend: fg in the shell comes back",
        Reload "reload" ["f5", "ctrl-r"] "reload the sources",
        CycleMethod "method" ["f2"] "next method",
        Headers "headers" ["f3"] "edit the headers that are sent",
        OtherSide "other context" ["f4"] "go to the next context, also while typing",
        FilterModeNow "mark or hide now" ["f7"] "mark or hide, also while the filter is typed",
        UndoPaste "undo paste" ["alt-u"] "ask again what was asked before the paste",
        PinNow "pin it" ["f6"] "pin the question with its answer, or unpin it",
    }
    Panes {
        Quit "quit" ["q"] "quit",
        Help "help" ["?", "f1"] "show all keys",
        Ask "ask" ["u", "i"] "type a URL and see where it goes",
        Command "command" [":"] "type a command: ctx, ns, theme, or the name of an action",
        Filter "filter" ["/"] "find nodes by name, path, host, label or backend",
        FilterMode "mark or hide" ["&"] "the filter marks what matches, or hides the rest",
        FaultsOnly "faults only" ["F"] "show only rows with faults, or everything",
        Method "method, next" ["m"] "next method",
        MethodBack "method, previous" ["M"] "previous method",
        EditHeaders "headers, edit" ["H"] "edit the headers that are sent",
        NextView "view" ["v"] "the next view: tree, table, backends, owners, findings",
        PreviousView "view, back" ["V"] "the view before",
        TreeView "tree" ["gt"] "the tree: Gateways, hosts, routes, rules",
        TableView "table" ["gr"] "every rule in the order in which it is tried",
        BackendsView "backends" ["gb"] "each Service or Backend, with all that reaches it",
        OwnersView "owners" ["go"] "each namespace, with the prefixes that its routes have",
        Findings "findings" ["f", "gf"] "the findings as a list; again for the tree",
        NextFinding "next finding" ["}"] "go to the next finding",
        PreviousFinding "previous finding" ["{"] "go to the finding before",
        SortTable "sort" ["S"] "sort the table by the next column",
        NextMatch "next match" ["n"] "go to the next row that the filter found",
        PreviousMatch "previous match" ["N"] "go to the row that the filter found before",
        GoTo "go to" ["gd"] "go where a name leads: a parent, a child, a policy, a Service",
        JumpBack "back" ["ctrl-o", "alt-left"] "go back to where the last jump began",
        JumpForward "forward" ["alt-right", "ctrl-i"] "go forward again (ctrl-i is tab in most terminals)",
        NextAnswer "next answer" [")"] "show the answer of the next Gateway",
        PreviousAnswer "previous answer" ["("] "show the answer of the previous Gateway",
        Pin "pin" ["p"] "pin the question with its answer, or unpin it",
        Pins "pins" ["P"] "list the pinned questions, and ask one of them",
        Seen "seen" ["a"] "mark changed pins as seen",
        UnpinAll "unpin all" ["alt-p"] "unpin all questions",
        GoToAnswer "go to the answer" ["."] "select the node that decided",
        AskWitness "ask the rule's request" ["w"] "ask a request that meets the selected rule",
        PathOnly "path only" ["s"] "show only the path of the answer, or everything",
        Copy "copy" ["y"] "copy the answer, the URL, a command or a place",
        Edit "edit" ["e"] "open the place in $VISUAL or $EDITOR",
        NextTheme "next theme" ["t"] "change the colours",
        PickTheme "pick a theme" ["T"] "choose the colours from a list",
        ReloadNow "reload now" ["r"] "reload the sources; reconnect to the cluster",
        Connection "connection" ["R"] "connection status and missing permissions",
        NextSide "next context" ["c"] "go to the next of the contexts that are followed",
        PreviousSide "previous context" ["C"] "go to the previous of the contexts that are followed",
        CompareSides "compare" ["x"] "mark the rows that differ between contexts, and fold equal ones",
        Log "log" ["L"] "list what changed while you looked, and go there",
        Files "files" ["o"] "list what the files over the cluster change, and go there",
        NextMark "next change" ["d"] "go to the next node that files change, or that differs",
        PreviousMark "previous change" ["D"] "go to the previous such node",
        Pause "pause" ["Z"] "show no changes of the cluster until pressed again",
        Up "up" ["up", "k"] "one line up",
        Down "down" ["down", "j"] "one line down",
        PageUp "page up" ["pgup", "ctrl-b"] "one page up",
        PageDown "page down" ["pgdn", "ctrl-f", "space"] "one page down",
        HalfPageUp "half a page up" ["ctrl-u"] "half a page up",
        HalfPageDown "half a page down" ["ctrl-d"] "half a page down",
        Top "top" ["gg", "home"] "to the first line, or to the line of a count",
        Bottom "bottom" ["G", "end", "ge"] "to the last line, or to the line of a count (12G)",
        Select "select" ["enter"] "open what is selected: fold, unfold, or go where it leads",
        Back "leave" ["esc"] "clear the filter, then go back to the tree",
        Zoom "zoom" ["z"] "zoom this pane",
        EdgeLeft "edge left" ["ctrl-left", "alt-H"] "move the edge between the panes to the left",
        EdgeRight "edge right" ["ctrl-right", "alt-L"] "move the edge between the panes to the right",
        EdgeUp "edge up" ["ctrl-up", "alt-K"] "move the edge between the panes up",
        EdgeDown "edge down" ["ctrl-down", "alt-J"] "move the edge between the panes down",
        EvenPanes "own sizes" ["="] "give the panes the sizes that they have by themselves",
    }
    Tree {
        Fold "fold" ["left", "h"] "fold, or go to the node above",
        Unfold "unfold" ["right", "l"] "unfold, or go to the first node below",
        FoldAll "fold all" ["-"] "fold everything",
        UnfoldAll "unfold all" ["+", "*"] "unfold everything",
        Level1 "level 1" ["g1", "alt-1"] "unfold to the Gateways",
        Level2 "level 2" ["g2", "alt-2"] "unfold to the hosts",
        Level3 "level 3" ["g3", "alt-3"] "unfold to the routes",
        Level4 "level 4" ["g4", "alt-4"] "unfold to their rules",
        Level5 "level 5" ["g5", "alt-5"] "unfold to the delegated routes",
        NextSibling "next sibling" ["J", "]"] "to the next node of this level",
        PreviousSibling "previous sibling" ["K", "["] "to the previous node of this level",
    }
    Ask {
        Submit "to the answer" ["enter"] "keep the URL and go to the node that decided",
        Earlier "earlier URL" ["up"] "the URL asked before",
        Later "later URL" ["down"] "the URL asked after",
        ClearUrl "clear" ["ctrl-u"] "empty the bar (up brings it back)",
        Blur "to the tree" ["esc"] "go to the tree; what was typed stays",
    }
    Command {
        Run "run" ["enter"] "carry out what is typed",
        Complete "complete" ["tab", "down"] "complete the word; again for the next one",
        CompleteBack "complete, back" ["shift-tab", "up"] "the completion before",
        Abandon "leave the line" ["esc"] "close the line without doing anything",
    }
    Window {
        Close "close" ["esc", "q"] "close the window",
        Pick "pick" ["enter"] "take what is selected",
        Search "search" ["/"] "search in the window",
        WindowUp "window: up" ["up", "k"] "one line up",
        WindowDown "window: down" ["down", "j"] "one line down",
        WindowPageUp "window: page up" ["pgup"] "one page up",
        WindowPageDown "window: page down" ["pgdn"] "one page down",
        WindowTop "window: top" ["home", "g"] "to the first line",
        WindowBottom "window: bottom" ["end", "G"] "to the last line",
        Remove "remove" ["delete", "ctrl-d"] "remove the selected header or pin",
        SeenHere "seen, this one" ["a"] "mark the selected pin as seen",
        Beside "beside" ["+"] "follow the selected context beside the others",
    }
}

impl Action {
    /// Its row of the table.
    pub fn entry(self) -> &'static Entry {
        // Every variant is declared together with its row.
        ACTIONS.iter().find(|entry| entry.action == self).unwrap_or(&ACTIONS[0])
    }

    /// The first of its keys, for hints.
    pub fn key(self) -> &'static str {
        self.entry().keys[0]
    }

    /// The action a key stands for in one of the scopes, the first of which wins.
    pub fn of(key: KeyEvent, scopes: &[Scope]) -> Option<Self> {
        match Self::of_keys(&[key], scopes) {
            Match::Is(action) => Some(action),
            Match::Begins | Match::None => None,
        }
    }

    /// The action that keys in a row stand for in one of the scopes, the first of which wins.
    pub fn of_keys(keys: &[KeyEvent], scopes: &[Scope]) -> Match {
        let in_scope = |scope: &Scope| {
            let names = ACTIONS.iter().filter(|entry| entry.scope == *scope);
            let names = names.flat_map(|entry| entry.keys.iter().map(|name| (entry.action, *name)));
            let found = names.filter_map(|(action, name)| {
                let wanted = parse_keys(name)?;
                let begins =
                    wanted.len() >= keys.len() && wanted.iter().zip(keys).all(|(key, event)| is_key(*key, *event));
                begins.then_some(if wanted.len() == keys.len() { Match::Is(action) } else { Match::Begins })
            });
            found.max()
        };
        scopes.iter().find_map(in_scope).unwrap_or(Match::None)
    }
}

/// What keys in a row come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// No action has them.
    None,
    /// They are the first keys of an action.
    Begins,
    /// They are the keys of an action.
    Is(Action),
}

/// Whether a name of the table is several keys in a row (`gd`).
pub fn is_sequence(name: &str) -> bool {
    parse_key(name).is_none() && parse_keys(name).is_some()
}

/// The key events that a name of the table stands for: one (`ctrl-c`), or several letters in a row (`gd`).
pub fn parse_keys(name: &str) -> Option<Vec<(KeyCode, KeyModifiers)>> {
    if let Some(key) = parse_key(name) {
        return Some(vec![key]);
    }
    let plain = !name.is_empty() && !name.contains('-') && name.chars().count() <= 3;
    plain.then(|| name.chars().map(|letter| (KeyCode::Char(letter), KeyModifiers::NONE)).collect())
}

/// The key event that a name of the table stands for.
pub fn parse_key(name: &str) -> Option<(KeyCode, KeyModifiers)> {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    while let Some((modifier, tail)) = rest.split_once('-').filter(|(head, tail)| !head.is_empty() && !tail.is_empty())
    {
        modifiers |= match modifier {
            "ctrl" => KeyModifiers::CONTROL,
            "alt" => KeyModifiers::ALT,
            "shift" => KeyModifiers::SHIFT,
            _ => return None,
        };
        rest = tail;
    }
    let code = match rest {
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        "delete" => KeyCode::Delete,
        "tab" if modifiers == KeyModifiers::SHIFT => KeyCode::BackTab,
        "tab" => KeyCode::Tab,
        _ => {
            if let Some(number) = rest.strip_prefix('f').and_then(|number| number.parse().ok()) {
                KeyCode::F(number)
            } else {
                let mut chars = rest.chars();
                let only = chars.next().filter(|_| chars.as_str().is_empty())?;
                KeyCode::Char(only)
            }
        }
    };
    Some((code, modifiers))
}

/// Whether an event is a key of the table. Shift counts only through what it makes of a letter.
fn is_key((code, modifiers): (KeyCode, KeyModifiers), event: KeyEvent) -> bool {
    let chord = KeyModifiers::CONTROL | KeyModifiers::ALT;
    event.code == code && event.modifiers & chord == modifiers & chord
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_key_that_parses_and_words() {
        for entry in ACTIONS {
            assert!(!entry.name.is_empty() && !entry.doc.is_empty(), "{:?}", entry.action);
            for key in entry.keys {
                assert!(parse_keys(key).is_some(), "{key} of {}", entry.name);
            }
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let beside = |a: Scope, b: Scope| a == b || (a == Scope::Panes && b == Scope::Tree);
        for (index, one) in ACTIONS.iter().enumerate() {
            for other in &ACTIONS[index + 1..] {
                if beside(one.scope, other.scope) {
                    let clash = |a: &str, b: &str| {
                        let both = |name| parse_keys(name).expect("a key of that name");
                        let (a, b) = (both(a), both(b));
                        let shorter = a.len().min(b.len());
                        // One that is the beginning of the other would never wait for the rest.
                        a[..shorter] == b[..shorter]
                    };
                    let shared = one.keys.iter().find(|key| other.keys.iter().any(|known| clash(key, known)));
                    assert!(shared.is_none(), "{shared:?} is both {} and {}", one.name, other.name);
                }
            }
        }
    }

    #[test]
    fn letters_with_shift_are_letters_of_their_own() {
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Action::of(shifted, &[Scope::Panes]), Some(Action::Bottom));
        let plain = KeyEvent::new(KeyCode::Char('g'), KeyModifiers::NONE);
        assert_eq!(Action::of_keys(&[plain, plain], &[Scope::Panes]), Match::Is(Action::Top));
        assert_eq!(Action::of_keys(&[plain], &[Scope::Panes]), Match::Begins);
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(Action::of(control, &[Scope::Panes, Scope::Always]), Some(Action::Leave));
    }
}
