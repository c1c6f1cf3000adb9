//! What a `TrafficPolicy` sets, in the parts that kgateway merges: each part comes whole from one policy, unless the
//! engine merges deeper.
//!
//! Source: kgateway `pkg/kgateway/extensions2/plugins/trafficpolicy/{constructor,merge}.go`.

use super::meta::{Name, ObjectKey, Position};
use super::value::{Data, Value};

/// A part of a policy's `spec`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // `FIELDS` says where each is written
pub enum PolicyField {
    Timeouts,
    Retry,
    UrlRewrite,
    AutoHostRewrite,
    HeaderModifiers,
    RequestMirror,
    InternalRedirect,
    Transformation,
    ExtProc,
    ExtAuth,
    Jwt,
    OAuth2,
    ApiKeyAuth,
    BasicAuth,
    Rbac,
    Acl,
    Cors,
    Csrf,
    LocalRateLimit,
    GlobalRateLimit,
    Buffer,
    Compression,
    Decompression,
    FaultInjection,
    Tracing,
    StatPrefix,
}

/// Every part: where `spec` holds it, and what the engine calls it when it says where a value comes from.
const FIELDS: [(PolicyField, &str, &str); 26] = [
    (PolicyField::Timeouts, "timeouts", "timeouts"),
    (PolicyField::Retry, "retry", "retry"),
    (PolicyField::UrlRewrite, "urlRewrite", "urlRewrite"),
    (PolicyField::AutoHostRewrite, "autoHostRewrite", "autoHostRewrite"),
    (PolicyField::HeaderModifiers, "headerModifiers", "headerModifiers"),
    (PolicyField::RequestMirror, "requestMirror", "requestMirror"),
    (PolicyField::InternalRedirect, "internalRedirect", "internalRedirect"),
    (PolicyField::Transformation, "transformation", "transformation"),
    (PolicyField::ExtProc, "extProc", "extProc"),
    (PolicyField::ExtAuth, "extAuth", "extAuth"),
    (PolicyField::Jwt, "jwtAuth", "jwt"),
    (PolicyField::OAuth2, "oauth2", "oidc"),
    (PolicyField::ApiKeyAuth, "apiKeyAuth", "apiKeyAuth"),
    (PolicyField::BasicAuth, "basicAuth", "basicAuth"),
    (PolicyField::Rbac, "rbac", "rbac"),
    (PolicyField::Acl, "acl", "httpACL"),
    (PolicyField::Cors, "cors", "cors"),
    (PolicyField::Csrf, "csrf", "csrf"),
    (PolicyField::LocalRateLimit, "rateLimit.local", "rateLimit.local"),
    (PolicyField::GlobalRateLimit, "rateLimit.global", "rateLimit.global"),
    (PolicyField::Buffer, "buffer", "buffer"),
    (PolicyField::Compression, "compression.responseCompression", "compression"),
    (PolicyField::Decompression, "compression.requestDecompression", "decompression"),
    (PolicyField::FaultInjection, "faultInjection", "faultInjection"),
    (PolicyField::Tracing, "tracing", "tracing"),
    (PolicyField::StatPrefix, "statPrefix", "statPrefix"),
];

impl PolicyField {
    /// Every part, in the order in which they are told.
    pub fn all() -> impl Iterator<Item = Self> {
        FIELDS.iter().map(|(field, _, _)| *field)
    }

    /// Where `spec` holds it (`rateLimit.local`).
    pub fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }

    /// What the engine calls it (`merge.TrafficPolicy.gateway.kgateway.dev` in Envoy's metadata).
    pub fn origin_name(self) -> &'static str {
        FIELDS[self as usize].2
    }
}

/// What a policy says of one part.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Which part.
    pub field: PolicyField,
    /// Where it is written.
    pub at: Position,
    /// The value, without what must not be kept (password hashes).
    pub value: Value,
}

impl Setting {
    /// Whether it turns the part off (`disable: {}`).
    pub fn is_off(&self) -> bool {
        self.present("disable").is_some()
    }

    /// A field of the value, unless it is null.
    pub fn present(&self, key: &str) -> Option<&Value> {
        self.value.get(key).filter(|value| value.data != Data::Null)
    }

    /// A text of the value, found by keys.
    pub fn text(&self, path: &[&str]) -> Option<&Name> {
        let found = path.iter().try_fold(&self.value, |value, key| value.get(key))?;
        match &found.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The `GatewayExtension` it refers to, for a policy of `namespace`.
    pub fn extension(&self, namespace: &Name) -> Option<ObjectKey> {
        let name = self.text(&["extensionRef", "name"])?;
        let own = self.text(&["extensionRef", "namespace"]).filter(|namespace| !namespace.is_empty());
        Some(ObjectKey::new(own.unwrap_or(namespace).clone(), name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_stands_at_its_own_number() {
        for (at, field) in PolicyField::all().enumerate() {
            assert_eq!(field as usize, at, "{}", field.name());
        }
    }
}
