//! Against a real API server, with users of different rights: opt-in, by `ROUTESCOPE_TEST_KUBECONFIG`.
//!
//! | variable | what it names |
//! |---|---|
//! | `ROUTESCOPE_TEST_KUBECONFIG` | the kubeconfig of an administrator; beside it `reader.kubeconfig` (reads routing in the whole cluster), `limited.kubeconfig` (in no namespace that these tests make) and `nobody.kubeconfig` (no rights) |
//! | `ROUTESCOPE_TEST_SERVER_SCRIPTS` | a folder of `start.sh`, `stop.sh` and `flood.py`: tests that stop the server |
//! | `ROUTESCOPE_TEST_COMPACT` | a shell command that compacts the server's store |
//! | `ROUTESCOPE_TEST_AUDIT_LOG` | the server's audit log, at the level `Metadata`: that nothing but reading was sent |
//!
//! The cluster has the CRDs of Gateway API and kgateway, and kubectl is on the PATH. What these tests create is in
//! namespaces of their own (`routescope-…`, `flood-…`) and is removed after. Without a variable, what needs it is skipped,
//! and says so.

use crate::support::real;

use real::{NAMESPACES, Proxy, Real, Watching, goes};
use serde_json::{Value, json};

/// Where each URL of the world goes for someone who may read everything.
const URLS: [(&str, &str); 6] = [
    ("http://shop.routescope.test/cart", "routescope-shop/cart:8080"),
    ("http://shop.routescope.test/cart/old", "routescope-shop/old:8080"),
    ("http://shop.routescope.test/vault/x", "routescope-vault/vault:8080"),
    ("http://shop.routescope.test/own", "routescope-front/own:80"),
    ("http://shop.routescope.test/nope", "not-found"),
    ("http://other.routescope.test/", "not-found"),
];
const CART: &str = URLS[0].0;
const VAULT: &str = URLS[2].0;

/// These tests' own Gateway, and the dialect that its class would say if a class of ours were known to be kgateway's.
const OURS: [&str; 4] = ["--gateway", "routescope-front/edge", "--engine", "kgateway"];

/// The cart, at another Service.
const MOVED: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: cart, namespace: routescope-shop }
spec:
  rules:
  - matches: [{ path: { type: PathPrefix, value: /cart } }]
    backendRefs: [{ name: basket, port: 8080 }]
";

fn watch(real: &Real, user: &str, url: &str) -> Watching {
    Watching::start(real.command(user, &[&["where", url, "--watch", "-o", "jsonl"], &OURS[..]].concat()))
}

#[test]
fn every_command_answers_from_the_server() {
    let Some(real) = Real::with_world("every_command_answers_from_the_server") else { return };
    for user in ["admin", "reader"] {
        for (url, place) in URLS {
            assert_eq!(real.goes(user, url, &OURS), place, "{user}: {url}");
        }
        let routes = real.run(user, &["routes", "-o", "json", "--engine", "kgateway"]).json().to_string();
        assert!(routes.contains("routescope-front") && routes.contains("/cart/old"), "{user}: {routes}");
        let tree = real.run(user, &["tree", "--engine", "kgateway", "-n", "routescope-front,routescope-shop"]);
        assert_eq!(tree.code, 0, "{user}: {}", tree.err);
        assert!(tree.out.contains("cart (routescope-shop)"), "{user}: {}", tree.out);
        let status = real.run(user, &["status", "-o", "json", "--engine", "kgateway"]).json().to_string();
        assert!(status.contains("routescope-shop"), "{user}: {status}");
        // The Service `old` has no endpoints: worth a word of `check`, and a 1 of `where`.
        let check = real.run(user, &["check", "-o", "json", "--engine", "kgateway"]).json();
        assert!(check["findings"].is_array(), "{user}: {check}");
        let old = real.run(user, &[&["where", URLS[1].0], &OURS[..]].concat());
        assert_eq!(old.code, 1, "{user}: {}{}", old.out, old.err);
    }
    real.assert_read_only();
}

#[test]
fn a_snapshot_answers_as_the_server_did() {
    let Some(real) = Real::with_world("a_snapshot_answers_as_the_server_did") else { return };
    let urls: Vec<&str> = URLS.iter().map(|(url, _)| *url).collect();
    for (user, more) in [("admin", &[][..]), ("reader", &[]), ("limited", &["-n", "team-a,routescope-vault"])] {
        let saved = real.run(user, &[&["snapshot", "-o", "saved.yaml"], more].concat());
        assert_eq!((saved.code, saved.out.as_str()), (0, ""), "{user}: {}", saved.err);
        let text = std::fs::read_to_string(real.home.path().join("saved.yaml")).expect("a snapshot");
        assert!(!text.contains("managedFields") && !text.contains("kind: Secret"), "{user}");
        let questions: [Vec<&str>; 3] = [
            [&["where"], &urls[..], &["-o", "json", "--engine", "kgateway"]].concat(),
            vec!["routes", "-o", "json", "--engine", "kgateway"],
            vec!["check", "-o", "json", "--engine", "kgateway"],
        ];
        for question in questions {
            let live = placeless(real.run(user, &[&question[..], more].concat()).json());
            let from_file = placeless(real.run(user, &[&question[..], more, &["-f", "saved.yaml"]].concat()).json());
            assert_eq!(from_file, live, "{user}: {question:?}");
        }
    }
    real.assert_read_only();
}

/// Without what says where an object is written.
fn placeless(document: Value) -> Value {
    match document {
        Value::Object(entries) => {
            let places = ["file", "line", "column", "place", "source", "at", "origin", "context"];
            let kept = entries.into_iter().filter(|(key, _)| !places.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key, placeless(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(placeless).collect(),
        other => other,
    }
}

/// The namespaced rights of `deploy/role.yaml` in two of the three namespaces, for a user.
fn two_namespaces_for(real: &Real, subject: &Value) {
    let manifest = include_str!("../../deploy/role.yaml");
    let role = manifest.split("---").next().expect("a Role");
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "routescope"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "routescope"},
        "subjects": [subject],
    });
    for namespace in &NAMESPACES[..2] {
        real.kubectl(&["apply", "-n", namespace, "-f", "-"], &format!("{role}\n---\n{binding}\n"));
    }
}

fn who(real: &Real, user: &str) -> Value {
    let kubeconfig = real.kubeconfig(user);
    let name = real.kubectl(
        &[
            "--kubeconfig",
            kubeconfig.to_str().expect("a path"),
            "auth",
            "whoami",
            "-o",
            "jsonpath={.status.userInfo.username}",
        ],
        "",
    );
    json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name})
}

#[test]
fn who_may_read_two_namespaces_is_told_what_is_not_seen() {
    let Some(real) = Real::with_world("who_may_read_two_namespaces_is_told_what_is_not_seen") else { return };
    two_namespaces_for(&real, &who(&real, "limited"));
    // The third one is found by itself: a route speaks of it.
    for named in
        ["routescope-front,routescope-shop", "routescope-front", "routescope-front,routescope-shop,routescope-vault"]
    {
        let ask = |url: &str| real.run("limited", &[&["where", url, "-n", named], &OURS[..]].concat());
        let vault = ask(VAULT);
        assert!(vault.err.contains("warning: namespace routescope-vault: not readable: everything"), "{}", vault.err);
        assert!(vault.err.contains("warning: the cluster as a whole: not readable"), "{}", vault.err);
        let hidden = "? not certain: a child of the wildcard in namespace routescope-vault may exist";
        assert!(vault.out.contains(hidden) && vault.out.contains("as far as may be read"), "{}", vault.out);
        let cart = ask(CART);
        assert_eq!(cart.code, 0, "{}{}", cart.out, cart.err);
        assert!(cart.out.contains("routescope-shop/cart:8080"), "{}", cart.out);
        assert!(cart.out.contains("? not certain: a route that cannot be read may be attached"), "{}", cart.out);
    }
    real.assert_read_only();
}

#[test]
fn who_may_read_nothing_is_told_what_to_ask_for() {
    let Some(real) = Real::with_world("who_may_read_nothing_is_told_what_to_ask_for") else { return };
    for command in [&["where", CART][..], &["routes"], &["tree"], &["status"], &["check"], &["snapshot"]] {
        let ran = real.run("nobody", command);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command:?}: {}", ran.err);
        assert!(ran.err.contains("HTTPRoutes may be read neither in the cluster as a whole"), "{}", ran.err);
        assert!(ran.err.contains("\nhint: name the namespaces you may read with -n"), "{}", ran.err);
    }
    real.assert_read_only();
}

#[test]
fn the_rights_in_deploy_are_enough_and_nothing_else_is_asked_for() {
    let Some(real) = Real::with_world("the_rights_in_deploy_are_enough_and_nothing_else_is_asked_for") else { return };
    let roles =
        include_str!("../../deploy/cluster-role.yaml").replace("name: routescope", "name: routescope-test-reader");
    let roles = roles.replace("routing-readers", "routescope-test-readers");
    real.kubectl(&["apply", "-f", "-"], &roles);
    let someone = ["--as", "routescope-test-someone", "--as-group", "routescope-test-readers"];
    for (url, place) in URLS {
        assert_eq!(real.goes("admin", url, &[&OURS[..], &someone].concat()), place, "{url}");
    }
    for command in [&["routes"][..], &["tree"], &["status"], &["check"], &["snapshot"]] {
        let ran = real.run("admin", &[command, &someone].concat());
        assert!(!ran.err.contains("not readable"), "{command:?}: {}", ran.err);
    }
    real.kubectl(&["delete", "-f", "-"], &roles);
    let refused = |event: &&Value| event["responseStatus"]["code"] == 403;
    if let Some(events) = real.audit() {
        assert_eq!(events.iter().find(refused), None, "something is asked for that the ClusterRole does not grant");
        assert!(events.iter().any(|event| event["impersonatedUser"]["username"] == "routescope-test-someone"));
    }
    real.assert_read_only();
}

#[test]
fn the_rights_in_deploy_for_one_namespace_are_enough_for_those_that_have_them() {
    let Some(real) = Real::with_world("the_rights_in_deploy_for_one_namespace_are_enough_for_those_that_have_them")
    else {
        return;
    };
    let group = "routescope-test-team";
    let roles = include_str!("../../deploy/role.yaml").replace("name: team-a", &format!("name: {group}"));
    let roles = roles.replace("routescope-cluster-scoped", "routescope-test-cluster-scoped");
    for namespace in NAMESPACES {
        real.kubectl(&["apply", "-n", namespace, "-f", "-"], &roles);
    }
    let named = NAMESPACES.join(",");
    let someone = ["--as", "routescope-test-someone", "--as-group", group, "-n", &named];
    for (url, place) in URLS {
        assert_eq!(real.goes("admin", url, &[&OURS[..], &someone].concat()), place, "{url}");
    }
    for command in [&["routes"][..], &["tree"], &["status"], &["check"], &["snapshot"]] {
        let ran = real.run("admin", &[command, &someone].concat());
        assert_ne!(ran.code, 2, "{command:?}: {}", ran.err);
        for namespace in NAMESPACES {
            assert!(!ran.err.contains(&format!("namespace {namespace}: not readable")), "{command:?}: {}", ran.err);
        }
    }
    real.kubectl(&["delete", "-n", NAMESPACES[0], "-f", "-"], &roles);
    real.assert_read_only();
}

#[test]
fn an_answer_follows_what_is_applied_for_each_user_who_may_see_it() {
    let Some(real) = Real::with_world("an_answer_follows_what_is_applied_for_each_user_who_may_see_it") else { return };
    two_namespaces_for(&real, &who(&real, "limited"));
    let mut watched: Vec<Watching> = ["admin", "reader"].into_iter().map(|user| watch(&real, user, CART)).collect();
    let limited = [&["where", CART, "--watch", "-o", "jsonl", "-n", "routescope-front"], &OURS[..]].concat();
    watched.push(Watching::start(real.command("limited", &limited)));
    for one in &mut watched {
        one.until_it_goes_to("routescope-shop/cart:8080");
    }
    real.apply(MOVED);
    for one in &mut watched {
        one.until_it_goes_to("routescope-shop/basket:8080");
    }
    real.kubectl(&["delete", "-n", "routescope-shop", "httproute", "cart"], "");
    // Without a child, kgateway answers 500.
    for one in &mut watched {
        one.until("nowhere", |answer| !goes(answer).contains(':'));
    }
    real.assert_read_only();
}

#[test]
fn an_answer_follows_through_a_restart_of_the_server() {
    let Some(mut real) = Real::with_scripts("an_answer_follows_through_a_restart_of_the_server") else { return };
    let mut watched = watch(&real, "admin", CART);
    watched.until_it_goes_to("routescope-shop/cart:8080");
    Real::stop_server();
    real.start_server();
    real.apply(MOVED);
    watched.until_it_goes_to("routescope-shop/basket:8080");
    real.assert_read_only();
}

#[test]
fn what_was_missed_and_forgotten_by_the_server_is_listed_anew() {
    let Some(mut real) = Real::with_scripts("what_was_missed_and_forgotten_by_the_server_is_listed_anew") else {
        return;
    };
    let (proxy, kubeconfig) = Proxy::before(&real.kubeconfig("admin"), real.home.path());
    let question = [&["where", CART, "--watch", "-o", "jsonl"], &OURS[..]].concat();
    let mut watched = Watching::start(real.command_with(&kubeconfig, &question));
    watched.until_it_goes_to("routescope-shop/cart:8080");
    proxy.cut();
    real.apply(MOVED);
    // A server that starts remembers nothing of what was before: going on from there is a 410.
    Real::compact();
    Real::stop_server();
    real.start_server();
    proxy.suggest_fix();
    watched.until_it_goes_to("routescope-shop/basket:8080");
    if let Some(events) = real.audit() {
        let of_routes = |event: &&Value| event["objectRef"]["resource"] == "httproutes";
        let lists = events
            .iter()
            .filter(of_routes)
            .filter(|event| event["requestURI"].as_str().is_some_and(|uri| uri.contains("sendInitialEvents=true")));
        assert!(lists.count() > 1, "the routes were not listed again");
    }
    real.assert_read_only();
}

#[test]
fn a_kind_that_is_deleted_and_installed_again_is_followed() {
    let Some(real) = Real::with_scripts("a_kind_that_is_deleted_and_installed_again_is_followed") else { return };
    let definition = |name: &str| {
        let text = real.kubectl(&["get", "crd", name, "-o", "json"], "");
        let mut definition: Value = serde_json::from_str(&text).expect("JSON");
        definition.as_object_mut().expect("an object").remove("status");
        let metadata = definition["metadata"].as_object_mut().expect("metadata");
        for key in ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"] {
            metadata.remove(key);
        }
        definition.to_string()
    };
    let routes = "httproutes.gateway.networking.k8s.io";
    let saved = definition(routes);
    // Everybody's objects of the kind go with it.
    let all = real.kubectl(&["get", routes, "-A", "-o", "json"], "");
    let mut watched = watch(&real, "admin", CART);
    watched.until_it_goes_to("routescope-shop/cart:8080");
    real.kubectl(&["delete", "crd", routes], "");
    watched.until("nothing", |answer| !goes(answer).contains(':'));
    real.kubectl(&["create", "-f", "-"], &saved);
    // Until the kind is served.
    real.insist_kubectl(&["apply", "-f", "-"], &without_versions(&all));
    watched.until_it_goes_to("routescope-shop/cart:8080");
    real.assert_read_only();
}

/// A list of objects as someone would write it who restores them.
fn without_versions(list: &str) -> String {
    let mut list: Value = serde_json::from_str(list).expect("JSON");
    for item in list["items"].as_array_mut().expect("items") {
        let metadata = item["metadata"].as_object_mut().expect("metadata");
        for key in ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"] {
            metadata.remove(key);
        }
    }
    list.to_string()
}

#[test]
fn five_thousand_routes_are_read_with_and_without_streaming_lists() {
    let Some(mut real) = Real::with_scripts("five_thousand_routes_are_read_with_and_without_streaming_lists") else {
        return;
    };
    let (routes, namespaces) = (5_000, 50);
    for namespace in 0..namespaces {
        real.will_clear(format!("flood-{namespace:03}"));
    }
    Real::script("flood.py", &[&routes.to_string(), &namespaces.to_string()], &[]);
    for streams in [true, false] {
        if !streams {
            real.restart_with("--feature-gates=WatchList=false,WatchListClient=false");
        }
        let saved = real.run("reader", &["snapshot"]);
        assert_eq!(saved.code, 0, "{}", saved.err);
        assert_eq!(saved.out.matches("\n  name: r-0").count(), routes, "streams: {streams}");
        let mut watched = watch(&real, "reader", CART);
        watched.until_it_goes_to("routescope-shop/cart:8080");
        real.apply(MOVED);
        watched.until_it_goes_to("routescope-shop/basket:8080");
        real.apply(real::WORLD);
        watched.until_it_goes_to("routescope-shop/cart:8080");
    }
    if let Some(events) = real.audit() {
        let uri = |event: &Value| event["requestURI"].as_str().unwrap_or_default().to_owned();
        let pages = events.iter().map(uri).filter(|uri| uri.contains("httproutes") && uri.contains("continue="));
        assert!(pages.count() >= 9, "5,000 routes are eleven pages of 500");
    }
    real.assert_read_only();
}
