//! What the control plane was told, and the one table of dialects.

use super::policy::PolicyMerge;
use crate::model::{DiscoverySelectors, Name};

/// Control-plane settings that change routing; the defaults are kgateway's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `--engine`: answer as this engine whatever the `GatewayClass` says.
    pub engine: Option<Engine>,
    /// `KGW_WEIGHTED_ROUTE_PRECEDENCE`.
    pub weighted_route_precedence: bool,
    /// `KGW_REFERENCE_GRANT_MODE`.
    pub reference_grants: GrantMode,
    /// `KGW_VALIDATION_MODE`.
    pub validation: ValidationMode,
    /// `DELEGATION_WILDCARD_NAMESPACE`: the namespace of a label ref that means every namespace.
    pub wildcard_namespace: Name,
    /// `KGW_POLICY_MERGE`.
    pub policy_merge: PolicyMerge,
    /// `KGW_GLOBAL_POLICY_NAMESPACE`: policies there may select objects of any namespace.
    pub global_policy_namespace: Option<Name>,
    /// `KGW_DISCOVERY_NAMESPACE_SELECTORS`: objects of other namespaces do not exist; none means all namespaces.
    pub discovery_namespace_selectors: DiscoverySelectors,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            engine: None,
            weighted_route_precedence: false,
            reference_grants: GrantMode::Permissive,
            validation: ValidationMode::Standard,
            wildcard_namespace: Name::new_static("all"),
            policy_merge: PolicyMerge::default(),
            global_policy_namespace: None,
            discovery_namespace_selectors: Vec::new(),
        }
    }
}

/// Whether cross-namespace refs need a `ReferenceGrant`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum GrantMode {
    Off,
    Permissive,
    Strict,
}

/// How much kgateway checks before it hands a table to Envoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ValidationMode {
    Standard,
    Strict,
}

/// An engine whose routing is modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Engine {
    Kgateway,
    Gloo,
    Agentgateway,
    GatewayApi,
}

impl Engine {
    /// The name of the command line and of JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kgateway => "kgateway",
            Self::Gloo => "gloo",
            Self::Agentgateway => "agentgateway",
            Self::GatewayApi => "gateway-api",
        }
    }
}

/// How an engine walks a delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DelegationModel {
    /// Every surviving child rule becomes a route of the root's virtual hosts, and all are sorted together.
    FlattenThenSort,
    /// The best route of a level is chosen, then the request is matched again below it.
    HopByHop,
    /// The specification alone: no delegation.
    None,
}

/// In whose manner a request is read and changed: paths, headers, regular expressions, rewrites, redirects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxySemantics {
    /// Envoy's, fed by kgateway or Gloo Gateway.
    Envoy,
    /// As the specification says, where it says anything.
    Specification,
    /// agentgateway's own proxy.
    Agentgateway,
}

/// The facts that differ between engines, one row each in [`DIALECTS`].
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The engine.
    pub engine: Engine,
    /// `GatewayClass.spec.controllerName` values.
    pub controllers: &'static [&'static str],
    /// `GatewayClass` names that are taken for it when the `GatewayClass` is not in view.
    pub classes: &'static [&'static str],
    /// How it delegates.
    pub delegation: DelegationModel,
    /// How its proxy reads and changes requests.
    pub semantics: ProxySemantics,
    /// The group of a label ref (its kind is `label`), and the prefix of label and annotation.
    pub label_group: Option<&'static str>,
    /// The label a label ref selects by.
    pub label_key: Option<&'static str>,
    /// The annotation by which a child inherits its parent's matcher.
    pub inherit_annotation: Option<&'static str>,
    /// A broken delegating rule answers 500 (kgateway) instead of emitting nothing.
    pub replaces_broken: bool,
    /// A backendRef's own redirects and rewrites act, as the specification says; kgateway heeds only header modifiers
    /// and CORS there (`pkg/krtcollections/builtin.go`, `ApplyForRouteBackend`).
    pub backend_filters: bool,
    /// Nothing tells that it is this engine: what only this engine would do is not certain.
    pub is_assumed: bool,
}

impl Dialect {
    /// Whether it is kgateway, or Gloo Gateway before it, for certain: what only their proxies do holds.
    pub fn is_of_kgateway(&self) -> bool {
        matches!(self.engine, Engine::Kgateway | Engine::Gloo) && !self.is_assumed
    }
}

/// Every dialect. Sources: kgateway `pkg/kgateway/wellknown`, `api/{labels,annotations}`; agentgateway
/// `controller/pkg/wellknown`; Gloo Gateway `projects/gateway2/wellknown`.
pub static DIALECTS: [Dialect; 4] = [
    Dialect {
        engine: Engine::Kgateway,
        controllers: &["kgateway.dev/kgateway", "solo.io/enterprise-kgateway"],
        classes: &["kgateway", "kgateway-waypoint", "enterprise-kgateway"],
        delegation: DelegationModel::FlattenThenSort,
        semantics: ProxySemantics::Envoy,
        label_group: Some("delegation.kgateway.dev"),
        label_key: Some("delegation.kgateway.dev/label"),
        inherit_annotation: Some("delegation.kgateway.dev/inherit-parent-matcher"),
        replaces_broken: true,
        backend_filters: false,
        is_assumed: false,
    },
    Dialect {
        engine: Engine::Gloo,
        controllers: &["solo.io/gloo-gateway"],
        classes: &["gloo-gateway"],
        delegation: DelegationModel::FlattenThenSort,
        semantics: ProxySemantics::Envoy,
        label_group: Some("delegation.gateway.solo.io"),
        label_key: Some("delegation.gateway.solo.io/label"),
        inherit_annotation: Some("delegation.gateway.solo.io/inherit-parent-matcher"),
        replaces_broken: false,
        backend_filters: false,
        is_assumed: false,
    },
    Dialect {
        engine: Engine::Agentgateway,
        controllers: &["agentgateway.dev/agentgateway", "kgateway.dev/agentgateway", "solo.io/enterprise-agentgateway"],
        classes: &["agentgateway", "enterprise-agentgateway"],
        delegation: DelegationModel::HopByHop,
        semantics: ProxySemantics::Agentgateway,
        label_group: None,
        label_key: None,
        inherit_annotation: None,
        replaces_broken: false,
        backend_filters: true,
        is_assumed: false,
    },
    Dialect {
        engine: Engine::GatewayApi,
        controllers: &[],
        classes: &[],
        delegation: DelegationModel::None,
        semantics: ProxySemantics::Specification,
        label_group: None,
        label_key: None,
        inherit_annotation: None,
        replaces_broken: false,
        backend_filters: true,
        is_assumed: false,
    },
];

/// What answers for a Gateway that nothing is known of: kgateway, and the specification where kgateway would leave
/// something out.
pub static ASSUMED: Dialect = Dialect {
    engine: Engine::Kgateway,
    controllers: &[],
    classes: &[],
    delegation: DelegationModel::FlattenThenSort,
    semantics: ProxySemantics::Envoy,
    label_group: Some("delegation.kgateway.dev"),
    label_key: Some("delegation.kgateway.dev/label"),
    inherit_annotation: Some("delegation.kgateway.dev/inherit-parent-matcher"),
    replaces_broken: true,
    backend_filters: true,
    is_assumed: true,
};
