//! The automata of the regular expressions in use: how large each may become, and which are kept.

use std::sync::Mutex;

use ahash::{AHashMap, AHashSet};

use super::machine::{After, Machine, leftmost, whole};
use crate::limits;
use crate::model::{Name, PathKind, PathMatch, RouteMatch, ValueKind};
use crate::resolve::ProxySemantics;
use crate::router::Router;
use crate::router::matcher::Prefix;

/// The automata of the regular expressions in use, each built once where there is room to keep it.
#[derive(Debug)]
pub(crate) struct Languages {
    built: Mutex<Built>,
    /// How large an automaton may become: beyond, a question is answered with "unknown".
    largest: usize,
}

#[derive(Debug, Default)]
struct Built {
    machines: AHashMap<(bool, Name), Option<Machine>>,
    bytes: usize,
}

impl Languages {
    /// For the expressions of some tables: the more there are, the smaller each must be.
    pub fn of(routers: &[Router<'_>]) -> Self {
        let mut patterns: AHashSet<&Name> = AHashSet::new();
        for hop in routers.iter().flat_map(|router| &router.tree().hops) {
            let RouteMatch { path, headers, query_params, .. } = &*hop.matcher;
            patterns.extend((path.kind == PathKind::RegularExpression).then_some(&path.value));
            let values = headers.iter().chain(query_params).filter(|test| test.kind == ValueKind::RegularExpression);
            patterns.extend(values.map(|test| &test.value));
        }
        Self::for_patterns(patterns.len())
    }

    pub(super) fn for_patterns(count: usize) -> Self {
        let share = limits::AUTOMATA_BYTES / count.max(1);
        let largest = share.clamp(limits::AUTOMATON_BYTES_LEAST, limits::AUTOMATON_BYTES);
        Self { built: Mutex::default(), largest }
    }

    /// The texts that a regular expression accepts whole, in the manner of a proxy; `None` when that is too large to build.
    pub fn regex(&self, pattern: &Name, semantics: ProxySemantics) -> Option<Machine> {
        self.built(pattern, semantics == ProxySemantics::Agentgateway, self.largest)
    }

    /// The same for an expression of our own, of which there are few.
    pub fn of_hosts(&self, pattern: &Name) -> Option<Machine> {
        self.built(pattern, false, limits::AUTOMATON_BYTES)
    }

    fn built(&self, pattern: &Name, in_rust: bool, largest: usize) -> Option<Machine> {
        let key = (in_rust, pattern.clone());
        if let Ok(built) = self.built.lock()
            && let Some(known) = built.machines.get(&key)
        {
            return known.clone();
        }
        let machine = if in_rust { leftmost(pattern, largest) } else { whole(pattern, largest) };
        if let Ok(mut built) = self.built.lock() {
            let bytes = if let Some(Machine::Regex(dfa)) = &machine { dfa.memory_usage() } else { 0 };
            // What there is no room for is built again when it is asked for again.
            if built.bytes + bytes <= limits::AUTOMATA_BYTES && built.machines.insert(key, machine.clone()).is_none() {
                built.bytes += bytes;
            }
        }
        machine
    }

    /// The paths that a path test holds for.
    pub fn path(&self, test: &PathMatch, semantics: ProxySemantics) -> Option<Machine> {
        Some(match test.kind {
            PathKind::Exact => Machine::Literal(test.value.clone(), After::End),
            PathKind::RegularExpression => return self.regex(&test.value, semantics),
            PathKind::PathPrefix => match Prefix::of(&test.value) {
                Prefix::All => Machine::Any,
                Prefix::Segments(prefix) => Machine::Literal(prefix.into(), After::Segments),
                Prefix::Text(prefix) => Machine::Literal(prefix.into(), After::Text),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_regular_expression_takes_the_whole_text() {
        let languages = Languages::for_patterns(3);
        let regex = |pattern: &str, semantics| languages.regex(&pattern.into(), semantics).unwrap();
        accepts(&regex("a|ab", ProxySemantics::Envoy), &["a", "ab"], &["abc", "xa"]);
        // The leftmost match of the first alternative that has one does not span it.
        accepts(&regex("a|ab", ProxySemantics::Agentgateway), &["a"], &["ab", "xa"]);
        accepts(&regex("a(", ProxySemantics::Envoy), &[], &["a", "a("]);
    }

    #[test]
    fn the_more_expressions_the_smaller_the_automata() {
        let largest = |count| Languages::for_patterns(count).largest;
        assert_eq!([largest(0), largest(10)], [limits::AUTOMATON_BYTES; 2]);
        assert_eq!(largest(128), limits::AUTOMATA_BYTES / 128);
        assert_eq!(largest(100_000), limits::AUTOMATON_BYTES_LEAST);
        // 2^12 states, with a transition for each of three classes of bytes, do not fit into the least.
        let wide = Name::from("[ab]*a[ab]{12}");
        assert!(Languages::for_patterns(1).regex(&wide, ProxySemantics::Envoy).is_some());
        let crowded = Languages::for_patterns(100_000);
        assert!(crowded.regex(&wide, ProxySemantics::Envoy).is_none());
        assert!(crowded.regex(&"/api/v[0-9]+/[^/]+".into(), ProxySemantics::Envoy).is_some());
    }

    #[test]
    fn what_there_is_no_room_for_is_built_again() {
        let languages = Languages::for_patterns(1);
        languages.built.lock().unwrap().bytes = limits::AUTOMATA_BYTES;
        let machine = languages.regex(&"/a+".into(), ProxySemantics::Envoy).unwrap();
        assert!(machine.holds("/aa") && !machine.holds("/"));
        assert!(languages.built.lock().unwrap().machines.is_empty());
    }
}
