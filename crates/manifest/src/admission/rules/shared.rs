//! What several rules have alike: references, fields that go with a type, durations, amounts.

use super::super::accessors::{as_text, has, items, text, text_or, whole};
use super::super::go::{duration, quantity};
use super::super::pattern::is_duration;
use super::super::schema::Function;
use super::rule;
use routescope_core::model::value::{Data, Value};

/// The rule of every reference to a backend.
pub(super) const SERVICE_PORT: (&str, Function) = rule("Must have port for Service reference", |reference| {
    let service = text_or(reference, "group", "").is_empty() && text_or(reference, "kind", "Service") == "Service";
    !service || has(reference, "port")
});

/// A list that has `*` has nothing else.
pub(super) fn lone_star(list: &Value) -> bool {
    let items = items(list);
    items.len() < 2 || !items.iter().any(|item| as_text(item) == Some("*"))
}

/// Whether `field` is absent unless the type is `kind`.
pub(super) fn only_with(value: &Value, field: &str, kind: &str) -> bool {
    !has(value, field) || text(value, "type") == Some(kind)
}

/// Whether `field` is there when the type is `kind`.
pub(super) fn given_with(value: &Value, field: &str, kind: &str) -> bool {
    has(value, field) || text(value, "type") != Some(kind)
}

/// Whether all items of a list are of one of these kinds.
pub(super) fn are_of(list: &Value, fits: impl Fn(&str, &str) -> bool) -> bool {
    items(list).iter().all(|item| fits(text(item, "group").unwrap_or_default(), text(item, "kind").unwrap_or_default()))
}

/// The least lengths that durations have, in nanoseconds.
pub(super) const MILLISECOND: i64 = 1_000_000;
pub(super) const SECOND: i64 = 1000 * MILLISECOND;

/// The rule of every duration; some CRDs call it a timeout.
pub(super) const IS_DURATION: (&str, Function) = rule("invalid duration value", is_duration_value);
pub(super) const IS_TIMEOUT: (&str, Function) = rule("invalid timeout value", is_duration_value);

fn is_duration_value(value: &Value) -> bool {
    as_text(value).is_none_or(is_duration)
}

/// Not less than `BOUND` nanoseconds.
pub(super) fn from<const BOUND: i64>(value: &Value) -> Result<bool, String> {
    duration(as_text(value).unwrap_or_default()).map(|length| length >= BOUND)
}

/// Whether the duration in the field `less` is below that in `more`, by `compare`; true when one is absent.
pub(super) fn compare_durations(
    value: &Value,
    less: &str,
    more: &str,
    compare: fn(&i64, &i64) -> bool,
) -> Result<bool, String> {
    let (Some(less), Some(more)) = (text(value, less), text(value, more)) else { return Ok(true) };
    Ok(compare(&duration(less)?, &duration(more)?))
}

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
