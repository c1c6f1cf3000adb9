//! Access logs and traces, of a `ListenerPolicy`.
//!
//! Source: `gateway.kgateway.dev_listenerpolicies.yaml`, `httpSettings.{accessLog,localReplies.mappers[].filter,tracing}`.

use super::shared::{ANY_DURATION, CALLED_BACKEND, EMPTY, HEADER_MATCH, SOME_TEXT, TRACE_ATTRIBUTE, exactly_one};
use crate::admission::schema::{Property, Schema, Width, boolean, integer, list, may, must, object, word};
use crate::admission::shared::{ANY_TEXT, ANY_TEXTS, FROM_ONE, FROM_ZERO, PERCENT};

pub(super) static ACCESS_LOG: Schema = object(&[
    may(
        "fileSink",
        &object(&[may("jsonFormat", &EMPTY), must("path", &ANY_TEXT), may("stringFormat", &ANY_TEXT)])
            .rules(&[exactly_one!("stringFormat", "jsonFormat")]),
    ),
    may("filter", &LOG_FILTER),
    may(
        "grpcService",
        &object(&[
            may("additionalRequestHeadersToLog", &ANY_TEXTS),
            may("additionalResponseHeadersToLog", &ANY_TEXTS),
            may("additionalResponseTrailersToLog", &ANY_TEXTS),
            AUTHORITY,
            BACKEND,
            INITIAL_METADATA,
            LOG_NAME,
            LONGEST_MESSAGE,
            RETRY_POLICY,
            SKIP_HEADERS,
            CALL_TIMEOUT,
        ]),
    ),
    may(
        "openTelemetry",
        &object(&[
            may("attributes", &KEY_VALUES),
            may("body", &ANY_TEXT),
            may("disableBuiltinLabels", &boolean()),
            must(
                "grpcService",
                &object(&[
                    AUTHORITY,
                    BACKEND,
                    INITIAL_METADATA,
                    LOG_NAME,
                    LONGEST_MESSAGE,
                    RETRY_POLICY,
                    SKIP_HEADERS,
                    CALL_TIMEOUT,
                ]),
            ),
            may("resourceAttributes", &KEY_VALUES),
        ]),
    ),
]);

/// The fields of a gRPC service that is told of requests.
const AUTHORITY: Property = may("authority", &ANY_TEXT);
const BACKEND: Property = must("backendRef", &CALLED_BACKEND);
const INITIAL_METADATA: Property = may("initialMetadata", &INITIAL_METADATA_SCHEMA);
static INITIAL_METADATA_SCHEMA: Schema = list(&object(&[must("key", &ANY_TEXT), may("value", &ANY_TEXT)]));
const LOG_NAME: Property = must("logName", &ANY_TEXT);
const LONGEST_MESSAGE: Property = may("maxReceiveMessageLength", &FROM_ONE);
const RETRY_POLICY: Property = may("retryPolicy", &RETRY_POLICY_SCHEMA);
static RETRY_POLICY_SCHEMA: Schema = object(&[
    may("numRetries", &FROM_ONE),
    may("retryBackOff", &object(&[must("baseInterval", &ANY_DURATION), may("maxInterval", &ANY_DURATION)])),
]);
const SKIP_HEADERS: Property = may("skipEnvoyHeaders", &boolean());
const CALL_TIMEOUT: Property = may("timeout", &ANY_DURATION);

static KEY_VALUES: Schema = object(&[may(
    "values",
    &list(&object(&[
        must("key", &ANY_TEXT),
        must(
            "value",
            &object(&[may("arrayValue", &list(&EMPTY)), may("kvListValue", &EMPTY), may("stringValue", &ANY_TEXT)])
                .at_least(1)
                .at_most(1),
        ),
    ])),
)]);

/// A filter, or some of them joined.
pub(super) static LOG_FILTER: Schema = object(&[
    may("andFilter", &list(&ONE_FILTER).at_least(2)),
    CEL,
    DURATION,
    GRPC_STATUS,
    HEADER_FILTER,
    NOT_HEALTH_CHECK,
    may("orFilter", &list(&ONE_FILTER).at_least(2)),
    RESPONSE_FLAG,
    RUNTIME,
    STATUS_CODE,
    TRACEABLE,
])
.at_least(1)
.at_most(1);

static ONE_FILTER: Schema = object(&[
    CEL,
    DURATION,
    GRPC_STATUS,
    HEADER_FILTER,
    NOT_HEALTH_CHECK,
    RESPONSE_FLAG,
    RUNTIME,
    STATUS_CODE,
    TRACEABLE,
])
.at_least(1)
.at_most(1);

const CEL: Property = may("celFilter", &CEL_SCHEMA);
static CEL_SCHEMA: Schema = object(&[must("match", &ANY_TEXT)]);
const DURATION: Property = may("durationFilter", &COMPARISON);
const GRPC_STATUS: Property = may("grpcStatusFilter", &GRPC_STATUS_SCHEMA);
static GRPC_STATUS_SCHEMA: Schema = object(&[
    may("exclude", &boolean()),
    may(
        "statuses",
        &list(&word(&[
            "OK",
            "CANCELED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ]))
        .at_least(1),
    ),
]);
const HEADER_FILTER: Property = may("headerFilter", &HEADER_FILTER_SCHEMA);
static HEADER_FILTER_SCHEMA: Schema = object(&[must("header", &HEADER_MATCH)]);
const NOT_HEALTH_CHECK: Property = may("notHealthCheckFilter", &boolean());
const RESPONSE_FLAG: Property = may("responseFlagFilter", &RESPONSE_FLAG_SCHEMA);
static RESPONSE_FLAG_SCHEMA: Schema = object(&[must("flags", &list(&ANY_TEXT).at_least(1))]);
const RUNTIME: Property = may("runtimeFilter", &RUNTIME_SCHEMA);
static RUNTIME_SCHEMA: Schema = object(&[
    may(
        "percentSampled",
        &object(&[may("denominator", &word(&["HUNDRED", "TEN_THOUSAND", "MILLION"])), must("numerator", &FROM_ZERO)]),
    ),
    must("runtimeKey", &SOME_TEXT),
    may("useIndependentRandomness", &boolean()),
]);
const STATUS_CODE: Property = may("statusCodeFilter", &COMPARISON);
const TRACEABLE: Property = may("traceableFilter", &boolean());

static COMPARISON: Schema = object(&[
    must("op", &word(&["EQ", "GE", "LE"])),
    must("value", &integer(0, u32::MAX as i64).fitting(Width::Uint32)),
]);

pub(super) static TRACING: Schema = object(&[
    may("attributes", &list(&TRACE_ATTRIBUTE)),
    may("clientSampling", &PERCENT),
    may("maxPathTagLength", &FROM_ONE),
    may("overallSampling", &PERCENT),
    must(
        "provider",
        &object(&[may(
            "openTelemetry",
            &object(&[
                must(
                    "grpcService",
                    &object(&[
                        AUTHORITY,
                        BACKEND,
                        INITIAL_METADATA,
                        LONGEST_MESSAGE,
                        RETRY_POLICY,
                        SKIP_HEADERS,
                        CALL_TIMEOUT,
                    ]),
                ),
                may(
                    "resourceDetectors",
                    &list(
                        &object(&[may("environmentResourceDetector", &object(&[may("enable", &boolean())]))])
                            .at_least(1)
                            .at_most(1),
                    ),
                ),
                may("sampler", &object(&[may("alwaysOnConfig", &EMPTY)]).at_least(1).at_most(1)),
                may("serviceName", &ANY_TEXT),
            ]),
        )])
        .at_least(1)
        .at_most(1),
    ),
    may("randomSampling", &PERCENT),
    may("spawnUpstreamSpan", &boolean()),
    may("verbose", &boolean()),
]);
