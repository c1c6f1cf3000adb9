//! Connecting to a cluster: which server is asked, with which credentials, and what is said when that fails. The servers
//! live in the test's process, on loopback; the environment is data.

use crate::support::connect_server as server;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{Method, Request};
use routescope_cluster::connect::{Environment, contexts_in};
use routescope_cluster::guard::CHANNEL_CRD;
use routescope_cluster::kinds::KINDS;
use routescope_cluster::{Cluster, Connection};
use routescope_manifest::SourceError;
use serde_json::Value;
use server::{Authority, Identity, Server, Speech, VERSION, ok};
use tempfile::TempDir;

/// A folder with a kubeconfig of one context, `main`, whose cluster and user are these.
struct Home(TempDir);

impl Home {
    fn new(cluster: &str, user: &str) -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        home.write("config", &kubeconfig("main", cluster, user));
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    /// A program of the user's, which leaves a line in `runs` each time.
    #[cfg(unix)]
    fn program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.write(name, &format!("#!/bin/sh\necho run >> '{}'\n{script}\n", self.path("runs").display()));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).expect("a program");
    }

    fn connection(&self) -> Connection {
        Connection { kubeconfig: Some(self.path("config")), ..Connection::default() }
    }

    /// What is said when connecting fails: the line, and the hint.
    #[track_caller]
    fn failure(&self) -> String {
        self.without_paths(connect(&self.connection()).map(|_| ()).expect_err("a failure"))
    }

    fn without_paths(&self, SourceError { message, hint }: SourceError) -> String {
        let text = format!("{message}\n{}", hint.expect("a hint"));
        assert_eq!(text.lines().count(), 2, "{text}");
        text.replace(self.0.path().to_str().expect("UTF-8"), "HOME")
    }
}

fn kubeconfig(name: &str, cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {name}\n\
         contexts:\n- {{name: {name}, context: {{cluster: {name}, user: {name}}}}}\n\
         clusters:\n- {{name: {name}, cluster: {{{cluster}}}}}\n\
         users:\n- {{name: {name}, user: {{{user}}}}}\n"
    )
}

fn connect_in(connection: &Connection, environment: &Environment) -> Result<Cluster, SourceError> {
    runtime().block_on(Cluster::connect_in(connection, environment))
}

fn connect(connection: &Connection) -> Result<Cluster, SourceError> {
    connect_in(connection, &Environment::default())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn at(server: &Server) -> String {
    format!("server: 'http://127.0.0.1:{}'", server.port)
}

fn secure(server: &Server) -> String {
    format!("server: 'https://127.0.0.1:{}'", server.port)
}

/// A server that takes the certificates of `clients`, and a kubeconfig that shows it `client` from files beside it.
fn mutual(clients: Authority, client: &Identity) -> (Server, Home) {
    let authority = Authority::new("servers");
    let pem = authority.pem();
    let server = Server::kind(Speech::Mutual(authority.sign(&["127.0.0.1"]), Box::new(clients)));
    let home = Home::new(
        &format!("{}, certificate-authority: ca.pem", secure(&server)),
        "client-certificate: me.pem, client-key: me.key",
    );
    home.write("ca.pem", &pem);
    home.write("me.pem", &client.certificate);
    home.write("me.key", &client.key);
    (server, home)
}

/// A message with the server's port taken out.
fn without_port(server: &Server, text: &str) -> String {
    text.replace(&server.port.to_string(), "PORT")
}

#[test]
fn a_token_is_sent_and_the_version_comes_back() {
    let server = Server::kind(Speech::Plain);
    let home = Home::new(&at(&server), "token: abc");
    let cluster = connect(&home.connection()).expect("a cluster");
    assert_eq!(server.header("authorization"), ["Bearer abc"]);
    assert_eq!(server.header("user-agent"), [concat!("routescope/", env!("CARGO_PKG_VERSION"))]);
    assert_eq!((cluster.context.as_str(), cluster.namespace.as_str()), ("main", "default"));
    assert_eq!(cluster.version.as_deref(), Some("v1.36.0"));
}

#[test]
fn a_token_file_may_end_its_line_and_is_read_again_when_it_is_refused() {
    let server = Server::start(Speech::Plain, |head| {
        let token = if head.contains("/version") { "Bearer old" } else { "Bearer new" };
        if head.ends_with(token) || head.contains(&format!("{token}\r\n")) {
            ok(VERSION)
        } else {
            ("401 Unauthorized".to_owned(), String::new())
        }
    });
    let home = Home::new(&at(&server), "tokenFile: token");
    home.write("token", "old\n");
    runtime().block_on(async {
        let cluster = Cluster::connect_in(&home.connection(), &Environment::default()).await.expect("a cluster");
        home.write("token", "new\n");
        let request = Request::get("/api/v1/namespaces").body(Vec::new()).expect("a request");
        cluster.client.request_text(request).await.expect("an answer to the new token");
    });
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_token_that_cannot_be_sent_is_told_and_not_shown() {
    for (user, what) in [
        ("token: \"CANARY\\n\"", "a line end"),
        ("token: \"CAN\\r\\nARY\"", "a line end"),
        ("token: \"CANARY\\u0001\"", "a character that no request can carry"),
        ("auth-provider: {name: oidc, config: {id-token: \"CANARY\\n\"}}", "a line end"),
    ] {
        let said = Home::new("server: 'http://127.0.0.1:1'", user).failure();
        assert!(said.starts_with(&format!("cannot use the token of the user main: it contains {what}\n")), "{said}");
        assert!(!said.contains("CAN"), "{said}");
    }
    let home = Home::new("server: 'http://127.0.0.1:1'", "tokenFile: token");
    home.write("token", "CAN\nARY\n");
    assert!(home.failure().starts_with("cannot use the token of the user main: it contains a line end\n"));
    let home = Home::new("server: 'http://127.0.0.1:1'", "token: abc");
    for wrong in ["a\nb", "\u{7}"] {
        let connection = Connection { user: Some(wrong.to_owned()), ..home.connection() };
        let said = home.without_paths(connect(&connection).map(|_| ()).expect_err("no such name"));
        assert!(said.starts_with("cannot act as ") && said.contains("no request can carry that name"), "{said}");
    }
}

#[test]
fn a_kubeconfig_of_odd_bytes_is_an_error_and_not_a_panic() {
    let home = Home::new("server: 'http://127.0.0.1:1'", "token: abc");
    let fits = fs::read(home.path("config")).expect("a kubeconfig");
    let mut odd: Vec<Vec<u8>> = vec![
        vec![0xff, 0xfe, b'a'],
        vec![0xfe, 0xff, b'a'],
        vec![0xff, 0xfe, 0x00, 0xd8],
        vec![0xef, 0xbb, 0xbf, 0xff],
        vec![0xff],
        vec![0],
        b"\x1f\x8b\x08\0".to_vec(),
    ];
    odd.extend((0..=255).map(|byte| vec![byte, b':', byte]));
    odd.push(b"a: &a [x]\nb: [*a".to_vec());
    odd.push("[".repeat(100_000).into_bytes());
    for bytes in odd {
        fs::write(home.path("config"), &bytes).expect("a file");
        let SourceError { message, hint } = connect(&home.connection()).map(|_| ()).expect_err("no kubeconfig");
        assert!(hint.is_some() && !message.is_empty(), "{bytes:?}");
    }
    // With a byte order mark it is one, and in UTF-16, too.
    let text = String::from_utf8(fits.clone()).expect("text");
    let wide = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in [[&[0xef, 0xbb, 0xbf], fits.as_slice()].concat(), wide] {
        fs::write(home.path("config"), bytes).expect("a file");
        assert!(home.failure().contains("refused the connection"));
    }
}

#[test]
fn files_that_do_not_end_are_not_read_to_the_end() {
    if !Path::new("/dev/zero").exists() {
        return;
    }
    let home = Home::new("server: 'http://127.0.0.1:1'", "token: abc");
    let connection = Connection { kubeconfig: Some("/dev/zero".into()), ..Connection::default() };
    let error = connect(&connection).map(|_| ()).expect_err("no kubeconfig");
    assert_eq!(error.message, "cannot read kubeconfig /dev/zero: it has more than 8 MiB");
    drop(home);
    for user in ["tokenFile: /dev/zero", "client-certificate: /dev/zero, client-key: /dev/zero"] {
        let said = Home::new("server: 'http://127.0.0.1:1'", user).failure();
        assert!(said.contains("of the user main, /dev/zero: it has more than 1 MiB"), "{said}");
    }
    let cluster = "server: 'https://127.0.0.1:1', certificate-authority: /dev/zero";
    let said = Home::new(cluster, "token: abc").failure();
    assert!(said.contains("of the cluster main, /dev/zero: it has more than 1 MiB"), "{said}");
}

#[test]
fn user_and_password_of_the_server_s_address_are_sent_and_not_shown() {
    let server = Server::kind(Speech::Plain);
    let home =
        Home::new(&format!("server: 'http://me:p%40ss@127.0.0.1:{}'", server.port), "{}".trim_matches(['{', '}']));
    let cluster = connect(&home.connection()).expect("a cluster");
    assert_eq!(server.header("authorization"), ["Basic bWU6cEBzcw=="]);
    assert_eq!(cluster.server, format!("http://127.0.0.1:{}", server.port));
    let contexts = contexts_in(Some(&home.path("config")), &Environment::default()).expect("contexts");
    assert_eq!(contexts[0].server, Some(cluster.server));
}

#[test]
fn a_busy_server_is_asked_again() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(Speech::Plain, move |_| match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => ("429 Too Many Requests\r\nRetry-After: 0".to_owned(), String::new()),
        _ => ok(VERSION),
    });
    connect(&Home::new(&at(&server), "token: abc").connection()).expect("a cluster");
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn names_of_files_count_from_the_kubeconfig_s_folder() {
    let clients = Authority::new("clients");
    let client = clients.sign(&["me"]);
    let (server, home) = mutual(clients, &client);
    connect(&home.connection()).expect("a cluster that knows the client by its certificate");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_server_says_that_it_wants_another_client_certificate() {
    let client = Authority::new("others").sign(&["me"]);
    let (server, home) = mutual(Authority::new("clients"), &client);
    let said = without_port(&server, &home.failure());
    assert!(said.contains("https://127.0.0.1:PORT does not take the client certificate of the user main: "), "{said}");
}

#[test]
fn who_is_impersonated_is_told_to_the_server() {
    let server = Server::kind(Speech::Plain);
    let home = Home::new(&at(&server), "token: abc");
    let groups = vec!["a".to_owned(), "b".to_owned()];
    connect(&Connection { user: Some("bob".to_owned()), groups: groups.clone(), ..home.connection() })
        .expect("a cluster");
    assert_eq!(server.header("impersonate-user"), ["bob"]);
    assert_eq!(server.header("impersonate-group"), ["a", "b"]);
    let alone = connect(&Connection { groups, ..home.connection() }).map(|_| ()).expect_err("a group without a user");
    assert_eq!(home.without_paths(alone), "cannot act as a member of a group without acting as a user\ngive --as, too");
}

#[test]
fn files_are_merged_the_first_one_counting_and_absent_ones_not() {
    let server = Server::kind(Speech::Plain);
    let home = Home::new("server: 'http://127.0.0.1:1'", "token: second");
    home.write(
        "first",
        &format!(
            "current-context: both\ncontexts: [{{name: both, context: {{cluster: here, user: main, namespace: shop}}}}]\n\
             clusters: [{{name: here, cluster: {{{}}}}}]\n",
            at(&server)
        ),
    );
    let files = vec![home.path("absent"), home.path("first"), home.path("config")];
    let environment = Environment { kubeconfig: Some(files), ..Environment::default() };
    let cluster = connect_in(&Connection::default(), &environment).expect("a cluster");
    assert_eq!((cluster.context.as_str(), cluster.namespace.as_str()), ("both", "shop"));
    assert_eq!(server.header("authorization"), ["Bearer second"]);
    let contexts = contexts_in(None, &environment).expect("contexts");
    let contexts: Vec<_> = contexts.iter().map(|entry| (entry.name.as_str(), entry.current)).collect();
    assert_eq!(contexts, [("both", true), ("main", false)]);
}

#[test]
fn the_home_folder_s_kubeconfig_is_the_default() {
    let server = Server::kind(Speech::Plain);
    let home = tempfile::tempdir().expect("a folder");
    fs::create_dir(home.path().join(".kube")).expect("a folder");
    fs::write(home.path().join(".kube/config"), kubeconfig("mine", &at(&server), "token: abc")).expect("a file");
    let environment = Environment { home: Some(home.path().to_owned()), ..Environment::default() };
    assert_eq!(connect_in(&Connection::default(), &environment).expect("a cluster").context, "mine");
}

#[test]
fn a_pod_uses_its_own_account_where_there_is_no_kubeconfig() {
    let authority = Authority::new("servers");
    let pem = authority.pem();
    let server = Server::kind(Speech::Tls(authority.sign(&["127.0.0.1"])));
    let account = tempfile::tempdir().expect("a folder");
    for (name, text) in [("token", "pod\n"), ("ca.crt", pem.as_str()), ("namespace", "tools")] {
        fs::write(account.path().join(name), text).expect("a file");
    }
    let environment = Environment {
        service: Some(("127.0.0.1".to_owned(), server.port.to_string())),
        account: account.path().to_owned(),
        ..Environment::default()
    };
    let cluster = connect_in(&Connection::default(), &environment).expect("a cluster");
    assert_eq!((cluster.context.as_str(), cluster.namespace.as_str()), ("in-cluster", "tools"));
    assert_eq!(server.header("authorization"), ["Bearer pod"]);
}

#[test]
fn the_real_program_reads_kubeconfig_from_the_environment() {
    let home = Home::new("server: 'http://127.0.0.1:1'", "token: abc");
    home.write("other", "current-context: main\n");
    let files = std::env::join_paths([home.path("other"), home.path("config")]).expect("a list");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_routescope"))
        .arg("tree")
        .env("KUBECONFIG", files)
        .output()
        .expect("the binary");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: cannot connect to the cluster (context main): http://127.0.0.1:1 refused the connection\n\
         hint: is the cluster running, and the port right? --context chooses another cluster\n"
    );
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(unix)]
mod plugins {
    use super::*;

    const EXEC: &str = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a], interactiveMode: Never, \
                        provideClusterInfo: true}";

    fn answer(status: &str) -> String {
        format!(
            "echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{{{status}}}}}'"
        )
    }

    #[test]
    fn a_plugin_runs_once_and_is_told_of_the_cluster() {
        let server = Server::kind(Speech::Plain);
        let home = Home::new(&at(&server), EXEC);
        let told = home.path("told");
        home.program(
            "plugin",
            &format!("echo \"$1 $KUBERNETES_EXEC_INFO\" > '{}'\n{}", told.display(), answer("\"token\":\"t\"")),
        );
        connect(&home.connection()).expect("a cluster");
        assert_eq!(server.header("authorization"), ["Bearer t"]);
        assert_eq!(fs::read_to_string(home.path("runs")).expect("runs"), "run\n");
        let told = fs::read_to_string(told).expect("what it was told");
        let info: Value = serde_json::from_str(told.strip_prefix("a ").expect("its argument")).expect("JSON");
        assert_eq!(info["spec"]["interactive"], false);
        assert_eq!(info["spec"]["cluster"]["server"], format!("http://127.0.0.1:{}", server.port));
    }

    #[test]
    fn a_plugin_may_give_a_client_certificate() {
        let (authority, clients) = (Authority::new("servers"), Authority::new("clients"));
        let client = clients.sign(&["me"]);
        let pem = authority.pem();
        let server = Server::kind(Speech::Mutual(authority.sign(&["127.0.0.1"]), Box::new(clients)));
        let home = Home::new(&format!("{}, certificate-authority: ca.pem", secure(&server)), EXEC);
        home.write("ca.pem", &pem);
        let json = |text: &str| serde_json::to_string(text).expect("JSON");
        let status =
            format!("\"clientCertificateData\":{},\"clientKeyData\":{}", json(&client.certificate), json(&client.key));
        home.program(
            "plugin",
            &format!("cat <<'END'\n{}\nEND", answer(&status).trim_start_matches("echo '").trim_end_matches('\'')),
        );
        connect(&home.connection()).expect("a cluster that knows the client by its certificate");
    }

    #[test]
    fn a_process_that_a_plugin_leaves_behind_is_not_waited_for() {
        let server = Server::kind(Speech::Plain);
        let home = Home::new(&at(&server), EXEC);
        // It ends with the test's folder, long after the plugin.
        let wait = format!("(while [ -e '{}' ]; do sleep 1; done) &", home.path("config").display());
        home.program("plugin", &format!("{wait}\n{}", answer("\"token\":\"t\"")));
        connect(&home.connection()).expect("a cluster");
        assert_eq!(server.header("authorization"), ["Bearer t"]);
    }

    #[test]
    fn a_plugin_s_output_has_an_end() {
        let home = Home::new("server: 'http://127.0.0.1:1'", EXEC);
        home.program("plugin", "exec yes x");
        let said = home.failure();
        assert!(said.contains("its output has more than 1 MiB"), "{said}");
        // What it complains of may be longer, and only the end of it counts.
        home.program("plugin", "yes x | head -c 3000000 >&2; echo the end >&2; exit 1");
        let said = home.failure();
        assert!(said.contains("x x the end (exit code 1)") && said.len() < 1000, "{said}");
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_told() {
        for (token, what) in
            [("a\\nb", "a line end"), ("abc\\n", "a line end"), ("a\\u0007b", "a character that no request can carry")]
        {
            let home = Home::new("server: 'http://127.0.0.1:1'", EXEC);
            home.program(
                "plugin",
                &format!(
                    "cat <<'END'\n{}\nEND",
                    answer(&format!("\"token\":\"{token}\"")).trim_start_matches("echo '").trim_end_matches('\'')
                ),
            );
            let said = home.failure();
            assert!(
                said.starts_with(&format!("cannot use the token of the user main: it contains {what}\n")),
                "{said}"
            );
        }
    }

    #[test]
    fn a_plugin_that_fails_is_told_with_its_words() {
        let home = Home::new("server: 'http://127.0.0.1:1'", EXEC);
        home.program(
            "plugin",
            "echo 'Error: not signed in' >&2; echo 'token eyJhbGciOiJSUzI1NiIsImtpZCI6' >&2; exit 3",
        );
        assert_eq!(
            home.failure(),
            "cannot get credentials for the user main from the plugin `HOME/./plugin`: Error: not signed in token … (exit code 3)\n\
             sign in where the plugin can ask (`kubectl version` runs HOME/./plugin, too), then try again"
        );
    }

    #[test]
    fn a_plugin_that_is_not_there_is_told_with_how_to_install_it() {
        let exec = "exec: {command: no-such-plugin, installHint: 'brew install it'}";
        let home = Home::new("server: 'http://127.0.0.1:1'", exec);
        assert_eq!(
            home.failure(),
            "cannot get credentials for the user main from the plugin `no-such-plugin`: no such program\nbrew install it"
        );
    }

    #[test]
    fn a_plugin_of_another_version_or_without_an_answer_is_told_as_that() {
        let home = Home::new("server: 'http://127.0.0.1:1'", EXEC);
        home.program(
            "plugin",
            "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":{\"token\":\"t\"}}'",
        );
        assert_eq!(
            home.failure(),
            "cannot get credentials for the user main from the plugin `HOME/./plugin`: it speaks \
             client.authentication.k8s.io/v1beta1, the kubeconfig asks for client.authentication.k8s.io/v1\n\
             set `apiVersion` of the user main to what the plugin speaks, or update it"
        );
        home.program("plugin", "echo 's3cret: [not an answer'");
        let said = home.failure();
        assert!(said.contains("its output is not an ExecCredential") && !said.contains("s3cret"), "{said}");
        home.program("plugin", &answer(""));
        assert!(home.failure().contains("it gave neither a token nor a certificate"));
    }

    #[test]
    fn a_plugin_that_must_ask_is_not_run_where_it_cannot() {
        let exec = "exec: {command: ./plugin, interactiveMode: Always}";
        let home = Home::new("server: 'http://127.0.0.1:1'", exec);
        home.program("plugin", &answer("\"token\":\"t\""));
        assert!(home.failure().contains("it must ask on the terminal, which it cannot now"));
        assert!(!home.path("runs").exists());
    }
}

#[test]
fn requests_go_through_the_cluster_s_proxy() {
    let authority = Authority::new("servers");
    let pem = authority.pem();
    let server = Server::kind(Speech::Tls(authority.sign(&["127.0.0.1"])));
    let proxy = Server::proxy(None);
    let cluster =
        format!("{}, certificate-authority: ca.pem, proxy-url: 'http://127.0.0.1:{}'", secure(&server), proxy.port);
    let home = Home::new(&cluster, "token: abc");
    home.write("ca.pem", &pem);
    connect(&home.connection()).expect("a cluster");
    assert!(proxy.seen()[0].starts_with(&format!("CONNECT 127.0.0.1:{} ", server.port)), "{:?}", proxy.seen());
    assert!(!proxy.seen()[0].contains("abc"), "the token is the server's alone");
}

#[test]
fn a_proxy_that_does_not_help_is_named_without_its_password() {
    for (refusal, why) in [
        (Some("407 Proxy Authentication Required"), "it wants a name and a password (407)"),
        (Some("502 Bad Gateway"), "it did not open a way to the server"),
    ] {
        let proxy = Server::proxy(refusal);
        let cluster = format!(
            "server: 'https://10.0.0.1', insecure-skip-tls-verify: true, proxy-url: 'http://me:s3cret@127.0.0.1:{}'",
            proxy.port
        );
        let home = Home::new(&cluster, "token: abc");
        assert_eq!(
            without_port(&proxy, &home.failure()),
            format!(
                "cannot connect to the cluster (context main): proxy http://127.0.0.1:PORT failed: {why}\n\
                 check proxy-url of the cluster, or HTTPS_PROXY and NO_PROXY"
            )
        );
    }
    let home = Home::new(
        "server: 'https://10.0.0.1', insecure-skip-tls-verify: true, proxy-url: 'http://127.0.0.1:1'",
        "token: abc",
    );
    assert!(home.failure().contains("the proxy http://127.0.0.1:1 refused the connection"), "{}", home.failure());
}

#[test]
fn a_certificate_is_held_against_its_authority_its_names_and_the_time() {
    let authority = Authority::new("servers");
    let pem = authority.pem();
    let check = |identity, more: &str, expected: &str| {
        let server = Server::kind(Speech::Tls(identity));
        let home = Home::new(&format!("{}, {more}", secure(&server)), "token: abc");
        home.write("ca.pem", &pem);
        home.write("other.pem", &Authority::new("others").pem());
        let said = match connect(&home.connection()) {
            Ok(_) => "connected".to_owned(),
            Err(error) => without_port(&server, &home.without_paths(error)),
        };
        assert_eq!(said, expected);
    };
    let at = "cannot connect to the cluster (context main): the certificate of https://127.0.0.1:PORT";
    let ca = "certificate-authority: ca.pem";
    check(authority.sign(&["127.0.0.1"]), ca, "connected");
    check(
        authority.sign(&["127.0.0.1"]),
        "certificate-authority: other.pem",
        &format!(
            "{at} is signed by an unknown authority\nname it with certificate-authority (--certificate-authority FILE)"
        ),
    );
    check(
        authority.sign(&["api.example.com"]),
        ca,
        &format!("{at} is for api.example.com\nuse one of its names as the server, or name it with --tls-server-name"),
    );
    check(authority.sign(&["api.example.com"]), &format!("{ca}, tls-server-name: api.example.com"), "connected");
    check(
        authority.sign_until(&["127.0.0.1"], 2020),
        ca,
        &format!("{at} ended (2020-01-01 00:00 UTC)\nrenew it; and is this machine's clock right?"),
    );
    check(authority.sign_until(&["api.example.com"], 2020), "insecure-skip-tls-verify: true", "connected");
}

#[test]
fn options_replace_what_the_kubeconfig_says() {
    let authority = Authority::new("servers");
    let server = Server::kind(Speech::Tls(authority.sign(&["api.example.com"])));
    let home = Home::new("server: 'https://127.0.0.1:1', certificate-authority: absent.pem", "token: abc");
    let connection = Connection {
        server: Some(format!("127.0.0.1:{}", server.port)),
        token: Some("other".to_owned().into()),
        insecure_skip_tls_verify: true,
        ..home.connection()
    };
    connect(&connection).expect("a cluster");
    assert_eq!(server.header("authorization"), ["Bearer other"]);
    home.write("ca.pem", &authority.pem());
    let connection = Connection {
        insecure_skip_tls_verify: false,
        certificate_authority: Some(home.path("ca.pem")),
        tls_server_name: Some("api.example.com".to_owned()),
        ..connection
    };
    connect(&connection).expect("a cluster");
}

#[test]
fn a_server_that_is_not_there_is_one_line_and_a_hint() {
    let home = Home::new("server: 'http://127.0.0.1:1'", "token: abc");
    assert_eq!(
        home.failure(),
        "cannot connect to the cluster (context main): http://127.0.0.1:1 refused the connection\n\
         is the cluster running, and the port right? --context chooses another cluster"
    );
    // No label of a name is that long: the resolver says so without asking anybody.
    let host = "x".repeat(64);
    let home = Home::new(&format!("server: 'http://{host}.example'"), "token: abc");
    assert_eq!(
        home.failure(),
        format!(
            "cannot connect to the cluster (context main): the name of http://{host}.example cannot be resolved\n\
             check the address, the DNS and the network (a VPN)"
        )
    );
    let server = Server::silent();
    let home = Home::new(&at(&server), "token: abc");
    let connection = Connection { request_timeout: Some(Duration::from_millis(50)), ..home.connection() };
    let error = connect(&connection).map(|_| ()).expect_err("no answer");
    assert_eq!(
        without_port(&server, &home.without_paths(error)),
        "cannot connect to the cluster (context main): http://127.0.0.1:PORT gave no answer within 50 ms\n\
         a longer --request-timeout may help; is the network (a VPN) up?"
    );
}

#[test]
fn a_server_that_is_something_else_is_one_line_and_a_hint() {
    let alien = "cannot connect to the cluster (context main): http://127.0.0.1:PORT does not answer as a Kubernetes API server \
                 does\ncheck `server` of the cluster; a sign-in page or a proxy may answer in its place";
    for (status, body) in
        [("200 OK", "<html>Sign in"), ("200 OK", "{}"), ("302 Found", ""), ("404 Not Found", "<html>no")]
    {
        let server = Server::start(Speech::Plain, move |_| (status.to_owned(), body.to_owned()));
        let home = Home::new(&at(&server), "token: abc");
        assert_eq!(without_port(&server, &home.failure()), alien, "{status} {body}");
    }
    let server = Server::kind(Speech::Plain);
    let home = Home::new(&format!("{}, insecure-skip-tls-verify: true", secure(&server)), "token: abc");
    assert_eq!(
        without_port(&server, &home.failure()),
        "cannot connect to the cluster (context main): https://127.0.0.1:PORT does not speak TLS\nis it http://127.0.0.1:PORT?"
    );
    let server = Server::start(Speech::Plain, |_| {
        ("400 Bad Request".to_owned(), "Client sent an HTTP request to an HTTPS server.\n".to_owned())
    });
    let home = Home::new(&at(&server), "token: abc");
    assert_eq!(
        without_port(&server, &home.failure()),
        "cannot connect to the cluster (context main): http://127.0.0.1:PORT wants TLS\nis it https://127.0.0.1:PORT?"
    );
}

#[test]
fn a_refusal_says_who_is_refused() {
    let server = Server::refusing("401 Unauthorized", "Unauthorized");
    let said = |user| without_port(&server, &Home::new(&at(&server), user).failure());
    assert_eq!(
        said("token: abc"),
        "cannot connect to the cluster (context main): http://127.0.0.1:PORT does not accept the credentials of the user main \
         (401)\nsign in again, or get a new kubeconfig"
    );
    // The token says {"exp":1577836800}.
    assert_eq!(
        said("token: e30.eyJleHAiOjE1Nzc4MzY4MDB9.c2ln"),
        "cannot connect to the cluster (context main): the credentials of the user main ended (2020-01-01 00:00 UTC) (401)\n\
         sign in again, or get a new kubeconfig"
    );
    let home = Home::new(&at(&server), "token: abc");
    home.write(
        "config",
        &kubeconfig("main", &at(&server), "token: abc").replace("- {name: main, user", "- {name: other, user"),
    );
    assert_eq!(
        without_port(&server, &home.failure()),
        "cannot connect to the cluster (context main): http://127.0.0.1:PORT does not know who you are (401)\n\
         the context names the user main, which the kubeconfig does not have"
    );
}

#[test]
fn a_server_that_does_not_tell_its_version_is_a_server_all_the_same() {
    let server = Server::refusing("403 Forbidden", "no");
    let home = Home::new(&at(&server), "token: abc");
    assert_eq!(connect(&home.connection()).expect("a cluster").version, None);
}

#[test]
fn a_context_that_is_not_there_brings_the_nearest_to_mind() {
    let home = Home::new("server: 'http://127.0.0.1:1'", "token: abc");
    let said = |name: &str| {
        let connection = Connection { context: Some(name.to_owned()), ..home.connection() };
        home.without_paths(connect(&connection).map(|_| ()).expect_err("no such context"))
    };
    assert_eq!(said("mian"), "no context mian in HOME/config\ndid you mean main?");
    assert_eq!(said("production"), "no context production in HOME/config\nits contexts: main");
    home.write("config", &kubeconfig("main", "", "").replace("current-context: main", "current-context: ''"));
    assert_eq!(
        home.failure(),
        "cannot choose a cluster: HOME/config has no current context\nchoose one with --context: main"
    );
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_told_with_its_place() {
    let home = Home::new("server: 'http://127.0.0.1:1'", "token: abc");
    let mut said = Vec::new();
    for text in [
        "clusters:\n- name: a\n  cluster: {server: x\nusers: []\n",
        "users:\n- name: a\n  user: s3cret\n",
        "kind: Deployment\n",
        "current-context: a\ncontexts: [{name: a, context: {cluster: mian, user: b}}]\nclusters: [{name: main}]\n",
        "current-context: a\ncontexts: [{name: a, context: {cluster: a}}]\nclusters: [{name: a}]\n",
        &kubeconfig("main", "server: 'ftp://x'", ""),
        &kubeconfig("main", "server: 'https://x', certificate-authority: absent.pem", ""),
        &kubeconfig("main", "server: 'https://x', certificate-authority: config", ""),
        &kubeconfig("main", "server: 'https://x', certificate-authority-data: s3cret", ""),
        &kubeconfig("main", "server: 'https://x'", "client-certificate: absent.pem, client-key: absent.key"),
        &kubeconfig("main", "server: 'https://x'", "client-certificate: config"),
        &kubeconfig("main", "server: 'https://x'", "client-certificate: config, client-key: config"),
        &kubeconfig("main", "server: 'https://x'", "tokenFile: absent"),
        &kubeconfig("main", "server: 'https://x', proxy-url: 'ftp://me:s3cret@x'", ""),
        &kubeconfig("main", "server: 'https://x'", "auth-provider: {name: gcp}"),
        &kubeconfig("main", "server: 'https://x'", "auth-provider: {name: azure}"),
        &kubeconfig("main", "server: 'https://x'", "auth-provider: {name: oidc, config: {}}"),
    ] {
        home.write("config", text);
        said.push(home.failure());
    }
    fs::remove_file(home.path("config")).expect("a file");
    said.push(home.failure());
    let said = said.join("\n\n");
    assert!(!said.contains("s3cret"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn nothing_configured_is_said_with_where_was_looked() {
    let home = tempfile::tempdir().expect("a folder");
    let environment = Environment { home: Some(home.path().to_owned()), ..Environment::default() };
    let error = connect_in(&Connection::default(), &environment).map(|_| ()).expect_err("nothing");
    assert_eq!(error.message, format!("no kubeconfig: {} does not exist", home.path().join(".kube/config").display()));
    assert_eq!(
        error.hint.as_deref(),
        Some("set KUBECONFIG or give --kubeconfig; or read manifests: -f FILE|DIR|-, -k DIR, --demo")
    );
}

#[test]
fn nothing_but_reading_is_sent() {
    let server = Server::kind(Speech::Plain);
    let home = Home::new(&at(&server), "token: abc");
    let runtime = runtime();
    runtime.block_on(async {
        let cluster = Cluster::connect_in(&home.connection(), &Environment::default()).await.expect("a cluster");
        let mut said = Vec::new();
        for (method, path) in [
            (Method::POST, "/api/v1/namespaces"),
            (Method::DELETE, "/apis/gateway.networking.k8s.io/v1/namespaces/a/httproutes/b"),
            (Method::GET, "/api/v1/secrets"),
            (Method::GET, "/api/v1/namespaces/a/pods/b/exec"),
        ] {
            let request = Request::builder().method(method).uri(path).body(Vec::new()).expect("a request");
            let error = cluster.client.request_text(request).await.expect_err("refused");
            said.push(cluster.explain("do that", &error).message);
        }
        assert_eq!(
            said,
            [
                "cannot do that (context main): not sent: POST /api/v1/namespaces would not only read",
                "cannot do that (context main): not sent: DELETE /apis/gateway.networking.k8s.io/v1/namespaces/a/httproutes/b \
                 would not only read",
                "cannot do that (context main): not sent: Secrets are never read",
                "cannot do that (context main): not sent: /api/v1/namespaces/a/pods/b/exec is nothing that routing needs",
            ]
        );
    });
    assert_eq!(server.seen().len(), 1, "only the version was asked for");
}

#[test]
fn what_fails_later_is_told_as_clearly() {
    let server = Server::start(Speech::Plain, |head| {
        let status = |code: &str, message: &str| {
            let body = format!(r#"{{"kind":"Status","status":"Failure","code":{},"message":"{message}"}}"#, &code[..3]);
            (code.to_owned(), body)
        };
        match head.split(' ').nth(1).unwrap_or_default() {
            "/version" => ok(VERSION),
            "/api/v1/services" => {
                status("403 Forbidden", "services is forbidden: User u cannot list resource services")
            }
            "/apis/gateway.networking.k8s.io/v1/gateways" => {
                ("404 Not Found".to_owned(), "404 page not found".to_owned())
            }
            _ => status("503 Service Unavailable", "etcd is not there"),
        }
    });
    let home = Home::new(&at(&server), "token: abc");
    runtime().block_on(async {
        let cluster = Cluster::connect_in(&home.connection(), &Environment::default()).await.expect("a cluster");
        let mut said = Vec::new();
        for path in ["/api/v1/services", "/apis/gateway.networking.k8s.io/v1/gateways", "/api/v1/namespaces"] {
            let request = Request::get(path).body(Vec::new()).expect("a request");
            let error = cluster.client.request_text(request).await.expect_err("refused");
            said.push(without_port(&server, &home.without_paths(cluster.explain("list them", &error))));
        }
        insta::assert_snapshot!(said.join("\n\n"));
    });
}

#[test]
fn the_roles_give_what_is_read_and_nothing_else() {
    let kinds: BTreeSet<(String, String)> =
        KINDS.iter().map(|kind| (kind.group.to_owned(), kind.plural.to_owned())).collect();
    for file in ["cluster-role.yaml", "role.yaml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
        let text = fs::read_to_string(path).expect("a role");
        let mut given = BTreeSet::new();
        let mut crds = Vec::new();
        for document in text.split("\n---\n") {
            let document: Value = serde_yaml::from_str(document).expect("YAML");
            let cluster_wide = document["kind"] == "ClusterRole";
            for rule in document["rules"].as_array().into_iter().flatten() {
                if rule["apiGroups"][0] == "apiextensions.k8s.io" {
                    assert_eq!((&rule["verbs"], cluster_wide), (&serde_json::json!(["get"]), true), "{file}");
                    crds.push(format!("{}/{}", rule["resources"][0], rule["resourceNames"][0]).replace('"', ""));
                    continue;
                }
                assert_eq!(rule["verbs"], serde_json::json!(["get", "list", "watch"]), "{file}");
                for resource in rule["resources"].as_array().expect("resources") {
                    let entry = (rule["apiGroups"][0].as_str().expect("a group"), resource.as_str().expect("a name"));
                    let kind =
                        KINDS.iter().find(|kind| (kind.group, kind.plural) == entry).expect("a kind that is read");
                    assert!(cluster_wide || kind.namespaced, "{file}: {entry:?} belongs to no namespace");
                    given.insert((entry.0.to_owned(), entry.1.to_owned()));
                }
            }
        }
        assert_eq!(given, kinds, "{file}");
        assert!(crds.len() == 1 && CHANNEL_CRD.ends_with(&format!("/{}", crds[0])), "{file}: {crds:?}");
    }
}
