//! Requests that stand for rules: one that meets the selected rule, or what hides it. They are looked for beside the drawing
//! task, and so are the rules of a world that no request meets.

use std::collections::BTreeMap;

use super::context_pane::{ContextPane, PaneContent};
use super::effect::Effect;
use super::node_details::Fact;
use super::url_bar::{METHODS, Question};
use routescope_core::parallel;
use routescope_core::reachability::{Reach, Reachability, never_met};
use routescope_core::resolve::{MatchState, RuleNodeId};
use routescope_core::router::Request;
use routescope_render::outline::NodeRef;
use routescope_render::style::{Line, Role};
use routescope_render::witness;

/// In so many places a rule is looked at until a request meets it.
const PLACES: usize = 16;

/// The rows that no request meets, each with what hides it.
pub type NeverMet = BTreeMap<RuleNodeId, Vec<RuleNodeId>>;

/// What meets a selected rule.
#[derive(Debug)]
pub struct Meeting {
    /// The rule's node.
    pub node: NodeRef,
    /// The number of the search.
    pub number: u64,
    /// What came of it; `None` while it runs, and where the rule is not in a table of its own.
    pub reach: Option<Reach>,
}

/// Starts looking for a request that meets the selected rule of a side, unless that was done.
pub fn look(side: &mut ContextPane) -> Option<Effect> {
    let node = side.selected();
    if node.is_some() && side.meeting.as_ref().map(|meeting| meeting.node) == node {
        return None;
    }
    side.meeting = None;
    let (Some(node @ NodeRef::Match(_, hop)), Some(world)) = (node, side.world.clone()) else { return None };
    if !matches!(world.outline.hop(hop).state, MatchState::Row(_) | MatchState::WeightedDelegation(_)) {
        return None;
    }
    let number = side.ticket();
    side.meeting = Some(Meeting { node, number, reach: None });
    Some(Effect::Witness { side: side.id, number, world, hop })
}

/// A request that meets a rule, or what hides it. Not for the drawing task.
pub fn find(world: &PaneContent, hop: RuleNodeId) -> Option<Reach> {
    let analysis = &world.analysis;
    let reachability = Reachability::of(analysis.router());
    let mut found = None;
    let hosts = (0..)
        .zip(&analysis.table.gateways)
        .flat_map(|(gateway, table)| (0..).zip(&table.virtual_hosts).map(move |(place, host)| (gateway, place, host)));
    let places = hosts.filter_map(|(gateway, place, host)| {
        let position = host.rows.iter().position(|row| *row == hop)?;
        Some((gateway, place, u32::try_from(position).ok()?))
    });
    for (gateway, place, position) in places.take(PLACES) {
        let reach = reachability.row(gateway, place, position);
        let met = matches!(reach, Reach::Met(_));
        if met || found.is_none() {
            found = Some(reach);
        }
        if met {
            break;
        }
    }
    found
}

/// The rules of a world that no request meets. Not for the drawing task.
pub fn survey(world: &PaneContent, superseded: &(dyn Fn() -> bool + Sync)) -> Option<NeverMet> {
    never_met(world.analysis.router(), parallel::threads(), superseded)
}

/// The mark of a rule that no request meets, if that is known of it.
pub fn mark(world: Option<&PaneContent>, node: NodeRef) -> Option<Line> {
    let NodeRef::Match(_, hop) = node else { return None };
    let hidden = world?.never_met()?.contains_key(&hop);
    hidden.then(|| Line::of(Role::Warning, "⚠ never met"))
}

/// What is known of the selected node.
pub fn facts(side: &ContextPane, node: NodeRef, facts: &mut Vec<Fact>) {
    let (Some(world), NodeRef::Match(_, hop)) = (&side.world, node) else { return };
    let meeting = side.meeting.as_ref().filter(|meeting| meeting.node == node);
    match meeting.and_then(|meeting| meeting.reach.as_ref()) {
        Some(Reach::Met(request)) => {
            let mut line = witness::request_line(request);
            line.push(Role::Hint, "  w asks it");
            facts.push(("request", line));
        }
        Some(reach) => facts.push(("request", witness::line(&world.analysis, reach))),
        None => {
            if let Some(by) = world.never_met().and_then(|all| all.get(&hop)).filter(|by| !by.is_empty()) {
                let line = Line::of(Role::Warning, "✗ no request: hidden by ");
                facts.push(("request", line.with_line(witness::rows(&world.analysis, by))));
            }
        }
    }
}

/// A request as a question; `None` when the bar has no such method.
pub fn question(request: &Request) -> Option<Question> {
    let headers = request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let method = METHODS.into_iter().find(|known| *known == request.method)?;
    Some(Question { method, url: witness::url(request), headers, gateway: None })
}
