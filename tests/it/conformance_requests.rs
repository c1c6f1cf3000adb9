//! Requests held against what real engines answered: a real Envoy's in the worlds, the specification's own tests'.

use routescope_core::analysis::Analysis;
use routescope_core::model::ObjectKey;
use routescope_core::resolve::{Destination, DestinationState};
use routescope_core::router::{Decision, OutcomeKind, Request};
use routescope_manifest::files;
use serde_json::Value;

use crate::support::conformance;

use conformance::{SHOWN, analyse, json, read, roots};

#[track_caller]
fn agree(set: &str, compared: usize, differences: &[String]) {
    if !conformance::ran(set, compared) {
        return;
    }
    println!("{compared} requests compared, {} differ", differences.len());
    let shown: Vec<&str> = differences.iter().take(SHOWN).map(String::as_str).collect();
    assert!(differences.is_empty(), "{} of {compared} requests differ:\n{}", differences.len(), shown.join("\n"));
}

#[test]
fn every_request_goes_where_a_real_envoy_sent_it() {
    let (mut compared, mut differences) = (0, Vec::new());
    for world in roots().iter().flat_map(|root| conformance::worlds(root)) {
        let expected = json(&world.join("expected.json"));
        let Some(requests) = expected["requests"].as_array() else { continue };
        let name = world.file_name().unwrap().to_string_lossy();
        let analysis = conformance::world(&world, &expected);
        for case in requests {
            compared += 1;
            let request = world_request(&case["request"]);
            let quick = analysis.decide(&request, None);
            if let Some(difference) = world_difference(&analysis, &quick, &case["answer"]) {
                differences.push(format!("{name}: {request}: {difference}"));
            }
            let traced = analysis.explain(&request, None);
            if traced
                .iter()
                .map(routescope_core::router::Decision::row)
                .ne(quick.iter().map(routescope_core::router::Decision::row))
            {
                differences.push(format!("{name}: {request}: the traced lookup differs from the quick one"));
            }
        }
    }
    agree("worlds", compared, &differences);
}

fn world_request(written: &Value) -> Request {
    let mut request = Request::parse(written["url"].as_str().unwrap()).unwrap();
    if let Some(method) = written["method"].as_str() {
        request = request.with_method(method).unwrap();
    }
    match &written["headers"] {
        Value::Object(headers) => {
            let lines = headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
            request.headers.extend(lines);
        }
        Value::Array(headers) => {
            let text = |header: &Value, key: &str| header[key].as_str().unwrap().to_owned();
            request.headers.extend(headers.iter().map(|header| (text(header, "name"), text(header, "value"))));
        }
        _ => {}
    }
    request
}

fn world_difference(analysis: &Analysis, decisions: &[Decision], answer: &Value) -> Option<String> {
    let outcome = answer["outcome"].as_str().unwrap();
    let decision = match decisions {
        [] if outcome == "closed" => return None,
        [decision] if outcome != "closed" => decision,
        _ => return Some(format!("{} answers, expected {answer}", decisions.len())),
    };
    let mut wrong = Vec::new();
    // The Envoy asked picked one destination by chance; here a forward names them all, and some may be broken.
    let broken = |destination: &Destination| destination.state.is_broken() && destination.share > 0.0;
    let picked_broken = decision.kind() == OutcomeKind::Forward
        && (outcome, answer["status"].as_u64()) == ("respond", Some(500))
        && decision.destinations().any(broken);
    if !picked_broken && decision.outcome.kind().name() != outcome {
        wrong.push(format!("outcome {}", decision.outcome.kind().name()));
    }
    if let Some(status) = answer["status"].as_u64()
        && !picked_broken
        && decision.status().map(u64::from) != Some(status)
    {
        wrong.push(format!("status {:?}", decision.status()));
    }
    if let Some(location) = answer["location"].as_str()
        && decision.outcome.location() != Some(location)
    {
        wrong.push(format!("location {:?}", decision.outcome.location()));
    }
    if !answer["destination"].is_null() {
        let picked = &answer["destination"];
        let same = |destination: &Destination| {
            destination.state == DestinationState::Resolved
                && destination.share > 0.0
                && picked["kind"].as_str() == Some(&destination.kind)
                && picked["namespace"].as_str() == Some(&destination.namespace)
                && picked["name"].as_str() == Some(&destination.name)
                && picked["port"].as_u64() == destination.port.map(u64::from)
        };
        if !decision.destinations().any(same) {
            wrong.push(format!("destinations {:?}", decision.destinations().collect::<Vec<_>>()));
        }
    }
    if !answer["upstream"].is_null() {
        let upstream = decision.outcome.upstream();
        let (path, host) = (upstream.map(|u| u.path.as_str()), upstream.map(|u| u.host.as_str()));
        if path != answer["upstream"]["path"].as_str() || host != answer["upstream"]["host"].as_str() {
            wrong.push(format!("upstream {upstream:?}"));
        }
    }
    let by = decision.row().map(|hop| {
        let hop = &analysis.tree.hops[hop.0 as usize];
        let meta = &analysis.snapshot.route(hop.route).meta;
        (meta.namespace.to_string(), meta.name.to_string(), u64::from(hop.rule))
    });
    let expected = answer["by"].as_object().map(|by| {
        let text = |key: &str| by[key].as_str().unwrap().to_owned();
        (text("namespace"), text("name"), by["rule"].as_u64().unwrap())
    });
    if by != expected {
        wrong.push(format!("by {by:?}"));
    }
    (!wrong.is_empty()).then(|| format!("{}; expected {answer}", wrong.join(", ")))
}

#[test]
fn every_gateway_api_request_is_answered_as_the_specification_says() {
    let (mut compared, mut differences) = (0, Vec::new());
    let folders = roots().into_iter().map(|root| root.join("gateway-api")).filter(|folder| folder.is_dir());
    let tests = folders.flat_map(|folder| match json(&folder.join("cases.json")) {
        Value::Array(tests) => tests.into_iter().map(|test| (folder.clone(), test)).collect::<Vec<_>>(),
        other => panic!("cases.json is a list, not {other}"),
    });
    for (folder, test) in tests {
        let name = test["name"].as_str().unwrap();
        let mut objects = Vec::new();
        for manifest in test["manifests"].as_array().unwrap() {
            let file = manifest.as_str().unwrap();
            let text = read(&folder.join(file)).replace("{GATEWAY_CLASS_NAME}", "any-class");
            objects.extend(files::load_text(file, &text).objects);
        }
        let analysis = analyse(objects, &Value::Null);
        for case in test["cases"].as_array().unwrap() {
            compared += 1;
            let (namespace, gateway) = case["gateway"].as_str().unwrap().split_once('/').unwrap();
            let request = specified_request(&case["request"]);
            let decisions = analysis.explain(&request, Some(&ObjectKey::new(namespace, gateway)));
            let difference = match decisions.as_slice() {
                [decision] => specified_difference(decision, case),
                _ => Some(format!("{} answers, unseen {:?}", decisions.len(), analysis.unseen(&request, None))),
            };
            if let Some(difference) = difference {
                differences.push(format!("{name}: {request}: {difference}; expected {case}"));
            }
        }
    }
    agree("gateway-api", compared, &differences);
}

/// A host with a port is a `Host` header: the test's own client sends it to whatever port the Gateway has.
fn specified_request(written: &Value) -> Request {
    let path = written["Path"].as_str().unwrap_or("/");
    let mut request = Request::parse(path).unwrap();
    if let Some(host) = written["Host"].as_str().filter(|host| !host.is_empty()) {
        request = request.with_header(&format!("Host: {host}")).unwrap();
    }
    if let Some(method) = written["Method"].as_str() {
        request = request.with_method(method).unwrap();
    }
    if let Some(headers) = written["Headers"].as_object() {
        let lines = headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        request.headers.extend(lines);
    }
    request
}

fn specified_difference(decision: &Decision, case: &Value) -> Option<String> {
    // A status of its own beside a backend: the backend is the one that must not be reached.
    let answers_itself =
        case["status"].as_array().is_some_and(|all| all.iter().all(|status| status.as_u64() != Some(200)));
    if let Some(backend) = case["backend"].as_str().filter(|_| !answers_itself) {
        let namespace = case["namespace"].as_str();
        let same = |destination: &Destination| {
            destination.name == backend && namespace.is_none_or(|namespace| destination.namespace == namespace)
        };
        if decision.kind() != OutcomeKind::Forward || !decision.destinations().any(same) {
            return Some(format!("{} to {:?}", decision.kind().name(), decision.destinations().collect::<Vec<_>>()));
        }
    }
    if let Some(statuses) = case["status"].as_array() {
        let allowed = |status: u16| statuses.iter().any(|expected| expected.as_u64() == Some(u64::from(status)));
        let answered = decision.status().unwrap_or(200);
        if !allowed(answered) {
            return Some(format!("status {answered}"));
        }
    }
    if let Some(redirect) = case["redirect"].as_object() {
        let Some(location) = &decision.outcome.location() else { return Some("no redirect".to_owned()) };
        let parts = Request::parse(location).ok()?;
        let actual = |key: &str| match key {
            "Scheme" => parts.scheme.map(|scheme| scheme.name().to_owned()),
            "Host" => parts.host.clone(),
            "Port" => Some(parts.port.map(|port| port.to_string()).unwrap_or_default()),
            "Path" => Some(parts.path.clone()),
            _ => None,
        };
        for (key, value) in redirect {
            if actual(key).as_deref() != value.as_str() {
                return Some(format!("location {location}"));
            }
        }
    }
    let upstream = decision.outcome.upstream();
    for (key, actual) in [("Path", upstream.map(|u| &u.path)), ("Host", upstream.map(|u| &u.host))] {
        if let Some(expected) = case["upstream"][key].as_str()
            && actual.map(String::as_str) != Some(expected)
        {
            return Some(format!("upstream {upstream:?}"));
        }
    }
    None
}
