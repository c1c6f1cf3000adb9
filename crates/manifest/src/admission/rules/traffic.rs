//! kgateway's `TrafficPolicy`.

use super::super::accessors::{as_text, count, distinct, get, has, items, text, whole};
use super::super::go::duration;
use super::shared::{IS_DURATION, MILLISECOND, SECOND, are_of, between, from};
use super::{Group, at, fallible, rule};
use routescope_core::model::value::Value;

const HOUR: i64 = 3600 * SECOND;

pub(super) const RULES: &[Group] = &[
    at(
        &["TrafficPolicy.spec"],
        &[
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
            fallible("retry.perTryTimeout must be less than timeouts.request", |spec| {
                let length = |holder, key| get(spec, holder).and_then(|holder| text(holder, key));
                match (length("retry", "perTryTimeout"), length("timeouts", "request")) {
                    (Some(part), Some(whole)) => Ok(duration(part)? < duration(whole)?),
                    _ => Ok(true),
                }
            }),
        ],
    ),
    at(
        &["TrafficPolicy.spec.targetRefs"],
        &[rule("targetRefs may only reference Gateway, HTTPRoute, GRPCRoute, or ListenerSet resources", are_targets)],
    ),
    at(
        &["TrafficPolicy.spec.targetSelectors"],
        &[rule(
            "targetSelectors may only reference Gateway, HTTPRoute, GRPCRoute, or ListenerSet resources",
            are_targets,
        )],
    ),
    at(
        &["TrafficPolicy.spec.buffer.maxRequestSize"],
        &[fallible("maxRequestSize must be greater than 0 and less than 4Gi", |size| {
            between(size, 0.0, 4_294_967_296.0)
        })],
    ),
    at(
        &["TrafficPolicy.spec.compression.requestDecompression.libraries"],
        &[rule("libraries must not contain duplicates", |list| distinct(items(list), as_text))],
    ),
    at(
        &["TrafficPolicy.spec.faultInjection.delay.fixedDelay"],
        &[
            IS_DURATION,
            fallible("must be at least 1ms", from::<MILLISECOND>),
            fallible("must not exceed 1h", |delay| from::<{ HOUR + 1 }>(delay).map(|exceeds| !exceeds)),
        ],
    ),
    at(
        &["TrafficPolicy.spec.headerModifiers.request.add[]"],
        &[rule("name is required when using an inline value", |header| !has(header, "value") || has(header, "name"))],
    ),
    at(
        &["TrafficPolicy.spec.internalRedirect.redirectResponseCodes"],
        &[rule("redirectResponseCodes must not contain duplicates", |list| distinct(items(list), whole))],
    ),
    at(
        &["TrafficPolicy.spec.internalRedirect.responseHeadersToCopy"],
        &[rule("responseHeadersToCopy must not contain duplicates", |list| distinct(items(list), as_text))],
    ),
    at(
        &["TrafficPolicy.spec.rateLimit.global.descriptors[].entries[]"],
        &[rule("exactly one entry type must be specified", |entry| {
            let given = (has(entry, "generic"), has(entry, "header"));
            match text(entry, "type") {
                Some("Generic") => given == (true, false),
                Some("Header") => given == (false, true),
                _ => given == (false, false),
            }
        })],
    ),
    at(
        &["TrafficPolicy.spec.rateLimit.local.tokenBucket.fillInterval"],
        &[IS_DURATION, fallible("must be at least 50ms", from::<{ 50 * MILLISECOND }>)],
    ),
    at(
        &["TrafficPolicy.spec.retry"],
        &[rule("retryOn or statusCodes must be set.", |retry| count(retry, &["retryOn", "statusCodes"]) > 0)],
    ),
    at(
        &["TrafficPolicy.spec.retry.backoffBaseInterval"],
        &[IS_DURATION, fallible("retry.backoffBaseInterval must be at least 1ms.", from::<MILLISECOND>)],
    ),
    at(
        &["TrafficPolicy.spec.retry.perTryTimeout"],
        &[IS_DURATION, fallible("retry.perTryTimeout must be at least 1ms.", from::<MILLISECOND>)],
    ),
    at(&["TrafficPolicy.spec.timeouts.request"], &[IS_DURATION]),
    at(
        &["TrafficPolicy.spec.tracing"],
        &[rule("disable is mutually exclusive with other tracing fields", |tracing| {
            !has(tracing, "disable")
                || count(tracing, &["clientSampling", "randomSampling", "overallSampling", "attributes"]) == 0
        })],
    ),
];

fn are_targets(list: &Value) -> bool {
    are_of(list, |_, kind| matches!(kind, "Gateway" | "HTTPRoute" | "GRPCRoute") || kind.ends_with("ListenerSet"))
}

fn targets(spec: &Value, kinds: &[&str]) -> bool {
    let all = |list: &Value| are_of(list, |_, kind| kinds.contains(&kind));
    ["targetRefs", "targetSelectors"].iter().all(|key| get(spec, key).is_none_or(all))
}
