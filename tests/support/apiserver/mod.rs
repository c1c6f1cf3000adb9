//! An API server inside the test process, for tests of a live cluster: plain HTTP on loopback, lists and watches, and
//! every way in which they can go wrong. It needs no runtime: a thread for each connection.
//!
//! ```ignore
//! #[path = "support/apiserver/mod.rs"]
//! mod apiserver;
//!
//! let server = ApiServer::start();                  // Gateway API, kgateway and core kinds, no objects
//! server.apply(include_str!("some.yaml"));          // ADDED or MODIFIED for whoever watches
//! server.delete("httproutes", "team-a", "orders");  // DELETED
//! let folder = tempfile::tempdir()?;
//! let kubeconfig = server.kubeconfig(folder.path()); // context `fake`, namespace `default`
//! // … `--kubeconfig`, or `Connection { kubeconfig: Some(kubeconfig), .. }`
//! server.rights(Rights::Only(&["team-a"]));         // 403 for the rest
//! server.rule("slow", |asked| (asked.plural() == Some("services")).then_some(Reply::Hang));
//! server.lift("slow");                              // what waited is answered now
//! server.cut();                                     // every connection breaks
//! server.down(); server.up();                       // no answers at all; again
//! server.compact();                                 // 410 for whoever goes on from before
//! server.withdraw("httproutes", "v1");              // a CRD is deleted
//! server.serve("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", true); // and installed again
//! server.await_watches("httproutes", 1);            // somebody watches them
//! assert!(server.requests().iter().all(|asked| asked.method == "GET"));
//! ```
//!
//! Dropping it ends it. Nothing here sleeps: waiting is for a condition, with a generous limit.

#![allow(dead_code)] // each test file uses its part

mod http;
mod state;

use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;

pub use self::http::{Asked, Reply};
use self::state::State;

/// How long anything is waited for before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What the user may read. Discovery is for everybody.
#[derive(Debug, Clone, Copy)]
pub enum Rights {
    Everything,
    /// Lists of these namespaces only.
    Only(&'static [&'static str]),
    /// Everything but these resources, anywhere.
    AllBut(&'static [&'static str]),
    Nothing,
}

/// A server; see the module's documentation.
pub struct ApiServer {
    shared: Arc<Shared>,
    port: u16,
}

/// What the connections' threads share.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    connections: Mutex<Vec<TcpStream>>,
    /// The bytes of endless answers that somebody took.
    sent: std::sync::atomic::AtomicU64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    fn cut(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl ApiServer {
    /// A server with the kinds of a cluster that has Gateway API and kgateway, and no objects.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new()),
            changed: Condvar::new(),
            connections: Mutex::new(Vec::new()),
            sent: std::sync::atomic::AtomicU64::new(0),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                if accepting.lock().ended {
                    return;
                }
                let shared = Arc::clone(&accepting);
                std::thread::spawn(move || http::serve(stream, &shared));
            }
        });
        Self { shared, port }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Writes a kubeconfig into `folder`: context `fake`, namespace `default`.
    pub fn kubeconfig(&self, folder: &Path) -> PathBuf {
        self.kubeconfig_for(folder, "fake", "default")
    }

    /// Writes a kubeconfig into `folder`.
    pub fn kubeconfig_for(&self, folder: &Path, context: &str, namespace: &str) -> PathBuf {
        let path = folder.join(format!("{context}.kubeconfig"));
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {context}\n\
             clusters: [{{ name: c, cluster: {{ server: {} }} }}]\nusers: [{{ name: u, user: {{ token: t }} }}]\n\
             contexts: [{{ name: {context}, context: {{ cluster: c, user: u, namespace: {namespace} }} }}]\n",
            self.url()
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Creates or changes the objects of a manifest.
    pub fn apply(&self, yaml: &str) {
        use serde::Deserialize;
        for document in serde_yaml::Deserializer::from_str(yaml) {
            let object = Value::deserialize(document).unwrap();
            if !object.is_null() {
                self.shared.change(|state| state.apply(object));
            }
        }
    }

    /// Deletes an object; a cluster-scoped one has no namespace (`""`).
    pub fn delete(&self, plural: &str, namespace: &str, name: &str) {
        self.shared.change(|state| state.delete(plural, namespace, name));
    }

    /// Serves a kind in one more version.
    pub fn serve(&self, group: &str, version: &str, plural: &str, kind: &str, namespaced: bool) {
        self.shared.change(|state| state.serve(group, version, plural, kind, namespaced));
    }

    /// Serves a kind in one version less. With the last one its objects are deleted, and told to be; watches end.
    pub fn withdraw(&self, plural: &str, version: &str) {
        self.shared.change(|state| state.withdraw(plural, version));
    }

    /// From now on the user may read this.
    pub fn rights(&self, rights: Rights) {
        self.shared.change(|state| state.rights = rights);
    }

    /// From now on requests are answered by `rule` when it gives a reply. Later rules come first.
    pub fn rule(&self, name: &str, rule: impl FnMut(&Asked) -> Option<Reply> + Send + 'static) {
        self.shared.change(|state| state.rules.insert(0, (name.to_owned(), Box::new(rule))));
    }

    /// Takes a rule away. What waited for it is answered.
    pub fn lift(&self, name: &str) {
        self.shared.change(|state| state.rules.retain(|(known, _)| known != name));
    }

    /// Whether `sendInitialEvents` is known; without it the answer is 422, as of servers before 1.27.
    pub fn streaming_lists(&self, known: bool) {
        self.shared.change(|state| state.streaming_lists = known);
    }

    /// Forgets everything that led to now: going on from an older version (of a watch or a list) is a 410.
    pub fn compact(&self) {
        self.shared.change(State::compact);
    }

    /// Sends everybody who watches `plural` this line as it is.
    pub fn inject(&self, plural: &str, line: &str) {
        self.shared.change(|state| state.inject(plural, line));
    }

    /// Sends everybody who watches `plural` a bookmark of the newest version.
    pub fn bookmark(&self, plural: &str) {
        self.shared.change(|state| state.bookmark(plural));
    }

    /// Ends the watches of `plural` as a server does whose time is up.
    pub fn end_watches(&self, plural: &str) {
        self.shared.change(|state| state.end_watches(plural));
    }

    /// Breaks every connection.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// Breaks every connection, and any new one.
    pub fn down(&self) {
        self.shared.change(|state| state.down = true);
        self.shared.cut();
    }

    /// Answers again.
    pub fn up(&self) {
        self.shared.change(|state| state.down = false);
    }

    /// How many bytes of endless answers were taken so far, by somebody or by the sockets in between.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Asked> {
        self.shared.lock().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.shared.change(|state| state.requests.clear());
    }

    /// Waits until at least `count` of the requests fit.
    #[track_caller]
    pub fn await_requests(&self, what: &str, count: usize, fits: impl Fn(&Asked) -> bool) {
        self.wait(what, |state| state.requests.iter().filter(|asked| fits(asked)).count() >= count);
    }

    /// Waits until exactly `count` watches of `plural` are open.
    #[track_caller]
    pub fn await_watches(&self, plural: &str, count: usize) {
        self.wait(&format!("{count} watches of {plural}"), |state| {
            state.watching.get(plural).copied().unwrap_or_default() == count
        });
    }

    #[track_caller]
    fn wait(&self, what: &str, done: impl Fn(&State) -> bool) {
        let until = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        while !done(&state) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "timed out waiting for {what}; asked so far: {:#?}", state.requests);
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.shared.change(|state| state.ended = true);
        self.shared.cut();
        // The thread that accepts waits for one more.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}
