//! Reading files and folders: what is found, what is reported, in which words.

use std::fs;
use std::path::{Path, PathBuf};

use routescope_manifest::files::{Input, load, load_both, load_filled};
use routescope_manifest::{Channel, Channels, Loaded, SourceError, Variables};
use routescope_render::findings;
use tempfile::TempDir;

/// A folder with these files; a name with a slash makes a folder.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn namespace(name: &str) -> Vec<u8> {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n").into_bytes()
}

fn read(path: &Path, recursive: bool) -> Result<Loaded, SourceError> {
    load(&[Input::Path(path.to_owned())], recursive)
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.objects.iter().map(|object| object.meta().name.as_str()).collect()
}

/// The findings, one a line, with the folder's own path left out.
fn findings(loaded: &Loaded, folder: &TempDir) -> String {
    let lines: Vec<String> = loaded
        .findings
        .iter()
        .map(|f| {
            let place = f.place.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{}[{}] {place}: {}", f.severity.name(), f.code, findings::message(f))
        })
        .collect();
    lines.join("\n").replace(&format!("{}/", folder.path().display()), "")
}

#[track_caller]
fn refused(outcome: Result<Loaded, SourceError>, folder: &TempDir, expected: &str) {
    let error = outcome.unwrap_err();
    let hint = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
    let text = format!("{}{hint}", error.message).replace(&folder.path().display().to_string(), "DIR");
    assert_eq!(text, expected);
}

#[test]
fn a_folder_is_read_by_kubectls_rule() {
    let (a, b, c, d) = (namespace("a"), namespace("b"), namespace("c"), namespace("d"));
    let folder = folder(&[("2.yaml", &b), ("1.yml", &a), ("3.txt", b"x"), ("inner/4.yaml", &d), ("3.json", &c)]);
    let loaded = read(folder.path(), false).unwrap();
    assert_eq!((names(&loaded), loaded.files), (vec!["a", "b", "c"], 3));
    assert_eq!(loaded.watch, [folder.path()]);
    let loaded = read(folder.path(), true).unwrap();
    assert_eq!(names(&loaded), ["a", "b", "c", "d"]);
    assert_eq!(loaded.watch, [folder.path().to_owned(), folder.path().join("inner")]);
    assert_eq!(findings(&loaded, &folder), "");
}

#[test]
fn a_file_that_is_named_is_read_whatever_its_name() {
    let folder = folder(&[("manifest.txt", &namespace("a"))]);
    let loaded = read(&folder.path().join("manifest.txt"), false).unwrap();
    assert_eq!(names(&loaded), ["a"]);
    assert_eq!(loaded.objects[0].meta().origin.source.name, folder.path().join("manifest.txt").display().to_string());
}

#[test]
fn a_missing_file_is_named_with_its_likely_neighbour() {
    let folder = folder(&[("routes.yaml", b"")]);
    refused(
        read(&folder.path().join("routes.yml"), false),
        &folder,
        "no such file or folder: DIR/routes.yml (did you mean DIR/routes.yaml?)",
    );
    refused(read(&folder.path().join("x/y"), false), &folder, "no such file or folder: DIR/x/y");
    refused(
        load(&[Input::Path(PathBuf::from("https://example.com/a.yaml"))], false),
        &folder,
        "cannot read https://example.com/a.yaml: only files and folders are read \
         (curl -sL https://example.com/a.yaml | routescope -f -)",
    );
    refused(load(&[Input::Path(PathBuf::new())], false), &folder, "empty path (is a variable unset?)");
}

#[test]
fn an_empty_folder_is_refused() {
    let folder = folder(&[("inner/a.yaml", b""), ("README.md", b"")]);
    refused(
        read(folder.path(), false),
        &folder,
        "no manifests in DIR: no *.yaml, *.yml or *.json (to look into the folders inside it, add -R)",
    );
    fs::remove_dir_all(folder.path().join("inner")).unwrap();
    refused(read(folder.path(), true), &folder, "no manifests in DIR: no *.yaml, *.yml or *.json");
}

#[test]
fn an_empty_file_is_no_error() {
    let folder = folder(&[("a.yaml", b"")]);
    let loaded = read(folder.path(), false).unwrap();
    assert_eq!((loaded.objects.len(), loaded.files, loaded.findings.len()), (0, 1, 0));
}

#[test]
fn bytes_that_are_no_text_are_reported_and_their_neighbours_load() {
    let mut latin = namespace("before");
    latin.extend_from_slice(b"---\nkind: caf\xE9\n---\n");
    latin.extend(namespace("after"));
    let utf_16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(namespace("wide").into_iter().flat_map(|b| [b, 0])).collect();
    let marked: Vec<u8> = b"\xEF\xBB\xBF".iter().copied().chain(namespace("marked")).collect();
    let folder = folder(&[
        ("1.yaml", &latin),
        ("2.yaml", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"),
        ("3.yaml", &utf_16),
        ("4.yaml", &marked),
    ]);
    let loaded = read(folder.path(), false).unwrap();
    assert_eq!(names(&loaded), ["before", "after", "wide", "marked"]);
    assert_eq!(
        findings(&loaded, &folder),
        "error[not-text] 1.yaml:6:10: not a text: found bytes that are not UTF-8\n\
         error[not-text] 2.yaml:2:1: not a text: found the control character 0x1A"
    );
}

#[cfg(unix)]
#[test]
fn links_pipes_and_devices_are_neither_followed_for_ever_nor_waited_for() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("a.yaml", &namespace("a")), ("inner/b.yaml", &namespace("b"))]);
    let path = |name: &str| folder.path().join(name);
    symlink("a.yaml", path("link.yaml")).unwrap();
    symlink("loop.yaml", path("loop.yaml")).unwrap();
    symlink("nowhere", path("lost.yaml")).unwrap();
    symlink("/dev/zero", path("zero.yaml")).unwrap();
    symlink("..", path("inner/up")).unwrap();
    let made =
        std::process::Command::new("mkfifo").arg(path("pipe.yaml")).status().is_ok_and(|status| status.success());
    let loaded = read(folder.path(), true).unwrap();
    assert_eq!(names(&loaded), ["a", "a", "b"]);
    let pipe = "error[unreadable] pipe.yaml: cannot read pipe.yaml: not a regular file\n";
    assert_eq!(
        findings(&loaded, &folder),
        format!(
            "error[unreadable] loop.yaml: cannot read loop.yaml: Too many levels of symbolic links\n\
             error[unreadable] lost.yaml: cannot read lost.yaml: it does not exist\n\
             {}\
             error[unreadable] zero.yaml: cannot read zero.yaml: not a regular file\n\
             info[not-followed] inner/up: inner/up is a link to a folder: it is not followed",
            if made { pipe } else { "" }
        )
    );
    refused(
        read(&path("zero.yaml"), false),
        &folder,
        "DIR/zero.yaml is neither a file nor a folder (to read from it: cat DIR/zero.yaml | routescope -f -)",
    );
}

#[cfg(unix)]
#[test]
fn a_file_we_may_not_read_is_reported_and_its_neighbours_load() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("a.yaml", &namespace("a")), ("b.yaml", &namespace("b"))]);
    let secret = folder.path().join("a.yaml");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let mut why = "permission denied";
    if fs::read(&secret).is_ok() {
        // Root may read everything, but nobody the first page of a process.
        fs::remove_file(&secret).unwrap();
        std::os::unix::fs::symlink("/proc/self/mem", &secret).unwrap();
        why = "Input/output error";
    }
    let loaded = read(folder.path(), false).unwrap();
    assert_eq!(names(&loaded), ["b"]);
    assert_eq!(findings(&loaded, &folder), format!("error[unreadable] a.yaml: cannot read a.yaml: {why}"));
    refused(read(&secret, false), &folder, &format!("cannot read DIR/a.yaml: {why}"));
}

#[test]
fn kustomize_wants_a_folder() {
    let folder = folder(&[("a.yaml", b"")]);
    refused(
        load(&[Input::Kustomize(folder.path().join("a.yaml"))], false),
        &folder,
        "cannot build DIR/a.yaml: no such folder (-k wants a folder with a kustomization.yaml)",
    );
}

#[test]
fn the_demo_loads_without_a_finding() {
    let loaded = load(&[Input::Demo], false).unwrap();
    assert!(!loaded.objects.is_empty());
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
}

/// Runs `routescope tree -k DIR` with nothing but `tools` on PATH: exit code, and what it says on standard error.
#[cfg(unix)]
fn with_tools(tools: &[(&str, &str)]) -> (Option<i32>, String, TempDir) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("kustomization.yaml", b"")]);
    for (name, script) in tools {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_routescope"));
    let output = command.args(["tree", "-k"]).arg(folder.path()).env("PATH", folder.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).replace(&folder.path().display().to_string(), "DIR");
    (output.status.code(), text, folder)
}

#[cfg(unix)]
#[test]
fn kustomize_is_run_through_the_tool_on_path() {
    let route = "echo 'apiVersion: gateway.networking.k8s.io/v1'; echo 'kind: HTTPRoute'; echo 'metadata: {name: r}'";
    let (code, said, _folder) = with_tools(&[("kubectl", &format!("[ $1 = kustomize ] || exit 1; {route}"))]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said, _folder) = with_tools(&[("kustomize", &format!("[ $1 = build ] || exit 1; {route}"))]);
    assert_eq!(code, Some(0), "{said}");
}

#[cfg(unix)]
#[test]
fn without_kustomize_or_when_it_fails_one_line_says_so() {
    let (code, said, _folder) = with_tools(&[]);
    assert_eq!(code, Some(2));
    assert!(said.contains("cannot build DIR: neither kubectl nor kustomize is on PATH"), "{said}");
    let (code, said, _folder) = with_tools(&[("kubectl", "echo 'error: no such base' >&2; exit 1")]);
    assert_eq!(code, Some(2));
    assert!(said.contains("kubectl kustomize DIR failed: error: no such base"), "{said}");
}

/// What two sources both say is decoded once, and both have it as their own.
#[test]
fn two_sources_are_read_together_as_each_is_alone() {
    let route = |name: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}}}\nspec: {{rules: [{{}}]}}\n"
        )
    };
    let wrong = route("wrong").replace("rules: [{}]", "rules: [{match: []}]");
    let other = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n";
    let open = route("open").replace("rules: [{}]", "rules: [{}], hostnames: [\"${HOST}\"]");
    let text = |name: &str, text: &str| Input::Text { name: name.to_owned(), text: text.to_owned() };
    let old = [
        text("a", &route("shop")),
        text("b", &wrong),
        text("c", &format!("{}---\n{other}", route("both"))),
        text("d", &open),
        text("e", &route("gone")),
    ];
    let new = [
        text("new/a", &route("shop")),
        text("new/b", &wrong),
        text("new/c", &format!("{}---\n{other}", route("both"))),
        text("new/d", &open),
        text("new/again", &route("shop")),
        text("new/e", &route("new")),
    ];
    let told = |loaded: Result<Loaded, SourceError>| {
        let Loaded { objects, findings, ignored, .. } = loaded.expect("texts can always be read");
        assert!(!findings.is_empty() && !ignored.is_empty());
        format!("{objects:#?}{findings:#?}{ignored:?}")
    };
    for channels in [[None, None], [None, Some(Channel::Experimental)]] {
        let channels = channels.map(|asked| Channels { asked, cluster: None });
        let alone = |inputs: &[Input], channels| load_filled(inputs, false, &Variables::default(), channels);
        let worlds = [(&old[..], channels[0]), (&new[..], channels[1])];
        let together = load_both(worlds, false, &Variables::default()).map(told);
        assert_eq!(together, [told(alone(&old, channels[0])), told(alone(&new, channels[1]))]);
    }
}
