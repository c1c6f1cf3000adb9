//! A request as a person types it: a URL, a bare host and path, or a bare path.
//!
//! What is parsed is what a client such as curl would send: a fragment stays behind, nothing else in the path is touched
//! (the gateway normalises it, see [`super::normalise`]).

use std::fmt;

use super::slips;

/// The scheme of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// The scheme as a URL writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port a URL without one means.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
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

impl RequestError {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RequestError {}

/// The forms a URL may take, for hints.
pub(super) const FORMS: &str = "write http://host/path, host/path, or /path";

/// What a client sends to have a WebSocket.
const UPGRADE: [(&str, &str); 2] = [("Connection", "Upgrade"), ("Upgrade", "websocket")];

impl Request {
    /// Parses what was typed: `http(s)://host[:port]/path?query`, `host[:port]/path`, `host`, or `/path`. With `ws(s)://` it
    /// asks for a WebSocket, as clients do: with the two headers of an upgrade.
    pub fn parse(url: &str) -> Result<Self, RequestError> {
        let typed = url.trim();
        if typed.is_empty() {
            return Err(RequestError::new("the URL is empty", FORMS));
        }
        if let Some(bad) = typed.chars().find(|c| c.is_control()) {
            let message = format!("the URL contains the control character {}", bad.escape_default());
            return Err(RequestError::new(message, "percent-encode it"));
        }
        // A client never sends the fragment (RFC 3986, 3.5).
        let text = typed.split_once('#').map_or(typed, |(before, _)| before);
        if text.is_empty() {
            return Err(RequestError::new(format!("{typed} is only a fragment, which no client sends"), FORMS));
        }
        if text == "*" {
            return Err(RequestError::new(
                "* asks the server as a whole (OPTIONS *), and no route takes it: a gateway answers 400 or 404 itself",
                "name a path, and the method with -X OPTIONS",
            ));
        }
        if let Some(slip) = slips::slip(text) {
            return Err(slip);
        }
        let (scheme, rest) = split_scheme(text)?;
        if scheme.is_none() && rest.starts_with(['/', '?']) {
            return Ok(Self::of(None, None, None, rest));
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (host, port) = split_authority(authority, typed)?;
        let mut request = Self::of(scheme, Some(host), port, target);
        if text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("ws")) && scheme.is_some() {
            request.headers = UPGRADE.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        }
        Ok(request)
    }

    fn of(scheme: Option<Scheme>, host: Option<String>, port: Option<u16>, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let path = match path.as_bytes().first() {
            None => "/".to_owned(),
            Some(_) => path.to_owned(),
        };
        Self { method: "GET".to_owned(), scheme, host, port, path, query, headers: Vec::new() }
    }

    /// Parses a header as curl's `-H` takes it: `Name: value`. `:authority` is another name of `Host`.
    pub fn header(text: &str) -> Result<(String, String), RequestError> {
        const FORM: &str = "write -H 'Name: value'";
        let pseudo = usize::from(text.starts_with(':'));
        // curl's way to write a header without a value.
        if let Some(name) = text.strip_suffix(';').filter(|name| !name.is_empty() && name.chars().all(is_token)) {
            return Ok((name.to_owned(), String::new()));
        }
        let Some((name, value)) = text[pseudo..].split_once(':') else {
            return Err(RequestError::new(format!("the header {text:?} has no colon"), FORM));
        };
        let name = &text[..pseudo + name.len()];
        if pseudo == 1 && !name.eq_ignore_ascii_case(":authority") {
            return Err(RequestError::new(
                format!("{name} cannot be set as a header"),
                "use -X for the method, the URL for scheme and path, -H 'Host: …' for the host",
            ));
        }
        if name.is_empty() {
            return Err(RequestError::new(format!("the header {text:?} has no name"), FORM));
        }
        if let Some(bad) = name[pseudo..].chars().find(|c| !is_token(*c)) {
            let message = format!("the header name {name:?} holds {bad:?}, which no header name may");
            return Err(RequestError::new(message, FORM));
        }
        let value = value.trim_matches([' ', '\t']);
        if let Some(bad) = value.chars().find(|c| c.is_control() && *c != '\t') {
            let message = format!("the value of header {name} holds the control character {}", bad.escape_default());
            return Err(RequestError::new(message, "a header value is one line of text"));
        }
        Ok((name.to_owned(), value.to_owned()))
    }

    /// The request with another method, as curl's `-X` takes it.
    pub fn with_method(mut self, method: &str) -> Result<Self, RequestError> {
        if method.is_empty() || !method.chars().all(is_token) {
            return Err(RequestError::new(
                format!("{method:?} is not an HTTP method"),
                "methods are words such as GET, POST, DELETE",
            ));
        }
        method.clone_into(&mut self.method);
        Ok(self)
    }

    /// The request with one more header, given as `Name: value`.
    pub fn with_header(mut self, text: &str) -> Result<Self, RequestError> {
        let header = Self::header(text)?;
        if let (Some(host), true) = (self.host_header(), is_host(&header.0)) {
            // RFC 9112, 3.2: a server answers 400. Envoy joins the two with a comma, and takes that for a host.
            return Err(RequestError::new(
                format!("the header Host is given twice: {host} and {}", header.1),
                "a request has one Host: leave one of them out",
            ));
        }
        let same =
            |one: &(String, String)| one.0.eq_ignore_ascii_case(&header.0) && one.1.eq_ignore_ascii_case(&header.1);
        // What `ws://` stands for is not sent twice.
        let implied =
            self.headers.iter().take(2).zip(UPGRADE).filter(|(one, known)| (&*one.0, &*one.1) == *known).count() == 2;
        if !(implied && self.headers[..2].iter().any(same)) {
            self.headers.push(header);
        }
        Ok(self)
    }

    /// The `Host` header (or `:authority`) when one was given: it names the virtual host in place of the URL's host.
    pub fn host_header(&self) -> Option<&str> {
        self.headers.iter().find(|(name, _)| is_host(name)).map(|(_, value)| value.as_str())
    }

    /// What the client sends as `Host`: the header when given, else host and port of the URL, the scheme's default port
    /// left out as clients do. `None` when no host is known.
    pub fn authority(&self) -> Option<String> {
        if let Some(host) = self.host_header() {
            return Some(host.to_owned());
        }
        let host = self.host.as_deref()?;
        match self.port {
            Some(port) if self.scheme.map(Scheme::default_port) != Some(port) => Some(format!("{host}:{port}")),
            _ => Some(host.to_owned()),
        }
    }

    /// Path and query as the request line carries them.
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.method)?;
        if let Some(scheme) = self.scheme {
            write!(f, "{}://", scheme.name())?;
        }
        f.write_str(self.host.as_deref().unwrap_or_default())?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.target())
    }
}

fn is_host(name: &str) -> bool {
    name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority")
}

/// A character of RFC 9110's `token`: header names and methods.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

fn split_scheme(text: &str) -> Result<(Option<Scheme>, &str), RequestError> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok((None, text)) };
    // `/redirect?to=http://elsewhere` is a path that holds a URL.
    if scheme.contains(['/', '?', '\\']) {
        return Ok((None, text));
    }
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => Ok((Some(Scheme::Http), rest)),
        "https" | "wss" => Ok((Some(Scheme::Https), rest)),
        "grpc" | "grpcs" | "h2c" => Err(RequestError::new(
            format!("the scheme {scheme} is not one a gateway sees"),
            "write a gRPC call as POST http(s)://host/package.Service/Method",
        )),
        "" => {
            let meant = format!("did you mean http://{}?", slips::without_user(rest));
            Err(RequestError::new("there is no scheme before ://", meant))
        }
        _ => {
            let url = |near| slips::without_user(&format!("{near}://{rest}"));
            let hint =
                slips::near(scheme).map_or_else(|| FORMS.to_owned(), |near| format!("did you mean {}?", url(near)));
            Err(RequestError::new(format!("the scheme {scheme} is not http or https"), hint))
        }
    }
}

fn split_authority(authority: &str, typed: &str) -> Result<(String, Option<u16>), RequestError> {
    if let Some((_, host)) = authority.rsplit_once('@') {
        let url = if host.is_empty() { FORMS.to_owned() } else { format!("write {}", slips::without_user(typed)) };
        return Err(RequestError::new(
            "the URL holds a user name or password, which are not sent as part of it",
            format!("{url}, and -H 'Authorization: …' if a route matches on it"),
        ));
    }
    let (host, port) = if authority.starts_with('[') {
        let Some(end) = authority.find(']') else {
            return Err(RequestError::new(format!("{authority} has no closing ]"), "write [::1] or [::1]:8080"));
        };
        let (host, rest) = authority.split_at(end + 1);
        if host[1..end].parse::<core::net::Ipv6Addr>().is_err() {
            // `[fe80::1%25eth0]`
            let zoned = host.split_once('%').filter(|(address, _)| address[1..].parse::<core::net::Ipv6Addr>().is_ok());
            let hint = zoned.map(|(address, _)| format!("write {address}]: a client does not send the zone"));
            let hint = hint.unwrap_or_else(|| "write [::1] or [::1]:8080".to_owned());
            return Err(RequestError::new(format!("{host} is not an IPv6 address"), hint));
        }
        match rest.strip_prefix(':') {
            Some(port) => (host, port),
            None if rest.is_empty() => (host, ""),
            None => return Err(RequestError::new(format!("{rest:?} follows {host}"), "write [::1] or [::1]:8080")),
        }
    } else {
        if authority.matches(':').count() > 1 && authority.parse::<core::net::Ipv6Addr>().is_ok() {
            return Err(RequestError::new(
                format!("the IPv6 address {authority} has no brackets"),
                format!("write [{authority}]"),
            ));
        }
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        check_host(host, typed)?;
        (host, port)
    };
    let port = match port {
        "" => None,
        text => match text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten() {
            Some(port) if port > 0 => Some(port),
            _ => {
                return Err(RequestError::new(
                    format!("{text:?} is not a valid port"),
                    "a port is a number from 1 to 65535; a path begins with /",
                ));
            }
        },
    };
    Ok((host.to_owned(), port))
}

fn check_host(host: &str, typed: &str) -> Result<(), RequestError> {
    if host.is_empty() {
        return Err(RequestError::new(format!("{typed} has no host"), FORMS));
    }
    if host.contains('*') {
        return Err(RequestError::new(
            format!("the host {host} is a pattern, and a request names one host"),
            format!("try {}", host.replace('*', "any")),
        ));
    }
    if !host.is_ascii() {
        return Err(RequestError::new(
            format!("the host {host} is not ASCII"),
            "write it as a client sends it, in its xn-- form",
        ));
    }
    // `${NAME}` in a manifest is filled in before it is applied; such a host can be asked as it is written.
    let open = host.contains("${");
    let is_known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') || (open && "${}".contains(c));
    match host.chars().find(|c| !is_known(*c)) {
        Some(bad) => Err(RequestError::new(format!("the host {host:?} holds {bad:?}"), FORMS)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn parsed(url: &str) -> (Option<&'static str>, Option<String>, Option<u16>, String, Option<String>) {
        let request = Request::parse(url).unwrap();
        (request.scheme.map(Scheme::name), request.host, request.port, request.path, request.query)
    }

    #[track_caller]
    fn refused(url: &str, needle: &str) {
        let error = Request::parse(url).unwrap_err();
        let said = format!("{} / {}", error.message, error.hint);
        assert!(said.contains(needle), "{said:?} does not say {needle:?}");
    }

    #[test]
    fn a_full_url_has_all_its_parts() {
        let expected = (Some("https"), Some("A.io".into()), Some(8443), "/x//y".into(), Some("q=1&q=2".into()));
        assert_eq!(parsed("HTTPS://A.io:8443/x//y?q=1&q=2#top"), expected);
    }

    #[test]
    fn bare_forms_leave_the_rest_open() {
        assert_eq!(parsed("a.io"), (None, Some("a.io".into()), None, "/".into(), None));
        assert_eq!(parsed("a.io:8080/x"), (None, Some("a.io".into()), Some(8080), "/x".into(), None));
        assert_eq!(parsed("/x?y"), (None, None, None, "/x".into(), Some("y".into())));
        assert_eq!(parsed("//x"), (None, None, None, "//x".into(), None));
        assert_eq!(parsed("//x.y_z/w"), (None, None, None, "//x.y_z/w".into(), None));
        assert_eq!(parsed("a.io?y"), (None, Some("a.io".into()), None, "/".into(), Some("y".into())));
    }

    #[test]
    fn a_url_inside_a_path_or_query_is_no_scheme() {
        assert_eq!(parsed("/go?to=http://b.io/"), (None, None, None, "/go".into(), Some("to=http://b.io/".into())));
        assert_eq!(parsed("a.io/http://b.io"), (None, Some("a.io".into()), None, "/http://b.io".into(), None));
    }

    #[test]
    fn an_ipv6_host_keeps_its_brackets() {
        assert_eq!(parsed("http://[::1]:8080/x"), (Some("http"), Some("[::1]".into()), Some(8080), "/x".into(), None));
        refused("http://::1/x", "[::1]");
        refused("http://[::1/x", "closing ]");
    }

    #[test]
    fn what_no_client_can_send_is_refused_with_a_hint() {
        refused("", "empty");
        refused("#top", "fragment");
        refused("ftp://a.io", "not http or https");
        refused("http://", "no host");
        refused("http://me:secret@a.io/x", "write http://a.io/x, and -H 'Authorization");
        refused("http:///x/y", "write http://HOST/x/y, or /x/y");
        refused("http://[fe80::1%25eth0]/", "write [fe80::1]");
        refused(".", "-f .");
        refused("../apps", "-f ../apps");
        refused("a.io:http", "not a valid port");
        refused("a.io:0", "not a valid port");
        refused("a.io:99999", "not a valid port");
        refused("*.a.io/x", "any.a.io");
        refused("bücher.io", "xn--");
        refused("a b.io/x", "no spaces");
    }

    #[test]
    fn slips_are_recognised_and_say_what_was_meant() {
        for (typed, meant) in [
            ("http:/a.io/x", "did you mean http://a.io/x?"),
            ("https//a.io/x", "did you mean https://a.io/x?"),
            ("https:a.io/x", "did you mean https://a.io/x?"),
            ("HTTPS:a.io:8080", "did you mean https://a.io:8080?"),
            ("http:///a.io", "did you mean http://a.io?"),
            ("//a.io/x", "did you mean http://a.io/x?"),
            ("//localhost:8080/x", "did you mean http://localhost:8080/x?"),
            ("https;//a.io", "did you mean https://a.io?"),
            ("http:\\\\a.io\\x", "did you mean http://a.io\\x?"),
            ("http://a.io\\x", "did you mean http://a.io/x?"),
            ("a.io\\x?y=\\", "did you mean a.io/x?y=/?"),
            ("\\x", "did you mean /x?"),
            ("GET https://a.io/x", "write https://a.io/x alone, and the method as -X GET"),
            ("post /x HTTP/1.1", "write /x alone, and the method as -X POST"),
            ("curl https://a.io", "did you mean https://a.io?"),
            ("curl -s -H 'x: y' \"https://a.io/x\"", "did you mean https://a.io/x?"),
            ("http://https://a.io/x", "did you mean https://a.io/x?"),
            ("\"https://a.io/x\"", "did you mean https://a.io/x?"),
            ("htps://a.io", "did you mean https://a.io?"),
            ("://a.io", "did you mean http://a.io?"),
            ("http:", "has no host"),
            ("https://", "no host"),
        ] {
            refused(typed, meant);
        }
    }

    #[test]
    fn hosts_that_look_like_a_slip_stay_hosts() {
        assert_eq!(parsed("http:8080/x"), (None, Some("http".into()), Some(8080), "/x".into(), None));
        assert_eq!(parsed("https.a.io/x").1, Some("https.a.io".into()));
        assert_eq!(parsed("httpbin/x").1, Some("httpbin".into()));
        assert_eq!(parsed("ws/x").1, Some("ws".into()));
        assert_eq!(parsed("http://http/x").1, Some("http".into()));
        assert_eq!(parsed("http://a.io/a\\b c").3, "/a\\b c");
    }

    #[test]
    fn no_hint_repeats_a_password() {
        for typed in [
            "http://me:s3cret@a.io/",
            "http:/me:s3cret@a.io",
            "GET http://me:s3cret@a.io/x",
            "htp://me:s3cret@a.io",
            "me:s3cret@a.io\\x",
        ] {
            let error = Request::parse(typed).unwrap_err();
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn a_websocket_is_asked_for_by_an_upgrade() {
        let sent = |url: &str| Request::parse(url).unwrap();
        let upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(
            (sent("wss://a.io/x").scheme, sent("wss://a.io/x").headers),
            (Some(Scheme::Https), upgrade.to_vec())
        );
        assert_eq!((sent("WS://a.io/x").scheme, sent("WS://a.io/x").headers), (Some(Scheme::Http), upgrade.to_vec()));
        assert_eq!(sent("ws.a.io/x").headers, []);
        let again = sent("ws://a.io").with_header("upgrade: WebSocket").unwrap().with_header("Upgrade: h2c").unwrap();
        assert_eq!(again.headers.len(), 3);
    }

    #[test]
    fn headers_are_checked_and_trimmed() {
        assert_eq!(Request::header("x-empty;"), Ok(("x-empty".into(), String::new())));
        assert_eq!(Request::header("x-tenant:  blue "), Ok(("x-tenant".into(), "blue".into())));
        assert_eq!(Request::header("x:"), Ok(("x".into(), String::new())));
        assert_eq!(Request::header("x: a:b"), Ok(("x".into(), "a:b".into())));
        assert!(Request::header("no colon").is_err());
        assert!(Request::header(": x").is_err());
        assert!(Request::header("x y: z").is_err());
        assert!(Request::header("x: a\nb").is_err());
        assert!(Request::header(":path: /x").is_err());
    }

    #[test]
    fn a_host_header_stands_for_the_host() {
        let request = Request::parse("http://a.io:8080/").unwrap();
        assert_eq!(request.authority().as_deref(), Some("a.io:8080"));
        assert_eq!(request.with_header("Host: b.io").unwrap().authority().as_deref(), Some("b.io"));
        let default_port = Request::parse("http://a.io:80/").unwrap();
        assert_eq!(default_port.authority().as_deref(), Some("a.io"));
        let pseudo = Request::parse("/x").unwrap().with_header(":authority: c.io").unwrap();
        assert_eq!(pseudo.authority().as_deref(), Some("c.io"));
    }

    #[test]
    fn methods_are_tokens() {
        let request = Request::parse("/").unwrap();
        assert_eq!(request.clone().with_method("POST").unwrap().method, "POST");
        assert!(request.clone().with_method("").is_err());
        assert!(request.with_method("GET /").is_err());
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}", odd in "[a-z:/?#\\[\\]@%.\\\\ ]{0,30}") {
            let _ = Request::parse(&text);
            let _ = Request::header(&text);
            let _ = Request::header(&odd);
            if let Ok(request) = Request::parse(&odd) {
                prop_assert!(request.path.starts_with('/'));
            }
        }
    }
}
