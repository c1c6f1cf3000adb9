//! One request after another to the server: with credentials that are renewed, in a given time, and again where the server
//! asks for that.
//!
//! ```text
//! kube::Client (what the program holds) ─► guard ─► Access ─► kube::Client (connections, TLS, proxy, headers)
//!                                                     └── a new one whenever the credentials are renewed
//! ```
//!
//! The time limit is that of a list or of discovery, body and all. A watch is held to it only until it begins: how long it
//! runs is between it and the server (`timeoutSeconds`). kubectl's `--request-timeout` ends watches, too.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use jiff::{SignedDuration, Timestamp};
use kube::client::{Body, ClientBuilder};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tower::{BoxError, Service};

use super::Prompt;
use super::credential_files;
use super::exec::Credentials;
use super::target::{Credential, Target};
use crate::error::{ClientError, explain};
use crate::limits;
use crate::wire::read_up_to;
use routescope_manifest::SourceError;

/// Who asks: whoever looks after the cluster can tell our requests from others in its audit log.
const USER_AGENT: &str = concat!("routescope/", env!("CARGO_PKG_VERSION"));

/// How often a request is sent again when the server is too busy, as client-go does.
const AGAIN: usize = 5;

/// The longest pause between two attempts.
const PAUSE: Duration = Duration::from_secs(10);

/// How long before their end credentials are renewed.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);

/// How often a token file is read again, and how soon a plugin may be run again after a refusal.
const REREAD: Duration = Duration::from_secs(60);

/// The way to a server.
#[derive(Clone)]
pub(super) struct Access {
    shared: Arc<Shared>,
}

struct Shared {
    target: Target,
    limit: Option<Duration>,
    current: Mutex<Current>,
}

/// A client with the credentials of the day.
struct Current {
    client: kube::Client,
    credentials: Credentials,
    since: Instant,
}

impl Access {
    /// Gets credentials, and makes a client with them. Sends nothing yet.
    pub async fn new(target: Target, prompt: Prompt, limit: Option<Duration>) -> Result<Self, SourceError> {
        let credentials = credentials(&target, prompt).await?;
        let client = client(&target, &credentials)?;
        let current = Mutex::new(Current { client, credentials, since: Instant::now() });
        Ok(Self { shared: Arc::new(Shared { target, limit, current }) })
    }
}

impl Service<Request<Body>> for Access {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { shared.answer(request).await })
    }
}

impl Shared {
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let (mut parts, _) = request.into_parts();
        parts.headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let mut renewed = false;
        let mut attempts = 0;
        let begun = Instant::now();
        loop {
            attempts += 1;
            let (client, since) = self.client().await?;
            let response = self.send(&client, Request::from_parts(parts.clone(), Body::empty())).await?;
            if response.status() == StatusCode::UNAUTHORIZED && !renewed && self.renew(since).await? {
                renewed = true;
                continue;
            }
            match pause(&response) {
                // Pauses that a server asks for are part of the time that its answer may take.
                Some(pause) if attempts <= AGAIN && self.limit.is_none_or(|limit| begun.elapsed() + pause < limit) => {
                    sleep(pause).await;
                }
                _ => return Ok(response),
            }
        }
    }

    /// Sends one request: all of its answer arrives in time, or that of a watch begins in time.
    async fn send(&self, client: &kube::Client, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let (path, query) = (request.uri().path().to_owned(), request.uri().query().unwrap_or_default().to_owned());
        let watch = is_watch(&query);
        let answer = async {
            let response = client.send(request).await?;
            if response.status().is_redirection() {
                return Err(ClientError::Redirected(elsewhere(&response)).into());
            }
            if watch && response.status().is_success() {
                return Ok(response);
            }
            let (parts, body) = response.into_parts();
            let (what, limit) = most(&path, &query, parts.status.is_success());
            Ok::<_, BoxError>(Response::from_parts(parts, Body::from(read_up_to(body, what, limit).await?)))
        };
        match self.limit {
            None => answer.await,
            Some(limit) => match timeout(limit, answer).await {
                Ok(response) => response,
                Err(_) => Err(Box::new(ClientError::Late(limit))),
            },
        }
    }

    /// The client of the moment, and since when it is that.
    async fn client(&self) -> Result<(kube::Client, Instant), BoxError> {
        let mut current = self.current.lock().await;
        let stale = match &self.target.credential {
            Credential::Fixed | Credential::Token(_) => false,
            Credential::File(..) => current.since.elapsed() >= REREAD,
            Credential::Plugin(_) => {
                current.credentials.until.is_some_and(|until| Timestamp::now() + MARGIN >= until)
                    && current.since.elapsed() >= Duration::from_secs(1)
            }
        };
        if stale {
            self.replace(&mut current).await?;
        }
        Ok((current.client.clone(), current.since))
    }

    /// After a refusal of the client of `since`: whether there is another one now.
    async fn renew(&self, since: Instant) -> Result<bool, BoxError> {
        let mut current = self.current.lock().await;
        if current.since != since {
            return Ok(true);
        }
        let renewable = match &self.target.credential {
            Credential::Fixed | Credential::Token(_) => false,
            Credential::File(..) => true,
            // A plugin that just gave these credentials will not give better ones.
            Credential::Plugin(_) => since.elapsed() >= REREAD,
        };
        if renewable {
            self.replace(&mut current).await?;
        }
        Ok(renewable)
    }

    async fn replace(&self, current: &mut Current) -> Result<(), BoxError> {
        // By now the terminal may be the explorer's: nobody is asked.
        let credentials = credentials(&self.target, Prompt::Never).await.map_err(ClientError::Credentials)?;
        if !same(&credentials, &current.credentials) {
            current.client = client(&self.target, &credentials).map_err(ClientError::Credentials)?;
        }
        (current.credentials, current.since) = (credentials, Instant::now());
        Ok(())
    }
}

/// Gets credentials from where they are.
async fn credentials(target: &Target, prompt: Prompt) -> Result<Credentials, SourceError> {
    let credentials = found(&target.credential, prompt).await?;
    if let Some(token) = &credentials.token {
        target.asked.secrets.hide(token.expose_secret());
    }
    if let Some((_, key)) = &credentials.identity {
        target.asked.secrets.hide(key.expose_secret());
    }
    Ok(credentials)
}

async fn found(from: &Credential, prompt: Prompt) -> Result<Credentials, SourceError> {
    match from {
        Credential::Fixed => Ok(Credentials::default()),
        Credential::Token(token) => Ok(Credentials { token: Some(token.clone()), ..Credentials::default() }),
        Credential::Plugin(plugin) => plugin.run(prompt).await,
        // As kubectl, which trims the file's text; kube does not, and then cannot send a token that ends its line.
        Credential::File(path, otherwise) => {
            match (credential_files::bounded(path, limits::CREDENTIAL_FILE), otherwise) {
                (Ok(bytes), _) => {
                    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
                    Ok(Credentials { token: Some(text.into()), ..Credentials::default() })
                }
                (Err(_), Some(token)) => Ok(Credentials { token: Some(token.clone()), ..Credentials::default() }),
                (Err(error), None) => Err(SourceError {
                    message: format!("cannot read the token in {}: {}", path.display(), super::text(&error)),
                    hint: Some("whatever writes it must run again".to_owned()),
                }),
            }
        }
    }
}

/// A client of what was found, with `answer` in place of what a plugin prints.
pub(super) fn rehearse(target: &Target, answer: &[u8]) -> Result<(), SourceError> {
    let credentials = match &target.credential {
        Credential::Fixed | Credential::File(..) => Credentials::default(),
        Credential::Token(token) => Credentials { token: Some(token.clone()), ..Credentials::default() },
        Credential::Plugin(plugin) => plugin.read(answer)?,
    };
    client(target, &credentials).map(drop)
}

fn same(one: &Credentials, other: &Credentials) -> bool {
    let text = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
    let identity =
        |credentials: &Credentials| credentials.identity.as_ref().map(|(certificate, _)| certificate.clone());
    text(&one.token) == text(&other.token) && identity(one) == identity(other)
}

fn client(target: &Target, credentials: &Credentials) -> Result<kube::Client, SourceError> {
    let mut config = target.config.clone();
    if let Some(token) = &credentials.token {
        config.auth_info.token = Some(token.clone());
    }
    if let Some(token) = &config.auth_info.token {
        sendable(token, target)?;
    }
    if let Some((certificate, key)) = &credentials.identity {
        config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
        config.auth_info.client_key_data = Some(STANDARD.encode(key.expose_secret()).into());
    }
    let builder =
        ClientBuilder::try_from(config).map_err(|error| explain("connect to the cluster", &target.asked, &error))?;
    Ok(builder.build())
}

/// Where a redirect leads: scheme and host, and nothing that may hold a secret.
fn elsewhere(response: &Response<Body>) -> Option<String> {
    let to: Uri = response.headers().get(header::LOCATION)?.to_str().ok()?.parse().ok()?;
    let port = to.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", to.scheme_str()?, to.host()?))
}

/// How much of an answer is taken, and what it is called.
fn most(path: &str, query: &str, success: bool) -> (&'static str, usize) {
    match path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
        _ if !success => ("the message", limits::MESSAGE),
        ["version"] => ("the version", limits::MESSAGE),
        ["api" | "apis"] | ["api" | "apis", _] | ["apis", _, _] => ("the list of resources", limits::DISCOVERY),
        _ if query.split('&').any(|pair| pair.starts_with("limit=")) => ("one page of the list", limits::PAGE),
        _ => ("the list", limits::WHOLE_LIST),
    }
}

/// Holds that a token can be sent: below, what cannot is a panic.
fn sendable(token: &SecretString, target: &Target) -> Result<(), SourceError> {
    let token = token.expose_secret();
    if HeaderValue::from_str(token).is_ok() && !token.contains('\t') {
        return Ok(());
    }
    let whose =
        target.asked.user.as_ref().map_or("the token".to_owned(), |user| format!("the token of the user {user}"));
    let (what, hint) = if token.contains(['\n', '\r']) {
        ("a line end", "take the line end out, or name a file with `tokenFile`: its last line end does not count")
    } else {
        ("a character that no request can carry", "a token is letters, digits and a few signs: get a new one")
    };
    Err(SourceError { message: format!("cannot use {whose}: it contains {what}"), hint: Some(hint.to_owned()) })
}

/// How long to wait before the server wants to be asked again.
fn pause(response: &Response<Body>) -> Option<Duration> {
    if !matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let after = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(after).min(PAUSE))
}

fn is_watch(query: &str) -> bool {
    query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1" | "watch"))
}
