//! Envoy's regular expressions, which are RE2's, on the `regex` crate.
//!
//! Both are linear-time and agree on most patterns; where they differ the pattern is translated, and what RE2 refuses is
//! refused here in RE2's own terms (Envoy then refuses the whole route table). Source: RE2 `re2/parse.cc` with the flags
//! of `RE2::Quiet` (`LikePerl`, UTF-8), and its `doc/syntax.txt`.

mod class;
mod class_size;
mod escape;
mod repeat;
mod size;
mod states;
#[cfg(test)]
mod tests;
mod translate;

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::meta;
use regex_automata::util::syntax;

use crate::limits;

pub(crate) use states::states;
use translate::read;

/// How deep what is accepted may be nested.
const NESTING: u32 = 2_000;

/// Says why RE2 (and so Envoy) refuses `pattern`, if it does.
pub fn check_re2(pattern: &str) -> Result<(), String> {
    let read = read(pattern, "(?:")?;
    read.size.check(&read.out)
}

/// Whether `pattern` has `\C` (any byte), which Go's regular expressions lack.
pub fn has_any_byte(pattern: &str) -> bool {
    read(pattern, "(?:").is_ok_and(|read| read.any_byte)
}

/// Compiles `pattern` to match a whole text, as Envoy's `safe_regex` does. What Envoy refuses is not compiled.
pub fn compile_full(pattern: &str) -> Result<Regex, String> {
    build(&full_pattern(pattern)?)
}

/// The pattern that [`compile_full`] compiles, for other automata of the same family.
pub fn full_pattern(pattern: &str) -> Result<String, String> {
    Ok(format!(r"\A(?:{})\z", accepted(pattern, "(?:")?))
}

/// Compiles `pattern` to be found anywhere, as Envoy's `regex_rewrite` does.
pub fn compile_search(pattern: &str) -> Result<Regex, String> {
    build(&accepted(pattern, "(?:")?)
}

/// The same, with groups that tell what they matched, by number.
pub fn compile_captures(pattern: &str) -> Result<Regex, String> {
    build(&accepted(pattern, "(")?)
}

/// The pattern as the `regex` crate reads it, if Envoy takes it.
fn accepted(pattern: &str, group: &'static str) -> Result<String, String> {
    let read = read(pattern, group)?;
    read.size.check(&read.out)?;
    Ok(read.out)
}

/// Compiles `pattern` to match a whole text, with little memory beside it; `None` for what Envoy refuses.
pub(crate) fn whole(pattern: &str) -> Option<meta::Regex> {
    small(&full_pattern(pattern).ok()?, limits::REGEX_BYTES, NESTING, false)
}

/// Compiles `pattern` as agentgateway does, with little memory beside it; `None` for what it takes to match nothing.
pub(crate) fn rust(pattern: &str) -> Option<meta::Regex> {
    small(pattern, RUST_BYTES, RUST_NESTING, true)
}

/// Whether agentgateway can compile `pattern`.
pub(crate) fn is_rust(pattern: &str) -> bool {
    rust(pattern).is_some()
}

/// The defaults of the `regex` crate.
const RUST_BYTES: usize = 10 << 20;
const RUST_NESTING: u32 = 250;

/// Without the automata that are built while they search: paths and headers are short, and there are many expressions.
fn small(pattern: &str, bytes: usize, nesting: u32, utf8: bool) -> Option<meta::Regex> {
    let config = meta::Config::new().hybrid(false).dfa(false).utf8_empty(utf8).nfa_size_limit(Some(bytes));
    let syntax = syntax::Config::new().utf8(utf8).nest_limit(nesting);
    meta::Builder::new().configure(config).syntax(syntax).build(pattern).ok()
}

fn build(translated: &str) -> Result<Regex, String> {
    RegexBuilder::new(translated)
        .size_limit(limits::REGEX_BYTES)
        .nest_limit(NESTING)
        .build()
        .map_err(|error| error.to_string().lines().last().unwrap_or("not understood").to_owned())
}

/// The text every match of `pattern` begins with: a cheap first test. Empty when that is not plain to see.
pub fn literal_prefix(pattern: &str) -> &str {
    if pattern.contains('|') || pattern.contains("\\E") {
        return "";
    }
    let end = pattern.find(|c: char| !(c.is_ascii_alphanumeric() || "/-_~!@%&=:;,'\"<>#".contains(c)));
    let Some(end) = end else { return pattern };
    // The last character may be repeated zero times, be it behind flags: `a(?i)*`.
    let after = &pattern[end..];
    if after.starts_with(['*', '?', '{']) || after.starts_with("(?") {
        &pattern[..end.saturating_sub(1)]
    } else {
        &pattern[..end]
    }
}
