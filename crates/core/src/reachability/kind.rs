//! What kind of change a pair of answers is.

use super::effect::{End, Observed, observed};
use crate::router::{Decision, OutcomeKind};

/// What becomes of requests between two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// They go elsewhere.
    Moved,
    /// Nothing answered them, and now something does.
    Opened,
    /// Something answered them, and now nothing does.
    Closed,
    /// The gateway now answers 500 or 503, or a larger share of them.
    Broken,
    /// It does no longer, or a smaller share.
    Fixed,
    /// The backend is the same, and receives another host or path.
    Rewritten,
    /// The backends are the same, with other shares.
    Reweighted,
    /// Only timeouts, retries or policies differ.
    Policies,
}

impl Kind {
    /// All kinds, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Moved,
        Self::Opened,
        Self::Closed,
        Self::Broken,
        Self::Fixed,
        Self::Rewritten,
        Self::Reweighted,
        Self::Policies,
    ];

    /// The word of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Broken => "broken",
            Self::Fixed => "fixed",
            Self::Rewritten => "rewritten",
            Self::Reweighted => "reweighted",
            Self::Policies => "policies",
        }
    }

    /// The kind of a change between two answers that differ.
    pub fn of(before: Option<&Decision>, after: Option<&Decision>) -> Self {
        let (old, new) = (before.and_then(observed), after.and_then(observed));
        match (&old, &new) {
            (None, None) => Self::Policies,
            (None, Some(new)) if !new.ends.iter().any(serves) => Self::Broken,
            (None, Some(_)) => Self::Opened,
            (Some(_), None) => Self::Closed,
            (Some(old), Some(new)) if old == new => Self::Policies,
            (Some(old), Some(new)) => match broken(old).cmp(&broken(new)) {
                std::cmp::Ordering::Less => Self::Broken,
                std::cmp::Ordering::Greater => Self::Fixed,
                std::cmp::Ordering::Equal => among_backends(old, new),
            },
        }
    }
}

/// Whether some requests of a share get something else than an error of the gateway.
fn serves(end: &End) -> bool {
    match end.outcome {
        OutcomeKind::NotFound => false,
        OutcomeKind::Forward => end.destinations.iter().any(|one| one.broken.is_none()),
        _ => end.status.is_none_or(|status| status < 500),
    }
}

/// The share that the gateway answers with an error, in parts of a million.
fn broken(observed: &Observed) -> u32 {
    let of_end = |end: &End| {
        if end.outcome == OutcomeKind::Forward {
            end.destinations.iter().filter(|one| one.broken.is_some()).map(|one| one.share).sum()
        } else if end.status.is_some_and(|status| status >= 500) {
            end.share
        } else {
            0
        }
    };
    observed.ends.iter().map(of_end).sum()
}

fn among_backends(old: &Observed, new: &Observed) -> Kind {
    let (Some(a), Some(b)) = (old.ends.first(), new.ends.first()) else { return Kind::Moved };
    if old.ends.len() != new.ends.len() || a.outcome != b.outcome || a.outcome != OutcomeKind::Forward {
        return Kind::Moved;
    }
    let all = |observed: &Observed| observed.ends.iter().flat_map(|end| end.destinations.clone()).collect::<Vec<_>>();
    let (mut before, mut after) = (all(old), all(new));
    before.sort();
    after.sort();
    let same = before.len() == after.len() && before.iter().zip(&after).all(|(a, b)| a.is_same_backend(b));
    match (same, before == after) {
        (false, _) => Kind::Moved,
        (true, false) => Kind::Reweighted,
        (true, true) => Kind::Rewritten,
    }
}
