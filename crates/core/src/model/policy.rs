//! What kgateway builds a policy from, as far as it decides where requests go: `TrafficPolicy`, the `GatewayExtension`s
//! it refers to, and `ConfigMap`s, of which only the keys count. Secrets are never read: those that are referred to are
//! assumed to exist.

use super::gateway::NamespaceSelector;
use super::meta::{Meta, Name, Position};
use super::policy_field::{PolicyField, Setting};
use super::route::BackendRef;

/// A kgateway `TrafficPolicy`: what it attaches to, and what may keep the engine from building it.
#[derive(Debug, Clone, PartialEq)]
pub struct TrafficPolicy {
    /// Name, labels, origin.
    pub meta: Meta,
    /// `spec.targetRefs`.
    pub targets: Vec<PolicyTarget>,
    /// `spec.targetSelectors`.
    pub selectors: Vec<PolicySelector>,
    /// What it sets, part by part, in the order of [`PolicyField`](super::PolicyField).
    pub settings: Vec<Setting>,
    /// The `extensionRef`s, in the order in which the engine looks at them.
    pub extensions: Vec<ExtensionRef>,
    /// The Secrets that it names.
    pub secrets: Vec<SecretRef>,
    /// `acl.rules[].cidrs`.
    pub cidrs: Vec<Written>,
    /// The entries of `basicAuth.users` whose hash is none that Envoy takes, by user; the hashes are not kept.
    pub invalid_users: Vec<Written>,
    /// The regexes of `csrf.additionalOrigins`.
    pub origin_regexes: Vec<Written>,
    /// The templates of `transformation`.
    pub templates: Vec<Written>,
    /// The pattern of `urlRewrite.pathRegex`.
    pub path_regex: Option<Written>,
}

/// A text, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub at: Position,
    /// The text.
    pub text: Name,
}

/// One entry of a policy's `targetRefs`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PolicyTarget {
    pub at: Position,
    pub group: Name,
    pub kind: Name,
    pub name: Name,
    pub section_name: Option<Name>,
}

/// One entry of a policy's `targetSelectors`: objects of the policy's namespace that have these labels.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PolicySelector {
    pub group: Name,
    pub kind: Name,
    pub labels: Vec<(Name, Name)>,
    pub section_name: Option<Name>,
}

/// A policy's reference to a `GatewayExtension`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionRef {
    /// Where it is written.
    pub at: Position,
    /// What the extension must be.
    pub kind: ExtensionKind,
    /// Its namespace; `None` is the policy's own.
    pub namespace: Option<Name>,
    /// Its name.
    pub name: Name,
}

/// A policy's reference to a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRef {
    /// Where it is written.
    pub at: Position,
    /// Its namespace; `None` is the policy's own.
    pub namespace: Option<Name>,
    /// Its name.
    pub name: Name,
}

/// What a `GatewayExtension` provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ExtensionKind {
    ExtAuth,
    ExtProc,
    RateLimit,
    Jwt,
    OAuth2,
}

impl TrafficPolicy {
    /// What it says of one part.
    pub fn setting(&self, field: PolicyField) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.field == field)
    }
}

impl ExtensionKind {
    /// The kind as `spec.type` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExtAuth => "ExtAuth",
            Self::ExtProc => "ExtProc",
            Self::RateLimit => "RateLimit",
            Self::Jwt => "JWT",
            Self::OAuth2 => "OAuth2",
        }
    }
}

/// A kgateway `GatewayExtension`: a service that policies hand requests to.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayExtension {
    /// Name, origin.
    pub meta: Meta,
    /// What it provides; `None` when no provider is set.
    pub kind: Option<ExtensionKind>,
    /// The services it needs.
    pub backends: Vec<BackendRef>,
    /// The `ConfigMap`s it needs, in its own namespace (`jwt.providers[].jwks.local.configMapRef`).
    pub config_maps: Vec<Written>,
    /// `extAuth.httpService.pathPrefix`.
    pub path_prefix: Option<Written>,
}

/// A `ConfigMap`: what it holds is read, and not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMap {
    /// Name, origin.
    pub meta: Meta,
    /// The keys of `data` that are not empty.
    pub keys: Vec<Name>,
    /// Whether `ca.crt` holds a certificate.
    pub has_certificate: bool,
}

/// `Gateway.spec.tls.frontend`: whose certificates clients must show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrontendTls {
    /// `default.validation`.
    pub default: Option<ClientValidation>,
    /// `perPort[]`: the port and its `tls.validation`.
    pub per_port: Vec<(u16, Option<ClientValidation>)>,
}

/// How clients' certificates are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientValidation {
    /// `mode` is `AllowInsecureFallback`: a client without a valid certificate is let in.
    pub insecure_fallback: bool,
    /// `caCertificateRefs`.
    pub authorities: Vec<CertificateRef>,
}

/// A reference to a certificate: a Secret, or a `ConfigMap` for an authority's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRef {
    /// Where it is written.
    pub at: Position,
    /// The group, `""` by default.
    pub group: Name,
    /// The kind; a listener's is `Secret` by default.
    pub kind: Name,
    /// The namespace; `None` is the Gateway's or `ListenerSet`'s own.
    pub namespace: Option<Name>,
    /// The name.
    pub name: Name,
}

/// `KGW_DISCOVERY_NAMESPACE_SELECTORS`: the namespaces that the control plane sees; none means all.
pub type DiscoverySelectors = Vec<NamespaceSelector>;
