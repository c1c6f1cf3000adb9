//! Which of agentgateway's regular expressions are compiled. Its proxy takes any that fits into 10 MiB; a hundred thousand of
//! those fit nowhere. So many states are compiled in all, in the order of the routes; a match with an expression beyond them
//! is not evaluated.
//!
//! Source: agentgateway `crates/agentgateway/src/types/agent_xds.rs` (`regex_or_warn_invalid`).

use ahash::AHashSet;
use regex::Regex;

use crate::finding::{InvalidRegex, MatchPart};
use crate::limits;
use crate::model::{Name, PathKind, RouteMatch, ValueKind};
use crate::re2;
use crate::resolve::DropReason;
use crate::store::Snapshot;

/// What is not compiled.
#[derive(Debug, Default)]
pub(in crate::resolve) struct Patterns {
    beyond: AHashSet<Name>,
}

impl Patterns {
    /// Goes through the routes of a snapshot in their order. An expression that is written twice counts once.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut left = limits::REGEX_STATES + limits::REGEX_STATES_PER_ROUTE * snapshot.routes.len();
        let mut seen: AHashSet<&Name> = AHashSet::new();
        let mut beyond = AHashSet::new();
        let rules = snapshot.routes.iter().flat_map(|route| &route.rules);
        for (_, pattern) in rules.flat_map(|rule| &rule.matches).flat_map(|one| written(one)) {
            if !seen.insert(pattern) {
                continue;
            }
            match states(pattern).and_then(|states| left.checked_sub(states)) {
                Some(rest) => left = rest,
                None => drop(beyond.insert(pattern.clone())),
            }
        }
        Self { beyond }
    }

    /// Why nothing matches it: an expression that is none is one that never matches; or it is not known what does.
    pub fn never(&self, matcher: &RouteMatch) -> Option<DropReason> {
        let mut never = None;
        for (part, pattern) in written(matcher) {
            if self.beyond.contains(pattern) {
                return Some(DropReason::NotEvaluated { part, regex: pattern.clone() });
            }
            if never.is_none() && !re2::is_rust(pattern) {
                let error = Regex::new(pattern).err().map(|error| error.to_string()).unwrap_or_default();
                let why = error.lines().last().unwrap_or("not understood").trim_start_matches("error: ");
                let invalid = InvalidRegex { part, regex: pattern.clone(), error: why.to_owned() };
                never = Some(DropReason::NeverMatches(Box::new(invalid)));
            }
        }
        never
    }
}

/// The expressions of a match, and what each is held against.
fn written(matcher: &RouteMatch) -> impl Iterator<Item = (MatchPart, &Name)> {
    let path = (matcher.path.kind == PathKind::RegularExpression).then_some((MatchPart::Path, &matcher.path.value));
    let headers = matcher.headers.iter().map(|test| (MatchPart::Header, test));
    let values = headers.chain(matcher.query_params.iter().map(|test| (MatchPart::QueryParam, test)));
    let of_kind = values.filter(|(_, test)| test.kind == ValueKind::RegularExpression);
    path.into_iter().chain(of_kind.map(|(part, test)| (part, &test.value)))
}

/// How many states the automaton of an expression has; `None` for a text that is too long to be looked at. One that is not
/// understood has none.
fn states(pattern: &str) -> Option<usize> {
    if pattern.len() > limits::REGEX_TEXT {
        return None;
    }
    Some(regex_syntax::parse(pattern).map_or(0, |parsed| re2::states(&parsed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_expression_or_too_long_is_not_counted() {
        assert_eq!(states("a{900}"), Some(1_800));
        assert_eq!(states("("), Some(0), "it is found out to be none when it is compiled");
        assert_eq!(states(&"a".repeat(limits::REGEX_TEXT + 1)), None);
    }
}
