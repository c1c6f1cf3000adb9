//! What the controller would write, over whole manifests.

use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use routescope_core::status::{Condition, Difference, Statuses, differences, parent_in_words, predict};
use routescope_core::store::Coverage;

#[path = "statuses/streams.rs"]
mod streams;

/// A Gateway in `infra` with one listener for all namespaces, and whatever else.
fn analysed(rest: &str) -> Analysis {
    let gateway = "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: gw, namespace: infra}, \
                   spec: {gatewayClassName: kgateway, listeners: [{name: http, protocol: HTTP, port: 80, \
                   allowedRoutes: {namespaces: {from: All}}}]}}";
    routescope_manifest::analyse_text(&format!("{gateway}\n{rest}"), Coverage::closed(), Settings::default())
}

/// A route of namespace `a`.
fn route(name: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: {name}, namespace: a}}, \
         spec: {{{spec}}}}}\n"
    )
}

const ON_GATEWAY: &str = "parentRefs: [{name: gw, namespace: infra}]";
const SERVICE: &str =
    "---\n{apiVersion: v1, kind: Service, metadata: {name: svc, namespace: a}, spec: {ports: [{port: 80}]}}\n";

fn delegate(path: &str, name: &str) -> String {
    let group = "gateway.networking.k8s.io";
    format!(
        "{{matches: [{{path: {{type: PathPrefix, value: {path}}}}}], \
         backendRefs: [{{group: {group}, kind: HTTPRoute, name: {name}}}]}}"
    )
}

fn one_line(conditions: &[Condition]) -> Vec<String> {
    let bad = conditions.iter().filter(|condition| !condition.is_healthy());
    bad.map(|one| format!("{}={} {}: {}", one.kind, one.status, one.reason, one.message)).collect()
}

/// What is wrong with a route under its parents: `parent: conditions`, nothing behind the colon when all is well.
fn said(analysis: &Analysis, name: &str) -> Vec<String> {
    let of = |status: &&routescope_core::status::RouteStatus| analysis.snapshot.route(status.route).meta.name == name;
    let statuses: Statuses = predict(analysis);
    let entries = statuses.routes.iter().find(of).into_iter().flat_map(|status| &status.parents);
    let line = |entry: &routescope_core::status::ParentEntry| {
        format!("{}: {}", parent_in_words(&entry.parent, &"a".into()), one_line(&entry.conditions).join(", "))
    };
    entries.map(line).collect()
}

#[test]
fn a_route_that_attaches_nowhere_is_not_accepted_and_still_programmed() {
    let analysis = analysed(&route("r", "parentRefs: [{name: gw, namespace: infra, sectionName: gone}]"));
    assert_eq!(said(&analysis, "r"), ["Gateway infra/gw listener gone: Accepted=False NoMatchingParent: "]);
}

#[test]
fn parents_that_differ_by_port_share_one_report() {
    let refs = "parentRefs: [{name: gw, namespace: infra, port: 80}, {name: gw, namespace: infra, port: 81}]";
    let wrong = "Accepted=False NoMatchingParent: , kgateway.dev/Programmed=False RouteRuleReplaced: Replaced Rule (0): no action specified";
    let wanted = [format!("Gateway infra/gw port 80: {wrong}"), format!("Gateway infra/gw port 81: {wrong}")];
    assert_eq!(said(&analysed(&route("r", &format!("{refs}, rules: [{{name: x}}]"))), "r"), wanted);
}

#[test]
fn the_last_ref_that_does_not_resolve_is_told() {
    let refs = "{name: svc, port: 81}, {name: svc, port: 80}, {name: gone, port: 80}, {name: svc, port: 80}";
    let analysis = analysed(&(route("r", &format!("{ON_GATEWAY}, rules: [{{backendRefs: [{refs}]}}]")) + SERVICE));
    let wrong = "ResolvedRefs=False BackendNotFound: Service a/gone not found";
    assert_eq!(said(&analysis, "r"), [format!("Gateway infra/gw: {wrong}")]);
}

#[test]
fn a_delegated_route_has_an_entry_under_its_parent_only() {
    let child = "parentRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: p, namespace: a}], rules: \
                 [{matches: [{path: {value: /x/y}}], backendRefs: [{name: svc, port: 80}]}]";
    let world = route("p", &format!("{ON_GATEWAY}, rules: [{}]", delegate("/x", "c"))) + &route("c", child) + SERVICE;
    let analysis = analysed(&world);
    assert_eq!(said(&analysis, "p"), ["Gateway infra/gw: "]);
    assert_eq!(said(&analysis, "c"), ["HTTPRoute a/p: "]);
    let unnamed = analysed(&world.replace("name: p, namespace: a}]", "name: p}]"));
    assert!(said(&unnamed, "c").is_empty(), "its own parentRef has no namespace, the report's has");
}

#[test]
fn a_cycle_is_told_on_the_route_that_closes_it() {
    let world = route("p", &format!("{ON_GATEWAY}, rules: [{}]", delegate("/x", "c")))
        + &route("c", &format!("rules: [{}]", delegate("/x", "p")));
    let adopted =
        world.replace(ON_GATEWAY, &format!("{}, {{kind: HTTPRoute, name: c}}]", ON_GATEWAY.trim_end_matches(']')));
    let analysis = analysed(&adopted);
    let wrong = "gateway.networking.k8s.io/HTTPRoute/a/p: ignoring child route a/p for parent a/c: cyclic reference detected while evaluating delegated routes";
    assert_eq!(said(&analysis, "c"), [format!("HTTPRoute a/p: ResolvedRefs=False RefNotPermitted: {wrong}")]);
}

#[test]
fn a_replaced_rule_tells_all_its_errors_and_the_place_of_the_match() {
    let filter = "{type: ExtensionRef, extensionRef: {group: gateway.kgateway.dev, kind: DirectResponse, name: gone}}";
    let matches = "[{path: {value: /ok}}, {path: {value: /also}}]";
    let spec = format!("{ON_GATEWAY}, rules: [{{matches: {matches}, filters: [{filter}]}}]");
    let lines = "gateway.kgateway.dev/DirectResponse/a/gone: policy not found\nno action specified";
    // Exact before prefix, longer before shorter: the shorter prefix is the last row.
    let wrong = format!("kgateway.dev/Programmed=False RouteRuleReplaced: Replaced Rule (0): {lines}");
    assert_eq!(said(&analysed(&route("r", &spec)), "r"), [format!("Gateway infra/gw: {wrong}")]);
}

#[test]
fn a_row_that_fails_its_last_check_is_named() {
    let refs = "{name: svc, port: 80, weight: 0}, {name: svc, port: 80, weight: 0}";
    let spec = format!(
        "{ON_GATEWAY}, hostnames: [a.io], rules: [{{name: pay, matches: [{{path: {{value: /a//b}}}}], backendRefs: [{refs}]}}]"
    );
    let said = said(&analysed(&(route("r", &spec) + SERVICE)), "r").join("");
    let path = "the \"/a//b\" path is invalid: path [/a//b] cannot contain [//]";
    let weights =
        "All backend weights are 0. At least one backendRef in the HTTPRoute rule must specify a non-zero weight";
    let name = "listener~80~a_io-route-0-httproute-r-a-0-0-pay-matcher-0";
    assert!(said.ends_with(&format!("(0): error {name}: {path}\n{weights}\ninvalid route configuration")), "{said}");
}

#[test]
fn a_gateway_tells_of_its_listeners() {
    let gateway = "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g, namespace: infra}, \
                   spec: {gatewayClassName: kgateway, listeners: [{name: one, protocol: HTTP, port: 80}, \
                   {name: two, protocol: HTTP, port: 80}, {name: odd, protocol: HTTP, port: 81, \
                   allowedRoutes: {kinds: [{kind: TCPRoute}, {kind: HTTPRoute}]}}]}}";
    let analysis = routescope_manifest::analyse_text(gateway, Coverage::closed(), Settings::default());
    let statuses = predict(&analysis);
    let status = statuses.gateways.values().next().expect("a Gateway");
    let conflict =
        "Found conflicting hostnames on listeners, all listeners on a single port must have unique hostnames";
    assert_eq!(
        one_line(&status.conditions),
        [
            format!("Accepted=True ListenersNotValid: Some listeners are not programmed: two: {conflict}"),
            "ResolvedRefs=False ListenersNotResolved: One or more listeners have unresolved references".to_owned(),
        ]
    );
    let listeners: Vec<Vec<String>> = status.listeners.iter().map(|one| one_line(&one.conditions)).collect();
    assert!(listeners[0].is_empty());
    let rejected = ["Accepted=False", "Conflicted=True", "Programmed=False"];
    assert_eq!(listeners[1], rejected.map(|what| format!("{what} HostnameConflict: {conflict}")));
    assert_eq!(listeners[2], ["ResolvedRefs=False InvalidRouteKinds: Found invalid route kinds: [TCPRoute]"]);
}

#[test]
fn a_gateway_without_a_valid_listener_is_not_accepted() {
    let gateway = "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g, namespace: infra}, \
                   spec: {gatewayClassName: kgateway, listeners: [{name: one, protocol: UDP, port: 80}]}}";
    let analysis = routescope_manifest::analyse_text(gateway, Coverage::closed(), Settings::default());
    let statuses = predict(&analysis);
    let status = statuses.gateways.values().next().expect("a Gateway");
    let wrong = ["Accepted=False ListenersNotValid: No valid listeners", "Programmed=False Invalid: "];
    assert_eq!(one_line(&status.conditions), wrong);
    let listener = ["Accepted=False UnsupportedProtocol: Protocol UDP is unsupported."];
    assert_eq!(one_line(&status.listeners[0].conditions), listener);
}

/// What is wrong with the one Gateway, then with each of its listeners.
fn said_of_gateway(analysis: &Analysis) -> Vec<String> {
    let statuses = predict(analysis);
    let status = statuses.gateways.values().next().expect("a Gateway");
    let of_listener = |listener: &routescope_core::status::ListenerStatus| {
        one_line(&listener.conditions).into_iter().map(|line| format!("{} {line}", listener.name)).collect::<Vec<_>>()
    };
    one_line(&status.conditions).into_iter().chain(status.listeners.iter().flat_map(of_listener)).collect()
}

/// A Gateway with one HTTPS listener and these client validation and listener settings.
fn with_tls(validation: &str, tls: &str) -> Vec<String> {
    let gateway = format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: gw, namespace: infra}}, spec: \
         {{gatewayClassName: kgateway, tls: {{frontend: {{default: {{validation: {{{validation}}}}}}}}}, listeners: \
         [{{name: one, protocol: HTTPS, port: 443, tls: {{{tls}}}}}]}}}}"
    );
    said_of_gateway(&routescope_manifest::analyse_text(&gateway, Coverage::closed(), Settings::default()))
}

const AUTHORITY_ELSEWHERE: &str = "caCertificateRefs: [{group: '', kind: ConfigMap, name: ca, namespace: other}]";

#[test]
fn an_authority_that_is_not_permitted_is_no_valid_one() {
    let why = "failed to fetch CA certificate ConfigMap ca/infra: missing CA certificate reference grant";
    let wanted = [
        format!("Accepted=True ListenersNotValid: Some listeners are not programmed: one: {why}"),
        "ResolvedRefs=False ListenersNotResolved: One or more listeners have unresolved references".to_owned(),
        format!("one Accepted=False NoValidCACertificate: {why}"),
        format!("one Programmed=False Invalid: {why}"),
        format!("one ResolvedRefs=False RefNotPermitted: {why}"),
    ];
    assert_eq!(with_tls(AUTHORITY_ELSEWHERE, "certificateRefs: [{name: cert}]"), wanted);
}

#[test]
fn a_fallback_without_authorities_is_served_and_told() {
    let validation = format!("mode: AllowInsecureFallback, {AUTHORITY_ELSEWHERE}");
    let why = "failed to fetch CA certificate ConfigMap ca/infra: missing CA certificate reference grant";
    let insecure = "Gateway frontend validation is configured to allow insecure fallback";
    let wanted = [
        "ResolvedRefs=False ListenersNotResolved: One or more listeners have unresolved references".to_owned(),
        format!("InsecureFrontendValidationMode=True ConfigurationChanged: {insecure}"),
        format!("one Accepted=True NoValidCACertificate: {why}"),
        format!("one Programmed=True Invalid: {why}"),
        format!("one ResolvedRefs=False RefNotPermitted: {why}"),
    ];
    assert_eq!(with_tls(&validation, "certificateRefs: [{name: cert}]"), wanted);
}

#[test]
fn a_good_certificate_beside_one_that_is_not_permitted_is_served() {
    let certificates = "certificateRefs: [{name: cert}, {name: cert, namespace: other}]";
    let why = "Reference not permitted by ReferenceGrant.";
    let wanted = [
        "ResolvedRefs=False ListenersNotResolved: One or more listeners have unresolved references".to_owned(),
        format!("one Accepted=True Invalid: {why}"),
        format!("one Programmed=True Invalid: {why}"),
        format!("one ResolvedRefs=False RefNotPermitted: {why}"),
    ];
    assert_eq!(with_tls("", certificates), wanted);
}

#[test]
fn an_option_that_is_not_known_leaves_the_references_resolved() {
    let tls = |option: &str| with_tls("", &format!("certificateRefs: [{{name: cert}}], options: {{{option}}}"));
    let unknown = tls("kgateway.dev/colour: blue");
    assert_eq!(unknown[1], "one Accepted=False Invalid: unknown tls option: kgateway.dev/colour");
    assert!(!unknown.iter().any(|line| line.contains("ResolvedRefs")), "{unknown:?}");
    let no_version = tls("kgateway.dev/min-tls-version: '9'");
    assert_eq!(no_version[4], "one ResolvedRefs=False InvalidCertificateRef: Invalid certificate ref(s).");
}

/// A policy of namespace `infra` that cannot be built, and what it targets.
fn broken_policy(target: &str) -> String {
    format!(
        "---\n{{apiVersion: gateway.kgateway.dev/v1alpha1, kind: TrafficPolicy, metadata: {{name: broken, namespace: \
         infra}}, spec: {{targetRefs: [{{group: gateway.networking.k8s.io, {target}}}], extAuth: {{extensionRef: \
         {{name: gone}}}}}}}}\n"
    )
}

#[test]
fn a_gateway_whose_policy_cannot_be_built_is_replaced() {
    let world = route("r", &format!("{ON_GATEWAY}, rules: [{{backendRefs: [{{name: svc, port: 80}}]}}]")) + SERVICE;
    let analysis = analysed(&(world + &broken_policy("kind: Gateway, name: gw")));
    let said = said_of_gateway(&analysis);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("Accepted=False GatewayReplaced: "), "{said:?}");
}

#[test]
fn a_listener_whose_policy_cannot_be_built_is_replaced_where_it_has_a_host() {
    let policy = broken_policy("kind: Gateway, name: gw, sectionName: http");
    let rule = "rules: [{backendRefs: [{name: svc, port: 80}]}]";
    let attached = analysed(&(route("r", &format!("{ON_GATEWAY}, {rule}")) + SERVICE + &policy));
    let said = said_of_gateway(&attached);
    assert_eq!(said.len(), 1, "{said:?}");
    let wanted = "http Accepted=False ListenerReplaced: gateway.kgateway.dev/TrafficPolicy/infra/broken/http: ";
    assert!(said[0].starts_with(wanted), "{said:?}");
    let alone = analysed(&(route("r", rule) + SERVICE + &policy));
    assert!(said_of_gateway(&alone).is_empty(), "no virtual host, nothing to replace");
}

#[test]
fn another_engines_status_is_not_predicted() {
    let gateway = "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g, namespace: infra}, \
                   spec: {gatewayClassName: agentgateway, listeners: [{name: one, protocol: HTTP, port: 80}]}}";
    let analysis = routescope_manifest::analyse_text(gateway, Coverage::closed(), Settings::default());
    let statuses = predict(&analysis);
    assert!(statuses.gateways.is_empty());
    assert_eq!(statuses.unmodelled.len(), 1);
}

/// The differences of a route on the Gateway with this recorded entry, as `type recorded`.
fn recorded(entry: &str) -> Vec<String> {
    let text = route("r", &format!("{ON_GATEWAY}, rules: [{{backendRefs: [{{name: svc, port: 80}}]}}]")) + SERVICE;
    let status = format!("}}, status: {{parents: [{entry}]}}}}\n---\n{{apiVersion: v1");
    let analysis = analysed(&text.replacen("}}\n---\n{apiVersion: v1", &status, 1));
    let differences = differences(&analysis, &predict(&analysis));
    let shown = |one: &Difference| format!("{} {:?}", one.what, one.recorded.as_ref().map(|side| side.status.as_str()));
    differences.iter().map(shown).collect()
}

#[test]
fn a_record_is_compared_condition_by_condition() {
    let parent = "parentRef: {name: gw, namespace: infra}, controllerName: kgateway.dev/kgateway";
    let accepted = "{type: Accepted, status: 'True', reason: Accepted, message: Successfully accepted Route}";
    let stale = "{type: ResolvedRefs, status: 'False', reason: BackendNotFound, message: gone}";
    let foreign = "{type: example.com/Audited, status: 'True', reason: Audited}";
    let entry = format!("{{{parent}, conditions: [{accepted}, {stale}, {foreign}]}}");
    assert_eq!(recorded(&entry), ["ResolvedRefs Some(\"False\")", "kgateway.dev/Programmed None"]);
    let other = entry.replace("kgateway.dev/kgateway", "istio.io/gateway-controller");
    assert!(recorded(&other).is_empty(), "another controller's entry is not ours to predict");
}

#[test]
fn a_recorded_parent_that_is_not_predicted_differs() {
    let entry = "{parentRef: {name: old, namespace: infra}, controllerName: kgateway.dev/kgateway, \
                 conditions: [{type: Accepted, status: 'True', reason: Accepted}]}";
    assert!(recorded(entry).contains(&"Accepted Some(\"True\")".to_owned()));
    assert_eq!(recorded(entry).len(), 4, "three predicted and not recorded, one the other way round");
}
