//! What kgateway or Envoy refuses. The predicted status quotes it, so the sentences are here.

use std::fmt;

use super::{BackendProblem, MatchPart};
use crate::model::{Name, ObjectKey};

/// What Envoy would refuse, and with it the whole route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvoyProblem {
    /// A regular expression.
    Regex {
        /// What it is of.
        part: MatchPart,
        /// The expression.
        regex: Name,
        /// What RE2 says of it.
        error: String,
    },
    /// The expression that a rewrite to `/` becomes.
    RootRewrite {
        /// The path that is rewritten.
        path: Name,
        /// What RE2 says of it.
        error: String,
    },
    /// The value of a header is not a format string.
    HeaderFormat {
        /// The header.
        name: Name,
        /// Its value.
        value: Name,
    },
    /// A full path of a parent and a prefix of the rule are both to be written.
    TwoRewrites,
    /// A policy.
    Policy {
        /// The policy.
        policy: ObjectKey,
        /// What is wrong with it.
        problem: PolicyProblem,
    },
}

impl fmt::Display for EnvoyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regex { part, regex, error } => write!(f, "the {} regex {regex} is invalid: {error}", part.name()),
            Self::RootRewrite { path, error } => {
                write!(f, "the rewrite of {path} to / becomes an invalid regex: {error}")
            }
            Self::HeaderFormat { name, value } => {
                write!(f, "the value of header {name} is not an Envoy format string: {value}")
            }
            Self::TwoRewrites => f.write_str(
                "a parent's ReplaceFullPath wins over its own ReplacePrefixMatch, and both stay: Envoy refuses that",
            ),
            Self::Policy { policy, problem } => write!(f, "TrafficPolicy {policy}: {problem}"),
        }
    }
}

/// Why a `TrafficPolicy` cannot be built, or Envoy would not take what it is built into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyProblem {
    /// No `ReferenceGrant` permits the ref to a Secret.
    SecretNotPermitted {
        /// The namespace of the Secret.
        namespace: Name,
        /// The namespace of the policy.
        home: Name,
        /// The Secret.
        secret: Name,
    },
    /// An address range.
    Cidr {
        /// As it is written.
        text: Name,
        /// Bits beyond the prefix are set.
        beyond_prefix: bool,
    },
    /// The password of a user is no SHA hash.
    UserHash(Name),
    /// The regular expression of a rewrite.
    RewriteRegex {
        /// The expression.
        regex: Name,
        /// What RE2 says of it.
        error: String,
    },
    /// The annotation with the weight is not a number.
    Weight {
        /// The annotation.
        annotation: &'static str,
        /// Its value.
        value: Name,
    },
    /// No `ReferenceGrant` permits the ref to a `GatewayExtension`.
    ExtensionNotPermitted(ObjectKey),
    /// The `GatewayExtension` does not exist.
    NoExtension(ObjectKey),
    /// The `GatewayExtension` is of another type, or of none.
    ExtensionType {
        /// The extension.
        extension: ObjectKey,
        /// Its type.
        is: Option<&'static str>,
        /// The type that is needed.
        wanted: &'static str,
    },
    /// A backend of a `GatewayExtension`.
    ExtensionBackend {
        /// The extension.
        extension: ObjectKey,
        /// The kind of the backend.
        kind: Name,
        /// The backend.
        backend: ObjectKey,
        /// What is wrong with it.
        why: BackendProblem,
    },
    /// A `ConfigMap` of a `GatewayExtension` does not exist, or has no key `jwks`.
    ExtensionConfigMap {
        /// The extension.
        extension: ObjectKey,
        /// The `ConfigMap`.
        config_map: ObjectKey,
        /// It exists.
        exists: bool,
    },
    /// The `pathPrefix` of a `GatewayExtension` is not a path.
    PathPrefix {
        /// The extension.
        extension: ObjectKey,
        /// The prefix.
        prefix: Name,
    },
    /// A regular expression of `csrf`.
    CsrfRegex {
        /// The expression.
        regex: Name,
        /// What RE2 says of it.
        error: String,
    },
    /// `headerModifiers` sets the host.
    SetsHost,
    /// Nothing closes a mark of a template.
    Template {
        /// The mark.
        open: &'static str,
        /// The template.
        template: Name,
    },
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretNotPermitted { namespace, home, secret } => {
                write!(f, "no ReferenceGrant in {namespace} lets TrafficPolicies of {home} refer to Secret {secret}")
            }
            Self::Cidr { text, beyond_prefix: false } => write!(f, "{text} is not an address range"),
            Self::Cidr { text, beyond_prefix: true } => {
                write!(f, "{text} is not an address range: bits beyond the prefix are set")
            }
            Self::UserHash(text) => write!(f, "basicAuth takes {{SHA}} hashes only: {text}"),
            Self::RewriteRegex { regex, error } => write!(f, "the regex {regex} of urlRewrite is invalid: {error}"),
            Self::Weight { annotation, value } => write!(f, "the annotation {annotation} is not a number: {value}"),
            Self::ExtensionNotPermitted(extension) => {
                write!(f, "no ReferenceGrant in {} lets it refer to GatewayExtension {extension}", extension.namespace)
            }
            Self::NoExtension(extension) => write!(f, "GatewayExtension {extension} does not exist"),
            Self::ExtensionType { extension, is: Some(is), wanted } => {
                write!(f, "GatewayExtension {extension} is of type {is}, not {wanted}")
            }
            Self::ExtensionType { extension, is: None, wanted } => {
                write!(f, "GatewayExtension {extension} has no {wanted}")
            }
            Self::ExtensionBackend { extension, kind, backend, why } => {
                write!(f, "GatewayExtension {extension}: ")?;
                match why {
                    BackendProblem::NotPermitted => {
                        write!(f, "no ReferenceGrant lets it refer to {kind} {backend}")
                    }
                    BackendProblem::Missing => write!(f, "{kind} {backend} does not exist"),
                    BackendProblem::NoPort => write!(f, "{kind} {backend} has no such port"),
                    BackendProblem::UnknownKind => write!(f, "{kind} {backend} is of a kind that is not known"),
                    BackendProblem::PortNotAllowed => write!(f, "the ref to {kind} {backend} must not have a port"),
                }
            }
            Self::ExtensionConfigMap { extension, config_map, exists } => {
                let what = if *exists { "has no key jwks" } else { "does not exist" };
                write!(f, "GatewayExtension {extension}: ConfigMap {config_map} {what}")
            }
            Self::PathPrefix { extension, prefix } => {
                write!(f, "the pathPrefix {prefix} of GatewayExtension {extension} does not begin with /")
            }
            Self::CsrfRegex { regex, error } => write!(f, "the regex {regex} of csrf is invalid: {error}"),
            Self::SetsHost => f.write_str("headerModifiers cannot set Host"),
            Self::Template { open, template } => write!(f, "nothing closes {open} of the template {template}"),
        }
    }
}
