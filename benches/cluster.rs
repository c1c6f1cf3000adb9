//! What a person waits for at a real API server: the explorer in a pseudo-terminal, from its start to the screen.
//!
//! ```text
//! ROUTESCOPE_TEST_KUBECONFIG=… cargo bench --bench cluster
//! ```
//!
//! It measures what the cluster holds: fill it before. The kubeconfig is that of an administrator, for kubectl (which must be
//! on the PATH) to make a namespace `routescope-bench` and to change a route in it; both are gone afterwards. It prints, and
//! asserts nothing about time. Without the variable it says so.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const KUBECONFIG: &str = "ROUTESCOPE_TEST_KUBECONFIG";
const STARTS: usize = 7;
const CHANGES: usize = 41;
/// After this a screen that has not come will not come.
const DEADLINE: Duration = Duration::from_secs(120);
const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
/// On a port of its own: no other Gateway answers.
const URL: &str = "http://bench.routescope.test:8765/";
const WORLD: &str = include_str!("support/cluster.yaml");
const ROUTE: &str = "/apis/gateway.networking.k8s.io/v1/namespaces/routescope-bench/httproutes/shop";

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Some(kubeconfig) = std::env::var_os(KUBECONFIG).map(PathBuf::from) else {
        println!("skipped: {KUBECONFIG} is not set");
        return;
    };
    let cluster = Cluster::prepare(&kubeconfig);
    println!("load average before: {}", load());
    starts(&kubeconfig);
    changes(&kubeconfig, &cluster);
    println!("load average after: {}", load());
}

/// From the start of the program to its screens.
fn starts(kubeconfig: &Path) {
    let (mut first, mut something, mut complete) = (Vec::new(), Vec::new(), Vec::new());
    let (mut resident, mut most) = (0, 0);
    let mut header = String::new();
    for _ in 0..STARTS {
        let mut explorer = Explorer::start(kubeconfig);
        first.push(explorer.when("a frame", |screen| !screen.trim().is_empty()));
        something.push(explorer.when("a route or a Gateway", shows_objects));
        complete.push(explorer.when("everything", |screen| screen.contains("● live")));
        header = explorer.header();
        (resident, most) = (explorer.memory("VmRSS:"), explorer.memory("VmHWM:"));
    }
    println!("{header}");
    println!("  start → screen, {STARTS} starts          {:>9} {:>9}", "median", "longest");
    print_times("a frame", first);
    print_times("a frame with routes or Gateways", something);
    print_times("a complete frame (live)", complete);
    println!("  resident {} MiB, at most {} MiB", resident / 1024, most / 1024);
}

/// From a change being sent to the server to the answer on the screen.
fn changes(kubeconfig: &Path, cluster: &Cluster) {
    let mut explorer = Explorer::start(kubeconfig);
    explorer.when("everything", |screen| screen.contains("● live"));
    let service = |number: usize| ["one", "two"][number % 2];
    let shown = |number: usize| format!("routescope-bench/{}:80", service(number));
    let text = shown(0);
    explorer.when("the answer", |screen| screen.contains(&text));
    let (mut from_sent, mut from_accepted) = (Vec::new(), Vec::new());
    for number in 1..=CHANGES {
        // After a quiet time, as a person's changes are.
        std::thread::sleep(Duration::from_millis(600));
        let sent = Instant::now();
        cluster.go_to(service(number));
        let accepted = Instant::now();
        let text = shown(number);
        let shown = explorer.when_at("the new answer", |screen| screen.contains(&text));
        from_sent.push(shown.duration_since(sent));
        from_accepted.push(shown.saturating_duration_since(accepted));
    }
    println!("  change → answer, {CHANGES} changes        {:>9} {:>9}", "median", "longest");
    print_times("from sending it to the server", from_sent);
    print_times("from the server having taken it", from_accepted);
    println!("  resident {} MiB, at most {} MiB", explorer.memory("VmRSS:") / 1024, explorer.memory("VmHWM:") / 1024);
}

fn print_times(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let shown = |time: Duration| format!("{:.0} ms", time.as_secs_f64() * 1_000.0);
    println!("    {what:<32} {:>9} {:>9}", shown(times[times.len() / 2]), shown(times[times.len() - 1]));
}

/// Whether the header counts something.
fn shows_objects(screen: &str) -> bool {
    let header = screen.lines().next().unwrap_or_default();
    let words: Vec<&str> = header.split_whitespace().collect();
    words.windows(2).any(|pair| {
        matches!(pair[1], "route" | "routes" | "Gateway" | "Gateways")
            && pair[0].starts_with(|first: char| ('1'..='9').contains(&first))
    })
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").map_or_else(|_| "n/a".to_owned(), |text| text.trim().to_owned())
}

/// The explorer, in a terminal of its own.
struct Explorer {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    output: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    begun: Instant,
    at: Instant,
    _home: tempfile::TempDir,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Explorer {
    fn start(kubeconfig: &Path) -> Self {
        let home = tempfile::tempdir().expect("a folder for the configuration");
        let pair = native_pty_system().openpty(SIZE).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_routescope"));
        // A named theme: nobody is there to be asked whether the terminal is dark.
        command.args(["tui", URL, "--theme", "dark"]);
        command.env("KUBECONFIG", kubeconfig);
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        let begun = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let cells = |count| NonZero::new(count).expect("a terminal has cells");
        let screen = vt100::Parser::new(cells(SIZE.rows), cells(SIZE.cols), 0);
        Self { child, output, screen, begun, at: begun, _home: home, _master: pair.master }
    }

    /// How long after its start the screen showed it.
    fn when(&mut self, what: &str, holds: impl Fn(&str) -> bool) -> Duration {
        self.when_at(what, holds).duration_since(self.begun)
    }

    /// When the screen showed it.
    fn when_at(&mut self, what: &str, holds: impl Fn(&str) -> bool) -> Instant {
        while !holds(&self.screen.screen().contents()) {
            match self.output.recv_timeout(DEADLINE) {
                Ok((at, bytes)) => {
                    self.screen.process(&bytes);
                    self.at = at;
                }
                Err(error) => panic!("waited for {what} ({error}):\n{}", self.screen.screen().contents()),
            }
        }
        self.at
    }

    /// The first line of the screen.
    fn header(&self) -> String {
        self.screen.screen().contents().lines().next().unwrap_or_default().trim().to_owned()
    }

    /// A line of what the system knows of the process, in KiB; 0 where it does not tell it this way.
    fn memory(&self, name: &str) -> u64 {
        let id = self.child.process_id().unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
    }
}

impl Drop for Explorer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The cluster, through kubectl.
struct Cluster {
    kubeconfig: PathBuf,
    proxy: Child,
    port: u16,
}

impl Cluster {
    fn prepare(kubeconfig: &Path) -> Self {
        kubectl(kubeconfig, &["apply", "--server-side", "--force-conflicts", "-f", "-"], WORLD);
        let mut proxy = Command::new("kubectl");
        proxy.arg("--kubeconfig").arg(kubeconfig).args(["proxy", "--port=0"]).stdout(Stdio::piped());
        let mut proxy = proxy.spawn().expect("kubectl is on the PATH");
        let mut line = String::new();
        BufReader::new(proxy.stdout.take().expect("its output")).read_line(&mut line).expect("where it listens");
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let cluster = Self { kubeconfig: kubeconfig.to_owned(), proxy, port };
        cluster.go_to("one");
        cluster
    }

    /// Sends the route to a Service; comes back when the server has taken it.
    fn go_to(&self, service: &str) {
        let body = format!(r#"{{"spec":{{"rules":[{{"backendRefs":[{{"name":"{service}","port":80}}]}}]}}}}"#);
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("kubectl proxy");
        let request = format!(
            "PATCH {ROUTE} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Content-Type: application/merge-patch+json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("kubectl proxy takes it");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
        kubectl(&self.kubeconfig, &["delete", "--wait=false", "-f", "-"], WORLD);
        // Where no controller runs that would end the namespace, it is ended here.
        let end = r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "routescope-bench"}}"#;
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig).stdin(Stdio::piped());
        command.args(["replace", "--raw", "/api/v1/namespaces/routescope-bench/finalize", "-f", "-"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if let Ok(mut child) = command.spawn() {
            let _ = child.stdin.take().map(|mut stdin| stdin.write_all(end.as_bytes()));
            let _ = child.wait();
        }
    }
}

fn kubectl(kubeconfig: &Path, arguments: &[&str], input: &str) {
    let mut command = Command::new("kubectl");
    command.arg("--kubeconfig").arg(kubeconfig).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().expect("kubectl is on the PATH");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("kubectl reads");
    assert!(child.wait().expect("it ends").success(), "kubectl {arguments:?}");
}
