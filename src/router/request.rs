//! A request as a person types it: a URL, a bare host and path, or a bare path.

use std::fmt;

/// The scheme of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Scheme {
    Http,
    Https,
}

/// A request: what a client would send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, `GET` by default.
    pub method: String,
    /// `None` for a bare host or path: any listener.
    pub scheme: Option<Scheme>,
    /// The host without port, as typed; `None` for a bare path: every host.
    pub host: Option<String>,
    /// The port, when one was typed.
    pub port: Option<u16>,
    /// The path as typed, before normalisation; at least `/`.
    pub path: String,
    /// The query string without `?`.
    pub query: Option<String>,
    /// The headers, in order, names as typed.
    pub headers: Vec<(String, String)>,
}

/// Why a typed request is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RequestError {}
