//! Why it was not found out what becomes of some requests, as a type. The sentences are in `routescope-render`.

use crate::router::Gap;

/// Why it was not found out what becomes of some requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undetermined {
    /// Something is missing in a table.
    Gap(Gap),
    /// The Gateway tells apart more hosts than can be combined.
    ManyHosts,
    /// The earlier rules have more paths than can be combined.
    ManyPaths,
    /// The earlier rules have more conditions than can be combined.
    ManyConditions,
    /// The rules have more conditions on headers and query parameters than can be combined.
    ManyHeadersAndParams,
    /// Requests for hosts on server names that are not theirs: more pairs than can be compared.
    ManyServerNames,
    /// Requests for a path without a host come to more rules than can be compared.
    WithoutHost,
    /// More rules share a path with it than can be compared.
    ManyRules,
    /// The shares of its traffic end in more places than can be compared.
    ManyShares,
    /// A regular expression is too large.
    LargeRegex,
    /// The regular expressions of several paths are too large together.
    LargeRegexes,
    /// A rule tests the `Host` header.
    TestsHost,
    /// A rule tests a header that Envoy writes itself.
    TestsEnvoyHeader,
    /// A rule tests a header that Envoy adds a value to.
    TestsExtendedHeader,
    /// A request was found, and the router answers it otherwise.
    Contradicted,
    /// Some request is taken, and which one was not asked.
    NotAsked,
    /// Gateways of several engines take the requests.
    SeveralEngines,
    /// Another engine answers on one side of a comparison.
    OtherEngine,
    /// Routes that cannot be read may take some of the requests.
    UnreadableRoutes,
    /// What is expected depends on the query.
    DependsOnQuery,
    /// What the backend receives depends on the path.
    DependsOnPath,
}
