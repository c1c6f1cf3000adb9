//! `TrafficPolicy`.
//!
//! Source: `gateway.kgateway.dev_trafficpolicies.yaml`.

use super::shared::{
    ANY_DURATION, EMPTY, HEADER_MODIFIER, IS_DURATION, MILLISECOND, NAMESPACED_NAME, SOME_TEXT, TARGET,
    TARGET_SELECTOR, TRACE_ATTRIBUTE, are_of, at_least_one, between, duration_like, exactly_one, from,
};
use super::traffic_parts::{ACL, API_KEY, BASIC, CSRF, EXT_AUTH, EXT_PROC, FAULTS, RATE_LIMIT, TRANSFORMATION};
use crate::admission::filters::{CORS_METHODS, CORS_ORIGINS};
use crate::admission::form::Form;
use crate::admission::go::duration;
use crate::admission::look::{as_text, count, distinct, get, has, items, text as text_in, whole};
use crate::admission::schema::{
    Schema, Width, boolean, code, doubtful, integer, list, may, must, object, quantity, rule, text, word,
};
use crate::admission::shared::{FROM_ONE, FROM_ZERO, HEADER, PERCENT, lone_star};
use routescope_core::model::value::Value;

pub(in crate::admission) static TRAFFIC_POLICY: Schema = object(&[must(
    "spec",
    &object(&[
        may("acl", &ACL),
        may("apiKeyAuth", &API_KEY),
        may("autoHostRewrite", &boolean()),
        may("basicAuth", &BASIC),
        may("buffer", &BUFFER),
        may("compression", &COMPRESSION),
        may("cors", &CORS),
        may("csrf", &CSRF),
        may("extAuth", &EXT_AUTH),
        may("extProc", &EXT_PROC),
        may("faultInjection", &FAULTS),
        may("headerModifiers", &HEADER_MODIFIERS),
        may("internalRedirect", &INTERNAL_REDIRECT),
        may(
            "jwtAuth",
            &object(&[may("disable", &EMPTY), may("extensionRef", &NAMESPACED_NAME)])
                .rules(&[exactly_one!("extensionRef", "disable")]),
        ),
        may("oauth2", &object(&[must("extensionRef", &NAMESPACED_NAME)])),
        may("rateLimit", &RATE_LIMIT),
        may("rbac", &RBAC),
        may(
            "requestMirror",
            &object(&[may("disableShadowHostSuffixAppend", &boolean()), may("hostRewriteLiteral", &SOME_TEXT)])
                .at_least(1),
        ),
        may("retry", &RETRY),
        may("statPrefix", &text().at_least(1).at_most(256).like(&STAT_PREFIX)),
        may(
            "targetRefs",
            &list(&TARGET).at_least(1).at_most(16).rules(&[rule(
                "targetRefs may only reference Gateway, HTTPRoute, GRPCRoute, or ListenerSet resources",
                is_targetable,
            )]),
        ),
        may(
            "targetSelectors",
            &list(&TARGET_SELECTOR).rules(&[rule(
                "targetSelectors may only reference Gateway, HTTPRoute, GRPCRoute, or ListenerSet resources",
                is_targetable,
            )]),
        ),
        may("timeouts", &object(&[may("request", &ANY_DURATION), may("streamIdle", &ANY_DURATION)])),
        may("tracing", &TRACING),
        may("transformation", &TRANSFORMATION),
        may("urlRewrite", &URL_REWRITE),
    ])
    .rules(&[
        rule("autoHostRewrite can only be used when targeting HTTPRoute resources", |spec| {
            !has(spec, "autoHostRewrite") || targets(spec, &["HTTPRoute"])
        }),
        rule("urlRewrite can only be used when targeting HTTPRoute resources", |spec| {
            !has(spec, "urlRewrite") || targets(spec, &["HTTPRoute"])
        }),
        rule("tracing can only be used when targeting HTTPRoute or GRPCRoute resources", |spec| {
            !has(spec, "tracing") || targets(spec, &["HTTPRoute", "GRPCRoute"])
        }),
        rule("statPrefix can only be used when targeting HTTPRoute or GRPCRoute resources", |spec| {
            !has(spec, "statPrefix") || targets(spec, &["HTTPRoute", "GRPCRoute"])
        }),
        doubtful("retry.perTryTimeout must be less than timeouts.request", |spec| {
            let length = |holder, key| get(spec, holder).and_then(|holder| text_in(holder, key));
            match (length("retry", "perTryTimeout"), length("timeouts", "request")) {
                (Some(part), Some(whole)) => Ok(duration(part)? < duration(whole)?),
                _ => Ok(true),
            }
        }),
    ]),
)]);

fn is_targetable(list: &Value) -> bool {
    are_of(list, |_, kind| matches!(kind, "Gateway" | "HTTPRoute" | "GRPCRoute") || kind.ends_with("ListenerSet"))
}

fn targets(spec: &Value, kinds: &[&str]) -> bool {
    let all = |list: &Value| are_of(list, |_, kind| kinds.contains(&kind));
    ["targetRefs", "targetSelectors"].iter().all(|key| get(spec, key).is_none_or(all))
}

static STAT_PREFIX: Form = Form::compiled(r"^([a-zA-Z0-9_%.-]|\{\{\s*(route_name|route_namespace|rule_name)\s*\}\})+$");

static BUFFER: Schema = object(&[
    may("disable", &EMPTY),
    may(
        "maxRequestSize",
        &quantity().rules(&[doubtful("maxRequestSize must be greater than 0 and less than 4Gi", |size| {
            between(size, 0.0, 4_294_967_296.0)
        })]),
    ),
])
.rules(&[exactly_one!("maxRequestSize", "disable")]);

static COMPRESSION: Schema =
    object(&[may("requestDecompression", &COMPRESSOR), may("responseCompression", &COMPRESSOR)])
        .rules(&[at_least_one!("responseCompression", "requestDecompression")]);

static COMPRESSOR: Schema = object(&[
    may("disable", &EMPTY),
    may(
        "libraries",
        &list(&word(&["Gzip", "Brotli", "Zstd"]))
            .at_least(1)
            .at_most(3)
            .rules(&[rule("libraries must not contain duplicates", |list| distinct(items(list), as_text))]),
    ),
]);

/// That of the Gateway API, but for its message and what may disable it.
static CORS: Schema = object(&[
    may("allowCredentials", &boolean()),
    may(
        "allowHeaders",
        &list(&HEADER)
            .at_most(64)
            .set()
            .rules(&[rule("AllowHeaders cannot contain '*' alongside other headers", lone_star)]),
    ),
    may("allowMethods", &CORS_METHODS),
    may("allowOrigins", &CORS_ORIGINS),
    may("disable", &EMPTY),
    may("exposeHeaders", &list(&HEADER).at_most(64).set()),
    may("maxAge", &FROM_ONE),
]);

static HEADER_MODIFIERS: Schema = object(&[may("request", &HEADER_MODIFIER), may("response", &HEADER_MODIFIER)])
    .rules(&[at_least_one!("request", "response")]);

static INTERNAL_REDIRECT: Schema = object(&[
    may("allowCrossSchemeRedirect", &boolean()),
    may("maxRedirects", &FROM_ONE),
    may(
        "redirectResponseCodes",
        &list(&code(&[301, 302, 303, 307, 308]))
            .at_least(1)
            .at_most(5)
            .rules(&[rule("redirectResponseCodes must not contain duplicates", |list| distinct(items(list), whole))]),
    ),
    may(
        "responseHeadersToCopy",
        &list(&HEADER)
            .at_least(1)
            .at_most(16)
            .rules(&[rule("responseHeadersToCopy must not contain duplicates", |list| distinct(items(list), as_text))]),
    ),
]);

static RBAC: Schema = object(&[
    may("action", &word(&["Allow", "Deny"])),
    must(
        "policy",
        &object(&[must("matchExpressions", &list(&text().at_least(1).at_most(16_384)).at_least(1).at_most(256))]),
    ),
]);

static RETRY: Schema = object(&[
    may("attempts", &FROM_ZERO),
    may(
        "backoffBaseInterval",
        &duration_like(&[
            IS_DURATION,
            doubtful("retry.backoffBaseInterval must be at least 1ms.", from::<MILLISECOND>),
        ]),
    ),
    may(
        "perTryTimeout",
        &duration_like(&[IS_DURATION, doubtful("retry.perTryTimeout must be at least 1ms.", from::<MILLISECOND>)]),
    ),
    may(
        "retryOn",
        &list(&word(&[
            "5xx",
            "gateway-error",
            "reset",
            "reset-before-request",
            "connect-failure",
            "envoy-ratelimited",
            "retriable-4xx",
            "refused-stream",
            "retriable-status-codes",
            "http3-post-connect-failure",
            "cancelled",
            "deadline-exceeded",
            "internal",
            "resource-exhausted",
            "unavailable",
        ]))
        .at_least(1),
    ),
    may("statusCodes", &list(&integer(400, 599).fitting(Width::Free)).at_least(1)),
])
.rules(&[rule("retryOn or statusCodes must be set.", |retry| count(retry, &["retryOn", "statusCodes"]) > 0)]);

static TRACING: Schema = object(&[
    may("attributes", &list(&TRACE_ATTRIBUTE).at_most(16)),
    may("clientSampling", &PERCENT),
    may("disable", &EMPTY),
    may("overallSampling", &PERCENT),
    may("randomSampling", &PERCENT),
])
.rules(&[rule("disable is mutually exclusive with other tracing fields", |tracing| {
    !has(tracing, "disable")
        || count(tracing, &["clientSampling", "randomSampling", "overallSampling", "attributes"]) == 0
})]);

static URL_REWRITE: Schema =
    object(&[may("pathRegex", &object(&[must("pattern", &PATH_PATTERN), must("substitution", &PATH_PATTERN)]))])
        .rules(&[at_least_one!("pathRegex")]);

static PATH_PATTERN: Schema = text().at_least(1).at_most(1024);
