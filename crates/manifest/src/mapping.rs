//! A mapping while it is read: of a key written twice the last counts, and merged keys are there to be overridden. Keys of
//! a long mapping are found by hash.

use ahash::{AHashMap, AHashSet};

use super::yaml::{ParseError, ParseWarning};
use routescope_core::finding::Code;
use routescope_core::model::value::{Data, Entry, Value};
use routescope_core::model::{Name, Position};

/// So many keys are searched one by one.
const FEW: usize = 16;

/// The entries read so far.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    entries: Vec<Entry>,
    /// Where each key is, once there are more than a few.
    places: Option<Box<AHashMap<Name, usize>>>,
    /// The keys that a merge brought.
    merged: Option<Box<AHashSet<Name>>>,
}

impl Mapping {
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    fn find(&self, key: &Name) -> Option<usize> {
        match &self.places {
            None => self.entries.iter().position(|entry| entry.key == *key),
            Some(places) => places.get(key).copied(),
        }
    }

    fn push(&mut self, entry: Entry) {
        if let Some(places) = &mut self.places {
            places.insert(entry.key.clone(), self.entries.len());
        }
        self.entries.push(entry);
        if self.places.is_none() && self.entries.len() > FEW {
            let places = self.entries.iter().map(|entry| entry.key.clone()).zip(0..);
            self.places = Some(Box::new(places.collect()));
        }
    }

    /// Adds an entry; of a key written twice the last counts, as in kubectl.
    pub fn put(&mut self, entry: Entry, odd: &mut Vec<ParseWarning>) {
        let Some(place) = self.find(&entry.key) else { return self.push(entry) };
        let earlier = &mut self.entries[place];
        // What was merged is there to be overridden.
        if !self.merged.as_mut().is_some_and(|merged| merged.remove(&entry.key)) {
            let (key, line) = (&entry.key, earlier.at.line);
            let message = format!("{key:?} is written twice, first in line {line}: the last one counts");
            odd.push(ParseWarning { code: Code::DuplicateKey, at: entry.at, message });
        }
        *earlier = entry;
    }

    /// Merges a mapping, or each mapping of a list. As in go-yaml v2, a merge acts where it stands: what is written before
    /// it is overridden, what is written after it overrides. Of several mappings the first wins.
    pub fn merge(&mut self, value: Value, at: Position, odd: &mut Vec<ParseWarning>) -> Result<(), ParseError> {
        let broken = || ParseError {
            code: Code::YamlSyntax,
            at,
            message: "expected a mapping (or a list of them) to merge after `<<:`".to_owned(),
            help: None,
        };
        let maps = match value.data {
            Data::Map(merged) => vec![merged],
            Data::List(items) => {
                let maps = items.into_iter().rev().map(|item| match item.data {
                    Data::Map(merged) => Some(merged),
                    _ => None,
                });
                maps.collect::<Option<Vec<_>>>().ok_or_else(broken)?
            }
            _ => return Err(broken()),
        };
        let own = self.entries.len();
        for entry in maps.into_iter().flatten() {
            self.merged.get_or_insert_default().insert(entry.key.clone());
            let Some(place) = self.find(&entry.key) else {
                self.push(entry);
                continue;
            };
            if place < own {
                odd.push(ParseWarning {
                    code: Code::MergeOverrides,
                    at,
                    message: format!(
                        "the merge overrides {:?} in line {}: kubectl applies `<<` where it stands",
                        entry.key, self.entries[place].at.line
                    ),
                });
            }
            self.entries[place] = entry;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: usize, value: i64) -> Entry {
        let at = Position::default();
        Entry { at, key: Name::from(format!("k{key}")), value: Value { at, data: Data::Int(value) } }
    }

    #[test]
    fn keys_are_found_however_many_there_are() {
        let (mut mapping, mut odd) = (Mapping::default(), Vec::new());
        for round in 0..2 {
            (0..3000).for_each(|key| mapping.put(entry(key, round), &mut odd));
        }
        assert_eq!(mapping.entries().len(), 3000);
        assert_eq!(odd.len(), 3000, "each is written twice");
        assert!(mapping.into_entries().iter().all(|entry| entry.value.data == Data::Int(1)));
    }

    #[test]
    fn what_was_merged_is_there_to_be_overridden() {
        let (mut mapping, mut odd) = (Mapping::default(), Vec::new());
        let merged = (0..100).map(|key| entry(key, 0)).collect();
        let merged = Value { at: Position::default(), data: Data::Map(merged) };
        mapping.merge(merged, Position::default(), &mut odd).unwrap();
        mapping.put(entry(7, 1), &mut odd);
        assert!(odd.is_empty());
        mapping.put(entry(7, 2), &mut odd);
        assert_eq!(odd.len(), 1, "the second time it is written twice");
        assert_eq!(mapping.into_entries().len(), 100);
    }
}
