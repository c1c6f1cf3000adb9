//! What is wrong, and what to do about it, as data. The sentences are in `routescope-render`.

mod attachment;
mod requests;
mod tls;

pub use attachment::{
    AttachmentProblem, GatewayProblem, ListenerProblem, NotAttached, ServerNameClash, ServerNameOwner,
};
pub use requests::{Backend, RedirectLoop, RequestsProblem, Taker, TieBreak};
pub use tls::TlsProblem;

use super::{Location, Subject};
use crate::model::{Name, ObjectKey};

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// What a reader says of its input, without a final stop.
    Text(String),
    /// Another problem, of an object that nothing but Gateways of an assumed engine reach.
    UnderAssumedEngine(Box<Problem>),
    /// So many more findings of the code are not listed.
    NotListed(usize),
    /// An object is defined again: this definition counts, and the one at `earlier` does not.
    DefinedTwice {
        /// The object.
        object: Subject,
        /// Where it is defined before.
        earlier: Location,
    },
    /// So many routes are in namespaces that the control plane does not see.
    NotDiscovered(usize),
    /// A Gateway has more than is kept in memory.
    TooLarge(TooLarge),
    /// A rule with `matches: []` delegates to a child that inherits.
    ControlPlaneCrash,
    /// What is wrong with a Gateway.
    Gateway(Box<GatewayProblem>),
    /// What is wrong with how a route attaches.
    Attachment(Box<AttachmentProblem>),
    /// What is wrong with sets of requests.
    Requests(Box<RequestsProblem>),
}

/// What to do about a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// What a reader says of its input.
    Text(String),
    /// Ask for the rights to read there.
    ReadThere,
    /// Remove one of two definitions.
    RemoveOne,
    /// Write a match.
    WriteMatch,
    /// Give routes fewer hostnames or listeners.
    FewerHostnames,
    /// Give routes a sectionName, or listeners fewer routes.
    FewerAttachments,
    /// Look for routes that delegate to each other in layers.
    LookForLayers,
    /// Add the manifest of a Gateway.
    AddGateway,
    /// Add the `GatewayClass`, or name the engine.
    NameEngine,
    /// Give each server name of a port to one listener or route.
    OneServerName,
    /// Attach a route to the listeners that take its hostnames.
    AttachToThose,
    /// Attach a route of one rule with backendRefs.
    AttachStream,
    /// Remove route kinds from a listener.
    RemoveKinds,
    /// Give each rule a route of its own.
    OneRuleEach,
    /// See the `allowedRoutes` of the listeners.
    SeeAllowedRoutes,
    /// See the section and the port of the parentRef.
    SeeSection,
    /// See the hostnames of the listeners.
    SeeHostnames,
    /// What clients outside of a mesh send goes by the routes of Gateways.
    OutsideOfMesh,
    /// This parent may be meant.
    MeansParent {
        /// The one that is named.
        named: ObjectKey,
        /// The one that may be meant.
        near: ObjectKey,
    },
    /// This section may be meant.
    MeansSection(Name),
    /// The parent has this listener alone.
    OnlyListener(Name),
    /// The parent has these listeners.
    Listeners(Vec<Name>),
    /// Attach a route to this section alone.
    NameSection {
        /// The section.
        section: Name,
        /// The route.
        route: ObjectKey,
    },
    /// Attach the route to the HTTP listener of this name alone.
    AttachToHttp(Name),
    /// Let a redirect lead to where no rule redirects again.
    RedirectElsewhere,
}

/// What of a Gateway is more than is kept in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TooLarge {
    /// Its table.
    Table {
        /// How many virtual hosts are kept.
        kept: usize,
        /// How much all tables may take, in MiB.
        mebibytes: usize,
    },
    /// The attachments of routes to its listeners.
    Attachments {
        /// How many are left out.
        left_out: usize,
        /// How much all of them may take, in MiB.
        mebibytes: usize,
    },
    /// The levels of a delegation.
    Depth {
        /// How many are followed.
        levels: usize,
        /// At how many more places it is not followed.
        more: usize,
    },
    /// What a delegation leads to.
    Delegation {
        /// How much it may take, in MiB.
        mebibytes: usize,
        /// At how many more places it is not followed.
        more: usize,
    },
}

/// A rule by its route and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName {
    /// The route.
    pub route: ObjectKey,
    /// The rule, from 0.
    pub rule: u32,
    /// Where it is written.
    pub place: Location,
}

impl From<String> for Problem {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<GatewayProblem> for Problem {
    fn from(problem: GatewayProblem) -> Self {
        Self::Gateway(Box::new(problem))
    }
}

impl From<AttachmentProblem> for Problem {
    fn from(problem: AttachmentProblem) -> Self {
        Self::Attachment(Box::new(problem))
    }
}

impl From<RequestsProblem> for Problem {
    fn from(problem: RequestsProblem) -> Self {
        Self::Requests(Box::new(problem))
    }
}

impl From<String> for Advice {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
