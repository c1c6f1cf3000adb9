//! `HTTPRoute` and `GRPCRoute`, in one shape: an engine puts both into the same virtual hosts.

use super::meta::{Meta, Name, Position};

/// Which kind of route an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteKind {
    /// `HTTPRoute`.
    Http,
    /// `GRPCRoute`: its matches are held as the HTTP matches they become.
    Grpc,
}

impl RouteKind {
    /// The kind as kubectl writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTPRoute",
            Self::Grpc => "GRPCRoute",
        }
    }
}

/// An `HTTPRoute` or a `GRPCRoute`.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Name, labels, origin.
    pub meta: Meta,
    /// `HTTPRoute` or `GRPCRoute`.
    pub kind: RouteKind,
    /// `spec.parentRefs`.
    pub parent_refs: Vec<ParentRef>,
    /// `spec.hostnames`, as written.
    pub hostnames: Vec<Name>,
    /// `spec.rules`; the CRD default (one rule with one `PathPrefix /`) is applied when the field is absent.
    pub rules: Vec<Rule>,
    /// `status.parents`, as recorded.
    pub status: Vec<ParentStatus>,
}

/// One entry of `status.parents`, as a controller recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentStatus {
    /// The parent it speaks of.
    pub parent: ParentRef,
    /// `controllerName`.
    pub controller: Name,
    /// `conditions`.
    pub conditions: Vec<RecordedCondition>,
}

/// A condition as recorded in a `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the fields of metav1.Condition
pub struct RecordedCondition {
    pub kind: Name,
    pub status: Name,
    pub reason: Name,
    pub message: String,
}

/// One entry of `spec.parentRefs`, with the CRD's defaults for group and kind applied.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParentRef {
    /// Where it is written.
    pub at: Position,
    /// `gateway.networking.k8s.io` by default.
    pub group: Name,
    /// `Gateway` by default.
    pub kind: Name,
    /// `None` means the route's own namespace.
    pub namespace: Option<Name>,
    /// The parent's name.
    pub name: Name,
    /// The listener's name.
    pub section_name: Option<Name>,
    /// The listener's port.
    pub port: Option<u16>,
}

impl ParentRef {
    /// The parent is a Service, or what a mesh takes for one: the route is one of a mesh, and no Gateway is concerned.
    pub fn is_of_mesh(&self) -> bool {
        match self.kind.as_str() {
            "Service" => self.group.is_empty(),
            "ServiceEntry" => self.group == "networking.istio.io",
            "ServiceImport" => self.group == "multicluster.x-k8s.io",
            "XMesh" => self.group == "gateway.networking.x-k8s.io",
            _ => false,
        }
    }
}

/// One entry of `spec.rules`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Where it is written.
    pub at: Position,
    /// `name`, unique in the route.
    pub name: Option<Name>,
    /// `matches`: one `PathPrefix /` when the field was absent, empty only when written as `[]`.
    pub matches: Vec<std::sync::Arc<RouteMatch>>,
    /// `filters`, in order.
    pub filters: Vec<Filter>,
    /// `backendRefs`, in order.
    pub backend_refs: Vec<BackendRef>,
    /// `timeouts.request`, as written.
    pub request_timeout: Option<Name>,
    /// `timeouts.backendRequest`, as written.
    pub backend_request_timeout: Option<Name>,
    /// `retry`.
    pub retry: Option<Retry>,
}

/// `retry` of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retry {
    /// `attempts`.
    pub attempts: Option<u32>,
    /// `backoff`, as written.
    pub backoff: Option<Name>,
    /// `codes`.
    pub codes: Vec<u32>,
}

/// One entry of a rule's `matches`, defaults applied.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RouteMatch {
    /// Where it is written.
    pub at: Position,
    /// The path test. For a `GRPCRoute` it is derived from service and method.
    pub path: PathMatch,
    /// The HTTP method, as written (`GET`). Always `None` for a `GRPCRoute`.
    pub method: Option<Name>,
    /// The header tests, in order.
    pub headers: Vec<ValueMatch>,
    /// The query parameter tests, in order.
    pub query_params: Vec<ValueMatch>,
    /// What a `GRPCRoute` wrote, to be shown.
    pub grpc: Option<GrpcMatch>,
}

/// What a `GRPCRoute` match says, before it becomes a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GrpcMatch {
    /// Whether service and method are regular expressions.
    pub regex: bool,
    /// The service.
    pub service: Option<Name>,
    /// The method.
    pub method: Option<Name>,
}

/// How a path is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathKind {
    /// Byte by byte the same.
    Exact,
    /// The whole path matches an RE2 expression.
    RegularExpression,
    /// The path begins with these segments.
    PathPrefix,
}

impl PathKind {
    /// The type as the specification writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "Exact",
            Self::RegularExpression => "RegularExpression",
            Self::PathPrefix => "PathPrefix",
        }
    }
}

/// A path test.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathMatch {
    /// How.
    pub kind: PathKind,
    /// Against what, as written.
    pub value: Name,
}

/// How a header or query parameter is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    /// The same value; an empty value means "present".
    Exact,
    /// The whole value matches an RE2 expression.
    RegularExpression,
}

impl ValueKind {
    /// The type as the specification writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "Exact",
            Self::RegularExpression => "RegularExpression",
        }
    }
}

/// A header or query parameter test.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ValueMatch {
    /// How.
    pub kind: ValueKind,
    /// Which header or parameter, as written.
    pub name: Name,
    /// Against what, as written.
    pub value: Name,
}

/// One entry of a rule's `backendRefs`, with the CRD's defaults applied.
#[derive(Debug, Clone, PartialEq)]
pub struct BackendRef {
    /// Where it is written.
    pub at: Position,
    /// The core group `""` by default.
    pub group: Name,
    /// `Service` by default.
    pub kind: Name,
    /// `None` means the route's own namespace.
    pub namespace: Option<Name>,
    /// The target's name, or what selects it (`*`, a label).
    pub name: Name,
    /// The port.
    pub port: Option<u16>,
    /// 1 by default.
    pub weight: u32,
    /// Filters of this ref alone.
    pub filters: Vec<Filter>,
}

/// A filter of a rule or of a backend ref.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// `RequestHeaderModifier`.
    RequestHeaders(HeaderModifier),
    /// `ResponseHeaderModifier`.
    ResponseHeaders(HeaderModifier),
    /// `RequestMirror`.
    Mirror(Mirror),
    /// `RequestRedirect`.
    Redirect(Redirect),
    /// `URLRewrite`.
    Rewrite(UrlRewrite),
    /// `CORS`.
    Cors(CorsFilter),
    /// `ExtensionRef`, resolved in the route's own namespace.
    #[allow(missing_docs)] // the fields of LocalObjectReference
    Extension { at: Position, group: Name, kind: Name, name: Name },
    /// A type this program does not model (`ExternalAuth`); it does not decide where a request goes.
    #[allow(missing_docs)]
    Other { at: Position, kind: Name },
}

/// Changes to headers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeaderModifier {
    /// `set`, `add`, `remove`, in that order.
    pub changes: Vec<HeaderChange>,
}

/// One change to a header.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum HeaderChange {
    Set { name: Name, value: Name },
    Add { name: Name, value: Name },
    Remove { name: Name },
}

/// A `RequestMirror` filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirror {
    /// Where the copy goes.
    pub backend: BackendRef,
    /// How much is copied; `None` is all.
    pub fraction: Option<Fraction>,
}

/// `numerator / denominator` (`percent: 5` is 5/100).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Fraction {
    pub numerator: u32,
    pub denominator: u32,
}

/// A `CORS` filter, as far as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CorsFilter {
    /// `allowOrigins`.
    pub allow_origins: Vec<Name>,
}

/// A `URLRewrite` filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UrlRewrite {
    /// The new authority.
    pub hostname: Option<Name>,
    /// The new path.
    pub path: Option<PathModifier>,
}

/// A change of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathModifier {
    /// `ReplaceFullPath`.
    Full(Name),
    /// `ReplacePrefixMatch`.
    Prefix(Name),
}

/// The scheme a redirect asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RedirectScheme {
    Http,
    Https,
}

/// A `RequestRedirect` filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redirect {
    /// `scheme`.
    pub scheme: Option<RedirectScheme>,
    /// `hostname`.
    pub hostname: Option<Name>,
    /// `path`.
    pub path: Option<PathModifier>,
    /// `port`.
    pub port: Option<u16>,
    /// `statusCode`; `None` where it was absent (the CRD's default is 302).
    pub status: Option<u16>,
}
