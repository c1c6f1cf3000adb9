//! Walks a value beside its schema and says what the API server would refuse, in its words.
//!
//! Source of the words: Kubernetes `apimachinery/pkg/util/validation/field/errors.go` and kube-openapi
//! `pkg/validation/errors`; the field's name and ` in body`, which these repeat, are left out.

use core::cmp::Ordering;
use std::fmt::Display;

use ahash::AHashMap;

use super::accessors::{count, get, whole};
use super::field_path::FieldPath;
use super::go::is_address;
use super::pattern::Pattern;
use super::schema::{Format, Function, Property, Schema, Test, Unique, ValueType};
use super::written::{expected, json, scalar, type_name};
use routescope_core::model::Position;
use routescope_core::model::value::{Data, Entry, Value};

/// One thing the API server would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The field, as the API server writes it: `spec.rules[0].matches[1].path`.
    pub(crate) path: String,
    /// Where the value is written; of one that is missing, where its parent is.
    pub(crate) at: Position,
    /// What is wrong with it.
    pub(crate) problem: String,
}

/// Whether the rules of a value can be asked: Kubernetes does not when a part is missing, too long, of a wrong type or
/// none of the known words (`hasBlockingErr`). It then asks none of the whole object; here those of other parts still
/// are, so that everything is said at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evaluated {
    Yes,
    No,
}

impl Evaluated {
    fn and(self, other: Self) -> Self {
        if self == Self::Yes { other } else { self }
    }
}

/// What the API server would do to an object.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    /// What it refuses, in the order of the document.
    pub(crate) refusals: Vec<Refusal>,
    /// The fields that it drops, since the CRDs of the channel do not have them: the path, and where the value is.
    pub(crate) pruned: Vec<(String, Position)>,
}

/// What is refused so far.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) admission: Admission,
}

impl Walk {
    /// Notes that the value at `path` is refused.
    pub(super) fn refuse(&mut self, at: Position, path: &FieldPath<'_>, problem: String) {
        self.admission.refusals.push(Refusal { path: path.to_string(), at, problem });
    }

    fn block(&mut self, at: Position, path: &FieldPath<'_>, problem: String) -> Evaluated {
        self.refuse(at, path, problem);
        Evaluated::No
    }

    /// Checks `value`, which is not null unless it is an item of a list.
    pub(super) fn value(&mut self, value: &Value, schema: &Schema, path: &FieldPath<'_>) {
        self.asked(value, schema, path);
    }

    fn asked(&mut self, value: &Value, schema: &Schema, path: &FieldPath<'_>) -> Evaluated {
        let asked = self.shape(value, &schema.shape, path);
        if asked == Evaluated::No || schema.rules.is_empty() || schema.fast_accept.is_some_and(|accept| accept(value)) {
            return asked;
        }
        // Lists and mappings are not repeated in the message; where a text cannot be read, its type stands for it.
        let own = || scalar(&value.data).map(|own| format!("{own}: ")).unwrap_or_default();
        let kind = || match schema.shape {
            ValueType::String { .. } => "\"string\": ",
            ValueType::Quantity => "\"\": ",
            _ => "",
        };
        for rule in &schema.rules {
            let message = &rule.message;
            let holds = match &rule.test {
                Test::Function(Function::Infallible(holds)) => Ok(holds(value)),
                Test::Function(Function::Fallible(holds)) => holds(value),
                Test::Fields(wanted, fields) => Ok(wanted.holds(count(value, fields))),
            };
            let broken = match holds {
                Ok(true) => continue,
                Ok(false) => format!("{}{message}", own()),
                Err(error) => format!("{}{error} evaluating rule: {message}", kind()),
            };
            self.refuse(value.at, path, format!("Invalid value: {broken}"));
        }
        asked
    }

    fn shape(&mut self, value: &Value, shape: &ValueType, path: &FieldPath<'_>) -> Evaluated {
        match (shape, &value.data) {
            // Of text in a notation, what is a list goes unnoticed.
            (ValueType::Any, _)
            | (ValueType::Boolean, Data::Bool(_))
            | (ValueType::String { cidr: true, .. }, Data::List(_)) => Evaluated::Yes,
            (ValueType::Object { fields, min, max }, Data::Map(entries)) => {
                // Fields that are null, or that no schema knows, are pruned before anyone counts.
                let kept = |entry: &&Entry| {
                    entry.value.data != Data::Null && fields.iter().any(|field| field.key == entry.key && !field.pruned)
                };
                let bounded = (*min, *max) != (0, usize::MAX);
                let count = if bounded { entries.iter().filter(kept).count() } else { entries.len() };
                let asked = self.properties(value.at, count, (*min, *max), path);
                self.fields(value, entries, fields, path).and(asked)
            }
            (ValueType::Map { values, max }, Data::Map(entries)) => {
                let present = || entries.iter().filter(|entry| entry.value.data != Data::Null);
                let asked = self.properties(value.at, present().count(), (0, *max), path);
                present().fold(asked, |asked, entry| self.asked(&entry.value, values, &path.key(&entry.key)).and(asked))
            }
            (ValueType::List { items, min, max, unique }, Data::List(list)) => {
                let asked = self.length(value.at, list.len(), (*min, *max), path);
                let asked = list.iter().enumerate().fold(asked, |asked, (index, item)| {
                    // The second way round, so that a list that is too long does not hide what is wrong with its items.
                    self.asked(item, items, &path.index(index)).and(asked)
                });
                self.unique(list, unique, path);
                asked
            }
            (ValueType::String { min, max, pattern, cidr }, Data::String(text)) => {
                let asked = self.characters(value.at, text, (*min, *max), path);
                // Of one text only the first fault is told.
                if asked == Evaluated::Yes
                    && text.len() >= *min
                    && let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.is_match(text))
                {
                    self.mismatch(value.at, text, pattern.text, path);
                }
                if *cidr && !is_cidr(text) {
                    self.refuse(value.at, path, format!("Invalid value: {text:?}: must be of type cidr: {text:?}"));
                }
                asked
            }
            (ValueType::Enum(words), Data::String(text)) => {
                self.one_of(value, words.iter().any(|word| word == text), words, path)
            }
            (ValueType::Quantity, Data::String(text)) => {
                if !QUANTITY.is_match(text) {
                    self.mismatch(value.at, text, QUANTITY.text, path);
                }
                Evaluated::Yes
            }
            (ValueType::Quantity, _) if whole(value).is_some() => Evaluated::Yes,
            (ValueType::Integer { format, .. } | ValueType::IntEnum { format, .. }, Data::Int(_) | Data::Float(_)) => {
                self.number(value, shape, *format, path)
            }
            (ValueType::Quantity, Data::Float(_)) => self.number(value, shape, Format::Default, path),
            _ => {
                self.wrong_type(value, shape, path);
                match shape {
                    ValueType::Enum(words) => self.one_of(value, false, words, path),
                    ValueType::IntEnum { values, .. } => self.one_of(value, false, values, path),
                    _ => Evaluated::No,
                }
            }
        }
    }

    fn wrong_type(&mut self, value: &Value, shape: &ValueType, path: &FieldPath<'_>) {
        // Where the CRD names a format, that is compared first, and not of lists and texts.
        let format = match shape {
            ValueType::Integer { format, .. } | ValueType::IntEnum { format, .. } => format.word(),
            ValueType::String { cidr: true, .. } => Some("cidr"),
            _ => None,
        };
        let (found, wanted) = match (format, &value.data) {
            (Some(format), Data::Bool(_) | Data::Map(_)) => ("", format),
            (Some(format), Data::Int(_)) => ("int64", format),
            (Some(format), Data::Float(_)) => ("float64", format),
            _ => (type_name(&value.data), expected(shape)),
        };
        self.refuse(value.at, path, format!("Invalid value: {found:?}: must be of type {wanted}: {found:?}"));
        if matches!(shape, ValueType::Quantity) {
            // Of its two alternatives, the failure of the first is told too.
            self.refuse(value.at, path, format!("Invalid value: {found:?}: must be of type integer: {found:?}"));
        }
    }

    fn fields(&mut self, value: &Value, entries: &[Entry], fields: &[Property], path: &FieldPath<'_>) -> Evaluated {
        let mut asked = Evaluated::Yes;
        for entry in entries.iter().filter(|entry| entry.value.data != Data::Null) {
            match fields.iter().find(|field| field.key == entry.key) {
                Some(field) if field.pruned => {
                    self.admission.pruned.push((path.key(field.key).to_string(), entry.value.at));
                }
                Some(field) => asked = self.asked(&entry.value, &field.schema, &path.key(field.key)).and(asked),
                None => {}
            }
        }
        for field in fields.iter().filter(|field| field.required && !field.pruned) {
            if get(value, field.key).is_none() {
                asked = self.block(value.at, &path.key(field.key), "Required value".to_owned());
            }
        }
        asked
    }

    fn number(&mut self, value: &Value, shape: &ValueType, format: Format, path: &FieldPath<'_>) -> Evaluated {
        let shown = || scalar(&value.data).unwrap_or_default();
        let number = whole(value);
        if number.is_none() {
            self.wrong_type(value, shape, path);
        }
        if !number.is_some_and(|number| format.holds(number)) {
            let format = format.word().map_or("(default format)".to_owned(), |word| format!("with format {word}"));
            let problem = format!("Invalid value: {}: Checked value must be of type integer {format}", shown());
            self.refuse(value.at, path, problem);
        }
        #[allow(clippy::cast_precision_loss)] // only where the number is no whole one
        let compared = |bound: i64| match (number, &value.data) {
            (Some(number), _) => number.cmp(&bound),
            (None, Data::Float(number)) => number.total_cmp(&(bound as f64)),
            _ => Ordering::Equal,
        };
        match shape {
            ValueType::Integer { min, .. } if *min != i64::MIN && compared(*min).is_lt() => {
                self.refuse(
                    value.at,
                    path,
                    format!("Invalid value: {}: should be greater than or equal to {min}", shown()),
                );
            }
            ValueType::Integer { max, .. } if *max != i64::MAX && compared(*max).is_gt() => {
                self.refuse(
                    value.at,
                    path,
                    format!("Invalid value: {}: should be less than or equal to {max}", shown()),
                );
            }
            ValueType::IntEnum { values, .. } => {
                let known = number.is_some_and(|number| values.contains(&number));
                return self.one_of(value, known, values, path);
            }
            _ => {}
        }
        if number.is_some() { Evaluated::Yes } else { Evaluated::No }
    }

    fn one_of<T: Display>(&mut self, value: &Value, known: bool, words: &[T], path: &FieldPath<'_>) -> Evaluated {
        if known {
            return Evaluated::Yes;
        }
        let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let found = json(value);
        self.block(value.at, path, format!("Unsupported value: {found}: supported values: {}", words.join(", ")))
    }

    fn mismatch(&mut self, at: Position, text: &str, pattern: &str, path: &FieldPath<'_>) {
        self.refuse(at, path, format!("Invalid value: {text:?}: should match '{pattern}'"));
    }

    fn characters(&mut self, at: Position, text: &str, (min, max): (usize, usize), path: &FieldPath<'_>) -> Evaluated {
        // There are at most as many characters as bytes, so most texts need no counting.
        if text.len() > max && text.chars().count() > max {
            return self.block(at, path, format!("Too long: may not be more than {max} bytes"));
        }
        if text.len() < min {
            self.refuse(at, path, format!("Invalid value: {text:?}: should be at least {min} chars long"));
        }
        Evaluated::Yes
    }

    fn length(&mut self, at: Position, found: usize, (min, max): (usize, usize), path: &FieldPath<'_>) -> Evaluated {
        if found > max {
            let items = if max == 1 { "item" } else { "items" };
            return self.block(at, path, format!("Too many: {found}: must have at most {max} {items}"));
        }
        if found < min {
            self.refuse(at, path, format!("Invalid value: {found}: should have at least {min} items"));
        }
        Evaluated::Yes
    }

    fn properties(
        &mut self,
        at: Position,
        found: usize,
        (min, max): (usize, usize),
        path: &FieldPath<'_>,
    ) -> Evaluated {
        if found > max {
            let items = if max == 1 { "item" } else { "items" };
            return self.block(at, path, format!("Too many: {found}: must have at most {max} {items}"));
        }
        if found < min {
            self.refuse(at, path, format!("Invalid value: {found}: should have at least {min} properties"));
        }
        Evaluated::Yes
    }

    /// Says once of each value that items repeat it, at the second of them.
    fn unique(&mut self, list: &[Value], unique: &Unique, path: &FieldPath<'_>) {
        if matches!(unique, Unique::No) {
            return;
        }
        let is_object = |item: &Value| matches!(item.data, Data::Map(_) | Data::Null);
        if let Unique::By(..) = unique
            && let Some((index, item)) = list.iter().enumerate().find(|(_, item)| !is_object(item))
        {
            let shown = scalar(&item.data).map(|own| format!("{own}: ")).unwrap_or_default();
            let problem = format!("Invalid value: {shown}must be an object for an array of list-type map");
            return self.refuse(item.at, &path.index(index), problem);
        }
        if list.len() < 2 {
            return;
        }
        let shown = |item: &Value| match unique {
            Unique::By(..) if item.data == Data::Null => "{}".to_owned(),
            Unique::By(key, default) => match (get(item, key), default) {
                (Some(part), _) => format!("{{\"{key}\":{}}}", json(part)),
                (None, Some(default)) => format!("{{\"{key}\":{default:?}}}"),
                (None, None) => "{}".to_owned(),
            },
            _ => json(item),
        };
        let mut times: AHashMap<String, u32> = AHashMap::with_capacity(list.len());
        for (index, item) in list.iter().enumerate() {
            let part = shown(item);
            match times.get_mut(&part) {
                None => drop(times.insert(part, 1)),
                Some(times) => {
                    *times += 1;
                    if *times == 2 {
                        self.refuse(item.at, &path.index(index), format!("Duplicate value: {part}"));
                    }
                }
            }
        }
    }
}

/// A quantity of Kubernetes.
static QUANTITY: Pattern = Pattern::compiled(
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$",
);

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = if address.contains(':') { 128 } else { 32 };
    is_address(address)
        && bits.bytes().all(|byte| byte.is_ascii_digit())
        && bits.parse::<u32>().is_ok_and(|b| b <= most)
}
