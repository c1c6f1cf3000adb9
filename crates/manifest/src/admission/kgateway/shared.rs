//! What several of kgateway's kinds have alike: unions, durations, targets, header modifiers, gRPC services.

use crate::admission::form::{DURATION, Form};
use crate::admission::go::{duration, quantity};
use crate::admission::look::{as_text, has, items, text as text_in, whole};
use crate::admission::schema::{Rule, Schema, doubtful, integer, list, may, must, object, rule, text, word};
use crate::admission::shared::{
    ANY_TEXT, FROM_ZERO, GROUP_NAME, HEADER, KIND_NAME, NAME, NAMESPACE, PORT, SECTION, SERVICE_PORT, TEXT_MAP, VALUE,
};
use routescope_core::model::value::{Data, Value};

/// The rule of a union: one of these fields, and no other.
macro_rules! exactly_one {
    ($first:literal $(, $rest:literal)*) => {
        $crate::admission::schema::rule(
            concat!("exactly one of the fields in [", $first, $(" ", $rest,)* "] must be set"),
            |value| $crate::admission::look::count(value, &[$first $(, $rest)*]) == 1,
        )
    };
}

/// The rule of fields that exclude each other.
macro_rules! at_most_one {
    ($first:literal $(, $rest:literal)*) => {
        $crate::admission::schema::rule(
            concat!("at most one of the fields in [", $first, $(" ", $rest,)* "] may be set"),
            |value| $crate::admission::look::count(value, &[$first $(, $rest)*]) <= 1,
        )
    };
}

/// The rule of fields that must not all be absent.
macro_rules! at_least_one {
    ($first:literal $(, $rest:literal)*) => {
        $crate::admission::schema::rule(
            concat!("at least one of the fields in [", $first, $(" ", $rest,)* "] must be set"),
            |value| $crate::admission::look::count(value, &[$first $(, $rest)*]) >= 1,
        )
    };
}

pub(super) use {at_least_one, at_most_one, exactly_one};

/// `{}`, where its being there is all that counts.
pub(super) static EMPTY: Schema = object(&[]);
/// Text that is not empty.
pub(super) static SOME_TEXT: Schema = text().at_least(1);
/// Text of up to 2048 characters, such as a URL.
pub(super) static LONG_TEXT: Schema = text().at_least(1).at_most(2048);
/// The name of an object of the same namespace, which may be left out (`LocalObjectReference`).
pub(super) static LOCAL_NAME: Schema = object(&[may("name", &ANY_TEXT)]);
/// The name of an object, perhaps of another namespace.
pub(super) static NAMESPACED_NAME: Schema = object(&[must("name", &NAME), may("namespace", &NAMESPACE)]);

/// The least lengths that durations have, in nanoseconds.
pub(super) const MILLISECOND: i64 = 1_000_000;
pub(super) const SECOND: i64 = 1000 * MILLISECOND;

/// Text with these rules, the first of which says that it is a duration.
pub(super) const fn duration_like(rules: &'static [Rule]) -> Schema {
    text().at_most(32).rules(rules)
}

/// The rule of every duration; some CRDs call it a timeout.
pub(super) const IS_DURATION: Rule = rule("invalid duration value", is_duration);
pub(super) const IS_TIMEOUT: Rule = rule("invalid timeout value", is_duration);

fn is_duration(value: &Value) -> bool {
    as_text(value).is_none_or(|text| DURATION.fits(text))
}

/// Not less than `BOUND` nanoseconds.
pub(super) fn from<const BOUND: i64>(value: &Value) -> Result<bool, String> {
    duration(as_text(value).unwrap_or_default()).map(|length| length >= BOUND)
}

/// Any duration.
pub(super) static ANY_DURATION: Schema = duration_like(&[IS_DURATION]);
/// What a call may take.
pub(super) static TIMEOUT: Schema =
    duration_like(&[IS_TIMEOUT, doubtful("timeout must be at least 1ms.", from::<MILLISECOND>)]);

/// Whether the duration in the field `less` is below that in `more`, by `compare`; true when one is absent.
pub(super) fn compare_durations(
    value: &Value,
    less: &str,
    more: &str,
    compare: fn(&i64, &i64) -> bool,
) -> Result<bool, String> {
    let (Some(less), Some(more)) = (text_in(value, less), text_in(value, more)) else { return Ok(true) };
    Ok(compare(&duration(less)?, &duration(more)?))
}

/// What a policy is attached to, by name.
pub(super) static TARGET: Schema =
    object(&[must("group", &GROUP_NAME), must("kind", &KIND_NAME), must("name", &NAME), may("sectionName", &SECTION)]);
/// What a policy is attached to, by labels.
pub(super) static TARGET_SELECTOR: Schema = object(&[
    must("group", &GROUP_NAME),
    must("kind", &KIND_NAME),
    must("matchLabels", &TEXT_MAP),
    may("sectionName", &SECTION),
]);

/// Whether all items of a list are of one of these kinds.
pub(super) fn are_of(list: &Value, fits: impl Fn(&str, &str) -> bool) -> bool {
    items(list)
        .iter()
        .all(|item| fits(text_in(item, "group").unwrap_or_default(), text_in(item, "kind").unwrap_or_default()))
}

/// A reference to a backend that answers calls of the proxy's own.
pub(super) static CALLED_BACKEND: Schema = object(&[
    may("group", &GROUP_NAME),
    may("kind", &KIND_NAME),
    must("name", &NAME),
    may("namespace", &NAMESPACE),
    may("port", &PORT),
    may("weight", &integer(0, 1_000_000)),
])
.rules(SERVICE_PORT);

/// A header and its value, which may stand in a Secret.
static HEADER_SOURCE: Schema = object(&[
    may("name", &HEADER),
    may(
        "secretRef",
        &object(&[
            may("key", &text().at_least(1).at_most(253).like(&SECRET_KEY)),
            must("name", &NAME),
            may("namespace", &NAMESPACE),
        ]),
    ),
    may("value", &VALUE),
])
.rules(&[
    rule("name is required when using an inline value", |header| !has(header, "value") || has(header, "name")),
    exactly_one!("value", "secretRef"),
]);

static SECRET_KEY: Form = Form::compiled("^[-._a-zA-Z0-9]+$");

static HEADER_SOURCES: Schema = list(&HEADER_SOURCE).at_most(16);

static REMOVED_HEADERS: Schema = list(&ANY_TEXT).at_most(16).set();

/// The fields of a change of headers.
const HEADER_CHANGES: &[crate::admission::schema::Property] =
    &[may("set", &HEADER_SOURCES), may("add", &HEADER_SOURCES), may("remove", &REMOVED_HEADERS)];

/// A change of headers.
pub(super) static HEADER_MODIFIER: Schema = object(HEADER_CHANGES).rules(&[at_least_one!("set", "add", "remove")]);

/// A change of the headers of a local reply.
pub(super) static REPLY_HEADERS: Schema = object(HEADER_CHANGES).rules(&[
    rule("Local reply mappers may only add or modify headers, not remove them", |headers| !has(headers, "remove")),
    at_least_one!("set", "add", "remove"),
]);

/// How the body of an answer is written.
pub(super) static BODY_FORMAT: Schema =
    object(&[may("contentType", &ANY_TEXT), may("json", &EMPTY), may("text", &text().at_least(1).at_most(4096))])
        .rules(&[exactly_one!("json", "text")]);

/// How a header is matched.
pub(super) static HEADER_MATCH: Schema = object(&[
    must("name", &HEADER),
    may("type", &word(&["Exact", "RegularExpression"])),
    must("value", &text().at_least(1).at_most(4096)),
]);

/// A tag or attribute of a trace.
pub(super) static TRACE_ATTRIBUTE: Schema = object(&[
    may("environment", &object(&[may("defaultValue", &ANY_TEXT), must("name", &ANY_TEXT)])),
    may("literal", &object(&[must("value", &ANY_TEXT)])),
    may(
        "metadata",
        &object(&[
            may("defaultValue", &ANY_TEXT),
            must("kind", &word(&["Request", "Route", "Cluster", "Host"])),
            must(
                "metadataKey",
                &object(&[must("key", &ANY_TEXT), must("path", &list(&object(&[must("key", &ANY_TEXT)])))]),
            ),
        ]),
    ),
    must("name", &ANY_TEXT),
    may("requestHeader", &object(&[may("defaultValue", &ANY_TEXT), must("name", &ANY_TEXT)])),
])
.at_least(1)
.at_most(2);

/// How probes of a connection are sent.
pub(super) static KEEPALIVE: Schema = object(&[
    may(
        "keepAliveInterval",
        &duration_like(&[IS_DURATION, doubtful("keepAliveInterval must be at least 1 second", from::<SECOND>)]),
    ),
    may("keepAliveProbes", &FROM_ZERO),
    may(
        "keepAliveTime",
        &duration_like(&[IS_DURATION, doubtful("keepAliveTime must be at least 1 second", from::<SECOND>)]),
    ),
]);

/// A number of bytes between two bounds, both left out.
pub(super) fn between(value: &Value, low: f64, high: f64) -> Result<bool, String> {
    #[allow(clippy::cast_precision_loss)] // the bounds are far below where it matters
    let bytes = match (&value.data, whole(value)) {
        (_, Some(number)) => number as f64,
        (Data::String(text), _) => quantity(text)?,
        _ => return Ok(false),
    };
    Ok(low < bytes && bytes < high)
}
