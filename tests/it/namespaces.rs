//! `-n` with a namespace that is not there: said with what is near, and the exit code of a slip.

use std::fs;
use std::process::Command;

const SHOP: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: team-a}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  rules:
  - backendRefs: [{name: shop, port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: jobs, namespace: batch}
";

/// Exit code and standard error of a command on the manifests, with this namespace.
fn run(command: &[&str], namespace: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("shop.yaml"), SHOP).expect("a file");
    let mut program = Command::new(env!("CARGO_BIN_EXE_routescope"));
    let output = program.args(command).args(["-n", namespace, "-f"]).arg(folder.path()).output().expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

const COMMANDS: [&[&str]; 6] = [
    &["tree"],
    &["where", "http://a.example/x"],
    &["routes"],
    &["status"],
    &["check"],
    &["reach", "Service/team-a/shop"],
];

#[test]
fn a_namespace_that_nothing_names_is_a_slip_for_every_command() {
    for command in COMMANDS {
        let (code, said) = run(command, "team-b");
        assert_eq!(
            (code, said.as_str()),
            (Some(2), "error: no namespace team-b\nhint: did you mean team-a?\n"),
            "{command:?}"
        );
    }
    assert_eq!(run(&["tree"], "elsewhere").1, "error: no namespace elsewhere\nhint: there are team-a\n");
}

#[test]
fn a_namespace_that_anything_names_is_there() {
    // A route's, a parent's, that of a kind which routing does not read, and the one that every cluster has.
    for namespace in ["team-a", "infra", "batch", "default"] {
        for command in COMMANDS {
            let (code, said) = run(command, namespace);
            assert!(code != Some(2), "{command:?} -n {namespace}: {said}");
        }
    }
}
