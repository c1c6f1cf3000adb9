//! A real API server, as the environment names it, and what a test does to it: kubectl as its administrator, the program
//! under test as any of its users. One test at a time: they share the server.

mod proxy;
mod watching;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use routescope_cluster::guard::READABLE;
use serde_json::{Value, json};

pub use proxy::Proxy;
pub use watching::Watching;

/// The kubeconfig of the administrator. Beside it: `reader.kubeconfig`, `limited.kubeconfig` and `nobody.kubeconfig`.
pub const KUBECONFIG: &str = "ROUTESCOPE_TEST_KUBECONFIG";
/// The folder of `start.sh`, `stop.sh` and `flood.py`, for tests that need the server stopped and started.
pub const SCRIPTS: &str = "ROUTESCOPE_TEST_SERVER_SCRIPTS";
/// A shell command that has the server's store forget what was before.
pub const COMPACT: &str = "ROUTESCOPE_TEST_COMPACT";
/// The server's audit log, at the level `Metadata`.
pub const AUDIT_LOG: &str = "ROUTESCOPE_TEST_AUDIT_LOG";

/// What our requests are known by in the audit log.
const USER_AGENT: &str = concat!("routescope/", env!("CARGO_PKG_VERSION"));

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What is there before a test, and is gone after it.
pub const WORLD: &str = include_str!("world.yaml");
/// The namespaces of [`WORLD`].
pub const NAMESPACES: [&str; 3] = ["routescope-front", "routescope-shop", "routescope-vault"];

/// What these tests put into namespaces, the routes first.
const KINDS: [&str; 7] = [
    "/apis/gateway.networking.k8s.io/v1/namespaces/NAMESPACE/httproutes",
    "/apis/gateway.networking.k8s.io/v1/namespaces/NAMESPACE/gateways",
    "/apis/gateway.kgateway.dev/v1alpha1/namespaces/NAMESPACE/trafficpolicies",
    "/apis/discovery.k8s.io/v1/namespaces/NAMESPACE/endpointslices",
    "/api/v1/namespaces/NAMESPACE/services",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/roles",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/rolebindings",
];

/// The server, for the time of one test.
pub struct Real {
    folder: PathBuf,
    admin: PathBuf,
    audited: usize,
    /// Flags of a server that a test started otherwise.
    otherwise: bool,
    made: Vec<(String, &'static [&'static str])>,
    pub home: tempfile::TempDir,
    _one: MutexGuard<'static, ()>,
}

/// Exit code, standard output and standard error of the program.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Says on the real standard error (not the one that a test runner keeps for itself) that a test is skipped.
fn skip(test: &str, variable: &str) {
    let _ = writeln!(std::io::stderr(), "{test}: skipped: {variable} is not set");
}

impl Real {
    /// The server with [`WORLD`] in it; `None`, and a line that says so, where there is none to test against.
    #[track_caller]
    pub fn with_world(test: &str) -> Option<Self> {
        let mut real = Self::of(test)?;
        for namespace in NAMESPACES {
            real.namespace(namespace);
        }
        real.apply(WORLD);
        Some(real)
    }

    /// The same, for a test that also starts and stops the server.
    #[track_caller]
    pub fn with_scripts(test: &str) -> Option<Self> {
        if std::env::var_os(KUBECONFIG).is_some() && std::env::var_os(SCRIPTS).is_none() {
            skip(test, SCRIPTS);
            return None;
        }
        Self::with_world(test)
    }

    fn of(test: &str) -> Option<Self> {
        let Some(admin) = std::env::var_os(KUBECONFIG) else {
            skip(test, KUBECONFIG);
            return None;
        };
        let one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let admin = std::path::absolute(admin).expect("a path");
        let folder = admin.parent().expect("a folder").to_owned();
        let audited = audit_log().map_or(0, |log| log.len());
        let home = tempfile::tempdir().expect("a folder");
        Some(Self { folder, admin, audited, otherwise: false, made: Vec::new(), home, _one: one })
    }

    /// The kubeconfig of a user.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        if user == "admin" { self.admin.clone() } else { self.folder.join(format!("{user}.kubeconfig")) }
    }

    /// The program, as `user`.
    pub fn command(&self, user: &str, arguments: &[&str]) -> Command {
        self.command_with(&self.kubeconfig(user), arguments)
    }

    /// The program, with a kubeconfig.
    pub fn command_with(&self, kubeconfig: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
        command.env_clear().env("KUBECONFIG", kubeconfig).current_dir(self.home.path()).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program to its end, as `user`.
    pub fn run(&self, user: &str, arguments: &[&str]) -> Ran {
        let output = self.command(user, arguments).output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let code = output.status.code().expect("an exit code");
        Ran { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Where a URL goes, as `user`: `Service namespace/name:port`, or the outcome.
    pub fn goes(&self, user: &str, url: &str, more: &[&str]) -> String {
        goes(&self.run(user, &[&["where", url, "-o", "jsonl"], more].concat()).json())
    }

    /// kubectl, as the administrator.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> String {
        let (succeeded, out, err) = self.try_kubectl(arguments, input);
        assert!(succeeded, "kubectl {arguments:?}: {err}");
        out
    }

    /// Calls kubectl until it succeeds.
    #[track_caller]
    pub fn insist_kubectl(&self, arguments: &[&str], input: &str) {
        let begun = Instant::now();
        loop {
            match self.try_kubectl(arguments, input) {
                (true, ..) => return,
                (.., err) => assert!(begun.elapsed() < watching::PATIENCE, "kubectl {arguments:?}: {err}"),
            }
        }
    }

    fn try_kubectl(&self, arguments: &[&str], input: &str) -> (bool, String, String) {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.admin).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("kubectl is on the PATH");
        let mut stdin = child.stdin.take().expect("its input");
        let text = input.to_owned();
        let writes = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().expect("kubectl ends");
        let _ = writes.join();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    /// Creates or changes objects.
    #[track_caller]
    pub fn apply(&self, yaml: &str) {
        self.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", "-"], yaml);
    }

    /// Creates a namespace, which is gone after the test with everything in it.
    #[track_caller]
    pub fn namespace(&mut self, name: &str) {
        self.clear(name, &KINDS);
        self.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: {name} }}\n"));
        self.made.push((name.to_owned(), &KINDS));
    }

    /// Notes a namespace that something else creates, with `HTTPRoutes` in it.
    pub fn will_clear(&mut self, name: String) {
        self.made.push((name, &KINDS[..1]));
    }

    /// Deletes a namespace and what is in it. Where no controller runs that would do the latter, it is done here.
    fn clear(&self, name: &str, kinds: &[&str]) {
        let (exists, ..) = self.try_kubectl(&["get", "namespace", name], "");
        if !exists {
            return;
        }
        for kind in kinds {
            self.try_kubectl(&["delete", "--raw", &kind.replace("NAMESPACE", name)], "");
        }
        self.try_kubectl(&["delete", "namespace", name, "--wait=false"], "");
        let end =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {"finalizers": []}});
        let path = format!("/api/v1/namespaces/{name}/finalize");
        self.try_kubectl(&["replace", "--raw", &path, "-f", "-"], &end.to_string());
    }

    /// Runs one of the scripts.
    #[track_caller]
    pub fn script(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let folder = std::env::var_os(SCRIPTS).expect("a folder of scripts");
        let path = Path::new(&folder).join(name);
        let mut command = if path.extension().is_some_and(|extension| extension == "py") {
            let mut python = Command::new("python3");
            python.arg(path);
            python
        } else {
            Command::new(path)
        };
        command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
        let output = command.output().unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name} {arguments:?}: {text}");
        text
    }

    /// Stops the API server; what it keeps stays.
    pub fn stop_server() {
        Self::script("stop.sh", &["kube-apiserver"], &[]);
    }

    /// Has the store forget what was before, where there is a command for that.
    #[track_caller]
    pub fn compact() {
        let Some(command) = std::env::var_os(COMPACT) else {
            let _ = writeln!(std::io::stderr(), "the store is not compacted: {COMPACT} is not set");
            return;
        };
        let status = Command::new("sh").arg("-c").arg(command).stdout(Stdio::null()).status();
        assert!(status.expect("a shell").success(), "{COMPACT} failed");
    }

    /// Starts it again, as it was started.
    pub fn start_server(&mut self) {
        Self::script("start.sh", &[], &[]);
        self.otherwise = false;
    }

    /// Stops it and starts it with more flags, until the test is over.
    pub fn restart_with(&mut self, flags: &str) {
        Self::stop_server();
        let usual = std::env::var("EXTRA").unwrap_or_default();
        self.otherwise = true;
        Self::script("start.sh", &[], &[("EXTRA", &format!("{usual} {flags}"))]);
    }

    /// Every request of ours since the test began, once each, as the audit log has it. `None` without a log.
    pub fn audit(&self) -> Option<Vec<Value>> {
        let log = audit_log()?;
        let lines = log[self.audited..].lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ours = lines.filter(|event| event["userAgent"] == USER_AGENT);
        // A watch is told of when it begins, and when it ends.
        let mut by_request: BTreeMap<String, Value> = BTreeMap::new();
        for event in ours {
            by_request.insert(event["auditID"].to_string(), event);
        }
        Some(by_request.into_values().collect())
    }

    /// What every test holds in the end: nothing but reading was sent, of nothing but what routing reads.
    #[track_caller]
    pub fn assert_read_only(&self) {
        let Some(events) = self.audit() else { return };
        assert!(!events.is_empty(), "the audit log holds no request of {USER_AGENT}");
        for event in &events {
            let verb = event["verb"].as_str().unwrap_or_default();
            assert!(["get", "list", "watch"].contains(&verb), "{event}");
            let of = &event["objectRef"];
            let (group, plural) = (of["apiGroup"].as_str().unwrap_or_default(), of["resource"].as_str());
            assert!(of["subresource"].is_null(), "{event}");
            if let Some(plural) = plural {
                assert!(READABLE.contains(&(group, plural)), "{event}");
            } else {
                let path = event["requestURI"].as_str().unwrap_or_default();
                assert!(path == "/version" || path.starts_with("/api"), "{event}");
            }
        }
    }
}

fn audit_log() -> Option<String> {
    let path = std::env::var_os(AUDIT_LOG)?;
    Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", Path::new(&path).display())))
}

impl Drop for Real {
    fn drop(&mut self) {
        if self.otherwise && !std::thread::panicking() {
            Self::stop_server();
            self.start_server();
        }
        for (name, kinds) in &self.made {
            self.clear(name, kinds);
        }
    }
}

/// Where the first answer of a line of `where -o jsonl` goes.
pub fn goes(line: &Value) -> String {
    let Some(answer) = line["answers"].as_array().and_then(|answers| answers.first()) else {
        return "no answer".to_owned();
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match answer["destinations"].as_array().and_then(|all| all.first()) {
        Some(to) => format!("{}/{}:{}", text(&to["namespace"]), text(&to["name"]), to["port"]),
        None => text(&answer["outcome"]),
    }
}
