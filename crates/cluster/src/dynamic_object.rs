//! Any object, as the API server sends it: read into our own tree of values, so that files and clusters are decoded
//! alike and nothing that the decoder can bear is refused.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use kube::Resource;
use kube::api::ObjectMeta;
use kube::core::{ApiResource, DynamicResourceScope};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Read;
use super::kinds::Kind;
use routescope_core::finding::Subject;
use routescope_core::model::value::{Data, Entry, Value};
use routescope_core::model::{Name, ObjectKey, Position, Source, SourceKind};
use routescope_manifest::decode::{Decoded, Documents};
use routescope_manifest::{kubectl_yaml, scalar};

/// An object. Of its metadata kube gets what it needs to go on watching.
#[derive(Debug, Clone)]
pub struct DynamicObject {
    meta: ObjectMeta,
    value: Value,
}

impl DynamicObject {
    /// The namespace and name.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.meta.namespace.clone().unwrap_or_default(), self.meta.name.clone().unwrap_or_default())
    }

    /// Decodes it as `kind`, with a text of its own. `None` when it cannot be told from others (no name).
    pub fn decode(mut self, kind: &Kind, version: &str) -> Option<Read> {
        if let Data::Map(entries) = &mut self.value.data {
            // The items of a list need not repeat what the list is of.
            entries.retain(|entry| entry.key != "apiVersion" && entry.key != "kind");
            let api_version =
                if kind.group.is_empty() { version.to_owned() } else { format!("{}/{version}", kind.group) };
            let text = |key: &'static str, text: &str| Entry {
                at: NOWHERE,
                key: Name::new_static(key),
                value: value(Data::String(Name::from(text))),
            };
            entries.insert(0, text("kind", kind.kind));
            entries.insert(0, text("apiVersion", &api_version));
        }
        kubectl_yaml::tidy(&mut self.value);
        let (text, last_line) = kubectl_yaml::write(&mut self.value);
        let name = Subject { kind: kind.shown, key: self.key() }.to_string();
        let source = Arc::new(Source { name, kind: SourceKind::Cluster, text });
        let mut decoded = Decoded::default();
        Documents::new(&source, &mut decoded).document(&self.value, last_line);
        let object = decoded.objects.pop()?;
        Some(Read { object, findings: decoded.findings })
    }
}

const NOWHERE: Position = Position { line: 0, column: 0 };

fn value(data: Data) -> Value {
    Value { at: NOWHERE, data }
}

impl<'de> Deserialize<'de> for DynamicObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_any(Tree)?;
        let text = |key: &str| match value.get("metadata").and_then(|meta| meta.get(key)).map(|value| &value.data) {
            Some(Data::String(text)) => Some(text.to_string()),
            _ => None,
        };
        let meta = ObjectMeta {
            name: text("name"),
            namespace: text("namespace"),
            resource_version: text("resourceVersion"),
            ..ObjectMeta::default()
        };
        Ok(Self { meta, value })
    }
}

/// Builds the tree, without what is long and of no use.
struct Tree;

impl<'de> Deserialize<'de> for SubValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree).map(SubValue)
    }
}

struct SubValue(Value);

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(value(Data::Bool(v)))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(value(Data::Int(v)))
    }

    #[allow(clippy::cast_precision_loss)] // as every JSON reader does
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(value(i64::try_from(v).map_or(Data::Float(v as f64), Data::Int)))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(value(scalar::whole(v).map_or(Data::Float(v), Data::Int)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(value(Data::String(scalar::name(v))))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(value(Data::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(SubValue(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(value(Data::List(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == "managedFields" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let SubValue(value) = map.next_value()?;
            entries.push(Entry { at: NOWHERE, key: Name::from(key), value });
        }
        Ok(value(Data::Map(entries)))
    }
}

impl Resource for DynamicObject {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(kind: &ApiResource) -> Cow<'_, str> {
        kind.kind.as_str().into()
    }

    fn group(kind: &ApiResource) -> Cow<'_, str> {
        kind.group.as_str().into()
    }

    fn version(kind: &ApiResource) -> Cow<'_, str> {
        kind.version.as_str().into()
    }

    fn plural(kind: &ApiResource) -> Cow<'_, str> {
        kind.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}
