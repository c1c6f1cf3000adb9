//! `--requests`: one URL per line, or one JSON object per line.

use serde::Deserialize;
use serde_json::Value;

use routescope_core::model::ObjectKey;
use routescope_core::router::Request;

use super::failure::Failure;

/// A request, and the Gateway it asks when it names one.
#[derive(Debug, Clone)]
pub struct AddressedRequest {
    /// The request.
    pub request: Request,
    /// The Gateway to ask; `None` asks all.
    pub gateway: Option<ObjectKey>,
}

/// A line that holds no request.
#[derive(Debug)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub failure: Failure,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: String,
    method: Option<String>,
    #[serde(default)]
    headers: Value,
    gateway: Option<String>,
}

/// The requests of a text, in order. Blank lines and lines that begin with `#` are passed over. `defaults` gives a
/// line the method and headers of the command line.
pub fn parse(
    text: &str,
    defaults: &dyn Fn(Request) -> Result<Request, Failure>,
) -> Vec<Result<AddressedRequest, BadLine>> {
    let told = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    told.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, text)| one(text, defaults).map_err(|failure| BadLine { line, failure }))
        .collect()
}

fn one(text: &str, defaults: &dyn Fn(Request) -> Result<Request, Failure>) -> Result<AddressedRequest, Failure> {
    if !text.starts_with('{') {
        return Ok(AddressedRequest { request: defaults(Request::parse(text)?)?, gateway: None });
    }
    let Written { url, method, headers, gateway } = serde_json::from_str(text).map_err(|error| {
        Failure::new(
            format!("not a request: {}", without_line(&error.to_string())),
            r#"write {"url": "https://host/path", "method": "GET", "headers": {"name": "value"}}"#,
        )
    })?;
    let mut request = defaults(Request::parse(&url)?)?;
    if let Some(method) = method {
        request = request.with_method(&method)?;
    }
    for (name, value) in pairs(&headers)? {
        request = request.with_header(&format!("{name}: {value}"))?;
    }
    Ok(AddressedRequest { request, gateway: gateway.as_deref().map(gateway_key).transpose()? })
}

/// Every line is a document of its own: the line that the parser counts is always the first.
fn without_line(message: &str) -> String {
    message.replace(" at line 1 column ", " at column ")
}

/// Headers as an object, or as a list of `{ "name", "value" }` when a name repeats.
fn pairs(headers: &Value) -> Result<Vec<(String, String)>, Failure> {
    let wrong = || {
        Failure::new(
            "`headers` is neither an object of texts nor a list of names and values",
            r#"write {"name": "value"} or [{"name": "…", "value": "…"}]"#,
        )
    };
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        _ => Err(wrong()),
    };
    match headers {
        Value::Null => Ok(Vec::new()),
        Value::Object(map) => map.iter().map(|(name, value)| Ok((name.clone(), text(value)?))).collect(),
        Value::Array(list) => list
            .iter()
            .map(|entry| match (entry.get("name"), entry.get("value")) {
                (Some(Value::String(name)), Some(value)) => Ok((name.clone(), text(value)?)),
                _ => Err(wrong()),
            })
            .collect(),
        _ => Err(wrong()),
    }
}

/// Parses `namespace/name`.
pub fn gateway_key(text: &str) -> Result<ObjectKey, Failure> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok(ObjectKey::new(namespace, name))
        }
        _ => Err(Failure::new(format!("{text} is not a valid Gateway name"), "write it as NAMESPACE/NAME")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parsed(line: &str) -> AddressedRequest {
        let mut lines = parse(line, &|request| Ok(request));
        assert_eq!(lines.len(), 1, "{line}");
        lines.remove(0).unwrap_or_else(|bad| panic!("{line}: {}", bad.failure))
    }

    #[track_caller]
    fn refused(text: &str, line: usize, message: &str) {
        let bad = parse(text, &|request| Ok(request)).into_iter().find_map(Result::err).expect("a bad line");
        assert_eq!((bad.line, bad.failure.message.as_str()), (line, message));
    }

    #[test]
    fn a_line_is_a_url_or_an_object() {
        assert_eq!(parsed("https://a.io/x").request.path, "/x");
        let asked = parsed(r#"{"url": "/x", "method": "POST", "headers": {"n": 1}, "gateway": "infra/gw"}"#);
        assert_eq!(asked.request.method, "POST");
        assert_eq!(asked.request.headers, [("n".to_owned(), "1".to_owned())]);
        assert_eq!(asked.gateway, Some(ObjectKey::new("infra", "gw")));
    }

    #[test]
    fn a_repeated_header_is_a_list() {
        let line = r#"{"url": "/", "headers": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}"#;
        assert_eq!(parsed(line).request.headers.len(), 2);
    }

    #[test]
    fn blank_lines_and_comments_are_passed_over_but_counted() {
        refused(
            "# first\n\n{\"url\": 3}\n",
            3,
            "not a request: invalid type: integer `3`, expected a string at column 9",
        );
        refused("/a\n{\"url\": \"/\", \"gateway\": \"x\"}", 2, "x is not a valid Gateway name");
    }
}
