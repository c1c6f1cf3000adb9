//! The answer as data: the JSON contract.

use serde::Serialize;

use crate::data::{DestinationData, HopData, MirrorData, chain, stream};
use crate::policies::{self, LimitsData, PolicyData};
use crate::reasons;
use crate::uncertainty::uncertainty;
use routescope_core::analysis::Analysis;
use routescope_core::model::{Name, ObjectKey};
use routescope_core::router::{Branch, Decision, Request, Scheme, Upstream, Verdict};

use super::{Answers, gateway_name};

/// `where -o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct AnswersData {
    pub answers: Vec<AnswerData>,
}

/// One line of `where -o jsonl`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RequestAnswersData {
    pub request: RequestData,
    pub answers: Vec<AnswerData>,
}

/// What one Gateway says to one request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct AnswerData {
    pub request: RequestData,
    pub gateway: Option<String>,
    pub engine: Option<&'static str>,
    pub listener: Option<Name>,
    pub port: Option<u16>,
    pub virtual_host: Option<Name>,
    pub outcome: &'static str,
    pub status: Option<u16>,
    pub destinations: Vec<DestinationData>,
    pub upstream: Option<UpstreamData>,
    pub location: Option<String>,
    pub mirrors: Vec<MirrorData>,
    /// What becomes of each share, where chance decides between several ends (hop by hop).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<OutcomeData>,
    pub chain: Vec<HopData>,
    /// The policies that reach the rule that decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyData>,
    /// The timeouts and retries of the rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<LimitsData>,
    pub considered: Vec<ConsideredData>,
    pub confidence: &'static str,
    pub notes: Vec<String>,
}

/// What becomes of one share of the requests.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct OutcomeData {
    pub share: f64,
    pub outcome: &'static str,
    pub status: Option<u16>,
    pub destinations: Vec<DestinationData>,
    pub upstream: Option<UpstreamData>,
    pub location: Option<String>,
    pub chain: Vec<HopData>,
}

/// What was asked.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct RequestData {
    pub method: String,
    pub scheme: Option<&'static str>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub path: String,
    pub query: Option<String>,
    pub headers: Vec<HeaderData>,
}

/// One header of the request.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct HeaderData {
    pub name: String,
    pub value: String,
}

impl From<&Request> for RequestData {
    fn from(Request { method, scheme, host, port, path, query, headers }: &Request) -> Self {
        Self {
            method: method.clone(),
            scheme: scheme.map(Scheme::name),
            host: host.clone(),
            port: *port,
            path: path.clone(),
            query: query.clone(),
            headers: headers
                .iter()
                .map(|(name, value)| HeaderData { name: name.clone(), value: value.clone() })
                .collect(),
        }
    }
}

/// What the backend receives.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct UpstreamData {
    pub host: String,
    pub path: String,
}

/// A row that was held against the request.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct ConsideredData {
    pub chain: Vec<HopData>,
    pub verdict: &'static str,
    pub code: &'static str,
    pub because: String,
}

impl From<&Upstream> for UpstreamData {
    fn from(Upstream { host, path }: &Upstream) -> Self {
        Self { host: host.clone(), path: path.clone() }
    }
}

fn outcome(analysis: &Analysis, gateway: &ObjectKey, branch: &Branch) -> OutcomeData {
    OutcomeData {
        share: branch.share,
        outcome: branch.outcome.kind().name(),
        status: branch.outcome.status(),
        destinations: branch.outcome.destinations().iter().map(DestinationData::from).collect(),
        upstream: branch.outcome.upstream().map(UpstreamData::from),
        location: branch.outcome.location().map(str::to_owned),
        chain: chain(&analysis.snapshot, &analysis.tree, gateway, branch.node),
    }
}

/// All answers, in the order of the requests.
pub fn answers(analysis: &Analysis, all: &[Answers]) -> AnswersData {
    let answers = all.iter().flat_map(|one| line(analysis, one).answers);
    AnswersData { answers: answers.collect() }
}

/// The answers to one request.
pub fn line(analysis: &Analysis, one: &Answers) -> RequestAnswersData {
    let request = RequestData::from(&one.request);
    let decided = one.decisions.iter().map(|decision| answer(analysis, request.clone(), decision));
    let answers = decided.chain(one.unknown.iter().map(|why| unknown(request.clone(), why))).collect();
    RequestAnswersData { request, answers }
}

/// No Gateway in view sees the request, and one that cannot be read may.
fn unknown(request: RequestData, why: &str) -> AnswerData {
    AnswerData {
        request,
        gateway: None,
        engine: None,
        listener: None,
        port: None,
        virtual_host: None,
        outcome: "unknown",
        status: None,
        destinations: Vec::new(),
        upstream: None,
        location: None,
        mirrors: Vec::new(),
        outcomes: Vec::new(),
        chain: Vec::new(),
        policies: Vec::new(),
        timeouts: None,
        considered: Vec::new(),
        confidence: "unverified",
        notes: vec![why.to_owned()],
    }
}

fn answer(analysis: &Analysis, request: RequestData, decision: &Decision) -> AnswerData {
    let table = &analysis.table.gateways[decision.gateway as usize];
    let gateway = gateway_name(analysis, decision);
    let considered = decision.considered.iter().map(|one| ConsideredData {
        chain: chain(&analysis.snapshot, &analysis.tree, gateway, one.hop),
        verdict: match one.verdict {
            Verdict::Won => "won",
            Verdict::Lost => "lost",
            // A dropped match is not in the table at all: for the contract, it did not match.
            Verdict::Missed | Verdict::Dropped => "missed",
        },
        code: one.reason.code(),
        because: reasons::reason(analysis, one),
    });
    let way = |hop| chain(&analysis.snapshot, &analysis.tree, gateway, hop);
    let host = decision.virtual_host.and_then(|at| table.virtual_hosts.get(at as usize));
    AnswerData {
        request,
        gateway: Some(gateway.to_string()),
        engine: Some(table.engine.name()),
        listener: decision.listener.clone(),
        port: decision.port,
        virtual_host: host.map(|host| host.hostname.clone()),
        outcome: decision.outcome.kind().name(),
        status: decision.status(),
        destinations: decision.destinations().map(DestinationData::from).collect(),
        upstream: decision.outcome.upstream().map(UpstreamData::from),
        location: decision.outcome.location().map(str::to_owned),
        mirrors: decision.mirrors().map(MirrorData::from).collect(),
        outcomes: decision.branches.iter().map(|branch| outcome(analysis, gateway, branch)).collect(),
        // Where nothing decides, the way to the rule that delegated without effect.
        chain: match &decision.stream() {
            Some(route) => vec![stream(route, gateway)],
            None => decision.row().or(decision.stopped()).map(way).unwrap_or_default(),
        },
        policies: policies::policies(&decision.policies),
        timeouts: policies::limits(&decision.policies.limits),
        considered: considered.collect(),
        confidence: if decision.unverified.is_empty() { "certain" } else { "unverified" },
        notes: reasons::notes(analysis, decision)
            .into_iter()
            .chain(decision.unverified.iter().map(uncertainty))
            .collect(),
    }
}
