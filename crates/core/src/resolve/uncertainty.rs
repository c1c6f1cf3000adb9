//! Why an answer is not certain, as types. The sentences are in `routescope-render`.

use super::{Cut, Destination, DestinationState};
use crate::model::{Name, ObjectKey, PolicyField, Protocol, Ref};

/// Something that an answer depends on and that is not known for certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncertainty {
    /// A backend is only assumed to be served.
    Destination(UnverifiedDestination),
    /// The engine of the Gateway.
    Engine(EngineAssumption),
    /// The specification leaves something open.
    Unspecified(Unspecified),
    /// A delegation is not followed to its end.
    Cut(Cut),
    /// The Gateway has more virtual hosts than are kept in memory.
    CutTable,
    /// The regular expressions of the Gateway are too large to compile all of them.
    Unevaluated,
    /// An `HTTPRoute` that is not in view may take the request; of this namespace, where it is known.
    UnseenRoute(Option<Name>),
    /// A Gateway is not in view.
    GatewayAssumed {
        /// Which.
        gateway: ObjectKey,
        /// The protocol of the listener that it is assumed to have.
        protocol: Protocol,
    },
    /// The cluster may get this object otherwise than it is written.
    Object {
        /// Its kind.
        kind: &'static str,
        /// Which.
        object: ObjectKey,
        /// Why, as the reader of the input says it.
        why: Name,
    },
    /// A field of this object counts only with the experimental channel, and the standard one is assumed.
    Dropped {
        /// Its kind.
        kind: &'static str,
        /// Which.
        object: ObjectKey,
        /// The field's path.
        field: Name,
    },
    /// A field of this object holds a placeholder.
    Placeholder {
        /// Its kind.
        kind: &'static str,
        /// Which.
        object: ObjectKey,
        /// The field's path.
        field: Name,
    },
    /// Envoy refuses the route table.
    RouteTableRefused,
    /// Envoy refuses the listener.
    ListenerRefused,
    /// The control plane crashes.
    ControlPlaneCrashes,
    /// agentgateway: this listener has a hostname that another has already.
    HostnameConflict(Name),
    /// The API server would refuse this route.
    Defective {
        /// Its kind.
        kind: &'static str,
        /// Which.
        route: ObjectKey,
    },
    /// A `ListenerPolicy` may allow the upgrade.
    UpgradePolicy,
    /// What a part of a `TrafficPolicy` does to the request.
    Policy {
        /// The part.
        field: PolicyField,
        /// The policy.
        policy: ObjectKey,
        /// What it may do.
        effect: PolicyEffect,
    },
    /// `autoHostRewrite` of this `TrafficPolicy` writes the name of the host that is picked.
    AutoHostRewrite(ObjectKey),
    /// Files count as they were before.
    StaleFiles(StaleFiles),
    /// Something of the cluster cannot be read.
    Unreadable(Unreadable),
    /// What this ref selects may have a child that is not in view.
    UnseenChild(Ref),
    /// An object of a kind that is not read is assumed to exist.
    KindNotRead {
        /// The kind.
        kind: Name,
        /// Which.
        object: ObjectKey,
    },
    /// A filter of a group whose engine is not known.
    FilterOfGroup {
        /// The filter's kind.
        kind: Name,
        /// Its name.
        name: Name,
        /// Its group.
        group: Name,
    },
    /// An object that is not in view, and may exist.
    NotInView {
        /// The kind.
        kind: Name,
        /// Which.
        object: ObjectKey,
    },
    /// A filter of the implementation's own, which may answer by itself.
    OwnFilter {
        /// Its kind.
        kind: Name,
        /// Its name.
        name: Name,
        /// It is Gloo's.
        of_gloo: bool,
    },
    /// Gloo: the filters of this route are assumed to act on its children as under kgateway.
    GlooInherits(ObjectKey),
    /// Gloo: a rule that kgateway would replace by a 500 is assumed to be one.
    GlooReplaces,
    /// The filters of single backendRefs are not followed where there are several.
    BackendFilters,
    /// agentgateway: a rewrite acts before the redirect, and is not followed.
    RewriteBeforeRedirect,
    /// agentgateway: no `ReferenceGrant` in view lets routes of the namespace adopt this child.
    ChildGrant {
        /// The namespace of the parent.
        parent: Name,
        /// The child.
        child: ObjectKey,
    },
    /// Strict validation answers 500, unless another rule of the host forwards to this backend.
    MirrorOnly {
        /// The backend's kind.
        kind: Name,
        /// Which.
        backend: ObjectKey,
    },
    /// Strict validation lets Envoy judge the templates of this `TrafficPolicy`.
    Templates(ObjectKey),
    /// A `TrafficPolicy` needs a `ReferenceGrant` that is not in view.
    PolicyGrant {
        /// The policy.
        policy: ObjectKey,
        /// The kind that it refers to.
        kind: &'static str,
        /// Which.
        object: ObjectKey,
    },
    /// A `GatewayExtension` is not in view, and without it the policy answers 500.
    Extension {
        /// The extension.
        extension: ObjectKey,
        /// The policy.
        policy: ObjectKey,
    },
    /// What a `GatewayExtension` needs is not in view.
    ExtensionNeeds {
        /// The kind of what it needs.
        kind: Name,
        /// Which.
        object: ObjectKey,
        /// The extension.
        extension: ObjectKey,
    },
    /// A backend of a `GatewayExtension` is only assumed to be served.
    ExtensionBackend {
        /// The extension.
        extension: ObjectKey,
        /// The backend.
        backend: UnverifiedDestination,
    },
    /// This Namespace is not in view, and a listener selects by its labels.
    NamespaceLabels(Name),
}

/// Files that hold something that cannot be read for now, and count as they were before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleFiles {
    /// The first of them, each with what is wrong with it.
    pub named: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

/// A backend that is only assumed to be served, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedDestination {
    /// Why.
    pub state: DestinationState,
    /// The group of the ref.
    pub group: Name,
    /// Its kind.
    pub kind: Name,
    /// Where it points.
    pub backend: ObjectKey,
}

/// An engine that is assumed for a Gateway whose `GatewayClass` is not in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineAssumption {
    /// The engine's name.
    pub engine: &'static str,
    /// The class name that suggests it.
    pub class: Option<Name>,
}

/// What the Gateway API specification leaves to each implementation, or does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unspecified {
    /// What becomes of a request line with this.
    RequestLine(String),
    /// The syntax and the precedence of regular expressions.
    Regex,
    /// What replaces the prefix `/`, and one that ends in a slash.
    RootPrefix,
    /// Whether a redirect keeps the query.
    RedirectQuery,
    /// Whether escapes are decoded.
    Escapes,
    /// How this header is matched when it is repeated.
    RepeatedHeader(String),
    /// How this query parameter is matched when it is repeated or escaped.
    RepeatedParam(String),
    /// Whether a client may ask for another protocol.
    Upgrade,
    /// What a host with a final dot is.
    FinalDot,
    /// Whether a Host other than the server name is misdirected.
    MisdirectedHost,
    /// What becomes of an `HTTPRoute` and a `GRPCRoute` on one host.
    BothKinds,
    /// Whether a listener gives a host up to a closer one of its port.
    CloserListener,
    /// The filters of a backendRef.
    BackendFilters,
    /// Which listener takes a server name where HTTPS and TLS share the port.
    SharedPort,
    /// How a path is normalised.
    ReadAs {
        /// The path that was sent.
        sent: String,
        /// What it is read as.
        read: String,
    },
    /// Whether a less specific host takes what the most specific one does not.
    WiderHost {
        /// The less specific host.
        hostname: Name,
        /// The host that was asked.
        asked: String,
    },
    /// What a rule answers whose weights are all 0.
    ZeroWeights,
    /// What a rule without backendRefs answers.
    NoBackends,
    /// What `ReplacePrefixMatch` does without `PathPrefix`.
    PrefixWithoutPathPrefix,
}

/// What a part of a policy may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PolicyEffect {
    Rewrite,
    RewriteOrAnswer,
    FollowRedirect,
    Answer,
    Refuse,
    LogIn,
}

/// What of a cluster cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// This `GatewayClass`.
    Class(Name),
    /// A `ListenerSet` that may add listeners to this Gateway.
    ListenerSet(ObjectKey),
    /// Namespaces, by whose labels this Gateway selects.
    Namespaces(ObjectKey),
    /// A TCP or TLS route that may take the port.
    Stream {
        /// Its kind.
        kind: &'static str,
        /// The port.
        port: u16,
        /// The Gateway.
        gateway: ObjectKey,
    },
    /// The `TrafficPolicies` of this namespace.
    Policies(Name),
    /// The `EndpointSlices` of this namespace.
    EndpointSlices(Name),
    /// The `ReferenceGrants` of this namespace.
    ReferenceGrants(Name),
    /// A route that may be attached to this Gateway.
    Route(ObjectKey),
    /// A child that this ref may select.
    Child(Ref),
}

impl UnverifiedDestination {
    /// Why a backend is only assumed to be served; `None` when it is known to be there, or broken.
    pub fn of(destination: &Destination) -> Option<Self> {
        let Destination { group, kind, namespace, name, state, .. } = destination;
        let backend = ObjectKey::new(namespace.clone(), name.clone());
        state.is_unverified().then(|| Self { state: *state, group: group.clone(), kind: kind.clone(), backend })
    }
}
