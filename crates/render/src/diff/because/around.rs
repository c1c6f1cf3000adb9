//! What the rules stand on, before and after: Gateways and their listeners, policies, and the objects that rules name.

use ahash::AHashSet;

use super::{BecauseData, Step, route};
use crate::data::SourceData;
use routescope_core::analysis::Analysis;
use routescope_core::model::{Filter, From, Listener, Meta, Name, Position, Route};
use routescope_core::reachability::Change;
use routescope_core::resolve::RuleNodeId;
use routescope_core::router::Decision;
use routescope_core::store::RouteId;

fn said(text: String, meta: &Meta, at: Position) -> BecauseData {
    BecauseData { text, source: SourceData::of(&meta.origin, at) }
}

/// A listener by the name that answers give it, and the object that it is written in.
type Named<'a> = (Name, &'a Listener, &'a Meta);

fn listeners<'a>(analysis: &'a Analysis, change: &Change) -> Option<Vec<Named<'a>>> {
    let table = analysis.table.gateways.iter().find(|table| table.gateway == change.gateway)?;
    let node = analysis.tree.gateways.get(table.node as usize)?;
    let gateway = &node.gateway;
    let one = |listener: &'a routescope_core::resolve::ListenerNode| {
        let meta = listener.set.as_ref().map_or(&gateway.meta, |set| &set.meta);
        (listener.name(gateway), listener.listener(gateway), meta)
    };
    Some(node.listeners.iter().map(one).collect())
}

/// The Gateway, or the listeners that took the request.
pub(super) fn gateways([old, new]: [&Analysis; 2], change: &Change, reasons: &mut Vec<BecauseData>) {
    let object = |analysis: &Analysis| analysis.snapshot.gateways.get(&change.gateway).cloned();
    let name = format!("Gateway {}", change.gateway);
    let (was, is) = match (object(old), object(new)) {
        (None, Some(is)) => return reasons.push(said(format!("{name} is new"), &is.meta, is.meta.origin.at)),
        (Some(was), None) => return reasons.push(said(format!("{name} is gone"), &was.meta, was.meta.origin.at)),
        (None, None) => return,
        (Some(was), Some(is)) => (was, is),
    };
    if was.class != is.class {
        let text = format!("{name} now has the class {} (was {})", is.class, was.class);
        return reasons.push(said(text, &is.meta, is.meta.origin.at));
    }
    let (Some(before), Some(after)) = (listeners(old, change), listeners(new, change)) else { return };
    let mut differing: Vec<(Name, BecauseData)> = Vec::new();
    for (listener, is, meta) in &after {
        let told = match before.iter().find(|(known, ..)| known == listener) {
            None => vec![format!("{name}: listener {listener} is new")],
            Some((_, was, _)) => {
                of_listener(was, is).into_iter().map(|text| format!("{name}: listener {listener} {text}")).collect()
            }
        };
        differing.extend(told.into_iter().map(|text| (listener.clone(), said(text, meta, is.at))));
    }
    for (listener, was, meta) in &before {
        if !after.iter().any(|(known, ..)| known == listener) {
            let text = format!("{name}: listener {listener} is gone");
            differing.push((listener.clone(), said(text, meta, was.at)));
        }
    }
    // Those that took the request, before all others.
    let took = |listener: &Name| {
        [&change.before, &change.after].into_iter().flatten().any(|one| one.listener.as_ref() == Some(listener))
    };
    differing.sort_by_key(|(listener, _)| !took(listener));
    let first = differing.iter().any(|(listener, _)| took(listener));
    reasons.extend(differing.into_iter().filter(|(listener, _)| !first || took(listener)).map(|(_, reason)| reason));
}

fn of_listener(was: &Listener, is: &Listener) -> Vec<String> {
    let host = |one: &Listener| one.hostname.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let admitted = |one: &Listener| match &one.allowed_routes.namespaces {
        From::All => "all namespaces",
        From::Same => "its own namespace",
        From::Selector(_) => "selected namespaces",
        From::None => "no namespace",
    };
    let mut told = Vec::new();
    if was.hostname != is.hostname {
        told.push(format!("now has the hostname {} (was {})", host(is), host(was)));
    }
    if was.port != is.port {
        told.push(format!("now has the port {} (was {})", is.port, was.port));
    }
    if was.protocol != is.protocol {
        told.push(format!("now has the protocol {} (was {})", is.protocol.name(), was.protocol.name()));
    }
    if was.allowed_routes != is.allowed_routes {
        let (now, then) = (admitted(is), admitted(was));
        told.push(if now == then {
            "now admits other routes".to_owned()
        } else {
            format!("now admits routes of {now} (was {then})")
        });
    }
    if was.tls != is.tls {
        told.push("now has another tls section".to_owned());
    }
    told
}

/// Virtual hosts with more rows are not searched for their routes, which would be done for every change.
const MOST_ROWS: usize = 10_000;

/// Routes that serve the host in one table and not in the other: which virtual host takes a request depends on them.
pub(super) fn virtual_hosts(both: [&Analysis; 2], change: &Change, reasons: &mut Vec<BecauseData>) {
    let decisions = [&change.before, &change.after];
    let hosts = [0, 1].map(|side: usize| {
        let decision = decisions[side].as_ref()?;
        let table = both[side].table.gateways.get(decision.gateway as usize)?;
        Some(table.virtual_hosts.get(decision.virtual_host? as usize)?.hostname.clone())
    });
    if hosts[0] == hosts[1] {
        return;
    }
    for (side, what) in [(0, "no longer serves"), (1, "now serves")] {
        let Some(host) = &hosts[side] else { continue };
        let (Some(here), Some(there)) = (serving(both[side], change, host), serving(both[1 - side], change, host))
        else {
            continue;
        };
        let there: AHashSet<_> =
            there.iter().map(|route| (route.kind, &route.meta.namespace, &route.meta.name)).collect();
        for route in here {
            if !there.contains(&(route.kind, &route.meta.namespace, &route.meta.name)) {
                let text = format!("{} {} {what} {host}", route.kind.name(), route.meta.key());
                reasons.push(said(text, &route.meta, route.meta.origin.at));
            }
        }
    }
}

/// The routes that rows of a Gateway's virtual hosts of this name come from, each once; `None` for too many rows.
fn serving<'a>(analysis: &'a Analysis, change: &Change, host: &Name) -> Option<Vec<&'a Route>> {
    let table = analysis.table.gateways.iter().find(|table| table.gateway == change.gateway);
    let hosts = table.map(|table| table.virtual_hosts.as_slice()).unwrap_or_default();
    let hosts = hosts.iter().filter(|one| one.hostname == *host);
    if hosts.clone().map(|one| one.rows.len()).sum::<usize>() > MOST_ROWS {
        return None;
    }
    let root = |row: &RuleNodeId| analysis.tree.roots[analysis.tree.root_of(*row).0 as usize].route;
    let mut known: AHashSet<RouteId> = AHashSet::new();
    let ids = hosts.flat_map(|one| one.rows.iter()).map(root).filter(|id| known.insert(*id));
    Some(ids.map(|id| analysis.snapshot.route(id).as_ref()).collect())
}

/// The labels of the namespaces that the rules are in: a listener may select by them.
pub(super) fn namespaces([old, new]: [&Analysis; 2], steps: &[Step], reasons: &mut Vec<BecauseData>) {
    for (_, key, ..) in steps {
        let of = |analysis: &Analysis| analysis.snapshot.namespaces.get(&key.namespace).cloned();
        let text = |what: &str| format!("Namespace {} {what}", key.namespace);
        match (of(old), of(new)) {
            (Some(was), Some(is)) if was.meta.labels != is.meta.labels => {
                reasons.push(said(text("now has other labels"), &is.meta, is.meta.origin.at));
            }
            (None, Some(is)) => reasons.push(said(text("is new"), &is.meta, is.meta.origin.at)),
            (Some(was), None) => reasons.push(said(text("is gone"), &was.meta, was.meta.origin.at)),
            _ => {}
        }
    }
}

/// Policies that came into force, that no longer are, or that say something else.
pub(super) fn policies(change: &Change, reasons: &mut Vec<BecauseData>) {
    let of =
        |decision: &Option<Decision>| decision.as_ref().map(|one| one.policies.applied.clone()).unwrap_or_default();
    let (before, after) = (of(&change.before), of(&change.after));
    for is in after.iter().filter(|one| one.counts()) {
        let meta = &is.policy.meta;
        let same = before.iter().find(|was| was.policy.meta.key() == meta.key() && was.counts());
        let what = match same {
            None => "is now in force",
            Some(was) if was.policy.settings != is.policy.settings => "now has other settings",
            Some(_) => continue,
        };
        reasons.push(said(format!("TrafficPolicy {} {what}", meta.key()), meta, meta.origin.at));
    }
    for was in before.iter().filter(|one| one.counts()) {
        let meta = &was.policy.meta;
        if !after.iter().any(|is| is.policy.meta.key() == meta.key() && is.counts()) {
            reasons.push(said(format!("TrafficPolicy {} is no longer in force", meta.key()), meta, meta.origin.at));
        }
    }
}

/// The direct responses that the rules name.
pub(super) fn responses([old, new]: [&Analysis; 2], steps: &[Step], reasons: &mut Vec<BecauseData>) {
    for step in steps {
        let Some(route) = route(new, step).or_else(|| route(old, step)) else { continue };
        let filters = route.rules.get(step.2 as usize).map(|rule| rule.filters.as_slice()).unwrap_or_default();
        for filter in filters {
            let Filter::Extension { kind, name, .. } = filter else { continue };
            if kind != "DirectResponse" {
                continue;
            }
            let key = routescope_core::model::ObjectKey { namespace: route.meta.namespace.clone(), name: name.clone() };
            let of = |analysis: &Analysis| analysis.snapshot.direct_responses.get(&key).cloned();
            let text = |what: &str| format!("DirectResponse {key} {what}");
            match (of(old), of(new)) {
                (Some(was), Some(is)) if was.status != is.status => {
                    let what = format!("now answers {} (was {})", is.status, was.status);
                    reasons.push(said(text(&what), &is.meta, is.meta.origin.at));
                }
                (None, Some(is)) => reasons.push(said(text("is new"), &is.meta, is.meta.origin.at)),
                (Some(was), None) => reasons.push(said(text("is gone"), &was.meta, was.meta.origin.at)),
                _ => {}
            }
        }
    }
}
