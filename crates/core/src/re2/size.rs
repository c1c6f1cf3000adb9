//! How large RE2's program of a pattern is at least, and the most that Envoy takes of one.
//!
//! Only what certainly becomes an instruction counts: a pattern is not refused on a guess.

/// The most instructions that Envoy lets a regex have (`re2.max_program_size.error_level`).
const MAX_PROGRAM_SIZE: usize = 100;

/// The instructions of the pattern read so far.
#[derive(Debug, Default)]
pub(super) struct Size {
    /// How many RE2 makes of it at least: one for each byte of text, and for each class. What is repeated does not count,
    /// because RE2 joins repetitions of the same.
    least: usize,
    /// `least` before the atom, and before each open group.
    before: usize,
    opened: Vec<usize>,
    /// It has alternatives, which RE2 factors, or an anchor, whose text it may test apart: `least` says nothing then.
    folds: bool,
}

impl Size {
    /// An atom of so many instructions.
    pub fn made(&mut self, instructions: usize) {
        self.before = self.least;
        self.least += instructions;
    }

    /// A group begins.
    pub fn open(&mut self) {
        self.opened.push(self.least);
    }

    /// The group ends, and is the atom.
    pub fn close(&mut self) {
        self.before = self.opened.pop().unwrap_or_default();
    }

    /// The atom is repeated.
    pub fn repeated(&mut self) {
        self.least = self.before;
    }

    /// An alternative, or an anchor at the beginning.
    pub fn folds(&mut self) {
        self.folds = true;
    }

    /// Says why Envoy refuses the program, if it does.
    pub fn check(&self) -> Result<(), String> {
        // RE2 adds four: the match, the failure, and the loop that looks for a beginning.
        let least = self.least + 4;
        if !self.folds && least > MAX_PROGRAM_SIZE {
            return Err(format!(
                "its program has {least} instructions or more, and Envoy takes {MAX_PROGRAM_SIZE} at most"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::re2::check_re2;
    use crate::re2::tests::refused;

    #[test]
    fn a_program_of_more_than_100_instructions_is_refused() {
        let text = |length: usize| "a".repeat(length);
        assert!(check_re2(&text(96)).is_ok());
        refused(&text(97));
        refused(&format!("{}[ab]", text(96)));
        refused(&format!("({})", text(97)));
        // These are shorter than they look: what is repeated, factored, or tested before the program runs.
        for pattern in [".*".repeat(60), format!("{}|b", text(97)), format!("^{}", text(99)), "(?:abc|abd)".repeat(12)]
        {
            assert!(check_re2(&pattern).is_ok(), "{pattern}");
        }
    }
}
