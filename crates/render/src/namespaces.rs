//! `-n`: whether a namespace is there at all. One that nothing names is a slip, not an empty answer.

use std::collections::BTreeSet;

use routescope_core::finding::closest;
use routescope_core::model::Name;
use routescope_core::store::Snapshot;

use crate::scope::Scope;

/// Every cluster has them, whatever is in them.
const ALWAYS: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// So many are named where none is near.
const NAMED: usize = 8;

/// A namespace that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What was asked for.
    pub name: Name,
    /// What to ask for instead.
    pub hint: String,
}

/// The first namespace of a scope that nothing in these worlds names. `named` tells what is named beside the objects that
/// are kept, by an object that routing does not read. `None` where it may be there, and cannot be read.
pub fn missing(snapshots: &[&Snapshot], scope: &Scope, named: impl Fn(&str) -> bool) -> Option<Missing> {
    let may_be_hidden = |snapshot: &&&Snapshot| {
        let coverage = &snapshot.coverage;
        coverage.forbidden && !coverage.sees_all("Namespace")
    };
    if scope.is_everything() || snapshots.is_empty() || snapshots.iter().any(|one| may_be_hidden(&one)) {
        return None;
    }
    let known: BTreeSet<&Name> = snapshots.iter().flat_map(|snapshot| of(snapshot)).collect();
    let is_there = |name: &Name| known.contains(name) || ALWAYS.contains(&name.as_str()) || named(name);
    let name = scope.names().find(|name| !is_there(name))?;
    let hint = match closest(name, known.iter().map(|known| known.as_str())) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => "nothing that was read is in a namespace".to_owned(),
        None => {
            let few: Vec<&str> = known.iter().take(NAMED).map(|known| known.as_str()).collect();
            let more = if known.len() > NAMED { ", …" } else { "" };
            format!("there are {}{more}", few.join(", "))
        }
    };
    Some(Missing { name: name.clone(), hint })
}

/// The namespaces that objects are in, and those that there are objects of.
fn of(snapshot: &Snapshot) -> BTreeSet<&Name> {
    let mut all: BTreeSet<&Name> = snapshot.namespaces.keys().collect();
    all.extend(snapshot.gateways.keys().map(|key| &key.namespace));
    all.extend(snapshot.listener_sets.keys().map(|key| &key.namespace));
    all.extend(snapshot.routes.iter().map(|route| &route.meta.namespace));
    all.extend(snapshot.stream_routes.keys().map(|(_, key)| &key.namespace));
    all.extend(snapshot.services.keys().map(|key| &key.namespace));
    all.extend(snapshot.endpoint_slices.keys().map(|key| &key.namespace));
    all.extend(snapshot.backends.keys().map(|key| &key.namespace));
    all.extend(snapshot.direct_responses.keys().map(|key| &key.namespace));
    all.extend(snapshot.traffic_policies.keys().map(|key| &key.namespace));
    all.extend(snapshot.gateway_extensions.keys().map(|key| &key.namespace));
    all.extend(snapshot.config_maps.keys().map(|key| &key.namespace));
    all.extend(snapshot.grants.keys());
    all
}

/// Whether a manifest names a namespace: `namespace: NAME`, however it is quoted.
pub fn is_named(text: &str, namespace: &str) -> bool {
    text.match_indices(namespace).any(|(at, _)| {
        let quotes = ['"', '\''];
        let before = text[..at].trim_end_matches([' ', '"', '\'']);
        let key = before.strip_suffix(':').map(|before| before.trim_end_matches(quotes));
        let after = text[at + namespace.len()..].chars().next();
        key.is_some_and(|key| key.ends_with("namespace"))
            && !after.is_some_and(|next| next.is_alphanumeric() || ['-', '.', '_'].contains(&next))
    })
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_namespace_is_named_as_a_value_of_that_key_alone() {
        for text in
            ["  namespace: shop\n", "namespace: \"shop\"", "{\"namespace\": \"shop\"}", "{namespace: shop, a: b}"]
        {
            assert!(is_named(text, "shop"), "{text}");
        }
        for text in ["namespace: shopping", "name: shop", "namespace: my-shop", "# the shop", "namespace: shop-a"] {
            assert!(!is_named(text, "shop"), "{text}");
        }
    }
}
