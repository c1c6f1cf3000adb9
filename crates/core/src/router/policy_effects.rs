//! What policies do to a request on the way to its backend, as far as that is sure; of the rest, why it is not certain.

use regex::bytes::Captures;

use super::decide::{RoutedRequest, Router};
use super::{Decision, GatewayTable, Note, Outcome, Responder, VirtualHost};
use crate::model::value::Data;
use crate::model::{PolicyField, Protocol};
use crate::re2::compile_captures;
use crate::resolve::{Action, GatewayNode, InForce, ListenerNode, RuleNodeId, Uncertainty};

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
    pub fn in_force(&self, table: &GatewayTable, host: &VirtualHost, hop: RuleNodeId) -> InForce {
        let Some(node) = self.tree.gateways.get(table.node as usize) else { return InForce::default() };
        self.tree.in_force(self.snapshot, node, host.owner(node), hop)
    }
}

/// Does to the answer what the policies do that reach the row that decided.
pub(super) fn apply(decision: &mut Decision, policies: &InForce, asked: &RoutedRequest<'_>) {
    decision.unverified.extend(policies.uncertainties());
    rewrite_path(decision, policies, asked);
    rewrite_host(decision, policies);
}

/// Whether Envoy's CORS filter answers the request as a preflight, in place of a row that forwards; one that redirects or
/// answers comes before it (`cors_filter.cc`, and seen of Envoy 1.38).
pub(super) fn is_preflight(action: &Action, policies: &InForce, asked: &RoutedRequest<'_>) -> bool {
    let facts = &asked.normalized.facts;
    let sent =
        |name: &str| facts.headers.iter().any(|(line, value)| line.eq_ignore_ascii_case(name) && !value.is_empty());
    matches!(action, Action::Forward(_))
        && facts.method == "OPTIONS"
        && sent("origin")
        && sent("access-control-request-method")
        && policies.cors()
}

/// 200, whether the origin is allowed or not: kgateway lets no preflight through (`BuildCorsPolicy`).
pub(super) fn answer_preflight(decision: &mut Decision, row: RuleNodeId, policies: &InForce) {
    decision.outcome = Outcome::Respond { status: 200, by: Responder::Preflight(row) };
    decision.notes.push(Note::Preflight);
    decision.unverified.extend(policies.uncertainties_before_cors());
}

/// `urlRewrite.pathRegex`: every match in the path gives way to the substitution, which may name groups as `\1`
/// (Envoy `regex_rewrite`, RE2's `GlobalReplace`).
fn rewrite_path(decision: &mut Decision, in_force: &InForce, asked: &RoutedRequest<'_>) {
    let Outcome::Forward { upstream, .. } = &mut decision.outcome else { return };
    let Some((applied, setting)) = in_force.setting(PolicyField::UrlRewrite) else { return };
    let text = |key: &str| setting.text(&["pathRegex", key]);
    let (Some(pattern), Some(substitution)) = (text("pattern"), text("substitution")) else { return };
    let Ok(regex) = compile_captures(pattern) else { return };
    let Some(parts) = substituted(substitution, regex.captures_len() - 1) else {
        let key = applied.policy.meta.key();
        return decision.notes.push(Note::RewriteWithoutGroup(key));
    };
    let path = asked.normalized.facts.path.as_bytes();
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

/// Reads a substitution as RE2 does: one that names a group beyond the pattern's replaces nothing (`None`), and what
/// follows a backslash without meaning is not written.
fn substituted(text: &str, groups: usize) -> Option<Vec<Substitute>> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut broken = false;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let meant = if letter == '\\' { letters.next() } else { None };
        let group = meant.and_then(|letter| letter.to_digit(10)).and_then(|digit| usize::try_from(digit).ok());
        match (letter, meant, group) {
            (_, _, Some(group)) if group > groups => return None,
            _ if broken => {}
            (_, _, Some(group)) => {
                parts.push(Substitute::Text(std::mem::take(&mut plain)));
                parts.push(Substitute::Group(group));
            }
            ('\\', Some('\\'), _) => plain.push('\\'),
            ('\\', _, _) => broken = true,
            _ => plain.push(letter),
        }
    }
    parts.push(Substitute::Text(plain));
    Some(parts)
}

/// `autoHostRewrite`: the authority becomes the name of the host that is picked. Endpoints of a Service have no names,
/// and leave it as it is (Envoy `source/common/router/router.cc`; kgateway
/// `pkg/kgateway/extensions2/plugins/backend/static.go` names those of a static Backend).
fn rewrite_host(decision: &mut Decision, in_force: &InForce) {
    let Outcome::Forward { upstream, destinations, .. } = &mut decision.outcome else { return };
    let Some((applied, setting)) = in_force.setting(PolicyField::AutoHostRewrite) else { return };
    if setting.value.data != Data::Bool(true) {
        return;
    }
    let mut names: Vec<Option<String>> = Vec::new();
    let mut unsure = false;
    for to in destinations.iter().filter(|to| to.share > 0.0 && !to.state.is_broken()) {
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
        _ => decision.unverified.push(Uncertainty::AutoHostRewrite(applied.policy.meta.key())),
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
        assert_eq!(substituted(r"x\g<1>\1", 1), Some(vec![text("x")]));
        assert_eq!(substituted("x\\", 1), Some(vec![text("x")]));
        assert_eq!(substituted(r"\2", 1), None);
        assert_eq!(substituted(r"\g\2", 1), None);
    }
}
