//! How a client reaches a virtual host: scheme, host and port of a URL, and a `Host` header where the host of the URL does
//! not do.

use std::fmt::Write as _;

use super::meet::Point;
use crate::resolve::Manner;
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
pub(super) fn request(origin: &str, host_header: Option<&str>, point: &Point, manner: Manner) -> Option<Request> {
    let mut url = format!("{origin}{}", point.path);
    for (at, (name, value)) in point.choice.query.iter().enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        if manner == Manner::Agentgateway {
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

/// The best way to reach a virtual host: the fewest other lists come before its own. `more` are hosts to try besides.
pub(crate) fn front<'a>(router: Router<'a>, gateway: u32, virtual_host: u32, more: &[String]) -> Option<Front<'a>> {
    let table = router.table().gateways.get(gateway as usize)?;
    let host = table.virtual_hosts.get(virtual_host as usize)?;
    let names = router.served_names(gateway, virtual_host);
    let mut hosts: Vec<String> = more.to_vec();
    hosts.extend(hosts_under(&host.hostname));
    hosts.extend(names.iter().flat_map(|name| hosts_under(name)));
    let scheme = if host.sni.is_some() { "https" } else { "http" };
    let default = if host.sni.is_some() { 443 } else { 80 };
    let port = if table.assumed || host.port == default { String::new() } else { format!(":{}", host.port) };
    let mut best: Option<(usize, Front<'a>)> = None;
    let mut consider = |url_host: &str, header: Option<&str>| {
        let origin = format!("{scheme}://{url_host}{port}");
        let Ok(mut request) = Request::parse(&origin) else { return false };
        if let Some(header) = header {
            let Ok(with) = request.clone().with_header(&format!("Host: {header}")) else { return false };
            request = with;
        }
        let Some(lists) = router.lists(gateway, &request) else { return false };
        let Some(before) = lists.iter().position(|list| list.virtual_host == Some(virtual_host)) else { return false };
        if best.as_ref().is_none_or(|(held, _)| before < *held) {
            let authority = request.authority().unwrap_or_default();
            let host = crate::router::lists::host_of(&authority).to_owned();
            let host_header = header.map(str::to_owned);
            best = Some((before, Front { origin, scheme, host_header, authority, host, lists }));
        }
        before == 0
    };
    for url_host in &hosts {
        if consider(url_host, None) {
            return best.map(|(_, front)| front);
        }
    }
    if host.sni.is_some() {
        for url_host in &hosts {
            for header in &hosts {
                if header != url_host && consider(url_host, Some(header)) {
                    return best.map(|(_, front)| front);
                }
            }
        }
    }
    best.map(|(_, front)| front)
}
