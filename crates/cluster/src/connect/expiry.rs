//! When credentials end, as they tell themselves: a JSON web token's `exp`, a certificate's `notAfter`. Only for messages:
//! whether they are still good is the server's to say. What cannot be read tells nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// When a token ends, if it is a JSON web token that says so.
pub(super) fn of_token(token: &str) -> Option<Timestamp> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    let ends = claims.get("exp")?;
    #[allow(clippy::cast_possible_truncation)] // a part of a second is nothing here
    let seconds = ends.as_i64().or_else(|| ends.as_f64().map(|seconds| seconds as i64))?;
    Timestamp::from_second(seconds).ok()
}

/// When the first certificate of a PEM text ends.
pub(super) fn of_certificate(pem: &[u8]) -> Option<Timestamp> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    // Certificate ::= SEQUENCE { SEQUENCE { [0] version?, serial, algorithm, issuer, SEQUENCE { notBefore, notAfter }, …
    // (RFC 5280, 4.1)
    let (_, certificate, _) = value(&certificate)?;
    let (_, mut fields, _) = value(certificate)?;
    if value(fields)?.0 == 0xa0 {
        fields = value(fields)?.2;
    }
    for _ in 0..3 {
        fields = value(fields)?.2;
    }
    let (_, validity, _) = value(fields)?;
    let (_, _, rest) = value(validity)?;
    let (tag, text, _) = value(rest)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    // UTCTime has two digits of the year: 50 and above are of the last century.
    let text = match (tag, text.get(..2)?) {
        (0x17, year) if year < "50" => format!("20{text}"),
        (0x17, _) => format!("19{text}"),
        (0x18, _) => text.to_owned(),
        _ => return None,
    };
    let time = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The first value of a DER text: its tag, what it holds, and what follows it.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (held, rest) = rest.split_at_checked(length)?;
    Some((tag, held, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_when_it_ends() {
        let ends = of_token("e30.eyJleHAiOjE1Nzc4MzY4MDB9.c2ln").map(|ends| ends.to_string());
        assert_eq!(ends.as_deref(), Some("2020-01-01T00:00:00Z"));
        for nothing in ["", "abc", "a.b.c", "e30.e30.c2ln"] {
            assert_eq!(of_token(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_certificate_tells_when_it_ends() {
        let key = rcgen::KeyPair::generate().expect("a key");
        for (year, expected) in [(2020, "2020-01-01T00:00:00Z"), (2999, "2999-01-01T00:00:00Z")] {
            let mut params = rcgen::CertificateParams::new(vec!["me".to_owned()]).expect("parameters");
            params.not_after = rcgen::date_time_ymd(year, 1, 1);
            let pem = params.self_signed(&key).expect("a certificate").pem();
            assert_eq!(of_certificate(pem.as_bytes()).map(|ends| ends.to_string()).as_deref(), Some(expected));
            for cut in [0, 1, 5, 100] {
                assert_eq!(of_certificate(&pem.as_bytes()[..cut]), None);
            }
        }
    }

    #[test]
    fn broken_der_ends_nowhere() {
        for der in [&b""[..], &[0x30], &[0x30, 0x85, 1, 1, 1, 1, 1], &[0x30, 0x84, 255, 255, 255, 255], &[0x30, 5, 0]] {
            assert_eq!(value(der), None, "{der:?}");
        }
    }
}
