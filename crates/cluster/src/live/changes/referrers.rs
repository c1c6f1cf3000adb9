//! What a change of a route means beyond its own text: which rules select it now, which did before, and what a rule
//! whose ref lost or found its routes answers. This is how a child that appears is told of by the parent nobody edited.

use std::collections::BTreeMap;

use ahash::{AHashMap, AHashSet};

use crate::live::Changed;
use routescope_core::analysis::Analysis;
use routescope_core::model::{Name, ObjectKey, RouteKind};
use routescope_core::resolve::{Action, BrokenLink, ChildState, Link, ListenerNode, MatchState, Tree, Via, ViaBy};
use routescope_core::store::RouteId;

/// Where a route is attached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Referrer {
    /// On a listener.
    Listener { gateway: ObjectKey, listener: Name },
    /// Under a ref.
    Ref(Ref),
}

/// A delegating ref of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Ref {
    parent: ObjectKey,
    rule: u32,
    reference: u32,
    /// What it selects by, in a few words.
    via: String,
}

/// Where a route is attached; where that has no effect, why.
type Places = BTreeMap<Referrer, Option<&'static str>>;

/// What is known of the routes that are asked for.
struct Found<'a> {
    analysis: &'a Analysis,
    places: AHashMap<RouteId, Places>,
    /// What the refs that lead nowhere answer, by the rule that holds them.
    broken: AHashMap<(RouteId, u32, u32), (u16, &'a Via)>,
}

/// Adds to what is told of routes what it means for those above them.
pub(in crate::live) fn tell(old: &Analysis, new: &Analysis, changes: &mut [Changed]) {
    listeners(old, new, changes);
    let routes = |analysis: &Analysis| -> Vec<Option<RouteId>> {
        let find = |change: &Changed| {
            let kind =
                [RouteKind::Http, RouteKind::Grpc].into_iter().find(|kind| kind.name() == change.subject.kind)?;
            analysis.snapshot.find_route(kind, &change.subject.key)
        };
        changes.iter().map(find).collect()
    };
    let (was, is) = (routes(old), routes(new));
    if was.iter().chain(&is).all(Option::is_none) {
        return;
    }
    let before = Found::of(old, &was.iter().copied().flatten().collect());
    let after = Found::of(new, &is.iter().copied().flatten().collect());
    for (change, (was, is)) in changes.iter_mut().zip(was.into_iter().zip(is)) {
        if was.is_none() && is.is_none() {
            continue;
        }
        let mut lines = Vec::new();
        moved((was, &before), (is, &after), &mut lines);
        match (was, is) {
            (Some(was), Some(is)) => {
                own_refs((was, &before), (is, &after), &mut lines);
                change.lines.append(&mut lines);
            }
            (None, Some(_)) if lines.is_empty() => change.lines.insert(0, "nothing leads to it".to_owned()),
            // Where a route that appears is attached says more than its rules do.
            _ => drop(change.lines.splice(0..0, lines)),
        }
    }
}

/// Adds to what is told of Gateways how many routes their listeners serve, where that is another number.
fn listeners(old: &Analysis, new: &Analysis, changes: &mut [Changed]) {
    let served = |analysis: &Analysis, key: &ObjectKey| -> Option<BTreeMap<Name, usize>> {
        let node = analysis.tree.gateways.iter().find(|node| node.gateway.meta.key() == *key)?;
        let own = node.listeners.iter().filter(|listener| listener.set.is_none());
        let count = |listener: &ListenerNode| {
            let name = node.gateway.listeners[listener.index as usize].name.clone();
            (name, listener.attached.iter().filter(|one| !one.hostnames.is_empty()).count())
        };
        Some(own.map(count).collect())
    };
    for change in changes.iter_mut().filter(|change| change.subject.kind == "Gateway") {
        let (was, is) = (served(old, &change.subject.key), served(new, &change.subject.key));
        let (Some(was), Some(is)) = (was, is) else { continue };
        for (name, serves) in &is {
            if let Some(served) = was.get(name).filter(|served| *served != serves) {
                let noun = if *serves == 1 { "route" } else { "routes" };
                change.lines.push(format!("listener {name} now serves {serves} {noun} (was {served})"));
            }
        }
    }
}

/// Where a route is attached now and was not, and the other way round.
fn moved((was, before): (Option<RouteId>, &Found), (is, after): (Option<RouteId>, &Found), lines: &mut Vec<String>) {
    let nowhere = Places::new();
    let places = |found: &'_ Found<'_>, id: Option<RouteId>| id.and_then(|id| found.places.get(&id).cloned());
    let was = places(before, was).unwrap_or(nowhere.clone());
    let is = places(after, is).unwrap_or(nowhere);
    for (place, trouble) in &is {
        match (place, trouble, was.get(place)) {
            (_, trouble, Some(known)) if trouble == known => {}
            (Referrer::Listener { gateway, listener }, ..) => {
                lines.push(format!("now on listener {listener} of Gateway {gateway}"));
            }
            (Referrer::Ref(by), Some(why), _) => lines.push(format!("{by} selects it without effect: {why}")),
            (Referrer::Ref(by), None, _) => {
                let fixed = before.answers(by).filter(|_| after.answers(by).is_none());
                let fixed = fixed.map(|status| format!(", and no longer answers {status}"));
                lines.push(format!("{by} selects it now{}", fixed.unwrap_or_default()));
            }
        }
    }
    for (place, trouble) in was.iter().filter(|(place, _)| !is.contains_key(*place)) {
        match place {
            Referrer::Listener { gateway, listener } => {
                lines.push(format!("no longer on listener {listener} of Gateway {gateway}"));
            }
            Referrer::Ref(by) => {
                let broken = after.answers(by).filter(|_| trouble.is_none());
                let broken = broken.map(|status| format!(", and answers {status} now"));
                lines.push(format!("{by} no longer selects it{}", broken.unwrap_or_default()));
            }
        }
    }
}

/// The refs of a route that was edited which lead nowhere now, and led somewhere or were not there before.
fn own_refs((was, before): (RouteId, &Found), (is, after): (RouteId, &Found), lines: &mut Vec<String>) {
    let own = |found: &'_ Found<'_>, id: RouteId| -> BTreeMap<u32, (u16, Via)> {
        let refs = found.broken.iter().filter(|((route, ..), _)| *route == id);
        refs.map(|((_, rule, _), (status, via))| (*rule, (*status, Via::clone(via)))).collect()
    };
    let was = own(before, was);
    for (rule, (status, via)) in own(after, is) {
        if was.values().all(|(_, known)| *known != via) {
            lines.push(format!("rule {} answers {status} now: {} leads nowhere", rule + 1, words(&via)));
        }
    }
}

impl<'a> Found<'a> {
    fn of(analysis: &'a Analysis, wanted: &AHashSet<RouteId>) -> Self {
        let tree = &analysis.tree;
        let mut found = Self { analysis, places: AHashMap::new(), broken: AHashMap::new() };
        for node in &tree.gateways {
            for listener in &node.listeners {
                for attached in &listener.attached {
                    let route = tree.roots[attached.root.0 as usize].route;
                    if wanted.contains(&route) && !attached.hostnames.is_empty() {
                        let written = listener.set.as_ref().map_or(&node.gateway.listeners, |set| &set.listeners);
                        let place = Referrer::Listener {
                            gateway: node.gateway.meta.key(),
                            listener: written[listener.index as usize].name.clone(),
                        };
                        found.places.entry(route).or_default().insert(place, None);
                    }
                }
            }
        }
        for child in tree.children.iter().filter(|child| wanted.contains(&child.route)) {
            let link = &tree.links[child.link.0 as usize];
            let hop = &tree.hops[link.hop.0 as usize];
            let parent = analysis.snapshot.route(hop.route).meta.key();
            let place = Referrer::Ref(Ref { parent, rule: hop.rule, reference: link.ref_index, via: words(&link.via) });
            let why = why_not(child.state);
            // A rule of several matches has the ref several times: taken under one of them is taken.
            let known = found.places.entry(child.route).or_default().entry(place).or_insert(why);
            *known = known.and(why);
        }
        for link in tree.links.iter().filter(|link| link.broken.is_some()) {
            let hop = &tree.hops[link.hop.0 as usize];
            found.broken.insert((hop.route, hop.rule, link.ref_index), (status(tree, link), &link.via));
        }
        found
    }

    /// What a ref answers, where it leads nowhere.
    fn answers(&self, by: &Ref) -> Option<u16> {
        let parent = self.analysis.snapshot.find_route(RouteKind::Http, &by.parent)?;
        self.broken.get(&(parent, by.rule, by.reference)).map(|(status, _)| *status)
    }
}

/// What a ref selects by.
fn words(via: &Via) -> String {
    let Via { by, value, namespace } = via;
    match by {
        ViaBy::Label => format!("label {value}"),
        ViaBy::Wildcard => format!("every route in {namespace}"),
        ViaBy::Name | ViaBy::Gateway => format!("{namespace}/{value}"),
    }
}

/// What a ref that leads nowhere answers.
fn status(tree: &Tree, link: &Link) -> u16 {
    match &tree.hops[link.hop.0 as usize].state {
        MatchState::Row(action) => match action.as_ref() {
            Action::Respond(respond) => respond.status,
            Action::Forward(_) | Action::Redirect(_) => 404,
        },
        MatchState::WeightedDelegation(_) if matches!(link.broken, Some(BrokenLink::Cyclic { .. })) => 500,
        _ => 404,
    }
}

/// Why a selected route is not taken; `None` when it is.
fn why_not(state: ChildState) -> Option<&'static str> {
    match state {
        ChildState::Adopted => None,
        ChildState::NotAdoptable => Some("it has parentRefs, and none names this parent"),
        ChildState::HasHostnames => Some("a delegated route must not have hostnames"),
        ChildState::Cycle => Some("it is above itself there"),
        ChildState::NothingLeft => Some("none of its matches fits there"),
        ChildState::Poisoned => Some("a cycle breaks the whole ref"),
        ChildState::NotPermitted => Some("no ReferenceGrant permits it"),
        ChildState::ParentElsewhere => Some("that parent belongs to other Gateways"),
    }
}

/// `rule 3 of infra/parent (label payments)`.
impl std::fmt::Display for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { parent, rule, reference: _, via } = self;
        write!(f, "rule {} of {parent} ({via})", rule + 1)
    }
}
