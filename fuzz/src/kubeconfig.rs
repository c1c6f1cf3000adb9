//! Any bytes as a kubeconfig, and, behind a line `===`, as what a plugin prints. Nothing is run and nothing is sent.

use std::cell::OnceCell;
use std::io::Write;

use routescope_cluster::Connection;
use routescope_cluster::connect::{Environment, contexts_in, rehearse};
use tempfile::NamedTempFile;
use tokio::runtime::Runtime;

/// Between the kubeconfig and the plugin's output.
const THEN: &[u8] = b"\n===\n";

thread_local! {
    static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
}

/// What cannot be used is an error with a message.
pub fn kubeconfig(data: &[u8]) {
    let at = data.windows(THEN.len()).position(|part| part == THEN);
    let (config, answer) = at.map_or((data, &b""[..]), |at| (&data[..at], &data[at + THEN.len()..]));
    // A device answers differently each time.
    if config.windows(5).any(|part| part == b"/dev/") {
        return;
    }
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(config).expect("a file");
    let environment = Environment::default();
    let _ = contexts_in(Some(file.path()), &environment);
    let connection = Connection { kubeconfig: Some(file.path().to_owned()), ..Connection::default() };
    RUNTIME.with(|runtime| {
        let runtime = runtime
            .get_or_init(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"));
        let _entered = runtime.enter();
        if let Err(error) = rehearse(&connection, &environment, answer) {
            assert!(!error.message.is_empty());
        }
    });
}
