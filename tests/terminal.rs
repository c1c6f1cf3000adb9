//! The real binary in a pseudo-terminal: it starts, answers, and gives the terminal back however it ends. What is waited
//! for is what the screen shows, never a time.
#![cfg(unix)]

#[path = "support/mod.rs"]
mod support;

use support::apiserver;

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use apiserver::ApiServer;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// After this a screen that has not come will not come.
const DEADLINE: Duration = Duration::from_secs(60);

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has cells")
}

struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
}

impl Session {
    fn start(arguments: &[&str], rows: u16, cols: u16) -> Self {
        let home = tempfile::tempdir().expect("a folder for the configuration");
        Self::start_with(arguments, rows, cols, &[("HOME", &home.path().to_string_lossy())])
    }

    fn start_with(arguments: &[&str], rows: u16, cols: u16, variables: &[(&str, &str)]) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_routescope"));
        command.arg("tui");
        command.args(arguments);
        // A named theme: nobody is there to be asked whether the terminal is dark.
        command.args(["--theme", "dark"]);
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the binary starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(cells(rows), cells(cols), 0);
        Self { child, master: pair.master, writer, output, screen, raw: Vec::new() }
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    #[track_caller]
    fn wait(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let start = Instant::now();
        while !holds(self.screen.screen()) {
            let left = DEADLINE.saturating_sub(start.elapsed());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(error) => panic!("waited for {what} ({error}):\n{}", self.text()),
            }
        }
    }

    #[track_caller]
    fn shows(&mut self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self
    }

    /// Waits for the end, and checks that the terminal is as it was.
    #[track_caller]
    fn ends_restored(mut self) {
        // What it writes ends when it does.
        let until = Instant::now() + DEADLINE;
        loop {
            match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.text()),
            }
        }
        let status = self.child.wait().expect("the child can be waited for");
        assert!(status.success(), "it ended with {status:?}");
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is given back");
        // Raw mode is off: the line discipline echoes again.
        #[cfg(target_os = "linux")]
        {
            let termios = self.master.get_termios().expect("the terminal's modes");
            assert!(format!("{:?}", termios.local_flags).contains("ECHO"), "raw mode is off: {termios:?}");
        }
    }
}

#[test]
fn a_typed_url_is_answered_and_q_gives_the_terminal_back() {
    let mut session = Session::start(&["--demo"], 40, 120);
    session.shows("payments-routes");
    session.keys("u").shows("some/path, or only");
    session.keys("https://api.example.com/payments/charge/42").shows("● payments/payments-bff:8080");
    session.keys("\r").shows("payments/payments-routes · rule 1");
    session.keys("q");
    session.ends_restored();
}

#[test]
fn ctrl_c_gives_the_terminal_back_even_while_typing() {
    let mut session = Session::start(&["--demo"], 24, 80);
    session.shows("where does it go?");
    session.keys("u/banking").shows("GET /banking");
    session.keys("\x03");
    session.ends_restored();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let mut session = Session::start(&["--demo"], 24, 80);
    session.shows("where does it go?");
    let id = session.child.process_id().expect("a process");
    let sent = std::process::Command::new("kill").args(["-TERM", &id.to_string()]).status().expect("kill runs");
    assert!(sent.success());
    session.ends_restored();
}

#[test]
fn a_resize_lays_the_screen_out_anew() {
    let mut session = Session::start(&["--demo"], 40, 120);
    session.shows("trace a URL: each");
    session.screen.screen_mut().set_size(cells(20), cells(60));
    session.master.resize(PtySize { rows: 20, cols: 60, pixel_width: 0, pixel_height: 0 }).expect("it resizes");
    session.wait("one pane", |screen| screen.contents().contains("━ tree ━"));
    session.keys("q");
    session.ends_restored();
}

/// A route with one rule.
fn route(path: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r, namespace: team}}\nspec:\n  \
         parentRefs: [{{name: g}}]\n  rules:\n  - matches: [{{path: {{value: {path}}}}}]\n    \
         backendRefs: [{{name: s, port: 80}}]\n"
    )
}

#[test]
fn a_saved_file_turns_a_pinned_answer_marks_its_row_and_is_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("routes.yaml");
    std::fs::write(&file, route("/before")).expect("a file");
    let mut session = Session::start(&["-f", &file.to_string_lossy()], 40, 120);
    session.shows("─ /before");
    session.keys(":pin http://a.io/before\r").shows("● team/s:80  rule 1 of team/r");
    std::fs::write(&file, route("/after")).expect("the file is written again");
    session.shows("✗ 404 from the gateway  was team/s:80, since ");
    session.wait("the mark", |screen| screen.contents().lines().any(|line| line.starts_with("~      └─ /after")));
    session.keys("L").shows("HTTPRoute team/r: rule 1 now matches PathPrefix /after (was PathPrefix /before)");
    session.keys("\x03");
    session.ends_restored();
}

#[test]
fn a_changed_file_is_read_again_and_the_editor_gets_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("routes.yaml");
    std::fs::write(&file, route("/before")).expect("a file");
    let editor = folder.path().join("editor.sh");
    std::fs::write(&editor, "#!/bin/sh\necho \"editing $1\"\nsed -i s,/after,/edited, \"$2\"\n").expect("an editor");
    let home = folder.path().to_string_lossy().into_owned();
    let command = format!("sh {}", editor.to_string_lossy());
    let path = file.to_string_lossy().into_owned();
    let variables = [("HOME", home.as_str()), ("VISUAL", command.as_str())];
    let mut session = Session::start_with(&["-f", &path], 40, 120, &variables);
    session.shows("─ /before");
    std::fs::write(&file, route("/after")).expect("the file is written again");
    session.shows("─ /after");
    session.keys("Ge").shows("─ /edited");
    session.keys("q");
    session.ends_restored();
}

#[test]
fn no_such_file_fails_without_touching_the_screen() {
    let mut session = Session::start(&["-f", "/no/such/folder"], 24, 80);
    session.shows("/no/such/folder");
    let status = session.child.wait().expect("it ends");
    assert_eq!(status.exit_code(), 2);
    assert!(!String::from_utf8_lossy(&session.raw).contains("\x1b[?1049h"), "the alternate screen was never entered");
}

const SHOP: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec:
  gatewayClassName: kgateway
  listeners: [{ name: http, port: 80, protocol: HTTP }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: orders, namespace: shop }
spec:
  parentRefs: [{ name: web }]
  rules: [{ matches: [{ path: { value: /orders } }], backendRefs: [{ name: orders-v1, port: 80 }] }]
";

/// A kubeconfig with a context for each of these servers.
fn kubeconfig(folder: &std::path::Path, servers: &[(&str, &ApiServer)]) -> String {
    let cluster = |(name, server): &(&str, &ApiServer)| {
        format!("{{ name: {name}, cluster: {{ server: \"{}\" }} }}", server.url())
    };
    let context =
        |(name, _): &(&str, &ApiServer)| format!("{{ name: {name}, context: {{ cluster: {name}, user: u }} }}");
    let clusters: Vec<String> = servers.iter().map(cluster).collect();
    let contexts: Vec<String> = servers.iter().map(context).collect();
    let text = format!(
        "apiVersion: v1\nkind: Config\nusers: [{{ name: u, user: {{ token: t }} }}]\nclusters: [{}]\ncontexts: [{}]\n",
        clusters.join(", "),
        contexts.join(", "),
    );
    let path = folder.join("kubeconfig");
    std::fs::write(&path, text).expect("a kubeconfig");
    path.to_string_lossy().into_owned()
}

#[test]
fn several_contexts_answer_beside_each_other_and_one_that_is_not_there_says_so() {
    let (staging, prod, down) = (ApiServer::start(), ApiServer::start(), ApiServer::start());
    down.down();
    staging.apply(SHOP);
    prod.apply(SHOP);
    let folder = tempfile::tempdir().expect("a folder");
    let config = kubeconfig(folder.path(), &[("staging", &staging), ("prod", &prod), ("down", &down)]);
    let home = folder.path().to_string_lossy().into_owned();
    let variables = [("HOME", home.as_str()), ("KUBECONFIG", config.as_str())];
    let contexts = ["http://a.io/orders", "--context", "staging", "--context", "prod", "--context", "down"];
    let mut session = Session::start_with(&contexts, 40, 160, &variables);
    session.shows("down    ✗ not connected");
    session.shows("the same answer from 2 of 3");
    prod.apply(&SHOP.replace("orders-v1", "orders-v2"));
    session.shows("Service shop/orders-v2 does not exist · other destination");
    session.keys(":only\r").shows("┏ tree ━");
    session.wait("one context", |screen| !screen.contents().contains("orders-v2"));
    session.keys("q");
    session.ends_restored();
}

#[test]
fn when_no_context_can_be_reached_the_screen_is_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = kubeconfig(folder.path(), &[]);
    let home = folder.path().to_string_lossy().into_owned();
    let variables = [("HOME", home.as_str()), ("KUBECONFIG", config.as_str())];
    let mut session = Session::start_with(&["--context", "nope", "--context", "neither"], 24, 80, &variables);
    session.shows("nope");
    let status = session.child.wait().expect("it ends");
    assert_eq!(status.exit_code(), 2);
    assert!(!String::from_utf8_lossy(&session.raw).contains("\x1b[?1049h"), "the alternate screen was never entered");
}

#[test]
fn files_over_a_cluster_are_marked_and_read_again_when_they_change() {
    let server = ApiServer::start();
    server.apply(SHOP);
    let folder = tempfile::tempdir().expect("a folder");
    let config = kubeconfig(folder.path(), &[("staging", &server)]);
    let file = folder.path().join("change.yaml");
    let (_, route) = SHOP.split_once("---\n").expect("two documents");
    std::fs::write(&file, route).expect("a file");
    let home = folder.path().to_string_lossy().into_owned();
    let variables = [("HOME", home.as_str()), ("KUBECONFIG", config.as_str())];
    let path = file.to_string_lossy().into_owned();
    let mut session = Session::start_with(&["-f", &path, "--context", "staging"], 40, 120, &variables);
    session.shows("/orders → Service orders-v1:80");
    session.keys("d").shows("the files change nothing that stands in the tree");
    std::fs::write(&file, route.replace("orders-v1", "orders-v2")).expect("the file is written again");
    session.shows("orders (shop) ~ changed");
    session.shows("~1 changed");
    std::fs::write(&file, route.replace("name: orders,", "name: cart,")).expect("the file is written again");
    session.shows("cart (shop) + new");
    session.shows("/orders → Service orders-v1:80");
    session.keys("q");
    session.ends_restored();
}

#[test]
fn credentials_that_a_server_repeats_are_not_on_the_screen() {
    let server = ApiServer::start();
    server.rule("echo", |asked| {
        let token = asked.headers.get("authorization").cloned().unwrap_or_default();
        let said = format!("you sent {token} and token=CANARY-named, says me:CANARY-info@host");
        asked.resource().map(|_| apiserver::Reply::Status(400, "BadRequest", said))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let kubeconfig = server.kubeconfig(folder.path());
    let text = std::fs::read_to_string(&kubeconfig).expect("a kubeconfig");
    let text = text.replace("token: t", "token: CANARY-token").replace("http://", "http://me:CANARY-url@");
    std::fs::write(&kubeconfig, text).expect("a kubeconfig");
    let mut session = Session::start(&["--kubeconfig", &kubeconfig.to_string_lossy()], 40, 120);
    session.shows("answered 400");
    session.keys("q");
    session.wait("the end", |screen| !screen.alternate_screen());
    let raw = String::from_utf8_lossy(&session.raw).into_owned();
    assert!(!raw.contains("CANARY") && !session.text().contains("CANARY"), "{}", session.text());
    session.ends_restored();
}
