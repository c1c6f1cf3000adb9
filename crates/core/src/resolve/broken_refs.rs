//! What a broken delegating ref answers, and why, in words. `docs/fidelity.md`: `broken-empty`, `broken-others`,
//! `broken-cycle`.

use super::settings::{DelegationModel, Dialect, Settings};
use super::{
    BrokenLink, ChildState, Link, Ref, Respond, RespondReason, RuleNode, Tree, Uncertainty, Unreadable, Via, ViaBy,
    action, select,
};
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
    let mut detail = detail(snapshot, settings, tree, dialect, link)?;
    match link.broken.as_ref()? {
        BrokenLink::Cyclic { .. } => Some((action::replaced(RespondReason::CyclicDelegation, detail), None)),
        BrokenLink::Unresolved => {
            let uncertainty = (!is_certain(snapshot, settings, link))
                .then(|| Uncertainty::UnseenChild(Ref::new(settings, &link.via)));
            if uncertainty.is_some() && snapshot.coverage.forbidden {
                detail.push_str(", as far as may be read");
            }
            Some((action::replaced(RespondReason::UnresolvedDelegation, detail), uncertainty))
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
    let child = || Uncertainty::Unreadable(Unreadable::Child(Ref::new(settings, &link.via)));
    (!is_certain(snapshot, settings, link)).then(child)
}

pub(super) fn everywhere(settings: &Settings, via: &Via) -> bool {
    via.by == ViaBy::Label && via.namespace == settings.wildcard_namespace && !via.value.contains('=')
}

/// Why a ref is broken, in a sentence with names.
pub(super) fn detail(
    snapshot: &Snapshot,
    settings: &Settings,
    tree: &Tree,
    dialect: &Dialect,
    link: &Link,
) -> Option<String> {
    if let BrokenLink::Cyclic { child, parent } = link.broken.as_ref()? {
        let ends = if child == parent { "to itself".to_owned() } else { format!("to {child}, its own ancestor") };
        return Some(format!("a cycle: HTTPRoute {parent} delegates {ends}"));
    }
    let Via { by, value, namespace } = &link.via;
    let children = &tree.children[link.children.start as usize..link.children.end as usize];
    let inside = if everywhere(settings, &link.via) {
        "in any namespace".to_owned()
    } else {
        format!("in namespace {namespace}")
    };
    let Some(first) = children.first() else {
        if *by == ViaBy::Label && select::refuses_everywhere(snapshot, settings, dialect, namespace) {
            return Some(format!(
                "a Namespace named {namespace} exists, and a label ref to {namespace} is an error then"
            ));
        }
        return Some(match by {
            ViaBy::Label => match dialect.label_key {
                Some(key) => format!("no HTTPRoute has the label {key}: {value} {inside}"),
                None => format!("no HTTPRoute has the label {value} {inside}"),
            },
            ViaBy::Wildcard => format!("there is no HTTPRoute {inside}"),
            ViaBy::Name | ViaBy::Gateway => format!("there is no HTTPRoute {namespace}/{value}"),
        });
    };
    let key = snapshot.route(first.route).meta.key();
    let parent = snapshot.route(tree.hops[link.hop.0 as usize].route).meta.key();
    let unlisted = link.unlisted.as_ref().map_or(&[][..], |unlisted| unlisted.by_fate());
    let all = |state| {
        children.iter().all(|child| child.state == state) && unlisted.iter().all(|(unlisted, _)| *unlisted == state)
    };
    let via = shown(settings, &link.via);
    Some(match (link.selected(), first.state) {
        (1, ChildState::NotAdoptable) => format!("HTTPRoute {key} has parentRefs, and none names HTTPRoute {parent}"),
        (1, ChildState::HasHostnames) => format!("HTTPRoute {key} has hostnames, which a delegated route must not"),
        (1, ChildState::NotPermitted) => {
            format!("no ReferenceGrant in {namespace} lets HTTPRoutes of {} adopt {key}", parent.namespace)
        }
        (1, ChildState::ParentElsewhere) => format!("HTTPRoute {parent} hands on to {key} on its own Gateways only"),
        (1, ChildState::NothingLeft) if dialect.delegation == DelegationModel::HopByHop => {
            format!("no match of HTTPRoute {key} can be reached")
        }
        (1, ChildState::NothingLeft) => format!("no match of HTTPRoute {key} stands under this one"),
        (many, ChildState::NotAdoptable) if all(first.state) => {
            format!("none of the {many} HTTPRoutes that {via} selects has a parentRef to {parent}")
        }
        (many, ChildState::NothingLeft) if all(first.state) => {
            format!("no match of the {many} HTTPRoutes that {via} selects stands under this one")
        }
        (many, _) => format!("none of the {many} HTTPRoutes that {via} selects can be adopted"),
    })
}

/// A ref in words.
fn shown(settings: &Settings, via: &Via) -> String {
    match via.by {
        ViaBy::Label if everywhere(settings, via) => format!("label {} in any namespace", via.value),
        ViaBy::Gateway => format!("Gateway {}/{}", via.namespace, via.value),
        ViaBy::Name => format!("HTTPRoute {}/{}", via.namespace, via.value),
        ViaBy::Wildcard => format!("the wildcard in namespace {}", via.namespace),
        ViaBy::Label => format!("label {} in namespace {}", via.value, via.namespace),
    }
}
