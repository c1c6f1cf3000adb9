//! Files that are laid over a cluster, as the explorer shows them: which nodes they change, how, and which answers depend on
//! that. Without such files there is nothing to say.

use super::context_pane::{ContextPane, PaneContent};
use super::locate;
use routescope_core::finding::Subject;
use routescope_core::model::ObjectKey;
use routescope_core::resolve::{Action, Destination};
use routescope_core::store::{Mark, OverlayEntry};
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::style::{Line, Role};

/// The glyph of a mark: what the role says, for eyes and terminals without colour.
pub fn glyph(mark: Mark) -> (&'static str, Role) {
    match mark {
        Mark::New => ("+", Role::Ok),
        Mark::Unseen => ("?", Role::Warning),
        Mark::Changed => ("~", Role::Warning),
        Mark::Same => ("=", Role::Dim),
    }
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::New => "new",
        Mark::Unseen => "new or changed",
        Mark::Changed => "changed",
        Mark::Same => "the same",
    }
}

/// The Service or Backend that a destination names, when the files hold it.
fn behind<'a>(outline: &'a Outline, destination: &Destination) -> Option<(Subject, &'a OverlayEntry)> {
    let kind = match destination.kind.as_str() {
        "Service" => "Service",
        "Backend" => "Backend",
        _ => return None,
    };
    let key = ObjectKey::new(destination.namespace.clone(), destination.name.clone());
    let subject = Subject { kind, key };
    let laid = outline.analysis().snapshot.overlaid.get(&subject)?;
    Some((subject, laid))
}

/// The destination that a node stands for: a backend, or the only one of a match.
fn destination(outline: &Outline, node: NodeRef) -> Option<&Destination> {
    let (hop, at) = match node {
        NodeRef::Match(_, hop) => (hop, None),
        NodeRef::Backend(_, hop, at) => (hop, Some(at as usize)),
        _ => return None,
    };
    let Action::Forward(forward) = outline.hop(hop).own_action()?.as_ref() else { return None };
    match (&forward.destinations[..], at) {
        ([only], None) => Some(only),
        (all, Some(at)) => all.get(at),
        _ => None,
    }
}

/// What the files do to a node that they change: to the object that begins there, or to the backend it leads to.
pub fn mark(outline: &Outline, node: NodeRef) -> Option<Line> {
    if outline.analysis().snapshot.overlaid.is_empty() {
        return None;
    }
    let (mark, of) = if let Some(laid) = outline.laid(node) {
        (laid.mark, String::new())
    } else {
        let (subject, laid) = behind(outline, destination(outline, node)?)?;
        (laid.mark, format!(" {}", subject.kind))
    };
    let (glyph, role) = glyph(mark);
    (mark != Mark::Same).then(|| Line::of(role, glyph).with(role, format!(" {}{of}", word(mark))))
}

/// How many objects are new or changed, in a few words, or in fewer; nothing where the files change nothing.
pub fn summary(world: &PaneContent, short: bool) -> Option<Line> {
    let overlaid = &world.analysis.snapshot.overlaid;
    let mut line = Line::new();
    for mark in [Mark::New, Mark::Changed, Mark::Unseen] {
        let count = overlaid.values().filter(|laid| laid.mark == mark).count();
        let (glyph, role) = glyph(mark);
        if count > 0 {
            line.push(Role::Dim, if line.is_empty() { "" } else { " " });
            line.push(role, if short { format!("{glyph}{count}") } else { format!("{glyph}{count} {}", word(mark)) });
        }
    }
    (!line.is_empty()).then_some(line)
}

/// The next node that the files change, or the one before, round and round. Walks the tree, folded or not: for a key, not
/// for a frame.
pub fn step(outline: &Outline, from: Option<NodeRef>, forward: bool) -> Option<NodeRef> {
    let (mut first, mut before, mut last, mut passed) = (None, None, None, false);
    let mut stack = outline.roots();
    stack.reverse();
    while let Some(node) = stack.pop() {
        if Some(node) == from {
            passed = true;
            before = last;
        } else if mark(outline, node).is_some() {
            if passed && forward {
                return Some(node);
            }
            first = first.or(Some(node));
            last = Some(node);
        }
        let mut below = outline.children(node);
        below.reverse();
        stack.append(&mut below);
    }
    // The only one there is may be the one we stand on.
    let here = from.filter(|node| mark(outline, *node).is_some());
    if forward { first.or(here) } else { before.or(last).or(here) }
}

/// What the files do to the object of a node, and to the backend it leads to, a line each.
pub fn facts(outline: &Outline, node: NodeRef) -> Vec<Line> {
    let overlaid = &outline.analysis().snapshot.overlaid;
    if overlaid.is_empty() {
        return Vec::new();
    }
    let own = locate::object(outline, node).map(|(kind, key)| Subject { kind, key });
    let own = own.and_then(|subject| Some((overlaid.get(&subject)?, subject)));
    let backend = destination(outline, node).and_then(|destination| behind(outline, destination));
    let backend = backend.map(|(subject, laid)| (laid, subject));
    own.into_iter().chain(backend).flat_map(|(laid, subject)| told(laid, &subject)).collect()
}

/// Where the files write an object: `routes.yaml:7`.
pub fn place(laid: &OverlayEntry) -> String {
    format!("{}:{}", laid.place.source.name, laid.place.at.line)
}

fn told(laid: &OverlayEntry, subject: &Subject) -> Vec<Line> {
    let (glyph, role) = glyph(laid.mark);
    let mut line = Line::of(role, format!("{glyph} "));
    line.push(Role::Route, subject.to_string());
    line.push(
        Role::Text,
        match laid.mark {
            Mark::New => " is new: the cluster has none",
            Mark::Unseen => " is new or changed: what the cluster has is not known",
            Mark::Changed => " is changed",
            Mark::Same => " same as the cluster",
        },
    );
    line.push(Role::Dim, " · ");
    line.push(Role::Location, place(laid));
    let lines = laid.lines.iter().map(|text| Line::of(Role::Text, format!("  {text}")));
    std::iter::once(line).chain(lines).collect()
}

/// The objects on the way of a side's answer that are other in the files than in the cluster.
pub fn on_the_way(side: &ContextPane) -> Vec<(Subject, &OverlayEntry)> {
    let Some(world) = side.world.as_ref().filter(|world| world.is_overlaid()) else {
        return Vec::new();
    };
    let overlaid = &world.analysis.snapshot.overlaid;
    let objects = side.highlighted.iter().filter_map(|node| {
        let (kind, key) = locate::object(&world.outline, *node)?;
        let subject = Subject { kind, key };
        let laid = overlaid.get(&subject)?;
        Some((subject, laid))
    });
    let decision = side.answer.decision();
    let destinations = decision.into_iter().flat_map(routescope_core::router::Decision::destinations);
    let backends = destinations.filter_map(|destination| behind(&world.outline, destination));
    let mut found: Vec<(Subject, &OverlayEntry)> = Vec::new();
    for (subject, laid) in objects.chain(backends).filter(|(_, laid)| laid.mark != Mark::Same) {
        if found.iter().all(|(known, _)| *known != subject) {
            found.push((subject, laid));
        }
    }
    found
}

/// That an answer depends on the files, in a few words: what is new counts for more than what is changed.
pub fn hangs(side: &ContextPane) -> Option<Line> {
    let marks = on_the_way(side).into_iter().map(|(_, laid)| laid.mark);
    let mark = marks.min()?;
    let (glyph, role) = glyph(mark);
    let text = match mark {
        Mark::New => "not in the cluster yet",
        Mark::Unseen => "perhaps not in the cluster yet",
        Mark::Changed | Mark::Same => "as the files change it",
    };
    Some(Line::of(role, format!("{glyph} {text}")))
}
