//! The root of a repository, read with all below it: what counts as a manifest, and what is said of the rest.

use std::fs;
use std::path::Path;
use std::process::Command;

use routescope_manifest::files::{Input, load, load_filled};
use routescope_manifest::{Channels, Loaded, Variables};
use routescope_render::findings;
use tempfile::TempDir;

const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: team-a}
spec:
  parentRefs: [{name: edge}]
  hostnames: [api.example.com]
  rules: [{backendRefs: [{name: a, port: 80}]}]
";

const GATEWAY: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: team-a}
spec:
  gatewayClassName: kgateway
  listeners: [{name: http, protocol: HTTP, port: 80}]
";

fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn read(folder: &TempDir) -> Loaded {
    load(&[Input::Path(folder.path().to_owned())], true).unwrap()
}

/// The findings, one a line: `severity[code] place: message (help)`, without the folder's own path.
#[track_caller]
fn reports(folder: &TempDir, expected: &[&str]) -> Loaded {
    let loaded = read(folder);
    let lines: Vec<String> = loaded
        .findings
        .iter()
        .map(|f| {
            let place = f.place.as_ref().map(ToString::to_string).unwrap_or_default();
            let help = findings::help(f).map(|help| format!(" ({help})")).unwrap_or_default();
            let line = format!("{}[{}] {place}: {}{help}", f.severity.name(), f.code, findings::message(f));
            line.replace(&format!("{}/", folder.path().display()), "")
        })
        .collect();
    assert_eq!(lines, expected);
    loaded
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.objects.iter().map(|object| object.meta().name.as_str()).collect()
}

/// Exit code, standard output and standard error of the program, with these tools alone on PATH.
fn run(folder: &TempDir, arguments: &[&str], path: Option<&Path>) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routescope"));
    command.args(arguments).current_dir(folder.path());
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

// ---- what is not a manifest

#[test]
fn files_that_are_no_manifests_are_left_out_without_a_word() {
    let folder = repository(&[
        (".github/workflows/ci.yaml", "name: ci\non: [push]\njobs: {}\n"),
        (".vscode/settings.json", "{\n  // for all\n  \"files.eol\": \"\\n\"\n}\n"),
        ("ansible/site.yml", "- hosts: all\n  tasks:\n  - kubernetes: {kind: Service}\n"),
        ("apps/shop/values.yaml", "service:\n  kind: Service\nimage: {tag: \"1\"}\nimage: {tag: \"2\"}\n"),
        ("dashboards/board.json", "{\"panels\": [1, 2"),
        ("apps/shop/route.yaml", ROUTE),
    ]);
    let loaded = reports(&folder, &[]);
    assert_eq!(names(&loaded), ["shop"]);
    let repository = loaded.repository.unwrap();
    assert_eq!((repository.files, repository.objects, repository.skipped.len()), (1, 1, 5));
}

#[test]
fn a_broken_file_that_names_a_kind_of_routing_is_an_error() {
    let folder = repository(&[
        ("a.yaml", "kind: HTTPRoute\nmetadata: {name: a\nspec: {}\n"),
        ("b.yaml", "kind: HTTPRoute\nmetadata: {name: b}\n"),
        ("c.yaml", "kind: Deployment\nmetadata: {name: c\nspec: {}\n"),
    ]);
    reports(
        &folder,
        &[
            "error[yaml-syntax] a.yaml:3:5: did not find expected ',' or '}' (expected a closing `]` or `}`, or a comma)",
            "error[not-a-resource] b.yaml:1:1: not a Kubernetes object: apiVersion is missing",
        ],
    );
}

#[test]
fn a_folder_that_is_read_without_what_is_below_it_holds_manifests_alone() {
    let folder = repository(&[("values.yaml", "a: 1\n"), ("route.yaml", ROUTE)]);
    let loaded = load(&[Input::Path(folder.path().to_owned())], false).unwrap();
    assert_eq!(loaded.findings.len(), 1);
    assert!(loaded.repository.is_none());
}

#[test]
fn the_summary_counts_what_was_left_out_and_v_names_it() {
    let folder = repository(&[("values.yaml", "a: 1\n"), ("route.yaml", ROUTE), ("gateway.yaml", GATEWAY)]);
    let (code, _, said) = run(&folder, &["tree", "-R", "-f", "."], None);
    assert_eq!((code, said.as_str()), (Some(0), "2 files, 2 objects; 1 other file skipped\n"));
    let (_, _, said) = run(&folder, &["tree", "-R", "-f", ".", "-v"], None);
    assert!(said.starts_with("skipped: ./values.yaml: not a manifest\n"), "{said}");
}

// ---- Helm

#[test]
fn a_chart_is_one_line_with_the_command_that_renders_it() {
    let template = "{{- if .Values.host }}\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nspec:\n  hostnames:\n  - {{ .Values.host | quote }}\n{{- end }}\n";
    let folder = repository(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
        ("chart/values.yaml", "host: api.example.com\n"),
        ("chart/templates/route.yaml", template),
        ("chart/charts/inner/Chart.yaml", "apiVersion: v2\nname: inner\nversion: 0.1.0\n"),
        ("chart/charts/inner/templates/route.yaml", template),
        ("other/Chart.yaml", "apiVersion: v2\nname: other\nversion: 0.1.0\n"),
        ("other/templates/deployment.yaml", "kind: Deployment\n{{ x }}\n"),
        ("route.yaml", ROUTE),
    ]);
    let loaded = read(&folder);
    let [finding] = loaded.findings.as_slice() else { panic!("{:?}", loaded.findings) };
    assert!(
        findings::message(finding)
            .ends_with("chart is a Helm chart: its templates are not read before they are rendered")
    );
    assert_eq!(
        findings::help(finding).as_deref(),
        Some(format!("helm template {} | routescope -f -", folder.path().join("chart").display()).as_str())
    );
    // The templates alone are known by the chart around them.
    let templates = Input::Path(folder.path().join("chart/templates"));
    for recursive in [false, true] {
        let loaded = load(std::slice::from_ref(&templates), recursive).unwrap();
        assert_eq!(loaded.findings.iter().map(|finding| finding.code.name()).collect::<Vec<_>>(), ["helm-chart"]);
    }
    let (code, _, said) = run(&folder, &["tree", "-R", "-f", "chart"], None);
    assert_eq!(code, Some(2));
    assert!(said.contains("hint: helm template chart | routescope -f -"), "{said}");
}

// ---- kustomize

#[test]
fn what_a_kustomization_would_change_is_told() {
    let folder = repository(&[
        (
            "apps/shop/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: team-a\nresources: [gateway.yaml, route.yaml]\n",
        ),
        ("apps/shop/gateway.yaml", GATEWAY),
        ("apps/shop/route.yaml", ROUTE),
        ("apps/other/kustomization.yaml", "namespace: other\nresources: [deployment.yaml]\n"),
        ("apps/other/deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n"),
    ]);
    let loaded = read(&folder);
    let [finding] = loaded.findings.as_slice() else { panic!("{:?}", loaded.findings) };
    let root = folder.path().join("apps/shop");
    assert_eq!(
        findings::message(finding),
        format!("{}/kustomization.yaml sets namespace: team-a, which -f does not apply", root.display())
    );
    assert_eq!(
        findings::help(finding),
        Some(format!("read it with -k {}, or every root with --roots", root.display()))
    );
    assert_eq!(finding.place.as_ref().unwrap().at.line, 3);
    assert_eq!(names(&loaded), ["edge", "shop"]);
}

#[test]
fn a_parent_that_kustomize_may_rename_is_not_said_to_be_misspelt() {
    let elsewhere = ROUTE.replace("parentRefs: [{", "parentRefs: [{namespace: prod, ");
    assert_ne!(elsewhere, ROUTE);
    let kustomization = |change: &str| {
        format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{change}\nresources: [gateway.yaml, route.yaml]\n"
        )
    };
    for (change, said) in [("namespace: prod", false), ("", true)] {
        let kustomization = kustomization(change);
        let folder = repository(&[
            ("kustomization.yaml", &kustomization),
            ("gateway.yaml", GATEWAY),
            ("route.yaml", &elsewhere),
        ]);
        let (_, text, _) = run(&folder, &["check", "-R", "-f", "."], None);
        assert_eq!(text.contains("parent-not-found"), said, "{text}");
    }
}

#[test]
fn findings_on_what_a_kustomization_changes_are_left_out_and_counted() {
    let gateway = GATEWAY.replace("port: 80}", "port: 80, hostname: api.example.com}");
    let route = ROUTE.replace("api.example.com", "api.replaced-later");
    let replacement = "resources: [route.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: x}\n  targets:\n  - select: {kind: HTTPRoute}\n    fieldPaths: [spec.hostnames.0]\n";
    let of_deployments = replacement.replace("HTTPRoute", "Deployment");
    let patch =
        "resources: [../base]\npatches: [{target: {kind: HTTPRoute}, patch: '[{op: add, path: /x, value: y}]'}]\n";
    let same_namespace = "namespace: team-a\nresources: [route.yaml]\n";
    for (kustomization, overlay, left) in [
        (replacement, "resources: [../base]\n", false),
        (of_deployments.as_str(), "resources: [../base]\n", true),
        ("resources: [route.yaml]\n", patch, false),
        ("resources: [route.yaml]\n", "namespace: prod\nresources: [../base]\n", false),
        (same_namespace, "resources: [../base]\n", true),
    ] {
        let folder = repository(&[
            ("gateway.yaml", &gateway),
            ("base/kustomization.yaml", kustomization),
            ("base/route.yaml", &route),
            ("overlay/kustomization.yaml", overlay),
        ]);
        let (code, text, _) = run(&folder, &["check", "-R", "-f", "."], None);
        assert_eq!(text.contains("route-not-attached"), left, "{kustomization}{overlay}{text}");
        assert_eq!(text.contains("1 finding on"), !left, "{kustomization}{overlay}{text}");
        assert_eq!(code, Some(i32::from(left)));
    }
}

#[test]
fn an_answer_by_what_a_kustomization_changes_is_not_certain() {
    let folder = repository(&[
        ("kustomization.yaml", "namespace: prod\nresources: [route.yaml, gateway.yaml]\n"),
        ("gateway.yaml", GATEWAY),
        ("route.yaml", ROUTE),
        (
            "service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: team-a}\nspec: {ports: [{port: 80}]}\n",
        ),
    ]);
    let (_, text, _) = run(&folder, &["where", "http://api.example.com/", "-R", "-f", ".", "-o", "json"], None);
    assert!(text.contains("\"confidence\": \"unverified\""), "{text}");
    let doubt = "HTTPRoute team-a/shop: ./kustomization.yaml sets namespace: prod, which -f does not apply";
    assert!(text.contains(doubt), "{text}");
}

#[test]
fn a_namespace_that_a_kustomization_may_set_is_not_known() {
    let unplaced =
        ROUTE.replace(", namespace: team-a", "").replace("[{name: edge}]", "[{name: edge, namespace: infra}]");
    let gateway = GATEWAY.replace(", namespace: team-a", "");
    let folder = repository(&[
        ("apps/route.yaml", &unplaced),
        ("infra/gateway.yaml", &gateway),
        ("other/kustomization.yaml", "resources: [deployment.yaml]\n"),
    ]);
    let (_, text, _) = run(&folder, &["check", "-R", "-f", "."], None);
    assert!(!text.contains("did you mean default/edge"), "{text}");
    assert!(text.contains("1 finding on objects that a kustomization may change or leave out is left out"), "{text}");
}

#[test]
fn a_patch_is_no_object_of_its_own() {
    let patch = ROUTE.replace("api.example.com", "prod.example.com");
    let folder = repository(&[
        (
            "base/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [route.yaml]\n",
        ),
        ("base/route.yaml", ROUTE),
        (
            "overlays/prod/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../../base]\npatches: [{path: patch.yaml}]\n",
        ),
        ("overlays/prod/patch.yaml", &patch),
        ("overlays/dev/kustomization.yaml", "resources: [../../base]\npatchesStrategicMerge: [patch.yaml]\n"),
        ("overlays/dev/patch.yaml", &patch),
    ]);
    let loaded = read(&folder);
    assert_eq!(names(&loaded), ["shop"]);
    let codes: Vec<&str> = loaded.findings.iter().map(|finding| finding.code.name()).collect();
    assert_eq!(codes, ["kustomization", "kustomization"]);
    let roots = loaded.repository.unwrap().roots;
    let roots: Vec<_> = roots.iter().map(|root| root.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
    assert_eq!(roots, ["overlays/dev", "overlays/prod"]);
}

#[test]
fn names_that_kustomize_fills_in_are_no_names() {
    let placeholder = "apiVersion: v1\nkind: Namespace\nmetadata: {name: _}\n";
    let folder = repository(&[
        ("apps/a/kustomization.yaml", "namespace: team-a\nresources: [namespace.yaml]\n"),
        ("apps/a/namespace.yaml", placeholder),
        ("apps/b/kustomization.yaml", "namespace: team-b\nresources: [namespace.yaml]\n"),
        ("apps/b/namespace.yaml", placeholder),
        ("apps/b/route.yaml", ROUTE),
    ]);
    let loaded = read(&folder);
    assert_eq!(names(&loaded), ["shop"]);
    assert!(loaded.findings.iter().all(|finding| finding.code.name() == "kustomization"), "{:?}", loaded.findings);
}

#[test]
fn many_kustomizations_are_one_finding() {
    let mut files = Vec::new();
    for team in ["a", "b", "c", "d", "e"] {
        files.push((format!("{team}/kustomization.yaml"), format!("namespace: {team}\nresources: [route.yaml]\n")));
        files.push((format!("{team}/route.yaml"), ROUTE.replace("team-a", team)));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let loaded = read(&repository(&files));
    let [finding] = loaded.findings.as_slice() else { panic!("{:?}", loaded.findings) };
    let message = findings::message(finding);
    assert!(message.starts_with("5 kustomizations change what they include"), "{message}");
}

#[test]
fn two_clusters_in_one_repository_are_not_defined_twice() {
    let folder = repository(&[("clusters/a/route.yaml", ROUTE), ("clusters/b/route.yaml", ROUTE), ("g.yaml", GATEWAY)]);
    let (code, text, _) = run(&folder, &["check", "-R", "-f", ".", "--fail-on", "warning"], None);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("HTTPRoute team-a/shop is defined again in another place"), "{text}");
    let folder = repository(&[("a.yaml", ROUTE), ("b.yaml", ROUTE)]);
    let (_, text, _) = run(&folder, &["check", "-R", "-f", "."], None);
    assert!(text.contains("is defined twice"), "{text}");
    // A folder of tests, each of which stands for itself.
    let both = format!("{GATEWAY}---\n{ROUTE}");
    let folder = repository(&[("a.yaml", &both), ("b.yaml", &both), ("c.yaml", &both)]);
    let (_, text, _) = run(&folder, &["check", "-R", "-f", "."], None);
    assert!(text.contains("(and 3 more objects) is defined again"), "{text}");
    assert!(!text.contains("is defined twice"), "{text}");
}

/// A kubectl that prints the file `built` of the folder it is to build.
#[cfg(unix)]
fn kubectl() -> TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let tools = tempfile::tempdir().unwrap();
    let path = tools.path().join("kubectl");
    let script = "#!/bin/sh\n[ \"$1\" = kustomize ] || exit 1\n[ -f \"$2/built\" ] || { echo no base >&2; exit 1; }\nwhile IFS= read -r line; do echo \"$line\"; done < \"$2/built\"\n";
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    tools
}

#[cfg(unix)]
#[test]
fn roots_stand_side_by_side_as_kustomize_builds_them() {
    let tools = kubectl();
    let prod = ROUTE.replace("name: a,", "name: prod,");
    let dev = ROUTE.replace("name: a,", "name: dev,");
    let folder = repository(&[
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        ("prod/built", &format!("{GATEWAY}---\n{prod}")),
        ("dev/kustomization.yaml", "resources: [../base]\n"),
        ("dev/built", &format!("{GATEWAY}---\n{dev}")),
        ("idle/kustomization.yaml", "resources: []\n"),
        ("idle/built", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"),
        ("base/kustomization.yaml", "resources: [route.yaml]\n"),
        ("base/route.yaml", ROUTE),
    ]);
    let ask = ["where", "http://api.example.com/", "-R", "-f", ".", "--roots"];
    let (code, text, said) = run(&folder, &ask, Some(tools.path()));
    assert_eq!(code, Some(0), "{text}{said}");
    let places: Vec<_> = ["root dev", "team-a/dev", "root prod", "team-a/prod"].map(|part| text.find(part)).into();
    assert!(places.is_sorted() && places[0].is_some(), "{text}");
    assert_eq!(said, "1 other root without routes or Gateways\n");
    let (_, text, _) = run(&folder, &[&ask[..], &["-o", "json"]].concat(), Some(tools.path()));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["roots"][0]["root"], &json["roots"][1]["root"]), (&"dev".into(), &"prod".into()));
    // A root that cannot be built is told, and the others are answered.
    fs::remove_file(folder.path().join("dev/built")).unwrap();
    let (code, text, said) = run(&folder, &ask, Some(tools.path()));
    assert_eq!(code, Some(2));
    assert!(text.contains("team-a/prod") && said.contains("kustomize dev failed: no base"), "{text}{said}");
}

/// Flux fills in what kustomize prints, and puts it into a namespace.
#[cfg(unix)]
#[test]
fn what_is_built_of_a_root_is_filled_in_as_flux_does() {
    let tools = kubectl();
    let gateway = GATEWAY.replace(", namespace: team-a", "").replace("port: 80", "port: 80, hostname: \"${HOST}\"");
    let route = ROUTE.replace(", namespace: team-a", "").replace("name: edge}", "name: edge, namespace: network}");
    let ks = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: edge}\nspec:\n  path: ./edge\n  \
        targetNamespace: network\n  postBuild: {substitute: {HOST: api.example.com}}\n";
    let folder = repository(&[
        ("ks.yaml", ks),
        ("edge/kustomization.yaml", "resources: [all.yaml]\n"),
        ("edge/built", &format!("{gateway}---\n{route}")),
    ]);
    let ask = ["where", "http://api.example.com/", "-R", "-f", ".", "--roots"];
    let (code, text, said) = run(&folder, &ask, Some(tools.path()));
    assert_eq!(code, Some(0), "{text}{said}");
    assert!(text.contains("Gateway network/edge  :80 http  api.example.com"), "{text}");
    let (_, text, _) = run(&folder, &["check", "-R", "-f", ".", "--roots"], Some(tools.path()));
    assert_eq!(text, "✓ nothing found\n");
    // What is given by hand counts more.
    let (code, text, _) = run(&folder, &[&ask[..], &["--set", "HOST=other.example.com"]].concat(), Some(tools.path()));
    assert_eq!(code, Some(1), "{text}");
}

/// The repository's own folder may be a root; kubectl logs its complaint.
#[cfg(unix)]
#[test]
fn the_folder_itself_may_be_a_root() {
    let tools = kubectl();
    let folder = repository(&[
        ("Kustomization", "namePrefix: dev-\nresources: [shop]\n"),
        ("shop/kustomization.yml", "resources: [route.yaml]\n"),
        ("shop/route.yaml", ROUTE),
        ("built", &format!("{GATEWAY}---\n{ROUTE}")),
    ]);
    let (code, text, said) =
        run(&folder, &["where", "http://api.example.com/", "-R", "-f", ".", "--roots"], Some(tools.path()));
    assert_eq!((code, said.as_str()), (Some(0), ""), "{text}");
    let (_, text, _) = run(&folder, &["check", "-R", "-f", "."], None);
    let told =
        "./Kustomization:1:13: info[kustomization] ./Kustomization sets namePrefix: dev-, which -f does not apply";
    assert!(text.starts_with(told), "{text}");
}

/// A file beside a kustomization that does not name it may never be applied: nothing that depends on it is certain.
#[test]
fn a_file_that_no_kustomization_names_may_not_count() {
    let old = ROUTE.replace("name: shop", "name: old");
    let folder = repository(&[
        ("gateway.yaml", GATEWAY),
        ("shop/kustomization.yaml", "namespace: team-a\nresources: [route.yaml]\n"),
        ("shop/route.yaml", ROUTE),
        ("shop/old.yaml", &old),
    ]);
    let (code, text, _) = run(&folder, &["check", "-R", "-f", ".", "--fail-on", "warning"], None);
    assert!(code == Some(0) && !text.contains("rule-conflict"), "{text}");
    let (_, text, _) = run(&folder, &["where", "http://api.example.com/", "-R", "-f", ".", "-o", "json"], None);
    assert!(text.contains("HTTPRoute team-a/old: ./shop/kustomization.yaml does not name its file"), "{text}");
}

#[test]
fn a_part_of_an_object_gives_way_to_the_whole_one() {
    let part = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: shop, namespace: team-a}\nspec:\n  \
        hostnames: [prod.example.com]\n";
    let folder = repository(&[("base/all.yaml", &format!("{GATEWAY}---\n{ROUTE}")), ("prod/patch.yaml", part)]);
    let (_, text, _) = run(&folder, &["check", "-R", "-f", "."], None);
    assert!(text.starts_with("./prod/patch.yaml:1:1: info[duplicate-object]"), "{text}");
    let (code, text, _) = run(&folder, &["where", "http://api.example.com/", "-R", "-f", "."], None);
    assert_eq!(code, Some(0), "{text}");
}

/// Of two clusters' routes the last counts, and an answer by it says so.
#[test]
fn an_answer_by_one_of_two_routes_of_a_name_is_not_certain() {
    let other = ROUTE.replace("api.example.com", "dev.example.com");
    let folder = repository(&[("dev/route.yaml", &other), ("gateway.yaml", GATEWAY), ("prod/route.yaml", ROUTE)]);
    let (_, text, _) = run(&folder, &["where", "http://api.example.com/", "-R", "-f", "."], None);
    assert!(text.contains("HTTPRoute team-a/shop: ./dev/route.yaml has another one of its"), "{text}");
    let folder = repository(&[("dev/route.yaml", ROUTE), ("gateway.yaml", GATEWAY), ("prod/route.yaml", ROUTE)]);
    let (_, text, _) = run(&folder, &["where", "http://api.example.com/", "-R", "-f", "."], None);
    assert!(!text.contains("another one"), "{text}");
}

#[test]
fn what_flux_patches_is_not_certain() {
    let ks = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec:\n  path: ./apps\n  \
        patches: [{target: {kind: KIND}, patch: \"[]\"}]\n";
    for (kind, is_told) in [("HTTPRoute", true), ("HelmRelease", false)] {
        let folder =
            repository(&[("ks.yaml", &ks.replace("KIND", kind)), ("apps/all.yaml", &format!("{GATEWAY}---\n{ROUTE}"))]);
        let (_, text, _) = run(&folder, &["where", "http://api.example.com/", "-R", "-f", "."], None);
        assert_eq!(text.contains("HTTPRoute team-a/shop: ./ks.yaml patches its HTTPRoutes"), is_told, "{text}");
    }
}

/// Kinds that other tools have, too, are theirs where there is no `apiVersion`.
#[test]
fn a_service_of_another_tool_is_left_out() {
    let folder = repository(&[("route.yaml", ROUTE), ("vpn.yaml", "kind: Service\nmetadata: {name: x}\nspec: {}\n")]);
    reports(&folder, &[]);
}

// ---- placeholders

fn placeholders() -> TempDir {
    let route = ROUTE.replace("api.example.com", "\"shop.${DOMAIN}\"");
    let gateway = GATEWAY.replace("port: 80", "port: 80, hostname: \"*.${DOMAIN}\"");
    repository(&[("gateway.yaml", &gateway), ("route.yaml", &route)])
}

#[test]
fn placeholders_are_filled_in() {
    let folder = placeholders();
    let set = |name: &str, value: &str| Variables {
        values: [(name.to_owned(), value.to_owned())].into(),
        ..Variables::default()
    };
    let inputs = [Input::Path(folder.path().to_owned())];
    assert!(
        load_filled(&inputs, true, &set("DOMAIN", "example.com"), Channels::default()).unwrap().findings.is_empty()
    );
    let ask = ["where", "http://shop.example.com/", "-R", "-f", "."];
    let (code, text, _) = run(&folder, &[&ask[..], &["--set", "DOMAIN=example.com"]].concat(), None);
    assert_eq!(code, Some(0), "{text}");
    fs::write(folder.path().join("settings"), "# of this cluster\nexport DOMAIN=\"example.com\"\nOTHER: x\n").unwrap();
    let (code, text, said) = run(&folder, &[&ask[..], &["--set-file", "settings"]].concat(), None);
    assert_eq!(code, Some(0), "{text}{said}");
    fs::write(folder.path().join("settings"), "nothing\n").unwrap();
    let (code, _, said) = run(&folder, &[&ask[..], &["--set-file", "settings"]].concat(), None);
    assert_eq!((code, said.lines().next()), (Some(2), Some("error: settings:1: \"nothing\" sets nothing")));
}

#[test]
fn placeholders_that_are_left_are_one_line_and_no_error() {
    let folder = placeholders();
    let loaded = reports(
        &folder,
        &[
            "info[placeholder] gateway.yaml:6:64: ${DOMAIN} is a placeholder, written 2 times in all: what fills it in is \
           not known (fill it in with --set DOMAIN=VALUE, --set-file FILE, or --set-env from the environment)",
        ],
    );
    assert!(loaded.objects.iter().all(|object| !object.meta().defective));
    let (code, text, said) = run(&folder, &["where", "http://shop.${DOMAIN}/", "-R", "-f", "."], None);
    assert_eq!(code, Some(0), "{text}{said}");
}

/// What a placeholder in a rule becomes is not known: no finding quotes it, and an answer by the rule is not certain.
#[test]
fn a_rule_with_a_placeholder_is_not_judged() {
    let redirect = ROUTE.replace(
        "rules: [{backendRefs: [{name: a, port: 80}]}]",
        "rules:\n  - matches: [{path: {value: /login}}]\n    filters:\n    - {type: RequestRedirect, requestRedirect: {hostname: \"login.${DOMAIN}\"}}\n  \
         - backendRefs: [{name: a, port: 80}]",
    );
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: team-a}\nspec: {ports: [{port: 80}]}\n";
    let folder = repository(&[("all.yaml", &format!("{GATEWAY}---\n{redirect}---\n{service}"))]);
    let source = ["-f", "all.yaml", "--complete"];
    let (code, text, _) = run(&folder, &[&["check"][..], &source].concat(), None);
    assert!(code == Some(0) && text.contains("; 1 finding that quotes one is left out"), "{text}");
    let (_, text, _) = run(&folder, &[&["where", "http://api.example.com/login"][..], &source].concat(), None);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let doubt =
        "spec.rules[0].filters[0].requestRedirect.hostname of HTTPRoute team-a/shop holds a placeholder that is not";
    assert!(text.contains(doubt), "{text}");
    let (_, text, _) = run(&folder, &[&["where", "http://api.example.com/x"][..], &source].concat(), None);
    assert!(!text.contains("not certain"), "{text}");
}

/// A template's expression in quotes can be read, and something renders it. What kgateway renders itself stays.
#[test]
fn an_expression_of_a_template_is_a_placeholder() {
    let route = ROUTE.replace("name: shop", "name: \"{{ .name }}\"").replace("api.example.com", "\"x.{{ .domain }}\"");
    let policy = "apiVersion: gateway.kgateway.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: {name: p, namespace: team-a}\nspec:\n  \
        targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]\n  \
        transformation: {request: {set: [{name: x, value: \"{{ header(\\\"y\\\") }}\"}]}}\n";
    let folder = repository(&[("a.yaml", &format!("{GATEWAY}---\n{route}---\n{policy}"))]);
    reports(
        &folder,
        &[
            "info[placeholder] a.yaml:13:15: {{ .domain }}, {{ .name }} are placeholders, written 2 times in all: what fills it \
           in is not known (read what the tool prints that renders it, as helm template)",
        ],
    );
}

#[test]
fn flux_fills_in_what_its_kustomizations_say() {
    let route = |host: &str| ROUTE.replace("api.example.com", &format!("\"{host}\""));
    let kustomization = |path: &str, build: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: x}}\nspec:\n  path: {path}\n  postBuild: {build}\n"
        )
    };
    let folder = repository(&[
        (
            "flux/apps.yaml",
            &kustomization(
                "./apps",
                "{substituteFrom: [{kind: ConfigMap, name: settings}, {kind: Secret, name: secrets}]}",
            ),
        ),
        ("flux/shop.yaml", &kustomization("./apps/shop", "{substitute: {APP: shop}}")),
        ("flux/blog.yaml", &kustomization("./apps/blog", "{substitute: {APP: blog}}")),
        (
            "flux/settings.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {DOMAIN: example.com}\n",
        ),
        ("apps/shop/route.yaml", &route("${APP}.${DOMAIN}")),
        ("apps/blog/route.yaml", &route("${APP}.${DOMAIN}").replace("name: shop", "name: blog")),
        ("other/route.yaml", &route("${APP:=x}.${DOMAIN}").replace("name: shop", "name: other")),
    ]);
    let loaded = read(&folder);
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    let mut hosts: Vec<String> = loaded
        .objects
        .iter()
        .filter_map(|object| match object {
            routescope_core::model::Object::Route(route) => Some(route.hostnames[0].to_string()),
            _ => None,
        })
        .collect();
    hosts.sort();
    assert_eq!(hosts, ["blog.example.com", "shop.example.com", "x.example.com"]);
    // What is given by hand counts more.
    let (code, text, _) = run(&folder, &["where", "http://shop.test/", "-R", "-f", ".", "--set", "DOMAIN=test"], None);
    assert_eq!(code, Some(0), "{text}");
}

/// The namespace that Flux puts objects into is theirs, whatever they say: routes of other files meet them there.
#[test]
fn flux_puts_objects_into_the_namespace_that_it_targets() {
    let kustomization = |path: &str, target: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: x}}\nspec:\n  path: {path}\n  \
             targetNamespace: {target}\n"
        )
    };
    let gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge}\nspec:\n  \
        gatewayClassName: eg\n  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]\n";
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: shop, namespace: elsewhere}\nspec:\n  \
        parentRefs: [{name: edge, namespace: network}]\n  rules: [{backendRefs: [{name: shop, port: 80}]}]\n";
    let folder = repository(&[
        ("apps/network/edge/ks.yaml", &kustomization("./apps/network/edge/app", "network")),
        ("apps/network/edge/app/gateway.yaml", gateway),
        ("apps/shop/ks.yaml", &kustomization("./apps/shop/app", "shops")),
        ("apps/shop/app/route.yaml", route),
        // Two that disagree say nothing.
        ("one/ks.yaml", &kustomization("./shared", "one")),
        ("two/ks.yaml", &kustomization("./shared", "two")),
        ("shared/route.yaml", &route.replace("name: shop, namespace: elsewhere", "name: other")),
    ]);
    let loaded = read(&folder);
    let mut keys: Vec<String> = loaded.objects.iter().map(|object| object.meta().key().to_string()).collect();
    keys.sort();
    assert_eq!(keys, ["default/other", "network/edge", "shops/shop"]);
    let (code, text, _) = run(&folder, &["check", "-R", "-f", "."], None);
    assert!(code == Some(0) && !text.contains("parent-not-found"), "{text}");
}
