//! Objects as they were written: their texts are read again, whole, for someone who hands them on. Decoding keeps only
//! what routing needs.

use std::collections::HashMap;
use std::sync::Arc;

use super::text::{self, Text};
use crate::decode::Decoded;
use routescope_core::model::value::Value;
use routescope_core::model::{Meta, Position, Source};

/// The documents of these objects, in their order; `None` for one whose text is not kept.
pub fn of(objects: &[&Meta]) -> Vec<Option<Value>> {
    let mut read: HashMap<*const Source, HashMap<Position, Value>> = HashMap::new();
    let find = |meta: &&Meta| {
        let source = &meta.origin.source;
        let values = read.entry(Arc::as_ptr(source)).or_insert_with(|| values(source));
        values.remove(&meta.origin.at)
    };
    objects.iter().map(find).collect()
}

fn values(source: &Arc<Source>) -> HashMap<Position, Value> {
    let mut decoded = Decoded { values: Some(Vec::new()), ..Decoded::default() };
    text::read_one(&Text::of(source), &mut decoded);
    let values = decoded.values.unwrap_or_default();
    values.into_iter().map(|value| (value.at, value)).collect()
}
