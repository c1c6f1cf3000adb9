//! Envoy's regular expressions, which are RE2's, on the `regex` crate.
//!
//! Both are linear-time and agree on most patterns; where they differ the pattern is translated, and what RE2 refuses is
//! refused here in RE2's own terms (Envoy then refuses the whole route table). Source: RE2 `re2/parse.cc` with the flags
//! of `RE2::Quiet` (`LikePerl`, UTF-8), and its `doc/syntax.txt`.

use std::fmt::Write as _;

use regex::bytes::{Regex, RegexBuilder};

/// RE2's limit on a repetition's count, nested ones multiplied (`kMaxRepeat`).
const MAX_REPEAT: u64 = 1000;

/// The most instructions that Envoy lets a regex have (`re2.max_program_size.error_level`).
const MAX_PROGRAM_SIZE: usize = 100;

/// Says why RE2 (and so Envoy) refuses `pattern`, if it does.
pub fn check_re2(pattern: &str) -> Result<(), String> {
    let read = read(pattern, "(?:")?;
    // RE2 adds four: the match, the failure, and the loop that looks for a beginning.
    let least = read.least + 4;
    if !read.folds && least > MAX_PROGRAM_SIZE {
        return Err(format!(
            "its program has {least} instructions or more, and Envoy takes {MAX_PROGRAM_SIZE} at most"
        ));
    }
    Ok(())
}

/// Whether `pattern` has `\C` (any byte), which Go's regular expressions lack.
pub fn has_any_byte(pattern: &str) -> bool {
    read(pattern, "(?:").is_ok_and(|read| read.any_byte)
}

/// Compiles `pattern` to match a whole text, as Envoy's `safe_regex` does.
pub fn compile_full(pattern: &str) -> Result<Regex, String> {
    build(&format!(r"\A(?:{})\z", translate(pattern)?))
}

/// Compiles `pattern` to be found anywhere, as Envoy's `regex_rewrite` does.
pub fn compile_search(pattern: &str) -> Result<Regex, String> {
    build(&translate(pattern)?)
}

/// The same, with groups that tell what they matched, by number.
pub fn compile_captures(pattern: &str) -> Result<Regex, String> {
    build(&read(pattern, "(")?.out)
}

fn build(translated: &str) -> Result<Regex, String> {
    RegexBuilder::new(translated)
        .size_limit(32 << 20)
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
    // The last character may be repeated zero times.
    if pattern[end..].starts_with(['*', '?', '{']) { &pattern[..end.saturating_sub(1)] } else { &pattern[..end] }
}

struct Translator<'p> {
    rest: &'p str,
    /// How a group is opened that the pattern captures.
    group: &'static str,
    out: String,
    /// Per open group: where it begins in `out`, and the largest product of counts inside so far.
    groups: Vec<u64>,
    names: Vec<&'p str>,
    /// What a repetition operator would apply to: the largest product of counts in it; `None` when there is nothing.
    atom: Option<u64>,
    /// Where flags such as `(?i)` were written after the atom.
    flags_from: Option<usize>,
    /// The last token was itself a repetition.
    repeated: bool,
    /// The largest product of counts in the current group.
    product: u64,
    /// How many instructions RE2 makes of it at least: one for each byte of text, and for each class. What is repeated does
    /// not count, because RE2 joins repetitions of the same.
    least: usize,
    /// `least` before the atom, and before each open group.
    before: usize,
    opened: Vec<usize>,
    /// It has alternatives, which RE2 factors, or an anchor, whose text it may test apart: `least` says nothing then.
    folds: bool,
    /// It has `\C`.
    any_byte: bool,
}

fn translate(pattern: &str) -> Result<String, String> {
    read(pattern, "(?:").map(|read| read.out)
}

/// `group` opens a group that the pattern captures.
fn read<'p>(pattern: &'p str, group: &'static str) -> Result<Translator<'p>, String> {
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
        least: 0,
        before: 0,
        opened: Vec::new(),
        folds: false,
        any_byte: false,
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
                    self.done(inner);
                    self.before = self.opened.pop().unwrap_or_default();
                }
                '|' => {
                    self.take(1);
                    self.out.push('|');
                    self.folds = true;
                    self.nothing_to_repeat();
                }
                '*' | '+' | '?' => self.repeat(1, None)?,
                '{' => {
                    if let Some((length, low, high)) = counted(self.rest) {
                        self.repeat(length, Some((low, high)))?;
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
                    self.folds |= c == '^';
                    self.made(usize::from(c == '.'));
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

    fn take(&mut self, length: usize) -> &'p str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.made(c.len_utf8());
        self.done(1);
    }

    /// Counts the instructions of an atom.
    fn made(&mut self, instructions: usize) {
        self.before = self.least;
        self.least += instructions;
    }

    fn nothing_to_repeat(&mut self) {
        (self.atom, self.flags_from, self.repeated) = (None, None, false);
    }

    fn done(&mut self, product: u64) {
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
            let scoped = self.rest.as_bytes()[end] == b':';
            let text = self.take(end + 1);
            self.out.push_str(text);
            if !scoped {
                // `(?i)` changes flags and matches nothing; a repetition after it is that of what came before.
                self.flags_from.get_or_insert(self.out.len() - text.len());
                return Ok(());
            }
        }
        self.opened.push(self.least);
        self.groups.push(self.product);
        self.product = 1;
        self.nothing_to_repeat();
        Ok(())
    }

    fn repeat(&mut self, length: usize, count: Option<(u64, Option<u64>)>) -> Result<(), String> {
        let mut text = self.take(length).to_owned();
        if self.rest.starts_with('?') {
            self.take(1);
            text.push('?');
        }
        if self.repeated {
            return Err(format!("bad repetition operator: {text}"));
        }
        let Some(mut product) = self.atom else { return Err(format!("no argument for repetition operator: {text}")) };
        if let Some((low, high)) = count {
            let most = high.unwrap_or(low);
            if low > MAX_REPEAT || most > MAX_REPEAT || most < low {
                return Err(format!("invalid repetition size: {text}"));
            }
            if most >= 2 {
                product = product.saturating_mul(most);
                if product > MAX_REPEAT {
                    return Err(format!(
                        "invalid repetition size: {text} (repetitions multiply, and 1000 is the most)"
                    ));
                }
            }
        }
        self.least = self.before;
        let end = self.flags_from.unwrap_or(self.out.len());
        self.out.insert_str(end, &text);
        self.done(product);
        self.repeated = true;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.rest[1..].chars().next() else { return Err("trailing \\".to_owned()) };
        match c {
            'Q' => {
                self.take(2);
                let (text, length) = match self.rest.find("\\E") {
                    Some(end) => (&self.rest[..end], end + 2),
                    None => (self.rest, self.rest.len()),
                };
                self.take(length);
                text.chars().for_each(|c| self.literal(c));
                return Ok(());
            }
            'A' | 'z' => {
                self.folds |= c == 'A';
                let text = self.take(2);
                self.out.push_str(text);
            }
            // RE2's word boundary is ASCII.
            'b' | 'B' => {
                self.take(2);
                let _ = write!(self.out, "(?-u:\\{c})");
            }
            // Any byte, even half a character.
            'C' => {
                self.any_byte = true;
                self.take(2);
                self.out.push_str("(?s-u:.)");
            }
            _ => {
                if let Some(class) = self.class_escape()? {
                    self.out.push_str(&class);
                    self.made(1);
                } else {
                    let c = self.character_escape()?;
                    self.literal(c);
                }
                self.done(1);
                return Ok(());
            }
        }
        self.made(0);
        self.done(1);
        Ok(())
    }

    /// `\d`, `\pL` and the like, in a form that stands by itself and inside a class. Perl classes are ASCII in RE2.
    fn class_escape(&mut self) -> Result<Option<String>, String> {
        let Some(c) = self.rest[1..].chars().next() else { return Ok(None) };
        let class = match c {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            's' => r"[\t\n\f\r ]",
            'S' => r"[^\t\n\f\r ]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            'p' | 'P' => return self.property(c == 'P').map(Some),
            _ => return Ok(None),
        };
        self.take(2);
        Ok(Some(class.to_owned()))
    }

    fn property(&mut self, negated: bool) -> Result<String, String> {
        const CATEGORIES: &str = " C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm \
                                  So Z Zl Zp Zs ";
        let after = &self.rest[2..];
        let (name, length) = if let Some(braced) = after.strip_prefix('{') {
            let Some(end) = braced.find('}') else {
                return Err(format!("invalid character class range: {}", self.rest));
            };
            (&braced[..end], end + 4)
        } else {
            let Some(c) = after.chars().next() else { return Err("invalid character class range: \\p".to_owned()) };
            (&after[..c.len_utf8()], 2 + c.len_utf8())
        };
        let written = self.take(length);
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name, negated),
        };
        let escape = if negated { 'P' } else { 'p' };
        let unknown = || Err(format!("invalid character class range: {written}"));
        if name == "Any" {
            return Ok(if negated { r"[^\x{0}-\x{10FFFF}]" } else { r"[\x{0}-\x{10FFFF}]" }.to_owned());
        }
        if CATEGORIES.contains(&format!(" {name} ")) {
            return Ok(format!(r"\{escape}{{{name}}}"));
        }
        // Everything else RE2 knows is a script, spelled exactly.
        if !name.starts_with(|c: char| c.is_ascii_uppercase())
            || !name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
        {
            return unknown();
        }
        let class = format!(r"\{escape}{{Script={name}}}");
        if Regex::new(&class).is_err() { unknown() } else { Ok(class) }
    }

    /// An escape that stands for one character.
    fn character_escape(&mut self) -> Result<char, String> {
        let Some(c) = self.rest[1..].chars().next() else { return Err("trailing \\".to_owned()) };
        let bad = |text: &str| Err(format!("invalid escape sequence: {text}"));
        let whole = self.rest;
        self.take(1 + c.len_utf8());
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => {
                let (digits, length) = if let Some(braced) = self.rest.strip_prefix('{') {
                    let Some(end) = braced.find('}') else { return bad(whole) };
                    (&braced[..end], end + 2)
                } else {
                    (self.rest.get(..2).unwrap_or_default(), 2)
                };
                let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let value = hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten().and_then(char::from_u32);
                let Some(value) = value else { return bad(whole) };
                self.take(length);
                value
            }
            '0'..='7' => {
                let octal = |text: &str| text.chars().take_while(|c| ('0'..='7').contains(c)).take(2).count();
                let more = octal(self.rest);
                if c != '0' && more == 0 {
                    return bad(&format!("\\{c} (a back reference)"));
                }
                let digits = self.take(more);
                let value = u32::from_str_radix(&format!("{c}{digits}"), 8).ok().and_then(char::from_u32);
                value.map_or_else(|| bad(whole), Ok)?
            }
            '_' => '_',
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            c => return bad(&format!("\\{c}")),
        })
    }

    /// `[…]`: written out again item by item, so that `&&`, `--`, `~~` and `[` in it are characters.
    fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let missing = || format!("missing closing ]: {whole}");
        self.take(1);
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.take(1);
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.rest.chars().next() else { return Err(missing()) };
            if c == ']' && !first {
                self.take(1);
                break;
            }
            first = false;
            if self.rest.starts_with("[:")
                && let Some(end) = self.rest[2..].find(":]")
            {
                const POSIX: &str =
                    " alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit ";
                let text = self.take(end + 4);
                let name = text[2..text.len() - 2].trim_start_matches('^');
                if !POSIX.contains(&format!(" {name} ")) || name.is_empty() {
                    return Err(format!("invalid character class range: {text}"));
                }
                self.out.push_str(text);
                continue;
            }
            if c == '\\'
                && let Some(class) = self.class_escape()?
            {
                self.out.push_str(&class);
                continue;
            }
            let low = self.class_character(whole)?;
            push_literal(&mut self.out, low);
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.take(1);
                let high = self.class_character(whole)?;
                if high < low {
                    return Err(format!("invalid character class range: {low}-{high}"));
                }
                self.out.push('-');
                push_literal(&mut self.out, high);
            }
        }
        self.out.push(']');
        self.made(1);
        self.done(1);
        Ok(())
    }

    fn class_character(&mut self, whole: &str) -> Result<char, String> {
        match self.rest.chars().next() {
            None => Err(format!("missing closing ]: {whole}")),
            Some('\\') => self.character_escape(),
            Some(c) => {
                self.take(c.len_utf8());
                Ok(c)
            }
        }
    }
}

/// The length and bounds of `{n}`, `{n,}` or `{n,m}` at the start of `text`; anything else is a literal brace.
fn counted(text: &str) -> Option<(usize, u64, Option<u64>)> {
    let (inner, _) = text.strip_prefix('{')?.split_once('}')?;
    let number = |text: &str| -> Option<u64> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // `{02}` is no repetition to RE2; a number too long to hold is too large anyway.
        let zeros = text.len() > 1 && text.starts_with('0');
        (plain && !zeros).then(|| text.parse().unwrap_or(u64::MAX))
    };
    let length = inner.len() + 2;
    Some(match inner.split_once(',') {
        None => (length, number(inner)?, Some(number(inner)?)),
        Some((low, "")) => (length, number(low)?, None),
        Some((low, high)) => (length, number(low)?, Some(number(high)?)),
    })
}

fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || c == '/' || c == '_' || !c.is_ascii() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn matches(pattern: &str, text: &str) {
        assert!(compile_full(pattern).unwrap().is_match(text.as_bytes()), "{pattern} does not match {text}");
    }

    #[track_caller]
    fn differs(pattern: &str, text: &str) {
        assert!(!compile_full(pattern).unwrap().is_match(text.as_bytes()), "{pattern} matches {text}");
    }

    #[track_caller]
    fn refused(pattern: &str) {
        assert!(check_re2(pattern).is_err(), "{pattern} is accepted");
    }

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

    #[test]
    fn the_whole_text_must_match() {
        matches("/a|/b", "/b");
        differs("/a|/b", "/bc");
        differs("a", "a\n");
        matches("/a/.*", "/a/");
        matches("", "");
        matches("(/a)?", "");
    }

    #[test]
    fn what_rust_refuses_and_re2_accepts_is_translated() {
        matches(r"\Qa.b*\E+c", "a.b**c");
        matches(r"\Qa.b", "a.b");
        matches(r"\pN+\PN", "12a");
        matches(r"\p{Greek}\p{^Lu}", "λx");
        matches("a{,3}", "a{,3}");
        matches("x{", "x{");
        matches("a{2", "a{2");
        matches(r"\C\C", "λ");
        matches(r"\_\<\/", "_</");
        matches(r"\012", "\n");
        matches("[[]a]", "[a]");
    }

    #[test]
    fn classes_hold_characters_not_set_operations() {
        matches("[a&&b]", "&");
        matches("[a~~b]", "~");
        matches("[+--]", ",");
        refused("[a--b]");
    }

    #[test]
    fn perl_classes_are_ascii() {
        differs(r"\d", "٣");
        differs(r"\w", "é");
        matches(r"\W", "é");
        matches(r"[^\d]\S", "ab");
        differs(r"\s", "\x0b");
        matches("(?i)É", "é");
    }

    #[test]
    fn what_re2_refuses_is_refused() {
        for pattern in [
            "a**", "a*+", "a{2}{3}", "*a", "(*a)", "|+", "(", ")", "a)", "[a", "[z-a]", "(?=a)", "(?<!a)", "(?x)a",
            "(?#c)",
        ] {
            refused(pattern);
        }
        for pattern in [
            "a{1001}",
            "(a{100}){11}",
            "a{3,2}",
            r"\1",
            r"\h",
            r"\Z",
            r"\",
            r"[\b]",
            r"\p{Nope}",
            r"\pj",
            "(?P<>a)",
            "[[:nope:]]",
        ] {
            refused(pattern);
        }
        refused("(?P<n>a)(?P<n>b)");
    }

    #[test]
    fn counts_and_flags_work() {
        matches("a{2,3}?", "aaa");
        matches("(a{10}){100}", &"a".repeat(1000));
        matches("(?i:A)b(?-s:.)", "abc");
        matches("(?U)a+", "aa");
        matches("a(?i)*B", "aab");
        matches("(?P<n>a)(?<m>b)", "ab");
        matches("[[:alpha:][:^digit:]]", "x");
        matches(r"[\x41-\x{5A}\]\-]+", "Q]-");
        matches("[]a]", "]");
        matches("[^]a]", "b");
    }

    #[test]
    fn the_literal_prefix_is_what_every_match_begins_with() {
        assert_eq!(literal_prefix("/a/.*"), "/a/");
        assert_eq!(literal_prefix("/ab?"), "/a");
        assert_eq!(literal_prefix("/a+"), "/a");
        assert_eq!(literal_prefix("/a|/b"), "");
        assert_eq!(literal_prefix("(/a)"), "");
    }

    proptest! {
        #[test]
        fn what_re2_accepts_compiles(pattern in "[ab(){}\\[\\]|*+?.^$\\\\,0-3&~:<>=!QEdpPLxiC-]{0,14}") {
            if check_re2(&pattern).is_ok() {
                prop_assert!(compile_full(&pattern).is_ok(), "{pattern} → {:?}", translate(&pattern));
            }
        }

        #[test]
        fn a_match_begins_with_the_literal_prefix(pattern in "/[ab/]{0,3}[.*+?b]{0,3}", text in "/[ab/]{0,5}") {
            if compile_full(&pattern).is_ok_and(|regex| regex.is_match(text.as_bytes())) {
                prop_assert!(text.starts_with(literal_prefix(&pattern)));
            }
        }
    }
}
