//! kgateway's `Backend` and `ListenerPolicy`.

use super::super::accessors::{distinct, get, has, items, number, text, text_or};
use super::shared::{IS_DURATION, SECOND, are_of, from, given_with, only_with};
use super::{Group, at, fallible, rule};
use routescope_core::model::GATEWAY_GROUP;
use routescope_core::model::value::{Data, Value};

/// The rules that tie a type to the field of that name.
macro_rules! tied {
    ($($kind:literal to $field:literal),+ $(,)?) => {
        &[$(
            rule(
                concat!($field, " backend must be specified when type is '", $kind, "'"),
                |spec| given_with(spec, $field, $kind),
            ),
        )+]
    };
}

pub(super) const RULES: &[Group] = &[
    at(
        &["Backend.spec"],
        tied![
            "AWS" to "aws",
            "Static" to "static",
            "DynamicForwardProxy" to "dynamicForwardProxy",
            "GCP" to "gcp",
            "PriorityGroups" to "priorityGroups",
        ],
    ),
    at(
        &["Backend.spec.aws"],
        &[rule("accountId must be specified on aws or aws.lambda for lambda backends", |aws| {
            let lambda = get(aws, "lambda");
            lambda.is_none_or(|lambda| has(aws, "accountId") || has(lambda, "accountId"))
        })],
    ),
    at(
        &["Backend.spec.aws.auth"],
        &[
            rule("secretRef must be nil if the type is not 'Secret'", |auth| only_with(auth, "secretRef", "Secret")),
            rule("secretRef must be specified when type is 'Secret'", |auth| given_with(auth, "secretRef", "Secret")),
            rule("assumeRole must be nil if the type is not 'AssumeRole'", |auth| {
                only_with(auth, "assumeRole", "AssumeRole")
            }),
            rule("assumeRole must be specified when type is 'AssumeRole'", |auth| {
                given_with(auth, "assumeRole", "AssumeRole")
            }),
        ],
    ),
    at(
        &["Backend.spec.priorityGroups[].backendRefs"],
        &[rule("backend reference name must not be empty", |references| {
            items(references).iter().all(|reference| !text_or(reference, "name", "").is_empty())
        })],
    ),
    at(
        &["ListenerPolicy.spec.default.httpSettings"],
        &[
            rule("useRemoteAddress must be set to false if xffTrustedCIDRs is set", |http| {
                let is_off = get(http, "useRemoteAddress").is_some_and(|flag| flag.data == Data::Bool(false));
                !has(http, "xffTrustedCIDRs") || is_off
            }),
            rule("only one of xffNumTrustedHops and xffTrustedCIDRs may be set", |http| {
                !has(http, "xffNumTrustedHops") || !has(http, "xffTrustedCIDRs")
            }),
            rule(
                "forwardClientCertDetails.details requires mode to be AppendForward or SanitizeSet (or unset)",
                |http| {
                    get(http, "forwardClientCertDetails").is_none_or(|certificate| {
                        !has(certificate, "details")
                            || text(certificate, "mode")
                                .is_none_or(|mode| matches!(mode, "AppendForward" | "SanitizeSet"))
                    })
                },
            ),
        ],
    ),
    at(
        &["ListenerPolicy.spec.default.httpSettings.localReplies.mappers[].headers"],
        &[rule("Local reply mappers may only add or modify headers, not remove them", |headers| {
            !has(headers, "remove")
        })],
    ),
    at(
        &["ListenerPolicy.spec.default.tcpKeepalive.keepAliveInterval"],
        &[IS_DURATION, fallible("keepAliveInterval must be at least 1 second", from::<SECOND>)],
    ),
    at(
        &["ListenerPolicy.spec.default.tcpKeepalive.keepAliveTime"],
        &[IS_DURATION, fallible("keepAliveTime must be at least 1 second", from::<SECOND>)],
    ),
    at(
        &["ListenerPolicy.spec.perPort"],
        &[rule("Port for listener configuration must be unique within the Gateway", |list| {
            distinct(items(list), |entry| number(entry, "port"))
        })],
    ),
    at(&["ListenerPolicy.spec.targetRefs"], &[rule("targetRefs may only reference Gateway resource", are_gateways)]),
    at(
        &["ListenerPolicy.spec.targetSelectors"],
        &[rule("targetSelectors may only reference Gateway resource", are_gateways)],
    ),
];

fn are_gateways(list: &Value) -> bool {
    are_of(list, |group, kind| group == GATEWAY_GROUP && kind == "Gateway")
}
