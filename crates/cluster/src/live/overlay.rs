//! Files laid over a cluster: what the cluster would hold after `kubectl apply -f`. Deletions cannot be expressed.

use std::collections::BTreeMap;

use routescope_core::finding::Subject;
use routescope_core::model::{Name, Object, Timestamp, is_of_routing};
use routescope_core::store::Mark;

/// When an object was created that does not exist yet: after everything that does (9999-12-31T23:59:59Z).
pub const NOT_YET: Timestamp = 253_402_300_799;

/// The objects of the files, by what they are; of duplicates the last counts.
pub(super) type Overlay = BTreeMap<Subject, Object>;

/// What an object is, to tell it from others.
pub(super) fn subject(object: &Object) -> Subject {
    Subject { kind: object.kind(), key: object.meta().key() }
}

/// The objects of files, those without a namespace in the context's.
pub(super) fn overlay(objects: Vec<Object>, namespace: &Name) -> Overlay {
    let placed = objects.into_iter().map(|mut object| {
        let meta = object.meta_mut();
        if meta.unplaced {
            meta.namespace = namespace.clone();
        }
        (subject(&object), object)
    });
    placed.collect()
}

/// What the API server would hold after `kubectl apply` of `file` where it holds `live` now, and what that changes.
pub(super) fn laid(file: &Object, live: Option<&Object>) -> (Object, Mark) {
    let mut object = file.clone();
    let Some(live) = live else {
        object.meta_mut().created = Some(NOT_YET);
        return (object, Mark::New);
    };
    // What is recorded is kept to be compared with what would be.
    object.take_record_of(live);
    let (own, theirs) = (object.meta_mut(), live.meta());
    own.created = theirs.created;
    keep(&mut own.labels, &theirs.labels);
    keep(&mut own.annotations, &theirs.annotations);
    let mark = if object.routing_equivalent() == live.routing_equivalent() { Mark::Same } else { Mark::Changed };
    (object, mark)
}

/// Labels and annotations that others put there stay, as they do under `kubectl apply`. Those that the engines read are
/// assumed to be the files' own: one that a file does not name any more is gone.
fn keep(own: &mut Vec<(Name, Name)>, theirs: &[(Name, Name)]) {
    for (key, value) in theirs {
        if !is_of_routing(key) && own.iter().all(|(known, _)| known != key) {
            own.push((key.clone(), value.clone()));
        }
    }
}
