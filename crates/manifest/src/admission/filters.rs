//! `HTTPRouteFilter` and `GRPCRouteFilter`.
//!
//! Source: Gateway API `config/crd/experimental/gateway.networking.k8s.io_{httproutes,grpcroutes}.yaml`,
//! `spec.rules[].filters` (and `backendRefs[].filters`, which is the same).

use super::form::{Form, PATH, SUBDOMAIN};
use super::look::{count, has, items, number, text};
use super::schema::{Rule, Schema, Width, boolean, code, list, may, must, object, rule, text as any_text, word};
use super::shared::{BACKEND_OBJECT, FROM_ONE, FROM_ZERO, FULL_REFERENCE, HEADER, PERCENT, PORT, VALUE, lone_star};
use routescope_core::model::value::Value;

/// The filters of an HTTP rule or `backendRef`.
pub(super) static HTTP_FILTERS: Schema = list(&HTTP_FILTER)
    .at_most(16)
    .rules(&[
        rule(
            "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
            |list| times(list, "RequestRedirect") == 0 || times(list, "URLRewrite") == 0,
        ),
        rule("CORS filter cannot be repeated", |list| times(list, "CORS") <= 1),
        rule("RequestHeaderModifier filter cannot be repeated", |list| times(list, "RequestHeaderModifier") <= 1),
        rule("ResponseHeaderModifier filter cannot be repeated", |list| times(list, "ResponseHeaderModifier") <= 1),
        rule("RequestRedirect filter cannot be repeated", |list| times(list, "RequestRedirect") <= 1),
        rule("URLRewrite filter cannot be repeated", |list| times(list, "URLRewrite") <= 1),
    ])
    .plainly(|list| items(list).len() < 2);

/// The filters of a gRPC rule or `backendRef`.
pub(super) static GRPC_FILTERS: Schema = list(&GRPC_FILTER).at_most(16).rules(&[
    rule("RequestHeaderModifier filter cannot be repeated", |list| times(list, "RequestHeaderModifier") <= 1),
    rule("ResponseHeaderModifier filter cannot be repeated", |list| times(list, "ResponseHeaderModifier") <= 1),
]);

fn times(list: &Value, kind: &str) -> usize {
    items(list).iter().filter(|filter| text(filter, "type") == Some(kind)).count()
}

static HTTP_FILTER: Schema = object(&[
    must(
        "type",
        &word(&[
            "RequestHeaderModifier",
            "ResponseHeaderModifier",
            "RequestMirror",
            "RequestRedirect",
            "URLRewrite",
            "ExtensionRef",
            "CORS",
            "ExternalAuth",
        ]),
    ),
    may("requestHeaderModifier", &HEADER_MODIFIER),
    may("responseHeaderModifier", &HEADER_MODIFIER),
    may("requestMirror", &MIRROR),
    may("requestRedirect", &REDIRECT),
    may("urlRewrite", &object(&[may("hostname", &PRECISE_HOSTNAME), may("path", &PATH_MODIFIER)])),
    may("extensionRef", &FULL_REFERENCE),
    may("cors", &CORS),
    may("externalAuth", &EXTERNAL_AUTH),
])
.rules(HTTP_FIELDS_OF_TYPES);

static GRPC_FILTER: Schema = object(&[
    must("type", &word(&["ResponseHeaderModifier", "RequestHeaderModifier", "RequestMirror", "ExtensionRef"])),
    may("requestHeaderModifier", &HEADER_MODIFIER),
    may("responseHeaderModifier", &HEADER_MODIFIER),
    may("requestMirror", &MIRROR),
    may("extensionRef", &FULL_REFERENCE),
])
.rules(GRPC_FIELDS_OF_TYPES);

fn only_with(filter: &Value, field: &str, kind: &str) -> bool {
    !has(filter, field) || text(filter, "type") == Some(kind)
}

fn given_with(filter: &Value, field: &str, kind: &str) -> bool {
    has(filter, field) || text(filter, "type") != Some(kind)
}

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

const HTTP_FIELDS_OF_TYPES: &[Rule] = tied![
    "cors" to "CORS",
    "requestHeaderModifier" to "RequestHeaderModifier",
    "responseHeaderModifier" to "ResponseHeaderModifier",
    "requestMirror" to "RequestMirror",
    "requestRedirect" to "RequestRedirect",
    "urlRewrite" to "URLRewrite",
    "extensionRef" to "ExtensionRef",
    "externalAuth" to "ExternalAuth",
];

const GRPC_FIELDS_OF_TYPES: &[Rule] = tied![
    "requestHeaderModifier" to "RequestHeaderModifier",
    "responseHeaderModifier" to "ResponseHeaderModifier",
    "requestMirror" to "RequestMirror",
    "extensionRef" to "ExtensionRef",
];

static HEADER_MODIFIER: Schema = object(&[
    may("set", &HEADERS),
    may("add", &HEADERS),
    may("remove", &list(&super::shared::ANY_TEXT).at_most(16).set()),
]);

static HEADERS: Schema = list(&object(&[must("name", &HEADER), must("value", &VALUE)])).at_most(16).keyed_by("name");

static MIRROR: Schema = object(&[
    must("backendRef", &BACKEND_OBJECT),
    may("percent", &PERCENT),
    may(
        "fraction",
        &object(&[must("numerator", &FROM_ZERO), may("denominator", &FROM_ONE)])
            .rules(&[rule("numerator must be less than or equal to denominator", |fraction| {
                number(fraction, "numerator") <= Some(number(fraction, "denominator").unwrap_or(100))
            })]),
    ),
])
.rules(&[rule("Only one of percent or fraction may be specified in HTTPRequestMirrorFilter", |mirror| {
    count(mirror, &["percent", "fraction"]) < 2
})]);

static REDIRECT: Schema = object(&[
    may("scheme", &word(&["http", "https"])),
    may("hostname", &PRECISE_HOSTNAME),
    may("path", &PATH_MODIFIER),
    may("port", &PORT),
    may("statusCode", &code(&[301, 302, 303, 307, 308]).fitting(Width::Free)),
]);

static PRECISE_HOSTNAME: Schema = any_text().at_least(1).at_most(253).like(&SUBDOMAIN);

static PATH_MODIFIER: Schema = object(&[
    must("type", &word(&["ReplaceFullPath", "ReplacePrefixMatch"])),
    may("replaceFullPath", &any_text().at_most(1024)),
    may("replacePrefixMatch", &any_text().at_most(1024)),
])
.rules(&[
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
]);

static CORS: Schema = object(&[
    may("allowCredentials", &boolean()),
    may(
        "allowHeaders",
        &list(&HEADER)
            .at_most(64)
            .set()
            .rules(&[rule("AllowHeaders cannot contain '*' alongside other methods", lone_star)]),
    ),
    may("allowMethods", &CORS_METHODS),
    may("allowOrigins", &CORS_ORIGINS),
    may("exposeHeaders", &list(&HEADER).at_most(64).set()),
    may("maxAge", &FROM_ONE),
]);

/// `allowMethods`; a `TrafficPolicy` has the same.
pub(super) static CORS_METHODS: Schema =
    list(&word(&["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*"]))
        .at_most(9)
        .set()
        .rules(&[rule("AllowMethods cannot contain '*' alongside other methods", lone_star)]);

/// `allowOrigins`; a `TrafficPolicy` has the same.
pub(super) static CORS_ORIGINS: Schema = list(&any_text().at_least(1).at_most(253).like(&ORIGIN))
    .at_most(64)
    .set()
    .rules(&[rule("AllowOrigins cannot contain '*' alongside other origins", lone_star)]);

static ORIGIN: Form =
    Form::compiled(r"(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)");

static EXTERNAL_AUTH: Schema = object(&[
    must("backendRef", &BACKEND_OBJECT),
    must("protocol", &word(&["HTTP", "GRPC"])),
    may("forwardBody", &object(&[may("maxSize", &FROM_ZERO)])),
    may("grpc", &object(&[may("allowedHeaders", &HEADER_SET)])),
    may(
        "http",
        &object(&[
            may("allowedHeaders", &HEADER_SET),
            may("allowedResponseHeaders", &HEADER_SET),
            may("path", &any_text().at_most(1024).like(&PATH)),
        ]),
    ),
])
.rules(&[
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
]);

static HEADER_SET: Schema = list(&super::shared::ANY_TEXT).at_most(64).set();
