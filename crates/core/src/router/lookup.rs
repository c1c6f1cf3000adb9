//! Which listener takes a request, and which virtual host: by port and protocol, then SNI, then host.
//!
//! ```text
//! Gateway ── door (port, protocol, SNI) ── virtual host (exact, longest wildcard, `*`) ── rows
//! ```
//!
//! A door is what a client can connect to: one per HTTP port (its listeners share their virtual hosts), one per HTTPS
//! listener (each has its own), one per listener of either kind under agentgateway. A door without any route still answers: 404.

use std::sync::OnceLock;

use ahash::AHashMap;

use super::explain::Dropped;
use super::hosts::Hosts;
use super::request::{Request, Scheme};
use super::{RouteTable, VirtualHost};
use crate::model::{Name, ObjectKey, Protocol};
use crate::resolve::{GatewayNode, ListenerNode, ListenerState, Manner, Tree};

/// Finds doors and virtual hosts without scanning them. Built once per table.
#[derive(Debug, Default)]
pub struct Lookup {
    gateways: Vec<Vec<Door>>,
    /// Matches that are in no table, for explanations; made when first asked for.
    pub(super) dropped: OnceLock<Dropped>,
}

/// A Gateway that gives no answer: the connection is closed, or there is nothing to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The Gateway.
    pub gateway: ObjectKey,
    /// Why it cannot see the request.
    pub reason: String,
}

/// What a client can connect to.
#[derive(Debug)]
pub(super) struct Door {
    pub port: u16,
    pub protocol: Protocol,
    /// The server name it is chosen by, `*` for any; `None` on plain HTTP.
    pub sni: Option<Name>,
    /// Its listeners: the name shown, and the hostname.
    pub listeners: Vec<(Name, Option<Name>)>,
    /// Its virtual hosts in table order, as places in the Gateway's table.
    pub virtual_hosts: Vec<u32>,
    /// A virtual host on it whose rows Envoy would refuse, and the whole table with them.
    pub hazard: Option<u32>,
    /// The same by the hosts they serve.
    pub hosts: Hosts,
}

impl Lookup {
    /// Indexes every Gateway's listeners and virtual hosts.
    pub fn build(tree: &Tree, table: &RouteTable) -> Self {
        let gateways = table
            .gateways
            .iter()
            .map(|gateway| {
                let mut doors = Doors::default();
                if let Some(node) = tree.gateways.get(gateway.node as usize) {
                    node.listeners.iter().for_each(|listener| open(&mut doors, node, listener));
                }
                for (place, host) in (0u32..).zip(&gateway.virtual_hosts) {
                    file(&mut doors, place, host);
                }
                doors.all
            })
            .collect();
        Self { gateways, dropped: OnceLock::new() }
    }

    /// The doors of the Gateway at `place` in the table that `request` comes to, or why there is none.
    pub(super) fn doors(&self, tree: &Tree, table: &RouteTable, place: u32, request: &Request) -> Seen<'_> {
        let doors = self.gateways.get(place as usize).map_or(&[][..], Vec::as_slice);
        let gateway = &table.gateways[place as usize];
        // A Gateway that is not in view may listen anywhere.
        if gateway.assumed {
            return Ok(doors.iter().collect());
        }
        let node = tree.gateways.get(gateway.node as usize);
        let port = request.port.or_else(|| request.scheme.map(Scheme::default_port));
        let listens = |port: u16| {
            doors.iter().any(|door| door.port == port)
                || node.is_some_and(|node| node.listeners.iter().any(|listener| listener.port(&node.gateway) == port))
        };
        // Without a port in the URL a Gateway that has no listener on the scheme's own port at all is taken to be reached
        // through something that maps ports.
        let port = port.filter(|port| request.port.is_some() || listens(*port));
        let on_port: Vec<&Door> = doors.iter().filter(|door| port.is_none_or(|port| door.port == port)).collect();
        if on_port.is_empty() {
            return Err(nothing_there(node, port));
        }
        let (http, https): (Vec<_>, Vec<_>) = on_port.into_iter().partition(|door| door.sni.is_none());
        let https_known = !https.is_empty();
        let https = by_server_name(https, request);
        match request.scheme {
            Some(Scheme::Http) if http.is_empty() => Err(match port {
                Some(port) => format!("port {port} speaks TLS, and the request is plain HTTP"),
                None => "all its listeners speak TLS, and the request is plain HTTP".to_owned(),
            }),
            Some(Scheme::Http) => Ok(http),
            Some(Scheme::Https) | None if https.is_empty() && (https_known && http.is_empty()) => {
                Err(no_certificate(doors, port, request))
            }
            Some(Scheme::Https) if https.is_empty() => {
                if https_known {
                    return Err(no_certificate(doors, port, request));
                }
                Err(match port {
                    Some(port) => format!("port {port} speaks plain HTTP, and the request is TLS"),
                    None => "all its listeners speak plain HTTP, and the request is TLS".to_owned(),
                })
            }
            Some(Scheme::Https) => Ok(https),
            None => Ok(http.into_iter().chain(https).collect()),
        }
    }
}

impl Lookup {
    /// What a client can connect to on the Gateway at `place`.
    pub(super) fn doors_of(&self, place: u32) -> &[Door] {
        self.gateways.get(place as usize).map_or(&[][..], Vec::as_slice)
    }

    /// The TLS door of a port that would be chosen for `host`.
    pub(super) fn best_tls(&self, place: u32, port: u16, host: &str) -> Option<&Door> {
        let doors = self.gateways.get(place as usize)?.iter();
        let on_port = doors.filter(|door| door.port == port && door.sni.is_some());
        on_port.filter_map(|door| Some((door.rank(host)?, door))).max_by_key(|(rank, _)| *rank).map(|(_, door)| door)
    }
}

/// The doors a request comes to, or why there is none.
pub(super) type Seen<'l> = Result<Vec<&'l Door>, String>;

impl Door {
    /// The virtual host for `host` (without port, any case): exact, then the longest wildcard, then `*`. There is no
    /// fallback to a less specific one (Envoy `RouteMatcher::findVirtualHost`).
    pub fn virtual_host(&self, host: &str) -> Option<u32> {
        self.hosts.covering(host).next()
    }

    /// How specific the door's own listener is for `host`, if it takes it: an exact name, then the longest wildcard, then
    /// none (agentgateway `ListenerSet::best_match_filtered`, which tells upper case from lower case).
    pub fn rank(&self, host: &str) -> Option<(bool, usize)> {
        let (_, hostname) = self.listeners.first()?;
        match hostname.as_deref() {
            None => Some((false, 0)),
            Some(hostname) => match hostname.strip_prefix('*') {
                Some(suffix) => host.ends_with(suffix).then_some((false, hostname.len())),
                None => (hostname == host).then_some((true, 0)),
            },
        }
    }

    /// The listener that takes `host`: the most specific one, among `serving` when that is known.
    pub fn listener(&self, host: Option<&str>, serving: Option<&[Name]>) -> Option<Name> {
        let serves = |name: &Name| serving.is_none_or(|serving| serving.contains(name));
        let rank = |hostname: &Option<Name>| match (hostname, host) {
            (Some(hostname), Some(host)) => covers(hostname, host).then_some(hostname.len()),
            (None, _) | (_, None) => Some(0),
        };
        let mut best: Option<(&Name, Option<usize>)> = None;
        for (name, hostname) in self.listeners.iter().filter(|(name, _)| serves(name)) {
            let rank = rank(hostname);
            if best.is_none_or(|(_, held)| rank > held) {
                best = Some((name, rank));
            }
        }
        best.map(|(name, _)| name).or_else(|| serving.and_then(<[Name]>::first)).cloned()
    }
}

/// Whether a listener's or virtual host's hostname covers `host`.
pub(super) fn covers(hostname: &str, host: &str) -> bool {
    if hostname == "*" {
        return true;
    }
    match hostname.strip_prefix('*') {
        Some(suffix) => {
            host.len() > suffix.len()
                && host.is_char_boundary(host.len() - suffix.len())
                && host[host.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
        }
        None => hostname.eq_ignore_ascii_case(host),
    }
}

/// `authority` without its port (Envoy `HeaderUtility::getPortStart`).
pub(super) fn without_port(authority: &str) -> &str {
    match (authority.rfind(':'), authority.rfind(']')) {
        (Some(colon), None) => &authority[..colon],
        (Some(colon), Some(bracket)) if bracket < colon => &authority[..colon],
        _ => authority,
    }
}

fn open(doors: &mut Doors, node: &GatewayNode, listener: &ListenerNode) {
    if !listener.is_served() {
        return;
    }
    let spec = listener.listener(&node.gateway);
    let sni = match spec.protocol {
        Protocol::Http => None,
        Protocol::Https => Some(spec.hostname.clone().unwrap_or_else(|| Name::new_static("*"))),
        // No HTTP route hangs on these.
        Protocol::Tls | Protocol::Tcp | Protocol::Udp | Protocol::Other(_) => return,
    };
    let shown = (listener.name(&node.gateway), spec.hostname.clone());
    let alone = (node.dialect.manner == Manner::Agentgateway).then(|| shown.0.clone());
    let port = listener.port(&node.gateway);
    doors.door(port, &spec.protocol, sni.as_ref(), alone.as_ref()).listeners.push(shown);
}

/// Doors while they are made, each by port, server name and the one listener it is where each has its own table.
#[derive(Default)]
struct Doors {
    all: Vec<Door>,
    places: AHashMap<(u16, Option<Name>, Option<Name>), usize>,
}

impl Doors {
    fn door(&mut self, port: u16, protocol: &Protocol, sni: Option<&Name>, alone: Option<&Name>) -> &mut Door {
        let place = *self.places.entry((port, sni.cloned(), alone.cloned())).or_insert_with(|| {
            self.all.push(Door {
                port,
                protocol: protocol.clone(),
                sni: sni.cloned(),
                listeners: Vec::new(),
                virtual_hosts: Vec::new(),
                hazard: None,
                hosts: Hosts::default(),
            });
            self.all.len() - 1
        });
        &mut self.all[place]
    }
}

fn file(doors: &mut Doors, place: u32, host: &VirtualHost) {
    let alone = host.listeners.first().filter(|_| host.alone);
    let door = doors.door(host.port, &host.protocol, host.sni.as_ref(), alone);
    door.virtual_hosts.push(place);
    if door.listeners.is_empty() {
        door.listeners = host.listeners.iter().map(|name| (name.clone(), None)).collect();
    }
    if !host.hazards.is_empty() {
        door.hazard.get_or_insert(place);
    }
    door.hosts.insert(&host.hostname, place);
}

/// Of the HTTPS doors of each port, the one chosen by SNI: exact, longest wildcard, any. Without a host, all of them.
fn by_server_name<'d>(doors: Vec<&'d Door>, request: &Request) -> Vec<&'d Door> {
    let Some(name) = server_name(request) else { return doors };
    let mut chosen: Vec<&'d Door> = Vec::new();
    for door in doors {
        let pattern = door.sni.as_deref().unwrap_or("*");
        // A client names no address in SNI (RFC 6066, 3).
        let fits = if is_address(name) { pattern == "*" } else { covers(pattern, name) };
        if !fits {
            continue;
        }
        let rank = |door: &Door| {
            let pattern = door.sni.as_deref().unwrap_or("*");
            (!pattern.starts_with('*'), pattern.len())
        };
        match chosen.iter_mut().find(|held| held.port == door.port) {
            Some(held) if rank(door) > rank(held) => *held = door,
            Some(_) => {}
            None => chosen.push(door),
        }
    }
    chosen
}

/// What the client puts into SNI: the URL's host, or the host of a `Host` header when the URL has none.
fn server_name(request: &Request) -> Option<&str> {
    let host = request.host.as_deref().or_else(|| request.host_header().map(without_port))?;
    Some(host.strip_suffix('.').unwrap_or(host))
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<core::net::Ipv4Addr>().is_ok()
}

fn no_certificate(doors: &[Door], port: Option<u16>, request: &Request) -> String {
    let names: Vec<&str> = doors
        .iter()
        .filter(|door| port.is_none_or(|port| door.port == port))
        .filter_map(|door| door.sni.as_deref())
        .collect();
    let name = server_name(request).unwrap_or("the host");
    format!("no HTTPS listener serves {name}; they serve {}", names.join(", "))
}

fn nothing_there(node: Option<&GatewayNode>, port: Option<u16>) -> String {
    let Some(node) = node else { return "it has no listeners".to_owned() };
    let Some(port) = port else { return "none of its listeners is served".to_owned() };
    let mut ports: Vec<u16> = Vec::new();
    for listener in &node.listeners {
        let listens_on = listener.port(&node.gateway);
        if listens_on == port {
            let name = listener.name(&node.gateway);
            let spec = listener.listener(&node.gateway);
            return match &listener.state {
                ListenerState::Served => format!("listener {name} on port {port} speaks {}", spec.protocol.name()),
                ListenerState::Rejected { reason, .. } => {
                    format!("listener {name} on port {port} is not served: {reason}")
                }
            };
        }
        if listener.is_served() && !ports.contains(&listens_on) {
            ports.push(listens_on);
        }
    }
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    format!("no listener on port {port}; it listens on {}", ports.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_covers_one_or_more_labels_and_never_the_bare_domain() {
        assert!(covers("*.a.io", "x.a.io") && covers("*.a.io", "y.x.A.io"));
        assert!(!covers("*.a.io", "a.io") && !covers("*.a.io", ".a.io") && !covers("*.a.io", "xa.io"));
        assert!(covers("*", "anything") && covers("a.io", "A.IO") && !covers("a.io", "a.io."));
    }

    #[test]
    fn ports_are_left_out_of_the_choice() {
        assert_eq!(without_port("a.io:80"), "a.io");
        assert_eq!(without_port("[::1]:80"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
        assert_eq!(without_port("a.io"), "a.io");
    }
}
