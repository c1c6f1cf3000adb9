//! What a broken delegating ref answers, and why. `docs/fidelity.md`: `broken-empty`, `broken-others`,
//! `broken-cycle`.

use super::settings::{DelegationModel, Dialect, Settings};
use super::{
    BrokenLink, ChildState, Link, Ref, Respond, RespondReason, RuleNode, Tree, Uncertainty, Unreadable, Via, ViaBy,
    action, select,
};
use crate::finding::{BrokenRef, NotTaken, RespondDetail};
use crate::store::Snapshot;

/// What a hop answers when one of its refs is broken (the last one counts), and why that is not certain.
pub(super) fn answer(
    snapshot: &Snapshot,
    settings: &Settings,
    tree: &Tree,
    dialect: &Dialect,
    hop: &RuleNode,
) -> Option<(Respond, Option<Uncertainty>)> {
    if !dialect.replaces_broken {
        return None;
    }
    let links = &tree.links[hop.links.start as usize..hop.links.end as usize];
    let link = links.iter().rev().find(|link| link.broken.is_some())?;
    let broken = Box::new(broken(snapshot, settings, tree, dialect, link)?);
    let respond =
        |reason, as_far_as_readable| action::replaced(reason, RespondDetail::BrokenRef { broken, as_far_as_readable });
    match link.broken.as_ref()? {
        BrokenLink::Cyclic { .. } => Some((respond(RespondReason::CyclicDelegation, false), None)),
        BrokenLink::Unresolved => {
            let uncertainty = (!is_certain(snapshot, settings, link))
                .then(|| Uncertainty::UnseenChild(reference(settings, &link.via)));
            let as_far_as_readable = uncertainty.is_some() && snapshot.coverage.forbidden;
            Some((respond(RespondReason::UnresolvedDelegation, as_far_as_readable), uncertainty))
        }
    }
}

/// Whether everything that a ref could select has been seen: the namespace in full, or the one route it names.
pub(super) fn is_certain(snapshot: &Snapshot, settings: &Settings, link: &Link) -> bool {
    if everywhere(settings, &link.via) {
        return snapshot.coverage.sees_all("HTTPRoute");
    }
    let named = link.via.by == ViaBy::Name && !link.children.is_empty();
    named || snapshot.coverage.sees("HTTPRoute", &link.via.namespace)
}

/// What a delegating ref may select that has not been seen.
pub fn unseen_children(snapshot: &Snapshot, settings: &Settings, link: &Link) -> Option<Uncertainty> {
    let child = || Uncertainty::Unreadable(Unreadable::Child(reference(settings, &link.via)));
    (!is_certain(snapshot, settings, link)).then(child)
}

pub(super) fn everywhere(settings: &Settings, via: &Via) -> bool {
    via.by == ViaBy::Label && via.namespace == settings.wildcard_namespace && !via.value.contains('=')
}

/// A ref, as it is shown.
fn reference(settings: &Settings, via: &Via) -> Ref {
    Ref { via: via.clone(), everywhere: everywhere(settings, via) }
}

/// Why a ref is broken, with names; `None` when it is not.
pub(super) fn broken(
    snapshot: &Snapshot,
    settings: &Settings,
    tree: &Tree,
    dialect: &Dialect,
    link: &Link,
) -> Option<BrokenRef> {
    if let BrokenLink::Cyclic { child, parent } = link.broken.as_ref()? {
        return Some(BrokenRef::Cycle { parent: parent.clone(), child: child.clone() });
    }
    let namespace = &link.via.namespace;
    let by = reference(settings, &link.via);
    let children = &tree.children[link.children.start as usize..link.children.end as usize];
    let Some(first) = children.first() else {
        if link.via.by == ViaBy::Label && select::refuses_everywhere(snapshot, settings, dialect, namespace) {
            return Some(BrokenRef::NamespaceOfThatName(namespace.clone()));
        }
        return Some(BrokenRef::SelectsNothing { by, label_key: dialect.label_key });
    };
    let unlisted = link.unlisted.as_ref().map_or(&[][..], |unlisted| unlisted.by_fate());
    let all = |state| {
        children.iter().all(|child| child.state == state) && unlisted.iter().all(|(unlisted, _)| *unlisted == state)
    };
    let why = match first.state {
        ChildState::NotAdoptable => Some(NotTaken::NotAdoptable),
        ChildState::HasHostnames => Some(NotTaken::HasHostnames),
        ChildState::NotPermitted => Some(NotTaken::NotPermitted),
        ChildState::ParentElsewhere => Some(NotTaken::ParentElsewhere),
        ChildState::NothingLeft if dialect.delegation == DelegationModel::HopByHop => Some(NotTaken::NothingReached),
        ChildState::NothingLeft => Some(NotTaken::NothingLeft),
        ChildState::Adopted | ChildState::Cycle | ChildState::Poisoned => None,
    };
    let count = link.selected();
    Some(BrokenRef::NotTaken {
        by,
        count,
        child: snapshot.route(first.route).meta.key(),
        parent: snapshot.route(tree.hops[link.hop.0 as usize].route).meta.key(),
        why: why.filter(|_| count == 1 || all(first.state)),
    })
}
