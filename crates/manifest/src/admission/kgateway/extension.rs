//! `GatewayExtension`.
//!
//! Source: `gateway.kgateway.dev_gatewayextensions.yaml`.

use super::shared::{
    ANY_DURATION, CALLED_BACKEND, HEADER_MATCH, IS_DURATION, LOCAL_NAME, LONG_TEXT, MILLISECOND, SOME_TEXT, TIMEOUT,
    compare_durations, duration_like, exactly_one, from,
};
use super::traffic_parts::{PROCESSING_MODE, SENT_BODY};
use crate::admission::form::Form;
use crate::admission::look::{get, has, text as text_in};
use crate::admission::schema::{
    Rule, Schema, any_integer, boolean, doubtful, integer, list, may, must, object, rule, text, word,
};
use crate::admission::shared::{ANY_TEXT, ANY_TEXTS, BACKEND_OBJECT, FROM_ONE, FROM_ZERO, NAME, TEXT_MAP};
use routescope_core::model::value::{Data, Value};

pub(in crate::admission) static GATEWAY_EXTENSION: Schema = object(&[must(
    "spec",
    &object(&[
        may("extAuth", &EXT_AUTH),
        may("extProc", &EXT_PROC),
        may("jwt", &JWT),
        may("oauth2", &OAUTH2),
        may("rateLimit", &RATE_LIMIT),
        may("type", &word(&["ExtAuth", "ExtProc", "RateLimit", "JWT", "OAuth2"])),
    ])
    .rules(&[
        rule("extAuth must be set when type is ExtAuth", |spec| given_with(spec, "ExtAuth", "extAuth")),
        rule("extProc must be set when type is ExtProc", |spec| given_with(spec, "ExtProc", "extProc")),
        rule("rateLimit must be set when type is RateLimit", |spec| given_with(spec, "RateLimit", "rateLimit")),
        rule("JWT must be set when type is JWT", |spec| given_with(spec, "JWT", "jwt")),
        rule("oauth2 must be set when type is OAuth2", |spec| given_with(spec, "OAuth2", "oauth2")),
        exactly_one!("extAuth", "extProc", "rateLimit", "jwt", "oauth2"),
    ]),
)]);

fn given_with(spec: &Value, kind: &str, field: &str) -> bool {
    text_in(spec, "type") != Some(kind) || has(spec, field)
}

static EXT_AUTH: Schema = object(&[
    may("clearRouteCache", &boolean()),
    may("failOpen", &boolean()),
    may("grpcService", &GRPC_SERVICE),
    may("headersToForward", &ANY_TEXTS),
    may(
        "httpService",
        &object(&[
            may("authorizationRequest", &object(&[may("headersToAdd", &TEXT_MAP)])),
            may(
                "authorizationResponse",
                &object(&[
                    may("headersToBackend", &ANY_TEXTS),
                    may("headersToClient", &ANY_TEXTS),
                    may("headersToClientOnSuccess", &ANY_TEXTS),
                ]),
            ),
            must("backendRef", &CALLED_BACKEND),
            may("pathPrefix", &ANY_TEXT),
            may("requestTimeout", &TIMEOUT),
            may("retry", &RETRY),
        ]),
    ),
    may("statPrefix", &SOME_TEXT),
    may("statusOnError", &integer(100, 511)),
    may("withRequestBody", &SENT_BODY),
])
.rules(&[exactly_one!("grpcService", "httpService")]);

static GRPC_SERVICE: Schema = object(&[
    may("authority", &ANY_TEXT),
    must("backendRef", &CALLED_BACKEND),
    may("requestTimeout", &TIMEOUT),
    may("retry", &RETRY),
]);

static RETRY: Schema = object(&[
    may("attempts", &FROM_ZERO),
    may(
        "backoff",
        &object(&[
            must(
                "baseInterval",
                &duration_like(&[
                    IS_DURATION,
                    doubtful("retry.BaseInterval must be at least 1ms.", from::<MILLISECOND>),
                ]),
            ),
            may("maxInterval", &ANY_DURATION),
        ])
        .rules(&[BACKOFF]),
    ),
]);

const BACKOFF: Rule = doubtful("maxInterval must be greater than or equal to baseInterval", |backoff| {
    compare_durations(backoff, "baseInterval", "maxInterval", |base, most| base <= most)
});

static EXT_PROC: Schema = object(&[
    may("allowProcessingModeOverride", &boolean()),
    may("allowedProcessingModeOverrides", &list(&PROCESSING_MODE)),
    may("failOpen", &boolean()),
    may(
        "filterStage",
        &object(&[
            may("predicate", &word(&["Before", "During", "After"])),
            must("stage", &word(&["Fault", "AuthN", "AuthZ", "RateLimit", "Route"])),
            may("weight", &any_integer()),
        ]),
    ),
    must("grpcService", &GRPC_SERVICE),
    may("maxMessageTimeout", &TIMEOUT),
    may("messageTimeout", &TIMEOUT),
    may(
        "metadataOptions",
        &object(&[may(
            "forwarding",
            &object(&[may("typed", &list(&ANY_TEXT).at_least(1)), may("untyped", &list(&ANY_TEXT).at_least(1))]),
        )]),
    ),
    may("processingMode", &PROCESSING_MODE),
    may("requestAttributes", &ANY_TEXTS),
    may("routeCacheAction", &word(&["FromResponse", "Clear", "Retain"])),
    may("statPrefix", &SOME_TEXT),
]);

static RATE_LIMIT: Schema = object(&[
    must("domain", &ANY_TEXT),
    may("failOpen", &boolean()),
    must("grpcService", &GRPC_SERVICE),
    may("timeout", &ANY_DURATION),
    may("xRateLimitHeaders", &word(&["Off", "DraftVersion03"])),
]);

static JWT: Schema = object(&[
    may("providers", &list(&PROVIDER).at_most(32).keyed_by("name")),
    may("validationMode", &word(&["Strict", "AllowMissing"])),
]);

static AUDIENCES: Schema = list(&ANY_TEXT).at_least(1).at_most(32);
static CLAIMS: Schema = list(&object(&[must("header", &LONG_TEXT), must("name", &LONG_TEXT)])).at_least(1).at_most(32);

static PROVIDER: Schema = object(&[
    may("audiences", &AUDIENCES),
    may("claimsToHeaders", &CLAIMS),
    may("forwardToken", &boolean()),
    may("issuer", &text().at_most(2048)),
    must("jwks", &JWKS),
    must("name", &NAME),
    may(
        "tokenSource",
        &object(&[
            may("header", &object(&[must("header", &LONG_TEXT), may("prefix", &LONG_TEXT)])),
            may("queryParameter", &ANY_TEXT),
        ])
        .rules(&[exactly_one!("header", "queryParameter")]),
    ),
]);

static JWKS: Schema = object(&[
    may(
        "local",
        &object(&[may("configMapRef", &LOCAL_NAME), may("inline", &text().at_least(1).at_most(16_384))])
            .rules(&[exactly_one!("inline", "configMapRef")]),
    ),
    may("remote", &REMOTE_JWKS),
])
.rules(&[exactly_one!("local", "remote")]);

static REMOTE_JWKS: Schema = object(&[
    may(
        "asyncFetch",
        &object(&[
            may(
                "failedRefetchDuration",
                &duration_like(&[
                    IS_DURATION,
                    doubtful("failedRefetchDuration must be at least 1ms.", from::<MILLISECOND>),
                ]),
            ),
            may("fastListener", &boolean()),
        ]),
    ),
    must("backendRef", &BACKEND_OBJECT),
    may(
        "cacheDuration",
        &duration_like(&[IS_DURATION, doubtful("cacheDuration must be at least 1ms.", from::<MILLISECOND>)]),
    ),
    may(
        "retryPolicy",
        &object(&[
            may(
                "backOff",
                &object(&[
                    must(
                        "baseInterval",
                        &duration_like(&[
                            IS_DURATION,
                            doubtful("baseInterval must be at least 1ms.", from::<MILLISECOND>),
                        ]),
                    ),
                    may(
                        "maxInterval",
                        &duration_like(&[
                            IS_DURATION,
                            doubtful("maxInterval must be at least 1ms.", from::<MILLISECOND>),
                        ]),
                    ),
                ])
                .rules(&[BACKOFF]),
            ),
            may("numRetries", &FROM_ONE),
        ]),
    ),
    must("url", &LONG_TEXT),
]);

static OAUTH2: Schema = object(&[
    may("authorizationEndpoint", &text().like(&ENDPOINT)),
    must("backendRef", &CALLED_BACKEND),
    may("cookies", &COOKIES),
    must("credentials", &object(&[must("clientID", &SOME_TEXT), must("clientSecretRef", &LOCAL_NAME)])),
    may("denyRedirect", &object(&[may("headers", &list(&HEADER_MATCH).at_least(1).at_most(16))])),
    may("endSessionEndpoint", &text().like(&ENDPOINT)),
    may("forwardAccessToken", &boolean()),
    may("issuerURI", &text().like(&ISSUER)),
    may("jwt", &OAUTH2_JWT),
    may("logoutPath", &SOME_TEXT),
    may("redirectURI", &ANY_TEXT),
    may("scopes", &ANY_TEXTS),
    may("tokenEndpoint", &text().like(&ENDPOINT)),
])
.rules(&[
    rule("Either issuerURI, or both authorizationEndpoint and tokenEndpoint must be specified", |oauth2| {
        has(oauth2, "issuerURI") || has(oauth2, "authorizationEndpoint") && has(oauth2, "tokenEndpoint")
    }),
    rule("Either issuerURI or jwksURI must be specified for JWT parsing", |oauth2| {
        let parsed = parses(oauth2, "accessToken") || parses(oauth2, "idToken");
        !parsed || has(oauth2, "issuerURI") || parses(oauth2, "jwksURI")
    }),
    rule("Access token cookie must not be disabled when the token should be parsed", |oauth2| {
        !parses(oauth2, "accessToken") || !disables(oauth2, "disableAccessTokenSetCookie")
    }),
    rule("ID token cookie must not be disabled when the token should be parsed", |oauth2| {
        !parses(oauth2, "idToken") || !disables(oauth2, "disableIDTokenSetCookie")
    }),
]);

fn parses(oauth2: &Value, part: &str) -> bool {
    get(oauth2, "jwt").is_some_and(|jwt| has(jwt, part))
}

fn disables(oauth2: &Value, cookie: &str) -> bool {
    get(oauth2, "cookies").and_then(|cookies| get(cookies, cookie)).is_some_and(|flag| flag.data == Data::Bool(true))
}

static ENDPOINT: Form = Form::compiled(
    r"^https://([a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?(:[0-9]{1,5})?(/[a-zA-Z0-9\-._~!$&'()*+,;=:@%]*)*/?(\?[a-zA-Z0-9\-._~!$&'()*+,;=:@%/?]*)?$",
);
static ISSUER: Form = Form::compiled(
    r"^https://([a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?(:[0-9]{1,5})?(/[a-zA-Z0-9\-._~!$&'()*+,;=:@%]*)*/?$",
);

static COOKIES: Schema = object(&[
    may("disableAccessTokenSetCookie", &boolean()),
    may("disableIDTokenSetCookie", &boolean()),
    may("disableRefreshTokenSetCookie", &boolean()),
    may("domain", &text().at_least(1).at_most(253).like(&COOKIE_DOMAIN)),
    may("names", &object(&[may("accessToken", &SOME_TEXT), may("idToken", &SOME_TEXT)])),
    may("sameSite", &word(&["Lax", "Strict", "None"])),
]);

/// Unlike a subdomain: no label but the first is of one character.
static COOKIE_DOMAIN: Form = Form::compiled(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9]))*$");

static OAUTH2_JWT: Schema = object(&[
    may("accessToken", &TOKEN),
    may("idToken", &TOKEN),
    may("jwksBackendRef", &BACKEND_OBJECT),
    may("jwksURI", &text().like(&ENDPOINT)),
]);

static TOKEN: Schema = object(&[may("audiences", &AUDIENCES), may("claimsToHeaders", &CLAIMS)]);
