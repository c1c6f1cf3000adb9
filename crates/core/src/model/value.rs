//! A document as a tree of values that know their place: what every decoder reads, whatever the syntax was.

use super::meta::{Name, Position};

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Where the value begins.
    pub at: Position,
    /// What it is.
    pub data: Data,
}

/// What a value is. Scalars follow YAML 1.1 as kubectl reads it.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Name),
    List(Vec<Value>),
    Map(Vec<Entry>),
}

/// One key of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the key is written.
    pub at: Position,
    /// The key.
    pub key: Name,
    /// The value.
    pub value: Value,
}

impl Value {
    /// The value of `key`, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }
}
