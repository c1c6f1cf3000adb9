//! How rules look at a value. A field that is null counts as absent, as it does for the API server once it has pruned.

use routescope_core::model::value::{Data, Value};

/// The field `key`, when it is there.
pub(super) fn get<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|value| value.data != Data::Null)
}

/// Whether the field `key` is there (CEL's `has`).
pub(super) fn has(value: &Value, key: &str) -> bool {
    get(value, key).is_some()
}

/// How many of the fields `keys` are there.
pub(super) fn count(value: &Value, keys: &[&str]) -> usize {
    keys.iter().filter(|key| has(value, key)).count()
}

/// The value as text.
pub(super) fn as_text(value: &Value) -> Option<&str> {
    match &value.data {
        Data::String(text) => Some(text),
        _ => None,
    }
}

/// The text in the field `key`.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    get(value, key).and_then(as_text)
}

/// The text in the field `key`, or the CRD's default.
pub(super) fn text_or<'v>(value: &'v Value, key: &str, default: &'v str) -> &'v str {
    text(value, key).unwrap_or(default)
}

/// The number in the field `key`.
pub(super) fn number(value: &Value, key: &str) -> Option<i64> {
    get(value, key).and_then(whole)
}

/// The value as a whole number. `1.0` is one: JSON knows no other.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value.data {
        Data::Int(number) => Some(number),
        #[allow(clippy::cast_possible_truncation)] // checked: it is whole and small
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(number as i64),
        _ => None,
    }
}

/// The items of a list; none of anything else.
pub(super) fn items(value: &Value) -> &[Value] {
    match &value.data {
        Data::List(items) => items,
        _ => &[],
    }
}

/// The items of the list in the field `key`.
pub(super) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    get(value, key).map_or(&[], items)
}

/// The keys of a mapping.
pub(super) fn keys(value: &Value) -> impl Iterator<Item = &str> {
    let entries = match &value.data {
        Data::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|entry| entry.key.as_str())
}

/// Whether no two items are the same in what `part` takes of them; items of which it takes nothing do not count.
pub(super) fn distinct<'v, T: PartialEq>(items: &'v [Value], part: impl Fn(&'v Value) -> Option<T>) -> bool {
    items.iter().enumerate().all(|(index, item)| {
        let Some(own) = part(item) else { return true };
        !items[..index].iter().any(|earlier| part(earlier).as_ref() == Some(&own))
    })
}
