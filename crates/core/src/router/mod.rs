//! From the [`Tree`](crate::resolve::Tree) to the [`RouteTable`], and from a [`Request`] to a [`Decision`].
//!
//! The table is what the engine would load into the proxy: virtual hosts and their rows in evaluation order. One code
//! path decides and explains: the quick lookup and the traced one share the test of an entry.

mod agentgateway_redirect;
mod circles;
mod compile;
mod complete;
mod connection;
mod decide;
mod decision;
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
mod note;
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

use crate::model::{Name, ObjectKey, Protocol};
use crate::resolve::{Cut, Engine, EnvoyRejection, RuleNodeId};

pub use compile::{compile, cut_tables};
pub use connection::{ListenerRefusal, NoConnection, Unseen};
pub use decide::Router;
pub use decision::{Branch, Considered, Decision, Outcome, OutcomeKind, Responder, Upstream, Verdict};
pub use groups::{Group, Groups, Tier};
pub use index::Index;
pub use lists::Gap;
pub use lookup::Lookup;
pub use note::{AnswerPlace, BackendName, Note, Refusal, RowAnswer};
pub use precedence::{Precedence, Ranks};
pub use reason::{Criterion, Delegation, Need, Reached, Reason, Unanswered};
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
    /// agentgateway: some rules are not evaluated, because all regular expressions together are too large.
    pub unevaluated: bool,
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
