//! What is accepted, and does something else than it looks like.
//! `docs/fidelity.md`: `warned-surprise`, `delegate-accumulate`, `replace-path`.
//!
//! Sources: kgateway `pkg/kgateway/query/route.go` (`getDelegatedChildren`: what a ref selects is kept by ref, and grows
//! along a rule), `pkg/kgateway/translator/listener/gateway_listener_translator.go` (rows are sorted stably); Envoy
//! `prefix_rewrite`.

use std::collections::BTreeSet;

use ahash::AHashMap;

use super::fixes::{set_redirect_port, set_replacement};
use super::{Cause, Report};
use crate::finding::{Advice, Code, DelegationProblem, RuleProblem, Severity};
use crate::model::{Name, PathKind, PathModifier, Protocol, RedirectScheme, Route};
use crate::resolve::{
    Action, ChildId, ChildState, DelegationModel, Dialect, Link, LinkId, ListenerState, ProxySemantics, RootId,
    RuleNodeId, Under, ViaBy,
};
use crate::store::RouteId;

impl Report<'_> {
    pub(super) fn of_surprises(&mut self) {
        for link in &self.tree.links {
            let dialect = self.tree.dialect_of(link.hop);
            if dialect.delegation == DelegationModel::FlattenThenSort {
                self.of_collected_children(link, dialect);
                self.of_label_everywhere(link);
            }
        }
        for root in &self.tree.roots {
            if root.dialect.delegation == DelegationModel::FlattenThenSort {
                self.of_places(&root.rows);
            }
        }
        let ports = self.odd_ports();
        for (id, hop) in (0..).zip(&self.tree.hops) {
            let Some(action) = hop.own_action() else { continue };
            match &**action {
                Action::Redirect(redirect) => {
                    let moves = redirect.scheme == Some(RedirectScheme::Https);
                    if moves && redirect.port.is_none() && redirect.hostname.is_none() && !ports.is_empty() {
                        self.of_kept_port(RuleNodeId(id), &ports);
                    }
                    self.of_replaced_prefix(RuleNodeId(id), redirect.path.as_ref(), false);
                }
                Action::Forward(forward) => {
                    self.of_replaced_prefix(RuleNodeId(id), forward.rewrite.path.as_ref(), true);
                }
                Action::Respond(_) => {}
            }
        }
    }

    /// Refs of a rule collect the children of those before them, and the last rule that uses a ref decides for all.
    fn of_collected_children(&mut self, link: &Link, dialect: &Dialect) {
        let children = &self.tree.children[link.children.start as usize..link.children.end as usize];
        let taken = || children.iter().filter(|child| child.state == ChildState::Adopted).map(|child| child.route);
        let means = |link: &Link, id: RouteId| self.means(link, dialect, self.snapshot.route(id));
        let Some(stray) = taken().find(|&id| !means(link, id)) else { return };
        let hop = &self.tree.hops[link.hop.0 as usize];
        let siblings = &self.tree.links[hop.links.start as usize..hop.links.end as usize];
        let strayed_in = !siblings.iter().any(|sibling| means(sibling, stray));
        let empty = !taken().any(|id| means(link, id));
        let other = self.snapshot.route(stray).meta.key();
        let (code, problem, help) = if strayed_in {
            (Code::RefCollectsChildren, DelegationProblem::CollectsChildren(other), Advice::RefForEachRule)
        } else if empty {
            (Code::BrokenRefHidden, DelegationProblem::BrokenRefHidden(other), Advice::RuleForRef)
        } else {
            return;
        };
        let (id, rule, detail) = (hop.route, hop.rule, link.ref_index);
        if self.is_new(Severity::Warning, Cause { code, route: id, rule, detail }) {
            let route = self.snapshot.route(id);
            let at = route.rules[rule as usize].backend_refs[detail as usize].at;
            self.about(code, Severity::Warning, route, at, (problem, Some(help)));
        }
    }

    /// Whether a ref by itself selects a route.
    fn means(&self, link: &Link, dialect: &Dialect, route: &Route) -> bool {
        let via = &link.via;
        let here = route.meta.namespace == via.namespace;
        match via.by {
            ViaBy::Name => here && route.meta.name == via.value,
            ViaBy::Wildcard => here,
            ViaBy::Label => {
                let labelled = dialect.label_key.and_then(|key| route.meta.label(key));
                labelled == Some(&via.value) && (here || via.namespace == self.settings.wildcard_namespace)
            }
            ViaBy::Gateway => false,
        }
    }

    /// Under a label that is looked for everywhere, routes of one namespace can answer for another's paths.
    fn of_label_everywhere(&mut self, link: &Link) {
        if link.via.by != ViaBy::Label || link.via.namespace != self.settings.wildcard_namespace {
            return;
        }
        let children = &self.tree.children[link.children.start as usize..link.children.end as usize];
        let adopted = children.iter().filter(|child| child.state == ChildState::Adopted);
        let wearers: BTreeSet<&Name> = adopted.map(|child| &self.snapshot.route(child.route).meta.namespace).collect();
        let hop = &self.tree.hops[link.hop.0 as usize];
        let code = Code::LabelOfSeveralNamespaces;
        let cause = Cause { code, route: hop.route, rule: hop.rule, detail: link.ref_index };
        if wearers.len() < 2 || !self.is_new(Severity::Info, cause) {
            return;
        }
        let problem = DelegationProblem::LabelOfSeveral {
            namespaces: wearers.into_iter().cloned().collect(),
            label: link.via.value.clone(),
        };
        let route = self.snapshot.route(hop.route);
        let at = route.rules[hop.rule as usize].backend_refs[link.ref_index as usize].at;
        self.about(code, Severity::Info, route, at, (problem, Some(Advice::LabelEach)));
    }

    /// The same match reached by two routes of one wildcard or label, with different outcomes: the engine sorts stably,
    /// and takes the children of such a ref in no order of their own.
    fn of_places(&mut self, rows: &[RuleNodeId]) {
        let mut places: AHashMap<(RouteId, u32, Option<u32>), RuleNodeId> = AHashMap::default();
        for &id in rows {
            let hop = &self.tree.hops[id.0 as usize];
            let Under::Child(_) = hop.under else { continue };
            let first = *places.entry((hop.route, hop.rule, hop.match_index)).or_insert(id);
            let before = &self.tree.hops[first.0 as usize];
            if first == id || before.matcher != hop.matcher || before.action() == hop.action() {
                continue;
            }
            let Some((one, other)) = self.parted(first, id) else { continue };
            let code = Code::UndefinedWinner;
            let cause = Cause { code, route: hop.route, rule: hop.rule, detail: hop.match_index.unwrap_or(u32::MAX) };
            if self.is_new(Severity::Warning, cause) {
                let (one, other) = (self.snapshot.route(one).meta.key(), self.snapshot.route(other).meta.key());
                let problem = DelegationProblem::UndefinedWinner([one, other]);
                let route = self.snapshot.route(hop.route);
                self.about(code, Severity::Warning, route, hop.matcher.at, (problem, Some(Advice::FiltersToOne)));
            }
        }
    }

    /// The two routes below which the ways to these hops part, when one wildcard or label selects both.
    fn parted(&self, one: RuleNodeId, other: RuleNodeId) -> Option<(RouteId, RouteId)> {
        let (one, other) = (self.way(one), self.way(other));
        let parted = one.iter().zip(&other).find(|(one, other)| one != other);
        let (&(link, one), &(other_link, other)) = parted?;
        let by = self.tree.links[link.0 as usize].via.by;
        let route = |child: ChildId| self.tree.children[child.0 as usize].route;
        let unordered = link == other_link && by != ViaBy::Name && route(one) != route(other);
        unordered.then(|| (route(one), route(other)))
    }

    /// The refs and children from the root down to a hop.
    fn way(&self, hop: RuleNodeId) -> Vec<(LinkId, ChildId)> {
        let mut way = Vec::new();
        let mut at = hop;
        while let Under::Child(child) = self.tree.hops[at.0 as usize].under {
            let link = self.tree.children[child.0 as usize].link;
            way.push((link, child));
            at = self.tree.links[link.0 as usize].hop;
        }
        way.reverse();
        way
    }

    /// Plain HTTP listeners of ports that clients must write, by what is attached to them.
    fn odd_ports(&self) -> AHashMap<RootId, u16> {
        let mut ports = AHashMap::default();
        for node in self.tree.gateways.iter().filter(|node| node.dialect.semantics != ProxySemantics::Specification) {
            for listener in node.listeners.iter().filter(|listener| listener.state == ListenerState::Served) {
                let written = listener.listener(&node.gateway);
                if written.protocol == Protocol::Http && written.port != 80 {
                    for attached in &listener.attached {
                        ports.entry(attached.root).or_insert(written.port);
                    }
                }
            }
        }
        ports
    }

    /// A redirect to another scheme that leaves the port of the request where it is.
    fn of_kept_port(&mut self, id: RuleNodeId, ports: &AHashMap<RootId, u16>) {
        let hop = &self.tree.hops[id.0 as usize];
        let Some(port) = ports.get(&self.tree.root_of(id)) else { return };
        let code = Code::RedirectKeepsPort;
        if self.is_new(Severity::Info, Cause { code, route: hop.route, rule: hop.rule, detail: 0 }) {
            let route = self.snapshot.route(hop.route);
            let say = (RuleProblem::KeepsPort(*port), Some(Advice::WritePort));
            self.about(code, Severity::Info, route, route.rules[hop.rule as usize].at, say);
            self.fix(route, set_redirect_port(route, hop.rule, 443));
        }
    }

    /// Envoy replaces a prefix letter by letter: a slash can be lost or doubled. Only a rewrite to `/` strips slashes.
    fn of_replaced_prefix(&mut self, id: RuleNodeId, path: Option<&PathModifier>, strips: bool) {
        let hop = &self.tree.hops[id.0 as usize];
        let Some(PathModifier::Prefix(new)) = path else { return };
        if hop.matcher.path.kind != PathKind::PathPrefix || self.tree.dialect_of(id).semantics != ProxySemantics::Envoy
        {
            return;
        }
        let prefix = hop.matcher.path.value.trim_end_matches('/');
        let everything = prefix.is_empty();
        let (path, becomes) = match (everything, new.ends_with('/')) {
            (true, false) if !new.is_empty() => ("/x".to_owned(), format!("{new}x")),
            (false, true) if new != "/" || !strips => (format!("{prefix}/x"), format!("{new}/x")),
            _ => return,
        };
        let code = Code::PrefixReplacedByLetter;
        let detail = hop.match_index.unwrap_or(u32::MAX);
        if self.is_new(Severity::Warning, Cause { code, route: hop.route, rule: hop.rule, detail }) {
            let problem = RuleProblem::PrefixReplaced { path, becomes, is_joined: everything };
            let bare = new.trim_end_matches('/');
            let help = match (everything, bare) {
                (true, _) => Advice::EndInSlash,
                (false, "") => Advice::NamePath,
                (false, _) => Advice::EndWithoutSlash,
            };
            let new = if everything { format!("{bare}/") } else { bare.to_owned() };
            let route = self.snapshot.route(hop.route);
            self.about(code, Severity::Warning, route, hop.matcher.at, (problem, Some(help)));
            self.fix(route, if new.is_empty() { Vec::new() } else { set_replacement(route, hop.rule, &new) });
        }
    }
}
