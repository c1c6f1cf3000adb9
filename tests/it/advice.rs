//! Advice works: each finding that says what to change is gone once that is changed, and no client is worse off.
//!
//! The edits of a finding are applied to the manifests that brought it up, as data. Findings that say in prose alone what to
//! do are listed with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use routescope_core::analysis::Analysis;
use routescope_core::finding::{Change, Code, Edit, Finding, Severity, TABLE};
use routescope_core::model::{PathKind, Protocol, ValueKind};
use routescope_core::reachability::findings;
use routescope_core::router::{Decision, OutcomeKind, Request};
use serde::Deserialize as _;
use serde_json::Value;

use crate::{cases, findings as examples};

/// Where a client is worse off by right, and why.
const WORSE: [(&str, Code, &str); 3] = [
    (
        "attachment/a_parent_refs_namespace_is_the_routes_own.yaml",
        Code::RouteNotAttached,
        "once it attaches, the route's own Service is missing",
    ),
    (
        "policies/a_policy_of_another_namespace_does_not_attach.yaml",
        Code::PolicyTargetMissing,
        "once it has a target, the policy's extension is missing",
    ),
    ("the bad example of unknown-field", Code::UnknownField, "without its matches the rule took every path"),
];

/// Codes whose help is prose alone, and why it is not an edit.
const PROSE: [(Code, &str); 31] = [
    (Code::YamlSyntax, "the text is not data yet"),
    (Code::NotText, "the text is not data yet"),
    (Code::OddSnapshot, "a snapshot is written by the program"),
    (Code::Placeholder, "an option of the program fills it in"),
    (Code::UnknownKind, "the object was not read, and so has no name to edit it by"),
    (Code::UnsupportedKind, "other fields change with the group"),
    (Code::UnservedVersion, "other fields may change with the version"),
    (Code::ExperimentalField, "an option of the program, or other CRDs"),
    (Code::DuplicateObject, "which of the two was meant is not known"),
    (Code::GatewayAssumed, "the object is outside the input"),
    (Code::EngineAssumed, "the object is outside the input"),
    (Code::ListenerWithoutRoutes, "where the connections should go is not known"),
    (Code::EnvoyRefusesListener, "which of the two was meant is not known"),
    (Code::HostnamesIsolated, "which listeners were meant is not known"),
    (Code::StreamNotServed, "the names of the new routes are not known"),
    (Code::MeshRoute, "nothing is wrong"),
    (Code::CyclicDelegation, "which ref of the circle was not meant is not known"),
    (Code::ChildEscapesPrefix, "an explanation: what was meant is not known"),
    (Code::ServicesIgnored, "what the new rule should match is not known"),
    (Code::RefCollectsChildren, "which of the refs was meant is not known"),
    (Code::BrokenRefHidden, "what the new rule should match is not known"),
    (Code::LabelOfSeveralNamespaces, "which namespace was meant is not known"),
    (Code::UndefinedWinner, "which parent was meant is not known"),
    (Code::ControlPlaneCrash, "what the rule should match is not known"),
    (Code::NoBackends, "which backend was meant is not known"),
    (Code::NoEndpoints, "pods are outside the input"),
    (Code::ExternalName, "the place of the rules that lead to it, no advice"),
    (Code::EnvoyRefusesTable, "the consequence, no advice"),
    (Code::InvalidPath, "which path was meant is not known"),
    (Code::RegexesTooLarge, "what a smaller expression should match is not known"),
    (Code::DirectResponseConflict, "which of the two was meant is not known"),
];

/// The documents of a text, lists taken apart.
fn documents(text: &str) -> Option<Vec<Value>> {
    let mut all = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let value = Value::deserialize(document).ok()?;
        match value.get("items").and_then(Value::as_array) {
            Some(items) if value["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => {
                all.extend(items.iter().cloned());
            }
            _ => all.push(value),
        }
    }
    Some(all)
}

fn text(documents: &[Value]) -> String {
    documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
}

/// The steps of a path: keys and places in lists.
fn steps(path: &str) -> Vec<Value> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]").expect("a quoted key");
            steps.push(Value::from(key));
            rest = after;
        } else if let Some(place) = rest.strip_prefix('[') {
            let (place, after) = place.split_once(']').expect("a place");
            steps.push(Value::from(place.parse::<u64>().expect("a number")));
            rest = after;
        } else {
            let end = rest[1..].find(['.', '[']).map_or(rest.len(), |at| at + 1);
            steps.push(Value::from(rest[..end].trim_start_matches('.')));
            rest = &rest[end..];
        }
    }
    steps
}

/// A step into a list.
fn place(step: &Value) -> usize {
    usize::try_from(step.as_u64().expect("a place")).expect("a small place")
}

/// The value at the end of `steps`, made where it is missing.
fn at<'v>(root: &'v mut Value, steps: &[Value]) -> &'v mut Value {
    steps.iter().fold(root, |value, step| {
        if let Some(key) = step.as_str() {
            if value.is_null() {
                *value = Value::Object(serde_json::Map::new());
            }
            return value.as_object_mut().expect("a mapping").entry(key).or_insert(Value::Null);
        }
        if value.is_null() {
            *value = Value::Array(Vec::new());
        }
        let list = value.as_array_mut().expect("a list");
        if place(step) == list.len() {
            list.push(Value::Null);
        }
        &mut list[place(step)]
    })
}

fn apply(edit: &Edit, documents: &mut Vec<Value>) -> Result<(), String> {
    let key = &edit.object.key;
    if let Change::Create { manifest } = &edit.change {
        documents.push(manifest.clone());
        return Ok(());
    }
    let is_it = |document: &&mut Value| {
        let namespace = document["metadata"]["namespace"].as_str().unwrap_or("default");
        let kind = document["kind"].as_str().unwrap_or_default().trim_start_matches("XL").trim_start_matches('L');
        edit.object.kind.ends_with(kind)
            && document["metadata"]["name"] == key.name.as_str()
            && (namespace == key.namespace || key.namespace.is_empty())
    };
    // The last one of a name counts.
    let Some(document) = documents.iter_mut().rev().find(is_it) else {
        return Err(format!("there is no {}", edit.object));
    };
    match &edit.change {
        Change::Set { path, value } => *at(document, &steps(path)) = value.clone(),
        Change::Remove { path } | Change::Rename { path, .. } => {
            let mut steps = steps(path);
            let last = steps.pop().expect("a field");
            let parent = at(document, &steps);
            let removed = if let Some(key) = last.as_str() {
                parent.as_object_mut().and_then(|fields| fields.shift_remove(key))
            } else {
                let items = parent.as_array_mut().filter(|items| place(&last) < items.len());
                items.map(|items| items.remove(place(&last)))
            };
            let Some(removed) = removed else { return Err(format!("{path} is not there")) };
            if let Change::Rename { to, .. } = &edit.change {
                parent[to.as_str()] = removed;
            }
        }
        Change::Create { .. } => {}
    }
    Ok(())
}

fn all_findings(analysis: &Analysis) -> Vec<Finding> {
    analysis.findings.iter().cloned().chain(findings(analysis.router(), 1)).collect()
}

/// A request for each row of the table, as far as one can be written from its match.
fn requests(analysis: &Analysis) -> BTreeMap<String, Request> {
    let mut all = BTreeMap::new();
    for host in analysis.table.gateways.iter().flat_map(|table| &table.virtual_hosts) {
        let name = match host.hostname.as_str() {
            "*" => "example.com".to_owned(),
            name => name.strip_prefix('*').map_or_else(|| name.to_owned(), |rest| format!("www{rest}")),
        };
        let scheme = if host.protocol == Protocol::Https { "https" } else { "http" };
        for row in host.rows.iter() {
            let matcher = &analysis.tree.hops[row.0 as usize].matcher;
            if matcher.path.kind == PathKind::RegularExpression {
                continue;
            }
            let values = matcher.headers.iter().chain(&matcher.query_params);
            if values.clone().any(|value| value.kind != ValueKind::Exact) {
                continue;
            }
            let query: Vec<String> =
                matcher.query_params.iter().map(|one| format!("{}={}", one.name, one.value)).collect();
            let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
            let url = format!("{scheme}://{name}:{}{}{query}", host.port, matcher.path.value);
            let method = matcher.method.as_deref().unwrap_or("GET");
            let Ok(request) = Request::parse(&url).and_then(|request| request.with_method(method)) else { continue };
            let headers = matcher.headers.iter().map(|header| format!("{}: {}", header.name, header.value));
            let key = format!("{method} {url} {:?}", headers.clone().collect::<Vec<_>>());
            let request = headers.into_iter().try_fold(request, |request, header| request.with_header(&header).ok());
            all.extend(request.map(|request| (key, request)));
        }
    }
    all
}

/// How well a client is served: 3 as it was meant, 2 with a "not found", 1 with an error of the gateway, 0 not at all.
fn rank(decision: &Decision) -> u8 {
    match decision.kind() {
        _ if decision.refused.is_some() => 0,
        OutcomeKind::Forward | OutcomeKind::Passthrough
            if decision.destinations().all(|one| !one.state.is_broken()) =>
        {
            3
        }
        OutcomeKind::Forward | OutcomeKind::Passthrough => 1,
        OutcomeKind::Redirect if decision.outcome.circle().is_empty() => 3,
        OutcomeKind::Redirect => 0,
        OutcomeKind::NotFound | OutcomeKind::Unknown => 2,
        OutcomeKind::Respond => match decision.status() {
            Some(status) if status < 500 => 3,
            _ => 1,
        },
    }
}

fn ranks(analysis: &Analysis, request: &Request) -> BTreeMap<String, u8> {
    let table = &analysis.table.gateways;
    let of = |decision: &Decision| (table[decision.gateway as usize].gateway.to_string(), rank(decision));
    analysis.router().explain(request, None).iter().map(of).collect()
}

#[derive(Default)]
struct Tally {
    applied: BTreeSet<Code>,
    better: BTreeSet<Code>,
    prose: BTreeSet<Code>,
    failures: String,
}

fn try_all(
    input: (String, String, routescope_core::resolve::Settings, routescope_core::store::Coverage),
    tally: &mut Tally,
) {
    let (name, original, settings, coverage) = input;
    let read = |text: &str| {
        // Every text is JSON from here on, or stays as it was written.
        examples::analyse("test.yaml", text, coverage.clone(), settings.clone())
    };
    let before = read(&original);
    let all = all_findings(&before);
    if all.iter().all(|finding| finding.advice.is_none() && finding.fix.is_empty()) {
        return;
    }
    for finding in &all {
        if finding.fix.is_empty() {
            tally.prose.extend(finding.advice.as_ref().map(|_| finding.code));
            continue;
        }
        let Some(mut documents) = documents(&original) else {
            let _ = writeln!(tally.failures, "{name}: {}: not readable as documents", finding.code);
            continue;
        };
        if let Err(error) = finding.fix.iter().try_for_each(|edit| apply(edit, &mut documents)) {
            let _ = writeln!(tally.failures, "{name}: {}: {error}", finding.code);
            continue;
        }
        tally.applied.insert(finding.code);
        let after = read(&text(&documents));
        let same = |other: &Finding| {
            (other.code, &other.subject, &other.problem) == (finding.code, &finding.subject, &finding.problem)
        };
        if all_findings(&after).iter().any(same) {
            let _ = writeln!(
                tally.failures,
                "{name}: {}: still there: {:?} ({:?}) after {:?}",
                finding.code, finding.problem, finding.advice, finding.fix
            );
            continue;
        }
        let assumed = |gateway: &str| {
            let node = before.tree.gateways.iter().find(|node| node.gateway.meta.key().to_string() == gateway);
            node.is_some_and(|node| node.assumed)
        };
        let by_right = WORSE.iter().any(|(case, code, _)| (*case, *code) == (name.as_str(), finding.code));
        for (asked, request) in requests(&before).into_iter().chain(requests(&after)) {
            let (was, is) = (ranks(&before, &request), ranks(&after, &request));
            // A Gateway that was assumed is gone once the ref names one that is there.
            for (gateway, was) in was.into_iter().filter(|(gateway, _)| !assumed(gateway)) {
                let is = is.get(&gateway).copied().unwrap_or(2);
                if is > was {
                    tally.better.insert(finding.code);
                }
                if is < was && !by_right {
                    let _ = writeln!(
                        tally.failures,
                        "{name}: {}: {asked} was {was} and is {is} ({:?}) after {:?}",
                        finding.code, finding.advice, finding.fix
                    );
                }
            }
        }
    }
}

#[test]
fn what_a_finding_says_to_change_takes_it_away_and_no_client_is_worse_off() {
    let mut tally = Tally::default();
    for case in cases::all() {
        try_all(case, &mut tally);
    }
    for entry in TABLE {
        let (Some(mut input), false) = (examples::input(entry.bad()), entry.bad().language() == "json") else {
            continue;
        };
        input.0 = format!("the bad example of {}", entry.code);
        try_all(input, &mut tally);
    }
    assert!(tally.failures.is_empty(), "{}", tally.failures);
    let prose: BTreeSet<Code> = tally.prose.into_iter().filter(|code| !tally.applied.contains(code)).collect();
    let listed: BTreeSet<Code> = PROSE.iter().map(|(code, _)| *code).collect();
    assert_eq!(prose, listed, "codes whose help is prose alone");
    // What is an error is no better for having gone from the list: the client must see it.
    let errors = tally.applied.iter().filter(|code| code.entry().severity == Severity::Error);
    let unseen: Vec<Code> = errors.filter(|code| !tally.better.contains(code)).copied().collect();
    assert_eq!(unseen, [Code::ApiRefused], "errors whose advice helps no client");
}
