//! Delegating refs and the routes they select.

use std::collections::BTreeMap;

use super::fixes::{name_delegator, subject};
use super::{Cause, Report};
use crate::finding::{Advice, BrokenRefEffect, Code, DelegationProblem, Edit, Problem, Severity, TooLarge, closest};
use crate::limits;
use crate::model::{GATEWAY_GROUP, ObjectKey, RouteKind};
use crate::resolve::budget::Budget;
use crate::resolve::{
    BrokenLink, ChildState, Cut, DelegationModel, Link, LinkId, MatchState, RuleNode, RuleNodeId, ViaBy, broken_refs,
    matching,
};

impl Report<'_> {
    pub(super) fn of_links(&mut self) {
        for link in &self.tree.links {
            if link.broken.is_some() {
                self.of_broken_link(link);
            }
        }
        for &hop in &self.notes.crashes {
            self.of_rule(Code::ControlPlaneCrash, Severity::Error, hop, Problem::ControlPlaneCrash, Advice::WriteMatch);
        }
        self.of_cut_links();
    }

    /// What is not followed: the first place, and how many more.
    fn of_cut_links(&mut self) {
        let cut = self.tree.links.iter().filter_map(|link| Some((link.cut?, link)));
        let mut by_reason: BTreeMap<Cut, (&Link, usize)> = BTreeMap::new();
        for (cut, link) in cut {
            by_reason.entry(cut).or_insert((link, 0)).1 += 1;
        }
        for (cut, (link, count)) in by_reason {
            let more = count - 1;
            let what = match cut {
                Cut::Depth => TooLarge::Depth { levels: limits::DELEGATION_DEPTH, more },
                Cut::Size => TooLarge::Delegation { mebibytes: Budget::of(self.snapshot).allowed >> 20, more },
            };
            let problem = Problem::TooLarge(what);
            self.of_rule(Code::TreeTooLarge, Severity::Warning, link.hop, problem, Advice::LookForLayers);
        }
    }

    /// Routes that a ref by name or label selects and may not adopt.
    pub(super) fn of_strangers(&mut self) {
        for noted in &self.notes.refs {
            let link = self.link(noted.link);
            // A wildcard passes routes over as a matter of course.
            if link.via.by == ViaBy::Wildcard {
                continue;
            }
            let above = self.tree.chain(link.hop);
            let parent = self.tree.hops[link.hop.0 as usize].route;
            let parent_key = self.snapshot.route(parent).meta.key();
            let code = Code::ChildNotAdoptable;
            let mut left = noted.found.all.len() - noted.found.adoptable(&parent_key);
            for child in noted.found.strangers(&parent_key) {
                if self.counts.get(&code).is_some_and(|(count, _)| *count >= super::MAX_OF_A_CODE) {
                    break;
                }
                left -= 1;
                let cause = Cause { code, route: child, rule: u32::MAX, detail: parent.0 };
                if self.is_new(Severity::Warning, cause) {
                    let route = self.snapshot.route(child);
                    let at = route.parent_refs.first().map_or(route.meta.origin.at, |reference| reference.at);
                    let problem = DelegationProblem::NotAdoptable(parent_key.clone());
                    let circle = above.iter().any(|hop| self.tree.hops[hop.0 as usize].route == child);
                    let (help, fix) = if circle {
                        (Advice::RemoveRef, Vec::new())
                    } else {
                        (Advice::NameParent, name_delegator(route, &parent_key))
                    };
                    self.about(code, Severity::Warning, route, at, (problem, Some(help)));
                    self.fix(route, fix);
                }
            }
            if left > 0 {
                self.counts.entry(code).or_insert((0, Severity::Warning)).0 += left;
            }
        }
    }

    fn of_rule(&mut self, code: Code, severity: Severity, hop: RuleNodeId, problem: Problem, advice: Advice) {
        let hop = &self.tree.hops[hop.0 as usize];
        if !self.is_new(severity, Cause { code, route: hop.route, rule: hop.rule, detail: 0 }) {
            return;
        }
        let route = self.snapshot.route(hop.route);
        let at = route.rules[hop.rule as usize].at;
        self.about(code, severity, route, at, (problem, Some(advice)));
    }

    fn of_broken_link(&mut self, link: &Link) {
        let hop = &self.tree.hops[link.hop.0 as usize];
        let code = match link.broken {
            Some(BrokenLink::Cyclic { .. }) => Code::CyclicDelegation,
            _ => Code::UnresolvedDelegation,
        };
        let certain = code == Code::CyclicDelegation || broken_refs::is_certain(self.snapshot, self.settings, link);
        let severity = if certain { Severity::Error } else { Severity::Warning };
        let cause = Cause { code, route: hop.route, rule: hop.rule, detail: link.ref_index };
        if !self.is_new(severity, cause) {
            return;
        }
        let dialect = self.tree.roots[self.tree.root_of(link.hop).0 as usize].dialect;
        let Some(broken) = broken_refs::broken(self.snapshot, self.settings, self.tree, dialect, link) else {
            return;
        };
        let effect = if certain && dialect.replaces_broken {
            BrokenRefEffect::RuleAnswers500
        } else if certain && dialect.delegation == DelegationModel::HopByHop {
            if code == Code::CyclicDelegation { BrokenRefEffect::Walkers500 } else { BrokenRefEffect::NotFound }
        } else if certain {
            BrokenRefEffect::None
        } else if link.selected() == 0 {
            BrokenRefEffect::InView
        } else {
            BrokenRefEffect::OfThoseInView
        };
        let problem = Problem::BrokenRef { broken: Box::new(broken), effect };
        let help = match link.broken {
            Some(BrokenLink::Cyclic { .. }) => Some((Advice::BreakCycle, Vec::new())),
            _ => self.help_for(link),
        };
        let (help, fix) = help.map_or_else(Default::default, |(help, fix)| (Some(help), fix));
        let route = self.snapshot.route(hop.route);
        let at = route.rules[hop.rule as usize].backend_refs[link.ref_index as usize].at;
        self.about(code, severity, route, at, (problem, help));
        self.fix(route, fix);
    }

    /// How to fix an unresolved ref.
    fn help_for(&mut self, link: &Link) -> Option<(Advice, Vec<Edit>)> {
        let children = &self.tree.children[link.children.start as usize..link.children.end as usize];
        let hop = &self.tree.hops[link.hop.0 as usize];
        let parent = self.snapshot.route(hop.route).meta.key();
        let set = |field: &str, value: &str| {
            let path = format!("spec.rules[{}].backendRefs[{}].{field}", hop.rule, link.ref_index);
            vec![Edit::set(subject(self.snapshot.route(hop.route)), path, value)]
        };
        if let Some(child) = children.first() {
            let route = self.snapshot.route(child.route);
            return Some(match child.state {
                ChildState::NotAdoptable => {
                    let fix = name_delegator(route, &parent);
                    (Advice::AddParentRef(parent), fix)
                }
                ChildState::HasHostnames => {
                    (Advice::RemoveChildHostnames, vec![Edit::remove(subject(route), "spec.hostnames".to_owned())])
                }
                _ => (Advice::SeeMatches, Vec::new()),
            });
        }
        if !self.may_hint() {
            return None;
        }
        let via = &link.via;
        match via.by {
            ViaBy::Label => {
                let dialect = self.tree.roots[self.tree.root_of(link.hop).0 as usize].dialect;
                let key = dialect.label_key?;
                let near = closest(&via.value, self.snapshot.label_values(key).map(smol_str::SmolStr::as_str));
                // The label may be there, in another namespace.
                let labelled = self.snapshot.http_routes_labelled(key, &via.value).first();
                if let Some(elsewhere) = labelled {
                    let worn_by = self.snapshot.route(*elsewhere).meta.key();
                    let all = &self.settings.wildcard_namespace;
                    if via.namespace == *all {
                        let namespace = &self.snapshot.route(*elsewhere).meta.namespace;
                        return Some((
                            Advice::WriteNamespace { route: worn_by, namespace: namespace.clone() },
                            set("namespace", namespace),
                        ));
                    }
                    let help = Advice::SelectEverywhere { route: worn_by, namespace: all.clone() };
                    return Some((help, set("namespace", all)));
                }
                let wearer = near.and_then(|near| self.snapshot.http_routes_labelled(key, near).first());
                match (near, wearer) {
                    (Some(near), Some(wearer)) => {
                        let key = self.snapshot.route(*wearer).meta.key();
                        Some((Advice::MeansLabel { label: near.into(), route: key }, set("name", near)))
                    }
                    _ => Some((Advice::LabelRoute, Vec::new())),
                }
            }
            ViaBy::Name => {
                let nearby = self.snapshot.http_routes_in(&via.namespace);
                let names = nearby.iter().map(|id| self.snapshot.route(*id).meta.name.as_str());
                if let Some(near) = closest(&via.value, names) {
                    let route = ObjectKey::new(via.namespace.clone(), near);
                    return Some((Advice::MeansRoute(route), set("name", near)));
                }
                let elsewhere = self.snapshot.routes.iter();
                let same =
                    elsewhere.filter(|route| route.kind == RouteKind::Http).find(|route| route.meta.name == via.value);
                same.map(|route| {
                    let help = Advice::OtherNamespace(route.meta.key());
                    (help, set("namespace", &route.meta.namespace))
                })
            }
            ViaBy::Wildcard | ViaBy::Gateway => None,
        }
    }

    pub(super) fn of_children(&mut self) {
        for child in &self.tree.children {
            match child.state {
                ChildState::NotPermitted => {
                    let parent = self.tree.hops[self.link(child.link).hop.0 as usize].route;
                    let cause =
                        Cause { code: Code::ChildNotPermitted, route: child.route, rule: u32::MAX, detail: parent.0 };
                    if self.is_new(Severity::Warning, cause) {
                        let (route, parent) =
                            (self.snapshot.route(child.route), self.snapshot.route(parent).meta.key());
                        let problem = DelegationProblem::NotPermitted(parent.clone());
                        let help = Advice::GrantAdoption { parent: parent.clone(), child: route.meta.key() };
                        let at = route.meta.origin.at;
                        let to = subject(route);
                        let grant = Edit::grant(("HTTPRoute", &parent.namespace), (GATEWAY_GROUP, &to));
                        self.about(cause.code, Severity::Warning, route, at, (problem, Some(help)));
                        self.fix(route, vec![grant]);
                    }
                }
                ChildState::HasHostnames => {
                    let cause = Cause { code: Code::ChildHasHostnames, route: child.route, rule: u32::MAX, detail: 0 };
                    if self.is_new(Severity::Warning, cause) {
                        let parent = self.tree.hops[self.link(child.link).hop.0 as usize].route;
                        let (route, parent) =
                            (self.snapshot.route(child.route), self.snapshot.route(parent).meta.key());
                        let problem = DelegationProblem::HasHostnames(parent);
                        let help = Advice::RemoveHostnames;
                        let at = route.meta.origin.at;
                        self.about(cause.code, Severity::Warning, route, at, (problem, Some(help)));
                        self.fix(route, vec![Edit::remove(subject(route), "spec.hostnames".to_owned())]);
                    }
                }
                _ => {}
            }
        }
    }

    fn link(&self, link: LinkId) -> &Link {
        &self.tree.links[link.0 as usize]
    }

    /// Services beside delegates, and children that reach beyond their parent's prefix.
    pub(super) fn of_standing_hop(&mut self, id: RuleNodeId, hop: &RuleNode) {
        // Hop by hop services beside delegates get their share, and no path is held against the parent's.
        if self.tree.roots[self.tree.root_of(id).0 as usize].dialect.delegation == DelegationModel::HopByHop {
            match &hop.state {
                MatchState::Row(action) => self.of_action(hop, action),
                MatchState::WeightedDelegation(Some(own)) => self.of_action(hop, &own.action),
                _ => {}
            }
            return;
        }
        let rule = &self.snapshot.route(hop.route).rules[hop.rule as usize];
        if !hop.links.is_empty() && rule.backend_refs.len() > hop.links.len() {
            let refs =
                self.tree.links[hop.links.start as usize..hop.links.end as usize].iter().map(|link| link.ref_index);
            let delegating: Vec<u32> = refs.collect();
            let ignored = (0..).zip(&rule.backend_refs).find(|(index, _)| !delegating.contains(index));
            let cause = Cause { code: Code::ServicesIgnored, route: hop.route, rule: hop.rule, detail: 0 };
            if let Some((_, ignored)) = ignored
                && self.is_new(Severity::Warning, cause)
            {
                let (kind, name) = (ignored.kind.clone(), ignored.name.clone());
                let problem = DelegationProblem::BackendIgnored { kind, name };
                self.about(
                    cause.code,
                    Severity::Warning,
                    self.snapshot.route(hop.route),
                    ignored.at,
                    (problem, Some(Advice::RuleForBackend)),
                );
            }
        }
        if let Some(link) = self.tree.link_above(id) {
            let parent = &self.tree.hops[link.hop.0 as usize];
            let code = Code::ChildEscapesPrefix;
            let detail = hop.match_index.unwrap_or(u32::MAX);
            if matching::escapes(&parent.matcher, hop)
                && self.is_new(Severity::Warning, Cause { code, route: hop.route, rule: hop.rule, detail })
            {
                let problem = DelegationProblem::EscapesPrefix {
                    kind: hop.matcher.path.kind,
                    path: hop.matcher.path.value.clone(),
                    prefix: parent.matcher.path.value.clone(),
                    parent: self.snapshot.route(parent.route).meta.key(),
                };
                let help = Advice::ComparedAsText;
                let route = self.snapshot.route(hop.route);
                self.about(code, Severity::Warning, route, hop.matcher.at, (problem, Some(help)));
            }
        }
        if let MatchState::Row(action) = &hop.state {
            self.of_action(hop, action);
        }
    }
}
