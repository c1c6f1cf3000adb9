//! How large RE2's program of a pattern is at least, and the most that Envoy takes of one.
//!
//! Only what certainly becomes an instruction counts: a pattern is not refused on a guess. A count is written out: `x{900}`
//! is 900 times the instructions of `x`. Of alternatives, whose common beginnings RE2 shares, the largest counts alone.

use super::states::states;

/// The most instructions that Envoy lets a regex have (`re2.max_program_size.error_level`).
const MAX_PROGRAM_SIZE: usize = crate::limits::REGEX_PROGRAM;
/// What RE2 adds: the match, the failure, and the loop that looks for a beginning.
const AROUND: usize = 4;

/// The instructions of the pattern read so far.
#[derive(Debug)]
pub(super) struct Size {
    /// The open groups, the pattern itself the first.
    groups: Vec<Group>,
    /// The single character or class that was read last, and how many of its copies RE2 may do without when the same is
    /// repeated next to it (`a{2,5}a*` is `a{2,}`).
    last: Option<(String, usize)>,
    /// The one before it.
    before: Option<(String, usize)>,
    /// The instructions of the text behind an anchor at the very beginning, which RE2 compares apart from the program.
    prefix: Prefix,
    /// It has an anchor, and alternatives.
    anchored: bool,
    forked: bool,
    /// Nothing is certain: an anchor that does not come first, or a class that holds nothing and cuts off what follows.
    unknown: bool,
}

/// The alternatives of a group.
#[derive(Debug, Default)]
struct Group {
    /// The largest that is complete.
    largest: usize,
    /// The one at hand.
    sum: usize,
    /// Its last atom.
    atom: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    /// Nothing was read yet.
    Begin,
    /// An anchor, and text of so many instructions, the last character of so many.
    Text(usize, usize),
    /// No more text can belong to it; so much does.
    Done(usize),
}

impl Default for Size {
    fn default() -> Self {
        Self {
            groups: vec![Group::default()],
            last: None,
            before: None,
            prefix: Prefix::Begin,
            anchored: false,
            forked: false,
            unknown: false,
        }
    }
}

impl Size {
    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    /// A character of the text, of so many bytes.
    pub fn literal(&mut self, c: char) {
        let length = c.len_utf8();
        self.prefix = match self.prefix {
            Prefix::Text(all, _) => Prefix::Text(all + length, length),
            Prefix::Begin => Prefix::Done(0),
            done @ Prefix::Done(_) => done,
        };
        self.next(Some((c.to_string(), 0)));
        self.made(length);
    }

    /// A class of so many instructions, as it is written.
    pub fn class(&mut self, written: &str, instructions: usize) {
        self.end_prefix();
        self.unknown |= instructions == 0;
        self.next(Some((written.to_owned(), 0)));
        self.made(instructions);
    }

    /// What takes no room for certain: an assertion, an empty text.
    pub fn nothing(&mut self) {
        self.end_prefix();
        self.next(None);
        self.made(0);
    }

    /// `^` or `\A`.
    pub fn begin(&mut self) {
        if self.prefix == Prefix::Begin {
            self.prefix = Prefix::Text(0, 0);
        } else {
            self.unknown = true;
        }
        self.anchored = true;
        self.next(None);
        self.made(0);
    }

    fn end_prefix(&mut self) {
        self.prefix = match self.prefix {
            Prefix::Begin => Prefix::Done(0),
            Prefix::Text(all, _) => Prefix::Done(all),
            done @ Prefix::Done(_) => done,
        };
    }

    fn made(&mut self, instructions: usize) {
        let group = self.group();
        group.atom = instructions;
        group.sum = group.sum.saturating_add(instructions);
    }

    /// A group begins.
    pub fn open(&mut self) {
        self.end_prefix();
        self.groups.push(Group::default());
    }

    /// The group ends, and is the atom.
    pub fn close(&mut self) {
        let Some(group) = self.groups.pop() else { return };
        // Parentheses around a single character do not keep RE2 from joining its repetitions: it stays the last.
        self.made(group.largest.max(group.sum));
    }

    /// An alternative ends, and another begins.
    pub fn alternative(&mut self) {
        self.end_prefix();
        self.next(None);
        self.next(None);
        self.forked = true;
        let group = self.group();
        group.largest = group.largest.max(group.sum);
        (group.sum, group.atom) = (0, 0);
    }

    /// The atom is repeated, from `low` times on, up to `high` times if there is an end.
    pub fn repeated(&mut self, low: u64, high: Option<u64>) {
        if let Prefix::Text(all, last) = self.prefix {
            // The last character is not plain text then.
            self.prefix = Prefix::Done(all - last);
        }
        let copies = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let group = self.group();
        let atom = group.atom;
        let sum = group.sum.saturating_sub(atom);
        // Without an end the last copy is the one that loops.
        let most = copies(high.unwrap_or(low.max(1)));
        let least = copies(low);
        group.atom = atom.saturating_mul(most);
        group.sum = sum.saturating_add(group.atom);
        if let Some((_, spare)) = &mut self.last {
            *spare = atom.saturating_mul(most - least);
        }
    }

    /// Another atom is at hand. RE2 joins the two before it when they are the same and either is repeated.
    fn next(&mut self, atom: Option<(String, usize)>) {
        if let (Some((text, spare)), Some((now, own))) = (&self.before, &mut self.last)
            && text == now
        {
            let both = spare.saturating_add(std::mem::take(own));
            let group = self.group();
            group.sum = group.sum.saturating_sub(both);
        }
        self.before = std::mem::replace(&mut self.last, atom);
    }

    /// How many instructions there are at least, where that can be told.
    fn least(&mut self) -> Option<usize> {
        self.next(None);
        // RE2 may compare much of what follows an anchor apart from the program, in all alternatives alike.
        if self.unknown || (self.anchored && self.forked) {
            return None;
        }
        let all = self.groups.first().map_or(0, |group| group.largest.max(group.sum));
        let apart = match self.prefix {
            Prefix::Begin => 0,
            Prefix::Text(all, _) | Prefix::Done(all) => all,
        };
        Some(all.saturating_sub(apart).saturating_add(AROUND))
    }

    /// Says why Envoy refuses the program, if it does. `translated` is the pattern as the `regex` crate reads it.
    pub fn check(mut self, translated: &str) -> Result<(), String> {
        match self.least() {
            Some(least) if least > MAX_PROGRAM_SIZE => {
                Err(format!("its program has {least} instructions or more, and Envoy takes {MAX_PROGRAM_SIZE} at most"))
            }
            // What RE2 saves is a prefix, which is written out: no count that makes much of little.
            None if is_huge(translated) => Err(format!(
                "its program has many more than the {MAX_PROGRAM_SIZE} instructions that Envoy takes at most"
            )),
            _ => Ok(()),
        }
    }
}

/// Whether an expression is larger by far than what so few instructions can stand for.
fn is_huge(translated: &str) -> bool {
    let parsed = regex_syntax::ParserBuilder::new().utf8(false).nest_limit(super::NESTING).build().parse(translated);
    parsed.is_ok_and(|parsed| states(&parsed) > crate::limits::REGEX_PROGRAM_STATES)
}

#[cfg(test)]
mod tests {
    use crate::re2::check_re2;
    use crate::re2::tests::refused;

    #[track_caller]
    fn takes(pattern: &str, instructions: usize) {
        let mut read = crate::re2::translate::read(pattern, "(?:").unwrap();
        assert_eq!(read.size.least(), Some(instructions), "{pattern}");
    }

    #[test]
    fn a_program_of_more_than_100_instructions_is_refused() {
        let text = |length: usize| "a".repeat(length);
        assert!(check_re2(&text(96)).is_ok());
        refused(&text(97));
        refused(&format!("{}[ab]", text(96)));
        refused(&format!("({})", text(97)));
        // These are shorter than they look: what is repeated, factored, or compared before the program runs.
        for pattern in ["a*".repeat(60), format!("^{}", text(99)), "(?:abc|abd)".repeat(12)] {
            assert!(check_re2(&pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn a_count_is_written_out() {
        takes("x{90}", 94);
        takes("x{0,90}", 94);
        takes("x{90,}", 94);
        takes("(?:ab){20}", 44);
        takes("(?:a{3}|b{5}){10}", 54);
        refused("x{900}");
        refused(r"\pL{900}");
        refused(r"(?:\d{10}){10}");
    }

    #[test]
    fn what_cannot_be_counted_is_refused_where_it_is_huge() {
        for pattern in [r"a^\pM{1000}", r"(?:^|b)\pL{100}", r"^(?:a|\pL{100})"] {
            refused(pattern);
        }
        for pattern in ["a^b{90}", "(?:^|b)c{90}", r"(?:^|/)\pL"] {
            assert!(check_re2(pattern).is_ok(), "{pattern}");
            assert!(crate::re2::compile_full(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn repetitions_of_the_same_next_to_each_other_are_one() {
        takes("a+", 5);
        takes("a*b*a*", 7);
        takes("aa*", 5);
        takes("a{2,5}a*", 6);
        takes("(?:a*)a{0,90}", 4);
        takes("[ab]*[ab]*", 4);
    }

    #[test]
    fn a_class_is_as_many_as_its_ranges() {
        takes("[^/]+", 12);
        takes(r"\d\w", 9 - 1);
        takes("/users/[^/]+/orders/.*", 7 + 8 + 8 + 7 + 4);
        refused(r"\pL");
        refused(".{20}");
    }
}
