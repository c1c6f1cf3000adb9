//! How many instructions RE2 makes of a class of characters: a range of bytes each, over the UTF-8 of its characters.
//!
//! Source: RE2 `re2/compile.cc` (`AddRuneRangeUTF8`, `Add_80_10ffff`, `PostVisit` of `kRegexpCharClass`). Where RE2 shares
//! the ends of ranges as far as they are next to each other, everything that reads alike is assumed to be shared here: the
//! number is a least one.

use ahash::AHashMap;
use regex_syntax::hir::{Class, HirKind};

/// A character's number.
type Code = u32;

const LAST: Code = 0x10_FFFF;
/// From here on a character has several bytes.
const LONG: Code = 0x80;

/// The instructions of a class in the syntax of the `regex` crate; `None` when that is not to be told.
pub(super) fn of_text(class: &str) -> Option<usize> {
    let parsed = regex_syntax::ParserBuilder::new().utf8(false).build().parse(class).ok()?;
    match parsed.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            Some(of_ranges(class.iter().map(|range| (range.start().into(), range.end().into())).collect()))
        }
        HirKind::Class(Class::Bytes(class)) => Some(class.iter().count()),
        // A class of one character is a text.
        HirKind::Literal(text) => Some(text.0.len()),
        _ => None,
    }
}

/// The instructions of the characters in these ranges, in any order.
pub(super) fn of_ranges(mut ranges: Vec<(Code, Code)>) -> usize {
    ranges.sort_unstable();
    let mut joined: Vec<(Code, Code)> = Vec::with_capacity(ranges.len());
    for (low, high) in ranges {
        match joined.last_mut() {
            // RE2 has no gap where the surrogates are.
            Some((_, end)) if low <= end.saturating_add(1) || (*end == 0xD7FF && low == 0xE000) => {
                *end = high.max(*end);
            }
            _ => joined.push((low, high)),
        }
    }
    let folds = folds_ascii(&joined);
    let mut made = Made::default();
    for (low, high) in joined {
        // What is in it in both cases is compared in both at once.
        if !(folds && Code::from('A') <= low && high <= Code::from('Z')) {
            made.range(low, high);
        }
    }
    made.instructions()
}

/// The same of all other characters.
pub(super) fn negated(mut ranges: Vec<(Code, Code)>) -> Vec<(Code, Code)> {
    ranges.sort_unstable();
    let mut others = Vec::new();
    let mut next = 0;
    for (low, high) in ranges {
        if next < low {
            others.push((next, low - 1));
        }
        next = next.max(high.saturating_add(1));
    }
    if next <= LAST {
        others.push((next, LAST));
    }
    others
}

fn folds_ascii(ranges: &[(Code, Code)]) -> bool {
    let holds = |c: char| ranges.iter().any(|(low, high)| (*low..=*high).contains(&Code::from(c)));
    ('a'..='z').all(|c| holds(c) == holds(c.to_ascii_uppercase()))
}

/// Ranges of bytes, each with the ranges that may follow it.
#[derive(Debug, Default)]
struct Made {
    /// What may begin a character: a range of bytes, and what follows, by number.
    tree: Node,
    /// Instructions that are counted apart.
    fixed: usize,
}

#[derive(Debug, Default)]
struct Node(AHashMap<(u8, u8), Node>);

impl Made {
    fn range(&mut self, low: Code, high: Code) {
        if low > high {
            return;
        }
        if low == LONG && high == LAST {
            self.fixed += 6;
            return;
        }
        for most in [0x7F, 0x7FF, 0xFFFF] {
            if low <= most && most < high {
                self.range(low, most);
                self.range(most + 1, high);
                return;
            }
        }
        if high >= LONG {
            for bits in [6, 12, 18] {
                let last = (1 << bits) - 1;
                if (low & !last) != (high & !last) {
                    if low & last != 0 {
                        self.range(low, low | last);
                        self.range((low | last) + 1, high);
                        return;
                    }
                    if high & last != last {
                        self.range(low, (high & !last) - 1);
                        self.range(high & !last, high);
                        return;
                    }
                }
            }
        }
        let (low, high) = (bytes(low), bytes(high));
        let mut node = &mut self.tree;
        for pair in low.into_iter().zip(high) {
            node = node.0.entry(pair).or_default();
        }
    }

    fn instructions(&self) -> usize {
        let mut known = AHashMap::default();
        number(&self.tree, &mut known);
        let edges: usize = known.keys().map(Vec::len).sum();
        self.fixed + edges
    }
}

/// Gives nodes that read alike one number.
fn number(node: &Node, known: &mut AHashMap<Vec<(u8, u8, usize)>, usize>) -> usize {
    let mut edges: Vec<_> = node.0.iter().map(|((low, high), below)| (*low, *high, number(below, known))).collect();
    edges.sort_unstable();
    let next = known.len();
    *known.entry(edges).or_insert(next)
}

/// The bytes of a character's UTF-8; surrogates are written as any other.
fn bytes(code: Code) -> Vec<u8> {
    let tail = |shift: u32| u8::try_from(0x80 | ((code >> shift) & 0x3F)).unwrap_or_default();
    let head = |mark: u32, shift: u32| u8::try_from(mark | (code >> shift)).unwrap_or_default();
    match code {
        0..=0x7F => vec![head(0, 0)],
        0x80..=0x7FF => vec![head(0xC0, 6), tail(0)],
        0x800..=0xFFFF => vec![head(0xE0, 12), tail(6), tail(0)],
        _ => vec![head(0xF0, 18), tail(12), tail(6), tail(0)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_ascii_is_one_instruction() {
        assert_eq!(of_text("[0-9]"), Some(1));
        assert_eq!(of_text("[a-z0-9_.]"), Some(4));
        assert_eq!(of_text("[0-9A-Za-z]"), Some(2), "letters in both cases are compared at once");
    }

    #[test]
    fn all_but_a_slash_is_two_ranges_of_ascii_and_the_rest_in_six() {
        assert_eq!(of_text("[^/]"), Some(8));
        assert_eq!(of_ranges(negated(vec![(0x2F, 0x2F)])), 8);
    }

    #[test]
    fn letters_of_all_scripts_are_more_than_envoy_takes() {
        assert!(of_text(r"\pL").unwrap() > 100);
    }

    #[test]
    fn long_characters_share_their_ends() {
        // C3 [A0-BF], C4 [80-BF], and E4 B8 [80-BF] and E4 B9 [80-BF], which are one.
        assert_eq!(of_text("[à-ĿĀ]"), Some(4));
        assert_eq!(of_text("[一-乿]"), Some(3));
    }
}
