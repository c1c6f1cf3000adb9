//! The real binary in a pseudo-terminal: it starts, answers, and gives the terminal back however it ends. What is waited
//! for is what the screen shows, never a time.
#![cfg(unix)]

#[path = "terminal/colours.rs"]
mod colours;
#[path = "terminal/input.rs"]
mod input;
#[path = "terminal/pictures.rs"]
mod pictures;
#[path = "terminal/state.rs"]
mod state;
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
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_routescope"));
        command.arg("tui");
        command.args(arguments);
        // A named theme: nobody is there to be asked whether the terminal is dark.
        command.args(["--theme", "dark"]);
        Self::run(command, rows, cols, variables)
    }

    fn run(mut command: CommandBuilder, rows: u16, cols: u16, variables: &[(&str, &str)]) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        command.env("TERM", "xterm-256color");
        // No test leaves anything behind in the home folder of whoever runs it.
        command.env("ROUTESCOPE_STATE", "no");
        // What the person who runs the tests has set is nobody's business here.
        for name in ["NO_COLOR", "COLORTERM", "CLICOLOR", "CLICOLOR_FORCE", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
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

    /// Sends a signal to the program.
    #[track_caller]
    fn signal(&self, name: &str) {
        let id = self.child.process_id().expect("a process").to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits until the program is stopped.
    #[track_caller]
    fn is_stopped(&mut self) {
        let id = self.child.process_id().expect("a process").to_string();
        let start = Instant::now();
        loop {
            let told = std::process::Command::new("ps").args(["-o", "stat=", "-p", &id]).output().expect("ps runs");
            if String::from_utf8_lossy(&told.stdout).trim_start().starts_with('T') {
                return;
            }
            assert!(start.elapsed() < DEADLINE, "it does not stop: {told:?}");
        }
    }

    /// Waits for the end, and checks that the terminal is as it was.
    #[track_caller]
    fn ends_restored(self) {
        self.ends_restored_with(0);
    }

    /// Waits for the end with an exit code, and checks that the terminal is as it was.
    #[track_caller]
    fn ends_restored_with(mut self, code: u32) {
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
        assert_eq!(status.exit_code(), code, "it ended with {status:?}");
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
    session.keys("\x03").shows("emptied");
    session.keys("\x03");
    session.ends_restored();
}

#[test]
fn a_signal_to_end_gives_the_terminal_back_and_is_told_by_the_exit_code() {
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)] {
        let mut session = Session::start(&["--demo"], 24, 80);
        session.shows("where does it go?");
        session.signal(name);
        session.ends_restored_with(code);
    }
}

#[test]
fn stopped_and_told_to_go_on_it_gives_the_terminal_and_takes_it_again() {
    let mut session = Session::start(&["--demo"], 24, 80);
    session.keys("u/banking").shows("GET /banking");
    session.signal("TSTP");
    session.wait("the terminal", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    session.is_stopped();
    assert_eq!(session.screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    session.signal("CONT");
    session.wait("the screen again", |screen| screen.alternate_screen() && screen.contents().contains("GET /banking"));
    session.keys("/cards").shows("GET /banking/cards");
    assert_ne!(
        session.screen.screen().mouse_protocol_mode(),
        vt100::MouseProtocolMode::None,
        "the mouse is taken again"
    );
    // Stopped from outside without a word, it does not know what the terminal shows.
    session.signal("STOP");
    session.is_stopped();
    session.screen.process(b"\x1b[?1049l\x1b[2J");
    session.signal("CONT");
    session
        .wait("the screen again", |screen| screen.alternate_screen() && screen.contents().contains("/banking/cards"));
    session.keys("\x03").shows("emptied");
    session.keys("\x03");
    session.ends_restored();
}

#[test]
fn ctrl_z_is_a_job_of_the_shell_and_fg_comes_back() {
    let mut shell = CommandBuilder::new("sh");
    shell.arg("-i");
    let command = format!("'{}' tui --demo --theme dark", env!("CARGO_BIN_EXE_routescope"));
    let home = tempfile::tempdir().expect("a folder");
    let variables = [("HOME", home.path().to_str().expect("a path")), ("PS1", "ready> "), ("ENV", "")];
    let mut session = Session::run(shell, 24, 80, &variables);
    session.shows("ready>");
    session.keys(&command).keys("\r").shows("where does it go?");
    session.keys("u/banking").shows("GET /banking");
    session.keys("\x1a");
    session.wait("the shell", |screen| !screen.alternate_screen() && screen.contents().matches("ready>").count() > 1);
    session.keys("fg\r");
    session.wait("the screen again", |screen| screen.alternate_screen() && screen.contents().contains("GET /banking"));
    session.keys("\x03").shows("emptied");
    session.keys("\x03");
    session.wait("the shell again", |screen| {
        !screen.alternate_screen() && screen.contents().matches("ready>").count() > 2
    });
    session.keys("exit\r");
    session.ends_restored();
}

#[test]
fn without_a_shell_to_come_back_from_ctrl_z_says_so() {
    let mut session = Session::start(&["--demo"], 24, 100);
    session.shows("where does it go?");
    session.keys("\x1a").shows("not suspended: no shell");
    session.keys("q");
    session.ends_restored();
}

#[test]
fn a_terminal_that_is_gone_ends_the_program() {
    let mut session = Session::start(&["--demo"], 24, 80);
    session.shows("where does it go?");
    let Session { mut child, master, writer, output, .. } = session;
    drop((master, writer, output));
    let start = Instant::now();
    while child.try_wait().expect("the child can be waited for").is_none() {
        assert!(start.elapsed() < DEADLINE, "it does not end");
        std::thread::yield_now();
    }
}

/// Not a test but the program that the next one runs in a terminal: an explorer, one of whose tasks panics at a reload.
#[test]
#[ignore = "needs a terminal: run by the test below"]
fn an_explorer_that_panics() {
    let loads = std::sync::atomic::AtomicUsize::new(0);
    let load = move || {
        assert_eq!(loads.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0, "a panic in a task");
        let (coverage, settings) =
            (routescope_core::store::Coverage::open(), routescope_core::resolve::Settings::default());
        let analysis = std::sync::Arc::new(routescope_manifest::analyse_text(SHOP, coverage, settings));
        Ok(routescope::tui::Load { analysis, watch: Vec::new(), again: None, hint: None })
    };
    let options = routescope::tui::Options {
        source_arguments: String::new(),
        title: "panics".to_owned(),
        theme: Some("dark".to_owned()),
        ascii: false,
        colors: routescope::theme::depth::Depth::TwoFiftySix,
        url: None,
        scope: routescope_render::scope::Scope::default(),
        config: routescope::config::Loaded::default(),
        source: routescope::tui::Source::Files(std::sync::Arc::new(load)),
        parts: Vec::new(),
        kept: None,
    };
    let ended = routescope::tui::run(options);
    println!("ended: {}", ended.expect_err("a panic"));
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_told_there() {
    let mut command = CommandBuilder::new(std::env::current_exe().expect("this program"));
    command.args(["--ignored", "--exact", "--nocapture", "an_explorer_that_panics"]);
    let mut session = Session::run(command, 24, 100, &[("RUST_BACKTRACE", "0")]);
    session.shows("panics");
    session.wait("the tree", |screen| screen.contents().contains("orders (shop)"));
    session.keys("r").shows("a part of the explorer panicked");
    // What it said stands on the person's own screen.
    session.shows("a panic in a task");
    session.ends_restored();
}

#[test]
fn a_resize_lays_the_screen_out_anew() {
    let mut session = Session::start(&["--demo"], 40, 120);
    session.shows("the answer appears here");
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
fn a_broken_file_counts_as_it_was_and_a_folder_that_is_created_again_is_watched_again() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("apps/shop");
    let file = folder.join("routes.yaml");
    let write = |text: &str| {
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(&file, text).expect("a file");
    };
    write(&route("/before"));
    let path = folder.to_string_lossy().into_owned();
    let mut session = Session::start(&["-f", &path], 30, 140);
    session.shows("/before");
    session.keys("u/before/x").shows("team/s:80");
    session.keys("\x1b");

    // Half a save.
    write(&(route("/after") + "  - backendRefs: [{name: other\n"));
    session.shows("1 file as last read");
    session.shows("? not certain");
    assert!(session.text().contains("/before"), "{}", session.text());
    write(&route("/fixed"));
    session.shows("/fixed");
    session.wait("no doubt", |screen| !screen.contents().contains("as last read"));

    // As `git checkout` does it.
    std::fs::remove_dir_all(home.path().join("apps")).expect("it can be removed");
    session.shows("as last read");
    write(&route("/again"));
    session.shows("/again");
    write(&route("/and-again"));
    session.shows("/and-again");
    session.keys("q");
    session.ends_restored();
}

#[test]
fn where_goes_on_answering_while_files_change() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("routes.yaml");
    let write = |text: &str| std::fs::write(&file, text).expect("a file");
    write(&route("/shop"));
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(["where", "http://a.example/shop", "--watch", "-f", &home.path().to_string_lossy()]);
    let mut session = Session::run(command, 60, 140, &[]);
    session.shows("team/s:80");
    write(&route("/shop").replace("name: s,", "name: other,"));
    session.shows("team/other:80");
    write("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nspec: [\n");
    session.shows("cannot be parsed: its last good content counts");
    assert!(!session.text().contains("500") && !session.text().contains("404"), "{}", session.text());
    std::fs::remove_file(&file).expect("it can be removed");
    write(&route("/shop").replace("name: s,", "name: third,"));
    session.shows("team/third:80");
    session.keys("\x03");
    session.wait("the end", |_| true);
    let status = session.child.wait().expect("it ends");
    assert!(!status.success());
}

/// A folder with a route in a file of this name, and an editor: what it runs.
fn edited(name: &str, editor: &str) -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), route("/before")).expect("a file");
    let script = folder.path().join("my editor.sh");
    std::fs::write(&script, editor).expect("an editor");
    let command = format!("sh '{}' --flag", script.to_string_lossy());
    let path = folder.path().to_string_lossy().into_owned();
    (folder, path, command)
}

#[test]
fn a_changed_file_is_read_again_and_the_editor_gets_the_terminal() {
    // A quoted program with an option of its own, and a file whose name a shell would obey.
    let name = "it's $(touch pwned) a.yaml";
    let editor = "echo \"editing $1 $2\"\nsed -i s,/after,/edited, \"$3\"\n";
    let (folder, path, command) = edited(name, editor);
    let variables = [("HOME", path.as_str()), ("VISUAL", command.as_str())];
    let mut session = Session::start_with(&["-f", &path], 40, 120, &variables);
    session.shows("─ /before");
    std::fs::write(folder.path().join(name), route("/after")).expect("the file is written again");
    session.shows("─ /after");
    session.keys("Ge").shows("─ /edited");
    assert!(String::from_utf8_lossy(&session.raw).contains("editing --flag +"), "the editor had the terminal");
    assert!(!std::path::Path::new("pwned").exists() && !folder.path().join("pwned").exists());
    session.keys("q");
    session.ends_restored();
}

#[test]
fn a_signal_to_end_while_the_editor_runs_ends_both() {
    let editor = "trap 'echo the editor ends; exit 0' TERM\necho editing\nwhile :; do read -r line; done\n";
    let (_folder, path, command) = edited("a.yaml", editor);
    let variables = [("HOME", path.as_str()), ("VISUAL", command.as_str())];
    let mut session = Session::start_with(&["-f", &path], 24, 80, &variables);
    session.shows("─ /before");
    session.keys("Ge").shows("editing");
    session.signal("TERM");
    session.ends_restored_with(143);
}

#[test]
fn an_editor_that_is_not_there_is_told_of() {
    let (_folder, path, _) = edited("a.yaml", "");
    let variables = [("HOME", path.as_str()), ("VISUAL", "no-such-editor -x")];
    let mut session = Session::start_with(&["-f", &path], 24, 80, &variables);
    session.shows("─ /before");
    session.keys("Ge").shows("editor \"no-such-editor -x\" not found: set VISUAL or EDITOR");
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
    // Before all lists are there, the route of the file is taken for a new one.
    session.shows("● live");
    session.shows("/orders → Service orders-v1:80 ✗ 500");
    session.keys("d").shows("the files change nothing that stands in the tree");
    std::fs::write(&file, route.replace("orders-v1", "orders-v2")).expect("the file is written again");
    session.shows("orders (shop) ~ changed");
    session.shows("~1 changed");
    // The cluster as it is, beside what the files make of it.
    session.keys("x").shows("staging · 1 row ≠ staging + files");
    session.keys("u/orders/1\r").shows("≠ the answers differ");
    session.keys("x").shows("not compared any more");
    std::fs::write(&file, route.replace("name: orders,", "name: cart,")).expect("the file is written again");
    session.shows("cart (shop) + new");
    session.shows("/orders → Service orders-v1:80");
    session.keys("q");
    session.ends_restored();
}
