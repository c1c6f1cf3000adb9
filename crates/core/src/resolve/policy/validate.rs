//! Whether kgateway can build a `TrafficPolicy`, and whether Envoy would take what it is built into.
//!
//! Sources: kgateway `pkg/kgateway/extensions2/plugins/trafficpolicy/constructor.go` (`ConstructIR`,
//! `FetchGatewayExtension`), `gateway_extension.go` (`gatewayExtensionBuilder`).

use core::net::IpAddr;
use std::sync::Arc;

use super::{PolicyCheck, WEIGHT_ANNOTATION};
use crate::finding::{BackendProblem, EnvoyProblem, PolicyProblem};
use crate::model::value::Data;
use crate::model::{
    ExtensionKind, ExtensionRef, GatewayExtension, KGATEWAY_GROUP, Name, ObjectKey, PolicyField, Position, Setting,
    TrafficPolicy, Written,
};
use crate::re2::check_re2;
use crate::resolve::DestinationState;
use crate::resolve::backend::{Lookup, Permission, Referred, Referrer};
use crate::resolve::settings::{GrantMode, ValidationMode};
use crate::resolve::{Uncertainty, UnverifiedDestination};

type Problem = (Position, PolicyProblem);

/// Judges one policy.
pub(super) fn judge(lookup: Lookup<'_>, policy: &Arc<TrafficPolicy>) -> PolicyCheck {
    let key = policy.meta.key();
    let mut errors: Vec<Problem> = Vec::new();
    let mut refused: Vec<Problem> = Vec::new();
    let mut uncertain: Vec<Uncertainty> = Vec::new();
    for reference in &policy.extensions {
        match extension(lookup, policy, reference, &mut uncertain) {
            Ok(Some(found)) => refused.extend(path_prefix(found)),
            Ok(None) => {}
            Err(why) => errors.push((reference.at, why)),
        }
    }
    for secret in &policy.secrets {
        let namespace = secret.namespace.as_ref().unwrap_or(&policy.meta.namespace);
        let to = Referred { group: "", kind: "Secret", namespace, name: &secret.name };
        match lookup.granted(referrer(policy), to) {
            Permission::Granted => {}
            Permission::Refused => {
                let why = PolicyProblem::SecretNotPermitted {
                    namespace: namespace.clone(),
                    home: policy.meta.namespace.clone(),
                    secret: secret.name.clone(),
                };
                errors.push((secret.at, why));
            }
            Permission::Unknown => uncertain.push(Uncertainty::PolicyGrant {
                policy: key.clone(),
                kind: "Secret",
                object: ObjectKey::new(namespace.clone(), secret.name.clone()),
            }),
        }
    }
    errors.extend(policy.cidrs.iter().filter_map(|cidr| Some((cidr.at, bad_cidr(&cidr.text)?))));
    let users = policy.invalid_users.iter();
    errors.extend(users.map(|user| (user.at, PolicyProblem::UserHash(user.text.clone()))));
    if let Some(pattern) = &policy.path_regex
        && let Err(error) = check_re2(&pattern.text)
    {
        errors.push((pattern.at, PolicyProblem::RewriteRegex { regex: pattern.text.clone(), error }));
    }
    if let Some(weight) = policy.meta.annotation(WEIGHT_ANNOTATION)
        && weight.parse::<i32>().is_err()
    {
        let why = PolicyProblem::Weight { annotation: WEIGHT_ANNOTATION, value: weight.clone() };
        errors.push((Position::default(), why));
    }
    refused.extend(policy.origin_regexes.iter().filter_map(bad_origin));
    refused.extend(policy.templates.iter().filter_map(bad_template));
    refused.extend(policy.setting(PolicyField::HeaderModifiers).and_then(changes_host));
    let strict = lookup.settings.validation == ValidationMode::Strict;
    if strict && refused.is_empty() && policy.templates.iter().any(|template| template.text.contains("{{")) {
        uncertain.push(Uncertainty::Templates(key.clone()));
    }
    // Strict validation shows the policy to Envoy first; standard validation does not (`validateWithValidationLevel`).
    if strict {
        errors.append(&mut refused);
    }
    let rejection =
        refused.into_iter().next().map(|(_, problem)| EnvoyProblem::Policy { policy: key.clone(), problem });
    let error = errors.into_iter().next();
    // What answers 500 for certain is certain.
    if error.is_some() {
        uncertain.clear();
    }
    PolicyCheck { policy: Arc::clone(policy), error, rejection, uncertain }
}

fn referrer(policy: &TrafficPolicy) -> Referrer<'_> {
    Referrer { group: KGATEWAY_GROUP, kind: "TrafficPolicy", namespace: &policy.meta.namespace }
}

/// The extension that a policy refers to; `None` when it may exist out of view, an error when it cannot be used.
fn extension<'a>(
    lookup: Lookup<'a>,
    policy: &TrafficPolicy,
    reference: &ExtensionRef,
    uncertain: &mut Vec<Uncertainty>,
) -> Result<Option<&'a GatewayExtension>, PolicyProblem> {
    let namespace = reference.namespace.as_ref().unwrap_or(&policy.meta.namespace);
    let key = ObjectKey::new(namespace.clone(), reference.name.clone());
    let mine = policy.meta.key();
    // Only the strict mode asks for a grant here.
    if lookup.settings.reference_grants == GrantMode::Strict {
        let to = Referred { group: KGATEWAY_GROUP, kind: "GatewayExtension", namespace, name: &reference.name };
        match lookup.granted(referrer(policy), to) {
            Permission::Granted => {}
            Permission::Refused => {
                return Err(PolicyProblem::ExtensionNotPermitted(key));
            }
            Permission::Unknown => uncertain.push(Uncertainty::PolicyGrant {
                policy: mine.clone(),
                kind: "GatewayExtension",
                object: key.clone(),
            }),
        }
    }
    let Some(found) = lookup.snapshot.gateway_extensions.get(&key) else {
        if lookup.snapshot.coverage.sees("GatewayExtension", namespace) {
            return Err(PolicyProblem::NoExtension(key));
        }
        uncertain.push(Uncertainty::Extension { extension: key, policy: mine });
        return Ok(None);
    };
    provider(lookup, found, uncertain)?;
    match found.kind {
        Some(kind) if kind == reference.kind => Ok(Some(found)),
        other => Err(PolicyProblem::ExtensionType {
            extension: key,
            is: other.map(ExtensionKind::name),
            wanted: reference.kind.name(),
        }),
    }
}

/// Whether an extension can be built: its services must be there, and permitted.
fn provider(
    lookup: Lookup<'_>,
    extension: &GatewayExtension,
    uncertain: &mut Vec<Uncertainty>,
) -> Result<(), PolicyProblem> {
    let key = extension.meta.key();
    let namespace = &extension.meta.namespace;
    let referrer = Referrer { group: KGATEWAY_GROUP, kind: "GatewayExtension", namespace };
    for backend in &extension.backends {
        let found = lookup.destination(referrer, backend);
        let why = match found.state {
            DestinationState::Resolved => continue,
            DestinationState::Unverified => {
                let object = ObjectKey::new(found.namespace.clone(), found.name.clone());
                let (kind, extension) = (found.kind.clone(), key.clone());
                uncertain.push(Uncertainty::ExtensionNeeds { kind, object, extension });
                continue;
            }
            DestinationState::GrantUnseen | DestinationState::KindUnread => {
                let backend = UnverifiedDestination::of(&found);
                uncertain
                    .extend(backend.map(|backend| Uncertainty::ExtensionBackend { extension: key.clone(), backend }));
                continue;
            }
            DestinationState::NotPermitted => BackendProblem::NotPermitted,
            DestinationState::Missing => BackendProblem::Missing,
            DestinationState::PortMissing | DestinationState::PortUnserved => BackendProblem::NoPort,
            DestinationState::InvalidKind => BackendProblem::UnknownKind,
            DestinationState::PortNotAllowed => BackendProblem::PortNotAllowed,
        };
        let backend = ObjectKey::new(found.namespace, found.name);
        return Err(PolicyProblem::ExtensionBackend { extension: key, kind: found.kind, backend, why });
    }
    for config_map in &extension.config_maps {
        let map = ObjectKey::new(namespace.clone(), config_map.text.clone());
        match lookup.snapshot.config_maps.get(&map) {
            Some(found) if found.keys.iter().any(|key| key == "jwks") => {}
            Some(_) => {
                return Err(PolicyProblem::ExtensionConfigMap { extension: key, config_map: map, exists: true });
            }
            None if lookup.snapshot.coverage.sees("ConfigMap", namespace) => {
                return Err(PolicyProblem::ExtensionConfigMap { extension: key, config_map: map, exists: false });
            }
            None => uncertain.push(Uncertainty::ExtensionNeeds {
                kind: "ConfigMap".into(),
                object: map,
                extension: key.clone(),
            }),
        }
    }
    Ok(())
}

/// Envoy's `ext_authz` wants a prefix that is a path.
fn path_prefix(extension: &GatewayExtension) -> Option<Problem> {
    let prefix = extension.path_prefix.as_ref().filter(|prefix| !prefix.text.is_empty())?;
    (!prefix.text.starts_with('/')).then(|| {
        let why = PolicyProblem::PathPrefix { extension: extension.meta.key(), prefix: prefix.text.clone() };
        (Position::default(), why)
    })
}

/// What is wrong with an address range; a bare address is left to Envoy (`validateACLCIDRs`).
fn bad_cidr(text: &Name) -> Option<PolicyProblem> {
    let (address, length) = text.split_once('/')?;
    let bad = |beyond_prefix| Some(PolicyProblem::Cidr { text: text.clone(), beyond_prefix });
    let unparsable = || bad(false);
    let Ok(address) = address.parse::<IpAddr>() else { return unparsable() };
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let Some(length) = length.parse::<u32>().ok().filter(|length| digits && *length <= width) else {
        return unparsable();
    };
    let host = 1_u128.checked_shl(width - length).map_or(u128::MAX, |bit| bit - 1);
    if bits & host != 0 { bad(true) } else { None }
}

fn bad_origin(regex: &Written) -> Option<Problem> {
    let error = check_re2(&regex.text).err()?;
    Some((regex.at, PolicyProblem::CsrfRegex { regex: regex.text.clone(), error }))
}

/// Envoy's `header_mutation` sets no header of its own making; that it may take them away is left aside.
fn changes_host(modifiers: &Setting) -> Option<Problem> {
    let lists = ["request", "response"].into_iter().filter_map(|side| modifiers.present(side));
    let lists = lists.flat_map(|side| ["set", "add"].into_iter().filter_map(|change| side.get(change)));
    let entries = lists.flat_map(|list| match &list.data {
        Data::List(items) => items.as_slice(),
        _ => &[],
    });
    let name = entries.filter_map(|entry| entry.get("name")).find(
        |name| matches!(&name.data, Data::String(name) if name.eq_ignore_ascii_case("host") || name.starts_with(':')),
    )?;
    Some((name.at, PolicyProblem::SetsHost))
}

/// A template with an opening mark that nothing closes. Envoy's template engine finds more; this much is sure.
fn bad_template(template: &Written) -> Option<Problem> {
    let text = template.text.as_str();
    let open = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")]
        .into_iter()
        .find(|(open, close)| text.rfind(open).is_some_and(|at| !text[at..].contains(close)))?;
    // Inside `raw` marks mean nothing.
    let raw = text.contains("raw");
    (!raw).then(|| (template.at, PolicyProblem::Template { open: open.0, template: template.text.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_range_has_no_bits_beyond_its_prefix() {
        for range in ["10.0.0.0/8", "192.168.1.0/24", "0.0.0.0/0", "10.1.2.3", "fd00::/8", "::1/128", "10.0.0.1/32"] {
            assert_eq!(bad_cidr(&Name::new(range)), None, "{range}");
        }
        for range in ["172.18.0.0/12", "10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/", "10.0.0.0/+8", "fd00::1/8"] {
            assert!(bad_cidr(&Name::new(range)).is_some(), "{range}");
        }
    }

    #[test]
    fn a_template_closes_what_it_opens() {
        let bad = |text: &str| bad_template(&Written { at: Position::default(), text: Name::new(text) }).is_some();
        for text in ["plain", "{{ a }}", "{% if a %}b{% endif %}", "a }} b", "{{ '{{' }}"] {
            assert!(!bad(text), "{text}");
        }
        for text in ["{{ a }", "{{ a }} {{ b", "{% if a }"] {
            assert!(bad(text), "{text}");
        }
    }
}
