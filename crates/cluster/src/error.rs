//! What goes wrong between here and a server, in one line with a hint.
//!
//! kube's errors are wrapped many times over, and say "client error (Connect)". [`ErrorKind::of`] looks for the one that counts;
//! [`explain`] makes a sentence of it: what was attempted, where, why, and what to do about it. Neither tells tokens or
//! certificates: they are in none of the values that are used.

mod kind;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::watcher;

pub use kind::{Certificate, ErrorKind};

use super::limits::Exceeded;
use super::secrets::Secrets;
use routescope_manifest::SourceError;

/// How much of a server's words is told.
const TOLD: usize = 300;

/// Who was asked, as messages name it.
#[derive(Debug, Clone, Default)]
pub struct ConnectionTarget {
    /// The context's name.
    pub context: String,
    /// The server's address.
    pub server: String,
    /// The user's name in the kubeconfig.
    pub user: Option<String>,
    /// The kubeconfig has no such user: nobody asks.
    pub user_is_missing: bool,
    /// The proxy's address, without a password.
    pub proxy: Option<String>,
    /// Who is impersonated.
    pub impersonated: Option<String>,
    /// When the user's credentials end, where they tell.
    pub ends: Option<Timestamp>,
    /// What is sent, and never shown.
    pub(super) secrets: Secrets,
}

impl ConnectionTarget {
    /// The words of somebody else: without secrets, and not a whole page of them.
    fn said(&self, words: &str) -> String {
        let words = self.secrets.redact(words);
        match words.char_indices().nth(TOLD) {
            Some((at, _)) => format!("{}…", &words[..at]),
            None => words,
        }
    }
}

/// What goes wrong on this side of the connection. It travels through kube as the error of a service.
#[derive(Debug, Clone)]
pub enum ClientError {
    /// No answer in this time.
    Late(Duration),
    /// More than is taken.
    TooMuch(Exceeded),
    /// It goes on and on.
    NoEnd(&'static str),
    /// The server sends us elsewhere (to this host, where it says), where nobody goes: our credentials are for this one.
    Redirected(Option<String>),
    /// The guard did not let the request through.
    NotSent(String),
    /// There are no credentials to be had.
    Credentials(SourceError),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late(limit) => write!(f, "no answer within {}", seconds(*limit)),
            Self::TooMuch(exceeded) => exceeded.fmt(f),
            Self::NoEnd(what) => f.write_str(what),
            Self::Redirected(_) => f.write_str("a redirect, which is not followed"),
            Self::NotSent(why) => write!(f, "not sent: {why}"),
            Self::Credentials(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ClientError {}

/// Why a request failed. `attempt` says what for: "list httproutes".
pub fn explain(attempt: &str, asked: &ConnectionTarget, error: &kube::Error) -> SourceError {
    tell(attempt, asked, ErrorKind::of(error))
}

/// Why a watch failed.
pub fn explain_watch(attempt: &str, asked: &ConnectionTarget, error: &watcher::Error) -> SourceError {
    tell(attempt, asked, ErrorKind::of_watch(error))
}

/// The cause of a watch's failure alone, for a line that says what failed already.
pub fn cause_of_watch(asked: &ConnectionTarget, error: &watcher::Error) -> String {
    match ErrorKind::of_watch(error) {
        ErrorKind::ClientError(ClientError::Credentials(error)) => error.message,
        cause => words(asked, &cause).0,
    }
}

/// The cause of a failed request alone, for a line that says what failed already.
pub fn cause_of(asked: &ConnectionTarget, error: &kube::Error) -> String {
    match ErrorKind::of(error) {
        ErrorKind::ClientError(ClientError::Credentials(error)) => error.message,
        cause => words(asked, &cause).0,
    }
}

/// The server answers, but not as Kubernetes does.
pub fn not_kubernetes(attempt: &str, asked: &ConnectionTarget) -> SourceError {
    tell(attempt, asked, ErrorKind::NotKubernetes)
}

fn tell(attempt: &str, asked: &ConnectionTarget, cause: ErrorKind) -> SourceError {
    if let ErrorKind::ClientError(ClientError::Credentials(error)) = cause {
        return error;
    }
    let (why, hint) = words(asked, &cause);
    SourceError { message: format!("cannot {attempt} (context {}): {why}", asked.context), hint }
}

/// The cause, and what to do about it.
fn words(asked: &ConnectionTarget, cause: &ErrorKind) -> (String, Option<String>) {
    let server = &asked.server;
    let cause = &cause.clone().map(|words| asked.said(words));
    let (why, hint) = match cause {
        ErrorKind::ClientError(ClientError::Late(limit)) => (
            format!("{server} gave no answer within {}", seconds(*limit)),
            "a longer --request-timeout may help; is the network (a VPN) up?".to_owned(),
        ),
        ErrorKind::ClientError(ClientError::TooMuch(exceeded)) => (
            format!("{exceeded}, which is the limit: {server} sends too much"),
            "is it an API server, and not something before it?".to_owned(),
        ),
        ErrorKind::ClientError(ClientError::NoEnd(what)) => (
            format!("{what}: {server} does not keep to the protocol"),
            "is it an API server, and not something before it?".to_owned(),
        ),
        ErrorKind::ClientError(ClientError::Redirected(to)) => (
            match to {
                Some(to) => format!("{server} redirects to {to} and does not answer as a Kubernetes API server does"),
                None => format!("{server} does not answer as a Kubernetes API server does"),
            },
            "check `server` of the cluster; a sign-in page or a proxy may answer in its place".to_owned(),
        ),
        ErrorKind::ClientError(ClientError::NotSent(why)) => {
            (format!("not sent: {why}"), "this program only reads".to_owned())
        }
        ErrorKind::ClientError(ClientError::Credentials(error)) => return (error.message.clone(), error.hint.clone()),
        ErrorKind::NoSuchHost => {
            let host = asked.proxy.as_ref().unwrap_or(server);
            (
                format!("the name of {host} cannot be resolved"),
                "check the address, the DNS and the network (a VPN)".to_owned(),
            )
        }
        ErrorKind::Refused if asked.proxy.is_some() => {
            (format!("the proxy {} refused the connection", proxy(asked)), PROXY.to_owned())
        }
        ErrorKind::Refused => (
            format!("{server} refused the connection"),
            "is the cluster running, and the port right? --context chooses another cluster".to_owned(),
        ),
        ErrorKind::NoRoute(why) => {
            (format!("{server} cannot be reached: {why}"), "is the network (a VPN) up?".to_owned())
        }
        ErrorKind::NoConnection => {
            (format!("{server}: connection timed out"), "is the network (a VPN) up, and the address right?".to_owned())
        }
        ErrorKind::Closed => (
            format!("{server} closed the connection"),
            "is it an API server, and is https:// or http:// right?".to_owned(),
        ),
        ErrorKind::Proxy(why) => (format!("proxy {} failed: {why}", proxy(asked)), PROXY.to_owned()),
        ErrorKind::Certificate(wrong) => return certificate(asked, wrong),
        ErrorKind::NotTls => (
            format!("{server} does not speak TLS"),
            format!("is it http{}?", server.strip_prefix("https").unwrap_or("://…")),
        ),
        ErrorKind::NotPlain => {
            (format!("{server} wants TLS"), format!("is it https{}?", server.strip_prefix("http").unwrap_or("://…")))
        }
        ErrorKind::Tls(why) => {
            (format!("TLS handshake with {server} failed: {why}"), "a proxy in between may be the reason".to_owned())
        }
        ErrorKind::ClientCertificate(why) => (
            format!("{server} does not take the client certificate of the user {}: {why}", user(asked)),
            "get a new kubeconfig, or sign in again".to_owned(),
        ),
        ErrorKind::Identity(why) => (
            format!("the client certificate of the user {} cannot be used: {why}", user(asked)),
            "client-certificate and client-key must be PEM, and belong together".to_owned(),
        ),
        ErrorKind::Unauthorized(_) => return unauthorized(asked),
        ErrorKind::Forbidden(why) => (
            format!("forbidden: {why}"),
            match (&asked.impersonated, asked.user_is_missing) {
                (Some(name), _) => format!("you act as {name} (--as); the rights needed are those of deploy/"),
                (None, true) => format!("the kubeconfig has no user {}: requests are anonymous", user(asked)),
                (None, false) => {
                    "-n NAMESPACE reads what you may read; the rights needed are those of deploy/".to_owned()
                }
            },
        ),
        ErrorKind::NotFound(why) => (
            if why.is_empty() { "the server has no such resource".to_owned() } else { format!("not found: {why}") },
            "are the CRDs installed, in a version that is read? `kubectl api-resources` lists what there is".to_owned(),
        ),
        ErrorKind::Gone => ("what was asked for is too old".to_owned(), "re-listing".to_owned()),
        ErrorKind::Busy => (format!("{server} is too busy"), "try again in a while".to_owned()),
        ErrorKind::Unavailable { code, message } => (
            format!("{server} answered {code}{}", colon(message)),
            "the API server, or what stands before it, is not ready: try again in a while".to_owned(),
        ),
        ErrorKind::Status { code, message } => {
            (format!("{server} answered {code}{}", colon(message)), KUBECTL.to_owned())
        }
        ErrorKind::NotKubernetes => (
            format!("{server} does not answer as a Kubernetes API server does"),
            "check `server` of the cluster; a sign-in page or a proxy may answer in its place".to_owned(),
        ),
        ErrorKind::Other(why) => (why.clone(), KUBECTL.to_owned()),
    };
    (why, Some(hint))
}

const KUBECTL: &str = "does `kubectl version` get an answer from it?";

const PROXY: &str = "check proxy-url of the cluster, or HTTPS_PROXY and NO_PROXY";

fn certificate(asked: &ConnectionTarget, wrong: &Certificate) -> (String, Option<String>) {
    let server = &asked.server;
    let (why, hint) = match wrong {
        Certificate::UnknownIssuer => (
            "is signed by an unknown authority".to_owned(),
            "name it with certificate-authority (--certificate-authority FILE)",
        ),
        Certificate::WrongName(names) => (
            match names.as_slice() {
                [] => "is for another name".to_owned(),
                names => format!("is for {}", names.join(", ")),
            },
            "use one of its names as the server, or name it with --tls-server-name",
        ),
        Certificate::Expired(at) => (format!("ended{}", on(*at)), "renew it; and is this machine's clock right?"),
        Certificate::NotYet(at) => (format!("is not valid yet{}", on(*at)), "is this machine's clock right?"),
        Certificate::Other(why) => (format!("is no good: {why}"), "ask who runs the cluster"),
    };
    (format!("the certificate of {server} {why}"), Some(hint.to_owned()))
}

fn unauthorized(asked: &ConnectionTarget) -> (String, Option<String>) {
    let server = &asked.server;
    let Some(user) = &asked.user else {
        return (
            format!("{server} does not know who you are (401)"),
            Some("the context names no user, or the account's token is no longer valid".to_owned()),
        );
    };
    if asked.user_is_missing {
        return (
            format!("{server} does not know who you are (401)"),
            Some(format!("the context names the user {user}, which the kubeconfig does not have")),
        );
    }
    let hint = Some("sign in again, or get a new kubeconfig".to_owned());
    match asked.ends.filter(|ends| *ends <= Timestamp::now()) {
        Some(ends) => (format!("the credentials of the user {user} ended{} (401)", on(Some(ends))), hint),
        None => (format!("{server} does not accept the credentials of the user {user} (401)"), hint),
    }
}

fn user(asked: &ConnectionTarget) -> &str {
    asked.user.as_deref().unwrap_or("(none)")
}

fn proxy(asked: &ConnectionTarget) -> &str {
    asked.proxy.as_deref().unwrap_or("in between")
}

fn on(at: Option<Timestamp>) -> String {
    at.map(|at| format!(" ({})", at.strftime("%Y-%m-%d %H:%M UTC"))).unwrap_or_default()
}

fn colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

fn seconds(limit: Duration) -> String {
    if limit.subsec_millis() == 0 { format!("{} s", limit.as_secs()) } else { format!("{} ms", limit.as_millis()) }
}
