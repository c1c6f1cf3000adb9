//! What keeps kgateway from serving an HTTPS listener: its TLS options, references that are not permitted, and the
//! authorities that clients' certificates are held against. Secrets are never read, and taken to exist.
//!
//! Sources: kgateway `pkg/kgateway/translator/listener/gateway_listener_translator.go` (`translateTLSConfig`,
//! `resolveFrontendTLSConfig`, `reportTLSConfigError`), `pkg/kgateway/translator/sslutils/ssl_utils.go`
//! (`ApplyTLSExtensionOptions`), `pkg/krtcollections/policy.go` (`getFrontendTLSConfig`).

use super::backend::{Lookup, Permission, Referred, Referrer};
use super::{ListenerNode, ListenerState};
use crate::model::{
    CertificateRef, ClientValidation, FrontendTls, GATEWAY_GROUP, Gateway, ListenerTls, Name, ObjectKey, Protocol,
    TlsMode,
};

/// The versions of TLS, oldest first.
const VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];
const MIN_VERSION: &str = "kgateway.dev/min-tls-version";
const MAX_VERSION: &str = "kgateway.dev/max-tls-version";
const SUBJECT_NAMES: &str = "kgateway.dev/verify-subject-alt-names";
const CERTIFICATE_HASH: &str = "kgateway.dev/verify-certificate-hash";
/// The options whose values are left to Envoy (kgateway `api/annotations/tls.go`).
const FREE_OPTIONS: [&str; 4] = [
    "kgateway.dev/cipher-suites",
    "kgateway.dev/ecdh-curves",
    "kgateway.dev/signature-algorithms",
    "kgateway.dev/alpn-protocols",
];

/// A status reason and a sentence.
type Refusal = (&'static str, String);

/// Rejects the HTTPS listeners that cannot be served. They keep what they claimed: this is not looked at for conflicts.
pub(super) fn reject(lookup: Lookup<'_>, gateway: &Gateway, listeners: &mut [ListenerNode]) {
    for node in listeners.iter_mut().filter(|node| node.is_served()) {
        if let Some((reason, message)) = refusal(lookup, gateway, node) {
            node.state = ListenerState::Rejected { reason, message };
        }
    }
}

fn refusal(lookup: Lookup<'_>, gateway: &Gateway, node: &ListenerNode) -> Option<Refusal> {
    let listener = node.listener(gateway);
    if listener.protocol != Protocol::Https {
        return None;
    }
    let frontend = gateway.frontend_tls.as_ref();
    let authorities = match frontend.map(|frontend| validation(frontend, node.port(gateway))) {
        None => None,
        Some(Ok(found)) => found,
        Some(Err(refusal)) => return Some(refusal),
    };
    let tls = listener.tls.as_ref().filter(|tls| tls.mode == TlsMode::Terminate)?;
    let owner = match &node.set {
        Some(set) => Referrer { group: GATEWAY_GROUP, kind: "ListenerSet", namespace: &set.meta.namespace },
        None => Referrer { group: GATEWAY_GROUP, kind: "Gateway", namespace: &gateway.meta.namespace },
    };
    certificates(lookup, owner, tls)
        .or_else(|| options(tls))
        .or_else(|| {
            let names = tls.options.iter().any(|(key, _)| key == SUBJECT_NAMES);
            let why = || format!("the option {SUBJECT_NAMES} needs an authority in the Gateway's tls.frontend");
            (names && authorities.is_none()).then(|| ("Invalid", why()))
        })
        .or_else(|| {
            let (validation, refs) = authorities.as_ref()?;
            let mut refusals = refs.iter().map(|one| authority(lookup, &gateway.meta.namespace, one));
            // One that can be used is enough, and a fallback needs none.
            let first = refusals.next()??;
            (refusals.all(|one| one.is_some()) && !validation.insecure_fallback).then_some(first)
        })
}

type Authorities<'a> = Option<(&'a ClientValidation, Vec<&'a CertificateRef>)>;

/// The authorities of a port: its own before the default ones. Kinds other than `ConfigMap` and Secret do not count; when
/// none is left of those that were given, nothing on the port is served.
fn validation(frontend: &FrontendTls, port: u16) -> Result<Authorities<'_>, Refusal> {
    let of_port = frontend.per_port.iter().rev().find(|(known, _)| *known == port);
    let of_port = of_port.and_then(|(_, validation)| validation.as_ref()).filter(|own| !own.authorities.is_empty());
    let Some(chosen) = of_port.or(frontend.default.as_ref()) else { return Ok(None) };
    let fits = |one: &&CertificateRef| one.group.is_empty() && matches!(one.kind.as_str(), "ConfigMap" | "Secret");
    let usable: Vec<&CertificateRef> = chosen.authorities.iter().filter(fits).collect();
    if usable.is_empty() {
        let Some(first) = chosen.authorities.first() else { return Ok(None) };
        let message = format!("a client's certificate cannot be held against {} {}", first.kind, first.name);
        return Err(("InvalidCACertificateKind", message));
    }
    Ok(Some((chosen, usable)))
}

/// Whether no certificate is left: a single good one is enough.
fn certificates(lookup: Lookup<'_>, owner: Referrer<'_>, tls: &ListenerTls) -> Option<Refusal> {
    let mut first = None;
    for certificate in &tls.certificates {
        let CertificateRef { group, kind, name, .. } = certificate;
        let namespace = certificate.namespace.as_ref().unwrap_or(owner.namespace);
        let secret = matches!(group.as_str(), "" | "core") && kind == "Secret";
        let permission = lookup.granted(owner, Referred { group, kind, namespace, name });
        let refusal = match permission {
            _ if !secret => ("InvalidCertificateRef", format!("a certificate is no {kind}: {name}")),
            Permission::Refused => {
                let from = format!("{}s of {}", owner.kind, owner.namespace);
                ("RefNotPermitted", format!("no ReferenceGrant in {namespace} lets {from} refer to Secret {name}"))
            }
            Permission::Granted | Permission::Unknown => return None,
        };
        first.get_or_insert(refusal);
    }
    first
}

fn options(tls: &ListenerTls) -> Option<Refusal> {
    let mut range = [0, VERSIONS.len()];
    for (key, value) in &tls.options {
        let problem = match key.as_str() {
            MIN_VERSION | MAX_VERSION => match VERSIONS.iter().position(|version| version == value) {
                Some(at) => {
                    range[usize::from(key == MAX_VERSION)] = at;
                    None
                }
                None => Some(format!("the option {key} is no version of TLS: {value}")),
            },
            CERTIFICATE_HASH => hashes(value)
                .find(|hash| !is_hash(hash))
                .map(|hash| format!("the option {key} has a hash that is no SHA-256: {hash}")),
            SUBJECT_NAMES => None,
            known if FREE_OPTIONS.contains(&known) => None,
            _ => Some(format!("the TLS option {key} is not known")),
        };
        if let Some(message) = problem {
            return Some(("Invalid", message));
        }
    }
    (range[1] < range[0]).then(|| ("Invalid", format!("{MAX_VERSION} is below {MIN_VERSION}")))
}

/// The hashes of a list with commas or dashes (`splitFakeYamlArray`).
fn hashes(value: &str) -> impl Iterator<Item = &str> {
    value.split([',', '-']).map(str::trim).filter(|hash| !hash.is_empty())
}

/// 64 hexadecimal digits, or 32 pairs of them with colons between.
fn is_hash(text: &str) -> bool {
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.len() == 64 {
        return hexadecimal(text);
    }
    let mut pairs = text.split(':');
    pairs.clone().count() == 32 && pairs.all(|pair| pair.len() == 2 && hexadecimal(pair))
}

/// Why an authority cannot be used. The Gateway refers, on the listeners of its `ListenerSets` too.
fn authority(lookup: Lookup<'_>, home: &Name, one: &CertificateRef) -> Option<Refusal> {
    let CertificateRef { group, kind, name, .. } = one;
    let namespace = one.namespace.as_ref().unwrap_or(home);
    let gateway = Referrer { group: GATEWAY_GROUP, kind: "Gateway", namespace: home };
    let key = ObjectKey::new(namespace.clone(), name.clone());
    if lookup.granted(gateway, Referred { group, kind, namespace, name }) == Permission::Refused {
        let message = format!("no ReferenceGrant in {namespace} lets Gateways of {home} refer to {kind} {name}");
        return Some(("RefNotPermitted", message));
    }
    if kind != "ConfigMap" {
        return None;
    }
    match lookup.snapshot.config_maps.get(&key) {
        Some(found) if found.has_certificate => None,
        Some(_) => Some(("InvalidCACertificateRef", format!("ConfigMap {key} has no certificate in ca.crt"))),
        None if lookup.snapshot.coverage.sees("ConfigMap", namespace) => {
            Some(("InvalidCACertificateRef", format!("ConfigMap {key} does not exist")))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_digits_or_32_pairs() {
        assert!(is_hash(&"a".repeat(64)));
        assert!(is_hash(&["0F"; 32].join(":")));
        assert!(!is_hash(&"g".repeat(64)));
        assert!(!is_hash(&["0F"; 31].join(":")));
    }

    #[test]
    fn hashes_are_split_at_commas_and_dashes() {
        assert_eq!(hashes(" - a\n - b, c").collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
