//! Who stands behind a backend: its Service, and the endpoints that serve it. For the detail pane.

use super::context_pane::PaneContent;
use super::node_details::Fact;
use routescope_core::model::{ObjectKey, Service, TargetPort};
use routescope_core::resolve::{Destination, Endpoints, endpoints};
use routescope_render::phrases;
use routescope_render::style::{Line, Role};

/// How many endpoints are listed of one backend.
const LISTED: usize = 8;

/// The destination with those who serve it looked up.
pub fn looked_up(world: &PaneContent, destination: &Destination) -> Destination {
    let endpoints = endpoints(&world.analysis.snapshot, destination).map(std::sync::Arc::new);
    Destination { endpoints, ..destination.clone() }
}

/// Whether a backend does its work, in a mark and a few words.
pub fn state(destination: &Destination) -> Line {
    match (phrases::destination_trouble(destination), &destination.endpoints) {
        (Some(why), _) if destination.state.is_broken() => {
            Line::of(Role::Error, format!(" ✗ {}: ", destination.state.status())).with(Role::Text, why)
        }
        (_, Some(endpoints)) if endpoints.lack.is_some() => {
            Line::of(Role::Text, " ").with_line(phrases::endpoints(endpoints))
        }
        (Some(why), _) => Line::of(Role::Warning, " ? ").with(Role::Dim, why),
        (None, _) => match phrases::unserved(destination) {
            Some(note) => Line::of(Role::Warning, " ⚠ ").with(Role::Text, note),
            None => Line::of(Role::Ok, " ✓"),
        },
    }
}

/// The endpoints of a backend, one a line.
pub fn endpoints_of(destination: &Destination, facts: &mut Vec<Fact>) {
    let Some(endpoints) = &destination.endpoints else { return };
    facts.push(("endpoints", phrases::endpoints(endpoints).with_line(ports(destination, endpoints))));
    facts.extend(phrases::targets(endpoints, LISTED).into_iter().map(|line| ("endpoints", line)));
}

/// `port 80 → 8080`: which ports of the pods the Service's port leads to.
fn ports(destination: &Destination, endpoints: &Endpoints) -> Line {
    let (Some(port), ports) = (destination.port, endpoints.ports()) else { return Line::new() };
    if ports.is_empty() || ports == [port] {
        return Line::new();
    }
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    Line::of(Role::Dim, format!(" · port {port} → {}", ports.join(", ")))
}

/// The Service of a backend: its type, its address, its port, and where it is written.
pub fn service(world: &PaneContent, destination: &Destination, facts: &mut Vec<Fact>) {
    let key = ObjectKey::new(destination.namespace.clone(), destination.name.clone());
    let service = world.analysis.snapshot.services.get(&key).filter(|_| destination.kind == "Service");
    let Some(service) = service else { return };
    let Service { meta, ports, kind, cluster_ip, external_name } = service.as_ref();
    let mut line = match (external_name, cluster_ip.as_deref()) {
        (Some(name), _) => Line::of(Role::Text, "ExternalName ").with(Role::Host, name.to_string()),
        (None, Some("None")) => Line::of(Role::Text, "headless"),
        (None, Some(ip)) => Line::of(Role::Text, format!("{kind} ")).with(Role::Host, ip.to_owned()),
        (None, None) => Line::of(Role::Text, kind.to_string()),
    };
    if let Some(port) = ports.iter().find(|port| Some(port.port) == destination.port) {
        let name = if port.name.is_empty() { String::new() } else { format!(" ({})", port.name) };
        line.push(Role::Dim, format!(" · port {}{name}", port.port));
        match &port.target {
            Some(TargetPort::Number(number)) => line.push(Role::Dim, format!(" → {number}")),
            Some(TargetPort::Name(name)) => line.push(Role::Dim, format!(" → {name}")),
            None => {}
        }
    }
    facts.push(("service", line));
    let origin = &meta.origin;
    if origin.at.is_known() {
        let place = format!("{}:{}", origin.source.name, origin.at.line);
        facts.push(("service", Line::of(Role::Location, place)));
    }
}
