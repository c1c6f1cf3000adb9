//! The test of one row against a request: the only one there is, shared by the quick lookup and the explanations.
//!
//! The rules are Envoy's, on what kgateway makes of a match (kgateway `pkg/kgateway/translator/irtranslator/route.go`,
//! Envoy `source/common/router/config_impl.cc` and `source/common/http/header_utility.cc`).

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use ahash::AHashMap;
use regex_automata::meta::Regex as Automaton;

use super::received;
use super::request::Scheme;
use super::values;
use crate::limits;
use crate::model::{Name, PathKind, PathMatch, RouteMatch, ValueKind, ValueMatch};
use crate::re2::{self, literal_prefix};
use crate::resolve::ProxySemantics;

/// What of a request matching looks at.
#[derive(Debug, Clone)]
pub(super) struct MatchInput<'r> {
    /// The normalised path.
    pub path: Cow<'r, str>,
    /// The query string without `?`, empty when there is none.
    pub query: &'r str,
    pub method: &'r str,
    pub headers: &'r [(String, String)],
    /// What the client sends as `Host`; a header match on `host` sees it.
    pub authority: Option<Cow<'r, str>>,
    /// What the client speaks.
    pub scheme: Scheme,
    /// In whose manner headers and query are read.
    pub semantics: ProxySemantics,
}

/// Which test a row failed, in Envoy's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Miss<'m> {
    Path,
    Method(&'m Name),
    Header(&'m ValueMatch),
    QueryParam(&'m ValueMatch),
}

/// What the compiled regular expressions of all virtual hosts may still take. Those for which nothing is left are compiled
/// again when they are needed again.
#[derive(Debug, Clone)]
pub(super) struct Kept(Arc<AtomicUsize>);

impl Default for Kept {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(limits::REGEXES_KEPT)))
    }
}

impl Kept {
    /// Whether there is room for so many bytes more; it is taken then.
    fn take(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}

/// The regular expressions of one virtual host, compiled when first needed.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    compiled: AHashMap<Name, OnceLock<Option<Compiled>>>,
    in_rust: bool,
    kept: Kept,
}

/// A regular expression that must match a whole text.
#[derive(Debug)]
enum Compiled {
    /// RE2's: whether there is any way to.
    Whole(Automaton),
    /// agentgateway's: whether the leftmost match, of the first alternative that has one, spans it.
    Leftmost(Automaton),
}

impl Compiled {
    fn of(pattern: &str, in_rust: bool) -> Option<Self> {
        if in_rust { re2::rust(pattern).map(Self::Leftmost) } else { re2::whole(pattern).map(Self::Whole) }
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Whole(regex) => regex.is_match(text),
            Self::Leftmost(regex) => regex.find(text).is_some_and(|found| found.len() == text.len()),
        }
    }

    /// What it takes, roughly.
    fn bytes(&self) -> usize {
        /// Beyond what it says itself: what it needs to search.
        const BESIDE: usize = 8 << 10;
        let (Self::Whole(regex) | Self::Leftmost(regex)) = self;
        BESIDE + regex.memory_usage()
    }
}

impl Patterns {
    /// Patterns to be read in this manner.
    pub fn read(semantics: ProxySemantics, kept: Kept) -> Self {
        Self { compiled: AHashMap::new(), in_rust: semantics == ProxySemantics::Agentgateway, kept }
    }

    /// Makes room for the patterns of a row.
    pub fn note(&mut self, row: &RouteMatch) {
        if row.path.kind == PathKind::RegularExpression {
            self.compiled.entry(row.path.value.clone()).or_default();
        }
        for test in row.headers.iter().chain(&row.query_params) {
            if test.kind == ValueKind::RegularExpression && !test.value.is_empty() {
                self.compiled.entry(test.value.clone()).or_default();
            }
        }
    }

    /// Whether `pattern` matches the whole of `text`. An invalid pattern matches nothing: Envoy never loads it.
    pub(super) fn full_match(&self, pattern: &Name, text: &str) -> bool {
        let holds = |regex: &Option<Compiled>| regex.as_ref().is_some_and(|regex| regex.holds(text));
        let cell = self.compiled.get(pattern);
        if let Some(known) = cell.and_then(OnceLock::get) {
            return holds(known);
        }
        let compiled = Compiled::of(pattern, self.in_rust);
        let held = holds(&compiled);
        if let Some(cell) = cell
            && self.kept.take(compiled.as_ref().map_or(0, Compiled::bytes))
        {
            // Another thread may have been quicker: its own says the same.
            let _ = cell.set(compiled);
        }
        held
    }
}

/// The tests that fail, without the path's, which the index has settled for most rows.
pub(super) fn failures<'m>(
    row: &'m RouteMatch,
    facts: &MatchInput<'_>,
    patterns: &Patterns,
) -> impl Iterator<Item = Miss<'m>> {
    let method = row.method.as_ref().filter(|method| *method != facts.method).map(Miss::Method);
    let header_fails = |test: &&ValueMatch| match facts.semantics {
        ProxySemantics::Agentgateway => !values::header_holds(facts, test, patterns),
        _ => header_value(facts, &test.name).is_none_or(|value| !value_holds(test, &value, patterns)),
    };
    let query_fails = |test: &&ValueMatch| match facts.semantics {
        ProxySemantics::Agentgateway => !values::query_holds(facts.query, test, patterns),
        _ => query_value(facts.query, &test.name).is_none_or(|value| !value_holds(test, value, patterns)),
    };
    let headers = row.headers.iter().filter(header_fails).map(Miss::Header);
    let query_params = row.query_params.iter().filter(query_fails).map(Miss::QueryParam);
    method.into_iter().chain(headers).chain(query_params)
}

/// Whether everything but the path holds.
pub(super) fn rest_holds(row: &RouteMatch, facts: &MatchInput<'_>, patterns: &Patterns) -> bool {
    failures(row, facts, patterns).next().is_none()
}

/// Tests a row: `Ok`, or the first test that fails.
pub(super) fn test<'m>(row: &'m RouteMatch, facts: &MatchInput<'_>, patterns: &Patterns) -> Result<(), Miss<'m>> {
    if !path_matches(&row.path, &facts.path, patterns) {
        return Err(Miss::Path);
    }
    failures(row, facts, patterns).next().map_or(Ok(()), Err)
}

/// How a `PathPrefix` value is tested once kgateway has translated it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix<'v> {
    /// `/`: every path.
    All,
    /// By segment: the path itself, or the path and a `/` after it.
    Segments(&'v str),
    /// As plain text: what `path_separated_prefix` cannot hold (a value that still ends in `/`).
    Text(&'v str),
}

impl<'v> Prefix<'v> {
    /// kgateway cuts one trailing slash off; Envoy's `path_separated_prefix` takes `^[^?#]+[^?#/]$` only, and the rest
    /// becomes a textual `prefix` (`setEnvoyPathMatcher`).
    pub fn of(value: &'v str) -> Self {
        let cut = if value.len() > 1 { value.strip_suffix('/').unwrap_or(value) } else { value };
        if cut == "/" || cut.is_empty() {
            Self::All
        } else if cut.len() > 1 && !cut.contains(['?', '#']) && !cut.ends_with('/') {
            Self::Segments(cut)
        } else {
            Self::Text(cut)
        }
    }

    /// Whether `path` is under it.
    pub fn holds(self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Segments(prefix) => {
                path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::Text(prefix) => path.starts_with(prefix),
        }
    }

    /// The text a rewrite replaces.
    pub fn text(self) -> &'v str {
        match self {
            Self::All => "/",
            Self::Segments(prefix) | Self::Text(prefix) => prefix,
        }
    }
}

/// Whether a path test holds for a normalised path.
pub(super) fn path_matches(test: &PathMatch, path: &str, patterns: &Patterns) -> bool {
    match test.kind {
        PathKind::Exact => test.value == path,
        PathKind::PathPrefix => Prefix::of(&test.value).holds(path),
        PathKind::RegularExpression => {
            path.starts_with(literal_prefix(&test.value)) && patterns.full_match(&test.value, path)
        }
    }
}

/// Whether a value that is there passes: an empty test asks for presence alone.
fn value_holds(test: &ValueMatch, value: &str, patterns: &Patterns) -> bool {
    if test.value.is_empty() {
        return true;
    }
    match test.kind {
        ValueKind::Exact => test.value == value,
        ValueKind::RegularExpression => patterns.full_match(&test.value, value),
    }
}

/// The value of a header as Envoy sees it, where it is an Envoy; `host` is the authority.
pub(super) fn header_value<'f>(facts: &'f MatchInput<'_>, name: &str) -> Option<Cow<'f, str>> {
    if name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority") {
        return facts.authority.as_deref().map(Cow::Borrowed);
    }
    match facts.semantics {
        ProxySemantics::Envoy => received::value(facts.headers, facts.scheme, name),
        ProxySemantics::Specification | ProxySemantics::Agentgateway => received::sent(facts.headers, name),
    }
}

/// The first value of a query parameter, not percent-decoded; a parameter without `=` is empty.
pub(super) fn query_value<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Position;

    fn row(kind: PathKind, path: &str) -> RouteMatch {
        RouteMatch {
            at: Position::default(),
            path: PathMatch { kind, value: path.into() },
            method: None,
            headers: Vec::new(),
            query_params: Vec::new(),
            grpc: None,
        }
    }

    fn value(kind: ValueKind, name: &str, value: &str) -> ValueMatch {
        ValueMatch { kind, name: name.into(), value: value.into() }
    }

    #[track_caller]
    fn path(kind: PathKind, value: &str, path: &str) -> bool {
        path_matches(&PathMatch { kind, value: value.into() }, path, &Patterns::default())
    }

    fn passes(row: &RouteMatch, headers: &[(&str, &str)], query: &str) -> bool {
        let headers: Vec<(String, String)> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let authority = Some(Cow::Borrowed("a.io:8080"));
        let facts = MatchInput {
            path: "/".into(),
            query,
            method: "GET",
            headers: &headers,
            authority,
            scheme: Scheme::Http,
            semantics: ProxySemantics::Envoy,
        };
        test(row, &facts, &Patterns::default()).is_ok()
    }

    #[test]
    fn a_prefix_matches_by_segment() {
        let prefix = |value, text| path(PathKind::PathPrefix, value, text);
        assert!(prefix("/a", "/a") && prefix("/a", "/a/b") && prefix("/a", "/a/"));
        assert!(!prefix("/a", "/ab") && !prefix("/a", "/A") && !prefix("/a", "/"));
        assert!(prefix("/a/", "/a") && prefix("/", "/x"));
    }

    #[test]
    fn a_prefix_that_still_ends_with_a_slash_is_text() {
        assert!(!path(PathKind::PathPrefix, "/a//", "/a"));
        assert!(path(PathKind::PathPrefix, "/a//", "/a/b"));
    }

    #[test]
    fn exact_and_regex_take_the_whole_path() {
        assert!(path(PathKind::Exact, "/a", "/a") && !path(PathKind::Exact, "/a", "/a/"));
        assert!(path(PathKind::RegularExpression, "/a/.*", "/a/b") && !path(PathKind::RegularExpression, "/a", "/ab"));
        assert!(!path(PathKind::RegularExpression, "(", "("));
    }

    #[test]
    fn an_expression_that_there_is_no_room_for_is_compiled_each_time() {
        for (room, kept) in [(0, false), (1 << 20, true)] {
            let mut patterns = Patterns { kept: Kept(Arc::new(AtomicUsize::new(room))), ..Patterns::default() };
            patterns.note(&row(PathKind::RegularExpression, "/a+"));
            for _ in 0..2 {
                assert!(patterns.full_match(&"/a+".into(), "/aa") && !patterns.full_match(&"/a+".into(), "/b"));
            }
            assert_eq!(patterns.compiled["/a+"].get().is_some(), kept);
            assert_eq!(patterns.kept.0.load(Ordering::Relaxed) < room, kept, "what is kept is counted");
        }
    }

    #[test]
    fn header_names_ignore_case_and_repeated_lines_are_joined() {
        let mut test = row(PathKind::PathPrefix, "/");
        test.headers.push(value(ValueKind::Exact, "X-T", "a,b"));
        assert!(passes(&test, &[("x-t", "a"), ("X-T", "b")], ""));
        assert!(!passes(&test, &[("x-t", "a")], ""));
    }

    #[test]
    fn an_empty_value_asks_for_presence() {
        let mut test = row(PathKind::PathPrefix, "/");
        test.headers.push(value(ValueKind::Exact, "h", ""));
        test.query_params.push(value(ValueKind::RegularExpression, "q", ""));
        assert!(passes(&test, &[("h", "x")], "q=1") && passes(&test, &[("h", "")], "q"));
        assert!(!passes(&test, &[], "q=1") && !passes(&test, &[("h", "x")], "Q=1"));
    }

    #[test]
    fn the_first_of_repeated_query_parameters_counts_undecoded() {
        let mut test = row(PathKind::PathPrefix, "/");
        test.query_params.push(value(ValueKind::Exact, "q", "a b"));
        assert!(!passes(&test, &[], "q=a%20b"));
        test.query_params[0].value = "1".into();
        assert!(passes(&test, &[], "q=1&q=2") && !passes(&test, &[], "q=2&q=1"));
    }

    #[test]
    fn the_host_header_is_the_authority() {
        let mut test = row(PathKind::PathPrefix, "/");
        test.headers.push(value(ValueKind::Exact, "Host", "a.io:8080"));
        assert!(passes(&test, &[], ""));
    }

    #[test]
    fn the_failed_test_is_named() {
        let mut tested = row(PathKind::PathPrefix, "/");
        tested.method = Some("POST".into());
        let facts = MatchInput {
            path: "/".into(),
            query: "",
            method: "GET",
            headers: &[],
            authority: None,
            scheme: Scheme::Http,
            semantics: ProxySemantics::Envoy,
        };
        assert_eq!(test(&tested, &facts, &Patterns::default()), Err(Miss::Method(&"POST".into())));
    }
}
