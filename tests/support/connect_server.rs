//! Servers for tests on loopback, each in a thread of the test's process: an API server's stand-in, with or without TLS, and
//! a proxy. They answer each connection once and remember what was asked.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// What `GET /version` says.
pub const VERSION: &str = r#"{"major":"1","minor":"36","gitVersion":"v1.36.0"}"#;

/// A certificate and its key, in PEM.
pub struct Identity {
    pub certificate: String,
    pub key: String,
    der: (CertificateDer<'static>, PrivateKeyDer<'static>),
}

/// Who signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority"))
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names.
    pub fn sign(&self, names: &[&str]) -> Identity {
        self.sign_until(names, 2999)
    }

    /// A certificate for these names that ends with the beginning of a year.
    pub fn sign_until(&self, names: &[&str], year: i32) -> Identity {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("parameters");
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).expect("a key")),
        }
    }
}

/// How a server speaks.
pub enum Speech {
    Plain,
    Tls(Identity),
    /// With TLS, and only to clients whose certificate this authority signed.
    Mutual(Identity, Box<Authority>),
}

/// A server, which ends with the process.
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request, given as its head, with a status line's end (`200 OK`) and a body.
    pub fn start(speech: Speech, answer: impl Fn(&str) -> (String, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Self { port, seen: Arc::clone(&seen) };
        let config = speech.config();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                match &config {
                    None => serve(stream, &seen, &answer),
                    Some(config) => {
                        let Ok(connection) = ServerConnection::new(Arc::clone(config)) else { continue };
                        serve(StreamOwned::new(connection, stream), &seen, &answer);
                    }
                }
            }
        });
        server
    }

    /// Answers everything with its version.
    pub fn kind(speech: Speech) -> Self {
        Self::start(speech, |_| ok(VERSION))
    }

    /// Answers everything with this status and this message, as an API server does.
    pub fn refusing(status: &'static str, message: &'static str) -> Self {
        Self::start(Speech::Plain, move |_| {
            let code = status.split(' ').next().unwrap_or_default();
            let body = format!(r#"{{"kind":"Status","status":"Failure","code":{code},"message":"{message}"}}"#);
            (status.to_owned(), body)
        })
    }

    /// Takes connections and says nothing.
    pub fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            let mut open = Vec::new();
            open.extend(listener.incoming().flatten());
        });
        Self { port, seen: Arc::default() }
    }

    /// An HTTP proxy: opens a way for CONNECT, or answers with `refusal`.
    pub fn proxy(refusal: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Self { port, seen: Arc::clone(&seen) };
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let head = head(&mut stream);
                let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                seen.lock().expect("no panic").push(head);
                if let Some(refusal) = refusal {
                    let _ = write!(stream, "HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n");
                } else if let Ok(behind) = TcpStream::connect(target) {
                    let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n");
                    let (there, back) = (pair(&stream, &behind), pair(&behind, &stream));
                    thread::spawn(move || pass(there));
                    thread::spawn(move || pass(back));
                }
            }
        });
        server
    }

    /// The heads of the requests so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("no panic").clone()
    }

    /// The value of a header in the first request.
    pub fn header(&self, name: &str) -> Vec<String> {
        let seen = self.seen();
        let lines = seen.first().map(String::as_str).unwrap_or_default().lines();
        let pairs = lines.filter_map(|line| line.split_once(": "));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
    }
}

/// 200, and this.
pub fn ok(body: &str) -> (String, String) {
    ("200 OK".to_owned(), body.to_owned())
}

impl Speech {
    fn config(self) -> Option<Arc<ServerConfig>> {
        let builder = ServerConfig::builder();
        let (builder, (certificate, key)) = match self {
            Self::Plain => return None,
            Self::Tls(identity) => (builder.with_no_client_auth(), identity.der),
            Self::Mutual(identity, clients) => {
                let Authority(authority) = *clients;
                let mut roots = RootCertStore::empty();
                roots.add(authority.der().clone()).expect("an authority");
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier");
                (builder.with_client_cert_verifier(verifier), identity.der)
            }
        };
        Some(Arc::new(builder.with_single_cert(vec![certificate], key).expect("a configuration")))
    }
}

fn serve(mut stream: impl Read + Write, seen: &Mutex<Vec<String>>, answer: &impl Fn(&str) -> (String, String)) {
    let head = head(&mut stream);
    if head.is_empty() {
        return;
    }
    let (status, body) = answer(&head);
    seen.lock().expect("no panic").push(head);
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let _ = stream.flush();
}

fn head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    // A greeting in TLS (record type 22) is nothing that a plain server waits for the end of.
    while head.first() != Some(&22) && !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).trim_end().to_owned()
}

fn pair(from: &TcpStream, to: &TcpStream) -> (TcpStream, TcpStream) {
    (from.try_clone().expect("a stream"), to.try_clone().expect("a stream"))
}

fn pass((mut from, mut to): (TcpStream, TcpStream)) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
