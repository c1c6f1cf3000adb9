//! What Go and Kubernetes read out of texts, where a rule of a CRD compares such values.

use core::net::IpAddr;

/// Whether a text is an IP address (`net.ParseIPSloppy`: parts of an IPv4 address may begin with zeros).
pub(super) fn is_address(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u32>().is_ok_and(|p| p < 256)
    };
    text.parse::<IpAddr>().is_ok() || text.split('.').count() == 4 && text.split('.').all(part)
}

/// The nanoseconds of a duration as Go writes it (`time.ParseDuration`), which CEL's `duration()` takes.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    const UNITS: [(&str, u64); 8] = [
        ("ns", 1),
        ("us", 1000),
        ("µs", 1000),
        ("μs", 1000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let parsed = || {
        let (sign, mut rest) = match text.strip_prefix(['-', '+']) {
            Some(rest) if text.starts_with('-') => (-1, rest),
            Some(rest) => (1, rest),
            None => (1, text),
        };
        if rest == "0" {
            return Some(0);
        }
        let mut sum = 0_i128;
        loop {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, unit) = rest.split_at(end);
            let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
            if number.is_empty() || number == "." || fraction.contains('.') {
                return None;
            }
            let end = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
            let (name, next) = unit.split_at(end);
            let (_, length) = UNITS.iter().find(|(known, _)| *known == name)?;
            let length = i128::from(*length);
            sum += if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()?.checked_mul(length)? };
            let mut place = length;
            for digit in fraction.bytes().take(18) {
                sum += i128::from(digit - b'0') * place / 10;
                place /= 10;
            }
            rest = next;
            if rest.is_empty() {
                return i64::try_from(sign * sum).ok();
            }
        }
    };
    parsed().ok_or_else(|| "type conversion error from 'string' to 'google.protobuf.Duration'".to_owned())
}

/// The value of a quantity (`resource.ParseQuantity`), near enough for a comparison.
pub(super) fn quantity(text: &str) -> Result<f64, String> {
    let parsed = || {
        let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+')).unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let factor = match suffix {
            "" => 1.0,
            "n" => 1e-9,
            "u" => 1e-6,
            "m" => 1e-3,
            "k" => 1e3,
            "M" => 1e6,
            "G" => 1e9,
            "T" => 1e12,
            "P" => 1e15,
            "E" => 1e18,
            "Ki" => 1024_f64,
            "Mi" => 1024_f64.powi(2),
            "Gi" => 1024_f64.powi(3),
            "Ti" => 1024_f64.powi(4),
            "Pi" => 1024_f64.powi(5),
            "Ei" => 1024_f64.powi(6),
            _ => 10_f64.powi(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
        };
        Some(number.parse::<f64>().ok()? * factor)
    };
    parsed().ok_or_else(|| {
        let form = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";
        format!("quantities must match the regular expression '{form}'")
    })
}
