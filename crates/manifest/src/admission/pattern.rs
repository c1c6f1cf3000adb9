//! The patterns of the CRDs.
//!
//! Those of the fields that every object has are scanned by hand, for a large input has a million of such values; a
//! test compares each scanner with its pattern. The others are compiled when they are first needed.

use std::sync::OnceLock;

use regex::Regex;

/// A pattern, and how to tell whether a text has it.
#[derive(Debug)]
pub(super) struct Pattern {
    /// The pattern as the CRD writes it.
    pub(super) text: &'static str,
    scan: Option<Scan>,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// A pattern of a CRD.
    pub(super) fn new(text: &'static str) -> Self {
        let scan = SCANNERS.iter().find(|(pattern, _)| *pattern == text).map(|(_, scan)| *scan);
        Self { text, scan, compiled: OnceLock::new() }
    }

    /// A pattern that is looked for with a regular expression.
    pub(super) const fn compiled(text: &'static str) -> Self {
        Self { text, scan: None, compiled: OnceLock::new() }
    }

    /// Whether `text` has the pattern somewhere, as a schema asks: most patterns are anchored at both ends.
    pub(super) fn is_match(&self, text: &str) -> bool {
        match self.scan {
            Some(scan) => scan(text),
            None => self.compiled.get_or_init(|| compile(self.text)).is_match(text),
        }
    }
}

type Scan = fn(&str) -> bool;

/// Go's classes `\d`, `\s` and `\b` know ASCII only.
fn compile(pattern: &str) -> Regex {
    let ascii = pattern.replace(r"\d", "[0-9]").replace(r"\s", r"[\t\n\f\r ]").replace(r"\b", r"(?-u:\b)");
    Regex::new(&ascii).expect("a test compiles every pattern of the tables")
}

/// Patterns that are scanned by hand.
const SCANNERS: &[(&str, Scan)] = &[
    (LABEL, is_label),
    (SUBDOMAIN, is_subdomain),
    (GROUP, |text| text.is_empty() || is_subdomain(text)),
    (HOSTNAME, is_hostname),
    (KIND, |text| {
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && is_dashed(text, |byte| byte.is_ascii_alphanumeric())
    }),
    (HEADER_NAME, |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !text.is_empty() && text.bytes().all(fits)
    }),
    (HEADER_VALUE, is_header_value),
    (LABEL_VALUE, |text| text.is_empty() || is_name_part(text)),
    (DURATION, is_duration),
    (PATH, is_path),
];

const LABEL: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
const SUBDOMAIN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// An API group: a DNS subdomain, or nothing for the core group.
const GROUP: &str = r"^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// A host, whose first label may be a wildcard.
const HOSTNAME: &str = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const KIND: &str = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$";
/// The name of a header or query parameter.
const HEADER_NAME: &str = r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$";
const HEADER_VALUE: &str = r"^[!-~]+([\t ]?[!-~]+)*$";
const LABEL_VALUE: &str = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";
/// A duration of the Gateway API (GEP-2257).
const DURATION: &str = "^([0-9]{1,5}(h|m|s|ms)){1,4}$";
/// A path that needs no escaping. Nothing else may stand in one that is matched as text.
const PATH: &str = r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$";

/// DNS labels with dots between, the first of which may be a wildcard.
pub(super) fn is_hostname(text: &str) -> bool {
    is_subdomain(text.strip_prefix("*.").unwrap_or(text))
}

fn is_header_value(text: &str) -> bool {
    let mut before_is_blank = true;
    for byte in text.bytes() {
        let blank = matches!(byte, b'\t' | b' ');
        if blank && before_is_blank || !blank && !byte.is_ascii_graphic() {
            return false;
        }
        before_is_blank = blank;
    }
    !before_is_blank
}

/// A DNS label: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`.
pub(super) fn is_label(text: &str) -> bool {
    is_dashed(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// DNS labels with dots between.
pub(super) fn is_subdomain(text: &str) -> bool {
    let mut before = b'.';
    for byte in text.bytes() {
        let fits = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'-' => before != b'.',
            b'.' => before != b'.' && before != b'-',
            _ => false,
        };
        if !fits {
            return false;
        }
        before = byte;
    }
    before != b'.' && before != b'-'
}

/// Characters that are `plain`, and dashes within.
fn is_dashed(text: &str, plain: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    plain(*first) && plain(*last) && bytes.iter().all(|byte| *byte == b'-' || plain(*byte))
}

/// What a label's value, and the name in its key, is made of: `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`.
pub(super) fn is_name_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// A path that needs no escaping.
pub(super) fn is_path(text: &str) -> bool {
    let mut bytes = text.bytes();
    let mut any = false;
    while let Some(byte) = bytes.next() {
        any = true;
        let fits = match byte {
            b'%' => {
                bytes.next().is_some_and(|b| b.is_ascii_hexdigit())
                    && bytes.next().is_some_and(|b| b.is_ascii_hexdigit())
            }
            _ => byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(&byte),
        };
        if !fits {
            return false;
        }
    }
    any
}

/// One to four numbers of one to five digits, each with a unit.
pub(super) fn is_duration(text: &str) -> bool {
    let mut rest = text;
    for _ in 0..4 {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = &rest[digits..];
        let after = ["ms", "h", "m", "s"].iter().find_map(|name| unit.strip_prefix(name));
        let Some(after) = after.filter(|_| (1..=5).contains(&digits)) else { return false };
        if after.is_empty() {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanners_tell_what_their_patterns_tell() {
        let alphabet = ["a", "Z", "0", "-", ".", "*", "_", "/", "%", "%2f", " ", "\t", "~", "h", "ms", "s", "é", "\n"];
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..3 {
            last = last.iter().flat_map(|text| alphabet.iter().map(move |end| format!("{text}{end}"))).collect();
            texts.extend(last.iter().cloned());
        }
        texts.extend(
            ["1h2m3s4ms", "1h2m3s4ms5h", "12345s", "123456s", "a.b-c.d", "a.-b", "*.a-.b", "a  b", "a b\tc"]
                .map(str::to_owned),
        );
        for (pattern, scan) in SCANNERS {
            let compiled = compile(pattern);
            for text in &texts {
                assert_eq!(scan(text), compiled.is_match(text), "{text:?} and {pattern}");
            }
        }
    }
}
