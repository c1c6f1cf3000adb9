//! What the API server would say: the refusals that manifests on disk have not met yet.
//!
//! An object that breaks its CRD never comes to be: a fresh `kubectl apply` creates nothing, and an older version of it
//! stays as it was. The facts (types, bounds, patterns, which rules there are) are tables that `tools/schemas.py` writes
//! from released CRDs (`tables/*.txt`); [`rules`] holds what the rules say as Rust functions; [`check`] walks a value
//! beside its schema. Nothing is decoded or defaulted here: that is `decode`'s, which hands each document over before it
//! reads it.
//!
//! Left out is what only a running cluster knows, and what compares with an older version of the object (a `GatewayClass`
//! may not change its controller). Of `metadata`, name, namespace, labels and annotations are looked at; of `Service`,
//! `Namespace`, `ConfigMap` and `EndpointSlice`, which Kubernetes checks by code, nothing but that. A field that no schema
//! knows is pruned by the API server, not refused; `kubectl` alone asks it to be strict, and `decode` warns of it.
//! `Gateway.spec.addresses` says in one line what the API server says in three.

mod accessors;
mod check;
mod field_path;
mod go;
mod metadata;
mod pattern;
mod rules;
mod schema;
mod table;
#[cfg(test)]
mod tests;
mod written;

use self::check::Walk;
pub(super) use self::check::{Admission, Refusal};
pub(super) use self::field_path::FieldPath;
use self::table::KindVersion;
use crate::channel::Channel;
use routescope_core::model::value::Value;

/// The versions of a kind that a release serves, the one to write first; none of a kind without a CRD.
fn versions(channel: Channel, group: &str, kind: &str) -> impl Iterator<Item = &'static KindVersion> {
    table::versions(channel).iter().filter(move |version| version.kind == kind && version.group == group)
}

/// The kind, when its schema is known.
pub(super) fn known(group: &str, kind: &str) -> Option<&'static str> {
    versions(Channel::Standard, group, kind).next().map(|version| version.kind)
}

/// The served versions of a kind, the one to write first; none of a kind without a CRD.
pub(super) fn served(group: &str, kind: &str) -> Vec<&'static str> {
    versions(Channel::Standard, group, kind).map(|version| version.version).collect()
}

/// What the API server, with the CRDs of this channel, would do to this object.
pub(super) fn admit(channel: Channel, api_version: &str, kind: &str, namespaced: bool, value: &Value) -> Admission {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let mut walk = Walk::default();
    if let Some(metadata) = accessors::get(value, "metadata") {
        metadata::check(&mut walk, kind, namespaced, metadata);
    }
    // A version that no release serves is judged as the one to write.
    let own = versions(channel, group, kind).find(|known| known.version == version && known.schema.is_some());
    let schema = own.or_else(|| versions(channel, group, kind).next()).and_then(|known| known.schema.as_ref());
    if let Some(schema) = schema {
        walk.value(value, schema, &FieldPath::ROOT);
    }
    walk.admission
}
