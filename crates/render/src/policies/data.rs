//! Policies as data: a part of the JSON contract.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::data::SourceData;
use routescope_core::model::value::{Data, Value};
use routescope_core::model::{Name, ObjectKey, Position};
use routescope_core::resolve::{
    Applied, AttachedTo, FieldInForce, InForce, Limit, Limits, PolicyLevel, PolicySource, Retries,
};

/// A policy at one place it is attached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct PolicyData {
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    pub attached_to: AttachedToData,
    /// Where in Envoy's configuration it acts.
    pub level: &'static str,
    /// Why it cannot be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub fields: Vec<FieldData>,
    pub source: Option<SourceData>,
}

/// What a policy is attached to; rules count from 0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct AttachedToData {
    pub by: &'static str,
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
}

/// One part of a policy, and what it comes to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct FieldData {
    pub field: &'static str,
    pub state: &'static str,
    /// With whom it is merged, or to whom it lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<GiverData>,
    /// Why it has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    pub value: Json,
    pub source: Option<SourceData>,
}

/// Who gives a value.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct GiverData {
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
}

/// Timeouts and retries of the row, where anyone sets them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct LimitsData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<LimitData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_idle: Option<LimitData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<RetriesData>,
}

/// A duration, and who gives it.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct LimitData {
    pub value: Name,
    pub from: GiverData,
}

/// How often a request is tried again, and who says so.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct RetriesData {
    pub attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_try_timeout: Option<Name>,
    pub from: GiverData,
}

/// The policies that reach a row, the strongest first.
pub fn policies(in_force: &InForce) -> Vec<PolicyData> {
    in_force.applied.iter().map(policy).collect()
}

fn policy(applied: &Applied) -> PolicyData {
    let meta = &applied.policy.meta;
    PolicyData {
        kind: "TrafficPolicy",
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        attached_to: AttachedToData::from(&applied.to),
        level: match applied.level {
            PolicyLevel::Route => "route",
            PolicyLevel::VirtualHost => "virtual-host",
            PolicyLevel::RouteConfiguration => "route-configuration",
        },
        error: applied.broken.as_ref().map(ToString::to_string),
        fields: applied.fields.iter().filter_map(|found| field(applied, found)).collect(),
        source: SourceData::of(&meta.origin, Position::default()),
    }
}

fn field(applied: &Applied, found: &FieldInForce) -> Option<FieldData> {
    let setting = applied.setting(found.field)?;
    Some(FieldData {
        field: found.field.name(),
        state: found.state.name(),
        by: found.by.iter().map(GiverData::from).collect(),
        reason: found.why,
        value: json(&setting.value),
        source: SourceData::of(&applied.policy.meta.origin, setting.at),
    })
}

/// The timeouts and retries of a row; `None` when nobody sets any.
pub fn limits(limits: &Limits) -> Option<LimitsData> {
    let limit = |limit: &Limit| LimitData { value: limit.value.clone(), from: GiverData::from(&limit.from) };
    let retries = |retries: &Retries| RetriesData {
        attempts: retries.attempts,
        per_try_timeout: retries.per_try.clone(),
        from: GiverData::from(&retries.from),
    };
    (*limits != Limits::default()).then(|| LimitsData {
        request: limits.request.as_ref().map(limit),
        stream_idle: limits.stream_idle.as_ref().map(limit),
        retries: limits.retries.as_ref().map(retries),
    })
}

impl From<&AttachedTo> for AttachedToData {
    fn from(to: &AttachedTo) -> Self {
        let data = |by, kind, key: &ObjectKey, listener: Option<&Name>, rule| Self {
            by,
            kind,
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            listener: listener.cloned(),
            rule,
        };
        match to {
            AttachedTo::Gateway { gateway } => data("target", "Gateway", gateway, None, None),
            AttachedTo::Listener { gateway, listener } => data("target", "Gateway", gateway, Some(listener), None),
            AttachedTo::ListenerSet { set } => data("target", "ListenerSet", set, None, None),
            AttachedTo::SetListener { set, listener } => data("target", "ListenerSet", set, Some(listener), None),
            AttachedTo::Route { kind, route } => data("target", kind.name(), route, None, None),
            AttachedTo::Rule { kind, route, rule } => data("target", kind.name(), route, None, Some(*rule)),
            AttachedTo::Filter { kind, route, rule } => data("extension-ref", kind.name(), route, None, Some(*rule)),
        }
    }
}

impl From<&PolicySource> for GiverData {
    fn from(giver: &PolicySource) -> Self {
        let (kind, key, rule) = match giver {
            PolicySource::Policy(policy) => ("TrafficPolicy", policy, None),
            PolicySource::Rule { kind, route, rule } => (kind.name(), route, Some(*rule)),
        };
        Self { kind, namespace: key.namespace.clone(), name: key.name.clone(), rule }
    }
}

fn json(value: &Value) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(value) => Json::from(*value),
        Data::Int(value) => Json::from(*value),
        Data::Float(value) => Json::from(*value),
        Data::String(text) => Json::from(text.as_str()),
        Data::List(items) => Json::Array(items.iter().map(json).collect()),
        Data::Map(entries) => {
            let pairs = entries.iter().map(|entry| (entry.key.to_string(), json(&entry.value)));
            Json::Object(pairs.collect::<Map<_, _>>())
        }
    }
}
