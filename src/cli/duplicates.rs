//! One object in several places of a repository: the clusters, environments and overlays that it is made for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use routescope_core::finding::{Code, Finding, Location, Severity, Subject};
use routescope_core::model::{Object, ObjectKey};

/// Kinds of which two in one folder are a mistake. (A Namespace or a Service is often written beside each of its users.)
const ROUTING: &[&str] = &["Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "TrafficPolicy"];

/// So many objects that are defined twice in one folder are a mistake; with more, its files are examples or tests that
/// stand for themselves.
const MISTAKES: usize = 3;

/// Leaves the last of several objects of one name that stand in different folders, and says so in one line. Routes and
/// Gateways of one folder stay: a few are a mistake, and reported as one.
pub fn settle(objects: &mut Vec<Object>) -> Option<Finding> {
    let mut last: HashMap<(&'static str, ObjectKey), PathBuf> = HashMap::new();
    let mut dropped = Vec::new();
    let mut within: HashMap<PathBuf, Vec<usize>> = HashMap::new();
    for (index, object) in objects.iter().enumerate().rev() {
        let meta = object.meta();
        let key = ObjectKey { namespace: meta.namespace.clone(), name: meta.name.clone() };
        let folder = Path::new(&meta.origin.source.name).parent().unwrap_or(Path::new("")).to_owned();
        match last.get(&(object.kind(), key.clone())) {
            None => {
                last.insert((object.kind(), key), folder);
            }
            Some(other) if *other == folder && ROUTING.contains(&object.kind()) => {
                within.entry(folder).or_default().push(index);
            }
            Some(_) => dropped.push(index),
        }
    }
    dropped.extend(within.into_values().filter(|all| all.len() > MISTAKES).flatten());
    dropped.sort_unstable_by(|a, b| b.cmp(a));
    let first = objects.get(*dropped.last()?)?;
    let origin = first.meta().origin.clone();
    let subject = Subject { kind: first.kind(), key: first.meta().key() };
    let count = dropped.len();
    for index in dropped {
        objects.remove(index);
    }
    let others = if count == 1 { String::new() } else { format!(" (and {} more objects)", count - 1) };
    Some(Finding {
        code: Code::DuplicateObject,
        severity: Severity::Info,
        place: Some(Location { source: Arc::clone(&origin.source), at: origin.at }),
        message: format!("{subject}{others} is defined again in another place: the last one counts"),
        subject: Some(subject),
        help: Some(
            "if these are clusters or overlays, read one at a time: -f DIR, -k DIR, or all side by side with --roots"
                .to_owned(),
        ),
        fix: Vec::new(),
    })
}
