//! Walks a value beside its schema and says what the API server would refuse, in its words.
//!
//! Source of the words: Kubernetes `apimachinery/pkg/util/validation/field/errors.go` and kube-openapi
//! `pkg/validation/errors`; the field's name and ` in body`, which these repeat, are left out.

use std::fmt::Display;

use super::look::{get, whole};
use super::schema::{Distinct, Property, Schema, Shape};
use super::trail::Trail;
use crate::model::Position;
use crate::model::value::{Data, Entry, Value};

/// One thing the API server would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) struct Refusal {
    /// The field, as the API server writes it: `spec.rules[0].matches[1].path`.
    pub(in crate::model) path: String,
    /// Where the value is written; of one that is missing, where its parent is.
    pub(in crate::model) at: Position,
    /// What is wrong with it.
    pub(in crate::model) problem: String,
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
        for rule in schema.rules.iter().filter(|rule| !(rule.holds)(value)) {
            // Lists and mappings are not repeated in the message.
            let shown = scalar(&value.data).map(|shown| format!("{shown}: ")).unwrap_or_default();
            self.refuse(value.at, trail, format!("Invalid value: {shown}{}", rule.message));
        }
        asked
    }

    fn shape(&mut self, value: &Value, shape: &Shape, trail: &Trail<'_>) -> Asked {
        match (shape, &value.data) {
            (Shape::Boolean, Data::Bool(_)) => Asked::Yes,
            (Shape::Object { fields, least, most }, Data::Map(entries)) => {
                let asked = self.properties(value.at, entries.len(), (*least, *most), trail);
                self.fields(value, entries, fields, trail).and(asked)
            }
            (Shape::Map { values, most }, Data::Map(entries)) => {
                let asked = self.properties(value.at, entries.len(), (0, *most), trail);
                let present = entries.iter().filter(|entry| entry.value.data != Data::Null);
                present.fold(asked, |asked, entry| self.asked(&entry.value, values, &trail.key(&entry.key)).and(asked))
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
            (Shape::Text { least, most, form }, Data::String(text)) => {
                let asked = self.characters(value.at, text, (*least, *most), trail);
                // Of one text only the first fault is told.
                if asked == Asked::Yes
                    && text.len() >= *least
                    && let Some(form) = form.filter(|form| !form.fits(text))
                {
                    self.mismatch(value.at, text, form.pattern, trail);
                }
                asked
            }
            (Shape::Word(words), Data::String(text)) => {
                if words.iter().any(|word| word == text) {
                    return Asked::Yes;
                }
                self.unsupported(value.at, &format!("{text:?}"), words, trail)
            }
            (Shape::Integer { .. } | Shape::Code(_), _) if whole(value).is_some() => {
                self.number(value.at, whole(value).unwrap_or_default(), shape, trail)
            }
            _ => {
                let found = type_name(&value.data);
                let problem = format!("Invalid value: {found:?}: must be of type {}: {found:?}", expected(shape));
                self.block(value.at, trail, problem)
            }
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

    fn number(&mut self, at: Position, number: i64, shape: &Shape, trail: &Trail<'_>) -> Asked {
        match shape {
            Shape::Integer { low, .. } if number < *low => {
                self.refuse(at, trail, format!("Invalid value: {number}: should be greater than or equal to {low}"));
            }
            Shape::Integer { high, .. } if number > *high => {
                self.refuse(at, trail, format!("Invalid value: {number}: should be less than or equal to {high}"));
            }
            Shape::Code(codes) if !codes.contains(&number) => {
                return self.unsupported(at, &number.to_string(), codes, trail);
            }
            _ => {}
        }
        Asked::Yes
    }

    fn unsupported<T: Display>(&mut self, at: Position, found: &str, known: &[T], trail: &Trail<'_>) -> Asked {
        let known: Vec<_> = known.iter().map(|word| format!("\"{word}\"")).collect();
        self.block(at, trail, format!("Unsupported value: {found}: supported values: {}", known.join(", ")))
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
            return self.block(at, trail, format!("Too many: {found}: must have at most {most} items"));
        }
        if found < least {
            self.refuse(at, trail, format!("Invalid value: {found}: should have at least {least} items"));
        }
        Asked::Yes
    }

    fn properties(&mut self, at: Position, found: usize, (least, most): (usize, usize), trail: &Trail<'_>) -> Asked {
        if found > most {
            return self.block(at, trail, format!("Too many: {found}: must have at most {most} items"));
        }
        if found < least {
            self.refuse(at, trail, format!("Invalid value: {found}: should have at least {least} properties"));
        }
        Asked::Yes
    }

    fn distinct(&mut self, list: &[Value], distinct: &Distinct, trail: &Trail<'_>) {
        let part = |item: &Value| match distinct {
            Distinct::Free => None,
            Distinct::All => scalar(&item.data),
            Distinct::By(key) => get(item, key).and_then(|part| scalar(&part.data)),
        };
        if list.len() < 2 || matches!(distinct, Distinct::Free) {
            return;
        }
        let parts: Vec<_> = list.iter().map(part).collect();
        for (index, item) in list.iter().enumerate() {
            let Some(own) = parts[index].as_ref().filter(|own| parts[..index].iter().flatten().any(|p| p == *own))
            else {
                continue;
            };
            let shown = match distinct {
                Distinct::By(key) => format!("{{\"{key}\":{own}}}"),
                _ => own.clone(),
            };
            self.refuse(item.at, &trail.index(index), format!("Duplicate value: {shown}"));
        }
    }
}

/// A scalar as JSON writes it.
fn scalar(data: &Data) -> Option<String> {
    match data {
        Data::Bool(value) => Some(value.to_string()),
        Data::Int(number) => Some(number.to_string()),
        Data::Float(number) => Some(number.to_string()),
        Data::String(text) => Some(format!("{text:?}")),
        Data::Null | Data::List(_) | Data::Map(_) => None,
    }
}

fn type_name(data: &Data) -> &'static str {
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

fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Object { .. } | Shape::Map { .. } => "object",
        Shape::List { .. } => "array",
        Shape::Text { .. } | Shape::Word(_) => "string",
        Shape::Integer { .. } | Shape::Code(_) => "integer",
        Shape::Boolean => "boolean",
    }
}
