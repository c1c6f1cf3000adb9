//! Finds what serves a host: exact names, wildcards, anything. `docs/fidelity.md`: `hostname-choice`.
//!
//! Source: Envoy `source/common/router/config_impl.cc` (`RouteMatcher::findVirtualHost`).

use std::borrow::Cow;

use ahash::AHashMap;

use crate::model::Name;

/// What serves which hosts, as numbers; of two entries for one name the first counts.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    exact: AHashMap<Name, u32>,
    /// By what follows the `*`.
    wildcards: AHashMap<Name, u32>,
    any: Option<u32>,
}

impl Hosts {
    /// Files `place` under a hostname, a wildcard or `*`.
    pub fn insert(&mut self, hostname: &str, place: u32) {
        let hostname = hostname.to_ascii_lowercase();
        if hostname == "*" {
            self.any.get_or_insert(place);
        } else if let Some(suffix) = hostname.strip_prefix('*') {
            self.wildcards.entry(suffix.into()).or_insert(place);
        } else {
            self.exact.entry(hostname.into()).or_insert(place);
        }
    }

    /// Everything that covers `host` (without port, any case), the most specific first.
    pub fn covering<'d>(&'d self, host: &'d str) -> impl Iterator<Item = u32> + 'd {
        let mixed = host.bytes().any(|byte| byte.is_ascii_uppercase());
        self.covering_as_written(if mixed { Cow::Owned(host.to_ascii_lowercase()) } else { Cow::Borrowed(host) })
    }

    /// The same for a proxy that tells upper case from lower case: hostnames are written in lower case.
    pub fn covering_as_written<'d>(&'d self, host: Cow<'d, str>) -> impl Iterator<Item = u32> + 'd {
        let exact = self.exact.get(&*host).copied();
        let mut from = if self.wildcards.is_empty() { None } else { Some(1) };
        // From the left: the longest suffix first. The `*` stands for at least one character.
        let wildcards = std::iter::from_fn(move || {
            loop {
                let at = from? + host.get(from?..)?.find('.')?;
                from = Some(at + 1);
                if let Some(&place) = self.wildcards.get(&host[at..]) {
                    return Some(place);
                }
            }
        });
        exact.into_iter().chain(wildcards).chain(self.any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_comes_first() {
        let mut hosts = Hosts::default();
        for (place, name) in (0..).zip(["*", "*.io", "*.a.io", "x.a.io", "*.io"]) {
            hosts.insert(name, place);
        }
        let covering = |host| hosts.covering(host).collect::<Vec<_>>();
        assert_eq!(covering("x.a.io"), [3, 2, 1, 0]);
        assert_eq!(covering("X.A.IO"), [3, 2, 1, 0]);
        assert_eq!(covering("a.io"), [1, 0]);
        assert_eq!(covering("io"), [0]);
        let written = |host: &'static str| hosts.covering_as_written(Cow::Borrowed(host)).collect::<Vec<_>>();
        assert_eq!(written("X.a.io"), [2, 1, 0]);
    }
}
