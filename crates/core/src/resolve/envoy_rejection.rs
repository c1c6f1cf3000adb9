//! What Envoy would refuse a row for, and with it the whole route table. The engine's standard validation passes it on;
//! its strict validation drops the row (a bad match) or answers 500 (a bad action).
//! `docs/fidelity.md`: `invalid-regex`, `refused-table`.
//!
//! Sources: Envoy `api/envoy/config/route/v3/route_components.proto` (what may be set together), kgateway
//! `pkg/kgateway/translator/irtranslator/validate.go`.

use super::{Action, Destination, MirrorTo, RespondReason, Uncertainty};
use crate::finding::{EnvoyProblem, MatchPart};
use crate::model::{HeaderChange, Name, ObjectKey, PathKind, PathModifier, RouteMatch, ValueKind, ValueMatch};
use crate::re2::{check_re2, has_any_byte};

/// What is wrong with the regular expressions of a match. Strict validation reads them as Go does, too, which knows no
/// `\C` (kgateway `validateRegexMatcher`).
pub(super) fn of_match(matcher: &RouteMatch, strict: bool) -> Option<EnvoyProblem> {
    let path = (matcher.path.kind == PathKind::RegularExpression).then_some((MatchPart::Path, &matcher.path.value));
    let regexes = |part, entries: &[ValueMatch]| {
        // An empty value means "present", whatever the type.
        let of_kind = entries.iter().filter(|one| one.kind == ValueKind::RegularExpression && !one.value.is_empty());
        of_kind.map(|one| (part, one.value.clone())).collect::<Vec<_>>()
    };
    let invalid = |part: MatchPart, regex: &Name| {
        let any_byte = || (strict && has_any_byte(regex)).then(|| "invalid escape sequence: `\\C`".to_owned());
        let error = check_re2(regex).err().or_else(any_byte)?;
        Some(EnvoyProblem::Regex { part, regex: regex.clone(), error })
    };
    let first =
        |part, entries: &[ValueMatch]| regexes(part, entries).iter().find_map(|(part, value)| invalid(*part, value));
    path.and_then(|(part, value)| invalid(part, value))
        .or_else(|| first(MatchPart::Header, &matcher.headers))
        .or_else(|| first(MatchPart::QueryParam, &matcher.query_params))
}

/// What is wrong with what a row does.
pub(super) fn of_action(matcher: &RouteMatch, action: &Action) -> Option<(RespondReason, EnvoyProblem)> {
    let Action::Forward(forward) = action else { return None };
    // A prefix replaced by `/` is a regex made of the path as it stands.
    let root = matches!(&forward.rewrite.path, Some(PathModifier::Prefix(value)) if value == "/");
    if root && matcher.path.kind != PathKind::RegularExpression {
        let path = matcher.path.value.as_str();
        let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
        if let Err(error) = check_re2(&format!("^{path}\\/*")) {
            return Some((RespondReason::InvalidRegex, EnvoyProblem::RootRewrite { path: path.into(), error }));
        }
    }
    forward.request_headers.iter().chain(&forward.response_headers).find_map(|change| match change {
        HeaderChange::Set { name, value } | HeaderChange::Add { name, value } if !is_format(value) => {
            let problem = EnvoyProblem::HeaderFormat { name: name.clone(), value: value.clone() };
            Some((RespondReason::RuleReplaced, problem))
        }
        _ => None,
    })
}

/// Why a row that copies its requests is not certain under strict validation: Envoy is shown the rules of a virtual host
/// with the Services that they forward to, and without those that only get copies, and refuses what it does not know
/// (kgateway `validateFullRoutes`, `appendClusterNames`).
pub(super) fn unseen_mirror(action: &Action) -> Option<Uncertainty> {
    let Action::Forward(forward) = action else { return None };
    let same = |one: &Destination, other: &Destination| {
        (&one.kind, &one.namespace, &one.name, one.port) == (&other.kind, &other.namespace, &other.name, other.port)
    };
    let known = |mirror: &&MirrorTo| forward.destinations.iter().any(|one| same(one, &mirror.destination));
    let Destination { kind, namespace, name, .. } = &forward.mirrors.iter().find(|one| !known(one))?.destination;
    let backend = ObjectKey::new(namespace.clone(), name.clone());
    Some(Uncertainty::MirrorOnly { kind: kind.clone(), backend })
}

/// Whether a header value is a format string to Envoy: every `%` is doubled, or encloses a command
/// (Envoy `source/common/formatter/substitution_format_utility.cc`: `%COMMAND(arguments):length%`).
fn is_format(value: &str) -> bool {
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix('%') {
            rest = tail;
            continue;
        }
        let name =
            rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
        if name == 0 {
            return false;
        }
        rest = &rest[name..];
        if rest.starts_with('(') {
            let Some(close) = rest.find(")%").or_else(|| rest.find("):")) else { return false };
            rest = &rest[close + 1..];
        }
        if let Some(tail) = rest.strip_prefix(':') {
            rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        match rest.strip_prefix('%') {
            Some(tail) => rest = tail,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_format;

    #[test]
    fn a_percent_sign_opens_a_command_or_is_doubled() {
        for value in ["plain", "100%%", "%REQ(X-Id)%", "a %START_TIME% b", "%REQ(a?b):12%"] {
            assert!(is_format(value), "{value}");
        }
        for value in ["100%", "%REQ(X-Id", "%RESPONSE(x)", "% d%"] {
            assert!(!is_format(value), "{value}");
        }
    }
}
