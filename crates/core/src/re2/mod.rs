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
#[cfg(test)]
mod tests;
mod translate;

use regex::bytes::{Regex, RegexBuilder};

use crate::limits;

use translate::read;

/// Says why RE2 (and so Envoy) refuses `pattern`, if it does.
pub fn check_re2(pattern: &str) -> Result<(), String> {
    read(pattern, "(?:")?.size.check()
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
    read.size.check()?;
    Ok(read.out)
}

fn build(translated: &str) -> Result<Regex, String> {
    RegexBuilder::new(translated)
        .size_limit(limits::REGEX_BYTES)
        .nest_limit(2000)
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
