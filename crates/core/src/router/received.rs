//! What Envoy makes of a request's headers before it looks for a route: some it takes away, some it writes itself.
//!
//! kgateway turns on `use_remote_address` and trusts no proxy before it (kgateway
//! `pkg/kgateway/translator/irtranslator/fc.go`), so what a client says of itself does not count. Source: Envoy
//! `source/common/http/conn_manager_utility.cc` (`mutateRequestHeaders`), `source/common/http/header_map_impl.cc`.

use std::borrow::Cow;

use super::lists::HeaderDomain;
use super::request::Scheme;

/// Stands for the client's address, which a URL does not tell (RFC 5737).
const CLIENT: &str = "192.0.2.1";
/// Stands for the number that Envoy gives every request.
const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

/// What becomes of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// Lines are joined with `,`, empty ones too.
    Sent,
    /// Lines are joined with `,` as they are read, and empty ones fall away.
    Joined,
    /// Taken away.
    Stripped,
    /// `trailers`, or nothing; an empty one stays.
    Trailers,
    /// Taken away when it is not a URL; an empty one stays.
    Url,
    /// The client's address comes last.
    ForwardedFor,
    /// Written by Envoy, whatever was sent.
    Scheme,
    RequestId,
    ClientAddress,
}

/// Every header that is not taken as it is sent, by treatment.
const TREATMENTS: &[(Treatment, &[&str])] = &[
    (Treatment::Trailers, &["te"]),
    (Treatment::Url, &["referer"]),
    (Treatment::ForwardedFor, &["x-forwarded-for"]),
    (Treatment::Scheme, &["x-forwarded-proto"]),
    (Treatment::RequestId, &["x-request-id"]),
    (Treatment::ClientAddress, &["x-envoy-external-address"]),
    (
        Treatment::Stripped,
        &[
            "connection",
            "keep-alive",
            "proxy-connection",
            "transfer-encoding",
            "upgrade",
            "x-forwarded-client-cert",
            "x-envoy-decorator-operation",
            "x-envoy-downstream-service-cluster",
            "x-envoy-downstream-service-node",
            "x-envoy-expected-rq-timeout-ms",
            "x-envoy-force-trace",
            "x-envoy-hedge-on-per-try-timeout",
            "x-envoy-internal",
            "x-envoy-ip-tags",
            "x-envoy-max-retries",
            "x-envoy-original-host",
            "x-envoy-original-path",
            "x-envoy-original-url",
            "x-envoy-retriable-header-names",
            "x-envoy-retriable-status-codes",
            "x-envoy-retry-grpc-on",
            "x-envoy-retry-on",
            "x-envoy-upstream-alt-stat-name",
            "x-envoy-upstream-rq-per-try-timeout-ms",
            "x-envoy-upstream-rq-timeout-ms",
        ],
    ),
    (
        Treatment::Joined,
        &[
            "accept",
            "accept-encoding",
            "access-control-request-headers",
            "access-control-request-method",
            "authorization",
            "cache-control",
            "content-encoding",
            "content-type",
            "expect",
            "grpc-accept-encoding",
            "grpc-timeout",
            "if-match",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "origin",
            "pragma",
            "user-agent",
            "via",
            "x-client-trace-id",
            "x-envoy-attempt-count",
            "x-envoy-is-timeout-retry",
            "x-envoy-upstream-stream-duration-ms",
            "x-forwarded-host",
            "x-forwarded-port",
        ],
    ),
];

fn treatment(name: &str) -> Treatment {
    let listed = |names: &[&str]| names.iter().any(|listed| listed.eq_ignore_ascii_case(name));
    TREATMENTS.iter().find(|(_, names)| listed(names)).map_or(Treatment::Sent, |(treatment, _)| *treatment)
}

/// The value of a header as route matching sees it; `scheme` is what the client speaks.
pub(super) fn value<'r>(headers: &'r [(String, String)], scheme: Scheme, name: &str) -> Option<Cow<'r, str>> {
    let treatment = treatment(name);
    match treatment {
        Treatment::Stripped => return None,
        Treatment::Scheme => return Some(Cow::Borrowed(scheme.name())),
        Treatment::RequestId => return Some(Cow::Borrowed(REQUEST_ID)),
        Treatment::ClientAddress => return Some(Cow::Borrowed(CLIENT)),
        _ => {}
    }
    let sent = joined(lines(headers, name), treatment != Treatment::Sent).filter(|_| !is_nominated(headers, name));
    match treatment {
        Treatment::Trailers => {
            let asked = |sent: &Cow<'_, str>| sent.split(',').any(|coding| coding.trim() == "trailers");
            sent.filter(|sent| sent.is_empty() || asked(sent))
                .map(|sent| if sent.is_empty() { sent } else { Cow::Borrowed("trailers") })
        }
        Treatment::Url => sent.filter(|sent| sent.is_empty() || is_url(sent)),
        Treatment::ForwardedFor => match sent.as_deref() {
            None | Some("") => Some(Cow::Borrowed(CLIENT)),
            Some(sent) => Some(Cow::Owned(format!("{sent},{CLIENT}"))),
        },
        _ => sent,
    }
}

/// What values a header can have, whatever is sent.
pub(super) fn domain(name: &str) -> HeaderDomain {
    match treatment(name) {
        Treatment::Sent | Treatment::Joined => HeaderDomain::Sent,
        Treatment::Stripped => HeaderDomain::Never,
        Treatment::Trailers => HeaderDomain::OneOf(&["trailers", ""]),
        Treatment::Url => HeaderDomain::Checked,
        Treatment::ForwardedFor => HeaderDomain::Extended(CLIENT),
        Treatment::Scheme => HeaderDomain::Fixed(&["http", "https"]),
        Treatment::RequestId => HeaderDomain::Fixed(&[REQUEST_ID]),
        Treatment::ClientAddress => HeaderDomain::Fixed(&[CLIENT]),
    }
}

/// The value of a header as it was sent.
pub(super) fn sent<'r>(headers: &'r [(String, String)], name: &str) -> Option<Cow<'r, str>> {
    joined(lines(headers, name), false)
}

fn lines<'r>(headers: &'r [(String, String)], name: &str) -> impl Iterator<Item = &'r str> {
    headers.iter().filter(move |(line, _)| line.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Lines in one (up to Envoy 1.38; from 1.39 each line of those that are not joined as they are read is tried alone).
fn joined<'r>(lines: impl Iterator<Item = &'r str>, skips_empty: bool) -> Option<Cow<'r, str>> {
    let mut all: Option<Cow<'r, str>> = None;
    for line in lines {
        all = Some(match all {
            None => Cow::Borrowed(line),
            Some(before) if skips_empty && line.is_empty() => before,
            Some(before) if skips_empty && before.is_empty() => Cow::Borrowed(line),
            Some(before) => Cow::Owned(format!("{before},{line}")),
        });
    }
    all
}

/// Whether `Connection` names a header, which goes no further than that connection.
fn is_nominated(headers: &[(String, String)], name: &str) -> bool {
    let mut connection = headers.iter().filter(|(line, _)| line.eq_ignore_ascii_case("connection"));
    connection.any(|(_, value)| value.split(',').any(|named| named.trim().eq_ignore_ascii_case(name)))
}

/// Whether Envoy takes a `Referer` for a URL: much is one, but no user name, no odd port, no space.
fn is_url(text: &str) -> bool {
    if text.contains(|c: char| c.is_ascii_whitespace() || c.is_control()) {
        return false;
    }
    if text.starts_with('/') && !text.starts_with("//") {
        return true;
    }
    let rest = match text.split_once("://") {
        // No scheme is spelt like this: it is a path, whose first segment holds no colon.
        Some((scheme, _)) if !scheme.bytes().all(is_of_scheme) => return scheme.contains('/'),
        Some((_, rest)) => rest,
        None => text,
    };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let after_host = authority.rsplit_once(']').map_or(authority, |(_, port)| port);
    let port = after_host.split_once(':').map(|(_, port)| port);
    !authority.is_empty() && !authority.contains('@') && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// RFC 3986 section 3.1.
fn is_of_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn seen(name: &str, lines: &[&str], expected: Option<&str>) {
        let headers: Vec<_> = lines.iter().map(|line| (name.to_owned(), (*line).to_owned())).collect();
        assert_eq!(value(&headers, Scheme::Http, name).as_deref(), expected, "{name}: {lines:?}");
    }

    #[test]
    fn what_a_client_says_of_itself_does_not_count() {
        seen("X-Forwarded-Proto", &["https"], Some("http"));
        seen("x-forwarded-proto", &[], Some("http"));
        seen("x-forwarded-for", &["10.0.0.1"], Some("10.0.0.1,192.0.2.1"));
        seen("x-forwarded-for", &[], Some("192.0.2.1"));
        seen("x-request-id", &["mine"], Some(REQUEST_ID));
        seen("x-envoy-internal", &["true"], None);
    }

    #[test]
    fn headers_of_the_connection_alone_are_not_seen() {
        seen("connection", &["close"], None);
        seen("upgrade", &["h2c"], None);
        seen("te", &["gzip"], None);
        seen("te", &[""], Some(""));
        seen("te", &["gzip, trailers"], Some("trailers"));
        let headers = [("Connection", "X-A, close"), ("x-a", "1")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(value(&headers, Scheme::Http, "x-a"), None);
    }

    #[test]
    fn empty_lines_fall_away_from_headers_that_envoy_knows() {
        seen("Accept", &["a", ""], Some("a"));
        seen("accept", &["", "a", "b"], Some("a,b"));
        seen("x-a", &["a", ""], Some("a,"));
        seen("x-a", &["", "a"], Some(",a"));
        seen("accept", &[""], Some(""));
    }

    #[test]
    fn a_referer_that_is_no_url_is_taken_away() {
        for url in ["http://a.io/x", "//a.io/", "/x", "a.io", "HTTP://A/", "android-app://x/", "https://[::1]/", "a,b"]
        {
            seen("referer", &[url], Some(url));
        }
        seen("referer", &[""], Some(""));
        for text in
            ["http://", "http://a b/", "http:x", "about:blank", "http://u@h/", "http://a.io:99999/", "x,http://a.io/"]
        {
            seen("referer", &[text], None);
        }
        seen("referer", &["x", "http://a.io/"], None);
    }
}
