//! `examples/ci`: each file parses, and its commands do what it says, on a sound input and on a broken one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const SOUND: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw}\nspec:\n  \
    gatewayClassName: kgateway\n  listeners: [{name: http, port: 80, protocol: HTTP}]\n---\n\
    apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: shop}\nspec:\n  \
    parentRefs: [{name: gw}]\n  rules: [{backendRefs: [{name: shop, port: 80}]}]\n";

fn broken() -> String {
    SOUND.replace("[{name: shop, port: 80}]", "[]")
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parsed(name: &str) -> Value {
    serde_yaml::from_str(&example(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A folder with `manifests/routes.yaml`.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("manifests")).expect("a folder in it");
    fs::write(folder.path().join("manifests/routes.yaml"), text).expect("a file in it");
    folder
}

/// Runs a line of a shell, with the program on PATH.
fn shell(line: &str, within: &Path) -> Output {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_routescope"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().expect("a folder").display());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(within).env("PATH", path).env("NO_COLOR", "1");
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    command.output().unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

#[test]
fn the_hook_of_git_stops_a_broken_commit() {
    let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci/pre-commit");
    for (text, expected) in [(SOUND.to_owned(), 0), (broken(), 1)] {
        let folder = folder(&text);
        assert_eq!(code(&shell("git init -q && git add manifests", folder.path())), 0);
        let ran = shell(&format!("sh {}", hook.display()), folder.path());
        assert_eq!(
            code(&ran),
            expected,
            "{}{}",
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr)
        );
    }
}

#[test]
fn the_hook_of_pre_commit_gets_the_files() {
    let entry =
        parsed("pre-commit-config.yaml")["repos"][0]["hooks"][0]["entry"].as_str().expect("an entry").to_owned();
    for (text, expected) in [(SOUND.to_owned(), 0), (broken(), 1)] {
        let ran = shell(&format!("{entry} manifests/routes.yaml"), folder(&text).path());
        assert_eq!(code(&ran), expected, "{}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[test]
fn the_workflow_of_github_writes_sarif() {
    let workflow = parsed("github.yaml");
    let steps = workflow["jobs"]["check"]["steps"].as_array().expect("steps");
    let run = steps.iter().find_map(|step| step["run"].as_str()).expect("a command");
    for (text, expected) in [(SOUND.to_owned(), 0), (broken(), 1)] {
        let folder = folder(&text);
        assert_eq!(code(&shell(run, folder.path())), expected);
        let sarif = fs::read_to_string(folder.path().join("routescope.sarif")).expect("a report");
        let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
        assert_eq!(sarif["version"], "2.1.0");
        let errors =
            sarif["runs"][0]["results"].as_array().expect("results").iter().filter(|one| one["level"] == "error");
        assert_eq!(errors.count() > 0, expected == 1, "{sarif}");
    }
    assert!(steps.iter().any(|step| step["with"]["sarif_file"] == "routescope.sarif"));
}

#[test]
fn the_workflow_of_github_comments_on_what_moves() {
    let workflow = parsed("github.yaml");
    let steps = workflow["jobs"]["diff"]["steps"].as_array().expect("steps");
    let runs: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let [compare, comment] = runs[..] else { panic!("{runs:?}") };
    assert!(comment.contains("--body-file routing.md"), "{comment}");
    let folder = folder(SOUND);
    let author = "-c user.name=a -c user.email=a@example.com -c commit.gpgsign=false";
    let made = format!(
        "git init -q && git add . && git {author} commit -qm first && git update-ref refs/remotes/origin/main HEAD"
    );
    assert_eq!(code(&shell(&made, folder.path())), 0);
    let compared = format!("export GITHUB_BASE_REF=main; {compare}");
    for (text, told) in [(SOUND.to_owned(), "nothing moves"), (broken(), "1 broken")] {
        fs::write(folder.path().join("manifests/routes.yaml"), text).expect("written");
        let ran = shell(&compared, folder.path());
        assert_eq!(code(&ran), 0, "{}", String::from_utf8_lossy(&ran.stderr));
        let report = fs::read_to_string(folder.path().join("routing.md")).expect("a report");
        assert!(report.starts_with("### Routing") && report.contains(told), "{report}");
    }
}

#[test]
fn the_job_of_gitlab_writes_junit() {
    let job = &parsed("gitlab.yaml")["routing"];
    for (text, expected) in [(SOUND.to_owned(), 0), (broken(), 1)] {
        let folder = folder(&text);
        assert_eq!(code(&shell(job["script"][0].as_str().expect("a command"), folder.path())), expected);
        let report = job["artifacts"]["reports"]["junit"].as_str().expect("a report");
        let xml = fs::read_to_string(folder.path().join(report)).expect("a report");
        assert_eq!(xml.contains("<failure"), expected == 1, "{xml}");
    }
}

#[test]
fn the_job_of_argo_cd_checks_its_folder() {
    let job = parsed("argo-cd.yaml");
    assert_eq!(job["metadata"]["annotations"]["argocd.argoproj.io/hook"], "PreSync");
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let words = container["command"].as_array().expect("a command").iter().filter_map(Value::as_str);
    let line = words.collect::<Vec<_>>().join(" ");
    let mount = container["volumeMounts"][0]["mountPath"].as_str().expect("a folder");
    assert!(line.contains(mount), "{line}");
    for (text, expected) in [(SOUND.to_owned(), 0), (broken(), 1)] {
        let folder = folder(&text);
        assert_eq!(code(&shell(&line.replace(mount, "manifests"), folder.path())), expected);
    }
}
