//! Rules that do something else than they look like, and policies that reach nothing.

use super::MatchPart;
use crate::finding::Subject;
use crate::model::{Name, ObjectKey};

/// What is accepted, and does something else than it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleProblem {
    /// A match inherits the one of its parent, which replaces conditions.
    ParentMatcherWins {
        /// The parent.
        parent: ObjectKey,
        /// The conditions.
        conditions: Vec<ReplacedCondition>,
    },
    /// The prefix rewrite of a parent replaces the whole prefix of a rule below.
    ParentRewrite {
        /// A path that is asked.
        asked: String,
        /// The route of the rule below.
        child: ObjectKey,
        /// What the path becomes.
        becomes: String,
        /// What its author may expect.
        expected: String,
    },
    /// This annotation has no effect without weighted route precedence.
    WeightNotCounted(&'static str),
    /// This annotation is not a number.
    WeightNotNumber {
        /// The annotation.
        annotation: &'static str,
        /// Its value.
        value: Name,
    },
    /// A redirect to https keeps this port.
    KeepsPort(u16),
    /// A prefix is replaced letter by letter.
    PrefixReplaced {
        /// A path.
        path: String,
        /// What it becomes.
        becomes: String,
        /// No slash is left between.
        is_joined: bool,
    },
}

/// A condition of a child that the parent's takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacedCondition {
    /// What it is of: the method, or a header or query parameter of this name.
    pub of: Option<(MatchPart, Name)>,
    /// Its field in the match (`method`, `headers[1]`).
    pub field: String,
    /// The child's value.
    pub own: Name,
    /// The parent's, which counts.
    pub parents: Name,
}

/// What a policy does not reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetProblem {
    /// The target does not exist, or is not in the input.
    Missing {
        /// The target.
        target: Subject,
        /// All objects of its kind and namespace are in the input.
        is_certain: bool,
    },
    /// The target has no such section.
    NoSection {
        /// The target.
        target: Subject,
        /// The section.
        section: Name,
    },
    /// No object has the labels of a selector; without labels it selects nothing.
    NoLabels {
        /// The kind.
        kind: &'static str,
        /// The namespace; `None` where it selects in all of them.
        namespace: Option<Name>,
        /// The labels.
        labels: Vec<(Name, Name)>,
    },
    /// It has no targetRefs, and no rule names it.
    NoTargets,
}
