//! Small arbitrary worlds for property tests: few names, so that things meet; every feature of a route, so that they
//! meet in odd ways; and, on request, values of the wrong type anywhere.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

const NAMESPACES: [&str; 3] = ["a", "b", "all"];
const NAMES: [&str; 5] = ["r1", "r2", "r3", "r4", "r5"];
const HOSTS: [&str; 5] = ["a.io", "x.a.io", "*.a.io", "*.x.a.io", "b.io"];
const NESTED_HOSTS: [&str; 8] = ["a.io", "x.a.io", "y.x.a.io", "b.io", "*.io", "*.a.io", "*.x.a.io", "*.b.io"];
const PATHS: [&str; 12] =
    ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/a/b%2Fc", "/a+b", "/b", "/a//b", "/x/../a", "/a#"];
const REGEXES: [&str; 6] = ["/a.*", "/[ab]/?", "/a|/b", "(/a)+", "/a(", ".*"];
const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// The text of a world: documents of JSON, which is YAML too.
pub fn worlds() -> impl Strategy<Value = String> {
    documents().prop_map(|documents| text(&documents))
}

/// The text of a world in which some values are of the wrong type, missing, or nonsense.
pub fn broken_worlds() -> impl Strategy<Value = String> {
    let damage = prop::collection::vec((any::<Index>(), any::<Index>(), junk()), 1..6);
    (documents(), damage).prop_map(|(mut documents, damage)| {
        for (document, place, junk) in damage {
            let document = document.get_mut(&mut documents[..]);
            let places = count(document);
            replace(document, &mut place.index(places), &junk);
        }
        text(&documents)
    })
}

/// The text of a world of many hostnames, on routes and listeners, one inside another.
pub fn worlds_of_hosts() -> impl Strategy<Value = String> {
    let door = select(vec![("HTTP", 80), ("HTTP", 80), ("HTTP", 81), ("HTTPS", 81), ("HTTPS", 443), ("HTTPS", 443)]);
    let listener = (door, prop::option::weighted(0.3, select(&NESTED_HOSTS))).prop_map(|((protocol, port), host)| {
        let namespaces = json!({ "from": "All" });
        let mut listener = json!({ "protocol": protocol, "port": port, "allowedRoutes": { "namespaces": namespaces } });
        if protocol == "HTTPS" {
            listener["tls"] = json!({ "certificateRefs": [{ "name": "certificate" }] });
        }
        if let Some(host) = host {
            listener["hostname"] = json!(host);
        }
        listener
    });
    let gateway = prop::collection::vec(listener, 2..7);
    let parents = prop::sample::subsequence(vec!["gw1", "gw2", "gw3"], 1..=3);
    let route = (parents, prop::collection::vec(select(&NESTED_HOSTS), 0..4), select(vec!["/", "/", "/a", "/b"]));
    let world = (prop::collection::vec(gateway, 1..3), prop::collection::vec(route, 1..7));
    world.prop_map(|(gateways, routes)| {
        let gateways = (1..).zip(gateways).map(|(number, mut listeners)| {
            for (index, listener) in listeners.iter_mut().enumerate() {
                listener["name"] = json!(format!("l{index}"));
            }
            let spec = json!({ "gatewayClassName": "kgateway", "listeners": listeners });
            object("gateway.networking.k8s.io/v1", "Gateway", &format!("gw{number}"), "a", spec)
        });
        let routes = (1..).zip(routes).map(|(number, (parents, hosts, path))| {
            let parents: Vec<_> = parents.into_iter().map(|name| json!({ "name": name })).collect();
            let rule = json!({ "matches": [{ "path": { "type": "PathPrefix", "value": path } }] });
            let spec = json!({ "parentRefs": parents, "hostnames": hosts, "rules": [rule] });
            object("gateway.networking.k8s.io/v1", "HTTPRoute", &format!("r{number}"), "a", spec)
        });
        text(&gateways.chain(routes).collect::<Vec<_>>())
    })
}

/// Two worlds a few edits apart: routes and Gateways that come and go, rules that change, move, come and go, and parts of
/// routes that change.
pub fn pairs_of_worlds() -> impl Strategy<Value = (String, String)> {
    let edits = prop::collection::vec((0..14, any::<Index>(), any::<Index>(), route(), rule(), gateway()), 1..5);
    (documents(), edits).prop_map(|(old, edits)| {
        let mut new = old.clone();
        for (kind, document, place, route, rule, gateway) in edits {
            edit(&mut new, kind, document, place, (route, rule, gateway));
        }
        (text(&old), text(&new))
    })
}

fn edit(
    world: &mut Vec<Value>,
    kind: i32,
    document: Index,
    place: Index,
    (route, rule, gateway): (Value, Value, Value),
) {
    match kind {
        0 => world.push(route),
        1 if world.is_empty() => {}
        1 => {
            world.remove(document.index(world.len()));
        }
        2 => world.push(gateway),
        _ => {
            let is_route = |value: &&mut Value| matches!(value["kind"].as_str(), Some("HTTPRoute" | "GRPCRoute"));
            let mut routes: Vec<&mut Value> = world.iter_mut().filter(is_route).collect();
            if routes.is_empty() {
                return;
            }
            let at = document.index(routes.len());
            let edited = &mut *routes[at];
            match kind {
                3 => edited["spec"]["hostnames"] = route["spec"]["hostnames"].clone(),
                4 => edited["spec"]["parentRefs"] = route["spec"]["parentRefs"].clone(),
                5 => edited["metadata"]["labels"] = route["metadata"]["labels"].clone(),
                6 => edited["metadata"]["annotations"] = route["metadata"]["annotations"].clone(),
                _ => edit_rules(edited["spec"]["rules"].as_array_mut().expect("rules"), kind, place, rule),
            }
        }
    }
}

fn edit_rules(rules: &mut Vec<Value>, kind: i32, place: Index, rule: Value) {
    if rules.is_empty() || kind == 7 {
        return rules.push(rule);
    }
    let at = place.index(rules.len());
    match kind {
        8 => {
            rules.remove(at);
        }
        9 => rules.rotate_left(at),
        10 => rules[at] = rule,
        11 => rules[at]["matches"] = rule.get("matches").cloned().unwrap_or_else(|| json!([])),
        12 => rules[at]["filters"] = rule["filters"].clone(),
        _ => rules[at]["backendRefs"] = rule["backendRefs"].clone(),
    }
}

/// A request whose host is written oddly, is nobody's, or is not known: URL, method, headers.
pub fn requests_of_hosts() -> impl Strategy<Value = (String, &'static str, Vec<&'static str>)> {
    let usual = select(vec!["a.io", "x.a.io", "y.x.a.io", "z.y.x.a.io", "b.io", "x.b.io"]);
    let odd = select(vec!["io", "xa.io", ".a.io", "x..a.io", "a.io.", "x.a.io.", "nobody.org", "[::1]", "10.0.0.1"]);
    let hosts = prop_oneof![2 => usual, 1 => odd];
    // Each bit writes a letter in upper case.
    let host = (hosts, prop_oneof![Just(0), any::<u32>()]).prop_map(|(host, upper)| {
        let letter =
            |(at, letter): (usize, char)| if upper >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter };
        host.chars().enumerate().map(letter).collect::<String>()
    });
    let place =
        (select(vec!["http://", "http://", "https://", ""]), host, select(vec!["", "", "", ":80", ":81", ":443"]));
    let place = prop_oneof![
        9 => place.prop_map(|(scheme, host, port)| format!("{scheme}{host}{port}")),
        1 => Just(String::new()),
    ];
    let written =
        select(vec!["Host: X.a.io", "host: a.io:8080", ":authority: y.x.a.io.", "Host: [::1]:80", "Host: :80"]);
    let header = prop::option::weighted(0.2, written).prop_map(|header| header.into_iter().collect());
    (place, select(vec!["/", "/a", "/b"]), header).prop_map(|(place, path, header)| (place + path, "GET", header))
}

/// A request that has a chance to match something: URL, method, headers.
pub fn requests() -> impl Strategy<Value = (String, &'static str, Vec<&'static str>)> {
    let host = select(vec!["a.io", "x.a.io", "y.x.a.io", "b.io", "c.io"]);
    let path = select(vec!["/", "/a", "/a/", "/a/b", "/a/b/c/d", "/ab", "/a/bc", "/a+b/c", "/b", "/aa", "/z"]);
    let query = select(vec!["", "?q=1", "?q=2&p=1", "?p=1&q=1"]);
    let headers = prop::sample::subsequence(vec!["h: 1", "h: 2", "i: 1"], 0..=2);
    (host, path, query, select(vec!["GET", "POST"]), headers)
        .prop_map(|(host, path, query, method, headers)| (format!("http://{host}{path}{query}"), method, headers))
}

fn text(documents: &[Value]) -> String {
    documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
}

fn documents() -> impl Strategy<Value = Vec<Value>> {
    let gateways = prop::collection::vec(gateway(), 0..3);
    let routes = prop::collection::vec(route(), 1..9);
    let others = prop::collection::vec(other(), 0..6);
    (gateways, routes, others).prop_map(|(gateways, routes, others)| [gateways, routes, others].concat())
}

fn object(api: &str, kind: &str, name: &str, namespace: &str, spec: impl Into<Value>) -> Value {
    let metadata = json!({ "name": name, "namespace": namespace });
    json!({ "apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec.into() })
}

fn gateway() -> impl Strategy<Value = Value> {
    let from = select(vec!["All", "All", "Same", "Selector"]);
    let listener = (select(vec!["HTTP", "HTTP", "HTTPS"]), select(vec![80, 80, 81]), maybe(select(&HOSTS)), from).prop_map(
        |(protocol, port, host, from)| {
            let selector = json!({ "matchLabels": { "team": "yes" } });
            let namespaces = json!({ "from": from, "selector": selector });
            json!({ "protocol": protocol, "port": port, "hostname": host, "allowedRoutes": { "namespaces": namespaces } })
        },
    );
    (select(vec!["gw1", "gw2"]), prop::collection::vec(listener, 1..4)).prop_map(|(name, mut listeners)| {
        for (index, listener) in listeners.iter_mut().enumerate() {
            listener["name"] = json!(format!("l{index}"));
        }
        let spec = json!({ "gatewayClassName": "kgateway", "listeners": listeners });
        object("gateway.networking.k8s.io/v1", "Gateway", name, "a", spec)
    })
}

fn other() -> impl Strategy<Value = Value> {
    let service = (select(&NAMESPACES), select(&NAMES))
        .prop_map(|(namespace, name)| object("v1", "Service", name, namespace, json!({ "ports": [{ "port": 80 }] })));
    let namespace = select(&NAMESPACES).prop_map(|name| {
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": { "team": "yes" } } })
    });
    let grant = (select(&NAMESPACES), select(&NAMESPACES)).prop_map(|(namespace, from)| {
        let from = json!([{ "group": GATEWAY_API, "kind": "HTTPRoute", "namespace": from }]);
        let spec = json!({ "from": from, "to": [{ "group": "", "kind": "Service" }] });
        object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "grant", namespace, spec)
    });
    let respond = (select(&NAMESPACES), select(vec![200, 404])).prop_map(|(namespace, status)| {
        object("gateway.kgateway.dev/v1alpha1", "DirectResponse", "answer", namespace, json!({ "status": status }))
    });
    prop_oneof![service, namespace, grant, respond]
}

fn route() -> impl Strategy<Value = Value> {
    let parent = prop_oneof![
        3 => select(vec!["gw1", "gw1", "gw2"]).prop_map(|name| json!({ "name": name, "namespace": "a" })),
        1 => (select(&NAMESPACES), select(&NAMES)).prop_map(|(namespace, name)| {
            json!({ "group": GATEWAY_API, "kind": "HTTPRoute", "name": name, "namespace": namespace })
        }),
    ];
    let parents = prop::collection::vec(parent, 0..3);
    let hosts = prop_oneof![2 => Just(vec![]), 1 => prop::collection::vec(select(&HOSTS), 1..3)];
    let label = maybe(select(vec!["l1", "l2"]));
    let rules = prop::collection::vec(rule(), 0..4);
    let kind = select(vec!["HTTPRoute", "HTTPRoute", "HTTPRoute", "HTTPRoute", "GRPCRoute"]);
    (select(&NAMESPACES), select(&NAMES), kind, parents, hosts, label, any::<bool>(), maybe(-2..3i32), rules).prop_map(
        |(namespace, name, kind, parents, hosts, label, inherits, weight, rules)| {
            let spec = json!({ "parentRefs": parents, "hostnames": hosts, "rules": rules });
            let mut route = object("gateway.networking.k8s.io/v1", kind, name, namespace, spec);
            if let Some(label) = label {
                route["metadata"]["labels"] = json!({ "delegation.kgateway.dev/label": label });
            }
            let mut annotations = json!({});
            if inherits {
                annotations["delegation.kgateway.dev/inherit-parent-matcher"] = json!("true");
            }
            if let Some(weight) = weight {
                annotations["kgateway.dev/route-weight"] = json!(weight.to_string());
            }
            route["metadata"]["annotations"] = annotations;
            route
        },
    )
}

fn rule() -> impl Strategy<Value = Value> {
    let matches = maybe(prop::collection::vec(path_match(), 0..3));
    let refs = prop::collection::vec(backend_ref(), 0..3);
    let filters = prop::collection::vec(filter(), 0..2);
    (matches, refs, filters).prop_map(|(matches, refs, filters)| {
        let mut rule = json!({ "backendRefs": refs, "filters": filters });
        if let Some(matches) = matches {
            rule["matches"] = json!(matches);
        }
        rule
    })
}

fn path_match() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        4 => select(&PATHS).prop_map(|value| json!({ "type": "PathPrefix", "value": value })),
        2 => select(&PATHS).prop_map(|value| json!({ "type": "Exact", "value": value })),
        1 => select(&REGEXES).prop_map(|value| json!({ "type": "RegularExpression", "value": value })),
    ];
    let value = |names: Vec<&'static str>| {
        let entry = (select(names), select(vec!["1", "2", ""]), select(vec!["Exact", "RegularExpression"]))
            .prop_map(|(name, value, kind)| json!({ "name": name, "value": value, "type": kind }));
        prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(entry, 1..3)]
    };
    (path, maybe(select(vec!["GET", "POST"])), value(vec!["h", "H", "i"]), value(vec!["q", "p"])).prop_map(
        |(path, method, headers, params)| {
            json!({ "path": path, "method": method, "headers": headers, "queryParams": params })
        },
    )
}

fn backend_ref() -> impl Strategy<Value = Value> {
    let namespace = || maybe(select(&NAMESPACES));
    prop_oneof![
        3 => (select(&NAMES), namespace(), select(vec![80, 81]), 0..3).prop_map(|(name, namespace, port, weight)| {
            json!({ "name": name, "namespace": namespace, "port": port, "weight": weight })
        }),
        3 => (select(vec!["r1", "r2", "r3", "r4", "r5", "*"]), namespace()).prop_map(|(name, namespace)| {
            json!({ "group": GATEWAY_API, "kind": "HTTPRoute", "name": name, "namespace": namespace })
        }),
        2 => (select(vec!["l1", "l2", "l3"]), namespace()).prop_map(|(name, namespace)| {
            json!({ "group": "delegation.kgateway.dev", "kind": "label", "name": name, "namespace": namespace })
        }),
        1 => select(&NAMES).prop_map(|name| json!({ "group": "gateway.kgateway.dev", "kind": "Backend", "name": name })),
        1 => select(&NAMES).prop_map(|name| json!({ "group": "example.com", "kind": "Widget", "name": name })),
    ]
}

fn filter() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        select(&PATHS).prop_map(|path| json!({ "type": "ReplaceFullPath", "replaceFullPath": path })),
        select(&PATHS).prop_map(|path| json!({ "type": "ReplacePrefixMatch", "replacePrefixMatch": path })),
    ];
    let redirect = (maybe(path.clone()), maybe(select(vec!["http", "https"])), maybe(select(vec![301, 308])));
    let extension = (select(vec!["DirectResponse", "TrafficPolicy"]), select(vec!["answer", "gone"]));
    prop_oneof![
        (maybe(path), maybe(select(vec!["b.io"])))
            .prop_map(|(path, host)| json!({ "type": "URLRewrite", "urlRewrite": { "path": path, "hostname": host } })),
        redirect.prop_map(|(path, scheme, status)| {
            let redirect = json!({ "path": path, "scheme": scheme, "statusCode": status });
            json!({ "type": "RequestRedirect", "requestRedirect": redirect })
        }),
        extension.prop_map(|(kind, name)| {
            let target = json!({ "group": "gateway.kgateway.dev", "kind": kind, "name": name });
            json!({ "type": "ExtensionRef", "extensionRef": target })
        }),
    ]
}

fn maybe<S: Strategy>(of: S) -> impl Strategy<Value = Option<S::Value>> {
    prop::option::weighted(0.6, of)
}

/// What does not belong anywhere.
fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(1.5)),
        "\\PC{0,12}".prop_map(Value::from),
        select(vec!["", "/", "*", "*.", ".", "a..io", "%", "\u{0}", "é", "PathPrefix", "Selector"])
            .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[{}], null])),
        Just(json!({ "name": "r1", "": 1 })),
    ]
}

/// How many values there are in a value, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(entries) => entries.values().map(count).sum(),
        _ => 0,
    }
}

/// Replaces the value at the given place, counted as [`count`] counts.
fn replace(value: &mut Value, place: &mut usize, junk: &Value) {
    if *place == 0 {
        *value = junk.clone();
        *place = usize::MAX;
        return;
    }
    let inside: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Array(items) => Box::new(items.iter_mut()),
        Value::Object(entries) => Box::new(entries.values_mut()),
        _ => return,
    };
    for inner in inside {
        if *place == usize::MAX {
            return;
        }
        *place -= 1;
        replace(inner, place, junk);
    }
}
