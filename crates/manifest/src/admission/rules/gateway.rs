//! `Gateway` and `ListenerSet`.

use super::super::accessors::{distinct, get, has, items, keys, list as list_of, number, text, text_or};
use super::super::go::is_address;
use super::super::pattern::{Pattern, is_hostname};
use super::{Group, at, fallible, rule};
use routescope_core::model::value::Value;

/// What the rules of annotations and labels say, of either.
macro_rules! keys_of {
    ($what:literal, $kind:literal) => {
        &[
            rule(
                concat!(
                    $what,
                    " keys must be in the form of an optional DNS subdomain prefix followed by a required name \
                     segment of up to 63 characters."
                ),
                |map| keys(map).all(|key| QUALIFIED_NAME.is_match(key)),
            ),
            rule(
                concat!(
                    "If specified, the ",
                    $kind,
                    " key's prefix must be a DNS subdomain not longer than 253 characters in total."
                ),
                short_prefixes,
            ),
        ]
    };
}

pub(super) const RULES: &[Group] = &[
    at(
        &["Gateway.spec.listeners", "XListenerSet.spec.listeners"],
        &[
            rule("tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']", |listeners| {
                items(listeners).iter().all(|l| !has_protocol(l, &["HTTP", "TCP", "UDP"]) || !has(l, "tls"))
            }),
            rule("tls mode must be Terminate for protocol HTTPS", |listeners| {
                items(listeners)
                    .iter()
                    .all(|l| !has_protocol(l, &["HTTPS"]) || tls_mode(l).is_none_or(|mode| mode == "Terminate"))
            }),
            rule("hostname must not be specified for protocols ['TCP', 'UDP']", |listeners| {
                items(listeners)
                    .iter()
                    .all(|l| !has_protocol(l, &["TCP", "UDP"]) || text_or(l, "hostname", "").is_empty())
            }),
            rule("Listener name must be unique within the Gateway", |listeners| {
                distinct(items(listeners), |l| text(l, "name"))
            }),
            rule("Combination of port, protocol and hostname must be unique for each listener", |listeners| {
                let key = |l| Some((number(l, "port")?, text(l, "protocol"), text(l, "hostname")));
                distinct(items(listeners), key)
            }),
        ],
    ),
    at(
        &["Gateway.spec.listeners"],
        &[rule("tls mode must be set for protocol TLS", |listeners| {
            items(listeners).iter().all(|l| !has_protocol(l, &["TLS"]) || has(l, "tls"))
        })],
    ),
    at(
        &["Gateway.spec.listeners[].tls"],
        &[fallible("certificateRefs or options must be specified when mode is Terminate", |tls| {
            let options = get(tls, "options").is_some_and(|options| keys(options).next().is_some());
            if text_or(tls, "mode", "Terminate") != "Terminate"
                || !list_of(tls, "certificateRefs").is_empty()
                || options
            {
                return Ok(true);
            }
            // The rule reads both, whether or not they are there.
            match ["certificateRefs", "options"].into_iter().find(|key| !has(tls, key)) {
                Some(absent) => Err(format!("no such key: {absent}")),
                None => Ok(false),
            }
        })],
    ),
    at(
        &["Gateway.spec.addresses"],
        &[
            rule("IPAddress values must be unique", |list| {
                distinct(items(list), |address| address_of(address, "IPAddress"))
            }),
            rule("Hostname values must be unique", |list| {
                distinct(items(list), |address| address_of(address, "Hostname"))
            }),
        ],
    ),
    at(
        &["Gateway.spec.addresses[]"],
        &[
            rule("must validate one and only one schema (oneOf). Found none valid", |address| {
                address_of(address, "IPAddress").is_none_or(is_address)
            }),
            rule(
                r"Hostname value must be empty or contain only valid characters (matching ^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)",
                |address| address_of(address, "Hostname").is_none_or(is_hostname),
            ),
        ],
    ),
    at(&["Gateway.spec.infrastructure.annotations"], keys_of!("Annotation", "annotation")),
    at(&["Gateway.spec.infrastructure.labels"], keys_of!("Label", "label")),
    at(
        &["Gateway.spec.tls.frontend.perPort"],
        &[rule("Port for TLS configuration must be unique within the Gateway", |list| {
            distinct(items(list), |entry| number(entry, "port"))
        })],
    ),
];

fn has_protocol(listener: &Value, protocols: &[&str]) -> bool {
    text(listener, "protocol").is_some_and(|protocol| protocols.contains(&protocol))
}

/// The mode of a listener's `tls`, `Terminate` by default.
fn tls_mode(listener: &Value) -> Option<&str> {
    get(listener, "tls").map(|tls| text_or(tls, "mode", "Terminate"))
}

/// The value of an address of this type.
fn address_of<'v>(address: &'v Value, kind: &str) -> Option<&'v str> {
    if text_or(address, "type", "IPAddress") == kind { text(address, "value") } else { None }
}

static QUALIFIED_NAME: Pattern = Pattern::compiled(
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$",
);

fn short_prefixes(map: &Value) -> bool {
    keys(map).all(|key| key.split('/').next().is_none_or(|prefix| prefix.len() < 253))
}
