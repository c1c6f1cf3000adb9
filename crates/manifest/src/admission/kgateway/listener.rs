//! `ListenerPolicy`.
//!
//! Source: `gateway.kgateway.dev_listenerpolicies.yaml`.

use super::logging::{ACCESS_LOG, LOG_FILTER, TRACING};
use super::shared::{
    ANY_DURATION, BODY_FORMAT, KEEPALIVE, REPLY_HEADERS, SOME_TEXT, TARGET, TARGET_SELECTOR, are_of, at_least_one,
};
use crate::admission::form::Form;
use crate::admission::look::{distinct, get, has, items, number, text as text_in};
use crate::admission::schema::{
    Property, Schema, boolean, integer, list, may, must, object, quantity, rule, text, word,
};
use crate::admission::shared::{ANY_TEXT, FROM_ONE, FROM_ZERO, FULL_NAMESPACED_REFERENCE, HEADER, PORT};
use routescope_core::model::GATEWAY_GROUP;
use routescope_core::model::value::{Data, Value};

pub(in crate::admission) static LISTENER_POLICY: Schema = object(&[must(
    "spec",
    &object(&[
        may("default", &DEFAULT),
        may(
            "perPort",
            &list(&object(&[must("listener", &object(LISTENER)), must("port", &PORT)]))
                .at_most(64)
                .keyed_by("port")
                .rules(&[rule("Port for listener configuration must be unique within the Gateway", |list| {
                    distinct(items(list), |entry| number(entry, "port"))
                })]),
        ),
        may(
            "targetRefs",
            &list(&TARGET)
                .at_least(1)
                .at_most(16)
                .rules(&[rule("targetRefs may only reference Gateway resource", is_targetable)]),
        ),
        may(
            "targetSelectors",
            &list(&TARGET_SELECTOR)
                .rules(&[rule("targetSelectors may only reference Gateway resource", is_targetable)]),
        ),
    ]),
)]);

fn is_targetable(list: &Value) -> bool {
    are_of(list, |group, kind| group == GATEWAY_GROUP && kind == "Gateway")
}

const CLIENT_CERTIFICATES: Property = may("clientCertificateValidation", &CLIENT_CERTIFICATES_SCHEMA);
static CLIENT_CERTIFICATES_SCHEMA: Schema = object(&[
    must("caCertificateRefs", &list(&FULL_NAMESPACED_REFERENCE).at_least(1).at_most(8)),
    must("mode", &word(&["Require", "Optional"])),
]);

const HTTP: Property = may("httpSettings", &HTTP_SETTINGS);
const BUFFER: Property = may("perConnectionBufferLimitBytes", &FROM_ZERO);
const PROXY_PROTOCOL: Property = may("proxyProtocol", &PROXY_PROTOCOL_SCHEMA);
static PROXY_PROTOCOL_SCHEMA: Schema = object(&[may("allowRequestsWithoutProxyProtocol", &boolean())]);
const PROBES: Property = may("tcpKeepalive", &KEEPALIVE);
const CONNECT: Property = may("transportSocketConnectTimeout", &ANY_DURATION);

/// The settings of one port.
const LISTENER: &[Property] = &[HTTP, BUFFER, PROXY_PROTOCOL, PROBES, CONNECT];
/// Those of all ports can ask for certificates too.
static DEFAULT: Schema = object(&[CLIENT_CERTIFICATES, HTTP, BUFFER, PROXY_PROTOCOL, PROBES, CONNECT]);

static HTTP_SETTINGS: Schema = object(&[
    may("acceptHttp10", &boolean()),
    may("accessLog", &list(&ACCESS_LOG).at_most(16)),
    may("defaultHostForHttp10", &SOME_TEXT),
    may("earlyRequestHeaderModifier", &EARLY_HEADERS),
    may("forwardClientCertDetails", &CLIENT_CERTIFICATE_DETAILS),
    may("generateRequestId", &boolean()),
    may("healthCheck", &object(&[must("path", &text().at_most(2048).like(&HEALTH_PATH))])),
    may(
        "http2ProtocolOptions",
        &object(&[
            may("allowConnect", &boolean()),
            may("initialConnectionWindowSize", &quantity()),
            may("initialStreamWindowSize", &quantity()),
            may("maxConcurrentStreams", &integer(1, i32::MAX as i64)),
        ]),
    ),
    may("idleTimeout", &ANY_DURATION),
    may("localReplies", &LOCAL_REPLIES),
    may("maxHeadersCount", &FROM_ONE),
    may("maxRequestHeadersKb", &integer(1, 8192)),
    may("maxRequestsPerConnection", &FROM_ZERO),
    may("preserveExternalRequestId", &boolean()),
    may("preserveHttp1HeaderCase", &boolean()),
    may("proxy100Continue", &boolean()),
    may("serverHeaderTransformation", &word(&["Overwrite", "AppendIfAbsent", "PassThrough"])),
    may("serverName", &SOME_TEXT),
    may("skipXFFAppend", &boolean()),
    may("streamIdleTimeout", &ANY_DURATION),
    may("stripHostPortMode", &word(&["MatchingPort", "AnyPort"])),
    may("stripTrailingHostDot", &boolean()),
    may("tracing", &TRACING),
    may("upgradeConfig", &object(&[may("enabledUpgrades", &list(&ANY_TEXT).at_least(1))])),
    may("useRemoteAddress", &boolean()),
    may(
        "uuidRequestIdConfig",
        &object(&[may("packTraceReason", &boolean()), may("useRequestIdForTraceSampling", &boolean())]),
    ),
    may("xffNumTrustedHops", &FROM_ZERO),
    may("xffTrustedCIDRs", &list(&text().like(&CIDR).cidr()).at_least(1)),
])
.rules(&[
    rule("useRemoteAddress must be set to false if xffTrustedCIDRs is set", |http| {
        let is_off = get(http, "useRemoteAddress").is_some_and(|flag| flag.data == Data::Bool(false));
        !has(http, "xffTrustedCIDRs") || is_off
    }),
    rule("only one of xffNumTrustedHops and xffTrustedCIDRs may be set", |http| {
        !has(http, "xffNumTrustedHops") || !has(http, "xffTrustedCIDRs")
    }),
    rule("forwardClientCertDetails.details requires mode to be AppendForward or SanitizeSet (or unset)", |http| {
        get(http, "forwardClientCertDetails").is_none_or(|certificate| {
            !has(certificate, "details")
                || text_in(certificate, "mode").is_none_or(|mode| matches!(mode, "AppendForward" | "SanitizeSet"))
        })
    }),
]);

static HEALTH_PATH: Form = Form::compiled("^/[-a-zA-Z0-9@:%.+~#?&/=_]+$");
static CIDR: Form = Form::compiled(
    r"^((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.?\b){4}\/([0-9]|[1-2][0-9]|3[0-2])$|^((?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,7}:|:(?::[0-9A-Fa-f]{1,4}){1,7}|(?:[0-9A-Fa-f]{1,4}:){1,6}:[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,5}(?::[0-9A-Fa-f]{1,4}){1,2}|(?:[0-9A-Fa-f]{1,4}:){1,4}(?::[0-9A-Fa-f]{1,4}){1,3}|(?:[0-9A-Fa-f]{1,4}:){1,3}(?::[0-9A-Fa-f]{1,4}){1,4}|(?:[0-9A-Fa-f]{1,4}:){1,2}(?::[0-9A-Fa-f]{1,4}){1,5}|[0-9A-Fa-f]{1,4}:(?:(?::[0-9A-Fa-f]{1,4}){1,6})|:(?:(?::[0-9A-Fa-f]{1,4}){1,6}))\/(12[0-8]|1[0-1][0-9]|[1-9][0-9]|[0-9])$",
);

static EARLY: Schema = list(&object(&[must("name", &HEADER), must("value", &text().at_least(1).at_most(4096))]))
    .at_most(16)
    .keyed_by("name");

static EARLY_HEADERS: Schema =
    object(&[may("add", &EARLY), may("remove", &list(&ANY_TEXT).at_most(16).set()), may("set", &EARLY)]);

static CLIENT_CERTIFICATE_DETAILS: Schema = object(&[
    may(
        "details",
        &object(&[
            may("cert", &boolean()),
            may("chain", &boolean()),
            may("dns", &boolean()),
            may("subject", &boolean()),
            may("uri", &boolean()),
        ]),
    ),
    may("mode", &word(&["Sanitize", "ForwardOnly", "AppendForward", "SanitizeSet", "AlwaysForwardOnly"])),
]);

static LOCAL_REPLIES: Schema =
    object(&[may("defaultBodyFormat", &BODY_FORMAT), may("mappers", &list(&MAPPER).at_least(1).at_most(16))])
        .rules(&[at_least_one!("mappers", "defaultBodyFormat")]);

static MAPPER: Schema = object(&[
    may("body", &ANY_TEXT),
    may("bodyFormatOverride", &BODY_FORMAT),
    must("filter", &LOG_FILTER),
    may("headers", &REPLY_HEADERS),
    may("statusCode", &integer(100, 599)),
])
.rules(&[at_least_one!("statusCode", "body", "bodyFormatOverride", "headers")]);
