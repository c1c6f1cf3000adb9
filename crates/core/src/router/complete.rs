//! What could follow a URL that is being typed: the hosts that Gateways serve, and the next segments of their paths.

use std::collections::BTreeSet;

use super::VirtualHost;
use super::decide::Router;
use super::lookup::covers;
use crate::model::{Name, Protocol};

/// A URL as far as it is typed.
struct Typed<'t> {
    /// `https://`, or nothing.
    scheme: &'t str,
    host: &'t str,
    /// `:8443`, or nothing.
    port: &'t str,
    /// From the first slash on; `None` while the host is typed.
    path: Option<&'t str>,
}

impl<'t> Typed<'t> {
    fn of(text: &'t str) -> Self {
        let (scheme, rest) = match text.find("://") {
            Some(at) => text.split_at(at + 3),
            None => ("", text),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        };
        let (host, port) = authority.rfind(':').map_or((authority, ""), |at| authority.split_at(at));
        Self { scheme, host, port, path }
    }
}

impl Router<'_> {
    /// At most `limit` texts that continue `typed`, which is a URL, a host and path, a path, or the beginning of one of
    /// these. Each is longer than `typed` and begins with it, but for the case of the host. Behind a whole host come the
    /// first segments of its paths. A host that is served on another port than its scheme's comes with the port. Nothing
    /// follows a query string.
    pub fn complete(&self, typed: &str, limit: usize) -> Vec<String> {
        if limit == 0 || typed.contains(['?', '#', ' ']) {
            return Vec::new();
        }
        let parts = Typed::of(typed);
        if let Some(path) = parts.path.filter(|_| !is_scheme_begun(typed)) {
            let lead = &typed[..typed.len() - path.len()];
            return self
                .next_segments(parts.host, path, limit)
                .into_iter()
                .map(|path| format!("{lead}{path}"))
                .collect();
        }
        let mut found = Vec::new();
        if !is_scheme_begun(typed) && self.is_whole_host(&parts) {
            found.extend(self.next_segments(parts.host, "/", limit).into_iter().map(|path| format!("{typed}{path}")));
        }
        found.extend(self.hosts(&parts, limit - found.len()));
        if is_scheme_begun(typed) {
            found.extend(self.urls(typed, limit - found.len()));
        }
        found
    }

    /// At most `limit` of the hosts that are served, in order of their names, as URLs without a path.
    pub fn host_urls(&self, limit: usize) -> Vec<String> {
        self.urls("", limit)
    }

    /// Orders the paths of every virtual host, so that no URL that is typed waits for that. `superseded` ends it.
    pub fn order_paths(&self, superseded: &dyn Fn() -> bool) {
        for host in self.virtual_hosts().take_while(|_| !superseded()) {
            host.index.order_paths(self.tree, &host.rows);
        }
    }

    /// Whether a Gateway serves the host as it is typed. Where every host is served, a name without a dot may go on.
    fn is_whole_host(&self, typed: &Typed<'_>) -> bool {
        let Typed { host, port, .. } = *typed;
        let is_name = host.contains('.') || host == "localhost" || !port.is_empty();
        let serves = |served: &VirtualHost| covers(&served.hostname, host) && (is_name || &*served.hostname != "*");
        !host.is_empty() && self.virtual_hosts().any(serves)
    }

    fn virtual_hosts(&self) -> impl Iterator<Item = &VirtualHost> {
        self.table.gateways.iter().flat_map(|gateway| &gateway.virtual_hosts)
    }

    /// The hosts that begin with what is typed, in order of their names.
    fn hosts(&self, typed: &Typed<'_>, limit: usize) -> Vec<String> {
        if !typed.port.is_empty() || typed.path.is_some() {
            return Vec::new();
        }
        let begins = |name: &Name| {
            name.len() > typed.host.len()
                && name.is_char_boundary(typed.host.len())
                && name[..typed.host.len()].eq_ignore_ascii_case(typed.host)
        };
        let secure = match typed.scheme.to_ascii_lowercase().as_str() {
            "https://" | "wss://" => Some(true),
            "http://" | "ws://" => Some(false),
            _ => None,
        };
        let served = self.virtual_hosts().filter(|host| begins(&host.hostname));
        let served = served.filter(|host| secure.is_none_or(|secure| secure == is_secure(host)));
        let first = first_of(served.map(|host| (&host.hostname, secure.and_then(|_| own_port(host)))), limit);
        first.into_iter().map(|(name, port)| with_port(format!("{}{name}", typed.scheme), port)).collect()
    }

    /// The hosts as URLs that begin with `typed`, which is a beginning of a scheme.
    fn urls(&self, typed: &str, limit: usize) -> Vec<String> {
        let scheme = |host: &VirtualHost| if is_secure(host) { "https://" } else { "http://" };
        let begins = |host: &&VirtualHost| {
            let text = scheme(host);
            typed.len() <= text.len() && text[..typed.len()].eq_ignore_ascii_case(typed)
        };
        let served = self.virtual_hosts().filter(begins);
        let first = first_of(served.map(|host| (&host.hostname, (scheme(host), own_port(host)))), limit);
        // What is typed stays as it is typed.
        let url = |(name, (scheme, port)): (&Name, (&str, Option<u16>))| {
            with_port(format!("{typed}{}{name}", &scheme[typed.len()..]), port)
        };
        first.into_iter().map(url).collect()
    }

    /// The paths that go on from `path` to the end of the next segment, of all hosts that cover `host`.
    fn next_segments(&self, host: &str, path: &str, limit: usize) -> Vec<String> {
        let mut found = BTreeSet::new();
        let mut seen: Vec<*const super::Index> = Vec::new();
        for served in self.virtual_hosts() {
            let index = std::sync::Arc::as_ptr(&served.index);
            if (!host.is_empty() && !covers(&served.hostname, host)) || seen.contains(&index) {
                continue;
            }
            seen.push(index);
            found.extend(served.index.next_segments(self.tree, &served.rows, path, limit));
            // A bare path is of every host: enough is enough.
            if found.len() >= limit && host.is_empty() {
                break;
            }
        }
        found.into_iter().take(limit).collect()
    }
}

/// Whether this is a beginning of `https://` or `http://`, or all but its end.
fn is_scheme_begun(typed: &str) -> bool {
    let begins = |scheme: &str| typed.len() < scheme.len() && scheme[..typed.len()].eq_ignore_ascii_case(typed);
    typed.is_ascii() && !typed.is_empty() && ["https://", "http://"].into_iter().any(begins)
}

/// Whether a virtual host is asked over TLS.
fn is_secure(host: &VirtualHost) -> bool {
    matches!(host.protocol, Protocol::Https | Protocol::Tls)
}

/// The port that a URL of a virtual host has to name.
fn own_port(host: &VirtualHost) -> Option<u16> {
    let port = if is_secure(host) { 443 } else { 80 };
    (host.port != port).then_some(host.port)
}

fn with_port(url: String, port: Option<u16>) -> String {
    port.map(|port| format!("{url}:{port}")).unwrap_or(url)
}

/// The first of all in order, without a list of all. A wildcard cannot be asked.
fn first_of<'t, T: Ord>(served: impl Iterator<Item = (&'t Name, T)>, limit: usize) -> BTreeSet<(&'t Name, T)> {
    let mut first = BTreeSet::new();
    for host in served.filter(|(name, _)| limit > 0 && !name.starts_with('*')) {
        if first.len() < limit {
            first.insert(host);
        } else if first.last().is_some_and(|last| host < *last) && first.insert(host) {
            first.pop_last();
        }
    }
    first
}
