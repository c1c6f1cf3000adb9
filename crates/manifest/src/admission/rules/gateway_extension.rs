//! kgateway's `GatewayExtension`.

use super::super::accessors::{get, has};
use super::super::schema::Function;
use super::shared::{IS_DURATION, IS_TIMEOUT, MILLISECOND, SERVICE_PORT, compare_durations, from, given_with};
use super::{Group, at, fallible, rule};
use routescope_core::model::value::{Data, Value};

pub(super) const RULES: &[Group] = &[
    at(
        &["GatewayExtension.spec"],
        &[
            rule("extAuth must be set when type is ExtAuth", |spec| given_with(spec, "extAuth", "ExtAuth")),
            rule("extProc must be set when type is ExtProc", |spec| given_with(spec, "extProc", "ExtProc")),
            rule("rateLimit must be set when type is RateLimit", |spec| given_with(spec, "rateLimit", "RateLimit")),
            rule("JWT must be set when type is JWT", |spec| given_with(spec, "jwt", "JWT")),
            rule("oauth2 must be set when type is OAuth2", |spec| given_with(spec, "oauth2", "OAuth2")),
        ],
    ),
    at(
        &[
            "GatewayExtension.spec.extAuth.grpcService.backendRef",
            "GatewayExtension.spec.jwt.providers[].jwks.remote.backendRef",
        ],
        &[SERVICE_PORT],
    ),
    at(
        &["GatewayExtension.spec.extAuth.grpcService.requestTimeout"],
        &[IS_TIMEOUT, fallible("timeout must be at least 1ms.", from::<MILLISECOND>)],
    ),
    at(
        &[
            "GatewayExtension.spec.extAuth.grpcService.retry.backoff",
            "GatewayExtension.spec.jwt.providers[].jwks.remote.retryPolicy.backOff",
        ],
        &[BACKOFF],
    ),
    at(
        &["GatewayExtension.spec.extAuth.grpcService.retry.backoff.baseInterval"],
        &[IS_DURATION, fallible("retry.BaseInterval must be at least 1ms.", from::<MILLISECOND>)],
    ),
    at(
        &["GatewayExtension.spec.jwt.providers[].jwks.remote.asyncFetch.failedRefetchDuration"],
        &[IS_DURATION, fallible("failedRefetchDuration must be at least 1ms.", from::<MILLISECOND>)],
    ),
    at(
        &["GatewayExtension.spec.jwt.providers[].jwks.remote.cacheDuration"],
        &[IS_DURATION, fallible("cacheDuration must be at least 1ms.", from::<MILLISECOND>)],
    ),
    at(
        &["GatewayExtension.spec.jwt.providers[].jwks.remote.retryPolicy.backOff.baseInterval"],
        &[IS_DURATION, fallible("baseInterval must be at least 1ms.", from::<MILLISECOND>)],
    ),
    at(
        &["GatewayExtension.spec.jwt.providers[].jwks.remote.retryPolicy.backOff.maxInterval"],
        &[IS_DURATION, fallible("maxInterval must be at least 1ms.", from::<MILLISECOND>)],
    ),
    at(&["GatewayExtension.spec.rateLimit.timeout"], &[IS_DURATION]),
    at(
        &["GatewayExtension.spec.oauth2"],
        &[
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
        ],
    ),
];

const BACKOFF: (&str, Function) = fallible("maxInterval must be greater than or equal to baseInterval", |backoff| {
    compare_durations(backoff, "baseInterval", "maxInterval", |base, most| base <= most)
});

fn parses(oauth2: &Value, part: &str) -> bool {
    get(oauth2, "jwt").is_some_and(|jwt| has(jwt, part))
}

fn disables(oauth2: &Value, cookie: &str) -> bool {
    get(oauth2, "cookies").and_then(|cookies| get(cookies, cookie)).is_some_and(|flag| flag.data == Data::Bool(true))
}
