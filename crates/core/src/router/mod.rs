//! From the [`Tree`](crate::resolve::Tree) to the [`RouteTable`], and from a [`Request`] to a [`Decision`].
//!
//! The table is what the engine would load into the proxy: virtual hosts and their rows in evaluation order. One code
//! path decides and explains: the quick lookup and the traced one share the test of an entry.

mod agentgateway_redirect;
mod circles;
mod compile;
mod complete;
mod decide;
mod effect;
mod explain;
mod explain_agentgateway;
mod groups;
mod hosts;
mod index;
pub(crate) mod lists;
mod lookup;
pub(crate) mod matcher;
pub(crate) mod normalise;
mod passthrough;
mod policy_effects;
mod policy_replacement;
mod precedence;
mod reason;
mod received;
mod remarks;
mod request;
mod slips;
mod spec_rewrite;
mod uncertainty;
mod unreadable_routes;
mod unspecified;
mod upgrade;
mod values;
mod walk;

use std::sync::Arc;

use crate::model::{Name, ObjectKey, Protocol, StreamRoute};
use crate::resolve::{Cut, Destination, Engine, EnvoyRejection, InForce, MirrorTo, RuleNodeId};

pub use compile::{compile, cut_tables};
pub use decide::Router;
pub use effect::SAME_URL;
pub use groups::{Group, Groups, Tier};
pub use index::Index;
pub use lookup::{Lookup, Unseen};
pub use policy_effects::PREFLIGHT;
pub use precedence::{Precedence, Ranks};
pub use reason::{Criterion, Delegation, Need, Reached, Reason, Unanswered};
pub use remarks::PARENTS_REWRITE;
pub use request::{Request, RequestError, Scheme};

/// What every Gateway's proxy would load.
#[derive(Debug, Default)]
pub struct RouteTable {
    /// One per [`Tree::gateways`](crate::resolve::Tree::gateways), in the same order.
    pub gateways: Vec<GatewayTable>,
    /// The tables below, of engines that walk hop by hop.
    pub groups: Groups,
}

/// One Gateway's virtual hosts.
#[derive(Debug)]
pub struct GatewayTable {
    /// The Gateway.
    pub gateway: ObjectKey,
    /// Its place in [`Tree::gateways`](crate::resolve::Tree::gateways).
    pub node: u32,
    /// Which engine answers.
    pub engine: Engine,
    /// The Gateway is not in view.
    pub assumed: bool,
    /// Virtual hosts or rows are left out, because all of them together take too much memory.
    pub cut: bool,
    /// By port, SNI (none first), then host: exact hosts, longest wildcard first, `*` last.
    pub virtual_hosts: Vec<VirtualHost>,
}

/// The routes of one host on one port.
#[derive(Debug)]
pub struct VirtualHost {
    /// The listener's port.
    pub port: u16,
    /// The listener's protocol.
    pub protocol: Protocol,
    /// The server name by which an HTTPS listener is chosen (`*` when it has no hostname); `None` on plain HTTP.
    pub sni: Option<Name>,
    /// The host, a wildcard (`*.example.com`), or `*`.
    pub hostname: Name,
    /// The listeners that serve it: plain names, `namespace/set/name` for those of a `ListenerSet`.
    pub listeners: Vec<Name>,
    /// It belongs to its one listener alone, which takes requests by its own hostname first (agentgateway).
    pub alone: bool,
    /// The rows, in evaluation order; shared with the hosts that the same routes serve.
    pub rows: Arc<[RuleNodeId]>,
    /// What Envoy would refuse this table for.
    pub rejections: Vec<EnvoyRejection>,
    /// Rows may be missing: some of what its routes delegate to is not followed.
    pub cut: Option<Cut>,
    /// Finds the winning row.
    pub index: Arc<Index>,
}

/// What becomes of a request, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Outcome {
    Forward,
    Redirect,
    Respond,
    NotFound,
    /// A TCP or TLS route takes the connection, and no HTTP route sees it.
    Passthrough,
}

impl Outcome {
    /// The word of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Redirect => "redirect",
            Self::Respond => "respond",
            Self::NotFound => "not-found",
            Self::Passthrough => "passthrough",
        }
    }
}

/// Where a request goes on one Gateway, and why.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Its place in [`RouteTable::gateways`].
    pub gateway: u32,
    /// The listener that took it (as in [`VirtualHost::listeners`]).
    pub listener: Option<Name>,
    /// The listener's port.
    pub port: Option<u16>,
    /// Its place in [`GatewayTable::virtual_hosts`]; `None` when no host matches.
    pub virtual_host: Option<u32>,
    /// The row that decided.
    pub hop: Option<RuleNodeId>,
    /// Hop by hop: the rule that handed the request on to where nothing takes it, or into a cycle.
    pub stopped: Option<RuleNodeId>,
    /// Hop by hop: what becomes of each share, when chance decides between several ends; else empty.
    pub branches: Vec<Branch>,
    /// The TCP or TLS route that takes the connection.
    pub stream: Option<Arc<StreamRoute>>,
    /// Why nothing of this is served: Envoy refuses it, or the control plane crashes before.
    pub refused: Option<String>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// What the gateway itself answers; `None` for a forward.
    pub status: Option<u16>,
    /// Where it may go, broken ones included.
    pub destinations: Vec<Destination>,
    /// What the backend receives, for a forward.
    pub upstream: Option<Upstream>,
    /// The `Location` of a redirect.
    pub location: Option<String>,
    /// The URLs of the circle in which a redirect ends, the first again at the end; explained answers alone know it.
    pub circle: Vec<String>,
    /// Who else gets a copy.
    pub mirrors: Vec<MirrorTo>,
    /// It is a CORS preflight, and the gateway answers it in place of what the row does.
    pub preflight: bool,
    /// The policies that reach the row that decided, with the row's timeouts and retries.
    pub policies: InForce,
    /// Why the others lost; empty from the quick lookup. The winner first, then the closest.
    pub considered: Vec<Considered>,
    /// How many more rows of this virtual host could not match at all and are not listed.
    pub not_listed: usize,
    /// Why nothing answers, from the traced lookup.
    pub unanswered: Option<Unanswered>,
    /// Why the answer is not certain; empty when it is.
    pub unverified: Vec<String>,
    /// What else a person should know (a redirect that keeps a port, a table Envoy would refuse).
    pub notes: Vec<String>,
}

impl Decision {
    /// Whether the request reaches a redirect that ends somewhere, or a backend that serves it as far as is known.
    pub fn arrives(&self) -> bool {
        match self.outcome {
            _ if self.refused.is_some() => false,
            Outcome::Forward | Outcome::Passthrough => {
                self.destinations.iter().any(|one| one.share > 0.0 && one.serves())
            }
            Outcome::Redirect => self.circle.is_empty() && !self.notes.iter().any(|note| note == SAME_URL),
            Outcome::Respond | Outcome::NotFound => false,
        }
    }
}

/// What becomes of one share of the requests.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The share, 0 to 1.
    pub share: f64,
    /// The row that decided, or the rule that delegated without effect.
    pub hop: RuleNodeId,
    /// Whether a row decided.
    pub decided: bool,
    /// What becomes of it.
    pub outcome: Outcome,
    /// What the gateway itself answers; `None` for a forward.
    pub status: Option<u16>,
    /// Where it may go; the shares are those of all requests.
    pub destinations: Vec<Destination>,
    /// What the backend receives, for a forward.
    pub upstream: Option<Upstream>,
    /// The `Location` of a redirect.
    pub location: Option<String>,
}

/// What the backend receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The authority.
    pub host: String,
    /// The path after normalisation and rewrites, with its query string.
    pub path: String,
}

/// A row (or a dropped match) that was held against the request.
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
