//! A raw request: a request line with headers below it, as `curl -v`, a proxy or a browser shows it.

use super::{From, Pasted, is_method, joined};

/// The request, when the text is one.
pub fn read(text: &str) -> Option<Pasted> {
    // `curl -v` puts `> ` before each line that it sends.
    let mut lines =
        text.lines().map(|line| line.strip_prefix('>').unwrap_or(line).trim()).skip_while(|line| line.is_empty());
    let first = lines.next()?;
    let mut request = Request::default();
    if first.starts_with(':') {
        request.header(first)?;
    } else {
        let mut words = first.split_whitespace();
        let (method, target) = (words.next()?, words.next()?);
        let version = words.next();
        let is_request = version.is_some_and(|version| version.starts_with("HTTP/")) && words.next().is_none();
        if !is_request || !is_method(method) {
            return None;
        }
        request.method = Some(method.to_owned());
        request.target = Some(target.to_owned());
    }
    for line in lines.take_while(|line| !line.is_empty()) {
        request.header(line)?;
    }
    let Request { method, target, host, scheme, headers } = request;
    let url = joined(scheme.as_deref(), host.as_deref(), target.as_deref()?);
    Some(Pasted { from: From::Request, method, url, headers })
}

#[derive(Default)]
struct Request {
    method: Option<String>,
    target: Option<String>,
    host: Option<String>,
    scheme: Option<String>,
    headers: Vec<String>,
}

impl Request {
    /// Takes a header line; `None` when it is none.
    fn header(&mut self, line: &str) -> Option<()> {
        let (pseudo, line) = line.strip_prefix(':').map_or((false, line), |rest| (true, rest));
        let (name, value) = line.split_once(':')?;
        let value = value.trim().to_owned();
        match (pseudo, name.trim().to_ascii_lowercase().as_str()) {
            (true, "method") => self.method = Some(value).filter(|method| is_method(method)),
            (true, "path") => self.target = Some(value),
            (true, "scheme") => self.scheme = Some(value),
            (true, "authority") | (false, "host") => self.host = Some(value),
            (true, _) => {}
            (false, name) if name.is_empty() || name.contains(char::is_whitespace) => return None,
            (false, _) => self.headers.push(line.to_owned()),
        }
        Some(())
    }
}
