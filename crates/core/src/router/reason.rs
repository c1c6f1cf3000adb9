//! Why a row won, lost, missed or was dropped, as a type. The sentences are in `routescope-render`.

use std::borrow::Cow;

use super::decide::Router;
use super::matcher::{MatchInput, Miss, Patterns, failures, header_value, path_matches, query_value};
use super::precedence::{Difference, HopPrecedence, Ranks};
use crate::model::{Name, ObjectKey, Route, RouteMatch, ValueMatch};
use crate::resolve::{DropReason, RuleNode, RuleNodeId};
use crate::store::RouteId;

/// Why a row is, or is not, the one that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Every test of it holds, and no row before it matches.
    Matches,
    /// It delegates.
    Delegates(Delegation),
    /// Some tests of it fail.
    Fails {
        /// The path is among them.
        path: bool,
        /// The others, in the order method, headers, query parameters.
        needs: Vec<Need>,
    },
    /// It matches too, and comes after the row that was taken.
    Later {
        /// The row that was taken.
        than: RuleNodeId,
        /// The first difference in precedence.
        by: Criterion,
    },
    /// It is in no table.
    Dropped(DropReason),
    /// It is not a row of the virtual host that was chosen.
    OtherHost {
        /// That virtual host's name.
        hostname: Name,
    },
    /// No virtual host takes the request's host.
    NoVirtualHost,
    /// The request line is one that the codec refuses.
    BadRequest {
        /// What it holds (`a space`).
        what: String,
    },
    /// agentgateway: a rule above it does not get the request.
    AboveNotReached {
        /// The rule above it.
        above: RuleNodeId,
    },
    /// agentgateway: its route's hostnames do not cover the host.
    HostnamesDoNotCover {
        /// The hostnames.
        hostnames: Vec<Name>,
        /// The host that was asked.
        host: String,
    },
    /// agentgateway: it is not attached to the listener that takes the request.
    OtherListener,
}

/// What becomes of a request that a delegating rule passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delegation {
    /// The row that decides is under it.
    ToTheWinner,
    /// The row that decides is elsewhere.
    WinnerElsewhere,
    /// No row under it takes the request.
    NothingMatches,
}

/// What a request lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// This method.
    Method(Name),
    /// This header.
    Header {
        /// The test.
        test: ValueMatch,
        /// The value the request has; `None` when it has no such header.
        found: Option<String>,
    },
    /// This query parameter.
    QueryParam {
        /// The test.
        test: ValueMatch,
        /// The value the request has; `None` when it has no such parameter.
        found: Option<String>,
    },
}

/// The first thing in which two rows differ that decides their order (see `router::precedence`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// `kgateway.dev/route-weight`.
    RouteWeight {
        /// The weight of the row that comes later.
        late: i32,
        /// The weight of the row that comes first.
        early: i32,
    },
    /// agentgateway: the other route names the host more specifically.
    Hostname,
    /// The type of the path match: Exact, then `RegularExpression`, then `PathPrefix`.
    PathType,
    /// The length of the path's value.
    PathLength,
    /// The other names a method.
    Method,
    /// The other has more headers.
    Headers,
    /// The other has more query parameters.
    QueryParams,
    /// The age of the root route.
    RootAge,
    /// The name of the root route.
    RootName,
    /// The age of the route that owns the rule.
    RouteAge,
    /// The name of the route that owns the rule.
    RouteName,
    /// agentgateway: the name of the route; age does not count.
    RouteNameOnly,
    /// The order of the rules of one route.
    RuleOrder,
    /// The order of the matches of one rule.
    MatchOrder,
    /// The same rule at another place in the tree.
    SameRule,
    /// The order in which the engine emits rows.
    Emission,
}

impl Reason {
    /// A stable word for programs: the `code` of the JSON contract.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Delegates(Delegation::ToTheWinner) => "delegates",
            Self::Delegates(Delegation::WinnerElsewhere) => "delegates-elsewhere",
            Self::Delegates(Delegation::NothingMatches) => "delegates-to-no-match",
            Self::Fails { path: true, .. } => "path-differs",
            Self::Fails { path: false, needs } => match needs.first() {
                Some(Need::Method(_)) | None => "needs-method",
                Some(Need::Header { .. }) => "needs-header",
                Some(Need::QueryParam { .. }) => "needs-query-param",
            },
            Self::Later { by, .. } => by.code(),
            Self::Dropped(reason) => reason.code(),
            Self::OtherHost { .. } => "other-host",
            Self::NoVirtualHost => "no-virtual-host",
            Self::BadRequest { .. } => "bad-request",
            Self::AboveNotReached { .. } => "parent-not-reached",
            Self::HostnamesDoNotCover { .. } => "hostnames-do-not-cover",
            Self::OtherListener => "other-listener",
        }
    }

    /// Whether the request passes the rule and only what is under it decides.
    pub fn delegates(&self) -> bool {
        matches!(self, Self::Delegates(_))
    }

    /// Whether only a method, headers or query parameters are missing, and the path matches.
    pub fn needs_more(&self) -> bool {
        matches!(self, Self::Fails { path: false, .. })
    }

    /// How many things about the request would have to change: the fewer, the closer the row.
    pub(crate) fn changes(&self) -> usize {
        match self {
            Self::Fails { path, needs } => usize::from(*path) + needs.len(),
            _ => 0,
        }
    }
}

impl Criterion {
    fn code(self) -> &'static str {
        match self {
            Self::RouteWeight { .. } => "lower-route-weight",
            Self::Hostname => "less-specific-hostname",
            Self::PathType => "path-type",
            Self::PathLength => "shorter-prefix",
            Self::Method => "no-method",
            Self::Headers => "fewer-headers",
            Self::QueryParams => "fewer-query-params",
            Self::RootAge => "younger-root",
            Self::RootName => "root-name",
            Self::RouteAge => "younger-route",
            Self::RouteName | Self::RouteNameOnly => "route-name",
            Self::RuleOrder => "later-rule",
            Self::MatchOrder => "later-match",
            Self::SameRule => "same-rule",
            Self::Emission => "later-emission",
        }
    }
}

/// Why nothing answers a request: what a 404 lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// No virtual host of the port takes the host.
    NoHost {
        /// The host that was asked, as it was normalised.
        host: Option<String>,
        /// The listener's port.
        port: u16,
        /// A listener takes the host, and no route does.
        listener: bool,
    },
    /// No row takes the request.
    NoRule {
        /// The method that was asked.
        method: String,
        /// The path that was asked, normalised.
        path: String,
        /// How far the request came.
        reached: Reached,
        /// The closest row whose path matches.
        closest: Option<Box<Reason>>,
    },
}

/// How far a request came that nothing answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// Into no route of this virtual host (`*` for any host).
    Host(Name),
    /// To this delegating rule: no row under it takes the request.
    Under(RuleNodeId),
    /// agentgateway: this rule passed the request on, and nothing there takes it.
    PassedOn(RuleNodeId),
}

/// The tests that fail; `None` when the row matches.
pub(super) fn fails(row: &RouteMatch, facts: &MatchInput<'_>, patterns: &Patterns) -> Option<Reason> {
    let path = !path_matches(&row.path, &facts.path, patterns);
    let mut needs = Vec::new();
    for miss in failures(row, facts, patterns) {
        needs.push(match miss {
            Miss::Path => continue,
            Miss::Method(method) => Need::Method(method.clone()),
            Miss::Header(test) => {
                Need::Header { test: test.clone(), found: header_value(facts, &test.name).map(Cow::into_owned) }
            }
            Miss::QueryParam(test) => {
                Need::QueryParam { test: test.clone(), found: query_value(facts.query, &test.name).map(str::to_owned) }
            }
        });
    }
    (path || !needs.is_empty()).then_some(Reason::Fails { path, needs })
}

impl Router<'_> {
    /// Why `loser`, which matches too, comes after `winner`.
    pub(super) fn later(&self, loser: RuleNodeId, winner: RuleNodeId) -> Reason {
        Reason::Later { than: winner, by: self.first_difference(loser, winner) }
    }

    /// The first part of the precedence that tells two rows apart (`router::precedence` orders by it).
    fn first_difference(&self, loser: RuleNodeId, winner: RuleNodeId) -> Criterion {
        let (late, early) = (&self.tree.hops[loser.0 as usize], &self.tree.hops[winner.0 as usize]);
        let root = |hop: RuleNodeId| self.tree.roots[self.tree.root_of(hop).0 as usize].route;
        let (late_root, early_root) = (root(loser), root(winner));
        let routes = vec![late_root, early_root, late.route, early.route];
        let ranks = Ranks::among(self.snapshot, self.settings, routes);
        let place = |hop: RuleNodeId, root: RouteId| ranks.precedence(self.tree, root, hop, 0);
        match place(loser, late_root).first_difference(&place(winner, early_root)) {
            Some(Difference::Weight { late, early }) => Criterion::RouteWeight { late, early },
            Some(Difference::PathType) => Criterion::PathType,
            Some(Difference::PathLength) => Criterion::PathLength,
            Some(Difference::Method) => Criterion::Method,
            Some(Difference::Headers) => Criterion::Headers,
            Some(Difference::QueryParams) => Criterion::QueryParams,
            Some(Difference::Root) if self.is_older(early_root, late_root) => Criterion::RootAge,
            Some(Difference::Root) => Criterion::RootName,
            Some(Difference::Owner) if self.is_older(early.route, late.route) => Criterion::RouteAge,
            Some(Difference::Owner) => Criterion::RouteName,
            None => within_a_route(late, early),
        }
    }

    fn is_older(&self, one: RouteId, other: RouteId) -> bool {
        self.snapshot.route(one).meta.created < self.snapshot.route(other).meta.created
    }

    /// agentgateway: the same for two rows of one table of its own.
    pub(super) fn later_in_group(&self, loser: RuleNodeId, winner: RuleNodeId) -> Reason {
        let by = self.first_difference_in_group(loser, winner);
        Reason::Later { than: winner, by }
    }

    fn first_difference_in_group(&self, loser: RuleNodeId, winner: RuleNodeId) -> Criterion {
        let (late, early) = (&self.tree.hops[loser.0 as usize], &self.tree.hops[winner.0 as usize]);
        let (late_route, early_route) = (self.snapshot.route(late.route), self.snapshot.route(early.route));
        if late_route.hostnames != early_route.hostnames && !early_route.hostnames.is_empty() {
            let specific = |names: &[Name]| names.iter().map(Name::len).max().unwrap_or(0);
            if specific(&late_route.hostnames) < specific(&early_route.hostnames) {
                return Criterion::Hostname;
            }
        }
        let place = |hop: &RuleNode, route: &Route| HopPrecedence::of(hop, route, "");
        match place(late, late_route).first_difference(&place(early, early_route)) {
            Some(Difference::PathType) => Criterion::PathType,
            Some(Difference::PathLength) => Criterion::PathLength,
            Some(Difference::Method) => Criterion::Method,
            Some(Difference::Headers) => Criterion::Headers,
            Some(Difference::QueryParams) => Criterion::QueryParams,
            _ if late.route == early.route => within_a_route(late, early),
            _ => Criterion::RouteNameOnly,
        }
    }

    /// The route that owns a row.
    pub fn owner(&self, hop: RuleNodeId) -> ObjectKey {
        self.snapshot.route(self.tree.hops[hop.0 as usize].route).meta.key()
    }
}

/// What tells two rows of equal rank apart.
fn within_a_route(late: &RuleNode, early: &RuleNode) -> Criterion {
    if late.route != early.route {
        Criterion::Emission
    } else if late.rule != early.rule {
        Criterion::RuleOrder
    } else if late.match_index != early.match_index {
        Criterion::MatchOrder
    } else {
        Criterion::SameRule
    }
}
