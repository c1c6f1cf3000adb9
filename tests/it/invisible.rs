//! Nothing that is read reaches the terminal as anything but what can be seen: every byte of standard output and standard
//! error, of every command in every format, for inputs in which every text is hostile.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::poison::{self, POISON, ascii, is_harmful};

struct Run {
    stdout: String,
    stderr: String,
}

/// Runs the program with `world` as its standard input.
fn run(arguments: &[&str], world: &str, directory: &Path) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(arguments).current_dir(directory);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROUTESCOPE_") || name == "NO_COLOR" {
            command.env_remove(name);
        }
    }
    // No test reads the cluster of whoever runs it.
    command.env("KUBECONFIG", "nowhere.kubeconfig").env_remove("KUBERNETES_SERVICE_HOST");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let world = world.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(world.as_bytes())));
    let output = child.wait_with_output().expect("the binary ends");
    writer.join().expect("the input is written");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let run = Run { stdout: text(output.stdout), stderr: text(output.stderr) };
    is_clean(arguments, &run);
    run
}

/// Fails on a character that can steer a terminal or hide in it, and on a line that the input began.
#[track_caller]
fn is_clean(arguments: &[&str], run: &Run) {
    for (stream, text) in [("standard output", &run.stdout), ("standard error", &run.stderr)] {
        assert!(!text.contains("panicked at"), "{arguments:?}: {text}");
        for line in text.split('\n') {
            let harmful = without_colours(line).chars().find(|c| is_harmful(*c));
            assert!(harmful.is_none(), "{arguments:?}: {harmful:?} on {stream} in {line:?}");
            assert!(!line.starts_with("forged"), "{arguments:?}: {stream} has a forged line: {line}");
        }
    }
}

/// Without the colours that the program sets itself.
fn without_colours(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (colour, rest) = piece.split_once('m').unwrap_or(("?", piece));
        if !colour.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') {
            kept.push('\u{1b}');
        }
        kept.push_str(rest);
    }
    kept
}

/// Each command with its formats, as its help lists them.
fn commands() -> BTreeMap<String, Vec<String>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let help = run(&["--help"], "", here).stdout;
    let commands =
        help.split("Commands:\n").nth(1).expect("a list of commands").split("\n\n").next().unwrap_or_default();
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names
        .map(|name| {
            let help = run(&[name, "--help"], "", here).stdout;
            let output = help.split("--output <FORMAT>").nth(1).and_then(|rest| rest.split("\n      --").next());
            let formats = output.unwrap_or_default().split("- ").skip(1).filter_map(|item| item.split(':').next());
            (name.to_owned(), formats.map(|name| name.trim().to_owned()).collect())
        })
        .collect()
}

/// What a command needs besides a source.
fn operands(command: &str) -> Option<&'static [&'static str]> {
    Some(match command {
        "tree" | "routes" | "status" | "check" | "snapshot" | "tui" => &[],
        "where" => &["http://example.com/a", "/shop/cart/1", "http://api.example.com/payments/charge", "/"],
        "test" => &["examples/changes/tests.yaml"],
        "reach" => &["Service/payments/charge"],
        // It names its sources itself.
        "diff" => &["-", "examples/field-guide"],
        _ => return None,
    })
}

fn every_command(world: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (command, formats) in commands() {
        // These print what the program holds itself.
        if ["help", "man", "completions", "explain", "config", "info"].contains(&command.as_str()) {
            continue;
        }
        let operands = operands(&command).unwrap_or_else(|| panic!("say in `operands` how {command} is run"));
        let source: &[&str] = if command == "diff" { &[] } else { &["-f", "-"] };
        let start = [&[command.as_str()], source, operands].concat();
        // What these are asked may not be in the input at all.
        let may_show_none = ["where", "test", "reach", "diff"].contains(&command.as_str());
        let told = run(&start, world, here);
        run(&[&start[..], &["--ascii"]].concat(), world, here);
        run(&[&start[..], &["--color", "always"]].concat(), world, here);
        let shown = ["\\u{202e}", "\\u202e", "\\u202E"].iter().any(|mark| told.stdout.contains(mark));
        assert!(shown || may_show_none, "{command} shows none of it:\n{}", told.stdout);
        for format in formats {
            let told = run(&[&start[..], &["-o", &format]].concat(), world, here);
            if format == "json" && !told.stdout.is_empty() {
                let document: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
                assert!(holds_poison(&document) || may_show_none, "{command}: the values are not what was read");
            }
            if format == "yaml" && !told.stdout.is_empty() {
                let document: serde_json::Value = serde_yaml::from_str(&told.stdout).expect("YAML");
                assert!(holds_poison(&document) || may_show_none, "{command}: the values are not what was read");
            }
        }
    }
}

fn holds_poison(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains(POISON) || text.contains('\u{202e}'),
        serde_json::Value::Array(items) => items.iter().any(holds_poison),
        serde_json::Value::Object(map) => map.values().any(holds_poison),
        _ => false,
    }
}

#[test]
fn no_field_of_no_kind_reaches_the_terminal_unseen() {
    every_command(&poison::field_by_field());
}

#[test]
fn a_world_of_hostile_names_is_written_visibly() {
    every_command(&poison::altogether());
}

#[test]
fn a_hostile_world_that_was_found_is_written_visibly() {
    if let Some(world) = poison::found() {
        every_command(&world);
    }
}

/// The poison as an argument or a file's name can be: without the byte that ends it there.
fn argument() -> String {
    POISON.replace('\0', "")
}

const SMALL: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw}
spec: {gatewayClassName: kgateway, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {parentRefs: [{name: gw}, {name: gone}], rules: [{backendRefs: [{name: gone, port: 80}]}]}
";

#[test]
fn arguments_are_said_visibly() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bad = argument();
    let (host, path, gateway) = (format!("http://{bad}/"), format!("http://a.io/{bad}"), format!("ns/{bad}"));
    let bad = bad.as_str();
    for arguments in [
        &["where", &host][..],
        &["where", &path],
        &["where", "/", "-X", bad],
        &["where", "/", "-H", bad],
        &["where", "/", "--gateway", bad],
        &["where", "/", "--gateway", &gateway],
        &["routes", "--gateway", &gateway],
        &["tree", "-n", bad],
        &["tree", "-o", bad],
        &["tree", bad],
        &[bad],
        &["check", "--fail-on", bad],
        &["man", bad],
        &["tree", "--kgateway-discovery-namespace-selectors", bad],
        &["tree", "--kgateway-policy-merge", bad],
        &["tree", "--request-timeout", bad],
    ] {
        run(&[arguments, &["-f", "-"]].concat(), SMALL, here);
    }
}

#[test]
fn files_are_named_visibly() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = argument().replace('/', "") + ".yaml";
    std::fs::write(folder.path().join(&name), SMALL).expect("a file of that name");
    let broken = format!("broken{name}");
    std::fs::write(folder.path().join(&broken), format!("{SMALL}---\nkind: [\n")).expect("a file of that name");
    let gone = format!("gone{name}");
    for file in [&name, &broken, &gone] {
        for command in ["tree", "check", "routes", "status", "snapshot"] {
            run(&[command, "-f", file], "", folder.path());
            run(&[command, "-k", file], "", folder.path());
        }
        let told = run(&["where", "/", "-o", "wide", "-f", file], "", folder.path());
        assert!((told.stdout + &told.stderr).contains("\\u{202e}"), "{file:?}");
    }
    run(&["check", "-f", "."], "", folder.path());
    for line in [argument(), format!("{{\"url\": \"{}\"}}", argument().replace('\n', ""))] {
        std::fs::write(folder.path().join(&gone), line).expect("a file of that name");
        run(&["where", "--requests", &gone, "-f", &name], "", folder.path());
    }
    for flag in ["--kubeconfig", "--certificate-authority"] {
        run(&["tree", "--server", "http://127.0.0.1:1", flag, &broken], "", folder.path());
    }
    run(&["snapshot", "-f", &name, "-o", &gone], "", folder.path());
    run(&["snapshot", "-f", &name, "-o", &gone, "--force"], "", folder.path());
}

/// A server that answers every request with the same words.
fn server(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 8192]);
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    address
}

#[test]
fn a_server_is_quoted_visibly() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let answer = |status: u16| {
        serde_json::json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status,
            "message": format!("message {POISON}"), "reason": format!("reason {POISON}") })
        .to_string()
    };
    for (status, body) in [
        ("403 Forbidden", answer(403)),
        ("401 Unauthorized", answer(401)),
        ("400 Bad Request", answer(400)),
        ("200 OK", format!("<html>{POISON}")),
    ] {
        let address = server(status, body);
        let told = run(&["tree", "--server", &address, "--request-timeout", "2s"], "", here);
        assert!(told.stderr.starts_with("error: ") || told.stderr.starts_with("warning: "), "{}", told.stderr);
    }
}

#[test]
fn a_kubeconfig_and_its_plugin_are_quoted_visibly() {
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = folder.path().join("plugin.sh");
    std::fs::write(&plugin, format!("#!/bin/sh\ncat >&2 <<'END'\nno {}\nEND\nexit 1\n", argument())).expect("a plugin");
    let kubeconfig = |exec: serde_json::Value| {
        serde_json::json!({ "apiVersion": "v1", "kind": "Config", "current-context": format!("context {POISON}"),
            "contexts": [{ "name": format!("context {POISON}"), "context": { "cluster": format!("cluster {POISON}"), "user": format!("user {POISON}") } }],
            "clusters": [{ "name": format!("cluster {POISON}"), "cluster": { "server": "http://127.0.0.1:1" } }],
            "users": [{ "name": format!("user {POISON}"), "user": { "exec": exec } }] })
    };
    let api_version = "client.authentication.k8s.io/v1";
    let all = [
        serde_json::json!({ "apiVersion": api_version, "command": "sh", "args": [plugin], "interactiveMode": "Never" }),
        serde_json::json!({ "apiVersion": api_version, "command": argument(), "installHint": POISON, "interactiveMode": "Never" }),
        serde_json::json!({ "apiVersion": POISON, "command": "true", "interactiveMode": POISON }),
    ];
    for exec in all {
        let path = folder.path().join("config");
        std::fs::write(&path, ascii(&kubeconfig(exec))).expect("a kubeconfig");
        let path = path.to_str().expect("a path");
        let told = run(&["tree", "--kubeconfig", path, "--request-timeout", "1s"], "", folder.path());
        assert!(told.stderr.contains("\\u{202e}") && told.stderr.starts_with("error: "), "{}", told.stderr);
        run(&["tree", "--kubeconfig", path, "--context", "gone"], "", folder.path());
        run(&["where", "/", "-o", "json", "--kubeconfig", path, "--context", "a", "--context", "b"], "", folder.path());
    }
}
