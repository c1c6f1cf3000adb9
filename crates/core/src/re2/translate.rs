//! Reads a pattern from left to right and writes it again for the `regex` crate: text, groups and flags here; what is
//! more to read, [`super::escape`], [`super::class`] and [`super::repeat`].

use std::fmt::Write as _;

use super::repeat::counted;
use super::size::Size;

/// A pattern, read up to `rest` and written up to there in `out`.
pub(super) struct Translator<'p> {
    pub rest: &'p str,
    /// How a group is opened that the pattern captures.
    group: &'static str,
    pub out: String,
    /// Per open group: the largest product of counts around it so far.
    groups: Vec<u64>,
    names: Vec<&'p str>,
    /// What a repetition operator would apply to: the largest product of counts in it; `None` when there is nothing.
    pub atom: Option<u64>,
    /// Where flags such as `(?i)` were written after the atom.
    pub flags_from: Option<usize>,
    /// The last token was itself a repetition.
    pub repeated: bool,
    /// The largest product of counts in the current group.
    pub product: u64,
    pub size: Size,
    /// It has `\C`.
    pub any_byte: bool,
    /// Some of it is compared in both cases.
    pub folds: bool,
}

/// Reads all of `pattern`, or says why RE2 refuses it; `group` opens a group that the pattern captures.
pub(super) fn read<'p>(pattern: &'p str, group: &'static str) -> Result<Translator<'p>, String> {
    let mut translator = Translator {
        rest: pattern,
        group,
        out: String::with_capacity(pattern.len() + 16),
        groups: Vec::new(),
        names: Vec::new(),
        atom: None,
        flags_from: None,
        repeated: false,
        product: 1,
        size: Size::default(),
        any_byte: false,
        folds: false,
    };
    translator.run()?;
    Ok(translator)
}

impl<'p> Translator<'p> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '(' => self.open()?,
                ')' => {
                    self.take(1);
                    let Some(outer) = self.groups.pop() else { return Err("unexpected )".to_owned()) };
                    let inner = self.product;
                    self.product = outer;
                    self.out.push(')');
                    self.size.close();
                    self.done(inner);
                }
                '|' => {
                    self.take(1);
                    self.out.push('|');
                    self.size.alternative();
                    self.nothing_to_repeat();
                }
                '*' => self.repeat(1, 0, None)?,
                '+' => self.repeat(1, 1, None)?,
                '?' => self.repeat(1, 0, Some(1))?,
                '{' => {
                    if let Some((length, low, high)) = counted(self.rest) {
                        self.repeat(length, low, high)?;
                    } else {
                        self.take(1);
                        self.literal('{');
                    }
                }
                '[' => self.class()?,
                '\\' => self.escape()?,
                '.' | '^' | '$' => {
                    self.take(1);
                    self.out.push(c);
                    match c {
                        '^' => self.size.begin(),
                        '$' => self.size.nothing(),
                        // All but a line feed, or all: the least of the two.
                        _ => self.size.class(".", 7),
                    }
                    self.done(1);
                }
                _ => {
                    self.take(c.len_utf8());
                    self.literal(c);
                }
            }
        }
        if self.groups.is_empty() { Ok(()) } else { Err("missing closing )".to_owned()) }
    }

    /// Reads so many bytes.
    pub fn take(&mut self, length: usize) -> &'p str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// An atom: the character that was read.
    pub fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.size.literal(c);
        self.done(1);
    }

    fn nothing_to_repeat(&mut self) {
        (self.atom, self.flags_from, self.repeated) = (None, None, false);
    }

    /// An atom stands written, with the largest product of counts in it.
    pub fn done(&mut self, product: u64) {
        self.atom = Some(product);
        self.flags_from = None;
        self.repeated = false;
        self.product = self.product.max(product);
    }

    /// `(…`: every group loses its name; flags are checked.
    fn open(&mut self) -> Result<(), String> {
        let bad = |text: &str| Err(format!("invalid perl operator: {text}"));
        if !self.rest.starts_with("(?") {
            self.take(1);
            self.out.push_str(self.group);
        } else if let Some(name) = self.rest.strip_prefix("(?P<").or_else(|| self.rest.strip_prefix("(?<")) {
            if name.starts_with(['=', '!']) {
                return bad("(?<");
            }
            let Some(end) = name.find('>') else { return Err("invalid named capture group".to_owned()) };
            let name = &name[..end];
            let word = |c: char| c == '_' || c.is_alphanumeric();
            if name.is_empty() || !name.chars().all(word) || self.names.contains(&name) {
                return Err(format!("invalid named capture group: {name}"));
            }
            self.names.push(name);
            let length = self.rest.find('>').unwrap_or(0) + 1;
            self.take(length);
            self.out.push_str(self.group);
        } else {
            let Some(end) = self.rest.find([':', ')']) else { return bad(self.rest) };
            let flags = &self.rest[2..end];
            let mut known = flags.strip_prefix('-').unwrap_or(flags).chars().filter(|c| *c != '-');
            let minus = flags.matches('-').count();
            let dangling = minus > 1 || flags.ends_with('-') || (flags.is_empty() && self.rest.as_bytes()[end] == b')');
            if dangling || !known.all(|c| "imsU".contains(c)) {
                return bad(&self.rest[..=end]);
            }
            self.folds |= flags.contains('i');
            let scoped = self.rest.as_bytes()[end] == b':';
            self.take(end + 1);
            let from = self.out.len();
            write_flags(&mut self.out, flags, scoped);
            if !scoped {
                // `(?i)` changes flags and matches nothing; a repetition after it is that of what came before.
                self.flags_from.get_or_insert(from);
                return Ok(());
            }
        }
        self.size.open();
        self.groups.push(self.product);
        self.product = 1;
        self.nothing_to_repeat();
        Ok(())
    }
}

/// Opens a group with flags, or sets them from here on. RE2 takes a flag several times, and the last one counts.
fn write_flags(out: &mut String, flags: &str, scoped: bool) {
    let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
    let set = |of: &str, not: &str| "imsU".chars().filter(|c| of.contains(*c) && !not.contains(*c)).collect::<String>();
    let (on, off) = (set(on, off), set(off, ""));
    let minus = if off.is_empty() { "" } else { "-" };
    match (scoped, on.is_empty() && off.is_empty()) {
        (true, _) => drop(write!(out, "(?{on}{minus}{off}:")),
        (false, true) => {}
        (false, false) => drop(write!(out, "(?{on}{minus}{off})")),
    }
}

/// Writes a character that stands for itself.
pub(super) fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || c == '/' || c == '_' || !c.is_ascii() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    }
}
