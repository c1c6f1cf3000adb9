//! What a user cannot read: whatever could rest on it is not certain. Each kind, then each namespace, is taken from what is
//! read, and what is still said without a doubt is what full rights say.

use crate::support::worlds;

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use routescope_cluster::kinds::KINDS;
use routescope_core::analysis::Analysis;
use routescope_core::expectation::{self, Asks, Expect, Test, Verdict};
use routescope_core::model::{Name, Object, PathKind, PathMatch, Position};
use routescope_core::reachability::Region;
use routescope_core::resolve::Settings;
use routescope_core::router::Request;
use routescope_core::status;
use routescope_core::store::{Change, Coverage, Store};
use routescope_manifest::files::load_text;
use routescope_render::answer::{self, Answers};
use routescope_render::{findings, status as statuses};
use serde_json::{Value, json};
use worlds::{requests, worlds, worlds_of_hosts};

const EVERYTHING: &str = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: edge }
spec: { controllerName: kgateway.dev/kgateway }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw, namespace: infra }
spec:
  gatewayClassName: edge
  allowedListeners: { namespaces: { from: All } }
  listeners:
  - { name: http, port: 80, protocol: HTTP, hostname: "*.a.io", allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { routes: "yes" } } } } }
  - { name: tls, port: 443, protocol: TLS, tls: { mode: Passthrough }, allowedRoutes: { namespaces: { from: All } } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: more, namespace: team }
spec:
  parentRef: { name: gw, namespace: infra }
  listeners: [{ name: extra, port: 80, protocol: HTTP, hostname: b.io, allowedRoutes: { namespaces: { from: Same } } }]
---
apiVersion: v1
kind: Namespace
metadata: { name: team, labels: { routes: "yes" } }
---
apiVersion: v1
kind: Namespace
metadata: { name: other, labels: { routes: "no" } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: parent, namespace: team }
spec:
  parentRefs: [{ name: gw, namespace: infra }]
  hostnames: [x.a.io]
  rules:
  - matches: [{ path: { value: /c } }]
    backendRefs: [{ group: delegation.kgateway.dev, kind: label, name: kids, namespace: other }]
  - matches: [{ path: { value: /direct } }]
    filters: [{ type: ExtensionRef, extensionRef: { group: gateway.kgateway.dev, kind: DirectResponse, name: answer } }]
  - matches: [{ path: { value: /backend } }]
    backendRefs: [{ group: gateway.kgateway.dev, kind: Backend, name: outside }]
  - backendRefs: [{ name: web, port: 80 }, { name: idle, port: 80, namespace: other }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: child, namespace: other, labels: { delegation.kgateway.dev/label: kids } }
spec: { rules: [{ matches: [{ path: { value: /c/x } }], backendRefs: [{ name: idle, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: set, namespace: team }
spec:
  parentRefs: [{ group: gateway.networking.k8s.io, kind: ListenerSet, name: more }]
  rules: [{ backendRefs: [{ name: web, port: 80 }] }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: lost, namespace: other }
spec: { parentRefs: [{ name: gw, namespace: infra }], rules: [{ backendRefs: [{ name: none, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: calls, namespace: team }
spec:
  parentRefs: [{ name: gw, namespace: infra }]
  hostnames: [x.a.io]
  rules: [{ matches: [{ method: { service: s, method: m } }], backendRefs: [{ name: web, port: 80 }] }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: { name: raw, namespace: team }
spec: { parentRefs: [{ name: gw, namespace: infra, sectionName: tls }], hostnames: [t.a.io], rules: [{ backendRefs: [{ name: web, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: { name: grant, namespace: other }
spec: { from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: team }], to: [{ group: "", kind: Service }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: team }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: idle, namespace: other }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: team, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: "", port: 8080 }]
endpoints: [{ addresses: [10.0.0.1], conditions: { ready: true } }]
---
apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: { name: outside, namespace: team }
spec: { type: Static, static: { hosts: [{ host: example.com, port: 80 }] } }
---
apiVersion: gateway.kgateway.dev/v1alpha1
kind: DirectResponse
metadata: { name: answer, namespace: team }
spec: { status: 418 }
---
apiVersion: gateway.kgateway.dev/v1alpha1
kind: TrafficPolicy
metadata: { name: slow, namespace: team }
spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: parent }], timeouts: { request: 3s } }
---
apiVersion: gateway.kgateway.dev/v1alpha1
kind: TrafficPolicy
metadata: { name: all, namespace: infra }
spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: gw }], timeouts: { request: 9s } }
"#;

const URLS: [&str; 9] = [
    "http://x.a.io/",
    "http://x.a.io/c/x",
    "http://x.a.io/c/y",
    "http://x.a.io/direct",
    "http://x.a.io/backend",
    "http://b.io/",
    "http://y.a.io/",
    "http://nobody.org/",
    "https://t.a.io/",
];

/// What cannot be read.
#[derive(Debug, Clone, Copy)]
enum Without<'n> {
    Nothing,
    Kind(&'static str),
    Namespace(&'n str),
}

impl Without<'_> {
    fn reads(self, object: &Object) -> bool {
        match self {
            Self::Nothing => true,
            Self::Kind(kind) => object.kind() != kind,
            Self::Namespace(name) => object.meta().namespace != *name,
        }
    }

    /// As a cluster tells it.
    fn coverage(self, namespaces: &BTreeSet<Name>) -> Coverage {
        let mut coverage = Coverage { forbidden: !matches!(self, Self::Nothing), ..Coverage::open() };
        for kind in KINDS {
            match self {
                Self::Kind(closed) if closed == kind.shown => {}
                Self::Namespace(closed) if kind.namespaced => {
                    let open = namespaces.iter().filter(|name| *name != closed).cloned();
                    coverage.namespaces.entry(kind.shown).or_default().extend(open);
                }
                _ => {
                    coverage.kinds.insert(kind.shown);
                }
            }
        }
        coverage
    }
}

fn analysis(text: &str, without: Without<'_>) -> Analysis {
    let objects = load_text("test.yaml", text).objects;
    let namespaces = objects.iter().map(|object| object.meta().namespace.clone()).collect();
    let objects = objects.into_iter().filter(|object| without.reads(object)).collect();
    let mut store = Store::default();
    let findings = store.apply(Change::Replace { objects, coverage: without.coverage(&namespaces) });
    Analysis::of(Arc::new(store.snapshot()), Settings::default(), findings)
}

fn value(data: &impl serde::Serialize) -> Value {
    serde_json::to_value(data).expect("JSON")
}

/// The answers as data, without what is said beside them; and whether each is certain.
fn answers(analysis: &Analysis, request: &Request) -> Vec<(Value, bool)> {
    let answers = Answers::of(analysis, request.clone(), None, false);
    let data = value(&answer::line(analysis, &answers));
    let all = data["answers"].as_array().expect("answers").clone();
    let bare = all.into_iter().map(|mut answer| {
        let certain = answer["confidence"] == "certain";
        for beside in ["considered", "notes", "confidence"] {
            answer.as_object_mut().expect("an answer").remove(beside);
        }
        // Whether a backend that gets no request exists changes nothing: its state says itself that it is not known.
        let idle = |to: &&mut Value| to["share"] == 0.0;
        for to in answer["destinations"].as_array_mut().into_iter().flatten().filter(idle) {
            to.as_object_mut().expect("a destination").remove("state");
        }
        (answer, certain)
    });
    bare.collect()
}

fn told(analysis: &Analysis) -> Vec<Value> {
    value(&findings::data(&analysis.snapshot, &analysis.findings, None))["findings"]
        .as_array()
        .expect("findings")
        .clone()
}

/// Tests of a request, and of all requests of its host.
fn expected(request: &Request) -> Vec<Test> {
    let all = Asks::All(Region {
        scheme: None,
        port: None,
        host: request.host.clone(),
        path: PathMatch { kind: PathKind::PathPrefix, value: "/".into() },
        methods: Vec::new(),
        gateway: None,
    });
    let one = Asks::Request { request: request.clone(), gateway: None };
    let mut tests = Vec::new();
    for asks in [one, all] {
        for status in [404, 500] {
            let expect = Expect { status: Some(status), ..Expect::default() };
            let not = Expect { not: Some(Box::new(expect.clone())), ..Expect::default() };
            for (name, expect) in [("status", expect), ("no status", not)] {
                tests.push(Test {
                    name: format!("{name} {status}"),
                    at: Position::default(),
                    asks: asks.clone(),
                    expect,
                });
            }
        }
    }
    tests
}

/// Whether a test holds; `None` where it is not known.
fn verdict(analysis: &Analysis, test: &Test) -> Option<bool> {
    match expectation::run(analysis, test, &mut BTreeSet::new()) {
        Verdict::Pass => Some(true),
        Verdict::Fail(_) => Some(false),
        Verdict::Unknown(_) => None,
    }
}

fn verdicts(analysis: &Analysis, request: &Request) -> Vec<Option<bool>> {
    expected(request).iter().map(|test| verdict(analysis, test)).collect()
}

fn predicted(analysis: &Analysis) -> Value {
    value(&statuses::data(analysis, &status::predict(analysis), &[]))
}

/// Holds what is certain `without` something against what full rights say.
fn check(text: &str, full: &Analysis, without: Without<'_>, asked: &[Request]) -> Result<(), String> {
    let limited = analysis(text, without);
    for request in asked {
        let (here, there) = (answers(&limited, request), answers(full, request));
        if here.is_empty() && !there.is_empty() {
            return Err(format!("{without:?}: {request} has no answer"));
        }
        for (answer, certain) in here {
            if certain && there.iter().all(|(other, _)| *other != answer) {
                let there: Vec<_> = there.iter().map(|(other, _)| other).collect();
                return Err(format!("{without:?}: {request}: {answer:#} is not among {there:#?}"));
            }
        }
    }
    for request in asked {
        for (test, here) in expected(request).iter().zip(verdicts(&limited, request)) {
            let there = verdict(full, test);
            if here.is_some_and(|here| there.is_some_and(|there| there != here)) {
                return Err(format!("{without:?}: {} of {request}: {here:?}, not {there:?}", test.name));
            }
        }
    }
    let there = told(full);
    for finding in told(&limited) {
        if finding["confidence"] != "unverified" && !there.contains(&finding) {
            return Err(format!("{without:?}: {finding:#} is not among {there:#?}"));
        }
    }
    let status = predicted(&limited);
    if status.get("doubt").is_none() && status != predicted(full) {
        return Err(format!("{without:?}: {status:#}\n{:#}", predicted(full)));
    }
    Ok(())
}

fn check_all(text: &str, asked: &[Request]) -> Result<(), String> {
    let full = analysis(text, Without::Nothing);
    let namespaces: BTreeSet<Name> =
        load_text("test.yaml", text).objects.iter().map(|object| object.meta().namespace.clone()).collect();
    let kinds = KINDS.iter().map(|kind| Without::Kind(kind.shown));
    let places = namespaces.iter().filter(|name| !name.is_empty()).map(|name| Without::Namespace(name));
    kinds.chain(places).try_for_each(|without| check(text, &full, without, asked))
}

#[test]
fn what_is_certain_without_a_kind_or_a_namespace_is_what_full_rights_say() {
    let asked: Vec<Request> = URLS.iter().map(|url| Request::parse(url).expect("a URL")).collect();
    let full = analysis(EVERYTHING, Without::Nothing);
    assert!(answers(&full, &asked[0]).iter().any(|(_, certain)| *certain), "{:#?}", answers(&full, &asked[0]));
    check_all(EVERYTHING, &asked).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn a_cluster_without_its_gateways_gives_no_empty_answer() {
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: team }\nspec: { ports: [{ port: 80 }] }\n";
    let limited = analysis(service, Without::Kind("Gateway"));
    let [(answer, false)] = &answers(&limited, &Request::parse("http://nobody.org/").expect("a URL"))[..] else {
        panic!("one answer, not certain")
    };
    assert_eq!((&answer["outcome"], &answer["gateway"]), (&json!("unknown"), &Value::Null));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off) as _),
        ..ProptestConfig::default()
    })]

    #[test]
    fn so_it_is_in_any_world(text in worlds(), asked in prop::collection::vec(requests(), 3)) {
        let asked: Vec<Request> = asked.into_iter().map(|(url, method, _)| {
            Request::parse(&url).and_then(|request| request.with_method(method)).expect("a request")
        }).collect();
        check_all(&text, &asked).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn so_it_is_with_many_hosts(text in worlds_of_hosts(), asked in prop::collection::vec(requests(), 3)) {
        let asked: Vec<Request> = asked.into_iter().map(|(url, ..)| Request::parse(&url).expect("a URL")).collect();
        check_all(&text, &asked).map_err(TestCaseError::fail)?;
    }
}
