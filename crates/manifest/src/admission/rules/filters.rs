//! `HTTPRouteFilter` and `GRPCRouteFilter`.

use super::super::accessors::{count, has, items, number, text};
use super::shared::{SERVICE_PORT, given_with, lone_star, only_with};
use super::{Group, at, rule};
use routescope_core::model::value::Value;

/// The two rules that tie a field of a filter to its type.
macro_rules! tied {
    ($($field:literal to $kind:literal),+ $(,)?) => {
        &[$(
            rule(
                concat!("filter.", $field, " must be nil if the filter.type is not ", $kind),
                |filter| only_with(filter, $field, $kind),
            ),
            rule(
                concat!("filter.", $field, " must be specified for ", $kind, " filter.type"),
                |filter| given_with(filter, $field, $kind),
            ),
        )+]
    };
}

pub(super) const RULES: &[Group] = &[
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters"],
        &[
            rule(
                "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
                |list| times(list, "RequestRedirect") == 0 || times(list, "URLRewrite") == 0,
            ),
            rule("CORS filter cannot be repeated", |list| times(list, "CORS") <= 1),
            rule("RequestHeaderModifier filter cannot be repeated", |list| times(list, "RequestHeaderModifier") <= 1),
            rule("ResponseHeaderModifier filter cannot be repeated", |list| times(list, "ResponseHeaderModifier") <= 1),
            rule("RequestRedirect filter cannot be repeated", |list| times(list, "RequestRedirect") <= 1),
            rule("URLRewrite filter cannot be repeated", |list| times(list, "URLRewrite") <= 1),
        ],
    )
    .fast_accept(|list| items(list).len() < 2),
    at(
        &["GRPCRoute.spec.rules[].backendRefs[].filters"],
        &[
            rule("RequestHeaderModifier filter cannot be repeated", |list| times(list, "RequestHeaderModifier") <= 1),
            rule("ResponseHeaderModifier filter cannot be repeated", |list| times(list, "ResponseHeaderModifier") <= 1),
        ],
    ),
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters[]"],
        tied![
            "cors" to "CORS",
            "requestHeaderModifier" to "RequestHeaderModifier",
            "responseHeaderModifier" to "ResponseHeaderModifier",
            "requestMirror" to "RequestMirror",
            "requestRedirect" to "RequestRedirect",
            "urlRewrite" to "URLRewrite",
            "extensionRef" to "ExtensionRef",
            "externalAuth" to "ExternalAuth",
        ],
    ),
    at(
        &["GRPCRoute.spec.rules[].backendRefs[].filters[]"],
        tied![
            "requestHeaderModifier" to "RequestHeaderModifier",
            "responseHeaderModifier" to "ResponseHeaderModifier",
            "requestMirror" to "RequestMirror",
            "extensionRef" to "ExtensionRef",
        ],
    ),
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters[].requestMirror"],
        &[rule("Only one of percent or fraction may be specified in HTTPRequestMirrorFilter", |mirror| {
            count(mirror, &["percent", "fraction"]) < 2
        })],
    ),
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters[].requestMirror.fraction"],
        &[rule("numerator must be less than or equal to denominator", |fraction| {
            number(fraction, "numerator") <= Some(number(fraction, "denominator").unwrap_or(100))
        })],
    ),
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters[].requestRedirect.path"],
        &[
            rule("replaceFullPath must be specified when type is set to 'ReplaceFullPath'", |path| {
                given_with(path, "replaceFullPath", "ReplaceFullPath")
            }),
            rule("type must be 'ReplaceFullPath' when replaceFullPath is set", |path| {
                only_with(path, "replaceFullPath", "ReplaceFullPath")
            }),
            rule("replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'", |path| {
                given_with(path, "replacePrefixMatch", "ReplacePrefixMatch")
            }),
            rule("type must be 'ReplacePrefixMatch' when replacePrefixMatch is set", |path| {
                only_with(path, "replacePrefixMatch", "ReplacePrefixMatch")
            }),
        ],
    ),
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters[].cors.allowHeaders"],
        &[rule("AllowHeaders cannot contain '*' alongside other methods", lone_star)],
    ),
    at(
        &["TrafficPolicy.spec.cors.allowHeaders"],
        &[rule("AllowHeaders cannot contain '*' alongside other headers", lone_star)],
    ),
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters[].cors.allowMethods", "TrafficPolicy.spec.cors.allowMethods"],
        &[rule("AllowMethods cannot contain '*' alongside other methods", lone_star)],
    ),
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters[].cors.allowOrigins", "TrafficPolicy.spec.cors.allowOrigins"],
        &[rule("AllowOrigins cannot contain '*' alongside other origins", lone_star)],
    ),
    at(
        &["HTTPRoute.spec.rules[].backendRefs[].filters[].externalAuth"],
        &[
            rule("grpc must be specified when protocol is set to 'GRPC'", |auth| {
                text(auth, "protocol") != Some("GRPC") || has(auth, "grpc")
            }),
            rule("protocol must be 'GRPC' when grpc is set", |auth| {
                !has(auth, "grpc") || text(auth, "protocol") == Some("GRPC")
            }),
            rule("http must be specified when protocol is set to 'HTTP'", |auth| {
                text(auth, "protocol") != Some("HTTP") || has(auth, "http")
            }),
            rule("protocol must be 'HTTP' when http is set", |auth| {
                !has(auth, "http") || text(auth, "protocol") == Some("HTTP")
            }),
        ],
    ),
    at(&["HTTPRoute.spec.rules[].backendRefs[].filters[].externalAuth.backendRef"], &[SERVICE_PORT]),
];

fn times(list: &Value, kind: &str) -> usize {
    items(list).iter().filter(|filter| text(filter, "type") == Some(kind)).count()
}
