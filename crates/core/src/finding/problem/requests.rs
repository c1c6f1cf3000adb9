//! What is wrong with sets of requests.

use super::RuleName;
use crate::model::{Name, ObjectKey};

/// What is wrong with the requests that a rule or a backend gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestsProblem {
    /// Other rules take all that a rule matches.
    Unreachable {
        /// The rule, from 0.
        rule: u32,
        /// The rules that take it.
        by: Vec<Taker>,
        /// The backends that get no request with it.
        lost: Vec<Backend>,
    },
    /// Every match of a rule wants two values of one header.
    Contradiction {
        /// The rule, from 0.
        rule: u32,
        /// The header and its value, as each of the two is written.
        headers: [(Name, Name); 2],
    },
    /// A rule of another route has the same match, and wins.
    Conflict {
        /// The rule, from 0.
        rule: u32,
        /// The one that wins.
        winner: RuleName,
        /// What decides.
        by: TieBreak,
        /// The backends that get no request with the rule.
        lost: Vec<Backend>,
    },
    /// No request reaches any of the rules that refer to a backend.
    BackendUnreached {
        /// The backend.
        backend: Backend,
        /// How many rules refer to it.
        rules: usize,
    },
    /// A rule takes a path below a prefix that is delegated to another namespace.
    Overlap {
        /// The rule, from 0.
        rule: u32,
        /// Its path.
        path: Name,
        /// The prefix.
        prefix: Name,
        /// The rule that delegates it.
        delegated_by: RuleName,
        /// The namespace that it is delegated to.
        namespace: Name,
    },
    /// A redirect leads back to its rule.
    RedirectLoop(RedirectLoop),
}

/// A rule that takes the requests of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taker {
    /// The rule.
    pub rule: RuleName,
    /// Its route is older.
    pub is_older: bool,
}

/// A backend, whatever its port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Backend {
    /// Its kind.
    pub kind: Name,
    /// Its namespace and name.
    pub key: ObjectKey,
}

/// What decides between rules of two routes with the same match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TieBreak {
    /// The winner's route has this weight, and the other a lower one.
    RouteWeight(i32),
    /// The age of the routes, or their names.
    Route {
        /// Whether it is the root routes above both that decide.
        is_root: bool,
        /// Whether it is the age.
        by_age: bool,
        /// The route that comes first.
        early: ObjectKey,
        /// The other.
        late: ObjectKey,
    },
    /// The order in the route.
    WrittenFirst,
}

/// How a redirect leads back to its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectLoop {
    /// This URL is redirected to itself.
    ToItself(String),
    /// After so many redirects the client is redirected again.
    Long {
        /// How many.
        redirects: usize,
        /// Where the client is.
        url: String,
    },
    /// These URLs lead to each other.
    Circle(Vec<String>),
}
