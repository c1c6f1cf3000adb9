//! The keys in force: those of the action table, with what the person wrote into `[keys]` of `config.toml`. What cannot
//! be meant is a warning. A key that quits is always left.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{ACTIONS, Action, Chord, Entry, Scope, chord, keys_name, parse_keys};
use crate::config::{Binding, SETTINGS, quoted};
use crate::theme::did_you_mean;
use routescope_core::finding::closest;

/// The keys of every action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// By the place of the action in the table.
    bound: Vec<Vec<Keys>>,
}

/// Keys in a row that an action has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Keys {
    name: String,
    chords: Vec<Chord>,
}

impl Keys {
    fn parse(name: &str) -> Option<Self> {
        let chords = parse_keys(name)?;
        Some(Self { name: keys_name(&chords), chords })
    }

    /// Whether one is the other, or the beginning of the other, which then would never be heard to its end.
    fn clashes(&self, other: &Self) -> bool {
        self.chords.iter().zip(&other.chords).all(|(one, two)| one == two)
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

impl Default for Keymap {
    fn default() -> Self {
        let keys = |entry: &Entry| entry.keys.iter().filter_map(|name| Keys::parse(name)).collect();
        Self { bound: ACTIONS.iter().map(keys).collect() }
    }
}

impl Keymap {
    /// The table's keys with the person's own in their place. Returns the warnings, too, one line each.
    pub fn of(own: &[Binding]) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut replaced: BTreeSet<Action> = BTreeSet::new();
        let mut wanted: Vec<(Action, Keys, Option<&str>)> = Vec::new();
        for binding in own {
            let Some(entry) = ACTIONS.iter().find(|entry| entry.key_name() == binding.action) else {
                problems.push(format!("{}: {}", binding.at, unknown(&binding.action)));
                continue;
            };
            let mut keys = Vec::new();
            for name in &binding.keys {
                match usable(entry, name) {
                    Ok(key) => keys.push(key),
                    Err(problem) => problems.push(format!("{}: {problem}", binding.at)),
                }
            }
            if keys.is_empty() && !binding.keys.is_empty() {
                continue;
            }
            if entry.action == Action::Leave && !keys.iter().any(is_heard_while_typing) {
                let stays = entry.keys.join(", ");
                problems.push(format!(
                    "{}: {} needs a key that is heard everywhere: {stays} stays",
                    binding.at, binding.action
                ));
            } else {
                replaced.insert(entry.action);
            }
            wanted.extend(keys.into_iter().map(|key| (entry.action, key, Some(&*binding.at))));
        }
        for (entry, keys) in ACTIONS.iter().zip(Self::default().bound) {
            if !replaced.contains(&entry.action) {
                wanted.extend(keys.into_iter().map(|key| (entry.action, key, None)));
            }
        }
        // What quits loses its key to nothing; what the person wrote comes before what the table says.
        wanted.sort_by_key(|(action, _, at)| (*action != Action::Leave, at.is_none()));
        (Self::assigned(wanted, &mut problems), problems)
    }

    /// Gives out keys in this order: one that is taken already is left out, with a warning where it was wanted.
    fn assigned(wanted: Vec<(Action, Keys, Option<&str>)>, problems: &mut Vec<String>) -> Self {
        let mut given: Vec<(Action, Keys, Option<&str>)> = Vec::new();
        // Per key of the person, the keys of the table that it took.
        let mut taken: Vec<Vec<String>> = Vec::new();
        for (action, keys, at) in wanted {
            let clash = |(other, known, _): &(Action, Keys, _)| are_beside(action, *other) && known.clashes(&keys);
            match (given.iter().position(clash), at) {
                (None, _) => {
                    given.push((action, keys, at));
                    taken.push(Vec::new());
                }
                (Some(known), _) if given[known].0 == action && given[known].1 == keys => {}
                (Some(known), Some(at)) => {
                    let (owner, theirs, _) = &given[known];
                    let (name, owner) = (action.entry().key_name(), owner.entry().key_name());
                    problems.push(format!("{at}: {} is not {name}: {} is {owner}", keys.name, theirs.name));
                }
                (Some(known), None) => taken[known].push(format!("{} ({})", action.entry().key_name(), keys.name)),
            }
        }
        for ((action, keys, at), lost) in given.iter().zip(taken).filter(|(_, lost)| !lost.is_empty()) {
            let (name, lost) = (action.entry().key_name(), lost.join(", "));
            let at = at.map(|at| format!("{at}: ")).unwrap_or_default();
            problems.push(format!("{at}{} is {name} now and no longer {lost}: give that other keys, or []", keys.name));
        }
        let mut bound = vec![Vec::new(); ACTIONS.len()];
        for (action, keys, _) in given {
            bound[action as usize].push(keys);
        }
        Self { bound }
    }

    /// The keys of an action, as they are written.
    pub fn names(&self, action: Action) -> impl Iterator<Item = &str> {
        self.bound[action as usize].iter().map(|keys| &*keys.name)
    }

    /// The first of them, for hints; `None` where it has none.
    pub fn first(&self, action: Action) -> Option<&str> {
        self.names(action).next()
    }

    /// How to do it, in a sentence: its first key, else its name on the command line.
    pub fn how(&self, action: Action) -> String {
        self.first(action).map_or_else(|| format!(":{}", action.entry().name), str::to_owned)
    }

    /// The action a key stands for in one of the scopes, the first of which wins.
    pub fn action(&self, key: KeyEvent, scopes: &[Scope]) -> Option<Action> {
        match self.find(&[key], scopes) {
            Match::Is(action) => Some(action),
            Match::Begins | Match::None => None,
        }
    }

    /// What keys in a row stand for in one of the scopes, the first of which wins.
    pub fn find(&self, keys: &[KeyEvent], scopes: &[Scope]) -> Match {
        let pressed: Vec<Chord> = keys.iter().copied().map(chord).collect();
        match self.find_chords(&pressed, scopes) {
            // Shift with a key that has no such keys of its own is the key.
            Match::None => {
                let plain = |(code, modifiers): &Chord| (*code, *modifiers - KeyModifiers::SHIFT);
                let plain: Vec<Chord> = pressed.iter().map(plain).collect();
                if plain == pressed { Match::None } else { self.find_chords(&plain, scopes) }
            }
            found => found,
        }
    }

    fn find_chords(&self, pressed: &[Chord], scopes: &[Scope]) -> Match {
        let in_scope = |scope: &Scope| {
            let entries = ACTIONS.iter().zip(&self.bound).filter(|(entry, _)| entry.scope == *scope);
            let keys = entries.flat_map(|(entry, bound)| bound.iter().map(|keys| (entry.action, &keys.chords)));
            let found = keys.filter(|(_, chords)| chords.starts_with(pressed));
            found
                .map(|(action, chords)| if chords.len() == pressed.len() { Match::Is(action) } else { Match::Begins })
                .max()
        };
        scopes.iter().find_map(in_scope).unwrap_or(Match::None)
    }

    /// The keys that may follow these, as they are written, and what each of them does.
    pub fn follow(&self, keys: &[KeyEvent], scopes: &[Scope]) -> Vec<(String, &'static Entry)> {
        let pressed: Vec<Chord> = keys.iter().copied().map(chord).collect();
        let heard = ACTIONS.iter().zip(&self.bound).filter(|(entry, _)| scopes.contains(&entry.scope));
        let rest = heard.flat_map(|(entry, bound)| {
            let rests = bound.iter().filter_map(|keys| keys.chords.strip_prefix(&*pressed));
            rests.filter(|rest| !rest.is_empty()).map(move |rest| (keys_name(rest), entry))
        });
        if pressed.is_empty() { Vec::new() } else { rest.collect() }
    }
}

/// Whether a key of the one would be taken for a key of the other.
fn are_beside(one: Action, two: Action) -> bool {
    use Scope::{Always, Ask, Panes, Tree};
    let scopes = (one.entry().scope, two.entry().scope);
    let everywhere = one == Action::Leave || two == Action::Leave;
    everywhere
        || scopes.0 == scopes.1
        || matches!(scopes, (Panes, Tree) | (Tree, Panes) | (Always, Panes | Tree | Ask) | (Panes | Tree | Ask, Always))
}

/// Whether a key does what it stands for while text is typed.
fn is_heard_while_typing(keys: &Keys) -> bool {
    let [(code, modifiers)] = &*keys.chords else { return false };
    let moves = matches!(code, KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End | KeyCode::Backspace)
        || (*code == KeyCode::Delete && modifiers.is_empty())
        || matches!((code, *modifiers), (KeyCode::Char('f' | 'b'), KeyModifiers::CONTROL));
    let letter = matches!(code, KeyCode::Char(_)) && !modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    !moves && !letter
}

/// A key for an action, or why it cannot be one.
fn usable(entry: &Entry, name: &str) -> Result<Keys, String> {
    let keys =
        Keys::parse(name).ok_or_else(|| format!("{} is not a key: write x, ctrl-x, alt-x, f5, g x", quoted(name)))?;
    let what = entry.key_name();
    match entry.scope {
        Scope::Ask | Scope::Command | Scope::Window if keys.chords.len() > 1 => {
            Err(format!("{} is not {what}: one key at a time is heard {}", keys.name, entry.scope.title()))
        }
        Scope::Ask | Scope::Command if !is_heard_while_typing(&keys) => {
            Err(format!("{} is not {what}: it belongs to the text {}", keys.name, entry.scope.title()))
        }
        Scope::Panes | Scope::Tree | Scope::Always if is_count(&keys) => {
            Err(format!("{} is not {what}: digits are counts, as in 5j", keys.name))
        }
        _ => Ok(keys),
    }
}

/// Whether a key begins a count where keys may come in a row.
fn is_count(keys: &Keys) -> bool {
    matches!(keys.chords.first(), Some((KeyCode::Char('1'..='9'), modifiers)) if modifiers.is_empty())
}

fn unknown(action: &str) -> String {
    if SETTINGS.iter().any(|setting| setting.name == action) {
        return format!("{action} is not an action: the setting stands above [keys]");
    }
    let names: Vec<String> = ACTIONS.iter().map(Entry::key_name).collect();
    format!("no action {action}{}", did_you_mean(closest(action, names.iter().map(String::as_str))))
}

/// The part of the default file that has every action with its keys, commented out.
pub fn default_text() -> String {
    let mut text = String::from(
        "[keys]\n\
         # Keys by action: one (\"x\", \"ctrl-x\", \"alt-x\", \"shift-up\", \"F5\"), several in a row (\"g x\"), a list of these, or [] for\n\
         # none. A key of your own is taken from the action that has it below.\n",
    );
    for scope in Scope::ALL {
        let _ = writeln!(text, "\n# {}", scope.title());
        for entry in ACTIONS.iter().filter(|entry| entry.scope == scope) {
            let keys: Vec<String> = entry.keys.iter().map(|key| quoted(key)).collect();
            let keys = if let [key] = &*keys { key.clone() } else { format!("[{}]", keys.join(", ")) };
            let _ = writeln!(text, "{:<44} # {}", format!("#{} = {keys}", entry.key_name()), entry.doc);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(action: &str, keys: &[&str]) -> Binding {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Binding { action: action.to_owned(), keys, at: "c:1".to_owned() }
    }

    fn of(own: &[(&str, &[&str])]) -> (Keymap, Vec<String>) {
        let own: Vec<Binding> = own.iter().map(|(action, keys)| binding(action, keys)).collect();
        Keymap::of(&own)
    }

    fn pressed(keymap: &Keymap, name: &str, scopes: &[Scope]) -> Match {
        let keys = parse_keys(name).expect("keys of that name");
        let keys: Vec<_> = keys.into_iter().map(|(code, modifiers)| KeyEvent::new(code, modifiers)).collect();
        keymap.find(&keys, scopes)
    }

    const TREE: &[Scope] = &[Scope::Tree, Scope::Panes, Scope::Always];

    #[test]
    fn no_key_of_the_table_means_two_things_in_one_place() {
        assert_eq!(of(&[]), (Keymap::default(), Vec::new()));
    }

    #[test]
    fn letters_with_shift_are_letters_of_their_own() {
        let keymap = Keymap::default();
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(keymap.action(shifted, TREE), Some(Action::Bottom));
        assert_eq!(pressed(&keymap, "gg", TREE), Match::Is(Action::Top));
        assert_eq!(pressed(&keymap, "g", TREE), Match::Begins);
        assert_eq!(pressed(&keymap, "ctrl-c", TREE), Match::Is(Action::Leave));
        let shifted = KeyEvent::new(KeyCode::Down, KeyModifiers::SHIFT);
        assert_eq!(keymap.action(shifted, TREE), Some(Action::Down), "shift means nothing here");
    }

    #[test]
    fn a_key_of_the_person_takes_the_place_of_the_tables() {
        let (keymap, problems) = of(&[
            ("fold-all", &["X x", "Ctrl-O"]),
            ("back", &[]),
            ("down", &["shift-down", "j"]),
            ("help", &["F5"]),
            ("reload", &["ctrl-r"]),
        ]);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(keymap.names(Action::FoldAll).collect::<Vec<_>>(), ["Xx", "ctrl-o"]);
        assert_eq!(pressed(&keymap, "X", TREE), Match::Begins);
        assert_eq!(pressed(&keymap, "X x", TREE), Match::Is(Action::FoldAll));
        assert_eq!(pressed(&keymap, "-", TREE), Match::None);
        assert_eq!(pressed(&keymap, "shift-down", TREE), Match::Is(Action::Down));
        assert_eq!(pressed(&keymap, "down", TREE), Match::None);
        assert_eq!((keymap.first(Action::Help), keymap.first(Action::JumpBack)), (Some("f5"), None));
        assert_eq!((keymap.how(Action::Help), keymap.how(Action::JumpBack)), ("f5".to_owned(), ":back".to_owned()));
    }

    #[test]
    fn a_key_for_two_actions_is_one_warning() {
        let (keymap, problems) = of(&[("fold-all", &["x"]), ("frobnicate", &["y"]), ("copy", &["x", "Y"])]);
        let wanted = [
            "c:1: no action frobnicate",
            "c:1: x is not copy: x is fold-all",
            "c:1: x is fold-all now and no longer compare (x): give that other keys, or []",
        ];
        assert_eq!(problems, wanted);
        assert_eq!(keymap.names(Action::Copy).collect::<Vec<_>>(), ["Y"]);
        assert_eq!(keymap.first(Action::CompareSides), None);
        // Every sequence that a key begins is lost in one warning.
        let (_, problems) = of(&[("faults-only", &["g"])]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("tree (gt), table (gr)") && problems[0].contains("level-5 (g5)"), "{problems:?}");
    }

    #[test]
    fn what_cannot_be_meant_is_one_warning_and_the_default() {
        let (keymap, problems) = of(&[
            ("hepl", &["x"]),
            ("theme", &["x"]),
            ("help", &["contrl-h"]),
            ("pin", &["5"]),
            ("submit", &["s"]),
            ("to-the-answer", &["s"]),
            ("close", &["g g"]),
        ]);
        let wanted = [
            "c:1: no action hepl: did you mean help?",
            "c:1: theme is not an action: the setting stands above [keys]",
            "c:1: \"contrl-h\" is not a key: write x, ctrl-x, alt-x, f5, g x",
            "c:1: 5 is not pin: digits are counts, as in 5j",
            "c:1: no action submit",
            "c:1: s is not to-the-answer: it belongs to the text in the URL bar",
            "c:1: gg is not close: one key at a time is heard in a window",
        ];
        assert_eq!(problems, wanted);
        assert_eq!(keymap, Keymap::default());
    }

    #[test]
    fn one_can_always_quit() {
        for own in
            [&[("quit", &[][..]), ("quit-anywhere", &[][..])][..], &[("quit", &["Q"]), ("quit-anywhere", &["q"])]]
        {
            let (keymap, problems) = of(own);
            assert!(
                problems[0].contains("quit-anywhere needs a key that is heard everywhere: ctrl-c stays"),
                "{problems:?}"
            );
            for scope in Scope::ALL {
                assert_eq!(pressed(&keymap, "ctrl-c", &[scope, Scope::Always]), Match::Is(Action::Leave));
            }
        }
        let (keymap, problems) = of(&[("close", &["ctrl-c"]), ("clear", &["ctrl-q"]), ("quit-anywhere", &["ctrl-q"])]);
        assert_eq!(problems, ["c:1: ctrl-q is not clear: ctrl-q is quit-anywhere"]);
        assert_eq!(pressed(&keymap, "ctrl-c", &[Scope::Window, Scope::Always]), Match::Is(Action::Close));
        assert_eq!(pressed(&keymap, "ctrl-q", &[Scope::Ask, Scope::Always]), Match::Is(Action::Leave));
    }

    #[test]
    fn the_default_file_has_every_action_with_its_keys() {
        let text = default_text();
        let set: String = text
            .lines()
            .map(|line| line.strip_prefix('#').filter(|line| !line.starts_with(' ')).unwrap_or(line).to_owned() + "\n")
            .collect();
        let table: toml::Table = set.parse().expect("TOML");
        let actions = table["keys"].as_table().expect("a table");
        assert_eq!(actions.len(), ACTIONS.len(), "two actions have one name");
        let (config, problems) = crate::config::read(std::path::Path::new("c"), &set);
        assert_eq!((config.keys.len(), problems), (ACTIONS.len(), Vec::new()));
        assert_eq!(Keymap::of(&config.keys), (Keymap::default(), Vec::new()));
        assert_eq!(crate::config::read(std::path::Path::new("c"), &text).0, crate::config::Config::default());
    }
}
