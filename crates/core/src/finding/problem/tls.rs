//! What is wrong with TLS settings of a listener.

use std::fmt;

use crate::model::{Name, ObjectKey};

/// What is wrong with TLS settings of a listener. The predicted status quotes it, so its sentence is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsProblem {
    /// An authority is neither a `ConfigMap` nor a Secret.
    AuthorityKind {
        /// Its kind.
        kind: Name,
        /// Its name.
        name: Name,
    },
    /// This option needs an authority.
    NeedsAuthority(&'static str),
    /// A certificate is not a Secret.
    CertificateKind {
        /// Its kind.
        kind: Name,
        /// Its name.
        name: Name,
    },
    /// No `ReferenceGrant` permits the ref.
    NotPermitted {
        /// The kind that refers.
        from: &'static str,
        /// Its namespace.
        home: Name,
        /// The kind of the target.
        kind: Name,
        /// The namespace of the target.
        namespace: Name,
        /// The name of the target.
        name: Name,
    },
    /// The value of this option is not a version of TLS.
    Version {
        /// The option.
        option: Name,
        /// Its value.
        value: Name,
    },
    /// A hash of this option is not a SHA-256.
    Hash {
        /// The option.
        option: Name,
        /// The hash.
        hash: String,
    },
    /// The engine does not know the option.
    UnknownOption(Name),
    /// The highest version is below the lowest.
    VersionsReversed {
        /// The option of the highest.
        max: &'static str,
        /// The option of the lowest.
        min: &'static str,
    },
    /// A `ConfigMap` has no certificate.
    NoCertificate(ObjectKey),
    /// A `ConfigMap` does not exist.
    NoConfigMap(ObjectKey),
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthorityKind { kind, name } => {
                write!(f, "a client's certificate cannot be held against {kind} {name}")
            }
            Self::NeedsAuthority(option) => {
                write!(f, "the option {option} needs an authority in the Gateway's tls.frontend")
            }
            Self::CertificateKind { kind, name } => write!(f, "a certificate is not a {kind}: {name}"),
            Self::NotPermitted { from, home, kind, namespace, name } => {
                write!(f, "no ReferenceGrant in {namespace} lets {from}s of {home} refer to {kind} {name}")
            }
            Self::Version { option, value } => write!(f, "the option {option} is not a version of TLS: {value}"),
            Self::Hash { option, hash } => write!(f, "the option {option} has a hash that is not a SHA-256: {hash}"),
            Self::UnknownOption(option) => write!(f, "the TLS option {option} is not known"),
            Self::VersionsReversed { max, min } => write!(f, "{max} is below {min}"),
            Self::NoCertificate(key) => write!(f, "ConfigMap {key} has no certificate in ca.crt"),
            Self::NoConfigMap(key) => write!(f, "ConfigMap {key} does not exist"),
        }
    }
}
