//! How large an expression becomes in the `regex` crate, before it is compiled.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How many states the automaton of an expression has, roughly: a count is written out.
pub(crate) fn states(part: &Hir) -> usize {
    let all = |parts: &[Hir]| parts.iter().map(states).fold(1, usize::saturating_add);
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(text) => text.0.len(),
        // A range of characters is a range for each of their bytes.
        HirKind::Class(Class::Unicode(class)) => class.iter().map(|range| range.end().len_utf8()).sum(),
        HirKind::Class(Class::Bytes(class)) => class.iter().count(),
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min).max(1);
            states(&repeated.sub).saturating_add(1).saturating_mul(times as usize)
        }
        HirKind::Capture(group) => states(&group.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => all(parts),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_count_is_written_out() {
        let states = |pattern: &str| super::states(&regex_syntax::parse(pattern).unwrap());
        assert_eq!(states("abc"), 3);
        assert_eq!(states("a{900}"), 1_800);
        assert_eq!(states("(?:a{30}){30}"), 1_830);
        assert!(states(r"\pL{900}") > 1_000_000);
    }
}
