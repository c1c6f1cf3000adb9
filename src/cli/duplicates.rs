//! One object in several places of a repository: the clusters, environments and overlays that it is made for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use routescope_core::finding::{Advice, Code, Finding, Location, Severity, Subject};
use routescope_core::model::{Object, ObjectKey, Rule};

/// Kinds of which two in one folder are a mistake. (A Namespace or a Service is often written beside each of its users.)
const ROUTING: &[&str] = &["Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "TrafficPolicy"];

/// So many objects that are defined twice in one folder are a mistake; with more, its files are examples or tests that
/// stand for themselves.
const MISTAKES: usize = 3;

/// What was made of the objects that are written several times.
#[derive(Default)]
pub struct Settled {
    /// What is said of them, in a line each kind.
    pub findings: Vec<Finding>,
    /// Those that are written otherwise in another folder.
    pub otherwise: BTreeSet<Subject>,
}

/// Leaves the last of several objects of one name that stand in different folders, and says so in one line. Routes and
/// Gateways of one folder stay: a few are a mistake, and reported as one. What is a part of an object, as a patch is, gives
/// way to a whole one.
pub fn settle(objects: &mut Vec<Object>) -> Settled {
    let patches = patches(objects);
    let mut last: HashMap<(&'static str, ObjectKey), (usize, PathBuf)> = HashMap::new();
    let mut dropped: Vec<(usize, usize)> = Vec::new();
    let mut within: HashMap<PathBuf, Vec<(usize, usize)>> = HashMap::new();
    for (index, object) in objects.iter().enumerate().rev().filter(|(index, _)| !patches.contains(index)) {
        let folder = Path::new(&object.meta().origin.source.name).parent().unwrap_or(Path::new("")).to_owned();
        match last.get(&(object.kind(), object.meta().key())) {
            None => {
                last.insert((object.kind(), object.meta().key()), (index, folder));
            }
            Some((counts, other)) if *other == folder && ROUTING.contains(&object.kind()) => {
                within.entry(folder).or_default().push((index, *counts));
            }
            Some((counts, _)) => dropped.push((index, *counts)),
        }
    }
    dropped.extend(within.into_values().filter(|all| all.len() > MISTAKES).flatten());
    dropped.sort_unstable();
    let mut settled = Settled::default();
    for &(index, counts) in &dropped {
        let place = objects[index].meta().origin.source.name.clone();
        let is_otherwise = ROUTING.contains(&objects[index].kind())
            && objects[index].routing_equivalent() != objects[counts].routing_equivalent();
        if is_otherwise {
            settled.otherwise.insert(subject(&objects[counts]));
            let doubt = &mut objects[counts].meta_mut().doubt;
            doubt.get_or_insert_with(|| format!("{place} has another one of its name").into());
        }
    }
    let dropped: Vec<usize> = dropped.into_iter().map(|(index, _)| index).collect();
    settled.findings.extend(told(
        objects,
        &dropped,
        "is defined again in another place: the last one counts",
        OVERLAYS,
    ));
    settled.findings.extend(told(
        objects,
        &patches,
        "is a part of an object, as a patch is: the whole one counts",
        PATCH,
    ));
    let mut gone: Vec<usize> = dropped.into_iter().chain(patches).collect();
    gone.sort_unstable_by(|a, b| b.cmp(a));
    for index in gone {
        objects.remove(index);
    }
    settled
}

const OVERLAYS: &str =
    "if these are clusters or overlays, read one at a time: -f DIR, -k DIR, or all side by side with --roots";
const PATCH: &str = "no kustomization names it";

/// One line for several objects that do not count.
fn told(objects: &[Object], gone: &[usize], what: &str, help: &str) -> Option<Finding> {
    let first = &objects[*gone.first()?];
    let origin = &first.meta().origin;
    let subject = subject(first);
    let others = if gone.len() == 1 { String::new() } else { format!(" (and {} more objects)", gone.len() - 1) };
    Some(Finding {
        code: Code::DuplicateObject,
        severity: Severity::Info,
        place: Some(Location { source: Arc::clone(&origin.source), at: origin.at }),
        problem: format!("{subject}{others} {what}").into(),
        subject: Some(subject),
        advice: Some(Advice::Text(help.to_owned())),
        fix: Vec::new(),
    })
}

fn subject(object: &Object) -> Subject {
    Subject { kind: object.kind(), key: object.meta().key() }
}

/// Parts of objects, of which a whole one stands in another file.
fn patches(objects: &[Object]) -> Vec<usize> {
    let parts: Vec<usize> = (0..objects.len()).filter(|index| is_part(&objects[*index])).collect();
    if parts.is_empty() {
        return parts;
    }
    let whole: HashSet<(&str, ObjectKey)> = objects
        .iter()
        .filter(|object| ROUTING.contains(&object.kind()) && !is_part(object))
        .map(|object| (object.kind(), object.meta().key()))
        .collect();
    parts.into_iter().filter(|index| whole.contains(&(objects[*index].kind(), objects[*index].meta().key()))).collect()
}

/// Whether an object lacks what it would need to stand alone.
fn is_part(object: &Object) -> bool {
    match object {
        Object::Route(route) => {
            let does_something = |rule: &Rule| !rule.backend_refs.is_empty() || !rule.filters.is_empty();
            route.parent_refs.is_empty() || !route.rules.iter().any(does_something)
        }
        Object::Gateway(gateway) => gateway.class.is_empty() || gateway.listeners.is_empty(),
        _ => false,
    }
}
