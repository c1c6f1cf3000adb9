//! The shape of a schema: data that `check` walks beside a value.
//!
//! A schema is written as the CRD writes it: what a value is, its bounds, and the rules that look at more than one
//! field. Patterns, bounds and messages are the CRD's own; what a rule says in CEL stands here as a Rust function.

use super::form::Form;
use routescope_core::model::value::Value;

/// What a value must be.
pub(super) struct Schema {
    pub(super) shape: Shape,
    /// The CEL rules of this value, in the CRD's order.
    pub(super) rules: &'static [Rule],
    /// True of a value that plainly keeps all rules: what spares the common value the look at each.
    pub(super) plainly: Option<fn(&Value) -> bool>,
}

/// What kind of value, and within what bounds.
pub(super) enum Shape {
    /// A mapping with these fields; others are not looked at.
    Object { fields: &'static [Property], least: usize, most: usize },
    /// A mapping whose keys are free.
    Map { values: &'static Schema, most: usize },
    /// A list.
    List { items: &'static Schema, least: usize, most: usize, distinct: Distinct },
    /// Text: how many characters, its pattern, and whether it is a network in CIDR notation (`format`).
    Text { least: usize, most: usize, form: Option<&'static Form>, cidr: bool },
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number.
    Integer { low: i64, high: i64, width: Width },
    /// One of these numbers.
    Code { codes: &'static [i64], width: Width },
    /// An amount: a whole number, or text such as `64Ki` (`x-kubernetes-int-or-string`).
    Quantity,
    /// `true` or `false`.
    Boolean,
}

/// What a whole number must fit in (`format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// Not said: 64 bits with a sign.
    Free,
    /// `int32`.
    Int32,
    /// `uint32`.
    Uint32,
    /// `int64`.
    Int64,
}

impl Width {
    /// The word for it; none where the CRD has none.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Free => None,
            Self::Int32 => Some("int32"),
            Self::Uint32 => Some("uint32"),
            Self::Int64 => Some("int64"),
        }
    }

    /// Whether `number` fits.
    pub(super) fn holds(self, number: i64) -> bool {
        match self {
            // That of `uint32` is not compared, only its bounds are.
            Self::Free | Self::Int64 | Self::Uint32 => true,
            Self::Int32 => i32::try_from(number).is_ok(),
        }
    }
}

/// Which items of a list must differ (`x-kubernetes-list-type`).
pub(super) enum Distinct {
    /// None (`atomic`, or not said).
    Free,
    /// All of them (`set`).
    All,
    /// All of them in this field (`map`; none of the CRDs has a list with two keys), which may have a default.
    By(&'static str, Option<&'static str>),
}

/// A field of a mapping.
pub(super) struct Property {
    pub(super) key: &'static str,
    pub(super) required: bool,
    pub(super) schema: &'static Schema,
}

/// A rule over a value (`x-kubernetes-validations`).
pub(super) struct Rule {
    /// The CRD's message.
    pub(super) message: &'static str,
    /// Whether the value keeps the rule. Only asked of values whose types fit.
    pub(super) test: Test,
}

/// How a rule is told.
pub(super) enum Test {
    /// By looking.
    Sure(fn(&Value) -> bool),
    /// By reading a text, which may fail; the error is CEL's.
    Doubtful(fn(&Value) -> Result<bool, String>),
}

/// A field that must be there.
pub(super) const fn must(key: &'static str, schema: &'static Schema) -> Property {
    Property { key, required: true, schema }
}

/// A field that may be there.
pub(super) const fn may(key: &'static str, schema: &'static Schema) -> Property {
    Property { key, required: false, schema }
}

/// A rule.
pub(super) const fn rule(message: &'static str, holds: fn(&Value) -> bool) -> Rule {
    Rule { message, test: Test::Sure(holds) }
}

/// A rule that reads a text.
pub(super) const fn doubtful(message: &'static str, holds: fn(&Value) -> Result<bool, String>) -> Rule {
    Rule { message, test: Test::Doubtful(holds) }
}

const fn schema(shape: Shape) -> Schema {
    Schema { shape, rules: &[], plainly: None }
}

/// A mapping with these fields.
pub(super) const fn object(fields: &'static [Property]) -> Schema {
    schema(Shape::Object { fields, least: 0, most: usize::MAX })
}

/// A mapping from any text to `values`.
pub(super) const fn map(values: &'static Schema) -> Schema {
    schema(Shape::Map { values, most: usize::MAX })
}

/// A list of `items`.
pub(super) const fn list(items: &'static Schema) -> Schema {
    schema(Shape::List { items, least: 0, most: usize::MAX, distinct: Distinct::Free })
}

/// Any text.
pub(super) const fn text() -> Schema {
    schema(Shape::Text { least: 0, most: usize::MAX, form: None, cidr: false })
}

/// One of `words`.
pub(super) const fn word(words: &'static [&'static str]) -> Schema {
    schema(Shape::Word(words))
}

/// Any whole number of 32 bits.
pub(super) const fn any_integer() -> Schema {
    integer(i64::MIN, i64::MAX)
}

/// An amount.
pub(super) const fn quantity() -> Schema {
    schema(Shape::Quantity)
}

/// A whole number of 32 bits from `low` to `high`; `i64::MIN` and `i64::MAX` are no bounds.
pub(super) const fn integer(low: i64, high: i64) -> Schema {
    schema(Shape::Integer { low, high, width: Width::Int32 })
}

/// One of `codes`.
pub(super) const fn code(codes: &'static [i64]) -> Schema {
    schema(Shape::Code { codes, width: Width::Int32 })
}

/// `true` or `false`.
pub(super) const fn boolean() -> Schema {
    schema(Shape::Boolean)
}

impl Schema {
    /// At least this many characters, items or fields.
    pub(super) const fn at_least(mut self, bound: usize) -> Self {
        if let Shape::Object { least, .. } | Shape::List { least, .. } | Shape::Text { least, .. } = &mut self.shape {
            *least = bound;
        }
        self
    }

    /// At most this many characters, items or fields.
    pub(super) const fn at_most(mut self, bound: usize) -> Self {
        if let Shape::Object { most, .. }
        | Shape::List { most, .. }
        | Shape::Text { most, .. }
        | Shape::Map { most, .. } = &mut self.shape
        {
            *most = bound;
        }
        self
    }

    /// Text of this form.
    pub(super) const fn like(mut self, pattern: &'static Form) -> Self {
        if let Shape::Text { form, .. } = &mut self.shape {
            *form = Some(pattern);
        }
        self
    }

    /// A number of this width.
    pub(super) const fn fitting(mut self, wanted: Width) -> Self {
        if let Shape::Integer { width, .. } | Shape::Code { width, .. } = &mut self.shape {
            *width = wanted;
        }
        self
    }

    /// Text that is a network in CIDR notation.
    pub(super) const fn cidr(mut self) -> Self {
        if let Shape::Text { cidr, .. } = &mut self.shape {
            *cidr = true;
        }
        self
    }

    /// No item of the list twice.
    pub(super) const fn set(mut self) -> Self {
        if let Shape::List { distinct, .. } = &mut self.shape {
            *distinct = Distinct::All;
        }
        self
    }

    /// No two items of the list with the same value in `key`.
    pub(super) const fn keyed_by(mut self, key: &'static str) -> Self {
        if let Shape::List { distinct, .. } = &mut self.shape {
            *distinct = Distinct::By(key, None);
        }
        self
    }

    /// The same, of a field with a default.
    pub(super) const fn keyed_by_or(mut self, key: &'static str, default: &'static str) -> Self {
        if let Shape::List { distinct, .. } = &mut self.shape {
            *distinct = Distinct::By(key, Some(default));
        }
        self
    }

    /// With these rules.
    pub(super) const fn rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    /// With a quick test that is true only of values that keep all rules.
    pub(super) const fn plainly(mut self, quick: fn(&Value) -> bool) -> Self {
        self.plainly = Some(quick);
        self
    }
}
