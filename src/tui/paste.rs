//! What people paste: a URL in quotes, a curl command, a raw request, a line of an access log. What can be asked is taken out
//! of it: the method, the URL, the headers.

mod curl;
mod log;
mod raw;
mod shell;

/// What a pasted text asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// What the text is.
    pub from: From,
    /// The method it names.
    pub method: Option<String>,
    /// The URL, or a host and a path.
    pub url: String,
    /// The headers, as `Name: value`.
    pub headers: Vec<String>,
}

/// What a pasted text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// A URL, quoted or not.
    Url,
    /// A curl command.
    Curl,
    /// A request line with headers.
    Request,
    /// A line of an access log.
    AccessLog,
}

impl From {
    /// `curl`, as the notice names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Url => "URL",
            Self::Curl => "curl",
            Self::Request => "request",
            Self::AccessLog => "access log",
        }
    }
}

impl Pasted {
    /// Reads a pasted text. A text that is none of the known forms is taken as a URL, its first line alone.
    pub fn read(text: &str) -> Self {
        // Many terminals paste lines that end with a carriage return alone.
        let text = &text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim();
        curl::read(text).or_else(|| raw::read(text)).or_else(|| log::read(text)).unwrap_or_else(|| Self::bare(text))
    }

    fn bare(text: &str) -> Self {
        let mut url = unquoted(first_line(text));
        let mut method = None;
        if let Some((word, rest)) = url.split_once(char::is_whitespace)
            && is_method(&word.to_ascii_uppercase())
            && !rest.trim().is_empty()
        {
            method = Some(word.to_ascii_uppercase());
            url = unquoted(rest.trim());
        }
        Self { from: From::Url, method, url: url.to_owned(), headers: Vec::new() }
    }

    /// Whether it takes the place of a URL that is typed. A URL with a scheme does, but for one behind `?next=`.
    pub fn is_whole(&self, typed: &str) -> bool {
        self.notice().is_some() || (self.url.contains("://") && !typed.ends_with('='))
    }

    /// `from curl: POST, 2 headers`; `None` when a plain URL was pasted.
    pub fn notice(&self) -> Option<String> {
        let headers = match self.headers.len() {
            0 => String::new(),
            1 => ", 1 header".to_owned(),
            more => format!(", {more} headers"),
        };
        let method = self.method.as_deref().unwrap_or("GET");
        (self.from != From::Url).then(|| format!("from {}: {method}{headers}", self.from.name()))
    }
}

/// The first line of a text that is not blank.
pub fn first_line(text: &str) -> &str {
    text.split(['\n', '\r']).map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

/// Whether `word` is a method that can be asked with.
fn is_method(word: &str) -> bool {
    super::url_bar::METHODS.contains(&word)
}

/// The text without the quotes or angle brackets around it, and without the punctuation that a sentence leaves behind.
fn unquoted(text: &str) -> &str {
    let text = text.trim().trim_end_matches([',', ';']);
    let pairs = [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>'), ('“', '”'), ('‘', '’'), ('«', '»')];
    for (open, close) in pairs {
        if let Some(inner) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            return unquoted(inner);
        }
    }
    // A Markdown link: the address is what is meant.
    if text.starts_with('[')
        && let Some((_, rest)) = text.split_once("](")
        && let Some(address) = rest.strip_suffix(')')
    {
        return address.trim();
    }
    text
}

/// A host and a target as one URL: listeners of any protocol are asked, unless the scheme is known.
fn joined(scheme: Option<&str>, host: Option<&str>, target: &str) -> String {
    if !target.starts_with('/') {
        return target.to_owned();
    }
    match (scheme, host) {
        (Some(scheme), Some(host)) => format!("{scheme}://{host}{target}"),
        (_, host) => format!("{}{target}", host.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::{From, Pasted};

    #[track_caller]
    fn reads(text: &str, from: From, method: Option<&str>, url: &str, headers: &[&str]) {
        let pasted = Pasted::read(text);
        assert_eq!(
            (pasted.from, pasted.method.as_deref(), pasted.url.as_str(), pasted.headers),
            (from, method, url, headers.iter().map(|header| (*header).to_owned()).collect())
        );
    }

    #[test]
    fn quotes_and_brackets_are_not_part_of_a_url() {
        for text in [
            "https://a.io/x",
            " 'https://a.io/x' ",
            "\"https://a.io/x\",",
            "<https://a.io/x>",
            "[docs](https://a.io/x)",
        ] {
            reads(text, From::Url, None, "https://a.io/x", &[]);
        }
    }

    #[test]
    fn a_method_before_a_url_is_taken_in_either_case() {
        reads("POST https://a.io/x", From::Url, Some("POST"), "https://a.io/x", &[]);
        reads("delete 'a.io/x'", From::Url, Some("DELETE"), "a.io/x", &[]);
        reads("https://a.io/x\nsecond line", From::Url, None, "https://a.io/x", &[]);
    }

    #[test]
    fn a_curl_command_gives_method_url_and_headers() {
        reads("curl https://a.io/x", From::Curl, None, "https://a.io/x", &[]);
        reads(
            "$ curl -sSk -X POST 'https://a.io/x?a=1' -H 'x-tenant: blue' --header \"x-v: 2\"",
            From::Curl,
            Some("POST"),
            "https://a.io/x?a=1",
            &["x-tenant: blue", "x-v: 2"],
        );
        reads(
            "curl -XPUT a.io/x -o /dev/null -m 3 --resolve a.io:80:127.0.0.1",
            From::Curl,
            Some("PUT"),
            "a.io/x",
            &[],
        );
        reads("curl -I --url=http://a.io/", From::Curl, Some("HEAD"), "http://a.io/", &[]);
    }

    #[test]
    fn data_makes_a_curl_command_a_post() {
        reads(
            "curl a.io/x -d a=1",
            From::Curl,
            Some("POST"),
            "a.io/x",
            &["content-type: application/x-www-form-urlencoded"],
        );
        reads(
            "curl a.io/x -H 'Content-Type: text/plain' -d @f",
            From::Curl,
            Some("POST"),
            "a.io/x",
            &["Content-Type: text/plain"],
        );
        reads(
            "curl --json '{}' a.io/x",
            From::Curl,
            Some("POST"),
            "a.io/x",
            &["content-type: application/json", "accept: application/json"],
        );
        reads("curl -G a.io/x -d a=1 --data-urlencode b=2", From::Curl, None, "a.io/x?a=1&b=2", &[]);
        reads("curl -T file a.io/x", From::Curl, Some("PUT"), "a.io/x", &[]);
    }

    #[test]
    fn a_browsers_copy_as_curl_is_read() {
        reads(
            "curl 'https://a.io/pay' \\\n  -X 'PATCH' \\\n  -H 'accept: */*' \\\n  -b 'session=1' \\\n  --data-raw $'{\\'a\\':1}' \\\n  --compressed",
            From::Curl,
            Some("PATCH"),
            "https://a.io/pay",
            &["accept: */*", "cookie: session=1", "content-type: application/x-www-form-urlencoded"],
        );
        reads("curl ^\"https://a.io/pay^\" ^\n  -H ^\"x-v: 2^\"", From::Curl, None, "https://a.io/pay", &["x-v: 2"]);
    }

    #[test]
    fn a_raw_request_is_read_with_its_host() {
        reads(
            "GET /x/y?z=1 HTTP/1.1\r\nHost: a.io\r\nX-Tenant: blue\r\n\r\nbody: no",
            From::Request,
            Some("GET"),
            "a.io/x/y?z=1",
            &["X-Tenant: blue"],
        );
        reads(
            "> POST /x HTTP/2\n> Host: a.io\n> accept: */*\n>",
            From::Request,
            Some("POST"),
            "a.io/x",
            &["accept: */*"],
        );
        reads(
            ":method: GET\n:authority: a.io\n:scheme: https\n:path: /x\nx-v: 2",
            From::Request,
            Some("GET"),
            "https://a.io/x",
            &["x-v: 2"],
        );
        reads("GET /x HTTP/1.1", From::Request, Some("GET"), "/x", &[]);
    }

    #[test]
    fn a_line_of_an_access_log_is_read() {
        reads(
            "[2026-04-15T20:17:00.310Z] \"POST /api/v1 HTTP/2\" 204 - 154 0 226 100 \"10.0.35.28\" \"curl/8\" \"cc21d9b0\" \"a.io\" \"10.0.2.1:80\"",
            From::AccessLog,
            Some("POST"),
            "a.io/api/v1",
            &["user-agent: curl/8"],
        );
        reads(
            "1.2.3.4 - - [15/Apr/2026:20:17:00 +0000] \"GET /x HTTP/1.1\" 200 12 \"-\" \"Mozilla/5.0\"",
            From::AccessLog,
            Some("GET"),
            "/x",
            &["user-agent: Mozilla/5.0"],
        );
        reads(
            "{\"method\":\"GET\",\"authority\":\"a.io\",\"path\":\"/x\",\"response_code\":404,\"user_agent\":null}",
            From::AccessLog,
            Some("GET"),
            "a.io/x",
            &[],
        );
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in [
            "",
            "curl",
            "curl -H",
            "curl -X",
            "curl '",
            "\"",
            "{",
            "{}",
            "GET",
            "GET  HTTP/1.1",
            ":path",
            "[x](",
            "curl \\",
        ] {
            let _ = Pasted::read(text);
        }
    }

    #[test]
    fn what_is_not_a_plain_url_is_reported() {
        assert_eq!(
            Pasted::read("curl -XPOST a.io -H a:1 -H b:2").notice().as_deref(),
            Some("from curl: POST, 2 headers")
        );
        assert_eq!(Pasted::read("https://a.io").notice(), None);
    }
}
