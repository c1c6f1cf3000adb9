//! A line of an access log: Envoy's default format, the common and combined formats, JSON.

use serde_json::{Map, Value};

use super::{From, Pasted, is_method, joined};

/// The request that the line records, when it is one.
pub fn read(text: &str) -> Option<Pasted> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    if line.starts_with('{') {
        let Ok(Value::Object(record)) = serde_json::from_str(line) else { return None };
        return json(&record);
    }
    let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    let (at, request) = quoted.iter().enumerate().find(|(_, text)| text.contains(" HTTP/"))?;
    let mut words = request.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    if !is_method(method) {
        return None;
    }
    // Envoy: "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"
    let field = |place: usize| quoted.get(at + place).copied().filter(|value| !matches!(*value, "-" | ""));
    let headers = field(2).map(|agent| format!("user-agent: {agent}"));
    Some(Pasted {
        from: From::AccessLog,
        method: Some(method.to_owned()),
        url: joined(None, field(4), target),
        headers: headers.into_iter().collect(),
    })
}

/// A record with a key for each field, by the names that Envoy's and nginx's documentation use.
fn json(record: &Map<String, Value>) -> Option<Pasted> {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| record.get(*name).and_then(Value::as_str));
        found.filter(|value| !matches!(*value, "-" | ""))
    };
    let target = text(&["path", ":path", "request_uri", "uri", "request_path", "url"])?;
    let method = text(&["method", ":method", "request_method", "http_method"]).unwrap_or("GET");
    let host = text(&["authority", ":authority", "host", "http_host", "server_name"]);
    let scheme = text(&["scheme", ":scheme"]).filter(|scheme| matches!(*scheme, "http" | "https"));
    let agent = text(&["user_agent", "http_user_agent"]).map(|agent| format!("user-agent: {agent}"));
    is_method(method).then(|| Pasted {
        from: From::AccessLog,
        method: Some(method.to_owned()),
        url: joined(scheme, host, target),
        headers: agent.into_iter().collect(),
    })
}
