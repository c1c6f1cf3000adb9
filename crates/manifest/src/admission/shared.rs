//! What several CRDs have alike: names, references, header modifiers, label selectors.

use super::form::{GROUP, HEADER_NAME, HEADER_VALUE, KIND, LABEL, SUBDOMAIN};
use super::look::{has, text_or};
use super::schema::{Rule, Schema, integer, list, map, may, must, object, rule, text};
use routescope_core::model::value::Value;

/// Any text.
pub(super) static ANY_TEXT: Schema = text();
/// Any list of texts.
pub(super) static ANY_TEXTS: Schema = list(&ANY_TEXT);
/// The name of another object: its own syntax is not held against it.
pub(super) static NAME: Schema = text().at_least(1).at_most(253);
/// The name of a section, rule or listener.
pub(super) static SECTION: Schema = text().at_least(1).at_most(253).like(&SUBDOMAIN);
/// The group of another object.
pub(super) static GROUP_NAME: Schema = text().at_most(253).like(&GROUP);
/// The kind of another object.
pub(super) static KIND_NAME: Schema = text().at_least(1).at_most(63).like(&KIND);
/// The namespace of another object.
pub(super) static NAMESPACE: Schema = text().at_least(1).at_most(63).like(&LABEL);
/// A port.
pub(super) static PORT: Schema = integer(1, 65_535);
/// From 0 to 100.
pub(super) static PERCENT: Schema = integer(0, 100);
/// An int32 from 0.
pub(super) static FROM_ZERO: Schema = integer(0, i64::MAX);
/// An int32 from 1.
pub(super) static FROM_ONE: Schema = integer(1, i64::MAX);
/// The name of a header.
pub(super) static HEADER: Schema = text().at_least(1).at_most(256).like(&HEADER_NAME);
/// The value of a header.
pub(super) static VALUE: Schema = text().at_least(1).at_most(4096).like(&HEADER_VALUE);

/// A reference that names group, kind and name.
pub(super) static FULL_REFERENCE: Schema =
    object(&[must("group", &GROUP_NAME), must("kind", &KIND_NAME), must("name", &NAME)]);
/// The same, with a namespace.
pub(super) static FULL_NAMESPACED_REFERENCE: Schema =
    object(&[must("group", &GROUP_NAME), must("kind", &KIND_NAME), must("name", &NAME), may("namespace", &NAMESPACE)]);
/// A reference to a Secret (`SecretObjectReference`) or a Gateway: all but the name has a default.
pub(super) static REFERENCE: Schema =
    object(&[may("group", &GROUP_NAME), may("kind", &KIND_NAME), must("name", &NAME), may("namespace", &NAMESPACE)]);
/// `BackendObjectReference`.
pub(super) static BACKEND_OBJECT: Schema = object(&[
    may("group", &GROUP_NAME),
    may("kind", &KIND_NAME),
    must("name", &NAME),
    may("namespace", &NAMESPACE),
    may("port", &PORT),
])
.rules(SERVICE_PORT);

/// What holds of every reference to a backend.
pub(super) const SERVICE_PORT: &[Rule] = &[rule("Must have port for Service reference", |reference| {
    let service = text_or(reference, "group", "").is_empty() && text_or(reference, "kind", "Service") == "Service";
    !service || has(reference, "port")
})];

/// A label selector. The CRDs do not look into its words.
pub(super) static SELECTOR: Schema = object(&[
    may("matchLabels", &TEXT_MAP),
    may(
        "matchExpressions",
        &list(&object(&[must("key", &ANY_TEXT), must("operator", &ANY_TEXT), may("values", &ANY_TEXTS)])),
    ),
]);
/// Any mapping from text to text.
pub(super) static TEXT_MAP: Schema = map(&ANY_TEXT);

/// `AllowHeaders cannot contain '*' alongside …`.
pub(super) fn lone_star(list: &Value) -> bool {
    let items = super::look::items(list);
    items.len() < 2 || !items.iter().any(|item| super::look::as_text(item) == Some("*"))
}
