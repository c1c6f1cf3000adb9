//! The answer to a request as a value: what becomes of it, and why.

use std::sync::Arc;

use super::{Note, Reason, Refusal, Unanswered};
use crate::model::{Name, StreamRoute};
use crate::resolve::{Destination, InForce, MirrorTo, RuleNodeId, Uncertainty};

/// Where a request goes on one Gateway, and why.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Its place in [`RouteTable::gateways`](super::RouteTable::gateways).
    pub gateway: u32,
    /// The listener that took it (as in [`VirtualHost::listeners`](super::VirtualHost::listeners)).
    pub listener: Option<Name>,
    /// The listener's port.
    pub port: Option<u16>,
    /// Its place in [`GatewayTable::virtual_hosts`](super::GatewayTable::virtual_hosts); `None` when no host matches.
    pub virtual_host: Option<u32>,
    /// Why nothing of this is served: Envoy refuses it, or the control plane crashes before.
    pub refused: Option<Refusal>,
    /// What becomes of it; where chance decides between several ends, that of the largest share with the best outcome.
    pub outcome: Outcome,
    /// What becomes of each share, when chance decides between several ends (agentgateway); else empty.
    pub branches: Vec<Branch>,
    /// The policies that reach the row that decided, with the row's timeouts and retries.
    pub policies: InForce,
    /// Why the others lost; empty from the quick lookup. The winner first, then the closest.
    pub considered: Vec<Considered>,
    /// How many more rows of this virtual host could not match at all and are not listed.
    pub not_listed: usize,
    /// Why nothing answers, from the traced lookup.
    pub unanswered: Option<Unanswered>,
    /// Why the answer is not certain; empty when it is.
    pub unverified: Vec<Uncertainty>,
    /// What else a person should know (a redirect that keeps a port, another listener that answers otherwise).
    pub notes: Vec<Note>,
}

/// What becomes of a request, with what belongs to each outcome.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A row sends it to one of its backends.
    Forward {
        /// The row.
        row: RuleNodeId,
        /// Where it may go, broken ones included.
        destinations: Vec<Destination>,
        /// Who else gets a copy.
        mirrors: Vec<MirrorTo>,
        /// What the backend receives.
        upstream: Upstream,
    },
    /// A row sends the client elsewhere.
    Redirect {
        /// The row.
        row: RuleNodeId,
        /// The status code.
        status: u16,
        /// The `Location`.
        location: String,
        /// The URLs of the circle in which it ends, the first again at the end; only explained answers know it.
        circle: Vec<String>,
    },
    /// The gateway answers by itself.
    Respond {
        /// The status code.
        status: u16,
        /// What in the gateway answers.
        by: Responder,
    },
    /// Nothing takes it: 404.
    NotFound {
        /// agentgateway: the rule that passed the request on to where nothing takes it.
        stopped: Option<RuleNodeId>,
    },
    /// A TCP or TLS route takes the connection, and no HTTP route sees it.
    Passthrough {
        /// The route.
        route: Arc<StreamRoute>,
        /// Where it may go, broken ones included.
        destinations: Vec<Destination>,
    },
    /// No backend of a row answers, and a filter of the engine's own may.
    Unknown {
        /// The row.
        row: RuleNodeId,
        /// Its backends.
        destinations: Vec<Destination>,
    },
}

/// What in the gateway answers a request by itself.
#[derive(Debug, Clone)]
pub enum Responder {
    /// The row, by its own action.
    Row(RuleNodeId),
    /// A row that forwards, and none of whose backends can be reached.
    BrokenBackends {
        /// The row.
        row: RuleNodeId,
        /// Its backends.
        destinations: Vec<Destination>,
        /// Who gets a copy.
        mirrors: Vec<MirrorTo>,
    },
    /// The CORS filter answers a preflight, in place of what this row does.
    Preflight(RuleNodeId),
    /// The proxy refuses an upgrade that this row does not allow.
    Upgrade(RuleNodeId),
    /// The codec refuses the request line, before any route is looked at.
    Codec,
    /// agentgateway: the host belongs to another listener than the one that the server name chose.
    Misdirected,
    /// agentgateway: this rule passes the request on to where it has been.
    Cycle(RuleNodeId),
}

/// What becomes of a request, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum OutcomeKind {
    Forward,
    Redirect,
    Respond,
    NotFound,
    Passthrough,
    Unknown,
}

/// What becomes of one share of the requests.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The share, 0 to 1.
    pub share: f64,
    /// The row that decided, or the rule that delegated without effect.
    pub node: RuleNodeId,
    /// What becomes of it; the shares of its destinations are those of all requests.
    pub outcome: Outcome,
}

/// What the backend receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The authority.
    pub host: String,
    /// The path after normalisation and rewrites, with its query string.
    pub path: String,
}

/// A row (or a dropped match) that was compared with the request.
#[derive(Debug, Clone)]
pub struct Considered {
    /// Which.
    pub hop: RuleNodeId,
    /// What came of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// What came of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It decided.
    Won,
    /// It matches too, but comes later.
    Lost,
    /// It does not match.
    Missed,
    /// It is not in the table.
    Dropped,
}

impl OutcomeKind {
    /// The word of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Redirect => "redirect",
            Self::Respond => "respond",
            Self::NotFound => "not-found",
            Self::Passthrough => "passthrough",
            Self::Unknown => "unknown",
        }
    }
}

impl Outcome {
    /// Nothing takes the request.
    pub const NOT_FOUND: Self = Self::NotFound { stopped: None };

    /// The outcome in one word.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Forward { .. } => OutcomeKind::Forward,
            Self::Redirect { .. } => OutcomeKind::Redirect,
            Self::Respond { .. } => OutcomeKind::Respond,
            Self::NotFound { .. } => OutcomeKind::NotFound,
            Self::Passthrough { .. } => OutcomeKind::Passthrough,
            Self::Unknown { .. } => OutcomeKind::Unknown,
        }
    }

    /// What the gateway itself answers; `None` for what goes on to a backend.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Redirect { status, .. } | Self::Respond { status, .. } => Some(*status),
            Self::NotFound { .. } => Some(404),
            Self::Forward { .. } | Self::Passthrough { .. } | Self::Unknown { .. } => None,
        }
    }

    /// The row that decided.
    pub fn row(&self) -> Option<RuleNodeId> {
        match self {
            Self::Forward { row, .. } | Self::Redirect { row, .. } | Self::Unknown { row, .. } => Some(*row),
            Self::Respond { by, .. } => match by {
                Responder::Row(row)
                | Responder::BrokenBackends { row, .. }
                | Responder::Preflight(row)
                | Responder::Upgrade(row) => Some(*row),
                Responder::Codec | Responder::Misdirected | Responder::Cycle(_) => None,
            },
            Self::NotFound { .. } | Self::Passthrough { .. } => None,
        }
    }

    /// agentgateway: the rule that passed the request on to where nothing takes it, or into a cycle.
    pub fn stopped(&self) -> Option<RuleNodeId> {
        match self {
            Self::NotFound { stopped } => *stopped,
            Self::Respond { by: Responder::Cycle(rule), .. } => Some(*rule),
            _ => None,
        }
    }

    /// Where the request may go, broken ones included.
    pub fn destinations(&self) -> &[Destination] {
        match self {
            Self::Forward { destinations, .. }
            | Self::Passthrough { destinations, .. }
            | Self::Unknown { destinations, .. }
            | Self::Respond { by: Responder::BrokenBackends { destinations, .. }, .. } => destinations,
            _ => &[],
        }
    }

    /// The same, to be changed.
    pub(super) fn destinations_mut(&mut self) -> &mut [Destination] {
        match self {
            Self::Forward { destinations, .. }
            | Self::Passthrough { destinations, .. }
            | Self::Unknown { destinations, .. }
            | Self::Respond { by: Responder::BrokenBackends { destinations, .. }, .. } => destinations,
            _ => &mut [],
        }
    }

    /// Who else gets a copy.
    pub fn mirrors(&self) -> &[MirrorTo] {
        match self {
            Self::Forward { mirrors, .. } | Self::Respond { by: Responder::BrokenBackends { mirrors, .. }, .. } => {
                mirrors
            }
            _ => &[],
        }
    }

    /// What the backend receives, for a forward.
    pub fn upstream(&self) -> Option<&Upstream> {
        if let Self::Forward { upstream, .. } = self { Some(upstream) } else { None }
    }

    /// The `Location` of a redirect.
    pub fn location(&self) -> Option<&str> {
        if let Self::Redirect { location, .. } = self { Some(location) } else { None }
    }

    /// The URLs of the circle in which a redirect ends, the first again at the end.
    pub fn circle(&self) -> &[String] {
        if let Self::Redirect { circle, .. } = self { circle } else { &[] }
    }
}

impl Decision {
    /// The outcome in one word.
    pub fn kind(&self) -> OutcomeKind {
        self.outcome.kind()
    }

    /// What the gateway itself answers; `None` for what goes on to a backend.
    pub fn status(&self) -> Option<u16> {
        self.outcome.status()
    }

    /// The row that decided.
    pub fn row(&self) -> Option<RuleNodeId> {
        self.outcome.row()
    }

    /// agentgateway: the rule that passed the request on to where nothing takes it, or into a cycle.
    pub fn stopped(&self) -> Option<RuleNodeId> {
        self.outcome.stopped()
    }

    /// The TCP or TLS route that takes the connection.
    pub fn stream(&self) -> Option<&Arc<StreamRoute>> {
        if let Outcome::Passthrough { route, .. } = &self.outcome { Some(route) } else { None }
    }

    /// Whether the CORS filter answers it as a preflight.
    pub fn is_preflight(&self) -> bool {
        matches!(self.outcome, Outcome::Respond { by: Responder::Preflight(_), .. })
    }

    /// What becomes of all the requests: the outcome, or that of each branch.
    pub fn ends(&self) -> impl Iterator<Item = &Outcome> + Clone {
        let own = self.branches.is_empty().then_some(&self.outcome);
        own.into_iter().chain(self.branches.iter().map(|branch| &branch.outcome))
    }

    /// Where it may go, broken ones included; of all branches, where there are some.
    pub fn destinations(&self) -> impl Iterator<Item = &Destination> + Clone {
        self.ends().flat_map(Outcome::destinations)
    }

    /// Who else gets a copy; of all branches, where there are some.
    pub fn mirrors(&self) -> impl Iterator<Item = &MirrorTo> + Clone {
        self.ends().flat_map(Outcome::mirrors)
    }

    /// Whether the request reaches a redirect that ends somewhere, or a backend that serves it as far as is known.
    pub fn arrives(&self) -> bool {
        match &self.outcome {
            _ if self.refused.is_some() => false,
            Outcome::Forward { .. } | Outcome::Passthrough { .. } => {
                self.destinations().any(|one| one.share > 0.0 && one.serves())
            }
            Outcome::Redirect { circle, .. } => circle.is_empty() && !self.notes.contains(&Note::SameUrl),
            Outcome::Respond { .. } | Outcome::NotFound { .. } | Outcome::Unknown { .. } => false,
        }
    }
}
