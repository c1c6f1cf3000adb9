//! A curl command: the method, the URL and the headers that it would send.

use super::{From, Pasted, shell};

/// Options that take a value and say nothing of where the request goes.
const WITH_VALUE: &[&str] = &[
    "--abstract-unix-socket",
    "--cacert",
    "--capath",
    "--cert",
    "--cert-type",
    "--ciphers",
    "--config",
    "--connect-timeout",
    "--connect-to",
    "--cookie-jar",
    "--dns-servers",
    "--dump-header",
    "--interface",
    "--key",
    "--limit-rate",
    "--max-redirs",
    "--max-time",
    "--noproxy",
    "--output",
    "--pass",
    "--proxy",
    "--proxy-user",
    "--range",
    "--resolve",
    "--retry",
    "--retry-delay",
    "--retry-max-time",
    "--socks5",
    "--stderr",
    "--tls-max",
    "--trace",
    "--trace-ascii",
    "--unix-socket",
    "--user",
    "--write-out",
];

/// The long names of short options that take a value.
fn long_of(short: char) -> Option<&'static str> {
    Some(match short {
        'X' => "--request",
        'H' => "--header",
        'd' => "--data",
        'F' => "--form",
        'A' => "--user-agent",
        'e' => "--referer",
        'b' => "--cookie",
        'T' => "--upload-file",
        'o' => "--output",
        'm' => "--max-time",
        'w' => "--write-out",
        'x' => "--proxy",
        'U' => "--proxy-user",
        'u' => "--user",
        'E' => "--cert",
        'c' => "--cookie-jar",
        'K' => "--config",
        'D' => "--dump-header",
        'r' => "--range",
        _ => return None,
    })
}

/// What the options of a command come to.
#[derive(Default)]
struct Command {
    method: Option<String>,
    url: Option<String>,
    headers: Vec<String>,
    data: Vec<String>,
    content: Option<Content>,
    head: bool,
    get: bool,
}

/// What a command sends as its body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Form,
    Json,
    Multipart,
    Upload,
}

/// The command, when the text is one.
pub fn read(text: &str) -> Option<Pasted> {
    let text = text.trim_start_matches(['$', '>', '%', '#', ' ']);
    let mut words = shell::words(text).into_iter();
    let program = words.next()?;
    if !matches!(program.rsplit(['/', '\\']).next(), Some("curl" | "curl.exe")) {
        return None;
    }
    let mut command = Command::default();
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (format!("--{name}"), Some(value.to_owned())),
                None => (word.clone(), None),
            };
            let value = if takes_value(&name) { value.or_else(|| words.next()) } else { None };
            command.option(&name, value);
        } else if word.len() > 1 && word.starts_with('-') {
            let mut letters = word[1..].chars();
            while let Some(letter) = letters.next() {
                if let Some(name) = long_of(letter) {
                    let rest = letters.as_str();
                    let value = if rest.is_empty() { words.next() } else { Some(rest.to_owned()) };
                    command.option(name, value);
                    break;
                }
                match letter {
                    'I' => command.head = true,
                    'G' => command.get = true,
                    _ => {}
                }
            }
        } else if command.url.is_none() {
            command.url = Some(word);
        }
    }
    command.pasted()
}

fn takes_value(name: &str) -> bool {
    let spoken = [
        "--request",
        "--header",
        "--url",
        "--user-agent",
        "--referer",
        "--cookie",
        "--upload-file",
        "--json",
        "--form",
        "--form-string",
        "--url-query",
    ];
    spoken.contains(&name) || name.starts_with("--data") || WITH_VALUE.contains(&name)
}

impl Command {
    fn option(&mut self, name: &str, value: Option<String>) {
        let value = value.unwrap_or_default();
        match name {
            "--request" => self.method = Some(value.to_ascii_uppercase()).filter(|method| !method.is_empty()),
            // `-H 'x;'` sends an empty header, `-H 'x:'` takes one away; a file of headers cannot be read here.
            "--header" if value.contains(':') && !value.trim_end().ends_with(':') => self.headers.push(value),
            "--header" => {
                if let Some(name) = value.strip_suffix(';') {
                    self.headers.push(format!("{name}: "));
                }
            }
            "--url" => self.url = Some(value),
            "--user-agent" => self.headers.push(format!("user-agent: {value}")),
            "--referer" => self.headers.push(format!("referer: {value}")),
            "--cookie" if value.contains('=') => self.headers.push(format!("cookie: {value}")),
            "--json" => self.content = Some(Content::Json),
            "--form" | "--form-string" => self.content = Some(Content::Multipart),
            "--upload-file" => self.content = Some(Content::Upload),
            "--head" => self.head = true,
            "--get" => self.get = true,
            "--url-query" => self.data.push(value),
            name if name.starts_with("--data") => {
                self.content = self.content.or(Some(Content::Form));
                self.data.push(value);
            }
            _ => {}
        }
    }

    fn pasted(self) -> Option<Pasted> {
        let Self { method, url, mut headers, data, content, head, get } = self;
        let mut url = url.filter(|url| !url.is_empty())?;
        let content = content.filter(|_| !get);
        if get && !data.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&data.join("&"));
        }
        let implied = match content {
            _ if head => Some("HEAD"),
            Some(Content::Upload) => Some("PUT"),
            Some(_) => Some("POST"),
            None => None,
        };
        let mut imply = |name: &str, value: &str| {
            let given = headers
                .iter()
                .any(|header| header.split_once(':').is_some_and(|(given, _)| given.trim().eq_ignore_ascii_case(name)));
            if !given {
                headers.push(format!("{name}: {value}"));
            }
        };
        match content {
            Some(Content::Form) => imply("content-type", "application/x-www-form-urlencoded"),
            Some(Content::Json) => {
                imply("content-type", "application/json");
                imply("accept", "application/json");
            }
            Some(Content::Multipart) => imply("content-type", "multipart/form-data"),
            Some(Content::Upload) | None => {}
        }
        Some(Pasted { from: From::Curl, method: method.or(implied.map(str::to_owned)), url, headers })
    }
}
