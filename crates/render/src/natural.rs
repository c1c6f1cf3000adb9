//! The order in which a person expects names: `h2` before `h10`.

use std::cmp::Ordering;

/// Compares two names, numbers in them by their values. Names that differ only in zeros before a number are ordered by
/// bytes, so that no two names are equal but equal ones.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (a, b) = (left.as_bytes(), right.as_bytes());
    let (mut at, mut of) = (0, 0);
    loop {
        let (Some(one), Some(other)) = (a.get(at), b.get(of)) else {
            return (a.len() - at).cmp(&(b.len() - of)).then_with(|| left.cmp(right));
        };
        if one.is_ascii_digit() && other.is_ascii_digit() {
            let (first, second) = (number(&a[at..]), number(&b[of..]));
            let (short, long) = (significant(first), significant(second));
            let order = short.len().cmp(&long.len()).then_with(|| short.cmp(long));
            if order != Ordering::Equal {
                return order;
            }
            at += first.len();
            of += second.len();
        } else if one == other {
            at += 1;
            of += 1;
        } else {
            return one.cmp(other);
        }
    }
}

/// The digits at the start.
fn number(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

/// A number without the zeros before it.
fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().position(|digit| *digit != b'0').unwrap_or(number.len());
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_value_and_all_else_by_bytes() {
        let mut names = ["h10", "h2", "h1-b", "h1-a10", "h1-a9", "a", "h02", "h", "12", "3"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["3", "12", "a", "h", "h1-a9", "h1-a10", "h1-b", "h02", "h2", "h10"]);
    }

    #[test]
    fn only_equal_names_are_equal() {
        assert_eq!(compare("a1", "a1"), Ordering::Equal);
        assert_ne!(compare("a1", "a01"), Ordering::Equal);
        assert_eq!(compare("a01", "a1"), compare("a1", "a01").reverse());
    }
}
