//! What policies do to a request on the way to its backend, as far as that is sure; of the rest, why it is not certain.

use regex::bytes::Captures;

use super::decide::{Asked, Router};
use super::{Decision, GatewayTable, VirtualHost};
use crate::model::value::Data;
use crate::model::{PolicyField, Protocol};
use crate::re2::compile_captures;
use crate::resolve::{GatewayNode, HopId, InForce, ListenerNode};

impl VirtualHost {
    /// The listener to whom it belongs, and whose policies reach it.
    pub fn owner<'n>(&self, node: &'n GatewayNode) -> Option<&'n ListenerNode> {
        if self.protocol == Protocol::Http {
            return node.owner(self.port, &self.hostname);
        }
        node.listeners.iter().find(|listener| self.listeners.contains(&listener.name(&node.gateway)))
    }
}

impl Router<'_> {
    /// The policies that reach a row of a virtual host.
    pub fn in_force(&self, table: &GatewayTable, host: &VirtualHost, hop: HopId) -> InForce {
        let Some(node) = self.tree.gateways.get(table.node as usize) else { return InForce::default() };
        self.tree.in_force(self.snapshot, node, host.owner(node), hop)
    }

    /// Finds the policies of the row that decided, and does to the answer what they do.
    pub(super) fn apply_policies(
        &self,
        decision: &mut Decision,
        table: &GatewayTable,
        host: &VirtualHost,
        hop: HopId,
        asked: &Asked<'_>,
    ) {
        let in_force = self.in_force(table, host, hop);
        decision.unverified.extend(in_force.doubts());
        rewrite_path(decision, &in_force, asked);
        rewrite_host(decision, &in_force);
        decision.policies = in_force;
    }
}

/// `urlRewrite.pathRegex`: every match in the path gives way to the substitution, which may name groups as `\1`
/// (Envoy `regex_rewrite`, RE2's `GlobalReplace`).
fn rewrite_path(decision: &mut Decision, in_force: &InForce, asked: &Asked<'_>) {
    let Some(upstream) = &mut decision.upstream else { return };
    let Some((applied, setting)) = in_force.setting(PolicyField::UrlRewrite) else { return };
    let text = |key: &str| setting.text(&["pathRegex", key]);
    let (Some(pattern), Some(substitution)) = (text("pattern"), text("substitution")) else { return };
    let Ok(regex) = compile_captures(pattern) else { return };
    let Some(parts) = substituted(substitution, regex.captures_len() - 1) else {
        let key = applied.policy.meta.key();
        let doubt = format!("urlRewrite of TrafficPolicy {key} names a group that its pattern does not have");
        return decision.unverified.push(doubt);
    };
    let path = asked.prepared.facts.path.as_bytes();
    let replaced = regex.replace_all(path, |found: &Captures<'_>| {
        let mut out: Vec<u8> = Vec::new();
        for part in &parts {
            match part {
                Substitute::Text(text) => out.extend(text.as_bytes()),
                Substitute::Group(group) => out.extend(found.get(*group).map_or(&[][..], |group| group.as_bytes())),
            }
        }
        out
    });
    let mut path = String::from_utf8_lossy(&replaced).into_owned();
    if let Some(query) = asked.query {
        path.push('?');
        path.push_str(query);
    }
    upstream.path = path;
}

/// A piece of what a match gives way to.
#[derive(Debug, PartialEq, Eq)]
enum Substitute {
    Text(String),
    Group(usize),
}

/// Reads a substitution; `None` when RE2 would not take it.
fn substituted(text: &str, groups: usize) -> Option<Vec<Substitute>> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next()? {
            '\\' => plain.push('\\'),
            digit => {
                let group = usize::try_from(digit.to_digit(10)?).ok().filter(|group| *group <= groups)?;
                parts.push(Substitute::Text(std::mem::take(&mut plain)));
                parts.push(Substitute::Group(group));
            }
        }
    }
    parts.push(Substitute::Text(plain));
    Some(parts)
}

/// `autoHostRewrite`: the authority becomes the name of the host that is picked. Endpoints of a Service have no names,
/// and leave it as it is (Envoy `source/common/router/router.cc`; kgateway
/// `pkg/kgateway/extensions2/plugins/backend/static.go` names those of a static Backend).
fn rewrite_host(decision: &mut Decision, in_force: &InForce) {
    let Some(upstream) = &mut decision.upstream else { return };
    let Some((applied, setting)) = in_force.setting(PolicyField::AutoHostRewrite) else { return };
    if setting.value.data != Data::Bool(true) {
        return;
    }
    let mut names: Vec<Option<String>> = Vec::new();
    let mut unsure = false;
    for to in decision.destinations.iter().filter(|to| to.share > 0.0 && !to.state.is_broken()) {
        if to.kind == "Service" {
            names.push(None);
            continue;
        }
        // The ports are not a part of the names.
        let hosts = to.hosts.iter().map(|host| host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name));
        names.extend(hosts.map(|host| Some(host.to_owned())));
        unsure |= to.kind != "Backend" || to.hosts.is_empty();
    }
    names.dedup();
    match &names[..] {
        [one] if !unsure => {
            if let Some(name) = one {
                upstream.host.clone_from(name);
            }
        }
        _ => decision.unverified.push(format!(
            "autoHostRewrite of TrafficPolicy {} writes the name of the host that is picked",
            applied.policy.meta.key()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_substitution_names_groups_by_number() {
        let text = |text: &str| Substitute::Text(text.to_owned());
        assert_eq!(substituted(r"/a/\1/b", 1), Some(vec![text("/a/"), Substitute::Group(1), text("/b")]));
        assert_eq!(substituted(r"\\1", 1), Some(vec![text(r"\1")]));
        assert_eq!(substituted("$1", 1), Some(vec![text("$1")]));
        for wrong in [r"\2", r"\g<1>", "\\"] {
            assert_eq!(substituted(wrong, 1), None, "{wrong}");
        }
    }
}
