//! What the engine checks of a row before it is sent to Envoy, and answers 500 for.
//! `docs/fidelity.md`: `invalid-path`.
//!
//! Source: kgateway `pkg/kgateway/translator/irtranslator/validate.go`.

use super::action::reported;
use super::{Action, Respond, RespondReason, Stage, StatusMessage};
use crate::finding::{PathPart, PathProblem, RespondDetail};
use crate::model::{Name, PathKind, PathMatch, PathModifier};

/// What is wrong with the path of a row's match, which is seen without its trailing slash when it is a prefix.
pub(super) fn matcher(path: &PathMatch) -> Option<Respond> {
    let value = path.value.as_str();
    let seen = match path.kind {
        PathKind::RegularExpression => return None,
        PathKind::PathPrefix if value.len() > 1 => value.strip_suffix('/').unwrap_or(value),
        PathKind::PathPrefix | PathKind::Exact => value,
    };
    let Wrong { problem, said } = route_path(seen.as_bytes())?;
    let status_message = StatusMessage::new(Stage::Check, format!("the \"{seen}\" path is invalid: {said}"));
    let detail = RespondDetail::Path { part: PathPart::Match, path: path.value.clone(), problem };
    Some(reported(RespondReason::InvalidPath, detail, status_message))
}

/// What is wrong with what a row does.
pub(super) fn action(action: &Action) -> Vec<Respond> {
    let mut wrong = Vec::new();
    let reported = |reason, detail, said: String| reported(reason, detail, StatusMessage::new(Stage::Check, said));
    match action {
        Action::Forward(forward) => {
            match &forward.rewrite.path {
                // A rewrite to `/` is a regex of the engine's own, and a full path is not evaluated.
                Some(PathModifier::Prefix(value)) if value != "/" => wrong.extend(prefix(value)),
                _ => {}
            }
            let weights = &forward.destinations;
            if weights.len() > 1 && weights.iter().all(|one| one.weight == 0) {
                let said = "All backend weights are 0. At least one backendRef in the HTTPRoute rule must specify a \
                            non-zero weight";
                let detail = RespondDetail::AllWeightsZero;
                wrong.push(reported(RespondReason::AllWeightsZero, detail, said.to_owned()));
            }
        }
        Action::Redirect(redirect) => {
            let full = match &redirect.path {
                Some(PathModifier::Full(value)) => Some(value),
                _ => None,
            };
            for value in full.into_iter().chain(&redirect.hostname) {
                if let Some(Wrong { problem, said }) = route_path(value.as_bytes()) {
                    let said = format!("the \"{value}\" path is invalid: {said}");
                    let detail = RespondDetail::Path { part: PathPart::Redirect, path: value.clone(), problem };
                    wrong.push(reported(RespondReason::InvalidRedirectPath, detail, said));
                }
            }
            if let Some(PathModifier::Prefix(value)) = &redirect.path
                && let Some(Wrong { problem, said }) = prefix_rewrite(value)
            {
                let said = format!("the rewrite {value} is invalid: {said}");
                let detail = RespondDetail::Path { part: PathPart::Redirect, path: value.clone(), problem };
                wrong.push(reported(RespondReason::InvalidRedirectPath, detail, said));
            }
        }
        Action::Respond(_) => {}
    }
    wrong
}

/// What is wrong with the replacement of a prefix.
pub(super) fn prefix(value: &Name) -> Option<Respond> {
    let Wrong { problem, said } = prefix_rewrite(value)?;
    let status_message = StatusMessage::new(Stage::Check, format!("the rewrite {value} is invalid: {said}"));
    let detail = RespondDetail::Path { part: PathPart::Rewrite, path: value.clone(), problem };
    Some(reported(RespondReason::InvalidPath, detail, status_message))
}

/// What is wrong with a path, and what the engine says of it.
struct Wrong {
    problem: PathProblem,
    said: String,
}

/// What is wrong with a path. An empty one is fine.
fn route_path(path: &[u8]) -> Option<Wrong> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/:@._~!$&'()*+,=;-".contains(&byte);
    let mut rest = path;
    loop {
        match rest {
            [] => break,
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest = tail,
            [byte, tail @ ..] if plain(*byte) => rest = tail,
            [byte, ..] => {
                let problem = PathProblem::Character(char::from(*byte));
                let said = format!("must only contain valid characters matching pattern {PATTERN}");
                return Some(Wrong { problem, said });
            }
        }
    }
    let said = |verb: &str, part: &str| format!("path [{}] cannot {verb} [{part}]", String::from_utf8_lossy(path));
    let contains = |part: &str| path.windows(part.len()).any(|window| window == part.as_bytes());
    if let Some(part) = ["//", "/./", "/../", "%2f", "%2F", "#"].into_iter().find(|part| contains(part)) {
        return Some(Wrong { problem: PathProblem::Contains(part), said: said("contain", part) });
    }
    let suffix = ["/..", "/."].into_iter().find(|suffix| path.ends_with(suffix.as_bytes()))?;
    Some(Wrong { problem: PathProblem::EndsWith(suffix), said: said("end with", suffix) })
}

/// The pattern that the engine's words quote (kgateway `validPathRegexCharacters`).
const PATTERN: &str = "^(?:([A-Za-z0-9/:@._~!$&'()*+,:=;-]*|[%][0-9a-fA-F]{2}))*$";

/// A prefix replacement is read as a URL first, and only the decoded path of it is looked at.
fn prefix_rewrite(value: &str) -> Option<Wrong> {
    match url_path(value) {
        Some(path) => route_path(&path),
        None => Some(Wrong { problem: PathProblem::NotUrl, said: format!("parse {value:?}: invalid URL") }),
    }
}

/// The decoded path of a URL reference, as Go's `url.Parse` reads it; `None` when it does not.
fn url_path(value: &str) -> Option<Vec<u8>> {
    if value.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return None;
    }
    let (rest, fragment) = value.split_once('#').unwrap_or((value, ""));
    percent_decoded(fragment)?;
    let mut rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    let scheme = rest.find(':').filter(|&at| {
        let name = &rest.as_bytes()[..at];
        name.first().is_some_and(u8::is_ascii_alphabetic)
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
    });
    if rest.starts_with(':') {
        return None;
    }
    if let Some(at) = scheme {
        rest = &rest[at + 1..];
        // An opaque URL (`mailto:x`) has no path.
        if !rest.starts_with('/') {
            return Some(Vec::new());
        }
    } else if !rest.starts_with('/') && rest.split('/').next().is_some_and(|first| first.contains(':')) {
        return None;
    }
    if rest.starts_with("//") && (scheme.is_some() || !rest.starts_with("///")) {
        let authority = &rest[2..];
        rest = authority.find('/').map_or("", |at| &authority[at..]);
    }
    percent_decoded(rest)
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        if *byte == b'%' {
            let [high, low, tail @ ..] = tail else { return None };
            let digit = |byte: u8| char::from(byte).to_digit(16);
            decoded.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
            rest = tail;
        } else {
            decoded.push(*byte);
            rest = tail;
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invalid(kind: PathKind, value: &str) -> bool {
        matcher(&PathMatch { kind, value: Name::new(value) }).is_some()
    }

    #[test]
    fn paths_that_envoy_would_normalise_away_are_refused() {
        for value in ["/a//b", "/a/./b", "/a/../b", "/a%2fb", "/a#b", "/a/..", "/a/.", "/a b", "/ä", "/a%zz", "/a?b"] {
            assert!(invalid(PathKind::Exact, value), "{value}");
        }
        for value in ["/", "/a.b", "/a%20b", "/a/...", "/:@!$&'()*+,;=~-_"] {
            assert!(!invalid(PathKind::Exact, value), "{value}");
        }
    }

    #[test]
    fn a_prefix_is_checked_without_its_trailing_slash() {
        assert!(!invalid(PathKind::PathPrefix, "//"));
        assert!(invalid(PathKind::Exact, "//"));
        assert!(invalid(PathKind::PathPrefix, "/a/../"));
        assert!(!invalid(PathKind::RegularExpression, "//[#"));
    }

    #[test]
    fn a_prefix_replacement_is_read_as_a_url() {
        assert!(prefix_rewrite("/a?b#c").is_none());
        assert!(prefix_rewrite("//host/a").is_none());
        assert!(prefix_rewrite("/n//").is_some());
        assert!(prefix_rewrite("/a%20b").is_some(), "decoded, it holds a space");
        assert!(prefix_rewrite("/a%zz").is_some());
        assert!(prefix_rewrite("/a b").is_some());
    }
}
