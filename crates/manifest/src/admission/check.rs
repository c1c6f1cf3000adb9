//! Walks a value beside its schema and says what the API server would refuse, in its words.
//!
//! Source of the words: Kubernetes `apimachinery/pkg/util/validation/field/errors.go` and kube-openapi
//! `pkg/validation/errors`; the field's name and ` in body`, which these repeat, are left out.

use core::cmp::Ordering;
use std::fmt::Display;

use super::form::Form;
use super::go::is_address;
use super::look::{get, whole};
use super::schema::{Distinct, Property, Schema, Shape, Test, Width};
use super::trail::Trail;
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
enum Asked {
    Yes,
    No,
}

impl Asked {
    fn and(self, other: Self) -> Self {
        if self == Self::Yes { other } else { self }
    }
}

/// What is refused so far.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) refusals: Vec<Refusal>,
}

impl Walk {
    /// Notes that the value at `trail` is refused.
    pub(super) fn refuse(&mut self, at: Position, trail: &Trail<'_>, problem: String) {
        self.refusals.push(Refusal { path: trail.to_string(), at, problem });
    }

    fn block(&mut self, at: Position, trail: &Trail<'_>, problem: String) -> Asked {
        self.refuse(at, trail, problem);
        Asked::No
    }

    /// Checks `value`, which is not null unless it is an item of a list.
    pub(super) fn value(&mut self, value: &Value, schema: &Schema, trail: &Trail<'_>) {
        self.asked(value, schema, trail);
    }

    fn asked(&mut self, value: &Value, schema: &Schema, trail: &Trail<'_>) -> Asked {
        let asked = self.shape(value, &schema.shape, trail);
        if asked == Asked::No || schema.rules.is_empty() || schema.plainly.is_some_and(|plainly| plainly(value)) {
            return asked;
        }
        // Lists and mappings are not repeated in the message; where a text cannot be read, its type stands for it.
        let own = || scalar(&value.data).map(|own| format!("{own}: ")).unwrap_or_default();
        let kind = || match schema.shape {
            Shape::Text { .. } => "\"string\": ",
            Shape::Quantity => "\"\": ",
            _ => "",
        };
        for rule in schema.rules {
            let message = rule.message;
            let broken = match rule.test {
                Test::Sure(holds) => (!holds(value)).then(|| format!("{}{message}", own())),
                Test::Doubtful(holds) => match holds(value) {
                    Ok(holds) => (!holds).then(|| format!("{}{message}", own())),
                    Err(error) => Some(format!("{}{error} evaluating rule: {message}", kind())),
                },
            };
            if let Some(broken) = broken {
                self.refuse(value.at, trail, format!("Invalid value: {broken}"));
            }
        }
        asked
    }

    fn shape(&mut self, value: &Value, shape: &Shape, trail: &Trail<'_>) -> Asked {
        match (shape, &value.data) {
            // Of text in a notation, what is a list goes unnoticed.
            (Shape::Boolean, Data::Bool(_)) | (Shape::Text { cidr: true, .. }, Data::List(_)) => Asked::Yes,
            (Shape::Object { fields, least, most }, Data::Map(entries)) => {
                // Fields that are null, or that no schema knows, are pruned before anyone counts.
                let kept = |entry: &&Entry| {
                    entry.value.data != Data::Null && fields.iter().any(|field| field.key == entry.key)
                };
                let bounded = (*least, *most) != (0, usize::MAX);
                let count = if bounded { entries.iter().filter(kept).count() } else { entries.len() };
                let asked = self.properties(value.at, count, (*least, *most), trail);
                self.fields(value, entries, fields, trail).and(asked)
            }
            (Shape::Map { values, most }, Data::Map(entries)) => {
                let present = || entries.iter().filter(|entry| entry.value.data != Data::Null);
                let asked = self.properties(value.at, present().count(), (0, *most), trail);
                present()
                    .fold(asked, |asked, entry| self.asked(&entry.value, values, &trail.key(&entry.key)).and(asked))
            }
            (Shape::List { items, least, most, distinct }, Data::List(list)) => {
                let asked = self.length(value.at, list.len(), (*least, *most), trail);
                let asked = list.iter().enumerate().fold(asked, |asked, (index, item)| {
                    // The second way round, lest a list that is too long hide what is wrong with its items.
                    self.asked(item, items, &trail.index(index)).and(asked)
                });
                self.distinct(list, distinct, trail);
                asked
            }
            (Shape::Text { least, most, form, cidr }, Data::String(text)) => {
                let asked = self.characters(value.at, text, (*least, *most), trail);
                // Of one text only the first fault is told.
                if asked == Asked::Yes
                    && text.len() >= *least
                    && let Some(form) = form.filter(|form| !form.fits(text))
                {
                    self.mismatch(value.at, text, form.pattern, trail);
                }
                if *cidr && !is_cidr(text) {
                    self.refuse(value.at, trail, format!("Invalid value: {text:?}: must be of type cidr: {text:?}"));
                }
                asked
            }
            (Shape::Word(words), Data::String(text)) => {
                self.one_of(value, words.iter().any(|word| word == text), words, trail)
            }
            (Shape::Quantity, Data::String(text)) => {
                if !QUANTITY.fits(text) {
                    self.mismatch(value.at, text, QUANTITY.pattern, trail);
                }
                Asked::Yes
            }
            (Shape::Quantity, _) if whole(value).is_some() => Asked::Yes,
            (Shape::Integer { width, .. } | Shape::Code { width, .. }, Data::Int(_) | Data::Float(_)) => {
                self.number(value, shape, *width, trail)
            }
            (Shape::Quantity, Data::Float(_)) => self.number(value, shape, Width::Free, trail),
            _ => {
                self.wrong_type(value, shape, trail);
                match shape {
                    Shape::Word(words) => self.one_of(value, false, words, trail),
                    Shape::Code { codes, .. } => self.one_of(value, false, codes, trail),
                    _ => Asked::No,
                }
            }
        }
    }

    fn wrong_type(&mut self, value: &Value, shape: &Shape, trail: &Trail<'_>) {
        // Where the CRD names a format, that is compared first, and not of lists and texts.
        let format = match shape {
            Shape::Integer { width, .. } | Shape::Code { width, .. } => width.word(),
            Shape::Text { cidr: true, .. } => Some("cidr"),
            _ => None,
        };
        let (found, wanted) = match (format, &value.data) {
            (Some(format), Data::Bool(_) | Data::Map(_)) => ("", format),
            (Some(format), Data::Int(_)) => ("int64", format),
            (Some(format), Data::Float(_)) => ("float64", format),
            _ => (type_name(&value.data), expected(shape)),
        };
        self.refuse(value.at, trail, format!("Invalid value: {found:?}: must be of type {wanted}: {found:?}"));
        if matches!(shape, Shape::Quantity) {
            // Of its two alternatives, the failure of the first is told too.
            self.refuse(value.at, trail, format!("Invalid value: {found:?}: must be of type integer: {found:?}"));
        }
    }

    fn fields(&mut self, value: &Value, entries: &[Entry], fields: &[Property], trail: &Trail<'_>) -> Asked {
        let mut asked = Asked::Yes;
        for entry in entries.iter().filter(|entry| entry.value.data != Data::Null) {
            if let Some(field) = fields.iter().find(|field| field.key == entry.key) {
                asked = self.asked(&entry.value, field.schema, &trail.key(field.key)).and(asked);
            }
        }
        for field in fields.iter().filter(|field| field.required) {
            if get(value, field.key).is_none() {
                asked = self.block(value.at, &trail.key(field.key), "Required value".to_owned());
            }
        }
        asked
    }

    fn number(&mut self, value: &Value, shape: &Shape, width: Width, trail: &Trail<'_>) -> Asked {
        let shown = || scalar(&value.data).unwrap_or_default();
        let number = whole(value);
        if number.is_none() {
            self.wrong_type(value, shape, trail);
        }
        if !number.is_some_and(|number| width.holds(number)) {
            let format = width.word().map_or("(default format)".to_owned(), |word| format!("with format {word}"));
            let problem = format!("Invalid value: {}: Checked value must be of type integer {format}", shown());
            self.refuse(value.at, trail, problem);
        }
        #[allow(clippy::cast_precision_loss)] // only where the number is no whole one
        let compared = |bound: i64| match (number, &value.data) {
            (Some(number), _) => number.cmp(&bound),
            (None, Data::Float(number)) => number.total_cmp(&(bound as f64)),
            _ => Ordering::Equal,
        };
        match shape {
            Shape::Integer { low, .. } if *low != i64::MIN && compared(*low).is_lt() => {
                self.refuse(
                    value.at,
                    trail,
                    format!("Invalid value: {}: should be greater than or equal to {low}", shown()),
                );
            }
            Shape::Integer { high, .. } if *high != i64::MAX && compared(*high).is_gt() => {
                self.refuse(
                    value.at,
                    trail,
                    format!("Invalid value: {}: should be less than or equal to {high}", shown()),
                );
            }
            Shape::Code { codes, .. } => {
                let known = number.is_some_and(|number| codes.contains(&number));
                return self.one_of(value, known, codes, trail);
            }
            _ => {}
        }
        if number.is_some() { Asked::Yes } else { Asked::No }
    }

    fn one_of<T: Display>(&mut self, value: &Value, known: bool, words: &[T], trail: &Trail<'_>) -> Asked {
        if known {
            return Asked::Yes;
        }
        let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let found = json(value);
        self.block(value.at, trail, format!("Unsupported value: {found}: supported values: {}", words.join(", ")))
    }

    fn mismatch(&mut self, at: Position, text: &str, pattern: &str, trail: &Trail<'_>) {
        self.refuse(at, trail, format!("Invalid value: {text:?}: should match '{pattern}'"));
    }

    fn characters(&mut self, at: Position, text: &str, (least, most): (usize, usize), trail: &Trail<'_>) -> Asked {
        // There are at most as many characters as bytes, so most texts need no counting.
        if text.len() > most && text.chars().count() > most {
            return self.block(at, trail, format!("Too long: may not be more than {most} bytes"));
        }
        if text.len() < least {
            self.refuse(at, trail, format!("Invalid value: {text:?}: should be at least {least} chars long"));
        }
        Asked::Yes
    }

    fn length(&mut self, at: Position, found: usize, (least, most): (usize, usize), trail: &Trail<'_>) -> Asked {
        if found > most {
            let items = if most == 1 { "item" } else { "items" };
            return self.block(at, trail, format!("Too many: {found}: must have at most {most} {items}"));
        }
        if found < least {
            self.refuse(at, trail, format!("Invalid value: {found}: should have at least {least} items"));
        }
        Asked::Yes
    }

    fn properties(&mut self, at: Position, found: usize, (least, most): (usize, usize), trail: &Trail<'_>) -> Asked {
        if found > most {
            let items = if most == 1 { "item" } else { "items" };
            return self.block(at, trail, format!("Too many: {found}: must have at most {most} {items}"));
        }
        if found < least {
            self.refuse(at, trail, format!("Invalid value: {found}: should have at least {least} properties"));
        }
        Asked::Yes
    }

    /// Says once of each value that items repeat it, at the second of them.
    fn distinct(&mut self, list: &[Value], distinct: &Distinct, trail: &Trail<'_>) {
        if matches!(distinct, Distinct::Free) {
            return;
        }
        let is_object = |item: &Value| matches!(item.data, Data::Map(_) | Data::Null);
        if let Distinct::By(..) = distinct
            && let Some((index, item)) = list.iter().enumerate().find(|(_, item)| !is_object(item))
        {
            let shown = scalar(&item.data).map(|own| format!("{own}: ")).unwrap_or_default();
            let problem = format!("Invalid value: {shown}must be an object for an array of list-type map");
            return self.refuse(item.at, &trail.index(index), problem);
        }
        if list.len() < 2 {
            return;
        }
        let shown = |item: &Value| match distinct {
            Distinct::By(..) if item.data == Data::Null => "{}".to_owned(),
            Distinct::By(key, default) => match (get(item, key), default) {
                (Some(part), _) => format!("{{\"{key}\":{}}}", json(part)),
                (None, Some(default)) => format!("{{\"{key}\":{default:?}}}"),
                (None, None) => "{}".to_owned(),
            },
            _ => json(item),
        };
        let parts: Vec<_> = list.iter().map(shown).collect();
        for (index, item) in list.iter().enumerate() {
            if parts[..index].iter().filter(|part| **part == parts[index]).count() == 1 {
                self.refuse(item.at, &trail.index(index), format!("Duplicate value: {}", parts[index]));
            }
        }
    }
}

/// A quantity of Kubernetes.
static QUANTITY: Form = Form::compiled(
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$",
);

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = if address.contains(':') { 128 } else { 32 };
    is_address(address)
        && bits.bytes().all(|byte| byte.is_ascii_digit())
        && bits.parse::<u32>().is_ok_and(|b| b <= most)
}
