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

use super::connection::{ListenerRefusal, NoConnection};
use super::explain::Dropped;
use super::hosts::Hosts;
use super::request::{Request, Scheme};
use super::{RouteTable, VirtualHost};
use crate::model::{Name, Protocol};
use crate::resolve::{GatewayNode, ListenerNode, ListenerState, ProxySemantics, Tree};

/// Finds doors and virtual hosts without scanning them. Built once per table.
#[derive(Debug, Default)]
pub struct Lookup {
    gateways: Vec<Vec<Frontend>>,
    /// Matches that are in no table, for explanations; made when first asked for.
    pub(super) dropped: OnceLock<Dropped>,
}

/// What a client can connect to.
#[derive(Debug)]
pub(super) struct Frontend {
    pub port: u16,
    pub protocol: Protocol,
    /// The server name it is chosen by, `*` for any; `None` on plain HTTP.
    pub sni: Option<Name>,
    /// Its listeners: the name shown, and the hostname.
    pub listeners: Vec<(Name, Option<Name>)>,
    /// Its virtual hosts in table order, as places in the Gateway's table.
    pub virtual_hosts: Vec<u32>,
    /// A virtual host on it whose rows Envoy would refuse, and the whole table with them.
    pub rejection: Option<u32>,
    /// The same by the hosts they serve.
    pub hosts: Hosts,
    /// The TCP or TLS route behind it: its listener's place, and its own among the streams of the listener.
    pub stream: Option<(usize, usize)>,
    /// It is a TLS listener that no route takes connections from.
    closed: bool,
    /// The hostname of its listener comes before the server names of its route.
    by_listener: Option<Name>,
    /// Its route gets the bytes as the client sends them.
    passes: bool,
}

impl Lookup {
    /// Indexes every Gateway's listeners and virtual hosts.
    pub fn build(tree: &Tree, table: &RouteTable) -> Self {
        let gateways = table
            .gateways
            .iter()
            .map(|gateway| {
                let mut frontends = Doors::default();
                if let Some(node) = tree.gateways.get(gateway.node as usize) {
                    for (at, listener) in node.listeners.iter().enumerate() {
                        open(&mut frontends, node, at, listener);
                    }
                }
                for (place, host) in (0u32..).zip(&gateway.virtual_hosts) {
                    file(&mut frontends, place, host);
                }
                frontends.all
            })
            .collect();
        Self { gateways, dropped: OnceLock::new() }
    }

    /// The doors of the Gateway at `place` in the table that `request` comes to, or why there is none.
    pub(super) fn frontends(&self, tree: &Tree, table: &RouteTable, place: u32, request: &Request) -> Seen<'_> {
        let frontends = self.gateways.get(place as usize).map_or(&[][..], Vec::as_slice);
        let gateway = &table.gateways[place as usize];
        // A Gateway that is not in view may listen anywhere.
        if gateway.assumed {
            return Ok(closest_of_assumed(frontends, request));
        }
        let node = tree.gateways.get(gateway.node as usize);
        let port = request.port.or_else(|| request.scheme.map(Scheme::default_port));
        let listens = |port: u16| {
            frontends.iter().any(|frontend| frontend.port == port)
                || node.is_some_and(|node| node.listeners.iter().any(|listener| listener.port(&node.gateway) == port))
        };
        // Without a port in the URL a Gateway that has no listener on the scheme's own port at all is assumed to be reached
        // through something that maps ports.
        let port = port.filter(|port| request.port.is_some() || listens(*port));
        let on_port: Vec<&Frontend> =
            frontends.iter().filter(|frontend| port.is_none_or(|port| frontend.port == port)).collect();
        if on_port.is_empty() {
            return Err(nothing_there(node, port));
        }
        let (plain, tls): (Vec<_>, Vec<_>) = on_port.into_iter().partition(|frontend| frontend.sni.is_none());
        let tls_known = !tls.is_empty();
        let passes_all: Vec<&Frontend> = tls.iter().copied().filter(|frontend| frontend.passes_all()).collect();
        let tls: Vec<&Frontend> = by_server_name(tls, request);
        let closed = tls.iter().all(|frontend| frontend.closed);
        let tls: Vec<&Frontend> = tls.into_iter().filter(|frontend| !frontend.closed).collect();
        let passed: Vec<&Frontend> =
            plain.iter().copied().filter(|frontend| frontend.protocol == Protocol::Tcp).collect();
        match request.scheme {
            Some(Scheme::Http) if plain.is_empty() && passes_all.is_empty() => Err(NoConnection::SpeaksTls(port)),
            Some(Scheme::Http) => Ok(plain.into_iter().chain(passes_all).collect()),
            Some(Scheme::Https) | None if tls.is_empty() && tls_known && plain.is_empty() => {
                Err(no_certificate(frontends, port, request, closed))
            }
            Some(Scheme::Https) if tls.is_empty() && passed.is_empty() => {
                if tls_known {
                    return Err(no_certificate(frontends, port, request, closed));
                }
                Err(NoConnection::SpeaksPlain(port))
            }
            Some(Scheme::Https) => Ok(tls.into_iter().chain(passed).collect()),
            None => Ok(plain.into_iter().chain(tls).collect()),
        }
    }
}

impl Lookup {
    /// What a client can connect to on the Gateway at `place`.
    pub(super) fn doors_of(&self, place: u32) -> &[Frontend] {
        self.gateways.get(place as usize).map_or(&[][..], Vec::as_slice)
    }

    /// The TLS door of a port that would be chosen for `host`.
    pub(super) fn best_tls(&self, place: u32, port: u16, host: &str) -> Option<&Frontend> {
        let frontends = self.gateways.get(place as usize)?.iter();
        let on_port = frontends.filter(|frontend| frontend.port == port && frontend.sni.is_some());
        on_port
            .filter_map(|frontend| Some((frontend.rank(host)?, frontend)))
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, frontend)| frontend)
    }
}

/// The doors of a Gateway out of view: those of the request's port, or else of its scheme, or else all.
fn closest_of_assumed<'l>(frontends: &'l [Frontend], request: &Request) -> Vec<&'l Frontend> {
    let port = request.port.or_else(|| request.scheme.map(Scheme::default_port));
    let on_port: Vec<&Frontend> = frontends.iter().filter(|frontend| port == Some(frontend.port)).collect();
    let is_https = request.scheme.map(|scheme| scheme == Scheme::Https);
    let of_scheme: Vec<&Frontend> =
        frontends.iter().filter(|frontend| is_https.is_none_or(|is| is == frontend.sni.is_some())).collect();
    [on_port, of_scheme].into_iter().find(|some| !some.is_empty()).unwrap_or_else(|| frontends.iter().collect())
}

/// The doors a request comes to, or why there is none.
pub(super) type Seen<'l> = Result<Vec<&'l Frontend>, NoConnection>;

impl Frontend {
    /// Whether it passes on connections that do not speak TLS either: it matches without any server name.
    pub fn passes_all(&self) -> bool {
        self.stream.is_some() && self.passes && self.sni.as_deref() == Some("*") && self.by_listener.is_none()
    }

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

fn open(frontends: &mut Doors, node: &GatewayNode, at: usize, listener: &ListenerNode) {
    if !listener.is_served() {
        return;
    }
    let spec = listener.listener(&node.gateway);
    let sni = match spec.protocol {
        Protocol::Http => None,
        Protocol::Https => Some(spec.hostname.clone().unwrap_or_else(|| Name::new_static("*"))),
        Protocol::Tls | Protocol::Tcp => return open_streams(frontends, node, at, listener),
        // Nothing that is read is attached to these.
        Protocol::Udp | Protocol::Other(_) => return,
    };
    let shown = (listener.name(&node.gateway), spec.hostname.clone());
    let alone = (node.dialect.semantics == ProxySemantics::Agentgateway).then(|| shown.0.clone());
    let port = listener.port(&node.gateway);
    let frontend = frontends.frontend(port, &spec.protocol, sni.as_ref(), alone.as_ref());
    frontend.listeners.push(shown);
    // Where a listener is chosen before any route, a TLS listener of the port may be closer.
    frontend.by_listener = sni.filter(|_| !node.dialect.is_of_kgateway());
}

/// A door for every server name of every TLS route; one for a TCP route. Where a listener is chosen before its routes, one that
/// takes no connection keeps them from the others.
fn open_streams(frontends: &mut Doors, node: &GatewayNode, at: usize, listener: &ListenerNode) {
    let spec = listener.listener(&node.gateway);
    let port = listener.port(&node.gateway);
    let shown = (listener.name(&node.gateway), spec.hostname.clone());
    let tls = spec.protocol == Protocol::Tls;
    let by_listener =
        (tls && !node.dialect.is_of_kgateway()).then(|| spec.hostname.clone().unwrap_or(Name::new_static("*")));
    let mut open = |sni: Option<Name>, stream: Option<(usize, usize)>, passes: bool| {
        frontends.all.push(Frontend {
            port,
            protocol: spec.protocol.clone(),
            sni,
            listeners: vec![shown.clone()],
            virtual_hosts: Vec::new(),
            rejection: None,
            hosts: Hosts::default(),
            stream,
            closed: stream.is_none(),
            by_listener: by_listener.clone(),
            passes,
        });
    };
    let serving = listener.streams.serving(&spec.protocol);
    for (place, stream) in listener.streams.all().iter().enumerate() {
        if !serving.iter().any(|one| std::ptr::eq(*one, stream)) {
            continue;
        }
        let passes = !stream.is_terminated(spec);
        let any = [Name::new_static("*")];
        let names = if stream.names.is_empty() { &any[..] } else { &stream.names };
        for name in names {
            open(tls.then(|| name.clone()), Some((at, place)), passes);
        }
    }
    if let Some(hostname) = by_listener.clone() {
        open(Some(hostname), None, false);
    }
}

/// Doors while they are made, each by port, server name and the one listener it is where each has its own table.
#[derive(Default)]
struct Doors {
    all: Vec<Frontend>,
    places: AHashMap<(u16, Option<Name>, Option<Name>), usize>,
}

impl Doors {
    fn frontend(&mut self, port: u16, protocol: &Protocol, sni: Option<&Name>, alone: Option<&Name>) -> &mut Frontend {
        let place = *self.places.entry((port, sni.cloned(), alone.cloned())).or_insert_with(|| {
            self.all.push(Frontend {
                port,
                protocol: protocol.clone(),
                sni: sni.cloned(),
                listeners: Vec::new(),
                virtual_hosts: Vec::new(),
                rejection: None,
                hosts: Hosts::default(),
                stream: None,
                closed: false,
                by_listener: None,
                passes: false,
            });
            self.all.len() - 1
        });
        &mut self.all[place]
    }
}

fn file(frontends: &mut Doors, place: u32, host: &VirtualHost) {
    let alone = host.listeners.first().filter(|_| host.alone);
    let frontend = frontends.frontend(host.port, &host.protocol, host.sni.as_ref(), alone);
    frontend.virtual_hosts.push(place);
    if frontend.listeners.is_empty() {
        frontend.listeners = host.listeners.iter().map(|name| (name.clone(), None)).collect();
    }
    if !host.rejections.is_empty() {
        frontend.rejection.get_or_insert(place);
    }
    frontend.hosts.insert(&host.hostname, place);
}

/// Of the TLS doors of each port, the one chosen by SNI: exact, longest wildcard, any. Without a host, all of them.
fn by_server_name<'d>(frontends: Vec<&'d Frontend>, request: &Request) -> Vec<&'d Frontend> {
    let Some(name) = server_name(request) else {
        return frontends.into_iter().filter(|frontend| !frontend.closed).collect();
    };
    // A client names no address in SNI (RFC 6066, 3).
    let fits = |pattern: &str| if is_address(name) { pattern == "*" } else { covers(pattern, name) };
    let rank = |pattern: &str| (!pattern.starts_with('*'), pattern.len());
    let mut chosen: Vec<(&'d Frontend, _)> = Vec::new();
    for frontend in frontends {
        let pattern = frontend.sni.as_deref().unwrap_or("*");
        if !fits(pattern) || !frontend.by_listener.as_deref().is_none_or(fits) {
            continue;
        }
        // The listener first, where it counts; one that is closed gives way to its own routes.
        let rank = (frontend.by_listener.as_deref().map(rank), !frontend.closed, rank(pattern));
        match chosen.iter_mut().find(|(held, _)| held.port == frontend.port) {
            Some(held) if rank > held.1 => *held = (frontend, rank),
            Some(_) => {}
            None => chosen.push((frontend, rank)),
        }
    }
    chosen.into_iter().map(|(frontend, _)| frontend).collect()
}

/// What the client puts into SNI: the URL's host, or the host of a `Host` header when the URL has none.
fn server_name(request: &Request) -> Option<&str> {
    let host = request.host.as_deref().or_else(|| request.host_header().map(without_port))?;
    Some(host.strip_suffix('.').unwrap_or(host))
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<core::net::Ipv4Addr>().is_ok()
}

fn no_certificate(frontends: &[Frontend], port: Option<u16>, request: &Request, closed: bool) -> NoConnection {
    let mut serves: Vec<Name> = frontends
        .iter()
        .filter(|frontend| port.is_none_or(|port| frontend.port == port))
        .filter_map(|frontend| frontend.sni.clone())
        .collect();
    let name = server_name(request).map(Name::from);
    if frontends.iter().any(|frontend| frontend.stream.is_some() || frontend.closed) {
        if closed {
            serves.clear();
        }
        return NoConnection::NoServerName { name, serves };
    }
    NoConnection::NoCertificate { name, serves }
}

fn nothing_there(node: Option<&GatewayNode>, port: Option<u16>) -> NoConnection {
    let Some(node) = node else { return NoConnection::NoListeners };
    let Some(port) = port else { return NoConnection::NoneServed };
    let mut ports: Vec<u16> = Vec::new();
    for listener in &node.listeners {
        let listens_on = listener.port(&node.gateway);
        if listens_on == port {
            let spec = listener.listener(&node.gateway);
            let why = match &listener.state {
                ListenerState::Served if matches!(spec.protocol, Protocol::Tls | Protocol::Tcp) => {
                    ListenerRefusal::NoRoute
                }
                ListenerState::Served => ListenerRefusal::Speaks(spec.protocol.clone()),
                ListenerState::Rejected { reason, .. } => ListenerRefusal::NotServed(reason),
            };
            return NoConnection::Listener { listener: listener.name(&node.gateway), port, why };
        }
        if listener.is_served() && !ports.contains(&listens_on) {
            ports.push(listens_on);
        }
    }
    NoConnection::NoListenerOnPort { port, listens_on: ports }
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
