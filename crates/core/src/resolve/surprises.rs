//! What a rule gets from the rules above it, against what is written in it: asked by findings and by answers.

use super::{RuleNodeId, Tree, inherit};
use crate::finding::{MatchPart, ReplacedCondition};
use crate::model::{Filter, PathModifier, RouteMatch, ValueMatch};
use crate::store::Snapshot;

impl Tree {
    /// The conditions that are written in a match and are replaced by those of the rule above it.
    pub fn replaced_conditions(&self, snapshot: &Snapshot, hop: RuleNodeId) -> Vec<ReplacedCondition> {
        let hop = &self.hops[hop.0 as usize];
        let (Some(link), Some(index)) = (self.link_above_of(hop), hop.match_index) else { return Vec::new() };
        let route = snapshot.route(hop.route);
        let annotation = self.dialect_of(link.hop).inherit_annotation;
        if annotation.is_none() || !inherit::inherits(route, annotation) {
            return Vec::new();
        }
        let written = route.rules.get(hop.rule as usize).and_then(|rule| rule.matches.get(index as usize));
        let Some(written) = written else { return Vec::new() };
        replaced(&self.hops[link.hop.0 as usize].matcher, written)
    }

    /// The hop, this one or one above it, whose rule rewrites the path of what this one forwards.
    pub fn rewritten_by(&self, snapshot: &Snapshot, hop: RuleNodeId) -> Option<RuleNodeId> {
        self.chain(hop).into_iter().rev().find(|hop| {
            let hop = &self.hops[hop.0 as usize];
            let rule = snapshot.route(hop.route).rules.get(hop.rule as usize);
            rule.is_some_and(|rule| rule.filters.iter().any(rewrites_path))
        })
    }
}

fn rewrites_path(filter: &Filter) -> bool {
    let Filter::Rewrite(rewrite) = filter else { return false };
    matches!(&rewrite.path, Some(PathModifier::Full(value) | PathModifier::Prefix(value)) if !value.is_empty())
}

fn replaced(parent: &RouteMatch, child: &RouteMatch) -> Vec<ReplacedCondition> {
    let mut all = Vec::new();
    if let (Some(parents), Some(own)) = (&parent.method, &child.method)
        && parents != own
    {
        let (own, parents) = (own.clone(), parents.clone());
        all.push(ReplacedCondition { of: None, field: "method".to_owned(), own, parents });
    }
    let mut entries = |(part, list): (MatchPart, &str), parents: &[ValueMatch], own: &[ValueMatch]| {
        for (at, entry) in own.iter().enumerate() {
            let last = parents.iter().rev().find(|one| one.name == entry.name);
            if let Some(last) = last.filter(|last| (last.kind, &last.value) != (entry.kind, &entry.value)) {
                let (own, parents) = (entry.value.clone(), last.value.clone());
                let of = Some((part, entry.name.clone()));
                all.push(ReplacedCondition { of, field: format!("{list}[{at}]"), own, parents });
            }
        }
    };
    entries((MatchPart::Header, "headers"), &parent.headers, &child.headers);
    entries((MatchPart::QueryParam, "queryParams"), &parent.query_params, &child.query_params);
    all
}
