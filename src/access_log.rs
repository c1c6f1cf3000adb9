//! A line of an access log of Envoy or nginx, as JSON or in their default text formats.

use serde_json::{Map, Value};

/// What a log records of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// The method.
    pub method: String,
    scheme: Option<String>,
    authority: Option<String>,
    target: String,
    user_agent: Option<String>,
}

/// Reads a line; `None` when it records no request.
pub fn read(line: &str) -> Option<Logged> {
    if line.starts_with('{') { of_json(&serde_json::from_str(line).ok()?) } else { of_text(line) }
}

impl Logged {
    /// The URL: whole where the log has the scheme, else a host and a path, or a path.
    pub fn url(&self) -> String {
        let Self { scheme, authority, target, .. } = self;
        let authority = authority.as_ref().filter(|one| !one.is_empty() && *one != "-");
        // A proxy's clients write the whole URL into the request line.
        if target.contains("://") && !target.starts_with('/') {
            return target.clone();
        }
        match (scheme.as_ref().filter(|one| *one == "http" || *one == "https"), authority) {
            (Some(scheme), Some(authority)) => format!("{scheme}://{authority}{target}"),
            (None, Some(authority)) => format!("{authority}{target}"),
            (_, None) => target.clone(),
        }
    }

    /// The header of the client's user agent, where the log has one.
    pub fn user_agent_header(&self) -> Option<String> {
        let agent = self.user_agent.as_ref().filter(|agent| !agent.is_empty() && *agent != "-")?;
        Some(format!("user-agent: {agent}"))
    }
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
