//! kgateway's `BackendConfigPolicy`.

use super::super::accessors::{as_text, count, has};
use super::super::pattern::Pattern;
use super::shared::{IS_DURATION, MILLISECOND, are_of, between, compare_durations, from};
use super::{Group, at, fallible, rule};
use routescope_core::model::KGATEWAY_GROUP;
use routescope_core::model::value::Value;

pub(super) const RULES: &[Group] = &[
    at(
        &["BackendConfigPolicy.spec.targetRefs"],
        &[rule("TargetRefs must reference either a Kubernetes Service, a Backend, or an Istio Hostname", are_backends)],
    ),
    at(
        &["BackendConfigPolicy.spec.targetSelectors"],
        &[rule(
            "TargetSelectors must reference either a Kubernetes Service, a Backend, or an Istio Hostname",
            are_backends,
        )],
    ),
    at(
        &["BackendConfigPolicy.spec.dns"],
        &[fallible("jitter must be less than or equal to refreshRate", |dns| {
            compare_durations(dns, "jitter", "refreshRate", |jitter, rate| jitter <= rate)
        })],
    ),
    at(
        &["BackendConfigPolicy.spec.dns.refreshRate"],
        &[IS_DURATION, fallible("refreshRate must be at least 1ms", from::<MILLISECOND>)],
    ),
    at(
        &["BackendConfigPolicy.spec.healthCheck"],
        &[rule("exactly one of http or grpc must be set", |check| count(check, &["http", "grpc"]) == 1)],
    ),
    at(
        &["BackendConfigPolicy.spec.http2ProtocolOptions.connectionKeepalive.connectionIdleInterval"],
        &[IS_DURATION, fallible("connectionIdleInterval must be at least 1ms", from::<MILLISECOND>)],
    ),
    at(
        &[
            "BackendConfigPolicy.spec.http2ProtocolOptions.connectionKeepalive.interval",
            "BackendConfigPolicy.spec.outlierDetection.interval",
        ],
        &[IS_DURATION, fallible("interval must be at least 1ms", from::<MILLISECOND>)],
    ),
    at(
        &["BackendConfigPolicy.spec.http2ProtocolOptions.connectionKeepalive.timeout"],
        &[IS_DURATION, fallible("timeout must be at least 1ms", from::<MILLISECOND>)],
    ),
    at(
        &["BackendConfigPolicy.spec.http2ProtocolOptions.initialConnectionWindowSize"],
        &[fallible(
            "InitialConnectionWindowSize must be between 65535 and 2147483647 bytes (inclusive)",
            is_window_size,
        )],
    ),
    at(
        &["BackendConfigPolicy.spec.http2ProtocolOptions.initialStreamWindowSize"],
        &[fallible("InitialStreamWindowSize must be between 65535 and 2147483647 bytes (inclusive)", is_window_size)],
    ),
    at(
        &["BackendConfigPolicy.spec.loadBalancer"],
        &[
            rule("localityType and zoneAware are mutually exclusive", |balancer| {
                count(balancer, &["localityType", "zoneAware"]) < 2
            }),
            rule("zoneAware is not supported with ringHash or maglev load balancers", |balancer| {
                count(balancer, &["ringHash", "maglev"]) == 0 || !has(balancer, "zoneAware")
            }),
        ],
    ),
    at(
        &["BackendConfigPolicy.spec.loadBalancer.leastRequest.slowStart.aggression"],
        &[rule("Aggression, if specified, must be a string representing a number greater than 0.0", |value| {
            let text = as_text(value).unwrap_or_default();
            NUMBER.is_match(text) && text.parse::<f64>().is_ok_and(|number| number > 0.0)
        })],
    ),
    at(
        &["BackendConfigPolicy.spec.outlierDetection.baseEjectionTime"],
        &[IS_DURATION, fallible("baseEjectionTime must be at least 1ms", from::<MILLISECOND>)],
    ),
    at(
        &["BackendConfigPolicy.spec.tls.files"],
        &[rule("At least one of tlsCertificate, tlsKey, or rootCA must be set in TLSFiles", |files| {
            count(files, &["tlsCertificate", "tlsKey", "rootCA"]) > 0
        })],
    ),
];

static NUMBER: Pattern = Pattern::compiled(r"^-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$");

fn are_backends(list: &Value) -> bool {
    are_of(list, |group, kind| {
        matches!((group, kind), ("", "Service") | (KGATEWAY_GROUP, "Backend") | ("networking.istio.io", "Hostname"))
    })
}

fn is_window_size(size: &Value) -> Result<bool, String> {
    between(size, 65_534.0, 2_147_483_648.0)
}
