//! Whether kgateway can build a `TrafficPolicy`, and what the policies that reach a place come to. One that cannot be
//! built replaces every row it reaches by a 500.
//!
//! Sources: kgateway `pkg/kgateway/extensions2/plugins/trafficpolicy/constructor.go` (`ConstructIR`,
//! `FetchGatewayExtension`), `gateway_extension.go` (`gatewayExtensionBuilder`), `pkg/krtcollections/policy.go`
//! (`GetTargetingPolicies`), `pkg/kgateway/translator/irtranslator/route.go` (`runRoutePlugins`).

use core::net::IpAddr;

use ahash::AHashMap;

use super::action::Outcome;
use super::backend::{Lookup, Permission, Referred, Referrer};
use super::settings::{GrantMode, ValidationMode};
use super::{Action, Complaint, DestinationState, Respond, RespondReason, Stage, action};
use crate::finding::{Finding, Place, Severity, Subject};
use crate::model::{
    ExtensionRef, Filter, GATEWAY_GROUP, GatewayExtension, KGATEWAY_GROUP, Meta, Name, ObjectKey, PolicySelector,
    Position, Route, RouteKind, Rule, TrafficPolicy, Written,
};
use crate::re2::check_re2;

/// The order among policies of one target; what is no number is an error.
const WEIGHT_ANNOTATION: &str = "kgateway.dev/policy-weight";

/// Fields that may send a request elsewhere than the route says, or answer it, each with what it does to it.
const CHANGES: &[(&str, &str)] = &[
    ("urlRewrite", "rewrites the path"),
    ("autoHostRewrite", "rewrites the host"),
    ("transformation", "may rewrite the request"),
    ("extProc", "may rewrite or answer the request"),
    ("internalRedirect", "may follow a redirect"),
    ("faultInjection", "may answer the request"),
    ("extAuth", "may refuse the request"),
    ("jwtAuth", "may refuse the request"),
    ("apiKeyAuth", "may refuse the request"),
    ("basicAuth", "may refuse the request"),
    ("oauth2", "may send the client to log in"),
    ("rbac", "may refuse the request"),
    ("acl", "may refuse the request"),
];

/// What is known of one policy.
pub(super) struct Verdict<'a> {
    policy: &'a TrafficPolicy,
    /// Why it cannot be built, and where that is written.
    error: Option<(Position, String)>,
    /// Why Envoy would refuse what it is built into.
    hazard: Option<String>,
    /// Why an answer under it is not certain.
    doubts: Vec<String>,
}

/// What the policies that reach a place come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Effect {
    /// Why its rows answer 500.
    pub error: Option<String>,
    /// What their status says of that.
    pub complaints: Vec<Complaint>,
    /// Why Envoy would refuse them.
    pub hazard: Option<String>,
    /// Why an answer is not certain.
    pub doubts: Vec<String>,
}

impl Effect {
    /// The row in place of those it reaches.
    pub fn replacement(&self) -> Option<Action> {
        let detail = self.error.clone()?;
        let respond = action::replaced(RespondReason::InvalidPolicy, detail);
        Some(Action::Respond(Respond { complaints: self.complaints.clone(), ..respond }))
    }

    /// Does to a rule's outcome what the policies do: an error replaces it, in a delegating rule too.
    pub fn apply(self, outcome: &mut Outcome) {
        if let Some(mut replacement) = self.replacement() {
            // The engine joins what else is wrong; a row that was not made is not looked at.
            if let (Action::Respond(new), Some(Action::Respond(old))) = (&mut replacement, &outcome.action) {
                let making = |one: &&Complaint| one.stage == Stage::Row && old.reason != RespondReason::NoBackends;
                let kept = old.complaints.iter().filter(|one| one.stage == Stage::Rule || making(one));
                new.complaints.extend(kept.cloned());
            }
            *outcome = Outcome { action: Some(replacement), replaced: true, hazard: None, unverified: Vec::new() };
        } else if !outcome.replaced {
            outcome.unverified.extend(self.doubts);
            if let Some(Action::Forward(_)) = outcome.action {
                outcome.hazard = outcome.hazard.take().or(self.hazard);
            }
        }
    }

    fn add(&mut self, verdict: &Verdict<'_>, section: Option<&Name>) {
        let key = verdict.policy.meta.key();
        let said = |why: &str| format!("TrafficPolicy {key} cannot be built: {why}");
        if let Some((_, why)) = &verdict.error {
            let policy = Some(Name::from(format!("{KGATEWAY_GROUP}/TrafficPolicy/{}/{}", key.namespace, key.name)));
            let section = section.cloned();
            self.complaints.push(Complaint { stage: Stage::Row, policy, section, text: why.clone() });
        }
        if self.error.is_none() {
            self.error = verdict.error.as_ref().map(|(_, why)| said(why));
        }
        if self.hazard.is_none() {
            self.hazard.clone_from(&verdict.hazard);
        }
        for doubt in &verdict.doubts {
            if !self.doubts.contains(doubt) {
                self.doubts.push(doubt.clone());
            }
        }
    }
}

/// The section of a target, and the policy.
type Targeting<'a> = (Option<&'a Name>, usize);

/// Every policy, judged once, and found by what it attaches to.
pub(super) struct Policies<'a> {
    verdicts: Vec<Verdict<'a>>,
    by_name: AHashMap<ObjectKey, usize>,
    /// By kind, and by the target's namespace and name: the section and the policy.
    by_target: AHashMap<(&'a str, ObjectKey), Vec<Targeting<'a>>>,
    /// Those that select their targets by label, by kind and namespace.
    selectors: AHashMap<(&'a str, &'a str), Vec<(&'a PolicySelector, usize)>>,
}

impl<'a> Policies<'a> {
    /// Judges all policies; `None` when there are none.
    pub fn of(lookup: Lookup<'a>) -> Option<Self> {
        let policies = &lookup.snapshot.traffic_policies;
        if policies.is_empty() {
            return None;
        }
        let mut all = Self {
            verdicts: Vec::with_capacity(policies.len()),
            by_name: AHashMap::default(),
            by_target: AHashMap::default(),
            selectors: AHashMap::default(),
        };
        for (at, (key, policy)) in policies.iter().enumerate() {
            let policy: &'a TrafficPolicy = policy;
            all.by_name.insert(key.clone(), at);
            for target in policy.targets.iter().filter(|target| target.group == GATEWAY_GROUP) {
                // Target refs are of the policy's own namespace.
                let key = ObjectKey::new(policy.meta.namespace.clone(), target.name.clone());
                let targeting = all.by_target.entry((target.kind.as_str(), key)).or_default();
                targeting.push((target.section_name.as_ref(), at));
            }
            // A selector without labels selects nothing.
            let selecting = |one: &&PolicySelector| one.group == GATEWAY_GROUP && !one.labels.is_empty();
            for selector in policy.selectors.iter().filter(selecting) {
                let key = (selector.kind.as_str(), policy.meta.namespace.as_str());
                all.selectors.entry(key).or_default().push((selector, at));
            }
            all.verdicts.push(judge(lookup, policy));
        }
        Some(all)
    }

    /// Adds to `effect` the policies that target an object (`section` is a listener's or a rule's name).
    pub fn targeting(&self, kind: &str, meta: &Meta, section: Option<&Name>, effect: &mut Effect) {
        let wanted = section.filter(|name| !name.is_empty());
        for (section, at) in self.by_target.get(&(kind, meta.key())).into_iter().flatten() {
            if *section == wanted {
                effect.add(&self.verdicts[*at], wanted);
            }
        }
        for (selector, at) in self.selectors.get(&(kind, meta.namespace.as_str())).into_iter().flatten() {
            let worn = |(key, value): &(Name, Name)| meta.label(key) == Some(value);
            if selector.section_name.as_ref() == wanted && selector.labels.iter().all(worn) {
                effect.add(&self.verdicts[*at], wanted);
            }
        }
    }

    /// Adds to `effect` the policies of one rule of a route: those it names, those that target it, the route's.
    pub fn of_rule(&self, route: &Route, rule: &Rule, effect: &mut Effect) {
        // A GRPCRoute's ExtensionRefs are not looked at (kgateway `convertFiltersToHTTP`).
        for filter in rule.filters.iter().filter(|_| route.kind == RouteKind::Http) {
            if let Filter::Extension { group, kind, name, .. } = filter
                && group == KGATEWAY_GROUP
                && kind == "TrafficPolicy"
                && let Some(at) = self.by_name.get(&ObjectKey::new(route.meta.namespace.clone(), name.clone()))
            {
                effect.add(&self.verdicts[*at], None);
            }
        }
        let kind = route.kind.name();
        if let Some(name) = rule.name.as_ref().filter(|name| !name.is_empty()) {
            self.targeting(kind, &route.meta, Some(name), effect);
        }
        self.targeting(kind, &route.meta, None, effect);
    }

    /// One finding for each policy that cannot be built.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        self.verdicts.iter().filter_map(|verdict| {
            let (at, why) = verdict.error.as_ref()?;
            let meta = &verdict.policy.meta;
            Some(Finding {
                code: RespondReason::InvalidPolicy.name(),
                severity: Severity::Error,
                place: Some(Place::within(&meta.origin, *at)),
                subject: Some(Subject { kind: "TrafficPolicy", key: meta.key() }),
                message: format!("{why}: whatever the policy reaches answers 500"),
                help: None,
            })
        })
    }
}

type Problem = (Position, String);

fn judge<'a>(lookup: Lookup<'a>, policy: &'a TrafficPolicy) -> Verdict<'a> {
    let key = policy.meta.key();
    let mut errors: Vec<Problem> = Vec::new();
    let mut refused: Vec<Problem> = Vec::new();
    let mut doubts: Vec<String> = Vec::new();
    for reference in &policy.extensions {
        match extension(lookup, policy, reference, &mut doubts) {
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
                let why = format!(
                    "no ReferenceGrant in {namespace} lets TrafficPolicies of {} refer to Secret {}",
                    policy.meta.namespace, secret.name
                );
                errors.push((secret.at, why));
            }
            Permission::Unknown => doubts.push(format!(
                "TrafficPolicy {key} needs a ReferenceGrant to Secret {namespace}/{} that is not in view",
                secret.name
            )),
        }
    }
    errors.extend(policy.cidrs.iter().filter_map(|cidr| Some((cidr.at, bad_cidr(&cidr.text)?))));
    let users = policy.invalid_users.iter();
    errors.extend(users.map(|user| (user.at, format!("basicAuth takes {{SHA}} hashes only: {}", user.text))));
    if let Some(pattern) = &policy.path_regex
        && let Err(why) = check_re2(&pattern.text)
    {
        errors.push((pattern.at, format!("the regex {} of urlRewrite is invalid: {why}", pattern.text)));
    }
    if let Some(weight) = policy.meta.annotation(WEIGHT_ANNOTATION)
        && weight.parse::<i32>().is_err()
    {
        errors.push((Position::default(), format!("the annotation {WEIGHT_ANNOTATION} is no number: {weight}")));
    }
    refused.extend(policy.origin_regexes.iter().filter_map(bad_origin));
    refused.extend(policy.templates.iter().filter_map(bad_template));
    let strict = lookup.settings.validation == ValidationMode::Strict;
    if strict && refused.is_empty() && policy.templates.iter().any(|template| template.text.contains("{{")) {
        doubts.push(format!("strict validation lets Envoy judge the templates of TrafficPolicy {key}"));
    }
    for (field, does) in CHANGES {
        if policy.fields.iter().any(|set| set == field) {
            doubts.push(format!("{field} of TrafficPolicy {key} {does}"));
        }
    }
    // Strict validation shows the policy to Envoy first; standard validation does not (`validateWithValidationLevel`).
    if strict {
        errors.append(&mut refused);
    }
    let hazard = refused.into_iter().next().map(|(_, why)| format!("TrafficPolicy {key}: {why}"));
    let error = errors.into_iter().next();
    // What answers 500 for certain is certain.
    if error.is_some() {
        doubts.clear();
    }
    Verdict { policy, error, hazard, doubts }
}

fn referrer(policy: &TrafficPolicy) -> Referrer<'_> {
    Referrer { group: KGATEWAY_GROUP, kind: "TrafficPolicy", namespace: &policy.meta.namespace }
}

/// The extension that a policy refers to; `None` when it may exist out of view, an error when it cannot be used.
fn extension<'a>(
    lookup: Lookup<'a>,
    policy: &TrafficPolicy,
    reference: &ExtensionRef,
    doubts: &mut Vec<String>,
) -> Result<Option<&'a GatewayExtension>, String> {
    let namespace = reference.namespace.as_ref().unwrap_or(&policy.meta.namespace);
    let key = ObjectKey::new(namespace.clone(), reference.name.clone());
    let mine = policy.meta.key();
    // Only the strict mode asks for a grant here.
    if lookup.settings.reference_grants == GrantMode::Strict {
        let to = Referred { group: KGATEWAY_GROUP, kind: "GatewayExtension", namespace, name: &reference.name };
        match lookup.granted(referrer(policy), to) {
            Permission::Granted => {}
            Permission::Refused => {
                return Err(format!("no ReferenceGrant in {namespace} lets it refer to GatewayExtension {key}"));
            }
            Permission::Unknown => doubts
                .push(format!("TrafficPolicy {mine} needs a ReferenceGrant to GatewayExtension {key}, not in view")),
        }
    }
    let Some(found) = lookup.snapshot.gateway_extensions.get(&key) else {
        if lookup.snapshot.coverage.sees("GatewayExtension", namespace) {
            return Err(format!("GatewayExtension {key} does not exist"));
        }
        doubts.push(format!("GatewayExtension {key} is not in view: without it, TrafficPolicy {mine} answers 500"));
        return Ok(None);
    };
    provider(lookup, found, doubts)?;
    match found.kind {
        Some(kind) if kind == reference.kind => Ok(Some(found)),
        Some(kind) => Err(format!("GatewayExtension {key} is of type {}, not {}", kind.name(), reference.kind.name())),
        None => Err(format!("GatewayExtension {key} has no {}", reference.kind.name())),
    }
}

/// Whether an extension can be built: its services must be there, and permitted.
fn provider(lookup: Lookup<'_>, extension: &GatewayExtension, doubts: &mut Vec<String>) -> Result<(), String> {
    let key = extension.meta.key();
    let namespace = &extension.meta.namespace;
    let referrer = Referrer { group: KGATEWAY_GROUP, kind: "GatewayExtension", namespace };
    for backend in &extension.backends {
        let found = lookup.destination(referrer, backend);
        let to = format!("{} {}/{}", found.kind, found.namespace, found.name);
        let why = match found.state {
            DestinationState::Resolved => continue,
            DestinationState::Unverified => {
                doubts.push(format!("{to}, which GatewayExtension {key} needs, is not in view"));
                continue;
            }
            DestinationState::NotPermitted => format!("no ReferenceGrant lets it refer to {to}"),
            DestinationState::Missing => format!("{to} does not exist"),
            DestinationState::PortMissing | DestinationState::PortUnserved => format!("{to} has no such port"),
            DestinationState::InvalidKind => format!("{to} is of a kind that is not known"),
            DestinationState::PortNotAllowed => format!("the ref to {to} must not have a port"),
        };
        return Err(format!("GatewayExtension {key}: {why}"));
    }
    for config_map in &extension.config_maps {
        let map = ObjectKey::new(namespace.clone(), config_map.text.clone());
        match lookup.snapshot.config_maps.get(&map) {
            Some(found) if found.keys.iter().any(|key| key == "jwks") => {}
            Some(_) => return Err(format!("GatewayExtension {key}: ConfigMap {map} has no key jwks")),
            None if lookup.snapshot.coverage.sees("ConfigMap", namespace) => {
                return Err(format!("GatewayExtension {key}: ConfigMap {map} does not exist"));
            }
            None => doubts.push(format!("ConfigMap {map}, which GatewayExtension {key} needs, is not in view")),
        }
    }
    Ok(())
}

/// Envoy's `ext_authz` wants a prefix that is a path.
fn path_prefix(extension: &GatewayExtension) -> Option<Problem> {
    let prefix = extension.path_prefix.as_ref().filter(|prefix| !prefix.text.is_empty())?;
    let (key, text) = (extension.meta.key(), &prefix.text);
    (!text.starts_with('/')).then(|| {
        (Position::default(), format!("the pathPrefix {text} of GatewayExtension {key} does not begin with /"))
    })
}

/// What is wrong with an address range; a bare address is left to Envoy (`validateACLCIDRs`).
fn bad_cidr(text: &str) -> Option<String> {
    let (address, length) = text.split_once('/')?;
    let unparsable = || Some(format!("{text} is no address range"));
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
    (bits & host != 0).then(|| format!("{text} is no address range: bits beyond the prefix are set"))
}

fn bad_origin(regex: &Written) -> Option<Problem> {
    let why = check_re2(&regex.text).err()?;
    Some((regex.at, format!("the regex {} of csrf is invalid: {why}", regex.text)))
}

/// A template with an opening mark that nothing closes. Envoy's template engine finds more; this much is sure.
fn bad_template(template: &Written) -> Option<Problem> {
    let text = template.text.as_str();
    let open = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")]
        .into_iter()
        .find(|(open, close)| text.rfind(open).is_some_and(|at| !text[at..].contains(close)))?;
    // Inside `raw` marks mean nothing.
    let raw = text.contains("raw");
    (!raw).then(|| (template.at, format!("nothing closes {} of the template {text}", open.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_range_has_no_bits_beyond_its_prefix() {
        for range in ["10.0.0.0/8", "192.168.1.0/24", "0.0.0.0/0", "10.1.2.3", "fd00::/8", "::1/128", "10.0.0.1/32"] {
            assert_eq!(bad_cidr(range), None, "{range}");
        }
        for range in ["172.18.0.0/12", "10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/", "10.0.0.0/+8", "fd00::1/8"] {
            assert!(bad_cidr(range).is_some(), "{range}");
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
