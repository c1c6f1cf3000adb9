//! Slips of the hand in a typed URL: `http:/host`, `https//host`, `https:host`, `http:\\host`, `GET https://host`, a URL in
//! quotes. Read to the letter each of them names a host `http` or `https`, or one with a blank in it, and the answer would
//! be about that host.

use super::request::{FORMS, RequestError};

/// The schemes that a person may mean.
const SCHEMES: [&str; 4] = ["https", "http", "wss", "ws"];

/// The methods that people write before a URL, and the program that they write before it.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

/// What is wrong with `typed`, when it is a slip that is known.
pub(super) fn slip(typed: &str) -> Option<RequestError> {
    quoted(typed)
        .or_else(|| words(typed))
        .or_else(|| scheme(typed))
        .or_else(|| backslash(typed))
        .or_else(|| slashes(typed))
        .or_else(|| dots(typed))
}

/// The text without the user and password of its authority: they are nobody's to see.
pub(super) fn without_user(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + "://".len());
    let end = text[start..].find(['/', '?', '#', '\\']).map_or(text.len(), |at| start + at);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}{}", &text[..start], &text[start + at + 1..]),
        None => text.to_owned(),
    }
}

fn meant(url: &str) -> String {
    format!("did you mean {}?", without_user(url))
}

fn quoted(typed: &str) -> Option<RequestError> {
    let inner = [('"', '"'), ('\'', '\''), ('<', '>'), ('`', '`'), ('“', '”')]
        .iter()
        .find_map(|(open, close)| typed.strip_prefix(*open).map(|rest| rest.strip_suffix(*close).unwrap_or(rest)))?;
    Some(RequestError::new("the URL is in quotes, which are not part of it", meant(inner.trim())))
}

/// `GET https://host/path`, `curl https://host/path`, `host name/path`.
fn words(typed: &str) -> Option<RequestError> {
    let (first, rest) = typed.split_once(char::is_whitespace)?;
    if first.contains(['/', '?', '#']) {
        return None;
    }
    let rest = rest.trim();
    // `GET /path HTTP/1.1`, as a log has it.
    let url = rest.split_whitespace().next().unwrap_or(rest);
    let method = first.to_ascii_uppercase();
    if METHODS.contains(&method.as_str()) {
        return Some(RequestError::new(
            format!("{first} is a method, and no part of the URL"),
            format!("write {} alone, and the method as -X {method}", without_user(url)),
        ));
    }
    // `curl -s -H 'name: value' https://host/path`
    let with_scheme =
        rest.split_whitespace().map(|word| word.trim_matches(['"', '\''])).find(|word| word.contains("://"));
    let url = with_scheme.unwrap_or(url);
    if matches!(first, "curl" | "wget" | "http" | "https" | "$") && !url.starts_with('-') {
        return Some(RequestError::new(format!("{first} is not part of the URL"), meant(url)));
    }
    let hint = if url.starts_with('/') { meant(&format!("{first}{rest}")) } else { FORMS.to_owned() };
    Some(RequestError::new("a host has no spaces", hint))
}

/// A scheme without all of `://` after it.
fn scheme(typed: &str) -> Option<RequestError> {
    let lower = typed.to_ascii_lowercase();
    let scheme = SCHEMES.into_iter().find(|scheme| {
        let rest = lower.strip_prefix(*scheme);
        rest.is_some_and(|rest| rest.starts_with([':', ';']) || rest.starts_with("//") || rest.starts_with("\\\\"))
    })?;
    let rest = &typed[scheme.len()..];
    let (sign, after) = match rest.strip_prefix([':', ';']) {
        Some(after) => (&rest[..1], after),
        None => ("", rest),
    };
    let host = after.trim_start_matches(['/', '\\']);
    let between = &after[..after.len() - host.len()];
    let is_port = sign == ":" && between.is_empty() && {
        let port = &host[..host.find(['/', '?', '#']).unwrap_or(host.len())];
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    // `http://https://host`: one of them is too many.
    if sign == ":" && between == "//" && SCHEMES.iter().any(|inner| begins_with_scheme(host, inner)) {
        return Some(RequestError::new(format!("{typed} has two schemes"), meant(host)));
    }
    // A host may be called `http`, and have a port.
    if (sign == ":" && between == "//") || is_port {
        return None;
    }
    if host.is_empty() {
        return Some(RequestError::new(format!("{typed} has no host"), FORMS));
    }
    let written = &typed[..typed.len() - host.len()];
    let message = format!("{written} is not how a URL begins: a scheme is followed by ://");
    // `http:///path`: a host was left out, unless what follows looks like one.
    if sign == ":" && between.len() > 2 && !looks_like_a_host(host) {
        let hint = format!("write {scheme}://HOST/{host}, or /{host} to ask for every host");
        return Some(RequestError::new(format!("{typed} has no host"), hint));
    }
    Some(RequestError::new(message, meant(&format!("{scheme}://{host}"))))
}

/// `//host/path`, as a page writes a link: read to the letter it is a path.
fn slashes(typed: &str) -> Option<RequestError> {
    let rest = typed.strip_prefix("//").filter(|rest| looks_like_a_host(rest))?;
    let hint = format!("{} For the path {typed}, write the host before it", meant(&format!("http://{rest}")));
    Some(RequestError::new(format!("{typed} begins with a host and no scheme"), hint))
}

/// `.` and `..`: folders, where a URL is wanted.
fn dots(typed: &str) -> Option<RequestError> {
    let is_folder =
        matches!(typed.trim_end_matches('/'), "." | "..") || typed.starts_with("./") || typed.starts_with("../");
    is_folder.then(|| RequestError::new(format!("{typed} is a folder, and no URL"), format!("read it with -f {typed}")))
}

/// Whether a text begins with what can only be a host: it has a dot inside, a port, or is `localhost`.
fn looks_like_a_host(text: &str) -> bool {
    let authority = &text[..text.find(['/', '?', '#']).unwrap_or(text.len())];
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let labels = || {
        host.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    };
    let has_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    host.eq_ignore_ascii_case("localhost") || (labels() && (host.contains('.') || has_port))
}

/// `host\path`: some clients take the backslash for a slash, others for a part of the host.
fn backslash(typed: &str) -> Option<RequestError> {
    let end = typed.find(['?', '#']).unwrap_or(typed.len());
    let start = typed[..end].find("://").map_or(0, |at| at + "://".len());
    let authority = &typed[start..end];
    let at = authority.find(['/', '\\']).filter(|at| authority[*at..].starts_with('\\'))?;
    let message = if at == 0 { "a path begins with a slash" } else { "a backslash follows the host" };
    Some(RequestError::new(message, meant(&format!("{}{}", &typed[..start], typed[start..].replace('\\', "/")))))
}

/// The scheme that a misspelt one is near to.
pub(super) fn near(scheme: &str) -> Option<&'static str> {
    crate::finding::closest(&scheme.to_ascii_lowercase(), SCHEMES)
}

/// Whether a text begins with a scheme and `://`.
fn begins_with_scheme(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        && text[scheme.len()..].starts_with("://")
}
