//! What the explorer keeps between runs, in the platform's state folder (`~/.local/state/routescope` on Linux): one file
//! for each source with what was asked and pinned, and one for how the screen looks.
//!
//! Two explorers may run at once: a file is read again under a lock right before it is written, and only what changed in
//! this run is changed in it. Nobody waits long for the lock; without it the file is still replaced as a whole. A file
//! that cannot be understood, or that a newer version wrote, is left alone. No secret is written: of a header, a user or
//! a query parameter that holds one, the name stays and the value is dropped.

mod store;

use std::collections::BTreeMap;

use routescope_cluster::secrets;
use serde::{Deserialize, Serialize};

pub use store::{Source, Store};

/// So many questions of a source are kept, the latest.
pub const QUESTIONS_AT_MOST: usize = 200;

/// So many pins of a source are kept.
pub const PINS_AT_MOST: usize = 100;

/// A question of more bytes is not kept.
const QUESTION_BYTES_AT_MOST: usize = 8 << 10;

/// A question without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    method: String,
    url: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gateway: Option<String>,
}

impl Question {
    /// A question without its secrets; `None` for one that is too long, or that cannot be without them.
    pub fn new(method: &str, url: &str, headers: &[String], gateway: Option<String>) -> Option<Self> {
        let url = without_secrets(url)?;
        let headers: Vec<String> = headers.iter().map(|header| header_without_secrets(header)).collect();
        let bytes = url.len() + headers.iter().map(String::len).sum::<usize>();
        let method = method.to_owned();
        (bytes <= QUESTION_BYTES_AT_MOST).then_some(Self { method, url, headers, gateway })
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers, as `Name: value`.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The Gateway whose answer is meant, as `namespace/name`.
    pub fn gateway(&self) -> Option<&str> {
        self.gateway.as_deref()
    }
}

/// What was asked of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Questions, the latest last. Of what is to be written only those of this run.
    pub questions: Vec<Question>,
    /// The pins, in the order in which they were set.
    pub pins: Vec<Question>,
}

/// How the screen looks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Look {
    /// The theme that was chosen in the explorer.
    pub theme: Option<Chosen>,
    /// The shares of the panes that were resized, in thousandths, by edge.
    pub panes: BTreeMap<String, u16>,
}

/// A theme that was chosen in the explorer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// What `config.toml` said then: a theme that is written there later comes first again.
    pub instead_of: String,
}

/// All that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// What was asked.
    pub asked: Asked,
    /// How the screen looks.
    pub look: Look,
}

/// Something that two explorers may change at once.
trait Merge: Sized {
    /// What is in the file now, with what changed from `before` to `now`.
    fn merged(in_file: Self, before: &Self, now: &Self) -> Self;
}

impl Merge for Asked {
    fn merged(in_file: Self, before: &Self, now: &Self) -> Self {
        let again = |question: &Question| now.questions.contains(question);
        let mut questions: Vec<_> = in_file.questions.into_iter().filter(|question| !again(question)).collect();
        questions.extend(now.questions.iter().cloned());
        questions.drain(..questions.len().saturating_sub(QUESTIONS_AT_MOST));
        let mut pins = in_file.pins;
        pins.retain(|pin| !before.pins.contains(pin) || now.pins.contains(pin));
        let new: Vec<_> = now.pins.iter().filter(|pin| !before.pins.contains(pin) && !pins.contains(pin)).collect();
        pins.extend(new.into_iter().cloned());
        pins.truncate(PINS_AT_MOST);
        Self { questions, pins }
    }
}

impl Merge for Look {
    fn merged(mut in_file: Self, before: &Self, now: &Self) -> Self {
        if now.theme != before.theme {
            in_file.theme.clone_from(&now.theme);
        }
        for edge in before.panes.keys().chain(now.panes.keys()) {
            let (was, is) = (before.panes.get(edge), now.panes.get(edge));
            match is.filter(|_| is != was) {
                Some(share) => drop(in_file.panes.insert(edge.clone(), *share)),
                None if is != was => drop(in_file.panes.remove(edge)),
                None => {}
            }
        }
        in_file
    }
}

/// Whether a header or query parameter of this name may hold a secret.
pub fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 10] = [
        "authorization",
        "authentication",
        "token",
        "secret",
        "key",
        "password",
        "passwd",
        "credential",
        "signature",
        "cookie",
    ];
    const WORDS: [&str; 9] = ["auth", "session", "sessionid", "sid", "jwt", "pass", "pwd", "sig", "code"];
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    PARTS.iter().any(|part| name.contains(part)) || words.any(|word| WORDS.contains(&word))
}

/// `Name: value`, without the value where it may be a secret.
fn header_without_secrets(header: &str) -> String {
    let (name, _) = header.split_once(':').unwrap_or((header.trim_end_matches(';'), ""));
    if is_secret(name) || secrets::redact(header) != header { format!("{}:", name.trim()) } else { header.to_owned() }
}

/// A URL without user, password, fragment and the values of parameters that may be secrets; `None` where something that
/// looks like a secret is left.
fn without_secrets(url: &str) -> Option<String> {
    let url = secrets::without_user_info(url.split('#').next()?);
    let url = match url.split_once('?') {
        None => url,
        Some((path, query)) => {
            let parameter = |one: &str| match one.split_once('=') {
                Some((name, _)) if is_secret(name) => format!("{name}="),
                _ => one.to_owned(),
            };
            let query: Vec<String> = query.split('&').map(parameter).collect();
            format!("{path}?{}", query.join("&"))
        }
    };
    (secrets::redact(&url) == url).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn question(url: &str) -> Question {
        Question::new("GET", url, &[], None).expect("a short question")
    }

    #[test]
    fn no_secret_is_kept() {
        let headers = [
            "Authorization: Bearer s3cret",
            "proxy-authorization: Basic s3cret",
            "Cookie: id=s3cret",
            "X-Auth-Token: s3cret",
            "x-api-key: s3cret",
            "Client-Secret: s3cret",
            "X-Session: s3cret",
            "X-Forward: Bearer s3cretsecret",
            "x-amz-signature:s3cret",
            "Cookie;",
            "X-Author: me",
            "version: two",
        ];
        let headers = headers.map(str::to_owned);
        let url = "https://me:s3cret@a.io/pay?id=7&access_token=s3cret&Key=s3cret#id_token=s3cret";
        let kept = Question::new("GET", url, &headers, None).expect("it can be kept");
        assert!(!serde_json::to_string(&kept).expect("JSON").contains("s3cret"), "{kept:?}");
        assert_eq!(kept.url(), "https://a.io/pay?id=7&access_token=&Key=");
        let names = [
            "Authorization:",
            "proxy-authorization:",
            "Cookie:",
            "X-Auth-Token:",
            "x-api-key:",
            "Client-Secret:",
            "X-Session:",
            "X-Forward:",
            "x-amz-signature:",
            "Cookie:",
            "X-Author: me",
            "version: two",
        ];
        assert_eq!(kept.headers(), names);
        assert_eq!(Question::new("GET", "a.io/password:s3cret", &[], None), None);
        assert_eq!(Question::new("GET", &"a".repeat(9_000), &[], None), None);
    }

    #[test]
    fn two_that_asked_at_once_keep_what_both_asked() {
        let [a, b, c, d] = ["a.io/a", "a.io/b", "a.io/c", "a.io/d"].map(question);
        let before = Asked { questions: vec![a.clone()], pins: vec![a.clone(), b.clone()] };
        let theirs = Asked { questions: vec![a.clone(), b.clone()], pins: vec![a.clone(), b.clone(), c.clone()] };
        let ours = Asked { questions: vec![d.clone(), a.clone()], pins: vec![b.clone(), d.clone()] };
        let merged = Asked::merged(theirs, &before, &ours);
        assert_eq!(merged.questions, [b.clone(), d.clone(), a]);
        assert_eq!(merged.pins, [b, c, d], "ours took a away, theirs set c");
    }

    #[test]
    fn the_latest_questions_are_kept() {
        let many: Vec<_> = (0..QUESTIONS_AT_MOST + 50).map(|number| question(&format!("a.io/{number}"))).collect();
        let merged = Asked::merged(Asked::default(), &Asked::default(), &Asked { questions: many, pins: Vec::new() });
        assert_eq!((merged.questions.len(), merged.questions[0].url()), (QUESTIONS_AT_MOST, "a.io/50"));
    }

    #[test]
    fn of_the_look_only_what_changed_is_changed() {
        let look = |theme: &str, panes: &[(&str, u16)]| Look {
            theme: Some(Chosen { name: theme.to_owned(), instead_of: "auto".to_owned() }),
            panes: panes.iter().map(|(edge, share)| ((*edge).to_owned(), *share)).collect(),
        };
        let before = look("dark", &[("tree", 500), ("why", 300)]);
        let theirs = look("light", &[("tree", 600), ("why", 300), ("below", 200)]);
        let merged = Look::merged(theirs, &before, &look("dark", &[("tree", 500), ("why", 400)]));
        assert_eq!(merged, look("light", &[("tree", 600), ("why", 400), ("below", 200)]));
        let merged = Look::merged(merged, &before, &look("dark", &[("why", 300)]));
        assert_eq!(merged, look("light", &[("why", 400), ("below", 200)]), "ours has its own size again");
    }
}
