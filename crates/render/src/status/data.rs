//! `status -o json`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::findings::engine_assumption;
use crate::uncertainty::not_read;
use routescope_core::analysis::Analysis;
use routescope_core::model::{Name, ParentRef, RouteKind};
use routescope_core::status::{Condition, Difference, GatewayStatus, ParentEntry, RecordedAs, Statuses};

/// Every status, by kind and `namespace/name`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct StatusData {
    pub http_routes: BTreeMap<String, Vec<ParentData>>,
    pub grpc_routes: BTreeMap<String, Vec<ParentData>>,
    pub gateways: BTreeMap<String, GatewayData>,
    /// The Gateways under which nothing is certain, and why; left out when there is none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unverified: BTreeMap<String, String>,
    /// Why none of it is certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// Where a recorded status is another one; left out when none is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<DifferenceData>,
}

/// The entry of one parent of a route.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ParentData {
    pub parent_ref: ParentRefData,
    pub conditions: Vec<ConditionData>,
}

/// A parentRef, as the status repeats it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ParentRefData {
    pub group: Name,
    pub kind: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Name>,
    pub name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_name: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// A condition.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct ConditionData {
    pub r#type: &'static str,
    pub status: &'static str,
    pub reason: &'static str,
    pub message: String,
}

/// A Gateway's status.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct GatewayData {
    pub conditions: Vec<ConditionData>,
    pub listeners: Vec<ListenerData>,
}

/// A listener's status.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ListenerData {
    pub name: Name,
    pub attached_routes: usize,
    pub conditions: Vec<ConditionData>,
}

/// One condition that is recorded otherwise than predicted; a side that says nothing is null.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct DifferenceData {
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    pub of: String,
    pub r#type: String,
    pub predicted: Option<RecordedData>,
    pub recorded: Option<RecordedData>,
}

/// One side of a difference.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RecordedData {
    pub status: String,
    pub reason: String,
    pub message: String,
}

/// Statuses, and where recorded ones differ, as data.
pub fn data(analysis: &Analysis, statuses: &Statuses, differences: &[Difference]) -> StatusData {
    let of_kind = |kind: RouteKind| {
        let routes = statuses.routes.iter().filter(move |status| status.kind == kind);
        let one = |status: &routescope_core::status::RouteStatus| {
            let key = analysis.snapshot.route(status.route).meta.key().to_string();
            (key, status.parents.iter().map(parent).collect())
        };
        routes.map(one).collect()
    };
    StatusData {
        http_routes: of_kind(RouteKind::Http),
        grpc_routes: of_kind(RouteKind::Grpc),
        gateways: statuses.gateways.iter().map(|(key, status)| (key.to_string(), gateway(status))).collect(),
        unverified: statuses
            .unverified
            .iter()
            .map(|(key, doubt)| (key.to_string(), engine_assumption(doubt)))
            .collect(),
        doubt: statuses.doubt.as_ref().map(not_read),
        differences: differences.iter().map(difference).collect(),
    }
}

fn parent(ParentEntry { parent, conditions }: &ParentEntry) -> ParentData {
    let ParentRef { at: _, group, kind, namespace, name, section_name, port } = parent.clone();
    ParentData {
        parent_ref: ParentRefData { group, kind, namespace, name, section_name, port },
        conditions: conditions.iter().map(condition).collect(),
    }
}

fn condition(Condition { kind, status, reason, message }: &Condition) -> ConditionData {
    ConditionData { r#type: kind, status, reason, message: message.to_string() }
}

fn gateway(GatewayStatus { conditions, listeners }: &GatewayStatus) -> GatewayData {
    let listener = |listener: &routescope_core::status::ListenerStatus| ListenerData {
        name: listener.name.clone(),
        attached_routes: listener.attached_routes,
        conditions: listener.conditions.iter().map(condition).collect(),
    };
    GatewayData {
        conditions: conditions.iter().map(condition).collect(),
        listeners: listeners.iter().map(listener).collect(),
    }
}

fn difference(difference: &Difference) -> DifferenceData {
    let Difference { kind, namespace, name, of, what, predicted, recorded } = difference.clone();
    let side = |RecordedAs { status, reason, message }: RecordedAs| RecordedData { status, reason, message };
    let (predicted, recorded) = (predicted.map(side), recorded.map(side));
    DifferenceData { kind, namespace, name, of, r#type: what, predicted, recorded }
}
