//! YAML in colours: syntect's parser, with its scopes mapped to our roles.

use std::sync::OnceLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use crate::theme::Role;

/// Parses line by line, as a document goes on.
#[derive(Debug)]
pub struct Highlighter {
    state: ParseState,
    stack: ScopeStack,
}

struct Grammar {
    set: SyntaxSet,
    /// From a scope to a role; the innermost scope that has one decides, so punctuation inside a string is a string.
    roles: Vec<(Scope, Role)>,
}

fn grammar() -> &'static Grammar {
    static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
    GRAMMAR.get_or_init(|| {
        let roles = [
            ("comment", Role::YamlComment),
            ("entity.name.tag", Role::YamlKey),
            ("string.quoted", Role::YamlString),
            ("string.unquoted", Role::YamlString),
            ("constant", Role::YamlValue),
            ("storage", Role::YamlValue),
            ("entity.other", Role::YamlValue),
            ("variable", Role::YamlValue),
            ("keyword", Role::YamlPunctuation),
            ("punctuation.definition.string", Role::YamlString),
            ("punctuation", Role::YamlPunctuation),
        ];
        let roles = roles.iter().filter_map(|(name, role)| Some((Scope::new(name).ok()?, *role))).collect();
        Grammar { set: SyntaxSet::load_defaults_newlines(), roles }
    })
}

/// Loads the grammar, so that the first line shown does not wait for it.
pub fn warm_up() {
    Highlighter::new();
}

impl Default for Highlighter {
    fn default() -> Self {
        Self::new()
    }
}

impl Highlighter {
    /// At the start of a document.
    pub fn new() -> Self {
        let set = &grammar().set;
        let syntax = set.find_syntax_by_extension("yaml").unwrap_or_else(|| set.find_syntax_plain_text());
        Self { state: ParseState::new(syntax), stack: ScopeStack::new() }
    }

    /// The next line, in pieces.
    pub fn line(&mut self, line: &str) -> Vec<(Role, String)> {
        let text = format!("{line}\n");
        let Ok(operations) = self.state.parse_line(&text, &grammar().set) else {
            return vec![(Role::Text, line.to_owned())];
        };
        let mut pieces: Vec<(Role, String)> = Vec::new();
        let mut from = 0;
        for (at, operation) in operations {
            self.push(&mut pieces, &line[from.min(line.len())..at.min(line.len())]);
            from = at;
            if self.stack.apply(&operation).is_err() {
                break;
            }
        }
        self.push(&mut pieces, &line[from.min(line.len())..]);
        pieces
    }

    fn push(&self, pieces: &mut Vec<(Role, String)>, text: &str) {
        if text.is_empty() {
            return;
        }
        let role = self.role();
        match pieces.last_mut() {
            Some((last, already)) if *last == role => already.push_str(text),
            _ => pieces.push((role, text.to_owned())),
        }
    }

    fn role(&self) -> Role {
        let roles = &grammar().roles;
        let of = |scope: &Scope| roles.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, role)| *role);
        // A key is a string, too, to the grammar: that it is a key says more.
        let scopes = self.stack.as_slice();
        if scopes.iter().any(|scope| of(scope) == Some(Role::YamlKey)) {
            return Role::YamlKey;
        }
        scopes.iter().rev().find_map(of).unwrap_or(Role::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_strings_numbers_and_comments_differ() {
        let mut highlighter = Highlighter::new();
        let pieces = highlighter.line("port: 8080 # the plain one");
        let role_of = |text: &str| pieces.iter().find(|(_, piece)| piece.contains(text)).map(|(role, _)| *role);
        assert_eq!(role_of("port"), Some(Role::YamlKey));
        assert_eq!(role_of("8080"), Some(Role::YamlValue));
        assert_eq!(role_of("the plain one"), Some(Role::YamlComment));
        let pieces = highlighter.line("name: \"parent\"");
        assert!(pieces.contains(&(Role::YamlString, "\"parent\"".to_owned())), "{pieces:?}");
    }

    #[test]
    fn no_letter_is_lost() {
        let mut highlighter = Highlighter::new();
        for line in ["", "- a: [1, 'ü', *x]", "  |", "\t日本: {", "%YAML 1.2", "key: 'unclosed"] {
            let text: String = highlighter.line(line).into_iter().map(|(_, text)| text).collect();
            assert_eq!(text, line);
        }
    }
}
