//! Why requests move: what is written otherwise in the rules that decided, before and after.

use crate::data::SourceData;
use routescope_core::analysis::Analysis;
use routescope_core::model::{
    Filter, ObjectKey, Position, Route, RouteKind, RouteMatch, Rule, StreamRoute, ValueKind, ValueMatch,
};
use routescope_core::reachability::{Change, Kind};
use routescope_core::resolve::{Destination, RuleNodeId};
use routescope_core::router::Decision;

use super::data::BecauseData;

mod around;

/// So many reasons are told.
const TOLD: usize = 4;

/// A rule on the way to a row.
type Step = (RouteKind, ObjectKey, u32, Option<u32>);

fn steps(analysis: &Analysis, decision: Option<&Decision>) -> Vec<Step> {
    let hop: Option<RuleNodeId> = decision.and_then(|one| one.row().or(one.stopped()));
    let chain = hop.map(|hop| analysis.tree.chain(hop)).unwrap_or_default();
    let step = |id: RuleNodeId| {
        let hop = &analysis.tree.hops[id.0 as usize];
        let route = analysis.snapshot.route(hop.route);
        (route.kind, route.meta.key(), hop.rule, hop.match_index)
    };
    chain.into_iter().map(step).collect()
}

fn route<'a>(analysis: &'a Analysis, (kind, key, ..): &Step) -> Option<&'a Route> {
    let id = analysis.snapshot.find_route(*kind, key)?;
    Some(analysis.snapshot.route(id))
}

fn said(text: String, route: &Route, at: Position) -> BecauseData {
    BecauseData { text, source: SourceData::of(&route.meta.origin, at) }
}

/// Why the answer to a request is another one.
pub fn because([old, new]: [&Analysis; 2], change: &Change) -> Vec<BecauseData> {
    let mut reasons: Vec<BecauseData> = Vec::new();
    let (before, after) = (steps(old, change.before.as_ref()), steps(new, change.after.as_ref()));
    for step in before.iter().chain(after.iter().filter(|step| !before.contains(step))) {
        let name = format!("{} {}", step.0.name(), step.1);
        match (route(old, step), route(new, step)) {
            (Some(was), None) => reasons.push(said(format!("{name} is gone"), was, was.meta.origin.at)),
            (None, Some(is)) => reasons.push(said(format!("{name} is new"), is, is.meta.origin.at)),
            (Some(was), Some(is)) => differences(&name, step, was, is, &mut reasons),
            (None, None) => {}
        }
    }
    streams(change, &mut reasons);
    if Kind::of(change.before.as_ref(), change.after.as_ref()) == Kind::Policies {
        around::policies(change, &mut reasons);
    }
    if reasons.is_empty() {
        let steps = [before.as_slice(), after.as_slice()].concat();
        backends(change, &mut reasons);
        around::responses([old, new], &steps, &mut reasons);
        around::gateways([old, new], change, &mut reasons);
        around::virtual_hosts([old, new], change, &mut reasons);
        around::namespaces([old, new], &steps, &mut reasons);
        around::policies(change, &mut reasons);
    }
    if reasons.is_empty() {
        reasons.push(fallback([old, new], [&before, &after]));
    }
    let mut seen: Vec<String> = Vec::new();
    reasons.retain(|reason| {
        let new = !seen.contains(&reason.text);
        seen.push(reason.text.clone());
        new
    });
    reasons.truncate(TOLD);
    reasons
}

/// What is written otherwise in one route, as far as it bears on one of its rules.
fn differences(name: &str, step: &Step, was: &Route, is: &Route, reasons: &mut Vec<BecauseData>) {
    let list =
        |names: &[routescope_core::model::Name]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    if was.hostnames != is.hostnames {
        let text = format!("{name} now has hostnames {} (was {})", list(&is.hostnames), list(&was.hostnames));
        reasons.push(said(text, is, is.meta.origin.at));
    }
    let parents = |route: &Route| {
        let one = |parent: &routescope_core::model::ParentRef| {
            (
                parent.kind.clone(),
                parent.namespace.clone(),
                parent.name.clone(),
                parent.section_name.clone(),
                parent.port,
            )
        };
        route.parent_refs.iter().map(one).collect::<Vec<_>>()
    };
    if parents(was) != parents(is) {
        let at = is.parent_refs.first().map_or(is.meta.origin.at, |parent| parent.at);
        reasons.push(said(format!("{name} now has other parentRefs"), is, at));
    }
    if was.meta.labels != is.meta.labels {
        reasons.push(said(format!("{name} now has other labels"), is, is.meta.origin.at));
    }
    if was.meta.annotations != is.meta.annotations {
        reasons.push(said(format!("{name} now has other annotations"), is, is.meta.origin.at));
    }
    if was.meta.created != is.meta.created {
        reasons.push(said(format!("{name} now has another creationTimestamp"), is, is.meta.origin.at));
    }
    let number = step.2 + 1;
    match (was.rules.get(step.2 as usize), is.rules.get(step.2 as usize)) {
        (Some(was_rule), Some(rule)) => {
            of_rule(&format!("{name} rule {number}"), step.3, (was, was_rule), (is, rule), reasons);
        }
        (Some(was_rule), None) => reasons.push(said(format!("{name} no longer has rule {number}"), was, was_rule.at)),
        (None, Some(rule)) => reasons.push(said(format!("{name} rule {number} is new"), is, rule.at)),
        (None, None) => {}
    }
}

fn of_rule(name: &str, place: Option<u32>, was: (&Route, &Rule), is: (&Route, &Rule), reasons: &mut Vec<BecauseData>) {
    let matched = |rule: &Rule, at: Option<u32>| at.and_then(|at| rule.matches.get(at as usize).cloned());
    let at = |one: &RouteMatch| if one.at.is_known() { one.at } else { is.1.at };
    match (matched(was.1, place), matched(is.1, place)) {
        (Some(old), Some(new)) => {
            let place = at(&new);
            reasons.extend(of_match(name, &old, &new).into_iter().map(|text| said(text, is.0, place)));
        }
        (Some(old), None) => reasons.push(said(format!("{name} no longer matches {}", in_words(&old)), is.0, is.1.at)),
        (None, Some(new)) => reasons.push(said(format!("{name} now matches {}", in_words(&new)), is.0, at(&new))),
        (None, None) => {}
    }
    let refs = |rule: &Rule| {
        let one = |to: &routescope_core::model::BackendRef| {
            let namespace = to.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
            let port = to.port.map(|port| format!(":{port}")).unwrap_or_default();
            let weight = if rule.backend_refs.len() > 1 { format!(" weight {}", to.weight) } else { String::new() };
            format!("{} {namespace}{}{port}{weight}", to.kind, to.name)
        };
        rule.backend_refs.iter().map(one).collect::<Vec<_>>()
    };
    let (old, new) = (refs(was.1), refs(is.1));
    if old != new {
        let all = |refs: &[String]| if refs.is_empty() { "no backend".to_owned() } else { refs.join(", ") };
        let at = is.1.backend_refs.first().map_or(is.1.at, |to| to.at);
        reasons.push(said(format!("{name} now refers to {} (was {})", all(&new), all(&old)), is.0, at));
    }
    let filters = |rule: &Rule| rule.filters.iter().map(filter).collect::<Vec<_>>();
    let (old, new) = (filters(was.1), filters(is.1));
    if old != new {
        reasons.push(said(format!("{name} now has other filters"), is.0, is.1.at));
    }
    let limits = |rule: &Rule| (rule.request_timeout.clone(), rule.backend_request_timeout.clone(), rule.retry.clone());
    if limits(was.1) != limits(is.1) {
        let text = |rule: &Rule| rule.request_timeout.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        let told = if was.1.request_timeout == is.1.request_timeout {
            format!("{name} now has other timeouts or retries")
        } else {
            format!("{name} now has the timeout {} (was {})", text(is.1), text(was.1))
        };
        reasons.push(said(told, is.0, is.1.at));
    }
}

/// A filter without the places it is written at.
fn filter(filter: &Filter) -> String {
    match filter {
        Filter::Mirror(mirror) => {
            let to = &mirror.backend;
            format!("mirror {} {:?} {} {:?} {:?}", to.kind, to.namespace, to.name, to.port, mirror.fraction)
        }
        Filter::Extension { group, kind, name, .. } => format!("extension {group} {kind} {name}"),
        Filter::Other { kind, .. } => format!("other {kind}"),
        other => format!("{other:?}"),
    }
}

fn of_match(name: &str, old: &RouteMatch, new: &RouteMatch) -> Vec<String> {
    let mut said = Vec::new();
    if old.path != new.path {
        said.push(format!("{name} now matches {} (was {})", path(new), path(old)));
    }
    if old.method != new.method {
        said.push(match (&old.method, &new.method) {
            (_, Some(method)) => format!("{name} now needs method {method}"),
            (_, None) => format!("{name} no longer needs a method"),
        });
    }
    for (what, old, new) in
        [("header", &old.headers, &new.headers), ("query parameter", &old.query_params, &new.query_params)]
    {
        for test in new.iter().filter(|test| !old.contains(test)) {
            said.push(format!("{name} now needs {what} {}", value(test)));
        }
        for test in old.iter().filter(|test| !new.contains(test)) {
            said.push(format!("{name} no longer needs {what} {}", value(test)));
        }
    }
    said
}

fn path(row: &RouteMatch) -> String {
    format!("{} {}", row.path.kind.name(), row.path.value)
}

fn value(test: &ValueMatch) -> String {
    match test.kind {
        _ if test.value.is_empty() => test.name.to_string(),
        ValueKind::Exact => format!("{}: {}", test.name, test.value),
        ValueKind::RegularExpression => format!("{} matching {}", test.name, test.value),
    }
}

fn in_words(row: &RouteMatch) -> String {
    let method = row.method.as_ref().map(|method| format!("{method} ")).unwrap_or_default();
    let mut words = format!("{method}{}", path(row));
    for test in row.headers.iter().chain(&row.query_params) {
        words.push_str(", ");
        words.push_str(&value(test));
    }
    words
}

/// The TCP or TLS route that takes the connection is another one, or is written otherwise.
fn streams(change: &Change, reasons: &mut Vec<BecauseData>) {
    let of = |decision: &Option<Decision>| decision.as_ref().and_then(|one| one.stream().cloned());
    let told = |route: &StreamRoute, what: &str| BecauseData {
        text: format!("{} {} {what}", route.kind.name(), route.meta.key()),
        source: SourceData::of(&route.meta.origin, route.meta.origin.at),
    };
    match (of(&change.before), of(&change.after)) {
        (Some(was), Some(is)) if was.kind == is.kind && was.meta.key() == is.meta.key() => {
            if was != is {
                reasons.push(told(&is, "is written otherwise"));
            }
        }
        (was, is) => {
            reasons.extend(was.map(|was| told(&was, "no longer takes the connection")));
            reasons.extend(is.map(|is| told(&is, "now takes the connection")));
        }
    }
}

/// Destinations whose state is another one.
fn backends(change: &Change, reasons: &mut Vec<BecauseData>) {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return };
    for new in after.destinations() {
        let same = |old: &&Destination| {
            (&old.kind, &old.namespace, &old.name, old.port) == (&new.kind, &new.namespace, &new.name, new.port)
        };
        if let Some(old) = before.destinations().find(same)
            && (old.state != new.state || old.hosts != new.hosts)
        {
            if old.state == new.state {
                let hosts = |one: &Destination| one.hosts.join(", ");
                let text = format!(
                    "{} {}/{} now leads to {} (was {})",
                    new.kind,
                    new.namespace,
                    new.name,
                    hosts(new),
                    hosts(old)
                );
                reasons.push(BecauseData { text, source: None });
                continue;
            }
            let text = format!(
                "{} {}/{} is now {} (was {})",
                new.kind,
                new.namespace,
                new.name,
                new.state.name(),
                old.state.name()
            );
            reasons.push(BecauseData { text, source: None });
        }
    }
}

/// The rules themselves are as they were: another one comes first, or what they stand on changed.
fn fallback([old, new]: [&Analysis; 2], [before, after]: [&[Step]; 2]) -> BecauseData {
    let named = |analysis: &Analysis, step: &Step, text: String| {
        let route = route(analysis, step);
        let at = route.and_then(|route| route.rules.get(step.2 as usize)).map(|rule| rule.at).unwrap_or_default();
        match route {
            Some(route) => said(text, route, at),
            None => BecauseData { text, source: None },
        }
    };
    match (before.last(), after.last()) {
        (Some(old_step), Some(step)) if old_step == step => {
            named(new, step, format!("{} rule {} now acts otherwise: what it stands on changed", step.1, step.2 + 1))
        }
        (Some(_), Some(step)) => named(new, step, format!("{} rule {} now comes first", step.1, step.2 + 1)),
        (None, Some(step)) => named(new, step, format!("{} rule {} now takes the request", step.1, step.2 + 1)),
        (Some(step), None) => named(old, step, format!("{} rule {} no longer takes the request", step.1, step.2 + 1)),
        (None, None) => BecauseData { text: "the listeners changed".to_owned(), source: None },
    }
}
