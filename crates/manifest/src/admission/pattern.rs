//! The patterns of the CRDs.
//!
//! Those of the fields that every object has are scanned by hand, for a large world has a million of such values; a
//! test holds each scanner against its pattern. The others are compiled when they are first needed.

use std::sync::OnceLock;

use regex::Regex;

/// A pattern, and how to tell whether a text has it.
pub(super) struct Form {
    /// The pattern as the CRD writes it.
    pub(super) pattern: &'static str,
    test: Test,
}

enum Test {
    Scan(fn(&str) -> bool),
    Compiled(OnceLock<Regex>),
}

impl Form {
    const fn scanned(pattern: &'static str, scan: fn(&str) -> bool) -> Self {
        Self { pattern, test: Test::Scan(scan) }
    }

    /// A pattern that is looked for with a regular expression.
    pub(super) const fn compiled(pattern: &'static str) -> Self {
        Self { pattern, test: Test::Compiled(OnceLock::new()) }
    }

    /// Whether `text` has the pattern somewhere, as a schema asks: most patterns hold their ends fast themselves.
    pub(super) fn fits(&self, text: &str) -> bool {
        match &self.test {
            Test::Scan(scan) => scan(text),
            Test::Compiled(compiled) => compiled.get_or_init(|| compile(self.pattern)).is_match(text),
        }
    }
}

/// Go's classes `\d`, `\s` and `\b` know ASCII only.
fn compile(pattern: &str) -> Regex {
    let ascii = pattern.replace(r"\d", "[0-9]").replace(r"\s", r"[\t\n\f\r ]").replace(r"\b", r"(?-u:\b)");
    Regex::new(&ascii).expect("a pattern of a CRD, held by a test")
}

/// A DNS label.
pub(super) static LABEL: Form = Form::scanned("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", is_label);
/// A DNS subdomain.
pub(super) static SUBDOMAIN: Form =
    Form::scanned(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", is_subdomain);
/// An API group: a DNS subdomain, or nothing for the core group.
pub(super) static GROUP: Form =
    Form::scanned(r"^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", |text| {
        text.is_empty() || is_subdomain(text)
    });
/// A host, whose first label may be a wildcard.
pub(super) static HOSTNAME: Form =
    Form::scanned(r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", |text| {
        is_subdomain(text.strip_prefix("*.").unwrap_or(text))
    });
/// A kind.
pub(super) static KIND: Form = Form::scanned("^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$", |text| {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && is_dashed(text, |byte| byte.is_ascii_alphanumeric())
});
/// The name of a header or query parameter.
pub(super) static HEADER_NAME: Form = Form::scanned(r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$", |text| {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
});
/// The value of a header.
pub(super) static HEADER_VALUE: Form = Form::scanned(r"^[!-~]+([\t ]?[!-~]+)*$", |text| {
    let mut before_is_blank = true;
    for byte in text.bytes() {
        let blank = matches!(byte, b'\t' | b' ');
        if blank && before_is_blank || !blank && !byte.is_ascii_graphic() {
            return false;
        }
        before_is_blank = blank;
    }
    !before_is_blank
});
/// The value of a label.
pub(super) static LABEL_VALUE: Form =
    Form::scanned("^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$", |text| text.is_empty() || is_name_part(text));
/// A duration of the Gateway API (GEP-2257).
pub(super) static DURATION: Form = Form::scanned("^([0-9]{1,5}(h|m|s|ms)){1,4}$", is_duration);
/// A path that needs no escaping. Nothing else may stand in one that is matched as text.
pub(super) static PATH: Form = Form::scanned(r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$", is_path);

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

fn is_path(text: &str) -> bool {
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
fn is_duration(text: &str) -> bool {
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
        let scanned =
            [&LABEL, &SUBDOMAIN, &GROUP, &HOSTNAME, &KIND, &HEADER_NAME, &HEADER_VALUE, &LABEL_VALUE, &DURATION, &PATH];
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
        for form in scanned {
            let compiled = compile(form.pattern);
            for text in &texts {
                assert_eq!(form.fits(text), compiled.is_match(text), "{text:?} and {}", form.pattern);
            }
        }
    }
}
