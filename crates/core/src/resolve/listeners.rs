//! Finds the listeners of a parent that a route may attach to by what the route says: section, port, hostnames. A Gateway
//! with many listeners is not searched for every route.

use std::collections::BTreeMap;
use std::ops::Range;

use ahash::AHashMap;

use super::GatewayNode;
use super::attach::wildcard_tail;
use crate::model::{Name, ParentRef};

/// So few listeners are looked at one by one.
pub(super) const FEW: usize = 8;

/// The listeners of one Gateway and its `ListenerSets`, by what routes ask for; each list in order.
#[derive(Debug, Default)]
pub(super) struct ListenerIndex {
    by_section: AHashMap<Name, Vec<usize>>,
    by_port: AHashMap<u16, Vec<usize>>,
    /// Those without a hostname.
    any: Vec<usize>,
    /// By the hostname, read backwards: what ends alike stands side by side.
    exact: BTreeMap<Vec<u8>, Vec<usize>>,
    /// By what follows the `*`, read backwards.
    wildcard: BTreeMap<Vec<u8>, Vec<usize>>,
}

fn backwards(text: &str) -> Vec<u8> {
    text.bytes().rev().collect()
}

impl ListenerIndex {
    /// Indexes the listeners of a Gateway.
    pub fn of(node: &GatewayNode) -> Self {
        let mut index = Self::default();
        if node.listeners.len() <= FEW {
            return index;
        }
        for (at, one) in node.listeners.iter().enumerate() {
            let listener = one.listener(&node.gateway);
            index.by_section.entry(listener.name.clone()).or_default().push(at);
            index.by_port.entry(listener.port).or_default().push(at);
            match &listener.hostname {
                None => index.any.push(at),
                Some(hostname) => match wildcard_tail(hostname) {
                    Some(tail) => index.wildcard.entry(backwards(tail)).or_default().push(at),
                    None => index.exact.entry(backwards(hostname)).or_default().push(at),
                },
            }
        }
        index
    }

    /// Those of `listeners` that have the section and port that a parentRef names, and may share a hostname with a route;
    /// all of them where they are few.
    pub fn candidates(
        &self,
        node: &GatewayNode,
        listeners: Range<usize>,
        reference: &ParentRef,
        hostnames: &[Name],
    ) -> Vec<usize> {
        if listeners.len() <= FEW {
            return listeners.collect();
        }
        let named = self.named(node, reference);
        if named.is_some_and(|named| named.len() <= FEW) || hostnames.is_empty() {
            return match named {
                Some(named) => named.iter().copied().filter(|at| listeners.contains(at)).collect(),
                None => listeners.collect(),
            };
        }
        let mut found = self.any.clone();
        for hostname in hostnames {
            self.sharing(hostname, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        let is_named = |at: &usize| named.is_none_or(|named| named.binary_search(at).is_ok());
        found.retain(|at| listeners.contains(at) && is_named(at));
        found
    }

    /// Those that have the section, or else the port, that a parentRef names; `None` when it names neither.
    pub fn named(&self, node: &GatewayNode, reference: &ParentRef) -> Option<&[usize]> {
        if node.assumed {
            return None;
        }
        let named = match (&reference.section_name, reference.port) {
            (Some(section), _) => self.by_section.get(section),
            (None, Some(port)) => self.by_port.get(&port),
            (None, None) => return None,
        };
        Some(named.map_or(&[][..], Vec::as_slice))
    }

    /// Those whose hostname shares something with `hostname`.
    fn sharing(&self, hostname: &Name, found: &mut Vec<usize>) {
        let tail = wildcard_tail(hostname);
        match tail {
            None => found.extend(self.exact.get(&backwards(hostname)).into_iter().flatten()),
            Some(tail) => {
                let tail = backwards(tail);
                let begins = |map: &BTreeMap<Vec<u8>, Vec<usize>>, found: &mut Vec<usize>| {
                    let from = map.range(tail.clone()..);
                    found.extend(from.take_while(|(name, _)| name.starts_with(&tail)).flat_map(|(_, at)| at));
                };
                begins(&self.exact, found);
                begins(&self.wildcard, found);
            }
        }
        let name = tail.unwrap_or(hostname);
        for (dot, _) in name.match_indices('.') {
            found.extend(self.wildcard.get(&backwards(&name[dot..])).into_iter().flatten());
        }
    }
}
