//! What a row of the route table does with a request: forward, redirect, or answer by itself, and why.

use std::sync::Arc;

use crate::finding::{Code, EnvoyProblem, RespondDetail};
use crate::model::{Fraction, HeaderChange, Name, PathModifier, Position, Redirect};

use super::{Endpoints, RuleNodeId, Uncertainty, UnverifiedDestination};

/// What a row of the route table does with a request.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Action {
    Forward(Forward),
    /// The redirect, with `status` always set.
    Redirect(Redirect),
    Respond(Respond),
}

/// Forwards to one of the destinations, by weight.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forward {
    /// Where to; a broken one answers 500 for its share.
    pub destinations: Vec<Destination>,
    /// What becomes of authority and path.
    pub rewrite: Rewrite,
    /// Who else gets a copy.
    pub mirrors: Vec<MirrorTo>,
    /// Changes to the request's headers, in order.
    pub request_headers: Vec<HeaderChange>,
    /// Changes to the response's headers, in order.
    pub response_headers: Vec<HeaderChange>,
    /// The request timeout in force, as written, own or inherited.
    pub timeout: Option<Name>,
    /// A client may upgrade to WebSocket: a Service says that it speaks it.
    pub websocket: bool,
}

/// What becomes of authority and path on the way to the backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rewrite {
    /// The new authority.
    pub host: Option<Name>,
    /// The new path.
    pub path: Option<PathModifier>,
}

/// Who gets a copy of the request.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorTo {
    /// Where the copy goes.
    pub destination: Destination,
    /// How much is copied; `None` is all.
    pub fraction: Option<Fraction>,
}

/// A backend of a rule, and whether it can be reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Destination {
    /// The ref's API group, `""` for core.
    pub group: Name,
    /// The ref's kind.
    pub kind: Name,
    /// Where the ref points.
    pub namespace: Name,
    /// The ref's name.
    pub name: Name,
    /// The ref's port.
    pub port: Option<u16>,
    /// The ref's weight, as written or defaulted.
    pub weight: u32,
    /// The share of the traffic it gets, 0 to 1.
    pub share: f64,
    /// Whether it can be reached.
    pub state: DestinationState,
    /// What a kgateway `Backend` (where its traffic lands) or an `ExternalName` Service names, as `host:port`.
    pub hosts: Vec<Name>,
    /// Whether it is a Service that names a host instead of having endpoints.
    pub external_name: ExternalName,
    /// Who serves it, where that was looked up: in answers, never in the tree.
    pub endpoints: Option<Arc<Endpoints>>,
    /// Where the ref is written.
    pub at: Position,
}

/// What the engine does with the host that a Service of type `ExternalName` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExternalName {
    /// The Service names none.
    None,
    /// Nothing: it sends traffic to endpoints, and such a Service mostly has none.
    NotFollowed,
    /// The specification leaves it to the implementation.
    Unknown,
}

/// Whether a destination can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DestinationState {
    /// It is there.
    Resolved,
    /// It is not in view, and may exist: its share is assumed to be served.
    Unverified,
    /// It is of another namespace, and the `ReferenceGrant` that it needs is not in the input.
    GrantUnseen,
    /// It is of a kind that is not read: it is assumed to exist.
    KindUnread,
    /// It does not exist: 500.
    Missing,
    /// The Service has no such port: 500.
    PortMissing,
    /// The Service has no such port, and the proxy only finds out when it looks for an endpoint: 503 (agentgateway).
    PortUnserved,
    /// No `ReferenceGrant` admits the ref: 500.
    NotPermitted,
    /// The kind is not known: 500.
    InvalidKind,
    /// A kgateway `Backend` ref must not carry a port: 500.
    PortNotAllowed,
}

impl Destination {
    /// Why it is only assumed to be served.
    pub fn unverified(&self) -> Option<Uncertainty> {
        UnverifiedDestination::of(self).map(Uncertainty::Destination)
    }
}

impl DestinationState {
    /// The word of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Unverified | Self::GrantUnseen | Self::KindUnread => "unverified",
            Self::Missing => "missing",
            Self::PortMissing | Self::PortUnserved => "port-missing",
            Self::NotPermitted => "not-permitted",
            Self::InvalidKind => "invalid-kind",
            Self::PortNotAllowed => "port-not-allowed",
        }
    }

    /// What the gateway itself answers for a broken one.
    pub fn status(self) -> u16 {
        if self == Self::PortUnserved { 503 } else { 500 }
    }

    /// Whether traffic sent there is answered by the gateway itself.
    pub fn is_broken(self) -> bool {
        self != Self::Resolved && !self.is_unverified()
    }

    /// Whether it is only assumed to be served.
    pub fn is_unverified(self) -> bool {
        matches!(self, Self::Unverified | Self::GrantUnseen | Self::KindUnread)
    }
}

/// The gateway answers by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respond {
    /// The status code.
    pub status: u16,
    /// Why.
    pub reason: RespondReason,
    /// The body.
    pub body: Option<String>,
    /// The same with names.
    pub detail: RespondDetail,
    /// What the engine's status says of the row; empty when it says nothing of it.
    pub status_messages: Vec<StatusMessage>,
}

/// An error that the engine reports in a route's status, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusMessage {
    /// Where it came up.
    pub stage: Stage,
    /// The policy that is at fault (`group/kind/namespace/name`), when it is one that could be read.
    pub policy: Option<Name>,
    /// The section (a listener, a rule) that the policy targets.
    pub section: Option<Name>,
    /// The engine's words.
    pub text: String,
}

/// Where the engine meets an error (kgateway `finalizeRoute` joins the three).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Reading the rule: a filter that does not resolve.
    Rule,
    /// Making the row: filters and policies that clash or fail, no action.
    Row,
    /// Looking at the finished row, which the engine's words name first.
    Check,
}

impl StatusMessage {
    /// An error that no policy is at fault for.
    pub(crate) fn new(stage: Stage, text: impl Into<String>) -> Self {
        Self { stage, policy: None, section: None, text: text.into() }
    }
}

/// Why the gateway answers by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // `name` gives each its word
pub enum RespondReason {
    UnresolvedDelegation,
    CyclicDelegation,
    NoBackends,
    NoPrefix,
    /// A filter of the engine's own may answer, and nothing else does.
    FilterDecides,
    AllWeightsZero,
    DirectResponse,
    DirectResponseConflict,
    DirectResponseMissing,
    UnresolvedExtension,
    InvalidPath,
    InvalidRegex,
    InvalidRedirectStatus,
    InvalidRedirectPath,
    InvalidPolicy,
    RuleReplaced,
}

impl RespondReason {
    /// The word of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnresolvedDelegation => "unresolved-delegation",
            Self::CyclicDelegation => "cyclic-delegation",
            Self::NoBackends => "no-backends",
            Self::NoPrefix => "no-prefix",
            Self::FilterDecides => "filter-decides",
            Self::AllWeightsZero => "all-weights-zero",
            Self::DirectResponse => "direct-response",
            Self::DirectResponseConflict => "direct-response-conflict",
            Self::DirectResponseMissing => "direct-response-missing",
            Self::UnresolvedExtension => "unresolved-extension",
            Self::InvalidPath => "invalid-path",
            Self::InvalidRegex => "invalid-regex",
            Self::InvalidRedirectStatus => "invalid-redirect-status",
            Self::InvalidRedirectPath => "invalid-redirect-path",
            Self::InvalidPolicy => "invalid-policy",
            Self::RuleReplaced => "rule-replaced",
        }
    }

    /// The finding that comes of it; none of a `DirectResponse`, which is meant, nor of a filter that may answer.
    pub fn code(self) -> Option<Code> {
        Some(match self {
            Self::UnresolvedDelegation => Code::UnresolvedDelegation,
            Self::CyclicDelegation => Code::CyclicDelegation,
            Self::NoBackends => Code::NoBackends,
            Self::NoPrefix => Code::NoPrefix,
            Self::AllWeightsZero => Code::AllWeightsZero,
            Self::DirectResponse | Self::FilterDecides => return None,
            Self::DirectResponseConflict => Code::DirectResponseConflict,
            Self::DirectResponseMissing => Code::DirectResponseMissing,
            Self::UnresolvedExtension => Code::UnresolvedExtension,
            Self::InvalidPath => Code::InvalidPath,
            Self::InvalidRegex => Code::InvalidRegex,
            Self::InvalidRedirectStatus => Code::InvalidRedirectStatus,
            Self::InvalidRedirectPath => Code::InvalidRedirectPath,
            Self::InvalidPolicy => Code::InvalidPolicy,
            Self::RuleReplaced => Code::RuleReplaced,
        })
    }
}

/// Something Envoy refuses the whole route table for, keeping the last good one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvoyRejection {
    /// The row that does it.
    pub hop: RuleNodeId,
    /// What is wrong.
    pub problem: EnvoyProblem,
}
