//! What is different between the answers of two worlds to one request.

use std::collections::BTreeSet;

use routescope_core::resolve::Destination;
use routescope_core::router::{Decision, Outcome, OutcomeKind, Upstream};

/// What a client and a backend can tell two answers apart by, beginning with what matters most.
#[derive(Debug, PartialEq)]
struct Seen<'a> {
    outcomes: Vec<(OutcomeKind, Option<u16>)>,
    destinations: BTreeSet<(&'a str, &'a str, &'a str, Option<u16>)>,
    shares: Vec<String>,
    serving: Vec<Option<u16>>,
    locations: Vec<Option<&'a str>>,
    upstreams: Vec<Option<&'a Upstream>>,
}

impl<'a> Seen<'a> {
    fn of(decision: &'a Decision) -> Self {
        let mut destinations: Vec<&Destination> = decision.destinations().collect();
        destinations.sort_by_key(|one| name(one));
        Self {
            outcomes: decision.ends().map(|end| (end.kind(), end.status())).collect(),
            destinations: destinations.iter().map(|one| name(one)).collect(),
            shares: destinations.iter().map(|one| format!("{:.4}", one.share)).collect(),
            serving: destinations.iter().map(|one| (!one.serves()).then(|| one.state.status())).collect(),
            locations: decision.ends().map(Outcome::location).collect(),
            upstreams: decision.ends().map(Outcome::upstream).collect(),
        }
    }
}

fn name(destination: &Destination) -> (&str, &str, &str, Option<u16>) {
    let Destination { kind, namespace, name, port, .. } = destination;
    (kind, namespace, name, *port)
}

/// What is different, in a word each; nothing when the client gets the same from the same backend.
pub fn differences(one: &Decision, other: &Decision) -> Vec<&'static str> {
    let (one, other) = (Seen::of(one), Seen::of(other));
    let outcome = |seen: &Seen| seen.outcomes.iter().map(|(outcome, _)| *outcome).collect::<Vec<_>>();
    let status = |seen: &Seen| seen.outcomes.iter().map(|(_, status)| *status).collect::<Vec<_>>();
    let same_outcome = outcome(&one) == outcome(&other);
    let tests = [
        ("outcome", same_outcome),
        ("destination", !same_outcome || one.destinations == other.destinations),
        ("weights", one.destinations != other.destinations || one.shares == other.shares),
        ("status", status(&one) == status(&other) && one.serving_is(&other)),
        ("location", !same_outcome || one.locations == other.locations),
        ("upstream", !same_outcome || one.upstreams == other.upstreams),
    ];
    tests.into_iter().filter(|(_, same)| !same).map(|(word, _)| word).collect()
}

impl Seen<'_> {
    /// Of the same destinations: whether they serve alike.
    fn serving_is(&self, other: &Self) -> bool {
        self.destinations != other.destinations || self.serving == other.serving
    }
}
