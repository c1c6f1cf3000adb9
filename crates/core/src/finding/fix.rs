//! What to do about a finding, as data: which field of which object gets which value.

use serde_json::{Value, json};

use super::Subject;
use crate::model::GATEWAY_GROUP;

/// One change to the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The object to change, or to create.
    pub object: Subject,
    /// How.
    pub change: Change,
}

/// A change to an object. Paths are field paths from the object's root, as error messages write them:
/// `spec.rules[0].backendRefs[1].name`, `metadata.annotations["kgateway.dev/route-weight"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The field gets this value. Mappings and lists on the way are made where they are missing; the index after the last
    /// item appends.
    Set {
        /// The field.
        path: String,
        /// Its value.
        value: Value,
    },
    /// The field is removed.
    Remove {
        /// The field.
        path: String,
    },
    /// The key at the end of the path becomes another one.
    Rename {
        /// The field.
        path: String,
        /// Its new key.
        to: String,
    },
    /// The object is created.
    Create {
        /// Its manifest.
        manifest: Value,
    },
}

impl Change {
    /// A field gets a value.
    pub fn set(path: String, value: impl Into<Value>) -> Self {
        Self::Set { path, value: value.into() }
    }
}

impl Edit {
    /// A field gets a value.
    pub fn set(object: Subject, path: String, value: impl Into<Value>) -> Self {
        Self { object, change: Change::set(path, value) }
    }

    /// A field is removed.
    pub fn remove(object: Subject, path: String) -> Self {
        Self { object, change: Change::Remove { path } }
    }

    /// A `ReferenceGrant` in the namespace of `to` that lets objects of a kind and namespace refer to it.
    pub fn grant((from_kind, from_namespace): (&str, &str), (to_group, to): (&str, &Subject)) -> Self {
        let name = format!("{}-to-{}", from_namespace, to.key.name);
        let manifest = json!({
            "apiVersion": format!("{GATEWAY_GROUP}/v1beta1"),
            "kind": "ReferenceGrant",
            "metadata": { "name": name, "namespace": to.key.namespace },
            "spec": {
                "from": [{ "group": GATEWAY_GROUP, "kind": from_kind, "namespace": from_namespace }],
                "to": [{ "group": to_group, "kind": to.kind, "name": to.key.name }],
            },
        });
        let key = crate::model::ObjectKey { namespace: to.key.namespace.clone(), name: name.into() };
        Self { object: Subject { kind: "ReferenceGrant", key }, change: Change::Create { manifest } }
    }
}
