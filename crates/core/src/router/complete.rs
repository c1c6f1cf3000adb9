//! What could follow a URL that is being typed: the hosts that Gateways serve, and the next segments of their paths.

use std::collections::BTreeSet;

use super::decide::Router;
use super::lookup::covers;
use crate::model::Name;

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
    /// At most `limit` texts that continue `typed`, which is a URL, a host and path, or a path. Each is longer than `typed` and
    /// begins with it, but for the case of the host. Nothing follows a query string.
    pub fn complete(&self, typed: &str, limit: usize) -> Vec<String> {
        if limit == 0 || typed.contains(['?', '#', ' ']) {
            return Vec::new();
        }
        let parts = Typed::of(typed);
        match parts.path {
            None => self.hosts(&parts, limit),
            Some(path) => {
                let lead = &typed[..typed.len() - path.len()];
                self.next_segments(parts.host, path, limit).into_iter().map(|path| format!("{lead}{path}")).collect()
            }
        }
    }

    /// The hosts that begin with what is typed, in order of their names.
    fn hosts(&self, typed: &Typed<'_>, limit: usize) -> Vec<String> {
        if !typed.port.is_empty() {
            return Vec::new();
        }
        let begins = |name: &&Name| {
            name.len() > typed.host.len()
                && name.is_char_boundary(typed.host.len())
                && name[..typed.host.len()].eq_ignore_ascii_case(typed.host)
        };
        let served = self.table.gateways.iter().flat_map(|gateway| &gateway.virtual_hosts);
        let names = served.map(|host| &host.hostname).filter(|name| !name.starts_with('*')).filter(begins);
        // The first names of all, without a list of all.
        let mut first: BTreeSet<&Name> = BTreeSet::new();
        for name in names {
            if first.len() < limit {
                first.insert(name);
            } else if first.last().is_some_and(|last| name < *last) && first.insert(name) {
                first.pop_last();
            }
        }
        first.into_iter().map(|name| format!("{}{name}", typed.scheme)).collect()
    }

    /// The paths that go on from `path` to the end of the next segment, of all hosts that cover `host`.
    fn next_segments(&self, host: &str, path: &str, limit: usize) -> Vec<String> {
        let mut found = BTreeSet::new();
        let mut seen: Vec<*const super::Index> = Vec::new();
        for served in self.table.gateways.iter().flat_map(|gateway| &gateway.virtual_hosts) {
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
