//! A way to the server that a test can cut: what is missed meanwhile is missed for good, as on a train.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Passes connections on, unless it is cut.
pub struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    connections: Vec<TcpStream>,
}

impl Proxy {
    /// A proxy before the server of a kubeconfig, and a kubeconfig that goes through it.
    pub fn before(kubeconfig: &Path, folder: &Path) -> (Self, PathBuf) {
        let text = std::fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let (_, rest) = text.split_once("server: ").expect("a server");
        let server = rest.split(['\n', ',', '}']).next().expect("an address").trim().trim_matches('"');
        let target = server.strip_prefix("https://").expect("a server with TLS").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let _ = pass(&client, &target, &shared);
            }
        });
        let path = folder.join("through-a-proxy.kubeconfig");
        std::fs::write(&path, text.replace(server, &format!("https://127.0.0.1:{port}"))).expect("a kubeconfig");
        (Self { port, state }, path)
    }

    /// Ends every connection, and every one that comes.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.cut = true;
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Passes connections on again.
    pub fn suggest_fix(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).cut = false;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn pass(client: &TcpStream, target: &str, state: &Mutex<State>) -> io::Result<()> {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    if state.cut {
        return client.shutdown(Shutdown::Both);
    }
    let server = TcpStream::connect(target)?;
    for (from, to) in [(client, &server), (&server, client)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        state.connections.extend([from.try_clone()?, to.try_clone()?]);
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok(())
}
