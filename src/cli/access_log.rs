//! Requests of real traffic, a line each: URLs, JSON lines as `--requests` takes them, and access logs
//! ([`crate::access_log`]).

use serde_json::{Map, Value};

use routescope_core::router::Request;

use super::requests::{self, AddressedRequest};
use crate::access_log::{self, Logged};

/// The requests of a text, in order; `None` for a line that holds none. Blank lines and comments are passed over.
pub fn parse(text: &str) -> Vec<Option<AddressedRequest>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(line).collect()
}

fn line(text: &str) -> Option<AddressedRequest> {
    if text.starts_with('{') {
        let document: Map<String, Value> = serde_json::from_str(text).ok()?;
        if document.contains_key("url") {
            return requests::parse(text, &|request| Ok(request)).pop()?.ok();
        }
        return asked(&access_log::read(text)?);
    }
    if let Some(logged) = access_log::read(text) {
        return asked(&logged);
    }
    if text.contains(' ') {
        return None;
    }
    requests::parse(text, &|request| Ok(request)).pop()?.ok()
}

fn asked(logged: &Logged) -> Option<AddressedRequest> {
    let mut request = Request::parse(&logged.url()).ok()?.with_method(&logged.method).ok()?;
    if let Some(header) = logged.user_agent_header() {
        request = request.with_header(&header).ok()?;
    }
    Some(AddressedRequest { request, gateway: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(line: &str, method: &str, url: &str) {
        let asked = parse(line).pop().flatten().unwrap_or_else(|| panic!("no request: {line}"));
        assert_eq!(
            (asked.request.method.as_str(), asked.request.to_string().as_str()),
            (method, format!("{method} {url}").as_str())
        );
    }

    #[test]
    fn urls_and_json_lines_are_read() {
        reads("https://a.io/x?y=1", "GET", "https://a.io/x?y=1");
        reads(r#"{"url": "a.io/x", "method": "POST"}"#, "POST", "a.io/x");
    }

    #[test]
    fn envoy_writes_the_authority_last_but_one() {
        let line = r#"[2026-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations.example.com" "tcp://10.0.2.1:80""#;
        reads(line, "POST", "locations.example.com/api/v1/locations");
        let json =
            r#"{"method":"GET","path":"/a?b","authority":"a.io:8080","protocol":"HTTP/1.1","response_code":200}"#;
        reads(json, "GET", "a.io:8080/a?b");
        reads(
            r#"{":method":"GET","x-envoy-original-path":"/old",":path":"/new",":authority":"a.io"}"#,
            "GET",
            "a.io/old",
        );
    }

    #[test]
    fn nginx_names_no_host_unless_it_is_told_to() {
        let line =
            r#"10.0.0.1 - alice [10/Oct/2026:13:55:36 +0000] "GET /index.html?x=1 HTTP/1.1" 200 612 "-" "curl/8.1""#;
        reads(line, "GET", "/index.html?x=1");
        let json = r#"{"request":"GET /x HTTP/1.1","host":"a.io","scheme":"https","status":"200"}"#;
        reads(json, "GET", "https://a.io/x");
        reads(r#"{"request_method":"PUT","request_uri":"/y","http_host":"a.io"}"#, "PUT", "a.io/y");
    }

    #[test]
    fn what_is_no_request_is_counted() {
        for line in ["not a request", r#"{"level":"info"}"#, "{broken", r#"- - "GARBAGE" 400"#] {
            assert!(parse(line).pop().flatten().is_none(), "{line}");
        }
        assert!(parse("\n# comment\n").is_empty());
    }
}
