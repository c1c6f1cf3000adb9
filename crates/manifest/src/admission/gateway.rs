//! `GatewayClass`, `Gateway`, `ListenerSet` and `ReferenceGrant`.
//!
//! Source: Gateway API `config/crd/experimental/gateway.networking.k8s.io_{gatewayclasses,gateways,listenersets,
//! referencegrants}.yaml`; the standard channel refuses the same. `XListenerSet` of earlier releases lets a listener go
//! without a port.

use super::form::{Form, HOSTNAME, LABEL_VALUE};
use super::go::is_address;
use super::look::{distinct, get, has, items, keys, list as list_of, number, text, text_or};
use super::schema::{Rule, Schema, doubtful, integer, list, map, may, must, object, rule, text as any_text, word};
use super::shared::{
    FULL_NAMESPACED_REFERENCE, FULL_REFERENCE, GROUP_NAME, KIND_NAME, NAME, NAMESPACE, PORT, REFERENCE, SECTION,
    SELECTOR,
};
use routescope_core::model::value::Value;

/// `GatewayClass`. That its controller cannot be changed is a matter of two versions of an object.
pub(super) static GATEWAY_CLASS: Schema = object(&[must(
    "spec",
    &object(&[
        must("controllerName", &any_text().at_least(1).at_most(253).like(&CONTROLLER)),
        may("description", &any_text().at_most(64)),
        may("parametersRef", &FULL_NAMESPACED_REFERENCE),
    ]),
)]);

static CONTROLLER: Form = Form::compiled(
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$",
);

pub(super) static GATEWAY: Schema = object(&[must(
    "spec",
    &object(&[
        must("gatewayClassName", &NAME),
        must("listeners", &list(&LISTENER).at_least(1).at_most(64).keyed_by("name").rules(OF_LISTENERS)),
        may("addresses", &ADDRESSES),
        may("allowedListeners", &object(&[may("namespaces", &LISTENER_NAMESPACES)])),
        may("defaultScope", &word(&["All", "None"])),
        may("infrastructure", &INFRASTRUCTURE),
        may("tls", &TLS),
    ]),
)]);

pub(super) static LISTENER_SET: Schema = object(&[must(
    "spec",
    &object(&[
        must("parentRef", &REFERENCE),
        must("listeners", &list(&LISTENER).at_least(1).at_most(64).keyed_by("name").rules(OF_LISTENERS)),
    ]),
)]);

pub(super) static EXPERIMENTAL_LISTENER_SET: Schema = object(&[must(
    "spec",
    &object(&[
        must("parentRef", &REFERENCE),
        must("listeners", &list(&PORTLESS_LISTENER).at_least(1).at_most(64).keyed_by("name").rules(OF_LISTENERS)),
    ]),
)]);

pub(super) static REFERENCE_GRANT: Schema = object(&[must(
    "spec",
    &object(&[
        must(
            "from",
            &list(&object(&[must("group", &GROUP_NAME), must("kind", &KIND_NAME), must("namespace", &NAMESPACE)]))
                .at_least(1)
                .at_most(16),
        ),
        must(
            "to",
            &list(&object(&[must("group", &GROUP_NAME), must("kind", &KIND_NAME), may("name", &NAME)]))
                .at_least(1)
                .at_most(16),
        ),
    ]),
)]);

static LISTENER: Schema = object(&[
    must("name", &SECTION),
    must("port", &PORT),
    must("protocol", &PROTOCOL),
    may("hostname", &any_text().at_least(1).at_most(253).like(&HOSTNAME)),
    may("tls", &LISTENER_TLS),
    may("allowedRoutes", &ALLOWED_ROUTES),
]);

static PORTLESS_LISTENER: Schema = object(&[
    must("name", &SECTION),
    may("port", &integer(0, 65_535)),
    must("protocol", &PROTOCOL),
    may("hostname", &any_text().at_least(1).at_most(253).like(&HOSTNAME)),
    may("tls", &LISTENER_TLS),
    may("allowedRoutes", &ALLOWED_ROUTES),
]);

static PROTOCOL: Schema = any_text().at_least(1).at_most(255).like(&PROTOCOL_NAME);
static PROTOCOL_NAME: Form = Form::compiled(
    r"^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]+$",
);

const OF_LISTENERS: &[Rule] = &[
    rule("tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']", |listeners| {
        items(listeners).iter().all(|l| !speaks(l, &["HTTP", "TCP", "UDP"]) || !has(l, "tls"))
    }),
    rule("tls mode must be Terminate for protocol HTTPS", |listeners| {
        items(listeners).iter().all(|l| !speaks(l, &["HTTPS"]) || mode(l).is_none_or(|mode| mode == "Terminate"))
    }),
    rule("tls mode must be set for protocol TLS", |listeners| {
        items(listeners).iter().all(|l| !speaks(l, &["TLS"]) || has(l, "tls"))
    }),
    rule("hostname must not be specified for protocols ['TCP', 'UDP']", |listeners| {
        items(listeners).iter().all(|l| !speaks(l, &["TCP", "UDP"]) || text_or(l, "hostname", "").is_empty())
    }),
    rule("Listener name must be unique within the Gateway", |listeners| {
        distinct(items(listeners), |l| text(l, "name"))
    }),
    rule("Combination of port, protocol and hostname must be unique for each listener", |listeners| {
        let place = |l| Some((number(l, "port")?, text(l, "protocol"), text(l, "hostname")));
        distinct(items(listeners), place)
    }),
];

fn speaks(listener: &Value, protocols: &[&str]) -> bool {
    text(listener, "protocol").is_some_and(|protocol| protocols.contains(&protocol))
}

/// The mode of a listener's `tls`, `Terminate` by default.
fn mode(listener: &Value) -> Option<&str> {
    get(listener, "tls").map(|tls| text_or(tls, "mode", "Terminate"))
}

static LISTENER_TLS: Schema = object(&[
    may("mode", &word(&["Terminate", "Passthrough"])),
    may("certificateRefs", &list(&REFERENCE).at_most(64)),
    may("options", &map(&any_text().at_most(4096)).at_most(16)),
])
.rules(&[doubtful("certificateRefs or options must be specified when mode is Terminate", |tls| {
    let options = get(tls, "options").is_some_and(|options| keys(options).next().is_some());
    if text_or(tls, "mode", "Terminate") != "Terminate" || !list_of(tls, "certificateRefs").is_empty() || options {
        return Ok(true);
    }
    // The rule takes for granted that both are there.
    match ["certificateRefs", "options"].into_iter().find(|key| !has(tls, key)) {
        Some(absent) => Err(format!("no such key: {absent}")),
        None => Ok(false),
    }
})]);

static ALLOWED_ROUTES: Schema = object(&[
    may("kinds", &list(&object(&[may("group", &GROUP_NAME), must("kind", &KIND_NAME)])).at_most(8)),
    may("namespaces", &object(&[may("from", &word(&["All", "Selector", "Same"])), may("selector", &SELECTOR)])),
]);

static LISTENER_NAMESPACES: Schema =
    object(&[may("from", &word(&["All", "Selector", "Same", "None"])), may("selector", &SELECTOR)]);

static ADDRESSES: Schema = list(&object(&[
    may("type", &any_text().at_least(1).at_most(253).like(&ADDRESS_TYPE)),
    may("value", &any_text().at_most(253)),
])
.rules(&[
    rule("must validate one and only one schema (oneOf). Found none valid", |address| {
        address_of(address, "IPAddress").is_none_or(is_address)
    }),
    rule(
        r"Hostname value must be empty or contain only valid characters (matching ^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)",
        |address| address_of(address, "Hostname").is_none_or(|value| HOSTNAME.fits(value)),
    ),
]))
.at_most(16)
.rules(&[
    rule("IPAddress values must be unique", |list| distinct(items(list), |address| address_of(address, "IPAddress"))),
    rule("Hostname values must be unique", |list| distinct(items(list), |address| address_of(address, "Hostname"))),
]);

static ADDRESS_TYPE: Form = Form::compiled(
    r"^Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$",
);

/// The value of an address of this type.
fn address_of<'v>(address: &'v Value, kind: &str) -> Option<&'v str> {
    if text_or(address, "type", "IPAddress") == kind { text(address, "value") } else { None }
}

static INFRASTRUCTURE: Schema = object(&[
    may(
        "annotations",
        &map(&any_text().at_most(4096)).at_most(16).rules(&[
            rule(
                "Annotation keys must be in the form of an optional DNS subdomain prefix followed by a required name \
                 segment of up to 63 characters.",
                |map| keys(map).all(|key| QUALIFIED_NAME.fits(key)),
            ),
            rule(
                "If specified, the annotation key's prefix must be a DNS subdomain not longer than 253 characters in \
                 total.",
                short_prefixes,
            ),
        ]),
    ),
    may(
        "labels",
        &map(&any_text().at_most(63).like(&LABEL_VALUE)).at_most(8).rules(&[
            rule(
                "Label keys must be in the form of an optional DNS subdomain prefix followed by a required name \
                 segment of up to 63 characters.",
                |map| keys(map).all(|key| QUALIFIED_NAME.fits(key)),
            ),
            rule(
                "If specified, the label key's prefix must be a DNS subdomain not longer than 253 characters in total.",
                short_prefixes,
            ),
        ]),
    ),
    may("parametersRef", &FULL_REFERENCE),
]);

static QUALIFIED_NAME: Form = Form::compiled(
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$",
);

fn short_prefixes(map: &Value) -> bool {
    keys(map).all(|key| key.split('/').next().is_none_or(|prefix| prefix.len() < 253))
}

static TLS: Schema = object(&[
    may("backend", &object(&[may("clientCertificateRef", &REFERENCE)])),
    may(
        "frontend",
        &object(&[
            must("default", &TLS_CONFIG),
            may(
                "perPort",
                &list(&object(&[must("port", &PORT), must("tls", &TLS_CONFIG)])).at_most(64).keyed_by("port").rules(&[
                    rule("Port for TLS configuration must be unique within the Gateway", |list| {
                        distinct(items(list), |entry| number(entry, "port"))
                    }),
                ]),
            ),
        ]),
    ),
]);

static TLS_CONFIG: Schema = object(&[may(
    "validation",
    &object(&[
        must("caCertificateRefs", &list(&FULL_NAMESPACED_REFERENCE).at_least(1).at_most(16)),
        may("mode", &word(&["AllowValidOnly", "AllowInsecureFallback"])),
    ]),
)]);
