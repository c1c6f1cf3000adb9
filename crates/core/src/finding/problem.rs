//! What is wrong, and what to do about it, as data. The sentences are in `routescope-render`.

mod requests;

pub use requests::{Backend, RedirectLoop, RequestsProblem, Taker, TieBreak};

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
