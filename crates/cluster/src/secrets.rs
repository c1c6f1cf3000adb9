//! What must not be shown: credentials that this program sends, and what looks like some in the words of a server or a plugin.
//!
//! A server may repeat the request in its error, a plugin may print its configuration. Both are told to help, without these.

use std::sync::{Arc, LazyLock, Mutex};

use regex::{Captures, Regex};
use secrecy::{ExposeSecret, SecretString};

/// What stands in the place of a secret.
const HIDDEN: &str = "…";

/// Shorter texts are not looked for: they would be found in every other word.
const SHORTEST: usize = 6;

/// The credentials of a connection, those that a plugin gave later included. Clones share them, and no `{:?}` prints them.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Arc<Mutex<Vec<SecretString>>>);

impl Secrets {
    /// From now on `secret` is hidden.
    pub fn hide(&self, secret: &str) {
        // A token may stand on a line of its own.
        let secret = secret.trim();
        if secret.len() < SHORTEST {
            return;
        }
        if let Ok(mut known) = self.0.lock()
            && known.iter().all(|known| known.expose_secret() != secret)
        {
            known.push(secret.to_owned().into());
        }
    }

    /// The text without them, and without what looks like one.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Ok(known) = self.0.lock() {
            for secret in known.iter() {
                text = text.replace(secret.expose_secret(), HIDDEN);
            }
        }
        redact(&text)
    }
}

/// A text without what looks like a secret: the word after `Bearer`, what `token=` or `password:` names, user and password of
/// a URL, JSON web tokens, private keys, and all that follows `Authorization:`.
pub fn redact(text: &str) -> String {
    let text = text.find("-----BEGIN").map_or(text.to_owned(), |at| format!("{}{HIDDEN}", &text[..at]));
    let text = HEADER.replace_all(&text, format!("${{1}}{HIDDEN}"));
    let text = SCHEME.replace_all(&text, |found: &Captures| {
        // `bearer token, …` is a sentence.
        if found[2].to_ascii_lowercase().starts_with("token") {
            found[0].to_owned()
        } else {
            format!("{}{HIDDEN}", &found[1])
        }
    });
    let text = USER_INFO.replace_all(&text, format!("{HIDDEN}@"));
    let text = NAMED.replace_all(&text, format!("${{1}}{HIDDEN}"));
    JSON_WEB_TOKEN.replace_all(&text, HIDDEN).into_owned()
}

/// `https://user:secret@host` as `https://host`.
pub fn without_user_info(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

fn pattern(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// A pattern of this module, which a test compiles.
struct Pattern(LazyLock<Option<Regex>>);

impl Pattern {
    fn replace_all<'t>(&self, text: &'t str, with: impl regex::Replacer) -> std::borrow::Cow<'t, str> {
        match &*self.0 {
            Some(regex) => regex.replace_all(text, with),
            None => text.into(),
        }
    }
}

static HEADER: Pattern =
    Pattern(LazyLock::new(|| pattern(r#"(?im)((?:^|[^\w-])(?:proxy-)?authorization["']?\s*[:=]).*$"#)));

static SCHEME: Pattern = Pattern(LazyLock::new(|| pattern(r#"(?i)\b((?:bearer|basic)\s+)([^\s"',;]{4,})"#)));

static USER_INFO: Pattern = Pattern(LazyLock::new(|| pattern(r#"[^\s/@:"'<>(]+:[^\s/@"'<>]+@"#)));

static NAMED: Pattern = Pattern(LazyLock::new(|| {
    pattern(
        r#"(?i)((?:token|secret|passwo?r?d|passwd|pwd|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|key[-_]data|credentials?|signature)["']?\s?[:=]\s?["']?)[^\s"'&,;]+"#,
    )
}));

static JSON_WEB_TOKEN: Pattern = Pattern(LazyLock::new(|| pattern(r"\beyJ[\w-]{10,}(?:\.[\w-]*)*")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_hidden() {
        for (text, shown) in [
            ("you sent Bearer abcdef.ghi", "you sent Bearer …"),
            ("headers: {\"Authorization\": \"Bearer abc\"}", "headers: {\"Authorization\":…"),
            ("Authorization: Custom a b c", "Authorization:…"),
            ("GET /x?token=abc&a=1 failed", "GET /x?token=…&a=1 failed"),
            ("secret=hunter2 password: \"p\" client_secret='s'", "secret=… password: \"…\" client_secret='…'"),
            ("no route to https://me:s3cret@proxy.local:3128/", "no route to https://…@proxy.local:3128/"),
            ("me:s3cret@host refused", "…@host refused"),
            ("got eyJhbGciOiJSUzI1NiIsImtpZCI6.eyJzdWIi.sig-1", "got …"),
            ("key:\n-----BEGIN RSA PRIVATE KEY-----\nabc", "key:\n…"),
        ] {
            assert_eq!(redact(text), shown);
        }
    }

    #[test]
    fn what_does_not_stays() {
        for text in [
            "httproutes.gateway.networking.k8s.io is forbidden: User \"system:serviceaccount:a:b\" cannot list resource",
            "invalid bearer token, token lookup failed",
            "Get \"https://10.0.0.1:6443/api?timeout=32s\": dial tcp: lookup api on [::1]:53: no such host",
            "mail an admin@example.com",
            "secrets are never read",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn credentials_of_the_connection_are_hidden_wherever_they_stand() {
        let secrets = Secrets::default();
        secrets.hide("0paque-t0ken\n");
        secrets.hide("short");
        assert_eq!(secrets.clone().redact("a short 0paque-t0kens"), "a short …s");
        assert!(!format!("{secrets:?}").contains("0paque"));
    }

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        for (address, shown) in [
            ("https://me:s@host:6443/path", "https://host:6443/path"),
            ("https://host/a@b", "https://host/a@b"),
            ("me:s@host", "host"),
            ("https://a:b@c@host", "https://host"),
            ("http://host", "http://host"),
        ] {
            assert_eq!(without_user_info(address), shown);
        }
    }
}
