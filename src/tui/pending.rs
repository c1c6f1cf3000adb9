//! Keys that wait for more: a count (`5` of `5j`) and the first key of two (`g` of `gd`).

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, Chord, Entry, Scope, chord, keys_name};
use super::keymap::{Keymap, Match};

/// The largest count: more lines than any tree has rows.
const COUNT_AT_MOST: usize = 9_999_999;

/// What was pressed so far.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The count; 0 while there is none.
    count: usize,
    /// The keys behind it.
    keys: Vec<KeyEvent>,
}

/// What a key makes of what was pressed before it.
#[derive(Debug, PartialEq, Eq)]
pub enum Press {
    /// More keys have to come.
    Waits,
    /// An action, with the count before it.
    #[allow(missing_docs)]
    Acts { action: Action, count: Option<usize> },
    /// No action has these keys.
    Nothing,
}

impl Pending {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes a key in.
    pub fn press(&mut self, keymap: &Keymap, key: KeyEvent, scopes: &[Scope]) -> Press {
        if let (KeyCode::Char(digit), true) = (key.code, self.keys.is_empty())
            && let Some(digit) = digit.to_digit(10)
            && (digit > 0 || self.count > 0)
            && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            self.count = (self.count * 10 + digit as usize).min(COUNT_AT_MOST);
            return Press::Waits;
        }
        let waited = !self.is_empty();
        self.keys.push(key);
        let found = keymap.find(&self.keys, scopes);
        if found == Match::Begins {
            return Press::Waits;
        }
        let before = std::mem::take(self);
        match found {
            // Esc ends the wait and does nothing else.
            Match::Is(Action::Back) if waited && key.code == KeyCode::Esc => Press::Nothing,
            Match::Is(action) => Press::Acts { action, count: (before.count > 0).then_some(before.count) },
            _ => Press::Nothing,
        }
    }

    /// What was pressed, as it is written.
    pub fn text(&self) -> String {
        let count = if self.count > 0 { self.count.to_string() } else { String::new() };
        let keys: Vec<Chord> = self.keys.iter().copied().map(chord).collect();
        count + &keys_name(&keys)
    }

    /// The keys that may follow, and what each of them does.
    pub fn follow(&self, keymap: &Keymap, scopes: &[Scope]) -> Vec<(String, &'static Entry)> {
        keymap.follow(&self.keys, scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presses(text: &str) -> Vec<Press> {
        let mut pending = Pending::default();
        let key = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        text.chars()
            .map(|letter| pending.press(&Keymap::default(), key(letter), &[Scope::Tree, Scope::Panes]))
            .collect()
    }

    #[test]
    fn a_count_and_two_keys_wait_for_what_comes_behind() {
        let acts = |action, count| Press::Acts { action, count };
        assert_eq!(presses("12j"), [Press::Waits, Press::Waits, acts(Action::Down, Some(12))]);
        assert_eq!(presses("gg"), [Press::Waits, acts(Action::Top, None)]);
        assert_eq!(presses("3gg")[2], acts(Action::Top, Some(3)));
        assert_eq!(presses("gxj"), [Press::Waits, Press::Nothing, acts(Action::Down, None)]);
    }

    #[test]
    fn what_may_follow_is_told() {
        let mut pending = Pending::default();
        let keymap = Keymap::default();
        pending.press(&keymap, KeyEvent::new(KeyCode::Char('g'), KeyModifiers::NONE), &[Scope::Panes]);
        let follow = pending.follow(&keymap, &[Scope::Panes]);
        assert!(follow.iter().any(|(key, entry)| *key == "g" && entry.action == Action::Top), "{follow:?}");
        assert!(follow.iter().all(|(key, _)| key.len() == 1), "{follow:?}");
    }
}
