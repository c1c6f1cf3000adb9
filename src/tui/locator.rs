//! Nodes for many findings at once: what [`locate`](super::locate) finds by looking at everything for each, with an index.

use ahash::AHashMap;

use routescope_core::finding::{Finding, Subject};
use routescope_core::model::{ObjectKey, RouteKind};
use routescope_core::resolve::{Action, ChildId, RootId, RuleNodeId};
use routescope_core::store::RouteId;
use routescope_render::outline::{NodeRef, Outline};

use super::locate;

/// Where the objects of a tree are.
pub struct Locator<'o> {
    outline: &'o Outline,
    hops: AHashMap<RouteId, Vec<RuleNodeId>>,
    /// The first attachment of a route that is served.
    slots: AHashMap<RootId, u32>,
    /// The first of any: below one that is not served the tree has no rows.
    routes: AHashMap<RootId, NodeRef>,
    objects: AHashMap<(&'static str, ObjectKey), NodeRef>,
    services: AHashMap<ObjectKey, RuleNodeId>,
}

impl<'o> Locator<'o> {
    /// Looks at every node once.
    pub fn of(outline: &'o Outline) -> Self {
        let tree = &outline.analysis().tree;
        let mut locator = Self {
            outline,
            hops: AHashMap::new(),
            slots: AHashMap::new(),
            routes: AHashMap::new(),
            objects: AHashMap::new(),
            services: AHashMap::new(),
        };
        for root in outline.roots() {
            locator.object(root);
            for node in outline.children(root) {
                locator.object(node);
                for node in outline.children(node) {
                    if let NodeRef::Route(slot) = node {
                        let root = outline.attached(slot).root;
                        locator.routes.entry(root).or_insert(node);
                        if outline.has_children(node) {
                            locator.slots.entry(root).or_insert(slot);
                        }
                    }
                    locator.object(node);
                }
            }
        }
        for (at, hop) in (0..).map(RuleNodeId).zip(&tree.hops) {
            locator.hops.entry(hop.route).or_default().push(at);
            if let Some(Action::Forward(forward)) = hop.action().map(AsRef::as_ref) {
                for to in forward.destinations.iter().filter(|to| to.kind == "Service") {
                    let key = ObjectKey::new(to.namespace.clone(), to.name.clone());
                    locator.services.entry(key).or_insert(at);
                }
            }
        }
        for (at, child) in (0..).map(ChildId).zip(&tree.children) {
            let above = tree.links[child.link.0 as usize].hop;
            if let Some(slot) = locator.slots.get(&tree.root_of(above)).copied() {
                locator.object(NodeRef::Child(slot, at));
            }
        }
        locator
    }

    fn object(&mut self, node: NodeRef) {
        if let Some(object) = locate::object(self.outline, node) {
            self.objects.entry(object).or_insert(node);
        }
    }

    fn node(&self, hop: RuleNodeId) -> Option<NodeRef> {
        let root = self.outline.analysis().tree.root_of(hop);
        let served = self.slots.get(&root).map(|slot| NodeRef::Match(*slot, hop));
        served.or_else(|| self.routes.get(&root).copied())
    }

    /// The node that a finding is about: the innermost that is written where it points, or the object's own.
    pub fn finding(&self, finding: &Finding) -> Option<NodeRef> {
        let subject = finding.subject.as_ref()?;
        match self.hop(finding, subject) {
            Some(hop) => self.node(hop),
            None => self.subject(subject),
        }
    }

    /// The first node of an object; of a Service the match that leads to it.
    pub fn subject(&self, subject: &Subject) -> Option<NodeRef> {
        if subject.kind == "Service" {
            return self.node(*self.services.get(&subject.key)?);
        }
        self.objects.get(&(subject.kind, subject.key.clone())).copied()
    }

    fn hop(&self, finding: &Finding, subject: &Subject) -> Option<RuleNodeId> {
        let at = finding.place.as_ref()?.at;
        let kind = [RouteKind::Http, RouteKind::Grpc].into_iter().find(|kind| kind.name() == subject.kind)?;
        let analysis = self.outline.analysis();
        let id = analysis.snapshot.find_route(kind, &subject.key)?;
        let rules = &analysis.snapshot.route(id).rules;
        let line = |hop: &RuleNodeId| {
            let rule = self.outline.hop(*hop).rule as usize;
            rules.get(rule).map_or(0, |rule| rule.at.line)
        };
        let mut best: Option<(u32, RuleNodeId)> = None;
        for hop in self.hops.get(&id)? {
            let line = line(hop);
            if line > 0 && line <= at.line && best.is_none_or(|(known, _)| line > known) {
                best = Some((line, *hop));
            }
        }
        best.map(|(_, hop)| hop)
    }
}

#[cfg(test)]
mod tests {
    use routescope_render::findings;

    use std::sync::Arc;

    use super::*;
    use crate::tui::context_pane::PaneContent;
    use routescope_core::resolve::Settings;
    use routescope_core::store::Coverage;
    use routescope_manifest::analyse_text;
    use routescope_render::scope::Scope;

    #[test]
    fn an_index_finds_what_a_search_finds() {
        let text = include_str!("../../examples/unresolved/routes.yaml");
        let analysis = Arc::new(analyse_text(text, Coverage::closed(), Settings::default()));
        let world = PaneContent::within(Arc::clone(&analysis), &Scope::default());
        let locator = Locator::of(&world.outline);
        assert!(analysis.findings.len() > 3, "there is something to find");
        for finding in &analysis.findings {
            assert_eq!(locator.finding(finding), locate::finding(&world, finding), "{}", findings::message(finding));
        }
    }
}
