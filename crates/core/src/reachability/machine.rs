//! Sets of texts as automata that read byte by byte: literal paths, regular expressions, and what a path, a header or a
//! query parameter can be at all.

use std::sync::{Arc, OnceLock};

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};

use crate::limits;
use crate::model::Name;
use crate::re2::{full_pattern, is_rust};
use crate::resolve::ProxySemantics;
use crate::router::normalise::{is_kept, stays_escaped};

/// The state from which nothing is accepted.
pub(super) const DEAD: u32 = u32::MAX;
/// The state from which everything is accepted.
const ALL: u32 = u32::MAX - 1;

/// A set of texts.
#[derive(Debug, Clone)]
pub(super) enum Machine {
    /// Every text.
    Any,
    /// No text.
    Nothing,
    /// The paths that Envoy's normalisation leaves.
    NormalPath,
    /// One text, and what may follow it.
    Literal(Name, After),
    /// What a regular expression accepts.
    Regex(Arc<dense::DFA<Vec<u32>>>),
}

/// What may follow a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing.
    End,
    /// Nothing, or a slash and anything.
    Segments,
    /// Anything.
    Text,
}

// The states of `NormalPath`.
const START: u32 = 0;
const FIRST_SLASH: u32 = 1;
const TWO_SLASHES: u32 = 2;
const SLASH: u32 = 3;
const DOT: u32 = 4;
const TWO_DOTS: u32 = 5;
const NAME: u32 = 6;
const PERCENT: u32 = 7;
/// And one for each first digit after a `%`.
const DIGIT: u32 = 8;

impl Machine {
    pub fn start(&self) -> u32 {
        match self {
            Self::Any => ALL,
            Self::Nothing => DEAD,
            Self::NormalPath => START,
            Self::Literal(text, after) => at_length(0, text, *after),
            Self::Regex(dfa) => {
                let config = start::Config::new().anchored(Anchored::Yes);
                dfa.start_state(&config).map_or(DEAD, |state| state.as_u32())
            }
        }
    }

    pub fn next(&self, state: u32, byte: u8) -> u32 {
        if state == DEAD || state == ALL {
            return state;
        }
        match self {
            Self::Any => ALL,
            Self::Nothing => DEAD,
            Self::NormalPath => next_of_path(state, byte),
            Self::Literal(text, after) => {
                let length = state as usize;
                match text.as_bytes().get(length) {
                    Some(expected) if *expected == byte => at_length(length + 1, text, *after),
                    // Only `Segments` comes here: `Text` accepts all by now, and `End` has no successor.
                    None if *after == After::Segments && byte == b'/' => ALL,
                    _ => DEAD,
                }
            }
            Self::Regex(dfa) => {
                let Ok(state) = regex_automata::util::primitives::StateID::new(state as usize) else { return DEAD };
                let next = dfa.next_state(state, byte);
                if dfa.is_dead_state(next) || dfa.is_quit_state(next) { DEAD } else { next.as_u32() }
            }
        }
    }

    pub fn accepts(&self, state: u32) -> bool {
        if state == DEAD || state == ALL {
            return state == ALL;
        }
        match self {
            Self::Any => true,
            Self::Nothing => false,
            Self::NormalPath => !matches!(state, START | DOT | TWO_DOTS),
            Self::Literal(text, _) => state as usize == text.len(),
            Self::Regex(dfa) => {
                let Ok(state) = regex_automata::util::primitives::StateID::new(state as usize) else { return false };
                dfa.is_match_state(dfa.next_eoi_state(state))
            }
        }
    }

    /// A number that is the same for bytes which no state tells apart.
    pub fn class(&self, byte: u8) -> u32 {
        match self {
            Self::Any | Self::Nothing => 0,
            Self::NormalPath => match byte {
                b'/' => 1,
                b'.' => 2,
                b'%' => 3,
                _ if byte.is_ascii_hexdigit() => 0x100 + char::from(byte).to_digit(16).unwrap_or(0),
                _ => u32::from(is_kept(byte)) * 4,
            },
            Self::Literal(text, _) => {
                if byte == b'/' {
                    return 1;
                }
                let place = text.as_bytes().iter().position(|one| *one == byte);
                place.and_then(|place| u32::try_from(place + 2).ok()).unwrap_or(0)
            }
            Self::Regex(dfa) => u32::from(dfa.byte_classes().get(byte)),
        }
    }

    pub fn holds(&self, text: &str) -> bool {
        let state = text.bytes().fold(self.start(), |state, byte| self.next(state, byte));
        self.accepts(state)
    }
}

fn at_length(length: usize, text: &Name, after: After) -> u32 {
    if length == text.len() && after == After::Text {
        return ALL;
    }
    u32::try_from(length).unwrap_or(DEAD)
}

fn next_of_path(state: u32, byte: u8) -> u32 {
    let name = |byte: u8| match byte {
        b'/' => SLASH,
        b'%' => PERCENT,
        _ if is_kept(byte) => NAME,
        _ => DEAD,
    };
    match state {
        START if byte == b'/' => FIRST_SLASH,
        FIRST_SLASH if byte == b'/' => TWO_SLASHES,
        START | TWO_SLASHES => DEAD,
        FIRST_SLASH | SLASH => match byte {
            b'/' => DEAD,
            b'.' => DOT,
            _ => name(byte),
        },
        DOT => match byte {
            b'/' => DEAD,
            b'.' => TWO_DOTS,
            _ => name(byte),
        },
        TWO_DOTS => {
            if byte == b'/' {
                DEAD
            } else {
                name(byte)
            }
        }
        PERCENT => match char::from(byte).to_digit(16) {
            Some(digit) => DIGIT + digit,
            None => name(byte),
        },
        digit if digit >= DIGIT => match char::from(byte).to_digit(16) {
            Some(low) => {
                let escaped = u8::try_from((digit - DIGIT) * 16 + low).unwrap_or(0);
                if stays_escaped(escaped) { NAME } else { DEAD }
            }
            None => name(byte),
        },
        _ => name(byte),
    }
}

/// RE2's: whether there is any way to match the whole text. What does not compile matches nothing.
pub(super) fn whole(pattern: &str, largest: usize) -> Option<Machine> {
    let Ok(translated) = full_pattern(pattern) else { return Some(Machine::Nothing) };
    build(&translated, MatchKind::All, false, largest)
}

/// agentgateway's: whether the leftmost match, of the first alternative that has one, spans the whole text.
pub(super) fn leftmost(pattern: &str, largest: usize) -> Option<Machine> {
    if !is_rust(pattern) {
        return Some(Machine::Nothing);
    }
    build(pattern, MatchKind::LeftmostFirst, true, largest)
}

fn build(pattern: &str, kind: MatchKind, utf8: bool, largest: usize) -> Option<Machine> {
    let config = dense::Config::new()
        .match_kind(kind)
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(largest))
        .determinize_size_limit(Some(largest));
    let syntax = syntax::Config::new().utf8(utf8).nest_limit(2000);
    let thompson = regex_automata::nfa::thompson::Config::new().utf8(utf8).nfa_size_limit(Some(largest));
    let dfa = dense::Builder::new().configure(config).syntax(syntax).thompson(thompson).build(pattern);
    dfa.ok().map(|dfa| Machine::Regex(Arc::new(dfa)))
}

/// Paths as a proxy reads them that takes them as they are sent (`check_as_it_is`).
const SENT_PATH: &str = r"\A/[^\x00-\x20<>\x60\x7f?#]*\z";
/// One header line, trimmed as clients do.
const HEADER_VALUE: &str = r"\A(?:[^\p{Cc} ](?:[\t\P{Cc}]*[^\p{Cc} ])?)?\z";
/// A query parameter's value as Envoy lets it through (`check_target`).
const QUERY_VALUE: &str = r#"\A[!"$%'-~]*\z"#;

/// What a path can be at all.
pub(super) fn path_space(semantics: ProxySemantics) -> Machine {
    static SENT: OnceLock<Machine> = OnceLock::new();
    match semantics {
        ProxySemantics::Envoy | ProxySemantics::Specification => Machine::NormalPath,
        ProxySemantics::Agentgateway => fixed(&SENT, SENT_PATH),
    }
}

/// What the value of a header can be.
pub(super) fn header_space() -> Machine {
    static HEADER: OnceLock<Machine> = OnceLock::new();
    fixed(&HEADER, HEADER_VALUE)
}

/// What the value of a query parameter can be.
pub(super) fn query_space(semantics: ProxySemantics) -> Machine {
    static QUERY: OnceLock<Machine> = OnceLock::new();
    static DECODED: OnceLock<Machine> = OnceLock::new();
    match semantics {
        ProxySemantics::Envoy | ProxySemantics::Specification => fixed(&QUERY, QUERY_VALUE),
        ProxySemantics::Agentgateway => fixed(&DECODED, r"(?s)\A.*\z"),
    }
}

fn fixed(cell: &OnceLock<Machine>, pattern: &str) -> Machine {
    cell.get_or_init(|| build(pattern, MatchKind::All, true, limits::AUTOMATON_BYTES).unwrap_or(Machine::Any)).clone()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::router::normalise::normalise;

    #[track_caller]
    fn accepts(machine: &Machine, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(machine.holds(text), "{text}");
        }
        for text in no {
            assert!(!machine.holds(text), "{text}");
        }
    }

    #[test]
    fn literals_are_exact_by_segment_or_by_text() {
        let literal = |after| Machine::Literal("/a".into(), after);
        accepts(&literal(After::End), &["/a"], &["/", "/a/", "/ab", ""]);
        accepts(&literal(After::Segments), &["/a", "/a/", "/a/b"], &["/", "/ab"]);
        accepts(&literal(After::Text), &["/a", "/ab", "/a/"], &["/", "/b"]);
    }

    #[test]
    fn values_are_what_a_client_can_send() {
        accepts(&header_space(), &["", "a", "a b", "é", "a\tb"], &[" a", "a ", "a\nb", "\t"]);
        accepts(&query_space(ProxySemantics::Envoy), &["", "a=b", "%20"], &["a&b", "a b", "a#", "é"]);
        accepts(&path_space(ProxySemantics::Agentgateway), &["/", "//", "/é/../x"], &["", "a", "/ ", "/?"]);
    }

    proptest! {
        #[test]
        fn normalised_paths_are_those_of_the_automaton(path in "(/|\\.|a|%|2|e|E|5|F|0|\\\\|;|\\[|\"|~){0,12}") {
            let path = format!("/{path}");
            let normal = Machine::NormalPath;
            if let Ok(normalised) = normalise(&path) {
                prop_assert!(normal.holds(&normalised), "{path} becomes {normalised}");
            }
            if normal.holds(&path) {
                let normalised = normalise(&path);
                prop_assert_eq!(normalised.as_deref(), Ok(path.as_str()));
            }
        }
    }
}
