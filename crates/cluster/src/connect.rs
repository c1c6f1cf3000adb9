//! From kubeconfig rules to a cluster that answers.
//!
//! ```text
//! Connection ─► kubeconfig files ─► target: server, proxy, certificates, user ─► access: credentials, client ─► Cluster
//!   (options)     (environment)                                                  behind the guard
//! ```
//!
//! The rules are kubectl's: which files count and how they are merged, what options replace, in which order credentials are
//! tried, and the Pod's own account where there is no kubeconfig. Where kube differs from kubectl, kube is not used:
//!
//! - Files of `KUBECONFIG` that do not exist are passed over; an empty `current-context` is none.
//! - `NO_PROXY` is held against the server, and `HTTP_PROXY` counts (`proxy`).
//! - A token file may end with a line end, and precedes a token; credentials are renewed when the server refuses them.
//! - A plugin runs once for a connection, and not on the explorer's terminal (`exec`).
//! - Without certificates to check none of the system's are wanted.
//! - A busy server (429, 503 with `Retry-After`) is asked again for seconds, not for minutes.
//!
//! What differs from kubectl: no `localhost:8080` where nothing is configured; a certificate authority beside
//! `insecure-skip-tls-verify` is ignored, not refused; `oidc` tokens are used, and not renewed (`legacy`); HTTP/1.1 only;
//! `--request-timeout` does not end watches (`access`), and is a minute by default.

mod access;
mod auth_provider;
mod credential_files;
mod environment;
mod exec;
mod expiry;
mod kubeconfig;
mod proxy;
mod target;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use kube::client::ClientBuilder;
use kube::runtime::watcher;
use secrecy::SecretString;

pub use environment::Environment;
pub use kubeconfig::{ContextEntry, contexts, contexts_in, kubeconfig_paths};

use super::error::{self, ConnectionTarget, ErrorKind};
use super::guard::GuardLayer;
use routescope_core::model::Name;
use routescope_manifest::SourceError;

/// How long a TCP connection and its TLS handshake may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a request may take when nobody says: what the API server itself allows.
const REQUEST: Duration = Duration::from_secs(60);

/// Which cluster, and as whom. Everything is optional, as for kubectl.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// `--kubeconfig`; else `KUBECONFIG`, else `~/.kube/config`, else the Pod's own account.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`; else the current one.
    pub context: Option<String>,
    /// `-n`: asked one by one where a list of the whole cluster is forbidden.
    pub namespaces: Vec<Name>,
    /// `--as`.
    pub user: Option<String>,
    /// `--as-group`.
    pub groups: Vec<String>,
    /// `--as-uid`.
    pub user_id: Option<String>,
    /// `--request-timeout`, of lists and discovery: zero stands for no limit, `None` for a minute.
    pub request_timeout: Option<Duration>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: bool,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--cluster`: this one of the kubeconfig, and not the context's.
    pub cluster: Option<String>,
    /// `--user`: this one of the kubeconfig, and not the context's.
    pub account: Option<String>,
    /// `--server`.
    pub server: Option<String>,
    /// `--token`.
    pub token: Option<SecretString>,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate` and `--client-key`.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// Whether a plugin may ask on the terminal while connecting.
    pub prompt: Prompt,
}

/// Whether a plugin may ask on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prompt {
    /// The terminal is somebody else's: the explorer's.
    #[default]
    Never,
    /// The terminal is free.
    Allowed,
}

impl Connection {
    /// How long a request may take.
    fn limit(&self) -> Option<Duration> {
        Some(self.request_timeout.unwrap_or(REQUEST)).filter(|limit| !limit.is_zero())
    }
}

/// A cluster that can be talked to. Cloning is cheap.
#[derive(Clone)]
pub struct Cluster {
    /// The connection. Nothing but reading passes it.
    pub client: kube::Client,
    /// The context's name.
    pub context: String,
    /// The server's address.
    pub server: String,
    /// The context's namespace.
    pub namespace: Name,
    /// The server's version (`v1.36.0`), when it tells.
    pub version: Option<String>,
    /// How errors name the cluster.
    asked: Arc<ConnectionTarget>,
}

impl Cluster {
    /// Connects, and asks for the server's version: what is wrong shows here and not later.
    pub async fn connect(connection: &Connection) -> Result<Self, SourceError> {
        Self::connect_in(connection, &Environment::of_process()).await
    }

    /// [`connect`](Self::connect) in given surroundings.
    pub async fn connect_in(connection: &Connection, environment: &Environment) -> Result<Self, SourceError> {
        let target = target::target(connection, environment)?;
        let asked = Arc::new(target.asked.clone());
        let namespace = target.config.default_namespace.clone();
        let access = access::Access::new(target, connection.prompt, connection.limit()).await?;
        let client = ClientBuilder::new(access, namespace.clone()).with_layer(&GuardLayer).build();
        let mut cluster = Self {
            client,
            context: asked.context.clone(),
            server: asked.server.clone(),
            namespace: Name::from(namespace),
            version: None,
            asked,
        };
        cluster.version = cluster.ask_version().await?;
        Ok(cluster)
    }

    /// A cluster that answers through `client`: for tests without a network.
    #[doc(hidden)]
    pub fn over(client: kube::Client) -> Self {
        let asked = Arc::new(ConnectionTarget { context: "test".to_owned(), ..ConnectionTarget::default() });
        let context = asked.context.clone();
        Self { client, context, server: String::new(), namespace: Name::new_static("default"), version: None, asked }
    }

    /// `GET /version`. A server that answers with a refusal to tell it is a server that answers.
    async fn ask_version(&self) -> Result<Option<String>, SourceError> {
        let request = Request::get("/version")
            .body(Vec::new())
            .map_err(|error| SourceError { message: format!("cannot connect to the cluster: {error}"), hint: None })?;
        let answer = self.client.request_text(request).await;
        let text = match answer {
            Ok(text) => text,
            Err(error) if matches!(ErrorKind::of(&error), ErrorKind::Forbidden(_)) => return Ok(None),
            Err(error) if matches!(ErrorKind::of(&error), ErrorKind::NotFound(_)) => {
                return Err(error::not_kubernetes(ATTEMPT, &self.asked));
            }
            Err(error) => return Err(self.explain(ATTEMPT, &error)),
        };
        let version = serde_json::from_str::<serde_json::Value>(&text).ok();
        match version.as_ref().and_then(|version| version.get("gitVersion")?.as_str()) {
            Some(version) => Ok(Some(version.to_owned())),
            None => Err(error::not_kubernetes(ATTEMPT, &self.asked)),
        }
    }

    /// Why a request failed: `attempt` ("list httproutes") and the cause in one line, and a hint.
    pub fn explain(&self, attempt: &str, error: &kube::Error) -> SourceError {
        error::explain(attempt, &self.asked, error)
    }

    /// The cause of a request's failure, in a few words.
    pub fn cause_of(&self, error: &kube::Error) -> String {
        error::cause_of(&self.asked, error)
    }

    /// The cause of a watch's failure, in a few words.
    pub fn cause_of_watch(&self, error: &watcher::Error) -> String {
        error::cause_of_watch(&self.asked, error)
    }

    /// Why a watch failed.
    pub fn explain_watch(&self, attempt: &str, error: &watcher::Error) -> SourceError {
        error::explain_watch(attempt, &self.asked, error)
    }
}

/// Goes all the way to a client, but runs no plugin and sends nothing: for tests. `answer` is what the plugin prints, when
/// the user has one.
#[doc(hidden)]
pub fn rehearse(connection: &Connection, environment: &Environment, answer: &[u8]) -> Result<(), SourceError> {
    let target = target::target(connection, environment)?;
    access::rehearse(&target, answer)
}

/// What connecting is called in messages.
const ATTEMPT: &str = "connect to the cluster";

/// An error of the operating system without its number: `No such file or directory`.
pub(super) fn text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.clone(), |(text, _)| text.to_owned())
}

/// Reads a time limit as kubectl does: a number of seconds, or numbers with units (`30s`, `1h30m`); zero is not a limit.
pub fn time_limit(text: &str) -> Result<Duration, String> {
    let wrong = || "seconds, or numbers with units, such as 30, 30s, 1m or 1h30m; 0 for no limit".to_owned();
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let end = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        seconds += number
            * match unit {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return Err(wrong()),
            };
        rest = after;
    }
    if text.is_empty() { Err(wrong()) } else { Duration::try_from_secs_f64(seconds).map_err(|_| wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_written_as_for_kubectl() {
        let of = |text: &str| time_limit(text).ok().map(|limit| limit.as_millis());
        assert_eq!(of("0"), Some(0));
        assert_eq!(of("30"), Some(30_000));
        assert_eq!(of("30s"), Some(30_000));
        assert_eq!(of("1h30m"), Some(5_400_000));
        assert_eq!(of("1.5s"), Some(1_500));
        assert_eq!(of("250ms"), Some(250));
        for wrong in ["", "-1", "1x", "m", "1m30", "ten"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
