//! A comparison as data: a part of the JSON contract.

use serde::Serialize;

use crate::answer::UpstreamData;
use crate::data::{DestinationData, HopData, SourceData, chain, stream};
use crate::policies::{self, LimitsData, PolicyData};
use crate::uncertainty::undetermined;
use crate::witness::RequestLine;
use routescope_core::analysis::Analysis;
use routescope_core::model::{Name, ObjectKey};
use routescope_core::reachability::{Change, Comparison, Kind};
use routescope_core::router::{Decision, OutcomeKind};

use super::because::because;

/// `diff -o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct DiffData {
    pub old: String,
    pub new: String,
    pub summary: SummaryData,
    pub changes: Vec<ChangeData>,
    pub unknown: Vec<UnknownData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<ReplayedData>,
}

/// How many changes of each kind there are.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct SummaryData {
    pub moved: usize,
    pub opened: usize,
    pub closed: usize,
    pub broken: usize,
    pub fixed: usize,
    pub rewritten: usize,
    pub reweighted: usize,
    pub policies: usize,
    pub unknown: usize,
}

impl SummaryData {
    /// Counts.
    pub fn of(kinds: impl Iterator<Item = Kind>, unknown: usize) -> Self {
        let mut summary = Self { unknown, ..Self::default() };
        for kind in kinds {
            *match kind {
                Kind::Moved => &mut summary.moved,
                Kind::Opened => &mut summary.opened,
                Kind::Closed => &mut summary.closed,
                Kind::Broken => &mut summary.broken,
                Kind::Fixed => &mut summary.fixed,
                Kind::Rewritten => &mut summary.rewritten,
                Kind::Reweighted => &mut summary.reweighted,
                Kind::Policies => &mut summary.policies,
            } += 1;
        }
        summary
    }
}

/// One pair of answers that a request has.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct ChangeData {
    pub kind: &'static str,
    pub request: RequestLine,
    pub before: Option<SideData>,
    pub after: Option<SideData>,
    pub because: Vec<BecauseData>,
    pub confidence: &'static str,
}

/// Why it changed.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct BecauseData {
    pub text: String,
    pub source: Option<SourceData>,
}

/// A row of which it was not found out.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct UnknownData {
    pub row: Vec<HopData>,
    pub why: String,
}

/// What became of requests that were replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ReplayedData {
    pub requests: usize,
    pub changed: usize,
    pub unreadable: usize,
}

/// An answer as `where` gives it, cut to what is compared.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct SideData {
    pub outcome: &'static str,
    pub status: Option<u16>,
    pub destinations: Vec<DestinationData>,
    pub upstream: Option<UpstreamData>,
    pub location: Option<String>,
    pub gateway: String,
    pub port: Option<u16>,
    pub virtual_host: Option<Name>,
    pub chain: Vec<HopData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<LimitsData>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyData>,
}

impl SideData {
    /// The side of an answer; `None` where nothing answers.
    pub fn of(analysis: &Analysis, decision: Option<&Decision>) -> Option<Self> {
        let decision = decision?;
        let hop = decision.row().or(decision.stopped());
        if decision.kind() == OutcomeKind::NotFound && hop.is_none() {
            return None;
        }
        let table = &analysis.table.gateways[decision.gateway as usize];
        let host = decision.virtual_host.and_then(|at| table.virtual_hosts.get(at as usize));
        Some(Self {
            outcome: decision.outcome.kind().name(),
            status: decision.status(),
            destinations: decision.destinations().map(DestinationData::from).collect(),
            upstream: decision.outcome.upstream().map(UpstreamData::from),
            location: decision.outcome.location().map(str::to_owned),
            gateway: table.gateway.to_string(),
            port: decision.port,
            virtual_host: host.map(|host| host.hostname.clone()),
            chain: match &decision.stream() {
                Some(route) => vec![stream(route, &table.gateway)],
                None => {
                    hop.map(|hop| chain(&analysis.snapshot, &analysis.tree, &table.gateway, hop)).unwrap_or_default()
                }
            },
            timeouts: policies::limits(&decision.policies.limits),
            policies: policies::policies(&decision.policies),
        })
    }
}

/// Whether all that an answer rests on is in view.
pub fn confidence(decisions: [Option<&Decision>; 2]) -> &'static str {
    let certain = decisions.into_iter().flatten().all(|one| one.unverified.is_empty());
    if certain { "certain" } else { "unverified" }
}

/// A comparison as data.
pub fn data(sides: [(&str, &Analysis); 2], comparison: &Comparison, replayed: Option<ReplayedData>) -> DiffData {
    let [(old, before), (new, after)] = sides;
    let kinds = comparison.changes.iter().map(|change| Kind::of(change.before.as_ref(), change.after.as_ref()));
    let unknown = comparison.unknown.iter().map(|one| {
        let analysis = if one.before { before } else { after };
        let row = one.row.map(|row| chain(&analysis.snapshot, &analysis.tree, &one.gateway, row));
        UnknownData { row: row.unwrap_or_default(), why: undetermined(one.why) }
    });
    DiffData {
        old: old.to_owned(),
        new: new.to_owned(),
        summary: SummaryData::of(kinds, comparison.unknown.len()),
        changes: comparison.changes.iter().map(|change| change_data([before, after], change)).collect(),
        unknown: unknown.collect(),
        replayed,
    }
}

fn change_data(sides: [&Analysis; 2], change: &Change) -> ChangeData {
    let Change { gateway: _, request, before, after } = change;
    ChangeData {
        kind: Kind::of(before.as_ref(), after.as_ref()).name(),
        request: RequestLine::from(request),
        before: SideData::of(sides[0], before.as_ref()),
        after: SideData::of(sides[1], after.as_ref()),
        because: because(sides, change),
        confidence: confidence([before.as_ref(), after.as_ref()]),
    }
}

/// What one request has before and after, of `diff -o jsonl`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct ReplayLine {
    pub request: RequestLine,
    pub before: Option<SideData>,
    pub after: Option<SideData>,
    pub changed: bool,
}

/// Which Gateway an object key is of, for sorting.
pub(super) fn owner(sides: [&Analysis; 2], change: &Change) -> ObjectKey {
    let of = |analysis: &Analysis, decision: Option<&Decision>| {
        let hop = decision?.row().or(decision?.stopped())?;
        Some(analysis.snapshot.route(analysis.tree.hops[hop.0 as usize].route).meta.key())
    };
    of(sides[0], change.before.as_ref())
        .or_else(|| of(sides[1], change.after.as_ref()))
        .unwrap_or_else(|| change.gateway.clone())
}
