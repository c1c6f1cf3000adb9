//! Regular expressions: a line of pattern, then a text.

use routescope_core::re2;

/// What RE2 takes can be compiled, and a match begins as it was said that every match does.
pub fn re2(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let (pattern, text) = input.split_once('\n').unwrap_or((input, ""));
    let taken = re2::check_re2(pattern);
    let compiled = [re2::compile_full(pattern), re2::compile_search(pattern), re2::compile_captures(pattern)];
    for compiled in &compiled {
        assert_eq!(taken.is_ok(), compiled.is_ok(), "{taken:?} but {compiled:?}");
    }
    re2::has_any_byte(pattern);
    if let Ok(regex) = &compiled[0]
        && regex.is_match(text.as_bytes())
    {
        let prefix = re2::literal_prefix(pattern);
        assert!(text.starts_with(prefix), "{text:?} matches and does not begin with {prefix:?}");
    }
}
