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
        Leave "quit anywhere" ["ctrl-c"] "quit, from anywhere",
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
        NextSide "next context" ["c"] "go to the next context or source",
        PreviousSide "previous context" ["C"] "go to the previous context or source",
        CompareSides "compare" ["x"] "compare contexts, sources of files, or a cluster with and without files over it",
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
        ScrollLeft "scroll left" ["<", "shift-left"] "show what is further left in this pane",
        ScrollRight "scroll right" [">", "shift-right"] "show what is further right in this pane",
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
        &ACTIONS[self as usize]
    }
}

impl Entry {
    /// The name by which `config.toml` gives it keys: `fold all` is `fold-all`.
    pub fn key_name(&self) -> String {
        let words = self.name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-")
    }
}

/// A key with what is held down besides. Shift counts where it makes no other letter.
pub type Chord = (KeyCode, KeyModifiers);

/// What an event is.
pub fn chord(event: KeyEvent) -> Chord {
    let held = KeyModifiers::CONTROL | KeyModifiers::ALT;
    match event.code {
        KeyCode::BackTab => (event.code, event.modifiers & held | KeyModifiers::SHIFT),
        KeyCode::Char(_) => (event.code, event.modifiers & held),
        _ => (event.code, event.modifiers & (held | KeyModifiers::SHIFT)),
    }
}

/// The keys that a name stands for: one (`ctrl-c`), two letters in a row (`gd`), or several (`g f5`).
pub fn parse_keys(name: &str) -> Option<Vec<Chord>> {
    if let Some(key) = parse_key(name) {
        return Some(vec![key]);
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    match *words {
        [] => None,
        [word] => {
            // `f0` is a slip, and not two letters.
            let numbered = word.starts_with(['f', 'F']) && word.ends_with(|letter: char| letter.is_ascii_digit());
            let letters = word.chars().count() == 2 && !word.contains('-') && !numbered;
            letters.then(|| word.chars().map(|letter| (KeyCode::Char(letter), KeyModifiers::NONE)).collect())
        }
        _ => words.into_iter().map(parse_key).collect(),
    }
}

/// How keys in a row are written: letters together, others apart.
pub fn keys_name(keys: &[Chord]) -> String {
    let names: Vec<String> = keys.iter().copied().map(key_name).collect();
    let letters = names.iter().all(|name| name.chars().count() == 1);
    names.join(if letters { "" } else { " " })
}

/// The keys that are not letters.
const NAMED: [(&str, KeyCode); 16] = [
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("backspace", KeyCode::Backspace),
    ("tab", KeyCode::Tab),
    ("tab", KeyCode::BackTab),
];

const MODIFIERS: [(&str, KeyModifiers); 3] =
    [("ctrl", KeyModifiers::CONTROL), ("alt", KeyModifiers::ALT), ("shift", KeyModifiers::SHIFT)];

/// How a key is written.
fn key_name((code, modifiers): Chord) -> String {
    let held =
        MODIFIERS.iter().filter(|(_, modifier)| modifiers.contains(*modifier)).map(|(name, _)| format!("{name}-"));
    let name = match NAMED.iter().find(|(_, named)| *named == code) {
        Some((name, _)) => (*name).to_owned(),
        None => match code {
            KeyCode::F(number) => format!("f{number}"),
            code => code.as_char().map(String::from).unwrap_or_default(),
        },
    };
    held.collect::<String>() + &name
}

/// The key that a name stands for: `x`, `ctrl-x`, `shift-up`, `F5`.
pub fn parse_key(name: &str) -> Option<Chord> {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    while let Some((head, tail)) = rest.split_once('-').filter(|(head, tail)| !head.is_empty() && !tail.is_empty()) {
        modifiers |= MODIFIERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(head))?.1;
        rest = tail;
    }
    let mut letters = rest.chars();
    if let (Some(letter), "") = (letters.next(), letters.as_str()) {
        // A terminal sends one key for ctrl and a letter, whatever its case.
        let lower = modifiers.contains(KeyModifiers::CONTROL);
        let upper = modifiers.contains(KeyModifiers::SHIFT);
        let letter = if lower {
            letter.to_ascii_lowercase()
        } else if upper {
            letter.to_ascii_uppercase()
        } else {
            letter
        };
        return Some((KeyCode::Char(letter), modifiers - KeyModifiers::SHIFT));
    }
    let name = rest.to_ascii_lowercase();
    let code = match (&*name, NAMED.iter().find(|(known, _)| *known == name)) {
        ("tab", _) if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        ("space", _) => return Some((KeyCode::Char(' '), modifiers - KeyModifiers::SHIFT)),
        (_, Some((_, code))) => *code,
        ("return", None) => KeyCode::Enter,
        ("escape", None) => KeyCode::Esc,
        ("pageup", None) => KeyCode::PageUp,
        ("pagedown", None) => KeyCode::PageDown,
        ("del", None) => KeyCode::Delete,
        (name, None) => {
            let number = name.strip_prefix('f').filter(|digits| !digits.starts_with('0'))?.parse().ok()?;
            (1..=24).contains(&number).then_some(KeyCode::F(number))?
        }
    };
    Some((code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_words_and_keys_that_are_written_as_they_are_shown() {
        for entry in ACTIONS {
            assert!(!entry.name.is_empty() && !entry.doc.is_empty() && !entry.keys.is_empty(), "{:?}", entry.action);
            for key in entry.keys {
                assert_eq!(parse_keys(key).map(|keys| keys_name(&keys)).as_deref(), Some(*key), "{}", entry.name);
            }
        }
    }

    #[test]
    fn actions_stand_in_the_table_in_their_order() {
        assert!(ACTIONS.iter().enumerate().all(|(at, entry)| entry.action as usize == at));
    }

    #[test]
    fn keys_are_read_as_people_write_them() {
        let named = |name: &str| parse_keys(name).map(|keys| keys_name(&keys)).unwrap_or_default();
        let read =
            ["F5", "Ctrl-O", "shift-g", "g g", "G G", "ctrl-x ctrl-s", "PageDown", "alt-H", "shift-tab", "-", "ctrl--"];
        let wanted = ["f5", "ctrl-o", "G", "gg", "GG", "ctrl-x ctrl-s", "pgdn", "alt-H", "shift-tab", "-", "ctrl--"];
        assert_eq!(read.map(named), wanted);
        assert!(["", "  ", "foo", "f0", "f25", "hyper-x", "ctrl-foo"].iter().all(|name| parse_keys(name).is_none()));
    }
}
