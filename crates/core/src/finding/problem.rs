//! What is wrong, and what to do about it, as data. The sentences are in `routescope-render`.

mod attachment;
mod backend;
mod delegation;
mod engine;
mod requests;
mod row;
mod rule;
mod tls;

pub use attachment::{
    AttachmentProblem, GatewayProblem, ListenerProblem, NotAttached, ServerNameClash, ServerNameOwner,
};
pub use backend::{BackendEffect, BackendRefProblem, SlipHint, Unserved, UnservedReason};
pub use delegation::{BrokenRef, DelegationProblem, NotTaken};
pub use engine::{EnvoyProblem, PolicyProblem};
pub use requests::{Backend, RedirectLoop, RequestsProblem, Taker, TieBreak};
pub use row::{
    BackendProblem, DropReason, InvalidRegex, MatchPart, NotSupported, PathPart, PathProblem, RespondDetail,
    RuleAction, RuleRefusal,
};
pub use rule::{ReplacedCondition, RuleProblem, TargetProblem};
pub use tls::TlsProblem;

use super::{Location, Subject};
use crate::model::{Name, ObjectKey, PathKind};

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
    /// A policy cannot be built.
    Policy(Box<PolicyProblem>),
    /// A delegating ref leads to nothing.
    BrokenRef {
        /// How it is broken.
        broken: Box<BrokenRef>,
        /// What comes of it.
        effect: BrokenRefEffect,
    },
    /// A rule answers by itself, with an error.
    Answers {
        /// Why.
        detail: Box<RespondDetail>,
        /// The implementation decides what the rule answers.
        is_unspecified: bool,
    },
    /// Envoy refuses the route table.
    EnvoyRefusesTable(Box<EnvoyProblem>),
    /// A match emits no row.
    Dropped {
        /// The type of its path.
        kind: PathKind,
        /// Its path.
        path: Name,
        /// The route above it.
        parent: Option<ObjectKey>,
        /// Why.
        reason: Box<DropReason>,
    },
    /// A backendRef is broken.
    Backend {
        /// How.
        problem: Box<BackendRefProblem>,
        /// What comes of it.
        effect: BackendEffect,
    },
    /// Nobody serves a Service that rules lead to.
    Unserved(Box<Unserved>),
    /// What is wrong with routes that are delegated to.
    Delegation(Box<DelegationProblem>),
    /// A rule does something else than it looks like.
    Rule(Box<RuleProblem>),
    /// A policy does not reach anything.
    Target(Box<TargetProblem>),
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
    /// Every route of the port is stuck until this is fixed.
    FixFirst,
    /// Add a backendRef.
    AddBackend,
    /// Keep either the `DirectResponse` or the action of the rule.
    OneAction,
    /// Write the normalised path.
    NormalisedPath,
    /// Write a match, or leave `matches` out for every path.
    WriteMatchOrNone,
    /// Write simpler expressions.
    SimplerRegexes,
    /// Change a match or its parent, so that it stands below it.
    Keep {
        /// What to change.
        change: MatchChange,
        /// The annotation that lets the child inherit would help, too.
        or_inherit: bool,
    },
    /// Give routes fewer hostnames or listeners.
    FewerHostnames,
    /// Give routes a sectionName, or listeners fewer routes.
    FewerAttachments,
    /// Look for routes that delegate to each other in layers.
    LookForLayers,
    /// Refer to a kind that kgateway serves.
    ServedKinds,
    /// Add a `ReferenceGrant` for a backend.
    GrantBackend {
        /// The namespace of the backend.
        namespace: Name,
        /// The kind that refers.
        from: &'static str,
        /// Its namespace.
        home: Name,
        /// The kind of the backend.
        kind: Name,
    },
    /// Remove the port.
    RemovePort,
    /// Write the group of an `HTTPRoute`.
    RouteGroup,
    /// Write the group of a label.
    LabelGroup,
    /// The backend has these ports.
    HasPorts(Vec<u16>),
    /// An object of this name may be meant.
    MeansName(Name),
    /// What was most likely meant by a ref that does not delegate.
    Slip(SlipHint),
    /// So many rules lead to it.
    LedToBy {
        /// How many.
        rules: usize,
        /// The kind of the first one's route.
        kind: &'static str,
        /// That route.
        route: ObjectKey,
        /// The rule, from 0.
        rule: u32,
    },
    /// Remove a ref that leads back to a route above it.
    RemoveRef,
    /// Name the parent in `parentRefs`, or have none.
    NameParent,
    /// Take one of the refs of a cycle away.
    BreakCycle,
    /// Add a parentRef to this route.
    AddParentRef(ObjectKey),
    /// Remove the hostnames of a child.
    RemoveChildHostnames,
    /// See why the matches of a child fall away.
    SeeMatches,
    /// A route has the label: write its namespace.
    WriteNamespace {
        /// The route.
        route: ObjectKey,
        /// Its namespace.
        namespace: Name,
    },
    /// A route has the label: this namespace selects in every one.
    SelectEverywhere {
        /// The route.
        route: ObjectKey,
        /// The name that stands for all namespaces.
        namespace: Name,
    },
    /// This label of this route may be meant.
    MeansLabel {
        /// The label.
        label: Name,
        /// The route.
        route: ObjectKey,
    },
    /// Label a route, or fix the name.
    LabelRoute,
    /// This route may be meant.
    MeansRoute(ObjectKey),
    /// There is this route, in another namespace.
    OtherNamespace(ObjectKey),
    /// Add a `ReferenceGrant`, or name the parent.
    GrantAdoption {
        /// The parent.
        parent: ObjectKey,
        /// The child.
        child: ObjectKey,
    },
    /// Remove `spec.hostnames`.
    RemoveHostnames,
    /// Put a backend into a rule of its own.
    RuleForBackend,
    /// How paths of parent and child are compared.
    ComparedAsText,
    /// Give each rule a ref of its own.
    RefForEachRule,
    /// Put a ref into a rule of its own.
    RuleForRef,
    /// Name the namespace, or give each its own label.
    LabelEach,
    /// Give the filters to one of two routes.
    FiltersToOne,
    /// Remove conditions from one of two matches.
    RemoveConditions {
        /// The conditions.
        conditions: Vec<ReplacedCondition>,
        /// The parent.
        parent: ObjectKey,
    },
    /// Give a route a rewrite of its own.
    OwnRewrite {
        /// The route.
        route: ObjectKey,
        /// What replaces its prefix.
        replacement: String,
    },
    /// Write a whole number.
    WholeNumber,
    /// Say that the control plane counts weights, or remove the annotation.
    CountWeights,
    /// Write the port or the hostname into a redirect.
    WritePort,
    /// End the replacement in a slash.
    EndInSlash,
    /// End the replacement without a slash.
    EndWithoutSlash,
    /// A redirect takes no prefix away.
    NamePath,
    /// Label the object, or correct the selector.
    LabelObject,
    /// This object of another namespace has the labels: move the policy.
    MoveToSelected(ObjectKey),
    /// Add a targetRef.
    AddTarget,
    /// This object of another namespace may be meant: move the policy.
    MovePolicy(ObjectKey),
    /// None of the rules has a name.
    NameRule,
    /// The rules have these names.
    RuleNames(Vec<Name>),
    /// The listeners have these names.
    ListenerNames(Vec<Name>),
    /// A route of a mesh names its Service with the core group.
    MeshGroup,
    /// Write the group of a Gateway, or leave it out.
    GatewayGroup,
    /// This kind may be meant.
    MeansKind(&'static str),
    /// Name a Gateway.
    NameGateway,
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

/// What makes a match stand below its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchChange {
    /// Give the parent a `PathPrefix`.
    ParentPrefix,
    /// Write the whole path, beginning with this.
    WholePath(Name),
    /// Repeat the parent's condition in the child.
    Repeat,
}

/// What comes of a broken ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenRefEffect {
    /// Its rule answers 500.
    RuleAnswers500,
    /// Who walks the cycle gets a 500.
    Walkers500,
    /// A 404.
    NotFound,
    /// It is so as far as is in view.
    InView,
    /// It is so of the routes in view.
    OfThoseInView,
    /// Nothing that is worth saying.
    None,
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

impl From<DelegationProblem> for Problem {
    fn from(problem: DelegationProblem) -> Self {
        Self::Delegation(Box::new(problem))
    }
}

impl From<RuleProblem> for Problem {
    fn from(problem: RuleProblem) -> Self {
        Self::Rule(Box::new(problem))
    }
}

impl From<TargetProblem> for Problem {
    fn from(problem: TargetProblem) -> Self {
        Self::Target(Box::new(problem))
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
