//! How the API server writes values and types in its messages.

use super::schema::ValueType;
use routescope_core::model::value::{Data, Value};

/// A scalar as JSON writes it.
pub(super) fn scalar(data: &Data) -> Option<String> {
    match data {
        Data::Bool(value) => Some(value.to_string()),
        Data::Int(number) => Some(number.to_string()),
        Data::Float(number) => Some(number.to_string()),
        Data::String(text) => Some(format!("{text:?}")),
        Data::Null | Data::List(_) | Data::Map(_) => None,
    }
}

/// A value as JSON writes it. A mapping is only shown where none is wanted, and there it has been pruned.
pub(super) fn json(value: &Value) -> String {
    match &value.data {
        Data::Null => "null".to_owned(),
        Data::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Data::Map(_) => "{}".to_owned(),
        other => scalar(other).unwrap_or_default(),
    }
}

pub(super) fn type_name(data: &Data) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "boolean",
        Data::Int(_) => "integer",
        Data::Float(_) => "number",
        Data::String(_) => "string",
        Data::List(_) => "array",
        Data::Map(_) => "object",
    }
}

pub(super) fn expected(shape: &ValueType) -> &'static str {
    match shape {
        ValueType::Object { .. } | ValueType::Map { .. } => "object",
        ValueType::List { .. } => "array",
        ValueType::String { .. } | ValueType::Enum(_) => "string",
        ValueType::Integer { .. } | ValueType::IntEnum { .. } => "integer",
        ValueType::Quantity => "integer,string",
        ValueType::Boolean => "boolean",
        ValueType::Any => "any",
    }
}
