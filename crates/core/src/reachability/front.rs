//! How a client reaches a virtual host: scheme, host and port of a URL, and a `Host` header where the host of the URL does
//! not do.

use std::fmt::Write as _;

use super::compare::hosts_of;
use super::meet::Point;
use crate::model::Name;
use crate::resolve::ProxySemantics;
use crate::router::lists::RowList;
use crate::router::{Request, Router};

/// A way to reach a virtual host.
#[derive(Debug, Clone)]
pub(crate) struct Front<'a> {
    /// `https://host:port`.
    pub origin: String,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The `Host` header, where it is not the URL's host.
    pub host_header: Option<String>,
    /// What a `Host` header test sees.
    pub authority: String,
    /// The host without port.
    pub host: String,
    /// The lists that requests are held against.
    pub lists: Vec<RowList<'a>>,
    /// How many of them come before its own.
    pub before: usize,
}

/// Hosts that a pattern covers, those that read best first. An exact name covers itself.
pub(crate) fn hosts_under(pattern: &str) -> Vec<String> {
    match pattern.strip_prefix("*.") {
        Some(suffix) => {
            ["www", "x", "any", "other", "y.x", "z.y.x"].iter().map(|label| format!("{label}.{suffix}")).collect()
        }
        None if pattern == "*" || pattern.is_empty() => {
            ["example.com", "example.org", "www.example.net", "any.test", "localhost"].map(str::to_owned).to_vec()
        }
        None => vec![pattern.to_owned()],
    }
}

/// The request for a point.
pub(super) fn request(
    origin: &str,
    host_header: Option<&str>,
    point: &Point,
    semantics: ProxySemantics,
) -> Option<Request> {
    let mut url = format!("{origin}{}", point.path);
    for (at, (name, value)) in point.choice.query.iter().enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        if semantics == ProxySemantics::Agentgateway {
            url.push_str(&encoded(name));
            url.push('=');
            url.push_str(&encoded(value));
        } else {
            url.push_str(name);
            url.push('=');
            url.push_str(value);
        }
    }
    let mut request = Request::parse(&url).ok()?.with_method(&point.choice.method).ok()?;
    if let Some(host) = point.choice.authority.as_deref().or(host_header)
        && request.authority().as_deref() != Some(host)
    {
        request = request.with_header(&format!("Host: {host}")).ok()?;
    }
    for (name, value) in &point.choice.headers {
        request = request.with_header(&format!("{name}: {value}")).ok()?;
    }
    Some(request)
}

/// A form's own way of writing (`application/x-www-form-urlencoded`).
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// How many pairs of a server name and a host are tried.
const PAIRS: usize = 4_000;

/// Ways to a virtual host.
struct Ways<'a> {
    router: Router<'a>,
    gateway: u32,
    virtual_host: u32,
    scheme: &'static str,
    port: String,
    tls: bool,
}

impl<'a> Ways<'a> {
    fn of(router: Router<'a>, gateway: u32, virtual_host: u32) -> Option<Self> {
        let table = router.table().gateways.get(gateway as usize)?;
        let host = table.virtual_hosts.get(virtual_host as usize)?;
        let tls = host.sni.is_some();
        let (scheme, default) = if tls { ("https", 443) } else { ("http", 80) };
        let port = if table.assumed || host.port == default { String::new() } else { format!(":{}", host.port) };
        Some(Self { router, gateway, virtual_host, scheme, port, tls })
    }

    /// By the host of a URL, with a `Host` header where it is another one; how many other lists come before its own.
    fn by(&self, url_host: &str, header: Option<&str>) -> Option<Front<'a>> {
        self.by_origin(format!("{}://{url_host}{}", self.scheme, self.port), header)
    }

    fn by_origin(&self, origin: String, header: Option<&str>) -> Option<Front<'a>> {
        let mut request = Request::parse(if origin.is_empty() { "/" } else { &origin }).ok()?;
        if let Some(header) = header {
            request = request.with_header(&format!("Host: {header}")).ok()?;
        }
        let lists = self.router.lists(self.gateway, &request)?;
        let before = lists.iter().position(|list| list.virtual_host == Some(self.virtual_host))?;
        let authority = request.authority().unwrap_or_default();
        let host = crate::router::lists::host_of(&authority).to_owned();
        let host_header = header.map(str::to_owned);
        Some(Front { origin, scheme: self.scheme, host_header, authority, host, lists, before })
    }
}

/// The best way to reach a virtual host: the fewest other lists come before its own.
pub(crate) fn front(router: Router<'_>, gateway: u32, virtual_host: u32) -> Option<Front<'_>> {
    let ways = Ways::of(router, gateway, virtual_host)?;
    let hostname = &router.table().gateways[gateway as usize].virtual_hosts[virtual_host as usize].hostname;
    let mut hosts = hosts_under(hostname);
    hosts.extend(router.served_names(gateway, virtual_host).iter().flat_map(|name| hosts_under(name)));
    let mut best: Option<Front<'_>> = None;
    let alone = hosts.iter().map(|host| (host, None));
    let of_host = |host| hosts.iter().filter(move |header| *header != host).map(move |header| (host, Some(header)));
    let with_header = hosts.iter().filter(|_| ways.tls).flat_map(of_host);
    for (host, header) in alone.chain(with_header) {
        let Some(found) = ways.by(host, header.map(String::as_str)) else { continue };
        if found.before == 0 {
            return Some(found);
        }
        if best.as_ref().is_none_or(|best| found.before < best.before) {
            best = Some(found);
        }
    }
    best
}

/// A way to reach a virtual host for each class of hosts that the Gateway tells apart, `more` hostnames besides; `None`
/// where these are too many. Where no host does, a bare path may, which is held against every host.
pub(crate) fn fronts<'a>(
    router: Router<'a>,
    gateway: u32,
    virtual_host: u32,
    more: Vec<Name>,
) -> Option<Vec<Front<'a>>> {
    let ways = Ways::of(router, gateway, virtual_host)?;
    let hosts = hosts_of(router, &[gateway], more);
    if ways.tls && hosts.len() * hosts.len() > PAIRS {
        return None;
    }
    let mut found: Vec<Front<'a>> = hosts.iter().filter_map(|host| ways.by(host, None)).collect();
    if ways.tls {
        for host in &hosts {
            let others = hosts.iter().filter(|header| *header != host);
            found.extend(others.filter_map(|header| ways.by(host, Some(header))));
        }
    }
    if found.is_empty() {
        found.extend(ways.by_origin(String::new(), None));
    }
    found.sort_by_key(|front| front.before);
    Some(found)
}
