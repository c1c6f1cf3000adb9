//! Prefixes that are delegated to the routes of one namespace, and used by those of another.

use std::collections::{BTreeMap, BTreeSet};

use ahash::AHashMap;

use super::{Report, RuleId};
use crate::finding::{Code, Finding, RequestsProblem};
use crate::model::{Name, PathKind};
use crate::resolve::{ChildState, Link, MatchState, RootId, RuleNodeId, Under};
use crate::router::lists::RowList;

/// A prefix that a rule delegates to one namespace.
struct Delegated<'a> {
    hop: RuleNodeId,
    prefix: &'a str,
    namespace: &'a Name,
}

impl<'a> Report<'a> {
    /// Rows below a prefix that is delegated to the routes of one namespace, of a route in another one.
    pub(super) fn overlaps(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut told: BTreeSet<(RuleId, RuleId)> = BTreeSet::new();
        let mut delegated: AHashMap<RootId, Vec<Delegated<'a>>> = AHashMap::new();
        for link in &self.tree.links {
            if let Some((root, one)) = self.delegated(link) {
                delegated.entry(root).or_default().push(one);
            }
        }
        if delegated.is_empty() {
            return findings;
        }
        let mut seen: BTreeSet<*const RuleNodeId> = BTreeSet::new();
        for table in &self.router.table().gateways {
            for (place, host) in (0..).zip(&table.virtual_hosts) {
                if seen.insert(host.rows.as_ptr()) {
                    self.of_host(&RowList::of_host(place, host), &delegated, &mut told, &mut findings);
                }
            }
        }
        findings
    }

    fn of_host(
        &self,
        list: &RowList<'a>,
        delegated: &AHashMap<RootId, Vec<Delegated<'a>>>,
        told: &mut BTreeSet<(RuleId, RuleId)>,
        findings: &mut Vec<Finding>,
    ) {
        let roots: BTreeSet<_> = list.rows.iter().map(|row| self.tree.root_of(*row)).collect();
        let here = roots.iter().filter_map(|root| delegated.get(root)).flatten();
        let mut prefixes: BTreeMap<&str, Vec<&Delegated<'a>>> = BTreeMap::new();
        for one in here {
            prefixes.entry(one.prefix).or_default().push(one);
        }
        for row in list.rows.iter() {
            let hop = self.hop(*row);
            if hop.matcher.path.kind == PathKind::RegularExpression {
                continue;
            }
            let path = hop.matcher.path.value.as_str();
            let route = self.route(hop.route);
            let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
            for end in ends {
                for one in prefixes.get(&path[..end]).into_iter().flatten() {
                    let delegating = self.hop(one.hop);
                    if route.meta.namespace == *one.namespace
                        || hop.route == delegating.route
                        || self.tree.chain(*row).contains(&one.hop)
                    {
                        continue;
                    }
                    let (id, by) = ((hop.route, hop.rule), (delegating.route, delegating.rule));
                    if told.insert((id, by)) {
                        let problem = RequestsProblem::Overlap {
                            rule: id.1,
                            path: hop.matcher.path.value.clone(),
                            prefix: one.prefix.into(),
                            delegated_by: self.name(one.hop),
                            namespace: one.namespace.clone(),
                        };
                        findings.push(self.finding(Code::PrefixOverlap, id, problem));
                    }
                }
            }
        }
    }

    /// A prefix that a ref delegates to routes of one other namespace.
    fn delegated(&self, link: &Link) -> Option<(RootId, Delegated<'a>)> {
        let hop = self.hop(link.hop);
        let path = &hop.matcher.path;
        let prefix = path.value.trim_end_matches('/');
        if !matches!(hop.state, MatchState::Delegates) || path.kind != PathKind::PathPrefix || prefix.is_empty() {
            return None;
        }
        let children = &self.tree.children[link.children.start as usize..link.children.end as usize];
        let adopted = children.iter().filter(|child| child.state == ChildState::Adopted);
        let mut namespaces: Vec<&'a Name> = adopted.map(|child| &self.route(child.route).meta.namespace).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        let [namespace] = namespaces[..] else { return None };
        if *namespace == self.route(hop.route).meta.namespace {
            return None;
        }
        let root = match hop.under {
            Under::Root(root) => root,
            Under::Child(_) => self.tree.root_of(link.hop),
        };
        Some((root, Delegated { hop: link.hop, prefix, namespace }))
    }
}
