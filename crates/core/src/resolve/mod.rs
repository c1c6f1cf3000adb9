//! From a [`Snapshot`] to the [`Tree`]: which route is attached to which listener, who delegates to whom, what survives and
//! what each surviving match does. Pure: no IO, no clock, no environment; broken input is a [`Finding`], not an error.
//!
//! ```text
//! Gateway ── Listener ── Root (an attached route, expanded once per dialect)
//!                          └─ Hop  (one match of one rule, at this place in the tree)
//!                               ├─ action: what the row it emits does, if it emits one
//!                               └─ Link (a delegating backendRef of the rule)
//!                                    └─ Child (a route the ref selected; adopted or not)
//!                                         └─ Hop …
//! ```
//!
//! Hops, links and children live in flat arenas and refer to each other by index: siblings are contiguous, a hop's
//! ancestors are reached through `under`. One hop emits at most one row of the route table, so a [`RuleNodeId`] names a row.

mod action;
mod agentgateway;
mod attach;
mod backend;
mod broken_refs;
mod budget;
mod delegate;
mod discovery;
mod endpoints;
mod engine;
mod envoy_rejection;
mod expand;
mod findings;
mod found;
mod gateway;
mod gloo;
pub mod ignore;
mod inherit;
mod listeners;
mod matching;
mod outcome;
mod policy;
mod policy_effects;
mod select;
mod settings;
mod slip;
mod specification_only;
mod streams;
mod surprises;
mod tls;
mod uncertainty;
mod validate;

use std::ops::Range;
use std::sync::Arc;

use self::backend::Lookup;
use self::policy::Policies;
pub use crate::finding::DropReason;
use crate::finding::{Finding, ListenerProblem, NotAttached, RespondDetail};
use crate::model::{BackendRef, Gateway, ListenerSet, Name, ObjectKey, Route, RouteMatch};
pub use crate::model::{Ref, Via, ViaBy};
use crate::store::{RouteId, Snapshot};

pub use agentgateway::group_rows;
pub use attach::admits_unseen;
pub use broken_refs::unseen_children;
pub use discovery::{discovered, discovery_selectors};
pub use endpoints::{EndpointGap, Endpoints, Target, TargetState, endpoints, is_starved};
pub use expand::Notes;
pub use gateway::{RESERVED_PORTS, invalid_kinds, supported_kinds};
pub use outcome::{
    Action, Destination, DestinationState, EnvoyRejection, ExternalName, Forward, MirrorTo, Respond, RespondReason,
    Rewrite, Stage, StatusMessage,
};
pub use policy::{
    Applied, AttachedTo, FieldInForce, FieldState, InForce, Level as PolicyLevel, Limit, Limits, MergeDepth,
    PolicyMerge, PolicySource, Retries, policy_merge,
};
pub use settings::{
    ASSUMED, DIALECTS, DelegationModel, Dialect, Engine, GrantMode, ProxySemantics, Settings, ValidationMode,
};
pub use slip::{Slip, delegation_slip};
pub use streams::{AttachedStream, ChainConflict, Streams, UnattachedStream};
pub use tls::TlsFault;
pub use uncertainty::{
    EngineAssumption, PolicyEffect, StaleFiles, Uncertainty, Unreadable, Unspecified, UnverifiedDestination,
};

/// Everything that is below every Gateway.
#[derive(Debug, Default)]
pub struct Tree {
    /// The Gateways, by `namespace/name`; assumed ones last.
    pub gateways: Vec<GatewayNode>,
    /// The attached routes, each expanded once per dialect.
    pub roots: Vec<Root>,
    /// Every place a match stands in, dropped ones included.
    pub hops: Vec<RuleNode>,
    /// Every delegating ref at every place.
    pub links: Vec<Link>,
    /// Every route that a ref selected, at every place.
    pub children: Vec<Child>,
    /// Route and parentRef pairs that attached nowhere.
    pub unattached: Vec<Unattached>,
    /// TCP and TLS routes that attached nowhere.
    pub unattached_streams: Vec<UnattachedStream>,
    /// Rules with `matches: []` above an inheriting child: the control plane crashes on them.
    pub crashes: Vec<RuleNodeId>,
    /// Routes without any parent in view: no parentRefs and nobody delegates to them, or all parents missing.
    pub orphans: Vec<RouteId>,
    /// Rows that Envoy would refuse a table for, whatever listener they end up on.
    pub rejections: Vec<EnvoyRejection>,
    /// The policies, found by what they attach to; `None` when there are none.
    policies: Option<Policies>,
}

/// An index into [`Tree::roots`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootId(pub u32);
/// An index into [`Tree::hops`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleNodeId(pub u32);
/// An index into [`Tree::links`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);
/// An index into [`Tree::children`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChildId(pub u32);

/// A Gateway and what is attached to it.
#[derive(Debug)]
pub struct GatewayNode {
    /// The Gateway; made up when `assumed`.
    pub gateway: Arc<Gateway>,
    /// Which dialect answers for it.
    pub dialect: &'static Dialect,
    /// How the dialect was told, in words for a person (`GatewayClass kgateway`, `class name`, `--engine`).
    pub engine_from: String,
    /// Why the engine is not certain: nothing in the input tells it.
    pub engine_assumption: Option<EngineAssumption>,
    /// The Gateway is not in view: the listeners that parentRefs name, or one on port 80, are assumed, for all namespaces.
    pub assumed: bool,
    /// Chains of one port that match alike, which Envoy refuses.
    pub chain_conflicts: Vec<ChainConflict>,
    /// Its listeners, in order of precedence: its own, then those of its `ListenerSets`.
    pub listeners: Vec<ListenerNode>,
    /// The one row in place of all its routes, when a policy of the Gateway cannot be built.
    pub replaced: Option<RuleNodeId>,
    /// What is wrong with the policies of the Gateway.
    pub status_messages: Vec<StatusMessage>,
    /// How many attachments of routes to its listeners are left out, because all of them together take too much memory.
    pub cut: usize,
}

/// A listener, and the routes that attached to it.
#[derive(Debug)]
pub struct ListenerNode {
    /// The `ListenerSet` it belongs to; `None` for the Gateway's own.
    pub set: Option<Arc<ListenerSet>>,
    /// Its place in the Gateway's or the set's `listeners`.
    pub index: u32,
    /// Whether it is served.
    pub state: ListenerState,
    /// What is wrong with its TLS settings, in the order in which the engine meets it.
    pub tls: Vec<TlsFault>,
    /// The attached routes, in the order of [`Snapshot::routes`].
    pub attached: Vec<Attached>,
    /// The TCP and TLS routes that attached to it.
    pub streams: Streams,
    /// The one row in place of the routes of each of its virtual hosts, when a policy of the listener cannot be built.
    pub replaced: Option<RuleNodeId>,
    /// What is wrong with the policies of the listener.
    pub status_messages: Vec<StatusMessage>,
}

/// Whether a listener is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerState {
    /// It is.
    Served,
    /// It is not; the status reason (`HostnameConflict`, `ProtocolConflict`, `PortUnavailable`,
    /// `UnsupportedProtocol`, `InvalidRouteKinds`, `NotAllowed`, …), and why.
    #[allow(missing_docs)]
    Rejected { reason: &'static str, why: ListenerProblem },
}

/// A route attached to a listener.
#[derive(Debug)]
pub struct Attached {
    /// The route.
    pub root: RootId,
    /// The parentRef by which, as an index into the route's `parent_refs`.
    pub parent_ref: u32,
    /// The virtual hosts it serves here, after intersection and isolation; `*` is any host.
    pub hostnames: Vec<Name>,
    /// Hostnames that a more specific listener of the port took away.
    pub isolated: Vec<Name>,
}

/// A route attached to a Gateway, expanded once for all listeners of one dialect.
#[derive(Debug)]
pub struct Root {
    /// The route.
    pub route: RouteId,
    /// The dialect it was expanded under.
    pub dialect: &'static Dialect,
    /// For which Gateway (a place in [`Tree::gateways`]), where that makes a difference; `None` for all of the dialect.
    pub node: Option<u32>,
    /// Its own hops, as a range of [`Tree::hops`].
    pub hops: Range<u32>,
    /// The hops under it that emit a row, in order of emission.
    pub rows: Vec<RuleNodeId>,
    /// Some of what it delegates is not followed: it may have more rows than these.
    pub cut: Option<Cut>,
    /// agentgateway: a match of it, or below it, is [`DropReason::NotEvaluated`].
    pub unevaluated: bool,
}

/// What a hop is below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Under {
    /// It belongs to a root's own rules.
    Root(RootId),
    /// It belongs to a delegated route's rules, at this place.
    Child(ChildId),
}

/// One match of one rule of one route, at one place in the tree.
#[derive(Debug)]
pub struct RuleNode {
    /// What it is below.
    pub under: Under,
    /// The route.
    pub route: RouteId,
    /// The rule's place in the route, from 0.
    pub rule: u32,
    /// The match's place in the rule, from 0; `None` for a rule with `matches: []`.
    pub match_index: Option<u32>,
    /// What must hold in the end, after inheritance. For a dropped hop: what was written (or would have been merged).
    pub matcher: Arc<RouteMatch>,
    /// What becomes of it.
    pub state: MatchState,
    /// The rule's delegating refs at this place, as a range of [`Tree::links`].
    pub links: Range<u32>,
    /// Why an answer that rests on this hop is not certain.
    pub unverified: Vec<Uncertainty>,
}

/// What becomes of a hop.
#[derive(Debug, Clone)]
pub enum MatchState {
    /// It emits a row of the route table that does this.
    Row(Arc<Action>),
    /// It delegates: it emits no row, the hops below do.
    Delegates,
    /// Hop by hop: it is a row, and delegates. A ref is picked by weight: one of the links, each with its share, or what
    /// the rule does itself with the rest.
    WeightedDelegation(Option<OwnShare>),
    /// It emits nothing.
    Dropped(DropReason),
}

/// What a rule that delegates does with the share of the traffic that it does not hand on.
#[derive(Debug, Clone)]
pub struct OwnShare {
    /// The share, more than 0 and less than 1.
    pub share: f64,
    /// What it does with it; the shares of its destinations add up to `share`.
    pub action: Arc<Action>,
}

impl RuleNode {
    /// What the row it emits does, if it emits one and does not hand the request on.
    pub fn action(&self) -> Option<&Arc<Action>> {
        match &self.state {
            MatchState::Row(action) => Some(action),
            _ => None,
        }
    }

    /// What its rule does by itself: with all of the traffic, or with the share that it does not hand on.
    pub fn own_action(&self) -> Option<&Arc<Action>> {
        match &self.state {
            MatchState::Row(action) | MatchState::WeightedDelegation(Some(OwnShare { action, .. })) => Some(action),
            _ => None,
        }
    }
}

/// A delegating backendRef, at one place in the tree.
#[derive(Debug)]
pub struct Link {
    /// The hop whose rule holds the ref.
    pub hop: RuleNodeId,
    /// The ref's place in the rule's `backendRefs`, from 0.
    pub ref_index: u32,
    /// How it selects.
    pub via: Via,
    /// The routes it selected, adopted or not, as a range of [`Tree::children`].
    pub children: Range<u32>,
    /// Why it answers 500 (or leads nowhere, as the dialect has it), when it does.
    pub broken: Option<BrokenLink>,
    /// What lies behind it is not followed (any further): it is too deep, or the tree too large.
    pub cut: Option<Cut>,
    /// The routes it selects that were not taken and are not among `children`: they are counted only.
    pub unlisted: Option<Box<Unlisted>>,
    /// Hop by hop: the share of the rule's traffic that goes here. Elsewhere weights of delegates mean nothing: 1.
    pub share: f64,
}

/// Why what lies behind a ref is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cut {
    /// It is too deep in the tree.
    Depth,
    /// The tree takes too much memory.
    Size,
}

/// How many routes that a ref selects are not listed, by why they were not taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unlisted {
    by_fate: Vec<(ChildState, usize)>,
}

impl Unlisted {
    /// How many there are.
    pub fn total(&self) -> usize {
        self.by_fate.iter().map(|(_, count)| count).sum()
    }

    /// How many there are, by fate.
    pub fn by_fate(&self) -> &[(ChildState, usize)] {
        &self.by_fate
    }

    fn of(by_fate: impl IntoIterator<Item = (ChildState, usize)>) -> Option<Box<Self>> {
        let by_fate: Vec<_> = by_fate.into_iter().filter(|(_, count)| *count > 0).collect();
        (!by_fate.is_empty()).then(|| Box::new(Self { by_fate }))
    }
}

impl Link {
    fn new(hop: RuleNodeId, ref_index: u32, via: Via, share: f64) -> Self {
        Self { hop, ref_index, via, children: 0..0, broken: None, cut: None, unlisted: None, share }
    }

    /// How many routes the ref selects, taken or not.
    pub fn selected(&self) -> usize {
        self.children.len() + self.unlisted.as_ref().map_or(0, |unlisted| unlisted.total())
    }
}

/// Why a delegating ref answers 500.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BrokenLink {
    /// Nothing selected, nothing adoptable, or nothing left after matching: `BackendNotFound`, unresolved reference.
    Unresolved,
    /// A child closes a cycle and poisons the whole ref: `RefNotPermitted`.
    Cyclic { child: ObjectKey, parent: ObjectKey },
}

/// A route that a ref selected, at one place in the tree.
#[derive(Debug)]
pub struct Child {
    /// The ref.
    pub link: LinkId,
    /// The route.
    pub route: RouteId,
    /// Which of the rule's refs that select alike lists it here, counted from 0: the engine lists a route once for each.
    pub pass: u32,
    /// Whether it was taken.
    pub state: ChildState,
    /// Its hops here, as a range of [`Tree::hops`]; empty when it was not looked into.
    pub hops: Range<u32>,
    /// How many of its matches were dropped here and have no hop: they are counted only.
    pub unlisted: u32,
}

/// Whether a selected route was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChildState {
    /// It was.
    Adopted,
    /// It has parentRefs, and none names this parent.
    NotAdoptable,
    /// It has hostnames, which a delegated route must not.
    HasHostnames,
    /// It is its own ancestor here.
    Cycle,
    /// None of its matches survives under this parent's match.
    NothingLeft,
    /// The ref is broken by a cyclic sibling: the engine does not look at it.
    Poisoned,
    /// agentgateway: it has no parentRefs, lives in another namespace, and no `ReferenceGrant` lets it be adopted.
    NotPermitted,
    /// agentgateway: its parent has Gateways among its parentRefs, and is not attached to the one in question.
    ParentElsewhere,
}

/// A route and parentRef that attached to no listener.
#[derive(Debug)]
pub struct Unattached {
    /// The route.
    pub route: RouteId,
    /// The parentRef, as an index into the route's `parent_refs`.
    pub parent_ref: u32,
    /// Why.
    pub why: NotAttached,
}

/// Resolves a snapshot: pure, total. Returns the tree and what is wrong with it.
pub fn resolve(snapshot: &Snapshot, settings: &Settings) -> (Tree, Vec<Finding>) {
    let (tree, notes) = build_tree(snapshot, settings, 1);
    let findings = findings(snapshot, settings, &tree, &notes);
    (tree, findings)
}

/// The tree alone, grown on up to so many threads (it is the same on any number of them), and what [`findings`] needs to
/// know of its making.
pub fn build_tree(snapshot: &Snapshot, settings: &Settings, threads: usize) -> (Tree, Notes) {
    let mut tree = Tree::default();
    let mut uncertain = attach::attach(snapshot, settings, &mut tree);
    let owned = Policies::of(Lookup { snapshot, settings });
    let policies = owned.as_ref();
    let effects = policies.map(|policies| policy_effects::weigh(policies, &tree, &mut uncertain)).unwrap_or_default();
    let mut notes = expand::expand(snapshot, settings, policies, &mut tree, &uncertain, threads);
    policy_effects::replace(snapshot, &mut tree, &effects);
    tree.crashes.clone_from(&notes.crashes);
    notes.policies = policies.into_iter().flat_map(Policies::findings).collect();
    tree.policies = owned;
    tree.orphans = findings::orphans(snapshot, &tree, &notes);
    (tree, notes)
}

/// What is wrong with a tree.
pub fn findings(snapshot: &Snapshot, settings: &Settings, tree: &Tree, notes: &Notes) -> Vec<Finding> {
    let mut findings = findings::report(snapshot, settings, tree, notes);
    findings.extend(notes.policies.iter().cloned());
    findings
}

/// Where one of a route's backendRefs leads, whatever becomes of the rule that holds it.
pub fn destination(snapshot: &Snapshot, settings: &Settings, route: &Route, reference: &BackendRef) -> Destination {
    let referrer = backend::Referrer::route(route.kind, &route.meta.namespace);
    Lookup { snapshot, settings }.destination(referrer, reference)
}

impl Tree {
    /// The root under which `hop` hangs.
    pub fn root_of(&self, hop: RuleNodeId) -> RootId {
        let mut at = hop;
        loop {
            match self.hops[at.0 as usize].under {
                Under::Root(root) => return root,
                Under::Child(child) => at = self.links[self.children[child.0 as usize].link.0 as usize].hop,
            }
        }
    }

    /// The dialect that answers where `hop` stands.
    pub fn dialect_of(&self, hop: RuleNodeId) -> &'static Dialect {
        self.roots[self.root_of(hop).0 as usize].dialect
    }

    /// The same, of a hop at hand.
    pub fn dialect_of_hop(&self, hop: &RuleNode) -> &'static Dialect {
        match hop.under {
            Under::Root(root) => self.roots[root.0 as usize].dialect,
            Under::Child(child) => self.dialect_of(self.links[self.children[child.0 as usize].link.0 as usize].hop),
        }
    }

    /// The filter (its kind and name) of another engine in the rule of `hop`, which may answer by itself: none where the
    /// engine is known not to read it.
    pub fn filter_that_decides(&self, snapshot: &Snapshot, hop: &RuleNode) -> Option<(Name, Name)> {
        let dialect = self.dialect_of_hop(hop);
        if dialect.engine != Engine::GatewayApi && !dialect.is_assumed {
            return None;
        }
        let rule = snapshot.route(hop.route).rules.get(hop.rule as usize)?;
        match specification_only::own_filter(rule)? {
            RespondDetail::Filter { kind, name } => Some((kind, name)),
            _ => None,
        }
    }

    /// The hops from the root's down to `hop`, which is the last.
    pub fn chain(&self, hop: RuleNodeId) -> Vec<RuleNodeId> {
        let mut chain = vec![hop];
        let mut at = hop;
        while let Under::Child(child) = self.hops[at.0 as usize].under {
            at = self.links[self.children[child.0 as usize].link.0 as usize].hop;
            chain.push(at);
        }
        chain.reverse();
        chain
    }

    /// The same for a hop that is at hand.
    pub fn link_above_of(&self, hop: &RuleNode) -> Option<&Link> {
        match hop.under {
            Under::Root(_) => None,
            Under::Child(child) => Some(&self.links[self.children[child.0 as usize].link.0 as usize]),
        }
    }

    /// Whether a request is matched again behind this ref.
    pub fn walks(&self, link: &Link) -> bool {
        matches!(self.hops[link.hop.0 as usize].state, MatchState::WeightedDelegation(_))
    }

    /// The ref by which `hop`'s route was reached; `None` for a root's own hop.
    pub fn link_above(&self, hop: RuleNodeId) -> Option<&Link> {
        match self.hops[hop.0 as usize].under {
            Under::Root(_) => None,
            Under::Child(child) => Some(&self.links[self.children[child.0 as usize].link.0 as usize]),
        }
    }
}
