//! A schema: what `check` walks beside a value. [`table`](super::table) reads it from the tables of facts.

use std::sync::Arc;

use super::pattern::Pattern;
use routescope_core::model::value::Value;

/// What a value must be.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub(super) shape: ValueType,
    /// The validation rules of this value, in the CRD's order.
    pub(super) rules: Vec<Rule>,
    /// True of a value that certainly keeps all rules: what spares the common value the look at each.
    pub(super) fast_accept: Option<fn(&Value) -> bool>,
}

/// What kind of value, and within what bounds.
#[derive(Debug, Clone)]
pub(super) enum ValueType {
    /// A mapping with these fields; others are not evaluated.
    Object { fields: Vec<Property>, min: usize, max: usize },
    /// A mapping whose keys are free.
    Map { values: Arc<Schema>, max: usize },
    /// A list.
    List { items: Arc<Schema>, min: usize, max: usize, unique: Unique },
    /// Text: how many characters, its pattern, and whether it is a network in CIDR notation (`format`).
    String { min: usize, max: usize, pattern: Option<Arc<Pattern>>, cidr: bool },
    /// One of these words.
    Enum(Vec<&'static str>),
    /// A whole number.
    Integer { min: i64, max: i64, format: Format },
    /// One of these numbers.
    IntEnum { values: Vec<i64>, format: Format },
    /// An amount: a whole number, or text such as `64Ki` (`x-kubernetes-int-or-string`).
    Quantity,
    /// `true` or `false`.
    Boolean,
    /// Anything (`x-kubernetes-preserve-unknown-fields` without a type).
    Any,
}

/// What a whole number must fit in (`format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Not said: 64 bits with a sign.
    Default,
    /// `int32`.
    Int32,
    /// `uint32`.
    Uint32,
    /// `int64`.
    Int64,
}

impl Format {
    /// The word for it; none where the CRD has none.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::Int32 => Some("int32"),
            Self::Uint32 => Some("uint32"),
            Self::Int64 => Some("int64"),
        }
    }

    /// Whether `number` fits.
    pub(super) fn holds(self, number: i64) -> bool {
        match self {
            // That of `uint32` is not compared, only its bounds are.
            Self::Default | Self::Int64 | Self::Uint32 => true,
            Self::Int32 => i32::try_from(number).is_ok(),
        }
    }
}

/// Which items of a list must differ (`x-kubernetes-list-type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unique {
    /// None (`atomic`, or not said).
    No,
    /// All of them (`set`).
    Items,
    /// All of them in this field (`map`), which may have a default.
    By(&'static str, Option<&'static str>),
}

/// A field of a mapping.
#[derive(Debug, Clone)]
pub(super) struct Property {
    pub(super) key: &'static str,
    pub(super) required: bool,
    /// The channel does not have the field: the API server drops it.
    pub(super) pruned: bool,
    pub(super) schema: Arc<Schema>,
}

/// A rule over a value (`x-kubernetes-validations`).
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// The CRD's message.
    pub(super) message: String,
    /// Whether the value keeps the rule. Only asked of values whose types fit.
    pub(super) test: Test,
}

/// How a rule is tested.
#[derive(Debug, Clone)]
pub(super) enum Test {
    /// By a function of ours.
    Function(Function),
    /// By counting which of these fields are there.
    Fields(Count, Vec<&'static str>),
}

/// A rule as a function.
#[derive(Debug, Clone, Copy)]
pub(super) enum Function {
    /// It only looks.
    Infallible(fn(&Value) -> bool),
    /// It reads a text, which may fail; the error is CEL's.
    Fallible(fn(&Value) -> Result<bool, String>),
}

/// How many fields of a union are to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// One.
    Exact,
    /// One or more.
    Least,
    /// None or one.
    Most,
}

impl Count {
    /// The CRD's message.
    pub(super) fn message(self, fields: &[&str]) -> String {
        let fields = fields.join(" ");
        match self {
            Self::Exact => format!("exactly one of the fields in [{fields}] must be set"),
            Self::Least => format!("at least one of the fields in [{fields}] must be set"),
            Self::Most => format!("at most one of the fields in [{fields}] may be set"),
        }
    }

    /// Whether so many fields are as many as wanted.
    pub(super) fn holds(self, found: usize) -> bool {
        match self {
            Self::Exact => found == 1,
            Self::Least => found >= 1,
            Self::Most => found <= 1,
        }
    }
}
