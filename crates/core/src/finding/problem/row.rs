//! Why a match emits no row, and why a row answers by itself.

use super::{BrokenRef, EnvoyProblem, PolicyProblem};
use crate::model::{Name, ObjectKey, PathKind};

/// Why a match emits nothing under this parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DropReason {
    /// The parent's path type is not `PathPrefix`, and the child does not inherit.
    ParentNotPrefix {
        /// The parent's path type.
        parent: PathKind,
    },
    /// The child's path does not start with the parent's.
    NotUnder {
        /// The parent's path.
        parent: Name,
    },
    /// The parent requires a header that the child does not.
    HeaderMissing {
        /// The header.
        name: Name,
    },
    /// The parent requires a query parameter that the child does not.
    QueryParamMissing {
        /// The query parameter.
        name: Name,
    },
    /// The parent requires another method.
    MethodDiffers {
        /// The parent's method.
        parent: Name,
    },
    /// A rule with `matches: []` under a parent it does not inherit from.
    NoMatches,
    /// The parent's rule has `matches: []`: nothing but a child that inherits can stand under it.
    ParentHasNoMatches,
    /// The rule was dropped by strict validation.
    Invalid(Box<EnvoyProblem>),
    /// Hop by hop: a rule with `matches: []` is one that nothing matches.
    MatchesNothing,
    /// agentgateway: a regular expression that does not compile.
    NeverMatches(Box<InvalidRegex>),
    /// agentgateway: its regular expressions are too large to be compiled with all others; it may match.
    NotEvaluated {
        /// What the first of them is of.
        part: MatchPart,
        /// That expression.
        regex: Name,
    },
    /// agentgateway: the translator does not take the rule, or any rule of its route.
    Refused(Box<RuleRefusal>),
}

impl DropReason {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ParentNotPrefix { .. } => "dropped-parent-not-prefix",
            Self::NotUnder { .. } => "dropped-not-under-parent",
            Self::HeaderMissing { .. } => "dropped-header-missing",
            Self::QueryParamMissing { .. } => "dropped-query-param-missing",
            Self::MethodDiffers { .. } => "dropped-method-differs",
            Self::NoMatches | Self::ParentHasNoMatches | Self::MatchesNothing => "dropped-no-matches",
            Self::Invalid(_) | Self::NeverMatches(_) => "dropped-invalid-regex",
            Self::NotEvaluated { .. } => "not-evaluated",
            Self::Refused(_) => "dropped-refused",
        }
    }
}

/// A part of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchPart {
    /// The path.
    Path,
    /// A header.
    Header,
    /// A query parameter.
    QueryParam,
}

impl MatchPart {
    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Header => "header",
            Self::QueryParam => "query parameter",
        }
    }
}

/// A regular expression that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRegex {
    /// What it is of.
    pub part: MatchPart,
    /// The expression.
    pub regex: Name,
    /// What its compiler says.
    pub error: String,
}

/// Why agentgateway's translator does not take a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRefusal {
    /// The rule, from 0, where the route has several and none is taken for this one.
    pub rule: Option<u32>,
    /// What it does not take.
    pub what: NotSupported,
    /// The filter of a mirror has it.
    pub is_mirror: bool,
}

/// What agentgateway's translator does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSupported {
    /// A hostname in the place of the name of a Service.
    Hostname(Name),
    /// A ref to a Service without a port.
    NoPort(Name),
    /// A backend that does not resolve: a rule of a delegated route, or a mirror, is left out for that.
    Backend {
        /// Its kind.
        kind: Name,
        /// Its namespace and name.
        backend: ObjectKey,
        /// Why it does not resolve.
        why: BackendProblem,
        /// It is the backend of a rule of a delegated route.
        is_delegated: bool,
    },
    /// More than one `RequestRedirect`.
    TwoRedirects,
    /// An `ExtensionRef`.
    Extension {
        /// Its group.
        group: Name,
        /// Its kind.
        kind: Name,
    },
    /// A filter in a place where it may not be.
    Filter {
        /// The filter.
        filter: Name,
        /// The kind of the route, or `backendRef`.
        place: &'static str,
    },
}

/// Why a backend does not resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendProblem {
    /// No `ReferenceGrant` permits the ref.
    NotPermitted,
    /// It does not exist.
    Missing,
    /// It has no such port.
    NoPort,
    /// Its kind is not known.
    UnknownKind,
    /// The ref must not have a port.
    PortNotAllowed,
}

/// Why the gateway answers by itself, with names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RespondDetail {
    /// A delegating ref is broken.
    BrokenRef {
        /// How.
        broken: Box<BrokenRef>,
        /// Something of what it may select cannot be read.
        as_far_as_readable: bool,
    },
    /// A policy cannot be built.
    Policy {
        /// The policy.
        policy: ObjectKey,
        /// Why.
        problem: Box<PolicyProblem>,
    },
    /// The rule has no backendRefs, and no filter that answers.
    NoBackends,
    /// The weights of all its backendRefs are 0.
    AllWeightsZero,
    /// `ReplacePrefixMatch` without a `PathPrefix`.
    NoPrefix,
    /// A filter that is not read may answer.
    Filter {
        /// Its kind.
        kind: Name,
        /// Its name.
        name: Name,
    },
    /// A `DirectResponse` answers.
    DirectResponse(ObjectKey),
    /// A `DirectResponse` cannot answer for a rule that does something else.
    DirectResponseConflict {
        /// The `DirectResponse`.
        response: ObjectKey,
        /// What the rule does.
        rule: RuleAction,
    },
    /// What a filter names does not exist.
    Missing {
        /// Its kind.
        kind: Name,
        /// Its namespace and name.
        object: ObjectKey,
    },
    /// A filter of a kind that the engine does not know.
    UnknownFilter {
        /// Its kind.
        kind: Name,
        /// Its group.
        group: Name,
    },
    /// The status of a redirect.
    RedirectStatus(String),
    /// This annotation, which has the status of redirects, is empty.
    EmptyAnnotation(&'static str),
    /// A path that Envoy does not take.
    Path {
        /// What it is.
        part: PathPart,
        /// The path.
        path: Name,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// Strict validation replaces what Envoy would refuse.
    Envoy(Box<EnvoyProblem>),
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RuleAction {
    Forwards,
    Redirects,
    Answers,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathPart {
    /// The path of a match.
    Match,
    /// What a rewrite writes.
    Rewrite,
    /// Where a redirect leads.
    Redirect,
}

/// What is wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathProblem {
    /// It holds this character.
    Character(char),
    /// It contains this.
    Contains(&'static str),
    /// It ends with this.
    EndsWith(&'static str),
    /// It is not a URL.
    NotUrl,
}
