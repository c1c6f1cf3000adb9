//! Just enough of HTTP/1.1: requests without a body; answers whole or in chunks.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::Shared;
use super::state::Told;

/// A request.
#[derive(Clone, PartialEq)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    /// The headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl Asked {
    /// Group, version, namespace and resource, when it is for objects.
    pub fn resource(&self) -> Option<(&str, &str, Option<&str>, &str)> {
        let parts: Vec<&str> = self.path.trim_matches('/').split('/').collect();
        let (group, rest) = match parts.as_slice() {
            ["api", rest @ ..] => ("", rest),
            ["apis", group, rest @ ..] => (*group, rest),
            _ => return None,
        };
        match rest {
            [version, "namespaces", namespace, plural] => Some((group, *version, Some(*namespace), *plural)),
            [version, plural] => Some((group, *version, None, *plural)),
            _ => None,
        }
    }

    /// The resource that is asked for, as in paths.
    pub fn plural(&self) -> Option<&str> {
        self.resource().map(|(_, _, _, plural)| plural)
    }

    /// The one namespace that is asked for.
    pub fn namespace(&self) -> Option<&str> {
        self.resource().and_then(|(_, _, namespace, _)| namespace)
    }

    /// Whether it is a watch (a streaming list is one, too).
    pub fn is_watch(&self) -> bool {
        self.query.get("watch").is_some_and(|watch| watch != "false" && watch != "0")
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        self.resource().is_some() && !self.is_watch()
    }

    /// Whether it is a streaming list.
    pub fn is_streaming_list(&self) -> bool {
        self.is_watch() && self.query.get("sendInitialEvents").is_some_and(|send| send == "true")
    }

    /// A parameter of the query.
    pub fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An error, as the API server gives it: code, reason, message.
    Status(u16, &'static str, String),
    /// An error, as a proxy or a bare path gives it.
    Plain(u16, String),
    /// 200 with this body.
    Body(String),
    /// 200 with these lines, and the end.
    Lines(Vec<String>),
    /// 200 with this and no end: the connection breaks.
    Torn(String),
    /// 200 with these lines, and then nothing, until the rule is lifted; then the end.
    LinesThenNothing(Vec<String>),
    /// An answer of another kind: the status line's end, more headers (each with its line end), the body.
    Raw(&'static str, String, Vec<u8>),
    /// 200 with this and then the filling, again and again, for as long as somebody reads.
    Endless(String, String),
    /// The beginning of a head, and then nothing until the rule is lifted.
    HalfAHead,
    /// 200 with this, without a line end, and then nothing until the rule is lifted.
    HalfALine(String),
    /// No answer until the rule is lifted; then the usual one.
    Hang,
    /// The connection breaks without an answer.
    Cut,
}

/// Answers the requests of one connection.
pub(super) fn serve(stream: TcpStream, shared: &Shared) {
    let _ = stream.set_nodelay(true);
    if let Ok(clone) = stream.try_clone() {
        shared.connections.lock().unwrap().push(clone);
    }
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        if shared.lock().down {
            break;
        }
        shared.change(|state| state.requests.push(asked.clone()));
        if answer(&asked, &mut writer, shared).is_err() {
            break;
        }
    }
    let _ = writer.shutdown(std::net::Shutdown::Both);
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    // Nobody should send a body; it is read so that it is not taken for a request.
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.by_ref().take(length).read_to_end(&mut Vec::new()).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
        (unescape(name), unescape(value))
    });
    Some(Asked { method, path: path.to_owned(), query: query.collect(), headers })
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        if let (b'%', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &tail[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answer(asked: &Asked, to: &mut TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut ruled = shared.change(|state| state.ruled(asked));
    if let Some((name, Reply::Hang)) = &ruled {
        wait_for_lift(name, shared)?;
        ruled = shared.change(|state| state.ruled(asked));
    }
    match ruled {
        Some((_, Reply::Status(code, reason, message))) => status(to, code, reason, &message),
        Some((_, Reply::Plain(code, text))) => whole(to, code, "text/plain; charset=utf-8", &text),
        Some((_, Reply::Body(text))) => whole(to, 200, "application/json", &text),
        Some((_, Reply::Lines(lines))) => {
            begin(to)?;
            lines.iter().try_for_each(|line| chunk(to, line))?;
            end(to)
        }
        Some((_, Reply::Torn(text))) => {
            begin(to)?;
            write!(to, "{:x}\r\n{text}", text.len() + 100)?;
            Err(ErrorKind::ConnectionAborted.into())
        }
        Some((name, Reply::LinesThenNothing(lines))) => {
            begin(to)?;
            lines.iter().try_for_each(|line| chunk(to, line))?;
            wait_for_lift(&name, shared)?;
            end(to)
        }
        Some((_, Reply::Raw(status, headers, body))) => {
            write!(to, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len())?;
            to.write_all(&body)
        }
        Some((_, Reply::Endless(head, filling))) => {
            begin(to)?;
            let mut part = head;
            loop {
                write!(to, "{:x}\r\n{part}\r\n", part.len())?;
                shared.sent.fetch_add(part.len() as u64, std::sync::atomic::Ordering::SeqCst);
                part.clone_from(&filling);
            }
        }
        Some((name, Reply::HalfAHead)) => {
            write!(to, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-More")?;
            wait_for_lift(&name, shared)?;
            Err(ErrorKind::ConnectionAborted.into())
        }
        Some((name, Reply::HalfALine(text))) => {
            begin(to)?;
            write!(to, "{:x}\r\n{text}\r\n", text.len())?;
            wait_for_lift(&name, shared)?;
            end(to)
        }
        Some((_, Reply::Hang | Reply::Cut)) => Err(ErrorKind::ConnectionAborted.into()),
        None => usual(asked, to, shared),
    }
}

fn wait_for_lift(name: &str, shared: &Shared) -> std::io::Result<()> {
    let mut state = shared.lock();
    while state.rules.iter().any(|(known, _)| known == name) {
        if state.ended || state.down {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        state = shared.changed.wait(state).unwrap();
    }
    Ok(())
}

fn usual(asked: &Asked, to: &mut TcpStream, shared: &Shared) -> std::io::Result<()> {
    let reply = if asked.is_watch() { shared.lock().refuse_watch(asked) } else { Some(shared.lock().whole(asked)) };
    match reply {
        Some(Reply::Status(code, reason, message)) => return status(to, code, reason, &message),
        Some(Reply::Plain(code, text)) => return whole(to, code, "text/plain; charset=utf-8", &text),
        Some(Reply::Body(text)) => return whole(to, 200, "application/json", &text),
        Some(_) => return Err(ErrorKind::ConnectionAborted.into()),
        None => {}
    }
    let plural = asked.plural().unwrap_or_default().to_owned();
    begin(to)?;
    let (first, mut next) = shared.change(|state| {
        *state.watching.entry(plural.clone()).or_default() += 1;
        state.first_events(asked)
    });
    let result = follow(asked, to, shared, &first, &mut next);
    shared.change(|state| *state.watching.entry(plural).or_default() -= 1);
    result
}

/// Sends the events of a watch as they come.
fn follow(asked: &Asked, to: &mut TcpStream, shared: &Shared, first: &[Told], next: &mut usize) -> std::io::Result<()> {
    let mut told = first.to_vec();
    loop {
        for told in &told {
            match told {
                Told::Line(line) => chunk(to, line)?,
                Told::End => return end(to),
            }
        }
        let mut state = shared.lock();
        told = loop {
            if state.ended || state.down || is_closed(to) {
                return Err(ErrorKind::ConnectionAborted.into());
            }
            let told = state.events(asked, next);
            if !told.is_empty() {
                break told;
            }
            state = shared.changed.wait_timeout(state, super::PATIENCE / 40).unwrap().0;
        };
    }
}

/// Whether the client has gone away.
fn is_closed(stream: &TcpStream) -> bool {
    if stream.set_nonblocking(true).is_err() {
        return true;
    }
    let closed = match stream.peek(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    stream.set_nonblocking(false).is_err() || closed
}

fn status(to: &mut TcpStream, code: u16, reason: &str, message: &str) -> std::io::Result<()> {
    let status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code });
    whole(to, code, "application/json", &status.to_string())
}

fn whole(to: &mut TcpStream, code: u16, kind: &str, text: &str) -> std::io::Result<()> {
    let length = text.len();
    write!(to, "HTTP/1.1 {code} .\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{text}")
}

fn begin(to: &mut TcpStream) -> std::io::Result<()> {
    to.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
}

fn chunk(to: &mut TcpStream, line: &str) -> std::io::Result<()> {
    write!(to, "{:x}\r\n{line}\n\r\n", line.len() + 1)
}

fn end(to: &mut TcpStream) -> std::io::Result<()> {
    to.write_all(b"0\r\n\r\n")
}
