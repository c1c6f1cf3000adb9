//! What a change of one object means for routing, in lines a person can act on. Pure: an object before, one after; for
//! what it means beyond the object, a world before, one after.

use std::fmt;
use std::time::SystemTime;

use super::{Changed, How};
use routescope_core::finding::Subject;
use routescope_core::model::{EndpointSlice, Name, Object, ObjectKey, Setting};

mod diff_snapshots;
mod gateway;
pub(super) mod referrers;
mod route;
mod words;

pub use diff_snapshots::diff_snapshots;

/// How many endpoints are ready, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ready {
    /// So many.
    pub ready: usize,
    /// Of so many.
    pub all: usize,
}

impl Ready {
    /// Of one slice.
    pub fn of(slice: &EndpointSlice) -> Self {
        let ready = slice.endpoints.iter().filter(|endpoint| endpoint.ready).count();
        Self { ready, all: slice.endpoints.len() }
    }
}

impl std::iter::Sum for Ready {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self { ready: sum.ready + one.ready, all: sum.all + one.all })
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ready, self.all)
    }
}

/// The Service that a slice belongs to.
pub(super) fn service_of(slice: &EndpointSlice) -> Option<ObjectKey> {
    let service = slice.service.clone()?;
    Some(ObjectKey { namespace: slice.meta.namespace.clone(), name: service })
}

/// What is told of the change from `old` to `new`; nothing when routing reads nothing that changed.
pub(super) fn changed(
    at: SystemTime,
    subject: &Subject,
    old: Option<&Object>,
    new: Option<&Object>,
) -> Option<Changed> {
    let how = match (old, new) {
        (None, None) => return None,
        (None, Some(_)) => How::Added,
        (Some(_), None) => How::Deleted,
        (Some(_), Some(_)) => How::Modified,
    };
    let lines = lines(old, new);
    let told = how != How::Modified || !lines.is_empty();
    told.then(|| Changed { at, subject: subject.clone(), how, lines })
}

/// Tells of a Service how many endpoints it has, when that changed.
pub(super) fn endpoints_changed(
    all: &mut Vec<Changed>,
    service: &ObjectKey,
    (was, now): (Ready, Ready),
    at: SystemTime,
) {
    if was == now {
        return;
    }
    let means = match (was.ready, now.ready) {
        (1.., 0) => " ready: clients get a 503",
        (0, 1..) => " ready: it serves",
        _ => " ready",
    };
    let line = format!("endpoints {was} → {now}{means}");
    let subject = Subject { kind: "Service", key: service.clone() };
    match all.iter_mut().find(|changed| changed.subject == subject) {
        Some(Changed { how: How::Modified, lines, .. }) => lines.push(line),
        Some(_) => {}
        None => all.push(Changed { at, subject, how: How::Modified, lines: vec![line] }),
    }
}

/// What the change from `old` to `new` means, a line each; none when routing reads nothing that changed. What appears or
/// goes is told in full where that is short.
pub fn lines(old: Option<&Object>, new: Option<&Object>) -> Vec<String> {
    match (old, new) {
        (None, None) => Vec::new(),
        (None, Some(object)) | (Some(object), None) => told(object),
        (Some(old), Some(new)) => differences(&old.routing_equivalent(), &new.routing_equivalent()),
    }
}

/// An object in a few lines.
fn told(object: &Object) -> Vec<String> {
    match object {
        Object::Route(route) => route::told(route),
        Object::Gateway(gateway) => gateway.listeners.iter().map(words::listener).collect(),
        Object::ListenerSet(set) => set.listeners.iter().map(words::listener).collect(),
        Object::Service(service) => service.ports.iter().map(|port| format!("port {}", port.port)).collect(),
        Object::ReferenceGrant(grant) => words::grants(grant),
        Object::Backend(backend) => vec![words::backend(&backend.kind)],
        Object::DirectResponse(response) => vec![format!("answers {}", response.status)],
        _ => Vec::new(),
    }
}

/// What differs between two essences.
fn differences(old: &Object, new: &Object) -> Vec<String> {
    let mut lines = Vec::new();
    let (was, is) = (old.meta(), new.meta());
    words::pairs("label", &was.labels, &is.labels, &mut lines);
    words::pairs("annotation", &was.annotations, &is.annotations, &mut lines);
    if was.created != is.created && is.created.is_some() {
        lines.push("was created again: among equals the older ones come first".to_owned());
    }
    match (old, new) {
        (Object::Route(old), Object::Route(new)) => route::differences(old, new, &mut lines),
        (Object::Gateway(old), Object::Gateway(new)) => gateway::of_gateway(old, new, &mut lines),
        (Object::ListenerSet(old), Object::ListenerSet(new)) => gateway::of_set(old, new, &mut lines),
        (Object::GatewayClass(old), Object::GatewayClass(new)) => {
            now("its controller", &old.controller, &new.controller, &mut lines);
        }
        (Object::ReferenceGrant(old), Object::ReferenceGrant(new)) => {
            let (old, new) = (words::grants(old), words::grants(new));
            lines.extend(new.iter().filter(|line| !old.contains(line)).map(|line| format!("now {line}")));
            lines.extend(old.iter().filter(|line| !new.contains(line)).map(|line| format!("no longer {line}")));
        }
        (Object::Service(old), Object::Service(new)) => {
            for port in new.ports.iter().filter(|port| old.ports.iter().all(|other| other.port != port.port)) {
                lines.push(format!("port {} is new", port.port));
            }
            for port in old.ports.iter().filter(|port| new.ports.iter().all(|other| other.port != port.port)) {
                lines.push(format!("port {} is gone", port.port));
            }
            for port in &new.ports {
                let other = old.ports.iter().find(|other| other.port == port.port);
                if let Some(other) = other.filter(|other| other.app_protocol != port.app_protocol) {
                    let name = |protocol: &Option<Name>| protocol.clone().unwrap_or_else(|| "none".into());
                    let what = format!("the appProtocol of port {}", port.port);
                    now(&what, &name(&other.app_protocol), &name(&port.app_protocol), &mut lines);
                }
            }
            let name = |name: &Option<Name>| name.clone().unwrap_or_else(|| "none".into());
            now("its externalName", &name(&old.external_name), &name(&new.external_name), &mut lines);
        }
        (Object::Backend(old), Object::Backend(new)) => {
            let (old, new) = (words::backend(&old.kind), words::backend(&new.kind));
            if old != new {
                lines.push(format!("now {new} (was: {old})"));
            }
        }
        (Object::DirectResponse(old), Object::DirectResponse(new)) => {
            if old.status != new.status {
                lines.push(format!("now answers {} (was {})", new.status, old.status));
            }
            if old.body != new.body {
                lines.push("has another body".to_owned());
            }
        }
        (Object::TrafficPolicy(old), Object::TrafficPolicy(new)) => {
            if (&old.targets, &old.selectors) != (&new.targets, &new.selectors) {
                let (old, new) = (words::targets(old), words::targets(new));
                lines.push(format!("now targets {new} (was {old})"));
            }
            let (is, was) = (words::settings(new), words::settings(old));
            if is != was {
                lines.push(format!("now sets {} (was {})", words::list(&is), words::list(&was)));
            }
            let other = |setting: &&Setting| old.setting(setting.field).is_some_and(|old| old.value != setting.value);
            let changed = new.settings.iter().filter(other);
            lines.extend(changed.map(|setting| format!("its {} changed", setting.field.name())));
        }
        (Object::ConfigMap(old), Object::ConfigMap(new)) if old.keys != new.keys => {
            lines.push(format!("now has {} (was {})", words::list(&new.keys), words::list(&old.keys)));
        }
        _ => {}
    }
    // A part that routing reads and that has no words of its own here.
    if lines.is_empty() && !matches!(old, Object::EndpointSlice(_) | Object::Namespace(_)) {
        let mut record_aside = old.clone();
        record_aside.take_record_of(new);
        if record_aside != *new {
            lines.push("another part of its spec changed".to_owned());
        }
    }
    lines
}

fn now(what: &str, old: &Name, new: &Name, lines: &mut Vec<String>) {
    if old != new {
        lines.push(format!("{what} is now {new} (was {old})"));
    }
}

#[cfg(test)]
mod tests;
