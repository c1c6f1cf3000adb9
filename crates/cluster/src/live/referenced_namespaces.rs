//! The namespaces that what is known speaks of: where a cluster cannot be read as a whole, these are asked for.

use std::collections::BTreeSet;

use routescope_core::model::{Filter, From, Mirror, Name, NamespaceSelector};
use routescope_core::store::Snapshot;

/// The label that the API server puts on every Namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Every namespace that a parentRef, a backendRef, a recorded status, a `ListenerSet` or a selector by name speaks of.
/// `wildcard` is the name that a label ref means every namespace by.
pub(super) fn of(snapshot: &Snapshot, wildcard: &Name) -> BTreeSet<Name> {
    let mut names: BTreeSet<&Name> = BTreeSet::new();
    for route in &snapshot.routes {
        let parents = route.parent_refs.iter().chain(route.status.iter().map(|status| &status.parent));
        names.extend(parents.filter_map(|parent| parent.namespace.as_ref()));
        for rule in &route.rules {
            names.extend(rule.backend_refs.iter().filter_map(|backend| backend.namespace.as_ref()));
            let mirrors = rule.filters.iter().filter_map(|filter| match filter {
                Filter::Mirror(Mirror { backend, .. }) => backend.namespace.as_ref(),
                _ => None,
            });
            names.extend(mirrors);
        }
    }
    for set in snapshot.listener_sets.values() {
        names.extend(&set.parent_namespace);
        set.listeners.iter().for_each(|listener| names.extend(selected(&listener.allowed_routes.namespaces)));
    }
    for gateway in snapshot.gateways.values() {
        names.extend(gateway.allowed_listeners.as_ref().map(selected).unwrap_or_default());
        gateway.listeners.iter().for_each(|listener| names.extend(selected(&listener.allowed_routes.namespaces)));
    }
    for policy in snapshot.traffic_policies.values() {
        names.extend(policy.extensions.iter().filter_map(|extension| extension.namespace.as_ref()));
    }
    names.into_iter().filter(|name| !name.is_empty() && *name != wildcard).cloned().collect()
}

/// The namespaces that a selector names.
fn selected(from: &From) -> Vec<&Name> {
    let From::Selector(Some(NamespaceSelector { labels, expressions })) = from else { return Vec::new() };
    let labels = labels.iter().filter(|(key, _)| key == NAME_LABEL).map(|(_, value)| value);
    let listed = expressions.iter().filter(|requirement| requirement.key == NAME_LABEL);
    labels.chain(listed.flat_map(|requirement| &requirement.values)).collect()
}
