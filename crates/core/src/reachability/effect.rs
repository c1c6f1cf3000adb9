//! What a client or a backend can tell of an answer, and what makes two rows the same to them.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use ahash::{AHashMap, RandomState};

use crate::model::value::Data;
use crate::model::{Filter, Name, PathModifier, RouteMatch};
use crate::resolve::{Action, Destination, InForce, MatchState, OwnShare, RuleNodeId, Tree};
use crate::router::{Branch, Decision, Outcome, OutcomeKind, Router};

/// What a client or a backend can tell of an answer: nothing where nothing answers, not even a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// What becomes of each share of the requests, in one order.
    pub ends: Vec<End>,
}

/// What becomes of one share of the requests.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// The share, in parts of a million.
    pub share: u32,
    /// In one word.
    pub outcome: OutcomeKind,
    /// What the gateway itself answers.
    pub status: Option<u16>,
    /// Where it may go, in one order, without what gets nothing.
    pub destinations: Vec<Reached>,
    /// Authority and path as the backend receives them.
    pub upstream: Option<(String, String)>,
    /// The `Location` of a redirect.
    pub location: Option<String>,
}

/// A destination, as far as a client or a backend can tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Reached {
    pub group: Name,
    pub kind: Name,
    pub namespace: Name,
    pub name: Name,
    pub port: Option<u16>,
    /// Where a Backend's traffic lands.
    pub hosts: Vec<Name>,
    /// What the gateway answers instead, when it is broken.
    pub broken: Option<u16>,
    /// In parts of a million of all requests.
    pub share: u32,
}

impl Reached {
    /// The same backend, whatever its share and whether it can be reached.
    pub fn is_same_backend(&self, other: &Self) -> bool {
        (&self.group, &self.kind, &self.namespace, &self.name, self.port, &self.hosts)
            == (&other.group, &other.kind, &other.namespace, &other.name, other.port, &other.hosts)
    }
}

fn parts(share: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and a million
    let parts = (share.clamp(0.0, 1.0) * 1e6).round() as u32;
    parts
}

fn reached(all: &[Destination]) -> Vec<Reached> {
    let mut reached: Vec<Reached> = Vec::new();
    for one in all.iter().filter(|one| one.share > 0.0) {
        let Destination { group, kind, namespace, name, port, share, state, hosts, .. } = one;
        let next = Reached {
            group: group.clone(),
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            port: *port,
            hosts: hosts.clone(),
            broken: state.is_broken().then(|| state.status()),
            share: parts(*share),
        };
        match reached.iter_mut().find(|known| known.is_same_backend(&next) && known.broken == next.broken) {
            Some(known) => known.share += next.share,
            None => reached.push(next),
        }
    }
    reached.sort();
    reached
}

/// What a client or a backend can tell of an answer; `None` where nothing answers.
pub fn observed(decision: &Decision) -> Option<Observed> {
    if decision.branches.is_empty() {
        let end = End::of(&decision.outcome, 1_000_000);
        return (end.outcome != OutcomeKind::NotFound).then(|| Observed { ends: vec![end] });
    }
    let mut ends: Vec<End> = Vec::new();
    for Branch { share, outcome, node: _ } in &decision.branches {
        let end = End::of(outcome, parts(*share));
        // Who decides them is not to be told.
        let alike = |known: &&mut End| End { share: end.share, ..(**known).clone() } == end;
        match ends.iter_mut().find(alike) {
            Some(known) => known.share += end.share,
            None => ends.push(end),
        }
    }
    if ends.iter().all(|end| end.outcome == OutcomeKind::NotFound) {
        return None;
    }
    ends.sort_by_key(|end| format!("{end:?}"));
    Some(Observed { ends })
}

impl End {
    fn of(outcome: &Outcome, share: u32) -> Self {
        Self {
            share,
            outcome: outcome.kind(),
            status: outcome.status(),
            destinations: reached(outcome.destinations()),
            upstream: outcome.upstream().map(|one| (one.host.clone(), one.path.clone())),
            location: outcome.location().map(str::to_owned),
        }
    }
}

/// Timeouts, retries and policies as far as they act: what is said, and not by whom.
pub fn acting(in_force: &InForce) -> Vec<String> {
    let mut acting = Vec::new();
    let limits = &in_force.limits;
    acting.extend(limits.request.iter().map(|limit| format!("timeout {}", limit.value)));
    acting.extend(limits.stream_idle.iter().map(|limit| format!("idle timeout {}", limit.value)));
    if let Some(retries) = &limits.retries {
        acting.push(format!("retries {} {:?}", retries.attempts, retries.per_try));
    }
    acting.extend(in_force.cors_filter.iter().map(|_| "cors".to_owned()));
    for applied in &in_force.applied {
        for field in applied.fields.iter().filter(|field| field.state.counts()) {
            let mut text = field.field.name().to_owned();
            if let Some(setting) = applied.setting(field.field) {
                text.push(' ');
                said(&setting.value.data, &mut text);
            }
            acting.push(text);
        }
    }
    acting
}

/// A value without the places it is written at.
fn said(data: &Data, text: &mut String) {
    match data {
        Data::Null => text.push_str("null"),
        Data::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Data::Int(value) => text.push_str(&value.to_string()),
        Data::Float(value) => text.push_str(&value.to_string()),
        Data::String(value) => text.push_str(value),
        Data::List(items) => {
            for item in items {
                text.push(' ');
                said(&item.data, text);
            }
        }
        Data::Map(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|a, b| a.key.cmp(&b.key));
            for entry in sorted {
                let _ = write!(text, " {}:", entry.key);
                said(&entry.value.data, text);
            }
        }
    }
}

fn hasher() -> RandomState {
    RandomState::with_seeds(0x5e77, 0x0f, 0xa11, 0x9a7b)
}

/// A number that is the same for matchers that take the same requests, as far as is plain to see.
pub(super) fn of_matcher(row: &RouteMatch) -> u64 {
    let state = hasher();
    let mut hash = state.build_hasher();
    let RouteMatch { at: _, path, method, headers, query_params, grpc: _ } = row;
    (path.kind, &path.value, method).hash(&mut hash);
    for tests in [headers, query_params] {
        // In any order they ask for the same.
        let sum = tests.iter().fold(tests.len() as u64, |sum, test| {
            sum.wrapping_add(state.hash_one((test.kind, &test.name, &test.value)))
        });
        sum.hash(&mut hash);
    }
    hash.finish()
}

/// A number that is the same for rows that do the same to every request that both take. `port` is the listener's.
pub(super) fn of_row(router: Router<'_>, row: RuleNodeId, port: u16, policies: Option<&InForce>) -> u64 {
    let tree = router.tree();
    let mut hash = hasher().build_hasher();
    state(router, row, port, &mut hash, 0);
    for hop in tree.chain(row) {
        let hop = &tree.hops[hop.0 as usize];
        let route = router.snapshot().route(hop.route);
        let Some(rule) = route.rules.get(hop.rule as usize) else { continue };
        (&rule.request_timeout, &rule.backend_request_timeout).hash(&mut hash);
        if let Some(retry) = &rule.retry {
            (retry.attempts, &retry.backoff, &retry.codes).hash(&mut hash);
        }
        let cors = rule.filters.iter().any(|filter| matches!(filter, Filter::Cors(_)));
        (cors, route.meta.annotation("kgateway.dev/inherited-policy-priority")).hash(&mut hash);
    }
    if let Some(policies) = policies {
        acting(policies).hash(&mut hash);
    }
    hash.finish()
}

fn state(router: Router<'_>, row: RuleNodeId, port: u16, hash: &mut impl Hasher, depth: usize) {
    let tree = router.tree();
    let hop = &tree.hops[row.0 as usize];
    match &hop.state {
        MatchState::Row(action) => of_action(action, &hop.matcher, port, hash),
        MatchState::WeightedDelegation(own) => {
            if let Some(OwnShare { share, action }) = own {
                share.to_bits().hash(hash);
                of_action(action, &hop.matcher, port, hash);
            }
            for link in hop.links.clone().map(crate::resolve::LinkId) {
                let node = &tree.links[link.0 as usize];
                node.share.to_bits().hash(hash);
                node.broken.is_some().hash(hash);
                let Some(group) = router.table().groups.get(router.snapshot(), tree, link) else { continue };
                // A cycle ends: what is deeper is told apart by name.
                if depth > 8 {
                    (&node.via.value, &node.via.namespace).hash(hash);
                    continue;
                }
                for tier in &group.tiers {
                    tier.hostname.hash(hash);
                    for row in tier.rows.iter() {
                        of_matcher(&tree.hops[row.0 as usize].matcher).hash(hash);
                        state(router, *row, port, hash, depth + 1);
                    }
                }
            }
        }
        MatchState::Delegates | MatchState::Dropped(_) => {}
    }
}

fn of_action(action: &Action, row: &RouteMatch, port: u16, hash: &mut impl Hasher) {
    let path = |path: Option<&PathModifier>, hash: &mut dyn Hasher| {
        let mut hash = hash;
        match path {
            None => 0u8.hash(&mut hash),
            Some(PathModifier::Full(full)) => (1u8, full).hash(&mut hash),
            // What is replaced is what matched.
            Some(PathModifier::Prefix(prefix)) => (2u8, prefix, row.path.kind, &row.path.value).hash(&mut hash),
        }
    };
    match action {
        Action::Forward(forward) => {
            0u8.hash(hash);
            for one in reached(&forward.destinations) {
                let Reached { group, kind, namespace, name, port, hosts, broken, share } = one;
                (group, kind, namespace, name, port, hosts, broken, share).hash(hash);
            }
            forward.rewrite.host.hash(hash);
            path(forward.rewrite.path.as_ref(), hash);
            (forward.websocket, &forward.timeout).hash(hash);
        }
        Action::Redirect(redirect) => {
            let scheme = redirect.scheme.map(|scheme| scheme as u8);
            (1u8, scheme, &redirect.hostname, redirect.port, redirect.status, port).hash(hash);
            path(redirect.path.as_ref(), hash);
        }
        Action::Respond(respond) => (2u8, respond.status).hash(hash),
    }
}

/// Whether the rules above two rows give the same limits: most rows have the rules above them in common.
pub(super) type Above = AHashMap<[RuleNodeId; 2], bool>;

/// Whether two rows of two tables take and do the same, as far as is plain to see without looking at policies.
pub(super) fn is_same(routers: [Router<'_>; 2], rows: [RuleNodeId; 2], known: &mut Above) -> bool {
    let [old, new] = [0, 1].map(|side: usize| &routers[side].tree().hops[rows[side].0 as usize]);
    let (a, b) = (&old.matcher, &new.matcher);
    // What both worlds say was read once.
    let takes_same = Arc::ptr_eq(a, b)
        || (a.path == b.path && a.method == b.method && a.headers == b.headers && a.query_params == b.query_params);
    if !takes_same {
        return false;
    }
    let (MatchState::Row(a), MatchState::Row(b)) = (&old.state, &new.state) else { return false };
    is_same_action(a, b) && has_same_limits(routers, rows, known)
}

fn is_same_action(a: &Action, b: &Action) -> bool {
    match (a, b) {
        (Action::Forward(a), Action::Forward(b)) => {
            let is_same = |(a, b): (&Destination, &Destination)| {
                (&a.name, &a.namespace, &a.kind, &a.group, a.port, a.state)
                    == (&b.name, &b.namespace, &b.kind, &b.group, b.port, b.state)
                    && parts(a.share) == parts(b.share)
                    && a.hosts == b.hosts
            };
            a.destinations.len() == b.destinations.len()
                && a.destinations.iter().zip(&b.destinations).all(is_same)
                && (&a.rewrite, a.websocket, &a.timeout) == (&b.rewrite, b.websocket, &b.timeout)
        }
        (Action::Redirect(a), Action::Redirect(b)) => a == b,
        (Action::Respond(a), Action::Respond(b)) => a.status == b.status,
        _ => false,
    }
}

/// Whether the rules on the way to two rows give the same timeouts, retries and CORS filters.
fn has_same_limits(routers: [Router<'_>; 2], rows: [RuleNodeId; 2], known: &mut Above) -> bool {
    let hops = [0, 1].map(|side: usize| &routers[side].tree().hops[rows[side].0 as usize]);
    let of = [0, 1].map(|side: usize| routers[side].snapshot().route(hops[side].route));
    let rules = [0, 1].map(|side: usize| of[side].rules.get(hops[side].rule as usize));
    let [Some(old), Some(new)] = rules else { return false };
    let cors = |rule: &crate::model::Rule| rule.filters.iter().any(|filter| matches!(filter, Filter::Cors(_)));
    let overrides = |side: usize| of[side].meta.annotation("kgateway.dev/inherited-policy-priority");
    if (&old.request_timeout, &old.backend_request_timeout, &old.retry)
        != (&new.request_timeout, &new.backend_request_timeout, &new.retry)
        || cors(old) != cors(new)
        || overrides(0) != overrides(1)
    {
        return false;
    }
    match [0, 1].map(|side: usize| routers[side].tree().link_above_of(hops[side]).map(|link| link.hop)) {
        [Some(old), Some(new)] => {
            if let Some(same) = known.get(&[old, new]) {
                return *same;
            }
            let same = has_same_limits(routers, [old, new], known);
            known.insert([old, new], same);
            same
        }
        [None, None] => true,
        _ => false,
    }
}

/// Whether a row answers every request of its in the same way but for what it says of their paths.
pub(super) fn rewrites(tree: &Tree, row: RuleNodeId) -> bool {
    match tree.hops[row.0 as usize].own_action().map(AsRef::as_ref) {
        Some(Action::Forward(forward)) => forward.rewrite.path.is_some(),
        Some(Action::Redirect(_)) => true,
        _ => false,
    }
}
