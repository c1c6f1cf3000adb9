//! What keeps kgateway from serving an HTTPS listener: its TLS options, references that are not permitted, and the
//! authorities that clients' certificates are held against. Secrets are never read, and assumed to exist.
//!
//! Sources: kgateway `pkg/kgateway/translator/listener/gateway_listener_translator.go` (`translateTLSConfig`,
//! `resolveFrontendTLSConfig`, `reportTLSConfigError`), `pkg/kgateway/translator/sslutils/ssl_utils.go`
//! (`ApplyTLSExtensionOptions`), `pkg/krtcollections/policy.go` (`getFrontendTLSConfig`).

use super::backend::{Lookup, Permission, Referred, Referrer};
use super::{ListenerNode, ListenerState};
use crate::finding::{ListenerProblem, TlsProblem};
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
/// The options whose values are left to Envoy (kgateway `api/annotations/gateway.go`).
const FREE_OPTIONS: [&str; 4] = [
    "kgateway.dev/cipher-suites",
    "kgateway.dev/ecdh-curves",
    "kgateway.dev/signature-algorithms",
    "kgateway.dev/alpn-protocols",
];

/// What is wrong with a listener's TLS settings, as its status tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFault {
    /// The reason of `ResolvedRefs: False`; `None` where the references are as they should be.
    pub resolved_refs: Option<&'static str>,
    /// The reason of `Accepted`.
    pub accepted: &'static str,
    /// What the engine says of it.
    pub message: String,
    /// Whether the listener is served all the same, with what is left of its settings.
    pub partial: bool,
}

/// What can be wrong, in the order in which the status looks for it (`reportTLSConfigError`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    MissingGrant,
    MissingAuthorityGrant,
    NoAuthority,
    AuthorityRef,
    AuthorityKind,
    UnknownOption,
    Other,
}

/// One thing that is wrong, and what the engine says of it.
struct Problem {
    wrong: Wrong,
    what: TlsProblem,
    said: String,
}

impl Problem {
    /// Something of which the status says nothing of its own.
    fn other(what: TlsProblem) -> Self {
        Self { wrong: Wrong::Other, said: what.to_string(), what }
    }
}

/// Looks at the HTTPS listeners that are served, and rejects those that cannot be. They keep what they claimed: this is
/// not evaluated for conflicts.
pub(super) fn reject(lookup: Lookup<'_>, gateway: &Gateway, listeners: &mut [ListenerNode]) {
    for node in listeners.iter_mut().filter(|node| node.is_served()) {
        if node.listener(gateway).protocol == Protocol::Https {
            look(lookup, gateway, node);
        }
    }
}

fn look(lookup: Lookup<'_>, gateway: &Gateway, node: &mut ListenerNode) {
    let frontend = gateway.frontend_tls.as_ref();
    let (authorities, unfit) = frontend.map_or((None, Vec::new()), |frontend| validation(frontend, node.port(gateway)));
    let lost = authorities.is_none() && !unfit.is_empty();
    note(node, &unfit, !lost);
    let Some(tls) = node.listener(gateway).tls.as_ref().filter(|tls| tls.mode == TlsMode::Terminate && !lost) else {
        return;
    };
    let owner = match &node.set {
        Some(set) => Referrer { group: GATEWAY_GROUP, kind: "ListenerSet", namespace: &set.meta.namespace },
        None => Referrer { group: GATEWAY_GROUP, kind: "Gateway", namespace: &gateway.meta.namespace },
    };
    let (problems, partial) = settings(lookup, owner, gateway, tls, authorities);
    note(node, &problems, partial);
}

/// Writes down what is wrong, if anything is: all of it in one sentence.
fn note(node: &mut ListenerNode, problems: &[Problem], partial: bool) {
    let Some(worst) = problems.iter().min_by_key(|problem| problem.wrong) else { return };
    let all = || problems.iter().map(|problem| problem.said.as_str()).collect::<Vec<_>>().join("\n");
    let (resolved_refs, accepted, message) = match worst.wrong {
        Wrong::MissingGrant => {
            (Some("RefNotPermitted"), "Invalid", "Reference not permitted by ReferenceGrant.".to_owned())
        }
        Wrong::MissingAuthorityGrant => (Some("RefNotPermitted"), "NoValidCACertificate", all()),
        Wrong::NoAuthority | Wrong::UnknownOption => (None, "Invalid", all()),
        Wrong::AuthorityRef => (Some("InvalidCACertificateRef"), "NoValidCACertificate", all()),
        Wrong::AuthorityKind => (Some("InvalidCACertificateKind"), "NoValidCACertificate", all()),
        Wrong::Other => (Some("InvalidCertificateRef"), "Invalid", "Invalid certificate ref(s).".to_owned()),
    };
    if !partial {
        let why = ListenerProblem::Tls(worst.what.clone());
        node.state = ListenerState::Rejected { reason: resolved_refs.unwrap_or(accepted), why };
    }
    node.tls.push(TlsFault { resolved_refs, accepted, message, partial });
}

/// The authorities of a port that can be used, and those that cannot.
type Authorities<'a> = Option<(&'a ClientValidation, Vec<&'a CertificateRef>)>;

/// The authorities of a port: its own before the default ones. Kinds other than `ConfigMap` and Secret do not count; when
/// none is left of those that were given, nothing on the port is served.
fn validation(frontend: &FrontendTls, port: u16) -> (Authorities<'_>, Vec<Problem>) {
    let of_port = frontend.per_port.iter().rev().find(|(known, _)| *known == port);
    let of_port = of_port.and_then(|(_, validation)| validation.as_ref()).filter(|own| !own.authorities.is_empty());
    let Some(chosen) = of_port.or(frontend.default.as_ref()) else { return (None, Vec::new()) };
    let fits = |one: &&CertificateRef| one.group.is_empty() && matches!(one.kind.as_str(), "ConfigMap" | "Secret");
    let (usable, unfit): (Vec<&CertificateRef>, Vec<&CertificateRef>) = chosen.authorities.iter().partition(fits);
    let problem = |one: &CertificateRef| {
        let CertificateRef { kind, name, .. } = one;
        let namespace = one.namespace.as_deref().unwrap_or_default();
        Problem {
            wrong: Wrong::AuthorityKind,
            what: TlsProblem::AuthorityKind { kind: kind.clone(), name: name.clone() },
            said: format!("invalid ca.crt kind {kind} in {namespace}/{name}: InvalidCACertificateKind"),
        }
    };
    let unfit = unfit.into_iter().map(problem).collect();
    ((!usable.is_empty()).then_some((chosen, usable)), unfit)
}

/// What is wrong with a listener's own settings, and whether it is served in spite of that (`translateTLSConfig`).
fn settings(
    lookup: Lookup<'_>,
    owner: Referrer<'_>,
    gateway: &Gateway,
    tls: &ListenerTls,
    authorities: Authorities<'_>,
) -> (Vec<Problem>, bool) {
    let mut problems: Vec<Problem> =
        tls.certificates.iter().filter_map(|one| certificate(lookup, owner, one)).collect();
    // A single good one is enough.
    if !problems.is_empty() && problems.len() == tls.certificates.len() {
        return (problems, false);
    }
    let wrong = options(tls);
    if !wrong.is_empty() {
        return (wrong, false);
    }
    if authorities.is_none() && tls.options.iter().any(|(key, _)| key == SUBJECT_NAMES) {
        let no_authority = Problem {
            wrong: Wrong::NoAuthority,
            what: TlsProblem::NeedsAuthority(SUBJECT_NAMES),
            said: "verify-subject-alt-names annotation requires a trusted CA to be configured".to_owned(),
        };
        return (vec![no_authority], false);
    }
    let Some((validation, refs)) = authorities else { return (problems, true) };
    let before = problems.len();
    problems.extend(refs.iter().filter_map(|one| authority(lookup, &gateway.meta.namespace, one)));
    // One that can be used is enough, and a fallback needs none.
    let none_left = problems.len() - before == refs.len();
    (problems, !none_left || validation.insecure_fallback)
}

/// Why a certificate cannot be used.
fn certificate(lookup: Lookup<'_>, owner: Referrer<'_>, certificate: &CertificateRef) -> Option<Problem> {
    let CertificateRef { group, kind, name, .. } = certificate;
    let namespace = certificate.namespace.as_ref().unwrap_or(owner.namespace);
    if !matches!(group.as_str(), "" | "core") || kind != "Secret" {
        return Some(Problem::other(TlsProblem::CertificateKind { kind: kind.clone(), name: name.clone() }));
    }
    let permission = lookup.granted(owner, Referred { group, kind, namespace, name });
    (permission == Permission::Refused).then(|| Problem {
        wrong: Wrong::MissingGrant,
        what: TlsProblem::NotPermitted {
            from: owner.kind,
            home: owner.namespace.clone(),
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
        },
        said: "missing reference grant".to_owned(),
    })
}

fn options(tls: &ListenerTls) -> Vec<Problem> {
    let mut range = [0, VERSIONS.len()];
    let mut problems = Vec::new();
    let mut other = |what| problems.push(Problem::other(what));
    let mut unknown = Vec::new();
    for (key, value) in &tls.options {
        match key.as_str() {
            MIN_VERSION | MAX_VERSION => match VERSIONS.iter().position(|version| version == value) {
                Some(at) => range[usize::from(key == MAX_VERSION)] = at,
                None => other(TlsProblem::Version { option: key.clone(), value: value.clone() }),
            },
            CERTIFICATE_HASH => {
                for hash in hashes(value).filter(|hash| !is_hash(hash)) {
                    other(TlsProblem::Hash { option: key.clone(), hash: hash.to_owned() });
                }
            }
            SUBJECT_NAMES => {}
            known if FREE_OPTIONS.contains(&known) => {}
            _ => unknown.push(Problem {
                wrong: Wrong::UnknownOption,
                what: TlsProblem::UnknownOption(key.clone()),
                said: format!("unknown tls option: {key}"),
            }),
        }
    }
    if range[1] < range[0] {
        other(TlsProblem::VersionsReversed { max: MAX_VERSION, min: MIN_VERSION });
    }
    problems.extend(unknown);
    problems
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
fn authority(lookup: Lookup<'_>, home: &Name, one: &CertificateRef) -> Option<Problem> {
    let CertificateRef { group, kind, name, .. } = one;
    let namespace = one.namespace.as_ref().unwrap_or(home);
    let gateway = Referrer { group: GATEWAY_GROUP, kind: "Gateway", namespace: home };
    let key = ObjectKey::new(namespace.clone(), name.clone());
    let fetching = |why: &str| format!("failed to fetch CA certificate ConfigMap {name}/{home}: {why}");
    if lookup.granted(gateway, Referred { group, kind, namespace, name }) == Permission::Refused {
        let what = TlsProblem::NotPermitted {
            from: "Gateway",
            home: home.clone(),
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
        };
        return Some(match kind.as_str() {
            "ConfigMap" => Problem {
                wrong: Wrong::MissingAuthorityGrant,
                what,
                said: fetching("missing CA certificate reference grant"),
            },
            _ => Problem { wrong: Wrong::MissingGrant, what, said: "missing reference grant".to_owned() },
        });
    }
    if kind != "ConfigMap" {
        return None;
    }
    match lookup.snapshot.config_maps.get(&key) {
        Some(found) if found.has_certificate => None,
        Some(_) => Some(Problem::other(TlsProblem::NoCertificate(key))),
        None if lookup.snapshot.coverage.sees("ConfigMap", namespace) => Some(Problem {
            wrong: Wrong::AuthorityRef,
            what: TlsProblem::NoConfigMap(key),
            said: fetching("InvalidCACertificateRef"),
        }),
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
