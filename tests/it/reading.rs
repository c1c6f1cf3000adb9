//! Reading texts: what loads, what is reported, and in which words.

use routescope_core::model::{BackendKind, From, Gateway, Object, PathKind, Route, RouteMatch};
use routescope_manifest::Loaded;
use routescope_manifest::files::load_text;
use routescope_render::findings;
use std::fmt::Write as _;

fn read(text: &str) -> Loaded {
    load_text("test.yaml", text)
}

/// The findings, one a line: `severity[code] place: message (help)`.
fn findings(loaded: &Loaded) -> String {
    let lines: Vec<String> = loaded
        .findings
        .iter()
        .map(|f| {
            let place = f.place.as_ref().map(ToString::to_string).unwrap_or_default();
            let help = findings::help(f).map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}[{}] {place}: {}{help}", f.severity.name(), f.code, findings::message(f))
        })
        .collect();
    lines.join("\n")
}

#[track_caller]
fn reports(text: &str, expected: &str) -> Loaded {
    let loaded = read(text);
    assert_eq!(findings(&loaded), expected);
    loaded
}

#[track_caller]
fn clean(text: &str) -> Loaded {
    reports(text, "")
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.objects.iter().map(|object| object.meta().name.as_str()).collect()
}

#[track_caller]
fn route(loaded: &Loaded) -> &Route {
    match loaded.objects.as_slice() {
        [Object::Route(route)] => route,
        other => panic!("expected one route, found {other:?}"),
    }
}

#[track_caller]
fn gateway(loaded: &Loaded) -> &Gateway {
    match loaded.objects.as_slice() {
        [Object::Gateway(gateway)] => gateway,
        other => panic!("expected one Gateway, found {other:?}"),
    }
}

/// What an error of the API server comes to; said once of an object.
const REFUSED: &str =
    "(an apply of this object changes nothing in the cluster: a new one is not created, an older version stays)";

/// An `HTTPRoute` with this `spec`, which begins in line 4.
fn http_route(spec: &str) -> String {
    format!("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{ name: r, namespace: a }}\n{spec}")
}

fn namespace(name: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n")
}

/// Namespaces `before` and `after`, with a broken document between them that begins in line 6.
fn between(document: &str) -> String {
    format!("{}---\n{document}\n---\n{}", namespace("before"), namespace("after"))
}

/// The document is reported as expected, and its neighbours load.
#[track_caller]
fn broken(document: &str, expected: &str) {
    let loaded = reports(&between(document), expected);
    assert_eq!(names(&loaded), ["before", "after"]);
}

// ---- documents

#[test]
fn a_broken_document_does_not_take_its_neighbours_with_it() {
    broken(
        "kind: Namespace\nmetadata:\n  name: broken: here",
        "error[yaml-syntax] test.yaml:8:15: mapping values are not allowed in this context (a value that contains `: ` \
         needs quotes; or the line is indented too far)",
    );
    broken(
        "kind: \"Namespace\nmetadata: {}",
        "error[yaml-syntax] test.yaml:6:7: a quoted scalar is not closed (expected a closing quote)",
    );
    broken(
        "metadata:\n\tname: x",
        "error[yaml-syntax] test.yaml:7:1: found a tab where a line is indented (YAML is indented with spaces)",
    );
    broken(
        "kind: [Service",
        "error[yaml-syntax] test.yaml:7:1: did not find expected ',' or ']' (expected a closing `]` or `}`, or a comma)",
    );
}

#[test]
fn a_template_is_told_from_a_manifest() {
    broken(
        "kind: Service\nmetadata:\n  name: {{ .Values.name }}",
        "error[yaml-syntax] test.yaml:8:10: expected a plain key, found a list or mapping as key (a template \
         must be rendered first: helm template DIR | routescope -f -)",
    );
}

#[test]
fn deep_nesting_is_refused_and_costs_nothing() {
    let deep = "error[too-deep] test.yaml:6:133: nested more than 128 levels deep (no Kubernetes object is that deep)";
    broken(&format!("a: {}", "[ ".repeat(10_000)), &deep.replace("133", "258"));
    broken(&"- ".repeat(100_000), &deep.replace("133", "257"));
    broken(&"{a: ".repeat(10_000), &deep.replace("133", "513"));
    let blocks: String = (0..10_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).take(1000).collect();
    broken(
        blocks.trim_end(),
        "error[too-deep] test.yaml:134:129: nested more than 128 levels deep (no Kubernetes object is that deep)",
    );
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "kind: Service\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(bomb, "a{level}: &a{level} [{aliases}]");
    }
    broken(
        bomb.trim_end(),
        "error[too-many-aliases] test.yaml:10:20: excessive aliasing: 4553 of the 4597 values up to here come from \
         aliases (kubectl refuses it too; write the values out)",
    );
    broken("a: &a [*a]", "error[yaml-syntax] test.yaml:6:8: the alias *a stands inside the value that &a names");
}

#[test]
fn bytes_that_are_no_text_cost_one_document() {
    broken(
        "kind: \u{0}x",
        "error[not-text] test.yaml:6:7: not a text: found the control character 0x00 (is this a manifest? save it as \
         UTF-8)",
    );
}

#[test]
fn what_is_no_manifest_is_said_to_be_none() {
    broken(
        "just a text",
        "error[not-a-resource] test.yaml:6:1: expected a Kubernetes object (a manifest begins with apiVersion and kind)",
    );
    broken(
        "replicas: 3",
        "warning[not-a-resource] test.yaml:6:1: not a Kubernetes object: apiVersion and kind are missing",
    );
    broken("kind: Service", "error[not-a-resource] test.yaml:6:1: not a Kubernetes object: apiVersion is missing");
    broken("apiVersion: v1", "error[not-a-resource] test.yaml:6:1: not a Kubernetes object: kind is missing");
}

#[test]
fn an_object_without_a_name_is_left_out() {
    broken(
        "{ apiVersion: v1, kind: Service, metadata: {} }",
        "error[missing-name] test.yaml:6:44: metadata.name: required, but not there: the object is left out",
    );
    broken(
        "{ apiVersion: v1, kind: Service, metadata: { generateName: x- } }",
        "error[missing-name] test.yaml:6:44: metadata.name: required, but not there: the object is left out \
         (generateName works for kubectl create only; give it a name)",
    );
}

#[test]
fn empty_texts_hold_nothing() {
    for text in ["", "\n\n", "# a comment\n", "---\n---\n# nothing\n...\n", "null\n"] {
        assert!(clean(text).objects.is_empty(), "{text:?}");
    }
}

#[test]
fn windows_line_ends_change_nothing() {
    let text = format!("{}---\n{}", namespace("a"), http_route("spec:\n  rules: 3\n")).replace('\n', "\r\n");
    let loaded = reports(
        &text,
        "error[api-refused] test.yaml:10:10: spec.rules: Invalid value: \"integer\": must be of type array: \"integer\" \
         (begin each item with `- `)",
    );
    assert_eq!(names(&loaded), ["a", "r"]);
}

#[test]
fn an_object_knows_its_lines() {
    let text = format!(
        "# first\n{}\n# more\n---\n{}  annotations:\n    a: |\n      text\n      text\n---\n{}",
        namespace("a"),
        namespace("b"),
        namespace("c")
    );
    let lines: Vec<_> = clean(&text)
        .objects
        .iter()
        .map(|object| (object.meta().origin.at.line, object.meta().origin.end_line))
        .collect();
    assert_eq!(lines, [(2, 5), (9, 16), (18, 21)]);
}

// ---- lists, kinds, versions

const LIST: &str = "apiVersion: v1
items:
- apiVersion: v1
  kind: Namespace
  metadata:
    name: a
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: ignored
- apiVersion: v1
  kind: Namespace
  metadata:
    name: b
kind: List
";

#[test]
fn lists_are_unrolled() {
    let loaded = clean(LIST);
    assert_eq!(names(&loaded), ["a", "b"]);
    assert_eq!(loaded.ignored.get("Deployment.apps"), Some(&1));
    let lines =
        loaded.objects.iter().map(|o| (o.meta().origin.at.line, o.meta().origin.at.column, o.meta().origin.end_line));
    assert_eq!(lines.collect::<Vec<_>>(), [(3, 3, 6), (11, 3, 14)]);
}

#[test]
fn the_items_of_a_list_of_one_kind_need_no_kind() {
    let items = "items:\n- metadata: { name: a }\n  spec: {}\n- metadata: { name: b }\n  spec: {}\n";
    let head = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRouteList\n";
    assert_eq!(names(&clean(&format!("{head}{items}"))), ["a", "b"]);
    assert_eq!(names(&clean(&format!("{items}{head}"))), ["a", "b"]);
    let json = r#"{"kind":"NamespaceList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"a"}}]}"#;
    assert_eq!(names(&clean(json)), ["a"]);
}

#[test]
fn a_list_inside_a_list_is_unrolled_too() {
    let text = format!("apiVersion: v1\nkind: List\nitems:\n- {}", LIST.trim_end().replace('\n', "\n  "));
    assert_eq!(names(&clean(&text)), ["a", "b"]);
}

#[test]
fn what_stands_before_a_break_in_a_list_still_loads() {
    let loaded = read(&LIST.replace("name: b", "name: [b"));
    assert_eq!(names(&loaded), ["a"]);
    assert_eq!(loaded.findings.len(), 1);
}

#[test]
fn anchors_reach_from_one_item_of_a_list_to_another() {
    let text = "apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: &meta
    name: shared
- apiVersion: v1
  kind: Namespace
  metadata: *meta
";
    assert_eq!(names(&clean(text)), ["shared"]);
}

#[test]
fn any_version_of_a_kind_is_read() {
    let route = |version: &str| http_route("spec: {}\n").replace("/v1\n", &format!("/{version}\n"));
    for version in ["v1", "v1beta1"] {
        assert_eq!(names(&clean(&route(version))), ["r"]);
    }
    for version in ["v1alpha2", "v7"] {
        let loaded = reports(
            &route(version),
            &format!(
                "warning[unserved-version] test.yaml:1:1: HTTPRoute has no version gateway.networking.k8s.io/{version} that a \
                 current server serves (write apiVersion: gateway.networking.k8s.io/v1)"
            ),
        );
        assert_eq!(names(&loaded), ["r"]);
    }
    let set = "apiVersion: gateway.networking.x-k8s.io/v1alpha1\nkind: XListenerSet\nmetadata: { name: s }\n\
               spec: { parentRef: { name: g }, listeners: [ { name: a, protocol: HTTP, port: 80 } ] }\n";
    assert_eq!(clean(set).objects[0].kind(), "ListenerSet");
}

#[test]
fn other_kinds_are_counted_and_not_looked_into() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nspec: { a: 1, a: 2 }\n---\napiVersion: v1\nkind: Secret\n---\n\
                apiVersion: networking.istio.io/v1\nkind: Gateway\n---\napiVersion: apps/v1\nkind: Deployment\n";
    let loaded = reports(
        text,
        "info[unsupported-kind] test.yaml:8:1: not supported: Gateway of networking.istio.io/v1 (it is Istio's own: a \
         Gateway of the Gateway API is gateway.networking.k8s.io/v1)",
    );
    let counted: Vec<_> = loaded.ignored.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    assert_eq!(counted, ["Deployment.apps 2", "Gateway.networking.istio.io 1", "Secret 1"]);
}

#[test]
fn routes_of_other_groups_are_named_once_a_kind() {
    let old = "apiVersion: networking.x-k8s.io/v1alpha1\nkind: HTTPRoute\nmetadata: { name: r }\n";
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: r }\n";
    reports(
        &[old, ingress, old, ingress, ingress].join("---\n"),
        "info[unsupported-kind] test.yaml:5:1: not supported: Ingress of networking.k8s.io/v1 (and 2 more of the kind) \
         (`ingress2gateway print` turns it into HTTPRoutes)\n\
         warning[unsupported-kind] test.yaml:1:1: HTTPRoute of networking.x-k8s.io/v1alpha1 is not read: the group is \
         gateway.networking.k8s.io (and 1 more of the kind) (write apiVersion: gateway.networking.k8s.io/v1; its fields \
         have changed, too (forwardTo is backendRefs))",
    );
    clean("apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata: { name: r }\n");
}

#[test]
fn a_misspelt_kind_is_not_silently_ignored() {
    reports(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HttpRoute\nmetadata: { name: r }\n",
        "error[unknown-kind] test.yaml:1:1: gateway.networking.k8s.io/v1 has no kind HttpRoute (did you mean HTTPRoute?)",
    );
    reports(
        "apiVersion: v1\nkind: HTTPRoute\nmetadata: { name: r }\n",
        "error[unknown-kind] test.yaml:1:1: v1 has no kind HTTPRoute (did you mean apiVersion: \
         gateway.networking.k8s.io/v1?)",
    );
    clean(
        "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: TCPRoute\nmetadata: { name: r }\nspec: { rules: [{ backendRefs: \
         [{ name: s, port: 1 }] }] }\n",
    );
}

// ---- metadata

#[test]
fn metadata_is_kept_without_its_ballast() {
    let loaded = clean(
        "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: r
  creationTimestamp: 2024-02-29T12:30:45Z
  labels: { b: '1', a: '2' }
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{}'
    kept: 'yes'
  managedFields: [ { manager: x } ]
spec: {}
",
    );
    let meta = &route(&loaded).meta;
    assert_eq!(meta.namespace, "default");
    assert_eq!(meta.created, Some(1_709_209_845));
    assert_eq!(meta.labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>(), ["b=1", "a=2"]);
    assert_eq!(meta.annotations.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>(), ["kept=yes"]);
    assert!(!meta.defective);
}

#[test]
fn labels_that_yaml_takes_for_something_else_are_reported() {
    let loaded = reports(
        "apiVersion: v1
kind: Namespace
metadata:
  name: a
  labels: { no: off, octal: 010, quoted: 'off', port: 8080 }
",
        "error[wrong-type] test.yaml:5:17: metadata.labels.false: expected text, found the boolean false (put it in \
         quotes: YAML reads it as a value that is not text)\n\
         error[wrong-type] test.yaml:5:29: metadata.labels.octal: expected text, found the number 8 (put it in quotes: \
         YAML reads it as a value that is not text)\n\
         error[wrong-type] test.yaml:5:55: metadata.labels.port: expected text, found the number 8080 (put it in \
         quotes: YAML reads it as a value that is not text)",
    );
    let meta = loaded.objects[0].meta();
    assert!(meta.defective);
    assert_eq!(meta.label("port").unwrap(), "8080");
    assert_eq!(meta.label("quoted").unwrap(), "off");
}

#[test]
fn a_namespace_wears_its_name_as_label() {
    let loaded = clean(&namespace("team-a"));
    assert_eq!(loaded.objects[0].meta().label("kubernetes.io/metadata.name").unwrap(), "team-a");
    assert_eq!(loaded.objects[0].meta().namespace, "");
}

// ---- routes

fn only_match(loaded: &Loaded) -> &RouteMatch {
    let route = route(loaded);
    assert_eq!((route.rules.len(), route.rules[0].matches.len()), (1, 1));
    &route.rules[0].matches[0]
}

#[test]
fn absent_rules_and_matches_match_everything() {
    for spec in ["spec: {}\n", "spec: { rules: }\n", "spec: { rules: [ {} ] }\n", "spec: { rules: [ { matches: } ] }\n"]
    {
        let loaded = clean(&http_route(spec));
        let only = only_match(&loaded);
        assert_eq!((only.path.kind, only.path.value.as_str()), (PathKind::PathPrefix, "/"), "{spec}");
    }
    assert_eq!(only_match(&read(&http_route(""))).path.value, "/");
    for spec in ["spec: { rules: [ { matches: [ {} ] } ] }\n", "spec: { rules: [ { matches: [ { path: {} } ] } ] }\n"] {
        assert_eq!(only_match(&clean(&http_route(spec))).path.value, "/");
    }
}

#[test]
fn lists_written_empty_stay_empty() {
    assert!(route(&clean(&http_route("spec: { rules: [ { matches: [] } ] }\n"))).rules[0].matches.is_empty());
    assert!(route(&read(&http_route("spec: { rules: [] }\n"))).rules.is_empty());
}

#[test]
fn refs_have_the_defaults_of_the_crd() {
    let loaded = clean(&http_route(
        "spec:
  parentRefs: [ { name: g } ]
  rules:
  - backendRefs:
    - { name: svc, port: 80 }
    - { name: '*', group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a, weight: 0 }
",
    ));
    let route = route(&loaded);
    let parent = &route.parent_refs[0];
    assert_eq!((parent.group.as_str(), parent.kind.as_str()), ("gateway.networking.k8s.io", "Gateway"));
    assert_eq!((&parent.namespace, &parent.section_name, parent.port), (&None, &None, None));
    let refs = &route.rules[0].backend_refs;
    assert_eq!((refs[0].group.as_str(), refs[0].kind.as_str(), refs[0].weight), ("", "Service", 1));
    assert_eq!((refs[0].at.line, refs[0].at.column), (8, 7));
    assert_eq!((refs[1].weight, refs[1].port), (0, None));
}

#[test]
fn a_ref_without_a_name_is_kept() {
    let loaded = reports(
        &http_route("spec: { rules: [ { backendRefs: [ { nam: svc, port: 80 } ] } ] }\n"),
        "error[api-refused] test.yaml:4:35: spec.rules[0].backendRefs[0].name: Required value (is `nam` meant to be \
         `name`?)\n\
         warning[unknown-field] test.yaml:4:37: spec.rules[0].backendRefs[0].nam: no such field (did you mean name?)",
    );
    assert_eq!(route(&loaded).rules[0].backend_refs[0].name, "");
}

#[test]
fn an_unknown_value_drops_the_smallest_item_around_it() {
    let loaded = reports(
        &http_route(
            "spec:
  rules:
  - matches:
    - path: { type: Prefix, value: /a }
    - path: { value: /b }
    backendRefs:
    - { name: svc, port: 80000 }
    - { name: svc, port: http }
    - { name: svc, port: '80' }
  - 5
  - filters:
    - { type: RequestRedirekt }
    - { type: URLRewrite }
    - { type: RequestRedirect, requestRedirect: { statusCode: 418 } }
",
        ),
        &format!(
            "error[api-refused] test.yaml:7:21: spec.rules[0].matches[0].path.type: Unsupported value: \"Prefix\": \
             supported values: \"Exact\", \"PathPrefix\", \"RegularExpression\" (did you mean PathPrefix?)\n\
             error[api-refused] test.yaml:10:26: spec.rules[0].backendRefs[0].port: Invalid value: 80000: should be less \
             than or equal to 65535 {REFUSED}\n\
             error[api-refused] test.yaml:11:26: spec.rules[0].backendRefs[1].port: Invalid value: \"string\": must be of \
             type integer: \"string\"\n\
             error[api-refused] test.yaml:12:26: spec.rules[0].backendRefs[2].port: Invalid value: \"string\": must be of \
             type integer: \"string\" (write 80 without quotes)\n\
             error[api-refused] test.yaml:13:5: spec.rules[1]: Invalid value: \"integer\": must be of type object: \
             \"integer\"\n\
             error[api-refused] test.yaml:15:15: spec.rules[2].filters[0].type: Unsupported value: \"RequestRedirekt\": \
             supported values: \"RequestHeaderModifier\", \"ResponseHeaderModifier\", \"RequestMirror\", \
             \"RequestRedirect\", \"URLRewrite\", \"ExtensionRef\", \"CORS\" (did you mean \
             RequestRedirect?)\n\
             error[api-refused] test.yaml:16:7: spec.rules[2].filters[1]: Invalid value: filter.urlRewrite must be \
             specified for URLRewrite filter.type\n\
             error[api-refused] test.yaml:17:63: spec.rules[2].filters[2].requestRedirect.statusCode: Unsupported value: \
             418: supported values: \"301\", \"302\", \"303\", \"307\", \"308\""
        ),
    );
    let route = route(&loaded);
    assert!(route.meta.defective);
    assert_eq!(route.rules[0].matches[0].path.value, "/b");
    assert_eq!(route.rules[0].backend_refs.len(), 1);
    assert_eq!(route.rules[1].filters.len(), 1);
}

#[test]
fn a_match_that_lost_a_test_is_no_match() {
    let loaded = reports(
        &http_route("spec: { rules: [ { matches: [ { headers: [ { name: a } ] } ] } ] }\n"),
        &format!(
            "error[api-refused] test.yaml:4:44: spec.rules[0].matches[0].headers[0].value: Required value {REFUSED}"
        ),
    );
    assert!(route(&loaded).rules[0].matches.is_empty());
}

#[test]
fn a_misspelt_field_is_pointed_out() {
    let loaded = reports(
        &http_route("spec:\n  rules:\n  - match:\n    - path: { value: /a }\n"),
        "warning[unknown-field] test.yaml:6:5: spec.rules[0].match: no such field (did you mean matches?)",
    );
    assert!(!route(&loaded).meta.defective);
}

#[test]
fn status_is_kept() {
    let loaded = clean(&http_route(
        "spec: {}
status:
  parents:
  - controllerName: kgateway.dev/kgateway
    parentRef: { name: g, namespace: infra }
    conditions:
    - { type: Accepted, status: 'True', reason: Accepted, message: '', lastTransitionTime: 2024-01-01T00:00:00Z }
",
    ));
    let status = &route(&loaded).status[0];
    assert_eq!((status.controller.as_str(), status.parent.name.as_str()), ("kgateway.dev/kgateway", "g"));
    assert_eq!(status.conditions[0].kind, "Accepted");
}

#[test]
fn merge_keys_are_expanded_where_they_stand() {
    let loaded = clean(&http_route(
        "spec:
  rules:
  - &rule
    matches: [ { path: { value: /a } } ]
    backendRefs: [ { name: svc, port: 80 } ]
  - <<: *rule
    matches: [ { path: { value: /b } } ]
",
    ));
    let rules = &route(&loaded).rules;
    assert_eq!(rules[1].matches[0].path.value, "/b");
    assert_eq!(rules[1].backend_refs[0].name, "svc");
    let loaded = reports(
        &http_route("spec: { rules: [ { name: mine, <<: { name: merged } } ] }\n"),
        "warning[merge-overrides] test.yaml:4:32: the merge overrides \"name\" in line 4: kubectl applies `<<` where it \
         stands",
    );
    assert_eq!(route(&loaded).rules[0].name.as_deref(), Some("merged"));
}

#[test]
fn of_a_key_written_twice_the_last_counts() {
    let loaded = reports(
        &http_route("spec:\n  hostnames: [ a ]\n  hostnames: [ b ]\n"),
        "warning[duplicate-key] test.yaml:6:3: \"hostnames\" is written twice, first in line 5: the last one counts",
    );
    assert_eq!(route(&loaded).hostnames, ["b"]);
}

#[test]
fn grpc_matches_become_paths() {
    let check = |matches: &str, kind: PathKind, path: &str| {
        let text = http_route(&format!("spec: {{ rules: [ {{ {matches} }} ] }}\n")).replace("HTTPRoute", "GRPCRoute");
        let loaded = clean(&text);
        let only = only_match(&loaded);
        assert_eq!((only.path.kind, only.path.value.as_str()), (kind, path), "{matches}");
    };
    check("matches: [ { method: { service: s, method: m } } ]", PathKind::Exact, "/s/m");
    check("matches: [ { method: { service: s } } ]", PathKind::PathPrefix, "/s");
    check("matches: [ { method: { method: m } } ]", PathKind::RegularExpression, "/.+/m");
    let regex = "type: RegularExpression";
    check(&format!("matches: [ {{ method: {{ {regex}, service: s }} }} ]"), PathKind::RegularExpression, "/s/.+");
    check(&format!("matches: [ {{ method: {{ {regex}, method: m }} }} ]"), PathKind::RegularExpression, "/.+/m");
    check(
        &format!("matches: [ {{ method: {{ {regex}, service: s, method: m }} }} ]"),
        PathKind::RegularExpression,
        "/s/m",
    );
    check("matches: [ { headers: [ { name: a, value: b } ] } ]", PathKind::PathPrefix, "/");
    check("matches: []", PathKind::PathPrefix, "/");
    check("", PathKind::PathPrefix, "/");
}

// ---- Gateways and the rest

#[test]
fn listeners_have_the_defaults_of_the_crd() {
    let loaded = clean(
        "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: g }
spec:
  gatewayClassName: kgateway
  listeners:
  - { name: http, protocol: HTTP, port: 80 }
  - name: tls
    protocol: HTTPS
    port: 443
    hostname: '*.example.com'
    tls: { certificateRefs: [ { name: cert } ] }
    allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { a: b } } }, kinds: [ { kind: HTTPRoute } ] }
  allowedListeners: {}
",
    );
    let gateway = gateway(&loaded);
    assert_eq!(gateway.listeners[0].allowed_routes.namespaces, From::Same);
    assert_eq!((&gateway.listeners[0].hostname, &gateway.listeners[0].allowed_routes.kinds), (&None, &None));
    assert!(matches!(&gateway.listeners[1].allowed_routes.namespaces, From::Selector(Some(s)) if s.labels.len() == 1));
    assert_eq!(gateway.allowed_listeners, Some(From::None));
}

#[test]
fn a_protocol_is_spelt_in_capitals() {
    reports(
        "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: g }
spec: { gatewayClassName: c, listeners: [ { name: a, protocol: http, port: 80 }, { name: b, protocol: x.io/y, port: 1 } ] }
",
        "error[unknown-value] test.yaml:4:64: spec.listeners[0].protocol: expected HTTP, HTTPS, TLS, TCP, UDP or a \
         domain-prefixed protocol, found \"http\" (did you mean HTTP?)",
    );
}

#[test]
fn backends_of_every_type_are_told_apart() {
    let kind = |spec: &str| {
        let text = format!(
            "apiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\nmetadata: {{ name: b }}\nspec: {spec}\n"
        );
        match clean(&text).objects.remove(0) {
            Object::Backend(backend) => backend.kind,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(kind("{ type: Static, static: { hosts: [ { host: a.io, port: 443 } ] } }"),
        BackendKind::Static(hosts) if hosts[0].host == "a.io" && hosts[0].port == 443));
    assert!(matches!(kind("{ static: { hosts: [ { host: b.io, port: 80 } ] } }"), BackendKind::Static(_)));
    assert_eq!(
        kind("{ type: AWS, aws: { accountId: '123456789012', region: eu, lambda: { functionName: f } } }"),
        BackendKind::Aws("lambda.eu.amazonaws.com:443 (lambda f)".into())
    );
    assert_eq!(
        kind("{ type: AWS, aws: { accountId: '123456789012', lambda: { functionName: f } } }"),
        BackendKind::Aws("lambda.us-east-1.amazonaws.com:443 (lambda f)".into())
    );
    assert_eq!(
        kind(
            "{ type: AWS, aws: { accountId: '123456789012', lambda: { functionName: f, endpointURL: 'http://stack.local:4566/x' } } }"
        ),
        BackendKind::Aws("stack.local:4566 (lambda f)".into())
    );
    assert_eq!(kind("{ dynamicForwardProxy: {} }"), BackendKind::DynamicForwardProxy);
    assert_eq!(kind("{ gcp: { host: x } }"), BackendKind::Other("gcp".into()));
}

// ---- JSON

#[test]
fn json_has_positions_too() {
    let text = "{\n\t\"apiVersion\": \"gateway.networking.k8s.io/v1\",\n\t\"kind\": \"HTTPRoute\",\n\t\"metadata\": \
                {\"name\": \"r\\u00e9\\ud83d\\ude00\\/\"},\n\t\"spec\": {\"rules\": 1}\n}\n";
    let loaded = load_text("test.json", text);
    assert_eq!(names(&loaded), ["ré😀/"]);
    let findings = findings(&loaded);
    let (name, rules) = findings.split_once('\n').expect("two findings");
    assert!(name.starts_with("error[api-refused] test.json:4:23: metadata.name: Invalid value: \"ré😀/\": "), "{name}");
    assert_eq!(
        rules,
        "error[api-refused] test.json:5:20: spec.rules: Invalid value: \"integer\": must be of type array: \"integer\" \
         (begin each item with `- `)"
    );
    assert_eq!(loaded.objects[0].meta().origin.end_line, 6);
}

#[test]
fn a_broken_value_in_a_json_stream_does_not_take_its_neighbours_with_it() {
    let object =
        |name: &str| format!("{{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{{\"name\":{name}}}}}");
    let text = format!("{}\n{}\n{}{}\n", object("\"a\""), object("\"b"), object("\"c\""), object("\"d\""));
    let loaded = load_text("-", &text);
    assert_eq!(names(&loaded), ["a", "c", "d"]);
    assert_eq!(
        findings(&loaded),
        "error[json-syntax] -:2:62: expected a closing quote (line breaks and control characters need an escape), found \
         '\\n'"
    );
}

#[test]
fn what_begins_with_a_brace_may_be_yaml() {
    assert_eq!(names(&clean("{ apiVersion: v1, kind: Namespace, metadata: { name: a } }\n")), ["a"]);
    let loaded = load_text("x.json", "{ apiVersion: v1 }");
    assert_eq!(findings(&loaded), "error[json-syntax] x.json:1:3: expected a key in double quotes, found 'a'");
}

#[test]
fn deep_json_is_refused() {
    let loaded = load_text("x.json", &"{\"a\":".repeat(100_000));
    assert_eq!(
        findings(&loaded),
        "error[too-deep] x.json:1:641: nested more than 128 levels deep (no Kubernetes object is that deep)"
    );
}

#[test]
fn documents_of_a_long_text_stay_in_order() {
    // Long enough to be shared between threads.
    let text: Vec<String> = (0..10_000).map(|i| namespace(&format!("n{i}"))).collect();
    let loaded = clean(&text.join("---\n"));
    assert!(names(&loaded).iter().enumerate().all(|(i, name)| *name == format!("n{i}")));
    assert_eq!(loaded.objects.len(), 10_000);
    assert_eq!(loaded.objects[9999].meta().origin.at.line, 9999 * 5 + 1);
}

mod any_text {
    use proptest::prelude::*;

    use super::{http_route, read};

    /// Pieces of YAML and JSON, in any order.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "\n",
            "\n",
            "  ",
            "    ",
            "- ",
            ": ",
            ":",
            "---\n",
            "...\n",
            "%YAML 1.2\n",
            "&a ",
            "*a",
            "<<",
            "!!str ",
            "!x ",
            "|\n",
            ">-\n",
            "? ",
            "{",
            "}",
            "[",
            "]",
            ",",
            "\"",
            "'",
            "#",
            " #",
            "\\u00",
            "\\",
            "\t",
            "\r\n",
            "\u{FEFF}",
            "\u{0}",
            "é",
            "\u{2028}",
            "apiVersion: v1\n",
            "kind: List\n",
            "kind: HTTPRoute\n",
            "items:\n",
            "metadata:\n",
            "name",
            "a",
            "1",
            "~",
            "{\"kind\":\"List\",\"items\":[",
            "null",
            "0x",
            "1e999",
            "@",
            "`",
            "-",
        ]);
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn reading_never_panics(text in pieces()) {
            read(&text);
            read(&http_route(&format!("spec:\n  rules:\n  - {text}")));
        }

        #[test]
        fn reading_any_characters_never_panics(text in any::<String>()) {
            read(&text);
        }
    }
}
