//! What a plain YAML scalar means to kubectl: YAML 1.1, as `go.yaml.in/yaml/v2` (`resolve.go`) reads it.
//!
//! `no` and `off` are booleans, `010` is eight, `1_000` a thousand. Times stay text. What ends in a number without a
//! fraction is an integer, for it becomes one on the way through JSON.

use routescope_core::model::Name;
use routescope_core::model::value::Data;
use routescope_core::model::{GATEWAY_GROUP, KGATEWAY_GROUP};

/// Texts longer than a [`Name`] holds without allocation, and found in nearly every manifest.
const COMMON: &[&str] = &[
    GATEWAY_GROUP,
    "gateway.networking.k8s.io/v1",
    "gateway.networking.k8s.io/v1beta1",
    "gateway.kgateway.dev/v1alpha1",
    KGATEWAY_GROUP,
    "delegation.kgateway.dev",
    "delegation.kgateway.dev/label",
    "delegation.kgateway.dev/inherit-parent-matcher",
    "kgateway.dev/inherited-policy-priority",
];

/// The text as a name; common ones are not allocated.
pub fn name(text: &str) -> Name {
    if text.len() <= 23 {
        return Name::new_inline(text);
    }
    match COMMON.iter().find(|common| **common == text) {
        Some(common) => Name::new_static(common),
        None => Name::new(text),
    }
}

/// What a plain scalar means.
pub fn plain(text: &str) -> Data {
    let data = match text.as_bytes().first() {
        None => Some(Data::Null),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => special_float(text).or_else(|| float(text)),
        Some(b'+' | b'-' | b'0'..=b'9') => special_float(text).or_else(|| number(text)),
        _ => None,
    };
    data.unwrap_or_else(|| Data::String(name(text)))
}

fn word(text: &str) -> Option<Data> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Data::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Data::Bool(false),
        "~" | "null" | "Null" | "NULL" => Data::Null,
        _ => return None,
    })
}

fn special_float(text: &str) -> Option<Data> {
    Some(Data::Float(match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    }))
}

fn number(text: &str) -> Option<Data> {
    // Most texts that begin with a digit (times, addresses, durations) are not numbers.
    let plausible = |b: u8| b.is_ascii_hexdigit() || matches!(b, b'_' | b'+' | b'-' | b'.' | b'x' | b'X' | b'o' | b'O');
    if !text.bytes().all(plausible) {
        return None;
    }
    let digits = text.replace('_', "");
    integer(&digits).map(Data::Int).or_else(|| float(&digits))
}

/// Go's `strconv.ParseInt(text, 0, 64)`: the prefix tells the base, a leading zero means octal.
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, base).ok()?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// A decimal float: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn float(text: &str) -> Option<Data> {
    let decimal = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    let value: f64 = if decimal { text.parse().ok()? } else { return None };
    if value.is_infinite() {
        return None;
    }
    Some(whole(value).map_or(Data::Float(value), Data::Int))
}

/// Whether a text is a whole number, and not merely one without a fraction.
pub(super) fn is_integer(text: &str) -> bool {
    integer(&text.replace('_', "")).is_some()
}

/// A number as key: the text that kubectl makes of it (Go's `%g` of 32 bits where it is not an integer).
pub(super) fn number_key(text: &str) -> Name {
    let digits = text.replace('_', "");
    if let Some(integer) = integer(&digits) {
        return Name::from(integer.to_string());
    }
    #[allow(clippy::cast_possible_truncation)] // as kubectl does
    let number = digits.parse::<f64>().unwrap_or_default() as f32;
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        Name::from(number.to_string())
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        Name::from(format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs()))
    }
}

/// The integer that a float becomes in JSON, when it has no fraction.
#[allow(clippy::cast_possible_truncation)] // below 2^53 nothing is cut off
pub fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::plain;
    use routescope_core::model::value::Data;

    #[track_caller]
    fn is(text: &str, data: &Data) {
        assert_eq!(&plain(text), data, "{text}");
    }

    #[test]
    fn words_of_yaml_1_1_are_booleans() {
        for text in ["y", "Yes", "on", "ON", "true", "True"] {
            is(text, &Data::Bool(true));
        }
        for text in ["n", "No", "off", "OFF", "false"] {
            is(text, &Data::Bool(false));
        }
        for text in ["", "~", "null", "NULL"] {
            is(text, &Data::Null);
        }
    }

    #[test]
    fn numbers_follow_go() {
        for (text, value) in [
            ("010", 8),
            ("08", 8),
            ("0o17", 15),
            ("0x1F", 31),
            ("0b101", 5),
            ("-12", -12),
            ("+12", 12),
            ("1_000", 1000),
            ("8080.0", 8080),
            ("1e3", 1000),
            ("0", 0),
        ] {
            is(text, &Data::Int(value));
        }
        is("1.5", &Data::Float(1.5));
        is(".5", &Data::Float(0.5));
        is("18446744073709551616", &Data::Float(18_446_744_073_709_551_616.0));
    }

    #[test]
    fn what_looks_like_a_number_may_be_text() {
        for text in
            ["2024-01-01T00:00:00Z", "2024-01-01", "10s", "1.2.3.4", "-", "+", ".", "0x", "1:30", "--1", "yEs", "oN"]
        {
            is(text, &Data::String(text.into()));
        }
    }
}
