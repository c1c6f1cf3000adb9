//! `BackendConfigPolicy`.
//!
//! Source: `gateway.kgateway.dev_backendconfigpolicies.yaml`.

use super::shared::{
    ANY_DURATION, EMPTY, IS_DURATION, KEEPALIVE, LOCAL_NAME, MILLISECOND, SOME_TEXT, are_of, at_least_one, at_most_one,
    between, compare_durations, duration_like, exactly_one, from,
};
use crate::admission::form::Form;
use crate::admission::look::{as_text, count, has};
use crate::admission::schema::{
    Schema, Width, any_integer, boolean, doubtful, integer, list, may, must, object, quantity, rule, text, word,
};
use crate::admission::shared::{
    ANY_TEXT, ANY_TEXTS, FROM_ONE, FROM_ZERO, GROUP_NAME, KIND_NAME, NAME, PERCENT, TEXT_MAP,
};
use routescope_core::model::KGATEWAY_GROUP;
use routescope_core::model::value::Value;

pub(in crate::admission) static BACKEND_CONFIG_POLICY: Schema = object(&[must(
    "spec",
    &object(&[
        may("circuitBreakers", &CIRCUIT_BREAKERS),
        may(
            "commonHttpProtocolOptions",
            &object(&[
                may("idleTimeout", &ANY_DURATION),
                may("maxHeadersCount", &FROM_ZERO),
                may("maxRequestsPerConnection", &FROM_ZERO),
                may("maxStreamDuration", &ANY_DURATION),
            ]),
        ),
        may("connectTimeout", &ANY_DURATION),
        may("dns", &DNS),
        may("healthCheck", &HEALTH_CHECK),
        may(
            "http1ProtocolOptions",
            &object(&[
                may("enableTrailers", &boolean()),
                may("overrideStreamErrorOnInvalidHttpMessage", &boolean()),
                may("preserveHttp1HeaderCase", &boolean()),
            ]),
        ),
        may("http2ProtocolOptions", &HTTP2),
        may("loadBalancer", &LOAD_BALANCER),
        may("outlierDetection", &OUTLIERS),
        may("perConnectionBufferLimitBytes", &FROM_ZERO),
        may(
            "targetRefs",
            &list(&object(&[must("group", &GROUP_NAME), must("kind", &KIND_NAME), must("name", &NAME)]))
                .at_least(1)
                .at_most(16)
                .rules(&[rule(
                    "TargetRefs must reference either a Kubernetes Service, a Backend, or an Istio Hostname",
                    is_targetable,
                )]),
        ),
        may(
            "targetSelectors",
            &list(&object(&[must("group", &GROUP_NAME), must("kind", &KIND_NAME), must("matchLabels", &TEXT_MAP)]))
                .rules(&[rule(
                    "TargetSelectors must reference either a Kubernetes Service, a Backend, or an Istio Hostname",
                    is_targetable,
                )]),
        ),
        may("tcpKeepalive", &KEEPALIVE),
        may("tls", &TLS),
        may("upstreamProxyProtocol", &object(&[may("version", &word(&["V1", "V2"]))])),
    ])
    .rules(&[at_most_one!("http1ProtocolOptions", "http2ProtocolOptions")]),
)]);

fn is_targetable(list: &Value) -> bool {
    are_of(list, |group, kind| {
        matches!((group, kind), ("", "Service") | (KGATEWAY_GROUP, "Backend") | ("networking.istio.io", "Hostname"))
    })
}

static CIRCUIT_BREAKERS: Schema = object(&[
    may("maxConnections", &FROM_ONE),
    may("maxPendingRequests", &FROM_ONE),
    may("maxRequests", &FROM_ONE),
    may("maxRetries", &FROM_ZERO),
    may("trackRemaining", &boolean()),
])
.rules(&[at_least_one!("maxConnections", "maxPendingRequests", "maxRequests", "maxRetries")]);

static DNS: Schema = object(&[
    may("jitter", &ANY_DURATION),
    may(
        "refreshRate",
        &duration_like(&[IS_DURATION, doubtful("refreshRate must be at least 1ms", from::<MILLISECOND>)]),
    ),
    may("respectTTL", &boolean()),
])
.rules(&[doubtful("jitter must be less than or equal to refreshRate", |dns| {
    compare_durations(dns, "jitter", "refreshRate", |jitter, rate| jitter <= rate)
})]);

static HEALTH_CHECK: Schema = object(&[
    may("grpc", &object(&[may("authority", &ANY_TEXT), may("serviceName", &ANY_TEXT)])),
    must("healthyThreshold", &FROM_ZERO),
    may(
        "http",
        &object(&[
            may("host", &ANY_TEXT),
            may("method", &word(&["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])),
            must("path", &ANY_TEXT),
        ]),
    ),
    must("interval", &ANY_DURATION),
    must("timeout", &ANY_DURATION),
    must("unhealthyThreshold", &FROM_ZERO),
])
.rules(&[rule("exactly one of http or grpc must be set", |check| count(check, &["http", "grpc"]) == 1)]);

static HTTP2: Schema = object(&[
    may(
        "connectionKeepalive",
        &object(&[
            may(
                "connectionIdleInterval",
                &duration_like(&[
                    IS_DURATION,
                    doubtful("connectionIdleInterval must be at least 1ms", from::<MILLISECOND>),
                ]),
            ),
            may("interval", &INTERVAL),
            must(
                "timeout",
                &duration_like(&[IS_DURATION, doubtful("timeout must be at least 1ms", from::<MILLISECOND>)]),
            ),
        ]),
    ),
    may(
        "initialConnectionWindowSize",
        &quantity().rules(&[doubtful(
            "InitialConnectionWindowSize must be between 65535 and 2147483647 bytes (inclusive)",
            is_window,
        )]),
    ),
    may(
        "initialStreamWindowSize",
        &quantity().rules(&[doubtful(
            "InitialStreamWindowSize must be between 65535 and 2147483647 bytes (inclusive)",
            is_window,
        )]),
    ),
    may("maxConcurrentStreams", &integer(1, i32::MAX as i64)),
    may("overrideStreamErrorOnInvalidHttpMessage", &boolean()),
]);

fn is_window(size: &Value) -> Result<bool, String> {
    between(size, 65_534.0, 2_147_483_648.0)
}

static INTERVAL: Schema = duration_like(&[IS_DURATION, doubtful("interval must be at least 1ms", from::<MILLISECOND>)]);

static LOAD_BALANCER: Schema = object(&[
    may("closeConnectionsOnHostSetChange", &boolean()),
    may("healthyPanicThreshold", &PERCENT),
    may("leastRequest", &object(&[may("choiceCount", &any_integer()), may("slowStart", &SLOW_START)])),
    may("localityType", &word(&["WeightedLb"])),
    may("maglev", &object(&[may("hashPolicies", &HASH_POLICIES), may("useHostnameForHashing", &boolean())])),
    may("random", &EMPTY),
    may(
        "ringHash",
        &object(&[
            may("hashPolicies", &HASH_POLICIES),
            may("maximumRingSize", &integer(0, i64::MAX).fitting(Width::Int64)),
            may("minimumRingSize", &integer(0, i64::MAX).fitting(Width::Int64)),
            may("useHostnameForHashing", &boolean()),
        ]),
    ),
    may("roundRobin", &object(&[may("slowStart", &SLOW_START)])),
    may("updateMergeWindow", &ANY_DURATION),
    may("zoneAware", &ZONE_AWARE),
])
.rules(&[
    rule("localityType and zoneAware are mutually exclusive", |balancer| {
        count(balancer, &["localityType", "zoneAware"]) < 2
    }),
    rule("zoneAware is not supported with ringHash or maglev load balancers", |balancer| {
        count(balancer, &["ringHash", "maglev"]) == 0 || !has(balancer, "zoneAware")
    }),
    exactly_one!("leastRequest", "roundRobin", "ringHash", "maglev", "random"),
]);

static SLOW_START: Schema = object(&[
    may(
        "aggression",
        &text().rules(&[rule(
            "Aggression, if specified, must be a string representing a number greater than 0.0",
            |value| {
                let text = as_text(value).unwrap_or_default();
                NUMBER.fits(text) && text.parse::<f64>().is_ok_and(|number| number > 0.0)
            },
        )]),
    ),
    may("minWeightPercent", &PERCENT),
    may("window", &ANY_DURATION),
]);

static NUMBER: Form = Form::compiled(r"^-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$");

static HASH_POLICIES: Schema = list(
    &object(&[
        may(
            "cookie",
            &object(&[
                may("httpOnly", &boolean()),
                must("name", &SOME_TEXT),
                may("path", &ANY_TEXT),
                may("sameSite", &word(&["Strict", "Lax", "None"])),
                may("secure", &boolean()),
                may("ttl", &ANY_DURATION),
            ]),
        ),
        may("header", &object(&[must("name", &SOME_TEXT)])),
        may("sourceIP", &EMPTY),
        may("terminal", &boolean()),
    ])
    .rules(&[exactly_one!("header", "cookie", "sourceIP")]),
)
.at_least(1)
.at_most(16);

static ZONE_AWARE: Schema = object(&[may(
    "preferLocal",
    &object(&[
        may("force", &object(&[may("minEndpointsInZoneThreshold", &FROM_ONE)])),
        may("minEndpointsThreshold", &integer(1, i64::MAX).fitting(Width::Int64)),
        may("routingEnabled", &PERCENT),
    ]),
)])
.rules(&[at_least_one!("preferLocal")]);

static OUTLIERS: Schema = object(&[
    may(
        "baseEjectionTime",
        &duration_like(&[IS_DURATION, doubtful("baseEjectionTime must be at least 1ms", from::<MILLISECOND>)]),
    ),
    may("consecutive5xx", &FROM_ZERO),
    may("consecutiveLocalOriginFailure", &FROM_ZERO),
    may("enforcingConsecutive5xx", &PERCENT),
    may("enforcingConsecutiveLocalOriginFailure", &PERCENT),
    may("interval", &INTERVAL),
    may("maxEjectionPercent", &PERCENT),
    may("splitExternalLocalOriginErrors", &boolean()),
]);

static TLS_VERSION: Schema = word(&["AUTO", "1.0", "1.1", "1.2", "1.3"]);

static TLS: Schema = object(&[
    may("allowRenegotiation", &boolean()),
    may("alpnProtocols", &ANY_TEXTS),
    may(
        "files",
        &object(&[may("rootCA", &SOME_TEXT), may("tlsCertificate", &SOME_TEXT), may("tlsKey", &SOME_TEXT)]).rules(&[
            rule("At least one of tlsCertificate, tlsKey, or rootCA must be set in TLSFiles", |files| {
                count(files, &["tlsCertificate", "tlsKey", "rootCA"]) > 0
            }),
        ]),
    ),
    may("insecureSkipVerify", &boolean()),
    may(
        "parameters",
        &object(&[
            may("cipherSuites", &ANY_TEXTS),
            may("ecdhCurves", &ANY_TEXTS),
            may("maxVersion", &TLS_VERSION),
            may("minVersion", &TLS_VERSION),
            may("signatureAlgorithms", &ANY_TEXTS),
        ]),
    ),
    may("secretRef", &LOCAL_NAME),
    may("simpleTLS", &boolean()),
    may("sni", &SOME_TEXT),
    may("verifySubjectAltNames", &ANY_TEXTS),
    may("wellKnownCACertificates", &text().at_least(1).at_most(253).like(&WELL_KNOWN)),
])
.rules(&[exactly_one!("secretRef", "files", "insecureSkipVerify", "wellKnownCACertificates")]);

static WELL_KNOWN: Form = Form::compiled(
    r"^(System|([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$",
);
