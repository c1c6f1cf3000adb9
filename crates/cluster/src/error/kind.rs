//! Which of the errors that wrap each other is the one that counts.

use std::error::Error;
use std::io;

use jiff::Timestamp;
use kube::core::Status;
use kube::runtime::watcher;
use rustls::{AlertDescription, CertificateError};

use super::ClientError;
use crate::connect;

/// Why a request failed.
#[derive(Debug, Clone)]
pub enum ErrorKind {
    /// It failed on this side.
    ClientError(ClientError),
    /// The host's name (or the proxy's) cannot be resolved.
    NoSuchHost,
    /// Nothing listens there.
    Refused,
    /// There is no way there.
    NoRoute(String),
    /// Nobody answered the attempt to connect.
    NoConnection,
    /// The connection was ended by the other side.
    Closed,
    /// The proxy did not do its part.
    Proxy(String),
    /// The server's certificate is not accepted.
    Certificate(Certificate),
    /// The server speaks something else than TLS.
    NotTls,
    /// The server speaks TLS, and was addressed without.
    NotPlain,
    /// TLS did not come about for another reason.
    Tls(String),
    /// The server does not accept the client's certificate.
    ClientCertificate(String),
    /// The client's certificate is unusable.
    Identity(String),
    /// 401.
    Unauthorized(String),
    /// 403.
    Forbidden(String),
    /// 404: the kind is not installed, or not in this version.
    NotFound(String),
    /// 410: a version or a page that is no longer kept.
    Gone,
    /// 429.
    Busy,
    /// 5xx.
    Unavailable {
        /// The status code.
        code: u16,
        /// The server's words.
        message: String,
    },
    /// Any other status.
    Status {
        /// The status code.
        code: u16,
        /// The server's words.
        message: String,
    },
    /// An answer that is not Kubernetes's.
    NotKubernetes,
    /// Something else.
    Other(String),
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// Nobody who is trusted signed it.
    UnknownIssuer,
    /// It is for other names.
    WrongName(Vec<String>),
    /// It ended.
    Expired(Option<Timestamp>),
    /// It has not begun.
    NotYet(Option<Timestamp>),
    /// Something else.
    Other(String),
}

impl ErrorKind {
    /// The cause of a failed request.
    pub fn of(error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_status(status),
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => Self::NotKubernetes,
            kube::Error::RustlsTls(_) | kube::Error::InferKubeconfig(_) => Self::Identity(last(error)),
            other => Self::of_chain(other),
        }
    }

    /// The cause of a failed watch.
    pub fn of_watch(error: &watcher::Error) -> Self {
        match error {
            watcher::Error::InitialListFailed(error)
            | watcher::Error::WatchStartFailed(error)
            | watcher::Error::WatchFailed(error) => Self::of(error),
            watcher::Error::WatchError(status) => Self::of_status(status),
            watcher::Error::NoResourceVersion => Self::NotKubernetes,
        }
    }

    /// The same with other words, where they are somebody else's.
    pub(super) fn map(mut self, change: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::NoRoute(words)
            | Self::Proxy(words)
            | Self::Tls(words)
            | Self::ClientCertificate(words)
            | Self::Identity(words)
            | Self::Unauthorized(words)
            | Self::Forbidden(words)
            | Self::NotFound(words)
            | Self::Unavailable { message: words, .. }
            | Self::Status { message: words, .. }
            | Self::Certificate(Certificate::Other(words))
            | Self::Other(words) => *words = change(words),
            Self::ClientError(_)
            | Self::NoSuchHost
            | Self::Refused
            | Self::NoConnection
            | Self::Closed
            | Self::Certificate(_)
            | Self::NotTls
            | Self::NotPlain
            | Self::Gone
            | Self::Busy
            | Self::NotKubernetes => {}
        }
        self
    }

    /// The cause that a server gives.
    fn of_status(status: &Status) -> Self {
        let message = line(&status.message);
        match status.code {
            401 => Self::Unauthorized(message),
            403 => Self::Forbidden(message),
            // A path that the server does not have at all, as of a group that is not installed.
            404 if message == "404 page not found" => Self::NotFound(String::new()),
            404 => Self::NotFound(message),
            // Go's servers say so (net/http, server.go).
            400 if message == "Client sent an HTTP request to an HTTPS server." => Self::NotPlain,
            410 => Self::Gone,
            429 => Self::Busy,
            code @ 500.. => Self::Unavailable { code, message },
            code => Self::Status { code, message },
        }
    }

    fn of_chain(error: &(dyn Error + 'static)) -> Self {
        let mut proxied = None;
        for link in chain(error) {
            if let Some(local) = link.downcast_ref::<ClientError>() {
                return Self::ClientError(local.clone());
            }
            if let Some(tls) = link.downcast_ref::<rustls::Error>() {
                return Self::of_tls(tls);
            }
            let words = link.to_string();
            if words == "dns error" {
                return Self::NoSuchHost;
            }
            if let Some(why) = words.strip_prefix("tunnel error: ").or_else(|| words.strip_prefix("SOCKS error: ")) {
                proxied = Some(match why {
                    "unsuccessful" => "it did not open a way to the server".to_owned(),
                    "proxy authorization required" => "it wants a name and a password (407)".to_owned(),
                    why => why.to_owned(),
                });
            }
            if let Some(cause) = link.downcast_ref::<io::Error>().and_then(Self::of_io) {
                return match (&cause, proxied) {
                    (Self::Refused | Self::NoSuchHost, _) | (_, None) => cause,
                    (_, Some(why)) => Self::Proxy(why),
                };
            }
        }
        match proxied {
            Some(why) => Self::Proxy(why),
            None if chain(error)
                .any(|link| link.to_string().contains("connection closed before message completed")) =>
            {
                Self::Closed
            }
            None if chain(error).any(|link| link.to_string().starts_with("invalid HTTP")) => Self::NotKubernetes,
            None => Self::Other(last(error)),
        }
    }

    fn of_io(error: &io::Error) -> Option<Self> {
        // An error that wraps another is passed over for that one.
        if error.get_ref().is_some_and(|inner| inner.downcast_ref::<rustls::Error>().is_some()) {
            return None;
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => Some(Self::NoRoute(connect::text(error))),
            io::ErrorKind::TimedOut => Some(Self::NoConnection),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Some(Self::Closed),
            _ => None,
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        let at = |time: &rustls::pki_types::UnixTime| {
            i64::try_from(time.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok())
        };
        match error {
            rustls::Error::InvalidCertificate(wrong) => Self::Certificate(match wrong {
                CertificateError::UnknownIssuer => Certificate::UnknownIssuer,
                CertificateError::Expired => Certificate::Expired(None),
                CertificateError::ExpiredContext { not_after, .. } => Certificate::Expired(at(not_after)),
                CertificateError::NotValidYet => Certificate::NotYet(None),
                CertificateError::NotValidYetContext { not_before, .. } => Certificate::NotYet(at(not_before)),
                CertificateError::NotValidForName => Certificate::WrongName(Vec::new()),
                CertificateError::NotValidForNameContext { presented, .. } => {
                    Certificate::WrongName(presented.iter().map(|name| shown(name)).collect())
                }
                other => Certificate::Other(line(&other.to_string())),
            }),
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::AlertReceived(
                alert @ (AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied),
            ) => Self::ClientCertificate(format!("{alert:?}")),
            other => Self::Tls(line(&other.to_string())),
        }
    }
}

/// `DnsName("a")` and `IpAddress(127.0.0.1)`, as rustls gives a certificate's names, without the wrapping.
fn shown(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"').to_owned()
}

/// An error and those it wraps, an [`io::Error`]'s inner one included (of which `source` gives only the inner one's source).
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// The words of the innermost error.
fn last(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(|error| line(&error.to_string())).unwrap_or_default()
}

/// A text in one line.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.starts_with('<') {
        return "an HTML page".to_owned();
    }
    line
}
