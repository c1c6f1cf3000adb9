//! Requests of real traffic, a line each: URLs, JSON lines as `--requests` takes them, and access logs of Envoy and nginx,
//! as JSON or in their default text formats.

use serde_json::{Map, Value};

use routescope_core::router::Request;

use super::requests::{self, Asked};

/// The requests of a text, in order; `None` for a line that holds none. Blank lines and comments are passed over.
pub fn parse(text: &str) -> Vec<Option<Asked>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(line).collect()
}

fn line(text: &str) -> Option<Asked> {
    if text.starts_with('{') {
        let document: Map<String, Value> = serde_json::from_str(text).ok()?;
        if document.contains_key("url") {
            return requests::parse(text, &|request| Ok(request)).pop()?.ok();
        }
        return plain(of_json(&document)?);
    }
    if let Some(logged) = of_text(text) {
        return plain(logged);
    }
    if text.contains(' ') {
        return None;
    }
    requests::parse(text, &|request| Ok(request)).pop()?.ok()
}

/// What a log tells of a request.
#[derive(Debug, Default, PartialEq, Eq)]
struct Logged {
    method: String,
    scheme: Option<String>,
    authority: Option<String>,
    target: String,
    user_agent: Option<String>,
}

fn plain(logged: Logged) -> Option<Asked> {
    let Logged { method, scheme, authority, target, user_agent } = logged;
    let authority = authority.filter(|one| !one.is_empty() && one != "-");
    // A proxy's clients write the whole URL into the request line.
    let url = if target.contains("://") && !target.starts_with('/') {
        target
    } else {
        match (scheme.filter(|one| one == "http" || one == "https"), authority) {
            (Some(scheme), Some(authority)) => format!("{scheme}://{authority}{target}"),
            (None, Some(authority)) => format!("{authority}{target}"),
            (_, None) => target,
        }
    };
    let mut request = Request::parse(&url).ok()?.with_method(&method).ok()?;
    if let Some(agent) = user_agent.filter(|agent| !agent.is_empty() && agent != "-") {
        request = request.with_header(&format!("user-agent: {agent}")).ok()?;
    }
    Some(Asked { request, gateway: None })
}

/// The names under which logs write each part.
const METHOD: &[&str] = &["method", ":method", "request_method", "http_method", "requestMethod", "verb"];
const PATH: &[&str] = &[
    "x_envoy_original_path",
    "x-envoy-original-path",
    "path",
    ":path",
    "request_uri",
    "uri",
    "request_path",
    "requestPath",
];
const AUTHORITY: &[&str] =
    &["authority", ":authority", "host", "http_host", "request_host", "requestHost", "server_name", "vhost"];
const SCHEME: &[&str] = &["scheme", ":scheme", "x_forwarded_proto", "http_x_forwarded_proto"];
const AGENT: &[&str] = &["user_agent", "user-agent", "http_user_agent", "userAgent"];
const LINE: &[&str] = &["request", "request_line"];

fn of_json(document: &Map<String, Value>) -> Option<Logged> {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| document.get(*name)?.as_str());
        found.filter(|text| !text.is_empty() && *text != "-").map(str::to_owned)
    };
    let (scheme, authority, user_agent) = (text(SCHEME), text(AUTHORITY), text(AGENT));
    if let (Some(method), Some(target)) = (text(METHOD), text(PATH)) {
        // nginx keeps the query apart from `uri`.
        let query = document.get("args").or_else(|| document.get("query_string")).and_then(Value::as_str);
        let target = match query.filter(|query| !query.is_empty() && !target.contains('?')) {
            Some(query) => format!("{target}?{query}"),
            None => target,
        };
        return Some(Logged { method, scheme, authority, target, user_agent });
    }
    let (method, target) = request_line(&text(LINE)?)?;
    Some(Logged { method, scheme, authority, target, user_agent })
}

/// `GET /x HTTP/1.1`.
fn request_line(text: &str) -> Option<(String, String)> {
    let mut parts = text.split(' ');
    let (method, target, protocol) = (parts.next()?, parts.next()?, parts.next()?);
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    (is_method && protocol.starts_with("HTTP/") && parts.next().is_none())
        .then(|| (method.to_owned(), target.to_owned()))
}

/// The default formats.
///
/// ```text
/// Envoy  [start] "GET /path HTTP/1.1" 200 - 0 15 3 2 "forwarded for" "user agent" "request id" "authority" "upstream"
/// nginx  10.0.0.1 - - [start] "GET /path HTTP/1.1" 200 612 "referer" "user agent"
/// ```
fn of_text(text: &str) -> Option<Logged> {
    let quoted = quoted(text);
    let (method, target) = request_line(quoted.first()?)?;
    let envoy = text.starts_with('[');
    let authority = if envoy { quoted.get(4).cloned() } else { None };
    let user_agent = quoted.get(2).cloned();
    Some(Logged { method, scheme: None, authority, target, user_agent })
}

/// What stands in quotes.
fn quoted(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (&mut open, letter) {
            (Some(_), '"') => all.extend(open.take()),
            (None, '"') => open = Some(String::new()),
            (Some(held), '\\') => held.extend(letters.next()),
            (Some(held), letter) => held.push(letter),
            (None, _) => {}
        }
    }
    all
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
