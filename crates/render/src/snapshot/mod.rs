//! A world as YAML that can be loaded again: first what was seen of it, then the objects as they were written.
//!
//! Left out are `managedFields`, kubectl's copy of the manifest, tokens written into a kgateway Backend, and what
//! `ConfigMap`s hold: of that only what routing asks for is told. Of an object that files lay over a cluster's, the status
//! that the cluster recorded is not kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use routescope_core::analysis::Analysis;
use routescope_core::finding::{Code, Finding, Subject};
use routescope_core::model::value::{Data, Value};
use routescope_core::model::{Meta, Name};
use routescope_core::store::Snapshot;

/// How every snapshot begins.
pub const MARKER: &str = "apiVersion: routescope/v1\nkind: Snapshot\n";

/// Annotations that are of no use.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// In place of what is not told.
const LEFT_OUT: &str = "(left out)";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// What is told of the snapshot itself.
#[derive(Debug, Clone)]
pub struct About {
    /// The context, or what else was read.
    pub name: String,
    /// When, in RFC 3339.
    pub taken: String,
    /// The program's version.
    pub version: &'static str,
    /// The channel of the Gateway API whose CRDs the objects are read with, where it is known.
    pub channel: Option<&'static str>,
    /// The channel was assumed.
    pub channel_assumed: bool,
}

/// An object to be saved.
pub type Saved<'s> = (&'static str, &'s Meta);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotDocument<'s> {
    api_version: &'static str,
    kind: &'static str,
    metadata: BTreeMap<&'static str, &'s str>,
    spec: Spec<'s>,
}

#[derive(Serialize)]
struct Spec<'s> {
    context: &'s str,
    taken: &'s str,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none", rename = "gatewayApiChannel")]
    channel: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not", rename = "gatewayApiChannelAssumed")]
    channel_assumed: bool,
    coverage: Coverage<'s>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<Unread<'s>>,
}

#[derive(Serialize)]
struct Coverage<'s> {
    everything: bool,
    kinds: &'s BTreeSet<&'static str>,
    namespaces: &'s BTreeMap<&'static str, BTreeSet<Name>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    hidden: &'s BTreeSet<Name>,
    forbidden: bool,
}

#[derive(Serialize)]
struct Unread<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'s str>,
    severity: &'static str,
    message: String,
}

/// The objects of a world, by kind, namespace and name.
pub fn objects(snapshot: &Snapshot) -> Vec<Saved<'_>> {
    let mut all: Vec<Saved<'_>> = snapshot.objects().collect();
    all.sort_unstable_by(|(kind, left), (other, right)| {
        (kind, &left.namespace, &left.name).cmp(&(other, &right.namespace, &right.name))
    });
    all
}

/// Writes the world. `originals` are the objects' own documents.
pub fn text(analysis: &Analysis, about: &About, objects: &[Saved<'_>], originals: Vec<Option<Value>>) -> String {
    let snapshot = &analysis.snapshot;
    let coverage = &snapshot.coverage;
    let world = SnapshotDocument {
        api_version: "routescope/v1",
        kind: "Snapshot",
        metadata: BTreeMap::from([("name", about.name.as_str())]),
        spec: Spec {
            context: &about.name,
            taken: &about.taken,
            version: about.version,
            channel: about.channel,
            channel_assumed: about.channel_assumed,
            coverage: Coverage {
                everything: coverage.everything,
                kinds: &coverage.kinds,
                namespaces: &coverage.namespaces,
                hidden: &coverage.hidden,
                forbidden: coverage.forbidden,
            },
            unread: analysis.findings.iter().filter(|finding| finding.code == Code::NotReadable).map(unread).collect(),
        },
    };
    let mut text = super::data::yaml(&world);
    for ((kind, meta), original) in objects.iter().zip(originals) {
        let Some(original) = original else { continue };
        let mut document = json(original);
        let subject = Subject { kind, key: meta.key() };
        strip(&mut document, kind);
        place(&mut document, meta, snapshot.overlaid.contains_key(&subject));
        text.push_str("---\n");
        text.push_str(&super::yaml::write(&document));
    }
    text
}

fn unread(finding: &Finding) -> Unread<'_> {
    Unread {
        namespace: finding.subject.as_ref().map(|subject| subject.key.name.as_str()),
        severity: finding.severity.name(),
        message: crate::findings::message(finding),
    }
}

fn json(value: Value) -> Json {
    match value.data {
        Data::Null => Json::Null,
        Data::Bool(is) => Json::from(is),
        Data::Int(number) => Json::from(number),
        Data::Float(number) => Json::from(number),
        Data::String(text) => Json::from(text.as_str()),
        Data::List(items) => items.into_iter().map(json).collect(),
        Data::Map(entries) => {
            Json::Object(entries.into_iter().map(|entry| (entry.key.to_string(), json(entry.value))).collect())
        }
    }
}

/// Leaves out what is nobody's business.
fn strip(document: &mut Json, kind: &str) {
    if let Some(metadata) = document.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.shift_remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Json::as_object_mut) {
            annotations.shift_remove(LAST_APPLIED);
            if annotations.is_empty() {
                metadata.shift_remove("annotations");
            }
        }
    }
    match kind {
        "ConfigMap" => {
            for part in ["data", "binaryData"] {
                let Some(entries) = document.get_mut(part).and_then(Json::as_object_mut) else { continue };
                for value in entries.values_mut() {
                    // Routing asks whether there is anything, and whether it is a certificate.
                    *value = Json::from(match value.as_str() {
                        None | Some("") => "",
                        Some(text) if text.contains(CERTIFICATE) => CERTIFICATE,
                        Some(_) if part == "data" => LEFT_OUT,
                        Some(_) => "",
                    });
                }
            }
        }
        "Backend" => tokens(document),
        _ => {}
    }
}

/// Tokens that are written into the object instead of a Secret.
fn tokens(value: &mut Json) {
    match value {
        Json::Object(entries) => {
            for (key, value) in entries {
                match value.get_mut("inline") {
                    Some(token @ Json::String(_)) if key == "authToken" => *token = Json::from(LEFT_OUT),
                    _ => tokens(value),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(tokens),
        _ => {}
    }
}

/// An object that was laid over a cluster is where it would be, with what it would have.
fn place(document: &mut Json, meta: &Meta, overlaid: bool) {
    let Some(metadata) = document.get_mut("metadata").and_then(Json::as_object_mut) else { return };
    if !overlaid {
        return;
    }
    if !meta.namespace.is_empty() {
        metadata.insert("namespace".to_owned(), Json::from(meta.namespace.as_str()));
    }
    if let Some(created) = meta.created {
        // Of what is not there yet, the last second of the calendar, which is beyond the library's.
        let time = jiff::Timestamp::from_second(created);
        let time = time.map_or_else(|_| "9999-12-31T23:59:59Z".to_owned(), |time| time.to_string());
        metadata.insert("creationTimestamp".to_owned(), Json::from(time));
    }
    for (key, pairs) in [("labels", &meta.labels), ("annotations", &meta.annotations)] {
        let pairs: Map<String, Json> =
            pairs.iter().map(|(key, value)| (key.to_string(), Json::from(value.as_str()))).collect();
        if !pairs.is_empty() {
            metadata.insert(key.to_owned(), Json::Object(pairs));
        }
    }
}
