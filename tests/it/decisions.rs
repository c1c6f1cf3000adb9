//! Decisions and explanations over whole manifests: what a person reads.

use routescope_core::analysis::Analysis;
use routescope_core::model::ObjectKey;
use routescope_core::resolve::{Settings, Uncertainty};
use routescope_core::router::{AnswerPlace, Decision, Note, OutcomeKind, Request, RowAnswer, Verdict};
use routescope_core::store::Coverage;
use routescope_render::reasons;
use routescope_render::uncertainty::uncertainty;

/// A Gateway on ports 80 (HTTP) and 443 (HTTPS for `*.a.io`), a delegating parent, its child, a stand-alone route.
const WORLD: &str = r"
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: infra}
spec:
  gatewayClassName: kgateway
  listeners:
  - {name: http, protocol: HTTP, port: 80, allowedRoutes: {namespaces: {from: All}}}
  - {name: https, protocol: HTTPS, port: 443, hostname: '*.a.io', tls: {certificateRefs: [{name: cert}]}, allowedRoutes: {namespaces: {from: All}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: parent, namespace: infra}
spec:
  parentRefs: [{name: gw, sectionName: http}]
  hostnames: [api.a.io]
  rules:
  - matches: [{path: {type: PathPrefix, value: /payments}}]
    backendRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: '*', namespace: payments}]
  - matches: [{path: {type: PathPrefix, value: /}, headers: [{name: canary, value: ''}]}]
    backendRefs: [{name: front, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: child, namespace: payments}
spec:
  rules:
  - matches: [{path: {type: PathPrefix, value: /payments/charge}, method: POST}]
    backendRefs: [{name: charge, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /payments/refund}, headers: [{name: x-tenant, value: blue}]}]
    backendRefs: [{name: gone, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /x}}]
    backendRefs: [{name: charge, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: secure, namespace: infra}
spec:
  parentRefs: [{name: gw, sectionName: https}]
  rules:
  - filters: [{type: RequestRedirect, requestRedirect: {hostname: new.io}}]
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: infra}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: charge, namespace: payments}
spec: {ports: [{port: 80}]}
";

fn world() -> Analysis {
    routescope_manifest::analyse_text(WORLD, Coverage::closed(), Settings::default())
}

#[track_caller]
fn request(text: &str) -> Request {
    let mut parts = text.split(' ');
    let (method, url) = (parts.next().unwrap(), parts.next().unwrap());
    let headers: Vec<&str> = parts.collect();
    let mut request = Request::parse(url).unwrap().with_method(method).unwrap();
    for header in headers {
        request = request.with_header(header).unwrap();
    }
    request
}

#[track_caller]
fn explain(text: &str) -> Decision {
    let mut decisions = world().explain(&request(text), None);
    assert_eq!(decisions.len(), 1, "{text}: {decisions:?}");
    decisions.remove(0)
}

#[track_caller]
fn considered(decision: &Decision, verdict: Verdict, because: &str) {
    let world = world();
    let all: Vec<(Verdict, String)> =
        decision.considered.iter().map(|entry| (entry.verdict, reasons::reason(&world, entry))).collect();
    assert!(all.contains(&(verdict, because.to_owned())), "{all:?} lacks {because}");
}

#[test]
fn the_winner_comes_first_and_the_shorter_prefix_says_why_it_lost() {
    let decision = explain("POST http://api.a.io/payments/charge/7 canary:1");
    assert_eq!(decision.kind(), OutcomeKind::Forward);
    assert_eq!(decision.considered[0].verdict, Verdict::Won);
    considered(&decision, Verdict::Lost, "shorter prefix than /payments/charge");
    assert_eq!(decision.listener.as_deref(), Some("http"));
}

#[test]
fn a_miss_says_what_the_closest_rule_needs() {
    let decision = explain("GET http://api.a.io/payments/charge");
    assert_eq!((decision.kind(), decision.status()), (OutcomeKind::NotFound, Some(404)));
    considered(&decision, Verdict::Missed, "needs method POST");
    assert_eq!(
        reasons::notes(&world(), &decision),
        [
            "no rule under /payments of infra/parent takes GET /payments/charge; the closest needs method POST",
            "listener https (port 443) has a rule that takes it",
        ]
    );
    assert!(decision.unverified.is_empty());
}

#[test]
fn a_neighbouring_path_is_shown() {
    let decision = explain("GET http://api.a.io/payments/refunds x-tenant:red");
    considered(
        &decision,
        Verdict::Missed,
        "the path is not under /payments/refund and needs header x-tenant: blue, not red",
    );
    assert_eq!(decision.considered.len() + decision.not_listed, 3);
}

#[test]
fn a_dropped_match_that_would_have_taken_it_is_shown() {
    considered(&explain("GET http://api.a.io/x/y"), Verdict::Dropped, "dropped: /x is not under /payments");
}

#[test]
fn a_forward_whose_every_share_is_broken_is_a_500_with_its_destinations() {
    let decision = explain("GET http://api.a.io/payments/refund x-tenant:blue");
    assert_eq!((decision.kind(), decision.status()), (OutcomeKind::Respond, Some(500)));
    assert_eq!(decision.destinations().count(), 1);
}

#[test]
fn an_unknown_host_is_a_404_without_a_virtual_host() {
    let decision = explain("GET http://nowhere.io/");
    assert_eq!((decision.virtual_host, decision.status()), (None, Some(404)));
    assert_eq!(reasons::notes(&world(), &decision), ["no route serves nowhere.io on port 80"]);
}

#[test]
fn https_is_chosen_by_server_name_and_then_by_host() {
    let decision = explain("GET https://x.a.io/");
    assert_eq!(decision.outcome.location(), Some("https://new.io/"));
    let analysis = world();
    let reason = |url: &str| {
        let request = request(&format!("GET {url}"));
        assert!(analysis.decide(&request, None).is_empty(), "{url}");
        reasons::no_connection(&analysis.unseen(&request, None)[0].reason)
    };
    assert_eq!(reason("https://a.io/"), "no HTTPS listener serves a.io; they serve *.a.io");
    assert_eq!(reason("http://x.a.io:443/"), "port 443 speaks TLS, and the request is plain HTTP");
    assert_eq!(reason("https://x.a.io:80/"), "port 80 speaks plain HTTP, and the request is TLS");
    assert_eq!(reason("http://x.a.io:8080/"), "no listener on port 8080; it listens on 80, 443");
}

#[test]
fn a_bare_host_is_answered_by_the_best_listener_and_the_others_are_named() {
    let decision = explain("POST api.a.io/payments/charge");
    assert_eq!((decision.kind(), decision.port), (OutcomeKind::Forward, Some(80)));
    let listener = AnswerPlace::Listener("https".into(), 443);
    let note = Note::OtherAnswer { places: vec![listener], more: 0, answer: RowAnswer::Redirect(302) };
    assert!(decision.notes.contains(&note), "{:?}", decision.notes);
}

#[test]
fn a_bare_path_is_answered_by_the_best_host() {
    let decision = explain("POST /payments/charge");
    assert_eq!(decision.outcome.upstream().as_ref().map(|upstream| upstream.host.as_str()), Some("api.a.io"));
}

#[test]
fn a_bad_request_line_is_a_400() {
    let decision = explain("GET http://api.a.io/ü");
    assert_eq!((decision.kind(), decision.status()), (OutcomeKind::Respond, Some(400)));
    assert!(matches!(&decision.notes[..], [Note::BadRequest { who: "Envoy", .. }]), "{:?}", decision.notes);
}

#[test]
fn an_open_world_makes_no_certain_404() {
    let analysis = routescope_manifest::analyse_text(WORLD, Coverage::open(), Settings::default());
    let decision = analysis.decide(&request("GET http://api.a.io/nothing"), None).remove(0);
    assert_eq!(decision.unverified, [Uncertainty::UnseenRoute(None)]);
}

#[test]
fn only_the_named_gateway_answers() {
    let analysis = world();
    let request = request("GET http://api.a.io/");
    assert_eq!(analysis.decide(&request, Some(&ObjectKey::new("infra", "gw"))).len(), 1);
    assert!(analysis.decide(&request, Some(&ObjectKey::new("infra", "other"))).is_empty());
}

#[test]
fn every_hop_can_be_asked_why() {
    let analysis = world();
    let request = request("POST http://api.a.io/payments/charge");
    let decision = analysis.explain(&request, None).remove(0);
    for hop in (0..analysis.tree.hops.len()).map(|at| routescope_core::resolve::RuleNodeId(u32::try_from(at).unwrap()))
    {
        let considered = analysis.explain_hop(&request, &decision, hop);
        assert!(!reasons::reason(&analysis, &considered).is_empty());
        assert_eq!(considered.verdict == Verdict::Won, analysis.tree.chain(decision.row().unwrap()).contains(&hop));
    }
}

/// Where a cluster of which namespace team-a alone may be read sends a request for `/a/x`, and why that is not certain.
#[track_caller]
fn limited(from: &str, reference: &str) -> (OutcomeKind, Vec<String>) {
    let text = format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: gw, namespace: team-a }}
spec:
  gatewayClassName: kgateway
  listeners: [{{ name: http, port: 80, protocol: HTTP, allowedRoutes: {{ namespaces: {{ from: {from} }} }} }}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: parent, namespace: team-a }}
spec:
  parentRefs: [{{ name: gw }}]
  rules:
  - matches: [{{ path: {{ value: /a }} }}]
    backendRefs: [{reference}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: child, namespace: team-a, labels: {{ delegation.kgateway.dev/label: one }} }}
spec:
  rules:
  - matches: [{{ path: {{ value: /a/x }} }}]
    backendRefs: [{{ name: web, port: 80 }}]
"
    );
    let mut coverage = Coverage { forbidden: true, ..Coverage::open() };
    coverage.kinds.insert("GatewayClass");
    for kind in ["Gateway", "HTTPRoute", "GRPCRoute", "Service", "ListenerSet", "TrafficPolicy", "EndpointSlice"] {
        coverage.namespaces.entry(kind).or_default().insert("team-a".into());
    }
    let text = format!(
        "{text}---\napiVersion: v1\nkind: Service\nmetadata: {{ name: web, namespace: team-a }}\nspec: {{ ports: [{{ port: 80 }}] }}\n"
    );
    let analysis = routescope_manifest::analyse_text(&text, coverage, Settings::default());
    let decision = analysis.decide(&request("GET http://a.io/a/x"), None).remove(0);
    (decision.kind(), decision.unverified.iter().map(uncertainty).collect())
}

const LABEL_ALL: &str = "{ group: delegation.kgateway.dev, kind: label, name: one, namespace: all }";
const LABEL_HERE: &str = "{ group: delegation.kgateway.dev, kind: label, name: one, namespace: team-a }";

#[test]
fn what_may_be_read_in_full_is_certain() {
    assert_eq!(limited("Same", LABEL_HERE), (OutcomeKind::Forward, Vec::new()));
}

#[test]
fn a_route_of_a_hidden_namespace_may_take_what_a_listener_admits() {
    let doubt = "a route that cannot be read may be attached to Gateway team-a/gw and take it".to_owned();
    assert_eq!(limited("All", LABEL_HERE), (OutcomeKind::Forward, vec![doubt]));
}

#[test]
fn a_child_of_a_hidden_namespace_may_take_what_a_label_selects_everywhere() {
    let doubt = "label one in any namespace may select an HTTPRoute that cannot be read".to_owned();
    assert_eq!(limited("Same", LABEL_ALL), (OutcomeKind::Forward, vec![doubt]));
}

#[test]
fn a_service_of_a_hidden_namespace_is_unverified() {
    let (outcome, doubts) =
        limited("Same", "{ name: web, port: 80 }, { name: web, namespace: team-b, port: 80, weight: 9 }");
    assert_eq!(outcome, OutcomeKind::Forward);
    assert!(doubts.iter().any(|doubt| doubt == "Service team-b/web is not in view"), "{doubts:?}");
}

/// What follows a URL that is typed.
#[track_caller]
fn completes(typed: &str, expected: &[&str]) {
    let world = routescope_manifest::analyse_text(COMPLETION, Coverage::closed(), Settings::default());
    assert_eq!(world.router().complete(typed, 4), expected, "{typed}");
}

const COMPLETION: &str = r"
{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: gw, namespace: a}, spec: {gatewayClassName: kgateway, listeners: [{name: http, protocol: HTTP, port: 80}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: a}
spec:
  parentRefs: [{name: gw}]
  hostnames: [api.a.io, app.a.io, '*.b.io']
  rules:
  - matches:
    - path: {value: /pay}
    - path: {value: /pay-later}
    - path: {value: /pay/cards/new}
    - path: {value: /pay/cards}
    - path: {value: /pay/out}
    - path: {value: /payments}
    - path: {type: RegularExpression, value: '/pay[0-9]+'}
    backendRefs: [{name: svc, port: 80}]
";

#[test]
fn hosts_are_completed_and_wildcards_are_not_hosts() {
    completes("", &["api.a.io", "app.a.io"]);
    completes("AP", &["api.a.io", "app.a.io"]);
    completes("http://app", &["http://app.a.io"]);
    completes("http://x", &[]);
    completes("https://app", &[]);
}

#[test]
fn a_scheme_is_completed_to_the_hosts_that_are_served_by_it() {
    completes("h", &["http://api.a.io", "http://app.a.io"]);
    completes("HTTP:", &["HTTP://api.a.io", "HTTP://app.a.io"]);
    completes("http:/", &["http://api.a.io", "http://app.a.io"]);
    completes("https", &[]);
}

#[test]
fn paths_follow_a_whole_host() {
    completes("api.a.io", &["api.a.io/pay", "api.a.io/pay-later", "api.a.io/payments"]);
    completes("http://x.b.io:80", &["http://x.b.io:80/pay", "http://x.b.io:80/pay-later", "http://x.b.io:80/payments"]);
    completes("other.io", &[]);
}

#[test]
fn paths_are_completed_segment_by_segment() {
    completes("api.a.io/", &["api.a.io/pay", "api.a.io/pay-later", "api.a.io/payments"]);
    completes("http://x.b.io/pay/", &["http://x.b.io/pay/cards", "http://x.b.io/pay/out"]);
    completes("/pay/cards", &["/pay/cards/new"]);
    completes("api.a.io/pay", &["api.a.io/pay-later", "api.a.io/pay/cards", "api.a.io/pay/out", "api.a.io/payments"]);
    completes("other.io/", &[]);
    completes("api.a.io/pay?x=", &[]);
}
