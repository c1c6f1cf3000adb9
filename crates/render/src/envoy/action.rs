//! What a row does, as Envoy does it (kgateway `pkg/krtcollections/builtin.go`,
//! `pkg/kgateway/translator/irtranslator/route.go`, `translateRouteAction`).

use routescope_core::model::{
    Fraction, HeaderChange, KGATEWAY_GROUP, Name, PathKind, PathModifier, Redirect, RedirectScheme,
    RouteMatch as Written,
};
use routescope_core::resolve::{Destination, Forward, MirrorTo, Respond, Rewrite};

use super::matching::{Prefix, prefix};
use super::wire::{
    ClusterWeight, DataSource, DirectResponseAction, FractionalPercent, HeaderValue, HeaderValueOption, RedirectAction,
    RegexMatchAndSubstitute, RegexMatcher, RequestMirrorPolicy, RouteAction, RuntimeFraction, UpgradeConfig,
    WeightedCluster,
};

/// What a request that no cluster takes is answered with: kgateway's black hole is a cluster that does not exist.
const NO_CLUSTER: &str = "INTERNAL_SERVER_ERROR";

/// The cluster of a destination that answers 500.
const BLACK_HOLE: &str = "blackhole-cluster";

/// A forward, on the row of `written`.
pub(super) fn forward(forward: &Forward, written: &Written) -> RouteAction {
    let Forward { destinations, rewrite, mirrors, request_headers: _, response_headers: _, timeout, websocket } =
        forward;
    let Rewrite { host, path } = rewrite;
    let mut out = RouteAction {
        host_rewrite_literal: host.clone().filter(|host| !host.is_empty()),
        timeout: timeout.as_deref().and_then(duration),
        cluster_not_found_response_code: NO_CLUSTER,
        request_mirror_policies: mirrors.iter().map(mirror).collect(),
        upgrade_configs: if *websocket { vec![UpgradeConfig { upgrade_type: "websocket" }] } else { Vec::new() },
        ..RouteAction::default()
    };
    match destinations.as_slice() {
        [only] => out.cluster = Some(cluster(only)),
        several => {
            let weighted = |one| ClusterWeight { name: cluster(one), weight: one.weight };
            out.weighted_clusters = Some(WeightedCluster { clusters: several.iter().map(weighted).collect() });
        }
    }
    let substitute = |regex: Name, substitution: &Name| RegexMatchAndSubstitute {
        pattern: RegexMatcher { regex },
        substitution: substitution.clone(),
    };
    match path {
        Some(PathModifier::Full(full)) if !full.is_empty() => {
            out.regex_rewrite = Some(substitute(Name::new_static(".*"), full));
        }
        Some(PathModifier::Prefix(new)) if new == "/" && written.path.kind != PathKind::RegularExpression => {
            // The path as written, not escaped.
            let matched = match (written.path.kind, prefix(&written.path.value)) {
                (PathKind::PathPrefix, Prefix::Segments(matched) | Prefix::Text(matched)) => matched,
                _ => &written.path.value,
            };
            out.regex_rewrite = Some(substitute(format!(r"^{matched}\/*").into(), new));
        }
        Some(PathModifier::Prefix(new)) if !new.is_empty() => out.prefix_rewrite = Some(new.clone()),
        _ => {}
    }
    out
}

/// The cluster of a destination (kgateway `pkg/pluginsdk/ir/backend.go`, `buildClusterName`).
fn cluster(destination: &Destination) -> String {
    let Destination { group, kind, namespace, name, port, .. } = destination;
    if destination.state.is_broken() {
        return BLACK_HOLE.to_owned();
    }
    // Services go by `kube`; other kinds by their own name, and a Backend's port is its own.
    let kind = if group.is_empty() && kind == "Service" { "kube".to_owned() } else { kind.to_ascii_lowercase() };
    let port = if group == KGATEWAY_GROUP { 0 } else { port.unwrap_or_default() };
    format!("{kind}_{namespace}_{name}_{port}")
}

fn mirror(MirrorTo { destination, fraction }: &MirrorTo) -> RequestMirrorPolicy {
    let runtime_fraction = fraction.map(|fraction| RuntimeFraction { default_value: percent(fraction) });
    RequestMirrorPolicy { cluster: cluster(destination), runtime_fraction }
}

fn percent(Fraction { numerator, denominator }: Fraction) -> FractionalPercent {
    if denominator == 100 {
        return FractionalPercent { numerator, denominator: None };
    }
    let millionths = f64::from(numerator) / f64::from(denominator.max(1)) * 1_000_000.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the engine cuts the fraction off, too
    let numerator = millionths as u32;
    FractionalPercent { numerator, denominator: Some("MILLION") }
}

/// A redirect on a listener of `port`, with or without TLS (kgateway `applyRedirectPortPostProcessing`).
pub(super) fn redirect(redirect: &Redirect, port: u16, tls: bool) -> RedirectAction {
    let Redirect { scheme, hostname, path, port: own, status } = redirect;
    let https = scheme.map_or(tls, |scheme| scheme == RedirectScheme::Https);
    let default = if https { 443 } else { 80 };
    let port = own.unwrap_or(if scheme.is_some() { default } else { port });
    let mut out = RedirectAction {
        host_redirect: hostname.clone().filter(|host| !host.is_empty()),
        response_code: response_code(status.unwrap_or(302)),
        port_redirect: (port != default).then_some(port),
        ..RedirectAction::default()
    };
    match scheme {
        Some(RedirectScheme::Https) => out.https_redirect = Some(true),
        Some(RedirectScheme::Http) => out.scheme_redirect = Some("http"),
        None => {}
    }
    match path {
        Some(PathModifier::Full(full)) => out.path_redirect = Some(full.clone()),
        Some(PathModifier::Prefix(prefix)) => out.prefix_rewrite = Some(prefix.clone()),
        None => {}
    }
    out
}

/// `RedirectResponseCode`; 301 is its default, which is not written.
fn response_code(status: u16) -> Option<&'static str> {
    match status {
        301 => None,
        303 => Some("SEE_OTHER"),
        307 => Some("TEMPORARY_REDIRECT"),
        308 => Some("PERMANENT_REDIRECT"),
        _ => Some("FOUND"),
    }
}

/// An answer of the gateway's own.
pub(super) fn respond(respond: &Respond) -> DirectResponseAction {
    let Respond { status, reason: _, body, detail: _, status_messages: _ } = respond;
    DirectResponseAction { status: *status, body: body.clone().map(|inline_string| DataSource { inline_string }) }
}

/// What is added or overwritten, and what is removed, in order.
pub(super) fn headers(changes: &[HeaderChange]) -> (Vec<HeaderValueOption>, Vec<Name>) {
    let (mut put, mut removed) = (Vec::new(), Vec::new());
    for change in changes {
        let (name, value, append_action) = match change {
            HeaderChange::Add { name, value } => (name, value, None),
            HeaderChange::Set { name, value } => (name, value, Some("OVERWRITE_IF_EXISTS_OR_ADD")),
            HeaderChange::Remove { name } => {
                removed.push(name.clone());
                continue;
            }
        };
        let header = HeaderValue { key: name.clone(), value: value.clone() };
        put.push(HeaderValueOption { header, append_action });
    }
    (put, removed)
}

/// A duration of the Gateway API (`1h30m`, `500ms`) as proto3 JSON writes it; `None` when it is none.
fn duration(written: &str) -> Option<String> {
    let mut rest = written;
    let mut milliseconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let units = [("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
        let (unit, worth) = units.into_iter().find(|(unit, _)| rest[digits..].starts_with(unit))?;
        milliseconds = milliseconds.checked_add(number.checked_mul(worth)?)?;
        rest = &rest[digits + unit.len()..];
    }
    let (seconds, part) = (milliseconds / 1_000, milliseconds % 1_000);
    Some(if part == 0 { format!("{seconds}s") } else { format!("{seconds}.{part:03}s") })
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_duration_is_written_in_seconds() {
        let written = |text| duration(text).unwrap_or_default();
        assert_eq!(written("1h30m"), "5400s");
        assert_eq!(written("1s500ms"), "1.500s");
        assert_eq!(written("0s"), "0s");
        assert_eq!(duration("5"), None);
        assert_eq!(duration("s"), None);
    }
}
