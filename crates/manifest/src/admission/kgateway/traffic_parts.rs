//! The larger parts of a `TrafficPolicy`: who is let in, how much, what is changed on the way, and faults.
//!
//! Source: `gateway.kgateway.dev_trafficpolicies.yaml`.

use super::shared::{
    EMPTY, IS_DURATION, MILLISECOND, NAMESPACED_NAME, SECOND, SOME_TEXT, at_least_one, at_most_one, duration_like,
    exactly_one, from,
};
use crate::admission::form::Form;
use crate::admission::look::{has, text as text_in};
use crate::admission::schema::{Schema, Width, boolean, doubtful, integer, list, may, must, object, rule, text, word};
use crate::admission::shared::{ANY_TEXT, FROM_ONE, FROM_ZERO, NAME, NAMESPACE, PERCENT, REFERENCE, TEXT_MAP};

static ACTION: Schema = word(&["allow", "deny"]);

/// 1 to 256 characters.
static SHORT: Schema = text().at_least(1).at_most(256);

pub(super) static ACL: Schema = object(&[
    must("defaultAction", &ACTION),
    may(
        "denyResponse",
        &object(&[
            may("blockedByHeaderName", &SHORT),
            may("headers", &list(&object(&[must("name", &SHORT), must("value", &text().at_most(4096))])).at_most(16)),
            may("statusCode", &integer(100, 599)),
        ])
        .rules(&[at_least_one!("statusCode", "headers", "blockedByHeaderName")]),
    ),
    may(
        "rules",
        &list(&object(&[
            must("action", &ACTION),
            must("cidrs", &list(&text().like(&CIDR)).at_least(1).at_most(256)),
            may("name", &text().at_most(256)),
        ]))
        .at_most(256),
    ),
]);

static CIDR: Form = Form::compiled(
    r"^((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.?\b){4}(\/([0-9]|[1-2][0-9]|3[0-2]))?$|^((?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,7}:|:(?::[0-9A-Fa-f]{1,4}){1,7}|(?:[0-9A-Fa-f]{1,4}:){1,6}:[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,5}(?::[0-9A-Fa-f]{1,4}){1,2}|(?:[0-9A-Fa-f]{1,4}:){1,4}(?::[0-9A-Fa-f]{1,4}){1,3}|(?:[0-9A-Fa-f]{1,4}:){1,3}(?::[0-9A-Fa-f]{1,4}){1,4}|(?:[0-9A-Fa-f]{1,4}:){1,2}(?::[0-9A-Fa-f]{1,4}){1,5}|[0-9A-Fa-f]{1,4}:(?:(?::[0-9A-Fa-f]{1,4}){1,6})|:(?:(?::[0-9A-Fa-f]{1,4}){1,6}))(\/(12[0-8]|1[0-1][0-9]|[1-9][0-9]|[0-9]))?$",
);

pub(super) static API_KEY: Schema = object(&[
    may("clientIdHeader", &ANY_TEXT),
    may("disable", &EMPTY),
    may("forwardCredential", &boolean()),
    may(
        "keySources",
        &list(
            &object(&[may("cookie", &SHORT), may("header", &SHORT), may("query", &SHORT)])
                .rules(&[at_least_one!("header", "query", "cookie")]),
        )
        .at_most(16),
    ),
    may("secretRef", &REFERENCE),
    may("secretSelector", &object(&[must("matchLabels", &TEXT_MAP)])),
])
.rules(&[exactly_one!("secretRef", "secretSelector", "disable")]);

pub(super) static BASIC: Schema = object(&[
    may("disable", &EMPTY),
    may("secretRef", &object(&[may("key", &SOME_TEXT), must("name", &NAME), may("namespace", &NAMESPACE)])),
    may("users", &list(&ANY_TEXT).at_least(1).at_most(256)),
])
.rules(&[exactly_one!("users", "secretRef", "disable")]);

pub(super) static CSRF: Schema = object(&[
    may(
        "additionalOrigins",
        &list(
            &object(&[
                may("contains", &ANY_TEXT),
                may("exact", &ANY_TEXT),
                may("ignoreCase", &boolean()),
                may("prefix", &ANY_TEXT),
                may("safeRegex", &ANY_TEXT),
                may("suffix", &ANY_TEXT),
            ])
            .rules(&[exactly_one!("exact", "prefix", "suffix", "contains", "safeRegex")]),
        )
        .at_most(16),
    ),
    may("percentageEnabled", &PERCENT),
    may("percentageShadowed", &PERCENT),
])
.rules(&[at_most_one!("percentageEnabled", "percentageShadowed")]);

/// How much of a request's body is sent along; a `GatewayExtension` has the same.
pub(super) static SENT_BODY: Schema = object(&[
    may("allowPartialMessage", &boolean()),
    must("maxRequestBytes", &FROM_ONE),
    may("packAsBytes", &boolean()),
]);

pub(super) static EXT_AUTH: Schema = object(&[
    may("contextExtensions", &TEXT_MAP),
    may("disable", &EMPTY),
    may("extensionRef", &NAMESPACED_NAME),
    may("withRequestBody", &SENT_BODY),
])
.rules(&[exactly_one!("extensionRef", "disable")]);

pub(super) static EXT_PROC: Schema =
    object(&[may("disable", &EMPTY), may("extensionRef", &NAMESPACED_NAME), may("processingMode", &PROCESSING_MODE)])
        .rules(&[exactly_one!("extensionRef", "disable")]);

static BODY_MODE: Schema = word(&["NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED"]);
static HEADER_MODE: Schema = word(&["DEFAULT", "SEND", "SKIP"]);

/// What an external processor is shown; a `GatewayExtension` has the same.
pub(super) static PROCESSING_MODE: Schema = object(&[
    may("requestBodyMode", &BODY_MODE),
    may("requestHeaderMode", &HEADER_MODE),
    may("requestTrailerMode", &HEADER_MODE),
    may("responseBodyMode", &BODY_MODE),
    may("responseHeaderMode", &HEADER_MODE),
    may("responseTrailerMode", &HEADER_MODE),
]);

const HOUR: i64 = 3600 * SECOND;

pub(super) static FAULTS: Schema = object(&[
    may(
        "abort",
        &object(&[
            may("grpcStatus", &integer(0, 16)),
            may("httpStatus", &integer(200, 599)),
            may("percentage", &PERCENT),
        ])
        .rules(&[exactly_one!("httpStatus", "grpcStatus")]),
    ),
    may(
        "delay",
        &object(&[
            must(
                "fixedDelay",
                &duration_like(&[
                    IS_DURATION,
                    doubtful("must be at least 1ms", from::<MILLISECOND>),
                    doubtful("must not exceed 1h", |delay| from::<{ HOUR + 1 }>(delay).map(|exceeds| !exceeds)),
                ]),
            ),
            may("percentage", &PERCENT),
        ]),
    ),
    may("disable", &EMPTY),
    may("maxActiveFaults", &FROM_ZERO),
    may(
        "responseRateLimit",
        &object(&[must("kbitsPerSecond", &integer(1, i64::MAX).fitting(Width::Int64)), may("percentage", &PERCENT)]),
    ),
])
.rules(&[at_least_one!("delay", "abort", "responseRateLimit", "disable")]);

pub(super) static RATE_LIMIT: Schema = object(&[
    may(
        "global",
        &object(&[
            must("descriptors", &list(&object(&[must("entries", &list(&ENTRY).at_least(1))])).at_least(1)),
            must("extensionRef", &NAMESPACED_NAME),
        ]),
    ),
    may(
        "local",
        &object(&[
            may("percentEnabled", &PERCENT),
            may("percentEnforced", &PERCENT),
            may(
                "tokenBucket",
                &object(&[
                    must(
                        "fillInterval",
                        &duration_like(&[IS_DURATION, doubtful("must be at least 50ms", from::<{ 50 * MILLISECOND }>)]),
                    ),
                    must("maxTokens", &FROM_ONE),
                    may("tokensPerFill", &FROM_ONE),
                ]),
            ),
        ]),
    ),
]);

static ENTRY: Schema = object(&[
    may("generic", &object(&[must("key", &SOME_TEXT), must("value", &SOME_TEXT)])),
    may("header", &SOME_TEXT),
    must("type", &word(&["Generic", "Header", "RemoteAddress", "Path"])),
])
.rules(&[rule("exactly one entry type must be specified", |entry| {
    let given = (has(entry, "generic"), has(entry, "header"));
    match text_in(entry, "type") {
        Some("Generic") => given == (true, false),
        Some("Header") => given == (false, true),
        _ => given == (false, false),
    }
})]);

pub(super) static TRANSFORMATION: Schema = object(&[may("request", &TRANSFORM), may("response", &TRANSFORM)]);

static TRANSFORM: Schema = object(&[
    may("add", &TEMPLATES),
    may("body", &object(&[may("parseAs", &word(&["AsString", "AsJson", "None"])), may("value", &ANY_TEXT)])),
    may(
        "dynamicMetadata",
        &list(&object(&[
            must("key", &SHORT),
            must("namespace", &SHORT),
            must("value", &object(&[may("stringValue", &SOME_TEXT)]).rules(&[exactly_one!("stringValue")])),
        ]))
        .at_most(16),
    ),
    may("remove", &list(&ANY_TEXT).at_most(16).set()),
    may("set", &TEMPLATES),
]);

static TEMPLATES: Schema =
    list(&object(&[must("name", &ANY_TEXT), may("value", &ANY_TEXT)])).at_most(16).keyed_by("name");
