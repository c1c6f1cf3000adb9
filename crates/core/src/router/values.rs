//! Headers and query parameters as agentgateway tests them: any line of a header may pass, of a repeated parameter the
//! last counts, decoded, and an empty value is a value like any other.
//!
//! Sources: agentgateway `crates/agentgateway/src/http/mod.rs` (`request_header_matches`), `http/route.rs`
//! (`matches_request`), `types/agent.rs` (`HeaderValueMatch::matches`), `proxy/httpproxy.rs` (`normalize_uri`).

use std::borrow::Cow;

use super::matcher::{MatchInput, Patterns};
use crate::model::{ValueKind, ValueMatch};

/// Whether a header passes. The `Host` line is taken away before any route is looked at.
pub(super) fn header_holds(facts: &MatchInput<'_>, test: &ValueMatch, patterns: &Patterns) -> bool {
    if test.name.eq_ignore_ascii_case("host") {
        return false;
    }
    let lines = facts.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&test.name));
    lines.into_iter().any(|(_, value)| holds(test, value, patterns))
}

/// Whether a query parameter passes.
pub(super) fn query_holds(query: &str, test: &ValueMatch, patterns: &Patterns) -> bool {
    query_value(query, &test.name).is_some_and(|value| holds(test, &value, patterns))
}

fn holds(test: &ValueMatch, value: &str, patterns: &Patterns) -> bool {
    match test.kind {
        ValueKind::Exact => test.value == value,
        ValueKind::RegularExpression => patterns.full_match(&test.value, value),
    }
}

/// The last value of a query parameter, read as a form.
fn query_value<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut named =
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).filter(|(key, _)| decoded(key) == name);
    named.next_back().map(|(_, value)| decoded(value))
}

/// `+` is a space, `%XX` a byte; what is then not UTF-8 is replaced.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let escaped = match (byte, tail) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).and_then(|(h, l)| u8::try_from(h * 16 + l).ok()),
            _ => None,
        };
        bytes.push(match escaped {
            Some(escaped) => escaped,
            None if *byte == b'+' => b' ',
            None => *byte,
        });
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_repeated_parameters_counts_decoded() {
        assert_eq!(query_value("q=1&q=a%20b", "q").as_deref(), Some("a b"));
        assert_eq!(query_value("a+b=%2", "a b").as_deref(), Some("%2"));
        assert_eq!(query_value("q", "q").as_deref(), Some(""));
        assert_eq!(query_value("x=1", "q"), None);
    }
}
