//! `metadata`: what holds of every object, whatever its CRD says.
//!
//! Source: Kubernetes `apimachinery/pkg/api/validation/objectmeta.go`, `pkg/api/validate/content` and
//! `pkg/util/validation`.

use std::borrow::Cow;

use super::accessors::{as_text, get};
use super::check::Walk;
use super::field_path::FieldPath;
use super::pattern::{is_label, is_name_part, is_subdomain};
use routescope_core::model::value::{Data, Entry, Value};

/// Checks `metadata` of an object of this kind. A name that is missing is `decode`'s to report: without one an object
/// cannot be told from others.
pub(super) fn check(walk: &mut Walk, kind: &str, namespaced: bool, metadata: &Value) {
    let trail = FieldPath::ROOT.key("metadata");
    let mut told = |key: &str, problems: fn(&str) -> Vec<String>| {
        let Some(value) = get(metadata, key) else { return };
        let Some(name) = as_text(value).filter(|name| !name.is_empty()) else { return };
        for problem in problems(name) {
            walk.refuse(value.at, &trail.key(key), format!("Invalid value: {name:?}: {problem}"));
        }
    };
    let names = if matches!(kind, "Namespace" | "Service") { not_a_label } else { not_a_subdomain };
    told("name", names);
    if namespaced {
        told("namespace", not_a_label);
    }
    let labels = trail.key("labels");
    for entry in entries(metadata, "labels") {
        for problem in not_a_key(&entry.key) {
            walk.refuse(entry.at, &labels, format!("Invalid value: {:?}: {problem}", entry.key));
        }
        for problem in as_text(&entry.value).into_iter().flat_map(not_a_label_value) {
            let value = as_text(&entry.value).unwrap_or_default();
            walk.refuse(entry.value.at, &labels, format!("Invalid value: {value:?}: {problem}"));
        }
    }
    let annotations = trail.key("annotations");
    for entry in entries(metadata, "annotations") {
        let key = if entry.key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(entry.key.to_ascii_lowercase())
        } else {
            Cow::Borrowed(entry.key.as_str())
        };
        for problem in not_a_key(&key) {
            walk.refuse(entry.at, &annotations, format!("Invalid value: {:?}: {problem}", entry.key));
        }
    }
    let size = |entry: &Entry| entry.key.len() + as_text(&entry.value).unwrap_or_default().len();
    if entries(metadata, "annotations").iter().map(size).sum::<usize>() > LARGEST_ANNOTATIONS {
        let at = get(metadata, "annotations").map_or(metadata.at, |annotations| annotations.at);
        walk.refuse(at, &annotations, format!("Too long: may not be more than {LARGEST_ANNOTATIONS} bytes"));
    }
}

/// The bytes that all annotations of an object may have together (`TotalAnnotationSizeLimitB`).
const LARGEST_ANNOTATIONS: usize = 256 * 1024;

fn entries<'v>(metadata: &'v Value, key: &str) -> &'v [Entry] {
    match get(metadata, key).map(|value| &value.data) {
        Some(Data::Map(entries)) => entries,
        _ => &[],
    }
}

const LABEL_FORM: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/// Why a text is not a DNS label (`IsDNS1123Label`).
fn not_a_label(text: &str) -> Vec<String> {
    let mut problems = too_long(text, 63, "characters");
    if !is_label(text) {
        problems.push(if is_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            format!(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                 and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
                 '{LABEL_FORM}')"
            )
        });
    }
    problems
}

/// Why a text is not a DNS subdomain (`IsDNS1123Subdomain`).
fn not_a_subdomain(text: &str) -> Vec<String> {
    subdomain(text, "characters")
}

fn subdomain(text: &str, unit: &str) -> Vec<String> {
    let mut problems = too_long(text, 253, unit);
    if !is_subdomain(text) {
        problems.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '{LABEL_FORM}(\\.{LABEL_FORM})*')"
        ));
    }
    problems
}

const NAME_FORM: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const NAME_RULE: &str =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/// Why a text is not a key of a label (`IsLabelKey`).
fn not_a_key(key: &str) -> Vec<String> {
    let rule = || {
        format!("{NAME_RULE} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{NAME_FORM}')")
    };
    let mut problems = Vec::new();
    let name = match key.split_once('/') {
        None => key,
        Some((_, name)) if name.contains('/') => {
            let prefix = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {} {prefix}", rule())];
        }
        Some((prefix, name)) => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else {
                problems.extend(subdomain(prefix, "bytes").into_iter().map(|problem| format!("prefix part {problem}")));
            }
            name
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else {
        problems.extend(too_long(name, 63, "bytes").into_iter().map(|problem| format!("name part {problem}")));
    }
    if !is_name_part(name) {
        problems.push(format!("name part {}", rule()));
    }
    problems
}

/// Why a text is not a value of a label (`IsLabelValue`).
fn not_a_label_value(value: &str) -> Vec<String> {
    let mut problems = too_long(value, 63, "bytes");
    if !value.is_empty() && !is_name_part(value) {
        let rule = NAME_RULE.trim_start_matches("must ");
        problems.push(format!(
            "a valid label must be an empty string or {rule} (e.g. 'MyValue',  or 'my_value',  or '12345', regex used \
             for validation is '({NAME_FORM})?')"
        ));
    }
    problems
}

fn too_long(text: &str, most: usize, unit: &str) -> Vec<String> {
    if text.len() > most { vec![format!("must be no more than {most} {unit}")] } else { Vec::new() }
}
